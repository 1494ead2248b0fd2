"""Read text: commas, semicolons, tabs or bars, in whichever encoding it was saved.

>>> separator("kod;värde\\n0114;45,5\\n0115;33,1")
';'
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from io import StringIO
from itertools import islice
from typing import Final

from municipalities.scb import tables
from municipalities.scb.model import Problem, ProblemCode, ScbError
from municipalities.scb.source import Source
from municipalities.scb.table import Row, Sheet
from municipalities.scb.table import read as read_table

SEPARATORS: Final = ("\t", ";", "|", ",")
LINES: Final = 40
MOST_ROWS: Final = 1_048_576


def read(text: str, file_name: str = "") -> Source:
    """Return the table of a text."""
    rows = split(text)
    if not any(map(any, rows)):
        raise ScbError(Problem(ProblemCode.EMPTY_FILE))
    return tables.source([read_table(Sheet(rows))], file_name=file_name)


def split(text: str) -> list[Row]:
    """Return the rows and cells of a text."""
    mark = separator(text)
    if not mark:
        return [list(cells_in(line)) for line in text.splitlines()]
    reader = csv.reader(StringIO(text, newline=""), delimiter=mark, strict=True)
    rows: list[Row] = []
    try:
        for row in islice(reader, MOST_ROWS + 1):
            rows.append(row)  # type: ignore[arg-type]  # noqa: PERF402
    except csv.Error as error:
        detail = {"kind": "text", "reason": str(error)}
        problem = Problem(ProblemCode.BROKEN_FILE, row=len(rows) + 1, detail=detail)
        raise ScbError(problem) from None
    if len(rows) > MOST_ROWS:
        raise ScbError(Problem(ProblemCode.TOO_LARGE, detail={"rows": MOST_ROWS}))
    return rows


def separator(text: str) -> str:
    """Return the sign that cuts most lines into the same number of cells."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:LINES]
    best, most = "", 0
    for mark in SEPARATORS:
        counts = Counter(unquoted(line).count(mark) for line in lines)
        counts.pop(0, None)
        agreeing = max(counts.values(), default=0)
        if agreeing > most * 1.2:
            best, most = mark, agreeing
    return best


def unquoted(line: str) -> str:
    """Return a line without what is quoted."""
    return re.sub(r'"[^"]*"', "", line)


def cells_in(line: str) -> list[str]:
    """Return the cells of a line that only spaces divide.

    >>> cells_in("0114 47 184"), cells_in("0114 Upplands Väsby  47184")
    (['0114', '47 184'], ['0114 Upplands Väsby', '47184'])
    """
    cells = re.split(r"\s{2,}", line.strip())
    if len(cells) == 1 and (match := re.fullmatch(r"(\d{3,4})\s([\d\s.,]+)", line.strip())):
        return [match[1], match[2]]
    return cells
