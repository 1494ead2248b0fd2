"""The words of the messages: those that come with the product, or the body's own."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from municipalities.access import Capability, StaffRequest, requires
from municipalities.editing import events_of
from municipalities.history import history_page
from municipalities.message_kinds import KINDS, MessageKind
from municipalities.message_words import (
    WordsForm,
    example_of,
    restore,
    save,
    seen_of,
    shown,
    try_out,
    value_of,
)
from municipalities.messages import Composed, Words, words_of
from municipalities.models import MessageTemplate


def kind_of(slug: str) -> MessageKind:
    """Return the kind that an address names, or 404."""
    if slug not in KINDS:
        raise Http404
    return KINDS[slug]


@requires(Capability.VIEW)
@require_safe
def messagetemplate_list(request: StaffRequest) -> HttpResponse:
    """Show every kind of message, and whose words it has."""
    own = {
        each.kind: each
        for each in MessageTemplate.objects.filter(body=request.organisation)
    }
    kinds = [
        {
            "slug": kind.slug,
            "label": capfirst(str(kind.label)),
            "subject": own[kind.slug].subject if kind.slug in own else kind.subject,
            "is_own": kind.slug in own,
        }
        for kind in KINDS.values()
    ]
    context = {"kinds": kinds, "page_title": _("Messages")}
    return render(request, "municipalities/messagetemplate_list.html", context)


@requires(Capability.EDIT)
def messagetemplate_update(request: StaffRequest, kind: str) -> HttpResponse:
    """Write the words of a kind, with a look at them beside."""
    found = kind_of(kind)
    body = request.organisation
    words = words_of(found, body)
    initial = {
        "subject": words.subject,
        "text": words.text,
        "seen": seen_of(found, body).version,
    }
    data = request.POST.copy()
    form = WordsForm(data or None, initial=initial, kind=found)
    if request.method == "POST":
        words = posted(request, is_own=words.is_own)
        if form.is_valid():
            given = Words(form.cleaned_data["subject"], form.cleaned_data["text"])
            if "test" in request.POST:
                why = _("%(name)s tried the words") % {"name": request.user}
                try_out(found, body, given, to=request.user, why=why)
                text = _("The message is sent to %(email)s. Nothing is saved yet.")
                messages.success(request, text % {"email": request.user.email})
            elif "preview" not in request.POST:
                try:
                    save(found, body, given, seen=form.cleaned_data["seen"])
                except ValidationError as error:
                    form.add_error(None, error)
                    # Whoever saves once more has been told that somebody else did.
                    data["seen"] = initial["seen"]
                else:
                    messages.success(request, _("The words are saved."))
                    return redirect("municipalities:messagetemplate_list")
    example, is_real = example_of(found, body)
    context = {
        "form": form,
        "kind": found,
        "is_own": words.is_own,
        "page_title": capfirst(str(found.label)),
        "facts": [
            {
                "name": name,
                "meaning": meaning,
                "value": value_of(name, example) if is_real else "",
                "is_needed": name in found.needed,
                "is_block": name in found.blocks,
            }
            for name, meaning in found.facts.items()
        ],
        "is_real": is_real,
        "has_history": history_row(request, found) is not None,
        "cancel_url": reverse("municipalities:messagetemplate_list"),
        **preview_of(shown(words, example)),
    }
    status = 422 if form.errors else 200
    return render(
        request, "municipalities/messagetemplate_form.html", context, status=status
    )


def posted(request: StaffRequest, *, is_own: bool = False) -> Words:
    """Return the words as they were written, right or wrong."""
    subject, text = request.POST.get("subject", ""), request.POST.get("text", "")
    return Words(subject[:200], text[:20_000].replace("\r\n", "\n"), is_own=is_own)


def preview_of(composed: Composed) -> dict[str, Any]:
    """Return how the words read, for a page."""
    return {
        "subject": composed.subject,
        # Made by our own renderer from escaped text.
        "html": mark_safe(composed.html),
    }


@requires(Capability.EDIT)
@require_POST
def messagetemplate_preview(request: StaffRequest, kind: str) -> HttpResponse:
    """Show how the words read, while they are written. Nothing is saved."""
    example, _is_real = example_of(kind_of(kind), request.organisation)
    context = preview_of(shown(posted(request), example))
    return render(request, "municipalities/_messagetemplate_preview.html", context)


@requires(Capability.EDIT)
@require_POST
def messagetemplate_restore(request: StaffRequest, kind: str) -> HttpResponse:
    """Go back to the words that come with the product."""
    try:
        restore(kind_of(kind), request.organisation, seen=request.POST.get("seen", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("municipalities:messagetemplate_update", kind)
    messages.success(request, _("The standard words are used again."))
    return redirect("municipalities:messagetemplate_list")


def history_row(request: StaffRequest, kind: MessageKind) -> MessageTemplate | None:
    """Return the row that the history is of, also one that is given up, or none."""
    events = events_of(MessageTemplate, body=request.organisation, kind=kind.slug)
    latest = events.order_by("-pgh_id").first()
    return MessageTemplate(pk=latest.pgh_obj_id) if latest else None


@requires(Capability.VIEW)
def messagetemplate_history(request: StaffRequest, kind: str) -> HttpResponse:
    """Show how the words have changed."""
    found = kind_of(kind)
    row = history_row(request, found)
    if row is None:
        raise Http404
    return history_page(
        request,
        row,
        title=capfirst(str(found.label)),
        back_url=reverse("municipalities:messagetemplate_list"),
    )
