"""The body's report to the authority: its versions, and what is done with one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from grants.distribution import Refused
from grants.views.grants import head
from municipalities.access import Capability, StaffRequest, requires
from municipalities.history import history_page
from municipalities.markdown import Words, render
from reporting import national_report
from reporting.compilation import Compilation, compile_round
from reporting.document import Block
from reporting.models import NationalReport, NationalReportSection, ReportRound
from reporting.national_report_content import answers, content_of, economy
from reporting.national_report_files import Shown, shown
from reporting.national_report_files import request as request_file
from reporting.national_report_forms import DeliverForm, NationalTitleForm
from reporting.national_report_pdf import drawn
from reporting.national_report_refusals import sentence
from reporting.national_report_sections import ECONOMY, parts_of
from reporting.report_form import Question
from reporting.views.report_rounds import find

MOST_BESIDE = 60
"""So many municipalities' answers stand beside the texts; of more there are links."""


def find_report(
    request: StaffRequest, pk: int, number: int, version: int
) -> NationalReport:
    """Return a version of the report, which knows its round, or 404."""
    found = find(request, pk, number)
    report: NationalReport = get_object_or_404(
        NationalReport.objects.select_related("delivered_by", "created_by", "follows"),
        round=found,
        number=version,
    )
    report.round = found
    return report


def url_of(name: str, report: NationalReport, *more: str) -> str:
    """Return the address of something that is done with a report."""
    where = [report.round.grant_id, report.round_id, report.number, *more]
    return reverse(f"reporting:national_report_{name}", args=where)


def list_url(found: ReportRound) -> str:
    """Return the address of the round's versions."""
    return reverse("reporting:national_report_list", args=[found.grant_id, found.pk])


