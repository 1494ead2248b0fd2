"""Messages to a municipality about its answer: approved, returned, rejected, awaited."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from grants.models import Grant
from invoices.messages import people_of, send
from invoices.models import Requisition
from municipalities.models import Membership, Role


def _about(
    request: HttpRequest, requisition: Requisition, template: str, subject: str
) -> bool:
    """Tell those who submit for the municipality, the contact person and the sender."""
    grant = requisition.grant
    to = [*people_of(requisition.municipality), requisition.contact_email]
    if requisition.channel == Requisition.Channel.PORTAL and requisition.submitted_by:
        to.append(requisition.submitted_by.email)
    return send(
        template,
        subject=subject,
        to=to,
        context={
            "requisition": requisition,
            "grant": grant,
            "municipality": requisition.municipality,
            "reason": requisition.decision_note,
            "url": _address(request, grant),
        },
        reply_to=grant.questions_to,
    )


def _address(request: HttpRequest, grant: Grant) -> str:
    """Return where the municipality sees the grant and answers."""
    return request.build_absolute_uri(reverse("reporting:offer_detail", args=[grant.pk]))


def approved(request: HttpRequest, requisition: Requisition) -> bool:
    """Tell that the requisition is approved; return whether the message went."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Approved: %(grant)s") % {"grant": requisition.grant}
        return _about(request, requisition, "approved", subject)


def returned(request: HttpRequest, requisition: Requisition) -> bool:
    """Ask for completion; return whether the message went."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("To be completed: %(grant)s") % {"grant": requisition.grant}
        return _about(request, requisition, "returned", subject)


def rejected(request: HttpRequest, requisition: Requisition) -> bool:
    """Tell that the requisition is rejected; return whether the message went."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Rejected: %(grant)s") % {"grant": requisition.grant}
        return _about(request, requisition, "rejected", subject)


def recipients(municipalities: Iterable[int]) -> dict[int, list[str]]:
    """Return the addresses in each municipality that a reminder goes to, in one query.

    Contact persons and signatories; where there are none, everybody who acts for it. A
    municipality without anybody is left out.
    """
    first: dict[int, list[str]] = {}
    others: dict[int, list[str]] = {}
    for municipality, role, is_contact, email in (
        Membership.objects.valid()
        .filter(municipality__in=list(municipalities))
        .order_by("-is_contact", "-role", "user__email")
        .values_list("municipality", "role", "is_contact", "user__email")
    ):
        group = first if is_contact or role == Role.SIGNATORY else others
        group.setdefault(municipality, []).append(email)
    return others | first


@dataclass(frozen=True)
class Reminder:
    """What a municipality that has not answered is told."""

    request: HttpRequest
    grant: Grant
    last_day: date | None
    note: str = ""

    @property
    def subject(self) -> str:
        """The heading of the message."""
        with translation.override(settings.LANGUAGE_CODE):
            return _("Reminder: %(grant)s") % {"grant": self.grant}

    def context(self, municipality: str) -> dict[str, object]:
        """Return what the text is made of."""
        return {
            "grant": self.grant,
            "municipality": municipality,
            "last_day": self.last_day,
            "is_past": self.last_day is not None and self.last_day < timezone.localdate(),
            "note": self.note,
            "url": _address(self.request, self.grant),
        }

    def text(self, municipality: str) -> str:
        """Return the text as the municipality will read it."""
        with translation.override(settings.LANGUAGE_CODE):
            context = self.context(municipality)
            return render_to_string("invoices/email/nudge.txt", context).strip()

    def send(self, municipality: str, to: Iterable[str]) -> bool:
        """Send it; return whether it went."""
        with translation.override(settings.LANGUAGE_CODE):
            return send(
                "nudge",
                subject=self.subject,
                to=to,
                context=self.context(municipality),
                reply_to=self.grant.questions_to,
            )
