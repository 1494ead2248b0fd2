"""A municipality answers in a real browser: on a phone, by keyboard, without script."""

import re

import pytest
from django.middleware.csrf import CSRF_SECRET_LENGTH
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.formats import date_format
from playwright.sync_api import Page, expect

from grants.models import Purpose
from invoices.models import Requisition
from invoices.requisition import send_back
from tests.browser import faults, launch, open_page, sign_in, too_wide
from tests.factories import (
    make_body,
    make_member,
    make_municipal_member,
    make_requisition,
    make_user,
)
from tests.invoices.answers import due, make_open

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = 390
SMALL = 320
PATIENCE = 30_000  # ms


@pytest.fixture(scope="module")
def browser():
    expect.set_options(timeout=PATIENCE)
    with launch() as browser:
        yield browser


@pytest.fixture
def storsthlm(places):
    return make_body(organisation_number="2220000315", peppol_id="0007:2220000315")


@pytest.fixture
def signatory(places):
    person = make_user("sam@botkyrka.example", first_name="Sam", last_name="Ansvarig")
    return make_municipal_member("0127", user=person)


@pytest.fixture
def contributor(places):
    person = make_user("kim@botkyrka.example", first_name="Kim", last_name="Kontakt")
    return make_municipal_member("0127", role="contributor", user=person)


@pytest.fixture
def offered(storsthlm):
    distribution = make_open(storsthlm)
    grant = distribution.grant
    grant.invoice_reference, grant.invoice_text = "781", "Rekvirering av stimulansmedel"
    grant.save()
    Purpose.objects.create(grant=grant, heading="Utbilda framtida medarbetare", position=1)
    return distribution


class Person:
    """Somebody who only has a keyboard, and notes what is wrong with each page."""

    def __init__(self, page: Page, address: str, user):
        page.context.set_default_timeout(PATIENCE)
        self.page, self.address = page, address
        self.wrong: list[str] = []
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", self.hear)
        sign_in(page, address, user)

    def hear(self, said):
        if said.type == "error":
            self.wrong.append(f"{self.page.url}: {said.text}")

    def open(self, path):
        self.page.goto(self.address + path)

    def look(self, *, with_script=True):
        """Let axe look, and see that a small phone need not scroll sideways."""
        where = self.page.url.removeprefix(self.address)
        self.wrong += [f"{where}: {fault}" for fault in faults(self.page)]
        self.page.set_viewport_size({"width": SMALL, "height": 700})
        self.wrong += [f"{where}: {fault}" for fault in too_wide(self.page)]
        self.page.set_viewport_size({"width": PHONE, "height": 844})

    def tab_to(self, selector):
        """Press Tab until the element that matches has the focus."""
        self.page.locator("#content").focus()
        for _ in range(80):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"Tab never comes to {selector}")

    def write(self, name, text):
        """Replace what stands in a field."""
        self.tab_to(f"[name={name}]")
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(text)

    def enter(self, selector):
        """Press Enter on a link or a button, and wait for the page it leads to."""
        self.tab_to(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def choose(self, name, value):
        """Choose a radio button: Tab goes to the group, arrows within it."""
        self.tab_to(f"[name={name}]")
        for _ in range(6):
            focused = "[document.activeElement.value, document.activeElement.checked]"
            if self.page.evaluate(focused) == [value, True]:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"The arrows never come to {value}")


def name_of(purpose):
    return f"use_{purpose.pk}"


REVIEW = "button[name=do][value=review]:not([tabindex])"
SEND = "form .ds-button[type=submit]"


