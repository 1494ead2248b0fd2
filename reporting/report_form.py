"""A report form: sections of questions, with conditions and calculated checks.

A form is plain data, so that a version of it is one value that never changes. Answers are
plain text by the name of each field, as they were typed; ``review`` reads them and says all
that is wrong at once. A field's name is the question's key and, in a table, what row and
column it is in: ``kostnader.samrad.arvoden``.

No Django: a page puts the codes into words.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any

from reporting.expressions import ExpressionError, is_name, normal, parse

KEY = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*\Z")
RESERVED = frozenset(
    {"base", "csrfmiddlewaretoken", "do", "fakta", "municipality", "remove", "seen"}
)
"""What the pages post besides the answers: no question has such a key."""
LARGEST = 10**12
"""Kronor: more is a slip of the hand."""
LONGEST = 20_000
"""Characters in a text."""
ACTIVITIES = 30
"""Rows in a list of activities."""
MOST_SECTIONS = 30
MOST_QUESTIONS = 150
MOST_LINES = 60
"""Options of a question, rows of a table, or cost groups of a row."""
MOST_CELLS = 400
"""Amounts in a table."""
MOST_FIELDS = 4_000
"""In a section: it is saved as a whole, and more is not taken in at once."""
MOST_CHECKS = 60


class Kind(StrEnum):
    """What a question is answered with."""

    TEXT = "text"
    NUMBER = "number"
    KRONOR = "kronor"
    CHOICE = "choice"
    PURPOSES = "purposes"
    """Kronor for each purpose."""
    COSTS = "costs"
    """Kronor and a comment for each purpose and cost group."""
    ACTIVITIES = "activities"
    """Activities that are done, planned, changed or dropped."""
    FILE = "file"


TABLES = {Kind.PURPOSES, Kind.COSTS}
"""What has a row for each purpose."""
AMOUNTS = {Kind.NUMBER, Kind.KRONOR, *TABLES}
"""What calculations can use. A table counts as its sum."""


class Part(StrEnum):
    """What a field in a table or a list holds."""

    AMOUNT = "amount"
    COMMENT = "comment"
    TEXT = "text"
    STATE = "state"
    PURPOSE = "purpose"


ACTIVITY_PARTS = (Part.TEXT, Part.STATE, Part.PURPOSE, Part.COMMENT)
"""What is said of an activity."""

STATES = ("planned", "done", "changed", "dropped")
"""How an activity stands."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose, or a column."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """A purpose in a table, with its cost groups."""

    key: str
    label: str
    groups: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """The question is asked only where another one is answered so."""

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """Something to answer.

    What is worked out from it is kept, since hundreds of reports answer the same question.
    """

    key: str
    kind: Kind
    label: str
    name: str = ""
    """What calculations call it."""
    help: str = ""
    is_required: bool = False
    options: tuple[Option, ...] = ()
    rows: tuple[Row, ...] = ()
    """Empty in a table: the grant's own purposes, put in when a round starts."""
    groups: tuple[Option, ...] = ()
    """Cost groups of the rows that have none of their own."""
    condition: Condition | None = None

    @cached_property
    def calculated_name(self) -> str:
        """The name in expressions."""
        return normal(self.name or self.label)

    @cached_property
    def fields(self) -> tuple["Field", ...]:
        """What is to be written, where it does not depend on what is written already."""
        if self.kind is Kind.PURPOSES:
            return tuple(
                Field(f"{self.key}.{row.key}", self, Part.AMOUNT, row) for row in self.rows
            )
        if self.kind is Kind.COSTS:
            return tuple(
                Field(f"{self.key}.{row.key}.{group.key}{ending}", self, part, row, group)
                for row in self.rows
                for group in row.groups or self.groups
                for part, ending in [(Part.AMOUNT, ""), (Part.COMMENT, ".kommentar")]
            )
        part = Part.AMOUNT if self.kind in AMOUNTS else Part.TEXT
        return (Field(self.key, self, part),)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form that is filled in by itself."""

    key: str
    title: str
    questions: tuple[Question, ...]
    help: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """What the figures must satisfy."""

    expression: str
    message: str = ""
    is_blocking: bool = True


@dataclass(frozen=True, slots=True)
class Form:
    """A whole form."""

    title: str
    sections: tuple[Section, ...]
    checks: tuple[Check, ...] = ()
    introduction: str = ""

    @property
    def questions(self) -> list[Question]:
        """All questions, in order."""
        return [question for section in self.sections for question in section.questions]

    def question(self, key: str) -> Question | None:
        """Return the question with the key, or none."""
        return next((each for each in self.questions if each.key == key), None)

    def section_of(self, key: str) -> Section:
        """Return the section that the question stands in."""
        return next(
            section
            for section in self.sections
            if any(question.key == key for question in section.questions)
        )


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to write: an input on the page, a cell in the spreadsheet."""

    name: str
    question: Question
    part: Part
    row: Row | None = None
    group: Option | None = None
    number: int = 0
    """The place in a list of activities, from 1."""

    @property
    def is_amount(self) -> bool:
        """Whether it is read as a number."""
        return self.part is Part.AMOUNT


