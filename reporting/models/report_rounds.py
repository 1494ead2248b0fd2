"""Rounds of reports (omgångar): the municipalities answer one form by one last day."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from grants.models import Deadline, Grant
from grants.models.same_body import same_body
from municipalities.models import CoordinatingBody, Message, User
from municipalities.tracking import tracked
from reporting.models.report_forms import ReportFormVersion, ReportKind
from reporting.report_form import Form, load

# The municipalities' words are put together before the authority gets them.
IN_ORDER = """
IF NEW.authority_deadline_id IS NOT NULL AND (
    SELECT due_on FROM grants_deadline WHERE id = NEW.deadline_id
) >= (
    SELECT due_on FROM grants_deadline WHERE id = NEW.authority_deadline_id
) THEN
    RAISE EXCEPTION 'The municipalities'' last day is not before the authority''s.'
        USING ERRCODE = 'restrict_violation';
END IF;
IF NOT EXISTS (
    SELECT 1 FROM reporting_reportformversion
    WHERE id = NEW.version_id AND status = 'fixed'
) THEN
    RAISE EXCEPTION 'A round uses a form that is in use.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

# What the municipalities are asked is not changed under their hands.
STAYS_OPEN = """
IF OLD.opened_at IS NOT NULL AND (
    TG_OP = 'DELETE'
    OR to_jsonb(OLD) - ARRAY['deadline_id', 'authority_deadline_id', 'recipient']
    <> to_jsonb(NEW) - ARRAY['deadline_id', 'authority_deadline_id', 'recipient']
) THEN
    RAISE EXCEPTION 'What an open round asks cannot be changed.'
        USING ERRCODE = 'restrict_violation';
END IF;
IF TG_OP = 'DELETE' THEN
    RETURN OLD;
END IF;
RETURN NEW;
"""


class ReportRoundQuerySet(models.QuerySet["ReportRound"]):
    """What is asked of rounds."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep those of the body's grants."""
        return self.filter(grant__body=body)

    def opened(self) -> Self:
        """Keep those that the municipalities have been asked in."""
        return self.filter(opened_at__isnull=False)


@tracked()
class ReportRound(models.Model):
    """One kind of report on one grant."""

    grant = models.ForeignKey(
        Grant, models.PROTECT, related_name="report_rounds", verbose_name=_("grant")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ReportKind)
    version = models.ForeignKey(
        ReportFormVersion,
        models.PROTECT,
        related_name="rounds",
        verbose_name=_("form"),
    )
    definition = models.JSONField(
        _("definition"),
        help_text=_("The form with the grant's purposes, as it is asked."),
    )
    opens_on = models.DateField(_("opens on"))
    deadline = models.ForeignKey(
        Deadline,
        models.PROTECT,
        related_name="report_rounds",
        verbose_name=_("the municipalities' last day"),
    )
    authority_deadline = models.ForeignKey(
        Deadline,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("the last day to the authority"),
    )
    recipient = models.CharField(
        _("recipient"),
        max_length=100,
        blank=True,
        help_text=_("The authority that the compiled report goes to."),
    )
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    opened_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("opened by"),
    )

    invitations = models.ManyToManyField(
        Message, related_name="+", blank=True, verbose_name=_("invitations")
    )

    objects = ReportRoundQuerySet.as_manager()

    class Meta:
        ordering = ["opens_on", "pk"]
        verbose_name = _("round of reports")
        verbose_name_plural = _("rounds of reports")
        constraints = [
            models.UniqueConstraint(
                name="one_round_of_each_kind",
                fields=["grant", "kind"],
                violation_error_message=_("The grant has a round of this kind already."),
            ),
            models.CheckConstraint(
                name="open_round_says_by_whom",
                condition=Q(opened_at=None, opened_by=None)
                | Q(opened_at__isnull=False, opened_by__isnull=False),
            ),
        ]
        triggers = [
            same_body(
                "report_round_within_its_body",
                "SELECT 1 FROM grants_grant g, reporting_reportformversion v"
                " JOIN reporting_reportform f ON f.id = v.form_id"
                " WHERE g.id = NEW.grant_id AND v.id = NEW.version_id"
                " AND f.body_id <> g.body_id",
            ),
            same_body(
                "report_round_within_its_grant",
                "SELECT 1 FROM grants_deadline"
                " WHERE id IN (NEW.deadline_id, NEW.authority_deadline_id)"
                " AND grant_id <> NEW.grant_id",
            ),
            pgtrigger.Trigger(
                name="report_round_in_order",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=IN_ORDER,
            ),
            pgtrigger.Trigger(
                name="open_report_round_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=STAYS_OPEN,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.grant}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("reporting:report_round_detail", args=[self.grant_id, self.pk])

    @property
    def is_open(self) -> bool:
        """Whether the municipalities have been asked."""
        return self.opened_at is not None

    @property
    def read(self) -> Form:
        """The form as it is asked."""
        data: dict[str, Any] = self.definition
        return load(data)
