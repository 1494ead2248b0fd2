"""What people type about a distribution: its plan, its adjustments and the decision."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from grants.distribution import Part, Plan
from grants.fields import MoneyFormField
from grants.models import AllocationKey, ComponentKind
from grants.models.keys import RoundingRule
from municipalities.models import Municipality, Statistic
from municipalities.numbers import grouped, row_id
from municipalities.typed_values import MOST_PASTED

MOST_PARTS = 20
# What stands between two words is taken whole (``*+``): a line of nothing but spaces is
# read as fast as any other.
FIXED_LINE = re.compile(
    r"(?P<code>\d{4}\b)?\s*+(?P<name>(?:[\s:;]*+[^\d\s:;])*?)[\s:;]*+"
    r"(?P<amount>-?\d[\d\s]{0,24}?)\s*(?:kr)?\Z"
)


class NumberFormField(forms.DecimalField):
    """A number as people write it: 50, 12,5 or 12.5 %."""

    widget = forms.TextInput
    default_error_messages = {
        "invalid": gettext_lazy("Write a number, for example 12,5."),
    }

    def to_python(  # type: ignore[override]
        self, value: Any
    ) -> Decimal | None:
        """Return the exact number."""
        if isinstance(value, str):
            value = re.sub(r"\s", "", value).removesuffix("%").replace(",", ".")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """Return what stands in the input."""
        return grouped(value) if isinstance(value, Decimal) else value


class PartForm(forms.Form):
    """One part of the plan. Which inputs it has follows from its kind."""

    def __init__(
        self,
        *args: Any,
        kind: str,
        statistics: Mapping[str, Statistic],
        municipalities: Mapping[str, Municipality],
        **kwargs: Any,
    ) -> None:
        """Make the inputs of the kind."""
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.statistics = statistics
        self.municipalities = municipalities
        if kind == ComponentKind.TOP_SLICE:
            self.fields["percent"] = NumberFormField(
                label=gettext_lazy("Percent of the pot"),
                max_digits=7,
                decimal_places=4,
                validators=[
                    MinValueValidator(Decimal("0.0001"), _("Write a percent above 0.")),
                    MaxValueValidator(100, _("Write a percent of at most 100.")),
                ],
            )
        elif kind == ComponentKind.BASE:
            self.fields["amount"] = MoneyFormField(
                label=gettext_lazy("Kronor to each"),
                validators=[MinValueValidator(1, _("Write an amount above zero."))],
            )
        elif kind == ComponentKind.STATISTIC:
            self.fields["statistic"] = forms.TypedChoiceField(
                label=gettext_lazy("Statistic"),
                choices=[(key, key) for key in statistics],
                coerce=statistics.__getitem__,
                error_messages={"required": _("Choose the statistic.")},
            )
            self.fields["weight"] = NumberFormField(
                label=gettext_lazy("Weight"),
                max_digits=9,
                decimal_places=4,
                validators=[MinValueValidator(0, _("A weight cannot be below zero."))],
            )
        else:
            self.fields["fixed"] = forms.CharField(
                label=gettext_lazy("One municipality and its kronor on each line"),
                max_length=MOST_PASTED,
            )

    @property
    def number(self) -> str:
        """Which part of the plan it is, as its inputs are named."""
        return str(self.prefix).removeprefix("part-")

    @property
    def anchor(self) -> str:
        """The id of its first input, for a link from an error."""
        return f"id_{self.prefix}-{next(iter(self.fields))}"

    def clean_fixed(self) -> dict[str, int]:
        """Return kronor by municipality code, or say which lines are wrong."""
        by_name = {each.name.casefold(): each for each in self.municipalities.values()}
        amounts: dict[str, int] = {}
        errors = []
        for number, line in enumerate(self.cleaned_data["fixed"].splitlines(), start=1):
            if not line.strip():
                continue
            found = FIXED_LINE.match(line.strip())
            municipality = found and (
                self.municipalities.get(found["code"] or "")
                or by_name.get(found["name"].strip().casefold())
            )
            if not found or not municipality:
                message = _("Line %(number)d: write a municipality and an amount.")
            elif found["amount"].startswith("-"):
                message = _("Line %(number)d: the amount is below zero.")
            elif municipality.code in amounts:
                message = _("Line %(number)d: %(name)s is there twice.")
            else:
                amounts[municipality.code] = int(re.sub(r"\s", "", found["amount"]))
                continue
            params = {"number": number, "name": municipality.name if municipality else ""}
            errors.append(ValidationError(message, code="fixed_line", params=params))
        if errors:
            raise ValidationError(errors)
        return amounts

    def part(self) -> Part:
        """Return the part that was typed."""
        return Part(kind=self.kind, **self.cleaned_data)


def initial_of(part: Part, municipalities: Mapping[str, Municipality]) -> dict[str, Any]:
    """Return what the inputs of a part hold to begin with."""
    if part.kind == ComponentKind.TOP_SLICE:
        return {"percent": part.percent}
    if part.kind == ComponentKind.BASE:
        return {"amount": part.amount}
    if part.kind == ComponentKind.STATISTIC:
        return {
            "statistic": str(part.statistic.pk) if part.statistic else "",
            "weight": part.weight,
        }
    lines = [
        f"{municipalities[code].name} {grouped(amount)}"
        for code, amount in sorted(part.fixed.items())
    ]
    return {"fixed": "\n".join(lines)}


class PlanForm(forms.Form):
    """The plan as it stands in the page: rounding, participants and a form for each part.

    The inputs of the parts are named by their numbers, listed in ``parts``; ``add_part``
    and ``remove_part`` are the names of buttons that work without JavaScript.
    """

    rounding = forms.ChoiceField(choices=RoundingRule.choices)
    participants = forms.MultipleChoiceField(
        error_messages={
            "required": gettext_lazy("No municipality takes part. Choose at least one."),
        }
    )
    uses_budget_of_today = forms.BooleanField(required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        plan: Plan | None = None,
        statistics: Sequence[Statistic],
        municipalities: Mapping[str, Municipality],
    ) -> None:
        """Take a saved ``plan``, or what was typed."""
        initial: dict[str, Any] = {}
        if plan:
            initial = {"rounding": plan.rounding, "participants": list(plan.participants)}
        super().__init__(data, initial=initial)
        self.municipalities = municipalities
        participants = cast(forms.MultipleChoiceField, self.fields["participants"])
        participants.choices = [(code, code) for code in municipalities]
        self.statistics = {str(statistic.pk): statistic for statistic in statistics}
        given: dict[str, Any] = {
            "statistics": self.statistics,
            "municipalities": municipalities,
        }
        if plan:
            self.parts = [
                PartForm(
                    prefix=f"part-{number}",
                    kind=part.kind,
                    initial=initial_of(part, municipalities),
                    **given,
                )
                for number, part in enumerate(plan.parts)
            ]
        else:
            self.parts = [
                PartForm(data, prefix=f"part-{number}", kind=kind, **given)
                for number, kind in self._kept()
            ]
            self._add(given)

    def _kept(self) -> Iterator[tuple[int, str]]:
        """Yield the number and the kind of each part that was not removed."""
        for number in cast(QueryDict, self.data).getlist("parts")[:MOST_PARTS]:
            kind = self.data.get(f"part-{number}-kind")
            is_removed = self.data.get("remove_part") == number
            is_number = number == "0" or row_id(number)
            if is_number and kind in ComponentKind.values and not is_removed:
                yield int(number), kind

    def _add(self, given: dict[str, Any]) -> None:
        """Add an empty part of the kind that a button asked for."""
        kind = self.data.get("add_part")
        if kind in ComponentKind.values and len(self.parts) < MOST_PARTS:
            number = max((int(part.number) for part in self.parts), default=-1) + 1
            first = next(iter(self.statistics), "")
            initial = {"statistic": first, "weight": Decimal(0)}
            self.parts.append(
                PartForm(prefix=f"part-{number}", kind=kind, initial=initial, **given)
            )

    def is_valid(self) -> bool:
        """Return whether the plan and all its parts can be read.

        A part that a button has just added is not typed yet, and does not count.
        """
        parts = [part.is_valid() for part in self.parts if part.is_bound]
        return super().is_valid() and all(parts)

    def chosen(self) -> set[str]:
        """Return the codes of those who take part, as the page has them."""
        return set(self["participants"].value() or [])

    def plan(self, budget_amount: int, carry_over_amount: int) -> Plan:
        """Return the plan that was typed, over these amounts."""
        return Plan(
            budget_amount=budget_amount,
            carry_over_amount=carry_over_amount,
            rounding=self.cleaned_data["rounding"],
            parts=[part.part() for part in self.parts if part.is_bound],
            participants={
                code: self.municipalities[code]
                for code in sorted(self.cleaned_data["participants"])
            },
        )


class DraftForm(forms.Form):
    """Where a new version starts, and why there is one."""

    SAME = "same"

    start = forms.ChoiceField(
        label=gettext_lazy("Start from"),
        widget=forms.RadioSelect(attrs={"class": "cards-choice"}),
        error_messages={"required": gettext_lazy("Choose a key.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why is there a new version?"),
        help_text=gettext_lazy("Stands in the memo of the new version."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        error_messages={"required": gettext_lazy("Write why there is a new version.")},
    )

    def __init__(
        self,
        *args: Any,
        keys: Sequence[tuple[AllocationKey, Sequence[str]]],
        decided: str = "",
        needs_reason: bool = False,
        **kwargs: Any,
    ) -> None:
        """Offer the keys, and the version that holds now if ``decided`` names it."""
        super().__init__(*args, **kwargs)
        same = [(self.SAME, decided)] if decided else []
        start = cast(forms.ChoiceField, self.fields["start"])
        start.choices = [
            *same,
            *(
                (
                    str(key.pk),
                    format_html(
                        '{}<span class="key-words">{}</span>', key.name, "; ".join(words)
                    ),
                )
                for key, words in keys
            ),
        ]
        start.initial = start.choices[0][0] if start.choices else None
        if not needs_reason:
            del self.fields["reason"]


class AdjustmentForm(forms.Form):
    """A change of one municipality's amount, by hand."""

    municipality = forms.ChoiceField(label=gettext_lazy("Municipality"))
    amount = MoneyFormField(
        label=gettext_lazy("Change in kronor"),
        help_text=gettext_lazy("Less with a minus, for example −5 000."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Stands in the explanation of the amount."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        error_messages={"required": gettext_lazy("Write the reason.")},
    )

    def __init__(
        self, *args: Any, municipalities: Sequence[Municipality], **kwargs: Any
    ) -> None:
        """Offer the municipalities."""
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["municipality"])
        field.choices = [
            ("", _("Choose a municipality")),
            *((each.code, each.name) for each in municipalities),
        ]

    def clean_amount(self) -> int:
        """Return the change, which is not nothing."""
        amount: int = self.cleaned_data["amount"]
        if amount == 0:
            raise ValidationError(
                _("Write by how much the amount changes."), code="changes_nothing"
            )
        return amount


class DecisionForm(forms.Form):
    """When the distribution was decided."""

    decided_on = forms.DateField(
        label=pgettext_lazy("distribution", "Date of the decision"),
        help_text=gettext_lazy("The day the deciding body made its decision."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_decided_on(self) -> date:
        """Return the day, which has come."""
        decided_on: date = self.cleaned_data["decided_on"]
        if decided_on > timezone.localdate():
            raise ValidationError(_("The day has not come yet."), code="in_the_future")
        return decided_on
