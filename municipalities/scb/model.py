"""What the reader hands out: problems, choices, values and what was left behind.

Nothing here is a sentence. A problem is a code with the facts a sentence needs; the
words, and their language, belong to whoever shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Final, NamedTuple

Number = int | Fraction
Choice = Mapping[str, str | Sequence[str]]

NO_DETAIL: Final[Mapping[str, object]] = MappingProxyType({})
SUM: Final = "__sum__"
"""The option that adds up all the parts: both sexes, every age."""


class Shape(StrEnum):
    """The shapes of file that are known."""

    WEB_WORKBOOK = "web_workbook"
    PXWEB_XLSX = "pxweb_xlsx"
    LONG_WORKBOOK = "long_workbook"
    PXWEB_TEXT = "pxweb_text"
    LONG_TEXT = "long_text"
    TWO_COLUMNS = "two_columns"
    PC_AXIS = "pc_axis"
    PXWEB_JSON = "pxweb_json"
    JSON_STAT = "json_stat"
    CODE_LIST = "code_list"


class Subject(StrEnum):
    """What a table counts."""

    POPULATION = "population"
    CODE_LIST = "code_list"
    OTHER = "other"
    UNKNOWN = "unknown"


class ProblemCode(StrEnum):
    """What can be wrong with a file, a cell or a choice."""

    EMPTY_FILE = "empty_file"
    TOO_LARGE = "too_large"
    ZIP_BOMB = "zip_bomb"
    NOT_A_TABLE = "not_a_table"
    BROKEN_FILE = "broken_file"
    WRONG_ENCODING = "wrong_encoding"
    ENCRYPTED = "encrypted"
    NO_REGIONS = "no_regions"
    NO_VALUES = "no_values"
    NOT_A_NUMBER = "not_a_number"
    AMBIGUOUS_NUMBER = "ambiguous_number"
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    UNKNOWN_CHOICE = "unknown_choice"
    DOUBLE_COUNT = "double_count"
    FORMULA = "formula"
    OTHER_SUBJECT = "other_subject"
    INCOMPLETE_SUM = "incomplete_sum"


WARNINGS: Final = frozenset(
    {ProblemCode.FORMULA, ProblemCode.OTHER_SUBJECT, ProblemCode.INCOMPLETE_SUM}
)
"""Problems to look at. Every other one stops the import."""


class SkipReason(StrEnum):
    """Why something in the file is no value."""

    NATION = "nation"
    COUNTY = "county"
    FOOTNOTE = "footnote"
    HEADER = "header"
    EMPTY = "empty"
    TOTAL_ROW = "total_row"
    MISSING_VALUE = "missing_value"
    NO_CODE = "no_code"
    OTHER_REGION = "other_region"
    SHEET_WITHOUT_REGIONS = "sheet_without_regions"
    HIDDEN_SHEET = "hidden_sheet"
    COLUMN = "column"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where. ``text`` is what stands in the file."""

    code: ProblemCode
    sheet: str = ""
    row: int | None = None
    column: str = ""
    text: str = ""
    detail: Mapping[str, object] = field(default_factory=lambda: NO_DETAIL)

    @property
    def is_error(self) -> bool:
        """Tell whether nothing may be saved with this problem."""
        return self.code not in WARNINGS

    @property
    def cell(self) -> str:
        """Return the cell as a spreadsheet writes it, "C7", or nothing."""
        return f"{self.column}{self.row}" if self.column and self.row else ""


class ScbError(ValueError):
    """The file cannot be read. ``problems`` says why, all at once where possible."""

    def __init__(self, *problems: Problem) -> None:
        """Keep the problems, and let the message be their codes."""
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Option:
    """One of the things to choose between."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """A choice to make. The period takes several; each is a statistic of its own."""

    key: str
    label: str
    options: tuple[Option, ...]
    default: str | tuple[str, ...]
    can_sum: bool = False


class Skipped(NamedTuple):
    """Something that was left out, and why."""

    reason: SkipReason
    text: str = ""
    sheet: str = ""
    row: int | None = None


class Value(NamedTuple):
    """One figure. ``written`` is the code as the file has it: "114" for 0114."""

    code: str
    name: str
    period: str
    value: Number
    sheet: str = ""
    row: int | None = None
    column: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """The figures of a choice, by municipality; counties and nation apart."""

    values: tuple[Value, ...]
    counties: Mapping[tuple[str, str], Number]
    nation: Mapping[str, Number]
    skipped: tuple[Skipped, ...]
    periods: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Return the problems that stop an import: nothing may be saved with one."""
        return tuple(problem for problem in self.problems if problem.is_error)
