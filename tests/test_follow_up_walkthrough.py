"""From a form to a ledger that is zero: a handler, and three municipalities that report.

Botkyrka's two people write at the same time, Upplands Väsby is asked to complete, and Täby
fills in a spreadsheet. What they say becomes the region's report, as Word and PDF made by a
worker, and what they have not used comes back and is paid on to the state.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from docx import Document
from playwright.sync_api import expect
from procrastinate.contrib.django import app

from grants.models import Deadline
from invoices.ledger import ledger_of
from invoices.models import Repayment
from reporting.models import NationalReport, Report, ReportForm, ReportRound
from tests import factories
from tests.browser import launch, open_page
from tests.invoices.settling import make_paid
from tests.reporting.bad_files import filled
from tests.walk import PASSWORD, PATIENCE, Walk, t

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("queue"),
]

HANDLER = "handlaggare@storsthlm.example"
WRITER = "skribent@botkyrka.example"
SIGNERS = {
    "0114": "ansvarig@upplandsvasby.example",
    "0127": "ansvarig@botkyrka.example",
    "0160": "ansvarig@taby.example",
}
PAID = 100_000
USED = {"0114": 100_000, "0127": 80_000, "0160": 70_000}
TODAY = timezone.localdate


@pytest.fixture(scope="module")
def browser():
    """Chromium, started once; it may take its time on a busy machine."""
    expect.set_options(timeout=PATIENCE)
    with launch() as browser:
        yield browser


@pytest.fixture
def grant(places, settings, live_server):
    """A grant that three municipalities have been paid of; the others have declined."""
    settings.SITE_URL = live_server.url
    body = factories.make_body()
    factories.make_member(
        body, user=factories.make_user(HANDLER, PASSWORD, first_name="Handläggaren")
    )
    for code, email in SIGNERS.items():
        person = factories.make_user(email, first_name="Kim", last_name="Ansvarig")
        factories.make_municipal_member(code, user=person, is_contact=True)
    writer = factories.make_user(WRITER, first_name="Sam", last_name="Skribent")
    factories.make_municipal_member("0127", role="contributor", user=writer)
    offered = make_paid(body, codes=tuple(SIGNERS), amount=PAID)
    others = offered.allocations.exclude(municipality__code__in=SIGNERS)
    for allocation in others.select_related("municipality"):
        factories.make_requisition(offered, allocation.municipality.code, amount=0)
    grant = offered.grant
    grant.reported_to = "Socialstyrelsen"
    grant.repay_to = "Kammarkollegiet"
    grant.save()
    for actor, days in (("municipalities", 30), ("body", 60)):
        Deadline.objects.create(
            grant=grant,
            kind="final_report",
            actor=actor,
            due_on=TODAY() + timedelta(days=days),
        )
    mail.outbox.clear()
    return grant


def test_what_is_paid_is_accounted_for_to_the_last_krona(
    browser, live_server, grant, deliver
):
    def person(email):
        walk = Walk(open_page(browser), live_server.url)
        walk.sign_in_by_code(email)
        return walk

    handler = Walk(open_page(browser), live_server.url)
    handler.sign_in(HANDLER)
    make_form(handler)
    found = open_round(handler, grant)
    deliver()
    invited = {message.to[0] for message in mail.outbox if str(grant) in message.subject}
    assert invited == set(SIGNERS.values())

    writer, signer = person(WRITER), person(SIGNERS["0127"])
    report_by_two(writer, signer, found)
    vasby = person(SIGNERS["0114"])
    begin(vasby, found)
    report(vasby, found, "0114")
    ask_for_completion(handler, found, "0114")
    complete(vasby, found)
    taby = person(SIGNERS["0160"])
    report_by_excel(taby, found)

    for code in SIGNERS:
        accept(handler, found, code)
    compile_answers(handler, found)
    national = write_national_report(handler, found)
    deliver_national_report(handler, national)

    claim_back(handler, grant)
    return_to_the_state(handler, grant)

    everybody = (handler, writer, signer, vasby, taby)
    assert [walk.wrong for walk in everybody] == [{}] * len(everybody)


def at(name, *args):
    return reverse(f"reporting:{name}", args=args)


def staff_at(name, found, *more):
    return at(name, found.grant_id, found.pk, *more)


# The form and the round ------------------------------------------------------------------


def make_form(walk):
    """Make the final report's form from the one that is ready, and take it into use."""
    walk.open(at("report_form_list"))
    walk.look()
    walk.open(at("report_form_create"))
    walk.fill({"title": "Slutredovisning 2020"})
    walk.press("Make the form")
    walk.look()
    form = ReportForm.objects.get()
    walk.open(at("report_form_preview", form.pk))
    walk.look()
    walk.open(at("report_form_fix", form.pk))
    walk.look()
    walk.press("Take into use")
    walk.is_told("The form is in use. It stays as it is.")
    walk.look()


