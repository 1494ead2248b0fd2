"""Pages of grants: the overview, and one page for each kind of facts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import DatabaseError, transaction
from django.db.models import Model, ProtectedError, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grants import distribution as distributions
from grants.budget import budget_of
from grants.copying import copy_grant
from grants.filters import GrantFilter
from grants.forms import grants as forms
from grants.forms.base import Rows, SeenForm
from grants.models import (
    Agreement,
    BudgetLine,
    CarryOver,
    Deadline,
    DeadlineDone,
    Decision,
    Grant,
    GrantPart,
    Purpose,
)
from grants.parts import part_tables
from grants.steps import State, Versions, steps_of
from grants.tables.grants import GrantTable, listed
from grants.timeline import timeline_of
from grants.views.saving import save_unless_changed
from municipalities.access import Capability, StaffRequest, requires, staff_view
from municipalities.editing import Seen, events_of
from municipalities.formsets import ADD_ROW, unchecked, with_one_more_row
from municipalities.history import PAGE_SIZE, History
from municipalities.listing import ListView
from municipalities.numbers import row_id
from municipalities.triggers import is_refused_by_trigger
from municipalities.upload_limit import limit_files

FACTS: tuple[type[Model], ...] = (
    Purpose,
    BudgetLine,
    GrantPart,
    CarryOver,
    Deadline,
    Decision,
)
"""The rows that belong to a grant and are in its history."""


def find(request: StaffRequest, pk: int) -> Grant:
    """Return the body's grant, or answer 404."""
    own = Grant.objects.of_body(request.organisation)
    return get_object_or_404(own.select_related("agreement", "follows", "body"), pk=pk)


def versions_of(grant: Grant) -> Versions:
    """Return the distribution that holds and the draft, in one query."""
    current = grant.distributions.exclude(status="superseded").select_related("decided_by")
    by_status = {distribution.status: distribution for distribution in current}
    return Versions(by_status.get("decided"), by_status.get("draft"))


def head(grant: Grant, tab: str) -> dict[str, Any]:
    """Return what the head of every page of a grant shows."""
    # A redistribution has a last day of its own: the latest holds.
    requisition = grant.deadlines.answers().last()
    return {
        "grant": grant,
        "tab": tab,
        "page_title": grant.title,
        "requisition": requisition,
        "versions": versions_of(grant),
    }


@staff_view(Capability.VIEW)
class GrantList(ListView):
    """Every grant of the body."""

    page_title = gettext_lazy("Grants")
    table_class = GrantTable
    filterset_class = GrantFilter
    template_name = "grants/grant_list.html"

    def get_queryset(self) -> QuerySet[Any]:
        """Return grants with their pots, states and next deadlines."""
        body = self.request.organisation  # type: ignore[attr-defined]
        rows: QuerySet[Any] = listed(body)
        return rows


