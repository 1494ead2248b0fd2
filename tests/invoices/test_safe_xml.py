"""XML from outside is parsed without following anything in it."""

import pytest

from invoices.safe_xml import XmlError, parse

LAUGHS = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>'


def refused(content):
    with pytest.raises(XmlError) as error:
        parse(content)
    return error.value.code, error.value.line


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "iso-8859-1"])
def test_elements_texts_and_attributes_are_read(encoding):
    xml = f'<?xml version="1.0" encoding="{encoding.removesuffix("-le")}"?><a b="å">ö</a>'
    root = parse(xml.encode(encoding))

    assert (root.tag, dict(root.attrib), root.text) == ("a", {"b": "å"}, "ö")


def test_comments_and_instructions_do_not_divide_a_text():
    root = parse(b"<a>1<!-- 2 -->3<?php 4 ?>5<![CDATA[<6>]]></a>")

    assert (root.text, len(root)) == ("135<6>", 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-16-le"])
@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        LAUGHS,
        "<!DOCTYPE a [<!ENTITY % p ''> %p;]><a/>",
        '<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>',
        "<!doctype a><a/>",
        "<! DOCTYPE a><a/>",
        "< !ENTITY x 'y'><a/>",
        "<a><!-- <!DOCTYPE a> --></a>",
    ],
)
def test_a_document_type_is_refused_wherever_it_stands(xml, encoding):
    assert refused(xml.encode(encoding)) == ("doctype", None)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<a>\n<b>\n</a>", ("broken", 3)),
        (b"<a/>\n<a/>", ("broken", 2)),
        (b"<a>&x;</a>", ("broken", 1)),
        (b"<a>\xff</a>", ("broken", 1)),
        (b"<a>" * 300 + b"</a>" * 300, ("too_deep", 1)),
    ],
)
def test_what_is_not_xml_is_told_with_its_line(content, told):
    assert refused(content) == told


def test_nothing_is_no_xml():
    assert refused(b"")[0] == refused(b"hej")[0] == "broken"
