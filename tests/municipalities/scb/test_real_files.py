"""The files as SCB publishes them, compared with the register's own figures."""

import pytest

from municipalities.scb import (
    Problem,
    ProblemCode,
    ScbError,
    Shape,
    SkipReason,
    Subject,
    read,
)


def figures(selection):
    return {(v.code, v.period): v.value for v in selection.values}


@pytest.mark.parametrize(
    ("name", "shape", "periods"),
    [
        ("be0101_tabhel2020.xlsx", Shape.WEB_WORKBOOK, ["2020"]),
        ("BE0101N1_2019_sv_code-and-name-columns.xlsx", Shape.PXWEB_XLSX, ["2019"]),
        (
            "BE0101N1_2020-2024_en_no-footer.xlsx",
            Shape.PXWEB_XLSX,
            ["2020", "2021", "2022", "2023", "2024"],
        ),
        ("BE0101_2017_comma_quoted_latin1_crlf.csv", Shape.PXWEB_TEXT, ["2017"]),
        (
            "bef_k_tot_2008-2018_long_semicolon_utf8.csv",
            Shape.LONG_TEXT,
            [str(year) for year in range(2008, 2019)],
        ),
        (
            "population2018_semicolon_utf8bom_no-leading-zero.csv",
            Shape.TWO_COLUMNS,
            ["2018"],
        ),
        ("BE0101N1_shape_290_2018-2019_latin1.px", Shape.PC_AXIS, ["2018", "2019"]),
        ("BefolkningNy_v1_shape_290_2018-2019.json", Shape.PXWEB_JSON, ["2018", "2019"]),
        ("TAB638_shape_290_2018-2019.jsonstat2.json", Shape.JSON_STAT, ["2018", "2019"]),
        ("pxweb_shape_290_2018-2019_tab_latin1.txt", Shape.PXWEB_TEXT, ["2018", "2019"]),
    ],
)
def test_every_published_file_agrees_with_the_register(
    shared, population, name, shape, periods
):
    source = read(shared(f"scb/{name}"), name)

    selection = source.select({"period": periods})

    codes = {code for code, _ in population}
    assert source.shape is shape
    assert selection.periods == tuple(periods)
    assert len(selection.values) == 290 * len(periods)
    assert figures(selection) == {
        (code, year): population[code, year] for code in codes for year in periods
    }
    assert selection.problems == ()


def test_names_keep_their_letters(shared):
    for name in (
        "BE0101_2017_comma_quoted_latin1_crlf.csv",
        "BE0101N1_shape_290_2018-2019_latin1.px",
        "TAB638_shape_290_2018-2019.jsonstat2.json",
        "pxweb_shape_290_2018-2019_tab_latin1.txt",
        "be0101_tabhel2020.xlsx",
        "kommunlankod_2023.xls",
    ):
        names = read(shared(f"scb/{name}")).names

        assert len(names) == 290
        assert (names["0305"], names["0643"]) == ("Håbo", "Habo")
        assert names["1980"] == "Västerås"


def test_web_workbook_sets_counties_and_nation_aside(shared, population):
    selection = read(shared("scb/be0101_tabhel2020.xlsx")).select()

    assert selection.nation == {"2020": 10379295}
    assert len(selection.counties) == 21
    assert selection.counties["01", "2020"] == 2391990
    assert sum(value.value for value in selection.values) == 10379295
    reasons = [skipped.reason for skipped in selection.skipped]
    assert reasons.count(SkipReason.COUNTY) == 21
    assert reasons.count(SkipReason.NATION) == 1


def test_web_workbook_offers_its_sheets_as_sexes(shared):
    source = read(shared("scb/be0101_tabhel2020.xlsx"))
    sex = next(d for d in source.dimensions if d.key == "sex")

    men = source.select({"sex": "Män"})
    both = source.select({"sex": "__sum__"})

    assert (sex.default, sex.can_sum) == ("Totalt", True)
    assert figures(men)["0127", "2020"] == 48601
    assert men.values[0].sheet == "Män"
    assert men.values[0].written == "127"
    assert figures(both) == figures(source.select())
    assert both.nation == {"2020": 10379295}


