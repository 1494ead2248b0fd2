"""What a workbook answers when it is read back, and each fault by its name and cell."""

import shutil
import subprocess
from datetime import date, time
from io import BytesIO
from random import Random

import pytest
from django.utils import translation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from reporting.report_form import Kind, Part
from reporting.report_marks import all_fields, plain
from reporting.report_upload import read
from reporting.report_upload_words import SENTENCES, sentence
from tests.reporting.bad_files import (
    ANSWERS,
    BAD,
    CODE,
    FORM,
    GOOD,
    MOMENT,
    ROUND,
    altered,
    as_text,
    edited,
    filled,
    made,
    place_of,
)

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
MEDEL = {name: ANSWERS[name] for name in ("anvant.p1", "anvant.p2", "kvar", "varfor")}


def read_back(content):
    return read(content, FORM, round=ROUND, code=CODE)


def answers_in(content):
    """Return what is answered in a file that has no faults."""
    return answers_of(read_back(content))


def answers_of(found):
    """Return what is answered in what was read without faults."""
    assert found.errors == ()
    said = {}
    for section in found.sections.values():
        said |= section.answers
    return {name: text for name, text in said.items() if text}


def faults(errors):
    return [
        (each.code, f"{each.sheet}!{each.cell}" if each.sheet or each.cell else "")
        for each in errors
    ]


# Good files ------------------------------------------------------------------------------


def test_workbook_reads_as_it_was_written():
    found = read_back(GOOD)

    assert answers_of(found) == ANSWERS
    assert found.missing == ()
    assert {key: each.version for key, each in found.sections.items()} == {
        "medel": 0,
        "insatser": 1,
        "kostnader": 2,
        "samverkan": 3,
    }


def _move(book):
    """Move rows and columns, add others, and leave rows empty."""
    sheet = book["Medel"]
    sheet.insert_rows(6, 3)
    sheet.insert_cols(3)
    sheet.insert_cols(1)
    sheet["D7"] = None
    first, last = place_of_moved(sheet, "anvant.p1"), place_of_moved(sheet, "anvant.p2")
    for column in range(1, 7):
        one, other = sheet.cell(first, column), sheet.cell(last, column)
        one.value, other.value = other.value, one.value
    book.create_sheet("Eget blad", 0)["A1"] = "Kom ihåg"
    book["Samverkan"].title = "Vi och regionen"
    book["Medel"].sheet_state = "visible"


def place_of_moved(sheet, name):
    return next(
        cell.row
        for row in sheet.iter_rows()
        for cell in row
        if f"{name}#" in str(cell.value)
    )


GOOD_FILES = {
    "saved by openpyxl": lambda: edited(lambda _book: None),
    "moved about": lambda: edited(_move),
    "amounts as texts": lambda: filled(
        anvant__p1=" 1 200 000 kr", anvant__p2="0,00", kvar="300\u00a0000,-"
    ),
    "amounts as fractions": lambda: filled(anvant__p1=1200000.0, kvar="300000,00"),
    "keys and odd cases": lambda: filled(
        med="JA", insatser__1__state="done", insatser__1__purpose=" vård &  OMSORG "
    ),
}


@pytest.mark.parametrize("build", GOOD_FILES.values(), ids=GOOD_FILES)
def test_workbook_may_be_moved_about(build):
    assert answers_in(build()) == ANSWERS


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"]
)
def test_one_sheet_is_read_as_text(delimiter, encoding):
    found = read_back(as_text(delimiter=delimiter, encoding=encoding))

    assert answers_of(found) == MEDEL
    assert found.missing == ("insatser", "kostnader", "samverkan")


def test_sheets_that_are_gone_are_told():
    found = read_back(edited(lambda book: book.remove(book["Medel"])))
    assert (found.missing, found.errors) == (("medel",), ())
    hidden = read_back(edited(lambda book: setattr(book["Medel"], "sheet_state", "hidden")))
    assert hidden.missing == ("medel",)


def test_text_takes_what_a_cell_shows():
    shown = {
        "12000": 12000,
        "0,5": 0.5,
        "SANT": True,
        "2026-03-01": date(2026, 3, 1),
        "2026-03-01 14:30": MOMENT,
        "14:30": time(14, 30),
    }
    for text, value in shown.items():
        assert answers_in(filled(varfor=value))["varfor"] == text


def test_what_was_typed_on_the_web_is_no_fault_of_the_file():
    typed = {
        "kvar": "ca 12",
        "natt": "-5",
        "insatser.2.state": "planned",
        "varfor": "x" * 20_001,
    }
    assert answers_in(made(typed)) == typed
    changed = filled(made(typed), kvar="ca 13", insatser__2__comment="?")
    assert [each.code for each in read_back(changed).errors] == [
        "not_whole",
        "activity_lacks_text",
    ]


