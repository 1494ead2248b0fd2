"""The pages about reminders in a real browser: axe, narrow windows, and no script."""

import pytest
from django.urls import reverse

from municipalities.models import Message
from tests.browser import faults_everywhere, launch, open_page, sign_in
from tests.factories import make_member, make_user
from tests.reporting.reminding import (
    HANDLER,
    KARLSHAMN,
    RONNEBY,
    address,
    all_but,
    august,
    make_county,
    offer,
    run,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_pages_are_clean_narrow_and_work_without_script(
    live_server, places, clock, server, settings
):
    settings.SESSION_COOKIE_AGE = 10**8  # the clock is moved by weeks
    body = make_county()
    deadline = offer(body, done=all_but(RONNEBY, KARLSHAMN))
    offer(body, kind="interim_report", actor="body")
    handler = make_member(body, user=make_user(HANDLER))
    server.refused = {address(KARLSHAMN)}
    run(clock, *august(10))
    off = Message.objects.get(to_email=address(RONNEBY)).unsubscribe
    pages = [
        reverse("reporting:reminder_plans"),
        reverse("reporting:reminder_plan", args=[deadline.grant_id]),
        reverse("reporting:reminder_send", args=[deadline.pk]),
        "/paminnelser/" + off.partition("/paminnelser/")[2],
    ]
    clock.set(august(11)[0])

    with launch() as browser:
        page = open_page(browser)
        sign_in(page, live_server.url, handler)
        for path in pages:
            page.goto(live_server.url + path)
            page.evaluate(
                "document.querySelectorAll('main details').forEach(d => d.open = true)"
            )
            assert faults_everywhere(page) == {}, path

        page = open_page(browser, java_script_enabled=False)
        sign_in(page, live_server.url, handler)
        page.goto(live_server.url + pages[2])
        page.get_by_label("Karlshamn").uncheck()
        page.locator("main form button").click()
        assert page.url == live_server.url + pages[1]
        page.goto(live_server.url + pages[3])
        page.locator("main form button").click()
        assert page.url == live_server.url + pages[3]

    sent = Message.objects.filter(kind="reminder", reminders__sent_by=handler)
    assert [message.to_email for message in sent] == [address(RONNEBY)]
