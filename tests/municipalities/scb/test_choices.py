"""Several years, sexes, ages and sheets: what is chosen beforehand, and otherwise."""

from io import BytesIO

import pytest
import xlsxwriter

from municipalities.scb import (
    Option,
    Problem,
    ProblemCode,
    ScbError,
    SkipReason,
    Subject,
    read,
)

SEXES = """region;kön;2018;2019
0127 Botkyrka;män;47555;48317
0127 Botkyrka;kvinnor;45551;46289
0162 Danderyd;män;16301;16161
0162 Danderyd;kvinnor;16886;16696
"""
WITH_TOTAL = """region;kön;2019
0127 Botkyrka;män;48317
0127 Botkyrka;kvinnor;46289
0127 Botkyrka;totalt;94606
"""
AGES = """region;ålder;kön;år;Folkmängd
0127 Botkyrka;0-64 år;män;2019;41000
0127 Botkyrka;0-64 år;kvinnor;2019;38500
0127 Botkyrka;65+ år;män;2019;7317
0127 Botkyrka;65+ år;kvinnor;2019;7789
"""


def figures(selection):
    return {(v.code, v.period): v.value for v in selection.values}


def dimension(source, key):
    return next(one for one in source.dimensions if one.key == key)


def workbook(*rows):
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Blad1")
        for n, row in enumerate(rows):
            sheet.write_row(n, 0, row)
    return buffer.getvalue()


def test_sexes_are_added_where_there_is_no_total():
    source = read(SEXES.encode())

    sex = dimension(source, "sex")
    assert (sex.default, sex.can_sum) == ("__sum__", True)
    assert sex.options == (
        Option("män", "män"),
        Option("kvinnor", "kvinnor"),
        Option("__sum__", "__sum__"),
    )
    assert figures(source.select()) == {("0127", "2019"): 94606, ("0162", "2019"): 32857}


def test_one_sex_can_be_chosen():
    selection = read(SEXES.encode()).select({"sex": "kvinnor", "period": ["2018", "2019"]})

    assert figures(selection) == {
        ("0127", "2018"): 45551,
        ("0127", "2019"): 46289,
        ("0162", "2018"): 16886,
        ("0162", "2019"): 16696,
    }


def test_a_total_is_never_added_to_its_parts():
    source = read(WITH_TOTAL.encode())

    assert dimension(source, "sex").default == "totalt"
    assert figures(source.select()) == {("0127", "2019"): 94606}
    assert figures(source.select({"sex": "__sum__"})) == {("0127", "2019"): 94606}
    with pytest.raises(ScbError) as caught:
        source.select({"sex": ["totalt", "män"]})
    assert [p.code for p in caught.value.problems] == [ProblemCode.DOUBLE_COUNT]


def test_ages_and_sexes_are_added_together():
    source = read(AGES.encode())

    assert source.subject is Subject.POPULATION
    assert figures(source.select()) == {("0127", "2019"): 94606}
    assert figures(source.select({"age": "65+ år"})) == {("0127", "2019"): 15106}
    assert figures(source.select({"age": "65+ år", "sex": "män"})) == {
        ("0127", "2019"): 7317
    }


def test_some_ages_can_be_added():
    rows = [["region", "ålder", "2019"], ["0127", "0-64 år", 79500]]
    rows += [["0127", "65-79 år", 11000], ["0127", "80+ år", 4106]]

    source = read(workbook(*rows))

    selection = source.select({"age": ["65-79 år", "80+ år"]})
    assert figures(selection) == {("0127", "2019"): 15106}
    assert figures(source.select()) == {("0127", "2019"): 94606}


def test_ages_that_overlap_are_not_added():
    rows = [["region", "ålder", "2019"], ["0127", "0-64 år", 79500]]
    rows += [["0127", "60-69 år", 11000], ["0127", "65+ år", 15106]]

    source = read(workbook(*rows))

    assert dimension(source, "age").can_sum is False
    with pytest.raises(ScbError) as caught:
        source.select({"age": ["60-69 år", "65+ år"]})
    assert caught.value.problems[0].code is ProblemCode.DOUBLE_COUNT


