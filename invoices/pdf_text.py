"""Read the text of a PDF in a process of its own, with limits to memory and time.

A PDF is a program for drawing pages, and a hostile one can draw for ever. So it is read
apart: what dies is the reader, not the service. Run as a program, this file takes a PDF
and gives its lines and its attached XML files as JSON.
"""

import base64
import contextlib
import json
import logging
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

MEMORY: Final = 768 * 1024 * 1024
SECONDS: Final = 15
MOST_PAGES: Final = 30
MOST_SIGNS: Final = 200_000
MOST_ATTACHMENTS: Final = 5
MOST_ATTACHED: Final = 5 * 1024 * 1024

BROKEN: Final = 2
ENCRYPTED: Final = 3
TOO_MANY_PAGES: Final = 4
TOO_SLOW: Final = 5


class PdfError(ValueError):
    """The PDF cannot be read. ``code`` says why: broken, encrypted, too large for us."""

    def __init__(self, code: int) -> None:
        """Take the code that the reading process ended with."""
        self.code = code
        super().__init__(f"The PDF cannot be read ({code}).")


def read(content: bytes) -> tuple[str, list[bytes]]:
    """Return the text, laid out in lines as on the pages, and attached XML files.

    Raises ``PdfError`` when the file cannot be read within the limits.
    """
    program = [sys.executable, "-I", str(Path(__file__))]
    try:
        done = subprocess.run(  # noqa: S603 - our own file, and no shell
            program, input=content, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise PdfError(TOO_SLOW) from None
    if done.returncode in {BROKEN, ENCRYPTED, TOO_MANY_PAGES}:
        raise PdfError(done.returncode)
    if done.returncode:
        raise PdfError(TOO_SLOW)
    found = json.loads(done.stdout)
    return found["text"], [base64.b64decode(one) for one in found["attached"]]


def main() -> None:
    """Read the PDF on standard input, and write what it says on standard output."""
    from io import BytesIO

    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    logging.disable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        reader = PdfReader(BytesIO(sys.stdin.buffer.read()))
        if reader.is_encrypted and not reader.decrypt(""):
            sys.exit(ENCRYPTED)
        if len(reader.pages) > MOST_PAGES:
            sys.exit(TOO_MANY_PAGES)
        text = "\n".join(page_text(page) for page in reader.pages)
        attached = [base64.b64encode(one).decode() for one in xml_files(reader)]
    except DependencyError:
        sys.exit(ENCRYPTED)
    except (MemoryError, RecursionError):
        sys.exit(TOO_SLOW)
    except Exception:  # a damaged file can fail in any way it likes
        sys.exit(BROKEN)
    json.dump({"text": text[:MOST_SIGNS], "attached": attached}, sys.stdout)


def page_text(page: Any) -> str:
    """Return a page's lines, in columns where it has such; as it comes if that fails."""
    with contextlib.suppress(ArithmeticError, LookupError, TypeError, ValueError):
        if laid_out := page.extract_text(extraction_mode="layout"):
            return str(laid_out)
    return str(page.extract_text())


def xml_files(reader: Any) -> Iterator[bytes]:
    """Yield the attached XML files that have the size of an invoice."""
    left = MOST_ATTACHMENTS
    for name, contents in reader.attachments.items():
        for content in contents:
            if left and name.lower().endswith(".xml") and len(content) <= MOST_ATTACHED:
                left -= 1
                yield content


if __name__ == "__main__":
    main()
