"""Staff's pages of answers: a grant's matrix, what waits, and one answer at a time."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from grants.distribution import Refused
from grants.models import Allocation, Grant
from grants.refusals import listed
from grants.views.grants import find
from invoices import decision_messages
from invoices.bulk import Outcome, approve_many, hindrance
from invoices.changes import changes_of
from invoices.forms.answers import account_of
from invoices.forms.decisions import (
    NudgeForm,
    ReasonForm,
    SeenAnswerForm,
    TakeBackForm,
)
from invoices.forms.register import RegisterForm
from invoices.incoming import as_answer, confirm
from invoices.matrix import (
    GROUPS,
    STEPS,
    Matrix,
    Row,
    Selection,
    matrix_of,
    selection_of,
)
from invoices.matrix_markup import header_row, value_rows
from invoices.models import IncomingInvoice, Payment, Requisition, Step
from invoices.offers import Offer, offer_to
from invoices.refusals import sentence
from invoices.requisition import (
    approve,
    note_nudges,
    reject,
    send_back,
    submit,
    unapprove,
)
from invoices.tables.requisitions import WaitingTable
from municipalities.access import Capability, StaffRequest, can, requires, staff_view
from municipalities.export import export_response
from municipalities.listing import FORMATS, ListView
from municipalities.models import Municipality
from municipalities.numbers import organisation_number, row_id

Status = Requisition.Status
ROWS_ON_PAGE = 50
"""No county has more municipalities than Västra Götaland's 49."""
DECIDED = (Status.APPROVED, Status.PAID, Status.RETURNED, Status.REJECTED)


# The matrix --------------------------------------------------------------------------


@require_safe
@requires(Capability.VIEW)
def requisition_list(request: StaffRequest, pk: int) -> HttpResponse:
    """Show how far each municipality has come with a grant, or give it as a file."""
    own = Grant.objects.of_body(request.organisation).select_related("agreement")
    grant = get_object_or_404(own, pk=pk)
    whole = matrix_of(grant, timezone.localdate())
    selection = selection_of(request.GET)
    chosen = whole.chosen(selection)
    file_format = request.GET.get("format")
    if file_format in FORMATS:
        title = _("Answers %(grant)s") % {"grant": grant}
        return export_response(file_format, title, header_row(), value_rows(chosen))
    return render(
        request,
        "invoices/requisition_list.html",
        {
            "grant": grant,
            "tab": "answers",
            "requisition": whole.frame.first_day and {"due_on": whole.frame.first_day},
            "versions": whole.frame,
            "whole": whole,
            "matrix": chosen,
            "pages": pages_of(chosen, request.GET.get("page", "")),
            "selection": selection,
            "chips": chips(whole, selection, request.GET),
            "steps": lacking(whole, selection, request.GET),
            "labels": [capfirst(str(step.label)) for step in STEPS],
            "are_chosen": bool(request.GET.get("chosen")),
        },
    )


class Pages(NamedTuple):
    """The rows on the screen, as the links below a table know them."""

    page: Page[Row]
    paginator: Paginator[Row]
    prefixed_page_field: str = "page"

    @property
    def others(self) -> list[str]:
        """The municipalities on other pages, by their codes."""
        shown = {row.code for row in self.page}
        rows = self.paginator.object_list
        return [row.code for row in rows if row.code not in shown]


def pages_of(matrix: Matrix, number: str) -> Pages:
    """Return a page of the matrix: a county's own municipalities are on one."""
    paginator = Paginator(matrix.rows, ROWS_ON_PAGE)
    return Pages(paginator.get_page(number), paginator)


def address(asked: QueryDict, **changes: str) -> str:
    """Return the query string with other answers; an empty one leaves the question out."""
    query = asked.copy()
    for name in ("page", "format", "chosen", *changes):
        query.pop(name, None)
    for name, value in changes.items():
        if value:
            query[name] = value
    return f"?{query.urlencode()}"


def chips(whole: Matrix, selection: Selection, asked: QueryDict) -> list[dict[str, Any]]:
    """Return the states that may be chosen, with how many have each."""
    found: list[dict[str, Any]] = [
        {
            "label": _("All"),
            "count": len(whole),
            "url": address(asked, state="", missing=""),
            "is_current": not selection.group and not selection.missing,
        }
    ]
    tally = whole.tally
    for group, label in GROUPS.items():
        count = tally.groups[group]
        if count or selection.group == group:
            found.append(
                {
                    "label": label,
                    "count": count,
                    "url": address(asked, state=group, missing=""),
                    "is_current": selection.group == group,
                }
            )
    for name, word, is_on, count in (
        ("late", pgettext("chip", "Late"), selection.is_late, tally.late),
        ("more", pgettext("chip", "Wants more"), selection.wants_more, tally.wants_more),
    ):
        if count or is_on:
            found.append(
                {
                    "label": word,
                    "count": count,
                    "url": address(asked, **{name: "" if is_on else "1"}),
                    "is_current": is_on,
                }
            )
    return found


