"""What waits for a decision, one answer at a time and many at once."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from grants.distribution import Refused
from invoices import decision_messages
from invoices.bulk import Outcome, approve_many, hindrance
from invoices.changes import changes_of
from invoices.forms.decisions import (
    ReasonForm,
    SeenAnswerForm,
    TakeBackForm,
)
from invoices.models import Payment, Requisition, Step
from invoices.refusals import sentence
from invoices.requisition import (
    approve,
    reject,
    send_back,
    unapprove,
)
from invoices.tables.requisitions import WaitingTable
from municipalities.access import Capability, StaffRequest, can, requires, staff_view
from municipalities.listing import ListView
from municipalities.models import Municipality
from municipalities.numbers import organisation_number, row_id

Status = Requisition.Status
DECIDED = (Status.APPROVED, Status.PAID, Status.RETURNED, Status.REJECTED)


@staff_view(Capability.VIEW)
class WaitingList(ListView):
    """Every answer to the body that waits for a decision, the oldest first."""

    page_title = gettext_lazy("Requisitions that wait for a decision")
    table_class = WaitingTable
    template_name = "invoices/requisition_waiting.html"
    per_page = 100

    def get_queryset(self) -> QuerySet[Requisition, Any]:
        """Return what waits."""
        request: Any = self.request
        return (
            Requisition.objects.of_body(request.organisation)
            .to_decide()
            .select_related("grant", "municipality", "submitted_by")
            .order_by("submitted_at", "pk")
        )

    def get_table_kwargs(self) -> dict[str, Any]:
        """Tell the table who may choose rows."""
        request: Any = self.request
        return {
            "deciding": request.user if can(request.membership, Capability.DECIDE) else None
        }


def find_requisition(request: StaffRequest, pk: int) -> Requisition:
    """Return the body's requisition that has been sent in, or answer 404."""
    own = Requisition.objects.of_body(request.organisation).filter(submissions__gt=0)
    return get_object_or_404(
        own.select_related(
            "grant__body",
            "municipality",
            "allocation__distribution",
            "submitted_by",
            "decided_by",
        ),
        pk=pk,
    )


