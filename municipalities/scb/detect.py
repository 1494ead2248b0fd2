"""Tell what a file is by what it holds. Its name is only a hint to people."""

from __future__ import annotations

import codecs
import re
from typing import Final

from municipalities.scb import json_shapes, pc_axis, text, workbook
from municipalities.scb.model import Problem, ProblemCode, ScbError
from municipalities.scb.source import Source

MAX_BYTES: Final = 20 * 1024 * 1024

PICTURES_AND_OTHERS: Final = {
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpeg",
    b"GIF8": "gif",
    b"BM": "bmp",
    b"II*\x00": "tiff",
    b"MM\x00*": "tiff",
    b"%PDF": "pdf",
    b"{\\rtf": "rtf",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "rar",
    b"PAR1": "parquet",
    b"\x7fELF": "program",
    b"MZ": "program",
    b"SQLite format": "sqlite",
}
MOJIBAKE: Final = re.compile("Ã[¤¥¶…„–\x84\x85\x96©¼]")


def read(content: bytes, file_name: str = "") -> Source:
    """Return the table in a file, or raise ``ScbError`` with every reason why not."""
    if len(content) > MAX_BYTES:
        detail = {"size": len(content), "limit": MAX_BYTES}
        raise ScbError(Problem(ProblemCode.TOO_LARGE, detail=detail))
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise ScbError(Problem(ProblemCode.EMPTY_FILE))
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06", workbook.OLE)):
        return workbook.read(content)
    refuse_pictures(content)
    if pc_axis.looks_like_pc_axis(content[:2000]):
        return pc_axis.read(content)
    words = decode(content)
    if re.match(r"\s*<(?:!doctype|html|\?xml|table|svg|[a-z]+[\s>])", words[:500], re.I):
        raise ScbError(Problem(ProblemCode.NOT_A_TABLE, detail={"kind": "html"}))
    if words.lstrip()[:1] in {"{", "["}:
        return json_shapes.read(words)
    return text.read(words, file_name)


def refuse_pictures(content: bytes) -> None:
    """Refuse what is plainly not a table, by its first bytes."""
    for start, kind in PICTURES_AND_OTHERS.items():
        if content.startswith(start) and (len(start) > 2 or b"\x00" in content[:64]):
            raise ScbError(Problem(ProblemCode.NOT_A_TABLE, detail={"kind": kind}))
    if content[:4] == b"RIFF" or content[4:8] == b"ftyp":
        raise ScbError(Problem(ProblemCode.NOT_A_TABLE, detail={"kind": "picture"}))


def decode(content: bytes) -> str:
    """Return the text: by its byte order mark, else UTF-8, else Windows' Latin.

    Text that was once read as Latin and saved as UTF-8 is put right.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return strictly(content, "utf-16")
    if content.startswith(codecs.BOM_UTF8):
        return strictly(content, "utf-8-sig")
    zeros = content[:2000].count(0)
    if zeros:
        if zeros < len(content[:2000]) * 0.3:
            raise ScbError(Problem(ProblemCode.NOT_A_TABLE, detail={"kind": "binary"}))
        return strictly(content, "utf-16-le" if content[1] == 0 else "utf-16-be")
    try:
        words = content.decode("utf-8")
    except UnicodeDecodeError:
        if len(re.findall(rb"[\x00-\x08\x0e-\x1f]", content[:2000])) > 5:
            detail = {"kind": "binary"}
            raise ScbError(Problem(ProblemCode.NOT_A_TABLE, detail=detail)) from None
        return content.decode("cp1252", "replace")
    return repaired(words)


def strictly(content: bytes, encoding: str) -> str:
    """Return the text, or raise with the line that is not in the encoding."""
    try:
        return repaired(content.decode(encoding))
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        detail = {"encoding": encoding}
        problem = Problem(ProblemCode.WRONG_ENCODING, row=row, detail=detail)
        raise ScbError(problem) from None


def repaired(words: str) -> str:
    """Return text with its å, ä and ö whole again.

    >>> repaired("UmeÃ¥")
    'Umeå'
    """
    if not MOJIBAKE.search(words):
        return words
    for encoding in ("cp1252", "latin-1"):
        try:
            return words.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return words
