"""Who in each municipality can be reached, and in which order they are turned to."""

from collections.abc import Iterable
from dataclasses import dataclass

from municipalities.models import BouncedAddress, Membership, Municipality, Role


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
