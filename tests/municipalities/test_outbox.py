"""Messages that go out to a real mail server: whole, once, and again when it says no."""

import smtplib
import threading
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime

import psycopg
import pytest
from django.core.mail import send_mail
from django.db import connection
from django.utils import timezone

from municipalities import outbox, smtp
from municipalities.message_kinds import KINDS, MessageKind
from municipalities.messages import attach
from municipalities.models import BouncedAddress, Message, StoredFile
from municipalities.outbox import (
    PAUSES,
    Delivered,
    deliver,
    email_of,
    is_standing_still,
    try_again,
)
from tests.factories import make_body
from tests.municipalities.smtp_server import Greeting, MailServer, free_port, serve

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings):
    """A mail server that takes everything, and that the outbox sends to."""
    server = MailServer()
    controller = serve(server)
    settings.EMAIL_BACKEND = "municipalities.smtp.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_TIMEOUT = 5
    yield server
    controller.stop()


@pytest.fixture
def calling(settings):
    """Have the outbox call a port of one's own choice."""
    settings.EMAIL_BACKEND = "municipalities.smtp.Backend"
    settings.EMAIL_TIMEOUT = 1

    def call(port):
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port

    return call


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""

    class Clock:
        now = timezone.now() + timedelta(minutes=1)  # after what is written first

        def move(self, by):
            self.now += by

    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


def make_message(to="a@habo.example", **facts):
    """Write a message as it lies in the outbox."""
    facts = {
        "kind": "invitation",
        "why": "Prov",
        "subject": "Rekvirera pengar",
        "text": "Hej",
        "html": "<p>Hej</p>",
    } | facts
    return Message.objects.create(to_email=to, **facts)


def make_messages(*to):
    return [make_message(address) for address in to]


def states():
    """Return how each message stands, by address."""
    return dict(Message.objects.order_by("pk").values_list("to_email", "status"))


PDF = b"%PDF-1.7\n" + bytes(range(256)) * 300 + b"\r\n.\r\n..x\n.\n%%EOF"


def test_message_is_whole_when_it_comes(server, settings):
    settings.DEFAULT_FROM_EMAIL = "Stimulansmedel <noreply@medel.example>"
    body = make_body(name="Länsgemensam å, ä & ö")
    message = make_message(
        body=body,
        subject="Sista dag närmar sig: åtgärder för äldre, och ökad jämlikhet" * 3,
        text="Hej Åsa!\n.en rad som börjar med punkt\n\n– 1\xa0234 kr 🙂\n" + "å" * 1100,
        html="<p>Hej Åsa!</p>\n<p>1\xa0234 kr 🙂</p>\n",
        reply_to="fragor@storsthlm.example",
        unsubscribe="https://medel.example/paminnelser/av/abc/",
    )
    file = StoredFile.objects.keep(
        PDF, body=body, name="Missiv åäö.pdf", content_type="application/pdf"
    )
    attach([message], [file])

    assert deliver() == Delivered(sent=1)

    [(sender, to, _content)] = server.taken
    [mail] = server.mails
    assert (sender, to) == ("noreply@medel.example", "a@habo.example")
    assert {
        name: mail[name]
        for name in ("From", "To", "Reply-To", "Message-ID", "Auto-Submitted")
    } == {
        "From": '"Länsgemensam å, ä & ö" <noreply@medel.example>',
        "To": "a@habo.example",
        "Reply-To": "fragor@storsthlm.example",
        "Message-ID": message.message_id,
        "Auto-Submitted": "auto-generated",
    }
    assert mail["Subject"].strip() == message.subject
    assert mail["List-Unsubscribe"] == "<https://medel.example/paminnelser/av/abc/>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert abs(parsedate_to_datetime(mail["Date"]) - timezone.now()) < timedelta(minutes=1)
    text = mail.get_body(("plain",)).get_content()
    assert text.startswith(
        message.text + "\n\n-- \nLänsgemensam å, ä & ö · Stimulansmedel\n"
    )
    html = mail.get_body(("html",)).get_content()
    assert html.startswith("<!doctype html>")
    assert "<p>Hej Åsa!</p>\n<p>1\xa0234 kr 🙂</p>\n" in html
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == (
        "Missiv åäö.pdf",
        "application/pdf",
        PDF,
    )


def test_server_takes_each_message_once_over_one_call(server):
    make_messages("a@habo.example", "b@habo.example", "c@habo.example")

    assert [deliver(), deliver()] == [Delivered(sent=3), Delivered()]

    assert (server.addresses, server.calls) == (
        ["a@habo.example", "b@habo.example", "c@habo.example"],
        1,
    )


