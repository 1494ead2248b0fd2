"""A municipality at work on its answer: what stands in the form, and what is kept of it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property

from grants.models import Grant, Purpose
from invoices.forms.answers import AnswerForm, facts_of, values_of
from invoices.models import STANDING, Attachment, Requisition
from invoices.offers import Offer
from invoices.requisition import save_draft
from municipalities.models import Membership, Municipality, User
from municipalities.prepared import Prepared

LONGEST = 5_000
"""So many characters of one field are kept while it is being typed."""

OPEN = ("draft", "submitted", "returned")
"""The statuses in which an answer may still change."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has typed, right or wrong, and who did."""

    typed: Mapping[str, str]
    allocation: int | None = None
    """The version that it was typed about."""
    by: int | None = None
    by_name: str = ""
    handed_over_by: str = ""
    """Who asked a signatory to send it in, as it stands."""

    @property
    def fingerprint(self) -> str:
        """Tell one draft from another: what was read is what is sent in."""
        text = json.dumps(dict(self.typed), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class Work:
    """One municipality's work on one offer."""

    def __init__(self, offer: Offer, membership: Membership) -> None:
        """Find the requisition that the answer goes into, if there is one yet."""
        self.offer = offer
        self.membership = membership
        found = offer.situation.requisition
        self.requisition = found if found and found.status in OPEN else None

    @property
    def grant(self) -> Grant:
        """The grant."""
        return self.offer.grant

    @property
    def seen(self) -> int:
        """How many times the answer has been sent in."""
        return self.requisition.submissions if self.requisition else 0

    @property
    def stamp(self) -> str:
        """When the draft was saved, to tell whether another has saved since."""
        saved_at = self.requisition.draft_saved_at if self.requisition else None
        return saved_at.isoformat() if saved_at else ""

    @property
    def left(self) -> int:
        """What this answer may ask for at most."""
        situation = self.offer.situation
        own = 0
        if self.requisition and self.requisition.status in STANDING:
            own = self.requisition.amount
        return max(situation.allocated - situation.claimed + own, 0)

    @cached_property
    def purposes(self) -> list[Purpose]:
        """What the money may be used for."""
        return _purposes(self.grant.pk)

    @property
    def draft(self) -> Draft | None:
        """What has been typed and not sent in."""
        kept = self.requisition.draft if self.requisition else {}
        return Draft(**kept) if "typed" in kept else None

    @property
    def is_outdated(self) -> bool:
        """Whether the amount has changed since the draft was typed."""
        draft = self.draft
        return draft is not None and draft.allocation != self.offer.allocation.pk

    @cached_property
    def attachments(self) -> list[Attachment]:
        """The files that go with the answer."""
        if self.requisition is None or self.requisition.pk is None:
            return []
        return list(self.requisition.attachments.select_related("file"))

    @property
    def may_attach(self) -> bool:
        """Whether a file may be added without being sent in anew."""
        return self.requisition is None or self.requisition.status != "submitted"

    def form(self, data: Any = None) -> AnswerForm:
        """Return the form: with what is posted, or with what is known already."""
        initial = {} if data is not None else self.known()
        return AnswerForm(
            data,
            initial=initial,
            left=self.left,
            purposes=self.purposes,
            taken=self._taken() if data is not None else (),
        )

    def _taken(self) -> set[str]:
        """Return the numbers of the municipality's other requisitions."""
        others = Requisition.objects.of_municipality(self.offer.municipality).answered()
        if self.requisition:
            others = others.exclude(pk=self.requisition.pk)
        return set(others.values_list("invoice_number", flat=True))

    def known(self) -> dict[str, Any]:
        """Return what the form is filled in with: the draft, or what was sent in before."""
        if self.draft:
            return dict(self.draft.typed)
        values: dict[str, Any] = {
            "answer": "whole",
            "amount": self.left,
            "account_kind": "bankgiro",
        }
        earlier = self.requisition
        if earlier is None or not earlier.submissions:
            earlier = self.offer.situation.requisition
        if earlier is not None and earlier.submissions:
            before = values_of(earlier)
            return before | {"amount": before["amount"] or self.left}
        return values | first_values(self.offer.municipality, self.membership)

    def typed(self, posted: Mapping[str, str]) -> dict[str, str]:
        """Return what is posted of the form's fields, as it was typed."""
        fields = AnswerForm(left=self.left, purposes=self.purposes).fields
        return {
            # The database cannot hold a null character, and nobody means one.
            name: posted[name][:LONGEST].replace("\0", "")
            for name, field in fields.items()
            if name in posted and not isinstance(field, forms.FileField)
        }

    def changed_by(self, stamp: str, user: User) -> str:
        """Return who else has saved since the page with ``stamp`` was made, or nothing."""
        draft = self.draft
        if draft is None or draft.by == user.pk or self.stamp == stamp:
            return ""
        return draft.by_name

    def keep(self, typed: Mapping[str, str], *, by: User, seen: int) -> None:
        """Save what is typed. Refused when the answer was sent in meanwhile."""
        before = self.draft
        draft = Draft(
            typed=dict(typed),
            allocation=self.offer.allocation.pk,
            by=by.pk,
            by_name=str(by),
            handed_over_by=(
                before.handed_over_by if before and before.typed == dict(typed) else ""
            ),
        )
        self._save(draft, by=by, seen=seen)

    def note_hand_over(self, *, by: User) -> None:
        """Note that the draft waits for a signatory, until it is changed."""
        draft = self.draft
        assert draft is not None  # the page that hands over shows a draft
        handed = Draft(
            typed=draft.typed,
            allocation=draft.allocation,
            by=draft.by,
            by_name=draft.by_name,
            handed_over_by=str(by),
        )
        self._save(handed, by=by, seen=self.seen)

    def _save(self, draft: Draft, *, by: User, seen: int) -> None:
        facts = {name: getattr(draft, name) for name in Draft.__dataclass_fields__}
        self.requisition = save_draft(self.offer.allocation, facts, by=by, seen=seen)
        self.__dict__.pop("attachments", None)


def first_values(municipality: Municipality, membership: Membership) -> dict[str, Any]:
    """Return what is known before the first answer: account, contact and signatory."""
    last = last_answer(municipality)
    members = _members(municipality.pk, timezone.localdate())
    values = _remembered(last) if last else {}
    contact = next((each for each in members if each.is_contact), membership).user
    values |= {
        "contact_name": contact.get_full_name() or values.get("contact_name", ""),
        "contact_email": contact.email,
        "contact_phone": contact.phone or _phone_of(values, contact),
    }
    return values | _signatory(values, members, membership)


def last_answer(municipality: Municipality) -> Requisition | None:
    """Return the municipality's latest requisition with an account, in any grant."""
    return next(iter(_last_answer(municipality.pk)), None)


@Prepared
def _last_answer(municipality: int) -> QuerySet[Requisition]:
    own = Requisition.objects.filter(municipality=municipality)
    return own.standing().exclude(account_kind="").order_by("-submitted_at")[:1]


@Prepared
def _members(municipality: int, today: date) -> QuerySet[Membership]:
    own = Membership.objects.filter(municipality=municipality)
    return own.valid(today).select_related("user")


@Prepared
def _purposes(grant: int) -> QuerySet[Purpose]:
    return Purpose.objects.filter(grant=grant)


def _remembered(last: Requisition) -> dict[str, Any]:
    """Return what is the same from one time to the next."""
    names = (
        "account_kind",
        "account_number",
        "clearing",
        "bic",
        "payment_instructions",
        "contact_name",
        "contact_email",
        "contact_phone",
        "signatory_name",
        "signatory_title",
    )
    values = facts_of(last)
    return {name: values[name] for name in names}


def _phone_of(values: Mapping[str, Any], contact: User) -> str:
    is_same = values.get("contact_email", "").lower() == contact.email.lower()
    return str(values.get("contact_phone", "")) if is_same else ""


def _signatory(
    values: Mapping[str, Any], members: Iterable[Membership], membership: Membership
) -> dict[str, Any]:
    """Return who signs: the person, if they may; else the first who may."""
    signatories = [each for each in members if each.role == "signatory"]
    own = [each for each in signatories if each.user_id == membership.user_id]
    names = [
        each.user.get_full_name() for each in own + signatories if each.user.get_full_name()
    ]
    before = values.get("signatory_name", "")
    if before in names or not names:
        return {}
    return {"signatory_name": names[0], "signatory_title": ""}


def saved_words(work: Work) -> str:
    """Return the time of day when the draft was saved, or nothing."""
    if work.requisition is None or work.requisition.draft_saved_at is None:
        return ""
    return timezone.localtime(work.requisition.draft_saved_at).strftime("%H.%M")


def handed_over_by(requisition: Requisition) -> str:
    """Return who has filled in the draft and left it to be sent in, or nothing."""
    return str(requisition.draft.get("handed_over_by", ""))
