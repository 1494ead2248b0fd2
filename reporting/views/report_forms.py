"""Report forms: read one as it will be read, try it, take it into use, and its versions.

What writes on a draft is ``report_form_editing``.
"""

from collections.abc import Iterable

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from grants.forms.base import SeenForm
from municipalities.access import Capability, StaffRequest, requires
from municipalities.editing import Seen
from municipalities.history import history_page
from municipalities.numbers import grouped
from municipalities.templatetags.ui import Mistake
from reporting import form_building as building
from reporting.answer_review import review, whole_number
from reporting.form_building import HasProblemsError
from reporting.form_building_forms import StartForm
from reporting.form_problems import OF_SECTIONS, Problem
from reporting.models import ReportForm, ReportFormVersion
from reporting.ready_made_forms import FACTS
from reporting.report_fields import draw, mistakes, remarks
from reporting.report_form import Form, Option, with_purposes
from reporting.report_words import problem_in_words

TRIED_FACT = 100_000
"""Kronor that a preview starts from."""


def find(request: StaffRequest, pk: int) -> ReportForm:
    """Return the body's own form, or 404."""
    own = ReportForm.objects.of_body(request.organisation)
    found: ReportForm = get_object_or_404(own, pk=pk)
    return found


def draft_of(request: HttpRequest, form: ReportForm) -> ReportFormVersion:
    """Return the form's draft, or 404: what is in use is not written on.

    To whom posts, it is said by the page: what is typed is not lost where somebody has
    taken the form into use meanwhile.
    """
    latest = building.latest_of(form)
    if not latest.is_draft and request.method != "POST":
        raise Http404
    return latest


def lock(form: ReportForm) -> None:
    """Keep others from the form to the end of the transaction; 404 if it is gone."""
    get_object_or_404(ReportForm.objects.select_for_update(of=("self",)), pk=form.pk)


def in_use() -> str:
    """Return why nothing was done to a draft that is one no longer."""
    return _("The form has been taken into use meanwhile. Start a new version.")


def seen_now(form: ReportForm) -> Seen:
    """Return where the form stands, for whoever saves at the same time."""
    return Seen(*building.events(form))


def seen_of(form: ReportForm) -> dict[str, str]:
    """Return what a page carries to tell whether somebody else has saved."""
    return {"seen": seen_now(form).version}


@requires(Capability.VIEW)
@require_safe
def report_form_list(request: StaffRequest) -> HttpResponse:
    """Show the body's forms, each with its latest version."""
    versions = (
        ReportFormVersion.objects.of_body(request.organisation)
        .latest_of_each()
        .select_related("form")
        .order_by("form__title", "form__pk")
    )
    context = {"page_title": _("Report forms"), "versions": list(versions)}
    return TemplateResponse(request, "reporting/report_form_list.html", context)


@requires(Capability.EDIT)
def report_form_create(request: StaffRequest) -> HttpResponse:
    """Make a form from a ready-made one, from one of last year's, or from nothing."""
    body = request.organisation
    versions = (
        ReportFormVersion.objects.of_body(body)
        .fixed()
        .select_related("form")
        .order_by("form__title", "form__pk", "-number")
    )
    form = StartForm(
        request.POST or None,
        versions=versions,
        initial={"kind": "final", "start": "final"},
    )
    if form.is_valid():
        made = building.start(body, form.source(), kind=form.cleaned_data["kind"])
        messages.success(request, _("The form is made. Read it through and change it."))
        return redirect(made)
    context = {
        "form": form,
        "page_title": _("New report form"),
        "cancel_url": reverse("reporting:report_form_list"),
    }
    return TemplateResponse(request, "reporting/report_form_start.html", context)


@requires(Capability.VIEW)
@require_safe
def report_form_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a form as the municipalities will read it; a draft with what changes it."""
    report_form = find(request, pk)
    versions = list(report_form.versions.select_related("fixed_by"))
    version = version_asked(request, versions)
    form = version.read
    context = {
        "page_title": report_form.title,
        "report_form": report_form,
        "version": version,
        "versions": versions,
        "form": form,
        "sections": draw(form, {}),
        "first": form.sections[0].questions[:1] if form.sections else (),
        "last": form.sections[-1].questions[-1:] if form.sections else (),
        "problems": told_problems(form) if version.is_draft else [],
    } | seen_of(report_form)
    return TemplateResponse(request, "reporting/report_form_detail.html", context)


def told_problems(form: Form) -> list[Mistake]:
    """Return all that must be mended, each with where on the form's page it is."""
    return [
        Mistake(problem_in_words(each, form), place_of(each, form))
        for each in building.problems_of(form)
    ]


def place_of(problem: Problem, form: Form) -> str:
    """Return the id of what has the problem; nothing for the form as a whole."""
    if form.question(problem.where) and problem.code not in OF_SECTIONS:
        return f"fraga-{problem.where}"
    if any(section.key == problem.where for section in form.sections):
        return f"avsnitt-{problem.where}"
    return "kontroller" if problem.where else ""


# Try -------------------------------------------------------------------------------------


