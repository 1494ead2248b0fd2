"""Two years beside each other: sums in which parts are not counted, and amounts in a unit.

A row may have parts (varav): they explain it and are never counted. Everything is whole
kronor until it is shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Protocol

from grants.parts import known_sum
from municipalities.numbers import grouped

NOTHING = "\N{EN DASH}"


class Unit(StrEnum):
    """What amounts are shown in."""

    MKR = "mkr"
    TKR = "tkr"
    KR = "kr"


KRONOR = {Unit.MKR: 1_000_000, Unit.TKR: 1_000, Unit.KR: 1}
"""Kronor in each unit."""
FEWEST = {Unit.MKR: 1, Unit.TKR: 0, Unit.KR: 0}
MOST = {Unit.MKR: 2, Unit.TKR: 0, Unit.KR: 0}
"""Decimals that amounts are shown with, at least and at most."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Kronor the year before and this year; nothing where there is no figure."""

    before: int | None = None
    now: int | None = None

    @property
    def change(self) -> int | None:
        """How much more this year. No figure counts as zero, but not twice.

        >>> Figures(5, 7).change, Figures(5, None).change, Figures().change
        (2, -5, None)
        """
        if self.before is None and self.now is None:
            return None
        return (self.now or 0) - (self.before or 0)


class Counted(Protocol):
    """A row that has figures, and parts that are rows themselves."""

    @property
    def figures(self) -> Figures:
        """What the row shows."""

    @property
    def parts(self) -> Sequence["Counted"]:
        """What it consists of."""


def total(rows: Iterable[Counted]) -> Figures:
    """Return the sums of the rows themselves, whatever their parts say."""
    found = [row.figures for row in rows]
    return Figures(
        known_sum(each.before for each in found), known_sum(each.now for each in found)
    )


def decimals_of(amounts: Iterable[int | None], unit: Unit) -> int:
    """Return how many decimals a column needs, so that its figures stand below each other.

    >>> decimals_of([154_900_000, 16_000_000, None], Unit.MKR)
    1
    >>> decimals_of([8_600_000, 10_040_000], Unit.MKR), decimals_of([71_862_709], Unit.KR)
    (2, 0)
    """
    decimals = FEWEST[unit]
    while decimals < MOST[unit]:
        step = Decimal(KRONOR[unit]).scaleb(-decimals)
        if all(amount % step == 0 for amount in amounts if amount is not None):
            break
        decimals += 1
    return decimals


def in_unit(amount: int | None, unit: Unit, decimals: int) -> str:
    """Return kronor in a unit, halves away from zero; no figure is a dash.

    >>> in_unit(71_862_709, Unit.MKR, 2), in_unit(154_900_000, Unit.MKR, 1)
    ('71,86', '154,9')
    >>> in_unit(None, Unit.KR, 0), in_unit(-4_000, Unit.MKR, 1)
    ('–', '0,0')
    """
    if amount is None:
        return NOTHING
    return grouped(rounded(amount, unit, decimals), decimals)


def change_in_unit(amount: int | None, unit: Unit, decimals: int) -> str:
    """Return a change with its sign, which zero has not.

    >>> change_in_unit(19_730_000, Unit.MKR, 2), change_in_unit(-1_500_000, Unit.MKR, 1)
    ('+19,73', '\N{MINUS SIGN}1,5')
    """
    if amount is None:
        return NOTHING
    number = rounded(amount, unit, decimals)
    return f"+{grouped(number, decimals)}" if number > 0 else grouped(number, decimals)


def rounded(amount: int, unit: Unit, decimals: int) -> Decimal:
    """Return kronor in a unit as a number; what rounds to zero is plainly zero."""
    step = Decimal(1).scaleb(-decimals)
    number = (Decimal(amount) / KRONOR[unit]).quantize(step, ROUND_HALF_UP)
    return number or abs(number)
