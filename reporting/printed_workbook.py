"""A workbook to be read and printed: its colours, its formats and its sheets."""

from collections.abc import Mapping, Sequence
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
"""What is written is what was said: no text becomes a formula, a link or a number."""

ACCENT, PALE, SOFT, MUTED = "#0B5563", "#A9CCD0", "#E3F0F1", "#5A6672"
HEAD: Final = {"bold": True, "bg_color": SOFT, "bottom": 1, "text_wrap": True}
"""How the names of columns stand."""

FOOTER: Final = "&L{}&RSida &P av &N"
LONGEST_TITLE: Final = 100
"""Of a title in a footer, which holds 255 characters."""
PAPER_A4: Final = 9
LINE, HIGHEST, OF_TITLE = 15, 409, 24
"""The heights in points of a line of text, of a row at most, and of a workbook's title."""
USUAL_WIDTH: Final = 8


class PrintedWorkbook:
    """A workbook with its formats, made when they are first asked for."""

    def __init__(self, book: xlsxwriter.Workbook, title: str) -> None:
        self.book = book
        self.title = title
        self.formats: dict[tuple[tuple[str, object], ...], Format] = {}
        self.widths: dict[tuple[str, int], int] = {}
        """Of each column, by sheet."""

    def sheet(self, name: str, widths: Sequence[int]) -> Worksheet:
        """Return a new sheet, ready to be printed."""
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(PAPER_A4)
        sheet.fit_to_pages(1, 0)
        # An ampersand starts a code in a footer.
        title = self.title[:LONGEST_TITLE].replace("&", "&&")
        sheet.set_footer(FOOTER.format(title))
        for column, width in enumerate(widths):
            self.widen(sheet, column, width)
        return sheet

    def widen(self, sheet: Worksheet, column: int, width: int) -> None:
        """Give a column its width, in letters."""
        sheet.set_column(column, column, width)
        self.widths[sheet.get_name(), column] = width

    def fit(
        self, sheet: Worksheet, row: int, texts: Mapping[int, str], width: int = 0
    ) -> None:
        """Make a row high enough for its texts by column, which have their own widths.

        Not every program does so by itself when it opens a workbook.
        """
        name = sheet.get_name()
        lines = 1
        for column, text in texts.items():
            room = width or self.widths.get((name, column), USUAL_WIDTH)
            needed = sum(-(-max(1, len(line)) // room) for line in text.split("\n"))
            lines = max(lines, needed)
        sheet.set_row(row, min(HIGHEST, LINE * lines))

    def write_title(self, sheet: Worksheet) -> None:
        """Write what the workbook is, at the top of a sheet."""
        title = self.style(bold=True, font_size=16, font_color=ACCENT)
        sheet.write_string(0, 0, self.title, title)
        sheet.set_row(0, OF_TITLE)

    def style(self, **facts: object) -> Format:
        """Return the format with these properties."""
        key = tuple(sorted(facts.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"valign": "top"} | facts)
        return self.formats[key]
