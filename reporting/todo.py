"""Who has something to do by each last day, and who has done it.

A requisition is done when the municipality has nothing left to answer
(``invoices.offers``), a repayment when nothing is left of what it is asked to pay back by
that day (``invoices.repayment``), and a report when it is sent in. Whoever is asked to
complete one has a last day of its own for that. Our own repayment is done when every krona
is accounted for (``invoices.closing``). What the system does not see by itself is done when
somebody has noted it (``DeadlineDone``), for the municipality or for all. The last day of
use informs before the day; nobody is ever behind with it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, cast

from django.db.models import prefetch_related_objects

from grants.models import Allocation, Deadline, DeadlineDone, Distribution
from invoices.closing import closed
from invoices.models import Requisition
from invoices.offers import Situation, State, offers_to, situation_of
from invoices.repayment import Owing, owing
from municipalities.models import CoordinatingBody, Municipality
from reporting.models import CompletionRequest, Report, ReportRound

Kind = Deadline.Kind
Actor = Deadline.Actor

OF_THEIR_OWN = {Kind.REQUISITION, Kind.USE, Kind.REPAYMENT}
"""What is seen in other things than reports."""


@dataclass(frozen=True, slots=True)
class Todo:
    """What is to be done by a last day."""

    deadline: Deadline
    """With its grant."""
    concerned: frozenset[int]
    """Ids of the municipalities that must act; empty where it is the body or the region."""
    missing: frozenset[int]
    """Those of them that have not."""
    is_done: bool
    """Whether there is nothing more to do, for anybody."""
    round: int | None = None
    """The round of reports that it is about."""


@dataclass(slots=True)
class _Grant:
    """The municipalities of a grant that has gone out, by how they stand with it."""

    concerned: set[int] = field(default_factory=set)
    """Those that take part."""
    asked: set[int] = field(default_factory=set)
    """Those that are, or were, asked for a requisition."""
    unanswered: set[int] = field(default_factory=set)
    owing: list[Owing] = field(default_factory=list)
    """What municipalities are asked to pay back, also what they have paid."""
    is_claimed: bool = False
    """Whether anybody is asked to: then it is seen who has paid."""

    def add(self, municipality: int, situation: Situation) -> None:
        """Put a municipality where it belongs."""
        if situation.allocated and situation.declined < situation.allocated:
            self.concerned.add(municipality)
        if situation.state is not State.NOTHING:
            self.asked.add(municipality)
        if not situation.is_answered:
            self.unanswered.add(municipality)


@dataclass(slots=True)
class _Reports:
    """The reports that are to be sent in, or completed, by a last day."""

    sent: dict[int, set[int]] = field(default_factory=dict)
    """Who has sent in, by the open rounds that rest on the day."""
    asked: dict[int, bool] | None = None
    """Who is asked to complete by the day, and whether it is left to do."""
    round: int | None = None

    def stand(self, grant: _Grant) -> tuple[set[int], set[int]]:
        """Return who is concerned, and who is missing."""
        if self.sent:
            in_all = set.intersection(*self.sent.values())
            return grant.concerned, grant.concerned - in_all
        if self.asked is not None:
            return set(self.asked), {pk for pk, is_left in self.asked.items() if is_left}
        return grant.concerned, grant.concerned


@dataclass(slots=True)
class _Noted:
    """What is noted as done of a deadline."""

    whole: bool = False
    municipalities: set[int] = field(default_factory=set)


def todos_of(
    body: CoordinatingBody,
    deadlines: Iterable[Deadline],
    today: date,
    *,
    only: Collection[int] | None = None,
) -> dict[int, Todo]:
    """Return what is to be done by each of the body's deadlines, by their ids.

    In four queries however many they are, and one more each where they come without
    grants, where any is for repayments, where any may be for reports, where any may be for
    their completion, and where any is for our own repayment: then ten, once anything is
    settled.
    With ``only``, the ids of some municipalities, the others are as if they were not there.
    """
    deadlines = list(deadlines)
    prefetch_related_objects(deadlines, "grant")
    of_municipalities = [each for each in deadlines if each.actor == Actor.MUNICIPALITIES]
    grants = _grants(body, {each.grant_id for each in of_municipalities}, only)
    _add_owing(grants, of_municipalities, only)
    reports = _reports(of_municipalities, only)
    noted = _noted(deadlines)
    _note_returned(deadlines, noted)
    nothing = _Grant()
    return {
        each.pk: _todo(
            each,
            grants.get(each.grant_id, nothing),
            reports[each.pk],
            noted[each.pk],
            today,
        )
        for each in deadlines
    }


def todos_for(
    municipality: Municipality, today: date, *, also_done: bool = False
) -> list[Todo]:
    """Return the municipality's own last days by date, in four queries up to seven.

    They are those to come, and past ones that it has not done; with ``also_done`` past ones
    that it has done as well.
    """
    grants: dict[int, _Grant] = {}
    for offer in offers_to(municipality, today):
        grants[offer.grant.pk] = _Grant()
        grants[offer.grant.pk].add(municipality.pk, offer.situation)
    deadlines = list(
        Deadline.objects.filter(grant__in=grants, actor=Actor.MUNICIPALITIES)
        .select_related("grant__body")
        .order_by("due_on", "pk")
    )
    _add_owing(grants, deadlines, {municipality.pk})
    reports = _reports(deadlines, {municipality.pk})
    noted = _noted(deadlines, municipality)
    todos = [
        _todo(each, grants[each.grant_id], reports[each.pk], noted[each.pk], today)
        for each in deadlines
    ]
    return [
        todo
        for todo in todos
        if todo.concerned and (also_done or todo.missing or todo.deadline.due_on >= today)
    ]


def _todo(
    deadline: Deadline, grant: _Grant, reports: _Reports, noted: _Noted, today: date
) -> Todo:
    if deadline.actor != Actor.MUNICIPALITIES:
        is_over = deadline.kind == Kind.USE and deadline.due_on < today
        return Todo(deadline, frozenset(), frozenset(), noted.whole or is_over)
    concerned, missing = reports.stand(grant)
    if deadline.kind == Kind.REQUISITION:
        concerned, missing = grant.asked, grant.unanswered
    if deadline.kind == Kind.REPAYMENT and grant.is_claimed:
        claims = [each for each in grant.owing if each.due_on <= deadline.due_on]
        concerned = {each.municipality for each in claims}
        missing = {each.municipality for each in claims if each.left}
    if deadline.kind == Kind.USE or noted.whole:
        missing = set()
    left = frozenset(missing - noted.municipalities)
    if deadline.kind == Kind.USE:
        is_done = noted.whole or deadline.due_on < today
    else:
        is_done = noted.whole or (bool(concerned) and not left)
    return Todo(deadline, frozenset(concerned), left, is_done, reports.round)


def _grants(
    body: CoordinatingBody, grants: set[int], only: Collection[int] | None
) -> dict[int, _Grant]:
    """Return how the municipalities stand with each grant, in three queries.

    What has gone out is what ``offers.offered`` says; here it is asked once a version, not
    once an allocation, since they are many.
    """
    versions = dict(
        Distribution.objects.decided()
        .filter(grant__body=body, grant__in=grants, memos__status="published")
        .order_by()
        .values_list("pk", "grant")
    )
    if not versions:
        return {}
    some = {} if only is None else {"municipality__in": only}
    made: dict[tuple[int, int], list[Requisition]] = defaultdict(list)
    for grant, municipality, amount, *facts in (
        Requisition.objects.filter(grant__in=versions.values(), **some)
        .order_by("pk")
        .values_list("grant", "municipality", "allocation__amount", *_Made.FIELDS)
    ):
        allocation = _Allocated(facts[0], amount)
        made[grant, municipality].append(cast(Requisition, _Made(allocation, *facts)))
    found: dict[int, _Grant] = defaultdict(_Grant)
    for pk, version, municipality, amount in (
        Allocation.objects.filter(distribution__in=versions, **some)
        .order_by()
        .values_list("pk", "distribution", "municipality", "amount")
    ):
        grant = versions[version]
        situation = situation_of(
            cast(Allocation, _Allocated(pk, amount)), made.get((grant, municipality), ())
        )
        found[grant].add(municipality, situation)
    return found


def _note_returned(deadlines: Iterable[Deadline], noted: dict[int, _Noted]) -> None:
    """Note our own repayments as done where nothing is left with anybody."""
    own = [
        each
        for each in deadlines
        if each.kind == Kind.REPAYMENT
        and each.actor != Actor.MUNICIPALITIES
        and not noted[each.pk].whole
    ]
    found = closed({each.grant_id for each in own}) if own else set()
    for each in own:
        noted[each.pk].whole = each.grant_id in found


def _add_owing(
    grants: dict[int, _Grant],
    deadlines: Iterable[Deadline],
    only: Collection[int] | None,
) -> None:
    """Put what is claimed back in the grants that have a last day for it, in one query."""
    asked = {each.grant_id for each in deadlines if each.kind == Kind.REPAYMENT}
    for claim in owing(asked & grants.keys()) if asked else ():
        if only is None or claim.municipality in only:
            grants[claim.grant].owing.append(claim)
        grants[claim.grant].is_claimed = True


def _reports(
    deadlines: Iterable[Deadline], only: Collection[int] | None
) -> dict[int, _Reports]:
    """Return what reports each deadline is about, in one query or two, or none.

    One that is to be completed has been sent in: its completion has a day of its own.
    """
    asked = {each.pk: each for each in deadlines if each.kind not in OF_THEIR_OWN}
    found: dict[int, _Reports] = defaultdict(_Reports)
    if not asked:
        return found
    rows = ReportRound.objects.opened().filter(deadline__in=asked).order_by("pk")
    for deadline, pk, municipality, status in rows.values_list(
        "deadline", "pk", "reports__municipality", "reports__status"
    ):
        found[deadline].round = found[deadline].round or pk
        sent = found[deadline].sent.setdefault(pk, set())
        if status is not None and status != Report.Status.DRAFT:
            sent.add(municipality)
    own = [pk for pk, each in asked.items() if each.kind == Kind.OWN]
    completions = CompletionRequest.objects.filter(deadline__in=own).order_by()
    for deadline, municipality, pk, closed_at in completions.values_list(
        "deadline", "report__municipality", "report__round", "closed_at"
    ):
        each = found[deadline]
        each.round = each.round or pk
        each.asked = each.asked or {}
        if only is None or municipality in only:
            is_left = closed_at is None or each.asked.get(municipality, False)
            each.asked[municipality] = is_left
    return found


# What ``situation_of`` reads of the rows: thousands of whole ones take most of a second.


@dataclass(slots=True)
class _Allocated:
    """An allocation."""

    pk: int
    amount: int


@dataclass(slots=True)
class _Made:
    """A requisition."""

    FIELDS: ClassVar = (
        "allocation_id",
        "pk",
        "status",
        "answer",
        "amount",
        "draft",
        "submissions",
    )

    allocation: _Allocated
    allocation_id: int
    pk: int
    status: str
    answer: str
    amount: int
    draft: Any
    submissions: int

    @property
    def is_declined(self) -> bool:
        """Whether the municipality does without."""
        return self.answer == Requisition.Answer.DECLINE


def _noted(
    deadlines: Iterable[Deadline], municipality: Municipality | None = None
) -> dict[int, _Noted]:
    """Return what is noted as done of each deadline, of all or of one municipality."""
    rows = DeadlineDone.objects.filter(deadline__in=[each.pk for each in deadlines])
    if municipality:
        rows = rows.filter(municipality__isnull=True) | rows.filter(
            municipality=municipality
        )
    noted: dict[int, _Noted] = defaultdict(_Noted)
    for deadline, done_by in rows.order_by().values_list("deadline", "municipality"):
        if done_by is None:
            noted[deadline].whole = True
        else:
            noted[deadline].municipalities.add(done_by)
    return noted
