import pytest
from django.utils.translation import override

from invoices import accounts, pain001, sie
from invoices.account_messages import SENTENCES, UNVERIFIED
from invoices.account_messages import sentence as account_sentence
from invoices.accounts import AccountError, Kind, examine
from invoices.pain001 import PaymentFileError
from invoices.payment_list import COLUMNS, FILE_PROBLEMS, ListProblem, PaymentList, read
from invoices.payment_messages import (
    BANK_REASONS,
    HEADINGS,
    LIST_PROBLEMS,
    bank_reason,
    file_sentence,
    list_sentence,
)
from invoices.sie import SieError
from municipalities.export import to_csv


@pytest.fixture(autouse=True)
def _english():
    with override("en"):
        yield


@pytest.mark.parametrize(
    ("kind", "number", "more", "said"),
    [
        (Kind.BANKGIRO, "", {}, "Write the bankgiro number."),
        (
            Kind.BANKGIRO,
            "12345",
            {},
            "A bankgiro number has 7 or 8 digits, but this one has 5. Look at it again.",
        ),
        (
            Kind.BANKGIRO,
            "991-2347",
            {},
            "There is no bankgiro number 9912347: at least one digit is wrong. Compare it "
            "with an invoice of yours.",
        ),
        (
            Kind.BANK,
            "12345",
            {"clearing": "5839"},
            "An account number at SEB has 7 digits, but this one has 5. Write it without "
            "the clearing number.",
        ),
        (
            Kind.BANK,
            "12345",
            {"clearing": "6000"},
            "An account number at Handelsbanken has 8 to 9 digits, but this one has 5. "
            "Write it without the clearing number.",
        ),
        (
            Kind.BANK,
            "8257466",
            {"clearing": "9999"},
            "We know no bank with the clearing number 9999. Look at it again, or write an "
            "IBAN instead.",
        ),
        (
            Kind.IBAN,
            "SE45",
            {},
            "A Swedish IBAN is SE and 22 digits. Look at it again: SE45.",
        ),
        (
            Kind.IBAN,
            "DK5000400440116243",
            {},
            "The account is abroad (DK). Write the BIC of its bank too.",
        ),
    ],
)
def test_an_account_is_refused_in_words(kind, number, more, said):
    _, [error] = examine(kind, number, **more)

    assert account_sentence(error) == said


def test_every_refused_account_has_a_sentence():
    texts = ["", "x", "1", "991-2347", "9" * 30, "SE45", "SE4550000000058398257467", "ZZ1"]
    texts += ["SE4550000000058398257466", "DK5000400440116243", "DK50"]
    clearings = ["", "x", "123", "1000", "5839", "6000", "8103-5"]
    errors = [
        error
        for kind in Kind
        for text in texts
        for clearing in clearings
        for bic in ["", "x", "SWEDSESS"]
        for error in examine(kind, text, clearing=clearing, bic=bic)[1]
    ]

    said = {account_sentence(error) for error in errors}

    assert {error.code for error in errors} == set(accounts.REASONS)
    assert not [text for text in said if "%(" in text]
    assert {code for code, _ in SENTENCES} >= set(accounts.REASONS)
    assert str(UNVERIFIED)


ACCOUNT_ERROR = AccountError("required", field="number", kind=Kind.BANKGIRO)
PARAMS = {
    "id": "SM-1",
    "amount": 0,
    "count": 10_001,
    "most": 10_000,
    "number": "1",
    "reason": ACCOUNT_ERROR,
    "bic": "x",
    "day": "2026-11-21",
    "text": "Utbetalning 7",
    "difference": 1500,
    "account": "1930",
}


@pytest.mark.parametrize("code", pain001.REASONS)
def test_every_refused_payment_file_has_a_sentence(code):
    assert "%(" not in file_sentence(PaymentFileError(code, **PARAMS))


@pytest.mark.parametrize("code", sie.REASONS)
def test_every_refused_book_has_a_sentence(code):
    assert "%(" not in file_sentence(SieError(code, **PARAMS))


def test_the_same_code_of_another_file_is_another_sentence():
    assert file_sentence(PaymentFileError("account", **PARAMS)) == (
        "SM-1: the receiver's account is wrong. Write the bankgiro number."
    )
    assert file_sentence(SieError("account", account="19 30")) == (
        "The bookkeeping account 19 30 is not 3 to 8 digits. Change it in the settings."
    )


def test_unbalanced_vouchers_are_told_in_kronor():
    said = file_sentence(SieError("unbalanced", text="U 7", difference=1500))

    assert said.replace("\N{NO-BREAK SPACE}", " ") == (
        "U 7: debit and credit differ by 1 500 kr. No file was made."
    )


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (ListProblem("empty_file"), "The file is empty."),
        (
            ListProblem("status_unknown", 5, {"text": "kanske"}),
            "Row 5: The status “kanske” is unknown. Write paid, failed or sent.",
        ),
        (
            ListProblem("wrong_columns", params={"missing": ("id", "status")}),
            "The list lacks a column for the payment's id and the status. Write the "
            "headings on the first row, as in the list that you fetched from here.",
        ),
    ],
)
def test_what_is_wrong_with_a_list_is_told_with_its_row(problem, said):
    assert list_sentence(problem) == said


def test_every_problem_with_a_list_has_a_sentence():
    params = {**PARAMS, "limit": 5, "missing": ("status",)}

    said = [list_sentence(ListProblem(code, 2, params)) for code in LIST_PROBLEMS]

    assert set(FILE_PROBLEMS.values()) <= set(LIST_PROBLEMS)
    assert not [text for text in said if "%(" in text]


def test_the_banks_reasons_are_told_in_words():
    assert bank_reason("AC03: Kontot finns inte; XX99") == (
        "The receiver's account number is wrong (AC03: Kontot finns inte); XX99"
    )
    assert bank_reason("Kontot är avslutat") == "Kontot är avslutat"
    assert all(len(code) == 4 for code in BANK_REASONS)


@pytest.mark.parametrize("language", ["en", "sv"])
def test_the_headings_going_out_are_known_coming_back(language):
    with override(language):
        head = [str(HEADINGS[column]) for column in COLUMNS]
    line = ["SM-1" if column == "id" else "" for column in COLUMNS]

    assert read(to_csv(head, [line])) == PaymentList(waiting=("SM-1",))
