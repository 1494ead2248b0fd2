"""All answers to a question as plain rows: a row for each amount, text or activity."""

from collections.abc import Iterator
from dataclasses import dataclass

from reporting.compiled import Compilation
from reporting.compiled_answers import Summary
from reporting.report_form import Kind, purposes_of


@dataclass(frozen=True, slots=True)
class Answer:
    """What a municipality has said. What a kind of question does not have is empty."""

    code: str
    amount: int | None = None
    text: str = ""
    """A text, a choice, the names of files, or what an activity is."""
    purpose: str = ""
    group: str = ""
    """The cost group."""
    state: str = ""
    """The key of how an activity stands."""
    comment: str = ""


def answers_to(summary: Summary, compilation: Compilation) -> Iterator[Answer]:
    """Yield every answer to a question, by municipality in the compilation's order."""
    match summary.question.kind:
        case Kind.COSTS:
            yield from _costs(summary, compilation)
        case Kind.PURPOSES:
            yield from _purposes(summary)
        case Kind.KRONOR | Kind.NUMBER:
            for code, amount in summary.whole.by_municipality.items():
                yield Answer(code, amount)
        case Kind.CHOICE:
            chosen = {
                code: each.option.label for each in summary.chosen for code in each.codes
            }
            for code in summary.answered:
                yield Answer(code, text=chosen.get(code, ""))
        case Kind.ACTIVITIES:
            labels = {each.key: each.label for each in purposes_of(compilation.form)}
            for each in summary.activities:
                yield Answer(
                    each.code,
                    text=each.text,
                    purpose=labels.get(each.purpose, ""),
                    state=each.state,
                    comment=each.comment,
                )
        case _:
            for said in summary.texts:
                yield Answer(said.code, text=said.text)


def _purposes(summary: Summary) -> Iterator[Answer]:
    for code in summary.answered:
        for line in summary.lines:
            if code in line.by_municipality:
                yield Answer(code, line.by_municipality[code], purpose=line.label)


def _costs(summary: Summary, compilation: Compilation) -> Iterator[Answer]:
    comments = {(each.code, each.row, each.group): each.text for each in summary.comments}
    for row in compilation.reported:
        for line in summary.lines:
            for group in line.lines:
                amount = group.by_municipality.get(row.code)
                comment = comments.get((row.code, line.label, group.label), "")
                if amount is not None or comment:
                    yield Answer(
                        row.code,
                        amount,
                        purpose=line.label,
                        group=group.label,
                        comment=comment,
                    )
