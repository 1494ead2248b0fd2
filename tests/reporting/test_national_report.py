"""The body's report to the authority: begun, written, kept up with, delivered."""

from copy import deepcopy

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from grants.distribution import Refused
from municipalities.models import StoredFile
from municipalities.triggers import is_refused_by_trigger
from reporting import national_report
from reporting.compilation import compile_round
from reporting.models import (
    NationalReport,
    NationalReportFile,
    NationalReportSection,
)
from reporting.national_report import (
    Conflict,
    changed_figures,
    deliver,
    discard,
    refresh_figures,
    rename,
    save_section,
    stamp,
    start,
)
from reporting.national_report_files import Kind, request
from reporting.national_report_sections import parts_of
from reporting.ready_made_forms import COSTS, FINAL
from reporting.report import begin_correction
from tests.factories import make_body, make_member
from tests.reporting.national_reports import (
    DELIVERED,
    make_delivered,
    make_draft,
    make_file,
    make_reported_round,
)
from tests.reporting.report_rounds import make_round
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_sent,
    open_round_of,
    send,
    write,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queue")]


@pytest.fixture(scope="module")
def made(once):
    """A round that two of three have reported in, made once for them all."""
    return make_reported_round(make_body())


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


def correct(found, code, **answers):
    """Let a municipality correct what it has sent in."""
    report = found.reports.get(municipality__code=code)
    begin_correction(report, by=make_member(found.grant.body))
    report.refresh_from_db()
    write(report, final_answers(found, **answers))
    send(report, reason="Rätt belopp")


def now_of(report):
    """Return the stamp of today's figures."""
    return stamp(compile_round(report.round).figures)


def test_sections_are_a_summary_the_forms_and_the_money():
    assert [(each.key, each.title) for each in parts_of(FINAL)] == [
        ("egen-sammanfattning", "Sammanfattning"),
        ("medel", "Medel"),
        ("insatser", "Genomförda och planerade insatser"),
        ("jamstalldhet", "Jämställdhet"),
        ("samverkan", "Samverkan"),
        ("egen-ekonomi", "Ekonomisk redovisning"),
    ]
    # What asks for amounts alone has its tables, and no text of its own.
    assert [each.key for each in parts_of(COSTS)] == ["egen-sammanfattning", "egen-ekonomi"]
    assert [each.key for each in parts_of(COSTS)[-1].questions] == ["kostnader", "kvar"]


def test_draft_is_begun_once_with_the_figures_of_the_day(found, storsthlm):
    by = make_member(storsthlm)
    report = start(found, by=by)

    assert (report.number, report.title, report.created_by) == (
        1,
        f"Slutredovisning av {found.grant}",
        by,
    )
    assert report.figures == compile_round(found).figures
    assert report.figures["anvant"] == 140
    assert refused(start, found, by=by) == "national_draft_exists"
    assert refused(start, make_round(found.grant, kind="other"), by=by) == "round_not_open"
    with pytest.raises(IntegrityError, match="one_draft"), transaction.atomic():
        NationalReport.objects.create(
            round=found, number=2, figures_at=timezone.now(), created_by=by
        )


def test_two_who_write_the_same_section_see_both_texts(found, storsthlm):
    one, two = make_member(storsthlm), make_member(storsthlm)
    report = start(found, by=one)
    save_section(report, "insatser", "En", by=one, seen=0)
    save_section(report, "samverkan", "Annat avsnitt", by=two, seen=0)

    with pytest.raises(Conflict) as error:
        save_section(report, "insatser", "Två", by=two, seen=0)
    assert (error.value.section.text, error.value.section.edited_by) == ("En", one)
    # The same words are no conflict, and neither is one's own other window.
    assert save_section(report, "insatser", "En", by=two, seen=0).version == 1
    assert save_section(report, "insatser", "En till", by=one, seen=0).version == 2
    saved = save_section(report, "insatser", "Två", by=two, seen=2)
    assert (saved.text, saved.edited_by, saved.version) == ("Två", two, 3)


def test_figure_that_has_changed_is_pointed_out_until_it_is_accepted(found, storsthlm):
    report = start(found, by=make_member(storsthlm))
    first = report.figures_at
    assert changed_figures(report, compile_round(found)) == []
    seen = now_of(report)

    correct(found, "0127", used=90, to_repay=10)

    changes = changed_figures(report, compile_round(found))
    purpose = found.read.question("anvant").rows[0].key
    assert {(c.key, c.municipality, c.before, c.now) for c in changes} == {
        ("anvant", "", 140, 150),
        ("anvant.0127", "Botkyrka", 80, 90),
        (f"anvant.{purpose}", "", 140, 150),
        (f"anvant.{purpose}.0127", "Botkyrka", 80, 90),
        ("aterbetalas", "", 60, 50),
        ("aterbetalas.0127", "Botkyrka", 20, 10),
    }
    # What was looked at is what is accepted.
    assert refused(refresh_figures, report, seen=seen) == "figures_changed_again"
    report = refresh_figures(report, seen=now_of(report))
    assert changed_figures(report, compile_round(found)) == []
    assert report.figures_at > first


