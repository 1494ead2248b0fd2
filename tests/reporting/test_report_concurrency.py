"""Two people at the same moment, with a municipality's report between them.

On real connections, as in ``test_concurrency``: one wins, the other is told in words, and
nothing that was sent in or written is lost without a word. Each race has a municipality of
its own, and they are run in one test, since the tables are emptied for real after each.
"""

from datetime import date
from functools import partial

import pytest

from grants.distribution import Refused
from grants.models import Deadline
from invoices.models import Repayment
from invoices.repayment import receive
from invoices.settlement import shares_of
from municipalities.models import Municipality
from reporting.models import Report
from reporting.report import (
    Conflict,
    Signature,
    begin,
    begin_correction,
    save_section,
    submit,
    work_on,
)
from reporting.report_decisions import accept, outcome_of, request_completion
from reporting.report_refusals import sentence
from tests.factories import make_body, make_member, make_municipal_member
from tests.invoices import test_concurrency as racing
from tests.invoices.settling import DAY, claimed
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_report,
    make_sent,
    write,
)

pytestmark = pytest.mark.django_db(transaction=True)

CODES = (
    *("0114", "0115", "0117", "0120", "0123", "0125"),
    *("0126", "0127", "0128", "0136", "0138"),
)
own = racing.own
signature = Signature("Kim Berg", "chef")


def at_once(*verbs):
    """Run each on a connection of its own; return what each was told."""

    def verdict(verb):
        try:
            verb()
        except Conflict as error:
            raise Refused("conflict") from error

    return racing.at_once(
        *(partial(verdict, verb) for verb in verbs),
        tell=lambda error: error.code == "conflict" or sentence(error),
    )


def test_reports_are_written_sent_and_judged_once(places):
    body = make_body()
    found = make_open_round(body, codes=CODES)
    staff = [make_member(body) for _ in range(2)]
    codes = iter(CODES)

    two_begin(found, next(codes))
    two_save(found, next(codes))
    two_send(found, next(codes))
    save_against_send(found, next(codes))
    two_ask_for_completion(found, next(codes), staff)
    acceptance_against_correction(found, next(codes), staff)
    acceptance_against_completion(found, next(codes), staff)
    completion_against_correction(found, next(codes), staff)
    acceptance_of_a_correction_against_receipt(found, next(codes), staff)
    completions_of_two_by_the_same_day(found, [next(codes), next(codes)], staff)


def people(code):
    return [make_municipal_member(code) for _ in range(2)]


def sending(report, by=None, reason="Rättat"):
    """Return what sends in the report as it is now."""
    by = by or make_municipal_member(report.municipality.code)
    mine = own(report)
    seen = work_on(mine).fingerprint
    return lambda: submit(mine, by=by, signature=signature, seen=seen, reason=reason)


def accepting(report, by, reason="Efter redovisningen"):
    """Return what accepts the latest version, and settles the money as it says."""
    mine = own(report)
    version = mine.versions.first()
    shares = {share.key: share for share in shares_of(mine.round.grant)}
    outcome = outcome_of(mine.round.read, version.typed, version.facts)
    settled = shares[mine.municipality.code].seen
    return lambda: accept(
        mine,
        by=by,
        seen=version.number,
        outcome=outcome,
        settled=settled,
        reason=reason,
    )


def completing(report, by, due_on=date(2099, 2, 1)):
    """Return what asks for the latest version to be completed."""
    mine = own(report)
    seen = mine.versions.first().number
    return lambda: request_completion(
        mine, by=by, sections=["insatser"], reason="Hur många?", due_on=due_on, seen=seen
    )


def begin_to_correct(found, code, **answers):
    """Return a report that is sent in, and whose correction is written."""
    report = make_sent(found, code)
    begin_correction(report, by=make_municipal_member(code))
    return write(own(report), final_answers(found, **answers))


def two_begin(found, code):
    place = Municipality.objects.get(code=code)
    told = at_once(*(lambda by=by: begin(own(found), place, by=by) for by in people(code)))

    assert told == ["done", "done"]
    report = Report.objects.get(round=found, municipality=place)
    assert report.sections.count() == len(found.read.sections)