def open_round(walk, grant):
    """Ask the municipalities by the days that are proposed."""
    walk.open(at("report_round_list", grant.pk))
    walk.look()
    walk.open(at("report_round_create", grant.pk) + "?slag=final")
    walk.look()
    walk.press("Save")
    walk.is_told("The round is prepared. Nobody has been asked yet.")
    walk.look()
    found = ReportRound.objects.get()
    assert found.deadline.due_on < found.authority_deadline.due_on
    walk.open(staff_at("report_round_open", found))
    walk.look()
    walk.press("Open the round")
    walk.look()
    found.refresh_from_db()
    assert found.is_open
    return found


# The municipalities ----------------------------------------------------------------------


def answers_of(found, code):
    """Return what a municipality writes, by section."""
    purpose = found.read.question("anvant").rows[0].key
    return {
        "medel": {
            f"anvant.{purpose}": str(USED[code]),
            "aterbetalas": str(PAID - USED[code]),
        },
        "insatser": {
            "insatser.1.text": "Utbildning i suicidprevention",
            "utmaningar": "Att nå dem som inte söker själva.",
        },
        "jamstalldhet": {
            "jamstalldhetsperspektiv": "Uppgifterna är uppdelade på kvinnor och män.",
            "jamstalld_halsa": "Fler pojkar söker stöd än förut.",
        },
        "samverkan": {},
    }


def begin(walk, found):
    """Begin the report from the page of what the municipality has to do."""
    walk.open(at("portal"))
    walk.look()
    walk.open(at("report_detail", found.pk))
    walk.look()
    walk.press("Begin to report")
    walk.look()


def type_in(walk, answers):
    for name, text in answers.items():
        walk.page.fill(f"[name='{name}']", text)


def write(walk, found, key, answers):
    """Fill in a section and save it."""
    walk.open(at("report_section", found.pk, key))
    type_in(walk, answers)
    if key == "insatser":
        walk.page.select_option("[name='insatser.1.state']", "done")
    if key == "samverkan":
        walk.page.check("[name=samverkan][value=nej]")
    walk.look()
    walk.press("Save")
    walk.look()


def send(walk, found, reason=""):
    """Read everything through, sign and send in."""
    walk.open(at("report_review", found.pk))
    walk.look()
    walk.page.fill("[name=name]", "Kim Ansvarig")
    walk.page.fill("[name=title]", "socialchef")
    if reason:
        walk.page.fill("[name=reason]", reason)
    walk.page.get_by_role("main").get_by_role(
        "button", name=t("Send in", "button"), exact=True
    ).click()
    walk.page.wait_for_url(f"**{at('report_detail', found.pk)}")
    walk.is_told("The report is sent in")
    walk.look()


def report(walk, found, code):
    """Write all sections and send in."""
    for key, answers in answers_of(found, code).items():
        write(walk, found, key, answers)
    send(walk, found)


