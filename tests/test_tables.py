"""Every table says what it is of: who hears the page is told before the first cell."""

import re

import pytest
from django.conf import settings

TABLE = re.compile(r"<table\b([^>]*)>(.*?)</table>", re.DOTALL)
NAMED = re.compile(r"\baria-label(ledby)?=")


def unnamed(html):
    """Return the tables that have neither a caption nor a label, by their first line."""
    return [
        f"<table{attributes}>"
        for attributes, content in TABLE.findall(html)
        if "<caption" not in content and not NAMED.search(attributes)
    ]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<table><caption>Belopp</caption></table>", []),
        ('<table aria-label="Belopp"></table><table aria-labelledby="b"></table>', []),
        (
            '<table class="a"><tbody></tbody></table><table><caption>B</caption></table>',
            ['<table class="a">'],
        ),
    ],
)
def test_unnamed_table_is_found(html, found):
    assert unnamed(html) == found


def test_every_table_has_a_caption_or_a_label():
    templates = settings.BASE_DIR / "templates"
    lacking = {
        str(path.relative_to(templates)): tables
        for path in sorted(templates.rglob("*.html"))
        if (tables := unnamed(path.read_text()))
    }

    assert lacking == {}
