"""A municipality reads its report through, signs it and sends it in, and corrects it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grants.distribution import Refused
from invoices.messages import people_of
from invoices.views.answers import go_home, is_about_another
from municipalities.access import Capability, MunicipalRequest, can, requires
from reporting import report_messages as mail
from reporting.models import CompletionRequest, Report, ReportVersion
from reporting.report import (
    Signature,
    Work,
    begin_correction,
    discard_correction,
    hand_over,
    submit,
    work_on,
)
from reporting.report_drawn import Remark
from reporting.report_fields import draw, mistake_of, remarks
from reporting.report_pdf import draft_pdf, version_pdf
from reporting.report_reading import ledger_of, reported_of, version_context
from reporting.report_refusals import sentence
from reporting.views.memo import pdf_response
from reporting.views.report_finding import find_report, find_round


class SignForm(forms.Form):
    """Who stands for the report, and what a new version corrects."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=100, required=False)
    reason = forms.CharField(
        label=gettext_lazy("What have you corrected?"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("It stands in the new version, for whoever reads it."),
        error_messages={"required": gettext_lazy("Write what you have corrected.")},
    )

    def __init__(
        self, *args: Any, is_again: bool, asked: CompletionRequest | None, **kwargs: Any
    ) -> None:
        """Ask what is corrected only where something has been sent in before."""
        super().__init__(*args, **kwargs)
        if not is_again:
            del self.fields["reason"]
        elif asked:
            reason = self.fields["reason"]
            reason.required = False
            reason.label = _("What have you completed?")
            reason.help_text = _(
                "If you write nothing, it says that you have done as you were asked."
            )


@dataclass(frozen=True, slots=True)
class ToMend:
    """Something that must be mended before the report is sent in, and where."""

    text: str
    url: str


@requires(Capability.ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def report_review(request: MunicipalRequest, number: int) -> HttpResponse:
    """Show the whole report to be read through; a signatory sends it in."""
    may_sign = can(request.membership, Capability.SIGN)
    if request.method == "POST" and not may_sign:
        raise PermissionDenied
    if is_about_another(request):
        return go_home(request)
    found, report = find_round(request, number)
    if report is None:
        return redirect("reporting:report_detail", number)
    if not report.is_open:
        return already_sent(request, number)
    work = work_on(report)
    asked = report.completions.filter(closed_at=None).select_related("deadline").first()
    form = sign_form(request, report, asked)
    error = ""
    if request.method == "POST" and form.is_valid():
        try:
            sent = send_in(request, report, form.cleaned_data)
        except Refused as refused:
            if refused.code == "report_closed":
                return already_sent(request, number)
            error = sentence(refused)
            work = work_on(report)
        else:
            messages.success(
                request,
                _("The report is sent in. A receipt is sent by e-mail to %(to)s.")
                % {"to": ", ".join(mail.receipt_to(sent))},
            )
            return redirect("reporting:report_detail", number)
    context = {
        "work": work,
        "report": report,
        "round": found,
        "grant": found.grant,
        "municipality": request.organisation,
        "form": form,
        "asked": asked,
        "last_day": (asked.deadline if asked else found.deadline).due_on,
        "error": error,
        "to_mend": to_mend(work),
        "warnings": warnings_of(work),
        "not_gone_through": [
            each for each in work.form.sections if each.key in set(work.not_gone_through)
        ],
        "sections": draw(work.form, work.answers, work.review),
        "ledger": ledger_of(work.facts),
        "reported": reported_of(work.form, work.review, work.answers),
        "page_title": _("Read through and send in") if may_sign else _("Read through"),
    }
    return TemplateResponse(request, "reporting/report_review.html", context)


def already_sent(request: MunicipalRequest, number: int) -> HttpResponse:
    """Show the report as it stands once it is sent in; say so to who would send it."""
    if request.method == "POST":
        messages.info(request, _("The report was already sent in."))
    return redirect("reporting:report_detail", number)


def sign_form(
    request: MunicipalRequest, report: Report, asked: CompletionRequest | None
) -> SignForm:
    """Return the form with who signs filled in: the person, with the title used last."""
    latest = (
        ReportVersion.objects.filter(report__municipality=request.organisation)
        .order_by("-submitted_at")
        .first()
    )
    name = request.membership.user.get_full_name()
    is_same = latest is not None and latest.signed_name == name
    return SignForm(
        request.POST if request.method == "POST" else None,
        initial={
            "name": name,
            "title": latest.signed_title if latest and is_same else "",
        },
        is_again=report.versions.exists(),
        asked=asked,
    )


def send_in(
    request: MunicipalRequest, report: Report, signed: Mapping[str, str]
) -> ReportVersion:
    """Send the report in, with a receipt."""
    with transaction.atomic():
        sent = submit(
            report,
            by=request.membership.user,
            signature=Signature(signed["name"], signed["title"]),
            seen=request.POST.get("seen", ""),
            reason=signed.get("reason", ""),
        )
        mail.receipt(sent)
    return sent


def to_mend(work: Work) -> list[ToMend]:
    """Return what hinders the report from being sent in, each with where it is mended."""
    found = []
    for finding in work.review.findings:
        if finding.is_blocking:
            mistake = mistake_of(work.form, finding)
            url = section_url(work, finding.section) if finding.section else ""
            found.append(
                ToMend(mistake.text, f"{url}#{mistake.target}" if mistake.target else url)
            )
    return found


def warnings_of(work: Work) -> list[Remark]:
    """Return the checks that only ask for another look."""
    return [each for each in remarks(work.review.findings) if not each.is_blocking]


def section_url(work: Work, key: str) -> str:
    """Return the address of where a section is written."""
    return reverse("reporting:report_section", args=[work.report.round_id, key])


@requires(Capability.ANSWER)
@require_POST
def report_hand_over(request: MunicipalRequest, number: int) -> HttpResponse:
    """Ask the municipality's signatories to read the report and send it in."""
    if is_about_another(request):
        return go_home(request)
    report = find_report(request, number)
    if report.is_open and not work_on(report).may_be_sent:
        messages.error(request, _("Something is lacking. It stands at the top."))
        return redirect("reporting:report_review", number)
    user = request.membership.user
    people = people_of(request.organisation)
    try:
        with transaction.atomic():
            hand_over(report, by=user)
            mail.hand_over(report, by=user, to=people)
    except Refused as refused:
        messages.error(request, sentence(refused))
        return redirect("reporting:report_detail", number)
    if people:
        text = _("Handed over. A link is sent by e-mail to %(to)s.")
        messages.success(request, text % {"to": ", ".join(people)})
    else:
        messages.warning(request, _("The municipality has nobody who can send it in."))
    return redirect("reporting:report_detail", number)


# What has been sent in -------------------------------------------------------------------


def find_version(report: Report, number: int) -> ReportVersion:
    """Return a version of the report, which it knows, or 404."""
    version: ReportVersion = get_object_or_404(
        report.versions.select_related("submitted_by"), number=number
    )
    version.report = report
    return version


@requires(Capability.ANSWER)
@require_safe
def report_version(request: MunicipalRequest, number: int, version: int) -> HttpResponse:
    """Show what was sent in, and what it changed."""
    report = find_report(request, number)
    context = version_context(find_version(report, version)) | {
        "page_title": report.round.read.title,
    }
    return TemplateResponse(request, "reporting/report_version.html", context)


@requires(Capability.ANSWER)
@require_safe
def report_version_pdf(
    request: MunicipalRequest, number: int, version: int
) -> HttpResponse:
    """Return what was sent in as a PDF."""
    found = find_version(find_report(request, number), version)
    return pdf_response(
        version_pdf(found), file_name(found.report, version), is_attachment=False
    )


@requires(Capability.ANSWER)
@require_safe
def report_pdf(request: MunicipalRequest, number: int) -> HttpResponse:
    """Return what is written so far as a PDF, or else what was sent in last."""
    report = find_report(request, number)
    if not report.is_open:
        latest = report.versions.first()
        if latest is None:
            raise Http404
        return redirect("reporting:report_version_pdf", number, latest.number)
    return pdf_response(draft_pdf(work_on(report)), file_name(report), is_attachment=False)


def file_name(report: Report, version: int | None = None) -> str:
    """Return a file's name: slutredovisning-0127-god-och-nara-vard-2020-version-1."""
    which = f"version-{version}" if version else "utkast"
    words = (report.round.read.title, report.municipality.code, str(report.round.grant))
    return "-".join(slugify(each) for each in (*words, which))


@requires(Capability.ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def report_correct(request: MunicipalRequest, number: int) -> HttpResponse:
    """Begin a correction of what was sent in, or throw one away that was begun."""
    if is_about_another(request):
        return go_home(request)
    report = find_report(request, number)
    if report.is_open and not report.is_correcting:
        return redirect("reporting:report_detail", number)
    if request.method == "POST":
        return corrected(request, report)
    context = {
        "report": report,
        "round": report.round,
        "grant": report.round.grant,
        "municipality": request.organisation,
        "page_title": (
            _("Throw the correction away?")
            if report.is_correcting
            else _("Correct the report?")
        ),
    }
    return TemplateResponse(request, "reporting/report_correct.html", context)


def corrected(request: MunicipalRequest, report: Report) -> HttpResponse:
    """Do what the button says."""
    try:
        if request.POST.get("do") == "discard":
            discard_correction(report)
            text = _("The correction is thrown away. What you sent in holds.")
        else:
            begin_correction(report, by=request.membership.user)
            text = _(
                "You can change the report now. What you sent in holds until you send in "
                "the correction."
            )
    except Refused as refused:
        messages.error(request, sentence(refused))
    else:
        messages.success(request, text)
    return redirect("reporting:report_detail", report.round_id)
