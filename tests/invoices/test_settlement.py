"""What became of the money: used, to be repaid, carried over, and corrected."""

from copy import deepcopy
from datetime import date

import pytest
from django.db import DatabaseError, transaction

from grants.distribution import Refused
from grants.models import BudgetLine
from invoices.models import Settlement
from invoices.refusals import sentence
from invoices.repayment import receive
from invoices.settlement import Entry, Outcome, settle_many, shares_of
from municipalities.models import Message, Municipality
from tests.factories import make_body, make_member
from tests.invoices.settling import DAY, claimed, make_paid, settled, settled_own

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(once):
    """A grant of which three municipalities have been paid 100 kronor each."""
    return make_paid(make_body())


@pytest.fixture
def grant(made):
    return deepcopy(made.grant)


def by_key(grant):
    return {share.key: share for share in shares_of(grant)}


def refused(verb, *args, **facts):
    with pytest.raises(Refused) as caught:
        verb(*args, **facts)
    assert sentence(caught.value)
    return caught.value.code


def row(grant, **facts):
    """Return a settlement that nobody has checked."""
    facts = {
        "municipality": Municipality.objects.get(code="0127"),
        "available": 100,
        "used": 60,
        "to_repay": 40,
        "carried_over": 0,
        "confirmed_by": make_member(grant.body),
    } | facts
    return Settlement(grant=grant, **facts)


def is_stored(*rows):
    try:
        with transaction.atomic():
            for each in rows:
                each.save()
    except DatabaseError:
        return False
    return True


def test_shares_are_what_is_paid(grant):
    assert [
        (share.key, share.available, share.unaccounted) for share in shares_of(grant)
    ] == [
        ("0114", 100, 100),
        ("0127", 100, 100),
        ("0160", 100, 100),
    ]


def test_own_shares_are_the_budgets(grant):
    for side, amount in (("region", 30), ("common", 20), ("common", 5), ("common", None)):
        BudgetLine.objects.create(grant=grant, activity="Eget", side=side, amount=amount)

    own = [
        (share.label, share.available)
        for share in shares_of(grant)
        if share.municipality is None
    ]

    assert own == [("Regionen", 30), ("Gemensamt i länet", 25)] or own == [
        ("The region", 30),
        ("Common in the county", 25),
    ]


def test_settlement_is_kept(grant):
    by = make_member(grant.body)

    kept = settled(grant, "0127", 60, 30, 10, by=by)

    kept.refresh_from_db()
    assert (kept.available, kept.used, kept.to_repay, kept.carried_over) == (
        100,
        60,
        30,
        10,
    )
    assert (kept.version, kept.confirmed_by, kept.confirmed_on) == (1, by, DAY)
    share = by_key(grant)["0127"]
    assert (share.settlement, share.unaccounted, share.to_claim) == (kept, 0, 30)


@pytest.mark.parametrize("outcome", [(60, 30, 0), (60, 50, 0), (100, 0, 1)])
def test_parts_sum_to_what_is_paid(grant, outcome):
    assert refused(settled, grant, "0127", *outcome) == "settlement_sum"
    assert not Settlement.objects.exists()


@pytest.mark.parametrize(
    ("facts", "stored"),
    [
        ({}, True),
        ({"used": 100, "to_repay": 0}, True),
        ({"used": 61}, False),
        ({"used": 160, "to_repay": -60}, False),
        ({"available": 90, "used": 50}, False),
        ({"available": 110, "used": 70}, False),
        ({"version": 2, "reason": "Rättat"}, False),
        ({"side": "region"}, False),
    ],
)
def test_database_refuses_what_does_not_add_up(grant, facts, stored):
    assert is_stored(row(grant, **facts)) is stored


def test_database_wants_the_budgets_amount_for_our_own(grant):
    BudgetLine.objects.create(grant=grant, activity="Eget", side="region", amount=30)
    own = {"municipality": None, "side": "region", "to_repay": 0}

    assert not is_stored(row(grant, **own, available=100, used=100))
    assert is_stored(row(grant, **own, available=30, used=30))


