"""What an invoice that has come in says, before anybody decides what it is.

Readers take out what is written and judge nothing: a missing amount is ``None``, an
amount with ören is kept as it is. What is odd about it is named in ``matching.py``.
A file that cannot or must not be read is refused with ``ReceivedError``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

RECORD_NUMBER: Final = re.compile(
    r"(?<![\w/.-])([A-ZÅÄÖ]{1,6}(?:/| )(?:20)?[0-9]{2}/[0-9]{1,6}|"
    r"[A-ZÅÄÖ]{2,6} (?:20)?[0-9]{2}-[0-9]{1,6}|"
    r"[A-ZÅÄÖ]{1,6} ?20[0-9]{2}[-/:][0-9]{1,6})(?![\w/-])"
)
"""Record numbers (diarienummer) as public bodies write them: S/20/0026, KS 2020/117."""

MOST_TEXT: Final = 4_000
MOST_NAME: Final = 200
MOST_NUMBER: Final = 60
MOST_ORGANISATION_NUMBER: Final = 20
"""So much of a text is kept; nobody's own number or name is longer."""

REASONS: Final = {
    "empty": "The file is empty.",
    "too_large": "The file has {size} bytes; {most} are read.",
    "doctype": "The file has a document type.",
    "encoding": "The file is written in {encoding}.",
    "not_xml": "The file is not XML.",
    "too_deep": "The elements lie more than {most} deep in each other.",
    "too_many": "There are more than {most} elements.",
    "inclusion": "The file wants other files included.",
    "wrong_root": "The file is a {name}, not an invoice.",
    "wrong_namespace": "The file is an invoice in another format: {namespace}.",
    "ambiguous": "{name} is there {times} times.",
    "not_pdf": "The file is not a PDF.",
    "broken_pdf": "The PDF cannot be read.",
    "encrypted": "The PDF is locked.",
    "too_many_pages": "The PDF has more than {most} pages.",
    "too_slow": "The PDF takes too long or too much memory to read.",
    "no_text": "The PDF has pictures, but no text.",
    "unknown_format": "The file is neither PDF nor XML.",
}
"""Why a file is refused, by code. ``ReceivedError.params`` holds the facts."""


class ReceivedError(ValueError):
    """The file cannot or must not be read. ``code`` is one of ``REASONS``."""

    def __init__(self, code: str, **params: object) -> None:
        """Say why, by a code in ``REASONS`` and the facts its sentence names."""
        self.code = code
        self.params = params
        super().__init__(REASONS[code].format_map(params))


AMOUNTS: Final = ("payable", "vat", "expected_payable")


class Source(StrEnum):
    """What the facts were read from. A PDF is read by its words, so with less certainty."""

    UBL = "ubl"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An account as written. ``kind`` is empty when it does not say; nothing is checked."""

    kind: str
    number: str
    clearing: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True)
class ReceivedInvoice:
    """An invoice or a credit note, as written. Amounts are kronor, or ``currency``."""

    source: Source
    is_credit: bool = False
    seller_number: str = ""
    """Ten digits that have been checked, or as written when they are wrong."""
    seller_name: str = ""
    buyer_number: str = ""
    buyer_name: str = ""
    invoice_number: str = ""
    invoice_on: date | None = None
    payable: Decimal | None = None
    """What is to be paid, with its ören; never below zero, see ``is_credit``."""
    vat: Decimal | None = None
    """The VAT. 0 says that there is none, ``None`` that nothing is said of it."""
    has_vat_rate: bool = False
    expected_payable: Decimal | None = None
    """What lines, allowances, charges and VAT make together, if the file has them."""
    currency: str = ""
    reference: str = ""
    record_number: str = ""
    text: str = ""
    accounts: tuple[FoundAccount, ...] = ()

    @property
    def amount(self) -> int | None:
        """What is to be paid in whole kronor. ``None`` if unread, or with ören."""
        return None if self.payable is None or self.has_ore else int(self.payable)

    @property
    def has_ore(self) -> bool:
        """Tell whether the amount is not whole kronor."""
        return self.payable is not None and self.payable != int(self.payable)

    @property
    def account_kind(self) -> str:
        """The first account's kind; empty without one."""
        return self.accounts[0].kind if self.accounts else ""

    @property
    def account_number(self) -> str:
        """The first account's number; empty without one."""
        return self.accounts[0].number if self.accounts else ""

    @property
    def clearing(self) -> str:
        """The first account's clearing number, if it has one."""
        return self.accounts[0].clearing if self.accounts else ""

    @property
    def bic(self) -> str:
        """The first account's BIC, if it has one."""
        return self.accounts[0].bic if self.accounts else ""


def stored(received: ReceivedInvoice) -> dict[str, object]:
    """Return the facts as JSON holds them, for ``restored`` to make them whole again."""
    day = received.invoice_on
    amounts = {name: getattr(received, name) for name in AMOUNTS}
    return {
        **{name: getattr(received, name) for name in ReceivedInvoice.__slots__},
        **{name: None if one is None else str(one) for name, one in amounts.items()},
        "source": received.source.value,
        "invoice_on": day.isoformat() if day else None,
        "accounts": [
            [str(one.kind), one.number, one.clearing, one.bic] for one in received.accounts
        ],
    }


def restored(facts: Mapping[str, Any]) -> ReceivedInvoice:
    """Return the invoice that ``stored`` gave the facts of.

    >>> invoice = ReceivedInvoice(
    ...     Source.PDF,
    ...     invoice_on=date(2020, 8, 20),
    ...     payable=Decimal("12.50"),
    ...     accounts=(FoundAccount("bank", "1023045678", "83279"),),
    ... )
    >>> restored(stored(invoice)) == invoice
    True
    """
    day = facts["invoice_on"]
    return ReceivedInvoice(
        **{
            **facts,
            **{name: facts[name] and Decimal(facts[name]) for name in AMOUNTS},
            "source": Source(facts["source"]),
            "invoice_on": date.fromisoformat(day) if day else None,
            "accounts": tuple(FoundAccount(*one) for one in facts["accounts"]),
        }
    )


def record_numbers(text: str) -> list[str]:
    """Return the record numbers in a text, in order.

    >>> record_numbers("Medel 2020, dnr S/20/0026. Vårt dnr: KS 2020/117; 12/20/3")
    ['S/20/0026', 'KS 2020/117']
    """
    return list(dict.fromkeys(RECORD_NUMBER.findall(text)))