@requires(Capability.VIEW)
@require_safe
def national_report_list(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Show the versions of a round's report."""
    found = find(request, pk, number)
    reports = list(
        found.national_reports.select_related(
            "created_by", "delivered_by", "follows__round"
        )
    )
    for report in reports:
        report.round = found
    follows = national_report.follows_of(found)
    context = head(found.grant, "reports") | {
        "round": found,
        "reports": reports,
        "has_draft": any(report.is_draft for report in reports),
        "follows": follows,
        "is_correction": bool(follows and follows.round_id == found.pk),
    }
    return TemplateResponse(request, "reporting/national_report_list.html", context)


@requires(Capability.EDIT)
@require_POST
def national_report_start(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Begin a version."""
    found = find(request, pk, number)
    try:
        made = national_report.start(found, by=request.user)
    except Refused as refused:
        messages.error(request, sentence(refused))
        draft = found.national_reports.filter(status=NationalReport.Status.DRAFT).first()
        return redirect(draft.get_absolute_url() if draft else list_url(found))
    messages.success(request, _("The draft is begun with the figures of today."))
    return redirect(made.get_absolute_url())


@requires(Capability.VIEW)
@require_safe
def national_report_history(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Show what was done with the round's reports, also with drafts that are no more."""
    found = find(request, pk, number)
    return history_page(
        request,
        found,
        title=f"{_('National report')}, {found}",
        back_url=list_url(found),
        related=[(NationalReport, "round"), (NationalReportSection, "report__round")],
    )


# A version -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Beside:
    """A question, with what the municipalities have answered."""

    question: Question
    url: str
    number: int
    """How many have answered."""
    blocks: Sequence[dict[str, Any]]
    """Their answers; empty where there are too many to stand beside a text."""


@dataclass(frozen=True, slots=True)
class Written:
    """A section of the report on the page."""

    section: NationalReportSection
    url: str
    html: SafeString
    tables: Sequence[dict[str, Any]]
    beside: Sequence[Beside]

    @property
    def has_tables(self) -> bool:
        """Whether the documents have tables in it."""
        return self.section.key == ECONOMY


def shown_blocks(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Return parts of the document as the templates show them."""
    return [drawn(block, number) for number, block in enumerate(blocks)]


def written(
    report: NationalReport,
    section: NationalReportSection,
    compilation: Compilation | None,
) -> Written:
    """Return a section; one that is delivered stands without what has come since."""
    tables: list[dict[str, Any]] = []
    if compilation is not None and section.key == ECONOMY:
        tables = shown_blocks(list(economy(compilation)))
    return Written(
        section=section,
        url=url_of("section", report, section.key),
        html=render(section.text, Words()),
        tables=tables,
        beside=beside(report, section.key, compilation) if compilation else [],
    )


def beside(report: NationalReport, key: str, compilation: Compilation) -> list[Beside]:
    """Return the questions that a section rests on, with their answers."""
    part = next((each for each in parts_of(compilation.form) if each.key == key), None)
    found = report.round
    is_few = len(compilation.reported) <= MOST_BESIDE
    rows = []
    for question in part.questions if part else ():
        summary = compilation.by_question[question.key]
        where = [found.grant_id, found.pk, question.key]
        rows.append(
            Beside(
                question,
                reverse("reporting:compilation_question", args=where),
                len(summary.answered),
                shown_blocks(list(answers(summary, compilation))) if is_few else [],
            )
        )
    return rows


@requires(Capability.VIEW)
@require_safe
def national_report_detail(
    request: StaffRequest, pk: int, number: int, version: int
) -> HttpResponse:
    """Show a version: its texts with the answers beside, its tables and its documents."""
    report = find_report(request, pk, number, version)
    compilation = compile_round(report.round)
    is_draft = report.is_draft
    made_from = content_of(report, compilation).fingerprint if is_draft else ""
    sections = report.sections.select_related("edited_by")
    context = head(report.round.grant, "reports") | {
        "round": report.round,
        "report": report,
        "sections": [
            written(report, section, compilation if is_draft else None)
            for section in sections
        ],
        "changes": national_report.changed_figures(report, compilation),
        "stamp": national_report.stamp(compilation.figures),
        "documents": documents_of(report, made_from),
        "missing": compilation.missing,
        "is_latest": not report.round.national_reports.filter(number__gt=version).exists(),
        "list_url": list_url(report.round),
    }
    return TemplateResponse(request, "reporting/national_report_detail.html", context)


@requires(Capability.EDIT)
@require_POST
def national_report_refresh(
    request: StaffRequest, pk: int, number: int, version: int
) -> HttpResponse:
    """Let the draft have the figures that were shown."""
    report = find_report(request, pk, number, version)
    seen = request.POST.get("seen", "")
    try:
        national_report.refresh_figures(report, seen=seen)
    except Refused as refused:
        messages.error(request, sentence(refused))
    else:
        messages.success(request, _("The draft has the figures of today."))
    return redirect(report.get_absolute_url())


@requires(Capability.EDIT)
def national_report_title(
    request: StaffRequest, pk: int, number: int, version: int
) -> HttpResponse:
    """Give the draft another title."""
    report = find_report(request, pk, number, version)
    form = NationalTitleForm(request.POST or None, instance=report)
    if form.is_valid():
        try:
            national_report.rename(report, title=form.cleaned_data["title"])
        except Refused as refused:
            messages.error(request, sentence(refused))
        else:
            messages.success(request, _("Saved."))
        return redirect(report.get_absolute_url())
    context = {
        "grant": report.round.grant,
        "round": report.round,
        "report": report,
        "form": form,
        "page_title": _("Title"),
        "cancel_url": report.get_absolute_url(),
    }
    return TemplateResponse(request, "reporting/national_report_form.html", context)


@requires(Capability.EDIT)
def national_report_deliver(
    request: StaffRequest, pk: int, number: int, version: int
) -> HttpResponse:
    """Note that the report has been delivered, when somebody has looked at what goes."""
    report = find_report(request, pk, number, version)
    if not report.is_draft:
        return redirect(report.get_absolute_url())  # pressed twice: the first did it
    initial = {
        "delivered_on": timezone.localdate(),
        "record_number": report.round.grant.record_number,
    }
    form = DeliverForm(request.POST or None, initial=initial)
    if form.is_valid():
        facts = form.cleaned_data
        try:
            national_report.deliver(
                report,
                by=request.user,
                on=facts["delivered_on"],
                record_number=facts["record_number"],
            )
        except Refused as refused:
            messages.error(request, sentence(refused))
        else:
            messages.success(request, _("The report is delivered. It never changes now."))
        return redirect(report.get_absolute_url())
    compilation = compile_round(report.round)
    made_from = content_of(report, compilation).fingerprint
    context = {
        "grant": report.round.grant,
        "round": report.round,
        "report": report,
        "form": form,
        "changes": national_report.changed_figures(report, compilation),
        "documents": documents_of(report, made_from),
        "missing": compilation.missing,
        "empty": [each for each in report.sections.all() if is_left_out(each)],
        "page_title": _("Deliver the report"),
        "cancel_url": report.get_absolute_url(),
    }
    return TemplateResponse(request, "reporting/national_report_deliver.html", context)


def is_left_out(section: NationalReportSection) -> bool:
    """Return whether the documents pass the section over."""
    return section.key != ECONOMY and not section.text.strip()


@requires(Capability.EDIT)
def national_report_discard(
    request: StaffRequest, pk: int, number: int, version: int
) -> HttpResponse:
    """Throw the draft away, when somebody has said yes."""
    report = find_report(request, pk, number, version)
    if not report.is_draft:
        raise Http404
    if request.method == "POST":
        try:
            national_report.discard(report)
        except Refused as refused:
            messages.error(request, sentence(refused))
        else:
            messages.success(request, _("The draft is thrown away."))
        return redirect(list_url(report.round))
    context = {
        "grant": report.round.grant,
        "round": report.round,
        "report": report,
        "page_title": _("Throw the draft away?"),
        "message": _(
            "The texts that you have written and the documents go with it. "
            "The history keeps the texts."
        ),
        "submit": _("Throw away"),
        "cancel_url": report.get_absolute_url(),
    }
    return TemplateResponse(request, "reporting/national_report_discard.html", context)


# Documents -------------------------------------------------------------------------------


def documents_of(report: NationalReport, made_from: str) -> list[Shown]:
    """Return how each kind of document stands."""
    files = report.files.select_related("file", "requested_by").order_by("requested_at")
    return shown(list(files), made_from, timezone.now())


def document_of(report: NationalReport, kind: str) -> Shown:
    """Return how one kind of document stands, or 404. One in the making is not compared."""
    documents = {each.kind.value: each for each in documents_of(report, "")}
    if kind not in documents:
        raise Http404
    found = documents[kind]
    if report.is_draft and found.ready is not None and found.latest is None:
        made_from = content_of(report, compile_round(report.round)).fingerprint
        found = {each.kind: each for each in documents_of(report, made_from)}[found.kind]
    return found


@requires(Capability.VIEW)
@require_safe
def national_report_document(
    request: StaffRequest, pk: int, number: int, version: int, kind: str
) -> HttpResponse:
    """Show how far a document has come, for a page that looks again by itself."""
    report = find_report(request, pk, number, version)
    document = document_of(report, kind)
    if not request.htmx:
        return redirect(f"{report.get_absolute_url()}#dokument")
    if request.GET.get("sag") == document.seen:
        return HttpResponse(status=204)  # nothing new: nothing is said again
    context = {"report": report, "document": document}
    return TemplateResponse(request, "reporting/_national_document.html", context)


@requires(Capability.EDIT)
@require_POST
def national_report_make(
    request: StaffRequest, pk: int, number: int, version: int, kind: str
) -> HttpResponse:
    """Ask for a document, or ask again."""
    report = find_report(request, pk, number, version)
    document = document_of(report, kind)
    try:
        request_file(report, document.kind, by=request.user)
    except Refused as refused:
        messages.error(request, sentence(refused))
        return redirect(report.get_absolute_url())
    if request.htmx:
        context = {"report": report, "document": document_of(report, kind)}
        return TemplateResponse(request, "reporting/_national_document.html", context)
    return redirect(f"{report.get_absolute_url()}#dokument")
