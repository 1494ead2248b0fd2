"""A list of payments going out, and what the bank says of them coming back.

What comes back is a table (csv or xlsx) that somebody has filled in or fetched from the
bank, with a payment id and a status on every row, or the bank's own status report, ISO
20022 pain.002.001.10 and its neighbours. Columns are known by their headings, in Swedish
or English and in any order; lines above the headings are passed over.

A payment is paid when it is settled (ACSC, ACCC) and has failed when it is rejected
(RJCT) or cancelled. What the bank has only taken in (ACTC, ACCP, ACSP, PDNG) is neither:
those payments wait for a later list. Source: ISO 20022, *External code sets*,
ExternalPaymentTransactionStatus1Code. A status of the whole message or its one payment
block is about every payment that the report does not name.

The file comes from outside. XML with a document type is refused, workbooks are looked
into before they are unpacked, and sizes are bounded. Everything wrong is told at once.

>>> found = read("Betalnings-id;Status;Orsak\\nSM-1;Betald;\\nSM-2;Avvisad;AC03".encode())
>>> [(each.payment_id, each.is_paid, each.reason) for each in found.outcomes]
[('SM-1', True, ''), ('SM-2', False, 'AC03')]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from io import BytesIO
from typing import Final

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook

from invoices import safe_xml
from invoices.accounts import NBSP, Kind
from invoices.pain001 import Order
from municipalities.scb import archive, detect, text, workbook
from municipalities.scb.model import ProblemCode, ScbError

MAX_BYTES: Final = 5 * 1024 * 1024
MOST_ROWS: Final = 20_000
HEADING_ROWS: Final = 20
REASON_LENGTH: Final = 300
TEXT_LENGTH: Final = 60

ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
BEFORE_XML: Final = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
INSTRUCTED: Final = "OrgnlTxRef/{*}Amt/{*}InstdAmt"
REPORT: Final = "urn:iso:std:iso:20022:tech:xsd:pain.002.001."


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


PAID: Final = _words(
    "betald betalt betalad utbetald utbetalt utförd utfört genomförd genomfört klar",
    "paid completed executed settled acsc accc",
)
FAILED: Final = _words(
    "misslyckad misslyckat misslyckades misslyckats avvisad avvisat avvisades nekad",
    "stoppad returnerad retur makulerad annullerad avbruten failed rejected returned",
    "cancelled canceled rjct canc",
)
WAITING: Final = _words(
    "planerad skickad skickadtillbanken mottagen bevakad pågår väntar accepterad planned",
    "sent senttothebank received pending accepted actc accp acsp acwc acfc acfw acpd acwp",
    "patc pdng rcvd part",
) | {""}

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": (
        *("betalningsid", "endtoendid", "paymentid", "orgnlendtoendid", "endtoend"),
        *("endtoendreferens", "endtoendreference", "e2eid", "betalningsnummer", "id"),
    ),
    "status": ("status", "betalningsstatus", "paymentstatus", "txsts", "utfall", "result"),
    "date": (
        *("datum", "date", "betalddatum", "betaldden", "paidon", "paiddate"),
        *("bokföringsdag", "bokföringsdatum", "bookingdate", "utförddatum"),
        *("betalningsdatum", "betaldatum", "paymentdate", "betalningsdag"),
    ),
    "reason": (
        *("orsak", "reason", "felorsak", "avvisningsorsak", "statusreason"),
        *("felmeddelande", "errormessage", "anledning", "kommentar", "comment"),
    ),
    "amount": ("belopp", "amount", "beloppkr", "beloppsek", "beloppisek", "summa"),
}
"""Columns and their headings as bare letters; the first that is there is the one."""

COLUMNS: Final = (
    *("id", "receiver", "organisation_number", "account_kind", "account", "bic"),
    *("amount", "day", "message", "status", "date", "reason"),
)
"""What the list going out has. The last three are for the payer to fill in."""

FILE_PROBLEMS: Final = {
    ProblemCode.EMPTY_FILE: "empty_file",
    ProblemCode.TOO_LARGE: "too_large",
    ProblemCode.ZIP_BOMB: "too_large",
    ProblemCode.BROKEN_FILE: "broken_file",
    ProblemCode.WRONG_ENCODING: "encoding",
    ProblemCode.ENCRYPTED: "encrypted",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one payment. ``amount`` is kronor, where the list says so."""

    payment_id: str
    is_paid: bool
    on: date | None = None
    reason: str = ""
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class ListProblem:
    """What is wrong with the file, or with a row of it as a spreadsheet counts."""

    code: str
    row: int | None = None
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PaymentList:
    """A list as read: settled payments, those that wait, and everything wrong.

    Nothing should be saved while there are problems. ``message_id`` is our own, which a
    status report repeats; ``rest`` is the outcome of every payment it does not name.
    """

    outcomes: tuple[Outcome, ...] = ()
    waiting: tuple[str, ...] = ()
    problems: tuple[ListProblem, ...] = ()
    message_id: str = ""
    rest: Outcome | None = None

    def outcomes_for(self, payment_ids: Iterable[str]) -> tuple[Outcome, ...]:
        """Return the outcomes, with those of our payments that only the rest covers."""
        named = {each.payment_id for each in self.outcomes} | set(self.waiting)
        others = [each for each in payment_ids if each not in named] if self.rest else []
        rest = self.rest
        added = [replace(rest, payment_id=each) for each in others if rest]
        return (*self.outcomes, *added)


