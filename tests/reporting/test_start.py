"""The staff's first page: how far each grant has come."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from grants.models import Deadline, DeadlineDone
from invoices.payment_list import Outcome
from invoices.payments import read_back
from invoices.requisition import send_back
from municipalities.models import (
    BouncedAddress,
    ContactConfirmation,
    Membership,
    Message,
    Municipality,
)
from reporting.models import Comment
from reporting.start import start_of
from tests.factories import (
    make_approved,
    make_body,
    make_decided,
    make_draft,
    make_grant,
    make_member,
    make_municipal_member,
    make_offered,
    make_released,
    make_requisition,
    make_user,
)

pytestmark = pytest.mark.django_db

TODAY = date(2020, 6, 1)


def progress(member):
    """Return each grant's progress, 0 to 6, by its id."""
    membership = Membership.objects.get(user=member)
    return {grant.pk: grant.progress for grant in start_of(membership, TODAY).grants}


def test_progress_follows_the_grant_to_the_last_payment(storsthlm):
    bare = make_grant(storsthlm)
    draft = make_draft(storsthlm)
    decided = make_decided(storsthlm)
    offered = make_offered(storsthlm)
    half = make_offered(storsthlm)
    codes = half.allocations.values_list("municipality__code", flat=True)
    for code in list(codes)[:13]:
        make_requisition(half, code)

    assert progress(make_member(storsthlm)) == {
        bare.pk: 1,
        draft.grant_id: 2,
        decided.grant_id: 3,
        offered.grant_id: 4,
        half.grant_id: 4.5,
    }


def test_grant_is_paid_when_all_have_answered_and_all_asked_for_is_paid(storsthlm, client):
    offered = make_offered(storsthlm)
    codes = list(offered.allocations.values_list("municipality__code", flat=True))
    for code in codes[1:]:
        make_requisition(offered, code, amount=0)
    batch = make_released(offered, codes[:1])
    member = make_member(storsthlm)
    client.force_login(member)

    before = client.get("/").content.decode(), progress(member)
    paid = [Outcome(batch.payments.get().end_to_end_id, is_paid=True)]
    read_back(batch, paid, by=member, today=TODAY)
    after = client.get("/").content.decode(), progress(member)

    assert "26 av 26 har svarat" in before[0]
    assert "Allt utbetalat" in after[0]
    assert (before[1], after[1]) == ({offered.grant_id: 5}, {offered.grant_id: 6})


def test_what_is_to_be_completed_is_not_answered(storsthlm):
    offered = make_offered(storsthlm)
    requisition = make_requisition(offered)
    member = make_member(storsthlm)
    membership = Membership.objects.get(user=member)

    def answered():
        return start_of(membership, TODAY).grants[0].answers.answered

    before = answered()
    send_back(requisition, by=member, reason="Vilka insatser?")
    assert (before, answered()) == (1, 0)


def test_page_costs_the_same_for_one_grant_and_for_three(
    client, storsthlm, django_assert_num_queries, django_assert_max_num_queries
):
    make_approved(make_offered(storsthlm))
    client.force_login(make_member(storsthlm))
    client.get("/")
    with django_assert_max_num_queries(40) as counted:
        client.get("/")
    for _ in range(2):
        make_approved(make_offered(storsthlm))

    with django_assert_num_queries(len(counted)):
        client.get("/")


# What waits, beside the grants -----------------------------------------------------------


def start_for(member, today=None):
    return start_of(Membership.objects.get(user=member), today or timezone.localdate())


def make_calm(body):
    """Give every municipality of the county a contact who confirmed them today."""
    person = make_user()
    for each in Municipality.objects.filter(county=body.county_id):
        Membership.objects.create(
            user=person, municipality=each, role="contributor", is_contact=True
        )
        ContactConfirmation.objects.create(municipality=each, confirmed_by=person)
    return person


def shut_out(code):
    """Take a municipality's contact away."""
    people = Membership.objects.filter(municipality__code=code)
    people.update(valid_until=timezone.localdate() - timedelta(days=100))


def make_message(body, status="failed", **facts):
    return Message.objects.create(
        body=body,
        kind="reminder",
        why="Prov",
        to_email="kim@kommun.example",
        subject="Påminnelse",
        text="Hej",
        html="<p>Hej</p>",
        status=status,
        **facts,
    )


