"""What those who keep the installation run by hand, and what it says."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation

from municipalities.management.commands.send_messages import told
from municipalities.models import Message
from municipalities.outbox import Delivered

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def run(command):
    said = StringIO()
    call_command(command, stdout=said)
    return said.getvalue().splitlines()


def make_message(**facts):
    return Message.objects.create(
        kind="invitation", why="x", to_email="a@x.se", subject="x", text="x", **facts
    )


def test_sending_by_hand_says_what_it_did_and_may_be_repeated(mailoutbox):
    make_message()

    said = [run("send_messages"), run("send_messages")]

    assert said == [["1 message was sent."], ["There was nothing to send."]]
    assert len(mailoutbox) == 1


def test_every_outcome_has_its_sentence():
    done = Delivered(2, 1, 2, 1, 2, unreachable="[Errno 111] Connection refused")

    assert told(done) == [
        "2 messages were sent.",
        "1 message was not taken, and is tried again later.",
        "2 messages were refused for good, and wait for a person.",
        "1 message may have been sent: the mail server did not say. A person decides.",
        "2 messages were no longer needed.",
        "The mail server cannot be reached, and the messages wait:"
        " [Errno 111] Connection refused",
    ]


def alive(seconds):
    """Have a worker say that it was alive so many seconds ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s))",
            [seconds],
        )


@pytest.mark.usefixtures("queue")
def test_check_tells_that_a_worker_runs():
    alive(5)
    make_message(send_after=timezone.now() - timedelta(minutes=14))

    assert run("check_worker") == ["A worker runs, and no message stands still."]


@pytest.mark.usefixtures("queue")
def test_check_fails_when_nobody_works():
    alive(120)

    with pytest.raises(CommandError, match=r"^No worker runs\.$") as told:
        run("check_worker")

    assert told.value.returncode == 1


@pytest.mark.usefixtures("queue")
def test_check_fails_when_messages_stand_still():
    alive(5)
    make_message(send_after=timezone.now() - timedelta(minutes=16))

    with pytest.raises(CommandError, match=r"^Messages stand still\.$") as told:
        run("check_worker")

    assert told.value.returncode == 1