def test_nothing_due_calls_nobody(calling):
    calling(free_port())
    make_message(send_after=timezone.now() + timedelta(hours=1))

    assert deliver() == Delivered()


def test_run_ends_between_two_messages_when_asked_to(server):
    make_messages("a@habo.example", "b@habo.example")
    answers = iter([True, False])

    assert deliver(keep_on=lambda: next(answers)) == Delivered(sent=1)

    assert states() == {"a@habo.example": "sent", "b@habo.example": "queued"}


# A server that is away is nobody's failed try.


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("421 4.3.2 Stängt för underhåll", "421 4.3.2 Stängt för underhåll"),
        ("554 Ingen tjänst här", "554 Ingen tjänst här"),
        ("", "Connection unexpectedly closed: timed out"),
    ],
)
def test_greeting_that_is_no_lets_messages_wait(calling, clock, line, says):
    server = Greeting(line)
    calling(server.port)
    make_messages("a@habo.example", "b@habo.example")

    done = [deliver(), deliver()]

    server.stop()
    assert (done, server.calls) == ([Delivered(unreachable=says)] * 2, 2)
    assert (
        list(Message.objects.values_list("status", "attempts", "error"))
        == [("queued", 0, says)] * 2
    )


def test_server_that_is_down_for_days_loses_nothing(calling, clock):
    calling(free_port())
    make_messages("a@habo.example", "b@habo.example")

    assert (deliver().sent, is_standing_still(clock.now)) == (0, False)
    clock.move(timedelta(minutes=16))
    assert (deliver().sent, is_standing_still(clock.now)) == (0, True)
    clock.move(timedelta(days=4))
    server = MailServer()
    controller = serve(server)
    calling(controller.port)
    assert (deliver(), is_standing_still(clock.now)) == (Delivered(sent=2), False)
    controller.stop()

    assert server.addresses == ["a@habo.example", "b@habo.example"]
    assert set(Message.objects.values_list("status", "error")) == {("sent", "")}


# aiosmtpd warns of asking for a password in the open: it is this machine alone.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_wrong_password_lets_messages_wait(settings, server, clock):
    server.password = "right"
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "medel", "fel"
    make_message()

    done = deliver()
    settings.EMAIL_HOST_PASSWORD = server.password

    assert (done.unreachable[:4], states()) == ("535 ", {"a@habo.example": "queued"})
    assert deliver() == Delivered(sent=1)


# A no to one message leaves the others alone.


def test_greylisted_message_goes_after_its_pause(server, clock):
    server.on_rcpt = lambda address: "450 4.2.0 Greylisted" if address[0] == "a" else None
    make_messages("a@habo.example", "b@habo.example")

    first = deliver()
    server.on_rcpt = lambda address: None
    too_soon = deliver()
    clock.move(PAUSES[0])

    assert [first, too_soon] == [Delivered(sent=1, postponed=1), Delivered()]
    assert Message.objects.get(to_email="a@habo.example").error == "450 4.2.0 Greylisted"
    assert deliver() == Delivered(sent=1)
    assert server.addresses == ["b@habo.example", "a@habo.example"]
    assert not BouncedAddress.objects.exists()


def test_pauses_grow_and_then_a_person_takes_over(server, clock):
    server.on_rcpt = lambda address: "451 4.3.0 Inte nu"
    message = make_message()

    tries, started = [], clock.now
    while message.status == "queued":
        outcome = deliver()
        tries.append((clock.now - started, outcome.postponed, outcome.failed))
        message.refresh_from_db()
        clock.now = max(clock.now, message.send_after - timedelta(seconds=1))
        assert deliver() == Delivered()
        clock.move(timedelta(seconds=1))

    waited = [sum(PAUSES[:number], timedelta()) for number in range(len(PAUSES) + 1)]
    assert tries == [(each, 1, 0) for each in waited[:-1]] + [(waited[-1], 0, 1)]
    assert waited[-1] > timedelta(hours=64)
    assert list(Message.objects.troubled()) == [message]
    server.on_rcpt = lambda address: None
    try_again(message)
    assert (deliver(), states()) == (Delivered(sent=1), {"a@habo.example": "sent"})


