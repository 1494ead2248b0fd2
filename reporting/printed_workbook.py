"""A workbook to be read and printed: its colours, its formats and its sheets."""

from collections.abc import Sequence
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


class PrintedWorkbook:
    """A workbook with its formats, made when they are first asked for."""

    def __init__(self, book: xlsxwriter.Workbook, title: str) -> None:
        self.book = book
        self.title = title
        self.formats: dict[tuple[tuple[str, object], ...], Format] = {}

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
            sheet.set_column(column, column, width)
        return sheet

    def style(self, **facts: object) -> Format:
        """Return the format with these properties."""
        key = tuple(sorted(facts.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"valign": "top"} | facts)
        return self.formats[key]
