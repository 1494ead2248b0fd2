"""What a municipality is to report, and what it is asked to pay back, on its own pages."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from invoices.models import Repayment
from invoices.offers import Offer
from municipalities.models import Municipality
from reporting.models import CompletionRequest, Report, ReportRound

Status = Report.Status

NOT_BEGUN, HANDED_OVER, CORRECTING = "not_begun", "handed_over", "correcting"
"""How a report stands, besides its status."""

WORDS = {
    NOT_BEGUN: ("info", pgettext_lazy("your report", "to report")),
    Status.DRAFT: ("info", pgettext_lazy("your report", "begun")),
    HANDED_OVER: ("warning", pgettext_lazy("your report", "to send in")),
    Status.SUBMITTED: ("success", pgettext_lazy("your report", "sent in")),
    Status.RETURNED: ("warning", pgettext_lazy("your report", "to complete")),
    CORRECTING: ("info", pgettext_lazy("your report", "being corrected")),
    Status.ACCEPTED: ("success", pgettext_lazy("your report", "accepted")),
}
"""Colour and word of each state, as the municipality sees it."""

BUTTONS = {
    NOT_BEGUN: pgettext_lazy("to do", "Report"),
    Status.DRAFT: gettext_lazy("Go on"),
    HANDED_OVER: gettext_lazy("Read through and send in"),
    Status.RETURNED: gettext_lazy("Complete the report"),
    CORRECTING: gettext_lazy("Go on with the correction"),
}
"""What stands on the button where there is something to do."""


@dataclass(frozen=True)
class ReportCard:
    """A round that the municipality is asked in, and how far it has come."""

    round: ReportRound
    report: Report | None
    asked: CompletionRequest | None
    may_sign: bool
    today: date

    @property
    def title(self) -> str:
        """What kind of report it is."""
        return capfirst(self.round.get_kind_display())

    @property
    def state(self) -> str:
        """How it stands."""
        if self.report is None:
            return NOT_BEGUN
        if self.report.is_correcting:
            return CORRECTING
        if self.report.is_open and self.report.handed_over_by_id:
            return HANDED_OVER
        return self.report.status

    @property
    def is_open(self) -> bool:
        """Whether there is something to do."""
        return self.state in BUTTONS

    @property
    def due_on(self) -> date:
        """The last day: of the completion, where one is asked for."""
        return (self.asked.deadline if self.asked else self.round.deadline).due_on

    @property
    def days_left(self) -> int:
        """Days to the last day; below zero when it has passed."""
        return (self.due_on - self.today).days

    @property
    def is_late(self) -> bool:
        """Whether the day has passed; what is sent in and corrected is not late."""
        return self.is_open and self.state != CORRECTING and self.days_left < 0

    @property
    def kind(self) -> str:
        """The colour of the state."""
        return "danger" if self.is_late else WORDS[self.state][0]

    @property
    def word(self) -> str:
        """The word of the state."""
        return str(WORDS[self.state][1])

    @property
    def button(self) -> str:
        """What the button says, or nothing where there is nothing to do."""
        if self.state == HANDED_OVER and not self.may_sign:
            return str(BUTTONS[Status.DRAFT])
        return str(BUTTONS.get(self.state, ""))

    @property
    def url(self) -> str:
        """Where the button leads."""
        is_to_sign = self.state == HANDED_OVER and self.may_sign
        name = "report_review" if is_to_sign else "report_detail"
        return reverse(f"reporting:{name}", args=[self.round.pk])


@dataclass(frozen=True)
class ClaimCard:
    """What the municipality is asked to pay back, and what has come in."""

    claim: Repayment
    today: date

    @property
    def received(self) -> int:
        """What has come in, in kronor."""
        amount: int = self.claim.received  # type: ignore[attr-defined]
        return amount

    @property
    def left(self) -> int:
        """What is left to pay, in kronor."""
        amount: int = self.claim.left  # type: ignore[attr-defined]
        return 0 if self.claim.is_withdrawn else amount

    @property
    def state(self) -> tuple[str, str]:
        """How it stands, as a colour and in words."""
        if self.claim.is_withdrawn:
            return "neutral", _("The claim is recalled")
        if self.claim.is_written_off:
            return "neutral", _("The rest need not be paid")
        if not self.left:
            return "success", _("Paid back")
        if self.claim.due_on < self.today:
            return "danger", _("Late")
        if self.received:
            return "warning", _("Partly paid back")
        return "info", _("To pay back")


def reports_of(
    municipality: Municipality,
    offers: Iterable[Offer],
    paused: Collection[int],
    today: date,
    *,
    may_sign: bool,
) -> Mapping[int, Sequence[ReportCard]]:
    """Return the rounds that it is asked or has reported in, by grant and by last day.

    ``paused`` are the ids of grants that are not offered now: nobody is asked in them, but
    what is begun may be finished. In one query, and two more where there is any.
    """
    # Those that take part are asked: ``todo`` says who, here with what is fetched already.
    situations = {offer.grant.pk: offer.situation for offer in offers}
    rounds = list(
        ReportRound.objects.opened()
        .filter(grant__in=[*situations, *paused])
        .select_related("deadline")
        .defer("definition")
        .order_by("deadline__due_on", "pk")
    )
    found: dict[int, list[ReportCard]] = defaultdict(list)
    if not rounds:
        return found
    own = Report.objects.of_municipality(municipality)
    reports = {each.round_id: each for each in own.filter(round__in=rounds)}
    completions = CompletionRequest.objects.filter(
        report__municipality=municipality, report__round__in=rounds, closed_at=None
    ).select_related("deadline")
    asked = {each.report_id: each for each in completions}
    for each in rounds:
        report, situation = reports.get(each.pk), situations.get(each.grant_id)
        takes_part = situation and situation.declined < situation.allocated
        if takes_part or report:
            completion = asked.get(report.pk) if report else None
            card = ReportCard(each, report, completion, may_sign, today)
            found[each.grant_id].append(card)
    return found


def claims_of(
    municipality: Municipality, grants: Iterable[int], today: date
) -> Mapping[int, Sequence[ClaimCard]]:
    """Return what it is or was asked to pay back, by grant, in one query."""
    claims = (
        Repayment.objects.with_received()
        .filter(settlement__municipality=municipality, settlement__grant__in=grants)
        .select_related("settlement")
        .order_by("claimed_on", "pk")
    )
    found: dict[int, list[ClaimCard]] = defaultdict(list)
    for claim in claims:
        found[claim.settlement.grant_id].append(ClaimCard(claim, today))
    return found
