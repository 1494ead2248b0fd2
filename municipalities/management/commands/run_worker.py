"""Do what waits in the queue, and what is to be done at certain hours, until stopped."""

from typing import Any

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from municipalities import tasks

AT_ONCE = 2
"""Jobs at a time: a mail server that takes its time must not hold up the rest."""

GRACE = 5
"""Seconds that a job may go on after the worker is asked to stop. The sending of messages
then ends between two of them."""


class Command(BaseCommand):
    """Any number of workers may run; one is enough."""

    help = "Send messages and do other work in the background, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until somebody sends SIGTERM or SIGINT."""
        tasks.wake()  # what was left by the last one waits no longer
        assert isinstance(app.connector, DjangoConnector)
        with app.replace_connector(app.connector.get_worker_connector()) as worker:
            worker.run_worker(concurrency=AT_ONCE, shutdown_graceful_timeout=GRACE)
