"""What it costs to plan the reminders of 290 municipalities × 30 grants."""

from dataclasses import replace
from datetime import date, timedelta
from time import process_time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.test_matrix import answer_all
from grants import distribution as distributions
from grants.distribution import decide
from grants.models import Allocation, Deadline
from invoices.models import Requisition
from municipalities.models import Municipality
from reporting.models import Reminder
from reporting.reminder_rounds import plan_of
from tests.factories import (
    make_body,
    make_draft,
    make_member,
    make_municipal_member,
    make_statistic,
    publish_memo,
)
from tests.reporting.reminding import clock  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db

DUE_ON = date(2026, 8, 31)
TODAY = DUE_ON - timedelta(days=7)


def make_grants(number):
    """Return a body with grants to all municipalities, each of which has a contact.

    Each grant has two last days in a week: a third has not sent in its requisition, and
    nobody the report. They were reminded three weeks before, and are to be today.
    """
    body = make_body(f"Landet {number}")
    make_member(body)
    approver = make_member(body, role="approver")
    everyone = Municipality.objects.by_code()
    make_statistic(body, dict.fromkeys(everyone, 1000), on=date(2019, 12, 31))
    for _grant in range(number):
        drafted = make_draft(body)
        plan = distributions.plan_of(drafted)
        plan = replace(plan, participants=everyone)
        distributions.save(drafted, plan, by=drafted.drafted_by)
        offered = decide(drafted, by=approver, decided_on=date(2020, 3, 16))
        publish_memo(offered)
        answer_all(offered)
        offered.grant.deadlines.all().delete()
    deadlines = Deadline.objects.bulk_create(
        Deadline(grant=grant, kind=kind, due_on=DUE_ON, reminds_from=date(2026, 1, 1))
        for grant in body.grants.all()
        for kind in ("requisition", "final_report")
    )
    for municipality in Municipality.objects.exclude(memberships__is_contact=True):
        make_municipal_member(municipality.code, is_contact=True)
        municipality.email = f"{municipality.code}@kommun.example"
        municipality.save()
    Reminder.objects.bulk_create(
        Reminder(
            body=body,
            deadline=deadline,
            municipality=municipality,
            due_on=DUE_ON,
            step=-21,
        )
        for deadline in deadlines
        for municipality in Municipality.objects.all()
    )
    return body


def test_290_municipalities_and_30_grants(clock, side_by_side, tell):  # noqa: F811
    clock.set(date(2026, 5, 4))
    counts, bodies = [], [make_grants(number) for number in (1, 30)]
    for body in bodies:
        with CaptureQueriesContext(connection) as queries:
            asked = len(plan_of(body, TODAY).rounds)
        counts.append((asked, len(queries)))
    (few, first), (many, second) = counts
    body = bodies[1]

    def plan():
        planned = plan_of(body, TODAY)
        today = [each for each in planned.rounds if each.day == TODAY]
        pairs = [(each, one) for each in today for one in each.municipalities]
        to = [planned.receivers(each, one) for each, one in pairs]
        assert (len(today), len(pairs), all(to)) == (60, 30 * (97 + 290), True)

    def bare():
        rows = [
            *Allocation.objects.filter(distribution__grant__body=body).values_list(),
            *Requisition.objects.filter(grant__body=body).values_list("pk", "status"),
            *Reminder.objects.filter(body=body).values_list("deadline", "municipality"),
        ]
        assert len(rows) == 30 * (290 + 193 + 2 * 290)

    ours, other = side_by_side(plan, bare)
    start = process_time()
    plan()
    own = process_time() - start
    tell(
        f"reminders, 290 municipalities × 30 grants × 2 last days: {1000 * ours:.0f} ms in"
        f" {second} queries (limit 1 000 ms), of which {1000 * own:.0f} ms Python's;"
        f" {1000 * other:.0f} ms to read the rows alone, {ours / other:.1f} times"
    )
    assert (few, many // few, first) == (few, 30, second)
    assert ours < 1
