"""An overview as a workbook: amounts as numbers, sums as live formulas.

The sums name the rows that are counted, so parts (varav) may be changed without moving
them. The document is Swedish, with its texts in ``TEXTS``. The same facts give the same
bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from io import BytesIO

import xlsxwriter
from xlsxwriter.chart import Chart
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from grants.models import Grant
from municipalities.markdown import Words, plain
from municipalities.numbers import kronor
from reporting.overview import Group, Line, OverviewDocument, Section
from reporting.overview_figures import KRONOR, Unit
from reporting.printed_workbook import ACCENT, HEAD, MUTED, OPTIONS, PALE, PrintedWorkbook

TEXTS = {
    "overview": "Översikt",
    "introduction": "Inledning",
    "parts": "Delområden",
    "grants": "Statsbidrag",
    "decisions": "Beslut",
    "as_of": "Läget {:%Y-%m-%d}. Belopp i {}.",
    "row": "Statsbidrag",
    "note": "Kommentar",
    "change": "Förändring",
    "sum": "Summa",
    "part": "varav {}",
    "exact": "Exakt {}",
    "exact_together": "Tillsammans exakt {}",
    "exact_before": "{}: exakt {}",
    "exact_before_together": "{}: tillsammans exakt {}",
    "area": "Utvecklingsområde",
    "part_title": "Delområde",
    "side": "Del",
    "nation": "Hela landet, kr",
    "county": "Länet, kr",
    "total": "Totalt",
    "grant": "Statsbidrag",
    "record_number": "Diarienummer",
    "agreement": "Överenskommelse",
    "amount": "Belopp, kr",
    "national_amount": "Hela landet, kr",
    "status": "Status",
    "applied": "Sökt belopp, kr",
    "preparation": "Beredning",
    "relief": "Lättnad i återrapportering",
    "in_table": "Finns i tabellen",
    "background": "Om statsbidraget",
    "date": "Datum",
    "decided_by": "Beslutat av",
    "decision": "Beslut",
    "yes": "ja",
    "no": "nej",
    "charts": "Diagram",
    "chart": "{}: {} jämfört med {}, {}",
    "parts_sum": "Delarna summerar till {}",
}
SIDES = {
    "municipalities": "Kommunerna",
    "region": "Regionen",
    "common": "Gemensamt i länet",
}
STATUSES = {"applied": "sökt", "granted": "beviljat", "rejected": "avslag"}

FIRST_ROW = 3
OVERVIEW_WIDTHS = (58, 14, 14, 18, 70)
PART_WIDTHS = (40, 20, 44, 50, 20, 20)
GRANT_WIDTHS = (40, 16, 44, 16, 18, 12, 16, 60, 14, 14, 90)
DECISION_WIDTHS = (40, 14, 36, 18, 90)


def overview_workbook(document: OverviewDocument) -> bytes:
    """Return an xlsx workbook that says what the page says, in the page's unit."""
    buffer = BytesIO()
    overview = document.overview
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        # The day of the facts, so that the same facts give the same bytes.
        created = datetime.combine(overview.dated_on, time())
        properties = {"title": document.title, "created": created}
        book.set_properties(properties | {"author": overview.body.name})
        paper = _Paper(book, document.title)
        _write_overview(paper, document)
        _write_parts(paper, document.sections)
        _write_grants(paper, document.sections)
        _write_decisions(paper, document.sections)
    return buffer.getvalue()


class _Paper(PrintedWorkbook):
    """Also with what stands above a table."""

    def headers(
        self, sheet: Worksheet, row: int, names: Sequence[str], indented: int = -1
    ) -> None:
        """Write the names of the columns; those of amounts stand to the right."""
        for column, name in enumerate(names):
            is_number = name.endswith((", kr", ", mkr", ", tkr"))
            indent = {"indent": 1} if column == indented else {}
            align = "right" if is_number else "left"
            style = self.style(**HEAD, **indent, align=align)
            sheet.write_string(row, column, name, style)
        self.fit(sheet, row, dict(enumerate(names)))


