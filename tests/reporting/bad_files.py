"""Workbooks that are read back: good ones, and each way in which one can be wrong."""

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from functools import cache
from io import BytesIO

from openpyxl import Workbook, load_workbook

from reporting.report_form import (
    Check,
    Condition,
    Form,
    Kind,
    Option,
    Question,
    Row,
    Section,
)
from reporting.report_marks import FIELD, MARK, NOTHING, Stamp
from reporting.report_upload import MAX_BYTES, MOST_COLUMNS, MOST_ROWS, MOST_SHEETS
from reporting.report_workbook import Subject, report_workbook

YES_NO = (Option("ja", "Ja"), Option("nej", "Nej, inte än"))
GROUPS = (Option("lon", "Lön"), Option("resor", "Resor"))
FORM = Form(
    title="Slutredovisning",
    introduction="Hur medlen har använts.",
    sections=(
        Section(
            "medel",
            "Medel",
            (
                Question(
                    "anvant",
                    Kind.PURPOSES,
                    "Hur mycket har ni använt?",
                    name="använt",
                    is_required=True,
                    rows=(Row("p1", "Samråd"), Row("p2", "Vård & omsorg")),
                ),
                Question("kvar", Kind.KRONOR, "Hur mycket är kvar?", name="kvar"),
                Question("varfor", Kind.TEXT, "Varför?", help="Kort."),
                Question("underlag", Kind.FILE, "Underlag"),
            ),
            help="Hela kronor.",
        ),
        Section(
            "insatser",
            "Insatser: gjorda/planerade",
            (
                Question("insatser", Kind.ACTIVITIES, "Vilka insatser?"),
                Question("natt", Kind.NUMBER, "Hur många har ni nått?", name="nått"),
            ),
        ),
        Section(
            "kostnader",
            "Kostnader",
            (
                Question(
                    "kostnader",
                    Kind.COSTS,
                    "Vad har det kostat?",
                    name="kostat",
                    rows=(Row("p1", "Samråd", GROUPS), Row("p2", "Vård & omsorg", GROUPS)),
                ),
            ),
        ),
        Section(
            "samverkan",
            "Samverkan",
            (
                Question("med", Kind.CHOICE, "Samverkar ni?", options=YES_NO),
                Question(
                    "hur",
                    Kind.TEXT,
                    "Hur?",
                    is_required=True,
                    condition=Condition("med", ("ja",)),
                ),
            ),
        ),
    ),
    checks=(Check("använt + kvar = utbetalat", "Det ska gå jämnt upp."),),
)
ROUND, CODE = 12, "0127"
SUBJECT = Subject(
    round=ROUND,
    report="Slutredovisning",
    grant="God och nära vård 2026",
    body="Storsthlm",
    code=CODE,
    municipality="Botkyrka kommun",
    due_on=date(2027, 1, 15),
    made_on=date(2026, 11, 22),
    address="https://medel.example/mina-medel/redovisning/12/excel/las-in/",
)
FACTS = {"tilldelat": 2_000_000, "rekvirerat": 1_500_000, "utbetalat": 1_500_000}
VERSIONS = {section.key: number for number, section in enumerate(FORM.sections)}
ANSWERS = {
    "anvant.p1": "1200000",
    "anvant.p2": "0",
    "kvar": "300000",
    "varfor": '=1+1\n"Rad två"; å, ä och ö',
    "insatser.1.text": "Kurs",
    "insatser.1.state": "done",
    "insatser.1.purpose": "p2",
    "insatser.3.text": "-Flytt",
    "insatser.3.state": "dropped",
    "insatser.3.comment": "Hanns inte",
    "natt": "120",
    "kostnader.p1.lon": "1000",
    "kostnader.p1.lon.kommentar": "En halv tjänst",
    "kostnader.p2.resor": "12",
    "med": "ja",
    "hur": "Med regionen",
}


def made(answers=None, form=FORM, subject=SUBJECT):
    """Return the workbook with the answers."""
    said = ANSWERS if answers is None else answers
    versions = {section.key: 0 for section in form.sections} | VERSIONS
    return report_workbook(subject, form, said, FACTS, versions)


