"""Send the messages that are due, once, by hand; safe to run any number of times."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from municipalities.outbox import Delivered, deliver


class Command(BaseCommand):
    """Does what the worker does each minute, and says what it came to."""

    help = "Send the messages that are due. Running it again sends nothing twice."

    def handle(self, *args: Any, **options: Any) -> None:
        """Send, and tell."""
        for line in told(deliver()):
            self.stdout.write(line)


def told(done: Delivered) -> list[str]:
    """Return what a run came to, in sentences."""
    sentences = [
        (
            done.sent,
            ngettext("%d message was sent.", "%d messages were sent.", done.sent),
        ),
        (
            done.postponed,
            ngettext(
                "%d message was not taken, and is tried again later.",
                "%d messages were not taken, and are tried again later.",
                done.postponed,
            ),
        ),
        (
            done.failed,
            ngettext(
                "%d message was refused for good, and waits for a person.",
                "%d messages were refused for good, and wait for a person.",
                done.failed,
            ),
        ),
        (
            done.uncertain,
            ngettext(
                "%d message may have been sent: the mail server did not say."
                " A person decides.",
                "%d messages may have been sent: the mail server did not say."
                " A person decides.",
                done.uncertain,
            ),
        ),
        (
            done.dropped,
            ngettext(
                "%d message was no longer needed.",
                "%d messages were no longer needed.",
                done.dropped,
            ),
        ),
    ]
    lines = [sentence % number for number, sentence in sentences if number]
    if done.unreachable:
        sentence = _("The mail server cannot be reached, and the messages wait: %s")
        lines.append(sentence % done.unreachable)
    return lines or [_("There was nothing to send.")]
