"""The explanation agrees with the rule, and says why each amount went up or down."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.allocation import (
    FixedAmounts,
    GuaranteedBase,
    Rounding,
    TopSlice,
    WeightedStatistic,
    allocate,
)
from grants.explanation import (
    BaseStep,
    FixedStep,
    PotStep,
    RoundingStep,
    StatisticStep,
    ToDistributeStep,
    TopSliceStep,
    ToWeighStep,
    Why,
    explain,
    shown,
)
from tests.figures import (
    STOCKHOLM_NAMES,
    STOCKHOLM_POPULATION_2019,
    STOCKHOLM_PUBLISHED_2020,
    STOCKHOLM_RECIPIENTS_2018,
)


def explain_all(pot, key, codes, rounding=Rounding.EXACT, **among):
    return {
        code: explain(pot, key, codes, rounding, code, **among) for code in sorted(codes)
    }


STORSTHLM_2020 = [
    WeightedStatistic(
        50,
        STOCKHOLM_POPULATION_2019,
        label="Folkmängd",
        key="population",
        source="SCB",
        date="31 december 2019",
    ),
    WeightedStatistic(
        50,
        STOCKHOLM_RECIPIENTS_2018,
        label="Mottagare",
        key="recipients",
        source="Socialstyrelsen",
        date="2018",
    ),
]
MIXED = [
    TopSlice(Decimal("2.5"), "Samordning"),
    GuaranteedBase(100, "Grundbelopp"),
    FixedAmounts({"0881": 50}, "Pilot"),
    WeightedStatistic(3, {"0880": 1, "0881": 2}, "Folkmängd"),
    WeightedStatistic(1, {"0880": Decimal("0.5"), "0881": Fraction(1, 2)}, "Index"),
]


def test_explain_gives_every_step_of_the_arithmetic():
    explanation = explain(1001, MIXED, ["0881", "0880"], Rounding.EXACT, "0881")

    assert [step.kind for step in explanation.steps] == [
        "pot",
        "top_slice",
        "to_distribute",
        "base",
        "fixed",
        "to_weigh",
        "statistic",
        "statistic",
        "rounding",
    ]
    assert explanation.steps == (
        PotStep(1001, participants=2),
        TopSliceStep("Samordning", Fraction(5, 2), 1001, Fraction(1001, 40)),
        ToDistributeStep(1001, set_aside=25, amount=976),
        BaseStep("Grundbelopp", 100, 2, total=200, running=Fraction(100)),
        FixedStep("Pilot", 50, total=50, running=Fraction(150)),
        ToWeighStep(976, certain=250, amount=726),
        StatisticStep(
            label="Folkmängd",
            key="",
            source="",
            date="",
            value=Fraction(2),
            total=Fraction(3),
            share=Fraction(2, 3),
            weight=Fraction(3),
            weight_total=Fraction(4),
            weight_share=Fraction(3, 4),
            to_weigh=726,
            kronor=Fraction(363),
            running=Fraction(513),
        ),
        StatisticStep(
            label="Index",
            key="",
            source="",
            date="",
            value=Fraction(1, 2),
            total=Fraction(1),
            share=Fraction(1, 2),
            weight=Fraction(1),
            weight_total=Fraction(4),
            weight_share=Fraction(1, 4),
            to_weigh=726,
            kronor=Fraction(363, 4),
            running=Fraction(2415, 4),
        ),
        RoundingStep(
            rule=Rounding.EXACT,
            share=Fraction(2415, 4),
            whole=603,
            remainder=Fraction(3, 4),
            up=True,
            why=Why.AMONG_LARGEST,
            rank=1,
            left_over=1,
            participants=2,
            tied=False,
            amount=604,
        ),
    )
    assert explanation.amount == 604


def test_botkyrka_2020_is_explained_with_sources():
    explanation = explain(
        68_000_000, STORSTHLM_2020, STOCKHOLM_NAMES, Rounding.EACH, "0127"
    )

    _, _, population, recipients, rounding = explanation.steps
    assert isinstance(population, StatisticStep)
    assert isinstance(recipients, StatisticStep)
    assert isinstance(rounding, RoundingStep)
    assert (population.source, population.date) == ("SCB", "31 december 2019")
    assert (population.value_shown, population.total_shown) == (94_606, 2_377_081)
    assert (population.weight_shown, population.share_shown) == (50, Decimal("3.9799"))
    assert (recipients.value, recipients.source) == (1037, "Socialstyrelsen")
    assert recipients.running == rounding.share
    assert (rounding.rank, rounding.left_over) == (None, None)
    assert explanation.amount == STOCKHOLM_PUBLISHED_2020["0127"] == 2_959_680


@pytest.mark.parametrize(
    ("values", "rounding", "reasons"),
    [
        ((5, 3), Rounding.EXACT, [Why.WHOLE, Why.WHOLE]),
        ((1, 2), Rounding.EXACT, [Why.AMONG_LARGEST, Why.NOT_AMONG_LARGEST]),
        ((1, 2), Rounding.EACH, [Why.AT_LEAST_HALF, Why.BELOW_HALF]),
        ((1, 15), Rounding.EACH, [Why.AT_LEAST_HALF, Why.AT_LEAST_HALF]),
    ],
)
def test_the_last_step_says_why(values, rounding, reasons):
    key = [WeightedStatistic(1, dict(zip(["0880", "0881"], values, strict=True)))]

    explanations = explain_all(8, key, ["0880", "0881"], rounding)

    last = [explanation.steps[-1] for explanation in explanations.values()]
    assert [step.why for step in last if isinstance(step, RoundingStep)] == reasons


def test_equal_remainders_are_said_to_be_tied():
    key = [WeightedStatistic(1, {"0880": 1, "0881": 1, "0882": 1})]

    explanations = explain_all(100, key, ["0882", "0881", "0880"])

    last = [explanation.steps[-1] for explanation in explanations.values()]
    assert [
        (step.rank, step.left_over, step.tied, step.up)
        for step in last
        if isinstance(step, RoundingStep)
    ] == [(1, 1, True, True), (2, 1, True, False), (3, 1, True, False)]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(5, 2), "2.50"),
        (Fraction(24999, 10000), "2.4999"),
        (Fraction(29999, 10000), "2.9999"),
        (Fraction(7, 3), "2.33"),
        (Fraction(200001, 100000), "2.00001"),
    ],
)
def test_a_share_is_shown_so_that_its_rounding_can_be_seen(share, text):
    step = RoundingStep(
        rule=Rounding.EACH,
        share=share,
        whole=2,
        remainder=share - 2,
        up=False,
        why=Why.BELOW_HALF,
        rank=None,
        left_over=None,
        participants=1,
        tied=False,
        amount=2,
    )

    assert str(step.share_shown) == text


def test_an_unknown_code_is_refused():
    with pytest.raises(KeyError, match="9999"):
        explain(10, STORSTHLM_2020, STOCKHOLM_NAMES, Rounding.EACH, "9999")


@given(st.integers(1_000, 10**12), st.data(), st.sampled_from(Rounding))
def test_the_explanation_agrees_with_the_rule(pot, data, rounding):
    codes = [f"{number:04}" for number in range(data.draw(st.integers(1, 12)))]
    column = st.fixed_dictionaries(dict.fromkeys(codes, st.integers(0, 10**5)))
    key = [
        TopSlice(data.draw(st.decimals(0, 10, places=2))),
        GuaranteedBase(data.draw(st.integers(0, 10))),
        FixedAmounts({codes[0]: data.draw(st.integers(0, 100))}),
        *(
            WeightedStatistic(
                data.draw(st.integers(1, 100)),
                data.draw(column.filter(lambda values: any(values.values()))),
            )
            for _ in range(data.draw(st.integers(1, 3)))
        ),
    ]

    outcome = allocate(pot, key, codes, rounding)
    explanations = explain_all(pot, key, codes, rounding)

    amounts = {code: explained.amount for code, explained in explanations.items()}
    assert amounts == outcome.parts
    for code, explained in explanations.items():
        *_, statistic, last = explained.steps
        assert isinstance(statistic, StatisticStep)
        assert isinstance(last, RoundingStep)
        assert statistic.running == last.share == outcome.shares[code]
        assert last.amount == last.whole + last.up
        if last.rank is not None and last.left_over is not None:
            assert last.up == (last.rank <= last.left_over)


def test_shown_rounds_halves_up():
    assert [shown(Fraction(n, 200)) for n in (1, 3, 4)] == [
        Decimal("0.01"),
        Decimal("0.02"),
        Decimal("0.02"),
    ]


def test_redistribution_tells_what_is_kept_and_who_is_counted():
    key = [
        FixedAmounts({"0880": 40, "0881": 10, "0882": 0}),
        WeightedStatistic(1, {"0880": 3, "0881": 0, "0882": 0}, label="Folkmängd"),
    ]

    explained = explain_all(
        100, key, ["0880", "0881", "0882"], Rounding.EXACT, among={"0880"}
    )

    assert [each.amount for each in explained.values()] == [90, 10, 0]
    assert explained["0881"].steps[1:4] == (
        FixedStep("", 10, 50, Fraction(10), is_kept=True),
        ToWeighStep(100, 50, 50, among=1),
        StatisticStep(
            label="Folkmängd",
            key="",
            source="",
            date="",
            value=Fraction(0),
            total=Fraction(3),
            share=Fraction(0),
            weight=Fraction(1),
            weight_total=Fraction(1),
            weight_share=Fraction(1),
            to_weigh=50,
            kronor=Fraction(0),
            running=Fraction(10),
            among=1,
            is_counted=False,
        ),
    )
    assert explained["0880"].steps[3].is_counted
