"""Recognise what a table is divided by, and make a sensible choice beforehand.

The choice is the total row where the file has one, otherwise the sum of the parts:
never both, which would count everyone twice.

>>> kind("kön"), kind("Marital status"), option_kind("kvinnor"), is_total("båda könen")
('sex', 'civil_status', 'sex', True)
>>> parse_age("100+ år"), parse_age("0-4"), parse_age("65 år")
((100, 999), (0, 4), (65, 65))
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from municipalities.scb.model import SUM, Dimension, Option
from municipalities.scb.periods import period, period_date

KINDS: Final[Mapping[str, re.Pattern[str]]] = {
    key: re.compile(pattern, re.IGNORECASE)
    for key, pattern in {
        "period": r"år|year|ar|period|tid|time|månad|month|kvartal|quarter|datum|date"
        r"|årtal|mätår|referenstid",
        "sex": r"kön|kon|sex|gender",
        "age": r"ålder|alder|age|ages|åldersgrupp|åldersklass|age ?group",
        "civil_status": r"civilstånd|civilstand|marital ?status|civil ?status",
        "content": r"tabellinnehåll|tabellinnehall|contents?|contents ?code|observations?"
        r"|innehåll|variabel|measure|mått",
    }.items()
}
SUMMABLE: Final = frozenset({"sex", "age", "civil_status"})

SEX: Final = re.compile(
    r"män|man|men|kvinnor|kvinna|women|male|males|female|females|pojkar|flickor|boys"
    r"|girls|båda könen|både könen|both sexes|män och kvinnor|men and women"
    r"|totalt? kön|total sex",
    re.IGNORECASE,
)
TOTAL: Final = re.compile(
    r"(?:totalt?|samtliga|alla|all|summa|sum|båda|både|both)(?:\s+.*)?"
    r"|tot\w{0,3}|tot(?:alt|al)?[-_ ]?\w*"
    r"|(?:män|men) (?:och|and|\+) (?:kvinnor|women)|1\+2"
    r"|hela befolkningen|whole population",
    re.IGNORECASE,
)
AGE: Final = re.compile(
    r"(?P<first>\d{1,3})\s*(?:(?P<more>\+|(?:år )?och äldre|-w|[-–]$)"
    r"|(?:[-–]|till|to)\s*(?P<last>\d{1,3}|w)\s*(?P<more2>\+)?)?"
    r"\s*(?:år|years?|yrs)?\s*(?P<more3>\+|(?:och|and|or) (?:äldre|older|över|over))?",
    re.IGNORECASE,
)
OLDEST: Final = 999
VALUES: Final = "__values__"
"""The content of columns that have no words of their own, only a year or a sex."""


def kind(label: str) -> str:
    """Return the kind of a dimension, by the name that SCB gives it."""
    words = " ".join(label.replace("_", " ").strip().strip(":").split())
    return next((key for key, name in KINDS.items() if name.fullmatch(words)), "")


def option_kind(label: str) -> str:
    """Return the kind of dimension that an option belongs to, where it is plain."""
    text = label.strip()
    if SEX.fullmatch(text):
        return "sex"
    if period(text):
        return "period"
    if re.search(r"[^\d\s]", text) and parse_age(text):
        return "age"
    if re.fullmatch(r"tot(?:alt|al)? (?:ålder|ages?)", text, re.IGNORECASE):
        return "age"
    return ""


def is_total(label: str) -> bool:
    """Tell whether an option is the whole: "totalt", "båda könen"."""
    return bool(TOTAL.fullmatch(label.strip()))


def parse_age(label: str) -> tuple[int, int] | None:
    """Return the first and the last age of a group."""
    match = AGE.fullmatch(label.strip())
    if not match:
        return None
    first, last = int(match["first"]), match["last"]
    if match["more"] or match["more2"] or match["more3"] or last in {"w", "W"}:
        return first, OLDEST
    return first, int(last) if last else first


def total_option(key: str, options: Mapping[str, str]) -> str:
    """Return the option that already is the whole, or nothing."""
    for code, label in options.items():
        if is_total(label) or (is_total(code) and len(code) <= 6):
            return code
    if key == "age" and len(options) > 1:
        ages = {code: parse_age(label) for code, label in options.items()}
        if all(ages.values()):
            first = min(age[0] for age in ages.values() if age)
            last = max(age[1] for age in ages.values() if age)
            return next((c for c, age in ages.items() if age == (first, last)), "")
    return ""


def totals(key: str, options: Mapping[str, str]) -> frozenset[str]:
    """Return every option that holds others: they are never part of a sum."""
    found = {code for code, label in options.items() if is_total(label)}
    return frozenset(found | {total_option(key, options)} - {""})


def ages_overlap(labels: Iterable[str]) -> bool:
    """Tell whether some age is in two groups, so that a sum would count it twice."""
    ages = sorted(age for age in map(parse_age, labels) if age)
    return any(one[1] >= two[0] for one, two in pairwise(ages))


def is_whole_age(labels: Sequence[str]) -> bool:
    """Tell whether groups cover a life, from birth to the very old."""
    ages = sorted(age for age in map(parse_age, labels) if age)
    if len(ages) < len(labels) or not ages or ages[0][0] != 0:
        return False
    gaps = any(one[1] + 1 < two[0] for one, two in pairwise(ages))
    return not gaps and max(age[1] for age in ages) >= 99


CONTENT: Final = re.compile(
    r"folkm\w*ngd|befolkning|population|pop|invånare|inhabitants|bef|antal", re.I
)


def dimension(key: str, label: str, options: Mapping[str, str]) -> Dimension:
    """Return the choice to show, with the default made beforehand."""
    shown = tuple(Option(code, text) for code, text in options.items())
    if key == "period":
        shown = tuple(sorted(shown, key=lambda option: when(option.key)))
        return Dimension(key, label, shown, (shown[-1].key,))
    total = total_option(key, options)
    parts = [o for o in shown if o.key not in totals(key, options)]
    can_sum = key in SUMMABLE and len(parts) > 1
    if key == "age" and ages_overlap(o.label for o in parts):
        can_sum = False
    if can_sum:
        shown = (*shown, Option(SUM, SUM))
    default = total or (SUM if can_sum else shown[0].key)
    if key == "content":
        plain = VALUES if VALUES in options else shown[0].key
        default = next((o.key for o in shown if CONTENT.match(o.label)), plain)
    return Dimension(key, label, shown, default, can_sum)


def when(text: str) -> tuple[str, str]:
    """Return a sort key: by day, and what is no date first."""
    day = period_date(text)
    return (day.isoformat() if day else "", text)
