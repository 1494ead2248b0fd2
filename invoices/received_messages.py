"""What is said of e-invoices: why a file is refused, what is odd, and what to do.

The readers (``received.py``), the comparison (``matching.py``) and the writer
(``peppol.py``) hand out codes and facts. The words, and their language, are here.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from invoices.matching import Code, Difference, Fact
from invoices.peppol import ClaimError
from invoices.received import ReceivedError
from municipalities.numbers import NBSP, grouped, organisation_number

MEGABYTE: Final = 1024 * 1024

REFUSED: Final[Mapping[str, Promise]] = {
    "empty": gettext_lazy("The file is empty. Fetch it again and drop it here."),
    "too_large": gettext_lazy(
        "The file is %(size)s. Files of at most %(most)s are read: ask for one without "
        "attachments, or register the answer by hand."
    ),
    "doctype": gettext_lazy(
        "The file has a document type (DOCTYPE), which can fetch other files. It was not "
        "read. Ask the sender for an invoice without one."
    ),
    "encoding": gettext_lazy(
        "The file is written in %(encoding)s. Ask the sender for one in UTF-8."
    ),
    "not_xml": gettext_lazy(
        "The file is damaged: it is no whole XML. Fetch it again, or ask the sender for a "
        "new one."
    ),
    "too_deep": gettext_lazy(
        "The file has more than %(most)s levels, which no invoice has. It was not read. "
        "Ask the sender what it is."
    ),
    "too_many": gettext_lazy(
        "The file has more than %(most)s parts, which no invoice has. It was not read. "
        "Ask the sender what it is."
    ),
    "inclusion": gettext_lazy(
        "The file asks for other files to be fetched (XInclude). It was not read. Ask "
        "the sender for an invoice without that."
    ),
    "wrong_root": gettext_lazy(
        "The file is no invoice, but “%(name)s”. Drop the invoice itself."
    ),
    "wrong_namespace": gettext_lazy(
        "The invoice is in another format than Peppol BIS Billing 3. Ask the sender for "
        "that format, or for a PDF."
    ),
    "ambiguous": gettext_lazy(
        "“%(name)s” is there %(times)s times, so programs can read different invoices in "
        "the file. It was not read. Ask the sender for a new one."
    ),
    "not_pdf": gettext_lazy("The file is no PDF. Drop the invoice as PDF or XML."),
    "broken_pdf": gettext_lazy(
        "The PDF is damaged. Fetch it again, or register the answer by hand."
    ),
    "encrypted": gettext_lazy(
        "The PDF is locked with a password. Ask the sender for one without."
    ),
    "too_many_pages": gettext_lazy(
        "The PDF has more than %(most)s pages. Drop the invoice alone."
    ),
    "too_slow": gettext_lazy(
        "The PDF takes too long to read. Register the answer by hand."
    ),
    "no_text": gettext_lazy(
        "The PDF is a picture without text, such as a scan. Register the answer by hand."
    ),
    "unknown_format": gettext_lazy(
        "The file is neither PDF nor XML. Drop the invoice in one of those formats."
    ),
}
"""Why a file was not read. The codes are those of ``received.REASONS``."""

NAMES: Final[Mapping[Code, Promise]] = {
    Code.CREDIT_NOTE: pgettext_lazy("invoice", "Credit note"),
    Code.MISSING_NUMBER: pgettext_lazy("invoice", "No number"),
    Code.DUPLICATE_NUMBER: pgettext_lazy("invoice", "Number used before"),
    Code.MISSING_DATE: pgettext_lazy("invoice", "No date"),
    Code.FUTURE_DATE: pgettext_lazy("invoice", "Date ahead"),
    Code.OLD_DATE: pgettext_lazy("invoice", "Old date"),
    Code.WRONG_BUYER: pgettext_lazy("invoice", "Other receiver"),
    Code.WRONG_CURRENCY: pgettext_lazy("invoice", "Other currency"),
    Code.AMOUNT_MISSING: pgettext_lazy("invoice", "No amount"),
    Code.AMOUNT_ZERO: pgettext_lazy("invoice", "Nothing to pay"),
    Code.ORE: pgettext_lazy("invoice", "Not whole kronor"),
    Code.VAT_ADDED: pgettext_lazy("invoice", "VAT added"),
    Code.VAT_RATE: pgettext_lazy("invoice", "VAT rate"),
    Code.TOTAL_MISMATCH: pgettext_lazy("invoice", "Does not add up"),
    Code.MISSING_SELLER: pgettext_lazy("invoice", "No sender"),
    Code.UNKNOWN_SELLER: pgettext_lazy("invoice", "Unknown sender"),
    Code.OTHER_SELLER: pgettext_lazy("invoice", "Other sender"),
    Code.WRONG_AMOUNT: pgettext_lazy("invoice", "Other amount"),
    Code.PART_AMOUNT: pgettext_lazy("invoice", "Part of the amount"),
    Code.ABOVE_LEFT: pgettext_lazy("invoice", "More than is left"),
    Code.MISSING_REFERENCE: pgettext_lazy("invoice", "No reference"),
    Code.UNKNOWN_REFERENCE: pgettext_lazy("invoice", "Unknown reference"),
    Code.WRONG_REFERENCE: pgettext_lazy("invoice", "Other reference"),
    Code.MISSING_RECORD_NUMBER: pgettext_lazy("invoice", "No record number"),
    Code.UNKNOWN_RECORD_NUMBER: pgettext_lazy("invoice", "Unknown record number"),
    Code.WRONG_RECORD_NUMBER: pgettext_lazy("invoice", "Other record number"),
    Code.WRONG_YEAR: pgettext_lazy("invoice", "Other year"),
    Code.MISSING_ACCOUNT: pgettext_lazy("invoice", "No account"),
    Code.ACCOUNT_INVALID: pgettext_lazy("invoice", "Wrong account number"),
    Code.ACCOUNT_DIFFERS: pgettext_lazy("invoice", "Other account"),
    Code.SEVERAL_FIT: pgettext_lazy("invoice", "Several fit"),
}
"""A difference in a word or two, for a list."""

DIFFERENCES: Final[Mapping[Code, Promise]] = {
    Code.CREDIT_NOTE: gettext_lazy(
        "It is a credit note: the sender takes an earlier invoice back. Nothing is to be "
        "paid. If the invoice is registered, return or reject it."
    ),
    Code.MISSING_NUMBER: gettext_lazy(
        "The invoice has no number that could be read. Write the number it has, or ask "
        "the sender for one."
    ),
    Code.DUPLICATE_NUMBER: gettext_lazy(
        "The sender has used number %(found)s before. Look whether this is the same "
        "invoice, sent twice."
    ),
    Code.MISSING_DATE: gettext_lazy(
        "The invoice has no date that could be read. Write the date it has."
    ),
    Code.FUTURE_DATE: gettext_lazy(
        "The invoice is dated %(found)s, which is still to come. Ask the sender whether "
        "the date is right."
    ),
    Code.OLD_DATE: gettext_lazy(
        "The invoice is dated %(found)s, more than a year ago. Look whether it belongs to "
        "an earlier grant."
    ),
    Code.WRONG_BUYER: gettext_lazy(
        "The invoice is addressed to %(found)s, not to you (%(expected)s). Ask the sender "
        "for a new one with the right receiver."
    ),
    Code.WRONG_CURRENCY: gettext_lazy(
        "The currency should be kronor (%(expected)s), but is %(found)s. Ask the sender "
        "for an invoice in kronor."
    ),
    Code.AMOUNT_MISSING: gettext_lazy(
        "No amount could be read. Look at the invoice and write the amount it has."
    ),
    Code.AMOUNT_ZERO: gettext_lazy(
        "The amount to pay is 0. Look whether the municipality declines the money."
    ),
    Code.ORE: gettext_lazy(
        "The amount, %(found)s, is not whole kronor. Grants are paid in whole kronor: ask "
        "the sender for a new invoice."
    ),
    Code.VAT_ADDED: gettext_lazy(
        "VAT is added: %(found)s. A state grant has no VAT. Ask the sender to credit the "
        "invoice and send one without."
    ),
    Code.VAT_RATE: gettext_lazy(
        "The invoice names a VAT rate. A state grant has no VAT. Ask the sender for an "
        "invoice without."
    ),
    Code.TOTAL_MISMATCH: gettext_lazy(
        "The invoice's own parts make %(expected)s, but it asks for %(found)s. Ask the "
        "sender which is right."
    ),
    Code.MISSING_SELLER: gettext_lazy(
        "The sender's organisation number could not be read. Look who sent it, and choose "
        "the requisition yourself."
    ),
    Code.UNKNOWN_SELLER: gettext_lazy(
        "The sender's organisation number, %(found)s, belongs to no municipality that has "
        "something to claim. Look who sent it."
    ),
    Code.OTHER_SELLER: gettext_lazy(
        "The sender is %(found)s, but the requisition belongs to %(expected)s. Choose "
        "another requisition, or ask the sender."
    ),
    Code.WRONG_AMOUNT: gettext_lazy(
        "The amount is %(found)s, but %(expected)s was requested. Ask the municipality "
        "which is right."
    ),
    Code.PART_AMOUNT: gettext_lazy(
        "The amount is %(found)s of the %(expected)s that was offered. Ask whether the "
        "municipality declines the rest."
    ),
    Code.ABOVE_LEFT: gettext_lazy(
        "The amount is %(found)s, but only %(expected)s is left. Ask the sender to credit "
        "the invoice and send a new one."
    ),
    Code.MISSING_REFERENCE: gettext_lazy(
        "There is no reference. It should be %(expected)s. Check that it is the right "
        "grant."
    ),
    Code.UNKNOWN_REFERENCE: gettext_lazy(
        "The reference is %(found)s, which no grant has. It should be %(expected)s. Check "
        "that it is the right grant."
    ),
    Code.WRONG_REFERENCE: gettext_lazy(
        "The reference, %(found)s, belongs to another grant. Here it should be "
        "%(expected)s. Check which grant the invoice is for."
    ),
    Code.MISSING_RECORD_NUMBER: gettext_lazy(
        "There is no record number. It should be %(expected)s. Check that it is the right "
        "grant."
    ),
    Code.UNKNOWN_RECORD_NUMBER: gettext_lazy(
        "The record number is %(found)s, which no grant has. It should be %(expected)s. "
        "Check that it is the right grant."
    ),
    Code.WRONG_RECORD_NUMBER: gettext_lazy(
        "The record number, %(found)s, belongs to another grant. Here it should be "
        "%(expected)s. Check which grant the invoice is for."
    ),
    Code.WRONG_YEAR: gettext_lazy(
        "The text is about %(found)s, but the grant is for %(expected)s. Check which year "
        "the invoice is for."
    ),
    Code.MISSING_ACCOUNT: gettext_lazy(
        "No account could be read. Write the account from the invoice, or ask the "
        "municipality."
    ),
    Code.ACCOUNT_INVALID: gettext_lazy(
        "The account number %(found)s cannot be right: its check digit is wrong. Ask the "
        "municipality."
    ),
    Code.ACCOUNT_DIFFERS: gettext_lazy(
        "The account is %(found)s, but the municipality has given %(expected)s. Call "
        "someone you know there and ask before you change it."
    ),
    Code.SEVERAL_FIT: gettext_lazy(
        "Several requisitions fit as well: %(found)s. Choose the right one."
    ),
}
"""What is odd about an invoice, with what to do about it."""

CLAIMS: Final[Mapping[str, Promise]] = {
    "number_lacking": gettext_lazy(
        "The e-invoice needs an invoice number. Write one and save."
    ),
    "name_lacking": gettext_lazy("The e-invoice needs the name of %(side)s."),
    "organisation_number_wrong": gettext_lazy(
        "No e-invoice can be made: the organisation number of %(side)s is lacking or wrong."
    ),
    "endpoint_wrong": gettext_lazy(
        "No e-invoice can be made: “%(endpoint)s” is not a Peppol id of %(side)s."
    ),
    "reference_lacking": gettext_lazy(
        "No e-invoice can be made: the grant has neither a reference nor a record number."
    ),
    "no_lines": gettext_lazy("There is no amount to write an e-invoice on."),
    "line_text_lacking": gettext_lazy("An amount has no text. Write what it is for."),
    "amount_not_positive": gettext_lazy(
        "The e-invoice needs amounts above 0, and one of them is %(amount)s."
    ),
    "account_wrong": gettext_lazy(
        "No e-invoice can be made to the account that you have given."
    ),
    "credited_number_lacking": gettext_lazy(
        "The credit note needs the number of the invoice it takes back."
    ),
}
"""Why an e-invoice cannot be made. The codes are those of ``peppol.REASONS``."""

SIDES: Final[Mapping[str, Promise]] = {
    "seller": pgettext_lazy("e-invoice", "the municipality"),
    "buyer": pgettext_lazy("e-invoice", "the receiver"),
}
AMOUNTS: Final = {"amount", "vat_amount"}
ORGANISATIONS: Final = {"seller_number", "buyer_number"}


def refused_sentence(error: ReceivedError) -> str:
    """Return why a file was not read, and what to do.

    >>> from django.utils import translation
    >>> with translation.override("en"):
    ...     refused_sentence(ReceivedError("too_many_pages", most=30))
    'The PDF has more than 30 pages. Drop the invoice alone.'
    """
    shown = dict(error.params)
    if error.code == "too_large":
        shown |= {name: megabytes(int(str(shown[name]))) for name in ("size", "most")}
    elif "most" in shown:
        shown["most"] = grouped(int(str(shown["most"])))
    return str(REFUSED[error.code]) % shown


def difference_name(code: Code | str) -> str:
    """Return a difference in a word or two."""
    return str(NAMES[Code(code)])


def difference_sentence(difference: Difference) -> str:
    """Return what is odd, and what to do about it."""
    return str(DIFFERENCES[difference.code]) % {
        "expected": fact(difference.field, difference.expected),
        "found": fact(difference.field, difference.found),
    }


def claim_sentence(error: ClaimError, sides: Mapping[str, Promise | str] = SIDES) -> str:
    """Return why an e-invoice cannot be made. ``sides`` are what the two are called."""
    shown = dict(error.params)
    if "side" in shown:
        shown["side"] = sides[str(shown["side"])]
    if "amount" in shown:
        shown["amount"] = fact("amount", int(str(shown["amount"])))
    return str(CLAIMS[error.code]) % shown


def fact(field: str, value: Fact) -> str:
    """Return a fact as people write it.

    >>> fact("amount", Decimal("1234.50")).replace(NBSP, "_")
    '1_234,50_kr'
    >>> fact("seller_number", "2120000050"), fact("reference", "781")
    ('212000-0050', '781')
    """
    if value is None or value == "":
        return pgettext("fact", "not stated")
    if field in AMOUNTS and isinstance(value, int | Decimal):
        decimals = None if value == int(value) else 2
        return f"{grouped(value, decimals)}{NBSP}kr"
    if isinstance(value, date):
        return date_format(value, "j F Y")
    text = str(value)
    is_number = field in ORGANISATIONS and len(text) == 10 and text.isdigit()
    return organisation_number(text) if is_number else text


def megabytes(size: int) -> str:
    """Return a size in megabytes, rounded up to a tenth.

    >>> megabytes(10 * MEGABYTE).replace(NBSP, "_"), megabytes(1).replace(NBSP, "_")
    ('10_MB', '0,1_MB')
    """
    tenths = -(-size * 10 // MEGABYTE)
    return f"{grouped(Decimal(tenths) / 10)}{NBSP}MB"
