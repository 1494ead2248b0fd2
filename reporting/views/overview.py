"""All of the body's grants by year: look, write, and take along as PDF and workbook."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from grants.models import Grant
from grants.views.saving import save_unless_changed
from municipalities.access import Capability, StaffRequest, requires
from municipalities.editing import Seen, events_of
from municipalities.formsets import unchecked
from municipalities.history import history_page
from municipalities.models import CoordinatingBody
from municipalities.templatetags.ui import Mistake, mistakes_of_form
from reporting import overview_starting
from reporting.models import Overview, OverviewGroup, OverviewRow
from reporting.overview import OverviewDocument
from reporting.overview_figures import Unit
from reporting.overview_forms import OverviewForm, OverviewSheet, StartForm
from reporting.overview_typing import Typing
from reporting.overview_workbook import overview_workbook
from reporting.views.memo import pdf_response

YEARS = range(1990, 2101)
ORDER = "order"
"""The name of the buttons that add and move rows."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def find(request: StaffRequest, year: int) -> Overview:
    """Return the body's overview of the year, or answer 404."""
    own = Overview.objects.of_body(request.organisation)
    found: Overview = get_object_or_404(
        own.select_related("body__county", "body__logo"), year=year
    )
    return found


def unit_of(request: StaffRequest) -> Unit:
    """Return the unit that the address asks for, else millions."""
    asked = request.GET.get("enhet", "")
    return Unit(asked) if asked in set(Unit) else Unit.MKR


@requires(Capability.VIEW)
@require_safe
def overview_latest(request: StaffRequest) -> HttpResponse:
    """Show the latest year that has an overview, else how to make the first."""
    latest = Overview.objects.of_body(request.organisation).first()
    if latest:
        return redirect(latest)
    return nothing_yet(request, timezone.localdate().year)


@requires(Capability.VIEW)
@require_safe
def overview_detail(request: StaffRequest, year: int) -> HttpResponse:
    """Show a year: the table, its chart, and what is known of each grant."""
    own = Overview.objects.of_body(request.organisation)
    overview = own.filter(year=year).first()
    if overview is None:
        return nothing_yet(request, year)
    overview.body = request.organisation
    unit = unit_of(request)
    document = OverviewDocument(overview, unit)
    context = {
        "page_title": str(overview),
        "overview": overview,
        "document": document,
        "year": year,
        "last_year": year - 1,
        "next_year": year + 1,
        "years": years_of(request),
        "units": list(Unit),
        "unit": unit,
    }
    return TemplateResponse(request, "reporting/overview_detail.html", context)


def nothing_yet(request: StaffRequest, year: int) -> HttpResponse:
    """Say that there is no overview of the year, and how one is made."""
    if year not in YEARS:
        raise Http404
    context = {
        "page_title": _("State grants %(year)s") % {"year": year},
        "year": year,
        "years": years_of(request),
        "grants": Grant.objects.of_body(request.organisation).filter(year=year).count(),
    }
    return TemplateResponse(request, "reporting/overview_empty.html", context)


def years_of(request: StaffRequest) -> list[int]:
    """Return the years that have an overview, the latest first."""
    own = Overview.objects.of_body(request.organisation)
    return list(own.values_list("year", flat=True))


