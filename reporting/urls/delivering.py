"""Addresses of the national report."""

from django.urls import path

from reporting.views import national_report_section, national_reports

REPORTS = "medel/<int:pk>/redovisning/<int:number>/rapport"
ONE = f"{REPORTS}/<int:version>"

urlpatterns = [
    path(f"{REPORTS}/", national_reports.national_report_list, name="national_report_list"),
    path(
        f"{REPORTS}/ny/",
        national_reports.national_report_start,
        name="national_report_start",
    ),
    path(
        f"{REPORTS}/historik/",
        national_reports.national_report_history,
        name="national_report_history",
    ),
    path(f"{ONE}/", national_reports.national_report_detail, name="national_report_detail"),
    path(
        f"{ONE}/rubrik/",
        national_reports.national_report_title,
        name="national_report_title",
    ),
    path(
        f"{ONE}/siffror/",
        national_reports.national_report_refresh,
        name="national_report_refresh",
    ),
    path(
        f"{ONE}/avsnitt/<slug:key>/",
        national_report_section.national_report_section,
        name="national_report_section",
    ),
    path(
        f"{ONE}/avsnitt/<slug:key>/visa/",
        national_report_section.national_report_preview,
        name="national_report_preview",
    ),
    path(
        f"{ONE}/dokument/<slug:kind>/",
        national_reports.national_report_document,
        name="national_report_document",
    ),
    path(
        f"{ONE}/dokument/<slug:kind>/skapa/",
        national_reports.national_report_make,
        name="national_report_make",
    ),
    path(
        f"{ONE}/lamna/",
        national_reports.national_report_deliver,
        name="national_report_deliver",
    ),
    path(
        f"{ONE}/ta-bort/",
        national_reports.national_report_discard,
        name="national_report_discard",
    ),
]
