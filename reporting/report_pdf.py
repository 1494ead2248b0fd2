"""A municipality's report as a PDF: before it is signed, and as it was sent in.

A Swedish document, whatever language the pages are in. The same version gives the same
bytes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation

from reporting.answer_changes import Answers
from reporting.models import Report, ReportVersion
from reporting.pdf import render_pdf
from reporting.report import Work
from reporting.report_fields import draw
from reporting.report_reading import ledger_of
from reporting.requisition_pdf import printable


def version_pdf(version: ReportVersion) -> bytes:
    """Return a version that has been sent in as a tagged PDF.

    It comes with its report, and that with its round, grant, body and municipality.
    """
    return render_pdf(printable(version_html(version)))


def draft_pdf(work: Work) -> bytes:
    """Return what is written so far, marked as a draft on every page."""
    return render_pdf(printable(draft_html(work)))


def version_html(version: ReportVersion) -> str:
    """Return what the PDF of a version is made of."""
    moment = timezone.localtime(version.submitted_at)
    return _html(version.report, version.typed, version.facts, moment, version=version)


def draft_html(work: Work) -> str:
    """Return what the PDF of a draft is made of. It is dated when somebody last wrote."""
    written = [each.edited_at for each in work.sections.values() if each.edited_at]
    moment = timezone.localtime(max(written, default=work.report.created_at))
    return _html(work.report, work.answers, work.facts, moment)


def _html(
    report: Report,
    answers: Answers,
    facts: Mapping[str, int],
    moment: datetime,
    **more: Any,
) -> str:
    grant, form = report.round.grant, report.round.read
    with translation.override("sv"):
        return render_to_string(
            "reporting/report_document.html",
            {
                "report": report,
                "round": report.round,
                "grant": grant,
                "body": grant.body,
                "municipality": report.municipality,
                "form": form,
                "sections": draw(form, answers),
                "level": 2,
                "ledger": ledger_of(facts),
                "moment": moment,
            }
            | more,
        )
