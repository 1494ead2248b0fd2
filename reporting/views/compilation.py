"""The compilation of a round: what it comes to, and all answers to each question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from grants.views.grants import head
from municipalities.access import Capability, StaffRequest, requires
from reporting import charts
from reporting.compilation import compile_round
from reporting.compilation_words import remark_in_words
from reporting.compiled import Compilation, Row, asks
from reporting.compiled_answers import Activity, Line, Summary, summary_of
from reporting.grant_years import years_of
from reporting.models import ReportRound
from reporting.prefill import CARRIED_OVER, TO_REPAY
from reporting.report_form import Form, Kind
from reporting.report_words import STATES
from reporting.stages import state_of
from reporting.views.report_rounds import find

CODE = "0000"
"""Stands in an address that is made once, for the municipality's code."""


class Addresses:
    """What figures open. Each address is made once, however many municipalities."""

    def __init__(self, found: ReportRound) -> None:
        grant, number = found.grant_id, found.pk
        self.ledger = reverse("invoices:ledger_detail", args=[grant])
        self.settlements = reverse("invoices:settlement_list", args=[grant])
        self.compilation = reverse("reporting:compilation", args=[grant, number])
        self._account = reverse("invoices:ledger_municipality", args=[grant, CODE])
        self._report = reverse(
            "reporting:received_report_detail", args=[grant, number, CODE]
        )
        self._question = reverse(
            "reporting:compilation_question", args=[grant, number, "key"]
        ).removesuffix("key/")

    def account(self, row: Row) -> str:
        """Return the address of the municipality's page in the ledger."""
        return self._account.replace(CODE, row.code)

    def report(self, row: Row) -> str:
        """Return the address of what the municipality has sent in, or nothing."""
        return self._report.replace(CODE, row.code) if row.has_reported else ""

    def question(self, summary: Summary, line: Line | None = None) -> str:
        """Return the address of all answers to a question, or to one purpose of it."""
        anchor = f"#{anchor_of(line)}" if line else ""
        return f"{self._question}{summary.key}/{anchor}"


def anchor_of(line: Line) -> str:
    """Return what a purpose is called in an address."""
    return f"syfte-{line.key}"


# The whole round -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A municipality in the table."""

    row: Row
    state: tuple[str, str]
    report_url: str
    account_url: str


@dataclass(frozen=True, slots=True)
class PurposeLine:
    """A purpose in the table."""

    line: Line
    url: str
    planned: int | None
    """What was asked for; none where the grant's requisitions do not say."""

    @property
    def left(self) -> int | None:
        """What was asked for and not used."""
        total = self.line.total
        return None if total is None or self.planned is None else self.planned - total


@dataclass(frozen=True, slots=True)
class PurposeTable:
    """A question that is answered by purpose."""

    summary: Summary
    url: str
    lines: Sequence[PurposeLine]
    planned: int | None
    planned_otherwise: int
    """Asked for, for something that is not one of the purposes."""
    chart: charts.Chart

    @property
    def left(self) -> int | None:
        """What was asked for and not used."""
        total = self.summary.total
        return None if total is None or self.planned is None else self.planned - total


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A question in the list of all."""

    summary: Summary
    url: str
    result: str


@require_safe
@requires(Capability.VIEW)
def compilation(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Show what the round comes to, against the ledger."""
    found = find(request, pk, number)
    context = head(found.grant, "reports") | {"round": found}
    if found.is_open:
        made = compile_round(found)
        addresses = Addresses(found)
        years = years_of(found.grant, made.totals.used)
        context |= {
            "made": made,
            "addresses": addresses,
            "places": [place_line(row, addresses) for row in made.rows],
            "purpose_tables": purpose_tables(made, addresses),
            "remarks": remarks_of(made, addresses),
            "has_to_repay": asks(made.form, TO_REPAY),
            "has_carried_over": asks(made.form, CARRIED_OVER),
            "used_url": (
                addresses.question(made.used_question) if made.used_question else ""
            ),
            "place_chart": place_chart(made),
            "years": years if len(years) > 1 else [],
            "year_chart": charts.over_years(years),
            "sections": sections_of(made, addresses),
        }
    return TemplateResponse(request, "reporting/compilation.html", context)


