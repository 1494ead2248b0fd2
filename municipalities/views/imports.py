"""Import a file of figures: choose it, look it over, save it or leave it."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from municipalities import imports, scb
from municipalities.access import Capability, StaffRequest, requires
from municipalities.import_forms import ImportChoiceForm, ImportUploadForm
from municipalities.import_preview import Preview, change
from municipalities.models import StatisticImport
from municipalities.numbers import grouped
from municipalities.scb_messages import (
    groups,
    percent,
    problem_sentence,
    shape_name,
    skipped_groups,
)
from municipalities.upload_limit import limit_files

CHOSEN_BY_SAVING = "save"


@requires(Capability.EDIT)
def statistic_import(request: StaffRequest) -> HttpResponse:
    """Return the page where a file is chosen; a file that can be read is looked over."""
    is_sent = request.method == "POST"
    form = ImportUploadForm(request.POST, request.FILES) if is_sent else ImportUploadForm()
    limit_files(request, form, "file")
    if is_sent and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            pending = imports.open_upload(
                request.organisation,
                request.user,
                file.read(),
                file.name,
                file.content_type or "",
            )
        except scb.ScbError as error:
            form.refuse(*error.problems)
        else:
            return redirect(pending)
    context = {"form": form, "page_title": _("Import statistics")}
    status = 422 if form.errors else 200
    return render(request, "municipalities/statistic_import.html", context, status=status)


def pending_of(request: StaffRequest, pk: int) -> StatisticImport:
    """Return the person's own upload; another's, or another body's, is not found."""
    own = StatisticImport.objects.filter(body=request.organisation, user=request.user)
    return get_object_or_404(own.select_related("file", "body__county"), pk=pk)


@requires(Capability.EDIT)
def statistic_import_preview(request: StaffRequest, pk: int) -> HttpResponse:
    """Return what the file would change, and save it when the person says so."""
    pending = pending_of(request, pk)
    if pending.confirmed_at and request.method != "POST":
        return redirect("municipalities:statistic_list")
    source = imports.read_pending(pending)
    form = ImportChoiceForm(source, sent(request))
    if CHOSEN_BY_SAVING in request.POST and form.is_valid():
        try:
            result = imports.confirm(
                pending,
                form.choice(),
                by=request.user,
                is_checked=form.cleaned_data["is_checked"],
            )
        except imports.RefusedError as refused:
            if not refused.preview.has_errors:
                form.add_error("is_checked", _("Tick that you have checked this."))
        except scb.ScbError as error:
            form.add_error(None, [problem_sentence(one) for one in error.problems])
        else:
            return saved(request, result)
    return show(request, pending, source, form)


def sent(request: StaffRequest) -> QueryDict | None:
    """Return what was chosen. With other choices, what was ticked is no longer checked."""
    if request.method != "POST":
        return None
    data = request.POST.copy()
    if CHOSEN_BY_SAVING not in data:
        data.pop("is_checked", None)
    return data


def show(
    request: StaffRequest,
    pending: StatisticImport,
    source: scb.Source,
    form: ImportChoiceForm,
) -> HttpResponse:
    """Return the preview: the whole page, or for htmx the part that changes."""
    is_saving = CHOSEN_BY_SAVING in request.POST
    preview = None
    sentences: list[str] = []
    try:
        preview = imports.preview(request.organisation, source, form.choice())
    except scb.ScbError as error:
        sentences = [problem_sentence(one) for one in error.problems]
    if form.is_bound and not is_saving:
        form.errors.clear()
    context: dict[str, Any] = {
        "pending": pending,
        "source": source,
        "shape": shape_name(source.shape),
        "skipped": skipped_groups(preview.selection.skipped if preview else source.skipped),
        "form": form,
        "preview": preview,
        "sentences": sentences,
        "page_title": _("Look over before you save"),
        **(judgement(preview) if preview else {}),
    }
    part = request.htmx and not is_saving
    name = "statistic_import_result" if part else "statistic_import_preview"
    status = 422 if is_saving else 200
    return render(request, f"municipalities/{name}.html", context, status=status)


def judgement(preview: Preview) -> dict[str, Any]:
    """Return what the page says of the figures, and the words on its button."""
    latest = preview.periods[-1]
    before = sum((row.previous or Decimal(0) for row in latest.rows), Decimal(0))
    count = len(preview.periods)
    values = grouped(preview.value_count)
    if count == 1:
        text = ngettext(
            "Save %(values)s value", "Save %(values)s values", len(latest.figures)
        )
    else:
        text = _("Save %(count)s periods, %(values)s values")
    return {
        "errors": groups(preview, "error"),
        "warnings": groups(preview, "warning"),
        "notes": groups(preview, "info"),
        "latest": latest,
        "rows": [(row, *shown_change(row.change)) for row in latest.rows],
        "previous_total": before,
        "total_change": shown_change(change(before, latest.total))[0],
        "earlier_periods": preview.periods[-2::-1],
        "save_label": text % {"values": values, "count": count},
    }


def shown_change(share: Fraction | None) -> tuple[str, Fraction]:
    """Return a change in words, and its size in per cent for a bar."""
    return ("", Fraction(0)) if share is None else (percent(share), abs(share) * 100)


def saved(request: StaffRequest, result: imports.Result) -> HttpResponse:
    """Tell what was saved, and go to it."""
    values = grouped(result.value_count)
    if result.changed_nothing:
        text = ngettext(
            "The file changed nothing: the %(values)s value was there already.",
            "The file changed nothing: all %(values)s values were there already.",
            result.value_count,
        )
        messages.info(request, text % {"values": values})
    elif len(result.statistics) == 1:
        text = ngettext(
            "%(name)s is saved: %(values)s value.",
            "%(name)s is saved: %(values)s values.",
            result.value_count,
        )
        facts = {"name": result.statistics[0], "values": values}
        messages.success(request, text % facts)
    else:
        text = _(
            "%(count)s statistics are saved, %(values)s values: %(created)s new, "
            "%(updated)s changed and %(unchanged)s unchanged."
        )
        facts = {
            "count": len(result.statistics),
            "values": values,
            "created": result.created,
            "updated": result.updated,
            "unchanged": result.unchanged,
        }
        messages.success(request, text % facts)
    if len(result.statistics) == 1:
        return redirect(result.statistics[0])
    return redirect("municipalities:statistic_list")


@requires(Capability.EDIT)
@require_POST
def statistic_import_discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Leave the file: it is removed, and nothing is saved."""
    imports.discard(pending_of(request, pk))
    messages.info(request, _("The file is removed. Nothing was saved."))
    return redirect("municipalities:statistic_list")
