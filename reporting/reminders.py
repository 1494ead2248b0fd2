"""Remind of last days: read the plans, choose the addresses, write one message a person.

Nothing is queued for a coming day (decision 12). A run reads the plans anew, and writes in
one transaction what it sends and that it has: rows of ``Reminder``, whose key is unique.
One that is killed has written nothing; two at once wait for each other.

What is written is looked at once more right before it goes out (``refresh``): what is done
by then is left out, and a message without anything left is dropped.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from hashlib import sha256

from django.db import connection, transaction
from django.db.models import F, Max, Min, Q
from django.db.models.functions import Right
from django.utils import timezone

from grants.messages import post_each
from grants.models import Deadline, Grant, GrantMessage
from grants.working_days import is_day_off, working_day_after
from municipalities.access import CAPABILITIES, Capability
from municipalities.contacts import CONFIRMED_FOR, Contacts, contacts_of
from municipalities.message_kinds import KINDS
from municipalities.messages import Letter, Words, compose, wake, words_of
from municipalities.models import (
    BouncedAddress,
    ContactConfirmation,
    CoordinatingBody,
    Membership,
    Message,
    Municipality,
    User,
)
from reporting.models import Memo, Reminder
from reporting.reminder_plan import (
    LONGEST,
    Step,
    Turn,
    steps_of,
    turn_of,
)
from reporting.reminder_words import DIGEST, MOVED, Content, Moved, letter_of, moved_facts
from reporting.todo import Todo, todos_of

logger = logging.getLogger(__name__)

OPENS_AT = time(7)
"""Swedish time: nobody is reminded at night."""

ASK_AGAIN = timedelta(days=30)
"""How long to wait for an answer about the contacts."""

OVER = timedelta(days=LONGEST + 7)
"""How long after a last day its reminders are over; the last one may move a few days."""

LOCK = 0x5EAD_0004
"""One run at a time, for all bodies: a person has one message a day from all of them."""

PREFIX = "paminnelse:"
"""How the key of a message by the plan begins."""

LONGEST_ADDRESS = 90
"""What a key has room for."""

STAFF_ROLES = [role for role, may in CAPABILITIES.items() if Capability.EDIT in may]

NOBODY = Contacts()


# The plan ----------------------------------------------------------------------------


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
    bounced, is_new = _bounced(body)
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
            for pk in sorted(_unconfirmed(concerned, today, is_asking=True))
            if contacts[pk].first
        ],
        staff=_staff(body),
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


def _staff(body: CoordinatingBody) -> list[str]:
    """Return the addresses of those who get the digest."""
    members = Membership.objects.valid().filter(
        body=body, is_reminded=True, role__in=STAFF_ROLES
    )
    bounced = BouncedAddress.objects.values("email")
    emails = members.exclude(user__email__in=bounced).values_list("user__email", flat=True)
    return sorted(set(emails))


def _unconfirmed(
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


def _bounced(body: CoordinatingBody) -> tuple[list[tuple[Municipality, str]], bool]:
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


# A run -------------------------------------------------------------------------------


@dataclass(slots=True)
class Sent:
    """What a run came to."""

    reminders: int = 0
    """Steps that something was written for."""
    taken_over: int = 0
    """Steps that a later one speaks for."""
    questions: int = 0
    """Municipalities that were asked about their contacts."""
    messages: int = 0
    digests: int = 0
    unreachable: list[str] = field(default_factory=list)
    """Municipalities without any address that works."""
    already: list[str] = field(default_factory=list)
    """Municipalities that are reminded already today."""

    def add(self, other: "Sent") -> None:
        """Count another run's as well."""
        self.reminders += other.reminders
        self.taken_over += other.taken_over
        self.questions += other.questions
        self.messages += other.messages
        self.digests += other.digests
        self.unreachable += other.unreachable
        self.already += other.already


def is_open(now: datetime) -> bool:
    """Return whether it is a time of day to remind people."""
    local = timezone.localtime(now)
    return local.time() >= OPENS_AT and not is_day_off(local.date())


