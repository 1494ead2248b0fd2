"""What has been reminded of: each step of each last day once for each municipality.

A row is written in the transaction that writes its messages, and its key is unique: two
workers, a job that is run again, or a night that was missed cannot remind twice.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grants.models import Deadline
from municipalities.models import CoordinatingBody, Message, Municipality, User
from municipalities.tracking import tracked


@tracked()
class Reminder(models.Model):
    """A step of a plan that is dealt with: sent, or taken over by a later one."""

    body = models.ForeignKey(
        CoordinatingBody, models.PROTECT, related_name="+", verbose_name=_("body")
    )
    deadline = models.ForeignKey(
        Deadline,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="reminders",
        verbose_name=_("deadline"),
        help_text=_("Empty: the yearly question whether the contacts are right."),
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("municipality"),
        help_text=_("Empty: the body's own staff."),
    )
    due_on = models.DateField(_("last day"))
    step = models.SmallIntegerField(
        _("step"), help_text=_("Days from the last day; before it is below zero.")
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    sent_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("sent by"),
        help_text=_("Who asked for it to be sent now. Empty: by the plan."),
    )
    messages = models.ManyToManyField(
        Message, related_name="reminders", blank=True, verbose_name=_("messages")
    )

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint(
                name="one_reminder_a_step",
                fields=["body", "deadline", "municipality", "due_on", "step"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="reminder_is_about_something",
                condition=Q(deadline__isnull=False) | Q(municipality__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deadline or '–'} {self.municipality or '–'} {self.step:+d}"
