"""Messages from a municipality's own work: a report to sign, and the receipt."""

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from grants.messages import post_each
from invoices.message_examples import example_of
from invoices.messages import facts_of, in_swedish, last_day_facts, quoted
from municipalities.contacts import contacts_of
from municipalities.message_kinds import Example
from municipalities.messages import Letter, addresses
from municipalities.models import CoordinatingBody, Message, User
from municipalities.site import absolute
from reporting.models import Report, ReportVersion

TO_SIGN = "report_to_sign"
SENT = "report_sent"


def hand_over(report: Report, *, by: User, to: list[str]) -> list[Message]:
    """Ask the signatories to read a report. The caller's transaction is around it."""
    with in_swedish():
        letter = hand_over_letter(report, by, tuple(to))
        return post_each(TO_SIGN, [(report.round.grant, letter)])


def hand_over_letter(report: Report, by: User, to: tuple[str, ...] = ()) -> Letter:
    """Return what is told of a report that waits for somebody to send it in."""
    asked = report.completions.filter(closed_at=None).select_related("deadline").first()
    deadline = asked.deadline if asked else report.round.deadline
    grant, name = report.round.grant, report.municipality.own_name
    address = absolute(reverse("reporting:report_review", args=[report.round_id]))
    return Letter(
        to=to,
        why=_("%(by)s handed over the report from %(municipality)s about %(grant)s")
        % {"by": by, "municipality": name, "grant": grant},
        facts=facts_of(grant, name)
        | last_day_facts(deadline.due_on)
        | {"redovisning": report.round.get_kind_display(), "vem": str(by)},
        links={"läs igenom": (_("Read it through and send it in"), address)},
        municipality=report.municipality,
        reply_to=by.email,
    )


def receipt_to(version: ReportVersion) -> list[str]:
    """Return who gets the receipt: the municipality's contacts, and whoever sent it in."""
    pk = version.report.municipality_id
    return addresses([*contacts_of([pk])[pk].first, version.submitted_by.email])


def receipt(version: ReportVersion) -> list[Message]:
    """Confirm that a report has come in. The caller's transaction is around it."""
    with in_swedish():
        letter = receipt_letter(version, tuple(receipt_to(version)))
        return post_each(SENT, [(version.report.round.grant, letter)])


def receipt_letter(version: ReportVersion, to: tuple[str, ...] = ()) -> Letter:
    """Return what is told of a report that has come in."""
    report = version.report
    grant, name = report.round.grant, report.municipality.own_name
    moment = timezone.localtime(version.submitted_at)
    late = _("The report came after the last day and is marked as late.")
    address = reverse("reporting:report_version", args=[report.round_id, version.number])
    signed = ", ".join(filter(None, [version.signed_name, version.signed_title]))
    is_again = version.number > 1
    return Letter(
        to=to,
        why=_("Receipt for the report from %(municipality)s about %(grant)s")
        % {"municipality": name, "grant": grant},
        facts=facts_of(grant, name)
        | {
            "redovisning": report.round.get_kind_display(),
            "undertecknad av": signed,
            "skickat av": str(version.submitted_by),
            "skickat": str(date_format(moment, "j F Y H:i")),
            "ny version": str(version.number) if is_again else "",
            "sent": late if version.is_late else "",
        },
        blocks={"rättelse": quoted(version.reason) if is_again else ""},
        links={"kvitto": (_("See the report and save it as a PDF"), absolute(address))},
        municipality=report.municipality,
        reply_to=grant.questions_to,
    )


# Examples --------------------------------------------------------------------------------


def to_sign_example(body: CoordinatingBody) -> Example | None:
    """Return the latest report that was begun, as if it was handed over."""
    report = (
        Report.objects.of_body(body)
        .select_related(
            "round__grant__body", "round__deadline", "municipality", "created_by"
        )
        .order_by("created_at")
        .last()
    )
    if report is None:
        return None
    with in_swedish():
        return example_of(hand_over_letter(report, report.created_by))


def sent_example(body: CoordinatingBody) -> Example | None:
    """Return the latest report that was sent in."""
    version = (
        ReportVersion.objects.filter(report__round__grant__body=body)
        .select_related("report__round__grant__body", "report__municipality")
        .select_related("submitted_by")
        .order_by("submitted_at")
        .last()
    )
    if version is None:
        return None
    with in_swedish():
        return example_of(receipt_letter(version))
