"""Workers that are killed, restarted and doubled: nothing is lost, nothing goes twice.

In processes of their own, on real connections.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from municipalities import tasks
from municipalities.messages import post
from municipalities.models import Message
from municipalities.outbox import Delivered, deliver
from tests.municipalities.smtp_server import MailServer, serve
from tests.municipalities.workers import BY_HAND, WORKER, kill, running, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queue")]

LETTERS = [f"{letter}@habo.example" for letter in "abcde"]


@pytest.fixture
def server():
    server = MailServer()
    controller = serve(server)
    server.port = controller.port
    yield server
    controller.stop()


def write(*to):
    """Write an invitation to each address."""
    with transaction.atomic():
        return post(
            "invitation",
            to=to,
            body=None,
            why="Prov",
            facts={"organisation": "Håbo", "vem": "Ada", "roll": "läsare"},
            links={"logga in": ("Logga in", "https://medel.example/")},
        )


def states():
    """Return how each message stands, by address."""
    return dict(Message.objects.order_by("to_email").values_list("to_email", "status"))


def all_sent(but=()):
    return {address: "uncertain" if address in but else "sent" for address in LETTERS}


def no_more_to_do():
    unfinished = ["queued", "sending"]
    return not Message.objects.filter(status__in=unfinished).exists()


class Held:
    """Holds the server's answer to an address, and to others, until they are let go."""

    def __init__(self, address, *others):
        self.address, self.others = address, others
        self.has_come, self.let_go = threading.Event(), threading.Event()

    def __call__(self, address):
        if address == self.address:
            self.has_come.set()
        if address == self.address or address in self.others:
            self.let_go.wait(60)


def test_worker_that_is_killed_loses_nothing_and_repeats_nothing(server):
    """Before the text of one, and then when the mail server has all of another."""
    a, b, c, d, e = LETTERS
    # A worker has two jobs: one for what is written, and one for the minute that begins.
    # What comes after waits, so that the other job dies in the middle of nothing.
    before, during, after = Held(c, d, e), Held(d), Held(e)
    server.on_rcpt = before
    write(*LETTERS)

    with running(server.port, *WORKER) as process:
        wait_for(before.has_come.is_set, process=process)
        wait_for(lambda: {states()[a], states()[b]} == {"sent"}, process=process)
        kill(process)
    first = states()
    server.on_rcpt, server.on_data = after, during
    before.let_go.set()
    # The jobs of those that died are never ended; they hold nothing up.
    with running(server.port, *WORKER) as process:
        wait_for(during.has_come.is_set, seconds=120, process=process)
        with suppress(AssertionError):  # on a slow machine the next minute's job sends it
            wait_for(lambda: states()[c] == "sent", seconds=20)
        kill(process)
    second = states()
    during.let_go.set()
    after.let_go.set()
    with running(server.port, *WORKER) as process:
        wait_for(no_more_to_do, seconds=120, process=process)
    wait_for(lambda: len(server.taken) == 5)

    assert (first[a], first[b], first[c]) == ("sent", "sent", "sending")
    assert (second[a], second[b], second[d]) == ("sent", "sent", "sending")
    # On a slow machine it is taken up again first when its sender has been silent long.
    assert second[c] in {"sent", "sending"}
    # The server did take it, and nobody has sent it again.
    assert (states(), sorted(server.addresses)) == (all_sent(but=[d]), LETTERS)
    [message] = Message.objects.troubled()
    assert message.to_email == "d@habo.example"


def test_command_that_is_killed_before_the_text_ends_has_sent_nothing(server):
    """All of the text is there, but not the dot that lets the server take it."""
    held = server.on_rcpt = Held("c@habo.example")
    write(*LETTERS)

    with running(server.port, *BY_HAND) as process:
        wait_for(held.has_come.is_set, process=process)
        with transaction.atomic():
            # The sender waits for us when it wants to say that it ends the text.
            Message.objects.select_for_update().get(to_email="c@habo.example")
            held.let_go.set()
            wait_for(those_who_wait, process=process)
            kill(process)
            end_those_who_wait()
    with running(server.port, *BY_HAND) as process:
        process.join(timeout=40)
        assert (process.exitcode, process.said.read_text()) == (
            0,
            "3 meddelanden skickades.\n",
        )

    assert (states(), sorted(server.addresses)) == (all_sent(), LETTERS)


