"""What a payment batch holds, grant by grant, and whether it may be released.

Everything here reads, but ``move`` and ``release_seen``, which add to the verbs in
``invoices/payments.py`` what only a page knows: the day, and what the reader saw.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from grants.distribution import Refused
from grants.models import Grant
from invoices.accounts import Account, examine
from invoices.banking_days import is_banking_day
from invoices.models import Payment, PaymentBatch, Requisition
from invoices.payment_messages import bank_reason
from invoices.payments import Balance, balances_of, release
from municipalities.models import CoordinatingBody, User


def account_of(requisition: Requisition) -> Account | None:
    """Return the account with what its bank adds, or none if it cannot be right."""
    given = requisition.account
    if given is None:
        return None
    account, _errors = examine(
        given.kind, given.number, clearing=given.clearing, bic=given.bic
    )
    return account


def account_text(requisition: Requisition) -> str:
    """Return the account as people write it."""
    account = account_of(requisition)
    return account.formatted if account else requisition.account_number


# What can be paid --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """An approved requisition that is in no batch."""

    requisition: Requisition
    account: str
    failure: str
    """Why the latest try failed, or nothing."""
    is_chosen: bool


@dataclass(slots=True)
class Choice:
    """A grant's candidates. Amounts in whole kronor."""

    grant: Grant
    balance: Balance
    candidates: list[Candidate] = field(default_factory=list)

    @property
    def free(self) -> int:
        """What has come in and is in no batch."""
        return max(self.balance.available - self.balance.planned, 0)

    @property
    def asked(self) -> int:
        """What all candidates sum to."""
        return sum(each.requisition.amount for each in self.candidates)

    @property
    def chosen(self) -> int:
        """What the chosen ones sum to."""
        return sum(each.requisition.amount for each in self.candidates if each.is_chosen)

    @property
    def lacking(self) -> int:
        """How much more must come in before the chosen ones are paid."""
        return max(self.chosen - self.free, 0)


def payable_of(body: CoordinatingBody) -> QuerySet[Any]:
    """Return what can be paid, each told why it failed the last time."""
    failure = (
        Payment.objects.failed_and_open()
        .filter(requisition=OuterRef("pk"))
        .values("failure")[:1]
    )
    return (
        Requisition.objects.of_body(body)
        .payable()
        .select_related("grant", "municipality", "decided_by")
        .annotate(failure=Subquery(failure))
        .order_by("-grant__year", "grant__short_title", "grant", "municipality__code", "pk")
    )


def choices_of(body: CoordinatingBody, chosen: Iterable[int] | None) -> list[Choice]:
    """Return what can be paid, grant by grant.

    Where nobody has chosen yet, a grant's requisitions are chosen if its money covers them
    all, but not those that have failed: something is to be done about them first.
    """
    wanted = None if chosen is None else set(chosen)
    by_grant: dict[int, list[Any]] = defaultdict(list)
    for requisition in payable_of(body):
        by_grant[requisition.grant_id].append(requisition)
    balances = balances_of(by_grant)
    choices = []
    for pk, requisitions in by_grant.items():
        choice = Choice(requisitions[0].grant, balances[pk])
        fresh = sum(each.amount for each in requisitions if not each.failure)
        is_covered = fresh <= choice.free
        for each in requisitions:
            if wanted is None:
                is_chosen = is_covered and not each.failure
            else:
                is_chosen = each.pk in wanted
            choice.candidates.append(
                Candidate(
                    each, account_text(each), bank_reason(each.failure or ""), is_chosen
                )
            )
        choices.append(choice)
    return choices


# What a batch holds ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One payment of a batch."""

    payment: Payment
    account: str

    @property
    def requisition(self) -> Requisition:
        """What is paid."""
        return self.payment.requisition

    @property
    def failure(self) -> str:
        """Why it failed, in words."""
        return bank_reason(self.payment.failure)


@dataclass(slots=True)
class Part:
    """A grant's payments in a batch. Amounts in whole kronor."""

    grant: Grant
    balance: Balance
    lines: list[Line] = field(default_factory=list)

    @property
    def total(self) -> int:
        """What they sum to."""
        return sum(line.payment.amount for line in self.lines)

    @property
    def is_covered(self) -> bool:
        """Whether what has come in is enough."""
        return self.total <= self.balance.available

    @property
    def lacking(self) -> int:
        """How much more must come in."""
        return max(self.total - self.balance.available, 0)


