"""Rows in and out of the admin: agreements, grants with their facts, keys, distributions.

The columns have the names that people write; rows are found by natural keys within the
body. A grant is found by its record number (dnr), so that a file can be made without ids.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.widgets import (
    BooleanWidget,
    CharWidget,
    DateWidget,
    DecimalWidget,
    IntegerWidget,
)

from grants.fields import MoneyFormField
from grants.models import (
    Agreement,
    Allocation,
    AllocationKey,
    BudgetLine,
    Deadline,
    Distribution,
    Grant,
    KeyComponent,
    Purpose,
)
from municipalities.scoping import BodyScopedResource, BodyScopedWidget

DATE = DateWidget("%Y-%m-%d")


class MoneyWidget(IntegerWidget):  # type: ignore[misc]
    """Whole kronor as people write them: 1 234 567 kr."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        """Return kronor, or refuse öre and letters."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return MoneyFormField(required=False).clean(value)  # type: ignore[no-any-return]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Return the number itself."""
        return value


class NumberWidget(DecimalWidget):  # type: ignore[misc]
    """A number with a decimal comma or point."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Return the exact number."""
        if isinstance(value, str):
            value = value.replace(",", ".")
        return super().clean(value, row, **kwargs)


class YesNoWidget(BooleanWidget):  # type: ignore[misc]
    """Yes or no, in Swedish or as a program writes it."""

    TRUE_VALUES = [*BooleanWidget.TRUE_VALUES, "ja", "Ja", "JA", "x", "X"]
    FALSE_VALUES = [*BooleanWidget.FALSE_VALUES, "nej", "Nej", "NEJ"]
    NULL_VALUES: list[Any] = []

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        """Return whether it is yes; an empty cell is no."""
        return value in self.TRUE_VALUES

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the word."""
        return "ja" if value else "nej"


class ChoiceWidget(CharWidget):  # type: ignore[misc]
    """One of a field's choices, by its code or by its words in the person's language."""

    def __init__(self, choices: Any) -> None:
        """Remember the choices."""
        super().__init__()
        self.choices = choices

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """Return the code."""
        text = str(value or "").strip()
        for code, label in self.choices:
            if text.casefold() in {str(code).casefold(), str(label).casefold()}:
                return str(code)
        if not text:
            return ""
        allowed = ", ".join(str(label) for _code, label in self.choices)
        message = _("“%(value)s” is not one of: %(allowed)s.")
        raise ValidationError(message % {"value": text, "allowed": allowed})

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the words."""
        return str(dict(self.choices).get(value, value) or "")


class DaysWidget(CharWidget):  # type: ignore[misc]
    """Days with commas between."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[int]:
        """Return the days."""
        words = str(value or "").replace(";", ",").split(",")
        try:
            return [int(float(word)) for word in words if word.strip()]
        except ValueError:
            message = _(
                "Write days with commas between, for example 21, 7, 1. At most 365."
            )
            raise ValidationError(message) from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the days as text."""
        return ", ".join(str(days) for days in value or [])


class Checked(BodyScopedResource):
    """Rows that pass the model's own checks, or none at all."""

    class Meta:
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True


def grant_column() -> Field:
    """Return the column that names the row's grant."""
    return Field("grant", "dnr", BodyScopedWidget(Grant, "record_number"))


class AgreementResource(Checked):
    """Agreements by title and year."""

    title = Field("title", "titel")
    year = Field("year", "år", IntegerWidget())
    parties = Field("parties", "parter")
    adopted_on = Field("adopted_on", "antagen", DATE)
    url = Field("url", "webbadress")
    relief = Field("has_reporting_relief", "lättnader i återrapporteringen", YesNoWidget())
    comment = Field("comment", "kommentar")

    class Meta(Checked.Meta):
        model = Agreement
        import_id_fields = ("title", "year")
        fields = ("title", "year", "parties", "adopted_on", "url", "relief", "comment")


