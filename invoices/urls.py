"""Addresses of claims and payments."""

from django.urls import URLPattern, path

from invoices.views import funds

app_name = "invoices"

# What a municipality does with its answer.
answers: list[URLPattern] = []

# What staff do with the answers.
requisitions: list[URLPattern] = []

# Invoices that come in as files.
incoming: list[URLPattern] = []

# Money in and out.
payments: list[URLPattern] = [
    path("medel/<int:pk>/inbetalningar/", funds.funds_list, name="funds_list"),
    path("medel/<int:pk>/inbetalningar/ny/", funds.funds_create, name="funds_create"),
    path(
        "medel/<int:pk>/inbetalningar/<int:funds_pk>/andra/",
        funds.funds_update,
        name="funds_update",
    ),
    path(
        "medel/<int:pk>/inbetalningar/<int:funds_pk>/ta-bort/",
        funds.funds_delete,
        name="funds_delete",
    ),
]

# What has become of every krona.
ledger: list[URLPattern] = []

urlpatterns = [*answers, *requisitions, *incoming, *payments, *ledger]
