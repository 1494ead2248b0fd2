"""Money in, batches, release and what the bank says: the verbs, and the database."""

from dataclasses import dataclass
from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from grants.distribution import Refused
from invoices.models import FundsReceived, Payment, PaymentBatch, Requisition, Step
from invoices.payments import (
    Balance,
    balance_of,
    discard,
    make_batch,
    read_back,
    release,
    remove_funds,
    take_out,
)
from tests.factories import (
    make_approved,
    make_body,
    make_carry_over,
    make_funds,
    make_member,
    make_offered,
    make_released,
    make_requisition,
)

pytestmark = pytest.mark.django_db

DAY = date(2020, 9, 15)


@dataclass(frozen=True)
class Outcome:
    payment_id: str
    is_paid: bool
    on: date | None = None
    reason: str = ""
    amount: int | None = None


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


@pytest.fixture
def approver(storsthlm):
    return make_member(storsthlm, role="approver")


@pytest.fixture
def maker(storsthlm):
    return make_member(storsthlm)


@pytest.fixture
def releaser(storsthlm):
    return make_member(storsthlm)


def refused(call, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.code


def breaks(call):
    with pytest.raises((DatabaseError, IntegrityError)) as caught, transaction.atomic():
        call()
    return str(caught.value).splitlines()[0]


def test_batch_pays_what_is_approved(offered, storsthlm, approver, maker, releaser):
    requisitions = [
        make_approved(offered, code, by=approver, amount=amount)
        for code, amount in [("0127", 1_000), ("0160", 2_000)]
    ]
    make_funds(offered.grant, 5_000)

    batch = make_batch(storsthlm, requisitions, by=maker, execute_on=DAY)
    release(batch, by=releaser, seen_total=3_000)

    assert balance_of(offered.grant) == Balance(5_000, 0, 3_000, 0)
    assert balance_of(offered.grant).available == 2_000
    payments = batch.payments.values_list("requisition__municipality__code", "amount")
    assert list(payments) == [("0127", 1_000), ("0160", 2_000)]
    assert set(batch.payments.values_list("status", flat=True)) == {"sent"}


def test_carried_over_money_counts_as_come_in(offered, storsthlm, maker, releaser):
    make_carry_over(offered.grant, 1_000)
    requisition = make_approved(offered, amount=1_000)

    batch = make_batch(storsthlm, [requisition], by=maker, execute_on=DAY)

    assert release(batch, by=releaser).status == "released"


def test_more_than_has_come_in_is_not_released(offered, storsthlm, maker, releaser):
    make_funds(offered.grant, 999)
    batch = make_batch(
        storsthlm, [make_approved(offered, amount=1_000)], by=maker, execute_on=DAY
    )

    with pytest.raises(Refused) as caught:
        release(batch, by=releaser)

    assert (caught.value.code, caught.value.params) == (
        "not_covered",
        {"grant": str(offered.grant), "amount": 1_000, "available": 999},
    )
    make_funds(offered.grant, 1)
    assert release(batch, by=releaser).status == "released"


def test_release_needs_someone_who_neither_made_nor_approved(
    offered, storsthlm, approver, maker, releaser
):
    make_funds(offered.grant)
    requisition = make_approved(offered, by=approver)
    batch = make_batch(storsthlm, [requisition], by=maker, execute_on=DAY)

    assert refused(release, batch, by=maker) == "made_it"
    assert refused(release, batch, by=approver) == "approved_it"
    assert release(batch, by=releaser).released_by == releaser


def test_only_approved_requisitions_of_the_body_are_chosen(offered, storsthlm, maker):
    waiting = make_requisition(offered)
    elsewhere = make_approved(make_offered(storsthlm), "0180")
    dalarna = make_body("Region Dalarna", county="20")

    assert refused(make_batch, storsthlm, [], by=maker, execute_on=DAY) == "nothing_chosen"
    assert refused(make_batch, storsthlm, [waiting], by=maker, execute_on=DAY) == (
        "not_payable"
    )
    assert refused(make_batch, dalarna, [elsewhere], by=maker, execute_on=DAY) == (
        "not_payable"
    )


def test_requisition_is_in_one_batch(offered, storsthlm, maker):
    requisition = make_approved(offered)
    first = make_batch(storsthlm, [requisition], by=maker, execute_on=DAY)

    assert refused(make_batch, storsthlm, [requisition], by=maker, execute_on=DAY) == (
        "not_payable"
    )
    discard(first)
    second = make_batch(storsthlm, [requisition], by=maker, execute_on=DAY)
    take_out(second.payments.get())
    assert make_batch(storsthlm, [requisition], by=maker, execute_on=DAY).number == 2


def test_what_was_taken_out_changes_the_sum_that_is_released(
    offered, storsthlm, maker, releaser
):
    make_funds(offered.grant)
    requisitions = [make_approved(offered, code, amount=10) for code in ["0127", "0160"]]
    batch = make_batch(storsthlm, requisitions, by=maker, execute_on=DAY)
    take_out(batch.payments.first())

    assert refused(release, batch, by=releaser, seen_total=20) == "batch_changed"
    assert release(batch, by=releaser, seen_total=10).status == "released"


def test_bank_list_marks_paid_and_failed(offered, maker):
    batch = make_released(offered, ["0127", "0160"])
    first, second = batch.payments.all()
    said = [
        Outcome(
            first.end_to_end_id, is_paid=True, on=date(2020, 9, 16), amount=first.amount
        ),
        Outcome(second.end_to_end_id, is_paid=False, reason="Kontot är avslutat"),
    ]

    result = read_back(batch, said, by=maker, today=DAY)
    again = read_back(batch, said, by=maker, today=DAY)

    assert (result.paid, result.failed, result.known) == (1, 1, 0)
    assert (again.paid, again.failed, again.known) == (0, 0, 2)
    rows = batch.payments.values_list("status", "paid_on", "failure", "requisition__status")
    assert list(rows) == [
        ("paid", date(2020, 9, 16), "", "paid"),
        ("failed", None, "Kontot är avslutat", "approved"),
    ]
    assert list(Payment.objects.failed_and_open()) == [batch.payments.get(status="failed")]
    assert list(Requisition.objects.payable()) == [second.requisition]
    assert Step.objects.filter(kind="failed").get().note == "Kontot är avslutat"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([Outcome("SM-0", is_paid=True)], "unknown_payments"),
        ([Outcome("{first}", is_paid=True, amount=1)], "other_amounts"),
    ],
)
def test_bank_list_that_does_not_fit_changes_nothing(offered, maker, said, code):
    batch = make_released(offered, ["0127"])
    payment = batch.payments.get()
    said = [
        Outcome(
            each.payment_id.format(first=payment.end_to_end_id),
            each.is_paid,
            amount=each.amount,
        )
        for each in said
    ]

    assert refused(read_back, batch, said, by=maker, today=DAY) == code
    payment.refresh_from_db()
    assert payment.status == "sent"


