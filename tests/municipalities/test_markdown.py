"""Markdown in memos: facts as plain text, and no way out of the page."""

import pytest

from municipalities.markdown import Words, placeholders, render

WORDS = Words(
    facts={"dnr": "S/20/*0026*", "mejl": "fragor@storsthlm.example", "sista dag": ""},
    addresses=frozenset({"mejl"}),
    blocks={"tabell": lambda: "<table></table>\n"},
)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Dnr [[dnr]].", "<p>Dnr S/20/*0026*.</p>\n"),
        ("**[[ Dnr ]]**", "<p><strong>S/20/*0026*</strong></p>\n"),
        (
            "[[mejl]]",
            '<p><a href="mailto:fragor@storsthlm.example">'
            "fragor@storsthlm.example</a></p>\n",
        ),
        ("[[sista dag]]", '<p><mark class="lacking">[sista dag saknas]</mark></p>\n'),
        ("Så:\n[[tabell]]\nSlut", "<p>Så:</p>\n<table></table>\n<p>Slut</p>\n"),
        ("26 800 tkr, 4 %, 3 kronor", "<p>26\xa0800\xa0tkr, 4\xa0%, 3 kronor</p>\n"),
        ("# Rubrik", "<h3>Rubrik</h3>\n"),
        ("[SKR](https://skr.example)", '<p><a href="https://skr.example">SKR</a></p>\n'),
    ],
)
def test_text_is_rendered(text, html):
    assert render(text, WORDS) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "text <b onclick=x>fet</b>",
        "![bild](https://skr.example/x.png)",
        "[länk](javascript:alert(1))",
        "[länk](data:text/html,x)",
        "[länk](file:///etc/passwd)",
        "[[<script>alert(1)</script>]]",
    ],
)
def test_nothing_but_text_comes_through(text):
    html = render(text, WORDS)

    lowered = html.lower()
    tags = ("<script", "<img", "<b ", 'href="javascript', 'href="data', 'href="file')
    assert [tag for tag in tags if tag in lowered] == []


def test_fact_is_never_read_as_html():
    words = Words(facts={"titel": "<b>&</b>"})

    assert render("[[titel]]", words) == "<p>&lt;b&gt;&amp;&lt;/b&gt;</p>\n"


def test_placeholders_are_listed_once_in_order():
    assert placeholders("[[B]] [[a]] [[ b ]] [[c\n]]") == ["b", "a"]
