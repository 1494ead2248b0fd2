"""Send what is written: each message once, however often and wherever this is started.

A message is claimed, handed to the mail server, and marked as sent, in that order, each
step saved before the next. Whoever dies before the handover has sent nothing: the message
is taken up again at once. Whoever dies during it leaves a message that the server may or
may not have taken; it is never sent again by itself, but put before a person (decision 11).

That a claimed message's sender is alive is told by an advisory lock, which PostgreSQL lets
go of when the sender's connection ends.
"""

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from municipalities.message_kinds import KINDS
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
]
"""How long to wait after each try that fails. After the last one a person takes over."""

NO_SUCH_ADDRESS = {550, 551, 553}
"""What a server answers about an address that it will never take (RFC 5321, 4.2.3)."""

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


class LostClaimError(Exception):
    """Somebody else has taken the message over: it is not ours to send."""


def deliver(*, until: datetime | None = None) -> Delivered:
    """Send all that is due, and return what it came to.

    May run in several places at once. It stops early when the mail server cannot be
    reached: the rest waits for the next run, which is a minute away.
    """
    done = Delivered()
    recover(done)
    with get_connection() as connection:
        while message := _claim(until or timezone.now(), done):
            try:
                if not _send(message, connection, done):
                    break
            finally:
                _unlock(message.pk)
    return done


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


@transaction.atomic
def _claim(now: datetime, done: Delivered) -> Message | None:
    """Return the next message that is due, claimed and locked, or none."""
    due = (
        Message.objects.due(now)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("body")
        .order_by("send_after", "pk")
    )
    while (message := due.first()) is not None:
        refresh = getattr(KINDS.get(message.kind), "refresh", None)
        if refresh is None or refresh(message):
            break
        message.status = Message.Status.DROPPED
        message.save()
        done.dropped += 1
    if message is None or not _lock(message.pk):
        return None
    message.status = Message.Status.SENDING
    message.attempts += 1
    message.claimed_at = now
    message.handed_over_at = None
    message.save()
    return message


def _send(message: Message, connection: Any, done: Delivered) -> bool:
    """Try the message once; return whether it is worth trying the next."""

    def handing_over() -> None:
        claimed = Message.objects.filter(
            pk=message.pk,
            status=Message.Status.SENDING,
            claimed_at=message.claimed_at,
        )
        message.handed_over_at = timezone.now()
        if not claimed.update(handed_over_at=message.handed_over_at):
            raise LostClaimError

    try:
        connection.open()
        _hand_over(message, connection, handing_over)
    except LostClaimError:
        logger.warning("Message %s was taken over by another sender.", message.pk)
        connection.close()
        return True
    except (smtplib.SMTPException, OSError) as error:
        connection.close()
        return _failed(message, error, done)
    message.status, message.sent_at, message.error = (
        Message.Status.SENT,
        timezone.now(),
        "",
    )
    message.save(update_fields=["status", "sent_at", "error"])
    BouncedAddress.objects.filter(email=message.to_email).delete()
    done.sent += 1
    return True


def _hand_over(message: Message, connection: Any, handing_over: Callable[[], None]) -> None:
    email = email_of(message)
    if hasattr(connection, "before_handover"):
        connection.before_handover = handing_over
    else:
        handing_over()
    email.connection = connection
    email.send()


def email_of(message: Message) -> EmailMultiAlternatives:
    """Return the message as it goes out."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    sender = settings.DEFAULT_FROM_EMAIL
    if message.body:
        sender = formataddr((str(message.body), address))
    headers = {
        "Message-ID": message.message_id,
        # RFC 3834: nobody's out-of-office answers to a machine.
        "Auto-Submitted": "auto-generated",
        "Content-Language": "sv",
    }
    if message.unsubscribe:
        # RFC 2369, and RFC 8058 for the button that mail programs show.
        headers["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    email = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=sender,
        to=[message.to_email],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers=headers,
    )
    email.attach_alternative(message.html, "text/html")
    for file in message.attachments.all():
        email.attach(file.name, bytes(file.content), file.content_type)
    return email


def _failed(message: Message, error: Exception, done: Delivered) -> bool:
    """Note what went wrong, and when to try again; return whether to go on."""
    code, answer = _answer(error)
    message.error = f"{code} {answer}" if code else answer
    # A wrong password is mended by whoever keeps the installation, not by giving up.
    is_final = 500 <= code < 600 and not isinstance(error, smtplib.SMTPAuthenticationError)
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
    message.save(update_fields=["status", "send_after", "error"])
    if code in NO_SUCH_ADDRESS and isinstance(error, smtplib.SMTPRecipientsRefused):
        BouncedAddress.objects.update_or_create(
            email=message.to_email,
            defaults={"bounced_at": timezone.now(), "reason": message.error},
        )
    # Another message may go better than one that was refused itself.
    return isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)


def _answer(error: Exception) -> tuple[int, str]:
    """Return the server's code, 0 without one, and its words."""
    words: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        [(code, words)] = error.recipients.values()
    elif isinstance(error, smtplib.SMTPResponseException):
        code, words = error.smtp_code, error.smtp_error
    else:
        return 0, str(error) or type(error).__name__
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return code, text


def try_again(message: Message) -> None:
    """Put a message that failed, or may not have arrived, back in the queue."""
    Message.objects.filter(
        pk=message.pk, status__in=[Message.Status.FAILED, Message.Status.UNCERTAIN]
    ).update(
        status=Message.Status.QUEUED,
        attempts=0,
        send_after=timezone.now(),
        handed_over_at=None,
        handled_at=None,
        handled_by=None,
    )
