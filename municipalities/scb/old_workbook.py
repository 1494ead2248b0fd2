"""Read an old .xls in a process of its own, with a limit to its memory and its time.

The format is a file system in a file, and a damaged one can lead its reader in circles
until the memory is full. So it is read apart: what dies is the reader, not the service.
Run as a program, this file takes a workbook and gives its sheets as JSON.
"""

import json
import resource
import subprocess
import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

MEMORY: Final = 1024 * 1024 * 1024
SECONDS: Final = 20
IS_ENCRYPTED: Final = 3


def sheets(content: bytes) -> list[Any] | None:
    """Return name, visibility, rows and merged cells of each sheet; none if locked.

    Raises ``ValueError`` when the file cannot be read within the limits.
    """
    program = [sys.executable, "-I", str(Path(__file__))]
    try:
        done = subprocess.run(  # noqa: S603 - our own file, and no shell
            program, input=content, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ValueError("The workbook takes too long to read.") from None
    if done.returncode == IS_ENCRYPTED:
        return None
    if done.returncode:
        raise ValueError("The workbook cannot be read.")
    found: list[Any] = json.loads(done.stdout)
    return found


def plain(value: object) -> str:
    """Return a date or a time as text. Midnight is a day."""
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def main() -> None:
    """Read the workbook on standard input, and write its sheets on standard output."""
    from io import BytesIO

    from python_calamine import CalamineWorkbook, PasswordError

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    found = []
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read()))
        for about in book.sheets_metadata:
            sheet = book.get_sheet_by_name(about.name)
            visible = str(about.visible).endswith("Visible")
            rows = sheet.to_python(skip_empty_area=False)
            found.append([about.name, visible, rows, sheet.merged_cell_ranges or []])
    except PasswordError:
        sys.exit(IS_ENCRYPTED)
    json.dump(found, sys.stdout, default=plain)


if __name__ == "__main__":
    main()