def send_due(now: datetime | None = None) -> Sent:
    """Write what is due by ``now`` for every body, and return what it came to.

    May be run any number of times, and in several places at once. What is written before
    seven or on a day off goes out when people are at work again.
    """
    now = now or timezone.now()
    sent, failed = Sent(), []
    for body in CoordinatingBody.objects.order_by("pk"):
        try:
            sent.add(_send_for(body, now))
        except Exception as error:
            # What is wrong with one body's rows is not to silence the others.
            logger.exception("No reminders were written for %s.", body)
            failed.append(error)
    if failed:
        raise failed[0]
    return sent


@transaction.atomic
def _send_for(body: CoordinatingBody, now: datetime) -> Sent:
    _wait_for_turn()
    plan = plan_of(body, timezone.localdate(now))
    run = Run(plan, now)
    run.gather()
    return run.write()


def _wait_for_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@dataclass
class Run:
    """The rows of a run, and whom each is for."""

    plan: Plan
    now: datetime
    by: User | None = None
    """Who asked for it; nobody when it goes by the plan."""
    rows: list[Reminder] = field(default_factory=list)
    to: dict[str, list[Reminder]] = field(default_factory=lambda: defaultdict(list))
    """The rows that each address is told of."""
    sent: Sent = field(default_factory=Sent)
    tells_staff: bool = False

    def gather(self) -> None:
        """Find out what is due."""
        for todo in self.plan.todos.values():
            for municipality, turn in self.plan.turns(todo):
                if municipality is not None or self.plan.staff:
                    self._deal_with(todo, municipality, turn)
        for asked in self.plan.asked:
            row = self._row(None, asked.pk, self.plan.today, 0)
            self.sent.questions += 1
            self.tell(row, self.plan.contacts[asked.pk].first)
        if self.plan.tells_of_bounced:
            self.tells_staff = True

    def _deal_with(self, todo: Todo, municipality: int | None, turn: Turn) -> None:
        row = self.note(todo.deadline, municipality, turn)
        if turn.send is None:
            return
        to: tuple[str, ...] = ()
        if municipality is not None:
            contacts = self.plan.contacts.get(municipality, NOBODY)
            to = receivers(contacts, todo.deadline, turn.send.offset)
            if not contacts.is_reachable:
                self.sent.unreachable.append(str(self.plan.municipalities[municipality]))
        self.tell(row, to)
        if municipality is None or turn.send.offset > 0 or not to:
            self.tells_staff = True
            self.tell(row, set(self.plan.staff) - set(to))

    def note(
        self, deadline: Deadline, municipality: int | None, turn: Turn
    ) -> Reminder | None:
        """Make the rows of a turn; return the one of the step that is sent."""
        for step in turn.taken_over:
            self._row(deadline, municipality, deadline.due_on, step.offset)
        self.sent.taken_over += len(turn.taken_over)
        if turn.send is None:
            return None
        self.sent.reminders += 1
        return self._row(deadline, municipality, deadline.due_on, turn.send.offset)

    def _row(
        self, deadline: Deadline | None, municipality: int | None, due_on: date, step: int
    ) -> Reminder:
        row = Reminder(
            body=self.plan.body,
            deadline=deadline,
            municipality=self.plan.municipalities[municipality] if municipality else None,
            due_on=due_on,
            step=step,
            made_at=self.now,
            sent_by=self.by,
        )
        self.rows.append(row)
        return row

    def tell(self, row: Reminder | None, to: Iterable[str]) -> None:
        """Have a row told of to the addresses."""
        for address in to:
            self.to[address] += [row] if row else []

    def write(self) -> Sent:
        """Write the rows and the messages: one a person, gathered with what still waits."""
        Reminder.objects.bulk_create(self.rows)
        if self.tells_staff:
            for address in self.plan.staff:
                self.to[address]  # told of addresses that do not work, if nothing else
        messages = _write(self, is_by_plan=True)
        self.sent.messages = len(messages)
        self.sent.digests = sum(message.kind == DIGEST for message in messages)
        return self.sent


