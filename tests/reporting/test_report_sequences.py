"""Whatever is done with reports and with the money they are about, the sums agree.

The steps of ``test_money_sequences`` and those of the reports, in any order. A verb refuses
in words or does it. After each step the ledger agrees, what was sent in reads as it did,
and in the end everything can be brought back to zero.
"""

from dataclasses import dataclass, field
from datetime import date

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grants.distribution import Refused
from invoices.ledger import ledger_of
from invoices.repayment import claim, receive, return_to_state, to_claim
from invoices.settlement import Outcome, settle, shares_of
from municipalities.models import Municipality
from reporting.models import Report, ReportRound, ReportVersion
from reporting.report import (
    Signature,
    begin,
    begin_correction,
    discard_correction,
    save_section,
    submit,
    work_on,
)
from reporting.report_decisions import accept, outcome_of, request_completion
from reporting.report_facts import facts_of
from reporting.report_form import Check, Form, Kind, Question, Section
from reporting.report_refusals import sentence
from tests.factories import (
    make_body,
    make_funds,
    make_member,
    make_municipal_member,
    make_offered,
)
from tests.invoices import test_money_sequences as money
from tests.reporting.reports import open_round_of

pytestmark = pytest.mark.django_db

FORM = Form(
    "Slutredovisning",
    (
        Section(
            "medel",
            "Medel",
            tuple(
                Question(key, Kind.KRONOR, key.title(), name=name, is_required=True)
                for key, name in [
                    ("anvant", "använt"),
                    ("kvar", "att återbetala"),
                    ("over", "förs över"),
                ]
            ),
        ),
        Section("ord", "Ord", (Question("hur", Kind.TEXT, "Hur?", is_required=True),)),
    ),
    (Check("använt + att återbetala + förs över = utbetalat"),),
)


@dataclass
class World(money.World):
    """A grant with an open round, and what has been sent in as it read then."""

    round: ReportRound = None
    sent: dict[int, tuple] = field(default_factory=dict)

    def report(self, code):
        return Report.objects.filter(round=self.round, municipality__code=code).first()


def read(version):
    """Return all that is read of a version."""
    return version.number, dict(version.typed), dict(version.facts), version.reason


def write(world, code, amount):
    """Write in both sections; every fifth time the sums do not agree."""
    place = Municipality.objects.get(code=code)
    report = begin(world.round, place, by=world.signers[code])
    paid = facts_of(world.round, place)["utbetalat"]
    used = min(amount, paid)
    kept = (paid - used) // 3
    repaid = paid - used - kept + (1 if amount % 5 == 4 else 0)
    for key, typed in [
        ("medel", {"anvant": f"{used} kr", "kvar": str(repaid), "over": str(kept)}),
        ("ord", {"hur": f"Så här: {amount}"}),
    ]:
        seen = report.sections.get(key=key).version
        save_section(report, key, typed, by=world.signers[code], seen=seen)


def send(world, code, amount):
    if (report := world.report(code)) is None:
        return
    version = submit(
        report,
        by=world.signers[code],
        signature=Signature("Sam Ansvarig", "socialchef"),
        seen=work_on(report).fingerprint,
        reason="" if amount % 4 == 0 else "Rättat",
    )
    version.refresh_from_db()
    world.sent[version.pk] = read(version)


def write_and_send(world, code, amount):
    write(world, code, amount)
    send(world, code, amount)


def correct(world, code, amount):
    if (report := world.report(code)) is not None:
        begin_correction(report, by=world.signers[code])
        if amount % 2:
            write_and_send(world, code, amount)


def leave_correction(world, code, _amount):
    if (report := world.report(code)) is not None:
        discard_correction(report)


def latest(report):
    return report.versions.first() if report else None


def complete(world, code, amount):
    report = world.report(code)
    if (version := latest(report)) is not None:
        request_completion(
            report,
            by=world.maker,
            sections=["ord"] if amount % 2 else ["medel", "ord", "borta"],
            reason="Skriv mer.",
            due_on=date(2099, 1, 1 + amount % 3),
            seen=version.number,
        )


def take(world, code, amount):
    """Accept, mostly with the money; every fourth time without."""
    report = world.report(code)
    if (version := latest(report)) is None:
        return
    outcome = outcome_of(world.round.read, version.typed, version.facts)
    share = world.share(code)
    accept(
        report,
        by=world.maker,
        seen=version.number,
        outcome=None if amount % 4 == 3 else outcome,
        settled=share.seen if share else 0,
        reason="Efter redovisningen",
    )


REPORTING = (
    write,
    send,
    write_and_send,
    write_and_send,
    correct,
    leave_correction,
    complete,
    take,
    take,
)

