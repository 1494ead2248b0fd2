"""A mail server on this machine, for tests: keeps what it takes, and fails when told to."""

import asyncio
import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult


@dataclass
class MailServer:
    """What it is told to answer, and what it has taken. An answer of None is yes.

    Each is asked in a thread, and may wait. ``on_data`` is asked when a whole message has
    come, with the receiver's address; "hang up" closes without an answer.
    """

    on_mail: Callable[[str], str | None] = lambda address: None
    on_rcpt: Callable[[str], str | None] = lambda address: None
    on_data: Callable[[str], str | None] = lambda address: None
    password: str = ""
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    calls: int = 0

    # What aiosmtpd calls.

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.calls += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if answer := await asyncio.to_thread(self.on_mail, address):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if answer := await asyncio.to_thread(self.on_rcpt, address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await asyncio.to_thread(self.take, envelope)
        if answer == "hang up":
            server.transport.abort()
        return answer or "250 OK"

    def take(self, envelope):
        """Decide about a message, whether or not somebody is left to hear of it."""
        [address] = envelope.rcpt_tos
        answer = self.on_data(address)
        if not answer:
            self.taken.append((envelope.mail_from, address, envelope.content))
        return answer

    # What the tests read.

    @property
    def addresses(self):
        """Whom it has taken messages to, in order."""
        return [address for _sender, address, _content in self.taken]

    @property
    def mails(self):
        """The messages, read as a mail program reads them."""
        return [
            message_from_bytes(content.replace(b"\r\n", b"\n"), policy=policy.default)
            for _sender, _address, content in self.taken
        ]


class Quiet(Controller):
    """Serves one kind of server; lets go of its connections when it stops."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.calls = []

    def factory(self):
        self.calls.append(self.make_call())
        return self.calls[-1]

    def stop(self):
        async def hang_up():
            for call in self.calls:
                if call.transport:
                    call.transport.abort()
            await asyncio.sleep(0.01)  # in which they close

        asyncio.run_coroutine_threadsafe(hang_up(), self.loop).result(timeout=10)
        super().stop()

    def make_call(self):
        server = self.handler
        if not server.password:
            return SMTP(server, hostname="mail.example", timeout=60)

        def check(_server, _session, _envelope, _mechanism, data):
            is_right = data.password.decode() == server.password
            return AuthResult(success=is_right, handled=False)

        return SMTP(
            server,
            hostname="mail.example",
            authenticator=check,
            auth_required=True,
            auth_require_tls=False,
        )


def free_port():
    """Return a port that nobody listens to."""
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        return there.getsockname()[1]


def serve(server):
    """Start the server; return the controller that stops it."""
    controller = Quiet(server, hostname="127.0.0.1", port=free_port(), ready_timeout=10)
    controller.start()
    return controller


class Greeting(socketserver.ThreadingTCPServer):
    """Says one line to whoever calls, and hangs up; an empty one is silence."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, line):
        self.calls = 0
        self.ended = threading.Event()
        greeting = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                greeting.calls += 1
                if line:
                    self.request.sendall(line.encode() + b"\r\n")
                else:
                    greeting.ended.wait(20)

        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.ended.set()
        self.shutdown()
        self.server_close()
