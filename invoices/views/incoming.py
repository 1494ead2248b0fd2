"""Invoices that come in as files: the list, dropping, and one invoice at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from grants.distribution import Refused
from invoices import incoming
from invoices.forms.incoming import DropForm, OtherTargetForm, PutAsideForm
from invoices.incoming import Desk, Drop, Target
from invoices.matching import Difference, Fact, Proposal, checked
from invoices.models import IncomingInvoice, Requisition
from invoices.received import ReceivedInvoice, restored
from invoices.received_messages import (
    difference_name,
    difference_sentence,
    fact,
    refused_sentence,
)
from invoices.refusals import sentence
from invoices.tables.incoming import IncomingTable
from municipalities.access import Capability, StaffRequest, can, requires, staff_view
from municipalities.listing import ListView
from municipalities.numbers import row_id
from municipalities.upload_limit import limit_files

Status = IncomingInvoice.Status
MOST_TARGETS = 30


def found_in(request: StaffRequest, pk: int) -> IncomingInvoice:
    """Return the body's invoice, or answer 404."""
    own = IncomingInvoice.objects.of_body(request.organisation).select_related(
        "file",
        "uploaded_by",
        "handled_by",
        "requisition__grant",
        "requisition__municipality",
    )
    return get_object_or_404(own, pk=pk)


# The list ----------------------------------------------------------------------------


@staff_view(Capability.VIEW)
class IncomingList(ListView):
    """The invoices that have come in, those that wait first; files are dropped here."""

    page_title = gettext_lazy("Invoices that have come in")
    table_class = IncomingTable
    template_name = "invoices/incoming_list.html"
    form: DropForm | None = None

    @property
    def status(self) -> str:
        """Which invoices are asked for; ``all`` or a status."""
        asked = self.request.GET.get("status", Status.WAITING)
        return asked if asked in {*Status.values, "all"} else Status.WAITING

    def get_queryset(self) -> QuerySet[IncomingInvoice, Any]:
        """Return the invoices that are asked for."""
        request: Any = self.request
        rows = IncomingInvoice.objects.of_body(request.organisation).select_related(
            "file", "requisition__grant", "requisition__municipality"
        )
        return rows if self.status == "all" else rows.filter(status=self.status)

    def get_table_kwargs(self) -> dict[str, Any]:
        """Tell the table what the invoices are weighed against."""
        request: Any = self.request
        hidden = () if self.status == "all" else ("status",)
        return {"desk": Desk(request.organisation), "exclude": hidden}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the form and the statuses."""
        request: Any = self.request
        counts = dict(
            IncomingInvoice.objects.of_body(request.organisation)
            .order_by()
            .values_list("status")
            .annotate(Count("pk"))
        )
        chips = [
            (value, capfirst(str(label)), counts.get(value, 0))
            for value, label in Status.choices
        ]
        chips.append(("all", _("All"), sum(counts.values())))
        return super().get_context_data(
            form=self.form or DropForm(), chips=chips, status=self.status, **kwargs
        )

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the dropped files, and tell what became of each."""
        if not can(request.membership, Capability.EDIT):
            raise PermissionDenied
        form = DropForm(request.POST, request.FILES)
        limit_files(request, form, "chosen")
        if not form.is_valid():
            self.form = form
            response = self.get(request, *args, **kwargs)
            response.status_code = 422
            return response
        drops = incoming.receive(
            request.organisation, form.cleaned_data["chosen"], by=request.user
        )
        return told(request, drops)


