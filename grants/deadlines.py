"""Move last days (sista dagar): off days off, and with what follows them.

A last day that falls on a weekend or a Swedish holiday moves to the working day before
(``grants.working_days``), unless somebody insists. The last day of use is the agreement's
own and stays. What is counted from a last day moves with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from grants.models import Deadline, Grant
from grants.working_days import SATURDAY, holiday, is_weekend, working_day_before

WEEK = 7


class ComesTooLate(Exception):  # noqa: N818 (it is raised as a verdict)
    """A last day that follows another would not be before it. Nothing is saved."""

    def __init__(self, deadline: Deadline, leader: Deadline) -> None:
        self.deadline = deadline
        self.leader = leader
        super().__init__(f"{deadline} follows {leader}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The day that somebody asks for."""

    day: date
    insist: bool = False
    """Whether it stays there even where few people work that day."""


@dataclass(frozen=True, slots=True)
class Move:
    """A last day that has moved."""

    deadline: Deadline
    """With its new day."""
    before: date
    after: date
    asked: date
    """The day that was asked for, or counted: another than ``after`` if it is a day off."""


# The rule in words -------------------------------------------------------------------


def day_off(day: date) -> str:
    """Return why few people work on the day, or nothing."""
    name = holiday(day)
    if name:
        return name
    return _("weekend") if is_weekend(day) else ""


def why_off(day: date) -> str:
    """Return what the day is, as it stands inside a sentence; nothing if it is as others.

    >>> why_off(date(2026, 12, 24)), why_off(date(2026, 5, 14)), why_off(date(2026, 5, 13))
    ('julafton', 'Kristi himmelsfärdsdag', '')
    """
    name = holiday(day).replace("; ", " och ")
    if name:
        return (
            name if name.startswith(("Kristi", "Sveriges")) else name[0].lower() + name[1:]
        )
    if not is_weekend(day):
        return ""
    if day.weekday() == SATURDAY:
        return pgettext("day", "a Saturday")
    return pgettext("day", "a Sunday")


def moved_in_words(asked: date, day: date) -> str:
    """Return why the last day is not the one that was asked for, or nothing."""
    if asked == day:
        return ""
    return _("%(asked)s is %(reason)s. The last day becomes %(day)s.") % {
        "asked": date_format(asked, "j F Y"),
        "reason": why_off(asked),
        "day": date_format(day, "l j F" if day.year == asked.year else "l j F Y"),
    }


def named(deadline: Deadline) -> str:
    """Return which last day it is, as it stands inside a sentence: our final report."""
    what = deadline.title or str(deadline.get_kind_display())
    if deadline.title or deadline.kind in {Deadline.Kind.USE, Deadline.Kind.DECISION}:
        return what
    words = {
        Deadline.Actor.MUNICIPALITIES: _("the municipalities’ %(what)s"),
        Deadline.Actor.BODY: _("our %(what)s"),
        Deadline.Actor.REGION: _("the region’s %(what)s"),
    }
    return words[Deadline.Actor(deadline.actor)] % {"what": what}


def plan_in_words(deadline: Deadline) -> str:
    """Return when reminders are sent, in one line; nothing where none are."""
    before = [days for days in deadline.remind_days_before if days]
    parts = []
    if before:
        listed = [str(days) for days in before]
        if len(listed) > 1:
            listed = [", ".join(listed[:-1]), listed[-1]]
        text = ngettext("%(days)s day before", "%(days)s days before", before[-1])
        parts.append(text % {"days": _(" and ").join(listed)})
    if 0 in deadline.remind_days_before:
        parts.append(_("on the day"))
    if deadline.remind_every == WEEK:
        parts.append(_("then every week"))
    elif deadline.remind_every:
        after = ngettext(
            "then every day", "then every %(days)d days", deadline.remind_every
        )
        parts.append(after % {"days": deadline.remind_every})
    return ", ".join(parts)


# One last day ------------------------------------------------------------------------


def stays(kind: str) -> bool:
    """Return whether a last day of the kind stays where it is, on a day off too."""
    return kind == Deadline.Kind.USE