@require_safe
@requires(Capability.VIEW)
def requisition_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show all that a municipality wrote, what differs and what has happened."""
    requisition = find_requisition(request, pk)
    payments = list(
        Payment.objects.filter(requisition=requisition)
        .select_related("batch")
        .order_by("-pk")
    )
    live = next((p for p in payments if p.status != Payment.Status.FAILED), None)
    refusal = hindrance(requisition, request.user)
    steps = Step.objects.filter(requisition=requisition) | Step.objects.filter(
        allocation=requisition.allocation_id, requisition=None
    )
    allocated = requisition.allocation.amount
    account = requisition.account
    uses = list(requisition.planned_uses.select_related("purpose"))
    context = {
        "requisition": requisition,
        "grant": requisition.grant,
        "municipality": requisition.municipality,
        "organisation_number": organisation_number(
            requisition.municipality.organisation_number
        ),
        "page_title": str(requisition.municipality),
        "account": account.formatted if account else "",
        "is_decided": requisition.status in DECIDED,
        "allocated": allocated,
        "difference": allocated - requisition.amount,
        "changes": changes_of(requisition),
        "uses": uses,
        "uses_total": sum(use.amount for use in uses),
        "attachments": list(requisition.attachments.select_related("file")),
        "incoming": list(requisition.incoming_invoices.select_related("file")),
        "others": list(
            Requisition.objects.filter(
                grant=requisition.grant_id,
                municipality=requisition.municipality_id,
                submissions__gt=0,
            )
            .exclude(pk=requisition.pk)
            .order_by("pk")
        ),
        "payments": payments,
        "live_payment": live,
        "steps": list(steps.select_related("by")),
        "seen": requisition.submissions,
        "may_approve": refusal is None,
        "own": refusal is not None and refusal.code == "same_person",
        "waits": requisition.status == Status.SUBMITTED and not requisition.is_declined,
        "may_return": may_return(request, requisition) and live is None,
        "may_reject": requisition.status in {Status.SUBMITTED, Status.RETURNED},
        "may_unapprove": requisition.status == Status.APPROVED and live is None,
    }
    return render(request, "invoices/requisition_detail.html", context)


def may_return(request: StaffRequest, requisition: Requisition) -> bool:
    """Return whether the person may ask for completion: an approver, once approved."""
    if requisition.status == Status.APPROVED:
        return can(request.membership, Capability.DECIDE)
    return requisition.status == Status.SUBMITTED


@require_POST
@requires(Capability.DECIDE)
def requisition_approve(request: StaffRequest, pk: int) -> HttpResponse:
    """Approve an answer as the person has seen it."""
    requisition = find_requisition(request, pk)
    form = SeenAnswerForm(request.POST)
    seen = form.cleaned_data["seen"] if form.is_valid() else None
    try:
        with transaction.atomic():
            approved = approve(
                requisition, by=request.user, seen=-1 if seen is None else seen
            )
            decision_messages.approved(approved)
    except Refused as error:
        messages.error(request, sentence(error))
        return redirect(requisition)
    messages.success(
        request,
        _("The requisition from %(municipality)s is approved. They are told by e-mail.")
        % {"municipality": approved.municipality},
    )
    return redirect(requisition)


@requires(Capability.EDIT)
def requisition_return(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask the municipality to complete its answer."""
    requisition = find_requisition(request, pk)
    if requisition.status == Status.APPROVED and not may_return(request, requisition):
        raise PermissionDenied
    return decide_with_reason(
        request,
        requisition,
        send_back,
        decision_messages.returned,
        {
            "page_title": _("Ask for completion"),
            "explanation": _(
                "The municipality gets your message by e-mail and may change its answer. "
                "The amount stays reserved for it."
            ),
            "submit": _("Send back for completion"),
            "done": _("%(municipality)s is asked by e-mail to complete its answer."),
        },
    )


@requires(Capability.DECIDE)
def requisition_reject(request: StaffRequest, pk: int) -> HttpResponse:
    """Say no to an answer."""
    return decide_with_reason(
        request,
        find_requisition(request, pk),
        reject,
        decision_messages.rejected,
        {
            "page_title": _("Reject the requisition"),
            "explanation": _(
                "The municipality gets your message by e-mail. The amount is no longer "
                "reserved, and the municipality may answer anew."
            ),
            "submit": _("Reject"),
            "danger": True,
            "done": _(
                "The requisition from %(municipality)s is rejected. They are told by "
                "e-mail."
            ),
        },
    )


def decide_with_reason(
    request: StaffRequest,
    requisition: Requisition,
    verb: Callable[..., Requisition],
    message: Callable[[Requisition], object],
    texts: dict[str, Any],
) -> HttpResponse:
    """Show the form for the reason, and do what was decided when it comes back."""
    data = request.POST if request.method == "POST" else None
    form = ReasonForm(data, initial={"seen": requisition.submissions})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                decided = verb(
                    requisition,
                    by=request.user,
                    reason=form.cleaned_data["reason"],
                    seen=form.cleaned_data["seen"] or 0,
                )
                message(decided)
        except Refused as error:
            messages.error(request, sentence(error))
            return redirect(requisition)
        messages.success(request, texts["done"] % {"municipality": decided.municipality})
        return redirect(requisition)
    return reason_page(request, requisition, form, texts)


def reason_page(
    request: StaffRequest, requisition: Requisition, form: Form, texts: dict[str, Any]
) -> HttpResponse:
    """Show the form for the reason."""
    context = {
        "form": form,
        "requisition": requisition,
        "grant": requisition.grant,
        "cancel_url": requisition.get_absolute_url(),
        **texts,
    }
    status = 422 if form.errors else 200
    return render(request, "invoices/requisition_decide.html", context, status=status)


