"""`manage.py migrate` for the tests: the same steps, without drawing models over again.

pgtrigger draws every model around a trigger's anew, once for each of some 200 triggers,
which is half the work of migrating from nothing. A trigger changes nothing of a model that
a migration reads: here it is only noted, and put in the database as always.
"""

import sys
from typing import Any

from django.core.management import execute_from_command_line
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger


def note_trigger(self: Any, app_label: str, state: ProjectState) -> None:
    """Note the trigger among the model's, as ``AddTrigger.state_forwards`` does."""
    options = state.models[app_label, self.model_name].options
    options["triggers"] = [*options.get("triggers", []), self.trigger]


if __name__ == "__main__":
    AddTrigger.state_forwards = note_trigger
    execute_from_command_line(["manage.py", "migrate", *sys.argv[1:]])
