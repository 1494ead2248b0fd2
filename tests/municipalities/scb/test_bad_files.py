"""Files that cannot be read, each with the code of its problem, and where it stands."""

import json
import struct
import zipfile
import zlib
from contextlib import suppress
from io import BytesIO

import openpyxl
import pytest
import xlsxwriter

from municipalities.scb import MAX_BYTES, Problem, ProblemCode, ScbError, SkipReason, read

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PX = (
    'CHARSET="ANSI";\nTITLE="Folkmängd";\nSTUB="region";\nHEADING="år";\n'
    'VALUES("region")="0114","0115";\nVALUES("år")="2018","2019";\n'
    "DATA=\n45543 46786\n33432 34090;\n"
)


def workbook(*rows, sheet="Blad1"):
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        for n, row in enumerate(rows):
            page.write_row(n, 0, row)
    return buffer.getvalue()


def uncounted(formula="=46000+786"):
    """Return a workbook by a program that writes formulas but no answers."""
    book = openpyxl.Workbook()
    book.active.title = "Blad1"
    book.active.append(["kod", "namn", "2019"])
    book.active.append(["0114", "Upplands Väsby", formula])
    book.active.append(["0115", "Vallentuna", 34090])
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def archive(**members):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def altered(content, part, change):
    """Return a workbook with one part changed."""
    buffer = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            body = old.read(name)
            new.writestr(name, change(body) if name == part else body)
    return buffer.getvalue()


