"""From a published memo to paid money: two at the body and three municipalities."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml import etree
from playwright.sync_api import expect
from pypdf import PdfReader

from grants.models import Distribution
from invoices.check import check
from invoices.models import PaymentBatch, PayoutSettings, Requisition
from municipalities.models import Message
from municipalities.numbers import grouped, kronor
from tests import factories
from tests.browser import launch, open_page
from tests.invoices.payment_orders import schema
from tests.walk import PASSWORD, PATIENCE, Walk, t

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BOTKYRKA, SOLNA, EKERO = "0127", "0184", "0125"
PART = 500_000


@pytest.fixture(scope="module")
def browser():
    """Chromium, started once; it may take its time on a busy machine."""
    expect.set_options(timeout=PATIENCE)
    with launch() as browser:
        yield browser


@pytest.fixture
def body(places):
    """Storsthlm, with what its payment files need."""
    body = factories.make_body(
        organisation_number="2220000000", peppol_id="0007:2220000000"
    )
    PayoutSettings.objects.create(
        body=body, iban="SE4550000000058398257466", bic="ESSESESS"
    )
    return body


@pytest.fixture
def offered(body):
    """A grant that the municipalities may answer for another month."""
    distribution = factories.make_offered(body)
    distribution.grant.invoice_reference = "781"
    distribution.grant.invoice_text = "Rekvirering av stimulansmedel 2020"
    distribution.grant.save()
    distribution.grant.deadlines.update(due_on=timezone.localdate() + timedelta(days=30))
    return distribution


@pytest.fixture
def staff(body):
    """A handler and an approver: no more are needed."""
    return [
        factories.make_member(
            body, role=role, user=factories.make_user(email, PASSWORD, first_name=name)
        )
        for role, email, name in [
            ("handler", "handlaggare@storsthlm.example", "Handläggaren"),
            ("approver", "beslutsfattare@storsthlm.example", "Beslutsfattaren"),
        ]
    ]


@pytest.fixture
def municipal(places):
    """A signatory in each of three municipalities."""
    return {
        code: factories.make_municipal_member(
            code,
            user=factories.make_user(f"ansvarig@{name}.example", first_name=name.title()),
            is_contact=True,
        )
        for code, name in [(BOTKYRKA, "botkyrka"), (SOLNA, "solna"), (EKERO, "ekero")]
    }


# The municipalities ------------------------------------------------------------------


def answer(walk: Walk, choice: str, facts: dict[str, str], *, wants_more=False) -> None:
    """Fill in the one screen, read it through and send it in."""
    # The card lies over its radio button: whoever clicks, clicks the card.
    walk.page.locator("label", has_text=t(choice, "choice")).first.click()
    if wants_more:
        walk.field("We gladly take more if money is left over").check()
    if "Account number" in facts:
        walk.field("bankgiro").check()
    walk.fill(facts)
    walk.look()
    walk.press("Read through and send in")
    walk.look()


def send_in(walk: Walk, amount: int) -> None:
    """Press the button that says how much is asked for."""
    if amount:
        walk.press("Ask for %(amount)s", {"amount": kronor(amount)})
    else:
        walk.press("Decline the money")
    walk.look()


ACCOUNT = {"Account number": "5050-1055"}
PEOPLE = {"Title": "socialchef"}


def test_money_goes_from_an_offer_to_the_account(
    browser, live_server, offered, staff, municipal
):
    grant = offered.grant
    amounts = dict(offered.allocations.values_list("municipality__code", "amount"))

    botkyrka = Walk(open_page(browser), live_server.url)
    botkyrka.sign_in_by_code("ansvarig@botkyrka.example")
    botkyrka.page.get_by_role("link", name=str(grant)).first.click()
    botkyrka.look()
    botkyrka.open(f"/mina-medel/{grant.pk}/svar/")
    botkyrka.press("Read through and send in")
    botkyrka.look()  # what is lacking, all at once
    answer(botkyrka, "Ask for the whole amount", ACCOUNT | PEOPLE, wants_more=True)
    send_in(botkyrka, amounts[BOTKYRKA])
    assert "ansvarig@botkyrka.example" in sent_now()
    assert_documents(botkyrka, grant, amounts[BOTKYRKA])

    solna = Walk(open_page(browser, java_script_enabled=False), live_server.url, eyes=False)
    solna.sign_in_by_code("ansvarig@solna.example")
    solna.open(f"/mina-medel/{grant.pk}/svar/")
    part = ACCOUNT | PEOPLE | {"How much do you ask for?": grouped(PART)}
    answer(solna, "Ask for a part of it", part)
    send_in(solna, PART)

    ekero = Walk(open_page(browser, java_script_enabled=False), live_server.url, eyes=False)
    ekero.sign_in_by_code("ansvarig@ekero.example")
    ekero.open(f"/mina-medel/{grant.pk}/svar/")
    reason = {"Why do you decline?": "Vi hinner inte i år."}
    answer(ekero, "Decline", PEOPLE | reason)
    send_in(ekero, 0)

    approver = Walk(open_page(browser), live_server.url)
    approver.sign_in("beslutsfattare@storsthlm.example")
    ask_solna_to_complete(approver, grant)
    complete(solna, grant)
    approve_both(approver, grant, amounts[BOTKYRKA] + PART)

    handler = Walk(open_page(browser), live_server.url)
    handler.sign_in("handlaggare@storsthlm.example")
    register_money(handler, grant)
    batch = make_batch(approver)
    release(handler, batch)
    assert_payment_file(handler, batch)
    read_back(handler, batch)
    pay_again(approver, handler)

    redistribute(handler, approver, grant)
    new = Distribution.objects.get(grant=grant, version=2)
    more = new.allocations.get(municipality__code=BOTKYRKA).amount - amounts[BOTKYRKA]
    botkyrka.open("/mina-medel/")
    botkyrka.look()
    botkyrka.open(f"/mina-medel/{grant.pk}/svar/")
    answer(botkyrka, "Ask for the whole amount", PEOPLE)
    send_in(botkyrka, more)

    handler.open(f"/medel/{grant.pk}/avstamning/")
    handler.look()
    found = Requisition.objects.standing().values_list(
        "municipality__code", "amount", "status"
    )
    assert sorted(found) == [
        (BOTKYRKA, more, "submitted"),
        (BOTKYRKA, amounts[BOTKYRKA], "paid"),
        (SOLNA, PART, "paid"),
    ]
    assert more == amounts[EKERO] + amounts[SOLNA] - PART
    assert [result for result in check(grant.body) if result.faults] == []
    for walk in (botkyrka, solna, ekero, approver, handler):
        assert walk.wrong == {}


def assert_documents(walk: Walk, grant, amount: int) -> None:
    """Expect a requisition as PDF and as an e-invoice, with what the memo asks for."""
    requisition = Requisition.objects.get(municipality__code=BOTKYRKA)
    fetch = walk.page.request.get
    pdf = fetch(f"{walk.address}/rekvisition/{requisition.pk}.pdf")
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.body())).pages)
    text = " ".join(text.split())
    for said in ("Botkyrka kommun", grant.record_number, "781", grouped(amount)):
        assert " ".join(said.split()) in text
    xml = fetch(f"{walk.address}/rekvisition/{requisition.pk}.xml")
    root = etree.fromstring(xml.body())
    [reference] = root.findall(".//{*}BuyerReference")
    [payable] = root.findall(".//{*}PayableAmount")
    assert (reference.text, payable.text) == ("781", f"{amount}.00")


def sent_now() -> set[str]:
    """Return whom the latest change has written to."""
    latest = Message.objects.latest("created_at")
    same = Message.objects.filter(kind=latest.kind, why=latest.why)
    return set(same.values_list("to_email", flat=True))


# The body ----------------------------------------------------------------------------


def ask_solna_to_complete(walk: Walk, grant) -> None:
    walk.open(f"/medel/{grant.pk}/svar/")
    walk.look()
    walk.page.get_by_role("link", name="Solna", exact=True).click()
    walk.look()
    walk.page.locator("a[href$='/komplettera/']").first.click()
    walk.look()
    walk.page.locator("main textarea").fill("Skriv vad pengarna ska användas till.")
    walk.page.locator("main form button[type=submit]").last.click()
    walk.look()
    assert "ansvarig@solna.example" in sent_now()


def complete(walk: Walk, grant) -> None:
    walk.open(f"/mina-medel/{grant.pk}/svar/")
    walk.is_told("Skriv vad pengarna ska användas till.")
    walk.fill({"Describe in your own words": "Handledare i hemsjukvården"})
    walk.press("Read through and send in")
    send_in(walk, PART)


def approve_both(walk: Walk, grant, total: int) -> None:
    walk.open("/rekvisitioner/")
    walk.look()
    for box in walk.page.locator("main input[type=checkbox]").all():
        box.check()
    walk.page.locator("main button[type=submit]", has_text=t("Approve")).last.click()
    walk.look()
    walk.press("Approve %(amount)s", {"amount": kronor(total)})
    walk.look()
    assert set(
        Requisition.objects.standing().values_list("status", "decided_by__first_name")
    ) == {("approved", "Beslutsfattaren")}


def register_money(walk: Walk, grant) -> None:
    walk.open(f"/medel/{grant.pk}/inbetalningar/")
    walk.look()
    walk.link("Register money").first.click()
    walk.fill({"amount": "20 000 000", "payer": "Kammarkollegiet"})
    walk.fill({"came in on": timezone.localdate().isoformat()})
    walk.look()
    walk.press("Register")
    walk.look()


def make_batch(walk: Walk) -> PaymentBatch:
    """Return a batch of all that waits to be paid."""
    walk.open("/utbetalningar/ny/")
    for box in walk.page.locator("main tbody input[type=checkbox]").all():
        box.check()
    walk.look()
    walk.press("Make the batch")
    walk.look()
    return PaymentBatch.objects.drafts().get()


def release(walk: Walk, batch: PaymentBatch) -> None:
    walk.open(batch.get_absolute_url())
    walk.follow("Look over and release")
    total = batch.payments.total()
    walk.press("Release %(total)s", {"total": kronor(total)})
    walk.look()
    batch.refresh_from_db()
    assert (batch.status, batch.released_by.first_name) == ("released", "Handläggaren")


def assert_payment_file(walk: Walk, batch: PaymentBatch) -> None:
    _name, content = walk.download("Payment file")
    document = etree.fromstring(content)
    schema().assertValid(document)
    [total] = document.findall(".//{*}GrpHdr/{*}CtrlSum")
    assert total.text == f"{batch.payments.total()}.00"


def read_back(walk: Walk, batch: PaymentBatch) -> None:
    """Let the bank pay Botkyrka, and say that Solna's account is closed."""
    text = io.StringIO()
    rows = csv.writer(text, delimiter=";")
    rows.writerow(["Betalnings-id", "Status", "Orsak"])
    for payment in batch.payments.select_related("requisition__municipality"):
        is_solna = payment.requisition.municipality.code == SOLNA
        status = ["Misslyckad", "Kontot är avslutat"] if is_solna else ["Betald", ""]
        rows.writerow([payment.end_to_end_id, *status])
    walk.open(f"/utbetalningar/{batch.pk}/las-in/")
    walk.look()
    walk.page.locator("main input[type=file]").set_input_files(
        {"name": "svar.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode()}
    )
    walk.press("Read the file")
    walk.look()
    walk.press("Save this")
    walk.look()
    paid = batch.payments.values_list("requisition__municipality__code", "status")
    assert sorted(paid) == [(BOTKYRKA, "paid"), (SOLNA, "failed")]


def pay_again(maker: Walk, releaser: Walk) -> None:
    """Pay what failed in a batch of its own, and write by hand that it went through."""
    releaser.open("/")
    releaser.look()
    releaser.open("/utbetalningar/misslyckade/")
    releaser.look()
    batch = make_batch(maker)
    release(releaser, batch)
    payment = batch.payments.get()
    text = f"Betalnings-id;Status\n{payment.end_to_end_id};Betald\n"
    releaser.open(f"/utbetalningar/{batch.pk}/las-in/")
    releaser.page.locator("main input[type=file]").set_input_files(
        {"name": "svar.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    releaser.press("Read the file")
    releaser.press("Save this")
    assert set(Requisition.objects.standing().values_list("status", flat=True)) == {"paid"}


def redistribute(handler: Walk, approver: Walk, grant) -> None:
    """Hand out what Ekerö and Solna did without, decide it and tell of it."""
    handler.open(f"/medel/{grant.pk}/omfordela/")
    handler.look()
    handler.press("Make the draft")
    handler.look()
    draft = Distribution.objects.drafts().get()
    approver.open(reverse("grants:distribution_decide", args=[draft.pk]))
    approver.look()
    day = approver.field("Date of the decision", "distribution")
    day.fill(timezone.localdate().isoformat())
    approver.press("Decide version %(version)s", {"version": 2})
    approver.look()
    factories.publish_memo(Distribution.objects.get(pk=draft.pk), version=2)
