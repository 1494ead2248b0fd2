"""Money in and out. Each verb is one transaction, and the database checks it again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from django.db import IntegrityError, transaction
from django.db.models import BigIntegerField, Max, Model, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from grants.distribution import Refused
from grants.models import CarryOver, Grant
from invoices.models import (
    LIVE,
    FundsReceived,
    Payment,
    PaymentBatch,
    RepaymentReceived,
    Requisition,
    ReturnToState,
    Settlement,
    Step,
)
from municipalities.models import CoordinatingBody, User


@dataclass(frozen=True, slots=True)
class Balance:
    """What a grant has to pay with, in whole kronor."""

    received: int
    """From the state."""
    carried_over: int
    """From earlier grants: the body has had it since before."""
    sent: int
    """Released to the bank, and not failed."""
    planned: int
    """In batches that wait for release."""
    repaid: int = 0
    """By municipalities that have not used it."""
    returned: int = 0
    """To the state."""
    own: int = 0
    """What our own shares have used or keep for later."""
    passed_on: int = 0
    """To later grants."""

    @property
    def available(self) -> int:
        """Kronor that may still be released.

        What our own shares use counts once anything is returned, as in the database.
        """
        return self.held if self.returned else self.held + self.own + self.passed_on

    @property
    def held(self) -> int:
        """Kronor that are with us, neither sent, used nor passed on."""
        income = self.received + self.carried_over + self.repaid
        return income - self.sent - self.returned - self.own - self.passed_on


def balances_of(grants: Iterable[Grant | int]) -> dict[int, Balance]:
    """Return the balance of each grant by its id, in five queries."""
    ids = [grant if isinstance(grant, int) else grant.pk for grant in grants]
    received = dict(
        FundsReceived.objects.filter(grant__in=ids)
        .order_by()
        .values_list("grant")
        .annotate(total=Sum("amount"))
    )
    carried = dict(
        CarryOver.objects.filter(grant__in=ids)
        .order_by()
        .values_list("grant")
        .annotate(total=Sum("amount"))
    )
    out = {
        (grant, status): total
        for grant, status, total in Payment.objects.filter(
            requisition__grant__in=ids, status__in=LIVE
        )
        .order_by()
        .values_list("requisition__grant", "batch__status")
        .annotate(total=Sum("amount"))
    }
    after = {
        pk: {"repaid": repaid, "returned": returned, "passed_on": passed_on}
        for pk, repaid, returned, passed_on in Grant.objects.filter(pk__in=ids)
        .order_by()
        .values_list(
            "pk",
            _sum(RepaymentReceived, "repayment__settlement__grant"),
            _sum(ReturnToState, "grant"),
            _sum(CarryOver, "from_grant"),
        )
    }
    own = own_outcomes(ids)
    return {
        pk: Balance(
            **after.get(pk, {}),
            own=own.get(pk, 0),
            received=int(received.get(pk, 0)),
            carried_over=int(carried.get(pk, 0)),
            sent=int(out.get((pk, PaymentBatch.Status.RELEASED), 0)),
            planned=int(out.get((pk, PaymentBatch.Status.DRAFT), 0)),
        )
        for pk in ids
    }


def _sum(model: type[Model], grant: str) -> Coalesce:
    """Return a subquery with the sum of a grant's rows."""
    rows = model._default_manager.filter(**{grant: OuterRef("pk")}).order_by()
    totals = rows.values(grant).annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(totals), Value(0), output_field=BigIntegerField())


def own_outcomes(grants: Iterable[int]) -> dict[int, int]:
    """Return what our own shares have used or keep for later, by grant, in one query."""
    found: dict[int, int] = {}
    for settlement in Settlement.objects.filter(
        grant__in=list(grants), municipality=None
    ).latest_ones():
        kept = settlement.used + settlement.carried_over
        found[settlement.grant_id] = found.get(settlement.grant_id, 0) + kept
    return found


def balance_of(grant: Grant) -> Balance:
    """Return what the grant has to pay with."""
    return balances_of([grant])[grant.pk]


