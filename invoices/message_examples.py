"""The latest real occasion of each message, to preview a text with."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from grants.models import Allocation
from invoices import decision_messages, messages, repayment_messages
from invoices.decision_messages import Nudge
from invoices.messages import in_swedish
from invoices.models import Payment, Repayment, Requisition
from invoices.offers import offered
from invoices.requisition import last_day
from municipalities.message_kinds import Example
from municipalities.messages import Letter
from municipalities.models import CoordinatingBody

Status = Requisition.Status


def example_of(letter: Letter) -> Example:
    """Return a letter as an example."""
    return Example(facts=letter.facts, links=letter.links or {}, blocks=letter.blocks or {})


def latest(body: CoordinatingBody, *statuses: str, **facts: Any) -> Requisition | None:
    """Return the requisition that came to one of the statuses last."""
    found: Requisition | None = (
        Requisition.objects.of_body(body)
        .filter(status__in=statuses, **facts)
        .select_related("grant__body", "municipality", "submitted_by")
        .order_by("decided_at", "submitted_at")
        .last()
    )
    return found


def decided(
    write: Callable[[Requisition], Letter], *statuses: str
) -> Callable[[CoordinatingBody], Example | None]:
    """Return what makes an example of the latest decision with one of the statuses."""

    def example(body: CoordinatingBody) -> Example | None:
        requisition = latest(body, *statuses)
        if requisition is None:
            return None
        if not requisition.decision_note:
            requisition.decision_note = _("(what the decision says)")
        with in_swedish():
            return example_of(write(requisition))

    return example


receipt = decided(
    messages.receipt_letter,
    Status.SUBMITTED,
    Status.APPROVED,
    Status.PAID,
    Status.RETURNED,
)
approved = decided(decision_messages.approved_letter, Status.APPROVED, Status.PAID)
# Whoever writes the words sees them on a requisition of their own, also a good one.
returned = decided(
    decision_messages.returned_letter, Status.RETURNED, Status.APPROVED, Status.PAID
)
rejected = decided(
    decision_messages.rejected_letter, Status.REJECTED, Status.APPROVED, Status.PAID
)


def hand_over(body: CoordinatingBody) -> Example | None:
    """Return the latest answer, as it was handed over."""
    requisition = latest(body, *Status.values, submitted_by__isnull=False)
    if requisition is None or requisition.submitted_by is None:
        return None
    grant = requisition.grant
    with in_swedish():
        letter = messages.hand_over_letter(
            grant, requisition.municipality, last_day(grant), requisition.submitted_by
        )
    return example_of(letter)


def nudge(body: CoordinatingBody) -> Example | None:
    """Return the latest offer."""
    allocation: Allocation | None = (
        offered()
        .filter(distribution__grant__body=body, amount__gt=0)
        .select_related("distribution__grant__body", "municipality")
        .order_by("distribution__decided_on", "-municipality__code")
        .last()
    )
    if allocation is None:
        return None
    grant = allocation.distribution.grant
    with in_swedish():
        letter = Nudge(grant, last_day(grant), _("(your own words)")).letter(
            allocation.municipality.own_name, ()
        )
    return example_of(letter)


def payment(body: CoordinatingBody) -> Example | None:
    """Return the latest payment."""
    paid: Payment | None = (
        Payment.objects.of_body(body)
        .filter(status=Payment.Status.PAID)
        .select_related("requisition__grant__body", "requisition__municipality")
        .order_by("paid_on", "pk")
        .last()
    )
    if paid is None:
        return None
    with in_swedish():
        return example_of(messages.payment_letter(paid))


def repayment(
    write: Callable[[Repayment], Letter],
) -> Callable[[CoordinatingBody], Example | None]:
    """Return what makes an example of the latest claim for repayment."""

    def example(body: CoordinatingBody) -> Example | None:
        claim: Repayment | None = (
            Repayment.objects.of_body(body)
            .select_related("settlement__grant__body", "settlement__municipality")
            .order_by("claimed_on", "pk")
            .last()
        )
        if claim is None:
            return None
        with in_swedish():
            return example_of(write(claim))

    return example


repayment_claimed = repayment(repayment_messages.claimed_letter)
repayment_withdrawn = repayment(repayment_messages.withdrawn_letter)
