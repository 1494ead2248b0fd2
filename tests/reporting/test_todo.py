"""Who has something to do by each last day, and who has done it."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grants.models import Deadline, DeadlineDone
from invoices.requisition import send_back
from municipalities.models import Municipality
from reporting.report_decisions import accept, request_completion
from reporting.rounds import open_round
from reporting.todo import todos_for, todos_of
from tests.factories import (
    make_decided,
    make_grant,
    make_member,
    make_offered,
    make_requisition,
)
from tests.invoices.settling import make_paid, settled
from tests.reporting.report_rounds import make_fixed, make_round
from tests.reporting.reports import (
    final_answers,
    make_report,
    make_sent,
    open_round_of,
    send,
    write,
)

pytestmark = pytest.mark.django_db

TODAY = date(2020, 6, 1)
SOLNA, LIDINGO = "0184", "0186"


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


def make_deadline(grant, kind="final_report", due_on=date(2021, 3, 31), **facts):
    return Deadline.objects.create(grant=grant, kind=kind, due_on=due_on, **facts)


def municipality(code):
    return Municipality.objects.get(code=code)


def codes(ids):
    found = Municipality.objects.filter(pk__in=ids)
    return sorted(found.values_list("code", flat=True))


def todo_of(deadline, today=TODAY):
    return todos_of(deadline.grant.body, [deadline], today)[deadline.pk]


def everybody(distribution):
    return sorted(distribution.allocations.values_list("municipality__code", flat=True))


def test_requisition_is_missing_until_it_is_answered(offered):
    deadline = offered.grant.deadlines.get()
    make_requisition(offered, SOLNA)
    make_requisition(offered, LIDINGO, amount=0)

    todo = todo_of(deadline)

    rest = [code for code in everybody(offered) if code not in {SOLNA, LIDINGO}]
    assert (codes(todo.concerned), codes(todo.missing), todo.is_done) == (
        everybody(offered),
        rest,
        False,
    )


def test_requisition_is_done_when_all_have_answered(offered):
    for code in everybody(offered):
        make_requisition(offered, code)

    todo = todo_of(offered.grant.deadlines.get())

    assert (codes(todo.missing), todo.is_done) == ([], True)


def test_requisition_to_be_completed_is_missing_again(offered, handler):
    for code in everybody(offered):
        requisition = make_requisition(offered, code)
    send_back(requisition, by=handler, reason="Kontot saknas.")

    todo = todo_of(offered.grant.deadlines.get())

    assert (codes(todo.missing), todo.is_done) == ([everybody(offered)[-1]], False)


@pytest.mark.parametrize("kind", ["requisition", "final_report", "use"])
def test_nobody_is_concerned_before_the_offer_goes_out(storsthlm, kind):
    decided = make_decided(storsthlm)

    todo = todo_of(make_deadline(decided.grant, kind))

    assert (todo.concerned, todo.missing, todo.is_done) == (frozenset(), frozenset(), False)


def test_report_concerns_those_who_have_not_declined_all(offered):
    make_requisition(offered, SOLNA, amount=0)
    make_requisition(offered, LIDINGO, amount=1000)

    todo = todo_of(make_deadline(offered.grant))

    rest = [code for code in everybody(offered) if code != SOLNA]
    assert (codes(todo.concerned), codes(todo.missing)) == (rest, rest)


def test_report_is_done_by_those_it_is_noted_for(offered):
    deadline = make_deadline(offered.grant)
    DeadlineDone.objects.create(deadline=deadline, municipality=municipality(SOLNA))

    todo = todo_of(deadline)

    rest = [code for code in everybody(offered) if code != SOLNA]
    assert (codes(todo.missing), todo.is_done) == (rest, False)


def test_what_is_noted_for_all_is_done_by_all(offered):
    deadline = make_deadline(offered.grant)
    DeadlineDone.objects.create(deadline=deadline)

    todo = todo_of(deadline)

    assert (todo.missing, todo.is_done) == (frozenset(), True)


@pytest.mark.parametrize(
    ("today", "is_done"), [(date(2020, 12, 31), False), (date(2021, 1, 1), True)]
)
def test_nobody_is_behind_with_the_last_day_of_use(offered, today, is_done):
    deadline = make_deadline(offered.grant, "use", date(2020, 12, 31))

    todo = todo_of(deadline, today)

    assert (codes(todo.concerned), todo.missing, todo.is_done) == (
        everybody(offered),
        frozenset(),
        is_done,
    )


@pytest.mark.parametrize("actor", ["body", "region"])
@pytest.mark.parametrize("is_done", [False, True])
def test_own_deadline_is_done_when_it_is_noted(offered, actor, is_done):
    deadline = make_deadline(offered.grant, actor=actor)
    if is_done:
        DeadlineDone.objects.create(deadline=deadline)

    todo = todo_of(deadline)

    assert (todo.concerned, todo.missing, todo.is_done) == (
        frozenset(),
        frozenset(),
        is_done,
    )


@pytest.mark.parametrize("actor", ["body", "region"])
def test_own_repayment_is_done_when_every_krona_is_accounted_for(storsthlm, offered, actor):
    grant = make_paid(storsthlm, codes=(SOLNA, LIDINGO), offered=offered).grant
    deadline = make_deadline(grant, "repayment", actor=actor)
    settled(grant, SOLNA, 100, 0)
    assert not todo_of(deadline).is_done

    settled(grant, LIDINGO, 90, 0, 10)

    assert todo_of(deadline).is_done
    assert not todo_of(make_deadline(grant, actor=actor)).is_done


def test_another_bodys_deadlines_are_nobodys(storsthlm, offered):
    deadline = offered.grant.deadlines.get()
    dalarna = type(storsthlm).objects.create(name="Dalarna", county_id=storsthlm.county_id)

    assert todos_of(dalarna, [deadline], TODAY)[deadline.pk].concerned == frozenset()


def test_municipality_sees_its_own_last_days_by_date(storsthlm, offered):
    make_grant(storsthlm)
    report = make_deadline(offered.grant, "interim_report", date(2020, 5, 29))
    past = make_deadline(offered.grant, "own", date(2020, 5, 4), title="Anmäl kontakt")
    make_deadline(offered.grant, "own", date(2020, 5, 5), title="Vi", actor="body")
    make_deadline(offered.grant, "use", date(2020, 5, 6))
    DeadlineDone.objects.create(deadline=past, municipality=municipality(SOLNA))
    make_requisition(offered, SOLNA)

    found = {
        code: [
            (todo.deadline.label, len(todo.missing), todo.is_done)
            for todo in todos_for(municipality(code), TODAY)
        ]
        for code in (SOLNA, LIDINGO)
    }

    assert found == {
        SOLNA: [(report.label, 1, False), ("Rekvisition", 0, True)],
        LIDINGO: [
            ("Anmäl kontakt", 1, False),
            (report.label, 1, False),
            ("Rekvisition", 1, False),
        ],
    }


def test_queries_do_not_grow(storsthlm, offered):
    counts = []
    for more in ([offered], [None, None]):
        for each in more:
            one = each or make_offered(storsthlm)
            make_deadline(one.grant)
            make_requisition(one, SOLNA)
        deadlines = list(Deadline.objects.of_body(storsthlm))
        with CaptureQueriesContext(connection) as of_all:
            assert len(todos_of(storsthlm, deadlines, TODAY)) == len(deadlines)
        with CaptureQueriesContext(connection) as of_one:
            todos = todos_for(municipality(SOLNA), TODAY)
        assert [todo.deadline.grant.body for todo in todos]
        counts.append((len(deadlines), len(of_all), len(of_one) - 1))

    assert counts == [(2, 6, 5), (6, 6, 5)]


# Reports ---------------------------------------------------------------------------------


def ask_to_complete(report, due_on=date(2099, 2, 1)):
    return request_completion(
        report,
        by=make_member(report.round.grant.body),
        sections=["insatser"],
        reason="Beskriv hur många ni har nått.",
        due_on=due_on,
        seen=report.versions.count(),
    )


def test_report_is_done_when_it_is_sent_in(storsthlm, offered):
    found = open_round_of(make_paid(storsthlm, offered=offered).grant)
    make_report(found, "0114")
    make_sent(found, "0127")
    accept(make_sent(found, "0160"), by=make_member(storsthlm), seen=1)
    DeadlineDone.objects.create(deadline=found.deadline, municipality=municipality("0180"))

    todo = todo_of(found.deadline)

    done = {"0127", "0160", "0180"}
    assert set(codes(todo.concerned)) - set(codes(todo.missing)) == done
    assert "0114" in codes(todo.missing)
    assert (todo.round, todo.is_done) == (found.pk, False)


def test_report_that_nobody_is_asked_for_yet_is_noted_by_hand(offered):
    found = make_round(offered.grant)

    todo = todo_of(found.deadline)

    assert (codes(todo.missing), todo.round) == (everybody(offered), None)


def test_day_of_two_rounds_is_done_when_both_are(storsthlm, offered):
    found = open_round_of(make_paid(storsthlm, offered=offered).grant)
    interim = make_round(
        found.grant,
        make_fixed(storsthlm, "interim"),
        kind="interim",
        deadline=found.deadline,
    )
    open_round(interim, by=make_member(storsthlm))
    make_sent(found, "0114")
    make_sent(found, "0127")
    make_sent(interim, "0127", hinner="ja")

    todo = todo_of(found.deadline)

    assert set(codes(todo.concerned)) - set(codes(todo.missing)) == {"0127"}


def test_completion_concerns_those_who_are_asked_until_they_have_answered(
    storsthlm, offered
):
    found = open_round_of(make_paid(storsthlm, offered=offered).grant)
    asked = [make_sent(found, code) for code in ("0114", "0127")]
    day, _same = [ask_to_complete(report).deadline for report in asked]
    other = ask_to_complete(make_sent(found, "0160"), date(2099, 3, 2)).deadline

    todo = todo_of(day)
    assert (codes(todo.concerned), codes(todo.missing)) == (["0114", "0127"],) * 2
    asked[0].refresh_from_db()
    send(write(asked[0], final_answers(found, utmaningar="120 personer.")))

    todo = todo_of(day)
    assert (codes(todo.missing), todo.is_done, todo.round) == (["0127"], False, found.pk)
    # The round's own day is done: the completion has one of its own.
    assert not {"0114", "0127"} & set(codes(todo_of(found.deadline).missing))
    assert [
        (each.deadline, bool(each.missing))
        for each in todos_for(municipality("0127"), TODAY)
        if each.round
    ] == [(found.deadline, False), (day, True)]
    alone = todos_of(storsthlm, [day], TODAY, only={municipality("0160").pk})
    assert alone[day.pk].concerned == frozenset()
    asked[1].refresh_from_db()
    send(write(asked[1], final_answers(found, utmaningar="200 personer.")))
    assert todo_of(day).is_done
    assert codes(todo_of(other).missing) == ["0160"]


def test_queries_do_not_grow_with_reports(storsthlm, offered):
    counts = []
    for more in ([offered], [None, None]):
        for each in more:
            found = open_round_of(make_paid(storsthlm, offered=each).grant)
            ask_to_complete(make_sent(found, "0127"))
        deadlines = list(Deadline.objects.of_body(storsthlm))
        with CaptureQueriesContext(connection) as of_all:
            todos_of(storsthlm, deadlines, TODAY)
        with CaptureQueriesContext(connection) as of_one:
            todos_for(municipality("0127"), TODAY)
        counts.append((len(of_all), len(of_one) - 1))

    assert counts == [(7, 6), (7, 6)]
