"""Change a report form, step by step: plain data in, plain data out.

Every step leaves a form that can be loaded. It may have problems, which ``form_problems``
names; only a form without any can be used. A question keeps its key, so that answers to
two versions of a form can be laid side by side.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from typing import TypeVar

from reporting.form_problems import (
    MOST_CHECKS,
    MOST_LINES,
    MOST_QUESTIONS,
    MOST_SECTIONS,
    RESERVED,
)
from reporting.ready_made_forms import slug
from reporting.report_form import Check, Form, Option, Question, Row, Section

T = TypeVar("T")
LONGEST_KEY = 40


class EditError(ValueError):
    """The step cannot be made; the code is put into words by a page."""

    def __init__(self, code: str, found: str = "") -> None:
        super().__init__(code, found)
        self.code = code
        self.found = found


def new_key(label: str, taken: Iterable[str]) -> str:
    """Return a key made from a label that none has.

    >>> new_key("Hur gick det?", []), new_key("Hur gick det?", ["hur_gick_det"])
    ('hur_gick_det', 'hur_gick_det_2')
    """
    taken = set(taken)
    base = slug(label)[:LONGEST_KEY].strip("_") or "del"
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    return key


# Sections --------------------------------------------------------------------------------


def section(form: Form, key: str) -> Section:
    """Return the section, or refuse a key that none has."""
    for each in form.sections:
        if each.key == key:
            return each
    raise EditError("section_gone", key)


def add_section(form: Form, title: str, text: str = "") -> Form:
    """Return the form with a section more, last."""
    if len(form.sections) >= MOST_SECTIONS:
        raise EditError("too_many_sections", str(MOST_SECTIONS))
    key = new_key(title, [each.key for each in form.sections])
    return replace(form, sections=(*form.sections, Section(key, title, (), text)))


def change_section(form: Form, key: str, title: str, text: str) -> Form:
    """Return the form with the section's words changed."""
    return _with_section(form, replace(section(form, key), title=title, help=text))


def remove_section(form: Form, key: str) -> Form:
    """Return the form without the section. What depended on its questions is asked."""
    gone = {each.key for each in section(form, key).questions}
    left = replace(form, sections=tuple(s for s in form.sections if s.key != key))
    return _without(left, gone)


def move_section(form: Form, key: str, step: int) -> Form:
    """Return the form with the section one place up or down."""
    place = form.sections.index(section(form, key))
    return replace(form, sections=_moved(form.sections, place, step))


def _with_section(form: Form, changed: Section) -> Form:
    return replace(
        form,
        sections=tuple(changed if s.key == changed.key else s for s in form.sections),
    )


# Questions -------------------------------------------------------------------------------


def question(form: Form, key: str) -> Question:
    """Return the question, or refuse a key that none has."""
    found = form.question(key)
    if found is None:
        raise EditError("question_gone", key)
    return found


def add_question(form: Form, into: str, asked: Question) -> Form:
    """Return the form with a question more, last in the section, with a key of its own."""
    if len(form.questions) >= MOST_QUESTIONS:
        raise EditError("too_many_questions", str(MOST_QUESTIONS))
    within = section(form, into)
    key = new_key(asked.label, {each.key for each in form.questions} | RESERVED)
    questions = (*within.questions, replace(asked, key=key))
    return _with_section(form, replace(within, questions=questions))


def change_question(form: Form, key: str, asked: Question) -> Form:
    """Return the form with the question changed; it keeps its key."""
    question(form, key)
    within = form.section_of(key)
    changed = replace(asked, key=key)
    questions = tuple(changed if q.key == key else q for q in within.questions)
    return _with_section(form, replace(within, questions=questions))


def remove_question(form: Form, key: str) -> Form:
    """Return the form without the question. What depended on it is always asked."""
    question(form, key)
    return _without(form, {key})


def _without(form: Form, gone: Set[str]) -> Form:
    """Return the form without the questions, and without the conditions on them."""

    def kept(each: Question) -> Question:
        is_due_to_them = each.condition is not None and each.condition.question in gone
        return replace(each, condition=None) if is_due_to_them else each

    return replace(
        form,
        sections=tuple(
            replace(s, questions=tuple(kept(q) for q in s.questions if q.key not in gone))
            for s in form.sections
        ),
    )


