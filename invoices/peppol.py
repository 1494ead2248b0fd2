"""Write a requisition as an e-invoice: Peppol BIS Billing 3, in UBL 2.1.

A grant requisition (rekvisition) is no procurement, so no law asks for an e-invoice.
But every public body can receive this format, and a municipality can send it from the
system it has. What differs from an ordinary invoice:

* No VAT. The tax category is ``O``, outside the scope, with the reason ``VATEX-EU-O``.
  Then nobody may have a VAT number and no rate may be named, not even 0 (BR-O-02, -05).
* No due date and no interest. A positive sum needs a due date or terms of payment
  (BR-CO-25), so the terms say when it is paid.
* Bankgiro and plusgiro are credit transfers, code 30, whose branch is ``SE:BANKGIRO`` or
  ``SE:PLUSGIRO`` (SE-R-007 to -012). An account with a clearing number has that number
  there: the branch holds "a BIC or a national clearing code" (BT-86).

The record number (diarienummer) is both in the contract reference and in the note, for
receivers that show only one of them. Equal claims give equal bytes.

Source: https://docs.peppol.eu/poacc/billing/3.0/

>>> from datetime import date
>>> from invoices.accounts import parse
>>> claim = Claim(
...     number="R-1",
...     issued_on=date(2020, 8, 1),
...     seller=Party("Ekerö kommun", "2120000050"),
...     buyer=Party("Storsthlm", "2220000315"),
...     buyer_reference="781",
...     record_number="S/20/0026",
...     text="Rekvirering av stimulansmedel 2020",
...     lines=[Line("Stimulansmedel 2020", 1000)],
...     account=parse("bankgiro", "991-2346"),
... )
>>> b"<cbc:PayableAmount currencyID=\\"SEK\\">1000.00<" in invoice_xml(claim)
True
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from lxml import etree

from invoices.accounts import Account, Kind
from invoices.identifiers import endpoint, organisation_number

UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
CAC: Final = f"{UBL}CommonAggregateComponents-2"
CBC: Final = f"{UBL}CommonBasicComponents-2"

CUSTOMIZATION: Final = (
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
)
PROFILE: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
CURRENCY: Final = "SEK"
OUTSIDE_VAT: Final = "O"
OUTSIDE_VAT_CODE: Final = "VATEX-EU-O"
CREDIT_TRANSFER: Final = "30"
BRANCHES: Final = {Kind.BANKGIRO: "SE:BANKGIRO", Kind.PLUSGIRO: "SE:PLUSGIRO"}
PIECE: Final = "C62"

# The document is Swedish whatever language its sender reads.
NO_VAT: Final = "Statsbidrag, utanför momsens tillämpningsområde"
TERMS: Final = (
    "Rekvisition av statsbidrag: betalas när medlen har kommit in från staten. "
    "Ingen förfallodag och ingen dröjsmålsränta."
)

CONTROL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that XML 1.0 cannot hold (its section 2.2)."""

REASONS: Final = {
    "number_lacking": "The claim has no number.",
    "name_lacking": "The {side} has no name.",
    "organisation_number_wrong": "{number!r} is not the {side}'s organisation number.",
    "endpoint_wrong": "{endpoint!r} is not a Peppol address of the {side}.",
    "reference_lacking": "There is neither a reference nor a record number.",
    "no_lines": "The claim has no lines.",
    "line_text_lacking": "A line has no text.",
    "amount_not_positive": "A line of {amount} kronor is not above zero.",
    "account_wrong": "{number!r} cannot be written as {kind!r}.",
    "credited_number_lacking": "The number of the credited invoice is lacking.",
}
"""Why a claim cannot be written, by code. ``ClaimError.params`` holds the facts."""


class ClaimError(ValueError):
    """The claim cannot be written as an e-invoice. ``code`` is one of ``REASONS``."""

    def __init__(self, code: str, **params: object) -> None:
        """Say why, by a code in ``REASONS`` and the facts its sentence names."""
        self.code = code
        self.params = params
        super().__init__(REASONS[code].format_map(params))


