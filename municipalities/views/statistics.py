"""Statistics: the list, one with its figures, typing by hand, changing and removing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import django_tables2 as tables
from django.contrib import messages
from django.db import DatabaseError, models, transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django_tables2 import RequestConfig

from municipalities.access import Capability, StaffRequest, requires, staff_view
from municipalities.export import export_response
from municipalities.filters import StatisticFilter
from municipalities.forms import StatisticForm, ValuesForm, save_values
from municipalities.history import history_page
from municipalities.listing import FORMATS, ListView
from municipalities.models import Municipality, Statistic, StatisticValue
from municipalities.models.statistics import LOCKED
from municipalities.tables import (
    BarColumn,
    BaseTable,
    MomentColumn,
    NumberColumn,
    StateColumn,
)
from municipalities.templatetags.ui import state
from municipalities.triggers import is_refused_by_trigger

P = ParamSpec("P")

LARGE_CHANGE = 10
"""Per cent: a change from one statistic to the next that deserves a second look."""


def plain(value: Decimal) -> Decimal | int:
    """Return a whole number as one: files show every decimal that there is.

    >>> plain(Decimal("25.0000")), plain(Decimal("71.5000"))
    (25, Decimal('71.5'))
    """
    return int(value) if value == int(value) else value.normalize()


class StatisticTable(BaseTable):
    """Every statistic of the body."""

    label = tables.Column(
        linkify=True, verbose_name=gettext_lazy("Kind"), order_by=("kind", "name")
    )
    period = tables.Column(
        verbose_name=gettext_lazy("Period"),
        order_by="reference_on",
        attrs={"td": {"class": "nowrap"}},
    )
    municipality_count = NumberColumn(verbose_name=gettext_lazy("Municipalities"))
    total = NumberColumn(verbose_name=pgettext_lazy("of figures", "Sum"))
    imported_by = tables.Column()
    imported_at = MomentColumn()
    locked = StateColumn(
        accessor="is_locked",
        order_by="locked_at",
        verbose_name=gettext_lazy("State"),
        kinds={True: "success", False: "neutral"},
    )

    class Meta(BaseTable.Meta):
        model = Statistic
        fields = [
            "label",
            "period",
            "municipality_count",
            "total",
            "source",
            "imported_by",
            "imported_at",
            "locked",
        ]
        empty_text = gettext_lazy("There are no statistics yet.")

    def render_locked(self, value: bool) -> str:
        """Return the state in colour and words."""
        return state("success" if value else "neutral", self.value_locked(value))

    def value_total(self, value: Decimal) -> Decimal | int:
        """Return the sum; a whole one without decimals."""
        return plain(value)

    def value_locked(self, value: bool) -> str:
        """Return the state in words."""
        return _("locked") if value else _("open")


@staff_view(Capability.VIEW)
class StatisticListView(ListView):
    """The body's statistics."""

    page_title = pgettext_lazy("section", "Statistics")
    table_class = StatisticTable
    filterset_class = StatisticFilter
    template_name = "municipalities/statistic_list.html"

    def get_queryset(self) -> QuerySet[Statistic]:
        """Return the body's own."""
        body = self.request.organisation  # type: ignore[attr-defined]
        return (
            Statistic.objects.of_body(body)
            .with_totals()
            .select_related("imported_by")
            .order_by("-reference_on", "kind", "name")
        )


@dataclass(frozen=True)
class Row:
    """A municipality's value, its share of all, and the value before."""

    municipality: Municipality
    value: Decimal
    share: Decimal
    before: Decimal | None

    @property
    def code(self) -> str:
        """The municipality's code."""
        return self.municipality.code

    @property
    def change(self) -> Decimal | None:
        """Per cent from the value before, where there is one."""
        return change(self.before, self.value)

    @property
    def is_large_change(self) -> bool:
        """Whether the change deserves a second look."""
        return self.change is not None and abs(self.change) > LARGE_CHANGE


def change(before: Decimal | None, value: Decimal) -> Decimal | None:
    """Return the change in per cent, where there is something to change from."""
    return (value - before) / before * 100 if before else None