def report_by_two(writer, signer, found):
    """Two write in the same section at once; the one fills in and the other signs."""
    begin(writer, found)
    written = answers_of(found, "0127")
    same = written.pop("jamstalldhet")
    for key, answers in written.items():
        write(writer, found, key, answers)
    section = at("report_section", found.pk, "jamstalldhet")
    writer.open(section)
    signer.open(section)
    type_in(writer, same)
    writer.press("Save")
    writer.look()
    type_in(signer, {"jamstalld_halsa": "Flickor når vi sämre."})
    signer.press("Save")
    expect(signer.page.locator(".report-choice")).to_have_count(1)
    signer.look()
    signer.press("Save")
    signer.page.wait_for_url(f"**{section}*")
    signer.look()
    answers = Report.objects.get(municipality__code="0127").sections.get(key="jamstalldhet")
    for text in (same["jamstalld_halsa"], "Flickor når vi sämre."):
        assert text in answers.answers["jamstalld_halsa"]
    assert answers.answers["jamstalldhetsperspektiv"] == same["jamstalldhetsperspektiv"]

    writer.open(at("report_review", found.pk))
    writer.look()
    writer.press("Hand over to the one who signs")
    writer.look()
    send(signer, found)
    signer.open(at("report_version", found.pk, 1))
    signer.look()


def ask_for_completion(walk, found, code):
    """Read what came in, and ask for a section once more."""
    walk.open(staff_at("report_round_detail", found))
    walk.look()
    walk.open(staff_at("received_report_detail", found, code))
    walk.look()
    walk.open(staff_at("received_report_complete", found, code))
    walk.page.check("input[name=sections][value=insatser]")
    walk.page.fill("[name=reason]", "Beskriv hur många ni har nått.")
    walk.page.fill("[name=due_on]", str(TODAY() + timedelta(days=40)))
    walk.look()
    walk.press("Ask for completion")
    walk.look()
    assert Report.objects.get(municipality__code=code).status == "returned"


def complete(walk, found):
    """Answer the request."""
    walk.open(at("report_detail", found.pk))
    walk.look()
    write(walk, found, "insatser", {"utmaningar": "Vi har nått 120 personer."})
    send(walk, found)
    walk.open(at("report_version", found.pk, 2))
    walk.look()


def report_by_excel(walk, found):
    """Fill in the workbook, look over what it changes, and save."""
    begin(walk, found)
    walk.open(at("report_detail", found.pk))
    with walk.page.expect_download() as download:
        walk.page.locator(f"main a[href='{at('report_excel', found.pk)}']").click()
    answers = {
        name.replace(".", "__"): int(text) if text.isdecimal() else text
        for section in answers_of(found, "0160").values()
        for name, text in section.items()
    }
    content = filled(
        download.value.path().read_bytes(),
        **answers,
        insatser__1__state="Genomförd",
        samverkan="Nej",
    )
    walk.open(at("report_upload", found.pk))
    walk.look()
    file = {"name": "taby.xlsx", "mimeType": "application/zip", "buffer": content}
    walk.page.set_input_files("[name=file]", file)
    walk.press("Read the file")
    expect(walk.page.locator("[name=sealed]")).to_have_count(1)
    walk.look()
    walk.page.locator("main form button[type=submit]").click()
    walk.page.wait_for_url(f"**{at('report_detail', found.pk)}")
    walk.look()
    send(walk, found)


# What the staff do -----------------------------------------------------------------------


def accept(walk, found, code):
    """Accept the report and settle the money as it says."""
    walk.open(staff_at("received_report_detail", found, code))
    walk.look()
    walk.press("Accept and settle")
    walk.look()
    settlement = Report.objects.get(municipality__code=code).settlement
    assert (settlement.used, settlement.to_repay) == (USED[code], PAID - USED[code])


def compile_answers(walk, found):
    """Look at the sums, and at all answers to a question."""
    walk.open(staff_at("compilation", found))
    walk.look()
    expect(walk.page.get_by_text("250\u00a0000").first).to_be_visible()
    for key in ("anvant", "insatser", "utmaningar", "samverkan"):
        walk.open(staff_at("compilation_question", found, key))
        walk.look()


