"""Two at the same moment, and a maker that is killed: on real connections.

The tables are emptied for real after each test, so that a test tries several things.
"""

import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from grants.distribution import Refused
from municipalities.models import StoredFile
from reporting import national_report
from reporting.models import NationalReport, NationalReportFile, NationalReportSection
from reporting.national_report import Conflict
from reporting.national_report_files import SILENCE, Kind, make_all, request
from tests.factories import make_member
from tests.processes import copies
from tests.reporting.national_reports import DELIVERED, make_draft
from tests.reporting.reports import make_open_round

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queue")]


def at_once(*verbs):
    """Run each on a connection of its own; return what came of them."""
    start = Barrier(len(verbs))

    def run(verb):
        try:
            start.wait(timeout=30)
            return verb()
        except (Refused, Conflict) as verdict:
            return verdict
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


def codes(outcomes):
    """Return the refusals' codes, conflicts by name, and ok for the rest."""
    return sorted(
        each.code
        if isinstance(each, Refused)
        else "conflict"
        if isinstance(each, Conflict)
        else "ok"
        for each in outcomes
    )


def test_two_at_once(storsthlm):
    found = make_open_round(storsthlm)
    one, two = make_member(storsthlm), make_member(storsthlm)

    # Both begin a draft: one of them does.
    begun = at_once(*[lambda: national_report.start(found, by=one)] * 3)
    assert codes(begun) == ["national_draft_exists", "national_draft_exists", "ok"]
    report = NationalReport.objects.get()

    # Both write the same section: whoever comes second sees what the first one wrote.
    def write(text, by):
        return national_report.save_section(report, "insatser", text, by=by, seen=0)

    assert codes(at_once(lambda: write("En", one), lambda: write("Två", two))) == [
        "conflict",
        "ok",
    ]
    section = NationalReportSection.objects.get(key="insatser")
    assert section.version == 1

    # Both ask for a document: one is made.
    at_once(*[lambda: request(report, Kind.WORD, by=one)] * 3)
    assert NationalReportFile.objects.count() == 1
    assert sum(at_once(make_all, make_all, make_all)) == 1
    assert NationalReportFile.objects.get().status == "done"

    # One delivers while the other writes: never a delivered report with other words than
    # its documents.
    def deliver():
        return national_report.deliver(report, by=one, on=DELIVERED, record_number="1")

    def edit():
        return national_report.save_section(report, "insatser", "Sent", by=two, seen=1)

    outcome = codes(at_once(deliver, edit))
    report.refresh_from_db()
    text = NationalReportSection.objects.get(key="insatser").text
    if report.is_draft:
        assert text == "Sent"
        assert outcome == ["documents_stale", "ok"]
    else:
        assert text == section.text
        assert outcome == ["national_delivered", "ok"]


MAKER = """
from reporting import national_report_files as files

def run(how):
    if how == "writing":
        files.written = die
    elif how == "storing":
        keep = files.StoredFile.objects.keep
        def keep_and_die(*args, **kwargs):
            keep(*args, **kwargs)
            die()
        files.StoredFile.objects.keep = keep_and_die
    files.make_all()
"""


@pytest.fixture
def in_a_process(db):
    """Lets the documents be made by a process of its own; tells how it ended."""
    with copies(MAKER) as run:
        yield run


def test_maker_that_is_killed_is_followed_by_one_that_finishes(storsthlm, in_a_process):
    report = make_draft(make_open_round(storsthlm), egen_sammanfattning="Text")
    file = request(report, Kind.WORD, by=report.created_by)

    # Half-way through, and when all is written but not yet saved.
    for how, step in (("writing", 3), ("storing", 4)):
        assert in_a_process(how) == -signal.SIGKILL
        file.refresh_from_db()
        assert (file.status, file.step, file.steps) == ("running", step, 4)
        assert StoredFile.objects.count() == 0
        assert make_all() == 0  # it may be alive
        late = timezone.now() - SILENCE - timedelta(seconds=1)
        NationalReportFile.objects.update(seen_at=late)

    assert in_a_process("whole") == 0
    file.refresh_from_db()
    assert (file.status, file.attempts) == ("done", 3)
    assert bytes(file.file.content).startswith(b"PK")
    assert StoredFile.objects.count() == 1
    national_report.deliver(
        report, by=report.created_by, on=DELIVERED, record_number="S/26/1"
    )


def test_job_of_the_queue_makes_what_waits(storsthlm):
    report = make_draft(make_open_round(storsthlm))
    for kind in (Kind.EXCEL, Kind.WORD):
        request(report, kind, by=report.created_by)
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)

    # One for them both, and one more where a minute has begun meanwhile.
    jobs = ProcrastinateJob.objects.filter(queueing_lock="make_documents")
    assert {job.status for job in jobs} == {"succeeded"}
    made = NationalReportFile.objects.order_by("pk").values_list("kind", "status")
    assert list(made) == [("xlsx", "done"), ("docx", "done")]
