"""Say what is wrong with an account to pay to, and what to do about it.

The codes come from ``AccountError`` (``invoices/accounts.py``), which knows no languages.
"""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invoices.accounts import SWEDEN, AccountError, Kind

UNVERIFIED: Final = _(
    "This account number has no check digit that we can check. Please compare it once "
    "more with what your bank says."
)
"""What is said of an account where ``Account.is_verified`` is false."""

SENTENCES: Final[Mapping[tuple[str, str], Promise]] = {
    ("required", Kind.BANKGIRO): _("Write the bankgiro number."),
    ("required", Kind.PLUSGIRO): _("Write the plusgiro number."),
    ("required", Kind.BANK): _("Write the account number."),
    ("required", Kind.IBAN): _("Write the IBAN."),
    ("required", "clearing"): _(
        "Write the clearing number: the first four digits of the account, or five if "
        "they begin with 8."
    ),
    ("digits", Kind.BANKGIRO): _(
        "%(text)s is not a bankgiro number. Write only digits, such as 123-4567."
    ),
    ("digits", Kind.PLUSGIRO): _(
        "%(text)s is not a plusgiro number. Write only digits, such as 12 34 56-6."
    ),
    ("digits", Kind.BANK): _("%(text)s is not an account number. Write only digits."),
    ("digits", "clearing"): _("%(text)s is not a clearing number. Write only digits."),
    ("length", Kind.BANKGIRO): _(
        "A bankgiro number has 7 or 8 digits, but this one has %(digits)s. Look at it "
        "again."
    ),
    ("length", Kind.PLUSGIRO): _(
        "A plusgiro number has 2 to 8 digits, but this one has %(digits)s. Look at it "
        "again."
    ),
    ("length", Kind.BANK): _(
        "An account number has %(least)s to %(most)s digits, but this one has %(digits)s. "
        "Write it without the clearing number."
    ),
    ("length_at_bank", Kind.BANK): _(
        "An account number at %(bank)s has %(least)s to %(most)s digits, but this one has "
        "%(digits)s. Write it without the clearing number."
    ),
    ("exact_length_at_bank", Kind.BANK): _(
        "An account number at %(bank)s has %(most)s digits, but this one has %(digits)s. "
        "Write it without the clearing number."
    ),
    ("length", "clearing"): _(
        "A clearing number has four digits, or five if it begins with 8. This one has "
        "%(digits)s."
    ),
    ("check_digit", Kind.BANKGIRO): _(
        "There is no bankgiro number %(text)s: at least one digit is wrong. Compare it "
        "with an invoice of yours."
    ),
    ("check_digit", Kind.PLUSGIRO): _(
        "There is no plusgiro number %(text)s: at least one digit is wrong. Compare it "
        "with an invoice of yours."
    ),
    ("check_digit", Kind.BANK): _(
        "There is no account %(text)s with that clearing number at %(bank)s: at least "
        "one digit is wrong. Compare both with what your bank says."
    ),
    ("check_digit", Kind.IBAN): _(
        "There is no IBAN %(text)s: at least one character is wrong. Compare it with "
        "what your bank says."
    ),
    ("check_digit", "clearing"): _(
        "The fifth digit of the clearing number %(text)s does not agree with the other "
        "four. Look at it again."
    ),
    ("clearing_unknown", "clearing"): _(
        "We know no bank with the clearing number %(text)s. Look at it again, or write "
        "an IBAN instead."
    ),
    ("iban", Kind.IBAN): _(
        "%(text)s is not written as an IBAN of that country. Compare it with what your "
        "bank says."
    ),
    ("swedish_iban", Kind.IBAN): _(
        "A Swedish IBAN is SE and 22 digits. Look at it again: %(text)s."
    ),
    ("country", Kind.IBAN): _(
        "An IBAN begins with two letters for the country, in Sweden SE. If yours is only "
        "digits, choose bank account instead."
    ),
    ("bic", "bic"): _(
        "%(text)s is not a BIC. It has 8 or 11 characters, such as ESSESESS."
    ),
    ("bic_required", "bic"): _(
        "The account is abroad (%(country)s). Write the BIC of its bank too."
    ),
    ("bic_other_bank", "bic"): _(
        "The IBAN belongs to %(bank)s, but %(text)s is the BIC of another bank. Leave BIC "
        "empty and we fill it in."
    ),
}
"""What is said, by code, and by field or, for the number, by kind of account."""


def sentence(error: AccountError) -> str:
    """Return what is wrong and what to do."""
    params = error.params
    code: str = error.code
    if code == "length" and params.get("bank"):
        is_exact = params["least"] == params["most"]
        code = "exact_length_at_bank" if is_exact else "length_at_bank"
    elif code == "iban" and params["country"] == SWEDEN:
        code = "swedish_iban"
    about = error.kind if error.field == "number" else error.field
    return str(SENTENCES[code, about]) % params
