"""How a distribution was made, in the words of the memo's footnote."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from grants.distribution import Round, round_of
from grants.models import ComponentKind, Distribution, DistributionComponent
from grants.models.keys import RoundingRule
from municipalities.models import Municipality, Statistic, StatisticKind
from municipalities.numbers import NBSP, grouped, kronor
from reporting.swedish import day, listed


@dataclass(frozen=True, slots=True)
class KeyNote:
    """The sentences below the table of annex 1."""

    rule: str
    """What the amounts follow from."""
    sources: str
    """Where the figures come from."""


def key_note(distribution: Distribution) -> KeyNote:
    """Return how the distribution's key works and what its figures rest on."""
    components = list(
        distribution.components.select_related("statistic").prefetch_related(
            "fixed_amounts__municipality"
        )
    )
    statistics = [part for part in components if part.kind == ComponentKind.STATISTIC]
    weighed = [part for part in statistics if part.weight]
    among = _participants(distribution)
    again = round_of(distribution)
    if again:
        among = "i dessa kommuner"
    sentences = [
        *_top_slices(components, distribution),
        *(_kept(again) if again else _certain_amounts(components)),
        *_shares(weighed, among, is_rest=len(components) > len(statistics)),
    ]
    return KeyNote(rule=" ".join(sentences), sources=" ".join(_sources(weighed)))


def rounding_note(distribution: Distribution, adjusted: int) -> str:
    """Return why the amounts do not sum to what is split, or nothing when they do.

    ``adjusted`` is the sum of the changes by hand.
    """
    difference = distribution.difference
    if not difference:
        return ""
    reasons = []
    if distribution.rounding == RoundingRule.EACH and difference + adjusted:
        reasons.append("avrundade var för sig till hela kronor")
    if adjusted:
        reasons.append("justerade enligt noterna")
    than = "mindre" if difference > 0 else "mer"
    return (
        f"Beloppen är {' och '.join(reasons)}. "
        f"De summerar till {kronor(distribution.distributed)}, "
        f"{kronor(abs(difference))} {than} än de "
        f"{kronor(distribution.to_municipalities)} som fördelas."
    )


def _participants(distribution: Distribution) -> str:
    """Return where the municipalities are, for the middle of a sentence."""
    count = distribution.allocations.count()
    county = distribution.grant.body.county_id
    if count == Municipality.objects.filter(county=county).count():
        return "i länet"
    return f"i de {count} kommuner som får del av medlen"


def _top_slices(
    components: Iterable[DistributionComponent], distribution: Distribution
) -> Iterator[str]:
    slices = [part for part in components if part.kind == ComponentKind.TOP_SLICE]
    if slices:
        percent = sum((part.percent or Decimal(0) for part in slices), Decimal(0))
        yield (
            f"Av {kronor(distribution.pot)} avsätts först {_percent(Fraction(percent))} "
            f"({kronor(distribution.set_aside)}) till länsgemensamt arbete."
        )


def _kept(again: Round) -> Iterator[str]:
    """Return what a redistribution starts from."""
    yield (
        "Varje kommun behåller det som den har rekvirerat eller, om den ännu inte har "
        f"svarat, det som den har tilldelats: tillsammans {kronor(again.kept)}. Resten, "
        f"{kronor(again.pool)}, har avståtts eller inte rekvirerats och omfördelas till "
        f"{_those_who_want_more(again)}."
    )


def _those_who_want_more(again: Round) -> str:
    count = len(again.among)
    return (
        "den kommun som vill ha mer"
        if count == 1
        else f"de {count} kommuner som vill ha mer"
    )


def _certain_amounts(components: Iterable[DistributionComponent]) -> Iterator[str]:
    for part in components:
        if part.kind == ComponentKind.BASE:
            yield f"Varje kommun får ett grundbelopp på {kronor(part.amount or 0)}."
        elif part.kind == ComponentKind.FIXED:
            amounts = [
                f"{fixed.municipality} {kronor(fixed.amount)}"
                for fixed in part.fixed_amounts.all()
                if fixed.amount
            ]
            if amounts:
                yield f"Fasta belopp: {', '.join(amounts)}."


def _shares(
    parts: Sequence[DistributionComponent], among: str, *, is_rest: bool
) -> Iterator[str]:
    """Return how the statistics split what the other parts leave."""
    money = "resten" if is_rest else "medlen"
    if len(parts) == 1:
        [part] = parts
        yield f"{money.capitalize()} fördelas efter {_basis(part.statistic, among)}."
    elif parts:
        total = sum(Fraction(part.weight or 0) for part in parts)
        clauses = [
            f"{_percent(Fraction(part.weight or 0) / total * 100)} "
            f"{f'av {money} ' if part is parts[0] else ''}"
            f"fördelas efter {_basis(part.statistic, among)}"
            for part in parts
        ]
        yield f"{listed(clauses)}."


def _percent(percent: Fraction) -> str:
    """Return a percentage in words, with two decimals where it needs them.

    >>> _percent(Fraction(50)).replace(NBSP, "_"), _percent(Fraction(100, 3))
    ('50_procent', '33,33\\xa0procent')
    >>> _percent(Fraction("12.345")).replace(NBSP, "_")  # halves go up
    '12,35_procent'
    """
    number = Decimal(int(percent * 100 + Fraction(1, 2))) / 100
    return f"{grouped(number)}{NBSP}procent"


def _basis(statistic: Statistic | None, among: str) -> str:
    """Return what a municipality's share is a share of."""
    if statistic is None:
        raise ValueError("A part that splits by statistic has one, says the database.")
    when = _when(statistic)
    if statistic.name:
        return f"kommunernas andel {among} av {_named(statistic)} {when}"
    if statistic.kind == StatisticKind.POPULATION:
        return f"kommunernas andel av befolkningen {among} {when}"
    if statistic.is_whole_year:
        when = f"någon gång {when}"
    return (
        f"kommunernas andel av antalet personer {among} som {when} "
        "var mottagare av kommunal hälso- och sjukvård"
    )


def _when(statistic: Statistic) -> str:
    if statistic.is_whole_year:
        return f"under {statistic.reference_on.year}"
    return f"den {day(statistic.reference_on)}"


def _named(statistic: Statistic) -> str:
    return f"”{statistic.name}”"


def _sources(parts: Iterable[DistributionComponent]) -> list[str]:
    sentences: dict[str, None] = {}
    for part in parts:
        statistic = part.statistic
        if statistic is None or not statistic.source:
            continue
        if statistic.name:
            subject = f"Uppgifterna om {_named(statistic)} är hämtade från"
        elif statistic.kind == StatisticKind.POPULATION:
            subject = "Befolkningsunderlaget är hämtat från"
        else:
            subject = "Antalet mottagare kommer från"
        sentences[f"{subject} {statistic.source.rstrip('.')}."] = None
    return list(sentences)
