"""The demo data: grants at every stage, and all of it agrees."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Count, Sum
from django.utils import timezone

from grants.models import Grant
from invoices.models import IncomingInvoice, Payment, Requisition
from municipalities.models import CoordinatingBody
from reporting import demo
from reporting.models import Comment, Memo

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("quick_pdf")
def test_demo_has_something_at_every_stage_and_agrees():
    CoordinatingBody.objects.all().delete()
    demo.fill()

    this_year = timezone.localdate().year
    found = (
        Requisition.objects.values_list("grant__short_title", "grant__year", "status")
        .annotate(count=Count("pk"), total=Sum("amount"))
        .order_by("grant__year", "grant__short_title", "status")
    )
    assert list(found) == [
        ("Vårdens medarbetare", 2019, "paid", 28, 20_000_000),
        ("Vårdens medarbetare", 2019, "submitted", 1, 0),
        ("God och nära vård", 2020, "approved", 4, 10_279_242),
        ("God och nära vård", 2020, "draft", 1, 0),
        ("God och nära vård", 2020, "paid", 7, 19_151_807),
        ("God och nära vård", 2020, "returned", 1, 1_186_621),
        ("God och nära vård", 2020, "submitted", 5, 25_049_612),
        ("Psykisk hälsa, sammanhållen vård", 2020, "draft", 1, 0),
        ("God och nära vård", this_year, "paid", 10, 24_598_987),
        ("God och nära vård", this_year, "submitted", 7, 33_529_653),
    ]
    payments = Payment.objects.order_by().values_list("status").annotate(Count("pk"))
    assert dict(payments) == {"paid": 45, "failed": 1, "planned": 2}
    assert IncomingInvoice.objects.waiting().count() == 3
    assert Memo.objects.published().count() == 6
    assert Comment.objects.filter(is_from_municipality=True, answered_at=None).count() == 1
    told = StringIO()
    call_command("check_ledger", stdout=told)
    of_region = Grant.objects.filter(body__name="Region Jämtland Härjedalen").count()
    assert told.getvalue().count("stämmer") == 6 + of_region
