"""Read PC-Axis, the format of SCB's databases since the 1990s.

Keywords with values, each ended by a semicolon, then the figures. Source: Statistics
Sweden, "PC-Axis file format", version 2013.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import prod
from typing import Final, NamedTuple, NoReturn

from municipalities.scb.cube import Side, lay_out, strides
from municipalities.scb.model import Problem, ProblemCode, ScbError, Shape
from municipalities.scb.source import MOST_CELLS, Source, make_source

KEYWORD: Final = re.compile(
    r'\s*([A-Z][A-Z0-9_-]*)(?:\[([\w-]+)\])?(?:\(((?:"[^"]*+"|[^")]++)*+)\))?\s*=',
)
ENDS: Final = re.compile(r'((?:"[^"]*+"|[^";]++)*+);')
QUOTED: Final = re.compile(r'"([^"]*)"')
ITEM: Final = re.compile(r'"[^"]*"(?:\s*"[^"]*")*|[^",\s][^",]*')
TOKEN: Final = re.compile(r'"[^"]*"|[^\s,"]+')
CODE_PAGE: Final = re.compile(rb'^CODEPAGE\s*=\s*"([^"]*)"', re.M | re.I)
CHAR_SET: Final = re.compile(rb'^CHARSET\s*=\s*"([^"]*)"', re.M | re.I)


class Key(NamedTuple):
    """A keyword, and the variable it is about."""

    word: str
    about: tuple[str, ...] = ()


def looks_like_pc_axis(head: bytes) -> bool:
    """Tell whether a file starts with one of the keywords."""
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    return bool(
        re.match(
            rb"(?:CHARSET|AXIS-VERSION|CODEPAGE|MATRIX|LANGUAGES?|CREATION-DATE|DECIMALS"
            rb"|SHOWDECIMALS|SUBJECT-\w+|TITLE|CONTENTS|TABLEID)(?:\[\w+\])?\s*=",
            text,
        )
    )


def encoding(content: bytes) -> str:
    """Return the encoding that the file states: ANSI is Windows, no word is DOS."""
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    page = CODE_PAGE.search(content[:4000])
    if page:
        name = page[1].decode("ascii", "replace").strip().lower()
        return f"cp{name}" if name.isdigit() else name
    char_set = CHAR_SET.search(content[:4000])
    name = char_set[1].decode("ascii", "replace").lower() if char_set else "oem"
    return {"ansi": "cp1252", "oem": "cp850", "unicode": "utf-8"}.get(name, name)


def read(content: bytes) -> Source:
    """Return the table of a PC-Axis file, in its first language."""
    keys = dict(keywords(decode(content)))
    stub = keys.get(Key("STUB"), "")
    heading = keys.get(Key("HEADING"), "")
    variables = [*items(stub), *items(heading)]
    if not variables:
        broken("STUB")
    sides = [side(name, keys) for name in variables]
    if Key("DATA") not in keys:
        row = decode(content).count("\n") + 1
        broken("DATA", row)
    data = figures(keys[Key("DATA")], sides, keys)
    found, block = lay_out(sides, data)
    return make_source(
        Shape.PC_AXIS,
        found,
        [block],
        title=first(keys, "TITLE", "DESCRIPTION"),
        source_text=first(keys, "SOURCE"),
        updated=first(keys, "LAST-UPDATED", "CREATION-DATE"),
        content=first(keys, "CONTENTS"),
        decimal_point=True,
    )


def decode(content: bytes) -> str:
    """Return the text in the encoding that the file states."""
    name = encoding(content)
    if name == "cp1252" and is_utf8(content):
        name = "utf-8"
    try:
        return content.decode(name)
    except LookupError:
        detail = {"encoding": name}
        raise ScbError(Problem(ProblemCode.WRONG_ENCODING, detail=detail)) from None
    except UnicodeDecodeError as error:
        if name in {"cp1252", "ascii", "us-ascii"}:
            return content.decode("latin-1")
        row = content.count(b"\n", 0, error.start) + 1
        detail = {"encoding": name}
        problem = Problem(ProblemCode.WRONG_ENCODING, row=row, detail=detail)
        raise ScbError(problem) from None


def is_utf8(content: bytes) -> bool:
    """Tell whether a file is UTF-8 all the same: programs forget to say so."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def keywords(text: str) -> Iterator[tuple[Key, str]]:
    """Yield each keyword with its value as written. Translations are left out."""
    place = 0
    while match := KEYWORD.match(text, place):
        ends = ENDS.match(text, match.end())
        word, language, about = match.groups()
        if ends is None:
            broken(word, text.count("\n", 0, match.end()) + 1)
        if not language:
            yield Key(word, tuple(QUOTED.findall(about or ""))), ends[1].strip()
        place = ends.end()
    if text[place:].strip(" \t\r\n\x1a\x00;"):
        row = text.count("\n", 0, place) + 1
        broken(text[place:].split(maxsplit=1)[0][:40], row)


