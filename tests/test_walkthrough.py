"""One grant in a real browser: from SCB's file to the memo that the municipalities read."""

import csv
import io
from datetime import date
from fractions import Fraction

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, expect
from pypdf import PdfReader

from grants.distribution import draft as make_draft
from grants.models import Allocation, Distribution
from municipalities.numbers import grouped
from tests import factories
from tests.browser import launch, open_page, sign_in
from tests.figures import (
    STOCKHOLM_NAMES,
    STOCKHOLM_POPULATION_2018,
    STOCKHOLM_POPULATION_2019,
    STOCKHOLM_PUBLISHED_2020,
    STOCKHOLM_RECIPIENTS_2018,
)
from tests.walk import PASSWORD, PATIENCE, Walk, counted, t

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

POT = 68_000_000
SUM = 67_999_998
BOTKYRKA = "0127"


@pytest.fixture(scope="module")
def browser():
    """Chromium, started once; it may take its time on a busy machine."""
    expect.set_options(timeout=PATIENCE)
    with launch() as browser:
        yield browser


@pytest.fixture
def people(places):
    """Storsthlm's handler and approver."""
    body = factories.make_body()
    return [
        factories.make_member(
            body, role=role, user=factories.make_user(email, PASSWORD, first_name=name)
        )
        for role, email, name in [
            ("handler", "handlaggare@storsthlm.example", "Handläggaren"),
            ("approver", "beslutsfattare@storsthlm.example", "Beslutsfattaren"),
        ]
    ]


# The files ---------------------------------------------------------------------------


def scb_file() -> bytes:
    """Return Stockholm county's population as SCB's database saves it."""
    years = STOCKHOLM_POPULATION_2018, STOCKHOLM_POPULATION_2019
    rows = [["region", "2018", "2019"]]
    rows.append(["01 Stockholms län", *(sum(year.values()) for year in years)])
    for code, name in STOCKHOLM_NAMES.items():
        rows.append([f"{code} {name}", *(year[code] for year in years)])
    text = io.StringIO()
    text.write('"Folkmängd efter region och år"\r\n\r\n')
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return text.getvalue().encode("latin-1")


def two_columns() -> bytes:
    """Return care recipients as a file of two columns."""
    lines = [f"{code};{value}" for code, value in STOCKHOLM_RECIPIENTS_2018.items()]
    return "\n".join(["kod;2018", *lines]).encode()


# The walk, step by step --------------------------------------------------------------


def import_population(walk: Walk) -> None:
    walk.section("Statistics", "section")
    walk.follow("Import a file")
    file = {"name": "folkmangd.csv", "mimeType": "text/csv", "buffer": scb_file()}
    walk.field("File").set_input_files(file)
    walk.press("Read the file")
    walk.look()
    walk.is_told("The county's own row")
    walk.press(counted("Save %(values)s value", "Save %(values)s values", 26))
    walk.look()


def import_care_recipients(walk: Walk) -> None:
    walk.section("Statistics", "section")
    walk.link("Import a file").click()
    file = {"name": "mottagare.csv", "mimeType": "text/csv", "buffer": two_columns()}
    walk.field("File").set_input_files(file)
    walk.press("Read the file")
    walk.field("care recipients", "statistic").check()
    walk.field("The figures count a whole year").check()
    walk.fill({"Source": "Socialstyrelsen"})
    walk.look()
    walk.press(counted("Save %(values)s value", "Save %(values)s values", 26))
    walk.look()


def register_agreement(walk: Walk) -> None:
    walk.section("Agreements", "section")
    walk.follow("New agreement")
    walk.fill(
        {
            "title": "God och nära vård 2020",
            "year": "2020",
            "parties": "staten och Sveriges Kommuner och Regioner (SKR)",
            "adopted on": "2020-01-31",
        }
    )
    walk.press("Save")
    walk.look()


def enter_grant(walk: Walk) -> None:
    walk.follow("Add a grant under the agreement")
    walk.fill(
        {
            "title": "Goda förutsättningar för vårdens medarbetare",
            "short title": "God och nära vård",
            "record number (dnr)": "S/20/0026",
            "amount": "70 785 000",
            "the state's payer": "Kammarkollegiet",
            "rule for unused funds": "Medlen återbetalas senast den 31 mars 2021 (sid 43).",
            "unused funds are repaid to": "Kammarkollegiet",
            "to be repaid no later than": "2021-03-31",
            "invoice reference": "781",
            "text that the invoice carries": "Rekvirering av stimulansmedel 2020",
            "is reported to": "Socialstyrelsen",
        }
    )
    walk.choose("unit in the memo's budget table", "thousands of kronor (tkr)")
    walk.press("Save")
    walk.look()