GOOD = made()


# Change a workbook ---------------------------------------------------------------------


def place_of(book, name):
    """Return the cell that a field is answered in."""
    for sheet in book:
        marks = {
            match[1]: cell.column
            for cell in sheet[1]
            if (match := MARK.fullmatch(str(cell.value)))
        }
        for row in sheet.iter_rows(min_row=2, max_col=1):
            for number, mark in enumerate(str(row[0].value or "").split(), start=1):
                found = FIELD.fullmatch(mark)
                if found and found[1] == name:
                    return sheet.cell(row[0].row, marks[str(number)])
    raise KeyError(name)


def saved(book):
    """Return the workbook's bytes."""
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def edited(change, content=GOOD):
    """Return a workbook that somebody has changed in a spreadsheet."""
    book = load_workbook(BytesIO(content))
    change(book)
    return saved(book)


def filled(content=GOOD, **answers):
    """Return the workbook with cells written in; ``__`` is a point in the name."""

    def write(book):
        for name, value in answers.items():
            place_of(book, name.replace("__", ".")).value = value

    return edited(write, content)


@cache
def opened(content):
    """Return a workbook to be looked in only: it is the same each time."""
    return load_workbook(BytesIO(content))


def at(name, content=GOOD):
    """Return where a field is answered, as "Medel!C7"."""
    cell = place_of(opened(content), name)
    return f"{cell.parent.title}!{cell.coordinate}"


def altered(content, part, change):
    """Return an archive with one part changed; the name may be the end of one."""
    buffer = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            body = old.read(name)
            new.writestr(name, change(body) if name.endswith(part) else body)
    return buffer.getvalue()


def archive(**members):
    """Return a zip; ``__`` is a slash in a name."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def with_part(content, name, body):
    """Return the archive with one more part."""
    buffer = BytesIO(content)
    with zipfile.ZipFile(buffer, "a") as file:
        file.writestr(name, body)
    return buffer.getvalue()


def as_text(sheet="Medel", delimiter=";", encoding="utf-8-sig", content=GOOD, quote='"'):
    """Return a sheet as Excel saves it as text: hidden cells too, numbers as shown."""
    lines = []
    for row in opened(content)[sheet].iter_rows():
        cells = []
        for cell in row:
            value = "" if cell.value is None else cell.value
            text = str(value)
            if isinstance(value, int):
                text = f"{value:,}".replace(",", "\u00a0")
            if any(sign in text for sign in f'{delimiter}"\n'):
                text = f"{quote}{text.replace(quote, quote * 2)}{quote}"
            cells.append(text)
        lines.append(delimiter.join(cells))
    return "\r\n".join(lines).encode(encoding)


def _delete(book, *names):
    for name in names:
        del book[name]


def _key(book, name):
    """Return the key's cell of the row where a field is answered."""
    cell = place_of(book, name)
    return cell.parent.cell(cell.row, 1)


def _copy_row(book):
    cell = place_of(book, "kvar")
    sheet, row = cell.parent, cell.parent.max_row + 2
    for column in range(1, 5):
        sheet.cell(row, column).value = sheet.cell(cell.row, column).value


def _copy_sheet(book):
    book.copy_worksheet(book["Medel"]).title = "Medel (2)"


def _merge(book):
    first, last = (place_of(book, name) for name in ("anvant.p1", "anvant.p2"))
    first.parent.merge_cells(f"{first.coordinate}:{last.coordinate}")


def _formula(book, text):
    place_of(book, "kvar").value = text


def error_value(content, name, error):
    """Return the workbook as Excel saves a formula that fails."""
    place = at(name, content).partition("!")[2]
    content = filled(content, **{name.replace(".", "__"): 4711})

    def fail(xml):
        before, cell, after = xml.partition(f'<c r="{place}"'.encode())
        assert cell
        attributes, _mark, rest = after.partition(b">")
        kept = attributes.replace(b' t="n"', b"")
        value = f"<f>A0</f><v>{error}</v>".encode()
        rest = rest.replace(b"<v>4711</v>", value, 1)
        return before + cell + kept + b' t="e">' + rest

    return altered(content, "sheet2.xml", fail)


