"""Read one sheet of a report's workbook: its answers, and every fault by its cell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import isfinite
from typing import Final

from django.utils import translation

from municipalities.scb.table import Sheet
from reporting.answer_review import LARGEST, LONGEST, whole_number
from reporting.expressions import normal
from reporting.report_fields import options_of
from reporting.report_form import Field, Form, Part, Section, purposes_of
from reporting.report_marks import FIELD, MARK, NOTHING, Stamp, all_fields, fingerprint

UNKNOWN: Final = {Part.STATE: "state_unknown", Part.PURPOSE: "purpose_unknown"}

LONGEST_FOUND: Final = 60
FIRST_ROWS: Final = 30
"""Where the stamp is looked for, if somebody has written above it."""

ERRORS: Final = re.compile(
    r"#(?:REF|VALUE|DIV/0|N/A|NAME|NUM|NULL|SPILL|CALC|REFERENS|VÄRDEFEL|DIVISION/0|"
    r"SAKNAS|NAMN|OGILTIGT|SKÄRNING|SPILL|BERÄKNA)[!?]?|Err:\d{3}",
    re.IGNORECASE,
)
"""What a formula shows when it fails, in English, in Swedish and in LibreOffice."""
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?|\d{1,2}/\d{1,2}(?:[/-]\d{2,4})?")
UNCLEAR: Final = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")
DECIMALS: Final = re.compile(r"-?[\d\s\u00a0\u202f]*\d[.,]\d+")


@dataclass(frozen=True, slots=True)
class UploadError:
    """What is wrong with a file, or with a cell of it."""

    code: str
    sheet: str = ""
    row: int = 0
    """From 1, as a spreadsheet counts; 0 where it is not about a row."""
    column: str = ""
    found: str = ""

    @property
    def cell(self) -> str:
        """The cell as a spreadsheet names it, C7, or nothing."""
        return f"{self.column}{self.row}" if self.column and self.row else ""


class _CellError(ValueError):
    """The cell is no answer."""

    def __init__(self, code: str, found: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.found = found[:LONGEST_FOUND]


def letters(column: int) -> str:
    """Return a column's name, from 0.

    >>> letters(0), letters(27)
    ('A', 'AB')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


class SheetReader:
    """A sheet with its marks found."""

    def __init__(self, sheet: Sheet, odd: Mapping[tuple[int, int], str]) -> None:
        self.sheet, self.odd = sheet, odd
        self.before: dict[str, str] = {}
        self.stamp: Stamp | None = None
        self.top = self.key_column = 0
        for row, cells in enumerate(sheet.rows[:FIRST_ROWS]):
            for column, cell in enumerate(cells):
                stamp = Stamp.read(cell) if isinstance(cell, str) else None
                if stamp and not self.stamp:
                    self.stamp, self.top, self.key_column = stamp, row, column
        self.columns: dict[int, int] = {}
        """Where each mark stands, by its number from 1."""
        if self.stamp:
            for column, cell in enumerate(sheet.rows[self.top]):
                if isinstance(cell, str) and (mark := MARK.fullmatch(cell.strip())):
                    self.columns.setdefault(int(mark[1]), column)

    @property
    def has_keys(self) -> bool:
        """Whether fields are named somewhere in the sheet."""
        return any(
            isinstance(cell, str) and any(map(FIELD.fullmatch, cell.split()))
            for cells in self.sheet.rows
            for cell in cells
        )

    def read(
        self, form: Form, section: Section
    ) -> tuple[dict[str, str], list[UploadError]]:
        """Return the answers in the sheet, and what is wrong, in the order of the cells."""
        fields = {each.name: each for one in section.questions for each in all_fields(one)}
        reader = _Answers(self, form, fields)
        if not self.columns:
            return {}, [UploadError("columns_lacking", self.sheet.name)]
        for row in range(self.top + 1, len(self.sheet.rows)):
            reader.take(row)
        if not self.before and not reader.errors:
            return {}, [UploadError("keys_lacking", self.sheet.name)]
        reader.look_over()
        return reader.said, sorted(reader.errors, key=_place)

    def cell(self, row: int, column: int) -> object:
        """Return what stands in a cell."""
        cells = self.sheet.rows[row]
        return cells[column] if column < len(cells) else ""


def _place(error: UploadError) -> tuple[int, int, str]:
    return error.row, len(error.column), error.column