@pytest.mark.parametrize("with_script", [True, False])
def test_municipality_answers_by_keyboard_on_a_phone(
    browser, live_server, offered, signatory, with_script
):
    page = open_page(browser, PHONE, java_script_enabled=with_script)
    person = Person(page, live_server.url, signatory)
    if not with_script:
        # The browser's own scripts still run: axe and where the focus is.
        person.tab_to = lambda selector: page.locator(selector).first.focus()
    first, second = offered.grant.purposes.all()
    base = f"/mina-medel/{offered.grant.pk}/"

    person.open("/mina-medel/")
    if with_script:
        person.look()
    person.enter(f'.offer a[href="{base}svar/"]')
    if with_script:
        person.look()
        person.choose("answer", "part")
        expect(page.locator("#id_amount")).to_be_visible()
        expect(page.locator("#id_decline_reason")).to_be_hidden()
        expect(page.locator("#id_bic")).to_be_hidden()
    else:
        page.locator("[name=answer][value=part]").press("Space")
    person.write("amount", "99 000 000")
    person.write(name_of(first), "60 000")
    if with_script:
        person.choose("account_kind", "bankgiro")
    else:
        page.locator("[name=account_kind][value=bankgiro]").press("Space")
    person.write("account_number", "5050-1056")
    person.enter(REVIEW)
    assert page.locator(".error-summary li").count() == 3  # amount, account, title
    if with_script:
        expect(page.locator(".error-summary")).to_be_focused()
        person.look()
        # The links in the summary lead to the fields.
        person.enter_link = page.locator(".error-summary a").first
        person.enter_link.press("Enter")
        expect(page.locator("#id_amount")).to_be_focused()
    person.write("amount", "100 000")
    person.write("account_number", "5050-1055")
    person.write("signatory_title", "socialchef")
    if with_script:
        person.write(name_of(second), "40 000")
        expect(page.locator("[data-sum]")).to_have_text("Summan stämmer med beloppet.")
        expect(page.locator("[data-saved]")).to_have_text(re.compile(r"Sparat \d\d\.\d\d"))
    person.enter(REVIEW)
    if with_script:
        person.look()
    expect(page.locator(".sum")).to_contain_text(
        "100 000 kr".replace(" ", "\N{NO-BREAK SPACE}")
    )
    person.enter(SEND)
    assert page.url == f"{live_server.url}{base}kvitto/"
    if with_script:
        person.look()

    requisition = Requisition.objects.get()
    assert (requisition.status, requisition.amount, requisition.signatory_title) == (
        "submitted",
        100_000,
        "socialchef",
    )
    assert person.wrong == []
    page.context.close()


def test_every_state_is_for_everyone(
    browser, live_server, storsthlm, offered, signatory, contributor
):
    other, late, closed, changed = (make_open(storsthlm) for _ in range(4))
    due(late.grant, -1)
    closed.grant.refuses_late = True
    closed.grant.save()
    due(closed.grant, -1)
    returned = make_requisition(other, by=signatory)
    send_back(returned, by=make_member(storsthlm), reason="Bilagan saknas.")
    make_requisition(changed, by=signatory, amount=0, decline_reason="Ingen personal.")
    page = open_page(browser, PHONE)
    person = Person(page, live_server.url, signatory)
    nothing = Person(
        open_page(browser, PHONE), live_server.url, make_municipal_member("2080")
    )

    nothing.open("/mina-medel/")
    nothing.look()
    for path, says in [
        (f"{other.grant.pk}/svar/", "Bilagan saknas."),
        (f"{other.grant.pk}/", "Bilagan saknas."),
        (f"{late.grant.pk}/svar/", "svaret märks som sent"),
        (f"{closed.grant.pk}/svar/", "sena svar tas inte emot"),
        (f"{changed.grant.pk}/kvitto/", "Ni har avstått från"),
        (f"{changed.grant.pk}/svar/aterta/", "Ni återtar att ni avstår"),
        (f"{offered.grant.pk}/sa-har-beloppet-raknats-fram/", "Folkmängd|Befolkning"),
    ]:
        person.open(f"/mina-medel/{path}")
        expect(page.locator("main")).to_contain_text(re.compile(says))
        person.look()

    assert person.wrong + nothing.wrong == []
    page.context.close()
    nothing.page.context.close()


def test_contributor_hands_over_and_the_signatory_sends_in(
    browser, live_server, offered, signatory, contributor
):
    page = open_page(browser, PHONE)
    kim = Person(page, live_server.url, contributor)
    kim.open(f"/mina-medel/{offered.grant.pk}/svar/")
    kim.choose("account_kind", "plusgiro")
    kim.write("account_number", "1-8")
    kim.write("signatory_name", "Sam Ansvarig")
    kim.write("signatory_title", "socialchef")
    kim.enter(REVIEW)
    kim.look()
    kim.enter(SEND)
    expect(page.locator("main")).to_contain_text("Svaret väntar på att ansvarig")

    sam = Person(open_page(browser, PHONE), live_server.url, signatory)
    sam.open("/mina-medel/")
    sam.look()
    sam.enter('a[href$="/las-igenom/"]')
    expect(sam.page.locator("main")).to_contain_text(
        "Ifyllt och lämnat till ansvarig av Kim"
    )
    sam.enter(SEND)

    assert Requisition.objects.get().submitted_by == signatory
    assert kim.wrong + sam.wrong == []
    page.context.close()
    sam.page.context.close()