def lying_bomb():
    """Return an archive that says a part is small, when it is 5 MB."""
    content = bytearray(archive(**{"xl__workbook.xml": b" " * (5 * 1024 * 1024)}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.index(mark) + at
        content[place : place + 4] = struct.pack("<I", 1000)
    return bytes(content)


def in_circles():
    """Return an old workbook whose directory's next sector is itself."""
    header = OLE + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<LLLLLLLLL", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<L", 0) + b"\xff" * 432
    sectors = struct.pack("<LL", 0xFFFFFFFD, 1) + b"\xff" * 504
    return header + sectors + bytes(512)


def encrypted_zip():
    content = bytearray(archive(**{"xl__workbook.xml": b"<workbook/>"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def broken_stream():
    content = bytearray(GOOD)
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    return bytes(content)


GOOD = workbook(["kod", "namn", "2019"], ["0114", "Upplands Väsby", 46786])
FAR_AWAY = altered(
    GOOD,
    "xl/worksheets/sheet1.xml",
    lambda xml: xml.replace(
        b"</sheetData>",
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
    ),
)
DOCTYPE = altered(
    GOOD,
    "xl/worksheets/sheet1.xml",
    lambda xml: xml.replace(
        b"<worksheet",
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet',
        1,
    ),
)

UNREADABLE = {
    "empty": (b"", ProblemCode.EMPTY_FILE),
    "only spaces": (b" \r\n\t\n", ProblemCode.EMPTY_FILE),
    "only a byte order mark": (b"\xef\xbb\xbf", ProblemCode.EMPTY_FILE),
    "only separators": (b";;;\n;;;\n", ProblemCode.EMPTY_FILE),
    "an empty workbook": (workbook(), ProblemCode.EMPTY_FILE),
    "50 MB": (lambda: b"0114;46786\n" * 5_000_000, ProblemCode.TOO_LARGE),
    "one byte too many": (lambda: b"x" * (MAX_BYTES + 1), ProblemCode.TOO_LARGE),
    "a cell in the far corner": (FAR_AWAY, ProblemCode.TOO_LARGE),
    "a zip bomb": (
        lambda: archive(**{"xl__workbook.xml": b" " * (250 * 1024 * 1024)}),
        ProblemCode.ZIP_BOMB,
    ),
    "a dense zip bomb": (
        lambda: archive(**{"xl__workbook.xml": b" " * (50 * 1024 * 1024)}),
        ProblemCode.ZIP_BOMB,
    ),
    "a million columns": (lambda: b"0114" + b";" * 1_000_000, ProblemCode.TOO_LARGE),
    "too many lines": (lambda: b"0114;1\n" * 1_100_000, ProblemCode.TOO_LARGE),
    "too many parts": (
        lambda: archive(**{f"xl__{n}.xml": b"" for n in range(3000)}),
        ProblemCode.ZIP_BOMB,
    ),
    "a picture named .xlsx": (PNG, ProblemCode.NOT_A_TABLE),
    "a photograph": (b"\xff\xd8\xff\xe0" + b"\x00" * 64, ProblemCode.NOT_A_TABLE),
    "a pdf": (b"%PDF-1.7\n%\xe2\xe3\n", ProblemCode.NOT_A_TABLE),
    "a web page": (
        b"<!DOCTYPE html><html><body>0114</body></html>",
        ProblemCode.NOT_A_TABLE,
    ),
    "a web picture": (b"RIFF\x00\x00\x00\x00WEBPVP8 ", ProblemCode.NOT_A_TABLE),
    "a document": (
        archive(**{"word__document.xml": b"<document/>"}),
        ProblemCode.NOT_A_TABLE,
    ),
    "a program": (b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 64, ProblemCode.NOT_A_TABLE),
    "noise": (bytes(range(256)) * 8, ProblemCode.NOT_A_TABLE),
    "other json": (b'{"name": "Botkyrka"}', ProblemCode.NOT_A_TABLE),
    "half a workbook": (GOOD[: len(GOOD) // 2], ProblemCode.BROKEN_FILE),
    "a damaged workbook": (broken_stream(), ProblemCode.BROKEN_FILE),
    "a workbook with a document type": (DOCTYPE, ProblemCode.BROKEN_FILE),
    "half an old workbook": (OLE + b"\x00" * 600, ProblemCode.BROKEN_FILE),
    "an old workbook that goes in circles": (in_circles(), ProblemCode.BROKEN_FILE),
    "half a json": (b'{"columns": [', ProblemCode.BROKEN_FILE),
    "deep json": (b"[" * 100_000, ProblemCode.BROKEN_FILE),
    "json-stat of the wrong size": (
        json.dumps(
            {
                "class": "dataset",
                "id": ["Region"],
                "size": [2],
                "dimension": {"Region": {"category": {"index": ["0114", "0115"]}}},
                "value": [46786],
            }
        ).encode(),
        ProblemCode.BROKEN_FILE,
    ),
    "pc-axis without figures": (PX[: PX.index("DATA")].encode(), ProblemCode.BROKEN_FILE),
    "pc-axis with too few figures": (
        PX.replace("34090", "").encode(),
        ProblemCode.BROKEN_FILE,
    ),
    "pc-axis cut off": (PX[:-3].encode(), ProblemCode.BROKEN_FILE),
    "pc-axis with fewer codes than names": (
        PX.replace("DATA", 'CODES("region")="0114";\nDATA').encode(),
        ProblemCode.BROKEN_FILE,
    ),
    "pc-axis in no known encoding": (
        PX.replace("DATA", 'CODEPAGE="klingon";\nDATA').encode(),
        ProblemCode.WRONG_ENCODING,
    ),
    "an open quote": (b'kod;2019\n"0114;46786\n0115;34090\n', ProblemCode.BROKEN_FILE),
    "utf-8 that is not": (
        b"\xef\xbb\xbfkod;2019\n0114 V\xe4sby;1\n",
        ProblemCode.WRONG_ENCODING,
    ),
    "an encrypted workbook": (
        OLE + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 600,
        ProblemCode.ENCRYPTED,
    ),
    "an encrypted archive": (encrypted_zip(), ProblemCode.ENCRYPTED),
    "counties": (
        b"region;2019\n01 Stockholm;2377081\n03 Uppsala;383713\n",
        ProblemCode.NO_REGIONS,
    ),
    "names without codes": (
        "kommun;2019\nBotkyrka;94606\nÖrebro;155696\n".encode(),
        ProblemCode.NO_REGIONS,
    ),
    "a shopping list": (b"vara;pris\nmjolk;12\nbrod;30\n", ProblemCode.NO_REGIONS),
    "a letter": ("Hej!\n\nHär kommer siffrorna.\n".encode(), ProblemCode.NO_REGIONS),
    "years only": (b"year;births\n2019;114523\n2020;113077\n", ProblemCode.NO_REGIONS),
}


def unreadable(name):
    """Return a file's bytes; what is large or slow to make is made for its test alone."""
    content, _code = UNREADABLE[name]
    return content() if callable(content) else content


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_bad_file_is_refused_with_its_reason(name):
    _content, code = UNREADABLE[name]

    with pytest.raises(ScbError) as caught:
        read(unreadable(name), "statistik.xlsx")

    assert [problem.code for problem in caught.value.problems] == [code]


def test_an_archive_that_lies_about_its_size_is_not_unpacked():
    with pytest.raises(ScbError) as caught:
        read(lying_bomb())

    assert [problem.code for problem in caught.value.problems] == [ProblemCode.BROKEN_FILE]


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("50 MB", {"size": 55_000_000, "limit": MAX_BYTES}),
        ("a picture named .xlsx", {"kind": "png"}),
        ("a pdf", {"kind": "pdf"}),
        ("a document", {"kind": "zip"}),
        ("a web page", {"kind": "html"}),
        ("counties", {"level": "county", "count": 2}),
        ("names without codes", {"level": "names", "count": 2}),
        ("pc-axis with too few figures", {"found": 3, "expected": 4}),
        (
            "a cell in the far corner",
            {"rows": 1048576, "columns": 16384, "limit": 5_000_000},
        ),
    ],
)
def test_the_reason_has_what_a_sentence_needs(name, detail):
    with pytest.raises(ScbError) as caught:
        read(unreadable(name))

    assert caught.value.problems[0].detail == detail


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("pc-axis without figures", 7),
        ("pc-axis cut off", 7),
        ("utf-8 that is not", 2),
        ("half a json", 1),
        ("an open quote", 2),
    ],
)
def test_the_reason_has_its_row(name, row):
    with pytest.raises(ScbError) as caught:
        read(unreadable(name))

    assert caught.value.problems[0].row == row


def place(problem):
    return problem.code, problem.sheet, problem.row, problem.column, problem.text


def test_text_in_number_cells_is_told_all_at_once():
    rows = [
        ["kod", "namn", "2018", "2019"],
        ["0114", "Upplands Väsby", 45543, "cirka 47000"],
    ]
    rows += [["0115", "Vallentuna", "många", 34090], ["0117", "Österåker", 44831, "?"]]
    rows += [["0120", "Värmdö", 44397, 45000], ["0123", "Järfälla", 78480, 79990]]

    selection = read(workbook(*rows)).select()

    assert [place(problem) for problem in selection.errors] == [
        (ProblemCode.NOT_A_NUMBER, "Blad1", 2, "D", "cirka 47000"),
        (ProblemCode.NOT_A_NUMBER, "Blad1", 4, "D", "?"),
    ]
    assert selection.errors[0].cell == "D2"
    assert selection.errors[0].detail == {"code": "0114", "name": "Upplands Väsby"}
    assert [value.code for value in selection.values] == ["0115", "0120", "0123"]


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"kod;2019\n0114;fyra\n", ("", 2, "B", "fyra")),
        (b"kod;v\xc3\xa4rde\n0114;46786\n0115;l\xc3\xa5ngt\n", ("", 3, "B", "långt")),
        (workbook(["kod", "2019"], ["0114", "#REF!"]), ("Blad1", 2, "B", "#REF!")),
        (PX.replace("45543 46786", "45543 abc").encode(), ("", None, "", "abc")),
    ],
)
def test_text_in_a_number_cell_is_an_error(content, where):
    selection = read(content).select()

    assert [place(problem) for problem in selection.errors] == [
        (ProblemCode.NOT_A_NUMBER, *where)
    ]


