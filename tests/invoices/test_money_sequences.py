"""Whatever is done with a grant's money, and in whatever order, every krona is somewhere.

Three municipalities get a few hundred kronor each. Each step is a verb, tried with amounts
that may be too large: the verb refuses in words or does it, and after each the sums agree.
Then the same is asked of the tables alone, past the verbs: what the database lets in keeps
the sums as well.
"""

from dataclasses import dataclass
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grants.distribution import Refused, decide, revise
from grants.models import Deadline, Distribution
from invoices.check import check
from invoices.ledger import ledger_of
from invoices.models import (
    FundsReceived,
    Payment,
    PaymentBatch,
    Repayment,
    RepaymentReceived,
    Requisition,
    ReturnToState,
    Settlement,
)
from invoices.payment_list import Outcome as BankOutcome
from invoices.payments import make_batch, read_back, release
from invoices.redistribution import redistribute
from invoices.refusals import sentence
from invoices.repayment import (
    Terms,
    claim,
    receive,
    remove_receipt,
    remove_return,
    return_to_state,
    to_claim,
    withdraw,
    write_off,
)
from invoices.requisition import approve, submit
from invoices.settlement import Outcome, settle, shares_of
from municipalities.models import Municipality
from tests.factories import (
    make_answer,
    make_body,
    make_funds,
    make_member,
    make_municipal_member,
    make_offered,
    publish_memo,
)

pytestmark = pytest.mark.django_db

CODES = ("0114", "0127", "0160")
TODAY = date(2020, 6, 1)
LATER = date(2020, 9, 15)

places = st.sampled_from(CODES)
amounts = st.integers(0, 400)
thirds = st.integers(0, 100)


@dataclass
class World:
    """A grant and the people who move its money."""

    offered: Distribution
    maker: object
    approver: object
    releaser: object
    signers: dict[str, object]

    @property
    def grant(self):
        return self.offered.grant

    @property
    def body(self):
        return self.grant.body

    def allocation(self, code):
        version = Distribution.objects.decided().get(grant=self.grant)
        return version.allocations.get(municipality__code=code)

    def share(self, code):
        return next((each for each in shares_of(self.grant) if each.key == code), None)

    def claims(self):
        return list(Repayment.objects.filter(settlement__grant=self.grant).order_by("pk"))


def ask(world, code, amount):
    allocation = world.allocation(code)
    made = Requisition.objects.filter(
        grant=world.grant, municipality__code=code, status="submitted"
    ).first()
    submit(
        allocation,
        make_answer(amount),
        by=world.signers[code],
        today=TODAY,
        seen=made.submissions if made else 0,
    )


def approve_all(world, _code, _amount):
    for each in Requisition.objects.filter(grant=world.grant, status="submitted"):
        approve(each, by=world.approver)


def pay(world, _code, _amount):
    payable = list(Requisition.objects.filter(grant=world.grant).payable())
    batch = make_batch(world.body, payable, by=world.maker, execute_on=LATER)
    release(batch, by=world.releaser)


def answer_of_the_bank(world, _code, amount):
    sent = Payment.objects.filter(requisition__grant=world.grant, status="sent")
    for batch in PaymentBatch.objects.filter(payments__in=sent).distinct():
        outcomes = [
            BankOutcome(each.end_to_end_id, is_paid=amount % 4 != 0, reason="Fel")
            for each in batch.payments.filter(status="sent")
        ]
        read_back(batch, outcomes, by=world.maker, today=LATER)


def more_from_the_state(world, _code, amount):
    if amount:
        make_funds(world.grant, amount=amount)


def hand_out_again(world, _code, _amount):
    Deadline.objects.filter(grant=world.grant, kind="requisition").update(due_on=TODAY)
    made = redistribute(
        world.grant,
        by=world.maker,
        reason="Omfördelning",
        today=LATER,
        close=[],
    )
    decide(made, by=world.approver, decided_on=LATER)
    publish_memo(made, version=made.version)


