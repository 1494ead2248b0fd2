"""*Mina medel*: what a municipality is offered, how far it has come and what is next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from grants.models import Deadline, Grant
from invoices.answering import handed_over_by
from invoices.models import STANDING, Requisition
from invoices.offers import Offer, State, offers_to
from municipalities.contacts import is_confirmed, last_confirmation
from municipalities.models import BouncedAddress, Membership, Municipality
from municipalities.numbers import kronor
from reporting.models import Comment, Report
from reporting.portal_reports import ClaimCard, ReportCard, claims_of, reports_of
from reporting.todo import Todo, todos_for

DAYS_AT_ONCE = 5
"""Last days that are shown without unfolding the rest."""

NEWS_FOR = timedelta(days=14)
"""How long an answer from the body is told of on the first page."""

WORDS = {
    State.OFFERED: ("info", pgettext_lazy("your answer", "to answer")),
    State.OPENED: ("info", pgettext_lazy("your answer", "to answer")),
    State.BEGUN: ("info", pgettext_lazy("your answer", "begun")),
    State.ANSWERED: ("success", pgettext_lazy("your answer", "sent in")),
    State.RETURNED: ("warning", pgettext_lazy("your answer", "to complete")),
    State.APPROVED: ("success", pgettext_lazy("your answer", "approved")),
    State.PAID: ("success", pgettext_lazy("your answer", "paid")),
    State.DECLINED: ("neutral", pgettext_lazy("your answer", "declined")),
    State.REJECTED: ("danger", pgettext_lazy("your answer", "rejected")),
    State.NOTHING: ("neutral", pgettext_lazy("your answer", "nothing allocated")),
}
"""Colour and word of each state, as the municipality sees it."""

BUTTONS = {
    State.OFFERED: pgettext_lazy("button", "Answer"),
    State.OPENED: pgettext_lazy("button", "Answer"),
    State.BEGUN: gettext_lazy("Go on"),
    State.RETURNED: gettext_lazy("Complete the answer"),
    State.REJECTED: gettext_lazy("Answer anew"),
}
"""What stands on the button where there is something to do."""


@dataclass(frozen=True)
class Card:
    """One grant as its municipality sees it."""

    offer: Offer
    may_sign: bool
    reports: Sequence[ReportCard] = ()
    claims: Sequence[ClaimCard] = ()
    """What it is asked to pay back, also what is paid or recalled."""

    @property
    def grant(self) -> Grant:
        """The grant."""
        return self.offer.grant

    @property
    def state(self) -> State:
        """How far the answer has come."""
        return self.offer.situation.state

    @property
    def is_open(self) -> bool:
        """Whether the municipality has something to do, and may do it."""
        return self.state in BUTTONS and self.offer.may_be_answered

    @property
    def to_report(self) -> ReportCard | None:
        """The first report that waits for the municipality."""
        return next((report for report in self.reports if report.is_open), None)

    @property
    def to_pay_back(self) -> ClaimCard | None:
        """The first claim that something is left of."""
        return next((claim for claim in self.claims if claim.left), None)

    @property
    def asks(self) -> bool:
        """Whether anything waits: the answer, a report, or money to pay back."""
        return self.is_open or bool(self.to_report or self.to_pay_back)

    @property
    def is_missed(self) -> bool:
        """Whether it did not answer in time, and no longer may."""
        return self.state in BUTTONS and not self.offer.may_be_answered

    @property
    def kind(self) -> str:
        """The colour of the state."""
        if self.is_missed:
            return "danger"
        if self.handed_over_by or (self.is_open and self.offer.is_late):
            return "warning"
        return WORDS[self.state][0]

    @property
    def word(self) -> str:
        """The word of the state."""
        if self.is_missed:
            return pgettext("your answer", "closed")
        if self.handed_over_by:
            return pgettext("your answer", "to send in")
        return str(WORDS[self.state][1])

    @cached_property
    def handed_over_by(self) -> str:
        """Who has filled in the answer and left it to be sent in, or nothing."""
        requisition = self.offer.situation.requisition
        if requisition is None or not self.is_open:
            return ""
        return handed_over_by(requisition)

    @property
    def days_left(self) -> int | None:
        """Days to the last day; below zero when it has passed."""
        last_day = self.offer.last_day
        return (last_day - self.offer.today).days if last_day else None

    @property
    def note(self) -> str:
        """What the coordinating body has written, where it asks for more or said no."""
        requisition = self.offer.situation.requisition
        is_told = self.state in {State.RETURNED, State.REJECTED}
        return requisition.decision_note if requisition and is_told else ""

    @property
    def next_step(self) -> str:
        """What to do next, in one plain sentence."""
        body, situation = self.grant.body, self.offer.situation
        amount = situation.requisition.amount if situation.requisition else 0
        words = {"body": body, "amount": kronor(amount), "left": kronor(situation.left)}
        if self.is_missed:
            return _("The last day has passed, and late answers are not taken.")
        if self.handed_over_by:
            words["by"] = self.handed_over_by
            if self.may_sign:
                return _("%(by)s has filled in the answer. Read it and send it in.") % words
            return _("The answer waits for the one responsible to send it in.")
        sentences = {
            State.OFFERED: _("Ask for the whole amount or a part of it, or decline."),
            State.OPENED: _("Ask for the whole amount or a part of it, or decline."),
            State.BEGUN: _("You have begun an answer that is not sent in yet."),
            State.ANSWERED: _(
                "You have asked for %(amount)s. %(body)s is looking at the requisition."
            ),
            State.RETURNED: _("%(body)s asks you to complete the answer."),
            State.APPROVED: _("%(amount)s is approved and will be paid."),
            State.PAID: _("%(amount)s is paid. There is nothing more to do now."),
            State.DECLINED: _("You have declined. There is nothing more to do."),
            State.REJECTED: _("%(body)s has rejected the requisition. Answer anew."),
            State.NOTHING: _("You are allocated nothing in the latest distribution."),
        }
        if situation.left and situation.claimed and self.state is not State.BEGUN:
            return _("You are allocated more than before: %(left)s to ask for.") % words
        if self.state is State.PAID and self.after_payment:
            return self.after_payment
        return sentences[self.state] % words

    @property
    def after_payment(self) -> str:
        """What to do with money that is paid: report it, or pay it back; or nothing."""
        if self.to_report:
            text = _("%(amount)s is paid. Report how it is used no later than %(day)s.")
            amount, due_on = self.offer.situation.paid, self.to_report.due_on
        elif self.to_pay_back:
            text = _("%(amount)s is to be paid back no later than %(day)s.")
            amount, due_on = self.to_pay_back.left, self.to_pay_back.claim.due_on
        else:
            return ""
        return text % {"amount": kronor(amount), "day": date_format(due_on, "j F Y")}

    @property
    def button(self) -> str:
        """What the button says, or nothing where there is nothing to do."""
        if not self.is_open:
            return ""
        if self.handed_over_by and self.may_sign:
            return _("Read through and send in")
        return str(BUTTONS[self.state])

    @property
    def button_url(self) -> str:
        """Where the button leads."""
        name = "answer_review" if self.handed_over_by and self.may_sign else "answer"
        return reverse(f"invoices:{name}", args=[self.grant.pk])

    @property
    def has_receipt(self) -> bool:
        """Whether something has been sent in that stands."""
        requisition = self.offer.situation.requisition
        return requisition is not None and requisition.status in STANDING


@dataclass(frozen=True)
class Paused:
    """A grant whose new version has not gone out to the municipality yet.

    What the municipality has begun to report, and what it is asked to pay back, stays as
    it is meanwhile.
    """

    grant: Grant
    reports: Sequence[ReportCard] = ()
    claims: Sequence[ClaimCard] = ()

    @property
    def asks(self) -> bool:
        """Whether a report waits, or money to pay back."""
        return any(each.is_open for each in self.reports) or any(
            each.left for each in self.claims
        )


@dataclass(frozen=True)
class Day:
    """A last day of the municipality's: what it is to do, and by when."""

    todo: Todo
    card: Card
    today: date

    @property
    def deadline(self) -> Deadline:
        """What is to be done."""
        return self.todo.deadline

    @property
    def days_left(self) -> int:
        """Days to the last day; below zero when it has passed."""
        return (self.deadline.due_on - self.today).days

    @property
    def days_late(self) -> int:
        """Days since the last day."""
        return -self.days_left

    @property
    def informs(self) -> bool:
        """Whether there is nothing to hand in: the day only tells when."""
        return self.deadline.kind == Deadline.Kind.USE

    @property
    def is_answered_here(self) -> bool:
        """Whether it is the requisition, which has a button of its own."""
        return self.deadline.kind == Deadline.Kind.REQUISITION

    @property
    def is_repayment(self) -> bool:
        """Whether it is money to pay back, which the grant's page tells how."""
        return self.deadline.kind == Deadline.Kind.REPAYMENT and bool(self.card.claims)

    @property
    def asks(self) -> bool:
        """Whether to show it: what is done, or can no longer be, asks for nothing."""
        if self.informs:
            return self.days_left >= 0
        if self.is_answered_here:
            return bool(self.todo.missing) and self.card.is_open
        return bool(self.todo.missing)


