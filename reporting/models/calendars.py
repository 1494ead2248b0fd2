"""Calendar feeds: an address that only its owner knows, which can be renewed."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from municipalities.models import Membership
from municipalities.tracking import tracked


def new_seed() -> str:
    """Return what the secret of an address is made from."""
    return secrets.token_urlsafe(16)


@tracked(exclude=["seed"])
class CalendarFeed(models.Model):
    """A person's calendar in one organisation.

    The secret in the address is made from the seed and the installation's key: whoever
    reads the database, or a copy of it, cannot read calendars.
    """

    membership = models.OneToOneField(
        Membership,
        models.CASCADE,
        related_name="calendar_feed",
        verbose_name=_("membership"),
    )
    seed = models.CharField(max_length=40, default=new_seed)
    renewed_at = models.DateTimeField(_("address made at"), auto_now=True)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self) -> str:
        return str(self.membership)
