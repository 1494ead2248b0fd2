"""Deliberate faults in received XML, one at a time: each is caught by name, alone."""

import re
from dataclasses import replace
from datetime import date

import pytest

from invoices.accounts import parse
from invoices.matching import Candidate, proposal
from invoices.received import ReceivedError
from invoices.received_file import read_file
from tests.invoices.e_invoices import ACCOUNTS, credit_note, invoice

TODAY = date(2020, 9, 1)
BUYER = "2220000315"
EKERO = "2120000050"
SOLNA = "2120000183"
NACKA = "2120000167"

REQUESTED = Candidate(
    "ekero-2020",
    "Ekerö",
    EKERO,
    "God vård",
    2020,
    812_345,
    left=900_000,
    record_number="S/20/0026",
    reference="781",
    account=ACCOUNTS["bankgiro"],
    used_numbers=frozenset({"2020-044"}),
)
PSYCHIATRY = Candidate(
    "ekero-psykisk",
    "Ekerö",
    EKERO,
    "Psykisk hälsa",
    2021,
    400_000,
    record_number="S/20/0002",
    reference="717/771",
    is_offer=True,
)
NEIGHBOUR = Candidate(
    "solna-2020",
    "Solna",
    SOLNA,
    "God vård",
    2020,
    1_500_000,
    record_number="S/20/0026",
    reference="781",
    is_offer=True,
)
OTHER_GRANT = replace(
    PSYCHIATRY, id="nacka-psykisk", municipality="Nacka", organisation_number=NACKA
)
CANDIDATES = (REQUESTED, PSYCHIATRY, NEIGHBOUR, OTHER_GRANT)


def codes(content):
    """Return the names of everything that is wrong, and which candidate is proposed."""
    try:
        received = read_file(content, buyer=BUYER)
    except ReceivedError as error:
        return {error.code}, None
    found = proposal(received, CANDIDATES, today=TODAY, buyer=BUYER)
    return {str(code) for code in found.codes}, found.candidate


def change(old, new, count=-1):
    """Return a fault that puts one text in the place of another."""

    def fault(xml):
        assert old.encode() in xml
        return xml.replace(old.encode(), new.encode(), count)

    return fault


def remove(name):
    """Return a fault that takes an element away."""

    def fault(xml):
        pattern = rf"\s*<(c[ab]c:{name})[ >].*?</\1>".encode()
        changed, times = re.subn(pattern, b"", xml, count=1, flags=re.DOTALL)
        assert times
        return changed

    return fault


def both(*faults):
    """Return what it takes several changes to make."""

    def fault(xml):
        for one in faults:
            xml = one(xml)
        return xml

    return fault


def before_root(text):
    return change("<Invoice ", f"{text}<Invoice ", 1)


def after(name, text):
    return change(f"</cbc:{name}>", f"</cbc:{name}>{text}", 1)


def encoded(encoding, declared):
    """Return a fault that writes the file in another encoding."""

    def fault(xml):
        text = xml.decode().replace("encoding='UTF-8'", f"encoding='{declared}'")
        return text.encode(encoding)

    return fault


AMOUNT = "812345.00"
TAX = 'TaxAmount currencyID="SEK">'
PAID = 'PayableAmount currencyID="SEK">'
PAYABLE = f"{PAID}{AMOUNT}"
LINE = f"""LineExtensionAmount currencyID="SEK">{AMOUNT}</cbc:LineExtensionAmount>
    <cac:Item>"""
LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
SVEFAKTURA = "urn:sfti:documents:BasicInvoice:1:0"

