"""The kinds of messages: each has words to start from and facts that it may tell.

An app registers its own kinds in a module ``message_kinds``, which ``AppConfig.ready``
imports. The words are in ``templates/<app>/messages/<slug>.md``: the subject on the first
line, an empty line, and the text in Markdown with ``[[facts]]``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from municipalities.models import CoordinatingBody, Message


@dataclass(frozen=True)
class Example:
    """Real data to preview a text with."""

    facts: Mapping[str, str]
    links: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MessageKind:
    """What is said on one kind of occasion."""

    slug: str
    app: str
    label: Promise
    facts: Mapping[str, Promise]
    """The names that the text may mention, and what each stands for."""
    links: frozenset[str] = frozenset()
    """Those of them that are links, which a subject cannot hold."""
    blocks: frozenset[str] = frozenset()
    """Those that stand on a line of their own."""
    needed: frozenset[str] = frozenset()
    """The names that a text of one's own may not leave out."""
    has_secret: bool = False
    """Whether its links let the reader in: the log does not show them."""
    example: Callable[[CoordinatingBody], Example | None] | None = None
    """Returns the latest real occasion, or none where there has not been any."""
    refresh: Callable[[Message], bool] | None = None
    """Called right before sending: writes the message anew from the facts of the moment,
    and returns whether it is still wanted."""

    @cached_property
    def _words(self) -> tuple[str, str]:
        path = settings.BASE_DIR / "templates" / self.app / "messages" / f"{self.slug}.md"
        subject, _empty, text = path.read_text(encoding="utf-8").partition("\n\n")
        return subject.strip(), text.strip()

    @property
    def subject(self) -> str:
        """The subject that comes with the product."""
        return self._words[0]

    @property
    def text(self) -> str:
        """The text that comes with the product."""
        return self._words[1]


KINDS: dict[str, MessageKind] = {}
"""Every kind by its slug, in the order that the apps registered them."""


def register(*kinds: MessageKind) -> None:
    """Make kinds known. An app's own come after those of the apps below it."""
    for kind in kinds:
        KINDS[kind.slug] = kind


TEST = "test"
"""The kind of a message that somebody sends to try a text. It has no words of its own."""


def label_of(slug: str) -> Any:
    """Return what people call the kind."""
    if slug == TEST:
        return _("A text is tried")
    kind = KINDS.get(slug)
    return kind.label if kind else slug


register(
    MessageKind(
        slug="invitation",
        app="municipalities",
        label=_("Somebody is let in"),
        facts={
            "organisation": _("the body or the municipality"),
            "vem": _("who let them in"),
            "roll": _("their role"),
            "så loggar du in": _("how they sign in, in a sentence"),
            "logga in": _("where they sign in, or choose a password"),
            "ny länk": _("where a link that no longer works is asked for anew"),
        },
        needed=frozenset({"logga in"}),
        links=frozenset({"logga in", "ny länk"}),
        has_secret=True,
    ),
)
