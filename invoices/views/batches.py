"""The pages of payment batches: list, make, look at, release."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from grants.distribution import Refused
from invoices import payments as verbs
from invoices.banking_days import next_banking_day
from invoices.batches import (
    Content,
    choices_of,
    content_of,
    move,
    refusals,
    release_seen,
)
from invoices.forms.batches import BatchForm, DayForm, OutcomeForm, ReleaseForm
from invoices.models import Payment, PaymentBatch, Requisition
from invoices.payment_files import files_of
from invoices.refusals import sentence
from invoices.tables.batches import KINDS, STATES, BatchFilter, BatchTable, state_of
from municipalities.access import Capability, StaffRequest, requires, staff_view
from municipalities.formsets import unchecked
from municipalities.listing import ListView
from municipalities.numbers import row_id

RECOUNT = "recount"
"""The button that sums what is ticked, where no script does."""
CHOSEN = "rekvisition"
"""What the address may ask for: the id of a requisition to pay."""


def batch_of(request: StaffRequest, pk: int) -> Any:
    """Return the body's batch with its sums, or answer 404."""
    own = PaymentBatch.objects.of_body(request.organisation).with_sums()
    batch = get_object_or_404(own.select_related("made_by", "released_by"), pk=pk)
    batch.body = request.organisation
    return batch


@staff_view(Capability.VIEW)
class BatchList(ListView):
    """Every batch of the body, the newest first."""

    page_title = gettext_lazy("Payments out")
    table_class = BatchTable
    filterset_class = BatchFilter
    template_name = "invoices/batch_list.html"

    def get_queryset(self) -> QuerySet[Any]:
        """Return batches with their sums."""
        body = self.request.organisation  # type: ignore[attr-defined]
        rows: QuerySet[Any] = PaymentBatch.objects.of_body(body).with_sums()
        return rows.select_related("made_by", "released_by").order_by("-number")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what waits: requisitions in no batch, and payments that failed."""
        body = self.request.organisation  # type: ignore[attr-defined]
        failed = Payment.objects.of_body(body).failed_and_open()
        return super().get_context_data(**kwargs) | {
            "payable_count": Requisition.objects.of_body(body).payable().count(),
            "failed_count": failed.count(),
        }


@requires(Capability.EDIT)
def batch_create(request: StaffRequest) -> HttpResponse:
    """Choose what to pay. Nothing goes to the bank until a second person releases it."""
    body, today = request.organisation, timezone.localdate()
    chosen: list[int] | None = None
    status = 200
    if request.method == "POST":
        form = BatchForm(request.POST)
        chosen = ids_in(request.POST.getlist("requisition"))
        if RECOUNT in request.POST:
            unchecked(form)
        elif form.is_valid():
            try:
                batch = verbs.make_batch(
                    body,
                    Requisition.objects.filter(pk__in=form.cleaned_data["requisition"]),
                    by=request.user,
                    execute_on=form.cleaned_data["execute_on"],
                )
            except Refused as error:
                form.add_error("requisition", sentence(error))
            else:
                messages.success(
                    request, _("The batch is made. A colleague is to release it.")
                )
                return redirect(batch)
        status = 422 if form.errors else 200
    else:
        wanted = request.GET.getlist(CHOSEN)
        chosen = ids_in(wanted) if wanted else None
        form = BatchForm(initial={"execute_on": next_banking_day(today)})
    choices = choices_of(body, chosen)
    taken = [each for choice in choices for each in choice.candidates if each.is_chosen]
    context = {
        "form": form,
        "choices": choices,
        "chosen_count": len(taken),
        "chosen_total": sum(each.requisition.amount for each in taken),
        "lacking": [choice for choice in choices if choice.lacking],
        "page_title": _("New batch"),
        "cancel_url": reverse("invoices:batch_list"),
    }
    return render(request, "invoices/batch_form.html", context, status=status)


def ids_in(texts: list[str]) -> list[int]:
    """Return the ids among what was ticked."""
    return [found for text in texts if (found := row_id(text))]


@require_safe
@requires(Capability.VIEW)
def batch_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a batch: whom it pays, whether the money has come in, its files."""
    return detail_page(request, batch_of(request, pk))


