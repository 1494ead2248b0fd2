"""What a page of one version of a distribution rests on, each part fetched once."""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet, Sum
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from grants.allocation import AllocationError
from grants.comparison import changes
from grants.distribution import Plan, Refused, calculate, plan_of, values_of
from grants.models import Adjustment, Allocation, Distribution, Grant
from grants.refusals import sentence
from grants.tables.distributions import (
    Compared,
    OutcomeTable,
    outcome_table,
    population_for,
    signed,
    signed_percent,
)
from grants.wording import parts_in_words
from municipalities.models import Municipality, Statistic, StatisticKind
from municipalities.numbers import row_id
from municipalities.prepared import Prepared


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
        return adjustments_of(self.distribution) if self.adjusted else []

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
        asked = [*plan.statistics, *([population] if population else [])]
        values = values_of(asked, self.only_county)
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


def of_today(facts: Facts) -> Plan:
    """Return the plan that was saved, with the budget of today."""
    budget, carried = facts.distribution.grant.pot_of_today()
    return replace(facts.saved, budget_amount=budget, carry_over_amount=carried)


def is_outdated(facts: Facts) -> bool:
    """Return whether the amounts of today would be others than those that were saved."""
    try:
        calculated = calculate(of_today(facts)).parts
    except AllocationError:
        return True
    return calculated != facts.calculated


def parts_of(plan: Plan) -> list[tuple[str, Statistic | None]]:
    """Return the plan's parts in words, each with its statistic."""
    words = parts_in_words(plan.parts)
    return [(text, part.statistic) for text, part in zip(words, plan.parts, strict=True)]


def adjustments_of(distribution: Distribution) -> list[Adjustment]:
    """Return the changes by hand, with reasons and people."""
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


def named_changes(facts: Facts, compared: Compared) -> list[dict[str, Any]]:
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


def unchanged(facts: Facts, compared: Compared) -> int:
    """Return how many municipalities have the same amount as in what is compared with."""
    amounts = _amounts(facts)
    return sum(compared.amounts.get(code) == amount for code, amount in amounts.items())