def place_line(row: Row, addresses: Addresses) -> PlaceLine:
    """Return a municipality with its state and what its figures open."""
    state = state_of(row.stage, is_overdue=row.received.is_overdue)
    return PlaceLine(row, state, addresses.report(row), addresses.account(row))


def place_chart(made: Compilation) -> charts.Chart:
    """Return how much each municipality has used of what it has been paid."""
    return charts.by_share(
        (row.name, row.paid, row.used) for row in made.rows if row.is_asked and row.paid
    )


def remarks_of(made: Compilation, addresses: Addresses) -> list[tuple[Row, str, list[str]]]:
    """Return what does not agree: whose, its report's address and the sentences."""
    return [
        (row, addresses.report(row), [remark_in_words(each) for each in row.remarks])
        for row in made.remarked
    ]


def purpose_tables(made: Compilation, addresses: Addresses) -> list[PurposeTable]:
    """Return the questions that are answered by purpose."""
    return [
        purpose_table(made, summary, addresses)
        for summary in made.questions
        if summary.lines
    ]


def purpose_table(
    made: Compilation, summary: Summary, addresses: Addresses
) -> PurposeTable:
    """Return a question by purpose; what is used stands beside what was asked for."""
    keys = {line.key for line in summary.lines}
    planned = made.planned if summary is made.used_question else {}
    is_planned = bool(keys & planned.keys())
    lines = [
        PurposeLine(
            line,
            addresses.question(summary, line),
            planned.get(line.key, 0) if is_planned else None,
        )
        for line in summary.lines
    ]
    requested = made.totals.requested
    figures = [(each.line.label, each.planned, each.line.total) for each in lines]
    if summary is made.used_question and not is_planned:
        # Nothing is paid for one purpose: then all of them together are compared.
        figures.append((_("Sum"), made.totals.paid_to_reported, summary.total))
    return PurposeTable(
        summary,
        addresses.question(summary),
        lines,
        planned=requested if is_planned else None,
        planned_otherwise=(
            requested - sum(each.planned or 0 for each in lines) if is_planned else 0
        ),
        chart=charts.by_amount(figures),
    )


def sections_of(
    made: Compilation, addresses: Addresses
) -> list[tuple[str, list[QuestionLine]]]:
    """Return all questions by section, each with what it comes to."""
    sections: dict[str, list[QuestionLine]] = {}
    for summary in made.questions:
        sections.setdefault(summary.section.key, []).append(
            QuestionLine(summary, addresses.question(summary), result_of(summary))
        )
    return [(lines[0].summary.section.title, lines) for lines in sections.values()]


def result_of(summary: Summary) -> str:
    """Return in a few words what all have answered, where that can be counted."""
    if summary.question.kind is Kind.CHOICE and summary.answered:
        counts = [(each.option.label, len(each.codes)) for each in summary.chosen]
    else:
        counts = [
            (state_in_words(state), len(some)) for state, some in summary.by_state.items()
        ]
    return ", ".join(f"{capfirst(word)} {number}" for word, number in counts)


def state_in_words(state: str) -> str:
    """Return how an activity stands."""
    return str(STATES[state]) if state else _("not said")


# One question ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reader:
    """A municipality beside what it has answered."""

    row: Row
    url: str


@dataclass(frozen=True, slots=True)
class PlaceSums:
    """What one municipality has answered in a table, purpose by purpose."""

    reader: Reader
    cells: Sequence[tuple[str, int | None]]
    """The purpose's words and the amount."""
    total: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """The activities that stand in one way, by purpose."""

    state: str
    number: int
    purposes: Sequence[tuple[str, Sequence[tuple[Reader, Activity]]]]