def _other(**changes):
    facts = {name: getattr(SUBJECT, name) for name in Subject.__slots__}
    return Subject(**facts | changes)


def _restamp(book, **changes):
    for sheet in book:
        stamp = Stamp.read(str(sheet["A1"].value))
        if stamp and stamp.section:
            facts = {name: getattr(stamp, name) for name in Stamp.__slots__}
            sheet["A1"].value = str(Stamp(**facts | changes))


def own_book(*rows, title="Blad1"):
    """Return a workbook that has nothing to do with ours."""
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return saved(book)


def bomb():
    """Return an archive that unfolds to much more than it is."""
    return archive(**{"xl__workbook.xml": b" " * (50 * 1024 * 1024)})


def far_away(xml):
    return xml.replace(
        b"</sheetData>",
        b'<row r="1048576"><c r="B1048576"><v>1</v></c></row></sheetData>',
    )


def to_the_right(xml):
    return xml.replace(
        b"</sheetData>",
        b'<row r="999"><c r="XFD999"><v>1</v></c></row></sheetData>',
    )


def doctype(xml):
    entity = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet'
    return xml.replace(b"<worksheet", entity, 1)


def to_the_corner(xml):
    return xml.replace(
        b"</sheetData>",
        b'<row r="9999"><c r="CU9999"><v>1</v></c></row></sheetData>',
    )


def some_sheets(book):
    for number in range(10):
        book.create_sheet(f"Eget {number}")


def many_sheets(book):
    for number in range(MOST_SHEETS):
        book.create_sheet(f"Eget {number}")


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED = OLE + bytes(512) + "EncryptedPackage".encode("utf-16-le") + bytes(512)
OLD_MACROS = OLE + bytes(512) + "_VBA_PROJECT_CUR".encode("utf-16-le") + bytes(512)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
ONE_FORM = Form("Slutredovisning", FORM.sections[:1])
EARLIER = Form(FORM.title, FORM.sections, (), FORM.introduction)

Found = list[tuple[str, str]]
Case = tuple[str, Callable[[], bytes], Found]

