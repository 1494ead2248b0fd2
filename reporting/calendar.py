"""The calendar: last days by month and as a list, each with how far it has come.

Staff see all of their body's, a municipality its own. Whether something is done is told by
``reporting.todo``.
"""

from calendar import Calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from grants.models import Deadline, Grant
from grants.working_days import holiday
from municipalities.models import Membership
from reporting.todo import Todo, todos_for, todos_of

EARLIER = timedelta(days=365)
"""How far back the list and the feeds go. The months go on."""

SOON = timedelta(days=7)

YEARS = range(2000, 2100)
"""The years that can be turned to."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A last day in somebody's calendar."""

    todo: Todo
    today: date
    is_staffs: bool

    @property
    def deadline(self) -> Deadline:
        """The last day."""
        return self.todo.deadline

    @property
    def grant(self) -> Grant:
        """The grant."""
        return self.deadline.grant

    @property
    def due_on(self) -> date:
        """The day."""
        return self.deadline.due_on

    @property
    def what(self) -> str:
        """What must be done."""
        return self.deadline.label

    @property
    def who(self) -> str:
        """Who must act; for a municipality, who waits for it."""
        if self.is_staffs:
            return str(self.deadline.get_actor_display())
        return str(self.grant.body)

    @property
    def informs(self) -> bool:
        """Whether it is there to be known, and nobody can be behind with it."""
        return self.deadline.kind == Deadline.Kind.USE

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to do for the one who looks."""
        if self.is_staffs:
            return self.todo.is_done
        return not self.todo.missing and not self.informs

    @property
    def is_undone(self) -> bool:
        """Whether somebody has something to do."""
        return not self.is_done and not self.informs

    @property
    def is_overdue(self) -> bool:
        """Whether the day has passed, and it is not done."""
        return self.is_undone and self.due_on < self.today and not self.is_not_out

    @property
    def is_not_out(self) -> bool:
        """Whether it is for municipalities that have not been offered anything yet."""
        is_theirs = self.deadline.actor == Deadline.Actor.MUNICIPALITIES
        return is_theirs and not self.todo.concerned

    @property
    def kind(self) -> str:
        """The colour of the state."""
        if self.informs or (self.is_not_out and not self.is_done):
            return "neutral"
        if self.is_done:
            return "success"
        if self.is_overdue:
            return "danger"
        return "warning" if self.due_on - self.today <= SOON else "info"

    @property
    def word(self) -> str:
        """The word of the state."""
        is_past = self.due_on < self.today
        if self.informs:
            informs = pgettext("last day", "for information")
            return pgettext("last day", "passed") if is_past else informs
        if self.is_done:
            return pgettext("last day", "done")
        if self.is_not_out:
            return pgettext("last day", "not offered yet")
        if not (self.is_staffs and self.todo.concerned):
            to_do = pgettext("last day", "to do")
            return pgettext("last day", "overdue") if is_past else to_do
        counts = {
            "missing": len(self.todo.missing),
            "concerned": len(self.todo.concerned),
        }
        if is_past:
            return _("overdue: %(missing)s of %(concerned)s missing") % counts
        return _("%(missing)s of %(concerned)s missing") % counts

    @property
    def url(self) -> str:
        """Where it is done, or looked after."""
        if self.todo.round and self.is_staffs:
            return reverse(
                "reporting:report_round_detail", args=[self.grant.pk, self.todo.round]
            )
        if self.todo.round:
            return reverse("reporting:report_detail", args=[self.todo.round])
        if not self.is_staffs:
            return reverse("reporting:offer_detail", args=[self.grant.pk])
        is_asked = (
            self.deadline.kind == Deadline.Kind.REQUISITION
            and self.deadline.actor == Deadline.Actor.MUNICIPALITIES
            and self.todo.concerned
        )
        name = "invoices:requisition_list" if is_asked else "reporting:deadline_list"
        return reverse(name, args=[self.grant.pk])


def deadlines_of(
    membership: Membership, first: date, last: date = date.max
) -> QuerySet[Deadline]:
    """Return the last days of the body's grants between the days."""
    assert membership.body is not None  # staff only
    return (
        Deadline.objects.of_body(membership.body)
        .filter(due_on__range=(first, last))
        .select_related("grant")
        .order_by("due_on", "grant__short_title", "pk")
    )


def entries_of_body(
    membership: Membership, deadlines: Iterable[Deadline], today: date
) -> list[Entry]:
    """Return the deadlines as entries, in the same order."""
    assert membership.body is not None  # staff only
    deadlines = list(deadlines)
    todos = todos_of(membership.body, deadlines, today)
    return [Entry(todos[each.pk], today, is_staffs=True) for each in deadlines]


def entries_of(
    membership: Membership, today: date, first: date, last: date = date.max
) -> list[Entry]:
    """Return what the member has in the calendar between the days, by date.

    In a constant number of queries.
    """
    if membership.municipality is None:
        deadlines = deadlines_of(membership, first, last)
        return entries_of_body(membership, deadlines, today)
    return [
        Entry(todo, today, is_staffs=False)
        for todo in todos_for(membership.municipality, today, also_done=True)
        if first <= todo.deadline.due_on <= last
    ]


# By month --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Day:
    """A square of the month."""

    day: date
    is_in_month: bool
    is_today: bool
    holiday: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Week:
    """A row of the month."""

    number: int
    days: Sequence[Day]


@dataclass(frozen=True, slots=True)
class Month:
    """A month in whole weeks."""

    first: date
    weeks: Sequence[Week]
    entries: Sequence[Entry]
    """Those of the month itself."""


def weeks_of(month: date) -> list[list[date]]:
    """Return the weeks that the month touches, from Monday to Sunday."""
    return Calendar().monthdatescalendar(month.year, month.month)


def month_of(month: date, entries: Iterable[Entry], today: date) -> Month:
    """Return the month with its entries in their squares."""
    by_day: dict[date, list[Entry]] = {}
    for entry in entries:
        by_day.setdefault(entry.due_on, []).append(entry)

    def square(day: date) -> Day:
        return Day(
            day=day,
            is_in_month=day.month == month.month,
            is_today=day == today,
            holiday=holiday(day),
            entries=by_day.get(day, []),
        )

    weeks = [
        Week(days[0].isocalendar().week, [square(day) for day in days])
        for days in weeks_of(month)
    ]
    return Month(
        first=month.replace(day=1),
        weeks=weeks,
        entries=[
            entry
            for week in weeks
            for day in week.days
            if day.is_in_month
            for entry in day.entries
        ],
    )


def months_from(month: date, months: int) -> date | None:
    """Return the first day of another month, or nothing outside the calendar.

    >>> months_from(date(2026, 12, 3), 1), months_from(date(2026, 1, 31), -1)
    (datetime.date(2027, 1, 1), datetime.date(2025, 12, 1))
    """
    year, before = divmod(month.year * 12 + month.month - 1 + months, 12)
    return date(year, before + 1, 1) if year in YEARS else None


# As a list -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """The entries of one month."""

    month: date
    entries: Sequence[Entry]


def groups_of(entries: Iterable[Entry]) -> list[Group]:
    """Return the entries month by month, in the order that they come in."""
    return [
        Group(month, list(found))
        for month, found in groupby(entries, lambda entry: entry.due_on.replace(day=1))
    ]