@requires(Capability.VIEW)
def report_form_preview(request: StaffRequest, pk: int) -> HttpResponse:
    """Let somebody fill the form in and see the checks work. Nothing is saved."""
    report_form = find(request, pk)
    version = version_asked(request, report_form.versions.all())
    purposes = [
        Option("syfte_1", _("The grant's first purpose")),
        Option("syfte_2", _("The grant's second purpose")),
    ]
    form = with_purposes(version.read, purposes)
    answers = {name: str(text) for name, text in request.POST.items()}
    for name in request.FILES:
        answers[name] = ", ".join(file.name or "" for file in request.FILES.getlist(name))
    facts = facts_tried(request)
    found = None
    if request.method == "POST":
        # A fact that cannot be read is as one that is not known.
        known = {name: value for name, _text, value in facts if value is not None}
        found = review(form, answers, known)
    context = {
        "page_title": _("Try the form"),
        "report_form": report_form,
        "version": version,
        "form": form,
        "sections": draw(form, answers, found),
        "facts": facts,
        "review": found,
        "mistakes": mistakes(form, found) if found else [],
        "across": list(remarks(found.of_section(""))) if found else [],
        "problems": told_problems(version.read) if version.is_draft else [],
    }
    return TemplateResponse(request, "reporting/report_form_preview.html", context)


def version_asked(
    request: HttpRequest, versions: Iterable[ReportFormVersion]
) -> ReportFormVersion:
    """Return the version that the address names, or 404; if none, the latest, first."""
    number = request.GET.get("version", "")
    for version in versions:
        if number in {"", str(version.number)}:
            return version
    raise Http404


def facts_tried(request: HttpRequest) -> list[tuple[str, str, int | None]]:
    """Return the sums of the ledger that are tried: name, as typed, and the number."""
    tried = []
    for name in FACTS:
        text = request.POST.get(f"fakta.{name}", grouped(TRIED_FACT))
        try:
            value: int | None = whole_number(text)
        except ValueError:
            value = None
        tried.append((name, text, value))
    return tried


# Versions --------------------------------------------------------------------------------


@requires(Capability.EDIT)
def report_form_fix(request: StaffRequest, pk: int) -> HttpResponse:
    """Take the draft into use, when somebody has said yes."""
    report_form = find(request, pk)
    draft = draft_of(request, report_form)
    if request.method == "POST":
        with transaction.atomic():
            lock(report_form)
            if not building.latest_of(report_form).is_draft:
                messages.info(request, _("The form is in use already."))
                return redirect(report_form)
            seen = seen_now(report_form)
            if objection := seen.objection(request.POST.get("seen", "")):
                messages.error(request, " ".join(objection.messages))
                return redirect("reporting:report_form_fix", report_form.pk)
            try:
                building.fix(report_form, by=request.user)
            except HasProblemsError:
                messages.error(request, _("The form cannot be taken into use yet."))
            else:
                messages.success(request, _("The form is in use. It stays as it is."))
        return redirect(report_form)
    context = {
        "report_form": report_form,
        "version": draft,
        "problems": told_problems(draft.read),
        "page_title": _("Take the form into use?"),
        "cancel_url": report_form.get_absolute_url(),
    } | seen_of(report_form)
    return TemplateResponse(request, "reporting/report_form_fix.html", context)


@requires(Capability.EDIT)
@require_POST
def report_form_revise(request: StaffRequest, pk: int) -> HttpResponse:
    """Start a new version of a form that is in use."""
    report_form = find(request, pk)
    building.revise(report_form)
    messages.success(request, _("A new version is started. What is in use stays as it is."))
    return redirect(report_form)


@requires(Capability.EDIT)
def report_form_discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw a draft away, when somebody has said yes."""
    report_form = find(request, pk)
    draft = draft_of(request, report_form)
    form = SeenForm(request.POST or None, initial=seen_of(report_form))
    if request.method == "POST":
        with transaction.atomic():
            lock(report_form)
            if not building.latest_of(report_form).is_draft:
                messages.error(request, in_use())
                return redirect(report_form)
            form.is_valid()
            if not form.object_if_changed(seen_now(report_form)):
                is_left = building.discard(report_form)
                messages.success(request, _("The draft is thrown away."))
                return redirect(report_form if is_left else "reporting:report_form_list")
    if draft.number > 1:
        message = _("The versions that are in use stay.")
    else:
        message = _("It has no other version: the whole form goes away.")
    context = {
        "report_form": report_form,
        "form": form,
        "page_title": _("Throw the draft away?"),
        "message": message,
        "submit": _("Throw the draft away"),
        "cancel_url": report_form.get_absolute_url(),
    }
    return TemplateResponse(request, "reporting/report_form_discard.html", context)


@requires(Capability.VIEW)
@require_safe
def report_form_history(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what was done with a form and its versions."""
    report_form = find(request, pk)
    return history_page(
        request,
        report_form,
        title=report_form.title,
        back_url=report_form.get_absolute_url(),
        related=[(ReportFormVersion, "form")],
    )
