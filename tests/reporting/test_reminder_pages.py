"""The pages about reminders: what comes, what has gone, paused, sent now, turned off."""

import re

import pytest
from django.core.management import call_command
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django import app

from grants.models import Deadline
from municipalities.models import BouncedAddress, Membership, Message
from reporting.models import Reminder
from reporting.tasks import send_reminders
from tests.factories import make_body, make_member, make_user
from tests.reporting.reminding import (
    HANDLER,
    KARLSHAMN,
    RONNEBY,
    address,
    all_but,
    august,
    offer,
    run,
)

pytestmark = pytest.mark.django_db

CONTACT = address(RONNEBY)


@pytest.fixture
def handler(blekinge):
    return make_member(blekinge, user=make_user(HANDLER, first_name="Hanna"))


@pytest.fixture
def browser(handler, settings):
    settings.SESSION_COOKIE_AGE = 10**8  # the clock is moved by weeks
    client = Client()
    client.force_login(handler)
    return client


@pytest.fixture
def deadline(blekinge, handler):
    return offer(blekinge, done=all_but(RONNEBY, KARLSHAMN))


def plan_url(deadline):
    return reverse("reporting:reminder_plan", args=[deadline.grant_id])


def coming(response):
    """Return what the page tells of each coming step."""
    return [
        (
            f"{each.round.day:%m-%d}",
            each.round.step.offset,
            [(str(who), to) for who, to in each.to],
        )
        for each in response.context["coming"]
    ]


def text_of(response):
    return " ".join(response.content.decode().split())


# What comes and what has gone --------------------------------------------------------


def test_plan_tells_who_is_reminded_when_and_where_it_goes(deadline, browser, clock):
    clock.set(august(24)[0])
    Reminder.objects.all().delete()
    page = browser.get(plan_url(deadline))

    def to(*who):
        return [
            (name, tuple(address(code, each) for each in who))
            for name, code in [("Ronneby", RONNEBY), ("Karlshamn", KARLSHAMN)]
        ]

    assert coming(page) == [
        ("08-24", -7, to("kontakt")),
        ("08-28", -1, to("kontakt", "ersattare")),
        ("08-31", 0, to("kontakt", "ersattare")),
        ("09-07", 7, to("kontakt", "ersattare", "kommun")),
    ]
    assert (page.context["tab"], page.context["sent"]) == ("deadlines", [])


def test_of_two_steps_on_a_day_the_last_is_shown(blekinge, browser, clock):
    # The day before is a Sunday: both fall on Friday 28 August.
    deadline = offer(blekinge, done=all_but(RONNEBY), remind_days_before=[3, 1])

    page = browser.get(plan_url(deadline))

    assert [each[:2] for each in coming(page)] == [("08-28", -1), ("09-07", 7)]


def test_plan_of_all_grants_shows_every_grants(blekinge, deadline, browser, clock):
    offer(blekinge, kind="interim_report", actor="body")

    page = browser.get(reverse("reporting:reminder_plans"))

    assert [(day, step, len(to)) for day, step, to in coming(page)] == [
        (day, step, number)
        for day, step in [
            ("08-10", -21),
            ("08-24", -7),
            ("08-28", -1),
            ("08-31", 0),
            ("09-07", 7),
        ]
        for number in (2, 0)
    ]
    assert len(page.context["rows"]) == 2


def test_plan_of_another_body_is_not_there(deadline):
    neighbour = Client()
    neighbour.force_login(make_member(make_body("Annan", county="10")))

    assert neighbour.get(plan_url(deadline)).status_code == 404
    page = neighbour.get(reverse("reporting:reminder_plans"))
    assert (page.context["coming"], page.context["rows"]) == ([], [])


def test_what_was_sent_is_told_with_how_it_went(deadline, browser, clock, server):
    server.refused = {address(KARLSHAMN)}
    run(clock, *august(10))

    page = browser.get(plan_url(deadline))

    [sent] = page.context["sent"]
    assert (sent.day, sent.step, sent.by, sent.troubles) == (august(10)[0], -21, None, 1)
    assert [
        (
            str(told.municipality),
            [(each.message.to_email, each.kind) for each in told.deliveries],
        )
        for told in sent.told
    ] == [
        ("Ronneby", [(CONTACT, "success")]),
        ("Karlshamn", [(address(KARLSHAMN), "danger")]),
    ]


