"""The frame of a document for Word: styles, page, header and footer, and its facts."""

from datetime import UTC
from typing import Any

import docx
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from reporting.document import Document, clean

LANGUAGE = "sv-SE"
FONT = "Calibri"
ACCENT = RGBColor(0x0B, 0x55, 0x63)
MUTED = RGBColor(0x4B, 0x5A, 0x68)
TEXT_WIDTH = 9184
"""The width of the text in twentieths of a point: A4 with margins of 24 mm."""

PAGE = "Sida "
PAGES = " av "

# The styles, by their keys in the file.
HEADINGS = {1: "Heading1", 2: "Heading2", 3: "Heading3"}
DEEPEST_IN_CONTENTS = 2

BODY, BULLET, NUMBER, QUOTE = "BodyText", "ListBullet", "ListNumber", "Quote"
NOTE, CAPTION = "Note", "Caption"
CELL, AMOUNT, HEAD, AMOUNT_HEAD = "TableText", "TableNumber", "TableHead", "TableNumberHead"
KIND, FACT, CONTENTS_HEADING = "Kind", "Fact", "ContentsHeading"


def framed(document: Document) -> WordDocument:
    """Return a document with all but its text."""
    word = docx.Document()
    _set_up_styles(word)
    _set_up_page(word, document)
    _set_properties(word, document)
    return word


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
