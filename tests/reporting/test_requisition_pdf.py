"""The requisition as a PDF and as an e-invoice, as the pages serve them."""

from copy import deepcopy
from datetime import date
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from invoices.requisition import withdraw
from municipalities.models import User
from reporting.requisition_pdf import requisition_pdf
from tests.factories import (
    make_body,
    make_member,
    make_municipal_member,
    make_offered,
    make_requisition,
    make_user,
)
from tests.invoices.answers import url
from tests.invoices.e_invoices import complaints

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(once):
    """An offer, and the requisition that Botkyrka sends in, made once for them all."""
    storsthlm = make_body(organisation_number="2220000315", peppol_id="0007:2220000315")
    offered = make_offered(storsthlm)
    grant = offered.grant
    grant.invoice_reference = "781"
    grant.invoice_text = "Rekvirering av stimulansmedel 2020"
    grant.save()
    person = make_user("sam@botkyrka.example", first_name="Sam", last_name="Ansvarig")
    purpose = grant.purposes.get()
    requisition = make_requisition(
        offered,
        amount=100_000,
        by=make_municipal_member("0127", user=person),
        invoice_number="R-17",
        invoice_on=date(2020, 8, 20),
        uses={purpose.pk: 60_000},
        use_text="Handledare till nyanställda ☃",
        wants_more=True,
    )
    return offered, requisition


@pytest.fixture(scope="module")
def file(made):
    """The requisition's PDF: its bytes, and what is read in it."""
    content = requisition_pdf(deepcopy(made[1]))
    return content, *read(content)


@pytest.fixture
def copied(made):
    return deepcopy(made)


@pytest.fixture
def offered(copied):
    return copied[0]


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


@pytest.fixture
def requisition(copied):
    return copied[1]


@pytest.fixture
def signatory(requisition):
    return User.objects.get(email="sam@botkyrka.example")


def read(pdf):
    reader = PdfReader(BytesIO(pdf))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    return reader, text.replace("\N{NO-BREAK SPACE}", " ")


def pdf_url(requisition):
    return reverse("reporting:requisition_pdf", args=[requisition.pk])


def xml_url(requisition):
    return reverse("invoices:requisition_xml", args=[requisition.pk])


def test_pdf_says_who_asks_whom_for_what(file, requisition, offered):
    _content, _reader, text = file

    sent = timezone.localtime(requisition.submitted_at)
    for words in [
        "Botkyrka kommun",
        "Org.nr 212000-2882",
        "Storsthlm, Box 38145, 100 64 STOCKHOLM",
        "Org.nr 222000-0315",
        "Nr R-17",
        "20 augusti 2020",
        "Goda förutsättningar för vårdens medarbetare",
        "Belopp att betala ut 100 000 kr",
        "Ingen moms.",
        "Bankgiro 5050-1055",
        "Er referens 781",
        f"Diarienummer {offered.grant.record_number}",
        "Avser Rekvirering av stimulansmedel 2020",
        "Vi tar gärna emot mer.",
        "Utveckla förutsättningarna på arbetsplatsen 60 000",
        "Inte planerat än 40 000",
        "Totalt 100 000",
        "Handledare till nyanställda ?",
        "Kim Kontakt",
        "Sam Ansvarig",
        "socialchef",
        f"kl. {sent:%H.%M} av Sam Ansvarig",
        "Sida 1 av 1",
    ]:
        assert words in text


def test_pdf_is_tagged_and_follows_the_standards(file):
    _content, reader, _text = file
    catalog = reader.trailer["/Root"]
    xmp = catalog["/Metadata"].get_object().get_data().decode()

    def kinds(element):
        if hasattr(element, "get_object"):
            element = element.get_object()
        if isinstance(element, list):
            for child in element:
                yield from kinds(child)
        elif isinstance(element, dict):
            if "/S" in element:
                yield element["/S"]
            yield from kinds(element.get("/K", []))

    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "sv"
    assert 'pdfaid:part="3"' in xmp
    assert 'pdfuaid:part="1"' in xmp
    found = set(kinds(catalog["/StructTreeRoot"]))
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/P"} <= found


def test_pdf_has_the_e_invoice_inside(file):
    _content, reader, _text = file

    inside = reader.trailer["/Root"]["/AF"][0].get_object()
    xml = inside["/EF"]["/F"].get_object().get_data()
    assert (inside["/UF"], inside["/AFRelationship"]) == ("rekvisition.xml", "/Alternative")
    assert inside["/Desc"] == "Rekvisitionen som e-faktura, Peppol BIS Billing 3"
    assert b">100000.00<" in xml


def test_same_requisition_gives_the_same_bytes(file, requisition):
    assert requisition_pdf(requisition) == file[0]


def test_pdf_of_who_declines_says_why(offered):
    declined = make_requisition(offered, "0160", amount=0, decline_reason="Ingen personal.")

    reader, text = read(requisition_pdf(declined))

    assert "Avstående från medel" in text
    assert "Ingen personal." in text
    assert "Belopp att betala ut" not in text
    assert "/AF" not in reader.trailer["/Root"]


def test_late_and_changed_are_told(offered, file):
    late = make_requisition(offered, "0160", today=date(2020, 9, 1))

    assert "Kom efter sista dagen." in read(requisition_pdf(late))[1]
    assert "Kom efter sista dagen." not in file[2]


def test_e_invoice_is_valid_peppol(client, signatory, requisition, offered):
    client.force_login(signatory)

    got = client.get(xml_url(requisition))

    assert complaints(got.content) == []
    number = offered.grant.record_number.replace("/", "-").lower()
    assert got["Content-Disposition"] == (
        f'attachment; filename="rekvisition-{number}-botkyrka.xml"'
    )
    for words in [b"R-17", b">781<", offered.grant.record_number.encode(), b"50501055"]:
        assert words in got.content


def test_body_without_organisation_number_gets_no_e_invoice_and_the_page_says_why(
    client, signatory, requisition, storsthlm, offered
):
    storsthlm.organisation_number = None
    storsthlm.save()
    client.force_login(signatory)

    page = client.get(url("answer_receipt", offered)).content.decode()
    reader, _text = read(client.get(pdf_url(requisition)).content)

    assert "organisationsnumret för Storsthlm saknas" in page
    assert xml_url(requisition) not in page
    assert client.get(xml_url(requisition)).status_code == 404
    assert "/AF" not in reader.trailer["/Root"]


@pytest.mark.usefixtures("quick_pdf")
def test_municipality_and_body_get_the_files_and_nobody_else(
    client, signatory, requisition, storsthlm
):
    people = {
        "own": signatory,
        "contributor": make_municipal_member("0127", role="contributor"),
        "auditor": make_member(storsthlm, role="auditor"),
        "neighbour": make_municipal_member("0126"),
        "other body": make_member(make_body("Region Dalarna", county="20")),
        "nobody": make_user(),
    }
    given = {}
    for who, person in people.items():
        client.force_login(person)
        given[who] = [
            client.get(address).status_code
            for address in (pdf_url(requisition), xml_url(requisition))
        ]

    assert given == {
        "own": [200, 200],
        "contributor": [200, 200],
        "auditor": [200, 200],
        "neighbour": [404, 404],
        "other body": [404, 404],
        "nobody": [403, 403],
    }


def test_withdrawn_requisition_has_no_files(client, signatory, requisition):
    client.force_login(signatory)
    withdraw(requisition, by=signatory)

    assert client.get(pdf_url(requisition)).status_code == 404
    assert client.get(xml_url(requisition)).status_code == 404
