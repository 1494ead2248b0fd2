"""The workbook as a municipality gets it: what can be written, what is counted."""

import shutil
import subprocess
from dataclasses import replace
from io import BytesIO

import pytest
from openpyxl import load_workbook

from reporting.report_form import Form, Kind, Question, Section
from reporting.report_marks import INSTRUCTIONS, LISTS, NOTHING, Stamp, sheet_names
from tests.reporting.bad_files import ANSWERS, FORM, GOOD, filled, made, place_of

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")


@pytest.fixture(scope="module")
def book():
    return load_workbook(BytesIO(GOOD))


def column(sheet, letter):
    return [cell.value for cell in sheet[letter] if cell.value not in (None, NOTHING)]


def test_every_section_has_a_sheet_and_the_first_says_how(book):
    assert book.sheetnames == [
        INSTRUCTIONS,
        "Medel",
        "Insatser gjordaplanerade",
        "Kostnader",
        "Samverkan",
        LISTS,
    ]
    front = book[INSTRUCTIONS]
    assert [front["B7"].value, front["C7"].value] == ["Sista dag", "15\xa0januari\xa02027"]
    assert column(front, "C")[4:7] == [2_000_000, 1_500_000, 1_500_000]
    assert front["A1"].value == str(Stamp.read(front["A1"].value))


def test_only_the_cells_to_answer_in_can_be_written_in(book):
    for sheet in book:
        assert sheet.protection.sheet, sheet.title
        if sheet.title in {INSTRUCTIONS, LISTS}:
            continue
        open_cells = {
            cell.coordinate
            for row in sheet.iter_rows()
            for cell in row
            if not cell.protection.locked
        }
        places = {
            place_of(book, mark.partition("#")[0]).coordinate
            for keys in column(sheet, "A")[1:]
            for mark in keys.split()
            if mark != NOTHING
        }
        assert open_cells == places, sheet.title
        assert sheet.row_dimensions[1].hidden
        assert sheet.column_dimensions["A"].hidden
    assert book[LISTS].sheet_state == "veryHidden"


def test_amounts_are_numbers_and_texts_are_texts(book):
    amount, text = place_of(book, "anvant.p1"), place_of(book, "varfor")
    assert (amount.value, amount.number_format) == (1_200_000, "#,##0")
    assert (text.value, text.data_type) == (ANSWERS["varfor"], "s")
    assert (text.number_format, text.alignment.wrap_text) == ("@", True)
    unread = load_workbook(BytesIO(made(ANSWERS | {"kvar": "ca 12"})))
    assert place_of(unread, "kvar").value == "ca 12"


def test_choices_are_lists_with_their_words(book):
    def offered(name):
        cell = place_of(book, name)
        for rule in cell.parent.data_validations.dataValidation:
            if cell.coordinate in rule.sqref and rule.type == "list":
                title, cells = book.defined_names[rule.formula1].attr_text.split("!")
                rows = book[title.strip("'")][cells.replace("$", "")]
                return [row[0].value for row in rows]
        return None

    assert offered("med") == ["Ja", "Nej, inte än"]
    assert offered("insatser.1.state") == [
        "Planerad",
        "Genomförd",
        "Ändrad",
        "Blev inte av",
    ]
    assert offered("insatser.1.purpose") == ["Samråd", "Vård & omsorg"]
    assert offered("varfor") is None
    assert place_of(book, "insatser.3.state").value == "Blev inte av"


def test_help_and_conditions_stand_by_the_question(book):
    sheet = book["Samverkan"]
    label = sheet.cell(place_of(book, "hur").row, 2).value
    assert label == (
        "Hur?\nBesvaras om ni har valt ”Ja” på ”Samverkar ni?”. Måste besvaras."
    )
    [rules] = list(sheet.conditional_formatting)
    assert rules.rules[0].formula == ['AND($C$6<>"Ja")']


