"""Write a section of the report to the authority, with the answers beside it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from grants.distribution import Refused
from municipalities.access import Capability, StaffRequest, requires
from municipalities.markdown import Words
from municipalities.markdown import render as as_html
from reporting import national_report
from reporting.compilation import compile_round
from reporting.models import NationalReport, NationalReportSection
from reporting.national_report_forms import NationalSectionForm
from reporting.national_report_refusals import sentence
from reporting.views.national_reports import find_report, url_of, written


def section_of(report: NationalReport, key: str) -> NationalReportSection:
    """Return a section of a draft, or 404."""
    if not report.is_draft:
        raise Http404
    found: NationalReportSection = get_object_or_404(
        report.sections.select_related("edited_by"), key=key
    )
    return found


@requires(Capability.EDIT)
def national_report_section(
    request: StaffRequest, pk: int, number: int, version: int, key: str
) -> HttpResponse:
    """Write a section's text. Where somebody else has, both texts are shown."""
    report = find_report(request, pk, number, version)
    section = section_of(report, key)
    initial = {"text": section.text, "seen": section.version}
    form = NationalSectionForm(request.POST or None, initial=initial)
    theirs = None
    if form.is_valid() and "preview" not in request.POST:
        text, seen = form.cleaned_data["text"], form.cleaned_data["seen"]
        try:
            national_report.save_section(report, key, text, by=request.user, seen=seen)
        except national_report.Conflict as conflict:
            theirs = conflict.section
            # What is saved from here has been compared with theirs.
            form = NationalSectionForm(initial={"text": text, "seen": theirs.version})
        except Refused as refused:
            messages.error(request, sentence(refused))
            return redirect(report.get_absolute_url())
        else:
            messages.success(request, _("Saved."))
            return redirect(f"{report.get_absolute_url()}#avsnitt-{key}")
    typed = request.POST.get("text", section.text)[: national_report.LONGEST_TEXT]
    context = {
        "grant": report.round.grant,
        "round": report.round,
        "report": report,
        "form": form,
        "theirs": theirs,
        "their_html": as_html(theirs.text, Words()) if theirs else "",
        "each": written(report, section, compile_round(report.round)),
        "preview": as_html(typed, Words()),
        "preview_url": url_of("preview", report, key),
        "page_title": section.title,
        "cancel_url": f"{report.get_absolute_url()}#avsnitt-{key}",
    }
    return TemplateResponse(request, "reporting/national_report_section.html", context)


@requires(Capability.EDIT)
@require_POST
def national_report_preview(
    request: StaffRequest, pk: int, number: int, version: int, key: str
) -> HttpResponse:
    """Show how a text reads, while it is being written. Nothing is saved."""
    report = find_report(request, pk, number, version)
    section_of(report, key)
    text = request.POST.get("text", "")[: national_report.LONGEST_TEXT]
    context = {"preview": as_html(text, Words())}
    return render(request, "reporting/_national_preview.html", context)
