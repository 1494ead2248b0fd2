"""The pages of a grant's last days: who is missing, what moves, and what is done."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from grants.models import Deadline, DeadlineDone
from municipalities.models import Message, Municipality
from tests.factories import (
    make_body,
    make_grant,
    make_member,
    make_municipal_member,
    make_offered,
    make_requisition,
)
from tests.grants.test_agreements import codes
from tests.grants.test_deadlines import MARCH_31, make_chain, make_deadline
from tests.grants.test_keys import row_codes, rows

pytestmark = pytest.mark.django_db

ONE = {
    "kind": "final_report",
    "title": "",
    "actor": "body",
    "due_on": "2027-03-31",
    "remind_days_before": "21, 7, 1, 0",
    "remind_every": "7",
}


def edit(deadline):
    return reverse("reporting:deadline_edit", args=[deadline.pk])


def listed(grant):
    return reverse("reporting:deadline_list", args=[grant.pk])


def facts(deadline, **changes):
    """Return what the page of one last day posts."""
    sent = {
        "kind": deadline.kind,
        "title": deadline.title,
        "actor": deadline.actor,
        "due_on": f"{deadline.due_on}",
        "follows": deadline.follows_id or "",
        "days_before": deadline.days_before or "",
        "remind_days_before": ", ".join(map(str, deadline.remind_days_before)),
        "remind_every": deadline.remind_every or "",
    }
    return sent | changes


def confirmed(page, **changes):
    """Return what the page that asks for a confirmation posts."""
    sent = dict(page.context["carried"]) | {"confirmed": page.context["version"]}
    return sent | changes


def days(grant):
    return dict(
        grant.deadlines.exclude(kind="requisition").values_list("actor", "due_on")
    ) | {"own": grant.deadlines.filter(kind="own").values_list("due_on", flat=True).first()}


# One last day ------------------------------------------------------------------------


def test_moving_a_day_asks_first_and_tells_whom_it_concerns(as_handler, storsthlm):
    distribution = make_offered(storsthlm)
    make_requisition(distribution, "0127")
    deadline = distribution.grant.deadlines.get()

    page = as_handler.post(edit(deadline), facts(deadline, due_on="2027-09-15"))

    deadline.refresh_from_db()
    assert deadline.due_on == date(2020, 8, 30)
    [affected] = page.context["affected"]
    assert (affected.move.before, affected.move.after) == (
        date(2020, 8, 30),
        date(2027, 9, 15),
    )
    assert len(affected.missing) == 25
    assert "Botkyrka" not in affected.missing
    assert affected.reminders == [
        date(2027, 8, 25),
        date(2027, 9, 8),
        date(2027, 9, 14),
        date(2027, 9, 15),
    ]

    response = as_handler.post(edit(deadline), confirmed(page))

    assert response.url == listed(distribution.grant)
    deadline.refresh_from_db()
    assert (deadline.due_on, deadline.reminds_from) == (
        date(2027, 9, 15),
        timezone.localdate(),
    )


def test_those_concerned_are_told_where_somebody_wants_it(as_handler, storsthlm):
    distribution = make_offered(storsthlm)
    told = make_municipal_member("0126", role="contributor", is_contact=True)
    make_municipal_member("0127", role="contributor", is_contact=True)
    make_requisition(distribution, "0127")
    deadline = distribution.grant.deadlines.get()
    page = as_handler.post(edit(deadline), facts(deadline, due_on="2027-09-15"))

    as_handler.post(edit(deadline), confirmed(page, tell="on"))

    messages = Message.objects.filter(kind="deadline_moved")
    assert list(messages.values_list("to_email", flat=True)) == [told.email]


def test_nobody_is_told_where_nobody_wants_it(as_handler, storsthlm):
    distribution = make_offered(storsthlm)
    make_municipal_member("0126", role="contributor", is_contact=True)
    deadline = distribution.grant.deadlines.get()
    page = as_handler.post(edit(deadline), facts(deadline, due_on="2027-09-15"))

    as_handler.post(edit(deadline), confirmed(page))

    assert not Message.objects.filter(kind="deadline_moved").exists()


def test_what_follows_moves_on_the_same_page(as_handler, storsthlm):
    grant, first, second, third = make_chain(storsthlm)

    page = as_handler.post(edit(first), facts(first, due_on="2027-01-31"))

    assert [each.move.deadline for each in page.context["affected"]] == [
        first,
        second,
        third,
    ]
    assert [off.field for off in page.context["off"]] == ["insist"]

    as_handler.post(edit(first), confirmed(page))

    assert list(grant.deadlines.filter(due_on__year__gte=2026).values_list("due_on")) == [
        (date(2026, 12, 30),),
        (date(2027, 1, 8),),
        (date(2027, 1, 29),),
    ]


def test_somebody_insists_on_the_day_off_and_sees_what_that_moves(as_handler, storsthlm):
    _grant, first, second, _third = make_chain(storsthlm)
    page = as_handler.post(edit(first), facts(first, due_on="2027-01-31"))

    again = as_handler.post(edit(first), confirmed(page, insist="on"))

    assert again.context["off"] == []
    assert again.context["affected"][0].move.after == date(2027, 1, 31)
    as_handler.post(edit(first), confirmed(again))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.due_on, first.moved_from) == (date(2027, 1, 31), None)
    assert (second.due_on, second.moved_from) == (date(2027, 1, 8), date(2027, 1, 10))


def test_what_is_confirmed_is_what_was_shown(as_handler, storsthlm):
    _grant, first, second, _third = make_chain(storsthlm)
    page = as_handler.post(edit(first), facts(first, due_on="2027-04-14"))
    Deadline.objects.filter(pk=second.pk).update(days_before=14)

    again = as_handler.post(edit(first), confirmed(page))

    assert again.context["affected"][1].move.after == date(2027, 3, 31)
    first.refresh_from_db()
    assert first.due_on == MARCH_31


def test_what_moves_nothing_is_saved_at_once(as_handler, storsthlm):
    deadline = make_deadline(make_grant(storsthlm))

    response = as_handler.post(
        edit(deadline),
        facts(deadline, remind_days_before="30", remind_every="", is_paused="on"),
    )

    assert response.status_code == 302
    deadline.refresh_from_db()
    assert (deadline.remind_days_before, deadline.remind_every, deadline.is_paused) == (
        [30],
        None,
        True,
    )


def test_a_day_that_the_rule_moved_stays_when_nothing_is_changed(as_handler, storsthlm):
    deadline = make_deadline(
        make_grant(storsthlm), due_on=date(2027, 1, 29), moved_from=date(2027, 1, 31)
    )

    as_handler.post(edit(deadline), facts(deadline, title="Till Socialstyrelsen"))

    deadline.refresh_from_db()
    assert (deadline.title, deadline.due_on, deadline.moved_from) == (
        "Till Socialstyrelsen",
        date(2027, 1, 29),
        date(2027, 1, 31),
    )


def test_a_new_distance_moves_the_day(as_handler, storsthlm):
    _grant, first, second, _third = make_chain(storsthlm)

    page = as_handler.post(edit(second), facts(second, days_before="14"))
    as_handler.post(edit(second), confirmed(page))

    second.refresh_from_db()
    assert (second.due_on, second.days_before, second.follows) == (
        date(2027, 3, 17),
        14,
        first,
    )


def test_a_last_day_stops_following(as_handler, storsthlm):
    _grant, _first, second, _third = make_chain(storsthlm)

    as_handler.post(edit(second), facts(second, follows=""))

    second.refresh_from_db()
    assert (second.follows, second.days_before, second.due_on) == (
        None,
        None,
        date(2027, 3, 10),
    )


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"due_on": "2027-03-31"}, {"due_on": ["too_late"]}),
        ({"due_on": "2027-02-30"}, {"due_on": ["invalid"]}),
        ({"kind": "own"}, {"title": ["required"]}),
        ({"due_on": "1989-12-31"}, {"due_on": ["min_value"]}),
        ({"due_on": "2101-01-01", "follows": ""}, {"due_on": ["max_value"]}),
        ({"due_on": "", "follows": "", "days_before": ""}, {"due_on": ["required"]}),
        ({"days_before": "0"}, {"days_before": ["min_value"]}),
        ({"remind_every": "91"}, {"remind_every": ["max_value"]}),
    ],
)
def test_a_mistake_is_shown_on_its_field(as_handler, storsthlm, changes, wrong):
    _grant, _first, second, _third = make_chain(storsthlm)

    page = as_handler.post(edit(second), facts(second, **changes))

    assert codes(page.context["form"]) == wrong


def test_a_last_day_does_not_follow_what_follows_it(as_handler, storsthlm):
    grant, first, second, third = make_chain(storsthlm)
    form = as_handler.get(edit(second)).context["form"]

    offered = set(form.fields["follows"].queryset)

    assert offered == {first, grant.deadlines.get(kind="requisition")}
    page = as_handler.post(edit(second), facts(second, follows=third.pk))
    assert codes(page.context["form"]) == {"follows": ["invalid_choice"]}


def test_two_people_do_not_overwrite_each_other(as_handler, storsthlm):
    deadline = make_deadline(make_grant(storsthlm))
    seen = as_handler.get(edit(deadline)).context["form"]["seen"].value()
    Deadline.objects.filter(pk=deadline.pk).update(title="En annans")

    page = as_handler.post(edit(deadline), facts(deadline, seen=seen, title="Min"))

    assert codes(page.context["form"]) == {"__all__": ["changed_by_another"]}
    deadline.refresh_from_db()
    assert deadline.title == "En annans"


def test_a_last_day_is_added_that_follows_another(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    first = make_deadline(grant)
    url = reverse("reporting:deadline_create", args=[grant.pk])

    response = as_handler.post(
        url,
        ONE
        | {"actor": "municipalities", "due_on": "", "follows": first.pk}
        | {"days_before": "21"},
    )

    assert response.url == listed(grant)
    made = grant.deadlines.get(kind="final_report", actor="municipalities")
    assert (made.follows, made.days_before, made.due_on) == (first, 21, date(2027, 3, 10))


def test_a_new_day_off_is_shown_before_it_is_saved(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    url = reverse("reporting:deadline_create", args=[grant.pk])

    page = as_handler.post(url, ONE | {"due_on": "2027-01-31"})

    assert grant.deadlines.count() == 1
    [off] = page.context["off"]
    assert "29 januari" in off.words or "29 January" in off.words
    as_handler.post(url, confirmed(page))
    made = grant.deadlines.get(kind="final_report")
    assert (made.due_on, made.moved_from) == (date(2027, 1, 29), date(2027, 1, 31))


# All of them -------------------------------------------------------------------------


def row(deadline, **changes):
    sent = facts(deadline, id=deadline.pk)
    del sent["follows"], sent["days_before"]
    return sent | changes


def test_rows_move_what_follows_after_a_confirmation(as_handler, storsthlm):
    grant, first, second, third = make_chain(storsthlm)
    requisition = grant.deadlines.get(kind="requisition")
    url = reverse("reporting:deadline_rows", args=[grant.pk])
    sent = rows(
        row(requisition, due_on="2020-08-31"),
        row(third),
        row(second),
        row(first, due_on="2027-04-28"),
        initial=4,
        prefix="deadlines",
    )

    page = as_handler.post(url, sent)

    assert {each.move.deadline for each in page.context["affected"]} == {
        requisition,
        first,
        second,
        third,
    }
    response = as_handler.post(url, confirmed(page))
    assert response.url == listed(grant)
    assert [deadline.due_on for deadline in grant.deadlines.all()] == [
        date(2020, 8, 31),
        date(2027, 3, 31),
        date(2027, 4, 7),
        date(2027, 4, 28),
    ]


def test_rows_are_added_and_removed_without_a_confirmation(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    requisition = grant.deadlines.get()
    url = reverse("reporting:deadline_rows", args=[grant.pk])

    as_handler.post(
        url,
        rows(
            row(requisition, DELETE="on"),
            ONE | {"id": ""},
            initial=1,
            prefix="deadlines",
        ),
    )

    assert [each.kind for each in grant.deadlines.all()] == ["final_report"]


def test_a_row_after_its_leader_is_refused_where_it_stands(as_handler, storsthlm):
    grant, first, second, third = make_chain(storsthlm)
    requisition = grant.deadlines.get(kind="requisition")
    url = reverse("reporting:deadline_rows", args=[grant.pk])

    page = as_handler.post(
        url,
        rows(
            row(requisition),
            row(third),
            row(second, due_on="2027-04-01"),
            row(first),
            initial=4,
            prefix="deadlines",
        ),
    )

    formset = page.context["sets"][0]["formset"]
    assert [list(form.errors) for form in formset.forms] == [[], [], ["due_on"], []]
    second.refresh_from_db()
    assert second.due_on == date(2027, 3, 10)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("21, 7, 1", [21, 7, 1]), ("1;30 , 30", [30, 1]), ("0", [0]), ("", [])],
)
def test_reminders_are_written_with_commas(as_handler, storsthlm, typed, expected):
    grant = make_grant(storsthlm)
    grant.deadlines.all().delete()

    as_handler.post(
        reverse("reporting:deadline_rows", args=[grant.pk]),
        rows(ONE | {"remind_days_before": typed}, prefix="deadlines"),
    )

    assert grant.deadlines.get().remind_days_before == expected


def test_every_mistake_of_the_deadlines_is_shown_at_once(as_handler, storsthlm):
    grant = make_grant(storsthlm)

    response = as_handler.post(
        reverse("reporting:deadline_rows", args=[grant.pk]),
        rows(
            {"kind": "own", "due_on": "2021-02-30", "actor": "body"},
            {
                "kind": "repayment",
                "due_on": "2021-03-31",
                "actor": "",
                "remind_days_before": "7, 366",
            },
            prefix="deadlines",
        ),
    )

    assert row_codes(response.context["sets"][0]["formset"]) == [
        {"due_on": ["invalid"], "title": ["required"]},
        {"actor": ["required"], "remind_days_before": ["invalid"]},
    ]


# The list ----------------------------------------------------------------------------


def test_list_says_how_many_are_done_and_who_is_missing(as_handler, storsthlm):
    distribution = make_offered(storsthlm)
    make_requisition(distribution, "0127")
    report = make_deadline(
        distribution.grant, actor="municipalities", due_on=date(2030, 3, 29)
    )
    DeadlineDone.objects.create(
        deadline=report, municipality=Municipality.objects.get(code="0180")
    )

    requisition, final = as_handler.get(listed(distribution.grant)).context["rows"]

    assert (requisition.done, requisition.is_late) == (1, True)
    assert (final.done, len(final.missing), final.is_late) == (1, 25, False)
    assert "Stockholm" not in final.missing


def test_nobody_is_late_before_the_offer(as_handler, storsthlm):
    grant = make_grant(storsthlm)

    [requisition] = as_handler.get(listed(grant)).context["rows"]

    assert (requisition.is_begun, requisition.is_late, requisition.missing) == (
        False,
        False,
        [],
    )


@pytest.mark.parametrize(("is_noted", "is_late"), [(False, True), (True, False)])
def test_the_bodys_own_day_is_late_until_it_is_noted(
    as_handler, storsthlm, is_noted, is_late
):
    deadline = make_deadline(make_grant(storsthlm), due_on=date(2021, 3, 31))
    if is_noted:
        DeadlineDone.objects.create(deadline=deadline, done_on=date(2021, 3, 30))

    row = as_handler.get(listed(deadline.grant)).context["rows"][1]

    assert (row.is_late, row.done_on) == (is_late, date(2021, 3, 30) if is_noted else None)


def test_pages_take_the_same_queries_for_four_rows_as_for_seven(
    as_handler, storsthlm, django_assert_max_num_queries
):
    grant = make_offered(storsthlm).grant
    first = make_deadline(grant, actor="municipalities")
    pages = [
        listed(grant),
        reverse("reporting:deadline_rows", args=[grant.pk]),
        edit(first),
        reverse("reporting:deadline_done", args=[first.pk]),
        reverse("grants:deadline_propose", args=[grant.pk]),
    ]

    def counts():
        found = []
        for page in pages:
            with django_assert_max_num_queries(100) as queries:
                as_handler.get(page)
            found.append(len(queries))
        return found

    def make_more():
        for kind in ("interim_report", "repayment", "own"):
            make_deadline(grant, kind=kind, title=kind, follows=first, days_before=7)

    make_more()  # what none of the last days is about is not asked for
    counts()
    one = counts()
    make_more()
    for code in ("0127", "0180", "0126"):
        DeadlineDone.objects.create(
            deadline=first, municipality=Municipality.objects.get(code=code)
        )

    assert counts() == one


def test_moving_three_asks_as_many_queries_as_moving_one(
    as_handler, storsthlm, django_assert_max_num_queries
):
    distribution = make_offered(storsthlm)
    lone = make_deadline(distribution.grant, actor="municipalities")
    counts = []
    for _round in range(2):
        with django_assert_max_num_queries(200) as queries:
            page = as_handler.post(edit(lone), facts(lone, due_on="2027-04-14"))
        counts.append((len(page.context["affected"]), len(queries)))
        for days_before in (7, 14):
            make_deadline(
                distribution.grant,
                due_on=MARCH_31 - timedelta(days=days_before),
                actor="municipalities",
                follows=lone,
                days_before=days_before,
            )

    assert [count for count, _queries in counts] == [1, 3]
    assert counts[0][1] == counts[1][1]


# Done --------------------------------------------------------------------------------


def done(deadline):
    return reverse("reporting:deadline_done", args=[deadline.pk])


def test_the_bodys_own_is_noted_as_done_and_taken_back(as_handler, handler, storsthlm):
    deadline = make_deadline(make_grant(storsthlm))

    response = as_handler.post(
        done(deadline), {"done_on": "2026-03-30", "note": "Dnr 12.3-4/2026"}
    )

    assert response.url == listed(deadline.grant)
    noted = deadline.done.get()
    assert (noted.municipality, noted.done_on, noted.note, noted.noted_by) == (
        None,
        date(2026, 3, 30),
        "Dnr 12.3-4/2026",
        handler,
    )
    assert as_handler.get(done(deadline)).context["form"] is None

    as_handler.post(reverse("reporting:deadline_undo", args=[noted.pk]))

    assert not deadline.done.exists()


def test_the_grants_history_tells_what_is_noted(as_handler, storsthlm):
    deadline = make_deadline(make_grant(storsthlm))
    url = reverse("grants:grant_history", args=[deadline.grant_id])
    assert "Dnr 12.3-4/2026" not in as_handler.get(url).content.decode()

    as_handler.post(done(deadline), {"done_on": "2026-03-30", "note": "Dnr 12.3-4/2026"})

    assert "Dnr 12.3-4/2026" in as_handler.get(url).content.decode()


def test_the_chosen_municipalities_are_noted(as_handler, storsthlm):
    grant = make_offered(storsthlm).grant
    deadline = make_deadline(grant, actor="municipalities")
    two = list(Municipality.objects.filter(code__in=["0127", "0180"]))

    as_handler.post(
        done(deadline),
        {"municipalities": [each.pk for each in two], "done_on": "2026-03-30"},
    )

    assert {each.municipality for each in deadline.done.all()} == set(two)
    page = as_handler.get(done(deadline))
    assert not set(two) & set(page.context["missing"])
    assert len(page.context["missing"]) == 24


def test_all_of_it_is_noted_at_once(as_handler, storsthlm):
    deadline = make_deadline(make_offered(storsthlm).grant, actor="municipalities")

    as_handler.post(done(deadline), {"whom": "all", "done_on": "2026-03-30"})

    assert deadline.done.get().municipality is None


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({"done_on": "2026-03-30"}, {"municipalities": ["required"]}),
        ({"done_on": "2999-01-01", "whom": "all"}, {"done_on": ["to_come"]}),
        ({"done_on": "", "whom": "all"}, {"done_on": ["required"]}),
    ],
)
def test_a_note_needs_somebody_and_a_day(as_handler, storsthlm, sent, wrong):
    deadline = make_deadline(make_offered(storsthlm).grant, actor="municipalities")

    page = as_handler.post(done(deadline), sent)

    assert codes(page.context["form"]) == wrong
    assert not deadline.done.exists()


def test_a_municipality_outside_the_grant_is_not_noted(as_handler, storsthlm):
    deadline = make_deadline(make_offered(storsthlm).grant, actor="municipalities")
    stranger = Municipality.objects.get(code="2080")

    page = as_handler.post(
        done(deadline), {"municipalities": [stranger.pk], "done_on": "2026-03-30"}
    )

    assert codes(page.context["form"]) == {"municipalities": ["invalid_choice"]}


def test_what_is_done_is_not_noted_twice(as_handler, storsthlm):
    deadline = make_deadline(make_grant(storsthlm))
    for _time in range(2):
        as_handler.post(done(deadline), {"done_on": "2026-03-30"})

    assert deadline.done.count() == 1


@pytest.mark.parametrize("kind", ["requisition", "use"])
def test_what_the_system_sees_is_not_noted(as_handler, storsthlm, kind):
    grant = make_offered(storsthlm).grant
    deadline = make_deadline(grant, kind=kind, actor="municipalities")

    as_handler.post(done(deadline), {"whom": "all", "done_on": "2026-03-30"})

    assert as_handler.get(done(deadline)).status_code == 200
    assert not deadline.done.exists()


# What no browser sends ---------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["a\0b", "\N{ARABIC-INDIC DIGIT THREE}", "9" * 40, "9" * 5_000, "0001-01-01"]
)
def test_no_page_fails_on_what_no_browser_sends(as_handler, storsthlm, text):
    grant = make_offered(storsthlm).grant
    grant.deadlines.all().delete()
    deadline = make_deadline(grant, actor="municipalities")
    one = dict.fromkeys(facts(deadline), text)
    pages = {
        edit(deadline): [one, one | {"due_on": text, "follows": ""}],
        reverse("reporting:deadline_create", args=[grant.pk]): [one, ONE | {"title": text}],
        reverse("reporting:deadline_rows", args=[grant.pk]): [
            rows(one | {"id": text}, prefix="deadlines"),
            rows(row(deadline, due_on=text), initial=1, prefix="deadlines"),
            {"deadlines-TOTAL_FORMS": text, "add_row": "deadlines"},
        ],
        done(deadline): [dict.fromkeys(("municipalities", "done_on", "note"), text)],
        reverse("grants:deadline_propose", args=[grant.pk]): [
            {
                f"{slug}-{name}": text if name != "is_chosen" else "on"
                for slug in ("final_report-body", "requisition-municipalities")
                for name in ("is_chosen", *names)
            }
            | {f"requisition-municipalities-{name}": "2026-08-31" for name in given}
            for names, given in [
                (("due_on", "shown", "asked", "days_before"), ()),
                (("shown", "asked", "days_before"), ("due_on", "shown")),
            ]
        ],
    }

    found = {
        (page, number): as_handler.post(page, sent).status_code
        for page, tries in pages.items()
        for number, sent in enumerate(tries)
    }

    assert {key: status for key, status in found.items() if status >= 500} == {}


# Access ------------------------------------------------------------------------------


def addresses(grant, deadline, note):
    return {
        "list": listed(grant),
        "rows": reverse("reporting:deadline_rows", args=[grant.pk]),
        "create": reverse("reporting:deadline_create", args=[grant.pk]),
        "propose": reverse("grants:deadline_propose", args=[grant.pk]),
        "edit": edit(deadline),
        "done": done(deadline),
        "undo": reverse("reporting:deadline_undo", args=[note.pk]),
    }


def make_pages(body):
    grant = make_grant(body)
    deadline = make_deadline(grant)
    return addresses(grant, deadline, DeadlineDone.objects.create(deadline=deadline))


def test_another_bodys_last_days_are_not_found(as_handler):
    pages = make_pages(make_body("Region Dalarna", "20"))
    undo = pages.pop("undo")

    assert {as_handler.get(page).status_code for page in pages.values()} == {404}
    assert as_handler.post(undo).status_code == 404
    assert DeadlineDone.objects.exists()


def test_auditor_reads_the_list_and_changes_nothing(client, storsthlm):
    pages = make_pages(storsthlm)
    client.force_login(make_member(storsthlm, role="auditor"))

    page = client.get(pages.pop("list"))

    assert page.status_code == 200
    assert "/andra/" not in page.content.decode()
    assert {client.post(url).status_code for url in pages.values()} == {403}
    assert DeadlineDone.objects.exists()
