"""The demo data: grants at every stage, and all of it agrees."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Count, Sum
from django.utils import timezone

from grants.models import Grant
from invoices.ledger import ledger_of
from invoices.models import (
    IncomingInvoice,
    Payment,
    Requisition,
    Settlement,
)
from municipalities.models import CoordinatingBody, Role
from municipalities.numbers import NBSP
from reporting import demo
from reporting.demo import minorities
from reporting.models import Comment, Memo, NationalReport, Report, ReportVersion
from tests.factories import make_body, make_member

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
    reports = (
        Report.objects.order_by("round__grant__year", "status")
        .values_list("round__grant__short_title", "round__grant__year", "status")
        .annotate(count=Count("pk"))
    )
    assert list(reports) == [
        ("Vårdens medarbetare", 2019, "accepted", 25),
        ("God och nära vård", 2020, "accepted", 25),
        ("God och nära vård", this_year, "accepted", 1),
        ("God och nära vård", this_year, "draft", 2),
        ("God och nära vård", this_year, "returned", 2),
        ("God och nära vård", this_year, "submitted", 5),
    ]
    assert Report.objects.exclude(handed_over_by=None).get().municipality.name == "Botkyrka"
    assert not ReportVersion.objects.filter(number=1, is_late=True).exists()
    finished = ledger_of(
        Grant.objects.get(body__name="Storsthlm", short_title="Vårdens medarbetare")
    )
    assert (finished.used, finished.returned, finished.total.written_off) == (
        20_000_000 - 186_500 - 96_000 - 850 - 38_400,
        186_500 + 96_000,
        850,
    )
    assert (finished.held, finished.total.left_to_repay) == (20_000, 18_400)
    national = NationalReport.objects.order_by("pk").values_list("status", "delivered_on")
    assert list(national) == [
        ("delivered", date(2020, 1, 30)),
        ("delivered", date(2020, 9, 29)),
        ("draft", None),
    ]
    # What the draft says of this year's round is so.
    draft = NationalReport.objects.get(status="draft")
    in_so_far = Report.objects.filter(round=draft.round).exclude(status="draft")
    assert (in_so_far.count(), in_so_far.filter(status="returned").count()) == (8, 2)
    text = draft.sections.get(key="egen-sammanfattning").text
    assert "Åtta kommuner" in text
    assert "Två av dem ska komplettera" in text
    told = StringIO()
    call_command("check_ledger", stdout=told)
    of_region = Grant.objects.filter(body__name="Region Jämtland Härjedalen").count()
    assert told.getvalue().count("stämmer") == 6 + of_region


def test_demo_follows_up_the_money_of_the_minorities_as_the_document_does():
    body = make_body("Region Jämtland Härjedalen", "23")
    review = minorities.reviewed()

    grant = minorities.fill(body, {Role.HANDLER: make_member(body)})

    assert review.is_complete
    assert (review.sums["förbrukat"], review.sums["kvar"]) == (234_054, 15_946)
    settled = Settlement.objects.get(grant=grant)
    assert (settled.available, settled.used, settled.to_repay) == (250_000, 234_054, 15_946)
    assert minorities.specification().replace(NBSP, " ").splitlines() == [
        "- Inflytande, delaktighet och samråd: 54 454 kr "
        "(lokalhyra 17 575 kr, förtäring 2 628 kr, arvoden 34 251 kr)",
        "- Språk och kultur: 42 360 kr "
        "(studiecirklar 41 632 kr, litteratur- och tidskriftsinköp 728 kr)",
        "- Samordning: 36 619 kr (personal, lön 31 682 kr, resor och logi 4 937 kr)",
        "- Ärendehandläggning: 100 621 kr "
        "(tolk/översättning 23 139 kr, fortbildning av personal 77 482 kr)",
    ]
