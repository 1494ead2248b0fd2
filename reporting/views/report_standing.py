"""Where a municipality's report stands, and what to do next."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from grants.distribution import Refused
from invoices.views.answers import go_home, is_about_another
from municipalities.access import Capability, MunicipalRequest, requires
from reporting import report as verbs
from reporting.models import Report, ReportRound
from reporting.report import Work, work_on
from reporting.report_facts import facts_of
from reporting.report_progress import completion_of, progress_of
from reporting.report_refusals import sentence
from reporting.views.report_finding import context_of, find_round


@requires(Capability.ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def report_detail(request: MunicipalRequest, number: int) -> HttpResponse:
    """Show where the report stands and what to do next; begin it when somebody says so.

    To look at the page, which a browser may do on its own, begins nothing.
    """
    found, report = find_round(request, number)
    if request.method == "POST":
        if is_about_another(request):
            return go_home(request)
        return begin(request, found)
    context = context_of(request, found, report) | {
        "page_title": _("Report: %(grant)s") % {"grant": found.grant},
        "today": timezone.localdate(),
    }
    if report is None:
        facts = facts_of(found, request.organisation)
        context |= {
            "facts": facts,
            "form": found.read,
            "due_on": found.deadline.due_on,
            "is_late": timezone.localdate() > found.deadline.due_on,
        }
    else:
        context |= standing(report)
    context["days_left"] = (context["due_on"] - timezone.localdate()).days
    return TemplateResponse(request, "reporting/report_detail.html", context)


def begin(request: MunicipalRequest, found: ReportRound) -> HttpResponse:
    """Begin the report, and show its first section."""
    try:
        report = verbs.begin(found, request.organisation, by=request.membership.user)
    except Refused as refused:
        messages.error(request, sentence(refused))
        return redirect("reporting:portal")
    first = report.round.read.sections[0]
    return redirect("reporting:report_section", found.pk, first.key)


def standing(report: Report) -> dict[str, Any]:
    """Return how far a report that is begun has come."""
    work = work_on(report)
    completion = completion_of(report)
    versions = list(report.versions.select_related("submitted_by"))
    deadline = completion.deadline if completion else report.round.deadline
    asked_for = set(completion.sections) if completion else set()
    return {
        "work": work,
        "facts": work.facts,
        "form": work.form,
        "progress": progress_of(work, completion),
        "completion": completion,
        "asked_for": [each for each in work.form.sections if each.key in asked_for],
        "due_on": deadline.due_on,
        "is_late": report.is_open and timezone.localdate() > deadline.due_on,
        "versions": versions,
        "latest": versions[0] if versions else None,
        "writers": writers_of(work),
    }


def writers_of(work: Work) -> list[str]:
    """Return who has written in the report, who did so last first."""
    rows = sorted(
        (row for row in work.sections.values() if row.edited_at),
        key=lambda row: row.edited_at or timezone.now(),
        reverse=True,
    )
    return list(dict.fromkeys(str(row.edited_by) for row in rows))
