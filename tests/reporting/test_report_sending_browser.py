"""A report that is read, signed and corrected, in a real browser: clean on any screen."""

from datetime import date

import pytest
from playwright.sync_api import expect

from reporting.report import begin_correction, work_on
from reporting.report_decisions import request_completion
from tests.browser import faults_everywhere, launch, open_page, sign_in
from tests.factories import make_body, make_member, make_municipal_member, make_user
from tests.invoices.settling import claimed, settled
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_report,
    send,
    write,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "Insatserna har nått fler än vi hade räknat med. " * 8


@pytest.fixture(scope="module")
def browser():
    with launch() as browser:
        yield browser


@pytest.fixture
def sam(places):
    user = make_user("sam@botkyrka.example", first_name="Sam", last_name="Ansvarig")
    return make_municipal_member("0127", user=user)


def many(found, **more):
    """Return answers with a list of activities."""
    activities = {
        f"insatser.{number}.{part}": text
        for number in (1, 2, 3)
        for part, text in [
            ("text", f"Utbildning nummer {number} för personal som möter unga"),
            ("state", "changed"),
            ("comment", "Genomförs digitalt i stället."),
        ]
    }
    return final_answers(found, **{"utmaningar": LONG} | activities | more)


@pytest.fixture
def corrected(sam):
    """A report that is sent in twice, with much that differs."""
    found = make_open_round(make_body())
    report = write(make_report(found, by=sam), many(found), by=sam)
    send(report, sam)
    begin_correction(report, by=sam)
    more = {"insatser.3.state": "dropped", "insatser.4.text": "En ny insats"}
    changed = many(found, **more | {"insatser.4.state": "done"})
    changed["utmaningar"] = LONG.replace("räknat", "hoppats", 2) + "Och mer väntar."
    changed |= {"anvant." + next(iter(found.read.question("anvant").rows)).key: "75"}
    write(report, changed | {"aterbetalas": "25"}, by=sam)
    send(report, sam, reason="Beloppet för personal var fel.\nEn insats saknades.")
    return report


def test_pages_are_clean(browser, live_server, corrected, sam):
    found, body = corrected.round, corrected.round.grant.body
    address = f"/mina-medel/redovisning/{found.pk}"
    settled(found.grant, "0127", used=75, to_repay=25)
    claimed(found.grant, due_on=date(2099, 3, 1))
    page = open_page(browser)
    sign_in(page, live_server.url, sam)
    wrong = {}

    def look(state, path):
        page.goto(live_server.url + path)
        if found := faults_everywhere(page):
            wrong[state, path] = found

    look("sent in", f"{address}/version-2/")
    look("sent in", f"{address}/version-1/")
    look("sent in", f"{address}/ratta/")
    look("sent in", f"/mina-medel/{found.grant_id}/")
    request_completion(
        corrected,
        by=make_member(body),
        sections=["medel"],
        reason="Berätta om **resten**.",
        due_on=date(2099, 2, 1),
        seen=2,
    )
    look("to complete", f"{address}/skicka/")
    look("to complete", "/mina-medel/")
    write(corrected, many(found, used=90, samverkan="ja"), by=sam)
    look("lacking", f"{address}/skicka/")
    page.context.close()
    assert wrong == {}


@pytest.mark.parametrize("has_script", [True, False])
def test_read_through_sign_and_send_in(browser, live_server, sam, has_script):
    found = make_open_round(make_body())
    report = write(make_report(found, by=sam), final_answers(found, used=90), by=sam)
    page = open_page(browser, java_script_enabled=has_script)
    sign_in(page, live_server.url, sam)
    address = f"{live_server.url}/mina-medel/redovisning/{found.pk}"
    page.goto(f"{address}/skicka/")
    # What does not add up hinders; once it does, the report is signed.
    expect(page.locator(".error-summary li")).to_have_count(1)
    expect(page.locator("[name=seen]")).to_have_count(0)
    write(report, final_answers(found), by=sam)
    page.goto(f"{address}/skicka/")
    expect(page.locator("[name=name]")).to_have_value("Sam Ansvarig")
    page.fill("[name=title]", "socialchef")
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(f"{address}/")
    page.context.close()
    version = report.versions.get()
    assert (version.signed_name, version.signed_title) == ("Sam Ansvarig", "socialchef")
    assert work_on(report).review.is_complete
