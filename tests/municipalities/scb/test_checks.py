from fractions import Fraction

import pytest

from municipalities.scb import FindingCode, MunicipalityNames, Value, check

NAMES = {
    "0305": MunicipalityNames("0305", "Håbo", "Håbo kommun", "Håbo kommun", "03"),
    "0380": MunicipalityNames("0380", "Uppsala", "Uppsala kommun", "", "03"),
    "0643": MunicipalityNames("0643", "Habo", "Habo kommun", "Habo kommun", "06"),
    "0180": MunicipalityNames("0180", "Stockholm", "Stockholms kommun", "Stockholms stad"),
    "2080": MunicipalityNames("2080", "Falun", "Falu kommun", "Falu kommun", "20"),
    "2081": MunicipalityNames("2081", "Borlänge", "Borlänge kommun", "Borlänge kommun"),
}
FIGURES = {
    "0305": ("Håbo", 21934),
    "0380": ("Uppsala", 230767),
    "0643": ("Habo", 12433),
    "0180": ("Stockholm", 974073),
    "2080": ("Falun", 59406),
    "2081": ("Borlänge", 52590),
}
BEFORE = {
    "0305": 21564,
    "0380": 225164,
    "0643": 12140,
    "0180": 962154,
    "2080": 58923,
    "2081": 52224,
}


def make_values(**changes):
    """Return Sweden in little, with changes by code: a value, a name, or both."""
    rows = {**FIGURES, **{code[1:]: change for code, change in changes.items()}}
    return [
        Value(code, name, "2019", value, "", row, "C", code)
        for row, (code, (name, value)) in enumerate(rows.items(), 2)
    ]


def findings(values, *, previous=BEFORE, counties=None, period="2019"):
    return check(
        values,
        municipalities=NAMES,
        previous=previous,
        counties=counties or {},
        period=period,
    )


def codes(found):
    return [(one.code, one.severity, one.municipality_code) for one in found]


def test_good_figures_have_no_findings():
    counties = {("03", "2019"): 21934 + 230767, ("20", "2019"): 59406 + 52590}

    assert findings(make_values(), counties=counties) == ()


def test_a_municipality_without_a_value_is_missing():
    values = [value for value in make_values() if value.code != "0643"]

    found = findings(values)

    assert codes(found) == [(FindingCode.MISSING, "error", "0643")]
    assert found[0].text == "Habo"


@pytest.mark.parametrize(("second", "severity"), [(12433, "warning"), (12434, "error")])
def test_a_code_twice_is_doubled(second, severity):
    again = Value("0643", "Habo", "2019", second, "", 99, "C", "0643")

    found = findings([*make_values(), again])

    assert codes(found) == [(FindingCode.DOUBLED, severity, "0643")]
    assert found[0].detail == {
        "values": (12433, second),
        "rows": (4, 99),
        "sheets": ("", ""),
    }


def test_a_code_that_nobody_has_is_unknown():
    found = findings([*make_values(), Value("0399", "Nyby", "2019", 7, "", 9, "C", "0399")])

    assert codes(found) == [(FindingCode.UNKNOWN_CODE, "error", "0399")]


def test_a_code_without_its_zero_is_put_right():
    values = make_values()
    values[2] = values[2]._replace(written="643")

    found = findings(values)

    assert codes(found) == [(FindingCode.CODE_WITHOUT_ZERO, "info", "0643")]
    assert found[0].text == "643"


@pytest.mark.parametrize(
    "name", ["Falun", "Falu kommun", "FALUN", " falun ", "Falun 1)", "Falun*"]
)
def test_every_name_of_a_municipality_agrees(name):
    assert findings(make_values(_2080=(name, 59406))) == ()


