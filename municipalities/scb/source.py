"""A file that has been read, and the figures that a choice takes out of it.

Every shape comes down to the same thing: blocks of lines, where a line is a region and
its cells, and where the block, the line and the column each say a part of what a cell
is about ("men", "2019"). Cells stay as written until somebody chooses them, so a note
in a column nobody asked for is no error.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from municipalities.scb import axes
from municipalities.scb.model import (
    NO_DETAIL,
    SUM,
    Choice,
    Dimension,
    Number,
    Problem,
    ProblemCode,
    ScbError,
    Selection,
    Shape,
    Skipped,
    SkipReason,
    Subject,
    Value,
)
from municipalities.scb.numbers import (
    MISSING,
    NIL,
    AmbiguousNumberError,
    NumberError,
    number,
)
from municipalities.scb.regions import Region

NOWHERE: Final[Mapping[str, str]] = {}
MOST_PROBLEMS: Final = 50
MOST_CELLS: Final = 5_000_000


class Column(NamedTuple):
    """Cells beside each other: which one of a line, its letter, what it is about."""

    number: int
    letter: str
    at: Mapping[str, str]


class Line(NamedTuple):
    """A region and its cells, and what the row says of them ("men")."""

    region: Region
    row: int | None
    at: Mapping[str, str]
    cells: Sequence[object]


@dataclass(slots=True)
class Block:
    """The lines of one sheet. ``formulas`` are cells without a value: row, column."""

    columns: list[Column]
    lines: list[Line]
    sheet: str = ""
    at: Mapping[str, str] = field(default_factory=dict)
    formulas: Mapping[tuple[int, str], str] = field(default_factory=dict)
    has_formulas: bool = False


@dataclass(slots=True)
class Axis:
    """Something the table is divided by, and into what: code to label."""

    label: str
    options: dict[str, str] = field(default_factory=dict)


Axes = dict[str, Axis]


class Part(NamedTuple):
    """A cell that was chosen, before parts of the same figure are added up."""

    block: Block
    line: Line
    period: str
    where: tuple[str, ...]
    value: Number | None
    letter: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read: what it is, what there is to choose, what was left behind."""

    shape: Shape
    title: str
    source_text: str
    updated: str
    subject: Subject
    dimensions: tuple[Dimension, ...]
    skipped: tuple[Skipped, ...]
    problems: tuple[Problem, ...]
    names: Mapping[str, str] = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)
    decimal_point: bool = field(repr=False, default=False)

    def select(self, choice: Choice | None = None) -> Selection:
        """Return the figures of a choice. What is not chosen is as by default.

        Problems that are errors are in the answer, all at once, and their cells are
        not: nothing should be saved while there is one.
        """
        wanted = self.wanted(choice or {})
        taken = Taken(self, wanted)
        taken.read()
        return taken.selection()

    def wanted(self, choice: Choice) -> dict[str, tuple[str, ...]]:
        """Return the options to take of each dimension, with a sum spelled out."""
        known = {dimension.key for dimension in self.dimensions}
        problems = [
            Problem(ProblemCode.UNKNOWN_CHOICE, text=key)
            for key in choice
            if key not in known
        ]
        wanted = {}
        for dimension in self.dimensions:
            chosen = choice.get(dimension.key) or dimension.default
            keys = (chosen,) if isinstance(chosen, str) else tuple(dict.fromkeys(chosen))
            problems += wrong_choice(dimension, keys)
            if SUM in keys:
                labels = {o.key: o.label for o in dimension.options if o.key != SUM}
                whole = axes.totals(dimension.key, labels)
                keys = tuple(key for key in labels if key not in whole)
            wanted[dimension.key] = keys
        if problems:
            raise ScbError(*problems)
        return wanted


