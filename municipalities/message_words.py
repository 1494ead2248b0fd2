"""A body's own words for a kind of message: checked, tried, saved and given up."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from municipalities import markdown
from municipalities.editing import Seen, events_of
from municipalities.message_kinds import TEST, Example, MessageKind
from municipalities.messages import Composed, Letter, Words, compose, escaped, post_each
from municipalities.models import CoordinatingBody, Message, MessageTemplate, User
from municipalities.site import absolute


class WordsForm(forms.Form):
    """The subject and the text. Every mistake is told at once."""

    subject = forms.CharField(
        label=_("subject"), max_length=200, widget=forms.TextInput(attrs={"class": "long"})
    )
    text = forms.CharField(
        label=_("text"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "true"}),
        help_text=_(
            "Written in Markdown. A line is left out where one of its facts is missing."
        ),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: MessageKind, **kwargs: Any) -> None:
        """Make a form for the words of a kind."""
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean_subject(self) -> str:
        """Refuse facts that nobody knows, and those that are more than words."""
        subject = str(self.cleaned_data["subject"])
        errors = self._unknown(subject)
        beyond = self.kind.links | self.kind.blocks
        errors += [
            ValidationError(
                _("[[%(name)s]] can stand in the text, but not in the subject."),
                code="not_in_subject",
                params={"name": name},
            )
            for name in markdown.placeholders(subject)
            if name in beyond
        ]
        if errors:
            raise ValidationError(errors)
        return subject

    def clean_text(self) -> str:
        """Refuse unknown facts, and a text without what its reader needs."""
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n").strip()
        errors = self._unknown(text)
        mentioned = markdown.placeholders(text)
        errors += [
            ValidationError(
                _("[[%(name)s]] must be in the text: %(meaning)s."),
                code="needed",
                params={"name": name, "meaning": self.kind.facts[name]},
            )
            for name in self.kind.facts
            if name in self.kind.needed and name not in mentioned
        ]
        inline = {
            name
            for line in text.splitlines()
            if not markdown.ALONE.match(line)
            for name in markdown.placeholders(line)
        }
        errors += [
            ValidationError(
                _("[[%(name)s]] must stand on a line of its own."),
                code="not_alone",
                params={"name": name},
            )
            for name in mentioned
            if name in self.kind.blocks and name in inline
        ]
        if errors:
            raise ValidationError(errors)
        return text

    def _unknown(self, text: str) -> list[ValidationError]:
        return [
            ValidationError(
                _("There is no fact called [[%(name)s]]. Choose one from the list."),
                code="unknown_placeholder",
                params={"name": name},
            )
            for name in markdown.placeholders(text)
            if name not in self.kind.facts
        ]


def example_of(kind: MessageKind, body: CoordinatingBody) -> tuple[Example, bool]:
    """Return data to show a text with, and whether they are real."""
    real = kind.example(body) if kind.example else None
    if real:
        return real, True
    meaning = {name: str(meaning) for name, meaning in kind.facts.items()}
    return (
        Example(
            facts={
                name: f"[{meaning[name]}]"
                for name in kind.facts
                if name not in kind.links | kind.blocks
            },
            links={name: (meaning[name], absolute("/")) for name in kind.links},
            blocks={name: escaped(f"[{meaning[name]}]") for name in kind.blocks},
        ),
        False,
    )


def shown(words: Words, example: Example) -> Composed:
    """Return how the words read with the example's data."""
    return compose(words, facts=example.facts, links=example.links, blocks=example.blocks)


def value_of(name: str, example: Example) -> str:
    """Return what the example says a fact is."""
    if name in example.links:
        return example.links[name][0]
    return example.blocks.get(name) or example.facts.get(name, "")


def seen_of(kind: MessageKind, body: CoordinatingBody) -> Seen:
    """Return where the body's words for the kind stand now."""
    return Seen(events_of(MessageTemplate, body=body, kind=kind.slug))


@transaction.atomic
def save(kind: MessageKind, body: CoordinatingBody, words: Words, *, seen: str) -> None:
    """Keep the words, unless somebody else has changed them: a ``ValidationError``.

    Words that are the product's own are not kept, so that they follow the product.
    """
    _lock(body)
    if error := seen_of(kind, body).objection(seen):
        raise error
    own = MessageTemplate.objects.filter(body=body, kind=kind.slug)
    if (words.subject, words.text) == (kind.subject, kind.text):
        own.delete()
        return
    facts = {"subject": words.subject, "text": words.text}
    # A row that comes back keeps its number, so that its history goes on.
    latest = events_of(MessageTemplate, body=body, kind=kind.slug).order_by("-pgh_id")
    number = {"pk": event.pgh_obj_id} if (event := latest.first()) else {}
    MessageTemplate.objects.update_or_create(
        body=body, kind=kind.slug, defaults=facts, create_defaults=facts | number
    )


@transaction.atomic
def restore(kind: MessageKind, body: CoordinatingBody, *, seen: str) -> None:
    """Go back to the words that come with the product. The history keeps the others."""
    save(kind, body, Words(kind.subject, kind.text), seen=seen)


def _lock(body: CoordinatingBody) -> None:
    CoordinatingBody.objects.select_for_update(of=("self",), no_key=True).get(pk=body.pk)


def try_out(
    kind: MessageKind, body: CoordinatingBody, words: Words, *, to: User, why: str
) -> list[Message]:
    """Send the words with the example's data to whoever writes them."""
    example, _is_real = example_of(kind, body)
    letter = Letter(
        to=(to.email,),
        why=why,
        facts=example.facts,
        links=example.links,
        blocks=example.blocks,
    )
    (written,) = post_each(TEST, [letter], body=body, words=words)
    return written
