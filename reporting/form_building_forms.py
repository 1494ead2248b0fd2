"""What staff write when they build a report form."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from grants.forms.base import SeenForm
from reporting.expressions import LONGEST, ExpressionError, is_name, normal, parse
from reporting.form_editing import EditError, read_options, read_rows, written
from reporting.form_problems import MOST_CHECKS, Problem
from reporting.models import ReportFormVersion, ReportKind
from reporting.ready_made_forms import FACTS, READY_MADE
from reporting.report_form import (
    AMOUNTS,
    TABLES,
    Check,
    Condition,
    Form,
    Kind,
    Option,
    Question,
    Row,
    Section,
)
from reporting.report_words import edit_in_words, problem_in_words

KINDS = {
    Kind.TEXT: _("Text"),
    Kind.NUMBER: _("Number"),
    Kind.KRONOR: _("Amount in kronor"),
    Kind.CHOICE: _("Choice between options"),
    Kind.PURPOSES: _("Table: an amount for each purpose"),
    Kind.COSTS: _("Table: an amount for each purpose and cost group"),
    Kind.ACTIVITIES: _("List of activities"),
    Kind.FILE: _("File"),
}
"""What a question is answered with, in words."""

READY_MADE_LABELS = {
    "interim": _("Ready-made: interim report"),
    "final": _("Ready-made: final report"),
    "costs": _("Ready-made: follow-up of costs, by purpose and cost group"),
}

ONLY_FOR = {
    "name": AMOUNTS,
    "options": {Kind.CHOICE},
    "rows": TABLES,
    "groups": {Kind.COSTS},
}
"""Which kinds of questions a field belongs to, where it is not all."""


class LinesField(forms.CharField):
    """A text of several lines, whose ends count as one character, as in the browser."""

    def to_python(self, value: Any) -> str:
        """Return the text with the lines as we keep them."""
        return str(super().to_python(value) or "").replace("\r\n", "\n")


def long(rows: int) -> forms.Textarea:
    """Return an input for several lines."""
    return forms.Textarea(attrs={"rows": rows})


def kinds_of_report() -> list[tuple[str, str]]:
    """Return the kinds as they stand alone in an input."""
    return [(value, capfirst(str(label))) for value, label in ReportKind.choices]


class StartForm(forms.Form):
    """What a new form is called, and what it starts from."""

    EMPTY = "empty"

    title = forms.CharField(
        label=_("title"),
        max_length=200,
        help_text=_("For example Slutredovisning 2026. The municipalities read it."),
    )
    kind = forms.ChoiceField(label=_("kind of report"), choices=kinds_of_report)
    start = forms.ChoiceField(label=_("start from"), widget=forms.RadioSelect)

    def __init__(
        self, *args: Any, versions: Iterable[ReportFormVersion], **kwargs: Any
    ) -> None:
        """Offer the ready-made forms and those that are in use."""
        super().__init__(*args, **kwargs)
        self.versions = {f"version-{each.pk}": each for each in versions}
        own = [
            (key, _("Your own: %(form)s") % {"form": version})
            for key, version in self.versions.items()
        ]
        choices: list[tuple[str, Any]] = [*READY_MADE_LABELS.items(), *own]
        choices.append((self.EMPTY, _("An empty form")))
        self.fields["start"].choices = choices  # type: ignore[attr-defined]

    def source(self) -> Form:
        """Return the form to start from, under the new title."""
        start, title = self.cleaned_data["start"], self.cleaned_data["title"]
        if start in READY_MADE:
            found = READY_MADE[start]
        elif start in self.versions:
            found = self.versions[start].read
        else:
            found = Form(title, ())
        return Form(title, found.sections, found.checks, found.introduction)


class HeadForm(SeenForm):
    """What stands at the top of a form."""

    title = forms.CharField(label=_("heading"), max_length=200)
    kind = forms.ChoiceField(label=_("kind of report"), choices=kinds_of_report)
    introduction = LinesField(
        label=_("introduction"), required=False, max_length=5_000, widget=long(4)
    )


class SectionForm(SeenForm):
    """A part of the form."""

    title = forms.CharField(label=_("heading"), max_length=200)
    help = LinesField(label=_("guidance"), required=False, max_length=5_000, widget=long(3))

    @classmethod
    def initial_of(cls, section: Section) -> dict[str, str]:
        """Return what a section has."""
        return {"title": section.title, "help": section.help}


class QuestionForm(SeenForm):
    """A question. It shows the fields that its kind has."""

    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    label = LinesField(label=_("the question"), max_length=500, widget=long(2))
    help = LinesField(
        label=_("help"),
        required=False,
        max_length=2_000,
        widget=long(3),
        help_text=_("Stands between the question and the answer."),
    )
    kind = forms.ChoiceField(
        label=_("is answered with"), choices=[(k.value, v) for k, v in KINDS.items()]
    )
    name = forms.CharField(
        label=_("name in calculations"),
        required=False,
        max_length=60,
        help_text=_(
            "A short name for checks, for example “använt”. A table counts as its sum."
        ),
    )
    options = LinesField(
        label=_("options"),
        max_length=10_000,
        widget=long(4),
        help_text=_("One on each line."),
    )
    rows = LinesField(
        label=_("rows"),
        required=False,
        max_length=20_000,
        widget=long(8),
    )
    groups = LinesField(
        label=_("cost groups"),
        required=False,
        max_length=10_000,
        widget=long(4),
        help_text=_("One on each line. For the rows that have none of their own."),
    )
    is_required = forms.BooleanField(label=_("must be answered"), required=False)
    condition = forms.MultipleChoiceField(
        label=_("ask only if the answer is"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("No tick: always asked. Several answers to the same question may do."),
    )

    def __init__(
        self,
        *args: Any,
        known: Question | None = None,
        before: Sequence[Question] = (),
        **kwargs: Any,
    ) -> None:
        """Show what ``known`` has; ``before`` are the questions it may depend on."""
        super().__init__(*args, **kwargs)
        self.known = known
        posted = str(self.data.get("kind", "")) if self.is_bound else ""
        first = str(self.initial.get("kind", Kind.TEXT))
        self.of_kind = Kind(posted if posted in set(Kind) else first)
        self.changes_kind = self.is_bound and (
            "show" in self.data or self.data.get("shown") != self.of_kind
        )
        for name, kinds in ONLY_FOR.items():
            if self.of_kind not in kinds:
                del self.fields[name]
        if "rows" in self.fields:
            self.fields["rows"].help_text = self._help_of_rows()
        choices = [
            (f"{each.key}.{option.key}", f"{each.label} – {option.label}")
            for each in before
            if each.kind is Kind.CHOICE
            for option in each.options
        ]
        if choices:
            self.fields["condition"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["condition"]
        if self.is_bound:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data["shown"] = self.of_kind  # type: ignore[index]
        self.initial["shown"] = self.of_kind

    def _help_of_rows(self) -> Any:
        if self.of_kind is Kind.COSTS:
            return _(
                "One on each line. Begin a line with a dash to write a cost group of the "
                "row above. Empty: the grant's own purposes, put in when a round starts."
            )
        return _(
            "One on each line. Empty: the grant's own purposes, put in when a round starts."
        )

    @classmethod
    def initial_of(cls, question: Question) -> dict[str, Any]:
        """Return what a question has."""
        condition = question.condition
        return {
            "label": question.label,
            "help": question.help,
            "kind": question.kind.value,
            "name": question.name,
            "options": written(question.options),
            "rows": written(question.rows),
            "groups": written(question.groups),
            "is_required": question.is_required,
            "condition": [f"{condition.question}.{key}" for key in condition.options]
            if condition
            else [],
        }

    def clean_options(self) -> Any:
        """Return the options, and refuse fewer than two."""
        found = self._lines(read_options, "options")
        if len(found) < 2:
            raise ValidationError(_("Write at least two options."), code="too_few")
        return found

    def clean_rows(self) -> Any:
        """Return the rows."""
        found = self._lines(read_rows, "rows")
        if self.of_kind is Kind.PURPOSES and any(row.groups for row in found):
            message = _("Only a table with cost groups can have lines with a dash.")
            raise ValidationError(message, code="groups")
        for row in found:
            self._judge(row.groups)
        return found

    def clean_groups(self) -> Any:
        """Return the cost groups."""
        return self._lines(read_options, "groups")

    def _lines(self, read: Any, name: str) -> Any:
        known = getattr(self.known, name, ())
        try:
            found = read(self.cleaned_data[name], known)
        except EditError as error:
            raise ValidationError(edit_in_words(error), code=error.code) from error
        self._judge(found)
        return found

    def _judge(self, lines: Sequence[Option | Row]) -> None:
        """Refuse lines that are too long, or the same."""
        labels = [normal(each.label) for each in lines]
        if any(len(label) > 200 for label in labels):
            message = _("A line can have at most 200 characters.")
            raise ValidationError(message, code="too_long")
        for label in labels:
            if labels.count(label) > 1:
                message = _("“%(line)s” stands there twice.")
                raise ValidationError(message, "twice", params={"line": label})

    def clean_condition(self) -> Condition | None:
        """Return the condition; its answers are to one question."""
        chosen = [each.split(".") for each in self.cleaned_data["condition"]]
        keys = {key for key, _option in chosen}
        if len(keys) > 1:
            message = _("Choose answers to one question only.")
            raise ValidationError(message, code="several")
        return Condition(keys.pop(), tuple(o for _key, o in chosen)) if keys else None

    def question(self) -> Question:
        """Return the question as it is written; the builder gives it its key."""
        facts = self.cleaned_data
        return Question(
            key=self.known.key if self.known else "",
            kind=self.of_kind,
            label=facts["label"],
            name=facts.get("name", ""),
            help=facts["help"],
            is_required=facts["is_required"],
            options=facts.get("options", ()),
            rows=facts.get("rows", ()),
            groups=facts.get("groups", ()),
            condition=facts.get("condition"),
        )


class CheckForm(forms.Form):
    """A calculated check."""

    expression = forms.CharField(
        label=_("must hold"),
        max_length=LONGEST,
        help_text=_("For example: använt + att återbetala = utbetalat"),
    )
    message = forms.CharField(
        label=_("message when it does not"), required=False, max_length=500
    )
    is_blocking = forms.TypedChoiceField(
        label=_("if it does not hold"),
        choices=[
            ("yes", _("The report cannot be submitted")),
            ("no", _("The report gets a warning")),
        ],
        coerce=lambda value: value == "yes",
    )

    def __init__(self, *args: Any, known: Form, **kwargs: Any) -> None:
        """Note the form whose amounts can be named."""
        super().__init__(*args, **kwargs)
        self.known = known

    def clean_expression(self) -> str:
        """Refuse what cannot be read, and names that nothing has."""
        text = str(self.cleaned_data["expression"])
        names = {each for each, _label in names_in(self.known)}
        try:
            found = [each for each in parse(text).names if each not in names]
            wrong = [Problem("name_unknown", text, each) for each in found]
        except ExpressionError as error:
            wrong = [Problem(f"expression_{error.code}", text, error.found)]
        if wrong:
            raise ValidationError(
                [
                    ValidationError(problem_in_words(each, self.known), code=each.code)
                    for each in wrong
                ]
            )
        return text

    @classmethod
    def initial_of(cls, check: Check) -> dict[str, str]:
        """Return what a check has."""
        return {
            "expression": check.expression,
            "message": check.message,
            "is_blocking": "yes" if check.is_blocking else "no",
        }


class BaseChecks(forms.BaseFormSet):  # type: ignore[type-arg]
    """All checks of a form."""

    def checks(self) -> list[Check]:
        """Return the checks that stay, in the order that they stand."""
        return [
            Check(
                form.cleaned_data["expression"],
                form.cleaned_data["message"],
                form.cleaned_data["is_blocking"],
            )
            for form in self.forms
            if form.cleaned_data.get("expression") and form not in self.deleted_forms
        ]

    def add_fields(self, form: Any, index: int | None) -> None:
        """Say what the box removes."""
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove this check")


Checks = forms.formset_factory(
    CheckForm,
    formset=BaseChecks,
    can_delete=True,
    extra=0,
    max_num=MOST_CHECKS,
    absolute_max=MOST_CHECKS,
    validate_max=True,
)


def names_in(form: Form) -> list[tuple[str, str]]:
    """Return what calculations may name: each name and what it stands for."""
    facts: Mapping[str, Any] = {
        "tilldelat": _("what the municipality is allocated"),
        "rekvirerat": _("what it has requested"),
        "utbetalat": _("what it has been paid"),
    }
    return [(normal(name), str(facts[name])) for name in FACTS] + [
        (each.calculated_name, each.label)
        for each in form.questions
        if each.kind in AMOUNTS and is_name(each.calculated_name)
    ]


def without_name_in(form: Form) -> list[str]:
    """Return the amounts that calculations cannot name, by their words."""
    return [
        each.label
        for each in form.questions
        if each.kind in AMOUNTS and not is_name(each.calculated_name)
    ]
