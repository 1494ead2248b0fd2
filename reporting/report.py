"""A municipality's report: begun, written by section, sent in, completed and corrected.

Each verb is one transaction. What is typed is kept as typed; ``work_on`` reads it. The
refusals' sentences are in ``report_refusals``.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from grants.distribution import Refused
from invoices.attachments import kind_of, name_of
from municipalities.models import Municipality, StoredFile, User
from reporting.answer_changes import Answers
from reporting.answer_review import LONGEST, Review, review
from reporting.models import (
    Report,
    ReportFile,
    ReportRound,
    ReportSection,
    ReportVersion,
)
from reporting.prefill import prefilled
from reporting.report_facts import earlier_of, facts_of, planned_of
from reporting.report_form import Form, Kind, fields_of
from reporting.rounds import concerned

MOST_FILES = 5
"""For each question."""

LONGEST_TYPED = 5 * LONGEST
"""A text that is too long is kept, so that somebody can shorten it."""

Facts = Mapping[str, int]
"""The ledger's sums of one municipality, in kronor, by the names that checks use."""


class Conflict(Exception):  # noqa: N818 (it is raised as a verdict)
    """The section has been saved since the page was made. Nothing is saved."""

    def __init__(self, section: ReportSection) -> None:
        self.section = section
        """As it is now, with what was written meanwhile."""
        super().__init__(section.key)


# Writing ---------------------------------------------------------------------------------


@transaction.atomic
def begin(found: ReportRound, municipality: Municipality, *, by: User) -> Report:
    """Return the municipality's report in the round; the first time it is filled in.

    Refused (``not_asked``) where the round is not open, or is not for the municipality.
    """
    made = Report.objects.filter(round=found, municipality=municipality).first()
    if made is not None:
        return _known(made, found)
    if not found.is_open or municipality.pk not in concerned(found, timezone.localdate()):
        raise Refused("not_asked")
    made, is_new = Report.objects.get_or_create(
        round=found, municipality=municipality, defaults={"created_by": by}
    )
    if is_new:
        form = found.read
        answers = prefilled(
            form, planned_of(found.grant, municipality), earlier_of(found, municipality)
        )
        ReportSection.objects.bulk_create(
            ReportSection(report=made, key=section.key, answers=of_section(answers, names))
            for section in form.sections
            for names in [{question.key for question in section.questions}]
        )
    return _known(made, found)


def _known(report: Report, found: ReportRound) -> Report:
    report.round = found
    return report


def of_section(answers: Answers, questions: Iterable[str]) -> dict[str, str]:
    """Return the answers to some questions, by the questions' keys."""
    wanted = set(questions)
    return {
        name: text for name, text in answers.items() if name.partition(".")[0] in wanted
    }


