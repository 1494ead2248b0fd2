"""Read an invoice or a credit note in UBL 2.1 (Peppol BIS Billing 3) that came in.

Anybody can send us a file, so nothing in it is trusted:

* It is parsed by ``safe_xml``, which refuses a document type and follows nothing.
* Only encodings in which ``<!DOCTYPE`` has the bytes it seems to have are read. UTF-16
  and UTF-7 can hide it, and Peppol asks for UTF-8.
* Size, depth and number of elements have limits. XInclude is refused, not followed.
* A value that can be there once must not be there twice: two programs would then read
  two amounts in the same file.
* Identifiers match as a whole; "2120000050; DROP" is not an organisation number.

A file may lie in a Peppol envelope (SBDH, ``StandardBusinessDocument``).

Source: https://docs.peppol.eu/poacc/billing/3.0/
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from lxml import etree

from invoices import safe_xml
from invoices.accounts import Kind
from invoices.identifiers import ORGANISATION_SCHEME, organisation_number
from invoices.peppol import BRANCHES, CURRENCY, UBL
from invoices.received import (
    MOST_NAME,
    MOST_NUMBER,
    MOST_ORGANISATION_NUMBER,
    MOST_TEXT,
    FoundAccount,
    ReceivedError,
    ReceivedInvoice,
    Source,
    record_numbers,
)

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_ELEMENTS: Final = 100_000
MOST_DEPTH: Final = 40

INVOICE: Final = f"{{{UBL}Invoice-2}}Invoice"
CREDIT_NOTE: Final = f"{{{UBL}CreditNote-2}}CreditNote"
ENVELOPE: Final = (
    "{http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader}"
    "StandardBusinessDocument"
)
XINCLUDE: Final = "{http://www.w3.org/2001/XInclude}"

DECLARED: Final = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._:-]*)["']""")
ENCODINGS: Final = {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "windows-1252"}
"""Encodings where the signs below 128 are what they look like."""
WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00")
BOM: Final = b"\xef\xbb\xbf"

AMOUNT: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,10})?")
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
VAT_NUMBER: Final = re.compile(r"SE([0-9]{10})01")

CREDIT_CODES: Final = {"81", "83", "381", "396", "532"}
ONCE: Final = (
    "ID",
    "IssueDate",
    "DocumentCurrencyCode",
    "BuyerReference",
    "AccountingSupplierParty",
    "AccountingCustomerParty",
    "LegalMonetaryTotal",
    "AccountingSupplierParty/Party",
    "AccountingCustomerParty/Party",
    "AccountingSupplierParty/Party/EndpointID",
    "AccountingCustomerParty/Party/EndpointID",
    "LegalMonetaryTotal/PayableAmount",
)
"""What the schema lets a document have once, and whose second we would not see."""


def read_ubl(content: bytes) -> ReceivedInvoice:
    """Return what the document says. Raises ``ReceivedError`` if it must not be read."""
    root = invoice_element(parse(content))
    for path in ONCE:
        times = len(all_at(root, path))
        if times > 1:
            raise ReceivedError("ambiguous", name=path.rpartition("/")[2], times=times)
    payable = amount_at(root, "LegalMonetaryTotal/PayableAmount")
    currency = currency_of(root)
    texts = list(document_texts(root))
    seller = "AccountingSupplierParty/Party"
    buyer = "AccountingCustomerParty/Party"
    is_credit = (
        root.tag == CREDIT_NOTE
        or value(root, "InvoiceTypeCode") in CREDIT_CODES
        or (payable is not None and payable < 0)
    )
    return ReceivedInvoice(
        source=Source.UBL,
        is_credit=is_credit,
        seller_number=party_number(root, seller),
        seller_name=party_name(root, seller),
        buyer_number=party_number(root, buyer),
        buyer_name=party_name(root, buyer),
        invoice_number=value(root, "ID")[:MOST_NUMBER],
        invoice_on=day(value(root, "IssueDate")),
        payable=None if payable is None else abs(payable),
        vat=vat(root, currency),
        has_vat_rate=has_rate(root),
        expected_payable=expected(root, currency),
        currency=currency,
        reference=reference(root)[:MOST_NAME],
        record_number=record_number(root, texts),
        text="\n".join(texts)[:MOST_TEXT],
        accounts=tuple(dict.fromkeys(accounts(root))),
    )


# From bytes to an element ------------------------------------------------------------


def parse(content: bytes) -> etree._Element:
    """Return the root of an XML file that is safe to walk through."""
    check_bytes(content)
    try:
        root = safe_xml.parse(content)
    except safe_xml.XmlError as error:
        if error.code == "too_deep":
            raise ReceivedError("too_deep", most=MOST_DEPTH) from None
        raise ReceivedError("doctype" if error.code == "doctype" else "not_xml") from None
    check_tree(root)
    return root


