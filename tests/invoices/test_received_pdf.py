"""PDF invoices: read by their labels or their attached XML, within limits."""

import json
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO

import pytest
import weasyprint
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

from invoices import pdf_text
from invoices.accounts import Kind
from invoices.received import (
    FoundAccount,
    ReceivedError,
    ReceivedInvoice,
    Source,
    restored,
    stored,
)
from invoices.received_file import read_file
from invoices.received_pdf import facts, read_pdf
from tests.invoices.e_invoices import invoice

BUYER = "2220000315"
STYLE = "@page { margin: 15mm } body { font: 10pt sans-serif } table { width: 100% }"

TABLES = """
<table><tr><td>Ekerö kommun<br>Box 205<br>178 23 Ekerö</td><td><h1>FAKTURA</h1></td></tr>
</table><table>
<tr><td>Fakturanummer</td><td>Fakturadatum</td><td>Förfallodatum</td><td>Er referens</td>
</tr><tr><td>2020-117</td><td>2020-08-20</td><td>2020-09-20</td><td>781</td></tr></table>
<p>Rekvirering av stimulansmedel 2020, dnr S/20/0026</p>
<table><tr><th>Beskrivning</th><th>Belopp</th></tr>
<tr><td>Stimulansmedel</td><td>812 345,00</td></tr><tr><td>Moms 0%</td><td>0,00</td></tr>
<tr><td>Att betala</td><td>812&nbsp;345,00 kr</td></tr></table>
<p>Bankgiro 991-2346 &nbsp; Organisationsnummer 212000-0050 Momsreg.nr SE212000005001</p>
"""
LETTER = """
<h1>Rekvisition</h1><p>Till: Storsthlm, org.nr 222000-0315</p>
<table><tr><td>Rekvisitionsnummer:</td><td>R-2020/3</td></tr>
<tr><td>Datum:</td><td>20 augusti 2020</td></tr>
<tr><td>Vår referens:</td><td>Anna Ek</td></tr>
<tr><td>Er referens:</td><td>717/771</td></tr><tr><td>Ert dnr:</td><td>S/20/0002</td></tr>
</table><p>Vi rekvirerar härmed stimulansmedel 2020 inom området psykisk hälsa.</p>
<p>Belopp: 412 000 kronor. Ingen moms tillkommer.</p>
<p>Beloppet sätts in på plusgiro 90 19 50-6.</p>
<p>Sundbybergs stad, organisationsnummer 212000-0175</p>
"""
WITH_VAT = """
<table><tr><td><b>Solna stad</b></td><td>Kreditfaktura nr</td><td>77123</td></tr>
<tr><td></td><td>Fakturadatum</td><td>2020-11-22</td></tr></table>
<table><tr><th>Artikel</th><th>Antal</th><th>À-pris</th><th>Belopp</th></tr>
<tr><td>Stimulansmedel</td><td>1</td><td>100 000,00</td><td>100 000,00</td></tr></table>
<table><tr><th>Netto</th><th>Moms %</th><th>Moms</th><th>Öresavr.</th><th>Att betala</th>
</tr><tr><td>100 000,00</td><td>25,00</td><td>25 000,00</td><td>0,00</td>
<td>SEK 125 000,00</td>
</tr></table><table><tr><td>Adress</td><td>Telefon</td><td>Bankgiro</td><td>Org.nr</td></tr>
<tr><td>171 86 Solna</td><td>08-746 10 00</td><td>5050-1055</td><td>212000-0183</td></tr>
</table><p>IBAN SE45 5000 0000 0583 9825 7466 &nbsp;&nbsp; BIC ESSESESS</p>
<p>Clearingnummer: 8327-9 &nbsp;&nbsp; Kontonummer: 102 304 567-8</p>
"""

PICTURE = '<svg width="100" height="100"><rect width="90" height="90"/></svg>'


