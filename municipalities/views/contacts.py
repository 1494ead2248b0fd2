"""Contacts: what to see over, confirmed once a year, mailboxes and addresses that fail."""

from collections import Counter
from typing import Any, ClassVar

import django_tables2 as tables
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from municipalities.access import Capability, can, staff_view
from municipalities.contact_watch import ALARMS, CUT_OFF, Concern, Matter, concerns_of
from municipalities.contacts import confirm, note_bounced, note_works
from municipalities.listing import ListView
from municipalities.models import User
from municipalities.person_forms import MailboxForm
from municipalities.site import next_page
from municipalities.tables import BaseTable, DateColumn, StateColumn
from municipalities.views.municipal_people import (
    Desk,
    Request,
    at_desk_in_county,
    at_own_desk,
    begin_change,
)

# What to see over ----------------------------------------------------------------------

KINDS = {
    Matter.UNREACHABLE: "danger",
    Matter.TURNED_OFF: "danger",
    Matter.NO_CONTACT: "danger",
    Matter.BOUNCED: "warning",
    Matter.LEFT: "warning",
    Matter.LEAVES: "info",
    Matter.UNCONFIRMED: "neutral",
}
"""The colour of each matter."""

TO_DO = {
    Matter.UNREACHABLE: gettext_lazy("Let a contact person in"),
    Matter.TURNED_OFF: gettext_lazy("Ask who is to get reminders"),
    Matter.NO_CONTACT: gettext_lazy("Choose a contact person"),
    Matter.BOUNCED: gettext_lazy("Ask for the right address"),
    Matter.LEFT: gettext_lazy("Ask who takes over"),
    Matter.LEAVES: gettext_lazy("Ask who takes over"),
    Matter.UNCONFIRMED: gettext_lazy("Ask whether the contacts are right"),
}
"""What to do about it."""


def what(concern: Concern) -> str:
    """Return what the matter is, in a plain sentence."""
    on = date_format(concern.on, "j F Y") if concern.on else ""
    words = {"email": concern.email, "on": on}
    if concern.membership:
        words["name"] = str(concern.membership.user)
    sentences = {
        Matter.UNREACHABLE: _("No address works: no reminders arrive."),
        Matter.TURNED_OFF: _(
            "Everybody has turned reminders off, and there is no mailbox."
        ),
        Matter.NO_CONTACT: _("Reminders go to %(email)s instead."),
        Matter.BOUNCED: _("E-mail to %(email)s does not arrive."),
        Matter.LEFT: _("%(name)s was the contact, and nobody has taken over."),
        Matter.LEAVES: _("%(name)s leaves, and there is nobody else."),
        Matter.UNCONFIRMED: _("The contacts were last confirmed on %(on)s."),
    }
    if concern.matter is Matter.UNCONFIRMED and not on:
        return _("The contacts have never been confirmed.")
    return sentences[concern.matter] % words


class WatchTable(BaseTable):
    """Contacts to see over."""

    municipality = tables.Column(
        accessor="municipality__name",
        order_by="municipality__name",
        verbose_name=gettext_lazy("Municipality"),
    )
    code = tables.Column(accessor="municipality__code", verbose_name=gettext_lazy("Code"))
    matter = StateColumn(
        kinds=lambda concern: KINDS[concern.matter],
        accessor="matter__label",
        verbose_name=gettext_lazy("Matter"),
    )
    what = tables.Column(
        accessor="matter",
        orderable=False,
        verbose_name=gettext_lazy("What it is about"),
        attrs={"td": {"class": "breaks"}},
    )
    on = DateColumn(verbose_name=gettext_lazy("Day"))
    to_do = tables.Column(
        accessor="matter", orderable=False, verbose_name=gettext_lazy("To do")
    )

    class Meta(BaseTable.Meta):
        fields: ClassVar[list[str]] = [
            "municipality",
            "code",
            "matter",
            "what",
            "on",
            "to_do",
        ]
        empty_text = gettext_lazy("Every municipality has a contact who can be reached.")

    def __init__(self, *args: Any, may_edit: bool, **kwargs: Any) -> None:
        """Remember who looks: the links lead where the person may go."""
        super().__init__(*args, **kwargs)
        self.may_edit = may_edit

    def render_what(self, record: Concern) -> str:
        """Return the matter in a sentence."""
        return what(record)

    value_what = render_what

    def render_to_do(self, record: Concern) -> SafeString:
        """Return what to do, linked to where it is done."""
        return format_html(
            '<a href="{}">{}<span class="ds-sr-only">: {}</span></a>',
            self.url(record),
            TO_DO[record.matter],
            record.municipality,
        )

    def value_to_do(self, record: Concern) -> str:
        """Return what to do."""
        return str(TO_DO[record.matter])

    def url(self, concern: Concern) -> str:
        """Return the page where something can be done about it."""
        code = concern.municipality.code
        prefix = "municipalities:municipality_"
        if self.may_edit and concern.matter is Matter.BOUNCED:
            if concern.membership is None:
                return reverse(f"{prefix}contacts_mailbox", args=[code])
            return reverse(f"{prefix}person_update", args=[code, concern.membership.pk])
        return reverse(f"{prefix}person_list", args=[code])