def those_who_wait():
    return sessions("wait_event_type = 'Lock'")


def end_those_who_wait():
    """Have the database see at once that the process is gone."""
    end_sessions(those_who_wait())
    wait_for(lambda: not those_who_wait())


def sessions(which):
    """Return the sessions in this very database of which something holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            f" AND pid <> pg_backend_pid() AND {which}"
        )
        return [pid for (pid,) in cursor.fetchall()]


def end_sessions(pids):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [pids])


@pytest.fixture
def sends_to(settings, server):
    """Send to the server from here too."""
    settings.EMAIL_BACKEND = "municipalities.smtp.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port


def test_sender_that_loses_the_database_sends_nothing(server, sends_to):
    """As when the database is restarted while the mail server reads."""

    def cut(address):
        try:
            locks = "SELECT pid FROM pg_locks WHERE locktype = 'advisory'"
            end_sessions(sessions(f"pid IN ({locks})"))
        finally:
            connection.close()

    server.on_rcpt = cut
    write("a@habo.example")

    with ThreadPoolExecutor(1) as pool, pytest.raises(DatabaseError):
        pool.submit(deliver).result()
    server.on_rcpt = lambda address: None

    assert server.taken == []
    assert (deliver(), states()) == (Delivered(sent=1), {"a@habo.example": "sent"})


def test_worker_sends_what_is_written_while_it_runs_and_stops_when_asked(server):
    with running(server.port, *WORKER) as process:
        write(*LETTERS[:2])
        wait_for(lambda: len(server.taken) == 2, process=process)
        write(*LETTERS[2:])
        wait_for(lambda: no_more_to_do() and len(server.taken) == 5, process=process)
        process.terminate()
        process.join(timeout=20)
        assert process.exitcode == 0

    assert (states(), sorted(server.addresses)) == (all_sent(), LETTERS)


def test_two_at_once_send_each_message_once(server, sends_to):
    server.on_data = lambda address: time.sleep(0.01)
    addresses = [f"{number:02}@habo.example" for number in range(60)]
    write(*addresses)
    start = threading.Barrier(2)

    def work(_number):
        try:
            start.wait(timeout=10)
            return deliver()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(work, range(2)))

    assert sorted(server.addresses) == addresses
    assert (done[0].sent + done[1].sent, set(states().values())) == (60, {"sent"})
    assert all(each == Delivered(sent=each.sent) and each.sent for each in done)


def run_jobs():
    """Do what waits, as a worker does, and stop."""
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


def outcomes(task):
    """Return how the jobs of a task ended, in order."""
    jobs = ProcrastinateJob.objects.filter(task_name=f"municipalities.tasks.{task}")
    return list(jobs.order_by("pk").values_list("status", flat=True))


def age(table, column, by):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {column} - interval '{by}'")


def test_jobs_of_dead_workers_hold_nothing_up_and_are_tidied_away():
    tasks.deliver.defer()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    write("a@habo.example")
    tasks.tidy.defer()

    run_jobs()

    assert [each.to for each in mail.outbox] == [["a@habo.example"]]
    assert (outcomes("deliver")[:2], outcomes("tidy")[:1]) == (
        ["failed", "succeeded"],
        ["succeeded"],
    )
    old = set(ProcrastinateJob.objects.values_list("pk", flat=True))
    age("procrastinate_events", "at", "8 days")
    tasks.tidy.defer()
    run_jobs()
    assert not ProcrastinateJob.objects.filter(pk__in=old).exists()
