"""Messages to a municipality about its answer: approved, returned, rejected, awaited."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from grants.messages import post_each
from grants.models import Grant
from invoices.messages import (
    answer_link,
    ending,
    facts_of,
    in_swedish,
    last_day_facts,
    quoted,
    see_answer,
)
from invoices.models import Requisition
from invoices.requisition import last_day
from municipalities.contacts import Contacts, contacts_of
from municipalities.message_kinds import KINDS
from municipalities.messages import Composed, Letter, compose, words_of
from municipalities.models import Message, Municipality
from municipalities.numbers import kronor


def readers_of(contacts: Contacts) -> tuple[str, ...]:
    """Return who in a municipality is written to about its answer.

    Contact persons and signatories; where there are none, whoever comes first.
    """
    return (*contacts.contacts, *contacts.signatories) or contacts.first


def told_of(requisition: Requisition) -> tuple[str, ...]:
    """Return who is told of a decision: the municipality, the contact and the sender."""
    municipality = requisition.municipality_id
    contacts = contacts_of([municipality])[municipality]
    to = (*readers_of(contacts), requisition.contact_email)
    if requisition.channel == Requisition.Channel.PORTAL and requisition.submitted_by:
        return (*to, requisition.submitted_by.email)
    return to


def _tell(
    kind: str, write: Callable[..., Letter], requisition: Requisition
) -> list[Message]:
    to = told_of(requisition)
    with in_swedish():
        return post_each(kind, [(requisition.grant, write(requisition, to))])


def approved(requisition: Requisition) -> list[Message]:
    """Tell that the requisition is approved."""
    return _tell("approved", approved_letter, requisition)


def returned(requisition: Requisition) -> list[Message]:
    """Ask for completion."""
    return _tell("returned", returned_letter, requisition)


def rejected(requisition: Requisition) -> list[Message]:
    """Tell that the requisition is rejected."""
    return _tell("rejected", rejected_letter, requisition)


def _letter(
    requisition: Requisition,
    to: tuple[str, ...],
    why: str,
    facts: dict[str, str],
    **more: Any,
) -> Letter:
    grant, municipality = requisition.grant, requisition.municipality
    return Letter(
        to=to,
        why=why % {"municipality": municipality.own_name, "grant": grant},
        facts=facts_of(grant, municipality.own_name)
        | {"belopp": kronor(requisition.amount), "nummer": requisition.invoice_number}
        | facts,
        municipality=municipality,
        reply_to=grant.questions_to,
        **more,
    )


def approved_letter(requisition: Requisition, to: tuple[str, ...] = ()) -> Letter:
    """Return what is told of an approval."""
    return _letter(
        requisition,
        to,
        _("The requisition from %(municipality)s from %(grant)s is approved"),
        {"konto": ending(requisition.account)},
        links=see_answer(requisition.grant),
    )


def returned_letter(requisition: Requisition, to: tuple[str, ...] = ()) -> Letter:
    """Return what is told when a completion is asked for."""
    grant = requisition.grant
    return _letter(
        requisition,
        to,
        _("Completion of the answer from %(municipality)s about %(grant)s"),
        last_day_facts(last_day(grant)),
        blocks={"skäl": quoted(requisition.decision_note)},
        links=answer_link(
            "komplettera", _("Change the answer"), "reporting:offer_detail", grant
        ),
    )


def rejected_letter(requisition: Requisition, to: tuple[str, ...] = ()) -> Letter:
    """Return what is told of a rejection."""
    grant = requisition.grant
    return _letter(
        requisition,
        to,
        _("The requisition from %(municipality)s from %(grant)s is rejected"),
        last_day_facts(last_day(grant)),
        blocks={"skäl": quoted(requisition.decision_note)},
        links=see_answer(grant),
    )


def recipients(municipalities: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Return the addresses in each municipality that a reminder goes to.

    A municipality without anybody, and without a mailbox, is left out.
    """
    found = {
        municipality: readers_of(contacts)
        for municipality, contacts in contacts_of(municipalities).items()
    }
    return {municipality: to for municipality, to in found.items() if to}


@dataclass
class Nudge:
    """What municipalities that have not answered are told."""

    grant: Grant
    last_day: date | None
    note: str = ""

    @cached_property
    def _facts(self) -> dict[str, str]:
        facts = last_day_facts(self.last_day)
        if "passerad dag" not in facts:
            return facts
        if self.grant.refuses_late:
            after = _(
                "Answers are no longer taken in the service. Write to us if you want the "
                "money."
            )
        else:
            after = _("You can still answer; the answer is marked as late.")
        return facts | {"efter sista dag": after}

    def letter(
        self, name: str, to: tuple[str, ...], municipality: Municipality | None = None
    ) -> Letter:
        """Return what a municipality is told; the language is Swedish around it."""
        grant = self.grant
        return Letter(
            to=to,
            why=_("%(municipality)s has not answered about %(grant)s")
            % {"municipality": name, "grant": grant},
            facts=facts_of(grant, name) | self._facts,
            links=answer_link("svara", _("Answer here"), "reporting:offer_detail", grant),
            blocks={"hälsning": quoted(self.note)},
            municipality=municipality,
            reply_to=grant.questions_to,
        )

    def preview(self, name: str) -> Composed:
        """Return the message as the municipality will read it."""
        with in_swedish():
            letter = self.letter(name, ())
        return compose(
            words_of(KINDS["nudge"], self.grant.body),
            facts=letter.facts,
            links=letter.links,
            blocks=letter.blocks,
        )

    def post(self, recipients: Mapping[int, tuple[str, ...]]) -> list[Message]:
        """Write to each municipality, in a fixed number of queries."""
        municipalities = Municipality.objects.in_bulk(recipients)
        with in_swedish():
            letters = [
                (self.grant, self.letter(place.own_name, recipients[pk], place))
                for pk, place in municipalities.items()
            ]
            return post_each("nudge", letters)
