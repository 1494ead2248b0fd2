"""Load Sweden's counties and municipalities. Running it again changes only what differs."""

import csv
from pathlib import Path

from django.db import transaction

from municipalities.models import County, Municipality

PLACES = Path(__file__).with_name("places.csv")
"""Codes, names and counties as in SCB's code list of 2026; organisation numbers checked."""

FACTS = ("name", "formal_name", "own_name", "organisation_number", "county_id")


@transaction.atomic
def load_places() -> tuple[int, int]:
    """Make every county and municipality stand as in the list.

    Returns how many counties and municipalities were added or changed.
    """
    with PLACES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known_counties = {county.code: county for county in County.objects.all()}
    counties = [
        County(code=code, name=name)
        for code, name in sorted({(row["lanskod"], row["lan"]) for row in rows})
        if code not in known_counties or known_counties[code].name != name
    ]
    County.objects.bulk_create(
        counties, update_conflicts=True, unique_fields=["code"], update_fields=["name"]
    )
    county_ids = dict(County.objects.values_list("code", "pk"))
    known = {
        municipality.code: _facts(municipality)
        for municipality in Municipality.objects.all()
    }
    listed = [
        Municipality(
            code=row["kommunkod"],
            name=row["kommun"],
            formal_name=row["kommun_namn"],
            own_name=row["egen_benamning"],
            organisation_number=row["orgnr"],
            county_id=county_ids[row["lanskod"]],
        )
        for row in rows
    ]
    municipalities = [
        municipality
        for municipality in listed
        if known.get(municipality.code) != _facts(municipality)
    ]
    Municipality.objects.bulk_create(
        municipalities,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=[field.removesuffix("_id") for field in FACTS],
    )
    return len(counties), len(municipalities)


def _facts(municipality: Municipality) -> list[object]:
    return [getattr(municipality, field) for field in FACTS]
