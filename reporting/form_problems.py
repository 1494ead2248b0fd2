"""What is wrong with a report form, all at once.

A draft may have problems; only a form without any is taken into use. No Django: a page puts
the codes into words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reporting.expressions import ExpressionError, is_name, normal, parse
from reporting.report_form import (
    ACTIVITIES,
    ACTIVITY_PARTS,
    AMOUNTS,
    Form,
    Kind,
    Option,
    Question,
    Row,
)

KEY = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*\Z")
RESERVED = frozenset(
    {"base", "csrfmiddlewaretoken", "do", "fakta", "municipality", "remove", "seen"}
)
"""What the pages post besides the answers: no question has such a key."""
MOST_SECTIONS = 30
MOST_QUESTIONS = 150
MOST_LINES = 60
"""Options of a question, rows of a table, or cost groups of a row."""
MOST_CELLS = 400
"""Amounts in a table."""
MOST_FIELDS = 4_000
"""In a section: it is saved as a whole, and more is not taken in at once."""
MOST_CHECKS = 60


OF_SECTIONS = {"section_empty", "section_too_large", "title_lacking"}
"""The codes of what is wrong with a section: a question may have the same key."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that must be mended before a form can be used."""

    code: str
    where: str = ""
    """The key of a question or a section, or a check's expression."""
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
        if any(len(lines) > MOST_LINES for lines in _lists(question)):
            yield Problem("too_many_lines", question.key, str(MOST_LINES))
        cells = sum(len(row.groups or question.groups) for row in question.rows)
        if cells > MOST_CELLS:
            yield Problem("too_many_cells", question.key, str(MOST_CELLS))
    for section in form.sections:
        if sum(map(_most_fields, section.questions)) > MOST_FIELDS:
            yield Problem("section_too_large", section.key)


def _lists(question: Question) -> list[Sequence[Option | Row]]:
    groups = [row.groups for row in question.rows]
    return [question.options, question.rows, question.groups, *groups]


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
    for lines in _lists(question):
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
