"""What it costs to compile 290 municipalities' reports of forty questions, to Word."""

from time import process_time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.reported import make_reported
from reporting import national_report
from reporting.compilation import compile_round
from reporting.models import NationalReport, ReportRound, ReportVersion
from reporting.national_report_content import content_of
from reporting.word import word_document
from tests.factories import make_body, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]


def compiled(report):
    """Return the compilation of the round as a page finds it: nothing of it is read yet."""
    return compile_round(ReportRound.objects.get(pk=report.round_id))


def to_word(report):
    """Return the whole report to the authority as Word, from what is in the database."""
    report = NationalReport.objects.get(pk=report.pk)
    return word_document(content_of(report, compile_round(report.round)))


def test_290_municipalities_and_40_questions(side_by_side, tell):
    reports, counts = [], []
    for municipalities in (10, 290):
        body = make_body(f"Landet {municipalities}")
        found = make_reported(body, municipalities)
        report = national_report.start(found, by=make_member(body))
        with CaptureQueriesContext(connection) as first:
            made = compiled(report)
        with CaptureQueriesContext(connection) as second:
            to_word(report)
        reports.append(report)
        asked = (len(made.reported), len(made.questions))
        counts.append((asked, (len(first), len(second))))
    many = reports[1]

    def compilation():
        assert len(compiled(many).reported) == 290

    def bare():
        rows = ReportVersion.objects.filter(report__round=many.round)
        assert len(list(rows.values_list("report", "answers", "facts"))) == 290

    spent, other = side_by_side(compilation, bare, rounds=5)
    words, _again = side_by_side(lambda: to_word(many), bare, rounds=3)
    start = process_time()
    size = len(to_word(many))
    own = process_time() - start
    tell(
        f"compilation, 290 municipalities × 40 questions: {1000 * spent:.0f} ms in"
        f" {counts[1][1][0]} queries, {spent / other:.1f} times the"
        f" {1000 * other:.0f} ms that it takes to read the answers"
    )
    tell(
        f"to Word: {1000 * words:.0f} ms in {counts[1][1][1]} queries (limit 3 000 ms), of"
        f" which {1000 * own:.0f} ms Python's; {size / 1024:.0f} kB"
    )
    (few, first), (all_of_them, second) = counts
    assert (few, all_of_them, first) == ((10, 40), (290, 40), second)
    assert words < 3
