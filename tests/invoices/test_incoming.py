"""Invoices that come in: read and kept, weighed, tied, registered and put aside."""

from copy import deepcopy
from datetime import date
from io import BytesIO
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from invoices.incoming import Desk, receive
from invoices.matching import Code
from invoices.models import IncomingInvoice, Requisition
from invoices.peppol import Line, Party
from invoices.received_messages import difference_name
from municipalities.models import StoredFile
from tests.factories import (
    make_approved,
    make_body,
    make_member,
    make_offered,
    make_requisition,
)
from tests.invoices.e_invoices import credit_note, invoice
from tests.invoices.test_received_pdf import pdf

pytestmark = pytest.mark.django_db

LIST = "/fakturor/"
BOTKYRKA = Party("Botkyrka kommun", "2120002882")
HOSTILE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a/>'


@pytest.fixture(scope="module")
def made(once):
    """An offer, made once for them all."""
    distribution = make_offered(make_body())
    distribution.grant.invoice_reference = "781"
    distribution.grant.save()
    return distribution


@pytest.fixture
def offered(made):
    return deepcopy(made)


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


@pytest.fixture
def allocation(offered):
    return offered.allocations.get(municipality__code="0127")


@pytest.fixture
def xml(offered, allocation):
    """Botkyrka's e-invoice for the whole amount, with nothing odd about it."""

    def make(maker=invoice, **facts):
        return maker(
            **{
                "seller": BOTKYRKA,
                "issued_on": timezone.localdate(),
                "record_number": offered.grant.record_number,
                "text": f"Medel {offered.grant.year}",
                "lines": (Line("Stimulansmedel", allocation.amount),),
            }
            | facts
        )

    return make


def file(content, name="faktura.xml"):
    return SimpleUploadedFile(name, content)


def drop(client, *files):
    return client.post(LIST, {"chosen": list(files)})


@pytest.fixture
def came_in(storsthlm, handler):
    """Return a function that lets files come in."""

    def come(*contents):
        files = [file(content, f"{n}.xml") for n, content in enumerate(contents)]
        return [each.invoice for each in receive(storsthlm, files, by=handler)]

    return come


def page(row, action=""):
    return f"/fakturor/{row.pk}/{action}"


def told(response):
    return [message.level_tag for message in response.context["messages"]]


# Files come in -----------------------------------------------------------------------


def test_file_that_is_too_large_is_not_read(storsthlm, handler):
    # It cannot be read at all.
    large = SimpleNamespace(name="stor.xml", size=10 * 1024 * 1024 + 1)

    [drop] = receive(storsthlm, [large], by=handler)

    assert drop.error.code == "too_large"


def test_e_invoice_is_kept_with_what_was_read(
    as_handler, storsthlm, handler, allocation, xml
):
    content = xml()

    response = drop(as_handler, file(content))

    row = IncomingInvoice.objects.get()
    assert response.url == page(row)
    assert bytes(StoredFile.objects.get(pk=row.file_id).content) == content
    assert (
        row.body,
        row.source,
        row.seller_number,
        row.seller_name,
        row.invoice_number,
        row.amount,
        row.status,
        row.uploaded_by,
        row.file.content_type,
    ) == (
        storsthlm,
        "ubl",
        "2120002882",
        "Botkyrka kommun",
        "2020-117",
        allocation.amount,
        "waiting",
        handler,
        "application/xml",
    )


def test_pdf_is_read_by_its_words(as_handler, offered):
    text = (
        "<h1>Faktura</h1><p>Fakturanummer: 4711</p><p>Org.nr: 212000-2882</p>"
        "<p>Att betala: 12 345,00 kr</p>"
    )
    drop(as_handler, file(pdf(text), "scan.txt"))

    row = IncomingInvoice.objects.get()
    assert (row.source, row.amount, row.file.content_type) == (
        "pdf",
        12_345,
        "application/pdf",
    )


def test_page_says_that_no_invoice_was_read(as_handler):
    page = as_handler.post(LIST, {"chosen": [file(b"\x89PNG", "bild.png")]})

    assert page.context["page_title"] == "Ingen faktura kunde läsas"


