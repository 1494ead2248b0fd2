"""Look the figures over before anything is saved.

Each rule is a function that yields findings. An error stops the import; a warning is
for somebody to look at; what is for information has already been put right.

From 2025 SCB adds noise to its figures (Cell Key Method), so that municipalities need
not sum to their county. Source: SCB, "Röjandekontroll i befolkningsstatistiken".
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal

from municipalities.scb.model import NO_DETAIL, Number, Value
from municipalities.scb.periods import period_date

Severity = Literal["error", "warning", "info"]

LARGE_CHANGE: Final = Fraction(1, 10)
SWAP_IS_NEAR: Final = Fraction(3, 100)
SWAP_IS_FAR: Final = Fraction(5, 100)
FIRST_YEAR_WITH_NOISE: Final = 2025


class FindingCode(StrEnum):
    """What can be remarkable about a figure."""

    MISSING = "missing"
    DOUBLED = "doubled"
    UNKNOWN_CODE = "unknown_code"
    CODE_WITHOUT_ZERO = "code_without_zero"
    NAME_DISAGREES = "name_disagrees"
    CHANGED_MUCH = "changed_much"
    SWAPPED = "swapped"
    COUNTY_SUM = "county_sum"
    NEGATIVE = "negative"
    ZERO = "zero"


@dataclass(frozen=True, slots=True)
class MunicipalityNames:
    """A municipality and what it is called: Falun, Falu kommun; Solna, Solna stad."""

    code: str
    name: str
    formal_name: str = ""
    own_name: str = ""
    county_code: str = ""

    @property
    def county(self) -> str:
        """Return the county, by the code where nothing else is told."""
        return self.county_code or self.code[:2]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at. ``text`` is the name or figure as it stands in the file."""

    code: FindingCode
    severity: Severity
    municipality_code: str = ""
    text: str = ""
    detail: Mapping[str, object] = field(default_factory=lambda: NO_DETAIL)


Municipalities = Mapping[str, MunicipalityNames]
Counties = Mapping[tuple[str, str], Number]


def check(
    values: Iterable[Value],
    *,
    municipalities: Municipalities,
    previous: Mapping[str, Number] | None = None,
    counties: Counties | None = None,
    period: str = "",
) -> tuple[Finding, ...]:
    """Return what is remarkable about a period's values, errors first."""
    found = [value for value in values if value.period == period]
    by_code: dict[str, Value] = {}
    for value in found:
        by_code.setdefault(value.code, value)
    findings = [
        *missing(by_code, municipalities),
        *doubled(found),
        *unknown(by_code, municipalities),
        *without_zero(by_code),
        *disagreeing_names(by_code, municipalities),
        *negative_or_zero(found),
        *changed_much(by_code, previous or {}),
        *swapped(by_code, previous or {}, municipalities),
        *county_sums(by_code, counties or {}, municipalities, period),
    ]
    order = {"error": 0, "warning": 1, "info": 2}
    return tuple(sorted(findings, key=lambda finding: order[finding.severity]))


def missing(
    by_code: Mapping[str, Value], municipalities: Municipalities
) -> Iterator[Finding]:
    """Yield the municipalities that have no value."""
    for code, municipality in municipalities.items():
        if code not in by_code:
            yield Finding(FindingCode.MISSING, "error", code, municipality.name)


def doubled(found: Sequence[Value]) -> Iterator[Finding]:
    """Yield codes that come twice: to look at when equal, to mend when not."""
    groups: dict[str, list[Value]] = defaultdict(list)
    for value in found:
        groups[value.code].append(value)
    for code, group in groups.items():
        if len(group) > 1:
            values = tuple(value.value for value in group)
            detail = {
                "values": values,
                "rows": tuple(value.row for value in group),
                "sheets": tuple(value.sheet for value in group),
            }
            severity: Severity = "warning" if len(set(values)) == 1 else "error"
            yield Finding(FindingCode.DOUBLED, severity, code, group[0].name, detail)


