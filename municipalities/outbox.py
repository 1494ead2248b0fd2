"""Send what is written: each message once, however often and wherever this is started.

A message is claimed, handed to the mail server, and marked as sent, in that order, each
step saved before the next. Whoever dies before the handover has sent nothing: the message
is taken up again at once. Whoever dies during it leaves a message that the server may or
may not have taken; it is never sent again by itself, but put before a person (decision 11).

That a claimed message's sender is alive is told by an advisory lock, which PostgreSQL lets
go of when the sender's connection ends.
"""

import contextlib
import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import Error as AnyDatabaseError
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from municipalities import tasks
from municipalities.message_kinds import KINDS
from municipalities.messages import Composed
from municipalities.models import BouncedAddress, Message

logger = logging.getLogger(__name__)

PAUSES = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=24),
]
"""How long to wait after each try that fails: a weekend in all. After the last one a
person takes over."""

NO_SUCH_ADDRESS = {550, 551, 553}
"""What a server answers about an address that it will never take (RFC 5321, 4.2.3)."""

POLICY = "5.7."
"""How an answer begins that is about us, and not about the address (RFC 3463, 3.8)."""

LOCKS = 0x5EAD << 40
"""Where our advisory locks begin: a message's is this and its number."""


@dataclass
class Delivered:
    """What a run came to."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0
    uncertain: int = 0
    dropped: int = 0
    unreachable: str = ""
    """Why the mail server could not be reached. What is due then goes on waiting."""


class LostClaimError(Exception):
    """Somebody else has taken the message over: it is not ours to send."""


def deliver(
    *, until: datetime | None = None, keep_on: Callable[[], bool] = lambda: True
) -> Delivered:
    """Send all that is due, and return what it came to.

    May run in several places at once, but not in a transaction. It stops early when the
    mail server does not work, and the rest waits for the next run, or when ``keep_on`` says
    so, between two messages.
    """
    done = Delivered()
    recover(done)
    connection = get_connection()
    tried: set[int] = set()
    try:
        while keep_on():
            now = until or timezone.now()
            if not _reach(connection, now, done):
                break
            message = _claim(now, tried, done)
            if message is None:
                break
            try:
                if not _send(message, connection, done):
                    break
            finally:
                _unlock(message.pk)
    finally:
        _hang_up(connection)
    return done


def is_standing_still(now: datetime) -> bool:
    """Return whether messages wait that should have gone long ago: nobody sends them."""
    return Message.objects.stuck(now).exists()


def recover(done: Delivered | None = None) -> None:
    """Take up what somebody claimed who is no longer there."""
    done = done or Delivered()
    for pk in Message.objects.filter(status=Message.Status.SENDING).values_list(
        "pk", flat=True
    ):
        if not _lock(pk):
            continue  # its sender is alive
        try:
            left = Message.objects.filter(pk=pk, status=Message.Status.SENDING)
            left.filter(handed_over_at=None).update(status=Message.Status.QUEUED)
            done.uncertain += left.update(status=Message.Status.UNCERTAIN)
        finally:
            _unlock(pk)


def _lock(pk: int) -> bool:
    """Take the message's lock if it is free; return whether it is ours now."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCKS + pk])
        return bool(cursor.fetchone()[0])


def _unlock(pk: int) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCKS + pk])


def _reach(connection: Any, now: datetime, done: Delivered) -> bool:
    """Return whether there is anything to send, and a mail server that listens.

    A server that is away is nobody's failed try: what is due stays due, however long.
    """
    due = Message.objects.due(now)
    if not due.exists():
        return False
    try:
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        done.unreachable = _sentence(error)
        logger.warning("The mail server cannot be reached: %s", done.unreachable)
        # So that the log of messages tells why they wait.
        due.exclude(error=done.unreachable).update(error=done.unreachable)
        _hang_up(connection)
        return False
    return True


def _hang_up(connection: Any) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):
        connection.close()


# In a transaction around, a claim would be undone by a crash after the message is sent.
@transaction.atomic(durable=True)
def _claim(now: datetime, tried: set[int], done: Delivered) -> Message | None:
    """Return the next message that is due, claimed and locked, or none.

    Each is tried once in a run: those that have been are told by ``tried``.
    """
    due = (
        Message.objects.due(now)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("body")
        .order_by("send_after", "pk")
    )
    while (message := due.exclude(pk__in=tried).first()) is not None:
        tried.add(message.pk)
        message.attempts += 1
        message.claimed_at = timezone.now()
        message.handed_over_at = None
        if _is_wanted(message, done) and _lock(message.pk):
            message.status = Message.Status.SENDING
            message.save()
            return message
    return None


def _is_wanted(message: Message, done: Delivered) -> bool:
    """Let the message be rewritten from the facts of the moment, or dropped."""
    refresh = getattr(KINDS.get(message.kind), "refresh", None)
    if refresh is None:
        return True
    try:
        with transaction.atomic():
            is_wanted = bool(refresh(message))
    except AnyDatabaseError:
        raise
    except Exception as error:  # the messages after it must go
        _failed(message, error, done)
        return False
    if not is_wanted:
        message.status = Message.Status.DROPPED
        message.save()
        done.dropped += 1
    return is_wanted


