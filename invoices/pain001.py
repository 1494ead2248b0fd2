"""Write a payment file for the bank: ISO 20022 pain.001.001.09, in kronor.

One order is one message with one payment block: one payer, one day, many transfers.
How Swedish accounts are written follows Svenska Bankföreningen, *Swedish Common
Interpretation of ISO 20022 Payment Messages*, appendix 1 (Common Payment Types in
Sweden): payments are not urgent (``NURG``) and each bears its own charges (``SLEV``).

* A bankgiro number has the scheme ``BGNR`` and goes to Bankgirot, ``BGABSESS``.
* A plusgiro number has the scheme ``PGNR`` and goes to Nordea, ``NDEASESS``.
* A bank account is clearing number and account number in one, scheme ``BBAN``, and the
  clearing number again as the bank's membership of the Swedish clearing (``SESBA``).
* An IBAN stands for itself, with its BIC; without one the bank is ``NOTPROVIDED``.

An OCR number follows a giro payment as a structured reference with the amount that it
pays; everything else is a message of at most 140 signs. Signs are those that all Swedish
banks take; others are replaced. The same order always gives the same bytes, and the bank
refuses a message whose id it has seen before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from lxml import etree
from stdnum import luhn

from invoices.accounts import BIC, Account, AccountError, Kind, parse
from invoices.characters import within

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
BANKGIROT: Final = "BGABSESS"
PLUSGIROT: Final = "NDEASESS"
NOT_PROVIDED: Final = "NOTPROVIDED"
SWEDISH_CLEARING: Final = "SESBA"

MOST_TRANSFERS: Final = 10_000
MOST_KRONOR: Final = 9_999_999_999
NAME_LENGTH: Final = 70
MESSAGE_LENGTH: Final = 140

ID: Final = re.compile(r"(?!/)(?!.*//)[A-Za-z0-9/?:().,'+\-]{1,35}(?<!/)")
"""Ids come back from the bank as they were sent, so they are refused, never replaced."""

SIGNS: Final = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÅÄÖabcdefghijklmnopqrstuvwxyzåäö0123456789/-?:().,'+ "
)

REASONS: Final = {
    "no_transfers": "There is nothing to pay.",
    "too_many": "{count} transfers are more than {most}.",
    "id": "The id {id} is not 1 to 35 signs that banks take.",
    "repeated_id": "The id {id} stands on more than one transfer.",
    "amount": "{id}: {amount} kronor cannot be paid.",
    "name": "{id}: the receiver has no name.",
    "account": "{id}: the receiver's account is wrong: {reason}",
    "debtor_name": "The payer has no name.",
    "debtor_iban": "The payer's IBAN is wrong: {reason}",
    "debtor_bic": "The payer's BIC {bic} is wrong.",
    "organisation_number": "{number} is not an organisation number of ten digits.",
    "day": "The payment day {day} is before the file was made.",
}
"""Why no file is made, by code. ``PaymentFileError.params`` holds the facts."""


class PaymentFileError(ValueError):
    """The order cannot be sent to a bank. ``code`` is one of ``REASONS``."""

    def __init__(self, code: str, **params: object) -> None:
        """Say why, by a code in ``REASONS`` and the facts."""
        self.code = code
        self.params = params
        super().__init__(REASONS[code].format(**params))


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who pays, and from which account. The organisation number has ten digits."""

    name: str
    organisation_number: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment, in whole kronor. ``reference`` is an OCR number, or nothing."""

    end_to_end_id: str
    amount: int
    creditor_name: str
    account: Account
    remittance: str
    creditor_organisation_number: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What the bank shall pay on one day. The bank knows it by its message id."""

    message_id: str
    created_at: datetime
    execute_on: date
    debtor: Debtor
    transfers: Sequence[Transfer]


def payment_file(order: Order) -> bytes:
    """Return the file, or raise the first ``PaymentFileError``."""
    for error in problems(order):
        raise error
    document = etree.Element(_tag("Document"), nsmap={None: NAMESPACE})
    initiation = _add(document, "CstmrCdtTrfInitn")
    _header(initiation, order)
    _payment(initiation, order)
    return etree.tostring(
        document, xml_declaration=True, encoding="UTF-8", pretty_print=True
    )


