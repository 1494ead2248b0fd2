"""Read a number as SCB, a spreadsheet or a person writes it. Answers are exact.

SCB's signs for a missing figure are ".." (not available), "." (not applicable) and
"-" (nothing to report): https://www.scb.se/hitta-statistik/statistikdatabasen/

>>> number("1 234 567"), number("71,5"), number(".."), number(46786.0)
(1234567, Fraction(143, 2), None, 46786)
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import isfinite
from typing import Final

from municipalities.scb.model import Number

MISSING: Final = frozenset({"", ".", "..", "...", "-", "–", "—", ":"})
NIL: Final = frozenset({"-", "–", "—"})
LARGEST: Final = 10**15

SPACES: Final = "\u0020\u00a0\u2009\u202f\u2007"
GROUPED: Final = re.compile(rf"[+-]?\d{{1,3}}(?:([{SPACES}'’])\d{{3}})(?:\1\d{{3}})*")
COMMAS: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3}){2,}")
POINTS: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3}){2,}")
PLAIN: Final = re.compile(r"[+-]?\d{1,30}(?:[.,]\d{1,15})?(?:[eE][+-]?\d{1,2})?")
UNCLEAR: Final = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


class NumberError(ValueError):
    """The text is not a number."""


class AmbiguousNumberError(NumberError):
    """The text is two numbers: "1,234" is a thousand to some, a fraction to others."""


def number(cell: object, *, decimal_point: bool = False) -> Number | None:
    """Return the number in a cell, or nothing where SCB says that there is none.

    ``decimal_point`` is for formats where the point is always decimal (PC-Axis, JSON).

    >>> number("1,234")
    Traceback (most recent call last):
    municipalities.scb.numbers.AmbiguousNumberError: 1,234
    """
    if cell is None:
        return None
    if isinstance(cell, bool):
        raise NumberError(str(cell))
    if isinstance(cell, int):
        return within_reason(cell)
    if isinstance(cell, float):
        return from_float(cell)
    if not isinstance(cell, str):
        raise NumberError(str(cell))
    text = cell.strip()
    if text.isascii() and text.isdigit() and len(text) <= 16:
        return within_reason(int(text))
    if text in MISSING:
        return None
    return from_text(text.replace("−", "-"), decimal_point=decimal_point)


def from_float(cell: float) -> Number:
    """Return what the spreadsheet shows: a double holds fifteen digits.

    >>> from_float(0.1 + 0.2)
    Fraction(3, 10)
    """
    if not isfinite(cell) or abs(cell) > LARGEST:
        raise NumberError(str(cell))
    return int(cell) if cell.is_integer() else simplest(Fraction(f"{cell:.15g}"))


def from_text(text: str, *, decimal_point: bool) -> Number:
    """Return the number of a text with signs, spaces or decimals."""
    if UNCLEAR.fullmatch(text) and not decimal_point:
        raise AmbiguousNumberError(text)
    integer, comma, decimals = text.partition(",")
    if not comma:
        integer, comma, decimals = text.partition(".")
    if GROUPED.fullmatch(integer) and (not comma or decimals.isdecimal()):
        integer = re.sub(rf"[{SPACES}'’]", "", integer)
        text = f"{integer}.{decimals}" if comma else integer
    elif COMMAS.fullmatch(text) or POINTS.fullmatch(text):
        text = text.replace(",", "").replace(".", "")
    if len(text) > 60 or not text.isascii() or not PLAIN.fullmatch(text):
        raise NumberError(text)
    return within_reason(simplest(Fraction(text.replace(",", "."))))


def within_reason(value: Number) -> Number:
    """Return the number, unless it is too large to be a count of anything."""
    if not -LARGEST <= value <= LARGEST:
        raise NumberError(str(value)[:40])
    return value


def simplest(value: Fraction) -> Number:
    """Return a whole number as an int."""
    return value.numerator if value.denominator == 1 else value


def looks_like_number(cell: object) -> bool:
    """Tell whether a cell holds a figure, or one of SCB's signs for none."""
    if isinstance(cell, str) and cell.strip() in MISSING:
        return bool(cell.strip())
    try:
        return number(cell) is not None
    except AmbiguousNumberError:
        return True
    except NumberError:
        return False
