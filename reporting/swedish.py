"""Dates, lists and order as Swedish documents have them, whatever the page's language."""

from collections.abc import Sequence
from datetime import date

from municipalities.numbers import NBSP

MONTHS = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
]

LAST_LETTERS = str.maketrans("åäöéü", "{|}ey")
"""Å, ä and ö come after z; é is sorted as e, and ü as y."""


def day(on: date | None) -> str:
    """Return a date in words, or nothing.

    >>> day(date(2020, 8, 30)).replace(NBSP, "_")
    '30_augusti_2020'
    """
    return f"{on.day}{NBSP}{MONTHS[on.month - 1]}{NBSP}{on.year}" if on else ""


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    >>> listed(["Mora", "Orsa", "Rättvik"])
    'Mora, Orsa och Rättvik'
    """
    return " och ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def alphabetical(name: str) -> str:
    """Return a key that sorts names as a Swedish reader looks for them.

    >>> sorted(["Österåker", "Ekerö", "Ängelholm", "Åre"], key=alphabetical)
    ['Ekerö', 'Åre', 'Ängelholm', 'Österåker']
    """
    return name.casefold().translate(LAST_LETTERS)
