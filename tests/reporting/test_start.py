"""The staff's first page: how far each grant has come."""

from datetime import date

import pytest

from invoices.payment_list import Outcome
from invoices.payments import read_back
from invoices.requisition import send_back
from municipalities.models import Membership
from reporting.start import start_of
from tests.factories import (
    make_approved,
    make_decided,
    make_draft,
    make_grant,
    make_member,
    make_offered,
    make_released,
    make_requisition,
)

pytestmark = pytest.mark.django_db

TODAY = date(2020, 6, 1)


def progress(member):
    """Return each grant's progress, 0 to 6, by its id."""
    membership = Membership.objects.get(user=member)
    return {grant.pk: grant.progress for grant in start_of(membership, TODAY).grants}


def test_progress_follows_the_grant_to_the_last_payment(storsthlm):
    bare = make_grant(storsthlm)
    draft = make_draft(storsthlm)
    decided = make_decided(storsthlm)
    offered = make_offered(storsthlm)
    half = make_offered(storsthlm)
    codes = half.allocations.values_list("municipality__code", flat=True)
    for code in list(codes)[:13]:
        make_requisition(half, code)

    assert progress(make_member(storsthlm)) == {
        bare.pk: 1,
        draft.grant_id: 2,
        decided.grant_id: 3,
        offered.grant_id: 4,
        half.grant_id: 4.5,
    }


def test_grant_is_paid_when_all_have_answered_and_all_asked_for_is_paid(storsthlm, client):
    offered = make_offered(storsthlm)
    codes = list(offered.allocations.values_list("municipality__code", flat=True))
    for code in codes[1:]:
        make_requisition(offered, code, amount=0)
    batch = make_released(offered, codes[:1])
    member = make_member(storsthlm)
    client.force_login(member)

    before = client.get("/").content.decode(), progress(member)
    paid = [Outcome(batch.payments.get().end_to_end_id, is_paid=True)]
    read_back(batch, paid, by=member, today=TODAY)
    after = client.get("/").content.decode(), progress(member)

    assert "26 av 26 har svarat" in before[0]
    assert "Allt utbetalat" in after[0]
    assert (before[1], after[1]) == ({offered.grant_id: 5}, {offered.grant_id: 6})


def test_what_is_to_be_completed_is_not_answered(storsthlm):
    offered = make_offered(storsthlm)
    requisition = make_requisition(offered)
    member = make_member(storsthlm)
    membership = Membership.objects.get(user=member)

    def answered():
        return start_of(membership, TODAY).grants[0].answers.answered

    before = answered()
    send_back(requisition, by=member, reason="Vilka insatser?")
    assert (before, answered()) == (1, 0)


def test_page_costs_the_same_for_one_grant_and_for_three(
    client, storsthlm, django_assert_num_queries, django_assert_max_num_queries
):
    make_approved(make_offered(storsthlm))
    client.force_login(make_member(storsthlm))
    client.get("/")
    with django_assert_max_num_queries(40) as counted:
        client.get("/")
    for _ in range(2):
        make_approved(make_offered(storsthlm))

    with django_assert_num_queries(len(counted)):
        client.get("/")