@pytest.mark.parametrize("name", ["reminder_plan", "reminder_plans"])
def test_pages_cost_the_same_queries_for_more(name, blekinge, browser, clock, handler):
    first = offer(blekinge)
    args = [first.grant_id] if name == "reminder_plan" else []
    counts = []
    for _round in range(2):
        Deadline.objects.create(
            grant=first.grant, kind="own", title="Anmälan", due_on=august(31)[0]
        )
        Deadline.objects.update(reminds_from=august(3)[0])
        run(clock, *august(10), deliver=False)
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(reverse(f"reporting:{name}", args=args))
        counts.append((len(page.context["rows"]), len(page.context["sent"]), len(queries)))

    (few, little, cost), (many, much, same) = counts
    assert (few, little, many, much, cost) == (2, 2, 3, 3, same)


# Paused and sent now -----------------------------------------------------------------


def test_pause_and_resume(deadline, browser):
    url = reverse("reporting:reminder_pause", args=[deadline.pk])

    paused = browser.post(url)
    deadline.refresh_from_db()
    assert (paused["Location"], deadline.is_paused) == (plan_url(deadline), True)
    page = browser.get(plan_url(deadline))
    assert coming(page) == []
    assert 'name="resume"' in text_of(page)

    everything = reverse("reporting:reminder_plans")
    resumed = browser.post(url, {"resume": "1", "next": everything})
    deadline.refresh_from_db()
    assert (resumed["Location"], deadline.is_paused) == (everything, False)


def test_pause_leads_nowhere_else(deadline, browser):
    url = reverse("reporting:reminder_pause", args=[deadline.pk])

    response = browser.post(url, {"next": "https://evil.example/"})

    assert response["Location"] == plan_url(deadline)


def test_send_now_shows_who_and_sends_once(deadline, browser, handler, clock, server):
    url = reverse("reporting:reminder_send", args=[deadline.pk])

    page = browser.get(url)
    assert [(str(who), to) for who, to in page.context["reached"]] == [
        ("Ronneby", (CONTACT,)),
        ("Karlshamn", (address(KARLSHAMN),)),
    ]
    for _press in range(2):
        response = browser.post(url, {"chosen": [RONNEBY]})
        assert response["Location"] == plan_url(deadline)

    assert [message.to_email for message in Message.objects.filter(kind="reminder")] == [
        CONTACT
    ]
    [sent] = browser.get(plan_url(deadline)).context["sent"]
    assert (sent.by, sent.step, sent.municipalities) == (handler, -28, 1)


def test_send_now_asks_for_a_choice(deadline, browser):
    response = browser.post(reverse("reporting:reminder_send", args=[deadline.pk]))

    assert (response.status_code, response.context["lacks_choice"]) == (422, True)
    assert not Message.objects.filter(kind="reminder").exists()


def test_send_now_names_who_cannot_be_reached(deadline, browser):
    people = Membership.objects.filter(municipality__code=RONNEBY)
    BouncedAddress.objects.bulk_create(
        BouncedAddress(email=email)
        for email in [
            *people.values_list("user__email", flat=True),
            address(RONNEBY, "kommun"),
        ]
    )

    page = browser.get(reverse("reporting:reminder_send", args=[deadline.pk]))

    assert [str(each) for each in page.context["unreached"]] == ["Ronneby"]


def test_send_now_is_not_there_for_what_is_no_longer_taken(blekinge, browser, clock):
    deadline = offer(blekinge, kind="requisition")
    type(deadline.grant).objects.update(refuses_late=True)
    clock.set(august(31)[0].replace(month=9, day=1))

    page = browser.get(reverse("reporting:reminder_send", args=[deadline.pk]))

    assert page.context["reached"] == []
    [row] = browser.get(plan_url(deadline)).context["rows"]
    assert row.may_be_sent is False


def test_send_now_is_not_there_for_what_was_long_ago(deadline, browser, clock):
    clock.set(august(31)[0].replace(year=2028))
    url = reverse("reporting:reminder_send", args=[deadline.pk])

    assert browser.get(url).context["reached"] == []
    assert browser.post(url, {"chosen": [RONNEBY]}).status_code == 302
    assert not Message.objects.exists()


def test_title_of_ones_own_stands_as_it_is_written(blekinge, browser):
    deadline = offer(blekinge, kind="own", title="GDPR-rapport")

    page = browser.get(reverse("reporting:reminder_send", args=[deadline.pk]))

    assert "GDPR-rapport" in page.context["page_title"]


# Turned off --------------------------------------------------------------------------


@pytest.fixture
def off_path(deadline, clock, server):
    run(clock, *august(10))
    message = Message.objects.get(to_email=CONTACT)
    _site, path = message.unsubscribe.split("/paminnelser/")
    return f"/paminnelser/{path}"


def is_reminded(email=CONTACT):
    return Membership.objects.get(user__email=email).is_reminded


