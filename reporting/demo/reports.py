"""The follow-up: one round that is over, one that was half-way, and one that is open.

Everything goes the way that people go, on the days when it would have been done.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.utils import timezone
from stdnum import luhn

from grants.models import Deadline, Grant
from grants.working_days import working_day_after, working_day_before
from invoices.models import Repayment
from invoices.repayment import (
    Terms,
    claim,
    receive,
    return_to_state,
    to_claim,
    write_off,
)
from municipalities.models import CoordinatingBody, Message, Role, User
from reporting import form_building, round_messages, rounds
from reporting.demo import clock, national, report_texts
from reporting.demo.report_answers import (
    answers_to_final,
    answers_to_first,
    answers_to_next,
)
from reporting.models import Report, ReportFormVersion, ReportKind, ReportRound
from reporting.ready_made_forms import READY_MADE
from reporting.repayment_letter import repayment_letter
from reporting.report import (
    Signature,
    begin,
    begin_correction,
    hand_over,
    of_section,
    save_section,
    submit,
    work_on,
)
from reporting.report_decisions import accept, outcome_of, request_completion
from reporting.report_facts import facts_by_municipality

LEFT_2019 = {"Norrtälje": 186_500, "Salem": 96_000, "Sigtuna": 850}
"""What was left, of what was paid in 2019."""

FOUND_LATER = 38_400
"""What Nykvarn's own auditor found this year: it had been used for something else."""

ACCOUNT = f"bankgiro 5900-010{luhn.calc_check_digit('5900010')}"

TITLES = ["socialchef", "förvaltningschef", "avdelningschef", "omsorgschef"]


def make_forms(body: CoordinatingBody, by: User) -> dict[str, ReportFormVersion]:
    """Return the ready-made forms, in use."""
    return {
        kind: form_building.fix(form_building.start(body, form, kind=kind), by=by)
        for kind, form in READY_MADE.items()
    }


class Round:
    """A round that is open, with whoever reports in it."""

    def __init__(
        self,
        grant: Grant,
        version: ReportFormVersion,
        signatories: Mapping[str, User],
        staff: Mapping[str, User],
        *,
        opened_on: date,
        due_on: date,
    ) -> None:
        kind = ReportKind(version.form.kind)
        deadline = Deadline.objects.create(
            grant=grant,
            kind=rounds.DEADLINES[kind],
            actor=Deadline.Actor.MUNICIPALITIES,
            due_on=due_on,
        )
        self.signatories = signatories
        self.staff = staff
        self.places = list(signatories)
        self.municipalities = {
            each.name: each for each in grant.body.county.municipalities.all()
        }
        proposed = rounds.propose(grant, kind, opened_on)
        with clock.on(opened_on):
            self.found: ReportRound = rounds.open_round(
                rounds.start(
                    grant,
                    version=version,
                    kind=kind,
                    opens_on=opened_on,
                    deadline=deadline,
                    authority_deadline=proposed.authority_deadline,
                    recipient=proposed.recipient,
                ),
                by=staff[Role.HANDLER],
            )
        self.facts = facts_by_municipality(grant)

    def paid(self, name: str) -> int:
        """Return what the municipality has been paid."""
        facts = self.facts.get(self.municipalities[name].pk, {})
        return facts.get("utbetalat", 0)

    def asked(self) -> list[str]:
        """Return the names of those that are to report."""
        ids = rounds.concerned(self.found, self.found.opens_on)
        return [name for name, place in self.municipalities.items() if place.pk in ids]

    def begin(self, name: str, by: User | None = None) -> Report:
        """Return the municipality's report, as it is filled in beforehand."""
        municipality = self.municipalities[name]
        return begin(self.found, municipality, by=by or self.signatories[name])

    def write(
        self,
        report: Report,
        answers: Mapping[str, str],
        *,
        by: User | None = None,
        only: int | None = None,
    ) -> None:
        """Save the sections, or the ``only`` first of them."""
        by = by or self.signatories[report.municipality.name]
        seen = dict(report.sections.values_list("key", "version"))
        for section in self.found.read.sections[:only]:
            names = {question.key for question in section.questions}
            typed = of_section(answers, names)
            save_section(report, section.key, typed, by=by, seen=seen[section.key])

    def send(self, report: Report, reason: str = "") -> None:
        """Send in what is written."""
        name = report.municipality.name
        by = self.signatories[name]
        title = TITLES[self.places.index(name) % len(TITLES)]
        submit(
            report,
            by=by,
            signature=Signature(str(by), title),
            seen=work_on(report).fingerprint,
            reason=reason,
        )

    def accept(self, report: Report, *, settled: int | None = None, why: str = "") -> None:
        """Accept what is sent in. A final report settles its money."""
        latest = report.versions.first()
        assert latest is not None  # it is sent in
        outcome = outcome_of(self.found.read, latest.typed, latest.facts)
        accept(
            report,
            by=self.staff[Role.HANDLER],
            seen=latest.number,
            outcome=outcome,
            settled=settled,
            reason=why,
        )


