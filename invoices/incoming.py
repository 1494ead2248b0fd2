"""Invoices that come in as files: kept, weighed against what is waited for, and dealt with.

A file is read as what it is and kept with what it says. What it belongs to is proposed
anew each time somebody looks, since answers come in meanwhile. A person decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final, Protocol

from django.db import transaction
from django.utils import timezone

from grants.distribution import Refused
from grants.models import Allocation
from invoices.accounts import Account, Kind
from invoices.matching import (
    Candidate,
    Code,
    Difference,
    Proposal,
    by_account,
    by_candidate,
    by_itself,
    by_sender,
    by_sums,
    proposal,
)
from invoices.models import IncomingInvoice, Requisition
from invoices.offers import offered, with_answers
from invoices.received import ReceivedError, ReceivedInvoice, Source, restored, stored
from invoices.received_file import read_file
from invoices.received_ubl import MOST_BYTES
from municipalities.models import CoordinatingBody, Municipality, StoredFile, User

CONTENT_TYPES: Final = {Source.PDF: "application/pdf", Source.UBL: "application/xml"}

Status = IncomingInvoice.Status


# What an invoice may belong to -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """A requisition that was made, or an allocation that is not answered."""

    candidate: Candidate
    municipality: Municipality
    grant_id: int
    grant: str
    requisition: Requisition | None = None
    allocation: Allocation | None = None

    @property
    def key(self) -> str:
        """What an address calls it."""
        return self.candidate.id


@dataclass
class Desk:
    """Everything that a body's invoices are weighed against, fetched once."""

    body: CoordinatingBody
    today: date = field(default_factory=timezone.localdate)

    @cached_property
    def targets(self) -> dict[str, Target]:
        """What may be meant, by key: requisitions first."""
        return {target.key: target for target in (*self._made(), *self._offers())}

    def _made(self) -> Iterable[Target]:
        requisitions = (
            Requisition.objects.of_body(self.body)
            .standing()
            .select_related("grant", "municipality", "allocation")
            .order_by("pk")
        )
        for requisition in requisitions:
            grant, municipality = requisition.grant, requisition.municipality
            yield Target(
                Candidate(
                    id=f"r{requisition.pk}",
                    municipality=str(municipality),
                    organisation_number=municipality.organisation_number,
                    grant=grant.short_title,
                    year=grant.year,
                    amount=requisition.amount,
                    left=requisition.amount,
                    record_number=grant.record_number,
                    reference=grant.invoice_reference,
                    account=Account(
                        Kind(requisition.account_kind),
                        requisition.account_number,
                        clearing=requisition.clearing,
                        bic=requisition.bic,
                    ),
                ),
                municipality,
                grant.pk,
                str(grant),
                requisition=requisition,
            )

    def _offers(self) -> Iterable[Target]:
        allocations = offered().filter(distribution__grant__body=self.body)
        for allocation, situation in with_answers(allocations):
            if not situation.left:
                continue
            grant, municipality = allocation.distribution.grant, allocation.municipality
            yield Target(
                Candidate(
                    id=f"a{allocation.pk}",
                    municipality=str(municipality),
                    organisation_number=municipality.organisation_number,
                    grant=grant.short_title,
                    year=grant.year,
                    amount=situation.left,
                    left=situation.left,
                    record_number=grant.record_number,
                    reference=grant.invoice_reference,
                    is_offer=True,
                ),
                municipality,
                grant.pk,
                str(grant),
                allocation=allocation,
            )

    @cached_property
    def candidates(self) -> list[Candidate]:
        """The same, as the comparison knows them."""
        return [target.candidate for target in self.targets.values()]

    @cached_property
    def numbers(self) -> list[tuple[str, str, str]]:
        """The numbers of requisitions: by whom, the number and the target's key."""
        return [
            (
                target.candidate.organisation_number,
                target.requisition.invoice_number,
                target.key,
            )
            for target in self.targets.values()
            if target.requisition is not None
        ]

    @cached_property
    def came_in(self) -> list[tuple[int, str, str]]:
        """The numbers of invoices that have come in: their ids, by whom, the number."""
        return list(
            IncomingInvoice.objects.of_body(self.body)
            .exclude(status=Status.DISMISSED)
            .values_list("pk", "seller_number", "invoice_number")
        )

    def used_numbers(self, invoice: IncomingInvoice, target: str) -> list[tuple[str, str]]:
        """Return numbers that came in by other means than this invoice and this target.

        An invoice bears the number of its own requisition when both were sent.
        """
        return [
            *((who, number) for who, number, key in self.numbers if key != target),
            *((who, number) for pk, who, number in self.came_in if pk != invoice.pk),
        ]

    def proposal(self, invoice: IncomingInvoice) -> Proposal:
        """Return what the invoice seems to belong to, and all that is odd about it."""
        received = restored(invoice.facts)
        buyer = self.body.organisation_number or ""
        found = proposal(received, self.candidates, today=self.today, buyer=buyer)
        if found.candidate is None:
            return proposal(
                received,
                self.candidates,
                today=self.today,
                buyer=buyer,
                used_numbers=self.used_numbers(invoice, ""),
            )
        return self.against(invoice, self.targets[found.candidate.id])

    def against(self, invoice: IncomingInvoice, target: Target) -> Proposal:
        """Return what is odd about the invoice if it belongs to what a person chose."""
        received, chosen = restored(invoice.facts), target.candidate
        used = self.used_numbers(invoice, target.key)
        found: list[Difference] = [
            *by_itself(received, self.today, self.body.organisation_number or ""),
            *by_sums(received),
            *by_sender(received, self.candidates, chosen, used),
            *by_account(received, chosen),
            *by_candidate(received, chosen, self.candidates),
        ]
        order = list(Code)
        found.sort(key=lambda one: order.index(one.code))
        return Proposal(chosen, tuple(found))


