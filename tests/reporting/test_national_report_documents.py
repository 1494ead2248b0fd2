"""The report to the authority as Word, PDF and Excel: whole, sound and all figures."""

import subprocess
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import docx
import pytest
from docx.oxml.ns import qn
from lxml import etree
from openpyxl import load_workbook
from pypdf import PdfReader

from municipalities.numbers import grouped
from reporting.compilation import compile_round
from reporting.document import Column, Document, Heading, Note, Prose, Table
from reporting.models import NationalReport
from reporting.national_report_content import content_of
from reporting.national_report_pdf import html_of, national_pdf
from reporting.national_report_workbook import TEXTS, national_workbook
from reporting.word import word_document
from tests.grants.test_workbook import SOFFICE, recalculate, recalculated
from tests.reporting.national_reports import make_draft, make_reported_round

pytestmark = pytest.mark.django_db

TEXT = "Vi har nått **många**.\n\n### Mer\n\n1. ett\n2. två\n\n- [SKR](https://skr.se/?a=1&b=2)"
ODD = "Att nå & <hålla kvar> \x0b\x1fdem\r\n\r\nsom \uffff inte söker 😀"


@pytest.fixture(scope="module")
def reported(once):
    """A compilation and the document, of a round where two of three have reported."""
    from tests.factories import make_body

    found = make_reported_round(make_body())
    report = make_draft(found, egen_sammanfattning=TEXT)
    report = NationalReport.objects.select_related("round__grant__body").get(pk=report.pk)
    compilation = compile_round(report.round)
    return compilation, content_of(report, compilation)


@pytest.fixture(scope="module")
def compilation(reported):
    return reported[0]


@pytest.fixture(scope="module")
def document(reported):
    return reported[1]


def odd_document():
    """Return a document with what files cannot hold, in every place."""
    columns = (Column(ODD), Column("Kr", is_amount=True))
    blocks = (
        Heading(ODD),
        Prose(f"{ODD}\n\n5. {ODD}\n\n`{ODD}`"),
        Note(ODD),
        Table(ODD, columns, [(ODD, 1), (None, None)], (ODD, 1)),
        Heading("Inget", 3),
    )
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    return Document(ODD, ODD, ODD, ((ODD, ODD),), moment, blocks)


def headings(word):
    """Return the headings, each with its level."""
    return [
        (int(each.style.name[-1]), each.text)
        for each in word.paragraphs
        if each.style.name.startswith("Heading")
    ]


