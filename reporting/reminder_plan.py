"""When a last day is reminded of, as a rule that can be read and run without Django.

A plan has steps: so many days before the last day, on it, and then at even distance until
the thing is done. A step whose day is a day off moves: to the working day before, or, after
the last day, to the working day after. Each step is dealt with once. After a time when
nothing was run, only the last step that has come is sent; the earlier ones are taken over
by it.

>>> from datetime import date
>>> weekend = lambda day: day.weekday() >= 5
>>> plan = steps_of(date(2026, 8, 31), days_before=[21, 7, 1, 0], every=7,
...     starts_on=date(2026, 8, 1), is_day_off=weekend)
>>> [f"{step.offset:+d} {step.day:%d/%m}" for step in plan[:6]]
['-21 10/08', '-7 24/08', '-1 28/08', '+0 31/08', '+7 07/09', '+14 14/09']

The first two steps were missed; on 25 August one message goes out for both:

>>> turn = turn_of(plan, dealt_with=set(), today=date(2026, 8, 25))
>>> turn.send.offset, [step.offset for step in turn.taken_over]
(-7, [-21])
>>> turn_of(plan, dealt_with={-21, -7}, today=date(2026, 8, 25)).send is None
True
>>> next_of(plan, today=date(2026, 8, 25)).day
datetime.date(2026, 8, 28)
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

LONGEST = 365
"""Days after the last day when the reminders end, done or not."""

DAY = timedelta(days=1)


@dataclass(frozen=True, order=True, slots=True)
class Step:
    """A step of a plan."""

    offset: int
    """Days from the last day; before it is below zero."""
    day: date
    """When it is sent: a working day."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a run has to do for one who has not done the thing."""

    send: Step | None = None
    taken_over: Sequence[Step] = ()
    """Steps that nothing is sent for: a later one speaks for them."""


def steps_of(
    due_on: date,
    *,
    days_before: Iterable[int],
    every: int | None,
    starts_on: date,
    is_day_off: Callable[[date], object],
) -> Sequence[Step]:
    """Return the steps of a plan in order. Those before ``starts_on`` do not count."""
    offsets = {-days for days in days_before}
    if every:
        offsets |= set(range(every, LONGEST + 1, every))
    steps = (
        Step(offset, _working_day(due_on + offset * DAY, offset > 0, is_day_off))
        for offset in sorted(offsets)
    )
    return [step for step in steps if step.day >= starts_on]


def turn_of(steps: Sequence[Step], dealt_with: Collection[int], today: date) -> Turn:
    """Return what to send today, and what that speaks for.

    Where the last step that has come is dealt with, nothing is sent for an earlier one.
    """
    come = [step for step in steps if step.day <= today]
    left = [step for step in come if step.offset not in dealt_with]
    if left and left[-1] == come[-1]:
        return Turn(left[-1], left[:-1])
    return Turn(None, left)


def next_of(steps: Sequence[Step], today: date) -> Step | None:
    """Return the first step after today, or none."""
    return next((step for step in steps if step.day > today), None)


def last_before(steps: Iterable[Step]) -> int | None:
    """Return the offset of the last step before the last day, or none.

    >>> last_before([Step(-7, date.min), Step(-1, date.min), Step(0, date.min)])
    -1
    """
    return max((step.offset for step in steps if step.offset < 0), default=None)


def _working_day(day: date, is_later: bool, is_day_off: Callable[[date], object]) -> date:
    while is_day_off(day):
        day += DAY if is_later else -DAY
    return day
