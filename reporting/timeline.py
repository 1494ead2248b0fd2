"""A body's last days on a line: what is late, what comes next, and what comes later."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format

from grants.models import Deadline
from municipalities.models import CoordinatingBody
from reporting.todo import Todo, todos_of

HORIZON = timedelta(days=180)
"""How far ahead the time line looks."""

OVERDUE_FOR = timedelta(days=365)
"""How long a last day that has passed is shown. As long as reminders are sent of it."""

SOON = 21
"""Days before a last day when what is missing begins to matter."""

DAYS_AT_ONCE = 6
"""Last days that are shown without unfolding the rest."""

APART = 4
"""Percent of the time line between two marks; those nearer each other become one."""


@dataclass(frozen=True, slots=True)
class Day:
    """A last day as the page shows it."""

    todo: Todo
    days_left: int

    @property
    def deadline(self) -> Deadline:
        """What is to be done, by whom, of which grant."""
        return self.todo.deadline

    @property
    def is_overdue(self) -> bool:
        """Whether the day has passed and something is not done."""
        return self.days_left < 0

    @property
    def days_late(self) -> int:
        """Days since the last day."""
        return -self.days_left

    @property
    def is_offered(self) -> bool:
        """Whether there is anybody to act yet."""
        is_ours = self.deadline.actor != Deadline.Actor.MUNICIPALITIES
        return is_ours or bool(self.todo.concerned)

    @property
    def informs(self) -> bool:
        """Whether nobody has anything to hand in: the day only tells when."""
        return self.deadline.kind == Deadline.Kind.USE

    @property
    def kind(self) -> str:
        """The colour of what is not done."""
        if self.is_overdue:
            return "danger"
        return "warning" if self.days_left <= SOON else "neutral"


@dataclass(frozen=True, slots=True)
class Mark:
    """One or more last days on the time line; ``x`` is their place in percent."""

    x: str
    count: int


@dataclass(frozen=True, slots=True)
class Tick:
    """The first day of a month on the time line."""

    label: str
    x: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The last days from today on, and those that have passed without being done."""

    overdue: Sequence[Day]
    coming: Sequence[Day]
    marks: Sequence[Mark]
    ticks: Sequence[Tick]

    @property
    def first(self) -> Sequence[Day]:
        """What is shown at once: all that is late, and the days that come next."""
        return [*self.overdue, *self.coming[:DAYS_AT_ONCE]]

    @property
    def later(self) -> Sequence[Day]:
        """The rest, which the reader may unfold."""
        return self.coming[DAYS_AT_ONCE:]


def timeline_of(body: CoordinatingBody, today: date) -> Timeline:
    """Return the body's last days, in four queries however many they are."""
    deadlines = list(
        Deadline.objects.of_body(body)
        .filter(due_on__range=(today - OVERDUE_FOR, today + HORIZON))
        .select_related("grant")
        .order_by("due_on", "pk")
    )
    todos = todos_of(body, deadlines, today)
    days = [Day(todos[each.pk], (each.due_on - today).days) for each in deadlines]
    coming = [day for day in days if day.days_left >= 0]
    return Timeline(
        overdue=[
            day
            for day in days
            # What nobody has been offered, nobody can be late with.
            if day.is_overdue and not day.todo.is_done and day.is_offered
        ],
        coming=coming,
        marks=marks_of([_place(day.days_left) for day in coming]),
        ticks=_ticks(today),
    )


def _place(days: int) -> float:
    """Return where a day stands on the line, in percent; its ends leave room for a mark."""
    return 2 + 96 * days / HORIZON.days


def marks_of(places: Iterable[float]) -> list[Mark]:
    """Return marks that do not cover each other: days that are near share one.

    >>> marks_of([2.0, 50.0, 50.0, 53.0, 60.0])
    [Mark(x='2.0', count=1), Mark(x='50.0', count=3), Mark(x='60.0', count=1)]
    """
    found: list[list[float]] = []
    for x in places:
        if found and x - found[-1][0] < APART:
            found[-1].append(x)
        else:
            found.append([x])
    return [Mark(f"{each[0]:.1f}", len(each)) for each in found]


def _ticks(today: date) -> list[Tick]:
    """Return the first day of each month on the line."""
    last = today + HORIZON
    months = range(today.year * 12 + today.month, last.year * 12 + last.month)
    firsts = [date(month // 12, month % 12 + 1, 1) for month in months]
    return [
        Tick(date_format(first, "M"), f"{_place((first - today).days):.1f}")
        for first in firsts
    ]