def cells(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


def text_cells(table):
    """Return what a table of the document shows, with its headers."""
    rows = [*table.rows, *([table.total] if table.total else [])]
    shown = [
        [grouped(cell) if isinstance(cell, int) else cell or "" for cell in row]
        for row in rows
    ]
    return [[column.title for column in table.columns], *shown]


def body_of(content):
    with ZipFile(BytesIO(content)) as zipped:
        assert zipped.testzip() is None
        return zipped.read("word/document.xml")


def test_word_has_real_headings_tables_and_all_that_is_written(document):
    content = word_document(document)
    word = docx.Document(BytesIO(content))

    assert headings(word) == [
        heading
        for each in document.blocks
        for heading in (
            [(each.level, each.text)]
            if isinstance(each, Heading)
            else [(2, "Mer")]
            if isinstance(each, Prose)
            else []
        )
    ]
    tables = [each for each in document.blocks if isinstance(each, Table)]
    assert [cells(each) for each in word.tables] == [text_cells(each) for each in tables]
    [styles, *_others] = word.styles.element.iter(qn("w:lang"))
    assert styles.get(qn("w:val")) == "sv-SE"
    properties = word.core_properties
    assert (properties.title, properties.author, properties.language) == (
        document.title,
        "Storsthlm",
        "sv-SE",
    )
    assert properties.comments == ""
    footer = word.sections[0].footer._element.xml
    assert 'w:instr="PAGE"' in footer
    assert 'w:instr="NUMPAGES"' in footer


def test_word_tables_repeat_their_headers_and_amounts_stand_to_the_right(document):
    word = docx.Document(BytesIO(word_document(document)))
    by_municipality = next(each for each in word.tables if len(each.columns) > 5)

    first, second = by_municipality.rows[0], by_municipality.rows[1]
    assert first._tr.trPr.find(qn("w:tblHeader")) is not None
    assert second._tr.trPr.find(qn("w:tblHeader")) is None
    styles = [cell.paragraphs[0].style.name for cell in second.cells]
    assert styles == ["Table Text", *(["Table Number"] * (len(styles) - 1))]
    assert by_municipality.rows[-1].cells[1].paragraphs[0].runs[0].bold
    contents = [each for each in word.paragraphs if each.style.name.startswith("toc")]
    assert contents[0].text == "Sammanfattning"
    xml = word.element.xml
    assert 'TOC \\o "1-2"' in xml
    marks = {each.get(qn("w:name")) for each in word.element.iter(qn("w:bookmarkStart"))}
    anchors = {each.get(qn("w:anchor")) for each in word.element.iter(qn("w:hyperlink"))}
    assert anchors <= marks
    assert len(anchors) == len(contents)


def made_of_rows(*rows, total=()):
    """Return a document that is a table."""
    columns = (Column("Kommun"), Column("Svar", is_amount=bool(total)))
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    return Document("T", "K", "A", (), moment, (Table("Svar", columns, rows, total),))


def together(made):
    """Return of each row in Word whether it is kept whole, and with the next row."""
    [table] = docx.Document(BytesIO(word_document(made))).tables
    return [
        (
            row._tr.trPr is not None and row._tr.trPr.find(qn("w:cantSplit")) is not None,
            row.cells[0].paragraphs[0].paragraph_format.keep_with_next is True,
        )
        for row in table.rows[1:]
    ]


LONG_ANSWER = "Vi har prövat nya arbetssätt. " * 20


def test_only_a_long_row_goes_on_over_the_page():
    made = made_of_rows(("Solna", LONG_ANSWER), ("Täby", "Ja"))
    html = html_of(made)

    assert together(made) == [(False, False), (True, False)]
    assert ('<tr class="long">' in html, 'class=" short"' in html) == (True, False)


def test_a_short_table_stays_on_one_page_and_a_sum_is_not_alone():
    short = made_of_rows(*[("Solna", 1)] * 3, total=("Summa", 3))
    many = made_of_rows(*[("Solna", 1)] * 20, total=("Summa", 20))

    assert together(short) == [(True, True)] * 3 + [(True, False)]
    assert together(many) == [(True, False)] * 19 + [(True, True), (True, False)]
    assert ['class=" short"' in html_of(made) for made in (short, many)] == [True, False]
    assert "long" not in html_of(many)


def test_word_numbers_lists_from_where_they_start():
    blocks = (Prose("1. ett\n2. två\n\nMellan\n\n7. sju\n8. åtta"),)
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    made = Document("T", "K", "A", (), moment, blocks)
    word = docx.Document(BytesIO(word_document(made)))

    numbers = [
        each._p.pPr.numPr.numId.val
        for each in word.paragraphs
        if each.style.name == "List Number"
    ]
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]
    numbering = word.part.numbering_part.element
    starts = [
        numbering.num_having_numId(each).lvlOverride_lst[0].startOverride.val
        for each in (numbers[0], numbers[2])
    ]
    assert starts == [1, 7]


def test_word_gives_an_item_one_mark_whatever_it_holds():
    text = "1. ett\n\n   > citat\n\n   ```\n   kod\n   ```\n\n   - inre\n\n     mer\n2. två"
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    made = Document("T", "K", "A", (), moment, (Prose(text),))
    word = docx.Document(BytesIO(word_document(made)))

    marks = {
        each.text: (each.style.name, getattr(each._p.pPr.numPr, "numId", None))
        for each in word.paragraphs
        if each.text in {"ett", "citat", "kod", "inre", "mer", "två"}
    }
    assert {
        text: (style, number is not None and number.val)
        for text, (style, number) in marks.items()
    } == {
        "ett": ("List Number", marks["två"][1].val),
        "citat": ("Quote", 0),
        "kod": ("List Number", 0),
        "inre": ("List Bullet", False),
        "mer": ("List Bullet", 0),
        "två": ("List Number", marks["ett"][1].val),
    }


def test_files_hold_no_character_that_they_cannot():
    made = odd_document()
    content = word_document(made)

    etree.fromstring(body_of(content))  # well-formed
    word = docx.Document(BytesIO(content))
    kept = "Att nå & <hålla kvar> dem\n\nsom  inte söker 😀"
    assert cells(word.tables[0])[1] == [kept, "1"]
    assert headings(word)[0] == (1, kept)
    assert word_document(made) == content  # no clock in it


