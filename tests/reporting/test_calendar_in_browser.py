"""Calendar and questions in a real browser: clean at every width, light and dark."""

import pytest

from reporting import comments
from tests.browser import faults_everywhere, launch, open_page, sign_in
from tests.factories import make_member, make_municipal_member, make_requisition
from tests.invoices.answers import make_open

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDRESS = "/kalender/prenumerera/"


@pytest.fixture(scope="module")
def browser():
    with launch() as browser:
        yield browser


@pytest.fixture
def asker(places):
    return make_municipal_member("0184")


@pytest.fixture
def requisition(storsthlm, handler, asker):
    """A requisition with a question and a note, on a grant with a question of its own."""
    requisition = make_requisition(make_open(storsthlm, days=3), "0184", by=asker)
    grant, municipality = requisition.grant, requisition.municipality
    comments.ask(grant, by=asker, municipality=municipality, text="Får vi?")
    for is_shared in (True, False):
        comments.write(
            grant,
            by=handler,
            municipality=municipality,
            requisition=requisition,
            text="Vilket konto?",
            is_shared=is_shared,
        )
    comments.write(grant, by=handler, text="Bara vi")
    return requisition


@pytest.mark.parametrize("is_staff", [True, False])
def test_pages_are_clean(browser, live_server, requisition, handler, asker, is_staff):
    grant = requisition.grant.pk
    paths = ["/kalender/", "/kalender/?visa=lista", ADDRESS]
    if is_staff:
        paths += [f"/medel/{grant}/fragor/", f"/medel/{grant}/fragor/kommun/0184/"]
    else:
        paths += [f"/mina-medel/{grant}/", f"/mina-medel/{grant}/fragor/"]
    page = open_page(browser)
    sign_in(page, live_server.url, handler if is_staff else asker)

    wrong = {}
    for path in paths:
        page.goto(live_server.url + path)
        if found := faults_everywhere(page):
            wrong[path] = found
    page.context.close()

    assert wrong == {}


def test_phone_gets_the_list_instead_of_the_table(browser, live_server, storsthlm):
    make_open(storsthlm, days=0)
    page = open_page(browser)
    sign_in(page, live_server.url, make_member(storsthlm))
    page.goto(f"{live_server.url}/kalender/")

    seen = []
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        table, rows = page.locator("table.month"), page.locator(".month-list")
        seen.append((table.is_visible(), rows.is_visible()))
    page.context.close()

    assert seen == [(True, False), (False, True)]


def test_address_is_copied_with_a_script_and_readable_without(
    browser, live_server, storsthlm
):
    person = make_member(storsthlm)
    plain = open_page(browser, java_script_enabled=False)
    sign_in(plain, live_server.url, person)
    plain.goto(live_server.url + ADDRESS)
    plain.get_by_role("main").get_by_role("button").click()
    address = plain.locator("#copy-address").inner_text()
    buttons = plain.get_by_role("main").locator("button:visible").count()
    plain.context.close()
    page = open_page(browser, permissions=["clipboard-read", "clipboard-write"])
    sign_in(page, live_server.url, person)
    page.goto(live_server.url + ADDRESS)
    page.locator("[data-copy]").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    page.context.close()

    assert address.startswith("http")
    assert (copied, buttons) == (address, 1)
