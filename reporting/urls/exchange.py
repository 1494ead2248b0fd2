"""Addresses of a report as a spreadsheet, out and in."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
