"""Next year's grant, from this year's."""

from datetime import date

from django.db import transaction

from grants.models import Agreement, BudgetLine, Deadline, Grant, Purpose

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
    """Return a new grant with the purposes, budget lines, texts and deadlines of another.

    Dates move on by whole years, and the year in the names follows. The budget's amounts
    are left out: a line that the key splits has 0 kronor until somebody writes its amount.
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
    Deadline.objects.bulk_create(
        Deadline(
            grant=copy,
            kind=each.kind,
            title=each.title,
            due_on=years_later(each.due_on, years),
            actor=each.actor,
            remind_days_before=each.remind_days_before,
        )
        for each in source.deadlines.all()
    )
    return copy
