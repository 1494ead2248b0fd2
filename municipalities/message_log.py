"""The log of messages: what it can be limited to, its table, and what is done about one."""

import re
from typing import Any

import django_filters
import django_tables2 as tables
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from municipalities import outbox
from municipalities.message_kinds import KINDS, TEST, label_of
from municipalities.models import Message, Municipality, User
from municipalities.models.messages import TROUBLED, MessageQuerySet
from municipalities.tables import BaseTable, LabelColumn, MomentColumn
from municipalities.templatetags.ui import state

Status = Message.Status

TO_SEE_TO = "to-see-to"
"""The choice of a filter: what a person has to look at."""

COLOURS: dict[str, str] = {
    Status.QUEUED: "info",
    Status.SENDING: "info",
    Status.SENT: "success",
    Status.FAILED: "danger",
    Status.UNCERTAIN: "warning",
    Status.DROPPED: "neutral",
}

ADDRESS = re.compile(r"https?://\S+")


def kind_choices() -> list[tuple[str, str]]:
    """Return every kind, as people call it."""
    return [(slug, capfirst(str(label_of(slug)))) for slug in [*KINDS, TEST]]


def state_choices() -> list[tuple[str, str]]:
    """Return the states, and first those that ask for something."""
    found = [(status.value, capfirst(str(status.label))) for status in Status]
    return [(TO_SEE_TO, pgettext("message", "To see to")), *found]


def municipalities_of(request: Any) -> QuerySet[Municipality]:
    """Return the municipalities that a body may have written to: its county's."""
    return Municipality.objects.filter(county=request.organisation.county_id)


class MessageFilter(django_filters.FilterSet):  # type: ignore[misc]
    """By state, kind, municipality and grant, and by words."""

    text = django_filters.CharFilter(
        method="matching", label=gettext_lazy("Address or subject")
    )
    state = django_filters.ChoiceFilter(
        choices=state_choices,
        method="in_state",
        label=gettext_lazy("State"),
        empty_label=gettext_lazy("All states"),
    )
    kind = django_filters.ChoiceFilter(
        choices=kind_choices,
        label=gettext_lazy("Kind"),
        empty_label=gettext_lazy("All kinds"),
    )
    municipality = django_filters.ModelChoiceFilter(
        queryset=municipalities_of,
        to_field_name="code",
        label=gettext_lazy("Municipality"),
        empty_label=gettext_lazy("All municipalities"),
    )
    grant = django_filters.ChoiceFilter(
        field_name="about__grant",
        label=gettext_lazy("Grant"),
        empty_label=gettext_lazy("All grants"),
    )

    class Meta:
        model = Message
        fields = ["text", "state", "kind", "municipality", "grant"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the body's grants."""
        super().__init__(*args, **kwargs)
        grants = self.request.organisation.grants.order_by("-year", "short_title", "pk")
        self.filters["grant"].extra["choices"] = [
            (grant.pk, str(grant)) for grant in grants.only("year", "short_title")
        ]

    def matching(
        self, queryset: QuerySet[Message], name: str, value: str
    ) -> QuerySet[Message]:
        """Keep those with the text in the address or the subject."""
        found = Q(to_email__icontains=value) | Q(subject__icontains=value)
        return queryset.filter(found)

    def in_state(
        self, queryset: MessageQuerySet, name: str, value: str
    ) -> QuerySet[Message]:
        """Keep those in the state, or those that a person has to look at."""
        if value == TO_SEE_TO:
            return queryset.troubled()
        return queryset.filter(status=value)


def shown_state(message: Message) -> tuple[str, str]:
    """Return a message's state as a colour and in words."""
    word = str(message.get_status_display())
    if message.handled_at and message.status in TROUBLED:
        return "neutral", _("%(state)s, seen to") % {"state": word}
    if message.status == Status.QUEUED and message.attempts:
        return "warning", pgettext("message", "waiting to be tried again")
    return COLOURS[message.status], word


class StateOfMessageColumn(tables.Column):  # type: ignore[misc]
    """How far a message has come, as colour, sign and word."""

    def render(self, record: Message) -> SafeString:
        """Return the tag."""
        return state(*shown_state(record))

    def value(self, record: Message) -> str:
        """Return the word."""
        return capfirst(shown_state(record)[1])


class MessageTable(BaseTable):
    """What is written to whom, the latest first."""

    created_at = MomentColumn(verbose_name=pgettext_lazy("message", "When"))
    to_email = LabelColumn(verbose_name=pgettext_lazy("message", "To"))
    municipality = LabelColumn(order_by="municipality__code")
    kind = tables.Column(orderable=False)
    subject = tables.Column(linkify=True)
    status = StateOfMessageColumn(verbose_name=gettext_lazy("State"))

    class Meta(BaseTable.Meta):
        model = Message
        fields = ["created_at", "to_email", "municipality", "kind", "subject", "status"]
        empty_text = gettext_lazy("No messages match.")

    def render_kind(self, value: str) -> str:
        """Return what people call the kind."""
        return capfirst(str(label_of(value)))

    value_kind = render_kind


def has_secret(message: Message) -> bool:
    """Return whether the message's links let its reader in."""
    kind = KINDS.get(message.kind)
    # Nobody knows what one of a kind that is gone says.
    return kind.has_secret if kind else message.kind != TEST


def without_links(text: str) -> str:
    """Return a text with its links left out.

    >>> without_links("Välj ett lösenord: https://x.se/konto/nyckel/")
    'Välj ett lösenord: […]'
    """
    return ADDRESS.sub("[…]", text)


class NotTroubledError(Exception):
    """Somebody else has seen to the message, or it was sent after all."""

    text: Promise = gettext_lazy(
        "Nothing was changed: somebody else has seen to the message meanwhile."
    )


def _locked(message: Message) -> Message:
    locked = Message.objects.select_for_update().get(pk=message.pk)
    if locked.status not in TROUBLED:
        raise NotTroubledError
    return locked


@transaction.atomic
def send_again(message: Message, *, to: str) -> None:
    """Put the message back in the queue, perhaps to an address that is put right."""
    locked = _locked(message)
    address = to.strip().lower()
    if address != locked.to_email:
        locked.to_email = address
        locked.save(update_fields=["to_email"])
    outbox.try_again(locked)


@transaction.atomic
def arrived(message: Message, *, by: User) -> None:
    """Note that a message that nobody was sure of has come to whom it was for."""
    locked = _locked(message)
    if locked.status != Status.UNCERTAIN:
        raise NotTroubledError
    locked.status = Status.SENT
    locked.sent_at = locked.handed_over_at or timezone.now()
    _seen_to(locked, by)


@transaction.atomic
def dismiss(message: Message, *, by: User) -> None:
    """Note that nothing more is done about the message."""
    _seen_to(_locked(message), by)


def _seen_to(message: Message, by: User) -> None:
    message.handled_at = timezone.now()
    message.handled_by = by
    message.save(update_fields=["status", "sent_at", "handled_at", "handled_by"])
