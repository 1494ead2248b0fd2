"""What-if: what a draft would give with other parts, answered while somebody types."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from grants import distribution as changes_of
from grants.allocation import AllocationError
from grants.distribution import Plan, Refused, plan_of
from grants.forms.distributions import PlanForm
from grants.models import ComponentKind, Distribution
from grants.models.keys import RoundingRule
from grants.tables.distributions import OutcomeTable, period_of
from grants.version_facts import Facts, of_today
from grants.views.versions import gone, seen_at, title_of, version_of
from municipalities.access import Capability, StaffRequest, requires


@require_POST
@requires(Capability.EDIT)
def distribution_whatif(request: StaffRequest, pk: int) -> HttpResponse:
    """Answer what a draft would give with what stands in the page. Nothing is saved."""
    distribution = version_of(request, pk)
    if not distribution.is_draft:
        return gone(request, distribution)
    facts = Facts(distribution, request.POST.get("compare", ""))
    form = _typed(request, facts)
    return workspace(request, facts, form, unsaved=True)


@require_POST
@requires(Capability.EDIT)
def distribution_save(request: StaffRequest, pk: int) -> HttpResponse:
    """Save what stands in the page, unless somebody else has saved since it was shown."""
    distribution = version_of(request, pk)
    facts = Facts(distribution, request.POST.get("compare", ""))
    if not distribution.is_draft or distribution.is_redistribution:
        save = _save_redistribution if distribution.is_draft else gone
        return save(request, facts.distribution)
    form = _typed(request, facts)
    if not form.is_valid():
        return workspace(request, facts, form, unsaved=True)
    plan = form.plan(*_pot_of(facts, form))
    try:
        changes_of.save(distribution, plan, by=request.user, seen_at=seen_at(request))
    except (Refused, AllocationError) as error:
        if error.code == "changed_by_another" and _is_saved(distribution, plan):
            # The same page sent twice: the first time it was saved.
            return redirect(distribution)
        if error.code == "decided":
            distribution.refresh_from_db()
            return gone(request, distribution)
        if error.code == "changed_by_another":
            # The next time it is sent by somebody who knows what they replace.
            distribution.refresh_from_db()
        return workspace(request, facts, form, refusal=error, unsaved=True)
    messages.success(request, _("The draft is saved."))
    address = reverse("grants:distribution_detail", args=[distribution.pk])
    return redirect(f"{address}?compare={facts.choice}" if facts.other else address)


def _save_redistribution(request: StaffRequest, distribution: Distribution) -> HttpResponse:
    """Calculate a redistribution anew. Its parts follow from the answers, and stay."""
    facts = Facts(distribution, "")
    try:
        changes_of.save(
            distribution,
            of_today(facts),
            by=request.user,
            seen_at=seen_at(request),
        )
    except (Refused, AllocationError) as error:
        messages.error(request, facts.why(error))
    else:
        messages.success(request, _("The draft is saved."))
    return redirect(distribution)


def _typed(request: StaffRequest, facts: Facts) -> PlanForm:
    return PlanForm(
        request.POST, statistics=facts.statistics, municipalities=facts.municipalities
    )


def _is_saved(distribution: Distribution, plan: Plan) -> bool:
    saved = plan_of(Distribution.objects.get(pk=distribution.pk))
    return saved == plan


def _pot_of(facts: Facts, form: PlanForm) -> tuple[int, int]:
    """Return budget and carry-over: the draft's own, or those of today if asked for."""
    distribution = facts.distribution
    if form["uses_budget_of_today"].data:
        return distribution.grant.pot_of_today()
    return distribution.budget_amount, distribution.carry_over_amount


@dataclass
class Mistake:
    """What must be corrected, and the input where it is."""

    text: str
    target: str = ""