def fill_finished(reports: Round, today: date) -> None:
    """Let all have reported on 2019: accepted, settled and paid back. One corrects it."""
    form = reports.found.read
    sent = {}
    for name in reports.asked():
        place = reports.places.index(name)
        with clock.on(date(2020, 1, 7) + timedelta(days=place % 9), place):
            report = sent[name] = reports.begin(name)
            answers = answers_to_final(
                form,
                place,
                paid=reports.paid(name),
                left=LEFT_2019.get(name, 0),
                why=report_texts.WHY_LEFT.get(name, ""),
            )
            reports.write(report, answers)
            reports.send(report)
    with clock.on(date(2020, 1, 22)):
        for report in sent.values():
            reports.accept(report, settled=0)
    national.deliver(
        reports.found,
        national.FINAL_2019,
        by=reports.staff[Role.HANDLER],
        on=date(2020, 1, 30),
        record_number="S/20/0012",
    )
    _repay(reports)
    _correct(reports, sent["Nykvarn"], today)


def _repay(reports: Round) -> None:
    """Claim what is left; two pay it back, and the smallest sum is let go."""
    grant = reports.found.grant
    handler, approver = reports.staff[Role.HANDLER], reports.staff[Role.APPROVER]
    claims = _claim(
        reports, date(2020, 2, 10), due_on=date(2020, 3, 13), record="S/20/0031"
    )
    for number, each in enumerate(claims):
        municipality = each.settlement.municipality
        assert municipality is not None  # only they are asked
        if municipality.name == "Sigtuna":
            write_off(
                each,
                by=approver,
                on=date(2020, 2, 24),
                reason=(
                    "Beloppet är mindre än vad det kostar att kräva in det. SKL godkände "
                    "det i mejl den 20 februari 2020."
                ),
            )
        else:
            day = date(2020, 2, 26) + timedelta(days=number)
            receive(each, amount=each.amount, on=day, by=handler, reference=each.reference)
    returned = sum(LEFT_2019.values()) - LEFT_2019["Sigtuna"]
    return_to_state(
        grant,
        amount=returned,
        on=date(2020, 3, 20),
        recipient=grant.reported_to,
        by=handler,
        record_number="S/20/0031",
    )


def _correct(reports: Round, report: Report, today: date) -> None:
    """Let a municipality find, long afterwards, that it had not used all of it so."""
    reason = (
        "Vår revisor har funnit att en faktura på 38 400 kr gällde en annan verksamhet. "
        "Vi betalar tillbaka beloppet."
    )
    with clock.on(today - timedelta(days=24)):
        report = begin_correction(report, by=reports.signatories["Nykvarn"])
        answers = dict(work_on(report).answers)
        largest = max(
            (name for name in answers if name.startswith("anvant.")),
            key=lambda name: int(answers[name]),
        )
        answers |= {
            largest: str(int(answers[largest]) - FOUND_LATER),
            "aterbetalas": str(FOUND_LATER),
            "varfor_kvar": reason,
        }
        reports.write(report, answers)
        reports.send(report, reason)
    with clock.on(today - timedelta(days=21)):
        reports.accept(report, settled=1, why=reason)
    due_on = working_day_after(today + timedelta(days=9))
    [made] = _claim(reports, today - timedelta(days=20), due_on=due_on)
    receive(
        made,
        amount=20_000,
        on=today - timedelta(days=4),
        by=reports.staff[Role.HANDLER],
        reference=made.reference,
    )


def _claim(reports: Round, on: date, *, due_on: date, record: str = "") -> list[Repayment]:
    """Ask for all that is left, with letters that went out on the day."""
    grant = reports.found.grant
    with clock.on(on):
        claims = claim(
            grant,
            to_claim(grant),
            Terms(due_on=due_on, account=ACCOUNT, record_number=record),
            by=reports.staff[Role.HANDLER],
            today=on,
            letter=repayment_letter,
        )
        _let_messages_be_sent(grant.body)
    return claims


