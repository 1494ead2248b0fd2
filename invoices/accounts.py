"""Read an account to pay to: bankgiro, plusgiro, bank account or IBAN, and check it.

Bankgiro numbers have 7 or 8 digits and plusgiro numbers 2 to 8; the last is a check
digit over all of them (Luhn's, "10-modulen").

A Swedish bank account is a clearing number, which names the bank, and an account number.
How the check digit of the account is counted depends on the bank: Bankgirot, *Bankernas
kontonummer* (user manual, 2023), with its two types of account numbers and the comments
to them. Clearing numbers 8000 to 8999 (Swedbank and savings banks) are written with a
fifth digit, a check digit over the first four; it is no part of the clearing number that
banks use between them. Bank ids and BIC: Bankinfrastruktur, *IBAN-ID och BIC-adress för
banker* (2023-09-07). Where its sources differ about a bank, the table has nothing.

An account is refused only where a rule is sure. Bankgirot says that some of Swedbank's
accounts there have a check digit that cannot be counted: they are taken, and
``is_verified`` tells that nothing vouches for them.

An IBAN carries check digits of its own (ISO 13616, mod 97). An IBAN of another country
needs a BIC (ISO 9362): we do not know the banks of other countries.

>>> parse(Kind.BANKGIRO, "991-2346").formatted
'991-2346'
>>> account = parse(Kind.BANK, "82 574 66", clearing="5839")
>>> account.bank, account.number, iban_of(account)
('SEB', '8257466', 'SE4550000000058398257466')
>>> parse(Kind.PLUSGIRO, "90 19 50-7")
Traceback (most recent call last):
invoices.accounts.AccountError: number: the check digit of 9019507 is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from stdnum import iban, luhn
from stdnum.exceptions import InvalidChecksum, InvalidFormat, ValidationError

Field = Literal["number", "clearing", "bic"]

NBSP: Final = "\N{NO-BREAK SPACE}"
SEPARATORS: Final = re.compile(r"[\s.\-\u2010-\u2015\u2212\u00ad\u200b\ufeff]+")
"""What people put between digits: spaces of all kinds, points, hyphens and dashes."""

BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
WRITTEN_IBAN: Final = re.compile("[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}")
SWEDEN: Final = "SE"
SHOWN: Final = 34
"""So much of what was written is repeated in a refusal."""


class Kind(StrEnum):
    """How an account is written."""

    BANKGIRO = "bankgiro"
    PLUSGIRO = "plusgiro"
    BANK = "bank"
    IBAN = "iban"


REASONS: Final = {
    "required": "{field}: nothing is written.",
    "digits": "{field}: {text} has other signs than digits.",
    "length": "{field}: {digits} digits, not {least} to {most}.",
    "check_digit": "{field}: the check digit of {text} is wrong.",
    "clearing_unknown": "{field}: no bank has the clearing number {text}.",
    "iban": "{field}: {text} is not written as an IBAN of {country}.",
    "country": "{field}: {text} does not begin with a country that has IBAN.",
    "bic": "{field}: {text} is not a BIC.",
    "bic_required": "{field}: an IBAN of {country} needs a BIC.",
    "bic_other_bank": "{field}: {text} is not {bank}, which the account belongs to.",
}
"""Why an account is refused, by code. ``AccountError.params`` holds the facts."""


class AccountError(ValueError):
    """The account cannot be right. ``code`` is one of ``REASONS``, ``field`` where."""

    def __init__(self, code: str, *, field: Field, kind: Kind, **params: object) -> None:
        """Say why, by a code in ``REASONS``, which field it is about and the facts."""
        self.code = code
        self.field = field
        self.kind = kind
        self.params = params
        super().__init__(REASONS[code].format(field=field, **params))


class Check(StrEnum):
    """How an account's check digit is counted, by Bankgirot's types and comments."""

    SHORT = "type 1, comment 1"
    """Modulus 11 over the clearing number without its first digit, and the account."""
    LONG = "type 1, comment 2"
    """Modulus 11 over the clearing number and the account."""
    TEN = "type 2, comment 1"
    """Modulus 10 over the account's ten digits."""
    NINE = "type 2, comment 2"
    """Modulus 11 over the account's nine digits (Handelsbanken)."""
    TEN_MOSTLY = "type 2, comment 3"
    """Modulus 10 over the account's ten digits, which some accounts do not follow."""
    UNSURE = "type 1"
    """Seven digits; the sources do not agree on how the last is counted."""


