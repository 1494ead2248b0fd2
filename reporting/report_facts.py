"""What is known of a municipality before it has reported anything: sums, plans, reports."""

from django.db.models import F, Sum

from grants.models import Allocation, Grant
from invoices.models import STANDING, Payment, PlannedUse, Requisition
from municipalities.models import Municipality
from reporting.models import ReportRound, ReportVersion
from reporting.prefill import Earlier
from reporting.ready_made_forms import FACTS


def facts_by_municipality(
    grant: Grant, only: Municipality | None = None
) -> dict[int, dict[str, int]]:
    """Return the ledger's sums, by the municipality's id, in three queries."""
    allocated = Allocation.objects.filter(
        distribution__grant=grant, distribution__status="decided"
    )
    requested = Requisition.objects.filter(grant=grant, status__in=STANDING)
    paid = Payment.objects.filter(
        requisition__grant=grant, status=Payment.Status.PAID
    ).annotate(municipality=F("requisition__municipality"))
    facts: dict[int, dict[str, int]] = {}
    for name, rows in zip(FACTS, (allocated, requested, paid), strict=True):
        own = rows.filter(municipality=only.pk) if only else rows
        sums = own.order_by().values_list("municipality").annotate(total=Sum("amount"))
        for municipality, total in sums:
            facts.setdefault(municipality, dict.fromkeys(FACTS, 0))[name] = int(total)
    return facts


def facts_of(found: ReportRound, municipality: Municipality) -> dict[str, int]:
    """Return the ledger's sums of one municipality, in kronor."""
    facts = facts_by_municipality(found.grant, municipality)
    return facts.get(municipality.pk, dict.fromkeys(FACTS, 0))


def planned_of(grant: Grant, municipality: Municipality) -> dict[str, int]:
    """Return what the municipality asked for, kronor by the purpose's key in the form."""
    rows = (
        PlannedUse.objects.filter(
            requisition__grant=grant,
            requisition__municipality=municipality,
            requisition__status__in=STANDING,
            purpose__isnull=False,
        )
        .order_by()
        .values_list("purpose")
        .annotate(total=Sum("amount"))
    )
    return {f"p{purpose}": int(total) for purpose, total in rows}


def earlier_of(found: ReportRound, municipality: Municipality) -> list[Earlier]:
    """Return what it reported before: of the same grant, then of the year before's."""
    grants = [found.grant_id, *([found.grant.follows_id] if found.grant.follows_id else [])]
    versions = (
        ReportVersion.objects.filter(
            report__municipality=municipality, report__round__grant__in=grants
        )
        .exclude(report__round=found)
        .select_related("report__round")
        .order_by("report_id", "-number")
        .distinct("report_id")
    )
    newest = sorted(
        versions,
        key=lambda each: (each.report.round.grant_id == grants[0], each.submitted_at),
        reverse=True,
    )
    return [Earlier(each.report.round.read, each.typed) for each in newest]
