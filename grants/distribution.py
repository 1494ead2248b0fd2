"""Draft, adjust and decide how a grant is split. Each verb is one transaction.

A plan is everything that an outcome follows from. The page that lets people try other
weights makes a plan, shows its outcome and saves nothing until they say so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from django.db import transaction
from django.db.models import QuerySet, Sum, prefetch_related_objects
from django.utils import timezone

from grants.allocation import (
    Component,
    FixedAmounts,
    GuaranteedBase,
    Number,
    Outcome,
    Rounding,
    TopSlice,
    WeightedStatistic,
    allocate,
)
from grants.models import (
    Adjustment,
    Allocation,
    AllocationKey,
    ComponentKind,
    Distribution,
    DistributionComponent,
    DistributionFixedAmount,
    Grant,
    KeyComponent,
)
from municipalities.models import Municipality, Statistic, StatisticValue, User
from municipalities.prepared import Prepared


class Refused(Exception):  # noqa: N818 (it is raised as a verdict)
    """The change cannot be made. ``code`` says why; nothing is saved."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a plan: a component with its statistic or its fixed amounts."""

    kind: str
    percent: Decimal | None = None
    amount: int | None = None
    weight: Decimal | None = None
    statistic: Statistic | None = None
    fixed: Mapping[str, int] = field(default_factory=dict)
    among: frozenset[str] = frozenset()
    """Codes that a statistic counts; empty: all that take part."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an outcome follows from. Amounts are whole kronor."""

    budget_amount: int
    carry_over_amount: int
    rounding: str
    parts: Sequence[Part]
    participants: Mapping[str, Municipality]

    @property
    def pot(self) -> int:
        """Kronor to split."""
        return self.budget_amount + self.carry_over_amount

    @property
    def statistics(self) -> list[Statistic]:
        """The statistics that its parts go by, each once, in their order."""
        by_id = {part.statistic.pk: part.statistic for part in self.parts if part.statistic}
        return list(by_id.values())

    @property
    def among(self) -> frozenset[str]:
        """Codes of those that a redistribution splits between; empty in any other plan."""
        return frozenset(code for part in self.parts for code in part.among)


def allocations_of(distribution: Distribution) -> QuerySet[Allocation]:
    """Return the amounts with their municipalities, in order of code."""
    return distribution.allocations.select_related("municipality__county").order_by(
        "municipality__code"
    )


@Prepared
def _components(distribution: int) -> QuerySet[DistributionComponent]:
    components = DistributionComponent.objects.filter(distribution=distribution)
    return components.select_related("statistic")


def plan_of(
    distribution: Distribution, participants: Mapping[str, Municipality] | None = None
) -> Plan:
    """Return the plan that a saved distribution holds.

    ``participants`` are those with an allocation, by code, where they are at hand already.
    """
    components = _components(distribution.pk)
    prefetch_related_objects(
        [each for each in components if each.kind == ComponentKind.FIXED],
        "fixed_amounts__municipality",
    )
    if participants is None:
        participants = {
            allocation.municipality.code: allocation.municipality
            for allocation in allocations_of(distribution)
        }
    return Plan(
        budget_amount=distribution.budget_amount,
        carry_over_amount=distribution.carry_over_amount,
        rounding=distribution.rounding,
        parts=[
            Part(
                kind=component.kind,
                percent=component.percent,
                amount=component.amount,
                weight=component.weight,
                statistic=component.statistic,
                fixed={
                    fixed.municipality.code: fixed.amount
                    for fixed in component.fixed_amounts.all()
                }
                if component.kind == ComponentKind.FIXED
                else {},
                among=frozenset(component.among),
            )
            for component in components
        ],
        participants=participants,
    )


@dataclass(frozen=True, slots=True)
class Round:
    """What a redistribution hands out again, in whole kronor."""

    pool: int
    """Declined or not asked for."""
    kept: int
    """What the municipalities keep together."""
    among: frozenset[str]
    """Codes of those who want more, between whom the pool is split."""


def round_of(distribution: Distribution) -> Round | None:
    """Return what the version redistributes, or none where it does not."""
    if not distribution.is_redistribution:
        return None
    fixed = DistributionFixedAmount.objects.filter(component__distribution=distribution)
    kept = int(fixed.aggregate(total=Sum("amount", default=0))["total"])
    return Round(distribution.to_municipalities - kept, kept, distribution.among)


Values: TypeAlias = dict[int, dict[str, Number]]
"""Values by municipality code, by the statistic's id."""


