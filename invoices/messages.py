"""Messages about answers: what they tell, and those to whoever answers.

They are written in the transaction of the change that they tell of, and sent afterwards
(``municipalities.outbox``).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from grants.messages import post_each
from grants.models import Grant
from invoices.accounts import Account, Kind
from invoices.models import AccountKind, Payment, Requisition
from invoices.offers import Offer
from municipalities.contacts import addresses_of, contacts_of
from municipalities.messages import Letter, addresses, escaped
from municipalities.models import Membership, Message, Municipality, User
from municipalities.numbers import kronor
from municipalities.site import absolute


def in_swedish() -> translation.override:
    """Return what is put around the making of a message, whoever makes it."""
    return translation.override(settings.LANGUAGE_CODE)


def facts_of(grant: Grant, municipality: str) -> dict[str, str]:
    """Return what every message about an answer may tell."""
    return {
        "organisation": str(grant.body),
        "kommun": municipality,
        "medel": str(grant),
        "titel": grant.title,
        "dnr": grant.record_number,
        "frågemejl": grant.questions_to,
    }


def last_day_facts(last_day: date | None) -> dict[str, str]:
    """Return the last day under its name, which says whether it has passed."""
    if last_day is None:
        return {}
    is_past = last_day < timezone.localdate()
    return {"passerad dag" if is_past else "sista dag": day(last_day)}


def day(on: date) -> str:
    """Return a date in words."""
    return str(date_format(on, "j F Y"))


def quoted(text: str) -> str:
    """Return what somebody has written as a block that shows it line by line.

    >>> print(quoted("Skriv *rätt* konto.  \\n  Anna"))
    Skriv \\*rätt\\* konto.
    Anna
    """
    return "\n".join(escaped(line.strip()) for line in text.strip().splitlines())


def ending(account: Account | None) -> str:
    """Return an account by its kind and last digits: a mailbox is read by many.

    >>> ending(None)
    ''
    """
    if account is None:
        return ""
    word = AccountKind(account.kind.value).label
    kind = _("account") if account.kind is Kind.BANK else word
    facts = {"kind": kind, "digits": account.number[-4:]}
    return _("%(kind)s that ends with %(digits)s") % facts


def answer_link(name: str, label: str, url_name: str, grant: Grant) -> dict[str, Any]:
    """Return a link to one of the municipality's pages about a grant."""
    return {name: (label, absolute(reverse(url_name, args=[grant.pk])))}


def people_of(municipality: Municipality) -> list[str]:
    """Return the addresses that work of those who submit for the municipality."""
    return addresses_of(Membership.objects.valid().within(municipality).signatories())


def receipt_to(requisition: Requisition) -> list[str]:
    """Return who gets the receipt: whoever sent it in, and the contact person.

    What staff have registered came in another way, and gets none.
    """
    if requisition.channel != Requisition.Channel.PORTAL:
        return []
    sender = requisition.submitted_by
    return addresses([requisition.contact_email, sender.email if sender else ""])


def receipt(requisition: Requisition) -> list[Message]:
    """Confirm an answer."""
    with in_swedish():
        letter = receipt_letter(requisition)
        return post_each("receipt", [(requisition.grant, letter)])


def receipt_letter(requisition: Requisition) -> Letter:
    """Return what is told of an answer that has come in."""
    grant, municipality = requisition.grant, requisition.municipality.own_name
    if requisition.is_declined:
        given = _("%(municipality)s declines the money.")
    else:
        given = _("%(municipality)s asks for %(amount)s.")
    late = _("The answer came after the last day and is marked as late.")
    moment = timezone.localtime(requisition.submitted_at)
    return Letter(
        to=tuple(receipt_to(requisition)),
        why=_("Receipt for the answer from %(municipality)s about %(grant)s")
        % {"municipality": municipality, "grant": grant},
        facts=facts_of(grant, municipality)
        | {
            "svar": given
            % {"municipality": municipality, "amount": kronor(requisition.amount)},
            "nummer": requisition.invoice_number,
            "skickat av": str(requisition.submitted_by or ""),
            "skickat": str(date_format(moment, "j F Y H:i")),
            "sent": late if requisition.is_late else "",
        },
        links=answer_link(
            "kvitto",
            _("Receipt, requisition as a PDF and e-invoice"),
            "invoices:answer_receipt",
            grant,
        ),
        municipality=requisition.municipality,
        reply_to=grant.questions_to,
    )


def hand_over(offer: Offer, *, by: User, to: list[str]) -> list[Message]:
    """Ask those who submit for the municipality to read an answer and send it in."""
    with in_swedish():
        letter = hand_over_letter(offer.grant, offer.municipality, offer.last_day, by, to)
        return post_each("hand_over", [(offer.grant, letter)])


def hand_over_letter(
    grant: Grant,
    municipality: Municipality,
    last_day: date | None,
    by: User,
    to: Iterable[str] = (),
) -> Letter:
    """Return what is told of an answer that waits for somebody to send it in."""
    name = municipality.own_name
    return Letter(
        to=tuple(to),
        why=_("%(by)s handed over the answer from %(municipality)s about %(grant)s")
        % {"by": by, "municipality": name, "grant": grant},
        facts=facts_of(grant, name) | last_day_facts(last_day) | {"vem": str(by)},
        links=answer_link(
            "läs igenom",
            _("Read it through and send it in"),
            "invoices:answer_review",
            grant,
        ),
        municipality=municipality,
        reply_to=by.email,
    )


def paid(payments: list[Payment]) -> list[Message]:
    """Tell each municipality that its money is paid, in a fixed number of queries.

    To the contact person of the requisition and to the municipality's own. All payments
    are of one body.
    """
    contacts = contacts_of({each.requisition.municipality_id for each in payments})
    with in_swedish():
        letters = [
            (
                payment.requisition.grant,
                payment_letter(
                    payment,
                    to=(
                        payment.requisition.contact_email,
                        *contacts[payment.requisition.municipality_id].first,
                    ),
                ),
            )
            for payment in payments
        ]
        return post_each("payment", letters)


def payment_letter(payment: Payment, to: tuple[str, ...] = ()) -> Letter:
    """Return what is told of a payment."""
    requisition = payment.requisition
    grant, municipality = requisition.grant, requisition.municipality
    facts: Mapping[str, str] = facts_of(grant, municipality.own_name) | {
        "belopp": kronor(payment.amount),
        "betaldag": day(payment.paid_on) if payment.paid_on else "",
        "konto": ending(requisition.account),
        "nummer": requisition.invoice_number,
        "referens": payment.end_to_end_id,
        "används senast": day(grant.uses_until) if grant.uses_until else "",
    }
    return Letter(
        to=to,
        why=_("Payment to %(municipality)s from %(grant)s")
        % {"municipality": municipality.own_name, "grant": grant},
        facts=facts,
        links=see_answer(grant),
        municipality=municipality,
        reply_to=grant.questions_to,
    )


def see_answer(grant: Grant) -> dict[str, Any]:
    """Return the link to where the municipality sees its answer."""
    label = _("See the answer")
    return answer_link("se svaret", label, "reporting:offer_detail", grant)
