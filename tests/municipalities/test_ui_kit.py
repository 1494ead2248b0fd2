"""The parts that every page is made of: lists, files, forms, errors, and their weight."""

import gzip
import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from municipalities.export import to_csv, to_xlsx
from municipalities.models import County, Municipality
from tests import browser, factories

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.municipalities.kit_pages"),
]

KIT_TEMPLATES = Path(__file__).parent / "templates"
HEADER = ["Kommun", "Kod", "Tilldelat, kr", "Läge"]
PAGES = ["/kit/lista/", "/kit/form/", "/kit/rader/", "/kit/sida/", "/kit/ta-bort/"]
DARK = "(prefers-color-scheme: dark)"
PLAIN = """<!doctype html><html lang="sv"><title>Sida</title>
<style>{}</style><main><h1>Sida</h1><p>Text</p></main></html>"""


@pytest.fixture(autouse=True)
def kit_templates(settings):
    """Let the tests' own pages be found."""
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [engine | {"DIRS": [*engine["DIRS"], KIT_TEMPLATES]}]


def csv_rows(response):
    lines = response.content.decode("utf-8-sig").split("\r\n")
    return [line.split(";") for line in lines if line]


# Lists and files -------------------------------------------------------------------


def test_list_shows_a_page_and_says_of_how_many(as_handler):
    html = as_handler.get("/kit/lista/").content.decode()

    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    assert body.count("<tr") == 25
    assert "1–25" in html
    assert "290" in html


def test_list_marks_the_column_it_is_sorted_by(as_handler):
    html = as_handler.get("/kit/lista/?sort=-code").content.decode()

    assert re.findall(r'aria-sort="(\w+)"', html) == ["descending"]
    assert html.index("Boden") < html.index("Gällivare")


def test_list_with_an_odd_page_number_shows_a_page(as_handler):
    assert as_handler.get("/kit/lista/?page=9999").status_code == 200


def test_list_without_rows_says_so_in_words(as_handler):
    html = as_handler.get("/kit/lista/?name=zzz").content.decode()

    assert "Ingen kommun passar filtret." in html
    assert "<tfoot>" not in html


def test_list_sums_every_page(as_handler):
    total = sum(Municipality.objects.values_list("pk", flat=True))

    html = as_handler.get("/kit/lista/").content.decode()

    foot = html.partition("<tfoot>")[2].partition("</tfoot>")[0]
    assert f"{total:,}".replace(",", "\N{NO-BREAK SPACE}") in foot


def test_csv_holds_what_is_shown_on_every_page(as_handler):
    county = County.objects.get(code="01")

    response = as_handler.get(f"/kit/lista/?sort=-code&county={county.pk}&format=csv")

    places = county.municipalities.order_by("-code")
    expected = [[m.name, m.code, str(m.pk), m.name] for m in places]
    assert csv_rows(response) == [HEADER, *expected]
    assert len(expected) == 26


def test_csv_opens_in_a_swedish_spreadsheet(as_handler):
    response = as_handler.get("/kit/lista/?format=csv")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert re.fullmatch(
        r'attachment; filename="kommuner-i-sverige-\d{4}-\d\d-\d\d\.csv"',
        response["Content-Disposition"],
    )


def test_xlsx_holds_the_same_with_real_numbers(as_handler):
    response = as_handler.get("/kit/lista/?name=botkyrka&format=xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    botkyrka = Municipality.objects.get(code="0127")
    assert sheet.title == "Kommuner i Sverige"
    assert sheet.freeze_panes == "A2"
    assert list(sheet.values) == [
        tuple(HEADER),
        ("Botkyrka", "0127", botkyrka.pk, "Botkyrka"),
    ]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+46", "'+46"),
        ("-", "'-"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("Solna; stad", '"Solna; stad"'),
        (-1500, "-1500"),
        (Decimal("71.5"), "71,5"),
        (date(2020, 8, 30), "2020-08-30"),
        (None, ""),
    ],
)
def test_csv_cell_is_harmless_and_plain(value, cell):
    assert to_csv(["Namn"], [[value, 1]]).decode("utf-8-sig") == f"Namn\r\n{cell};1\r\n"


def test_xlsx_never_runs_a_text():
    content = to_xlsx("Medel", ["Namn"], [["=1+1"], ["https://example.org"]])

    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert [(cell.value, cell.data_type) for cell in sheet["A"]] == [
        ("Namn", "s"),
        ("=1+1", "s"),
        ("https://example.org", "s"),
    ]


def test_list_costs_the_same_with_one_row_and_with_many(as_handler):
    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            assert as_handler.get(address).status_code == 200
        return len(captured)

    queries("/kit/lista/")  # warms what Django keeps
    assert queries("/kit/lista/?name=botkyrka") == queries("/kit/lista/?name=a")


# Forms -----------------------------------------------------------------------------


