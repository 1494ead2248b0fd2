"""What municipalities are offered, and how far each has come with its answer.

A grant is offered when a memo that rests on its decided distribution is published. A new
version of the distribution is a new offer only where it gives more than the one that was
answered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import pgettext_lazy

from grants.models import Allocation, Deadline, Distribution, Grant
from invoices.models import STANDING, Requisition, Step
from municipalities.models import Municipality
from municipalities.prepared import Prepared


class State(models.TextChoices):
    """How far an answer has come."""

    OFFERED = "offered", pgettext_lazy("answer", "not opened")
    OPENED = "opened", pgettext_lazy("answer", "opened")
    BEGUN = "begun", pgettext_lazy("answer", "begun")
    ANSWERED = "answered", pgettext_lazy("answer", "sent in")
    RETURNED = "returned", pgettext_lazy("answer", "to be completed")
    APPROVED = "approved", pgettext_lazy("answer", "approved")
    PAID = "paid", pgettext_lazy("answer", "paid")
    DECLINED = "declined", pgettext_lazy("answer", "declined")
    REJECTED = "rejected", pgettext_lazy("answer", "rejected")
    NOTHING = "nothing", pgettext_lazy("answer", "nothing allocated")


BY_STATUS: Mapping[str, State] = {
    Requisition.Status.DRAFT: State.BEGUN,
    Requisition.Status.SUBMITTED: State.ANSWERED,
    Requisition.Status.RETURNED: State.RETURNED,
    Requisition.Status.APPROVED: State.APPROVED,
    Requisition.Status.PAID: State.PAID,
    Requisition.Status.REJECTED: State.REJECTED,
}

OPEN_STATES = (State.OFFERED, State.OPENED, State.BEGUN, State.RETURNED, State.REJECTED)
"""Where the municipality has something to do."""


class Situation(NamedTuple):
    """How a municipality stands with a grant. Amounts in whole kronor."""

    state: State
    requisition: Requisition | None
    """The one that the state is about."""
    allocated: int
    claimed: int
    """What its standing requisitions hold."""
    left: int
    """What may still be claimed."""
    declined: int
    """What it has done without: allocated, but neither claimed nor left."""
    paid: int

    @property
    def is_answered(self) -> bool:
        """Whether there is nothing more to answer."""
        return self.state not in OPEN_STATES


def situation_of(
    allocation: Allocation, requisitions: Iterable[Requisition], *, is_opened: bool = False
) -> Situation:
    """Return how the municipality stands with the allocation that holds.

    ``requisitions`` are all that it has made for the grant, with their allocations.
    """
    draft = rejected = answered_amount = None
    standing: list[Requisition] = []
    claimed = paid = 0
    for each in sorted(requisitions, key=attrgetter("pk")):
        if each.status in STANDING:
            standing.append(each)
            claimed += each.amount
            paid += each.amount if each.status == "paid" else 0
            answered_amount = max(each.allocation.amount, answered_amount or 0)
        elif each.status == "rejected":
            rejected = each
        elif each.status == "draft":
            draft = draft or each
    left = max(allocation.amount - claimed, 0)
    is_offer = answered_amount is None or allocation.amount > answered_amount

    state, shown = State.NOTHING, None
    if draft is not None and is_offer:
        is_begun = draft.draft or draft.submissions
        state, shown = State.BEGUN if is_begun else State.OPENED, draft
    elif is_offer and left:
        if rejected is not None and not standing:
            state, shown = State.REJECTED, rejected
        else:
            state = State.OPENED if is_opened else State.OFFERED
    elif standing:
        # What asks for something to be done comes before what is done.
        returned = (each for each in standing if each.status == "returned")
        shown = next(returned, standing[-1])
        state = BY_STATUS[shown.status]
        if shown.is_declined and state is State.ANSWERED:
            state = State.DECLINED
    is_open = is_offer and left > 0
    return Situation(
        state=state,
        requisition=shown,
        allocated=allocation.amount,
        claimed=claimed,
        left=left if is_open else 0,
        declined=0 if is_open else left,
        paid=paid,
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """One grant's money, offered to one municipality."""

    allocation: Allocation
    situation: Situation
    last_day: date | None
    memo_version: int
    today: date

    @property
    def grant(self) -> Grant:
        """The grant."""
        return self.allocation.distribution.grant

    @property
    def municipality(self) -> Municipality:
        """Who is offered it."""
        return self.allocation.municipality

    @property
    def is_late(self) -> bool:
        """Whether the last day has passed."""
        return self.last_day is not None and self.today > self.last_day

    @property
    def is_closed(self) -> bool:
        """Whether no answer is taken any longer."""
        return self.is_late and self.grant.refuses_late

    @property
    def may_be_answered(self) -> bool:
        """Whether there is an answer to begin or to change."""
        requisition = self.situation.requisition
        if requisition is not None and requisition.status == "returned":
            return True
        if self.is_closed:
            return False
        return self.situation.left > 0 or (
            requisition is not None and requisition.status in {"draft", "submitted"}
        )


