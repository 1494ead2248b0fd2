"""What reporting does in the background, by itself."""

import logging

from django.utils import timezone
from procrastinate.contrib.django import app

logger = logging.getLogger(__name__)


# Each hour rather than once a day: a morning when nothing runs costs an hour, not a day.
@app.periodic(cron="5 * * * *")
@app.task(queueing_lock="send_reminders", pass_context=False)
def send_reminders(timestamp: int = 0) -> None:  # noqa: ARG001 (when it was to be done)
    """Write the reminders that are due, when people are at work."""
    from reporting import reminders

    now = timezone.now()
    if reminders.is_open(now):
        sent = reminders.send_due(now)
        if sent.unreachable:
            logger.warning("Nobody to remind in %s.", ", ".join(sent.unreachable))