def test_a_number_with_two_meanings_is_an_error():
    selection = read(b"kod;2019\n0114;46786\n0115;34,090\n").select()

    assert [place(problem) for problem in selection.errors] == [
        (ProblemCode.AMBIGUOUS_NUMBER, "", 3, "B", "34,090")
    ]


def test_a_formula_without_its_answer_is_an_error():
    selection = read(uncounted()).select()

    assert [place(problem) for problem in selection.errors] == [
        (ProblemCode.FORMULA_WITHOUT_VALUE, "Blad1", 2, "C", "=46000+786")
    ]
    assert selection.errors[0].cell == "C2"
    assert [(v.code, v.value) for v in selection.values] == [("0115", 34090)]


def test_a_formula_whose_answer_is_a_placeholder_is_an_error():
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Blad1")
        sheet.write_row(0, 0, ["0114", 46786])
        sheet.write_row(1, 0, ["0115"])
        sheet.write_formula("B2", "=34000+90")

    selection = read(buffer.getvalue()).select()

    assert [problem.code for problem in selection.errors] == [
        ProblemCode.FORMULA_WITHOUT_VALUE
    ]


def test_a_formula_with_its_answer_is_read_and_told():
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Blad1")
        sheet.write_row(0, 0, ["0114"])
        sheet.write_formula("B1", "=46000+786", None, 46786)

    selection = read(buffer.getvalue()).select()

    assert [(v.code, v.value) for v in selection.values] == [("0114", 46786)]
    assert selection.problems == (Problem(ProblemCode.FORMULA, sheet="Blad1"),)
    assert selection.errors == ()


