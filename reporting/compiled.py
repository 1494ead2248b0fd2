"""What a round of reports comes to, against the ledger. Pure functions over plain rows.

All amounts are whole kronor. For each municipality that has reported, and for all:

    paid = used + to repay + carried over + difference

and for all together what is paid to those that have not reported stands by itself, so that
the whole is the ledger's to the krona:

    paid = used + to repay + carried over + difference + paid to those missing

What nobody has said is none, never 0.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from reporting.answer_review import asked_in, review
from reporting.compiled_answers import Summary, Values, sum_of, summarise
from reporting.prefill import CARRIED_OVER, TO_REPAY, USED
from reporting.ready_made_forms import FACTS
from reporting.report_form import AMOUNTS, Form, Kind
from reporting.stages import REPORTED, Stage
from reporting.swedish import alphabetical

COUNT_REPORTED = "antal redovisade"
COUNT_ASKED = "antal tillfrågade"
"""Figures that are not of a question; a question's key has no space in it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of money. Whole kronor; none is what nobody has said."""

    used: int | None = None
    to_repay: int | None = None
    carried_over: int | None = None

    @property
    def total(self) -> int | None:
        """All that is said, together."""
        return sum_of((self.used, self.to_repay, self.carried_over))


@dataclass(frozen=True, slots=True)
class Received:
    """What is known of one municipality: the plain row that a compilation is made from."""

    code: str
    name: str
    stage: Stage
    answers: Mapping[str, str] = field(default_factory=dict)
    """As typed, in the latest version that was sent in."""
    facts_then: Mapping[str, int] = field(default_factory=dict)
    """The ledger's sums when it was sent in."""
    version: int = 0
    """0 where nothing is sent in."""
    submitted_on: date | None = None
    is_late: bool = False
    """Sent in after its last day; where nothing is sent in, that the day has passed."""
    is_overdue: bool = False
    """Something is to be sent in, and its last day has passed."""
    is_correcting: bool = False
    """A correction is being written: what was sent in holds until it comes."""
    settled: Outcome | None = None
    """The settlement that holds, if any."""
    planned: Mapping[str, int] = field(default_factory=dict)
    """What it asked for, by the purpose's key in the form."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that does not agree. ``compilation_words`` has the sentences."""

    code: str
    """``differs_from_paid``, ``used_more_than_paid``, ``paid_since`` or
    ``differs_from_settled``."""
    reported: int
    other: int


@dataclass(frozen=True, slots=True)
class Row:
    """One municipality in the compilation."""

    received: Received
    allocated: int
    requested: int
    paid: int
    """The ledger as it is now."""
    values: Values = field(default_factory=dict)
    """What it has answered, by field; empty where it has not reported."""
    outcome: Outcome = field(default=Outcome())
    remarks: tuple[Remark, ...] = ()

    @property
    def code(self) -> str:
        """The municipality's code."""
        return self.received.code

    @property
    def name(self) -> str:
        """The municipality's name."""
        return self.received.name

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        return self.received.stage

    @property
    def is_asked(self) -> bool:
        """Whether it is to report, or has."""
        return self.stage is not Stage.NOT_ASKED

    @property
    def has_reported(self) -> bool:
        """Whether its figures are in the compilation."""
        return self.stage in REPORTED

    @property
    def is_preliminary(self) -> bool:
        """Whether it is asked to complete what it has sent in."""
        return self.stage is Stage.RETURNED

    @property
    def is_missing(self) -> bool:
        """Whether it is to report and has not."""
        return self.is_asked and not self.has_reported

    @property
    def used(self) -> int | None:
        """What it says that it has used."""
        return self.outcome.used

    @property
    def to_repay(self) -> int | None:
        """What it says that it is to repay, or has left."""
        return self.outcome.to_repay

    @property
    def carried_over(self) -> int | None:
        """What it says that it carries over."""
        return self.outcome.carried_over

    @property
    def difference(self) -> int | None:
        """What is paid and not accounted for; none where it has said nothing of it."""
        said = self.outcome.total
        return None if said is None else self.paid - said


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of all rows."""

    allocated: int = 0
    requested: int = 0
    paid: int = 0
    """As the ledger's, to the krona."""
    paid_to_missing: int = 0
    """How much of it is paid to those that have not said what became of it."""
    used: int | None = None
    to_repay: int | None = None
    carried_over: int | None = None
    difference: int | None = None

    @property
    def paid_to_reported(self) -> int:
        """What is paid to those that have said what became of it."""
        return self.paid - self.paid_to_missing


