"""Two people at the same moment, with a municipality's money between them.

On real connections: one wins, the other is told in words, and no krona is there twice.
Each race is run for several municipalities, so that both sides get to be first. The
tables are emptied for real after each test, which takes longer than the races: so a test
runs several of them, each with a grant of its own.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from threading import Barrier

import pytest
from django.db import DatabaseError, connection

from grants import distribution as changes_of
from grants.distribution import Refused
from grants.models import Allocation, Distribution
from invoices.models import PaymentBatch, Requisition
from invoices.payments import ReadBack, balance_of, make_batch, read_back, release
from invoices.redistribution import redistribute
from invoices.refusals import sentence
from invoices.requisition import approve, submit, unapprove, withdraw
from tests.factories import (
    make_answer,
    make_approved,
    make_body,
    make_funds,
    make_member,
    make_municipal_member,
    make_offered,
    make_requisition,
    publish_memo,
)

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = date(2020, 6, 1)
DAY = date(2020, 9, 15)
CODES = ("0114", "0127", "0160", "0180")


@pytest.fixture
def body(places):
    return make_body()


def at_once(*verbs, tell=sentence):
    """Run each on a connection of its own, and return what each gave or was told.

    A refusal is told by its code, once its sentence is found. Anything else that is
    raised, such as a deadlock, fails the test.
    """
    start = Barrier(len(verbs))

    def run(verb):
        try:
            start.wait(timeout=10)
            verb()
        except Refused as error:
            return error.code if tell(error) else "without a sentence"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


def own(row):
    """Return a copy of the row, as another request has it."""
    return type(row).objects.get(pk=row.pk)


def claims(offered, code):
    """Return what stands of the municipality's answers: status and amount of each."""
    rows = Requisition.objects.filter(grant=offered.grant, municipality__code=code)
    return list(rows.order_by("pk").values_list("status", "claimed"))


def submission(allocation, amount, by, **facts):
    mine = own(allocation)
    answer = make_answer(amount)
    return lambda: submit(mine, answer, by=by, today=TODAY, **facts)


def double_submit_keeps_one(offered, amounts):
    told, kept = [], []
    for code in CODES:
        allocation = offered.allocations.get(municipality__code=code)
        by = make_municipal_member(code)
        told.append(at_once(*(submission(allocation, each, by) for each in amounts)))
        kept.append(claims(offered, code))

    assert [sorted(each) for each in told] == [["already_submitted", "done"]] * len(CODES)
    assert kept == [[("submitted", amounts[each.index("done")])] for each in told]


def two_people_register_different_answers(offered, body):
    staff = [make_member(body) for _ in range(2)]
    told, kept = [], []
    for code in CODES:
        allocation = offered.allocations.get(municipality__code=code)
        told.append(
            at_once(
                submission(allocation, 100, staff[0], channel="mail"),
                submission(allocation, 200, staff[1], channel="invoice"),
            )
        )
        found = Requisition.objects.get(grant=offered.grant, municipality__code=code)
        kept.append((found.claimed, found.submitted_by))

    assert [sorted(each) for each in told] == [["already_submitted", "done"]] * len(CODES)
    assert kept == [
        (100, staff[0]) if each[0] == "done" else (200, staff[1]) for each in told
    ]


def two_approvers_approve_once(offered, body):
    approvers = [make_member(body, role="approver") for _ in range(2)]
    for code in CODES:
        requisition = make_requisition(offered, code, amount=100)
        copies = [own(requisition) for _ in approvers]

        told = at_once(
            *(
                lambda copy=copy, by=by: approve(copy, by=by, seen=1)
                for copy, by in zip(copies, approvers, strict=True)
            )
        )

        requisition.refresh_from_db()
        assert sorted(told) == ["done", "not_submitted"]
        assert requisition.decided_by == approvers[told.index("done")]
        assert claims(offered, code) == [("approved", 100)]
        assert requisition.steps.filter(kind="approved").count() == 1


def approval_against_change(offered, body):
    approver = make_member(body, role="approver")
    for code in CODES:
        requisition = make_requisition(offered, code, amount=100)
        mine, by = own(requisition), requisition.submitted_by

        told = at_once(
            lambda mine=mine: approve(mine, by=approver, seen=1),
            submission(requisition.allocation, 200, by, seen=1),
        )

        assert (told, claims(offered, code)) in [
            (["done", "approved"], [("approved", 100)]),
            (["changed_since", "done"], [("submitted", 200)]),
        ]


