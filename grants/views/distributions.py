"""Pages of distributions: draft, try out, adjust, decide, and explain each amount."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.db.models import F, FilteredRelation, Q, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from grants import distribution as changes_of
from grants.allocation import AllocationError, Rounding
from grants.comparison import changes
from grants.distribution import (
    Plan,
    Refused,
    calculate,
    components_of,
    plan_of,
    values_of,
)
from grants.explanation import explain
from grants.forms.distributions import AdjustmentForm, DecisionForm, DraftForm, PlanForm
from grants.models import (
    Adjustment,
    Allocation,
    AllocationKey,
    ComponentKind,
    Distribution,
    DistributionComponent,
    DistributionFixedAmount,
    Grant,
)
from grants.models.keys import RoundingRule
from grants.refusals import sentence
from grants.tables.distributions import (
    Compared,
    OutcomeTable,
    outcome_table,
    period_of,
    population_for,
    signed,
    signed_percent,
)
from grants.wording import key_in_words, parts_in_words
from grants.workbook import AdjustmentLine, PotLine, distribution_workbook
from municipalities.access import Capability, StaffRequest, can, requires
from municipalities.export import XLSX, export_response, file_name
from municipalities.history import history_page
from municipalities.models import Municipality, Statistic, StatisticKind
from municipalities.numbers import grouped, kronor, row_id
from municipalities.prepared import Prepared

NO_LONGER_SEEN = datetime.min.replace(tzinfo=UTC)
"""Stands for a draft that was never seen, where a form does not say when it was."""
PEOPLE = ("key", "drafted_by", "decided_by")
"""What the head of a page shows of a version."""


@Prepared
def _of_body(pk: int, body: int) -> QuerySet[Distribution]:
    own = Distribution.objects.filter(pk=pk, grant__body=body)
    return own.select_related("grant")


@Prepared
def _of_body_with_people(pk: int, body: int) -> QuerySet[Distribution]:
    own = Distribution.objects.filter(pk=pk, grant__body=body)
    return own.select_related("grant", *PEOPLE)


@Prepared
def _places(distribution: int, county: int) -> QuerySet[Any]:
    """Ask for the county's municipalities and others that take part, with their amounts."""
    own = FilteredRelation(
        "allocations", condition=Q(allocations__distribution=distribution)
    )
    return (
        Municipality.objects.annotate(own=own)
        .filter(Q(county=county) | Q(own__isnull=False))
        .annotate(calculated=F("own__calculated"), adjusted=Sum("own__adjustments__amount"))
        .order_by("code")
    )


@Prepared
def _statistics(body: int) -> QuerySet[Statistic]:
    return Statistic.objects.filter(body=body)


def _grant(request: StaffRequest, pk: int) -> Grant:
    return get_object_or_404(
        Grant.objects.of_body(request.organisation).select_related("body__county"), pk=pk
    )


def _distribution(
    request: StaffRequest, pk: int, *, with_people: bool = False
) -> Distribution:
    """Return the body's distribution with its grant, and with what a page's head shows."""
    ask = _of_body_with_people if with_people else _of_body
    found = ask(pk, request.organisation.pk)
    if not found:
        raise Http404
    [distribution] = found
    distribution.grant.body = request.organisation
    return distribution


def _seen_at(request: StaffRequest) -> datetime:
    """Return when the draft had last changed, as the page that was sent had it."""
    try:
        seen_at = parse_datetime(request.POST.get("seen_at", ""))
    except ValueError:
        seen_at = None
    return seen_at or NO_LONGER_SEEN


def _why(grant: Grant, error: Refused | AllocationError) -> str:
    """Return a refusal in words, with the names of municipalities and statistics."""
    return sentence(
        error,
        municipalities=Municipality.objects.by_code(),
        statistics={str(each.pk): each for each in Statistic.objects.of_body(grant.body)},
    )


# The versions of a grant -----------------------------------------------------------