def put(deadline: Deadline, asked: date, *, insist: bool = False) -> None:
    """Put the deadline on the day, or on the working day before; nothing is saved."""
    day = asked if insist or stays(deadline.kind) else working_day_before(asked)
    deadline.due_on = day
    deadline.moved_from = None if day == asked else asked


def counted(deadline: Deadline, leader: Deadline) -> date:
    """Return the day that a deadline asks for when it follows another."""
    return leader.due_on - timedelta(days=deadline.days_before or 1)


# Several that hang together ----------------------------------------------------------


def leaders_first(deadlines: Iterable[Deadline]) -> list[Deadline]:
    """Return the deadlines so that each comes after the one that it follows."""
    by_pk = {deadline.pk: deadline for deadline in deadlines}

    def depth(deadline: Deadline) -> int:
        passed = {deadline.pk}
        leader = by_pk.get(deadline.follows_id or 0)
        while leader and leader.pk not in passed:
            passed.add(leader.pk)
            leader = by_pk.get(leader.follows_id or 0)
        return len(passed)

    return sorted(by_pk.values(), key=lambda deadline: (depth(deadline), deadline.pk))


def followers_of(deadline: Deadline, deadlines: Iterable[Deadline]) -> set[int]:
    """Return the ids of those that follow the deadline, directly or through others."""
    found = {deadline.pk}
    for each in leaders_first(deadlines):
        if each.follows_id in found:
            found.add(each.pk)
    return found - {deadline.pk}


def work_out(
    deadlines: Sequence[Deadline], wanted: Mapping[int, Wanted], today: date
) -> list[Move]:
    """Put those that are wanted elsewhere there, and what follows them; return the moves.

    ``wanted`` is by deadline id. A deadline that follows another, and is itself wanted
    elsewhere, keeps following: at the distance that it now has. Nothing is saved. Reminders
    of a new day begin today, so that what its plan should have sent earlier is not sent.
    """
    by_pk = {deadline.pk: deadline for deadline in deadlines}
    moves: dict[int, Move] = {}
    for deadline in leaders_first(deadlines):
        before = deadline.due_on
        leader = by_pk.get(deadline.follows_id or 0)
        if deadline.pk in wanted:
            asked = wanted[deadline.pk].day
            put(deadline, asked, insist=wanted[deadline.pk].insist)
        elif leader and leader.pk in moves:
            asked = counted(deadline, leader)
            put(deadline, asked)
        else:
            continue
        if leader:
            deadline.days_before = (leader.due_on - asked).days
            if deadline.days_before < 1:
                raise ComesTooLate(deadline, leader)
        if deadline.due_on != before:
            deadline.reminds_from = max(deadline.reminds_from, today)
            moves[deadline.pk] = Move(deadline, before, deadline.due_on, asked)
    return list(moves.values())


@transaction.atomic
def move_deadlines(grant: Grant, wanted: Mapping[int, Wanted]) -> list[Move]:
    """Move the grant's last days, by id, and what follows them. Return what moved."""
    rows = list(
        Deadline.objects.select_for_update(of=("self",))
        .filter(grant=grant)
        .select_related("grant__body")
        .order_by("pk")
    )
    by_pk = {row.pk: row for row in rows}
    for row in rows:
        if row.follows_id:
            row.follows = by_pk[row.follows_id]  # within the grant: the database sees to it
    before = {row.pk: (row.due_on, row.moved_from, row.days_before) for row in rows}
    moves = work_out(rows, wanted, timezone.localdate())
    changed = [
        row
        for row in rows
        if (row.due_on, row.moved_from, row.days_before) != before[row.pk]
    ]
    Deadline.objects.bulk_update(
        changed, ["due_on", "moved_from", "days_before", "reminds_from"]
    )
    return moves


def move_deadline(deadline: Deadline, due_on: date, *, insist: bool = False) -> list[Move]:
    """Move a last day and what follows it, in one transaction. Return what moved.

    ``insist`` leaves it on the day although few people work then. What follows it is moved
    off days off all the same.
    """
    return move_deadlines(deadline.grant, {deadline.pk: Wanted(due_on, insist)})
