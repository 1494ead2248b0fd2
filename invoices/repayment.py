"""Claim back what is not used, take it in or let it go, and pay it on to the state.

Each verb is one transaction. The letter is made by whoever calls, since it is drawn in a
layer above: the claim and its letter are kept together, or not at all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from grants.distribution import Refused
from grants.models import Deadline, Grant
from invoices import repayment_messages
from invoices.models import Repayment, RepaymentReceived, ReturnToState
from invoices.payments import balance_of
from invoices.settlement import Share, shares_of
from municipalities.models import StoredFile, User

PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Terms:
    """What all claims of a round share."""

    due_on: date
    account: str
    record_number: str = ""


def to_claim(grant: Grant) -> list[Share]:
    """Return the municipalities that have more to repay than what is claimed."""
    return [share for share in shares_of(grant) if share.to_claim > 0]


def reference_for(grant: Grant, share: Share) -> str:
    """Return what the municipality writes on its payment, so that we know it."""
    record = grant.record_number or f"{grant.year}-{grant.pk}"
    return f"{record}-{share.key}-{share.seen}"


@transaction.atomic
def claim(
    grant: Grant,
    shares: Iterable[Share],
    terms: Terms,
    *,
    by: User,
    today: date,
    letter: Callable[[Repayment], bytes],
) -> list[Repayment]:
    """Ask each municipality for what it has not used, with a letter by e-mail.

    Refused when anything differs from what somebody saw. The day becomes one of the
    grant's last days, which reminds those who have not paid.
    """
    Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    shares = list(shares)
    if not shares:
        raise Refused("nothing_to_claim")
    if terms.due_on <= today:
        raise Refused("claim_day_passed", day=terms.due_on)
    now = {share.key: share for share in to_claim(grant)}
    changed = [
        share.label
        for share in shares
        if share.key not in now
        or (now[share.key].to_claim, now[share.key].seen) != (share.to_claim, share.seen)
    ]
    if changed:
        raise Refused("claims_changed", names=changed)
    claims = []
    for share in shares:
        assert share.settlement is not None  # there is something to claim
        made = Repayment(
            settlement=share.settlement,
            amount=share.to_claim,
            due_on=terms.due_on,
            account=terms.account,
            record_number=terms.record_number,
            reference=reference_for(grant, share),
            claimed_by=by,
            claimed_on=today,
        )
        share.settlement.grant = grant
        made.letter = StoredFile.objects.keep(
            letter(made),
            body=grant.body,
            name=f"aterbetalning-{share.key}.pdf",
            content_type=PDF,
        )
        made.save()
        claims.append(made)
    day = {
        "kind": Deadline.Kind.REPAYMENT,
        "actor": Deadline.Actor.MUNICIPALITIES,
        "due_on": terms.due_on,
    }
    # Somebody may have written the day twice by hand.
    if not grant.deadlines.filter(**day).exists():
        grant.deadlines.create(reminds_from=today, **day)
    repayment_messages.claimed(claims)
    return claims


def _locked(repayment: Repayment) -> Repayment:
    """Return the claim, open and locked, after its grant: always in that order."""
    Grant.objects.select_for_update(no_key=True).get(pk=repayment.settlement.grant_id)
    # The sums are read once the row is locked: a receipt may have come in meanwhile.
    Repayment.objects.select_for_update(of=("self",), no_key=True).get(pk=repayment.pk)
    locked: Repayment = (
        Repayment.objects.with_received()
        .select_related("settlement__municipality", "settlement__grant__body")
        .get(pk=repayment.pk)
    )
    if locked.is_withdrawn or locked.is_written_off:
        raise Refused("claim_closed")
    return locked


@transaction.atomic
def receive(
    repayment: Repayment, *, amount: int, on: date, by: User, reference: str = ""
) -> RepaymentReceived:
    """Register what the municipality has paid back, never more than is left."""
    locked = _locked(repayment)
    left: int = locked.left  # type: ignore[attr-defined]
    if amount > left:
        raise Refused("exceeds_claim", amount=amount, left=left)
    return RepaymentReceived.objects.create(
        repayment=locked,
        amount=amount,
        received_on=on,
        reference=reference,
        registered_by=by,
    )


@transaction.atomic
def remove_receipt(receipt: RepaymentReceived) -> None:
    """Take back a receipt that was a mistake, unless the money has been paid on."""
    locked = _locked(receipt.repayment)
    available = balance_of(locked.settlement.grant).available
    if available < receipt.amount:
        raise Refused("receipt_used", available=available)
    receipt.delete()


@transaction.atomic
def write_off(
    repayment: Repayment, *, by: User, on: date, reason: str, left: int | None = None
) -> Repayment:
    """Let what is left of the claim go. Refused for whoever claimed it.

    ``left`` is what somebody saw was left.
    """
    locked = _locked(repayment)
    now: int = locked.left  # type: ignore[attr-defined]
    if locked.claimed_by_id == by.pk:
        raise Refused("claimed_it")
    if not now:
        raise Refused("claim_paid")
    if left is not None and left != now:
        raise Refused("claim_changed", left=now)
    locked.written_off = now
    locked.write_off_reason = reason
    locked.written_off_by = by
    locked.written_off_on = on
    locked.save()
    return locked


@transaction.atomic
def withdraw(repayment: Repayment, *, by: User, on: date) -> Repayment:
    """Take a claim back that was a mistake, while nothing of it has been received."""
    locked = _locked(repayment)
    if locked.received:  # type: ignore[attr-defined]
        raise Refused("claim_received")
    locked.withdrawn_by = by
    locked.withdrawn_on = on
    locked.save()
    repayment_messages.withdrawn(locked)
    return locked


@transaction.atomic
def return_to_state(
    grant: Grant,
    *,
    amount: int,
    on: date,
    recipient: str,
    by: User,
    record_number: str = "",
    note: str = "",
) -> ReturnToState:
    """Register what is paid on to the authority, never more than we hold."""
    Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    held = balance_of(grant).held
    if amount > held:
        raise Refused("exceeds_held", amount=amount, held=max(held, 0))
    return ReturnToState.objects.create(
        grant=grant,
        amount=amount,
        paid_on=on,
        recipient=recipient,
        record_number=record_number,
        note=note,
        registered_by=by,
    )


@transaction.atomic
def remove_return(returned: ReturnToState) -> None:
    """Take back what was registered as returned by mistake."""
    Grant.objects.select_for_update(no_key=True).get(pk=returned.grant_id)
    returned.delete()


# Who still owes ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Owing:
    """A municipality's claim, for the last day that reminds of it."""

    grant: int
    municipality: int
    due_on: date
    left: int


def owing(grants: Iterable[int]) -> list[Owing]:
    """Return what is claimed in the grants, also what is paid, in one query."""
    rows: QuerySet[Any] = (
        Repayment.objects.standing()
        .with_received()
        .filter(settlement__grant__in=list(grants))
        .select_related("settlement")
        .order_by()
    )
    return [
        Owing(
            each.settlement.grant_id,
            each.settlement.municipality_id,
            each.due_on,
            each.left,
        )
        for each in rows
    ]