@transaction.atomic
def send_now(
    deadline: Deadline,
    municipalities: Iterable[Municipality],
    *,
    by: User,
    now: datetime | None = None,
) -> Sent:
    """Remind the chosen municipalities at once, those that have not done it.

    Nobody is reminded twice of the same on a day, by a second press of the button or by
    the plan: what is sent is the plan's step where one has come.
    """
    _wait_for_turn()
    now = now or timezone.now()
    today = timezone.localdate(now)
    plan = plan_of(deadline.grant.body, today)
    run = Run(plan, now, by)
    todo = plan.todos.get(deadline.pk)
    if todo is None:
        return run.sent  # it was so long ago that nobody is reminded
    chosen = {each.pk for each in municipalities} & set(waited_for(todo, today))
    told = _told_today(todo.deadline, now)
    for pk in sorted(chosen):
        name = str(plan.municipalities[pk])
        dealt = plan.dealt(deadline, pk)
        turn = turn_of(plan.steps[deadline.pk], dealt, today)
        step = turn.send or _step_of(plan, deadline)
        to = receivers(plan.contacts.get(pk, NOBODY), deadline, step.offset)
        if pk in told or step.offset in dealt:
            run.sent.already.append(name)
        elif not to:
            run.sent.unreachable.append(name)
        else:
            run.tell(run.note(todo.deadline, pk, Turn(step, turn.taken_over)), to)
    Reminder.objects.bulk_create(run.rows)
    messages = _write(run, is_by_plan=False)
    run.sent.messages = len(messages)
    return run.sent


def _told_today(deadline: Deadline, now: datetime) -> set[int | None]:
    """Return the municipalities that have been reminded of it today."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Reminder.objects.filter(
        deadline=deadline,
        due_on=deadline.due_on,
        made_at__gte=midnight,
        messages__isnull=False,
    )
    return set(rows.order_by().values_list("municipality", flat=True))


def _step_of(plan: Plan, deadline: Deadline) -> Step:
    """Return the plan's step of today, else one as far from the last day as today is."""
    offset = (plan.today - deadline.due_on).days
    steps = [step for step in plan.steps[deadline.pk] if step.day == plan.today]
    return steps[-1] if steps else Step(offset, plan.today)


# Messages ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moment:
    """The facts that messages are written from."""

    today: date
    todos: Mapping[int, Todo]
    contacts: Mapping[int, Contacts]
    unconfirmed: Collection[int]
    staff: Collection[str]
    bounced: Sequence[tuple[Municipality, str]]

    @classmethod
    def of_plan(cls, plan: Plan) -> "Moment":
        """Return what a run knows already."""
        return cls(
            today=plan.today,
            todos=plan.todos,
            contacts=plan.contacts,
            unconfirmed={municipality.pk for municipality in plan.asked},
            staff=plan.staff,
            bounced=plan.bounced,
        )

    @classmethod
    def of_rows(cls, body: CoordinatingBody, rows: Iterable[Reminder]) -> "Moment":
        """Return what the rows are about, as it is now."""
        today = timezone.localdate()
        rows = list(rows)
        deadlines = {row.deadline.pk: row.deadline for row in rows if row.deadline}
        municipalities = {
            row.municipality.pk: row.municipality for row in rows if row.municipality
        }
        todos = todos_of(body, deadlines.values(), today, only=set(municipalities))
        return cls(
            today=today,
            todos=todos,
            contacts=contacts_of(municipalities, reminders=True),
            unconfirmed=_unconfirmed(set(municipalities), today),
            staff=_staff(body),
            bounced=_bounced(body)[0],
        )

    def content(self, address: str, rows: Iterable[Reminder], *, bounced: bool) -> Content:
        """Return what of the rows is still to be told to the address.

        Staff are told of addresses that do not work, where ``bounced`` asks for it.
        """
        is_staff = address in self.staff
        found = Content(bounced=self.bounced if is_staff and bounced else ())
        for row in rows:
            municipality = row.municipality
            contacts = (
                self.contacts.get(municipality.pk, NOBODY) if municipality else NOBODY
            )
            is_own = address in (*contacts.people, contacts.mailbox)
            if row.deadline is None:
                assert municipality is not None  # reminder_is_about_something
                if is_own and municipality.pk in self.unconfirmed:
                    found.checks.append(municipality)
            elif self._is_wanted(row):
                if municipality is None:
                    found.own += [row.deadline] if is_staff else []
                elif is_own:
                    found.lines.append((municipality, row.deadline))
                elif is_staff:
                    self._to_staff(found, row.deadline, municipality)
        return found.without_repetition()

    def _to_staff(
        self, found: Content, deadline: Deadline, municipality: Municipality
    ) -> None:
        if deadline.due_on < self.today:
            found.overdue.append((deadline, municipality))
        if not self.contacts.get(municipality.pk, NOBODY).is_reachable:
            found.unreachable.append(municipality)

    def _is_wanted(self, row: Reminder) -> bool:
        """Return whether what a row reminds of is still to be done by that day."""
        deadline = row.deadline
        assert deadline is not None
        todo = self.todos.get(deadline.pk)
        if todo is None or row.due_on != deadline.due_on:
            return False
        if deadline.is_paused and row.sent_by_id is None:
            return False
        return row.municipality_id in waited_for(todo, self.today)


