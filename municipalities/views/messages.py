"""The log of messages: to whom, when, why, and how it went."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_filters import FilterSet

from municipalities.access import Capability, StaffRequest, requires, staff_view
from municipalities.history import history_page
from municipalities.listing import ListView
from municipalities.message_kinds import label_of
from municipalities.message_log import (
    MessageFilter,
    MessageTable,
    NotTroubledError,
    arrived,
    dismiss,
    has_secret,
    send_again,
    shown_state,
    without_links,
)
from municipalities.models import BouncedAddress, Membership, Message
from municipalities.models.messages import TROUBLED


@staff_view(Capability.VIEW)
class MessageListView(ListView):
    """Every message of the body."""

    page_title = gettext_lazy("Messages")
    table_class = MessageTable
    filterset_class: type[FilterSet] | None = MessageFilter
    template_name = "municipalities/message_list.html"

    def get_queryset(self) -> QuerySet[Message]:
        """Return the body's own."""
        body = self.request.organisation  # type: ignore[attr-defined]
        return (
            Message.objects.of_body(body)
            .select_related("municipality")
            .defer("text", "html")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Tell how many ask for something, and whether anybody sends at all."""
        own = Message.objects.of_body(self.request.organisation)  # type: ignore[attr-defined]
        return super().get_context_data(
            troubled=own.troubled().count(),
            is_stuck=own.stuck(timezone.now()).exists(),
            **kwargs,
        )


def message_of(request: StaffRequest, pk: int) -> Message:
    """Return the body's message, or answer 404."""
    own = Message.objects.of_body(request.organisation)
    return get_object_or_404(
        own.select_related("body", "municipality", "about__grant", "handled_by"), pk=pk
    )


@requires(Capability.VIEW)
@require_safe
def message_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a message as it was sent, and what became of it."""
    message = message_of(request, pk)
    about = getattr(message, "about", None)
    is_secret = has_secret(message)
    is_troubled = message.status in TROUBLED
    kind, word = shown_state(message)
    context = {
        "message": message,
        "page_title": message.subject,
        "label": label_of(message.kind),
        "grant": about.grant if about else None,
        "state_kind": kind,
        "state_word": word,
        "attachments": list(message.attachments.all()),
        "is_secret": is_secret,
        "text": without_links(message.text) if is_secret else message.text,
        # Written by our own renderer from escaped text.
        "html": "" if is_secret else mark_safe(message.html),
        "is_troubled": is_troubled,
        "is_uncertain": message.status == Message.Status.UNCERTAIN,
        "bounced": BouncedAddress.objects.filter(email=message.to_email).first(),
        "person": person_at(message) if is_troubled else None,
    }
    return render(request, "municipalities/message_detail.html", context)


def person_at(message: Message) -> dict[str, str] | None:
    """Return whose address it is in the municipality, and where it is put right."""
    if message.municipality is None:
        return None
    membership = (
        Membership.objects.not_ended()
        .within(message.municipality)
        .filter(user__email=message.to_email)
        .select_related("user")
        .first()
    )
    if membership is None:
        return None
    args = [message.municipality.code, membership.pk]
    return {
        "name": str(membership.user),
        "url": reverse("municipalities:municipality_person_update", args=args),
    }


@requires(Capability.VIEW)
def message_history(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what has happened to a message."""
    message = message_of(request, pk)
    return history_page(
        request, message, title=message.subject, back_url=message.get_absolute_url()
    )


def see_to(
    request: StaffRequest, message: Message, verb: Callable[[], None], text: str
) -> HttpResponse:
    """Do what is chosen, say so, and show the message again."""
    try:
        verb()
    except NotTroubledError as error:
        messages.error(request, str(error.text))
    else:
        messages.success(request, text)
    return redirect(message)


@requires(Capability.EDIT)
@require_POST
def message_send_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Send a message that failed once more, perhaps to another address."""
    message = message_of(request, pk)
    to = request.POST.get("to", "").strip() or message.to_email
    if to.lower() != message.to_email and has_secret(message):
        messages.error(
            request,
            _("The message lets its reader in. Correct the person's address instead."),
        )
        return redirect(message)
    try:
        validate_email(to)
    except ValidationError:
        text = _("%(email)s is not an e-mail address. Nothing was sent.")
        messages.error(request, text % {"email": to})
        return redirect(message)
    text = _("The message is sent again to %(email)s.") % {"email": to}
    return see_to(request, message, lambda: send_again(message, to=to), text)


@requires(Capability.EDIT)
@require_POST
def message_arrived(request: StaffRequest, pk: int) -> HttpResponse:
    """Note that a message came to whom it was for."""
    message = message_of(request, pk)
    text = _("Noted: the message has arrived.")
    return see_to(request, message, lambda: arrived(message, by=request.user), text)


@requires(Capability.EDIT)
@require_POST
def message_dismiss(request: StaffRequest, pk: int) -> HttpResponse:
    """Note that nothing more is done about a message."""
    message = message_of(request, pk)
    text = _("The message is seen to. Nothing more is sent.")
    return see_to(request, message, lambda: dismiss(message, by=request.user), text)
