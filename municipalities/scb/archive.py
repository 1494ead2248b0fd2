"""Look into a zipped workbook before anybody unpacks it.

A small file can claim to be gigabytes, hold a cell in the last row of the last column,
or let XML name things outside itself. Sizes are counted, not believed: every part is
unpacked up to a limit and thrown away.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Final

from lxml import etree

from municipalities.scb.model import Problem, ProblemCode, ScbError
from municipalities.scb.source import MOST_CELLS

MAX_UNPACKED: Final = 200 * 1024 * 1024
MAX_RATIO: Final = 200
MAX_MEMBERS: Final = 2_000
SMALL: Final = 1024 * 1024
CHUNK: Final = 1024 * 1024

DOCTYPE: Final = re.compile(rb"<\s*!\s*DOCTYPE", re.IGNORECASE)
ENTITY: Final = re.compile(rb"<\s*!\s*ENTITY", re.IGNORECASE)
CELL: Final = re.compile(rb"""\sr\s*=\s*["']([A-Z]{0,3})(\d{1,9})["']""")
FORMULA: Final = re.compile(rb"<(?:\w+:)?f[\s>/]")

Formulas = dict[tuple[int, str], str]


def parts(content: bytes) -> dict[str, bytes]:
    """Return the XML parts of the archive. Refuse a bomb, a lock and a document type."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return unpack(archive, len(content))
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        ValueError,
        RuntimeError,
    ) as error:
        if isinstance(error, ScbError):
            raise
        detail = {"kind": "zip"}
        raise ScbError(Problem(ProblemCode.BROKEN_FILE, detail=detail)) from None


def unpack(archive: zipfile.ZipFile, packed: int) -> dict[str, bytes]:
    """Return the members, counted as they come out."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        bomb(members=len(members))
    if any(member.flag_bits & 1 for member in members):
        raise ScbError(Problem(ProblemCode.ENCRYPTED))
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        bomb(size=sum(member.file_size for member in members))
    found: dict[str, bytes] = {}
    whole = 0
    for member in members:
        pieces = []
        size = 0
        with archive.open(member) as stream:
            while piece := stream.read(CHUNK):
                size += len(piece)
                whole += len(piece)
                if whole > MAX_UNPACKED or (whole > SMALL and whole > packed * MAX_RATIO):
                    bomb(size=whole)
                pieces.append(piece)
        if member.filename.lower().endswith((".xml", ".rels")):
            found[member.filename] = no_doctype(member.filename, b"".join(pieces))
        else:
            found[member.filename] = b""
    return found


def bomb(**detail: int) -> None:
    """Refuse the archive."""
    raise ScbError(Problem(ProblemCode.ZIP_BOMB, detail=detail))


def no_doctype(name: str, xml: bytes) -> bytes:
    """Return the part as it is. A workbook has no use for a document type."""
    plain = xml.replace(b"\x00", b"") if b"\x00" in xml[:200] else xml
    if DOCTYPE.search(plain) or ENTITY.search(plain):
        detail = {"kind": "doctype", "part": name}
        raise ScbError(Problem(ProblemCode.BROKEN_FILE, detail=detail))
    return xml


def check_extent(name: str, xml: bytes) -> None:
    """Refuse a sheet whose cells lie so far apart that a grid would fill the memory."""
    right = bottom = 1
    places = CELL.findall(xml)
    for column in {column for column, _ in places if column}:
        right = max(right, column_number(column))
    bottom = max((int(row) for row in {row for _, row in places}), default=1)
    if right * bottom > MOST_CELLS:
        places = CELL.findall(b"".join(filled_cells(xml)))
        right = max((column_number(c) for c, _ in places if c), default=1)
        bottom = max((int(row) for row in {row for _, row in places}), default=1)
    if right * bottom > MOST_CELLS:
        detail = {"rows": bottom, "columns": right, "limit": MOST_CELLS}
        raise ScbError(Problem(ProblemCode.TOO_LARGE, sheet=name, detail=detail))


def filled_cells(xml: bytes) -> list[bytes]:
    """Return the tags of cells that hold something: formatting alone is no cell."""
    pattern = re.compile(rb"(<(?:\w+:)?c\s[^>/]*>)(?=\s*<(?:\w+:)?(?:v|is|f)\b)")
    return pattern.findall(xml)


def check_repeats(xml: bytes) -> None:
    """Refuse an OpenDocument sheet whose repeated cells would fill the memory.

    Empty cells after the last filled one are no matter, however often repeated.
    """
    right = bottom = row = column = 0
    filled = False
    tags = ("{*}table", "{*}table-row", "{*}table-cell", "{*}covered-table-cell")
    tree = etree.iterparse(
        BytesIO(xml), events=("end",), tag=tags, resolve_entities=False, no_network=True
    )
    try:
        for _, element in tree:
            kind = etree.QName(element).localname
            if kind == "table":
                row = 0
            elif kind == "table-row":
                row += repeats(element, "rows")
                bottom = row if filled else bottom
                column, filled = 0, False
            else:
                column += repeats(element, "columns")
                if len(element) or any("value" in str(name) for name in element.attrib):
                    right, filled = max(right, column), True
            if right * bottom > MOST_CELLS:
                detail = {"rows": bottom, "columns": right, "limit": MOST_CELLS}
                raise ScbError(Problem(ProblemCode.TOO_LARGE, detail=detail))
            element.clear()
    except etree.XMLSyntaxError as error:
        about = {"kind": "xml"}
        problem = Problem(ProblemCode.BROKEN_FILE, row=error.lineno, detail=about)
        raise ScbError(problem) from None


def repeats(element: etree._Element, side: str) -> int:
    """Return how often a row or a cell is repeated."""
    for name, count in element.attrib.items():
        if str(name).endswith(f"number-{side}-repeated") and str(count).isdigit():
            return int(count)
    return 1


def column_number(letters: bytes) -> int:
    """Return a column's number.

    >>> column_number(b"A"), column_number(b"XFD")
    (1, 16384)
    """
    number = 0
    for one in letters:
        number = number * 26 + one - 64
    return number


def formulas(xml: bytes) -> tuple[bool, Formulas]:
    """Return whether a sheet has formulas, and those whose answer is not in the file.

    A program that writes workbooks without counting leaves the answer out, or puts 0
    there for the spreadsheet to replace; neither is a figure.
    """
    if not FORMULA.search(xml):
        return False, {}
    without: Formulas = {}
    has_any = False
    tree = etree.iterparse(
        BytesIO(xml),
        tag=("{*}c",),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        for _, cell in tree:
            formula = cell.find("{*}f")
            if formula is not None:
                has_any = True
                value = cell.findtext("{*}v")
                where = re.fullmatch(r"([A-Z]{1,3})(\d+)", cell.get("r") or "")
                if where and (value is None or value.strip() in {"", "0"}):
                    without[int(where[2]), where[1]] = "=" + (formula.text or "")
            cell.clear()
    except etree.XMLSyntaxError as error:
        detail = {"kind": "xml"}
        problem = Problem(ProblemCode.BROKEN_FILE, row=error.lineno, detail=detail)
        raise ScbError(problem) from None
    return has_any, without


def sheet_parts(found: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the XML of every sheet of an .xlsx, by the name the sheet has."""
    workbook = found.get("xl/workbook.xml")
    links = found.get("xl/_rels/workbook.xml.rels")
    if not workbook or not links:
        return {}
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        targets = {
            link.get("Id"): link.get("Target") or ""
            for link in etree.fromstring(links, parser).iter("{*}Relationship")
        }
        sheets = {}
        for sheet in etree.fromstring(workbook, parser).iter("{*}sheet"):
            link = next((v for k, v in sheet.attrib.items() if str(k).endswith("}id")), "")
            target = targets.get(str(link), "").lstrip("/")
            path = target if target.startswith("xl/") else f"xl/{target}"
            sheets[str(sheet.get("name"))] = found.get(path, b"")
    except etree.XMLSyntaxError:
        detail = {"kind": "xml"}
        raise ScbError(Problem(ProblemCode.BROKEN_FILE, detail=detail)) from None
    return sheets