def test_form_tells_every_mistake_at_once_with_a_link_to_its_field(as_handler):
    html = as_handler.post(
        "/kit/form/", {"title": "Medel", "amount": "1,50"}
    ).content.decode()

    summary = html.partition('class="error-summary"')[2].partition("</div>")[0]
    assert "Posterna summerar inte till beloppet." in summary
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert targets == ["id_amount", "id_due_on", "id_kind", "id_rule_0", "id_agree"]
    for target in targets:
        assert f'id="{target}"' in html
    assert 'value="Medel"' in html
    assert 'value="1,50"' in html


def test_form_without_mistakes_has_no_summary(as_handler):
    assert "error-summary" not in as_handler.get("/kit/form/").content.decode()


def test_form_marks_the_optional_fields(as_handler):
    html = as_handler.get("/kit/form/").content.decode()

    assert html.count("field__optional") == 3


def test_date_field_is_the_browsers_own(as_handler):
    html = as_handler.post("/kit/form/", {"due_on": "2020-08-30"}).content.decode()

    field = re.search(r'<input[^>]*name="due_on"[^>]*>', html).group()
    assert 'type="date"' in field
    assert 'value="2020-08-30"' in field


LINES = {
    "lines-TOTAL_FORMS": "1",
    "lines-INITIAL_FORMS": "0",
    "lines-0-activity": "Lokala aktiviteter",
    "lines-0-amount": "",
}


def test_add_row_keeps_what_was_typed_and_complains_of_nothing(as_handler):
    html = as_handler.post("/kit/rader/", {**LINES, "add_row": "lines"}).content.decode()

    assert 'name="lines-TOTAL_FORMS" value="2"' in html
    assert 'value="Lokala aktiviteter"' in html
    assert 'name="lines-1-activity"' in html
    assert "error-summary" not in html


def test_rows_tell_which_row_is_wrong(as_handler):
    data = {**LINES, "activity": "x", "amount": "1"}

    html = as_handler.post("/kit/rader/", data).content.decode()

    summary = html.partition('class="error-summary"')[2].partition("</div>")[0]
    assert re.findall(r'href="#([^"]+)"', summary) == ["id_lines-0-amount"]
    assert re.search(r"(Rad|Row) 1: Belopp", summary)


# Header ----------------------------------------------------------------------------


def test_current_section_is_marked(as_handler):
    html = as_handler.get("/kommuner/").content.decode()

    marked = re.findall(r'<a href="([^"]+)" aria-current="true"', html)
    assert set(marked) == {"/kommuner/"}


def test_membership_switch_changes_who_the_person_acts_for(as_handler, handler):
    dalarna = factories.make_body("Region Dalarna", county="20")
    factories.make_member(dalarna, role="auditor", user=handler)
    other = handler.memberships.get(body=dalarna)

    response = as_handler.post("/byt-roll/", {"membership": other.pk})

    assert (response.status_code, response["Location"]) == (302, "/")
    assert as_handler.session["membership"] == other.pk
    assert "Region Dalarna" in as_handler.get("/kit/lista/").content.decode()


def test_membership_switch_refuses_somebody_elses(as_handler, storsthlm):
    other = factories.make_member(storsthlm).memberships.get()

    assert as_handler.post("/byt-roll/", {"membership": other.pk}).status_code == 404
    assert as_handler.post("/byt-roll/", {"membership": "x"}).status_code == 404


def test_membership_switch_stays_on_the_site(as_handler, handler):
    data = {"membership": handler.memberships.get().pk, "next": "https://evil.example/"}

    assert as_handler.post("/byt-roll/", data)["Location"] == "/"


def test_language_can_be_changed_before_login(client):
    response = client.post("/sprak/", {"language": "en", "next": "/konto/login/"})

    assert response["Location"] == "/konto/login/"
    html = client.get("/konto/login/").content.decode()
    assert '<html lang="en">' in html
    assert "Sign in" in html


# Demonstration ---------------------------------------------------------------------


def test_demo_login_signs_in_as_an_account_of_the_demonstration(client, handler, settings):
    settings.DEMO_MODE = True

    response = client.post("/demo/logga-in/", {"email": handler.email})

    assert response["Location"] == "/"
    assert client.session["_auth_user_id"] == str(handler.pk)


def test_demo_login_refuses_real_addresses(client, storsthlm, settings):
    settings.DEMO_MODE = True
    user = factories.make_member(storsthlm, user=factories.make_user("eva@storsthlm.se"))

    assert client.post("/demo/logga-in/", {"email": user.email}).status_code == 404
    assert "_auth_user_id" not in client.session


def test_demo_login_is_not_there_otherwise(client, handler):
    assert client.post("/demo/logga-in/", {"email": handler.email}).status_code == 404
    assert handler.email not in client.get("/konto/login/").content.decode()


def test_login_page_offers_the_demo_accounts(client, handler, storsthlm, settings):
    settings.DEMO_MODE = True
    factories.make_member(storsthlm, user=factories.make_user("eva@storsthlm.se"))

    html = client.get("/konto/login/").content.decode()

    offered = re.findall(r'name="email" value="([^"]+)"', html)
    assert offered == [handler.email]
    assert "Storsthlm" in html


# Health and errors -----------------------------------------------------------------


