"""Who in each municipality can be reached, and in which order they are turned to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from municipalities.models import (
    BouncedAddress,
    ContactConfirmation,
    Membership,
    Municipality,
    Role,
    User,
)

CONFIRMED_FOR = timedelta(days=365)
"""How long a municipality's word that its contacts are right is good for."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """The addresses of a municipality that work. Nobody stands in two groups."""

    contacts: tuple[str, ...] = ()
    """Contact persons."""
    deputies: tuple[str, ...] = ()
    signatories: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    mailbox: str = ""
    """The official mailbox."""

    @property
    def has_contact(self) -> bool:
        """Whether there is a contact person, or a deputy for one, who can be reached."""
        return bool(self.contacts or self.deputies)

    @property
    def is_reachable(self) -> bool:
        """Whether any address works at all."""
        return bool(self.people or self.mailbox)

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody, in the order that they are turned to."""
        return self.contacts + self.deputies + self.signatories + self.others

    @property
    def first(self) -> tuple[str, ...]:
        """Whom to write to first: contact persons, else deputies, and so on."""
        groups = (self.contacts, self.deputies, self.signatories, self.others)
        mailbox = (self.mailbox,) if self.mailbox else ()
        return next((group for group in (*groups, mailbox) if group), ())


def contacts_of(
    municipalities: Iterable[int], *, reminders: bool = False
) -> dict[int, Contacts]:
    """Return the addresses that work in each municipality, in three queries.

    With ``reminders``, those who have turned them off are left out.
    """
    asked = list(municipalities)
    people = Membership.objects.valid().filter(municipality__in=asked)
    if reminders:
        people = people.filter(is_reminded=True)
    bounced = set(BouncedAddress.objects.values_list("email", flat=True))
    groups: dict[int, dict[str, list[str]]] = {pk: {} for pk in asked}
    for municipality, is_contact, is_deputy, role, email in people.order_by(
        "user__email"
    ).values_list("municipality", "is_contact", "is_deputy", "role", "user__email"):
        if email in bounced:
            continue
        group = "others"
        if is_contact:
            group = "contacts"
        elif is_deputy:
            group = "deputies"
        elif role == Role.SIGNATORY:
            group = "signatories"
        groups[municipality].setdefault(group, []).append(email)
    mailboxes = dict(
        Municipality.objects.filter(pk__in=asked)
        .exclude(email="")
        .values_list("pk", "email")
    )
    return {
        pk: Contacts(
            **{name: tuple(emails) for name, emails in groups[pk].items()},
            mailbox="" if (box := mailboxes.get(pk, "").lower()) in bounced else box,
        )
        for pk in asked
    }


def addresses_of(people: QuerySet[Membership]) -> list[str]:
    """Return the members' addresses that work, each once and in order, in one query."""
    bounced = BouncedAddress.objects.values("email")
    working = people.exclude(user__email__in=bounced)
    return sorted(set(working.values_list("user__email", flat=True)))


# The yearly question -----------------------------------------------------------------


def is_confirmed(confirmed_at: datetime | None) -> bool:
    """Return whether the municipality has said within a year that its contacts are right.

    To add, change or remove a person is not to say so: whoever does it has looked at one
    row, and the list is most likely wrong just when somebody has left it.
    """
    return confirmed_at is not None and timezone.now() - confirmed_at < CONFIRMED_FOR


def last_confirmation(municipality: Municipality) -> ContactConfirmation | None:
    """Return when the contacts were last said to be right, and by whom."""
    return municipality.contact_confirmations.select_related("confirmed_by").first()


def confirm(municipality: Municipality, by: User) -> ContactConfirmation:
    """Note that the municipality's contacts are right."""
    return ContactConfirmation.objects.create(municipality=municipality, confirmed_by=by)


# Addresses that do not work ----------------------------------------------------------


def note_bounced(email: str) -> None:
    """Note that e-mail to the address does not arrive, as somebody has seen."""
    BouncedAddress.objects.get_or_create(email=email.lower())


def note_works(email: str) -> None:
    """Note that the address works again."""
    BouncedAddress.objects.filter(email=email.lower()).delete()


def let_go(email: str) -> None:
    """Forget what is known of an address that somebody had, if nobody has it any more."""
    has_it = (
        User.objects.filter(email=email.lower()).exists()
        or Municipality.objects.filter(email__iexact=email).exists()
    )
    if email and not has_it:
        note_works(email)
