"""Messages about requisitions, as plain text by e-mail.

A message is sent after the change it tells of is saved. A mail server that fails undoes
nothing: it is logged, and the answer is false, so that the page can say so.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from invoices.models import Requisition
from invoices.offers import Offer
from municipalities.models import Membership, Municipality

logger = logging.getLogger(__name__)


def send(
    template: str,
    *,
    subject: str,
    to: Iterable[str],
    context: Mapping[str, Any],
    reply_to: str = "",
) -> bool:
    """Send one message to everybody in ``to``; return whether it went.

    ``template`` is a file's name in ``templates/invoices/email``. With nobody to send to
    there is nothing that can fail.
    """
    addresses = sorted({address.lower() for address in to if address})
    if not addresses:
        return True
    message = EmailMessage(
        # A line break in a name would end the heading.
        subject=" ".join(subject.split()),
        body=render_to_string(f"invoices/email/{template}.txt", dict(context)),
        to=addresses,
        reply_to=[reply_to] if reply_to else None,
    )
    try:
        message.send()
    except OSError:  # smtplib's errors are of this kind as well
        logger.exception("The message %s could not be sent.", template)
        return False
    return True


def people_of(municipality: Municipality) -> list[str]:
    """Return the addresses of those who submit for the municipality."""
    return list(
        Membership.objects.valid()
        .within(municipality)
        .signatories()
        .values_list("user__email", flat=True)
    )


def receipt(request: HttpRequest, requisition: Requisition) -> bool:
    """Confirm an answer to whoever sent it in and to the contact person."""
    grant = requisition.grant
    to = [requisition.contact_email]
    if requisition.submitted_by:
        to.append(requisition.submitted_by.email)
    address = reverse("invoices:answer_receipt", args=[grant.pk])
    with translation.override(settings.LANGUAGE_CODE):
        return send(
            "receipt",
            subject=_("Receipt: %(grant)s") % {"grant": grant},
            to=to,
            context={
                "requisition": requisition,
                "grant": grant,
                "municipality": requisition.municipality,
                "url": request.build_absolute_uri(address),
            },
            reply_to=grant.questions_to,
        )


def hand_over(request: HttpRequest, offer: Offer, *, by: object) -> bool:
    """Ask those who submit for the municipality to read an answer and send it in."""
    address = reverse("invoices:answer_review", args=[offer.grant.pk])
    with translation.override(settings.LANGUAGE_CODE):
        return send(
            "hand_over",
            subject=_("To read and send in: %(grant)s") % {"grant": offer.grant},
            to=people_of(offer.municipality),
            context={
                "offer": offer,
                "grant": offer.grant,
                "by": by,
                "url": request.build_absolute_uri(address),
            },
        )