def approval_against_withdrawal(offered, body):
    approver = make_member(body, role="approver")
    for code in CODES:
        requisition = make_requisition(offered, code, amount=100)
        ours, theirs = own(requisition), own(requisition)

        told = at_once(
            lambda ours=ours: approve(ours, by=approver, seen=1),
            lambda theirs=theirs: withdraw(theirs, by=theirs.submitted_by, seen=1),
        )

        assert (told, claims(offered, code)) in [
            (["done", "approved"], [("approved", 100)]),
            (["not_submitted", "done"], [("draft", 0)]),
        ]


def two_batches_pay_a_requisition_once(offered, body):
    makers = [make_member(body) for _ in range(2)]
    for code in CODES:
        requisition = make_approved(offered, code, amount=100)
        copies = [own(requisition) for _ in makers]

        told = at_once(
            *(
                lambda copy=copy, by=by: make_batch(body, [copy], by=by, execute_on=DAY)
                for copy, by in zip(copies, makers, strict=True)
            )
        )

        assert sorted(told) == ["done", "not_payable"]
        payments = requisition.payments.values_list("amount", "batch__made_by")
        assert list(payments) == [(100, makers[told.index("done")].pk)]
    assert balance_of(offered.grant).planned == 100 * len(CODES)
    numbers = PaymentBatch.objects.of_body(body).values_list("number", flat=True)
    assert sorted(numbers) == list(range(1, len(CODES) + 1))


def two_releases_share_what_has_come_in(offered, body):
    approver, maker = make_member(body, role="approver"), make_member(body)
    releasers = [make_member(body) for _ in range(2)]
    for round_, pair in enumerate(zip(CODES[::2], CODES[1::2], strict=True), start=1):
        # Enough for one of the two.
        make_funds(offered.grant, 100)
        batches = [
            make_batch(
                body,
                [make_approved(offered, code, by=approver, amount=100)],
                by=maker,
                execute_on=DAY,
            )
            for code in pair
        ]

        told = at_once(
            *(
                lambda batch=batch, by=by: release(batch, by=by, seen_total=100)
                for batch, by in zip(batches, releasers, strict=True)
            )
        )

        assert sorted(told) == ["done", "not_covered"]
        balance = balance_of(offered.grant)
        assert (balance.received, balance.sent, balance.available) == (
            100 * round_,
            100 * round_,
            0,
        )
        assert own(batches[told.index("done")]).released_by == releasers[told.index("done")]


def batch_is_released_once(offered, body):
    make_funds(offered.grant, 1_000)
    releasers = [make_member(body) for _ in range(2)]
    for code in CODES:
        requisition = make_approved(offered, code, amount=100)
        batch = make_batch(body, [requisition], by=make_member(body), execute_on=DAY)

        told = at_once(
            *(lambda by=by, mine=batch: release(own(mine), by=by) for by in releasers)
        )

        assert sorted(told) == ["batch_released", "done"]
        assert own(batch).released_by == releasers[told.index("done")]
        assert requisition.steps.filter(kind="sent").count() == 1
    assert balance_of(offered.grant).sent == 100 * len(CODES)


def decision_that_takes_back_against_submission(offered, body):
    approver, handler = make_member(body, role="approver"), make_member(body)
    for code in CODES:
        version = Distribution.objects.decided().get(grant=offered.grant)
        allocation = version.allocations.get(municipality__code=code)
        draft = changes_of.revise(version, by=handler, reason="Tar tillbaka")
        taken = draft.allocations.get(municipality__code=code)
        changes_of.adjust(taken, amount=-taken.amount, reason="Ej hämtat", by=handler)
        mine = own(draft)
        by = make_municipal_member(code)

        told = at_once(
            lambda mine=mine: changes_of.decide(
                mine, by=approver, decided_on=date(2020, 9, 1)
            ),
            submission(allocation, allocation.amount, by),
        )

        holds = Allocation.objects.get(
            distribution__grant=offered.grant,
            distribution__status="decided",
            municipality__code=code,
        )
        assert (told, holds.amount, claims(offered, code)) in [
            (["done", "superseded"], 0, []),
            (
                ["below_claimed", "done"],
                allocation.amount,
                [("submitted", allocation.amount)],
            ),
        ]
        mine.refresh_from_db()
        if mine.is_draft:
            changes_of.discard(mine)
    assert_sums_to_pot(offered.grant)


