"""Reports for the tests: an open round about money that is paid, begun and sent in."""

from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile

from grants.models import Purpose
from invoices.payments import make_batch, release
from municipalities.models import Municipality
from reporting import rounds
from reporting.report import Signature, begin, of_section, save_section, submit, work_on
from tests.factories import (
    make_approved,
    make_funds,
    make_member,
    make_municipal_member,
    make_offered,
)
from tests.invoices.settling import make_paid, pay
from tests.reporting.report_rounds import make_deadline, make_fixed, make_round

CODES = ("0114", "0127", "0160")
PAID = 100
DUE = date(2099, 1, 15)


def make_open_round(body, codes=CODES, amount=PAID, kind="final", form=None, **facts):
    """Return an open round; each municipality has been paid ``amount``."""
    offered = make_paid(body, codes=codes, amount=amount)
    return open_round_of(offered.grant, kind=kind, form=form, **facts)


def make_planned_round(body, uses, code="0127", amount=PAID, also=(), **facts):
    """Return an open round; one municipality has said what the money is for, and been paid.

    ``uses`` is kronor by the place of the grant's purpose; ``also`` are more purposes.
    """
    offered = make_offered(body)
    for place, heading in enumerate(also, start=1):
        Purpose.objects.create(grant=offered.grant, heading=heading, position=place)
    purposes = list(offered.grant.purposes.all())
    planned = {purposes[place].pk: kronor for place, kronor in uses.items()}
    make_funds(offered.grant, amount)
    approved = make_approved(offered, code, amount=amount, uses=planned)
    execute_on = date(2020, 9, 15)
    batch = make_batch(body, [approved], by=make_member(body), execute_on=execute_on)
    pay(release(batch, by=make_member(body)), body)
    return open_round_of(offered.grant, **facts)


def open_round_of(grant, kind="final", form=None, due_on=DUE, **facts):
    """Return an open round about the grant."""
    wanted = {"interim": "interim_report"}.get(kind, "final_report")
    found = make_round(
        grant,
        version=make_fixed(grant.body, kind, form),
        kind=kind,
        deadline=make_deadline(grant, kind=wanted, due_on=due_on),
        **facts,
    )
    return rounds.open_round(found, by=make_member(grant.body))


def make_report(found, code="0127", by=None):
    """Return a report that is begun."""
    municipality = Municipality.objects.get(code=code)
    return begin(found, municipality, by=by or make_municipal_member(code))


def final_answers(found, used=80, to_repay=20, **more):
    """Return answers to the ready-made final report: all used for the first purpose."""
    form = found.read
    first, *others = form.question("anvant").rows
    answers = {f"anvant.{first.key}": str(used)}
    answers |= {f"anvant.{row.key}": "0" for row in others}
    return (
        answers
        | {
            "aterbetalas": str(to_repay),
            "insatser.1.text": "Utbildning i suicidprevention",
            "insatser.1.state": "done",
            "utmaningar": "Att nå dem som inte söker själva.",
            "jamstalldhetsperspektiv": "Uppgifterna är uppdelade på kvinnor och män.",
            "jamstalld_halsa": "Fler pojkar söker stöd än förut.",
            "samverkan": "nej",
        }
        | more
    )


def write(report, answers, by=None):
    """Save the answers in every section."""
    by = by or make_municipal_member(report.municipality.code)
    for section in report.round.read.sections:
        row = report.sections.get(key=section.key)
        typed = of_section(answers, {question.key for question in section.questions})
        save_section(report, section.key, typed, by=by, seen=row.version)
    return report


def send(report, by=None, reason=""):
    """Send in what is written."""
    by = by or make_municipal_member(report.municipality.code)
    seen = work_on(report).fingerprint
    return submit(
        report, by=by, signature=Signature("Kim Berg", "chef"), seen=seen, reason=reason
    )


def make_sent(found, code="0127", by=None, **answers):
    """Return a report that is sent in."""
    report = make_report(found, code, by)
    write(report, final_answers(found, **answers), by)
    send(report, by)
    return report


def pdf(content):
    """Return a file to answer a question with."""
    return SimpleUploadedFile("underlag.pdf", content, "application/pdf")
