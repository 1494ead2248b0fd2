"""Read a file somebody dropped: as what it is, not as what its name says."""

from typing import Final

from invoices.received import ReceivedError, ReceivedInvoice
from invoices.received_pdf import read_pdf
from invoices.received_ubl import BOM, WIDE, read_ubl

PDF_SIGN: Final = b"%PDF-"


def read_file(content: bytes, *, buyer: str = "") -> ReceivedInvoice:
    """Return what the invoice says. ``buyer`` is the receiver's organisation number.

    Raises ``ReceivedError`` if it is no invoice, or must not be read.
    """
    if not content.strip():
        raise ReceivedError("empty")
    if PDF_SIGN in content[:1024]:
        return read_pdf(content, buyer=buyer)
    if content.startswith(WIDE) or content.removeprefix(BOM).lstrip().startswith(b"<"):
        return read_ubl(content)
    raise ReceivedError("unknown_format")
