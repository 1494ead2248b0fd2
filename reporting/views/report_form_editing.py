"""Write on the draft of a report form: its words, its questions, its checks, their order.

Whoever saves has seen what the others have saved. What cannot be saved, since somebody has
taken the form into use or removed the question meanwhile, is shown again with the reason.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from grants.forms.base import SeenForm
from municipalities.access import Capability, StaffRequest, requires
from municipalities.formsets import unchecked, wants_row, with_one_more_row
from reporting import form_building as building
from reporting import form_editing as editing
from reporting.form_building_forms import (
    CheckForm,
    Checks,
    HeadForm,
    QuestionForm,
    SectionForm,
    names_in,
    without_name_in,
)
from reporting.form_editing import EditError
from reporting.models import ReportForm
from reporting.report_form import Form, Kind, Question
from reporting.report_words import edit_in_words
from reporting.views.report_forms import (
    draft_of,
    find,
    in_use,
    lock,
    seen_now,
    seen_of,
)

STEPS = {"up": -1, "down": 1}
CHECKS = "checks"


def save_step(
    request: StaffRequest,
    report_form: ReportForm,
    form: SeenForm,
    step: Callable[[Form], Form],
    *others: Any,
) -> bool:
    """Return whether the step was saved; otherwise the form says why not."""
    with transaction.atomic():
        lock(report_form)
        are_valid = [each.is_valid() for each in (form, *others)]
        if not building.latest_of(report_form).is_draft:
            form.add_error(None, in_use())
            return False
        if form.object_if_changed(seen_now(report_form)) or not all(are_valid):
            return False
        try:
            building.change(report_form, step)
        except EditError as error:
            form.add_error(None, edit_in_words(error))
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


# Words -----------------------------------------------------------------------------------


@requires(Capability.EDIT)
def report_form_head(request: StaffRequest, pk: int) -> HttpResponse:
    """Change the heading and the introduction, and the kind until a version is in use."""
    report_form = find(request, pk)
    draft = draft_of(request, report_form)
    read = draft.read
    initial = {
        "title": read.title,
        "introduction": read.introduction,
        "kind": report_form.kind,
    }
    form = HeadForm(request.POST or None, initial=initial | seen_of(report_form))
    if draft.number > 1:  # a round of the kind is proposed what is in use
        del form.fields["kind"]

    def step(found: Form) -> Form:
        facts = form.cleaned_data
        kind = facts.get("kind", report_form.kind)
        if kind != report_form.kind:
            report_form.kind = kind
            report_form.save(update_fields=["kind"])
        return replace(found, title=facts["title"], introduction=facts["introduction"])

    if request.method == "POST" and save_step(request, report_form, form, step):
        return redirect(report_form)
    return edit_page(request, report_form, form, title=_("Heading and introduction"))


@requires(Capability.EDIT)
def report_form_section(request: StaffRequest, pk: int, key: str = "") -> HttpResponse:
    """Add a section, or change its words."""
    report_form = find(request, pk)
    read = draft_of(request, report_form).read
    section = next((each for each in read.sections if each.key == key), None)
    if key and section is None and request.method != "POST":
        raise Http404
    initial = SectionForm.initial_of(section) if section else {}
    form = SectionForm(request.POST or None, initial=initial | seen_of(report_form))

    def step(found: Form) -> Form:
        title, text = form.cleaned_data["title"], form.cleaned_data["help"]
        if key:
            return editing.change_section(found, key, title, text)
        return editing.add_section(found, title, text)

    if request.method == "POST" and save_step(request, report_form, form, step):
        return redirect(report_form)
    title = _("Change the section") if key else _("New section")
    return edit_page(
        request, report_form, form, title=title, place=f"#avsnitt-{key}" if key else ""
    )


@requires(Capability.EDIT)
def report_form_add(request: StaffRequest, pk: int, key: str) -> HttpResponse:
    """Add a question to the section with the key."""
    report_form = find(request, pk)
    read = draft_of(request, report_form).read
    keys = [each.key for each in read.sections]
    if key not in keys and request.method != "POST":
        raise Http404
    place = keys.index(key) + 1 if key in keys else len(keys)
    before = [each for section in read.sections[:place] for each in section.questions]
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
    read = draft_of(request, report_form).read
    known = read.question(key)
    if known is None and request.method != "POST":
        raise Http404
    questions = read.questions
    before = questions[: questions.index(known)] if known else questions
    return question_page(
        request,
        report_form,
        QuestionForm(
            request.POST if request.method == "POST" else None,
            known=known,
            before=before,
            initial=(QuestionForm.initial_of(known) if known else {})
            | seen_of(report_form),
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
    read = draft_of(request, report_form).read
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
        without_name=without_name_in(read),
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
    read = draft_of(request, report_form).read
    try:
        if what == "avsnitt":
            section = editing.section(read, key)
            title, name = _("Remove the section?"), section.title
            gone = {each.key for each in section.questions}
        else:
            title, name = _("Remove the question?"), editing.question(read, key).label
            gone = {key}
    except EditError as error:
        if request.method != "POST":
            raise Http404 from error
        messages.error(request, edit_in_words(error))  # removed by somebody a moment ago
        return redirect(report_form)
    if request.method == "POST":
        remove = editing.remove_section if what == "avsnitt" else editing.remove_question
        if obey(request, report_form, lambda found: remove(found, key)):
            messages.success(request, _("“%(name)s” is removed.") % {"name": name})
        return redirect(report_form)
    context = {
        "report_form": report_form,
        "page_title": title,
        "name": name,
        "count": len(gone),
        "dependent": sum(
            each.key not in gone
            and each.condition is not None
            and each.condition.question in gone
            for each in read.questions
        ),
        "is_section": what == "avsnitt",
        "cancel_url": report_form.get_absolute_url(),
    } | seen_of(report_form)
    return TemplateResponse(request, "reporting/report_form_remove.html", context)


def obey(
    request: StaffRequest, report_form: ReportForm, step: Callable[[Form], Form]
) -> bool:
    """Make a step that a button asks for, or say why not."""
    with transaction.atomic():
        lock(report_form)
        if not building.latest_of(report_form).is_draft:
            messages.error(request, in_use())
            return False
        objection = seen_now(report_form).objection(request.POST.get("seen", ""))
        if objection:
            messages.error(request, " ".join(objection.messages))
            return False
        try:
            building.change(report_form, step)
        except EditError as error:
            messages.error(request, edit_in_words(error))
            return False
    return True
