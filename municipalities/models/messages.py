"""Messages that go out by e-mail: what was sent to whom, when, why, and how it went.

A message is to one address. It is written in the same transaction as the change that it
tells of, and sent afterwards: what is rolled back is never sent, and what is saved is never
forgotten.
"""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from municipalities.models.bodies import CoordinatingBody
from municipalities.models.files import StoredFile
from municipalities.models.people import User
from municipalities.models.places import Municipality
from municipalities.tracking import tracked


class MessageQuerySet(models.QuerySet["Message"]):
    """What is asked of messages."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep those of the body's log."""
        return self.filter(body=body)

    def due(self, now: datetime) -> Self:
        """Keep those that are to be sent by ``now``."""
        return self.filter(status=Message.Status.QUEUED, send_after__lte=now)

    def troubled(self) -> Self:
        """Keep those that a person has to look at."""
        return self.filter(status__in=TROUBLED, handled_at=None)

    def stuck(self, now: datetime) -> Self:
        """Keep those that should have been tried long ago: nobody sends."""
        return self.due(now - STUCK_AFTER)


def new_message_id() -> str:
    """Return a Message-ID that is the same however many times a message is tried."""
    return f"<{uuid.uuid4()}@{settings.MESSAGE_DOMAIN}>"


@tracked(exclude=["text", "html"])
class Message(models.Model):
    """A message to one address."""

    class Status(models.TextChoices):
        """How far it has come."""

        QUEUED = "queued", pgettext_lazy("message", "waiting")
        SENDING = "sending", pgettext_lazy("message", "being sent")
        SENT = "sent", pgettext_lazy("message", "sent")
        FAILED = "failed", pgettext_lazy("message", "failed")
        UNCERTAIN = "uncertain", pgettext_lazy("message", "uncertain")
        DROPPED = "dropped", pgettext_lazy("message", "no longer needed")

    body = models.ForeignKey(
        CoordinatingBody,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("body"),
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("municipality"),
    )
    kind = models.CharField(_("kind"), max_length=40)
    why = models.CharField(_("why"), max_length=300)
    to_email = models.EmailField(_("to"))
    reply_to = models.EmailField(_("answers go to"), blank=True)
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"))
    html = models.TextField(_("text as HTML"))
    unsubscribe = models.CharField(
        _("where these messages are turned off"), max_length=300, blank=True
    )
    attachments = models.ManyToManyField(
        StoredFile, related_name="+", blank=True, verbose_name=_("attachments")
    )
    message_id = models.CharField(max_length=120, unique=True, default=new_message_id)
    key = models.CharField(
        max_length=120,
        null=True,
        blank=True,
        unique=True,
        help_text=_("The same key is never sent twice."),
    )
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.QUEUED
    )
    created_at = models.DateTimeField(_("written at"), default=timezone.now)
    send_after = models.DateTimeField(_("to be sent from"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    claimed_at = models.DateTimeField(_("tried at"), null=True, blank=True)
    handed_over_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("When the mail server began to be given it."),
    )
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.TextField(_("the mail server's answer"), blank=True)
    handled_at = models.DateTimeField(_("looked at"), null=True, blank=True)
    handled_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("looked at by"),
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(
                name="message_sent_has_its_moment",
                condition=~Q(status="sent") | Q(sent_at__isnull=False),
            ),
        ]
        indexes = [
            # The sender asks every minute; the log is read by page.
            models.Index(
                fields=["send_after", "id"],
                condition=Q(status="queued"),
                name="message_to_send",
            ),
            models.Index(fields=["body", "-created_at", "-id"], name="message_in_the_log"),
            models.Index(
                fields=["status", "id"],
                condition=Q(status__in=["sending", "failed", "uncertain"]),
                name="message_to_see_to",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.to_email})"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("municipalities:message_detail", args=[self.pk])


TROUBLED = (Message.Status.FAILED, Message.Status.UNCERTAIN)
"""What a person has to look at."""

STUCK_AFTER = timedelta(minutes=15)


@tracked()
class MessageTemplate(models.Model):
    """A body's own words for a kind of message."""

    body = models.ForeignKey(
        CoordinatingBody, models.PROTECT, related_name="+", verbose_name=_("body")
    )
    kind = models.CharField(_("kind"), max_length=40)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"), help_text=_("Written in Markdown."))

    class Meta:
        ordering = ["kind"]
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        constraints = [
            models.UniqueConstraint(
                name="one_template_a_body_and_kind", fields=["body", "kind"]
            ),
        ]

    def __str__(self) -> str:
        return self.subject


@tracked()
class BouncedAddress(models.Model):
    """An address that a mail server has said does not exist."""

    email = models.EmailField(_("e-mail"), unique=True)
    bounced_at = models.DateTimeField(_("since"), default=timezone.now)
    reason = models.TextField(_("the mail server's answer"), blank=True)

    class Meta:
        ordering = ["email"]
        verbose_name = _("address that does not work")
        verbose_name_plural = _("addresses that do not work")

    def __str__(self) -> str:
        return self.email


@tracked()
class ContactConfirmation(models.Model):
    """That a municipality has said that its people are right."""

    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        related_name="contact_confirmations",
        verbose_name=_("municipality"),
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), default=timezone.now)
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("confirmed by")
    )

    class Meta:
        ordering = ["-confirmed_at"]
        get_latest_by = "confirmed_at"
        verbose_name = _("confirmation of contacts")
        verbose_name_plural = _("confirmations of contacts")

    def __str__(self) -> str:
        return f"{self.municipality} {self.confirmed_at:%Y-%m-%d}"
