"""Large files are read while somebody waits. The limits are generous: ten times."""

import csv
from io import BytesIO, StringIO
from time import process_time

import xlsxwriter

from municipalities.scb import read

COUNTIES = ["01", "03", "04", "05", "06", "07", "08", "09", "10", "12", "13", "14"]
CODES = [f"{county}{n}" for county in COUNTIES for n in range(14, 39)][:290]


def test_290_municipalities_and_76_years_are_read_at_once():
    years = [str(year) for year in range(1950, 2026)]
    page = StringIO()
    writer = csv.writer(page)
    writer.writerow(["kommunkod", "kommun", *years])
    writer.writerows([code, "Ort", *range(10_000, 10_076)] for code in CODES)
    content = page.getvalue().encode()

    start = process_time()
    selection = read(content).select({"period": years})

    assert process_time() - start < 1.5
    assert len(selection.values) == 22_040


def test_20_000_rows_of_a_workbook_are_read_at_once():
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["region", "namn", "år", "Folkmängd"])
        rows = [[code, "Ort", str(year)] for code in CODES for year in range(1957, 2026)]
        for n, row in enumerate(rows[:20_000], 1):
            sheet.write_row(n, 0, [*row, 10_000 + n])
    content = buffer.getvalue()

    start = process_time()
    selection = read(content).select()

    assert process_time() - start < 4
    assert len(selection.values) == 289
