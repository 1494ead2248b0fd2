"""The calendar: by month, as a list, and what stands beside each last day."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grants.models import Deadline, DeadlineDone
from municipalities.models import Membership, Municipality
from reporting.calendar import entries_of, month_of, months_from
from tests.factories import (
    make_body,
    make_grant,
    make_member,
    make_municipal_member,
    make_offered,
    make_requisition,
)
from tests.invoices.answers import make_open

pytestmark = pytest.mark.django_db

PAGE = "/kalender/"
TODAY = date(2026, 9, 10)


def make_deadline(grant, due_on, kind="final_report", actor="body", **facts):
    return Deadline.objects.create(
        grant=grant, kind=kind, actor=actor, due_on=due_on, **facts
    )


def make_bare(body, **facts):
    """Return a grant without last days."""
    grant = make_grant(body, **facts)
    grant.deadlines.all().delete()
    return grant


def membership_of(user):
    return Membership.objects.get(user=user)


def states(user, today=TODAY):
    """Return the colour and the word of each entry of a year around today."""
    around = timedelta(days=183)
    entries = entries_of(membership_of(user), today, today - around, today + around)
    return [(entry.kind, entry.word) for entry in entries]


# What each entry says --------------------------------------------------------------------


def test_entries_of_the_body_say_how_far_they_have_come(storsthlm, handler):
    grant = make_bare(storsthlm)
    done = make_deadline(grant, TODAY - timedelta(9))
    DeadlineDone.objects.create(deadline=done, noted_by=handler)
    make_deadline(grant, TODAY - timedelta(1))
    make_deadline(grant, TODAY)
    make_deadline(grant, TODAY + timedelta(7), actor="region")
    make_deadline(grant, TODAY + timedelta(8))
    make_deadline(grant, TODAY + timedelta(9), kind="use", actor="municipalities")
    make_deadline(grant, TODAY + timedelta(10), actor="municipalities")

    assert states(handler) == [
        ("success", "klart"),
        ("danger", "försenat"),
        ("warning", "att göra"),
        ("warning", "att göra"),
        ("info", "att göra"),
        ("neutral", "för kännedom"),
        ("neutral", "inte erbjudet än"),
    ]


def test_requisitions_say_how_many_are_missing(storsthlm, handler):
    offered = make_offered(storsthlm)
    due = date(2020, 8, 30)
    before = states(handler, due), states(handler, due + timedelta(1))
    for code in offered.allocations.values_list("municipality__code", flat=True):
        make_requisition(offered, code, amount=0)

    assert before == (
        [("warning", "26 av 26 saknas")],
        [("danger", "försenat: 26 av 26 saknas")],
    )
    assert states(handler, due + timedelta(1)) == [("success", "klart")]


def test_municipality_sees_its_own_done_or_not(storsthlm):
    offered = make_offered(storsthlm)
    make_deadline(offered.grant, date(2020, 9, 30), "interim_report", "municipalities")
    make_deadline(offered.grant, date(2020, 12, 31), "use", "municipalities")
    make_deadline(offered.grant, date(2020, 10, 31), "final_report", "body")
    solna, nacka = make_municipal_member("0184"), make_municipal_member("0182")
    make_requisition(offered, "0184", amount=5)

    day = date(2020, 9, 1)
    assert states(solna, day) == [
        ("success", "klart"),
        ("info", "att göra"),
        ("neutral", "för kännedom"),
    ]
    assert states(nacka, day)[0] == ("danger", "försenat")


def test_nobody_sees_anothers(storsthlm, handler):
    dalarna = make_body("Region Dalarna", county="20")
    make_deadline(make_bare(dalarna), TODAY)
    decided = make_bare(storsthlm)
    make_deadline(decided, TODAY, actor="municipalities")

    assert states(make_member(dalarna)) == [("warning", "att göra")]
    assert len(states(handler)) == 1
    # Nothing is offered it.
    assert states(make_municipal_member("0184")) == []


# By month --------------------------------------------------------------------------------


def test_month_has_whole_weeks_numbers_holidays_and_today(db):
    month = month_of(date(2026, 12, 1), [], today=date(2026, 12, 3))

    days = [square for week in month.weeks for square in week.days]
    assert [week.number for week in month.weeks] == [49, 50, 51, 52, 53]
    assert (days[0].day, days[-1].day) == (date(2026, 11, 30), date(2027, 1, 3))
    assert [(square.day.day, square.holiday) for square in days if square.holiday] == [
        (24, "Julafton"),
        (25, "Juldagen"),
        (26, "Annandag jul"),
        (31, "Nyårsafton"),
        (1, "Nyårsdagen"),
    ]
    assert [square.day for square in days if square.is_today] == [date(2026, 12, 3)]
    assert [s.day.day for s in days if not s.is_in_month] == [30, 1, 2, 3]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("2026-09", "september 2026"),
        ("2026-13", None),
        ("1999-12", None),
        ("9999-99", None),
        ("september", None),
        ("٢٠٢٦-٠٩", None),
        ("2026-09-01", None),
        ("\0", None),
    ],
)
def test_month_that_cannot_be_is_this_one(as_handler, asked, shown):
    page = as_handler.get(PAGE, {"manad": asked})

    this = timezone.localdate().replace(day=1)
    expected = date(2026, 9, 1) if shown else this
    assert (page.status_code, page.context["month"].first) == (200, expected)


def test_months_end_where_the_calendar_does():
    assert months_from(date(2000, 1, 1), -1) is None
    assert months_from(date(2099, 12, 1), 1) is None


def test_month_page_shows_the_entry_in_its_square(as_handler, storsthlm):
    grant = make_bare(storsthlm)
    make_deadline(grant, date(2026, 9, 10), title="Redovisa till Socialstyrelsen")

    page = as_handler.get(PAGE, {"manad": "2026-09"})
    html = page.content.decode()

    [entry] = page.context["month"].entries
    assert (entry.what, entry.url) == (
        "Redovisa till Socialstyrelsen",
        f"/medel/{grant.pk}/sista-dagar/",
    )
    assert "manad=2026-08" in html
    assert "manad=2026-10" in html


# As a list -------------------------------------------------------------------------------


def listed(page, name):
    return [
        (group.month, [entry.what for entry in group.entries])
        for group in page.context[name]
    ]


def test_list_is_grouped_from_today_on_and_back(as_handler, storsthlm):
    grant, today = make_bare(storsthlm), timezone.localdate()
    days = {"a": -400, "b": -40, "c": -39, "d": 0, "e": 400}
    for title, days_left in days.items():
        make_deadline(grant, today + timedelta(days_left), title=title)

    page = as_handler.get(PAGE, {"visa": "lista"})

    shown = {
        name: [what for _month, group in listed(page, name) for what in group]
        for name in ("coming", "earlier")
    }
    assert shown == {"coming": ["d", "e"], "earlier": ["c", "b"]}


def test_filters_limit_the_list_and_odd_ones_do_not(as_handler, storsthlm):
    first, second = make_bare(storsthlm), make_bare(storsthlm)
    today = timezone.localdate()
    done = make_deadline(first, today, title="gjort")
    DeadlineDone.objects.create(deadline=done)
    make_deadline(first, today, title="regionens", actor="region")
    make_deadline(second, today, title="vårt")

    def shown(**asked):
        page = as_handler.get(PAGE, {"visa": "lista"} | asked)
        return [w for _month, group in listed(page, "coming") for w in sorted(group)]

    assert shown() == ["gjort", "regionens", "vårt"]
    assert shown(medel=first.pk) == ["gjort", "regionens"]
    assert shown(vem="region") == ["regionens"]
    assert shown(ogjorda="on") == ["regionens", "vårt"]
    assert shown(medel=first.pk, ogjorda="on") == ["regionens"]
    assert shown(medel="9" * 40, vem="\0") == ["gjort", "regionens", "vårt"]


def test_municipality_has_no_filters(client, storsthlm):
    make_open(storsthlm)
    client.force_login(make_municipal_member("0184"))

    page = client.get(PAGE, {"visa": "lista", "medel": "1", "ogjorda": "on"})

    assert page.context["limits"] is None
    assert [what for _month, what in listed(page, "coming")] == [["Rekvisition"]]


@pytest.mark.parametrize("asked", [{}, {"visa": "lista"}])
@pytest.mark.parametrize("is_staff", [True, False])
def test_page_costs_the_same_for_one_grant_and_three(client, storsthlm, asked, is_staff):
    user = make_member(storsthlm) if is_staff else make_municipal_member("0184")
    client.force_login(user)
    make_open(storsthlm)
    client.get(PAGE, asked)
    with CaptureQueriesContext(connection) as one:
        client.get(PAGE, asked)
    make_requisition(make_open(storsthlm), "0184")
    make_open(storsthlm)

    with CaptureQueriesContext(connection) as three:
        page = client.get(PAGE, asked | {"manad": timezone.localdate().strftime("%Y-%m")})

    assert page.status_code == 200
    assert len(three) == len(one)


def test_outsider_without_a_role_is_kept_out(client):
    from tests.factories import make_user

    client.force_login(make_user())

    assert client.get(PAGE).status_code == 403


def test_navigation_leads_there_for_both(client, storsthlm):
    found = []
    for user in (make_member(storsthlm), make_municipal_member("0184")):
        client.force_login(user)
        html = client.get(PAGE).content.decode()
        found.append(html.count(f'<a href="{PAGE}" aria-current="true">Kalender</a>'))

    # In the line, and in the menu of a phone.
    assert found == [2, 2]
    assert Municipality.objects.filter(code="0184").exists()