@dataclass(frozen=True)
class ContactsNotice:
    """The contacts as they are, for the municipality to look at."""

    mailbox: str
    contacts: Sequence[str]
    deputies: Sequence[str]
    bounced: Sequence[str]
    """Addresses where e-mail does not arrive."""
    latest: datetime | None
    """When somebody last said that they are right."""

    @property
    def is_confirmed(self) -> bool:
        """Whether that was within a year."""
        return is_confirmed(self.latest)


@dataclass(frozen=True)
class Portal:
    """What the page shows: this year's and what waits, then what is done and over."""

    now: Sequence[Card]
    earlier: Sequence[Card]
    paused: Sequence[Paused]
    days: Sequence[Day]
    replies: Sequence[Comment]
    contacts: ContactsNotice | None

    @property
    def is_idle(self) -> bool:
        """Whether there are grants, and nothing to do with any of them."""
        cards: list[Card | Paused] = [*self.now, *self.paused]
        asks = self.days or self.replies or any(card.asks for card in cards)
        return bool(cards or self.earlier) and not asks

    @property
    def days_first(self) -> Sequence[Day]:
        """What is shown at once."""
        return self.days[:DAYS_AT_ONCE]

    @property
    def days_later(self) -> Sequence[Day]:
        """The rest, which the reader may unfold."""
        return self.days[DAYS_AT_ONCE:]


