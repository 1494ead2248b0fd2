"""A municipality's report (redovisning): what is being written, and what has been sent in.

The sections hold what is being typed. What is sent in is a version, which never changes; a
correction is the next one.
"""

from collections.abc import Mapping
from typing import Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.models import Deadline
from grants.models.same_body import same_body
from invoices.models import Settlement
from municipalities.models import CoordinatingBody, Municipality, StoredFile, User
from municipalities.tracking import tracked
from reporting.models.report_rounds import ReportRound

OF_AN_OPEN_ROUND = """
IF NOT EXISTS (
    SELECT 1 FROM reporting_reportround
    WHERE id = NEW.round_id AND opened_at IS NOT NULL
) THEN
    RAISE EXCEPTION 'The municipalities have not been asked yet.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

STEP_BY_STEP = """
IF OLD.round_id <> NEW.round_id OR OLD.municipality_id <> NEW.municipality_id THEN
    RAISE EXCEPTION 'A report stays in its round and with its municipality.'
        USING ERRCODE = 'restrict_violation';
END IF;
IF OLD.status <> NEW.status AND NOT (
    (OLD.status IN ('draft', 'returned', 'submitted', 'accepted')
        AND NEW.status = 'submitted')
    OR (OLD.status IN ('submitted', 'accepted') AND NEW.status = 'returned')
    OR (OLD.status = 'submitted' AND NEW.status = 'accepted')
) THEN
    RAISE EXCEPTION 'A report does not go from % to %.', OLD.status, NEW.status
        USING ERRCODE = 'restrict_violation';
END IF;
IF NEW.status <> 'draft' AND NOT EXISTS (
    SELECT 1 FROM reporting_reportversion WHERE report_id = NEW.id
) THEN
    RAISE EXCEPTION 'Nothing has been sent in.' USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

# The report is locked, so that two who send in at once do not get the same number.
NEXT_VERSION = """
PERFORM 1 FROM reporting_report WHERE id = NEW.report_id FOR NO KEY UPDATE;
IF NEW.number <> 1 + COALESCE((
    SELECT MAX(number) FROM reporting_reportversion WHERE report_id = NEW.report_id
), 0) THEN
    RAISE EXCEPTION 'A report is corrected by the version that follows.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""


class ReportQuerySet(models.QuerySet["Report"]):
    """What is asked of reports."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep those on the body's grants."""
        return self.filter(round__grant__body=body)

    def of_municipality(self, municipality: Municipality) -> Self:
        """Keep the municipality's own."""
        return self.filter(municipality=municipality)


