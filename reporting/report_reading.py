"""A report as it is read, by the municipality and by the body's staff.

``version_context`` is what a page about a version that has been sent in shows, whoever
reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst

from reporting.answer_changes import Answers
from reporting.answer_review import Review, is_asked, review
from reporting.models import ReportFile, ReportVersion
from reporting.ready_made_forms import FACTS
from reporting.report_differences import compare
from reporting.report_fields import draw, remarks
from reporting.report_form import AMOUNTS, Form, Kind


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount in kronor with its words."""

    label: str
    amount: int | None


@dataclass(frozen=True, slots=True)
class Attached:
    """A file, and the question that it answers."""

    file: ReportFile
    question: str

    @property
    def name(self) -> str:
        """What it is called."""
        return self.file.file.name


def version_context(version: ReportVersion) -> dict[str, Any]:
    """Return what a page about a version shows: its answers, and what it changes.

    ``version`` comes with its report, and that with its round, grant, body and
    municipality. Two queries, whatever is in it: the versions and the files.
    """
    report, form = version.report, version.report.round.read
    facts: Mapping[str, int] = version.facts
    found = review(form, version.typed, facts)
    versions = list(report.versions.select_related("submitted_by"))
    before = next((each for each in versions if each.number == version.number - 1), None)
    return {
        "version": version,
        "versions": versions,
        "is_latest": version.number == versions[0].number,
        "report": report,
        "round": report.round,
        "grant": report.round.grant,
        "municipality": report.municipality,
        "form": form,
        "sections": draw(form, version.typed, found),
        "across": list(remarks([each for each in found.findings if not each.section])),
        "ledger": ledger_of(facts),
        "reported": reported_of(form, found, version.typed),
        "before": before,
        "comparison": before
        and compare(form, before.typed, version.typed, (before.facts, version.facts)),
        "files": files_of(form, version),
    }


def ledger_of(facts: Mapping[str, int]) -> list[Figure]:
    """Return the ledger's sums, in order and in words."""
    return [Figure(capfirst(name), facts[name]) for name in FACTS if name in facts]


def reported_of(form: Form, found: Review, answers: Answers) -> list[Figure]:
    """Return the kronor that the municipality has reported, by question."""
    return [
        Figure(
            capfirst(each.name.strip() or each.label), found.sums.get(each.calculated_name)
        )
        for each in form.questions
        if each.kind in AMOUNTS - {Kind.NUMBER} and is_asked(form, each, answers)
    ]


def files_of(form: Form, version: ReportVersion) -> list[Attached]:
    """Return the files that went with a version, without what is in them."""
    found = version.files.select_related("file").defer("file__content")
    questions = {each.key: each.label for each in form.questions}
    return [Attached(each, questions.get(each.question, "")) for each in found]