def told(request: StaffRequest, drops: list[Drop]) -> HttpResponse:
    """Return what became of each file; a single one that was read is shown at once."""
    kept = [drop for drop in drops if drop.invoice and not drop.is_known]
    if len(drops) == 1 and drops[0].invoice is not None:
        if drops[0].is_known:
            messages.warning(request, _("The file was here already. This is the invoice."))
        else:
            messages.success(request, _("The file is read. Look at what was found."))
        return redirect(drops[0].invoice)
    context = {
        "page_title": ngettext(
            "%(number)d invoice is read", "%(number)d invoices are read", len(kept)
        )
        % {"number": len(kept)}
        if kept
        else _("No invoice was read"),
        "kept": kept,
        "known": [drop for drop in drops if drop.is_known],
        "refused": [
            (drop.name, refused_sentence(drop.error)) for drop in drops if drop.error
        ],
    }
    status = 200 if kept or not context["refused"] else 422
    return render(request, "invoices/incoming_received.html", context, status=status)


# One invoice -------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One fact: what the invoice says, and what was expected where that is known."""

    label: str | Promise
    found: str
    expected: str
    is_odd: bool


LABELS: Mapping[str, Promise] = {
    "seller_name": gettext_lazy("Sender"),
    "seller_number": gettext_lazy("Organisation number"),
    "amount": gettext_lazy("Amount"),
    "vat_amount": gettext_lazy("VAT"),
    "reference": gettext_lazy("Reference"),
    "record_number": gettext_lazy("Record number"),
    "invoice_number": pgettext_lazy("invoice", "Number"),
    "invoice_on": gettext_lazy("Date"),
    "account_number": gettext_lazy("Account"),
}
"""What is compared, by the field that a difference names."""


def lines(
    invoice: IncomingInvoice, target: Target | None, differences: Sequence[Difference]
) -> list[Line]:
    """Return what was read beside what it belongs to."""
    odd = {one.field for one in differences}
    found, expected = found_facts(restored(invoice.facts)), expected_facts(target)
    return [
        Line(
            label,
            fact(name, found[name]),
            fact(name, expected[name]) if expected.get(name) else "",
            name in odd,
        )
        for name, label in LABELS.items()
        if found[name] or expected.get(name)
    ]


def found_facts(received: ReceivedInvoice) -> dict[str, Fact]:
    """Return what the invoice says."""
    account = ""
    if received.accounts:
        first = received.accounts[0]
        whole = checked(first)
        account = whole.formatted if whole else f"{first.clearing} {first.number}".strip()
    return {
        "seller_name": received.seller_name,
        "seller_number": received.seller_number,
        "amount": received.payable,
        "vat_amount": received.vat,
        "reference": received.reference,
        "record_number": received.record_number,
        "invoice_number": received.invoice_number,
        "invoice_on": received.invoice_on,
        "account_number": account,
    }


def expected_facts(target: Target | None) -> dict[str, Fact]:
    """Return what the requisition or the offer says."""
    if target is None:
        return {}
    candidate, requisition = target.candidate, target.requisition
    return {
        "seller_name": candidate.municipality,
        "seller_number": candidate.organisation_number,
        "amount": candidate.amount,
        "reference": candidate.reference,
        "record_number": candidate.record_number,
        "invoice_number": requisition.invoice_number if requisition else None,
        "invoice_on": requisition.invoice_on if requisition else None,
        "account_number": candidate.account.formatted if candidate.account else None,
    }


