"""Compile a round of reports (sammanställning), in a fixed number of queries.

What counts is the latest version that each municipality has sent in: also while it writes a
correction, and while it is asked to complete it, which makes its figures preliminary. What
the figures come to is in ``compiled``.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from django.db.models import Min, Q, Sum
from django.utils import timezone

from grants.models import Grant
from invoices.models import STANDING, PlannedUse, Settlement
from municipalities.models import Municipality
from reporting.compiled import Compilation, Outcome, Received, assemble
from reporting.models import Report, ReportRound, ReportVersion
from reporting.report_facts import facts_by_municipality
from reporting.rounds import concerned
from reporting.stages import stage_of, waits

__all__ = ["Compilation", "compile_round"]


def compile_round(found: ReportRound, today: date | None = None) -> Compilation:
    """Return what the municipalities have reported, against the ledger as it is now."""
    today = today or timezone.localdate()
    facts = facts_by_municipality(found.grant)
    asked = concerned(found, today)
    reports = {report.municipality_id: report for report in _reports(found)}
    versions = _versions(found)
    settled = _settled(found.grant)
    planned = _planned(found.grant)
    is_over = today > found.deadline.due_on
    places = Municipality.objects.filter(pk__in={*facts, *asked, *reports})
    received, by_code = [], {}
    for pk, code, name in places.order_by().values_list("pk", "code", "name"):
        report = reports.get(pk)
        version = versions.get(report.pk) if report else None
        stage = stage_of(report, is_asked=pk in asked)
        due_on = getattr(report, "completed_by", None) or found.deadline.due_on
        by_code[code] = facts.get(pk, {})
        received.append(
            Received(
                code=code,
                name=name,
                stage=stage,
                answers=version.typed if version else {},
                facts_then=version.facts if version else {},
                version=version.number if version else 0,
                submitted_on=(
                    timezone.localdate(version.submitted_at) if version else None
                ),
                is_late=version.is_late if version else is_over and pk in asked,
                is_overdue=waits(stage) and due_on < today,
                is_correcting=bool(report and report.is_correcting),
                settled=settled.get(pk),
                planned=planned.get(pk, {}),
            )
        )
    return assemble(found.read, received, by_code)


def _reports(found: ReportRound) -> list[Report]:
    """Return the reports, each with the last day of the completion that is asked for."""
    open_ones = Q(completions__closed_at=None)
    return list(
        found.reports.only(
            "municipality", "status", "is_correcting", "handed_over_by", "round"
        ).annotate(completed_by=Min("completions__deadline__due_on", filter=open_ones))
    )


def _versions(found: ReportRound) -> dict[int, ReportVersion]:
    """Return the latest version of each report, by the report's id."""
    latest = (
        ReportVersion.objects.filter(report__round=found)
        .only("report", "number", "answers", "facts", "is_late", "submitted_at")
        .order_by("report_id", "-number")
        .distinct("report_id")
    )
    return {version.report_id: version for version in latest}


def _settled(grant: Grant) -> dict[int | None, Outcome]:
    """Return what is settled, by the municipality's id."""
    latest = Settlement.objects.filter(grant=grant, municipality__isnull=False)
    return {
        settlement.municipality_id: Outcome(
            settlement.used, settlement.to_repay, settlement.carried_over
        )
        for settlement in latest.latest_ones().order_by()
    }


def _planned(grant: Grant) -> Mapping[int, Mapping[str, int]]:
    """Return what was asked for, by municipality and by the purpose's key in the form."""
    planned: dict[int, dict[str, int]] = defaultdict(dict)
    rows = (
        PlannedUse.objects.filter(
            requisition__grant=grant,
            requisition__status__in=STANDING,
            purpose__isnull=False,
        )
        .order_by()
        .values_list("requisition__municipality", "purpose")
        .annotate(total=Sum("amount"))
    )
    for municipality, purpose, total in rows:
        planned[municipality][f"p{purpose}"] = int(total)
    return planned