class ValueTable(BaseTable):
    """A statistic's values, with what they were before."""

    caption = gettext_lazy("Values")
    municipality = tables.Column(
        linkify=lambda record: record.municipality.get_absolute_url(),
        order_by="municipality__name",
        verbose_name=gettext_lazy("Municipality"),
    )
    code = tables.Column(verbose_name=gettext_lazy("Code"))
    value = NumberColumn(verbose_name=gettext_lazy("Value"), total=True)
    value_bar = BarColumn(accessor="value")
    share = NumberColumn(verbose_name=gettext_lazy("Share, %"), decimals=2)
    before = NumberColumn(verbose_name=gettext_lazy("Before"), total=True)
    change = NumberColumn(verbose_name=gettext_lazy("Difference, %"), decimals=1)

    class Meta(BaseTable.Meta):
        fields = ["municipality", "code", "value", "value_bar", "share", "before", "change"]
        empty_text = gettext_lazy("The statistic has no values.")

    def __init__(self, data: list[Row], *, previous: Statistic | None) -> None:
        """Leave out the comparison where there is nothing to compare with."""
        hidden = () if previous else ("before", "change")
        super().__init__(data, exclude=hidden)
        if previous:
            self.columns["before"].column.verbose_name = previous.period

    def render_change(self, value: Decimal, record: Row, column: NumberColumn) -> str:
        """Return the change, marked when it is large."""
        text = column.shown(value)
        if not record.is_large_change:
            return text
        return format_html('<span class="large-change">{}</span>', state("warning", text))

    def value_value(self, value: Decimal) -> Decimal | int:
        """Return the value; a whole one without decimals."""
        return plain(value)

    value_before = value_value

    def value_change(self, value: Decimal) -> Decimal:
        """Return the change, to one decimal."""
        return round(value, 1)

    def value_share(self, value: Decimal) -> Decimal:
        """Return the share, to two decimals."""
        return round(value, 2)


def rows_of(values: list[StatisticValue], previous: Statistic | None) -> list[Row]:
    """Return rows with each value's share of them all and what it was before."""
    before = previous.values.by_code() if previous else {}
    total = sum(value.value for value in values)
    return [
        Row(
            municipality=value.municipality,
            value=value.value,
            share=value.value / total * 100 if total else Decimal(0),
            before=before.get(value.municipality.code),
        )
        for value in values
    ]


def statistic_of(request: StaffRequest, pk: int) -> Statistic:
    """Return the body's statistic; another body's is not found."""
    own = Statistic.objects.of_body(request.organisation)
    return get_object_or_404(own.select_related("file", "imported_by", "body"), pk=pk)


@requires(Capability.VIEW)
def statistic_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Return a statistic's facts and figures, or the figures as a file."""
    statistic = statistic_of(request, pk)
    previous = Statistic.objects.before(statistic).first()
    values = list(statistic.values.select_related("municipality"))
    county = request.organisation.county
    in_county = [value for value in values if value.municipality.county_id == county.pk]
    covers_more = 0 < len(in_county) < len(values)
    is_all = not covers_more or request.GET.get("all") == "1"
    rows = rows_of(values if is_all else in_county, previous)
    table = ValueTable(rows, previous=previous)
    RequestConfig(request, paginate=False).configure(table)
    file_format = request.GET.get("format")
    if file_format in FORMATS:
        return export_response(
            file_format, str(statistic), table.header_row(), table.value_rows()
        )
    context = {
        "statistic": statistic,
        "previous": previous,
        "table": table,
        "county": county,
        "covers_more": covers_more,
        "is_all": is_all,
        "total": sum(value.value for value in values),
        "county_total": sum(value.value for value in in_county),
        "large_changes": sum(row.is_large_change for row in rows),
        "distributions": distributions_on(statistic),
    }
    return render(request, "municipalities/statistic_detail.html", context)


def distributions_on(statistic: Statistic) -> list[Any]:
    """Return the distributions that rest on the statistic, each once."""
    parts = statistic.components.select_related("distribution__grant")
    return list({part.distribution_id: part.distribution for part in parts}.values())


@requires(Capability.VIEW)
def statistic_history(request: StaffRequest, pk: int) -> HttpResponse:
    """Return what happened to a statistic and its values."""
    statistic = statistic_of(request, pk)
    return history_page(
        request,
        statistic,
        title=str(statistic),
        back_url=statistic.get_absolute_url(),
        related=[(StatisticValue, "statistic")],
    )


# By hand -----------------------------------------------------------------------------


