"""How a page with a form is saved: in one transaction, and over nobody's unseen change."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from grants.forms.base import SeenForm
from municipalities.editing import Seen


def save_unless_changed(
    row: Model,
    events: Sequence[QuerySet[Any]],
    form: SeenForm,
    save: Callable[[], object],
    *others: Any,
) -> bool:
    """Return whether it was saved; otherwise the forms say why not.

    ``row`` is locked meanwhile, so that two people save one after the other. ``others``
    are formsets on the same page. All are checked, to show every mistake at once.
    """
    with transaction.atomic():
        type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
        are_valid = [each.is_valid() for each in (form, *others)]
        if form.object_if_changed(Seen(*events)) or not all(are_valid):
            return False
        save()
        return True