def new_version(world, _code, amount):
    world.grant.budget_lines.filter(is_distributed=True).update(amount=20_000 + amount)
    version = Distribution.objects.decided().get(grant=world.grant)
    made = revise(version, by=world.maker, reason="Ny budget")
    decide(made, by=world.approver, decided_on=LATER)
    publish_memo(made, version=made.version)


def settle_one(world, code, amount):
    share = world.share(code)
    available = share.available if share else 0
    used = min(amount, available)
    rest = available - used
    settle(
        world.grant,
        Outcome(used, rest - rest // 3, rest // 3),
        municipality=Municipality.objects.get(code=code),
        reason="Rättat",
        by=world.maker,
        on=LATER,
    )


def settle_own(world, _code, amount):
    available = world.share("common").available
    used = min(amount, available)
    settle(
        world.grant,
        Outcome(used, available - used),
        side="common",
        reason="Rättat",
        by=world.maker,
        on=LATER,
    )


def claim_all(world, _code, _amount):
    claim(
        world.grant,
        to_claim(world.grant),
        Terms(date(2021, 3, 31), "bankgiro 5050-1055"),
        by=world.maker,
        today=LATER,
        letter=lambda _claim: b"%PDF",
    )


def of_claims(world, code):
    found = world.claims()
    return found[CODES.index(code) % len(found)] if found else None


def receive_some(world, code, amount):
    if (found := of_claims(world, code)) and amount:
        receive(found, amount=amount, on=LATER, by=world.maker)


def remove_some(world, _code, _amount):
    for each in RepaymentReceived.objects.filter(repayment__settlement__grant=world.grant)[
        :1
    ]:
        remove_receipt(each)


def let_go(world, code, _amount):
    if found := of_claims(world, code):
        write_off(found, by=world.approver, on=LATER, reason="Litet belopp")


def take_back(world, code, _amount):
    if found := of_claims(world, code):
        withdraw(found, by=world.maker, on=LATER)


def give_back(world, _code, amount):
    if amount:
        return_to_state(
            world.grant, amount=amount, on=LATER, recipient="Staten", by=world.maker
        )


def undo_return(world, _code, _amount):
    for each in ReturnToState.objects.filter(grant=world.grant)[:1]:
        remove_return(each)


VERBS = (
    ask,
    ask,
    approve_all,
    pay,
    answer_of_the_bank,
    answer_of_the_bank,
    more_from_the_state,
    hand_out_again,
    new_version,
    settle_one,
    settle_one,
    settle_own,
    claim_all,
    receive_some,
    receive_some,
    remove_some,
    let_go,
    take_back,
    give_back,
    undo_return,
)

steps = st.lists(
    st.tuples(st.sampled_from(VERBS), places, amounts), min_size=5, max_size=20
)


@pytest.fixture(scope="module")
def world(once):
    """A grant of 20 000 kronor, of which 700 has come in, and 50 in common."""
    body = make_body()
    offered = make_offered(body, amount=20_000)
    offered.grant.budget_lines.create(activity="Eget", side="common", amount=50)
    make_funds(offered.grant, amount=700)
    return World(
        offered,
        maker=make_member(body),
        approver=make_member(body, role="approver"),
        releaser=make_member(body),
        signers={code: make_municipal_member(code) for code in CODES},
    )


def assert_adds_up(world):
    ledger = ledger_of(world.grant)
    for row in [*ledger.rows, ledger.total]:
        assert row.allocated == row.declined + row.paid + row.left
        assert row.paid == row.used + row.to_repay + row.carried_over + row.unaccounted
        assert row.to_repay == row.repaid + row.written_off + row.left_to_repay
        assert min(row.used, row.to_repay, row.carried_over, row.left_to_repay) >= 0
        assert row.unaccounted >= 0
    assert ledger.agrees
    assert ledger.income == ledger.accounted
    assert ledger.balance.available >= 0
    if ledger.returned:
        assert ledger.held >= 0
    if ledger.is_closed:
        total = ledger.total
        assert ledger.income == (
            ledger.used + ledger.returned + ledger.kept + total.written_off
        )


def assert_nothing_is_found(world):
    assert [fault for result in check(world.body) for fault in result.faults] == []


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(sequence=steps, is_paid=st.booleans())
def test_any_sequence_of_verbs_adds_up(world, sequence, is_paid):
    with transaction.atomic():
        if is_paid:
            paid_world(world)
        for verb, code, amount in sequence:
            told = "done"
            try:
                with transaction.atomic():
                    verb(world, code, amount)
            except Refused as error:
                told = sentence(error)
            assert told
            assert_adds_up(world)
        assert_nothing_is_found(world)
        transaction.set_rollback(True)


# Past the verbs ----------------------------------------------------------------------


def paid_world(world):
    """Pay what each asks for, settle it and claim it back."""
    for code in CODES:
        ask(world, code, 200)
    approve_all(world, "", 0)
    pay(world, "", 0)
    answer_of_the_bank(world, "", 1)
    for code in CODES:
        settle_one(world, code, 100)
    claim_all(world, "", 0)


def raw_settlement(world, code, amount, more):
    earlier = Settlement.objects.filter(municipality__code=code).order_by("version").last()
    Settlement.objects.create(
        grant=world.grant,
        municipality=earlier.municipality,
        version=earlier.version + 1,
        reason="x",
        available=200,
        used=amount,
        to_repay=200 - amount,
        carried_over=0,
        confirmed_by=world.maker,
    )


def raw_claim(world, code, amount, more):
    latest = Settlement.objects.filter(municipality__code=code).order_by("version").last()
    Repayment.objects.create(
        settlement=latest,
        amount=amount,
        due_on=LATER,
        account="1",
        reference="1",
        letter_id=world.claims()[0].letter_id,
        claimed_by=world.maker,
    )


def raw_receipt(world, code, amount, more):
    RepaymentReceived.objects.create(
        repayment=of_claims(world, code),
        amount=amount,
        received_on=LATER,
        registered_by=world.maker,
    )


def raw_receipt_away(world, code, amount, more):
    RepaymentReceived.objects.filter(repayment=of_claims(world, code)).delete()


def raw_write_off(world, code, amount, more):
    Repayment.objects.filter(pk=of_claims(world, code).pk).update(
        written_off=amount,
        written_off_by=world.approver if more % 2 else world.maker,
        written_off_on=LATER,
        write_off_reason="x",
    )


def raw_withdrawal(world, code, amount, more):
    Repayment.objects.filter(pk=of_claims(world, code).pk).update(
        withdrawn_by=world.maker, withdrawn_on=LATER
    )


def raw_return(world, code, amount, more):
    ReturnToState.objects.create(
        grant=world.grant,
        amount=amount,
        paid_on=LATER,
        recipient="x",
        registered_by=world.maker,
    )


def raw_funds(world, code, amount, more):
    FundsReceived.objects.filter(grant=world.grant).update(amount=300 + amount)


RAW = (
    raw_settlement,
    raw_claim,
    raw_receipt,
    raw_receipt,
    raw_receipt_away,
    raw_write_off,
    raw_withdrawal,
    raw_return,
    raw_return,
    raw_funds,
)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(
    sequence=st.lists(
        st.tuples(st.sampled_from(RAW), places, st.integers(0, 200), thirds),
        min_size=3,
        max_size=20,
    )
)
def test_database_lets_in_only_what_adds_up(world, sequence):
    with transaction.atomic():
        paid_world(world)
        for write, code, amount, more in sequence:
            try:
                with transaction.atomic():
                    write(world, code, amount, more)
                    with connection.cursor() as cursor:
                        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            except DatabaseError:
                pass
            assert_adds_up(world)
        assert_nothing_is_found(world)
        transaction.set_rollback(True)
