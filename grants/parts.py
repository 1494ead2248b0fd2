"""A grant's sub-areas as tables: one for each side, with what they sum to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grants.models import BudgetLine, GrantPart


@dataclass(frozen=True, slots=True)
class PartTable:
    """The sub-areas of one side. A sum leaves out what is not known."""

    side: str
    label: str
    parts: Sequence[GrantPart]

    @property
    def has_areas(self) -> bool:
        """Whether the agreement gathers them under areas of development."""
        return any(part.area for part in self.parts)

    @property
    def has_nation(self) -> bool:
        """Whether an amount for the whole country is known."""
        return self.national_total is not None

    @property
    def total(self) -> int | None:
        """What the county gets, as far as it is known."""
        return known_sum(part.amount for part in self.parts)

    @property
    def national_total(self) -> int | None:
        """What the whole country gets, as far as it is known."""
        return known_sum(part.national_amount for part in self.parts)

    @property
    def unknown(self) -> int:
        """How many sub-areas have no amount yet."""
        return sum(part.amount is None for part in self.parts)


def known_sum(amounts: Iterable[int | None]) -> int | None:
    """Return the sum of what is known, or nothing where nothing is.

    >>> known_sum([1, None, 2]), known_sum([None]), known_sum([0])
    (3, None, 0)
    """
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def part_tables(parts: Iterable[GrantPart]) -> list[PartTable]:
    """Return a table for each side that has sub-areas, in the order that they come."""
    by_side: dict[str, list[GrantPart]] = {}
    for part in parts:
        by_side.setdefault(part.side, []).append(part)
    return [
        PartTable(side, str(BudgetLine.Side(side).label), tuple(found))
        for side, found in by_side.items()
    ]
