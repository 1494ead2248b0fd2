"""HTML to a PDF that can be kept and read by everyone: PDF/A-3a and PDF/UA-1 in one file.

The same HTML gives the same bytes: no clock, no chance, no font of the machine, and nothing
fetched from anywhere but our own static files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import weasyprint.pdf
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousFileOperation
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from weasyprint import HTML
from weasyprint import Attachment as EmbeddedFile
from weasyprint.css import ColorProfile
from weasyprint.document import DocumentMetadata
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from municipalities.models import CoordinatingBody

STATIC = "static:"
"""``static:reporting/print.css`` is a static file, ``file:logo`` one handed along."""
FILE = "file:"

INTENT = "print"
"""The colours are those of sRGB, by this name within WeasyPrint."""

FONTS = (
    "inter/files/inter-latin-400-normal.woff2",
    "inter/files/inter-latin-ext-400-normal.woff2",
)
"""What the documents' letters are drawn with; the other weights have the same ones."""

# veraPDF and others want a property that PDF/A does not know of to be described.
PDF_UA = """
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"
    xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
    xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<rdf:Description rdf:about="" pdfuaid:part="1"/>
<rdf:Description rdf:about="">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file follows</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>
"""

for prefix, namespace in {
    "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
    "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
    "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
}.items():
    ET.register_namespace(prefix, namespace)


class Metadata(DocumentMetadata):  # type: ignore[misc]
    """A document's metadata that also says PDF/UA-1."""

    def generate_rdf_metadata(self, *args: Any) -> bytes:
        """Return the XMP with one more description in it."""
        # Both texts are ours: the title and the author in the first are escaped.
        rdf = ET.fromstring(super().generate_rdf_metadata(*args))  # noqa: S314
        rdf.extend(ET.fromstring(PDF_UA))  # noqa: S314
        xmp: bytes = ET.tostring(rdf, encoding="utf-8")
        return xmp


class StaticFetcher(URLFetcher):  # type: ignore[misc]
    """Gives WeasyPrint our static files and the files handed along, and nothing else."""

    def __init__(self, files: Mapping[str, tuple[bytes, str]]) -> None:
        """Hand along files by name, with their content types."""
        super().__init__(allowed_protocols=())
        self.files = files

    def fetch(self, url: str, _headers: Any = None) -> URLFetcherResponse:
        """Return the file, or refuse the address."""
        if url.startswith(STATIC):
            path = url.removeprefix(STATIC)
            content_type = guess_type(path)[0] or "application/octet-stream"
            return self._response(url, static_file(path), content_type)
        if url.removeprefix(FILE) in self.files:
            return self._response(url, *self.files[url.removeprefix(FILE)])
        raise ValueError(f"Only static files are fetched, not {url}")

    def _response(self, url: str, content: bytes, content_type: str) -> URLFetcherResponse:
        return URLFetcherResponse(url, content, {"Content-Type": content_type})


def static_file(path: str) -> bytes:
    """Return a static file's bytes, collected or not."""
    try:
        found = finders.find(path)
    except SuspiciousFileOperation as error:
        raise ValueError(f"{path} is outside the static files") from error
    if isinstance(found, str):
        return Path(found).read_bytes()
    with staticfiles_storage.open(path) as file:
        content: bytes = file.read()
    return content


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file inside the document: the same facts for a machine, or what they rest on."""

    name: str
    content: bytes
    description: str
    made_at: datetime
    relationship: str = "Alternative"
    """How it belongs to the document, as PDF/A-3 calls it (ISO 19005-3, annex E)."""


def render_pdf(
    html: str,
    pictures: Mapping[str, tuple[bytes, str]] | None = None,
    enclosed: Sequence[Enclosed] = (),
) -> bytes:
    """Return the document as a tagged PDF/A-3a that is also PDF/UA-1.

    ``pictures`` are by name, with their content types: ``<img src="file:logo">``.
    ``enclosed`` are files that go inside it.
    """
    source = HTML(string=html, base_url=STATIC, url_fetcher=StaticFetcher(pictures or {}))
    options = {"pdf_variant": "pdf/a-3a", "output_intent": INTENT}
    document = source.render(
        font_config=FontConfiguration(), color_profiles={INTENT: srgb()}, **options
    )
    document.metadata = Metadata(**vars(document.metadata))
    document.metadata.attachments = [
        EmbeddedFile(
            string=file.content,
            name=file.name,
            description=file.description,
            created=file.made_at,
            modified=file.made_at,
            relationship=file.relationship,
        )
        for file in enclosed
    ]
    pdf: bytes = document.write_pdf(**options)
    return pdf


def logo_of(body: CoordinatingBody) -> dict[str, tuple[bytes, str]]:
    """Return a body's logo, if it has one, as a picture for ``render_pdf``."""
    logo = body.logo
    return {"logo": (bytes(logo.content), logo.content_type)} if logo else {}


def srgb() -> ColorProfile:
    """Return WeasyPrint's own profile of sRGB; what it opens by itself it never closes."""
    with files(weasyprint.pdf).joinpath("sRGB2014.icc").open("rb") as profile:
        return ColorProfile(
            profile, "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"])
        )


@cache
def letters() -> frozenset[int]:
    """Return the characters that our fonts can draw."""
    drawn: set[int] = set()
    for path in FONTS:
        with TTFont(BytesIO(static_file(path)), lazy=True) as font:
            drawn.update(font.getBestCmap())
    return frozenset(drawn)


def unprintable(text: str) -> str:
    """Return the characters of a text that our fonts cannot draw, each once.

    Another machine would draw them with another font, or not at all.
    """
    return "".join(
        dict.fromkeys(
            letter
            for letter in text
            if not letter.isspace() and ord(letter) not in letters()
        )
    )
