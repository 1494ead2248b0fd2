"""Addresses of the municipality's own report."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
