"""Write vouchers for a bookkeeping program: SIE 4I, "transaktioner till huvudbok".

Every Swedish bookkeeping program reads the format. It is text in code page 437, one item
a line, with line ends as in Windows and texts in quotation marks. Amounts are kronor,
debit above zero and credit below; the rows of a voucher sum to zero. An empty voucher
number lets the reading program number it. Source: SIE-gruppen, *SIE filformat*, edition
4B (2008-09-30).

>>> book = Book("Stimulansmedel", "Storsthlm", "2220000000", date(2026, 11, 25),
...             {"1930": "Bank", "4531": "Medel till kommuner"})
>>> rows = [Row("4531", 1500, "Solna stad"), Row("1930", -1500)]
>>> voucher = Voucher("U", "", date(2026, 11, 25), "Utbetalning – vård", rows)
>>> print(sie_file(book, [voucher]).decode("cp437").replace("\\r", ""))
#FLAGGA 0
#PROGRAM "Stimulansmedel" "1"
#FORMAT PC8
#GEN 20261125
#SIETYP 4
#ORGNR 222000-0000
#FNAMN "Storsthlm"
#KONTO 1930 "Bank"
#KONTO 4531 "Medel till kommuner"
#VER "U" "" 20261125 "Utbetalning - vård"
{
#TRANS 4531 {} 1500.00 20261125 "Solna stad"
#TRANS 1930 {} -1500.00 20261125
}
<BLANKLINE>
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from invoices.characters import within

CODE_PAGE: Final = "cp437"
LINE_END: Final = "\r\n"
TEXT_LENGTH: Final = 200
ACCOUNT: Final = re.compile("[0-9]{3,8}")

REASONS: Final = {
    "no_vouchers": "There is nothing to book.",
    "no_rows": "{text}: a voucher has at least two rows.",
    "unbalanced": "{text}: the rows sum to {difference} kronor, not to 0.",
    "zero": "{text}: a row on account {account} has no amount.",
    "account": "The account {account} is not 3 to 8 digits.",
    "unknown_account": "{text}: account {account} is not among the book's accounts.",
    "account_name": "The account {account} has no name.",
    "organisation_number": "{number} is not an organisation number of ten digits.",
}
"""Why no file is made, by code. ``SieError.params`` holds the facts."""


class SieError(ValueError):
    """The vouchers cannot be booked. ``code`` is one of ``REASONS``."""

    def __init__(self, code: str, **params: object) -> None:
        """Say why, by a code in ``REASONS`` and the facts."""
        self.code = code
        self.params = params
        super().__init__(REASONS[code].format(**params))


@dataclass(frozen=True, slots=True)
class Book:
    """Whose books, made by which program; ``accounts`` are names by number."""

    program: str
    company: str
    organisation_number: str
    created_on: date
    accounts: Mapping[str, str]
    version: str = "1"


@dataclass(frozen=True, slots=True)
class Row:
    """An amount in whole kronor on an account: debit above zero, credit below."""

    account: str
    amount: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Voucher:
    """What is booked together on a day. The number may be empty."""

    series: str
    number: str
    on: date
    text: str
    rows: Sequence[Row]


def sie_file(book: Book, vouchers: Sequence[Voucher]) -> bytes:
    """Return the file, or raise the first ``SieError``."""
    for error in problems(book, vouchers):
        raise error
    lines = [*_head(book), *(line for voucher in vouchers for line in _voucher(voucher))]
    return "".join(f"{line}{LINE_END}" for line in lines).encode(CODE_PAGE)


def problems(book: Book, vouchers: Sequence[Voucher]) -> Iterator[SieError]:
    """Yield everything that stops the file from being made."""
    if not re.fullmatch("[0-9]{10}", book.organisation_number):
        yield SieError("organisation_number", number=book.organisation_number)
    for account, name in book.accounts.items():
        if not ACCOUNT.fullmatch(account):
            yield SieError("account", account=account)
        if not _text(name):
            yield SieError("account_name", account=account)
    if not vouchers:
        yield SieError("no_vouchers")
    for voucher in vouchers:
        yield from _voucher_problems(book, voucher)


def _voucher_problems(book: Book, voucher: Voucher) -> Iterator[SieError]:
    difference = sum(row.amount for row in voucher.rows)
    if len(voucher.rows) < 2:
        yield SieError("no_rows", text=voucher.text)
    if difference:
        yield SieError("unbalanced", text=voucher.text, difference=difference)
    for row in voucher.rows:
        about = {"text": voucher.text, "account": row.account}
        if row.account not in book.accounts:
            yield SieError("unknown_account", **about)
        if not row.amount:
            yield SieError("zero", **about)


def _head(book: Book) -> Iterator[str]:
    number = book.organisation_number
    yield "#FLAGGA 0"
    yield f"#PROGRAM {_quoted(book.program)} {_quoted(book.version)}"
    yield "#FORMAT PC8"
    yield f"#GEN {_day(book.created_on)}"
    yield "#SIETYP 4"
    yield f"#ORGNR {number[:6]}-{number[6:]}"
    yield f"#FNAMN {_quoted(book.company)}"
    for account, name in sorted(book.accounts.items()):
        yield f"#KONTO {account} {_quoted(name)}"


def _voucher(voucher: Voucher) -> Iterator[str]:
    series, number = _quoted(voucher.series), _quoted(voucher.number)
    yield f"#VER {series} {number} {_day(voucher.on)} {_quoted(voucher.text)}"
    yield "{"
    for row in voucher.rows:
        text = f" {_quoted(row.text)}" if _text(row.text) else ""
        yield f"#TRANS {row.account} {{}} {row.amount}.00 {_day(voucher.on)}{text}"
    yield "}"


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _quoted(text: str) -> str:
    r"""Return a text in quotation marks, with those within it marked by a backslash.

    >>> _quoted('Projekt "Nära vård" 50 €')
    '"Projekt \\"Nära vård\\" 50 EUR"'
    """
    escaped = _text(text).replace('"', '\\"')
    return f'"{escaped}"'


def _text(text: str) -> str:
    return within(text, _is_in_code_page)[:TEXT_LENGTH].rstrip()


def _is_in_code_page(sign: str) -> bool:
    """Tell whether the code page has a sign; a backslash would hide what follows it."""
    return sign.isprintable() and sign != "\\" and bool(sign.encode(CODE_PAGE, "ignore"))
