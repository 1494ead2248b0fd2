"""How far each municipality has come with a grant, step by step: the grant's matrix.

A row is a municipality, a cell one step for it. A step is one entry of ``STEPS``; what
comes after the payment is added there. Amounts in whole kronor.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple, cast

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from grants.models import Distribution, Grant
from invoices.models import Payment, Requisition
from invoices.offers import OPEN_STATES, Situation, State, situation_of
from invoices.requisition import last_day
from municipalities.prepared import planned_cursor


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
    allocation_id: int
    allocated: int
    status: str
    answer: str
    amount: int
    wants_more: bool
    is_late: bool
    submissions: int
    submitted_on: str | None
    decided_on: str | None
    draft: bool
    """Whether something has been typed."""

    # ``situation_of`` asks for these too.

    @property
    def allocation(self) -> "Offered":
        """The version that was answered."""
        return Offered(self.allocation_id, self.allocated)

    @property
    def is_declined(self) -> bool:
        """Whether the municipality does without the money."""
        return self.answer == "decline"


class Offered(NamedTuple):
    """An allocation: its id and its amount."""

    pk: int
    amount: int


class Paying(NamedTuple):
    """How a requisition's latest payment stands."""

    status: str
    paid_on: str | None


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
    opened: str | None
    nudged: str | None
    payment: Paying | None
    is_overdue: bool
    """Whether the last day has passed without an answer."""

    @property
    def reached(self) -> int:
        """How many steps are behind it."""
        return reached_by(self.situation.state, has_memo=self.offered_on is not None)

    @property
    def group(self) -> "Group | None":
        """What waits for whom."""
        return group_of(self.situation.state, has_memo=self.offered_on is not None)

    @property
    def nudged_on(self) -> date | None:
        """When the municipality was last reminded."""
        return day_of(self.nudged)

    @property
    def state(self) -> State:
        """How far the answer has come."""
        return self.situation.state

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
        return is_lacking(self.situation.state, self.reached, PLACES[step])

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
    if row.opened:
        return Cell(Kind.SUCCESS, on=day_of(row.opened))
    # What came by mail was never opened in the service, and need not be.
    return NOT_OPENED if row.is_offered and row.lacks("opened") else EMPTY


def _answered(row: Row) -> Cell:
    if row.state in {State.ANSWERED, State.APPROVED, State.PAID}:
        return Cell(Kind.SUCCESS, on=_day(row.requisition, "submitted_on"))
    if row.state is State.DECLINED:
        return Cell(Kind.DANGER, DECLINES, _day(row.requisition, "submitted_on"))
    if not row.is_offered:
        return RETURNED if row.state is State.RETURNED else EMPTY
    if row.is_overdue and row.state is not State.REJECTED:
        return OVERDUE
    return ANSWERING.get(row.state, AWAITED)


def _approved(row: Row) -> Cell:
    if row.state is State.ANSWERED:
        return TO_DECIDE
    if row.state in {State.APPROVED, State.PAID}:
        return Cell(Kind.SUCCESS, on=_day(row.requisition, "decided_on"))
    return EMPTY


def _paid(row: Row) -> Cell:
    payment = row.payment
    if row.state is State.PAID:
        day = day_of(payment.paid_on) if payment else None
        return Cell(Kind.SUCCESS, on=day or _day(row.requisition, "decided_on"))
    if row.state is State.APPROVED:
        return PAYING.get(Payment.Status(payment.status), TO_PAY) if payment else TO_PAY
    return EMPTY


def _day(requisition: Answered | None, name: str) -> date | None:
    return day_of(getattr(requisition, name, None))


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


def tally_of(rows: Iterable[Row]) -> Tally:
    """Return what the rows come to."""
    tally = Tally()
    alike: Counter[tuple[State, bool]] = Counter()
    for row in rows:
        situation, requisition = row.situation, row.requisition
        tally.allocated += situation.allocated
        tally.claimed += situation.claimed
        tally.paid += situation.paid
        tally.late += row.is_late
        if requisition is not None and requisition.wants_more:
            tally.wants_more += 1
        alike[situation.state, row.offered_on is not None] += 1
    for (state, has_memo), count in alike.items():
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
    published: str | None
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


# From the database --------------------------------------------------------------------

# The matrix is the page that staff open most, over up to 290 municipalities. Plain rows,
# with days as text that is read when it is shown, cost a quarter of what models do.

VERSIONS = """
SELECT version.id, version.version, version.status, version.decided_on, (
    SELECT (MIN(memo.published_at) AT TIME ZONE %(zone)s)::date::text
    FROM {memos} AS memo
    WHERE memo.distribution_id = version.id AND memo.status = 'published'
)
FROM grants_distribution AS version
WHERE version.grant_id = %(grant)s
ORDER BY version.version
"""

PLACED = """
SELECT own.id, own.amount, place.id, place.code, place.name, place.own_name
FROM grants_allocation AS own
JOIN municipalities_municipality AS place ON place.id = own.municipality_id
WHERE own.distribution_id = %(version)s
ORDER BY place.code
"""

