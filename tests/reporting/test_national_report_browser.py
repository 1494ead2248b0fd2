"""The report to the authority in a real browser: clean, and its documents followed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reporting import national_report
from reporting.models import NationalReportFile
from reporting.national_report_files import SILENCE, Kind, make_all, request
from tests.browser import faults_everywhere, launch, open_page, sign_in
from tests.factories import make_member
from tests.reporting.national_reports import (
    make_delivered,
    make_draft,
    make_file,
    make_reported_round,
)
from tests.reporting.reports import make_sent

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("queue"),
]

TEXT = "Medlen har **nått fram**.\n\n### Mer\n\n1. ett\n2. två"


@pytest.fixture(scope="module")
def browser():
    with launch() as browser:
        yield browser


def wrong_on(page):
    """Return what is wrong on the page as it stands, with all that unfolds unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    return faults_everywhere(page)


def test_pages_are_clean_in_every_state(browser, live_server, storsthlm):
    found = make_reported_round(storsthlm)
    one = make_member(storsthlm)
    page = open_page(browser)
    sign_in(page, live_server.url, one)
    wrong = {}

    def look(what, path):
        page.goto(live_server.url + path)
        if said := wrong_on(page):
            wrong[what] = said

    base = f"/medel/{found.grant_id}/redovisning/{found.pk}/rapport/"
    look("none", base)
    delivered = make_delivered(
        make_draft(found, by=one, egen_sammanfattning=TEXT, insatser=TEXT), by=one
    )
    draft = national_report.start(found, by=one)
    make_sent(found, "0114", used=90, to_repay=10)
    make_file(draft, Kind.WORD, by=one)
    failed = request(draft, Kind.EXCEL, by=one)
    NationalReportFile.objects.filter(pk=failed.pk).update(status="failed")
    running = request(draft, Kind.PDF, by=one)
    facts = {"status": "running", "step": 2, "steps": 4, "seen_at": timezone.now()}
    NationalReportFile.objects.filter(pk=running.pk).update(**facts)
    url = draft.get_absolute_url()
    look("versions", base)
    look("changed figures, one failed, one running", url)
    late = timezone.now() - SILENCE - timedelta(minutes=1)
    NationalReportFile.objects.filter(pk=running.pk).update(seen_at=late)
    national_report.rename(draft, title="Annan rubrik")
    look("one silent, one stale", url)
    look("writing", f"{url}avsnitt/insatser/")
    look("the money", f"{url}avsnitt/egen-ekonomi/")
    look("deliver", f"{url}lamna/")
    look("title", f"{url}rubrik/")
    look("discard", f"{url}ta-bort/")
    look("delivered", delivered.get_absolute_url())
    page.goto(f"{live_server.url}{url}avsnitt/samverkan/")
    national_report.save_section(
        draft, "samverkan", "Andras", by=make_member(storsthlm), seen=0
    )
    page.fill("[name=text]", "Mitt")
    page.locator(".buttons button[type=submit]").first.click()
    page.locator("[role=alert]").wait_for()
    if said := wrong_on(page):
        wrong["conflict"] = said
    page.context.close()

    assert wrong == {}


@pytest.mark.parametrize("has_script", [True, False])
def test_document_is_followed_until_it_can_be_fetched(
    browser, live_server, storsthlm, has_script
):
    one = make_member(storsthlm)
    draft = make_draft(make_reported_round(storsthlm), by=one)
    page = open_page(browser, java_script_enabled=has_script)
    sign_in(page, live_server.url, one)
    page.goto(live_server.url + draft.get_absolute_url())
    word = page.locator("#dokument-docx")

    word.locator("button").click()
    word.get_by_text("Väntar på sin tur").wait_for()
    make_all()
    if not has_script:
        word.get_by_role("link", name="Titta igen").click()
    word.get_by_role("link", name="Hämta Word").wait_for()
    with page.expect_download() as download:
        word.get_by_role("link", name="Hämta Word").click()
    page.context.close()

    assert download.value.suggested_filename.endswith("-version-1.docx")
    file = draft.files.get()
    assert (file.kind, file.status) == ("docx", "done")
