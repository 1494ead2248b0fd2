"""Look at what a file of figures would change, before anything is saved.

A file becomes one statistic for each period that is chosen. The whole country is kept,
but what is missing or odd weighs more where the body's own county is concerned.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from municipalities.models import (
    CoordinatingBody,
    Municipality,
    Statistic,
    StatisticKind,
    StatisticValue,
)
from municipalities.scb import (
    SUM,
    Finding,
    FindingCode,
    MunicipalityNames,
    Problem,
    ProblemCode,
    Selection,
    Source,
    Subject,
    Value,
    check,
    period_date,
)

Severity = Literal["error", "warning", "info"]
State = Literal["new", "changed", "unchanged"]
Number = int | Fraction
Figures = dict[str, Decimal]

FOUR_DECIMALS: Final = Decimal("0.0001")
TOO_BIG: Final = 10**14
LARGE_CHANGE: Final = Fraction(1, 10)
SEVERITIES: Final = ("error", "warning", "info")


class ImportCode(StrEnum):
    """What can be remarkable about saving a period, beside the figures themselves."""

    DIFFERS = "differs"
    LOCKED = "locked"
    NO_DATE = "no_date"
    SAME_DATE = "same_date"
    NOTHING_IN_COUNTY = "nothing_in_county"
    PARTIAL_POPULATION = "partial_population"
    ROUNDED = "rounded"
    TOO_BIG = "too_big"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a period as a whole. ``detail`` holds the facts of a sentence."""

    code: ImportCode
    severity: Severity
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants out of a file, and what it is to be called."""

    kind: str
    name: str = ""
    source: str = ""
    is_whole_year: bool = False
    reference_on: date | None = None
    selection: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


def change(previous: Decimal | None, value: Decimal) -> Fraction | None:
    """Return a change as a share of what it was, where there is something to change.

    >>> change(Decimal(100), Decimal(112)), change(None, Decimal(5))
    (Fraction(3, 25), None)
    """
    return Fraction(value - previous) / Fraction(previous) if previous else None


class Row(NamedTuple):
    """A municipality of the county with its figure, for people to look over."""

    municipality: Municipality
    value: Decimal | None
    previous: Decimal | None

    @property
    def change(self) -> Fraction | None:
        """The change since the previous statistic, as a share of it."""
        return None if self.value is None else change(self.previous, self.value)

    @property
    def is_large_change(self) -> bool:
        """Whether the change is more than 10 % either way."""
        return self.change is not None and abs(self.change) > LARGE_CHANGE


@dataclass(frozen=True, slots=True)
class PeriodPreview:
    """What would be saved for one period, and what is remarkable about it."""

    period: str
    reference_on: date | None
    figures: Figures
    municipalities: Sequence[Municipality] = field(repr=False)
    """Those of the body's county."""
    county_row: Number | None
    previous: Figures = field(repr=False)
    previous_on: date | None
    existing: Statistic | None
    saved: Figures = field(repr=False)
    state: State
    findings: tuple[Finding | Remark, ...]

    @property
    def found_in_county(self) -> int:
        """How many of the county's municipalities have a value."""
        return sum(m.code in self.figures for m in self.municipalities)

    @property
    def total(self) -> Decimal:
        """The sum of the county's municipalities."""
        return sum(
            (self.figures[m.code] for m in self.municipalities if m.code in self.figures),
            Decimal(0),
        )

    @property
    def rows(self) -> list[Row]:
        """The county's municipalities, with what each had before."""
        return [
            Row(m, self.figures.get(m.code), self.previous.get(m.code))
            for m in self.municipalities
        ]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a choice would change: a statistic for each period."""

    source: Source = field(repr=False)
    selection: Selection = field(repr=False)
    choice: Choice
    periods: tuple[PeriodPreview, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Remark, ...]
    """What is remarkable about the choice, whatever the period."""
    municipalities: Mapping[str, Municipality] = field(repr=False)
    """The whole country's, by code."""

    def remarks(self, severity: Severity) -> list[tuple[str, Problem | Finding | Remark]]:
        """Return what there is to say of one severity, each with its period."""
        is_error = severity == "error"
        found: list[tuple[str, Problem | Finding | Remark]] = []
        if severity != "info":
            found += [("", p) for p in self.problems if p.is_error is is_error]
        found += [("", note) for note in self.notes if note.severity == severity]
        for period in self.periods:
            found += [
                (period.period, one) for one in period.findings if one.severity == severity
            ]
        return found

    @property
    def has_errors(self) -> bool:
        """Whether nothing may be saved."""
        return bool(self.remarks("error"))

    @property
    def has_warnings(self) -> bool:
        """Whether somebody must say that they have looked."""
        return bool(self.remarks("warning"))

    @property
    def changes_nothing(self) -> bool:
        """Whether every figure is there already."""
        return all(period.state == "unchanged" for period in self.periods)

    @property
    def value_count(self) -> int:
        """How many values the periods hold together."""
        return sum(len(period.figures) for period in self.periods)


