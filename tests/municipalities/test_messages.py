"""What messages say: the words of a kind, with facts, links and blocks put in."""

from html import escape

import pytest

from municipalities.message_kinds import KINDS
from municipalities.messages import Composed, Words, compose, escaped, post, words_of
from municipalities.models import Message, MessageTemplate, StoredFile
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


@pytest.mark.parametrize(
    "text",
    ["- ett", "1. ett", "2) två", "# ett", "> ett", "a\n---", "a\n===", "`a` ~b~ [c]"],
)
def test_what_somebody_has_typed_is_shown_as_it_is(text):
    written = composed("[[lista]]", blocks={"lista": escaped(text)})

    lines = escape(text).replace("\n", "<br>\n")
    assert (written.text, str(written.html)) == (text, f"<p>{lines}</p>\n")


def test_subject_is_one_line_of_plain_text():
    written = composed("x", subject="Svar  från [[kommun]]: [[Skäl]] [[okänt]]")

    assert written.subject == "Svar från Håbo: *Två* <saker>: a & b"


def test_address_that_would_run_a_script_is_no_link():
    written = composed("[klicka](javascript:alert(1))", facts={})

    assert "href" not in written.html


def test_whole_letter_has_a_frame_in_both_forms():
    written = Composed("Ämne & <mer>", "Hej <du>", "<p>Hej &lt;du&gt;</p>")

    html = written.document(None, "https://medel.example/av/?a=1&b=2")
    text = written.letter(None, "https://medel.example/av/?a=1&b=2")

    assert "<title>Ämne &amp; &lt;mer&gt;</title>" in html
    assert "<p>Hej &lt;du&gt;</p>" in html
    assert '<a href="https://medel.example/av/?a=1&amp;b=2">' in html
    assert text.startswith("Hej <du>\n\n-- \nStimulansmedel\n")
    assert text.rstrip().endswith(": https://medel.example/av/?a=1&b=2")


# Written with the change that they tell of.


def write(body, to, **facts):
    return post(
        "invitation",
        to=to,
        body=body,
        why="Prov",
        facts={"organisation": "Håbo", "vem": "Ada", "roll": "läsare"},
        links={"logga in": ("Logga in", "https://medel.example/")},
        **facts,
    )


@pytest.mark.django_db
def test_message_is_written_once_to_each_address():
    body = make_body()
    file = StoredFile.objects.keep(b"x", body=body, name="a.pdf", content_type="a/b")

    written = write(
        body, ["B@x.se ", "a@x.se", "b@x.se", ""], attachments=[file], reply_to="c@x.se"
    )

    found = Message.objects.order_by("to_email")
    assert list(found) == written
    assert [
        (each.to_email, each.reply_to, each.status, list(each.attachments.all()))
        for each in found
    ] == [
        ("a@x.se", "c@x.se", "queued", [file]),
        ("b@x.se", "c@x.se", "queued", [file]),
    ]
    assert len({each.message_id for each in found}) == 2


@pytest.mark.django_db
def test_body_has_words_of_its_own():
    body, other = make_body(), make_body(name="Dalarna", county="20")
    MessageTemplate.objects.create(
        body=body, kind="invitation", subject="Välkommen", text="Hej!\n\n[[logga in]]"
    )

    [ours] = write(body, ["a@x.se"])
    [theirs] = write(other, ["a@x.se"])

    assert (ours.subject, ours.text) == (
        "Välkommen",
        "Hej!\n\nLogga in: https://medel.example/",
    )
    assert (theirs.subject, words_of(KINDS["invitation"], other).is_own) == (
        "Du har fått tillgång till Stimulansmedel",
        False,
    )


@pytest.mark.django_db
def test_many_receivers_take_as_many_queries_as_one(django_assert_num_queries):
    body = make_body()
    file = StoredFile.objects.keep(b"x", body=body, name="a.pdf", content_type="a/b")

    for to in [["a@x.se"], ["b@x.se", "c@x.se", "d@x.se"]]:
        with django_assert_num_queries(3):
            write(body, to, attachments=[file])