@dataclass(frozen=True, slots=True)
class Content:
    """A batch, grant by grant."""

    batch: PaymentBatch
    parts: Sequence[Part]

    @property
    def lines(self) -> list[Line]:
        """Every payment."""
        return [line for part in self.parts for line in part.lines]

    @property
    def total(self) -> int:
        """The sum in kronor."""
        return sum(part.total for part in self.parts)

    def of_status(self, *statuses: str) -> list[Line]:
        """Return the payments that have come so far."""
        return [line for line in self.lines if line.payment.status in statuses]

    @property
    def waiting(self) -> list[Line]:
        """Those that the bank has not answered about."""
        return self.of_status(Payment.Status.SENT)

    @property
    def paid(self) -> list[Line]:
        """Those that have gone through."""
        return self.of_status(Payment.Status.PAID)

    @property
    def failed(self) -> list[Line]:
        """Those that have not."""
        return self.of_status(Payment.Status.FAILED)

    @property
    def paid_total(self) -> int:
        """What has gone through, in kronor."""
        return sum(line.payment.amount for line in self.paid)


def content_of(batch: PaymentBatch) -> Content:
    """Return the batch with all that its pages show, in four queries."""
    payments = (
        batch.payments.select_related(
            "requisition__grant", "requisition__municipality", "requisition__decided_by"
        )
        .only(*SHOWN)
        .order_by(
            "-requisition__grant__year",
            "requisition__grant__short_title",
            "requisition__grant",
            "requisition__municipality__code",
            "pk",
        )
    )
    lines: dict[int, list[Line]] = defaultdict(list)
    for payment in payments:
        payment.batch = batch
        line = Line(payment, account_text(payment.requisition))
        lines[payment.requisition.grant_id].append(line)
    balances = balances_of(lines)
    parts = [
        Part(found[0].requisition.grant, balances[pk], found) for pk, found in lines.items()
    ]
    return Content(batch, parts)


SHOWN = (
    "amount",
    "status",
    "paid_on",
    "failure",
    "batch",
    *(
        f"requisition__{name}"
        for name in (
            "status",
            "amount",
            "account_kind",
            "account_number",
            "clearing",
            "bic",
            "payment_instructions",
            "invoice_number",
            "decided_by__first_name",
            "decided_by__last_name",
            "decided_by__email",
            "municipality__code",
            "municipality__name",
            "municipality__formal_name",
            "municipality__own_name",
            "municipality__organisation_number",
            "grant__short_title",
            "grant__year",
            "grant__record_number",
            "grant__body",
        )
    ),
)
"""Without the long texts of grants and requisitions."""


def refusals(content: Content, *, by: User, today: date) -> list[Refused]:
    """Return everything that stops the person from releasing the batch."""
    batch = content.batch
    if not batch.is_draft:
        return [Refused("batch_released")]
    found = []
    if not content.lines:
        found.append(Refused("batch_empty"))
    if batch.made_by_id == by.pk:
        found.append(Refused("made_it"))
    approved = [
        str(line.requisition.municipality)
        for line in content.lines
        if line.requisition.decided_by_id == by.pk
    ]
    if approved:
        found.append(Refused("approved_it", names=approved))
    if batch.execute_on < today:
        found.append(Refused("day_passed", day=batch.execute_on))
    found += [
        Refused(
            "not_covered",
            grant=str(part.grant),
            amount=part.total,
            available=part.balance.available,
        )
        for part in content.parts
        if not part.is_covered
    ]
    return found


@transaction.atomic
def move(batch: PaymentBatch, *, execute_on: date, today: date) -> PaymentBatch:
    """Let a batch that nobody has released be paid on another day."""
    locked = PaymentBatch.objects.select_for_update().filter(pk=batch.pk).first()
    if locked is None or not locked.is_draft:
        raise Refused("batch_released")
    if execute_on < today:
        raise Refused("day_passed", day=execute_on)
    if not is_banking_day(execute_on):
        raise Refused("not_banking_day", day=execute_on)
    locked.execute_on = execute_on
    locked.save()
    return locked


@transaction.atomic
def release_seen(
    batch: PaymentBatch, *, by: User, total: int, execute_on: date | None, today: date
) -> PaymentBatch:
    """Release the batch, if it is still as the person saw it and its day has not passed."""
    locked = PaymentBatch.objects.select_for_update().filter(pk=batch.pk).first()
    if locked is None or not locked.is_draft:
        raise Refused("batch_released")
    if locked.execute_on != execute_on:
        raise Refused("batch_changed", total=locked.payments.total())
    if locked.execute_on < today:
        raise Refused("day_passed", day=locked.execute_on)
    return release(locked, by=by, seen_total=total)
