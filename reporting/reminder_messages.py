"""Reminders in words: one message a person, written anew right before it goes out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256

from django.db.models import Q
from django.db.models.functions import Right
from django.utils import timezone

from grants.models import Deadline, Grant, GrantMessage
from grants.working_days import working_day_after
from municipalities.contacts import Contacts, contacts_of
from municipalities.message_kinds import KINDS
from municipalities.messages import Words, compose, wake, words_of
from municipalities.models import (
    CoordinatingBody,
    Membership,
    Message,
    Municipality,
)
from reporting.models import Reminder
from reporting.reminder_rounds import (
    NOBODY,
    Plan,
    bounced_of,
    staff_of,
    unconfirmed,
    waited_for,
)
from reporting.reminder_words import DIGEST, Content, letter_of
from reporting.todo import Todo, todos_of

OPENS_AT = time(7)
"""Swedish time: nobody is reminded at night."""

PREFIX = "paminnelse:"
"""How the key of a message by the plan begins."""

LONGEST_ADDRESS = 90
"""What a key has room for."""


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
            unconfirmed=unconfirmed(set(municipalities), today),
            staff=staff_of(body),
            bounced=bounced_of(body)[0],
        )

    def content(self, address: str, rows: Iterable[Reminder], *, bounced: bool) -> Content:
        """Return what of the rows is still to be told to the address.

        Staff are told of addresses that do not work, where ``bounced`` asks for it.
        """
        is_staff = address in self.staff
        found = Content(
            bounced=self.bounced if is_staff and bounced else (),
            rounds={pk: each.round for pk, each in self.todos.items() if each.round},
        )
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


def write_messages(
    plan: Plan,
    to: Mapping[str, Sequence[Reminder]],
    *,
    now: datetime,
    is_by_plan: bool,
    tells_of_bounced: bool = False,
) -> list[Message]:
    """Write each address its message, and tie the messages to the rows they tell of.

    By the plan an address has one message a day. What is written but not sent yet is
    written anew, together with what is new. Staff are told of addresses that do not work
    with ``tells_of_bounced``.
    """
    body = plan.body
    moment = Moment.of_plan(plan)
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
        content = moment.content(address, rows_told, bounced=tells_of_bounced)
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