@dataclass(frozen=True)
class Work:
    """A report as it stands: what is typed, what it comes to and what is wrong."""

    report: Report
    form: Form
    sections: Mapping[str, ReportSection]
    answers: Answers
    """Also files, as their names."""
    files: Mapping[str, list[ReportFile]]
    """By the question's key."""
    facts: Facts
    review: Review

    @property
    def not_gone_through(self) -> list[str]:
        """The keys of sections that nobody has saved yet."""
        return [
            section.key
            for section in self.form.sections
            if self.sections[section.key].edited_by_id is None
        ]

    @property
    def may_be_sent(self) -> bool:
        """Whether nothing is lacking."""
        return self.review.is_complete and not self.not_gone_through

    @property
    def fingerprint(self) -> str:
        """Tell one state from another: what was read is what is signed.

        The status is a part of it: a request for completion is not answered unread. So are
        the files themselves, and not only their names.
        """
        files = [file.pk for some in self.files.values() for file in some]
        read = [self.report.status, dict(self.answers), dict(self.facts), sorted(files)]
        text = json.dumps(read, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def work_on(report: Report) -> Work:
    """Return the report with all that is written in it, in a fixed number of queries."""
    form = report.round.read
    sections = {each.key: each for each in report.sections.select_related("edited_by")}
    files: dict[str, list[ReportFile]] = {}
    kept = report.files.filter(is_removed=False).select_related("file")
    for file in kept.defer("file__content"):
        files.setdefault(file.question, []).append(file)
    answers: dict[str, str] = {}
    for section in form.sections:
        answers |= sections[section.key].answers
    answers |= {
        question: ", ".join(each.file.name for each in some)
        for question, some in files.items()
    }
    facts = facts_of(report.round, report.municipality)
    return Work(report, form, sections, answers, files, facts, review(form, answers, facts))


def typed_in(form: Form, key: str, posted: Mapping[str, str]) -> dict[str, str]:
    """Return what is posted of a section's fields, as typed. Others are passed over."""
    typed: dict[str, str] = {}
    for section in form.sections:
        if section.key != key:
            continue
        for question in section.questions:
            if question.kind is Kind.FILE:
                continue
            for each in fields_of(question, posted):
                text = plain(posted.get(each.name, ""))[:LONGEST_TYPED]
                if text.strip():
                    typed[each.name] = text
    return typed


def plain(text: str) -> str:
    """Return a text as it is kept, wherever it comes from.

    A browser ends its lines in another way than a spreadsheet does. The database cannot
    hold a null character, and nobody means one.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


@transaction.atomic
def save_section(
    report: Report, key: str, typed: Answers, *, by: User, seen: int
) -> ReportSection:
    """Keep what somebody has typed in a section.

    ``seen`` is the version that the page was made from. Raises Conflict where something
    different has been saved since, perhaps by the same person in another window, and
    Refused (``report_closed``) where the report has been sent in.
    """
    _open_for_writing(report)
    section = ReportSection.objects.select_for_update(of=("self",)).get(
        report=report, key=key
    )
    if section.answers == dict(typed) and section.edited_by_id:
        return section
    if section.version != seen:
        raise Conflict(section)
    section.answers = dict(typed)
    section.version += 1
    section.edited_by = by
    section.edited_at = timezone.now()
    section.save()
    _take_back_hand_over(report)
    return section


@transaction.atomic
def add_file(
    report: Report, question: str, file: "UploadedFile[Any]", *, by: User
) -> ReportFile:
    """Keep a file that has been judged (``invoices.attachments.judge``).

    Refused (``report_files_many``) where the question has as many as it may.
    """
    _open_for_writing(report)
    if report.files.filter(question=question, is_removed=False).count() >= MOST_FILES:
        raise Refused("report_files_many", most=MOST_FILES)
    kind = kind_of(file)
    kept = StoredFile.objects.keep(
        file.read(),
        body=report.round.grant.body,
        name=name_of(file.name or "", kind),
        content_type=kind,
    )
    _take_back_hand_over(report)
    return ReportFile.objects.create(
        report=report, question=question, file=kept, added_by=by
    )


@transaction.atomic
def remove_file(report: Report, pk: int) -> None:
    """Take a file away; it stays in what has been sent in."""
    _open_for_writing(report)
    report.files.filter(pk=pk).update(is_removed=True)
    _take_back_hand_over(report)


@transaction.atomic
def hand_over(report: Report, *, by: User) -> None:
    """Leave the report to a signatory. It is taken back when somebody changes something."""
    locked = _open_for_writing(report)
    locked.handed_over_by = report.handed_over_by = by
    locked.save(update_fields=["handed_over_by"])


def _take_back_hand_over(report: Report) -> None:
    Report.objects.filter(pk=report.pk, handed_over_by__isnull=False).update(
        handed_over_by=None
    )
    report.handed_over_by = None


def _open_for_writing(report: Report) -> Report:
    """Return the locked report, or refuse where it has been sent in."""
    locked = lock(report)
    if not locked.is_open:
        raise Refused("report_closed")
    return locked


def lock(report: Report) -> Report:
    """Return the report as it is now, locked to the end of the transaction."""
    return (
        Report.objects.select_for_update(of=("self",), no_key=True)
        .select_related("round__grant__body", "round__deadline", "municipality")
        .get(pk=report.pk)
    )


# Sending in ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """Who stands for the report."""

    name: str
    title: str = ""


@transaction.atomic
def submit(
    report: Report, *, by: User, signature: Signature, seen: str, reason: str = ""
) -> ReportVersion:
    """Send in what is written, as the next version.

    ``seen`` is the fingerprint of what the signatory read. Refused where it has changed
    (``report_changed``), where something is lacking (``report_incomplete``), where a
    correction does not say what it corrects (``report_reason_lacking``) and where it has
    been sent in already (``report_closed``).
    """
    locked = _open_for_writing(report)
    work = work_on(locked)
    if work.fingerprint != seen:
        raise Refused("report_changed")
    if not work.may_be_sent:
        raise Refused("report_incomplete")
    number = 1 + locked.versions.count()
    if number > 1 and not reason.strip():
        reason = _reason_of_completion(locked)
        if not reason:
            raise Refused("report_reason_lacking")
    version = ReportVersion.objects.create(
        report=locked,
        number=number,
        answers=dict(work.answers),
        facts=dict(work.facts),
        reason=reason.strip(),
        signed_name=signature.name,
        signed_title=signature.title,
        submitted_by=by,
        is_late=is_late(locked, timezone.localdate()),
    )
    version.files.set([file for some in work.files.values() for file in some])
    locked.completions.filter(closed_at=None).update(closed_at=timezone.now())
    locked.status = Report.Status.SUBMITTED
    locked.is_correcting = False
    locked.handed_over_by = None
    locked.save()
    report.refresh_from_db()
    return version


def _reason_of_completion(report: Report) -> str:
    """Return the reason of a version that staff have asked for."""
    asked = report.completions.filter(closed_at=None).first()
    if asked is None:
        return ""
    with translation.override("sv"):
        return _("Completed as asked: %(reason)s") % {"reason": asked.reason}


def is_late(report: Report, today: date) -> bool:
    """Return whether the last day, or that of a completion, has passed.

    A correction is as late as what it corrects: that has held since.
    """
    if report.is_correcting:
        return bool(report.versions.values_list("is_late", flat=True)[:1].get())
    asked = report.completions.filter(closed_at=None).select_related("deadline").first()
    deadline = asked.deadline if asked else report.round.deadline
    return today > deadline.due_on


@transaction.atomic
def begin_correction(report: Report, *, by: User) -> Report:  # noqa: ARG001 (tracked)
    """Open what has been sent in; it holds until the correction is sent in."""
    locked = lock(report)
    if locked.is_open:
        return locked
    locked.is_correcting = True
    locked.save()
    return locked


@transaction.atomic
def discard_correction(report: Report) -> Report:
    """Go back to what was sent in. Refused (``no_correction``) where none is begun."""
    locked = lock(report)
    if not locked.is_correcting:
        raise Refused("no_correction")
    latest = locked.versions.first()
    assert latest is not None  # it has been sent in
    form = locked.round.read
    for section in form.sections:
        names = {
            question.key for question in section.questions if question.kind is not Kind.FILE
        }
        row = locked.sections.select_for_update(of=("self",)).get(key=section.key)
        row.answers = of_section(latest.typed, names)
        row.version += 1
        row.save()
    locked.files.filter(versions=latest).update(is_removed=False)
    locked.files.exclude(versions=latest).update(is_removed=True)
    locked.is_correcting = False
    locked.handed_over_by = None
    locked.save()
    return locked
