"""Distributions: a pot split between municipalities, and decided by a second person.

What is decided is fixed. The triggers here refuse every later change, whoever makes it and
however: a form, the ORM or plain SQL.
"""

from typing import Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.fields import MoneyField
from grants.models.grants import Grant
from grants.models.keys import AllocationKey, Component, RoundingRule
from grants.models.same_body import same_body
from municipalities.models import CoordinatingBody, Municipality, Statistic
from municipalities.tracking import tracked

DRAFTED_FIRST = """
IF NEW.status <> 'draft' THEN
    RAISE EXCEPTION 'A distribution starts as a draft.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

FIXED_ONCE_DECIDED = """
IF OLD.status = 'decided' AND NEW.status = 'superseded'
    AND to_jsonb(OLD) - 'status' = to_jsonb(NEW) - 'status' THEN
    RETURN NEW;
END IF;
RAISE EXCEPTION 'The distribution is decided and cannot change.'
    USING ERRCODE = 'restrict_violation';
"""

# The statistics are locked here, so that no way of deciding can leave them open.
DECIDED_WHOLE = """
IF EXISTS (
    SELECT 1 FROM grants_allocation AS allocation
    WHERE allocation.distribution_id = NEW.id
    AND allocation.amount <> allocation.calculated + COALESCE((
        SELECT SUM(adjustment.amount) FROM grants_adjustment AS adjustment
        WHERE adjustment.allocation_id = allocation.id
    ), 0)
) THEN
    RAISE EXCEPTION 'An amount differs from what was calculated and adjusted.'
        USING ERRCODE = 'restrict_violation';
END IF;
IF NEW.pot <> NEW.set_aside + NEW.difference + COALESCE((
    SELECT SUM(amount) FROM grants_allocation WHERE distribution_id = NEW.id
), 0) THEN
    RAISE EXCEPTION 'The amounts do not sum to the pot.'
        USING ERRCODE = 'restrict_violation';
END IF;
UPDATE municipalities_statistic SET locked_at = now()
    WHERE locked_at IS NULL AND id IN (
        SELECT statistic_id FROM grants_distributioncomponent
        WHERE distribution_id = NEW.id
    );
RETURN NEW;
"""

PART_OF_DECIDED = """
PERFORM 1 FROM grants_distribution WHERE id IN ({ids}) FOR SHARE;
IF EXISTS (
    SELECT 1 FROM grants_distribution WHERE status <> 'draft' AND id IN ({ids})
) THEN
    RAISE EXCEPTION 'The distribution is decided and cannot change.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NULL;
"""


def fixed_once_decided(name: str, path: str) -> list[pgtrigger.Trigger]:
    """Return triggers that fix the rows of a decided distribution.

    ``path`` is the query that gives the distributions' ids from the rows in ``{table}``.
    """
    triggers = []
    for event, operation, tables in [
        ("added", pgtrigger.Insert, {"new": "new_rows"}),
        ("changed", pgtrigger.Update, {"old": "old_rows", "new": "new_rows"}),
        ("removed", pgtrigger.Delete, {"old": "old_rows"}),
    ]:
        ids = " UNION ".join(path.format(table=table) for table in tables.values())
        triggers.append(
            pgtrigger.Trigger(
                name=f"decided_{name}_{event}",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=operation,
                referencing=pgtrigger.Referencing(**tables),  # type: ignore[no-untyped-call]
                func=PART_OF_DECIDED.format(ids=ids),
            )
        )
    return triggers


class DistributionQuerySet(models.QuerySet["Distribution"]):
    """What is asked of distributions."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep the body's own."""
        return self.filter(grant__body=body)

    def decided(self) -> Self:
        """Keep those that hold now."""
        return self.filter(status=Distribution.Status.DECIDED)

    def drafts(self) -> Self:
        """Keep those that nobody has decided."""
        return self.filter(status=Distribution.Status.DRAFT)


