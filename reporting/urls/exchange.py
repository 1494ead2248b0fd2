"""Addresses of a report as a spreadsheet, out and in."""

from django.urls import URLPattern, path

from reporting.views import report_exchange

urlpatterns: list[URLPattern] = [
    path(
        "mina-medel/redovisning/<int:number>/excel/",
        report_exchange.report_excel,
        name="report_excel",
    ),
    path(
        "mina-medel/redovisning/<int:number>/excel/las-in/",
        report_exchange.report_upload,
        name="report_upload",
    ),
]
