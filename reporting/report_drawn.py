"""The things that a page of a report shows: questions, inputs, tables and remarks.

Plain values, which ``report_fields`` makes from a form and the answers to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from municipalities.numbers import grouped, kronor
from reporting.answer_review import whole_number
from reporting.report_form import AMOUNTS, Kind, Option, Part, Question, Section

TEMPLATES = {
    Kind.TEXT: "reporting/_question_text.html",
    Kind.NUMBER: "reporting/_question_amount.html",
    Kind.KRONOR: "reporting/_question_amount.html",
    Kind.CHOICE: "reporting/_question_choice.html",
    Kind.PURPOSES: "reporting/_question_purposes.html",
    Kind.COSTS: "reporting/_question_costs.html",
    Kind.ACTIVITIES: "reporting/_question_activities.html",
    Kind.FILE: "reporting/_question_file.html",
}

READ_TEMPLATES = {
    Kind.PURPOSES: "reporting/_answer_purposes.html",
    Kind.COSTS: "reporting/_answer_costs.html",
    Kind.ACTIVITIES: "reporting/_answer_activities.html",
}
"""What shows an answer to a reader; the other kinds are words (``_answer_words.html``)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """An input."""

    name: str
    part: Part
    label: str
    """What it is called for those who do not see where it stands."""
    value: str = ""
    errors: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    described_by: str = ""
    column: str = ""

    @property
    def id(self) -> str:
        """The input's id on the page."""
        return id_of(self.name)

    @property
    def describes(self) -> str:
        """The ids of what describes it: help, and what is wrong."""
        own = f"{self.id}-error" if self.errors else ""
        return " ".join(each for each in (self.described_by, own) if each)

    @property
    def amount(self) -> int | None:
        """The number that stands there; none where it is empty or cannot be read."""
        if self.part is not Part.AMOUNT:
            return None
        try:
            return whole_number(self.value)
        except ValueError:
            return None

    @property
    def said(self) -> str:
        """What stands there, to be read: a choice by its words, a number in groups."""
        amount = self.amount
        if amount is not None:
            return grouped(amount)
        text = self.value.strip()
        return next((each.label for each in self.options if each.key == text), text)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table."""

    label: str
    cells: tuple[Cell, ...]
    planned: int | None = None
    """Kronor that were planned for it."""

    @property
    def is_answered(self) -> bool:
        """Whether anything stands in it."""
        return any(cell.said for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Block:
    """A purpose in a table of costs, with a line for each cost group."""

    label: str
    lines: tuple[Line, ...]

    @property
    def answered(self) -> list[Line]:
        """The lines that something stands in."""
        return [line for line in self.lines if line.is_answered]

    @property
    def sum(self) -> int | None:
        """What its amounts come to."""
        return sum_of(cell for line in self.lines for cell in line.cells)


@dataclass(frozen=True, slots=True)
class DrawnQuestion:
    """A question as it stands on the page."""

    question: Question
    cells: tuple[Cell, ...]
    errors: tuple[str, ...] = ()
    """What is wrong with the answer as a whole."""
    note: str = ""
    """When it is answered, if not always."""
    total: int | None = None
    """What a table sums to, once something is written."""
    is_asked: bool = True
    """Whether its condition is met, as the other answers stand."""
    planned: Mapping[str, int] = field(default_factory=dict)
    """Kronor that the municipality planned, by the row's key."""
    files: Sequence[object] = ()
    """The files that answer it (``ReportFile``)."""
    is_prefilled: bool = False
    """Whether what stands in it is a proposal that nobody has gone through."""

    @property
    def template(self) -> str:
        """What draws it."""
        return TEMPLATES[self.question.kind]

    @property
    def read_template(self) -> str:
        """What shows the answer to a reader."""
        return READ_TEMPLATES.get(self.question.kind, "reporting/_answer_words.html")

    @property
    def is_answered(self) -> bool:
        """Whether anything stands in it."""
        return any(cell.said for cell in self.cells)

    @property
    def said(self) -> str:
        """The answer of a question with one input, to be read."""
        amount = self.cell.amount
        if amount is not None and self.question.kind in AMOUNTS and self.is_kronor:
            return kronor(amount)
        return self.cell.said

    @property
    def sum(self) -> int | None:
        """What the amounts come to, also where nobody has reviewed them."""
        return sum_of(self.cells)

    @property
    def planned_total(self) -> int:
        """What was planned in all."""
        return sum(self.planned.values())

    @property
    def all_errors(self) -> list[str]:
        """What is wrong, for whom there are no inputs to stand by."""
        of_cells = (error for cell in self.cells for error in cell.errors)
        return [*self.errors, *dict.fromkeys(of_cells)]

    @property
    def id(self) -> str:
        """Its id on the page."""
        return f"fraga-{self.question.key}"

    @property
    def cell(self) -> Cell:
        """The only input of a question that has one."""
        return self.cells[0]

    @property
    def described_by(self) -> str:
        """The ids of what is said of the whole question."""
        said = {
            "help": self.question.help,
            "note": self.note,
            "error": self.errors,
        }
        return " ".join(f"{self.id}-{name}" for name, what in said.items() if what)

    @property
    def is_kronor(self) -> bool:
        """Whether its amount is in kronor."""
        return self.question.kind is not Kind.NUMBER

    @property
    def lines(self) -> list[Line]:
        """The rows of a table of purposes, or of a list of activities."""
        if self.question.kind is Kind.ACTIVITIES:
            rows = groupby(self.cells, key=lambda cell: cell.name.split(".")[1])
            return [Line(number, tuple(cells)) for number, cells in rows]
        return [
            Line(row.label, (cell,), self.planned.get(row.key))
            for row, cell in zip(self.question.rows, self.cells, strict=True)
        ]

    @property
    def activities(self) -> list[Line]:
        """What is written in a list of activities, without the columns that stand empty."""
        lines = [line for line in self.lines if line.is_answered]
        used = {cell.part for line in lines for cell in line.cells if cell.said}
        used |= {Part.TEXT, Part.STATE}
        return [
            Line(line.label, tuple(cell for cell in line.cells if cell.part in used))
            for line in lines
        ]

    @property
    def answered_blocks(self) -> list[Block]:
        """The purposes of a table of costs that something is written about."""
        return [block for block in self.blocks if block.answered]

    @property
    def blocks(self) -> list[Block]:
        """The purposes of a table of costs."""
        left = iter(self.cells)
        return [
            Block(
                row.label,
                tuple(
                    Line(group.label, (next(left), next(left)))
                    for group in row.groups or self.question.groups
                ),
            )
            for row in self.question.rows
        ]


@dataclass(frozen=True, slots=True)
class Remark:
    """A check that does not hold."""

    text: str
    is_blocking: bool


@dataclass(frozen=True, slots=True)
class DrawnSection:
    """A section as it stands on the page."""

    section: Section
    questions: tuple[DrawnQuestion, ...]
    remarks: tuple[Remark, ...] = ()


def sum_of(cells: Iterable[Cell]) -> int | None:
    """Return what the amounts that can be read come to; none where there are none."""
    amounts = [amount for cell in cells if (amount := cell.amount) is not None]
    return sum(amounts) if amounts else None


def id_of(name: str) -> str:
    """Return an input's id.

    >>> id_of("kostnader.samrad.resor")
    'svar-kostnader-samrad-resor'
    """
    return "svar-" + name.replace(".", "-")