@requires(Capability.VIEW)
def grant_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a grant: what it is, what comes next and when."""
    grant = find(request, pk)
    context = head(grant, "detail")
    budget = budget_of(grant)
    steps = steps_of(grant, budget, context["versions"])
    days = timeline_of(grant, grant.deadlines.all(), timezone.localdate())
    return render(
        request,
        "grants/grant_detail.html",
        context
        | {
            "budget": budget,
            "steps": steps,
            "steps_done": sum(step.is_done for step in steps),
            "next_step": next((s for s in steps if s.state == State.NEXT), None),
            "timeline": days,
            "next_day": next((day for day in days.days if not day.is_past), None),
        },
    )


@requires(Capability.EDIT)
def grant_create(request: StaffRequest) -> HttpResponse:
    """Enter a grant, from its agreement where the address names one."""
    body = request.organisation
    initial = {}
    chosen = request.GET.get("overenskommelse", "")
    agreement = None
    if row_id(chosen):
        agreement = Agreement.objects.filter(body=body, pk=chosen).first()
    if agreement:
        initial = {"agreement": agreement, "year": agreement.year}
        initial |= {
            "uses_from": f"{agreement.year}-01-01",
            "uses_until": f"{agreement.year}-12-31",
        }
    form = forms.GrantForm(request.POST or None, body=body, initial=initial)
    if request.method == "POST" and form.is_valid():
        grant = form.save()
        messages.success(request, _("The grant is entered. Now write its purposes."))
        return redirect(grant)
    context = {
        "form": form,
        "page_title": _("New grant"),
        "agreement": agreement,
        "cancel_url": reverse("grants:grant_list"),
        "can_copy": Grant.objects.of_body(body).exists(),
    }
    return render(request, "grants/grant_form.html", context)


@requires(Capability.EDIT)
def grant_copy(request: StaffRequest) -> HttpResponse:
    """Make next year's grant from an earlier one."""
    body = request.organisation
    initial: dict[str, Any] = {}
    chosen = request.GET.get("fran", "")
    if row_id(chosen):
        source = Grant.objects.of_body(body).filter(pk=chosen).first()
        if source:
            initial = {"source": source, "year": source.year + 1}
    form = forms.CopyForm(request.POST or None, body=body, initial=initial)
    if request.method == "POST" and form.is_valid():
        copy = copy_grant(
            form.cleaned_data["source"],
            year=form.cleaned_data["year"],
            agreement=form.cleaned_data["agreement"],
            record_number=form.cleaned_data["record_number"],
        )
        messages.success(
            request,
            _(
                "The grant is copied. Read the texts and write the amounts: years within "
                "the texts are as they were."
            ),
        )
        return redirect(copy)
    context = {
        "form": form,
        "page_title": _("Copy an earlier grant"),
        "cancel_url": reverse("grants:grant_list"),
    }
    return render(request, "grants/grant_copy.html", context)


@requires(Capability.EDIT)
def grant_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a grant's own facts."""
    grant = find(request, pk)
    title = grant.title
    events = [events_of(Grant, pgh_obj_id=pk)]
    if request.method == "POST":
        form = forms.GrantForm(request.POST, instance=grant, body=request.organisation)
        if save_unless_changed(grant, events, form, form.save):
            messages.success(request, _("The grant is saved."))
            return redirect("grants:grant_detail", pk)
    else:
        form = forms.GrantForm(
            instance=grant,
            body=request.organisation,
            initial={"seen": Seen(*events).version},
        )
    context = {
        "grant": grant,
        "grant_title": title,
        "form": form,
        "page_title": _("Edit the facts"),
        "cancel_url": reverse("grants:grant_detail", args=[pk]),
    }
    return render(request, "grants/grant_form.html", context)