def test_correction_is_a_new_version_that_says_why(grant):
    settled(grant, "0127", 60, 40)

    assert refused(settled, grant, "0127", 70, 30) == "correction_reason_lacking"
    assert not is_stored(row(grant, version=2))
    settled(grant, "0127", 70, 30, reason="Räknade fel")

    share = by_key(grant)["0127"]
    assert (share.used, share.to_repay, share.settlement.version) == (70, 30, 2)
    assert Settlement.objects.count() == 2


def test_own_share_is_corrected_by_itself(grant):
    for side in ("region", "common"):
        BudgetLine.objects.create(grant=grant, activity="Eget", side=side, amount=30)
        settled_own(grant, side, 30, 0)

    settled_own(grant, "region", 20, 10, reason="Kvitto saknas")

    kept = {
        share.key: (share.used, share.to_repay, share.seen)
        for share in shares_of(grant)
        if share.municipality is None
    }
    assert kept == {"region": (20, 10, 2), "common": (30, 0, 1)}


def test_settlement_never_changes(grant):
    kept = settled(grant, "0127", 60, 40)

    with pytest.raises(DatabaseError), transaction.atomic():
        Settlement.objects.filter(pk=kept.pk).update(used=70, to_repay=30)
    with pytest.raises(DatabaseError), transaction.atomic():
        kept.delete()


def test_what_another_has_settled_meanwhile_is_not_overwritten(grant):
    settled(grant, "0127", 60, 40)

    assert (
        refused(settled, grant, "0127", 70, 30, reason="Rättat", seen=0) == "settled_since"
    )


def test_all_are_settled_or_none(grant):
    shares = by_key(grant)
    entries = [
        Entry(shares["0114"], Outcome(100, 0)),
        Entry(shares["0127"], Outcome(100, 1)),
    ]
    facts = {"by": make_member(grant.body), "on": DAY}

    assert refused(settle_many, grant, entries, **facts) == "settlement_sum"
    assert not Settlement.objects.exists()
    settle_many(grant, entries[:1], **facts)

    assert [each.municipality.code for each in Settlement.objects.all()] == ["0114"]


def test_correction_withdraws_a_claim_that_nobody_has_paid(grant):
    settled(grant, "0127", 60, 40)
    (claim,) = claimed(grant)

    settled(grant, "0127", 70, 30, reason="Räknade fel")

    claim.refresh_from_db()
    share = by_key(grant)["0127"]
    assert (claim.withdrawn_on, share.claims, share.to_claim) == (DAY, (), 30)
    told = Message.objects.filter(kind__startswith="repayment").order_by("pk")
    by_address: dict[str, list[str]] = {}
    for message in told:
        by_address.setdefault(message.to_email, []).append(message.kind)
    assert by_address
    assert set(map(tuple, by_address.values())) == {
        ("repayment_claimed", "repayment_withdrawn")
    }


def test_correction_that_does_not_touch_the_claim_leaves_it(grant):
    settled(grant, "0127", 60, 30, 10)
    (claim,) = claimed(grant)

    settled(grant, "0127", 70, 30, 0, reason="Inget förs över")

    claim.refresh_from_db()
    assert not claim.is_withdrawn


def test_received_repayment_fixes_the_settlement(grant):
    settled(grant, "0127", 60, 40)
    (claim,) = claimed(grant)
    receive(claim, amount=10, on=date(2021, 3, 1), by=make_member(grant.body))

    assert (
        refused(settled, grant, "0127", 50, 50, reason="Mer kvar") == "repayment_received"
    )
    assert not is_stored(row(grant, version=2, reason="Mer kvar", used=50, to_repay=50))
    assert by_key(grant)["0127"].is_fixed


def test_database_keeps_what_is_claimed(grant):
    settled(grant, "0127", 60, 40)
    claimed(grant)

    assert not is_stored(row(grant, version=2, reason="Mindre", used=61, to_repay=39))
    assert is_stored(row(grant, version=2, reason="Mer", used=59, to_repay=41))
