"""Reports to the authority for the tests."""

from datetime import date

from reporting import national_report
from reporting.models import NationalReport
from reporting.national_report_files import Kind, make_all, request
from tests.factories import make_member
from tests.reporting.reports import make_open_round, make_sent

DELIVERED = date(2026, 11, 20)


def make_reported_round(body, **facts):
    """Return an open round in which two of three have reported 140 of 300 as used."""
    found = make_open_round(body, **facts)
    make_sent(found, "0127", used=80, to_repay=20)
    make_sent(found, "0160", used=60, to_repay=40)
    return found


def make_draft(found, by=None, **texts):
    """Return a draft; ``texts`` are by section, with an underscore for a hyphen."""
    by = by or make_member(found.grant.body)
    report = national_report.start(found, by=by)
    for key, text in texts.items():
        section = report.sections.get(key=key.replace("egen_", "egen-"))
        national_report.save_section(report, section.key, text, by=by, seen=section.version)
    return report


def make_file(report, kind=Kind.WORD, by=None):
    """Return a document that is made."""
    file = request(report, kind, by=by or make_member(report.round.grant.body))
    make_all()
    file.refresh_from_db()
    return file


def make_delivered(report, by=None, record_number="S/26/1"):
    """Return the report, delivered as a Word document."""
    by = by or make_member(report.round.grant.body)
    report = NationalReport.objects.get(pk=report.pk)
    make_file(report, by=by)
    return national_report.deliver(report, by=by, on=DELIVERED, record_number=record_number)
