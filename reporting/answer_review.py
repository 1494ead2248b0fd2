"""What some answers to a report form come to, and every fault in them. Pure functions.

A question that is not asked, as the other answers stand, counts as nothing. The faults are
told all at once, each by a code and the field to go to.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from reporting.expressions import ExpressionError, normal, parse
from reporting.report_form import (
    AMOUNTS,
    STATES,
    Check,
    Field,
    Form,
    Kind,
    Part,
    Question,
    fields_of,
    purposes_of,
)

LARGEST = 10**12
"""Kronor: more is a slip of the hand."""
LONGEST = 20_000
"""Characters in a text."""


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
