"""Say which requisition an invoice belongs to, and everything that is odd about it.

An invoice is weighed against what a coordinating body waits for: requisitions that were
made, and offers nobody has answered. Sender, record number, reference, amount, account
and year each count; the one with most wins. Nobody wins when two have equally much, or
when only the grant is right: the 26 municipalities of a grant share its references.

Then every difference is named, not only the first. A person reads them and decides.

>>> candidate = Candidate("1", "Ekerö", "2120000050", "Medel", 2020, 500, reference="781")
>>> invoice = ReceivedInvoice(
...     source=Source.UBL,
...     seller_number="2120000050",
...     invoice_number="17",
...     invoice_on=date(2020, 8, 20),
...     payable=Decimal(600),
...     currency="SEK",
...     reference="717",
...     accounts=(FoundAccount(Kind.BANKGIRO, "9912346"),),
... )
>>> found = proposal(invoice, [candidate], today=date(2020, 9, 1))
>>> found.candidate.municipality
'Ekerö'
>>> [(str(one.code), one.expected, one.found) for one in found.differences]
[('wrong_amount', 500, Decimal('600')), ('unknown_reference', '781', '717')]
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias

from invoices.accounts import Account, AccountError, Kind, iban_of, parse
from invoices.received import FoundAccount, ReceivedInvoice, Source

Fact: TypeAlias = str | int | Decimal | date | None

CURRENCY: Final = "SEK"
OLD: Final = timedelta(days=365)
MENTIONED: Final = re.compile(r"rekvir|rekvis|stimulans|bidrag|medel|avser", re.IGNORECASE)
YEAR: Final = re.compile(
    r"(?<![\w/.,:-])20[0-9]{2}(?![\w/:-]|[.,][0-9]|[ \u00a0][0-9]{3}(?![0-9])|[ \u00a0]?kr)"
)
WORDED_DAY: Final = re.compile(
    r"(?<!\d)[0-9]{1,2}\.? [a-zåäö]{3,9}\.? 20[0-9]{2}", re.IGNORECASE
)


class Code(StrEnum):
    """What is odd about an invoice, by name."""

    CREDIT_NOTE = "credit_note"
    WRONG_CURRENCY = "wrong_currency"
    AMOUNT_MISSING = "amount_missing"
    AMOUNT_ZERO = "amount_zero"
    ORE = "ore"
    VAT_ADDED = "vat_added"
    VAT_RATE = "vat_rate"
    TOTAL_MISMATCH = "total_mismatch"
    MISSING_NUMBER = "missing_number"
    DUPLICATE_NUMBER = "duplicate_number"
    MISSING_DATE = "missing_date"
    FUTURE_DATE = "future_date"
    OLD_DATE = "old_date"
    WRONG_BUYER = "wrong_buyer"
    MISSING_SELLER = "missing_seller"
    UNKNOWN_SELLER = "unknown_seller"
    OTHER_SELLER = "other_seller"
    WRONG_AMOUNT = "wrong_amount"
    PART_AMOUNT = "part_amount"
    ABOVE_LEFT = "above_left"
    MISSING_REFERENCE = "missing_reference"
    UNKNOWN_REFERENCE = "unknown_reference"
    WRONG_REFERENCE = "wrong_reference"
    MISSING_RECORD_NUMBER = "missing_record_number"
    UNKNOWN_RECORD_NUMBER = "unknown_record_number"
    WRONG_RECORD_NUMBER = "wrong_record_number"
    WRONG_YEAR = "wrong_year"
    MISSING_ACCOUNT = "missing_account"
    ACCOUNT_INVALID = "account_invalid"
    ACCOUNT_DIFFERS = "account_differs"
    SEVERAL_FIT = "several_fit"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A requisition, or an offer without an answer, that an invoice may belong to.

    ``amount`` is what was requested or offered, ``left`` the most that can be claimed;
    both in kronor. ``used_numbers`` are invoice numbers the municipality has used.
    """

    id: str
    municipality: str
    organisation_number: str
    grant: str
    year: int
    amount: int
    left: int | None = None
    record_number: str = ""
    reference: str = ""
    account: Account | None = None
    used_numbers: frozenset[str] = frozenset()
    is_offer: bool = False

    @property
    def most(self) -> int | None:
        """The most that can be claimed; an offer without ``left`` has its amount left."""
        return self.amount if self.is_offer and self.left is None else self.left


