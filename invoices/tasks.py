"""What invoices does in the background, by itself."""

import logging

from procrastinate.contrib.django import app

logger = logging.getLogger(__name__)


@app.periodic(cron="15 3 * * *")
@app.task(queueing_lock="check_ledgers", pass_context=False)
def check_ledgers(timestamp: int = 0) -> None:  # noqa: ARG001 (when it was to be done)
    """Check every body's books at night, and tell its staff what does not agree."""
    from invoices.check_messages import tell_of_faults
    from municipalities.models import CoordinatingBody

    for body in CoordinatingBody.objects.order_by("name"):
        if found := tell_of_faults(body):
            logger.error("%s: %d rows of the ledger do not agree.", body, found)
