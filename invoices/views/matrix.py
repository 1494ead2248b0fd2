"""A grant's matrix: how far each municipality has come, and reminders to those chosen."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from grants.models import Allocation, Grant
from grants.views.grants import find
from invoices import decision_messages
from invoices.forms.decisions import NudgeForm
from invoices.matrix import (
    GROUPS,
    STEPS,
    Matrix,
    Row,
    Selection,
    selection_of,
)
from invoices.matrix_markup import header_row, value_rows
from invoices.matrix_rows import matrix_of
from invoices.requisition import note_nudges
from municipalities.access import Capability, StaffRequest, requires
from municipalities.export import export_response
from municipalities.listing import FORMATS
from municipalities.prepared import Prepared

ROWS_ON_PAGE = 50
"""No county has more municipalities than Västra Götaland's 49."""


@Prepared
def _own(pk: int, body: int) -> QuerySet[Grant]:
    return Grant.objects.filter(pk=pk, body=body).select_related("agreement")


@require_safe
@requires(Capability.VIEW)
def requisition_list(request: StaffRequest, pk: int) -> HttpResponse:
    """Show how far each municipality has come with a grant, or give it as a file."""
    grant = next(iter(_own(pk, request.organisation.pk)), None)
    if grant is None:
        raise Http404
    whole = matrix_of(grant, timezone.localdate())
    selection = selection_of(request.GET)
    chosen = whole.chosen(selection)
    file_format = request.GET.get("format")
    if file_format in FORMATS:
        title = _("Answers %(grant)s") % {"grant": grant}
        return export_response(file_format, title, header_row(), value_rows(chosen))
    return render(
        request,
        "invoices/requisition_list.html",
        {
            "grant": grant,
            "tab": "answers",
            "requisition": whole.frame.last_day and {"due_on": whole.frame.last_day},
            "versions": whole.frame,
            "whole": whole,
            "matrix": chosen,
            "pages": pages_of(chosen, request.GET.get("page", "")),
            "selection": selection,
            "chips": chips(whole, selection, request.GET),
            "steps": lacking(whole, selection, request.GET),
            "labels": [capfirst(str(step.label)) for step in STEPS],
            "are_chosen": bool(request.GET.get("chosen")),
        },
    )


class Pages(NamedTuple):
    """The rows on the screen, as the links below a table know them."""

    page: Page[Row]
    paginator: Paginator[Row]
    prefixed_page_field: str = "page"

    @property
    def others(self) -> list[str]:
        """The municipalities on other pages, by their codes."""
        shown = {row.code for row in self.page}
        rows = self.paginator.object_list
        return [row.code for row in rows if row.code not in shown]


def pages_of(matrix: Matrix, number: str) -> Pages:
    """Return a page of the matrix: a county's own municipalities are on one."""
    paginator = Paginator(matrix.rows, ROWS_ON_PAGE)
    return Pages(paginator.get_page(number), paginator)


def address(asked: QueryDict, **changes: str) -> str:
    """Return the query string with other answers; an empty one leaves the question out."""
    left_out = {"page", "format", "chosen", *changes}
    query = [
        (name, value)
        for name, values in asked.lists()
        if name not in left_out
        for value in values
    ]
    query += [(name, value) for name, value in changes.items() if value]
    return f"?{urlencode(query)}"


def chips(whole: Matrix, selection: Selection, asked: QueryDict) -> list[dict[str, Any]]:
    """Return the states that may be chosen, with how many have each."""
    found: list[dict[str, Any]] = [
        {
            "label": _("All"),
            "count": len(whole),
            "url": address(asked, state="", missing=""),
            "is_current": not selection.group and not selection.missing,
        }
    ]
    tally = whole.tally
    for group, label in GROUPS.items():
        count = tally.groups[group]
        if count or selection.group == group:
            found.append(
                {
                    "label": label,
                    "count": count,
                    "url": address(asked, state=group, missing=""),
                    "is_current": selection.group == group,
                }
            )
    for name, word, is_on, count in (
        ("late", pgettext("chip", "Late"), selection.is_late, tally.late),
        ("more", pgettext("chip", "Wants more"), selection.wants_more, tally.wants_more),
    ):
        if count or is_on:
            found.append(
                {
                    "label": word,
                    "count": count,
                    "url": address(asked, **{name: "" if is_on else "1"}),
                    "is_current": is_on,
                }
            )
    return found


def lacking(whole: Matrix, selection: Selection, asked: QueryDict) -> list[dict[str, Any]]:
    """Return how many have each step left, and the way to them."""
    return [
        {
            "label": capfirst(str(step.label)),
            "lacking": whole.tally.lacking[step.name],
            "url": address(asked, missing=step.name, state=""),
            "is_current": selection.missing == step.name,
        }
        for step in STEPS
    ]


@require_POST
@requires(Capability.EDIT)
def requisition_nudge(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the reminder to the chosen municipalities; send it when the person says so."""
    grant = find(request, pk)
    matrix = matrix_of(grant, timezone.localdate())
    chosen = matrix.of_codes(request.POST.getlist("chosen"))
    back = reverse("invoices:requisition_list", args=[grant.pk])
    if not len(chosen):
        messages.error(request, _("Choose at least one municipality."))
        return redirect(back)
    awaited = [row for row in chosen if row.waits_for_answer]
    recipients = decision_messages.recipients([row.municipality_id for row in awaited])
    reached = [row for row in awaited if recipients.get(row.municipality_id)]
    form = NudgeForm(request.POST if "note" in request.POST else None)
    note = form.cleaned_data["note"] if form.is_bound and form.is_valid() else ""
    nudge = decision_messages.Nudge(grant, matrix.frame.last_day, note)
    if "send" in request.POST and reached and form.is_bound and form.is_valid():
        nudged(request, nudge, reached, recipients)
        return redirect(back)
    preview = nudge.preview(reached[0].own_name) if reached else None
    context = {
        "grant": grant,
        "form": form,
        "page_title": ngettext(
            "Nudge %(number)d municipality?",
            "Nudge %(number)d municipalities?",
            len(reached),
        )
        % {"number": len(reached)},
        "reached": [(row, recipients[row.municipality_id]) for row in reached],
        "without": [row for row in awaited if not recipients.get(row.municipality_id)],
        "answered": [row for row in chosen if not row.waits_for_answer],
        "codes": [row.code for row in chosen],
        "preview": preview,
        "back_url": back,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "invoices/requisition_nudge.html", context, status=status)


def nudged(
    request: StaffRequest,
    nudge: decision_messages.Nudge,
    rows: list[Row],
    recipients: dict[int, tuple[str, ...]],
) -> None:
    """Write the messages, note that they were sent, and say so."""
    allocations = Allocation.objects.filter(pk__in=[row.allocation_id for row in rows])
    with transaction.atomic():
        note_nudges(allocations, by=request.user, note=nudge.note)
        nudge.post({row.municipality_id: recipients[row.municipality_id] for row in rows})
    text = ngettext(
        "%(number)d municipality is nudged by e-mail.",
        "%(number)d municipalities are nudged by e-mail.",
        len(rows),
    )
    messages.success(request, text % {"number": len(rows)})
