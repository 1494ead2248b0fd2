"""Last days: what must be done by whom, when they are reminded, and what is done."""

from datetime import date
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.models.grants import Grant
from grants.models.same_body import same_body
from municipalities.models import CoordinatingBody, Message, Municipality, User
from municipalities.tracking import tracked


def default_reminders() -> list[int]:
    """Return the usual plan: three weeks, one week and one day before, and on the day."""
    return [21, 7, 1, 0]


REASONABLE = [
    MinValueValidator(date(1990, 1, 1), _("Write a day after 1989.")),
    MaxValueValidator(date(2100, 12, 31), _("Write a day before 2101.")),
]
"""What a last day may be: days are counted from it, in both directions."""


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    """What is asked of deadlines."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep those of the body's grants."""
        return self.filter(grant__body=body)

    def from_day(self, today: date) -> Self:
        """Keep those whose last day has not passed."""
        return self.filter(due_on__gte=today)

    def answers(self) -> Self:
        """Keep the municipalities' last days for requisitions."""
        return self.filter(
            kind=Deadline.Kind.REQUISITION, actor=Deadline.Actor.MUNICIPALITIES
        )


@tracked()
class Deadline(models.Model):
    """A last day (sista dag): what must be done, by whom and when."""

    class Kind(models.TextChoices):
        """What must be done."""

        REQUISITION = "requisition", pgettext_lazy("deadline", "requisition")
        INTERIM_REPORT = "interim_report", pgettext_lazy("deadline", "interim report")
        FINAL_REPORT = "final_report", pgettext_lazy("deadline", "final report")
        USE = "use", pgettext_lazy("deadline", "last day of use")
        REPAYMENT = "repayment", pgettext_lazy("deadline", "repayment")
        DECISION = "decision", pgettext_lazy("deadline", "decision awaited")
        OWN = "own", pgettext_lazy("deadline", "own deadline")

    class Actor(models.TextChoices):
        """Who must act."""

        MUNICIPALITIES = "municipalities", pgettext_lazy("actor", "the municipalities")
        BODY = "body", pgettext_lazy("actor", "we")
        REGION = "region", pgettext_lazy("actor", "the region")

    grant = models.ForeignKey(
        Grant, models.CASCADE, related_name="deadlines", verbose_name=_("grant")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    title = models.CharField(
        _("title"), max_length=200, blank=True, help_text=_("For a deadline of your own.")
    )
    due_on = models.DateField(_("last day"), validators=REASONABLE)
    moved_from = models.DateField(
        _("moved from"),
        null=True,
        blank=True,
        help_text=_("The day that was asked for, where it was a day off."),
    )
    follows = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="followed_by",
        verbose_name=_("follows"),
        help_text=_("The last day that this one is counted from."),
    )
    days_before = models.PositiveSmallIntegerField(
        _("days before it"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    actor = models.CharField(
        _("who must act"), max_length=20, choices=Actor, default=Actor.MUNICIPALITIES
    )
    remind_days_before = ArrayField(
        models.PositiveSmallIntegerField(validators=[MaxValueValidator(365)]),
        verbose_name=_("reminders, days before"),
        default=default_reminders,
        blank=True,
        help_text=_("With commas between, for example 21, 7, 1, 0. 0 is on the day."),
    )
    remind_every = models.PositiveSmallIntegerField(
        _("then, days between"),
        null=True,
        blank=True,
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
        help_text=_("After the last day, until it is done. Empty: no more reminders."),
    )
    is_paused = models.BooleanField(_("reminders are paused"), default=False)
    reminds_from = models.DateField(
        _("reminders from"),
        default=timezone.localdate,
        help_text=_("What should have been sent before this day is not sent afterwards."),
    )

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        constraints = [
            models.CheckConstraint(
                name="own_deadline_has_a_title",
                condition=~Q(kind="own") | ~Q(title=""),
                violation_error_message=_("Write what must be done."),
            ),
            models.CheckConstraint(
                name="deadline_that_follows_has_its_distance",
                # Compared with nothing it would be unknown, which a check lets through.
                condition=Q(follows=None)
                | Q(days_before__isnull=False, days_before__gte=1),
                violation_error_message=_("Write how many days before."),
            ),
            models.CheckConstraint(
                name="deadline_does_not_follow_itself",
                condition=Q(follows=None) | ~Q(follows=F("id")),
                violation_error_message=_("A last day cannot follow itself."),
            ),
        ]
        triggers = [
            same_body(
                "deadline_follows_within_its_grant",
                "SELECT 1 FROM grants_deadline"
                " WHERE id = NEW.follows_id AND grant_id <> NEW.grant_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.due_on:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        """Return the address of its row on the page of the grant's last days."""
        page = reverse("reporting:deadline_list", args=[self.grant_id])
        return f"{page}#sista-dag-{self.pk}"

    @property
    def label(self) -> str:
        """What must be done, in words."""
        return self.title or str(self.get_kind_display()).capitalize()


@tracked()
class DeadlineDone(models.Model):
    """That something is done, where the system does not see it by itself."""

    deadline = models.ForeignKey(
        Deadline, models.CASCADE, related_name="done", verbose_name=_("deadline")
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("municipality"),
        help_text=_("Empty: all of it is done."),
    )
    done_on = models.DateField(_("done on"), default=timezone.localdate)
    noted_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("noted by"),
    )
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        ordering = ["done_on", "pk"]
        verbose_name = _("done")
        verbose_name_plural = _("done")
        constraints = [
            models.UniqueConstraint(
                name="deadline_is_done_once",
                fields=["deadline", "municipality"],
                nulls_distinct=False,
                violation_error_message=_("It is already noted as done."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deadline}: {self.municipality or '–'} {self.done_on:%Y-%m-%d}"


class GrantMessage(models.Model):
    """Which grant a message is about."""

    message = models.OneToOneField(
        Message, models.CASCADE, primary_key=True, related_name="about"
    )
    grant = models.ForeignKey(Grant, models.CASCADE, related_name="messages")

    class Meta:
        verbose_name = _("message about a grant")
        verbose_name_plural = _("messages about grants")

    def __str__(self) -> str:
        return f"{self.grant}: {self.message}"
