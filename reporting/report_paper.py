"""The workbook under a report's sheets: formats, lists to choose from, and protection."""

from collections.abc import Sequence
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range_abs
from xlsxwriter.worksheet import Worksheet

from reporting.report_marks import LISTS, NOTHING, Stamp

ACCENT, SOFT, MUTED = "#0B5563", "#E3F0F1", "#5A6672"
YELLOW, EDGE = "#FFF7DF", "#D8C48C"
PAPER_A4: Final = 9
LINE: Final = 15
HIGHEST: Final = 409
"""A line of text, and the highest row that there is, in points."""
FOOTER: Final = "&L{}&RSida &P av &N"

HEADER: dict[str, object] = {"bold": True, "bg_color": SOFT, "bottom": 1}
STYLES: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 16, "font_color": ACCENT, "text_wrap": False},
    "heading": {"bold": True, "font_size": 12, "font_color": ACCENT},
    "text": {},
    "strong": {"bold": True},
    "inner": {"align": "left", "indent": 1},
    "muted": {"font_color": MUTED, "italic": True},
    "plain": {"font_color": MUTED, "italic": True, "text_wrap": False},
    "value": {"text_wrap": False},
    "result": {"bold": True, "align": "left", "indent": 1},
    "link": {"font_color": ACCENT, "underline": 1},
    "step": {"text_wrap": False},
    "header": HEADER,
    "header beside": HEADER | {"align": "left", "indent": 1},
    "header of numbers": HEADER | {"align": "right"},
    "kr": {"num_format": "#,##0"},
    "sum": {"bold": True, "top": 1},
    "sum of kr": {"bold": True, "top": 1, "num_format": "#,##0"},
    "group": {"bold": True, "bg_color": SOFT},
    "group of kr": {"bold": True, "bg_color": SOFT, "num_format": "#,##0"},
}
INPUT: dict[str, object] = {
    "locked": False,
    "bg_color": YELLOW,
    "border": 1,
    "border_color": EDGE,
}
INPUTS: dict[str, dict[str, object]] = {
    "amount": INPUT | {"num_format": "#,##0", "align": "right"},
    # As text, what is typed stays as it is typed: no dates, and no formulas.
    "words": INPUT | {"num_format": "@", "align": "left", "indent": 1},
}


class Paper:
    """A workbook with its formats and lists, made when they are first asked for."""

    def __init__(self, book: xlsxwriter.Workbook, title: str) -> None:
        self.book = book
        self.title = title
        self._formats: dict[str, Format] = {}
        self._lists: dict[tuple[str, ...], str] = {}

    def style(self, name: str) -> Format:
        """Return the format with the name."""
        if name not in self._formats:
            base = {"valign": "top", "text_wrap": True}
            facts = base | ({**STYLES, **INPUTS}[name])
            self._formats[name] = self.book.add_format(facts)
        return self._formats[name]

    def look(self, name: str, **facts: object) -> Format:
        """Return a format of its own, for what a condition changes."""
        if name not in self._formats:
            self._formats[name] = self.book.add_format(facts)
        return self._formats[name]

    def sheet(self, name: str, stamp: Stamp, widths: Sequence[int]) -> Worksheet:
        """Return a new sheet with its stamp, that can be written in where it is yellow.

        There is no password: whoever must can open it.
        """
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(PAPER_A4)
        sheet.fit_to_pages(1, 0)
        # An ampersand starts a code in a footer, and a footer holds 255 characters.
        sheet.set_footer(FOOTER.format(self.title[:100].replace("&", "&&")))
        sheet.hide_gridlines(2)
        sheet.protect("", {"format_rows": True, "format_columns": True})
        sheet.set_column(0, 0, 20, None, {"hidden": True})
        for column, width in enumerate(widths, start=1):
            sheet.set_column(column, column, width)
        sheet.set_row(0, None, None, {"hidden": True})
        sheet.write_string(0, 0, str(stamp), self.style("text"))
        return sheet

    def fit(
        self, sheet: Worksheet, row: int, *texts: tuple[str, int], least: int = 1
    ) -> None:
        """Make a row so high that its texts, each with its column's width, are seen.

        A row of one line is left to the spreadsheet, which lets it grow as one types.
        """
        lines = max(
            (
                sum(1 + int(len(line) * 1.05) // width for line in text.split("\n"))
                for text, width in texts
            ),
            default=1,
        )
        if max(lines, least) > 1:
            sheet.set_row(row, min(LINE * max(lines, least) + 4, HIGHEST))

    def close(self, sheet: Worksheet, keyed: set[int], last: int) -> None:
        """Say of every row that has no key that nothing is answered in it."""
        for row in range(1, last + 1):
            if row not in keyed:
                sheet.write_string(row, 0, NOTHING, self.style("text"))

    def choices(self, labels: Sequence[str]) -> str:
        """Return the formula of a list to choose from: labels may hold any sign."""
        key = tuple(labels)
        if key not in self._lists:
            self._lists[key] = f"Val_{len(self._lists) + 1}"
        return f"={self._lists[key]}"

    def write_lists(self) -> None:
        """Write the lists on a sheet that nobody sees."""
        if not self._lists:
            return
        sheet = self.book.add_worksheet(LISTS)
        for column, (labels, name) in enumerate(self._lists.items()):
            for row, label in enumerate(labels):
                sheet.write_string(row, column, label)
            cells = xl_range_abs(0, column, len(labels) - 1, column)
            self.book.define_name(name, f"='{LISTS}'!{cells}")
        sheet.protect()
        sheet.very_hidden()