@pytest.mark.parametrize(
    ("name", "other"), [("Borlänge", "2081"), ("Fagersta", ""), ("Falköping", "")]
)
def test_name_and_code_that_disagree_are_told(name, other):
    found = findings(make_values(_2080=(name, 59406)))

    assert codes(found) == [(FindingCode.NAME_DISAGREES, "warning", "2080")]
    assert (found[0].text, found[0].detail["expected"]) == (name, "Falun")
    assert found[0].detail["other_code"] == other


def test_habo_is_not_haabo_where_letters_are_kept():
    found = findings(make_values(_0305=("Habo", 21934)))

    assert codes(found) == [(FindingCode.NAME_DISAGREES, "warning", "0305")]
    assert found[0].detail["other_code"] == "0643"


def test_habo_may_be_habo_where_every_dot_is_lost():
    changes = {"_0305": ("Habo", 21934), "_2081": ("Borlange", 52590)}

    assert findings(make_values(**changes)) == ()


def test_a_name_with_holes_agrees_where_only_letters_with_dots_are_gone():
    assert findings(make_values(_2081=("Borl?nge", 52590))) == ()
    assert len(findings(make_values(_2081=("B?rlänge", 52590)))) == 1


def test_a_file_without_names_is_not_asked_for_them():
    values = [value._replace(name="") for value in make_values()]

    assert findings(values) == ()


@pytest.mark.parametrize("value", [64816, 53030])
def test_a_change_above_ten_percent_is_told(value):
    found = findings(make_values(_2080=("Falun", value)))

    assert codes(found) == [(FindingCode.CHANGED_MUCH, "warning", "2080")]
    assert found[0].detail == {
        "previous": 58923,
        "value": value,
        "change": Fraction(value - 58923, 58923),
    }


@pytest.mark.parametrize("value", [1100, 900])
def test_a_change_of_exactly_ten_percent_is_not_told(value):
    found = findings(make_values(_2080=("Falun", value)), previous={"2080": 1000})

    assert found == ()


def test_two_neighbours_swapped_are_told_together():
    found = findings(make_values(_2080=("Falun", 52590), _2081=("Borlänge", 59406)))

    swaps = [one for one in found if one.code is FindingCode.SWAPPED]
    assert [(one.municipality_code, one.detail) for one in swaps] == [
        (
            "2080",
            {
                "other_code": "2081",
                "other_name": "Borlänge",
                "value": 52590,
                "other_value": 59406,
                "previous": 58923,
                "other_previous": 52224,
            },
        )
    ]


def test_growth_of_two_neighbours_is_not_a_swap():
    found = findings(make_values(_2080=("Falun", 66000), _2081=("Borlänge", 59000)))

    assert {one.code for one in found} == {FindingCode.CHANGED_MUCH}


def test_a_county_that_is_not_its_sum_is_told():
    found = findings(make_values(), counties={("20", "2019"): 111_000})

    assert [(one.code, one.severity, one.text, one.detail) for one in found] == [
        (
            FindingCode.COUNTY_SUM,
            "warning",
            "20",
            {"county_code": "20", "sum": 111996, "own_row": 111000, "difference": 996},
        )
    ]


@pytest.mark.parametrize("period", ["2025", "2025M12", "2026"])
def test_from_2025_counties_need_not_be_sums(period):
    values = [value._replace(period=period) for value in make_values()]

    assert findings(values, counties={("20", period): 111_000}, period=period) == ()


def test_below_zero_is_an_error_and_zero_a_warning():
    found = findings(make_values(_2080=("Falun", -1), _2081=("Borlänge", 0)), previous=None)

    assert codes(found) == [
        (FindingCode.NEGATIVE, "error", "2080"),
        (FindingCode.ZERO, "warning", "2081"),
    ]


def test_other_periods_are_not_looked_at():
    values = [*make_values(), Value("0399", "Nyby", "2018", 7, "", 9, "C", "0399")]

    assert findings(values) == ()


def test_without_a_previous_statistic_nothing_has_changed():
    assert findings(make_values(_2080=("Falun", 1)), previous=None) == ()
