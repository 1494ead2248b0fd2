"""The calendar by month and as a list, and the feed that programs subscribe to."""

import re
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from grants.models import Deadline, Grant
from municipalities.access import Capability, can
from municipalities.models import CoordinatingBody, Membership
from reporting import ical
from reporting.calendar import (
    EARLIER,
    YEARS,
    Entry,
    deadlines_of,
    entries_of,
    entries_of_body,
    groups_of,
    month_of,
    months_from,
    weeks_of,
)
from reporting.models import CalendarFeed

MONTH = re.compile(r"([0-9]{4})-([0-9]{2})\Z")


def member_of(request: HttpRequest) -> Membership:
    """Return the membership of somebody with a calendar: staff, or a municipality's."""
    membership: Membership = request.membership  # type: ignore[attr-defined]
    has_one = can(membership, Capability.VIEW) or can(membership, Capability.ANSWER)
    if not has_one:
        raise PermissionDenied
    return membership


class CalendarFilter(forms.Form):
    """What staff limit the calendar to."""

    medel = forms.ChoiceField(label=gettext_lazy("Grant"), required=False)
    vem = forms.ChoiceField(label=gettext_lazy("Who must act"), required=False)
    ogjorda = forms.BooleanField(
        label=gettext_lazy("Only what is not done"), required=False
    )

    def __init__(self, data: Any, *, body: CoordinatingBody) -> None:
        """Offer the body's own grants."""
        super().__init__(data)
        grants = Grant.objects.of_body(body).only("short_title", "year")
        choices: Any = [(str(grant.pk), str(grant)) for grant in grants]
        actors = [(value, capfirst(str(label))) for value, label in Deadline.Actor.choices]
        self.fields["medel"].choices = [("", _("All grants")), *choices]  # type: ignore[attr-defined]
        self.fields["vem"].choices = [("", _("Everybody")), *actors]  # type: ignore[attr-defined]

    def entries(self, membership: Membership, today: date, *days: date) -> list[Entry]:
        """Return the entries between the days that were asked for. What is odd is not."""
        self.is_valid()
        asked = self.cleaned_data
        deadlines = deadlines_of(membership, *days)
        if asked.get("medel"):
            deadlines = deadlines.filter(grant=asked["medel"])
        if asked.get("vem"):
            deadlines = deadlines.filter(actor=asked["vem"])
        entries = entries_of_body(membership, deadlines, today)
        if asked.get("ogjorda"):
            entries = [entry for entry in entries if entry.is_undone]
        return entries

    @property
    def is_used(self) -> bool:
        """Whether anything is limited."""
        return self.is_valid() and any(self.cleaned_data.values())


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Show the last days: a month, or a list from today on and earlier."""
    membership = member_of(request)
    today = timezone.localdate()
    limits = None
    if membership.body:
        limits = CalendarFilter(request.GET, body=membership.body)
    context: dict[str, Any] = {
        "limits": limits,
        "is_limited": limits is not None and limits.is_used,
        "today": today,
        "is_list": request.GET.get("visa") == "lista",
        "page_title": _("Calendar"),
    }

    def entries(*days: date) -> list[Entry]:
        if limits is not None:
            return limits.entries(membership, today, *days)
        return entries_of(membership, today, *days)

    if context["is_list"]:
        found = entries(today - EARLIER)
        context |= {
            "coming": groups_of(entry for entry in found if entry.due_on >= today),
            "earlier": groups_of(
                entry for entry in reversed(found) if entry.due_on < today
            ),
        }
    else:
        month = asked_month(request.GET.get("manad", ""), today)
        weeks = weeks_of(month)
        context |= {
            "month": month_of(month, entries(weeks[0][0], weeks[-1][-1]), today),
            "previous": months_from(month, -1),
            "next": months_from(month, 1),
            "is_this_month": (month.year, month.month) == (today.year, today.month),
        }
    return render(request, "reporting/calendar.html", context)


def asked_month(text: str, today: date) -> date:
    """Return the first day of the month, by default of this one."""
    found = MONTH.match(text)
    if found and int(found[1]) in YEARS and 1 <= int(found[2]) <= 12:
        return date(int(found[1]), int(found[2]), 1)
    return today.replace(day=1)


# The feed --------------------------------------------------------------------------------


@require_safe
def calendar_subscribe(request: HttpRequest) -> HttpResponse:
    """Show the member's own address, and how calendar programs take it."""
    membership = member_of(request)
    feed = CalendarFeed.objects.filter(membership=membership).first()
    address = ical.address_of(feed) if feed else ""
    context = {
        "feed": feed,
        "address": address,
        "webcal": address.replace("https://", "webcal://", 1).replace(
            "http://", "webcal://", 1
        ),
        "page_title": _("The calendar in your own program"),
    }
    response = render(request, "reporting/calendar_subscribe.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def calendar_renew(request: HttpRequest) -> HttpResponse:
    """Make a first address, or a new one in place of the old."""
    membership = member_of(request)
    is_first = not CalendarFeed.objects.filter(membership=membership).exists()
    ical.renew(membership)
    if is_first:
        messages.success(request, _("Here is your address."))
    else:
        messages.success(request, _("The address is new. The old one no longer works."))
    return redirect("reporting:calendar_subscribe")


@require_safe
@login_not_required
def calendar_feed(request: HttpRequest, membership: int, token: str) -> HttpResponse:
    """Return the calendar to whoever has its address."""
    feed = ical.find_feed(membership, token)
    if feed is None:
        raise Http404
    if ical.is_asked_too_often(feed):
        wait = str(int(ical.PERIOD.total_seconds()))
        return HttpResponse(status=429, headers={"Retry-After": wait})
    content = ical.calendar_of(feed.membership, timezone.localdate())
    etag = ical.etag_of(content)
    changed = int(ical.changed_at(feed, etag).timestamp())
    response = HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={
            "ETag": etag,
            "Last-Modified": http_date(changed),
            "Cache-Control": "private, max-age=900",
            "Content-Disposition": 'inline; filename="stimulansmedel.ics"',
            "X-Robots-Tag": "noindex",
        },
    )
    answer: HttpResponse = (
        get_conditional_response(request, etag, changed, response) or response
    )
    return answer