@transaction.atomic
def remove_funds(funds: FundsReceived) -> None:
    """Take back a receipt that was registered by mistake, unless it has been paid out."""
    Grant.objects.select_for_update(no_key=True).get(pk=funds.grant_id)
    if balance_of(funds.grant).available < funds.amount:
        raise Refused("funds_used", available=balance_of(funds.grant).available)
    funds.delete()


@transaction.atomic
def make_batch(
    body: CoordinatingBody,
    requisitions: Iterable[Requisition],
    *,
    by: User,
    execute_on: date,
) -> PaymentBatch:
    """Return a batch of approved requisitions, for a second person to release."""
    wanted = sorted({requisition.pk for requisition in requisitions})
    if not wanted:
        raise Refused("nothing_chosen")
    CoordinatingBody.objects.select_for_update(no_key=True).get(pk=body.pk)
    locked = list(
        Requisition.objects.of_body(body)
        .select_for_update(of=("self",), no_key=True)
        .select_related("municipality")
        .filter(pk__in=wanted)
        .order_by("pk")
    )
    payable = set(
        Requisition.objects.of_body(body)
        .payable()
        .filter(pk__in=wanted)
        .values_list("pk", flat=True)
    )
    if payable != set(wanted):
        names = [str(each.municipality) for each in locked if each.pk not in payable]
        raise Refused("not_payable", names=names or [str(len(wanted) - len(payable))])
    number = (
        PaymentBatch.objects.of_body(body).aggregate(last=Max("number"))["last"] or 0
    ) + 1
    batch = PaymentBatch.objects.create(
        body=body, number=number, execute_on=execute_on, made_by=by
    )
    try:
        with transaction.atomic():
            Payment.objects.bulk_create(
                Payment(batch=batch, requisition=each, amount=each.amount)
                for each in locked
            )
    except IntegrityError as error:
        raise Refused(
            "not_payable", names=[str(each.municipality) for each in locked]
        ) from error
    return batch


def _locked_draft(batch: PaymentBatch) -> PaymentBatch:
    locked = (
        PaymentBatch.objects.select_for_update(of=("self",))
        .select_related("body", "made_by")
        .filter(pk=batch.pk)
        .first()
    )
    if locked is None or not locked.is_draft:
        raise Refused("batch_released")
    return locked


@transaction.atomic
def discard(batch: PaymentBatch) -> None:
    """Throw a batch away that nobody has released. Its requisitions wait again."""
    _locked_draft(batch).delete()


@transaction.atomic
def take_out(payment: Payment) -> None:
    """Take one payment out of a batch that nobody has released."""
    _locked_draft(payment.batch)
    payment.delete()


@transaction.atomic
def release(
    batch: PaymentBatch, *, by: User, seen_total: int | None = None
) -> PaymentBatch:
    """Send the batch to the bank. Refused for whoever made it or approved any of it.

    ``seen_total`` is the sum in kronor that the person agreed to.
    """
    locked = _locked_draft(batch)
    payments = list(
        locked.payments.select_related(
            "requisition__municipality", "requisition__grant"
        ).order_by("pk")
    )
    if not payments:
        raise Refused("nothing_chosen")
    total = sum(payment.amount for payment in payments)
    if seen_total is not None and seen_total != total:
        raise Refused("batch_changed", total=total)
    if locked.made_by_id == by.pk:
        raise Refused("made_it")
    approved = [
        str(payment.requisition.municipality)
        for payment in payments
        if payment.requisition.decided_by_id == by.pk
    ]
    if approved:
        raise Refused("approved_it", names=approved)
    grants = {
        payment.requisition.grant_id: payment.requisition.grant for payment in payments
    }
    # In order, so that two releases never wait for each other.
    list(Grant.objects.select_for_update(no_key=True).filter(pk__in=grants).order_by("pk"))
    balances = balances_of(grants)
    for pk, grant in sorted(grants.items()):
        asked = sum(
            payment.amount for payment in payments if payment.requisition.grant_id == pk
        )
        if asked > balances[pk].available:
            raise Refused(
                "not_covered",
                grant=str(grant),
                amount=asked,
                available=balances[pk].available,
            )
    locked.status = PaymentBatch.Status.RELEASED
    locked.released_by = by
    locked.released_at = timezone.now()
    locked.save()
    locked.payments.update(status=Payment.Status.SENT)
    _note(payments, Step.Kind.SENT, by=by)
    return locked


