"""Importing 290 municipalities × 76 years, beside import-export's row by row."""

from datetime import date
from time import perf_counter

import pytest
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import DecimalWidget, ForeignKeyWidget
from tablib import Dataset

from municipalities import imports
from municipalities.models import Municipality, Statistic, StatisticValue
from tests.factories import make_body, make_member

pytestmark = pytest.mark.django_db(transaction=True)

YEARS = range(1950, 2026)
SLOW_YEARS = range(2024, 2026)
"""The years that are taken row by row, since all of them take minutes: 580 values."""


class RowByRow(ModelResource):
    """The same figures as import-export takes them by default: a row is a value."""

    statistic = Field("statistic", "dag", ForeignKeyWidget(Statistic, "reference_on"))
    municipality = Field("municipality", "kod", ForeignKeyWidget(Municipality, "code"))
    value = Field("value", "värde", DecimalWidget())

    class Meta:
        model = StatisticValue
        fields = ["statistic", "municipality", "value"]
        import_id_fields = ["statistic", "municipality"]


def figures(codes):
    """Return a population that grows slowly: code and year to inhabitants."""
    return {
        (code, year): int(code) * 10 + 1000 + (year - 1950) * 7
        for code in codes
        for year in YEARS
    }


@pytest.mark.usefixtures("places")
def test_import_against_row_by_row(tell):
    """Ours saves 22 040 values, checked and shown first; the other side 580 of them.

    The cost of a value is compared.
    """
    body, other = make_body(), make_body("Region Dalarna", "20")
    user = make_member(body, role="handler")
    names = dict(Municipality.objects.values_list("code", "name"))
    values = figures(names)
    lines = [f"kod,namn,{','.join(map(str, YEARS))}"]
    lines += [
        f"{code},{name},{','.join(str(values[code, year]) for year in YEARS)}"
        for code, name in names.items()
    ]
    content = "\n".join(lines).encode()
    periods = tuple(map(str, YEARS))
    choice = imports.Choice("population", source="SCB", selection={"period": periods})

    times = []
    for _ in range(3):
        Statistic.objects.all().delete()
        start = perf_counter()
        pending = imports.open_upload(body, user, content, "befolkning.csv")
        imports.preview(body, imports.read_pending(pending), choice)
        imports.confirm(pending, choice, by=user, is_checked=True)
        times.append(perf_counter() - start)
    saved = StatisticValue.objects.count()
    days = {year: date(year, 12, 31) for year in SLOW_YEARS}
    Statistic.objects.all().delete()
    Statistic.objects.bulk_create(
        Statistic(body=other, kind="population", reference_on=day, source="SCB")
        for day in days.values()
    )
    rows = [
        (days[year], code, value)
        for (code, year), value in values.items()
        if year in SLOW_YEARS
    ]
    dataset = Dataset(*rows, headers=["dag", "kod", "värde"])
    start = perf_counter()
    for dry_run in (True, False):
        result = RowByRow().import_data(dataset, dry_run=dry_run, raise_errors=True)
    row_by_row = perf_counter() - start

    ours = min(times)
    gain = (row_by_row / len(rows)) / (ours / saved)
    tell(
        f"import of 290 × 76 values: {ours:.2f} s with upload and preview; row by row"
        f" {row_by_row:.1f} s for {len(rows)} of them; {gain:.0f} times (at least 30)"
    )
    assert saved == 22_040
    assert result.total_rows == StatisticValue.objects.count() == len(rows) == 580
    assert gain >= 30
