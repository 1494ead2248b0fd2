"""The matrix's rows, as the database counts them, against the rule in Python."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from grants.distribution import decide, revise
from grants.models import Allocation
from invoices.matrix_rows import matrix_of
from invoices.models import STANDING, Requisition, Step
from invoices.offers import OPEN_STATES, situation_of
from tests.factories import (
    make_body,
    make_member,
    make_municipal_member,
    make_offered,
    publish_memo,
)

pytestmark = pytest.mark.django_db

AFTER = date(2020, 8, 31)
THEN = datetime(2020, 6, 1, 12, tzinfo=UTC)

amounts = st.integers(0, 4)
versions = st.sampled_from([0, 1])


@dataclass(frozen=True)
class Claim:
    """A requisition about one of two versions."""

    version: int
    status: str
    amount: int
    answer: str
    submissions: int
    is_typed: bool
    wants_more: bool
    is_late: bool


@dataclass(frozen=True)
class Case:
    """What one municipality is allocated, first and now, and what it has made of it."""

    amounts: tuple[int, int]
    claims: list[Claim]
    opened: set[int]


def possible(claims):
    """Leave out what the database refuses: two live answers to a version, two drafts."""
    live, kept = set(), []
    for claim in claims:
        keys = {claim.version} if claim.status != "rejected" else set()
        if claim.status == "draft":
            keys.add("draft")
        if not keys & live:
            live |= keys
            kept.append(claim)
    return kept


@st.composite
def claims(draw):
    status = draw(st.sampled_from(["draft", "rejected", *STANDING]))
    amount = draw(amounts)
    return Claim(
        version=draw(versions),
        status=status,
        amount=amount,
        answer=draw(st.sampled_from(["whole", "part"])) if amount else "decline",
        submissions=draw(st.integers(0 if status == "draft" else 1, 2)),
        is_typed=draw(st.booleans()),
        wants_more=draw(st.booleans()),
        is_late=draw(st.booleans()),
    )


cases = st.builds(
    Case,
    amounts=st.tuples(amounts, amounts),
    claims=st.lists(claims(), max_size=5).map(possible),
    opened=st.sets(versions),
)


@pytest.fixture(scope="module")
def pair(once):
    """A version, and the one that has replaced it."""
    first = make_offered(make_body())
    by = make_member(first.grant.body)
    draft = revise(first, reason="Nya tal", by=by)
    approver = make_member(first.grant.body, role="approver")
    second = decide(draft, by=approver, decided_on=date(2020, 5, 1))
    publish_memo(second, version=2)
    return first, second


def by_place(version):
    return list(version.allocations.order_by("municipality__code"))


# Of 26 municipalities each: its row tells the one that differs, so none is made smaller.
@settings(max_examples=25, phases=[Phase.generate])
@given(st.lists(cases, min_size=26, max_size=26))
def test_every_state_is_what_the_rule_says(pair, given_cases):
    with transaction.atomic():
        with connection.cursor() as cursor:  # the verbs' order is no matter here
            cursor.execute("SET LOCAL session_replication_role = replica")
        expected = arrange(pair, given_cases)
        found = matrix_of(pair[1].grant, AFTER).rows
        transaction.set_rollback(True)

    assert [facts_of(row) for row in found] == expected


def facts_of(row):
    return {
        "state": row.state,
        "claim": row.requisition_id,
        "amounts": (row.allocated, row.claimed, row.left, row.declined, row.paid),
        "is_overdue": row.is_overdue,
        "is_opened": row.opened_on is not None,
        "shown": (row.answer, row.submissions, row.wants_more, row.came_late),
    }


def arrange(pair, given_cases):
    """Write what the cases say, and return what the rule makes of each."""
    offers = list(zip(*map(by_place, pair), strict=True))
    for both, case in zip(offers, given_cases, strict=True):
        for offer, amount in zip(both, case.amounts, strict=True):
            offer.amount = amount
    Allocation.objects.bulk_update([each for both in offers for each in both], ["amount"])
    people = make_municipal_member(), make_member(pair[0].grant.body)
    made = Requisition.objects.bulk_create(
        requisition(both[claim.version], claim, number, people)
        for both, case in zip(offers, given_cases, strict=True)
        for number, claim in enumerate(case.claims)
    )
    Step.objects.bulk_create(
        Step(allocation=both[version], kind=Step.Kind.OPENED, by=people[0])
        for both, case in zip(offers, given_cases, strict=True)
        for version in case.opened
    )
    return [
        expected(both, case, [each for each in made if each.allocation in both])
        for both, case in zip(offers, given_cases, strict=True)
    ]


def requisition(offer, claim, number, people):
    signer, second = people
    is_decided = claim.status not in {"draft", "submitted"}
    return Requisition(
        grant=offer.distribution.grant,
        municipality_id=offer.municipality_id,
        allocation=offer,
        status=claim.status,
        amount=claim.amount,
        answer=claim.answer,
        submissions=claim.submissions,
        draft={"typed": {}} if claim.is_typed else {},
        draft_saved_at=THEN if claim.is_typed else None,
        wants_more=claim.wants_more,
        is_late=claim.is_late,
        account_kind="bankgiro",
        account_number="50501055",
        invoice_number=f"{offer.pk}-{number}",
        invoice_on=THEN.date(),
        submitted_by=signer,
        submitted_at=THEN,
        decided_by=second if is_decided else None,
        decided_at=THEN if is_decided else None,
        decision_note="Nej" if is_decided else "",
        created_by=signer,
    )


def expected(both, case, made):
    """Return what the rule says of a municipality, and what follows from it."""
    situation = situation_of(both[1], made, is_opened=1 in case.opened)
    shown = situation.requisition
    waits = situation.state in OPEN_STATES and situation.state != "returned"
    seen = {1} | ({both.index(shown.allocation)} if shown else set())
    return {
        "state": situation.state,
        "claim": shown and shown.pk,
        "amounts": (
            situation.allocated,
            situation.claimed,
            situation.left,
            situation.declined,
            situation.paid,
        ),
        "is_overdue": waits,
        "is_opened": bool(seen & case.opened),
        "shown": (
            (shown.answer, shown.submissions, shown.wants_more, shown.is_late)
            if shown
            else (None, 0, False, False)
        ),
    }