@tracked(exclude=["handed_over_by"])
class Report(models.Model):
    """One municipality's answer in a round."""

    class Status(models.TextChoices):
        """How far it has come."""

        DRAFT = "draft", pgettext_lazy("report", "begun")
        SUBMITTED = "submitted", pgettext_lazy("report", "sent in")
        RETURNED = "returned", pgettext_lazy("report", "to be completed")
        ACCEPTED = "accepted", pgettext_lazy("report", "accepted")

    round = models.ForeignKey(
        ReportRound, models.PROTECT, related_name="reports", verbose_name=_("round")
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        related_name="reports",
        verbose_name=_("municipality"),
    )
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.DRAFT
    )
    is_correcting = models.BooleanField(
        _("a correction is being written"),
        default=False,
        help_text=_("What was sent in holds until the correction is."),
    )
    handed_over_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("left to be signed by"),
    )
    created_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("started by")
    )
    created_at = models.DateTimeField(_("started at"), auto_now_add=True)
    accepted_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("accepted by"),
    )
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    settlement = models.ForeignKey(
        Settlement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reports",
        verbose_name=_("settlement"),
        help_text=_("What its money was settled to when it was accepted."),
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["round", "municipality__code"]
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.UniqueConstraint(
                name="one_report_a_municipality", fields=["round", "municipality"]
            ),
            models.CheckConstraint(
                name="accepted_report_says_by_whom",
                condition=~Q(status="accepted")
                | Q(accepted_by__isnull=False, accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="only_a_sent_report_is_corrected",
                condition=Q(is_correcting=False) | Q(status__in=["submitted", "accepted"]),
            ),
        ]
        triggers = [
            same_body(
                "report_is_of_the_bodys_county",
                "SELECT 1 FROM reporting_reportround r"
                " JOIN grants_grant g ON g.id = r.grant_id"
                " JOIN municipalities_coordinatingbody b ON b.id = g.body_id"
                " JOIN municipalities_municipality m ON m.id = NEW.municipality_id"
                " WHERE r.id = NEW.round_id AND m.county_id <> b.county_id",
            ),
            same_body(
                "report_has_its_own_settlement",
                "SELECT 1 FROM invoices_settlement s"
                " JOIN reporting_reportround r ON r.id = NEW.round_id"
                " WHERE s.id = NEW.settlement_id AND (s.grant_id <> r.grant_id"
                " OR s.municipality_id IS DISTINCT FROM NEW.municipality_id)",
            ),
            pgtrigger.Trigger(
                name="report_is_of_an_open_round",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=OF_AN_OPEN_ROUND,
            ),
            pgtrigger.Trigger(
                name="report_goes_step_by_step",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=STEP_BY_STEP,
            ),
            pgtrigger.Protect(
                name="sent_report_is_kept",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.status <> 'draft'"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality}, {self.round}"

    def get_absolute_url(self) -> str:
        """Return the address of the municipality's own page about it."""
        return reverse("reporting:report_detail", args=[self.round_id])

    @property
    def is_open(self) -> bool:
        """Whether the municipality may write in it."""
        return self.is_correcting or self.status in {
            self.Status.DRAFT,
            self.Status.RETURNED,
        }


class ReportSection(models.Model):
    """What is being typed in one section. ``version`` grows each time it is saved."""

    report = models.ForeignKey(
        Report, models.CASCADE, related_name="sections", verbose_name=_("report")
    )
    key = models.CharField(_("section"), max_length=100)
    answers = models.JSONField(
        _("answers"), default=dict, blank=True, help_text=_("As typed, by field.")
    )
    version = models.PositiveIntegerField(_("version"), default=0)
    edited_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("edited by"),
        help_text=_("Empty: filled in by the service, and not gone through yet."),
    )
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True)

    class Meta:
        ordering = ["report", "pk"]
        verbose_name = _("section of a report")
        verbose_name_plural = _("sections of reports")
        constraints = [
            models.UniqueConstraint(name="one_of_each_section", fields=["report", "key"]),
            models.CheckConstraint(
                name="edited_section_says_when_and_by_whom",
                condition=Q(edited_by=None, edited_at=None)
                | Q(edited_by__isnull=False, edited_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.key


@tracked()
class ReportFile(models.Model):
    """A file that answers a question. One that is taken away stays in what was sent in."""

    report = models.ForeignKey(
        Report, models.CASCADE, related_name="files", verbose_name=_("report")
    )
    question = models.CharField(_("question"), max_length=100)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, related_name="+", verbose_name=_("file")
    )
    added_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("added by")
    )
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)
    is_removed = models.BooleanField(_("taken away"), default=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("file of a report")
        verbose_name_plural = _("files of reports")
        triggers = [
            pgtrigger.Protect(
                name="report_file_is_the_same",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "to_jsonb(OLD) - 'is_removed' <> to_jsonb(NEW) - 'is_removed'"
                ),
            ),
            same_body(
                "report_file_of_its_body",
                "SELECT 1 FROM reporting_report p"
                " JOIN reporting_reportround r ON r.id = p.round_id"
                " JOIN grants_grant g ON g.id = r.grant_id"
                " JOIN municipalities_storedfile f ON f.id = NEW.file_id"
                " WHERE p.id = NEW.report_id AND f.body_id <> g.body_id",
            ),
        ]

    def __str__(self) -> str:
        return str(self.file)


@tracked()
class ReportVersion(models.Model):
    """A report as it was sent in. It never changes."""

    report = models.ForeignKey(
        Report, models.PROTECT, related_name="versions", verbose_name=_("report")
    )
    number = models.PositiveSmallIntegerField(_("version"), default=1)
    answers = models.JSONField(_("answers"), help_text=_("As typed, by field."))
    facts = models.JSONField(
        _("the ledger's sums"), help_text=_("As they were when it was sent in. Kronor.")
    )
    reason = models.TextField(_("what is corrected"), blank=True)
    signed_name = models.CharField(_("signed by"), max_length=100)
    signed_title = models.CharField(_("title"), max_length=100, blank=True)
    submitted_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("sent in by")
    )
    submitted_at = models.DateTimeField(_("sent in at"), auto_now_add=True)
    is_late = models.BooleanField(_("late"), default=False)
    files = models.ManyToManyField(
        ReportFile, related_name="versions", blank=True, verbose_name=_("files")
    )

    class Meta:
        ordering = ["report", "-number"]
        verbose_name = _("version of a report")
        verbose_name_plural = _("versions of reports")
        constraints = [
            models.UniqueConstraint(
                name="report_version_number", fields=["report", "number"]
            ),
            models.CheckConstraint(
                name="signed_report_says_by_whom", condition=~Q(signed_name="")
            ),
            models.CheckConstraint(
                name="corrected_report_says_what",
                condition=Q(number=1) | ~Q(reason=""),
                violation_error_message=_("Write what you have corrected."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="report_version_follows",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=NEXT_VERSION,
            ),
            pgtrigger.Protect(
                name="sent_report_stays_as_it_is",
                operation=pgtrigger.Update | pgtrigger.Delete,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report}, version {self.number}"

    @property
    def typed(self) -> Mapping[str, str]:
        """The answers."""
        answers: dict[str, str] = self.answers
        return answers


@tracked()
class CompletionRequest(models.Model):
    """Staff ask for some sections once more (begäran om komplettering)."""

    report = models.ForeignKey(
        Report, models.PROTECT, related_name="completions", verbose_name=_("report")
    )
    version = models.ForeignKey(
        ReportVersion,
        models.PROTECT,
        related_name="completions",
        verbose_name=_("version"),
        help_text=_("What was read."),
    )
    sections = ArrayField(models.CharField(max_length=100), verbose_name=_("sections"))
    reason = models.TextField(_("what is lacking"))
    deadline = models.ForeignKey(
        Deadline,
        models.PROTECT,
        related_name="completions",
        verbose_name=_("last day"),
    )
    asked_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked at"), auto_now_add=True)
    closed_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken back by"),
        help_text=_("Empty: it waits for an answer, or has been answered."),
    )

    class Meta:
        ordering = ["report", "-asked_at"]
        verbose_name = _("request for completion")
        verbose_name_plural = _("requests for completion")
        constraints = [
            models.UniqueConstraint(
                name="one_open_completion_a_report",
                fields=["report"],
                condition=Q(closed_at=None),
            ),
            models.CheckConstraint(
                name="completion_says_what_is_lacking",
                condition=~Q(reason="") & Q(sections__len__gt=0),
                violation_error_message=_("Write what is lacking, and in which sections."),
            ),
            models.CheckConstraint(
                name="withdrawn_completion_is_closed",
                condition=Q(withdrawn_by=None) | Q(closed_at__isnull=False),
            ),
        ]
        triggers = [
            same_body(
                "completion_is_about_its_own",
                "SELECT 1 FROM reporting_report p"
                " JOIN reporting_reportround r ON r.id = p.round_id"
                " WHERE p.id = NEW.report_id AND (NOT EXISTS (SELECT 1"
                " FROM reporting_reportversion v WHERE v.id = NEW.version_id"
                " AND v.report_id = p.id) OR NOT EXISTS (SELECT 1"
                " FROM grants_deadline d WHERE d.id = NEW.deadline_id"
                " AND d.grant_id = r.grant_id))",
            ),
            pgtrigger.Protect(
                name="completion_stays_as_written",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.closed_at IS NOT NULL"
                    " OR to_jsonb(OLD) - '{closed_at,withdrawn_by_id}'::text[]"
                    " <> to_jsonb(NEW) - '{closed_at,withdrawn_by_id}'::text[]"
                ),
            ),
            pgtrigger.Protect(name="completion_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.reason