def write_purposes(walk: Walk) -> None:
    walk.tab("Purposes")
    walk.link("Edit").click()
    for number, heading in enumerate(
        ["En ändamålsenlig kompetensförsörjning", "Utbilda vårdens framtida medarbetare"], 1
    ):
        row = walk.row("Purpose", number, "Add a purpose")
        walk.fill({"heading": heading, "points": "handledning\nvalidering"}, row)
    walk.look()
    walk.press("Save")


def write_budget(walk: Walk) -> None:
    walk.tab("Budget")
    walk.link("Edit").click()
    row = walk.row("Line", 1, "Add a budget line")
    walk.fill({"activity": "Till kommunerna för lokala aktiviteter"}, row)
    walk.fill({"amount": "68 000 000"}, row)
    walk.field("is split by the key", within=row).check()
    row = walk.row("Line", 2, "Add a budget line")
    walk.fill({"activity": "Till länsgemensamma aktiviteter"}, row)
    walk.fill({"amount": "2 785 000"}, row)
    walk.choose("side", "common in the county", "side", within=row)
    walk.look()
    walk.press("Save")
    walk.look()


def set_deadlines(walk: Walk) -> None:
    walk.tab("Last days")
    # One by one, or proposed: the page that edits all is for those who have many.
    walk.open(f"{walk.path}andra/")
    for number, (kind, day, actor) in enumerate(
        [
            ("requisition", "2020-08-30", "the municipalities"),
            ("interim report", "2020-09-30", "we"),
            ("final report", "2021-03-31", "we"),
        ],
        start=1,
    ):
        row = walk.row("Last day", number, "Add a last day")
        walk.choose("kind", kind, "deadline", within=row)
        walk.fill({"last day": day}, row)
        walk.choose("who must act", actor, "actor", within=row)
    walk.look()
    walk.press("Save")
    walk.look()
    # 30 August 2020 is a Sunday, and the memo says so all the same.
    stays = t("Let the day stay, although few people work then")
    walk.page.get_by_label(stays).first.check()
    walk.press("Save")
    walk.look()


def register_decision(walk: Walk) -> None:
    walk.tab("Decisions")
    walk.link("Edit").click()
    row = walk.row("Decision", 1, "Add a decision")
    walk.fill({"decided on": "2020-03-16", "decided by": "Styrgruppen för RSS"}, row)
    walk.fill({"what was decided": "Fördelning och användning av medlen."}, row)
    walk.look()
    walk.press("Save")
    walk.look()


def make_key(walk: Walk) -> None:
    walk.section("Keys", "section")
    walk.follow("New key")
    type_key(walk)
    walk.look()
    walk.press("Save")
    walk.look()


def type_key(walk: Walk) -> None:
    """Fill the form of a key: half by population, half by care recipients."""
    walk.fill({"name": "Befolkning och vårdmottagare"})
    walk.field("each for itself: the sum may differ by a few kronor").check()
    for number, statistic in enumerate(["population", "care recipients"], start=1):
        row = walk.row("Part", number, "Add a part")
        walk.choose("kind", "split by statistic", within=row)
        walk.fill({"weight": "50"}, row)
        walk.choose("statistic", statistic, "statistic", within=row)


def draft(walk: Walk) -> None:
    walk.section("Grants", "section")
    walk.follow("God och nära vård")
    walk.tab("Distribution")
    walk.follow("New distribution")
    walk.page.get_by_label("Befolkning och vårdmottagare").check()
    walk.press("Make the draft")
    walk.look()


