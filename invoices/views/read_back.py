"""The pages where the bank's answers are read, and where what failed is put right."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from grants.distribution import Refused
from invoices import decision_messages
from invoices import messages as mail
from invoices import payments as verbs
from invoices.batches import account_text, content_of
from invoices.forms.batches import ListForm, OutcomeForm, ReasonForm
from invoices.models import Payment
from invoices.payment_list import Outcome, PaymentList, read
from invoices.payment_messages import bank_reason
from invoices.read_back import preview_of, sealed, unsealed
from invoices.refusals import sentence
from invoices.requisition import send_back
from invoices.tables.batches import FailedTable
from invoices.views.batches import batch_of, detail_page
from municipalities.access import Capability, StaffRequest, requires, staff_view
from municipalities.listing import ListView
from municipalities.numbers import kronor
from municipalities.upload_limit import limit_files


@requires(Capability.EDIT)
def batch_read_back(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Choose a list from the bank; one that can be read is looked over first."""
    batch = batch_of(request, pk)
    if batch.is_draft:
        messages.error(request, sentence(Refused("batch_not_released")))
        return redirect(batch)
    is_sent = request.method == "POST"
    form = ListForm(request.POST, request.FILES) if is_sent else ListForm()
    limit_files(request, form, "file")
    if is_sent and form.is_valid():
        file = form.cleaned_data["file"]
        return _preview(request, batch, read(file.read()), name=file.name)
    context = {
        "batch": batch,
        "form": form,
        "page_title": _("Read the bank's answer"),
        "cancel_url": batch.get_absolute_url(),
    }
    status = 422 if form.errors else 200
    return render(request, "invoices/batch_read_back.html", context, status=status)


@require_POST
@requires(Capability.EDIT)
def batch_outcome(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Look over what somebody has written by hand of some payments."""
    batch = batch_of(request, pk)
    if batch.is_draft:
        messages.error(request, sentence(Refused("batch_not_released")))
        return redirect(batch)
    form = OutcomeForm(request.POST)
    if not form.is_valid():
        return detail_page(request, batch, outcome_form=form)
    facts = form.cleaned_data
    is_paid = facts["outcome"] == OutcomeForm.PAID
    outcomes = [
        Outcome(
            payment_id=Payment(pk=each).end_to_end_id,
            is_paid=is_paid,
            on=facts["paid_on"] if is_paid else None,
            reason="" if is_paid else facts["reason"],
        )
        for each in dict.fromkeys(facts["payment"])
    ]
    return _preview(request, batch, PaymentList(outcomes=tuple(outcomes)))


def _preview(
    request: StaffRequest, batch: Any, found: PaymentList, name: str = ""
) -> HttpResponse:
    """Show what would be written, and everything that is wrong. Nothing is saved."""
    content = content_of(batch)
    preview = preview_of(content, found, today=timezone.localdate())
    may_save = not preview.problems and not preview.changes_nothing
    context = {
        "batch": batch,
        "preview": preview,
        "name": name,
        "failed": [(each, bank_reason(each.outcome.reason)) for each in preview.failed],
        "sealed": sealed(content, preview.outcomes) if may_save else "",
        "page_title": _("Look it over before you save"),
        "again_url": reverse("invoices:batch_read_back", args=[batch.pk])
        if name
        else batch.get_absolute_url(),
    }
    status = 422 if preview.problems else 200
    return render(request, "invoices/batch_read_back_preview.html", context, status=status)


@require_POST
@requires(Capability.EDIT)
def batch_read_back_confirm(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Write what was looked over."""
    batch = batch_of(request, pk)
    try:
        with transaction.atomic():
            result = verbs.read_back(
                batch,
                unsealed(request.POST.get("sealed", ""), batch.pk),
                by=request.user,
                today=timezone.localdate(),
            )
            mail.paid(list(result.payments))
    except Refused as error:
        messages.error(request, sentence(error))
        return redirect("invoices:batch_read_back", batch.pk)
    if result.paid:
        text = ngettext(
            "%(count)d payment is marked as paid. The municipality is told by e-mail.",
            "%(count)d payments are marked as paid. The municipalities are told by e-mail.",
            result.paid,
        )
        messages.success(request, text % {"count": result.paid})
    if result.failed:
        text = ngettext(
            "%(count)d payment failed. Choose what is to be done about it.",
            "%(count)d payments failed. Choose what is to be done about them.",
            result.failed,
        )
        messages.warning(request, text % {"count": result.failed})
        return redirect("invoices:payment_failed_list")
    if not result.paid:
        messages.info(request, _("Everything was written already."))
    return redirect(batch)


@staff_view(Capability.VIEW)
class FailedList(ListView):
    """Payments that failed and whose requisitions still wait."""

    page_title = gettext_lazy("Failed payments")
    table_class = FailedTable
    template_name = "invoices/payment_failed_list.html"

    def get_queryset(self) -> QuerySet[Any]:
        """Return them, the latest first."""
        body = self.request.organisation  # type: ignore[attr-defined]
        rows: QuerySet[Any] = (
            Payment.objects.of_body(body)
            .failed_and_open()
            .select_related("batch", "requisition__municipality", "requisition__grant")
            .order_by("-pk")
        )
        return rows


@requires(Capability.EDIT)
def payment_send_back(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Ask the municipality to look at its account, after a payment that failed."""
    payment = get_object_or_404(
        Payment.objects.of_body(request.organisation)
        .failed_and_open()
        .select_related("batch", "requisition__municipality", "requisition__grant__body"),
        pk=pk,
    )
    requisition = payment.requisition
    form = ReasonForm(
        request.POST or None,
        initial={
            "reason": _(
                "The payment of %(amount)s to %(account)s failed: %(failure)s. Please look "
                "at the account, correct it and send the requisition in again."
            )
            % {
                "amount": kronor(payment.amount),
                "account": account_text(requisition),
                "failure": bank_reason(payment.failure),
            }
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                returned = send_back(
                    requisition, by=request.user, reason=form.cleaned_data["reason"]
                )
                decision_messages.returned(returned)
        except Refused as error:
            form.add_error(None, sentence(error))
        else:
            text = _("%(municipality)s is asked by e-mail to look at its account.")
            messages.success(request, text % {"municipality": requisition.municipality})
            return redirect("invoices:payment_failed_list")
    context = {
        "payment": payment,
        "requisition": requisition,
        "account": account_text(requisition),
        "failure": bank_reason(payment.failure),
        "form": form,
        "page_title": _("Ask the municipality to correct the account"),
        "cancel_url": reverse("invoices:payment_failed_list"),
    }
    status = 422 if form.errors else 200
    return render(request, "invoices/payment_send_back.html", context, status=status)
