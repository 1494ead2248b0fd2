"""Staff's pages of answers in a real browser: what axe says of each, and a few clicks."""

from datetime import date

import pytest
from django.utils import timezone
from django.utils.translation import gettext, override
from playwright.sync_api import expect

from invoices.models import IncomingInvoice, Requisition, Step
from invoices.peppol import Line, Party
from invoices.requisition import send_back, submit
from tests import factories
from tests.browser import faults_everywhere, launch, open_page, sign_in
from tests.invoices.e_invoices import credit_note, invoice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTILE = b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"


@pytest.fixture(scope="module")
def browser():
    with launch() as browser:
        yield browser


def t(text):
    """Return a text as the page writes it."""
    with override("sv"):
        return gettext(text)


@pytest.fixture
def world(places):
    """A grant with answers at every stage, and the approver who looks."""
    body = factories.make_body()
    approver = factories.make_member(body, role="approver")
    offered = factories.make_offered(body)
    grant = offered.grant
    purpose = grant.purposes.get()
    late = date(2020, 8, 31)
    first = factories.make_requisition(
        offered, "0127", amount=100, today=late, wants_more=True, uses={purpose.pk: 60}
    )
    changed = submit(
        first.allocation,
        factories.make_answer(90, wants_more=True, uses={purpose.pk: 50}),
        by=first.submitted_by,
        today=late,
        seen=1,
    )
    second = factories.make_requisition(offered, "0160")
    factories.make_requisition(offered, "0163", amount=0, decline_reason="Nej tack")
    send_back(factories.make_requisition(offered, "0180"), by=approver, reason="Kontot")
    factories.make_approved(offered, "0181")
    factories.make_released(offered, ["0182"])
    factories.make_municipal_member("0184")
    return {
        "body": body,
        "grant": grant,
        "approver": approver,
        "changed": changed,
        "second": second,
    }


class Looker:
    """Somebody who signs in and notes what is wrong."""

    def __init__(self, browser, url, user):
        self.page = open_page(browser)
        sign_in(self.page, url, user)
        self.url = url
        self.wrong = {}

    def open(self, path):
        self.page.goto(self.url + path)
        self.look()

    def press(self, text):
        """Press a button, and look at what comes."""
        button = self.page.get_by_role("button", name=t(text), exact=True)
        button.click()
        self.page.wait_for_load_state()
        self.look()

    def look(self):
        if found := faults_everywhere(self.page):
            self.wrong[self.page.url.removeprefix(self.url)] = found


def test_answers_are_shown_decided_and_nudged(browser, live_server, world):
    looker = Looker(browser, live_server.url, world["approver"])
    page, matrix = looker.page, f"/medel/{world['grant'].pk}/svar/"

    looker.open(f"{matrix}?q=finns-inte")
    looker.open(matrix)
    page.locator(".lacking a").nth(1).click()
    expect(page.locator(".lacking a[aria-current]")).to_have_count(1)
    page.get_by_label(f"{t('Choose')} Solna").check()
    looker.press("Nudge")
    page.locator("button[name=send]").click()
    looker.look()
    assert Step.objects.filter(kind="nudged").count() == 1

    looker.open("/rekvisitioner/")
    page.locator("input[name=requisition]").last.check()
    looker.press("Approve")
    page.locator("button[name=confirm]").click()
    looker.look()
    world["second"].refresh_from_db()
    assert world["second"].status == "approved"

    looker.open(f"/rekvisitioner/{world['changed'].pk}/")
    page.get_by_role("link", name=t("Ask for completion"), exact=True).click()
    looker.press("Send back for completion")
    expect(page.locator(".error-summary")).to_be_visible()
    page.locator("textarea").fill("Vi behöver ett nytt kontonummer.")
    looker.press("Send back for completion")
    world["changed"].refresh_from_db()
    assert world["changed"].status == "returned"

    looker.open(f"{matrix}registrera/0186/")
    looker.press("Register")
    expect(page.locator(".error-summary")).to_be_visible()
    assert looker.wrong == {}


def test_invoices_come_in_and_are_dealt_with(browser, live_server, world):
    looker = Looker(browser, live_server.url, world["approver"])
    page, allocations = looker.page, world["grant"].distributions.get().allocations
    facts = {
        "seller": Party("Solna stad", "2120000183"),
        "issued_on": timezone.localdate(),
        "record_number": world["grant"].record_number,
        "lines": (Line("Medel", allocations.get(municipality__code="0184").amount),),
    }
    botkyrka = facts | {"seller": Party("Botkyrka kommun", "2120002882"), "number": "K-1"}
    files = {
        "elak.xml": HOSTILE,
        "solna.xml": invoice(**facts),
        "kredit.xml": credit_note(**botkyrka),
    }

    looker.open("/fakturor/")
    looker.press("Read the files")
    expect(page.locator(".error-summary")).to_be_visible()
    page.locator("input[type=file]").set_input_files(
        [
            {"name": name, "mimeType": "text/xml", "buffer": content}
            for name, content in files.items()
        ]
    )
    looker.press("Read the files")
    expect(page.locator("[data-color=danger]")).to_contain_text("elak.xml")
    looker.open("/fakturor/")
    solna = IncomingInvoice.objects.get(seller_name="Solna stad")
    credit = IncomingInvoice.objects.get(invoice_number="K-1")

    looker.open(f"/fakturor/{solna.pk}/?municipality=0184&grant=")
    page.get_by_role("link", name=t("Register the answer"), exact=True).click()
    looker.press("Register")
    assert Requisition.objects.get(municipality__code="0184").channel == "invoice"

    looker.open(f"/fakturor/{credit.pk}/")
    looker.press("Put aside")
    expect(page.locator(".error-summary")).to_be_visible()
    page.locator("textarea").fill("Rekvisitionen kompletteras.")
    looker.press("Put aside")
    looker.open(f"/fakturor/{credit.pk}/")
    looker.open("/fakturor/?status=all")
    assert looker.wrong == {}
