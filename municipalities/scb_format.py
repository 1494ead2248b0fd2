"""Files of figures for django-import-export: one row is one statistic.

A statistic and its 290 values are saved together, so 76 years are 76 rows and not 22 040.
The values go to the database in one COPY, and the triggers there write the history.
"""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.formats.base_formats import Format
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import ModelResource
from tablib import Dataset

from municipalities import scb
from municipalities.import_preview import (
    Choice,
    Figures,
    PeriodPreview,
    Preview,
    preview,
)
from municipalities.models import (
    CoordinatingBody,
    Statistic,
    StatisticValue,
    StoredFile,
    User,
)
from municipalities.scb_messages import error_sentences, problem_sentence

HEADERS: Final = (
    "kind",
    "name",
    "reference_on",
    "is_whole_year",
    "source",
    "selection",
    "figures",
)


class ScbDataset(Dataset):  # type: ignore[misc]
    """A file's bytes on their way to a resource, which knows what to take out of them."""

    def __init__(self, content: bytes, source: scb.Source | None = None) -> None:
        """Keep the bytes. There are no rows before somebody has chosen."""
        super().__init__(headers=HEADERS)
        self.content = content
        self.source = source

    def __bool__(self) -> bool:
        """A file that nobody has read yet is not nothing."""
        return True

    def read(self, file_name: str = "") -> scb.Source:
        """Return the table in the file. Its name may tell the year."""
        if self.source is None:
            self.source = scb.read(self.content, file_name)
        return self.source


class ScbFormat(Format):  # type: ignore[misc]
    """Every shape that SCB publishes, and two columns of codes and values."""

    def __init__(self, encoding: str | None = None) -> None:
        """Take an encoding, as all formats do; the reader finds it by itself."""
        self.encoding = encoding

    def get_title(self) -> str:
        """Return what the format is called."""
        return _("SCB or two columns: xlsx, xls, csv, txt, px, json")

    def can_import(self) -> bool:
        """Files can be read, but not written."""
        return True

    def create_dataset(self, in_stream: bytes) -> ScbDataset:
        """Return the file as it is. It is read when its name and the choice are known."""
        return ScbDataset(in_stream)


class LoadedStatistics(BaseInstanceLoader):  # type: ignore[misc]
    """Finds the statistic of a row among those that the preview has fetched."""

    def get_instance(self, row: dict[str, Any]) -> Statistic | None:
        """Return the statistic of the same kind, name and day."""
        resource: StatisticResource = self.resource
        return resource.outcome(row["reference_on"]).existing


class StatisticResource(ModelResource):  # type: ignore[misc]
    """Saves the periods of a file as statistics: all of them, or none."""

    kind = Field("kind", "kind")
    name = Field("name", "name")
    reference_on = Field("reference_on", "reference_on")
    is_whole_year = Field("is_whole_year", "is_whole_year")
    source = Field("source", "source")
    selection = Field("selection", "selection")
    figures = Field("figures", "figures")

    class Meta:
        model = Statistic
        fields = HEADERS
        import_id_fields = ("kind", "name", "reference_on")
        instance_loader_class = LoadedStatistics
        use_bulk = True
        batch_size = None
        skip_diff = True
        report_skipped = True

    def __init__(
        self,
        body: CoordinatingBody,
        choice: Choice,
        *,
        by: User | None = None,
        file: StoredFile | None = None,
        looked_at: Preview | None = None,
        all_periods: bool = False,
        **kwargs: Any,
    ) -> None:
        """Prepare to save what ``choice`` takes out of a file, for ``body``.

        ``file`` is the stored file where there is one already, and ``looked_at`` its
        preview. With ``all_periods`` the choice of periods is every one of the file's.
        """
        super().__init__(**kwargs)
        self.body = body
        self.choice = choice
        self.by = by
        self.file = file
        self.looked_at = looked_at
        self.all_periods = all_periods
        self.outcomes: dict[Any, PeriodPreview] = {}
        self.saved: list[Statistic] = []

    def before_import(self, dataset: ScbDataset, **kwargs: Any) -> None:
        """Make a row of each period, or refuse the whole file with every reason."""
        file_name = str(kwargs.get("file_name") or "")
        if self.looked_at is None:
            if not kwargs.get("dry_run"):
                lock(self.body)
            try:
                source = dataset.read(file_name)
                if self.all_periods:
                    self.choice = replace(self.choice, selection=every_period(source))
                self.looked_at = preview(self.body, source, self.choice)
            except scb.ScbError as error:
                raise ValidationError(
                    [str(problem_sentence(one)) for one in error.problems], code="scb"
                ) from None
        if self.looked_at.has_errors:
            raise ValidationError(error_sentences(self.looked_at), code="refused")
        is_real = not kwargs.get("dry_run") and not self.looked_at.changes_nothing
        if self.file is None and is_real:
            self.file = keep(self.body, dataset.content, file_name)
        self.outcomes = {one.reference_on: one for one in self.looked_at.periods}
        text = describe(self.looked_at)
        for one in self.looked_at.periods:
            dataset.append(
                (
                    self.choice.kind,
                    self.choice.name,
                    one.reference_on,
                    self.choice.is_whole_year,
                    self.choice.source,
                    text.format(period=one.period)[:500],
                    one.figures,
                )
            )

    def outcome(self, day: Any) -> PeriodPreview:
        """Return what was seen of the period when it was looked over."""
        return self.outcomes[day]

    def after_init_instance(self, instance: Statistic, *_args: Any, **_kwargs: Any) -> None:
        """Say whose the statistic is."""
        instance.body = self.body

    def skip_row(
        self, _instance: Statistic, _original: Any, row: dict[str, Any], *_args: Any
    ) -> bool:
        """Leave alone what has every figure already."""
        return self.outcome(row["reference_on"]).state == "unchanged"

    def validate_instance(
        self,
        instance: Statistic,
        import_validation_errors: Any = None,
        **_kwargs: Any,
    ) -> None:
        """Check the fields. What is unique has been looked up, and the database knows."""
        if import_validation_errors:
            raise ValidationError(import_validation_errors)
        instance.clean_fields(exclude=["body", "file", "imported_by"])

    def before_save_instance(
        self, instance: Statistic, *_args: Any, **_kwargs: Any
    ) -> None:
        """Note which file the figures come from, and who saves them."""
        instance.file = self.file
        instance.imported_by = self.by
        instance.imported_at = timezone.now()
        self.saved.append(instance)

    def get_bulk_update_fields(self) -> list[str]:
        """Return the columns that a statistic's own row changes by."""
        return [
            "is_whole_year",
            "source",
            "selection",
            "file",
            "imported_by",
            "imported_at",
        ]

    def bulk_create(
        self, using_transactions: bool, dry_run: bool, *args: Any, **kwargs: Any
    ) -> None:
        """Create nothing in a dry run: it has been looked over already."""
        if not dry_run:
            super().bulk_create(using_transactions, dry_run, *args, **kwargs)

    def bulk_update(
        self, using_transactions: bool, dry_run: bool, *args: Any, **kwargs: Any
    ) -> None:
        """Update nothing in a dry run."""
        if not dry_run:
            super().bulk_update(using_transactions, dry_run, *args, **kwargs)

    def after_import(self, _dataset: ScbDataset, result: Any, **kwargs: Any) -> None:
        """Save the values of every statistic, unless something was refused."""
        result.preview = self.looked_at
        refused = result.has_errors() or result.has_validation_errors()
        if kwargs.get("dry_run") or refused or self.looked_at is None:
            return
        places = {code: one.pk for code, one in self.looked_at.municipalities.items()}
        new = []
        for statistic in self.saved:
            outcome = self.outcome(statistic.reference_on)
            if outcome.existing is None:
                new.append((statistic.pk, outcome.figures))
            else:
                change_values(statistic, outcome, places)
        copy_values(new, places)


