"""The link with which a person turns reminders off: signed, without login.

It holds the numbers of memberships and nothing else, and says the same whether they are
still there or not.
"""

from collections.abc import Iterable, Sequence

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from municipalities.models import Membership
from municipalities.site import absolute

SIGNER = Signer(salt="reporting.reminder_off")


def off_url(memberships: Iterable[int]) -> str:
    """Return the whole address that turns off the reminders of the memberships."""
    signed = SIGNER.sign(".".join(str(pk) for pk in sorted(memberships)))
    return absolute(reverse("reporting:reminder_off", args=[signed]))


def memberships_in(signed: str) -> Sequence[int]:
    """Return the numbers that the address holds; none if it is not ours."""
    try:
        return [int(pk) for pk in SIGNER.unsign(signed).split(".")]
    except (BadSignature, ValueError):
        return []


def turn(memberships: Iterable[int], *, on: bool) -> None:
    """Turn the reminders of the memberships on or off."""
    for membership in Membership.objects.filter(pk__in=memberships, is_reminded=not on):
        membership.is_reminded = on
        membership.save(update_fields=["is_reminded"])
