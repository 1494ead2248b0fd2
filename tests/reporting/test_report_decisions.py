"""What is proposed, what can be accepted unread, and what the messages say."""

from copy import deepcopy
from datetime import date

import pytest

from grants.distribution import Refused
from invoices.models import Settlement
from invoices.settlement import Outcome
from municipalities.message_kinds import KINDS
from municipalities.messages import compose, words_of
from reporting.decision_letters import (
    accepted_example,
    completion_example,
    withdrawn_example,
)
from reporting.ready_made_forms import FINAL
from reporting.received_forms import proposed_day
from reporting.reminder_words import Content, letter_of
from reporting.report import add_file, discard_correction, remove_file
from reporting.report_decisions import (
    accept,
    is_settled_to,
    proposal_of,
    request_completion,
    withdraw_completion,
)
from reporting.report_form import Check
from reporting.report_judging import judge, shares_by_municipality
from tests.factories import make_body, make_member, make_municipal_member
from tests.invoices.settling import settled
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_report,
    make_sent,
    pdf,
    send,
    write,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def made(once):
    """An open round, made once for them all."""
    return make_open_round(make_body())


@pytest.fixture
def found(made):
    return deepcopy(made)


@pytest.fixture
def storsthlm(found):
    return found.grant.body


def judged(report):
    found = report.round
    version = report.versions.first()
    share = shares_by_municipality(found).get(report.municipality_id)
    return judge(report, version, found.read, share)


def ask(report, by, seen=1, **more):
    """Ask for a completion."""
    day = date(2099, 2, 1)
    asked = {"sections": ["insatser"], "reason": "Hur många har ni nått?", "due_on": day}
    return request_completion(report, by=by, seen=seen, **asked, **more)


@pytest.mark.parametrize(
    ("sums", "available", "proposal"),
    [
        ({"använt": 80, "att återbetala": 20}, 100, Outcome(80, 20)),
        ({"förbrukat": 80, "förs över": 20}, 100, Outcome(80, 0, 20)),
        ({"använt": 80, "överförs": 50}, 100, Outcome(80, 0, 20)),
        ({"använt": None}, 100, Outcome(0, 100)),
        ({"använt": 5}, 0, Outcome(0, 0)),
    ],
)
def test_proposal_comes_to_what_is_paid(sums, available, proposal):
    assert proposal_of(sums, available) == proposal
    assert proposal.total == available


@pytest.mark.parametrize(
    ("today", "authority", "day"),
    [
        (date(2026, 11, 23), None, date(2026, 12, 7)),
        (date(2026, 11, 23), date(2026, 12, 8), date(2026, 12, 7)),
        (date(2026, 11, 23), date(2026, 12, 7), date(2026, 12, 4)),
        (date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 24)),
        # The authority's day has come: nothing can be before it.
        (date(2026, 11, 23), date(2026, 11, 24), date(2026, 12, 7)),
        (date(2026, 11, 23), date(2026, 1, 31), date(2026, 12, 7)),
    ],
)
def test_completion_is_proposed_a_day_before_the_authoritys(today, authority, day):
    assert proposed_day(today, authority) == day


def test_report_says_why_it_must_be_read(storsthlm):
    check = Check("använt >= 90", "Det mesta brukar användas.", is_blocking=False)
    form = type(FINAL)(FINAL.title, FINAL.sections, (*FINAL.checks, check))
    found = make_open_round(storsthlm, form=form)
    silent = judged(make_sent(found, "0114", used=95, to_repay=5))
    warned = judged(make_sent(found, "0127"))
    settled(found.grant, "0160", 90, 10)
    corrected = judged(make_sent(found, "0160", used=95, to_repay=5))

    assert (silent.hindrance, silent.outcome) == (None, Outcome(95, 5))
    assert warned.hindrance.code == "report_has_remarks"
    assert warned.proposal == Outcome(80, 20)
    assert corrected.hindrance.code == "report_settled_otherwise"


def test_what_is_settled_so_already_is_not_settled_again(found, storsthlm):
    made = settled(found.grant, "0127", 80, 20)
    report = make_sent(found)
    by = make_member(storsthlm)
    assert judged(report).hindrance is None
    assert is_settled_to(judged(report).share, Outcome(80, 20))

    with pytest.raises(Refused) as refused:
        accept(report, by=by, seen=1, outcome=Outcome(80, 20), settled=0)
    assert refused.value.code == "settled_since"
    accepted = accept(report, by=by, seen=1, outcome=Outcome(80, 20), settled=1)

    assert accepted.settlement == made
    assert Settlement.objects.count() == 1