@dataclass(frozen=True, slots=True)
class Difference:
    """One odd thing: its name, the field it is about, what was expected and found."""

    code: Code
    field: str
    expected: Fact = None
    found: Fact = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the invoice seems to belong to, if anything, and all that is odd about it."""

    candidate: Candidate | None
    differences: tuple[Difference, ...]

    @property
    def codes(self) -> frozenset[Code]:
        """The names of the differences."""
        return frozenset(one.code for one in self.differences)


def proposal(
    received: ReceivedInvoice,
    candidates: Sequence[Candidate],
    *,
    today: date,
    buyer: str = "",
    used_numbers: Iterable[tuple[str, str]] = (),
) -> Proposal:
    """Return what an invoice belongs to, and every difference.

    ``buyer`` is the organisation number of the body that received it. ``used_numbers``
    are pairs of organisation number and invoice number that came in earlier.
    """
    best = closest(received, candidates)
    chosen = best[0] if len(best) == 1 else None
    found = [
        *by_itself(received, today, buyer),
        *by_sums(received),
        *by_sender(received, candidates, chosen, used_numbers),
        *by_account(received, chosen),
    ]
    if chosen:
        found += by_candidate(received, chosen, candidates)
    elif best:
        names = ", ".join(f"{one.municipality}: {one.grant} {one.year}" for one in best[:5])
        found.append(Difference(Code.SEVERAL_FIT, "candidate", found=names))
    order = list(Code)
    return Proposal(chosen, tuple(sorted(found, key=lambda one: order.index(one.code))))


# The choice --------------------------------------------------------------------------


def closest(received: ReceivedInvoice, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidate that most speaks for; several if they are equal.

    Either the sender must be right, or both the grant and the exact amount.
    """
    possible = [one for one in candidates if is_possible(received, one)]
    if not possible:
        return []
    points = {one.id: weight(received, one) for one in possible}
    most = max(points.values())
    best = [one for one in possible if points[one.id] == most]
    made = [one for one in best if not one.is_offer]
    return made if len(made) == 1 else best


def is_possible(received: ReceivedInvoice, candidate: Candidate) -> bool:
    """Tell whether there is enough to propose a candidate at all."""
    if received.seller_number == candidate.organisation_number:
        return True
    is_grant = same(received.record_number, candidate.record_number)
    return is_grant and net(received) == candidate.amount


def weight(received: ReceivedInvoice, candidate: Candidate) -> int:
    """Return how much speaks for a candidate."""
    return sum(
        points
        for points, is_so in (
            (8, received.seller_number == candidate.organisation_number),
            (6, same(received.record_number, candidate.record_number)),
            (5, net(received) == candidate.amount),
            (4, same(received.reference, candidate.reference)),
            (2, candidate.year in years(received)),
        )
        if is_so
    )


def net(received: ReceivedInvoice) -> Decimal | None:
    """Return the amount without the VAT that should not be there."""
    if received.payable is None:
        return None
    return received.payable - (received.vat or Decimal())


def years(received: ReceivedInvoice) -> set[int]:
    """Return the years the text names for the grant. Dates and record numbers name none.

    >>> text = "Medel 2020, dnr S/2019/0026, faktura av 2021-01-02, se avtal 3 maj 2018"
    >>> years(ReceivedInvoice(source=Source.UBL, text=text))
    {2020}
    """
    lines = received.text.splitlines()
    if received.source is Source.PDF:
        lines = [line for line in lines if MENTIONED.search(line)]
    return {int(year) for line in lines for year in YEAR.findall(WORDED_DAY.sub("", line))}


def same(one: str, other: str) -> bool:
    """Tell whether two references are the same, however they are written.

    >>> same("Ref: 781", "781"), same("s/20/26 ", "S/20/26"), same("", "")
    (True, True, False)
    """
    return bool(folded(one)) and folded(one) == folded(other)


def folded(text: str) -> str:
    """Return a reference without case, spaces and the word before it."""
    plain = re.sub(r"\s+", "", text).casefold()
    return re.sub(r"^(?:er|ert)?(?:referens|ref|dnr|diarienummer)[.:]*", "", plain)


# The differences ---------------------------------------------------------------------


def by_itself(received: ReceivedInvoice, today: date, buyer: str) -> Iterator[Difference]:
    """Yield what is odd whoever sent it."""
    if received.is_credit:
        yield Difference(Code.CREDIT_NOTE, "is_credit")
    if not received.invoice_number:
        yield Difference(Code.MISSING_NUMBER, "invoice_number")
    if received.invoice_on is None:
        yield Difference(Code.MISSING_DATE, "invoice_on")
    elif received.invoice_on > today:
        yield Difference(Code.FUTURE_DATE, "invoice_on", today, received.invoice_on)
    elif received.invoice_on < today - OLD:
        yield Difference(Code.OLD_DATE, "invoice_on", found=received.invoice_on)
    if buyer and received.buyer_number and received.buyer_number != buyer:
        yield Difference(Code.WRONG_BUYER, "buyer_number", buyer, received.buyer_number)


def by_sums(received: ReceivedInvoice) -> Iterator[Difference]:
    """Yield what is odd about the amounts, whatever was agreed."""
    is_named = bool(received.currency) or received.source is Source.UBL
    if is_named and received.currency != CURRENCY:
        yield Difference(Code.WRONG_CURRENCY, "currency", CURRENCY, received.currency)
    if received.vat:
        yield Difference(Code.VAT_ADDED, "vat_amount", Decimal(), received.vat)
    elif received.has_vat_rate:
        yield Difference(Code.VAT_RATE, "vat_amount")
    paid, summed = received.payable, received.expected_payable
    if paid is None:
        yield Difference(Code.AMOUNT_MISSING, "amount")
        return
    if paid == 0:
        yield Difference(Code.AMOUNT_ZERO, "amount", found=paid)
    if received.has_ore:
        yield Difference(Code.ORE, "amount", found=paid)
    if summed is not None and summed != paid:
        yield Difference(Code.TOTAL_MISMATCH, "amount", summed, paid)