def test_hostile_file_is_refused_and_the_rest_goes_on(as_handler, offered, xml):
    response = drop(
        as_handler,
        file(HOSTILE, "elak.xml"),
        file(xml()),
        file(b"", "tom.pdf"),
        file(b"PK..", "bild.png"),
    )

    assert [each.invoice.seller_name for each in response.context["kept"]] == [
        "Botkyrka kommun"
    ]
    refused = dict(response.context["refused"])
    assert list(refused) == ["elak.xml", "tom.pdf", "bild.png"]
    assert "DOCTYPE" in refused["elak.xml"]
    assert (IncomingInvoice.objects.count(), StoredFile.objects.count()) == (1, 1)


def test_same_file_twice_is_said_plainly(as_handler, offered, xml):
    first, second = xml(), xml(number="2020-118")
    drop(as_handler, file(first))

    one = as_handler.post(LIST, {"chosen": [file(first, "igen.xml")]}, follow=True)
    many = drop(as_handler, file(first), file(second), file(second, "kopia.xml"))

    assert told(one)[-1] == "warning"
    assert [each.name for each in many.context["known"]] == ["faktura.xml", "kopia.xml"]
    assert len(many.context["kept"]) == 1
    assert (IncomingInvoice.objects.count(), StoredFile.objects.count()) == (2, 2)


def test_same_file_at_another_body_is_another_invoice(handler, storsthlm, offered, xml):
    other = make_body("Granne")
    receive(storsthlm, [file(xml())], by=handler)

    [again] = receive(other, [file(xml())], by=make_member(other))

    assert (again.is_known, again.invoice.body) == (False, other)


@pytest.mark.parametrize(("files", "code"), [(0, "required"), (51, "too_many")])
def test_wrong_number_of_files_is_told(as_handler, storsthlm, files, code):
    response = drop(as_handler, *[file(b"x") for _ in range(files)])

    [error] = response.context["form"].errors.as_data()["chosen"]
    assert (response.status_code, error.code) == (422, code)


def test_auditor_reads_but_does_not_drop(client, storsthlm, offered, xml, came_in):
    [row] = came_in(xml())
    client.force_login(make_member(storsthlm, role="auditor"))

    shown = client.get(page(row)).content.decode()

    assert drop(client, file(xml())).status_code == 403
    assert "<form" not in shown.split('class="card card--tinted"')[1]
    for action in ("bekrafta/", "lagg-at-sidan/", "lagg-tillbaka/"):
        assert client.post(page(row, action)).status_code == 403


# The list ----------------------------------------------------------------------------


def test_list_has_what_waits_and_the_rest_on_request(as_handler, offered, xml, came_in):
    waiting, aside = came_in(xml(), xml(number="2"))
    as_handler.post(page(aside, "lagg-at-sidan/"), {"note": "Dubblett"})

    def listed(query=""):
        rows = as_handler.get(f"{LIST}{query}").context["table"].rows
        return [row.record for row in rows]

    assert listed() == [waiting]
    assert listed("?status=dismissed") == [aside]
    assert listed("?status=confirmed") == []
    assert set(listed("?status=all")) == {waiting, aside}


def test_list_is_exported_with_all_that_is_odd(
    as_handler, offered, allocation, xml, came_in
):
    came_in(xml(buyer_reference="999"))

    content = as_handler.get(f"{LIST}?format=xlsx").content
    sheet = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0)
    [_header, row] = sheet.to_python()

    assert row[:2] == ["2020-117", "Botkyrka kommun"]
    assert row[3] == allocation.amount
    assert row[4].startswith("Botkyrka, ")
    assert row[5] != ""


def test_list_costs_the_same_for_one_and_three(as_handler, offered, xml, came_in):
    came_in(xml())
    with CaptureQueriesContext(connection) as one:
        as_handler.get(LIST)
    came_in(xml(number="2"), xml(number="3"))
    with CaptureQueriesContext(connection) as three:
        as_handler.get(LIST)

    assert len(one) == len(three)


def test_another_bodys_invoices_are_not_found(client, offered, xml, came_in):
    [row] = came_in(xml())
    client.force_login(make_member(make_body("Granne")))

    assert client.get(page(row)).status_code == 404
    assert list(client.get(LIST).context["table"].rows) == []
    for action in ("bekrafta/", "lagg-at-sidan/", "lagg-tillbaka/"):
        assert client.post(page(row, action), {"note": "x"}).status_code == 404


