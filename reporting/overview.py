"""A body's overview of a year, read from its rows and the grants that they are about.

A row that is tied to a grant shows the grant's amount, and that of the grant it follows,
unless others are written; what differs from the grants' exact amounts is said. Page, PDF
and workbook are made from the same ``OverviewDocument``.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from grants.models import Decision, Grant, GrantPart
from grants.parts import PartTable, known_sum, part_tables
from municipalities.markdown import Words, render
from reporting.models import Overview, OverviewGroup, OverviewRow
from reporting.overview_figures import (
    Figures,
    Unit,
    change_in_unit,
    decimals_of,
    in_unit,
    total,
)
from reporting.pdf import logo_of, render_pdf, unprintable

SHORT = 15
"""So many rows of a group fit on a page together with what stands before them."""

Shown = tuple[int, str, bool]
"""What a row shows of a year: a grant, a side of it, and whether it is only a part."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Figures as they are read, all of a column with as many decimals."""

    before: str
    now: str
    change: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Lengths in percent of what the chart has room for, for SVG attributes."""

    before: str
    now: str
    change: str
    change_from: str
    """Where the bar of the change begins: zero is in the middle."""


NONE = Figures()
EMPTY = Texts("", "", "")
NO_BARS = Bars("0", "0", "0", "50")


@dataclass(slots=True)
class Line:
    """A row as it is shown, with its parts below it."""

    row: OverviewRow
    figures: Figures
    exact: Figures = NONE
    """What the grants say, where that is something else."""
    together: set[str] = field(default_factory=set)
    """Of which of the two ``exact`` is of several rows that show the same."""
    parts: list["Line"] = field(default_factory=list)
    texts: Texts = EMPTY
    bars: Bars = NO_BARS
    parts_differ: Texts | None = None
    """What the parts sum to, where that is not what the row shows; else nothing."""

    def with_parts(self) -> Iterator["Line"]:
        """Yield the row and then its parts."""
        yield self
        yield from self.parts


@dataclass(slots=True)
class Group:
    """Rows that are summed by themselves."""

    group: OverviewGroup
    lines: list[Line]
    totals: Figures
    decimals: tuple[int, int] = (0, 0)
    """Of the year before and of the year."""
    decimals_of_parts: tuple[int, int] = (0, 0)
    texts: Texts = EMPTY

    @property
    def is_short(self) -> bool:
        """Whether it is kept together on a page."""
        return sum(1 + len(line.parts) for line in self.lines) <= SHORT

    def all_lines(self) -> Iterator[Line]:
        """Yield every row, parts below their wholes."""
        for line in self.lines:
            yield from line.with_parts()


@dataclass(frozen=True, slots=True)
class Section:
    """What is known of one grant."""

    grant: Grant
    is_in_table: bool
    tables: Sequence[PartTable]
    decisions: Sequence[Decision]
    background: SafeString

    @property
    def parts_total(self) -> int | None:
        """What all sub-areas sum to."""
        return known_sum(table.total for table in self.tables)

    @property
    def difference(self) -> int:
        """How much more than the grant's amount the sub-areas sum to."""
        if self.parts_total is None or self.grant.amount is None:
            return 0
        return int(self.parts_total - self.grant.amount)

    @property
    def lacking(self) -> int:
        """How much less than the grant's amount the sub-areas sum to."""
        return -self.difference

    @property
    def has_relief(self) -> bool:
        """Whether the state has eased the demands on reporting."""
        agreement = self.grant.agreement
        return agreement is not None and agreement.has_reporting_relief

    @property
    def is_applied_for(self) -> bool:
        """Whether somebody had to apply for the money."""
        return self.grant.origin == Grant.Origin.APPLIED

    @property
    def state(self) -> str:
        """What the state of the application looks like."""
        kinds = {"granted": "success", "rejected": "danger", "applied": "warning"}
        return kinds[self.grant.status]


