"""The workbook's way out to a municipality and back, page by page."""

from copy import deepcopy
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reporting import report_exchange
from reporting.report import save_section
from reporting.report_upload import MAX_BYTES
from tests.factories import make_body, make_municipal_member
from tests.reporting.bad_files import as_text, filled
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_report,
    make_sent,
    write,
)

pytestmark = pytest.mark.django_db


class Page:
    """A municipality's person, with their report."""

    def __init__(self, client, report, by):
        self.client, self.report, self.by = client, report, by
        client.force_login(by)
        self.excel = reverse("reporting:report_excel", args=[report.round_id])
        self.url = reverse("reporting:report_upload", args=[report.round_id])

    def download(self):
        return self.client.get(self.excel).content

    def upload(self, content, name="redovisning.xlsx"):
        return self.client.post(self.url, {"file": SimpleUploadedFile(name, content)})

    def confirm(self, looked_over):
        return self.send(looked_over.context["sealed"])

    def send(self, sealed, **posted):
        return self.client.post(self.url, {"sealed": sealed, **posted}, follow=True)

    def answers(self):
        answers = {}
        for section in self.report.sections.all():
            answers |= section.answers
        return answers

    def save(self, key, answers, by):
        """Save a section on the web."""
        row = self.report.sections.get(key=key)
        return save_section(self.report, key, answers, by=by, seen=row.version)


def said(response):
    """Return the messages that a page shows."""
    return [str(each) for each in response.context["messages"]]


def listed(looked_over):
    """Return what a page says would change: section, where, before and after."""
    return [
        (each["change"].section.key, one.place or one.question, one.before, one.after)
        for each in looked_over.context["changed"]
        for one in each["change"].differences
    ]


def named(person, name):
    """Return the person, with a name that a page can show."""
    person.first_name, _space, person.last_name = name.partition(" ")
    person.save()
    return person


@pytest.fixture(scope="module")
def made(once):
    """A report that is begun, made once for them all."""
    return make_report(make_open_round(make_body()))


@pytest.fixture
def report(made):
    return deepcopy(made)


@pytest.fixture(scope="module")
def workbook(made):
    """The workbook that anybody of the municipality gets, made once."""
    with transaction.atomic():
        content = Page(Client(), made, make_municipal_member("0127")).download()
        transaction.set_rollback(True)
    return content


@pytest.fixture(scope="module")
def changed(workbook):
    """The workbook with one amount filled in."""
    return filled(workbook, aterbetalas=20)


@pytest.fixture
def page(client, report):
    return Page(client, report, named(make_municipal_member("0127"), "Kim Berg"))


@pytest.fixture
def colleague():
    return named(make_municipal_member("0127"), "Robin Ek")


def test_workbook_is_filled_in_looked_over_and_saved(page):
    response = page.client.get(page.excel)
    assert response["Content-Disposition"].startswith('attachment; filename="slutred')
    content = filled(
        response.content,
        aterbetalas=20,
        insatser__1__text="Kurs",
        insatser__1__state="Genomförd",
        samverkan="nej",
    )

    looked = page.upload(content)

    assert page.answers() == {}
    assert listed(looked) == [
        (
            "medel",
            "Hur mycket har ni inte använt, och ska betala tillbaka?",
            "",
            "20\xa0kr",
        ),
        ("insatser", "Ny insats", "", "Kurs · Genomförd"),
        (
            "samverkan",
            "Har ni använt medel tillsammans med andra kommuner eller regionen?",
            "",
            "Nej",
        ),
    ]
    saved = page.confirm(looked)
    assert said(saved) == ["3 avsnitt är sparade från filen."]
    assert page.answers() == {
        "aterbetalas": "20",
        "insatser.1.text": "Kurs",
        "insatser.1.state": "done",
        "samverkan": "nej",
    }
    assert page.report.sections.get(key="medel").edited_by == page.by
    assert said(page.confirm(looked)) == ["Allt i filen var redan sparat."]
    assert "Filen ändrar ingenting" in page.upload(page.download()).text


def test_sheet_that_is_saved_as_text_changes_its_section_alone(page, changed):
    content = as_text("Medel", content=changed)

    looked = page.upload(content, "redovisning.csv")

    assert listed(looked)[0][0] == "medel"
    assert "Jämställdhet: bladet finns inte i filen" in looked.text
    assert said(page.confirm(looked)) == ["1 avsnitt är sparat från filen."]


def test_every_fault_is_told_and_nothing_can_be_saved(page, workbook):
    looked = page.upload(filled(workbook, aterbetalas="12 000 kr ca", samverkan="?"))

    assert looked.status_code == 422
    assert "sealed" not in looked.context
    assert looked.context["errors"] == [
        "Blad Medel, cell C11: ”12 000 kr ca” är inte ett helt belopp. Skriv bara siffror.",
        "Blad Samverkan, cell C6: ”?” är inget av svaren. Välj ett i listan.",
    ]
    assert "2 saker behöver rättas i filen" in looked.text


