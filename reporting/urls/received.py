"""Addresses of what staff do with reports."""

from django.urls import URLPattern, path

from reporting.views import received_reports

ROUND = "medel/<int:pk>/redovisning/<int:number>/"
REPORT = f"{ROUND}kommun/<slug:code>/"

urlpatterns: list[URLPattern] = [
    path(
        f"{ROUND}godkann/",
        received_reports.received_report_accept_many,
        name="received_report_accept_many",
    ),
    path(REPORT, received_reports.received_report_detail, name="received_report_detail"),
    path(
        f"{REPORT}godkann/",
        received_reports.received_report_accept,
        name="received_report_accept",
    ),
    path(
        f"{REPORT}komplettera/",
        received_reports.received_report_complete,
        name="received_report_complete",
    ),
    path(
        f"{REPORT}komplettera/ta-tillbaka/",
        received_reports.received_report_withdraw,
        name="received_report_withdraw",
    ),
    path(
        f"{REPORT}version-<int:version>/",
        received_reports.received_report_version,
        name="received_report_version",
    ),
    path(
        f"{REPORT}version-<int:version>.pdf",
        received_reports.received_report_pdf,
        name="received_report_pdf",
    ),
    path(
        f"{REPORT}fil/<int:file>/",
        received_reports.received_report_file,
        name="received_report_file",
    ),
]