@require_safe
@requires(Capability.VIEW)
def compilation_question(
    request: StaffRequest, pk: int, number: int, key: str
) -> HttpResponse:
    """Show all answers to one question side by side, or one municipality's."""
    found = find(request, pk, number)
    if not found.is_open:
        raise Http404
    made = compile_round(found)
    summary = made.by_question.get(key)
    if summary is None:
        raise Http404
    addresses = Addresses(found)
    only = made.by_code.get(request.GET.get("kommun", ""))
    if only is not None and not only.is_asked:
        only = None
    if only is not None:
        summary = answered_by(summary, only)
    readers = {
        row.code: Reader(row, addresses.report(row)) for row in made.rows if row.is_asked
    }
    before, after = neighbours(made, key)
    context = head(found.grant, "reports") | {
        "round": found,
        "made": made,
        "summary": summary,
        "addresses": addresses,
        "only": only,
        "readers": list(readers.values()),
        "silent": silent(made, summary, only),
        "before": before,
        "before_url": addresses.question(before) if before else "",
        "after": after,
        "after_url": addresses.question(after) if after else "",
    }
    context |= answers_of(made, summary, readers)
    return TemplateResponse(request, "reporting/compilation_question.html", context)


def answered_by(summary: Summary, row: Row) -> Summary:
    """Return the question with one municipality's answer."""
    values = {row.code: row.values} if row.has_reported else {}
    not_asked = [code for code in summary.not_asked if code == row.code]
    return summary_of(summary.question, summary.section, values, not_asked)


def neighbours(made: Compilation, key: str) -> tuple[Summary | None, Summary | None]:
    """Return the questions before and after one."""
    around = [None, *made.questions, None]
    place = next(i for i, each in enumerate(around) if each and each.key == key)
    return around[place - 1], around[place + 1]


def silent(
    made: Compilation, summary: Summary, only: Row | None
) -> list[tuple[str, list[str]]]:
    """Return who has not answered, by why: a sentence and the municipalities' names."""
    rows = [only] if only else made.asked
    there = {*summary.answered, *summary.not_asked}
    groups = [
        (
            _("Have not answered"),
            [r for r in rows if r.has_reported and r.code not in there],
        ),
        (
            _("Are not asked, as their other answers stand"),
            [row for row in rows if row.code in summary.not_asked],
        ),
        (_("Have not reported"), [row for row in rows if row.is_missing]),
    ]
    return [(why, [row.name for row in some]) for why, some in groups if some]


def answers_of(
    made: Compilation, summary: Summary, readers: Mapping[str, Reader]
) -> dict[str, Any]:
    """Return the answers as their template shows them."""
    return {
        "texts": [(readers[each.code], each.text) for each in summary.texts],
        "chosen": [
            (each.option.label, [readers[code] for code in each.codes])
            for each in summary.chosen
        ],
        "amounts": [
            (readers[code], amount)
            for code, amount in summary.whole.by_municipality.items()
        ],
        "lines": [(anchor_of(line), line) for line in summary.lines],
        "places": [place_sums(summary, readers[code]) for code in summary.answered]
        if summary.lines
        else [],
        "comments": [(readers[each.code], each) for each in summary.comments],
        "gathered": gathered(made, summary, readers),
    }


def place_sums(summary: Summary, reader: Reader) -> PlaceSums:
    """Return a municipality's line of a table with a column for each purpose."""
    code = reader.row.code
    return PlaceSums(
        reader,
        [(line.label, line.by_municipality.get(code)) for line in summary.lines],
        summary.whole.by_municipality[code],
    )


def gathered(
    made: Compilation, summary: Summary, readers: Mapping[str, Reader]
) -> list[Gathered]:
    """Return the activities by how they stand, and then by purpose in the form's order."""
    purposes = purposes_in(made.form) | {"": _("No purpose is named")}
    groups = []
    for state, some in summary.by_state.items():
        by_purpose: dict[str, list[tuple[Reader, Activity]]] = {
            label: [] for label in purposes.values()
        }
        for each in some:
            label = purposes.get(each.purpose, each.purpose)
            by_purpose.setdefault(label, []).append((readers[each.code], each))
        groups.append(
            Gathered(
                capfirst(state_in_words(state)),
                len(some),
                [(label, them) for label, them in by_purpose.items() if them],
            )
        )
    return groups


def purposes_in(form: Form) -> dict[str, str]:
    """Return the words of the purposes that activities can concern, by key."""
    return {row.key: row.label for each in form.questions for row in each.rows}