class GrantResource(Checked):
    """Grants by record number."""

    record_number = Field("record_number", "dnr")
    title = Field("title", "titel")
    short_title = Field("short_title", "kort titel")
    year = Field("year", "år", IntegerWidget())
    agreement = Field("agreement", "överenskommelse", BodyScopedWidget(Agreement, "title"))
    origin = Field("origin", "ursprung", ChoiceWidget(Grant.Origin.choices))
    status = Field("status", "status", ChoiceWidget(Grant.Status.choices))
    amount = Field("amount", "belopp", MoneyWidget())
    region_amount = Field("region_amount", "varav regionen", MoneyWidget())
    uses_from = Field("uses_from", "används från", DATE)
    uses_until = Field("uses_until", "används till", DATE)
    paid_by = Field("paid_by", "betalas av")
    reported_to = Field("reported_to", "redovisas till")
    repay_to = Field("repay_to", "återbetalas till")
    repay_by = Field("repay_by", "återbetalas senast", DATE)
    invoice_reference = Field("invoice_reference", "referens")
    invoice_text = Field("invoice_text", "fakturatext")

    class Meta(Checked.Meta):
        model = Grant
        import_id_fields = ("record_number",)
        fields = (
            "record_number",
            "title",
            "short_title",
            "year",
            "agreement",
            "origin",
            "status",
            "amount",
            "region_amount",
            "uses_from",
            "uses_until",
            "paid_by",
            "reported_to",
            "repay_to",
            "repay_by",
            "invoice_reference",
            "invoice_text",
        )


class FactsOfGrant(Checked):
    """Rows that belong to a grant."""

    body_path = "grant__body"


class PurposeResource(FactsOfGrant):
    """Purposes by grant and heading."""

    grant = grant_column()
    position = Field("position", "ordning", IntegerWidget(), default=0)
    heading = Field("heading", "syfte")
    text = Field("text", "punkter")

    class Meta(Checked.Meta):
        model = Purpose
        import_id_fields = ("grant", "heading")
        fields = ("grant", "position", "heading", "text")


class BudgetLineResource(FactsOfGrant):
    """Budget lines by grant and activity."""

    grant = grant_column()
    position = Field("position", "ordning", IntegerWidget(), default=0)
    activity = Field("activity", "aktivitet")
    side = Field("side", "sida", ChoiceWidget(BudgetLine.Side.choices))
    amount = Field("amount", "belopp", MoneyWidget())
    is_distributed = Field("is_distributed", "fördelas med nyckel", YesNoWidget())
    is_conditional = Field("is_conditional", "förutsätter beslut", YesNoWidget())
    comment = Field("comment", "kommentar")

    class Meta(Checked.Meta):
        model = BudgetLine
        import_id_fields = ("grant", "activity", "side")
        fields = (
            "grant",
            "position",
            "activity",
            "side",
            "amount",
            "is_distributed",
            "is_conditional",
            "comment",
        )


