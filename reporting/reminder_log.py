"""What has been reminded of: each step that was sent, to whom, and how it went."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grants.models import Deadline, Grant
from municipalities.models import CoordinatingBody, Message, Municipality, User
from reporting.models import Reminder

MANY = 400
"""How many rows the page looks back on."""

KINDS = {
    Message.Status.QUEUED: "info",
    Message.Status.SENDING: "info",
    Message.Status.SENT: "success",
    Message.Status.FAILED: "danger",
    Message.Status.UNCERTAIN: "warning",
    Message.Status.DROPPED: "neutral",
}
"""The colour of how it went."""


def how_far(offset: int) -> str:
    """Return in words how far a step is from the last day."""
    if offset == 0:
        return _("on the last day")
    if offset < 0:
        words = ngettext("%(days)d day before", "%(days)d days before", -offset)
        return words % {"days": -offset}
    return ngettext("%(days)d day after", "%(days)d days after", offset) % {"days": offset}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message, as the page shows it."""

    message: Message

    @property
    def kind(self) -> str:
        """The colour of how it went."""
        return KINDS[Message.Status(self.message.status)]


@dataclass(frozen=True, slots=True)
class Told:
    """A municipality, or nobody for the staff, and the messages to it."""

    municipality: Municipality | None
    deliveries: Sequence[Delivery]


@dataclass(slots=True)
class SentRound:
    """A step of a last day that was sent on a day."""

    day: date
    step: int
    deadline: Deadline | None
    """None for the yearly question about the contacts."""
    by: User | None
    told: list[Told] = field(default_factory=list)

    @property
    def municipalities(self) -> int:
        """How many municipalities it went to; none when it went to the staff."""
        return sum(told.municipality is not None for told in self.told)

    @property
    def how_far(self) -> str:
        """How far from the last day it was."""
        return how_far(self.step)

    @property
    def troubles(self) -> int:
        """How many messages did not arrive, as far as is known."""
        bad = {Message.Status.FAILED, Message.Status.UNCERTAIN}
        return sum(
            each.message.status in bad for told in self.told for each in told.deliveries
        )


def sent_rounds(body: CoordinatingBody, grant: Grant | None = None) -> list[SentRound]:
    """Return what was sent, the latest first, in two queries."""
    rows = (
        Reminder.objects.filter(body=body, messages__isnull=False)
        .select_related("deadline__grant", "municipality", "sent_by")
        .prefetch_related("messages")
        .order_by("-made_at", "deadline__due_on", "deadline", "-step", "municipality__code")
        .distinct()
    )
    if grant:
        rows = rows.filter(deadline__grant=grant)
    found: dict[Any, SentRound] = {}
    for row in rows[:MANY]:
        day = timezone.localdate(row.made_at)
        key = (day, row.deadline_id, row.step, row.sent_by_id)
        if key not in found:
            found[key] = SentRound(day, row.step, row.deadline, row.sent_by)
        messages = sorted(row.messages.all(), key=lambda message: message.to_email)
        deliveries = [Delivery(message) for message in messages]
        found[key].told.append(Told(row.municipality, deliveries))
    return list(found.values())
