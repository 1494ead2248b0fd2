from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban, luhn

from invoices.accounts import (
    BANKS,
    NBSP,
    Account,
    AccountError,
    Check,
    Kind,
    bank_of,
    examine,
    iban_of,
    parse,
)


def refusal(kind, number, **more):
    with pytest.raises(AccountError) as refused:
        parse(kind, number, **more)
    return refused.value.field, refused.value.code


@pytest.mark.parametrize(
    ("written", "number", "formatted"),
    [
        ("991-2346", "9912346", "991-2346"),
        ("5050-1055", "50501055", "5050-1055"),
        (" 5050\N{NO-BREAK SPACE}1055 ", "50501055", "5050-1055"),
        ("5050\N{EN DASH}1055", "50501055", "5050-1055"),
    ],
)
def test_bankgiro_is_read_as_people_write_it(written, number, formatted):
    account = parse(Kind.BANKGIRO, written)

    assert (account, account.formatted) == (Account(Kind.BANKGIRO, number), formatted)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "required"),
        (" - ", "required"),
        ("991-234", "length"),
        ("99 123 456 78", "length"),
        ("991-2347", "check_digit"),
        ("000-0000", "check_digit"),
        ("991-234x", "digits"),
        ("٩٩١٢٣٤٦", "digits"),
    ],
)
def test_bankgiro_that_cannot_be_is_refused(written, code):
    assert refusal(Kind.BANKGIRO, written) == ("number", code)


@pytest.mark.parametrize(
    ("written", "number", "formatted"),
    [
        ("90 19 50-6", "9019506", "90_19_50-6"),
        ("1 23 45-5", "123455", "1_23_45-5"),
        ("1-8", "18", "1-8"),
        ("0090 19 50-6", "9019506", "90_19_50-6"),
    ],
)
def test_plusgiro_is_read_as_people_write_it(written, number, formatted):
    account = parse("plusgiro", written)

    assert account == Account(Kind.PLUSGIRO, number)
    assert account.formatted.replace(NBSP, "_") == formatted


@pytest.mark.parametrize(
    ("written", "code"),
    [("8", "length"), ("901950612", "length"), ("90 19 50-5", "check_digit")],
)
def test_plusgiro_that_cannot_be_is_refused(written, code):
    assert refusal(Kind.PLUSGIRO, written) == ("number", code)


# Real or published numbers: the IBAN registry's example, banks' own and test accounts.
@pytest.mark.parametrize(
    ("clearing", "number", "bank", "published"),
    [
        ("5839", "8257466", "SEB", "SE4550000000058398257466"),
        ("5491", "000 00 03", "SEB", "SE3550000000054910000003"),
        ("1217", "0145230", "Danske Bank", "SE6412000000012170145230"),
        ("4135", "1300039", "Nordea", "SE8030000000041351300039"),
        ("8103-4", "978 324-2", "Swedbank", "SE7280000810340009783242"),
        ("8103", "9783242", "Swedbank", "SE7280000810340009783242"),
    ],
)
def test_bank_account_is_checked_by_its_banks_rule(clearing, number, bank, published):
    account = parse(Kind.BANK, number, clearing=clearing)

    assert (account.bank, account.is_verified, iban_of(account)) == (bank, True, published)


@pytest.mark.parametrize(
    ("clearing", "number", "bank", "bban"),
    [
        ("6001", "801 230 659", "Handelsbanken", "60000000000801230659"),
        ("6001", "4000 0001", "Handelsbanken", "60000000000040000001"),
        ("9570", "2600000000", "Sparbanken Syd", "95700000002600000000"),
        ("9590", "2000000", "Erik Penser Bank", "95900000095902000000"),
        ("3300", "801201-6286", "Nordea", ""),
        ("9890", "2600000000", "Riksgälden", ""),
        ("9960", "90 19 50-6", "Nordea (Plusgirot)", ""),
        ("9960", "18 09019506", "Nordea (Plusgirot)", ""),
    ],
)
def test_an_iban_is_made_only_where_the_rule_is_sure(clearing, number, bank, bban):
    account = parse(Kind.BANK, number, clearing=clearing)

    assert (account.bank, iban_of(account)[4:]) == (bank, bban)
    assert iban.is_valid(iban_of(account)) == bool(bban)