class OverviewDocument:
    """Everything that an overview shows, in one unit."""

    def __init__(self, overview: Overview, unit: Unit = Unit.MKR) -> None:
        """Note what it is of; the database is read when something is asked for."""
        self.overview = overview
        self.unit = unit
        self.year = overview.year
        self.last_year = overview.year - 1
        self.title = overview.title or f"Statsbidrag {overview.year}"
        """The heading of the documents, which are Swedish."""

    @cached_property
    def rows(self) -> list[OverviewRow]:
        """Every row, in order."""
        rows = OverviewRow.objects.filter(group__overview=self.overview)
        return list(rows.order_by("position", "pk"))

    @cached_property
    def grants(self) -> dict[int, Grant]:
        """The body's grants that may stand in the overview, and those that they follow."""
        tied = {row.grant_id for row in self.rows if row.grant_id}
        own = Grant.objects.of_body(self.overview.body).select_related("agreement")
        of_years = own.filter(year__in=(self.year - 1, self.year))
        found = {grant.pk: grant for grant in of_years}
        # A row may be tied to a grant of another year, and a grant may skip a year.
        further = tied | {grant.follows_id for grant in found.values() if grant.follows_id}
        if missing := further - found.keys():
            found |= {grant.pk: grant for grant in own.filter(pk__in=missing)}
        return found

    @cached_property
    def parts(self) -> Mapping[int, Sequence[GrantPart]]:
        """The sub-areas of each grant."""
        found: dict[int, list[GrantPart]] = defaultdict(list)
        for part in GrantPart.objects.filter(grant__in=self.grants):
            found[part.grant_id].append(part)
        return found

    @cached_property
    def groups(self) -> list[Group]:
        """The groups with their rows, sums and texts."""
        lines = self._lines()
        whole: dict[int, list[Line]] = defaultdict(list)
        for row in self.rows:
            line = lines[row.pk]
            if row.part_of_id:
                lines[row.part_of_id].parts.append(line)
            else:
                whole[row.group_id].append(line)
        groups = []
        for group in self.overview.groups.all():
            own = whole[group.pk]
            groups.append(self._dressed(Group(group, own, total(own))))
        return groups

    def _lines(self) -> dict[int, Line]:
        """Return each row with its figures, before they are put together."""
        lines = {
            row.pk: Line(row, Figures(row.amount_before, row.amount)) for row in self.rows
        }
        sharing: dict[str, dict[Shown, list[Line]]] = {
            "before": defaultdict(list),
            "now": defaultdict(list),
        }
        for row in self.rows:
            if not row.grant_id:
                continue
            row.grant = self.grants[row.grant_id]
            for name, grant in self._sources(row.grant).items():
                sharing[name][grant.pk, row.side, row.is_part].append(lines[row.pk])
        for name, found in sharing.items():
            for (pk, side, _is_part), together in found.items():
                _compare(together, name, self._exact(self.grants[pk], side))
        return lines

    def _sources(self, grant: Grant) -> dict[str, Grant]:
        """Return which grant a row takes its figures of each year from."""
        if grant.year == self.year - 1:
            return {"before": grant}
        if grant.year != self.year:
            return {}
        earlier = self.grants.get(grant.follows_id or 0)
        if earlier is None or earlier.year != self.year - 1:
            return {"now": grant}
        return {"before": earlier, "now": grant}

    def _exact(self, grant: Grant, side: str) -> int | None:
        if grant.status == Grant.Status.REJECTED:
            return 0
        if grant.status == Grant.Status.APPLIED:
            return None
        if not side:
            amount: int | None = grant.amount
            return amount
        parts = self.parts.get(grant.pk, ())
        return known_sum(part.amount for part in parts if part.side == side)

    def _dressed(self, group: Group) -> Group:
        """Give the group and its rows their texts and bars."""
        counted = [line.figures for line in group.lines]
        parts = [part for line in group.lines for part in line.parts]
        group.decimals = self._decimals(counted)
        of_parts = self._decimals([part.figures for part in parts])
        group.decimals_of_parts = of_parts
        group.texts = self._texts(group.totals, group.decimals)
        most = max([max(each.before or 0, each.now or 0) for each in counted], default=0)
        furthest = max((abs(each.change or 0) for each in counted), default=0)
        for line in group.lines:
            line.texts = self._texts(line.figures, group.decimals)
            line.bars = bars(line.figures, most, furthest)
            for part in line.parts:
                part.texts = self._texts(part.figures, of_parts)
                part.bars = bars(part.figures, most, furthest)
            summed = total(line.parts)
            differing = Figures(
                _other(summed.before, line.figures.before),
                _other(summed.now, line.figures.now),
            )
            if differing != NONE:
                line.parts_differ = self._said(differing, of_parts)
        return group

    def _decimals(self, figures: Sequence[Figures]) -> tuple[int, int]:
        before = decimals_of((each.before for each in figures), self.unit)
        return before, decimals_of((each.now for each in figures), self.unit)

    def _texts(self, figures: Figures, decimals: tuple[int, int]) -> Texts:
        before, now = decimals
        return Texts(
            in_unit(figures.before, self.unit, before),
            in_unit(figures.now, self.unit, now),
            change_in_unit(figures.change, self.unit, max(decimals)),
        )

    def _said(self, figures: Figures, decimals: tuple[int, int]) -> Texts:
        """Return the texts of what is known, and no dashes for the rest."""
        texts = self._texts(figures, decimals)
        return Texts(
            "" if figures.before is None else texts.before,
            "" if figures.now is None else texts.now,
            "",
        )

    @cached_property
    def sections(self) -> list[Section]:
        """The year's grants: first those of the table, in its order, then the others."""
        in_table = dict.fromkeys(
            line.row.grant_id
            for group in self.groups
            for line in group.all_lines()
            if line.row.grant_id
        )
        of_year = [grant for grant in self.grants.values() if grant.year == self.year]
        ordered = [self.grants[pk] for pk in in_table if self.grants[pk] in of_year]
        ordered += sorted(
            (grant for grant in of_year if grant.pk not in in_table),
            key=lambda grant: (grant.short_title, grant.pk),
        )
        decisions: dict[int, list[Decision]] = defaultdict(list)
        for decision in Decision.objects.filter(grant__in=[each.pk for each in ordered]):
            decisions[decision.grant_id].append(decision)
        return [
            Section(
                grant,
                grant.pk in in_table,
                part_tables(self.parts.get(grant.pk, ())),
                decisions[grant.pk],
                render(grant.background, Words()),
            )
            for grant in ordered
        ]

    @property
    def outside(self) -> list[Section]:
        """The year's grants that no row is tied to."""
        return [section for section in self.sections if not section.is_in_table]

    @property
    def introduction(self) -> SafeString:
        """The text before the table."""
        return render(self.overview.introduction, Words())

    @property
    def has_logo(self) -> bool:
        """Whether the body has a picture that stands in the head."""
        return self.overview.body.logo is not None

    @cached_property
    def html(self) -> str:
        """The overview as it is printed: in Swedish, whatever language the pages are in."""
        with translation.override("sv"):
            return render_to_string("reporting/overview_document.html", {"document": self})

    @property
    def odd_letters(self) -> str:
        """Characters that the document's font does not have."""
        return unprintable(strip_tags(self.html))

    def pdf(self) -> bytes:
        """Return the overview as a file."""
        return render_pdf(self.html, logo_of(self.overview.body))


