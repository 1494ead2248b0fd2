"""The messages of reporting: what each is called and what it may tell."""

from django.utils.translation import gettext_lazy as _

from municipalities.message_kinds import MessageKind, register
from reporting import comments

COMMENT = {
    "organisation": _("the body"),
    "kommun": _("the municipality, as it calls itself"),
    "medel": _("the grant's short name and year"),
    "vem": _("who wrote it"),
    "inlägg": _("what was written"),
}
"""What every message about a comment may tell."""


register(
    MessageKind(
        slug="comment_to_municipality",
        app="reporting",
        label=_("Question or answer to a municipality"),
        facts=COMMENT | {"svara": _("link to where it is answered")},
        needed=frozenset({"inlägg", "svara"}),
        links=frozenset({"svara"}),
        blocks=frozenset({"inlägg"}),
        example=comments.latest_answer,
    ),
    MessageKind(
        slug="comment_to_body",
        app="reporting",
        label=_("Question from a municipality"),
        facts=COMMENT | {"svara": _("link to where it is answered")},
        needed=frozenset({"inlägg", "svara"}),
        links=frozenset({"svara"}),
        blocks=frozenset({"inlägg"}),
        example=comments.latest_question,
    ),
    MessageKind(
        slug="comment_to_colleague",
        app="reporting",
        label=_("A colleague wants somebody to read a comment"),
        facts=COMMENT | {"läs": _("link to where it is read")},
        needed=frozenset({"inlägg", "läs"}),
        links=frozenset({"läs"}),
        blocks=frozenset({"inlägg"}),
        example=comments.latest_note,
    ),
)
