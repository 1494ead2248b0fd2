"""What may go with an answer: judged by content, not by name."""

import zipfile
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from PIL import Image

from invoices.attachments import (
    DOCX,
    JPEG,
    MOST_BYTES,
    MOST_FILES,
    PDF,
    PNG,
    XLSX,
    judge,
    kind_of,
)


def picture(kind):
    file = BytesIO()
    Image.new("RGB", (8, 8), "#0b5563").save(file, kind)
    return file.getvalue()


def archive(*names):
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(name, "<x/>")
    return file.getvalue()


def workbook():
    file = BytesIO()
    Workbook().save(file)
    return file.getvalue()


PDF_BYTES = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"
CONTENTS = "[Content_Types].xml"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF_BYTES, PDF),
        (picture("PNG"), PNG),
        (picture("JPEG"), JPEG),
        (workbook(), XLSX),
        (archive(CONTENTS, "word/document.xml"), DOCX),
        (b"", ""),
        (b"MZ\x90\x00", ""),
        (b"<html><script>", ""),
        (b"%PDF-1.7 cut off", ""),
        (picture("GIF"), ""),
        (picture("PNG")[:30], ""),
        (archive("word/document.xml"), ""),
        (archive(CONTENTS, "ppt/presentation.xml"), ""),
        (archive(CONTENTS, "word/document.xml", "word/vbaProject.bin"), ""),
        (archive(CONTENTS, "word/document.xml", "xl/workbook.xml"), ""),
        (b"PK\x03\x04 not an archive", ""),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ""),
    ],
)
def test_kind_is_what_the_file_holds(content, kind):
    assert kind_of(BytesIO(content)) == kind


def codes(files, already=0):
    return [mistake.code for mistake in judge(files, already)]


def pdf(name="a.pdf", content=PDF_BYTES):
    return SimpleUploadedFile(name, content)


def test_ten_files_are_taken_and_eleven_are_not():
    assert codes([pdf()] * MOST_FILES) == []
    assert codes([pdf()] * 2, already=MOST_FILES - 2) == []
    assert codes([pdf()] * 2, already=MOST_FILES - 1) == ["too_many"]


def test_ten_megabytes_are_taken_and_a_byte_more_is_not():
    filler = b"%PDF-1.7\n" + b" " * (MOST_BYTES - 15) + b"%%EOF\n"

    assert codes([pdf(content=filler)]) == []
    assert codes([pdf(content=filler + b"\n")]) == ["too_large"]


def test_every_mistake_is_told():
    assert codes([pdf(content=b"MZ"), pdf(), pdf(content=b"")]) == ["kind", "kind"]
