"""What a workbook would change in a report, and the change itself.

The workbook knows what stood in each cell when it was made, so it changes only what
somebody has written in it: what others have saved on the web meanwhile stays. What somebody
has looked at travels signed with the page to the confirm, so nothing is kept and nothing
has to be thrown away.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core import signing
from django.db import transaction

from grants.distribution import Refused
from municipalities.models import User
from reporting.answer_changes import (
    Answers,
    Change,
    Merge,
    changes_in,
    make_room,
    merge,
    said_in,
)
from reporting.models import Report, ReportSection
from reporting.report import Conflict, Work, lock, save_section
from reporting.report_differences import Difference, differences_in
from reporting.report_form import Form, Section
from reporting.report_marks import all_fields, fingerprint, plain
from reporting.report_upload import SheetAnswers, Upload

SALT: Final = "reporting.report_exchange"
HOLDS_FOR: Final = 24 * 60 * 60  # seconds
LONGEST_SEAL: Final = 4 * 1024 * 1024
"""Characters: what a page is posted with has a limit."""
OTHERWISE: Final = "\0"
"""Something that nobody has written: the cell held it once, and neither of us does."""


@dataclass(frozen=True, slots=True)
class SectionChange:
    """What the workbook changes in a section."""

    section: Section
    answers: Answers
    """All of the section's, as they will be."""
    differences: tuple[Difference, ...]
    overlaps: tuple[Change, ...]
    """What has also been changed on the web since the workbook was made."""
    row: ReportSection
    """As it is now."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a workbook would do. Nothing is saved."""

    changes: tuple[SectionChange, ...]
    unchanged: tuple[Section, ...]
    missing: tuple[Section, ...]
    """Sections that have no sheet in the file; they stay as they are."""


class Conflicts(Exception):  # noqa: N818 (it is raised as a verdict)
    """Sections have been saved since the dry run. Nothing is saved."""

    def __init__(self, sections: Iterable[ReportSection]) -> None:
        self.sections = tuple(sections)
        super().__init__([each.key for each in self.sections])


def try_out(work: Work, upload: Upload) -> DryRun:
    """Return what the workbook would change in the report as it stands."""
    changes, unchanged, missing = [], [], []
    for section in work.form.sections:
        said = upload.sections.get(section.key)
        if section.key in upload.missing:
            missing.append(section)
        if said is None:
            continue
        row = work.sections[section.key]
        change = changed(work.form, section, row, said)
        if change is None:
            unchanged.append(section)
        else:
            changes.append(change)
    return DryRun(tuple(changes), tuple(unchanged), tuple(missing))


def changed(
    form: Form, section: Section, row: ReportSection, said: SheetAnswers
) -> SectionChange | None:
    """Return what a sheet changes in its section, or none where it changes nothing."""
    now: Answers = row.answers
    merged = put_together(section, now, said)
    if not any(changes_in(section, now, merged.answers)):
        return None
    return SectionChange(
        section,
        merged.answers,
        tuple(differences_in(form, section, now, merged.answers)),
        tuple(merged.conflicts),
        row,
    )


def put_together(section: Section, now: Answers, said: SheetAnswers) -> Merge:
    """Return the answers as they are now with what somebody has written in the sheet."""
    base, ours = dict(now), dict(now)
    fields = {each.name: each for one in section.questions for each in all_fields(one)}
    for name, text in said.answers.items():
        each, before, current = fields[name], said.before[name], said_in(now, name)
        if fingerprint(each, text) == before:
            base[name] = ours[name] = text  # untouched: whatever stands there now stays
        elif plain(each, text) != plain(each, current):
            ours[name] = text
            if fingerprint(each, current) != before:
                base[name] = "" if fingerprint(each, "") == before else OTHERWISE
    return merge(section, base, now, make_room(section, base, now, ours))


# From the dry run to the confirm -------------------------------------------------------


def sealed(report: Report, dry_run: DryRun) -> str:
    """Return what was looked at, signed. Refused (``upload_long``) where it is too much."""
    sections = {
        each.section.key: [each.row.version, dict(each.answers)] for each in dry_run.changes
    }
    text = signing.dumps(
        {"report": report.pk, "sections": sections}, salt=SALT, compress=True
    )
    if len(text) > LONGEST_SEAL:
        raise Refused("upload_long")
    return text


def unsealed(text: str, report: Report) -> dict[str, tuple[int, dict[str, str]]]:
    """Return what was looked at: version and answers by section.

    Refused (``upload_old``) where it is too old, or about another report.
    """
    try:
        found: Any = signing.loads(text, salt=SALT, max_age=HOLDS_FOR)
    except signing.BadSignature:
        raise Refused("upload_old") from None
    if found["report"] != report.pk:
        raise Refused("upload_old")
    return {key: (seen, answers) for key, (seen, answers) in found["sections"].items()}


@transaction.atomic
def save(
    report: Report, sections: Mapping[str, tuple[int, Answers]], *, by: User
) -> list[ReportSection]:
    """Save what was looked at, all of it or nothing; return the sections that changed.

    Raises Conflicts where any of them has been saved since, also by oneself, and Refused
    (``report_closed``) where the report has been sent in.
    """
    lock(report)
    versions = dict(report.sections.values_list("key", "version"))
    saved, conflicts = [], []
    for key, (seen, answers) in sections.items():
        try:
            row = save_section(report, key, answers, by=by, seen=seen)
        except Conflict as conflict:
            conflicts.append(conflict.section)
        else:
            if row.version != versions[key]:
                saved.append(row)
    if conflicts:
        raise Conflicts(conflicts)
    return saved