def test_activities_have_rows_to_spare():
    few = load_workbook(BytesIO(GOOD))
    assert place_of(few, "insatser.15.comment")
    with pytest.raises(KeyError):
        place_of(few, "insatser.16.text")
    many = load_workbook(BytesIO(made({"insatser.25.text": "Kurs"})))
    assert place_of(many, "insatser.30.purpose")


def test_sheets_have_names_that_excel_takes():
    question = (Question("a", Kind.TEXT, "Vad?"),)
    titles = [
        "Ekonomi/medel [kr]",
        "x" * 40,
        "X" * 40,
        "'''",
        "val",
        "Så här gör du",
        "😀" * 30,
    ]
    sections = [Section(f"s{n}", title, question) for n, title in enumerate(titles)]

    names = list(sheet_names(sections).values())

    assert names[:6] == [
        "Ekonomimedel kr",
        "x" * 31,
        f"{'X' * 27} (2)",
        "Blad1",
        "val (2)",
        "Så här gör du (2)",
    ]
    assert len(names[6]) == 15
    book = load_workbook(BytesIO(made({}, form=Form("F", tuple(sections)))))
    assert book.sheetnames[1:] == names


def test_same_facts_give_the_same_bytes():
    assert made() == GOOD
    assert made(ANSWERS | {"kvar": "1"}) != GOOD


def test_form_of_files_alone_has_only_the_first_sheet():
    section = Section("a", "A", (Question("f", Kind.FILE, "Fil"),))
    book = load_workbook(BytesIO(made({"f": "a.pdf"}, form=Form("F", (section,)))))
    assert book.sheetnames == [INSTRUCTIONS]


@pytest.mark.libreoffice
@pytest.mark.skipif(not SOFFICE, reason="LibreOffice is not installed.")
def test_sums_and_checks_follow_what_is_typed(tmp_path):
    """The stored results are taken away by openpyxl, so LibreOffice counts anew."""
    changed = filled(GOOD, anvant__p2=1, kostnader__p1__resor=24)
    (tmp_path / "in.xlsx").write_bytes(changed)
    command = [SOFFICE, f"-env:UserInstallation=file://{tmp_path}/lo", "--headless"]
    command += ["--convert-to", "xlsx", "--outdir", str(tmp_path / "out")]
    subprocess.run(
        [*command, str(tmp_path / "in.xlsx")], check=True, capture_output=True, timeout=180
    )

    book = load_workbook(tmp_path / "out" / "in.xlsx", data_only=True)

    assert place_of(book, "anvant.p2").offset(row=1).value == 1_200_001
    assert place_of(book, "kostnader.p1.lon").offset(row=-1).value == 1024
    assert place_of(book, "kostnader.p2.resor").offset(row=1).value == 1036
    front = book[INSTRUCTIONS]
    last = max(cell.row for cell in front["B"] if cell.value == "Det ska gå jämnt upp.")
    assert [front.cell(last, at).value for at in (3, 4, 5)] == [
        1_500_001,
        1_500_000,
        "Stämmer inte",
    ]


def test_stored_results_are_counted_exactly():
    book = load_workbook(BytesIO(GOOD), data_only=True)
    assert place_of(book, "anvant.p2").offset(row=1).value == 1_200_000
    front = book[INSTRUCTIONS]
    assert [cell.value for cell in front["E"] if cell.value][-1] == "Stämmer"
    empty = load_workbook(BytesIO(made({})), data_only=True)
    assert [cell.value for cell in empty[INSTRUCTIONS]["E"] if cell.value][-1] == (
        "Inte ifyllt än"
    )


def test_another_form_has_another_mark():
    one = load_workbook(BytesIO(GOOD))["Medel"]["A1"].value
    other = replace(FORM, introduction="Annat")
    book = load_workbook(BytesIO(made(form=other)))
    assert Stamp.read(book["Medel"]["A1"].value).form != Stamp.read(one).form
