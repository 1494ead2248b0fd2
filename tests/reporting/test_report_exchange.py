"""The workbook's way out to a municipality and back, page by page."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from reporting.report import save_section
from reporting.report_marks import FIELD, MARK
from tests.factories import make_municipal_member
from tests.reporting.reports import final_answers, make_open_round, make_report, send, write

pytestmark = pytest.mark.django_db


def place_of(book, name):
    """Return the cell that a field is answered in."""
    for sheet in book:
        marks = {
            MARK.fullmatch(str(cell.value))[1]: cell.column
            for cell in sheet[1]
            if MARK.fullmatch(str(cell.value))
        }
        for row in sheet.iter_rows(min_row=2, max_col=1):
            for number, mark in enumerate(str(row[0].value or "").split(), start=1):
                found = FIELD.fullmatch(mark)
                if found and found[1] == name:
                    return sheet.cell(row[0].row, marks[str(number)])
    raise KeyError(name)


def filled(content, **answers):
    """Return the workbook with cells written in, as somebody would."""
    book = load_workbook(BytesIO(content))
    for name, value in answers.items():
        place_of(book, name.replace("__", ".")).value = value
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


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
        sealed = looked_over.context["sealed"]
        return self.client.post(self.url, {"sealed": sealed}, follow=True)

    def answers(self):
        answers = {}
        for section in self.report.sections.all():
            answers |= section.answers
        return answers


def said(response):
    """Return the messages that a page shows."""
    return [str(each) for each in response.context["messages"]]


@pytest.fixture
def page(client, storsthlm):
    report = make_report(make_open_round(storsthlm))
    return Page(client, report, make_municipal_member("0127"))


def test_workbook_is_filled_in_looked_over_and_saved(page):
    content = filled(
        page.download(), aterbetalas=20, insatser__1__text="Kurs", insatser__1__state="Klar"
    )
    assert page.upload(content).status_code == 422
    content = filled(content, insatser__1__state="Genomförd")

    looked = page.upload(content)

    assert page.answers() == {}
    assert [each["change"].section.key for each in looked.context["changed"]] == [
        "medel",
        "insatser",
    ]
    saved = page.confirm(looked)
    assert said(saved) == ["2 avsnitt är sparade från filen."]
    assert page.answers() == {
        "aterbetalas": "20",
        "insatser.1.text": "Kurs",
        "insatser.1.state": "done",
    }
    assert said(page.confirm(looked)) == ["Allt i filen var redan sparat."]
    assert "ändrar ingenting" in page.upload(content).text