class Bank(NamedTuple):
    """A range of clearing numbers and whose it is. ``iban_id`` is empty if unsure."""

    first: int
    last: int
    name: str
    check: Check
    iban_id: str = ""
    bic: str = ""
    least: int = 7
    """The fewest digits an account is written with; zeros are put before them."""
    clearing_in_iban: bool = True

    @property
    def digits(self) -> int:
        """Return how many digits an account has when it is written out."""
        if self.check is Check.NINE:
            return 9
        return 10 if self.check in {Check.TEN, Check.TEN_MOSTLY} else 7


_SHORT, _LONG, _TEN = Check.SHORT, Check.LONG, Check.TEN

BANKS: Final = (
    Bank(1100, 1199, "Nordea", _SHORT, "300", "NDEASESS"),
    Bank(1200, 1399, "Danske Bank", _SHORT, "120", "DABASESX"),
    Bank(1400, 2099, "Nordea", _SHORT, "300", "NDEASESS"),
    Bank(2300, 2399, "Ålandsbanken", _LONG, "230", "AABASESS"),
    Bank(2400, 2499, "Danske Bank", _SHORT, "120", "DABASESX"),
    Bank(3000, 3299, "Nordea", _SHORT, "300", "NDEASESS"),
    Bank(3300, 3300, "Nordea", _TEN, "", "NDEASESS", 10),
    Bank(3301, 3399, "Nordea", _SHORT, "300", "NDEASESS"),
    Bank(3400, 3409, "Länsförsäkringar Bank", _SHORT, "902", "ELLFSESS"),
    Bank(3410, 3781, "Nordea", _SHORT, "300", "NDEASESS"),
    Bank(3782, 3782, "Nordea", _TEN, "", "NDEASESS", 10),
    Bank(3783, 3999, "Nordea", _SHORT, "300", "NDEASESS"),
    Bank(4000, 4999, "Nordea", _LONG, "300", "NDEASESS"),
    Bank(5000, 5999, "SEB", _SHORT, "500", "ESSESESS"),
    Bank(6000, 6999, "Handelsbanken", Check.NINE, "600", "HANDSESS", 8, False),
    Bank(7000, 7999, "Swedbank", _SHORT, "800", "SWEDSESS"),
    Bank(8000, 8999, "Swedbank", Check.TEN_MOSTLY, "800", "SWEDSESS", 6),
    Bank(9020, 9029, "Länsförsäkringar Bank", _LONG, "902", "ELLFSESS"),
    Bank(9040, 9049, "Citibank", _LONG, "904", "CITISESX"),
    Bank(9060, 9069, "Länsförsäkringar Bank", _SHORT, "902", "ELLFSESS"),
    Bank(9070, 9079, "Multitude Bank", _SHORT, "907", "FEMAMTMT"),
    Bank(9100, 9109, "Nordnet Bank", _LONG, "910", "NNSESES1"),
    Bank(9120, 9124, "SEB", _SHORT, "500", "ESSESESS"),
    Bank(9130, 9149, "SEB", _SHORT, "500", "ESSESESS"),
    Bank(9150, 9169, "Skandiabanken", _LONG, "915", "SKIASESS"),
    Bank(9170, 9179, "Ikano Bank", _SHORT, "917", "IKANSE21"),
    Bank(9180, 9189, "Danske Bank", _TEN, "", "DABASESX", 10),
    Bank(9190, 9199, "DNB Bank", _LONG, "919", "DNBASESX"),
    Bank(9230, 9239, "Marginalen Bank", _SHORT, "923", "MARGSESS"),
    Bank(9250, 9259, "SBAB", _SHORT, "925", "SBAVSESS"),
    Bank(9260, 9269, "DNB Bank", _LONG, "919", "DNBASESX"),
    Bank(9270, 9279, "ICA Banken", _SHORT, "927", "IBCASES1"),
    Bank(9280, 9289, "Resurs Bank", _SHORT, "928", "RESUSE21"),
    Bank(9300, 9349, "Swedbank", _TEN, "", "SWEDSESS", 8),
    Bank(9390, 9399, "Landshypotek Bank", _LONG, "939", "LAHYSESS"),
    Bank(9400, 9449, "Forex Bank", _SHORT, "940", "FORXSES1"),
    Bank(9460, 9469, "Santander Consumer Bank", _SHORT),
    Bank(9470, 9479, "BNP Paribas", _LONG, "947", "FTSBSESS"),
    Bank(9500, 9549, "Nordea (Plusgirot)", _TEN, "", "NDEASESS", 2),
    Bank(9550, 9569, "Avanza Bank", _LONG, "955", "AVANSES1"),
    Bank(9570, 9579, "Sparbanken Syd", _TEN, "957", "SPSDSE23", 8, False),
    Bank(9580, 9589, "Aion Bank", _SHORT, "958", "BMPBSESS"),
    Bank(9590, 9599, "Erik Penser Bank", _LONG, "959", "ERPFSES2"),
    Bank(9610, 9619, "Volvofinans Bank", Check.UNSURE),
    Bank(9620, 9629, "Bank of China", Check.UNSURE),
    Bank(9630, 9639, "Lån & Spar Bank", _SHORT, "963", "LOSADKKK"),
    Bank(9640, 9649, "NOBA Bank", _LONG, "964", "NOFBSESS"),
    Bank(9650, 9659, "MedMera Bank", Check.UNSURE, "965", "MEMMSE21"),
    Bank(9660, 9669, "Svea Bank", _LONG, "966", "SVEASES1"),
    Bank(9670, 9679, "JAK Medlemsbank", _LONG, "967", "JAKMSE22"),
    Bank(9680, 9689, "Bluestep Bank", _SHORT, "968", "BSTPSESS"),
    Bank(9700, 9709, "Ekobanken", _LONG, "970", "EKMLSE21"),
    Bank(9710, 9719, "Lunar Bank", _LONG, "971", "LUNADK2B"),
    Bank(9750, 9759, "Northmill Bank", _LONG, "975", "NOHLSESS"),
    Bank(9780, 9789, "Klarna Bank", _LONG, "978", "KLRNSESS"),
    Bank(9880, 9889, "Riksgälden", _LONG),
    Bank(9890, 9899, "Riksgälden", _TEN, "", "", 10),
    Bank(9960, 9969, "Nordea (Plusgirot)", _TEN, "", "NDEASESS", 2),
)
"""The banks in Sweden by clearing number, in order."""