def test_a_group_that_holds_all_ages_is_the_total():
    rows = [["region", "ålder", "2019"], ["0127", "0-64 år", 79500]]
    rows += [["0127", "65+ år", 15106], ["0127", "0+ år", 94606]]

    source = read(workbook(*rows))

    assert dimension(source, "age").default == "0+ år"
    assert figures(source.select()) == {("0127", "2019"): 94606}


def test_some_ages_only_are_not_the_population():
    source = read(b"region;\xc3\xa5lder;2019\n0127;65+ \xc3\xa5r;15106\n")

    assert source.subject is Subject.OTHER
    assert source.select().problems[0].detail == {
        "dimension": "age",
        "options": ("65+ år",),
    }


def test_a_missing_part_leaves_no_sum():
    content = SEXES.replace("kvinnor;45551;46289", "kvinnor;45551;..").encode()

    selection = read(content).select()

    assert figures(selection) == {("0162", "2019"): 32857}
    assert [(s.reason, s.text) for s in selection.skipped] == [
        (SkipReason.MISSING_VALUE, "0127 Botkyrka ..")
    ]


def test_a_part_that_is_nil_adds_nothing():
    content = SEXES.replace("kvinnor;45551;46289", "kvinnor;45551;-").encode()

    assert figures(read(content).select())["0127", "2019"] == 48317


def test_a_part_that_is_not_there_is_told():
    content = SEXES.replace("0162 Danderyd;kvinnor;16886;16696\n", "").encode()

    selection = read(content).select()

    problem = selection.problems[0]
    assert (problem.code, problem.text, problem.is_error) == (
        ProblemCode.INCOMPLETE_SUM,
        "0162",
        False,
    )


def test_a_row_twice_is_two_values_and_no_larger_sum():
    content = (SEXES + "0162 Danderyd;män;16301;16161\n").encode()

    selection = read(content).select()

    values = [(v.code, v.value) for v in selection.values]
    assert values == [("0127", 94606), ("0162", 32857), ("0162", 16161)]


def test_pxweb_sheets_leave_a_repeated_region_blank():
    rows = [
        ["Folkmängd efter region, kön och år"],
        [],
        ["", "", "", "2018", "2019"],
        ["0127", "Botkyrka", "män", 47555, 48317],
        ["", "", "kvinnor", 45551, 46289],
        ["0162", "Danderyd", "män", 16301, 16161],
        ["", "", "kvinnor", 16886, 16696],
    ]

    source = read(workbook(*rows))

    assert figures(source.select()) == {("0127", "2019"): 94606, ("0162", "2019"): 32857}
    assert source.names == {"0127": "Botkyrka", "0162": "Danderyd"}


def test_two_header_rows_are_two_choices():
    rows = [
        ["Folkmängd efter region, år och kön"],
        [],
        ["", "", "2018", "", "2019", ""],
        ["", "", "män", "kvinnor", "män", "kvinnor"],
        ["0127", "Botkyrka", 47555, 45551, 48317, 46289],
    ]

    source = read(workbook(*rows))

    assert [d.key for d in source.dimensions] == ["period", "sex"]
    assert figures(source.select({"period": ["2018", "2019"]})) == {
        ("0127", "2018"): 93106,
        ("0127", "2019"): 94606,
    }


def test_one_header_row_can_hold_two_choices():
    content = "region;män 2018;kvinnor 2018;män 2019;kvinnor 2019\n"
    content += "0127 Botkyrka;47555;45551;48317;46289\n"

    source = read(content.encode())

    assert figures(source.select({"period": "2018"})) == {("0127", "2018"): 93106}


def test_sheets_that_are_nothing_else_are_a_choice():
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for name, value in (("Läs mig", None), ("Tabell 1", 94606), ("Tabell 2", 645)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["kod", "namn", "2019"] if value else ["Om tabellen"])
            if value:
                sheet.write_row(1, 0, ["0127", "Botkyrka", value])

    source = read(buffer.getvalue())

    assert dimension(source, "sheet").default == "Tabell 1"
    assert figures(source.select({"sheet": "Tabell 2"})) == {("0127", "2019"): 645}
    assert source.skipped[0][::2] == (
        SkipReason.SHEET_WITHOUT_REGIONS,
        "Läs mig",
    )


