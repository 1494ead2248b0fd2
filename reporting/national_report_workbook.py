"""The body's report to the authority as a workbook: amounts as numbers, sums that live.

The sums of the first sheet point at those of the others, so that a changed amount is seen
all the way. The document is Swedish, with its texts in ``TEXTS``; the same compilation
gives the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from io import BytesIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from reporting.compiled import Compilation, Row
from reporting.compiled_answers import Line, Summary
from reporting.document import Document, clean
from reporting.national_report_answers import answers_to
from reporting.national_report_content import STATES
from reporting.printed_workbook import ACCENT, HEAD, MUTED, OPTIONS, PrintedWorkbook

TEXTS = {
    "compilation": "Sammanställning",
    "purposes": "Per ändamål",
    "municipalities": "Per kommun",
    "answers": "Svar",
    "item": "Post",
    "amount": "Belopp, kr",
    "share": "Andel av utbetalat",
    "sum": "Summa",
    "code": "Kommunkod",
    "municipality": "Kommun",
    "reported": "Har redovisat",
    "yes": "ja",
    "no": "nej",
    "allocated": "Tilldelat, kr",
    "requested": "Rekvirerat, kr",
    "paid": "Utbetalat, kr",
    "used": "Använt, kr",
    "to_repay": "Att betala tillbaka, kr",
    "carried_over": "Förs över, kr",
    "left": "Återstår eller ej redovisat, kr",
    "how_many": "Kommuner som har redovisat",
    "section": "Avsnitt",
    "question": "Fråga",
    "row": "Ändamål",
    "group": "Kostnadsslag",
    "answer": "Svar",
    "state": "Läge",
    "comment": "Kommentar",
}
MONEY = ("allocated", "requested", "paid", "used", "to_repay", "carried_over")
LONGEST_CELL = 32_767
"""Characters in a cell (Excel's own limit)."""


def national_workbook(document: Document, compilation: Compilation) -> bytes:
    """Return an xlsx workbook that says what the document says."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        moment = document.made_at.astimezone(UTC).replace(tzinfo=None)
        properties = {"title": clean(document.title), "author": clean(document.author)}
        book.set_properties(properties | {"created": moment})
        paper = _Paper(book, clean(document.title))
        first = paper.sheet(TEXTS["compilation"], (52, 20, 16))
        sums = _write_municipalities(paper, compilation)
        compiled = _Compiled(paper, first, compilation)
        compiled.write_head(document)
        compiled.write_money(sums)
        for summary, by, lines in _write_purposes(paper, compilation):
            compiled.write_sums(summary, by, lines)
        _write_answers(paper, compilation)
    return buffer.getvalue()


class _Paper(PrintedWorkbook):
    """Also with amounts, and with what stands above a table."""

    def number(self, **facts: object) -> Format:
        """Return the format of an amount."""
        return self.style(num_format="#,##0", **facts)

    def headers(self, sheet: Worksheet, row: int, names: Sequence[str], texts: int) -> None:
        """Write the names of the columns; those after the first ``texts`` are amounts."""
        for column, name in enumerate(names):
            align = "left" if column < texts else "right"
            sheet.write_string(row, column, clean(name), self.style(**HEAD, align=align))
        self.fit(sheet, row, dict(enumerate(names)))


# Per kommun ------------------------------------------------------------------------------


def _write_municipalities(paper: _Paper, compilation: Compilation) -> dict[str, str]:
    """Write the money of each municipality; return the cells of the sums, by name."""
    sheet = paper.sheet(TEXTS["municipalities"], (12, 26, 12, *([18] * 7)))
    names = [TEXTS[name] for name in ("code", "municipality", "reported", *MONEY, "left")]
    paper.headers(sheet, 0, names, 3)
    sheet.freeze_panes(1, 2)
    sheet.repeat_rows(0)
    text, number = paper.style(), paper.number()
    rows = compilation.rows
    for at, row in enumerate(rows, start=1):
        sheet.write_string(at, 0, row.code, text)
        sheet.write_string(at, 1, clean(row.name), text)
        sheet.write_string(at, 2, TEXTS["yes" if row.has_reported else "no"], text)
        for column, name in enumerate(MONEY, start=3):
            amount = getattr(row, name)
            if amount is not None:
                sheet.write_number(at, column, amount, number)
        paid, used, carried = (xl_rowcol_to_cell(at, column) for column in (5, 6, 8))
        formula = f"={paid}-SUM({used}:{carried})"
        sheet.write_formula(at, 9, formula, number, left_of(row))
    total = len(rows) + 1
    bold = {"bold": True, "top": 1}
    sheet.write_string(total, 0, TEXTS["sum"], paper.style(**bold))
    for column in (1, 2):
        sheet.write_blank(total, column, None, paper.style(**bold))
    cells = {}
    for column, name in enumerate((*MONEY, "left"), start=3):
        amounts = [left_of(row) if name == "left" else getattr(row, name) for row in rows]
        value = sum(amount or 0 for amount in amounts)
        _write_sum(sheet, column, (1, total), value, paper.number(**bold))
        cell = xl_rowcol_to_cell(total, column, row_abs=True, col_abs=True)
        cells[name] = f"'{TEXTS['municipalities']}'!{cell}"
    sheet.ignore_errors({"number_stored_as_text": xl_range(1, 0, max(1, total - 1), 0)})
    return cells


def left_of(row: Row) -> int:
    """Return what is paid and not accounted for."""
    return row.paid - (row.outcome.total or 0)


def _write_sum(
    sheet: Worksheet, column: int, rows: tuple[int, int], value: int, style: Format
) -> None:
    """Write the sum of the rows from the first up to the one that the sum stands in."""
    first, total = rows
    # A sum of no rows would point at its own cell.
    formula = f"=SUM({xl_range(first, column, total - 1, column)})"
    sheet.write_formula(total, column, formula if total > first else "=0", style, value)


# Per ändamål -----------------------------------------------------------------------------

Sum = tuple[str, str, int]
"""What a sum is of, the cell it stands in, and what it comes to."""


def _write_purposes(
    paper: _Paper, compilation: Compilation
) -> Iterator[tuple[Summary, str, list[Sum]]]:
    """Write each question with purposes as a table of municipalities and purposes.

    Yields the question, what the sums are by, and the sums.
    """
    sheet = paper.sheet(TEXTS["purposes"], (12, 26))
    sheet.freeze_panes(0, 2)
    row = 0
    for summary in compilation.questions:
        for by, lines in (("row", summary.lines), ("group", summary.by_group)):
            if lines:
                title = paper.style(bold=True, font_size=12, font_color=ACCENT)
                sheet.write_string(row, 0, clean(summary.question.label), title)
                sums = _write_lines(paper, sheet, row + 1, lines, compilation)
                row += len(compilation.reported) + 4
                yield summary, by, sums


def _write_lines(
    paper: _Paper,
    sheet: Worksheet,
    row: int,
    lines: Sequence[Line],
    compilation: Compilation,
) -> list[Sum]:
    reported = compilation.reported
    for column in range(2, 3 + len(lines)):
        paper.widen(sheet, column, 18)
    names = [TEXTS["code"], TEXTS["municipality"], *(line.label for line in lines)]
    paper.headers(sheet, row, [*names, TEXTS["sum"]], 2)
    first, total, last = row + 1, row + 1 + len(reported), 2 + len(lines)
    number, bold = paper.number(), {"bold": True, "top": 1}
    for at, each in enumerate(reported, start=first):
        sheet.write_string(at, 0, each.code, paper.style())
        sheet.write_string(at, 1, clean(each.name), paper.style())
        amounts = [line.by_municipality.get(each.code) for line in lines]
        for column, amount in enumerate(amounts, start=2):
            if amount is not None:
                sheet.write_number(at, column, amount, number)
        formula = f"=SUM({xl_range(at, 2, at, last - 1)})"
        value = sum(amount or 0 for amount in amounts)
        sheet.write_formula(at, last, formula, paper.number(bold=True), value)
    sheet.write_string(total, 0, TEXTS["sum"], paper.style(**bold))
    sheet.write_blank(total, 1, None, paper.style(**bold))
    sums = []
    values = [line.total or 0 for line in lines]
    for column, value in enumerate([*values, sum(values)], start=2):
        _write_sum(sheet, column, (first, total), value, paper.number(**bold))
        cell = xl_rowcol_to_cell(total, column, row_abs=True, col_abs=True)
        label = lines[column - 2].label if column < last else TEXTS["sum"]
        sums.append((label, f"'{TEXTS['purposes']}'!{cell}", value))
    return sums


# Sammanställning -------------------------------------------------------------------------


class _Compiled:
    """The first sheet: what all comes to, pointing at the sums of the others."""

    def __init__(self, paper: _Paper, sheet: Worksheet, compilation: Compilation) -> None:
        self.paper, self.sheet, self.compilation = paper, sheet, compilation
        self.row = 0
        self.paid_at = ""

    def write_head(self, document: Document) -> None:
        """Write what the workbook is."""
        style = self.paper.style
        self.paper.write_title(self.sheet)
        for name, value in document.facts:
            self.row += 1
            said = clean(f"{name}: {value}")
            self.sheet.write_string(self.row, 0, said, style(font_color=MUTED))
        self.row += 1

    def write_money(self, sums: Mapping[str, str]) -> None:
        """Write what became of the money; ``sums`` are the cells to point at."""
        self.row += 1
        self.paper.headers(self.sheet, self.row, [TEXTS["item"], TEXTS["amount"]], 1)
        for name in (*MONEY, "left"):
            self.row += 1
            label = TEXTS[name].removesuffix(", kr")
            self.sheet.write_string(self.row, 0, label, self.paper.style())
            value = amount_of(self.compilation, name)
            number = self.paper.number()
            self.sheet.write_formula(self.row, 1, f"={sums[name]}", number, value)
            if name == "paid":
                self.paid_at = xl_rowcol_to_cell(self.row, 1, row_abs=True, col_abs=True)
        self.row += 2
        self.sheet.write_string(self.row, 0, TEXTS["how_many"], self.paper.style())
        cells = xl_range(1, 2, len(self.compilation.rows) + 1, 2)
        formula = f"=COUNTIF('{TEXTS['municipalities']}'!{cells},\"{TEXTS['yes']}\")"
        count = len(self.compilation.reported)
        self.sheet.write_formula(self.row, 1, formula, self.paper.number(), count)

    def write_sums(self, summary: Summary, by: str, sums: Sequence[Sum]) -> None:
        """Write what a question comes to, by purpose or by cost group."""
        is_used = summary is self.compilation.used_question
        self.row += 2
        heading = self.paper.style(bold=True, font_size=12, font_color=ACCENT)
        self.sheet.write_string(self.row, 0, clean(summary.question.label), heading)
        self.row += 1
        names = [TEXTS[by], TEXTS["amount"], *([TEXTS["share"]] if is_used else [])]
        self.paper.headers(self.sheet, self.row, names, 1)
        for place, (label, cell, value) in enumerate(sums, start=1):
            self.row += 1
            look = {"bold": True, "top": 1} if place == len(sums) else {}
            said = clean(label)
            text = self.paper.style(**look, text_wrap=True)
            self.sheet.write_string(self.row, 0, said, text)
            self.paper.fit(self.sheet, self.row, {0: said})
            number = self.paper.number(**look)
            self.sheet.write_formula(self.row, 1, f"={cell}", number, value)
            if is_used:
                self._write_share(value, look)

    def _write_share(self, value: int, look: Mapping[str, object]) -> None:
        own = xl_rowcol_to_cell(self.row, 1)
        paid = self.compilation.totals.paid
        formula = f"=IF({self.paid_at}=0,0,{own}/{self.paid_at})"
        percent = self.paper.style(num_format="0.0%", **look)
        self.sheet.write_formula(self.row, 2, formula, percent, value / paid if paid else 0)


def amount_of(compilation: Compilation, name: str) -> int:
    """Return one of the sums."""
    if name == "left":
        return sum(left_of(row) for row in compilation.rows)
    amount: int | None = getattr(compilation.totals, name)
    return amount or 0


# Svar ------------------------------------------------------------------------------------

COLUMNS = (
    ("code", 12),
    ("municipality", 24),
    ("section", 26),
    ("question", 44),
    ("row", 34),
    ("group", 26),
    ("amount", 16),
    ("answer", 70),
    ("state", 18),
    ("comment", 40),
)
AMOUNT = 6
"""The column of the amount."""


def _write_answers(paper: _Paper, compilation: Compilation) -> None:
    sheet = paper.sheet(TEXTS["answers"], [width for _name, width in COLUMNS])
    paper.headers(sheet, 0, [TEXTS[name] for name, _width in COLUMNS], len(COLUMNS))
    sheet.freeze_panes(1, 2)
    sheet.repeat_rows(0)
    text, number = paper.style(text_wrap=True), paper.number()
    row = 0
    for summary in compilation.questions:
        for each in answers_to(summary, compilation):
            row += 1
            texts = (
                each.code,
                compilation.by_code[each.code].name,
                summary.section.title,
                summary.question.label,
                each.purpose,
                each.group,
                "",
                each.text,
                STATES[each.state],
                each.comment,
            )
            cells = {at: clean(said)[:LONGEST_CELL] for at, said in enumerate(texts)}
            for column, said in cells.items():
                if said:
                    sheet.write_string(row, column, said, text)
            paper.fit(sheet, row, cells)
            if each.amount is not None:
                sheet.write_number(row, AMOUNT, each.amount, number)
    if row:
        sheet.autofilter(0, 0, row, len(COLUMNS) - 1)
        sheet.ignore_errors({"number_stored_as_text": xl_range(1, 0, row, 0)})
