"""Migrate without drawing nearly every model over again for each step.

To migrate from nothing is the first thing that the product does on a new machine. Nine
tenths of it went to drawing models as they were at each step: for each model, field and
constraint that is added, all that are related, however far away. Here the model alone is
drawn. The others are when a step reads them, as Django does with those that it delays.

pgtrigger draws as many for each of some 400 triggers, which change nothing of a model that
a migration reads: they are only noted, and put in the database as always.
"""

from collections.abc import Callable
from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db.migrations.state import ModelState, ProjectState
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


def drawing_one(add: Callable[..., None]) -> Callable[..., None]:
    """Return what adds to a model in the state, and draws that model alone anew."""

    def added(self: ProjectState, model: ModelState | str, *args: Any, **kw: Any) -> None:
        drawn = self.__dict__.pop("apps", None)  # without it nothing is drawn
        add(self, model, *args, **kw)
        if drawn is not None:
            self.apps = drawn
            self.is_delayed = True
            if isinstance(model, ModelState):
                key = (model.app_label, model.name_lower)
            else:  # the app's label, before the model's name
                key = (model, args[0])
            self._reload({key})  # type: ignore[attr-defined]

    return added


ADDING = {
    name: getattr(ProjectState, name)
    for name in ("add_constraint", "add_field", "add_model")
}


class Command(Migrate):
    """`manage.py migrate`, in the same steps."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate."""
        AddTrigger.state_forwards = note_added  # type: ignore[method-assign]
        RemoveTrigger.state_forwards = note_removed  # type: ignore[method-assign]
        for name, add in ADDING.items():
            setattr(ProjectState, name, drawing_one(add))
        super().handle(*args, **options)
