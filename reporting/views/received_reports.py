"""Reports that have come in: read, ask for completion, accept one or many."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from grants.distribution import Refused
from municipalities.access import Capability, StaffRequest, requires
from municipalities.numbers import row_id
from municipalities.views.files import download
from reporting import decision_letters
from reporting.answer_review import review
from reporting.models import Report, ReportFile, ReportRound, ReportVersion
from reporting.ready_made_forms import FACTS
from reporting.received_forms import AcceptForm, CompletionForm
from reporting.report_decisions import (
    accept,
    is_accepted_before,
    request_completion,
    withdraw_completion,
)
from reporting.report_facts import facts_of
from reporting.report_fields import remarks
from reporting.report_judging import (
    Judgement,
    accept_many,
    judge,
    settles,
    shares_by_municipality,
)
from reporting.report_pdf import version_pdf
from reporting.report_reading import version_context
from reporting.report_refusals import sentence
from reporting.views.memo import pdf_response
from reporting.views.report_rounds import find
from reporting.views.report_sending import file_name


def find_report(request: StaffRequest, pk: int, number: int, code: str) -> Report:
    """Return a report that has been sent in, in the body's own round, or 404."""
    found = find(request, pk, number)
    report: Report = get_object_or_404(
        Report.objects.exclude(status=Report.Status.DRAFT).select_related(
            "municipality", "accepted_by", "settlement"
        ),
        round=found,
        municipality__code=code,
    )
    report.round = found
    return report


def find_version(report: Report, number: int | None = None) -> ReportVersion:
    """Return a version of the report, the latest unless another is asked for, or 404."""
    versions = report.versions.select_related("submitted_by")
    some = versions if number is None else versions.filter(number=number)
    version = some.first()
    if version is None:
        version = get_object_or_404(some, number=number)
    version.report = report
    return version


def judged(report: Report, version: ReportVersion) -> Judgement:
    """Return what may be accepted of the version, with what has been paid until now."""
    shares = shares_by_municipality(report.round)
    return judge(report, version, report.round.read, shares.get(report.municipality_id))


@require_safe
@requires(Capability.VIEW)
def received_report_detail(
    request: StaffRequest, pk: int, number: int, code: str
) -> HttpResponse:
    """Show the latest version, what is to be looked at, and what may be done."""
    report = find_report(request, pk, number, code)
    version = find_version(report)
    judgement = judged(report, version)
    form = AcceptForm(
        share=judgement.share,
        proposal=judgement.proposal,
        initial={"seen": version.number},
    )
    return detail(request, version, judgement, form)


def detail(
    request: StaffRequest, version: ReportVersion, judgement: Judgement, form: AcceptForm
) -> HttpResponse:
    """Show the page with the form as it stands."""
    report = version.report
    today = facts_of(report.round, report.municipality)
    open_ones = report.completions.filter(closed_at=None)
    completion = open_ones.select_related("deadline", "asked_by", "version").first()
    context = version_context(version) | {
        "page_title": str(report.municipality),
        "form": form,
        "share": judgement.share,
        "says_all": judgement.outcome is not None,
        "settles": settles(report.round),
        "ledger_now": ledger_beside(version, today),
        "remarks_now": remarks_of_today(report.round, version, judgement, today),
        "events": events_of(report),
        "completion": completion,
        "was_accepted": completion is not None and is_accepted_before(report, completion),
        "waits": report.status == Report.Status.SUBMITTED,
    }
    status = 422 if form.errors else 200
    return render(request, "reporting/received_report_detail.html", context, status=status)


def ledger_beside(
    version: ReportVersion, today: dict[str, int]
) -> list[tuple[str, int, int]]:
    """Return the ledger's sums as they were and as they are, where any has changed."""
    if today == version.facts:
        return []
    return [
        (capfirst(name), version.facts.get(name, 0), today.get(name, 0)) for name in FACTS
    ]


