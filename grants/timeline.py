"""Where the last days of a grant stand on a line, with the period of use and today."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format

from grants.deadlines import day_off
from grants.models import Deadline, Grant

APART = 4
"""Percent of the line between two marks: a mark is that wide on a telephone."""
LEVEL = 16
"""Pixels between marks above each other."""


@dataclass(frozen=True)
class Day:
    """A deadline as a page shows it. ``x`` is its place on the line, in percent.

    Marks that would cover each other stand above each other: ``y`` is in pixels.
    """

    deadline: Deadline
    day_off: str
    days_left: int
    x: str
    y: int

    @property
    def is_past(self) -> bool:
        """Whether the day is over."""
        return self.days_left < 0


@dataclass(frozen=True)
class Tick:
    """A month on the line."""

    label: str
    x: str


@dataclass(frozen=True)
class Timeline:
    """The deadlines of a grant on a line, with the period of use and today."""

    days: Sequence[Day]
    ticks: Sequence[Tick]
    use_x: str
    use_width: str
    today_x: str
    height: int
    """How far down the line itself lies, in pixels: there is room for the marks above."""


def timeline_of(grant: Grant, deadlines: Iterable[Deadline], today: date) -> Timeline:
    """Return where each deadline stands between the first day and the last."""
    deadlines = list(deadlines)
    dates = [deadline.due_on for deadline in deadlines]
    first = min([grant.uses_from, *dates])
    last = max([grant.uses_until, *dates])
    span = max((last - first).days, 1)

    def place(day: date) -> float:
        # The ends leave room for half a mark.
        return 2 + 96 * (day - first).days / span

    levels = _levels([place(deadline.due_on) for deadline in deadlines])
    height = LEVEL * max(levels, default=0)
    use_from, use_until = place(grant.uses_from), place(grant.uses_until)
    return Timeline(
        days=[
            Day(
                deadline=deadline,
                day_off=day_off(deadline.due_on),
                days_left=(deadline.due_on - today).days,
                x=f"{place(deadline.due_on):.1f}",
                y=height - LEVEL * level,
            )
            for deadline, level in zip(deadlines, levels, strict=True)
        ],
        ticks=[
            Tick(date_format(day, "b Y"), f"{place(day):.1f}")
            for day in _ticks(first, last)
        ],
        use_x=f"{use_from:.1f}",
        use_width=f"{use_until - use_from:.1f}",
        today_x=f"{place(today):.1f}" if first <= today <= last else "",
        height=height,
    )


def _levels(places: Iterable[float]) -> list[int]:
    """Return how high each mark stands: on the line, or above those that it would cover.

    >>> _levels([2.0, 50.0, 50.0, 52.0, 60.0])
    [0, 0, 1, 2, 0]
    """
    ends: list[float] = []
    levels = []
    for x in places:
        level = next((n for n, end in enumerate(ends) if x - end >= APART), len(ends))
        ends[level : level + 1] = [x]
        levels.append(level)
    return levels


def _ticks(first: date, last: date) -> list[date]:
    """Return at most five first days of months, evenly apart."""
    months = [
        date(number // 12, number % 12 + 1, 1)
        for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    ]
    months = [month for month in months if first <= month <= last]
    step = -(-len(months) // 4)
    return months[:: max(step, 1)]
