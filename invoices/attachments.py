"""Files that go with an answer: judged by what they hold, not by their names.

A file is a PDF, a picture (PNG, JPEG) or a document of Word's or Excel's newer kind. Those
two are zip archives (Open Packaging Conventions, ECMA-376 part 2) with a list of contents
and the main part; one that carries macros (``vbaProject.bin``) is refused.
"""

import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import PurePath
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from grants.distribution import Refused
from invoices.models import Attachment, Requisition
from municipalities.models import StoredFile, User

MOST_FILES = 10
MOST_BYTES = 10 * 1024 * 1024
MOST_PARTS = 10_000
"""A document of more parts than this is not one that a person has written."""

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = f"{OFFICE}.wordprocessingml.document"
XLSX = f"{OFFICE}.spreadsheetml.sheet"

ENDINGS = {PDF: ".pdf", PNG: ".png", JPEG: ".jpg", DOCX: ".docx", XLSX: ".xlsx"}
SAME_ENDING = {".jpeg": ".jpg"}
ACCEPT = ",".join([*ENDINGS.values(), *SAME_ENDING])
"""What the browser offers to choose among."""

CONTENTS = "[Content_Types].xml"
MAIN_PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}


def kind_of(file: IO[bytes]) -> str:
    """Return the content type of what the file holds, or nothing if it is no such file."""
    file.seek(0)
    head = file.read(1024)
    file.seek(0, 2)
    file.seek(max(0, file.tell() - 2048))
    tail = file.read()
    file.seek(0)
    if head.startswith(b"%PDF-") and b"%%EOF" in tail:
        return PDF
    if head.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in tail:
        return PNG
    if head.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in tail:
        return JPEG
    return _office_kind(file) if head.startswith(b"PK\x03\x04") else ""


def _office_kind(file: IO[bytes]) -> str:
    """Return which of the two it is. Only the list of the archive's parts is read."""
    try:
        with zipfile.ZipFile(BytesIO(file.read())) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return ""
    finally:
        file.seek(0)
    if CONTENTS not in names or len(names) > MOST_PARTS:
        return ""
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return ""
    kinds = [kind for part, kind in MAIN_PARTS.items() if part in names]
    return kinds[0] if len(kinds) == 1 else ""


def judge(files: Iterable["UploadedFile[Any]"], already: int = 0) -> list[ValidationError]:
    """Return what is wrong with files that somebody wants to add to ``already`` others."""
    files = list(files)
    found = []
    if already + len(files) > MOST_FILES:
        message = _("At most %(most)s files can go with an answer.")
        found.append(ValidationError(message, "too_many", {"most": MOST_FILES}))
    for file in files:
        params = {"name": file.name}
        if (file.size or 0) > MOST_BYTES:
            message = _("%(name)s is larger than 10 MB.")
            found.append(ValidationError(message, "too_large", params))
        elif not kind_of(file):
            message = _(
                "%(name)s is not a PDF, a picture (PNG, JPEG) or a document of Word or "
                "Excel (docx, xlsx)."
            )
            found.append(ValidationError(message, "kind", params))
    return found


def hold_open(requisition: Requisition) -> None:
    """Keep the answer from being sent in meanwhile; refused when it already is.

    Whoever approves has seen the files of what was sent in: they change no more. Call it
    in a transaction.
    """
    locked = (
        Requisition.objects.select_for_update(of=("self",), no_key=True)
        .select_related("submitted_by")
        .get(pk=requisition.pk)
    )
    if locked.status not in {Requisition.Status.DRAFT, Requisition.Status.RETURNED}:
        raise Refused("already_submitted", by=str(locked.submitted_by))


@transaction.atomic
def attach(
    requisition: Requisition, files: Iterable["UploadedFile[Any]"], *, by: User
) -> list[Attachment]:
    """Keep files that have been judged, with an answer that is not sent in."""
    hold_open(requisition)
    return [
        Attachment.objects.create(
            requisition=requisition,
            file=_kept(file, requisition),
            added_by=by,
        )
        for file in files
    ]


@transaction.atomic
def detach(requisition: Requisition, pk: int) -> None:
    """Take a file away from an answer that is not sent in."""
    hold_open(requisition)
    requisition.attachments.filter(pk=pk).delete()


def _kept(file: "UploadedFile[Any]", requisition: Requisition) -> StoredFile:
    kind = kind_of(file)
    kept: StoredFile = StoredFile.objects.keep(
        file.read(),
        body=requisition.grant.body,
        name=name_of(file.name or "", kind),
        content_type=kind,
    )
    return kept


def name_of(name: str, kind: str) -> str:
    """Return the file's name, with an ending that says what it holds.

    >>> name_of("beslut.exe", PDF), name_of("Bild.JPEG", JPEG), name_of("", PNG)
    ('beslut.exe.pdf', 'Bild.JPEG', 'bilaga.png')
    """
    ending = PurePath(name).suffix.lower()
    right = ENDINGS[kind]
    stem = name or "bilaga"
    return stem if SAME_ENDING.get(ending, ending) == right else f"{stem}{right}"
