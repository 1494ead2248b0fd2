"""What reporting does in the background, by itself."""

import logging

from django.db import transaction
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

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


# One waits at most, but any number may run: a worker that dies in the middle of a document
# must not hold up the next. Whose maker has died is taken up at the minute.
@app.periodic(cron="* * * * *")
@app.task(queueing_lock="make_documents", pass_context=True)
def make_documents(context: JobContext, timestamp: int = 0) -> None:  # noqa: ARG001
    """Make the documents that somebody has asked for, until the worker is asked to stop."""
    from reporting import national_report_files

    national_report_files.make_all(keep_on=lambda: not context.should_abort())


def wake() -> None:
    """Have the documents made now rather than at the next minute."""
    try:
        with transaction.atomic():
            make_documents.defer()
    except AlreadyEnqueued:
        pass  # it is about to happen
