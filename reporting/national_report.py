"""The body's report to the authority: begun, written, kept up with the figures, delivered.

Each verb is one transaction. A new version starts from the one that was delivered last; the
first one of a round from last year's of the same kind.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone, translation
from django.utils.text import capfirst

from grants.distribution import Refused
from grants.models import Grant
from municipalities.models import StoredFile, User
from reporting.compilation import Compilation, compile_round
from reporting.compilation_words import FigureChange, changes_since
from reporting.models import (
    NationalReport,
    NationalReportFile,
    NationalReportSection,
    ReportRound,
)
from reporting.national_report_content import content_of
from reporting.national_report_sections import parts_of

LONGEST_TEXT = 50_000


class Conflict(Exception):  # noqa: N818 (it is raised as a verdict)
    """Somebody else has saved the section since the page was made. Nothing is saved."""

    def __init__(self, section: NationalReportSection) -> None:
        self.section = section
        """As it is now, with what the other one wrote."""
        super().__init__(section.key)


def follows_of(found: ReportRound) -> NationalReport | None:
    """Return the report whose texts a new one starts with."""
    delivered = NationalReport.objects.filter(status=NationalReport.Status.DELIVERED)
    own = delivered.filter(round=found).order_by("-number").first()
    if own is not None or found.grant.follows_id is None:
        return own
    before = delivered.filter(round__grant=found.grant.follows_id, round__kind=found.kind)
    return before.order_by("-number").first()


@transaction.atomic
def start(found: ReportRound, *, by: User) -> NationalReport:
    """Begin a version with today's figures, and with the texts of the last delivered one.

    Refused where the round is not open (``round_not_open``), or a draft is begun already
    (``national_draft_exists``).
    """
    _lock_grant(found.grant)
    if not found.is_open:
        raise Refused("round_not_open")
    numbers = found.national_reports.values_list("number", "status")
    if any(status == NationalReport.Status.DRAFT for _number, status in numbers):
        raise Refused("national_draft_exists")
    follows = follows_of(found)
    is_correction = follows is not None and follows.round_id == found.pk
    made = NationalReport.objects.create(
        round=found,
        number=1 + max((number for number, _status in numbers), default=0),
        title=follows.title if follows and is_correction else title_of(found),
        figures=compile_round(found).figures,
        figures_at=timezone.now(),
        follows=follows,
        created_by=by,
    )
    texts = dict(follows.sections.values_list("key", "text")) if follows else {}
    NationalReportSection.objects.bulk_create(
        NationalReportSection(
            report=made,
            position=position,
            key=part.key,
            title=part.title,
            text=texts.get(part.key, ""),
        )
        for position, part in enumerate(parts_of(found.read))
    )
    return made


def title_of(found: ReportRound) -> str:
    """Return what a report is called until somebody says otherwise."""
    with translation.override("sv"):
        kind = capfirst(found.get_kind_display())
    return f"{kind} av {found.grant}"


@transaction.atomic
def rename(report: NationalReport, *, title: str) -> NationalReport:
    """Give the draft another title."""
    locked = lock(report)
    locked.title = title
    locked.save(update_fields=["title"])
    return locked


@transaction.atomic
def save_section(
    report: NationalReport, key: str, text: str, *, by: User, seen: int
) -> NationalReportSection:
    """Keep what somebody has written in a section of the draft.

    ``seen`` is the version that the page was made from. Raises Conflict where somebody else
    has saved something different since, and Refused (``national_delivered``) where the
    report is delivered.
    """
    lock(report)
    section = NationalReportSection.objects.select_for_update(of=("self",)).get(
        report=report, key=key
    )
    if section.text == text:
        return section
    if section.version != seen and section.edited_by_id != by.pk:
        raise Conflict(section)
    section.text = text
    section.version += 1
    section.edited_by = by
    section.edited_at = timezone.now()
    section.save()
    return section


# Figures ---------------------------------------------------------------------------------


def changed_figures(report: NationalReport, compilation: Compilation) -> list[FigureChange]:
    """Return the figures that are not what they were when the draft was made."""
    figures: dict[str, int] = report.figures
    return changes_since(figures, compilation)


def stamp(figures: Mapping[str, int]) -> str:
    """Tell some figures from others: those that were read are those that are accepted."""
    return hashlib.sha256(json.dumps(figures, sort_keys=True).encode()).hexdigest()[:32]


@transaction.atomic
def refresh_figures(report: NationalReport, *, seen: str) -> NationalReport:
    """Let the draft have the figures of today.

    ``seen`` is the stamp of those that were shown. Refused where others have come since
    (``figures_changed_again``).
    """
    locked = lock(report)
    figures = compile_round(locked.round).figures
    if stamp(figures) != seen:
        raise Refused("figures_changed_again")
    if figures != locked.figures:
        locked.figures = figures
        locked.figures_at = timezone.now()
        locked.save(update_fields=["figures", "figures_at"])
    return locked


# To the end ------------------------------------------------------------------------------


@transaction.atomic
def deliver(
    report: NationalReport, *, by: User, on: date, record_number: str
) -> NationalReport:
    """Note that the report has been delivered. From then on it never changes.

    Refused while a figure differs from those of the draft (``figures_differ``), and unless
    there are documents (``documents_lacking``) that are all ready
    (``documents_in_the_making``) and made from what the report says now
    (``documents_stale``).
    """
    locked = lock(report)
    compilation = compile_round(locked.round)
    if compilation.figures != locked.figures:
        raise Refused("figures_differ")
    made = content_of(locked, compilation).fingerprint
    files = list(locked.files.select_for_update(of=("self",)))
    statuses = {file.status for file in files}
    if statuses & {NationalReportFile.Status.QUEUED, NationalReportFile.Status.RUNNING}:
        raise Refused("documents_in_the_making")
    ready = [each for each in files if each.status == NationalReportFile.Status.DONE]
    if not ready:
        raise Refused("documents_lacking")
    if any(file.made_from != made for file in ready):
        raise Refused("documents_stale")
    locked.files.exclude(status=NationalReportFile.Status.DONE).delete()
    locked.status = NationalReport.Status.DELIVERED
    locked.delivered_on = on
    locked.delivered_by = by
    locked.record_number = record_number
    locked.save()
    return locked


@transaction.atomic
def discard(report: NationalReport) -> None:
    """Throw the draft away, with its documents."""
    locked = lock(report)
    files = list(locked.files.filter(file__isnull=False).values_list("file", flat=True))
    locked.delete()
    StoredFile.objects.filter(pk__in=files).delete()


def lock(report: NationalReport) -> NationalReport:
    """Return the draft as it is now, locked to the end of the transaction.

    Refused where it is delivered (``national_delivered``), or thrown away
    (``national_gone``).
    """
    locked = (
        NationalReport.objects.select_for_update(of=("self",), no_key=True)
        .select_related("round__grant__body", "round__deadline")
        .filter(pk=report.pk)
        .first()
    )
    if locked is None:
        raise Refused("national_gone")
    if not locked.is_draft:
        raise Refused("national_delivered")
    return locked


def _lock_grant(grant: Grant) -> None:
    Grant.objects.select_for_update(of=("self",), no_key=True).get(pk=grant.pk)
