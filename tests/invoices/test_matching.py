"""Which requisition an invoice belongs to, and what differs from it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoices.accounts import Kind, parse
from invoices.matching import Candidate, Code, Difference, proposal
from invoices.received import FoundAccount, ReceivedInvoice, Source

TODAY = date(2020, 9, 1)
INVOICE = ReceivedInvoice(
    source=Source.UBL,
    seller_number="2120000050",
    invoice_number="2020-117",
    invoice_on=date(2020, 8, 20),
    payable=Decimal("500.00"),
    vat=Decimal("0.00"),
    currency="SEK",
    reference="781",
    record_number="S/20/0026",
    text="Stimulansmedel 2020",
    accounts=(FoundAccount(Kind.BANKGIRO, "9912346"),),
)
REQUESTED = Candidate(
    "1",
    "Ekerö",
    "2120000050",
    "God vård",
    2020,
    500,
    record_number="S/20/0026",
    reference="781",
)
OFFERED = replace(
    REQUESTED,
    id="2",
    grant="Psykisk hälsa",
    amount=900,
    record_number="S/20/0002",
    reference="717/771",
    is_offer=True,
)
LAST_YEAR = replace(REQUESTED, id="3", year=2019, amount=450, record_number="S/19/0031")
SOLNA = replace(REQUESTED, id="4", municipality="Solna", organisation_number="2120000183")
EVERYONE = (REQUESTED, OFFERED, LAST_YEAR, SOLNA)


def matched(candidates=EVERYONE, *, used_numbers=(), **facts):
    """Return the id of what is proposed, and the names of the differences."""
    received = replace(INVOICE, **facts)
    found = proposal(received, candidates, today=TODAY, used_numbers=used_numbers)
    return found.candidate and found.candidate.id, [one.code for one in found.differences]


def test_the_requisition_it_was_made_for():
    assert matched() == ("1", [])


@pytest.mark.parametrize(
    ("facts", "proposed", "codes"),
    [
        ({"record_number": "", "reference": "717/771", "payable": Decimal(900)}, "2",
         [Code.MISSING_RECORD_NUMBER]),
        ({"record_number": "S/20/0002", "reference": "717/771", "payable": Decimal(899)},
         "2", [Code.PART_AMOUNT]),
        ({"record_number": "S/20/0002", "reference": "717/771", "payable": Decimal(901)},
         "2", [Code.ABOVE_LEFT]),
        ({"record_number": "S/19/0031", "payable": Decimal(450), "text": "Medel 2019"},
         "3", []),
        ({"record_number": "", "reference": "", "payable": Decimal(450), "text": ""},
         "3", [Code.MISSING_REFERENCE, Code.MISSING_RECORD_NUMBER]),
        ({"record_number": "s/20/0026 ", "reference": "Ref. 781"}, "1", []),
        ({"seller_number": "2120000183"}, "4", []),
        ({"record_number": "", "reference": "", "payable": None, "text": ""}, None,
         [Code.AMOUNT_MISSING, Code.SEVERAL_FIT]),
        ({"seller_number": ""}, None, [Code.MISSING_SELLER, Code.SEVERAL_FIT]),
        ({"seller_number": "", "payable": Decimal(1)}, None, [Code.MISSING_SELLER]),
        ({"seller_number": "5560160680", "record_number": "KS 2020/1"}, None,
         [Code.UNKNOWN_SELLER]),
        ({"payable": Decimal(625), "vat": Decimal(125)}, "1", [Code.VAT_ADDED]),
        ({"payable": Decimal("500.40")}, "1", [Code.ORE, Code.WRONG_AMOUNT]),
        ({"currency": "", "source": Source.PDF}, "1", []),
        ({"currency": ""}, "1", [Code.WRONG_CURRENCY]),
        ({"accounts": (FoundAccount("", "12"),)}, "1", [Code.ACCOUNT_INVALID]),
    ],
)  # fmt: skip
def test_closest_is_proposed_and_the_rest_is_named(facts, proposed, codes):
    assert matched(**facts) == (proposed, codes)


def test_nobody_waits_for_anything():
    assert matched(()) == (None, [Code.UNKNOWN_SELLER])


def test_made_requisition_goes_before_an_equal_offer():
    offer = replace(REQUESTED, id="5", is_offer=True)

    assert matched([offer, REQUESTED]) == ("1", [])
    assert matched([REQUESTED, replace(REQUESTED, id="6")])[0] is None


def test_number_used_before_is_found_wherever_it_was_used():
    used = replace(LAST_YEAR, used_numbers=frozenset({"2020-117"}))

    assert matched([REQUESTED, used]) == ("1", [Code.DUPLICATE_NUMBER])
    assert matched(used_numbers=[("2120000050", "2020-117 ")])[1] == [Code.DUPLICATE_NUMBER]
    assert matched(used_numbers=[("2120000183", "2020-117")])[1] == []


@pytest.mark.parametrize(
    ("text", "source", "codes"),
    [
        ("Stimulansmedel 2019", Source.UBL, [Code.WRONG_YEAR]),
        ("Stimulansmedel 2019 och 2020", Source.UBL, []),
        ("Medel enligt beslut 3 maj 2019, 2019-05-03, S/2019/2", Source.UBL, []),
        ("Medel, 2019 kr, 2 019, 2019,50", Source.UBL, []),
        ("Fakturan 2019\nRekvirering 2020", Source.PDF, []),
        ("Box 2019\nRekvirering", Source.PDF, []),
        ("Rekvirering av medel 2018", Source.PDF, [Code.WRONG_YEAR]),
    ],
)
def test_year_the_text_is_about(text, source, codes):
    assert matched([REQUESTED], text=text, source=source)[1] == codes


def test_account_may_be_any_of_those_on_the_invoice():
    agreed = replace(REQUESTED, account=parse("plusgiro", "90 19 50-6"))
    plusgiro = FoundAccount(Kind.PLUSGIRO, "901950-6")

    assert matched([agreed])[1] == [Code.ACCOUNT_DIFFERS]
    assert matched([agreed], accounts=(*INVOICE.accounts, plusgiro))[1] == []
    assert matched([agreed], accounts=())[1] == [Code.MISSING_ACCOUNT]


def test_differences_hold_what_was_expected_and_found():
    received = replace(INVOICE, reference="717/771", payable=Decimal(501))

    found = proposal(received, EVERYONE, today=TODAY)

    assert found.differences == (
        Difference(Code.WRONG_AMOUNT, "amount", 500, Decimal(501)),
        Difference(Code.WRONG_REFERENCE, "reference", "781", "717/771"),
    )
    assert found.codes == {Code.WRONG_AMOUNT, Code.WRONG_REFERENCE}