def two_save(found, code):
    report = make_report(found, code)
    told = at_once(
        *(
            lambda by=by, text=text: save_section(
                own(report), "samverkan", {"samverkan": text}, by=by, seen=0
            )
            for by, text in zip(people(code), ("ja", "nej"), strict=True)
        )
    )

    assert sorted(told) == ["conflict", "done"]
    section = report.sections.get(key="samverkan")
    assert section.version == 1
    assert section.answers["samverkan"] == ("ja", "nej")[told.index("done")]

    told = at_once(
        *(
            lambda by=by, key=key: save_section(own(report), key, {}, by=by, seen=0)
            for by, key in zip(people(code), ("medel", "insatser"), strict=True)
        )
    )

    assert told == ["done", "done"]


def two_send(found, code):
    report = write(make_report(found, code), final_answers(found))
    told = at_once(*(sending(report, by) for by in people(code)))

    assert sorted(told) == ["done", "report_closed"]
    assert report.versions.count() == 1


def save_against_send(found, code):
    report = write(make_report(found, code), final_answers(found))
    row = report.sections.get(key="jamstalldhet")
    other = row.answers | {"jamstalld_halsa": "Något annat."}
    by = make_municipal_member(code)
    told = at_once(
        sending(report),
        lambda: save_section(own(report), row.key, other, by=by, seen=row.version),
    )

    sent = [version.answers for version in report.versions.all()]
    row.refresh_from_db()
    assert (told, len(sent), row.answers == other) in [
        (["done", "report_closed"], 1, False),
        (["report_changed", "done"], 0, True),
    ]
    assert all(answers["jamstalld_halsa"] != "Något annat." for answers in sent)


def two_ask_for_completion(found, code, staff):
    report = make_sent(found, code)
    told = at_once(*(completing(report, by) for by in staff))

    assert sorted(told) == ["done", "report_not_sent"]
    assert report.completions.count() == 1


def acceptance_against_correction(found, code, staff):
    report = begin_to_correct(found, code, used=90, to_repay=10)
    told = at_once(accepting(report, staff[0]), sending(report))

    report.refresh_from_db()
    assert (told, report.status, report.versions.count()) in [
        (["done", "report_changed"], "accepted", 1),
        (["report_sent_again", "done"], "submitted", 2),
    ]
    assert bool(report.settlement) == (report.status == "accepted")


def acceptance_against_completion(found, code, staff):
    report = make_sent(found, code)
    told = at_once(accepting(report, staff[0]), completing(report, staff[1]))

    report.refresh_from_db()
    # What is accepted can be returned; what is returned cannot be accepted.
    assert (told, report.status, bool(report.settlement)) in [
        (["done", "done"], "returned", True),
        (["report_not_sent", "done"], "returned", False),
    ]


def completion_against_correction(found, code, staff):
    report = begin_to_correct(found, code, used=90, to_repay=10)
    told = at_once(completing(report, staff[0]), sending(report))

    report.refresh_from_db()
    is_asked = report.completions.filter(closed_at=None).exists()
    # Nobody answers what they have not read.
    assert (told, report.status, is_asked, report.versions.count()) in [
        (["done", "report_changed"], "returned", True, 1),
        (["report_sent_again", "done"], "submitted", False, 2),
    ]


def acceptance_of_a_correction_against_receipt(found, code, staff):
    report = make_sent(found, code, used=60, to_repay=40)
    accepting(report, staff[0])()
    begin_correction(own(report), by=make_municipal_member(code))
    sending(write(own(report), final_answers(found, used=70, to_repay=30)))()
    claimed(found.grant, by=staff[0])
    claim = Repayment.objects.get(settlement__municipality__code=code)
    told = at_once(
        accepting(report, staff[0]),
        lambda: receive(own(claim), amount=40, on=DAY, by=staff[1]),
    )

    claim.refresh_from_db()
    report.refresh_from_db()
    (share,) = (each for each in shares_of(found.grant) if each.key == code)
    assert (told, claim.is_withdrawn, report.status, share.to_repay) in [
        (["done", "claim_closed"], True, "accepted", 30),
        (["repayment_received", "done"], False, "submitted", 40),
    ]


def completions_of_two_by_the_same_day(found, codes, staff):
    reports = [make_sent(found, code) for code in codes]
    due_on = date(2099, 3, 1)
    told = at_once(
        *(completing(report, by, due_on) for report, by in zip(reports, staff, strict=True))
    )

    assert told == ["done", "done"]
    days = Deadline.objects.filter(grant=found.grant, kind="own", due_on=due_on)
    assert days.count() == 1