def unknown(
    by_code: Mapping[str, Value], municipalities: Municipalities
) -> Iterator[Finding]:
    """Yield codes that no municipality has."""
    for code, value in by_code.items():
        if code not in municipalities:
            yield Finding(FindingCode.UNKNOWN_CODE, "error", code, value.name, place(value))


def without_zero(by_code: Mapping[str, Value]) -> Iterator[Finding]:
    """Yield codes that had lost their zero, which is put back."""
    for code, value in by_code.items():
        if value.written and len(value.written) < len(code):
            detail = {"written": value.written, **place(value)}
            yield Finding(
                FindingCode.CODE_WITHOUT_ZERO, "info", code, value.written, detail
            )


def disagreeing_names(
    by_code: Mapping[str, Value], municipalities: Municipalities
) -> Iterator[Finding]:
    """Yield names that are not the code's.

    In a file whose å, ä and ö have been lost everywhere, Habo may be Håbo. In a file
    that has them it may not.
    """
    pairs = [
        (value, municipalities[code])
        for code, value in by_code.items()
        if value.name and code in municipalities
    ]
    is_plain = has_lost_its_dots(pairs)
    for value, municipality in pairs:
        if value.name in names(municipality):
            continue
        name = plain_or_not(value.name, is_plain=is_plain)
        known = {plain_or_not(one, is_plain=is_plain) for one in names(municipality)}
        if name not in known and not fits_holes(value.name, known):
            detail = {
                "expected": municipality.name,
                "other_code": owner(name, municipalities, is_plain=is_plain),
                **place(value),
            }
            yield Finding(
                FindingCode.NAME_DISAGREES, "warning", value.code, value.name, detail
            )


def owner(name: str, municipalities: Municipalities, *, is_plain: bool) -> str:
    """Return the code of the municipality that is called so, or nothing."""
    found = ""
    for code, municipality in municipalities.items():
        if name in {plain_or_not(one, is_plain=is_plain) for one in names(municipality)}:
            found = code
    return found


def negative_or_zero(found: Sequence[Value]) -> Iterator[Finding]:
    """Yield values that no count of people has."""
    for value in found:
        if value.value < 0:
            yield Finding(
                FindingCode.NEGATIVE,
                "error",
                value.code,
                value.name,
                {"value": value.value, **place(value)},
            )
        elif value.value == 0:
            yield Finding(FindingCode.ZERO, "warning", value.code, value.name, place(value))


def changed_much(
    by_code: Mapping[str, Value], previous: Mapping[str, Number]
) -> Iterator[Finding]:
    """Yield values more than 10 % above or below the last statistic of the kind."""
    for code, value in by_code.items():
        before = previous.get(code)
        if before and is_far(value.value, before, LARGE_CHANGE):
            detail = {
                "previous": before,
                "value": value.value,
                "change": Fraction(value.value - before) / Fraction(before),
            }
            yield Finding(FindingCode.CHANGED_MUCH, "warning", code, value.name, detail)


def swapped(
    by_code: Mapping[str, Value],
    previous: Mapping[str, Number],
    municipalities: Municipalities,
) -> Iterator[Finding]:
    """Yield neighbours where each has the other's old value, but not its own."""
    order = {code: place for place, code in enumerate(by_code)}
    moved = [
        code
        for code, value in by_code.items()
        if previous.get(code) and is_far(value.value, previous[code], SWAP_IS_FAR)
    ]
    for place_of_one, one in enumerate(moved):
        for other in moved[place_of_one + 1 :]:
            beside = abs(order[one] - order[other]) == 1
            if not beside and county(one, municipalities) != county(other, municipalities):
                continue
            near = max(
                distance(by_code[one].value, previous[other]),
                distance(by_code[other].value, previous[one]),
            )
            if near < SWAP_IS_NEAR:
                detail = {
                    "other_code": other,
                    "other_name": by_code[other].name,
                    "value": by_code[one].value,
                    "other_value": by_code[other].value,
                    "previous": previous[one],
                    "other_previous": previous[other],
                }
                name = by_code[one].name
                yield Finding(FindingCode.SWAPPED, "warning", one, name, detail)


