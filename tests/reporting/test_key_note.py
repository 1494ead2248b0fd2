"""The footnote of annex 1, for every part that a key may have."""

from datetime import date
from decimal import Decimal

import pytest

from grants import distribution as distributions
from grants.distribution import Part, Plan
from municipalities.models import Municipality
from reporting.key_note import key_note
from tests.factories import make_draft, make_statistic

pytestmark = pytest.mark.django_db

SOLNA, STOCKHOLM = "0184", "0180"


@pytest.fixture
def noted(storsthlm, handler):
    """Return a function that tells the note of a key with the parts given."""
    draft = make_draft(storsthlm, amount=1_000_000, by=handler)
    everyone = storsthlm.county.municipalities.by_code()

    def note(*parts, participants=everyone):
        plan = Plan(1_000_000, 0, "exact", parts, participants)
        distributions.save(draft, plan, by=handler)
        told = key_note(draft)
        return f"{told.rule} {told.sources}".strip().replace("\N{NO-BREAK SPACE}", " ")

    return note


@pytest.fixture
def population(storsthlm):
    return make_statistic(storsthlm, on=date(2019, 12, 31))


def by(statistic, weight=100):
    return Part("statistic", weight=Decimal(weight), statistic=statistic)


def test_one_statistic(noted, population):
    assert noted(by(population)) == (
        "Medlen fördelas efter kommunernas andel av befolkningen i länet den "
        "31 december 2019. Befolkningsunderlaget är hämtat från SCB:s statistikdatabas."
    )


def test_top_slice_and_base_come_before_the_rest(noted, population):
    note = noted(
        Part("top_slice", percent=Decimal(4)), Part("base", amount=1_000), by(population)
    )

    assert note == (
        "Av 1 000 000 kr avsätts först 4 procent (40 000 kr) till länsgemensamt arbete. "
        "Varje kommun får ett grundbelopp på 1 000 kr. "
        "Resten fördelas efter kommunernas andel av befolkningen i länet den "
        "31 december 2019. Befolkningsunderlaget är hämtat från SCB:s statistikdatabas."
    )


def test_fixed_amounts_are_named(noted, population):
    note = noted(Part("fixed", fixed={SOLNA: 5_000}), by(population))

    assert note.startswith("Fasta belopp: Solna 5 000 kr. Resten fördelas efter ")


def test_weights_are_told_in_percent_and_none_for_what_weighs_nothing(
    noted, storsthlm, population
):
    students = make_statistic(
        storsthlm,
        kind="other",
        name="Antal elever",
        on=date(2018, 12, 31),
        is_whole_year=True,
        source="Skolverket",
    )
    ignored = make_statistic(storsthlm, kind="other", name="Annat", source="Ingen")

    assert noted(by(population, 2), by(students, 1), by(ignored, 0)) == (
        "66,67 procent av medlen fördelas efter kommunernas andel av befolkningen i länet "
        "den 31 december 2019 och 33,33 procent fördelas efter kommunernas andel i länet "
        "av ”Antal elever” under 2018. Befolkningsunderlaget är hämtat från SCB:s "
        "statistikdatabas. Uppgifterna om ”Antal elever” är hämtade från Skolverket."
    )


def test_some_of_the_county(noted, population):
    some = Municipality.objects.filter(code__in=[SOLNA, STOCKHOLM]).by_code()

    assert "befolkningen i de 2 kommuner som får del av medlen den" in noted(
        by(population), participants=some
    )
