"""A version's amounts explained, one by one, and as files."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from grants.allocation import AllocationError, Rounding
from grants.distribution import components_of, plan_of, values_of
from grants.explanation import explain
from grants.models import Allocation, Distribution
from grants.refusals import sentence
from grants.version_facts import Facts, adjustments_of
from grants.views.versions import version_of, why
from grants.workbook import AdjustmentLine, PotLine, distribution_workbook
from municipalities.access import Capability, StaffRequest, requires
from municipalities.export import XLSX, export_response, file_name
from municipalities.models import Statistic
from municipalities.numbers import grouped


@require_safe
@requires(Capability.VIEW)
def allocation_detail(request: StaffRequest, pk: int, code: str) -> HttpResponse:
    """Explain one municipality's amount (Så har beloppet räknats fram)."""
    distribution = version_of(request, pk, with_people=True)
    allocations = list(distribution.allocations.select_related("municipality"))
    codes = [each.municipality.code for each in allocations]
    if code not in codes:
        raise Http404
    place = codes.index(code)
    context = explained(distribution, allocations, place) | {
        "previous": allocations[place - 1].municipality if place else None,
        "next": allocations[place + 1].municipality if place + 1 < len(codes) else None,
    }
    return render(request, "grants/allocation_detail.html", context)


def explained(
    distribution: Distribution, allocations: Sequence[Allocation], place: int
) -> dict[str, Any]:
    """Return what ``grants/_allocation_explained.html`` shows of one of the amounts."""
    allocation = allocations[place]
    code = allocation.municipality.code
    plan = plan_of(distribution)
    statistics = {str(each.pk): each for each in plan.statistics}
    steps: list[tuple[Any, Statistic | None]] = []
    refusal = ""
    try:
        components = components_of(plan)
        rule = Rounding(plan.rounding)
        explanation = explain(
            plan.pot, components, plan.participants, rule, code, among=plan.among
        )
    except AllocationError as error:
        refusal = sentence(error, municipalities=plan.participants, statistics=statistics)
    else:
        steps = [
            (step, statistics.get(getattr(step, "key", ""))) for step in explanation.steps
        ]
    return {
        "distribution": distribution,
        "grant": distribution.grant,
        "allocation": allocation,
        "municipality": allocation.municipality,
        "steps": steps,
        "refusal": refusal,
        "is_outdated": bool(steps) and explanation.amount != allocation.calculated,
        "adjustments": allocation.adjustments.select_related("made_by"),
        "segments": _segments(allocations, code),
        "share": _share(allocation.amount, sum(each.amount for each in allocations)),
        "total": sum(each.amount for each in allocations),
        "page_title": _("How %s's amount was calculated") % allocation.municipality,
    }


def _share(amount: int, total: int) -> str:
    """Return a part in percent of the whole."""
    return grouped(Fraction(amount * 100, total), 2) if total else "0"


def _segments(allocations: Sequence[Allocation], code: str) -> list[tuple[int, int, bool]]:
    """Return where each municipality begins and ends on a line of 1000, the one marked."""
    total = sum(each.amount for each in allocations) or 1
    segments, sofar = [], 0
    for each in allocations:
        start = sofar * 1000 // total
        sofar += each.amount
        length = max(sofar * 1000 // total - start, 1)
        segments.append((start, length, each.municipality.code == code))
    return segments


@require_GET
@requires(Capability.VIEW)
def distribution_xlsx(request: StaffRequest, pk: int) -> HttpResponse:
    """Download the distribution as a workbook with live formulas."""
    distribution = version_of(request, pk)
    grant, plan = distribution.grant, plan_of(distribution)
    title = f"{grant.title}, version {distribution.version}"
    try:
        content = distribution_workbook(
            title=title,
            record_number=grant.record_number,
            pot_lines=_pot_lines(distribution),
            components=components_of(plan),
            participants={code: each.name for code, each in plan.participants.items()},
            created=distribution.decided_at or distribution.drafted_at,
            rounding=Rounding(plan.rounding),
            adjustments=[
                AdjustmentLine(each.allocation.municipality.code, each.amount, each.reason)
                for each in adjustments_of(distribution)
            ],
            author=grant.body.name,
            among=plan.among,
        )
    except AllocationError as error:
        messages.error(request, why(grant, error))
        return redirect(distribution)
    response = HttpResponse(content, content_type=XLSX)
    name = file_name(f"{_('Distribution')} {grant} v{distribution.version}", "xlsx")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _pot_lines(distribution: Distribution) -> list[PotLine]:
    """Return what the pot is made of: line by line while the budget still says the same."""
    grant = distribution.grant
    lines = [
        PotLine(line.activity, line.amount or 0)
        for line in grant.budget_lines.filter(is_distributed=True)
    ]
    carried = [
        PotLine(f"Kvarvarande medel från {each.from_grant}", each.amount)
        for each in grant.carry_overs.select_related("from_grant")
    ]
    if sum(line.amount for line in lines) != distribution.budget_amount:
        lines = [PotLine("Enligt budgeten", distribution.budget_amount)]
    if sum(line.amount for line in carried) != distribution.carry_over_amount:
        carried = [PotLine("Kvarvarande medel", distribution.carry_over_amount)]
    return [*lines, *carried]


@require_GET
@requires(Capability.VIEW)
def distribution_csv(request: StaffRequest, pk: int) -> HttpResponse:
    """Download the amounts as a plain table: csv, or xlsx if asked for."""
    distribution = version_of(request, pk)
    plan = plan_of(distribution)
    facts, among = Facts(distribution, ""), plan.among
    statistics = plan.statistics
    values = values_of(statistics)
    rows = [
        [
            code,
            plan.participants[code].name,
            *(
                values[each.pk].get(code) if not among or code in among else None
                for each in statistics
            ),
            amount,
            facts.adjusted.get(code, 0),
            amount + facts.adjusted.get(code, 0),
        ]
        for code, amount in facts.calculated.items()
    ]
    header = [
        _("Municipality code"),
        _("Municipality"),
        *(str(each) for each in statistics),
        _("Calculated, SEK"),
        _("Adjustment, SEK"),
        _("Amount, SEK"),
    ]
    kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    title = f"{_('Distribution')} {distribution.grant} v{distribution.version}"
    return export_response(kind, title, header, rows)
