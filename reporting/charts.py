"""Bars that compare a part with a whole: used against paid. Pure functions.

A template draws them (``_chart_bars.html``), with the same figures in a table beside. What
nobody has answered has no bar, and is not the same as a bar of nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

LONGEST_SHARE = Fraction(3, 2)
"""A chart of shares goes at most this far; what is longer is cut, and its figure tells."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart. Widths are per cent of the chart's, as SVG has them."""

    label: str
    whole: int | None
    part: int | None
    whole_width: str = "0"
    part_width: str = "0"

    @property
    def has_whole(self) -> bool:
        """Whether there is a whole to draw."""
        return self.whole is not None

    @property
    def is_answered(self) -> bool:
        """Whether the part is known."""
        return self.part is not None

    @property
    def is_over(self) -> bool:
        """Whether the part is more than the whole."""
        return self.part is not None and self.whole is not None and self.part > self.whole

    @property
    def share(self) -> int | None:
        """The part of the whole in per cent; none where it cannot be said.

        Halves go up; only all of it is 100 and only nothing is 0.

        >>> [Bar("", 1000, part).share for part in (0, 1, 125, 999, 1000, 1001)]
        [0, 1, 13, 99, 100, 101]
        >>> Bar("", 0, 0).share, Bar("", 10, None).share
        (None, None)
        """
        if self.part is None or not self.whole:
            return None
        share = Fraction(100 * self.part, self.whole)
        near = floor(share + Fraction(1, 2))
        if share not in {0, 100} and near in {0, 100}:
            return near + (1 if share > near else -1)
        return near


@dataclass(frozen=True, slots=True)
class Chart:
    """Some bars on one scale."""

    bars: tuple[Bar, ...]

    def __bool__(self) -> bool:
        """Return whether there is anything to compare."""
        return any(bar.part_width != "0" or bar.whole_width != "0" for bar in self.bars)

    @property
    def has_whole(self) -> bool:
        """Whether there is anything to compare with."""
        return any(bar.has_whole for bar in self.bars)


Figures = tuple[str, int | None, int | None]
"""What a bar is called, the whole, and the part."""


def by_amount(figures: Iterable[Figures]) -> Chart:
    """Return bars on the scale of the largest amount.

    >>> chart = by_amount([("a", 200, 50), ("b", 100, None)])
    >>> [(bar.whole_width, bar.part_width) for bar in chart.bars]
    [('100', '25'), ('50', '0')]
    """
    figures = list(figures)
    most = max((each or 0 for _, *pair in figures for each in pair), default=0)
    return Chart(
        tuple(
            Bar(label, whole, part, width(whole, most), width(part, most))
            for label, whole, part in figures
        )
    )


def by_share(figures: Iterable[Figures]) -> Chart:
    """Return bars on a scale of their own wholes, which are all as long.

    >>> chart = by_share([("a", 200, 50), ("b", 100, 100), ("c", 100, 125)])
    >>> [(bar.whole_width, bar.part_width) for bar in chart.bars]
    [('80', '20'), ('80', '80'), ('80', '100')]
    """
    figures = list(figures)
    shares = [_share(whole, part) for _, whole, part in figures]
    most = min(max([Fraction(1), *shares]), LONGEST_SHARE)
    return Chart(
        tuple(
            Bar(label, whole, part, width(1 if whole else 0, most), width(share, most))
            for (label, whole, part), share in zip(figures, shares, strict=True)
        )
    )


def _share(whole: int | None, part: int | None) -> Fraction:
    return Fraction(part, whole) if part and whole else Fraction(0)


def width(amount: Fraction | int | None, most: Fraction | int) -> str:
    """Return how far a bar goes, for an SVG attribute. Below zero there is no bar.

    >>> width(1, 3), width(5, 4), width(0, 0), width(None, 10), width(-5, 10)
    ('33.3', '100', '0', '0', '0')
    """
    if not amount or amount < 0 or not most:
        return "0"
    part = min(Fraction(amount) / most, Fraction(1)) * 1000
    return f"{(Decimal(round(part)) / 10).normalize():f}"


@dataclass(frozen=True, slots=True)
class Year:
    """A grant in the chain of those that follow each other. Whole kronor."""

    label: str
    grant: int
    paid: int
    used: int | None
    """None where nothing is settled, or reported, yet."""


def over_years(years: Sequence[Year]) -> Chart:
    """Return what was used against what was paid, the first year first."""
    return by_amount((year.label, year.paid, year.used) for year in years)