def test_link_shows_a_button_and_changes_nothing(off_path):
    page = Client().get(off_path)

    assert (page.status_code, page.context["is_on"], is_reminded()) == (200, True, True)
    assert CONTACT not in text_of(page)
    assert page["Referrer-Policy"] == "no-referrer"


def test_button_turns_off_and_on_again(off_path):
    browser = Client(enforce_csrf_checks=True)

    for button, is_on in [("off", False), ("on", True)]:
        response = browser.post(off_path, {button: "1"})
        assert (response["Location"], is_reminded()) == (off_path, is_on)
        assert browser.get(off_path).context["is_on"] is is_on


def test_mail_program_turns_off_with_one_click(off_path):
    response = Client(enforce_csrf_checks=True).post(
        off_path, {"List-Unsubscribe": "One-Click"}
    )

    # RFC 8058: no redirect, no cookies, no questions.
    assert (response.status_code, is_reminded()) == (200, False)


def test_somebody_else_gets_what_one_has_turned_off(off_path, clock, server):
    Client().post(off_path, {"off": "1"})

    run(clock, *august(24))

    told = {to for day, to, _lines in server.letters() if day == "08-24"}
    assert told == {address(RONNEBY, "ersattare"), address(KARLSHAMN)}


@pytest.mark.parametrize("signed", ["1", "1:fel", "x.y"])
def test_address_that_is_not_ours_is_not_found(deadline, signed):
    membership = Membership.objects.get(user__email=CONTACT)
    path = reverse("reporting:reminder_off", args=[signed.replace("1", str(membership.pk))])

    assert Client().get(path).status_code == 404
    assert Client().post(path, {"off": "1"}).status_code == 404
    assert is_reminded() is True


def test_address_does_not_tell_whether_somebody_is_there(off_path):
    Client().post(off_path, {"off": "1"})
    signed = Signer(salt="reporting.reminder_off").sign("999999")

    gone, there = [
        re.sub(r"\b[A-Za-z0-9]{64}\b", "", text_of(Client().get(path)).replace(path, ""))
        for path in (reverse("reporting:reminder_off", args=[signed]), off_path)
    ]

    assert gone == there


def test_official_mailbox_has_nothing_to_turn_off(blekinge, clock, server):
    offer(blekinge, done=all_but(RONNEBY))
    Membership.objects.filter(municipality__code=RONNEBY).update(is_reminded=False)
    run(clock, *august(10))

    [message] = Message.objects.filter(kind="reminder")
    assert (message.to_email, message.unsubscribe) == (address(RONNEBY, "kommun"), "")


def test_digest_is_turned_off_for_the_member_of_staff(blekinge, handler, clock, server):
    offer(blekinge, actor="body")
    run(clock, *august(10))
    [message] = Message.objects.filter(kind="digest")
    path = "/paminnelser/" + message.unsubscribe.split("/paminnelser/")[1]

    Client().post(path, {"off": "1"})

    assert is_reminded(HANDLER) is False


# By hand -----------------------------------------------------------------------------


def command(capsys, *args):
    call_command("send_reminders", *args)
    return capsys.readouterr().out.replace("\xa0", " ").splitlines()


def test_command_says_what_it_did(deadline, clock, capsys):
    clock.set(august(10)[0])

    first, second = command(capsys), command(capsys)

    assert first == [
        "2 påminnelser och 0 frågor om kontakter i 2 mejl, varav 0 sammanfattningar."
    ]
    assert second == [
        "0 påminnelser och 0 frågor om kontakter i 0 mejl, varav 0 sammanfattningar."
    ]


@pytest.mark.parametrize("args", [["--date", "2026-08-28"], ["--dry-run"]])
def test_command_shows_the_plan_and_writes_nothing(deadline, clock, capsys, args):
    clock.set(august(28)[0])

    lines = command(capsys, *args)

    assert lines == [
        "Region Blekinge, 28 augusti 2026",
        f"  {deadline.label}, {deadline.grant}",
        f"    Ronneby: {CONTACT}, {address(RONNEBY, 'ersattare')}",
        f"    Karlshamn: {address(KARLSHAMN)}, {address(KARLSHAMN, 'ersattare')}",
    ]
    assert not Reminder.objects.exists()


def test_hourly_task_waits_until_people_are_at_work(deadline, clock):
    written = []
    for hour in (6, 7):
        clock.set(august(10)[0], hour, 5)
        send_reminders(0)
        written.append(Reminder.objects.count())

    assert written == [0, 2]


def test_task_is_run_each_hour():
    [task] = [
        each.cron
        for each in app.periodic_registry.periodic_tasks.values()
        if each.task.name == "reporting.tasks.send_reminders"
    ]

    assert task == "5 * * * *"