def _write(run: Run, *, is_by_plan: bool) -> list[Message]:
    """Write each address its message, and tie the messages to the rows they tell of.

    By the plan an address has one message a day. What is written but not sent yet is
    written anew, together with what is new.
    """
    body, now, to = run.plan.body, run.now, run.to
    moment = Moment.of_plan(run.plan)
    waiting = _waiting(body, to) if is_by_plan else {}
    told = {pk: list(rows) for pk, rows in _rows_of(waiting.values()).items()}
    free = Free(now, to, {each.pk for each in waiting.values()})
    write = Writer(body, moment.today)
    write.know(to)
    ties, grants, messages = [], [], []
    for address, rows in sorted(to.items()):
        message = waiting.get(address) or Message(
            body=body, to_email=address, created_at=now, send_after=now
        )
        rows_told = [*told.get(message.pk, []), *rows]
        content = moment.content(address, rows_told, bounced=run.tells_staff)
        if not content.kind:
            continue
        write(message, content)
        message.created_at = now
        if is_by_plan:
            message.key, message.send_after = free.place(address)
        messages.append(message)
        ties += [(row, message) for row in rows]
        if content.grant:
            grants.append((content.grant, message))
    _save(messages, ties, grants)
    return messages


def _save(
    messages: Sequence[Message],
    ties: Iterable[tuple[Reminder, Message]],
    grants: Iterable[tuple[Grant, Message]],
) -> None:
    Message.objects.bulk_create(message for message in messages if message.pk is None)
    Message.objects.bulk_update(
        [message for message in messages if message._state.adding is False and message.pk],
        WRITTEN,
    )
    link = Reminder.messages.through
    link.objects.bulk_create(
        link(reminder_id=row.pk, message_id=message.pk) for row, message in ties
    )
    GrantMessage.objects.filter(message__in=[message.pk for message in messages]).delete()
    GrantMessage.objects.bulk_create(
        GrantMessage(message=message, grant=grant) for grant, message in grants
    )
    if messages:
        wake()


WRITTEN = [
    "municipality",
    "kind",
    "why",
    "reply_to",
    "subject",
    "text",
    "html",
    "unsubscribe",
    "key",
    "created_at",
    "send_after",
]
"""What is written anew in a message that waits."""


def _waiting(body: CoordinatingBody, addresses: Iterable[str]) -> dict[str, Message]:
    """Return the messages by the plan that are written but not sent, locked."""
    found = Message.objects.select_for_update().filter(
        body=body,
        to_email__in=list(addresses),
        status=Message.Status.QUEUED,
        key__startswith=PREFIX,
    )
    return {message.to_email: message for message in found.order_by("pk")}


def _rows_of(messages: Iterable[Message]) -> dict[int, list[Reminder]]:
    found: dict[int, list[Reminder]] = defaultdict(list)
    ties = Reminder.messages.through.objects.filter(
        message__in=[message.pk for message in messages]
    ).select_related("reminder__deadline__grant__body", "reminder__municipality")
    for tie in ties.order_by("pk"):
        found[tie.message_id].append(tie.reminder)
    return found


class Free:
    """The days on which each address may have a message by the plan."""

    def __init__(
        self, now: datetime, addresses: Iterable[str], rewritten: Collection[int]
    ) -> None:
        """Ask which days are taken, but by the messages that are written anew."""
        self.now = now
        self.first = working_day_after(timezone.localdate(now))
        self.taken = set(
            Message.objects.filter(to_email__in=list(addresses), key__startswith=PREFIX)
            .annotate(on=Right("key", 10))
            .filter(on__gte=self.first.isoformat())
            .exclude(pk__in=rewritten)
            .values_list("key", flat=True)
        )

    def place(self, address: str) -> tuple[str, datetime]:
        """Return the key of the first free day, and when that day opens."""
        day = self.first
        while key_of(address, day) in self.taken:
            day = working_day_after(day + timedelta(days=1))
        opens_at = datetime.combine(day, OPENS_AT, timezone.get_current_timezone())
        return key_of(address, day), max(self.now, opens_at)