@Prepared
def _values(*statistics: int) -> QuerySet[Any, tuple[int, str, Decimal]]:
    return (
        StatisticValue.objects.filter(statistic__in=statistics)
        .order_by()
        .values_list("statistic_id", "municipality__code", "value")
    )


@Prepared
def _values_within(
    county: int, *statistics: int
) -> QuerySet[Any, tuple[int, str, Decimal]]:
    return _values.ask(*statistics).filter(municipality__county=county)


def values_of(statistics: Iterable[Statistic], county: int | None = None) -> Values:
    """Return each statistic's values by municipality code, in one query.

    Where none but a county's own municipalities are asked about, ``county`` leaves out the
    country's others: a statistic has them all.
    """
    values: Values = {statistic.pk: {} for statistic in statistics}
    if not values:
        return values
    found = _values(*values) if county is None else _values_within(county, *values)
    for statistic_id, code, value in found:
        whole = int(value)
        values[statistic_id][code] = whole if whole == value else value
    return values


def counted(values: Mapping[str, Number], among: frozenset[str]) -> Mapping[str, Number]:
    """Return the values that count: in a redistribution the others' are zero."""
    if not among:
        return values
    return {code: value if code in among else 0 for code, value in values.items()}


def components_of(plan: Plan, values: Values | None = None) -> list[Component]:
    """Return the plan's parts as the calculation takes them, with their values.

    ``values`` are the statistics' values where they are at hand already.
    """
    if values is None:
        values = values_of(plan.statistics)
    components: list[Component] = []
    for part in plan.parts:
        if part.kind == ComponentKind.TOP_SLICE:
            components.append(TopSlice(part.percent or 0))
        elif part.kind == ComponentKind.BASE:
            components.append(GuaranteedBase(part.amount or 0))
        elif part.kind == ComponentKind.FIXED:
            components.append(FixedAmounts(part.fixed))
        elif part.statistic:
            components.append(
                WeightedStatistic(
                    part.weight or 0,
                    counted(values[part.statistic.pk], part.among),
                    label=part.statistic.label,
                    key=str(part.statistic.pk),
                    source=part.statistic.source,
                    date=part.statistic.period,
                )
            )
    return components


def calculate(plan: Plan, values: Values | None = None) -> Outcome:
    """Return what each participant gets, or raise ``AllocationError`` with the reason."""
    return allocate(
        plan.pot, components_of(plan, values), plan.participants, Rounding(plan.rounding)
    )


def latest_statistic(component: KeyComponent, grant: Grant) -> Statistic | None:
    """Return the body's newest statistic of the kind that the key's part goes by."""
    return (
        Statistic.objects.of_body(grant.body)
        .filter(kind=component.statistic_kind, name=component.statistic_name)
        .order_by("-reference_on")
        .first()
    )


def parts_of_key(key: AllocationKey, grant: Grant) -> list[Part]:
    """Return a key's parts with the newest statistics, or say which are lacking."""
    parts: list[Part] = []
    lacking: list[str] = []
    for component in key.components.prefetch_related("fixed_amounts__municipality"):
        statistic = None
        if component.kind == ComponentKind.STATISTIC:
            statistic = latest_statistic(component, grant)
            if statistic is None:
                lacking.append(
                    component.statistic_name or component.get_statistic_kind_display()
                )
        parts.append(
            Part(
                kind=component.kind,
                percent=component.percent,
                amount=component.amount,
                weight=component.weight,
                statistic=statistic,
                fixed={
                    fixed.municipality.code: fixed.amount
                    for fixed in component.fixed_amounts.all()
                },
            )
        )
    if lacking:
        raise Refused("statistic_lacking", names=lacking)
    return parts


@transaction.atomic
def draft(grant: Grant, *, key: AllocationKey, by: User, reason: str = "") -> Distribution:
    """Return a new draft of the grant, split by the key with the newest statistics.

    The county's municipalities take part. The second version and later say why.
    """
    return draft_parts(
        grant,
        parts_of_key(key, grant),
        key=key,
        rounding=key.rounding,
        participants=grant.body.county.municipalities.by_code(),
        by=by,
        reason=reason,
    )