def by_sender(
    received: ReceivedInvoice,
    candidates: Sequence[Candidate],
    chosen: Candidate | None,
    used_numbers: Iterable[tuple[str, str]],
) -> Iterator[Difference]:
    """Yield what is odd about who sent it, and a number they have used before."""
    sender = received.seller_number
    expected = chosen.organisation_number if chosen else None
    if not sender:
        yield Difference(Code.MISSING_SELLER, "seller_number", expected)
    elif all(sender != one.organisation_number for one in candidates):
        yield Difference(Code.UNKNOWN_SELLER, "seller_number", expected, sender)
    elif chosen and sender != chosen.organisation_number:
        yield Difference(Code.OTHER_SELLER, "seller_number", expected, sender)
    used = {folded(number) for who, number in used_numbers if who == sender}
    for one in candidates:
        if one.organisation_number == sender:
            used |= set(map(folded, one.used_numbers))
    if received.invoice_number and folded(received.invoice_number) in used:
        number = received.invoice_number
        yield Difference(Code.DUPLICATE_NUMBER, "invoice_number", found=number)


def by_candidate(
    received: ReceivedInvoice, chosen: Candidate, candidates: Sequence[Candidate]
) -> Iterator[Difference]:
    """Yield what is other than what was requested or offered."""
    if code := amount_code(received, chosen):
        most = chosen.most if code is Code.ABOVE_LEFT else chosen.amount
        yield Difference(code, "amount", most, received.payable)
    others = [one.reference for one in candidates]
    codes = (Code.MISSING_REFERENCE, Code.UNKNOWN_REFERENCE, Code.WRONG_REFERENCE)
    yield from compared("reference", received.reference, chosen.reference, others, codes)
    others = [one.record_number for one in candidates]
    codes = (
        Code.MISSING_RECORD_NUMBER,
        Code.UNKNOWN_RECORD_NUMBER,
        Code.WRONG_RECORD_NUMBER,
    )
    wanted = chosen.record_number
    yield from compared("record_number", received.record_number, wanted, others, codes)
    named = years(received)
    if named and chosen.year not in named:
        yield Difference(Code.WRONG_YEAR, "text", chosen.year, max(named))


def amount_code(received: ReceivedInvoice, chosen: Candidate) -> Code | None:
    """Return what is wrong with the amount against what was requested or offered.

    VAT on top of the right amount is told as VAT, not as a wrong amount as well.
    """
    if not received.payable or chosen.amount in {received.payable, net(received)}:
        return None
    if chosen.most is not None and received.payable > chosen.most:
        return Code.ABOVE_LEFT
    return Code.PART_AMOUNT if chosen.is_offer else Code.WRONG_AMOUNT


def compared(
    field: str,
    found: str,
    wanted: str,
    others: Sequence[str],
    codes: tuple[Code, Code, Code],
) -> Iterator[Difference]:
    """Yield a reference that is missing, that nobody has, or that is another grant's."""
    missing, unknown, wrong = codes
    if not wanted or same(found, wanted):
        return
    if not found:
        yield Difference(missing, field, wanted)
    elif any(same(found, one) for one in others):
        yield Difference(wrong, field, wanted, found)
    else:
        yield Difference(unknown, field, wanted, found)


def by_account(received: ReceivedInvoice, chosen: Candidate | None) -> Iterator[Difference]:
    """Yield an account that is not there, cannot be right, or is another than agreed."""
    if not received.accounts:
        yield Difference(Code.MISSING_ACCOUNT, "account_number")
        return
    valid = []
    for one in received.accounts:
        account = checked(one)
        if account:
            valid.append(account)
        else:
            yield Difference(Code.ACCOUNT_INVALID, "account_number", found=one.number)
    wanted = chosen.account if chosen else None
    if wanted and valid and not any(is_same_account(one, wanted) for one in valid):
        first = valid[0].formatted
        yield Difference(Code.ACCOUNT_DIFFERS, "account_number", wanted.formatted, first)


def checked(found: FoundAccount) -> Account | None:
    """Return the account if its check digits are right."""
    try:
        kind = Kind(found.kind)
        return parse(kind, found.number, clearing=found.clearing, bic=found.bic)
    except (AccountError, ValueError):
        return None


def is_same_account(one: Account, other: Account) -> bool:
    """Tell whether two accounts are the same, also when one is written as its IBAN."""
    if (one.kind, one.clearing, one.number) == (other.kind, other.clearing, other.number):
        return True
    return bool(iban_of(one)) and iban_of(one) == iban_of(other)
