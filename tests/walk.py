"""A person at the browser, who does as people do and looks at every page on the way."""

import re

from django.core import mail
from django.utils.translation import gettext, ngettext, override, pgettext
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.browser import faults_everywhere

PATIENCE = 30_000  # ms
PASSWORD = "ett-losenord-for-prov"
SUPERSEDED = ("htmx:sendAbort", "htmx:afterRequest")
"""What htmx says when a newer question takes the place of one without an answer yet."""


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

    def __init__(self, page: Page, address: str, *, eyes: bool = True):
        """``eyes`` is off where scripts are: axe is one."""
        page.context.set_default_timeout(PATIENCE)
        self.page = page
        self.address = address
        self.eyes = eyes
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
        if not self.eyes:
            return
        for at, found in faults_everywhere(self.page).items():
            self.note(*found, at=at)
        # Asked last: by now no other page is on its way.
        expect(self.page).to_have_title(re.compile(r"\w"))
        expect(self.page.locator("h1")).to_have_count(1)

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
        link = menu.get_by_role("link", name=t(text, context), exact=True)
        if not link.count():  # it is in the menu of what grants rest on
            menu.locator("summary", has_text=t("Basis", "section")).click()
        link.click()
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
        self.fill({"E-mail": email})
        self.by_password().click()
        self.fill({"Password": PASSWORD})
        self.press("Sign in")
        self.look()

    def by_password(self) -> Locator:
        """Return what unfolds the input for a password."""
        return self.page.locator("summary", has_text=t("Sign in with a password"))

    def sign_in_by_code(self, email: str) -> None:
        """Sign in with the code of an e-mail, as municipalities do."""
        self.open("/")
        self.fill({"E-mail": email})
        sent = len(mail.outbox)
        self.press("Send a code")
        self.look()
        [message] = mail.outbox[sent:]
        found = re.search(r"^\s*([\d -]{8,})\s*$", message.body, re.MULTILINE)
        assert message.to == [email]
        assert found, message.body
        self.fill({"Code": found[1].strip()})
        self.press("Sign in")
        self.look()

    def sign_out(self, organisation: str = "Storsthlm") -> None:
        """Sign out by the menu at the top."""
        self.page.locator("summary", has_text=organisation).click()
        self.page.get_by_role("button", name=t("Sign out"), exact=True).click()

    def amount_of(self, name: str) -> Locator:
        """Return the cell with a municipality's amount, on a distribution's page."""
        row = self.page.locator("table.outcome tr").filter(
            has=self.page.get_by_role("rowheader", name=name, exact=True)
        )
        return row.locator(".outcome__amount")
