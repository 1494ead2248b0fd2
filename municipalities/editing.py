"""Two people on the same page: whoever saves last must have seen what the first one saved.

Each change of a row is an event with a number of its own, also a removal. The numbers that
a page was made from travel with its form and are compared when it comes back.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from municipalities.models import User


def events_of(model: type[Model], **lookup: Any) -> QuerySet[Any]:
    """Return the events of a model's rows, found by the fields that the events copy."""
    events: QuerySet[Any] = model.pgh_event_model.objects.filter(**lookup)  # type: ignore[attr-defined]
    return events


class Seen:
    """Where the events stand now."""

    def __init__(self, *events: QuerySet[Any]) -> None:
        """Look up the newest event of each kind, one query for each."""
        self._latest = [
            kind.order_by("-pgh_id").select_related("pgh_context").first()
            for kind in events
        ]

    @property
    def version(self) -> str:
        """What the form carries."""
        return ".".join(str(event.pgh_id) if event else "0" for event in self._latest)

    def who(self) -> str:
        """Return the name of whoever made the newest change."""
        events = [event for event in self._latest if event]
        newest = max(events, key=lambda event: event.pgh_created_at, default=None)
        context = newest.pgh_context if newest else None
        pk = context.metadata.get("user") if context else None
        person = User.objects.filter(pk=pk).first() if pk else None
        return str(person or _("Somebody else"))

    def objection(self, carried: str) -> ValidationError | None:
        """Return what to say when somebody has changed the rows since the page was made."""
        if not carried or carried == self.version:
            return None
        return ValidationError(
            _(
                "%(name)s has changed this since you opened the page. Your changes are not "
                "saved. Compare in another window; save again if yours are to hold."
            ),
            code="changed_by_another",
            params={"name": self.who()},
        )
