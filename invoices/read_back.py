"""What a list from the bank would change in a batch, before anything is written.

The verb, ``invoices/payments.py``, refuses the first thing that is wrong; here everything
is told at once. What somebody has looked at travels signed with the page to the confirm.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from django.core import signing
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from grants.distribution import Refused
from grants.refusals import listed
from invoices.batches import Content, Line
from invoices.models import Payment
from invoices.payment_list import Outcome, PaymentList
from invoices.payment_messages import list_sentence
from invoices.refusals import sentence

SALT: Final = "invoices.read_back"
HOLDS_FOR: Final = 24 * 60 * 60  # seconds


@dataclass(frozen=True, slots=True)
class Said:
    """A payment, and what the bank says of it."""

    line: Line
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Preview:
    """What a list says of a batch. Nothing is saved while there are problems."""

    paid: Sequence[Said]
    failed: Sequence[Said]
    known: Sequence[Said]
    """Already written, with the same outcome."""
    waiting: Sequence[Line]
    """Sent, and neither paid nor failed when this is written."""
    problems: Sequence[str]
    outcomes: Sequence[Outcome]

    @property
    def changes_nothing(self) -> bool:
        """Whether everything was known."""
        return not self.paid and not self.failed

    @property
    def paid_total(self) -> int:
        """What has gone through, in kronor."""
        return sum(each.line.payment.amount for each in self.paid)

    @property
    def failed_total(self) -> int:
        """What has not, in kronor."""
        return sum(each.line.payment.amount for each in self.failed)


def preview_of(content: Content, found: PaymentList, *, today: date) -> Preview:
    """Return what the list would change, and everything that is wrong with it."""
    lines = {line.payment.end_to_end_id: line for line in content.lines}
    outcomes = found.outcomes_for(
        name for name, line in lines.items() if line.payment.status == Payment.Status.SENT
    )
    problems = [list_sentence(each) for each in found.problems]
    if found.message_id and found.message_id != content.batch.message_id:
        problems.append(
            _("The report is about the payment file %(theirs)s, but this is %(ours)s.")
            % {"theirs": found.message_id, "ours": content.batch.message_id}
        )
    problems += list(_contradictions(lines, outcomes, found.waiting, today))
    # Where the list has no day, it is the batch's own, unless that is still to come.
    usual = min(content.batch.execute_on, today)
    outcomes = tuple(
        replace(each, on=usual) if each.is_paid and each.on is None else each
        for each in outcomes
    )
    said = [
        Said(lines[each.payment_id], each) for each in outcomes if each.payment_id in lines
    ]
    fresh = [each for each in said if each.line.payment.status == Payment.Status.SENT]
    settled = {each.line.payment.pk for each in fresh}
    return Preview(
        paid=[each for each in fresh if each.outcome.is_paid],
        failed=[each for each in fresh if not each.outcome.is_paid],
        known=[each for each in said if each.line.payment.pk not in settled],
        waiting=[line for line in content.waiting if line.payment.pk not in settled],
        problems=problems,
        outcomes=outcomes,
    )


def _contradictions(
    lines: dict[str, Line], outcomes: Sequence[Outcome], waiting: Iterable[str], today: date
) -> Iterable[str]:
    """Yield what does not agree with the batch, one sentence for each kind."""
    names = [*(each.payment_id for each in outcomes), *waiting]
    unknown = [name for name in dict.fromkeys(names) if name not in lines]
    if unknown:
        yield sentence(Refused("unknown_payments", names=unknown))
    ours = [each for each in outcomes if each.payment_id in lines]
    others = [
        each.payment_id
        for each in ours
        if each.amount is not None and each.amount != lines[each.payment_id].payment.amount
    ]
    if others:
        yield sentence(Refused("other_amounts", names=others))
    opposite = {True: Payment.Status.FAILED, False: Payment.Status.PAID}
    contradicted = [
        each.payment_id
        for each in ours
        if lines[each.payment_id].payment.status == opposite[each.is_paid]
    ]
    if contradicted:
        yield sentence(Refused("contradicted", names=contradicted))
    future = [each for each in ours if each.is_paid and each.on and each.on > today]
    if future:
        yield _(
            "The day of payment has not been yet for %(names)s: %(day)s. Look at the list "
            "again."
        ) % {
            "names": listed([each.payment_id for each in future]),
            "day": date_format(max(each.on for each in future if each.on), "j F Y"),
        }


# From the preview to the confirm ------------------------------------------------------


def sealed(content: Content, outcomes: Iterable[Outcome]) -> str:
    """Return what was looked at, signed, so that it comes back as it was."""
    rows = [
        [
            each.payment_id,
            each.is_paid,
            each.on.isoformat() if each.on else "",
            each.reason,
            each.amount,
        ]
        for each in outcomes
    ]
    return signing.dumps(
        {"batch": content.batch.pk, "outcomes": rows}, salt=SALT, compress=True
    )


def unsealed(text: str, batch: int) -> list[Outcome]:
    """Return what was looked at, or raise ``Refused`` if it is too old or not ours."""
    try:
        found: Any = signing.loads(text, salt=SALT, max_age=HOLDS_FOR)
    except signing.BadSignature:
        raise Refused("read_again") from None
    if found["batch"] != batch:
        raise Refused("read_again")
    return [
        Outcome(
            payment_id=name,
            is_paid=is_paid,
            on=date.fromisoformat(on) if on else None,
            reason=reason,
            amount=amount,
        )
        for name, is_paid, on, reason, amount in found["outcomes"]
    ]
