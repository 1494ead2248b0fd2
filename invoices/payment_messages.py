"""Say what is wrong with a payment file, a list from the bank or a file of vouchers.

The codes come from ``invoices/payment_list.py``, ``invoices/pain001.py`` and
``invoices/sie.py``, which know no languages. The headings of the list that goes out are
here too; ``payment_list`` knows them when it comes back, in Swedish and in English.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from grants.refusals import listed
from invoices.account_messages import sentence as account_sentence
from invoices.accounts import AccountError
from invoices.pain001 import PaymentFileError
from invoices.payment_list import ListProblem
from invoices.sie import SieError
from municipalities.numbers import grouped, kronor

HEADINGS: Final[Mapping[str, Promise]] = {
    "id": pgettext_lazy("payment list", "Payment ID"),
    "receiver": pgettext_lazy("payment list", "Receiver"),
    "organisation_number": pgettext_lazy("payment list", "Organisation number"),
    "account_kind": pgettext_lazy("payment list", "Kind of account"),
    "account": pgettext_lazy("payment list", "Account"),
    "bic": pgettext_lazy("payment list", "BIC"),
    "amount": pgettext_lazy("payment list", "Amount"),
    "day": pgettext_lazy("payment list", "To be paid on"),
    "message": pgettext_lazy("payment list", "Message"),
    "status": pgettext_lazy("payment list", "Status"),
    "date": pgettext_lazy("payment list", "Date"),
    "reason": pgettext_lazy("payment list", "Reason"),
}
"""The columns of the list going out, by ``payment_list.COLUMNS``."""

LIST_PROBLEMS: Final[Mapping[str, Promise]] = {
    "empty_file": gettext_lazy("The file is empty."),
    "too_large": gettext_lazy(
        "The file is too large: the limit is %(limit)s MB, also unpacked. Split the list."
    ),
    "too_many_rows": gettext_lazy("The list has more than %(most)s rows. Split it."),
    "not_a_table": gettext_lazy(
        "The file is neither a list nor a status report. Choose a csv or xlsx file, or "
        "the bank's status report (pain.002)."
    ),
    "broken_file": gettext_lazy(
        "The file is damaged or not complete. Fetch it again, or save it as xlsx."
    ),
    "encoding": gettext_lazy(
        "The file holds characters that cannot be read. Save it as xlsx, or as csv in "
        "UTF-8."
    ),
    "encrypted": gettext_lazy("The file is locked with a password. Save it without one."),
    "doctype": gettext_lazy(
        "The file has a document type (DOCTYPE), which the bank's reports never have. It "
        "has not been read. Fetch the report from the bank again."
    ),
    "not_a_report": gettext_lazy(
        "The file is XML, but not a status report from the bank (pain.002)."
    ),
    "wrong_columns": gettext_lazy(
        "The list lacks a column for %(missing)s. Write the headings on the first row, as "
        "in the list that you fetched from here."
    ),
    "no_rows": gettext_lazy("The file says nothing of any payment."),
    "id_lacking": gettext_lazy("The payment has no id. Fill it in or remove the row."),
    "status_unknown": gettext_lazy(
        "The status “%(text)s” is unknown. Write paid, failed or sent."
    ),
    "date": gettext_lazy(
        "“%(text)s” is not a date. Write it as year-month-day, such as 2026-11-25."
    ),
    "amount": gettext_lazy(
        "“%(text)s” is not an amount in whole kronor. Write it without a separator for "
        "thousands."
    ),
    "repeated": gettext_lazy(
        "The payment %(id)s stands on several rows with different outcomes. Keep the one "
        "that is right."
    ),
}

MISSING: Final[Mapping[str, Promise]] = {
    "id": gettext_lazy("the payment's id"),
    "status": gettext_lazy("the status"),
}

BANK_REASONS: Final[Mapping[str, Promise]] = {
    "AC01": gettext_lazy("The account number is wrong"),
    "AC02": gettext_lazy("The payer's account number is wrong"),
    "AC03": gettext_lazy("The receiver's account number is wrong"),
    "AC04": gettext_lazy("The account is closed"),
    "AC05": gettext_lazy("The payer's account is closed"),
    "AC06": gettext_lazy("The account is blocked"),
    "AC07": gettext_lazy("The receiver's account is closed"),
    "AG01": gettext_lazy("The account does not take payments of this kind"),
    "AM02": gettext_lazy("The amount is above what the agreement with the bank allows"),
    "AM04": gettext_lazy("There was not enough money on the account"),
    "AM05": gettext_lazy("The bank has already got the same payment"),
    "BE01": gettext_lazy("The receiver's name does not agree with the account"),
    "DT01": gettext_lazy("The payment day is wrong"),
    "DU01": gettext_lazy("The bank has already got a file with the same number"),
    "DUPL": gettext_lazy("The bank has already got the same payment"),
    "FF01": gettext_lazy("The bank could not read the file"),
    "RC01": gettext_lazy("The bank's BIC or clearing number is wrong"),
    "TM01": gettext_lazy("The file came too late in the day"),
}
"""What banks mean. Source: ISO 20022, External code sets, ExternalStatusReason1Code."""

FILE_PROBLEMS: Final[Mapping[str, Promise]] = {
    "no_transfers": gettext_lazy("There is nothing to pay in the batch."),
    "too_many": gettext_lazy(
        "There are %(count)s payments, but a file holds at most %(most)s. Split the batch."
    ),
    "id": gettext_lazy("The number %(id)s has characters that banks do not take."),
    "repeated_id": gettext_lazy("The number %(id)s stands on more than one payment."),
    "amount": gettext_lazy("%(id)s: %(amount)s cannot be paid."),
    "name": gettext_lazy("%(id)s: the receiver has no name."),
    "account": gettext_lazy("%(id)s: the receiver's account is wrong. %(reason)s"),
    "debtor_name": gettext_lazy("The payer has no name. Fill it in in the settings."),
    "debtor_iban": gettext_lazy(
        "The account to pay from is wrong. Look at it in the settings for payments. "
        "%(reason)s"
    ),
    "debtor_bic": gettext_lazy(
        "The BIC of the account to pay from is lacking or wrong. Fill it in in the "
        "settings for payments."
    ),
    "organisation_number": gettext_lazy(
        "The organisation number %(number)s is lacking or has not ten digits."
    ),
    "day": gettext_lazy("The payment day has passed. Choose a new day."),
    # SieError
    "no_vouchers": gettext_lazy("There is nothing to book."),
    "no_rows": gettext_lazy("%(text)s: a voucher has at least two rows."),
    "unbalanced": gettext_lazy(
        "%(text)s: debit and credit differ by %(difference)s. No file was made."
    ),
    "zero": gettext_lazy("%(text)s: a row on account %(account)s has no amount."),
    "unknown_account": gettext_lazy(
        "%(text)s: the account %(account)s is not in the settings for bookkeeping."
    ),
    "book_account": gettext_lazy(
        "The bookkeeping account %(account)s is not 3 to 8 digits. Change it in the "
        "settings."
    ),
    "account_name": gettext_lazy(
        "The bookkeeping account %(account)s has no name. Fill it in in the settings."
    ),
}


def list_sentence(problem: ListProblem) -> str:
    """Return what is wrong with a list, and on which row."""
    params: dict[str, Any] = dict(problem.params)
    if "missing" in params:
        params["missing"] = listed([str(MISSING[key]) for key in params["missing"]])
    if "most" in params:
        params["most"] = grouped(params["most"])
    said = str(LIST_PROBLEMS[problem.code]) % params
    if problem.row is None:
        return said
    return _("Row %(row)s: %(problem)s") % {"row": problem.row, "problem": said}


def bank_reason(reason: str) -> str:
    """Return what the bank means by a reason, with the bank's own words after it.

    Several reasons stand after each other. What is not a known code is left as it is.
    """
    return "; ".join(_meaning(each) for each in reason.split("; "))


def _meaning(reason: str) -> str:
    known = BANK_REASONS.get(reason.partition(":")[0])
    return f"{known} ({reason})" if known else reason


def file_sentence(error: PaymentFileError | SieError) -> str:
    """Return why no payment file or file of vouchers was made."""
    params: dict[str, Any] = dict(error.params)
    for name in {"amount", "difference"} & set(params):
        params[name] = kronor(params[name])
    for name in {"count", "most"} & set(params):
        params[name] = grouped(params[name])
    if isinstance(params.get("reason"), AccountError):
        params["reason"] = account_sentence(params["reason"])
    is_book = isinstance(error, SieError) and error.code == "account"
    return str(FILE_PROBLEMS["book_account" if is_book else error.code]) % params
