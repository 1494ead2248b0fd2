"""A document for Word: real headings and tables, a table of contents, page numbers.

The frame (``word_frame``) is made with python-docx. What fills it is written as text,
straight into the file: python-docx makes an object and several searches in the tree of
every cell, which takes minutes for the answers of 290 municipalities. Even to read the
text into the tree takes two seconds, and no one asks the tree anything.

The document is Swedish.
"""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import count
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx.document import Document as WordDocument

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
    is_long,
)
from reporting.word_frame import (
    AMOUNT,
    AMOUNT_HEAD,
    BODY,
    BULLET,
    CAPTION,
    CELL,
    CONTENTS_HEADING,
    DEEPEST_IN_CONTENTS,
    FACT,
    HEAD,
    HEADINGS,
    KIND,
    NOTE,
    NUMBER,
    QUOTE,
    TEXT_WIDTH,
    framed,
)
from reporting.word_prose import Paragraph, Run, paragraphs

BODY_FILE = "word/document.xml"
CONTENTS = "Innehåll"

SPECIAL = re.compile(f"[&<>\n\r]|{FORBIDDEN.pattern}")
"""What cannot stand in the file as it is."""
NEW_LINE = '</w:t><w:br/><w:t xml:space="preserve">'


def word_document(document: Document) -> bytes:
    """Return the document as a docx file. The same document gives the same bytes."""
    word = framed(document)
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
TOGETHER = "<w:cantSplit/>"
"""A row does not go on over the page."""


def table(made: Table) -> Iterator[str]:
    """Yield a table's caption and the table; its first row is repeated on each page."""
    yield paragraph(CAPTION, made.caption)
    whole, is_short = sum(column.width for column in made.columns), made.is_short
    widths = [TEXT_WIDTH * column.width // whole for column in made.columns]
    yield (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>{BORDERS}'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/>'
        f'<w:right w:w="110" w:type="dxa"/></w:tblCellMar>{LOOK}'
        f"<w:tblCaption w:val={quoteattr(clean(made.caption))}/></w:tblPr><w:tblGrid>"
    )
    yield from (f'<w:gridCol w:w="{width}"/>' for width in widths)
    yield "</w:tblGrid>"

    def before(styles: tuple[str, str], **look: bool) -> list[str]:
        return [
            _before(width, styles[column.is_amount], **look)
            for column, width in zip(made.columns, widths, strict=True)
        ]

    cells, kept = before((CELL, AMOUNT)), before((CELL, AMOUNT), keeps=True)
    titles = [column.title for column in made.columns]
    yield _row(before((HEAD, AMOUNT_HEAD)), titles, f"{TOGETHER}<w:tblHeader/>")
    for number, row in enumerate(made.rows, start=1):
        # The sum does not stand alone on a page.
        keeps = bool(made.total) if number == len(made.rows) else is_short
        yield _row(kept if keeps else cells, row, "" if is_long(row) else TOGETHER)
    if made.total:
        yield _row(before((CELL, AMOUNT), bold=True), made.total, TOGETHER)
    # A table is followed by a paragraph, or two tables become one.
    yield f"</w:tbl>{_paragraph(NOTE, '')}"


def _before(width: int, style: str, *, bold: bool = False, keeps: bool = False) -> str:
    """Return what stands before the text in the cells of a column.

    A row that ``keeps`` stands on the same page as the next one.
    """
    keep = "<w:keepNext/>" if keeps else ""
    look = "<w:rPr><w:b/></w:rPr>" if bold else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr>'
        f'<w:pStyle w:val="{style}"/>{keep}</w:pPr><w:r>{look}<w:t xml:space="preserve">'
    )


AFTER = "</w:t></w:r></w:p></w:tc>"


def _row(before: Iterable[str], cells: Iterable[Cell], properties: str = "") -> str:
    """Return a row. There are tens of thousands of cells, so little is done for each."""
    written = [
        f"{start}{grouped(cell) if isinstance(cell, int) else said(cell or '')}{AFTER}"
        for start, cell in zip(before, cells, strict=True)
    ]
    known = f"<w:trPr>{properties}</w:trPr>" if properties else ""
    return f"<w:tr>{known}{''.join(written)}</w:tr>"
