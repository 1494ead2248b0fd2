"""Pages that say what has become of every krona: a grant's ledger, and the self-check."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from grants.models import Distribution
from grants.tables.distributions import signed
from grants.views.grants import find, head
from invoices.check import CHECKS, check
from invoices.ledger import Ledger, Row, account_of, ledger_of, total_of
from municipalities.access import Capability, StaffRequest, requires
from municipalities.export import export_response
from municipalities.listing import FORMATS
from municipalities.numbers import grouped


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of the ledger, and where it comes from."""

    name: str
    label: Promise | str
    origin: Callable[["Addresses", Row], str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure and the address that it opens. Whole kronor."""

    label: Promise | str
    amount: int
    url: str
    is_change: bool = False

    @property
    def shown(self) -> str:
        """Return the figure as people read it, a change with its sign."""
        return signed(self.amount) if self.is_change else grouped(self.amount)


class Addresses:
    """The addresses that figures open. Each is made once, with its number left open."""

    def __init__(self, ledger: Ledger) -> None:
        def pattern(name: str, *args: object) -> str:
            return reverse(name, args=args)

        def calculation(version: Distribution | None) -> str:
            name = "grants:allocation_detail"
            return pattern(name, version.pk, "0000") if version else ""

        self.ledger = ledger
        self._current = calculation(ledger.current)
        self._first = calculation(ledger.first)
        self._own = pattern("invoices:ledger_municipality", ledger.grant.pk, "0000")
        self.budget = pattern("grants:grant_budget", ledger.grant.pk)
        self.settlements = pattern("invoices:settlement_list", ledger.grant.pk)
        self.repayments = pattern("invoices:repayment_list", ledger.grant.pk)

    def own(self, row: Row) -> str:
        """Return the address of the municipality's own page in the ledger."""
        return self._of(self._own, row)

    def first(self, row: Row) -> str:
        """Return the address of how the first amount was calculated."""
        return self._of(self._first, row) if row.first else ""

    def changed(self, row: Row) -> str:
        """Return the address of how the amount that holds was calculated."""
        is_there = self.ledger.current != self.ledger.first and row.allocated
        return self._of(self._current, row) if is_there else self.own(row)

    def carried(self, row: Row) -> str:
        """Return the address of what was carried over."""
        return self.budget

    def declined(self, row: Row) -> str:
        """Return the address of the answer that declined."""
        return self._requisition(row, row.declining.requisitions)

    def claimed(self, row: Row) -> str:
        """Return the address of the requisition."""
        return self._requisition(row, row.claiming.requisitions)

    def approved(self, row: Row) -> str:
        """Return the address of the requisition that was approved."""
        return self._requisition(row, row.approving.requisitions)

    def paid(self, row: Row) -> str:
        """Return the address of the batch that paid."""
        if len(row.paying.batches) == 1:
            return reverse("invoices:batch_detail", args=row.paying.batches)
        return self.own(row)

    def available(self, row: Row) -> str:
        """Return the address of what was paid, or of the budget that keeps it."""
        return self.paid(row) if row.municipality else self.budget

    def settled(self, row: Row) -> str:
        """Return the address of what was said of the money, every version of it."""
        return self.own(row) or self.settlements

    def unaccounted(self, row: Row) -> str:
        """Return the address of where the money is accounted for."""
        return self.settlements

    def claims(self, row: Row) -> str:
        """Return the address of the claim; with several, or none, that of all."""
        claims = row.share.claims if row.share else ()
        if len(claims) == 1:
            return reverse("invoices:repayment_detail", args=[claims[0].pk])
        return self.repayments

    def _requisition(self, row: Row, found: tuple[int, ...]) -> str:
        """Return the requisition's address; with several, that of the page with all."""
        if len(found) == 1:
            return reverse("invoices:requisition_detail", args=found)
        return self.own(row)

    @staticmethod
    def _of(pattern: str, row: Row) -> str:
        return pattern.replace("0000", row.municipality.code) if row.municipality else ""


COLUMNS = (
    Column("first", pgettext_lazy("ledger", "Allocated"), Addresses.first),
    Column("changed", pgettext_lazy("ledger", "Changed"), Addresses.changed),
    Column("carried", pgettext_lazy("ledger", "Of it from earlier"), Addresses.carried),
    Column("declined", pgettext_lazy("ledger", "Declined"), Addresses.declined),
    Column("claimed", pgettext_lazy("ledger", "Asked for"), Addresses.claimed),
    Column("approved", pgettext_lazy("ledger", "Approved"), Addresses.approved),
    Column("paid", pgettext_lazy("ledger", "Paid"), Addresses.paid),
    Column("left", pgettext_lazy("ledger", "Left"), Addresses.own),
)


AFTER = (
    Column("paid", pgettext_lazy("ledger", "Paid"), Addresses.available),
    Column("used", pgettext_lazy("ledger", "Used"), Addresses.settled),
    Column("carried_over", pgettext_lazy("ledger", "Carried over"), Addresses.settled),
    Column("to_repay", pgettext_lazy("ledger", "To repay"), Addresses.settled),
    Column("repaid", pgettext_lazy("ledger", "Repaid"), Addresses.claims),
    Column("written_off", pgettext_lazy("ledger", "Written off"), Addresses.claims),
    Column("left_to_repay", pgettext_lazy("ledger", "Left to repay"), Addresses.claims),
    Column(
        "unaccounted", pgettext_lazy("ledger", "Not accounted for"), Addresses.unaccounted
    ),
)
"""What became of what was paid; of our own shares, of what they have."""

OWN = (
    Column("paid", pgettext_lazy("ledger", "Budget"), Addresses.available),
    *(each for each in AFTER if each.name in {"used", "carried_over", "to_repay"}),
    AFTER[-1],
)
"""The same where all is our own: nobody is paid, and nobody repays us."""


def name_of(row: Row) -> str:
    """Return whose money it is."""
    if row.municipality:
        return row.municipality.name
    return row.share.label if row.share else _("Sum")


def after_of(ledger: Ledger, addresses: Addresses) -> dict[str, Any]:
    """Return the table of what became of what was paid, and of our own shares."""
    rows = [row for row in ledger.rows if row.share] + list(ledger.own)
    columns = list(AFTER if ledger.rows else OWN)
    total = total_of(rows)
    return {
        "after_columns": columns,
        "after_rows": [
            (name_of(row), addresses.settled(row), cells_of(columns, row, addresses))
            for row in rows
        ],
        "after_sums": cells_of(columns, total, None),
    }


def columns_of(ledger: Ledger) -> list[Column]:
    """Return the figures that the ledger has something to say in."""
    return [
        column
        for column in COLUMNS
        if column.name != "carried" or (ledger.current and ledger.current.carry_over_amount)
    ]


def cells_of(columns: list[Column], row: Row, addresses: Addresses | None) -> list[Cell]:
    """Return the row's figures, each with the address of its origin unless it is 0."""
    cells = []
    for column in columns:
        amount: int = getattr(row, column.name)
        url = column.origin(addresses, row) if amount and addresses else ""
        cells.append(Cell(column.label, amount, url, is_change=column.name == "changed"))
    return cells


@require_safe
@requires(Capability.VIEW)
def ledger_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what has become of the grant's money, or give it as a file."""
    grant = find(request, pk)
    ledger = ledger_of(grant)
    file_format = request.GET.get("format")
    if ledger and file_format in FORMATS:
        return _file(ledger, str(file_format))
    context: dict[str, Any] = head(grant, "ledger") | {"ledger": ledger}
    if ledger:
        columns, addresses = columns_of(ledger), Addresses(ledger)
        context |= {
            "columns": columns,
            "rows": [
                (row.municipality, addresses.own(row), cells_of(columns, row, addresses))
                for row in ledger.rows
            ],
            "sums": cells_of(columns, ledger.total, None),
        }
        context |= after_of(ledger, addresses)
    return render(request, "invoices/ledger_detail.html", context)


def _file(ledger: Ledger, file_format: str) -> HttpResponse:
    """Return what the page shows, with its sums, as a file."""
    # What is paid stands once.
    columns = [*columns_of(ledger), *AFTER[1:]] if ledger.rows else list(OWN)
    header = [_("Municipality code"), _("Municipality"), *(str(c.label) for c in columns)]
    theirs = [*ledger.rows, ledger.total] if ledger.rows else []
    rows: list[list[object]] = [
        [
            row.municipality.code if row.municipality else "",
            name_of(row),
            *(getattr(row, column.name) for column in columns),
        ]
        for row in theirs
    ]
    # Our own shares were never allocated: only what became of them is theirs to say.
    after = {column.name for column in AFTER}
    rows += [
        [
            "",
            name_of(row),
            *(getattr(row, each.name) if each.name in after else "" for each in columns),
        ]
        for row in ledger.own
    ]
    title = _("Ledger of %(grant)s") % {"grant": ledger.grant}
    return export_response(file_format, title, header, rows)


@require_safe
@requires(Capability.VIEW)
def ledger_municipality(request: StaffRequest, pk: int, code: str) -> HttpResponse:
    """Show one municipality's account with the grant, every posting of it."""
    grant = find(request, pk)
    ledger = ledger_of(grant)
    account = account_of(ledger, code) if ledger else None
    if account is None:
        raise Http404
    context = head(grant, "ledger") | {
        "ledger": ledger,
        "account": account,
        "row": account.row,
        "municipality": account.row.municipality,
    }
    return render(request, "invoices/ledger_municipality.html", context)


@require_safe
@requires(Capability.VIEW)
def check_list(request: StaffRequest) -> HttpResponse:
    """Check every grant of the body, and say which rows do not agree."""
    results = check(request.organisation)
    failing = {fault.check for result in results for fault in result.faults}
    context = {
        "page_title": _("Self-check"),
        "results": results,
        "count": sum(len(result.faults) for result in results),
        "checks": [(each.label, each.name not in failing) for each in CHECKS],
        "checked_at": timezone.now(),
    }
    return render(request, "invoices/check_list.html", context)
