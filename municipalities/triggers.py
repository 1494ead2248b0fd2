"""What the database refuses by a trigger: to change what is decided, or whose it is."""

import pgtrigger
from django.db import DatabaseError

REFUSALS = {"P0001", "23001"}
"""SQLSTATE of a plain ``RAISE EXCEPTION`` and of restrict_violation."""


def is_refused_by_trigger(error: DatabaseError) -> bool:
    """Return whether one of our triggers refused, and not, say, a lost connection."""
    return getattr(error.__cause__, "sqlstate", "") in REFUSALS


def stays_with_its_body(name: str) -> pgtrigger.Trigger:
    """Return a trigger that refuses to move a row to another body."""
    return pgtrigger.Protect(
        name=name,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition("OLD.body_id <> NEW.body_id"),
    )