def check_bytes(content: bytes) -> None:
    """Refuse a file by its size or its encoding."""
    if not content.strip():
        raise ReceivedError("empty")
    if len(content) > MOST_BYTES:
        raise ReceivedError("too_large", size=len(content), most=MOST_BYTES)
    if content.startswith(WIDE) or b"\x00" in content:
        raise ReceivedError("encoding", encoding="UTF-16")
    start = content.removeprefix(BOM).lstrip()
    if not start.startswith(b"<"):
        raise ReceivedError("not_xml")
    declaration = start[: start.find(b"?>") + 2] if start.startswith(b"<?xml") else b""
    declared = DECLARED.search(declaration)
    encoding = declared[1].decode("ascii") if declared else "utf-8"
    if encoding.lower() not in ENCODINGS:
        raise ReceivedError("encoding", encoding=encoding[:40])


def check_tree(root: etree._Element) -> None:
    """Refuse more or deeper elements than an invoice has, and files asked for."""
    depth = count = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        depth += 1
        count += 1
        if depth > MOST_DEPTH:
            raise ReceivedError("too_deep", most=MOST_DEPTH)
        if count > MOST_ELEMENTS:
            raise ReceivedError("too_many", most=MOST_ELEMENTS)
        if str(element.tag).startswith(XINCLUDE):
            raise ReceivedError("inclusion")


def invoice_element(root: etree._Element) -> etree._Element:
    """Return the invoice or the credit note, out of its envelope."""
    if root.tag == ENVELOPE:
        inside = [one for one in root if one.tag in {INVOICE, CREDIT_NOTE}]
        if len(inside) > 1:
            raise ReceivedError("ambiguous", name="Invoice", times=len(inside))
        if inside:
            return inside[0]
    if root.tag in {INVOICE, CREDIT_NOTE}:
        return root
    name = etree.QName(root)
    if name.localname in {"Invoice", "CreditNote", "CrossIndustryInvoice"}:
        raise ReceivedError("wrong_namespace", namespace=(name.namespace or "")[:120])
    raise ReceivedError("wrong_root", name=name.localname[:60])


# Values ------------------------------------------------------------------------------


def all_at(parent: etree._Element, path: str) -> list[etree._Element]:
    """Return the elements at a path of names, in UBL's own namespaces only."""
    found = [parent]
    for name in path.split("/"):
        found = [
            child
            for one in found
            for child in one
            if etree.QName(child).localname == name
            and (etree.QName(child).namespace or "").startswith(UBL)
        ]
    return found


def value(parent: etree._Element, path: str) -> str:
    """Return the first text at a path, on one line; empty when there is none.

    The text is that of the element alone: what lies in elements inside it is no value.
    """
    for element in all_at(parent, path):
        if len(element) == 0 and (words := " ".join((element.text or "").split())):
            return words[:MOST_TEXT]
    return ""


def decimal(text: str) -> Decimal | None:
    """Return an amount as written by programs: 1234.50, never 1,234 or 1e9.

    >>> decimal("1234.50"), decimal("1e9"), decimal("NaN")
    (Decimal('1234.50'), None, None)
    """
    return Decimal(text) if AMOUNT.fullmatch(text) else None


def amount_at(parent: etree._Element, path: str) -> Decimal | None:
    """Return the amount at a path; none when it cannot be read."""
    return decimal(value(parent, path))


def day(text: str) -> date | None:
    """Return a date written as 2020-08-20. A time zone after it is not a date."""
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None


# Facts -------------------------------------------------------------------------------


def currency_of(root: etree._Element) -> str:
    """Return the document's currency; the other one, where it names two."""
    payable = all_at(root, "LegalMonetaryTotal/PayableAmount")
    written = [str(one.get("currencyID", "")).strip() for one in payable]
    named = [one for one in (value(root, "DocumentCurrencyCode"), *written) if one]
    return next((one for one in named if one != CURRENCY), named[0] if named else "")[:10]


def party_number(root: etree._Element, side: str) -> str:
    """Return the organisation number, from where it may be: as written if it is wrong."""
    written = ""
    for path in ("PartyLegalEntity/CompanyID", "PartyTaxScheme/CompanyID"):
        for element in all_at(root, f"{side}/{path}"):
            text = " ".join((element.text or "").split())
            vat_number = VAT_NUMBER.fullmatch(text)
            number = organisation_number(vat_number[1] if vat_number else text)
            if number:
                return number
            written = written or (
                text if "CompanyID" in path and text[:1].isdigit() else ""
            )
    for element in all_at(root, f"{side}/EndpointID"):
        number = organisation_number(element.text or "")
        if element.get("schemeID") == ORGANISATION_SCHEME and number and not written:
            return number
    return written[:MOST_ORGANISATION_NUMBER]


