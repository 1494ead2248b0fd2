"""Addresses of the compilation of a round."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
