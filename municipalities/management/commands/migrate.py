"""Migrate without drawing models over again for each of their triggers.

pgtrigger draws every model around a trigger's anew, once for each of some 400 triggers:
more than half the work of migrating from nothing, which is the first thing that the product
does on a new machine. A trigger changes nothing of a model that a migration reads: it is
only noted, and put in the database as always.
"""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger, RemoveTrigger


def note_added(self: AddTrigger, app_label: str, state: ProjectState) -> None:
    """Note the trigger among the model's."""
    options = state.models[app_label, self.model_name].options
    options["triggers"] = [*options.get("triggers", []), self.trigger]


def note_removed(self: RemoveTrigger, app_label: str, state: ProjectState) -> None:
    """Note that the trigger is no longer there."""
    options = state.models[app_label, self.model_name].options
    options["triggers"] = [
        trigger for trigger in options.get("triggers", []) if trigger.name != self.name
    ]


class Command(Migrate):
    """`manage.py migrate`, in the same steps."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate."""
        AddTrigger.state_forwards = note_added  # type: ignore[method-assign]
        RemoveTrigger.state_forwards = note_removed  # type: ignore[method-assign]
        super().handle(*args, **options)
