"""The log of messages: who sees what, and what is done about one that did not arrive."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.text import capfirst
from python_calamine import CalamineWorkbook

from grants.models import GrantMessage
from municipalities.models import BouncedAddress, Message, Municipality, StoredFile
from tests.factories import make_body, make_grant, make_member, make_municipal_member
from tests.municipalities.letters import make_message

pytestmark = pytest.mark.django_db

LIST = "/meddelanden/"


@pytest.fixture
def dalarna(places):
    return make_body("Region Dalarna", county="20")


def page(message, action=""):
    return f"{LIST}{message.pk}/{action}"


def listed(client, query=""):
    """Return what the list shows, by address."""
    response = client.get(f"{LIST}{query}")
    return [row.record.to_email for row in response.context["table"].rows]


def told(response):
    return [message.level_tag for message in response.context["messages"]]


# The list ------------------------------------------------------------------------------


def test_list_shows_the_bodys_own(as_handler, storsthlm, dalarna):
    make_message(storsthlm)
    make_message(dalarna, to_email="annan@falun.example")

    assert listed(as_handler) == ["kim@botkyrka.example"]


def test_list_is_limited_by_each_fact(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    about = make_message(storsthlm, to_email="medel@x.example", subject="Om pengar")
    GrantMessage.objects.create(message=about, grant=grant)
    make_message(storsthlm, to_email="taby@x.example", municipality="0160")
    make_message(storsthlm, to_email="paminn@x.example", kind="nudge")
    make_message(storsthlm, to_email="fel@x.example", status="failed")
    seen_to = make_message(storsthlm, to_email="sedd@x.example", status="failed")
    Message.objects.filter(pk=seen_to.pk).update(handled_at=timezone.now())

    assert listed(as_handler, f"?grant={grant.pk}") == ["medel@x.example"]
    assert listed(as_handler, "?municipality=0160") == ["taby@x.example"]
    assert listed(as_handler, "?kind=nudge") == ["paminn@x.example"]
    assert listed(as_handler, "?state=failed") == ["sedd@x.example", "fel@x.example"]
    assert listed(as_handler, "?state=to-see-to") == ["fel@x.example"]
    assert listed(as_handler, "?text=PAMINN") == ["paminn@x.example"]
    assert listed(as_handler, "?text=om+pengar") == ["medel@x.example"]


def test_grants_of_others_are_not_offered(as_handler, storsthlm, dalarna):
    own = make_grant(storsthlm)
    other = make_grant(dalarna)

    form = as_handler.get(LIST).context["filter"].form

    choices = [value for value, __ in form.fields["grant"].choices]
    assert (own.pk in choices, other.pk in choices) == (True, False)


def test_list_is_exported_as_it_is_shown(as_handler, storsthlm):
    make_message(storsthlm, status="sent")
    make_message(storsthlm, status="failed", to_email="fel@x.example")

    response = as_handler.get(f"{LIST}?state=failed&format=xlsx")

    book = CalamineWorkbook.from_filelike(BytesIO(response.content))
    header, row = book.get_sheet_by_index(0).to_python()
    assert header == ["När", "Till", "Kommun", "Slag", "Ämne", "Läge"]
    assert row[1:] == [
        "fel@x.example",
        "Botkyrka",
        "Kvitto på ett svar",
        "Kvitto: Botkyrka kommun",
        capfirst(str(Message.Status.FAILED.label)),
    ]


def test_list_costs_the_same_for_one_row_and_for_three(as_handler, storsthlm):
    counts = []
    for codes in (["0127"], ["0160", "0180"]):
        for code in codes:
            make_message(storsthlm, municipality=code)
        with CaptureQueriesContext(connection) as queries:
            rows = listed(as_handler)
        counts.append((len(rows), len(queries)))

    (one, first), (three, second) = counts
    assert (one, three, first) == (1, 3, second)


def test_list_tells_what_asks_for_something(as_handler, storsthlm):
    make_message(storsthlm, send_after=timezone.now() - timedelta(minutes=10))
    calm = as_handler.get(LIST)
    make_message(storsthlm, send_after=timezone.now() - timedelta(minutes=16))
    make_message(storsthlm, status="uncertain")
    worried = as_handler.get(LIST)

    assert [
        (each.context["troubled"], each.context["is_stuck"]) for each in (calm, worried)
    ] == [(0, False), (1, True)]


# One message ---------------------------------------------------------------------------


def test_message_is_shown_as_it_was_sent(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    file = StoredFile.objects.keep(
        b"%PDF", body=storsthlm, name="skrivelse.pdf", content_type="application/pdf"
    )
    message = make_message(storsthlm, status="sent", html="<p>Hej <b>alla</b></p>")
    message.attachments.add(file)
    GrantMessage.objects.create(message=message, grant=grant)

    shown = as_handler.get(page(message)).content.decode()

    for words in (
        "<p>Hej <b>alla</b></p>",
        message.why,
        message.message_id.strip("<>"),
        file.get_absolute_url(),
        grant.get_absolute_url(),
        "/kommuner/0127/",
    ):
        assert words in shown
    assert "skicka-igen" not in shown


def test_message_of_another_body_is_not_there(as_handler, dalarna):
    message = make_message(dalarna, status="failed")

    assert as_handler.get(page(message)).status_code == 404
    assert as_handler.get(page(message, "historik/")).status_code == 404
    for action in ("skicka-igen/", "framme/", "avfarda/"):
        assert as_handler.post(page(message, action)).status_code == 404


def test_link_that_lets_somebody_in_is_not_shown(as_handler, storsthlm):
    link = "https://x.example/konto/password/reset/key/1-hemlig/"
    message = make_message(
        storsthlm,
        kind="invitation",
        text=f"Välj ett lösenord: {link}",
        html=f'<p><a href="{link}">Välj</a></p>',
    )

    shown = as_handler.get(page(message)).content.decode()

    assert ("hemlig" in shown, "Välj ett lösenord: […]" in shown) == (False, True)


@pytest.mark.parametrize(
    ("status", "facts", "actions"),
    [
        ("failed", {}, ["skicka-igen/", "avfarda/"]),
        ("uncertain", {}, ["skicka-igen/", "framme/", "avfarda/"]),
        ("failed", {"handled_at": timezone.now()}, ["skicka-igen/"]),
        ("sent", {}, []),
        ("queued", {}, []),
    ],
)
def test_what_may_be_done_follows_the_state(as_handler, storsthlm, status, facts, actions):
    message = make_message(storsthlm, status=status, **facts)

    shown = as_handler.get(page(message)).content.decode()

    all_actions = ["skicka-igen/", "framme/", "avfarda/"]
    assert [each for each in all_actions if page(message, each) in shown] == actions


def test_auditor_looks_but_does_nothing(client, storsthlm):
    client.force_login(make_member(storsthlm, role="auditor"))
    message = make_message(storsthlm, status="failed")

    shown = client.get(page(message)).content.decode()

    assert page(message, "skicka-igen/") not in shown
    assert client.post(page(message, "skicka-igen/")).status_code == 403


def test_failure_leads_to_the_person(as_handler, storsthlm):
    person = make_municipal_member()
    message = make_message(
        storsthlm, status="failed", to_email=person.email, error="550 No such user"
    )
    BouncedAddress.objects.create(email=person.email)

    response = as_handler.get(page(message))

    membership = person.memberships.get()
    url = f"/kommuner/0127/personer/{membership.pk}/andra/"
    assert response.context["person"] == {"name": str(person), "url": url}
    assert "550 No such user" in response.content.decode()
    assert "har inte fungerat sedan" in response.content.decode()


# What is done about it -----------------------------------------------------------------


@pytest.mark.parametrize("status", ["failed", "uncertain"])
def test_message_is_sent_again(as_handler, storsthlm, deliver, status):
    message = make_message(storsthlm, status=status, attempts=8, error="452 full")

    response = as_handler.post(page(message, "skicka-igen/"), {"to": ""}, follow=True)

    assert told(response) == ["success"]
    assert [sent.to for sent in deliver()] == [["kim@botkyrka.example"]]
    message.refresh_from_db()
    assert message.status == "sent"


def test_message_is_sent_again_to_an_address_that_is_put_right(
    as_handler, storsthlm, deliver
):
    message = make_message(storsthlm, status="failed")

    as_handler.post(page(message, "skicka-igen/"), {"to": "Ratt@botkyrka.example "})

    assert [sent.to for sent in deliver()] == [["ratt@botkyrka.example"]]
    history = as_handler.get(page(message, "historik/")).content.decode()
    assert "kim@botkyrka.example" in history


@pytest.mark.parametrize(
    ("kind", "to"),
    [("receipt", "nej"), ("invitation", "annan@botkyrka.example")],
)
def test_odd_address_sends_nothing(as_handler, storsthlm, deliver, kind, to):
    message = make_message(storsthlm, status="failed", kind=kind)

    response = as_handler.post(page(message, "skicka-igen/"), {"to": to}, follow=True)

    assert (told(response), deliver()) == (["error"], [])


def test_message_that_arrived_after_all_counts_as_sent(as_handler, storsthlm, handler):
    moment = timezone.now() - timedelta(hours=1)
    message = make_message(storsthlm, status="uncertain", handed_over_at=moment)

    as_handler.post(page(message, "framme/"))

    message.refresh_from_db()
    assert (message.status, message.sent_at, message.handled_by) == (
        "sent",
        moment,
        handler,
    )


def test_failed_message_has_not_arrived(as_handler, storsthlm):
    message = make_message(storsthlm, status="failed")

    response = as_handler.post(page(message, "framme/"), follow=True)

    message.refresh_from_db()
    assert (told(response), message.status) == (["error"], "failed")


def test_dismissed_message_asks_for_nothing_more(as_handler, storsthlm, handler, deliver):
    message = make_message(storsthlm, status="failed")

    as_handler.post(page(message, "avfarda/"))

    message.refresh_from_db()
    assert (message.status, message.handled_by) == ("failed", handler)
    assert not Message.objects.of_body(storsthlm).troubled().exists()
    assert deliver() == []


@pytest.mark.parametrize("action", ["skicka-igen/", "framme/", "avfarda/"])
def test_message_that_was_sent_meanwhile_is_left_alone(
    as_handler, storsthlm, deliver, action
):
    message = make_message(storsthlm, status="sent")

    response = as_handler.post(page(message, action), follow=True)

    message.refresh_from_db()
    assert (told(response), message.status, message.handled_by) == (["error"], "sent", None)
    assert deliver() == []


def test_grants_page_lists_its_messages(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    about = make_message(storsthlm, to_email="medel@x.example")
    GrantMessage.objects.create(message=about, grant=grant)
    make_message(storsthlm)

    response = as_handler.get(f"/medel/{grant.pk}/meddelanden/")

    rows = [row.record.to_email for row in response.context["table"].rows]
    assert rows == ["medel@x.example"]


def test_municipalitys_page_leads_to_its_messages(as_handler):
    assert Municipality.objects.filter(code="0127").exists()
    shown = as_handler.get("/kommuner/0127/").content.decode()

    assert f"{LIST}?municipality=0127" in shown


@pytest.mark.parametrize("text", ["a\0b", "9" * 5000, "\N{ARABIC-INDIC DIGIT THREE}"])
@pytest.mark.parametrize("name", ["text", "state", "kind", "municipality", "grant", "page"])
def test_odd_question_is_answered(as_handler, name, text):
    assert as_handler.get(LIST, {name: text}).status_code == 200
