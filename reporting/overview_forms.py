"""An overview's groups and rows as people write them, all on one page.

The rows of each group are a formset of their own: ``groups-0-rows`` belongs to the group
``groups-0``. Rows are moved as they were typed (``overview_typing``).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from grants.forms.base import BodyForm, RowForm, Rows, rows_of
from grants.models import Grant
from municipalities.models import CoordinatingBody
from municipalities.numbers import kronor, row_id
from reporting.forms import check_letters
from reporting.models import Overview, OverviewGroup, OverviewRow
from reporting.overview import OverviewDocument
from reporting.overview_figures import Figures
from reporting.overview_typing import GROUPS


def long(rows: int) -> forms.Textarea:
    """Return an input for several lines."""
    return forms.Textarea(attrs={"rows": rows})


class Printable:
    """A form whose texts the document's font can draw."""

    cleaned_data: dict[str, Any]

    def check_texts(self, *names: str) -> None:
        """Put what cannot be printed on its field."""
        for name in names:
            try:
                check_letters(str(self.cleaned_data.get(name) or ""))
            except ValidationError as error:
                self.add_error(name, error)  # type: ignore[attr-defined]


class OverviewForm(Printable, BodyForm):
    """What stands at the top."""

    class Meta:
        model = Overview
        fields = ["title", "dated_on", "introduction"]
        widgets = {"introduction": long(8)}

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be printed."""
        cleaned: dict[str, Any] = super().clean() or {}
        self.check_texts("title", "introduction")
        return cleaned


class StartForm(forms.Form):
    """Which year, and what to start from."""

    FROM_LAST, FROM_GRANTS, EMPTY = "last", "grants", "empty"

    year = forms.IntegerField(label=_("year"), min_value=1990, max_value=2100)
    dated_on = forms.DateField(
        label=_("as of"), help_text=_("The day that the facts are known to.")
    )
    start = forms.ChoiceField(
        label=_("start from"),
        widget=forms.RadioSelect,
        choices=[
            (FROM_GRANTS, _("All grants of the year, one row each")),
            (FROM_LAST, _("The overview of the year before")),
            (EMPTY, _("An empty page")),
        ],
        initial=FROM_GRANTS,
    )

    def __init__(self, *args: Any, body: CoordinatingBody, **kwargs: Any) -> None:
        """Note the body."""
        super().__init__(*args, **kwargs)
        self.body = body
        self.source: Overview | None = None

    def clean_year(self) -> int:
        """Refuse a year that has one."""
        year: int = self.cleaned_data["year"]
        if Overview.objects.of_body(self.body).filter(year=year).exists():
            message = _("There is already an overview of the year.")
            raise ValidationError(message, code="taken")
        return year

    def clean(self) -> dict[str, Any]:
        """Find the overview to start from."""
        cleaned: dict[str, Any] = super().clean() or {}
        year = cleaned.get("year")
        if year and cleaned.get("start") == self.FROM_LAST:
            own = Overview.objects.of_body(self.body)
            self.source = own.filter(year=year - 1).first()
            if self.source is None:
                message = _("There is no overview of %(year)s to start from.")
                error = ValidationError(message, "none", params={"year": year - 1})
                self.add_error("start", error)
        return cleaned


class GroupForm(Printable, RowForm):
    """A group's heading, and what its sum is called."""

    class Meta:
        model = OverviewGroup
        fields = ["title", "sum_label"]

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be printed."""
        cleaned: dict[str, Any] = super().clean() or {}
        self.check_texts("title", "sum_label")
        return cleaned


class LineForm(Printable, RowForm):
    """A row of the table. One that is a part belongs to the nearest whole above it."""

    is_part = forms.BooleanField(
        label=_("part of the row above (not counted)"), required=False
    )
    grant = forms.TypedChoiceField(label=_("grant"), required=False, empty_value=None)

    class Meta:
        model = OverviewRow
        fields = [
            "label",
            "amount_before",
            "amount",
            "grant",
            "side",
            "note",
            "is_emphasised",
        ]

    field_order = ["label", "amount_before", "amount", "is_part", "is_emphasised"]

    def __init__(
        self,
        *args: Any,
        grants: Mapping[int, Grant],
        year: int,
        figures: Mapping[int, Figures],
        **kwargs: Any,
    ) -> None:
        """Offer the grants, and say what is shown where nothing is written."""
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["grant"]
        chosen.choices = [
            ("", _("None")),
            *((pk, str(each)) for pk, each in grants.items()),
        ]
        # What is not among the choices is refused by them, and changes the row.
        chosen.coerce = lambda value: grants.get(row_id(str(value)))
        side: Any = self.fields["side"]
        side.choices = [("", _("All of it")), *side.choices[1:]]
        for name, shown in (("amount_before", year - 1), ("amount", year)):
            self.fields[name].label = _("%(year)s, kr") % {"year": shown}
            self.fields[name].help_text = self._inherited(name, figures)
        self.initial["is_part"] = self.instance.part_of_id is not None

    def _inherited(self, name: str, figures: Mapping[int, Figures]) -> str:
        """Return what the grant says, where the row as it was saved shows it."""
        if getattr(self.instance, name) is not None or self.instance.pk not in figures:
            return ""
        shown = figures[self.instance.pk]
        amount = shown.now if name == "amount" else shown.before
        if amount is None:
            return ""
        return str(_("From the grant: %(amount)s") % {"amount": kronor(amount)})

    def clean(self) -> dict[str, Any]:
        """Put what does not fit together on the field to change."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("amount", "amount_before"):
            if (cleaned.get(name) or 0) < 0:
                message = _("An amount cannot be below zero.")
                self.add_error(name, ValidationError(message, code="negative"))
        if cleaned.get("side") and cleaned.get("grant", "refused") is None:
            message = _("Choose the grant that the side is of.")
            self.add_error("grant", ValidationError(message, code="required"))
        self.check_texts("label", "note")
        return cleaned


