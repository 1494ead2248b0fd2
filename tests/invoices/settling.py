"""Money that is paid out and is to be accounted for."""

from datetime import date

from invoices.models import Payment
from invoices.payment_list import Outcome as BankOutcome
from invoices.payments import make_batch, read_back, release
from invoices.repayment import Terms, claim, to_claim
from invoices.settlement import Outcome, settle
from municipalities.models import Municipality
from tests.factories import (
    make_approved,
    make_funds,
    make_member,
    make_offered,
)

DAY = date(2021, 2, 1)
DUE = date(2021, 3, 31)
CODES = ("0114", "0127", "0160")


def make_paid(body, codes=CODES, amount=100, funds=None, offered=None):
    """Return a distribution of which each municipality has been paid ``amount``."""
    offered = offered or make_offered(body)
    total = amount * len(codes)
    make_funds(offered.grant, total if funds is None else funds)
    batch = make_batch(
        body,
        [make_approved(offered, code, amount=amount) for code in codes],
        by=make_member(body),
        execute_on=date(2020, 9, 15),
    )
    batch = release(batch, by=make_member(body))
    pay(batch, body)
    return offered


def pay(batch, body):
    """Let the bank say that everything went through."""
    sent = batch.payments.filter(status=Payment.Status.SENT)
    outcomes = [BankOutcome(each.end_to_end_id, is_paid=True) for each in sent]
    read_back(batch, outcomes, by=make_member(body), today=date(2020, 9, 16))


def settled(grant, code, used, to_repay, carried_over=0, **facts):
    """Settle what a municipality has been paid."""
    return settle(
        grant,
        Outcome(used, to_repay, carried_over),
        municipality=Municipality.objects.get(code=code),
        by=facts.pop("by", None) or make_member(grant.body),
        on=DAY,
        **facts,
    )


def settled_own(grant, side, used, to_repay, carried_over=0, **facts):
    """Settle one of the grant's own shares."""
    return settle(
        grant,
        Outcome(used, to_repay, carried_over),
        side=side,
        by=make_member(grant.body),
        on=DAY,
        **facts,
    )


def claimed(grant, by=None, due_on=DUE, today=DAY):
    """Claim all that is to be repaid, with a letter too small to read."""
    return claim(
        grant,
        to_claim(grant),
        Terms(due_on=due_on, account="bankgiro 5050-1055", record_number="S/21/7"),
        by=by or make_member(grant.body),
        today=today,
        letter=lambda repayment: b"%PDF-1.7 %%EOF",
    )
