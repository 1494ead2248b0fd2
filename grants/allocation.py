"""Split a pot between municipalities by an allocation key (fördelningsnyckel).

A key is a list of components. A top slice is a percentage of the pot that stays with
the coordinating body. A guaranteed base and fixed amounts are kronor to participants.
What then remains is split by the weighted statistics together: with weights w and
values v, a municipality's share is the sum of w/Σw · v/Σv, among the participants only.
The share is computed once, from all the statistics, and rounded once.

The amounts do not depend on the order of the components: a percentage is always of the
whole pot, and statistics always split what the others leave. The order is how the key
is read and explained.

Two rounding rules:

*exact* is the method of largest remainders (Hamilton's method): each municipality gets
its share rounded down; the kronor left over go, one each, to the largest remainders,
equal remainders in order of municipality code. The parts sum to the pot. As with every
such rule a slightly larger pot may give someone one krona less.

*each for itself* rounds every amount to the nearest krona, halves up. The sum may miss
the pot by some kronor. This is how the tables were made in Storsthlm's memos of 2019
(20 million kronor by population) and of 2020 (S/20/0026, footnote 1 of annex 1: half by
population, half by recipients of municipal health care) and in Dalarna's of 2020: its
15 amounts sum to 15 711 502 kronor of the 15 711 504.

>>> split(100, {"0880": 1, "0881": 1, "0882": 1})
{'0880': 34, '0881': 33, '0882': 33}

>>> key = [
...     TopSlice(4),
...     GuaranteedBase(20),
...     WeightedStatistic(50, {"0880": 600, "0881": 400}, label="population"),
...     WeightedStatistic(50, {"0880": 10, "0881": 30}, label="recipients"),
... ]
>>> outcome = allocate(1000, key, ["0880", "0881"])
>>> outcome.set_aside, outcome.parts
(40, {'0880': 411, '0881': 549})
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import lcm
from operator import mul
from typing import TypeAlias

Number: TypeAlias = int | Fraction | Decimal
"""An exact number. Floats are refused: 0.1 is not a tenth."""


class Rounding(StrEnum):
    """How shares become whole kronor."""

    EXACT = "exact"
    EACH = "each"


REASONS = {
    "negative_pot": "A pot of {pot} kronor cannot be split.",
    "empty_key": "The key has no components.",
    "no_participants": "There are no participants to split between.",
    "repeated_participants": "Participants named more than once: {codes}.",
    "percent_out_of_range": "A top slice of {percent} % is not between 0 and 100 %.",
    "negative_amount": "{label}: {amount} kronor is below zero.",
    "not_participants": "{label}: amounts for others than participants: {codes}.",
    "negative_weight": "{label}: the weight {weight} is below zero.",
    "zero_weights": "The key needs a statistic with a weight above zero.",
    "missing_value": "{label}: no value for {codes}.",
    "negative_value": "{label}: a value below zero for {codes}.",
    "zero_statistic": "{label}: the participants' values sum to zero.",
    "too_much": "The key hands out {needed} kronor, but the pot has {available}.",
    "not_all_distributed": "The key leaves {left} kronor without a receiver.",
}
"""Why a key is refused, by code. ``AllocationError.params`` holds the numbers."""


class AllocationError(ValueError):
    """The pot cannot be split by this key. ``code`` is one of ``REASONS``."""

    def __init__(self, code: str, **params: object) -> None:
        """Say why, by a code in ``REASONS`` and the numbers its sentence names."""
        self.code = code
        self.params = params
        shown = {name: _listed(value) for name, value in params.items()}
        super().__init__(REASONS[code].format_map(shown))


@dataclass(frozen=True, slots=True)
class TopSlice:
    """A percentage of the pot, set aside before the split (avsättning före fördelning).

    It stays with the coordinating body. ``percent`` 4 means 4 %.
    """

    percent: Number
    label: str = ""


@dataclass(frozen=True, slots=True)
class GuaranteedBase:
    """The same sum in kronor to every participant (grundbelopp)."""

    amount: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class WeightedStatistic:
    """A statistic that splits what remains, and its weight against the others.

    Weights need not sum to 100. ``source`` and ``date`` are texts to show beside it.
    """

    weight: Number
    values: Mapping[str, Number]
    label: str = ""
    key: str = ""
    source: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class FixedAmounts:
    """Sums in kronor to named participants (fasta belopp)."""

    amounts: Mapping[str, int]
    label: str = ""


Component: TypeAlias = TopSlice | GuaranteedBase | WeightedStatistic | FixedAmounts


@dataclass(frozen=True, slots=True)
class Outcome:
    """What everyone gets, in kronor, by municipality code in order.

    The top slice is rounded to the nearest krona, halves up, once for all slices: with
    it set aside, ``set_aside + to_distribute == pot``. ``shares`` are the kronor before
    rounding; they sum to ``to_distribute`` exactly.
    """

    pot: int
    rounding: Rounding
    set_aside: int
    to_weigh: int
    """What the statistics split: the pot without top slice, base and fixed amounts."""
    parts: dict[str, int]
    shares: dict[str, Fraction]

    @property
    def to_distribute(self) -> int:
        """Return the kronor meant for the municipalities."""
        return self.pot - self.set_aside

    @property
    def total(self) -> int:
        """Return the kronor the municipalities get."""
        return sum(self.parts.values())

    @property
    def difference(self) -> int:
        """Return what is meant for municipalities but not in a part. 0 when exact."""
        return self.to_distribute - self.total


def split(amount: int, weights: Mapping[str, Number]) -> dict[str, int]:
    """Split ``amount`` kronor by weight. The parts are whole and sum to ``amount``."""
    return allocate(amount, [WeightedStatistic(1, weights)], weights).parts


def allocate(
    pot: int,
    components: Sequence[Component],
    participants: Iterable[str],
    rounding: Rounding = Rounding.EXACT,
) -> Outcome:
    """Split ``pot`` kronor between the participants by the key's components."""
    codes = _checked_participants(participants)
    if pot < 0:
        raise AllocationError("negative_pot", pot=pot)
    if not components:
        raise AllocationError("empty_key")
    set_aside = round_half_up(pot * _percent(components) / 100)
    certain = _certain_amounts(components, codes)
    needed = set_aside + sum(certain.values())
    if needed > pot:
        raise AllocationError("too_much", needed=needed, available=pot)
    to_weigh = pot - needed
    numerators, denominator = _weighted_shares(components, codes)
    if to_weigh and not numerators:
        raise AllocationError("not_all_distributed", left=to_weigh)

    parts, remainders, shares = {}, {}, {}
    for code in codes:
        weighed = to_weigh * numerators.get(code, 0)
        whole, remainders[code] = divmod(weighed, denominator)
        parts[code] = certain[code] + whole
        kronor = certain[code] * denominator + weighed
        shares[code] = Fraction(kronor, denominator)
    if rounding is Rounding.EXACT:
        left_over = pot - set_aside - sum(parts.values())
        by_remainder = sorted(codes, key=lambda code: (-remainders[code], code))
        for code in by_remainder[:left_over]:
            parts[code] += 1
    else:
        for code in codes:
            parts[code] += 2 * remainders[code] >= denominator
    return Outcome(pot, rounding, set_aside, to_weigh, parts, shares)


