"""Grants and the facts that follow them, as people write them."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grants.forms.base import BodyForm, PdfFormField, RowForm, Rows, keep_pdf, rows_of
from grants.models import (
    Agreement,
    BudgetLine,
    CarryOver,
    Decision,
    Grant,
    GrantPart,
    Purpose,
)

Names = str | tuple[str, ...]
"""A field, or several that stand side by side."""

FIELDSETS: list[tuple[Promise | str, str, list[Names]]] = [
    (
        _("Basic facts"),
        "basic",
        [
            "title",
            ("short_title", "year"),
            "agreement",
            ("origin", "status"),
            ("record_number", "follows"),
        ],
    ),
    (
        _("Money"),
        "money",
        [
            ("amount", "region_amount"),
            ("national_amount", "applied_amount"),
            ("paid_by", "budget_unit"),
        ],
    ),
    (_("The overview of the year"), "overview", ["preparation"]),
    (
        _("Use"),
        "use",
        [("uses_from", "uses_until"), "use_introduction", "use_conditions"],
    ),
    (_("Unused funds"), "unused", ["unused_rule", ("repay_to", "repay_by")]),
    (
        _("Requisition, invoice and reporting"),
        "invoice",
        [
            "invoice_text",
            ("invoice_reference", "questions_email"),
            "refuses_late",
            "reported_to",
        ],
    ),
    (_("Texts of the memo"), "memo", ["addressees", "background"]),
]


def long(rows: int) -> forms.Textarea:
    """Return an input for several lines."""
    return forms.Textarea(attrs={"rows": rows})


class GrantForm(BodyForm):
    """A grant's own facts, in fieldsets."""

    class Meta:
        model = Grant
        fields = [
            name
            for _title, _key, rows in FIELDSETS
            for names in rows
            for name in ([names] if isinstance(names, str) else names)
        ]
        widgets = {
            "unused_rule": long(3),
            "preparation": long(3),
            "background": long(8),
            "addressees": long(4),
            "use_introduction": long(5),
            "use_conditions": long(5),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the body's own agreements and earlier grants."""
        super().__init__(*args, **kwargs)
        self.fields["agreement"].queryset = Agreement.objects.filter(body=self.body)  # type: ignore[attr-defined]
        self.fields["follows"].queryset = (  # type: ignore[attr-defined]
            Grant.objects.of_body(self.body).exclude(pk=self.instance.pk)
        )
        self.fields["agreement"].empty_label = _("None")  # type: ignore[attr-defined]
        self.fields["follows"].empty_label = _("None")  # type: ignore[attr-defined]

    def fieldsets(self) -> Iterator[tuple[Promise | str, str, list[list[BoundField]]]]:
        """Yield each fieldset's title, its name in the address, and its lines of fields."""
        for title, key, rows in FIELDSETS:
            lines = [[names] if isinstance(names, str) else names for names in rows]
            yield title, key, [[self[name] for name in names] for names in lines]

    def clean_record_number(self) -> str:
        """Refuse another grant's record number."""
        number: str = self.cleaned_data["record_number"]
        if number and self.is_taken(record_number=number):
            message = _("There is already a grant with this record number.")
            raise ValidationError(message, code="taken")
        return number

    def clean(self) -> dict[str, Any]:
        """Put what does not fit together on the field to change."""
        cleaned: dict[str, Any] = super().clean() or {}
        starts, ends = cleaned.get("uses_from"), cleaned.get("uses_until")
        if starts and ends and ends < starts:
            message = _("The period of use ends before it starts.")
            self.add_error("uses_until", ValidationError(message, code="ends_too_early"))
        amount, region = cleaned.get("amount"), cleaned.get("region_amount")
        if region and "amount" in cleaned and (amount is None or region > amount):
            message = _("The region's part is more than the whole amount.")
            self.add_error("region_amount", ValidationError(message, code="above_amount"))
        needs_agreement = cleaned.get("origin") == Grant.Origin.AGREEMENT
        if needs_agreement and cleaned.get("agreement", "refused") is None:
            message = _("Choose the agreement.")
            self.add_error("agreement", ValidationError(message, code="required"))
        is_applied_for = cleaned.get("origin") == Grant.Origin.APPLIED
        if cleaned.get("applied_amount") is not None and not is_applied_for:
            message = _(
                "Only funds that are applied for separately have an amount applied for."
            )
            self.add_error(
                "applied_amount", ValidationError(message, code="not_applied_for")
            )
        for name in ("amount", "region_amount", "national_amount", "applied_amount"):
            if (cleaned.get(name) or 0) < 0:
                message = _("An amount cannot be below zero.")
                self.add_error(name, ValidationError(message, code="negative"))
        return cleaned


class CopyForm(forms.Form):
    """Which earlier grant a new one starts from."""

    source = forms.ModelChoiceField(Grant.objects.none(), label=_("earlier grant"))
    year = forms.IntegerField(
        label=_("year of the new grant"), min_value=1990, max_value=2100
    )
    agreement = forms.ModelChoiceField(
        Agreement.objects.none(),
        label=_("agreement"),
        required=False,
        help_text=_("Leave empty to choose it later: the earlier one then stands."),
    )
    record_number = forms.CharField(
        label=_("record number (dnr)"), max_length=40, required=False
    )

    def __init__(self, *args: Any, body: Any, **kwargs: Any) -> None:
        """Offer the body's own."""
        super().__init__(*args, **kwargs)
        self.body = body
        self.fields["source"].queryset = Grant.objects.of_body(body)  # type: ignore[attr-defined]
        self.fields["agreement"].queryset = Agreement.objects.filter(body=body)  # type: ignore[attr-defined]

    def clean_record_number(self) -> str:
        """Refuse another grant's record number."""
        number: str = self.cleaned_data["record_number"]
        taken = Grant.objects.of_body(self.body).filter(record_number=number)
        if number and taken.exists():
            message = _("There is already a grant with this record number.")
            raise ValidationError(message, code="taken")
        return number

    def clean(self) -> dict[str, Any]:
        """Refuse a year that is not a later one."""
        cleaned: dict[str, Any] = super().clean() or {}
        source, year = cleaned.get("source"), cleaned.get("year")
        if source and year and year <= source.year:
            message = _("Choose a year after %(year)s.")
            self.add_error(
                "year",
                ValidationError(message, code="not_later", params={"year": source.year}),
            )
        return cleaned


class PurposeForm(RowForm):
    """A permitted use."""

    class Meta:
        model = Purpose
        fields = ["heading", "text"]
        widgets = {"text": long(3)}


class BudgetLineForm(RowForm):
    """A line of the budget."""

    class Meta:
        model = BudgetLine
        fields = [
            "activity",
            "side",
            "amount",
            "is_distributed",
            "is_conditional",
            "comment",
        ]
        widgets = {"comment": long(2)}

    def clean(self) -> dict[str, Any]:
        """Say what a line that the key splits lacks, on the field that lacks it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if (cleaned.get("amount") or 0) < 0:
            message = _("An amount cannot be below zero.")
            self.add_error("amount", ValidationError(message, code="negative"))
        if not cleaned.get("is_distributed"):
            return cleaned
        if "amount" in cleaned and cleaned["amount"] is None:
            message = _("Write the amount: the key splits it.")
            self.add_error("amount", ValidationError(message, code="amount_lacking"))
        if cleaned.get("side", BudgetLine.Side.MUNICIPALITIES) != "municipalities":
            message = _("Only the municipalities' money is split by the key.")
            self.add_error("side", ValidationError(message, code="not_municipalities"))
        return cleaned


class GrantPartForm(RowForm):
    """A sub-area."""

    class Meta:
        model = GrantPart
        fields = ["area", "title", "side", "national_amount", "amount"]

    def clean(self) -> dict[str, Any]:
        """Put what does not fit together on the field to change."""
        cleaned: dict[str, Any] = super().clean() or {}
        nation, county = cleaned.get("national_amount"), cleaned.get("amount")
        for name in ("national_amount", "amount"):
            if (cleaned.get(name) or 0) < 0:
                message = _("An amount cannot be below zero.")
                self.add_error(name, ValidationError(message, code="negative"))
        if nation is not None and county is not None and county > nation:
            message = _("The county's amount is more than the whole country's.")
            self.add_error("amount", ValidationError(message, code="above_nation"))
        return cleaned


class CarryOverForm(RowForm):
    """Money left from an earlier grant."""

    class Meta:
        model = CarryOver
        fields = ["from_grant", "amount", "comment"]

    def __init__(self, *args: Any, grant: Grant, **kwargs: Any) -> None:
        """Offer the body's other grants."""
        super().__init__(*args, **kwargs)
        self.fields["from_grant"].queryset = (  # type: ignore[attr-defined]
            Grant.objects.of_body(grant.body).exclude(pk=grant.pk)
        )

    def clean_amount(self) -> int:
        """Refuse zero and less."""
        amount: int = self.cleaned_data["amount"]
        if amount <= 0:
            message = _("Write an amount above zero.")
            raise ValidationError(message, code="not_above_zero")
        return amount


class CarryOverRows(Rows):
    """Carry-overs: each earlier grant once."""

    def clean(self) -> None:
        """Refuse the same earlier grant twice."""
        super().clean()
        found = set()
        for form in self.kept():
            earlier = form.cleaned_data.get("from_grant") if form.is_valid() else None
            if earlier in found:
                message = _("The earlier grant is already on the list.")
                form.add_error("from_grant", ValidationError(message, code="twice"))
            elif earlier:
                found.add(earlier)


class DecisionForm(RowForm):
    """A decision with its file."""

    upload = PdfFormField(label=_("file as PDF"), required=False)
    remove_file = forms.BooleanField(label=_("Remove the file"), required=False)

    class Meta:
        model = Decision
        fields = ["decided_on", "deciding_body", "record_number", "text"]
        widgets = {"text": long(3)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer to remove the file where there is one."""
        super().__init__(*args, **kwargs)
        if self.instance.file_id is None:
            del self.fields["remove_file"]
        else:
            self.fields["upload"].label = _("another file as PDF")

    def save(self, commit: bool = True) -> Decision:
        """Return the saved decision."""
        if self.cleaned_data.get("remove_file"):
            self.instance.file = None
        if file := self.cleaned_data.get("upload"):
            self.instance.file = keep_pdf(file, self.body)
        decision: Decision = super().save(commit)
        return decision


PurposeRows = rows_of(PurposeForm)
BudgetLineRows = rows_of(BudgetLineForm)
GrantPartRows = rows_of(GrantPartForm)
CarryOverFormRows = rows_of(CarryOverForm, CarryOverRows)
DecisionRows = rows_of(DecisionForm)
