"""The memo's budget table: what the funds go to, and whose money it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from grants.models import BudgetLine, Grant
from municipalities.numbers import grouped

UNDECIDED = "Ej klart"
DEPENDS = "Förutsätter ytterligare beslut."

UNITS: dict[str, tuple[int, int]] = {"kr": (1, 0), "tkr": (1_000, 0), "mkr": (1_000_000, 1)}
"""Kronor in each unit, and the decimals that it is shown with."""


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """An activity. A cell is an amount, the word for an undecided one, or empty."""

    activity: str
    amounts: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class BudgetTable:
    """The table as it is printed. ``columns`` are the headings of the amounts."""

    columns: tuple[str, ...]
    rows: Sequence[BudgetRow]
    totals: tuple[str, ...]
    has_comments: bool
    is_split: bool
    """Whether the region has a column of its own."""


def in_unit(amount: int, unit: str) -> str:
    """Return kronor in a unit, halves up.

    >>> in_unit(6_429_930, "mkr"), in_unit(13_400_000, "mkr")
    ('6,4', '13,4')
    """
    kronor, decimals = UNITS[unit]
    step = Decimal(1).scaleb(-decimals)
    number = (Decimal(amount) / kronor).quantize(step, ROUND_HALF_UP)
    return grouped(number, decimals)


def budget_table(grant: Grant, lines: Sequence[BudgetLine]) -> BudgetTable | None:
    """Return the grant's budget, split in two columns where the region has a part."""
    if not lines:
        return None
    unit = grant.budget_unit
    of_region = [line.side == BudgetLine.Side.REGION for line in lines]
    is_split = grant.region_amount is not None or (any(of_region) and not all(of_region))
    if is_split:
        rows = _split_rows(lines, unit)
        region = f"{grant.body.region_name}, {unit}"
        columns: tuple[str, ...] = (region, f"Kommunerna, {unit}")
        totals = _split_totals(grant, lines)
    else:
        rows = [
            BudgetRow(line.activity, (_cell(line, unit),), _comment(line)) for line in lines
        ]
        columns = (f"Summa, {unit}",)
        totals = [sum(line.amount or 0 for line in lines)]
    return BudgetTable(
        columns=columns,
        rows=rows,
        totals=tuple(in_unit(total, unit) for total in totals),
        has_comments=any(row.comment for row in rows),
        is_split=is_split,
    )


def _split_rows(lines: Iterable[BudgetLine], unit: str) -> list[BudgetRow]:
    """Put an activity that both sides pay for on one row."""
    pairs: list[list[BudgetLine | None]] = []
    for line in lines:
        column = _column(line)
        for pair in pairs:
            other = pair[1 - column]
            if pair[column] is None and other and _same_activity(other, line):
                pair[column] = line
                break
        else:
            pairs.append([line, None] if column == 0 else [None, line])
    rows = []
    for pair in pairs:
        known = [line for line in pair if line]
        comments = dict.fromkeys(filter(None, map(_comment, known)))
        cells = tuple(_cell(line, unit) if line else "" for line in pair)
        rows.append(BudgetRow(known[0].activity, cells, " ".join(comments)))
    return rows


def _split_totals(grant: Grant, lines: Iterable[BudgetLine]) -> list[int]:
    """Return the two frames where they are known, else what the lines sum to."""
    if grant.region_amount is not None and grant.amount is not None:
        return [grant.region_amount, grant.amount - grant.region_amount]
    totals = [0, 0]
    for line in lines:
        totals[_column(line)] += line.amount or 0
    return totals


def _column(line: BudgetLine) -> int:
    """Return which of the two columns the line stands in."""
    return 0 if line.side == BudgetLine.Side.REGION else 1


def _same_activity(one: BudgetLine, other: BudgetLine) -> bool:
    return one.activity.strip().casefold() == other.activity.strip().casefold()


def _cell(line: BudgetLine, unit: str) -> str:
    return UNDECIDED if line.amount is None else in_unit(line.amount, unit)


def _comment(line: BudgetLine) -> str:
    return line.comment.strip() or (DEPENDS if line.is_conditional else "")
