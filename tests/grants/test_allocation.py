"""The allocation rule: real tables, properties, and every reason to refuse."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from random import Random
from time import perf_counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grants.allocation import (
    REASONS,
    AllocationError,
    Component,
    FixedAmounts,
    GuaranteedBase,
    Rounding,
    TopSlice,
    WeightedStatistic,
    allocate,
    split,
)
from tests.figures import (
    DALARNA_POPULATION_2018,
    DALARNA_PUBLISHED_2020,
    STOCKHOLM_NAMES,
    STOCKHOLM_POPULATION_2018,
    STOCKHOLM_POPULATION_2019,
    STOCKHOLM_PUBLISHED_2020,
    STOCKHOLM_RECIPIENTS_2018,
)

HALF_AND_HALF = [
    WeightedStatistic(50, STOCKHOLM_POPULATION_2019),
    WeightedStatistic(50, STOCKHOLM_RECIPIENTS_2018),
]
DALARNA_KEY = [WeightedStatistic(100, DALARNA_POPULATION_2018)]

CODES = [f"{number:04}" for number in range(1, 31)]
WEIGHTS = st.one_of(
    st.integers(1, 100),
    st.fractions(Fraction(1, 100), 100, max_denominator=100),
    st.decimals(Decimal("0.1"), 100, places=1),
)
POTS = st.one_of(st.integers(0, 500), st.integers(0, 10**12))


@st.composite
def keys(draw: st.DrawFn) -> tuple[list[str], list[Component]]:
    """Return participants and a key that hands out little beside its statistics."""
    codes = CODES[: draw(st.integers(1, len(CODES)))]
    components: list[Component] = []
    for _ in range(draw(st.integers(1, 5))):
        column = st.lists(st.integers(0, 10**6), min_size=len(codes), max_size=len(codes))
        values = draw(column.filter(any))
        components.append(
            WeightedStatistic(draw(WEIGHTS), dict(zip(codes, values, strict=True)))
        )
    if draw(st.booleans()):
        components.append(TopSlice(draw(st.decimals(0, 20, places=2))))
    if draw(st.booleans()):
        components.append(GuaranteedBase(draw(st.integers(0, 2))))
    if draw(st.booleans()):
        components.append(FixedAmounts({codes[-1]: draw(st.integers(0, 50))}))
    return codes, draw(st.permutations(components))


def test_storsthlm_2020_comes_out_to_the_krona():
    outcome = allocate(68_000_000, HALF_AND_HALF, STOCKHOLM_NAMES, Rounding.EACH)

    assert outcome.parts == STOCKHOLM_PUBLISHED_2020
    assert (outcome.total, outcome.difference) == (67_999_998, 2)


def test_storsthlm_2020_sums_to_the_pot_by_the_exact_rule():
    outcome = allocate(68_000_000, HALF_AND_HALF, STOCKHOLM_NAMES)

    changed = {
        code: amount - STOCKHOLM_PUBLISHED_2020[code]
        for code, amount in outcome.parts.items()
        if amount != STOCKHOLM_PUBLISHED_2020[code]
    }
    assert (outcome.total, outcome.difference) == (68_000_000, 0)
    assert sorted(changed.values()) == [1, 1]


def test_storsthlm_2019_splits_20_million_by_population():
    key = [WeightedStatistic(1, STOCKHOLM_POPULATION_2018)]

    each = allocate(20_000_000, key, STOCKHOLM_NAMES, Rounding.EACH)
    exact = allocate(20_000_000, key, STOCKHOLM_NAMES, Rounding.EXACT)

    assert exact.total == 20_000_000
    assert abs(each.difference) <= 13
    assert all(abs(each.parts[code] - exact.parts[code]) <= 1 for code in exact.parts)


def test_dalarna_comes_out_to_the_krona():
    participants = DALARNA_POPULATION_2018

    each = allocate(15_711_504, DALARNA_KEY, participants, Rounding.EACH)
    exact = allocate(15_711_504, DALARNA_KEY, participants, Rounding.EXACT)

    assert each.parts == DALARNA_PUBLISHED_2020
    assert (each.total, each.difference) == (15_711_502, 2)
    assert (exact.total, exact.difference) == (15_711_504, 0)


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, {"0880": 1, "0881": 1, "0882": 1}, {"0880": 34, "0881": 33, "0882": 33}),
        (1, {"0881": 1, "0880": 1}, {"0880": 1, "0881": 0}),
        (0, {"0880": 1, "0881": 3}, {"0880": 0, "0881": 0}),
        (10, {"0880": Decimal("0.5"), "0881": Fraction(3, 2)}, {"0880": 3, "0881": 7}),
        (7, {"0880": 0, "0881": 5}, {"0880": 0, "0881": 7}),
        (10**12, {"0880": 1, "0881": 2}, {"0880": 333333333333, "0881": 666666666667}),
    ],
)
def test_split_hands_out_every_krona(amount, weights, parts):
    assert split(amount, weights) == parts


def test_equal_remainders_go_in_order_of_code():
    codes = ["0188", "0114", "0127", "0180"]

    parts = split(6, dict.fromkeys(codes, 1))

    assert list(parts.items()) == [("0114", 2), ("0127", 2), ("0180", 1), ("0188", 1)]


def test_each_for_itself_rounds_halves_up():
    key = [WeightedStatistic(1, {"0880": 1, "0881": 1})]

    outcome = allocate(5, key, ["0880", "0881"], Rounding.EACH)

    assert outcome.parts == {"0880": 3, "0881": 3}
    assert outcome.difference == -1


def test_the_components_follow_each_other():
    key = [
        TopSlice(4),
        GuaranteedBase(100),
        WeightedStatistic(3, {"0880": 30, "0881": 70}),
        WeightedStatistic(1, {"0880": 1, "0881": 1}),
        FixedAmounts({"0881": 60}),
    ]

    outcome = allocate(1000, key, ["0880", "0881"])

    assert (outcome.set_aside, outcome.to_distribute) == (40, 960)
    assert outcome.to_weigh == 700
    assert outcome.shares == {"0880": Fraction(345), "0881": Fraction(615)}
    assert outcome.parts == {"0880": 345, "0881": 615}


def test_the_top_slice_is_rounded_once_halves_up():
    key = [TopSlice(25), TopSlice(25), WeightedStatistic(1, {"0880": 1})]

    outcome = allocate(5, key, ["0880"])

    assert (outcome.set_aside, outcome.parts) == (3, {"0880": 2})


def test_a_key_without_statistics_may_hand_out_everything():
    key = [TopSlice(10), GuaranteedBase(30), FixedAmounts({"0881": 30})]

    outcome = allocate(100, key, ["0880", "0881"])

    assert outcome.parts == {"0880": 30, "0881": 60}


def test_a_statistic_counts_among_the_participants_only():
    population = {"0880": 600, "0881": 300, "0882": 100}

    outcome = allocate(300, [WeightedStatistic(1, population)], ["0881", "0880"])

    assert outcome.parts == {"0880": 200, "0881": 100}


def test_a_statistic_of_weight_zero_changes_nothing():
    ignored = WeightedStatistic(0, {"0880": 0, "0881": 0})
    used = WeightedStatistic(2, {"0880": 1, "0881": 3})

    outcome = allocate(100, [ignored, used], ["0880", "0881"])

    assert outcome.parts == {"0880": 25, "0881": 75}


def test_a_larger_pot_may_give_someone_a_krona_less():
    """The Alabama paradox: known of largest remainders, and said in the docstring."""
    weights = {"0880": 6, "0881": 6, "0882": 2}

    assert split(10, weights) == {"0880": 4, "0881": 4, "0882": 2}
    assert split(11, weights) == {"0880": 5, "0881": 5, "0882": 1}


@given(POTS, keys())
def test_the_parts_sum_to_the_pot(pot, key):
    codes, components = key
    assume(pot >= 500)

    outcome = allocate(pot, components, codes, Rounding.EXACT)

    assert outcome.set_aside + outcome.total == pot
    assert outcome.difference == 0


@given(POTS, keys())
def test_the_shares_sum_to_what_is_distributed(pot, key):
    codes, components = key
    assume(pot >= 500)

    outcome = allocate(pot, components, codes)

    assert sum(outcome.shares.values()) == outcome.to_distribute


@given(POTS, keys(), st.sampled_from(Rounding))
def test_each_part_is_its_share_rounded_down_or_up(pot, key, rounding):
    codes, components = key
    assume(pot >= 500)

    outcome = allocate(pot, components, codes, rounding)

    for code, part in outcome.parts.items():
        assert part in {floor(outcome.shares[code]), ceil(outcome.shares[code])}


@given(POTS, keys())
def test_each_for_itself_is_within_half_a_krona(pot, key):
    codes, components = key
    assume(pot >= 500)

    outcome = allocate(pot, components, codes, Rounding.EACH)

    for code, part in outcome.parts.items():
        assert -Fraction(1, 2) < part - outcome.shares[code] <= Fraction(1, 2)


@given(POTS, keys(), st.sampled_from(Rounding), st.randoms())
def test_the_order_of_input_does_not_matter(pot, key, rounding, random):
    codes, components = key
    assume(pot >= 500)
    expected = allocate(pot, components, codes, rounding)
    random.shuffle(codes)
    random.shuffle(components)

    outcome = allocate(pot, components, codes, rounding)

    assert outcome == expected
    assert list(outcome.parts) == sorted(codes)


@given(POTS, keys(), st.sampled_from(Rounding))
def test_a_higher_value_never_gets_less_than_a_lower(pot, key, rounding):
    codes, components = key
    statistic = next(c for c in components if isinstance(c, WeightedStatistic))

    outcome = allocate(pot, [statistic], codes, rounding)

    ranked = sorted(codes, key=lambda code: (statistic.values[code], code))
    for lower, higher in pairwise(ranked):
        if statistic.values[lower] < statistic.values[higher]:
            assert outcome.parts[lower] <= outcome.parts[higher]


@given(POTS, keys(), st.sampled_from(Rounding), st.integers(1, 10**6), st.data())
def test_more_weight_never_gives_less(pot, key, rounding, more, data):
    codes, components = key
    assume(pot >= 500)
    code = data.draw(st.sampled_from(codes))
    before = allocate(pot, components, codes, rounding)
    raised = [
        WeightedStatistic(c.weight, {**c.values, code: c.values[code] + more})
        if isinstance(c, WeightedStatistic)
        else c
        for c in components
    ]

    after = allocate(pot, raised, codes, rounding)

    assert after.parts[code] >= before.parts[code]


@given(POTS, keys())
def test_a_newcomer_without_weight_changes_nothing(pot, key):
    codes, components = key
    statistics = [c for c in components if isinstance(c, WeightedStatistic)]
    with_newcomer = [
        WeightedStatistic(c.weight, {**c.values, "9999": 0}) for c in statistics
    ]

    parts = allocate(pot, statistics, codes).parts

    assert allocate(pot, with_newcomer, [*codes, "9999"]).parts == {**parts, "9999": 0}


@given(POTS, keys(), st.integers(2, 50))
def test_only_the_proportions_of_weights_matter(pot, key, factor):
    codes, components = key
    statistics = [c for c in components if isinstance(c, WeightedStatistic)]
    scaled = [WeightedStatistic(c.weight * factor, c.values) for c in statistics]

    assert allocate(pot, scaled, codes) == allocate(pot, statistics, codes)


REFUSALS: dict[str, tuple[Callable[[], object], dict[str, object]]] = {
    "negative_pot": (lambda: split(-1, {"0880": 1}), {"pot": -1}),
    "empty_key": (lambda: allocate(100, [], ["0880"]), {}),
    "no_participants": (lambda: split(100, {}), {}),
    "repeated_participants": (
        lambda: allocate(100, [GuaranteedBase(1)], ["0880", "0881", "0880"]),
        {"codes": ["0880"]},
    ),
    "percent_out_of_range": (
        lambda: allocate(100, [TopSlice(60), TopSlice(Fraction(81, 2))], ["0880"]),
        {"label": "", "percent": Fraction(201, 2)},
    ),
    "negative_amount": (
        lambda: allocate(100, [GuaranteedBase(-5, "Grundbelopp")], ["0880"]),
        {"label": "Grundbelopp", "amount": -5},
    ),
    "not_participants": (
        lambda: allocate(9, [FixedAmounts({"0881": 9}, "Utbildning")], ["0880"]),
        {"label": "Utbildning", "codes": ["0881"]},
    ),
    "negative_weight": (
        lambda: allocate(9, [WeightedStatistic(-1, {"0880": 1}, "Folkmängd")], ["0880"]),
        {"label": "Folkmängd", "key": "", "weight": -1},
    ),
    "zero_weights": (
        lambda: allocate(9, [WeightedStatistic(0, {"0880": 1})], ["0880"]),
        {},
    ),
    "missing_value": (
        lambda: allocate(
            9,
            [WeightedStatistic(1, {"0880": 1}, "Folkmängd", "population")],
            ["0880", "0882", "0881"],
        ),
        {"label": "Folkmängd", "key": "population", "codes": ["0881", "0882"]},
    ),
    "negative_value": (
        lambda: split(9, {"0880": 5, "0881": -4}),
        {"label": "Statistic", "key": "", "codes": ["0881"]},
    ),
    "zero_statistic": (
        lambda: split(9, {"0880": 0, "0881": 0}),
        {"label": "Statistic", "key": ""},
    ),
    "too_much": (
        lambda: allocate(
            100,
            [TopSlice(10), GuaranteedBase(30), FixedAmounts({"0880": 31})],
            ["0880", "0881"],
        ),
        {"needed": 101, "available": 100},
    ),
    "not_all_distributed": (
        lambda: allocate(100, [GuaranteedBase(30)], ["0880", "0881"]),
        {"left": 40},
    ),
}


def test_every_reason_has_a_refusal():
    assert REFUSALS.keys() == REASONS.keys()


@pytest.mark.parametrize("code", REASONS)
def test_allocate_refuses_with_a_reason(code):
    refused, params = REFUSALS[code]

    with pytest.raises(AllocationError) as error:
        refused()

    assert (error.value.code, error.value.params) == (code, params)
    assert "{" not in str(error.value)


def test_a_refusal_reads_as_a_sentence():
    with pytest.raises(AllocationError, match=r"no value for 0881, 0882\.$"):
        REFUSALS["missing_value"][0]()


def test_a_negative_top_slice_is_refused():
    with pytest.raises(AllocationError) as error:
        allocate(100, [TopSlice(-1), TopSlice(2)], ["0880"])

    assert error.value.code == "percent_out_of_range"


@pytest.mark.parametrize(
    "component",
    [
        WeightedStatistic(0.5, {"0880": 1}),
        WeightedStatistic(1, {"0880": 0.5}),
        TopSlice(0.5),
    ],
)
def test_floats_are_refused(component):
    with pytest.raises(TypeError, match=r"0\.5 is not an exact number"):
        allocate(100, [component], ["0880"])


def test_290_municipalities_and_five_statistics_take_under_5_ms():
    random = Random(2020)
    codes = [f"{number:04}" for number in range(290)]
    key = [
        WeightedStatistic(weight, {code: random.randint(1, 10**6) for code in codes})
        for weight in (30, 25, 20, 15, 10)
    ]

    def seconds() -> float:
        started = perf_counter()
        allocate(10**9, key, codes)
        return perf_counter() - started

    assert min(seconds() for _ in range(20)) < 0.005
