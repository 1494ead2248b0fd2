"""Overviews for the tests: groups and rows from plain figures."""

from datetime import date

from reporting.models import Overview, OverviewGroup, OverviewRow


def make_overview(body, year=2020, groups=(), **facts):
    """Return an overview; ``groups`` are titles with rows as ``make_row`` takes them."""
    facts = {"dated_on": date(year, 5, 6)} | facts
    overview = Overview.objects.create(body=body, year=year, **facts)
    for position, (title, rows) in enumerate(groups):
        group = OverviewGroup.objects.create(
            overview=overview, position=position, title=title
        )
        for row in rows:
            make_row(group, **row)
    return overview


def make_row(group, label="Rad", parts=(), **facts):
    """Return a row last in the group, with its parts below it."""
    place = OverviewRow.objects.filter(group__overview=group.overview).count()
    row = OverviewRow.objects.create(group=group, label=label, position=place, **facts)
    for part in parts:
        make_row(group, **{"label": "Del", "part_of": row} | part)
    return row


def rows_of(overview):
    """Return what every row says, in order: label, what it is part of, and its amounts."""
    rows = OverviewRow.objects.filter(group__overview=overview).order_by(
        "group__position", "position"
    )
    return list(
        rows.values_list(
            "group__title", "label", "part_of__label", "amount_before", "amount"
        )
    )
