"""Addresses of the municipality's own report."""

from django.urls import URLPattern, path

from reporting.views import report_sending, report_standing, report_writing

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
    path(
        "mina-medel/redovisning/<int:number>/skicka/",
        report_sending.report_review,
        name="report_review",
    ),
    path(
        "mina-medel/redovisning/<int:number>/lamna-over/",
        report_sending.report_hand_over,
        name="report_hand_over",
    ),
    path(
        "mina-medel/redovisning/<int:number>/ratta/",
        report_sending.report_correct,
        name="report_correct",
    ),
    path(
        "mina-medel/redovisning/<int:number>/redovisning.pdf",
        report_sending.report_pdf,
        name="report_pdf",
    ),
    path(
        "mina-medel/redovisning/<int:number>/version-<int:version>/",
        report_sending.report_version,
        name="report_version",
    ),
    path(
        "mina-medel/redovisning/<int:number>/version-<int:version>.pdf",
        report_sending.report_version_pdf,
        name="report_version_pdf",
    ),
]