def make_question(grant, code="0127", **facts):
    facts = {"is_from_municipality": True, "is_shared": True} | facts
    return Comment.objects.create(
        grant=grant,
        municipality=Municipality.objects.get(code=code),
        text="Hur gör vi?",
        written_by=make_user(),
        **facts,
    )


def alarms(start):
    return [(alarm.kind, alarm.count, alarm.worst) for alarm in start.alarms]


def test_nothing_waits_where_all_is_well(storsthlm, client):
    make_calm(storsthlm)
    member = make_member(storsthlm)
    client.force_login(member)

    start = start_for(member)

    assert (start.waits, alarms(start)) == (False, [])
    assert start.timeline.first == []
    assert "Inget väntar på dig" in client.get("/").content.decode()


def test_municipality_without_a_contact_who_can_be_reached_is_an_alarm(storsthlm, client):
    person = make_calm(storsthlm)
    auditor = make_member(storsthlm, role="auditor")
    client.force_login(auditor)
    before = alarms(start_for(auditor))
    shut_out("0127")
    one = alarms(start_for(auditor))
    Membership.objects.filter(municipality__code="0126").update(is_contact=False)
    two = alarms(start_for(auditor))

    assert (before, one, two) == ([], [("cut_off", 1, 1)], [("cut_off", 2, 1)])
    assert "/kontakter/" in client.get("/").content.decode()
    BouncedAddress.objects.create(email=person.email)
    assert alarms(start_for(auditor)) == [("cut_off", 26, 26)]


def test_mail_that_stands_still_is_an_alarm(storsthlm, client):
    make_calm(storsthlm)
    member = make_member(storsthlm)
    client.force_login(member)
    message = make_message(storsthlm, "queued")
    moving = alarms(start_for(member))
    message.send_after = timezone.now() - timedelta(hours=2)
    message.save()

    assert (moving, alarms(start_for(member))) == ([], [("standing_still", 1, 0)])
    assert "/meddelanden/" in client.get("/").content.decode()


def test_messages_that_did_not_arrive_wait_until_somebody_has_looked(storsthlm, client):
    make_calm(storsthlm)
    member = make_member(storsthlm)
    client.force_login(member)
    make_message(storsthlm, "failed")
    make_message(storsthlm, "uncertain")
    make_message(storsthlm, "failed", handled_at=timezone.now(), handled_by=member)
    make_message(storsthlm, "sent", sent_at=timezone.now())
    make_message(make_body("Region Dalarna", county="20"), "failed")

    assert [(queue.kind, queue.count) for queue in start_for(member).queues] == [
        ("messages", 2)
    ]
    assert "/meddelanden/?state=to-see-to" in client.get("/").content.decode()
    auditor = make_member(storsthlm, role="auditor")
    assert start_for(auditor).queues == []


def test_questions_wait_until_they_are_answered(storsthlm, client):
    make_calm(storsthlm)
    grant, other = make_grant(storsthlm), make_grant(storsthlm)
    member = make_member(storsthlm)
    client.force_login(member)
    for each in (grant, other):
        make_question(each, answered_at=timezone.now())
        make_question(each, is_from_municipality=False)
    answered = start_for(member).questions
    make_question(grant)
    make_question(grant)
    make_question(other)
    make_question(other, "0126")

    found = start_for(member).questions
    page = client.get("/").content.decode()

    assert answered == []
    assert {
        (each.grant, each.count, each.municipality and each.municipality.code)
        for each in found
    } == {(grant, 2, "0127"), (other, 2, None)}
    assert f"/medel/{grant.pk}/fragor/kommun/0127/" in page
    assert f"/medel/{other.pk}/fragor/" in page
    assert start_for(make_member(storsthlm, role="auditor")).questions == []


def test_contacts_to_see_over_wait_last(storsthlm):
    make_calm(storsthlm)
    member = make_member(storsthlm)
    calm = start_for(member).chores
    ContactConfirmation.objects.filter(municipality__code__in=["0126", "0127"]).delete()

    [chore] = start_for(member).chores

    assert (calm, chore.kind, chore.count) == ([], "contacts", 2)
    assert start_for(make_member(storsthlm, role="auditor")).chores == []


# The last days ---------------------------------------------------------------------------


