"""Report forms: read one as it will be read, build it, try it and take it into use."""

from collections.abc import Callable
from typing import Any

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
from municipalities.formsets import unchecked, wants_row, with_one_more_row
from municipalities.history import history_page
from municipalities.numbers import grouped
from reporting import form_building as building
from reporting import form_editing as editing
from reporting.form_building import HasProblemsError, NotADraftError
from reporting.form_building_forms import (
    CheckForm,
    Checks,
    HeadForm,
    QuestionForm,
    SectionForm,
    StartForm,
    names_in,
)
from reporting.form_editing import EditError
from reporting.models import ReportForm, ReportFormVersion
from reporting.ready_made_forms import FACTS
from reporting.report_fields import draw, mistakes, remarks
from reporting.report_form import (
    Form,
    Kind,
    Option,
    Question,
    review,
    whole_number,
    with_purposes,
)
from reporting.report_words import edit_in_words, problem_in_words

STEPS = {"up": -1, "down": 1}
CHECKS = "checks"
TRIED_FACT = 100_000
"""Kronor that a preview starts from."""


def find(request: StaffRequest, pk: int) -> ReportForm:
    """Return the body's own form, or 404."""
    own = ReportForm.objects.of_body(request.organisation)
    found: ReportForm = get_object_or_404(own, pk=pk)
    return found


def draft_of(form: ReportForm) -> ReportFormVersion:
    """Return the form's draft, or 404: what is in use is not written on."""
    latest = building.latest_of(form)
    if not latest.is_draft:
        raise Http404
    return latest


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
    asked = request.GET.get("version", "")
    version = next((each for each in versions if str(each.number) == asked), versions[0])
    if asked and str(version.number) != asked:
        raise Http404
    form = version.read
    context = {
        "page_title": report_form.title,
        "report_form": report_form,
        "version": version,
        "versions": versions,
        "form": form,
        "sections": draw(form, {}),
        "problems": told_problems(form) if version.is_draft else [],
        "is_empty": not form.sections,
        "seen": Seen(*building.events(report_form)).version,
    }
    return TemplateResponse(request, "reporting/report_form_detail.html", context)


def told_problems(form: Form) -> list[str]:
    """Return all that must be mended, in words."""
    return [problem_in_words(each, form) for each in building.problems_of(form)]


# Words -----------------------------------------------------------------------------------


def save_step(
    request: StaffRequest,
    report_form: ReportForm,
    form: SeenForm,
    step: Callable[[Form], Form],
    *others: Any,
) -> bool:
    """Return whether the step was saved; otherwise the form says why not."""
    with transaction.atomic():
        ReportForm.objects.select_for_update(of=("self",)).get(pk=report_form.pk)
        are_valid = [each.is_valid() for each in (form, *others)]
        seen = Seen(*building.events(report_form))
        if form.object_if_changed(seen) or not all(are_valid):
            return False
        try:
            building.change(report_form, step)
        except EditError as error:
            form.add_error(None, edit_in_words(error))
            return False
        except NotADraftError:
            form.add_error(
                None,
                _("The form has been taken into use meanwhile. Start a new version."),
            )
            return False
    messages.success(request, _("Saved."))
    return True


def edit_page(
    request: StaffRequest,
    report_form: ReportForm,
    form: Any,
    *,
    title: str,
    template: str = "reporting/report_form_edit.html",
    place: str = "",
    **more: Any,
) -> HttpResponse:
    """Return a page that changes a draft."""
    context = {
        "report_form": report_form,
        "form": form,
        "page_title": title,
        "cancel_url": report_form.get_absolute_url() + place,
    }
    return TemplateResponse(request, template, context | more)


def seen_of(report_form: ReportForm) -> dict[str, str]:
    """Return what a form carries to tell whether somebody else has saved."""
    return {"seen": Seen(*building.events(report_form)).version}


@requires(Capability.EDIT)
def report_form_head(request: StaffRequest, pk: int) -> HttpResponse:
    """Change the heading, the kind and the introduction."""
    report_form = find(request, pk)
    read = draft_of(report_form).read
    initial = {
        "title": read.title,
        "introduction": read.introduction,
        "kind": report_form.kind,
    }
    form = HeadForm(request.POST or None, initial=initial | seen_of(report_form))

    def step(found: Form) -> Form:
        facts = form.cleaned_data
        if facts["kind"] != report_form.kind:
            report_form.kind = facts["kind"]
            report_form.save(update_fields=["kind"])
        return Form(facts["title"], found.sections, found.checks, facts["introduction"])

    if request.method == "POST" and save_step(request, report_form, form, step):
        return redirect(report_form)
    return edit_page(request, report_form, form, title=_("Heading and introduction"))


