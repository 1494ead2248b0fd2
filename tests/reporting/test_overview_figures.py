"""Sums of two years, in which parts are never counted, and amounts in a unit."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from municipalities.numbers import NBSP
from reporting.overview_figures import (
    Figures,
    Unit,
    change_in_unit,
    decimals_of,
    in_unit,
    total,
)


@dataclass
class Row:
    figures: Figures
    parts: list["Row"] = field(default_factory=list)


amounts = st.none() | st.integers(0, 10**12)
figures = st.builds(Figures, amounts, amounts)
# A part has no parts of its own.
rows = st.builds(Row, figures, st.lists(st.builds(Row, figures), max_size=4))


@given(st.lists(rows))
def test_parts_are_never_counted(found):
    whole = [row.figures for row in found]

    summed = total(found)

    assert (summed.before or 0, summed.now or 0) == (
        sum(each.before or 0 for each in whole),
        sum(each.now or 0 for each in whole),
    )
    assert summed == total([Row(row.figures) for row in found])


@given(st.lists(st.lists(rows), max_size=5))
def test_the_sums_of_groups_sum_to_the_sum_of_all(groups):
    apart = [total(group) for group in groups]
    together = total([row for group in groups for row in group])

    assert (together.before or 0, together.now or 0) == (
        sum(each.before or 0 for each in apart),
        sum(each.now or 0 for each in apart),
    )


@given(st.lists(rows))
def test_the_changes_sum_to_the_change_of_the_sums(found):
    changes = sum(row.figures.change or 0 for row in found)

    assert (total(found).change or 0) == changes


def test_a_sum_of_nothing_is_nothing_and_of_zero_is_zero():
    assert total([Row(Figures(None, None))]) == Figures(None, None)
    assert total([Row(Figures(None, 0))]) == Figures(None, 0)
    assert total([]) == Figures(None, None)


@pytest.mark.parametrize(
    ("amount", "unit", "decimals", "text"),
    [
        (154_900_000, Unit.MKR, 1, "154,9"),
        (71_862_709, Unit.MKR, 2, "71,86"),
        (71_865_000, Unit.MKR, 2, "71,87"),
        (71_862_709, Unit.TKR, 0, f"71{NBSP}863"),
        (71_862_709, Unit.KR, 0, f"71{NBSP}862{NBSP}709"),
        (0, Unit.MKR, 2, "0,00"),
        (None, Unit.MKR, 2, "–"),
        (999_999_999_999, Unit.MKR, 1, f"1{NBSP}000{NBSP}000,0"),
    ],
)
def test_an_amount_is_written_in_its_unit(amount, unit, decimals, text):
    assert in_unit(amount, unit, decimals) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (19_730_000, "+19,73"),
        (-41_200_000, "−41,20"),
        (0, "0,00"),
        (-1, "0,00"),
        (None, "–"),
    ],
)
def test_a_change_has_its_sign(amount, text):
    assert change_in_unit(amount, Unit.MKR, 2) == text


@pytest.mark.parametrize(
    ("column", "unit", "decimals"),
    [
        ([41_200_000, 16_000_000], Unit.MKR, 1),
        ([700_000, 210_000], Unit.MKR, 2),
        ([71_862_709], Unit.MKR, 2),
        ([None], Unit.MKR, 1),
        ([], Unit.MKR, 1),
        ([71_862_709], Unit.TKR, 0),
        ([1], Unit.KR, 0),
    ],
)
def test_a_column_has_the_decimals_that_its_figures_need(column, unit, decimals):
    assert decimals_of(column, unit) == decimals