def preview(body: CoordinatingBody, source: Source, choice: Choice) -> Preview:
    """Return what the choice would change. Raises ``ScbError`` for a choice not there.

    Costs the same number of queries for one period and for all.
    """
    selection = source.select(choice.selection)
    places = Municipality.objects.select_related("county").by_code()
    by_period: dict[str, list[Value]] = defaultdict(list)
    for value in selection.values:
        by_period[value.period].append(value)
    days = reference_days(selection.periods, choice)
    earlier = Earlier(body, choice, days.values(), places)
    looked_over = Look(body, choice, selection, places)
    periods = []
    for period in sorted(selection.periods, key=lambda one: (str(days[one]), one)):
        day = days[period]
        shared = sum(day == other for other in days.values()) > 1
        looked_at = looked_over.period(
            period, day, by_period[period], earlier, day_is_shared=shared
        )
        earlier.remember(day, looked_at.figures)
        periods.append(looked_at)
    return Preview(
        source=source,
        selection=selection,
        choice=choice,
        periods=tuple(periods),
        problems=tuple(relevant(selection.problems, choice)),
        notes=tuple(notes(source, choice)),
        municipalities=places,
    )


def reference_days(periods: Sequence[str], choice: Choice) -> dict[str, date | None]:
    """Return the day of each period. A day of one's own is for a single period."""
    if len(periods) == 1 and choice.reference_on:
        return {periods[0]: choice.reference_on}
    return {period: period_date(period) for period in periods}


def relevant(problems: Iterable[Problem], choice: Choice) -> Iterator[Problem]:
    """Yield the problems that matter: only a population must be about population."""
    for problem in problems:
        is_about_kind = problem.code is ProblemCode.OTHER_SUBJECT
        if choice.kind == StatisticKind.POPULATION or not is_about_kind:
            yield problem


class Earlier:
    """The statistics that are there, and those of the file itself, by their days."""

    def __init__(
        self,
        body: CoordinatingBody,
        choice: Choice,
        days: Iterable[date | None],
        places: Mapping[str, Municipality],
    ) -> None:
        """Fetch what the days will be compared with."""
        statistics = Statistic.objects.of_body(body).filter(
            kind=choice.kind, name=choice.name
        )
        self.existing = {one.reference_on: one for one in statistics}
        self.figures: dict[date, Figures] = {}
        wanted = {day for day in days if day}
        needed = {
            self.existing[day].pk: day
            for day in wanted | {self.nearest(one, self.existing) for one in wanted}
            if day in self.existing
        }
        codes = {place.pk: code for code, place in places.items()}
        self.saved: dict[date, Figures] = {day: {} for day in needed.values()}
        values = StatisticValue.objects.filter(statistic__in=needed).order_by()
        for statistic, place, value in values.values_list(
            "statistic_id", "municipality_id", "value"
        ):
            self.saved[needed[statistic]][codes[place]] = value
        self.figures.update(self.saved)

    @staticmethod
    def nearest(day: date, days: Iterable[date]) -> date | None:
        """Return the last day before, or where there is none the first one after."""
        before = [one for one in days if one < day]
        after = [one for one in days if one > day]
        return max(before, default=None) or min(after, default=None)

    def remember(self, day: date | None, figures: Figures) -> None:
        """Let the figures of one period be what the next is compared with."""
        if day and figures:
            self.figures[day] = figures

    def before(self, day: date | None) -> tuple[date | None, Figures]:
        """Return the day and the figures to compare with."""
        nearest = self.nearest(day, self.figures) if day else None
        return nearest, self.figures[nearest] if nearest else {}


