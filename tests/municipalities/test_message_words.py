"""The words of the messages: checked, tried on real data, and saved over nobody's."""

from dataclasses import replace

import pytest
from django.test import Client

from municipalities.message_kinds import KINDS
from municipalities.message_words import example_of, shown
from municipalities.messages import Words, words_of
from municipalities.models import Message, MessageTemplate
from tests.factories import make_body, make_member, make_offered, make_requisition

pytestmark = pytest.mark.django_db

LIST = "/meddelanden/mallar/"
PAGE = f"{LIST}receipt/"
GOOD = {
    "subject": "Tack, [[kommun]]!",
    "text": "Vi har fått svaret. [[svar]]\n\n[[kvitto]]",
}


def seen(client):
    return client.get(PAGE).context["form"]["seen"].value()


def save(client, **facts):
    return client.post(PAGE, GOOD | {"seen": seen(client)} | facts)


def codes(response):
    """Return the codes of what the form found wrong, by field."""
    errors = response.context["form"].errors.as_data()
    return {name: [error.code for error in found] for name, found in errors.items()}


@pytest.mark.parametrize("slug", list(KINDS))
def test_words_of_the_product_pass_their_own_check(as_handler, slug):
    page = f"{LIST}{slug}/"
    form = as_handler.get(page).context["form"]

    response = as_handler.post(page, form.initial)

    assert response.status_code == 302, codes(response)
    assert not MessageTemplate.objects.exists()


@pytest.mark.parametrize("slug", list(KINDS))
def test_every_fact_is_told_by_the_plain_example(storsthlm, slug):
    kind = replace(KINDS[slug], example=None)
    example, is_real = example_of(kind, storsthlm)

    composed = shown(words_of(kind, storsthlm), example)

    assert (is_real, "saknas" in composed.html, "[[" in composed.text) == (
        False,
        False,
        False,
    )


def test_own_words_are_used_from_then_on(as_handler, storsthlm):
    response = save(as_handler)

    assert response["Location"] == LIST
    assert words_of(KINDS["receipt"], storsthlm) == Words(
        GOOD["subject"], GOOD["text"], is_own=True
    )
    rows = as_handler.get(LIST).context["kinds"]
    assert [row["slug"] for row in rows if row["is_own"]] == ["receipt"]


def test_words_of_one_body_are_not_anothers(as_handler, storsthlm):
    dalarna = make_body("Region Dalarna", county="20")

    save(as_handler)

    assert not words_of(KINDS["receipt"], dalarna).is_own


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"subject": "Hej [[okänt]]"}, {"subject": ["unknown_placeholder"]}),
        ({"subject": "Hej [[kvitto]]"}, {"subject": ["not_in_subject"]}),
        ({"subject": ""}, {"subject": ["required"]}),
        ({"text": "[[svar]] [[x]] [[kvitto]]"}, {"text": ["unknown_placeholder"]}),
        ({"text": "[[x]]"}, {"text": ["unknown_placeholder", "needed", "needed"]}),
        (
            {"subject": "[[y]]", "text": "Hej"},
            {"subject": ["unknown_placeholder"], "text": ["needed", "needed"]},
        ),
    ],
)
def test_every_mistake_is_told_at_once(as_handler, facts, found):
    response = save(as_handler, **facts)

    assert (response.status_code, codes(response)) == (422, found)
    assert not MessageTemplate.objects.exists()


def test_block_stands_on_a_line_of_its_own(as_handler):
    page = f"{LIST}returned/"
    words = {"subject": "Att komplettera", "seen": ""}

    inline = as_handler.post(page, words | {"text": "Skäl: [[skäl]]\n\n[[komplettera]]"})
    alone = as_handler.post(page, words | {"text": "[[skäl]]\n\n[[komplettera]]"})

    assert codes(inline) == {"text": ["not_alone"]}
    assert alone.status_code == 302


