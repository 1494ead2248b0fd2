"""Write a text with the signs that a file format has.

Banks and bookkeeping programs take few signs. What a format lacks is replaced in the
same way every time: a dash by a hyphen, € by EUR, é by e, and what has no likeness by a
question mark. Line breaks and runs of spaces become one space.

>>> within("Café – 5 € “Ö”", "Caf5OÖEURe-' ?".__contains__)
"Cafe - 5 EUR 'Ö'"
>>> within("100\N{NO-BREAK SPACE}kr\\n☃", str.isascii)
'100 kr ?'
"""

import unicodedata
from collections.abc import Callable
from typing import Final

UNKNOWN: Final = "?"
LIKENESSES: Final = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad_~•·", "-"),
    **dict.fromkeys('\u2018\u2019\u201a\u201b\u2032´`"\u201c\u201d\u201e\u2033«»‹›', "'"),
    **dict.fromkeys("[{<", "("),
    **dict.fromkeys("]}>", ")"),
    **dict.fromkeys("\\|", "/"),
    ";": ",",
    "!": ".",
    "…": "...",
    "&": "+",
    "@": "(at)",
    "%": " procent",
    "§": "par.",
    "€": "EUR",
    "£": "GBP",
    "$": "USD",
    "№": "nr",
    "½": "1/2",
    "¼": "1/4",
    "¾": "3/4",
    "×": "x",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "ß": "ss",
    "ð": "d",
    "Ð": "D",
    "đ": "d",
    "Đ": "D",
    "þ": "th",
    "Þ": "Th",
    "ł": "l",
    "Ł": "L",
    "ı": "i",
}
"""What stands for a sign that a format lacks, where no accent can be taken off it."""


def within(text: str, has: Callable[[str], bool]) -> str:
    """Return the text with only signs that the format ``has``."""
    spaced = " ".join(unicodedata.normalize("NFC", text).split())
    signs = (sign if has(sign) else _replacement(sign, has) for sign in spaced)
    return " ".join("".join(signs).split())


def _replacement(sign: str, has: Callable[[str], bool]) -> str:
    for likeness in (LIKENESSES.get(sign, ""), _without_accents(sign)):
        if likeness and all(map(has, likeness)):
            return likeness
    return "" if unicodedata.category(sign) in {"Cc", "Cf", "Mn"} else UNKNOWN


def _without_accents(sign: str) -> str:
    parts = unicodedata.normalize("NFKD", sign)
    return "".join(part for part in parts if not unicodedata.combining(part))