class Look:
    """Looks periods over, one by one, for a body."""

    def __init__(
        self,
        body: CoordinatingBody,
        choice: Choice,
        selection: Selection,
        places: Mapping[str, Municipality],
    ) -> None:
        """Prepare what all periods share."""
        self.choice = choice
        self.county_code = body.county.code
        self.counties = selection.counties
        self.names = {
            code: MunicipalityNames(
                code, one.name, one.formal_name, one.own_name, one.county.code
            )
            for code, one in places.items()
        }
        self.own = [
            one for code, one in places.items() if one.county.code == self.county_code
        ]
        self.own_codes = {one.code for one in self.own}

    def period(
        self,
        period: str,
        day: date | None,
        values: Sequence[Value],
        earlier: Earlier,
        *,
        day_is_shared: bool,
    ) -> PeriodPreview:
        """Return what the period's figures would change."""
        figures: Figures = {}
        rounded = 0
        for value in values:
            exact = decimal(value.value)
            rounded += exact != value.value
            figures.setdefault(value.code, exact)
        previous_on, previous = earlier.before(day)
        existing = earlier.existing.get(day) if day else None
        saved = earlier.saved.get(day, {}) if day else {}
        state: State = "new"
        if existing:
            same = saved == figures and existing.is_whole_year == self.choice.is_whole_year
            state = "unchanged" if same else "changed"
        counties = {key: row for key, row in self.counties.items() if key[1] == period}
        findings: list[Finding | Remark] = [
            self.weighed(finding)
            for finding in check(
                values,
                municipalities=self.names,
                previous={code: number(one) for code, one in previous.items()},
                counties=counties,
                period=period,
            )
        ]
        if day is None:
            findings.append(Remark(ImportCode.NO_DATE, "error", {"period": period}))
        elif day_is_shared:
            findings.append(Remark(ImportCode.SAME_DATE, "error", {"day": day}))
        if values and not self.own_codes.intersection(figures):
            findings.append(Remark(ImportCode.NOTHING_IN_COUNTY, "error"))
        if rounded:
            findings.append(Remark(ImportCode.ROUNDED, "info", {"count": rounded}))
        findings += [
            Remark(ImportCode.TOO_BIG, "error", {"code": code, "value": value})
            for code, value in figures.items()
            if abs(value) >= TOO_BIG
        ]
        if existing and state == "changed":
            findings.append(difference(existing, saved, figures))
        return PeriodPreview(
            period=period,
            reference_on=day,
            figures=figures,
            municipalities=self.own,
            county_row=self.counties.get((self.county_code, period)),
            previous=previous,
            previous_on=previous_on,
            existing=existing,
            saved=saved,
            state=state,
            findings=tuple(sorted(findings, key=lambda one: order(one.severity))),
        )

    def weighed(self, finding: Finding) -> Finding:
        """Return the finding as it weighs for the body: its own county comes first."""
        code = finding.code
        is_own = finding.municipality_code in self.own_codes
        if code is FindingCode.MISSING:
            return replace(finding, severity="warning" if is_own else "info")
        if code is FindingCode.COUNTY_SUM and finding.text != self.county_code:
            return replace(finding, severity="info")
        if code in {FindingCode.CHANGED_MUCH, FindingCode.ZERO} and not is_own:
            return replace(finding, severity="info")
        return finding


def order(severity: Severity) -> int:
    """Return where a severity stands: errors first."""
    return SEVERITIES.index(severity)


def difference(existing: Statistic, saved: Figures, figures: Figures) -> Remark:
    """Return how the file differs from what is saved for the same day."""
    detail = {
        "day": existing.reference_on,
        "changed": sum(saved[code] != figures[code] for code in saved.keys() & figures),
        "added": len(figures.keys() - saved),
        "removed": len(saved.keys() - figures),
    }
    if existing.is_locked:
        return Remark(ImportCode.LOCKED, "error", detail)
    return Remark(ImportCode.DIFFERS, "warning", detail)


def decimal(value: Number) -> Decimal:
    """Return the number as it is saved: with four decimals at most.

    >>> decimal(Fraction(143, 2)), decimal(Fraction(2, 3))
    (Decimal('71.5000'), Decimal('0.6667'))
    """
    if isinstance(value, int):
        return Decimal(value)
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(FOUR_DECIMALS, ROUND_HALF_UP)


def number(value: Decimal) -> Number:
    """Return a saved number as the checks count: exactly.

    >>> number(Decimal("45543.0000")), number(Decimal("71.5000"))
    (45543, Fraction(143, 2))
    """
    return int(value) if value == int(value) else Fraction(value)


def notes(source: Source, choice: Choice) -> Iterator[Remark]:
    """Yield what is remarkable about the choice itself."""
    if parts := partial_population(source, choice):
        yield Remark(ImportCode.PARTIAL_POPULATION, "warning", {"parts": parts})


def partial_population(source: Source, choice: Choice) -> tuple[str, ...]:
    """Return the parts chosen where a population should be whole: "women", "deaths"."""
    is_population = choice.kind == StatisticKind.POPULATION and not choice.name
    if not is_population or source.subject is not Subject.POPULATION:
        return ()
    parts = []
    for dimension in source.dimensions:
        if dimension.key in {"period", "sheet"}:
            continue
        chosen = choice.selection.get(dimension.key) or dimension.default
        keys = (chosen,) if isinstance(chosen, str) else tuple(chosen)
        if not {*keys} & {SUM, dimension.default}:
            labels = {option.key: option.label for option in dimension.options}
            parts += [labels[key] for key in keys if key in labels]
    return tuple(parts)
