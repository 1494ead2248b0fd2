"""People of an organisation: let in, changed and removed, and who must be left.

A body keeps an administrator, a municipality a signatory: one without a last day. The
organisation's row is locked first, so that two who remove each other at the same moment
come one after the other; for municipalities the database refuses the rest by a trigger.
"""

from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from municipalities.contacts import let_go
from municipalities.models import (
    CoordinatingBody,
    Membership,
    Municipality,
    Role,
    User,
)

Organisation = CoordinatingBody | Municipality


def lock(organisation: Organisation) -> None:
    """Wait until nobody else changes the organisation's people; use it in a transaction."""
    rows: Any = type(organisation)._default_manager
    rows.select_for_update(no_key=True).get(pk=organisation.pk)


def still_holds(membership: Membership) -> bool:
    """Return whether the membership has its role yet, after a wait for the lock."""
    return (
        Membership.objects.valid().filter(pk=membership.pk, role=membership.role).exists()
    )


def is_last_administrator(membership: Membership) -> bool:
    """Return whether the body has no other administrator; call it in a transaction."""
    body = membership.body
    if body is None:
        return False
    lock(body)
    was = Membership.objects.valid().filter(body=body, role=Role.ADMINISTRATOR)
    is_one = was.filter(pk=membership.pk).exists()
    return is_one and not was.exclude(pk=membership.pk).exists()


def leaves_no_signatory(
    membership: Membership, *, role: str = "", valid_until: date | None = None
) -> bool:
    """Return whether the municipality would lose its last signatory by the change.

    Without a role the membership ends. Only a signatory without a last day makes up for
    one without; one with a last day counts until then. Call it in a transaction.
    """
    municipality = membership.municipality
    if municipality is None:
        return False
    lock(municipality)
    signatories = Membership.objects.valid().within(municipality).signatories()
    was = signatories.filter(pk=membership.pk).first()
    if was is None:
        return False
    had_no_end = was.valid_until is None
    today = timezone.localdate()
    if role == Role.SIGNATORY and (
        valid_until is None or (not had_no_end and valid_until >= today)
    ):
        return False
    others = signatories.exclude(pk=membership.pk)
    return not (others.filter(valid_until=None) if had_no_end else others).exists()


@transaction.atomic
def let_in(
    organisation: Organisation, *, email: str, person: dict[str, str], **facts: Any
) -> Membership:
    """Return the membership of the person with the address, who may be known already.

    Whoever has an account keeps their name: it is theirs. A former member comes back.
    """
    user, _is_new = User.objects.get_or_create(
        email=email.lower(), defaults=person | {"password": make_password(None)}
    )
    municipality = organisation if isinstance(organisation, Municipality) else None
    body = organisation if isinstance(organisation, CoordinatingBody) else None
    membership, _is_new = Membership.objects.update_or_create(
        user=user, body=body, municipality=municipality, defaults=facts
    )
    return membership


def end(membership: Membership) -> None:
    """End a membership. It stays on record: what the person did is theirs."""
    membership.valid_until = timezone.localdate() - timedelta(days=1)
    membership.save(update_fields=["valid_until"])


def is_known_elsewhere(membership: Membership) -> bool:
    """Return whether the account serves others too, who then rely on its address."""
    user = membership.user
    others = user.memberships.exclude(pk=membership.pk)
    return user.is_superuser or user.is_staff or others.exists()


def change_address(membership: Membership, email: str) -> Membership:
    """Return the membership at the new address, which may be another account's.

    The old mailbox lets nobody in any more, and who is signed in by it is signed out. That
    e-mail did not arrive there is forgotten with it.
    """
    user = membership.user
    known = User.objects.filter(Q(email=email), ~Q(pk=user.pk)).first()
    if known is None:
        before, user.email = user.email, email
        user.set_unusable_password()
        user.save(update_fields=["email", "password"])
        EmailAddress.objects.filter(user=user).delete()
        let_go(before)
        return membership
    facts = {
        name: getattr(membership, name)
        for name in ("role", "is_deputy", "is_contact", "valid_until")
    }
    successor = let_in(membership.organisation, email=email, person={}, **facts)
    end(membership)
    return successor
