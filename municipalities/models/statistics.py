"""Statistics that keys rest on: population, care recipients, or any other."""

from decimal import Decimal
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from municipalities.models.bodies import CoordinatingBody
from municipalities.models.files import StoredFile
from municipalities.models.places import Municipality
from municipalities.numbers import grouped
from municipalities.tracking import tracked
from municipalities.triggers import stays_with_its_body

LOCKED = _("The statistic is locked: a decided distribution rests on it.")


class StatisticKind(models.TextChoices):
    """What is counted."""

    POPULATION = "population", pgettext_lazy("statistic", "population")
    CARE_RECIPIENTS = "care_recipients", pgettext_lazy("statistic", "care recipients")
    OTHER = "other", pgettext_lazy("statistic", "other")


class StatisticQuerySet(models.QuerySet["Statistic"]):
    """What is asked of statistics."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep the body's own."""
        return self.filter(body=body)

    def with_totals(self) -> Self:
        """Annotate ``municipality_count`` and ``total``."""
        return self.annotate(municipality_count=Count("values"), total=Sum("values__value"))

    def before(self, statistic: "Statistic") -> Self:
        """Keep earlier ones of the same kind and name, the latest first."""
        return self.filter(
            body=statistic.body,
            kind=statistic.kind,
            name=statistic.name,
            reference_on__lt=statistic.reference_on,
        ).order_by("-reference_on")


@tracked()
class Statistic(models.Model):
    """One figure per municipality, on a day or for a year.

    Once ``locked_at`` is set the row and its values are fixed, in the database too.
    """

    body = models.ForeignKey(
        CoordinatingBody,
        models.PROTECT,
        related_name="statistics",
        verbose_name=_("body"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=StatisticKind)
    name = models.CharField(
        _("name"),
        max_length=120,
        blank=True,
        help_text=_("What is counted, where the kind does not say it."),
    )
    reference_on = models.DateField(
        _("reference date"),
        help_text=_("The day that is counted, or the last day of the year."),
    )
    is_whole_year = models.BooleanField(
        _("counts a whole year"),
        default=False,
        help_text=_("For example persons who received care at any time in 2018."),
    )
    source = models.CharField(
        _("source"), max_length=200, help_text=_("For example SCB:s statistikdatabas.")
    )
    file = models.ForeignKey(
        StoredFile,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="statistics",
        verbose_name=_("source file"),
    )
    selection = models.CharField(
        _("selection in the file"), max_length=500, blank=True, editable=False
    )
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("registered by"),
    )
    imported_at = models.DateTimeField(_("registered at"), auto_now_add=True)
    locked_at = models.DateTimeField(_("locked at"), null=True, blank=True, editable=False)

    objects = StatisticQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name", "-reference_on"]
        verbose_name = _("statistic")
        verbose_name_plural = pgettext_lazy("plural", "statistics")
        constraints = [
            models.UniqueConstraint(
                name="one_statistic_a_kind_and_date",
                fields=["body", "kind", "name", "reference_on"],
                violation_error_message=_(
                    "There is already a statistic of this kind for that date."
                ),
            ),
            models.CheckConstraint(
                name="other_statistic_has_a_name",
                condition=~Q(kind="other") | ~Q(name=""),
                violation_error_message=_("Write what is counted."),
            ),
        ]
        triggers = [
            stays_with_its_body("statistic_stays_with_its_body"),
            pgtrigger.Protect(
                name="locked_statistic_is_fixed",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__locked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.period}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("municipalities:statistic_detail", args=[self.pk])

    @property
    def label(self) -> str:
        """What is counted, in words."""
        if self.kind == StatisticKind.OTHER or self.name:
            return self.name
        return str(StatisticKind(self.kind).label).capitalize()

    @property
    def period(self) -> str:
        """The year or the day that the figures stand for."""
        if self.is_whole_year:
            return str(self.reference_on.year)
        return self.reference_on.isoformat()

    @property
    def is_locked(self) -> bool:
        """Whether a decided distribution rests on it."""
        return self.locked_at is not None


class StatisticValueQuerySet(models.QuerySet["StatisticValue"]):
    """What is asked of values."""

    def by_code(self) -> dict[str, Decimal]:
        """Return each municipality's value by its code."""
        return dict(self.values_list("municipality__code", "value"))


# The statistic's row is locked for sharing first, so that a decision that is being made at
# the same moment either sees the change or stops it.
VALUES_OF_LOCKED_STATISTIC = """
PERFORM 1 FROM municipalities_statistic
    WHERE id IN (SELECT statistic_id FROM {rows})
    FOR SHARE;
IF EXISTS (
    SELECT 1 FROM municipalities_statistic
    WHERE locked_at IS NOT NULL AND id IN (SELECT statistic_id FROM {rows})
) THEN
    RAISE EXCEPTION 'The statistic is locked: a decided distribution rests on it.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NULL;
"""


def locked_values_trigger(
    name: str, operation: pgtrigger.Operation, **referencing: str
) -> pgtrigger.Trigger:
    """Return a trigger that refuses ``operation`` on a locked statistic's values."""
    rows = " UNION ".join(
        f"SELECT statistic_id FROM {table}"  # noqa: S608 (our own names)
        for table in referencing.values()
    )
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**referencing),  # type: ignore[no-untyped-call]
        func=VALUES_OF_LOCKED_STATISTIC.format(rows=f"({rows}) AS touched"),
    )


@tracked()
class StatisticValue(models.Model):
    """How many in one municipality."""

    statistic = models.ForeignKey(
        Statistic, models.CASCADE, related_name="values", verbose_name=_("statistic")
    )
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="+", verbose_name=_("municipality")
    )
    value = models.DecimalField(_("value"), max_digits=18, decimal_places=4)

    objects = StatisticValueQuerySet.as_manager()

    class Meta:
        ordering = ["municipality__code"]
        verbose_name = _("value")
        verbose_name_plural = _("values")
        constraints = [
            models.UniqueConstraint(
                name="one_value_a_municipality", fields=["statistic", "municipality"]
            ),
            models.CheckConstraint(
                name="value_is_not_negative",
                condition=Q(value__gte=0),
                violation_error_message=_("A value cannot be below zero."),
            ),
        ]
        triggers = [
            locked_values_trigger(
                "locked_values_added", pgtrigger.Insert, new="new_values"
            ),
            locked_values_trigger(
                "locked_values_changed",
                pgtrigger.Update,
                old="old_values",
                new="new_values",
            ),
            locked_values_trigger(
                "locked_values_removed", pgtrigger.Delete, old="old_values"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality}: {grouped(self.value)}"


class StatisticImport(models.Model):
    """An uploaded file that somebody is looking at. Nothing is saved until they confirm."""

    body = models.ForeignKey(CoordinatingBody, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    file = models.ForeignKey(StoredFile, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return self.file.name

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("municipalities:statistic_import_preview", args=[self.pk])
