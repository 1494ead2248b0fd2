"""Addresses of claims and payments."""

from django.urls import URLPattern

app_name = "invoices"

# What a municipality does with its answer.
answers: list[URLPattern] = []

# What staff do with the answers.
requisitions: list[URLPattern] = []

# Invoices that come in as files.
incoming: list[URLPattern] = []

# Money in and out.
payments: list[URLPattern] = []

# What has become of every krona.
ledger: list[URLPattern] = []

urlpatterns = [*answers, *requisitions, *incoming, *payments, *ledger]
