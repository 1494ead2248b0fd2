"""The pages of the report to the authority: begin, write, look, deliver, fetch."""

import re
from copy import deepcopy
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reporting import national_report
from reporting.models import NationalReport, NationalReportFile
from reporting.national_report_files import PATIENCE, Kind, make_all
from tests.factories import make_body, make_member
from tests.reporting.national_reports import (
    make_delivered,
    make_draft,
    make_file,
    make_reported_round,
)
from tests.reporting.reports import make_open_round, make_sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queue")]


@pytest.fixture(scope="module")
def made(once):
    """A round that two of three have reported in, made once for them all."""
    return make_reported_round(make_body())


@pytest.fixture
def found(made):
    return deepcopy(made)


@pytest.fixture
def storsthlm(found):
    return found.grant.body


@pytest.fixture
def one(client, storsthlm):
    """A handler who is signed in."""
    member = make_member(storsthlm)
    client.force_login(member)
    return member


def base_of(found):
    return f"/medel/{found.grant_id}/redovisning/{found.pk}/rapport/"


def text_of(response):
    """Return the page's main text, with ordinary spaces."""
    html = response.content.decode()
    main = html.partition("<main")[2].partition("</main>")[0] or html
    words = re.sub(r"<[^>]+>", " ", main).replace("&nbsp;", " ")
    return " ".join(words.replace("\N{NO-BREAK SPACE}", " ").split())


def test_report_is_begun_from_the_list(client, found, one):
    page = client.get(base_of(found))
    assert "Påbörja redovisningen" in text_of(page)
    response = client.post(f"{base_of(found)}ny/", follow=True)

    report = NationalReport.objects.get()
    assert response.redirect_chain[-1][0] == report.get_absolute_url()
    assert report.get_absolute_url() == f"{base_of(found)}1/"
    text = text_of(response)
    assert f"Slutredovisning av {found.grant}" in text
    assert "Hur mycket har ni använt till varje syfte?" in text
    assert "Upplands Väsby" in text
    # Whoever presses again comes to the same.
    again = client.post(f"{base_of(found)}ny/", follow=True)
    assert again.redirect_chain[-1][0] == report.get_absolute_url()
    assert NationalReport.objects.count() == 1
    assert "Utkast" in text_of(client.get(base_of(found)))


def test_section_is_written_with_the_answers_beside(client, found, one):
    report = make_draft(found, by=one)
    url = f"{report.get_absolute_url()}avsnitt/insatser/"
    page = text_of(client.get(url))
    assert "Utbildning i suicidprevention" in page
    preview = client.post(f"{url}visa/", {"text": "**Bra** <b>"})
    assert "<strong>Bra</strong> &lt;b&gt;" in preview.content.decode()
    assert client.post(url, {"text": "[[x]]", "seen": 0}).context["form"].errors.keys() == {
        "text"
    }
    shown = client.post(url, {"text": "# Nytt", "seen": 0, "preview": "1"})
    assert "<h3>Nytt</h3>" in shown.content.decode()
    assert report.sections.get(key="insatser").text == ""

    response = client.post(url, {"text": " Ny text\r\nmer ", "seen": 0})

    assert response.url == f"{report.get_absolute_url()}#avsnitt-insatser"
    assert report.sections.get(key="insatser").text == "Ny text\nmer"
    assert "Ny text" in text_of(client.get(report.get_absolute_url()))
    assert client.get(f"{report.get_absolute_url()}avsnitt/finns-inte/").status_code == 404


def test_second_writer_sees_both_texts_and_puts_them_together(client, found, one):
    report = make_draft(found, by=one, insatser="Den andras **text**")
    client.force_login(make_member(found.grant.body))
    url = f"{report.get_absolute_url()}avsnitt/insatser/"
    response = client.post(url, {"text": "Min text", "seen": 0})

    text = text_of(response)
    assert "Den andras text" in text
    assert "Min text" in text
    form = response.context["form"]
    assert (form.initial["text"], form.initial["seen"]) == ("Min text", 1)
    client.post(url, {"text": "Båda", "seen": 1})
    assert report.sections.get(key="insatser").text == "Båda"


def test_changed_figures_are_shown_and_accepted(client, found, one):
    report = make_draft(found, by=one)
    url = report.get_absolute_url()
    assert "andrade-siffror" not in client.get(url).content.decode()
    make_sent(found, "0114", used=100, to_repay=0)

    page = client.get(url)
    assert "Hur mycket har ni använt till varje syfte? Alla 140 kr 240 kr" in text_of(page)
    assert "Upplands Väsby – 100 kr" in text_of(page)
    client.post(f"{url}siffror/", {"seen": "annat"})
    assert NationalReport.objects.get().figures["anvant"] == 140
    client.post(f"{url}siffror/", {"seen": page.context["stamp"]})
    assert NationalReport.objects.get().figures["anvant"] == 240
    assert "andrade-siffror" not in client.get(url).content.decode()