@pytest.mark.parametrize(
    ("clearing", "number", "field", "code"),
    [
        ("", "8257466", "clearing", "required"),
        ("58x9", "8257466", "clearing", "digits"),
        ("583", "8257466", "clearing", "length"),
        ("58391", "8257466", "clearing", "length"),
        ("81035", "9783242", "clearing", "check_digit"),
        ("1000", "8257466", "clearing", "clearing_unknown"),
        ("9999", "8257466", "clearing", "clearing_unknown"),
        ("5839", "", "number", "required"),
        ("5839", "825746", "number", "length"),
        ("5839", "82574660", "number", "length"),
        ("5839", "8257467", "number", "check_digit"),
        ("4135", "1300038", "number", "check_digit"),
        ("6001", "801230658", "number", "check_digit"),
        ("6001", "0000000000", "number", "length"),
        ("3300", "8012346589", "number", "check_digit"),
        ("9960", "901950-5", "number", "check_digit"),
        ("8103-4", "000000", "number", "check_digit"),
    ],
)
def test_bank_account_that_cannot_be_is_refused(clearing, number, field, code):
    assert refusal(Kind.BANK, number, clearing=clearing) == (field, code)


def test_everything_wrong_is_told_at_once():
    account, errors = examine(Kind.BANK, "82x", clearing="8103-5")

    assert account is None
    assert [(error.field, error.code) for error in errors] == [
        ("clearing", "check_digit"),
        ("number", "digits"),
    ]


def test_a_swedbank_account_without_a_check_digit_is_taken_and_told_of():
    account = parse(Kind.BANK, "9783243", clearing="8103-4")

    assert (account.number, account.is_verified, iban_of(account)) == (
        "0009783243",
        False,
        "",
    )


@pytest.mark.parametrize(
    "bank",
    [bank for bank in BANKS if bank.check is Check.UNSURE],
    ids=lambda bank: bank.name,
)
def test_an_account_is_taken_where_the_rule_is_unsure(bank):
    account = parse(Kind.BANK, "1234567", clearing=str(bank.first))

    assert (account.bank, account.is_verified) == (bank.name, False)
    assert refusal(Kind.BANK, "12345678", clearing=str(bank.first)) == ("number", "length")


@pytest.mark.parametrize(
    ("clearing", "number", "stored"),
    [
        ("5839", "5839-8257466", "8257466"),
        ("8103-4", "8103-4, 978 324-2", "9783242"),
        ("8103-4", "8103-4, 000 978 324-2", "0009783242"),
        ("6001", "6001801230659", "801230659"),
    ],
)
def test_a_clearing_number_written_twice_is_read_once(clearing, number, stored):
    assert parse(Kind.BANK, number.replace(",", ""), clearing=clearing).number.endswith(
        stored
    )


def test_the_same_account_is_always_written_in_the_same_way():
    written = [("8103", "9783242"), ("8103-4", "978 324-2"), ("81034", "0009783242")]

    accounts = {parse(Kind.BANK, number, clearing=clearing) for clearing, number in written}

    assert accounts == {Account(Kind.BANK, "0009783242", "81034", "SWEDSESS")}
    assert [account.clearing_number for account in accounts] == ["8103"]


@pytest.mark.parametrize(
    ("account", "formatted"),
    [
        (Account(Kind.BANK, "8257466", "5839"), "5839,_82_574_66"),
        (Account(Kind.BANK, "801230659", "6001"), "6001,_801_230_659"),
        (Account(Kind.BANK, "0009783242", "81034"), "8103-4,_000_978_324_2"),
        (Account(Kind.IBAN, "SE4550000000058398257466"), "SE45_5000_0000_0583_9825_7466"),
    ],
)
def test_formatted_reads_back(account, formatted):
    clearing = account.clearing

    again = parse(account.kind, account.formatted.replace(",", ""), clearing=clearing)

    assert account.formatted.replace(NBSP, "_") == formatted
    assert (again.number, again.clearing) == (account.number, clearing)