def offered() -> QuerySet[Allocation, Any]:
    """Return the allocations that hold and have gone out, with what an offer shows.

    Annotated with ``last_day`` and ``memo_version``.
    """
    last_day = (
        Deadline.objects.answers()
        .filter(grant=OuterRef("distribution__grant"))
        .order_by()
        .values("grant")
        .annotate(last=Max("due_on"))
        .values("last")
    )
    # The memos are above this layer: they are reached the way that their rows point here.
    memo = (
        Distribution.objects.filter(pk=OuterRef("distribution"), memos__status="published")
        .order_by()
        .values("pk")
        .annotate(version=Max("memos__version"))
        .values("version")
    )
    return (
        Allocation.objects.filter(distribution__status=Distribution.Status.DECIDED)
        .annotate(last_day=Subquery(last_day), memo_version=Subquery(memo))
        .filter(memo_version__isnull=False)
    )


def with_answers(
    allocations: QuerySet[Allocation, Any],
) -> list[tuple[Any, Situation]]:
    """Return each allocation with how its municipality stands, in two queries."""
    rows = list(
        with_opened(allocations).select_related("distribution__grant", "municipality")
    )
    made = Requisition.objects.filter(
        grant__in={row.distribution.grant_id for row in rows},
        municipality__in={row.municipality_id for row in rows},
    )
    return situations(rows, made.select_related("allocation").order_by("pk"))


def with_opened(allocations: QuerySet[Allocation, Any]) -> QuerySet[Any]:
    """Annotate ``is_opened``: whether somebody there has opened the offer."""
    opened = Step.objects.filter(allocation=OuterRef("pk"), kind=Step.Kind.OPENED)
    return allocations.annotate(is_opened=Exists(opened))


def situations(
    rows: Sequence[Any], requisitions: Iterable[Requisition]
) -> list[tuple[Any, Situation]]:
    """Return each allocation with how its municipality stands.

    ``requisitions`` are those of the grants and the municipalities, and perhaps of others.
    """
    made: dict[tuple[int, int], list[Requisition]] = {
        (row.distribution.grant_id, row.municipality_id): [] for row in rows
    }
    for requisition in requisitions:
        made.get((requisition.grant_id, requisition.municipality_id), []).append(
            requisition
        )
    return [
        (
            row,
            situation_of(
                row,
                made[row.distribution.grant_id, row.municipality_id],
                is_opened=row.is_opened,
            ),
        )
        for row in rows
    ]


@Prepared
def _offered_to(municipality: int, *grant: int) -> QuerySet[Any]:
    # One that has come to nothing in a later version is still shown to who answered it.
    answered = Requisition.objects.filter(
        municipality=municipality, grant=OuterRef("distribution__grant")
    )
    allocations = offered().filter(
        Q(amount__gt=0) | Exists(answered), municipality=municipality
    )
    for number in grant:
        allocations = allocations.filter(distribution__grant=number)
    return with_opened(allocations).select_related("distribution__grant__body")


@Prepared
def _made_by(municipality: int, *grant: int) -> QuerySet[Requisition]:
    made = Requisition.objects.filter(municipality=municipality)
    for number in grant:
        made = made.filter(grant=number)
    return made.select_related("allocation").order_by("pk")


def offers_to(
    municipality: Municipality, today: date, *, grant: int | None = None
) -> Sequence[Offer]:
    """Return what the municipality is offered, newest grant first, in two queries."""
    asked = (municipality.pk,) if grant is None else (municipality.pk, grant)
    rows = _offered_to(*asked)
    for row in rows:
        row.municipality = municipality
    offers = [
        Offer(
            allocation=allocation,
            situation=situation,
            last_day=allocation.last_day,
            memo_version=allocation.memo_version,
            today=today,
        )
        for allocation, situation in situations(rows, _made_by(*asked) if rows else [])
    ]
    return sorted(
        offers,
        key=lambda offer: (-offer.grant.year, offer.grant.short_title, offer.grant.pk),
    )


def offer_to(municipality: Municipality, grant: int, today: date) -> Offer | None:
    """Return one grant's offer to the municipality, or none."""
    return next(iter(offers_to(municipality, today, grant=grant)), None)
