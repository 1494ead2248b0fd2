"""Numbers as Swedish readers write them: ``2 959 680 kr``, with no-break spaces."""

from decimal import Decimal
from fractions import Fraction

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
MOST_DIGITS = 18
"""So many digits always fit in a column of the database."""


def grouped(number: int | Decimal | Fraction, decimals: int | None = None) -> str:
    """Return a number with its thousands apart, a decimal comma and a real minus sign.

    Without ``decimals`` a whole number has none, and another as many as it needs.

    >>> grouped(-2959680).replace(NBSP, "_")
    '\u22122_959_680'
    >>> grouped(Decimal("71.5000")), grouped(Decimal(3), 2)
    ('71,5', '3,00')
    """
    if isinstance(number, Fraction):
        number = Decimal(number.numerator) / Decimal(number.denominator)
    if decimals is not None:
        text = f"{abs(number):,.{decimals}f}"
    elif number == int(number):
        text = f"{abs(int(number)):,}"
    else:
        text = f"{abs(number):,f}".rstrip("0")
    text = text.replace(",", NBSP).replace(".", ",")
    return f"{MINUS}{text}" if number < 0 else text


def kronor(amount: int) -> str:
    """Return an amount in kronor for people.

    >>> kronor(2959680).replace(NBSP, "_")
    '2_959_680_kr'
    """
    return f"{grouped(amount)}{NBSP}kr"


def row_id(text: str | None) -> int:
    """Return the id that a form or an address says, or 0, which no row has.

    >>> row_id("12"), row_id("\N{ARABIC-INDIC DIGIT THREE}"), row_id("9" * 19), row_id(None)
    (12, 0, 0, 0)
    """
    is_number = text and text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text) if text and is_number else 0


def organisation_number(digits: str | None) -> str:
    """Return ten digits as people write them.

    >>> organisation_number("2120000142"), organisation_number("")
    ('212000-0142', '')
    """
    return f"{digits[:6]}-{digits[6:]}" if digits else ""
