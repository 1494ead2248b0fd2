"""A municipality's report: filled in, written, sent in, completed and corrected."""

from copy import deepcopy
from datetime import date

import pytest
from django.db import DatabaseError, transaction

from grants.distribution import Refused
from grants.models import Deadline
from invoices.settlement import Outcome
from municipalities.triggers import is_refused_by_trigger
from reporting.models import Report, ReportVersion
from reporting.report import (
    Conflict,
    Signature,
    add_file,
    begin_correction,
    discard_correction,
    hand_over,
    remove_file,
    save_section,
    submit,
    work_on,
)
from reporting.report_decisions import accept, outcome_of, request_completion
from tests.factories import make_body, make_member, make_municipal_member
from tests.reporting.report_rounds import make_round
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


def refused(verb, *args, **kwargs):
    """Return the code that a verb is refused with."""
    with pytest.raises(Refused) as error:
        verb(*args, **kwargs)
    return error.value.code


def test_report_is_begun_once_and_knows_the_ledgers_sums(found):
    made = make_report(found)

    assert make_report(found) == made
    assert [each.key for each in made.sections.all()] == [
        section.key for section in found.read.sections
    ]
    work = work_on(made)
    assert work.facts["utbetalat"] == work.facts["rekvirerat"] == 100
    assert work.not_gone_through == [section.key for section in found.read.sections]


def test_only_who_is_asked_reports(found):
    assert refused(make_report, make_round(found.grant, kind="other")) == "not_asked"
    assert refused(make_report, found, "0684") == "not_asked"


def test_report_is_sent_in_as_it_was_read(found):
    report = make_report(found)
    by = make_municipal_member("0127")
    signature = Signature("Kim Berg", "chef")

    seen = work_on(report).fingerprint
    assert refused(submit, report, by=by, signature=signature, seen=seen) == (
        "report_incomplete"
    )
    write(report, final_answers(found))
    assert refused(submit, report, by=by, signature=signature, seen=seen) == (
        "report_changed"
    )
    version = send(report)

    report.refresh_from_db()
    assert report.status == "submitted"
    assert version.answers["aterbetalas"] == "20"
    assert version.facts == work_on(report).facts
    assert refused(send, report) == "report_closed"


def test_file_that_is_exchanged_for_another_of_its_name_is_not_signed_unread(found):
    report = write(make_report(found), final_answers(found))
    by = make_municipal_member("0127")
    first = add_file(report, "underlag", pdf(b"%PDF-1.7 ett %%EOF"), by=by)
    seen = work_on(report).fingerprint

    remove_file(report, first.pk)
    second = add_file(report, "underlag", pdf(b"%PDF-1.7 annat %%EOF"), by=by)

    signature = Signature("Kim Berg", "chef")
    assert refused(submit, report, by=by, signature=signature, seen=seen) == (
        "report_changed"
    )
    assert list(send(report).files.all()) == [second]


def test_two_people_do_not_overwrite_each_other(found):
    report = make_report(found)
    one, two = make_municipal_member("0127"), make_municipal_member("0127")
    first = save_section(report, "jamstalldhet", {"jamstalld_halsa": "A"}, by=one, seen=0)

    with pytest.raises(Conflict) as error:
        save_section(report, "jamstalldhet", {"jamstalld_halsa": "B"}, by=two, seen=0)
    assert error.value.section.answers == {"jamstalld_halsa": "A"}
    second = save_section(
        report, "jamstalldhet", {"jamstalld_halsa": "B"}, by=two, seen=first.version
    )
    assert (second.version, second.edited_by) == (2, two)
    save_section(report, "samverkan", {"samverkan": "nej"}, by=one, seen=0)


def test_hand_over_is_taken_back_by_a_change(found):
    report = write(make_report(found), final_answers(found))
    by = make_municipal_member("0127", role="contributor")
    hand_over(report, by=by)
    assert Report.objects.get().handed_over_by == by
    write(report, final_answers(found, utmaningar="Andra."))
    assert Report.objects.get().handed_over_by is None


def test_completion_has_sections_reason_and_a_last_day_of_its_own(found, storsthlm):
    report = make_sent(found)
    staff = make_member(storsthlm)
    asked = {
        "by": staff,
        "reason": "Beskriv hur många ni har nått.",
        "due_on": date(2099, 2, 1),
    }
    lacking = request_completion
    assert refused(lacking, report, sections=[], seen=1, **asked) == (
        "completion_sections_lacking"
    )
    assert refused(lacking, report, sections=["insatser"], seen=2, **asked) == (
        "report_sent_again"
    )
    made = request_completion(report, sections=["insatser"], seen=1, **asked)

    assert (made.sections, made.deadline.due_on) == (["insatser"], date(2099, 2, 1))
    assert made.deadline.kind == Deadline.Kind.OWN
    report.refresh_from_db()
    assert report.is_open
    write(report, final_answers(found, utmaningar="Vi har nått 120 personer."))
    version = send(report)
    assert (version.number, version.reason) == (
        2,
        "Kompletterad efter begäran: Beskriv hur många ni har nått.",
    )
    made.refresh_from_db()
    assert made.closed_at is not None


def test_correction_is_a_version_and_can_be_left(found):
    report = make_sent(found)
    by = make_municipal_member("0127")
    report = begin_correction(report, by=by)
    assert report.status == "submitted"
    write(report, final_answers(found, used=90, to_repay=10))
    assert refused(send, report) == "report_reason_lacking"
    report = discard_correction(report)
    assert work_on(report).answers["aterbetalas"] == "20"
    assert refused(discard_correction, report) == "no_correction"

    report = begin_correction(report, by=by)
    write(report, final_answers(found, used=90, to_repay=10))
    assert send(report, reason="Rätt belopp").number == 2
    first = ReportVersion.objects.get(number=1)
    assert first.answers["aterbetalas"] == "20"


def test_correction_is_as_late_as_what_it_corrects(found):
    in_time, late = make_sent(found, "0127"), make_report(found, "0160")
    Deadline.objects.filter(pk=found.deadline_id).update(due_on=date(2026, 1, 2))
    found.deadline.refresh_from_db()
    send(write(late, final_answers(found)))
    by = make_municipal_member("0127")

    given = []
    for report in (in_time, late):
        corrected = begin_correction(report, by=by)
        write(corrected, final_answers(found, used=90, to_repay=10))
        given.append(send(corrected, reason="Rätt belopp").is_late)

    assert given == [False, True]


def test_acceptance_settles_the_money(found, storsthlm):
    report = make_sent(found)
    version = report.versions.get()
    outcome = outcome_of(found.read, version.typed, version.facts)
    assert outcome == Outcome(80, 20)

    accepted = accept(report, by=make_member(storsthlm), seen=1, outcome=outcome, settled=0)

    assert accepted.status == "accepted"
    assert (accepted.settlement.used, accepted.settlement.to_repay) == (80, 20)


def test_database_keeps_what_is_sent_in(found):
    report = make_sent(found)
    for change in (
        lambda: ReportVersion.objects.update(answers={}),
        lambda: ReportVersion.objects.all().delete(),
        lambda: Report.objects.update(status="draft"),
        lambda: Report.objects.filter(pk=report.pk)._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError) as error, transaction.atomic():
            change()
        assert is_refused_by_trigger(error.value)