@requires(Capability.EDIT)
def grant_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Remove a grant while nothing about it is decided or published."""
    grant = find(request, pk)
    back = redirect("grants:grant_detail", pk)
    if reason := refusal_to_delete(grant):
        messages.error(request, reason)
        return back
    if request.method == "POST":
        try:
            with transaction.atomic():
                for draft in grant.distributions.drafts():
                    distributions.discard(draft)
                grant.delete()
        except ProtectedError as error:
            names = ", ".join(sorted({str(row) for row in error.protected_objects}))
            message = _("The grant cannot be deleted: %(names)s rests on it.")
            messages.error(request, message % {"names": names})
            return back
        messages.success(request, _("The grant is deleted."))
        return redirect("grants:grant_list")
    context = {
        "grant": grant,
        "page_title": _("Delete the grant?"),
        "cancel_url": back.url,
        "message": _(
            "“%(title)s” is deleted with its purposes, budget, last days, decisions and "
            "any draft of a distribution. The history keeps what it was."
        )
        % {"title": grant.title},
    }
    return render(request, "grants/grant_delete.html", context)


def refusal_to_delete(grant: Grant) -> str:
    """Return why the grant has to stay, or nothing."""
    if grant.distributions.exclude(status="draft").exists():
        return _("The grant has a decided distribution and cannot be deleted.")
    if grant.memos.filter(status="published").exists():
        return _("The grant has a published memo and cannot be deleted.")
    later = [str(each) for each in grant.followed_by.all()]
    later += [str(each.grant) for each in grant.carried_to.select_related("grant")]
    if later:
        names = ", ".join(sorted(set(later)))
        message = _("The grant cannot be deleted: %(names)s rests on it.")
        return message % {"names": names}
    return ""


# Facts in rows -----------------------------------------------------------------------


@dataclass(frozen=True)
class RowsOf:
    """The rows of one model on a page: their formset, its prefix and its words."""

    model: type[Any]
    formset: Any
    prefix: str
    add: Promise
    row: Promise

    def make(self, grant: Grant, *data: Any) -> Rows:
        """Return the formset over the grant's own rows."""
        formset: Rows = self.formset(*data, prefix=self.prefix, **self.kwargs(grant))
        return formset

    def kwargs(self, grant: Grant) -> dict[str, Any]:
        """Return what the formset is made with."""
        form_kwargs: dict[str, Any] = {"body": grant.body}
        if self.model is CarryOver:
            form_kwargs["grant"] = grant
        rows = self.model._default_manager.filter(grant=grant)
        if self.model is Decision:
            rows = rows.select_related("file")
        if self.model is Deadline:
            rows = rows.select_related("follows")
        return {"rows": rows, "form_kwargs": form_kwargs}


PURPOSES = RowsOf(
    Purpose,
    forms.PurposeRows,
    "purposes",
    gettext_lazy("Add a purpose"),
    gettext_lazy("Purpose"),
)
LINES = RowsOf(
    BudgetLine,
    forms.BudgetLineRows,
    "lines",
    gettext_lazy("Add a budget line"),
    gettext_lazy("Line"),
)
PARTS = RowsOf(
    GrantPart,
    forms.GrantPartRows,
    "parts",
    gettext_lazy("Add a sub-area"),
    gettext_lazy("Sub-area"),
)
CARRY_OVERS = RowsOf(
    CarryOver,
    forms.CarryOverFormRows,
    "carried",
    gettext_lazy("Add carry-over"),
    gettext_lazy("Carry-over"),
)
DECISIONS = RowsOf(
    Decision,
    forms.DecisionRows,
    "decisions",
    gettext_lazy("Add a decision"),
    gettext_lazy("Decision"),
)


IN_USE = ValidationError(
    gettext_lazy(
        "Something that you removed is in use and cannot be removed, for example a purpose "
        "that municipalities have planned for. Nothing was saved."
    ),
    code="in_use",
)


PAID_OUT = ValidationError(
    gettext_lazy(
        "Some of the money is already paid out: the carry-over cannot be that low. "
        "Nothing was saved."
    ),
    code="paid_out",
)


class NotSaved(Exception):  # noqa: N818 (it is raised as a verdict)
    """What follows from the rows cannot be; the forms say why. Nothing is saved."""


