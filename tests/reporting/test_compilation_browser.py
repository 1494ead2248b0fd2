"""The compilation in a real browser: clean, whatever the colours and the width."""

import pytest
from django.urls import reverse

from tests.browser import faults_everywhere, launch, open_page, sign_in
from tests.factories import make_body, make_member
from tests.reporting.reports import make_open_round, make_report, make_sent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEYS = ("anvant", "aterbetalas", "utmaningar", "samverkan", "insatser")


@pytest.fixture(scope="module")
def browser():
    with launch() as browser:
        yield browser


@pytest.mark.usefixtures("places")
def test_pages_are_clean(browser, live_server):
    body = make_body()
    found = make_open_round(body)
    path = reverse("reporting:compilation", args=[found.grant_id, found.pk])
    make_sent(found, "0127", utmaningar="Ettlångtordutanmellanslag" * 20)
    make_report(found, "0114")
    page = open_page(browser)
    sign_in(page, live_server.url, make_member(body))

    wrong = {}
    for address in (path, *(f"{path}fraga/{key}/" for key in KEYS)):
        page.goto(live_server.url + address)
        if some := faults_everywhere(page):
            wrong[address] = some
    page.goto(live_server.url + path)
    bars = page.locator(".chart__part").count()
    page.context.close()

    assert wrong == {}
    assert bars > 1