def _write_overview(paper: _Paper, document: OverviewDocument) -> None:
    sheet = paper.sheet(TEXTS["overview"], OVERVIEW_WIDTHS)
    unit, overview = document.unit, document.overview
    hint = paper.style(italic=True, font_color=MUTED)
    paper.write_title(sheet)
    as_of = TEXTS["as_of"].format(overview.dated_on, unit)
    sheet.write_string(1, 0, f"{overview.body.name}. {as_of}", hint)
    row = FIRST_ROW
    charts = []
    for group in document.groups:
        table = _GroupTable(paper, sheet, document, group)
        table.write(row)
        charts.append(table.chart())
        row = table.last + 3
    _write_introduction(paper, sheet, row, plain(overview.introduction, Words()))
    drawings, at = paper.sheet(TEXTS["charts"], []), 0
    for height, chart, options in filter(None, charts):
        drawings.insert_chart(at, 0, chart, options)
        # A row is 20 pixels high.
        at += height // 20 + 2


def _write_introduction(paper: _Paper, sheet: Worksheet, row: int, text: str) -> None:
    """Write the text across the table's columns, a row for each paragraph."""
    if not text.strip():
        return
    heading = paper.style(bold=True, font_size=12, font_color=ACCENT)
    sheet.write_string(row, 0, TEXTS["introduction"], heading)
    style, last = paper.style(text_wrap=True), len(OVERVIEW_WIDTHS) - 1
    for at, line in enumerate(text.split("\n"), start=row + 1):
        sheet.merge_range(at, 0, at, last, "", style)
        sheet.write_string(at, 0, line, style)
        paper.fit(sheet, at, {0: line}, width=sum(OVERVIEW_WIDTHS))