@requires(Capability.EDIT)
def overview_create(request: StaffRequest) -> HttpResponse:
    """Make a year's overview, from the year before, from the grants or from nothing."""
    body = request.organisation
    today = timezone.localdate()
    asked = request.GET.get("ar", "")
    year = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) == 4 else 0
    year = year if year in YEARS else today.year
    has_last = Overview.objects.of_body(body).filter(year=year - 1).exists()
    start = StartForm.FROM_LAST if has_last else StartForm.FROM_GRANTS
    initial = {"year": year, "dated_on": today, "start": start}
    form = StartForm(request.POST or None, body=body, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = make(body, form)
        except IntegrityError:
            # Somebody else was a moment quicker.
            message = _("There is already an overview of the year.")
            form.add_error("year", ValidationError(message, code="taken"))
        else:
            messages.success(request, _("The overview is made. Now look through its rows."))
            return redirect("reporting:overview_edit", made.year)
    context = {
        "form": form,
        "page_title": _("New overview"),
        "cancel_url": reverse("reporting:overview_latest"),
    }
    return TemplateResponse(request, "reporting/overview_form.html", context)


@transaction.atomic
def make(body: CoordinatingBody, form: StartForm) -> Overview:
    """Return the overview that the form asks for."""
    year, dated_on = form.cleaned_data["year"], form.cleaned_data["dated_on"]
    if form.source is not None:
        return overview_starting.start_from_last(form.source, year, dated_on=dated_on)
    if form.cleaned_data["start"] == StartForm.FROM_GRANTS:
        return overview_starting.start_from_grants(body, year, dated_on=dated_on)
    return overview_starting.start_empty(body, year, dated_on=dated_on)


def events(overview: Overview) -> list[QuerySet[Any]]:
    """Return all that was done with an overview, also with rows that are gone."""
    groups = events_of(OverviewGroup, overview_id=overview.pk)
    return [
        events_of(Overview, pgh_obj_id=overview.pk),
        groups,
        events_of(OverviewRow, group_id__in=groups.values("pgh_obj_id")),
    ]


@requires(Capability.EDIT)
def overview_edit(request: StaffRequest, year: int) -> HttpResponse:
    """Write the text, the groups and the rows, all on one page."""
    overview = find(request, year)
    url = reverse("reporting:overview_detail", args=[year])
    mistakes: list[Mistake] = []
    body, name = overview.body, str(overview)
    if request.method == "POST":
        form = OverviewForm(request.POST, instance=overview, body=body)
        if ORDER in request.POST:
            typing = Typing.read(request.POST)
            typing.obey(request.POST[ORDER])
            sheet = OverviewSheet(overview, typing.write())
            sheet.leave_unjudged()
            unchecked(form)
        else:
            sheet = OverviewSheet(overview, request.POST)

            def save() -> None:
                form.save()
                sheet.save()

            if save_unless_changed(overview, events(overview), form, save, sheet):
                messages.success(request, _("Saved."))
                return redirect(url)
            mistakes = mistakes_of(form, sheet)
    else:
        seen = Seen(*events(overview)).version
        form = OverviewForm(instance=overview, body=body, initial={"seen": seen})
        sheet = OverviewSheet(overview)
    context = {
        "overview": overview,
        "overview_name": name,
        "form": form,
        "sheet": sheet,
        "mistakes": mistakes,
        "page_title": _("Edit the overview"),
        "cancel_url": url,
    }
    return TemplateResponse(request, "reporting/overview_edit.html", context)


def mistakes_of(form: OverviewForm, sheet: OverviewSheet) -> list[Mistake]:
    """Return every mistake of the page, each with the group and the row that it is in."""
    found = [*mistakes_of_form(form)]
    found += [Mistake(str(text)) for text in sheet.groups.non_form_errors()]
    for number, (group, lines) in enumerate(sheet.pairs(), start=1):
        where = {"group": number}
        found += mistakes_of_form(group, _("Group %(group)d: ") % where)
        found += [Mistake(str(text)) for text in lines.non_form_errors()]
        for row, line in enumerate(lines.forms, start=1):
            where = {"group": number, "row": row}
            found += mistakes_of_form(line, _("Group %(group)d, row %(row)d: ") % where)
    return found


@requires(Capability.EDIT)
def overview_delete(request: StaffRequest, year: int) -> HttpResponse:
    """Remove an overview, when somebody has said yes. The grants stay."""
    overview = find(request, year)
    if request.method == "POST":
        overview.delete()
        messages.success(request, _("The overview is deleted."))
        return redirect("reporting:overview_latest")
    context = {
        "overview": overview,
        "page_title": _("Delete the overview?"),
        "cancel_url": overview.get_absolute_url(),
        "message": _(
            "“%(title)s” is deleted with its rows and its text. The grants are not "
            "touched, and the history keeps what it was."
        )
        % {"title": overview},
    }
    return TemplateResponse(request, "reporting/overview_delete.html", context)


@requires(Capability.VIEW)
@require_safe
def overview_pdf(request: StaffRequest, year: int) -> HttpResponse:
    """Return the overview as a PDF, in the unit that the page shows."""
    document = OverviewDocument(find(request, year), unit_of(request))
    if odd := document.odd_letters:
        message = _("The document's font does not have these characters: %(letters)s")
        messages.error(request, message % {"letters": " ".join(odd)})
        return redirect(document.overview)
    return pdf_response(document.pdf(), file_name(document), is_attachment=False)


@requires(Capability.VIEW)
@require_safe
def overview_xlsx(request: StaffRequest, year: int) -> HttpResponse:
    """Return the overview as a workbook with live sums, in the unit that the page shows."""
    document = OverviewDocument(find(request, year), unit_of(request))
    response = HttpResponse(overview_workbook(document), content_type=XLSX)
    name = file_name(document)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    response["Cache-Control"] = "private, no-cache"
    return response


def file_name(document: OverviewDocument) -> str:
    """Return a file's name: statsbidrag-2020-region-jamtland-harjedalen."""
    return f"statsbidrag-{document.year}-{slugify(document.overview.body.name)}"


@requires(Capability.VIEW)
@require_safe
def overview_history(request: StaffRequest, year: int) -> HttpResponse:
    """Show what was done with the overview and its rows."""
    overview = find(request, year)
    return history_page(
        request,
        overview,
        title=str(overview),
        back_url=overview.get_absolute_url(),
        related=[(OverviewGroup, "overview"), (OverviewRow, "group__overview")],
    )