@dataclass(frozen=True, slots=True)
class Party:
    """A sender or a receiver. Without ``endpoint_id`` the organisation number is used."""

    name: str
    organisation_number: str
    endpoint_id: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What an amount in whole kronor is for."""

    text: str
    amount: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A requisition: the municipality is the seller, the coordinating body the buyer."""

    number: str
    issued_on: date
    seller: Party
    buyer: Party
    buyer_reference: str
    record_number: str
    text: str
    lines: Sequence[Line]
    account: Account

    @property
    def amount(self) -> int:
        """The sum in whole kronor."""
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class Credited:
    """The invoice that a credit note takes back."""

    number: str
    issued_on: date


def invoice_xml(claim: Claim) -> bytes:
    """Return the claim as an invoice. Raises ``ClaimError`` when it cannot be one."""
    return document(claim, None)


def credit_note_xml(claim: Claim, of: Credited) -> bytes:
    """Return a credit note over ``of``. The claim's amounts are what is taken back."""
    if not plain(of.number):
        raise ClaimError("credited_number_lacking")
    return document(claim, of)


# Parts in the order of the schema ----------------------------------------------------


def document(claim: Claim, of: Credited | None) -> bytes:
    """Return the invoice, or the credit note over ``of``."""
    check(claim)
    kind = "CreditNote" if of else "Invoice"
    space = f"{UBL}{kind}-2"
    root = etree.Element(f"{{{space}}}{kind}", nsmap={None: space, "cac": CAC, "cbc": CBC})
    text(root, "CustomizationID", CUSTOMIZATION)
    text(root, "ProfileID", PROFILE)
    text(root, "ID", claim.number)
    text(root, "IssueDate", claim.issued_on.isoformat())
    text(root, f"{kind}TypeCode", "381" if of else "380")
    text(root, "Note", note(claim))
    text(root, "DocumentCurrencyCode", CURRENCY)
    text(root, "BuyerReference", plain(claim.buyer_reference) or claim.record_number)
    if of:
        earlier = group(group(root, "BillingReference"), "InvoiceDocumentReference")
        text(earlier, "ID", of.number)
        text(earlier, "IssueDate", of.issued_on.isoformat())
    if plain(claim.record_number):
        text(group(root, "ContractDocumentReference"), "ID", claim.record_number)
    party(group(root, "AccountingSupplierParty"), claim.seller)
    party(group(root, "AccountingCustomerParty"), claim.buyer)
    payment_means(root, claim.account)
    text(group(root, "PaymentTerms"), "Note", TERMS)
    totals(root, claim.amount)
    for number, line in enumerate(claim.lines, start=1):
        document_line(root, kind, number, line)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def note(claim: Claim) -> str:
    """Return the one note a document may have: the text asked for, and the dnr."""
    words = plain(claim.text)
    record = plain(claim.record_number)
    if not record or record in words:
        return words
    return f"{words}, dnr {record}" if words else f"Dnr {record}"


def party(side: etree._Element, who: Party) -> None:
    """Add a sender or a receiver."""
    element = group(side, "Party")
    scheme, identifier = endpoint(who.endpoint_id or who.organisation_number) or ("", "")
    text(element, "EndpointID", identifier, schemeID=scheme)
    text(group(element, "PartyName"), "Name", who.name)
    address = group(element, "PostalAddress")
    text(address, "StreetName", who.street)
    text(address, "CityName", who.city)
    text(address, "PostalZone", who.postal_code)
    text(group(address, "Country"), "IdentificationCode", "SE")
    entity = group(element, "PartyLegalEntity")
    text(entity, "RegistrationName", who.name)
    text(entity, "CompanyID", organisation_number(who.organisation_number))
    if any(map(plain, (who.contact_name, who.contact_phone, who.contact_email))):
        contact = group(element, "Contact")
        text(contact, "Name", who.contact_name)
        text(contact, "Telephone", who.contact_phone)
        text(contact, "ElectronicMail", who.contact_email)


def payment_means(root: etree._Element, account: Account) -> None:
    """Add the account the money is wanted on."""
    means = group(root, "PaymentMeans")
    text(means, "PaymentMeansCode", CREDIT_TRANSFER)
    payee = group(means, "PayeeFinancialAccount")
    text(payee, "ID", account.number)
    branch = BRANCHES.get(account.kind) or account.clearing_number or account.bic
    if branch:
        text(group(payee, "FinancialInstitutionBranch"), "ID", branch)


