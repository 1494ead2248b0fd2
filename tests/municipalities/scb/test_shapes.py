"""Small files in every shape, with SCB's own figures, read without the real ones."""

import json
from io import BytesIO

import pytest
import xlsxwriter

from municipalities.scb import Shape, Subject, read

FACTS = {
    ("0114", "2018"): 45543,
    ("0114", "2019"): 46786,
    ("0305", "2018"): 21564,
    ("0305", "2019"): 21934,
    ("0643", "2018"): 12140,
    ("0643", "2019"): 12433,
    ("2480", "2018"): 127119,
    ("2480", "2019"): 128901,
}
NAMES = {"0114": "Upplands Väsby", "0305": "Håbo", "0643": "Habo", "2480": "Umeå"}
ROWS = [
    [code, name, FACTS[code, "2018"], FACTS[code, "2019"]] for code, name in NAMES.items()
]


def workbook(*sheets, merged=()):
    """Return an .xlsx of (name, rows) sheets, with merged header cells."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for n, row in enumerate(rows):
                sheet.write_row(n, 0, row)
            for area, words in merged:
                sheet.merge_range(area, words)
    return buffer.getvalue()


def lines(rows, mark, *, end="\n"):
    return end.join(mark.join(map(str, row)) for row in rows) + end


def figures(selection):
    return {(v.code, v.period): v.value for v in selection.values}


def joined(*, quote=""):
    return [[f"{quote}{c} {n}{quote}", a, b] for c, n, a, b in ROWS]


PX = """CHARSET="ANSI";
AXIS-VERSION="2013";
TITLE="Folkmängd efter region och år";
CONTENTS="Folkmängd";
STUB="region";
HEADING="år";
VALUES("region")="Upplands Väsby","Håbo",
"Habo","Um"
"eå";
VALUES("år")="2018","2019";
TIMEVAL("år")=TLIST(A1),"2018","2019";
CODES("region")="0114","0305","0643","2480";
SOURCE="SCB";
LAST-UPDATED="20200220 09:30";
NOTE="Semikolon; i en not";
DATA=
45543 46786
21564 21934
12140 12433
127119 128901;
"""

PXWEB_JSON = {
    "columns": [
        {"code": "Region", "text": "region", "type": "d"},
        {"code": "Tid", "text": "år", "type": "t"},
        {"code": "BE0101N1", "text": "Folkmängd", "type": "c"},
    ],
    "comments": [],
    "data": [{"key": list(key), "values": [str(n)]} for key, n in FACTS.items()],
}

JSON_STAT = {
    "version": "2.0",
    "class": "dataset",
    "label": "Folkmängd efter region och år",
    "source": "SCB",
    "updated": "2025-02-21T07:00:00Z",
    "role": {"time": ["Tid"], "metric": ["ContentsCode"]},
    "id": ["ContentsCode", "Region", "Tid"],
    "size": [1, 4, 2],
    "dimension": {
        "ContentsCode": {
            "label": "tabellinnehåll",
            "category": {"index": {"BE0101N1": 0}, "label": {"BE0101N1": "Folkmängd"}},
        },
        "Region": {
            "label": "region",
            "category": {"index": {c: n for n, c in enumerate(NAMES)}, "label": NAMES},
        },
        "Tid": {"label": "år", "category": {"index": ["2018", "2019"]}},
    },
    "value": list(FACTS.values()),
}
OLD_JSON_STAT = {
    "dataset": {
        "label": "Folkmängd efter region och år",
        "dimension": {
            **JSON_STAT["dimension"],
            "id": JSON_STAT["id"],
            "size": JSON_STAT["size"],
            "role": JSON_STAT["role"],
        },
        "value": {str(n): value for n, value in enumerate(FACTS.values())},
    }
}

HEADER = ["region", "2018", "2019"]
TIDY = [["region", "år", "Folkmängd"]] + [
    [f"{code} {NAMES[code]}", year, value] for (code, year), value in FACTS.items()
]
SHAPES = {
    "comma, quoted, latin-1": (
        lines(
            [['"region"', '"2018"', '"2019"'], *joined(quote='"')], ",", end="\r\n"
        ).encode("latin-1"),
        Shape.PXWEB_TEXT,
    ),
    "semicolon, utf-8": (lines([HEADER, *joined()], ";").encode(), Shape.PXWEB_TEXT),
    "semicolon, utf-8 with BOM": (
        lines([HEADER, *joined()], ";").encode("utf-8-sig"),
        Shape.PXWEB_TEXT,
    ),
    "tab, utf-16": (lines([HEADER, *joined()], "\t").encode("utf-16"), Shape.PXWEB_TEXT),
    "bar": (lines([HEADER, *joined()], "|").encode(), Shape.PXWEB_TEXT),
    "saved twice over": (
        lines([HEADER, *joined()], ";").encode().decode("cp1252").encode(),
        Shape.PXWEB_TEXT,
    ),
    "title above": (
        ('"Folkmängd efter region och år"\n\n' + lines([HEADER, *joined()], ",")).encode(),
        Shape.PXWEB_TEXT,
    ),
    "contents in header": (
        lines([["region", "Folkmängd 2018", "Folkmängd 2019"], *joined()], ";").encode(),
        Shape.PXWEB_TEXT,
    ),
    "long": (lines(TIDY, ";").encode(), Shape.LONG_TEXT),
    "long, year first": (
        lines([[row[1], row[0].split()[0], row[2]] for row in TIDY], ",").encode(),
        Shape.LONG_TEXT,
    ),
    "long, English": (
        lines([["region", "year", "Population"], *TIDY[1:]], "\t").encode(),
        Shape.LONG_TEXT,
    ),
    "pc-axis": (PX.encode("cp1252"), Shape.PC_AXIS),
    "pc-axis, utf-8": (
        PX.replace('CHARSET="ANSI";', 'CHARSET="ANSI";\nCODEPAGE="utf-8";').encode(),
        Shape.PC_AXIS,
    ),
    "pc-axis, DOS": (PX.replace('CHARSET="ANSI";\n', "").encode("cp850"), Shape.PC_AXIS),
    "pxweb v1 json": (json.dumps(PXWEB_JSON).encode(), Shape.PXWEB_JSON),
    "json-stat 2": (json.dumps(JSON_STAT).encode(), Shape.JSON_STAT),
    "json-stat 1, sparse": (json.dumps(OLD_JSON_STAT).encode(), Shape.JSON_STAT),
    "pxweb xlsx": (
        workbook(
            (
                "BE0101N1",
                [["Folkmängd efter region och år"], [], ["", "", *HEADER[1:]], *ROWS],
            )
        ),
        Shape.PXWEB_XLSX,
    ),
    "years as numbers": (
        workbook(("Blad1", [["kod", "namn", 2018, 2019], *ROWS])),
        Shape.PXWEB_XLSX,
    ),
    "codes as numbers": (
        workbook(
            ("Blad1", [["kod", "namn", 2018, 2019], *([int(r[0]), *r[1:]] for r in ROWS)])
        ),
        Shape.PXWEB_XLSX,
    ),
    "a sheet a year": (
        workbook(
            ("2018", [["kod", "namn", "folkmängd"], *(r[:3] for r in ROWS)]),
            ("2019", [["kod", "namn", "folkmängd"], *([*r[:2], r[3]] for r in ROWS)]),
        ),
        Shape.WEB_WORKBOOK,
    ),
    "long xlsx": (workbook(("Data", TIDY)), Shape.LONG_WORKBOOK),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_gives_the_same_figures(name):
    content, shape = SHAPES[name]

    source = read(content)
    selection = source.select({"period": ["2018", "2019"]})

    assert source.shape is shape
    assert figures(selection) == FACTS
    assert selection.problems == ()


@pytest.mark.parametrize(
    "name", sorted(SHAPES.keys() - {"pxweb v1 json", "long, year first"})
)
def test_every_shape_keeps_the_names(name):
    source = read(SHAPES[name][0])

    assert source.names == NAMES


@pytest.mark.parametrize("name", SHAPES)
def test_the_latest_period_is_chosen_beforehand(name):
    source = read(SHAPES[name][0])

    period = source.dimensions[0]
    assert (period.key, period.default) == ("period", ("2019",))
    assert {v.period for v in source.select().values} == {"2019"}


@pytest.mark.parametrize(
    "content",
    [
        b"0114;46786\n0305;21934\n",
        b"0114\t46 786\n0305\t21 934\n",
        b"0114 46786\n0305 21934\n",
        b"kod,antal\n0114,46786\n0305,21934\n",
        b"114;46786\n305;21934\n",
        "0114;46\u00a0786\n0305;21\u202f934\n".encode(),
        b"kommunkod|varde\r\n0114|46786\r\n0305|21934",
        workbook(("Blad1", [[114, 46786], [305, 21934]])),
        workbook(("Blad1", [["kod", "antal"], ["0114", "46 786"], ["0305", 21934]])),
    ],
)
def test_two_columns_are_a_code_and_a_value(content):
    source = read(content)

    selection = source.select()

    assert source.shape is Shape.TWO_COLUMNS
    assert figures(selection) == {("0114", ""): 46786, ("0305", ""): 21934}
    assert selection.periods == ("",)


def test_two_columns_may_take_their_year_from_the_file_name():
    selection = read(b"0114;46786\n", "folkmangd_2019.csv").select()

    assert figures(selection) == {("0114", "2019"): 46786}


def test_codes_that_look_like_years_are_codes():
    content = b"kod;2023\n2021;6754\n2023;10080\n2026;10352\n2029;15942\n"

    assert figures(read(content).select()) == {
        ("2021", "2023"): 6754,
        ("2023", "2023"): 10080,
        ("2026", "2023"): 10352,
        ("2029", "2023"): 15942,
    }


def test_figures_that_look_like_codes_are_figures():
    rows = [["0114", 2403], ["0305", 2425], ["0643", 2418]]
    content = workbook(("Blad1", [["kod", "antal"], *rows]))

    assert [(v.code, v.value) for v in read(content).select().values] == [
        ("0114", 2403),
        ("0305", 2425),
        ("0643", 2418),
    ]


def test_web_workbook_with_merged_headers():
    top = [
        ["Folkmängd i riket, län och kommuner 31 december 2020. Totalt"],
        [],
        ["Kommun", "Kommunnamn", "Folkmängd", "Folk-", "Inflyttade", ""],
        ["Län", "Länsnamn", " ", "ökning", "Totalt", "Egna"],
        ["", "", "", "", "", "länet"],
    ]
    data = [
        ["", "Riket     ", 10379295, 51706, 82518, "."],
        ["01", "Stockholm   ", 2391990, 14909, 69487, "."],
        ["0127", "Botkyrka    ", 94847, 241, 9061, 6444],
        [162, "Danderyd    ", 32712, -145, 2974, 2111],
        [],
        ["1) Händelser före den 1 januari 2020."],
    ]

    source = read(workbook(("Totalt", [*top, *data]), merged=[("E3:F3", "Inflyttade")]))
    selection = source.select()

    assert source.shape is Shape.WEB_WORKBOOK
    assert source.subject is Subject.POPULATION
    assert [option.label for option in source.dimensions[1].options] == [
        "Folkmängd",
        "Folkökning",
        "Inflyttade Totalt",
        "Inflyttade Egna länet",
    ]
    assert [tuple(value)[:4] for value in selection.values] == [
        ("0127", "Botkyrka", "2020", 94847),
        ("0162", "Danderyd", "2020", 32712),
    ]
    assert selection.counties == {("01", "2020"): 2391990}
    assert selection.nation == {"2020": 10379295}
    assert [(v.sheet, v.row, v.column, v.written) for v in selection.values] == [
        ("Totalt", 8, "C", "0127"),
        ("Totalt", 9, "C", "162"),
    ]


def test_names_that_return_in_a_footer_are_notes():
    footer = [[], ["region:"], ["Nykvarn:"], ["Delar av Södertälje (0181) bildar Nykvarn."]]
    footer += [["0140 Nykvarn:"], ["Ny kommun"], [], ["Källa:"], ["SCB"]]
    rows = [["Folkmängd"], [], ["", "2019"], ["0140 Nykvarn", 11014], *footer]

    source = read(workbook(("BE0101N1", rows)))

    assert figures(source.select()) == {("0140", "2019"): 11014}
    assert source.select().skipped == ()
    assert source.source_text == "SCB"


@pytest.mark.parametrize(
    ("header", "period"),
    [
        ("2019", "2019"),
        ("2025M12", "2025M12"),
        ("2025K4", "2025K4"),
        ("31 december 2020", "2020"),
        ("1 november 2018", "2018-11-01"),
        ("2018-11-01", "2018-11-01"),
        ("pop2018", "2018"),
        ("Folkmängd 31 dec 2021", "2021"),
    ],
)
def test_a_period_is_written_in_one_way(header, period):
    selection = read(f"kod;{header}\n0114;46786\n".encode()).select()

    assert figures(selection) == {("0114", period): 46786}
