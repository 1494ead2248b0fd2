"""Figures that a person types or pastes: one value per municipality, checked all at once.

A pasted line is a code and a value, with the name between them or instead of the code, as
it comes from a spreadsheet or a letter.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from municipalities.models import Municipality
from municipalities.scb.numbers import AmbiguousNumberError, NumberError, number

# What stands between two words is taken whole (``*+``): a line of nothing but spaces is
# read as fast as any other.
LINE = re.compile(
    r"(?P<code>\d{3,4})?[\s;:]*+"
    r"(?P<name>[^\W\d](?:(?:[^\S\t]|:)*+[^\d\s;:])*?)?[\s;:]*+"
    r"(?P<value>(?:[-−+]\s*+)?[\d.].*)?"
)
MOST_PASTED = 50_000
"""Characters: a line for each municipality in the country, with room to spare."""
LARGEST = Decimal(10) ** 14
DECIMALS = 10**4


def read_value(text: str) -> Decimal | None:
    """Return the value that a person typed; nothing typed is no value."""
    try:
        found = number(text)
    except AmbiguousNumberError:
        raise ValidationError(
            _("%(text)s can be read in two ways. Write it without a point or a comma."),
            code="ambiguous",
            params={"text": text},
        ) from None
    except NumberError:
        raise ValidationError(
            _("%(text)s is not a number."), code="invalid", params={"text": text}
        ) from None
    if found is None:
        if text.strip():
            raise ValidationError(
                _("%(text)s is not a number."), code="invalid", params={"text": text}
            )
        return None
    if found < 0:
        raise ValidationError(_("A value cannot be below zero."), code="negative")
    if Fraction(found) * DECIMALS % 1 or found >= LARGEST:
        raise ValidationError(
            _("%(text)s has too many digits: at most four decimals."),
            code="digits",
            params={"text": text},
        )
    exact = Fraction(found)
    return Decimal(exact.numerator) / Decimal(exact.denominator)


class PastedLines:
    """What stands in a pasted table: ``values`` by code, and every line's error."""

    def __init__(self, text: str, municipalities: Mapping[str, Municipality]) -> None:
        """Read the text. A heading above the first figure is passed over."""
        self.values: dict[str, Decimal] = {}
        self.errors: list[ValidationError] = []
        self._municipalities = municipalities
        self._codes = {
            spelling.casefold(): code
            for code, place in municipalities.items()
            for spelling in (place.name, place.formal_name, place.own_name)
        }
        for row, line in enumerate(text.splitlines(), start=1):
            is_heading = not self.values and not re.search(r"\d", line)
            if line.strip() and not (row == 1 and is_heading):
                self._read(row, line.strip())

    def _read(self, row: int, line: str) -> None:
        params: dict[str, object] = {"row": row}
        match = LINE.fullmatch(line)
        code = match and self._code(match["code"], match["name"])
        if match is None or not code:
            message = _("Line %(row)d: no municipality has this code or name: %(line)s")
            self._refuse(message, "unknown", params | {"line": line})
            return
        place = self._municipalities[code]
        params["municipality"] = f"{code} {place}"
        if match["code"] and match["name"] and self._code(None, match["name"]) != code:
            message = _("Line %(row)d: %(municipality)s is not called %(name)s.")
            self._refuse(message, "name", params | {"name": match["name"]})
        elif code in self.values:
            message = _("Line %(row)d: %(municipality)s has a value on an earlier line.")
            self._refuse(message, "double", params)
        elif not match["value"]:
            message = _("Line %(row)d: %(municipality)s has no value.")
            self._refuse(message, "missing", params)
        else:
            self._keep(code, match["value"], params)

    def _keep(self, code: str, text: str, params: dict[str, object]) -> None:
        try:
            value = read_value(text)
        except ValidationError as error:
            message = _("Line %(row)d: %(municipality)s: %(error)s")
            reason = " ".join(error.messages)
            self._refuse(message, str(error.code), params | {"error": reason})
            return
        assert value is not None
        self.values[code] = value

    def _code(self, digits: str | None, name: str | None) -> str | None:
        if digits:
            code = digits.zfill(4)
            return code if code in self._municipalities else None
        return self._codes.get((name or "").strip().casefold())

    def _refuse(self, message: str, code: str, params: dict[str, object]) -> None:
        self.errors.append(ValidationError(message, code=code, params=params))
