"""Answers that came by mail or as an invoice, entered by staff."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from grants.distribution import Refused
from grants.views.grants import find
from invoices.forms.register import RegisterForm
from invoices.incoming import as_answer, confirm
from invoices.models import IncomingInvoice, Requisition
from invoices.offers import Offer, offer_to
from invoices.refusals import sentence
from invoices.requisition import submit
from municipalities.access import Capability, StaffRequest, requires
from municipalities.models import Municipality
from municipalities.numbers import row_id

Status = Requisition.Status


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