@transaction.atomic
def draft_parts(
    grant: Grant,
    parts: Sequence[Part],
    *,
    key: AllocationKey | None,
    rounding: str,
    participants: Mapping[str, Municipality],
    by: User,
    reason: str = "",
) -> Distribution:
    """Return a new draft of the grant that the parts split, with the budget of today.

    ``key`` is the one that the parts come from.
    """
    distribution = _new_version(grant, key=key, by=by, reason=reason)
    plan = Plan(
        budget_amount=distribution.budget_amount,
        carry_over_amount=distribution.carry_over_amount,
        rounding=rounding,
        parts=parts,
        participants=participants,
    )
    save(distribution, plan, by=by)
    return distribution


@transaction.atomic
def revise(distribution: Distribution, *, by: User, reason: str) -> Distribution:
    """Return a draft that starts from a decided version, with the budget of today.

    Adjustments come along with their reasons and their makers.
    """
    plan = plan_of(distribution)
    revision = draft_parts(
        distribution.grant,
        plan.parts,
        key=distribution.key,
        rounding=plan.rounding,
        participants=plan.participants,
        by=by,
        reason=reason,
    )
    allocations = {
        allocation.municipality_id: allocation for allocation in revision.allocations.all()
    }
    for adjustment in Adjustment.objects.filter(
        allocation__distribution=distribution
    ).select_related("allocation"):
        adjust(
            allocations[adjustment.allocation.municipality_id],
            amount=adjustment.amount,
            reason=adjustment.reason,
            by=by,
        )
    revision.refresh_from_db()
    return revision


def _new_version(
    grant: Grant, *, key: AllocationKey | None, by: User, reason: str
) -> Distribution:
    """Return an empty draft with the next number. One draft a grant at a time."""
    Grant.objects.select_for_update().get(pk=grant.pk)
    if grant.distributions.drafts().exists():
        raise Refused("draft_exists")
    latest = grant.distributions.order_by("-version").first()
    if latest and not reason:
        raise Refused("reason_lacking")
    budget, carried = grant.pot_of_today()
    if budget + carried == 0:
        raise Refused("nothing_to_distribute")
    return Distribution.objects.create(
        grant=grant,
        version=latest.version + 1 if latest else 1,
        reason=reason,
        key=key,
        budget_amount=budget,
        carry_over_amount=carried,
        pot=budget + carried,
        # Nothing is split yet: all of the pot is difference until the plan is saved.
        difference=budget + carried,
        drafted_by=by,
    )


def _locked_draft(pk: int, seen_at: datetime | None = None) -> Distribution:
    """Return the draft, locked; refuse one that is decided or changed since ``seen_at``."""
    distribution = (
        Distribution.objects.select_for_update(of=("self",))
        .select_related("grant__body")
        .get(pk=pk)
    )
    if not distribution.is_draft:
        raise Refused("decided")
    if seen_at is not None and distribution.drafted_at != seen_at:
        raise Refused("changed_by_another", by=str(distribution.drafted_by))
    return distribution


@transaction.atomic
def save(
    distribution: Distribution,
    plan: Plan,
    *,
    by: User,
    seen_at: datetime | None = None,
) -> Outcome:
    """Make the plan the draft's, with its amounts. Adjustments of those who stay remain.

    ``seen_at`` is when the draft had last changed, as its editor saw it: if somebody
    else has saved since then, nothing is overwritten.
    """
    locked = _locked_draft(distribution.pk, seen_at)
    outcome = calculate(plan)
    locked.components.all().delete()
    for position, part in enumerate(plan.parts):
        component = DistributionComponent.objects.create(
            distribution=locked,
            position=position,
            kind=part.kind,
            percent=part.percent,
            amount=part.amount,
            weight=part.weight,
            statistic=part.statistic,
            among=sorted(part.among),
        )
        DistributionFixedAmount.objects.bulk_create(
            DistributionFixedAmount(
                component=component,
                municipality=plan.participants[code],
                amount=amount,
            )
            for code, amount in part.fixed.items()
        )
    locked.allocations.exclude(municipality__code__in=plan.participants).delete()
    adjusted = dict(
        Adjustment.objects.filter(allocation__distribution=locked)
        .values_list("allocation__municipality__code")
        .annotate(total=Sum("amount"))
        .order_by()
    )
    _refuse_below_zero(outcome, adjusted)
    Allocation.objects.bulk_create(
        [
            Allocation(
                distribution=locked,
                municipality=municipality,
                calculated=outcome.parts[code],
                amount=outcome.parts[code] + adjusted.get(code, 0),
            )
            for code, municipality in plan.participants.items()
        ],
        update_conflicts=True,
        unique_fields=["distribution", "municipality"],
        update_fields=["calculated", "amount"],
    )
    locked.rounding = plan.rounding
    locked.budget_amount = plan.budget_amount
    locked.carry_over_amount = plan.carry_over_amount
    locked.pot = plan.pot
    locked.set_aside = outcome.set_aside
    locked.difference = outcome.difference - sum(adjusted.values())
    locked.drafted_by = by
    locked.save()
    distribution.refresh_from_db()
    return outcome


