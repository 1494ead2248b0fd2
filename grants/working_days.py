"""Days on which people in Sweden work, and where a last day goes that falls on another.

A last day that falls on a day off moves to the working day before: what is done by then is
never late, whatever the receiver says of weekends. Days off are Saturdays, Sundays, the
public holidays (lagen 1989:253 om allmänna helgdagar) and the eves that all keep:
Midsummer's, Christmas and New Year's.

>>> working_day_before(date(2027, 1, 31)).isoformat()  # a Sunday
'2027-01-29'
>>> working_day_before(date(2026, 6, 19)).isoformat()  # Midsummer's Eve
'2026-06-18'
>>> working_day_before(date(2026, 12, 25)).isoformat()  # Christmas Day, after the Eve
'2026-12-23'
>>> working_day_after(date(2026, 12, 25)).isoformat()  # a Friday
'2026-12-28'
>>> working_day_before(date(2026, 8, 31)).isoformat()  # a Monday as any other
'2026-08-31'
"""

from datetime import date, timedelta
from functools import cache

import holidays

SATURDAY = 5
DAY = timedelta(days=1)


@cache
def swedish_holidays(year: int) -> dict[date, str]:
    """Return the days off of a year: the public ones and those that all keep."""
    found = holidays.country_holidays(
        "SE", categories=("public", "de_facto"), language="sv", years=year
    )
    return {day: name for day, name in found.items() if day.year == year}


def holiday(day: date) -> str:
    """Return the Swedish name of the holiday, or nothing.

    >>> holiday(date(2026, 12, 24)), holiday(date(2026, 12, 23))
    ('Julafton', '')
    """
    return swedish_holidays(day.year).get(day, "")


def is_weekend(day: date) -> bool:
    """Return whether it is a Saturday or a Sunday."""
    return day.weekday() >= SATURDAY


def is_day_off(day: date) -> bool:
    """Return whether few people work on the day.

    >>> is_day_off(date(2027, 1, 31)), is_day_off(date(2026, 6, 19))  # Sunday, the Eve
    (True, True)
    >>> is_day_off(date(2026, 6, 18))
    False
    """
    return is_weekend(day) or bool(holiday(day))


def working_day_before(day: date) -> date:
    """Return the day itself if people work then, else the nearest working day before."""
    while is_day_off(day):
        day -= DAY
    return day


def working_day_after(day: date) -> date:
    """Return the day itself if people work then, else the nearest working day after."""
    while is_day_off(day):
        day += DAY
    return day
