"""What the matrix costs beside an empty page of the same project."""

from datetime import date

import pytest
from django.db import connection
from django.test import override_settings

from benchmarks import bare
from invoices.models import Requisition, Step
from invoices.requisition import number_for
from tests.factories import make_member, make_municipal_member, make_offered
from tests.invoices.test_matrix import everyone

pytestmark = pytest.mark.django_db


def answer_all(distribution):
    """Let every municipality open the offer, and two of three answer it."""
    by = make_municipal_member()
    allocations = list(distribution.allocations.select_related("municipality"))
    Step.objects.bulk_create(
        Step(allocation=allocation, kind=Step.Kind.OPENED, by=by)
        for allocation in allocations
    )
    for place, allocation in enumerate(allocations):
        if place % 3 == 0:
            continue
        allocation.distribution = distribution
        Requisition.objects.create(
            grant=distribution.grant,
            municipality=allocation.municipality,
            allocation=allocation,
            status="submitted",
            answer="whole",
            amount=allocation.amount,
            account_kind="bankgiro",
            account_number="50501055",
            invoice_number=number_for(allocation, ()),
            invoice_on=date(2020, 6, 1),
            submissions=1,
            submitted_by=by,
            submitted_at="2020-06-01T12:00Z",
            created_by=by,
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # a database in use knows how much its tables hold


@override_settings(ROOT_URLCONF=bare.__name__)
@pytest.mark.parametrize("municipalities", [26, 290])
def test_matrix_against_an_empty_page(
    client, storsthlm, municipalities, side_by_side, tell
):
    client.force_login(make_member(storsthlm, role="approver"))
    make = make_offered if municipalities == 26 else everyone
    distribution = make(storsthlm)
    answer_all(distribution)
    address = f"/medel/{distribution.grant_id}/svar/"

    def matrix():
        content = client.get(address).content
        assert content.count(b'name="chosen"') == min(municipalities, 50)

    def empty():
        assert client.get("/tom/").status_code == 200

    ours, other = side_by_side(matrix, empty)
    tell(
        f"matrix, {municipalities} municipalities × 8 columns: {1000 * ours:.1f} ms,"
        f" empty page {1000 * other:.1f} ms, {ours / other:.2f} times (limit 2)"
    )
    assert ours <= 2 * other