class _Answers:
    """Answers as they are gathered from the rows of a sheet."""

    def __init__(
        self, reader: SheetReader, form: Form, fields: Mapping[str, Field]
    ) -> None:
        self.reader, self.fields = reader, fields
        self.purposes = purposes_of(form)
        self.said: dict[str, str] = {}
        self.places: dict[str, tuple[int, int]] = {}
        self.errors: list[UploadError] = []

    def wrong(self, code: str, row: int, column: int, found: str = "") -> None:
        """Note a fault."""
        sheet = self.reader.sheet.name
        found = found[:LONGEST_FOUND]
        self.errors.append(UploadError(code, sheet, row + 1, letters(column), found))

    def take(self, row: int) -> None:
        """Read one row."""
        key = str(self.reader.cell(row, self.reader.key_column)).strip()
        if key == NOTHING:
            return
        if not key:
            self._without_key(row)
            return
        for number, mark in enumerate(key.split(), start=1):
            if mark == NOTHING:
                continue
            match = FIELD.fullmatch(mark)
            each = self.fields.get(match[1]) if match else None
            if match is None or each is None:
                self.wrong("key_unknown", row, self.reader.key_column, mark)
            elif each.name in self.places:
                self.wrong("key_twice", row, self.reader.key_column)
            elif number not in self.reader.columns:
                self.wrong("column_lacking", row, self.reader.key_column)
            else:
                self._answer(each, row, self.reader.columns[number], match[2])

    def _without_key(self, row: int) -> None:
        """Say that something is written where nothing is asked: it would be lost."""
        for column in self.reader.columns.values():
            cell = self.reader.cell(row, column)
            if str(cell).strip() or (row, column) in self.reader.odd:
                self.wrong("key_lacking", row, column, _words(cell))
                return

    def _answer(self, each: Field, row: int, column: int, before: str) -> None:
        """Read a cell. What nobody has changed in the workbook is no fault of it."""
        self.places[each.name] = row, column
        self.reader.before[each.name] = before
        odd = self.reader.odd.get((row, column))
        cell = self.reader.cell(row, column)
        try:
            if odd is not None:
                is_formula = odd.startswith("=")
                raise _CellError(
                    "formula_uncounted" if is_formula else "formula_error", odd
                )
            if isinstance(cell, str) and ERRORS.fullmatch(cell.strip()):
                raise _CellError("formula_error", cell.strip())
            self.said[each.name] = self._value(each, cell)
        except _CellError as error:
            text = _words(cell)
            if odd is None and fingerprint(each, text) == before:
                self.said[each.name] = text  # as it was typed on the web
            else:
                self.wrong(error.code, row, column, error.found)

    def _value(self, each: Field, cell: object) -> str:
        if each.is_amount:
            return _amount(cell)
        text = _words(cell)
        with translation.override("sv"):
            options = options_of(each, self.purposes)
            keys = {normal(option.key): option.key for option in options}
            keys |= {normal(option.label): option.key for option in options}
        if not keys:
            if len(text) > LONGEST:
                raise _CellError("too_long")
            return text
        if text and normal(text) not in keys:
            raise _CellError(UNKNOWN.get(each.part, "not_an_option"), text)
        return keys[normal(text)] if text else ""

    def look_over(self) -> None:
        """Find what is wrong with cells together: merged ones, and activities unnamed."""
        self._merged()
        for name, (row, column) in self.places.items():
            each = self.fields[name]
            if each.part is not Part.TEXT or not each.number or self.said.get(name, "x"):
                continue
            stem = name.rpartition(".")[0]
            others = (Part.STATE, Part.COMMENT, Part.PURPOSE)
            names = [f"{stem}.{part}" for part in others if f"{stem}.{part}" in self.said]
            is_written = any(self.said[other] for other in names)
            if is_written and any(map(self.is_changed, [name, *names])):
                self.wrong("activity_lacks_text", row, column)

    def is_changed(self, name: str) -> bool:
        """Return whether somebody has written in the cell since the workbook was made."""
        before = self.reader.before[name]
        return fingerprint(self.fields[name], self.said.get(name, "")) != before

    def _merged(self) -> None:
        """A cell that is merged with another has taken its answer."""
        for (top, left), (bottom, right) in self.reader.sheet.merged:
            inside = [
                place
                for place in self.places.values()
                if top <= place[0] <= bottom and left <= place[1] <= right
            ]
            if len(inside) > 1:
                self.wrong("merged", *min(inside))


def _amount(cell: object) -> str:
    """Return a whole amount in bare digits, or nothing, or raise.

    >>> [_amount(cell) for cell in [12000.0, "17575,00", " 54\\u00a0454 kr ", ""]]
    ['12000', '17575', '54454', '']
    """
    if isinstance(cell, bool):
        raise _CellError("boolean", _words(cell))
    if isinstance(cell, date | time | timedelta):
        raise _CellError("date", _words(cell))
    if isinstance(cell, int | float):
        return _within(_whole(cell))
    text = str(cell).strip()
    if not text:
        return ""
    if text.endswith("%"):
        raise _CellError("percent", text)
    if UNCLEAR.fullmatch(text):
        raise _CellError("unclear", text)
    try:
        return _within(whole_number(text))
    except _CellError:
        raise
    except ValueError:
        pass
    plain = text.lower().removesuffix("kr").strip()
    if DAY.fullmatch(text):
        raise _CellError("date", text)
    if DECIMALS.fullmatch(plain):
        raise _CellError("decimals", text)
    if text.lower() in {"sant", "falskt", "true", "false"}:
        raise _CellError("boolean", text)
    if re.fullmatch(r"-?[\d\s\u00a0\u202f']{16,}", plain):
        raise _CellError("amount_too_large", text)
    raise _CellError("not_whole", text)


def _whole(cell: float) -> int:
    """Return what the spreadsheet shows: a double holds fifteen digits."""
    if not isfinite(cell):
        raise _CellError("not_whole", str(cell))
    value = Fraction(f"{cell:.15g}")
    if value.denominator != 1:
        raise _CellError("decimals", _words(cell))
    return int(value)


def _within(number: int) -> str:
    if number < 0:
        raise _CellError("negative", str(number))
    if number > LARGEST:
        raise _CellError("amount_too_large", str(number))
    return str(number)


def _words(cell: object) -> str:
    """Return what a cell says as a text, as a spreadsheet shows it.

    >>> [_words(cell) for cell in [12000.0, 0.5, True, date(2026, 3, 1), "  a\\r\\nb "]]
    ['12000', '0,5', 'SANT', '2026-03-01', 'a\\nb']
    """
    if isinstance(cell, bool):
        return "SANT" if cell else "FALSKT"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.isoformat("minutes")
    if isinstance(cell, int | float):
        whole = isfinite(cell) and float(cell).is_integer()
        return str(int(cell)) if whole else f"{cell:.15g}".replace(".", ",")
    text = re.sub(r"\r\n?", "\n", str(cell)).replace("\0", "")
    return text.strip()