FAULTS = {
    # What differs from the requisition
    "amount": (change(AMOUNT, "812346.00"), "wrong_amount"),
    "above": (change(AMOUNT, "900001.00"), "above_left"),
    "unknown reference": (change(">781<", ">782<"), "unknown_reference"),
    "other grant's reference": (change(">781<", ">717/771<"), "wrong_reference"),
    "no reference": (remove("BuyerReference"), "missing_reference"),
    "unknown dnr": (change("S/20/0026", "S/20/0062"), "unknown_record_number"),
    "other grant's dnr": (change("S/20/0026", "S/20/0002"), "wrong_record_number"),
    "no dnr": (
        both(remove("ContractDocumentReference"), change(", dnr S/20/0026", "")),
        "missing_record_number",
    ),
    "year": (change("timulansmedel 2020", "timulansmedel 2019"), "wrong_year"),
    "number used before": (change(">2020-117<", ">2020-044<"), "duplicate_number"),
    "account": (change(">9912346<", ">50501055<"), "account_differs"),
    # What is wrong by itself
    "VAT": (
        both(change(f"{TAX}0.00", f"{TAX}200000.00"), change(PAYABLE, f"{PAID}1012345.00")),
        "vat_added",
    ),
    "VAT within the amount": (
        change(f"{TAX}0.00", f"{TAX}1.00"),
        "vat_added total_mismatch",
    ),
    "VAT in another currency": (
        change(f"{TAX}0.00", f"{TAX}5.00".replace("SEK", "NOK")),
        "vat_added total_mismatch",
    ),
    "VAT rate": (
        change("<cbc:ID>O</cbc:ID>", "<cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent>"),
        "vat_rate",
    ),
    "ören": (change(AMOUNT, "812345.50"), "ore wrong_amount"),
    "sum": (change(PAYABLE, f"{PAID}812346.00"), "total_mismatch wrong_amount"),
    "lines": (change(LINE, LINE.replace("812345", "812344")), "total_mismatch"),
    "nothing to pay": (change(AMOUNT, "0.00"), "amount_zero"),
    "amount in words": (change(AMOUNT, "8,1e5"), "amount_missing"),
    "currency": (change("SEK", "EUR"), "wrong_currency"),
    "currency of the amount": (
        change(PAYABLE, PAYABLE.replace("SEK", "EUR")),
        "wrong_currency",
    ),
    "currency of the document": (change(">SEK<", ">EUR<"), "wrong_currency"),
    "credit note code": (change(">380<", ">381<"), "credit_note"),
    "below zero": (change(AMOUNT, "-812345.00"), "credit_note"),
    "no number": (remove("ID"), "missing_number"),
    "no date": (remove("IssueDate"), "missing_date"),
    "not a date": (change(">2020-08-20<", ">2020-08-32<"), "missing_date"),
    "tomorrow": (change(">2020-08-20<", ">2020-09-02<"), "future_date"),
    "last year": (change(">2020-08-20<", ">2019-08-20<"), "old_date"),
    "check digit of the account": (change(">9912346<", ">9912347<"), "account_invalid"),
    "no account": (remove("PaymentMeans"), "missing_account"),
    # Who sent it, and to whom
    "other buyer": (change("2220000315", "2120000142"), "wrong_buyer"),
    "unknown seller": (change(EKERO, "5560160680"), "unknown_seller"),
    "other seller": (change(EKERO, NACKA), "other_seller"),
    "seller's check digit": (change(EKERO, "2120000051"), "unknown_seller"),
    "trailing junk": (change(EKERO, f"{EKERO}; DROP"), "unknown_seller"),
    "no seller": (
        both(remove("CompanyID"), change("EndpointID", "OtherID")),
        "missing_seller",
    ),
    # What must not be read
    "doctype": (before_root("<!DOCTYPE Invoice>"), "doctype"),
    "external entity": (
        before_root('<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "doctype",
    ),
    "external document type": (
        before_root('<!DOCTYPE Invoice SYSTEM "http://example.org/invoice.dtd">'),
        "doctype",
    ),
    "billion laughs": (
        both(
            before_root(f'<!DOCTYPE Invoice [<!ENTITY l0 "ha">{LAUGHS}]>'),
            change(">781<", ">&l9;<"),
        ),
        "doctype",
    ),
    "parameter entity": (before_root("<!DOCTYPE x [<!ENTITY % p ''> %p;]>"), "doctype"),
    "doctype in small letters": (before_root("<! doctype Invoice>"), "doctype"),
    "unknown entity": (change(">781<", ">&unknown;<"), "not_xml"),
    "UTF-16": (encoded("utf-16", "UTF-16"), "encoding"),
    "UTF-16 without a mark": (encoded("utf-16-le", "UTF-16"), "encoding"),
    "UTF-7": (encoded("utf-7", "UTF-7"), "encoding"),
    "declared UTF-7": (change("'UTF-8'", "'UTF-7'"), "encoding"),
    "UTF-7 behind a bracket": (change("encoding=", "standalone='>' encoding="), "not_xml"),
    "UTF-7 on a line of its own": (
        change("encoding='UTF-8'", 'encoding =\n"utf-7"'),
        "encoding",
    ),
    "EBCDIC": (encoded("cp500", "cp500"), "unknown_format"),
    "wrong bytes": (encoded("latin-1", "UTF-8"), "not_xml"),
    "XInclude": (
        after(
            "BuyerReference",
            '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
            'href="file:///etc/passwd" parse="text"/>',
        ),
        "inclusion",
    ),
    "deep": (after("BuyerReference", "<a>" * 50 + "</a>" * 50), "too_deep"),
    "very deep": (after("BuyerReference", "<a>" * 5000 + "</a>" * 5000), "too_deep"),
    "many": (after("BuyerReference", "<a/>" * 100_001), "too_many"),
    "huge": (after("BuyerReference", " " * 10 * 1024 * 1024), "too_large"),
    "two amounts": (
        after("PayableAmount", '<cbc:PayableAmount currencyID="SEK">1</cbc:PayableAmount>'),
        "ambiguous",
    ),
    "two numbers": (after("IssueDate", "<cbc:ID>2020-118</cbc:ID>"), "ambiguous"),
    "two receivers' references": (
        after("BuyerReference", "<cbc:BuyerReference>717</cbc:BuyerReference>"),
        "ambiguous",
    ),
    "another format": (
        change("urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", SVEFAKTURA),
        "wrong_namespace",
    ),
    "an order": (change("Invoice ", "Order ", 1), "not_xml"),
    "another document": (lambda xml: b"<html><body/></html>", "wrong_root"),
    "half a file": (lambda xml: xml[: len(xml) // 2], "not_xml"),
    "two roots": (lambda xml: xml + b"<Invoice/>", "not_xml"),
    "empty": (lambda xml: b" \n", "empty"),
    "words": (lambda xml: b"Bifogar rekvisition.", "unknown_format"),
}


def test_valid_invoice_has_no_faults():
    for account in ("bankgiro", "plusgiro", "bank", "iban"):
        found, candidate = codes(invoice(account=ACCOUNTS[account]))

        assert found == (set() if account == "bankgiro" else {"account_differs"})
        assert candidate is REQUESTED


@pytest.mark.parametrize(("fault", "names"), FAULTS.values(), ids=FAULTS)
def test_fault_is_caught_by_name(fault, names):
    found, candidate = codes(fault(invoice()))

    assert found == set(names.split())
    assert candidate in {REQUESTED, None}


def test_neighbour_gets_its_own_offer():
    xml = invoice().replace(EKERO.encode(), SOLNA.encode())

    assert codes(xml) == ({"part_amount"}, NEIGHBOUR)


def test_credit_note_is_named_and_placed():
    assert codes(credit_note()) == ({"credit_note"}, REQUESTED)


def test_iban_of_the_agreed_account_is_the_same_account():
    account = parse("bank", "8257466", clearing="5839")
    received = read_file(invoice(account=ACCOUNTS["iban"]))
    candidate = Candidate("1", "Ekerö", EKERO, "God vård", 2020, 812_345, account=account)

    assert proposal(received, [candidate], today=TODAY).differences == ()