def test_bank_list_that_says_the_opposite_is_refused(offered, maker):
    batch = make_released(offered, ["0127"])
    payment = batch.payments.get()
    read_back(batch, [Outcome(payment.end_to_end_id, is_paid=True)], by=maker, today=DAY)

    said = [Outcome(payment.end_to_end_id, is_paid=False, reason="Fel")]
    assert refused(read_back, batch, said, by=maker, today=DAY) == "contradicted"


def test_receipt_that_has_been_paid_out_stays(offered):
    make_released(offered, ["0127"])
    extra = make_funds(offered.grant, 5)
    used = FundsReceived.objects.exclude(pk=extra.pk).get()

    assert refused(remove_funds, used) == "funds_used"
    remove_funds(extra)
    assert breaks(used.delete) == "More is paid than has come in."
    assert breaks(lambda: FundsReceived.objects.update(amount=1)) == (
        "More is paid than has come in."
    )


# The database, behind the verbs ------------------------------------------------------


def test_database_refuses_a_releaser_who_approved(
    offered, storsthlm, approver, maker, releaser
):
    make_funds(offered.grant)
    requisition = make_approved(offered, by=approver)
    batch = make_batch(storsthlm, [requisition], by=maker, execute_on=DAY)
    rows = PaymentBatch.objects.filter(pk=batch.pk)
    facts = {"status": "released", "released_at": batch.made_at}

    assert breaks(lambda: rows.update(released_by=approver, **facts)) == (
        "Whoever approved a requisition does not pay it out."
    )
    assert "batch_is_released_by_a_second_person" in breaks(
        lambda: rows.update(released_by=maker, **facts)
    )
    assert rows.update(released_by=releaser, **facts) == 1


def test_database_refuses_a_payment_of_what_is_not_approved(offered, storsthlm, maker):
    waiting = make_requisition(offered)
    approved = make_approved(offered, "0160")
    batch = make_batch(storsthlm, [approved], by=maker, execute_on=DAY)

    for requisition, amount in [(waiting, waiting.amount), (approved, 1)]:
        assert breaks(
            lambda requisition=requisition, amount=amount: Payment.objects.create(
                batch=batch, requisition=requisition, amount=amount
            )
        ).startswith("Only what is approved is paid")


def test_database_keeps_a_released_batch(offered):
    batch = make_released(offered, ["0127"])
    payment = batch.payments.get()

    assert "Cannot update" in breaks(
        lambda: PaymentBatch.objects.filter(pk=batch.pk).update(execute_on=DAY)
    )
    assert "The batch is released" in breaks(payment.delete)
    assert "only whether it went through" in breaks(
        lambda: Payment.objects.update(amount=1)
    )


def test_database_refuses_to_return_what_is_on_its_way(offered):
    batch = make_released(offered, ["0127"])
    rows = Requisition.objects.filter(payments__batch=batch)

    assert breaks(lambda: rows.update(status="returned", decision_note="x")) == (
        "The requisition is in a payment batch."
    )