def edit_rows(
    request: StaffRequest,
    pk: int,
    *kinds: RowsOf,
    title: str,
    template: str,
    done: str,
    then: Callable[[Grant, list[Rows]], None] | None = None,
) -> HttpResponse:
    """Show and save a page of rows that belong to a grant.

    ``then`` does what follows from the saved rows, in the same transaction.
    """
    grant = find(request, pk)
    events = [events_of(kind.model, grant_id=pk) for kind in kinds]
    url = reverse(done, args=[pk])
    form = SeenForm(initial={"seen": Seen(*events).version})
    if request.method == "POST":
        form = SeenForm(request.POST)
        wanted = request.POST.get(ADD_ROW)
        data = (request.POST, request.FILES)
        if wanted in {kind.prefix for kind in kinds}:
            unchecked(form)
            formsets = [with_more(kind, grant, request, wanted) for kind in kinds]
        else:
            formsets = [kind.make(grant, *data) for kind in kinds]
            limit_files(request, form, None)

            def save() -> None:
                for formset in formsets:
                    formset.save(grant=grant)
                if then:
                    then(grant, formsets)

            try:
                if save_unless_changed(grant, events, form, save, *formsets):
                    messages.success(request, _("Saved."))
                    return redirect(url)
            except NotSaved:
                pass
            except ProtectedError:
                form.add_error(None, IN_USE)
            except DatabaseError as error:
                if not is_refused_by_trigger(error):
                    raise
                form.add_error(None, PAID_OUT)
    else:
        formsets = [kind.make(grant) for kind in kinds]
    context = {
        "grant": grant,
        "form": form,
        "sets": [
            {"formset": formset, "add": kind.add, "row": kind.row}
            for kind, formset in zip(kinds, formsets, strict=True)
        ],
        "page_title": title,
        "cancel_url": url,
        "is_multipart": any(formset.is_multipart() for formset in formsets),
    }
    return render(request, template, context)


def with_more(kind: RowsOf, grant: Grant, request: StaffRequest, wanted: str) -> Rows:
    """Return the rows as they were typed, unjudged, one more where it was asked for."""
    if kind.prefix == wanted:
        more: Any = with_one_more_row(
            kind.formset, request, kind.prefix, **kind.kwargs(grant)
        )
        rows: Rows = more
        return rows
    rows = kind.make(grant, request.POST)
    rows.leave_unjudged()
    return rows


@requires(Capability.VIEW)
def grant_purposes(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what the money may be used for."""
    grant = find(request, pk)
    context = head(grant, "purposes") | {"purposes": grant.purposes.all()}
    return render(request, "grants/grant_purposes.html", context)


@requires(Capability.EDIT)
def grant_purposes_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change what the money may be used for."""
    return edit_rows(
        request,
        pk,
        PURPOSES,
        title=_("Edit the purposes"),
        template="grants/grant_rows_edit.html",
        done="grants:grant_purposes",
    )


@requires(Capability.VIEW)
def grant_budget(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the budget, and how the pot comes about."""
    grant = find(request, pk)
    context = head(grant, "budget") | {
        "budget": budget_of(grant),
        "part_tables": part_tables(grant.parts.all()),
    }
    return render(request, "grants/grant_budget.html", context)


@requires(Capability.EDIT)
def grant_budget_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change the budget lines and the carry-over."""
    return edit_rows(
        request,
        pk,
        LINES,
        CARRY_OVERS,
        title=_("Edit the budget"),
        template="grants/grant_budget_edit.html",
        done="grants:grant_budget",
    )


@requires(Capability.EDIT)
def grant_parts_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change the sub-areas."""
    return edit_rows(
        request,
        pk,
        PARTS,
        title=_("Edit the sub-areas"),
        template="grants/grant_parts_edit.html",
        done="grants:grant_budget",
    )


@requires(Capability.VIEW)
def grant_decisions(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what was decided."""
    grant = find(request, pk)
    decisions = grant.decisions.select_related("file")
    context = head(grant, "decisions") | {"decisions": decisions}
    return render(request, "grants/grant_decisions.html", context)


@requires(Capability.EDIT)
def grant_decisions_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change what was decided."""
    return edit_rows(
        request,
        pk,
        DECISIONS,
        title=_("Edit the decisions"),
        template="grants/grant_rows_edit.html",
        done="grants:grant_decisions",
    )


@requires(Capability.VIEW)
def grant_history(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what happened to a grant and its facts."""
    grant = find(request, pk)
    done = (DeadlineDone, "deadline__grant")
    history = History(grant, *((model, "grant") for model in FACTS), done)
    page = Paginator(history, PAGE_SIZE).get_page(request.GET.get("page"))
    context = head(grant, "history") | {"page": page}
    return render(request, "grants/grant_history.html", context)
