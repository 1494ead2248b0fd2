"""Forms for a file of figures: which file, and what to take out of it."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from municipalities.import_preview import Choice
from municipalities.models import StatisticKind
from municipalities.scb import (
    MAX_BYTES,
    SUM,
    Dimension,
    Problem,
    ProblemCode,
    Shape,
    Source,
    Subject,
    period_date,
)
from municipalities.scb_messages import dimension_label, option_label, problem_sentence

SUFFIXES: Final = ".xlsx,.xls,.ods,.csv,.txt,.tsv,.px,.json"
SCB: Final = "SCB:s statistikdatabas"
FEW: Final = 6
PREFIX: Final = "choose_"

ANYBODYS: Final = frozenset({Shape.TWO_COLUMNS, Shape.LONG_WORKBOOK, Shape.LONG_TEXT})
"""Shapes that come from others than SCB as well."""


class ImportUploadForm(forms.Form):
    """The file itself. What it holds is looked at by the reader, not by its name."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        max_length=200,
        widget=forms.FileInput(attrs={"accept": SUFFIXES}),
        error_messages={
            "required": _("Choose a file."),
            "max_length": _("The file's name is too long."),
        },
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse a file by its size alone, before anybody reads it."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            self.refuse(Problem(ProblemCode.TOO_LARGE))
        return file

    def refuse(self, *problems: Problem) -> None:
        """Say what is wrong with the file: every reason at once."""
        errors = [ValidationError(problem_sentence(p), code=p.code) for p in problems]
        self.add_error("file", ValidationError(errors))


class SeveralField(forms.MultipleChoiceField):
    """Years or ages to tick."""

    widget = forms.CheckboxSelectMultiple


class ImportChoiceForm(forms.Form):
    """What to take out of the file, and what to call it."""

    kind = forms.ChoiceField(
        label=_("What is counted?"),
        choices=StatisticKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is counted.")},
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        help_text=_("Only if you chose “other”: write what is counted."),
    )
    reference_on = forms.DateField(
        label=_("Reference date"),
        required=False,
        help_text=_("The day that is counted, or the last day of the year."),
    )
    is_whole_year = forms.BooleanField(
        label=_("The figures count a whole year"),
        required=False,
        help_text=_("For example persons who received care at any time in 2018."),
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=200,
        help_text=_("It stands below the table in the memo."),
        error_messages={"required": _("Write where the figures come from.")},
    )
    is_checked = forms.BooleanField(
        label=_("I have checked what is marked above"), required=False
    )

    def __init__(self, source: Source, *args: Any, **kwargs: Any) -> None:
        """Offer what the file has, with a sensible choice made beforehand."""
        self.table = source
        kwargs["initial"] = {**self.sensible(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        for dimension in source.dimensions:
            if len(dimension.options) > 1:
                self.fields[PREFIX + dimension.key] = field_for(dimension)
        periods = self.period_options()
        if len(periods) > 1:
            del self.fields["reference_on"]
            self.fields["all_periods"] = forms.BooleanField(
                label=_("All %(count)s periods") % {"count": len(periods)}, required=False
            )
        elif not any(map(period_date, periods)):
            self.fields["reference_on"].required = True

    def period_options(self) -> list[str]:
        """Return the periods of the file, oldest first."""
        for dimension in self.table.dimensions:
            if dimension.key == "period":
                return [option.key for option in dimension.options]
        return []

    def sensible(self) -> dict[str, Any]:
        """Return what is most likely wanted."""
        is_population = self.table.subject is Subject.POPULATION
        periods = self.period_options()
        is_scb = is_population or self.table.shape not in ANYBODYS
        return {
            "kind": StatisticKind.POPULATION if is_population else "",
            "source": SCB if is_scb else self.table.source_text[:200],
            "reference_on": period_date(periods[0]) if len(periods) == 1 else None,
        }

    def shown_fields(self) -> list[forms.BoundField]:
        """Return the choices that the file itself offers."""
        names = [name for name in self.fields if name.startswith(PREFIX)]
        if "all_periods" in self.fields:
            names.insert(names.index(f"{PREFIX}period"), "all_periods")
        return [self[name] for name in names]

    def clean(self) -> dict[str, Any]:
        """Ask for a name where the kind does not say what is counted."""
        data: dict[str, Any] = super().clean() or {}
        name = " ".join(data.get("name", "").split())
        if data.get("kind") == StatisticKind.OTHER and not name:
            self.add_error("name", ValidationError(_("Write what is counted."), "no_name"))
        if data.get("kind") != StatisticKind.OTHER:
            name = ""
        data["name"] = name
        key = f"{PREFIX}period"
        if data.get("all_periods") and key in self.fields:
            data[key] = self.period_options()
            self.errors.pop(key, None)
        return data

    def choice(self) -> Choice:
        """Return what is chosen. A field with a mistake counts as it was beforehand."""
        facts: Mapping[str, Any] = self.initial
        if self.is_bound:
            self.is_valid()
            facts = {**self.initial, **self.cleaned_data}
        selection = {}
        for dimension in self.table.dimensions:
            if facts.get(PREFIX + dimension.key):
                selection[dimension.key] = facts[PREFIX + dimension.key]
        return Choice(
            kind=facts.get("kind") or "",
            name=facts.get("name") or "",
            source=facts.get("source") or "",
            is_whole_year=bool(facts.get("is_whole_year")),
            reference_on=facts.get("reference_on"),
            selection=selection,
        )


def field_for(dimension: Dimension) -> forms.Field:
    """Return the field of a choice: several periods and ages, but one of anything else."""
    label = capfirst(str(dimension_label(dimension)))
    options = [
        (option.key, option_label(option))
        for option in dimension.options
        if option.key != SUM or dimension.default == SUM
    ]
    if dimension.key == "period":
        return SeveralField(
            label=label,
            choices=options[::-1],
            initial=list(dimension.default),
            error_messages={"required": _("Choose at least one period.")},
        )
    if dimension.can_sum and len(options) > FEW:
        return SeveralField(
            label=label,
            choices=sorted(options, key=lambda option: option[0] != dimension.default),
            initial=[dimension.default],
            help_text=_("Those you tick are added together."),
        )
    widget = forms.RadioSelect() if len(options) <= FEW else forms.Select()
    return forms.ChoiceField(
        label=label, choices=options, initial=dimension.default, widget=widget
    )


class AdminImportChoice(forms.Form):
    """The facts that the admin asks for beside the file."""

    kind = forms.ChoiceField(
        label=_("What is counted?"), choices=[("", "---------"), *StatisticKind.choices]
    )
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    source = forms.CharField(label=_("Source"), max_length=200, initial=SCB)
    reference_on = forms.DateField(
        label=_("Reference date"),
        required=False,
        help_text=_("Only where the file does not say it."),
    )
    is_whole_year = forms.BooleanField(
        label=_("The figures count a whole year"), required=False
    )
    all_periods = forms.BooleanField(
        label=pgettext_lazy("admin import", "All years in the file, not only the latest"),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a name where the kind does not say what is counted."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("kind") == StatisticKind.OTHER and not data.get("name"):
            self.add_error("name", ValidationError(_("Write what is counted."), "no_name"))
        return data


CHOICE_FIELDS: Final = tuple(AdminImportChoice.base_fields)
