"""What the messages say, and what a preview of their texts shows."""

from datetime import date

import pytest

from municipalities import outbox
from municipalities.message_kinds import KINDS
from municipalities.messages import compose, words_of
from municipalities.models import ContactConfirmation, Message, Municipality
from reporting import reminders
from tests.factories import make_body, make_member, make_user
from tests.reporting.reminding import (
    HANDLER,
    KARLSHAMN,
    OLOFSTROM,
    RONNEBY,
    address,
    all_but,
    august,
    offer,
    run,
    september,
)

pytestmark = pytest.mark.django_db

OURS = ("reminder", "digest", "contact_check", "deadline_moved")


def letter_to(server, to):
    [email] = [email for _at, email in server.received if email.to == [to]]
    text = email.body.replace("\xa0", " ").partition("\n-- \n")[0]
    return [email.subject.replace("\xa0", " "), *text.strip().split("\n\n")]


def test_reminder_says_what_and_when_and_where(blekinge, clock, server):
    deadline = offer(blekinge, kind="requisition", done=all_but(RONNEBY))
    ContactConfirmation.objects.filter(municipality__code=RONNEBY).delete()
    run(clock, *august(10))

    site = "http://127.0.0.1:8000"
    assert letter_to(server, address(RONNEBY)) == [
        "Påminnelse: rekvisition, Vårdens medarbetare 2020, sista dag 31 augusti 2026",
        "Hej!",
        "Det här är kvar att göra för Ronneby kommun:",
        "- Rekvisition, Vårdens medarbetare 2020. Sista dag är 31 augusti 2026, "
        f"om 21 dagar. Svara här: {site}/mina-medel/{deadline.grant_id}/svar/",
        "En fråga till: stämmer kontaktuppgifterna för Ronneby kommun fortfarande?",
        f"Titta på kontakterna: {site}/kommunen/personer/",
        "Har du frågor? Svara på det här mejlet eller skriv till "
        "stimulansmedel@storsthlm.example.",
    ]


def test_digest_says_each_thing_under_its_heading(blekinge, clock, server):
    offer(blekinge, done=all_but(RONNEBY, KARLSHAMN, OLOFSTROM))
    offer(
        blekinge, kind="own", title="Skriv protokoll", actor="body", due_on=date(2026, 9, 8)
    )
    make_member(blekinge, user=make_user(HANDLER))
    run(clock, *september(7))

    assert letter_to(server, HANDLER) == [
        "Sammanfattning: 2 sista dagar",
        "Hej!",
        "Våra egna sista dagar",
        "- Skriv protokoll, Vårdens medarbetare 2020. Sista dag är 8 september 2026, "
        "i morgon.",
        "Inte klara efter sista dagen",
        "- Slutredovisning, Vårdens medarbetare 2020. Sista dag var 31 augusti 2026, "
        "för 7 dagar sedan. Olofström, Ronneby och Karlshamn.",
        "Visa påminnelserna: http://127.0.0.1:8000/paminnelser/",
    ]


def test_question_and_moved_day_have_words_of_their_own(blekinge, clock, server):
    deadline = offer(blekinge, done=all_but(RONNEBY), remind_days_before=[])
    ContactConfirmation.objects.filter(municipality__code=RONNEBY).delete()
    run(clock, *august(10))
    reminders.tell_moved(
        [(deadline, date(2026, 9, 15), deadline.due_on)],
        by=make_member(blekinge, user=make_user(HANDLER)),
    )
    outbox.deliver()

    asked, moved = [email for _at, email in server.received]
    assert asked.subject == "Stämmer kontaktuppgifterna för Ronneby kommun?"
    assert moved.subject == "Ny sista dag: slutredovisning, Vårdens medarbetare 2020"
    assert "Den var 15\xa0september\xa02026." in moved.body
    assert [message.municipality.code for message in Message.objects.all()] == [RONNEBY] * 2


def test_markdown_in_a_title_stays_as_it_is_written(blekinge, clock, server):
    offer(blekinge, kind="own", title="*Ny* [rapport](x)", done=all_but(RONNEBY))
    run(clock, *august(10))

    [(_at, email)] = server.received
    assert "- *Ny* [rapport](x), Vårdens medarbetare 2020." in email.body.replace(
        "\xa0", " "
    )
    assert "<em>" not in email.alternatives[0][0]


def test_digest_counts_municipalities_that_are_too_many_to_name():
    from reporting.reminder_words import FEW, _named

    names = [f"Kommun {number}" for number in range(FEW + 1)]

    assert (_named(names), _named(names[:2])) == ("13 kommuner", "Kommun 0 och Kommun 1")


@pytest.mark.parametrize("slug", OURS)
def test_preview_shows_the_whole_text(slug, blekinge, clock):
    offer(blekinge)
    kind = KINDS[slug]

    example = kind.example(blekinge)

    composed = compose(
        words_of(kind, blekinge),
        facts=example.facts,
        links=example.links,
        blocks=example.blocks,
    )
    assert "saknas" not in composed.html
    assert "[[" not in composed.subject + composed.text
    assert any(part in composed.text for part in ("Sista dag", "Titta på kontakterna"))


@pytest.mark.parametrize("slug", OURS)
def test_preview_without_anything_to_show(slug, clock):
    body = make_body()

    example = KINDS[slug].example(body)

    assert (example is None) == (slug != "contact_check")
    assert Municipality.objects.filter(county=body.county).exists()
