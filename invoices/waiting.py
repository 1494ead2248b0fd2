"""What waits to be done about money: for the start page of a body's staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from grants.models import Grant
from invoices.models import Payment, PaymentBatch, Requisition
from invoices.payments import balances_of
from municipalities.access import Capability, can
from municipalities.models import Membership


@dataclass(frozen=True, slots=True)
class MoneyTask:
    """Something about money that waits for the reader."""

    kind: str
    """``failed``, ``release``, ``await_release``, ``read_back``, ``pay``, ``funds``."""
    count: int = 0
    total: int = 0
    """Kronor."""
    batch: Any = None
    grant: Grant | None = None


def money_tasks(membership: Membership, today: date) -> Sequence[MoneyTask]:
    """Return what waits, the most urgent first, at the same number of queries always.

    An auditor has nothing to do.
    """
    body = membership.body
    if body is None or not can(membership, Capability.EDIT):
        return []
    tasks = []
    failed = (
        Payment.objects.of_body(body)
        .failed_and_open()
        .order_by()
        .aggregate(count=Count("pk"), total=Sum("amount", default=0))
    )
    if failed["count"]:
        tasks.append(MoneyTask("failed", failed["count"], failed["total"]))
    tasks += _batch_tasks(membership, today)
    payable = list(
        Requisition.objects.of_body(body)
        .payable()
        .order_by()
        .values("grant")
        .annotate(count=Count("pk"), total=Sum("amount"))
    )
    # What failed has a task of its own.
    count = sum(row["count"] for row in payable) - failed["count"]
    if count:
        total = sum(row["total"] for row in payable) - failed["total"]
        tasks.append(MoneyTask("pay", count, total))
    grants = {
        grant.pk: grant
        for grant in Grant.objects.of_body(body)
        .filter(
            Exists(
                Requisition.objects.filter(
                    grant=OuterRef("pk"), status=Requisition.Status.APPROVED
                )
            )
        )
        .only("short_title", "year")
    }
    waiting = {row["grant"]: row["total"] for row in payable}
    for pk, balance in balances_of(grants).items():
        lacking = waiting.get(pk, 0) + balance.planned - balance.available
        if lacking > 0:
            tasks.append(MoneyTask("funds", total=lacking, grant=grants[pk]))
    return tasks


def _batch_tasks(membership: Membership, today: date) -> list[MoneyTask]:
    """Return batches to release, and those that the bank must have answered about."""
    assert membership.body is not None
    rows: QuerySet[Any] = (
        PaymentBatch.objects.of_body(membership.body)
        .with_sums()
        .annotate(
            sent_count=Count("payments", filter=Q(payments__status=Payment.Status.SENT)),
            is_own=Exists(
                Payment.objects.filter(
                    batch=OuterRef("pk"), requisition__decided_by=membership.user_id
                )
            ),
        )
        .filter(
            Q(status=PaymentBatch.Status.DRAFT) | Q(sent_count__gt=0, execute_on__lt=today)
        )
        .select_related("made_by")
        .order_by("number")
    )
    tasks = []
    for batch in rows:
        if not batch.is_draft:
            kind, count = "read_back", batch.sent_count
        elif batch.made_by_id == membership.user_id or batch.is_own:
            kind, count = "await_release", batch.payments_count
        else:
            kind, count = "release", batch.payments_count
        tasks.append(MoneyTask(kind, count, batch.total, batch))
    return tasks