def problems(order: Order) -> Iterator[PaymentFileError]:
    """Yield everything that stops the file from being made."""
    count = len(order.transfers)
    if not count:
        yield PaymentFileError("no_transfers")
    if count > MOST_TRANSFERS:
        yield PaymentFileError("too_many", count=count, most=MOST_TRANSFERS)
    if not ID.fullmatch(order.message_id):
        yield PaymentFileError("id", id=order.message_id)
    if order.execute_on < order.created_at.date():
        yield PaymentFileError("day", day=order.execute_on)
    yield from _debtor_problems(order.debtor)
    for transfer in order.transfers:
        yield from _transfer_problems(transfer)
    uses = Counter(transfer.end_to_end_id for transfer in order.transfers)
    for name, times in uses.items():
        if times > 1:
            yield PaymentFileError("repeated_id", id=name)


def takes_reference(account: Account, reference: str) -> bool:
    """Tell whether a reference can follow as an OCR number: to a giro, 2 to 25 digits.

    >>> takes_reference(Account(Kind.BANKGIRO, "50501055"), "123456782")
    True
    >>> takes_reference(Account(Kind.BANKGIRO, "50501055"), "123456783")
    False
    """
    to_giro = account.kind in {Kind.BANKGIRO, Kind.PLUSGIRO}
    is_number = bool(re.fullmatch("[0-9]{2,25}", reference))
    return to_giro and is_number and bool(luhn.is_valid(reference))


def _debtor_problems(debtor: Debtor) -> Iterator[PaymentFileError]:
    if not _text(debtor.name, NAME_LENGTH):
        yield PaymentFileError("debtor_name")
    if not re.fullmatch("[0-9]{10}", debtor.organisation_number):
        yield PaymentFileError("organisation_number", number=debtor.organisation_number)
    if not BIC.fullmatch(debtor.bic):
        yield PaymentFileError("debtor_bic", bic=debtor.bic)
    else:
        try:
            parse(Kind.IBAN, debtor.iban, bic=debtor.bic)
        except AccountError as error:
            yield PaymentFileError("debtor_iban", reason=error)


def _transfer_problems(transfer: Transfer) -> Iterator[PaymentFileError]:
    name, account = transfer.end_to_end_id, transfer.account
    number = transfer.creditor_organisation_number
    if not ID.fullmatch(name):
        yield PaymentFileError("id", id=name)
    if not 0 < transfer.amount <= MOST_KRONOR:
        yield PaymentFileError("amount", id=name, amount=transfer.amount)
    if not _text(transfer.creditor_name, NAME_LENGTH):
        yield PaymentFileError("name", id=name)
    if number and not re.fullmatch("[0-9]{10}", number):
        yield PaymentFileError("organisation_number", number=number)
    try:
        parse(account.kind, account.number, clearing=account.clearing, bic=account.bic)
    except AccountError as error:
        yield PaymentFileError("account", id=name, reason=error)


def _header(initiation: etree._Element, order: Order) -> None:
    header = _add(initiation, "GrpHdr")
    _add(header, "MsgId", order.message_id)
    _add(header, "CreDtTm", order.created_at.isoformat(timespec="seconds"))
    _sums(header, order)
    _party(header, "InitgPty", order.debtor.name, order.debtor.organisation_number)


def _payment(initiation: etree._Element, order: Order) -> None:
    payment = _add(initiation, "PmtInf")
    debtor = order.debtor
    _add(payment, "PmtInfId", order.message_id)
    _add(payment, "PmtMtd", "TRF")
    _add(payment, "BtchBookg", "true")
    _sums(payment, order)
    _add(payment, "PmtTpInf/SvcLvl/Cd", "NURG")
    _add(payment, "ReqdExctnDt/Dt", order.execute_on.isoformat())
    _party(payment, "Dbtr", debtor.name, debtor.organisation_number)
    account = _add(payment, "DbtrAcct")
    _add(account, "Id/IBAN", parse(Kind.IBAN, debtor.iban, bic=debtor.bic).number)
    _add(account, "Ccy", "SEK")
    _add(payment, "DbtrAgt/FinInstnId/BICFI", debtor.bic)
    _add(payment, "ChrgBr", "SLEV")
    for transfer in order.transfers:
        _transfer(payment, transfer)