def move_question(form: Form, key: str, step: int) -> Form:
    """Return the form with the question one place up or down, past a section's end too."""
    asked = question(form, key)
    within = form.section_of(key)
    place = within.questions.index(asked)
    if 0 <= place + step < len(within.questions):
        questions = _moved(within.questions, place, step)
        return _with_section(form, replace(within, questions=questions))
    beside = form.sections.index(within) + step
    if not 0 <= beside < len(form.sections):
        return form
    left = replace(within, questions=tuple(q for q in within.questions if q.key != key))
    target = form.sections[beside]
    there = (*target.questions, asked) if step < 0 else (asked, *target.questions)
    return _with_section(_with_section(form, left), replace(target, questions=there))


# Checks ----------------------------------------------------------------------------------


def put_checks(form: Form, checks: Sequence[Check]) -> Form:
    """Return the form with these checks."""
    if len(checks) > MOST_CHECKS:
        raise EditError("too_many_checks", str(MOST_CHECKS))
    return replace(form, checks=tuple(checks))


# Lines -----------------------------------------------------------------------------------


def read_options(text: str, known: Sequence[Option] = ()) -> tuple[Option, ...]:
    """Return options from lines. One that is known keeps its key, also when it is reworded.

    >>> read_options("Ja\\nNej")
    (Option(key='ja', label='Ja'), Option(key='nej', label='Nej'))
    """
    labels = [line.strip() for line in text.splitlines() if line.strip()]
    if len(labels) > MOST_LINES:
        raise EditError("too_many_lines", str(MOST_LINES))
    keys = _keys(labels, known)
    return tuple(Option(key, label) for key, label in zip(keys, labels, strict=True))


def read_rows(text: str, known: Sequence[Row] = ()) -> tuple[Row, ...]:
    """Return rows from lines; a line that begins with a dash is a cost group of the row.

    >>> read_rows("Samråd\\n- resor\\n- lokal\\nÖvrigt")[0].groups[0]
    Option(key='resor', label='resor')
    """
    labels: list[str] = []
    groups: list[list[str]] = []
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith(("-", "–", "•")):
            name = line.lstrip("-–• ")
            if not labels:
                raise EditError("group_before_row", name)
            if name:
                groups[-1].append(name)
        elif line:
            labels.append(line)
            groups.append([])
    if len(labels) > MOST_LINES:
        raise EditError("too_many_lines", str(MOST_LINES))
    keys = _keys(labels, known)
    own = {row.key: row.groups for row in known}
    return tuple(
        Row(key, label, read_options("\n".join(lines), own.get(key, ())))
        for key, label, lines in zip(keys, labels, groups, strict=True)
    )


def written(lines: Sequence[Option | Row]) -> str:
    """Return options or rows as they are written, one on each line."""
    text = []
    for line in lines:
        text.append(line.label)
        if isinstance(line, Row):
            text += [f"- {group.label}" for group in line.groups]
    return "\n".join(text)


def _keys(labels: Sequence[str], known: Sequence[Option | Row]) -> list[str]:
    """Return a key for each label: the one it has, else that of the line it replaces."""
    by_label: dict[str, str] = {}
    for line in known:
        by_label.setdefault(line.label, line.key)
    keys: list[str] = [by_label.pop(label, "") for label in labels]
    if len(labels) == len(known):
        left = set(by_label.values())
        for place, line in enumerate(known):
            if not keys[place] and line.key in left:
                keys[place] = line.key
    # A key that is gone is not given to something else: an old answer would change sides.
    taken = {line.key for line in known}
    for place, label in enumerate(labels):
        if not keys[place]:
            keys[place] = new_key(label, taken)
            taken.add(keys[place])
    return keys


def _moved(things: tuple[T, ...], place: int, step: int) -> tuple[T, ...]:
    other = place + step
    if not 0 <= other < len(things):
        return things
    moved = list(things)
    moved[place], moved[other] = moved[other], moved[place]
    return tuple(moved)
