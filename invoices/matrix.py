"""How far each municipality has come with a grant, step by step: the grant's matrix.

A row is a municipality, a cell one step for it. A step is one entry of ``STEPS``; what
comes after the payment is added there. Amounts in whole kronor.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from invoices.models import Payment, Requisition
from invoices.offers import OPEN_STATES, State

STATES: Mapping[str, State] = {state.value: state for state in State}


class Kind(StrEnum):
    """How a cell is coloured, and which sign it bears."""

    NEUTRAL = "neutral"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"


class Cell(NamedTuple):
    """One step for one municipality. Without a word it is done, on its day."""

    kind: Kind
    word: Promise | str = ""
    on: date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the step is not there yet, or never will be."""
        return not self.word and self.on is None


EMPTY = Cell(Kind.NEUTRAL)


class Mark(StrEnum):
    """What is worth a second look at an answer."""

    LATE = "late"
    PART = "part"
    CHANGED = "changed"
    WANTS_MORE = "wants_more"
    DECLINES = "declines"


MARKS: Mapping[Mark, Promise] = {
    Mark.LATE: pgettext_lazy("mark", "late"),
    Mark.PART: pgettext_lazy("mark", "part of the amount"),
    Mark.CHANGED: pgettext_lazy("mark", "changed"),
    Mark.WANTS_MORE: pgettext_lazy("mark", "wants more"),
    Mark.DECLINES: pgettext_lazy("mark", "declines"),
}


