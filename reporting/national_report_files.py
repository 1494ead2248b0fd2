"""The documents of a report to the authority, made in the background.

The row of a document says what is asked for and how far it has come; the queue only says
when (``tasks``). A maker claims a row, gives a sign of life as it goes, and stores the file
and says so in one transaction. One that dies goes silent, and after ``SILENCE`` whoever
comes next begins anew. A maker that was only slow then finds that its claim is lost, since
the latest sign is not its own, and stores nothing.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error as AnyDatabaseError
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.text import slugify

from municipalities.models import StoredFile, User
from reporting import national_report, tasks
from reporting.compilation import Compilation, compile_round
from reporting.document import Document
from reporting.models import NationalReport, NationalReportFile
from reporting.national_report_content import content_of
from reporting.national_report_pdf import national_pdf
from reporting.national_report_workbook import national_workbook
from reporting.word import word_document

logger = logging.getLogger(__name__)

Kind = NationalReportFile.Kind
Status = NationalReportFile.Status

SILENCE = timedelta(minutes=2)
"""After so long without a sign of life a maker is taken for dead."""
PATIENCE = timedelta(seconds=90)
"""After so long in the queue nobody seems to be at work."""
MOST_ATTEMPTS = 3
"""A document that has ended its maker so many times fails."""

STEPS = 4
"""Collect the answers, lay out what it says, write it, store it."""

CONTENT_TYPES = {
    Kind.WORD: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.PDF: "application/pdf",
    Kind.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Beat = Callable[[], None]
"""Gives a sign of life; called now and then by what takes time."""


class LostClaimError(Exception):
    """Somebody else has taken the document over, or nobody wants it any more."""


@transaction.atomic
def request(report: NationalReport, kind: str, *, by: User) -> NationalReportFile:
    """Ask for a document of the draft. One that is in the making is not asked for twice.

    Refused where the report is delivered (``national_delivered``).
    """
    locked = national_report.lock(report)
    transaction.on_commit(tasks.wake, robust=True)
    own = locked.files.filter(kind=kind)
    making = own.filter(status__in=[Status.QUEUED, Status.RUNNING]).first()
    if making is not None:
        return making
    own.filter(status=Status.FAILED).delete()
    return NationalReportFile.objects.create(report=locked, kind=kind, requested_by=by)


def make_all(*, keep_on: Callable[[], bool] = lambda: True) -> int:
    """Make the documents that wait, and those whose makers have died; return how many.

    May run in several places at once, but not in a transaction.
    """
    made = 0
    while keep_on() and (claimed := claim()) is not None:
        made += make(claimed)
    return made


def waiting(now: datetime) -> Q:
    """Return what tells a document that is to be begun, for the first time or anew."""
    return Q(status=Status.QUEUED) | Q(status=Status.RUNNING, seen_at__lt=now - SILENCE)


def claim() -> NationalReportFile | None:
    """Return the next document to make, which is ours now, or none."""
    now = timezone.now()
    due = NationalReportFile.objects.filter(waiting(now)).order_by("requested_at", "pk")
    for file in due:
        # Whoever comes second finds that it waits no longer.
        same = NationalReportFile.objects.filter(waiting(now), pk=file.pk)
        if file.attempts >= MOST_ATTEMPTS:
            if same.update(status=Status.FAILED, finished_at=now):
                logger.error("Document %s ends its maker each time.", file.pk)
            continue
        if same.update(
            status=Status.RUNNING,
            step=0,
            steps=STEPS,
            seen_at=now,
            attempts=F("attempts") + 1,
        ):
            file.refresh_from_db()
            return file
    return None


class Work:
    """A claimed document, and the signs of life of whoever makes it."""

    def __init__(self, file: NationalReportFile) -> None:
        self.file = file
        self.step = 0

    @property
    def ours(self) -> QuerySet[NationalReportFile]:
        """The row, for as long as nobody else has taken it."""
        return NationalReportFile.objects.filter(
            pk=self.file.pk, status=Status.RUNNING, seen_at=self.file.seen_at
        )

    def beat(self) -> None:
        """Say that we are alive, or find that the claim is lost."""
        now = timezone.now()
        if not self.ours.update(seen_at=now, step=self.step):
            raise LostClaimError
        self.file.seen_at = now

    def reach(self, step: int) -> None:
        """Say how far it has come."""
        self.step = step
        self.beat()


def make(file: NationalReportFile) -> bool:
    """Make a claimed document; return whether it is done."""
    work = Work(file)
    try:
        work.reach(1)
        report = (
            NationalReport.objects.select_related("round__grant__body__logo")
            .select_related("round__deadline")
            .get(pk=file.report_id)
        )
        compilation = compile_round(report.round)
        work.reach(2)
        document = content_of(report, compilation)
        work.reach(3)
        content = written(Kind(file.kind), report, compilation, document, work.beat)
        work.reach(4)
        _keep(work, report, content, document.fingerprint)
    except LostClaimError:
        logger.warning("Document %s was taken over, or is not wanted.", file.pk)
        return False
    except AnyDatabaseError:
        raise  # whoever comes next begins anew
    except Exception:  # the documents after it are to be made
        logger.exception("Document %s could not be made.", file.pk)
        work.ours.update(status=Status.FAILED, finished_at=timezone.now())
        return False
    return True


def written(
    kind: Kind,
    report: NationalReport,
    compilation: Compilation,
    document: Document,
    beat: Beat,
) -> bytes:
    """Return the file's bytes."""
    match kind:
        case Kind.WORD:
            return word_document(document)
        case Kind.PDF:
            return national_pdf(document, report.round.grant.body, beat)
        case Kind.EXCEL:
            return national_workbook(document, compilation)