def test_what_is_no_workbook_is_refused(page):
    for content, words in [
        (b"", "Filen är tom."),
        (b"x" * (MAX_BYTES + 1), "Filen är större än 5 MB."),
    ]:
        response = page.upload(content)
        assert response.status_code == 422
        assert words in response.text
    response = page.client.post(page.url, {})
    assert (response.status_code, "Välj en fil." in response.text) == (422, True)


# Others write at the same time -----------------------------------------------------------


def test_what_others_have_saved_since_the_download_stays(page, colleague, changed):
    page.save("medel", {"varfor_kvar": "Sen upphandling"}, colleague)
    page.save("samverkan", {"samverkan": "ja"}, colleague)

    looked = page.upload(changed)

    assert [each[0] for each in listed(looked)] == ["medel"]
    assert looked.context["changed"][0]["overlaps"] == []
    page.confirm(looked)
    assert page.answers() == {
        "aterbetalas": "20",
        "varfor_kvar": "Sen upphandling",
        "samverkan": "ja",
    }


def test_what_both_have_changed_is_pointed_out(page, colleague, changed):
    page.save("medel", {"aterbetalas": "30"}, colleague)

    looked = page.upload(changed)

    assert listed(looked)[0][2:] == ("30\xa0kr", "20\xa0kr")
    assert "senast av Robin Ek" in looked.text
    page.confirm(looked)
    assert page.answers() == {"aterbetalas": "20"}


def test_two_who_add_an_activity_have_two(page, colleague, workbook):
    content = filled(workbook, insatser__1__text="Kurs")
    page.save("insatser", {"insatser.1.text": "Lots"}, colleague)

    page.confirm(page.upload(content))

    assert page.answers() == {"insatser.1.text": "Lots", "insatser.2.text": "Kurs"}


@pytest.mark.parametrize("is_own", [False, True], ids=["another", "oneself"])
def test_section_that_is_saved_after_the_dry_run_is_not_overwritten(
    page, colleague, is_own, workbook
):
    looked = page.upload(filled(workbook, aterbetalas=20, samverkan="nej"))
    writer = page.by if is_own else colleague
    row = page.save("medel", {"aterbetalas": "30"}, writer)
    time = timezone.localtime(row.edited_at).strftime("%H.%M")

    answer = page.confirm(looked)

    assert said(answer) == [
        f"{writer} sparade avsnittet ”Medel” kl. {time}, efter att du läste in filen. "
        "Ingenting är sparat. Läs in filen igen, så ser du vad den ändrar nu."
    ]
    assert page.answers() == {"aterbetalas": "30"}


# What does not hold ----------------------------------------------------------------------


def test_what_was_looked_at_holds_for_a_day_and_for_its_own_report(
    page, monkeypatch, changed
):
    looked = page.upload(changed)
    sealed = looked.context["sealed"]
    old = ["Det är för länge sedan filen lästes in, eller så gällde den en annan "]
    old = [f"{old[0]}redovisning. Läs in den igen."]

    assert said(page.send(f"{sealed}x")) == old
    other = make_report(page.report.round, "0160")
    with pytest.raises(report_exchange.Refused):
        report_exchange.unsealed(sealed, other)
    monkeypatch.setattr(report_exchange, "HOLDS_FOR", timedelta(seconds=-1).total_seconds())
    assert said(page.send(sealed)) == old
    assert page.answers() == {}


def test_too_much_text_for_a_page_is_refused(page, monkeypatch, changed):
    monkeypatch.setattr(report_exchange, "LONGEST_SEAL", 100)
    looked = page.upload(changed)
    assert (looked.status_code, len(looked.context["errors"])) == (422, 1)


def test_report_that_is_sent_in_is_not_read_into(client, report, changed):
    page = Page(client, report, make_municipal_member("0127"))
    sealed = page.upload(changed).context["sealed"]
    write(report, final_answers(report.round))
    make_sent(report.round)
    before = page.answers()

    assert "Redovisningen är inskickad" in page.client.get(page.url).text
    assert "Redovisningen är inskickad" in page.upload(changed).text
    assert said(page.send(sealed)) == [
        "Redovisningen är redan inskickad. Öppna sidan igen för att se den."
    ]
    assert page.answers() == before
    assert page.client.get(page.excel).status_code == 200


def test_page_about_another_municipality_saves_nothing(page, changed):
    looked = page.upload(changed)
    answer = page.send(looked.context["sealed"], municipality="0160")
    assert "Ingenting" in said(answer)[0] or "Inget" in said(answer)[0]
    assert page.answers() == {}


def test_others_find_nothing(client, page):
    neighbour = make_municipal_member("0160")
    client.force_login(neighbour)
    assert client.get(page.excel).status_code == 404
    assert client.get(page.url).status_code == 404


def queries(ask, *args):
    with CaptureQueriesContext(connection) as context:
        ask(*args)
    return len(context)


def test_number_of_queries_does_not_follow_the_sections(page, colleague):
    one = filled(page.download(), aterbetalas=20)
    three = filled(one, samverkan="nej", utmaningar="Tid")
    alone = queries(page.download), queries(page.upload, one)
    for key in ("medel", "samverkan", "jamstalldhet"):
        page.save(key, {}, colleague)

    assert (queries(page.download), queries(page.upload, three)) == alone