def _compare(lines: list[Line], name: str, said: int | None) -> None:
    """Fill in what the grant says of a year, and say where the rows say something else.

    Several rows that show the same are compared together; they fill in nothing, as nobody
    knows which of them the amount belongs to.
    """
    if len(lines) == 1 and getattr(lines[0].figures, name) is None:
        lines[0].figures = replace(lines[0].figures, **{name: said})
    written = [line for line in lines if getattr(line.figures, name) is not None]
    shown = sum(getattr(line.figures, name) for line in written)
    if said is None or said == shown:
        return
    told = written or lines
    told[0].exact = replace(told[0].exact, **{name: said})
    if len(told) > 1:
        told[0].together.add(name)


def _other(summed: int | None, shown: int | None) -> int | None:
    """Return what the parts sum to, where that is not what is shown."""
    return summed if summed is not None and shown is not None and summed != shown else None


def bars(figures: Figures, most: int, furthest: int) -> Bars:
    """Return lengths in percent: of the largest figure, and of the largest change.

    >>> bars(Figures(1, 4), 4, 3)
    Bars(before='25.0', now='100.0', change='50.0', change_from='50.0')
    >>> bars(Figures(4, None), 4, 4)
    Bars(before='100.0', now='0.0', change='50.0', change_from='0.0')
    """
    half = percent(abs(figures.change or 0), furthest) / 2
    start = 50 - half if (figures.change or 0) < 0 else Decimal(50)
    return Bars(
        f"{percent(figures.before, most):.1f}",
        f"{percent(figures.now, most):.1f}",
        f"{half:.1f}",
        f"{start:.1f}",
    )


def percent(value: int | None, most: int) -> Decimal:
    """Return a share of the largest, from 0 to 100."""
    return Decimal(100) * (value or 0) / most if most else Decimal(0)
