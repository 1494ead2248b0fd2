"""A document for Word: real headings and tables, a table of contents, page numbers.

The frame (styles, page, header and footer) is made with python-docx. What fills it is
written as text, straight into the file: python-docx makes an object and several searches
in the tree of every cell, which takes minutes for the answers of 290 municipalities. Even
to read the text into the tree takes two seconds, and no one asks the tree anything.

The document is Swedish.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from io import BytesIO
from itertools import count
from typing import Any
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from municipalities.numbers import grouped
from reporting.document import (
    FORBIDDEN,
    Block,
    Cell,
    Document,
    Heading,
    Note,
    Prose,
    Table,
    clean,
)
from reporting.word_prose import Paragraph, Run, paragraphs

BODY_FILE = "word/document.xml"
LANGUAGE = "sv-SE"
FONT = "Calibri"
ACCENT = RGBColor(0x0B, 0x55, 0x63)
MUTED = RGBColor(0x4B, 0x5A, 0x68)
TEXT_WIDTH = 9184
"""The width of the text in twentieths of a point: A4 with margins of 24 mm."""

CONTENTS = "Innehåll"
PAGE = "Sida "
PAGES = " av "

SPECIAL = re.compile(f"[&<>\n\r]|{FORBIDDEN.pattern}")
"""What cannot stand in the file as it is."""
NEW_LINE = '</w:t><w:br/><w:t xml:space="preserve">'

HEADINGS = {1: "Heading1", 2: "Heading2", 3: "Heading3"}
DEEPEST_IN_CONTENTS = 2

BODY, BULLET, NUMBER, QUOTE = "BodyText", "ListBullet", "ListNumber", "Quote"
NOTE, CAPTION = "Note", "Caption"
CELL, AMOUNT, HEAD, AMOUNT_HEAD = "TableText", "TableNumber", "TableHead", "TableNumberHead"
KIND, FACT, CONTENTS_HEADING = "Kind", "Fact", "ContentsHeading"


def word_document(document: Document) -> bytes:
    """Return the document as a docx file. The same document gives the same bytes."""
    word = docx.Document()
    _set_up_styles(word)
    _set_up_page(word, document)
    _set_properties(word, document)
    parts = "".join(_Writer(word, document).all())
    buffer = BytesIO()
    word.save(buffer)
    return _filled(buffer.getvalue(), parts.encode())


def _filled(frame: bytes, parts: bytes) -> bytes:
    """Return the file with the parts in its body, and no trace of the clock."""
    buffer = BytesIO()
    with ZipFile(BytesIO(frame)) as source, ZipFile(buffer, "w", ZIP_DEFLATED) as made:
        for each in source.infolist():
            content = source.read(each)
            if each.filename == BODY_FILE:
                # What stands last in the body describes the page, and must go on doing so.
                content = content.replace(b"<w:sectPr", parts + b"<w:sectPr", 1)
            made.writestr(ZipInfo(each.filename), content, ZIP_DEFLATED)
    return buffer.getvalue()


class _Writer:
    """Writes the document's parts as XML."""

    def __init__(self, word: WordDocument, document: Document) -> None:
        self.word, self.document = word, document
        self.marks = count(1)
        self.headings = [each for each in document.blocks if isinstance(each, Heading)]

    def all(self) -> Iterator[str]:
        """Yield everything, from the title page to the last table."""
        yield from self.title_page()
        yield from self.contents()
        for block in self.document.blocks:
            yield from self.block(block)

    def title_page(self) -> Iterator[str]:
        """Yield what the document is, and from and to whom."""
        document = self.document
        yield paragraph(KIND, document.author)
        yield paragraph("Subtitle", document.kind)
        yield paragraph("Title", document.title)
        for name, value in document.facts:
            runs = f"{run(name, bold=True)}<w:r><w:tab/></w:r>{run(value)}"
            yield _paragraph(FACT, runs)

    def contents(self) -> Iterator[str]:
        """Yield a table of contents: a field, with what it says until Word counts pages."""
        yield paragraph(CONTENTS_HEADING, CONTENTS, starts_page=True)
        listed = [
            (each, f"_Toc{number}")
            for number, each in enumerate(self.headings, start=1)
            if each.level <= DEEPEST_IN_CONTENTS
        ]
        begin = (
            '<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r>'
            '<w:r><w:instrText xml:space="preserve">'
            f' TOC \\o "1-{DEEPEST_IN_CONTENTS}" \\h \\z \\u </w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        )
        for heading, mark in listed:
            entry = f'<w:hyperlink w:anchor="{mark}">{run(heading.text)}</w:hyperlink>'
            yield _paragraph(f"TOC{heading.level}", begin + entry)
            begin = ""
        yield _paragraph(BODY, begin + '<w:r><w:fldChar w:fldCharType="end"/></w:r>')

    def block(self, block: Block) -> Iterator[str]:
        """Yield one of the document's parts."""
        match block:
            case Heading():
                number = next(self.marks)
                mark = f'w:id="{number}" w:name="_Toc{number}"'
                runs = (
                    f"<w:bookmarkStart {mark}/>{run(block.text)}"
                    f'<w:bookmarkEnd w:id="{number}"/>'
                )
                yield _paragraph(HEADINGS[block.level], runs, starts_page=block.starts_page)
            case Prose():
                yield from self.prose(block.text)
            case Note():
                yield paragraph(NOTE, block.text)
            case Table():
                yield from table(block)

    def prose(self, text: str) -> Iterator[str]:
        """Yield the paragraphs of a text in Markdown."""
        numbers: dict[int, int] = {}
        for each in paragraphs(text):
            if each.list_id and each.list_id not in numbers:
                numbers[each.list_id] = self.new_list(each.start)
            yield prose_paragraph(each, numbers.get(each.list_id, 0))

    def new_list(self, start: int) -> int:
        """Return the number of a list that counts from ``start``, or a list follows on."""
        numbering = self.word.part.numbering_part.element
        style = self.word.styles["List Number"].element
        known = style.pPr.numPr.numId.val
        abstract = numbering.num_having_numId(known).abstractNumId.val
        made = numbering.add_num(abstract)
        made.add_lvlOverride(ilvl=0).add_startOverride(start)
        number: int = made.numId
        return number


# Texts ----------------------------------------------------------------------------------


def said(text: str) -> str:
    """Return a text as it stands in the file, with its lines."""
    if not SPECIAL.search(text):
        return text
    lines = (escape(line) for line in clean(text).split("\n"))
    return NEW_LINE.join(lines)


def run(text: str, *, bold: bool = False, italic: bool = False) -> str:
    """Return a run of text."""
    look = f"{'<w:b/>' if bold else ''}{'<w:i/>' if italic else ''}"
    look = f"<w:rPr>{look}</w:rPr>" if look else ""
    return f'<w:r>{look}<w:t xml:space="preserve">{said(text)}</w:t></w:r>'


def paragraph(style: str, text: str, *, starts_page: bool = False) -> str:
    """Return a paragraph of plain text."""
    return _paragraph(style, run(text), starts_page=starts_page)


def _paragraph(style: str, runs: str, *, starts_page: bool = False, more: str = "") -> str:
    page = "<w:pageBreakBefore/>" if starts_page else ""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{page}{more}</w:pPr>{runs}</w:p>'


def prose_paragraph(each: Paragraph, number: int) -> str:
    """Return a paragraph of somebody's text."""
    style = {"bullet": BULLET, "number": NUMBER, "quote": QUOTE, "heading": HEADINGS[2]}
    more = ""
    if number:
        more += f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>'
    if each.is_continued:
        # A second paragraph of the same item has no mark of its own.
        more = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="0"/></w:numPr>'
        more += f'<w:ind w:left="{360 * each.depth}" w:firstLine="0"/>'
    if each.depth > 1 and not each.is_continued:
        more += f'<w:ind w:left="{360 * each.depth}" w:hanging="360"/>'
    return _paragraph(style.get(each.kind, BODY), "".join(map(_run, each.runs)), more=more)


def _run(each: Run) -> str:
    text = run(each.text, bold=each.is_strong, italic=each.is_emphasised)
    if not each.address:
        return text
    # A field needs no relation to a place in the package, and is a link all the same.
    instruction = escape(f' HYPERLINK "{clean(each.address)}" ')
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve">{instruction}</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        f'{text}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


# Tables ---------------------------------------------------------------------------------

BORDERS = (
    '<w:tblBorders><w:top w:val="single" w:sz="6" w:color="0B5563"/>'
    '<w:bottom w:val="single" w:sz="6" w:color="0B5563"/>'
    '<w:insideH w:val="single" w:sz="4" w:color="D9DFE3"/></w:tblBorders>'
)
LOOK = (
    '<w:tblLook w:val="04A0" w:firstRow="1" w:lastRow="0" w:firstColumn="1" '
    'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
)


def table(made: Table) -> Iterator[str]:
    """Yield a table's caption and the table; its first row is repeated on each page."""
    yield paragraph(CAPTION, made.caption)
    whole = sum(column.width for column in made.columns)
    widths = [TEXT_WIDTH * column.width // whole for column in made.columns]
    yield (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>{BORDERS}'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/>'
        f'<w:right w:w="110" w:type="dxa"/></w:tblCellMar>{LOOK}'
        f"<w:tblCaption w:val={quoteattr(clean(made.caption))}/></w:tblPr><w:tblGrid>"
    )
    yield from (f'<w:gridCol w:w="{width}"/>' for width in widths)
    yield "</w:tblGrid>"
    heads, cells, sums = (
        [
            _before(width, styles[column.is_amount], bold=bold)
            for column, width in zip(made.columns, widths, strict=True)
        ]
        for styles, bold in (
            ((HEAD, AMOUNT_HEAD), False),
            ((CELL, AMOUNT), False),
            ((CELL, AMOUNT), True),
        )
    )
    titles = [column.title for column in made.columns]
    yield _row(heads, titles, "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>")
    for row in made.rows:
        yield _row(cells, row)
    if made.total:
        yield _row(sums, made.total, "<w:trPr><w:cantSplit/></w:trPr>")
    # A table is followed by a paragraph, or two tables become one.
    yield f"</w:tbl>{_paragraph(NOTE, '')}"


def _before(width: int, style: str, *, bold: bool = False) -> str:
    """Return what stands before the text in the cells of a column."""
    look = "<w:rPr><w:b/></w:rPr>" if bold else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr>'
        f'<w:pStyle w:val="{style}"/></w:pPr><w:r>{look}<w:t xml:space="preserve">'
    )


AFTER = "</w:t></w:r></w:p></w:tc>"


def _row(before: Iterable[str], cells: Iterable[Cell], properties: str = "") -> str:
    """Return a row. There are tens of thousands of cells, so little is done for each."""
    written = [
        f"{start}{grouped(cell) if isinstance(cell, int) else said(cell or '')}{AFTER}"
        for start, cell in zip(before, cells, strict=True)
    ]
    return f"<w:tr>{properties}{''.join(written)}</w:tr>"


# The frame ------------------------------------------------------------------------------


def _set_up_styles(word: WordDocument) -> None:
    styles = word.styles
    for lang in styles.element.iter(qn("w:lang")):
        lang.set(qn("w:val"), LANGUAGE)
    normal = _style(word, "Normal", size=10.5)
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.line_spacing = 1.15
    _style(word, "Body Text", after=6)
    for name in ("List Bullet", "List Number"):
        _style(word, name, after=3)
    quote = _style(word, "Quote", after=6, colour=MUTED)
    quote.paragraph_format.left_indent = Mm(6)
    _style(word, "Caption", size=9.5, before=8, after=3, bold=True, keeps=True)
    _style(word, "Title", size=26, after=18, bold=True, colour=ACCENT)
    _borders_off(styles["Title"])
    _style(word, "Subtitle", size=13, before=130, after=4, colour=MUTED)
    for level, size, before in ((1, 17, 20), (2, 13, 14), (3, 11, 10)):
        _style(
            word,
            f"Heading {level}",
            size=size,
            before=before,
            after=4,
            bold=True,
            colour=ACCENT if level < 3 else None,
            keeps=True,
        )
    _style(word, "Kind", new=KIND, size=12, bold=True, colour=ACCENT)
    fact = _style(word, "Fact", new=FACT, size=11, after=3)
    fact.paragraph_format.left_indent = Mm(48)
    fact.paragraph_format.first_line_indent = Mm(-48)
    fact.paragraph_format.tab_stops.add_tab_stop(Mm(48))
    _style(
        word,
        "Contents Heading",
        new=CONTENTS_HEADING,
        size=17,
        after=8,
        bold=True,
        colour=ACCENT,
    )
    _style(word, "Note", new=NOTE, size=9, after=4, colour=MUTED)
    for name, key, is_head, is_amount in (
        ("Table Text", CELL, False, False),
        ("Table Number", AMOUNT, False, True),
        ("Table Head", HEAD, True, False),
        ("Table Number Head", AMOUNT_HEAD, True, True),
    ):
        style = _style(word, name, new=key, size=9, before=2, after=2, bold=is_head)
        style.paragraph_format.line_spacing = 1.0
        if is_head:
            style.font.color.rgb = MUTED
            style.paragraph_format.keep_with_next = True
        if is_amount:
            style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for level in range(1, DEEPEST_IN_CONTENTS + 1):
        entry = _style(word, f"toc {level}", new=f"TOC{level}", after=3)
        entry.paragraph_format.left_indent = Mm(5 * (level - 1))
        entry.paragraph_format.tab_stops.add_tab_stop(
            Pt(TEXT_WIDTH / 20), WD_TAB_ALIGNMENT.RIGHT
        )


def _style(
    word: WordDocument,
    name: str,
    *,
    new: str = "",
    size: float | None = None,
    before: float | None = None,
    after: float | None = None,
    bold: bool = False,
    colour: RGBColor | None = None,
    keeps: bool = False,
) -> ParagraphStyle:
    """Return one of the document's styles as we want it, made where it is ``new``."""
    if new:
        style = word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.element.set(qn("w:styleId"), new)
        style.base_style = word.styles["Normal"]
    else:
        style = word.styles[name]
    assert isinstance(style, ParagraphStyle)
    properties = style.element.get_or_add_rPr()
    for fonts in properties.findall(qn("w:rFonts")):
        properties.remove(fonts)  # a theme's font goes before a named one
    style.font.name = FONT
    style.font.bold = bold or None
    style.font.italic = None if new else False
    if size:
        style.font.size = Pt(size)
    if colour is not None or not new:
        style.font.color.rgb = colour or RGBColor(0x1B, 0x24, 0x30)
    form = style.paragraph_format
    if before is not None:
        form.space_before = Pt(before)
    if after is not None:
        form.space_after = Pt(after)
    if keeps:
        form.keep_with_next = True
    return style


def _borders_off(style: Any) -> None:
    for borders in style.element.iter(qn("w:pBdr")):
        borders.getparent().remove(borders)
        break


def _set_up_page(word: WordDocument, document: Document) -> None:
    [section] = word.sections
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(24)
    section.top_margin, section.bottom_margin = Mm(26), Mm(24)
    section.different_first_page_header_footer = True
    for part, text in ((section.header, document.author), (section.footer, document.title)):
        line = part.paragraphs[0]
        line.style = word.styles["Note"]
        line.paragraph_format.tab_stops.add_tab_stop(
            Pt(TEXT_WIDTH / 20), WD_TAB_ALIGNMENT.RIGHT
        )
        line.add_run(clean(text))
    line.add_run(f"\t{PAGE}")
    _add_field(line, "PAGE")
    line.add_run(PAGES)
    _add_field(line, "NUMPAGES")


def _add_field(line: Any, name: str) -> None:
    """Add a number that Word counts."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    field.append(parse_xml(f"<w:r {nsdecls('w')}><w:t>1</w:t></w:r>"))
    line._p.append(field)


def _set_properties(word: WordDocument, document: Document) -> None:
    properties = word.core_properties
    properties.title = clean(document.title)[:255]
    properties.author = clean(document.author)[:255]
    properties.last_modified_by = clean(document.author)[:255]
    properties.subject = clean(document.kind)[:255]
    properties.comments = ""
    properties.language = LANGUAGE
    moment = document.made_at.astimezone(UTC).replace(tzinfo=None)
    properties.created = properties.modified = moment
    settings = word.settings.element
    for lang in settings.iter(qn("w:themeFontLang")):
        lang.set(qn("w:val"), LANGUAGE)