def test_request_for_completion_is_taken_back(storsthlm):
    report = make_sent(make_open_round(storsthlm))
    staff = make_member(storsthlm)
    asked = ask(report, staff)
    with pytest.raises(Refused) as refused:
        withdraw_completion(report, by=staff, seen=asked.pk + 1)
    assert refused.value.code == "completion_closed"

    withdraw_completion(report, by=staff, seen=asked.pk)

    asked.refresh_from_db()
    assert (report.status, report.is_correcting) == ("submitted", False)
    assert asked.withdrawn_by == staff
    assert asked.closed_at is not None
    with pytest.raises(Refused) as again:
        withdraw_completion(report, by=staff, seen=asked.pk)
    assert again.value.code == "completion_closed"
    withdraw_completion(report, by=staff, seen=ask(report, staff).pk)
    accepted = accept(report, by=staff, seen=1, outcome=Outcome(80, 20), settled=0)
    assert accepted.status == "accepted"


def test_completion_of_an_accepted_report_leaves_the_settlement(storsthlm):
    report = make_sent(make_open_round(storsthlm))
    staff, colleague = make_member(storsthlm), make_member(storsthlm)
    accept(report, by=colleague, seen=1, outcome=Outcome(80, 20), settled=0)
    with pytest.raises(Refused) as refused:
        ask(report, staff, also_accepted=False)
    assert refused.value.code == "report_accepted_since"

    asked = ask(report, staff)

    settlement = Settlement.objects.get()
    report.refresh_from_db()
    assert (report.status, report.settlement) == ("returned", settlement)
    # Taken back, it is accepted as it was.
    withdraw_completion(report, by=staff, seen=asked.pk)
    assert (report.status, report.accepted_by) == ("accepted", colleague)
    assert (report.is_correcting, report.settlement) == (False, settlement)
    # Answered, it is read again, and a request that is taken back then leaves it so.
    ask(report, staff)
    send(write(report, final_answers(report.round, used=90, to_repay=10)))
    report.refresh_from_db()
    withdraw_completion(report, by=staff, seen=ask(report, staff, seen=2).pk)
    assert report.status == "submitted"
    again = accept(
        report, by=staff, seen=2, outcome=Outcome(90, 10), settled=1, reason="Komplett"
    )
    assert (again.settlement.version, again.settlement.used) == (2, 90)


def test_what_is_written_when_a_request_is_taken_back_is_a_correction(found, storsthlm):
    report = make_sent(found)
    staff = make_member(storsthlm)
    asked = ask(report, staff)
    write(report, final_answers(found, utmaningar="Vi har nått 120."))

    withdraw_completion(report, by=staff, seen=asked.pk)

    assert (report.status, report.is_correcting) == ("submitted", True)
    assert report.is_open
    discard_correction(report)
    report.refresh_from_db()
    assert (report.status, report.is_open) == ("submitted", False)


def test_file_exchanged_for_another_of_its_name_is_a_correction_too(found, storsthlm):
    report = write(make_report(found), final_answers(found))
    by, staff = make_municipal_member("0127"), make_member(storsthlm)
    first = add_file(report, "underlag", pdf(b"%PDF-1.7 ett %%EOF"), by=by)
    send(report)
    asked = ask(report, staff)
    remove_file(report, first.pk)
    add_file(report, "underlag", pdf(b"%PDF-1.7 annat %%EOF"), by=by)

    withdraw_completion(report, by=staff, seen=asked.pk)

    assert (report.status, report.is_correcting) == ("submitted", True)


def test_completion_that_is_sent_in_is_not_taken_back(found, storsthlm):
    report = make_sent(found)
    staff = make_member(storsthlm)
    asked = ask(report, staff)
    send(write(report, final_answers(found, used=90, to_repay=10)))

    with pytest.raises(Refused) as refused:
        withdraw_completion(report, by=staff, seen=asked.pk)

    assert refused.value.code == "completion_closed"
    asked.refresh_from_db()
    assert asked.withdrawn_by is None


@pytest.mark.parametrize(
    ("kind", "example"),
    [
        ("report_completion", completion_example),
        ("report_completion_withdrawn", withdrawn_example),
        ("report_accepted", accepted_example),
    ],
)
def test_words_are_previewed_on_a_report_of_the_bodys(found, storsthlm, kind, example):
    assert example(storsthlm) is None
    report = make_sent(found)
    assert example(make_body("Region Dalarna", county="20")) is None
    given = example(storsthlm)
    composed = compose(
        words_of(KINDS[kind], storsthlm),
        facts=given.facts,
        links=given.links,
        blocks=given.blocks,
    )

    assert str(report.municipality.own_name) in composed.text
    assert "[[" not in composed.text + composed.subject
    assert set(given.facts) | set(given.links) | set(given.blocks) <= set(KINDS[kind].facts)


def test_reminder_leads_to_the_report(found, storsthlm):
    report = make_sent(found)
    line = (report.municipality, found.deadline)
    content = Content(lines=[line], rounds={found.deadline_id: found.pk})

    letter = letter_of(content, storsthlm, TODAY)

    assert "[Redovisa här](" in letter.blocks["att göra"]
    assert f"/mina-medel/redovisning/{found.pk}/" in letter.blocks["att göra"]
