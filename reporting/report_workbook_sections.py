"""The sheet of one section in a report's workbook: its questions, with what is answered.

Column B holds the words and, for an activity, what it is; the answers stand in the columns
after it. ``report_marks`` says what the hidden first row and column hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from xlsxwriter.utility import xl_range, xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from reporting.answer_review import LARGEST, LONGEST, whole_number
from reporting.report_fields import options_of, when_asked
from reporting.report_form import (
    ACTIVITIES,
    AMOUNTS,
    Field,
    Form,
    Kind,
    Part,
    Question,
    Section,
    activities_in,
    fields_of,
    purposes_of,
)
from reporting.report_marks import NOTHING, all_fields, fingerprint, plain
from reporting.report_paper import Paper
from reporting.report_words import PARTS

TEXTS: Final = {
    "hint": "Skriv i de gula cellerna. Hela kronor, utan decimaler.",
    "hint of words": "Skriv i de gula cellerna. Ny rad i en cell: Alt och Retur.",
    "required": "Måste besvaras.",
    "files": "Filer bifogar ni på webben.",
    "files added": "Bifogat på webben: {}",
    "purpose": "Syfte",
    "cost": "Syfte och kostnadsslag",
    "sum": "Summa",
    "amount title": "Hela kronor",
    "amount": "Skriv ett helt belopp i siffror, utan decimaler och inte negativt.",
    "number title": "Helt tal",
    "number": "Skriv ett helt tal i siffror. Det kan inte vara negativt.",
    "list title": "Välj i listan",
    "list": "Välj ett av svaren i listan.",
    "text title": "För lång text",
    "text": f"Texten kan ha högst {LONGEST:,} tecken.".replace(",", " "),
}

WORDS, FIRST, SECOND = range(1, 4)
"""Columns, from 0: words, then the answers beside them."""
NARROW, WIDE = (52, 18, 62), (52, 70)
WITH_ACTIVITIES = (52, 18, 62, 28)

ORDER: Final = (Part.TEXT, Part.STATE, Part.COMMENT, Part.PURPOSE)
"""The columns of an activity."""
SPARE, FEWEST = 10, 15
"""Empty rows in a list of activities, and rows in the shortest."""
TEXT_LINES: Final = 6
"""How high the cell of a longer text is, at least."""
MOST_IN_CELL: Final = 32_767
MOST_IN_FORMULA: Final = 200


@dataclass(frozen=True, slots=True)
class Amount:
    """Where an amount that calculations use stands."""

    cell: str
    cells: str
    """What is filled in: the same cell, or all of a table's."""
    is_always_asked: bool


