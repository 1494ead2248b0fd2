"""The clock, put back to when something in the demo happened."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from unittest.mock import patch

from django.utils import timezone


@contextmanager
def on(day: date, minute: int = 0) -> Iterator[None]:
    """Let it be the day, some minutes after nine in the morning.

    Reports are signed and accepted at a moment that the verbs ask the clock for. What is
    told of 2020 would else be of today.
    """
    moment = datetime.combine(day, time(9)) + timedelta(minutes=minute)
    with patch.object(timezone, "now", return_value=timezone.make_aware(moment)):
        yield
