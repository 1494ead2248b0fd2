"""Write a message: its words from the body's template, its facts from the caller.

Whoever changes something writes the message in the same transaction. A sender of its own
(``municipalities.outbox``) takes it from there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html import unescape

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from municipalities import markdown, tasks
from municipalities.message_kinds import KINDS, MessageKind
from municipalities.models import (
    CoordinatingBody,
    Message,
    MessageTemplate,
    Municipality,
    StoredFile,
)

Links = Mapping[str, tuple[str, str]]
"""By name: the words that are linked, and the address."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a kind: the body's own, or those that come with the product."""

    subject: str
    text: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Composed:
    """A message as it is read: subject, plain text, and a fragment of HTML."""

    subject: str
    text: str
    html: str

    def document(self, body: CoordinatingBody | None, unsubscribe: str = "") -> str:
        """Return the whole HTML of the e-mail."""
        context = {"message": self, "body": body, "unsubscribe": unsubscribe}
        return render_to_string("municipalities/messages/layout.html", context)


def words_of(kind: MessageKind, body: CoordinatingBody | None) -> Words:
    """Return the body's words for the kind, else those that come with the product."""
    own = body and MessageTemplate.objects.filter(body=body, kind=kind.slug).first()
    if own:
        return Words(own.subject, own.text, is_own=True)
    return Words(kind.subject, kind.text)


def compose(
    words: Words,
    *,
    facts: Mapping[str, str],
    links: Links | None = None,
    blocks: Mapping[str, str] | None = None,
) -> Composed:
    """Return the message in words.

    ``blocks`` are Markdown that stands on lines of its own, with no facts in it. A line
    that mentions something nobody has told is left out, so that a text need not ask first.
    """
    links, blocks = links or {}, blocks or {}
    known = {name for name, value in {**facts, **blocks}.items() if value} | links.keys()
    text = _without_lacking(words.text, known)
    return Composed(
        subject=" ".join(_plain(words.subject, facts, {}, {}).split()),
        text=_plain(text, facts, links, blocks),
        html=markdown.render(
            text,
            markdown.Words(
                facts=facts,
                links=links,
                blocks={
                    name: partial(markdown.render, block, markdown.Words())
                    for name, block in blocks.items()
                },
            ),
        ),
    )


def post(
    kind: str,
    *,
    to: Iterable[str],
    body: CoordinatingBody | None,
    why: str,
    facts: Mapping[str, str],
    links: Links | None = None,
    blocks: Mapping[str, str] | None = None,
    municipality: Municipality | None = None,
    reply_to: str = "",
    unsubscribe: str = "",
    attachments: Iterable[StoredFile] = (),
    send_after: datetime | None = None,
) -> list[Message]:
    """Write the message to each address, once each, and return what was written.

    They are sent when the transaction around is done; nothing is when it is rolled back.
    """
    words = words_of(KINDS[kind], body)
    composed = compose(words, facts=facts, links=links, blocks=blocks)
    messages = Message.objects.bulk_create(
        Message(
            body=body,
            municipality=municipality,
            kind=kind,
            why=why[:300],
            to_email=address,
            reply_to=reply_to,
            subject=composed.subject[:250],
            text=composed.text,
            html=composed.html,
            unsubscribe=unsubscribe,
            send_after=send_after or timezone.now(),
        )
        for address in addresses(to)
    )
    attach(messages, attachments)
    wake()
    return messages


def attach(messages: Iterable[Message], files: Iterable[StoredFile]) -> None:
    """Add the files to every message, in one query."""
    link = Message.attachments.through
    files = list(files)
    link.objects.bulk_create(
        link(message_id=message.pk, storedfile_id=file.pk)
        for message in messages
        for file in files
    )


def wake() -> None:
    """Ask for the messages to be sent as soon as the transaction around is done."""
    transaction.on_commit(tasks.wake, robust=True)


def addresses(to: Iterable[str]) -> list[str]:
    """Return each address once, in lower case and in order.

    >>> addresses(["B@x.se", "a@x.se", "b@x.se", ""])
    ['a@x.se', 'b@x.se']
    """
    return sorted({address.strip().lower() for address in to if address.strip()})


def escaped(text: str) -> str:
    """Return a text so that Markdown shows it as it is, for a block.

    >>> escaped("*Ny* [nyckel]")
    '\\\\*Ny\\\\* \\\\[nyckel\\\\]'
    """
    return re.sub(r"([\\\\`*_{}\[\]<>#+!|~])", r"\\\1", text)


def _without_lacking(text: str, known: set[str]) -> str:
    lines = [
        line
        for line in text.splitlines()
        if all(name in known for name in markdown.placeholders(line))
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _plain(
    text: str, facts: Mapping[str, str], links: Links, blocks: Mapping[str, str]
) -> str:
    """Return Markdown as plain text: facts put in, marks of emphasis taken away."""

    def value(match: re.Match[str]) -> str:
        name = markdown.normal(match[1])
        if name in links:
            label, address = links[name]
            return f"{label}: {address}"
        if name in blocks:
            return _unmarked(blocks[name])
        return facts.get(name, "")

    return markdown.PLACEHOLDER.sub(value, _unmarked(text)).strip()


def _unmarked(text: str) -> str:
    text = re.sub(r"\*\*(.+?)\*\*", r"\1", text)
    text = re.sub(r"^#+ ", "", text, flags=re.MULTILINE)
    text = re.sub(r"<((?:https?://|mailto:)[^>\s]+)>", r"\1", text)
    text = re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+)\)", r"\1: \2", text)
    return unescape(re.sub(r"\\([\\`*_{}\[\]<>#+!|~])", r"\1", text))