CLAIMED = """
SELECT claim.municipality_id, paying.status, paying.paid_on::text,
    claim.id, claim.allocation_id, answered.amount, claim.status, claim.answer,
    claim.amount, claim.wants_more, claim.is_late, claim.submissions,
    (claim.submitted_at AT TIME ZONE %(zone)s)::date::text,
    (claim.decided_at AT TIME ZONE %(zone)s)::date::text,
    claim.draft_saved_at IS NOT NULL
FROM invoices_requisition AS claim
JOIN grants_allocation AS answered ON answered.id = claim.allocation_id
LEFT JOIN LATERAL (
    SELECT payment.status, payment.paid_on FROM invoices_payment AS payment
    WHERE payment.requisition_id = claim.id AND claim.status IN ('approved', 'paid')
    ORDER BY payment.id DESC LIMIT 1
) AS paying ON TRUE
WHERE claim.grant_id = %(grant)s
ORDER BY claim.id
"""

OPENED_AND_NUDGED = """
SELECT step.kind, step.allocation_id, allocation.municipality_id,
    (MAX(step.at) AT TIME ZONE %(zone)s)::date::text
FROM invoices_step AS step
JOIN grants_allocation AS allocation ON allocation.id = step.allocation_id
JOIN grants_distribution AS version ON version.id = allocation.distribution_id
WHERE version.grant_id = %(grant)s AND step.kind IN ('opened', 'nudged')
GROUP BY step.kind, step.allocation_id, allocation.id
"""

Fetched = list[tuple[Any, ...]]


def matrix_of(grant: Grant, today: date) -> Matrix:
    """Return the matrix of the version that holds, in five queries however many rows.

    Without a decided version there are no rows.
    """
    frame = frame_of(grant)
    if frame.decided is None:
        return Matrix([], frame)
    asked = {
        "grant": grant.pk,
        "version": frame.decided.pk,
        "zone": timezone.get_current_timezone_name(),
    }
    with planned_cursor() as cursor:
        placed, claimed, steps = (
            _fetched(cursor, query, asked) for query in (PLACED, CLAIMED, OPENED_AND_NUDGED)
        )
    made: dict[int, list[Answered]] = {}
    payments: dict[int, Paying] = {}
    for municipality, status, paid_on, *claim in claimed:
        requisition = Answered._make(claim)
        made.setdefault(municipality, []).append(requisition)
        if status is not None:
            payments[requisition.pk] = Paying(status, paid_on)
    opened: dict[int, str] = {}
    nudged: dict[int, str] = {}
    for kind, allocation, municipality, day in steps:
        if kind == "opened":
            opened[allocation] = day
        else:
            nudged[municipality] = max(day, nudged.get(municipality, day))

    # The rows that were fetched have all that it asks of models.
    stands = cast("Callable[..., Any]", situation_of)
    rows = []
    is_past = frame.last_day is not None and today > frame.last_day
    for pk, amount, municipality, code, name, own_name in placed:
        opened_day = opened.get(pk)
        situation = stands(
            Offered(pk, amount),
            made.get(municipality, ()),
            is_opened=opened_day is not None,
        )
        shown = situation.requisition
        payment = None
        if shown is not None:
            payment = payments.get(shown.pk)
            # One who answered an earlier version opened that one.
            opened_day = opened_day or opened.get(shown.allocation_id)
        state = situation.state
        rows.append(
            Row(
                pk,
                municipality,
                code,
                name,
                own_name,
                situation,
                shown,
                frame.offered_on,
                opened_day,
                nudged.get(municipality),
                payment,
                is_past
                and frame.offered_on is not None
                and state in OPEN_STATES
                and state is not State.RETURNED,
            )
        )
    return Matrix(rows, frame)


def _fetched(cursor: Any, query: str, asked: Mapping[str, Any]) -> Fetched:
    cursor.execute(query, asked)
    rows: Fetched = cursor.fetchall()
    return rows


def frame_of(grant: Grant) -> Frame:
    """Return what the grant's rows have in common, in two queries."""
    with planned_cursor() as cursor:
        asked = {"grant": grant.pk, "zone": timezone.get_current_timezone_name()}
        fetched = _fetched(cursor, VERSIONS.format(memos=_memos()), asked)
    versions = [Version(*values) for values in fetched]
    by_status = {version.status: version for version in versions}
    published = [version.published for version in versions if version.published]
    decided = by_status.get(Distribution.Status.DECIDED)
    if decided is not None and decided.published:
        published.append(decided.published)
    return Frame(
        decided=decided,
        draft=by_status.get(Distribution.Status.DRAFT),
        offered_on=day_of(published[-1]) if published else None,
        last_day=last_day(grant),
    )


def _memos() -> str:
    """Return the table of the memos, which point to the versions from the layer above."""
    memos: Any = Distribution._meta.get_field("memos").related_model
    return str(memos._meta.db_table)


def day_of(text: str | None) -> date | None:
    """Return a day that was fetched as text."""
    return date.fromisoformat(text) if text else None