def _let_messages_be_sent(body: CoordinatingBody) -> None:
    """Say that what is written has gone out: nobody gets it now."""
    now = timezone.now()
    Message.objects.of_body(body).filter(status=Message.Status.QUEUED).update(
        status=Message.Status.SENT, handed_over_at=now, sent_at=now
    )


def fill_half_way(reports: Round) -> None:
    """Let all have told of their plans in the autumn of 2020."""
    form = reports.found.read
    for name in reports.asked():
        place = reports.places.index(name)
        with clock.on(date(2020, 9, 1) + timedelta(days=place % 8), place):
            report = reports.begin(name)
            answers = answers_to_first(form, place, paid=reports.paid(name))
            reports.write(report, answers)
            reports.send(report)
            reports.accept(report)
    national.deliver(
        reports.found,
        national.INTERIM_2020,
        by=reports.staff[Role.HANDLER],
        on=date(2020, 9, 29),
        record_number="S/20/0026-14",
    )


OPEN_SENT = ["Haninge", "Järfälla", "Lidingö", "Nacka", "Sollentuna", "Täby"]


def fill_open(reports: Round, colleague: User, today: date) -> None:
    """Leave a round in the middle: something at every step."""
    opened_on = reports.found.opens_on
    with clock.on(opened_on, 15):
        invited = round_messages.invited_to(reports.found, opened_on)
        round_messages.invite(reports.found, invited.rows)
        _let_messages_be_sent(reports.found.grant.body)
    for number, name in enumerate(OPEN_SENT):
        with clock.on(today - timedelta(days=4 - number // 2), 7 * number):
            report = _written(reports, name)
            reports.send(report)
    handler = reports.staff[Role.HANDLER]
    with clock.on(today - timedelta(days=3), 200):
        reports.accept(
            Report.objects.get(round=reports.found, municipality__name="Haninge")
        )
        late = _written(reports, "Tyresö")
        reports.send(late)
        request_completion(
            late,
            by=handler,
            sections=["jamstalldhet"],
            reason="Skriv några meningar om hur ni har arbetat med jämställdhet.",
            due_on=working_day_before(today - timedelta(days=1)),
            seen=1,
        )
    with clock.on(today - timedelta(days=2)):
        returned = _written(reports, "Sigtuna")
        reports.send(returned)
        request_completion(
            returned,
            by=handler,
            sections=["medel", "insatser"],
            reason=(
                "I rekvisitionen skrev ni att pengarna skulle gå till utbildning av "
                "handledare, men den finns inte med bland insatserna. Är den "
                "genomförd? Se också över fördelningen mellan syftena."
            ),
            due_on=working_day_after(today + timedelta(days=5)),
            seen=1,
        )
    with clock.on(today - timedelta(days=1)):
        _written(reports, "Solna", only=2)
        prepared = _written(reports, "Botkyrka", by=colleague)
        hand_over(prepared, by=colleague)
        national.start(reports.found, national.THIS_YEAR, by=handler)


def _written(
    reports: Round, name: str, *, by: User | None = None, only: int | None = None
) -> Report:
    """Return a report that is written, or the ``only`` first sections of it."""
    report = reports.begin(name, by)
    answers = answers_to_next(
        reports.found.read,
        reports.places.index(name),
        paid=reports.paid(name),
        found=work_on(report).answers,
    )
    reports.write(report, answers, by=by, only=only)
    return report


def fill(
    grants: Sequence[Grant],
    signatories: Mapping[str, User],
    people: Mapping[str, User],
    today: date,
) -> None:
    """Fill the three grants, the oldest first, with rounds and reports."""
    finished, half_way, current = grants
    forms = make_forms(current.body, people[Role.HANDLER])

    def open_round(grant: Grant, kind: str, opened_on: date, due_on: date) -> Round:
        return Round(
            grant, forms[kind], signatories, people, opened_on=opened_on, due_on=due_on
        )

    fill_finished(
        open_round(finished, "final", date(2019, 12, 17), date(2020, 1, 17)), today
    )
    fill_half_way(open_round(half_way, "interim", date(2020, 8, 24), date(2020, 9, 11)))
    colleague = User.objects.get(email="medarbetare@botkyrka.example")
    due_on = working_day_after(today + timedelta(days=11))
    fill_open(
        open_round(current, "interim", today - timedelta(days=5), due_on), colleague, today
    )