@dataclass(frozen=True)
class Compilation:
    """A round, compiled.

    ``rows`` are every municipality that is asked, has reported or has money in the grant,
    in Swedish alphabetical order. ``questions`` are the form's questions in order, each
    with all answers: those of the rows that have reported.
    """

    form: Form
    rows: tuple[Row, ...]
    questions: tuple[Summary, ...]
    totals: Totals
    accounts_for_all: bool
    """Whether the form asks also what is left: then it must come to what is paid."""

    @cached_property
    def by_code(self) -> Mapping[str, Row]:
        """The rows by municipality code."""
        return {row.code: row for row in self.rows}

    @cached_property
    def by_question(self) -> Mapping[str, Summary]:
        """The questions by key."""
        return {each.key: each for each in self.questions}

    @property
    def asked(self) -> list[Row]:
        """Those that are to report, or have."""
        return [row for row in self.rows if row.is_asked]

    @property
    def reported(self) -> list[Row]:
        """Those whose figures are here."""
        return [row for row in self.rows if row.has_reported]

    @property
    def preliminary(self) -> list[Row]:
        """Those that are asked to complete what they have sent in."""
        return [row for row in self.rows if row.is_preliminary]

    @property
    def missing(self) -> list[Row]:
        """Those that are to report and have not."""
        return [row for row in self.rows if row.is_missing]

    @property
    def remarked(self) -> list[Row]:
        """Those where something does not agree."""
        return [row for row in self.rows if row.remarks]

    @cached_property
    def used_question(self) -> Summary | None:
        """The question about what is used, with its purposes; none where there is none."""
        return next((each for each in self.questions if _is_called(each, USED)), None)

    @cached_property
    def planned(self) -> Mapping[str, int]:
        """What all asked for together, by the purpose's key in the form."""
        sums: dict[str, int] = {}
        for row in self.rows:
            for key, amount in row.received.planned.items():
                sums[key] = sums.get(key, 0) + amount
        return sums

    @cached_property
    def figures(self) -> dict[str, int]:
        """Every figure by a stable key, to be kept and compared with later.

        The ledger's: ``utbetalat`` and ``utbetalat.0127`` (also ``tilldelat`` and
        ``rekvirerat``). A question's: ``anvant``, ``anvant.0127``, by purpose
        ``anvant.p12`` and ``anvant.p12.0127``, by cost group ``kostnader.samrad.resor`` and
        ``kostnader.samrad.resor.0127``; how many chose an option: ``samverkan.ja``; how
        many activities stand so: ``insatser.done``. What nobody has answered has no key.
        A question whose key is one of the ledger's names begins with ``fråga``.
        """
        return dict(_figures(self))


def assemble(
    form: Form,
    received: Sequence[Received],
    facts: Mapping[str, Mapping[str, int]],
) -> Compilation:
    """Return the compilation of what has come in; ``facts`` are the ledger's sums now,
    by municipality code. One that has money and has no row must be given one."""
    whole = asks(form, TO_REPAY) or asks(form, CARRIED_OVER)
    not_asked: dict[str, list[str]] = {}
    rows = []
    for each in sorted(received, key=lambda each: (alphabetical(each.name), each.code)):
        rows.append(_row(form, each, facts.get(each.code, {}), is_whole=whole))
        if rows[-1].has_reported:
            asked = asked_in(form, each.answers)
            for question in form.questions:
                if question.key not in asked:
                    not_asked.setdefault(question.key, []).append(each.code)
    values = {row.code: row.values for row in rows if row.has_reported}
    return Compilation(
        form=form,
        rows=tuple(rows),
        questions=tuple(summarise(form, values, not_asked)),
        totals=_totals(rows),
        accounts_for_all=whole,
    )