def _transfer(payment: etree._Element, transfer: Transfer) -> None:
    made = _add(payment, "CdtTrfTxInf")
    account = transfer.account
    _add(made, "PmtId/EndToEndId", transfer.end_to_end_id)
    _add(made, "Amt/InstdAmt", _kronor(transfer.amount)).set("Ccy", "SEK")
    _agent(_add(made, "CdtrAgt/FinInstnId"), account)
    _party(made, "Cdtr", transfer.creditor_name, transfer.creditor_organisation_number)
    _account(_add(made, "CdtrAcct/Id"), account)
    message = _text(transfer.remittance, MESSAGE_LENGTH)
    if takes_reference(account, transfer.reference):
        structured = _add(made, "RmtInf/Strd")
        paid = _add(structured, "RfrdDocAmt/RmtdAmt", _kronor(transfer.amount))
        paid.set("Ccy", "SEK")
        reference = _add(structured, "CdtrRefInf")
        _add(reference, "Tp/CdOrPrtry/Cd", "SCOR")
        _add(reference, "Ref", transfer.reference)
    elif message:
        _add(made, "RmtInf/Ustrd", message)


def _agent(agent: etree._Element, account: Account) -> None:
    if account.kind is Kind.BANK:
        member = _add(agent, "ClrSysMmbId")
        _add(member, "ClrSysId/Cd", SWEDISH_CLEARING)
        _add(member, "MmbId", account.clearing_number)
    elif account.kind is Kind.IBAN and not account.bic:
        _add(agent, "Othr/Id", NOT_PROVIDED)
    else:
        giros = {Kind.BANKGIRO: BANKGIROT, Kind.PLUSGIRO: PLUSGIROT}
        _add(agent, "BICFI", giros.get(account.kind, account.bic))


def _account(place: etree._Element, account: Account) -> None:
    if account.kind is Kind.IBAN:
        _add(place, "IBAN", account.number)
        return
    other = _add(place, "Othr")
    _add(other, "Id", f"{account.clearing_number}{account.number}")
    if account.kind is Kind.BANK:
        _add(other, "SchmeNm/Cd", "BBAN")
    else:
        scheme = "BGNR" if account.kind is Kind.BANKGIRO else "PGNR"
        _add(other, "SchmeNm/Prtry", scheme)


def _party(place: etree._Element, tag: str, name: str, number: str) -> None:
    party = _add(place, tag)
    _add(party, "Nm", _text(name, NAME_LENGTH))
    if number:
        other = _add(party, "Id/OrgId/Othr")
        _add(other, "Id", number)
        _add(other, "SchmeNm/Cd", "COID")


def _sums(place: etree._Element, order: Order) -> None:
    _add(place, "NbOfTxs", str(len(order.transfers)))
    _add(place, "CtrlSum", _kronor(sum(transfer.amount for transfer in order.transfers)))


def _kronor(amount: int) -> str:
    return f"{amount}.00"


def _text(text: str, length: int) -> str:
    """Return a text that banks take: no double slash, and none at either end.

    >>> _text("Västerås stad – Vård & omsorg // 2026", 70)
    'Västerås stad - Vård + omsorg / 2026'
    """
    taken = re.sub("/{2,}", "/", within(text, SIGNS.__contains__))
    return taken.strip("/ ")[:length].rstrip("/ ")


def _add(place: etree._Element, path: str, text: str | None = None) -> etree._Element:
    """Return a new element at the end of a path whose steps are new too."""
    for step in path.split("/"):
        place = etree.SubElement(place, _tag(step))
    place.text = text
    return place


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