def try_out(walk: Walk) -> None:
    """Change a weight and change it back: the amounts follow, and nothing is saved."""
    botkyrka = walk.amount_of("Botkyrka")
    weight = walk.field("Weight").nth(1)
    expect(botkyrka).to_have_text(grouped(STOCKHOLM_PUBLISHED_2020[BOTKYRKA]))

    weight.fill("0")

    expect(botkyrka).to_have_text(grouped(by_population_alone(BOTKYRKA)))
    saved = Allocation.objects.get(municipality__code=BOTKYRKA)
    assert saved.amount == STOCKHOLM_PUBLISHED_2020[BOTKYRKA]
    walk.look()

    weight.fill("halva")

    walk.is_told("Not calculated")
    expect(botkyrka).to_have_text(grouped(by_population_alone(BOTKYRKA)))
    walk.look()

    weight.fill("50")

    expect(botkyrka).to_have_text(grouped(STOCKHOLM_PUBLISHED_2020[BOTKYRKA]))
    walk.is_told("There are changes that are not saved.")
    walk.press("Save the draft")
    walk.is_told("The draft is saved.")
    walk.look()


def by_population_alone(code: str) -> int:
    """Return the amount when the other weight is zero."""
    population = STOCKHOLM_POPULATION_2019
    return round(Fraction(POT * population[code], sum(population.values())))


def read_explanation(walk: Walk) -> None:
    walk.follow("Botkyrka")
    expect(walk.page.locator(".calculation__final")).to_contain_text(
        grouped(STOCKHOLM_PUBLISHED_2020[BOTKYRKA])
    )
    walk.page.go_back()


def download_workbook(walk: Walk) -> None:
    name, content = walk.download("Workbook with formulas")
    assert name.endswith(".xlsx")
    cells = [
        value
        for sheet in load_workbook(io.BytesIO(content))
        for row in sheet.iter_rows(values_only=True)
        for value in row
    ]
    assert any(str(value).startswith("=") for value in cells)
    assert set(STOCKHOLM_POPULATION_2019.values()) <= set(cells)


def download_table(walk: Walk) -> None:
    name, content = walk.download("Table, csv")
    assert name.endswith(".csv")
    text = content.decode("utf-8-sig")
    for amount in STOCKHOLM_PUBLISHED_2020.values():
        assert str(amount) in text


def decide(walk: Walk) -> None:
    walk.page.get_by_role("link", name=t("Read and decide")).click()
    walk.look()
    walk.field("Date of the decision", "distribution").fill("2020-03-16")
    walk.press("Decide version %(version)s", {"version": 1})
    walk.is_told("Version %d is decided.", 1)
    walk.look()


def write_memo(walk: Walk) -> None:
    walk.follow(f"{t('Go to the memo')} God och nära vård 2020")
    walk.follow("Write a memo")
    walk.fill({"date of the memo": "2020-03-30"})
    walk.press("Save")
    walk.look()
    walk.follow(f"{t('Edit')} {t('Notice', 'memo')}")
    text = walk.field("text")
    text.fill(f"{text.input_value()}\n\nHör av er i **god tid** före [[sista dag]].")
    preview = walk.page.locator("#preview")
    expect(preview).to_contain_text("Hör av er i god tid före 30 augusti 2020.")
    walk.look()
    walk.press("Save")
    walk.look()


def publish(walk: Walk) -> str:
    """Look at the draft's PDF, publish the memo, and return the text of the file."""
    address = walk.link("Look at the PDF").first.get_attribute("href")
    draft = walk.page.request.get(walk.address + address)
    assert "utkast" in text_of(draft.body()).lower()
    walk.follow("Publish")
    walk.press("Publish")
    walk.is_told("Version %(version)s of the memo is published.", {"version": 1})
    walk.look()
    name, content = walk.download("Download the PDF")
    assert name.endswith(".pdf")
    return text_of(content)