@requires(Capability.EDIT)
def report_form_section(request: StaffRequest, pk: int, key: str = "") -> HttpResponse:
    """Add a section, or change its words."""
    report_form = find(request, pk)
    read = draft_of(report_form).read
    section = next((each for each in read.sections if each.key == key), None)
    if key and section is None:
        raise Http404
    initial = SectionForm.initial_of(section) if section else {}
    form = SectionForm(request.POST or None, initial=initial | seen_of(report_form))

    def step(found: Form) -> Form:
        title, text = form.cleaned_data["title"], form.cleaned_data["help"]
        if section:
            return editing.change_section(found, section.key, title, text)
        return editing.add_section(found, title, text)

    if request.method == "POST" and save_step(request, report_form, form, step):
        return redirect(report_form)
    title = _("Change the section") if section else _("New section")
    return edit_page(
        request, report_form, form, title=title, place=f"#avsnitt-{key}" if key else ""
    )


@requires(Capability.EDIT)
def report_form_add(request: StaffRequest, pk: int, key: str) -> HttpResponse:
    """Add a question to the section with the key."""
    report_form = find(request, pk)
    read = draft_of(report_form).read
    if key not in {each.key for each in read.sections}:
        raise Http404
    before = [
        question
        for section in read.sections[: [s.key for s in read.sections].index(key) + 1]
        for question in section.questions
    ]
    asked = request.GET.get("slag", "")
    initial = {"kind": asked if asked in set(Kind) else Kind.TEXT.value}
    return question_page(
        request,
        report_form,
        QuestionForm(
            request.POST if request.method == "POST" else None,
            before=before,
            initial=initial | seen_of(report_form),
        ),
        lambda found, question: editing.add_question(found, key, question),
        title=_("New question"),
        place=f"#avsnitt-{key}",
    )


@requires(Capability.EDIT)
def report_form_question(request: StaffRequest, pk: int, key: str) -> HttpResponse:
    """Change a question."""
    report_form = find(request, pk)
    questions = draft_of(report_form).read.questions
    keys = [each.key for each in questions]
    if key not in keys:
        raise Http404
    known = questions[keys.index(key)]
    return question_page(
        request,
        report_form,
        QuestionForm(
            request.POST if request.method == "POST" else None,
            known=known,
            before=questions[: keys.index(key)],
            initial=QuestionForm.initial_of(known) | seen_of(report_form),
        ),
        lambda found, question: editing.change_question(found, key, question),
        title=_("Change the question"),
        place=f"#fraga-{key}",
    )


def question_page(
    request: StaffRequest,
    report_form: ReportForm,
    form: QuestionForm,
    put: Callable[[Form, Question], Form],
    *,
    title: str,
    place: str,
) -> HttpResponse:
    """Save the question, or show it: anew with other fields where its kind has changed."""
    if form.is_bound and form.changes_kind:
        unchecked(form)
    elif form.is_bound and save_step(
        request, report_form, form, lambda found: put(found, form.question())
    ):
        return redirect(report_form.get_absolute_url() + place)
    return edit_page(
        request,
        report_form,
        form,
        title=title,
        template="reporting/report_form_question.html",
        place=place,
    )


@requires(Capability.EDIT)
def report_form_checks(request: StaffRequest, pk: int) -> HttpResponse:
    """Write the calculated checks, all on one page."""
    report_form = find(request, pk)
    read = draft_of(report_form).read
    kwargs: dict[str, Any] = {"form_kwargs": {"known": read}}
    formset: Any
    if wants_row(request, CHECKS):
        form = unchecked(SeenForm(request.POST))
        formset = with_one_more_row(Checks, request, CHECKS, **kwargs)
    elif request.method == "POST":
        form = SeenForm(request.POST)
        formset = Checks(request.POST, prefix=CHECKS, **kwargs)
        if save_step(
            request,
            report_form,
            form,
            lambda found: editing.put_checks(found, formset.checks()),
            formset,
        ):
            return redirect(report_form.get_absolute_url() + "#kontroller")
    else:
        form = SeenForm(initial=seen_of(report_form))
        initial = [CheckForm.initial_of(each) for each in read.checks]
        formset = Checks(prefix=CHECKS, initial=initial, **kwargs)
        formset.extra = 0 if initial else 1
    return edit_page(
        request,
        report_form,
        form,
        title=_("Checks"),
        template="reporting/report_form_checks.html",
        place="#kontroller",
        formset=formset,
        names=names_in(read),
    )


# Order -----------------------------------------------------------------------------------


