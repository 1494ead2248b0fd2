"""Which grants are accounted for to the last krona, asked of many at once.

It is what ``ledger.Ledger.is_closed`` says of one grant, in sums.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Sum

from grants.models import BudgetLine, Distribution
from invoices.models import Payment, Repayment, Settlement
from invoices.payments import Balance, balances_of


@dataclass(slots=True)
class _Settled:
    """What is settled of a grant, in kronor."""

    theirs: int = 0
    """Of what municipalities have been paid."""
    to_repay: int = 0
    """By municipalities."""
    own: int = 0


def closed(grants: Iterable[int]) -> set[int]:
    """Return the ids of those where nothing is left with anybody.

    In one query where nothing is settled, and otherwise in ten.
    """
    settled = _settled(grants)
    if not settled:
        return set()
    balances = balances_of(settled)
    paid = _by_grant(
        Payment.objects.filter(
            requisition__grant__in=settled, status=Payment.Status.PAID
        ).values_list("requisition__grant"),
        "amount",
    )
    let_go = _by_grant(
        Repayment.objects.standing()
        .filter(settlement__grant__in=settled)
        .values_list("settlement__grant"),
        "written_off",
    )
    own = _own(settled)
    return {
        grant
        for grant, found in settled.items()
        if _is_closed(
            found, balances[grant], paid.get(grant, 0), let_go.get(grant, 0), own[grant]
        )
    }


def _is_closed(
    settled: _Settled, balance: Balance, paid: int, let_go: int, own: int
) -> bool:
    income = balance.received + balance.carried_over
    return income > 0 and (
        (balance.held, balance.sent, settled.theirs, settled.own) == (0, paid, paid, own)
        and settled.to_repay == balance.repaid + let_go
    )


def _settled(grants: Iterable[int]) -> dict[int, _Settled]:
    rows = Settlement.objects.filter(grant__in=list(grants)).latest_ones().order_by()
    found: dict[int, _Settled] = defaultdict(_Settled)
    for grant, municipality, available, to_repay in rows.values_list(
        "grant", "municipality", "available", "to_repay"
    ):
        if municipality is None:
            found[grant].own += available
        else:
            found[grant].theirs += available
            found[grant].to_repay += to_repay
    return dict(found)


def _own(grants: Collection[int]) -> dict[int, int]:
    """Return what no municipality is to be paid (``settlement.own_amounts``)."""
    lines = BudgetLine.objects.filter(grant__in=grants, is_distributed=False)
    aside = Distribution.objects.decided().filter(grant__in=grants)
    kept = _by_grant(lines.values_list("grant"), "amount")
    set_aside = _by_grant(aside.values_list("grant"), "set_aside")
    return {grant: kept.get(grant, 0) + set_aside.get(grant, 0) for grant in grants}


def _by_grant(rows: QuerySet[Any, Any], amount: str) -> dict[int, int]:
    """Return the sums of rows of grants."""
    sums = rows.order_by().annotate(total=Sum(amount))
    return {grant: int(total or 0) for grant, total in sums}