@requires(Capability.EDIT)
def statistic_create(request: StaffRequest) -> HttpResponse:
    """Return the page where figures are typed, for the county or for all of Sweden."""
    everywhere = request.GET.get("all") == "1"
    municipalities = Municipality.objects.all()
    if not everywhere:
        municipalities = municipalities.filter(county=request.organisation.county)
    statistic = Statistic(body=request.organisation, imported_by_id=request.user.pk)
    facts = StatisticForm(request.POST or None, instance=statistic)
    values = ValuesForm(request.POST or None, municipalities=municipalities)
    if all([facts.is_valid(), values.is_valid()]):
        with transaction.atomic():
            facts.save()
            save_values(statistic, values.cleaned_data["values"])
        tell_saved(request, values)
        return redirect(statistic)
    context = {
        "form": facts,
        "values": values,
        "page_title": _("New statistic"),
        "everywhere": everywhere,
        "cancel_url": reverse("municipalities:statistic_list"),
        "county": request.organisation.county,
    }
    return render(request, "municipalities/statistic_form.html", context)


def unless_locked(
    view: Callable[Concatenate[StaffRequest, Statistic, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Hand the view an open statistic; a locked one gets a sentence and its own page.

    The database has the last word: a decision may be made between the two.
    """

    @wraps(view)
    def wrapper(
        request: StaffRequest, pk: int, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        statistic = statistic_of(request, pk)
        refused = HttpResponseRedirect(statistic.get_absolute_url())
        if not statistic.is_locked:
            try:
                return view(request, statistic, *args, **kwargs)
            except DatabaseError as error:
                if not is_refused_by_trigger(error):
                    raise
        messages.error(request, LOCKED)
        return refused

    return wrapper


@requires(Capability.EDIT)
@unless_locked
def statistic_update(request: StaffRequest, statistic: Statistic) -> HttpResponse:
    """Return the page where facts and figures are changed, as long as it is open."""
    known = statistic.values.by_code()
    municipalities = Municipality.objects.filter(
        Q(county=request.organisation.county) | Q(code__in=known)
    )
    facts = StatisticForm(request.POST or None, instance=statistic)
    values = ValuesForm(
        request.POST or None,
        municipalities=municipalities,
        values={code: Decimal(value) for code, value in known.items()},
    )
    if all([facts.is_valid(), values.is_valid()]):
        with transaction.atomic():
            facts.save()
            save_values(statistic, values.cleaned_data["values"])
        tell_saved(request, values)
        return redirect(statistic)
    context = {
        "form": facts,
        "values": values,
        "statistic": statistic,
        "page_title": _("Change %(statistic)s") % {"statistic": statistic},
        "cancel_url": statistic.get_absolute_url(),
        "distributions": distributions_on(statistic),
    }
    return render(request, "municipalities/statistic_form.html", context)


def tell_saved(request: StaffRequest, values: ValuesForm) -> None:
    """Say that it is saved, and name the municipalities without a value."""
    messages.success(request, _("The statistic is saved."))
    lacking = values.lacking()
    if lacking:
        text = ngettext(
            "%(count)d municipality has no value: %(names)s.",
            "%(count)d municipalities have no value: %(names)s.",
            len(lacking),
        )
        names = ", ".join(lacking[:10]) + (" …" if len(lacking) > 10 else "")
        messages.warning(request, text % {"count": len(lacking), "names": names})


@requires(Capability.EDIT)
@unless_locked
def statistic_delete(request: StaffRequest, statistic: Statistic) -> HttpResponse:
    """Ask, and remove a statistic that nothing rests on."""
    used_by = distributions_on(statistic)
    if used_by:
        messages.error(request, in_use(used_by))
        return redirect(statistic)
    if request.method == "POST":
        try:
            statistic.delete()
        except models.ProtectedError:
            messages.error(request, in_use(distributions_on(statistic)))
            return redirect(statistic)
        name = str(statistic)
        messages.success(request, _("%(name)s is removed.") % {"name": name})
        return redirect("municipalities:statistic_list")
    context = {
        "page_title": _("Remove %(name)s?") % {"name": statistic},
        "message": _("The statistic and its values are removed. The history stays."),
        "submit": _("Remove the statistic"),
        "cancel_url": statistic.get_absolute_url(),
    }
    return render(request, "municipalities/confirm_page.html", context)


def in_use(distributions: Iterable[Any]) -> str:
    """Return a sentence that names what rests on the statistic."""
    names = ", ".join(str(distribution) for distribution in distributions)
    return _("The statistic cannot be removed, it is used in: %(names)s.") % {
        "names": names
    }
