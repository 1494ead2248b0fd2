"""Write a message: its words from the body's template, its facts from the caller.

Whoever changes something writes the message in the same transaction. A sender of its own
(``municipalities.outbox``) takes it from there.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

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
        return self._laid_out("html", mark_safe(self.html), body, unsubscribe)

    def letter(self, body: CoordinatingBody | None, unsubscribe: str = "") -> str:
        """Return the whole plain text of the e-mail."""
        return self._laid_out("txt", self.text, body, unsubscribe)

    def _laid_out(
        self, form: str, content: str, body: CoordinatingBody | None, unsubscribe: str
    ) -> str:
        context = {
            "subject": self.subject,
            "content": content,
            "body": body,
            "unsubscribe": unsubscribe,
        }
        # The words are Swedish whatever the language of whoever previews them.
        with translation.override(settings.LANGUAGE_CODE):
            return render_to_string(f"municipalities/messages/layout.{form}", context)


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
    bare = markdown.Words(keeps_lines=True)

    def read(render: Callable[[str, markdown.Words], str]) -> str:
        placed = {name: partial(render, block, bare) for name, block in blocks.items()}
        return render(text, replace(bare, facts=facts, links=links, blocks=placed))

    subject = markdown.PLACEHOLDER.sub(
        lambda found: facts.get(markdown.normal(found[1]), ""), words.subject
    )
    return Composed(
        subject=" ".join(subject.split()),
        text=read(markdown.plain),
        html=read(markdown.render),
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """What one receiver is told: one of many messages of the same kind."""

    to: tuple[str, ...]
    why: str
    facts: Mapping[str, str]
    links: Links | None = None
    blocks: Mapping[str, str] | None = None
    municipality: Municipality | None = None
    reply_to: str = ""
    unsubscribe: str = ""


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
    letter = Letter(
        to=tuple(to),
        why=why,
        facts=facts,
        links=links,
        blocks=blocks,
        municipality=municipality,
        reply_to=reply_to,
        unsubscribe=unsubscribe,
    )
    (messages,) = post_each(
        kind, [letter], body=body, attachments=attachments, send_after=send_after
    )
    return messages


def post_each(
    kind: str,
    letters: Iterable[Letter],
    *,
    body: CoordinatingBody | None,
    attachments: Iterable[StoredFile] = (),
    send_after: datetime | None = None,
    words: Words | None = None,
) -> list[list[Message]]:
    """Write each letter to its addresses, and return its messages, letter by letter.

    However many they are, the number of queries is the same. ``words`` are used instead of
    the body's own, as when somebody tries a text.
    """
    words = words or words_of(KINDS[kind], body)
    send_after = send_after or timezone.now()
    written: list[list[Message]] = []
    for letter in letters:
        composed = compose(
            words, facts=letter.facts, links=letter.links, blocks=letter.blocks
        )
        written.append(
            [
                Message(
                    body=body,
                    municipality=letter.municipality,
                    kind=kind,
                    why=letter.why[:300],
                    to_email=address,
                    reply_to=letter.reply_to,
                    subject=composed.subject[:250],
                    text=composed.text,
                    html=composed.html,
                    unsubscribe=letter.unsubscribe,
                    send_after=send_after,
                )
                for address in addresses(letter.to)
            ]
        )
    messages = Message.objects.bulk_create(chain.from_iterable(written))
    attach(messages, attachments)
    wake()
    return written


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
    text = re.sub(r"([\\`*_{}\[\]<>#+!|~=-])", r"\\\1", text)
    # A number with a point begins a list, where it begins a line.
    return re.sub(r"^(\s*\d+)([.)])", r"\1\\\2", text, flags=re.MULTILINE)


def _without_lacking(text: str, known: set[str]) -> str:
    lines = [
        line
        for line in text.splitlines()
        if all(name in known for name in markdown.placeholders(line))
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
