"""What messages say: the words of a kind, with facts, links and blocks put in."""

import pytest

from municipalities.messages import (
    Composed,
    Words,
    compose,
    escaped,
)
from tests.factories import make_body

FACTS = {"kommun": "Håbo", "belopp": "1\xa0234 kr", "skäl": "*Två* <saker>:\na & b"}
LINKS = {"svara": ("Svara här", "https://medel.example/svar/1/?a=1&b=2")}


def composed(text, subject="Ämne", facts=FACTS, links=LINKS, blocks=None):
    return compose(Words(subject, text), facts=facts, links=links, blocks=blocks)


@pytest.mark.parametrize(
    ("text", "plain", "html"),
    [
        (
            "Hej **[[kommun]]**!",
            "Hej Håbo!",
            "<p>Hej <strong>Håbo</strong>!</p>\n",
        ),
        (
            "Du får *1 234 kr*\npå fredag.",
            "Du får 1 234 kr\npå fredag.",
            "<p>Du får <em>1\xa0234\xa0kr</em><br>\npå fredag.</p>\n",
        ),
        (
            "[[skäl]]",
            "*Två* <saker>:\na & b",
            "<p>*Två* &lt;saker&gt;:<br>\na &amp; b</p>\n",
        ),
        (
            "[[svara]]",
            "Svara här: https://medel.example/svar/1/?a=1&b=2",
            '<p class="action"><a href="https://medel.example/svar/1/?a=1&amp;b=2">'
            "Svara här</a></p>\n",
        ),
        (
            "Klart? [[svara]]",
            "Klart? Svara här: https://medel.example/svar/1/?a=1&b=2",
            '<p>Klart? <a href="https://medel.example/svar/1/?a=1&amp;b=2">'
            "Svara här</a></p>\n",
        ),
        (
            "# Att göra\n\n- [[kommun]]\n- två\n  rader\n\n3. tre\n4. fyra",
            "Att göra\n\n- Håbo\n- två\n  rader\n\n3. tre\n4. fyra",
            "<h3>Att göra</h3>\n<ul>\n<li>Håbo</li>\n<li>två<br>\nrader</li>\n</ul>\n"
            '<ol start="3">\n<li>tre</li>\n<li>fyra</li>\n</ol>\n',
        ),
        (
            "> citat\n\nSe [SKR](https://skr.example) eller <https://x.example/a>.",
            "> citat\n\nSe SKR: https://skr.example eller https://x.example/a.",
            "<blockquote>\n<p>citat</p>\n</blockquote>\n"
            '<p>Se <a href="https://skr.example">SKR</a> eller '
            '<a href="https://x.example/a">https://x.example/a</a>.</p>\n',
        ),
        (
            r"\*inte fet\* &amp; <b>",
            "*inte fet* &amp; <b>",
            "<p>*inte fet* &amp;amp; &lt;b&gt;</p>\n",
        ),
        (
            "Mejla <a@b.se>.",
            "Mejla a@b.se.",
            '<p>Mejla <a href="mailto:a@b.se">a@b.se</a>.</p>\n',
        ),
    ],
)
def test_text_reads_alike_plain_and_as_html(text, plain, html):
    written = composed(text)

    assert (written.text, str(written.html)) == (plain, html)


def test_line_without_its_fact_is_left_out():
    text = "Hej!\n\n- Till: [[kommun]]\n- Konto: [[konto]]\n\nSista dag: [[dag]]\n\nSlut"

    written = composed(text, facts={"kommun": "Håbo", "dag": ""})

    assert written.text == "Hej!\n\n- Till: Håbo\n\nSlut"
    assert "Konto" not in written.html


def test_block_is_read_as_markdown_of_its_own():
    block = "- *ett* [[kommun]]\n- " + escaped("<två> *tre* [fyra](http://x)")

    written = composed("Nyss:\n[[lista]]\nSlut", blocks={"lista": block})

    assert written.text == (
        "Nyss:\n\n- ett [kommun saknas]\n- <två> *tre* [fyra](http://x)\n\nSlut"
    )
    assert "<li>&lt;två&gt; *tre* [fyra](http://x)</li>" in written.html


def test_subject_is_one_line_of_plain_text():
    written = composed("x", subject="Svar  från [[kommun]]: [[Skäl]] [[okänt]]")

    assert written.subject == "Svar från Håbo: *Två* <saker>: a & b"


def test_address_that_would_run_a_script_is_no_link():
    written = composed("[klicka](javascript:alert(1))", facts={})

    assert "href" not in written.html


def test_whole_letter_has_a_frame_in_both_forms():
    body = make_body.__wrapped__ if False else None
    written = Composed("Ämne & <mer>", "Hej <du>", "<p>Hej &lt;du&gt;</p>")

    html = written.document(body, "https://medel.example/av/?a=1&b=2")
    text = written.letter(body, "https://medel.example/av/?a=1&b=2")

    assert "<title>Ämne &amp; &lt;mer&gt;</title>" in html
    assert "<p>Hej &lt;du&gt;</p>" in html
    assert '<a href="https://medel.example/av/?a=1&amp;b=2">' in html
    assert text.startswith("Hej <du>\n\n-- \nStimulansmedel\n")
    assert text.rstrip().endswith(": https://medel.example/av/?a=1&b=2")
