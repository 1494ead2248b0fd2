"""Money back: claimed, received or written off, and paid on to the state."""

from copy import deepcopy
from datetime import date

import pytest
from django.db import DatabaseError, transaction

from grants.distribution import Refused
from grants.models import CarryOver, Deadline
from invoices.models import (
    FundsReceived,
    Repayment,
    RepaymentReceived,
    ReturnToState,
    Settlement,
)
from invoices.payments import balance_of, make_batch, release, remove_funds
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
from invoices.settlement import shares_of
from municipalities.models import Message, StoredFile
from reporting.todo import todos_of
from tests.factories import make_approved, make_body, make_grant, make_member
from tests.invoices.settling import (
    DAY,
    DUE,
    claimed,
    make_paid,
    settled,
    settled_own,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(once):
    """A grant of 400 kronor, of which three municipalities have been paid 100 each.

    One has used it all, one has 40 left and one 70.
    """
    offered = make_paid(make_body(), funds=400)
    for code, left in (("0114", 0), ("0127", 40), ("0160", 70)):
        settled(offered.grant, code, 100 - left, left)
    return offered


@pytest.fixture
def grant(made):
    return deepcopy(made.grant)


@pytest.fixture
def body(grant):
    return grant.body


@pytest.fixture
def one(grant):
    """The claim on Botkyrka, of 40 kronor."""
    return claimed(grant)[0]


def refused(verb, *args, **facts):
    with pytest.raises(Refused) as caught:
        verb(*args, **facts)
    assert sentence(caught.value)
    return caught.value.code


def is_stored(row):
    try:
        with transaction.atomic():
            row.save()
    except DatabaseError:
        return False
    return True


def is_changed(row, **facts):
    try:
        with transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**facts)
    except DatabaseError:
        return False
    return True


def left(claim):
    return Repayment.objects.with_received().get(pk=claim.pk).left


# Claims ------------------------------------------------------------------------------


def test_claim_is_of_what_is_not_used(grant, body):
    by = make_member(body)

    claims = claimed(grant, by=by)

    assert [
        (each.settlement.municipality.code, each.amount, each.due_on, each.claimed_by)
        for each in claims
    ] == [("0127", 40, DUE, by), ("0160", 70, DUE, by)]
    assert claims[0].reference == f"{grant.record_number}-0127-1"
    assert bytes(StoredFile.objects.get(pk=claims[0].letter_id).content).startswith(b"%PDF")
    assert to_claim(grant) == []


def test_letter_goes_with_the_message(grant):
    claims = claimed(grant)

    told = Message.objects.filter(kind="repayment_claimed")
    assert {message.municipality for message in told} == {
        each.settlement.municipality for each in claims
    }
    first = told.filter(municipality=claims[0].settlement.municipality).first()
    assert [file.pk for file in first.attachments.all()] == [claims[0].letter_id]
    said = first.text.replace("\xa0", " ")
    for fact in ("40 kr", "100 kr", "31 mars 2021", "bankgiro 5050-1055", "S/21/7"):
        assert fact in said
    assert claims[0].reference in said


def test_claim_once(grant):
    seen = to_claim(grant)
    claimed(grant)

    facts = {"by": make_member(grant.body), "today": DAY, "letter": lambda _claim: b"%PDF"}
    terms = Terms(DUE, "bankgiro 5050-1055")
    assert refused(claim, grant, seen, terms, **facts) == "claims_changed"
    assert refused(claim, grant, [], terms, **facts) == "nothing_to_claim"
    assert (
        refused(claim, grant, seen, Terms(DAY, "bankgiro 1"), **facts) == "claim_day_passed"
    )


@pytest.mark.parametrize(
    ("facts", "stored"),
    [
        ({}, True),
        ({"amount": 39}, True),
        ({"amount": 41}, False),
        ({"amount": 0}, False),
        ({"withdrawn_on": DAY}, False),
    ],
)
def test_database_refuses_more_than_is_settled(grant, body, facts, stored):
    letter = StoredFile.objects.keep(b"%PDF", body=body, name="a", content_type="a/b")
    settlement = Settlement.objects.get(grant=grant, municipality__code="0127")
    facts = {"amount": 40, "due_on": DUE, "account": "1", "reference": "1"} | facts
    row = Repayment(
        settlement=settlement, letter=letter, claimed_by=make_member(body), **facts
    )

    assert is_stored(row) is stored


