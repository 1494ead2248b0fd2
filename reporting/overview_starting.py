"""A new overview of a year: empty, from the body's grants, or from the year before."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import transaction
from django.db.models import Max

from grants.models import Grant
from municipalities.models import CoordinatingBody
from reporting.models import Overview, OverviewGroup, OverviewRow
from reporting.overview import Line, OverviewDocument

AGREEMENTS = "Överenskommelser mellan SKR och regeringen"
OTHERS = "Övriga sökbara och tillgängliga statsbidrag"


@transaction.atomic
def start_empty(body: CoordinatingBody, year: int, *, dated_on: date) -> Overview:
    """Return an overview without rows."""
    return Overview.objects.create(body=body, year=year, dated_on=dated_on)


@transaction.atomic
def start_from_grants(body: CoordinatingBody, year: int, *, dated_on: date) -> Overview:
    """Return an overview of the body's grants: one row each, with the grants' amounts.

    A grant of the year before that none of this year's follows has a row of its own.
    """
    overview = start_empty(body, year, dated_on=dated_on)
    add_rows(overview, lacking(overview))
    return overview


def lacking(overview: Overview) -> list[Grant]:
    """Return the grants of the year, and those that ended, that no row is tied to."""
    own = Grant.objects.of_body(overview.body)
    tied = OverviewRow.objects.filter(group__overview=overview, grant__isnull=False)
    of_year = own.filter(year=overview.year)
    ended = own.filter(year=overview.year - 1).exclude(
        pk__in=of_year.filter(follows__isnull=False).values("follows")
    )
    found = (of_year | ended).exclude(pk__in=tied.values("grant"))
    return list(found.order_by("-year", "short_title", "pk"))


def add_rows(overview: Overview, grants: Iterable[Grant]) -> None:
    """Add a row for each grant, in the group that its origin belongs to.

    The first group is for agreements and the last for other grants; those that are lacking
    are made.
    """
    groups = list(overview.groups.all())
    titles = {Grant.Origin.AGREEMENT: AGREEMENTS, Grant.Origin.APPLIED: OTHERS}
    by_origin: dict[str, OverviewGroup] = {}
    if groups:
        by_origin = {Grant.Origin.AGREEMENT: groups[0], Grant.Origin.APPLIED: groups[-1]}
    rows = OverviewRow.objects.filter(group__overview=overview)
    last = rows.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    for origin, title in titles.items():
        for grant in grants:
            if grant.origin != origin:
                continue
            if origin not in by_origin:
                by_origin[origin] = OverviewGroup.objects.create(
                    overview=overview, position=len(by_origin), title=title
                )
            OverviewRow.objects.create(
                group=by_origin[origin],
                position=position,
                label=grant.short_title,
                grant=grant,
            )
            position += 1


@transaction.atomic
def start_from_last(source: Overview, year: int, *, dated_on: date) -> Overview:
    """Return next year's overview: the same rows, a year on.

    A row follows its grant to the one of the new year. What was shown as this year's is
    now the year before's, where it was written and does not come from the grants. Rows
    that showed nothing are left out, and new grants get rows of their own.
    """
    overview = Overview.objects.create(
        body=source.body,
        year=year,
        dated_on=dated_on,
        title=source.title.replace(str(source.year), str(year)),
        introduction=source.introduction,
    )
    following = Grant.objects.of_body(source.body).filter(year=year, follows__isnull=False)
    # Where several follow the same, the row goes to the first that was entered.
    next_of = {grant.follows_id: grant for grant in following.order_by("-pk")}
    for group in OverviewDocument(source).groups:
        copy = OverviewGroup.objects.create(
            overview=overview,
            position=group.group.position,
            title=group.group.title,
            sum_label=group.group.sum_label,
        )
        for line in group.lines:
            if not line.figures.now:
                continue
            whole = _copy(line, copy, None, next_of)
            for part in filter(lambda part: part.figures.now, line.parts):
                _copy(part, copy, whole, next_of)
    add_rows(overview, lacking(overview))
    return overview


def _copy(
    line: Line,
    group: OverviewGroup,
    whole: OverviewRow | None,
    next_of: Mapping[int | None, Grant],
) -> OverviewRow:
    """Return the row as it stands a year later."""
    row = line.row
    return OverviewRow.objects.create(
        group=group,
        position=row.position,
        label=row.label,
        part_of=whole,
        grant_id=next_of[row.grant_id].pk if row.grant_id in next_of else row.grant_id,
        side=row.side,
        amount_before=row.amount,
        is_emphasised=row.is_emphasised,
    )
