"""Answering, changing, approving and returning: the verbs, and the database behind them."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from grants.distribution import Refused, decide, revise
from invoices.models import Requisition, Step
from invoices.offers import State, offer_to
from invoices.requisition import (
    approve,
    mark_opened,
    reject,
    save_draft,
    send_back,
    submit,
    unapprove,
    withdraw,
)
from municipalities.models import Municipality
from tests.factories import (
    make_answer,
    make_approved,
    make_decided,
    make_member,
    make_municipal_member,
    make_offered,
    make_released,
    make_requisition,
    publish_memo,
)

pytestmark = pytest.mark.django_db

TODAY = date(2020, 6, 1)
AFTER = date(2020, 8, 31)


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


@pytest.fixture
def botkyrka(offered):
    return offered.allocations.get(municipality__code="0127")


def situation(allocation, today=TODAY):
    offer = offer_to(allocation.municipality, allocation.distribution.grant_id, today)
    found = offer.situation
    return (found.state, found.claimed, found.left, found.declined, found.paid)


def refused(call, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.code


def test_nothing_is_offered_before_the_memo_is_published(storsthlm):
    decided = make_decided(storsthlm)
    allocation = decided.allocations.get(municipality__code="0127")
    before = offer_to(allocation.municipality, decided.grant_id, TODAY)

    publish_memo(decided)

    assert before is None
    assert situation(allocation) == (State.OFFERED, 0, allocation.amount, 0, 0)


def test_answer_goes_from_offered_to_paid(offered, botkyrka):
    amount = botkyrka.amount
    signatory = make_municipal_member()
    states = [situation(botkyrka)]
    mark_opened(botkyrka, by=signatory)
    mark_opened(botkyrka, by=signatory)
    states.append(situation(botkyrka))
    save_draft(botkyrka, {"amount": "12 x"}, by=signatory)
    states.append(situation(botkyrka))
    make_requisition(offered, by=signatory)
    states.append(situation(botkyrka))

    assert states == [
        (State.OFFERED, 0, amount, 0, 0),
        (State.OPENED, 0, amount, 0, 0),
        (State.BEGUN, 0, amount, 0, 0),
        (State.ANSWERED, amount, 0, 0, 0),
    ]
    assert Step.objects.filter(allocation=botkyrka).count() == 2


def test_answer_fills_in_number_and_date(offered, botkyrka):
    requisition = make_requisition(offered, uses={})

    assert (
        requisition.answer,
        requisition.amount,
        requisition.invoice_number,
        requisition.invoice_on,
        requisition.is_late,
        requisition.submissions,
    ) == ("whole", botkyrka.amount, f"{offered.grant.record_number}-0127", TODAY, False, 1)


def test_part_leaves_the_rest_declined(offered, botkyrka):
    make_requisition(offered, amount=100_000, wants_more=False)

    assert situation(botkyrka) == (
        State.ANSWERED,
        100_000,
        0,
        botkyrka.amount - 100_000,
        0,
    )


def test_decline_holds_nothing(offered, botkyrka):
    requisition = make_requisition(offered, amount=0, decline_reason="Ingen personal")

    assert situation(botkyrka) == (State.DECLINED, 0, 0, botkyrka.amount, 0)
    assert (requisition.answer, requisition.invoice_number) == ("decline", "")


def test_more_than_is_left_is_refused(offered, botkyrka):
    assert refused(make_requisition, offered, amount=botkyrka.amount + 1) == "exceeds_left"


def test_planned_uses_above_the_amount_are_refused(offered):
    purpose = offered.grant.purposes.get()

    assert refused(make_requisition, offered, amount=10, uses={purpose.pk: 11}) == (
        "uses_exceed"
    )
    assert (
        make_requisition(offered, amount=10, uses={purpose.pk: 10})
        .planned_uses.get(purpose=purpose)
        .amount
        == 10
    )


def test_answer_after_the_last_day_is_marked_late(offered):
    assert make_requisition(offered, today=date(2020, 8, 30)).is_late is False
    assert make_requisition(offered, "0160", today=AFTER).is_late is True


def test_closed_grant_refuses_a_late_answer_but_not_its_registration(offered, botkyrka):
    offered.grant.refuses_late = True
    offered.grant.save()

    assert refused(make_requisition, offered, today=AFTER) == "closed"
    staff = make_member(offered.grant.body)
    requisition = submit(botkyrka, make_answer(10), by=staff, today=AFTER, channel="mail")
    assert (requisition.is_late, requisition.channel) == (True, "mail")


def test_second_submission_of_the_same_form_is_refused(offered, botkyrka):
    make_requisition(offered)

    assert refused(make_requisition, offered) == "already_submitted"


def test_submitted_answer_can_be_changed_until_it_is_approved(offered, botkyrka):
    first = make_requisition(offered)
    by = make_municipal_member()

    changed = submit(botkyrka, make_answer(500), by=by, today=AFTER, seen=1)

    assert (changed.pk, changed.amount, changed.submissions, changed.is_late) == (
        first.pk,
        500,
        2,
        False,
    )
    approve(changed, by=make_member(offered.grant.body, role="approver"))
    assert refused(submit, botkyrka, make_answer(400), by=by, today=TODAY, seen=2) == (
        "approved"
    )


@pytest.mark.parametrize(
    ("amount", "is_late"), [(900, False), (1_000, False), (1_001, True)]
)
def test_asking_for_more_after_the_last_day_is_late(offered, botkyrka, amount, is_late):
    by = make_requisition(offered, amount=1_000).submitted_by

    changed = submit(botkyrka, make_answer(amount), by=by, today=AFTER, seen=1)

    assert changed.is_late is is_late


def test_withdrawn_answer_holds_nothing_and_can_be_sent_again(offered, botkyrka):
    requisition = make_requisition(offered)

    withdraw(requisition, by=requisition.submitted_by)

    assert situation(botkyrka) == (State.BEGUN, 0, botkyrka.amount, 0, 0)
    again = submit(
        botkyrka, make_answer(77), by=requisition.submitted_by, today=TODAY, seen=1
    )
    assert (again.pk, again.amount) == (requisition.pk, 77)


def test_answer_is_not_withdrawn_while_a_withdrawn_one_waits(offered, storsthlm):
    first = make_requisition(offered)
    line = offered.grant.budget_lines.get()
    line.amount = 21_000_000
    line.save()
    new = revise(offered, by=make_member(storsthlm), reason="Mer pengar")
    decide(new, by=make_member(storsthlm, role="approver"), decided_on=TODAY)
    publish_memo(new, version=2)
    second = withdraw(make_requisition(new, amount=1), by=first.submitted_by)

    assert refused(withdraw, first, by=first.submitted_by) == "newer_answer"
    assert (second.status, first.status) == ("draft", "submitted")


def test_approval_needs_a_second_person(offered, botkyrka):
    staff = make_member(offered.grant.body, role="approver")
    requisition = submit(botkyrka, make_answer(10), by=staff, today=TODAY, channel="mail")

    assert refused(approve, requisition, by=staff) == "same_person"
    colleague = make_member(offered.grant.body, role="approver")
    assert approve(requisition, by=colleague).status == "approved"


def test_approval_of_what_has_changed_since_is_refused(offered, botkyrka):
    requisition = make_requisition(offered)
    by = make_member(offered.grant.body, role="approver")
    submit(botkyrka, make_answer(9), by=requisition.submitted_by, today=TODAY, seen=1)

    assert refused(approve, requisition, by=by, seen=1) == "changed_since"
    assert approve(requisition, by=by, seen=2).amount == 9


def test_decline_is_not_approved(offered):
    requisition = make_requisition(offered, amount=0)
    by = make_member(offered.grant.body, role="approver")

    assert refused(approve, requisition, by=by) == "declined"


def test_completion_keeps_the_amount_reserved(offered, botkyrka):
    requisition = make_requisition(offered)
    by = make_member(offered.grant.body, role="approver")

    send_back(requisition, by=by, reason="Kontot saknar en siffra.")

    assert situation(botkyrka) == (State.RETURNED, botkyrka.amount, 0, 0, 0)
    completed = submit(
        botkyrka, make_answer(5), by=requisition.submitted_by, today=AFTER, seen=1
    )
    assert (completed.status, completed.amount, completed.is_late) == (
        "submitted",
        5,
        False,
    )


def test_rejected_answer_can_be_given_anew(offered, botkyrka):
    requisition = make_requisition(offered)
    by = make_member(offered.grant.body, role="approver")

    reject(requisition, by=by, reason="Fel ändamål")

    assert situation(botkyrka) == (State.REJECTED, 0, botkyrka.amount, 0, 0)
    assert make_requisition(offered).pk != requisition.pk


def test_approval_can_be_taken_back_until_it_is_in_a_batch(offered, botkyrka):
    requisition = make_approved(offered)
    unapprove(requisition, by=requisition.decided_by)
    batch = make_released(make_offered(offered.grant.body), ["0160"])

    assert situation(botkyrka)[0] == State.ANSWERED
    paid = batch.payments.get().requisition
    assert refused(unapprove, paid, by=paid.decided_by) == "in_batch"


def test_new_version_that_gives_more_is_a_new_offer(offered, botkyrka, storsthlm):
    make_requisition(offered)
    offered.grant.budget_lines.update(amount=21_000_000)
    version = decide(
        revise(offered, by=make_member(storsthlm), reason="Mer pengar"),
        by=make_member(storsthlm, role="approver"),
        decided_on=date(2020, 5, 1),
    )
    assert refused(
        submit, botkyrka, make_answer(1), by=make_municipal_member(), today=TODAY
    ) == ("superseded")
    publish_memo(version, version=2)
    new = version.allocations.get(municipality__code="0127")

    assert situation(new) == (
        State.OFFERED,
        botkyrka.amount,
        new.amount - botkyrka.amount,
        0,
        0,
    )
    more = make_requisition(version, amount=new.amount - botkyrka.amount)
    assert more.invoice_number == f"{offered.grant.record_number}-0127-2"
    assert situation(new) == (State.ANSWERED, new.amount, 0, 0, 0)


def test_new_version_below_what_is_claimed_is_refused(offered, storsthlm):
    requisition = make_requisition(offered)
    offered.grant.budget_lines.update(amount=10_000_000)
    version = revise(offered, by=make_member(storsthlm), reason="Mindre pengar")
    approver = make_member(storsthlm, role="approver")

    with pytest.raises(Refused) as caught:
        decide(version, by=approver, decided_on=date(2020, 5, 1))
    assert (caught.value.code, caught.value.params) == (
        "below_claimed",
        {"codes": ["0127"]},
    )
    withdraw(requisition, by=requisition.submitted_by)
    assert decide(version, by=approver, decided_on=date(2020, 5, 1)).status == "decided"


# The database, behind the verbs ------------------------------------------------------


def breaks(call):
    with pytest.raises((DatabaseError, IntegrityError)) as caught, transaction.atomic():
        call()
    return str(caught.value).splitlines()[0]


def test_database_refuses_more_than_is_left(offered, botkyrka):
    requisition = make_requisition(offered)
    rows = Requisition.objects.filter(pk=requisition.pk)

    assert breaks(lambda: rows.update(amount=botkyrka.amount + 1)) == (
        "More is claimed than is allocated."
    )
    assert rows.update(amount=botkyrka.amount - 1) == 1


def test_database_refuses_an_approver_who_registered(offered):
    requisition = make_requisition(offered)
    rows = Requisition.objects.filter(pk=requisition.pk)
    facts = {"status": "approved", "decided_at": requisition.submitted_at}

    assert "requisition_is_approved_by_a_second_person" in breaks(
        lambda: rows.update(decided_by=requisition.submitted_by, **facts)
    )
    assert rows.update(decided_by=make_member(offered.grant.body), **facts) == 1


@pytest.mark.parametrize("status", ["paid", "draft"])
def test_database_refuses_a_step_that_is_left_out(offered, status):
    requisition = make_approved(offered)
    rows = Requisition.objects.filter(pk=requisition.pk)

    assert breaks(lambda: rows.update(status=status)).startswith(
        ("A requisition does not go", "No payment of the requisition")
    )


def test_database_keeps_what_is_approved(offered):
    requisition = make_approved(offered)
    rows = Requisition.objects.filter(pk=requisition.pk)

    assert breaks(lambda: rows.update(account_number="1")) == (
        "The requisition is approved and cannot change."
    )
    assert "Cannot delete" in breaks(rows.delete)


def test_database_keeps_the_steps(offered):
    make_requisition(offered)

    assert "Cannot update" in breaks(lambda: Step.objects.update(note="x"))
    assert "Cannot delete" in breaks(Step.objects.all().delete)


def test_database_refuses_another_municipalitys_allocation(offered, botkyrka):
    with pytest.raises(DatabaseError):
        Requisition.objects.create(
            grant=offered.grant,
            municipality=Municipality.objects.get(code="0180"),
            allocation=botkyrka,
            created_by=make_municipal_member(),
        )
