"""PDFs: tagged, kept for long, the same every time, and closed to the outside."""

import os
import re
import subprocess
import sys
from io import BytesIO

import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream

from reporting.pdf import render_pdf, unprintable

HTML = """<!DOCTYPE html><html lang="sv"><head><title>Skrivelse</title>
<meta name="author" content="Storsthlm">
<meta name="dcterms.created" content="2020-03-30">
<meta name="dcterms.modified" content="2020-03-30">
<link rel="stylesheet" href="static:reporting/print.css"></head>
<body data-sender="Storsthlm" data-footer="Fot"><main><h1>Åäö</h1>
<h2>Tabell</h2><table><caption>Belopp</caption>
<thead><tr><th scope="col">Kommun</th></tr></thead>
<tbody><tr><th scope="row">Österåker</th></tr></tbody></table>
<p>Läs <a href="https://skr.example">mer</a> <em>nu</em>, <strong>Žižkov</strong>.</p>
</main></body></html>"""


@pytest.fixture(scope="module")
def reader():
    return PdfReader(BytesIO(render_pdf(HTML)))


def test_pdf_is_tagged_and_swedish(reader):
    catalog = reader.trailer["/Root"]

    assert (
        catalog["/MarkInfo"]["/Marked"],
        catalog["/Lang"],
        catalog["/ViewerPreferences"]["/DisplayDocTitle"],
        catalog["/OutputIntents"][0]["/S"],
    ) == (True, "sv", True, "/GTS_PDFA1")


def test_pdf_has_structure(reader):
    def kinds(element):
        if hasattr(element, "get_object"):
            element = element.get_object()
        if isinstance(element, list):
            for child in element:
                yield from kinds(child)
        elif isinstance(element, dict):
            if "/S" in element:
                yield element["/S"]
            yield from kinds(element.get("/K", []))

    found = set(kinds(reader.trailer["/Root"]["/StructTreeRoot"]))
    assert {"/H1", "/H2", "/Table", "/Caption", "/TH", "/P", "/Link"} <= found


def test_pdf_says_which_standards_it_follows(reader):
    xmp = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()

    assert re.findall(r'(pdf\w+id):(part|conformance)="(\w+)"', xmp) == [
        ("pdfaid", "part", "3"),
        ("pdfaid", "conformance", "A"),
        ("pdfuaid", "part", "1"),
    ]
    assert "Storsthlm" in xmp
    assert xmp.count("<rdf:RDF") == 1


def test_pdf_has_bookmarks_title_and_date(reader):
    assert [reader.outline[0].title, reader.outline[1][0].title] == ["Åäö", "Tabell"]
    assert (reader.metadata.title, reader.metadata.author) == ("Skrivelse", "Storsthlm")
    assert reader.metadata["/CreationDate"] == "D:20200330"


def test_pdf_embeds_only_our_own_fonts(reader):
    names = set()
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            assert "/FontFile2" in descendant["/FontDescriptor"]
            names.add(font.get_object()["/BaseFont"].split("+")[1])

    assert {name.removesuffix("-Semi-Bold").removesuffix("-Italic") for name in names} == {
        "Inter-Print"
    }


def test_same_html_gives_the_same_bytes():
    assert render_pdf(HTML) == render_pdf(HTML)


@pytest.mark.parametrize("seed", ["1"])
def test_same_html_gives_the_same_bytes_in_another_process(seed):
    script = (
        "import sys, os, hashlib, django; django.setup();"
        "from reporting.pdf import render_pdf;"
        "print(hashlib.sha256(render_pdf(sys.stdin.read())).hexdigest())"
    )
    environment = os.environ | {
        "PYTHONHASHSEED": seed,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TZ": "Asia/Tokyo",
    }
    other = subprocess.run(
        [sys.executable, "-c", script],
        input=HTML,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    import hashlib

    assert other.stdout.strip() == hashlib.sha256(render_pdf(HTML)).hexdigest()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/picture.png",
        "https://skr.example/picture.png",
        "file:///etc/hostname",
        "file:config/settings.py",
        "static:../config/settings.py",
        "ftp://skr.example/x",
    ],
)
def test_nothing_is_fetched_from_outside(monkeypatch, url):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", refuse)
    html = HTML.replace("<h1>", f'<img src="{url}" alt="Bild"><h1>')

    images = [
        image
        for page in PdfReader(BytesIO(render_pdf(html))).pages
        for image in page.images
    ]

    assert images == []


def test_picture_that_is_handed_along_is_shown():
    from PIL import Image

    picture = BytesIO()
    Image.new("RGB", (4, 4), "#0b5563").save(picture, "PNG")
    html = HTML.replace("<h1>", '<img src="file:logo" alt="Storsthlm"><h1>')

    pdf = render_pdf(html, {"logo": (picture.getvalue(), "image/png")})

    assert len(PdfReader(BytesIO(pdf)).pages[0].images) == 1


def test_characters_that_the_fonts_lack_are_named():
    assert unprintable("Åäö – ”Žižkov” 1\N{NO-BREAK SPACE}000 −2 \N{SNOWMAN}中") == (
        "\N{SNOWMAN}中"
    )


PAINTS = {
    b"f",
    b"F",
    b"f*",
    b"S",
    b"s",
    b"B",
    b"B*",
    b"b",
    b"b*",
    b"Tj",
    b"TJ",
    b"Do",
    b"sh",
}


def test_everything_painted_is_content_or_artifact(reader):
    """PDF/UA-1, 7.1: nothing is drawn outside marked content."""
    loose = []
    for page in reader.pages:
        depth = 0
        for _operands, operator in ContentStream(page.get_contents(), reader).operations:
            if operator in {b"BDC", b"BMC"}:
                depth += 1
            elif operator == b"EMC":
                depth -= 1
            elif operator in PAINTS and depth == 0:
                loose.append(operator)

    assert loose == []
