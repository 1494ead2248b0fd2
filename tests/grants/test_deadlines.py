"""Last days: their rule about days off, what follows them, and what is proposed."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from grants import resources
from grants.copying import copy_grant
from grants.deadlines import (
    ComesTooLate,
    Wanted,
    day_off,
    leaders_first,
    move_deadline,
    moved_in_words,
    plan_in_words,
    work_out,
)
from grants.models import Deadline, DeadlineDone
from grants.proposals import accept, propose
from grants.timeline import timeline_of
from grants.working_days import is_day_off, working_day_after, working_day_before
from tests.factories import make_agreement, make_body, make_grant, make_member
from tests.grants.test_admin import data

pytestmark = pytest.mark.django_db

MARCH_31 = date(2027, 3, 31)


def make_deadline(grant, kind="final_report", due_on=MARCH_31, **facts):
    facts = {"actor": "body"} | facts
    return Deadline.objects.create(grant=grant, kind=kind, due_on=due_on, **facts)


def make_chain(body):
    """Return the authority's day, the municipalities' three weeks before, and one more."""
    grant = make_grant(body)
    first = make_deadline(grant)
    second = make_deadline(
        grant,
        due_on=date(2027, 3, 10),
        actor="municipalities",
        follows=first,
        days_before=21,
    )
    third = make_deadline(
        grant,
        kind="own",
        title="Påminn nätverket",
        due_on=date(2027, 3, 3),
        follows=second,
        days_before=7,
    )
    return grant, first, second, third


# Days off ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "before", "after"),
    [
        (date(2020, 8, 30), date(2020, 8, 28), date(2020, 8, 31)),
        (date(2020, 9, 30), date(2020, 9, 30), date(2020, 9, 30)),
        (date(2026, 6, 19), date(2026, 6, 18), date(2026, 6, 22)),
        (date(2026, 12, 24), date(2026, 12, 23), date(2026, 12, 28)),
        (date(2027, 1, 1), date(2026, 12, 30), date(2027, 1, 4)),
        (date(2024, 3, 31), date(2024, 3, 28), date(2024, 4, 2)),
    ],
)
def test_a_day_off_has_a_working_day_before_and_after(day, before, after):
    assert (working_day_before(day), working_day_after(day)) == (before, after)
    assert bool(day_off(day)) == is_day_off(day) == (day != before)


@translation.override("en")
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            date(2027, 1, 31),
            "31 January 2027 is a Sunday. The last day becomes Friday 29 January.",
        ),
        (
            date(2027, 1, 1),
            "1 January 2027 is nyårsdagen. "
            "The last day becomes Wednesday 30 December 2026.",
        ),
        (date(2027, 2, 1), ""),
    ],
)
def test_the_rule_is_told(asked, words):
    assert moved_in_words(asked, working_day_before(asked)) == words


@translation.override("en")
@pytest.mark.parametrize(
    ("before", "every", "words"),
    [
        ([21, 7, 1, 0], 7, "21, 7 and 1 day before, on the day, then every week"),
        ([30, 7], 3, "30 and 7 days before, then every 3 days"),
        ([7], None, "7 days before"),
        ([], None, ""),
    ],
)
def test_the_plan_is_told_in_one_line(before, every, words):
    deadline = Deadline(remind_days_before=before, remind_every=every)

    assert plan_in_words(deadline) == words


# Moving ------------------------------------------------------------------------------


def test_what_follows_moves_along_and_off_days_off(storsthlm):
    grant, first, second, third = make_chain(storsthlm)

    moves = move_deadline(first, date(2027, 1, 31))

    assert [(move.deadline, move.before, move.asked, move.after) for move in moves] == [
        (first, MARCH_31, date(2027, 1, 31), date(2027, 1, 29)),
        (second, date(2027, 3, 10), date(2027, 1, 8), date(2027, 1, 8)),
        # The Epiphany is on 6 January: 1 January is counted, and moves.
        (third, date(2027, 3, 3), date(2027, 1, 1), date(2026, 12, 30)),
    ]
    assert list(
        grant.deadlines.exclude(kind="requisition").values_list("due_on", "moved_from")
    ) == [
        (date(2026, 12, 30), date(2027, 1, 1)),
        (date(2027, 1, 8), None),
        (date(2027, 1, 29), date(2027, 1, 31)),
    ]


def test_somebody_may_insist_on_a_day_off_and_what_follows_is_still_moved(storsthlm):
    _grant, first, second, _third = make_chain(storsthlm)

    move_deadline(first, date(2027, 1, 31), insist=True)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.due_on, first.moved_from) == (date(2027, 1, 31), None)
    # Three weeks before is a Sunday.
    assert (second.due_on, second.moved_from) == (date(2027, 1, 8), date(2027, 1, 10))


def test_a_day_that_stays_moves_nothing(storsthlm):
    _grant, first, _second, _third = make_chain(storsthlm)
    before = first.pk, first.reminds_from

    assert move_deadline(first, MARCH_31) == []

    first.refresh_from_db()
    assert (first.pk, first.reminds_from) == before


def test_one_that_follows_keeps_following_at_its_new_distance(storsthlm):
    _grant, first, second, third = make_chain(storsthlm)

    moves = move_deadline(second, date(2027, 3, 17))

    assert [move.deadline for move in moves] == [second, third]
    second.refresh_from_db()
    assert (second.follows, second.days_before) == (first, 14)
    assert third.__class__.objects.get(pk=third.pk).due_on == date(2027, 3, 10)


def test_one_that_follows_cannot_come_after(storsthlm):
    _grant, _first, second, _third = make_chain(storsthlm)

    with pytest.raises(ComesTooLate):
        move_deadline(second, MARCH_31)

    second.refresh_from_db()
    assert second.due_on == date(2027, 3, 10)


def test_the_last_day_of_use_stays_on_a_day_off(storsthlm):
    use = make_deadline(make_grant(storsthlm), kind="use", due_on=date(2027, 1, 31))

    move_deadline(use, date(2026, 12, 31))

    use.refresh_from_db()
    assert (use.due_on, use.moved_from) == (date(2026, 12, 31), None)


@pytest.mark.parametrize(("days", "kept"), [(-30, 0), (30, 30)])
def test_reminders_of_a_new_day_begin_today_or_later(storsthlm, days, kept):
    today = timezone.localdate()
    grant = make_grant(storsthlm)
    deadline = make_deadline(grant, reminds_from=today + timedelta(days=days))

    move_deadline(deadline, date(2027, 4, 1))

    deadline.refresh_from_db()
    assert deadline.reminds_from == today + timedelta(days=kept)


def test_others_of_the_grant_are_left_alone(storsthlm):
    grant, first, _second, _third = make_chain(storsthlm)

    move_deadline(first, date(2027, 4, 14))

    assert grant.deadlines.get(kind="requisition").due_on == date(2020, 8, 30)


@given(
    distances=st.lists(st.integers(1, 90), min_size=1, max_size=6),
    leads=st.lists(st.integers(0, 5), min_size=6, max_size=6),
    asked=st.dates(date(2024, 1, 1), date(2032, 12, 31)),
)
def test_a_moved_chain_lands_on_working_days_in_order(distances, leads, asked):
    chain = [Deadline(pk=1, kind="final_report", due_on=date(2023, 3, 31))]
    for number, days in enumerate(distances, start=2):
        chain.append(
            Deadline(
                pk=number,
                kind="repayment",
                due_on=date(2023, 1, 2),
                follows_id=leads[number - 2] % (number - 1) + 1,
                days_before=days,
            )
        )

    work_out(list(reversed(chain)), {1: Wanted(asked)}, date(2023, 1, 1))

    by_pk = {deadline.pk: deadline for deadline in chain}
    assert not any(is_day_off(deadline.due_on) for deadline in chain)
    for deadline in chain[1:]:
        leader = by_pk[deadline.follows_id]
        assert (leader.due_on - deadline.due_on).days >= deadline.days_before


def test_a_circle_does_not_go_on_for_ever():
    one = Deadline(pk=1, kind="final_report", due_on=MARCH_31, follows_id=2, days_before=7)
    two = Deadline(pk=2, kind="repayment", due_on=MARCH_31, follows_id=1, days_before=7)

    assert {deadline.pk for deadline in leaders_first([one, two])} == {1, 2}


def test_the_database_refuses_to_follow_another_grants_last_day(storsthlm):
    elsewhere = make_deadline(make_grant(storsthlm))
    grant = make_grant(storsthlm)

    with pytest.raises(DatabaseError), transaction.atomic():
        make_deadline(grant, follows=elsewhere, days_before=7)

    own = make_deadline(grant)
    assert make_deadline(grant, kind="repayment", follows=own, days_before=7).pk


def test_one_that_follows_needs_its_distance(storsthlm):
    grant = make_grant(storsthlm)
    first = make_deadline(grant)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_deadline(grant, kind="repayment", follows=first)


# The line ----------------------------------------------------------------------------


def test_timeline_puts_the_days_in_order_on_the_line(storsthlm):
    grant = make_grant(storsthlm)
    make_deadline(grant, due_on=date(2021, 3, 31))

    line = timeline_of(grant, grant.deadlines.all(), date(2020, 8, 29))

    assert [(day.days_left, day.is_past) for day in line.days] == [(1, False), (214, False)]
    assert (line.days[1].x, line.use_x, line.today_x) == ("98.0", "2.0", "52.8")
    assert len(line.ticks) <= 5


def test_days_close_together_stand_above_each_other(storsthlm):
    grant = make_grant(storsthlm)
    for kind in ("final_report", "repayment"):
        make_deadline(grant, kind=kind, due_on=date(2021, 3, 31))
    make_deadline(grant, kind="interim_report", due_on=date(2021, 3, 29))

    line = timeline_of(grant, grant.deadlines.all(), date(2020, 8, 29))

    assert [day.y for day in line.days] == [32, 32, 16, 0]
    assert line.height == 32


# Proposals ---------------------------------------------------------------------------

TODAY = date(2026, 1, 20)


def make_ours(body, **facts):
    facts = {
        "year": 2026,
        "uses_from": date(2026, 1, 1),
        "uses_until": date(2026, 12, 31),
    } | facts
    grant = make_grant(body, **facts)
    grant.deadlines.all().delete()
    return grant


def proposed(grant, today=TODAY):
    return {
        proposal.slot: (proposal.deadline.due_on, proposal.deadline.moved_from)
        for proposal in propose(grant, grant.deadlines.all(), today)
    }


def test_the_usual_last_days_are_proposed(storsthlm):
    assert proposed(make_ours(storsthlm)) == {
        ("requisition", "municipalities"): (date(2026, 8, 28), date(2026, 8, 30)),
        ("interim_report", "municipalities"): (date(2026, 9, 9), None),
        ("interim_report", "body"): (date(2026, 9, 30), None),
        ("use", "municipalities"): (date(2026, 12, 31), None),
        ("final_report", "municipalities"): (date(2027, 3, 10), None),
        ("repayment", "municipalities"): (date(2027, 3, 10), None),
        ("final_report", "body"): (date(2027, 3, 31), None),
        ("repayment", "body"): (date(2027, 3, 31), None),
    }


def test_what_is_there_is_not_proposed_again_but_followed(storsthlm):
    grant = make_ours(storsthlm)
    report = make_deadline(grant, due_on=date(2027, 2, 26))

    proposals = propose(grant, grant.deadlines.all(), TODAY)

    found = {proposal.slot: proposal.deadline for proposal in proposals}
    assert ("final_report", "body") not in found
    earlier = found["final_report", "municipalities"]
    assert (earlier.follows, earlier.due_on) == (report, date(2027, 2, 5))


@pytest.mark.parametrize(
    ("facts", "slot", "expected"),
    [
        # Too late in the year for 30 August: the days of 2019 and S/20/0002.
        (
            {"today": date(2026, 8, 20)},
            ("requisition", "municipalities"),
            date(2026, 11, 20),
        ),
        (
            {"today": date(2026, 11, 5)},
            ("requisition", "municipalities"),
            date(2026, 12, 1),
        ),
        # All have passed: the grant is entered afterwards.
        ({"today": date(2028, 1, 1)}, ("requisition", "municipalities"), date(2026, 8, 28)),
        (
            {"uses_until": date(2026, 6, 30)},
            ("requisition", "municipalities"),
            date(2026, 5, 29),
        ),
        ({"repay_by": date(2027, 2, 15)}, ("repayment", "body"), date(2027, 2, 15)),
        ({"status": "applied"}, ("decision", "body"), date(2026, 2, 19)),
        (
            {"status": "applied", "uses_from": date(2026, 7, 1)},
            ("decision", "body"),
            date(2026, 7, 1),
        ),
        ({"status": "granted"}, ("decision", "body"), None),
        # The year's interim report lies outside the period of use.
        ({"uses_until": date(2026, 6, 30)}, ("interim_report", "body"), None),
        # Easter Day is on 31 March 2024.
        (
            {
                "year": 2023,
                "uses_from": date(2023, 1, 1),
                "uses_until": date(2023, 12, 31),
            },
            ("final_report", "body"),
            date(2024, 3, 28),
        ),
    ],
)
def test_proposals_follow_the_facts_of_the_grant(storsthlm, facts, slot, expected):
    today = facts.pop("today", TODAY)
    grant = make_ours(storsthlm, **facts)

    assert proposed(grant, today).get(slot, (None,))[0] == expected


def test_nothing_is_proposed_for_a_rejected_application(storsthlm):
    assert proposed(make_ours(storsthlm, status="rejected")) == {}


def test_eased_reporting_has_no_interim_report(storsthlm):
    agreement = make_agreement(storsthlm, has_reporting_relief=True)

    slots = proposed(make_ours(storsthlm, agreement=agreement))

    assert ("interim_report", "body") not in slots
    assert ("final_report", "body") in slots


def test_requisitions_come_in_on_the_same_day_as_last_year(storsthlm):
    earlier = make_grant(storsthlm, year=2025)
    earlier.deadlines.update(due_on=date(2025, 10, 15))

    grant = make_ours(storsthlm, follows=earlier)

    assert proposed(grant)["requisition", "municipalities"] == (date(2026, 10, 15), None)


@pytest.mark.parametrize(
    ("refuses", "plan"), [(True, ([21, 7, 3, 1, 0], None)), (False, ([21, 7, 1, 0], 7))]
)
def test_nobody_is_reminded_after_the_day_when_late_answers_are_refused(
    storsthlm, refuses, plan
):
    grant = make_ours(storsthlm, refuses_late=refuses)

    [requisition] = [
        proposal.deadline
        for proposal in propose(grant, [], TODAY)
        if proposal.deadline.kind == "requisition"
    ]
    assert (requisition.remind_days_before, requisition.remind_every) == plan


def test_whoever_saves_a_proposal_first_holds(storsthlm):
    grant = make_ours(storsthlm)
    mine, yours = propose(grant, [], TODAY), propose(grant, [], TODAY)

    assert len(accept(grant, mine)) == 8
    assert accept(grant, yours) == []
    assert grant.deadlines.count() == 8


# The page of proposals ---------------------------------------------------------------


def posted(page, **changes):
    """Return what the page of proposals would post, with some fields as somebody wrote."""
    sent = {}
    for form in page.context["forms"]:
        for field in form:
            value = field.value()
            if value not in {None, False, ""}:
                sent[field.html_name] = str(value) if value is not True else "on"
    for name, value in changes.items():
        slug, field = name.rsplit("__", 1)
        key = f"{slug.replace('__', '-')}-{field}"
        sent.pop(key, None)
        if value is not None:
            sent[key] = value
    return sent


def page_of(client, grant):
    url = reverse("grants:deadline_propose", args=[grant.pk])
    return url, client.get(url)


def test_proposals_are_saved_when_they_are_confirmed(as_handler, storsthlm):
    grant = make_ours(storsthlm)
    url, page = page_of(as_handler, grant)
    assert grant.deadlines.count() == 0

    response = as_handler.post(
        url, posted(page, requisition__municipalities__is_chosen=None)
    )

    assert response.url == reverse("reporting:deadline_list", args=[grant.pk])
    kinds = set(grant.deadlines.values_list("kind", "actor"))
    assert len(kinds) == 7
    assert ("requisition", "municipalities") not in kinds
    ours, theirs = (
        grant.deadlines.get(kind="final_report", actor=actor)
        for actor in ("body", "municipalities")
    )
    assert (theirs.follows, theirs.days_before, ours.follows) == (ours, 21, None)
    # And now only the one that was left out is proposed.
    assert [
        form.proposal.slot for form in page_of(as_handler, grant)[1].context["forms"]
    ] == [("requisition", "municipalities")]


def test_a_written_day_moves_what_follows_before_anything_is_saved(as_handler, storsthlm):
    grant = make_ours(storsthlm)
    url, page = page_of(as_handler, grant)

    again = as_handler.post(url, posted(page, final_report__body__due_on="2027-01-31"))

    assert grant.deadlines.count() == 0
    shown = {form.proposal.slug: form.proposal.deadline for form in again.context["forms"]}
    assert shown["final_report-body"].due_on == date(2027, 1, 29)
    assert shown["final_report-municipalities"].due_on == date(2027, 1, 8)

    as_handler.post(url, posted(again))

    ours = grant.deadlines.get(kind="final_report", actor="body")
    assert (ours.due_on, ours.moved_from) == (date(2027, 1, 29), date(2027, 1, 31))
    theirs = grant.deadlines.get(kind="final_report", actor="municipalities")
    assert (theirs.due_on, theirs.days_before) == (date(2027, 1, 8), 21)


def test_somebody_insists_on_a_proposed_day_off(as_handler, storsthlm):
    grant = make_ours(storsthlm)
    url, page = page_of(as_handler, grant)

    again = as_handler.post(url, posted(page, requisition__municipalities__insist="on"))
    as_handler.post(url, posted(again))

    requisition = grant.deadlines.get(kind="requisition")
    assert (requisition.due_on, requisition.moved_from) == (date(2026, 8, 30), None)


def test_one_whose_leader_is_not_chosen_stands_on_its_own(as_handler, storsthlm):
    grant = make_ours(storsthlm)
    url, page = page_of(as_handler, grant)

    as_handler.post(url, posted(page, repayment__body__is_chosen=None))

    repayment = grant.deadlines.get(kind="repayment")
    assert (repayment.due_on, repayment.follows, repayment.days_before) == (
        date(2027, 3, 10),
        None,
        None,
    )


def test_a_written_distance_is_kept(as_handler, storsthlm):
    grant = make_ours(storsthlm)
    url, page = page_of(as_handler, grant)

    as_handler.post(url, posted(page, final_report__municipalities__due_on="2027-03-03"))

    theirs = grant.deadlines.get(kind="final_report", actor="municipalities")
    assert (theirs.due_on, theirs.days_before) == (date(2027, 3, 3), 28)


@pytest.mark.parametrize(
    ("written", "code"), [("2027-03-31", "too_late"), ("2027-02-30", "invalid")]
)
def test_a_proposal_that_cannot_be_is_refused(as_handler, storsthlm, written, code):
    grant = make_ours(storsthlm)
    url, page = page_of(as_handler, grant)

    again = as_handler.post(url, posted(page, final_report__municipalities__due_on=written))

    [form] = again.context["invalid"]
    assert [error.code for error in form.errors["due_on"].data] == [code]
    assert grant.deadlines.count() == 0


def test_nothing_chosen_saves_nothing(as_handler, storsthlm):
    grant = make_ours(storsthlm)
    url, page = page_of(as_handler, grant)
    sent = {name: value for name, value in posted(page).items() if "is_chosen" not in name}

    response = as_handler.post(url, sent)

    assert response.status_code == 200
    assert grant.deadlines.count() == 0


# Copies, files and the admin ---------------------------------------------------------


def test_copy_has_its_own_chain_moved_off_days_off(storsthlm):
    grant, first, _second, _third = make_chain(storsthlm)
    Deadline.objects.filter(pk=first.pk).update(
        remind_every=None, is_paused=True, remind_days_before=[30]
    )
    DeadlineDone.objects.create(deadline=first)

    copy = copy_grant(grant, year=2021)

    ours, theirs, own = (
        copy.deadlines.get(kind="final_report", actor="body"),
        copy.deadlines.get(kind="final_report", actor="municipalities"),
        copy.deadlines.get(kind="own"),
    )
    assert (ours.due_on, ours.remind_every, ours.is_paused, ours.remind_days_before) == (
        date(2028, 3, 31),
        None,
        False,
        [30],
    )
    assert (theirs.follows, theirs.days_before, theirs.due_on) == (
        ours,
        21,
        date(2028, 3, 10),
    )
    assert (own.follows, own.due_on) == (theirs, date(2028, 3, 3))
    assert not DeadlineDone.objects.filter(deadline__grant=copy).exists()


def test_copy_of_a_moved_day_goes_by_the_day_that_was_asked_for(storsthlm):
    grant = make_grant(storsthlm)
    grant.deadlines.update(due_on=date(2020, 8, 28), moved_from=date(2020, 8, 30))

    moved, on = (copy_grant(grant, year=year).deadlines.get() for year in (2026, 2021))

    assert (moved.due_on, moved.moved_from) == (date(2026, 8, 28), date(2026, 8, 30))
    assert (on.due_on, on.moved_from) == (date(2021, 8, 30), None)


def test_last_days_go_out_in_a_file_and_come_in_again(storsthlm):
    grant, _first, _second, _third = make_chain(storsthlm)
    grant.record_number = "S/20/0026"
    grant.save()
    grant.deadlines.filter(kind="own").update(is_paused=True, remind_every=None)
    facts = ["kind", "actor", "title", "due_on", "moved_from", "days_before"]
    facts += ["follows__kind", "remind_days_before", "remind_every", "is_paused"]
    before = list(grant.deadlines.values_list(*facts))
    file = resources.DeadlineResource(body=storsthlm).export()
    grant.deadlines.all().delete()

    resources.DeadlineResource(body=storsthlm).import_data(file, raise_errors=True)

    assert list(grant.deadlines.values_list(*facts)) == before


def test_a_row_that_follows_what_is_not_there_is_refused(storsthlm):
    make_grant(storsthlm, record_number="S/20/0026")
    row = {
        "dnr": "S/20/0026",
        "slag": "repayment",
        "rubrik": "",
        "sista dag": "2021-03-10",
        "vem": "body",
        "följer": "final_report / body",
        "dagar före den": "21",
    }

    result = resources.DeadlineResource(body=storsthlm).import_data(data(row))

    assert result.has_errors() or result.has_validation_errors()


def test_administrator_sees_what_is_noted_as_done(client, storsthlm):
    for body in (storsthlm, make_body("Region Dalarna", "20")):
        DeadlineDone.objects.create(
            deadline=make_deadline(make_grant(body)), note=f"Inlämnat {body}"
        )
    client.force_login(make_member(storsthlm, role="administrator"))

    page = client.get(reverse("admin:grants_deadlinedone_changelist")).content.decode()

    assert "Inlämnat Storsthlm" in page
    assert "Inlämnat Region Dalarna" not in page
