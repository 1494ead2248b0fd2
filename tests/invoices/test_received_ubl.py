"""Received e-invoices: what is read out of them, and that nothing makes the reader fall."""

import json
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices.accounts import Kind
from invoices.received import (
    FoundAccount,
    ReceivedError,
    ReceivedInvoice,
    Source,
    restored,
    stored,
)
from invoices.received_ubl import read_ubl
from tests.invoices.e_invoices import ACCOUNTS, BUYER, credit_note, invoice

SBDH = (
    '<?xml version="1.0" encoding="UTF-8"?><StandardBusinessDocument '
    'xmlns="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader">'
    "<StandardBusinessDocumentHeader><HeaderVersion>1.0</HeaderVersion>"
    "</StandardBusinessDocumentHeader>{}</StandardBusinessDocument>"
)
OWN = ReceivedInvoice(
    source=Source.UBL,
    seller_number="2120000050",
    seller_name="Ekerö kommun",
    buyer_number="2220000315",
    buyer_name="Storsthlm",
    invoice_number="2020-117",
    invoice_on=date(2020, 8, 20),
    payable=Decimal("812345.00"),
    vat=Decimal("0.00"),
    expected_payable=Decimal("812345.00"),
    currency="SEK",
    reference="781",
    record_number="S/20/0026",
    text=(
        "Rekvirering av stimulansmedel 2020 för att skapa goda förutsättningar, "
        "dnr S/20/0026\nStimulansmedel 2020"
    ),
    accounts=(FoundAccount(Kind.BANKGIRO, "9912346"),),
)


def bare(xml):
    """Return the document without its declaration, to lie in another."""
    return xml.decode().split("?>", 1)[1]


def test_own_invoice_is_read_whole():
    assert read_ubl(invoice()) == OWN
    assert OWN.amount == 812_345
    assert (OWN.has_ore, OWN.is_credit) == (False, False)


def test_facts_can_be_kept_and_taken_back():
    for received in (OWN, read_ubl(credit_note(account=ACCOUNTS["bank"]))):
        assert restored(json.loads(json.dumps(stored(received)))) == received


def test_credit_note_is_read_as_one():
    received = read_ubl(credit_note())

    assert received.is_credit
    assert received.amount == 812_345


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("bankgiro", FoundAccount(Kind.BANKGIRO, "9912346")),
        ("plusgiro", FoundAccount(Kind.PLUSGIRO, "18")),
        ("bank", FoundAccount(Kind.BANK, "1023045678", clearing="8327")),
        ("iban", FoundAccount(Kind.IBAN, "SE4550000000058398257466", bic="ESSESESS")),
    ],
)
def test_account_comes_back_as_it_was_sent(kind, found):
    received = read_ubl(invoice(account=ACCOUNTS[kind]))

    assert received.accounts == (found,)
    assert (received.account_kind, received.account_number) == (found.kind, found.number)
    assert (received.clearing, received.bic) == (found.clearing, found.bic)


def test_envelope_is_taken_off():
    assert read_ubl(SBDH.format(bare(invoice())).encode()) == OWN
    assert read_ubl(b"\xef\xbb\xbf" + invoice()) == OWN


@pytest.mark.parametrize(
    ("inside", "code"),
    [(bare(invoice()) + bare(invoice()), "ambiguous"), ("<Letter/>", "wrong_root")],
)
def test_envelope_without_just_one_invoice_is_refused(inside, code):
    with pytest.raises(ReceivedError) as refused:
        read_ubl(SBDH.format(inside).encode())

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("old", "new", "field", "found"),
    [
        ("BuyerReference", "AccountingCost", "reference", ""),
        (
            "<cbc:BuyerReference>781</cbc:BuyerReference>",
            "<cac:OrderReference><cbc:ID>ref 781</cbc:ID></cac:OrderReference>",
            "reference",
            "ref 781",
        ),
        (
            "ContractDocumentReference",
            "DespatchDocumentReference",
            "record_number",
            "S/20/0026",
        ),
        (">2120000050<", ">212000-0050<", "seller_number", "2120000050"),
        (">2120000050<", ">16212000-0050<", "seller_number", "2120000050"),
        (
            "<cac:PartyLegalEntity>",
            "<cac:PartyTaxScheme><cbc:CompanyID>SE212000014201</cbc:CompanyID>"
            "</cac:PartyTaxScheme><cac:PartyLegalEntity>",
            "seller_number",
            "2120000050",
        ),
        (">2120000050</cbc:CompanyID>", "></cbc:CompanyID>", "seller_number", "2120000050"),
        ("812345.00", "812345.50", "amount", None),
        ("812345.00", "812345.5", "payable", Decimal("812345.5")),
        ("812345.00", "-812345.00", "payable", Decimal("812345.00")),
        ("2020-08-20", "2020-08-20Z", "invoice_on", None),
        ("812345.00", "١٢٣", "payable", None),
    ],
)
def test_what_other_systems_write_is_read_or_left_out(old, new, field, found):
    xml = invoice().decode()
    assert old in xml

    assert getattr(read_ubl(xml.replace(old, new).encode()), field) == found


def test_several_accounts_are_all_read():
    means = """<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>
    <cac:PayeeFinancialAccount><cbc:ID>90 19 50-6</cbc:ID><cac:FinancialInstitutionBranch>
    <cbc:ID>SE:PLUSGIRO</cbc:ID></cac:FinancialInstitutionBranch>
    </cac:PayeeFinancialAccount></cac:PaymentMeans><cac:PaymentTerms>"""

    received = read_ubl(invoice().decode().replace("<cac:PaymentTerms>", means).encode())

    assert received.accounts == (
        FoundAccount(Kind.BANKGIRO, "9912346"),
        FoundAccount(Kind.PLUSGIRO, "901950-6"),
    )


def test_vat_of_an_ore_shows():
    received = read_ubl(invoice().replace(b'SEK">0.00', b'SEK">0.01'))

    assert received.vat == Decimal("0.01")


def test_charges_and_rounding_belong_to_the_sum():
    xml = invoice().decode()
    charge = (
        "<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator>"
        '<cbc:Amount currencyID="SEK">30.40</cbc:Amount>'
        "</cac:AllowanceCharge><cac:TaxTotal>"
    )
    xml = xml.replace("<cac:TaxTotal>", charge)
    rounding = (
        '<cbc:PayableRoundingAmount currencyID="SEK">-0.40</cbc:PayableRoundingAmount>'
    )
    xml = xml.replace("<cbc:PayableAmount", f"{rounding}<cbc:PayableAmount")

    assert read_ubl(xml.encode()).expected_payable == Decimal(812_375)


def test_facts_outside_their_place_are_not_read():
    hidden = '<cac:Party><cbc:ID xmlns:cbc="urn:other">1</cbc:ID></cac:Party>'
    xml = invoice().decode().replace("<cbc:ID>2020-117</cbc:ID>", hidden)

    assert read_ubl(xml.encode()).invoice_number == ""
    assert BUYER.organisation_number == read_ubl(xml.encode()).buyer_number


@given(st.data())
def test_damaged_files_are_refused_or_read_and_nothing_else(data):
    xml = bytearray(invoice())
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(xml) - 1))
        length = data.draw(st.integers(0, 40))
        xml[start : start + length] = data.draw(st.binary(max_size=20))

    with suppress(ReceivedError):
        read_ubl(bytes(xml))