def make_day(grant, days, kind="own", actor="body", **facts):
    """Return a last day so many days from today."""
    return Deadline.objects.create(
        grant=grant,
        kind=kind,
        title="Redovisa" if kind == "own" else "",
        actor=actor,
        due_on=timezone.localdate() + timedelta(days=days),
        **facts,
    )


def days_of(member):
    """Return the days at once: days left, how many are missing, and the colour."""
    return [
        (day.days_left, len(day.todo.missing), day.kind)
        for day in start_for(member).timeline.first
    ]


@pytest.fixture
def grant(storsthlm):
    grant = make_grant(storsthlm)
    grant.deadlines.all().delete()
    return grant


def test_late_days_come_first_and_the_next_after_them(storsthlm, grant, client):
    for days in (40, 3, -2, -365, -366, 180, 181):
        make_day(grant, days)
    member = make_member(storsthlm)
    client.force_login(member)

    assert days_of(member) == [
        (-365, 0, "danger"),
        (-2, 0, "danger"),
        (3, 0, "warning"),
        (40, 0, "neutral"),
        (180, 0, "neutral"),
    ]
    assert client.get("/").status_code == 200


def test_what_is_done_is_not_late(storsthlm, grant):
    deadline = make_day(grant, -2)
    coming = make_day(grant, 2)
    for each in (deadline, coming):
        DeadlineDone.objects.create(deadline=each)
    make_day(grant, -2, kind="use", actor="municipalities")

    [day] = start_for(make_member(storsthlm)).timeline.first

    assert (day.deadline, day.todo.is_done) == (coming, True)


def test_days_tell_how_many_municipalities_are_missing(storsthlm, client):
    offered = make_offered(storsthlm)
    offered.grant.deadlines.all().delete()
    late = make_day(offered.grant, -1, kind="requisition", actor="municipalities")
    member = make_member(storsthlm)
    client.force_login(member)
    codes = offered.allocations.values_list("municipality__code", flat=True)
    for code in codes[:25]:
        make_requisition(offered, code)

    one_left = days_of(member)
    page = client.get("/").content.decode()
    make_requisition(offered, codes[25])

    assert one_left == [(-1, 1, "danger")]
    assert reverse("invoices:requisition_list", args=[offered.grant_id]) in page
    assert reverse("reporting:deadline_list", args=[late.grant_id]) in page
    assert days_of(member) == []


def test_what_nobody_is_offered_nobody_is_late_with(storsthlm, grant):
    make_day(grant, -1, kind="requisition", actor="municipalities")
    coming = make_day(grant, 1, kind="requisition", actor="municipalities")

    [day] = start_for(make_member(storsthlm)).timeline.first

    assert (day.deadline, day.is_offered) == (coming, False)


def test_what_comes_later_is_folded(storsthlm, grant, client):
    for days in range(1, 9):
        make_day(grant, days)
    member = make_member(storsthlm)
    client.force_login(member)

    timeline = start_for(member).timeline

    assert (len(timeline.first), len(timeline.later)) == (6, 2)
    assert "<details" in client.get("/").content.decode()


def test_marks_stay_on_the_line(storsthlm, grant):
    for days in (0, 1, 90, 180):
        make_day(grant, days)

    timeline = start_for(make_member(storsthlm)).timeline

    assert [(mark.x, mark.count) for mark in timeline.marks] == [
        ("2.0", 2),
        ("50.0", 1),
        ("98.0", 1),
    ]
    assert all(2 < float(tick.x) <= 98 for tick in timeline.ticks)
    assert len(timeline.ticks) in {5, 6}


def test_all_that_waits_costs_the_same_for_one_and_three(
    client, storsthlm, django_assert_num_queries, django_assert_max_num_queries
):
    def add(code):
        offered = make_offered(storsthlm)
        make_day(offered.grant, -3)
        make_day(offered.grant, 3, kind="final_report", actor="municipalities")
        make_requisition(offered, code)
        make_question(offered.grant, code)
        person = make_municipal_member(code, role="contributor", is_contact=True)
        BouncedAddress.objects.create(email=person.email)
        make_message(storsthlm, "queued", send_after=timezone.now() - timedelta(hours=2))
        make_message(storsthlm)

    add("0127")
    client.force_login(make_member(storsthlm))
    client.get("/")
    with django_assert_max_num_queries(45) as counted:
        client.get("/")
    for code in ("0126", "0114"):
        add(code)

    with django_assert_num_queries(len(counted)):
        client.get("/")