class Row(NamedTuple):
    """One municipality, as ``matrix_rows`` fetches it."""

    allocation_id: int
    municipality_id: int
    code: str
    name: str
    own_name: str
    allocated: int
    claimed: int
    """What its standing requisitions hold."""
    paid: int
    left: int
    """What may still be claimed."""
    declined: int
    """What it has done without: allocated, but neither claimed nor left."""
    stands: str
    """The value of its state."""
    offered_on: date | None
    is_overdue: bool
    """Whether the last day has passed without an answer."""
    opened_on: date | None
    nudged_on: date | None
    """When it was last reminded."""
    # The requisition that the state is about.
    requisition_id: int | None
    answer: str | None
    wants_more: bool
    came_late: bool
    submissions: int
    submitted_on: date | None
    decided_on: date | None
    # How its latest payment stands.
    payment: str | None
    paid_on: date | None

    @property
    def reached(self) -> int:
        """How many steps are behind it."""
        return reached_by(self.state, has_memo=self.offered_on is not None)

    @property
    def group(self) -> "Group | None":
        """What waits for whom."""
        return group_of(self.state, has_memo=self.offered_on is not None)

    @property
    def state(self) -> State:
        """How far the answer has come."""
        return STATES[self.stands]

    @property
    def is_offered(self) -> bool:
        """Whether there is money, and a memo about it has gone out."""
        return self.offered_on is not None and self.state is not State.NOTHING

    @property
    def waits_for_answer(self) -> bool:
        """Whether the municipality has something to do: who may be nudged."""
        return self.is_offered and self.state in OPEN_STATES

    @property
    def is_late(self) -> bool:
        """Whether the answer came late, or is late in coming."""
        return self.is_overdue or self.came_late

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What to look at, in a fixed order."""
        if not self.submissions:
            return ()
        found = (
            (Mark.LATE, self.came_late),
            (Mark.PART, self.answer == Requisition.Answer.PART),
            (Mark.CHANGED, self.submissions > 1),
            (Mark.WANTS_MORE, self.wants_more),
            (Mark.DECLINES, self.answer == Requisition.Answer.DECLINE),
        )
        return tuple(mark for mark, holds in found if holds)

    def lacks(self, step: str) -> bool:
        """Whether the step is still to come. Who declines needs no approval."""
        return is_lacking(self.state, self.reached, PLACES[step])

    def cell(self, step: str) -> Cell:
        """Return how the step stands."""
        if self.state is State.NOTHING:
            return NOTHING if step == "offered" else EMPTY
        return CELLS[step](self)

    @property
    def cells(self) -> list[Cell]:
        """Every step, in order."""
        return [self.cell(step.name) for step in STEPS]

    @property
    def course(self) -> tuple[object, ...]:
        """What its cells rest on: rows alike in this have the same cells."""
        return (
            *(self.stands, self.offered_on, self.is_overdue, self.opened_on),
            *(self.submitted_on, self.decided_on, self.payment, self.paid_on),
        )


NOTHING = Cell(Kind.NEUTRAL, pgettext_lazy("matrix", "nothing allocated"))
NOT_OFFERED = Cell(Kind.NEUTRAL, pgettext_lazy("matrix", "memo not published"))
NOT_OPENED = Cell(Kind.NEUTRAL, pgettext_lazy("matrix", "not opened"))
AWAITED = Cell(Kind.NEUTRAL, pgettext_lazy("matrix", "awaits answer"))
OVERDUE = Cell(Kind.DANGER, pgettext_lazy("matrix", "no answer in time"))
BEGUN = Cell(Kind.INFO, pgettext_lazy("matrix", "begun"))
RETURNED = Cell(Kind.WARNING, pgettext_lazy("matrix", "to be completed"))
REJECTED = Cell(Kind.DANGER, pgettext_lazy("matrix", "rejected"))
DECLINES = pgettext_lazy("matrix", "declines")
TO_DECIDE = Cell(Kind.WARNING, pgettext_lazy("matrix", "to be decided"))
TO_PAY = Cell(Kind.WARNING, pgettext_lazy("matrix", "to be paid"))
FAILED = Cell(Kind.DANGER, pgettext_lazy("matrix", "payment failed"))
PLANNED = Cell(Kind.INFO, pgettext_lazy("matrix", "in a batch"))
SENT = Cell(Kind.INFO, pgettext_lazy("matrix", "sent to the bank"))

ANSWERING = {State.RETURNED: RETURNED, State.REJECTED: REJECTED, State.BEGUN: BEGUN}
PAYING: Mapping[str | None, Cell] = {
    Payment.Status.PLANNED: PLANNED,
    Payment.Status.SENT: SENT,
    Payment.Status.FAILED: FAILED,
}


def _offered(row: Row) -> Cell:
    return Cell(Kind.SUCCESS, on=row.offered_on) if row.offered_on else NOT_OFFERED


def _opened(row: Row) -> Cell:
    if row.opened_on:
        return Cell(Kind.SUCCESS, on=row.opened_on)
    # What came by mail was never opened in the service, and need not be.
    return NOT_OPENED if row.is_offered and row.lacks("opened") else EMPTY


def _answered(row: Row) -> Cell:
    if row.state in {State.ANSWERED, State.APPROVED, State.PAID}:
        return Cell(Kind.SUCCESS, on=row.submitted_on)
    if row.state is State.DECLINED:
        return Cell(Kind.DANGER, DECLINES, row.submitted_on)
    if not row.is_offered:
        return RETURNED if row.state is State.RETURNED else EMPTY
    if row.is_overdue and row.state is not State.REJECTED:
        return OVERDUE
    return ANSWERING.get(row.state, AWAITED)


def _approved(row: Row) -> Cell:
    if row.state is State.ANSWERED:
        return TO_DECIDE
    if row.state in {State.APPROVED, State.PAID}:
        return Cell(Kind.SUCCESS, on=row.decided_on)
    return EMPTY


def _paid(row: Row) -> Cell:
    if row.state is State.PAID:
        return Cell(Kind.SUCCESS, on=row.paid_on or row.decided_on)
    if row.state is State.APPROVED:
        return PAYING.get(row.payment, TO_PAY)
    return EMPTY


@dataclass(frozen=True, slots=True)
class MatrixStep:
    """A column of the matrix."""

    name: str
    label: Promise
    cell: Callable[[Row], Cell]


STEPS: tuple[MatrixStep, ...] = (
    MatrixStep("offered", pgettext_lazy("matrix step", "offered"), _offered),
    MatrixStep("opened", pgettext_lazy("matrix step", "opened"), _opened),
    MatrixStep("answered", pgettext_lazy("matrix step", "answered"), _answered),
    MatrixStep("approved", pgettext_lazy("matrix step", "approved"), _approved),
    MatrixStep("paid", pgettext_lazy("matrix step", "paid"), _paid),
)
PLACES = {step.name: place for place, step in enumerate(STEPS, start=1)}
CELLS = {step.name: step.cell for step in STEPS}

REACHED: Mapping[State, int] = {
    State.OPENED: PLACES["opened"],
    State.BEGUN: PLACES["opened"],
    State.REJECTED: PLACES["opened"],
    State.RETURNED: PLACES["opened"],
    State.ANSWERED: PLACES["answered"],
    State.DECLINED: PLACES["answered"],
    State.APPROVED: PLACES["approved"],
    State.PAID: PLACES["paid"],
}


def reached_by(state: State, *, has_memo: bool) -> int:
    """Return how many steps are behind who has come so far."""
    return REACHED.get(state, PLACES["offered"] if has_memo else 0)


def is_lacking(state: State, reached: int, place: int) -> bool:
    """Whether a step is still to come. Who declines needs no approval."""
    if state is State.NOTHING or reached >= place:
        return False
    return not (state is State.DECLINED and place > PLACES["answered"])


class Group(StrEnum):
    """What waits for whom: the rows that the chips above the matrix choose."""

    AWAITED = "awaited"
    TO_DECIDE = "to_decide"
    RETURNED = "returned"
    TO_PAY = "to_pay"
    PAID = "paid"
    DECLINED = "declined"


GROUPS: Mapping[Group, Promise] = {
    Group.AWAITED: pgettext_lazy("chip", "Awaits answer"),
    Group.TO_DECIDE: pgettext_lazy("chip", "To decide"),
    Group.RETURNED: pgettext_lazy("chip", "To be completed"),
    Group.TO_PAY: pgettext_lazy("chip", "To pay"),
    Group.PAID: pgettext_lazy("chip", "Paid"),
    Group.DECLINED: pgettext_lazy("chip", "Declines"),
}
OPEN_GROUP = frozenset(OPEN_STATES) - {State.RETURNED}
GROUP_OF: Mapping[State, Group] = {
    **dict.fromkeys(OPEN_GROUP, Group.AWAITED),
    State.ANSWERED: Group.TO_DECIDE,
    State.RETURNED: Group.RETURNED,
    State.APPROVED: Group.TO_PAY,
    State.PAID: Group.PAID,
    State.DECLINED: Group.DECLINED,
}


def group_of(state: State, *, has_memo: bool) -> Group | None:
    """Return what waits for whom. Before the memo has gone out nobody can answer."""
    return None if state in OPEN_GROUP and not has_memo else GROUP_OF.get(state)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows somebody wants to see; what is empty asks for nothing."""

    group: str = ""
    missing: str = ""
    is_late: bool = False
    wants_more: bool = False
    name: str = ""

    def __contains__(self, row: Row) -> bool:
        """Whether the row is wanted."""
        if self.group and row.group != self.group:
            return False
        if self.missing and not row.lacks(self.missing):
            return False
        if self.is_late and not row.is_late:
            return False
        if self.wants_more and not row.wants_more:
            return False
        text = self.name.casefold()
        return text in row.name.casefold() or row.code.startswith(text)

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self == Selection()