def wrong_choice(dimension: Dimension, keys: tuple[str, ...]) -> Iterator[Problem]:
    """Yield what makes a choice impossible: no such option, or a double count."""
    labels = {option.key: option.label for option in dimension.options}
    for key in keys:
        if key not in labels:
            about = {"dimension": dimension.key}
            yield Problem(ProblemCode.UNKNOWN_CHOICE, text=key, detail=about)
    if dimension.key == "period" or len(keys) < 2:
        return
    real = {key: label for key, label in labels.items() if key != SUM}
    whole = axes.totals(dimension.key, real) | {SUM}
    overlap = dimension.key == "age" and axes.ages_overlap(
        labels[key] for key in keys if key in labels
    )
    if dimension.key not in axes.SUMMABLE or overlap or whole.intersection(keys):
        detail = {"dimension": dimension.key, "options": keys}
        yield Problem(ProblemCode.DOUBLE_COUNT, text=dimension.label, detail=detail)


class Taken:
    """The figures on their way out of a source, and what happens to them."""

    def __init__(self, source: Source, wanted: Mapping[str, tuple[str, ...]]) -> None:
        """Prepare to take the options wanted of each dimension."""
        self.source = source
        self.wanted = {key: frozenset(keys) for key, keys in wanted.items()}
        self.periods = wanted.get("period", ("",))
        self.summed = tuple(k for k, v in wanted.items() if k != "period" and len(v) > 1)
        self.parts_per_sum = 1
        for key in self.summed:
            self.parts_per_sum *= len(wanted[key])
        self.values: list[Value] = []
        self.counties: dict[tuple[str, str], Number] = {}
        self.nation: dict[str, Number] = {}
        self.skipped: list[Skipped] = []
        self.problems: list[Problem] = list(source.problems)
        self.formulas = 0

    def read(self) -> None:
        """Take what was chosen out of every block."""
        parts: list[Part] = []
        for block in self.source.blocks:
            if self.passes(block.at):
                columns = [c for c in block.columns if self.passes(c.at)]
                if self.summed:
                    parts += self.parts(block, columns)
                else:
                    self.take(block, columns)
                self.formulas += block.has_formulas
        self.add_up(parts)
        if not self.values and not any(problem.is_error for problem in self.problems):
            self.problems.append(Problem(ProblemCode.NO_VALUES))

    def passes(self, at: Mapping[str, str]) -> bool:
        """Tell whether a place is among those chosen."""
        wanted = self.wanted
        return all(key not in wanted or at[key] in wanted[key] for key in at)

    def take(self, block: Block, columns: Sequence[Column]) -> None:
        """Take each cell as a figure of its own."""
        only = block.at.get("period") or self.only_period()
        places = [(c.number, c.letter, c.at.get("period") or only) for c in columns]
        sheet, values = block.sheet, self.values
        for line in block.lines:
            if line.at and not self.passes(line.at):
                continue
            (level, code, name, written), row, at, cells = line
            own = at.get("period") if at else None
            for index, letter, period in places:
                raw = cells[index] if index < len(cells) else None
                if isinstance(raw, str) and raw.isdecimal() and len(raw) < 16:
                    value: Number | None = int(raw)
                else:
                    value = self.number(block, line, letter, raw)
                if value is None:
                    self.miss(block, line, raw)
                elif level == "municipality":
                    values.append(
                        Value(code, name, own or period, value, sheet, row, letter, written)
                    )
                else:
                    self.set_aside(block, line, own or period, value)

    def only_period(self) -> str:
        """Return the period, where there is only one to be."""
        return self.periods[0] if len(self.periods) == 1 else ""

    def parts(self, block: Block, columns: Sequence[Column]) -> Iterator[Part]:
        """Yield the cells that were chosen, with where each stands."""
        only = self.only_period()
        places = [(column, {**block.at, **column.at}) for column in columns]
        for line in block.lines:
            if line.at and not self.passes(line.at):
                continue
            for column, at_column in places:
                at = {**at_column, **line.at} if line.at else at_column
                raw = line.cells[column.number] if column.number < len(line.cells) else None
                where = tuple(at.get(key, "") for key in self.summed)
                value = self.number(block, line, column.letter, raw)
                text = "" if raw is None else str(raw).strip()
                period = at.get("period") or only
                yield Part(block, line, period, where, value, column.letter, text)

    def add_up(self, parts: Iterable[Part]) -> None:
        """Add the parts of a figure. A part that is written twice is a figure twice."""
        seen: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
        figures: dict[tuple[str, str, int], list[Part]] = defaultdict(list)
        for part in parts:
            key = (part.line.region.code, part.period, part.where)
            figures[key[0], key[1], seen[key]].append(part)
            seen[key] += 1
        for found in figures.values():
            lost = [part for part in found if part.value is None and part.text not in NIL]
            if lost:
                self.miss(lost[0].block, lost[0].line, lost[0].text)
            else:
                self.add(found)

    def add(self, found: Sequence[Part]) -> None:
        """Add one figure. It stands where its first part does."""
        block, line, period, _, _, letter, _ = found[0]
        if len(found) < self.parts_per_sum:
            detail = {
                "found": len(found),
                "expected": self.parts_per_sum,
                "period": period,
            }
            code = line.region.code
            self.complain(ProblemCode.INCOMPLETE_SUM, block, line, "", code, detail=detail)
        total = sum(part.value for part in found if part.value is not None)
        level, code, name, written = line.region
        if level == "municipality":
            figure = Value(
                code, name, period, total, block.sheet, line.row, letter, written
            )
            self.values.append(figure)
        else:
            self.set_aside(block, line, period, total)

    def number(self, block: Block, line: Line, letter: str, raw: object) -> Number | None:
        """Return the number of a cell, and note where there should be one."""
        if block.formulas and line.row and (line.row, letter) in block.formulas:
            formula = block.formulas[line.row, letter]
            self.complain(ProblemCode.FORMULA_WITHOUT_VALUE, block, line, letter, formula)
            return None
        try:
            return number(raw, decimal_point=self.source.decimal_point)
        except AmbiguousNumberError:
            self.complain(ProblemCode.AMBIGUOUS_NUMBER, block, line, letter, str(raw))
        except NumberError:
            self.complain(ProblemCode.NOT_A_NUMBER, block, line, letter, str(raw)[:200])
        return None

    def complain(
        self,
        code: ProblemCode,
        block: Block,
        line: Line,
        letter: str,
        text: str,
        *,
        detail: Mapping[str, object] = NO_DETAIL,
    ) -> None:
        """Note a problem with a cell, up to a limit."""
        if len(self.problems) < MOST_PROBLEMS:
            about = {"code": line.region.code, "name": line.region.name, **detail}
            self.problems.append(
                Problem(code, block.sheet, line.row, letter, text.strip(), about)
            )

    def miss(self, block: Block, line: Line, raw: object) -> None:
        """Note that a cell has no figure."""
        mark = "" if raw is None else str(raw).strip()
        if mark not in MISSING:  # a problem of its own, told already
            return
        text = " ".join(filter(None, (line.region.code, line.region.name, mark)))
        self.skipped.append(Skipped(SkipReason.MISSING_VALUE, text, block.sheet, line.row))

    def set_aside(self, block: Block, line: Line, period: str, value: Number) -> None:
        """Keep the county's and the nation's own row: they would triple a sum."""
        level, code, name, _ = line.region
        if level == "county":
            self.counties.setdefault((code, period), value)
        else:
            self.nation.setdefault(period, value)
        reason = SkipReason.COUNTY if level == "county" else SkipReason.NATION
        text = f"{code} {name}".strip()
        skipped = Skipped(reason, text, block.sheet, line.row)
        if not self.skipped or self.skipped[-1] != skipped:
            self.skipped.append(skipped)

    def selection(self) -> Selection:
        """Return what was taken."""
        if self.formulas:
            sheets = tuple(b.sheet for b in self.source.blocks if b.has_formulas)
            self.problems.append(Problem(ProblemCode.FORMULA, sheet=sheets[0]))
        return Selection(
            values=tuple(self.values),
            counties=self.counties,
            nation=self.nation,
            skipped=tuple(self.skipped),
            periods=self.periods,
            problems=tuple(self.problems),
        )