# What it belongs to ------------------------------------------------------------------


def test_offer_is_proposed_with_nothing_odd(storsthlm, allocation, xml, came_in):
    [row] = came_in(xml())

    found = Desk(storsthlm).proposal(row)

    assert (found.candidate.id, found.differences) == (f"a{allocation.pk}", ())


def test_requisition_is_proposed_before_its_offer(storsthlm, offered, xml, came_in):
    requisition = make_requisition(offered, invoice_number="2020-117")
    [row] = came_in(xml())

    found = Desk(storsthlm).proposal(row)

    assert found.candidate.id == f"r{requisition.pk}"
    # It bears the number of its own requisition, which is no number used twice.
    assert found.codes == {Code.ACCOUNT_DIFFERS}


def test_number_of_an_earlier_invoice_is_told(storsthlm, offered, xml, came_in):
    first, second = came_in(xml(), xml(text=f"Medel {offered.grant.year} igen"))

    assert Code.DUPLICATE_NUMBER in Desk(storsthlm).proposal(second).codes
    assert first.invoice_number == second.invoice_number


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"lines": (Line("Medel", 5),)}, Code.PART_AMOUNT),
        ({"lines": (Line("Medel", 99_999_999),)}, Code.ABOVE_LEFT),
        ({"buyer_reference": "999"}, Code.UNKNOWN_REFERENCE),
        ({"text": "Medel 2019"}, Code.WRONG_YEAR),
        ({"issued_on": date(2999, 1, 1)}, Code.FUTURE_DATE),
    ],
)
def test_page_names_every_difference(as_handler, xml, came_in, facts, code):
    [row] = came_in(xml(**facts))

    response = as_handler.get(page(row))

    assert Desk(row.body).proposal(row).codes == {code}
    assert [name for name, __ in response.context["differences"]] == [difference_name(code)]
    # The text stands below the table.
    odd = [line for line in response.context["lines"] if line.is_odd]
    assert len(odd) == (0 if code == Code.WRONG_YEAR else 1)


def test_person_chooses_another_municipality(as_handler, offered, xml, came_in):
    solna = offered.allocations.get(municipality__code="0184")
    [row] = came_in(xml())

    query = f"?municipality=0184&grant={offered.grant_id}"
    found = as_handler.get(page(row, query)).context["others"]
    response = as_handler.get(page(row, f"?target={found[0].key}"))

    assert [each.key for each in found] == [f"a{solna.pk}"]
    assert response.context["target"].municipality == solna.municipality
    assert "212000-2882" in " ".join(text for __, text in response.context["differences"])


def test_unknown_target_falls_back_on_the_proposal(as_handler, allocation, xml, came_in):
    [row] = came_in(xml())

    response = as_handler.get(page(row, "?target=r999999"))

    assert response.context["target"].allocation == allocation


def test_page_without_anything_that_fits(as_handler, offered, xml, came_in):
    stranger = Party("Uppsala kommun", "2120003005")
    [row] = came_in(xml(seller=stranger, record_number="X/20/1", lines=(Line("A", 7),)))

    response = as_handler.get(page(row))

    assert (response.status_code, response.context["target"]) == (200, None)


# Deciding ----------------------------------------------------------------------------


def test_invoice_is_tied_to_the_requisition(as_handler, offered, handler, xml, came_in):
    requisition = make_requisition(offered)
    [row] = came_in(xml())

    response = as_handler.post(page(row, "bekrafta/"), {"requisition": requisition.pk})

    row.refresh_from_db()
    assert response.url == f"/rekvisitioner/{requisition.pk}/"
    assert (row.status, row.requisition, row.handled_by) == (
        "confirmed",
        requisition,
        handler,
    )
    assert row.get_absolute_url() in as_handler.get(response.url).content.decode()
    again = as_handler.post(
        page(row, "bekrafta/"), {"requisition": requisition.pk}, follow=True
    )
    assert told(again)[-1] == "error"


