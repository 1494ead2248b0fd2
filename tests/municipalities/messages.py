"""Messages in tests: sent at once, to be read in a list; and the queue of jobs."""

import pytest
from django.core import mail
from django.db import connection
from procrastinate.contrib.django import app

from municipalities import outbox


@pytest.fixture
def deliver(db):
    """Send what is written and due, and return all the e-mails that have gone."""

    def deliver(**how):
        outbox.deliver(**how)
        return mail.outbox

    return deliver


def make_queue():
    """Make the tables of procrastinate, which come in migrations alone."""
    if "procrastinate_jobs" not in connection.introspection.table_names():
        app.schema_manager.apply_schema()


@pytest.fixture
def queue(db):
    """An empty queue of jobs, before and after: emptying the tables leaves it as it is."""
    _empty_queue()
    yield
    _empty_queue()


def _empty_queue():
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
