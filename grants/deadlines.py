"""Last days: which weekday, whether people work then, and where they stand on a line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import holidays
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from grants.models import Deadline, Grant

SATURDAY = 5


@cache
def swedish_holidays(year: int) -> dict[date, str]:
    """Return the days off of a year: the public ones and those that all keep."""
    found = holidays.country_holidays(
        "SE", categories=("public", "de_facto"), language="sv", years=year
    )
    return {day: name for day, name in found.items() if day.year == year}


def day_off(day: date) -> str:
    """Return why few people work on the day, or nothing."""
    name = swedish_holidays(day.year).get(day, "")
    if name:
        return name
    return _("weekend") if day.weekday() >= SATURDAY else ""


@dataclass(frozen=True)
class Day:
    """A deadline as a page shows it. ``x`` is its place on the line, in percent."""

    deadline: Deadline
    day_off: str
    days_left: int
    x: str

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

    use_from, use_until = place(grant.uses_from), place(grant.uses_until)
    return Timeline(
        days=[
            Day(
                deadline=deadline,
                day_off=day_off(deadline.due_on),
                days_left=(deadline.due_on - today).days,
                x=f"{place(deadline.due_on):.1f}",
            )
            for deadline in deadlines
        ],
        ticks=[
            Tick(date_format(day, "b Y"), f"{place(day):.1f}")
            for day in _ticks(first, last)
        ],
        use_x=f"{use_from:.1f}",
        use_width=f"{use_until - use_from:.1f}",
        today_x=f"{place(today):.1f}" if first <= today <= last else "",
    )


def _ticks(first: date, last: date) -> list[date]:
    """Return at most five first days of months, evenly apart."""
    months = [
        date(number // 12, number % 12 + 1, 1)
        for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    ]
    months = [month for month in months if first <= month <= last]
    step = -(-len(months) // 4)
    return months[:: max(step, 1)]
