"""The files of a released batch and of money in: for the bank, for people, for the books.

They are made anew each time from what does not change after the release, in Swedish
whoever asks: the same batch gives the same bytes. Only the vouchers follow what the bank
has said: what failed was never paid.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from grants.models import Grant
from invoices import pain001, payment_list, sie
from invoices.accounts import Kind
from invoices.batches import Content, Line, account_of
from invoices.models import (
    AccountKind,
    FundsReceived,
    Payment,
    PaymentBatch,
    PayoutSettings,
)
from invoices.payment_messages import HEADINGS, file_sentence
from municipalities.export import to_csv, to_xlsx
from municipalities.models import CoordinatingBody

PROGRAM: Final = "Stimulansmedel"
OF_SETTINGS: Final = frozenset(
    {"debtor_iban", "debtor_bic", "account", "account_name", "book_account"}
)
OF_BODY: Final = frozenset({"organisation_number", "debtor_name"})


def payout_settings(body: CoordinatingBody) -> PayoutSettings:
    """Return the body's settings, or those that hold until somebody writes its own."""
    return PayoutSettings.objects.filter(body=body).first() or PayoutSettings(body=body)


# For the bank ------------------------------------------------------------------------


def message_of(line: Line) -> str:
    """Return what the receiver sees: its own number first, then what it asked for."""
    requisition = line.requisition
    grant = requisition.grant
    facts = [
        requisition.invoice_number,
        " ".join(requisition.payment_instructions.split()),
        grant.record_number,
        grant.short_title,
    ]
    return ", ".join(filter(None, facts))


def order_of(content: Content, found: PayoutSettings) -> pain001.Order:
    """Return what the bank is to pay. A day that had passed at the release is that day."""
    batch = content.batch
    body = batch.body
    return pain001.Order(
        message_id=batch.message_id,
        created_at=_released_at(batch),
        execute_on=day_of(content),
        debtor=pain001.Debtor(
            name=body.name,
            organisation_number=body.organisation_number or "",
            iban=found.iban,
            bic=found.bic,
        ),
        transfers=[
            _transfer(line)
            for line in sorted(content.lines, key=lambda line: line.payment.pk)
        ],
    )


def day_of(content: Content) -> date:
    """Return the day on which the bank pays."""
    return max(content.batch.execute_on, _released_at(content.batch).date())


def _released_at(batch: PaymentBatch) -> datetime:
    """Return when the batch was released, in local time; now, for one that waits."""
    return timezone.localtime(batch.released_at)


def _transfer(line: Line) -> pain001.Transfer:
    requisition = line.requisition
    municipality = requisition.municipality
    account = account_of(requisition) or requisition.account
    assert account is not None  # requisition_with_amount_has_account_and_number
    return pain001.Transfer(
        end_to_end_id=line.payment.end_to_end_id,
        amount=line.payment.amount,
        creditor_name=municipality.formal_name or municipality.name,
        account=account,
        remittance=message_of(line),
        creditor_organisation_number=municipality.organisation_number,
    )


def pain001_file(content: Content) -> bytes:
    """Return the payment file, or raise the first ``PaymentFileError``."""
    return pain001.payment_file(order_of(content, payout_settings(content.batch.body)))


# For people --------------------------------------------------------------------------


def list_file(content: Content, kind: str) -> bytes:
    """Return the list of payments, as csv or xlsx: the bank's answers are filled in."""
    with override(settings.LANGUAGE_CODE):
        order = order_of(content, payout_settings(content.batch.body))
        kinds = {Kind(value): capfirst(str(label)) for value, label in AccountKind.choices}
        header = [str(HEADINGS[name]) for name in payment_list.COLUMNS]
        rows = list(payment_list.rows(order, kinds))
        if kind == "csv":
            return to_csv(header, rows)
        return to_xlsx(str(content.batch), header, rows)


# For the books -----------------------------------------------------------------------


def payment_vouchers(content: Content, found: PayoutSettings) -> list[sie.Voucher]:
    """Return a voucher for each day on which the batch's payments went out."""
    days: dict[date, list[Line]] = defaultdict(list)
    for line in content.lines:
        if line.payment.status != Payment.Status.FAILED:
            days[line.payment.paid_on or day_of(content)].append(line)
    text = _("Payments to municipalities, batch %(number)s") % {
        "number": content.batch.number
    }
    vouchers = []
    for day, lines in sorted(days.items()):
        rows = [
            sie.Row(found.grants_account, line.payment.amount, _row_text(line))
            for line in sorted(lines, key=lambda line: line.payment.pk)
        ]
        total = sum(row.amount for row in rows)
        rows.append(sie.Row(found.bank_account, -total, text))
        vouchers.append(sie.Voucher(found.voucher_series, "", day, text, rows))
    return vouchers


