"""How far each municipality has come with a grant, step by step: the grant's matrix.

A row is a municipality, a cell one step for it. A step is one entry of ``STEPS``; what
comes after the payment is added there. Amounts in whole kronor.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, cast

from django.db.models import Max, Min, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from grants.models import Allocation, Distribution, Grant
from invoices.models import Payment, Requisition, Step
from invoices.offers import OPEN_STATES, Situation, State, situation_of
from invoices.requisition import last_day


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


class Answered(NamedTuple):
    """What the matrix needs to know of a requisition, fetched without its texts."""

    pk: int
    municipality_id: int
    allocation_id: int
    allocated: int
    status: str
    answer: str
    amount: int
    wants_more: bool
    is_late: bool
    submissions: int
    submitted_at: datetime | None
    submitted_by_id: int | None
    decided_at: datetime | None
    draft_saved_at: datetime | None

    # The names that ``situation_of`` asks for.

    @property
    def allocation(self) -> "Version":
        """The version that was answered."""
        return Version(self.allocation_id, self.allocated)

    @property
    def draft(self) -> bool:
        """Whether something has been typed."""
        return self.draft_saved_at is not None

    @property
    def is_declined(self) -> bool:
        """Whether the municipality does without the money."""
        return self.answer == Requisition.Answer.DECLINE


class Version(NamedTuple):
    """An allocation: its id and its amount."""

    pk: int
    amount: int


class Paying(NamedTuple):
    """How a requisition's latest payment stands."""

    status: str
    paid_on: date | None