def lacking(whole: Matrix, selection: Selection, asked: QueryDict) -> list[dict[str, Any]]:
    """Return how many have each step left, and the way to them."""
    return [
        {
            "label": capfirst(str(step.label)),
            "lacking": whole.tally.lacking[step.name],
            "url": address(asked, missing=step.name, state=""),
            "is_current": selection.missing == step.name,
        }
        for step in STEPS
    ]


# What came another way -------------------------------------------------------------------


@requires(Capability.EDIT)
def requisition_register(request: StaffRequest, pk: int, code: str) -> HttpResponse:
    """Write down an answer that came by mail, or as an invoice that was read."""
    grant = find(request, pk)
    municipality = get_object_or_404(Municipality, code=code)
    offer = offer_to(municipality, grant.pk, timezone.localdate())
    if offer is None:
        raise Http404
    invoice = invoice_in(request)
    back = (
        invoice.get_absolute_url()
        if invoice
        else reverse("invoices:requisition_list", args=[grant.pk])
    )
    standing = offer.situation.requisition
    if not offer.situation.left:
        messages.error(request, sentence(Refused("nothing_left")))
        return redirect(back)
    form = register_form(request, offer, invoice)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                requisition = submit(
                    offer.allocation,
                    form.to_answer(),
                    by=request.user,
                    today=form.cleaned_data["received_on"],
                    seen=standing.submissions
                    if standing and standing.status == Status.DRAFT
                    else 0,
                    channel=form.cleaned_data["channel"],
                )
                if invoice is not None:
                    confirm(invoice, requisition, by=request.user)
        except Refused as error:
            form.add_error(None, ValidationError(sentence(error), code=error.code))
        else:
            text = _(
                "The answer from %(municipality)s is registered. A colleague approves it."
            )
            if requisition.is_declined:
                text = _("It is registered that %(municipality)s declines.")
            messages.success(request, text % {"municipality": municipality})
            return redirect(requisition)
    context = {
        "form": form,
        "grant": grant,
        "municipality": municipality,
        "offer": offer,
        "invoice": invoice,
        "is_begun": standing is not None and standing.status == Status.DRAFT,
        "page_title": _("Register an answer"),
        "cancel_url": back,
    }
    status = 422 if form.errors else 200
    return render(request, "invoices/requisition_register.html", context, status=status)


def invoice_in(request: StaffRequest) -> IncomingInvoice | None:
    """Return the waiting invoice that the answer is written from, if there is one."""
    asked = row_id(request.GET.get("invoice"))
    if not asked:
        return None
    own = IncomingInvoice.objects.of_body(request.organisation).waiting()
    return get_object_or_404(own, pk=asked)


def register_form(
    request: StaffRequest, offer: Offer, invoice: IncomingInvoice | None
) -> RegisterForm:
    """Return the form, filled with what an invoice says where there is one."""
    initial: dict[str, Any] = {
        "channel": Requisition.Channel.MAIL,
        "received_on": timezone.localdate(),
    }
    if invoice is not None:
        initial |= as_answer(invoice, offer.situation.left)
    is_sent = request.method == "POST"
    taken = (
        Requisition.objects.of_municipality(offer.municipality)
        .answered()
        .values_list("invoice_number", flat=True)
    )
    return RegisterForm(
        request.POST if is_sent else None,
        left=offer.situation.left,
        purposes=list(offer.grant.purposes.all()),
        # The numbers that are used are asked for when there is one to compare with.
        taken=set(taken) if is_sent else (),
        initial=initial,
    )


# Reminders ---------------------------------------------------------------------------


