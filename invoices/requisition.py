"""Answer, change, approve and return. Each verb is one transaction.

``seen`` is how many times the answer had been submitted when somebody looked at it: what
has changed since then is neither overwritten nor approved unseen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from grants.distribution import Refused
from grants.models import Allocation, Deadline, Distribution, Grant
from invoices.models import STANDING, PlannedUse, Requisition, Step
from invoices.offers import Situation, situation_of
from municipalities.models import User
from municipalities.prepared import Prepared

Status = Requisition.Status


@dataclass(frozen=True, slots=True)
class Answer:
    """What a municipality answers, already checked for form. Amounts in whole kronor."""

    amount: int
    """0 declines."""
    decline_reason: str = ""
    wants_more: bool = False
    account_kind: str = ""
    account_number: str = ""
    clearing: str = ""
    bic: str = ""
    payment_instructions: str = ""
    invoice_number: str = ""
    invoice_on: date | None = None
    use_text: str = ""
    uses: Mapping[int, int] = field(default_factory=dict)
    """Kronor by the purpose's id."""
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    signatory_name: str = ""
    signatory_title: str = ""


COPIED = (
    "wants_more",
    "account_kind",
    "account_number",
    "clearing",
    "bic",
    "payment_instructions",
    "use_text",
    "contact_name",
    "contact_email",
    "contact_phone",
    "signatory_name",
    "signatory_title",
)
"""What an answer has under the same name as the requisition."""


def mark_opened(allocation: Allocation, *, by: User) -> None:
    """Note that somebody in the municipality has seen the offer. The first time counts."""
    Step.objects.bulk_create(
        [Step(allocation=allocation, kind=Step.Kind.OPENED, by=by)], ignore_conflicts=True
    )


def _current(allocation: Allocation) -> tuple[Allocation, list[Requisition]]:
    """Return the allocation and all that the municipality has made, locked.

    The version is locked as well, so that no other replaces it meanwhile.
    """
    version = Distribution.objects.select_for_update(no_key=True).get(
        pk=allocation.distribution_id
    )
    if version.status != Distribution.Status.DECIDED:
        raise Refused("superseded")
    locked = (
        Allocation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("distribution__grant__body", "municipality")
        .get(pk=allocation.pk)
    )
    made = list(
        Requisition.objects.select_for_update(of=("self",))
        .filter(grant=version.grant_id, municipality=locked.municipality_id)
        .select_related("allocation")
        .order_by("pk")
    )
    return locked, made


def _editable(situation: Situation, made: Sequence[Requisition]) -> Requisition | None:
    """Return the requisition that an answer goes into, or none when a new one is made."""
    requisition = situation.requisition
    if requisition is not None and requisition.status in {
        Status.DRAFT,
        Status.SUBMITTED,
        Status.RETURNED,
    }:
        return requisition
    if situation.left:
        return next((each for each in made if each.status == Status.DRAFT), None)
    if requisition is not None and requisition.status in {Status.APPROVED, Status.PAID}:
        raise Refused("approved")
    raise Refused("nothing_left")


@transaction.atomic
def save_draft(
    allocation: Allocation, data: Mapping[str, Any], *, by: User, seen: int = 0
) -> Requisition:
    """Keep what is being typed, as typed: right or wrong, it is there tomorrow."""
    allocation, made = _current(allocation)
    situation = situation_of(allocation, made)
    requisition = _editable(situation, made)
    if requisition is None:
        requisition = _new(allocation, by=by)
    elif requisition.submissions != seen:
        raise Refused("already_submitted", by=str(requisition.submitted_by))
    requisition.draft = dict(data)
    requisition.draft_saved_at = timezone.now()
    if requisition.status == Status.DRAFT:
        requisition.allocation = allocation
    requisition.save()
    return requisition


def _new(allocation: Allocation, *, by: User) -> Requisition:
    return Requisition(
        grant=allocation.distribution.grant,
        municipality=allocation.municipality,
        allocation=allocation,
        created_by=by,
    )


def last_day(grant: Grant) -> date | None:
    """Return the last day for the municipalities' answers, or none."""
    return next(iter(_last_days(grant.pk)), None)


@Prepared
def _last_days(grant: int) -> QuerySet[Any, date]:
    answers = Deadline.objects.answers().filter(grant=grant)
    return answers.order_by("-due_on").values_list("due_on", flat=True)[:1]


