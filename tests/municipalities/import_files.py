"""Small files in SCB's shapes, made here of real figures."""

import zipfile
from io import BytesIO

import xlsxwriter

from tests.figures import (
    STOCKHOLM_NAMES,
    STOCKHOLM_POPULATION_2018,
    STOCKHOLM_POPULATION_2019,
    STOCKHOLM_RECIPIENTS_2018,
)

BOTH_YEARS = {
    code: (STOCKHOLM_POPULATION_2018[code], STOCKHOLM_POPULATION_2019[code])
    for code in STOCKHOLM_NAMES
}

NAMES = list(STOCKHOLM_NAMES.items())


def two_columns(values, head="kod;2019"):
    """Return a text of codes and values."""
    lines = [head, *(f"{code};{value}" for code, value in values.items())]
    return ("\n".join(lines) + "\n").encode()


def recipients():
    """Return the care recipients of 2018 as two columns."""
    return two_columns(STOCKHOLM_RECIPIENTS_2018, "kommunkod;mottagare 2018")


def two_years(values=BOTH_YEARS):
    """Return a table of two years, code and name joined, as PxWeb writes csv."""
    lines = ['"region","Folkmängd 2018","Folkmängd 2019"']
    lines += [
        f'"{code} {STOCKHOLM_NAMES[code]}",{one},{other}'
        for code, (one, other) in values.items()
    ]
    return "\r\n".join(lines).encode("latin-1")


def workbook(*sheets, formula=False):
    """Return a workbook: each sheet is a name, a title, a header and rows."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        for name, title, header, rows in sheets:
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, [title])
            sheet.write_row(2, 0, header)
            for number, row in enumerate(rows, 3):
                sheet.write_row(number, 0, row)
            if formula:
                sheet.write_formula(3, 2, "=1+1", value="")
    return file.getvalue()


def population_workbook(values=STOCKHOLM_POPULATION_2019, year="2019", **options):
    """Return the population as PxWeb's xlsx: a title, then code, name and year."""
    rows = [[code, STOCKHOLM_NAMES[code], value] for code, value in values.items()]
    title = "Folkmängd efter region och år"
    return workbook(("BE0101N1", title, ["region", "", year], rows), **options)


def by_sex():
    """Return a workbook with a sheet for each sex and one for both."""
    half = {code: value // 2 for code, value in STOCKHOLM_POPULATION_2019.items()}
    sheets = []
    for name, values in (
        ("Totalt", STOCKHOLM_POPULATION_2019),
        ("Män", half),
        ("Kvinnor", {c: v - half[c] for c, v in STOCKHOLM_POPULATION_2019.items()}),
    ):
        rows = [[code, STOCKHOLM_NAMES[code], value] for code, value in values.items()]
        title = "Folkmängd i kommunerna 31 december 2019"
        sheets.append((name, title, ["Kod", "Kommun", "Folkmängd"], rows))
    return workbook(*sheets)


def zip_bomb():
    """Return a workbook whose sheet swells to hundreds of megabytes."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (210 * 1024 * 1024))
    return file.getvalue()


PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x00" * 60

BAD_FILES = {
    "empty_file": ("tom.csv", b""),
    "too_large": ("stor.csv", b"0" * (20 * 1024 * 1024 + 1)),
    "not_a_table": ("bild.xlsx", PICTURE),
    "broken_file": ("trasig.xlsx", population_workbook()[:2000]),
    "no_regions": ("lan.csv", b"lan;2019\n01 Stockholm;2377081\n03 Uppsala;383713\n"),
    "not_a_number": (
        "ord.xlsx",
        population_workbook({**STOCKHOLM_POPULATION_2019, "0127": "många"}),
    ),
    "formula_without_value": ("formel.xlsx", population_workbook(formula=True)),
}