def party_name(root: etree._Element, side: str) -> str:
    """Return the registered name, or the one it is known by."""
    registered = value(root, f"{side}/PartyLegalEntity/RegistrationName")
    return (registered or value(root, f"{side}/PartyName/Name"))[:MOST_NAME]


def lines(root: etree._Element) -> list[etree._Element]:
    """Return the lines."""
    return all_at(root, "InvoiceLine") + all_at(root, "CreditNoteLine")


def document_texts(root: etree._Element) -> Iterator[str]:
    """Yield everything that people wrote: notes, names of items, terms."""
    for note in all_at(root, "Note"):
        yield " ".join((note.text or "").split())
    for line in lines(root):
        for path in ("Item/Name", "Item/Description", "Note"):
            if words := value(line, path):
                yield words


def reference(root: etree._Element) -> str:
    """Return the receiver's reference; some write it as an order's number."""
    return value(root, "BuyerReference") or value(root, "OrderReference/ID")


def record_number(root: etree._Element, texts: list[str]) -> str:
    """Return the record number: in its own place, or in the first text that has one."""
    written = value(root, "ContractDocumentReference/ID")
    if written:
        return written[:MOST_NAME]
    places = ("OrderReference/ID", "ProjectReference/ID", "OriginatorDocumentReference/ID")
    elsewhere = [value(root, path) for path in places]
    found = record_numbers("\n".join([*elsewhere, *texts]))
    return found[0] if found else ""


def vat(root: etree._Element, currency: str) -> Decimal | None:
    """Return the VAT, in the document's currency if it is told in two.

    None when nothing is said of it.
    """
    written = [
        (str(element.get("currencyID", currency)), abs(amount))
        for element in all_at(root, "TaxTotal/TaxAmount")
        if (amount := decimal((element.text or "").strip())) is not None
    ]
    own = [amount for named, amount in written if named == currency]
    return max(own or [amount for _, amount in written], default=None)


def has_rate(root: etree._Element) -> bool:
    """Tell whether VAT is charged at a rate above zero, whatever it sums to."""
    rates = all_at(root, "TaxTotal/TaxSubtotal/TaxCategory/Percent")
    for line in lines(root):
        rates += all_at(line, "Item/ClassifiedTaxCategory/Percent")
    return any(decimal((one.text or "").strip()) not in {None, Decimal()} for one in rates)


def expected(root: etree._Element, currency: str) -> Decimal | None:
    """Return what is to be paid if the document's parts are summed (BR-CO-10 to -16)."""
    amounts = [amount_at(line, "LineExtensionAmount") for line in lines(root)]
    total = Decimal()
    for one in amounts:
        if one is None:
            return None
        total += one
    for element in all_at(root, "AllowanceCharge"):
        sign = 1 if value(element, "ChargeIndicator") == "true" else -1
        total += sign * (amount_at(element, "Amount") or Decimal())
    sums = "LegalMonetaryTotal"
    total -= amount_at(root, f"{sums}/PrepaidAmount") or Decimal()
    total += amount_at(root, f"{sums}/PayableRoundingAmount") or Decimal()
    total += vat(root, currency) or Decimal()
    return abs(total) if amounts else None


def accounts(root: etree._Element) -> Iterator[FoundAccount]:
    """Yield the accounts to pay to, as written."""
    for means in all_at(root, "PaymentMeans"):
        for payee in all_at(means, "PayeeFinancialAccount"):
            number = value(payee, "ID").replace(" ", "")
            branch = value(payee, "FinancialInstitutionBranch/ID")
            if number:
                yield account(number, branch)


def account(number: str, branch: str) -> FoundAccount:
    """Return an account by the look of its number and its branch.

    >>> account("9912346", "SE:BANKGIRO").kind, account("1023045678", "8327").clearing
    (<Kind.BANKGIRO: 'bankgiro'>, '8327')
    """
    giro = next((kind for kind, name in BRANCHES.items() if name == branch), None)
    if giro:
        return FoundAccount(giro, number[:40])
    if IBAN.fullmatch(number.upper()):
        return FoundAccount(Kind.IBAN, number.upper(), bic=branch[:11])
    if re.fullmatch("[0-9]{4,5}", branch):
        return FoundAccount(Kind.BANK, number[:40], clearing=branch)
    return FoundAccount("", number[:40], bic=branch[:11])
