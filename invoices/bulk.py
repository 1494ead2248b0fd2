"""Approve many answers at once: each by itself, and for each what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction

from grants.distribution import Refused
from invoices import decision_messages
from invoices.models import Requisition
from invoices.requisition import approve
from municipalities.models import User


@dataclass
class Outcome:
    """What became of the answers that somebody chose to approve."""

    approved: list[Requisition] = field(default_factory=list)
    refused: list[tuple[Requisition, Refused]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """What was approved, in kronor."""
        return sum(requisition.amount for requisition in self.approved)


def hindrance(requisition: Requisition, by: User) -> Refused | None:
    """Return why the person may not approve the answer as it stands, or none."""
    municipality = str(requisition.municipality)
    if requisition.status != Requisition.Status.SUBMITTED:
        return Refused("not_submitted", municipality=municipality)
    if requisition.is_declined:
        return Refused("declined", municipality=municipality)
    if requisition.submitted_by_id == by.pk:
        return Refused("same_person", municipality=municipality)
    return None


def approve_many(
    requisitions: Iterable[Requisition], *, by: User, seen: Mapping[int, int]
) -> Outcome:
    """Approve each that can be, tell it, and return which were and why others were not.

    ``seen`` says how many times each had been sent in when the person looked at it. One
    that nobody looked at is refused as changed.
    """
    outcome = Outcome()
    for requisition in requisitions:
        try:
            with transaction.atomic():
                approved = approve(requisition, by=by, seen=seen.get(requisition.pk, -1))
                decision_messages.approved(approved)
        except Refused as error:
            outcome.refused.append((requisition, error))
        else:
            outcome.approved.append(approved)
    return outcome
