"""What it costs to compile 290 municipalities' reports of forty questions, to Word."""

from time import process_time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.reported import make_reported
from reporting.compilation import compile_round
from reporting.models import ReportRound, ReportVersion
from tests.factories import make_body

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]


def anew(found):
    """Return the round as a page finds it: nothing of it is read yet."""
    return ReportRound.objects.get(pk=found.pk)


def test_compiling_290_municipalities(side_by_side, tell):
    few, many = (
        make_reported(make_body(f"Landet {number}"), number) for number in (10, 290)
    )
    counts = []
    for found in (few, many):
        with CaptureQueriesContext(connection) as queries:
            made = compile_round(anew(found))
        counts.append((len(made.reported), len(made.questions), len(queries)))

    def ours():
        assert len(compile_round(anew(many)).reported) == 290

    def bare():
        rows = ReportVersion.objects.filter(report__round=many)
        assert len(list(rows.values_list("report", "answers", "facts"))) == 290

    spent, other = side_by_side(ours, bare, rounds=5)
    start = process_time()
    ours()
    own = process_time() - start
    tell(
        f"compilation, 290 municipalities × 40 questions: {1000 * spent:.0f} ms in"
        f" {counts[1][-1]} queries (limit 1 500 ms), of which {1000 * own:.0f} ms Python's;"
        f" {1000 * other:.0f} ms to read the answers alone, {spent / other:.1f} times"
    )
    assert counts == [(10, 40, counts[0][-1]), (290, 40, counts[0][-1])]
    assert spent < 1.5
