"""Two people at the same moment, with money that comes back between them."""

import pytest

from invoices.models import Repayment
from invoices.payments import balance_of, make_batch, release
from invoices.repayment import receive, return_to_state, withdraw, write_off
from tests.factories import make_approved, make_body, make_member
from tests.invoices.settling import DAY, claimed, make_paid, settled
from tests.invoices.test_concurrency import at_once, own

pytestmark = pytest.mark.django_db(transaction=True)

CODES = ("0114", "0127", "0160")


def test_money_back_is_there_once(places):
    body = make_body()
    offered = make_paid(body, codes=CODES, funds=400)
    grant = offered.grant
    for code in CODES:
        settled(grant, code, 60, 40)
    first, second, third = claimed(grant)
    staff = [make_member(body) for _ in range(2)]
    approver = make_member(body, role="approver")

    two_receipts(first, staff)
    receipt_against_write_off(second, staff[0], approver)
    receipt_against_withdrawal(third, staff)
    two_returns(grant, staff)
    return_against_release(grant, offered, staff)
    correction_against_receipt(body, staff)


def left(claim):
    return Repayment.objects.with_received().get(pk=claim.pk).left


def two_receipts(claim, staff):
    told = at_once(
        *(lambda by=by: receive(own(claim), amount=30, on=DAY, by=by) for by in staff)
    )

    assert sorted(told) == ["done", "exceeds_claim"]
    assert left(claim) == 10


def receipt_against_write_off(claim, handler, approver):
    told = at_once(
        lambda: receive(own(claim), amount=30, on=DAY, by=handler),
        lambda: write_off(own(claim), by=approver, on=DAY, reason="x", left=40),
    )

    claim.refresh_from_db()
    assert (told, claim.written_off, left(claim)) in [
        (["done", "claim_changed"], 0, 10),
        (["claim_closed", "done"], 40, 0),
    ]


def receipt_against_withdrawal(claim, staff):
    told = at_once(
        lambda: receive(own(claim), amount=30, on=DAY, by=staff[0]),
        lambda: withdraw(own(claim), by=staff[1], on=DAY),
    )

    claim.refresh_from_db()
    assert (told, claim.is_withdrawn) in [
        (["done", "claim_received"], False),
        (["claim_closed", "done"], True),
    ]


def two_returns(grant, staff):
    held = balance_of(grant).held
    told = at_once(
        *(
            lambda by=by: return_to_state(
                own(grant), amount=held - 10, on=DAY, recipient="Staten", by=by
            )
            for by in staff
        )
    )

    assert sorted(told) == ["done", "exceeds_held"]
    assert balance_of(grant).held == 10


def return_against_release(grant, offered, staff):
    requisition = make_approved(offered, "0180", amount=10)
    batch = make_batch(grant.body, [requisition], by=staff[0], execute_on=DAY)
    told = at_once(
        lambda: return_to_state(
            own(grant), amount=10, on=DAY, recipient="Staten", by=staff[0]
        ),
        lambda: release(own(batch), by=staff[1]),
    )

    assert told in (["done", "not_covered"], ["exceeds_held", "done"])
    assert balance_of(grant).held == 0


def correction_against_receipt(body, staff):
    grant = make_paid(body, codes=("0114",)).grant
    settled(grant, "0114", 60, 40)
    (claim,) = claimed(grant)
    told = at_once(
        lambda: settled(own(grant), "0114", 70, 30, reason="Räknade fel", by=staff[0]),
        lambda: receive(own(claim), amount=40, on=DAY, by=staff[1]),
    )

    claim.refresh_from_db()
    assert (told, claim.is_withdrawn) in [
        (["done", "claim_closed"], True),
        (["repayment_received", "done"], False),
    ]
