"""A compilation's figures in words: what has changed since, and what does not agree."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from municipalities.numbers import grouped, kronor
from reporting.compiled import (
    COUNT_ASKED,
    COUNT_REPORTED,
    Compilation,
    Remark,
    figure_key,
)
from reporting.ready_made_forms import FACTS
from reporting.report_form import Kind, Question
from reporting.report_words import STATES

LEDGER: Mapping[str, Promise] = dict(
    zip(
        FACTS,
        (
            pgettext_lazy("ledger", "Allocated"),
            pgettext_lazy("ledger", "Asked for"),
            pgettext_lazy("ledger", "Paid"),
        ),
        strict=True,
    )
)

COUNTS: Mapping[str, Promise] = {
    COUNT_ASKED: gettext_lazy("Municipalities that are to report"),
    COUNT_REPORTED: gettext_lazy("Municipalities that have reported"),
}

REMARKS: Mapping[str, Promise] = {
    "differs_from_paid": gettext_lazy(
        "The report comes to %(reported)s, but %(other)s is paid."
    ),
    "used_more_than_paid": gettext_lazy(
        "The report comes to %(reported)s, which is more than the %(other)s that is paid."
    ),
    "paid_since": gettext_lazy(
        "%(reported)s was paid when the report was sent in; now it is %(other)s."
    ),
    "differs_from_settled": gettext_lazy(
        "The settlement differs from the report: used is %(reported)s in the report and "
        "%(other)s in the settlement."
    ),
}


def remark_in_words(remark: Remark) -> str:
    """Return the sentence."""
    return str(REMARKS[remark.code]) % {
        "reported": kronor(remark.reported),
        "other": kronor(remark.other),
    }


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure that is not what it was."""

    key: str
    label: str
    """What it is a figure of: the question, and the purpose or what else it is by."""
    municipality: str
    """Whose it is; empty for what all come to."""
    before: int | None
    """None where it was not answered then."""
    now: int | None
    """None where it is no longer answered."""
    is_kronor: bool

    @property
    def shown_before(self) -> str:
        """What it was, as people read it."""
        return self._shown(self.before)

    @property
    def shown_now(self) -> str:
        """What it is, as people read it."""
        return self._shown(self.now)

    def _shown(self, amount: int | None) -> str:
        if amount is None:
            return "–"
        return kronor(amount) if self.is_kronor else grouped(amount)

    def __str__(self) -> str:
        whose = f", {self.municipality}" if self.municipality else ""
        return f"{self.label}{whose}: {self.shown_before} → {self.shown_now}"


def changes_since(before: Mapping[str, int], now: Compilation) -> list[FigureChange]:
    """Return the figures that differ from those that were kept, in the compilation's order;
    those that are there no more come last."""
    changes = []
    for key in [*now.figures, *(key for key in before if key not in now.figures)]:
        was, amount = before.get(key), now.figures.get(key)
        if was != amount:
            label, municipality, is_kronor = words_of(key, now)
            changes.append(FigureChange(key, label, municipality, was, amount, is_kronor))
    return changes


def words_of(key: str, compilation: Compilation) -> tuple[str, str, bool]:
    """Return what a figure is of, whose it is, and whether it is kronor."""
    first, *rest = key.split(".")
    if first in COUNTS:
        return str(COUNTS[first]), "", False
    question = next(
        (each for each in compilation.form.questions if figure_key(each.key) == first),
        None,
    )
    if question is None:
        label = capfirst(str(LEDGER.get(first, first)))
        return label, _place(rest[0], compilation) if rest else "", first in LEDGER
    labels = [question.label]
    known = _labels(question, rest)
    labels += known
    left = rest[len(known) :]
    is_kronor = question.kind in {Kind.KRONOR, Kind.PURPOSES, Kind.COSTS}
    return (
        ": ".join(labels),
        _place(left[0], compilation) if left else "",
        is_kronor,
    )


def _labels(question: Question, keys: list[str]) -> list[str]:
    """Return the words of what a figure is by: purpose, cost group, option or state."""
    if not keys:
        return []
    first = keys[0]
    if question.kind is Kind.ACTIVITIES:
        return [str(STATES[first])] if first in STATES else []
    for option in question.options:
        if option.key == first:
            return [option.label]
    for row in question.rows:
        if row.key == first:
            groups = {each.key: each.label for each in row.groups or question.groups}
            return [row.label, *(groups[key] for key in keys[1:2] if key in groups)]
    return []


def _place(code: str, compilation: Compilation) -> str:
    row = compilation.by_code.get(code)
    return row.name if row else _("municipality %(code)s") % {"code": code}