@staff_view(Capability.VIEW)
class ContactWatchView(ListView):
    """Municipalities that cannot be reached, addresses that fail, people who leave."""

    page_title = gettext_lazy("Contacts to see over")
    table_class = WatchTable
    template_name = "municipalities/contacts_watch.html"
    per_page = 100

    @cached_property
    def concerns(self) -> list[Concern]:
        """Everything there is to see over."""
        request: Any = self.request
        return concerns_of(request.organisation, timezone.localdate())

    @property
    def matter(self) -> str:
        """Which matter is asked for; nothing for all."""
        asked = self.request.GET.get("matter", "")
        return asked if asked in Matter.values else ""

    def get_queryset(self) -> list[Concern]:
        """Return what is asked for."""
        asked = self.matter
        return [each for each in self.concerns if not asked or each.matter == asked]

    def get_table_kwargs(self) -> dict[str, Any]:
        """Let the rows know where their links may lead."""
        request: Any = self.request
        return {"may_edit": can(request.membership, Capability.EDIT)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add how many there are of each, and the alarm."""
        counts = Counter(each.matter for each in self.concerns)
        chips = [("", _("All"), len(self.concerns))] + [
            (matter.value, capfirst(str(matter.label)), counts[matter])
            for matter in Matter
            if counts[matter] or matter == self.matter
        ]
        return super().get_context_data(
            chips=chips,
            matter=self.matter,
            alarms=sum(counts[matter] for matter in ALARMS),
            unreachable=sum(counts[matter] for matter in CUT_OFF),
            **kwargs,
        )


# One action each -------------------------------------------------------------------------


@transaction.atomic
def confirm_contacts(request: Request, desk: Desk) -> HttpResponse:
    """Note that the municipality's contacts are right, as of now."""
    begin_change(request, desk)
    assert isinstance(request.user, User)
    confirm(desk.municipality, request.user)
    messages.success(request, _("Thank you. The contacts are confirmed for a year."))
    return redirect(next_page(request, desk.list_url))


@transaction.atomic
def change_mailbox(request: Request, desk: Desk) -> HttpResponse:
    """Change the municipality's official mailbox."""
    begin_change(request, desk)
    bounced = desk.bounced.get(desk.municipality.email.lower())
    form = MailboxForm(request.POST or None, instance=desk.municipality)
    if form.is_valid():
        form.save()
        messages.success(request, _("The change is saved."))
        return redirect(desk.list_url)
    context = {
        "form": form,
        "desk": desk,
        "email": form.initial["email"],
        "bounced": bounced,
        "page_title": _("Official mailbox of %(municipality)s")
        % {"municipality": desk.municipality.own_name},
        "cancel_url": desk.list_url,
    }
    return render(request, "municipalities/contacts_mailbox.html", context)


def own_address(request: Request, desk: Desk) -> str:
    """Return the address that is asked about, or 404 when it is not the municipality's."""
    email = request.POST.get("email", "").lower().replace("\0", "")
    people = desk.people.valid().filter(user__email=email)
    if not email or (email != desk.municipality.email.lower() and not people.exists()):
        raise Http404
    return email


@transaction.atomic
def mark_bounced(request: Request, desk: Desk) -> HttpResponse:
    """Note that e-mail to an address does not arrive."""
    email = own_address(request, desk)
    note_bounced(email)
    text = _("Noted: e-mail to %(email)s does not arrive. Nothing is sent there for now.")
    messages.success(request, text % {"email": email})
    return redirect(desk.list_url)


@transaction.atomic
def mark_works(request: Request, desk: Desk) -> HttpResponse:
    """Note that an address works again."""
    email = own_address(request, desk)
    note_works(email)
    messages.success(request, _("Noted: %(email)s works again.") % {"email": email})
    return redirect(desk.list_url)


contacts_confirm = require_POST(at_own_desk(Capability.ANSWER, confirm_contacts))
contacts_mailbox = at_own_desk(Capability.SIGN, change_mailbox)

municipality_contacts_confirm = require_POST(
    at_desk_in_county(Capability.EDIT, confirm_contacts)
)
municipality_contacts_mailbox = at_desk_in_county(Capability.EDIT, change_mailbox)
municipality_contacts_bounced = require_POST(
    at_desk_in_county(Capability.EDIT, mark_bounced)
)
municipality_contacts_works = require_POST(at_desk_in_county(Capability.EDIT, mark_works))