def make_source(
    shape: Shape,
    found: Axes,
    blocks: Sequence[Block],
    *,
    title: str = "",
    source_text: str = "",
    updated: str = "",
    skipped: Sequence[Skipped] = (),
    content: str = "",
    decimal_point: bool = False,
) -> Source:
    """Return a source, with its dimensions in order and its subject inferred.

    A dimension with a single option is no choice, but the period is always told.
    """
    dimensions = tuple(
        axes.dimension(key, axis.label, axis.options)
        for key, axis in sorted(found.items(), key=lambda pair: rank(pair[0]))
        if axis.options and (len(axis.options) > 1 or key == "period")
    )
    names: dict[str, str] = {}
    for block in blocks:
        for line in block.lines:
            if line.region.level == "municipality":
                names.setdefault(line.region.code, line.region.name)
    subject, reason = infer_subject(title, content, found, dimensions)
    if shape is Shape.CODE_LIST:
        subject, reason = Subject.CODE_LIST, {}
    problems: tuple[Problem, ...] = ()
    if subject is Subject.OTHER:
        text = title or content
        problems = (Problem(ProblemCode.OTHER_SUBJECT, text=text, detail=reason),)
    return Source(
        shape,
        title,
        source_text,
        updated,
        subject,
        dimensions,
        tuple(skipped),
        problems,
        names,
        tuple(blocks),
        decimal_point,
    )