def county_sums(
    by_code: Mapping[str, Value],
    counties: Counties,
    municipalities: Municipalities,
    period: str,
) -> Iterator[Finding]:
    """Yield counties whose own row is not the sum of their municipalities."""
    day = period_date(period)
    if day and day.year >= FIRST_YEAR_WITH_NOISE:
        return
    for (code, when), own_row in counties.items():
        parts = [
            v.value for v in by_code.values() if county(v.code, municipalities) == code
        ]
        if when == period and parts and sum(parts) != own_row:
            detail = {
                "county_code": code,
                "sum": sum(parts),
                "own_row": own_row,
                "difference": sum(parts) - own_row,
            }
            yield Finding(FindingCode.COUNTY_SUM, "warning", "", code, detail)


def county(code: str, municipalities: Municipalities) -> str:
    """Return the county of a code, also of a code that nobody has."""
    return municipalities[code].county if code in municipalities else code[:2]


def is_far(value: Number, other: Number, limit: Fraction) -> bool:
    """Tell whether a value is further from another than a share of that other.

    Multiplies instead of dividing: whole numbers stay whole, which is quick.

    >>> is_far(111, 100, LARGE_CHANGE), is_far(110, 100, LARGE_CHANGE)
    (True, False)
    """
    gap, whole = max(value - other, other - value), max(other, -other)
    return gap * limit.denominator > whole * limit.numerator


def distance(value: Number, other: Number) -> Fraction:
    """Return how far a value is from another, as a share of that other."""
    return abs(Fraction(value - other) / Fraction(other)) if other else Fraction(1)


def place(value: Value) -> dict[str, object]:
    """Return where in the file a value stands."""
    return {"sheet": value.sheet, "row": value.row, "column": value.column}


def names(municipality: MunicipalityNames) -> tuple[str, ...]:
    """Return everything that a municipality is called."""
    every = (municipality.name, municipality.formal_name, municipality.own_name)
    return tuple(one for one in every if one)


SUFFIX: Final = re.compile(r"(?: kommun| stad| municipality)$|^region ")
ENGLISH: Final = {"gothenburg": "göteborg"}


@lru_cache(maxsize=8192)
def plain_or_not(name: str, *, is_plain: bool) -> str:
    """Return a name to compare by, with å, ä and ö only when the file has them.

    >>> plain_or_not("Håbo  kommun 1)", is_plain=False)
    'håbo'
    >>> plain_or_not("Håbo", is_plain=True)
    'habo'
    """
    text = " ".join(unicodedata.normalize("NFC", name).casefold().split())
    text = re.sub(r"\s*\(?\d+\)\s*$|\*+$", "", text)
    text = SUFFIX.sub("", text).replace("–", "-").strip()
    text = ENGLISH.get(text, text)
    return without_dots(text) if is_plain else text


def without_dots(text: str) -> str:
    """Return text without its accents: "Malmö" is "Malmo"."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(one for one in apart if not unicodedata.combining(one))


def has_lost_its_dots(pairs: Sequence[tuple[Value, MunicipalityNames]]) -> bool:
    """Tell whether a file has names that should have dots, and none that does."""
    should = [value.name for value, known in pairs if not known.name.isascii()]
    return bool(should) and all(
        unicodedata.normalize("NFC", value.name).isascii() for value, _ in pairs
    )


def fits_holes(name: str, known: Iterable[str]) -> bool:
    """Tell whether a name fits but for letters that an encoding made holes of.

    >>> fits_holes("Ume?", {"umeå"}), fits_holes("H?bo", {"habo"})
    (True, False)
    """
    if not re.search("[?\ufffd]", name):
        return False
    pattern = re.sub(r"\\\?|\ufffd", "[^a-z]", re.escape(name.casefold().strip()))
    return any(re.fullmatch(pattern, one) for one in known)
