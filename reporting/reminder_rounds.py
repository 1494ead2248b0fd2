"""Who is reminded of what, and when: a body's plan, read from the database each time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import F, Max, Min
from django.utils import timezone

from grants.models import Deadline
from grants.working_days import is_day_off
from municipalities.access import Capability, members_who
from municipalities.contacts import CONFIRMED_FOR, Contacts, addresses_of, contacts_of
from municipalities.models import (
    BouncedAddress,
    ContactConfirmation,
    CoordinatingBody,
    Membership,
    Message,
    Municipality,
)
from reporting.models import Memo, Reminder
from reporting.reminder_plan import LONGEST, Step, Turn, steps_of, turn_of
from reporting.reminder_words import DIGEST
from reporting.todo import Todo, todos_of

ASK_AGAIN = timedelta(days=30)
"""How long to wait for an answer about the contacts."""

OVER = timedelta(days=LONGEST + 7)
"""How long after a last day its reminders are over; the last one may move a few days."""

NOBODY = Contacts()


@dataclass(frozen=True, slots=True)
class Round:
    """A step of a last day: who is reminded, and when. Without any it is the staff."""

    day: date
    step: Step
    deadline: Deadline
    municipalities: tuple[Municipality, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What a body reminds of, today and ahead, if nothing changes."""

    body: CoordinatingBody
    today: date
    todos: Mapping[int, Todo]
    """By the deadlines' ids, the first last day first."""
    steps: Mapping[int, Sequence[Step]]
    dealt_with: Mapping[tuple[int, int | None], frozenset[int]]
    """Steps by deadline and municipality."""
    contacts: Mapping[int, Contacts]
    municipalities: Mapping[int, Municipality]
    asked: Sequence[Municipality]
    """Who is asked today whether their contacts are right."""
    staff: Sequence[str]
    """Who gets the digest."""
    bounced: Sequence[tuple[Municipality, str]]
    """Addresses that do not work."""
    tells_of_bounced: bool
    """Whether any of them is new since the last digest."""

    def turns(self, todo: Todo) -> Iterable[tuple[int | None, Turn]]:
        """Yield what there is to do today about a last day, for each municipality."""
        if todo.deadline.is_paused:
            return
        steps = self.steps[todo.deadline.pk]
        # Most municipalities have come equally far.
        known: dict[frozenset[int], Turn] = {}
        for municipality in sorted(waited_for(todo, self.today), key=lambda pk: pk or 0):
            dealt = self.dealt(todo.deadline, municipality)
            turn = known.get(dealt)
            if turn is None:
                turn = known[dealt] = turn_of(steps, dealt, self.today)
            if turn.send or turn.taken_over:
                yield municipality, turn

    def dealt(self, deadline: Deadline, municipality: int | None) -> frozenset[int]:
        """Return the steps that have been dealt with for a municipality."""
        return self.dealt_with.get((deadline.pk, municipality), frozenset())

    @cached_property
    def rounds(self) -> list[Round]:
        """What is sent today and ahead, by day; of what repeats itself the next one."""
        found = []
        for todo in self.todos.values():
            found += self._today(todo)
            if not todo.deadline.is_paused and (who := waited_for(todo, self.today)):
                municipalities = self._named(who)
                for step in ahead(self.steps[todo.deadline.pk], self.today):
                    found.append(Round(step.day, step, todo.deadline, municipalities))
        return sorted(found, key=lambda each: (each.day, each.deadline.due_on, each.step))

    def _today(self, todo: Todo) -> list[Round]:
        by_step: dict[Step, list[int | None]] = defaultdict(list)
        for municipality, turn in self.turns(todo):
            if turn.send:
                by_step[turn.send].append(municipality)
        return [
            Round(self.today, step, todo.deadline, self._named(who))
            for step, who in by_step.items()
        ]

    def _named(self, who: Iterable[int | None]) -> tuple[Municipality, ...]:
        found = [self.municipalities[pk] for pk in who if pk is not None]
        return tuple(sorted(found, key=lambda each: each.code))

    def receivers(self, each: Round, municipality: Municipality) -> tuple[str, ...]:
        """Return the addresses that a round goes to in a municipality."""
        contacts = self.contacts.get(municipality.pk, NOBODY)
        return receivers(contacts, each.deadline, each.step.offset)


def ahead(steps: Sequence[Step], today: date) -> Sequence[Step]:
    """Return the steps after today, and of those that repeat themselves the first.

    Of several on a day only the last is sent.
    """
    coming = [step for step in steps if step.day > today]
    after = [step for step in coming if step.offset > 0]
    by_day = {step.day: step for step in coming if step.offset <= 0}
    return [*by_day.values(), *after[:1]]


def waited_for(todo: Todo, today: date) -> Collection[int | None]:
    """Return whom a last day is reminded of: the staff is none of the municipalities."""
    if todo.is_done:
        return ()
    if todo.deadline.actor != Deadline.Actor.MUNICIPALITIES:
        return (None,)
    if todo.deadline.kind == Deadline.Kind.USE:
        return todo.concerned if todo.deadline.due_on >= today else ()
    return todo.missing