def test_preview_is_of_the_latest_real_occasion(as_handler, storsthlm):
    plain = as_handler.get(PAGE)
    make_requisition(make_offered(storsthlm))
    real = as_handler.get(PAGE)
    tried = as_handler.post(f"{PAGE}granska/", GOOD)

    assert [each.context["is_real"] for each in (plain, real)] == [False, True]
    assert "Botkyrka" not in plain.context["html"]
    assert "Botkyrka kommun rekvirerar" in real.context["html"]
    assert "Tack, Botkyrka kommun!" in tried.content.decode()


def test_example_of_another_body_is_not_shown(as_handler):
    other = make_body("En annan")
    make_requisition(make_offered(other))

    assert as_handler.get(PAGE).context["is_real"] is False


def test_preview_saves_nothing_and_escapes(as_handler):
    response = as_handler.post(PAGE, GOOD | {"text": "<b>Hej</b>", "preview": "1"})

    assert "&lt;b&gt;" in response.context["html"]
    assert not MessageTemplate.objects.exists()


def test_words_are_tried_on_whoever_writes_them(as_handler, handler, deliver):
    response = save(as_handler, test="1")

    [sent] = deliver()
    assert (response.status_code, sent.to) == (200, [handler.email])
    assert sent.subject.startswith("Tack, ")
    assert not MessageTemplate.objects.exists()
    assert Message.objects.get().kind == "test"
    assert "En text provas" in as_handler.get("/meddelanden/").content.decode()


def test_words_with_a_mistake_are_not_tried(as_handler):
    save(as_handler, text="[[x]]", test="1")

    assert not Message.objects.exists()


def test_standard_words_come_back_and_the_history_stays(as_handler, storsthlm):
    save(as_handler)
    first = MessageTemplate.objects.get()

    as_handler.post(f"{PAGE}aterstall/", {"seen": seen(as_handler)})
    restored = words_of(KINDS["receipt"], storsthlm)
    save(as_handler, subject="Ett nytt ämne")

    assert (restored.is_own, restored.subject) == (False, KINDS["receipt"].subject)
    assert MessageTemplate.objects.get().pk == first.pk
    history = as_handler.get(f"{PAGE}historik/").content.decode()
    assert ("Tack, [[kommun]]!" in history, "Ett nytt ämne" in history) == (True, True)


def test_nobody_writes_over_words_that_they_have_not_seen(as_handler, storsthlm):
    colleague = Client()
    colleague.force_login(make_member(storsthlm))
    before = seen(as_handler)
    save(colleague, subject="Kollegans")

    refused = save(as_handler, seen=before)
    given_up = as_handler.post(f"{PAGE}aterstall/", {"seen": before}, follow=True)
    kept = MessageTemplate.objects.get().subject
    again = as_handler.post(PAGE, GOOD | {"seen": refused.context["form"]["seen"].value()})

    assert codes(refused) == {"__all__": ["changed_by_another"]}
    assert [each.level_tag for each in given_up.context["messages"]] == ["error"]
    assert kept == "Kollegans"
    assert (again.status_code, MessageTemplate.objects.get().subject) == (
        302,
        GOOD["subject"],
    )


def test_kind_that_does_not_exist_is_not_found(as_handler):
    assert as_handler.get(f"{LIST}finns-inte/").status_code == 404
    assert as_handler.get(f"{PAGE}historik/").status_code == 404


def test_auditor_reads_but_does_not_write(client, storsthlm):
    client.force_login(make_member(storsthlm, role="auditor"))

    assert (client.get(LIST).status_code, client.get(PAGE).status_code) == (200, 403)
    assert PAGE not in client.get(LIST).content.decode()


@pytest.mark.parametrize("text", ["a\0b", "9" * 30_000])
@pytest.mark.parametrize("page", [PAGE, f"{PAGE}granska/", f"{PAGE}aterstall/"])
def test_odd_words_are_refused_or_shown(as_handler, page, text):
    response = as_handler.post(page, dict.fromkeys(("subject", "text", "seen"), text))

    assert response.status_code < 500
    assert not MessageTemplate.objects.exists()