@requires(Capability.EDIT)
@require_POST
def report_form_move(request: StaffRequest, pk: int) -> HttpResponse:
    """Move a section or a question up or down."""
    report_form = find(request, pk)
    key, step = request.POST.get("key", ""), STEPS.get(request.POST.get("step", ""), 0)
    is_section = request.POST.get("what") == "section"
    move = editing.move_section if is_section else editing.move_question
    done = obey(request, report_form, lambda found: move(found, key, step))
    anchor = f"#{'avsnitt' if is_section else 'fraga'}-{key}" if done else ""
    return redirect(report_form.get_absolute_url() + anchor)


@requires(Capability.EDIT)
def report_form_remove(request: StaffRequest, pk: int, what: str, key: str) -> HttpResponse:
    """Remove a section or a question, when somebody has said yes."""
    report_form = find(request, pk)
    read = draft_of(report_form).read
    try:
        if what == "avsnitt":
            section = editing.section(read, key)
            title, name = _("Remove the section?"), section.title
            count = len(section.questions)
        else:
            title, name = _("Remove the question?"), editing.question(read, key).label
            count = 1
    except EditError as error:
        raise Http404 from error
    if request.method == "POST":
        remove = editing.remove_section if what == "avsnitt" else editing.remove_question
        if obey(request, report_form, lambda found: remove(found, key)):
            messages.success(request, _("“%(name)s” is removed.") % {"name": name})
        return redirect(report_form)
    context = {
        "report_form": report_form,
        "page_title": title,
        "name": name,
        "count": count,
        "is_section": what == "avsnitt",
        "seen": Seen(*building.events(report_form)).version,
        "cancel_url": report_form.get_absolute_url(),
    }
    return TemplateResponse(request, "reporting/report_form_remove.html", context)


def obey(
    request: StaffRequest, report_form: ReportForm, step: Callable[[Form], Form]
) -> bool:
    """Make a step that a button asks for, or say why not."""
    with transaction.atomic():
        ReportForm.objects.select_for_update(of=("self",)).get(pk=report_form.pk)
        seen = Seen(*building.events(report_form))
        objection = seen.objection(request.POST.get("seen", ""))
        if objection:
            messages.error(request, " ".join(objection.messages))
            return False
        try:
            building.change(report_form, step)
        except EditError as error:
            messages.error(request, edit_in_words(error))
            return False
        except NotADraftError:
            messages.error(
                request,
                _("The form has been taken into use meanwhile. Start a new version."),
            )
            return False
    return True


# Try -------------------------------------------------------------------------------------


@requires(Capability.VIEW)
def report_form_preview(request: StaffRequest, pk: int) -> HttpResponse:
    """Let somebody fill the form in and see the checks work. Nothing is saved."""
    report_form = find(request, pk)
    version = version_asked(request, report_form)
    purposes = [
        Option("syfte_1", _("The grant's first purpose")),
        Option("syfte_2", _("The grant's second purpose")),
    ]
    form = with_purposes(version.read, purposes)
    answers = {name: str(text) for name, text in request.POST.items()}
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


def version_asked(request: HttpRequest, report_form: ReportForm) -> ReportFormVersion:
    """Return the version that the address names, else the latest."""
    number = request.GET.get("version", "")
    if not number:
        return building.latest_of(report_form)
    for version in report_form.versions.all():
        if str(version.number) == number:
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
    draft = draft_of(report_form)
    events = building.events(report_form)
    if request.method == "POST":
        with transaction.atomic():
            ReportForm.objects.select_for_update(of=("self",)).get(pk=report_form.pk)
            objection = Seen(*events).objection(request.POST.get("seen", ""))
            if objection:
                messages.error(request, " ".join(objection.messages))
                return redirect("reporting:report_form_fix", report_form.pk)
            try:
                building.fix(report_form, by=request.user)
            except HasProblemsError:
                messages.error(request, _("The form cannot be taken into use yet."))
            else:
                messages.success(request, _("The form is in use. It stays as it is."))
        return redirect(report_form)
    problems = told_problems(draft.read)
    context = {
        "report_form": report_form,
        "version": draft,
        "problems": problems,
        "page_title": _("Take the form into use?"),
        "seen": Seen(*events).version,
        "cancel_url": report_form.get_absolute_url(),
    }
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
    draft = draft_of(report_form)
    if request.method == "POST":
        is_left = building.discard(report_form)
        messages.success(request, _("The draft is thrown away."))
        return redirect(report_form if is_left else "reporting:report_form_list")
    if draft.number > 1:
        message = _("The versions that are in use stay.")
    else:
        message = _("It has no other version: the whole form goes away.")
    context = {
        "report_form": report_form,
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
        title=_("History of the form"),
        back_url=report_form.get_absolute_url(),
        related=[(ReportFormVersion, "form")],
    )