def _note(
    payments: Iterable[Payment], kind: str, *, by: User, notes: Sequence[str] = ()
) -> None:
    payments = list(payments)
    Step.objects.bulk_create(
        Step(
            allocation_id=payment.requisition.allocation_id,
            requisition=payment.requisition,
            kind=kind,
            by=by,
            note=note,
        )
        for payment, note in zip(payments, notes or [""] * len(payments), strict=True)
    )


class BankOutcome(Protocol):
    """What the bank says of one payment (``invoices/payment_list.py`` reads it)."""

    @property
    def payment_id(self) -> str:
        """``Payment.end_to_end_id``."""

    @property
    def is_paid(self) -> bool:
        """Whether it went through."""

    @property
    def on(self) -> date | None:
        """The day, where the list says so."""

    @property
    def reason(self) -> str:
        """Why it failed."""

    @property
    def amount(self) -> int | None:
        """Kronor, where the list says so."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a list from the bank changed."""

    paid: int
    failed: int
    known: int
    """Already written, with the same outcome."""
    payments: tuple[Payment, ...] = field(default=(), compare=False, repr=False)
    """Those that were paid now."""


@transaction.atomic
def read_back(
    batch: PaymentBatch, outcomes: Iterable[BankOutcome], *, by: User, today: date
) -> ReadBack:
    """Write whether the payments went through. All of the list, or nothing of it.

    A payment that failed frees its requisition, which can be paid in another batch.
    """
    locked = PaymentBatch.objects.select_for_update().get(pk=batch.pk)
    if locked.is_draft:
        raise Refused("batch_not_released")
    payments = {
        payment.end_to_end_id: payment
        for payment in locked.payments.select_for_update(of=("self",)).select_related(
            "requisition__municipality", "requisition__grant__body"
        )
    }
    outcomes = list(outcomes)
    unknown = [each.payment_id for each in outcomes if each.payment_id not in payments]
    if unknown:
        raise Refused("unknown_payments", names=unknown)
    wrong = [
        each.payment_id
        for each in outcomes
        if each.amount is not None and each.amount != payments[each.payment_id].amount
    ]
    if wrong:
        raise Refused("other_amounts", names=wrong)
    contradicted = [
        each.payment_id
        for each in outcomes
        if payments[each.payment_id].status
        == (Payment.Status.FAILED if each.is_paid else Payment.Status.PAID)
    ]
    if contradicted:
        raise Refused("contradicted", names=contradicted)
    fresh = [
        each for each in outcomes if payments[each.payment_id].status == Payment.Status.SENT
    ]
    for each in fresh:
        payment = payments[each.payment_id]
        if each.is_paid:
            payment.status = Payment.Status.PAID
            payment.paid_on = each.on or locked.execute_on or today
        else:
            payment.status = Payment.Status.FAILED
            payment.failure = each.reason or "–"
        payment.save()
    paid = [payments[each.payment_id] for each in fresh if each.is_paid]
    failed = [payments[each.payment_id] for each in fresh if not each.is_paid]
    Requisition.objects.filter(pk__in=[each.requisition_id for each in paid]).update(
        status=Requisition.Status.PAID
    )
    _note(paid, Step.Kind.PAID, by=by)
    _note(failed, Step.Kind.FAILED, by=by, notes=[each.failure for each in failed])
    return ReadBack(
        paid=len(paid),
        failed=len(failed),
        known=len(outcomes) - len(fresh),
        payments=tuple(paid),
    )
