"""Tables as files: csv and xlsx that a Swedish spreadsheet program opens as they are."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import xlsxwriter
from django.http import HttpResponse
from django.utils import timezone
from django.utils.text import slugify

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
FORBIDDEN_IN_SHEET_NAMES = str.maketrans("", "", "[]:*?/\\'")
SWEDISH_LETTERS = str.maketrans("åäöÅÄÖéÉ", "aaoAAOeE")

# Spreadsheet programs run a text cell that begins with one of these as a formula.
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Row = Sequence[object]


def csv_cell(value: object) -> str:
    """Return a cell: plain digits with a decimal comma, ISO dates, texts made harmless.

    >>> csv_cell(2959680), csv_cell(Decimal("71.5")), csv_cell(-3), csv_cell(None)
    ('2959680', '71,5', '-3', '')
    >>> csv_cell("=1+1"), csv_cell("Solna"), csv_cell(date(2020, 8, 30))
    ("'=1+1", 'Solna', '2020-08-30')
    """
    if value is None:
        return ""
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value).replace(".", ",")
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def to_csv(header: Row, rows: Iterable[Row]) -> bytes:
    """Return a file in UTF-8 with semicolons and a byte order mark, as Excel wants it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([csv_cell(value) for value in header])
    writer.writerows([csv_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(title: str, header: Row, rows: Iterable[Row]) -> bytes:
    """Return a workbook with real numbers and dates, and a header that stays in sight."""
    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(sheet_name(title))
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        formats = {
            "whole": book.add_format({"num_format": "#,##0"}),
            "decimal": book.add_format({"num_format": "#,##0.##"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }
        widths = [len(str(value)) for value in header]
        sheet.write_row(0, 0, [str(value) for value in header], bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                write_cell(sheet, number, column, value, formats)
                widths[column] = max(widths[column], len(csv_cell(value)))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(max(width + 3, 8), 60))
        sheet.freeze_panes(1, 0)
    return file.getvalue()


def write_cell(
    sheet: xlsxwriter.worksheet.Worksheet,
    row: int,
    column: int,
    value: object,
    formats: dict[str, xlsxwriter.format.Format],
) -> None:
    """Write a value as what it is: number, date or text."""
    if isinstance(value, bool) or value is None:
        value = "" if value is None else str(value)
    if isinstance(value, int):
        sheet.write_number(row, column, value, formats["whole"])
    elif isinstance(value, float | Decimal | Fraction):
        sheet.write_number(row, column, float(value), formats["decimal"])
    elif isinstance(value, datetime):
        moment = timezone.make_naive(value) if timezone.is_aware(value) else value
        sheet.write_datetime(row, column, moment, formats["moment"])
    elif isinstance(value, date):
        midnight = datetime.min.time()
        sheet.write_datetime(
            row, column, datetime.combine(value, midnight) + timedelta(), formats["date"]
        )
    elif value != "":
        sheet.write_string(row, column, str(value))


def sheet_name(title: str) -> str:
    """Return a title that a sheet may bear.

    >>> sheet_name("Fördelning: vårdens medarbetare 2019/2020")
    'Fördelning vårdens medarbetare '
    """
    return title.translate(FORBIDDEN_IN_SHEET_NAMES)[:31] or "Blad1"


def file_name(title: str, extension: str, on: date | None = None) -> str:
    """Return a name from the page's title and the day.

    >>> file_name("Överenskommelser", "xlsx", date(2020, 8, 30))
    'overenskommelser-2020-08-30.xlsx'
    """
    day = (on or timezone.localdate()).isoformat()
    return f"{slugify(title.translate(SWEDISH_LETTERS)) or 'tabell'}-{day}.{extension}"


def export_response(
    file_format: str, title: str, header: Row, rows: Iterable[Row]
) -> HttpResponse:
    """Return the file as a download. The format is csv or xlsx."""
    if file_format == "csv":
        content, kind = to_csv(header, rows), CSV
    else:
        content, kind = to_xlsx(title, header, rows), XLSX
    response = HttpResponse(content, content_type=kind)
    name = file_name(title, file_format)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
