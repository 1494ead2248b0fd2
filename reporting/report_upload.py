"""Read a report's workbook back: what it answers, and everything that is wrong in it.

A file is what it holds, not what it is called: a workbook of any kind, or one sheet as a
spreadsheet saves it as text. Sheets, rows and columns are known by their hidden marks
(``report_marks``), so they may be moved, and others may stand beside them. Nothing is
read that could run, unfold without end or fetch anything.

What is wrong is a code and a place; ``report_upload_words`` has the sentences.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from typing import Final

from lxml import etree

from municipalities.scb import archive, detect, workbook
from municipalities.scb.model import Problem, ProblemCode, ScbError
from municipalities.scb.table import Sheet
from reporting.report_form import Form, Section
from reporting.report_marks import (
    FIELD,
    STAMP,
    Stamp,
    form_mark,
    is_answerable,
    sheet_names,
)
from reporting.report_sheet import SheetReader, UploadError

MAX_BYTES: Final = 5 * 1024 * 1024
MOST_SHEETS: Final = 60
MOST_ROWS: Final = 10_000
MOST_COLUMNS: Final = 100
MOST_CELLS: Final = 500_000
MOST_XML: Final = 50 * 1024 * 1024
"""Of all sheets together: a small file can hold a great many cells."""

ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
BLANK: Final = b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"
VBA: Final = "_VBA_PROJECT".encode("utf-16-le")
DOCUMENTS: Final = {"word/document.xml", "ppt/presentation.xml", "content.xml"}
DELIMITERS: Final = ";,\t|"

FILE_PROBLEMS: Final = {
    ProblemCode.EMPTY_FILE: "empty_file",
    ProblemCode.TOO_LARGE: "too_many_cells",
    ProblemCode.ZIP_BOMB: "zip_bomb",
    ProblemCode.BROKEN_FILE: "broken_file",
    ProblemCode.WRONG_ENCODING: "encoding",
    ProblemCode.ENCRYPTED: "encrypted",
}
KINDS: Final = {"pdf": "is_pdf", "doctype": "doctype", "zip": "is_archive"} | dict.fromkeys(
    ("png", "jpeg", "gif", "bmp", "tiff", "picture"), "is_picture"
)


@dataclass(frozen=True, slots=True)
class SheetAnswers:
    """What one sheet says of its section."""

    sheet: str
    version: int
    """The section's, when the workbook was made."""
    answers: Mapping[str, str]
    """All that the sheet has a cell for, by field; empty where nothing stands."""
    before: Mapping[str, str]
    """The fingerprint of what stood there when the workbook was made."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A workbook as read. Nothing should be saved while there are errors."""

    sections: Mapping[str, SheetAnswers] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    """The keys of sections that have no sheet in the file."""
    errors: tuple[UploadError, ...] = ()


