"""Two workers at the same moment, and one that is killed: on real connections.

The tables are emptied for real after each test, so that a test tries several things.
"""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from municipalities.models import Message, Municipality
from reporting import reminders
from reporting.models import Reminder
from tests.factories import make_member
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


KILLED = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
from django.db import connections
settings.DATABASES["default"]["NAME"] = sys.argv[1]
connections.databases["default"]["NAME"] = sys.argv[1]
from datetime import datetime
from grants.models import GrantMessage
from reporting import reminders

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[3] == "dies":
    GrantMessage.objects.bulk_create = die
reminders.send_due(datetime.fromisoformat(sys.argv[2]))
"""


def in_a_process(now, how):
    """Let a run be made by a process of its own; return how it ended."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    name = connection.settings_dict["NAME"]
    return subprocess.run(
        [sys.executable, "-c", KILLED, name, now.isoformat(), how],
        cwd=settings.BASE_DIR,
        env=env,
        check=False,
        timeout=120,
    ).returncode


def test_killed_run_has_written_nothing_and_the_next_completes_it(places, clock):
    body = make_county()
    deadline = offer(body)
    clock.set(august(24)[0])

    # It dies when the rows and the messages are written, before they are saved.
    assert in_a_process(clock.now, "dies") == -signal.SIGKILL
    assert written(deadline) == ([], [])

    assert in_a_process(clock.now, "lives") == 0
    assert written(deadline) == expected()
    assert reminders.send_due(timezone.now()).messages == 0