def number_for(allocation: Allocation, taken: Iterable[str]) -> str:
    """Return a number of the requisition that the municipality has not used."""
    grant = allocation.distribution.grant
    record = grant.record_number or f"{grant.year}-{grant.pk}"
    stem = f"{record}-{allocation.municipality.code}"
    taken = set(taken)
    number, count = stem, 1
    while number in taken:
        count += 1
        number = f"{stem}-{count}"
    return number


@transaction.atomic
def submit(
    allocation: Allocation,
    answer: Answer,
    *,
    by: User,
    today: date,
    seen: int = 0,
    channel: str = Requisition.Channel.PORTAL,
) -> Requisition:
    """Send the answer in, or change the one that was. It is marked if it is late.

    Staff who register what came by mail or as an invoice may do so after a last day that
    is closed to the municipalities. Refused when it is more than is left.
    """
    allocation, made = _current(allocation)
    grant = allocation.distribution.grant
    situation = situation_of(allocation, made)
    requisition = _editable(situation, made) or _new(allocation, by=by)
    if requisition.submissions != seen:
        raise Refused("already_submitted", by=str(requisition.submitted_by))
    due_on = last_day(grant)
    is_late = due_on is not None and today > due_on
    if (
        is_late
        and grant.refuses_late
        and channel == Requisition.Channel.PORTAL
        and requisition.status != Status.RETURNED
    ):
        raise Refused("closed", due_on=due_on)
    others = sum(
        each.amount
        for each in made
        if each.pk != requisition.pk and each.status in STANDING
    )
    left = allocation.amount - others
    if answer.amount > left:
        raise Refused("exceeds_left", amount=answer.amount, left=left)
    if sum(answer.uses.values()) > answer.amount:
        raise Refused(
            "uses_exceed", planned=sum(answer.uses.values()), amount=answer.amount
        )
    numbers = _numbers_of(allocation, requisition)
    if answer.invoice_number and answer.invoice_number in numbers:
        raise Refused("number_used", number=answer.invoice_number)

    is_change = requisition.submissions > 0
    # Completing what was in time, or asking for less, is not late; asking for more is.
    keeps_its_time = is_change and (
        requisition.status == Status.RETURNED
        or (requisition.status == Status.SUBMITTED and answer.amount <= requisition.amount)
    )
    for name in COPIED:
        setattr(requisition, name, getattr(answer, name))
    if requisition.status in {Status.DRAFT, ""}:
        requisition.allocation = allocation
    if answer.amount == 0:
        _decline(requisition, answer)
    else:
        whole = answer.amount == left
        requisition.answer = Requisition.Answer.WHOLE if whole else Requisition.Answer.PART
        requisition.amount = answer.amount
        requisition.decline_reason = ""
        requisition.invoice_number = (
            answer.invoice_number
            or requisition.invoice_number
            or number_for(allocation, numbers)
        )
        requisition.invoice_on = answer.invoice_on or today
    requisition.status = Status.SUBMITTED
    requisition.channel = channel
    requisition.submitted_by = by
    requisition.submitted_at = timezone.now()
    requisition.submissions += 1
    requisition.is_late = requisition.is_late if keeps_its_time else is_late
    requisition.draft = {}
    requisition.draft_saved_at = None
    requisition.save()
    requisition.planned_uses.all().delete()
    PlannedUse.objects.bulk_create(
        PlannedUse(requisition=requisition, purpose_id=purpose, amount=amount)
        for purpose, amount in answer.uses.items()
        if amount
    )
    kind = Step.Kind.CHANGED if is_change else Step.Kind.SUBMITTED
    if channel != Requisition.Channel.PORTAL:
        kind = Step.Kind.REGISTERED
    _note(requisition, kind, by=by)
    return requisition


def _numbers_of(allocation: Allocation, requisition: Requisition) -> set[str]:
    """Return the numbers that the municipality has used for other requisitions."""
    return set(
        Requisition.objects.of_municipality(allocation.municipality)
        .answered()
        .exclude(pk=requisition.pk)
        .values_list("invoice_number", flat=True)
    )


def _decline(requisition: Requisition, answer: Answer) -> None:
    requisition.answer = Requisition.Answer.DECLINE
    requisition.amount = 0
    requisition.decline_reason = answer.decline_reason
    requisition.wants_more = False
    requisition.invoice_number = ""
    requisition.invoice_on = None


def _note(requisition: Requisition, kind: str, *, by: User | None, note: str = "") -> None:
    Step.objects.create(
        allocation_id=requisition.allocation_id,
        requisition=requisition,
        kind=kind,
        by=by,
        note=note,
    )