def test_web_workbook_offers_its_other_columns(shared):
    source = read(shared("scb/be0101_tabhel2020.xlsx"))
    content = next(d for d in source.dimensions if d.key == "content")

    dead = source.select({"content": "Döda"})
    within = source.select({"content": "Inflyttade därav från Egna länet"})

    assert content.default == "Folkmängd"
    assert len(content.options) == 18
    assert figures(dead)["0127", "2020"] == 645
    assert figures(within)["0127", "2020"] == 6444
    assert within.nation == {}
    assert within.problems == ()


def test_web_workbook_says_what_it_left_out(shared):
    source = read(shared("scb/be0101_tabhel2020.xlsx"))

    notes = [s for s in source.skipped if s.reason is SkipReason.FOOTNOTE]

    assert [(s.sheet, s.row) for s in notes[:3]] == [
        ("Totalt", 323),
        ("Totalt", 324),
        ("Totalt", 325),
    ]
    assert notes[0].text.startswith("1) Händelser")


def test_pxweb_footer_states_source_and_date(shared):
    source = read(shared("scb/BE0101N1_2019_sv_code-and-name-columns.xlsx"))

    assert source.title == "Folkmängd efter region och år"
    assert source.source_text == "SCB"
    assert source.updated == "20200220 09:30"
    assert source.subject is Subject.POPULATION


def test_the_38_year_olds_are_not_the_population(shared):
    source = read(shared("scb/BE0101A1det.px"))

    selection = source.select({"period": "2005"})

    assert source.subject is Subject.OTHER
    assert [p.code for p in selection.problems] == [ProblemCode.OTHER_SUBJECT]
    assert selection.problems[0].detail == {"dimension": "age", "options": ("38",)}
    assert selection.errors == ()
    assert len(selection.values) == 290
    assert selection.nation == {"2005": 133818}
    assert sum(v.value for v in selection.values) == 133818


def test_land_use_is_another_subject(shared):
    source = read(shared("scb/TAB005_landuse_290_kommuner_bilingual.px"))

    assert source.subject is Subject.OTHER
    assert [d.key for d in source.dimensions] == ["period", "LANDUSECLASS"]
    assert len(source.select().values) == 290


def test_a_table_by_county_has_no_municipalities(shared):
    with pytest.raises(ScbError) as caught:
        read(shared("scb/BE0101N1.px"))

    detail = {"level": "county", "count": 21}
    assert caught.value.problems == (
        Problem(ProblemCode.NO_REGIONS, text="region", detail=detail),
    )


def test_a_file_without_its_figures_is_broken(shared):
    with pytest.raises(ScbError) as caught:
        read(shared("scb/BE0101F1missingData.px"))

    problem = caught.value.problems[0]
    assert (problem.code, problem.text) == (ProblemCode.BROKEN_FILE, "DATA")
    assert problem.row


@pytest.mark.parametrize("name", ["scb/kommunlankod_2023.xls", "kommuner_290.csv"])
def test_a_code_list_has_names_but_no_figures(shared, name):
    source = read(shared(name))

    selection = source.select()

    assert (source.shape, source.subject) == (Shape.CODE_LIST, Subject.CODE_LIST)
    assert len(source.names) == 290
    assert [problem.code for problem in selection.errors] == [ProblemCode.NO_VALUES]


def test_76_years_wide_are_76_periods(shared, population):
    source = read(shared("population_31dec_1950-2025_290.csv"))
    periods = [option.key for option in source.dimensions[0].options]

    selection = source.select({"period": periods})

    assert len(selection.values) == 22_040
    assert figures(selection) == population
    assert source.dimensions[0].default == ("2025",)
