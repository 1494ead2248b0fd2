"""What a report is filled in with before anybody has written in it. Pure functions.

Sums come from the municipality's own plans: what it asked for per purpose, and the
activities that it planned the last time. Everything is for a person to go through; nothing
here counts as an answer until somebody has saved its section.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from municipalities.numbers import grouped
from reporting.expressions import normal
from reporting.report_form import (
    ACTIVITIES,
    Form,
    Kind,
    Part,
    Question,
    activities_in,
)

Answers = Mapping[str, str]

USED = ("använt", "förbrukat")
"""What calculations call the money that is used; what is planned stands there first."""
TO_REPAY = ("att återbetala", "kvar")
CARRIED_OVER = ("förs över", "överförs")
"""What they call the rest. What is only said to be left is proposed as repaid."""

GOES_ON = {"planned", "changed"}
"""The states of an activity that comes back in the next report. One that nobody has said
anything about does too."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A report that was sent in before."""

    form: Form
    answers: Answers


def prefilled(
    form: Form, planned: Mapping[str, int], earlier: Sequence[Earlier] = ()
) -> dict[str, str]:
    """Return the first answers, by field.

    ``planned`` is kronor by the key of a purpose, from the requisition. ``earlier`` are the
    municipality's reports from before, the newest first: the first that has a list of
    activities gives its plans.
    """
    answers: dict[str, str] = {}
    for question in form.questions:
        if question.kind is Kind.PURPOSES and is_used(question):
            answers |= {
                f"{question.key}.{row.key}": grouped(planned[row.key])
                for row in question.rows
                if planned.get(row.key)
            }
        elif question.kind is Kind.ACTIVITIES:
            answers |= _activities(form, question, earlier)
    return answers


def is_used(question: Question) -> bool:
    """Return whether the question asks for what is used."""
    return question.calculated_name in {normal(name) for name in USED}


def _activities(
    form: Form, question: Question, earlier: Sequence[Earlier]
) -> dict[str, str]:
    """Return what was planned, each to be marked as done, changed or dropped."""
    answers: dict[str, str] = {}
    plans = _plans(question, earlier)[:ACTIVITIES]
    for number, (name, label) in enumerate(plans, start=1):
        answers[f"{question.key}.{number}.{Part.TEXT}"] = name
        # A purpose has another key in another grant: it is known by its words.
        if purpose := _purpose(form, label):
            answers[f"{question.key}.{number}.{Part.PURPOSE}"] = purpose
    return answers


def _plans(question: Question, earlier: Sequence[Earlier]) -> list[tuple[str, str]]:
    """Return the text and the purpose's words of each plan in the newest list of them."""
    for each in earlier:
        lists = [other for other in each.form.questions if other.kind is Kind.ACTIVITIES]
        same = [other for other in lists if other.key == question.key]
        for other in (same or lists)[:1]:
            return list(_planned(each, other))
    return []


def _planned(earlier: Earlier, question: Question) -> Iterator[tuple[str, str]]:
    for number in range(1, activities_in(question, earlier.answers) + 1):
        said = {
            part: earlier.answers.get(f"{question.key}.{number}.{part}", "").strip()
            for part in Part
        }
        if said[Part.TEXT] and said[Part.STATE] in GOES_ON | {""}:
            yield said[Part.TEXT], _label(earlier.form, said[Part.PURPOSE])


def _label(form: Form, key: str) -> str:
    for question in form.questions:
        for row in question.rows:
            if row.key == key:
                return row.label
    return ""


def _purpose(form: Form, label: str) -> str:
    for question in form.questions:
        for row in question.rows:
            if label and normal(row.label) == normal(label):
                return row.key
    return ""