def asks(form: Form, names: Sequence[str]) -> bool:
    """Return whether a question's amount is called by one of the names."""
    return any(
        question.kind in AMOUNTS and question.calculated_name in names
        for question in form.questions
    )


def _row(
    form: Form, received: Received, facts: Mapping[str, int], *, is_whole: bool
) -> Row:
    allocated, requested, paid = (facts.get(name, 0) for name in FACTS)
    if received.stage not in REPORTED:
        return Row(received, allocated, requested, paid)
    read = review(form, received.answers, facts)
    outcome = Outcome(
        used=_first(read.sums, USED),
        to_repay=_first(read.sums, TO_REPAY),
        carried_over=_first(read.sums, CARRIED_OVER),
    )
    return Row(
        received,
        allocated,
        requested,
        paid,
        read.values,
        outcome,
        tuple(_remarks(received, outcome, paid, is_whole=is_whole)),
    )


def _first(sums: Mapping[str, int | None], names: Sequence[str]) -> int | None:
    return next((sums[name] for name in names if sums.get(name) is not None), None)


def _is_called(summary: Summary, names: Sequence[str]) -> bool:
    return summary.is_amounts and summary.question.calculated_name in names


def _remarks(
    received: Received, outcome: Outcome, paid: int, *, is_whole: bool
) -> Iterator[Remark]:
    said = outcome.total
    if said is not None:
        if is_whole and said != paid:
            yield Remark("differs_from_paid", said, paid)
        elif said > paid:
            yield Remark("used_more_than_paid", said, paid)
    then = received.facts_then.get("utbetalat", paid)
    if then != paid:
        yield Remark("paid_since", then, paid)
    settled = received.settled
    if settled is not None and is_whole and outcome.used is not None:
        pairs = [
            (outcome.used, settled.used),
            (outcome.to_repay, settled.to_repay),
            (outcome.carried_over, settled.carried_over),
        ]
        if any((mine or 0) != (theirs or 0) for mine, theirs in pairs):
            yield Remark("differs_from_settled", outcome.used, settled.used or 0)


def _totals(rows: Sequence[Row]) -> Totals:
    return Totals(
        allocated=sum(row.allocated for row in rows),
        requested=sum(row.requested for row in rows),
        paid=sum(row.paid for row in rows),
        paid_to_missing=sum(row.paid for row in rows if row.outcome.total is None),
        used=sum_of(row.used for row in rows),
        to_repay=sum_of(row.to_repay for row in rows),
        carried_over=sum_of(row.carried_over for row in rows),
        difference=sum_of(row.difference for row in rows),
    )


# Figures ---------------------------------------------------------------------------------


def figure_key(question: str) -> str:
    """Return what a question's figures begin with.

    >>> figure_key("anvant"), figure_key("utbetalat")
    ('anvant', 'fråga utbetalat')
    """
    return f"fråga {question}" if question in FACTS else question


def _figures(compilation: Compilation) -> Iterator[tuple[str, int]]:
    yield COUNT_ASKED, len(compilation.asked)
    yield COUNT_REPORTED, len(compilation.reported)
    totals = compilation.totals
    for name, attribute in zip(FACTS, ("allocated", "requested", "paid"), strict=True):
        yield name, getattr(totals, attribute)
        for row in compilation.rows:
            yield f"{name}.{row.code}", getattr(row, attribute)
    for summary in compilation.questions:
        yield from _figures_of(summary)


def _figures_of(summary: Summary) -> Iterator[tuple[str, int]]:
    key = figure_key(summary.key)
    if summary.is_amounts:
        lines = [(key, summary.whole)]
        for line in summary.lines:
            lines.append((f"{key}.{line.key}", line))
            lines += [(f"{key}.{line.key}.{group.key}", group) for group in line.lines]
        for name, line in lines:
            if line.total is not None:
                yield name, line.total
                for code, amount in line.by_municipality.items():
                    yield f"{name}.{code}", amount
    elif summary.question.kind is Kind.CHOICE and summary.answered:
        for chosen in summary.chosen:
            yield f"{key}.{chosen.option.key}", len(chosen.codes)
    elif summary.question.kind is Kind.ACTIVITIES:
        for state, some in summary.by_state.items():
            if state:
                yield f"{key}.{state}", len(some)