def test_banks_stand_in_order_and_apart():
    ends = [(bank.first, bank.last) for bank in BANKS]

    assert ends == sorted(ends)
    assert all(last < first for (_, last), (first, _) in pairwise(ends))
    assert [bank_of(number) for number in ("1099", "2100", "9015")] == [None] * 3


@pytest.mark.parametrize(
    ("written", "bic", "account", "bank"),
    [
        (
            "SE45 5000 0000 0583 9825 7466",
            "",
            Account(Kind.IBAN, "SE4550000000058398257466", bic="ESSESESS"),
            "SEB",
        ),
        (
            "iban se45 5000 0000 0583 9825 7466",
            "esse se ss xxx",
            Account(Kind.IBAN, "SE4550000000058398257466", bic="ESSESESSXXX"),
            "SEB",
        ),
        (
            "DK50 0040 0440 1162 43",
            "NDEADKKK",
            Account(Kind.IBAN, "DK5000400440116243", bic="NDEADKKK"),
            "",
        ),
    ],
)
def test_iban_is_read(written, bic, account, bank):
    found = parse(Kind.IBAN, written, bic=bic)

    assert (found, found.bank, iban_of(found)) == (account, bank, account.number)
    assert found.is_foreign == (found.country != "SE")


@pytest.mark.parametrize(
    ("written", "bic", "field", "code"),
    [
        ("", "", "number", "required"),
        ("4550000000058398257466", "", "number", "country"),
        ("ZZ4550000000058398257466", "", "number", "check_digit"),
        ("SE45 5000 0000 0583 9825 746", "", "number", "iban"),
        ("SE45 5000 0000 0583 9825 74666", "", "number", "iban"),
        ("SE45 5000 0000 0583 9825 7467", "", "number", "check_digit"),
        ("SE45 5000 0000 0583 9825 7466", "ESSE", "bic", "bic"),
        ("SE45 5000 0000 0583 9825 7466", "SWEDSESS", "bic", "bic_other_bank"),
        ("DK50 0040 0440 1162 43", "", "bic", "bic_required"),
    ],
)
def test_iban_that_cannot_be_is_refused(written, bic, field, code):
    assert refusal(Kind.IBAN, written, bic=bic) == (field, code)


def test_iban_of_a_country_without_iban_is_refused():
    assert refusal(Kind.IBAN, "US64SVBKUS6S3300958879") == ("number", "country")
    assert refusal(Kind.IBAN, f"ZZ{iban.calc_check_digits('ZZ0012345')}12345") == (
        "number",
        "country",
    )


def test_iban_of_a_bank_we_do_not_know_is_taken():
    unknown = "SE0029500000000000000001"

    account = parse(Kind.IBAN, f"SE{iban.calc_check_digits(unknown)}{unknown[4:]}")

    assert (account.bank, account.bic) == ("", "")


@given(st.text(max_size=40), st.text(max_size=8), st.sampled_from(Kind))
def test_no_text_makes_it_fall(number, clearing, kind):
    account, errors = examine(kind, number, clearing=clearing, bic=clearing)

    assert (account is None) == bool(errors)


@given(st.integers(1, 999_999), st.integers(0, 9))
def test_one_wrong_digit_in_a_bankgiro_is_found(body, other):
    right = f"{body:06}{luhn.calc_check_digit(f'{body:06}')}"
    wrong = f"{right[:-1]}{other}"

    account, errors = examine(Kind.BANKGIRO, wrong)

    assert (account is not None) == (wrong == right)
    assert [error.code for error in errors] == ([] if wrong == right else ["check_digit"])