def test_a_code_list_has_nothing_to_save():
    selection = read("Kod;Namn\n01;Stockholms län\n0114;Upplands Väsby\n".encode()).select()

    assert [problem.code for problem in selection.errors] == [ProblemCode.NO_VALUES]


def test_a_table_of_nothing_but_dots_has_nothing_to_save():
    selection = read(b"kod;2019\n0114;..\n0115;.\n").select()

    assert [problem.code for problem in selection.errors] == [ProblemCode.NO_VALUES]
    assert [s.reason for s in selection.skipped] == [SkipReason.MISSING_VALUE] * 2


@pytest.mark.parametrize(
    "title",
    [
        "Medelålder efter region och år",
        "Befolkningstäthet efter region",
        "Population density per sq. km",
        "Levande födda efter region och år",
        "Land use in Sweden, hectares",
        "Folkökning efter region",
        "Average age of the population",
    ],
)
def test_another_subject_is_told(title):
    content = workbook([title], [], ["", "", "2019"], ["0114", "Upplands Väsby", 38.9])

    selection = read(content).select()

    assert [(p.code, p.text, p.is_error) for p in selection.problems] == [
        (ProblemCode.OTHER_SUBJECT, title, False)
    ]


@pytest.mark.parametrize("cut", range(0, len(GOOD), 311))
def test_a_file_cut_anywhere_raises_nothing_else(cut):
    with pytest.raises(ScbError):
        read(GOOD[:cut]).select()


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_raises_nothing_else(seed):
    content = bytearray(GOOD if seed % 2 else PX.encode())
    for n in range(20):
        place_of_damage = zlib.crc32(f"{seed}-{n}".encode()) % len(content)
        content[place_of_damage] = (content[place_of_damage] + seed + n) % 256

    with suppress(ScbError):
        read(bytes(content)).select()


MANIFEST = (
    "<manifest:manifest xmlns:manifest="
    '"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type='
    '"application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)


def open_document(rows):
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = f"<office:document-content {names}><office:body><office:spreadsheet>"
    content += f'<table:table table:name="Blad1">{rows}</table:table>'
    content += "</office:spreadsheet></office:body></office:document-content>"
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("content.xml", content)
        file.writestr("META-INF/manifest.xml", MANIFEST)
    return buffer.getvalue()


MANY = '<table:table-row table:number-rows-repeated="9000000">'
CELLS = (
    '<table:table-cell office:value-type="string"><text:p>0114</text:p></table:table-cell>'
    '<table:table-cell office:value-type="float" office:value="46786"/>'
)


def test_an_open_document_is_read_however_many_empty_rows_it_repeats():
    empty = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/>'
    content = open_document(
        f"<table:table-row>{CELLS}</table:table-row>{empty}</table:table-row>"
    )

    selection = read(content).select()

    assert [(v.code, v.value) for v in selection.values] == [("0114", 46786)]


@pytest.mark.parametrize(
    "rows",
    [
        f"{MANY}{CELLS}</table:table-row>",
        f"{MANY}<table:table-cell/></table:table-row><table:table-row>{CELLS}</table:table-row>",
    ],
)
def test_an_open_document_that_repeats_itself_is_too_large(rows):
    with pytest.raises(ScbError) as caught:
        read(open_document(rows))

    assert [problem.code for problem in caught.value.problems] == [ProblemCode.TOO_LARGE]
