"""The documents of the report to the authority: asked for, made, lost and begun anew."""

from copy import deepcopy
from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from municipalities.models import StoredFile
from reporting import national_report, national_report_files
from reporting.models import NationalReportFile
from reporting.national_report_files import (
    MOST_ATTEMPTS,
    PATIENCE,
    SILENCE,
    Kind,
    LostClaimError,
    Work,
    claim,
    make,
    make_all,
    request,
    shown,
)
from tests.factories import make_body, make_member
from tests.reporting.national_reports import make_draft, make_file
from tests.reporting.reports import make_open_round

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queue")]


@pytest.fixture(scope="module")
def made(once):
    """A draft, made once for them all."""
    return make_draft(make_open_round(make_body()), egen_sammanfattning="Text")


@pytest.fixture
def report(made):
    return deepcopy(made)


@pytest.fixture
def quick(monkeypatch):
    """Documents that take no time; a kind that is set to an error fails with it."""
    outcome = {}

    def written(kind, report, compilation, document, beat):
        if isinstance(error := outcome.get(kind), Exception):
            raise error
        return b"bytes"

    monkeypatch.setattr(national_report_files, "written", written)
    return outcome


def states(report, made_from=""):
    """Return how each kind stands."""
    files = list(report.files.select_related("file").order_by("requested_at"))
    return {each.kind.value: each.state for each in shown(files, made_from, timezone.now())}


def waiting_jobs():
    return ProcrastinateJob.objects.filter(
        queueing_lock="make_documents", status="todo"
    ).count()


def silent(file, since=SILENCE):
    """Let a document have been silent for so long."""
    NationalReportFile.objects.filter(pk=file.pk).update(
        seen_at=timezone.now() - since - timedelta(seconds=1)
    )


def test_document_is_asked_for_once_and_made(
    report, quick, django_capture_on_commit_callbacks
):
    by = make_member(report.round.grant.body)
    with django_capture_on_commit_callbacks(execute=True):
        file = request(report, Kind.WORD, by=by)
        assert request(report, Kind.WORD, by=make_member(report.round.grant.body)) == file
        request(report, Kind.PDF, by=by)
    assert waiting_jobs() == 1
    assert states(report) == {"docx": "queued", "pdf": "queued", "xlsx": "none"}

    assert make_all() == 2

    file.refresh_from_db()
    assert (file.status, file.step, file.steps, file.attempts) == ("done", 4, 4, 1)
    assert (bytes(file.file.content), file.file.name) == (
        b"bytes",
        "slutredovisning-av-vardens-medarbetare-2020-version-1.docx",
    )
    assert states(report, file.made_from) == {
        "docx": "ready",
        "pdf": "ready",
        "xlsx": "none",
    }
    assert make_all() == 0


def test_document_of_earlier_content_is_told_and_replaced(report, quick):
    first = make_file(report)
    by = make_member(report.round.grant.body)
    national_report.rename(report, title="Annan rubrik")
    assert states(report, "annat") == {"docx": "stale", "pdf": "none", "xlsx": "none"}

    # The earlier one can be fetched until the next is ready.
    second = request(report, Kind.WORD, by=by)
    files = list(report.files.select_related("file"))
    [word, *_others] = shown(files, "annat", timezone.now())
    assert (word.state, word.ready, word.latest) == ("queued", first, second)
    make_all()

    assert list(report.files.all()) == [second]
    assert StoredFile.objects.filter(pk=first.file_id).count() == 0
    second.refresh_from_db()
    assert second.made_from != first.made_from


def test_one_that_fails_says_so_and_can_be_tried_again(report, quick, caplog):
    quick[Kind.PDF] = ValueError("no")
    by = make_member(report.round.grant.body)
    request(report, Kind.PDF, by=by)
    request(report, Kind.EXCEL, by=by)

    assert make_all() == 1  # what stands after it is made

    assert states(report) == {"docx": "none", "pdf": "failed", "xlsx": "ready"}
    assert "could not be made" in caplog.text
    quick.clear()
    request(report, Kind.PDF, by=by)
    assert states(report)["pdf"] == "queued"
    make_all()
    assert states(report)["pdf"] == "ready"
    assert report.files.count() == 2


def test_maker_that_has_died_is_followed_by_another(report, quick):
    by = make_member(report.round.grant.body)
    file = request(report, Kind.WORD, by=by)
    lost = claim()
    assert lost == file
    assert claim() is None  # it gives signs of life
    assert states(report)["docx"] == "running"
    silent(file)
    assert states(report)["docx"] == "silent"

    assert request(report, Kind.WORD, by=by) == file
    assert make_all() == 1
    assert states(report)["docx"] == "ready"
    # The first was only slow. It finds that its claim is lost, and stores nothing.
    with pytest.raises(LostClaimError):
        Work(lost).beat()
    assert make(lost) is False
    assert report.files.count() == 1


def test_slow_maker_does_not_store_what_another_has_begun(report, quick):
    request(report, Kind.WORD, by=make_member(report.round.grant.body))
    slow = claim()
    silent(slow)
    quicker = claim()
    assert quicker == slow
    before = StoredFile.objects.count()
    assert make(slow) is False
    assert StoredFile.objects.count() == before
    assert make(quicker) is True


def test_one_that_ends_its_maker_every_time_fails(report, quick):
    file = request(report, Kind.WORD, by=make_member(report.round.grant.body))
    for _time in range(MOST_ATTEMPTS):
        assert claim() == file
        silent(file)
    assert claim() is None
    assert states(report)["docx"] == "failed"


def test_draft_that_is_thrown_away_ends_the_making(report, quick):
    request(report, Kind.WORD, by=make_member(report.round.grant.body))
    file = claim()
    national_report.discard(report)
    assert make(file) is False


def test_nobody_at_work_is_told(report):
    file = request(report, Kind.WORD, by=make_member(report.round.grant.body))
    long_ago = timezone.now() - PATIENCE - timedelta(seconds=1)
    NationalReportFile.objects.filter(pk=file.pk).update(requested_at=long_ago)
    assert states(report)["docx"] == "unattended"


def test_maker_stops_between_two_when_it_is_asked_to(report, quick):
    by = make_member(report.round.grant.body)
    for kind in Kind:
        request(report, kind, by=by)
    goes_on = iter([True, False])
    assert make_all(keep_on=lambda: next(goes_on)) == 1
    assert list(states(report).values()).count("queued") == 2
