"""Find what a municipality's page is about: its round, and its report there.

Everything is filtered on the municipality that the person acts for, so that another one's
round or report gives 404.
"""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from municipalities.access import Capability, MunicipalRequest, can
from reporting.models import Report, ReportRound
from reporting.rounds import concerned


def find_round(request: MunicipalRequest, number: int) -> tuple[ReportRound, Report | None]:
    """Return the round, and the municipality's report in it once that is begun.

    It is 404 where the round is not open, or where the municipality neither is asked nor
    has reported.
    """
    report = report_in(request, number)
    if report is not None:
        return report.round, report
    found: ReportRound = get_object_or_404(
        ReportRound.objects.opened()
        .filter(grant__body__county=request.organisation.county_id)
        .select_related("grant__body", "deadline"),
        pk=number,
    )
    if request.organisation.pk not in concerned(found, timezone.localdate()):
        raise Http404
    return found, None


def find_report(request: MunicipalRequest, number: int) -> Report:
    """Return the municipality's report in the round, or 404 where none is begun."""
    report = report_in(request, number)
    if report is None:
        raise Http404
    return report


def report_in(request: MunicipalRequest, number: int) -> Report | None:
    """Return the municipality's report in the round, or none. It knows its round."""
    report = (
        Report.objects.of_municipality(request.organisation)
        .filter(round=number)
        .select_related("round__grant__body", "round__deadline", "handed_over_by")
        .first()
    )
    if report is not None:
        report.municipality = request.organisation
    return report


def context_of(
    request: MunicipalRequest, found: ReportRound, report: Report | None
) -> dict[str, Any]:
    """Return what every page of the report shows."""
    return {
        "round": found,
        "grant": found.grant,
        "body": found.grant.body,
        "municipality": request.organisation,
        "report": report,
        "may_sign": can(request.membership, Capability.SIGN),
    }
