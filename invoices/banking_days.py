"""Days on which banks in Sweden move money.

Banks keep the public holidays and the eves that all keep: Midsummer's, Christmas and New
Year's. Source: Riksbanken, *Stängningsdagar i RIX*.

>>> next_banking_day(date(2020, 4, 9)).isoformat()  # Maundy Thursday
'2020-04-14'
>>> next_banking_day(date(2020, 6, 18)).isoformat()  # the day before Midsummer's Eve
'2020-06-22'
"""

from datetime import date, timedelta

from grants.working_days import is_day_off, working_day_after


def is_banking_day(day: date) -> bool:
    """Return whether banks move money on the day."""
    return not is_day_off(day)


def next_banking_day(after: date) -> date:
    """Return the first banking day after the day."""
    return working_day_after(after + timedelta(days=1))