def detail_page(
    request: HttpRequest,
    batch: Any,
    *,
    outcome_form: OutcomeForm | None = None,
    day_form: DayForm | None = None,
) -> HttpResponse:
    """Return the batch's page, with a form on it as it was filled in."""
    content = content_of(batch)
    found = refusals(content, by=request.user, today=timezone.localdate())  # type: ignore[arg-type]
    forms = [form for form in (outcome_form, day_form) if form is not None and form.errors]
    context = {
        "batch": batch,
        "content": content,
        "state_kind": KINDS[state_of(batch)],
        "state_word": STATES[state_of(batch)],
        "obstacles": [sentence(each) for each in found] if batch.is_draft else [],
        "files": None if batch.is_draft else files_of(content),
        "outcome_form": outcome_form or _outcome_form(content),
        "day_form": day_form or DayForm(initial={"execute_on": batch.execute_on}),
        "ticked": outcome_form.data.getlist("payment") if outcome_form else [],  # type: ignore[attr-defined]
        "page_title": str(batch),
    }
    status = 422 if forms else 200
    return render(request, "invoices/batch_detail.html", context, status=status)


def _outcome_form(content: Content) -> OutcomeForm:
    day = min(content.batch.execute_on, timezone.localdate())
    return OutcomeForm(initial={"outcome": OutcomeForm.PAID, "paid_on": day})


@require_POST
@requires(Capability.EDIT)
def batch_move(request: StaffRequest, pk: int) -> HttpResponse:
    """Let the batch be paid on another day, while nobody has released it."""
    batch = batch_of(request, pk)
    form = DayForm(request.POST)
    if not form.is_valid():
        return detail_page(request, batch, day_form=form)
    try:
        move(
            batch,
            execute_on=form.cleaned_data["execute_on"],
            today=timezone.localdate(),
        )
    except Refused as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("The payment day is changed."))
    return redirect(batch)


@require_POST
@requires(Capability.EDIT)
def batch_take_out(request: StaffRequest, pk: int, payment_pk: int) -> HttpResponse:
    """Take a payment out of a batch that nobody has released."""
    batch = batch_of(request, pk)
    payment = get_object_or_404(
        batch.payments.select_related("batch", "requisition__municipality"), pk=payment_pk
    )
    try:
        verbs.take_out(payment)
    except Refused as error:
        messages.error(request, sentence(error))
    else:
        text = _("%(municipality)s is taken out and can be paid in another batch.")
        facts = {"municipality": payment.requisition.municipality}
        messages.success(request, text % facts)
    return redirect(batch)


@requires(Capability.EDIT)
def batch_discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw the batch away; its requisitions wait for another one."""
    batch = batch_of(request, pk)
    if not batch.is_draft:
        messages.error(request, sentence(Refused("batch_released")))
        return redirect(batch)
    if request.method == "POST":
        try:
            verbs.discard(batch)
        except Refused as error:
            messages.error(request, sentence(error))
            return redirect(batch)
        messages.success(request, _("%(batch)s is discarded.") % {"batch": batch})
        return redirect("invoices:batch_list")
    context = {
        "batch": batch,
        "page_title": _("Discard the batch?"),
        "cancel_url": batch.get_absolute_url(),
    }
    return render(request, "invoices/batch_discard.html", context)


@requires(Capability.EDIT)
def batch_release(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Show everything that is paid, and let a second person release it."""
    batch = batch_of(request, pk)
    if not batch.is_draft:
        if batch.released_by_id != request.user.pk or request.method != "POST":
            messages.error(request, sentence(Refused("batch_released")))
        return redirect(batch)
    refusal = ""
    if request.method == "POST":
        form = ReleaseForm(request.POST)
        is_seen = form.is_valid()
        try:
            release_seen(
                batch,
                by=request.user,
                total=form.cleaned_data["total"] if is_seen else -1,
                execute_on=form.cleaned_data["execute_on"] if is_seen else None,
                today=timezone.localdate(),
            )
        except Refused as error:
            refusal = sentence(error)
            batch = batch_of(request, pk)
        else:
            messages.success(
                request, _("The batch is released. Send the payment file to the bank now.")
            )
            return redirect(batch)
    content = content_of(batch)
    obstacles = refusals(content, by=request.user, today=timezone.localdate())
    context = {
        "batch": batch,
        "content": content,
        "refusal": refusal,
        "obstacles": [sentence(each) for each in obstacles],
        "form": ReleaseForm(
            initial={"total": content.total, "execute_on": batch.execute_on}
        ),
        "files": files_of(content),
        "page_title": _("Release batch %(number)s") % {"number": batch.number},
    }
    status = 409 if refusal else 200
    return render(request, "invoices/batch_release.html", context, status=status)
