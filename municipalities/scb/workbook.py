"""Read workbooks: SCB's web tables, PxWeb's xlsx, the old .xls, and OpenDocument."""

from __future__ import annotations

from io import BytesIO

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetVisibleEnum,
)

from municipalities.scb import archive, old_workbook, tables
from municipalities.scb.model import (
    Problem,
    ProblemCode,
    ScbError,
    Skipped,
    SkipReason,
)
from municipalities.scb.source import MOST_CELLS, Source
from municipalities.scb.table import Sheet, Table
from municipalities.scb.table import read as read_table

OLE: bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED: bytes = "EncryptedPackage".encode("utf-16-le")


def read(content: bytes) -> Source:
    """Return the tables of a workbook, whose sheets may be a choice to make."""
    xml: dict[str, bytes] = {}
    if content.startswith(b"PK"):
        found = archive.parts(content)
        if "xl/workbook.xml" not in found:
            if "content.xml" not in found or b"table:table" not in found["content.xml"]:
                raise ScbError(Problem(ProblemCode.NOT_A_TABLE, detail={"kind": "zip"}))
            archive.check_repeats(found["content.xml"])
        xml = archive.sheet_parts(found)
        for name, part in xml.items():
            archive.check_extent(name, part)
    elif ENCRYPTED in content:
        raise ScbError(Problem(ProblemCode.ENCRYPTED))
    else:
        return from_sheets(*old_sheets(content))
    sheets, skipped = open_sheets(content, xml)
    return from_sheets(sheets, skipped)


def open_sheets(content: bytes, xml: dict[str, bytes]) -> tuple[list[Sheet], list[Skipped]]:
    """Return the sheets that people can see."""
    sheets: list[Sheet] = []
    skipped: list[Skipped] = []
    try:
        with CalamineWorkbook.from_filelike(BytesIO(content)) as book:
            for about in book.sheets_metadata:
                if about.visible is not SheetVisibleEnum.Visible:
                    skipped.append(Skipped(SkipReason.HIDDEN_SHEET, sheet=about.name))
                    continue
                grid = book.get_sheet_by_name(about.name)
                if grid.total_height * grid.total_width > MOST_CELLS:
                    problem = Problem(ProblemCode.TOO_LARGE, sheet=about.name)
                    raise ScbError(problem)
                has_any, without = archive.formulas(xml.get(about.name, b""))
                sheets.append(
                    Sheet(
                        grid.to_python(skip_empty_area=False),  # type: ignore[arg-type]
                        about.name,
                        grid.merged_cell_ranges or (),
                        without,
                        has_any,
                    )
                )
    except PasswordError:
        raise ScbError(Problem(ProblemCode.ENCRYPTED)) from None
    except BaseException as error:
        if isinstance(error, ScbError) or not is_about_the_file(error):
            raise
        if "password" in str(error).lower() or "encrypt" in str(error).lower():
            raise ScbError(Problem(ProblemCode.ENCRYPTED)) from None
        detail = {"kind": "workbook", "reason": str(error)[:200]}
        raise ScbError(Problem(ProblemCode.BROKEN_FILE, detail=detail)) from None
    return sheets, skipped


def old_sheets(content: bytes) -> tuple[list[Sheet], list[Skipped]]:
    """Return the sheets of an .xls, which is read in a process apart."""
    try:
        found = old_workbook.sheets(content)
    except ValueError as error:
        detail = {"kind": "workbook", "reason": str(error)}
        raise ScbError(Problem(ProblemCode.BROKEN_FILE, detail=detail)) from None
    if found is None:
        raise ScbError(Problem(ProblemCode.ENCRYPTED))
    sheets = [Sheet(rows, name, merged) for name, seen, rows, merged in found if seen]
    hidden = [
        Skipped(SkipReason.HIDDEN_SHEET, sheet=name)
        for name, seen, _, _ in found
        if not seen
    ]
    return sheets, hidden


def is_about_the_file(error: BaseException) -> bool:
    """Tell whether the library gave the file up: by an error, or by its own panic."""
    known = isinstance(error, CalamineError | ValueError | OSError)
    return known or type(error).__name__ == "PanicException"


def from_sheets(sheets: list[Sheet], skipped: list[Skipped]) -> Source:
    """Return one source of all sheets that hold regions. The others are left behind."""
    found: list[Table] = []
    reasons: list[Problem] = []
    for sheet in sheets:
        if not any(sheet.rows):
            skipped.append(Skipped(SkipReason.EMPTY, sheet=sheet.name))
            continue
        try:
            found.append(read_table(sheet))
        except ScbError as error:
            reasons += error.problems
            text = error.problems[0].text
            skipped.append(Skipped(SkipReason.SHEET_WITHOUT_REGIONS, text, sheet.name))
    if not found:
        raise ScbError(*(reasons or [Problem(ProblemCode.EMPTY_FILE)]))
    return tables.source(found, skipped, is_workbook=True)
