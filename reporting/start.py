"""What a staff member needs to see first: what waits, what comes, how far all has come."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from grants.models import Allocation, Distribution, Grant
from invoices.models import IncomingInvoice, Requisition
from invoices.waiting import MoneyTask, money_tasks
from municipalities.access import Capability, can
from municipalities.contact_watch import ALARMS, CUT_OFF, Concern, concerns_of
from municipalities.models import CoordinatingBody, Membership, Message, Municipality
from municipalities.outbox import is_standing_still
from reporting.models import Comment, CompletionRequest, Memo, Report, ReportRound
from reporting.timeline import Timeline, timeline_of

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
    worst: int = 0
    """How many of them are worse than the others."""


@dataclass(frozen=True, slots=True)
class Question:
    """What municipalities have asked about a grant and not been answered."""

    grant: Grant
    count: int
    municipality: Municipality | None
    """Who has asked, where it is one alone."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Reports of a round that wait to be read."""

    round: ReportRound
    count: int
    completed: int
    """How many of them come back after a completion was asked for."""


@dataclass(frozen=True, slots=True)
class Start:
    """The page's content; ``grants`` are those of ``grants_with_progress``."""

    alarms: Sequence[Queue]
    tasks: Sequence[Task]
    queues: Sequence[Queue]
    questions: Sequence[Question]
    reports: Sequence[Unread]
    money_tasks: Sequence[MoneyTask]
    chores: Sequence[Queue]
    """What can wait until the rest is done."""
    timeline: Timeline
    grants: Sequence[Any]

    @property
    def waits(self) -> bool:
        """Whether anything waits for the reader."""
        found = (self.tasks, self.queues, self.questions, self.reports)
        return any((*found, self.money_tasks, self.chores))


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
    concerns = concerns_of(membership.body, today)
    may_edit = _edits(membership)
    return Start(
        alarms=alarms_of(concerns),
        tasks=tasks,
        queues=queues_of(membership) if may_edit else [],
        questions=questions_to(membership.body) if may_edit else [],
        reports=reports_to_read(membership.body) if may_edit else [],
        money_tasks=money_tasks(membership, today),
        chores=chores_of(concerns) if may_edit else [],
        timeline=timeline_of(membership.body, today),
        grants=grants,
    )


def alarms_of(concerns: Iterable[Concern]) -> list[Queue]:
    """Return what everybody must know: messages do not get out, or reach nobody."""
    matters = [concern.matter for concern in concerns]
    alarms = []
    if is_standing_still(timezone.now()):
        alarms.append(Queue("standing_still", 1))
    if cut_off := sum(matter in ALARMS for matter in matters):
        worst = sum(matter in CUT_OFF for matter in matters)
        alarms.append(Queue("cut_off", cut_off, worst=worst))
    return alarms


def questions_to(body: CoordinatingBody) -> list[Question]:
    """Return the municipalities' questions that wait for an answer, grant by grant."""
    asked: dict[int, list[Comment]] = defaultdict(list)
    for comment in (
        Comment.objects.of_body(body)
        .unanswered()
        .select_related("grant", "municipality")
        .defer("text")
    ):
        asked[comment.grant_id].append(comment)
    return [
        Question(
            grant=comments[0].grant,
            count=len(comments),
            municipality=comments[0].municipality
            if len({comment.municipality_id for comment in comments}) == 1
            else None,
        )
        for comments in asked.values()
    ]


def reports_to_read(body: CoordinatingBody) -> list[Unread]:
    """Return the reports that have come in and wait to be read, round by round."""
    waits = Q(reports__status=Report.Status.SUBMITTED)
    asked = CompletionRequest.objects.filter(report=OuterRef("reports"))
    found: QuerySet[Any] = (
        ReportRound.objects.of_body(body)
        .opened()
        .filter(waits)
        .annotate(
            waiting=Count("reports"),
            completed=Count("reports", filter=Exists(asked)),
        )
        .select_related("grant", "deadline")
        .order_by("deadline__due_on", "pk")
    )
    return [Unread(each, each.waiting, each.completed) for each in found]


def chores_of(concerns: Iterable[Concern]) -> list[Queue]:
    """Return how much there is to see over among the contacts, beside the alarms."""
    count = sum(concern.matter not in ALARMS for concern in concerns)
    return [Queue("contacts", count)] if count else []


def queues_of(membership: Membership) -> list[Queue]:
    """Return what waits across the grants. Nobody approves what they registered."""
    assert membership.body is not None  # staff views only
    requisitions = Requisition.objects.of_body(membership.body).to_decide()
    if can(membership, Capability.DECIDE):
        requisitions = requisitions.exclude(submitted_by=membership.user_id)
    found = requisitions.aggregate(count=Count("pk"), total=Sum("amount", default=0))
    invoices = IncomingInvoice.objects.of_body(membership.body).waiting().count()
    troubled = Message.objects.of_body(membership.body).troubled().count()
    queues = [
        Queue("requisitions", found["count"], found["total"]),
        Queue("invoices", invoices),
        Queue("messages", troubled),
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