@require_safe
@requires(Capability.VIEW)
def incoming_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what was read, what it belongs to, and every difference."""
    return detail(request, found_in(request, pk), PutAsideForm())


def detail(
    request: StaffRequest, invoice: IncomingInvoice, form: PutAsideForm
) -> HttpResponse:
    """Return the page of one invoice."""
    desk = Desk(request.organisation)
    is_waiting = invoice.status == Status.WAITING
    target = chosen_target(request, invoice, desk)
    found = Proposal(None, ())
    if is_waiting:
        found = desk.against(invoice, target) if target else desk.proposal(invoice)
        if target is None and found.candidate is not None:
            target = desk.targets[found.candidate.id]
    received = restored(invoice.facts)
    context = {
        "invoice": invoice,
        "received": received,
        "page_title": str(invoice),
        "is_waiting": is_waiting,
        "target": target,
        "lines": lines(invoice, target, found.differences),
        "differences": [
            (difference_name(one.code), difference_sentence(one))
            for one in found.differences
        ],
        "form": form,
        **(other_targets(request, desk) if is_waiting else {}),
    }
    status = 422 if form.errors else 200
    return render(request, "invoices/incoming_detail.html", context, status=status)


def chosen_target(
    request: StaffRequest, invoice: IncomingInvoice, desk: Desk
) -> Target | None:
    """Return what somebody chose, or what a closed invoice was tied to."""
    if invoice.status != Status.WAITING:
        return desk.targets.get(f"r{invoice.requisition_id}")
    asked = request.POST if request.method == "POST" else request.GET
    return desk.targets.get(asked.get("target", ""))


def other_targets(request: StaffRequest, desk: Desk) -> dict[str, Any]:
    """Return the form where a person chooses another municipality or grant."""
    targets = list(desk.targets.values())
    places = {each.municipality.code: str(each.municipality) for each in targets}
    form = OtherTargetForm(
        request.GET if "municipality" in request.GET else None,
        municipalities=sorted(places.items()),
        grants=sorted({(each.grant_id, each.grant) for each in targets}),
    )
    if not form.is_bound or not form.is_valid():
        return {"other_form": form, "others": None}
    code, grant = form.cleaned_data["municipality"], form.cleaned_data["grant"]
    fitting = [
        each
        for each in sorted(targets, key=lambda each: (each.municipality.code, each.grant))
        if code in {"", each.municipality.code} and grant in {"", str(each.grant_id)}
    ]
    return {
        "other_form": form,
        "others": fitting[:MOST_TARGETS],
        "more": max(len(fitting) - MOST_TARGETS, 0),
    }


@require_POST
@requires(Capability.EDIT)
def incoming_confirm(request: StaffRequest, pk: int) -> HttpResponse:
    """Tie an invoice to the requisition that the person has seen beside it."""
    invoice = found_in(request, pk)
    own = Requisition.objects.of_body(request.organisation).standing()
    requisition = get_object_or_404(
        own.select_related("municipality"), pk=row_id(request.POST.get("requisition"))
    )
    try:
        incoming.confirm(invoice, requisition, by=request.user)
    except Refused as error:
        messages.error(request, sentence(error))
        return redirect(invoice)
    messages.success(
        request,
        _("The invoice is tied to the requisition from %(municipality)s.")
        % {"municipality": requisition.municipality},
    )
    return redirect(following(request) or requisition)


@require_POST
@requires(Capability.EDIT)
def incoming_dismiss(request: StaffRequest, pk: int) -> HttpResponse:
    """Put an invoice aside, with why."""
    invoice = found_in(request, pk)
    form = PutAsideForm(request.POST)
    if not form.is_valid():
        return detail(request, invoice, form)
    target = chosen_target(request, invoice, Desk(request.organisation))
    is_credit = restored(invoice.facts).is_credit
    try:
        incoming.put_aside(
            invoice,
            by=request.user,
            note=form.cleaned_data["note"],
            requisition=target.requisition if target and is_credit else None,
        )
    except Refused as error:
        messages.error(request, sentence(error))
        return redirect(invoice)
    messages.success(request, _("The invoice is put aside."))
    return redirect(following(request) or "invoices:incoming_list")


@require_POST
@requires(Capability.EDIT)
def incoming_reopen(request: StaffRequest, pk: int) -> HttpResponse:
    """Let an invoice wait again."""
    invoice = incoming.reopen(found_in(request, pk))
    messages.success(request, _("The invoice waits again."))
    return redirect(invoice)


def following(request: StaffRequest) -> IncomingInvoice | None:
    """Return the next invoice that waits, the oldest first."""
    waiting = IncomingInvoice.objects.of_body(request.organisation).waiting()
    return waiting.order_by("uploaded_at", "pk").first()