def test_next_invoice_that_waits_comes_after(as_handler, offered, xml, came_in):
    requisition = make_requisition(offered)
    first, second = came_in(xml(), xml(number="2"))

    response = as_handler.post(page(first, "bekrafta/"), {"requisition": requisition.pk})

    assert response.url == page(second)


def test_invoice_is_not_tied_to_another_bodys_requisition(as_handler, xml, came_in):
    strange = make_requisition(make_offered(make_body("Granne")), "0160")
    [row] = came_in(xml())

    for pk in (strange.pk, "x", ""):
        response = as_handler.post(page(row, "bekrafta/"), {"requisition": pk})
        assert response.status_code == 404


def registration(offered, row):
    return f"/medel/{offered.grant_id}/svar/registrera/0127/?invoice={row.pk}"


def test_answer_is_registered_from_the_invoice(
    as_handler, offered, allocation, handler, xml, came_in
):
    [row] = came_in(xml())
    address = registration(offered, row)

    shown = as_handler.get(address).context["form"]
    values = {name: shown[name].value() for name in shown.fields}
    sent = {name: value for name, value in values.items() if value not in (None, "", False)}
    response = as_handler.post(address, sent)

    requisition = Requisition.objects.get()
    row.refresh_from_db()
    assert response.url == f"/rekvisitioner/{requisition.pk}/"
    assert (
        requisition.amount,
        requisition.answer,
        requisition.channel,
        requisition.invoice_number,
        requisition.account_number,
        requisition.submitted_by,
    ) == (allocation.amount, "whole", "invoice", "2020-117", "9912346", handler)
    assert (row.status, row.requisition) == ("confirmed", requisition)


def test_registration_that_fails_leaves_the_invoice(as_handler, offered, xml, came_in):
    [row] = came_in(xml())

    response = as_handler.post(registration(offered, row), {"answer": "whole"})

    row.refresh_from_db()
    assert (response.status_code, row.status) == (422, "waiting")
    assert Requisition.objects.count() == 0


def test_closed_invoice_registers_nothing(as_handler, offered, xml, came_in):
    [row] = came_in(xml())
    as_handler.post(page(row, "lagg-at-sidan/"), {"note": "Dubblett"})

    assert as_handler.get(registration(offered, row)).status_code == 404


def test_invoice_is_put_aside_with_a_note(as_handler, offered, handler, xml, came_in):
    [row] = came_in(xml())

    empty = as_handler.post(page(row, "lagg-at-sidan/"), {"note": ""})
    as_handler.post(page(row, "lagg-at-sidan/"), {"note": "Fel mottagare"})

    row.refresh_from_db()
    assert (empty.status_code, empty.context["form"].has_error("note", "required")) == (
        422,
        True,
    )
    assert (row.status, row.note, row.handled_by) == (
        "dismissed",
        "Fel mottagare",
        handler,
    )


def test_closed_invoice_can_wait_again(as_handler, offered, xml, came_in):
    [row] = came_in(xml())
    as_handler.post(page(row, "lagg-at-sidan/"), {"note": "Fel"})

    as_handler.post(page(row, "lagg-tillbaka/"))

    row.refresh_from_db()
    assert (row.status, row.handled_by) == ("waiting", None)


# Credit notes ------------------------------------------------------------------------


def test_credit_note_is_never_a_requisition(as_handler, offered, handler, xml, came_in):
    requisition = make_approved(offered)
    [row] = came_in(xml(credit_note))

    response = as_handler.get(page(row))
    text = response.content.decode()
    tied = as_handler.post(
        page(row, "bekrafta/"), {"requisition": requisition.pk}, follow=True
    )

    assert response.context["target"].requisition == requisition
    assert requisition.get_absolute_url() in text
    assert "/registrera/" not in text
    assert page(row, "bekrafta/") not in text
    assert told(tied)[-1] == "error"


def test_credit_note_put_aside_points_to_the_requisition(as_handler, offered, xml, came_in):
    requisition = make_requisition(offered)
    [row] = came_in(xml(credit_note))

    as_handler.post(
        page(row, "lagg-at-sidan/"),
        {"note": "Rekvisitionen är avslagen", "target": f"r{requisition.pk}"},
    )

    row.refresh_from_db()
    assert (row.status, row.requisition) == ("dismissed", requisition)
