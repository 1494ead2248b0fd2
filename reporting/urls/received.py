"""Addresses of what staff do with reports."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
