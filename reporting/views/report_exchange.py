"""A municipality's report as a workbook: download it, fill it in, read it back."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from grants.distribution import Refused
from invoices.views.answers import go_home, is_about_another
from municipalities.access import Capability, MunicipalRequest, requires
from municipalities.export import XLSX, file_name
from municipalities.site import absolute
from municipalities.upload_limit import limit_files
from reporting import report_exchange as exchange
from reporting.models import Report, ReportSection
from reporting.report import Work, work_on
from reporting.report_fields import place_of
from reporting.report_form import Form
from reporting.report_refusals import sentence as refusal
from reporting.report_sheet import UploadError
from reporting.report_upload import Upload, read
from reporting.report_upload_forms import UploadForm
from reporting.report_upload_words import SENTENCES, sentence
from reporting.report_workbook import Subject, report_workbook
from reporting.views.report_finding import context_of, find_report

MOST_SHOWN = 100
"""Faults on a page; more of them have one cause."""


@requires(Capability.ANSWER)
@require_safe
def report_excel(request: MunicipalRequest, number: int) -> HttpResponse:
    """Return the report as a workbook, with what is written in it so far."""
    report = find_report(request, number)
    work = work_on(report)
    found = report.round
    subject = Subject(
        round=found.pk,
        report=capfirst(found.get_kind_display()),
        grant=str(found.grant),
        body=found.grant.body.name,
        code=report.municipality.code,
        municipality=report.municipality.own_name,
        due_on=found.deadline.due_on,
        made_on=timezone.localdate(),
        address=absolute(reverse("reporting:report_upload", args=[found.pk])),
    )
    versions = {key: row.version for key, row in work.sections.items()}
    content = report_workbook(subject, work.form, work.answers, work.facts, versions)
    response = HttpResponse(content, content_type=XLSX)
    name = file_name(f"{work.form.title} {found.grant} {report.municipality}", "xlsx")
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@requires(Capability.ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def report_upload(request: MunicipalRequest, number: int) -> HttpResponse:
    """Choose a workbook; look over what it changes; save it when somebody says so."""
    if request.method == "POST" and is_about_another(request):
        return go_home(request)
    report = find_report(request, number)
    if "sealed" in request.POST:
        return confirm(request, report)
    is_sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
    limit_files(request, form, "file")
    if is_sent and report.is_open and form.is_valid():
        file = form.cleaned_data["file"]
        work = work_on(report)
        found = read(
            file.read(), work.form, round=report.round_id, code=report.municipality.code
        )
        return look_over(request, work, found, name=file.name)
    context = context_of(request, report.round, report) | {
        "form": form,
        "page_title": _("Read in a form that is filled in"),
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "reporting/report_upload.html", context, status=status)


def look_over(
    request: MunicipalRequest, work: Work, found: Upload, *, name: str
) -> HttpResponse:
    """Show what the workbook would change, or all that is wrong in it. Nothing is saved."""
    report = work.report
    errors = list(found.errors)
    context: dict[str, Any] = {}
    if not errors:
        dry_run = exchange.try_out(work, found)
        context = {"dry_run": dry_run, "changed": [told(each) for each in dry_run.changes]}
        try:
            context["sealed"] = exchange.sealed(report, dry_run)
        except Refused as refused:
            errors = [UploadError(refused.code)]
    context |= context_of(request, report.round, report) | {
        "name": name,
        "errors": [sentence(each) for each in errors[:MOST_SHOWN]],
        "number_of_errors": len(errors),
        "more_errors": len(errors[MOST_SHOWN:]),
        "page_title": _("Look it over before you save"),
    }
    return TemplateResponse(
        request,
        "reporting/report_upload_preview.html",
        context,
        status=422 if errors else 200,
    )


def told(change: exchange.SectionChange) -> dict[str, Any]:
    """Return what the page says of one section."""
    overlaps = [
        ": ".join(filter(None, [each.field.question.label, place_of(each.field)]))
        for each in change.overlaps
    ]
    return {"change": change, "overlaps": overlaps}


def confirm(request: MunicipalRequest, report: Report) -> HttpResponse:
    """Save what was looked over."""
    again = redirect("reporting:report_upload", report.round_id)
    try:
        with transaction.atomic():
            sections = exchange.unsealed(request.POST["sealed"], report)
            saved = exchange.save(report, sections, by=request.membership.user)
    except exchange.Conflicts as conflicts:
        messages.error(request, " ".join(conflicting(report.round.read, conflicts)))
        return again
    except Refused as refused:
        known = SENTENCES.get(refused.code)
        messages.error(request, str(known) if known else refusal(refused))
        return again
    if saved:
        text = ngettext(
            "%(number)s section is saved from the file.",
            "%(number)s sections are saved from the file.",
            len(saved),
        )
        messages.success(request, text % {"number": len(saved)})
    else:
        messages.info(request, _("Everything in the file was saved already."))
    return redirect(report)


def conflicting(form: Form, conflicts: exchange.Conflicts) -> list[str]:
    """Return who has changed which section, in words."""
    titles = {section.key: section.title for section in form.sections}
    return [
        *(who_changed(each, titles[each.key]) for each in conflicts.sections),
        _("Nothing is saved. Read in the file again to see what it changes now."),
    ]


def who_changed(row: ReportSection, title: str) -> str:
    """Return who saved a section, and when."""
    text = _(
        "%(name)s saved the section “%(section)s” at %(time)s, after you read the file."
    )
    at = timezone.localtime(row.edited_at) if row.edited_at else timezone.localtime()
    facts = {"name": row.edited_by, "section": title, "time": date_format(at, "H.i")}
    return text % facts