def key_of(address: str, day: date) -> str:
    """Return the key of an address's message of a day."""
    if len(address) > LONGEST_ADDRESS:
        address = sha256(address.encode()).hexdigest()
    return f"{PREFIX}{address}:{day.isoformat()}"


class Writer:
    """Puts content into messages, in the body's words."""

    def __init__(self, body: CoordinatingBody, today: date) -> None:
        self.body = body
        self.today = today
        self.words: dict[str, Words] = {}
        self.memberships: dict[str, list[tuple[int, int | None]]] = defaultdict(list)

    def know(self, addresses: Iterable[str]) -> None:
        """Find the memberships that the receivers may turn reminders off for."""
        found = Membership.objects.valid().filter(
            Q(body=self.body) | Q(municipality__isnull=False),
            user__email__in=list(addresses),
        )
        for email, pk, municipality in found.values_list(
            "user__email", "pk", "municipality"
        ):
            self.memberships[email].append((pk, municipality))

    def __call__(self, message: Message, content: Content) -> None:
        """Write the message anew; it is not saved."""
        own: set[int | None] = {each.pk for each in content.municipalities}
        if content.is_digest:
            own.add(None)
        memberships = [
            pk for pk, where in self.memberships[message.to_email] if where in own
        ]
        letter = letter_of(content, self.body, self.today, memberships)
        kind = content.kind
        if kind not in self.words:
            self.words[kind] = words_of(KINDS[kind], self.body)
        composed = compose(
            self.words[kind], facts=letter.facts, links=letter.links, blocks=letter.blocks
        )
        message.kind = kind
        message.municipality = letter.municipality
        message.why = letter.why
        message.reply_to = letter.reply_to
        message.unsubscribe = letter.unsubscribe
        message.subject = composed.subject[:250]
        message.text = composed.text
        message.html = composed.html


def refresh(message: Message) -> bool:
    """Write a message anew right before it is sent; return whether it is still wanted."""
    body = message.body
    assert body is not None  # every one of ours has its body
    rows = list(
        message.reminders.select_related("deadline__grant__body", "municipality").order_by(
            "pk"
        )
    )
    moment = Moment.of_rows(body, rows)
    content = moment.content(message.to_email, rows, bounced=message.kind == DIGEST)
    if not content.kind:
        return False
    write = Writer(body, moment.today)
    write.know([message.to_email])
    write(message, content)
    key = key_of(message.to_email, moment.today)
    if message.key and not Message.objects.filter(key=key).exists():
        message.key = key
    return True


# A last day that has moved -----------------------------------------------------------


@transaction.atomic
def tell_moved(moves: Iterable[tuple[Deadline, date, date]], *, by: User) -> list[Message]:
    """Tell the contacts of those who have not done it that a last day has moved.

    ``moves`` are last days of one grant, each with its old day and its new.
    """
    moved = [Moved(deadline, before, after) for deadline, before, after in moves]
    if not moved:
        return []
    grant = moved[0].deadline.grant
    today = timezone.localdate()
    todos = todos_of(grant.body, [each.deadline for each in moved], today)
    concerned: dict[int, list[Moved]] = defaultdict(list)
    for each in moved:
        for municipality in waited_for(todos[each.deadline.pk], today):
            if municipality is not None:
                concerned[municipality].append(each)
    municipalities = Municipality.objects.in_bulk(concerned)
    told: dict[str, dict[Municipality, list[Moved]]] = defaultdict(dict)
    for pk, contacts in contacts_of(concerned).items():
        for address in contacts.first:
            told[address][municipalities[pk]] = concerned[pk]
    letters = []
    for address, own in sorted(told.items()):
        example = moved_facts(own, grant.body)
        letters.append(
            (
                grant,
                Letter(
                    to=(address,),
                    why=f"Sista dag flyttad av {by}: {grant}",
                    facts=example.facts,
                    links=example.links,
                    blocks=example.blocks,
                    municipality=next(iter(own)) if len(own) == 1 else None,
                    reply_to=grant.questions_to,
                ),
            )
        )
    return post_each(MOVED, letters)
