"""The pages about reports that have come in, in a real browser: axe, narrow windows."""

from datetime import date

import pytest
from django.urls import reverse

from reporting.models import Report
from reporting.report import begin_correction
from reporting.report_decisions import accept, request_completion
from tests.browser import faults_everywhere, launch, open_page, sign_in
from tests.factories import make_body, make_member, make_municipal_member
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_report,
    make_sent,
    send,
    write,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CODES = ("0114", "0126", "0127", "0160", "0180")


def arranged(body):
    """Return a round with a report in every state."""
    found = make_open_round(body, codes=CODES)
    staff = make_member(body)
    make_report(found, "0114")
    asked = {"by": staff, "sections": ["insatser"], "due_on": date(2099, 2, 1), "seen": 1}
    request_completion(make_sent(found, "0126"), reason="Hur många har ni nått?", **asked)
    again = make_sent(found, "0127")
    request_completion(again, reason="Hur många har ni nått?", **asked)
    again.refresh_from_db()
    send(write(again, final_answers(found, used=90, to_repay=10, utmaningar="120 nåddes.")))
    accept(make_sent(found, "0160"), by=staff, seen=1)
    begin_correction(make_sent(found, "0180"), by=make_municipal_member("0180"))
    return found


def test_reports_are_read_and_accepted_without_script(live_server, places):
    body = make_body()
    found = arranged(body)
    handler = make_member(body)
    report = [found.grant_id, found.pk]
    pages = [
        found.get_absolute_url(),
        found.get_absolute_url() + "?visa=godkanda",
        *(
            reverse("reporting:received_report_detail", args=[*report, code])
            for code in CODES[1:]
        ),
        reverse("reporting:received_report_version", args=[*report, "0127", 1]),
        reverse("reporting:received_report_complete", args=[*report, "0127"]),
        reverse("reporting:start"),
    ]

    with launch() as browser:
        page = open_page(browser)
        sign_in(page, live_server.url, handler)
        for path in pages:
            page.goto(live_server.url + path)
            assert faults_everywhere(page) == {}, path

        page = open_page(browser, java_script_enabled=False)
        sign_in(page, live_server.url, handler)
        page.goto(live_server.url + pages[-2])
        page.locator("main form button").click()
        assert page.locator("#id_reason_error").is_visible()
        page.goto(live_server.url + pages[3])
        page.locator(".received-accept input[name=to_repay]").fill("5")
        page.locator(".received-accept button").click()
        assert page.locator(".received-accept input[name=to_repay]").input_value() == "5"
        page.locator(".received-accept input[name=to_repay]").fill("")
        page.locator(".received-accept button").click()
        assert page.url == live_server.url + pages[3]

    accepted = Report.objects.get(municipality__code="0127")
    assert (accepted.status, accepted.settlement.used) == ("accepted", 90)