@dataclass(slots=True)
class Row:
    """One municipality."""

    allocation_id: int
    municipality_id: int
    code: str
    name: str
    own_name: str
    situation: Situation
    requisition: Answered | None
    offered_on: date | None
    opened_on: date | None
    nudged_on: date | None
    payment: Paying | None
    is_overdue: bool
    """Whether the last day has passed without an answer."""
    reached: int = field(init=False)
    """How many steps are behind it."""

    def __post_init__(self) -> None:
        self.reached = _reached(self)

    @property
    def state(self) -> State:
        """How far the answer has come."""
        return self.situation.state

    @property
    def is_offered(self) -> bool:
        """Whether there is money, and a memo about it has gone out."""
        return self.offered_on is not None and self.state is not State.NOTHING

    @property
    def waits_for_decision(self) -> bool:
        """Whether there is an answer to approve or return."""
        return self.state is State.ANSWERED

    @property
    def waits_for_answer(self) -> bool:
        """Whether the municipality has something to do: who may be nudged."""
        return self.is_offered and self.state in OPEN_STATES

    @property
    def is_late(self) -> bool:
        """Whether the answer came late, or is late in coming."""
        return self.is_overdue or bool(self.requisition and self.requisition.is_late)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What to look at, in a fixed order."""
        requisition = self.requisition
        if requisition is None or requisition.submissions == 0:
            return ()
        found = (
            (Mark.LATE, requisition.is_late),
            (Mark.PART, requisition.answer == Requisition.Answer.PART),
            (Mark.CHANGED, requisition.submissions > 1),
            (Mark.WANTS_MORE, requisition.wants_more),
            (Mark.DECLINES, requisition.is_declined),
        )
        return tuple(mark for mark, holds in found if holds)

    def lacks(self, step: str) -> bool:
        """Whether the step is still to come. Who declines needs no approval."""
        place = PLACES[step]
        if self.state is State.NOTHING or self.reached >= place:
            return False
        return not (self.state is State.DECLINED and place > PLACES["answered"])

    def cell(self, step: str) -> Cell:
        """Return how the step stands."""
        if self.state is State.NOTHING:
            return NOTHING if step == "offered" else EMPTY
        return CELLS[step](self)

    @property
    def cells(self) -> list[Cell]:
        """Every step, in order."""
        return [self.cell(step.name) for step in STEPS]


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
PAYING = {
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
        return Cell(Kind.SUCCESS, on=_day(row.requisition, "submitted_at"))
    if row.state is State.DECLINED:
        return Cell(Kind.DANGER, DECLINES, _day(row.requisition, "submitted_at"))
    if not row.is_offered:
        return RETURNED if row.state is State.RETURNED else EMPTY
    if row.is_overdue and row.state is not State.REJECTED:
        return OVERDUE
    return ANSWERING.get(row.state, AWAITED)


def _approved(row: Row) -> Cell:
    if row.state is State.ANSWERED:
        return TO_DECIDE
    if row.state in {State.APPROVED, State.PAID}:
        return Cell(Kind.SUCCESS, on=_day(row.requisition, "decided_at"))
    return EMPTY


def _paid(row: Row) -> Cell:
    payment = row.payment
    if row.state is State.PAID:
        day = payment.paid_on if payment else None
        return Cell(Kind.SUCCESS, on=day or _day(row.requisition, "decided_at"))
    if row.state is State.APPROVED:
        return PAYING.get(Payment.Status(payment.status), TO_PAY) if payment else TO_PAY
    return EMPTY


def _day(requisition: Answered | None, name: str) -> date | None:
    moment = getattr(requisition, name, None)
    return timezone.localtime(moment).date() if moment else None


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

REACHED = {
    State.OPENED: "opened",
    State.BEGUN: "opened",
    State.REJECTED: "opened",
    State.RETURNED: "opened",
    State.ANSWERED: "answered",
    State.DECLINED: "answered",
    State.APPROVED: "approved",
    State.PAID: "paid",
}


def _reached(row: Row) -> int:
    step = REACHED.get(row.situation.state)
    if step:
        return PLACES[step]
    return PLACES["offered"] if row.offered_on else 0


class Group(StrEnum):
    """What waits for whom: the rows that the chips above the matrix choose."""

    AWAITED = "awaited"
    TO_DECIDE = "to_decide"
    RETURNED = "returned"
    TO_PAY = "to_pay"
    PAID = "paid"
    DECLINED = "declined"


GROUPS: Mapping[Group, tuple[Promise, Callable[[Row], bool]]] = {
    Group.AWAITED: (
        pgettext_lazy("chip", "Awaits answer"),
        lambda row: row.waits_for_answer and row.state is not State.RETURNED,
    ),
    Group.TO_DECIDE: (
        pgettext_lazy("chip", "To decide"),
        lambda row: row.waits_for_decision,
    ),
    Group.RETURNED: (
        pgettext_lazy("chip", "To be completed"),
        lambda row: row.state is State.RETURNED,
    ),
    Group.TO_PAY: (
        pgettext_lazy("chip", "To pay"),
        lambda row: row.state is State.APPROVED,
    ),
    Group.PAID: (pgettext_lazy("chip", "Paid"), lambda row: row.state is State.PAID),
    Group.DECLINED: (
        pgettext_lazy("chip", "Declines"),
        lambda row: row.state is State.DECLINED,
    ),
}


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
        if self.group and not GROUPS[Group(self.group)][1](row):
            return False
        if self.missing and not row.lacks(self.missing):
            return False
        if self.is_late and not row.is_late:
            return False
        if self.wants_more and not (row.requisition and row.requisition.wants_more):
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


@dataclass(frozen=True, slots=True)
class Matrix:
    """The rows, and what they come to."""

    rows: list[Row]
    last_day: date | None = None

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows."""
        return iter(self.rows)

    def __len__(self) -> int:
        """Return how many municipalities there are."""
        return len(self.rows)

    def chosen(self, selection: Selection) -> "Matrix":
        """Return the part that somebody wants to see."""
        if selection.is_all:
            return self
        return Matrix([row for row in self.rows if row in selection], self.last_day)

    def of_codes(self, codes: Iterable[str]) -> "Matrix":
        """Return the part with these municipalities."""
        wanted = set(codes)
        return Matrix([row for row in self.rows if row.code in wanted], self.last_day)

    @property
    def allocated(self) -> int:
        """What is allocated."""
        return sum(row.situation.allocated for row in self.rows)

    @property
    def claimed(self) -> int:
        """What is asked for."""
        return sum(row.situation.claimed for row in self.rows)

    @property
    def paid(self) -> int:
        """What has been paid."""
        return sum(row.situation.paid for row in self.rows)

    @property
    def answered_count(self) -> int:
        """How many have answered."""
        place = PLACES["answered"]
        return sum(row.reached >= place for row in self.rows)

    def lacking(self, step: str) -> int:
        """Return how many have the step left."""
        return sum(row.lacks(step) for row in self.rows)

    def count(self, group: str) -> int:
        """Return how many are in the group."""
        belongs = GROUPS[Group(group)][1]
        return sum(belongs(row) for row in self.rows)

    @property
    def late_count(self) -> int:
        """How many are late."""
        return sum(row.is_late for row in self.rows)

    @property
    def wants_more_count(self) -> int:
        """How many would gladly take more."""
        return sum(
            bool(row.requisition and row.requisition.wants_more) for row in self.rows
        )