steps = st.lists(
    st.tuples(
        st.sampled_from(REPORTING) | st.sampled_from(money.VERBS),
        money.places,
        money.amounts,
    ),
    min_size=5,
    max_size=15,
)


@pytest.fixture(scope="module")
def world(once):
    """A grant of 20 000 kronor, of which 700 has come in, and a round that is open."""
    body = make_body()
    offered = make_offered(body, amount=20_000)
    offered.grant.budget_lines.create(activity="Eget", side="common", amount=50)
    make_funds(offered.grant, amount=700)
    return World(
        offered,
        maker=make_member(body),
        approver=make_member(body, role="approver"),
        releaser=make_member(body),
        signers={code: make_municipal_member(code) for code in money.CODES},
        round=open_round_of(offered.grant, form=FORM),
    )


def assert_reports_agree(world):
    versions = ReportVersion.objects.filter(report__round=world.round)
    assert {each.pk: read(each) for each in versions} == world.sent
    reports = Report.objects.filter(round=world.round).select_related("settlement")
    for report in reports.prefetch_related("versions", "completions", "sections"):
        numbers = sorted(each.number for each in report.versions.all())
        assert numbers == list(range(1, len(numbers) + 1))
        assert (report.status == "draft") == (not numbers)
        asked = [each for each in report.completions.all() if each.closed_at is None]
        assert (report.status == "returned") == bool(asked)
        assert len(report.sections.all()) == 2
        if report.settlement:
            assert report.settlement.municipality_id == report.municipality_id


def do(world, verb, code, amount):
    """Do it and ask that everything agrees, or be told in words why nothing is done."""
    known, refused = dict(world.sent), None
    try:
        with transaction.atomic():
            verb(world, code, amount)
    except Refused as error:
        refused = error
    if refused:
        assert sentence(refused)
        world.sent = known
        return
    money.assert_adds_up(world)
    assert_reports_agree(world)


def wind_up(world):
    """Let the bank answer, settle what is not settled, take all back and return it."""
    money.answer_of_the_bank(world, "", 1)
    for share in shares_of(world.grant):
        if share.unaccounted:
            settle(
                world.grant,
                Outcome(share.used, share.to_repay + share.unaccounted, share.carried_over),
                municipality=share.municipality,
                side=share.side,
                reason="Till sist",
                by=world.maker,
                on=money.LATER,
            )
    if shares := to_claim(world.grant):
        claim(
            world.grant,
            shares,
            money.Terms(date(2021, 3, 31), "bankgiro 5050-1055"),
            by=world.maker,
            today=money.LATER,
            letter=lambda _claim: b"%PDF",
        )
    for share in shares_of(world.grant):
        for each in share.claims:
            if each.left:
                receive(each, amount=each.left, on=money.LATER, by=world.maker)
    if lacking := ledger_of(world.grant).lacking:
        make_funds(world.grant, amount=lacking)
    if held := ledger_of(world.grant).held:
        return_to_state(
            world.grant, amount=held, on=money.LATER, recipient="Staten", by=world.maker
        )


def assert_can_be_closed(world):
    money.assert_nothing_is_found(world)
    wind_up(world)
    money.assert_adds_up(world)
    money.assert_nothing_is_found(world)
    ledger = ledger_of(world.grant)
    assert (ledger.held, ledger.is_closed) == (0, True)


# The municipality reports, is asked for more, corrects and is accepted twice.
WHOLE = [
    (write_and_send, "0127", 100),
    (complete, "0127", 1),
    (write_and_send, "0127", 120),
    (take, "0127", 0),
    (correct, "0127", 151),
    (take, "0127", 0),
    (money.claim_all, "0127", 0),
    (money.receive_some, "0127", 10),
    (correct, "0127", 171),
    (take, "0127", 0),
]


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(sequence=steps, is_paid=st.booleans())
def test_any_sequence_with_reports_adds_up_and_can_be_closed(world, sequence, is_paid):
    with transaction.atomic():
        world.sent = {}
        if is_paid:
            pay_all(world)
        for verb, code, amount in sequence:
            do(world, verb, code, amount)
        assert_can_be_closed(world)
        transaction.set_rollback(True)


def pay_all(world):
    """Pay what each asks for."""
    for code in money.CODES:
        money.ask(world, code, 200)
    money.approve_all(world, "", 0)
    money.pay(world, "", 0)
    money.answer_of_the_bank(world, "", 1)


def test_steps_reach_what_they_are_for(world):
    with transaction.atomic():
        world.sent = {}
        pay_all(world)
        for verb, code, amount in WHOLE:
            do(world, verb, code, amount)

        report = world.report("0127")
        assert (report.status, report.versions.count()) == ("submitted", 4)
        share = world.share("0127")
        assert (share.used, share.to_repay, share.carried_over) == (151, 33, 16)
        assert_can_be_closed(world)
        transaction.set_rollback(True)