def test_hidden_sheets_are_left_alone():
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for name in ("Blad1", "Gömt"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["kod", "2019"])
            sheet.write_row(1, 0, ["0127", 94606])
        sheet.hide()

    source = read(buffer.getvalue())

    assert figures(source.select()) == {("0127", "2019"): 94606}
    assert source.skipped[0] == (SkipReason.HIDDEN_SHEET, "", "Gömt", None)


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ({"sex": "annat"}, {"text": "annat", "detail": {"dimension": "sex"}}),
        ({"period": "1899"}, {"text": "1899", "detail": {"dimension": "period"}}),
        ({"colour": "red"}, {"text": "colour"}),
    ],
)
def test_a_choice_that_is_not_there_is_refused(choice, problem):
    with pytest.raises(ScbError) as caught:
        read(SEXES.encode()).select(choice)

    assert caught.value.problems == (Problem(ProblemCode.UNKNOWN_CHOICE, **problem),)


def test_rows_that_are_no_municipality_are_told():
    content = "kod;namn;2019\n00;Riket;10327589\n01;Stockholms län;2377081\n"
    content += "0127;Botkyrka;94606\n;Danderyd;32857\n0136;Haninge;..\n;Summa;127463\n"

    source = read(content.encode())
    selection = source.select()

    assert figures(selection) == {("0127", "2019"): 94606}
    assert [(s.reason, s.text, s.row) for s in source.skipped] == [
        (SkipReason.NO_CODE, "Danderyd 32857", 5),
        (SkipReason.TOTAL_ROW, "Summa 127463", 7),
        (SkipReason.HEADER, "kod namn 2019", 1),
    ]
    assert [(s.reason, s.text, s.row) for s in selection.skipped] == [
        (SkipReason.NATION, "00 Riket", 2),
        (SkipReason.COUNTY, "01 Stockholms län", 3),
        (SkipReason.MISSING_VALUE, "0136 Haninge ..", 6),
    ]


def test_contents_in_a_column_of_their_own_are_a_choice():
    content = "region;tabellinnehåll;år;värde\n0127 Botkyrka;Folkökning;2019;1500\n"
    content += "0127 Botkyrka;Folkmängd;2019;94606\n"

    source = read(content.encode())

    assert source.subject is Subject.POPULATION
    assert dimension(source, "content").default == "Folkmängd"
    assert figures(source.select()) == {("0127", "2019"): 94606}
    assert figures(source.select({"content": "Folkökning"})) == {("0127", "2019"): 1500}


def test_a_total_beside_the_sexes_is_both():
    rows = [["Kod", "Namn", "Män", "Kvinnor", "Totalt"], ["0127", "B", 48317, 46289, 94606]]

    source = read(workbook(["Folkmängd 31 december 2019"], *rows))

    assert [d.key for d in source.dimensions] == ["period", "sex"]
    assert dimension(source, "sex").default == "Totalt"
    assert figures(source.select()) == {("0127", "2019"): 94606}


def test_a_column_of_change_is_not_the_figure():
    rows = [
        ["Kod", "Namn", "Ökning", "2018", "2019"],
        ["0127", "Botkyrka", 1500, 93106, 94606],
    ]

    source = read(workbook(*rows))

    assert dimension(source, "content").options == (
        Option("Ökning", "Ökning"),
        Option("__values__", ""),
    )
    assert figures(source.select()) == {("0127", "2019"): 94606}
    assert figures(source.select({"content": "Ökning"})) == {("0127", "2019"): 1500}


def test_a_region_that_is_none_is_no_header():
    content = "region;2019\nRA1 Storstockholm;2377081\n00 Riket;10327589\n"
    content += "01 Stockholms län;2377081\n0127 Botkyrka;94606\n"

    source = read(content.encode())

    assert figures(source.select()) == {("0127", "2019"): 94606}
    assert source.select().counties == {("01", "2019"): 2377081}
    assert [(s.reason, s.text) for s in source.skipped] == [
        (SkipReason.OTHER_REGION, "RA1 Storstockholm 2377081"),
        (SkipReason.HEADER, "region 2019"),
    ]
