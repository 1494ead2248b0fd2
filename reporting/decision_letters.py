"""Messages to a municipality about its report: to be completed or not, or accepted."""

from django.db.models import F
from django.utils.translation import gettext as _

from grants.messages import post_each
from invoices.decision_messages import readers_of
from invoices.message_examples import example_of
from invoices.messages import facts_of, in_swedish, last_day_facts, quoted
from municipalities.contacts import contacts_of
from municipalities.message_kinds import Example
from municipalities.messages import Letter, escaped
from municipalities.models import CoordinatingBody, Message
from municipalities.numbers import kronor
from municipalities.site import absolute
from reporting.models import CompletionRequest, Report

COMPLETION = "report_completion"
WITHDRAWN = "report_completion_withdrawn"
ACCEPTED = "report_accepted"


def told_of(report: Report) -> tuple[str, ...]:
    """Return who is told: the municipality's contacts, and whoever sent in the report."""
    pk = report.municipality_id
    to = readers_of(contacts_of([pk])[pk])
    latest = report.versions.select_related("submitted_by").first()
    return (*to, latest.submitted_by.email) if latest else to


def completion_asked(asked: CompletionRequest) -> list[Message]:
    """Ask for completion. The caller's transaction is around it."""
    with in_swedish():
        letter = completion_letter(asked, told_of(asked.report))
        return post_each(COMPLETION, [(asked.report.round.grant, letter)])


def completion_withdrawn(asked: CompletionRequest) -> list[Message]:
    """Tell that no completion is needed. The caller's transaction is around it."""
    with in_swedish():
        letter = withdrawn_letter(asked.report, told_of(asked.report))
        return post_each(WITHDRAWN, [(asked.report.round.grant, letter)])


def accepted(report: Report) -> list[Message]:
    """Tell that the report is accepted. The caller's transaction is around it."""
    with in_swedish():
        letter = accepted_letter(report, told_of(report))
        return post_each(ACCEPTED, [(report.round.grant, letter)])


def completion_letter(asked: CompletionRequest, to: tuple[str, ...] = ()) -> Letter:
    """Return what is told when a completion is asked for."""
    titles = [
        section.title
        for section in asked.report.round.read.sections
        if section.key in asked.sections
    ]
    return _letter(
        asked.report,
        to,
        _("Completion of the report from %(municipality)s about %(grant)s"),
        last_day_facts(asked.deadline.due_on),
        blocks={
            "skäl": quoted(asked.reason),
            "avsnitt": "\n".join(f"- {escaped(title)}" for title in titles),
        },
        link=("komplettera", _("Complete the report")),
    )


def withdrawn_letter(report: Report, to: tuple[str, ...] = ()) -> Letter:
    """Return what is told when a request for completion is taken back."""
    facts = {}
    if report.is_correcting:
        facts["påbörjad rättelse"] = _(
            "What you have written since then is kept as a correction. Send it in or "
            "throw it away."
        )
    return _letter(
        report,
        to,
        _("No completion needed of the report from %(municipality)s about %(grant)s"),
        facts,
        blocks={},
        link=("se redovisningen", _("See the report")),
    )


def accepted_letter(report: Report, to: tuple[str, ...] = ()) -> Letter:
    """Return what is told when a report is accepted."""
    return _letter(
        report,
        to,
        _("The report from %(municipality)s about %(grant)s is accepted"),
        _settled(report),
        blocks={},
        link=("se redovisningen", _("See the report")),
    )


def _settled(report: Report) -> dict[str, str]:
    """Return what the money was settled to; nothing where it was not."""
    settlement = report.settlement
    if settlement is None:
        return {}
    facts = {"använt": kronor(settlement.used)}
    if settlement.carried_over:
        facts["förs över"] = kronor(settlement.carried_over)
    if not settlement.to_repay:
        return facts | {"återbetalning": _("You have nothing to pay back.")}
    amount = kronor(settlement.to_repay)
    return facts | {
        "att återbetala": amount,
        "återbetalning": _(
            "You are to pay back %(amount)s. Wait until we write to you with the account "
            "and the last day."
        )
        % {"amount": amount},
    }


def _letter(
    report: Report,
    to: tuple[str, ...],
    why: str,
    facts: dict[str, str],
    *,
    blocks: dict[str, str],
    link: tuple[str, str],
) -> Letter:
    grant, municipality = report.round.grant, report.municipality
    name, label = link
    return Letter(
        to=to,
        why=why % {"municipality": municipality.own_name, "grant": grant},
        facts=facts_of(grant, municipality.own_name)
        | {"redovisning": str(report.round.get_kind_display())}
        | facts,
        blocks=blocks,
        links={name: (label, absolute(report.get_absolute_url()))},
        municipality=municipality,
        reply_to=grant.questions_to,
    )


# Examples --------------------------------------------------------------------------------


def completion_example(body: CoordinatingBody) -> Example | None:
    """Return the latest request for completion, or one as it might have been."""
    asked = (
        CompletionRequest.objects.filter(report__round__grant__body=body)
        .select_related("report__round__grant__body", "report__municipality", "deadline")
        .order_by("asked_at")
        .last()
    )
    if asked is None:
        report = _latest(body)
        if report is None:
            return None
        asked = CompletionRequest(
            report=report,
            sections=[report.round.read.sections[0].key],
            reason=_("(what is lacking)"),
            deadline=report.round.deadline,
        )
    with in_swedish():
        return example_of(completion_letter(asked))


def withdrawn_example(body: CoordinatingBody) -> Example | None:
    """Return the latest report, as if its completion was not needed."""
    report = _latest(body)
    if report is None:
        return None
    with in_swedish():
        return example_of(withdrawn_letter(report))


def accepted_example(body: CoordinatingBody) -> Example | None:
    """Return the latest report that is accepted, or else one that is sent in."""
    report = _latest(body)
    if report is None:
        return None
    with in_swedish():
        return example_of(accepted_letter(report))


def _latest(body: CoordinatingBody) -> Report | None:
    found: Report | None = (
        Report.objects.of_body(body)
        .exclude(status=Report.Status.DRAFT)
        .select_related(
            "round__grant__body", "round__deadline", "municipality", "settlement"
        )
        .order_by(F("accepted_at").desc(nulls_last=True), "pk")
        .first()
    )
    return found