def test_own_share_is_not_claimed(grant, body):
    grant.budget_lines.create(activity="Eget", side="region", amount=30)
    own = settled_own(grant, "region", 20, 10)
    letter = StoredFile.objects.keep(b"%PDF", body=body, name="a", content_type="a/b")

    row = Repayment(
        settlement=own,
        letter=letter,
        claimed_by=make_member(body),
        amount=10,
        due_on=DUE,
        account="1",
        reference="1",
    )

    assert not is_stored(row)
    assert "region" not in [share.key for share in to_claim(grant)]


def test_claim_stays_as_it_was_sent(one):
    assert not is_changed(one, amount=30)
    assert not is_changed(one, due_on=DAY)
    with pytest.raises(DatabaseError), transaction.atomic():
        one.delete()


def test_claim_is_withdrawn_until_something_comes_in(grant, body, one):
    by = make_member(body)
    withdraw(one, by=by, on=DAY)

    assert [share.to_claim for share in to_claim(grant)] == [40]
    assert Message.objects.filter(kind="repayment_withdrawn").exists()
    assert refused(withdraw, one, by=by, on=DAY) == "claim_closed"
    again = claimed(grant)[0]
    receive(again, amount=1, on=DAY, by=by)
    assert refused(withdraw, again, by=by, on=DAY) == "claim_received"
    assert not is_changed(again, withdrawn_on=DAY, withdrawn_by=by)


# Receipts ----------------------------------------------------------------------------


def test_repayment_comes_in_parts(grant, body, one):
    by = make_member(body)

    for amount in (15, 25):
        receive(one, amount=amount, on=DAY, by=by, reference="Ref")

    assert left(one) == 0
    assert refused(receive, one, amount=1, on=DAY, by=by) == "exceeds_claim"
    assert (balance_of(grant).repaid, balance_of(grant).held) == (40, 140)


@pytest.mark.parametrize(("amount", "stored"), [(40, True), (41, False), (0, False)])
def test_database_refuses_more_than_is_claimed(body, one, amount, stored):
    row = RepaymentReceived(
        repayment=one, amount=amount, received_on=DAY, registered_by=make_member(body)
    )

    assert is_stored(row) is stored


def test_receipt_never_changes_but_a_mistake_is_removed(grant, body, one):
    receipt = receive(one, amount=15, on=DAY, by=make_member(body))

    assert not is_changed(receipt, amount=10)
    remove_receipt(receipt)

    assert (left(one), balance_of(grant).repaid) == (40, 0)


def test_receipt_that_is_paid_on_is_not_removed(grant, body, one):
    by = make_member(body)
    receipt = receive(one, amount=40, on=DAY, by=by)
    return_to_state(grant, amount=140, on=DAY, recipient="Staten", by=by)

    assert refused(remove_receipt, receipt) == "receipt_used"
    with pytest.raises(DatabaseError), transaction.atomic():
        RepaymentReceived.objects.filter(pk=receipt.pk).delete()


# Write-offs --------------------------------------------------------------------------


def test_second_person_writes_off_what_is_left(body, one):
    receive(one, amount=15, on=DAY, by=make_member(body))
    by = make_member(body, role="approver")

    written = write_off(one, by=by, on=DAY, reason="Kostar mer än det ger", left=25)

    assert (written.written_off, written.written_off_by, left(one)) == (25, by, 0)
    assert refused(receive, one, amount=1, on=DAY, by=by) == "claim_closed"
    row = RepaymentReceived(repayment=one, amount=1, received_on=DAY, registered_by=by)
    assert not is_stored(row)


def test_whoever_claimed_does_not_write_off(one):
    assert refused(write_off, one, by=one.claimed_by, on=DAY, reason="x") == "claimed_it"
    facts = {"written_off": 40, "written_off_on": DAY, "write_off_reason": "x"}
    assert not is_changed(one, written_off_by=one.claimed_by, **facts)
    other = make_member(one.settlement.grant.body)
    assert not is_changed(one, written_off_by=other, **(facts | {"write_off_reason": ""}))
    assert not is_changed(one, written_off_by=other, **(facts | {"written_off": 39}))
    assert is_changed(one, written_off_by=other, **facts)
    assert not is_changed(one, written_off=0, written_off_by=None, written_off_on=None)


