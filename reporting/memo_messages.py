"""A published memo, sent by e-mail to the municipalities that it is for."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from grants.messages import post_each
from grants.models import Allocation, Distribution, Grant
from invoices.messages import (
    answer_link,
    facts_of,
    in_swedish,
    last_day_facts,
    quoted,
)
from invoices.requisition import last_day
from municipalities.contacts import Contacts, contacts_of
from municipalities.message_kinds import Example
from municipalities.messages import Letter
from municipalities.models import CoordinatingBody, Message, Municipality, StoredFile
from municipalities.numbers import kronor
from reporting.models import Memo
from reporting.swedish import alphabetical

KIND = "memo_published"
LOST = (Message.Status.FAILED, Message.Status.DROPPED)
"""What has not come to anybody."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A municipality that a memo is for, and what has been sent to it."""

    municipality: Municipality
    amount: int
    contacts: Contacts
    statuses: tuple[str, ...] = ()
    """Of the messages with this version, one for each address."""
    sent_at: datetime | None = None
    """When the latest of them was written."""

    @property
    def to(self) -> tuple[str, ...]:
        """The addresses that it goes to."""
        return self.contacts.first

    @property
    def has_had_it(self) -> bool:
        """Whether it has gone to somebody, or is on its way."""
        return any(status not in LOST for status in self.statuses)

    @property
    def state(self) -> tuple[str, str]:
        """How it stands, as a colour and in words."""
        if not self.statuses:
            if not self.contacts.is_reachable:
                return "danger", pgettext("memo", "nobody to send to")
            return "neutral", pgettext("memo", "not sent")
        if not self.has_had_it:
            return "danger", pgettext("memo", "did not arrive")
        waits = {Message.Status.QUEUED.value, Message.Status.SENDING.value}
        if waits & set(self.statuses):
            return "info", pgettext("memo", "being sent")
        if Message.Status.SENT in self.statuses:
            return "success", pgettext("memo", "sent")
        return "warning", pgettext("memo", "may have arrived")


@dataclass(frozen=True, slots=True)
class Receivers:
    """The municipalities that a memo is for, in the order of the alphabet."""

    rows: Sequence[Receiver]

    @property
    def reached(self) -> list[Receiver]:
        """Those that somebody or a mailbox can be written to in."""
        return [row for row in self.rows if row.to]

    @property
    def addresses(self) -> int:
        """How many addresses that is."""
        return sum(len(row.to) for row in self.rows)

    @property
    def without_contact(self) -> list[Receiver]:
        """Those without a contact person: it goes to somebody else there."""
        return [row for row in self.reached if not row.contacts.has_contact]

    @property
    def unreached(self) -> list[Receiver]:
        """Those that nothing can be sent to."""
        return [row for row in self.rows if not row.to]

    @property
    def lacking(self) -> list[Receiver]:
        """Those that can be written to and have not had it."""
        return [row for row in self.reached if not row.has_had_it]


def receivers_of(
    grant: Grant, distribution: Distribution, memo: Memo | None = None
) -> Receivers:
    """Return who a memo that rests on the distribution is for, in a few queries.

    Those that are allocated something, also in what an earlier memo said: they are told
    that it has changed. With a published ``memo``, also what has been sent of it.
    """
    holds = Q(distribution=distribution)
    earlier = Q(distribution__grant=grant, distribution__memos__status="published")
    amounts: dict[int, int] = {}
    places: dict[int, Municipality] = {}
    for allocation in (
        Allocation.objects.filter(holds | earlier, amount__gt=0)
        .select_related("municipality")
        .distinct()
    ):
        places[allocation.municipality_id] = allocation.municipality
        amounts.setdefault(allocation.municipality_id, 0)
        if allocation.distribution_id == distribution.pk:
            amounts[allocation.municipality_id] = allocation.amount
    contacts = contacts_of(places)
    sent = sent_of(memo) if memo else {}
    rows = []
    for pk, place in places.items():
        statuses, moment = sent.get(pk, ((), None))
        rows.append(Receiver(place, amounts[pk], contacts[pk], statuses, moment))
    return Receivers(sorted(rows, key=lambda row: alphabetical(row.municipality.name)))


def sent_of(memo: Memo) -> dict[int, tuple[tuple[str, ...], datetime]]:
    """Return the states of a version's messages, and when the latest was written."""
    statuses: dict[int, list[str]] = defaultdict(list)
    latest: dict[int, datetime] = {}
    for municipality, status, moment in (
        Message.objects.filter(
            kind=KIND,
            about__grant=memo.grant_id,
            municipality__isnull=False,
            attachments__sha256=memo.sha256,
        )
        .order_by("created_at")
        .values_list("municipality", "status", "created_at")
    ):
        statuses[municipality].append(status)
        latest[municipality] = moment
    return {pk: (tuple(found), latest[pk]) for pk, found in statuses.items()}


def send(memo: Memo, receivers: Iterable[Receiver], *, name: str) -> list[Message]:
    """Write to the municipalities, with the memo's very file attached to every message.

    The caller's transaction is around it. The file is kept once, under ``name``; however
    many municipalities there are, the number of queries is the same.
    """
    grant, day = memo.grant, last_day(memo.grant)
    with in_swedish():
        letters = [(grant, letter_to(row, memo, day)) for row in receivers if row.to]
        if not letters:
            return []
        return post_each(KIND, letters, attachments=[file_of(memo, name)])


def file_of(memo: Memo, name: str) -> StoredFile:
    """Return the published file among the body's files; it is put there the first time."""
    body = memo.grant.body
    files = StoredFile.objects.filter(body=body, sha256=memo.sha256)
    kept: StoredFile = files.first() or StoredFile.objects.keep(
        bytes(memo.pdf or b""), body=body, name=name, content_type="application/pdf"
    )
    return kept


def letter_to(receiver: Receiver, memo: Memo, day: Any) -> Letter:
    """Return what a municipality is told."""
    grant, name = memo.grant, receiver.municipality.own_name
    return Letter(
        to=receiver.to,
        why=_("Memo about %(grant)s, version %(version)s, to %(municipality)s")
        % {"grant": grant, "version": memo.version, "municipality": name},
        facts=facts_of(grant, name)
        | last_day_facts(day)
        | {
            "belopp": kronor(receiver.amount) if receiver.amount else "",
            "ny version": str(memo.version) if memo.version > 1 else "",
        },
        links=answer_link(
            "svara", _("See the money and answer"), "reporting:offer_detail", grant
        ),
        blocks={"rättelse": quoted(memo.correction)},
        municipality=receiver.municipality,
        reply_to=grant.questions_to,
    )


def example(body: CoordinatingBody) -> Example | None:
    """Return the latest memo, as it was sent to one of its municipalities."""
    memo = (
        Memo.objects.published()
        .of_body(body)
        .select_related("grant__body", "distribution")
        .order_by("published_at")
        .last()
    )
    if memo is None or memo.distribution is None:
        return None
    allocation = (
        memo.distribution.allocations.filter(amount__gt=0)
        .select_related("municipality")
        .first()
    )
    if allocation is None:
        return None
    receiver = Receiver(allocation.municipality, allocation.amount, Contacts())
    with in_swedish():
        letter = letter_to(receiver, memo, last_day(memo.grant))
    return Example(letter.facts, letter.links or {}, letter.blocks or {})
