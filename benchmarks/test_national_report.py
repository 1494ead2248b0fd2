"""What it costs to write answers to forty questions as Word, Excel and PDF."""

import resource
from io import BytesIO
from itertools import pairwise
from time import process_time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from benchmarks.reported import make_reported
from reporting import national_report
from reporting.compilation import compile_round
from reporting.document import Table
from reporting.models import NationalReport
from reporting.national_report_content import content_of
from reporting.national_report_files import SILENCE
from reporting.national_report_pdf import national_pdf
from reporting.national_report_workbook import national_workbook
from reporting.word import word_document
from tests.factories import make_body, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]


def anew(report):
    """Return the report as its maker finds it: nothing of it is read yet."""
    known = NationalReport.objects.select_related("round__grant__body", "round__deadline")
    return known.get(pk=report.pk)


def made_of(report):
    """Return the compilation and the document."""
    found = anew(report)
    compilation = compile_round(found.round)
    return compilation, content_of(found, compilation)


def test_290_municipalities_to_word(side_by_side, tell):
    reports = []
    for number in (10, 290):
        body = make_body(f"Landet {number}")
        found = make_reported(body, number)
        reports.append(national_report.start(found, by=make_member(body)))
    counts = []
    for report in reports:
        with CaptureQueriesContext(connection) as queries:
            word_document(made_of(report)[1])
        counts.append(len(queries))
    compilation, document = made_of(reports[1])
    rows = sum(len(each.rows) for each in document.blocks if isinstance(each, Table))

    def all_of_it():
        word_document(made_of(reports[1])[1])

    def writing():
        word_document(document)

    whole, written = side_by_side(all_of_it, writing, rounds=3)
    excel, _again = side_by_side(
        lambda: national_workbook(document, compilation), writing, rounds=2
    )
    tell(
        f"report to the authority, 290 municipalities × 40 questions, {rows} rows:"
        f" {whole:.2f} s to Word in {counts[1]} queries (limit 3 s), of which the writing"
        f" {written:.2f} s; to Excel {excel:.2f} s"
    )
    assert counts[0] == counts[1]
    assert whole < 3


def test_49_municipalities_to_pdf(tell):
    """The largest county. A maker that gives no sign of life is taken for dead."""
    body = make_body("Länet")
    report = national_report.start(make_reported(body, 49), by=make_member(body))
    _compilation, document = made_of(report)
    beats = [process_time()]

    pdf = national_pdf(document, body, lambda: beats.append(process_time()))

    beats.append(process_time())
    silent = max(after - before for before, after in pairwise(beats))
    with PdfReader(BytesIO(pdf)) as reader:
        pages = len(reader.pages)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    tell(
        f"the same of 49 municipalities to PDF: {pages} pages, {len(pdf) // 1024} kB,"
        f" {beats[-1] - beats[0]:.0f} s of a processor, of which {silent:.0f} s without a"
        f" sign of life; the process has had {memory} MB at most"
    )
    assert silent < SILENCE.total_seconds() / 4
