"""The pages of a grant's money in from the state."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from grants.distribution import Refused
from grants.models import Grant
from grants.views.grants import find, head
from grants.views.saving import save_unless_changed
from invoices.forms.funds import FundsForm
from invoices.funds import save_funds
from invoices.models import FundsReceived, Requisition
from invoices.payment_files import funds_obstacles
from invoices.payments import balance_of, remove_funds
from invoices.refusals import sentence
from municipalities.access import Capability, StaffRequest, requires
from municipalities.editing import Seen, events_of


def funds_of(grant: Grant, pk: int) -> FundsReceived:
    """Return the grant's receipt, or answer 404."""
    funds = get_object_or_404(grant.funds_received.select_related("registered_by"), pk=pk)
    funds.grant = grant
    return funds


@require_safe
@requires(Capability.VIEW)
def funds_list(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what has come in for a grant, what has gone out and what is left."""
    grant = find(request, pk)
    balance = balance_of(grant)
    receipts = list(grant.funds_received.select_related("registered_by"))
    to_pay = Requisition.objects.filter(grant=grant).payable().total() + balance.planned
    context = head(grant, "funds") | {
        "receipts": receipts,
        "balance": balance,
        "income": balance.received + balance.carried_over,
        "to_pay": to_pay,
        "obstacles": funds_obstacles(grant, receipts),
        "lacking": max(to_pay - balance.available, 0),
    }
    return render(request, "invoices/funds_list.html", context)


@requires(Capability.EDIT)
def funds_create(request: StaffRequest, pk: int) -> HttpResponse:
    """Register money that has come in."""
    grant = find(request, pk)
    latest = grant.funds_received.order_by("-registered_at").first()
    form = FundsForm(
        request.POST or None,
        grant=grant,
        initial={
            "received_on": timezone.localdate(),
            "payer": latest.payer if latest else "",
        },
    )
    if request.method == "POST" and form.is_valid():
        form.instance.registered_by = request.user
        save_funds(form.instance)
        messages.success(request, _("The money is registered."))
        return redirect("invoices:funds_list", grant.pk)
    return _form_page(request, grant, form, _("Register money from the state"))


@requires(Capability.EDIT)
def funds_update(request: StaffRequest, pk: int, funds_pk: int) -> HttpResponse:
    """Change what was registered, as long as it covers what has been paid out."""
    grant = find(request, pk)
    funds = funds_of(grant, funds_pk)
    events = [events_of(FundsReceived, pgh_obj_id=funds.pk)]
    form: FundsForm
    if request.method == "POST":
        form = FundsForm(request.POST, instance=funds, grant=grant)
        try:
            if save_unless_changed(grant, events, form, lambda: save_funds(form.instance)):
                messages.success(request, _("The change is saved."))
                return redirect("invoices:funds_list", grant.pk)
        except Refused as error:
            form.add_error("amount", sentence(error))
    else:
        form = FundsForm(
            instance=funds, grant=grant, initial={"seen": Seen(*events).version}
        )
    return _form_page(request, grant, form, _("Change money from the state"), funds)


@requires(Capability.EDIT)
def funds_delete(request: StaffRequest, pk: int, funds_pk: int) -> HttpResponse:
    """Take back what was registered by mistake, unless it has been paid out."""
    grant = find(request, pk)
    funds = funds_of(grant, funds_pk)
    if request.method == "POST":
        try:
            remove_funds(funds)
        except Refused as error:
            messages.error(request, sentence(error))
        else:
            messages.success(request, _("The receipt is removed."))
        return redirect("invoices:funds_list", grant.pk)
    left = balance_of(grant).available
    refusal = ""
    if left < funds.amount:
        refusal = sentence(Refused("funds_used", available=left))
    context = {
        "grant": grant,
        "funds": funds,
        "refusal": refusal,
        "page_title": _("Remove the receipt?"),
        "cancel_url": reverse("invoices:funds_list", args=[grant.pk]),
    }
    return render(request, "invoices/funds_delete.html", context)


def _form_page(
    request: StaffRequest,
    grant: Grant,
    form: FundsForm,
    title: str,
    funds: FundsReceived | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "grant": grant,
        "form": form,
        "funds": funds,
        "page_title": title,
        "cancel_url": reverse("invoices:funds_list", args=[grant.pk]),
    }
    return render(request, "invoices/funds_form.html", context)
