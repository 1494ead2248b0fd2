"""Explain an amount, step by step (Så har beloppet räknats fram).

Each step is a small dataclass with the exact numbers it rests on; the sentences are the
reader's templates'. ``kind`` says which step it is. Kronor are fractions until the last
step, and ``running`` is the sum so far. The ``_shown`` properties are the same numbers
as decimals for people, rounded half up and never used in the arithmetic.

The steps come in the order the rule works in (see ``grants/allocation.py``): the pot,
what is set aside, base and fixed amounts, the statistics, and the rounding.

>>> key = [WeightedStatistic(1, {"0880": 1, "0881": 2}, label="Folkmängd")]
>>> explanation = explain(100, key, ["0880", "0881"], Rounding.EXACT, "0881")
>>> [step.kind for step in explanation.steps]
['pot', 'to_weigh', 'statistic', 'rounding']
>>> explanation.steps[2].kronor_shown, explanation.amount
(Decimal('66.67'), 67)
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor
from typing import ClassVar, TypeAlias

from grants.allocation import (
    Component,
    FixedAmounts,
    GuaranteedBase,
    Outcome,
    Rounding,
    TopSlice,
    WeightedStatistic,
    allocate,
    exact,
    round_half_up,
)


class Why(StrEnum):
    """Why an amount was rounded down or up."""

    WHOLE = "whole"
    """It was whole kronor already."""
    AT_LEAST_HALF = "at_least_half"
    BELOW_HALF = "below_half"
    AMONG_LARGEST = "among_largest"
    """Its remainder is among those that share the kronor left over."""
    NOT_AMONG_LARGEST = "not_among_largest"


@dataclass(frozen=True, slots=True)
class PotStep:
    """The pot to begin with."""

    kind: ClassVar = "pot"
    amount: int
    participants: int


@dataclass(frozen=True, slots=True)
class TopSliceStep:
    """A percentage of the pot that is set aside. ``kronor`` is before rounding."""

    kind: ClassVar = "top_slice"
    label: str
    percent: Fraction
    pot: int
    kronor: Fraction

    @property
    def percent_shown(self) -> Decimal:
        """Return the percentage with the decimals it needs, at most six."""
        return shown(self.percent, 6).normalize() + 0

    @property
    def kronor_shown(self) -> Decimal:
        """Return the kronor with two decimals."""
        return shown(self.kronor)


@dataclass(frozen=True, slots=True)
class ToDistributeStep:
    """What is left for the municipalities when the top slice is set aside."""

    kind: ClassVar = "to_distribute"
    pot: int
    set_aside: int
    amount: int


@dataclass(frozen=True, slots=True)
class BaseStep:
    """The guaranteed base, the same for everyone."""

    kind: ClassVar = "base"
    label: str
    amount: int
    participants: int
    total: int
    running: Fraction


@dataclass(frozen=True, slots=True)
class FixedStep:
    """A fixed amount, 0 for a municipality that is not named.

    In a redistribution ``is_kept``: it is what the municipality keeps since before.
    """

    kind: ClassVar = "fixed"
    label: str
    amount: int
    total: int
    running: Fraction
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class ToWeighStep:
    """What the statistics split: what is left of the pot after the steps before."""

    kind: ClassVar = "to_weigh"
    to_distribute: int
    certain: int
    """Base and fixed amounts, of all participants together."""
    amount: int
    among: int = 0
    """In a redistribution, how many share it: those who want more."""


@dataclass(frozen=True, slots=True)
class StatisticStep:
    """The municipality's part by one statistic.

    ``kronor = to_weigh * weight / weight_total * value / total``. In a redistribution
    one that does not want more is not counted: its value is 0.
    """

    kind: ClassVar = "statistic"
    label: str
    key: str
    source: str
    date: str
    value: Fraction
    total: Fraction
    share: Fraction
    weight: Fraction
    weight_total: Fraction
    weight_share: Fraction
    to_weigh: int
    kronor: Fraction
    running: Fraction
    among: int = 0
    is_counted: bool = True

    @property
    def value_shown(self) -> Decimal:
        """Return the value with the decimals it needs, at most six."""
        return shown(self.value, 6).normalize() + 0

    @property
    def total_shown(self) -> Decimal:
        """Return the participants' total with the decimals it needs, at most six."""
        return shown(self.total, 6).normalize() + 0

    @property
    def share_shown(self) -> Decimal:
        """Return the share in percent with four decimals."""
        return shown(self.share * 100, 4)

    @property
    def weight_shown(self) -> Decimal:
        """Return the weight in percent of all weights, with at most two decimals."""
        return shown(self.weight_share * 100).normalize() + 0

    @property
    def kronor_shown(self) -> Decimal:
        """Return the kronor with two decimals."""
        return shown(self.kronor)


