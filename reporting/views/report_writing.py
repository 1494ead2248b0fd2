"""A municipality writes its report: section by section, and its files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grants.distribution import Refused
from invoices.attachments import ACCEPT, judge
from invoices.views.answers import elsewhere, go_home, is_about_another, whole_number
from municipalities import kept_posts
from municipalities.access import Capability, MunicipalRequest, requires
from municipalities.models import User
from municipalities.numbers import row_id
from municipalities.templatetags.ui import Mistake
from municipalities.upload_limit import TOO_MANY, may_send_files
from municipalities.views.files import download
from reporting import report as verbs
from reporting.models import Report, ReportFile, ReportSection, ReportVersion
from reporting.report import Conflict, Work, work_on
from reporting.report_choices import choices_of
from reporting.report_drawn import DrawnSection, id_of
from reporting.report_facts import planned_of
from reporting.report_fields import draw_section, mistakes
from reporting.report_form import Form, Kind, Section
from reporting.report_merging import (
    Clash,
    Typed,
    as_base,
    base_in,
    save_alone,
    save_together,
)
from reporting.report_progress import (
    Progress,
    asks_for_money,
    completion_of,
    dressed,
    progress_of,
    sources,
)
from reporting.report_refusals import sentence
from reporting.views.report_finding import context_of, find_report, find_round

WRITES_NOW = timedelta(minutes=10)
"""So long after a save somebody is taken to be writing still."""

CHECK = "granska"
"""Asked for in the address of a section, shows what is wrong in it."""


# A section --------------------------------------------------------------------------------


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_section(request: HttpRequest, number: int, key: str) -> HttpResponseBase:
    """Show a section to be filled in, and take what is typed.

    What is posted after the session has ended is kept until the person is logged in.
    """
    if request.user.is_authenticated:
        return section_page(request, number, key)
    if request.method == "POST":
        kept_posts.keep(request)
    return redirect_to_login(request.path)


@dataclass
class Writing:
    """One person's work on one section."""

    request: MunicipalRequest
    report: Report
    section: Section

    @property
    def user(self) -> User:
        """Who writes."""
        return self.request.membership.user

    @property
    def url(self) -> str:
        """The section's address."""
        return reverse(
            "reporting:report_section", args=[self.report.round_id, self.section.key]
        )

    def typed(self, posted: Mapping[str, str]) -> Typed:
        """Return what comes from the page."""
        answers = verbs.typed_in(self.report.round.read, self.section.key, posted)
        seen = whole_number(posted.get("seen"))
        return Typed(answers, seen, base_in(posted.get("base", "")))


def section_of(form: Form, key: str) -> Section:
    """Return the section with the key, or 404."""
    for section in form.sections:
        if section.key == key:
            return section
    raise Http404


@requires(Capability.ANSWER)
def section_page(request: MunicipalRequest, number: int, key: str) -> HttpResponse:
    """Show the section to those who may fill it in."""
    if request.method == "POST" and is_about_another(request):
        return go_home(request)
    found, report = find_round(request, number)
    section = section_of(found.read, key)
    if report is None:
        return redirect("reporting:report_detail", number)
    writing = Writing(request, report, section)
    if request.method == "POST":
        return take(writing)
    if not report.is_open:
        return read_only(writing)
    if kept := kept_posts.take(request, request.organisation.code):
        return take_up(writing, kept)
    return page(writing, work_on(report), is_checked=CHECK in request.GET)


def take_up(writing: Writing, kept: kept_posts.Kept) -> HttpResponse:
    """Save what was posted when the session had ended."""
    text = _("What you wrote when you were logged out is here. Read it through and go on.")
    if kept.had_files:
        text = _(
            "What you wrote when you were logged out is here. Choose your files again, "
            "they could not be kept."
        )
    response = keep(writing, writing.typed(kept.posted))
    if response is None:
        messages.success(writing.request, text)
    return response or redirect(writing.url)