class _GroupTable:
    """A group's rows on the sheet, with their sums."""

    def __init__(
        self, paper: _Paper, sheet: Worksheet, document: OverviewDocument, group: Group
    ) -> None:
        self.paper, self.sheet = paper, sheet
        self.document, self.group = document, group
        self.formats = [*map(_format, group.decimals)]
        self.formats_of_parts = [*map(_format, group.decimals_of_parts)]
        self.format_of_change = _format(max(group.decimals), signed=True)
        self.counted: list[int] = []
        self.last = 0

    def write(self, row: int) -> None:
        """Write the group from this row on."""
        style, unit, year = self.paper.style, self.document.unit, self.document.year
        heading = style(bold=True, font_size=12, font_color=ACCENT)
        self.sheet.write_string(row, 0, self.group.group.title, heading)
        years = [f"{year - 1}, {unit}", f"{year}, {unit}"]
        change = f"{TEXTS['change']}, {unit}"
        names = [TEXTS["row"], *years, change, TEXTS["note"]]
        self.paper.headers(self.sheet, row + 1, names, indented=4)
        at = row + 2
        for line in self.group.lines:
            self.counted.append(at)
            for each in line.with_parts():
                self._write_line(each, at)
                at += 1
        self._write_sums(at)
        self.last = at

    def _write_line(self, line: Line, row: int) -> None:
        style, indent = self.paper.style, {}
        look: dict[str, object] = {"bold": True} if line.row.is_emphasised else {}
        label = line.row.label
        if line.row.is_part:
            look |= {"font_color": MUTED}
            label, indent = TEXTS["part"].format(label), {"align": "left", "indent": 1}
        self.sheet.write_string(row, 0, label, style(**look, **indent, text_wrap=True))
        amounts = (line.figures.before, line.figures.now)
        formats = self.formats_of_parts if line.row.is_part else self.formats
        for column, (amount, form) in enumerate(
            zip(amounts, formats, strict=True), start=1
        ):
            if amount is not None:
                number = _number(amount, self.document.unit)
                self.sheet.write_number(row, column, number, style(**look, num_format=form))
        if not line.row.is_part:
            self._write_change(row, line.figures.change, look)
        note = " ".join(_remarks(line, self.document))
        self.sheet.write_string(row, 4, note, style(text_wrap=True, align="left", indent=1))
        self.paper.fit(self.sheet, row, {0: label, 4: note})

    def _write_change(
        self, row: int, change: int | None, look: Mapping[str, object]
    ) -> None:
        if change is None:
            return
        before, now = (xl_rowcol_to_cell(row, column) for column in (1, 2))
        style = self.paper.style(**look, num_format=self.format_of_change)
        value = _number(change, self.document.unit)
        self.sheet.write_formula(row, 3, f"={now}-{before}", style, value)

    def _write_sums(self, row: int) -> None:
        style, look = self.paper.style, {"bold": True, "top": 1}
        label = self.group.group.sum_label or TEXTS["sum"]
        self.sheet.write_string(row, 0, label, style(**look))
        totals = self.group.totals
        for column, (amount, form) in enumerate(
            zip((totals.before, totals.now), self.formats, strict=True), start=1
        ):
            formula = f"=SUM({_cells(self.counted, column)})"
            value = _number(amount or 0, self.document.unit)
            looks = style(**look, num_format=form)
            self.sheet.write_formula(row, column, formula, looks, value)
        self._write_change(row, totals.change, look)
        self.sheet.write_blank(row, 4, None, style(**look))

    def chart(self) -> tuple[int, Chart, dict[str, str]] | None:
        """Return this year's bars against last year's, with their height in pixels."""
        if not self.counted:
            return None
        year, unit = self.document.year, self.document.unit
        chart = self.paper.book.add_chart({"type": "bar"})
        labels = self._series("A")
        for column, shown, colour in (("B", year - 1, PALE), ("C", year, ACCENT)):
            chart.add_series(
                {
                    "name": str(shown),
                    "categories": labels,
                    "values": self._series(column),
                    "fill": {"color": colour},
                }
            )
        heading = TEXTS["chart"].format(self.group.group.title, year, year - 1, unit)
        chart.set_title({"name": heading, "name_font": {"size": 12}})
        chart.set_y_axis({"reverse": True})
        chart.set_legend({"position": "bottom"})
        height = 140 + 34 * len(self.counted)
        chart.set_size({"width": 1000, "height": height})
        return height, chart, {"description": heading}

    def _series(self, column: str) -> str:
        sheet = self.sheet.get_name()
        cells = [f"'{sheet}'!${column}${row + 1}" for row in self.counted]
        return f"=({','.join(cells)})"


def _remarks(line: Line, document: OverviewDocument) -> Iterable[str]:
    """Yield the note, and what differs."""
    if line.row.note:
        yield f"{line.row.note.rstrip('.')}."
    if line.exact.now is not None:
        text = TEXTS["exact_together" if "now" in line.together else "exact"]
        yield f"{text.format(kronor(line.exact.now))}."
    if line.exact.before is not None:
        is_together = "before" in line.together
        text = TEXTS["exact_before_together" if is_together else "exact_before"]
        yield f"{text.format(document.year - 1, kronor(line.exact.before))}."
    if line.parts_differ:
        texts, unit = line.parts_differ, document.unit
        years = ((document.year - 1, texts.before), (document.year, texts.now))
        found = [f"{year}: {text} {unit}" for year, text in years if text]
        yield f"{TEXTS['parts_sum'].format(', '.join(found))}."


def _cells(rows: Sequence[int], column: int) -> str:
    """Return the cells of a column in these rows, those below each other as ranges."""
    ranges: list[list[int]] = []
    for row in rows:
        if ranges and ranges[-1][1] == row - 1:
            ranges[-1][1] = row
        else:
            ranges.append([row, row])
    cells = [
        xl_range(first, column, last, column)
        if last > first
        else xl_rowcol_to_cell(first, column)
        for first, last in ranges
    ]
    return ",".join(cells) or "0"


