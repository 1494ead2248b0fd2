"""Invitations to report: to each municipality that is concerned, and again on asking."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from grants.messages import post_each
from invoices.messages import facts_of, in_swedish, last_day_facts
from municipalities.contacts import Contacts, contacts_of
from municipalities.message_kinds import Example
from municipalities.messages import Letter
from municipalities.models import CoordinatingBody, Message, Municipality
from municipalities.site import absolute
from reporting.models import ReportRound
from reporting.rounds import concerned
from reporting.swedish import alphabetical

KIND = "report_invitation"
LOST = (Message.Status.FAILED, Message.Status.DROPPED)
"""What has not come to anybody."""


@dataclass(frozen=True, slots=True)
class Invited:
    """A municipality that is to report, and whether it has been asked."""

    municipality: Municipality
    contacts: Contacts
    statuses: tuple[str, ...] = ()
    """Of the invitations, one for each address."""
    sent_at: datetime | None = None

    @property
    def to(self) -> tuple[str, ...]:
        """The addresses that it goes to."""
        return self.contacts.first

    @property
    def is_asked(self) -> bool:
        """Whether an invitation has gone to somebody, or is on its way."""
        return any(status not in LOST for status in self.statuses)

    @property
    def state(self) -> tuple[str, str]:
        """How it stands, as a colour and in words."""
        if not self.statuses:
            if not self.contacts.is_reachable:
                return "danger", pgettext("invitation", "nobody to send to")
            return "neutral", pgettext("invitation", "not sent")
        if not self.is_asked:
            return "danger", pgettext("invitation", "did not arrive")
        if {Message.Status.QUEUED.value, Message.Status.SENDING.value} & set(self.statuses):
            return "info", pgettext("invitation", "being sent")
        if Message.Status.SENT in self.statuses:
            return "success", pgettext("invitation", "sent")
        return "warning", pgettext("invitation", "may have arrived")


@dataclass(frozen=True, slots=True)
class AllInvited:
    """Those that are to report, in the order of the alphabet."""

    rows: tuple[Invited, ...]

    @property
    def reached(self) -> list[Invited]:
        """Those that can be written to."""
        return [row for row in self.rows if row.to]

    @property
    def unreached(self) -> list[Invited]:
        """Those that nothing can be sent to."""
        return [row for row in self.rows if not row.to]

    @property
    def without_contact(self) -> list[Invited]:
        """Those where it goes to somebody else than a contact person."""
        return [row for row in self.reached if not row.contacts.has_contact]

    @property
    def lacking(self) -> list[Invited]:
        """Those that can be written to and have not been."""
        return [row for row in self.reached if not row.is_asked]

    @property
    def stamp(self) -> str:
        """What tells whether more has been sent: how many messages there are."""
        return str(sum(len(row.statuses) for row in self.rows))


def invited_to(found: ReportRound, today: date) -> AllInvited:
    """Return who is to report and what has been sent to them, in a few queries."""
    places = {
        place.pk: place
        for place in Municipality.objects.filter(pk__in=concerned(found, today))
    }
    contacts = contacts_of(places)
    sent = _sent(found)
    rows = [
        Invited(place, contacts[pk], *sent.get(pk, ((), None)))
        for pk, place in places.items()
    ]
    return AllInvited(
        tuple(sorted(rows, key=lambda row: alphabetical(row.municipality.name)))
    )


def _sent(found: ReportRound) -> dict[int, tuple[tuple[str, ...], datetime]]:
    """Return the states of the round's invitations, and when the latest was written."""
    statuses: dict[int, list[str]] = defaultdict(list)
    latest: dict[int, datetime] = {}
    rows = found.invitations.filter(municipality__isnull=False).order_by("created_at")
    for municipality, status, moment in rows.values_list(
        "municipality", "status", "created_at"
    ):
        statuses[municipality].append(status)
        latest[municipality] = moment
    return {pk: (tuple(each), latest[pk]) for pk, each in statuses.items()}


def invite(found: ReportRound, receivers: Iterable[Invited]) -> list[Message]:
    """Write to the municipalities' contacts. The caller's transaction is around it."""
    with in_swedish():
        letters = [(found.grant, letter_to(row, found)) for row in receivers if row.to]
        written = post_each(KIND, letters)
    found.invitations.add(*written)
    return written


def letter_to(receiver: Invited, found: ReportRound) -> Letter:
    """Return what a municipality is told."""
    grant, name = found.grant, receiver.municipality.own_name
    return Letter(
        to=receiver.to,
        why=_("Invitation to %(municipality)s: %(report)s of %(grant)s")
        % {"municipality": name, "report": found.get_kind_display(), "grant": grant},
        facts=facts_of(grant, name)
        | last_day_facts(found.deadline.due_on)
        | {
            "redovisning": str(found.get_kind_display()),
            "formulär": found.read.title,
            "mottagare": found.recipient,
        },
        links={
            "redovisa": (
                _("Open the report"),
                absolute(reverse("reporting:report_detail", args=[found.pk])),
            )
        },
        municipality=receiver.municipality,
        reply_to=grant.questions_to,
    )


def example(body: CoordinatingBody) -> Example | None:
    """Return the latest round, as one of its municipalities was asked."""
    found = (
        ReportRound.objects.opened()
        .of_body(body)
        .select_related("grant__body", "deadline")
        .order_by("opened_at")
        .last()
    )
    if found is None:
        return None
    place = body.county.municipalities.order_by("code").first()
    if place is None:
        return None
    with in_swedish():
        letter = letter_to(Invited(place, Contacts()), found)
    return Example(letter.facts, letter.links or {}, letter.blocks or {})
