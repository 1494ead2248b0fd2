"""What has happened with a grant between the body and a municipality, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from grants.models import Grant
from invoices.models import Step
from municipalities.models import Municipality
from municipalities.numbers import kronor
from reporting.models import CompletionRequest, Memo, Report, ReportVersion

OURS = {
    Step.Kind.OPENED,
    Step.Kind.SUBMITTED,
    Step.Kind.CHANGED,
    Step.Kind.WITHDRAWN,
}
"""What the municipality itself has done; the rest is the coordinating body's."""


@dataclass(frozen=True)
class Event:
    """Something that has happened, in words."""

    at: datetime
    who: str
    text: str
    note: str = ""


def events_of(grant: Grant, municipality: Municipality) -> list[Event]:
    """Return all that has happened between the body and the municipality, latest first."""
    steps = Step.objects.filter(
        allocation__distribution__grant=grant, allocation__municipality=municipality
    ).select_related("by")
    events = [event_of(step, grant) for step in steps]
    memos = (
        Memo.objects.published()
        .filter(grant=grant, distribution__allocations__municipality=municipality)
        .select_related("distribution")
        .defer("pdf")
    )
    amounts = dict(
        municipality.allocations.filter(distribution__grant=grant).values_list(
            "distribution_id", "amount"
        )
    )
    for memo in memos:
        # reporting/models/memos.py: what is published has both.
        assert memo.distribution_id is not None
        assert memo.published_at is not None
        amount = kronor(amounts[memo.distribution_id])
        text = _("The memo was published: you are allocated %(amount)s.")
        if memo.version > 1:
            text = _("A corrected memo was published: you are allocated %(amount)s.")
        events.append(Event(memo.published_at, str(grant.body), text % {"amount": amount}))
    events += events_of_reports(grant, municipality)
    return sorted(events, key=lambda event: event.at, reverse=True)


def events_of_reports(grant: Grant, municipality: Municipality) -> Iterator[Event]:
    """Yield what has happened with its reports, in three queries."""
    own = {"report__round__grant": grant, "report__municipality": municipality}
    body = str(grant.body)
    for version in (
        ReportVersion.objects.filter(**own)
        .select_related("report__round", "submitted_by")
        .defer("answers", "facts", "report__round__definition")
    ):
        text = _("%(report)s was sent in.")
        if version.number > 1:
            text = _("%(report)s was sent in again, as version %(number)s.")
        words = {"report": _name(version.report), "number": version.number}
        yield Event(
            version.submitted_at, str(version.submitted_by), text % words, version.reason
        )
    for asked in (
        CompletionRequest.objects.filter(**own)
        .select_related("report__round")
        .defer("report__round__definition")
    ):
        text = _("%(report)s: you were asked to complete it.")
        words = {"report": _name(asked.report)}
        yield Event(asked.asked_at, body, text % words, asked.reason)
    for report in (
        Report.objects.of_municipality(municipality)
        .filter(round__grant=grant, accepted_at__isnull=False)
        .select_related("round")
        .defer("round__definition")
    ):
        if report.accepted_at is not None:
            text = _("%(report)s was accepted.")
            yield Event(report.accepted_at, body, text % {"report": _name(report)})


def _name(report: Report) -> str:
    return capfirst(report.round.get_kind_display())


def event_of(step: Step, grant: Grant) -> Event:
    """Return a step in words. Staff are named by their organisation."""
    sentences = {
        Step.Kind.OPENED: _("The offer was opened for the first time."),
        Step.Kind.NUDGED: _("You were reminded to answer."),
        Step.Kind.SUBMITTED: _("The answer was sent in."),
        Step.Kind.CHANGED: _("The answer was changed and sent in again."),
        Step.Kind.REGISTERED: _("Your answer, which came another way, was registered."),
        Step.Kind.WITHDRAWN: _("The answer was withdrawn."),
        Step.Kind.RETURNED: _("You were asked to complete the answer."),
        Step.Kind.APPROVED: _("The requisition was approved."),
        Step.Kind.UNAPPROVED: _("The approval was taken back, to be looked at again."),
        Step.Kind.REJECTED: _("The requisition was rejected."),
        Step.Kind.SENT: _("The payment was sent to the bank."),
        Step.Kind.PAID: _("The payment went through."),
        Step.Kind.FAILED: _("The payment failed. It is made again."),
    }
    kind = Step.Kind(step.kind)
    who = str(step.by) if kind in OURS and step.by else str(grant.body)
    is_told = kind in {Step.Kind.RETURNED, Step.Kind.REJECTED, Step.Kind.UNAPPROVED}
    return Event(step.at, who, sentences[kind], step.note if is_told else "")