@recalculated
def test_word_opens_in_libreoffice_with_headings_tables_and_figures(document, tmp_path):
    (tmp_path / "rapport.docx").write_bytes(word_document(document))
    subprocess.run(
        [
            SOFFICE,
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "pdf:writer_pdf_Export:"
            '{"ExportBookmarks":{"type":"boolean","value":"true"},'
            '"UseTaggedPDF":{"type":"boolean","value":"true"}}',
            "--outdir",
            str(tmp_path),
            str(tmp_path / "rapport.docx"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    with PdfReader(tmp_path / "rapport.pdf") as reader:
        text = "".join("".join(page.extract_text() for page in reader.pages).split())
        outline = list(titles_of(reader.outline))
    for each in document.blocks:
        if isinstance(each, Table):
            for said in (cell for row in text_cells(each) for cell in row):
                assert "".join(said.split()) in text
    assert outline == [each.text for each in with_own_headings(document)]


def with_own_headings(document):
    for each in document.blocks:
        if isinstance(each, Heading):
            yield each
        elif isinstance(each, Prose):
            yield Heading("Mer", 2)


def titles_of(outline):
    for each in outline:
        if isinstance(each, list):
            yield from titles_of(each)
        else:
            yield each.title


def unbroken(text):
    """Return a text without the breaks and hyphens of its lines."""
    return "".join(text.split()).replace("-", "")


def test_pdf_is_tagged_and_says_the_same(document):
    body = type("Body", (), {"logo": None})()
    pdf = national_pdf(document, body)

    with PdfReader(BytesIO(pdf)) as reader:
        catalogue = reader.trailer["/Root"]
        assert (catalogue["/Lang"], catalogue["/MarkInfo"]["/Marked"]) == ("sv", True)
        assert reader.metadata.title == document.title
        assert reader.metadata.author == "Storsthlm"
        text = unbroken("".join(page.extract_text() for page in reader.pages))
        outline = list(titles_of(reader.outline))
    for each in document.blocks:
        if isinstance(each, Table):
            for said in (cell for row in text_cells(each) for cell in row):
                assert unbroken(said) in text
    assert outline[0] == document.title
    assert {"Ekonomisk redovisning", "Bilaga. Kommunernas svar"} <= set(outline)


def test_pdf_holds_odd_characters_too():
    body = type("Body", (), {"logo": None})()
    pdf = national_pdf(odd_document(), body)
    with PdfReader(BytesIO(pdf)) as reader:
        assert "hålla kvar" in reader.pages[0].extract_text()
    assert national_pdf(odd_document(), body) == pdf  # no clock in it


def values(content, name):
    """Return the rows of a sheet, as computed when it was stored."""
    with_values = load_workbook(BytesIO(content), data_only=True)
    try:
        return [list(row) for row in with_values[name].iter_rows(values_only=True)]
    finally:
        with_values.close()


def test_workbook_says_what_the_compilation_does(document, compilation):
    content = national_workbook(document, compilation)

    first = {row[0]: row[1] for row in values(content, TEXTS["compilation"])}
    names = ("Utbetalat", "Använt", "Återstår eller ej redovisat")
    assert [first[name] for name in names] == [300, 140, 100]
    by_municipality = values(content, TEXTS["municipalities"])
    assert [row[2:] for row in by_municipality if row[0] == "0127"] == [
        ["ja", compilation.by_code["0127"].allocated, 100, 100, 80, 20, None, 0]
    ]
    totals = compilation.totals
    assert by_municipality[-1] == [
        *("Summa", None, None),
        *(totals.allocated, totals.requested, totals.paid, 140, 60, 0, 100),
    ]
    [purposes] = [row for row in values(content, TEXTS["purposes"]) if row[0] == "Summa"]
    assert purposes[-1] == 140
    answers = values(content, TEXTS["answers"])
    assert ["0127", "Botkyrka", "Samverkan"] in [row[:3] for row in answers]
    assert sum(row[6] or 0 for row in answers[1:]) == 140 + 60
    assert national_workbook(document, compilation) == content


def test_workbook_has_rows_as_high_as_their_texts(document, compilation):
    book = load_workbook(BytesIO(national_workbook(document, compilation)))
    try:
        heights = [
            book[TEXTS[name]].row_dimensions[1].height
            for name in ("compilation", "municipalities")
        ]
        sheet = book[TEXTS["answers"]]
        long = {
            row[3].value: sheet.row_dimensions[row[0].row].height
            for row in sheet.iter_rows(min_row=2)
            if len(row[3].value) > 44  # the column's width
        }
    finally:
        book.close()
    assert heights == [24, 30]  # a title, and headings of two lines
    assert long
    assert all(height >= 30 for height in long.values())


@recalculated
def test_workbook_recalculates_to_the_same(document, compilation, tmp_path):
    content = national_workbook(document, compilation)
    again = recalculate(content, tmp_path)

    for name in (TEXTS["compilation"], TEXTS["municipalities"], TEXTS["purposes"]):
        assert filled(values(again, name)) == filled(values(content, name))


def filled(rows):
    """Return the cells that hold something."""
    return [
        [
            round(cell, 9) if isinstance(cell, float) else cell
            for cell in row
            if cell is not None
        ]
        for row in rows
        if any(cell is not None for cell in row)
    ]
