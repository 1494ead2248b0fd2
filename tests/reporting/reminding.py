"""A small county, a clock that can be moved, and a mailbox that tells what came when."""

import smtplib
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from grants.models import Deadline
from municipalities import outbox
from municipalities.models import ContactConfirmation, Membership, Municipality
from reporting import reminders
from tests.factories import (
    make_body,
    make_municipal_member,
    make_offered,
    make_statistic,
    make_user,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OLOFSTROM, KARLSKRONA, RONNEBY, KARLSHAMN, SOLVESBORG = (
    "1060",
    "1080",
    "1081",
    "1082",
    "1083",
)
CODES = (OLOFSTROM, KARLSKRONA, RONNEBY, KARLSHAMN, SOLVESBORG)
START = date(2026, 8, 3)
"""A Monday, when what is offered has just gone out."""

DUE_ON = date(2026, 8, 31)
"""A Monday: reminders go on 10, 24, 28 (a Friday) and 31 August, then each Monday."""


HANDLER = "handlaggare@blekinge.example"
STAFF = (HANDLER, "chef@blekinge.example")


@dataclass
class Clock:
    """The time that it is."""

    now: datetime

    def set(self, day, hour=8, minute=0):
        """Move the clock, to Swedish time."""
        self.now = datetime.combine(day, time(hour, minute), STOCKHOLM)

    @property
    def today(self):
        return self.now.astimezone(STOCKHOLM).date()


@pytest.fixture
def clock(monkeypatch):
    clock = Clock(datetime.combine(START, time(8), STOCKHOLM))
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture(scope="module")
def county(once):
    """A county with people to remind, made once for the tests of a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: datetime.combine(START, time(8), STOCKHOLM))
        return make_county()


@pytest.fixture
def blekinge(county, clock):
    return deepcopy(county)


@dataclass
class Server:
    """A mail server that can be down, and that refuses some addresses."""

    clock: Clock
    is_down: bool = False
    refused: set = field(default_factory=set)
    received: list = field(default_factory=list)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def open(self):
        if self.is_down:
            raise ConnectionRefusedError("down")

    def close(self):
        pass

    def send_messages(self, emails):
        for email in emails:
            [to] = email.to
            if to in self.refused:
                raise smtplib.SMTPRecipientsRefused({to: (550, b"No such user")})
            self.received.append((self.clock.now, email))
        return len(emails)

    def letters(self):
        """Return what came: day, address and what it says, by day and address."""
        return sorted(
            (f"{at:%m-%d}", email.to[0], gist(email)) for at, email in self.received
        )


def gist(email):
    """Return the lines of a message that tell what it is about, without their links."""
    lines = [line for line in email.body.splitlines() if line.startswith("- ")]
    return [line[2:].partition(" Svara här")[0].partition(" Läs mer")[0] for line in lines]


@pytest.fixture
def server(clock, monkeypatch):
    server = Server(clock)
    monkeypatch.setattr(outbox, "get_connection", lambda: server)
    return server


def run(clock, *days, hour=8, deliver=True):
    """Let a run be made on each day, and what it wrote be sent."""
    for day in days:
        clock.set(day, hour)
        reminders.send_due()
        if deliver:
            outbox.deliver()


def august(*days):
    return [date(2026, 8, day) for day in days]


def september(*days):
    return [date(2026, 9, day) for day in days]


def address(code, who="kontakt"):
    return f"{who}@{code}.example"


def make_person(code, who="kontakt", role="contributor", **facts):
    return make_municipal_member(code, role, make_user(address(code, who)), **facts)


def make_county(codes=CODES, name="Region Blekinge"):
    """Return a body whose municipalities have a contact, a deputy and a mailbox each."""
    body = make_body(name, county="10")
    make_statistic(body, dict.fromkeys(CODES, 1000))
    for code in codes:
        make_reachable(code)
    Municipality.objects.filter(code__in=codes).update(email="")
    for municipality in Municipality.objects.filter(code__in=CODES):
        municipality.email = address(municipality.code, "kommun")
        municipality.save()
    confirm_contacts()
    return body


def make_reachable(code):
    if not Membership.objects.filter(municipality__code=code).exists():
        make_person(code, is_contact=True)
        make_person(code, "ersattare", is_deputy=True)
        make_person(code, "annan")


def confirm_contacts():
    by = make_user()
    ContactConfirmation.objects.bulk_create(
        ContactConfirmation(
            municipality=municipality, confirmed_at=timezone.now(), confirmed_by=by
        )
        for municipality in Municipality.objects.filter(code__in=CODES)
    )


def offer(body, due_on=DUE_ON, done=(), offered=None, **facts):
    """Return a deadline of a grant that has gone out; some have done it already."""
    offered = offered or make_offered(body)
    offered.grant.deadlines.all().delete()
    facts = {"kind": "final_report"} | facts
    deadline = Deadline.objects.create(grant=offered.grant, due_on=due_on, **facts)
    note_done(deadline, *done)
    # Those who made it; a test that wants staff lets them in afterwards.
    Membership.objects.filter(body=body).exclude(user__email__in=STAFF).update(
        is_reminded=False
    )
    return deadline


def note_done(deadline, *codes):
    for municipality in Municipality.objects.filter(code__in=codes):
        deadline.done.create(municipality=municipality)


def all_but(*codes):
    return [code for code in CODES if code not in codes]
