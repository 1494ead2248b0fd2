"""What one version of a report changes of another, in words to be read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from reporting.answer_changes import Answers, Change, changes_in
from reporting.answer_review import is_asked, review
from reporting.report_fields import in_words, place_of
from reporting.report_form import (
    AMOUNTS,
    Field,
    Form,
    Kind,
    Part,
    Question,
    Section,
    activities_in,
)

MUCH_ALIKE = 0.4
"""How much two texts have in common before they are shown word by word."""

SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a text: in both versions, taken away or put in."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """An answer that is not as it was."""

    question: str
    place: str
    """Where in a table or a list; empty where the question is answered in one place."""
    before: str
    after: str
    pieces: tuple[Piece, ...] = ()
    """A text word by word; empty where the one simply stands for the other."""


@dataclass(frozen=True, slots=True)
class ChangedSection:
    """A section that something differs in."""

    section: Section
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class SumChange:
    """A sum that is not as it was, in kronor."""

    label: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two sets of answers."""

    sections: tuple[ChangedSection, ...]
    sums: tuple[SumChange, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.sections and not self.sums


def compare(
    form: Form,
    before: Answers,
    after: Answers,
    facts: tuple[Mapping[str, int], Mapping[str, int]],
) -> Comparison:
    """Return what differs, with the ledger's sums as they were each time.

    What is not asked, as the other answers stand, counts as not answered.
    """
    old, new = heard(form, before), heard(form, after)
    sections = (
        ChangedSection(section, tuple(differences_in(form, section, old, new)))
        for section in form.sections
    )
    return Comparison(
        tuple(each for each in sections if each.differences),
        tuple(_sums(form, (old, new), facts)),
    )


def heard(form: Form, answers: Answers) -> dict[str, str]:
    """Return the answers to what is asked."""
    asked = {each.key for each in form.questions if is_asked(form, each, answers)}
    return {name: text for name, text in answers.items() if name.partition(".")[0] in asked}


def _sums(
    form: Form,
    answers: tuple[Answers, Answers],
    facts: tuple[Mapping[str, int], Mapping[str, int]],
) -> Iterator[SumChange]:
    old, new = (review(form, *each).sums for each in zip(answers, facts, strict=True))
    labels = {
        each.calculated_name: _label(each) for each in form.questions if _sums_up(each)
    }
    labels |= {name: capfirst(name) for name in facts[1]}
    for name, label in labels.items():
        if old.get(name) != new.get(name):
            yield SumChange(label, old.get(name), new.get(name))


def _sums_up(question: Question) -> bool:
    """Return whether the question's amounts are kronor that come to a sum."""
    return question.kind in AMOUNTS and question.kind is not Kind.NUMBER


def _label(question: Question) -> str:
    return capfirst(question.name.strip() or question.label)


# Section by section ----------------------------------------------------------------------


def differences_in(
    form: Form, section: Section, before: Answers, after: Answers
) -> Iterator[Difference]:
    """Yield what differs in one section."""
    found: dict[str, list[Change]] = {}
    for change in changes_in(section, before, after):
        found.setdefault(change.field.question.key, []).append(change)
    for question in section.questions:
        if question.key not in found:
            continue
        if question.kind is Kind.ACTIVITIES:
            yield from _activities(form, question, before, after)
        else:
            for change in found[question.key]:
                yield _difference(
                    form, change.field, place_of(change.field), change.before, change.after
                )


def _difference(
    form: Form, field: Field, place: str, before: str, after: str
) -> Difference:
    old, new = in_words(form, field, before), in_words(form, field, after)
    is_text = field.part in {Part.TEXT, Part.COMMENT} and not field.question.options
    pieces = word_by_word(old, new) if is_text else ()
    return Difference(field.question.label, place, old, new, pieces)


def word_by_word(before: str, after: str) -> tuple[Piece, ...]:
    """Return two texts put together; nothing where they have little in common.

    >>> [(each.kind, each.text) for each in word_by_word("Vi nådde få", "Vi nådde alla")]
    [('same', 'Vi nådde '), ('gone', 'få'), ('same', ' '), ('new', 'alla')]
    >>> word_by_word("Ja", "Nej")
    ()
    """
    old, new = (re.findall(r"\S+\s*", text) for text in (before, after))
    # What stands between the words is not what differs.
    matcher = SequenceMatcher(
        None, [word.strip() for word in old], [word.strip() for word in new]
    )
    if not old or not new or matcher.ratio() < MUCH_ALIKE:
        return ()
    pieces = []
    for tag, start, stop, first, last in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece(SAME, "".join(new[first:last])))
            continue
        gone, put_in = "".join(old[start:stop]), "".join(new[first:last])
        # The space after the last word is no part of what is struck out or underlined.
        if gone:
            space = " " if put_in else gone[len(gone.rstrip()) :]
            pieces += [Piece(GONE, gone.rstrip()), Piece(SAME, space)]
        if put_in:
            space = put_in[len(put_in.rstrip()) :]
            pieces += [Piece(NEW, put_in.rstrip()), Piece(SAME, space)]
    is_only_space = all(piece.kind == SAME for piece in pieces)
    return () if is_only_space else tuple(piece for piece in pieces if piece.text)


# Activities: one that is put in does not move the others ---------------------------------

Activity = Mapping[Part, str]


def _activities(
    form: Form, question: Question, before: Answers, after: Answers
) -> Iterator[Difference]:
    old, new = (_rows(question, answers) for answers in (before, after))
    for was, now in _paired(old, new):
        if was is None or now is None:
            place = _("Activity that is new") if was is None else _("Activity taken away")
            yield Difference(
                question.label,
                place,
                _in_one(form, question, was),
                _in_one(form, question, now),
            )
            continue
        for part, text in was.items():
            if text != now[part]:
                field = Field("", question, part, number=1)
                column = place_of(field).rpartition(": ")[2]
                place = f"{_short(now[Part.TEXT] or was[Part.TEXT])}: {column}"
                yield _difference(form, field, place, text, now[part])


def _rows(question: Question, answers: Answers) -> list[Activity]:
    """Return the activities that something is written about."""
    rows = (
        {
            part: answers.get(f"{question.key}.{number}.{part}", "").strip()
            for part in (Part.TEXT, Part.STATE, Part.PURPOSE, Part.COMMENT)
        }
        for number in range(1, activities_in(question, answers) + 1)
    )
    return [row for row in rows if any(row.values())]


def _paired(
    old: Sequence[Activity], new: Sequence[Activity]
) -> Iterator[tuple[Activity | None, Activity | None]]:
    """Yield each activity as it was and as it is; one that has no other stands alone."""
    matcher = SequenceMatcher(
        None, [row[Part.TEXT] for row in old], [row[Part.TEXT] for row in new]
    )
    for _tag, start, stop, first, last in matcher.get_opcodes():
        both = min(stop - start, last - first)
        yield from zip(old[start : start + both], new[first : first + both], strict=True)
        yield from ((row, None) for row in old[start + both : stop])
        yield from ((None, row) for row in new[first + both : last])


def _in_one(form: Form, question: Question, row: Activity | None) -> str:
    """Return all of an activity as one text."""
    if row is None:
        return ""
    words = (
        in_words(form, Field("", question, part, number=1), text)
        for part, text in row.items()
    )
    return " · ".join(word for word in words if word)


def _short(text: str) -> str:
    line = text.partition("\n")[0].strip()
    return line if len(line) <= 60 else f"{line[:59].rstrip()}…"