def items(value: str) -> list[str]:
    """Return the items of a list. Long strings are cut in pieces, one after another.

    >>> items('"men","wo"\\n"men"')
    ['men', 'women']
    """
    found = []
    for piece in ITEM.findall(value):
        quoted = QUOTED.findall(piece)
        found.append("".join(quoted) if quoted else piece.strip())
    return found


def side(name: str, keys: Mapping[Key, str]) -> Side:
    """Return a variable: its labels, by their codes where the file has them."""
    labels = items(keys.get(Key("VALUES", (name,)), ""))
    codes = items(keys.get(Key("CODES", (name,)), ""))
    labels, codes = labels or codes, codes or labels
    if not labels or len(labels) != len(codes) or len(set(codes)) != len(codes):
        broken(f'VALUES("{name}")')
    is_time = Key("TIMEVAL", (name,)) in keys
    is_content = keys.get(Key("CONTVARIABLE")) == f'"{name}"'
    kind = "period" if is_time else "content" if is_content else ""
    code = "".join(items(keys.get(Key("VARIABLECODE", (name,)), ""))) or name
    return Side(code, name, dict(zip(codes, labels, strict=True)), kind)


def figures(data: str, sides: list[Side], keys: Mapping[Key, str]) -> list[object]:
    """Return the cells in order. With KEYS, rows left out of the file are nil."""
    whole = prod(len(one.options) for one in sides)
    if whole > MOST_CELLS:
        detail = {"cells": whole, "limit": MOST_CELLS}
        raise ScbError(Problem(ProblemCode.TOO_LARGE, detail=detail))
    plain = '"' not in data
    tokens: list[str] = data.split(maxsplit=2 * whole) if plain else TOKEN.findall(data)
    sparse = [one for one in sides if Key("KEYS", (one.label,)) in keys]
    if not sparse:
        return [token.strip('",') for token in tokens]
    steps = strides([len(one.options) for one in sides])
    width = whole
    for one in sparse:
        width //= len(one.options)
    cells: list[object] = ["-"] * whole
    at, step = 0, len(sparse) + width
    while at + step <= len(tokens):
        offset = 0
        for one, token in zip(sparse, tokens[at:], strict=False):
            codes, key = list(one.options), token.strip('"')
            if key not in codes and key not in (labels := list(one.options.values())):
                broken("KEYS")
            index = codes.index(key) if key in codes else labels.index(key)
            offset += index * steps[sides.index(one)]
        cells[offset : offset + width] = tokens[at + len(sparse) : at + step]
        at += step
    if at != len(tokens) or len(cells) != whole:
        broken("KEYS")
    return [str(cell).strip('"') for cell in cells]


def first(keys: Mapping[Key, str], *words: str) -> str:
    """Return the first of the keywords that the file has."""
    for word in words:
        for key, value in keys.items():
            if key.word == word:
                return "".join(items(value)).replace("#", " ")
    return ""


def broken(missing: str, row: int | None = None) -> NoReturn:
    """Refuse the file, naming what it lacks."""
    detail = {"missing": missing}
    raise ScbError(Problem(ProblemCode.BROKEN_FILE, row=row, text=missing, detail=detail))
