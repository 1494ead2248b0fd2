"""An outcome as a table: who gets what, per head, and what changes.

The page that answers while somebody types shows up to 290 rows, so the cells are made
into text here, once, and the template only puts them in place.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from django.urls import reverse
from django.utils.formats import date_format

from grants.allocation import Number
from grants.comparison import Change
from grants.distribution import Part, Plan, Values
from grants.models import Distribution
from municipalities.models import Statistic, StatisticKind
from municipalities.numbers import NBSP, grouped

DASH = "\N{EN DASH}"
SCALE = 1000
"""Bars are drawn on a line of so many units."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What the amounts are compared with."""

    label: str
    amounts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ChangeCell:
    """A change as texts, and where its bar begins and how long it is."""

    kronor: str
    percent: str
    start: int
    length: int
    direction: str


@dataclass(frozen=True, slots=True)
class Row:
    """One municipality's cells."""

    code: str
    name: str
    url: str
    values: list[tuple[str, str]]
    """The statistics' labels and the values."""
    share: str
    per_head: str
    calculated: str
    adjustment: str
    amount: str
    length: int
    change: ChangeCell | None


@dataclass(frozen=True, slots=True)
class Column:
    """A statistic in the head of the table."""

    label: str
    period: str
    url: str


@dataclass(slots=True)
class OutcomeTable:
    """The whole table with its sums. Amounts are texts, but for the arithmetic below."""

    columns: list[Column]
    rows: list[Row]
    sums: Row
    compared: str
    per_head_by: str
    is_adjusted: bool
    budget_amount: int
    carry_over_amount: int
    pot: int
    set_aside: int
    to_municipalities: int
    total: int
    difference: int
    calculated: Mapping[str, int]
    """Kronor by municipality code, before adjustments."""
    gone: list[Change] = field(default_factory=list)
    """Those who had an amount in what is compared with, and take part no longer."""

    @property
    def width(self) -> int:
        """How many columns stand before the sum's own."""
        return len(self.columns) + 1


def period_of(statistic: Statistic, shape: str = "j F Y") -> str:
    """Return the year, or the day as people write it."""
    if statistic.is_whole_year:
        return str(statistic.reference_on.year)
    return date_format(statistic.reference_on, shape)


def population_for(parts: Sequence[Part], newest: Statistic | None) -> Statistic | None:
    """Return the population that amounts per head go by: the key's own, else the newest."""
    for part in parts:
        if part.statistic and part.statistic.kind == StatisticKind.POPULATION:
            return part.statistic
    return newest


def outcome_table(
    distribution: Distribution,
    plan: Plan,
    values: Values,
    *,
    calculated: Mapping[str, int],
    adjusted: Mapping[str, int],
    set_aside: int,
    population: Statistic | None = None,
    compared: Compared | None = None,
) -> OutcomeTable:
    """Return the table of an outcome. ``values`` hold those of the population too."""
    amounts = {code: calculated[code] + adjusted.get(code, 0) for code in calculated}
    total, most = sum(amounts.values()), max(amounts.values(), default=0) or 1
    statistics = plan.statistics
    # In a redistribution only those who want more count.
    among = plan.among
    shown = [
        (
            each.label,
            {
                code: value
                for code, value in values[each.pk].items()
                if not among or code in among
            },
        )
        for each in statistics
    ]
    heads = values.get(population.pk, {}) if population else {}
    before = compared.amounts if compared else {}
    cells = _change_cells(before, amounts) if compared else {}
    # One address is made by the resolver; the others differ in the code alone.
    address = reverse("grants:allocation_detail", args=[distribution.pk, "0000"])
    rows = [
        Row(
            code=code,
            name=plan.participants[code].name,
            url=address.replace("0000", code),
            values=[(label, _text(of.get(code))) for label, of in shown],
            share=_percent(amount, total),
            per_head=_per_head(amount, heads.get(code)),
            calculated=grouped(calculated[code]),
            adjustment=signed(adjusted[code]) if adjusted.get(code) else "",
            amount=grouped(amount),
            length=amount * SCALE // most,
            change=cells.get(code),
        )
        for code, amount in amounts.items()
    ]
    known = [heads[code] for code in amounts if code in heads]
    sums = Row(
        code="",
        name="",
        url="",
        values=[(label, _sum(of, amounts)) for label, of in shown],
        share=_percent(total, total),
        per_head=_per_head(total, sum(known)) if len(known) == len(amounts) else DASH,
        calculated=grouped(sum(calculated.values())),
        adjustment=signed(sum(adjusted.get(code, 0) for code in amounts)),
        amount=grouped(total),
        length=0,
        change=_sum_cell(sum(before.values()), total) if compared else None,
    )
    return OutcomeTable(
        columns=[
            Column(each.label, period_of(each, "j b Y"), each.get_absolute_url())
            for each in statistics
        ],
        rows=rows,
        sums=sums,
        compared=compared.label if compared else "",
        per_head_by=f"{population.label} {period_of(population)}" if population else "",
        is_adjusted=any(adjusted.get(code) for code in amounts),
        budget_amount=plan.budget_amount,
        carry_over_amount=plan.carry_over_amount,
        pot=plan.pot,
        set_aside=set_aside,
        to_municipalities=plan.pot - set_aside,
        total=total,
        difference=plan.pot - set_aside - total,
        calculated=calculated,
        gone=[
            Change(code, amount, None)
            for code, amount in before.items()
            if code not in amounts
        ],
    )


