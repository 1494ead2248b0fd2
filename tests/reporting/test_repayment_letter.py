"""The letter that claims money back, as a municipality reads it."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from invoices.models import Repayment
from invoices.repayment import withdraw
from reporting.repayment_letter import repayment_letter
from tests.factories import make_body, make_member
from tests.invoices.settling import DAY, claimed, make_paid, settled

pytestmark = pytest.mark.django_db


@pytest.fixture
def grant(places):
    body = make_body(organisation_number="2220000315", signatory_name="Sam Chef")
    return make_paid(body, codes=("0127",), amount=100_000).grant


def read(pdf):
    reader = PdfReader(BytesIO(pdf))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    return reader, text.replace("\N{NO-BREAK SPACE}", " ")


def test_letter_says_what_to_pay_where_and_by_when(grant):
    settled(grant, "0127", 60_000, 30_000, 10_000)
    (claim,) = claimed(grant)

    reader, text = read(repayment_letter(claim))

    for fact in (
        "Botkyrka kommun",
        "har fått 100 000 kr ur statsbidraget",
        "30 000 kr",
        "Senast den 31 mars 2021",
        "bankgiro 5050-1055",
        claim.reference,
        "S/21/7",
        "1 februari 2021",
        "222000-0315",
        "Får användas senare 10 000",
        "Att betala tillbaka 30 000",
        "Sam Chef, verksamhetschef",
        "stimulansmedel@storsthlm.example",
    ):
        assert fact in text
    assert "ersätter" not in text
    assert (len(reader.pages), reader.trailer["/Root"]["/Lang"]) == (1, "sv")


def test_letter_is_the_same_each_time(grant):
    settled(grant, "0127", 60_000, 40_000)
    (claim,) = claimed(grant)

    again = Repayment.objects.get(pk=claim.pk)
    assert repayment_letter(claim) == repayment_letter(again)


def test_letter_says_that_it_replaces_another(grant):
    settled(grant, "0127", 60_000, 40_000)
    withdraw(claimed(grant)[0], by=make_member(grant.body), on=DAY)
    (claim,) = claimed(grant)

    assert "ersätter det som vi har skickat tidigare" in read(repayment_letter(claim))[1]
