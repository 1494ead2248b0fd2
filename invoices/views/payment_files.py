"""The files of payments as downloads, and the settings that they rest on."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from grants.distribution import Refused
from grants.views.grants import find
from invoices.batches import Content, content_of
from invoices.forms.settings import PayoutSettingsForm
from invoices.models import PaymentBatch
from invoices.pain001 import PaymentFileError
from invoices.payment_files import (
    funds_sie_file,
    list_file,
    obstacle_of,
    pain001_file,
    payout_settings,
    sie_file,
)
from invoices.refusals import sentence
from invoices.sie import SieError
from invoices.views.batches import batch_of
from municipalities.access import Capability, StaffRequest, requires
from municipalities.export import CSV, XLSX, file_name

XML = "application/xml"
SIE = "text/plain; charset=IBM437"
"""SIE has no media type of its own: it is text in code page 437."""


def download(content: bytes, kind: str, name: str) -> HttpResponse:
    """Return a file to keep."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _released(
    request: StaffRequest,
    pk: int,
    make: Callable[[Content], bytes],
    kind: str,
    name: str,
) -> HttpResponseBase:
    """Return a file of a released batch, or its page with what stops the file."""
    batch: PaymentBatch = batch_of(request, pk)
    if batch.is_draft:
        messages.error(request, sentence(Refused("batch_not_released")))
        return redirect(batch)
    try:
        made = make(content_of(batch))
    except (PaymentFileError, SieError) as error:
        messages.error(request, obstacle_of(error).text)
        return redirect(batch)
    stem, extension = name.rsplit(".", 1)
    return download(made, kind, f"{stem}-{batch.number}-{batch.execute_on}.{extension}")


@require_safe
@requires(Capability.VIEW)
def batch_pain001(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Return the payment file for the bank."""
    return _released(request, pk, pain001_file, XML, "utbetalning.xml")


@require_safe
@requires(Capability.VIEW)
def batch_csv(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Return the list of payments as csv."""
    return _released(
        request, pk, lambda content: list_file(content, "csv"), CSV, "betalningslista.csv"
    )


@require_safe
@requires(Capability.VIEW)
def batch_xlsx(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Return the list of payments as a workbook."""
    return _released(
        request,
        pk,
        lambda content: list_file(content, "xlsx"),
        XLSX,
        "betalningslista.xlsx",
    )


@require_safe
@requires(Capability.VIEW)
def batch_sie(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Return the vouchers for the books."""
    return _released(request, pk, sie_file, SIE, "verifikationer.si")


@require_safe
@requires(Capability.VIEW)
def funds_sie(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Return the vouchers of a grant's money in from the state."""
    grant = find(request, pk)
    receipts = list(grant.funds_received.all())
    try:
        made = funds_sie_file(grant, receipts)
    except SieError as error:
        messages.error(request, obstacle_of(error).text)
        return redirect("invoices:funds_list", grant.pk)
    latest = max(each.received_on for each in receipts)
    return download(made, SIE, file_name(f"inbetalningar {grant}", "si", latest))


@requires(Capability.ADMINISTER)
def payoutsettings_update(request: StaffRequest) -> HttpResponseBase:
    """Change the account to pay from, and the accounts to book on."""
    found = payout_settings(request.organisation)
    form = PayoutSettingsForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The settings are saved."))
        return redirect("invoices:payoutsettings_update")
    context = {
        "form": form,
        "body": request.organisation,
        "page_title": _("Settings for payments"),
        "cancel_url": reverse("invoices:batch_list"),
    }
    status = 422 if form.errors else 200
    return render(request, "invoices/payoutsettings_update.html", context, status=status)
