"""A document as headings, texts and tables, whatever it is written to.

Word, PDF and the pages are made from the same one, so that they say the same.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

# What XML 1.0 has room for (W3C, production 2). Texts from people may hold anything.
FORBIDDEN = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", flags=re.ASCII
)


def clean(text: str) -> str:
    r"""Return the text without characters that no document can hold.

    >>> clean("Bidrag\x00 till\x0b\r\nkommunen\ud800")
    'Bidrag till\nkommunen'
    """
    return FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


Cell: TypeAlias = str | int | None
"""A text, an amount, or nothing."""

SHORT = 12
"""Rows of a table that is kept on one page."""
LONG = 300
"""Letters of a text that may go on over the page."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: 1 for a section of the document, 2 and 3 within it."""

    text: str
    level: int = 1
    starts_page: bool = False


@dataclass(frozen=True, slots=True)
class Prose:
    """Text in Markdown, as people write it."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of the document's own."""

    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``width`` is its share of the table's."""

    title: str
    is_amount: bool = False
    width: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption. The first column names the row; ``total`` stands last."""

    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    total: tuple[Cell, ...] = ()

    @property
    def is_short(self) -> bool:
        """Whether it is kept on one page."""
        return len(self.rows) <= SHORT and not any(map(is_long, self.rows))


def is_long(row: Sequence[Cell]) -> bool:
    """Return whether a row may go on over the page; a shorter one stays together."""
    return any(isinstance(cell, str) and len(cell) > LONG for cell in row)


Block: TypeAlias = Heading | Prose | Note | Table


@dataclass(frozen=True, slots=True)
class Document:
    """All of it."""

    title: str
    kind: str
    """What it is, above the title."""
    author: str
    facts: tuple[tuple[str, str], ...]
    """What stands on the title page: names and what they are."""
    made_at: datetime
    """When the facts were such."""
    blocks: tuple[Block, ...]

    @property
    def fingerprint(self) -> str:
        """Tell one content from another."""
        return hashlib.sha256(repr(self).encode(errors="replace")).hexdigest()