def test_write_off_is_of_what_was_seen(body, one):
    receive(one, amount=15, on=DAY, by=make_member(body))
    by = make_member(body, role="approver")

    facts = {"by": by, "on": DAY, "reason": "x"}
    assert refused(write_off, one, left=40, **facts) == "claim_changed"
    receive(one, amount=25, on=DAY, by=make_member(body))
    assert refused(write_off, one, **facts) == "claim_paid"


# Returns -----------------------------------------------------------------------------


def returned(grant, amount):
    by = make_member(grant.body)
    return return_to_state(grant, amount=amount, on=DAY, recipient="Staten", by=by)


def test_return_is_of_what_was_never_paid_and_what_came_back(grant, body, one):
    assert refused(returned, grant, 101) == "exceeds_held"
    returned(grant, 100)
    receive(one, amount=15, on=DAY, by=make_member(body))
    assert refused(returned, grant, 16) == "exceeds_held"
    back = returned(grant, 15)

    assert (balance_of(grant).held, balance_of(grant).returned) == (0, 115)
    assert not is_changed(back, amount=14)
    remove_return(back)
    assert balance_of(grant).held == 15


def test_database_refuses_to_return_more_than_there_is(grant, body):
    def row(amount):
        return ReturnToState(
            grant=grant,
            amount=amount,
            paid_on=DAY,
            recipient="Staten",
            registered_by=make_member(body),
        )

    assert not is_stored(row(101))
    assert not is_stored(row(0))
    assert is_stored(row(60))
    assert not is_stored(row(41))


def test_returned_money_is_neither_paid_out_nor_removed(grant, body, made):
    returned(grant, 60)
    requisition = make_approved(made, "0180", amount=41)
    batch = make_batch(body, [requisition], by=make_member(body), execute_on=DUE)

    assert refused(release, batch, by=make_member(body)) == "not_covered"
    funds = FundsReceived.objects.get(grant=grant)
    assert refused(remove_funds, funds) == "funds_used"
    assert not is_changed(funds, amount=359)
    assert is_changed(funds, amount=360)


def test_what_our_own_shares_use_is_not_returned(grant):
    grant.budget_lines.create(activity="Eget", side="common", amount=70)
    settled_own(grant, "common", 50, 20)

    assert refused(returned, grant, 51) == "exceeds_held"
    returned(grant, 50)

    # More than there is cannot be said to be used afterwards.
    with pytest.raises(DatabaseError), transaction.atomic():
        settled_own(grant, "common", 51, 19, reason="Mer")


def test_what_is_carried_over_to_a_later_grant_is_not_returned(grant, body):
    later = make_grant(body, year=2021)
    CarryOver.objects.create(grant=later, from_grant=grant, amount=30)

    assert refused(returned, grant, 71) == "exceeds_held"
    returned(grant, 70)

    with pytest.raises(DatabaseError), transaction.atomic():
        CarryOver.objects.create(
            grant=make_grant(body, year=2022), from_grant=grant, amount=1
        )


# Reminders ---------------------------------------------------------------------------


def test_last_day_is_made_once_even_where_it_is_written_twice_by_hand(grant):
    day = {"grant": grant, "kind": "repayment", "due_on": DUE}
    Deadline.objects.bulk_create([Deadline(**day), Deadline(**day)])

    claimed(grant)

    assert Deadline.objects.filter(**day).count() == 2


def test_last_day_concerns_those_who_owe(grant, body, one):
    day = Deadline.objects.get(grant=grant, kind="repayment", actor="municipalities")
    assert day.due_on == DUE

    def todo():
        found = todos_of(body, [Deadline.objects.get(pk=day.pk)], date(2021, 3, 1))[day.pk]
        return len(found.concerned), len(found.missing), found.is_done

    assert todo() == (2, 2, False)
    receive(one, amount=40, on=DAY, by=make_member(body))
    assert todo() == (2, 1, False)
    other = Repayment.objects.get(settlement__municipality__code="0160")
    write_off(other, by=make_member(body), on=DAY, reason="x")
    assert todo() == (2, 0, True)


def test_shares_tell_what_is_left(grant, body, one):
    receive(one, amount=15, on=DAY, by=make_member(body))

    told = {
        share.key: (share.claimed, share.repaid, share.left_to_repay, share.is_received)
        for share in shares_of(grant)
    }
    assert told == {
        "0114": (0, 0, 0, False),
        "0127": (40, 15, 25, True),
        "0160": (70, 0, 70, False),
    }
