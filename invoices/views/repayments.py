"""Pages of money back: claims, what has come in, what is let go, what is paid on."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from grants.distribution import Refused
from grants.models import Deadline
from grants.views.grants import find, head
from invoices import repayment as verbs
from invoices.forms.settlements import ReceiptForm, ReturnForm, WriteOffForm
from invoices.ledger import ledger_of
from invoices.models import Repayment, RepaymentReceived, ReturnToState
from invoices.payments import balance_of
from invoices.refusals import sentence
from municipalities.access import Capability, StaffRequest, can, requires
from municipalities.models import CoordinatingBody, Municipality


def claims() -> QuerySet[Any]:
    """Return claims with all that their pages show."""
    return Repayment.objects.with_received().select_related(
        "settlement__grant__body",
        "settlement__municipality",
        "letter",
        "claimed_by",
        "withdrawn_by",
        "written_off_by",
    )


def claim_of(request: StaffRequest, pk: int) -> Any:
    """Return the body's claim, or answer 404."""
    return get_object_or_404(claims().of_body(request.organisation), pk=pk)  # type: ignore[attr-defined]


@require_safe
@requires(Capability.VIEW)
def repayment_list(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what is claimed back from a grant, what has come in and what is paid on."""
    grant = find(request, pk)
    ledger = ledger_of(grant)
    found = list(claims().filter(settlement__grant=grant))
    standing = [each for each in found if not each.is_withdrawn]
    due = grant.deadlines.filter(kind=Deadline.Kind.REPAYMENT).order_by("due_on")
    context = head(grant, "ledger") | {
        "ledger": ledger,
        "claims": found,
        "sums": {
            "amount": sum(each.amount for each in standing),
            "received": sum(each.received for each in standing),
            "written_off": sum(each.written_off for each in standing),
            "left": sum(each.left for each in standing),
        },
        "returns": ledger.returns if ledger else [],
        "balance": balance_of(grant),
        "state_day": due.filter(actor=Deadline.Actor.BODY).last(),
        "today": timezone.localdate(),
    }
    return render(request, "invoices/repayment_list.html", context)


@require_safe
@requires(Capability.VIEW)
def repayment_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one claim and everything that has happened with it."""
    claim = claim_of(request, pk)
    grant = find(request, claim.settlement.grant_id)
    context = head(grant, "ledger") | {
        "claim": claim,
        "receipts": claim.receipts.select_related("registered_by"),
        "is_open": not (claim.is_withdrawn or claim.is_written_off),
        "made_it": claim.claimed_by_id == request.user.pk,
        "today": timezone.localdate(),
    }
    return render(request, "invoices/repayment_detail.html", context)


@require_safe
def repayment_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the letter, to the municipality and to the body that claims."""
    membership = request.membership  # type: ignore[attr-defined]
    if not (can(membership, Capability.VIEW) or can(membership, Capability.ANSWER)):
        raise PermissionDenied
    organisation: CoordinatingBody | Municipality = membership.organisation
    found = Repayment.objects.select_related("letter")
    if isinstance(organisation, Municipality):
        found = found.filter(settlement__municipality=organisation)
    else:
        found = found.filter(settlement__grant__body=organisation)
    letter = get_object_or_404(found, pk=pk).letter
    return HttpResponse(
        bytes(letter.content),
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{letter.name}"',
            "Cache-Control": "private, no-cache",
        },
    )


def _form_page(
    request: StaffRequest,
    form: forms.Form,
    *,
    title: str,
    grant: Any,
    cancel_url: str,
    submit: str,
    text: str = "",
) -> HttpResponse:
    context = {
        "form": form,
        "grant": grant,
        "page_title": title,
        "cancel_url": cancel_url,
        "submit": submit,
        "text": text,
    }
    status = 422 if form.errors else 200
    return render(request, "invoices/repayment_form.html", context, status=status)


@requires(Capability.EDIT)
def repayment_receive(request: StaffRequest, pk: int) -> HttpResponse:
    """Register what has come back of a claim."""
    claim = claim_of(request, pk)
    initial = {"amount": claim.left, "received_on": timezone.localdate()}
    form = ReceiptForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            verbs.receive(
                claim,
                amount=facts["amount"],
                on=facts["received_on"],
                reference=facts["reference"],
                by=request.user,
            )
        except Refused as error:
            field = "amount" if error.code == "exceeds_claim" else None
            form.add_error(field, sentence(error))
        else:
            messages.success(request, _("The money is registered."))
            return redirect(claim)
    return _form_page(
        request,
        form,
        title=_("Register a repayment from %(municipality)s")
        % {"municipality": claim.settlement.municipality},
        grant=claim.settlement.grant,
        cancel_url=claim.get_absolute_url(),
        submit=_("Register"),
    )


@require_POST
@requires(Capability.EDIT)
def repayment_receipt_delete(
    request: StaffRequest, pk: int, receipt_pk: int
) -> HttpResponse:
    """Take back a receipt that was a mistake."""
    claim = claim_of(request, pk)
    receipt = get_object_or_404(RepaymentReceived, repayment=claim, pk=receipt_pk)
    receipt.repayment = claim
    try:
        verbs.remove_receipt(receipt)
    except Refused as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("The receipt is removed."))
    return redirect(claim)


@requires(Capability.DECIDE)
def repayment_write_off(request: StaffRequest, pk: int) -> HttpResponse:
    """Let what is left of a claim go, as a second person."""
    claim = claim_of(request, pk)
    form = WriteOffForm(request.POST or None, initial={"left": claim.left})
    if request.method == "POST" and form.is_valid():
        try:
            verbs.write_off(
                claim,
                by=request.user,
                on=timezone.localdate(),
                reason=form.cleaned_data["reason"],
                left=form.cleaned_data["left"],
            )
        except Refused as error:
            form.add_error(None, sentence(error))
        else:
            messages.success(request, _("What was left is written off."))
            return redirect(claim)
    return _form_page(
        request,
        form,
        title=_("Write off what is left of the claim on %(municipality)s?")
        % {"municipality": claim.settlement.municipality},
        grant=claim.settlement.grant,
        cancel_url=claim.get_absolute_url(),
        submit=_("Write off"),
        text=_("It cannot be undone. The reason is kept with the claim."),
    )


@require_POST
@requires(Capability.EDIT)
def repayment_withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a claim back that was a mistake; the municipality is told."""
    claim = claim_of(request, pk)
    try:
        verbs.withdraw(claim, by=request.user, on=timezone.localdate())
    except Refused as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("The claim is withdrawn and the municipality is told."))
    return redirect(claim)