def assert_sums_to_pot(grant):
    assert_adds_up(Distribution.objects.decided().get(grant=grant))


def assert_adds_up(version):
    amounts = version.allocations.values_list("amount", flat=True)
    assert version.pot == version.set_aside + version.difference + sum(amounts)


@dataclass(frozen=True)
class Outcome:
    payment_id: str
    is_paid: bool
    on: date | None = None
    reason: str = ""
    amount: int | None = None


def make_sent(body):
    """Return a batch with two payments on their way."""
    offered = make_offered(body)
    make_funds(offered.grant, 1_000)
    requisitions = [make_approved(offered, code, amount=100) for code in CODES[:2]]
    batch = make_batch(body, requisitions, by=make_member(body), execute_on=DAY)
    return release(batch, by=make_member(body))


def list_from_the_bank_is_read_once(sent, body):
    outcomes = [
        Outcome(payment.end_to_end_id, is_paid=True) for payment in sent.payments.all()
    ]
    given = []

    told = at_once(
        *(
            lambda by=by: given.append(read_back(own(sent), outcomes, by=by, today=DAY))
            for by in [make_member(body), make_member(body)]
        )
    )

    assert told == ["done", "done"]
    assert sorted(given, key=lambda each: each.known) == [
        ReadBack(paid=2, failed=0, known=0),
        ReadBack(paid=0, failed=0, known=2),
    ]
    assert set(sent.payments.values_list("status", "amount")) == {("paid", 100)}
    for payment in sent.payments.select_related("requisition"):
        assert payment.requisition.status == "paid"
        assert payment.requisition.steps.filter(kind="paid").count() == 1


def lists_that_contradict_each_other(sent, body):
    one = sent.payments.first()
    yes = [Outcome(one.end_to_end_id, is_paid=True)]
    no = [Outcome(one.end_to_end_id, is_paid=False, reason="Kontot är avslutat")]

    told = at_once(
        *(
            lambda by=by, each=each: read_back(own(sent), each, by=by, today=DAY)
            for by, each in [(make_member(body), yes), (make_member(body), no)]
        )
    )

    one.refresh_from_db()
    assert sorted(told) == ["contradicted", "done"]
    assert (told[0], one.status, own(one.requisition).status) in [
        ("done", "paid", "paid"),
        ("contradicted", "failed", "approved"),
    ]


def approval_taken_back_against_batch(offered, body):
    approver, maker = make_member(body, role="approver"), make_member(body)
    for code in CODES:
        requisition = make_approved(offered, code, by=approver, amount=100)
        ours, theirs = own(requisition), own(requisition)

        told = at_once(
            lambda ours=ours: unapprove(ours, by=approver),
            lambda theirs=theirs: make_batch(body, [theirs], by=maker, execute_on=DAY),
        )

        paid = list(requisition.payments.values_list("amount", flat=True))
        assert (told, claims(offered, code), paid) in [
            (["done", "not_payable"], [("submitted", 100)], []),
            (["in_batch", "done"], [("approved", 100)], [100]),
        ]


def make_larger(offered, body):
    """Return a second version with more to everyone, that has gone out."""
    offered.grant.budget_lines.update(amount=21_000_000)
    requisitions = [make_requisition(offered, code) for code in CODES]
    assert all(each.status == "submitted" for each in requisitions)
    version = changes_of.decide(
        changes_of.revise(offered, by=make_member(body), reason="Mer pengar"),
        by=make_member(body, role="approver"),
        decided_on=date(2020, 5, 1),
    )
    publish_memo(version, version=2)
    return version


def answers_to_old_and_new_version_stay_within_the_allocation(offered, body):
    larger = make_larger(offered, body)
    for code in CODES:
        old = offered.allocations.get(municipality__code=code)
        new = larger.allocations.get(municipality__code=code)
        by = make_municipal_member(code)
        more = new.amount - old.amount

        told = at_once(
            submission(old, old.amount, by, seen=1),
            submission(new, more, by),
            submission(new, new.amount, by),
        )

        assert told == ["superseded", "done", "exceeds_left"] or told == [
            "superseded",
            "done",
            "already_submitted",
        ]
        assert claims(offered, code) == [("submitted", old.amount), ("submitted", more)]