@requires(Capability.DECIDE)
def requisition_unapprove(request: StaffRequest, pk: int) -> HttpResponse:
    """Take an approval back, while nothing is on its way to the bank."""
    requisition = find_requisition(request, pk)
    form = TakeBackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            unapprove(requisition, by=request.user, reason=form.cleaned_data["reason"])
        except Refused as error:
            messages.error(request, sentence(error))
        else:
            messages.success(request, _("The approval is taken back."))
        return redirect(requisition)
    return reason_page(
        request,
        requisition,
        form,
        {
            "page_title": _("Take the approval back"),
            "explanation": _(
                "The requisition waits for a decision again. The municipality gets no "
                "message, but may then change its answer."
            ),
            "submit": _("Take back"),
        },
    )


def chosen_requisitions(request: StaffRequest) -> list[Requisition]:
    """Return what was ticked: requisitions, or a grant's municipalities by code."""
    own = (
        Requisition.objects.of_body(request.organisation)
        .filter(submissions__gt=0)
        .select_related("grant__body", "municipality", "submitted_by")
        .order_by("grant", "municipality__code", "pk")
    )
    codes = chosen_codes(request)
    if (grant := row_id(request.POST.get("grant"))) and codes:
        return list(own.filter(grant=grant, municipality__code__in=codes).to_decide())
    pks = [row_id(text) for text in request.POST.getlist("requisition")]
    return list(own.filter(pk__in=pks))


def chosen_codes(request: StaffRequest) -> set[str]:
    """Return the municipalities that were ticked, by what can be their codes."""
    return {code for code in request.POST.getlist("chosen") if row_id(code)}


@require_POST
@requires(Capability.DECIDE)
def requisition_approve_many(request: StaffRequest) -> HttpResponse:
    """Show what is about to be approved; approve it when the person says so."""
    requisitions = chosen_requisitions(request)
    grant = row_id(request.POST.get("grant"))
    back = (
        reverse("invoices:requisition_list", args=[grant])
        if grant
        else reverse("invoices:requisition_waiting")
    )
    if not requisitions:
        messages.error(request, _("Choose at least one requisition that waits."))
        return redirect(back)
    context: dict[str, Any] = {
        "back_url": back,
        "grant": str(grant or ""),
    }
    if "confirm" in request.POST:
        outcome = approve_many(
            requisitions, by=request.user, seen=seen_of(request.POST.getlist("seen"))
        )
        context |= told(outcome)
        return render(request, "invoices/requisition_approved.html", context)
    checked = [
        (requisition, hindrance(requisition, request.user)) for requisition in requisitions
    ]
    can_be = [requisition for requisition, refusal in checked if refusal is None]
    with_answer = {requisition.municipality.code for requisition in requisitions}
    others = Municipality.objects.filter(code__in=chosen_codes(request) - with_answer)
    context |= {
        "without_answer": [place.name for place in others],
        "page_title": ngettext(
            "Approve %(number)d requisition?",
            "Approve %(number)d requisitions?",
            len(can_be),
        )
        % {"number": len(can_be)},
        "requisitions": can_be,
        "total": sum(requisition.amount for requisition in can_be),
        "refused": [
            (requisition, sentence(refusal))
            for requisition, refusal in checked
            if refusal is not None
        ],
    }
    return render(request, "invoices/requisition_approve_many.html", context)


def seen_of(tokens: list[str]) -> dict[int, int]:
    """Return how many times each had been sent in, as the confirm page said.

    >>> seen_of(["12:1", "7:3", "x"])
    {12: 1, 7: 3}
    """
    pairs = (token.split(":") for token in tokens)
    return {
        int(pair[0]): int(pair[1])
        for pair in pairs
        if len(pair) == 2 and all(row_id(part) for part in pair)
    }


def told(outcome: Outcome) -> dict[str, Any]:
    """Return what became of each."""
    number = len(outcome.approved)
    return {
        "page_title": ngettext(
            "%(number)d requisition is approved",
            "%(number)d requisitions are approved",
            number,
        )
        % {"number": number},
        "approved": outcome.approved,
        "total": outcome.total,
        "refused": [
            (requisition, sentence(error)) for requisition, error in outcome.refused
        ],
    }
