"""Signing in with a code and looking after people, in a real browser."""

import re

import pytest
from django.core.cache import cache

from tests import browser as browsers
from tests.factories import make_municipal_member, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def signatory(places):
    cache.clear()
    return make_municipal_member(user=make_user("anna@botkyrka.example"), is_contact=True)


def test_code_is_asked_for_and_written_by_keyboard_without_javascript(
    live_server, signatory, mailoutbox
):
    with browsers.launch() as browser:
        page = browsers.open_page(browser, 390, java_script_enabled=False)
        page.goto(f"{live_server.url}/kommunen/personer/")
        page.get_by_label("E-post").focus()
        page.keyboard.type(signatory.email)
        page.keyboard.press("Enter")
        page.locator("#id_code").focus()
        page.keyboard.type("0000")
        page.keyboard.press("Enter")
        page.locator("#id_code[aria-invalid=true]").wait_for()
        page.locator("#id_code").fill("")
        page.locator("#id_code").focus()
        (code,) = re.findall(r"\d{4}-\d{4}", mailoutbox[0].body)
        page.keyboard.type(code)
        page.keyboard.press("Enter")

        page.wait_for_url(f"{live_server.url}/kommunen/personer/")
        assert page.locator(".account__body").inner_text() == "Botkyrka kommun"


def test_pages_of_people_are_clean(live_server, signatory):
    person = make_municipal_member(role="contributor").memberships.get()
    own = signatory.memberships.get()
    found = {}
    with browsers.launch() as browser:
        page = browsers.open_page(browser)
        page.goto(f"{live_server.url}/konto/login/")
        page.locator("details.more summary").click()
        page.locator("button[value=password]").click()
        page.locator("#id_password[aria-invalid=true]").wait_for()
        found["login"] = browsers.faults_everywhere(page)
        page.get_by_label("E-post").fill("ingen@kommun.example")
        page.keyboard.press("Enter")
        page.locator("#id_code").press("Enter")
        page.locator("#id_code[aria-invalid=true]").wait_for()
        found["code"] = browsers.faults_everywhere(page)
        browsers.sign_in(page, live_server.url, signatory)
        for path in ("", "ny/", f"{person.pk}/andra/", f"{person.pk}/ta-bort/"):
            page.goto(f"{live_server.url}/kommunen/personer/{path}")
            found[path] = browsers.faults_everywhere(page)
        page.goto(f"{live_server.url}/kommunen/personer/{own.pk}/andra/")
        page.locator("input[value=contributor]").check()
        page.locator("main button[type=submit]").click()
        found["error"] = browsers.faults_everywhere(page)

    assert not any(found.values()), found
