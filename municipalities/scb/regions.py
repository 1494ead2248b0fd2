"""Tell municipality, county and nation apart by their codes.

A municipality code (kommunkod) is four digits, and the first two are the county
(länskod). Source: SCB, "Län och kommuner i kodnummerordning". Spreadsheets drop the
zero in front; it is put back here.

>>> region("0127 Botkyrka")
Region(level='municipality', code='0127', name='Botkyrka', written='0127')
>>> region(127.0).code, region("01 Stockholm county").level, region("Riket").level
('0127', 'county', 'nation')
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal, NamedTuple

Level = Literal["municipality", "county", "nation"]

COUNTIES: Final = frozenset(
    [
        "01",
        "03",
        "04",
        "05",
        "06",
        "07",
        "08",
        "09",
        "10",
        "12",
        "13",
        "14",
        "17",
        "18",
        "19",
        "20",
        "21",
        "22",
        "23",
        "24",
        "25",
    ]
)
NATION: Final = frozenset(
    {"riket", "hela riket", "sverige", "sweden", "whole country", "the whole country"}
)
CODE: Final = re.compile(r"(?:SE[-_ ]?(?=\d{4}\b))?(\d{1,4})(?:[\s\u00a0:._-]+(.*))?", re.S)
TOTAL: Final = re.compile(
    r"(?:\d{0,4}\s*)?(?:summa|totalt?|samtliga|sum|all[ae]?|hela länet)\b", re.I
)


class Region(NamedTuple):
    """A region by code. ``written`` is the code as the file has it."""

    level: Level
    code: str
    name: str
    written: str


LONGEST: Final = 100


def region(cell: object) -> Region | None:
    """Return the region that a cell names by code, or the nation by its name."""
    if isinstance(cell, str) and len(cell) > LONGEST:
        return None
    return known_region(cell)


@lru_cache(maxsize=8192, typed=True)
def known_region(cell: object) -> Region | None:
    """Return the region of a cell, which often is the same as many others."""
    if isinstance(cell, float):
        if not cell.is_integer():
            return None
        cell = str(int(cell))
    if isinstance(cell, bool) or not isinstance(cell, int | str):
        return None
    text = str(cell).strip().strip("'\"").strip()
    if text.casefold() in NATION:
        return Region("nation", "00", text, "")
    match = CODE.fullmatch(text)
    if not match or not match[1].isascii():
        return None
    written, name = match[1], (match[2] or "").strip()
    if name and not any(letter.isalpha() for letter in name):
        return None
    return by_code(written, name)


def by_code(written: str, name: str) -> Region | None:
    """Return the region of a code. Three digits have lost the zero in front."""
    if len(written) <= 2 or written in {"0000", "000"}:
        code = written.zfill(2)[:2]
        return Region("nation" if code == "00" else "county", code, name, written)
    code = written.zfill(4)
    if code.endswith("00"):
        return Region("county", code[:2], name, written)
    return Region("municipality", code, name, written)


def is_likely(found: Region | None) -> bool:
    """Tell whether a code can be a municipality's: its county exists."""
    return (
        found is not None
        and found.level == "municipality"
        and found.code[:2] in COUNTIES
        and found.code[2:] > "03"
    )


def is_county(found: Region | None) -> bool:
    """Tell whether a code is a county's."""
    return found is not None and found.level == "county" and found.code in COUNTIES