# To and from data ------------------------------------------------------------------------


def dump(form: Form) -> dict[str, Any]:
    """Return the form as data that JSON can hold."""
    data: dict[str, Any] = asdict(form)
    return data


class FormError(ValueError):
    """The data is not a form."""


def load(data: Mapping[str, Any]) -> Form:
    """Return the form that ``dump`` made data of, or raise FormError."""
    try:
        return _form(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormError(str(error)) from error


def _form(data: Mapping[str, Any]) -> Form:
    return Form(
        title=data["title"],
        introduction=data.get("introduction", ""),
        sections=tuple(
            Section(
                key=section["key"],
                title=section["title"],
                help=section.get("help", ""),
                questions=tuple(_question(each) for each in section["questions"]),
            )
            for section in data["sections"]
        ),
        checks=tuple(Check(**check) for check in data.get("checks", [])),
    )


def _question(data: Mapping[str, Any]) -> Question:
    condition = data.get("condition")
    return Question(
        **{
            **data,
            "kind": Kind(data["kind"]),
            "options": _options(data.get("options", [])),
            "groups": _options(data.get("groups", [])),
            "rows": tuple(
                Row(row["key"], row["label"], _options(row.get("groups", [])))
                for row in data.get("rows", [])
            ),
            "condition": condition
            and Condition(condition["question"], tuple(condition["options"])),
        }
    )


def _options(data: Sequence[Mapping[str, str]]) -> tuple[Option, ...]:
    return tuple(Option(option["key"], option["label"]) for option in data)


def with_purposes(form: Form, purposes: Sequence[Option]) -> Form:
    """Return the form with the grant's purposes in the tables that have no rows."""

    def filled(question: Question) -> Question:
        if question.kind not in TABLES or question.rows:
            return question
        rows = tuple(Row(each.key, each.label, question.groups) for each in purposes)
        return replace(question, rows=rows)

    return replace(
        form,
        sections=tuple(
            replace(section, questions=tuple(map(filled, section.questions)))
            for section in form.sections
        ),
    )


def purposes_of(form: Form) -> tuple[Option, ...]:
    """Return what an activity can concern: the rows of the form's tables, each once."""
    labels: dict[str, str] = {}
    for question in form.questions:
        for row in question.rows:
            labels.setdefault(row.key, row.label)
    return tuple(Option(key, label) for key, label in labels.items())


# What is wrong with a form ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that must be mended before a form can be used."""

    code: str
    where: str = ""
    found: str = ""


def problems(form: Form, facts: Sequence[str]) -> list[Problem]:
    """Return all that is wrong with a form; ``facts`` are names of the ledger's sums."""
    return [
        *_problems_of_size(form),
        *_problems_of_keys(form),
        *_problems_of_names(form, facts),
        *(problem for each in form.questions for problem in _problems_of(each)),
        *_problems_of_conditions(form),
        *_problems_of_checks(form, facts),
    ]


def _problems_of_size(form: Form) -> Iterator[Problem]:
    for code, found, most in [
        ("too_many_sections", len(form.sections), MOST_SECTIONS),
        ("too_many_questions", len(form.questions), MOST_QUESTIONS),
        ("too_many_checks", len(form.checks), MOST_CHECKS),
    ]:
        if found > most:
            yield Problem(code, found=str(most))
    for question in form.questions:
        tables: list[Sequence[Option | Row]] = [
            question.options,
            question.rows,
            question.groups,
            *(row.groups for row in question.rows),
        ]
        if any(len(lines) > MOST_LINES for lines in tables):
            yield Problem("too_many_lines", question.key, str(MOST_LINES))
        cells = sum(len(row.groups or question.groups) for row in question.rows)
        if cells > MOST_CELLS:
            yield Problem("too_many_cells", question.key, str(MOST_CELLS))
    for section in form.sections:
        if sum(map(_most_fields, section.questions)) > MOST_FIELDS:
            yield Problem("section_too_large", section.key)


def _most_fields(question: Question) -> int:
    if question.kind is Kind.ACTIVITIES:
        return ACTIVITIES * len(ACTIVITY_PARTS)
    return len(question.fields)


def _problems_of_keys(form: Form) -> Iterator[Problem]:
    if not form.title.strip():
        yield Problem("form_title_lacking")
    if not form.questions:
        yield Problem("no_questions")
    for keys in (
        [section.key for section in form.sections],
        [question.key for question in form.questions],
    ):
        for key in dict.fromkeys(keys):
            if keys.count(key) > 1:
                yield Problem("key_twice", key)
            if not KEY.match(key):
                yield Problem("key_odd", key)
    for question in form.questions:
        if question.key in RESERVED:
            yield Problem("key_odd", question.key)
    for section in form.sections:
        if not section.title.strip():
            yield Problem("title_lacking", section.key)
        if not section.questions:
            yield Problem("section_empty", section.key)


def _problems_of_names(form: Form, facts: Sequence[str]) -> Iterator[Problem]:
    amounts = [each for each in form.questions if each.kind in AMOUNTS]
    names = [each.calculated_name for each in amounts]
    taken = {normal(fact) for fact in facts}
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield Problem("name_twice", found=name)
        if name in taken:
            yield Problem("name_is_fact", found=name)
    for each in amounts:
        # A label need not be a name: nobody can use it, and no sum needs it.
        if each.name.strip() and not is_name(each.calculated_name):
            yield Problem("name_odd", each.key, each.name)


def _problems_of(question: Question) -> Iterator[Problem]:
    if not question.label.strip():
        yield Problem("label_lacking", question.key)
    if question.kind is Kind.CHOICE and len(question.options) < 2:
        yield Problem("options_lacking", question.key)
    for row in question.rows:
        if question.kind is Kind.COSTS and not (row.groups or question.groups):
            yield Problem("groups_lacking", question.key, row.label)
    if question.kind is Kind.COSTS and not question.rows and not question.groups:
        yield Problem("groups_lacking", question.key)
    tables: list[Sequence[Option | Row]] = [
        question.options,
        question.groups,
        question.rows,
        *(row.groups for row in question.rows),
    ]
    for lines in tables:
        keys = [line.key for line in lines]
        labels = {normal(line.label) for line in lines}
        is_odd = len(labels) < len(lines) or not all(map(KEY.match, keys))
        if is_odd or len(set(keys)) < len(keys):
            yield Problem("option_key_odd", question.key)


def _problems_of_conditions(form: Form) -> Iterator[Problem]:
    asked: dict[str, Question] = {}
    for question in form.questions:
        condition = question.condition
        if condition is not None:
            other = asked.get(condition.question)
            if other is None or other.kind is not Kind.CHOICE:
                yield Problem("condition_unknown", question.key, condition.question)
            elif not condition.options or not set(condition.options) <= {
                option.key for option in other.options
            }:
                yield Problem("condition_option_unknown", question.key)
        asked[question.key] = question


def _problems_of_checks(form: Form, facts: Sequence[str]) -> Iterator[Problem]:
    known = {normal(fact) for fact in facts}
    known |= {each.calculated_name for each in form.questions if each.kind in AMOUNTS}
    for check in form.checks:
        try:
            expression = parse(check.expression)
        except ExpressionError as error:
            yield Problem(f"expression_{error.code}", check.expression, error.found)
            continue
        for name in expression.names:
            if name not in known:
                yield Problem("name_unknown", check.expression, name)


# Fields and answers ----------------------------------------------------------------------


def fields_of(question: Question, answers: Mapping[str, str]) -> list[Field]:
    """Return what is to be written; a list of activities has one row more than is used."""
    if question.kind is not Kind.ACTIVITIES:
        return list(question.fields)
    used = activities_in(question, answers)
    return [
        Field(f"{question.key}.{number}.{part}", question, part, number=number)
        for number in range(1, min(used + 1, ACTIVITIES) + 1)
        for part in ACTIVITY_PARTS
    ]


OF_AN_ACTIVITY = re.compile(r"([0-9]{1,3})\.\w+\Z")


def activities_in(question: Question, answers: Mapping[str, str]) -> int:
    """Return the number of the last activity that something is written about."""
    start = f"{question.key}."
    numbers = [
        int(match[1])
        for name, text in answers.items()
        if name.startswith(start)
        and (match := OF_AN_ACTIVITY.match(name, len(start)))
        and text.strip()
    ]
    return max((number for number in numbers if number <= ACTIVITIES), default=0)


def asked_in(form: Form, answers: Mapping[str, str]) -> set[str]:
    """Return the keys of the questions that are asked, as the answers stand.

    A condition on a question that does not stand before it is never met.
    """
    asked: set[str] = set()
    for each in form.questions:
        condition = each.condition
        if condition is None or (
            condition.question in asked
            and answers.get(condition.question, "").strip() in condition.options
        ):
            asked.add(each.key)
    return asked


def is_asked(form: Form, question: Question, answers: Mapping[str, str]) -> bool:
    """Return whether the question is asked. For all of them at once: ``asked_in``."""
    return question.key in asked_in(form, answers)


def by_question(answers: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the answers to each question, by its key."""
    parted: dict[str, dict[str, str]] = {}
    for name, text in answers.items():
        parted.setdefault(name.partition(".")[0], {})[name] = text
    return parted


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend or to look at."""

    code: str
    section: str
    """The section's key; empty for a check across sections."""
    field: str = ""
    """The field's name; empty for a check."""
    is_blocking: bool = True
    found: str = ""
    message: str = ""
    amounts: tuple[int, int] | None = None
    """What the two sides of a check come to, in kronor."""


@dataclass(frozen=True)
class Review:
    """What the answers say, and all that is wrong with them."""

    values: Mapping[str, int | str] = field(default_factory=dict)
    """By the field's name: whole numbers, and text without the space around it."""
    sums: Mapping[str, int | None] = field(default_factory=dict)
    """By the calculated name, with the facts: none where nothing is answered."""
    findings: Sequence[Finding] = ()

    @property
    def is_complete(self) -> bool:
        """Whether it may be submitted."""
        return not any(finding.is_blocking for finding in self.findings)

    def of_section(self, key: str) -> list[Finding]:
        """Return what concerns one section."""
        return [finding for finding in self.findings if finding.section == key]


SPACES = re.compile(r"[\s\u00a0\u202f']")
NO_ORE = re.compile(r"[,.]0{1,2}\Z|[,:]-\Z")
WHOLE = re.compile(r"-?[0-9]{1,15}")


def whole_number(text: str) -> int:
    """Return the whole number that somebody typed or pasted, or raise ValueError.

    >>> [whole_number(text) for text in ["1 234 567", "54\\u00a0454 kr", "17575,00", "-3"]]
    [1234567, 54454, 17575, -3]
    """
    plain = SPACES.sub("", text.strip().lower().removesuffix("kr"))
    plain = NO_ORE.sub("", plain.replace("−", "-"))
    if not WHOLE.fullmatch(plain):
        raise ValueError(text)
    return int(plain)


def review(form: Form, answers: Mapping[str, str], facts: Mapping[str, int]) -> Review:
    """Return what the answers come to, and every fault in them, in the form's order.

    A check that cannot be read is not made: ``problems`` names it.
    """
    values: dict[str, int | str] = {}
    findings: list[Finding] = []
    sums: dict[str, int | None] = {normal(name): value for name, value in facts.items()}
    asked, parted = asked_in(form, answers), by_question(answers)
    purposes = {each.key for each in purposes_of(form)}
    for section in form.sections:
        for question in section.questions:
            if question.key not in asked:
                if question.kind in AMOUNTS:
                    sums[question.calculated_name] = 0
                continue
            said = parted.get(question.key, {})
            read: dict[str, int | str] = {}
            faults: list[Finding] = []
            for each in fields_of(question, said):
                text = said.get(each.name, "").strip()
                if not text:
                    continue
                code = ""
                value: int | str = text
                if each.is_amount:
                    code, value = _amount(text)
                else:
                    code = _fault(each, text, purposes)
                if code:
                    faults.append(Finding(code, section.key, each.name, found=text[:60]))
                else:
                    read[each.name] = value
            told = {fault.field for fault in faults}
            findings += faults
            findings += [
                finding
                for finding in _whole(question, section.key, read, is_told=bool(told))
                if finding.field not in told
            ]
            values |= read
            if question.kind in AMOUNTS:
                sums[question.calculated_name] = _sum(read)
    findings += [
        finding for check in form.checks if (finding := _checked(form, check, sums))
    ]
    return Review(values, sums, findings)


def _amount(text: str) -> tuple[str, int]:
    try:
        value = whole_number(text)
    except ValueError:
        return "not_whole", 0
    if value < 0:
        return "negative", 0
    return ("too_large", 0) if value > LARGEST else ("", value)


def _fault(each: Field, text: str, purposes: Collection[str]) -> str:
    if len(text) > LONGEST:
        return "too_long"
    if each.question.kind is Kind.CHOICE and text not in {
        option.key for option in each.question.options
    }:
        return "not_an_option"
    if each.part is Part.STATE and text not in STATES:
        return "not_an_option"
    # Where a form has no purposes, what an activity concerns is written freely.
    if each.part is Part.PURPOSE and purposes and text not in purposes:
        return "not_an_option"
    return ""


def _whole(
    question: Question,
    section: str,
    read: Mapping[str, int | str],
    *,
    is_told: bool,
) -> Iterator[Finding]:
    """Yield what is wrong with the answer as a whole."""
    if question.is_required and not read and not is_told:
        first = fields_of(question, {})
        yield Finding("required", section, first[0].name if first else question.key)
    if question.kind is Kind.ACTIVITIES:
        rows = {name.rsplit(".", 1)[0] for name in read}
        for row in sorted(rows, key=lambda name: int(name.rsplit(".", 1)[1])):
            if not read.get(f"{row}.{Part.TEXT}"):
                yield Finding("activity_lacks_text", section, f"{row}.{Part.TEXT}")
            if not read.get(f"{row}.{Part.STATE}"):
                yield Finding("activity_lacks_state", section, f"{row}.{Part.STATE}")
            is_other = read.get(f"{row}.{Part.STATE}") in {"changed", "dropped"}
            if is_other and not read.get(f"{row}.{Part.COMMENT}"):
                yield Finding("activity_lacks_why", section, f"{row}.{Part.COMMENT}")


def _sum(read: Mapping[str, int | str]) -> int | None:
    amounts = [value for value in read.values() if isinstance(value, int)]
    return sum(amounts) if amounts else None


def _checked(form: Form, check: Check, sums: Mapping[str, int | None]) -> Finding | None:
    try:
        expression = _parsed(check.expression)
    except ExpressionError:
        return None
    names = set(expression.names)
    if not names <= sums.keys():
        return None
    sides = expression.sides(sums)
    if sides is None or expression.holds(*sides):
        return None
    mentioned = {
        form.section_of(each.key).key
        for each in form.questions
        if each.kind in AMOUNTS and each.calculated_name in names
    }
    return Finding(
        "check",
        mentioned.pop() if len(mentioned) == 1 else "",
        is_blocking=check.is_blocking,
        found=check.expression,
        message=check.message,
        amounts=sides,
    )


_parsed = lru_cache(maxsize=256)(parse)
"""The same few checks are made of every report."""