def test_what_is_typed_while_logged_out_is_kept(browser, live_server, offered, signatory):
    page = open_page(browser, PHONE)
    person = Person(page, live_server.url, signatory)
    person.open(f"/mina-medel/{offered.grant.pk}/svar/")
    person.write("use_text", "Före")
    expect(page.locator("[data-saved]")).to_have_text(re.compile("Sparat"))

    kept = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    person.write("use_text", "Efter")
    expect(page.locator("[data-problem]")).to_contain_text("loggats ut")
    person.enter("button[name=do][value=save]")
    expect(page).to_have_url(re.compile("/konto/login/"))
    session = {each["name"]: each["value"] for each in page.context.cookies()}["sessionid"]
    finish_login(session, signatory)
    person.open(f"/mina-medel/{offered.grant.pk}/svar/")

    expect(page.locator("#id_use_text")).to_have_value("Efter")
    assert kept
    assert person.wrong == []
    page.context.close()


def finish_login(session_key, user):
    """Log the person in to a session that has begun, as the login's last step does."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore(session_key)
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()


def test_login_in_another_tab_does_not_stop_the_saving(
    browser, live_server, offered, signatory
):
    page = open_page(browser, PHONE)
    person = Person(page, live_server.url, signatory)
    person.open(f"/mina-medel/{offered.grant.pk}/svar/")
    token = get_random_string(CSRF_SECRET_LENGTH)  # as the login gives a new one
    cookie = {"name": "csrftoken", "value": token, "url": live_server.url}
    page.context.add_cookies([cookie])

    person.write("use_text", "Efter")

    expect(page.locator("[data-saved]")).to_have_text(re.compile("Sparat"))
    assert Requisition.objects.get().draft["typed"]["use_text"] == "Efter"
    person.enter("button[name=do][value=save]")
    expect(page.locator("main")).to_contain_text("sparat")
    page.context.close()


def test_what_is_on_its_way_does_not_overwrite_what_is_sent(
    browser, live_server, offered, signatory
):
    page = open_page(browser, PHONE)
    person = Person(page, live_server.url, signatory)
    page.route("**/svar/spara/", slowly)
    person.open(f"/mina-medel/{offered.grant.pk}/svar/")
    person.write("use_text", "Först")
    page.wait_for_timeout(1500)  # ms; the saving has begun
    page.locator("#id_use_text").fill("Sedan")
    person.enter("button[name=do][value=save]")

    expect(page.locator("#id_use_text")).to_have_value("Sedan")
    assert Requisition.objects.get().draft["typed"]["use_text"] == "Sedan"
    page.context.close()


def slowly(route):
    """Let a request wait on its way."""
    route.request.frame.page.wait_for_timeout(1500)
    route.continue_()


def test_without_a_connection_the_text_stays_and_is_saved_later(
    browser, live_server, offered, signatory
):
    page = open_page(browser, PHONE)
    person = Person(page, live_server.url, signatory)
    person.open(f"/mina-medel/{offered.grant.pk}/svar/")
    page.context.set_offline(True)
    person.write("use_text", "Utan nät")
    expect(page.locator("[data-problem]")).to_contain_text("det går inte att nå tjänsten")

    page.context.set_offline(False)

    expect(page.locator("[data-saved]")).to_have_text(re.compile("Sparat"))
    expect(page.locator("[data-problem]")).to_be_hidden()
    assert Requisition.objects.get().draft["typed"]["use_text"] == "Utan nät"
    page.context.close()


def test_what_an_invoice_carries_is_copied(browser, live_server, offered, signatory):
    make_requisition(offered, by=signatory, amount=100_000)
    page = open_page(browser, PHONE, permissions=["clipboard-read", "clipboard-write"])
    person = Person(page, live_server.url, signatory)
    person.open(f"/mina-medel/{offered.grant.pk}/kvitto/")

    copied = {}
    for name in ("reference", "amount", "account", "peppol"):
        button = page.locator(f"[data-copy=copy-{name}]")
        button.press("Enter")
        expect(button).to_contain_text("Kopierat")
        copied[name] = page.evaluate("navigator.clipboard.readText()")

    assert copied == {
        "reference": "781",
        "amount": "100000",
        "account": "5050-1055",
        "peppol": "0007:2220000315",
    }
    expect(page.locator("[data-copied]")).to_have_text("Kopierat: 0007:2220000315")
    assert person.wrong == []
    page.context.close()


def test_last_day_is_written_out(browser, live_server, offered, signatory):
    day = due(offered.grant, 12)
    page = open_page(browser, PHONE)
    person = Person(page, live_server.url, signatory)
    person.open(f"/mina-medel/{offered.grant.pk}/svar/")

    expect(page.locator(".allocated__facts")).to_contain_text(
        f"Svara senast {date_format(day, 'j F Y')}, om 12 dagar"
    )
    assert timezone.localdate() < day
    page.context.close()