def take(writing: Writing) -> HttpResponse:
    """Save what is posted, and go where the button says."""
    request, report = writing.request, writing.report
    if response := keep(writing, writing.typed(request.POST)):
        return response
    wrong = change_files(writing)
    if wrong:
        return page(writing, work_on(report), is_checked=True, of_files=wrong)
    todo = request.POST.get("do", "files" if "remove" in request.POST else "save")
    keys = [section.key for section in report.round.read.sections]
    place = keys.index(writing.section.key) + {"next": 1, "previous": -1}.get(todo, 0)
    if todo in {"next", "previous"}:
        if 0 <= place < len(keys):
            return redirect("reporting:report_section", report.round_id, keys[place])
        return redirect("reporting:report_detail", report.round_id)
    if todo == "files":  # the button says where on the page
        return redirect(writing.url)
    messages.success(request, _("The section is saved."))
    return redirect(f"{writing.url}?{CHECK}")


def keep(writing: Writing, typed: Typed) -> HttpResponse | None:
    """Save what is typed, or return the page that says why not, with what is typed."""
    request, report = writing.request, writing.report
    try:
        saved = save_together(report, writing.section, typed, by=writing.user)
    except Clash as clash:
        return merge_page(writing, clash)
    except Refused as refused:
        messages.error(request, sentence(refused))
        return not_saved(writing, typed)
    if saved.together_with:
        text = _("%(name)s has also saved. What you have written is put together.")
        messages.info(request, text % {"name": saved.together_with})
    return None


def change_files(writing: Writing) -> dict[str, list[str]]:
    """Add the files that were chosen, or remove one. Return what is wrong, by question."""
    request, report = writing.request, writing.report
    wrong: dict[str, list[str]] = {}
    if removed := row_id(request.POST.get("remove")):
        try:
            verbs.remove_file(report, removed)
        except Refused as refused:  # sent in by somebody else, a moment ago
            messages.error(request, sentence(refused))
    asked = [each for each in writing.section.questions if each.kind is Kind.FILE]
    chosen = [each.key for each in asked if each.key in request.FILES]
    if not may_send_files(request):
        return {key: [str(TOO_MANY)] for key in chosen}
    for question in asked:
        for file in request.FILES.getlist(question.key):
            faults = [message for each in judge([file]) for message in each.messages]
            if not faults:
                try:
                    verbs.add_file(report, question.key, file, by=writing.user)
                except Refused as refused:
                    faults = [sentence(refused)]
            if faults:
                told = wrong.setdefault(question.key, [])
                told += [fault for fault in faults if fault not in told]
    return wrong


def page(
    writing: Writing,
    work: Work,
    *,
    is_checked: bool = False,
    of_files: Mapping[str, Sequence[str]] | None = None,
) -> HttpResponse:
    """Show a section to be filled in; with what is wrong, where it is asked for."""
    request, report, section = writing.request, writing.report, writing.section
    planned = planned_of(report.round.grant, request.organisation)
    row = work.sections[section.key]
    shown = work.review if is_checked else replace(work.review, findings=())
    drawn = dressed(draw_section(work.form, section, work.answers, shown), work, planned)
    found = []
    if is_checked:
        own = replace(work.review, findings=work.review.of_section(section.key))
        found = mistakes(work.form, own)
    if of_files:
        drawn, more = with_file_errors(drawn, of_files)
        found += more
    completion = completion_of(report)
    progress = progress_of(work, completion)
    context = context_of(request, report.round, report)
    context |= surroundings(progress, section) | {
        "page_title": section.title,
        "work": work,
        "facts": work.facts if asks_for_money(section) else None,
        "drawn": drawn,
        "mistakes": found,
        "sources": sources(drawn),
        "row": row,
        "base": as_base(row.answers),
        "saved_at": said_at(row),
        "other": who_else(row, writing.user),
        "completion": completion
        if completion and section.key in completion.sections
        else None,
        "accept": ACCEPT,
        "most_files": verbs.MOST_FILES,
    }
    return TemplateResponse(request, "reporting/report_section.html", context)


def surroundings(progress: Progress, section: Section) -> dict[str, Any]:
    """Return where a section stands among the others."""
    before, after = progress.beside(section.key)
    return {
        "progress": progress,
        "step": next(each for each in progress.steps if each.section.key == section.key),
        "before": before,
        "after": after,
    }


def with_file_errors(
    drawn: DrawnSection, wrong: Mapping[str, Sequence[str]]
) -> tuple[DrawnSection, list[Mistake]]:
    """Return the section with what is wrong with files, and the summary's part of it."""
    found: list[Mistake] = []
    questions = []
    for asked in drawn.questions:
        errors = tuple(wrong.get(asked.question.key, ()))
        found += [Mistake(error, id_of(asked.question.key)) for error in errors]
        questions.append(replace(asked, errors=(*asked.errors, *errors)))
    return replace(drawn, questions=tuple(questions)), found


