"""A municipality's report as a workbook to fill in: a sheet for each section.

Only the yellow cells can be written in. Amounts are numbers and choices are lists; sums
and checks are live formulas. ``report_marks`` says what is hidden in the sheets, and
``report_upload`` reads the workbook back.

The document is Swedish, with its texts in ``TEXTS``. The same facts give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import Final

import xlsxwriter
from django.utils import translation
from xlsxwriter.worksheet import Worksheet

from reporting.answer_review import review
from reporting.expressions import Expression, ExpressionError, Sum, Values, parse
from reporting.printed_workbook import OPTIONS
from reporting.report_form import Check, Form, Section
from reporting.report_marks import (
    INSTRUCTIONS,
    Stamp,
    form_mark,
    is_answerable,
    sheet_names,
)
from reporting.report_paper import Paper
from reporting.report_workbook_sections import Amount, SectionSheet
from reporting.swedish import day

TEXTS: Final = {
    "title": "{}: {}",
    "municipality": "Kommun",
    "body": "Redovisas till",
    "due_on": "Sista dag",
    "made_on": "Hämtad",
    "ledger": "Era pengar",
    "how": "Så här gör du",
    "there": "Till sidan där filen läses in",
    "sections": "Avsnitt",
    "checks": "Det här ska stämma",
    "left": "Vänster led, kr",
    "right": "Höger led, kr",
    "result": "Stämmer det?",
    "holds": "Stämmer",
    "fails": "Stämmer inte",
    "open": "Inte ifyllt än",
}
FACTS: Final = {
    "tilldelat": "Tilldelat, kr",
    "rekvirerat": "Rekvirerat, kr",
    "utbetalat": "Utbetalat, kr",
}
STEPS: Final = (
    "Gå igenom flikarna nedan, en för varje avsnitt. Skriv i de gula cellerna.",
    "Belopp skrivs i hela kronor. Där det finns en lista väljer du ett svar i den.",
    "Spara filen och läs in den på webben. Du får se vad som ändras innan det sparas.",
    "Det du inte ändrar i filen ändras inte på webben. Flera kan skriva samtidigt.",
    "Bilagor lägger du till på webben. Där skickar ni också in redovisningen.",
)
WIDTHS: Final = (62, 18, 18, 18)
COMPARISONS: Final = {"≠": "<>", "≤": "<=", "≥": ">="}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a workbook is about."""

    round: int
    report: str
    """What is reported: Slutredovisning."""
    grant: str
    body: str
    code: str
    municipality: str
    due_on: date
    made_on: date
    address: str = ""
    """Where it is read back."""


def report_workbook(
    subject: Subject,
    form: Form,
    answers: Mapping[str, str],
    facts: Mapping[str, int],
    versions: Mapping[str, int],
) -> bytes:
    """Return an xlsx workbook of the form with what is answered so far.

    ``facts`` are the ledger's sums; ``versions`` are the sections', by their keys.
    """
    title = TEXTS["title"].format(subject.report, subject.grant)
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book, translation.override("sv"):
        # The day, so that the same facts give the same bytes.
        created = datetime.combine(subject.made_on, time())
        book.set_properties({"title": title, "author": subject.body, "created": created})
        paper = Paper(book, title)
        stamp = Stamp(subject.round, subject.code, form_mark(form))
        front = paper.sheet(INSTRUCTIONS, stamp, WIDTHS)
        sections = [each for each in form.sections if is_answerable(each)]
        names = sheet_names(sections)
        amounts: dict[str, Amount] = {}
        for section in sections:
            own = Stamp(
                stamp.round, stamp.code, stamp.form, section.key, versions[section.key]
            )
            sheet = paper.sheet(names[section.key], own, SectionSheet.widths(section))
            written = SectionSheet(paper, sheet, form, section, answers)
            written.write(f"{subject.grant}. {subject.municipality}.")
            amounts |= written.amounts
        values = review(form, answers, facts).sums
        _Front(paper, front, subject).write(
            form, facts, [(names[each.key], each) for each in sections], amounts, values
        )
        paper.write_lists()
        front.activate()
    return buffer.getvalue()