class _ListError(ValueError):
    """The whole file cannot be read."""

    def __init__(self, code: str, row: int | None = None, **params: object) -> None:
        super().__init__(code)
        self.problem = ListProblem(code, row, params)


def read(content: bytes) -> PaymentList:
    """Return what a file says of payments. It never raises: problems are in the answer."""
    try:
        if len(content) > MAX_BYTES:
            raise _ListError("too_large", limit=MAX_BYTES // 1024 // 1024)
        start = content[:200].lstrip(BEFORE_XML)
        if not start:
            raise _ListError("empty_file")
        return _report(content) if start.startswith(b"<") else _table(content)
    except _ListError as error:
        return PaymentList(problems=(error.problem,))
    except ScbError as error:
        codes = [FILE_PROBLEMS.get(each.code, "not_a_table") for each in error.problems]
        limit = {"limit": MAX_BYTES // 1024 // 1024}
        found = [
            ListProblem(code, params=limit if code == "too_large" else {})
            for code in dict.fromkeys(codes)
        ]
        return PaymentList(problems=tuple(found))


def rows(order: Order, kinds: Mapping[Kind, str]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the list going out, in ``COLUMNS``; ``kinds`` are for people."""
    for each in order.transfers:
        yield (
            each.end_to_end_id,
            each.creditor_name,
            each.creditor_organisation_number,
            kinds[each.account.kind],
            each.account.formatted.replace(NBSP, " "),
            each.account.bic,
            each.amount,
            order.execute_on,
            each.reference or each.remittance,
            "",
            None,
            "",
        )


class _Gathered:
    """Outcomes as they are found, with doubles told apart from contradictions."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.waiting: dict[str, None] = {}
        self.problems: list[ListProblem] = []

    def wrong(self, code: str, row: int | None, **params: object) -> None:
        self.problems.append(ListProblem(code, row, params))

    def take(self, status: str, outcome: Outcome, row: int | None) -> None:
        """Keep one payment's outcome by its status, as bare letters."""
        name = outcome.payment_id
        if not name:
            self.wrong("id_lacking", row)
        elif status in WAITING:
            if name in self.outcomes:
                self.wrong("repeated", row, id=name)
            self.waiting[name] = None
        else:
            same = self.outcomes.get(name, outcome).is_paid == outcome.is_paid
            if not same or name in self.waiting:
                self.wrong("repeated", row, id=name)
            self.outcomes.setdefault(name, outcome)

    def listed(self) -> PaymentList:
        """Return what was found."""
        outcomes, waiting = tuple(self.outcomes.values()), tuple(self.waiting)
        return PaymentList(outcomes, waiting, tuple(self.problems))


def _table(content: bytes) -> PaymentList:
    lines = _workbook(content) if content.startswith(ZIP) else _text(content)
    if len(lines) > MOST_ROWS:
        raise _ListError("too_many_rows", most=MOST_ROWS)
    top, columns = _columns(lines)
    gathered = _Gathered()
    for number, cells in enumerate(lines[top + 1 :], start=top + 2):
        if any(_written(cell) for cell in cells):
            found = {key: cells[at] for key, at in columns.items() if at < len(cells)}
            _row(gathered, number, found)
    listed = gathered.listed()
    if not (listed.outcomes or listed.waiting or listed.problems):
        raise _ListError("no_rows")
    return listed


def _row(gathered: _Gathered, number: int, cells: Mapping[str, object]) -> None:
    status, name = _letters(cells.get("status")), _written(cells.get("id"))
    if not status and not name:
        return  # a sum, or a note below the list
    if status not in PAID | FAILED | WAITING:
        shown = _written(cells.get("status"))[:TEXT_LENGTH]
        gathered.wrong("status_unknown", number, text=shown)
        return
    on = amount = None
    try:
        on = _day(cells.get("date"))
    except ValueError:
        gathered.wrong("date", number, text=_written(cells["date"])[:TEXT_LENGTH])
    try:
        amount = _kronor(cells.get("amount"))
    except ValueError:
        gathered.wrong("amount", number, text=_written(cells["amount"])[:TEXT_LENGTH])
    is_paid = status in PAID
    reason = "" if is_paid else _written(cells.get("reason"))[:REASON_LENGTH]
    gathered.take(status, Outcome(name, is_paid, on, reason, amount), number)


def _workbook(content: bytes) -> Sequence[Sequence[object]]:
    sheets = archive.sheet_parts(archive.parts(content))
    for name, part in sheets.items():
        archive.check_extent(name, part)
    try:
        with CalamineWorkbook.from_filelike(BytesIO(content)) as book:
            return book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, IndexError, ValueError):
        raise _ListError("broken_file") from None


def _text(content: bytes) -> Sequence[Sequence[object]]:
    detect.refuse_pictures(content)
    if content.startswith(workbook.OLE):
        raise _ListError("not_a_table")
    return text.split(detect.decode(content))


def _columns(lines: Sequence[Sequence[object]]) -> tuple[int, dict[str, int]]:
    """Return the row of the headings, from 0, and where each column is."""
    nearest: set[str] = set()
    for number, cells in enumerate(lines[:HEADING_ROWS]):
        names = [_letters(cell) for cell in cells]
        found = {
            key: names.index(heading)
            for key, headings in HEADINGS.items()
            for heading in reversed(headings)
            if heading in names
        }
        if {"id", "status"} <= set(found):
            return number, found
        nearest = max(nearest, set(found), key=len)
    if not nearest and max((len(cells) for cells in lines), default=0) < 2:
        raise _ListError("not_a_table")
    missing = tuple(key for key in ("id", "status") if key not in nearest)
    raise _ListError("wrong_columns", missing=missing)


def _report(content: bytes) -> PaymentList:
    try:
        root = safe_xml.parse(content)
    except safe_xml.XmlError as error:
        if error.code == "doctype":
            raise _ListError("doctype") from None
        raise _ListError("broken_file", error.line) from None
    namespace = etree.QName(root).namespace or ""
    report = root.find("{*}CstmrPmtStsRpt")
    if report is None or not namespace.startswith(REPORT):
        raise _ListError("not_a_report")
    gathered = _Gathered()
    for transaction in report.iterfind("{*}OrgnlPmtInfAndSts/{*}TxInfAndSts"):
        _transaction(gathered, transaction)
    listed = gathered.listed()
    group = report.find("{*}OrgnlGrpInfAndSts")
    blocks = report.findall("{*}OrgnlPmtInfAndSts")
    rest = _rest(group, blocks)
    message_id = "" if group is None else _found(group, "OrgnlMsgId")
    if not (listed.outcomes or listed.waiting or listed.problems or rest):
        waits = any(_found(each, "PmtInfSts") for each in blocks)
        if not waits and not (group is not None and _found(group, "GrpSts")):
            raise _ListError("no_rows")
    return replace(listed, message_id=message_id, rest=rest)


def _transaction(gathered: _Gathered, transaction: etree._Element) -> None:
    row = transaction.sourceline
    written = _found(transaction, "TxSts")
    status = written.lower()
    if not written or status not in PAID | FAILED | WAITING:
        gathered.wrong("status_unknown", row, text=written[:TEXT_LENGTH])
        return
    name = _found(transaction, "OrgnlEndToEndId")
    written, settled = _found(transaction, INSTRUCTED), _settled(transaction)
    amount = on = None
    try:
        amount = _kronor(written, zeros=r"\.0{1,5}")
    except ValueError:
        gathered.wrong("amount", row, text=written[:TEXT_LENGTH])
    try:
        on = _day(settled)
    except ValueError:
        gathered.wrong("date", row, text=settled[:TEXT_LENGTH])
    is_paid = status in PAID
    reason = "" if is_paid else _reason(transaction)
    gathered.take(status, Outcome(name, is_paid, on, reason, amount), row)


def _settled(transaction: etree._Element) -> str:
    """Return the day of settlement as written, or the day that we asked for."""
    places = (
        "FctvIntrBkSttlmDt/{*}Dt",
        "FctvIntrBkSttlmDt/{*}DtTm",
        "OrgnlTxRef/{*}IntrBkSttlmDt",
        "OrgnlTxRef/{*}ReqdExctnDt/{*}Dt",
        "OrgnlTxRef/{*}ReqdExctnDt",
    )
    return next((day for place in places if (day := _found(transaction, place))), "")[:10]


def _rest(group: etree._Element | None, blocks: Sequence[etree._Element]) -> Outcome | None:
    """Return what the whole message or all its blocks have come to, if anything."""
    inner = {_found(block, "PmtInfSts").lower() for block in blocks}
    whole = "" if group is None else _found(group, "GrpSts").lower()
    status = inner.pop() if len(inner) == 1 and "" not in inner else whole
    if len(inner) > 1 or status not in PAID | FAILED:
        return None
    said = [_reason(each) for each in (*blocks, group) if each is not None]
    is_paid = status in PAID
    reason = next(filter(None, said), "")
    return Outcome("", is_paid, reason="" if is_paid else reason)


def _reason(element: etree._Element) -> str:
    """Return the reasons given right here: code and text of each."""
    reasons = []
    for information in element.iterfind("{*}StsRsnInf"):
        code = _found(information, "Rsn/{*}Cd") or _found(information, "Rsn/{*}Prtry")
        more = [each.text or "" for each in information.iterfind("{*}AddtlInf")]
        words = " ".join(" ".join(more).split())
        reasons.append(": ".join(filter(None, (code, words))))
    return "; ".join(filter(None, reasons))[:REASON_LENGTH]


def _found(element: etree._Element, path: str) -> str:
    return (element.findtext(f"{{*}}{path}") or "").strip()


def _written(cell: object) -> str:
    """Return what a cell shows. Spreadsheets know only fractions, so 12.0 is 12."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str("" if cell is None else cell).split())


def _letters(cell: object) -> str:
    """Return a heading or a status without anything but its letters and digits.

    >>> _letters("Betalnings-id:"), _letters("Skickad till banken")
    ('betalningsid', 'skickadtillbanken')
    """
    return re.sub(r"[\W_]+", "", _written(cell).casefold())


def _day(cell: object) -> date | None:
    """Return a day, or nothing where nothing is written.

    >>> _day("2026-11-25") == _day("20261125") == _day(datetime(2026, 11, 25, 8))
    True
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    written = _written(cell)
    if re.fullmatch(r"[0-9]{4}[-/.]?[0-9]{2}[-/.]?[0-9]{2}", written):
        return date.fromisoformat(re.sub("[-/.]", "", written))
    if written:
        raise ValueError(written)
    return None


def _kronor(cell: object, zeros: str = "[.,]0{1,2}") -> int | None:
    """Return whole kronor, or nothing where nothing is written.

    A point or a comma comes before two zeros and no more: 1,000 may be a thousand.

    >>> _kronor("2 959 680,00 kr"), _kronor("1500.00"), _kronor(1500.0), _kronor("")
    (2959680, 1500, 1500, None)
    """
    written = re.sub(r"\s|kr$|sek$|:-$", "", _written(cell).casefold())
    if not written:
        return None
    number = re.fullmatch(f"([0-9]{{1,15}})(?:{zeros})?", written)
    if not number:
        raise ValueError(written)
    return int(number[1])