FILES: list[Case] = [
    ("0 bytes", lambda: b"", [("empty_file", "")]),
    ("only blank", lambda: b"\xef\xbb\xbf \r\n\t\n", [("empty_file", "")]),
    ("larger than 5 MB", lambda: b"x" * (MAX_BYTES + 1), [("too_large", "")]),
    ("a pdf", lambda: b"%PDF-1.7\n%\xe2\xe3\n%%EOF", [("is_pdf", "")]),
    ("a picture", lambda: PNG, [("is_picture", "")]),
    (
        "a Word document with another name",
        lambda: archive(**{"word__document.xml": b"<document/>"}),
        [("is_document", "")],
    ),
    (
        "a text document of OpenDocument",
        lambda: archive(**{"content.xml": b"<office:text/>"}),
        [("is_document", "")],
    ),
    (
        "far too many cells",
        lambda: altered(edited(some_sheets), ".xml", to_the_corner),
        [("too_many_cells", "")],
    ),
    (
        "a web page saved as xls",
        lambda: b"<html><table><tr><td>Medel</td></tr></table></html>",
        [("is_web_page", "")],
    ),
    ("a text", "Vi har använt allt.".encode, [("not_ours", "")]),
    ("a packed file", lambda: archive(a=GOOD), [("is_archive", "")]),
    ("another's workbook", lambda: own_book(["a", 1]), [("not_ours", "")]),
    ("cut off", lambda: GOOD[: len(GOOD) // 2], [("broken_file", "")]),
    ("a zip bomb", bomb, [("zip_bomb", "")]),
    ("locked by a password", lambda: LOCKED, [("encrypted", "")]),
    (
        "with macros",
        lambda: with_part(GOOD, "xl/vbaProject.bin", b"\x01"),
        [("macros", "")],
    ),
    ("an old workbook with macros", lambda: OLD_MACROS, [("macros", "")]),
    ("an old workbook that is damaged", lambda: OLE + bytes(600), [("broken_file", "")]),
    (
        "a document type",
        lambda: altered(GOOD, "sheet2.xml", doctype),
        [("doctype", "")],
    ),
    (
        "broken xml",
        lambda: altered(GOOD, "sheet2.xml", lambda xml: xml[:-40]),
        [("broken_file", "")],
    ),
    ("too many sheets", lambda: edited(many_sheets), [("too_many_sheets", "")]),
    (
        "a cell in the last row",
        lambda: altered(GOOD, "sheet2.xml", far_away),
        [("too_many_rows", "Medel!")],
    ),
    (
        "a cell in the last column",
        lambda: altered(GOOD, "sheet2.xml", to_the_right),
        [("too_many_columns", "Medel!")],
    ),
    (
        "too many rows of text",
        lambda: as_text() + b"\r\n;;" * (MOST_ROWS + 1),
        [("too_many_rows", "")],
    ),
    (
        "too many columns of text",
        lambda: as_text() + b"\r\n" + b";" * (MOST_COLUMNS + 1),
        [("too_many_columns", "")],
    ),
    (
        "another municipality's",
        lambda: made(subject=_other(code="0160")),
        [("other_municipality", "")],
    ),
    ("another round's", lambda: made(subject=_other(round=13)), [("other_round", "")]),
    ("an earlier version of the form", lambda: made(form=EARLIER), [("other_form", "")]),
    (
        "only the instructions",
        lambda: edited(lambda book: _delete(book, *book.sheetnames[1:])),
        [("only_instructions", "")],
    ),
    (
        "a section that the form lacks",
        lambda: edited(lambda book: _restamp(book, section="annat")),
        [("section_unknown", "")],
    ),
    (
        "a sheet that is copied",
        lambda: edited(_copy_sheet),
        [("section_twice", "Medel (2)!")],
    ),
    (
        "the hidden row deleted",
        lambda: edited(lambda book: book["Medel"].delete_rows(1)),
        [("first_row_lacking", "Medel!")],
    ),
    (
        "the hidden column deleted",
        lambda: edited(lambda book: book["Medel"].delete_cols(1)),
        [("keys_lacking", "Medel!")],
    ),
    (
        "the keys emptied",
        lambda: edited(
            lambda book: [
                setattr(cell, "value", NOTHING)
                for [cell] in book["Medel"].iter_rows(min_row=2, max_col=1)
            ]
        ),
        [("keys_lacking", "Medel!")],
    ),
    (
        "the marks of columns emptied",
        lambda: edited(
            lambda book: [
                setattr(book["Medel"].cell(1, column), "value", None)
                for column in range(2, 6)
            ]
        ),
        [("columns_lacking", "Medel!")],
    ),
    (
        "a column of answers emptied",
        lambda: edited(lambda book: setattr(book["Samverkan"]["C1"], "value", None)),
        [
            ("column_lacking", "Samverkan!" + "A" + at("med").partition("!C")[2]),
            ("column_lacking", "Samverkan!" + "A" + at("hur").partition("!C")[2]),
        ],
    ),
    (
        "text with another separator",
        lambda: as_text(delimiter=":"),
        [("csv_separator", "")],
    ),
    (
        "text with a quotation mark that is not closed",
        lambda: as_text().replace(b'""', b'"', 1),
        [("csv_quote", "")],
    ),
    (
        "text whose first line is gone",
        lambda: as_text().partition(b"\r\n")[2],
        [("first_row_lacking", "")],
    ),
    (
        "UTF-16 that is cut off",
        lambda: as_text(encoding="utf-16")[:-1],
        [("encoding", "")],
    ),
]
"""Files that are wrong as a whole, or in what is hidden in them."""


def cell(name, value, code, found=None, at_name=None):
    """Return a case with one cell that is wrong."""
    build = lambda: filled(**{name.replace(".", "__"): value})  # noqa: E731
    return (f"{name}: {value!r}"[:60], build, [(code, at(at_name or name))])


CELLS: list[Case] = [
    cell("kvar", "12 000 kr ca", "not_whole"),
    cell("kvar", "tolvtusen", "not_whole"),
    cell("kvar", -5, "negative"),
    cell("kvar", "−5 kr", "negative"),
    cell("kvar", 17575.5, "decimals"),
    cell("kvar", "17 575,50", "decimals"),
    cell("kvar", "12,500", "unclear"),
    cell("kvar", "1.250", "unclear"),
    cell("kvar", "50 %", "percent"),
    cell("kvar", 0.5, "decimals"),
    cell("kvar", 10**12 + 1, "amount_too_large"),
    cell("kvar", "9" * 20, "amount_too_large"),
    cell("kvar", date(2026, 3, 1), "date"),
    cell("kvar", time(12, 30), "date"),
    cell("kvar", "2026-03-01", "date"),
    cell("kvar", "1/3", "date"),
    cell("kvar", True, "boolean"),
    cell("kvar", "SANT", "boolean"),
    cell("kvar", "#SAKNAS!", "formula_error"),
    cell("varfor", "#REFERENS!", "formula_error"),
    cell("kvar", "=B1+B2", "formula_uncounted"),
    cell("natt", "cirka 100", "not_whole"),
    cell("kostnader.p1.lon", "x", "not_whole"),
    cell("med", "Kanske", "not_an_option"),
    cell("insatser.1.state", "Klar", "state_unknown"),
    cell("insatser.1.purpose", "Annat", "purpose_unknown"),
    cell("insatser.2.state", "Planerad", "activity_lacks_text", at_name="insatser.2.text"),
    cell("varfor", "x" * 20_001, "too_long"),
    (
        "a formula that fails",
        lambda: error_value(GOOD, "kvar", "#REF!"),
        [("formula_error", at("kvar"))],
    ),
    ("cells merged", lambda: edited(_merge), [("merged", at("anvant.p1"))]),
    (
        "a key that is unknown",
        lambda: edited(
            lambda book: setattr(_key(book, "kvar"), "value", ". annat#01234567")
        ),
        [("key_unknown", "Medel!A" + at("kvar").partition("!C")[2])],
    ),
    (
        "a key that is partly changed",
        lambda: edited(lambda book: setattr(_key(book, "kvar"), "value", ". kvar#0123")),
        [("key_unknown", "Medel!A" + at("kvar").partition("!C")[2])],
    ),
    (
        "a key that is emptied",
        lambda: edited(lambda book: setattr(_key(book, "kvar"), "value", None)),
        [("key_lacking", "Medel!B" + at("kvar").partition("!C")[2])],
    ),
    ("a row that is copied", lambda: edited(_copy_row), [("key_twice", "Medel!A20")]),
    (
        "something written below the questions",
        lambda: edited(lambda book: setattr(book["Medel"]["C40"], "value", 12)),
        [("key_lacking", "Medel!C40")],
    ),
    (
        "all at once, in the order of the cells",
        lambda: filled(
            med="Kanske", kvar=-1, anvant__p2="x", anvant__p1=0.5, insatser__2__comment="?"
        ),
        [
            ("decimals", at("anvant.p1")),
            ("not_whole", at("anvant.p2")),
            ("negative", at("kvar")),
            ("activity_lacks_text", at("insatser.2.text")),
            ("not_an_option", at("med")),
        ],
    ),
    (
        "text in a cell of csv",
        lambda: as_text(content=filled(kvar="mycket")),
        [("not_whole", "!" + at("kvar").partition("!")[2])],
    ),
]
"""Workbooks with cells that are wrong, and where."""

BAD = [*FILES, *CELLS]
MOMENT = datetime(2026, 3, 1, 14, 30)  # noqa: DTZ001 (a cell knows no time zone)