def signed(amount: int) -> str:
    """Return a change with its sign.

    >>> signed(5), signed(0)
    ('+5', '0')
    """
    return f"+{grouped(amount)}" if amount > 0 else grouped(amount)


def signed_percent(share: Fraction | None) -> str:
    """Return a change in percent with its sign and one decimal, or a dash.

    >>> signed_percent(Fraction(1, 8)).replace(NBSP, "_"), signed_percent(None)
    ('+12,5_%', '–')
    """
    if share is None:
        return DASH
    # Rounded by hand, halves away from zero, as people expect of percents.
    tenths = (abs(share) * 2000 + 1) // 2
    text = f"{grouped(Fraction(tenths, 10), 1)}{NBSP}%"
    if not tenths:
        return text
    return f"+{text}" if share > 0 else f"\N{MINUS SIGN}{text}"


def _text(value: Number | None) -> str:
    return DASH if value is None else grouped(value)


def _sum(values: Mapping[str, Number], codes: Iterable[str]) -> str:
    return grouped(sum((Fraction(values.get(code, 0)) for code in codes), Fraction(0)))


def _percent(part: int, whole: int) -> str:
    return f"{grouped(Decimal(part * 100) / whole, 2)}{NBSP}%" if whole else DASH


def _per_head(amount: int, heads: Number | None) -> str:
    if not heads:
        return DASH
    # What the database holds is decimal already, and decimals are the faster.
    exact = heads if isinstance(heads, Decimal) else Fraction(heads)
    return grouped(amount / exact, 2)


def _change_cells(
    before: Mapping[str, int], after: Mapping[str, int]
) -> dict[str, ChangeCell]:
    """Return each one's change. The longest bar is the largest change in percent."""
    found = {code: Change(code, before.get(code), amount) for code, amount in after.items()}
    shares = {code: change.share for code, change in found.items()}
    most = max((abs(share) for share in shares.values() if share), default=Fraction(1))
    return {code: _cell(change, shares[code], most) for code, change in found.items()}


def _sum_cell(before: int, after: int) -> ChangeCell:
    change = Change("", before, after)
    return _cell(change, change.share, Fraction(1))


def _cell(change: Change, share: Fraction | None, most: Fraction) -> ChangeCell:
    half = SCALE // 2
    length = min(half, int(abs(share) / most * half)) if share else 0
    difference = change.difference
    return ChangeCell(
        kronor=signed(difference),
        percent=signed_percent(share),
        start=half - length if difference < 0 else half,
        length=length,
        direction="shrinks" if difference < 0 else "grows" if difference > 0 else "same",
    )
