"""Municipalities: the country's list, and one municipality's figures."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet

from municipalities.access import Capability, StaffRequest, requires, staff_view
from municipalities.contact_watch import ALARMS, Concern, Matter, concerns_of
from municipalities.filters import MunicipalityFilter
from municipalities.listing import ListView
from municipalities.models import (
    ContactConfirmation,
    CoordinatingBody,
    Municipality,
    Statistic,
    StatisticValue,
)
from municipalities.numbers import organisation_number
from municipalities.tables import BaseTable
from municipalities.templatetags.ui import state
from municipalities.views.contacts import KINDS
from municipalities.views.municipal_people import desk_in_county


class ContactsFilter(MunicipalityFilter):
    """By what there is to see over among the contacts, besides."""

    contacts = django_filters.ChoiceFilter(
        method="by_contacts",
        label=_("Contacts"),
        empty_label=_("All"),
        choices=[
            ("watch", _("To see over")),
            ("alarm", _("No contact who can be reached")),
            ("unconfirmed", _("Not confirmed for a year")),
        ],
    )

    class Meta(MunicipalityFilter.Meta):
        fields = ["text", "county", "contacts"]

    def __init__(self, *args: Any, concerns: list[Concern], **kwargs: Any) -> None:
        """Know what there is to see over."""
        super().__init__(*args, **kwargs)
        self.concerns = concerns

    def by_contacts(
        self, queryset: QuerySet[Municipality], name: str, value: str
    ) -> QuerySet[Municipality]:
        """Keep those of the body's county that have such a matter."""
        matters = {"alarm": ALARMS, "unconfirmed": (Matter.UNCONFIRMED,)}
        asked = matters.get(value, tuple(Matter))
        found = {each.municipality.pk for each in self.concerns if each.matter in asked}
        return queryset.filter(pk__in=found)


class MunicipalityTable(BaseTable):
    """Codes, names and numbers."""

    code = tables.Column(linkify=True, verbose_name=_("Code"))
    name = tables.Column(linkify=True)
    contacts = tables.Column(
        empty_values=(), order_by="confirmed_at", verbose_name=_("Contacts confirmed")
    )

    class Meta(BaseTable.Meta):
        model = Municipality
        fields = [
            "code",
            "name",
            "formal_name",
            "own_name",
            "organisation_number",
            "county",
            "contacts",
        ]
        empty_text = _("No municipality matches.")

    def __init__(self, *args: Any, concerns: list[Concern], **kwargs: Any) -> None:
        """Know what there is to see over; the most urgent of a municipality is shown."""
        super().__init__(*args, **kwargs)
        self.matters = {each.municipality.pk: each.matter for each in reversed(concerns)}

    def render_organisation_number(self, value: str) -> str:
        """Return the number with its hyphen."""
        return organisation_number(value)

    value_organisation_number = render_organisation_number

    def render_contacts(self, record: Any) -> SafeString | str:
        """Return the most urgent matter, or when the contacts were confirmed."""
        matter = self.matters.get(record.pk)
        if matter:
            return state(KINDS[matter], matter.label)
        return state("success", confirmed(record)) if record.confirmed_at else ""

    def value_contacts(self, record: Any) -> str:
        """Return the same in words."""
        matter = self.matters.get(record.pk)
        if matter:
            return capfirst(str(matter.label))
        return confirmed(record) if record.confirmed_at else ""


def confirmed(municipality: Any) -> str:
    """Return the day when the municipality's contacts were confirmed."""
    return date_format(timezone.localtime(municipality.confirmed_at), "j F Y")


@staff_view(Capability.VIEW)
class MunicipalityListView(ListView):
    """The municipalities, those of the body's own county to begin with."""

    page_title = _("Municipalities")
    table_class = MunicipalityTable
    template_name = "municipalities/municipality_list.html"
    filterset_class = ContactsFilter
    per_page = 50  # the largest county has 49

    @cached_property
    def concerns(self) -> list[Concern]:
        """What there is to see over among the contacts of the body's own county."""
        body = self.request.organisation  # type: ignore[attr-defined]
        return concerns_of(body, timezone.localdate())

    def get_queryset(self) -> QuerySet[Municipality, Any]:
        """Return the country's municipalities: they are the same for all.

        What is known of their contacts is for their own county's body.
        """
        body = self.request.organisation  # type: ignore[attr-defined]
        latest = ContactConfirmation.objects.filter(
            municipality=OuterRef("pk"), municipality__county=body.county_id
        ).values("confirmed_at")[:1]
        return Municipality.objects.select_related("county").annotate(
            confirmed_at=Subquery(latest)
        )

    def get_table_kwargs(self) -> dict[str, Any]:
        """Tell the table what there is to see over."""
        return {"concerns": self.concerns}

    def get_filterset(self) -> FilterSet:
        """Return the filter, set to the own county until somebody chooses."""
        asked = self.request.GET.copy()
        body = self.request.organisation  # type: ignore[attr-defined]
        asked.setdefault("county", body.county.code)
        return ContactsFilter(
            asked,
            queryset=self.get_queryset(),
            request=self.request,
            concerns=self.concerns,
        )


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
    is_in_county = municipality.county_id == request.organisation.county_id
    context: dict[str, Any] = {
        "municipality": municipality,
        "series": series_of(municipality, request.organisation),
        "list_url": reverse("municipalities:municipality_list"),
        "is_in_county": is_in_county,
        "desk": desk_in_county(request, code) if is_in_county else None,
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