class LeaderWidget(BodyScopedWidget):
    """The last day that a row follows: its kind, who must act, and its title if any."""

    def __init__(self) -> None:
        """Look among last days."""
        super().__init__(Deadline, body_path="grant__body")

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Deadline | None:
        """Return it, among those of the row's grant that stand earlier in the file."""
        words = [word.strip() for word in str(value or "").split("/", 2)]
        if words == [""]:
            return None
        kind, actor, title = [*words, "", ""][:3]
        found: Deadline | None = (
            self.get_queryset(value, row)
            .filter(
                grant__record_number=row["dnr"],
                kind=ChoiceWidget(Deadline.Kind.choices).clean(kind),
                actor=ChoiceWidget(Deadline.Actor.choices).clean(actor),
                title=title,
            )
            .first()
        )
        if found is None:
            message = _(
                "“%(value)s” is not a last day of the grant. Write it on a row above."
            )
            raise ValidationError(message % {"value": value})
        return found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the words."""
        if value is None:
            return ""
        words = [str(value.get_kind_display()), str(value.get_actor_display()), value.title]
        return " / ".join(word for word in words if word)


class DeadlineResource(FactsOfGrant):
    """Last days by grant, kind, who must act, and title.

    What follows another stands below it: its day is the earlier one.
    """

    grant = grant_column()
    kind = Field("kind", "slag", ChoiceWidget(Deadline.Kind.choices))
    title = Field("title", "rubrik")
    due_on = Field("due_on", "sista dag", DATE)
    moved_from = Field("moved_from", "flyttad från", DATE)
    actor = Field("actor", "vem", ChoiceWidget(Deadline.Actor.choices))
    follows = Field("follows", "följer", LeaderWidget())
    days_before = Field("days_before", "dagar före den", IntegerWidget())
    remind = Field("remind_days_before", "påminn dagar före", DaysWidget())
    remind_every = Field("remind_every", "sedan dagar emellan", IntegerWidget())
    is_paused = Field("is_paused", "påminnelser pausade", YesNoWidget())

    class Meta(Checked.Meta):
        model = Deadline
        import_id_fields = ("grant", "kind", "actor", "title")
        fields = (
            "grant",
            "kind",
            "title",
            "due_on",
            "moved_from",
            "actor",
            "follows",
            "days_before",
            "remind",
            "remind_every",
            "is_paused",
        )

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        """Return the rows so that each stands below the one that it follows."""
        return queryset.select_related("grant", "follows").order_by("-due_on", "pk")


class KeyResource(Checked):
    """Keys by name; their parts are a file of their own."""

    name = Field("name", "nyckel")
    description = Field("description", "beskrivning")
    rounding = Field(
        "rounding",
        "avrundning",
        ChoiceWidget(AllocationKey._meta.get_field("rounding").choices),
    )

    class Meta(Checked.Meta):
        model = AllocationKey
        import_id_fields = ("name",)
        fields = ("name", "description", "rounding")


class KeyComponentResource(Checked):
    """Parts of keys by key and order."""

    body_path = "key__body"
    key = Field("key", "nyckel", BodyScopedWidget(AllocationKey, "name"))
    position = Field("position", "ordning", IntegerWidget())
    kind = Field("kind", "slag", ChoiceWidget(KeyComponent._meta.get_field("kind").choices))
    percent = Field("percent", "procent", NumberWidget())
    amount = Field("amount", "kronor till var och en", MoneyWidget())
    weight = Field("weight", "vikt", NumberWidget())
    statistic_kind = Field(
        "statistic_kind",
        "statistik",
        ChoiceWidget(KeyComponent._meta.get_field("statistic_kind").choices),
    )
    statistic_name = Field("statistic_name", "statistikens namn")

    class Meta(Checked.Meta):
        model = KeyComponent
        import_id_fields = ("key", "position")
        fields = (
            "key",
            "position",
            "kind",
            "percent",
            "amount",
            "weight",
            "statistic_kind",
            "statistic_name",
        )


class DistributionResource(BodyScopedResource):
    """Distributions, one a row. Out only."""

    body_path = "grant__body"
    grant = Field("grant__record_number", "dnr")
    title = Field("grant__short_title", "medel")
    version = Field("version", "version")
    status = Field("get_status_display", "status")
    pot = Field("pot", "pott", MoneyWidget())
    set_aside = Field("set_aside", "avsatt", MoneyWidget())
    difference = Field("difference", "avrundningsdifferens", MoneyWidget())
    decided_on = Field("decided_on", "beslutad", DATE)

    class Meta:
        model = Distribution
        fields = (
            "grant",
            "title",
            "version",
            "status",
            "pot",
            "set_aside",
            "difference",
            "decided_on",
        )


class AllocationResource(BodyScopedResource):
    """Allocated amounts, one municipality a row. Out only."""

    body_path = "distribution__grant__body"
    grant = Field("distribution__grant__record_number", "dnr")
    version = Field("distribution__version", "version")
    code = Field("municipality__code", "kommunkod")
    municipality = Field("municipality__name", "kommun")
    calculated = Field("calculated", "beräknat", MoneyWidget())
    amount = Field("amount", "belopp", MoneyWidget())

    class Meta:
        model = Allocation
        fields = ("grant", "version", "code", "municipality", "calculated", "amount")