def round_half_up(amount: Fraction) -> int:
    """Return the nearest whole krona, halves up.

    >>> round_half_up(Fraction(5, 2)), round_half_up(Fraction(249, 100))
    (3, 2)
    """
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def exact(number: Number) -> Fraction:
    """Return the number as a fraction. Floats are refused, as they are not exact."""
    if isinstance(number, (int, Fraction, Decimal)):
        return Fraction(number)
    raise TypeError(f"{number!r} is not an exact number.")


def _checked_participants(participants: Iterable[str]) -> list[str]:
    codes = sorted(participants)
    if not codes:
        raise AllocationError("no_participants")
    repeated = {first for first, second in pairwise(codes) if first == second}
    if repeated:
        raise AllocationError("repeated_participants", codes=sorted(repeated))
    return codes


def _percent(components: Sequence[Component]) -> Fraction:
    """Return the top slices' percentages together."""
    total = Fraction(0)
    for component in components:
        if isinstance(component, TopSlice):
            percent = exact(component.percent)
            total += percent
            if percent < 0 or total > 100:
                raise AllocationError(
                    "percent_out_of_range",
                    label=component.label,
                    percent=percent if percent < 0 else total,
                )
    return total


def _certain_amounts(
    components: Sequence[Component], codes: Sequence[str]
) -> dict[str, int]:
    """Return what each participant gets whatever the statistics say."""
    certain = dict.fromkeys(codes, 0)
    for component in components:
        if isinstance(component, GuaranteedBase):
            amounts: Mapping[str, int] = dict.fromkeys(codes, component.amount)
        elif isinstance(component, FixedAmounts):
            amounts = component.amounts
        else:
            continue
        label = component.label or type(component).__name__
        outsiders = sorted(amounts.keys() - certain.keys())
        if outsiders:
            raise AllocationError("not_participants", label=label, codes=outsiders)
        for code, amount in amounts.items():
            if amount < 0:
                raise AllocationError("negative_amount", label=label, amount=amount)
            certain[code] += amount
    return certain


def _weighted_shares(
    components: Sequence[Component], codes: Sequence[str]
) -> tuple[dict[str, int], int]:
    """Return each participant's share as a numerator, and their common denominator.

    Whole numbers over one denominator are as exact as fractions, and a hundred times
    faster. Without statistics there are no numerators.
    """
    statistics = [part for part in components if isinstance(part, WeightedStatistic)]
    columns = [_checked_values(statistic, codes) for statistic in statistics]
    weights = _integers([statistic.weight for statistic in statistics])
    if not statistics:
        return {}, 1
    if not any(weights):
        raise AllocationError("zero_weights")
    totals = [sum(column) or 1 for column in columns]
    common = lcm(*totals)
    factors = [
        weight * (common // total) for weight, total in zip(weights, totals, strict=True)
    ]
    rows = zip(*columns, strict=True)
    numerators = {
        code: sum(map(mul, factors, row)) for code, row in zip(codes, rows, strict=True)
    }
    return numerators, common * sum(weights)


def _checked_values(statistic: WeightedStatistic, codes: Sequence[str]) -> list[int]:
    """Return the participants' values in order, scaled to whole numbers."""
    named = {"label": statistic.label or "Statistic", "key": statistic.key}
    if statistic.weight < 0:
        weight = statistic.weight
        raise AllocationError("negative_weight", **named, weight=weight)
    missing = [code for code in codes if code not in statistic.values]
    if missing:
        raise AllocationError("missing_value", **named, codes=missing)
    values = _integers([statistic.values[code] for code in codes])
    if min(values) < 0:
        below_zero = [code for code in codes if statistic.values[code] < 0]
        raise AllocationError("negative_value", **named, codes=below_zero)
    if statistic.weight and not any(values):
        raise AllocationError("zero_statistic", **named)
    return values


def _integers(numbers: Sequence[Number]) -> list[int]:
    """Return the numbers times the one factor that makes them all whole."""
    if all(isinstance(number, int) for number in numbers):
        return [int(number) for number in numbers]
    fractions = [exact(number) for number in numbers]
    factor = lcm(*(fraction.denominator for fraction in fractions))
    return [int(fraction * factor) for fraction in fractions]


def _listed(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
