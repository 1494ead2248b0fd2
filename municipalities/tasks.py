"""Work in the background: the queue is in the database (procrastinate)."""

import logging
from importlib import import_module

from django.conf import settings
from django.db import connection, transaction
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status

logger = logging.getLogger(__name__)

DELIVER = "deliver"


# One waits at most, but any number may run: a worker that dies in the middle of one must
# not hold up the next. The outbox sees to it that each message is sent once.
@app.periodic(cron="* * * * *")
@app.task(queueing_lock=DELIVER, pass_context=True)
def deliver(context: JobContext, timestamp: int = 0) -> None:  # noqa: ARG001
    """Send the messages that are due, until the worker is asked to stop."""
    from municipalities import outbox

    done = outbox.deliver(keep_on=lambda: not context.should_abort())
    if done.failed or done.uncertain or done.postponed:
        logger.warning("%s", done)


@app.periodic(cron="30 3 * * *")
@app.task(queueing_lock="tidy", pass_context=True)
async def tidy(context: JobContext, timestamp: int = 0) -> None:  # noqa: ARG001
    """Close jobs whose worker died, and forget those that ended a week ago."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        await manager.finish_job(job, Status.FAILED, delete_job=False)
    await manager.delete_old_jobs(
        nb_hours=7 * 24, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="40 3 * * *")
@app.task(queueing_lock="forget_expired")
def forget_expired(timestamp: int = 0) -> None:  # noqa: ARG001
    """Remove sessions that have ended, with what was typed in them, and counts of tries."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cache WHERE expires < now()")


def wake() -> None:
    """Have the messages sent now rather than at the next minute."""
    if _is_waiting():
        return
    try:
        with transaction.atomic():
            deliver.defer()
    except AlreadyEnqueued:
        pass  # somebody else has just asked for it


def _is_waiting() -> bool:
    """Return whether it is about to happen, and will see what is saved by now."""
    waiting = ProcrastinateJob.objects.filter(queueing_lock=DELIVER, status="todo")
    return bool(waiting.exists())
