"""Contacts in a real browser: one click without JavaScript, and pages that are clean."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from grants.models import Deadline
from municipalities.models import BouncedAddress, ContactConfirmation, Municipality
from tests import browser as browsers
from tests.factories import (
    make_body,
    make_grant,
    make_member,
    make_municipal_member,
    make_user,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

BOTKYRKA = "/kommuner/0127"


@pytest.fixture
def contributor(places):
    """Somebody with a name and an address that are longer than most."""
    cache.clear()
    email = "annamaria.wilhelmina.von.oxenstierna.af.lejonhufvud@botkyrka.example"
    name = "von Oxenstierna af Lejonhufvud-Gyllenstierna"
    user = make_user(email, first_name="Anna-Maria Wilhelmina", last_name=name)
    return make_municipal_member(
        role="contributor",
        user=user,
        is_contact=True,
        valid_until=timezone.localdate() + timedelta(days=5),
    )


def test_contacts_are_confirmed_by_one_click_without_javascript(live_server, contributor):
    with browsers.launch() as browser:
        page = browsers.open_page(browser, 390, java_script_enabled=False)
        browsers.sign_in(page, live_server.url, contributor)
        page.goto(f"{live_server.url}/mina-medel/")
        page.locator(".contacts-notice button").focus()
        page.keyboard.press("Enter")

        page.locator(".messages").wait_for()
        assert page.url == f"{live_server.url}/mina-medel/"
        assert page.locator(".contacts-notice").count() == 0

    assert ContactConfirmation.objects.get().confirmed_by == contributor


def test_pages_of_contacts_are_clean(live_server, contributor):
    body = make_body()
    grant = make_grant(body, title="Medel " * 20, short_title="Medel " * 9)
    for days in (-5, 0, 3, 4, 90):
        Deadline.objects.create(
            grant=grant,
            kind="own",
            title="Skicka underlaget till Kammarkollegiet och Socialstyrelsen",
            actor="body",
            due_on=timezone.localdate() + timedelta(days=days),
        )
    Municipality.objects.filter(code="0127").update(email="kommun@botkyrka.example")
    for email in (contributor.email, "kommun@botkyrka.example"):
        BouncedAddress.objects.create(email=email, reason="550 5.1.1 User unknown")
    pk = contributor.memberships.get().pk
    paths = {
        make_member(body): [
            "/",
            "/kontakter/",
            "/kommuner/?contacts=alarm",
            f"{BOTKYRKA}/",
            f"{BOTKYRKA}/personer/",
            f"{BOTKYRKA}/personer/{pk}/andra/",
            f"{BOTKYRKA}/kontakter/brevlada/",
        ],
        contributor: ["/mina-medel/", "/kommunen/personer/"],
    }
    found = {}
    with browsers.launch() as browser:
        for person, own in paths.items():
            page = browsers.open_page(browser)
            browsers.sign_in(page, live_server.url, person)
            for path in own:
                page.goto(f"{live_server.url}{path}")
                found[path] = browsers.faults_everywhere(page)

    assert not any(found.values()), found
