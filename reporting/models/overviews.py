"""Overviews (sammanställningar): all of a body's grants of a year, beside the year before.

The rows are what somebody has chosen to show; their amounts follow the grants unless
somebody has written others.
"""

from typing import Self

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.fields import MoneyField
from grants.models import BudgetLine, Grant
from grants.models.same_body import same_body
from municipalities.models import CoordinatingBody
from municipalities.tracking import tracked
from municipalities.triggers import stays_with_its_body

PART_OF_A_WHOLE = """
IF EXISTS (
    SELECT 1 FROM reporting_overviewrow
    WHERE id = NEW.part_of_id AND (group_id <> NEW.group_id OR part_of_id IS NOT NULL)
) OR (NEW.part_of_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM reporting_overviewrow WHERE part_of_id = NEW.id
)) OR EXISTS (
    SELECT 1 FROM reporting_overviewrow
    WHERE part_of_id = NEW.id AND group_id <> NEW.group_id
) THEN
    RAISE EXCEPTION 'A part belongs to a whole row of the same group.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""


class OverviewQuerySet(models.QuerySet["Overview"]):
    """What is asked of overviews."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep the body's own."""
        return self.filter(body=body)


@tracked()
class Overview(models.Model):
    """What a body shows of all its grants of a year."""

    body = models.ForeignKey(
        CoordinatingBody,
        models.PROTECT,
        related_name="overviews",
        verbose_name=_("body"),
    )
    year = models.PositiveSmallIntegerField(
        _("year"), validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )
    title = models.CharField(
        _("heading"),
        max_length=200,
        blank=True,
        help_text=_("Where it is not “State grants” and the year."),
    )
    dated_on = models.DateField(
        _("as of"), help_text=_("The day that the facts are known to.")
    )
    introduction = models.TextField(
        _("introduction"),
        blank=True,
        help_text=_("Stands before the table. Written in Markdown."),
    )

    objects = OverviewQuerySet.as_manager()

    class Meta:
        ordering = ["-year"]
        verbose_name = _("overview")
        verbose_name_plural = _("overviews")
        constraints = [
            models.UniqueConstraint(
                name="one_overview_a_year",
                fields=["body", "year"],
                violation_error_message=_("There is already an overview of the year."),
            ),
            models.CheckConstraint(
                name="overview_is_of_our_time",
                condition=Q(year__range=(1990, 2100)),
                violation_error_message=_("Write a year from 1990 to 2100."),
            ),
        ]
        triggers = [stays_with_its_body("overview_stays_with_its_body")]

    def __str__(self) -> str:
        return self.title or str(_("State grants %(year)s") % {"year": self.year})

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("reporting:overview_detail", args=[self.year])


@tracked()
class OverviewGroup(models.Model):
    """Rows that are summed by themselves."""

    overview = models.ForeignKey(
        Overview, models.CASCADE, related_name="groups", verbose_name=_("overview")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    title = models.CharField(_("heading of the group"), max_length=200)
    sum_label = models.CharField(
        pgettext_lazy("overview", "name of the sum"),
        max_length=100,
        blank=True,
        help_text=_("Where it is not “Sum”."),
    )

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("group of an overview")
        verbose_name_plural = _("groups of an overview")
        constraints = [
            models.CheckConstraint(
                name="overview_group_has_a_heading",
                condition=~Q(title=""),
                violation_error_message=_("Write the heading of the group."),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="overview_group_stays_in_its_overview",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.overview_id <> NEW.overview_id"),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked()
class OverviewRow(models.Model):
    """A row: a grant, several or a part of one. Parts (varav) are not counted."""

    group = models.ForeignKey(
        OverviewGroup, models.CASCADE, related_name="rows", verbose_name=_("group")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    label = models.CharField(pgettext_lazy("overview", "row"), max_length=250)
    part_of = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="parts",
        verbose_name=_("part of"),
    )
    grant = models.ForeignKey(
        Grant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="overview_rows",
        verbose_name=_("grant"),
    )
    side = models.CharField(
        _("side of the grant"),
        max_length=20,
        choices=BudgetLine.Side,
        blank=True,
    )
    amount_before = MoneyField(_("the year before, kr"), null=True, blank=True)
    amount = MoneyField(_("the year, kr"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    is_emphasised = models.BooleanField(_("in bold"), default=False)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("row of an overview")
        verbose_name_plural = _("rows of an overview")
        constraints = [
            models.CheckConstraint(
                name="overview_row_has_a_label",
                condition=~Q(label=""),
                violation_error_message=_("Write what the row is about."),
            ),
            models.CheckConstraint(
                name="overview_row_amounts_are_not_negative",
                condition=(Q(amount=None) | Q(amount__gte=0))
                & (Q(amount_before=None) | Q(amount_before__gte=0)),
                violation_error_message=_("An amount cannot be below zero."),
            ),
            models.CheckConstraint(
                name="overview_row_is_not_part_of_itself",
                condition=Q(part_of=None) | ~Q(part_of=F("id")),
                violation_error_message=_("A row cannot be part of itself."),
            ),
            models.CheckConstraint(
                name="overview_row_with_a_side_has_a_grant",
                condition=Q(side="") | Q(grant__isnull=False),
                violation_error_message=_("Choose the grant that the side is of."),
            ),
        ]
        triggers = [
            same_body(
                "overview_row_is_of_the_bodys_grant",
                "SELECT 1 FROM grants_grant AS granted, reporting_overviewgroup AS grouped,"
                " reporting_overview AS shown"
                " WHERE granted.id = NEW.grant_id AND grouped.id = NEW.group_id"
                " AND shown.id = grouped.overview_id AND granted.body_id <> shown.body_id",
            ),
            pgtrigger.Trigger(
                name="overview_part_belongs_to_a_whole",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=PART_OF_A_WHOLE,
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_part(self) -> bool:
        """Whether it is shown below another and left out of the sums."""
        return self.part_of_id is not None