def text_of(pdf: bytes) -> str:
    """Return a PDF's text, its no-break spaces as spaces."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join("\n".join(page.extract_text() for page in pages).split())


# The tests ---------------------------------------------------------------------------


def test_grant_goes_from_scbs_file_to_a_published_memo(browser, live_server, people):
    handler, approver = people
    walk = Walk(open_page(browser), live_server.url)

    walk.sign_in(handler.email)
    import_population(walk)
    import_care_recipients(walk)
    register_agreement(walk)
    enter_grant(walk)
    write_purposes(walk)
    write_budget(walk)
    set_deadlines(walk)
    register_decision(walk)
    make_key(walk)
    draft(walk)
    try_out(walk)
    read_explanation(walk)
    download_workbook(walk)
    walk.section("Home", "section")
    walk.is_told(
        "Version %(version)s of the distribution is a draft. A colleague decides it.",
        {"version": 1},
    )
    walk.sign_out()

    walk.sign_in(approver.email)
    decide(walk)
    download_table(walk)
    walk.follow("History")
    for person in people:
        expect(walk.page.locator(".timeline")).to_contain_text(str(person))
    walk.sign_out()

    walk.sign_in(handler.email)
    write_memo(walk)
    memo = publish(walk)
    walk.link("History").last.click()
    expect(walk.page.locator(".timeline")).to_contain_text(str(handler))
    walk.look()

    amounts = Allocation.objects.values_list("municipality__code", "amount")
    assert dict(amounts) == STOCKHOLM_PUBLISHED_2020
    for code, amount in STOCKHOLM_PUBLISHED_2020.items():
        assert f"{STOCKHOLM_NAMES[code]} {spaced(amount)}" in memo
    assert spaced(SUM) in memo
    assert walk.wrong == {}


def spaced(amount: int) -> str:
    """Return an amount with ordinary spaces."""
    return " ".join(grouped(amount).split())


@pytest.fixture
def prepared(people):
    """A grant and its statistics, before there is a key."""
    body = people[0].memberships.get().body
    factories.make_statistic(body, STOCKHOLM_POPULATION_2019, on=date(2019, 12, 31))
    factories.make_statistic(
        body, STOCKHOLM_RECIPIENTS_2018, kind="care_recipients", on=date(2018, 12, 31)
    )
    return factories.make_grant(body, amount=POT)


def test_grant_is_split_without_javascript(browser, live_server, people, prepared):
    page = open_page(browser, java_script_enabled=False)
    walk = Walk(page, live_server.url)
    sign_in(page, live_server.url, people[0])

    walk.open("/medel/nycklar/ny/")
    type_key(walk)
    walk.press("Save")
    walk.open(f"/medel/{prepared.pk}/fordelning/ny/")
    page.get_by_label("Befolkning och vårdmottagare").check()
    walk.press("Make the draft")
    walk.field("Weight").nth(1).fill("0")
    walk.press("Recalculate")
    expect(walk.amount_of("Botkyrka")).to_have_text(grouped(by_population_alone(BOTKYRKA)))
    distribution = Distribution.objects.get()
    before = dict(distribution.allocations.values_list("municipality__code", "amount"))
    walk.press("Save the draft")
    walk.link("Adjust an amount").click()
    walk.choose("Municipality", "Botkyrka")
    walk.fill({"Change in kronor": "−5 000", "Reason": "Enligt styrgruppens beslut."})
    walk.press("Adjust")

    after = dict(distribution.allocations.values_list("municipality__code", "amount"))
    assert before == STOCKHOLM_PUBLISHED_2020
    assert after == {code: by_population_alone(code) for code in after} | {
        BOTKYRKA: by_population_alone(BOTKYRKA) - 5_000
    }
    assert walk.wrong == {}


def test_amounts_are_tried_out_with_the_keyboard_alone(
    browser, live_server, people, prepared
):
    handler = people[0]
    draft = make_draft(
        prepared,
        key=factories.make_key(
            handler.memberships.get().body,
            {"population": 50, "care_recipients": 50},
            rounding="each",
        ),
        by=handler,
    )
    page = open_page(browser)
    walk = Walk(page, live_server.url)
    walk.open(draft.get_absolute_url())

    tab_to(walk.field("E-mail"))
    page.keyboard.type(handler.email)
    tab_to(walk.by_password())
    page.keyboard.press("Enter")
    tab_to(walk.field("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{draft.get_absolute_url()}")
    tab_to(walk.field("Weight").nth(1))
    page.keyboard.type("0")
    expect(walk.amount_of("Botkyrka")).to_have_text(grouped(by_population_alone(BOTKYRKA)))
    tab_to(page.get_by_role("button", name=t("Save the draft"), exact=True))
    page.keyboard.press("Enter")
    walk.is_told("The draft is saved.")

    saved = draft.allocations.get(municipality__code=BOTKYRKA)
    assert saved.amount == by_population_alone(BOTKYRKA)
    assert walk.wrong == {}


def tab_to(target: Locator) -> None:
    """Press Tab until the focus is there, and can be seen there."""
    for _ in range(60):
        target.page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            style = target.evaluate("element => getComputedStyle(element).outlineStyle")
            assert style != "none", "The focus does not show."
            return
    raise AssertionError(f"The keyboard does not reach {target}.")