class SectionSheet:
    """A section on its sheet, written from the top."""

    def __init__(
        self,
        paper: Paper,
        sheet: Worksheet,
        form: Form,
        section: Section,
        answers: Mapping[str, str],
    ) -> None:
        self.paper, self.sheet = paper, sheet
        self.form, self.section, self.answers = form, section, answers
        self.purposes = purposes_of(form)
        self.width = dict(enumerate(self.widths(section), start=WORDS))
        self.row = 1
        self.keyed: set[int] = set()
        self.chosen: dict[str, str] = {}
        """The cell of each choice, by the question's key."""
        self.amounts: dict[str, Amount] = {}
        """By the name in calculations."""

    @staticmethod
    def widths(section: Section) -> Sequence[int]:
        """Return how wide the columns are from B on: a text needs room."""
        kinds = {question.kind for question in section.questions}
        if Kind.ACTIVITIES in kinds:
            return WITH_ACTIVITIES
        return NARROW if kinds & AMOUNTS else WIDE

    def write(self, subtitle: str) -> None:
        """Write the whole section."""
        for number in self.width:
            self.text(0, number, f"svar{number}")
        self.text(1, WORDS, self.section.title, "title")
        self.sheet.set_row(1, 24)
        self.text(2, WORDS, subtitle, "plain")
        has_amounts = any(each.kind in AMOUNTS for each in self.section.questions)
        self.text(3, WORDS, TEXTS["hint" if has_amounts else "hint of words"], "plain")
        self.row = 4
        if self.section.help:
            self.text(4, WORDS, self.section.help)
            self.paper.fit(self.sheet, 4, (self.section.help, self.width[WORDS]))
            self.row = 5
        for question in self.section.questions:
            self.row += 1
            if question.kind in {Kind.PURPOSES, Kind.COSTS, Kind.ACTIVITIES}:
                self._table(question)
            else:
                self._single(question, SECOND if SECOND in self.width else FIRST)
        self.sheet.freeze_panes(2, 0)
        self.paper.close(self.sheet, self.keyed, self.row)

    def text(self, row: int, column: int, text: str, style: str = "text") -> None:
        """Write a text as a text, also where it looks like a formula."""
        self.sheet.write_string(row, column, text[:MOST_IN_CELL], self.paper.style(style))

    # Questions ---------------------------------------------------------------------

    def _label(self, question: Question) -> str:
        """Write what is asked and, below it, what helps to answer it."""
        when = when_asked(self.form, question)
        remarks = [
            f"{when}." if when else "",
            TEXTS["required"] if question.is_required else "",
            question.help,
        ]
        remark = " ".join(filter(None, remarks))
        if not remark:
            self.text(self.row, WORDS, question.label, "strong")
            return question.label
        style = self.paper.style
        parts = (style("strong"), question.label, style("muted"), f"\n{remark}")
        self.sheet.write_rich_string(self.row, WORDS, *parts, style("text"))
        return f"{question.label}\n{remark}"

    def _single(self, question: Question, wide: int) -> None:
        """Write a question with one answer. ``wide`` is the column where texts stand."""
        texts = [(self._label(question), self.width[WORDS])]
        if question.kind is Kind.FILE:
            names = self.answers.get(question.key, "")
            text = TEXTS["files added"].format(names) if names else TEXTS["files"]
            self.text(self.row, wide, text, "muted")
        else:
            [each] = all_fields(question)
            column = wide if question.kind is Kind.TEXT else FIRST
            self._keys([None] * (column - WORDS) + [each])
            self._answer(column, each)
            cell = self._cell(self.row, column)
            if question.kind is Kind.CHOICE:
                self.chosen[question.key] = cell
            if question.kind in AMOUNTS:
                self._register(question, cell, cell)
            self._fade(question, self.row, column, self.row, column)
            texts.append((self._said(each), self.width[column]))
        least = TEXT_LINES if question.kind is Kind.TEXT else 1
        self.paper.fit(self.sheet, self.row, *texts, least=least)
        self.row += 1

    def _table(self, question: Question) -> None:
        label = self._label(question)
        self.paper.fit(self.sheet, self.row, (label, self.width[WORDS]))
        self.row += 1
        first = self.row
        if question.kind is Kind.ACTIVITIES:
            self._activities(question)
            last_column = len(ORDER)
        elif question.kind is Kind.COSTS:
            self._costs(question)
            last_column = SECOND
        else:
            self._purposes(question)
            last_column = FIRST
        self._fade(question, first, WORDS, self.row - 1, last_column)

    def _purposes(self, question: Question) -> None:
        self._head([TEXTS["purpose"], str(PARTS[Part.AMOUNT])])
        first = self.row
        for each in all_fields(question):
            self.text(self.row, WORDS, each.row.label if each.row else "")
            self._keys([None, each])
            self._answer(FIRST, each)
            self.row += 1
        cells = xl_range(first, FIRST, max(first, self.row - 1), FIRST)
        self._sum(question, f"=SUM({cells})", self._range(first, self.row - 1))

    def _costs(self, question: Question) -> None:
        self._head([TEXTS["cost"], str(PARTS[Part.AMOUNT]), str(PARTS[Part.COMMENT])])
        first, subtotals = self.row, []
        fields = iter(all_fields(question))
        for purpose in question.rows:
            groups = purpose.groups or question.groups
            at = self.row
            self.text(at, WORDS, purpose.label, "group")
            self.text(at, SECOND, "", "group")
            total = 0
            for group in groups:
                self.row += 1
                amount, comment = next(fields), next(fields)
                self.text(self.row, WORDS, group.label, "inner")
                self._keys([None, amount, comment])
                self._answer(FIRST, amount)
                self._answer(SECOND, comment)
                said = self._said(comment)
                self.paper.fit(self.sheet, self.row, (said, self.width[SECOND]))
                total += self._number(amount) or 0
            cells = xl_range(at + 1, FIRST, self.row, FIRST)
            style = self.paper.style("group of kr")
            self.sheet.write_formula(at, FIRST, f"=SUM({cells})", style, total)
            subtotals.append(xl_rowcol_to_cell(at, FIRST))
            self.row += 1
        # The rows of the purposes are not counted: they are sums themselves.
        formula = f"={'+'.join(subtotals) or '0'}"
        self._sum(question, formula, self._range(first, self.row - 1))

    def _activities(self, question: Question) -> None:
        self._head([str(PARTS[part]) for part in ORDER], of_numbers=False)
        used = activities_in(question, self.answers)
        shown = min(ACTIVITIES, max(FEWEST, used + SPARE))
        columns = list(enumerate(ORDER, start=WORDS))
        for number, fields in groupby(all_fields(question), lambda each: each.number):
            if number > shown:
                break
            by_part = {each.part: each for each in fields}
            self._keys([by_part[part] for part in ORDER])
            for column, part in columns:
                self._answer(column, by_part[part])
            said = [(self._said(by_part[part]), column) for column, part in columns]
            texts = [(text, self.width[column]) for text, column in said]
            self.paper.fit(self.sheet, self.row, *texts)
            self.row += 1

    # Cells ---------------------------------------------------------------------------

    def _head(self, names: Sequence[str], *, of_numbers: bool = True) -> None:
        for column, name in enumerate(names, start=WORDS):
            is_number = of_numbers and column == FIRST
            beside = "header" if of_numbers and column == WORDS else "header beside"
            style = "header of numbers" if is_number else beside
            self.text(self.row, column, name, style)
        self.row += 1

    def _sum(self, question: Question, formula: str, cells: str) -> None:
        self.text(self.row, WORDS, TEXTS["sum"], "sum")
        amounts = (self._number(each) for each in fields_of(question, {}) if each.is_amount)
        total = sum(amount for amount in amounts if amount)
        style = self.paper.style("sum of kr")
        self.sheet.write_formula(self.row, FIRST, formula, style, total)
        self._register(question, self._cell(self.row, FIRST), cells)
        self.row += 1

    def _keys(self, fields: Sequence[Field | None]) -> None:
        """Say in the hidden column what is answered in each column of the row."""
        marks = [
            f"{each.name}#{fingerprint(each, self._said(each))}" if each else NOTHING
            for each in fields
        ]
        self.text(self.row, 0, " ".join(marks))
        self.keyed.add(self.row)

    def _answer(self, column: int, each: Field) -> None:
        """Write a cell to write in, with what stands there so far."""
        sheet, row = self.sheet, self.row
        said = plain(each, self._said(each))
        options = options_of(each, self.purposes)
        style = self.paper.style("amount" if each.is_amount else "words")
        number = self._number(each)
        if number is not None:
            sheet.write_number(row, column, number, style)
        elif said:
            labels = {option.key: option.label for option in options}
            sheet.write_string(row, column, labels.get(said, said)[:MOST_IN_CELL], style)
        else:
            sheet.write_blank(row, column, None, style)
        if each.is_amount:
            name = "number" if each.question.kind is Kind.NUMBER else "amount"
            self._validate(
                column,
                name,
                validate="integer",
                criteria="between",
                minimum=0,
                maximum=LARGEST,
            )
        elif options:
            source = self.paper.choices([option.label for option in options])
            self._validate(column, "list", validate="list", source=source)
        else:
            self._validate(column, "text", validate="length", criteria="<=", value=LONGEST)

    def _validate(self, column: int, name: str, **rule: object) -> None:
        rule |= {"error_title": TEXTS[f"{name} title"], "error_message": TEXTS[name]}
        self.sheet.data_validation(self.row, column, self.row, column, rule)

    def _fade(
        self, question: Question, row: int, column: int, last: int, last_column: int
    ) -> None:
        """Let the cells of a question be grey as long as it is not asked."""
        condition = question.condition
        other = self.form.question(condition.question) if condition else None
        cell = self.chosen.get(condition.question) if condition else None
        if condition is None or other is None or cell is None:
            return
        labels = [each.label for each in other.options if each.key in condition.options]
        if any(len(label) > MOST_IN_FORMULA for label in labels):
            return
        own = cell.rpartition("!")[2]
        differs = ",".join(
            '{}<>"{}"'.format(own, label.replace('"', '""')) for label in labels
        )
        rule = {
            "type": "formula",
            "criteria": f"=AND({differs})",
            "format": self.paper.look("faded", bg_color="#ECEEF0", border_color="#C9CED3"),
        }
        self.sheet.conditional_format(row, column, last, last_column, rule)

    def _said(self, each: Field) -> str:
        return self.answers.get(each.name, "")

    def _number(self, each: Field) -> int | None:
        if not each.is_amount:
            return None
        try:
            return whole_number(self._said(each))
        except ValueError:
            return None

    def _register(self, question: Question, cell: str, cells: str) -> None:
        always = question.condition is None
        self.amounts[question.calculated_name] = Amount(cell, cells, always)

    def _cell(self, row: int, column: int) -> str:
        cell = xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)
        return f"'{self.sheet.get_name()}'!{cell}"

    def _range(self, first: int, last: int) -> str:
        cells = xl_range_abs(first, FIRST, max(first, last), FIRST)
        return f"'{self.sheet.get_name()}'!{cells}"
