"""Which grants are accounted for to the last krona: as the ledger says, of many at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoices.closing import closed
from invoices.ledger import ledger_of
from invoices.repayment import receive, return_to_state, write_off
from tests.factories import make_member, make_offered
from tests.invoices.settling import DAY, claimed, make_paid, settled, settled_own

pytestmark = pytest.mark.django_db


def steps(grant):
    """Account for every krona; yield after each step."""
    by = make_member(grant.body, role="approver")
    yield
    grant.budget_lines.create(activity="Eget", side="common", amount=5)
    settled(grant, "0114", 100, 0)
    settled(grant, "0127", 60, 30, 10)
    yield
    settled(grant, "0160", 30, 70)
    yield
    settled_own(grant, "common", 0, 5)
    yield
    first, second = claimed(grant)
    receive(first, amount=30, on=DAY, by=by)
    receive(second, amount=50, on=DAY, by=by)
    yield
    return_to_state(grant, amount=80, on=DAY, recipient="Staten", by=by)
    yield
    write_off(second, by=by, on=DAY, reason="x")
    yield
    grant.budget_lines.create(activity="Mer", side="region", amount=7)
    yield
    settled_own(grant, "region", 0, 7)
    yield


def test_grant_is_closed_when_its_ledger_says_so(storsthlm):
    grant = make_paid(storsthlm).grant
    said = []
    for _step in steps(grant):
        is_closed = ledger_of(grant).is_closed
        assert closed([grant.pk]) == ({grant.pk} if is_closed else set())
        said.append(is_closed)

    assert said == [False] * 6 + [True, False, True]


def test_many_are_asked_in_as_many_queries_as_one(storsthlm):
    grants, counts = [], []
    for number in (1, 2):
        for _each in range(number):
            grants.append(make_paid(storsthlm).grant)
            list(steps(grants[-1]))
        with CaptureQueriesContext(connection) as queries:
            found = closed([grant.pk for grant in grants])
        counts.append((len(found), len(queries)))
    with CaptureQueriesContext(connection) as unsettled:
        assert closed([make_offered(storsthlm).grant.pk]) == set()

    assert counts == [(1, 10), (3, 10)]
    assert len([each for each in unsettled if "invoices_settlement" in each["sql"]]) == 1