def _refuse_below_zero(outcome: Outcome, adjusted: Mapping[str, int]) -> None:
    below = sorted(
        code for code, change in adjusted.items() if outcome.parts.get(code, 0) + change < 0
    )
    if below:
        raise Refused("below_zero", codes=below)


@transaction.atomic
def adjust(
    allocation: Allocation,
    *,
    amount: int,
    reason: str,
    by: User,
    seen_at: datetime | None = None,
) -> Adjustment:
    """Change one municipality's amount by hand. The reason stands in the explanation."""
    distribution = _locked_draft(allocation.distribution_id, seen_at)
    allocation.refresh_from_db()
    if allocation.amount + amount < 0:
        raise Refused("below_zero", codes=[allocation.municipality.code])
    adjustment = Adjustment.objects.create(
        allocation=allocation, amount=amount, reason=reason, made_by=by
    )
    _move(distribution, allocation, amount, by=by)
    return adjustment


@transaction.atomic
def undo_adjustment(adjustment: Adjustment, *, by: User) -> None:
    """Take an adjustment of a draft back."""
    distribution = _locked_draft(adjustment.allocation.distribution_id)
    allocation = Allocation.objects.get(pk=adjustment.allocation_id)
    if allocation.amount - adjustment.amount < 0:
        raise Refused("below_zero", codes=[allocation.municipality.code])
    _move(distribution, allocation, -adjustment.amount, by=by)
    adjustment.delete()


def _move(
    distribution: Distribution, allocation: Allocation, amount: int, *, by: User
) -> None:
    allocation.amount += amount
    allocation.save()
    distribution.difference -= amount
    distribution.drafted_by = by
    distribution.save()


@transaction.atomic
def discard(distribution: Distribution) -> None:
    """Throw a draft away. The history keeps what it was."""
    _locked_draft(distribution.pk).delete()


def below_claims(distribution: Distribution) -> list[str]:
    """Return codes of those that have claimed more than the distribution gives them."""
    claims = (
        Allocation.objects.filter(distribution__grant=distribution.grant_id)
        .values_list("municipality__code")
        .annotate(claimed=Sum("requisitions__claimed", default=0))
        .filter(claimed__gt=0)
        .order_by("municipality__code")
    )
    given = dict(distribution.allocations.values_list("municipality__code", "amount"))
    return [code for code, claimed in claims if claimed > given.get(code, 0)]


@transaction.atomic
def decide(
    distribution: Distribution,
    *,
    by: User,
    decided_on: date,
    seen_at: datetime | None = None,
) -> Distribution:
    """Fix the draft. It replaces the version before, and locks its statistics.

    Refused for whoever changed the draft last, when the budget or a statistic has changed
    since the amounts were calculated, and when a municipality has claimed more than it
    would get.
    """
    locked = _locked_draft(distribution.pk, seen_at)
    if locked.drafted_by_id == by.pk:
        raise Refused("same_person")
    list(
        Statistic.objects.select_for_update()
        .filter(components__distribution=locked)
        # PostgreSQL cannot lock rows that DISTINCT has merged; the same twice is no harm.
        .order_by("pk")
    )
    plan = plan_of(locked)
    outcome = calculate(plan)
    stored = dict(
        locked.allocations.values_list("municipality__code", "calculated").order_by()
    )
    if stored != outcome.parts or plan.pot != locked.grant.pot():
        raise Refused("basis_changed")
    locked.grant.distributions.decided().update(status=Distribution.Status.SUPERSEDED)
    # Asked after the version before is taken out of use: no answer to it can come now.
    below = below_claims(locked)
    if below:
        raise Refused("below_claimed", codes=below)
    # Not saved as a whole: when it was drafted is a fact that the decision leaves alone.
    Distribution.objects.filter(pk=locked.pk).update(
        status=Distribution.Status.DECIDED,
        decided_by=by,
        decided_at=timezone.now(),
        decided_on=decided_on,
    )
    distribution.refresh_from_db()
    return distribution
