"""Two workers at the same moment, and one that is killed: on real connections.

The tables are emptied for real after each test, so that a test tries several things.
"""

import signal
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from municipalities.models import Message, Municipality
from reporting import reminders
from reporting.models import Reminder
from tests.factories import make_member
from tests.processes import copies
from tests.reporting.reminding import CODES, address, august, make_county, offer

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*verbs):
    """Run each on a connection of its own; what is raised fails the test."""
    start = Barrier(len(verbs))

    def run(verb):
        try:
            start.wait(timeout=10)
            return verb()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


def written(deadline):
    """Return the steps of each municipality, and whom the messages go to."""
    rows = Reminder.objects.filter(deadline=deadline)
    steps = rows.order_by("municipality__code", "step")
    return (
        list(steps.values_list("municipality__code", "step")),
        sorted(Message.objects.values_list("to_email", flat=True)),
    )


def expected():
    return (
        [(code, step) for code in CODES for step in (-21, -7)],
        sorted(address(code) for code in CODES),
    )


def test_two_workers_at_once_write_once(places, clock):
    body = make_county()
    deadline = offer(body)
    clock.set(august(24)[0])

    told = at_once(*[lambda: reminders.send_due(clock.now)] * 3)

    assert sorted(sent.messages for sent in told) == [0, 0, len(CODES)]
    assert written(deadline) == expected()


def test_two_who_press_the_button_while_the_plan_runs(places, clock):
    body = make_county()
    deadline = offer(body)
    by = make_member(body)
    clock.set(august(24)[0])
    chosen = list(Municipality.objects.filter(code__in=CODES))

    def press():
        own = type(deadline).objects.get(pk=deadline.pk)
        return reminders.send_now(own, chosen, by=by, now=clock.now)

    told = at_once(press, lambda: reminders.send_due(clock.now), press)

    assert sorted(sent.messages for sent in told) == [0, 0, len(CODES)]
    assert written(deadline) == expected()


WORKER = """
from datetime import datetime
from grants.models import GrantMessage
from reporting import reminders

def run(now, how):
    if how == "dies":
        GrantMessage.objects.bulk_create = die
    reminders.send_due(datetime.fromisoformat(now))
"""


def test_killed_run_has_written_nothing_and_the_next_completes_it(places, clock):
    body = make_county()
    deadline = offer(body)
    clock.set(august(24)[0])

    with copies(WORKER) as run:
        # It dies when the rows and the messages are written, before they are saved.
        assert run(clock.now.isoformat(), "dies") == -signal.SIGKILL
        assert written(deadline) == ([], [])

        assert run(clock.now.isoformat(), "lives") == 0
    assert written(deadline) == expected()
    assert reminders.send_due(timezone.now()).messages == 0
