"""The pages of payments in a real browser: seen by axe, and narrow."""

from datetime import date

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from invoices.banking_days import next_banking_day
from invoices.models import Payment, PaymentBatch, PayoutSettings
from invoices.payment_list import Outcome
from invoices.payments import make_batch, read_back, release
from tests.browser import faults_everywhere, launch, open_page, sign_in
from tests.factories import (
    make_approved,
    make_body,
    make_funds,
    make_grant,
    make_member,
    make_offered,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW = "/utbetalningar/ny/"
ACCOUNTS = [
    {},
    {"account_kind": "plusgiro", "account_number": "9019506"},
    {"account_kind": "bank", "account_number": "8257466", "clearing": "5839"},
    {
        "account_kind": "iban",
        "account_number": "SE3550000000054910000003",
        "bic": "ESSESESS",
    },
]


@pytest.fixture(scope="module")
def browser():
    """Chromium, started once."""
    with launch() as browser:
        yield browser


@pytest.fixture
def body(places):
    return make_body(organisation_number="2220000000")


@pytest.fixture
def administrator(body):
    return make_member(body, role="administrator")


@pytest.fixture
def page(browser, live_server, administrator):
    page = open_page(browser)
    page.set_default_timeout(30_000)
    sign_in(page, live_server.url, administrator)
    yield page
    page.context.close()


@pytest.fixture
def sent(body):
    """A batch at the bank, with one payment of each kind of account."""
    offered = make_offered(body)
    make_funds(offered.grant)
    codes = ["0114", "0115", "0117", "0120"]
    requisitions = [
        make_approved(offered, code, **account)
        for code, account in zip(codes, ACCOUNTS, strict=True)
    ]
    day = next_banking_day(timezone.localdate())
    batch = make_batch(body, requisitions, by=make_member(body), execute_on=day)
    return release(batch, by=make_member(body))


def look(page, what):
    """Return what is wrong with the page, at every width, light and dark."""
    return [(what, *wrong) for wrong in faults_everywhere(page).items()]


def test_pages_without_anything_are_in_order(page, live_server, body):
    grant = make_grant(body)
    wrong = []
    for path in [
        "/utbetalningar/",
        NEW,
        "/utbetalningar/misslyckade/",
        "/utbetalningar/installningar/",
        f"/medel/{grant.pk}/inbetalningar/",
        f"/medel/{grant.pk}/inbetalningar/ny/",
    ]:
        page.goto(live_server.url + path)
        wrong += look(page, path)

    assert wrong == []


def test_pages_with_payments_are_in_order(page, live_server, body, sent):
    wrong = []
    payments = list(sent.payments.order_by("pk"))
    said = [
        Outcome(payments[0].end_to_end_id, True, date(2020, 9, 16)),
        Outcome(payments[1].end_to_end_id, False, reason="AC04"),
    ]
    read_back(sent, said, by=make_member(body), today=date(2020, 9, 17))
    offered = make_offered(body)
    requisition = make_approved(offered)
    make_approved(offered, "0126")
    day = next_banking_day(timezone.localdate())
    draft = make_batch(body, [requisition], by=make_member(body), execute_on=day)
    for path in [
        "/",
        "/utbetalningar/",
        NEW,
        f"/utbetalningar/{sent.pk}/",
        f"/utbetalningar/{draft.pk}/",
        f"/utbetalningar/{draft.pk}/slapp/",
        f"/utbetalningar/{draft.pk}/kasta/",
        f"/utbetalningar/{sent.pk}/las-in/",
        "/utbetalningar/misslyckade/",
        f"/utbetalningar/misslyckade/{payments[1].pk}/ratta-kontot/",
        f"/medel/{sent.payments.first().requisition.grant_id}/inbetalningar/",
    ]:
        page.goto(live_server.url + path)
        wrong += look(page, path)

    assert wrong == []


def test_batch_goes_from_choice_to_answer(page, live_server, body, administrator):
    PayoutSettings.objects.create(
        body=body, iban="SE4550000000058398257466", bic="ESSESESS"
    )
    offered = make_offered(body)
    make_funds(offered.grant, 1_200)
    approver = make_member(body, role="approver")
    for code, amount in [("0127", 1_000), ("0126", 500)]:
        make_approved(offered, code, amount=amount, by=approver)
    wrong = []

    # More than has come in: nothing is proposed, and the sums follow what is ticked.
    page.goto(live_server.url + NEW)
    total = page.locator("[data-total]")
    expect(total).to_have_text("0\N{NO-BREAK SPACE}kr")
    page.get_by_label("Botkyrka").check()
    page.get_by_label("Huddinge").check()
    expect(total).to_have_text("1\N{NO-BREAK SPACE}500\N{NO-BREAK SPACE}kr")
    expect(page.locator("[data-some-lacking]")).to_be_visible()
    wrong += look(page, "lacking")
    page.get_by_label("Huddinge").uncheck()
    expect(page.locator("[data-some-lacking]")).to_be_hidden()
    page.locator("[data-all]").click()
    expect(total).to_have_text("1\N{NO-BREAK SPACE}500\N{NO-BREAK SPACE}kr")
    page.locator("[data-all]").click()
    expect(total).to_have_text("0\N{NO-BREAK SPACE}kr")
    page.get_by_label("Botkyrka").check()
    page.locator("#id_execute_on").fill("2030-12-24")
    page.locator("form.batch button[type=submit]:not([name])").click()
    expect(page.locator(".error-summary")).to_be_visible()
    wrong += look(page, "error")
    page.locator("#id_execute_on").fill(next_banking_day(timezone.localdate()).isoformat())
    page.locator("form.batch button[type=submit]:not([name])").click()
    page.wait_for_url("**/utbetalningar/*/")
    batch = PaymentBatch.objects.get()
    assert list(batch.payments.values_list("amount", flat=True)) == [1_000]

    # Whoever made it may not release it: a colleague does.
    page.goto(f"{live_server.url}/utbetalningar/{batch.pk}/slapp/")
    assert page.locator(".release button").count() == 0
    wrong += look(page, "own")
    sign_in(page, live_server.url, make_member(body))
    page.goto(f"{live_server.url}/utbetalningar/{batch.pk}/slapp/")
    page.locator(".release button").click()
    page.wait_for_url(f"**/utbetalningar/{batch.pk}/")
    wrong += look(page, "released")
    with page.expect_download() as download:
        page.locator("a[href$='pain001.xml']").click()
    assert download.value.suggested_filename.endswith(".xml")

    # The bank's answer: wrong, and right.
    name = batch.payments.get().end_to_end_id
    page.goto(f"{live_server.url}/utbetalningar/{batch.pk}/las-in/")
    send(page, f"id;status;belopp\n{name};Betald;5\nSM-0;Betald;")
    expect(page.locator(".error-summary li")).to_have_count(2)
    wrong += look(page, "problems")
    page.goto(f"{live_server.url}/utbetalningar/{batch.pk}/las-in/")
    send(page, f"id;status;orsak\n{name};Avvisad;AC04")
    wrong += look(page, "preview")
    page.locator("main form button").click()
    page.wait_for_url("**/misslyckade/")
    wrong += look(page, "failed")

    assert Payment.objects.get().status == "failed"
    assert wrong == []


def send(page, text):
    file = {"name": "svar.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.locator("#id_file").set_input_files(file)
    page.locator("main form button[type=submit]").click()
    page.wait_for_selector("main .steps [data-done]")


def test_settings_tell_what_is_wrong(page, live_server):
    page.goto(f"{live_server.url}/utbetalningar/installningar/")
    page.locator("#id_iban").fill("SE46 5000 0000 0583 9825 7466")
    page.locator("#id_bank_account").fill("19")
    page.locator("main form button[type=submit]").click()

    expect(page.locator(".error-summary li")).to_have_count(2)
    assert look(page, "settings") == []


def test_sums_are_recounted_without_script(browser, live_server, body, administrator):
    offered = make_offered(body)
    for code, amount in [("0127", 1_000), ("0126", 500)]:
        make_approved(offered, code, amount=amount)
    page = open_page(browser, java_script_enabled=False)
    sign_in(page, live_server.url, administrator)

    page.goto(live_server.url + NEW)
    page.get_by_label("Botkyrka").check()
    page.locator("button[name=recount]").click()

    expect(page.locator("[data-total]")).to_have_text(
        "1\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}kr"
    )
    expect(page.get_by_label("Botkyrka")).to_be_checked()
    page.context.close()
