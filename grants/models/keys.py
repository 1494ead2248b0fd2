"""Keys: how a sum is split between municipalities."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.allocation import Rounding
from grants.fields import MoneyField
from municipalities.models import CoordinatingBody, Municipality, StatisticKind
from municipalities.tracking import tracked
from municipalities.triggers import stays_with_its_body


class ComponentKind(models.TextChoices):
    """What a part of a key does, in the order that a key applies them."""

    TOP_SLICE = "top_slice", _("top slice for common work")
    BASE = "base", _("guaranteed base to each")
    STATISTIC = "statistic", _("split by statistic")
    FIXED = "fixed", _("fixed amounts")


class RoundingRule(models.TextChoices):
    """How kronor are made whole."""

    EXACT = Rounding.EXACT.value, _("exact: the amounts sum to the pot")
    EACH = Rounding.EACH.value, _("each for itself: the sum may differ by a few kronor")


class Component(models.Model):
    """What a key's and a distribution's components share."""

    position = models.PositiveSmallIntegerField(_("order"), default=0)
    kind = models.CharField(_("kind"), max_length=20, choices=ComponentKind)
    percent = models.DecimalField(
        _("percent"), max_digits=7, decimal_places=4, null=True, blank=True
    )
    amount = MoneyField(_("kronor to each"), null=True, blank=True)
    weight = models.DecimalField(
        _("weight"),
        max_digits=9,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="%(class)s_has_the_number_of_its_kind",
                condition=(
                    Q(kind="top_slice", percent__gt=0, percent__lte=100)
                    & Q(amount=None, weight=None)
                )
                | (Q(kind="base", amount__gt=0) & Q(percent=None, weight=None))
                | (Q(kind="statistic", weight__gte=0) & Q(percent=None, amount=None))
                | Q(kind="fixed", percent=None, amount=None, weight=None),
                violation_error_message=_(
                    "A top slice has a percent from 0 to 100, a base has kronor, "
                    "a statistic has a weight, and fixed amounts have none of these."
                ),
            ),
        ]


@tracked()
class AllocationKey(models.Model):
    """A key (fördelningsnyckel) that a body uses again and again."""

    body = models.ForeignKey(
        CoordinatingBody, models.PROTECT, related_name="keys", verbose_name=_("body")
    )
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(
        _("description"),
        blank=True,
        help_text=_("Why the key looks as it does, and who agreed on it."),
    )
    rounding = models.CharField(
        _("rounding"), max_length=10, choices=RoundingRule, default=RoundingRule.EXACT
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("key")
        verbose_name_plural = _("keys")
        constraints = [
            models.UniqueConstraint(
                name="one_key_a_name",
                fields=["body", "name"],
                violation_error_message=_("There is already a key with this name."),
            ),
        ]
        triggers = [stays_with_its_body("key_stays_with_its_body")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("grants:key_detail", args=[self.pk])


@tracked()
class KeyComponent(Component):
    """A part of a key. A statistic is named by its kind: each year has its own."""

    key = models.ForeignKey(
        AllocationKey,
        models.CASCADE,
        related_name="components",
        verbose_name=_("key"),
    )
    statistic_kind = models.CharField(
        _("statistic"), max_length=20, choices=StatisticKind, blank=True
    )
    statistic_name = models.CharField(
        _("name of the statistic"),
        max_length=120,
        blank=True,
        help_text=_("Where the kind is other."),
    )

    class Meta(Component.Meta):
        verbose_name = _("part of the key")
        verbose_name_plural = _("parts of the key")
        constraints = [
            *Component.Meta.constraints,
            models.CheckConstraint(
                name="keycomponent_by_statistic_names_it",
                condition=(Q(kind="statistic") & ~Q(statistic_kind=""))
                | (~Q(kind="statistic") & Q(statistic_kind="", statistic_name="")),
                violation_error_message=_("Choose which statistic the part goes by."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


@tracked()
class KeyFixedAmount(models.Model):
    """What one municipality gets from a part with fixed amounts."""

    component = models.ForeignKey(
        KeyComponent, models.CASCADE, related_name="fixed_amounts"
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        related_name="+",
        verbose_name=_("municipality"),
    )
    amount = MoneyField(_("amount"))

    class Meta:
        ordering = ["municipality__code"]
        verbose_name = pgettext_lazy("key", "fixed amount")
        verbose_name_plural = pgettext_lazy("key", "fixed amounts")
        constraints = [
            models.UniqueConstraint(
                name="one_fixed_amount_in_a_key", fields=["component", "municipality"]
            ),
            models.CheckConstraint(
                name="key_fixed_amount_is_not_negative",
                condition=Q(amount__gte=0),
                violation_error_message=_("An amount cannot be below zero."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality}: {self.amount}"
