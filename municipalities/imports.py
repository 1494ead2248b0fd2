"""Save the figures of a file as statistics: upload, look, confirm.

The uploaded file is kept while somebody looks at it, and read again when they confirm:
what they saw is what is saved. Everything in a choice is saved, or nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from municipalities import scb
from municipalities.import_preview import (
    Choice,
    ImportCode,
    PeriodPreview,
    Preview,
    Remark,
    preview,
)
from municipalities.models import (
    CoordinatingBody,
    Statistic,
    StatisticImport,
    StoredFile,
    User,
)
from municipalities.scb_format import ScbDataset, StatisticResource, keep, lock

__all__ = [
    "Choice",
    "ImportCode",
    "PeriodPreview",
    "Preview",
    "RefusedError",
    "Remark",
    "Result",
    "confirm",
    "discard",
    "import_statistics",
    "open_upload",
    "preview",
    "read_pending",
]

PENDING_FOR: Final = timedelta(days=1)


class RefusedError(ValueError):
    """The figures cannot be saved as they are. ``preview`` says why."""

    def __init__(self, preview: Preview) -> None:
        """Keep the preview, and let the message be the codes of what is wrong."""
        severity = "error" if preview.has_errors else "warning"
        codes = [found.code for _, found in preview.remarks(severity)]  # type: ignore[arg-type]
        super().__init__(", ".join(dict.fromkeys(codes)))
        self.preview = preview


@dataclass(frozen=True, slots=True)
class Result:
    """What was saved. ``statistics`` are all of the choice, also the unchanged."""

    statistics: tuple[Statistic, ...]
    created: int
    updated: int
    unchanged: int
    value_count: int

    @property
    def changed_nothing(self) -> bool:
        """Whether every figure was there already."""
        return not self.created and not self.updated


def open_upload(
    body: CoordinatingBody, user: User, content: bytes, name: str, content_type: str = ""
) -> StatisticImport:
    """Return the file, kept for its person to look at. Raises ``ScbError``.

    A mistake in a cell refuses the file at once where there is nothing else to choose.
    What people left lying since yesterday is cleared away.
    """
    source = scb.read(content, name)
    has_choice = any(len(dimension.options) > 1 for dimension in source.dimensions)
    if not has_choice and (errors := source.select().errors):
        raise scb.ScbError(*errors)
    with transaction.atomic():
        discard_old(body)
        file = keep(body, content, name, content_type)
        return StatisticImport.objects.create(body=body, user=user, file=file)


def read_pending(pending: StatisticImport) -> scb.Source:
    """Return the table in the file that somebody is looking at."""
    return scb.read(bytes(pending.file.content), pending.file.name)


def confirm(
    pending: StatisticImport, choice: Choice, *, by: User, is_checked: bool = False
) -> Result:
    """Save what the choice takes out of the file: everything, or nothing.

    Raises ``RefusedError`` where something is wrong, or where there are warnings and
    nobody has said that they looked (``is_checked``). A second confirm, as by a double
    click, finds the figures there and changes nothing.
    """
    with transaction.atomic():
        lock(pending.body)
        pending = (
            StatisticImport.objects.select_for_update(of=("self",))
            .select_related("body__county", "file")
            .get(pk=pending.pk)
        )
        source = read_pending(pending)
        looked_at = preview(pending.body, source, choice)
        is_again = pending.confirmed_at is not None and looked_at.changes_nothing
        if looked_at.has_errors or (
            looked_at.has_warnings and not is_checked and not is_again
        ):
            raise RefusedError(looked_at)
        result = save(pending.body, choice, looked_at, by=by, file=pending.file)
        if pending.confirmed_at is None:
            pending.confirmed_at = timezone.now()
            pending.save(update_fields=["confirmed_at"])
    return result


def import_statistics(
    body: CoordinatingBody,
    *,
    content: bytes,
    file_name: str,
    kind: str,
    name: str = "",
    source: str,
    is_whole_year: bool = False,
    periods: Sequence[str] | None = None,
    reference_on: date | None = None,
    by: User | None = None,
) -> list[Statistic]:
    """Save a file's figures at once and return their statistics, one for each period.

    Without ``periods`` the latest is taken. Raises ``ScbError`` for a file that cannot be
    read, and ``RefusedError`` for figures that cannot be saved.
    """
    choice = Choice(
        kind=kind,
        name=name,
        source=source,
        is_whole_year=is_whole_year,
        reference_on=reference_on,
        selection={"period": tuple(periods)} if periods else {},
    )
    table = scb.read(content, file_name)
    with transaction.atomic():
        lock(body)
        looked_at = preview(body, table, choice)
        if looked_at.has_errors:
            raise RefusedError(looked_at)
        file = None if looked_at.changes_nothing else keep(body, content, file_name)
        return list(save(body, choice, looked_at, by=by, file=file).statistics)


def save(
    body: CoordinatingBody,
    choice: Choice,
    looked_at: Preview,
    *,
    by: User | None,
    file: StoredFile | None,
) -> Result:
    """Save what was looked at, through the resource that the admin uses too."""
    resource = StatisticResource(body, choice, by=by, file=file, looked_at=looked_at)
    dataset = ScbDataset(b"", looked_at.source)
    resource.import_data(dataset, raise_errors=True, use_transactions=True)
    states = [one.state for one in looked_at.periods]
    saved = {statistic.reference_on: statistic for statistic in resource.saved}
    return Result(
        statistics=tuple(
            saved.get(one.reference_on) or one.existing  # type: ignore[arg-type, misc]
            for one in looked_at.periods
        ),
        created=states.count("new"),
        updated=states.count("changed"),
        unchanged=states.count("unchanged"),
        value_count=looked_at.value_count,
    )


def discard(pending: StatisticImport) -> None:
    """Forget an upload, and its file unless statistics rest on it."""
    with transaction.atomic():
        file = pending.file
        pending.delete()
        is_used = (
            file.statistics.exists() or StatisticImport.objects.filter(file=file).exists()
        )
        if not is_used:
            file.delete()


def discard_old(body: CoordinatingBody) -> None:
    """Forget the body's uploads that are older than a day."""
    old = StatisticImport.objects.filter(
        body=body, created_at__lt=timezone.now() - PENDING_FOR
    )
    for pending in old.select_related("file"):
        discard(pending)
