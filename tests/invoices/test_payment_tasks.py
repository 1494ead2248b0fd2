"""What the start page says of money that waits."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invoices.models import Payment
from invoices.payment_list import Outcome
from invoices.payments import make_batch, read_back
from invoices.waiting import money_tasks
from municipalities.models import Membership
from tests.factories import (
    make_approved,
    make_body,
    make_funds,
    make_member,
    make_offered,
    make_released,
    make_requisition,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def offered(storsthlm):
    return make_offered(storsthlm)


def tasks_of(user):
    found = money_tasks(Membership.objects.get(user=user), timezone.localdate())
    return [(task.kind, task.count, task.total) for task in found]


def test_approved_requisition_in_no_batch_is_a_task(offered, handler):
    make_funds(offered.grant)
    make_requisition(offered, "0126")
    make_approved(offered, "0127", amount=1_000)

    assert tasks_of(handler) == [("pay", 1, 1_000)]


def test_money_that_has_not_come_in_is_a_task(offered, handler):
    make_funds(offered.grant, 400)
    make_approved(offered, amount=1_000)

    assert tasks_of(handler) == [("pay", 1, 1_000), ("funds", 0, 600)]


def test_batch_waits_for_somebody_who_may_release_it(offered, storsthlm, handler):
    make_funds(offered.grant)
    approver, maker = make_member(storsthlm, role="approver"), make_member(storsthlm)
    requisition = make_approved(offered, by=approver, amount=1_000)
    day = timezone.localdate()
    make_batch(storsthlm, [requisition], by=maker, execute_on=day)

    assert tasks_of(handler) == [("release", 1, 1_000)]
    assert tasks_of(maker) == [("await_release", 1, 1_000)]
    assert tasks_of(approver) == [("await_release", 1, 1_000)]


def test_batch_whose_day_has_passed_waits_for_the_banks_answer(offered, handler):
    batch = make_released(offered, ["0127"])
    payment = batch.payments.get()

    before = tasks_of(handler)
    said = [Outcome(payment.end_to_end_id, True)]
    read_back(batch, said, by=handler, today=timezone.localdate())

    assert before == [("read_back", 1, payment.amount)]
    assert tasks_of(handler) == []


def test_batch_on_its_way_waits_for_nobody(offered, storsthlm, handler):
    batch = make_released(offered, ["0127"])
    membership = Membership.objects.get(user=handler)

    assert money_tasks(membership, batch.execute_on - timedelta(days=1)) == []


def test_failed_payment_is_one_task_and_not_two(offered, handler):
    batch = make_released(offered, ["0127"])
    payment = batch.payments.get()
    said = [Outcome(payment.end_to_end_id, False, reason="AC04")]
    read_back(batch, said, by=handler, today=date(2020, 9, 17))

    assert tasks_of(handler) == [("failed", 1, payment.amount)]


def test_others_have_no_part_in_it(offered, storsthlm):
    make_approved(offered)

    assert tasks_of(make_member(storsthlm, role="auditor")) == []
    assert tasks_of(make_member(make_body("Region Stockholm"))) == []


def test_start_page_shows_each_kind(as_handler, offered, storsthlm):
    batch = make_released(offered, ["0126", "0180"])
    first, _second = batch.payments.all()
    said = [Outcome(first.end_to_end_id, False, reason="AC04")]
    read_back(batch, said, by=make_member(storsthlm), today=date(2020, 9, 17))
    poor = make_offered(storsthlm)
    make_approved(poor, "0127")
    drafted = make_approved(offered, "0127")
    make_batch(
        storsthlm,
        [drafted],
        by=make_member(storsthlm),
        execute_on=timezone.localdate(),
    )

    response = as_handler.get("/")

    kinds = [task.kind for task in response.context["start"].money_tasks]
    assert kinds == ["failed", "read_back", "release", "pay", "funds"]
    page = response.content.decode()
    for address in [
        "/utbetalningar/misslyckade/",
        f"/utbetalningar/{batch.pk}/",
        "/slapp/",
        "/utbetalningar/ny/",
        f"/medel/{poor.grant_id}/inbetalningar/",
    ]:
        assert f'{address}"' in page


def test_start_page_costs_the_same_for_one_payment_and_many(
    as_handler, offered, storsthlm, handler
):
    codes = list(offered.allocations.values_list("municipality__code", flat=True))
    approver = make_member(storsthlm, role="approver")

    def cost(codes):
        batch = make_released(offered, codes[:-2])
        failed = batch.payments.first()
        said = [Outcome(failed.end_to_end_id, False, reason="AC04")]
        read_back(batch, said, by=handler, today=date(2020, 9, 17))
        drafted, _left = (make_approved(offered, code, by=approver) for code in codes[-2:])
        make_batch(storsthlm, [drafted], by=approver, execute_on=date(2020, 9, 15))
        with CaptureQueriesContext(connection) as seen:
            assert as_handler.get("/").status_code == 200
        return len(seen)

    assert cost(codes[:4]) == cost(codes[4:24])
    assert Payment.objects.count() > 15
