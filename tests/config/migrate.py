"""`manage.py migrate` for the tests: the same steps, without drawing models over again.

pgtrigger draws every model around a trigger's anew, once for each of some 200 triggers,
which is half the work of migrating from nothing. A trigger changes nothing of a model that
a migration reads: here it is only noted, and put in the database as always. Of what is
left, a quarter is to look for rubbish among the models that are drawn, and to ask of each
of their relations which setting may put another model in its place.
"""

import gc
import sys
from functools import cache
from typing import Any

from django.apps import apps
from django.core.management import execute_from_command_line
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger


def note_trigger(self: Any, app_label: str, state: ProjectState) -> None:
    """Note the trigger among the model's, as ``AddTrigger.state_forwards`` does."""
    options = state.models[app_label, self.model_name].options
    options["triggers"] = [*options.get("triggers", []), self.trigger]


if __name__ == "__main__":
    gc.set_threshold(100_000, 20, 50)
    AddTrigger.state_forwards = note_trigger
    vars(apps)["get_swappable_settings_name"] = cache(apps.get_swappable_settings_name)
    execute_from_command_line(["manage.py", "migrate", *sys.argv[1:]])
