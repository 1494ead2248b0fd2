"""A person's calendar as a feed that calendar programs subscribe to.

The format is iCalendar (RFC 5545, with the calendar's name and how often to ask from RFC
7986). Last days are whole days without a clock: no change to summer time moves them. The
address holds a secret, since the program that asks does not sign in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from icalendar import TRANSP, Calendar, Event

from grants.deadlines import moved_in_words
from grants.models import Deadline
from municipalities.editing import events_of
from municipalities.models import Membership
from municipalities.site import absolute
from reporting.calendar import EARLIER, Entry, entries_of
from reporting.models import CalendarFeed
from reporting.models.calendars import new_seed

PRODUCT = "-//Stimulansmedel//Sista dagar//SV"
ASK_AGAIN = timedelta(hours=4)
"""How often programs are asked to look for news."""

PERIOD = timedelta(hours=1)
AT_MOST = 60
"""How many times a feed is given out in a period: programs ask a few times a day."""


# The address -----------------------------------------------------------------------------


def token_of(feed: CalendarFeed) -> str:
    """Return the secret of the feed's address. A new seed makes another one."""
    value = f"{feed.membership_id}:{feed.seed}"
    return salted_hmac("reporting.ical", value, algorithm="sha256").hexdigest()


def address_of(feed: CalendarFeed) -> str:
    """Return the whole address of the feed."""
    path = reverse("reporting:calendar_feed", args=[feed.membership_id, token_of(feed)])
    return absolute(path)


def find_feed(membership: int, token: str) -> CalendarFeed | None:
    """Return the feed with that secret, of somebody who is a member today; else none."""
    feed = (
        CalendarFeed.objects.filter(membership__in=Membership.objects.valid())
        .select_related("membership__body", "membership__municipality")
        .filter(membership=membership)
        .first()
    )
    if feed is None or not constant_time_compare(token, token_of(feed)):
        return None
    return feed


def renew(membership: Membership) -> CalendarFeed:
    """Give the member a new address, or a first one. The old one stops at once."""
    feed, _is_new = CalendarFeed.objects.update_or_create(
        membership=membership, defaults={"seed": new_seed()}
    )
    return feed


# Its content -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Revision:
    """How many times a last day has been changed, and when it was written last."""

    number: int
    at: datetime


def revisions_of(deadlines: Iterable[Deadline]) -> dict[int, Revision]:
    """Return the revision of each deadline by its id, from its history, in one query."""
    rows = (
        events_of(Deadline, id__in=[deadline.pk for deadline in deadlines])
        .values("id")
        .annotate(
            changes=Count("pk", filter=Q(pgh_label="update")), at=Max("pgh_created_at")
        )
        .order_by()
    )
    return {row["id"]: Revision(row["changes"], row["at"]) for row in rows}


def calendar_of(membership: Membership, today: date) -> bytes:
    """Return the member's calendar, in Swedish, with the same bytes for the same facts."""
    with translation.override(settings.LANGUAGE_CODE):
        entries = entries_of(membership, today, first=today - EARLIER)
        calendar = Calendar.new(
            prodid=PRODUCT,
            calscale="GREGORIAN",
            name=f"Stimulansmedel, {membership.organisation_name}",
            refresh_interval=ASK_AGAIN,
            uid=f"kalender-{membership.pk}@{settings.MESSAGE_DOMAIN}",
        )
        # What programs from before RFC 7986 read.
        calendar.add("X-WR-CALNAME", f"Stimulansmedel, {membership.organisation_name}")
        calendar.add("X-PUBLISHED-TTL", ASK_AGAIN)
        revisions = revisions_of(entry.deadline for entry in entries)
        for entry in entries:
            revision = revisions[entry.deadline.pk]
            calendar.add_component(_event(membership, entry, revision))
        return bytes(calendar.to_ical())


def _event(membership: Membership, entry: Entry, revision: Revision) -> Event:
    """Return a last day as an event of a whole day that keeps nobody busy."""
    moment = revision.at.astimezone(UTC).replace(microsecond=0)
    return Event.new(
        uid=f"sista-dag-{entry.deadline.pk}-{membership.pk}@{settings.MESSAGE_DOMAIN}",
        stamp=moment,
        last_modified=moment,
        sequence=revision.number,
        start=entry.due_on,
        end=entry.due_on + timedelta(days=1),
        summary=summary_of(entry),
        description="\n".join(_described(entry)),
        url=absolute(entry.url),
        categories=["Stimulansmedel", str(entry.deadline.get_kind_display())],
        transparency=TRANSP.TRANSPARENT,
    )


def summary_of(entry: Entry) -> str:
    """Return what stands in the square of the day."""
    mark = "\N{CHECK MARK} " if entry.is_done else ""
    who = f" ({entry.who})" if entry.is_staffs else ""
    return f"{mark}{entry.what}{who}: {entry.grant}"


def _described(entry: Entry) -> Iterable[str]:
    deadline = entry.deadline
    yield capfirst(entry.word)
    if entry.grant.record_number:
        yield _("Dnr %(number)s") % {"number": entry.grant.record_number}
    if deadline.moved_from:
        yield moved_in_words(deadline.moved_from, deadline.due_on)
    yield absolute(entry.url)


# What a program has already --------------------------------------------------------------


def etag_of(content: bytes) -> str:
    """Return the mark of the content."""
    return f'"{sha256(content).hexdigest()}"'


def changed_at(feed: CalendarFeed, etag: str) -> datetime:
    """Return when the feed was first given out as it is now.

    What is done changes in many tables; the content itself tells that something has.
    """
    key = f"calendar-feed:{feed.pk}"
    kept: tuple[str, datetime] | None = cache.get(key)
    if kept is None or kept[0] != etag:
        kept = etag, timezone.now().replace(microsecond=0)
        cache.set(key, kept, timeout=EARLIER.total_seconds())
    return kept[1]


def is_asked_too_often(feed: CalendarFeed) -> bool:
    """Count one more time, and return whether the feed has been asked for too often."""
    period = int(timezone.now().timestamp() // PERIOD.total_seconds())
    key = f"calendar-feed:{feed.pk}:{period}"
    times: int = cache.get(key, 0)
    cache.set(key, times + 1, timeout=PERIOD.total_seconds())
    return times >= AT_MOST