def remarks_of_today(
    found: ReportRound,
    version: ReportVersion,
    judgement: Judgement,
    today: dict[str, int],
) -> list[Any]:
    """Return what the checks find with the sums of today, beside what they found then."""
    if today == version.facts:
        return []
    then = set(remarks(judgement.review.findings))
    now = remarks(review(found.read, version.typed, today).findings)
    return [remark for remark in now if remark not in then]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened with the report, in words."""

    at: datetime
    who: str
    text: str
    note: str = ""
    version: int | None = None
    """The version that was sent in."""


def events_of(report: Report) -> list[Event]:
    """Return all that has happened with the report, the latest first."""
    titles = {section.key: section.title for section in report.round.read.sections}
    events = []
    for version in report.versions.select_related("submitted_by"):
        text = _("Sent in, version %(version)s.") if version.number > 1 else _("Sent in.")
        events.append(
            Event(
                version.submitted_at,
                f"{version.submitted_by}, {report.municipality}",
                text % {"version": version.number},
                version.reason,
                version.number,
            )
        )
    for asked in report.completions.select_related("asked_by", "withdrawn_by", "deadline"):
        text = _("Completion asked for by %(day)s: %(sections)s.")
        named = ", ".join(titles.get(key, key) for key in asked.sections)
        day = date_format(asked.deadline.due_on, "j F Y")
        events.append(
            Event(
                asked.asked_at,
                str(asked.asked_by),
                text % {"day": day, "sections": named},
                asked.reason,
            )
        )
        if asked.withdrawn_by and asked.closed_at:
            text = _("The request for completion was taken back.")
            events.append(Event(asked.closed_at, str(asked.withdrawn_by), text))
    if report.accepted_at:
        events.append(Event(report.accepted_at, str(report.accepted_by), _("Accepted.")))
    return sorted(events, key=lambda event: event.at, reverse=True)


@require_POST
@requires(Capability.EDIT)
def received_report_accept(
    request: StaffRequest, pk: int, number: int, code: str
) -> HttpResponse:
    """Accept the version that was read, and settle the money."""
    report = find_report(request, pk, number, code)
    version = find_version(report)
    judgement = judged(report, version)
    form = AcceptForm(request.POST, share=judgement.share, proposal=judgement.proposal)
    if not form.is_valid():
        return detail(request, version, judgement, form)
    back = redirect("reporting:received_report_detail", pk, number, code)
    try:
        with transaction.atomic():
            accepted = accept(
                report,
                by=request.user,
                seen=form.cleaned_data["seen"] or 0,
                outcome=form.outcome,
                settled=form.cleaned_data.get("settled") or 0,
                reason=form.cleaned_data.get("reason", ""),
            )
            written = decision_letters.accepted(accepted)
    except Refused as error:
        messages.error(request, sentence(error))
        return back
    text = _("The report from %(municipality)s is accepted. They are told by e-mail.")
    if not written:
        text = _(
            "The report from %(municipality)s is accepted. Nobody there can be told by "
            "e-mail."
        )
    messages.success(request, text % {"municipality": accepted.municipality})
    return back


@requires(Capability.EDIT)
def received_report_complete(
    request: StaffRequest, pk: int, number: int, code: str
) -> HttpResponse:
    """Ask the municipality to complete some sections by a day of their own."""
    report = find_report(request, pk, number, code)
    version = find_version(report)
    data = request.POST if request.method == "POST" else None
    is_accepted = report.status == Report.Status.ACCEPTED
    initial = {"seen": version.number, "accepted": is_accepted}
    form = CompletionForm(data, found=report.round, initial=initial)
    back = redirect("reporting:received_report_detail", pk, number, code)
    if report.status == Report.Status.RETURNED:
        messages.info(request, _("They have been asked already, and have not answered."))
        return back
    if data is not None and form.is_valid():
        typed = form.cleaned_data
        facts = {name: typed[name] for name in ("sections", "reason", "due_on")}
        try:
            with transaction.atomic():
                asked = request_completion(
                    report,
                    by=request.user,
                    seen=typed["seen"] or 0,
                    also_accepted=typed["accepted"],
                    **facts,
                )
                decision_letters.completion_asked(asked)
        except Refused as error:
            messages.error(request, sentence(error))
        else:
            text = _("%(municipality)s is asked by e-mail to complete the report.")
            messages.success(request, text % {"municipality": report.municipality})
        return back
    context = {
        "grant": report.round.grant,
        "round": report.round,
        "report": report,
        "municipality": report.municipality,
        "form": form,
        "page_title": _("Ask for completion"),
        "cancel_url": back.url,
    }
    status = 422 if form.errors else 200
    return render(
        request, "reporting/received_report_complete.html", context, status=status
    )


@require_POST
@requires(Capability.EDIT)
def received_report_withdraw(
    request: StaffRequest, pk: int, number: int, code: str
) -> HttpResponse:
    """Take back a request for completion, and tell the municipality."""
    report = find_report(request, pk, number, code)
    try:
        with transaction.atomic():
            asked = withdraw_completion(
                report, by=request.user, seen=row_id(request.POST.get("seen")) or 0
            )
            written = decision_letters.completion_withdrawn(asked)
    except Refused as error:
        messages.error(request, sentence(error))
    else:
        text = _("The request is taken back. %(municipality)s is told by e-mail.")
        if not written:
            text = _(
                "The request is taken back. Nobody in %(municipality)s can be told by "
                "e-mail."
            )
        messages.success(request, text % {"municipality": report.municipality})
    return redirect("reporting:received_report_detail", pk, number, code)


@require_POST
@requires(Capability.EDIT)
def received_report_accept_many(
    request: StaffRequest, pk: int, number: int
) -> HttpResponse:
    """Accept those that are ticked, and say what became of each."""
    found = find(request, pk, number)
    seen = seen_of(request.POST.getlist("chosen"))
    if not seen:
        messages.error(request, _("Choose at least one report."))
        return redirect(found)
    done = accept_many(found, seen, by=request.user)
    if not done.refused:
        text = ngettext(
            "%(number)d report is accepted. The municipality is told by e-mail.",
            "%(number)d reports are accepted. The municipalities are told by e-mail.",
            len(done.accepted),
        )
        messages.success(request, text % {"number": len(done.accepted)})
        return redirect(found)
    title = ngettext(
        "%(number)d report is accepted",
        "%(number)d reports are accepted",
        len(done.accepted),
    )
    context = {
        "grant": found.grant,
        "round": found,
        "page_title": title % {"number": len(done.accepted)},
        "done": done,
        "settles": settles(found),
        "refused": [(place, sentence(error)) for place, error in done.refused],
    }
    return render(request, "reporting/received_report_accepted.html", context)


def seen_of(tokens: list[str]) -> dict[str, int]:
    """Return the versions that were seen, by the municipality's code.

    >>> seen_of(["0127:1", "0160:2", "x"])
    {'0127': 1, '0160': 2}
    """
    pairs = [token.partition(":") for token in tokens]
    return {
        code: int(version)
        for code, _colon, version in pairs
        if row_id(code) and row_id(version)
    }


@require_safe
@requires(Capability.VIEW)
def received_report_version(
    request: StaffRequest, pk: int, number: int, code: str, version: int
) -> HttpResponse:
    """Show a version as it was sent in, and what it changes."""
    report = find_report(request, pk, number, code)
    context = version_context(find_version(report, version)) | {
        "page_title": _("Version %(version)s") % {"version": version},
    }
    return render(request, "reporting/received_report_version.html", context)


@require_safe
@requires(Capability.VIEW)
def received_report_pdf(
    request: StaffRequest, pk: int, number: int, code: str, version: int
) -> HttpResponse:
    """Return what was sent in as a PDF."""
    found = find_version(find_report(request, pk, number, code), version)
    return pdf_response(
        version_pdf(found), file_name(found.report, version), is_attachment=False
    )


@require_safe
@requires(Capability.VIEW)
def received_report_file(
    request: StaffRequest, pk: int, number: int, code: str, file: int
) -> HttpResponseBase:
    """Return a file that was sent in."""
    report = find_report(request, pk, number, code)
    sent: ReportFile = get_object_or_404(
        report.files.filter(versions__isnull=False).distinct(), pk=file
    )
    return download(request, sent.file)