class _FileError(ValueError):
    """The whole file cannot be read."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.error = UploadError(code, **facts)  # type: ignore[arg-type]


def read(content: bytes, form: Form, *, round: int, code: str) -> Upload:  # noqa: A002
    """Return what a file answers in the round, for the municipality with the code.

    It never raises: what is wrong is in the answer, in the order of the cells.
    """
    mine = Stamp(round, code, form_mark(form))
    try:
        return _Reading(form, mine).of(_sheets(content))
    except _FileError as error:
        return Upload(errors=(error.error,))
    except ScbError as error:
        codes = dict.fromkeys(map(_code_of, error.problems))
        return Upload(errors=tuple(UploadError(each) for each in codes))


def _code_of(problem: Problem) -> str:
    kind = str(problem.detail.get("kind"))
    if problem.code is ProblemCode.NOT_A_TABLE or kind == "doctype":
        return KINDS.get(kind, "not_a_workbook")
    return FILE_PROBLEMS.get(problem.code, "not_a_workbook")


# From bytes to sheets ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Page:
    """A sheet, and what its cells hold that is neither number nor text."""

    sheet: Sheet
    odd: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """Errors and formulas without an answer, by row and column from 0."""


def _sheets(content: bytes) -> list[_Page]:
    if len(content) > MAX_BYTES:
        raise _FileError("too_large", found=str(MAX_BYTES // 1024 // 1024))
    if not content.strip(BLANK):
        raise _FileError("empty_file")
    if content.startswith(ZIP):
        return _zipped(content)
    if content.startswith(workbook.OLE):
        if workbook.ENCRYPTED in content:
            raise _FileError("encrypted")
        if VBA in content:
            raise _FileError("macros")
        return _apart(content)
    return [_Page(Sheet(_text(content)))]


def _zipped(content: bytes) -> list[_Page]:
    """Return the sheets of xlsx or ods, looked into before anybody unpacks a grid."""
    parts = archive.parts(content)
    if any(name.lower().endswith("vbaproject.bin") for name in parts):
        raise _FileError("macros")
    if b"office:spreadsheet" in parts.get("content.xml", b""):
        archive.check_repeats(parts["content.xml"])
        return _apart(content)
    if not parts.keys().isdisjoint(DOCUMENTS):
        raise _FileError("is_document")
    if "xl/workbook.xml" not in parts:
        raise _FileError("is_archive")
    xml = archive.sheet_parts(parts)
    if len(xml) > MOST_SHEETS:
        raise _FileError("too_many_sheets", found=str(MOST_SHEETS))
    if sum(map(len, xml.values())) > MOST_XML:
        raise _FileError("too_many_cells")
    cells = 0
    for name, part in xml.items():
        places = archive.CELL.findall(b"".join(archive.filled_cells(part)))
        rows = max((int(row) for _, row in places), default=0)
        columns = max((archive.column_number(letters) for letters, _ in places), default=0)
        _refuse_size(name, rows, columns)
        cells += rows * columns
    if cells > MOST_CELLS:
        raise _FileError("too_many_cells")
    sheets, _hidden = workbook.open_sheets(content, xml)
    return _bounded(sheets, xml)


def _apart(content: bytes) -> list[_Page]:
    """Return the sheets of the kinds whose size shows first when they are read.

    They are read in a process of their own, which has a limit to its memory.
    """
    sheets, _hidden = workbook.old_sheets(content)
    return _bounded(sheets, {})


def _bounded(sheets: Sequence[Sheet], xml: Mapping[str, bytes]) -> list[_Page]:
    if len(sheets) > MOST_SHEETS:
        raise _FileError("too_many_sheets", found=str(MOST_SHEETS))
    for sheet in sheets:
        _refuse_size(sheet.name, len(sheet.rows), max(map(len, sheet.rows), default=0))
    return [_Page(sheet, dict(_odd_cells(xml.get(sheet.name, b"")))) for sheet in sheets]


def _refuse_size(name: str, rows: int, columns: int) -> None:
    if rows > MOST_ROWS:
        raise _FileError("too_many_rows", sheet=name, found=str(MOST_ROWS))
    if columns > MOST_COLUMNS:
        raise _FileError("too_many_columns", sheet=name, found=str(MOST_COLUMNS))


def _odd_cells(xml: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the cells of an xlsx that hold an error, or a formula that nobody has counted.

    The reader of grids gives them as empty, and an empty cell is an answer.
    """
    if not re.search(rb't="e"|<(?:\w+:)?f[\s>/]', xml):
        return
    tags = ("{*}c",)
    tree = etree.iterparse(
        BytesIO(xml), tag=tags, resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        for _, cell in tree:
            place = re.fullmatch(r"([A-Z]{1,3})([1-9]\d{0,6})", cell.get("r") or "")
            value = cell.findtext("{*}v")
            formula = cell.find("{*}f")
            # A text may have been counted to nothing.
            is_empty = not value and cell.get("t") != "str"
            is_uncounted = formula is not None and is_empty
            if place and (cell.get("t") == "e" or is_uncounted):
                at = int(place[2]) - 1, archive.column_number(place[1].encode()) - 1
                yield at, value or "=" + ("" if formula is None else formula.text or "")
            cell.clear()
    except etree.XMLSyntaxError:
        raise _FileError("broken_file") from None


def _text(content: bytes) -> list[list[object]]:
    """Return the rows of a sheet that was saved as text."""
    detect.refuse_pictures(content)
    words = detect.decode(content).replace("\0", "")
    if re.match(r"\s*<", words):
        raise _FileError("is_web_page")
    stamp = STAMP.search(words)
    if stamp is None:
        code = "first_row_lacking" if FIELD.search(words) else "not_ours"
        raise _FileError(code)
    after = words[stamp.end() : stamp.end() + 2].lstrip('"')[:1]
    if after not in DELIMITERS or not after:
        raise _FileError("csv_separator", found=after)
    # Whatever stands before the stamp's own line is no part of the sheet.
    start = words.rfind("\n", 0, stamp.start()) + 1
    skipped = words.count("\n", 0, start)
    reader = csv.reader(StringIO(words[start:], newline=""), delimiter=after, strict=True)
    rows: list[list[object]] = [[] for _ in range(skipped)]
    try:
        for row in reader:
            rows.append(list(row))
            _refuse_size("", len(rows), len(row))
    except csv.Error:
        raise _FileError("csv_quote", row=skipped + reader.line_num) from None
    return rows


# From sheets to sections ---------------------------------------------------------------


class _Reading:
    """Sheets are told apart and read, one for each section."""

    def __init__(self, form: Form, mine: Stamp) -> None:
        self.form, self.mine = form, mine
        self.asked = {each.key: each for each in form.sections if is_answerable(each)}
        self.names = {
            name.lower(): self.asked[key]
            for key, name in sheet_names(self.asked.values()).items()
        }

    def of(self, pages: Sequence[_Page]) -> Upload:
        """Return all that the sheets say."""
        found: dict[str, SheetAnswers] = {}
        errors: list[UploadError] = []
        without: list[UploadError] = []
        is_ours = False
        for page in pages:
            reader = SheetReader(page.sheet, page.odd)
            stamp = reader.stamp
            if stamp is None:
                without += self._without_stamp(reader)
                continue
            is_ours = True
            section = self._section(stamp)
            if not stamp.section:
                continue
            if stamp.section in found:
                errors.append(UploadError("section_twice", page.sheet.name))
                continue
            said, wrong = reader.read(self.form, section)
            name = page.sheet.name or section.title
            found[section.key] = SheetAnswers(name, stamp.version, said, reader.before)
            errors += wrong
        if not found and not errors and not without:
            raise _FileError("only_instructions" if is_ours else "not_ours")
        missing = tuple(key for key in self.asked if key not in found)
        return Upload(found, missing, (*without, *errors))

    def _section(self, stamp: Stamp) -> Section:
        """Return the section, or refuse a file that is about something else."""
        if stamp.code != self.mine.code:
            raise _FileError("other_municipality", found=stamp.code)
        if stamp.round != self.mine.round:
            raise _FileError("other_round")
        if stamp.form != self.mine.form:
            raise _FileError("other_form")
        if stamp.section and stamp.section not in self.asked:
            raise _FileError("section_unknown", found=stamp.section)
        return self.asked.get(stamp.section, self.form.sections[0])

    def _without_stamp(self, reader: "SheetReader") -> list[UploadError]:
        """Return what is wrong with a sheet that should have had a stamp."""
        name = reader.sheet.name
        if reader.has_keys:
            return [UploadError("first_row_lacking", name)]
        if name.lower() in self.names and any(map(any, reader.sheet.rows)):
            return [UploadError("keys_lacking", name)]
        return []