@dataclass(frozen=True, slots=True)
class RoundingStep:
    """How the share becomes whole kronor, and why down or up.

    By the exact rule ``left_over`` kronor remained when everyone was rounded down, and
    they went to that many of the largest remainders; ``rank`` is this municipality's
    place among them, ``tied`` if others have the same remainder. Both are None when
    each amount is rounded for itself.
    """

    kind: ClassVar = "rounding"
    rule: Rounding
    share: Fraction
    whole: int
    remainder: Fraction
    up: bool
    why: Why
    rank: int | None
    left_over: int | None
    participants: int
    tied: bool
    amount: int

    @property
    def share_shown(self) -> Decimal:
        """Return the share with two decimals, or those that show which way it goes.

        2,4999 is not shown as 2,50, nor 2,9999 as 3,00.
        """
        return shown(self.share, _places(self.remainder))


Step: TypeAlias = (
    PotStep
    | TopSliceStep
    | ToDistributeStep
    | BaseStep
    | FixedStep
    | ToWeighStep
    | StatisticStep
    | RoundingStep
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One municipality's amount in kronor and the steps that lead to it."""

    code: str
    steps: tuple[Step, ...]
    amount: int


def explain(
    pot: int,
    components: Sequence[Component],
    participants: Iterable[str],
    rounding: Rounding,
    code: str,
    *,
    among: Collection[str] = (),
) -> Explanation:
    """Return how one participant's amount was calculated.

    ``among`` are the codes that a redistribution splits between.
    """
    outcome = allocate(pot, components, participants, rounding)
    common = _common(outcome, components, among)
    if code not in common.outcome.parts:
        raise KeyError(code)
    return _explanation(common, code)


def shown(number: Fraction, places: int = 2) -> Decimal:
    """Return the number with so many decimals, rounded half up.

    >>> shown(Fraction(2, 3)), shown(Fraction(1, 8)), shown(Fraction(3), 0)
    (Decimal('0.67'), Decimal('0.13'), Decimal('3'))
    """
    return Decimal(round_half_up(number * 10**places)).scaleb(-places)


@dataclass(frozen=True, slots=True)
class _Common:
    """What a participant's explanation rests on, counted over all of them."""

    outcome: Outcome
    components: Sequence[Component]
    opening: tuple[Step, ...]
    statistics: list[tuple[WeightedStatistic, Fraction]]
    """Each statistic with the sum of the participants' values."""
    weight_total: Fraction
    ranks: dict[str, int]
    """Each participant's place by remainder, largest first and ties by code."""
    remainders: Counter[Fraction]
    left_over: int
    """The kronor that remain when every share is rounded down."""
    among: Collection[str]


def _common(
    outcome: Outcome, components: Sequence[Component], among: Collection[str]
) -> _Common:
    remainders = {code: share % 1 for code, share in outcome.shares.items()}
    ordered = sorted(remainders, key=lambda code: (-remainders[code], code))
    statistics = [
        (part, sum((exact(part.values[code]) for code in remainders), Fraction(0)))
        for part in components
        if isinstance(part, WeightedStatistic)
    ]
    return _Common(
        outcome=outcome,
        components=components,
        opening=(
            PotStep(outcome.pot, len(outcome.parts)),
            *_top_slices(outcome, components),
        ),
        statistics=statistics,
        weight_total=sum((exact(part.weight) for part, _ in statistics), Fraction(0)),
        ranks={code: rank for rank, code in enumerate(ordered, start=1)},
        remainders=Counter(remainders.values()),
        left_over=int(sum(remainders.values())),
        among=among,
    )


def _explanation(common: _Common, code: str) -> Explanation:
    outcome = common.outcome
    steps = list(common.opening)
    running, certain = Fraction(0), 0
    for step in _certain_amounts(common, code):
        running, certain = step.running, certain + step.total
        steps.append(step)
    if common.statistics:
        among = len(common.among)
        steps.append(ToWeighStep(outcome.to_distribute, certain, outcome.to_weigh, among))
        steps += _statistics(common, code, running)
    rounding = _rounding(common, code)
    return Explanation(code, (*steps, rounding), rounding.amount)


def _top_slices(
    outcome: Outcome, components: Sequence[Component]
) -> Iterator[TopSliceStep | ToDistributeStep]:
    slices = [part for part in components if isinstance(part, TopSlice)]
    for component in slices:
        percent = exact(component.percent)
        kronor = outcome.pot * percent / 100
        yield TopSliceStep(component.label, percent, outcome.pot, kronor)
    if slices:
        yield ToDistributeStep(outcome.pot, outcome.set_aside, outcome.to_distribute)


def _certain_amounts(common: _Common, code: str) -> Iterator[BaseStep | FixedStep]:
    running = Fraction(0)
    count = len(common.outcome.parts)
    for component in common.components:
        if isinstance(component, GuaranteedBase):
            amount = component.amount
            running += amount
            yield BaseStep(component.label, amount, count, amount * count, running)
        elif isinstance(component, FixedAmounts):
            amount = component.amounts.get(code, 0)
            running += amount
            total = sum(component.amounts.values())
            is_kept = bool(common.among)
            yield FixedStep(component.label, amount, total, running, is_kept)


def _statistics(common: _Common, code: str, running: Fraction) -> Iterator[StatisticStep]:
    to_weigh = common.outcome.to_weigh
    for part, total in common.statistics:
        value = exact(part.values[code])
        share = value / total if total else Fraction(0)
        weight_share = exact(part.weight) / common.weight_total
        kronor = to_weigh * weight_share * share
        running += kronor
        yield StatisticStep(
            label=part.label,
            key=part.key,
            source=part.source,
            date=part.date,
            value=value,
            total=total,
            share=share,
            weight=exact(part.weight),
            weight_total=common.weight_total,
            weight_share=weight_share,
            to_weigh=to_weigh,
            kronor=kronor,
            running=running,
            among=len(common.among),
            is_counted=not common.among or code in common.among,
        )


def _rounding(common: _Common, code: str) -> RoundingStep:
    outcome = common.outcome
    share, amount = outcome.shares[code], outcome.parts[code]
    whole = floor(share)
    remainder = share - whole
    up = amount > whole
    by_rank = outcome.rounding is Rounding.EXACT
    if not remainder:
        why = Why.WHOLE
    elif by_rank:
        why = Why.AMONG_LARGEST if up else Why.NOT_AMONG_LARGEST
    else:
        why = Why.AT_LEAST_HALF if up else Why.BELOW_HALF
    return RoundingStep(
        rule=outcome.rounding,
        share=share,
        whole=whole,
        remainder=remainder,
        up=up,
        why=why,
        rank=common.ranks[code] if by_rank else None,
        left_over=common.left_over if by_rank else None,
        participants=len(outcome.parts),
        tied=common.remainders[remainder] > 1,
        amount=amount,
    )


def _places(remainder: Fraction) -> int:
    """Return the decimals, two to twelve, that show which way a remainder goes."""
    for places in range(2, 12):
        rounded = Fraction(shown(remainder, places))
        if rounded == remainder or rounded not in {0, Fraction(1, 2), 1}:
            return places
    return 12