def _locked(requisition: Requisition, seen: int | None = None) -> Requisition:
    locked = (
        Requisition.objects.select_for_update(of=("self",))
        .select_related("allocation__distribution", "municipality", "grant__body")
        .get(pk=requisition.pk)
    )
    if seen is not None and locked.submissions != seen:
        raise Refused("changed_since", municipality=str(locked.municipality))
    return locked


@transaction.atomic
def withdraw(requisition: Requisition, *, by: User, seen: int | None = None) -> Requisition:
    """Take the answer back. It is a draft again, with all that it held."""
    locked = _locked(requisition, seen)
    if locked.status in {Status.APPROVED, Status.PAID, Status.REJECTED}:
        raise Refused("approved")
    if locked.status == Status.DRAFT:
        raise Refused("not_submitted", municipality=str(locked.municipality))
    others = Requisition.objects.filter(
        grant=locked.grant_id, municipality=locked.municipality_id
    ).exclude(pk=locked.pk)
    if others.answered().filter(allocation__gt=locked.allocation_id).exists():
        raise Refused("newer_answer")
    drafts = others.filter(status=Status.DRAFT)
    if drafts.filter(submissions__gt=0).exists():
        raise Refused("newer_answer")
    # What was begun about a later version gives way: the two are answered together.
    drafts.delete()
    locked.status = Status.DRAFT
    locked.save()
    _note(locked, Step.Kind.WITHDRAWN, by=by)
    return locked


@transaction.atomic
def approve(requisition: Requisition, *, by: User, seen: int | None = None) -> Requisition:
    """Agree to pay what is asked for. Refused for whoever registered the answer."""
    locked = _locked(requisition, seen)
    municipality = str(locked.municipality)
    if locked.status != Status.SUBMITTED:
        raise Refused("not_submitted", municipality=municipality)
    if locked.is_declined:
        raise Refused("declined", municipality=municipality)
    if locked.submitted_by_id == by.pk:
        raise Refused("same_person", municipality=municipality)
    _decide(locked, Status.APPROVED, Step.Kind.APPROVED, by=by, note="")
    return locked


@transaction.atomic
def send_back(
    requisition: Requisition, *, by: User, reason: str, seen: int | None = None
) -> Requisition:
    """Ask the municipality to complete its answer. The amount stays reserved for it."""
    locked = _locked(requisition, seen)
    if locked.status not in {Status.SUBMITTED, Status.APPROVED}:
        raise Refused("not_submitted", municipality=str(locked.municipality))
    _refuse_in_batch(locked)
    _decide(locked, Status.RETURNED, Step.Kind.RETURNED, by=by, note=reason)
    return locked


@transaction.atomic
def reject(
    requisition: Requisition, *, by: User, reason: str, seen: int | None = None
) -> Requisition:
    """Say no. The municipality may answer anew."""
    locked = _locked(requisition, seen)
    if locked.status not in {Status.SUBMITTED, Status.RETURNED}:
        raise Refused("not_submitted", municipality=str(locked.municipality))
    _decide(locked, Status.REJECTED, Step.Kind.REJECTED, by=by, note=reason)
    return locked


@transaction.atomic
def unapprove(requisition: Requisition, *, by: User, reason: str = "") -> Requisition:
    """Take an approval back while nothing is on its way to the bank."""
    locked = _locked(requisition)
    if locked.status != Status.APPROVED:
        raise Refused("not_approved", municipality=str(locked.municipality))
    _refuse_in_batch(locked)
    locked.status = Status.SUBMITTED
    locked.decided_by = None
    locked.decided_at = None
    locked.decision_note = ""
    locked.save()
    _note(locked, Step.Kind.UNAPPROVED, by=by, note=reason)
    return locked


def _refuse_in_batch(requisition: Requisition) -> None:
    if requisition.payments.exclude(status="failed").exists():
        raise Refused("in_batch", municipality=str(requisition.municipality))


def _decide(
    requisition: Requisition, status: str, kind: str, *, by: User, note: str
) -> None:
    requisition.status = status
    requisition.decided_by = by
    requisition.decided_at = timezone.now()
    requisition.decision_note = note
    requisition.save()
    _note(requisition, kind, by=by, note=note)


@transaction.atomic
def note_nudges(allocations: Iterable[Allocation], *, by: User, note: str = "") -> int:
    """Keep that municipalities were reminded. Returns how many."""
    steps = [
        Step(allocation=allocation, kind=Step.Kind.NUDGED, by=by, note=note)
        for allocation in allocations
    ]
    Step.objects.bulk_create(steps)
    return len(steps)