def test_health_needs_no_login(client):
    response = client.get("/halsa/")

    assert (response.status_code, response.content) == (200, b"ok")
    assert response["Content-Type"] == "text/plain"


def test_health_tells_when_the_database_is_away(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise DatabaseError

    monkeypatch.setattr(connection, "cursor", refuse)

    assert client.get("/halsa/").status_code == 503


@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [
        ("/kit/underlig/", 400, "Adressen eller formuläret gick inte att läsa"),
        ("/kit/administration/", 403, "Du har inte behörighet till den här sidan"),
        ("/finns-inte/", 404, "Sidan finns inte"),
        ("/kit/fel/", 500, "Något gick fel hos oss"),
    ],
)
def test_error_page_is_in_plain_swedish(handler, address, status, heading):
    client = Client(raise_request_exception=False)
    client.force_login(handler)

    response = client.get(address)

    html = response.content.decode()
    assert response.status_code == status
    assert '<html lang="sv">' in html
    assert heading in html
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_form_that_was_open_too_long_says_so(handler):
    client = Client(enforce_csrf_checks=True)
    client.force_login(handler)

    response = client.post("/byt-roll/", {"membership": "1"})

    assert response.status_code == 403
    assert "Sidan har varit öppen för länge" in response.content.decode()


# Weight and policy -----------------------------------------------------------------


@pytest.mark.parametrize("address", [*PAGES, "/konto/login/", "/konto/2fa/"])
def test_page_holds_to_its_policy(client, handler, address):
    if address != "/konto/login/":
        client.force_login(handler)

    response = client.get(address)

    html = response.content.decode()
    assert response.status_code == 200
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=", html)


def weight(address):
    """Return the compressed size of a static file and of what it imports."""
    path = Path(finders.find(address.removeprefix(settings.STATIC_URL)))
    content = path.read_bytes()
    imported = re.findall(r'@import url\("([^"]+)"\)', content.decode())
    return len(gzip.compress(content, 6)) + sum(weight(name) for name in imported)


def test_css_and_js_of_the_heaviest_page_are_light(as_handler):
    html = as_handler.get("/kit/sida/").content.decode()

    files = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', html)
    assert any("htmx" in name for name in files)
    assert sum(weight(name) for name in files) < 60_000


def test_stylesheets_name_files_that_exist():
    for sheet in Path(settings.BASE_DIR, "static").glob("*.css"):
        for name in re.findall(r'url\("([^"]+)"\)', sheet.read_text()):
            assert finders.find(name), f"{sheet.name}: {name}"


# In a browser ----------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_parts_are_accessible_at_every_width_and_scheme(live_server, handler):
    found = []
    with browser.launch() as chromium:
        for width, scheme in [
            *((width, "light") for width in browser.WIDTHS),
            (320, "dark"),
        ]:
            page = browser.open_page(chromium, width, scheme, bypass_csp=True)
            page.goto(f"{live_server.url}/konto/login/")
            found += problems(page)
            browser.sign_in(page, live_server.url, handler)
            for address in [*PAGES, "/finns-inte/", "/konto/password/change/"]:
                page.goto(live_server.url + address)
                found += problems(page)
            page.goto(f"{live_server.url}/kit/form/")
            page.click("main .buttons button")
            page.click(".account summary")
            found += problems(page)
            page.context.close()
    assert found == []


def problems(page):
    """Return what is wrong on the page, with its address and width."""
    place = f"{page.url} {page.viewport_size['width']}"
    return [f"{place}: {text}" for text in browser.faults(page)]


@pytest.mark.browser
def test_look_finds_what_is_wrong_at_some_widths_or_in_dark_alone():
    pale = f"@media {DARK} {{ p {{ color: #ddd }} }}"
    with browser.launch() as chromium:
        page = browser.open_page(chromium)
        for style, fault, where in [
            ("", "", set()),
            ("p { width: 1000px }", "wider than the window", {"320", "768"}),
            (pale, "color-contrast", {"dark"}),
        ]:
            page.set_content(PLAIN.format(style))
            found = browser.faults_everywhere(page)
            windows = {
                f"{width} {scheme}"
                for width, scheme, _rules in browser.EVERYWHERE
                if where & {str(width), scheme}
            }
            assert set(found) == windows, found
            assert all(fault in " ".join(said) for said in found.values())
            assert page.viewport_size["width"] == 1280
            assert not page.evaluate("dark => matchMedia(dark).matches", DARK)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_rows_are_added_in_place_and_menus_close(live_server, handler):
    with browser.launch() as chromium:
        page = browser.open_page(chromium)
        browser.sign_in(page, live_server.url, handler)
        complaints = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{live_server.url}/kit/rader/")

        page.click("[data-add-row]")
        page.fill("[name=lines-1-activity]", "Ny aktivitet")
        page.click(".account summary")
        page.keyboard.press("Escape")

        assert page.input_value("[name=lines-TOTAL_FORMS]") == "2"
        assert page.locator(".row-card").count() == 2
        assert page.locator(".account[open]").count() == 0
        assert complaints == []
