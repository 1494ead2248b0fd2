"""E-mail on a developer's machine: kept in files, shown on a page, sent nowhere."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


def is_kept() -> bool:
    """Return whether messages stay on this machine."""
    return str(settings.EMAIL_BACKEND) == f"{__name__}.Backend"


class Backend(BaseEmailBackend):
    """Keeps each message in a file of its own, as it would have gone out."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep them; return how many there were."""
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{timezone.now():%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:8]}.eml"
            (folder / name).write_bytes(message.message().as_bytes())
        return len(email_messages)


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that was kept."""

    name: str
    at: datetime
    message: Parsed

    @property
    def text(self) -> str:
        """The plain text."""
        part = self.message.get_body(("plain",))
        return str(part.get_content()) if part else ""

    @property
    def attachments(self) -> list[str]:
        """The names of the files."""
        return [part.get_filename() or "" for part in self.message.iter_attachments()]


def kept(limit: int = 100) -> list[Kept]:
    """Return the latest messages, newest first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.eml"), reverse=True)[:limit]
    return [
        Kept(
            name=file.stem,
            at=datetime.fromtimestamp(
                file.stat().st_mtime, tz=timezone.get_current_timezone()
            ),
            message=message_from_bytes(file.read_bytes(), policy=policy.default),
        )
        for file in files
    ]
