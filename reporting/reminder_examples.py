"""Real data to preview the texts of reminders with: what a body has at hand today."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from grants.models import Deadline
from municipalities.message_kinds import Example
from municipalities.models import CoordinatingBody, Municipality
from reporting.reminder_rounds import waited_for
from reporting.reminder_words import Content, Moved, example_of, moved_facts
from reporting.todo import todos_of


def reminder(body: CoordinatingBody) -> Example | None:
    """Return a reminder to the first municipality that has something to do."""
    found = next(_left_to_do(body), None)
    if found is None:
        return None
    return example_of(Content(lines=[found]), body, timezone.localdate())


def digest(body: CoordinatingBody) -> Example | None:
    """Return a summary as it would be if some municipalities were late today."""
    rows = [row for row, _number in zip(_left_to_do(body), range(3), strict=False)]
    if not rows:
        return None
    content = Content(
        overdue=[(deadline, municipality) for municipality, deadline in rows],
        unreachable=[rows[-1][0]],
    )
    return example_of(content, body, timezone.localdate())


def contact_check(body: CoordinatingBody) -> Example | None:
    """Return the question to a municipality of the county."""
    municipality = body.county.municipalities.first()
    if municipality is None:
        return None
    return example_of(Content(checks=[municipality]), body, timezone.localdate())


def moved(body: CoordinatingBody) -> Example | None:
    """Return what would be told if the next last day had been a week earlier."""
    found = next(_left_to_do(body), None)
    if found is None:
        return None
    municipality, deadline = found
    before = deadline.due_on - timedelta(days=7)
    return moved_facts({municipality: [Moved(deadline, before, deadline.due_on)]}, body)


def _left_to_do(body: CoordinatingBody) -> Iterator[tuple[Municipality, Deadline]]:
    today = timezone.localdate()
    deadlines = (
        Deadline.objects.of_body(body)
        .filter(actor=Deadline.Actor.MUNICIPALITIES)
        .exclude(grant__status="rejected")
        .select_related("grant__body")
        .order_by("-due_on")[:20]
    )
    for todo in todos_of(body, deadlines, today).values():
        waiting = [pk for pk in waited_for(todo, today) if pk is not None]
        for municipality in Municipality.objects.filter(pk__in=waiting):
            yield municipality, todo.deadline