def selection_of(asked: Mapping[str, str]) -> Selection:
    """Return the selection that an address asks for; what it does not know is left out."""
    group, missing = asked.get("state", ""), asked.get("missing", "")
    return Selection(
        group=group if group in set(Group) else "",
        missing=missing if missing in PLACES else "",
        is_late=bool(asked.get("late")),
        wants_more=bool(asked.get("more")),
        name=asked.get("q", "").strip()[:80],
    )


@dataclass(slots=True)
class Tally:
    """What rows come to, counted in one go."""

    allocated: int = 0
    claimed: int = 0
    paid: int = 0
    answered: int = 0
    """How many have answered."""
    late: int = 0
    wants_more: int = 0
    groups: Counter[str] = field(default_factory=Counter)
    lacking: Counter[str] = field(default_factory=Counter)
    """How many have each step left."""


def tally_of(rows: Sequence[Row]) -> Tally:
    """Return what the rows come to."""
    tally = Tally(
        allocated=sum(map(attrgetter("allocated"), rows)),
        claimed=sum(map(attrgetter("claimed"), rows)),
        paid=sum(map(attrgetter("paid"), rows)),
        late=sum(map(attrgetter("is_late"), rows)),
        wants_more=sum(map(attrgetter("wants_more"), rows)),
    )
    alike = Counter((row.stands, row.offered_on is not None) for row in rows)
    for (stands, has_memo), count in alike.items():
        state = STATES[stands]
        reached = reached_by(state, has_memo=has_memo)
        if reached >= PLACES["answered"]:
            tally.answered += count
        group = group_of(state, has_memo=has_memo)
        if group:
            tally.groups[group] += count
        for name, place in PLACES.items():
            if is_lacking(state, reached, place):
                tally.lacking[name] += count
    return tally


class Version(NamedTuple):
    """A version of the distribution, as the head of the page shows it."""

    pk: int
    version: int
    status: str
    decided_on: date | None
    published: date | None
    """The day when its first memo went out."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What all rows of a grant have in common."""

    decided: Version | None = None
    draft: Version | None = None
    offered_on: date | None = None
    """When the memo of the version that holds, or of an earlier one, went out."""
    last_day: date | None = None
    """For the municipalities' answers."""


class Matrix:
    """The rows, and what they come to."""

    def __init__(self, rows: list[Row], frame: Frame) -> None:
        self.rows = rows
        self.frame = frame

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows."""
        return iter(self.rows)

    def __len__(self) -> int:
        """Return how many municipalities there are."""
        return len(self.rows)

    @cached_property
    def tally(self) -> Tally:
        """What the rows come to."""
        return tally_of(self.rows)

    def chosen(self, selection: Selection) -> "Matrix":
        """Return the part that somebody wants to see."""
        if selection.is_all:
            return self
        return Matrix([row for row in self.rows if row in selection], self.frame)

    def of_codes(self, codes: Iterable[str]) -> "Matrix":
        """Return the part with these municipalities."""
        wanted = set(codes)
        return Matrix([row for row in self.rows if row.code in wanted], self.frame)