def every_period(source: scb.Source) -> dict[str, list[str]]:
    """Return the choice of all the periods that a file holds."""
    return {
        dimension.key: [option.key for option in dimension.options]
        for dimension in source.dimensions
        if dimension.key == "period"
    }


def lock(body: CoordinatingBody) -> None:
    """Let one import at a time look and save for a body."""
    CoordinatingBody.objects.select_for_update(no_key=True, of=("self",)).get(pk=body.pk)


def keep(
    body: CoordinatingBody, content: bytes, name: str, content_type: str = ""
) -> StoredFile:
    """Return the file, stored. One that statistics already rest on is not stored again."""
    kind = content_type or "application/octet-stream"
    known = StoredFile.objects.filter(
        body=body, sha256=sha256(content).hexdigest(), statistics__isnull=False
    ).first()
    return known or StoredFile.objects.keep(
        content, body=body, name=name or "fil", content_type=kind[:100]
    )


def describe(looked_at: Preview) -> str:
    """Return the choice in the file's own words, with a place for the period."""
    parts = []
    chosen = looked_at.choice.selection
    for dimension in looked_at.source.dimensions:
        if dimension.key == "period":
            continue
        keys = chosen.get(dimension.key) or dimension.default
        keys = (keys,) if isinstance(keys, str) else tuple(keys)
        labels = {option.key: option.label for option in dimension.options}
        words = "+".join("summa" if k == scb.SUM else labels.get(k, k) for k in keys)
        parts.append(f"{dimension.label}: {words}".replace("{", "(").replace("}", ")"))
    return "; ".join(["{period}", *parts])


def copy_values(statistics: Iterable[tuple[int, Figures]], places: dict[str, int]) -> None:
    """Save all values at once. COPY is what PostgreSQL reads fastest."""
    lines = "".join(
        f"{statistic}\t{places[code]}\t{value}\n"
        for statistic, figures in statistics
        for code, value in figures.items()
    )
    if not lines:
        return
    table = StatisticValue._meta.db_table
    into = f"COPY {table} (statistic_id, municipality_id, value) FROM STDIN"
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(into) as copy:
        copy.write(lines)


def change_values(
    statistic: Statistic, outcome: PeriodPreview, places: dict[str, int]
) -> None:
    """Change, add and remove values where the file differs from what is saved."""
    figures, saved = outcome.figures, outcome.saved
    removed = [places[code] for code in saved.keys() - figures]
    if removed:
        statistic.values.filter(municipality__in=removed).delete()
    StatisticValue.objects.bulk_create(
        [
            StatisticValue(statistic=statistic, municipality_id=places[code], value=value)
            for code, value in figures.items()
            if saved.get(code) != value
        ],
        update_conflicts=True,
        unique_fields=["statistic", "municipality"],
        update_fields=["value"],
    )
