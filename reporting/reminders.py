"""Remind of last days: read the plans, write what is due, and note that it is.

Nothing is queued for a coming day (decision 12). A run reads the plans anew, and writes in
one transaction what it sends and that it has: rows of ``Reminder``, whose key is unique.
One that is killed has written nothing; two at once wait for each other.

What is written is looked at once more right before it goes out (``refresh``): what is done
by then is left out, and a message without anything left is dropped.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection, transaction
from django.utils import timezone

from grants.messages import post_each
from grants.models import Deadline
from grants.working_days import is_day_off
from municipalities.contacts import contacts_of
from municipalities.messages import Letter
from municipalities.models import CoordinatingBody, Message, Municipality, User
from reporting.models import Reminder
from reporting.reminder_messages import OPENS_AT, write_messages
from reporting.reminder_plan import Step, Turn, turn_of
from reporting.reminder_rounds import NOBODY, Plan, plan_of, receivers, waited_for
from reporting.reminder_words import DIGEST, MOVED, Moved, moved_facts
from reporting.todo import Todo, todos_of

logger = logging.getLogger(__name__)

LOCK = 0x5EAD_0004
"""One run at a time, for all bodies: a person has one message a day from all of them."""


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
        messages = write_messages(
            self.plan,
            self.to,
            now=self.now,
            is_by_plan=True,
            tells_of_bounced=self.tells_staff,
        )
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
    messages = write_messages(plan, run.to, now=now, is_by_plan=False)
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