def _send(message: Message, connection: Any, done: Delivered) -> bool:
    """Try the message once; return whether it is worth trying the next."""
    try:
        _hand_over(message, connection)
    except LostClaimError:
        logger.warning("Message %s was taken over by another sender.", message.pk)
        _hang_up(connection)
        return True
    except AnyDatabaseError:
        raise  # whoever comes next takes up the message, from what is saved
    except Exception as error:  # the messages after it must go
        _hang_up(connection)
        return _failed(message, error, done)
    message.status = Message.Status.SENT
    message.sent_at = timezone.now()
    message.error = ""
    message.save(update_fields=["status", "sent_at", "error"])
    # What a person has noted, from an e-mail that came back, the server knows nothing of.
    BouncedAddress.objects.filter(email=message.to_email).exclude(reason="").delete()
    done.sent += 1
    return True


def _hand_over(message: Message, connection: Any) -> None:
    """Give the message to the mail server, and save that it begins to."""

    def handing_over() -> None:
        claimed = Message.objects.filter(
            pk=message.pk,
            status=Message.Status.SENDING,
            attempts=message.attempts,
            claimed_at=message.claimed_at,
        )
        moment = timezone.now()
        if not claimed.update(handed_over_at=moment):
            raise LostClaimError
        message.handed_over_at = moment

    email = email_of(message)
    email.connection = connection
    if not hasattr(connection, "before_handover"):
        handing_over()
        email.send()
        return
    connection.before_handover = handing_over
    try:
        email.send()
    except smtplib.SMTPException as error:
        if message.handed_over_at or not _has_left(error):
            raise
        # It takes so many messages a call, and no more. Call again.
        _hang_up(connection)
        email.send()


def _has_left(error: smtplib.SMTPException) -> bool:
    return isinstance(error, smtplib.SMTPServerDisconnected) or _answer(error)[0] == 421


def email_of(message: Message) -> EmailMultiAlternatives:
    """Return the message as it goes out."""
    sender = settings.DEFAULT_FROM_EMAIL
    if message.body:
        sender = formataddr((str(message.body), parseaddr(sender)[1]))
    headers = {
        "Message-ID": message.message_id,
        # Nobody's out-of-office answers to a machine: RFC 3834, and Exchange's own.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": "sv",
    }
    if message.unsubscribe:
        # RFC 2369, and RFC 8058 for the button that mail programs show.
        headers["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    composed = Composed(message.subject, message.text, message.html)
    email = EmailMultiAlternatives(
        subject=message.subject,
        body=composed.letter(message.body, message.unsubscribe),
        from_email=sender,
        to=[message.to_email],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers=headers,
    )
    email.attach_alternative(
        composed.document(message.body, message.unsubscribe), "text/html"
    )
    for file in message.attachments.defer(None):  # with their content
        email.attach(file.name, bytes(file.content), file.content_type)
    return email


def _failed(message: Message, error: Exception, done: Delivered) -> bool:
    """Note what went wrong, and when to try again; return whether to go on."""
    code, _words = _answer(error)
    is_ours = not isinstance(error, smtplib.SMTPException | OSError)
    if is_ours:
        logger.error("Message %s cannot be written.", message.pk, exc_info=error)
    # What says no to this message or its address, and not to us: others may go better.
    is_about_it = code != 421 and isinstance(
        error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError
    )
    is_final = (is_about_it and code >= 500) or isinstance(error, ValueError)
    message.error = _sentence(error)
    # A server that says no has not taken it; without an answer nobody knows.
    if message.handed_over_at and not code:
        message.status = Message.Status.UNCERTAIN
        done.uncertain += 1
    elif is_final or message.attempts > len(PAUSES):
        message.status = Message.Status.FAILED
        done.failed += 1
    else:
        message.status = Message.Status.QUEUED
        message.send_after = timezone.now() + PAUSES[message.attempts - 1]
        done.postponed += 1
    message.save(update_fields=["status", "send_after", "attempts", "claimed_at", "error"])
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        _note_bounce(message, code)
    return is_ours or is_about_it


def _note_bounce(message: Message, code: int) -> None:
    """Remember an address that the server will never take."""
    _code, _space, words = message.error.partition(" ")
    if code in NO_SUCH_ADDRESS and not words.startswith(POLICY):
        BouncedAddress.objects.update_or_create(
            email=message.to_email,
            defaults={"bounced_at": timezone.now(), "reason": message.error},
        )


def _answer(error: Exception) -> tuple[int, str]:
    """Return the server's no and its words; 0 where it has said neither yes nor no."""
    words: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        [(code, words)] = error.recipients.values()
    elif isinstance(error, smtplib.SMTPResponseException):
        code, words = error.smtp_code, error.smtp_error
        # smtplib makes up codes of its own for answers that it cannot read.
        if type(error) is smtplib.SMTPResponseException or not 400 <= code < 600:
            code = 0
    else:
        return 0, str(error) or type(error).__name__
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return code, " ".join(text.split())


def _sentence(error: Exception) -> str:
    code, words = _answer(error)
    return f"{code} {words}" if code else words


def try_again(*messages: Message) -> None:
    """Put messages that failed, or may not have arrived, back in the queue."""
    Message.objects.filter(
        pk__in=[message.pk for message in messages],
        status__in=[Message.Status.FAILED, Message.Status.UNCERTAIN],
    ).update(
        status=Message.Status.QUEUED,
        attempts=0,
        send_after=timezone.now(),
        handed_over_at=None,
        handled_at=None,
        handled_by=None,
    )
    transaction.on_commit(tasks.wake, robust=True)