@transaction.atomic
def _keep(work: Work, report: NationalReport, content: bytes, made_from: str) -> None:
    """Store the file, in place of the one before it."""
    file = work.file
    body = report.round.grant.body
    kept = StoredFile.objects.keep(
        content,
        body=body,
        name=f"{file_name(report)}.{file.kind}",
        content_type=CONTENT_TYPES[Kind(file.kind)],
    )
    done = work.ours.update(
        status=Status.DONE, file=kept, made_from=made_from, finished_at=timezone.now()
    )
    if not done:
        raise LostClaimError
    older = report.files.filter(kind=file.kind, status=Status.DONE).exclude(pk=file.pk)
    files = list(older.values_list("file", flat=True))
    older.delete()
    StoredFile.objects.filter(pk__in=files).delete()


def file_name(report: NationalReport) -> str:
    """Return what the files are called, but for their ending."""
    return f"{slugify(report.title)[:80] or 'rapport'}-version-{report.number}"


# As it is shown --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """How a kind of document stands."""

    kind: Kind
    ready: NationalReportFile | None
    """The one that can be fetched."""
    latest: NationalReportFile | None
    """The one that is being made, or could not be."""
    is_stale: bool
    """Whether the report says something else than the one that can be fetched."""
    now: datetime

    @property
    def state(self) -> str:
        """``none``, ``ready``, ``stale``, ``queued``, ``unattended``, ``running``,
        ``silent`` or ``failed``."""
        if self.latest is not None:
            return self._making(self.latest)
        if self.ready is None:
            return "none"
        return "stale" if self.is_stale else "ready"

    def _making(self, file: NationalReportFile) -> str:
        if file.status == Status.FAILED:
            return "failed"
        if file.status == Status.QUEUED:
            is_new = self.now - file.requested_at < PATIENCE
            return "queued" if is_new else "unattended"
        is_alive = file.seen_at is not None and self.now - file.seen_at < SILENCE
        return "running" if is_alive else "silent"

    @property
    def is_in_the_making(self) -> bool:
        """Whether it is worth looking again soon."""
        return self.state in {"queued", "running", "unattended", "silent"}

    @property
    def seen(self) -> str:
        """What the page has said of it: nothing is said again before it differs."""
        step = self.latest.step if self.latest else 0
        return f"{self.state}-{step}"

    @property
    def pause(self) -> int:
        """How many seconds to wait before looking again."""
        return 2 if self.state in {"queued", "running"} else 15


def shown(
    files: Iterable[NationalReportFile], made_from: str, now: datetime
) -> list[Shown]:
    """Return how each kind of document stands; ``made_from`` is what the report says now.

    A delivered report's files are what they are: then ``made_from`` is empty.
    """
    ready = {file.kind: file for file in files if file.status == Status.DONE}
    latest = {file.kind: file for file in files if file.status != Status.DONE}
    return [
        Shown(
            kind=kind,
            ready=ready.get(kind),
            latest=latest.get(kind),
            is_stale=bool(
                made_from and kind in ready and ready[kind].made_from != made_from
            ),
            now=now,
        )
        for kind in Kind
    ]
