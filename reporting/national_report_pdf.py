"""The body's report to the authority as a tagged PDF."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from weasyprint.logger import PROGRESS_LOGGER

from municipalities.markdown import Words, render
from municipalities.models import CoordinatingBody
from municipalities.numbers import grouped
from reporting.document import Cell, Column, Document, Heading, Prose, Table, clean, is_long
from reporting.pdf import logo_of, render_pdf
from reporting.requisition_pdf import printable

DEEPEST_IN_CONTENTS = 2
PAUSE = 3
"""Seconds between two signs of life."""


def national_pdf(
    document: Document, body: CoordinatingBody, beat: Callable[[], None] = lambda: None
) -> bytes:
    """Return the document as a PDF; ``beat`` is called as page after page is laid out."""
    pictures = logo_of(body)
    html = printable(clean(html_of(document, has_logo=bool(pictures))))
    with followed(beat):
        return render_pdf(html, pictures)


def html_of(document: Document, *, has_logo: bool = False) -> str:
    """Return what the PDF is made of."""
    blocks = [drawn(block, number) for number, block in enumerate(document.blocks)]
    contents = [
        each
        for each in blocks
        if each["kind"] == "heading" and each["block"].level <= DEEPEST_IN_CONTENTS
    ]
    context = {
        "document": document,
        "blocks": blocks,
        "contents": contents,
        "has_logo": has_logo,
    }
    with translation.override("sv"):
        return render_to_string("reporting/national_report_document.html", context)


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """A row of a table as the template shows it."""

    cells: list[tuple[str, bool]]
    """What stands in each, and whether it is an amount."""
    is_long: bool
    """Whether it may go on over the page."""


def drawn(block: Any, number: int) -> dict[str, Any]:
    """Return a part of the document as the template shows it."""
    match block:
        case Heading():
            return {"kind": "heading", "block": block, "id": f"del-{number}"}
        case Prose():
            return {"kind": "prose", "html": render(clean(block.text), Words())}
        case Table():
            whole = sum(each.width for each in block.columns)
            return {
                "kind": "table",
                "block": block,
                "rows": [
                    DrawnRow(cells_of(block.columns, row), is_long(row))
                    for row in block.rows
                ],
                "total": cells_of(block.columns, block.total) if block.total else [],
                "widths": [100 * each.width // whole for each in block.columns],
                "is_wide": len(block.columns) > 6,
                "is_short": block.is_short,
            }
        case _:
            return {"kind": "note", "block": block}


def cells_of(
    columns: tuple[Column, ...], cells: tuple[Cell, ...]
) -> list[tuple[str, bool]]:
    """Return what stands in each cell, and whether it is an amount."""
    return [
        (grouped(cell) if isinstance(cell, int) else cell or "", column.is_amount)
        for column, cell in zip(columns, cells, strict=True)
    ]


class _Beats(logging.Handler):
    """Calls back, not too often, when WeasyPrint tells how far it has come."""

    def __init__(self, beat: Callable[[], None]) -> None:
        super().__init__()
        self.beat = beat
        self.thread = threading.get_ident()
        self.latest = monotonic()

    def handle(self, record: logging.LogRecord) -> bool:
        if record.thread == self.thread and monotonic() - self.latest > PAUSE:
            self.latest = monotonic()
            self.beat()
        return True


@contextmanager
def followed(beat: Callable[[], None]) -> Iterator[None]:
    """Call ``beat`` while WeasyPrint works. What it raises ends the work."""
    handler = _Beats(beat)
    level, propagate = PROGRESS_LOGGER.level, PROGRESS_LOGGER.propagate
    PROGRESS_LOGGER.setLevel(logging.INFO)
    PROGRESS_LOGGER.propagate = False  # nobody wants a line a page in the log
    PROGRESS_LOGGER.addHandler(handler)
    try:
        yield
    finally:
        PROGRESS_LOGGER.removeHandler(handler)
        PROGRESS_LOGGER.setLevel(level)
        PROGRESS_LOGGER.propagate = propagate
