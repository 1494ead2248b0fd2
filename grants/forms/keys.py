"""Keys and their parts, as people put them together."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from grants.distribution import Part
from grants.forms.base import BodyForm, RowForm, Rows, rows_of
from grants.forms.distributions import NumberFormField, PartForm, initial_of
from grants.models import AllocationKey, ComponentKind, KeyComponent, KeyFixedAmount
from grants.models.keys import RoundingRule
from municipalities.models import Municipality, StatisticKind
from municipalities.typed_values import MOST_PASTED

NUMBERS_OF_KIND: Mapping[str, tuple[str, ...]] = {
    ComponentKind.TOP_SLICE: ("percent",),
    ComponentKind.BASE: ("amount",),
    ComponentKind.STATISTIC: ("weight", "statistic_kind", "statistic_name"),
    ComponentKind.FIXED: ("fixed",),
}
"""The inputs that a part of each kind reads. What stands in the others is let be."""


class KeyForm(BodyForm):
    """What a key is called, and how it rounds."""

    class Meta:
        model = AllocationKey
        fields = ["name", "description", "rounding"]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "rounding": forms.RadioSelect,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the two ways of rounding, and no third."""
        super().__init__(*args, **kwargs)
        self.fields["rounding"].choices = [  # type: ignore[attr-defined]
            (value, capfirst(str(label))) for value, label in RoundingRule.choices
        ]

    def clean_name(self) -> str:
        """Refuse another key's name."""
        name: str = self.cleaned_data["name"]
        if self.is_taken(name=name):
            message = _("There is already a key with this name.")
            raise ValidationError(message, code="taken")
        return name


class KeyComponentForm(RowForm):
    """A part of a key. Its kind says which of the inputs count."""

    percent = NumberFormField(
        label=_("percent of the pot"),
        max_digits=7,
        decimal_places=4,
        help_text=_("For a top slice."),
    )
    weight = NumberFormField(
        label=_("weight"),
        max_digits=9,
        decimal_places=4,
        help_text=_("For a statistic. The weights are compared with each other."),
    )
    fixed = forms.CharField(
        label=_("fixed amounts"),
        max_length=MOST_PASTED,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One municipality and its kronor on each line: 0127 500 000."),
    )

    class Meta:
        model = KeyComponent
        fields = ["kind", "percent", "amount", "weight", "statistic_kind", "statistic_name"]
        help_texts = {
            "amount": _("For a guaranteed base."),
            "statistic_kind": _("For a part that goes by a statistic."),
        }

    def __init__(
        self, *args: Any, municipalities: Mapping[str, Municipality], **kwargs: Any
    ) -> None:
        """Show a saved part's fixed amounts as lines."""
        super().__init__(*args, **kwargs)
        # Required where the kind reads them: see clean.
        for name in ("amount", "statistic_kind"):
            self.fields[name].required = True
        self.municipalities = municipalities
        self.fixed_before: dict[str, int] = {}
        if self.instance.pk:
            self.fixed_before = {
                fixed.municipality.code: fixed.amount
                for fixed in self.instance.fixed_amounts.all()
            }
        part = Part(kind=ComponentKind.FIXED, fixed=self.fixed_before)
        self.initial.update(initial_of(part, municipalities))

    def clean(self) -> dict[str, Any]:
        """Ask for what the kind needs, and let the rest be."""
        cleaned: dict[str, Any] = super().clean() or {}
        kind = cleaned.get("kind", "")
        read = NUMBERS_OF_KIND.get(kind, ())
        for name in (name for names in NUMBERS_OF_KIND.values() for name in names):
            if name not in read:
                self.errors.pop(name, None)
                cleaned[name] = "" if name.startswith("statistic") else None
        if kind == ComponentKind.TOP_SLICE:
            self.need("percent", _("Write the percent, above 0 and at most 100."), 0, 100)
        elif kind == ComponentKind.BASE:
            self.need("amount", _("Write kronor above zero."), 0)
        elif kind == ComponentKind.STATISTIC:
            self.need("weight", _("Write the weight, zero or more."), Decimal("-0.00001"))
            self.need_statistic(cleaned)
        elif kind == ComponentKind.FIXED:
            self.read_fixed(cleaned)
        return cleaned

    def need(
        self, name: str, message: Any, above: int | Decimal, most: int | None = None
    ) -> None:
        """Refuse a number that is out of its range."""
        value = self.cleaned_data.get(name)
        if value is None:
            return
        if value <= above or (most is not None and value > most):
            self.add_error(name, ValidationError(message, code="out_of_range"))

    def need_statistic(self, cleaned: dict[str, Any]) -> None:
        """Refuse a part that does not say what it goes by."""
        if cleaned.get("statistic_kind") == StatisticKind.OTHER:
            if not cleaned.get("statistic_name"):
                message = _("Write the name of the statistic.")
                self.add_error("statistic_name", ValidationError(message, code="required"))
        else:
            cleaned["statistic_name"] = ""

    def read_fixed(self, cleaned: dict[str, Any]) -> None:
        """Read the lines as the distribution's page does."""
        if "fixed" in self.errors:
            return
        part = PartForm(
            {"fixed": cleaned.get("fixed", "")},
            kind=ComponentKind.FIXED,
            statistics={},
            municipalities=self.municipalities,
        )
        if part.is_valid():
            cleaned["fixed_amounts"] = part.cleaned_data["fixed"]
        else:
            self.add_error("fixed", part.errors.as_data()["fixed"])

    def save(self, commit: bool = True) -> KeyComponent:
        """Return the saved part with its fixed amounts."""
        component: KeyComponent = super().save(commit)
        amounts = self.cleaned_data.get("fixed_amounts", {})
        if amounts != self.fixed_before:
            component.fixed_amounts.all().delete()
            KeyFixedAmount.objects.bulk_create(
                KeyFixedAmount(
                    component=component,
                    municipality=self.municipalities[code],
                    amount=amount,
                )
                for code, amount in amounts.items()
            )
        return component


class KeyComponentRows(Rows):
    """A key's parts, judged together as the calculation will judge them."""

    def clean(self) -> None:
        """Refuse a key that can split nothing."""
        super().clean()
        parts = [form.cleaned_data for form in self.kept() if form.is_valid()]
        if any(not form.is_valid() for form in self.kept()):
            return
        if not parts:
            raise ValidationError(_("The key needs at least one part."), code="empty_key")
        errors = []
        slices = sum(
            part["percent"] for part in parts if part["kind"] == ComponentKind.TOP_SLICE
        )
        if slices > 100:
            message = _("The top slices are more than 100 percent together.")
            errors.append(ValidationError(message, code="percent_out_of_range"))
        weights = [
            part["weight"] for part in parts if part["kind"] == ComponentKind.STATISTIC
        ]
        if weights and not any(weights):
            message = _("At least one weight has to be above zero.")
            errors.append(ValidationError(message, code="zero_weights"))
        if errors:
            raise ValidationError(errors)


KeyComponentFormRows = rows_of(KeyComponentForm, KeyComponentRows)