def workspace(
    request: StaffRequest,
    facts: Facts,
    form: PlanForm,
    *,
    refusal: Refused | AllocationError | None = None,
    unsaved: bool = False,
) -> HttpResponse:
    """Answer with a draft's page, or with the part of it that a change touches."""
    mistakes = _mistakes(form)
    table = None
    if form.is_bound and not mistakes:
        try:
            table = facts.table(form.plan(*_pot_of(facts, form)))
        except (Refused, AllocationError) as error:
            refusal = refusal or error
    if refusal:
        mistakes.append(Mistake(facts.why(refusal), _target(form, refusal)))
    context: dict[str, Any] = {
        "distribution": facts.distribution,
        "grant": facts.distribution.grant,
        "form": form,
        "mistakes": mistakes,
        "table": table,
        "unsaved": unsaved,
        "is_partial": bool(request.htmx),
    }
    if request.htmx and request.htmx.target == "outcome":
        response = render(request, "grants/_distribution_answer.html", context)
        if table is None:
            # The amounts in the page stay, greyed; the messages find their own places.
            response["HX-Reswap"] = "none"
        return response
    context |= _page(facts, form, table, mistakes)
    template = "_distribution_workspace" if request.htmx else "distribution_workspace"
    return render(request, f"grants/{template}.html", context)


def _page(
    facts: Facts, form: PlanForm, table: OutcomeTable | None, mistakes: list[Mistake]
) -> dict[str, Any]:
    """Return what the whole page of a draft needs beyond the outcome."""
    distribution, grant = facts.distribution, facts.distribution.grant
    is_stale, basis_changed = False, False
    if table is None:
        is_stale = form.is_bound
        try:
            table = facts.table(facts.saved)
        except (Refused, AllocationError) as error:
            if not form.is_bound:
                mistakes.append(Mistake(facts.why(error), _target(form, error)))
            table = facts.table(facts.saved, stored=True)
        else:
            basis_changed = table.calculated != facts.calculated
    today = grant.pot_of_today()
    chosen = form.chosen()
    return {
        "table": table,
        "is_stale": is_stale,
        "basis_changed": basis_changed,
        "budget_of_today": sum(today),
        "is_budget_changed": today
        != (distribution.budget_amount, distribution.carry_over_amount),
        "kinds": ComponentKind.choices,
        "roundings": RoundingRule.choices,
        "rounding": form["rounding"].value(),
        "uses_budget_of_today": bool(form["uses_budget_of_today"].value()),
        "statistics": [
            (str(each.pk), f"{each.label}, {period_of(each)}") for each in facts.statistics
        ],
        "municipalities": [
            (code, each.name, code in chosen) for code, each in facts.municipalities.items()
        ],
        "chosen_count": len(chosen),
        "others": [(str(each.pk), facts.label(each)) for each in facts.others],
        "other": str(facts.other.pk) if facts.other else "",
        "adjustments": facts.adjustments,
        "page_title": title_of(distribution),
    }


def _mistakes(form: PlanForm) -> list[Mistake]:
    """Return all that cannot be read, in the order of the page."""
    if not form.is_bound or form.is_valid():
        return []
    found = [
        Mistake(f"{part.fields[name].label}: {message}", f"id_{part.prefix}-{name}")
        for part in form.parts
        for name, errors in part.errors.items()
        for message in errors
    ]
    targets = {"participants": "participants", "rounding": "rounding"}
    return found + [
        Mistake(str(message), targets.get(name, ""))
        for name, errors in form.errors.items()
        for message in errors
    ]


def _target(form: PlanForm, error: Refused | AllocationError) -> str:
    """Return the id of the input that a refusal is about."""
    kinds = {
        "percent_out_of_range": ComponentKind.TOP_SLICE,
        "not_participants": ComponentKind.FIXED,
        "zero_weights": ComponentKind.STATISTIC,
    }
    statistic = str(error.params.get("key", ""))
    for part in form.parts:
        if statistic and "statistic" in part.fields:
            if str(part["statistic"].value()) == statistic:
                return part.anchor
        elif part.kind == kinds.get(error.code):
            return part.anchor
    return "participants" if error.code == "no_participants" else ""
