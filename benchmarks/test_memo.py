"""What the memo costs beside bare WeasyPrint on the same HTML."""

from datetime import date

import pytest
from weasyprint import HTML

from reporting import memo as memos
from reporting.memo import Document
from reporting.pdf import STATIC, StaticFetcher
from tests.factories import make_decided, make_member

pytestmark = pytest.mark.django_db


def test_memo_against_bare_weasyprint(storsthlm, side_by_side, tell):
    decided = make_decided(storsthlm)
    memo = memos.start(decided.grant, by=make_member(storsthlm), dated_on=date(2020, 3, 30))
    html = Document(memo).html

    def ours():
        """Make the memo from the database to the finished file."""
        assert Document(memo).pdf().startswith(b"%PDF")

    def bare():
        page = HTML(string=html, base_url=STATIC, url_fetcher=StaticFetcher({}))
        assert page.write_pdf().startswith(b"%PDF")

    memo_time, bare_time = side_by_side(ours, bare, rounds=7)
    tell(
        f"memo as PDF/A and PDF/UA: {1000 * memo_time:.0f} ms, bare WeasyPrint"
        f" {1000 * bare_time:.0f} ms, {memo_time / bare_time:.2f} times (limit 1.3)"
    )
    assert memo_time <= 1.3 * bare_time
