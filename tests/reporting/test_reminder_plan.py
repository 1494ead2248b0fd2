"""When a last day is reminded of."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from grants.working_days import is_day_off
from reporting.reminder_plan import LONGEST, Step, last_before, next_of, steps_of, turn_of

DUE_ON = date(2026, 11, 20)
USUAL = (21, 7, 1, 0)


def plan(due_on=DUE_ON, days_before=USUAL, every=7, starts_on=date.min):
    return steps_of(
        due_on,
        days_before=days_before,
        every=every,
        starts_on=starts_on,
        is_day_off=is_day_off,
    )


def days(steps):
    return [(step.offset, f"{step.day:%Y-%m-%d}") for step in steps]


def test_usual_plan_is_three_before_one_on_the_day_and_one_a_week_after():
    assert days(plan()[:6]) == [
        (-21, "2026-10-30"),
        (-7, "2026-11-13"),
        (-1, "2026-11-19"),
        (0, "2026-11-20"),
        (7, "2026-11-27"),
        (14, "2026-12-04"),
    ]


@pytest.mark.parametrize(
    ("due_on", "days_before", "every", "expected"),
    [
        # A Monday: the day before is a Sunday.
        (date(2026, 8, 31), [1], None, [(-1, "2026-08-28")]),
        # Christmas: what comes before moves back, what comes after moves on.
        (date(2026, 12, 28), [3, 2], None, [(-3, "2026-12-23"), (-2, "2026-12-23")]),
        (date(2026, 12, 18), [0], 7, [(0, "2026-12-18"), (7, "2026-12-28")]),
        # A last day that is a day off itself.
        (date(2026, 8, 30), [0], None, [(0, "2026-08-28")]),
    ],
)
def test_steps_move_off_days_off(due_on, days_before, every, expected):
    assert days(plan(due_on, days_before, every)[: len(expected)]) == expected


def test_plan_without_repetition_ends_on_the_day():
    assert days(plan(every=None))[-1] == (0, "2026-11-20")


def test_plan_ends_after_a_year():
    assert plan(every=7)[-1].offset == LONGEST - LONGEST % 7


def test_steps_before_the_start_do_not_count():
    steps = plan(starts_on=date(2026, 11, 13))

    assert days(steps[:2]) == [(-7, "2026-11-13"), (-1, "2026-11-19")]


@pytest.mark.parametrize(
    ("dealt_with", "today", "send", "taken_over"),
    [
        (set(), date(2026, 10, 29), None, []),
        (set(), date(2026, 10, 30), -21, []),
        ({-21}, date(2026, 10, 30), None, []),
        (set(), date(2026, 11, 20), 0, [-21, -7, -1]),
        ({-21, -1}, date(2026, 11, 20), 0, [-7]),
        # A step that somebody adds afterwards is not sent after a later one.
        ({-21, -1}, date(2026, 11, 19), None, [-7]),
    ],
)
def test_only_the_last_step_that_has_come_is_sent(dealt_with, today, send, taken_over):
    turn = turn_of(plan(), dealt_with, today)

    assert (turn.send.offset if turn.send else None) == send
    assert [step.offset for step in turn.taken_over] == taken_over


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 12), Step(-7, date(2026, 11, 13))),
        (date(2026, 11, 13), Step(-1, date(2026, 11, 19))),
        (date(2028, 1, 1), None),
    ],
)
def test_next_step_is_after_today(today, expected):
    assert next_of(plan(), today) == expected


@pytest.mark.parametrize(
    ("days_before", "expected"), [(USUAL, -1), ([30, 14], -14), ([0], None)]
)
def test_last_step_before_the_day(days_before, expected):
    assert last_before(plan(days_before=days_before)) == expected


@given(
    due_on=some.dates(date(2026, 1, 1), date(2027, 12, 31)),
    days_before=some.lists(some.integers(0, 60), max_size=6),
    every=some.none() | some.integers(1, 90),
    start=some.integers(-80, 20),
    gaps=some.lists(some.integers(0, 25), min_size=1, max_size=25),
)
def test_each_step_is_dealt_with_once_however_it_is_run(
    due_on, days_before, every, start, gaps
):
    starts_on = due_on + timedelta(days=start)
    steps = plan(due_on, days_before, every, starts_on)
    today, sent, dealt_with = starts_on, [], []

    for gap in gaps:
        today += timedelta(days=gap)
        turn = turn_of(steps, set(dealt_with), today)
        dealt_with += [step.offset for step in turn.taken_over]
        if turn.send:
            dealt_with.append(turn.send.offset)
            sent.append((today, turn.send.offset))
        come = [step.offset for step in steps if step.day <= today]
        assert dealt_with == come  # in order, none twice, the last one too

    assert len({day for day, _offset in sent}) == len(sent)
    assert [step.day for step in steps] == sorted(step.day for step in steps)
    assert not any(is_day_off(step.day) for step in steps)
