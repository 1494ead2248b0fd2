"""Who is reminded of what, and when: none twice, none lost.

The clock is moved, and a mail server that can fail tells what came on which day.
"""

from copy import deepcopy
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grants.deadlines import move_deadline
from grants.models import Deadline, GrantMessage
from municipalities import outbox
from municipalities.models import (
    BouncedAddress,
    ContactConfirmation,
    Membership,
    Message,
    Municipality,
)
from reporting import reminder_rounds, reminders
from reporting.models import Reminder
from tests.factories import (
    make_member,
    make_municipal_member,
    make_offered,
    make_requisition,
    make_user,
)
from tests.reporting.reminding import (
    CODES,
    HANDLER,
    KARLSHAMN,
    KARLSKRONA,
    OLOFSTROM,
    RONNEBY,
    START,
    STOCKHOLM,
    address,
    all_but,
    august,
    confirm_contacts,
    make_county,
    note_done,
    offer,
    run,
    september,
)

pytestmark = pytest.mark.django_db

CONTACT = address(RONNEBY)
DEPUTY = address(RONNEBY, "ersattare")
OTHER = address(RONNEBY, "annan")
MAILBOX = address(RONNEBY, "kommun")


@pytest.fixture(scope="module")
def made(county):
    """What has gone out, without any last day, made once for them all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: datetime.combine(START, time(8), STOCKHOLM))
        offered = make_offered(county)
    offered.grant.deadlines.all().delete()
    return offered


@pytest.fixture
def offered(made):
    return deepcopy(made)


@pytest.fixture
def deadline(blekinge, offered):
    """A last day on 31 August that Ronneby alone has something to do by."""
    return offer(blekinge, done=all_but(RONNEBY), offered=offered)


def line(deadline, when, day="31 augusti 2026", verb="är"):
    text = f"{deadline.label}, {deadline.grant}. Sista dag {verb} {day}, {when}."
    return text.replace("\xa0", " ")


def letters(server):
    return [
        (day, to, [each.replace("\xa0", " ") for each in lines])
        for day, to, lines in server.letters()
    ]


def steps(deadline, **which):
    rows = Reminder.objects.filter(deadline=deadline, **which).order_by("step")
    return [(row.step, row.messages.count()) for row in rows]


@pytest.fixture
def handler(blekinge):
    return make_member(blekinge, user=make_user(HANDLER))


BEFORE = august(10, 24, 28)
"""The days of the plan before the last day."""


# The ladder --------------------------------------------------------------------------


def test_contact_then_deputy_then_mailbox(deadline, clock, server):
    run(clock, *august(4, 10, 11, 21, 24, 27, 28, 29, 31), *september(1, 7, 8, 14))

    assert letters(server) == [
        ("08-10", CONTACT, [line(deadline, "om 21 dagar")]),
        ("08-24", CONTACT, [line(deadline, "om 7 dagar")]),
        ("08-28", DEPUTY, [line(deadline, "om 3 dagar")]),
        ("08-28", CONTACT, [line(deadline, "om 3 dagar")]),
        ("08-31", DEPUTY, [line(deadline, "i dag")]),
        ("08-31", CONTACT, [line(deadline, "i dag")]),
        *(
            (day, to, [line(deadline, f"för {days} dagar sedan", verb="var")])
            for day, days in [("09-07", 7), ("09-14", 14)]
            for to in (DEPUTY, MAILBOX, CONTACT)
        ),
    ]


@pytest.mark.parametrize(
    ("lacking", "to"),
    [
        ([CONTACT], [DEPUTY]),
        ([CONTACT, DEPUTY], [OTHER]),
        ([CONTACT, DEPUTY, OTHER], [MAILBOX]),
        ([CONTACT, DEPUTY, OTHER, MAILBOX], []),
    ],
)
def test_next_one_is_reminded_where_nobody_can_be(deadline, clock, server, lacking, to):
    BouncedAddress.objects.bulk_create(BouncedAddress(email=each) for each in lacking)

    run(clock, *august(10))

    assert letters(server) == [
        ("08-10", each, [line(deadline, "om 21 dagar")]) for each in to
    ]


def test_one_who_has_turned_reminders_off_gets_none(deadline, clock, server):
    Membership.objects.filter(user__email=CONTACT).update(is_reminded=False)

    run(clock, *august(10))

    assert letters(server) == [("08-10", DEPUTY, [line(deadline, "om 21 dagar")])]


def test_who_is_done_is_not_reminded(deadline, clock, server):
    run(clock, *august(10))
    note_done(deadline, RONNEBY)
    run(clock, *august(24, 28, 31), *september(7))

    assert letters(server) == [("08-10", CONTACT, [line(deadline, "om 21 dagar")])]


def test_last_day_of_use_informs_before_the_day(blekinge, clock, server):
    use = offer(blekinge, kind="use")

    run(clock, *august(10, 24, 28, 31), *september(7))

    told = sorted({(day, to) for day, to, _lines in letters(server)})
    assert {day for day, _to in told} == {"08-10", "08-24", "08-28", "08-31"}
    assert [to for day, to in told if day == "08-10"] == [address(code) for code in CODES]
    assert steps(use, municipality__code=RONNEBY) == [(-21, 1), (-7, 1), (-1, 2), (0, 2)]


def test_nobody_is_asked_for_what_is_no_longer_taken(blekinge, handler, clock, server):
    deadline = offer(blekinge, kind="requisition", done=all_but(RONNEBY))
    type(deadline.grant).objects.update(refuses_late=True)

    run(clock, *august(31), *september(7))

    late = line(deadline, "för 7 dagar sedan", verb="var") + " Ronneby."
    assert letters(server) == [
        ("08-31", DEPUTY, [line(deadline, "i dag")]),
        ("08-31", CONTACT, [line(deadline, "i dag")]),
        ("09-07", HANDLER, [late]),
    ]


def test_what_should_have_gone_before_reminders_begin_is_not_sent(blekinge, clock, server):
    deadline = offer(blekinge, done=all_but(RONNEBY), reminds_from=date(2026, 8, 11))

    run(clock, *august(10, 11, 12, 24))

    assert letters(server) == [("08-24", CONTACT, [line(deadline, "om 7 dagar")])]


def test_what_should_have_gone_before_the_offer_is_not_sent(blekinge, clock, server):
    clock.set(august(11)[0])
    deadline = offer(blekinge, done=all_but(RONNEBY), reminds_from=START)

    run(clock, *august(11, 12, 24))

    assert letters(server) == [("08-24", CONTACT, [line(deadline, "om 7 dagar")])]


# Nights and hours --------------------------------------------------------------------


def test_three_missed_nights_are_caught_up_with_one_message(deadline, clock, server):
    # Nothing ran on the 24th, the 25th and the 26th; it does on the 27th.
    run(clock, *august(10, 21, 27, 28))

    assert letters(server) == [
        ("08-10", CONTACT, [line(deadline, "om 21 dagar")]),
        ("08-27", CONTACT, [line(deadline, "om 4 dagar")]),
        ("08-28", DEPUTY, [line(deadline, "om 3 dagar")]),
        ("08-28", CONTACT, [line(deadline, "om 3 dagar")]),
    ]


def test_a_whole_month_is_caught_up_with_one_message(deadline, clock, server):
    run(clock, *september(8, 9))

    late = line(deadline, "för 8 dagar sedan", verb="var")
    assert letters(server) == [("09-08", to, [late]) for to in (DEPUTY, MAILBOX, CONTACT)]
    assert steps(deadline) == [(-21, 0), (-7, 0), (-1, 0), (0, 0), (7, 3)]


def test_run_twice_sends_once(deadline, clock, server):
    run(clock, *august(10, 10, 10))

    assert letters(server) == [("08-10", CONTACT, [line(deadline, "om 21 dagar")])]


@pytest.mark.parametrize(
    ("hour", "day", "is_open"),
    [
        (6, date(2026, 8, 10), False),
        (7, date(2026, 8, 10), True),
        (23, date(2026, 8, 10), True),
        (12, date(2026, 8, 9), False),
        (12, date(2026, 12, 24), False),
    ],
)
def test_people_are_reminded_when_they_are_at_work(clock, hour, day, is_open):
    clock.set(day, hour)

    assert reminders.is_open(clock.now) is is_open


@pytest.mark.parametrize(
    ("written", "goes_out"),
    [
        ((date(2026, 8, 10), 5), (date(2026, 8, 10), 7)),
        ((date(2026, 8, 10), 15), (date(2026, 8, 10), 15)),
        ((date(2026, 8, 15), 15), (date(2026, 8, 17), 7)),
    ],
)
def test_what_is_written_at_night_goes_out_in_the_morning(
    deadline, clock, server, written, goes_out
):
    run(clock, written[0], hour=written[1])

    message = Message.objects.get(kind="reminder")
    clock.set(goes_out[0], goes_out[1])
    assert message.send_after == clock.now
    clock.set(goes_out[0], goes_out[1] - 1, 59)
    outbox.deliver()
    assert len(server.received) == (goes_out == written)
    clock.set(*goes_out)
    outbox.deliver()
    assert [to for _day, to, _lines in letters(server)] == [CONTACT]


@pytest.mark.parametrize(
    ("due_on", "days"),
    [
        # The clocks go forward on 29 March and back on 25 October.
        (date(2026, 4, 7), [date(2026, 3, 27), date(2026, 3, 31)]),
        (date(2026, 11, 3), [date(2026, 10, 23), date(2026, 10, 27)]),
    ],
)
def test_seven_o_clock_is_seven_o_clock_all_year(blekinge, clock, server, due_on, days):
    clock.set(date(2026, 3, 2))
    confirm_contacts()
    offer(blekinge, due_on, all_but(RONNEBY), remind_days_before=[11, 7])
    for day in days:
        clock.set(day, 0, 5)
        for _hour in range(24):
            if reminders.is_open(clock.now):
                reminders.send_due()
            outbox.deliver()
            clock.now += timedelta(hours=1)

    sent = [
        at.astimezone(STOCKHOLM) for at, email in server.received if email.to == [CONTACT]
    ]
    assert sent == [datetime.combine(day, time(7, 5), STOCKHOLM) for day in days]


# What fails --------------------------------------------------------------------------


def test_job_that_dies_between_bodies_and_between_rows(
    deadline, clock, server, monkeypatch
):
    other = make_county((), "Kommunförbundet Blekinge")
    second = offer(other, done=all_but(RONNEBY))
    clock.set(august(10)[0])
    ties = GrantMessage.objects.bulk_create
    seen = []

    def dies(rows, *args, **kwargs):
        rows = list(rows)
        seen.append(len(rows))
        if len(seen) == 2:
            raise KeyboardInterrupt  # after the rows and the messages of the second body
        return ties(rows, *args, **kwargs)

    monkeypatch.setattr(GrantMessage.objects, "bulk_create", dies)
    with pytest.raises(KeyboardInterrupt):
        reminders.send_due()
    # The first body is saved, of the second there is nothing.
    assert (steps(deadline), steps(second)) == ([(-21, 1)], [])
    assert Message.objects.filter(kind="reminder").count() == 1

    monkeypatch.undo()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    monkeypatch.setattr(outbox, "get_connection", lambda: server)
    run(clock, *august(10, 11))

    # From two bodies: a person has one message a day, the second comes the next day.
    assert letters(server) == [
        ("08-10", CONTACT, [line(deadline, "om 21 dagar")]),
        ("08-11", CONTACT, [line(second, "om 20 dagar")]),
    ]


def test_one_body_that_fails_does_not_silence_the_others(
    deadline, clock, server, monkeypatch, caplog
):
    broken = make_county((), "Aardvark")
    real = reminders.plan_of

    def plan_of(body, today):
        if body == broken:
            raise ValueError("broken")
        return real(body, today)

    monkeypatch.setattr(reminders, "plan_of", plan_of)
    clock.set(august(10)[0])
    with pytest.raises(ValueError, match="broken"):
        reminders.send_due()
    outbox.deliver()

    assert letters(server) == [("08-10", CONTACT, [line(deadline, "om 21 dagar")])]
    assert "No reminders were written for Aardvark." in caplog.text


def test_mail_server_that_is_down_for_two_days_leaves_no_heap(
    blekinge, clock, server, caplog
):
    deadline = offer(blekinge, done=all_but(RONNEBY), remind_days_before=[7, 6, 5])
    server.is_down = True
    run(clock, *august(24, 25))
    assert letters(server) == []

    server.is_down = False
    run(clock, *august(26))

    assert letters(server) == [
        ("08-26", DEPUTY, [line(deadline, "om 5 dagar")]),
        ("08-26", CONTACT, [line(deadline, "om 5 dagar")]),
    ]
    assert steps(deadline) == [(-7, 1), (-6, 1), (-5, 2)]


def test_refused_address_is_followed_by_the_next_one_and_told(
    deadline, handler, clock, server
):
    server.refused = {CONTACT}
    run(clock, *august(10))
    run(clock, *august(10), hour=9)
    run(clock, *august(11, 24))

    assert letters(server) == [
        ("08-10", HANDLER, [f"Ronneby: {CONTACT}"]),
        ("08-24", DEPUTY, [line(deadline, "om 7 dagar")]),
    ]


# What changes ------------------------------------------------------------------------


def test_earlier_last_day_has_a_plan_of_its_own(deadline, clock, server):
    run(clock, *august(10))
    clock.set(august(12)[0])
    move_deadline(deadline, date(2026, 8, 20))
    run(clock, *august(12, 13, 14, 19, 20, 24, 27))
    deadline.refresh_from_db()

    soon = {"day": "20 augusti 2026"}
    late = line(deadline, "för 7 dagar sedan", verb="var", **soon)
    assert letters(server) == [
        ("08-10", CONTACT, [line(deadline, "om 21 dagar")]),
        ("08-13", CONTACT, [line(deadline, "om 7 dagar", **soon)]),
        ("08-19", DEPUTY, [line(deadline, "i morgon", **soon)]),
        ("08-19", CONTACT, [line(deadline, "i morgon", **soon)]),
        ("08-20", DEPUTY, [line(deadline, "i dag", **soon)]),
        ("08-20", CONTACT, [line(deadline, "i dag", **soon)]),
        *(("08-27", to, [late]) for to in (DEPUTY, MAILBOX, CONTACT)),
    ]


def test_later_last_day_has_a_plan_of_its_own(deadline, clock, server):
    run(clock, *august(10, 24))
    clock.set(august(25)[0])
    move_deadline(deadline, date(2026, 9, 7))
    run(clock, *august(25, 28, 31), *september(1))
    deadline.refresh_from_db()

    assert letters(server) == [
        ("08-10", CONTACT, [line(deadline, "om 21 dagar")]),
        ("08-24", CONTACT, [line(deadline, "om 7 dagar")]),
        ("08-31", CONTACT, [line(deadline, "om 7 dagar", day="7 september 2026")]),
    ]


def test_day_that_moves_before_the_message_is_sent_drops_it(deadline, clock, server):
    run(clock, *august(10), deliver=False)
    move_deadline(deadline, date(2026, 9, 30))
    outbox.deliver()

    assert letters(server) == []
    assert Message.objects.get(kind="reminder").status == "dropped"


def test_message_is_dropped_when_all_is_done_before_it_is_sent(deadline, clock, server):
    run(clock, *august(10), deliver=False)
    note_done(deadline, RONNEBY)
    outbox.deliver()

    assert letters(server) == []
    assert Message.objects.get(kind="reminder").status == "dropped"


def test_message_leaves_out_what_is_done_before_it_is_sent(
    blekinge, deadline, clock, server
):
    second = offer(blekinge, kind="requisition", done=all_but(RONNEBY))
    run(clock, *august(10), deliver=False)
    [message] = Message.objects.filter(kind="reminder")
    assert [second.label in message.text, deadline.label in message.text] == [True, True]

    make_requisition(second.grant.distributions.get(), RONNEBY, today=clock.today)
    outbox.deliver()

    assert letters(server) == [("08-10", CONTACT, [line(deadline, "om 21 dagar")])]


def test_message_that_waits_counts_the_days_when_it_is_sent(deadline, clock, server):
    run(clock, *august(10), deliver=False)
    clock.set(august(12)[0])
    outbox.deliver()

    assert letters(server) == [("08-12", CONTACT, [line(deadline, "om 19 dagar")])]


def test_paused_plan_sends_one_message_when_it_goes_on(deadline, clock, server):
    run(clock, *august(10))
    Deadline.objects.update(is_paused=True)
    run(clock, *august(24, 25))
    assert len(server.received) == 1

    Deadline.objects.update(is_paused=False)
    run(clock, *august(26, 27))

    assert letters(server) == [
        ("08-10", CONTACT, [line(deadline, "om 21 dagar")]),
        ("08-26", CONTACT, [line(deadline, "om 5 dagar")]),
    ]


def test_pause_holds_back_what_is_written_but_not_sent(deadline, clock, server):
    run(clock, *august(10), deliver=False)
    Deadline.objects.update(is_paused=True)
    outbox.deliver()

    assert letters(server) == []


# Several things ----------------------------------------------------------------------


def test_two_municipalities_and_two_grants_make_one_message(blekinge, clock, server):
    first = offer(blekinge, done=all_but(RONNEBY, KARLSHAMN))
    second = offer(
        blekinge, done=all_but(RONNEBY), kind="own", title="Uppföljning av personal"
    )
    person = make_user("bada@blekinge.example")
    Membership.objects.filter(is_contact=True).update(is_contact=False)
    for code in (RONNEBY, KARLSHAMN):
        make_municipal_member(code, "contributor", person, is_contact=True)

    run(clock, *august(10))

    lines = [line(first, "om 21 dagar"), line(second, "om 21 dagar")]
    assert letters(server) == [("08-10", person.email, [*lines, lines[0]])]
    [(_at, email)] = server.received
    assert email.subject == "Påminnelse: 2 sista dagar"
    places = [
        email.body.index(name) for name in ("Ronneby kommun\n", "Karlshamns kommun\n")
    ]
    assert places == sorted(places)


def test_what_comes_later_on_the_same_day_waits_till_tomorrow(
    blekinge, deadline, clock, server
):
    run(clock, *august(10))
    second = offer(blekinge, done=all_but(RONNEBY), reminds_from=date(2026, 8, 10))
    run(clock, *august(10), hour=9)
    run(clock, *august(11))

    assert letters(server) == [
        ("08-10", CONTACT, [line(deadline, "om 21 dagar")]),
        ("08-11", CONTACT, [line(second, "om 20 dagar")]),
    ]


def test_what_comes_before_the_message_is_sent_is_put_into_it(
    blekinge, deadline, clock, server
):
    run(clock, *august(10), hour=5)
    second = offer(blekinge, done=all_but(RONNEBY), reminds_from=date(2026, 8, 10))
    run(clock, *august(10), hour=6)
    run(clock, *august(10), hour=7)

    assert letters(server) == [
        ("08-10", CONTACT, [line(deadline, "om 21 dagar"), line(second, "om 21 dagar")])
    ]


def test_message_about_one_grant_is_among_its_messages(blekinge, deadline, clock, server):
    run(clock, *august(10))

    assert [each.message.to_email for each in deadline.grant.messages.all()] == [CONTACT]


# The yearly question -----------------------------------------------------------------


def test_contacts_are_asked_about_once_a_year_and_again_after_a_month(
    blekinge, clock, server
):
    offer(blekinge, due_on=date(2027, 12, 31), remind_days_before=[], remind_every=None)
    ContactConfirmation.objects.filter(municipality__code=RONNEBY).delete()
    run(clock, *august(10, 11, 31), *september(8, 9, 10))

    assert [(day, to) for day, to, _lines in letters(server)] == [
        ("08-10", CONTACT),
        ("09-09", CONTACT),
    ]
    [(_at, email), _second] = server.received
    assert email.subject == "Stämmer kontaktuppgifterna för Ronneby kommun?"

    confirm_contacts()
    run(clock, date(2026, 10, 12))
    assert len(server.received) == 2


def test_question_about_contacts_is_a_line_of_the_reminder(deadline, clock, server):
    ContactConfirmation.objects.filter(municipality__code=RONNEBY).delete()

    run(clock, *august(10))

    assert letters(server) == [("08-10", CONTACT, [line(deadline, "om 21 dagar")])]
    [(_at, email)] = server.received
    assert "stämmer kontaktuppgifterna för Ronneby kommun fortfarande?" in email.body


def test_question_is_dropped_when_it_is_answered_before_it_is_sent(blekinge, clock, server):
    offer(blekinge, due_on=date(2027, 12, 31), remind_days_before=[], remind_every=None)
    ContactConfirmation.objects.filter(municipality__code=RONNEBY).delete()
    run(clock, *august(10), deliver=False)
    confirm_contacts()
    outbox.deliver()

    assert letters(server) == []


# The staff's digest ------------------------------------------------------------------


def test_staff_are_reminded_of_their_own_last_days(blekinge, handler, clock, server):
    own = offer(blekinge, actor="body")
    region = offer(blekinge, actor="region", kind="interim_report")

    run(clock, *august(10, 11))
    note_done(own)
    own.done.create()
    run(clock, *august(24))

    assert letters(server) == [
        ("08-10", HANDLER, [line(own, "om 21 dagar"), line(region, "om 21 dagar")]),
        ("08-24", HANDLER, [line(region, "om 7 dagar")]),
    ]


def test_own_last_day_waits_until_there_is_somebody_to_tell(blekinge, clock, server):
    own = offer(blekinge, actor="body")
    run(clock, *august(10))
    make_member(blekinge, user=make_user(HANDLER))
    run(clock, *august(11))

    assert letters(server) == [("08-11", HANDLER, [line(own, "om 20 dagar")])]


def test_digest_tells_of_late_and_unreachable_municipalities(
    blekinge, handler, clock, server
):
    make_member(blekinge, "auditor", make_user("revisor@blekinge.example"))
    deadline = offer(blekinge, done=all_but(RONNEBY, KARLSHAMN, OLOFSTROM))
    Membership.objects.filter(municipality__code=KARLSHAMN).update(is_reminded=False)
    Municipality.objects.filter(code=KARLSHAMN).update(email="")

    run(clock, *august(31), *september(1, 7))

    late = line(deadline, "för 7 dagar sedan", verb="var")
    told = [each for each in letters(server) if each[1].endswith("blekinge.example")]
    assert told == [
        ("08-31", HANDLER, ["Karlshamn"]),
        ("09-07", HANDLER, [f"{late} Olofström, Ronneby och Karlshamn.", "Karlshamn"]),
    ]


def test_digest_leaves_out_who_is_done_before_it_is_sent(blekinge, handler, clock, server):
    deadline = offer(blekinge, done=all_but(RONNEBY, KARLSHAMN))
    run(clock, *september(7), deliver=False)
    note_done(deadline, RONNEBY)
    outbox.deliver()

    late = line(deadline, "för 7 dagar sedan", verb="var")
    told = [each for each in letters(server) if each[1] == HANDLER]
    assert told == [("09-07", HANDLER, [f"{late} Karlshamn."])]


def test_digest_is_not_for_one_who_has_left(blekinge, handler, clock, server):
    offer(blekinge, actor="body")
    run(clock, *august(10), deliver=False)
    Membership.objects.filter(user=handler).update(valid_until=START)
    outbox.deliver()

    assert letters(server) == []


# By hand -----------------------------------------------------------------------------


def test_sent_now_goes_to_the_chosen_who_have_not_done_it(blekinge, handler, clock, server):
    deadline = offer(blekinge, done=[KARLSHAMN])
    chosen = Municipality.objects.filter(code__in=[RONNEBY, KARLSHAMN])
    clock.set(august(12)[0])

    first = reminders.send_now(deadline, chosen, by=handler)
    second = reminders.send_now(deadline, chosen, by=handler)
    outbox.deliver()

    assert (first.reminders, second.reminders, second.already) == (1, 0, ["Ronneby"])
    assert letters(server) == [("08-12", CONTACT, [line(deadline, "om 19 dagar")])]
    # It is the plan's step that has come: the plan has nothing more to send for it.
    assert steps(deadline, municipality__code=RONNEBY) == [(-21, 1)]


def test_sent_now_on_a_day_of_the_plan_is_the_plans(deadline, handler, clock, server):
    ronneby = Municipality.objects.filter(code=RONNEBY)
    clock.set(august(28)[0], 6)
    reminders.send_now(deadline, ronneby, by=handler)
    run(clock, *august(28))
    reminders.send_now(deadline, ronneby, by=handler)
    outbox.deliver()

    assert [day for day, _to, _lines in letters(server)] == ["08-28", "08-28"]
    assert steps(deadline) == [(-21, 0), (-7, 0), (-1, 2)]


def test_sent_now_is_exempt_from_one_a_day_and_from_the_pause(
    blekinge, deadline, handler, clock, server
):
    second = offer(blekinge, done=all_but(RONNEBY), is_paused=True)
    run(clock, *august(10))
    reminders.send_now(second, Municipality.objects.all(), by=handler)
    outbox.deliver()

    assert letters(server) == [
        ("08-10", CONTACT, [line(deadline, "om 21 dagar")]),
        ("08-10", CONTACT, [line(second, "om 21 dagar")]),
    ]


def test_moved_last_day_is_told_to_those_it_concerns(blekinge, handler, clock, server):
    deadline = offer(blekinge, done=all_but(RONNEBY, KARLSKRONA))
    moves = move_deadline(deadline, date(2026, 9, 15))
    written = reminders.tell_moved(
        [(move.deadline, move.before, move.after) for move in moves], by=handler
    )
    outbox.deliver()

    assert len(written) == 2
    text = "Sista dag är 15 september 2026. Den var 31 augusti 2026."
    assert letters(server) == [
        ("08-03", to, [f"{deadline.label}, {deadline.grant}. {text}"])
        for to in (address(KARLSKRONA), CONTACT)
    ]


# How much it costs -------------------------------------------------------------------


def test_plan_costs_the_same_queries_for_more(blekinge, handler, clock):
    counts = []
    for more in (1, 2):
        for _number in range(more):
            deadline = offer(blekinge)
            offer(blekinge, actor="body")
            make_requisition(deadline.grant.distributions.get(), RONNEBY, today=clock.today)
        with CaptureQueriesContext(connection) as queries:
            plan = reminder_rounds.plan_of(blekinge, august(10)[0])
            reached = [
                plan.receivers(each, one)
                for each in plan.rounds
                for one in each.municipalities
            ]
        assert all(reached)
        counts.append((len(plan.todos), len(queries)))

    (few, first), (many, second) = counts
    assert (few, many, first) == (2, 6, second)


def test_run_costs_the_same_queries_for_more(blekinge, handler, clock):
    offer(blekinge)
    counts = []
    for more in (1, 2):
        Reminder.objects.all().delete()
        Message.objects.all().delete()
        for _number in range(more):
            offer(blekinge)
        clock.set(august(10)[0])
        with CaptureQueriesContext(connection) as queries:
            sent = reminders.send_due()
        counts.append((sent.reminders, sent.messages, len(queries)))

    (few, first, cost), (many, second, same) = counts
    assert (few, first, many, second, cost) == (10, 5, 20, 5, same)