@cache
def pdf(body, xml=b"", name="faktura.xml"):
    """Return a PDF, with an XML file attached if there is one."""
    page = (
        f'<html lang="sv"><title>F</title><style>{STYLE}</style><body>{body}</body></html>'
    )
    attached = [weasyprint.Attachment(string=xml, name=name)] if xml else []
    return weasyprint.HTML(string=page).write_pdf(attachments=attached)


def written(writer):
    """Return what a writer has made."""
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def without_text(received):
    """Return the facts apart from the text."""
    names = [name for name in ReceivedInvoice.__slots__ if name != "text"]
    return {name: getattr(received, name) for name in names}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            TABLES,
            ReceivedInvoice(
                source=Source.PDF,
                seller_number="2120000050",
                seller_name="Ekerö kommun",
                invoice_number="2020-117",
                invoice_on=date(2020, 8, 20),
                payable=Decimal("812345.00"),
                vat=Decimal("0.00"),
                currency="SEK",
                reference="781",
                record_number="S/20/0026",
                accounts=(FoundAccount(Kind.BANKGIRO, "9912346"),),
            ),
        ),
        (
            LETTER,
            ReceivedInvoice(
                source=Source.PDF,
                seller_number="2120000175",
                seller_name="Sundbybergs stad",
                buyer_number=BUYER,
                invoice_number="R-2020/3",
                invoice_on=date(2020, 8, 20),
                payable=Decimal(412_000),
                vat=Decimal(),
                currency="SEK",
                reference="717/771",
                record_number="S/20/0002",
                accounts=(FoundAccount(Kind.PLUSGIRO, "9019506"),),
            ),
        ),
        (
            WITH_VAT,
            ReceivedInvoice(
                source=Source.PDF,
                is_credit=True,
                seller_number="2120000183",
                seller_name="Solna stad",
                invoice_number="77123",
                invoice_on=date(2020, 11, 22),
                payable=Decimal("125000.00"),
                vat=Decimal("25000.00"),
                currency="SEK",
                accounts=(
                    FoundAccount(Kind.BANKGIRO, "50501055"),
                    FoundAccount(Kind.IBAN, "SE4550000000058398257466", bic="ESSESESS"),
                    FoundAccount(Kind.BANK, "1023045678", clearing="83279"),
                ),
            ),
        ),
    ],
    ids=["tables", "letter", "with VAT"],
)
def test_words_of_an_invoice_are_read(body, expected):
    received = read_pdf(pdf(body), buyer=BUYER)

    assert without_text(received) == without_text(expected)


@pytest.mark.parametrize(
    ("line", "field", "found"),
    [
        ("Summa att betala: 1.234,50 SEK", "payable", Decimal("1234.50")),
        ("Totalt exkl moms 100    Totalt inkl moms 125", "payable", Decimal(125)),
        ("Belopp utan moms: 800", "payable", None),
        ("Att betala: -500:-", "is_credit", True),
        ("Att betala senast 2020-09-20", "payable", None),
        ("Moms 25 %   250,00", "vat", Decimal("250.00")),
        ("Varav moms: 250 kr", "vat", Decimal(250)),
        ("Moms 25 %", "has_vat_rate", True),
        ("Moms 0 %", "has_vat_rate", False),
        ("Momsregistreringsnummer SE212000005001", "vat", None),
        ("Org.nr: 212000-0051", "seller_number", "212000-0051"),
        ("VAT SE212000005001", "seller_number", "2120000050"),
        ("Org.nr 222000-0315", "seller_number", ""),
        ("OCR 1234567897", "seller_number", ""),
        ("Vår referens: Anna Ek", "reference", ""),
        ("Fakturan är märkt referens 781, tack", "reference", "781"),
        ("Beställarreferens    Fakturadatum", "reference", ""),
        ("Diarienr KS 2020/117", "record_number", "KS 2020/117"),
        ("Fakturanr F-17/2", "invoice_number", "F-17/2"),
        ("Faktura avser medel", "invoice_number", ""),
        ("Förfallodatum: 2020-09-20", "invoice_on", None),
        ("Fakturadatum: 2020-02-30", "invoice_on", None),
        ("Totalt 100 EUR", "currency", "EUR"),
        ("Totalt 100 kr (9 EUR)", "currency", "SEK"),
        ("BG 991-2346", "account_number", "9912346"),
        ("Konto: 8327-9, 102 304 567-8", "clearing", "83279"),
        ("IBAN: SE4550000000058398257466", "account_kind", Kind.IBAN),
        ("Telefon 08-991 23 46", "accounts", ()),
    ],
)
def test_values_by_their_labels(line, field, found):
    assert getattr(facts(line, buyer=BUYER), field) == found


