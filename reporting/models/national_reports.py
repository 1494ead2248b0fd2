"""The body's own report to the authority (samlad redovisning), from what came in.

Its figures are kept as they were when its draft was made, so that one that has changed
since is pointed out. Once delivered it never changes; the next one starts from it.
"""

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.models.same_body import same_body
from municipalities.models import CoordinatingBody, StoredFile, User
from municipalities.tracking import tracked
from reporting.models.report_rounds import ReportRound

PART_OF_A_DRAFT = """
IF EXISTS (
    SELECT 1 FROM reporting_nationalreport
    WHERE id = {row}.report_id AND status = 'delivered'
) THEN
    RAISE EXCEPTION 'The report is delivered and cannot change.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN {row};
"""


class NationalReportQuerySet(models.QuerySet["NationalReport"]):
    """What is asked of national reports."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep those on the body's grants."""
        return self.filter(round__grant__body=body)


@tracked()
class NationalReport(models.Model):
    """A version of what the body writes about a round."""

    class Status(models.TextChoices):
        """Whether it can still be changed."""

        DRAFT = "draft", pgettext_lazy("national report", "draft")
        DELIVERED = "delivered", pgettext_lazy("national report", "delivered")

    round = models.ForeignKey(
        ReportRound,
        models.PROTECT,
        related_name="national_reports",
        verbose_name=_("round"),
    )
    number = models.PositiveSmallIntegerField(_("version"), default=1)
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.DRAFT
    )
    title = models.CharField(_("title"), max_length=200)
    figures = models.JSONField(
        _("figures"),
        default=dict,
        help_text=_("Those of the compilation when the draft was made. Kronor."),
    )
    figures_at = models.DateTimeField(_("figures as of"))
    follows = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="followed_by",
        verbose_name=_("starts from"),
        help_text=_("The report whose texts it was begun with."),
    )
    created_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("started by")
    )
    created_at = models.DateTimeField(_("started at"), auto_now_add=True)
    delivered_on = models.DateField(_("delivered on"), null=True, blank=True)
    delivered_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("delivered by"),
    )
    record_number = models.CharField(_("record number (dnr)"), max_length=40, blank=True)

    objects = NationalReportQuerySet.as_manager()

    class Meta:
        ordering = ["round", "-number"]
        verbose_name = _("national report")
        verbose_name_plural = _("national reports")
        constraints = [
            models.UniqueConstraint(
                name="national_report_number", fields=["round", "number"]
            ),
            models.UniqueConstraint(
                name="one_draft_national_report",
                fields=["round"],
                condition=Q(status="draft"),
                violation_error_message=_("There is already a draft."),
            ),
            models.CheckConstraint(
                name="delivered_report_says_when_and_by_whom",
                condition=Q(status="draft", delivered_on=None, delivered_by=None)
                | Q(
                    status="delivered",
                    delivered_on__isnull=False,
                    delivered_by__isnull=False,
                )
                & ~Q(record_number=""),
                violation_error_message=_("Write the day and the record number."),
            ),
        ]
        triggers = [
            same_body(
                "national_report_follows_its_bodys",
                "SELECT 1 FROM reporting_nationalreport p"
                " JOIN reporting_reportround pr ON pr.id = p.round_id"
                " JOIN grants_grant pg ON pg.id = pr.grant_id"
                " JOIN reporting_reportround r ON r.id = NEW.round_id"
                " JOIN grants_grant g ON g.id = r.grant_id"
                " WHERE p.id = NEW.follows_id AND pg.body_id <> g.body_id",
            ),
            pgtrigger.Protect(
                name="delivered_report_is_fixed",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.status = 'delivered'"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse(
            "reporting:national_report_detail",
            args=[self.round.grant_id, self.round_id, self.number],
        )

    @property
    def is_draft(self) -> bool:
        """Whether it can still be changed."""
        return self.status == self.Status.DRAFT


@tracked()
class NationalReportSection(models.Model):
    """What the body writes in one section, in Markdown."""

    report = models.ForeignKey(
        NationalReport,
        models.CASCADE,
        related_name="sections",
        verbose_name=_("national report"),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    key = models.CharField(
        _("section"),
        max_length=100,
        help_text=_("The form's section that it is about, or one of our own."),
    )
    title = models.CharField(_("heading"), max_length=200)
    text = models.TextField(_("text"), blank=True)
    version = models.PositiveIntegerField(_("version"), default=0)
    edited_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("edited by"),
    )
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("section of a national report")
        verbose_name_plural = _("sections of national reports")
        constraints = [
            models.UniqueConstraint(
                name="one_of_each_national_section", fields=["report", "key"]
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="national_section_is_of_a_draft",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=PART_OF_A_DRAFT.format(row="NEW"),
            ),
            pgtrigger.Trigger(
                name="national_section_is_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=PART_OF_A_DRAFT.format(row="OLD"),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class NationalReportFile(models.Model):
    """A document of a national report, and how far the making of it has come."""

    class Kind(models.TextChoices):
        """What it is opened with."""

        WORD = "docx", "Word"
        PDF = "pdf", "PDF"
        EXCEL = "xlsx", "Excel"

    class Status(models.TextChoices):
        """How far it has come."""

        QUEUED = "queued", pgettext_lazy("document", "waits")
        RUNNING = "running", pgettext_lazy("document", "is being made")
        DONE = "done", pgettext_lazy("document", "ready")
        FAILED = "failed", pgettext_lazy("document", "could not be made")

    report = models.ForeignKey(
        NationalReport,
        models.CASCADE,
        related_name="files",
        verbose_name=_("national report"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.QUEUED
    )
    step = models.PositiveIntegerField(_("step"), default=0)
    steps = models.PositiveIntegerField(_("steps"), default=0)
    file = models.ForeignKey(
        StoredFile,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("file"),
    )
    made_from = models.CharField(
        _("made from"),
        max_length=64,
        blank=True,
        help_text=_("Tells what the document says: other content gives another."),
    )
    attempts = models.PositiveSmallIntegerField(
        _("attempts"),
        default=0,
        help_text=_("One that ends its maker every time is not begun for ever."),
    )
    requested_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("asked for by")
    )
    requested_at = models.DateTimeField(_("asked for at"), auto_now_add=True)
    seen_at = models.DateTimeField(
        _("last sign of life"),
        null=True,
        blank=True,
        help_text=_("One that has been silent for long is begun anew."),
    )
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        ordering = ["-requested_at"]
        verbose_name = _("document of a national report")
        verbose_name_plural = _("documents of national reports")
        constraints = [
            models.CheckConstraint(
                name="finished_document_has_its_file",
                condition=Q(status="done", file__isnull=False)
                | ~Q(status="done") & Q(file=None),
            ),
            models.CheckConstraint(
                name="document_is_within_its_steps", condition=Q(step__lte=F("steps"))
            ),
            models.UniqueConstraint(
                name="one_document_of_each_kind_in_the_making",
                fields=["report", "kind"],
                condition=Q(status__in=["queued", "running"]),
            ),
        ]
        triggers = [
            same_body(
                "national_file_of_its_body",
                "SELECT 1 FROM reporting_nationalreport p"
                " JOIN reporting_reportround r ON r.id = p.round_id"
                " JOIN grants_grant g ON g.id = r.grant_id"
                " JOIN municipalities_storedfile f ON f.id = NEW.file_id"
                " WHERE p.id = NEW.report_id AND f.body_id <> g.body_id",
            ),
            pgtrigger.Trigger(
                name="national_file_is_of_a_draft",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=PART_OF_A_DRAFT.format(row="NEW"),
            ),
            pgtrigger.Trigger(
                name="national_file_is_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=PART_OF_A_DRAFT.format(row="OLD"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report} ({self.get_kind_display()})"
