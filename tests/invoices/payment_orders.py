"""Orders to pay, to make files and lists of."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files

from lxml import etree

from invoices.accounts import Account, Kind, parse
from invoices.pain001 import Debtor, Order, Transfer

DEBTOR = Debtor("Storsthlm", "2220000000", "SE45 5000 0000 0583 9825 7466", "ESSESESS")
ACCOUNTS = {
    "bankgiro": parse(Kind.BANKGIRO, "5050-1055"),
    "plusgiro": parse(Kind.PLUSGIRO, "90 19 50-6"),
    "bank": parse(Kind.BANK, "82 574 66", clearing="5839"),
    "swedbank": parse(Kind.BANK, "978 324-2", clearing="8103-4"),
    "iban": parse(Kind.IBAN, "SE35 5000 0000 0549 1000 0003"),
    "iban without bic": Account(Kind.IBAN, "SE3550000000054910000003"),
    "foreign iban": parse(Kind.IBAN, "DK50 0040 0440 1162 43", bic="NDEADKKK"),
}


def make_transfer(number=1, **changes):
    transfer = Transfer(
        end_to_end_id=f"STH-2026-7-{number}",
        amount=2_959_680,
        creditor_name="Solna stad",
        creditor_organisation_number="2120000183",
        account=ACCOUNTS["bankgiro"],
        remittance="Rekvisition S/20/0026, ref 781",
    )
    return replace(transfer, **changes)


def make_order(*transfers, **changes):
    order = Order(
        message_id="STH-2026-7",
        created_at=datetime(2026, 11, 22, 8, 30, 15, tzinfo=UTC),
        execute_on=date(2026, 11, 25),
        debtor=DEBTOR,
        transfers=transfers or [make_transfer()],
    )
    return replace(order, **changes)


@cache
def schema() -> etree.XMLSchema:
    """Return ISO 20022's schema of pain.001.001.09."""
    found = files("sepaxml") / "schemas" / "pain.001.001.09.xsd"
    return etree.XMLSchema(etree.fromstring(found.read_bytes()))