def test_report_is_delivered_with_documents_of_what_it_says(found, storsthlm):
    by = make_member(storsthlm)
    report = make_draft(found, by, egen_sammanfattning="Medlen har gjort nytta.")
    facts = {"by": by, "on": DELIVERED, "record_number": "S/26/1"}

    assert refused(deliver, report, **facts) == "documents_lacking"
    waiting = request(report, Kind.PDF, by=by)
    assert refused(deliver, report, **facts) == "documents_in_the_making"
    waiting.delete()
    make_file(report, by=by)
    save_section(report, "insatser", "Mer text", by=by, seen=0)
    assert refused(deliver, report, **facts) == "documents_stale"
    make_file(report, by=by)
    correct(found, "0127", used=90, to_repay=10)
    assert refused(deliver, report, **facts) == "figures_differ"
    refresh_figures(report, seen=now_of(report))
    assert refused(deliver, report, **facts) == "documents_stale"
    file = make_file(report, by=by)
    NationalReportFile.objects.create(
        report=report, kind=Kind.EXCEL, status="failed", requested_by=by
    )
    delivered = deliver(report, **facts)

    assert (delivered.status, delivered.delivered_on, delivered.record_number) == (
        "delivered",
        DELIVERED,
        "S/26/1",
    )
    assert list(delivered.files.all()) == [file]
    # Each was replaced by the next.
    assert StoredFile.objects.filter(name__endswith=".docx").count() == 1
    assert refused(deliver, report, **facts) == "national_delivered"
    assert refused(save_section, report, "insatser", "X", by=by, seen=9) == (
        "national_delivered"
    )
    assert refused(rename, report, title="X") == "national_delivered"
    assert refused(request, report, Kind.PDF, by=by) == "national_delivered"
    assert refused(discard, report) == "national_delivered"


def test_answer_without_figures_makes_a_document_stale_too(found, storsthlm):
    by = make_member(storsthlm)
    report = make_draft(found, by)
    make_file(report, by=by)
    correct(found, "0127", used=80, to_repay=20, utmaningar="Andra ord.")

    assert changed_figures(report, compile_round(found)) == []
    facts = {"by": by, "on": DELIVERED, "record_number": "S/26/1"}
    assert refused(deliver, report, **facts) == "documents_stale"


def test_database_keeps_what_is_delivered(found):
    report = make_delivered(make_draft(found, insatser="Text"))
    section = report.sections.first()
    changes = [
        lambda: NationalReport.objects.update(title="Annan"),
        lambda: NationalReport.objects.all().delete(),
        lambda: NationalReportSection.objects.update(text="Annan"),
        lambda: NationalReportSection.objects.filter(pk=section.pk).delete(),
        lambda: NationalReportSection.objects.create(report=report, key="ny", title="Ny"),
        lambda: NationalReportFile.objects.update(made_from=""),
        lambda: NationalReportFile.objects.all().delete(),
        lambda: NationalReportFile.objects.create(
            report=report, kind="pdf", requested_by=report.created_by
        ),
    ]
    for change in changes:
        with pytest.raises(DatabaseError) as error, transaction.atomic():
            change()
        assert is_refused_by_trigger(error.value)


def test_new_version_and_next_round_start_from_what_was_delivered(found, storsthlm):
    first = make_draft(found, insatser="Förra", egen_ekonomi="Pengar")
    rename(first, title="Slutrapport för länet")
    first = make_delivered(first)
    second = start(found, by=make_member(storsthlm))

    assert (second.number, second.title, second.follows) == (
        2,
        "Slutrapport för länet",
        first,
    )
    texts = dict(second.sections.values_list("key", "text"))
    assert (texts["insatser"], texts["egen-ekonomi"], texts["samverkan"]) == (
        "Förra",
        "Pengar",
        "",
    )
    # Last year's of the same kind, and not a draft of it.
    save_section(second, "insatser", "Utkast", by=make_member(storsthlm), seen=0)
    grant = make_open_round(storsthlm, amount=50).grant
    grant.follows = found.grant
    grant.save()
    [following] = grant.report_rounds.all()
    interim = open_round_of(grant, kind="interim")
    assert national_report.follows_of(interim) is None
    third = start(following, by=make_member(storsthlm))
    assert (third.number, third.follows) == (1, first)
    assert third.title == f"Slutredovisning av {grant}"
    assert third.sections.get(key="insatser").text == "Förra"


def test_draft_is_thrown_away_with_its_documents(found, storsthlm):
    report = make_draft(found, insatser="Text")
    file = make_file(report).file
    discard(report)

    assert not NationalReport.objects.exists()
    assert not StoredFile.objects.filter(pk=file.pk).exists()
    assert refused(discard, report) == "national_gone"
    assert start(found, by=make_member(storsthlm)).number == 1


def test_late_reports_are_figures_that_have_changed(found, storsthlm):
    report = start(found, by=make_member(storsthlm))
    make_sent(found, "0114", used=100, to_repay=0)

    changes = {
        c.key: (c.before, c.now) for c in changed_figures(report, compile_round(found))
    }
    assert changes["antal redovisade"] == (2, 3)
    assert changes["anvant.0114"] == (None, 100)
    assert changes["anvant"] == (140, 240)
