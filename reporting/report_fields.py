"""A form as it is filled in: each question with its inputs, and what is wrong with them.

``draw`` makes plain things from the definition, and the template ``_report_section.html``
shows them. The preview of a form and the municipality's report are drawn by the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from municipalities.numbers import grouped, kronor
from municipalities.templatetags.ui import Mistake
from reporting.report_form import (
    AMOUNTS,
    STATES,
    TABLES,
    Field,
    Finding,
    Form,
    Kind,
    Option,
    Part,
    Question,
    Review,
    Section,
    asked_in,
    fields_of,
    purposes_of,
    whole_number,
)
from reporting.report_words import PARTS, finding_in_words
from reporting.report_words import STATES as STATE_WORDS

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


def draw(
    form: Form, answers: Mapping[str, str], review: Review | None = None
) -> list[DrawnSection]:
    """Return the form with the answers in it, and with what a review has found."""
    return [draw_section(form, each, answers, review) for each in form.sections]


def draw_section(
    form: Form,
    section: Section,
    answers: Mapping[str, str],
    review: Review | None = None,
) -> DrawnSection:
    """Return one section: a report is filled in section by section."""
    findings = review.of_section(section.key) if review else []
    sums = review.sums if review else {}
    asked, purposes = asked_in(form, answers), purposes_of(form)
    questions = []
    for question in section.questions:
        own = [each for each in findings if each.field.partition(".")[0] == question.key]
        whole = [finding_in_words(each) for each in own if each.code == "required"]
        is_table = question.kind in TABLES
        drawn = DrawnQuestion(
            question,
            (),
            errors=tuple(whole),
            note=when_asked(form, question),
            total=sums.get(question.calculated_name) if is_table else None,
            is_asked=question.key in asked,
        )
        errors = _errors([each for each in own if each.code != "required"])
        cells = (
            _cell(each, answers, errors, purposes, drawn.described_by)
            for each in fields_of(question, answers)
        )
        questions.append(replace(drawn, cells=tuple(cells)))
    return DrawnSection(section, tuple(questions), tuple(remarks(findings)))


def _errors(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Return what is wrong with each field, in words."""
    errors: dict[str, list[str]] = {}
    for each in findings:
        errors.setdefault(each.field, []).append(finding_in_words(each))
    return errors


def remarks(findings: Sequence[Finding]) -> Iterator[Remark]:
    """Yield the checks that do not hold."""
    for finding in findings:
        if finding.code == "check":
            yield Remark(finding_in_words(finding), finding.is_blocking)


def mistakes(form: Form, review: Review) -> list[Mistake]:
    """Return all that is to mend, each with the input to go to, for the page's summary."""
    return [mistake_of(form, each) for each in review.findings if each.is_blocking]


def mistake_of(form: Form, finding: Finding) -> Mistake:
    """Return what is to mend, with its question, and the input to go to."""
    text = finding_in_words(finding)
    question = form.question(finding.field.partition(".")[0])
    if question is not None:
        place = _place_of_finding(question, finding)
        text = " ".join(filter(None, [question.label, place and f"{place}:", text]))
    target = id_of(finding.field) if finding.field else ""
    if question is not None and question.kind is Kind.CHOICE and question.options:
        target = f"{target}-{question.options[0].key}"
    return Mistake(text, target)


def _place_of_finding(question: Question, finding: Finding) -> str:
    """Return where in a table or a list something is wrong; nothing if with the whole."""
    if finding.code == "required":
        return ""
    for each in fields_of(question, {finding.field: "x"}):
        if each.name == finding.field:
            return place_of(each)
    return ""


def when_asked(form: Form, question: Question) -> str:
    """Return in words when a question is answered; nothing if always."""
    condition = question.condition
    other = form.question(condition.question) if condition else None
    if condition is None or other is None:
        return ""
    labels = [each.label for each in other.options if each.key in condition.options]
    return _("Answered if you have chosen %(answers)s on “%(question)s”") % {
        "answers": _(" or ").join(
            _("“%(answer)s”") % {"answer": label} for label in labels
        ),
        "question": other.label,
    }


def in_words(form: Form, each: Field, text: str) -> str:
    """Return what stands in a field, to be read: a choice by its words, kronor as such."""
    cell = _cell(each, {each.name: text}, {}, purposes_of(form), "")
    if cell.amount is not None and each.question.kind is not Kind.NUMBER:
        return kronor(cell.amount)
    return cell.said


def place_of(each: Field) -> str:
    """Return where in its question a field stands; nothing where it is the only one."""
    if each.row is None and not each.number:
        return ""
    label = _cell(each, {}, {}, (), "").label
    return label if each.part is not Part.AMOUNT else label.rpartition(": ")[0]


def options_of(each: Field, purposes: tuple[Option, ...]) -> tuple[Option, ...]:
    """Return what a field chooses among, if it does; ``purposes`` are the form's."""
    if each.question.kind is Kind.CHOICE:
        return each.question.options
    if each.part is Part.STATE:
        return tuple(Option(key, capfirst(str(STATE_WORDS[key]))) for key in STATES)
    return purposes if each.part is Part.PURPOSE else ()


def _cell(
    each: Field,
    answers: Mapping[str, str],
    errors: Mapping[str, Sequence[str]],
    purposes: tuple[Option, ...],
    described_by: str,
) -> Cell:
    column = str(PARTS[each.part])
    where = [
        _("Activity %(number)s") % {"number": each.number} if each.number else "",
        each.row.label if each.row else "",
        each.group.label if each.group else "",
    ]
    return Cell(
        name=each.name,
        part=each.part,
        label=": ".join(filter(None, [*where, column])),
        value=answers.get(each.name, ""),
        errors=tuple(errors.get(each.name, ())),
        options=options_of(each, purposes),
        described_by=described_by,
        column=column,
    )