def said_at(row: ReportSection) -> str:
    """Return the time of day when the section was saved, or nothing."""
    if row.edited_at is None:
        return ""
    return timezone.localtime(row.edited_at).strftime("%H.%M")


def who_else(row: ReportSection, user: User) -> User | None:
    """Return who else has just saved the section and may be writing in it."""
    if row.edited_at is None or row.edited_by_id == user.pk:
        return None
    return row.edited_by if timezone.now() - row.edited_at < WRITES_NOW else None


def read_only(writing: Writing) -> HttpResponse:
    """Show a section of what has been sent in."""
    work = work_on(writing.report)
    section = writing.section
    context = context_of(writing.request, writing.report.round, writing.report)
    context |= surroundings(progress_of(work, None), section) | {
        "page_title": section.title,
        "sections": [draw_section(work.form, section, work.answers)],
    }
    return TemplateResponse(writing.request, "reporting/report_section_read.html", context)


def not_saved(writing: Writing, typed: Typed) -> HttpResponse:
    """Show what could not be saved, since the report is sent in: nobody types it again."""
    work = work_on(writing.report)
    form, section = work.form, writing.section
    files = {key: text for key, text in work.answers.items() if key in work.files}
    context = context_of(writing.request, writing.report.round, writing.report)
    context |= surroundings(progress_of(work, None), section) | {
        "page_title": section.title,
        "sections": [draw_section(form, section, {**files, **typed.answers})],
        "is_unsaved": True,
    }
    return TemplateResponse(writing.request, "reporting/report_section_read.html", context)


# Two at once ------------------------------------------------------------------------------


def merge_page(writing: Writing, clash: Clash) -> HttpResponse:
    """Let somebody choose where two have written. It posts to the section as it stands.

    What it was put together with is its base, so that a third save in between is met in
    the same way.
    """
    chosen = {conflict.field.name for conflict in clash.conflicts}
    context = context_of(writing.request, writing.report.round, writing.report) | {
        "page_title": _("Put together: %(section)s") % {"section": writing.section.title},
        "section": writing.section,
        "theirs": clash.theirs,
        "choices": choices_of(writing.report.round.read, clash),
        "others": {
            name: said for name, said in clash.answers.items() if name not in chosen
        },
        "base": as_base(clash.theirs.answers),
        "url": writing.url,
    }
    return TemplateResponse(writing.request, "reporting/report_merge.html", context)


# Saving while typing ----------------------------------------------------------------------


@requires(Capability.ANSWER)
@require_POST
def report_section_save(request: MunicipalRequest, number: int, key: str) -> HttpResponse:
    """Save what is being typed, and say when.

    Where others have written meanwhile nothing is saved: the page says so, and what is
    typed in it is put together with theirs when it is posted.
    """
    if is_about_another(request):
        return JsonResponse({"message": elsewhere(request)}, status=409)
    report = find_report(request, number)
    writing = Writing(request, report, section_of(report.round.read, key))
    typed = writing.typed(request.POST)
    try:
        saved = save_alone(report, writing.section, typed, by=writing.user)
    except Conflict as conflict:
        text = _(
            "%(name)s has also saved this section. What you write is not saved until you "
            "press “Put together and save”."
        )
        message = text % {"name": conflict.section.edited_by or report.round.grant.body}
        return JsonResponse({"message": message, "merge": True}, status=409)
    except Refused as refused:
        return JsonResponse({"message": sentence(refused)}, status=409)
    text = _("Saved %(time)s") % {"time": said_at(saved.section)}
    return JsonResponse(
        {
            "message": text,
            "seen": str(saved.section.version),
            "base": as_base(saved.section.answers),
        }
    )


# Files ------------------------------------------------------------------------------------


@requires(Capability.ANSWER)
@require_safe
def report_file(request: MunicipalRequest, number: int, pk: int) -> HttpResponseBase:
    """Return a file of the municipality's report, also one of an earlier version."""
    file = get_object_or_404(
        ReportFile.objects.filter(
            Q(is_removed=False) | Exists(ReportVersion.objects.filter(files=OuterRef("pk")))
        ).select_related("file"),
        pk=pk,
        report__round=number,
        report__municipality=request.organisation,
    )
    return download(request, file.file)
