"""The matrix as HTML and as typed values: 290 municipalities by eight columns, fast.

Most rows have come as far as another on the same days: their cells are made once.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from html import escape
from typing import Any

from django.urls import get_script_prefix, reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from invoices.matrix import MARKS, STEPS, Cell, Kind, Mark, Matrix, Row
from invoices.offers import State
from municipalities.numbers import grouped
from municipalities.templatetags.ui import state

PLACE = "place"
"""Stands where a municipality's code or a requisition's number goes in an address."""


def short_day(day: date, year: int) -> str:
    """Return a day as a narrow cell has it: 14 sep, with the year if it is another."""
    return date_format(day, "j b" if day.year == year else "j b Y")


def words_of(cell: Cell, year: int) -> str:
    """Return what the cell says."""
    word = capfirst(str(cell.word))
    if cell.on is None:
        return word
    day = short_day(cell.on, year)
    return f"{word} {day}" if word else day


@cache
def addresses(_prefix: str) -> tuple[str, str, str]:
    """Return where rows lead: to requisition 0, a place, and its answer to grant 0."""
    return (
        reverse("invoices:requisition_detail", args=[0]),
        reverse("municipalities:municipality_detail", args=[PLACE]),
        reverse("invoices:requisition_register", args=[0, PLACE]),
    )


class Rows:
    """The rows of a matrix, written as HTML."""

    def __init__(self, grant: Any, *, may_edit: bool, are_chosen: bool) -> None:
        self.year: int = grant.year
        self.may_edit = may_edit
        self.courses: dict[tuple[object, ...], str] = {}
        self.marks: dict[tuple[Any, ...], str] = {}
        checked = " checked" if are_chosen else ""
        labels = {step.name: escape(capfirst(str(step.label))) for step in STEPS}
        self.openings = [f'<td data-label="{labels[step.name]}">' for step in STEPS]
        self.allocated = number_cell(_("Allocated, SEK"))
        self.claimed = number_cell(_("Asked for, SEK"))
        self.paid = number_cell(_("Paid, SEK"))
        # xgettext does not read what stands in an f-string.
        to_look_at, choose = escape(_("To look at")), escape(_("Choose"))
        self.note = f'<td class="matrix__marks" data-label="{to_look_at}">'
        self.choose = (
            '<input class="ds-input" type="checkbox" name="chosen" value="{code}"'
            f'{checked} aria-label="{choose} {{name}}">'
            if may_edit
            else ""
        )
        self.detail, self.place, register = addresses(get_script_prefix())
        register = register.replace("/0/", f"/{grant.pk}/").replace(PLACE, "{code}")
        label, answer_from = escape(_("Register")), escape(_("an answer from"))
        self.register = (
            f'<a class="nowrap" href="{register}">{label}'
            f'<span class="ds-sr-only"> {answer_from} {{name}}</span></a>'
        )
        self.nudged = _("nudged %(day)s")

    def html(self, rows: Iterable[Row]) -> SafeString:
        """Return a row for each municipality."""
        return SafeString("".join(self.pieces(rows)))

    def pieces(self, rows: Iterable[Row]) -> Iterator[str]:
        """Yield the parts of the rows. Names are escaped; the rest is made here."""
        for row in rows:
            if row.offered_on:
                self.year = row.offered_on.year
            name = escape(row.name)
            yield '<tr><th scope="row">'
            if self.choose:
                yield self.choose.format(code=row.code, name=name)
            yield f'<a href="{self.address(row)}">{name}</a></th>'
            yield f"{self.allocated}{grouped(row.allocated)}</td>"
            answered = row.claimed or row.state is State.DECLINED
            yield f"{self.claimed}{grouped(row.claimed) if answered else '–'}</td>"
            yield self.cells(row)
            yield f"{self.paid}{grouped(row.paid) if row.paid else ''}</td>"
            yield f"{self.note}{self.notes(row, name)}</td></tr>"

    def address(self, row: Row) -> str:
        """Return where the name leads: to the answer, else to the municipality."""
        if row.submissions:
            return self.detail.replace("/0/", f"/{row.requisition_id}/")
        return self.place.replace(PLACE, row.code)

    def cells(self, row: Row) -> str:
        """Return the steps, made once for rows that have come as far on the same days."""
        course = row.course
        html = self.courses.get(course)
        if html is None:
            html = self.courses[course] = "".join(
                f"{opening}{self.tag(cell)}</td>"
                for cell, opening in zip(row.cells, self.openings, strict=True)
            )
        return html

    def tag(self, cell: Cell) -> str:
        """Return colour, sign and words."""
        return "" if cell.is_empty else state(cell.kind, words_of(cell, self.year))

    def notes(self, row: Row, name: str) -> str:
        """Return the marks of an answer, or the way to register one that lacks."""
        marks = row.marks
        html = self.marks.get(marks)
        if html is None:
            # That a municipality declines is in the cell of its answer already.
            words = ", ".join(str(MARKS[each]) for each in marks if each != Mark.DECLINES)
            html = self.marks[marks] = escape(capfirst(words))
        if row.waits_for_answer:
            if row.nudged_on:
                text = self.nudged % {"day": short_day(row.nudged_on, self.year)}
                html = f"{html} <span>{escape(capfirst(text))}</span>"
            if self.may_edit and row.state is not State.RETURNED:
                html = f"{html} {self.register.format(code=row.code, name=name)}"
        return html


def number_cell(label: str) -> str:
    """Return the tag that opens a cell with an amount."""
    return f'<td class="number" data-label="{escape(label)}">'


def header_row() -> list[str]:
    """Return the names of a file's columns."""
    columns = [_("Municipality code"), _("Municipality"), _("Allocated, SEK")]
    columns += [_("Asked for, SEK"), _("Paid, SEK"), _("Left, SEK"), _("Declined, SEK")]
    for step in STEPS:
        columns += [
            capfirst(str(step.label)),
            pgettext("matrix", "%(step)s, day") % {"step": capfirst(str(step.label))},
        ]
    columns += [capfirst(str(word)) for word in MARKS.values()]
    return [*columns, _("Nudged")]


def value_rows(matrix: Matrix) -> Iterator[list[object]]:
    """Yield each row as typed values: what the page shows, and each day as a date."""
    yes, no = _("yes"), _("no")
    done = pgettext("matrix", "done")
    for row in matrix.rows:
        values: list[object] = [row.code, row.name, row.allocated]
        values += [row.claimed, row.paid, row.left, row.declined]
        for cell in row.cells:
            word = str(cell.word) or (done if cell.kind is Kind.SUCCESS else "")
            values += [capfirst(word), cell.on]
        marks = set(row.marks)
        values += [yes if mark in marks else no for mark in MARKS]
        yield [*values, row.nudged_on]
