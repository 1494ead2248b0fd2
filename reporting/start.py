"""What a staff member needs to see first: what waits, what comes, how far all has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from grants.models import Allocation, Deadline, Distribution, Grant
from invoices.models import IncomingInvoice, Requisition
from invoices.waiting import MoneyTask, money_tasks
from municipalities.access import Capability, can
from municipalities.models import CoordinatingBody, Membership
from reporting.models import Memo

HORIZON = timedelta(days=180)
"""How far ahead the time line looks."""

STEPS = 6
"""Budget, draft, decision, memo, answers and payments."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for the reader: what it is, and where to do it."""

    kind: str
    grant: Grant
    distribution: Distribution | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """Things of one kind that wait, whichever grants they belong to."""

    kind: str
    count: int
    amount: int | None = None
    """What they come to, in kronor, where that says something."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A deadline on the time line; ``x`` is its place on the drawing, 0–1000."""

    deadline: Deadline
    days_left: int
    x: int


@dataclass(frozen=True, slots=True)
class Start:
    """The page's content; ``grants`` are those of ``grants_with_progress``."""

    tasks: Sequence[Task]
    queues: Sequence[Queue]
    money_tasks: Sequence[MoneyTask]
    marks: Sequence[Mark]
    grants: Sequence[Any]


def grants_with_progress(body: CoordinatingBody) -> QuerySet[Any]:
    """Return the body's grants, each told how far it has come.

    ``has_pot``, ``is_drafted``, ``is_decided`` and ``is_published`` are the steps;
    ``is_followed`` says that a later grant has taken over.
    """
    distributions = Distribution.objects.filter(grant=OuterRef("pk"))
    return (
        Grant.objects.of_body(body)
        .select_related("agreement")
        .annotate(
            has_pot=Exists(
                Grant.objects.filter(pk=OuterRef("pk")).filter(
                    Q(budget_lines__is_distributed=True) | Q(carry_overs__isnull=False)
                )
            ),
            is_drafted=Exists(distributions),
            is_decided=Exists(distributions.decided()),
            is_followed=Exists(Grant.objects.filter(follows=OuterRef("pk"))),
            is_published=Exists(
                Memo.objects.filter(grant=OuterRef("pk"), status=Memo.Status.PUBLISHED)
            ),
        )
    )


@dataclass(frozen=True, slots=True)
class Answered:
    """How far the municipalities' answers have come."""

    offered: int
    """Municipalities with something allocated."""
    answered: int
    claimed: int
    """Kronor."""
    paid: int

    @property
    def is_paid(self) -> bool:
        """Whether all have answered, and all that they ask for is paid."""
        return self.answered >= self.offered and self.paid == self.claimed

    @property
    def steps(self) -> Fraction:
        """The last two steps, as far as they have come: 0 to 2."""
        answered = Fraction(self.answered, self.offered or 1)
        paid = Fraction(self.paid, self.claimed or 1) if answered else 0
        return answered + (1 if self.is_paid else paid * answered)


def answers_of(body: CoordinatingBody) -> dict[int, Answered]:
    """Return how far the answers have come by the grant's id, in two queries."""
    asked = {
        row["grant"]: row
        for row in Requisition.objects.of_body(body)
        .answered()
        .values("grant")
        .annotate(
            # As in the matrix: one that is to be completed is not answered yet.
            answered=Count(
                "municipality",
                filter=~Q(status=Requisition.Status.RETURNED),
                distinct=True,
            ),
            claimed=Sum("amount", default=0),
            paid=Sum("amount", filter=Q(status=Requisition.Status.PAID), default=0),
        )
        .order_by()
    }
    none = {"answered": 0, "claimed": 0, "paid": 0}
    offered = (
        Allocation.objects.filter(
            distribution__grant__body=body,
            distribution__status=Distribution.Status.DECIDED,
        )
        .values("distribution__grant")
        .annotate(offered=Count("pk", filter=Q(amount__gt=0)))
        .order_by()
    )
    found = {}
    for row in offered:
        grant = row["distribution__grant"]
        own = asked.get(grant, none)
        found[grant] = Answered(
            offered=row["offered"],
            # Whoever declined may have nothing in a later version.
            answered=min(own["answered"], row["offered"]),
            claimed=own["claimed"],
            paid=own["paid"],
        )
    return found


def start_of(membership: Membership, today: date) -> Start:
    """Return what the member sees, at the same number of queries however much there is."""
    assert membership.body is not None  # staff views only
    grants = list(grants_with_progress(membership.body))
    answers = answers_of(membership.body)
    for grant in grants:
        steps = (grant.has_pot, grant.is_drafted, grant.is_decided, grant.is_published)
        grant.answers = answers.get(grant.pk) if grant.is_published else None
        grant.progress = sum(steps)
        if grant.answers:
            grant.progress = float(grant.progress + grant.answers.steps)
    drafts = {
        draft.grant_id: draft
        for draft in Distribution.objects.of_body(membership.body)
        .drafts()
        .select_related("drafted_by")
    }
    tasks = [task for grant in grants for task in tasks_of(grant, drafts, membership)]
    deadlines = (
        Deadline.objects.filter(
            grant__body=membership.body, due_on__range=(today, today + HORIZON)
        )
        .select_related("grant")
        .order_by("due_on", "pk")
    )
    marks = [
        Mark(
            deadline=deadline,
            days_left=(deadline.due_on - today).days,
            x=1000 * (deadline.due_on - today) // HORIZON,
        )
        for deadline in deadlines
    ]
    return Start(
        tasks=tasks,
        queues=queues_of(membership) if _edits(membership) else [],
        money_tasks=money_tasks(membership, today),
        marks=marks,
        grants=grants,
    )


def queues_of(membership: Membership) -> list[Queue]:
    """Return what waits across the grants. Nobody approves what they registered."""
    assert membership.body is not None  # staff views only
    requisitions = Requisition.objects.of_body(membership.body).to_decide()
    if can(membership, Capability.DECIDE):
        requisitions = requisitions.exclude(submitted_by=membership.user_id)
    found = requisitions.aggregate(count=Count("pk"), total=Sum("amount", default=0))
    invoices = IncomingInvoice.objects.of_body(membership.body).waiting().count()
    queues = [
        Queue("requisitions", found["count"], found["total"]),
        Queue("invoices", invoices),
    ]
    return [queue for queue in queues if queue.count]


def tasks_of(
    grant: Any, drafts: dict[int, Distribution], membership: Membership
) -> list[Task]:
    """Return what waits for the member on one grant. An auditor has nothing to do."""
    draft = drafts.get(grant.pk)
    if draft:
        if can(membership, Capability.DECIDE) and draft.drafted_by_id != membership.user_id:
            return [Task("decide", grant, draft)]
        return [Task("await_decision", grant, draft)] if _edits(membership) else []
    if not _edits(membership):
        return []
    if grant.is_decided and not grant.is_published:
        return [Task("publish", grant)]
    if not grant.is_decided and not grant.is_followed:
        return [Task("distribute" if grant.has_pot else "budget", grant)]
    return []


def _edits(membership: Membership) -> bool:
    return can(membership, Capability.EDIT)