@pytest.mark.parametrize(
    ("answer", "is_bounced"),
    [
        ("550 5.1.1 User unknown", True),
        ("550 No such user", True),
        ("553 5.1.3 Odd address", True),
        ("550 5.7.1 Relaying denied", False),
        ("552 5.2.2 Mailbox full", False),
        ("554 5.4.14 Loop", False),
    ],
)
def test_address_that_is_refused_is_a_task_and_the_others_go(server, answer, is_bounced):
    server.on_rcpt = lambda address: answer if address[0] == "b" else None
    make_messages("a@habo.example", "b@habo.example", "c@habo.example")

    assert deliver() == Delivered(sent=2, failed=1)

    assert server.addresses == ["a@habo.example", "c@habo.example"]
    [troubled] = Message.objects.troubled()
    assert (troubled.to_email, troubled.error) == ("b@habo.example", answer)
    assert list(BouncedAddress.objects.values_list("email", "reason")) == (
        [("b@habo.example", answer)] if is_bounced else []
    )


def test_server_takes_back_what_it_said_and_not_what_a_person_noted(server):
    BouncedAddress.objects.create(email="a@habo.example", reason="550 User unknown")
    BouncedAddress.objects.create(email="b@habo.example")
    make_messages("a@habo.example", "b@habo.example")

    assert deliver() == Delivered(sent=2)

    assert [each.email for each in BouncedAddress.objects.all()] == ["b@habo.example"]


@pytest.mark.parametrize("answer", ["552 5.3.4 Too big", "554 5.6.0 Bad content"])
def test_text_that_is_refused_is_a_task_and_the_others_go(server, answer):
    server.on_data = lambda address: answer if address[0] == "a" else None
    make_messages("a@habo.example", "b@habo.example")

    assert deliver() == Delivered(sent=1, failed=1)

    assert states() == {"a@habo.example": "failed", "b@habo.example": "sent"}
    assert not BouncedAddress.objects.exists()


def test_text_that_is_refused_for_now_goes_later(server, clock):
    server.on_data = lambda address: "451 4.3.0 Full disk"
    make_message()

    assert deliver() == Delivered(postponed=1)
    server.on_data = lambda address: None
    clock.move(PAUSES[0])

    assert (deliver(), server.addresses) == (Delivered(sent=1), ["a@habo.example"])


def test_sender_that_is_refused_is_mended_by_whoever_keeps_the_installation(server, clock):
    server.on_mail = lambda address: "553 5.7.1 Sender rejected"
    make_messages("a@habo.example", "b@habo.example")

    assert deliver() == Delivered(postponed=1)

    assert states() == {"a@habo.example": "queued", "b@habo.example": "queued"}


def test_message_that_cannot_be_written_is_a_task_and_the_others_go(server, caplog):
    make_message("a@habo.example", subject="En\nrad till")
    make_message("b@habo.example")

    assert deliver() == Delivered(sent=1, failed=1)

    assert states() == {"a@habo.example": "failed", "b@habo.example": "sent"}
    assert "BadHeaderError" in caplog.text


# The server may have taken it: nobody knows, and a person decides.


def test_connection_that_is_lost_after_the_text_is_uncertain(server, clock):
    server.on_data = lambda address: "hang up" if address[0] == "a" else None
    make_messages("a@habo.example", "b@habo.example")

    assert deliver() == Delivered(uncertain=1)
    clock.move(timedelta(days=3))

    assert deliver() == Delivered(sent=1)
    assert states() == {"a@habo.example": "uncertain", "b@habo.example": "sent"}
    assert server.addresses == ["b@habo.example"]
    server.on_data = lambda address: None
    [message] = Message.objects.troubled()
    try_again(message)
    assert deliver() == Delivered(sent=1)
    assert server.mails[-1]["Message-ID"] == message.message_id


def test_server_that_answers_too_late_gets_nothing_twice(server, clock, monkeypatch):
    answered = threading.Event()
    server.on_data = lambda address: answered.wait(10) and None
    monkeypatch.setattr(smtp, "ANSWER_TIMEOUT", 0.5)
    make_message()

    assert deliver() == Delivered(uncertain=1)
    answered.set()
    clock.move(timedelta(days=3))

    assert deliver() == Delivered()
    assert states() == {"a@habo.example": "uncertain"}


def test_server_may_take_longer_over_a_message_than_over_a_greeting(server, settings):
    settings.EMAIL_TIMEOUT = 1
    server.on_data = lambda address: time.sleep(1.5)
    make_message()

    assert deliver() == Delivered(sent=1)


