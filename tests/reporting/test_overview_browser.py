"""The overview in a real browser: clean, and its form with a script and without."""

import pytest

from reporting.demo import jamtland
from reporting.models import OverviewRow
from tests.browser import faults_everywhere, launch, open_page, sign_in
from tests.factories import make_body, make_member
from tests.reporting.overviews import make_overview

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser():
    with launch() as browser:
        yield browser


@pytest.fixture
def region(places):
    return make_body("Region Jämtland Härjedalen", county="23")


def test_pages_are_clean(browser, live_server, region):
    overview = jamtland.fill(region)
    make_overview(region, 2021)
    grant = overview.body.grants.get(record_number="RS/194/2020")
    paths = [
        "/oversikt/2020/?enhet=kr",
        "/oversikt/2020/andra/",
        "/oversikt/2018/",
        "/oversikt/ny/",
        f"/medel/{grant.pk}/budget/",
        f"/medel/{grant.pk}/delomraden/andra/",
    ]
    page = open_page(browser)
    sign_in(page, live_server.url, make_member(region))

    wrong = {}
    for path in paths:
        page.goto(live_server.url + path)
        if found := faults_everywhere(page):
            wrong[path] = found
    page.context.close()

    assert wrong == {}


@pytest.mark.parametrize("has_script", [True, False])
def test_rows_are_added_moved_and_saved(browser, live_server, region, has_script):
    make_overview(region, 2020, groups=[("Avtal", [{"label": "A", "amount": 1_000_000}])])
    page = open_page(browser, java_script_enabled=has_script)
    sign_in(page, live_server.url, make_member(region))
    page.goto(f"{live_server.url}/oversikt/2020/andra/")

    page.locator("[data-add-row]").click()
    page.fill("[name=groups-0-rows-1-label]", "B")
    page.fill("[name=groups-0-rows-1-amount]", "-5")
    # Enter saves, and does not press the first button that moves something.
    page.press("[name=groups-0-rows-1-amount]", "Enter")
    page.locator(".error-summary a").wait_for()
    assert page.locator(".error-summary a").get_attribute("href") == (
        "#id_groups-0-rows-1-amount"
    )
    page.fill("[name=groups-0-rows-1-amount]", "5 000 000")
    page.locator("[name=order][value='row 0 1 -1']").click()
    page.locator("[name=groups-0-rows-1-label][value=A]").wait_for()
    page.locator(".buttons button[type=submit]").click()
    page.wait_for_url("**/oversikt/2020/")
    page.context.close()

    rows = OverviewRow.objects.order_by("position").values_list("label", "amount")
    assert list(rows) == [("B", 5_000_000), ("A", 1_000_000)]