@require_POST
@requires(Capability.EDIT)
def requisition_nudge(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the reminder to the chosen municipalities; send it when the person says so."""
    grant = find(request, pk)
    matrix = matrix_of(grant, timezone.localdate())
    chosen = matrix.of_codes(request.POST.getlist("chosen"))
    back = reverse("invoices:requisition_list", args=[grant.pk])
    if not len(chosen):
        messages.error(request, _("Choose at least one municipality."))
        return redirect(back)
    awaited = [row for row in chosen if row.waits_for_answer]
    recipients = decision_messages.recipients([row.municipality_id for row in awaited])
    reached = [row for row in awaited if recipients.get(row.municipality_id)]
    form = NudgeForm(request.POST if "note" in request.POST else None)
    note = form.cleaned_data["note"] if form.is_bound and form.is_valid() else ""
    reminder = decision_messages.Reminder(request, grant, matrix.frame.last_day, note)
    if "send" in request.POST and reached and form.is_bound and form.is_valid():
        return nudged(request, reminder, reached, recipients, back)
    context = {
        "grant": grant,
        "form": form,
        "page_title": ngettext(
            "Nudge %(number)d municipality?",
            "Nudge %(number)d municipalities?",
            len(reached),
        )
        % {"number": len(reached)},
        "reached": [(row, recipients[row.municipality_id]) for row in reached],
        "without": [row for row in awaited if not recipients.get(row.municipality_id)],
        "answered": [row for row in chosen if not row.waits_for_answer],
        "codes": [row.code for row in chosen],
        "subject": reminder.subject,
        "preview": reminder.text(reached[0].own_name) if reached else "",
        "back_url": back,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "invoices/requisition_nudge.html", context, status=status)


def nudged(
    request: StaffRequest,
    reminder: decision_messages.Reminder,
    rows: list[Row],
    recipients: dict[int, list[str]],
    back: str,
) -> HttpResponse:
    """Send the reminders, write down those that went, and say which did not."""
    sent = [
        row for row in rows if reminder.send(row.own_name, recipients[row.municipality_id])
    ]
    unsent = [row.name for row in rows if row not in sent]
    if sent:
        allocations = Allocation.objects.filter(pk__in=[row.allocation_id for row in sent])
        note_nudges(allocations, by=request.user, note=reminder.note)
        text = ngettext(
            "%(number)d municipality is nudged.",
            "%(number)d municipalities are nudged.",
            len(sent),
        )
        messages.success(request, text % {"number": len(sent)})
    if unsent:
        text = _("The e-mail could not be sent to %(names)s.")
        messages.error(request, text % {"names": listed(unsent)})
    return redirect(back)


# What waits --------------------------------------------------------------------------


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


# One answer --------------------------------------------------------------------------


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
    account = account_of(requisition)
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
        approved = approve(requisition, by=request.user, seen=-1 if seen is None else seen)
    except Refused as error:
        messages.error(request, sentence(error))
        return redirect(requisition)
    messages.success(
        request,
        _("The requisition from %(municipality)s is approved.")
        % {"municipality": approved.municipality},
    )
    tell(request, decision_messages.approved(request, approved))
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
            "done": _("%(municipality)s is asked to complete its answer."),
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
            "done": _("The requisition from %(municipality)s is rejected."),
        },
    )


def decide_with_reason(
    request: StaffRequest,
    requisition: Requisition,
    verb: Callable[..., Requisition],
    message: Callable[..., bool],
    texts: dict[str, Any],
) -> HttpResponse:
    """Show the form for the reason, and do what was decided when it comes back."""
    data = request.POST if request.method == "POST" else None
    form = ReasonForm(data, initial={"seen": requisition.submissions})
    if request.method == "POST" and form.is_valid():
        try:
            decided = verb(
                requisition,
                by=request.user,
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"] or 0,
            )
        except Refused as error:
            messages.error(request, sentence(error))
            return redirect(requisition)
        messages.success(request, texts["done"] % {"municipality": decided.municipality})
        tell(request, message(request, decided))
        return redirect(requisition)
    return render(
        request,
        "invoices/requisition_decide.html",
        {
            "form": form,
            "requisition": requisition,
            "grant": requisition.grant,
            "cancel_url": requisition.get_absolute_url(),
            **texts,
        },
        status=422 if form.errors else 200,
    )


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
    return render(
        request,
        "invoices/requisition_decide.html",
        {
            "form": form,
            "requisition": requisition,
            "grant": requisition.grant,
            "cancel_url": requisition.get_absolute_url(),
            "page_title": _("Take the approval back"),
            "explanation": _(
                "The requisition waits for a decision again. The municipality gets no "
                "message, but may then change its answer."
            ),
            "submit": _("Take back"),
        },
        status=422 if form.errors else 200,
    )


def tell(request: StaffRequest, is_sent: bool) -> None:
    """Say that a message by e-mail did not go; the decision holds all the same."""
    if not is_sent:
        messages.warning(
            request,
            _("The e-mail to the municipality could not be sent. Tell it in another way."),
        )


# Many at once ------------------------------------------------------------------------


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
        unsent = [
            str(requisition.municipality)
            for requisition in outcome.approved
            if not decision_messages.approved(request, requisition)
        ]
        context |= told(outcome) | {"unsent": unsent}
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
