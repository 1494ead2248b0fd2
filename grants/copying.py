"""Next year's grant, from this year's."""

from datetime import date

from django.db import transaction

from grants.deadlines import counted, leaders_first, put
from grants.models import Agreement, BudgetLine, Deadline, Grant, GrantPart, Purpose

COPIED = (
    "body",
    "origin",
    "budget_unit",
    "unused_rule",
    "repay_to",
    "paid_by",
    "reported_to",
    "invoice_reference",
    "questions_email",
    "refuses_late",
    "background",
    "addressees",
    "use_introduction",
    "use_conditions",
)
NAMES = ("title", "short_title", "invoice_text")
"""Texts in which the year of the grant is part of the name."""


def years_later(day: date, years: int) -> date:
    """Return the same day of a later year; 29 February becomes the 28th.

    >>> years_later(date(2020, 2, 29), 1)
    datetime.date(2021, 2, 28)
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


@transaction.atomic
def copy_grant(
    source: Grant, *, year: int, agreement: Agreement | None = None, record_number: str = ""
) -> Grant:
    """Return a new grant with the purposes, budget, texts and deadlines of another.

    Dates move on by whole years, and the year in the names follows. The amounts of the
    budget and the sub-areas are left out: a line that the key splits has 0 kronor until
    somebody writes its amount.
    """
    years = year - source.year
    copy = Grant(**{name: getattr(source, name) for name in COPIED})
    for name in NAMES:
        setattr(copy, name, getattr(source, name).replace(str(source.year), str(year)))
    copy.year = year
    copy.agreement = agreement or source.agreement
    copy.record_number = record_number
    copy.follows = source
    copy.uses_from = years_later(source.uses_from, years)
    copy.uses_until = years_later(source.uses_until, years)
    copy.repay_by = source.repay_by and years_later(source.repay_by, years)
    copy.save()
    Purpose.objects.bulk_create(
        Purpose(grant=copy, position=each.position, heading=each.heading, text=each.text)
        for each in source.purposes.all()
    )
    BudgetLine.objects.bulk_create(
        BudgetLine(
            grant=copy,
            position=line.position,
            activity=line.activity,
            side=line.side,
            amount=0 if line.is_distributed else None,
            is_distributed=line.is_distributed,
            is_conditional=line.is_conditional,
            comment=line.comment,
        )
        for line in source.budget_lines.all()
    )
    GrantPart.objects.bulk_create(
        GrantPart(
            grant=copy,
            position=part.position,
            area=part.area,
            title=part.title,
            side=part.side,
        )
        for part in source.parts.all()
    )
    copy_deadlines(source, copy, years)
    return copy


def copy_deadlines(source: Grant, copy: Grant, years: int) -> None:
    """Give the copy the last days of the source, some years later.

    They are moved off days off anew, and what follows another is counted from the copy of
    it. Nothing is paused, and nothing is done.
    """
    copies: dict[int, Deadline] = {}
    for each in leaders_first(source.deadlines.all()):
        deadline = Deadline(
            grant=copy,
            kind=each.kind,
            title=each.title,
            follows=copies.get(each.follows_id or 0),
            days_before=each.days_before,
            actor=each.actor,
            remind_days_before=each.remind_days_before,
            remind_every=each.remind_every,
        )
        if deadline.follows:
            put(deadline, counted(deadline, deadline.follows))
        else:
            deadline.days_before = None
            put(deadline, years_later(each.moved_from or each.due_on, years))
        deadline.save()
        copies[each.pk] = deadline
