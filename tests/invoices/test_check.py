"""The self-check: each rule holds of what the verbs made, and finds what they never make.

The database refuses what the checks look for. So each fault is made with its triggers off
and its constraint taken away, in a transaction that the test rolls back.
"""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grants.models import Allocation, Purpose
from invoices.check import CHECKS, check
from invoices.models import (
    Payment,
    PaymentBatch,
    PlannedUse,
    Repayment,
    RepaymentReceived,
    Requisition,
    ReturnToState,
    Settlement,
)
from invoices.payments import make_batch
from invoices.repayment import receive, return_to_state, write_off
from invoices.tasks import check_ledgers
from municipalities.models import Message
from tests.factories import (
    make_approved,
    make_body,
    make_draft,
    make_grant,
    make_member,
    make_municipal_member,
    make_offered,
    make_released,
    make_requisition,
)
from tests.invoices.settling import DAY, claimed, make_paid, settled

pytestmark = pytest.mark.django_db


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


def without(*guards):
    """Turn triggers off, and take away the constraints and indexes that are named."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for guard in guards:
            table, _, name = guard.partition(".")
            if table == "index":
                cursor.execute(f'DROP INDEX "{name}"')
            else:
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def faults(body):
    return [
        (fault.check, fault.difference) for result in check(body) for fault in result.faults
    ]


def rows(model, row):
    return model.objects.filter(pk=row.pk)


def test_everything_agrees_in_what_the_verbs_make(storsthlm, offered):
    make_released(offered, ["0127", "0160"])
    make_requisition(offered, "0180", amount=0)
    make_draft(storsthlm)
    make_grant(storsthlm)

    results = check(storsthlm)

    assert [result.faults for result in results] == [[], [], []]
    assert all(result.agrees for result in results)


def test_allocations_sum_to_pot(storsthlm, offered):
    without()
    allocation = offered.allocations.first()
    rows(Allocation, allocation).update(amount=allocation.amount + 3)

    assert faults(storsthlm) == [("allocations_sum_to_pot", -3)]


def test_claims_are_within_allocations(storsthlm, offered):
    requisition = make_requisition(offered)
    without()
    rows(Requisition, requisition).update(amount=requisition.amount + 5)

    assert faults(storsthlm) == [("claims_are_within_allocations", 5)]


def test_planned_uses_are_within_amounts(storsthlm, offered):
    requisition = make_requisition(offered, amount=100)
    purpose = Purpose.objects.get(grant=offered.grant)
    use = PlannedUse.objects.create(requisition=requisition, purpose=purpose, amount=100)
    assert faults(storsthlm) == []

    rows(PlannedUse, use).update(amount=101)

    assert faults(storsthlm) == [("planned_uses_are_within_amounts", 1)]


def test_paid_requisitions_have_their_payment(storsthlm, offered):
    requisition = make_approved(offered, amount=100)
    without()
    rows(Requisition, requisition).update(status="paid")

    assert faults(storsthlm) == [("paid_requisitions_have_their_payment", -100)]


def test_paid_payment_has_a_paid_requisition(storsthlm, offered):
    batch = make_released(offered)
    payment = batch.payments.get()
    without()
    rows(Payment, payment).update(status="paid", paid_on=date(2020, 9, 15))

    assert faults(storsthlm) == [("paid_requisitions_have_their_payment", payment.amount)]


def test_requisitions_are_paid_once(storsthlm, offered):
    requisition = make_approved(offered, amount=100)
    maker = make_member(storsthlm)
    batch = make_batch(storsthlm, [requisition], by=maker, execute_on=date(2020, 9, 15))
    without("index.a_requisition_is_paid_once")
    Payment.objects.create(batch=batch, requisition=requisition, amount=100)

    assert faults(storsthlm) == [("requisitions_are_paid_once", 100)]


def test_payouts_are_within_funds(storsthlm, offered):
    make_released(offered, ["0127"])
    sent = Payment.objects.get().amount
    without()
    offered.grant.funds_received.update(amount=sent - 7)

    assert faults(storsthlm) == [("payouts_are_within_funds", 7)]


def test_approvers_are_second_persons(storsthlm, offered):
    requisition = make_approved(offered)
    without("invoices_requisition.requisition_is_approved_by_a_second_person")
    rows(Requisition, requisition).update(decided_by=requisition.submitted_by)

    assert faults(storsthlm) == [("approvers_are_second_persons", None)]


@pytest.mark.parametrize("who", ["maker", "approver"])
def test_releasers_are_third_persons(storsthlm, offered, who):
    batch = make_released(offered)
    approver = batch.payments.get().requisition.decided_by
    without("invoices_paymentbatch.batch_is_released_by_a_second_person")
    by = {"maker": batch.made_by, "approver": approver}[who]
    rows(PaymentBatch, batch).update(released_by=by)

    assert faults(storsthlm) == [("releasers_are_third_persons", None)]


def test_requisitions_answer_their_allocation(storsthlm, offered):
    requisition = make_requisition(offered, amount=1)
    without()
    other = offered.allocations.get(municipality__code="0180")
    rows(Requisition, requisition).update(allocation=other)

    assert faults(storsthlm) == [("requisitions_answer_their_allocation", None)]


def test_approved_requisitions_have_accounts(storsthlm, offered):
    requisition = make_approved(offered)
    without("invoices_requisition.requisition_with_amount_has_account_and_number")
    rows(Requisition, requisition).update(account_number="")

    assert faults(storsthlm) == [("approved_requisitions_have_accounts", None)]


def test_numbers_are_unique(storsthlm, offered):
    first = make_requisition(offered)
    second = make_requisition(make_offered(storsthlm))
    without("index.no_requisition_number_twice")
    rows(Requisition, second).update(invoice_number=first.invoice_number)

    assert faults(storsthlm) == [("numbers_are_unique", None)]


def test_batches_sum_to_their_requisitions(storsthlm, offered):
    batch = make_released(offered)
    payment = batch.payments.get()
    without()
    rows(Payment, payment).update(amount=payment.amount - 9)

    assert faults(storsthlm) == [("batches_sum_to_their_requisitions", -9)]


def test_every_check_is_named_and_tried_here():
    names = [each.name for each in CHECKS]

    tried = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert len(set(names)) == len(names) == 19
    assert set(names) <= tried


# The page and the command ------------------------------------------------------------


def test_page_says_that_all_agrees(as_handler, offered):
    response = as_handler.get(reverse("invoices:check_list"))

    assert (response.status_code, response.context["count"]) == (200, 0)
    assert all(holds for _label, holds in response.context["checks"])


def test_staff_are_told_at_night_what_does_not_agree(storsthlm, offered, caplog):
    handler = make_member(storsthlm)
    auditor = make_member(storsthlm, role="auditor")
    check_ledgers()
    assert Message.objects.count() == 0

    without()
    allocation = offered.allocations.first()
    rows(Allocation, allocation).update(amount=allocation.amount + 3)
    check_ledgers()

    message = Message.objects.get(kind="check_failed", to_email=handler.email)
    assert message.body == storsthlm
    assert not Message.objects.filter(to_email=auditor.email).exists()
    assert f"- {offered.grant}: " in message.text
    assert "(−3 kr)" in message.text.replace("\u00a0", " ")
    assert "1 rows of the ledger do not agree" in caplog.text


def test_page_names_the_row_and_the_difference(as_handler, offered):
    requisition = make_requisition(offered)
    without()
    rows(Requisition, requisition).update(amount=requisition.amount + 5)

    response = as_handler.get(reverse("invoices:check_list"))

    page = response.content.decode()
    assert response.context["count"] == 1
    assert "Botkyrka" in page
    assert "5\xa0kr" in page
    assert [holds for _label, holds in response.context["checks"]].count(False) == 1


def test_page_shows_the_bodys_own_grants_only(client, offered):
    other = make_body("Annat förbund")
    client.force_login(make_member(other))
    own = client.get(reverse("invoices:check_list"))
    client.force_login(make_municipal_member())
    municipal = client.get(reverse("invoices:check_list"))

    assert (own.status_code, list(own.context["results"])) == (200, [])
    assert municipal.status_code == 403


def test_check_costs_the_same_with_one_grant_and_three(
    storsthlm, offered, django_assert_num_queries
):
    make_requisition(offered)
    with CaptureQueriesContext(connection) as one:
        check(storsthlm)
    for _ in range(2):
        make_released(make_offered(storsthlm), ["0127", "0160"])

    with django_assert_num_queries(len(one)):
        check(storsthlm)


def run(**options):
    out = StringIO()
    try:
        call_command("check_ledger", stdout=out, **options)
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


def test_command_ends_well_when_all_agrees(offered):
    code, told = run()

    assert (code, told.count("\n")) == (0, 1)
    assert str(offered.grant) in told


def test_command_names_the_row_and_ends_with_1(storsthlm, offered):
    other = make_body("Annat förbund")
    requisition = make_requisition(offered)
    without()
    rows(Requisition, requisition).update(amount=requisition.amount + 5)

    code, told = run()

    assert code == 1
    assert "Botkyrka" in told
    assert "[claims_are_within_allocations]" in told
    assert run(body=other.name) == (0, "")
    assert run(body=storsthlm.name)[0] == 1
    assert run(body="Okänt")[0] == 1


# What is paid is accounted for -------------------------------------------------------


@pytest.fixture
def claim(offered):
    """A claim of 40 kronor of the 100 that Botkyrka has been paid."""
    make_paid(offered.grant.body, codes=("0127",), offered=offered)
    settled(offered.grant, "0127", 60, 40)
    (claim,) = claimed(offered.grant)
    return claim


def test_settlements_sum_to_what_is_there(storsthlm, claim):
    assert faults(storsthlm) == []
    without("invoices_settlement.settlement_sums_to_what_is_available")
    rows(Settlement, claim.settlement).update(used=55)

    assert faults(storsthlm) == [("settlements_sum_to_what_is_there", 5)]


def test_settlements_are_within_payments(storsthlm, claim):
    without()
    rows(Settlement, claim.settlement).update(used=63, available=103)

    assert faults(storsthlm) == [("settlements_are_within_payments", 3)]


def test_claims_back_are_within_settlements(storsthlm, claim):
    without()
    rows(Repayment, claim).update(amount=42)

    assert faults(storsthlm) == [("claims_back_are_within_settlements", 2)]


def test_repayments_are_within_claims(storsthlm, claim):
    receipt = receive(claim, amount=40, on=DAY, by=make_member(storsthlm))
    assert faults(storsthlm) == []
    without()
    rows(RepaymentReceived, receipt).update(amount=44)

    assert faults(storsthlm) == [("repayments_are_within_claims", 4)]


def test_withdrawn_claims_have_nothing(storsthlm, claim):
    by = make_member(storsthlm)
    receive(claim, amount=40, on=DAY, by=by)
    without()
    rows(Repayment, claim).update(withdrawn_on=DAY, withdrawn_by=by)

    assert faults(storsthlm) == [("withdrawn_claims_have_nothing", 40)]


def test_write_offs_are_by_second_persons(storsthlm, claim):
    write_off(claim, by=make_member(storsthlm), on=DAY, reason="x")
    assert faults(storsthlm) == []
    without("invoices_repayment.repayment_is_written_off_by_a_second_person")
    rows(Repayment, claim).update(written_off_by=claim.claimed_by)

    assert faults(storsthlm) == [("write_offs_are_by_second_persons", None)]


def test_returns_are_within_what_is_held(storsthlm, claim):
    by = make_member(storsthlm)
    receive(claim, amount=40, on=DAY, by=by)
    back = return_to_state(
        claim.settlement.grant, amount=40, on=DAY, recipient="Staten", by=by
    )
    assert faults(storsthlm) == []
    without()
    rows(ReturnToState, back).update(amount=47)

    assert ("returns_are_within_what_is_held", 7) in faults(storsthlm)