# A file comes in ---------------------------------------------------------------------


class Dropped(Protocol):
    """A file as somebody sends it."""

    @property
    def name(self) -> str | None:
        """What the sender calls it."""

    @property
    def size(self) -> int | None:
        """How many bytes it has."""

    def read(self) -> bytes:
        """Return all of it."""


@dataclass(frozen=True, slots=True)
class Drop:
    """What became of one file."""

    name: str
    invoice: IncomingInvoice | None = None
    """The one that was made, or the earlier one when the file was there already."""
    error: ReceivedError | None = None
    is_known: bool = False


def receive(body: CoordinatingBody, files: Sequence[Dropped], *, by: User) -> list[Drop]:
    """Keep each file that can be read, and return what became of each.

    One that must not be read stops none of the others. The same file again is not kept.
    """
    return [_receive(body, file, by) for file in files]


def _receive(body: CoordinatingBody, file: Dropped, by: User) -> Drop:
    name = file.name or "faktura"
    try:
        if (file.size or 0) > MOST_BYTES:  # not to be held in memory
            raise ReceivedError("too_large", size=file.size, most=MOST_BYTES)
        content = file.read()
        received = read_file(content, buyer=body.organisation_number or "")
    except ReceivedError as error:
        return Drop(name, error=error)
    with transaction.atomic():
        # Two who drop the same file at the same moment come one after the other.
        CoordinatingBody.objects.select_for_update(no_key=True).get(pk=body.pk)
        kept = StoredFile.objects.keep(
            content, body=body, name=name, content_type=CONTENT_TYPES[received.source]
        )
        earlier = (
            IncomingInvoice.objects.of_body(body)
            .filter(file__sha256=kept.sha256)
            .select_related("uploaded_by")
            .first()
        )
        if earlier is not None:
            kept.delete()
            return Drop(name, earlier, is_known=True)
        return Drop(name, _keep(body, kept, received, by))


def _keep(
    body: CoordinatingBody, file: StoredFile, received: ReceivedInvoice, by: User
) -> IncomingInvoice:
    return IncomingInvoice.objects.create(
        body=body,
        file=file,
        source=received.source.value,
        facts=stored(received),
        seller_number=received.seller_number[:20],
        seller_name=received.seller_name[:200],
        invoice_number=received.invoice_number[:60],
        invoice_on=received.invoice_on,
        amount=received.amount,
        uploaded_by=by,
    )


# A person decides --------------------------------------------------------------------


def _waiting(invoice: IncomingInvoice) -> IncomingInvoice:
    locked = IncomingInvoice.objects.select_for_update().get(pk=invoice.pk)
    if locked.status != Status.WAITING:
        raise Refused("invoice_handled", by=str(locked.handled_by))
    return locked


@transaction.atomic
def confirm(
    invoice: IncomingInvoice, requisition: Requisition, *, by: User
) -> IncomingInvoice:
    """Tie the invoice to the requisition it belongs to. A credit note is never one."""
    locked = _waiting(invoice)
    if restored(locked.facts).is_credit:
        raise Refused("credit_note")
    return _close(locked, Status.CONFIRMED, by=by, requisition=requisition)


@transaction.atomic
def put_aside(
    invoice: IncomingInvoice,
    *,
    by: User,
    note: str,
    requisition: Requisition | None = None,
) -> IncomingInvoice:
    """Leave the invoice, with why. A credit note points to what it takes back."""
    locked = _waiting(invoice)
    locked.note = note
    return _close(locked, Status.DISMISSED, by=by, requisition=requisition)


def _close(
    invoice: IncomingInvoice, status: str, *, by: User, requisition: Requisition | None
) -> IncomingInvoice:
    invoice.status = status
    invoice.requisition = requisition
    invoice.handled_by = by
    invoice.handled_at = timezone.now()
    invoice.save()
    return invoice


@transaction.atomic
def reopen(invoice: IncomingInvoice) -> IncomingInvoice:
    """Let the invoice wait again. What was registered from it stays."""
    locked = IncomingInvoice.objects.select_for_update().get(pk=invoice.pk)
    locked.status = Status.WAITING
    locked.requisition = None
    locked.handled_by = None
    locked.handled_at = None
    locked.save()
    return locked


def as_answer(invoice: IncomingInvoice, left: int) -> dict[str, Any]:
    """Return what the invoice says, as the form for a registered answer has it."""
    received = restored(invoice.facts)
    amount = received.amount
    is_whole = amount == left
    account = received.accounts[0] if received.accounts else None
    return {
        "channel": Requisition.Channel.INVOICE,
        "received_on": timezone.localtime(invoice.uploaded_at).date(),
        "answer": "" if amount is None else "whole" if is_whole else "part",
        "amount": None if is_whole else amount,
        "account_kind": str(account.kind) if account else "",
        "account_number": account.number if account else "",
        "clearing": account.clearing if account else "",
        "bic": account.bic if account else "",
        "invoice_number": received.invoice_number[:40],
        "invoice_on": received.invoice_on,
    }