BY_IBAN_ID: Final = {bank.iban_id: bank for bank in reversed(BANKS) if bank.iban_id} | {
    "950": Bank(9500, 9549, "Nordea (Plusgirot)", _TEN, "950", "NDEASESS")
}
GROUPS: Final = {7: (2, 3, 2), 9: (3, 3, 3), 10: (3, 3, 3, 1)}


@dataclass(frozen=True, slots=True)
class Account:
    """An account that has been checked. ``number`` and ``clearing`` are bare digits.

    The number is written out with its leading zeros, and a clearing number of Swedbank's
    with its fifth digit, so that the same account is always written in the same way. An
    IBAN is in ``number``. ``bic`` is filled in where the bank is known.
    """

    kind: Kind
    number: str
    clearing: str = ""
    bic: str = ""

    @property
    def formatted(self) -> str:
        """Return the account as people write it, with no-break spaces.

        >>> Account(Kind.PLUSGIRO, "9019506").formatted.replace(NBSP, "_")
        '90_19_50-6'
        >>> Account(Kind.BANK, "1023045678", "83279").formatted.replace(NBSP, "_")
        '8327-9,_102_304_567_8'
        """
        number = self.number
        if self.kind is Kind.BANKGIRO:
            return f"{number[:-4]}-{number[-4:]}"
        if self.kind is Kind.PLUSGIRO:
            pairs = re.findall("..", number[:-1].rjust(len(number) // 2 * 2))
            return f"{NBSP.join(pairs).strip()}-{number[-1]}"
        if self.kind is Kind.IBAN:
            return NBSP.join(re.findall(".{1,4}", number))
        clearing = "-".join(filter(None, (self.clearing[:4], self.clearing[4:])))
        return f"{clearing},{NBSP}{NBSP.join(_grouped(number))}"

    @property
    def bank(self) -> str:
        """Return the bank's name, if we know it: a giro number has no bank."""
        bank = self._bank()
        return bank.name if bank else ""

    @property
    def clearing_number(self) -> str:
        """Return the four digits that banks use between them."""
        return self.clearing[:4]

    @property
    def country(self) -> str:
        """Return the country where the account is, as two letters.

        >>> Account(Kind.IBAN, "DK5000400440116243").country
        'DK'
        """
        return self.number[:2] if self.kind is Kind.IBAN else SWEDEN

    @property
    def is_foreign(self) -> bool:
        """Tell whether the account is in another country than Sweden."""
        return self.country != SWEDEN

    @property
    def is_verified(self) -> bool:
        """Tell whether a check digit vouches for the number. If not, look at it again."""
        bank = self._bank()
        if self.kind is not Kind.BANK or bank is None:
            return True
        return _vouches(bank, self.clearing_number, self.number)

    def _bank(self) -> Bank | None:
        if self.kind is Kind.BANK:
            return bank_of(self.clearing_number)
        if self.kind is Kind.IBAN and not self.is_foreign:
            return BY_IBAN_ID.get(self.number[4:7])
        return None


def parse(kind: Kind | str, number: str, *, clearing: str = "", bic: str = "") -> Account:
    """Return the account that is written, or raise the first ``AccountError``."""
    account, errors = examine(kind, number, clearing=clearing, bic=bic)
    if account is None:
        raise errors[0]
    return account


def examine(
    kind: Kind | str, number: str, *, clearing: str = "", bic: str = ""
) -> tuple[Account | None, tuple[AccountError, ...]]:
    """Return the account that is written, or everything that is wrong with it at once.

    >>> account, errors = examine(Kind.BANK, "12", clearing="58x9")
    >>> account, [(error.field, error.code) for error in errors]
    (None, [('clearing', 'digits')])
    """
    kind = Kind(kind)
    if kind is Kind.IBAN:
        return _iban(number, bic)
    if kind is Kind.BANK:
        return _bank_account(number, clearing)
    digits = SEPARATORS.sub("", number)
    least, most = (7, 8) if kind is Kind.BANKGIRO else (2, 8)
    if kind is Kind.PLUSGIRO:
        digits = digits.lstrip("0") or digits
    errors = tuple(_wrong(digits, kind, "number", least=least, most=most))
    if not errors and not _luhn(digits):
        errors = (AccountError("check_digit", field="number", kind=kind, text=digits),)
    return (None if errors else Account(kind, digits)), errors


def bank_of(clearing: str) -> Bank | None:
    """Return the bank that has a clearing number of four digits.

    >>> bank_of("6000").name, bank_of("9999")
    ('Handelsbanken', None)
    """
    number = int(clearing)
    return next((bank for bank in BANKS if bank.first <= number <= bank.last), None)


def iban_of(account: Account) -> str:
    """Return the IBAN of a Swedish bank account, or nothing where it is not sure.

    The bank's id and 17 digits: the account with zeros before it, after the clearing
    number except at banks whose account numbers are of their own. Source:
    Bankinfrastruktur, *IBAN och svenskt nationellt kontonummer*.

    >>> iban_of(Account(Kind.BANK, "0009783242", "81034"))
    'SE7280000810340009783242'
    """
    if account.kind is Kind.IBAN:
        return account.number
    bank = account._bank()
    if bank is None or not bank.iban_id or account.kind is not Kind.BANK:
        return ""
    if not account.is_verified:
        return ""
    number = (
        f"{account.clearing}{account.number}" if bank.clearing_in_iban else account.number
    )
    bban = f"{bank.iban_id}{number:0>17}"
    return f"{SWEDEN}{iban.calc_check_digits(f'{SWEDEN}00{bban}')}{bban}"


def _wrong(
    text: str, kind: Kind, field: Field, *, least: int, most: int, bank: str = ""
) -> Iterator[AccountError]:
    if not text:
        yield AccountError("required", field=field, kind=kind)
    elif not re.fullmatch("[0-9]+", text):
        yield AccountError("digits", field=field, kind=kind, text=text[:SHOWN])
    elif not least <= len(text) <= most:
        about = {"digits": len(text), "least": least, "most": most, "bank": bank}
        yield AccountError("length", field=field, kind=kind, **about)


def _bank_account(
    number: str, clearing: str
) -> tuple[Account | None, tuple[AccountError, ...]]:
    digits, clearing = SEPARATORS.sub("", number), SEPARATORS.sub("", clearing)
    errors = list(_wrong_clearing(clearing))
    is_readable = all(error.code == "check_digit" for error in errors)
    bank = bank_of(clearing[:4]) if is_readable else None
    if bank is None:
        return None, (*errors, *_wrong(digits, Kind.BANK, "number", least=2, most=15))
    if clearing.startswith("8"):
        clearing = f"{clearing[:4]}{luhn.calc_check_digit(clearing[:4])}"
    for repeated in (clearing, clearing[:4]):
        if len(digits) > bank.digits:
            digits = digits.removeprefix(repeated)
    errors += _wrong_at(bank, clearing[:4], digits)
    if errors:
        return None, tuple(errors)
    return Account(Kind.BANK, digits.rjust(bank.digits, "0"), clearing, bank.bic), ()


def _wrong_clearing(clearing: str) -> Iterator[AccountError]:
    most = 5 if clearing.startswith("8") else 4
    unreadable = tuple(_wrong(clearing, Kind.BANK, "clearing", least=4, most=most))
    yield from unreadable
    if unreadable:
        return
    code = ""
    if bank_of(clearing[:4]) is None:
        code = "clearing_unknown"
    elif len(clearing) == 5 and not _luhn(clearing):
        code = "check_digit"
    if code:
        yield AccountError(code, field="clearing", kind=Kind.BANK, text=clearing)


def _wrong_at(bank: Bank, clearing: str, digits: str) -> Iterator[AccountError]:
    """Yield what is wrong with an account number at a bank."""
    sizes = {"least": bank.least, "most": bank.digits}
    unreadable = tuple(_wrong(digits, Kind.BANK, "number", **sizes, bank=bank.name))
    yield from unreadable
    if unreadable:
        return
    must_be_right = bank.check not in {Check.TEN_MOSTLY, Check.UNSURE}
    vouched = _vouches(bank, clearing, digits.rjust(bank.digits, "0"))
    if not int(digits) or (must_be_right and not vouched):
        about = {"text": digits, "bank": bank.name}
        yield AccountError("check_digit", field="number", kind=Kind.BANK, **about)


def _iban(number: str, bic: str) -> tuple[Account | None, tuple[AccountError, ...]]:
    text = SEPARATORS.sub("", number).upper()
    if re.match("IBAN[A-Z]{2}", text):
        text = text.removeprefix("IBAN")
    bic = SEPARATORS.sub("", bic).upper()
    country = text[:2]
    errors = list(_wrong_iban(text))
    if bic and not BIC.fullmatch(bic):
        errors.append(AccountError("bic", field="bic", kind=Kind.IBAN, text=bic[:SHOWN]))
    if errors:
        return None, tuple(errors)
    bank = BY_IBAN_ID.get(text[4:7]) if country == SWEDEN else None
    if bank and bic and bic[:6] != bank.bic[:6]:
        about = {"text": bic, "bank": bank.name}
        return None, (AccountError("bic_other_bank", field="bic", kind=Kind.IBAN, **about),)
    if not bic and country != SWEDEN:
        error = AccountError("bic_required", field="bic", kind=Kind.IBAN, country=country)
        return None, (error,)
    return Account(Kind.IBAN, text, bic=bic or (bank.bic if bank else "")), ()


def _wrong_iban(text: str) -> Iterator[AccountError]:
    country = text[:2]
    if not text:
        code = "required"
    elif not re.match("[A-Z]{2}", text):
        code = "country"
    elif not WRITTEN_IBAN.fullmatch(text) or (country == SWEDEN and len(text) != 24):
        code = "iban"
    else:
        code = _iban_fault(text)
    if code:
        about = {"text": text[:SHOWN], "country": country}
        yield AccountError(code, field="number", kind=Kind.IBAN, **about)


def _iban_fault(text: str) -> str:
    try:
        iban.validate(text)
    except InvalidChecksum:
        return "check_digit"
    except InvalidFormat:
        return "iban"
    except ValidationError:
        return "country"
    return ""


def _vouches(bank: Bank, clearing: str, number: str) -> bool:
    if bank.check is Check.SHORT:
        return _mod11(clearing[1:] + number)
    if bank.check is Check.LONG:
        return _mod11(clearing + number)
    if bank.check is Check.NINE:
        return _mod11(number)
    return bank.check is not Check.UNSURE and _luhn(number)


def _mod11(digits: str) -> bool:
    """Tell whether digits weighted 1 to 10 from the right, and 1 again, sum to elevens.

    >>> _mod11("801230659"), _mod11("801230658")
    (True, False)
    """
    weighed = enumerate(reversed(digits))
    return sum((place % 10 + 1) * int(digit) for place, digit in weighed) % 11 == 0


def _luhn(digits: str) -> bool:
    """Tell whether Luhn's check digit is right. Zeros alone are no number."""
    return bool(int(digits)) and bool(luhn.is_valid(digits))


def _grouped(number: str) -> Iterator[str]:
    start = 0
    for size in GROUPS[len(number)]:
        yield number[start : start + size]
        start += size
