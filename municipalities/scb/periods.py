"""Read what a figure refers to in time: a year, a month, a quarter or a day.

SCB writes years as "2019", months as "2025M12" and quarters as "2025K4". The figures
of a year are those of its last day, and so are those of a month.

>>> period("31 december 2020"), period("2025m12"), period("1 november 2018")
('2020', '2025M12', '2018-11-01')
>>> period_date("2025M12")
datetime.date(2025, 12, 31)
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Final

MONTHS: Final = (
    ("jan", "januari", "january"),
    ("feb", "februari", "february"),
    ("mar", "mars", "march"),
    ("apr", "april"),
    ("maj", "may"),
    ("jun", "juni", "june"),
    ("jul", "juli", "july"),
    ("aug", "augusti", "august"),
    ("sep", "sept", "september"),
    ("okt", "oct", "oktober", "october"),
    ("nov", "november"),
    ("dec", "december"),
)
MONTH_BY_NAME: Final = {name: n for n, names in enumerate(MONTHS, 1) for name in names}
NAME: Final = "|".join(sorted(MONTH_BY_NAME, key=len, reverse=True))
YEAR: Final = r"(?P<year>(?:18|19|20)\d\d)"

PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<!\d)(?P<day>\d{{1,2}})\s+(?P<name>{NAME})\.?,?\s+{YEAR}(?!\d)",
        rf"\b(?P<name>{NAME})\s+(?P<day>\d{{1,2}}),?\s+{YEAR}(?!\d)",
        rf"(?<!\d){YEAR}-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)",
        rf"(?<![0-9]){YEAR}\s?M(?P<month>\d\d?)(?!\d)",
        rf"(?<![0-9]){YEAR}\s?[KQ](?P<quarter>[1-4])(?!\d)",
        rf"(?<!\d){YEAR}-(?P<month>\d\d)(?![\d-])",
        rf"\b(?P<name>{NAME})\.?\s+{YEAR}(?!\d)",
        rf"(?<!\d){YEAR}(?!\d)",
    )
)
FILLER: Final = re.compile(
    r"(?:den|år|year|per|as of|the)?[\s:]*(?:\d\)|\*|\.)?", re.IGNORECASE
)


def period(cell: object) -> str:
    """Return the period that a cell is, and nothing when it is something more.

    >>> period("2019 1)"), period(2019.0), period("Folkmängd 2019")
    ('2019', '2019', '')
    """
    if isinstance(cell, date):
        return from_day(cell.year, cell.month, cell.day)
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    found, rest = split_period(str(cell))
    return found if found and FILLER.fullmatch(rest) else ""


def split_period(text: str) -> tuple[str, str]:
    """Return the first period in a text, and the text without it.

    >>> split_period("Folkmängd 2018")
    ('2018', 'Folkmängd')
    """
    for pattern in PATTERNS:
        for match in pattern.finditer(text):
            if found := from_match(match):
                rest = f"{text[: match.start()]} {text[match.end() :]}"
                return found, " ".join(rest.split())
    return "", text


def from_match(match: re.Match[str]) -> str:
    """Return the period of a match, or nothing where there is no such day."""
    parts = {key: part for key, part in match.groupdict().items() if part}
    year = int(parts["year"])
    if "quarter" in parts:
        return f"{year}K{parts['quarter']}"
    if "name" in parts:
        month = MONTH_BY_NAME[parts["name"].lower()]
    elif "month" in parts:
        month = int(parts["month"])
    else:
        return str(year)
    if not 1 <= month <= 12:
        return ""
    if "day" not in parts:
        return f"{year}M{month:02}"
    day = int(parts["day"])
    return from_day(year, month, day) if 1 <= day <= monthrange(year, month)[1] else ""


def from_day(year: int, month: int, day: int) -> str:
    """Return the period of a day. The last of a year is the year."""
    return str(year) if (month, day) == (12, 31) else f"{year}-{month:02}-{day:02}"


def period_date(text: str) -> date | None:
    """Return the day that the figures of a period refer to: its last."""
    found = period(text)
    if not found:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", found):
        return date.fromisoformat(found)
    year, month = int(found[:4]), 12
    if found[4:5] == "M":
        month = int(found[5:])
    elif found[4:5] == "K":
        month = int(found[5:]) * 3
    return date(year, month, monthrange(year, month)[1])
