"""A report form: sections of questions, with conditions and calculated checks.

A form is plain data, so that a version of it is one value that never changes. Answers are
plain text by the name of each field, as they were typed. A field's name is the question's
key and, in a table, what row and column it is in: ``kostnader.samrad.arvoden``.

``form_problems`` says what is wrong with a form, ``answer_review`` what some answers come
to. No Django: a page puts the codes into words.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from reporting.expressions import normal

ACTIVITIES = 30
"""Rows in a list of activities."""


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


# What is to be written -------------------------------------------------------------------


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
