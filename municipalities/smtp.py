"""An SMTP server, with the one moment told that matters: when a message may be taken.

A server takes a message when it has read the dot that ends it, and answers afterwards
(RFC 5321, 4.1.1.4 and 6.1). Until the dot nothing has gone, whatever happens. After it, a
lost answer leaves it unknown whether the message is on its way.
"""

import re
import smtplib
from collections.abc import Callable
from typing import Any

from django.core.mail.backends import smtp

ANSWER_TIMEOUT = 10 * 60
"""Seconds to wait for the word on a whole message, as RFC 5321, 4.5.3.2.6 asks for. A
sender that gives up sooner does not know what became of it."""


class Plain(smtplib.SMTP):
    """In the open, or with STARTTLS. Tells when a message is about to be taken."""

    before_handover: Callable[[], None] | None = None

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the text of the message, tell, end it, and return the server's answer.

        As ``smtplib`` does, but for the pause before the end.
        """
        self.putcmd("data")
        code, answer = self.getreply()
        if code != 354:
            raise smtplib.SMTPDataError(code, answer)
        self.send(re.sub(rb"(?m)^\.", b"..", msg))
        if not msg.endswith(b"\r\n"):
            self.send(b"\r\n")
        assert self.sock is not None
        timeout = self.sock.gettimeout()
        if self.before_handover is not None:
            try:
                self.before_handover()
            except BaseException:
                self.close()  # or the server would read the next command as text
                raise
            self.sock.settimeout(ANSWER_TIMEOUT)
        self.send(b".\r\n")
        code, answer = self.getreply()
        if self.sock is not None:
            self.sock.settimeout(timeout)
        return code, answer


class Encrypted(Plain, smtplib.SMTP_SSL):
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
