"""Lay out a many-sided table, as PC-Axis and json-stat hold it, in lines of regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from municipalities.scb import axes
from municipalities.scb.model import Problem, ProblemCode, ScbError
from municipalities.scb.periods import period
from municipalities.scb.regions import Region, is_county, is_likely, region
from municipalities.scb.source import MOST_CELLS, Axes, Axis, Block, Column, Line

REGION_NAMES: Final = frozenset(
    {"region", "regioner", "regions", "kommun", "kommuner", "municipality", "län"}
)


@dataclass(frozen=True, slots=True)
class Side:
    """One variable of the table: its options in order, code to label."""

    code: str
    label: str
    options: Mapping[str, str]
    kind: str = ""

    def regions(self) -> list[Region | None]:
        """Return the region of every option."""
        return [region_of(code, label) for code, label in self.options.items()]

    def key(self) -> str:
        """Return the kind of dimension, or the code where the kind is not known."""
        return self.kind or axes.kind(self.label) or axes.kind(self.code) or self.code


def region_of(code: str, label: str) -> Region | None:
    """Return a region from its code and its name, which PxWeb may write together."""
    found = region(code) or region(label)
    if found is None:
        return None
    named = region(label)
    name = named.name if named and named.code == found.code else label
    if code == label and not named:
        name = found.name
    return found._replace(name=name.strip())


def region_side(sides: Sequence[Side]) -> int:
    """Return which variable is the municipality. Ages and years can look like codes."""
    likely = []
    for place, side in enumerate(sides):
        found = side.regions()
        hits = sum(map(is_likely, found))
        named = side.label.lower() in REGION_NAMES or side.code.lower() in REGION_NAMES
        if hits and (named or (not side.kind and not axes.kind(side.label))):
            likely.append((named, hits, -place))
    if likely:
        return -max(likely)[2]
    for side in sides:
        counties = sum(map(is_county, side.regions()))
        if side.label.lower() in REGION_NAMES and counties:
            detail = {"level": "county", "count": counties}
            raise ScbError(Problem(ProblemCode.NO_REGIONS, text=side.label, detail=detail))
    detail = {"level": "none", "dimensions": tuple(side.label for side in sides)}
    raise ScbError(Problem(ProblemCode.NO_REGIONS, detail=detail))


def lay_out(sides: Sequence[Side], cells: Sequence[object]) -> tuple[Axes, Block]:
    """Return the variables to choose from, and a line of cells for every region."""
    sizes = [len(side.options) for side in sides]
    steps = strides(sizes)
    if not cells or len(cells) > MOST_CELLS or len(cells) != steps[0] * sizes[0]:
        detail = {"found": len(cells), "expected": steps[0] * sizes[0]}
        raise ScbError(Problem(ProblemCode.BROKEN_FILE, detail=detail))
    place = region_side(sides)
    others = [n for n in range(len(sides)) if n != place]
    found: Axes = {}
    keys = [sides[n].key() for n in others]
    for n, key in zip(others, keys, strict=True):
        found[key] = Axis(sides[n].label, dict(options(sides[n], key)))
    columns: list[Column] = []
    offsets: list[int] = []
    for indexes in product(*(range(sizes[n]) for n in others)):
        offset = sum(i * steps[n] for i, n in zip(indexes, others, strict=True))
        at = {
            key: list(found[key].options)[i] for key, i in zip(keys, indexes, strict=True)
        }
        columns.append(Column(len(columns), "", at))
        offsets.append(offset)
    lines = []
    for n, line_region in enumerate(sides[place].regions()):
        if line_region is not None:
            start = n * steps[place]
            own = [cells[start + offset] for offset in offsets]
            lines.append(Line(line_region, None, {}, own))
    return found, Block(columns, lines)


def options(side: Side, key: str) -> Iterator[tuple[str, str]]:
    """Yield the options, with periods written our way."""
    for code, label in side.options.items():
        if key == "period":
            known = period(label) or period(code) or label or code
            yield known, known
        else:
            yield code, label or code


def strides(sizes: Sequence[int]) -> list[int]:
    """Return how far apart neighbours are along each side; the last varies fastest.

    >>> strides([2, 3, 4])
    [12, 4, 1]
    """
    steps, step = [], 1
    for size in reversed(sizes):
        steps.append(step)
        step *= size
    return steps[::-1]