class _Front:
    """The first sheet: whose it is, how it works, and what must hold."""

    def __init__(self, paper: Paper, sheet: Worksheet, subject: Subject) -> None:
        self.paper, self.sheet, self.subject = paper, sheet, subject
        self.row = 1

    def write(
        self,
        form: Form,
        facts: Mapping[str, int],
        sections: list[tuple[str, Section]],
        amounts: Mapping[str, Amount],
        values: Values,
    ) -> None:
        """Write it all."""
        about = self.subject
        self._line(self.paper.title, style="title")
        self.sheet.set_row(1, 24)
        self._line(form.introduction, style="plain")
        self.row += 1
        for name, value in [
            ("municipality", f"{about.municipality} ({about.code})"),
            ("body", about.body),
            ("due_on", day(about.due_on)),
            ("made_on", day(about.made_on)),
        ]:
            self._line(TEXTS[name], value)
        self._heading("ledger")
        cells = {}
        for name, label in FACTS.items():
            self.sheet.write_string(self.row, 1, label, self.paper.style("text"))
            style = self.paper.style("kr")
            self.sheet.write_number(self.row, 2, facts.get(name, 0), style)
            cells[name] = f"$C${self.row + 1}"
            self.row += 1
        self._heading("how")
        for number, step in enumerate(STEPS, start=1):
            self._line(f"{number}. {step}", style="step")
        if about.address:
            link = self.paper.style("link")
            text = TEXTS["there"]
            self.sheet.write_url(self.row, 1, about.address, link, text)
            self.row += 1
        self._heading("sections")
        for name, section in sections:
            link = self.paper.style("link")
            self.sheet.write_url(self.row, 1, f"internal:'{name}'!B2", link, section.title)
            self.row += 1
        self._checks(form, cells, amounts, values)
        self.paper.close(self.sheet, set(), self.row)

    def _line(self, text: str, value: str = "", style: str = "text") -> None:
        self.sheet.write_string(self.row, 1, text, self.paper.style(style))
        if value:
            self.sheet.write_string(self.row, 2, value, self.paper.style("value"))
        self.row += 1

    def _heading(self, name: str) -> None:
        self.row += 1
        self._line(TEXTS[name], style="heading")

    def _checks(
        self,
        form: Form,
        facts: Mapping[str, str],
        amounts: Mapping[str, Amount],
        values: Values,
    ) -> None:
        """Write the checks that can be counted, each with its two sides."""
        cells = dict(facts) | {name: each.cell for name, each in amounts.items()}
        found = [
            (check, expression)
            for check in form.checks
            for expression in _read(check)
            if set(expression.names) <= cells.keys()
        ]
        if not found:
            return
        self._heading("checks")
        names = ("", "left", "right", "result")
        for column, name in enumerate(names, start=1):
            style = {1: "header", 4: "header beside"}.get(column, "header of numbers")
            text = TEXTS[name] if name else ""
            self.sheet.write_string(self.row, column, text, self.paper.style(style))
        self.row += 1
        for check, expression in found:
            self._check(check, expression, cells, amounts, values)

    def _check(
        self,
        check: Check,
        expression: Expression,
        cells: Mapping[str, str],
        amounts: Mapping[str, Amount],
        values: Values,
    ) -> None:
        sheet, row, style = self.sheet, self.row, self.paper.style
        text = check.message or check.expression
        sheet.write_string(row, 1, text, style("text"))
        self.paper.fit(sheet, row, (text, WIDTHS[0]))
        left, right = expression.left.value(values), expression.right.value(values)
        sides = ((2, expression.left, left), (3, expression.right, right))
        for column, side, value in sides:
            formula = f"={_formula(side, cells)}"
            sheet.write_formula(row, column, formula, style("kr"), value or 0)
        filled = [
            f"COUNT({amounts[name].cells})>0"
            for name in expression.names
            if name in amounts and amounts[name].is_always_asked
        ]
        sign = COMPARISONS.get(expression.sign, expression.sign)
        holds = f'IF(C{row + 1}{sign}D{row + 1},"{TEXTS["holds"]}","{TEXTS["fails"]}")'
        is_open = f'IF(AND({",".join(filled)}),{holds},"{TEXTS["open"]}")'
        result = "open"
        if left is not None and right is not None:
            result = "holds" if expression.holds(left, right) else "fails"
        formula = f"={is_open if filled else holds}"
        sheet.write_formula(row, 4, formula, style("result"), TEXTS[result])
        for name, colour in (("fails", "#A3261B"), ("holds", "#1B6B3A")):
            look = self.paper.look(name, font_color=colour)
            rule = {"type": "cell", "criteria": "==", "value": f'"{TEXTS[name]}"'}
            sheet.conditional_format(row, 4, row, 4, rule | {"format": look})
        self.row += 1


def _read(check: Check) -> list[Expression]:
    try:
        return [parse(check.expression)]
    except ExpressionError:
        return []


def _formula(side: Sum, cells: Mapping[str, str]) -> str:
    """Return a side of a check as a formula."""
    text = ""
    for sign, parts in side.terms:
        factors = [
            f"({_formula(part, cells)})"
            if isinstance(part, Sum)
            else cells[part]
            if isinstance(part, str)
            else str(part)
            for part in parts
        ]
        text += ("-" if sign < 0 else "+") + "*".join(factors)
    return text.removeprefix("+") or "0"