def portal_of(municipality: Municipality, today: date, *, may_sign: bool) -> Portal:
    """Return the municipality's grants, in thirteen queries however many they are.

    Two more where it is to report.
    """
    offers = list(offers_to(municipality, today))
    cards, paused = content_of(
        municipality,
        offers,
        paused_grants(municipality).exclude(pk__in=[offer.grant.pk for offer in offers]),
        today,
        may_sign=may_sign,
    )
    latest = max((card.grant.year for card in cards), default=0)
    return Portal(
        # What asks for something comes first; the sort keeps the order within.
        now=sorted(
            (card for card in cards if card.grant.year == latest or card.asks),
            key=lambda card: not card.asks,
        ),
        earlier=[card for card in cards if card.grant.year < latest and not card.asks],
        paused=paused,
        days=days_of(municipality, {card.grant.pk: card for card in cards}, today),
        replies=replies_to(municipality),
        contacts=notice_of(municipality),
    )


def paused_grants(municipality: Municipality) -> QuerySet[Grant]:
    """Return the grants that it has answered or reported about; those that it is offered
    as well."""
    answers = Requisition.objects.of_municipality(municipality)
    reports = Report.objects.of_municipality(municipality)
    return (
        Grant.objects.filter(
            Exists(answers.filter(grant=OuterRef("pk")))
            | Exists(reports.filter(round__grant=OuterRef("pk")))
        )
        .select_related("body")
        .order_by("pk")
    )


def content_of(
    municipality: Municipality,
    offers: Sequence[Offer],
    paused: Iterable[Grant],
    today: date,
    *,
    may_sign: bool,
) -> tuple[list[Card], list[Paused]]:
    """Return what is offered and what is paused, each with what is to be reported and paid
    back of it."""
    paused = list(paused)
    ids = [grant.pk for grant in paused]
    reports = reports_of(municipality, offers, ids, today, may_sign=may_sign)
    claims = claims_of(municipality, [*ids, *(each.grant.pk for each in offers)], today)
    cards = [
        Card(offer, may_sign, reports.get(grant, ()), claims.get(grant, ()))
        for offer in offers
        for grant in [offer.grant.pk]
    ]
    return cards, [
        Paused(grant, reports.get(grant.pk, ()), claims.get(grant.pk, ()))
        for grant in paused
    ]


# What to do, and by when ------------------------------------------------------------------


def days_of(
    municipality: Municipality, cards: Mapping[int, Card], today: date
) -> list[Day]:
    """Return the days that ask for something, by date: what is late comes first."""
    days = [
        Day(todo, cards[todo.deadline.grant_id], today)
        for todo in todos_for(municipality, today)
        if todo.deadline.grant_id in cards
    ]
    return [day for day in days if day.asks]


def replies_to(municipality: Municipality) -> list[Comment]:
    """Return the latest of each thread where the body has had the last word of late."""
    latest = (
        Comment.objects.shared_with(municipality)
        .select_related("grant__body")
        .order_by("grant_id", "requisition_id", "-written_at", "-pk")
        .distinct("grant_id", "requisition_id")
    )
    since = timezone.now() - NEWS_FOR
    return sorted(
        (
            comment
            for comment in latest
            if not comment.is_from_municipality and comment.written_at > since
        ),
        key=lambda comment: comment.written_at,
        reverse=True,
    )


def notice_of(municipality: Municipality) -> ContactsNotice | None:
    """Return the contacts, where nobody has confirmed them for a year or e-mail fails."""
    people = list(Membership.objects.valid().within(municipality).select_related("user"))
    latest = last_confirmation(municipality)
    notice = ContactsNotice(
        mailbox=municipality.email,
        contacts=[str(each.user) for each in people if each.is_contact],
        deputies=[
            str(each.user) for each in people if each.is_deputy and not each.is_contact
        ],
        bounced=bounced_of([municipality.email, *(each.user.email for each in people)]),
        latest=latest.confirmed_at if latest else None,
    )
    return None if notice.is_confirmed and not notice.bounced else notice


def bounced_of(emails: Iterable[str]) -> list[str]:
    """Return those of the addresses that do not work."""
    asked = {email.lower() for email in emails if email}
    rows = BouncedAddress.objects.filter(email__in=asked)
    return list(rows.values_list("email", flat=True))