def totals(root: etree._Element, kronor: int) -> None:
    """Add the tax there is none of, and the sums."""
    tax = group(root, "TaxTotal")
    amount(tax, "TaxAmount", 0)
    part = group(tax, "TaxSubtotal")
    amount(part, "TaxableAmount", kronor)
    amount(part, "TaxAmount", 0)
    category = group(part, "TaxCategory")
    text(category, "ID", OUTSIDE_VAT)
    text(category, "TaxExemptionReasonCode", OUTSIDE_VAT_CODE)
    text(category, "TaxExemptionReason", NO_VAT)
    text(group(category, "TaxScheme"), "ID", "VAT")
    sums = group(root, "LegalMonetaryTotal")
    for name in ("LineExtensionAmount", "TaxExclusiveAmount", "TaxInclusiveAmount"):
        amount(sums, name, kronor)
    amount(sums, "PayableAmount", kronor)


def document_line(root: etree._Element, kind: str, number: int, line: Line) -> None:
    """Add one line: one piece at the whole amount."""
    element = group(root, f"{kind}Line")
    text(element, "ID", str(number))
    quantity = "CreditedQuantity" if kind == "CreditNote" else "InvoicedQuantity"
    text(element, quantity, "1", unitCode=PIECE)
    amount(element, "LineExtensionAmount", line.amount)
    item = group(element, "Item")
    text(item, "Name", line.text)
    category = group(item, "ClassifiedTaxCategory")
    text(category, "ID", OUTSIDE_VAT)
    text(group(category, "TaxScheme"), "ID", "VAT")
    amount(group(element, "Price"), "PriceAmount", line.amount)


# Small things ------------------------------------------------------------------------


def check(claim: Claim) -> None:
    """Refuse what would make an e-invoice that its receiver refuses."""
    if not plain(claim.number):
        raise ClaimError("number_lacking")
    for side, who in (("seller", claim.seller), ("buyer", claim.buyer)):
        if not plain(who.name):
            raise ClaimError("name_lacking", side=side)
        if not organisation_number(who.organisation_number):
            number = who.organisation_number
            raise ClaimError("organisation_number_wrong", side=side, number=number)
        if who.endpoint_id and not endpoint(who.endpoint_id):
            raise ClaimError("endpoint_wrong", side=side, endpoint=who.endpoint_id)
    if not plain(claim.buyer_reference) and not plain(claim.record_number):
        raise ClaimError("reference_lacking")
    if not claim.lines:
        raise ClaimError("no_lines")
    for line in claim.lines:
        if not plain(line.text):
            raise ClaimError("line_text_lacking")
        if line.amount <= 0:
            raise ClaimError("amount_not_positive", amount=line.amount)
    check_account(claim.account)


SHAPES: Final = {
    Kind.BANKGIRO: "[0-9]{7,8}",
    Kind.PLUSGIRO: "[0-9]{2,8}",
    Kind.BANK: "[0-9]{1,15}",
    Kind.IBAN: "[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}",
}
"""How a number is written in the file; check digits are the account's own affair."""


def check_account(account: Account) -> None:
    """Refuse an account that has not been normalised, or has no clearing number."""
    shape = SHAPES[account.kind]
    is_whole = account.kind != Kind.BANK or re.fullmatch("[0-9]{4,5}", account.clearing)
    if not re.fullmatch(shape, account.number) or not is_whole:
        raise ClaimError("account_wrong", kind=account.kind, number=account.number)


def plain(words: str) -> str:
    """Return a text on one line, without the signs XML cannot hold.

    >>> plain("  Ekerö\\x00 \\n kommun ")
    'Ekerö kommun'
    """
    return " ".join(CONTROL.sub(" ", words).split())


def group(parent: etree._Element, name: str) -> etree._Element:
    """Return a new element that holds others."""
    return etree.SubElement(parent, f"{{{CAC}}}{name}")


def text(parent: etree._Element, name: str, words: str, **attributes: str) -> None:
    """Add a value, unless it is empty: empty elements are an error (R008)."""
    if value := plain(words):
        etree.SubElement(parent, f"{{{CBC}}}{name}", attributes).text = value


def amount(parent: etree._Element, name: str, kronor: int) -> None:
    """Add an amount in kronor."""
    text(parent, name, f"{kronor}.00", currencyID=CURRENCY)