def test_formula_gives_what_it_was_counted_to():
    def count(xml):
        return xml.replace(b"<v>300000</v>", b"<f>100000*3</f><v>300000</v>")

    assert answers_in(altered(GOOD, "sheet2.xml", count)) == ANSWERS


@pytest.mark.libreoffice
@pytest.mark.skipif(not SOFFICE, reason="LibreOffice is not installed.")
def test_what_libreoffice_saves_is_read(tmp_path):
    (tmp_path / "in.xlsx").write_bytes(GOOD)
    for kind in ("xlsx:Calc MS Excel 2007 XML", "ods", "xls"):
        command = [SOFFICE, f"-env:UserInstallation=file://{tmp_path}/lo", "--headless"]
        command += ["--convert-to", kind, "--outdir", str(tmp_path / "out")]
        subprocess.run(
            [*command, str(tmp_path / "in.xlsx")],
            check=True,
            capture_output=True,
            timeout=180,
        )
        [file] = (tmp_path / "out").glob(f"*.{kind.partition(':')[0]}")
        assert answers_in(file.read_bytes()) == ANSWERS, kind


# Bad files -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "expected"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_bad_file_is_told_by_fault_and_cell(build, expected):
    errors = read_back(build()).errors

    assert faults(errors) == expected
    with translation.override("sv"):
        words = [sentence(each) for each in errors]
    assert all(words)
    assert not any("%(" in each for each in words)


def test_many_kinds_of_faults_are_named():
    told = {code for _name, _build, found in BAD for code, _place in found}
    unnamed = set(SENTENCES) - told
    assert unnamed == {
        "not_a_workbook",
        "upload_long",
        "upload_old",
    }


# Properties ------------------------------------------------------------------------------

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\n"),
    max_size=60,
) | st.sampled_from(
    ["=1+1", "+46", "-1", "@x", "_x0041_", "\r\n x", "#", "a" * 300, "0127"]
)


def answer_to(each):
    """Return what may be typed in a field."""
    if each.is_amount:
        return st.integers(-5, 10**13).map(str) | st.just("1 234 kr") | TEXTS
    if each.question.kind is Kind.CHOICE:
        return st.sampled_from([option.key for option in each.question.options])
    if each.part is Part.STATE:
        return st.sampled_from(["planned", "done", "changed", "dropped"])
    if each.part is Part.PURPOSE:
        return st.sampled_from(["p1", "p2"])
    return TEXTS


FIELDS = {
    each.name: each
    for question in FORM.questions
    for each in all_fields(question)
    if each.number <= 6
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries(
        {}, optional={name: answer_to(each) for name, each in FIELDS.items()}
    )
)
def test_any_answers_come_back_as_they_were(answers):
    expected = {name: plain(FIELDS[name], text) for name, text in answers.items()}
    assert answers_in(made(answers)) == {
        name: text for name, text in expected.items() if text
    }


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
@example(b"PK\x03\x04")
@example(b"PK\x05\x06" + bytes(18))
@example(b"\xff\xfe")
@example(b"stimulansmedel:redovisning:12:0127:0123456789ab:medel:0")
@example(b"stimulansmedel:redovisning:12:0127:0123456789ab:medel:0;")
def test_any_bytes_are_told_and_not_raised(content):
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return
    assert read_back(content).errors


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_workbook_is_told_and_not_raised(seed):
    random = Random(seed)
    content = bytearray(random.choice([GOOD, as_text()]))
    for _ in range(random.randint(1, 30)):
        place = random.randrange(len(content))
        content[place : place + random.choice([0, 1, 1, 4])] = random.randbytes(
            random.choice([0, 1, 1, 4])
        )

    for error in read_back(bytes(content)).errors:
        assert sentence(error)


def test_a_workbook_whose_xml_is_damaged_is_told_and_not_raised():
    random = Random(5)

    def damage(xml):
        text = bytearray(xml)
        for _ in range(3):
            place = random.randrange(len(text))
            text[place : place + 3] = random.choice([b"", b"<", b"&", b"\x00", b"9", b'"'])
        return bytes(text)

    for part in ("sheet2.xml", "sharedStrings.xml", "workbook.xml", "styles.xml"):
        for _ in range(10):
            for error in read_back(altered(GOOD, part, damage)).errors:
                assert sentence(error)


def test_marks_are_seen_where_a_field_is_answered():
    cell = place_of(load_workbook(BytesIO(GOOD)), "kvar")
    assert (cell.value, cell.protection.locked) == (300000, False)
