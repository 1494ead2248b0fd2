"""An SMTP server, with the one moment told that matters: when a message is handed over.

Until then nothing has gone, whatever happens. From then, a lost connection leaves it
unknown whether the server took the message (RFC 5321, 4.5.3.2.6: the end of DATA).
"""

import smtplib
from collections.abc import Callable
from typing import Any

from django.core.mail.backends import smtp

ANSWER_TIMEOUT = 600
"""Seconds to wait for the server's word on a whole message, as RFC 5321 asks for."""


class HandingOver:
    """Tells when the text of a message is about to go."""

    before_handover: Callable[[], None] | None = None
    sock: Any

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the text of the message and return the server's answer."""
        if self.before_handover is not None:
            self.before_handover()
        self.sock.settimeout(ANSWER_TIMEOUT)
        return super().data(msg)  # type: ignore[misc,no-any-return]


class Plain(HandingOver, smtplib.SMTP):
    """In the open, or with STARTTLS."""


class Encrypted(HandingOver, smtplib.SMTP_SSL):
    """Encrypted from the first byte."""


class Backend(smtp.EmailBackend):
    """Django's, over a connection that tells."""

    before_handover: Callable[[], None] | None = None

    @property
    def connection_class(self) -> type[Any]:
        """The kind of connection that the settings ask for."""
        return Encrypted if self.use_ssl else Plain

    def _send(self, email_message: Any) -> bool:
        self.connection.before_handover = self.before_handover  # type: ignore[union-attr]
        return bool(super()._send(email_message))  # type: ignore[misc]