@require_safe
@requires(Capability.VIEW)
def distribution_list(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a grant's versions: what holds, what is drafted and what was."""
    grant = _grant(request, pk)
    versions = list(
        grant.distributions.select_related("key", "drafted_by", "decided_by").order_by(
            "-version"
        )
    )
    context = {
        "grant": grant,
        "versions": versions,
        "decided": next((v for v in versions if v.status == "decided"), None),
        "draft": next((v for v in versions if v.is_draft), None),
        "pot": grant.pot(),
        "has_keys": grant.body.keys.exists(),
        "has_statistics": grant.body.statistics.exists(),
        "page_title": _("Distribution"),
    }
    return render(request, "grants/distribution_list.html", context)


@requires(Capability.EDIT)
def distribution_create(request: StaffRequest, pk: int) -> HttpResponse:
    """Start a draft from a key, or from the version that holds now."""
    grant = _grant(request, pk)
    if grant.distributions.drafts().exists():
        messages.error(request, sentence(Refused("draft_exists")))
        return redirect("grants:distribution_list", grant.pk)
    latest = grant.distributions.order_by("-version").first()
    decided = grant.distributions.decided().first()
    keys = list(
        AllocationKey.objects.filter(body=grant.body).prefetch_related(
            "components__fixed_amounts"
        )
    )
    form = DraftForm(
        request.POST or None,
        keys=[(key, key_in_words(list(key.components.all()))) for key in keys],
        decided=_("The same key and statistics as version %(version)d")
        % {"version": decided.version}
        if decided
        else "",
        needs_reason=latest is not None,
    )
    refusal: Refused | AllocationError | None = None
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data.get("reason", "")
        start = form.cleaned_data["start"]
        try:
            if start == DraftForm.SAME and decided:
                draft = changes_of.revise(decided, by=request.user, reason=reason)
            else:
                key = next(key for key in keys if str(key.pk) == start)
                draft = changes_of.draft(grant, key=key, by=request.user, reason=reason)
        except (Refused, AllocationError) as error:
            refusal = error
            form.add_error(None, _why(grant, error))
        else:
            messages.success(request, _("Version %d is drafted.") % draft.version)
            return redirect(draft)
    context = {
        "grant": grant,
        "form": form,
        "refusal": refusal.code if refusal else "",
        "page_title": _("New version") if latest else _("New distribution"),
        "cancel_url": reverse("grants:distribution_list", args=[grant.pk]),
    }
    return render(request, "grants/distribution_form.html", context)


# One version -----------------------------------------------------------------------


@dataclass
class Facts:
    """What a page of one version rests on, each fetched once, when it is asked for."""

    distribution: Distribution
    choice: str | None
    """What to compare with: an id, nothing at all, or not chosen yet."""

    @cached_property
    def saved(self) -> Plan:
        """The plan as it was saved."""
        participants = {code: self.municipalities[code] for code in self.calculated}
        return plan_of(self.distribution, participants)

    @cached_property
    def statistics(self) -> list[Statistic]:
        """The body's statistics, the newest of each kind first."""
        return _statistics(self.distribution.grant.body_id)

    @cached_property
    def rows(self) -> list[Any]:
        """The county's municipalities and others that take part, with their amounts.

        ``calculated`` is empty for one that takes no part, and ``adjusted`` for one whose
        amount nobody has changed.
        """
        county = self.distribution.grant.body.county_id
        return _places(self.distribution.pk, county)

    @cached_property
    def municipalities(self) -> dict[str, Municipality]:
        """The county's municipalities, and others that take part."""
        return {row.code: row for row in self.rows}

    @property
    def only_county(self) -> int | None:
        """The county, where all of them are its own."""
        county = self.distribution.grant.body.county_id
        return county if all(row.county_id == county for row in self.rows) else None

    @cached_property
    def adjusted(self) -> dict[str, int]:
        """Kronor by which amounts are changed by hand, by municipality code."""
        changed = [row for row in self.rows if row.adjusted is not None]
        return {row.code: int(row.adjusted) for row in changed}

    @cached_property
    def adjustments(self) -> list[Adjustment]:
        """The changes by hand, with reasons and people."""
        return _adjustments(self.distribution) if self.adjusted else []

    @cached_property
    def calculated(self) -> dict[str, int]:
        """The amounts as they were saved, before adjustments."""
        return {row.code: row.calculated for row in self.rows if row.calculated is not None}

    @cached_property
    def comparable(self) -> QuerySet[Distribution]:
        """Earlier versions of the grant, and what was decided of the one it follows."""
        grant = self.distribution.grant
        return (
            Distribution.objects.filter(
                Q(grant=grant, version__lt=self.distribution.version)
                | Q(grant=grant.follows_id, status=Distribution.Status.DECIDED)
            )
            .exclude(status=Distribution.Status.DRAFT)
            .select_related("grant")
            .only("version", "grant", "grant__short_title", "grant__year")
            .order_by()
        )

    @cached_property
    def others(self) -> list[Distribution]:
        """What the amounts can be compared with, the nearest first."""
        own = self.distribution.grant_id
        if self.distribution.version == 1 and self.distribution.grant.follows_id is None:
            return []
        return sorted(
            self.comparable, key=lambda other: (other.grant_id != own, -other.version)
        )

    @cached_property
    def other(self) -> Distribution | None:
        """The one that is chosen; the nearest, when nothing is chosen yet."""
        if self.choice is None:
            return next(iter(self.others), None)
        if not row_id(self.choice):
            return None
        if "others" in self.__dict__:
            return next((each for each in self.others if str(each.pk) == self.choice), None)
        return self.comparable.filter(pk=self.choice).first()

    def label(self, other: Distribution) -> str:
        """Return what another version is called here."""
        return self._called(other.version, other.grant_id, str(other.grant))

    def _called(self, version: int, grant_id: int, grant: str) -> str:
        params = {"version": version, "grant": grant}
        if grant_id == self.distribution.grant_id:
            return _("Version %(version)d") % params
        return _("%(grant)s, version %(version)d") % params

    @cached_property
    def compared(self) -> Compared | None:
        """The amounts to compare with."""
        if self.choice is not None and "others" not in self.__dict__:
            return self._chosen_amounts()
        if self.other is None:
            return None
        amounts = self.other.allocations.values_list("municipality__code", "amount")
        return Compared(self.label(self.other), dict(amounts))

    def _chosen_amounts(self) -> Compared | None:
        """Return them in one query, for the answer while somebody types."""
        choice = self.choice or ""
        if not row_id(choice):
            return None
        chosen = self.comparable.filter(pk=choice).values("pk")
        rows = Allocation.objects.filter(distribution__in=chosen).values_list(
            "municipality__code",
            "amount",
            "distribution__version",
            "distribution__grant__id",
            "distribution__grant__short_title",
            "distribution__grant__year",
        )
        found = list(rows.order_by())
        if not found:
            return None
        _code, _amount, version, grant_id, title, year = found[0]
        label = self._called(version, grant_id, str(Grant(short_title=title, year=year)))
        return Compared(label, {row[0]: row[1] for row in found})

    def table(
        self,
        plan: Plan,
        *,
        stored: bool = False,
    ) -> OutcomeTable:
        """Return the plan's outcome, calculated now or as it was ``stored``."""
        newest = next(
            (each for each in self.statistics if each.kind == StatisticKind.POPULATION),
            None,
        )
        population = population_for(plan.parts, newest)
        shown = [part.statistic for part in plan.parts if part.statistic]
        values = values_of(
            [*shown, *([population] if population else [])], self.only_county
        )
        if stored:
            calculated, set_aside = self.calculated, self.distribution.set_aside
        else:
            outcome = calculate(plan, values)
            calculated, set_aside = outcome.parts, outcome.set_aside
            below = [
                code
                for code, change in self.adjusted.items()
                if code in calculated and calculated[code] + change < 0
            ]
            if below:
                raise Refused("below_zero", codes=sorted(below))
        return outcome_table(
            self.distribution,
            plan,
            values,
            calculated=calculated,
            adjusted=self.adjusted,
            set_aside=set_aside,
            population=population,
            compared=self.compared,
        )

    def why(self, error: Refused | AllocationError) -> str:
        """Return a refusal in words."""
        return sentence(
            error,
            municipalities=self.municipalities,
            statistics={str(each.pk): each for each in self.statistics},
        )


@require_safe
@requires(Capability.VIEW)
def distribution_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a version: a draft to work on, or what was decided."""
    distribution = _distribution(request, pk, with_people=True)
    facts = Facts(distribution, request.GET.get("compare"))
    may_change = distribution.is_draft and can(request.membership, Capability.EDIT)
    if may_change and not facts.saved.among:
        form = PlanForm(
            plan=facts.saved,
            statistics=facts.statistics,
            municipalities=facts.municipalities,
        )
        return _workspace(request, facts, form)
    table = facts.table(facts.saved, stored=True)
    compared = facts.compared
    context = {
        "distribution": distribution,
        "grant": distribution.grant,
        "table": table,
        "others": [(each, facts.label(each)) for each in facts.others],
        "other": facts.other,
        "changes": _named_changes(facts, compared) if compared else [],
        "unchanged": _unchanged(facts, compared) if compared else 0,
        "parts": _parts(facts.saved),
        "adjustments": facts.adjustments,
        "is_redistribution": bool(facts.saved.among),
        "page_title": _title(distribution),
    }
    if may_change:
        context |= {"may_change": True, "is_outdated": _is_outdated(facts)}
    return render(request, "grants/distribution_detail.html", context)


def _is_outdated(facts: Facts) -> bool:
    """Return whether the amounts of today would be others than those that were saved."""
    try:
        calculated = calculate(_of_today(facts)).parts
    except AllocationError:
        return True
    return calculated != facts.calculated


def _of_today(facts: Facts) -> Plan:
    """Return the plan that was saved, with the budget of today."""
    budget, carried = facts.distribution.grant.pot_of_today()
    return replace(facts.saved, budget_amount=budget, carry_over_amount=carried)


def _title(distribution: Distribution) -> str:
    params = {"version": distribution.version}
    return _("Distribution, version %(version)d") % params


def _parts(plan: Plan) -> list[tuple[str, Statistic | None]]:
    """Return the plan's parts in words, each with its statistic."""
    words = parts_in_words(plan.parts)
    return [(text, part.statistic) for text, part in zip(words, plan.parts, strict=True)]


def _adjustments(distribution: Distribution) -> list[Adjustment]:
    return list(
        Adjustment.objects.filter(allocation__distribution=distribution).select_related(
            "allocation__municipality", "made_by"
        )
    )


def _amounts(facts: Facts) -> dict[str, int]:
    return {
        code: amount + facts.adjusted.get(code, 0)
        for code, amount in facts.calculated.items()
    }


def _named_changes(facts: Facts, compared: Compared) -> list[dict[str, Any]]:
    """Return each municipality whose amount differs, by name."""
    found = changes(compared.amounts, _amounts(facts))
    gone = {change.code for change in found} - facts.municipalities.keys()
    names = facts.municipalities | (
        Municipality.objects.filter(code__in=gone).by_code() if gone else {}
    )
    return [
        {
            "name": names[change.code].name,
            "before": change.before,
            "after": change.after,
            "difference": signed(change.difference),
            "percent": signed_percent(change.share),
        }
        for change in found
    ]


def _unchanged(facts: Facts, compared: Compared) -> int:
    amounts = _amounts(facts)
    return sum(compared.amounts.get(code) == amount for code, amount in amounts.items())


# What-if ---------------------------------------------------------------------------


@require_POST
@requires(Capability.EDIT)
def distribution_whatif(request: StaffRequest, pk: int) -> HttpResponse:
    """Answer what a draft would give with what stands in the page. Nothing is saved."""
    distribution = _distribution(request, pk)
    if not distribution.is_draft:
        return _gone(request, distribution)
    facts = Facts(distribution, request.POST.get("compare", ""))
    form = _typed(request, facts)
    return _workspace(request, facts, form, unsaved=True)


@require_POST
@requires(Capability.EDIT)
def distribution_save(request: StaffRequest, pk: int) -> HttpResponse:
    """Save what stands in the page, unless somebody else has saved since it was shown."""
    distribution = _distribution(request, pk)
    facts = Facts(distribution, request.POST.get("compare", ""))
    if not distribution.is_draft or distribution.is_redistribution:
        save = _save_redistribution if distribution.is_draft else _gone
        return save(request, facts.distribution)
    form = _typed(request, facts)
    if not form.is_valid():
        return _workspace(request, facts, form, unsaved=True)
    plan = form.plan(*_pot_of(facts, form))
    try:
        changes_of.save(distribution, plan, by=request.user, seen_at=_seen_at(request))
    except (Refused, AllocationError) as error:
        if error.code == "changed_by_another" and _is_saved(distribution, plan):
            # The same page sent twice: the first time it was saved.
            return redirect(distribution)
        if error.code == "decided":
            distribution.refresh_from_db()
            return _gone(request, distribution)
        if error.code == "changed_by_another":
            # The next time it is sent by somebody who knows what they replace.
            distribution.refresh_from_db()
        return _workspace(request, facts, form, refusal=error, unsaved=True)
    messages.success(request, _("The draft is saved."))
    address = reverse("grants:distribution_detail", args=[distribution.pk])
    return redirect(f"{address}?compare={facts.choice}" if facts.other else address)


def _save_redistribution(request: StaffRequest, distribution: Distribution) -> HttpResponse:
    """Calculate a redistribution anew. Its parts follow from the answers, and stay."""
    facts = Facts(distribution, "")
    try:
        changes_of.save(
            distribution,
            _of_today(facts),
            by=request.user,
            seen_at=_seen_at(request),
        )
    except (Refused, AllocationError) as error:
        messages.error(request, facts.why(error))
    else:
        messages.success(request, _("The draft is saved."))
    return redirect(distribution)


def _gone(request: StaffRequest, distribution: Distribution) -> HttpResponse:
    """Tell that the draft has been decided, and show the decision."""
    messages.error(request, sentence(Refused("decided")))
    if request.htmx:
        response = HttpResponse()
        response["HX-Redirect"] = distribution.get_absolute_url()
        return response
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


def _workspace(
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
        "page_title": _title(distribution),
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


# Adjustments -----------------------------------------------------------------------


@requires(Capability.EDIT)
def distribution_adjust(request: StaffRequest, pk: int) -> HttpResponse:
    """Change one municipality's amount in a draft, with the reason."""
    distribution = _distribution(request, pk)
    if not distribution.is_draft:
        return _gone(request, distribution)
    allocations = {
        each.municipality.code: each
        for each in distribution.allocations.select_related("municipality")
    }
    form = AdjustmentForm(
        request.POST or None,
        municipalities=[each.municipality for each in allocations.values()],
        initial={"municipality": request.GET.get("municipality", "")},
    )
    if request.method == "POST" and form.is_valid():
        allocation = allocations[form.cleaned_data["municipality"]]
        try:
            changes_of.adjust(
                allocation,
                amount=form.cleaned_data["amount"],
                reason=form.cleaned_data["reason"],
                by=request.user,
                seen_at=_seen_at(request),
            )
        except Refused as error:
            if error.code == "decided":
                return _gone(request, distribution)
            distribution.refresh_from_db()
            target = "amount" if error.code == "below_zero" else None
            form.add_error(target, _why(distribution.grant, error))
        else:
            messages.success(
                request, _("The amount of %s is adjusted.") % allocation.municipality
            )
            return redirect("grants:distribution_adjust", distribution.pk)
    context = {
        "distribution": distribution,
        "grant": distribution.grant,
        "form": form,
        "adjustments": _adjustments(distribution),
        "page_title": _("Adjust amounts"),
    }
    return render(request, "grants/distribution_adjust.html", context)


@require_POST
@requires(Capability.EDIT)
def adjustment_undo(request: StaffRequest, pk: int) -> HttpResponse:
    """Take an adjustment back."""
    own = Adjustment.objects.filter(
        allocation__distribution__grant__body=request.organisation
    )
    adjustment = get_object_or_404(
        own.select_related("allocation__municipality", "allocation__distribution__grant"),
        pk=pk,
    )
    distribution = adjustment.allocation.distribution
    try:
        changes_of.undo_adjustment(adjustment, by=request.user)
    except Refused as error:
        messages.error(request, _why(distribution.grant, error))
        if error.code == "decided":
            return redirect(distribution)
    else:
        name = adjustment.allocation.municipality
        messages.success(request, _("The adjustment of %s is taken back.") % name)
    return redirect("grants:distribution_adjust", distribution.pk)


# The decision ----------------------------------------------------------------------


@requires(Capability.DECIDE)
def distribution_decide(request: StaffRequest, pk: int) -> HttpResponse:
    """Show all that the decision rests on, and make it."""
    distribution = _distribution(request, pk, with_people=True)
    if not distribution.is_draft:
        if distribution.decided_by_id != request.user.pk or request.method != "POST":
            messages.error(request, sentence(Refused("decided")))
        return redirect(distribution)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            changes_of.decide(
                distribution,
                by=request.user,
                decided_on=form.cleaned_data["decided_on"],
                seen_at=_seen_at(request),
            )
        except (Refused, AllocationError) as error:
            distribution.refresh_from_db()
            if error.code == "decided":
                if distribution.decided_by_id != request.user.pk:
                    messages.error(request, sentence(error))
                return redirect(distribution)
            form.add_error(None, _why(distribution.grant, error))
        else:
            messages.success(request, _("Version %d is decided.") % distribution.version)
            return redirect(distribution)
    facts = Facts(distribution, None)
    checks, table = _checks(facts)
    # The nearest is the version before, if there is one; else last year's, in the table.
    other = facts.other
    previous = other if other and other.grant_id == distribution.grant_id else None
    compared = facts.compared if previous else None
    context = {
        "distribution": distribution,
        "grant": distribution.grant,
        "form": form,
        "table": table,
        "parts": _parts(facts.saved),
        "checks": checks,
        "previous": previous,
        "changes": _named_changes(facts, compared) if compared else [],
        "unchanged": _unchanged(facts, compared) if compared else 0,
        "adjustments": facts.adjustments,
        "is_own": distribution.drafted_by_id == request.user.pk,
        "may_confirm": distribution.drafted_by_id != request.user.pk
        and all(check.holds for check in checks),
        "page_title": _("Decide version %d") % distribution.version,
    }
    return render(request, "grants/distribution_decide.html", context)


@dataclass
class Check:
    """Something that must hold before the decision, in words."""

    holds: bool
    text: str


def _checks(facts: Facts) -> tuple[list[Check], OutcomeTable]:
    """Return what holds of a draft, and its amounts as they were saved."""
    distribution = facts.distribution
    table = facts.table(facts.saved, stored=True)
    try:
        outcome = calculate(facts.saved)
    except AllocationError as error:
        first = Check(False, facts.why(error))
    else:
        if outcome.parts == facts.calculated:
            first = Check(True, _("The amounts follow from the key and the statistics."))
        else:
            first = Check(
                False, _("A statistic has changed since the amounts were calculated.")
            )
    if facts.saved.pot == distribution.grant.pot():
        second = Check(True, _("The pot is the budget's of today."))
    else:
        second = Check(False, _("The budget has changed since the draft was saved."))
    third = Check(
        True,
        _("The amounts sum to the pot.")
        if not table.difference
        else _("The amounts differ from the pot by %s.") % kronor(table.difference),
    )
    return [first, second, third], table


@requires(Capability.EDIT)
def distribution_discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw a draft away, once that is confirmed."""
    distribution = _distribution(request, pk)
    if not distribution.is_draft:
        return _gone(request, distribution)
    if request.method == "POST":
        try:
            changes_of.discard(distribution)
        except Refused:
            return _gone(request, distribution)
        messages.success(request, _("The draft is discarded."))
        return redirect("grants:distribution_list", distribution.grant_id)
    context = {
        "page_title": _("Discard the draft?"),
        "message": _(
            "The draft of version %(version)d is thrown away with its adjustments. "
            "What is decided stays as it is."
        )
        % {"version": distribution.version},
        "submit": _("Discard the draft"),
        "cancel_url": distribution.get_absolute_url(),
    }
    return render(request, "municipalities/confirm_page.html", context)


# What goes out ---------------------------------------------------------------------


@require_safe
@requires(Capability.VIEW)
def allocation_detail(request: StaffRequest, pk: int, code: str) -> HttpResponse:
    """Explain one municipality's amount (Så har beloppet räknats fram)."""
    distribution = _distribution(request, pk, with_people=True)
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
    statistics = {
        str(part.statistic.pk): part.statistic for part in plan.parts if part.statistic
    }
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
    distribution = _distribution(request, pk)
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
                for each in _adjustments(distribution)
            ],
            author=grant.body.name,
            among=plan.among,
        )
    except AllocationError as error:
        messages.error(request, _why(grant, error))
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
    distribution = _distribution(request, pk)
    plan = plan_of(distribution)
    facts, among = Facts(distribution, ""), plan.among
    statistics = list(
        {
            part.statistic.pk: part.statistic for part in plan.parts if part.statistic
        }.values()
    )
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


@require_safe
@requires(Capability.VIEW)
def distribution_history(request: StaffRequest, pk: int) -> HttpResponse:
    """Show who changed what in a version, and when."""
    distribution = _distribution(request, pk)
    return history_page(
        request,
        distribution,
        title=_title(distribution),
        back_url=distribution.get_absolute_url(),
        related=[
            (DistributionComponent, "distribution"),
            (DistributionFixedAmount, "component__distribution"),
            (Allocation, "distribution"),
            (Adjustment, "allocation__distribution"),
        ],
    )
