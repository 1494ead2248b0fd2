"""Messages to a municipality about a repayment: claimed, withdrawn."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from grants import messages as grant_messages
from invoices.decision_messages import readers_of
from invoices.messages import day, facts_of, in_swedish
from invoices.models import Repayment
from municipalities.contacts import contacts_of
from municipalities.messages import Letter
from municipalities.models import Message, Municipality
from municipalities.numbers import kronor
from municipalities.site import absolute


def claimed(claims: Iterable[Repayment]) -> list[Message]:
    """Ask each municipality to pay back, with the letter attached."""
    claims = list(claims)
    contacts = contacts_of({_whose(each).pk for each in claims})
    written = []
    with in_swedish():
        for claim in claims:
            to = readers_of(contacts[_whose(claim).pk])
            written += _post("repayment_claimed", claim, claimed_letter(claim, to))
    return written


def withdrawn(claim: Repayment) -> list[Message]:
    """Tell that the claim does not stand."""
    municipality = _whose(claim)
    to = readers_of(contacts_of([municipality.pk])[municipality.pk])
    with in_swedish():
        return _post(
            "repayment_withdrawn", claim, withdrawn_letter(claim, to), with_letter=False
        )


def _whose(claim: Repayment) -> Municipality:
    municipality = claim.settlement.municipality
    assert municipality is not None  # nobody else repays
    return municipality


def _post(
    kind: str, claim: Repayment, letter: Letter, *, with_letter: bool = True
) -> list[Message]:
    return grant_messages.post_each(
        kind,
        [(claim.settlement.grant, letter)],
        attachments=[claim.letter] if with_letter else [],
    )


def _letter(
    claim: Repayment, to: tuple[str, ...], why: str, facts: dict[str, str]
) -> Letter:
    grant, municipality = claim.settlement.grant, _whose(claim)
    return Letter(
        to=to,
        why=why % {"municipality": municipality.own_name, "grant": grant},
        facts=facts_of(grant, municipality.own_name)
        | {"belopp": kronor(claim.amount)}
        | ({"dnr": claim.record_number} if claim.record_number else {})
        | facts,
        municipality=municipality,
        reply_to=grant.questions_to,
    )


def claimed_letter(claim: Repayment, to: tuple[str, ...] = ()) -> Letter:
    """Return what is told when money is claimed back."""
    letter = _letter(
        claim,
        to,
        _("%(municipality)s is asked to pay back from %(grant)s"),
        {
            "betala till": claim.account,
            "referens": claim.reference,
            "sista dag": day(claim.due_on),
            "fått": kronor(claim.settlement.available),
            "ersätter": _("It replaces the claim that we sent before.")
            if replaces(claim)
            else "",
        },
    )
    if claim.pk is None:
        return letter
    address = absolute(reverse("invoices:repayment_letter", args=[claim.pk]))
    links = {"brevet": (_("The letter as a PDF"), address)}
    return Letter(
        to=letter.to,
        why=letter.why,
        facts=letter.facts,
        links=links,
        municipality=letter.municipality,
        reply_to=letter.reply_to,
    )


def replaces(claim: Repayment) -> bool:
    """Return whether an earlier claim on the municipality has been withdrawn."""
    settlement = claim.settlement
    return (
        Repayment.objects.filter(
            settlement__grant=settlement.grant_id,
            settlement__municipality=settlement.municipality_id,
            withdrawn_on__isnull=False,
        )
        .exclude(pk=claim.pk)
        .exists()
    )


def withdrawn_letter(claim: Repayment, to: tuple[str, ...] = ()) -> Letter:
    """Return what is told when a claim is withdrawn."""
    return _letter(
        claim,
        to,
        _("The claim on %(municipality)s for repayment from %(grant)s is withdrawn"),
        {"krävdes": day(claim.claimed_on)},
    )
