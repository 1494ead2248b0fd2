"""Put a key's parts into words: 50 % by population, 500 000 kr to each municipality."""

from collections.abc import Sequence
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grants.allocation import exact
from grants.distribution import Part
from grants.models import ComponentKind, KeyComponent
from grants.tables.distributions import period_of
from municipalities.models import Statistic
from municipalities.numbers import grouped, kronor


def parts_in_words(parts: Sequence[Part]) -> list[str]:
    """Return what each part of a plan does, with the period of its statistic."""
    weights = sum((exact(part.weight or 0) for part in parts), Fraction(0))
    among = {code for part in parts for code in part.among}
    words = [
        _in_words(
            part,
            weights,
            statistic_in_words(part.statistic) if part.statistic else "",
            sum(part.fixed.values()),
        )
        for part in parts
    ]
    return [
        _redistributed(part, text, len(among)) if among else text
        for part, text in zip(parts, words, strict=True)
    ]


def _redistributed(part: Part, text: str, among: int) -> str:
    """Return what the part does in a redistribution."""
    if part.kind == ComponentKind.FIXED:
        amount = kronor(sum(part.fixed.values()))
        return _("what each municipality keeps, %(amount)s in all") % {"amount": amount}
    if part.kind == ComponentKind.STATISTIC:
        return ngettext(
            "%(part)s, among the one municipality that wants more",
            "%(part)s, among the %(number)d municipalities that want more",
            among,
        ) % {"part": text, "number": among}
    return text


def statistic_in_words(statistic: Statistic) -> str:
    """Return what is counted and when, as it stands inside a sentence."""
    name = statistic.name or str(statistic.get_kind_display())
    return f"{name} {period_of(statistic)}"


def key_in_words(components: Sequence[KeyComponent]) -> list[str]:
    """Return what each part of a key does. Its fixed amounts are fetched beforehand."""
    weights = sum((exact(part.weight or 0) for part in components), Fraction(0))
    return [
        _in_words(
            part,
            weights,
            part.statistic_name or str(part.get_statistic_kind_display()),
            sum(fixed.amount for fixed in part.fixed_amounts.all())
            if part.kind == ComponentKind.FIXED
            else 0,
        )
        for part in components
    ]


def _in_words(
    part: Part | KeyComponent, weights: Fraction, statistic: str, fixed: int
) -> str:
    if part.kind == ComponentKind.TOP_SLICE:
        percent = grouped(part.percent or 0)
        return _("%(percent)s %% is set aside for common work") % {"percent": percent}
    if part.kind == ComponentKind.BASE:
        amount = kronor(part.amount or 0)
        return _("%(amount)s to each municipality") % {"amount": amount}
    if part.kind == ComponentKind.FIXED:
        return _("fixed amounts, %(amount)s in all") % {"amount": kronor(fixed)}
    share = exact(part.weight or 0) * 100 / weights if weights else Fraction(0)
    shown = grouped(share) if share.denominator == 1 else grouped(share, 2)
    return _("%(percent)s %% by %(statistic)s") % {
        "percent": shown,
        "statistic": statistic,
    }
