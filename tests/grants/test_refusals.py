"""Refusals in words: every code has a sentence, and it names what it is about."""

import ast
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.utils import translation

from grants import distribution
from grants.allocation import REASONS, AllocationError
from grants.distribution import Refused
from grants.refusals import SENTENCES, listed, sentence
from municipalities.models import Municipality, Statistic
from tests.factories import make_statistic

NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def refused_codes():
    """Return the codes that the verbs raise, read from their source."""
    tree = ast.parse(Path(distribution.__file__).read_text())
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused"
    }


def test_every_code_has_a_sentence():
    assert set(SENTENCES) == set(REASONS) | refused_codes()


ERRORS = [
    (
        Refused("changed_by_another", by="Anna Ek"),
        "Anna Ek has changed the draft since you opened it. Nothing was saved.",
    ),
    (
        Refused("statistic_lacking", names=["population", "Elever i grundskolan"]),
        (
            "The key needs statistics that are not registered yet: "
            "population and Elever i grundskolan."
        ),
    ),
    (Refused("same_person"), "You changed the draft last. Ask a colleague to decide it."),
    (
        AllocationError("too_much", needed=5_200_000, available=5_000_000),
        (
            "The top slice, the base and the fixed amounts come to "
            f"5{NBSP}200{NBSP}000{NBSP}kr, but there is only 5{NBSP}000{NBSP}000{NBSP}kr "
            "to distribute."
        ),
    ),
    (
        AllocationError("percent_out_of_range", label="", percent=Fraction(2085, 20)),
        "The top slices are 104,25 % together. They must be from 0 to 100 %.",
    ),
    (
        AllocationError(
            "negative_weight", label="Folkmängd", key="", weight=Decimal("-0.5")
        ),
        "Folkmängd: the weight \N{MINUS SIGN}0,5 is below zero.",
    ),
    (
        AllocationError("not_all_distributed", left=7),
        f"7{NBSP}kr has no receiver. Add a statistic that splits what remains.",
    ),
]


@pytest.mark.parametrize(
    ("error", "words"), ERRORS, ids=lambda each: getattr(each, "code", "")
)
def test_sentence_has_the_numbers_and_names(error, words):
    assert sentence(error) == words


@pytest.mark.django_db
def test_sentence_names_municipalities_and_the_statistic(storsthlm):
    statistic = make_statistic(storsthlm)
    key = str(statistic.pk)
    error = AllocationError("missing_value", label="x", key=key, codes=["0127", "0162"])

    words = sentence(
        error,
        municipalities=Municipality.objects.by_code(),
        statistics={str(each.pk): each for each in Statistic.objects.all()},
    )

    assert words == f"{statistic} has no value for Botkyrka and Danderyd."


def test_unknown_municipality_is_shown_by_its_code():
    assert "0127" in sentence(Refused("below_zero", codes=["0127"]))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["Solna"], "Solna"),
        (["Solna", "Täby"], "Solna and Täby"),
        (list("abcde"), "a, b, c, d and e"),
        (list("abcdefg"), "a, b, c, d and 3 more"),
    ],
)
def test_listed_names_at_most_five(names, words):
    assert listed(names) == words


def test_sentences_are_translated():
    with translation.override("sv"):
        swedish = sentence(Refused("same_person"))

    assert swedish != sentence(Refused("same_person"))
