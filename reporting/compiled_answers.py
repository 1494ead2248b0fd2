"""All answers to one question, put side by side and summed. Pure functions.

What nobody has answered is not zero: a sum that nothing went into is none, and a
municipality that has not answered is not in the mapping.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reporting.expressions import normal
from reporting.report_form import (
    AMOUNTS,
    STATES,
    Form,
    Kind,
    Option,
    Part,
    Question,
    Section,
    activities_in,
)

Values = Mapping[str, int | str]
"""What one municipality has answered, by the field's name, as ``answer_review.review`` has
read it."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What a municipality has written beside an amount in a table."""

    code: str
    row: str
    group: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A purpose, a cost group or a whole question, summed. Whole kronor, or numbers."""

    key: str
    label: str
    by_municipality: Mapping[str, int]
    """By municipality code; only those that have answered."""
    lines: tuple["Line", ...] = ()
    """The cost groups of a purpose."""

    @property
    def total(self) -> int | None:
        """The sum; none where nobody has answered."""
        return sum_of(self.by_municipality.values())


@dataclass(frozen=True, slots=True)
class Said:
    """A text, or the names of files."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who has chosen an option."""

    option: Option
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity of one municipality."""

    code: str
    text: str
    state: str
    """As in ``report_form.STATES``; empty where it is not said."""
    purpose: str
    """The key of a purpose, or nothing."""
    comment: str


@dataclass(frozen=True, slots=True)
class Summary:
    """One question with all answers. What its kind does not have is empty."""

    question: Question
    section: Section
    answered: tuple[str, ...] = ()
    """The codes of those that have answered, in the order of the compilation's rows."""
    not_asked: tuple[str, ...] = ()
    """Those that have reported, but were not asked as their other answers stand."""
    whole: Line = field(default=Line("", "", {}))
    """Numbers, kronor and tables: each municipality's sum."""
    lines: tuple[Line, ...] = ()
    """Tables: by purpose; in a table of costs each with its cost groups."""
    by_group: tuple[Line, ...] = ()
    """Tables of costs: by cost group, whatever the purpose. Groups of the same words are
    one."""
    comments: tuple[Comment, ...] = ()
    texts: tuple[Said, ...] = ()
    """Texts and files."""
    chosen: tuple[Chosen, ...] = ()
    """Choices: every option, also those that nobody has chosen."""
    activities: tuple[Activity, ...] = ()

    @property
    def key(self) -> str:
        """The question's key."""
        return self.question.key

    @property
    def is_amounts(self) -> bool:
        """Whether it is summed."""
        return self.question.kind in AMOUNTS

    @property
    def is_kronor(self) -> bool:
        """Whether its amounts are kronor."""
        return self.is_amounts and self.question.kind is not Kind.NUMBER

    @property
    def total(self) -> int | None:
        """What all have answered together; none where nobody has."""
        return self.whole.total

    def in_state(self, state: str) -> list[Activity]:
        """Return the activities that stand so."""
        return [each for each in self.activities if each.state == state]

    @property
    def by_state(self) -> dict[str, list[Activity]]:
        """The activities by how they stand, done before planned; only those there are."""
        found = {state: self.in_state(state) for state in ORDER}
        return {state: some for state, some in found.items() if some}


ORDER = ("done", "changed", "planned", "dropped", "")
"""The states of activities as a reader wants them: what is done comes first."""
assert set(ORDER) == {*STATES, ""}


def sum_of(amounts: Iterable[int | None]) -> int | None:
    """Return the sum of what is there, or none where nothing is.

    >>> sum_of([1, None, 2]), sum_of([0]), sum_of([None]), sum_of([])
    (3, 0, None, None)
    """
    there = [amount for amount in amounts if amount is not None]
    return sum(there) if there else None


def summarise(
    form: Form,
    values: Mapping[str, Values],
    not_asked: Mapping[str, Sequence[str]],
) -> list[Summary]:
    """Return every question with all answers.

    ``values`` are by municipality code, in the order that they are to be shown;
    ``not_asked`` are the codes by the question's key.
    """
    return [
        summary_of(question, section, values, not_asked.get(question.key, ()))
        for section in form.sections
        for question in section.questions
    ]


