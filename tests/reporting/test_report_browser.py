"""A municipality writes its report in a real browser, with a script and without."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from municipalities.models import Municipality
from reporting.models import Report, ReportFile, ReportSection
from reporting.ready_made_forms import FINAL
from reporting.report import begin_correction, save_section
from reporting.report_decisions import request_completion
from tests.browser import faults_everywhere, launch, open_page, sign_in
from tests.factories import make_body, make_member, make_municipal_member, make_user
from tests.reporting.reports import (
    final_answers,
    make_planned_round,
    make_report,
    make_sent,
    open_round_of,
    send,
    write,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATIENCE = 30_000  # ms
LATE = date(2020, 1, 15)
NAME = "Upplands-Bro-Södermalmsbergets kommun"
LONG = (
    "Utveckling av den nära vården med fokus på primärvården, "
    "kompetensförsörjningsåtgärder och samverkansöverenskommelser"
)


@pytest.fixture(scope="module")
def browser():
    expect.set_options(timeout=PATIENCE)
    with launch() as browser:
        yield browser


@pytest.fixture
def found(places):
    Municipality.objects.filter(code="0127").update(own_name=NAME)
    return make_planned_round(make_body(), {0: 50_000}, amount=234_567, also=[LONG])


@pytest.fixture
def sam(places):
    user = make_user("sam@botkyrka.example", first_name="Sam", last_name="Ansvarig")
    return make_municipal_member("0127", user=user)


@pytest.fixture
def kim(places):
    user = make_user("kim@botkyrka.example", first_name="Kim", last_name="Kontakt")
    return make_municipal_member("0127", role="contributor", user=user)


def section(found, key, name=""):
    return f"/mina-medel/redovisning/{found.pk}/avsnitt/{key}/{name}"


def opened(browser, url, user, **options):
    page = open_page(browser, **options)
    page.context.set_default_timeout(PATIENCE)
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    sign_in(page, url, user)
    return page


def test_every_state_is_for_everyone(browser, live_server, found, sam, kim):
    costs = open_round_of(found.grant, kind="costs", due_on=LATE, opens_on=LATE)
    interim = open_round_of(found.grant, kind="interim")
    sent = open_round_of(found.grant, kind="other", form=FINAL)
    make_report(costs, by=sam)
    report = make_report(found, by=sam)
    said = {"used": 200_000, "to_repay": 34_567, "utmaningar": "Rad ett\n\nRad två " * 20}
    returned = make_sent(sent, by=sam, **said)
    request_completion(
        returned,
        sections=["insatser", "jamstalldhet"],
        reason="Beskriv hur många ni har nått.\nSkriv också hur ni vet det.",
        due_on=date(2099, 2, 1),
        seen=1,
        by=make_member(found.grant.body),
    )
    save_section(
        report,
        "insatser",
        {"insatser.1.text": LONG * 4, "insatser.2.state": "x"},
        by=kim,
        seen=0,
    )
    page = opened(browser, live_server.url, sam)
    ways = {
        "to begin": f"/mina-medel/redovisning/{interim.pk}/",
        "begun": f"/mina-medel/redovisning/{found.pk}/",
        "late": f"/mina-medel/redovisning/{costs.pk}/",
        "to complete": f"/mina-medel/redovisning/{sent.pk}/",
        "prefilled": section(found, "medel"),
        "wrong": section(found, "insatser", "?granska"),
        "choice": section(found, "samverkan"),
        "costs": section(costs, "kostnader"),
        "complete": section(sent, "insatser"),
    }
    wrong = {}

    def look(name):
        if found := faults_everywhere(page):
            wrong[name] = found

    for name, way in ways.items():
        page.goto(live_server.url + way)
        look(name)
    # Two have written in the same fields.
    page.goto(live_server.url + section(found, "jamstalldhet"))
    theirs = {"jamstalld_halsa": LONG * 3, "jamstalldhetsperspektiv": "Kims"}
    save_section(report, "jamstalldhet", theirs, by=kim, seen=0)
    for name in theirs:
        page.fill(f"[name={name}]", f"Mitt om {name}.")
    expect(page.locator("[data-merge]")).to_be_visible()
    look("saved by another")
    page.click("[data-merge]")
    expect(page.locator(".report-choice")).to_have_count(2)
    look("choose")
    write(returned, final_answers(sent, **said), by=sam)
    send(returned, by=sam)
    for name, way in {
        "sent": f"/mina-medel/redovisning/{sent.pk}/",
        "read": section(sent, "medel"),
    }.items():
        page.goto(live_server.url + way)
        look(name)
    begin_correction(returned, by=sam)
    page.goto(f"{live_server.url}/mina-medel/redovisning/{sent.pk}/")
    look("correcting")

    assert wrong == {}
    assert page.wrong == []
    page.context.close()


@pytest.mark.parametrize("with_script", [True, False])
def test_sections_are_written_one_after_the_other(
    browser, live_server, found, sam, with_script
):
    page = opened(browser, live_server.url, sam, java_script_enabled=with_script)
    if with_script:  # some browsers in use lack the property
        page.add_init_script("delete Element.prototype.ariaLabel")
    page.goto(f"{live_server.url}/mina-medel/redovisning/{found.pk}/")
    page.locator("main form button").click()
    page.wait_for_url("**/avsnitt/medel/")
    first = found.read.question("anvant").rows[0]
    used = page.locator(f"[name='anvant.{first.key}']")
    expect(used).to_have_value(re.compile(r"50\s000"))
    used.fill("200 000")
    page.fill("[name=aterbetalas]", "34 567")
    if with_script:
        total = page.locator("[data-total]")
        expect(total).to_have_text(re.compile(r"200\s000"))
        expect(page.locator("[data-saved]")).to_have_text(re.compile(r"\d\d\.\d\d"))
    page.locator("[name=do][value=next]").click()
    page.wait_for_url("**/avsnitt/insatser/")
    page.fill("[name='insatser.1.text']", "Utbildning")
    page.select_option("[name='insatser.1.state']", "done")
    if with_script:
        page.fill("[name='insatser.2.text']", "Kartläggning")
        page.select_option("[name='insatser.2.state']", "planned")
        empty = page.locator("[name='insatser.3.text']")
        expect(empty).to_be_empty()
        expect(empty).to_have_attribute("aria-label", re.compile(r"^Insats 3"))
    page.fill("[name=utmaningar]", "Tid.")
    page.locator("[name=do][value=next]").click()
    page.wait_for_url("**/avsnitt/jamstalldhet/")
    page.locator("[name=do][value=next]").click()
    page.wait_for_url("**/avsnitt/samverkan/")
    how = page.locator("[name=samverkan_hur]")
    if with_script:
        expect(how).to_be_hidden()
    page.check("[name=samverkan][value=ja]")
    how.fill("Med regionen.")
    page.locator(".buttons [name=do][value=save]").click()
    page.wait_for_url("**/?granska")
    expect(how).to_have_value("Med regionen.")
    expect(page.locator(".error-summary")).to_have_count(0)
    page.goto(f"{live_server.url}{section(found, 'jamstalldhet')}")
    page.press("[name=jamstalld_halsa]", "Tab")
    page.locator(".buttons [name=do][value=save]").click()
    expect(page.locator(".error-summary a")).to_have_count(2)
    page.locator(".error-summary a").first.click()
    expect(page.locator("[name=jamstalldhetsperspektiv]")).to_be_focused()
    assert page.wrong == []
    page.context.close()

    rows = {each.key: each.answers for each in ReportSection.objects.all()}
    last = {"insatser.2.text": "Kartläggning", "insatser.2.state": "planned"}
    assert rows["insatser"] == {
        "insatser.1.text": "Utbildning",
        "insatser.1.state": "done",
        "utmaningar": "Tid.",
        **(last if with_script else {}),
    }
    assert rows["samverkan"] == {"samverkan": "ja", "samverkan_hur": "Med regionen."}
    assert rows["medel"]["aterbetalas"].replace("\N{NO-BREAK SPACE}", " ") == "34 567"


def test_two_write_at_once_and_nothing_is_lost(browser, live_server, found, sam, kim):
    make_report(found, by=sam)
    sams, kims = (opened(browser, live_server.url, each) for each in (sam, kim))
    for page in (sams, kims):
        page.goto(live_server.url + section(found, "jamstalldhet"))
    kims.fill("[name=jamstalld_halsa]", "Kims text")
    expect(kims.locator("[data-saved]")).to_have_text(re.compile(r"\d\d\.\d\d"))

    sams.fill("[name=jamstalldhetsperspektiv]", "Sams text")
    expect(sams.locator("[data-problem]")).to_contain_text("Kim Kontakt")
    assert sams.locator("[data-saved]").inner_text() == ""
    sams.fill("[name=jamstalld_halsa]", "Sams också")
    sams.locator("[data-merge]").click()
    expect(sams.locator(".report-choice")).to_have_count(1)
    sams.locator(".report-choice input").first.check()
    sams.locator(".buttons button").click()
    sams.wait_for_url("**/?granska")

    expect(sams.locator("[name=jamstalld_halsa]")).to_have_value("Kims text\n\nSams också")
    assert ReportSection.objects.get(key="jamstalldhet").answers == {
        "jamstalld_halsa": "Kims text\n\nSams också",
        "jamstalldhetsperspektiv": "Sams text",
    }
    assert sams.wrong + kims.wrong == []
    sams.context.close()
    kims.context.close()


@pytest.mark.parametrize("with_script", [True, False])
def test_file_is_added_and_removed(browser, live_server, found, sam, with_script):
    make_report(found, by=sam)
    page = opened(browser, live_server.url, sam, java_script_enabled=with_script)
    page.goto(live_server.url + section(found, "medel"))
    page.set_input_files(
        "[name=underlag]",
        {"name": "underlag.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1\n%%EOF"},
    )
    page.locator("[value=files]").click()
    expect(page.locator(".files a")).to_have_text("underlag.pdf")
    page.locator("[name=remove]").click()
    expect(page.locator(".files")).to_have_count(0)
    assert ReportFile.objects.get().is_removed
    assert Report.objects.get().sections.get(key="medel").edited_by == sam
    assert page.wrong == []
    page.context.close()
