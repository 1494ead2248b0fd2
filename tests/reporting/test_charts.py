"""Bars of a part against a whole, and how a template draws them."""

import re

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from reporting.charts import Bar, Year, by_amount, by_share, over_years


def drawn(chart, **facts):
    """Return the chart as it stands on the page."""
    facts = {
        "title": "Använt per syfte",
        "whole_label": "Utbetalat",
        "part_label": "Använt",
        "none_label": "ej redovisat",
    } | facts
    return render_to_string("reporting/_chart_bars.html", {"chart": chart} | facts)


def widths(chart):
    return [(bar.whole_width, bar.part_width) for bar in chart.bars]


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ([("a", 200, 50), ("b", 100, 100)], [("100", "25"), ("50", "50")]),
        ([("a", 100, 200)], [("50", "100")]),
        ([("a", 100, None), ("b", 100, 0)], [("100", "0"), ("100", "0")]),
        ([("a", None, 30)], [("0", "100")]),
        ([("a", 100, -30)], [("100", "0")]),
        ([("a", 10**12, 1)], [("100", "0")]),
        ([("a", 0, 0), ("b", None, None)], [("0", "0"), ("0", "0")]),
        ([], []),
    ],
)
def test_amounts_share_a_scale(figures, expected):
    assert widths(by_amount(figures)) == expected


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ([("a", 200, 50), ("b", 2, 2)], [("100", "25"), ("100", "100")]),
        ([("a", 100, 125)], [("80", "100")]),
        ([("a", 100, 900)], [("66.7", "100")]),
        ([("a", 100, None), ("b", 0, 5)], [("100", "0"), ("0", "0")]),
    ],
)
def test_shares_have_wholes_of_one_length(figures, expected):
    assert widths(by_share(figures)) == expected


def test_nothing_is_not_the_same_as_no_answer():
    text = drawn(by_amount([("Noll", 10, 0), ("Tyst", 10, None), ("Över", 10, 20)]))

    zero, silent, over = re.findall(r"<li.*?</li>", text, re.DOTALL)
    assert "chart__part" in zero
    assert "0\N{NO-BREAK SPACE}kr" in zero
    assert "chart__part" not in silent
    assert "ej redovisat" in silent
    assert "chart__part--over" in over
    assert text.count("<script") == text.count("style=") == 0


def test_what_is_drawn_is_for_the_eyes_and_says_what_is_what():
    chart = by_share([("<b>Ale</b>", 3, 2)])
    text = drawn(chart, is_share=True)

    assert '<ul aria-hidden="true">' in text
    assert "<strong>Använt per syfte</strong>" in text
    assert "&lt;b&gt;Ale&lt;/b&gt;" in text
    assert "67 %" in text
    assert "Utbetalat" not in drawn(by_amount([("Ale", None, 2)]))


def test_a_chart_of_nothing_is_not_drawn():
    assert not by_amount([])
    assert not by_amount([("a", 0, None)])
    assert by_amount([("a", 1, None)])
    years = [Year("2019", 1, 100, None), Year("2020", 2, 50, 25)]
    assert widths(over_years(years)) == [("100", "0"), ("50", "25")]


AMOUNTS = st.one_of(st.none(), st.integers(-5, 10**12))
FIGURES = st.lists(st.tuples(st.just("a"), AMOUNTS, AMOUNTS))


@given(FIGURES)
def test_no_bar_leaves_the_chart(figures):
    for chart in (by_amount(figures), by_share(figures)):
        assert len(chart.bars) == len(figures)
        for pair in widths(chart):
            assert all(re.fullmatch(r"100|\d\d?(\.\d)?", each) for each in pair)


@given(st.integers(1, 10**12), st.integers(0, 10**13))
def test_shares_are_whole_only_when_they_are(whole, part):
    share = Bar("", whole, part).share

    assert abs(share - 100 * part / whole) <= 1
    assert (share == 100) == (part == whole)
    assert (share == 0) == (part == 0)
    assert (share > 100) == (part > whole)