def summary_of(
    question: Question,
    section: Section,
    values: Mapping[str, Values],
    not_asked: Sequence[str] = (),
) -> Summary:
    """Return one question with all answers, in the order of the codes."""
    made: dict[str, object] = {}
    answered: Iterable[str]
    if question.kind in AMOUNTS:
        lines = tuple(_lines(question, values))
        cells = lines or (_line(question.key, question.label, question.key, values),)
        whole = merged(question.key, question.label, cells)
        whole = Line(whole.key, whole.label, in_order(whole.by_municipality, values))
        answered = whole.by_municipality
        made = {
            "whole": whole,
            "lines": lines,
            "by_group": tuple(_by_group(lines)),
            "comments": tuple(_comments(question, values)),
        }
    elif question.kind is Kind.CHOICE:
        picked = {code: said.get(question.key) for code, said in values.items()}
        answered = [code for code, option in picked.items() if option is not None]
        made = {
            "chosen": tuple(
                Chosen(option, tuple(c for c in answered if picked[c] == option.key))
                for option in question.options
            )
        }
    elif question.kind is Kind.ACTIVITIES:
        activities = tuple(_activities(question, values))
        answered = dict.fromkeys(each.code for each in activities)
        made = {"activities": activities}
    else:
        texts = tuple(
            Said(code, str(said[question.key]))
            for code, said in values.items()
            if question.key in said
        )
        answered = [each.code for each in texts]
        made = {"texts": texts}
    return Summary(question, section, tuple(answered), tuple(not_asked), **made)  # type: ignore[arg-type]


def in_order(amounts: Mapping[str, int], order: Iterable[str]) -> dict[str, int]:
    """Return the amounts in the order of the codes."""
    return {code: amounts[code] for code in order if code in amounts}


def _line(key: str, label: str, name: str, values: Mapping[str, Values]) -> Line:
    """Return what all have answered in one field."""
    found = {code: said.get(name) for code, said in values.items()}
    amounts = {code: each for code, each in found.items() if isinstance(each, int)}
    return Line(key, label, amounts)


def _lines(question: Question, values: Mapping[str, Values]) -> Iterator[Line]:
    for row in question.rows:
        name = f"{question.key}.{row.key}"
        if question.kind is Kind.COSTS:
            groups = tuple(
                _line(group.key, group.label, f"{name}.{group.key}", values)
                for group in row.groups or question.groups
            )
            whole = merged(row.key, row.label, groups)
            yield Line(row.key, row.label, in_order(whole.by_municipality, values), groups)
        else:
            yield _line(row.key, row.label, name, values)


def merged(key: str, label: str, lines: Iterable[Line]) -> Line:
    """Return the sum of lines, municipality by municipality."""
    sums: dict[str, int] = {}
    for line in lines:
        for code, amount in line.by_municipality.items():
            sums[code] = sums.get(code, 0) + amount
    return Line(key, label, sums)


def _by_group(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the cost groups: those that are called the same are one."""
    same: dict[str, list[Line]] = {}
    for line in lines:
        for group in line.lines:
            same.setdefault(normal(group.label), []).append(group)
    for groups in same.values():
        yield merged(groups[0].key, groups[0].label, groups)


def _comments(question: Question, values: Mapping[str, Values]) -> Iterator[Comment]:
    if question.kind is not Kind.COSTS:
        return
    fields = [
        (row.label, group.label, f"{question.key}.{row.key}.{group.key}.kommentar")
        for row in question.rows
        for group in row.groups or question.groups
    ]
    for code, said in values.items():
        for row, group, name in fields:
            if name in said:
                yield Comment(code, row, group, str(said[name]))


def _activities(question: Question, values: Mapping[str, Values]) -> Iterator[Activity]:
    for code, said in values.items():
        start = f"{question.key}."
        texts = {name: str(said[name]) for name in said if name.startswith(start)}
        for number in range(1, activities_in(question, texts) + 1):
            parts = {
                part: texts.get(f"{question.key}.{number}.{part}", "")
                for part in (Part.TEXT, Part.STATE, Part.PURPOSE, Part.COMMENT)
            }
            if any(parts.values()):
                yield Activity(code, *parts.values())