def rank(key: str) -> int:
    """Return the order to ask in."""
    order = ["period", "content", "sex", "age", "civil_status"]
    return order.index(key) if key in order else len(order) + (key == "sheet")


POPULATION: Final = re.compile(
    r"folkm\w{1,2}ngd|befolkning(?!s)|befolkningsmängd"
    r"|\bpopulation(?! \w*(?:density|change|growth|increase))"
    r"|\bpop\b|\binvånare|\binhabitants|\bbef\b|antal personer",
    re.IGNORECASE,
)
ABOUT_IT: Final = re.compile(
    r"medelålder|average|mean|median|täthet|density|förändring|change|migration|flytt"
    r"|född|birth|död|death|prognos|forecast|projection|andel|share|procent|per cent"
    r"|ökning|increase|per km|per 1",
    re.IGNORECASE,
)
VAGUE: Final = re.compile(
    r"(?:värde|value|antal|number|belopp|amount|data|v\d|kolumn\s*\d*|x|n|be0101\w*)?",
    re.IGNORECASE,
)


def infer_subject(
    title: str, content: str, found: Axes, dimensions: Sequence[Dimension]
) -> tuple[Subject, Mapping[str, object]]:
    """Return what the default choice counts, and why where it is not a population.

    A table of the 38-year-olds is about population, but it is not the population.
    """
    for key, axis in found.items():
        labels = list(axis.options.values())
        partial = key == "age" and not axes.total_option(key, axis.options)
        if partial and labels and not axes.is_whole_age(labels):
            return Subject.OTHER, {"dimension": "age", "options": tuple(labels[:5])}
        alone = len(labels) == 1 and not axes.is_total(labels[0])
        if key in {"sex", "civil_status"} and alone:
            return Subject.OTHER, {"dimension": key, "options": tuple(labels)}
    chosen = {d.key: d.default for d in dimensions}
    if "content" in chosen:
        content = found["content"].options[str(chosen["content"])]
    for text in (content, title):
        if VAGUE.fullmatch(text.strip()):
            continue
        population = POPULATION.search(text)
        about = ABOUT_IT.search(text)
        if population and not (about and about.start() <= population.end() + 1):
            return Subject.POPULATION, {}
        return Subject.OTHER, {"content": text}
    return Subject.UNKNOWN, {}
