"""One grant in a real browser: from SCB's file to the memo that the municipalities read."""

import csv
import io
import re
from datetime import date
from fractions import Fraction

import pytest
from django.utils.translation import gettext, ngettext, override, pgettext
from openpyxl import load_workbook
from playwright.sync_api import ConsoleMessage, Locator, Page, expect
from pypdf import PdfReader

from grants.distribution import draft as make_draft
from grants.models import Allocation, Distribution
from municipalities.numbers import grouped
from tests import factories
from tests.browser import WIDTHS, axe_beside, launch, open_page, overflow, sign_in
from tests.figures import (
    STOCKHOLM_NAMES,
    STOCKHOLM_POPULATION_2018,
    STOCKHOLM_POPULATION_2019,
    STOCKHOLM_PUBLISHED_2020,
    STOCKHOLM_RECIPIENTS_2018,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATIENCE = 30_000  # ms
PASSWORD = "ett-losenord-for-prov"
POT = 68_000_000
SUM = 67_999_998
BOTKYRKA = "0127"
RULES_OF_COLOUR = ("color-contrast", "link-in-text-block")
SUPERSEDED = ("htmx:sendAbort", "htmx:afterRequest")
"""What htmx says when a newer question takes the place of one without an answer yet."""


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


def t(text: str, context: str = "", params: object = None) -> str:
    """Return a text as the page writes it."""
    with override("sv"):
        found = pgettext(context, text) if context else gettext(text)
        return found % params if params is not None else found


def counted(single: str, plural: str, number: int) -> str:
    """Return a text that counts something, as the page writes it."""
    with override("sv"):
        return ngettext(single, plural, number) % {"values": number}


def words(text: str, context: str = "") -> re.Pattern[str]:
    """Return what finds a label, with or without its note that the field is optional."""
    label, optional = re.escape(t(text, context)), re.escape(t("(optional)"))
    return re.compile(rf"^\s*{label}(\s+{optional})?\s*$", re.IGNORECASE)


class Walk:
    """A person at the browser, who notes all that is wrong on the way."""

    def __init__(self, page: Page, address: str):
        page.context.set_default_timeout(PATIENCE)
        self.page = page
        self.address = address
        self.wrong: dict[str, list[str]] = {}
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.note(str(error)))

    def hear(self, said: ConsoleMessage) -> None:
        """Note an error in the console: a script's, or a breach of the page's policy."""
        if said.type == "error" and not said.text.startswith(SUPERSEDED):
            self.note(said.text)

    def note(self, *faults: str, at: str = "") -> None:
        """Keep what is wrong, by the page's path."""
        if faults:
            where = " ".join(filter(None, [self.path, at]))
            self.wrong.setdefault(where, []).extend(faults)
            print(where, *faults, sep="\n    ")  # noqa: T201

    @property
    def path(self) -> str:
        """Where the person is."""
        return self.page.url.removeprefix(self.address)

    def look(self) -> None:
        """Look at the page at every width, light and dark."""
        if self.page.locator("h1").count() != 1:
            self.note("The page does not have one h1.")
        if not re.match(r"\w", self.page.title()):
            self.note(f"The title is “{self.page.title()}”.")
        with axe_beside(self.page) as axe:
            for width in WIDTHS:
                self.page.set_viewport_size({"width": width, "height": 900})
                if wider := overflow(self.page):
                    self.note(f"{wider} px wider than the window", at=f"{width}")
                self.note(*axe(), at=f"{width} light")
                # What is dark differs in its colours alone.
                self.page.emulate_media(color_scheme="dark")
                self.note(*axe(*RULES_OF_COLOUR), at=f"{width} dark")
                self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": 1280, "height": 900})

    # What a person does --------------------------------------------------------------

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def link(self, text: str, context: str = "") -> Locator:
        main = self.page.get_by_role("main")
        return main.get_by_role("link", name=t(text, context), exact=True)

    def follow(self, text: str, context: str = "") -> None:
        """Follow a link, and look at where it leads."""
        self.link(text, context).click()
        self.look()

    def section(self, text: str, context: str = "") -> None:
        """Choose a section in the main menu."""
        menu = self.page.get_by_role("navigation", name=t("Main menu"))
        menu.get_by_role("link", name=t(text, context), exact=True).click()
        self.look()

    def tab(self, text: str) -> None:
        """Choose a tab of the grant."""
        tabs = self.page.get_by_role("navigation", name=t("Parts of the page"))
        tabs.get_by_role("link", name=t(text), exact=True).click()
        self.look()

    def press(self, text: str, params: object = None) -> None:
        """Press a button in the page."""
        button = self.page.get_by_role("main").get_by_role(
            "button", name=t(text, params=params), exact=True
        )
        button.click()

    def field(
        self, label: str, context: str = "", within: Locator | None = None
    ) -> Locator:
        """Return an input by its label."""
        place = within or self.page.get_by_role("main")
        return place.get_by_label(words(label, context))

    def fill(self, facts: dict[str, str], within: Locator | None = None) -> None:
        """Write in the inputs with these labels."""
        for label, value in facts.items():
            self.field(label, within=within).fill(value)

    def choose(
        self, label: str, text: str, context: str = "", within: Locator | None = None
    ) -> None:
        """Choose what says so from a list."""
        field = self.field(label, within=within)
        option = field.locator("option").filter(has_text=words(text, context))
        field.select_option(value=option.get_attribute("value"))

    def row(self, row: str, number: int, add: str) -> Locator:
        """Return a row of the form, added first where it is not there."""
        found = self.page.get_by_role("group", name=f"{t(row)} {number}", exact=True)
        if not found.count():
            self.press(add)
        return found

    def is_told(self, text: str, params: object = None) -> None:
        """Expect the page to say so."""
        expect(self.page.get_by_text(t(text, params=params)).first).to_be_visible()

    def download(self, text: str) -> tuple[str, bytes]:
        """Return the name and the content of the file behind a link."""
        with self.page.expect_download() as download:
            self.link(text).click()
        return download.value.suggested_filename, download.value.path().read_bytes()

    def sign_in(self, email: str) -> None:
        """Sign in with the password, as anybody does."""
        self.open("/")
        self.look()
        self.fill({"E-mail": email, "Password": PASSWORD})
        self.press("Sign in")
        self.look()

    def sign_out(self) -> None:
        """Sign out by the menu at the top."""
        self.page.locator("summary", has_text="Storsthlm").click()
        self.page.get_by_role("button", name=t("Sign out"), exact=True).click()

    def amount_of(self, name: str) -> Locator:
        """Return the cell with a municipality's amount, on a distribution's page."""
        row = self.page.locator("table.outcome tr").filter(
            has=self.page.get_by_role("rowheader", name=name, exact=True)
        )
        return row.locator(".outcome__amount")


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
    walk.link("Edit").click()
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