class LineRows(Rows):
    """The rows of a group. A row may have come from another group."""

    def __init__(self, *args: Any, everywhere: Mapping[str, Model], **kwargs: Any) -> None:
        """Find rows among all of the overview's."""
        super().__init__(*args, **kwargs)
        self.by_pk = dict(everywhere)

    def clean(self) -> None:
        """Refuse a part that has nothing to be part of."""
        super().clean()
        first = next(iter(self.kept()), None)
        if first is not None and first.cleaned_data.get("is_part"):
            message = _("The first row of a group cannot be part of another.")
            first.add_error("is_part", ValidationError(message, code="first"))


class GroupFormRows(Rows):
    """The groups; one that is removed takes its rows along."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Say what is removed."""
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove the group with its rows")


GroupRows = rows_of(GroupForm, GroupFormRows)
LineRowsOfGroup = rows_of(LineForm, LineRows)


class OverviewSheet:
    """The groups and their rows on the page, as they stand or as they were typed."""

    def __init__(self, overview: Overview, data: Any = None) -> None:
        """Make the formsets."""
        self.overview = overview
        body = overview.body
        groups = list(overview.groups.all())
        rows = list(
            OverviewRow.objects.filter(group__overview=overview).order_by("position", "pk")
        )
        own = {
            "body": body,
            "grants": self.grants(rows),
            "year": overview.year,
            "figures": {
                line.row.pk: line.figures
                for group in OverviewDocument(overview).groups
                for line in group.all_lines()
            },
        }
        self.groups: Any = GroupRows(
            data, prefix=GROUPS, rows=groups, form_kwargs={"body": body}
        )
        everywhere = {str(row.pk): row for row in rows}
        self.lines: list[Any] = []
        for index, _form in enumerate(self.groups.forms):
            group = groups[index] if index < len(groups) else None
            standing = [row for row in in_order(rows) if group and row.group_id == group.pk]
            self.lines.append(
                LineRowsOfGroup(
                    data,
                    prefix=f"{GROUPS}-{index}-rows",
                    rows=standing,
                    everywhere=everywhere,
                    form_kwargs=own,
                )
            )

    def grants(self, rows: Iterable[OverviewRow]) -> dict[int, Grant]:
        """Return what a row may be tied to: grants of the two years, or its own."""
        year = self.overview.year
        tied = {row.grant_id for row in rows if row.grant_id}
        own = Grant.objects.of_body(self.overview.body)
        offered = own.filter(year__in=(year - 1, year)) | own.filter(pk__in=tied)
        return {grant.pk: grant for grant in offered}

    @property
    def formsets(self) -> list[Any]:
        """All of them, the groups first."""
        return [self.groups, *self.lines]

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Yield each group's form with its rows."""
        yield from zip(self.groups.forms, self.lines, strict=True)

    def leave_unjudged(self) -> None:
        """Show what was typed without a word on it."""
        for formset in self.formsets:
            formset.leave_unjudged()

    def is_valid(self) -> bool:
        """Check every row, and that rows that share a grant say what each shows."""
        # All are checked, to show every mistake at once.
        verdicts = [formset.is_valid() for formset in self.formsets]
        return self._shared_are_written() and all(verdicts)

    def _shared_are_written(self) -> bool:
        sharing: dict[Any, list[Any]] = {}
        for form in self._kept():
            facts = getattr(form, "cleaned_data", {})
            if facts.get("grant"):
                key = facts["grant"].pk, facts.get("side"), bool(facts.get("is_part"))
                sharing.setdefault(key, []).append(form)
        message = _("Several rows show this grant: write what each of them shows.")
        lacking = [
            form
            for together in sharing.values()
            if len(together) > 1
            for form in together
            if form.cleaned_data.get("amount") is None
            and form.cleaned_data.get("amount_before") is None
            and not {"amount", "amount_before"} & form.errors.keys()
        ]
        for form in lacking:
            form.add_error("amount", ValidationError(message, code="shared"))
        return not lacking

    def _kept(self) -> Iterator[Any]:
        for group, lines in self.pairs():
            if group not in self.groups.deleted_forms:
                yield from lines.kept()

    def save(self) -> None:
        """Save groups and rows in the order that they stand in."""
        kept_groups = set(map(id, self.groups.kept()))
        pairs = [pair for pair in self.pairs() if id(pair[0]) in kept_groups]
        for position, (form, _lines) in enumerate(pairs):
            keep(form, position=position, overview_id=self.overview.pk)
        self._let_go(pairs)
        for lines in self.lines:
            remove(lines)
        position = 0
        for group, lines in pairs:
            whole = None
            for form in lines.kept():
                is_part = bool(form.cleaned_data.get("is_part"))
                keep(
                    form,
                    position=position,
                    group_id=group.instance.pk,
                    part_of_id=whole if is_part else None,
                )
                whole = whole if is_part else form.instance.pk
                position += 1
        # Last, when the rows that moved out of a group have moved.
        remove(self.groups)

    def _let_go(self, pairs: list[tuple[Any, Any]]) -> None:
        """First make parts that will stand elsewhere wholes: then none is in the way."""
        moving: list[int] = []
        for group, lines in pairs:
            whole = None
            for form in lines.kept():
                row = form.instance
                is_part = bool(form.cleaned_data.get("is_part"))
                stays = row.group_id == group.instance.pk and row.part_of_id == whole
                if row.part_of_id and not (is_part and stays):
                    moving.append(row.pk)
                    row.part_of_id = None
                whole = whole if is_part else row.pk
        OverviewRow.objects.filter(pk__in=moving).update(part_of=None)


def remove(formset: Any) -> None:
    """Remove what is marked."""
    for form in formset.deleted_forms:
        if form.instance.pk:
            form.instance.delete()


def keep(form: Any, **facts: Any) -> None:
    """Save a row's form with what its place says, if anything is new."""
    row = form.instance
    is_moved = any(getattr(row, name) != value for name, value in facts.items())
    if row.pk and not form.has_changed() and not is_moved:
        return
    for name, value in facts.items():
        setattr(row, name, value)
    form.save()


def in_order(rows: Iterable[OverviewRow]) -> list[OverviewRow]:
    """Return the rows with the parts of each below it."""
    parts: dict[int, list[OverviewRow]] = {}
    wholes = []
    for row in rows:
        if row.part_of_id:
            parts.setdefault(row.part_of_id, []).append(row)
        else:
            wholes.append(row)
    return [each for row in wholes for each in (row, *parts.get(row.pk, ()))]