def withdrawal_of_old_answer_against_answer_to_new(offered, body):
    larger = make_larger(offered, body)
    for code in CODES:
        old = offered.allocations.get(municipality__code=code)
        new = larger.allocations.get(municipality__code=code)
        first = Requisition.objects.get(allocation=old)
        by = first.submitted_by
        more = new.amount - old.amount

        told = at_once(
            lambda first=first, by=by: withdraw(first, by=by, seen=1),
            submission(new, more, by),
        )

        assert (told, claims(offered, code)) in [
            (["done", "already_submitted"], [("draft", 0)]),
            (
                ["newer_answer", "done"],
                [("submitted", old.amount), ("submitted", more)],
            ),
        ]


def database_keeps_two_answers_within_the_allocation(offered, body):
    larger = make_larger(offered, body)
    for code in CODES:
        old = offered.allocations.get(municipality__code=code)
        new = larger.allocations.get(municipality__code=code)
        by = make_municipal_member(code)
        submit(new, make_answer(1), by=by, today=TODAY)
        rows = Requisition.objects.filter(grant=offered.grant, municipality__code=code)
        first, second = rows.order_by("pk")
        extra = new.amount - old.amount - 1

        def update(row, amount):
            try:
                Requisition.objects.filter(pk=row.pk).update(amount=amount)
            except DatabaseError as error:
                message = str(error).splitlines()[0]
                assert message == "More is claimed than is allocated."
                raise Refused("exceeds_left", amount=amount, left=0) from error

        told = at_once(
            lambda row=first, amount=first.amount + extra: update(row, amount),
            lambda row=second, amount=1 + extra: update(row, amount),
        )

        assert sorted(told) == ["done", "exceeds_left"]
        assert sum(amount for _status, amount in claims(offered, code)) == new.amount


def two_redistributions_make_one_draft(offered, body):
    make_requisition(offered, "0127", amount=0)
    make_requisition(offered, "0184", wants_more=True)
    staff = [make_member(body) for _ in range(2)]

    told = at_once(
        *(
            lambda by=by: redistribute(
                own(offered.grant), close=(), by=by, reason="Omfördelning", today=TODAY
            )
            for by in staff
        )
    )

    draft = offered.grant.distributions.drafts().get()
    assert sorted(told) == ["done", "draft_exists"]
    assert draft.drafted_by == staff[told.index("done")]
    assert_adds_up(draft)


def redistribution_against_late_requisition(offered, body):
    """What is closed for one is claimed by it as the decision is made."""
    make_requisition(offered, "0184", wants_more=True)
    draft = redistribute(
        offered.grant, close=CODES, by=make_member(body), reason="Omfördelning", today=DAY
    )
    approver = make_member(body, role="approver")
    allocation = offered.allocations.get(municipality__code="0127")
    mine = own(draft)

    told = at_once(
        lambda: changes_of.decide(mine, by=approver, decided_on=DAY),
        submission(allocation, 100, make_municipal_member()),
    )

    assert (told, claims(offered, "0127")) in [
        (["done", "superseded"], []),
        (["below_claimed", "done"], [("submitted", 100)]),
    ]
    assert_sums_to_pot(offered.grant)


def test_two_answers(body):
    for amounts in [(100, 100), (100, 200), (0, 100)]:
        double_submit_keeps_one(make_offered(body), amounts)
    two_people_register_different_answers(make_offered(body), body)


def test_two_decisions_about_an_answer(body):
    two_approvers_approve_once(make_offered(body), body)
    approval_against_change(make_offered(body), body)
    approval_against_withdrawal(make_offered(body), body)


def test_two_payments(body):
    two_batches_pay_a_requisition_once(make_offered(body), body)
    approval_taken_back_against_batch(make_offered(body), body)
    two_releases_share_what_has_come_in(make_offered(body), body)
    batch_is_released_once(make_offered(body), body)


def test_two_lists_from_the_bank(body):
    list_from_the_bank_is_read_once(make_sent(body), body)
    lists_that_contradict_each_other(make_sent(body), body)


def test_new_version_against_answer(body):
    decision_that_takes_back_against_submission(make_offered(body), body)
    redistribution_against_late_requisition(make_offered(body), body)
    two_redistributions_make_one_draft(make_offered(body), body)


def test_answers_to_two_versions(body):
    answers_to_old_and_new_version_stay_within_the_allocation(make_offered(body), body)
    withdrawal_of_old_answer_against_answer_to_new(make_offered(body), body)
    database_keeps_two_answers_within_the_allocation(make_offered(body), body)