def _row_text(line: Line) -> str:
    requisition = line.requisition
    facts = [requisition.municipality.name, requisition.grant.record_number]
    return ", ".join(filter(None, [*facts, line.payment.end_to_end_id]))


def sie_file(content: Content) -> bytes:
    """Return the vouchers of a batch, or raise the first ``SieError``."""
    found = payout_settings(content.batch.body)
    with override(settings.LANGUAGE_CODE):
        book = _book(
            found,
            _released_at(content.batch).date(),
            {
                found.bank_account: found.bank_account_name,
                found.grants_account: found.grants_account_name,
            },
        )
        return sie.sie_file(book, payment_vouchers(content, found))


def funds_vouchers(
    grant: Grant, receipts: Iterable[FundsReceived], found: PayoutSettings
) -> list[sie.Voucher]:
    """Return a voucher for each time that money came in, the earliest first."""
    vouchers = []
    for funds in sorted(receipts, key=lambda each: (each.received_on, each.pk)):
        text = _("Money from the state: %(grant)s") % {"grant": grant}
        said = ", ".join(filter(None, [funds.payer, funds.reference, grant.record_number]))
        rows = [
            sie.Row(found.bank_account, funds.amount, said),
            sie.Row(found.funds_account, -funds.amount, said),
        ]
        vouchers.append(
            sie.Voucher(found.voucher_series, "", funds.received_on, text, rows)
        )
    return vouchers


def funds_sie_file(grant: Grant, receipts: Sequence[FundsReceived]) -> bytes:
    """Return the vouchers of a grant's money in, or raise the first ``SieError``."""
    found = payout_settings(grant.body)
    with override(settings.LANGUAGE_CODE):
        latest = max(
            (timezone.localdate(each.registered_at) for each in receipts), default=None
        )
        book = _book(
            found,
            latest or timezone.localdate(),
            {
                found.bank_account: found.bank_account_name,
                found.funds_account: found.funds_account_name,
            },
        )
        return sie.sie_file(book, funds_vouchers(grant, receipts, found))


def _book(found: PayoutSettings, created_on: date, accounts: dict[str, str]) -> sie.Book:
    body = found.body
    return sie.Book(
        PROGRAM, body.name, body.organisation_number or "", created_on, accounts
    )


# What stands in the way --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a file cannot be made, and where that is put right."""

    text: str
    place: str
    """``settings``, ``body`` or nothing."""


@dataclass(frozen=True, slots=True)
class Files:
    """What stops each of a batch's files; nothing when they can be fetched."""

    for_bank: Sequence[Obstacle]
    for_books: Sequence[Obstacle]
    open_count: int
    """Payments that the bank has not answered about."""


def files_of(content: Content) -> Files:
    """Return what stops the batch's files; a draft is judged as if released now."""
    found = payout_settings(content.batch.body)
    accounts = {
        found.bank_account: found.bank_account_name,
        found.grants_account: found.grants_account_name,
    }
    book = _book(found, timezone.localdate(), accounts)
    return Files(
        for_bank=_obstacles(pain001.problems(order_of(content, found))),
        for_books=_obstacles(sie.problems(book, payment_vouchers(content, found))),
        open_count=len(content.waiting),
    )


def funds_obstacles(grant: Grant, receipts: Sequence[FundsReceived]) -> list[Obstacle]:
    """Return why the vouchers of a grant's money in cannot be made."""
    found = payout_settings(grant.body)
    accounts = {
        found.bank_account: found.bank_account_name,
        found.funds_account: found.funds_account_name,
    }
    book = _book(found, timezone.localdate(), accounts)
    return _obstacles(sie.problems(book, funds_vouchers(grant, receipts, found)))


def _obstacles(
    errors: Iterable[pain001.PaymentFileError | sie.SieError],
) -> list[Obstacle]:
    return list(dict.fromkeys(obstacle_of(error) for error in errors))


def obstacle_of(error: pain001.PaymentFileError | sie.SieError) -> Obstacle:
    """Return why a file cannot be made, in words, and where that is put right."""
    if error.code in OF_BODY:
        if error.params.get("number") == "":
            return Obstacle(_("The body's organisation number is lacking."), "body")
        return Obstacle(file_sentence(error), "body")
    is_lacking = error.params.get("bic") == ""
    if error.code == "debtor_iban":
        is_lacking = getattr(error.params["reason"], "code", "") == "required"
    if is_lacking:
        return Obstacle(_("The account to pay from is lacking: its IBAN."), "settings")
    is_setting = error.code in OF_SETTINGS and "id" not in error.params
    return Obstacle(file_sentence(error), "settings" if is_setting else "")