def test_document_is_asked_for_followed_and_fetched(client, found, one):
    report = make_draft(found, by=one, egen_sammanfattning="Text")
    url = report.get_absolute_url()
    word = f"{url}dokument/docx/"
    htmx = {"headers": {"HX-Request": "true"}}

    assert client.post(f"{word}skapa/").url == f"{url}#dokument"
    row = client.get(word, **htmx)
    assert 'hx-trigger="every 2s"' in row.content.decode()
    assert "Väntar på sin tur" in text_of(row)
    assert client.get(f"{word}?sag=queued-0", **htmx).status_code == 204
    long_ago = timezone.now() - PATIENCE - timedelta(seconds=1)
    NationalReportFile.objects.update(requested_at=long_ago)
    row = client.get(f"{word}?sag=queued-0", **htmx)
    assert 'hx-trigger="every 15s"' in row.content.decode()
    assert "arbetet i bakgrunden är inte igång" in text_of(row)
    # Without a script the page itself is looked at again.
    assert client.get(word).url == f"{url}#dokument"
    assert "arbetet i bakgrunden är inte igång" in text_of(client.get(url))
    make_all()

    row = client.get(f"{word}?sag=unattended-0", **htmx)
    assert "hx-trigger" not in row.content.decode()
    address = re.search(r'href="([^"]+)"', row.content.decode())[1]
    fetched = client.get(address)
    assert fetched.headers["Content-Disposition"].endswith('-version-1.docx"')
    assert fetched.content.startswith(b"PK")
    client.post(f"{url}rubrik/", {"title": "Ny rubrik"})
    assert "Bygger på tidigare innehåll" in text_of(client.get(word, **htmx))
    again = client.post(f"{word}skapa/", **htmx)
    assert "Väntar på sin tur" in text_of(again)
    assert client.get(f"{url}dokument/odt/", **htmx).status_code == 404


def test_report_is_delivered_and_stands(client, found, one):
    report = make_draft(found, by=one, insatser="Text om insatser")
    url = report.get_absolute_url()
    make_file(report, Kind.WORD, by=one)
    page = text_of(client.get(f"{url}lamna/"))
    assert "Upplands Väsby" in page
    assert "Sammanfattning, Medel, Jämställdhet, Samverkan" in page
    tomorrow = timezone.localdate() + timedelta(days=1)
    facts = {"delivered_on": f"{tomorrow:%Y-%m-%d}", "record_number": "S/26/7"}
    assert client.post(f"{url}lamna/", facts).context["form"].errors.keys() == {
        "delivered_on"
    }

    facts["delivered_on"] = "2026-11-20"
    response = client.post(f"{url}lamna/", facts, follow=True)

    text = text_of(response)
    assert "20 november 2026" in text
    assert "S/26/7" in text
    assert "Text om insatser" in text
    assert "Skapa" not in text
    assert client.get(f"{url}lamna/").status_code == 302
    assert client.get(f"{url}avsnitt/insatser/").status_code == 404
    assert client.get(f"{url}ta-bort/").status_code == 404
    make_sent(found, "0114", used=100, to_repay=0)
    assert "sedan redovisningen lämnades" in text_of(client.get(url))
    response = client.post(f"{base_of(found)}ny/", follow=True)
    assert response.redirect_chain[-1][0] == f"{base_of(found)}2/"
    assert "Text om insatser" in text_of(response)
    assert "sedan redovisningen lämnades" not in text_of(client.get(url))


def test_what_is_refused_is_told(client, found, one):
    report = make_draft(found, by=one)
    url = report.get_absolute_url()
    facts = {"delivered_on": "2026-11-20", "record_number": "S/26/7"}
    told = text_of(client.post(f"{url}lamna/", facts, follow=True))
    assert "Skapa minst ett dokument" in told
    client.post(f"{url}ta-bort/")
    assert not NationalReport.objects.exists()
    assert client.get(url).status_code == 404


def test_who_reads_only_can_read_and_fetch(client, found, one):
    report = make_draft(found, by=one)
    file = make_file(report, by=one)
    client.force_login(make_member(found.grant.body, role="auditor"))
    url = report.get_absolute_url()

    assert "Skapa" not in text_of(client.get(url))
    assert client.get(file.file.get_absolute_url()).status_code == 200
    for path in ("rubrik/", "lamna/", "ta-bort/", "avsnitt/insatser/"):
        assert client.get(f"{url}{path}").status_code == 403
    for path in ("siffror/", "dokument/pdf/skapa/"):
        assert client.post(f"{url}{path}").status_code == 403
    client.force_login(make_member(make_body("Region Dalarna", county="20")))
    assert client.get(url).status_code == 404
    assert client.get(base_of(found)).status_code == 404


def test_pages_cost_the_same_however_many_report(client, storsthlm, one):
    """One municipality that reports, and three."""
    found = make_open_round(storsthlm)
    make_sent(found, "0127")
    report = make_delivered(make_draft(found, by=one), by=one)
    draft = national_report.start(found, by=one)
    paths = [
        base_of(found),
        report.get_absolute_url(),
        draft.get_absolute_url(),
        f"{draft.get_absolute_url()}avsnitt/insatser/",
        f"{draft.get_absolute_url()}lamna/",
    ]

    def queries():
        counts = []
        for path in paths:
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert client.get(path).status_code == 200
            counts.append(len(asked))
        return counts

    queries()
    first = queries()
    make_sent(found, "0114", used=90, to_repay=10)
    make_sent(found, "0160", used=90, to_repay=10)
    assert queries() == first


def test_history_tells_what_was_done_also_with_a_draft_that_is_no_more(client, found, one):
    draft = make_draft(found, one, egen_sammanfattning="Vi såg en ljusning.")
    client.post(f"{draft.get_absolute_url()}ta-bort/")

    page = client.get(f"{base_of(found)}historik/")

    text = text_of(page)
    assert "Historik" in text
    assert "Tillagt: samlad redovisning" in text
    assert "Borttaget: samlad redovisning" in text
    assert "Vi såg en ljusning." in text
    # The figures are hundreds, by their keys: nobody reads them here.
    assert "visas inte här" in text
    assert "utbetalat" not in text
    link = f'href="{base_of(found)}historik/"'
    assert link in client.get(base_of(found)).content.decode()
    client.force_login(make_member(make_body("Region Dalarna", county="20")))
    assert client.get(f"{base_of(found)}historik/").status_code == 404
