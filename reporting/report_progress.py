"""How far a municipality has come with its report, section by section."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reporting.answer_review import Finding
from reporting.models import CompletionRequest, Report, ReportSection
from reporting.prefill import is_used
from reporting.report import Work
from reporting.report_drawn import DrawnQuestion, DrawnSection, Remark
from reporting.report_fields import remarks
from reporting.report_form import AMOUNTS, Kind, Section

WORDS: Mapping[str, tuple[str, Promise]] = {
    "untouched": ("neutral", pgettext_lazy("section", "not gone through")),
    "to_complete": ("warning", pgettext_lazy("section", "to complete")),
    "to_mend": ("warning", pgettext_lazy("section", "something to mend")),
    "ready": ("success", pgettext_lazy("section", "ready")),
}
"""Colour and word of each state of a section."""


@dataclass(frozen=True, slots=True)
class Step:
    """A section, and how it stands."""

    section: Section
    number: int
    row: ReportSection
    findings: Sequence[Finding]
    is_asked_for: bool
    """Whether staff have asked for it once more, and nobody has written in it since."""

    @property
    def code(self) -> str:
        """How it stands."""
        if self.row.edited_by_id is None:
            return "untouched"
        if any(finding.is_blocking for finding in self.findings):
            return "to_mend"
        return "to_complete" if self.is_asked_for else "ready"

    @property
    def kind(self) -> str:
        """The colour of the state."""
        return WORDS[self.code][0]

    @property
    def word(self) -> Promise:
        """The word of the state."""
        return WORDS[self.code][1]

    @property
    def is_ready(self) -> bool:
        """Whether there is nothing more to do in it."""
        return self.code == "ready"


@dataclass(frozen=True, slots=True)
class Progress:
    """The whole report."""

    steps: Sequence[Step]
    across: Sequence[Remark]
    """Checks between sections that do not hold."""

    @property
    def ready(self) -> int:
        """How many sections are ready."""
        return sum(step.is_ready for step in self.steps)

    @property
    def next(self) -> Step | None:
        """The first section with something left to do."""
        return next((step for step in self.steps if not step.is_ready), None)

    @property
    def is_ready(self) -> bool:
        """Whether the whole can be read through and sent in."""
        is_held = not any(remark.is_blocking for remark in self.across)
        # What is asked for once more may be answered by nothing new.
        return is_held and all(step.code in {"ready", "to_complete"} for step in self.steps)

    def beside(self, key: str) -> tuple[Step | None, Step | None]:
        """Return the sections before and after one."""
        keys = [step.section.key for step in self.steps]
        place = keys.index(key)
        return (
            self.steps[place - 1] if place else None,
            self.steps[place + 1] if place + 1 < len(keys) else None,
        )


def completion_of(report: Report) -> CompletionRequest | None:
    """Return what staff have asked to have completed, while it is not answered."""
    asked = report.completions.filter(closed_at=None)
    return asked.select_related("deadline", "asked_by", "version").first()


def progress_of(work: Work, completion: CompletionRequest | None) -> Progress:
    """Return how far the report has come."""
    steps = []
    for number, section in enumerate(work.form.sections, start=1):
        row = work.sections[section.key]
        is_asked_for = (
            completion is not None
            and section.key in completion.sections
            and (row.edited_at is None or row.edited_at < completion.asked_at)
        )
        findings = work.review.of_section(section.key)
        steps.append(Step(section, number, row, findings, is_asked_for))
    return Progress(steps, list(remarks(work.review.of_section(""))))


def asks_for_money(section: Section) -> bool:
    """Return whether the ledger's sums are of use in the section."""
    return any(question.kind in AMOUNTS - {Kind.NUMBER} for question in section.questions)


def dressed(drawn: DrawnSection, work: Work, planned: Mapping[str, int]) -> DrawnSection:
    """Return the section with its files, and with what the municipality had planned."""
    is_untouched = work.sections[drawn.section.key].edited_by_id is None
    return replace(
        drawn,
        questions=tuple(
            _dressed(each, work, planned, is_untouched) for each in drawn.questions
        ),
    )


def _dressed(
    asked: DrawnQuestion, work: Work, planned: Mapping[str, int], is_untouched: bool
) -> DrawnQuestion:
    question = asked.question
    is_money = question.kind is Kind.PURPOSES and is_used(question)
    return replace(
        asked,
        planned={
            row.key: planned[row.key]
            for row in question.rows
            if is_money and planned.get(row.key)
        },
        files=work.files.get(question.key, ()),
        is_prefilled=is_untouched and any(cell.value for cell in asked.cells),
    )


SOURCES: Mapping[Kind, Promise] = {
    Kind.PURPOSES: _("What is used is filled in from your requisition."),
    Kind.ACTIVITIES: _("The activities are filled in from your plans in the last report."),
}
"""Where what nobody has gone through comes from."""


def sources(drawn: DrawnSection) -> list[Promise]:
    """Return where the section's answers come from, while nobody has gone through them."""
    return [
        SOURCES[asked.question.kind]
        for asked in drawn.questions
        if asked.is_prefilled and asked.question.kind in SOURCES
    ]