@requires(Capability.EDIT)
def return_create(request: StaffRequest, pk: int) -> HttpResponse:
    """Register what is paid on to the authority."""
    grant = find(request, pk)
    held = max(balance_of(grant).held, 0)
    latest = grant.funds_received.order_by("-registered_at").first()
    form = ReturnForm(
        request.POST or None,
        initial={
            "amount": held,
            "paid_on": timezone.localdate(),
            "recipient": latest.payer if latest else "",
            "record_number": grant.record_number,
        },
    )
    cancel_url = reverse("invoices:repayment_list", args=[grant.pk])
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            verbs.return_to_state(
                grant,
                amount=facts["amount"],
                on=facts["paid_on"],
                recipient=facts["recipient"],
                record_number=facts["record_number"],
                note=facts["note"],
                by=request.user,
            )
        except Refused as error:
            form.add_error("amount", sentence(error))
        else:
            messages.success(request, _("The return to the state is registered."))
            return redirect(cancel_url)
    return _form_page(
        request,
        form,
        title=_("Register a return to the state"),
        grant=grant,
        cancel_url=cancel_url,
        submit=_("Register"),
    )


@require_POST
@requires(Capability.EDIT)
def return_delete(request: StaffRequest, pk: int, return_pk: int) -> HttpResponse:
    """Take back a return that was registered by mistake."""
    grant = find(request, pk)
    returned = get_object_or_404(ReturnToState, grant=grant, pk=return_pk)
    verbs.remove_return(returned)
    messages.success(request, _("The return is removed."))
    return redirect("invoices:repayment_list", grant.pk)
