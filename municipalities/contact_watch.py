"""Contacts to see over: who cannot be reached, who leaves, and who has not confirmed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import models
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from municipalities.contacts import Contacts, contacts_of, is_confirmed
from municipalities.models import (
    BouncedAddress,
    CoordinatingBody,
    Membership,
    Municipality,
)

LEFT_WITHIN = timedelta(days=60)
"""How long it is told that somebody has left."""

LEAVES_WITHIN = timedelta(days=30)
"""How long before it is told that somebody leaves."""


class Matter(models.TextChoices):
    """What there is to see over, the most urgent first."""

    UNREACHABLE = "unreachable", pgettext_lazy("contacts", "nobody can be reached")
    TURNED_OFF = "turned_off", pgettext_lazy("contacts", "reminders turned off")
    NO_CONTACT = "no_contact", pgettext_lazy("contacts", "no contact person")
    BOUNCED = "bounced", pgettext_lazy("contacts", "e-mail does not arrive")
    LEFT = "left", pgettext_lazy("contacts", "has left")
    LEAVES = "leaves", pgettext_lazy("contacts", "leaves soon")
    UNCONFIRMED = "unconfirmed", pgettext_lazy("contacts", "not confirmed")


CUT_OFF = (Matter.UNREACHABLE, Matter.TURNED_OFF)
"""No reminder arrives."""

ALARMS = (*CUT_OFF, Matter.NO_CONTACT)
"""Or none arrives to a contact person or a deputy."""


@dataclass(frozen=True, slots=True)
class Concern:
    """Something about a municipality's contacts to see over."""

    municipality: Municipality
    matter: Matter
    membership: Membership | None = None
    """Whom it is about, where it is about somebody."""
    email: str = ""
    """The address that does not work, or those that are turned to instead."""
    on: date | None = None
    """Since when, or until when."""


def concerns_of(body: CoordinatingBody, today: date) -> list[Concern]:
    """Return what to see over in the body's county, the most urgent first; six queries."""
    rows: QuerySet[Municipality, Any] = Municipality.objects.filter(county=body.county_id)
    municipalities = list(
        rows.annotate(confirmed_at=Max("contact_confirmations__confirmed_at")).order_by(
            "name"
        )
    )
    contacts = contacts_of([each.pk for each in municipalities])
    people: dict[int, list[Membership]] = {each.pk: [] for each in municipalities}
    for membership in (
        Membership.objects.not_ended(today - LEFT_WITHIN)
        .filter(municipality__county=body.county_id, user__is_active=True)
        .select_related("user")
    ):
        assert membership.municipality_id is not None  # as it is filtered
        people[membership.municipality_id].append(membership)
    bounced = since_when(
        [each.email.lower() for each in municipalities]
        + [membership.user.email for group in people.values() for membership in group]
    )
    found = []
    for each in municipalities:
        is_reminded = any(
            membership.is_reminded
            and membership.user.email not in bounced
            and not _ends_before(membership, today)
            for membership in people[each.pk]
        )
        found += _reach(each, contacts[each.pk], is_reminded=is_reminded)
        found += _bounced(each, people[each.pk], bounced, today)
        found += _leaving(each, people[each.pk], contacts[each.pk], bounced, today)
        # Where nobody is let in there is nothing to confirm yet.
        if contacts[each.pk].is_reachable and not is_confirmed(each.confirmed_at):
            at = each.confirmed_at
            on = timezone.localtime(at).date() if at else None
            found.append(Concern(each, Matter.UNCONFIRMED, on=on))
    order = list(Matter)
    return sorted(found, key=lambda concern: order.index(concern.matter))


def since_when(emails: Iterable[str]) -> dict[str, date]:
    """Return since when those of the addresses that do not work have not."""
    rows = BouncedAddress.objects.filter(email__in={email for email in emails if email})
    return {
        email: timezone.localtime(at).date()
        for email, at in rows.values_list("email", "bounced_at")
    }


def _reach(
    municipality: Municipality, contacts: Contacts, *, is_reminded: bool
) -> list[Concern]:
    if not contacts.is_reachable:
        return [Concern(municipality, Matter.UNREACHABLE)]
    if not is_reminded and not contacts.mailbox:
        return [Concern(municipality, Matter.TURNED_OFF)]
    if contacts.has_contact:
        return []
    instead = ", ".join(contacts.first)
    return [Concern(municipality, Matter.NO_CONTACT, email=instead)]


def _bounced(
    municipality: Municipality,
    people: list[Membership],
    bounced: dict[str, date],
    today: date,
) -> list[Concern]:
    found = [
        Concern(
            municipality,
            Matter.BOUNCED,
            membership=membership,
            email=membership.user.email,
            on=bounced[membership.user.email],
        )
        for membership in people
        if membership.user.email in bounced and not _ends_before(membership, today)
    ]
    mailbox = municipality.email.lower()
    if mailbox in bounced:
        on = bounced[mailbox]
        found.append(Concern(municipality, Matter.BOUNCED, email=mailbox, on=on))
    return found


def _leaving(
    municipality: Municipality,
    people: list[Membership],
    contacts: Contacts,
    bounced: dict[str, date],
    today: date,
) -> list[Concern]:
    """Tell of those who leave the municipality without contact person or deputy."""
    soon = today + LEAVES_WITHIN
    responsible = [each for each in people if each.is_contact or each.is_deputy]
    stays = [each for each in responsible if not _ends_before(each, soon + timedelta(1))]
    if any(each.user.email not in bounced for each in stays):
        return []
    found = []
    for each in responsible:
        if _ends_before(each, today):
            if not contacts.has_contact:
                found.append((Matter.LEFT, each))
        elif _ends_before(each, soon + timedelta(1)):
            found.append((Matter.LEAVES, each))
    return [
        Concern(municipality, matter, membership=each, on=each.valid_until)
        for matter, each in found
    ]


def _ends_before(membership: Membership, day: date) -> bool:
    return membership.valid_until is not None and membership.valid_until < day