def test_connection_that_is_lost_before_the_text_ends_is_no_question(server, clock):
    server.on_rcpt = lambda address: "421 4.3.2 Closing"
    make_message()

    assert deliver() == Delivered(postponed=1)
    server.on_rcpt = lambda address: None
    clock.move(PAUSES[0])

    assert (deliver(), server.addresses) == (Delivered(sent=1), ["a@habo.example"])


def test_server_that_takes_few_messages_a_call_is_called_again(server):
    taken = []

    def only_two(address):
        taken.append(address)
        return "421 4.7.0 Ring igen" if len(taken) in {3, 6} else None

    server.on_mail = only_two
    make_messages(*(f"{letter}@habo.example" for letter in "abcde"))

    assert deliver() == Delivered(sent=5)

    assert server.addresses == [f"{letter}@habo.example" for letter in "abcde"]


def test_message_taken_over_by_another_is_left_to_it(server, monkeypatch):
    """As when the database has let go of a sender that still thinks it is alive."""
    make_message()

    def taken_over(message):
        Message.objects.filter(pk=message.pk).update(attempts=2)
        return email_of(message)

    monkeypatch.setattr(outbox, "email_of", taken_over)
    assert deliver() == Delivered()

    assert (server.addresses, states()) == ([], {"a@habo.example": "sending"})


# Rewritten, or dropped, right before it goes.


@pytest.fixture
def refresh(monkeypatch):
    """Give a kind a rule that is asked before each message goes."""

    def give(rule):
        kind = MessageKind("prov", "municipalities", "Prov", facts={}, refresh=rule)
        monkeypatch.setitem(KINDS, "prov", kind)

    return give


def test_message_that_is_no_longer_wanted_is_dropped(server, refresh):
    refresh(lambda message: message.to_email != "a@habo.example")
    for address in ["a@habo.example", "b@habo.example"]:
        make_message(address, kind="prov")

    assert deliver() == Delivered(sent=1, dropped=1)

    assert states() == {"a@habo.example": "dropped", "b@habo.example": "sent"}


def test_message_is_sent_as_it_is_rewritten(server, refresh):
    def rewrite(message):
        message.subject, message.text = "Nytt", "Bara två kvar"
        return True

    refresh(rewrite)
    make_message(kind="prov")

    deliver()

    [mail] = server.mails
    assert mail["Subject"] == "Nytt"
    assert list(Message.objects.values_list("subject", "text")) == [
        ("Nytt", "Bara två kvar")
    ]


def test_rule_that_breaks_holds_up_its_own_message_alone(server, refresh, clock, caplog):
    def broken(message):
        raise LookupError(message.to_email)

    refresh(broken)
    make_message("a@habo.example", kind="prov")
    make_message("b@habo.example")

    assert deliver() == Delivered(sent=1, postponed=1)

    message = Message.objects.get(to_email="a@habo.example")
    assert (message.status, message.attempts, message.send_after) == (
        "queued",
        1,
        clock.now + PAUSES[0],
    )
    assert "LookupError" in caplog.text


def test_sign_in_codes_do_not_wait_for_a_slow_server(server, settings):
    """Those are sent while somebody looks at a page."""
    settings.EMAIL_TIMEOUT = 0.5
    answered = threading.Event()
    server.on_data = lambda address: answered.wait(10) and None

    with pytest.raises(smtplib.SMTPServerDisconnected):
        send_mail("Kod", "1234", None, ["a@habo.example"])
    answered.set()


# Taken up after somebody who is gone.


@pytest.mark.parametrize(
    ("handed_over_at", "status", "done"),
    [
        (None, "queued", Delivered()),
        (timezone.now(), "uncertain", Delivered(uncertain=1)),
    ],
)
def test_message_of_a_sender_that_is_gone_is_taken_up(handed_over_at, status, done):
    make_message(status="sending", attempts=1, handed_over_at=handed_over_at)
    found = Delivered()

    outbox.recover(found)

    assert (found, states()) == (done, {"a@habo.example": status})


def test_message_of_a_sender_that_is_alive_is_left_alone():
    message = make_message(status="sending", attempts=1)
    # Another connection, as another sender has; it sees no row of ours, only the lock.
    where = connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}
    with psycopg.connect(**where) as sender:
        sender.execute("SELECT pg_advisory_lock(%s)", [outbox.LOCKS + message.pk])

        outbox.recover()
        alive = states()
        # A connection that is closed lets go a moment later.
        sender.execute("SELECT pg_advisory_unlock(%s)", [outbox.LOCKS + message.pk])
    outbox.recover()

    assert (alive, states()) == (
        {"a@habo.example": "sending"},
        {"a@habo.example": "queued"},
    )
