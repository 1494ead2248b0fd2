"""What differs between two sets of answers to the same form. Pure functions.

The same comparison shows what a correction changes, what two people have written in one
section, and what a spreadsheet would change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reporting.report_form import (
    ACTIVITIES,
    Field,
    Form,
    Kind,
    Section,
    activities_in,
    fields_of,
)

Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One field whose answer differs."""

    section: Section
    field: Field
    before: str
    after: str


def changes(form: Form, before: Answers, after: Answers) -> list[Change]:
    """Return the fields that differ, in the form's order. Space around does not count."""
    return [
        change for section in form.sections for change in changes_in(section, before, after)
    ]


def changes_in(section: Section, before: Answers, after: Answers) -> Iterator[Change]:
    """Yield the fields of one section that differ."""
    for question in section.questions:
        fields = {
            each.name: each
            for said in (before, after)
            for each in fields_of(question, said)
        }
        for name, each in fields.items():
            old, new = said_in(before, name), said_in(after, name)
            if old != new:
                yield Change(section, each, old, new)


@dataclass(frozen=True, slots=True)
class Merge:
    """Two people's answers to one section, put together."""

    answers: dict[str, str]
    """Where only one of them has changed anything, what that one wrote; else ours."""
    conflicts: list[Change]
    """Where both have, and not to the same: ``before`` is theirs, ``after`` is ours."""


def merge(section: Section, base: Answers, theirs: Answers, ours: Answers) -> Merge:
    """Return what two people have written since ``base``, put together field by field."""
    answers: dict[str, str] = {}
    conflicts: list[Change] = []
    for question in section.questions:
        fields = {
            each.name: each
            for said in (base, theirs, ours)
            for each in fields_of(question, said)
        }
        for name, each in fields.items():
            was, their, our = (said_in(said, name) for said in (base, theirs, ours))
            if our == was:
                answers[name] = their
                continue
            answers[name] = our
            if their not in (was, our):
                conflicts.append(Change(section, each, their, our))
    return Merge({name: text for name, text in answers.items() if text}, conflicts)


def make_room(
    section: Section, base: Answers, theirs: Answers, ours: Answers
) -> dict[str, str]:
    """Return our answers with our new activities after theirs.

    Two who add a row at once mean two activities, and not one that they disagree about.
    Where the list would be too long the rows stay, and somebody has to choose.
    """
    answers = dict(ours)
    for question in section.questions:
        if question.kind is not Kind.ACTIVITIES:
            continue
        first = activities_in(question, base)
        used, our_last = activities_in(question, theirs), activities_in(question, ours)
        step = used - first
        fields = {each.name: each for each in fields_of(question, ours)}
        new = {name: each for name, each in fields.items() if each.number > first}
        is_other = any(
            said_in(ours, name)
            and said_in(theirs, name)
            and said_in(ours, name) != said_in(theirs, name)
            for name in new
        )
        if not is_other or our_last + step > ACTIVITIES:
            continue
        for name in new:
            answers.pop(name, None)
        for name, each in new.items():
            if said_in(ours, name):
                answers[f"{question.key}.{each.number + step}.{each.part}"] = ours[name]
    return answers


def said_in(answers: Answers, name: str) -> str:
    """Return what stands in a field."""
    return answers.get(name, "").strip()