def write_national_report(walk, found):
    """Begin the report, write in it, and let the worker make its documents."""
    walk.open(staff_at("national_report_list", found))
    walk.look()
    walk.press("Begin the report")
    walk.look()
    national = NationalReport.objects.get()
    key = national.sections.first().key
    number = national.number
    walk.open(staff_at("national_report_section", found, number, key))
    walk.page.fill("[name=text]", "Medlen har använts till **utbildning** i hela länet.")
    walk.press("Save")
    walk.look()
    walk.open(staff_at("national_report_detail", found, number))
    for kind in ("Word", "PDF"):
        make(walk, kind)
    walk.look()
    work_in_the_background()
    walk.open(staff_at("national_report_detail", found, number))
    walk.look()
    word = Document(BytesIO(fetch(walk, "Word")))
    assert any(each.style.name.startswith("Heading") for each in word.paragraphs)
    assert any("utbildning" in each.text for each in word.paragraphs)
    cells = {cell.text for table in word.tables for cell in table._cells}
    assert "250\u00a0000" in cells
    assert fetch(walk, "PDF").startswith(b"%PDF")
    return national


def make(walk, kind):
    """Ask for a document."""
    name = t("Make %(kind)s", params={"kind": kind})
    walk.page.get_by_role("button", name=name, exact=True).click()
    expect(walk.page.get_by_role("button", name=name, exact=True)).to_have_count(0)


def work_in_the_background():
    """Do all that waits, as the worker does: beside this thread, where Playwright runs."""

    def run():
        how = {"wait": False, "install_signal_handlers": False, "listen_notify": False}
        with app.replace_connector(app.connector.get_worker_connector()) as worker:
            worker.run_worker(**how)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


def fetch(walk, kind):
    """Return a document that is made."""
    row = walk.page.locator(".national-document").filter(has_text=kind)
    with walk.page.expect_download() as download:
        row.locator("a[href]").first.click()
    return download.value.path().read_bytes()


def deliver_national_report(walk, national):
    """Note that the report went to the authority."""
    found = national.round
    walk.open(staff_at("national_report_deliver", found, national.number))
    walk.look()
    walk.page.fill("[name=delivered_on]", str(TODAY()))
    walk.page.fill("[name=record_number]", "S/26/0815")
    walk.press("It is delivered")
    walk.page.wait_for_url(
        f"**{staff_at('national_report_detail', found, national.number)}"
    )
    walk.look()
    national.refresh_from_db()
    assert (national.status, national.record_number) == ("delivered", "S/26/0815")


# The money -------------------------------------------------------------------------------


def money_at(name, *args):
    return reverse(f"invoices:{name}", args=args)


def claim_back(walk, grant):
    """Claim what is not used from the two that have something left, and take it in."""
    walk.open(money_at("settlement_list", grant.pk))
    walk.look()
    walk.open(at("repayment_claim", grant.pk))
    walk.page.fill("[name=due_on]", str(TODAY() + timedelta(days=30)))
    walk.page.fill("[name=account]", "bankgiro 5050-1055")
    walk.look()
    walk.press("Claim and send the letters")
    walk.look()
    claims = Repayment.objects.order_by("pk")
    assert [claim.amount for claim in claims] == [20_000, 30_000]
    for claim in claims:
        walk.open(money_at("repayment_receive", claim.pk))
        walk.page.fill("[name=amount]", str(claim.amount))
        walk.page.fill("[name=received_on]", str(TODAY()))
        walk.look()
        walk.page.locator("main form button[type=submit]").click()
        walk.page.wait_for_url(f"**{claim.get_absolute_url()}")
        walk.look()


def return_to_the_state(walk, grant):
    """Pay on what came back, and read that the ledger is zero."""
    walk.open(money_at("return_create", grant.pk))
    walk.page.fill("[name=amount]", "50 000")
    walk.page.fill("[name=paid_on]", str(TODAY()))
    walk.look()
    walk.page.locator("main form button[type=submit]").click()
    walk.page.wait_for_url(f"**{money_at('repayment_list', grant.pk)}")
    walk.is_told("The ledger is zero: all money is accounted for.")
    walk.look()
    walk.open(money_at("ledger_detail", grant.pk))
    walk.look()
    ledger = ledger_of(grant)
    assert (ledger.used, ledger.returned, ledger.held) == (250_000, 50_000, 0)
    assert ledger.is_closed
