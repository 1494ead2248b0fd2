"""A change that writes messages asks for them to be sent, once, when it is done."""

import pytest
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from municipalities import tasks
from municipalities.messages import post
from municipalities.models import Message
from municipalities.outbox import try_again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queue")]


@pytest.fixture
def done(django_capture_on_commit_callbacks):
    """End a change as when its transaction is done."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def write(address):
    return post(
        "invitation",
        to=[address],
        body=None,
        why="Prov",
        facts={"organisation": "Håbo", "vem": "Ada", "roll": "läsare"},
        links={"logga in": ("Logga in", "https://medel.example/")},
    )


def jobs():
    """Return the tasks of the jobs that wait to be done."""
    waiting = ProcrastinateJob.objects.filter(status="todo")
    return list(waiting.values_list("task_name", flat=True))


DELIVER = "municipalities.tasks.deliver"


def test_messages_of_a_change_ask_for_one_run(done):
    with done():
        write("a@habo.example")
        write("b@habo.example")
        assert jobs() == []

    assert jobs() == [DELIVER]
    with done():
        write("c@habo.example")
    assert jobs() == [DELIVER]


def test_change_that_is_rolled_back_leaves_neither_message_nor_job(done):
    def fail():
        with transaction.atomic():
            write("a@habo.example")
            raise LookupError

    with done(), pytest.raises(LookupError):
        fail()

    assert (Message.objects.count(), jobs()) == (0, [])


def test_run_that_somebody_else_asks_for_meanwhile_harms_nothing(monkeypatch):
    monkeypatch.setattr(tasks, "_is_waiting", lambda: False)

    with transaction.atomic():
        tasks.wake()
        tasks.wake()
        write("a@habo.example")

    assert (Message.objects.count(), jobs()) == (1, [DELIVER])


def test_message_that_is_tried_again_asks_for_a_run(done):
    [message] = write("a@habo.example")
    Message.objects.update(status="uncertain", attempts=3, error="x")

    with done():
        try_again(message)

    assert jobs() == [DELIVER]
    assert list(Message.objects.values_list("status", "attempts")) == [("queued", 0)]


def test_message_that_was_sent_is_not_tried_again():
    [message] = write("a@habo.example")
    Message.objects.update(status="sent", sent_at=timezone.now())

    try_again(message)

    assert Message.objects.get().status == "sent"