@tracked()
class Distribution(models.Model):
    """A version of how a grant is split (fördelning). All amounts in whole kronor."""

    class Status(models.TextChoices):
        """How far the version has come."""

        DRAFT = "draft", pgettext_lazy("distribution", "draft")
        DECIDED = "decided", pgettext_lazy("distribution", "decided")
        SUPERSEDED = "superseded", pgettext_lazy("distribution", "superseded")

    grant = models.ForeignKey(
        Grant, models.PROTECT, related_name="distributions", verbose_name=_("grant")
    )
    version = models.PositiveSmallIntegerField(_("version"))
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.DRAFT
    )
    reason = models.TextField(
        _("why there is a new version"),
        blank=True,
        help_text=_("Stands in the memo of a new version."),
    )
    key = models.ForeignKey(
        AllocationKey,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="distributions",
        verbose_name=_("key"),
        help_text=_("The key that the parts were copied from."),
    )
    rounding = models.CharField(
        _("rounding"), max_length=10, choices=RoundingRule, default=RoundingRule.EXACT
    )
    budget_amount = MoneyField(_("from the budget"), default=0)
    carry_over_amount = MoneyField(_("carried over"), default=0)
    pot = MoneyField(_("pot"), default=0)
    set_aside = MoneyField(_("set aside"), default=0)
    difference = MoneyField(_("rounding difference"), default=0)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("drafted by"),
        help_text=_("Who changed the draft last."),
    )
    drafted_at = models.DateTimeField(_("drafted at"), auto_now=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_on = models.DateField(
        _("date of the decision"),
        null=True,
        blank=True,
        help_text=_("The day the deciding body made its decision."),
    )

    objects = DistributionQuerySet.as_manager()

    class Meta:
        ordering = ["grant", "-version"]
        verbose_name = _("distribution")
        verbose_name_plural = _("distributions")
        constraints = [
            models.UniqueConstraint(
                name="one_distribution_a_version", fields=["grant", "version"]
            ),
            models.UniqueConstraint(
                name="one_draft_a_grant",
                fields=["grant"],
                condition=Q(status="draft"),
                violation_error_message=_("The grant already has a draft."),
            ),
            models.UniqueConstraint(
                name="one_decided_distribution_a_grant",
                fields=["grant"],
                condition=Q(status="decided"),
            ),
            models.CheckConstraint(
                name="distribution_is_decided_by_a_second_person",
                condition=Q(
                    status="draft", decided_by=None, decided_at=None, decided_on=None
                )
                | (
                    ~Q(status="draft")
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                    & Q(decided_on__isnull=False)
                    & ~Q(decided_by=F("drafted_by"))
                ),
                violation_error_message=_(
                    "Whoever changed the draft last cannot decide it."
                ),
            ),
            models.CheckConstraint(
                name="distribution_pot_is_budget_and_carry_over",
                condition=Q(pot=F("budget_amount") + F("carry_over_amount"))
                & Q(budget_amount__gte=0, carry_over_amount__gte=0, set_aside__gte=0),
            ),
            models.CheckConstraint(
                name="new_version_of_distribution_says_why",
                condition=Q(version=1) | ~Q(reason=""),
                violation_error_message=_("Write why there is a new version."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="distribution_is_drafted_first",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=DRAFTED_FIRST,
            ),
            pgtrigger.Trigger(
                name="decided_distribution_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__status="draft"),
                func=FIXED_ONCE_DECIDED,
            ),
            pgtrigger.Protect(
                name="decided_distribution_is_kept",
                operation=pgtrigger.Delete,
                condition=~pgtrigger.Q(old__status="draft"),
            ),
            pgtrigger.Trigger(
                name="distribution_is_decided_whole",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status="draft", new__status="decided"),
                func=DECIDED_WHOLE,
            ),
            pgtrigger.Protect(
                name="draft_is_not_superseded",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status="draft", new__status="superseded"),
            ),
            same_body(
                "distribution_key_is_the_bodys",
                "SELECT 1 FROM grants_allocationkey AS key, grants_grant AS granted"
                " WHERE key.id = NEW.key_id AND granted.id = NEW.grant_id"
                " AND key.body_id <> granted.body_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant}, version {self.version}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("grants:distribution_detail", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        """Whether it may still change."""
        return self.status == self.Status.DRAFT

    @cached_property
    def among(self) -> frozenset[str]:
        """Codes of those that a redistribution splits between; empty in any other."""
        lists = self.components.values_list("among", flat=True)
        return frozenset(code for codes in lists for code in codes)

    @property
    def is_redistribution(self) -> bool:
        """Whether it hands out what others have declined or not asked for."""
        return bool(self.among)

    @property
    def to_municipalities(self) -> int:
        """Kronor that the municipalities share, before rounding."""
        return int(self.pot - self.set_aside)

    @property
    def distributed(self) -> int:
        """Kronor that the municipalities get, as the amounts sum."""
        return int(self.to_municipalities - self.difference)


@tracked()
class DistributionComponent(Component):
    """A part of the key, copied, with the statistic that this version rests on."""

    distribution = models.ForeignKey(
        Distribution,
        models.CASCADE,
        related_name="components",
        verbose_name=_("distribution"),
    )
    statistic = models.ForeignKey(
        Statistic,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="components",
        verbose_name=_("statistic"),
    )
    among = ArrayField(
        models.CharField(max_length=4),
        verbose_name=_("only among"),
        default=list,
        blank=True,
        help_text=_(
            "Codes of the municipalities that a redistribution splits between. "
            "Empty: all that take part."
        ),
    )

    class Meta(Component.Meta):
        verbose_name = _("part of the distribution")
        verbose_name_plural = _("parts of the distribution")
        constraints = [
            *Component.Meta.constraints,
            models.CheckConstraint(
                name="distributioncomponent_by_statistic_has_it",
                condition=Q(kind="statistic", statistic__isnull=False)
                | (~Q(kind="statistic") & Q(statistic=None)),
                violation_error_message=_("Choose the statistic."),
            ),
        ]
        triggers = [
            *fixed_once_decided("component", "SELECT distribution_id FROM {table}"),
            same_body(
                "component_statistic_is_the_bodys",
                "SELECT 1 FROM municipalities_statistic AS statistic,"
                " grants_distribution AS version, grants_grant AS granted"
                " WHERE statistic.id = NEW.statistic_id"
                " AND version.id = NEW.distribution_id AND granted.id = version.grant_id"
                " AND statistic.body_id <> granted.body_id",
            ),
        ]

    def __str__(self) -> str:
        return str(self.statistic or self.get_kind_display())


@tracked()
class DistributionFixedAmount(models.Model):
    """What one municipality gets from a part with fixed amounts."""

    component = models.ForeignKey(
        DistributionComponent, models.CASCADE, related_name="fixed_amounts"
    )
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    amount = MoneyField(_("amount"))

    class Meta:
        ordering = ["municipality__code"]
        verbose_name = pgettext_lazy("distribution", "fixed amount")
        verbose_name_plural = pgettext_lazy("distribution", "fixed amounts")
        constraints = [
            models.UniqueConstraint(
                name="one_fixed_amount_in_a_distribution",
                fields=["component", "municipality"],
            ),
            models.CheckConstraint(
                name="distribution_fixed_amount_is_not_negative",
                condition=Q(amount__gte=0),
                violation_error_message=_("An amount cannot be below zero."),
            ),
        ]
        triggers = fixed_once_decided(
            "fixed_amount",
            "SELECT distribution_id FROM grants_distributioncomponent"
            " WHERE id IN (SELECT component_id FROM {table})",
        )

    def __str__(self) -> str:
        return f"{self.municipality}: {self.amount}"


@tracked()
class Allocation(models.Model):
    """What one municipality is allocated (tilldelat belopp), in whole kronor."""

    distribution = models.ForeignKey(
        Distribution,
        models.CASCADE,
        related_name="allocations",
        verbose_name=_("distribution"),
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        related_name="allocations",
        verbose_name=_("municipality"),
    )
    calculated = MoneyField(_("calculated amount"), default=0)
    amount = MoneyField(_("amount"), default=0)

    class Meta:
        ordering = ["municipality__code"]
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.UniqueConstraint(
                name="one_allocation_a_municipality",
                fields=["distribution", "municipality"],
            ),
            models.CheckConstraint(
                name="allocation_is_not_negative",
                condition=Q(amount__gte=0, calculated__gte=0),
                violation_error_message=_("An amount cannot be below zero."),
            ),
        ]
        triggers = fixed_once_decided("allocation", "SELECT distribution_id FROM {table}")

    def __str__(self) -> str:
        return f"{self.municipality}: {self.amount}"


@tracked()
class Adjustment(models.Model):
    """A change by hand of one municipality's amount, with its reason."""

    allocation = models.ForeignKey(
        Allocation,
        models.CASCADE,
        related_name="adjustments",
        verbose_name=_("allocation"),
    )
    amount = MoneyField(
        _("change"), help_text=_("More with plus, less with minus, in kronor.")
    )
    reason = models.TextField(_("reason"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("made by"),
    )
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        ordering = ["made_at", "pk"]
        verbose_name = _("adjustment")
        verbose_name_plural = _("adjustments")
        constraints = [
            models.CheckConstraint(
                name="adjustment_changes_something",
                condition=~Q(amount=0),
                violation_error_message=_("Write by how much the amount changes."),
            ),
            models.CheckConstraint(
                name="adjustment_has_a_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Write the reason."),
            ),
        ]
        triggers = fixed_once_decided(
            "adjustment",
            "SELECT distribution_id FROM grants_allocation"
            " WHERE id IN (SELECT allocation_id FROM {table})",
        )

    def __str__(self) -> str:
        return f"{self.allocation.municipality}: {self.amount:+d}"