def test_attached_invoice_goes_before_the_words():
    received = read_file(pdf(LETTER, invoice()), buyer=BUYER)

    assert received.source is Source.UBL
    assert received.invoice_number == "2020-117"


def test_attached_file_of_another_kind_is_left_alone():
    other = b'<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data"/>'

    received = read_file(pdf(LETTER, other, "factur-x.xml"), buyer=BUYER)

    assert received.source is Source.PDF
    assert received.invoice_number == "R-2020/3"


def test_hostile_attachment_is_refused():
    hostile = invoice().replace(
        b"<Invoice ", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><Invoice '
    )

    with pytest.raises(ReceivedError) as refused:
        read_file(pdf(LETTER, hostile))

    assert refused.value.code == "doctype"


@given(
    st.text(st.sampled_from("Att betala Er ref moms BG org.nr : 19-,%/kr\n\x00\ud800 é٣")),
)
def test_any_text_can_be_searched(text):
    received = facts(text, buyer=BUYER)

    assert restored(json.loads(json.dumps(stored(received)))) == received
    assert "\x00" not in received.text


def encrypted():
    writer = PdfWriter(clone_from=BytesIO(pdf(LETTER)))
    writer.encrypt("secret", algorithm="RC4-128")
    return written(writer)


def readable_without_password():
    writer = PdfWriter(clone_from=BytesIO(pdf(LETTER)))
    writer.encrypt("", owner_password="owner", algorithm="RC4-128")
    return written(writer)


def many_pages():
    writer = PdfWriter()
    for _ in range(31):
        writer.add_blank_page(100, 100)
    return written(writer)


def bomb():
    """Return a page whose drawing unpacks to 100 MB."""
    writer = PdfWriter()
    page = writer.add_blank_page(100, 100)
    stream = DecodedStreamObject()
    stream.set_data(b" " * 100 * 1024 * 1024)
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode(1))
    return written(writer)


def test_lock_without_a_password_is_no_lock():
    assert read_pdf(readable_without_password()).invoice_number == "R-2020/3"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "empty"),
        (lambda: b"PK\x03\x04", "not_pdf"),
        (lambda: b"%PDF-1.7\n" + b"x" * 10 * 1024 * 1024, "too_large"),
        (lambda: b"%PDF-1.7\nnothing more", "broken_pdf"),
        (lambda: pdf(LETTER)[:900], "broken_pdf"),
        (encrypted, "encrypted"),
        (many_pages, "too_many_pages"),
        (
            lambda: pdf(
                '<svg width="100" height="100"><rect width="90" height="90"/></svg>'
            ),
            "no_text",
        ),
        (bomb, "broken_pdf"),
    ],
    ids=["empty", "other", "large", "bare", "half", "locked", "pages", "picture", "bomb"],
)
def test_pdf_that_cannot_be_read_is_refused_by_name(make, code):
    with pytest.raises(ReceivedError) as refused:
        read_pdf(make())

    assert refused.value.code == code


def test_reading_stops_in_time(monkeypatch):
    monkeypatch.setattr(pdf_text, "SECONDS", 0.01)

    with pytest.raises(ReceivedError) as refused:
        read_pdf(pdf(LETTER))

    assert refused.value.code == "too_slow"
