"""Addresses of the municipality's own report."""

from django.urls import URLPattern, path

from reporting.views import report_standing, report_writing

urlpatterns: list[URLPattern] = [
    path(
        "mina-medel/redovisning/<int:number>/",
        report_standing.report_detail,
        name="report_detail",
    ),
    path(
        "mina-medel/redovisning/<int:number>/avsnitt/<slug:key>/",
        report_writing.report_section,
        name="report_section",
    ),
    path(
        "mina-medel/redovisning/<int:number>/avsnitt/<slug:key>/spara/",
        report_writing.report_section_save,
        name="report_section_save",
    ),
    path(
        "mina-medel/redovisning/<int:number>/fil/<int:pk>/",
        report_writing.report_file,
        name="report_file",
    ),
]
