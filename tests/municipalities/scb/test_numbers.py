from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from municipalities.scb import period, period_date
from municipalities.scb.numbers import AmbiguousNumberError, NumberError, number
from municipalities.scb.regions import region

SPACES = " \u00a0\u2009\u202f"


def in_thousands(value: int, space: str) -> str:
    return f"{value:,}".replace(",", space)


@given(st.integers(-(10**12), 10**12), st.sampled_from(SPACES))
def test_thousands_may_be_set_apart_by_any_space(value, space):
    assert number(in_thousands(value, space)) == value


@given(
    st.integers(0, 10**9),
    st.integers(0, 99),
    st.sampled_from(",."),
    st.sampled_from(SPACES),
)
def test_decimals_are_exact(whole, hundredths, sign, space):
    text = f"{in_thousands(whole, space)}{sign}{hundredths:02}"

    assert number(text) == whole + Fraction(hundredths, 100)


@given(st.integers(-(10**12), 10**12))
def test_a_spreadsheet_number_is_whole_again(value):
    assert number(float(value)) == value
    assert isinstance(number(float(value)), int)


@given(st.decimals(-1_000_000, 1_000_000, places=4, allow_nan=False))
def test_a_spreadsheet_decimal_is_what_was_written(value):
    assert number(float(value)) == Fraction(value)


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_refused(text):
    try:
        answer = number(text)
    except NumberError:
        return
    assert answer is None or isinstance(answer, int | Fraction)


@given(
    st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.none())
)
def test_any_cell_is_a_region_or_not(cell):
    found = region(cell)

    assert found is None or (found.code.isdigit() and len(found.code) in {2, 4})


@pytest.mark.parametrize("mark", ["", " ", ".", "..", "...", "-", "–", None])
def test_marks_for_no_figure_are_no_number(mark):
    assert number(mark) is None


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("1 234 567", 1234567),
        ("71,5", Fraction(143, 2)),
        ("71.50", Fraction(143, 2)),
        ("−145", -145),
        ("-1 000", -1000),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("0,125", Fraction(1, 8)),
        ("1234,567", Fraction(1234567, 1000)),
        ("1'234", 1234),
        ("46786.0", 46786),
        ("1e3", 1000),
        (0.1, Fraction(1, 10)),
        (71.5, Fraction(143, 2)),
    ],
)
def test_a_number_is_read_as_meant(cell, answer):
    assert number(cell) == answer


@pytest.mark.parametrize(
    "cell",
    [
        "abc",
        "12 34",
        "1 23",
        "1,2,3",
        "12a",
        "1e999999999",
        "9" * 50,
        "٣٤",
        "²",
        "#REF!",
        "NaN",
        float("inf"),
        float("nan"),
        1e300,
        True,
        "1-2",
        "+-1",
        "1 234 56",
    ],
)
def test_what_is_no_number_is_refused(cell):
    with pytest.raises(NumberError):
        number(cell)


@pytest.mark.parametrize("cell", ["1,234", "34.090", "-12,500"])
def test_a_number_with_two_meanings_is_refused(cell):
    with pytest.raises(AmbiguousNumberError):
        number(cell)


def test_a_point_may_be_known_to_be_decimal():
    assert number("12.345", decimal_point=True) == Fraction(2469, 200)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019", date(2019, 12, 31)),
        ("2025M12", date(2025, 12, 31)),
        ("2024M02", date(2024, 2, 29)),
        ("2025K2", date(2025, 6, 30)),
        ("1 november 2018", date(2018, 11, 1)),
        ("2018-11-01", date(2018, 11, 1)),
        ("31 december 2020", date(2020, 12, 31)),
        ("", None),
        ("2025M13", None),
        ("31 november 2018", None),
        ("Folkmängd", None),
    ],
)
def test_a_period_has_its_day(text, day):
    assert period_date(text) == day


@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)))
def test_any_day_is_a_period_with_that_day(day):
    assert period_date(period(day)) == day
    assert period_date(day.isoformat()) == day


@pytest.mark.parametrize(
    ("cell", "level", "code"),
    [
        ("0127", "municipality", "0127"),
        ("127", "municipality", "0127"),
        (127.0, "municipality", "0127"),
        (2480, "municipality", "2480"),
        ("0127 Botkyrka", "municipality", "0127"),
        ("0127\u00a0Botkyrka", "municipality", "0127"),
        ("SE0127", "municipality", "0127"),
        ("01 Stockholms län", "county", "01"),
        (1.0, "county", "01"),
        ("00 Riket", "nation", "00"),
        ("Hela riket", "nation", "00"),
        ("Riket     ", "nation", "00"),
    ],
)
def test_a_region_is_known_by_its_code(cell, level, code):
    found = region(cell)

    assert (found.level, found.code) == (level, code)


@pytest.mark.parametrize(
    "cell",
    ["Botkyrka", "01270", "127.5", 127.5, "SE110", "1) Händelser", "2019-2020", "0127 12"],
)
def test_what_is_no_code_is_no_region(cell):
    assert region(cell) is None