def _write_parts(paper: _Paper, sections: Sequence[Section]) -> None:
    sheet = paper.sheet(TEXTS["parts"], PART_WIDTHS)
    names = ["grant", "side", "area", "part_title", "nation", "county"]
    paper.headers(sheet, 0, [TEXTS[name] for name in names])
    sheet.freeze_panes(1, 0)
    text, number = paper.style(text_wrap=True), paper.style(num_format="#,##0")
    total = paper.style(bold=True, top=1)
    total_number = paper.style(bold=True, top=1, num_format="#,##0")
    row = 1
    for section in sections:
        for table in section.tables:
            first = row
            for part in table.parts:
                sheet.write_string(row, 0, str(section.grant), text)
                sheet.write_string(row, 1, SIDES[table.side], text)
                sheet.write_string(row, 2, part.area, text)
                sheet.write_string(row, 3, part.title, text)
                paper.fit(sheet, row, {2: part.area, 3: part.title})
                amounts = (part.national_amount, part.amount)
                for column, amount in enumerate(amounts, start=4):
                    if amount is not None:
                        sheet.write_number(row, column, amount, number)
                row += 1
            for column in range(4):
                label = TEXTS["total"] if column == 0 else ""
                sheet.write_string(row, column, label, total)
            totals = (table.national_total, table.total)
            for column, amount in enumerate(totals, start=4):
                if amount is None:
                    sheet.write_blank(row, column, None, total)
                    continue
                formula = f"=SUM({xl_range(first, column, row - 1, column)})"
                sheet.write_formula(row, column, formula, total_number, amount)
            row += 2


def _write_grants(paper: _Paper, sections: Sequence[Section]) -> None:
    sheet = paper.sheet(TEXTS["grants"], GRANT_WIDTHS)
    names = ["grant", "record_number", "agreement", "amount", "national_amount", "status"]
    names += ["applied", "preparation", "relief", "in_table", "background"]
    paper.headers(sheet, 0, [TEXTS[name] for name in names])
    sheet.freeze_panes(1, 1)
    text, number = paper.style(text_wrap=True), paper.style(num_format="#,##0")
    for row, section in enumerate(sections, start=1):
        grant = section.grant
        cells: list[object] = [
            str(grant),
            grant.record_number,
            str(grant.agreement or ""),
            grant.amount,
            grant.national_amount,
            STATUSES[grant.status] if section.is_applied_for else "",
            grant.applied_amount if grant.origin == Grant.Origin.APPLIED else None,
            grant.preparation,
            TEXTS["yes" if section.has_relief else "no"],
            TEXTS["yes" if section.is_in_table else "no"],
            plain(grant.background, Words()),
        ]
        for column, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(row, column, cell, number)
            elif cell is not None:
                sheet.write_string(row, column, str(cell), text)
        paper.fit(sheet, row, {at: str(cell or "") for at, cell in enumerate(cells)})


def _write_decisions(paper: _Paper, sections: Sequence[Section]) -> None:
    sheet = paper.sheet(TEXTS["decisions"], DECISION_WIDTHS)
    names = ["grant", "date", "decided_by", "record_number", "decision"]
    paper.headers(sheet, 0, [TEXTS[name] for name in names])
    sheet.freeze_panes(1, 0)
    text = paper.style(text_wrap=True)
    day = paper.style(num_format="yyyy-mm-dd", align="left")
    row = 1
    for section in sections:
        for decision in section.decisions:
            sheet.write_string(row, 0, str(section.grant), text)
            sheet.write_datetime(row, 1, datetime.combine(decision.decided_on, time()), day)
            sheet.write_string(row, 2, decision.deciding_body, text)
            sheet.write_string(row, 3, decision.record_number, text)
            sheet.write_string(row, 4, decision.text, text)
            paper.fit(sheet, row, {2: decision.deciding_body, 4: decision.text})
            row += 1


def _number(amount: int, unit: Unit) -> float:
    """Return kronor in the unit."""
    return amount / KRONOR[unit]


def _format(decimals: int, *, signed: bool = False) -> str:
    """Return how a column's amounts look; the separators follow the reader's language."""
    look = "#,##0" + (f".{'0' * decimals}" if decimals else "")
    return f"+{look};-{look};{look}" if signed else look
