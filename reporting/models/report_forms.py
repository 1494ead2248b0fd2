"""Report forms (formulär för återrapportering) and their versions.

A version holds the whole form as one value (``reporting.report_form``). A draft is written
on; what is in use is fixed, and the database refuses to change it.
"""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from municipalities.models import CoordinatingBody, User
from municipalities.tracking import tracked
from municipalities.triggers import stays_with_its_body
from reporting.report_form import Form, load

FIXED = pgtrigger.Condition("OLD.status = 'fixed'")


class ReportKind(models.TextChoices):
    """What a report is for."""

    INTERIM = "interim", pgettext_lazy("report", "interim report")
    FINAL = "final", pgettext_lazy("report", "final report")
    COSTS = "costs", pgettext_lazy("report", "follow-up of costs")
    OTHER = "other", pgettext_lazy("report", "other report")


class ReportFormQuerySet(models.QuerySet["ReportForm"]):
    """What is asked of report forms."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep the body's own."""
        return self.filter(body=body)


@tracked()
class ReportForm(models.Model):
    """A form that municipalities report with, in versions."""

    body = models.ForeignKey(
        CoordinatingBody,
        models.PROTECT,
        related_name="report_forms",
        verbose_name=_("body"),
    )
    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=ReportKind)

    objects = ReportFormQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]
        verbose_name = _("report form")
        verbose_name_plural = _("report forms")
        triggers = [stays_with_its_body("report_form_stays_with_its_body")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("reporting:report_form_detail", args=[self.pk])


class ReportFormVersionQuerySet(models.QuerySet["ReportFormVersion"]):
    """What is asked of versions."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep those of the body's forms."""
        return self.filter(form__body=body)

    def fixed(self) -> Self:
        """Keep those that can be used."""
        return self.filter(status=ReportFormVersion.Status.FIXED)

    def latest_of_each(self) -> Self:
        """Keep the last of each form."""
        ordered = self.order_by("form_id", "-number").distinct("form_id").values("pk")
        return self.filter(pk__in=ordered)


@tracked()
class ReportFormVersion(models.Model):
    """A form as it was at one time."""

    class Status(models.TextChoices):
        """Whether it can still be changed."""

        DRAFT = "draft", pgettext_lazy("report form", "draft")
        FIXED = "fixed", pgettext_lazy("report form", "in use")

    form = models.ForeignKey(
        ReportForm, models.CASCADE, related_name="versions", verbose_name=_("report form")
    )
    number = models.PositiveSmallIntegerField(_("version"), default=1)
    definition = models.JSONField(_("definition"))
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT
    )
    fixed_at = models.DateTimeField(_("taken into use at"), null=True, blank=True)
    fixed_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken into use by"),
    )

    objects = ReportFormVersionQuerySet.as_manager()

    class Meta:
        ordering = ["form", "-number"]
        verbose_name = _("version of a report form")
        verbose_name_plural = _("versions of report forms")
        constraints = [
            models.UniqueConstraint(
                name="report_form_version_number", fields=["form", "number"]
            ),
            models.UniqueConstraint(
                name="one_draft_a_report_form",
                fields=["form"],
                condition=Q(status="draft"),
                violation_error_message=_("There is already a draft."),
            ),
            models.CheckConstraint(
                name="fixed_report_form_says_when_and_by_whom",
                condition=Q(status="draft", fixed_at=None, fixed_by=None)
                | Q(status="fixed", fixed_at__isnull=False, fixed_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="fixed_report_form_stays_as_it_is",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=FIXED,
            ),
            pgtrigger.Protect(
                name="report_form_version_stays_in_its_form",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.form_id <> NEW.form_id"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form}, version {self.number}"

    @property
    def is_draft(self) -> bool:
        """Whether it can still be changed."""
        return self.status == self.Status.DRAFT

    @property
    def read(self) -> Form:
        """The form itself."""
        data: dict[str, Any] = self.definition
        return load(data)
