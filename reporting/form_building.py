"""Build report forms: start one, write on its draft, take it into use.

A draft is written on by many; whoever saves has seen what the others saved (``editing``).
What is in use stays as it is: to change it is to start a new version.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from municipalities.editing import events_of
from municipalities.models import CoordinatingBody, User
from reporting.form_problems import Problem, problems
from reporting.models import ReportForm, ReportFormVersion
from reporting.ready_made_forms import FACTS
from reporting.report_form import Form, Option, dump, with_purposes

PURPOSE = Option("syfte", "Grant's purpose")
"""Stands for a grant's purposes while a form is judged."""


class HasProblemsError(Exception):
    """The form cannot be used as it is."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__(", ".join(problem.code for problem in found))
        self.found = found


class NotADraftError(Exception):
    """The version is in use, or gone: it is not written on."""


def empty(title: str) -> Form:
    """Return a form that asks nothing yet."""
    return Form(title, ())


@transaction.atomic
def start(body: CoordinatingBody, form: Form, *, kind: str) -> ReportForm:
    """Make a form with a first draft."""
    made = ReportForm.objects.create(body=body, title=form.title[:200], kind=kind)
    ReportFormVersion.objects.create(form=made, number=1, definition=dump(form))
    return made


def latest_of(form: ReportForm) -> ReportFormVersion:
    """Return the latest version, draft or not."""
    latest = form.versions.order_by("-number").first()
    assert latest is not None  # a form has a version from its first moment
    latest.form = form
    return latest


def events(form: ReportForm) -> list[QuerySet[Any]]:
    """Return all that was done with a form, for whoever saves at the same time."""
    return [
        events_of(ReportForm, pgh_obj_id=form.pk),
        events_of(ReportFormVersion, form_id=form.pk),
    ]


@transaction.atomic
def change(form: ReportForm, step: Callable[[Form], Form]) -> ReportFormVersion:
    """Change the draft by a step; the form is called what the draft is."""
    draft = _locked_draft(form)
    changed = step(draft.read)
    draft.definition = dump(changed)
    draft.save(update_fields=["definition"])
    title = changed.title[:200]
    if title.strip() and title != form.title:
        form.title = title
        form.save(update_fields=["title"])
    return draft


def problems_of(form: Form) -> list[Problem]:
    """Return all that must be mended before the form can be used.

    Tables without rows get the purposes of whichever grant it is that is reported on.
    """
    return problems(with_purposes(form, [PURPOSE]), FACTS)


@transaction.atomic
def fix(form: ReportForm, *, by: User) -> ReportFormVersion:
    """Take the draft into use; from then on it never changes."""
    draft = _locked_draft(form)
    if found := problems_of(draft.read):
        raise HasProblemsError(found)
    draft.status = ReportFormVersion.Status.FIXED
    draft.fixed_at = timezone.now()
    draft.fixed_by = by
    draft.save(update_fields=["status", "fixed_at", "fixed_by"])
    return draft


@transaction.atomic
def revise(form: ReportForm) -> ReportFormVersion:
    """Return the draft; where there is none, a new version is made from the latest."""
    ReportForm.objects.select_for_update(of=("self",)).get(pk=form.pk)
    latest = latest_of(form)
    if latest.is_draft:
        return latest
    return ReportFormVersion.objects.create(
        form=form, number=latest.number + 1, definition=latest.definition
    )


@transaction.atomic
def discard(form: ReportForm) -> bool:
    """Throw the draft away; return whether the form still has a version."""
    _locked_draft(form).delete()
    last = form.versions.aggregate(last=Max("number"))["last"]
    if last is None:
        form.delete()
        return False
    title = latest_of(form).read.title[:200]
    if title != form.title:
        form.title = title
        form.save(update_fields=["title"])
    return True


def _locked_draft(form: ReportForm) -> ReportFormVersion:
    """Return the draft, which nobody else writes on meanwhile."""
    ReportForm.objects.select_for_update(of=("self",)).get(pk=form.pk)
    draft = form.versions.filter(status=ReportFormVersion.Status.DRAFT).first()
    if draft is None:
        raise NotADraftError
    draft.form = form
    return draft
