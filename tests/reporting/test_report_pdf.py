"""A municipality's report as a PDF: as it is read, and what it is made of."""

from copy import deepcopy
from datetime import UTC, datetime
from io import BytesIO

import pytest
from django.utils import translation
from pypdf import PdfReader

from reporting.models import ReportVersion
from reporting.report import begin_correction, work_on
from reporting.report_pdf import draft_html, draft_pdf, version_html, version_pdf
from tests.factories import make_body, make_municipal_member, make_user
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_report,
    send,
    write,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(once):
    """A report that is written, made once for them all."""
    user = make_user("sam@botkyrka.example", first_name="Sam", last_name="Ansvarig")
    sam = make_municipal_member("0127", user=user)
    found = make_open_round(make_body())
    activities = {
        f"insatser.{number}.{part}": text
        for number in range(1, 31)
        for part, text in [
            ("text", f"Insats nummer {number}"),
            ("state", "changed" if number % 2 else "planned"),
            ("comment", "Blev senare än vi hade tänkt."),
        ]
    }
    answers = final_answers(found, utmaningar="Rad ett ☃\nRad två", **activities)
    return write(make_report(found, by=sam), answers, by=sam), sam


@pytest.fixture
def report(made):
    return deepcopy(made[0])


@pytest.fixture
def sent(report, made, monkeypatch):
    """What is sent in, at a known time."""
    version = send(report, made[1])
    version.submitted_at = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
    return version


def read(pdf):
    reader = PdfReader(BytesIO(pdf))
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    return reader, [page.replace("\N{NO-BREAK SPACE}", " ") for page in pages]


def kinds(element):
    """Yield the tags of a document, in its order."""
    if hasattr(element, "get_object"):
        element = element.get_object()
    if isinstance(element, list):
        for child in element:
            yield from kinds(child)
    elif isinstance(element, dict):
        if "/S" in element:
            yield element["/S"]
        yield from kinds(element.get("/K", []))


def test_what_is_sent_in_is_read_in_order_with_its_signature_last(sent):
    reader, pages = read(version_pdf(sent))
    text = " ".join(pages)
    grant = sent.report.round.grant
    places = [
        text.index(words)
        for words in [
            "Botkyrka kommun",
            "Redovisning 20 november 2026",
            f"Dnr {grant.record_number}",
            "Till Storsthlm Redovisas vidare till Socialstyrelsen",
            "Slutredovisning",
            grant.title,
            "Tilldelat Rekvirerat Utbetalat 794 378 kr 100 kr 100 kr",
            "Medel Hur mycket har ni använt till varje syfte?",
            "Summa 80",
            "betala tillbaka? 20 kr",
            "Om något är kvar: varför? Inget svar",
            "Insats nummer 1 Ändrad",
            "Insats nummer 30 Planerad",
            "Rad ett ? Rad två",
            "Jämställdhet",
            "Samverkan",
            "eller regionen? Nej",
            "Underskrift Kim Berg chef",
            "Inskickad i Stimulansmedel 20 november 2026 kl. 10.05 av Sam Ansvarig.",
        ]
    ]
    assert places == sorted(places)
    # A question that is not asked is not there, nor any sign of a draft.
    assert "Med vilka, och till vad?" not in text
    assert "Utkast" not in text
    # The list of activities goes on over the page, with its heading again.
    starts = [number for number, page in enumerate(pages) if "Insats Hur det gick" in page]
    assert len(starts) > 1
    catalog = reader.trailer["/Root"]
    xmp = catalog["/Metadata"].get_object().get_data().decode()
    assert (catalog["/MarkInfo"]["/Marked"], catalog["/Lang"]) == (True, "sv")
    assert 'pdfaid:part="3"' in xmp
    assert 'pdfuaid:part="1"' in xmp
    tags = [tag for tag in kinds(catalog["/StructTreeRoot"]) if tag[1:2] == "H"]
    assert tags[:4] == ["/H1", "/H2", "/H3", "/H3"]
    assert {"/Table", "/TH", "/TD", "/P"} <= set(kinds(catalog["/StructTreeRoot"]))


def test_the_same_version_gives_the_same_bytes_in_any_language(sent):
    first = version_pdf(sent)
    with translation.override("en"):
        assert version_pdf(sent) == first


def test_a_draft_says_so_on_every_page_and_what_is_lacking(report):
    work = work_on(report)
    _reader, pages = read(draft_pdf(work))
    assert len(pages) > 1
    assert all("Utkast" in page for page in pages)
    assert "Utkast, inte inskickat" in pages[0]
    assert "Underskrift" not in " ".join(pages)
    assert draft_html(work) == draft_html(work_on(report))


def test_a_correction_says_what_it_corrects(report, made):
    send(report, made[1])
    begin_correction(report, by=made[1])
    send(report, made[1], reason="Fel <belopp>.\nOch fel rad.")
    html = version_html(ReportVersion.objects.select_related("submitted_by").first())
    assert "<strong>Version 2.</strong> Den ersätter den förra." in html
    assert "Fel &lt;belopp&gt;.<br>Och fel rad." in html