def matrix_of(grant: Grant, distribution: Distribution | None, today: date) -> Matrix:
    """Return the matrix of the version that holds, in six queries however many rows.

    Without a decided version there are no rows.
    """
    if distribution is None:
        return Matrix([])
    due_on = last_day(grant)
    is_past = due_on is not None and today > due_on
    offered_on = first_published_on(grant, distribution)
    requisitions = requisitions_of(grant)
    opened, nudged = _opened_and_nudged(grant)
    payments = _payments_of(grant)
    rows = []
    for pk, amount, municipality, code, name, own_name in (
        Allocation.objects.filter(distribution=distribution)
        .order_by("municipality__code")
        .values_list(
            "pk",
            "amount",
            "municipality",
            "municipality__code",
            "municipality__name",
            "municipality__own_name",
        )
    ):
        made = requisitions.get(municipality, ())
        seen_on = opened.get(pk)
        situation = situation_of(
            cast("Allocation", Version(pk, amount)),
            cast("Iterable[Requisition]", made),
            is_opened=seen_on is not None,
        )
        shown = cast("Answered | None", situation.requisition)
        if seen_on is None and shown is not None:
            seen_on = opened.get(shown.allocation_id)
        is_waiting = offered_on is not None and situation.state in OPEN_STATES
        rows.append(
            Row(
                allocation_id=pk,
                municipality_id=municipality,
                code=code,
                name=name,
                own_name=own_name,
                situation=situation,
                requisition=shown,
                offered_on=offered_on,
                opened_on=seen_on,
                nudged_on=nudged.get(municipality),
                payment=payments.get(shown.pk) if shown else None,
                is_overdue=is_past and is_waiting and situation.state is not State.RETURNED,
            )
        )
    return Matrix(rows, due_on)


def first_published_on(grant: Grant, distribution: Distribution) -> date | None:
    """Return the day when the memo of the version, or of an earlier one, went out."""
    # The memos are above this layer: they are reached the way that their rows point here.
    published: dict[bool, datetime] = {}
    for version, at in (
        Distribution.objects.filter(grant=grant, memos__status="published")
        .order_by("version")
        .annotate(published_at=Min("memos__published_at"))
        .values_list("pk", "published_at")
    ):
        published[version == distribution.pk] = at
    at = published.get(True, published.get(False))
    return timezone.localtime(at).date() if at else None


def requisitions_of(grant: Grant) -> dict[int, list[Answered]]:
    """Return the grant's requisitions by municipality, without their texts."""
    found: dict[int, list[Answered]] = {}
    names = ["allocation__amount" if name == "allocated" else name for name in FETCHED]
    rows: QuerySet[Requisition, Any] = Requisition.objects.filter(grant=grant)
    for values in rows.order_by("pk").values_list(*names):
        requisition = Answered(*values)
        found.setdefault(requisition.municipality_id, []).append(requisition)
    return found


FETCHED = Answered._fields


def _opened_and_nudged(grant: Grant) -> tuple[dict[int, date], dict[int, date]]:
    opened: dict[int, date] = {}
    nudged: dict[int, date] = {}
    for allocation, municipality, kind, first, latest in (
        Step.objects.filter(
            allocation__distribution__grant=grant,
            kind__in=[Step.Kind.OPENED, Step.Kind.NUDGED],
        )
        .order_by()
        .values_list("allocation", "allocation__municipality", "kind")
        .annotate(Min("at"), Max("at"))
    ):
        if kind == Step.Kind.OPENED:
            opened[allocation] = timezone.localtime(first).date()
        else:
            day = timezone.localtime(latest).date()
            nudged[municipality] = max(day, nudged.get(municipality, day))
    return opened, nudged


def _payments_of(grant: Grant) -> dict[int, Paying]:
    """Return how each requisition's latest payment stands."""
    payments = Payment.objects.filter(requisition__grant=grant).order_by("pk")
    return {
        requisition: Paying(status, paid_on)
        for requisition, status, paid_on in payments.values_list(
            "requisition", "status", "paid_on"
        )
    }