def receivers(contacts: Contacts, deadline: Deadline, offset: int) -> tuple[str, ...]:
    """Return the addresses that are reminded so many days from the last day.

    First the contact persons, or who stands in for them; from the last reminder before the
    day deputies too, and after it the official mailbox. Nobody is asked for what is no
    longer taken.
    """
    if offset > 0 and is_closed(deadline):
        return ()
    to = list(contacts.first)
    before = [-days for days in deadline.remind_days_before if days]
    if offset >= max(before, default=0):
        to += contacts.deputies
    if offset > 0 and contacts.mailbox:
        to.append(contacts.mailbox)
    return tuple(dict.fromkeys(to))


def is_closed(deadline: Deadline) -> bool:
    """Return whether no answer is taken after the last day."""
    return deadline.kind == Deadline.Kind.REQUISITION and deadline.grant.refuses_late


def plan_of(body: CoordinatingBody, today: date) -> Plan:
    """Return what the body reminds of, in the same number of queries however much."""
    deadlines = list(
        Deadline.objects.of_body(body)
        .filter(due_on__gte=today - OVER)
        .exclude(grant__status="rejected")
        .select_related("grant")
        .order_by("due_on", "pk")
    )
    for deadline in deadlines:
        deadline.grant.body = body
    todos = todos_of(body, deadlines, today)
    # Municipalities that nothing is asked of any more are not asked for contacts either.
    concerned = {pk for todo in todos.values() for pk in todo.concerned}
    municipalities = Municipality.objects.in_bulk(concerned)
    contacts = contacts_of(concerned, reminders=True)
    bounced, is_new = bounced_of(body)
    return Plan(
        body=body,
        today=today,
        todos=todos,
        steps=_steps(deadlines),
        dealt_with=_dealt_with(deadlines),
        contacts=contacts,
        municipalities=municipalities,
        asked=[
            municipalities[pk]
            for pk in sorted(unconfirmed(concerned, today, is_asking=True))
            if contacts[pk].first
        ],
        staff=staff_of(body),
        bounced=bounced,
        tells_of_bounced=is_new,
    )


def _steps(deadlines: Sequence[Deadline]) -> dict[int, Sequence[Step]]:
    """Return the steps of each last day. None comes before what is offered has gone out."""
    went_out = dict(
        Memo.objects.published()
        .filter(grant__in={each.grant_id for each in deadlines})
        .order_by()
        .values("grant")
        .annotate(first=Min("published_at"))
        .values_list("grant", "first")
    )
    found = {}
    for deadline in deadlines:
        starts_on = deadline.reminds_from
        offered_at = went_out.get(deadline.grant_id)
        if offered_at and deadline.actor == Deadline.Actor.MUNICIPALITIES:
            starts_on = max(starts_on, timezone.localdate(offered_at))
        found[deadline.pk] = steps_of(
            deadline.due_on,
            days_before=deadline.remind_days_before,
            # Nobody is behind with the last day of use.
            every=None if deadline.kind == Deadline.Kind.USE else deadline.remind_every,
            starts_on=starts_on,
            is_day_off=is_day_off,
        )
    return found


def _dealt_with(
    deadlines: Iterable[Deadline],
) -> dict[tuple[int, int | None], frozenset[int]]:
    found: dict[tuple[int, int | None], set[int]] = defaultdict(set)
    rows = Reminder.objects.filter(
        deadline__in=[each.pk for each in deadlines], due_on=F("deadline__due_on")
    )
    for deadline, municipality, step in rows.order_by().values_list(
        "deadline", "municipality", "step"
    ):
        found[deadline, municipality].add(step)
    return {key: frozenset(steps) for key, steps in found.items()}


def staff_of(body: CoordinatingBody) -> list[str]:
    """Return the addresses of those who get the digest."""
    return addresses_of(members_who(body, Capability.EDIT).filter(is_reminded=True))


def unconfirmed(
    municipalities: Collection[int], today: date, *, is_asking: bool = False
) -> set[int]:
    """Return those whose contacts nobody has confirmed for a year.

    With ``is_asking`` those are left out that were asked not long ago.
    """
    since = today - CONFIRMED_FOR
    confirmed = ContactConfirmation.objects.filter(
        municipality__in=municipalities, confirmed_at__date__gte=since
    )
    left = set(municipalities) - set(confirmed.values_list("municipality", flat=True))
    if is_asking:
        asked = Reminder.objects.filter(
            deadline=None, municipality__in=left, due_on__gt=today - ASK_AGAIN
        )
        left -= set(asked.values_list("municipality", flat=True))
    return left


def bounced_of(body: CoordinatingBody) -> tuple[list[tuple[Municipality, str]], bool]:
    """Return addresses that do not work, and whether one is new since the last digest."""
    bounced = dict(BouncedAddress.objects.values_list("email", "bounced_at"))
    if not bounced:
        return [], False
    own = Municipality.objects.filter(
        allocations__distribution__grant__body=body,
        allocations__distribution__status="decided",
    )
    people = Membership.objects.valid().filter(
        municipality__in=own.order_by().values("pk"), user__email__in=bounced
    )
    found = [
        (person.municipality, person.user.email)
        for person in people.select_related("municipality", "user")
        if person.municipality
    ]
    found += [
        (municipality, municipality.email.lower())
        for municipality in own.exclude(email="").distinct()
        if municipality.email.lower() in bounced
    ]
    found.sort(key=lambda each: (each[0].code, each[1]))
    told = Message.objects.filter(body=body, kind=DIGEST).aggregate(at=Max("created_at"))
    return found, any(not told["at"] or bounced[email] > told["at"] for _, email in found)
