"""Municipalities: the country's list, and one municipality's figures."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet

from municipalities.access import Capability, StaffRequest, requires, staff_view
from municipalities.filters import MunicipalityFilter
from municipalities.listing import ListView
from municipalities.models import CoordinatingBody, Municipality, Statistic, StatisticValue
from municipalities.numbers import organisation_number
from municipalities.tables import BaseTable


class MunicipalityTable(BaseTable):
    """Codes, names and numbers."""

    code = tables.Column(linkify=True, verbose_name=_("Code"))
    name = tables.Column(linkify=True)

    class Meta(BaseTable.Meta):
        model = Municipality
        fields = [
            "code",
            "name",
            "formal_name",
            "own_name",
            "organisation_number",
            "county",
        ]
        empty_text = _("No municipality matches.")

    def render_organisation_number(self, value: str) -> str:
        """Return the number with its hyphen."""
        return organisation_number(value)

    value_organisation_number = render_organisation_number


@staff_view(Capability.VIEW)
class MunicipalityListView(ListView):
    """The municipalities, those of the body's own county to begin with."""

    page_title = _("Municipalities")
    table_class = MunicipalityTable
    filterset_class = MunicipalityFilter
    per_page = 50  # the largest county has 49

    def get_queryset(self) -> QuerySet[Municipality]:
        """Return the country's municipalities: they are the same for all."""
        return Municipality.objects.select_related("county")

    def get_filterset(self) -> FilterSet:
        """Return the filter, set to the own county until somebody chooses."""
        asked = self.request.GET.copy()
        body = self.request.organisation  # type: ignore[attr-defined]
        asked.setdefault("county", body.county.code)
        return MunicipalityFilter(asked, queryset=self.get_queryset(), request=self.request)


@dataclass(frozen=True)
class Figure:
    """One statistic's value for the municipality, beside the one before."""

    statistic: Statistic
    value: Decimal
    before: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """Per cent from the figure before, where there is one."""
        if not self.before:
            return None
        return (self.value - self.before) / self.before * 100


@dataclass(frozen=True)
class Series:
    """The figures of one kind, the earliest first."""

    label: str
    figures: list[Figure]

    @property
    def largest(self) -> Decimal:
        """What the longest bar stands for."""
        return max(figure.value for figure in self.figures)


@requires(Capability.VIEW)
def municipality_detail(request: StaffRequest, code: str) -> HttpResponse:
    """Return a municipality's facts and the body's figures for it."""
    municipality = get_object_or_404(
        Municipality.objects.select_related("county"), code=code
    )
    context: dict[str, Any] = {
        "municipality": municipality,
        "series": series_of(municipality, request.organisation),
        "list_url": reverse("municipalities:municipality_list"),
        "is_in_county": municipality.county_id == request.organisation.county_id,
    }
    return render(request, "municipalities/municipality_detail.html", context)


def series_of(municipality: Municipality, body: CoordinatingBody) -> list[Series]:
    """Return the body's figures for a municipality, kind by kind."""
    values = (
        StatisticValue.objects.filter(municipality=municipality, statistic__body=body)
        .select_related("statistic")
        .order_by("statistic__kind", "statistic__name", "statistic__reference_on")
    )
    found = []
    for label, group in groupby(values, key=lambda value: value.statistic.label):
        figures: list[Figure] = []
        for value in group:
            before = figures[-1].value if figures else None
            figures.append(Figure(value.statistic, value.value, before))
        found.append(Series(label, figures))
    return found
