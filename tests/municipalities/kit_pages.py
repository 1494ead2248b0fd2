"""Pages that only the tests have: the kit's components on lists, forms and rows."""

import django_filters
import django_tables2 as tables
from django import forms
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from config.urls import urlpatterns as site
from grants.fields import MoneyFormField
from municipalities.access import Capability, requires, staff_view
from municipalities.formsets import unchecked, wants_row, with_one_more_row
from municipalities.listing import ListView
from municipalities.models import Municipality
from municipalities.tables import (
    ActionColumn,
    BarColumn,
    BaseTable,
    KronorColumn,
    LabelColumn,
    StateColumn,
)

STATES = {"1": "success", "2": "warning", "3": "danger", "4": "info"}


class PlaceTable(BaseTable):
    caption = "Kommunerna"

    name = tables.Column(linkify=lambda: "/kit/form/", verbose_name="Kommun")
    code = LabelColumn(verbose_name="Kod")
    pk = KronorColumn(verbose_name="Tilldelat, kr", total=True)
    pk_bar = BarColumn(accessor="pk")
    state = StateColumn(
        accessor="name",
        verbose_name="Läge",
        orderable=False,
        kinds=lambda place: STATES.get(place.code[3], "neutral"),
    )
    action = ActionColumn("municipalities/logo.html")

    class Meta(BaseTable.Meta):
        model = Municipality
        fields = ["name", "code", "pk", "pk_bar", "state", "action"]
        empty_text = "Ingen kommun passar filtret."


class PlaceFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(lookup_expr="icontains", label="Kommunens namn")

    class Meta:
        model = Municipality
        fields = ["name", "county"]


@staff_view(Capability.VIEW)
class PlaceListView(ListView):
    page_title = "Kommuner i Sverige"
    table_class = PlaceTable
    filterset_class = PlaceFilter

    def get_queryset(self):
        return Municipality.objects.order_by("code")


class EveryFieldForm(forms.Form):
    title = forms.CharField(label="rubrik", help_text="Som den står i skrivelsen.")
    amount = MoneyFormField(label="belopp", help_text="Hela kronor.")
    due_on = forms.DateField(label="sista dag")
    kind = forms.ChoiceField(label="slag", choices=[("a", "Befolkning"), ("b", "Annat")])
    rule = forms.ChoiceField(
        label="avrundning",
        choices=[("exact", "Exakt"), ("each", "Var för sig")],
        widget=forms.RadioSelect,
    )
    parts = forms.MultipleChoiceField(
        label="delar",
        required=False,
        choices=[("1", "Första"), ("2", "Andra")],
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(label="anteckning", required=False, widget=forms.Textarea)
    file = forms.FileField(label="fil", required=False)
    agree = forms.BooleanField(label="Jag har läst villkoren", help_text="Alla sidor.")

    def clean(self):
        raise forms.ValidationError("Posterna summerar inte till beloppet.", code="sum")


class LineForm(forms.Form):
    activity = forms.CharField(label="aktivitet")
    amount = MoneyFormField(label="belopp")
    is_distributed = forms.BooleanField(label="fördelas med nyckel", required=False)


LineFormSet = forms.formset_factory(LineForm, extra=1, can_delete=True)


@requires(Capability.VIEW)
def form_page(request):
    form = EveryFieldForm(request.POST or None)
    if request.method == "POST":
        form.is_valid()
    context = {"form": form, "page_title": "Nytt medel", "cancel_url": "/kit/lista/"}
    return render(request, "municipalities/form_page.html", context)


@requires(Capability.VIEW)
def rows_page(request):
    if wants_row(request, "lines"):
        form = unchecked(LineForm(request.POST))
        formset = with_one_more_row(LineFormSet, request, "lines")
    else:
        form = LineForm(request.POST or None)
        formset = LineFormSet(request.POST or None, prefix="lines")
        if request.method == "POST":
            form.is_valid()
            formset.is_valid()
    context = {"form": form, "formset": formset, "page_title": "Budgetrader"}
    return render(request, "kit_rows.html", context)


@requires(Capability.VIEW)
def detail_page(request):
    return render(request, "kit_detail.html", {"page_title": "Goda förutsättningar"})


@requires(Capability.VIEW)
def delete_page(request):
    context = {"page_title": "Ta bort nyckeln?", "cancel_url": "/kit/lista/"}
    return render(request, "municipalities/confirm_page.html", context)


def broken(request):
    raise RuntimeError("broken on purpose")


def suspicious(request):
    raise SuspiciousOperation


@requires(Capability.ADMINISTER)
def administrators(request):
    return HttpResponse("in")


urlpatterns = [
    *site,
    path("kit/lista/", PlaceListView.as_view()),
    path("kit/form/", form_page),
    path("kit/rader/", rows_page),
    path("kit/sida/", detail_page),
    path("kit/ta-bort/", delete_page),
    path("kit/fel/", broken),
    path("kit/underlig/", suspicious),
    path("kit/administration/", administrators),
]
