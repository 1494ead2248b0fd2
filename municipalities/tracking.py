"""History that the database writes itself, so that bulk changes and raw SQL are in it."""

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory
from django.db import models

M = TypeVar("M", bound=type[models.Model])


def tracked(**options: Any) -> Callable[[M], M]:
    """Return a decorator that records every insert, update and delete of a model.

    Each call makes its own trackers. Those in ``PGHISTORY_DEFAULT_TRACKERS`` are copied,
    and a copied operation does not equal the original, which breaks triggers per statement.
    """
    track: Callable[[M], M] = pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        **options,
    )
    return track


def because(reason: str, **facts: Any) -> pghistory.context:
    """Return a context whose changes are recorded with why they were made.

    A reason of our own is marked with ``gettext_noop``, so that each reader sees it in
    their language; what a person wrote is kept as it is. In a request the person and the
    address are recorded besides; a command may tell more in ``facts``.
    """
    return pghistory.context(reason=str(reason), **facts)
