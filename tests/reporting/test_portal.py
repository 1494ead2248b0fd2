"""*Mina medel*: what a municipality is offered, and its page about each grant."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from grants.distribution import decide, revise
from grants.models import Deadline, DeadlineDone
from invoices.offers import State
from invoices.requisition import approve, send_back, submit, withdraw
from municipalities.models import (
    BouncedAddress,
    ContactConfirmation,
    Membership,
    Municipality,
)
from reporting import memo as memos
from reporting.models import Comment
from tests.factories import (
    make_answer,
    make_decided,
    make_member,
    make_municipal_member,
    make_released,
    make_requisition,
    make_user,
)
from tests.invoices.answers import MEMO_DAY, due, fill_in, make_open, url

pytestmark = pytest.mark.django_db

PORTAL = "/mina-medel/"


@pytest.fixture
def signatory(db):
    return make_municipal_member("0127")


@pytest.fixture
def as_signatory(client, signatory):
    client.force_login(signatory)
    return client


def send_again(requisition, amount, by):
    """Send a returned or withdrawn answer in again."""
    answer = make_answer(amount)
    allocation = requisition.allocation
    return submit(allocation, answer, by=by, today=MEMO_DAY, seen=requisition.submissions)


def detail(distribution, name="offer_detail"):
    return reverse(f"reporting:{name}", args=[distribution.grant.pk])


def cards(client):
    portal = client.get(PORTAL).context["portal"]
    return [(str(card.grant), card.word, card.button) for card in portal.now]


def test_municipality_without_offers_is_told_so(as_signatory, storsthlm):
    make_decided(storsthlm)

    page = as_signatory.get(PORTAL)

    assert page.context["portal"].now == []
    assert not page.context["portal"].is_idle
    assert "Det finns inget att svara på än" in page.content.decode()


def test_each_state_says_what_comes_next(as_signatory, signatory, storsthlm):
    approver = make_member(storsthlm, role="approver")
    offered = make_open(storsthlm)
    shown = [cards(as_signatory)[0][1:]]
    fill_in(as_signatory, offered, do="save")
    shown.append(cards(as_signatory)[0][1:])
    requisition = make_requisition(offered, by=signatory)
    shown.append(cards(as_signatory)[0][1:])
    send_back(requisition, by=approver, reason="Bilagan saknas.")
    shown.append(cards(as_signatory)[0][1:])
    told = as_signatory.get(PORTAL).content.decode()
    requisition = send_again(requisition, 7, signatory)
    approve(requisition, by=approver)
    shown.append(cards(as_signatory)[0][1:])

    assert shown == [
        ("att svara på", "Svara"),
        ("påbörjat", "Fortsätt"),
        ("inskickat", ""),
        ("att komplettera", "Komplettera"),
        ("godkänt", ""),
    ]
    assert "Bilagan saknas." in told


def test_what_is_handed_over_is_for_the_signatory_to_send_in(as_signatory, storsthlm):
    offered = make_open(storsthlm)
    contributor = Client()
    contributor.force_login(make_municipal_member("0127", role="contributor"))
    fill_in(contributor, offered)
    contributor.post(url("answer_hand_over", offered))

    [card] = as_signatory.get(PORTAL).context["portal"].now
    [theirs] = contributor.get(PORTAL).context["portal"].now

    assert (card.word, card.button_url) == ("att skicka in", url("answer_review", offered))
    assert theirs.button_url == url("answer", offered)


def test_late_and_closed_are_told(as_signatory, storsthlm):
    offered = make_open(storsthlm, days=-1)
    [late] = as_signatory.get(PORTAL).context["portal"].now
    offered.grant.refuses_late = True
    offered.grant.save()
    [closed] = as_signatory.get(PORTAL).context["portal"].now

    assert (late.word, late.button, late.kind) == ("att svara på", "Svara", "warning")
    assert (closed.word, closed.button, closed.kind) == ("stängt", "", "danger")


def test_earlier_years_stand_below_when_they_are_done(as_signatory, signatory, storsthlm):
    old, waiting = make_open(storsthlm), make_open(storsthlm)
    for each in (old, waiting):
        each.grant.year = 2019
        each.grant.save()
    make_requisition(old, by=signatory)
    new = make_open(storsthlm)

    portal = as_signatory.get(PORTAL).context["portal"]

    assert {card.grant for card in portal.now} == {new.grant, waiting.grant}
    assert [card.grant for card in portal.earlier] == [old.grant]


def test_page_costs_the_same_for_one_grant_and_three(
    as_signatory, storsthlm, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_requisition(make_open(storsthlm))
    as_signatory.get(PORTAL)
    with CaptureQueriesContext(connection) as one:
        as_signatory.get(PORTAL)
    make_open(storsthlm)
    make_requisition(make_open(storsthlm))

    with django_assert_num_queries(len(one)):
        page = as_signatory.get(PORTAL)

    assert len(page.context["portal"].now) == 3


def test_detail_shows_amounts_purposes_and_what_has_happened(
    as_signatory, signatory, storsthlm
):
    offered = make_open(storsthlm)
    requisition = make_requisition(offered, by=signatory, amount=100_000)
    withdraw(requisition, by=signatory)
    send_again(requisition, 200_000, signatory)

    page = as_signatory.get(detail(offered))
    situation = page.context["situation"]

    allocated = offered.allocations.get(municipality__code="0127").amount
    assert (
        situation.allocated,
        situation.claimed,
        situation.declined,
        situation.paid,
        situation.left,
    ) == (allocated, 200_000, allocated - 200_000, 0, 0)
    assert "Utveckla förutsättningarna på arbetsplatsen" in page.content.decode()
    assert [event.text for event in page.context["events"]] == [
        "Svaret ändrades och skickades in igen.",
        "Svaret återtogs.",
        "Svaret skickades in.",
        f"Skrivelsen publicerades: ni tilldelas {kr(allocated)}.",
    ]


def kr(amount):
    from municipalities.numbers import kronor

    return kronor(amount)


def test_paid_is_shown(as_signatory, storsthlm):
    batch = make_released(make_open(storsthlm))
    offered = batch.payments.get().requisition.allocation.distribution

    page = as_signatory.get(detail(offered))

    assert page.context["events"][0].text == "Betalningen skickades till banken."


def test_grant_between_two_versions_says_so(as_signatory, signatory, storsthlm):
    offered = make_open(storsthlm)
    make_requisition(offered, by=signatory, amount=5)
    new = revise(offered, by=make_member(storsthlm), reason="Rättad statistik")
    decide(new, by=make_member(storsthlm, role="approver"), decided_on=MEMO_DAY)

    portal = as_signatory.get(PORTAL)
    page = as_signatory.get(detail(offered))

    assert [each.grant for each in portal.context["portal"].paused] == [offered.grant]
    assert "ny version av fördelningen" in page.content.decode()


@pytest.mark.usefixtures("quick_pdf")
def test_memo_is_the_published_bytes(as_signatory, storsthlm):
    drafter = make_member(storsthlm)
    decided = make_decided(storsthlm)
    memo = memos.start(decided.grant, by=drafter, dated_on=MEMO_DAY)
    memo = memos.publish(memo, by=drafter)
    due(decided.grant, 5)

    got = as_signatory.get(detail(decided, "offer_memo"))
    again = as_signatory.get(detail(decided, "offer_memo"), HTTP_IF_NONE_MATCH=got["ETag"])

    assert (got.content, got["Content-Type"]) == (bytes(memo.pdf), "application/pdf")
    assert again.status_code == 304


def test_explanation_is_the_municipalitys_own(as_signatory, storsthlm):
    offered = make_open(storsthlm)

    page = as_signatory.get(detail(offered, "offer_explanation")).content.decode()

    allocated = offered.allocations.get(municipality__code="0127").amount
    assert kr(allocated) in page
    assert "/statistik/" not in page
    assert "/kommuner/" not in page


def test_others_are_kept_out(client, storsthlm):
    offered = make_open(storsthlm)
    names = ("offer_detail", "offer_memo", "offer_explanation")
    addresses = [detail(offered, name) for name in names]
    client.force_login(make_municipal_member("2080"))
    another = {client.get(address).status_code for address in addresses}
    client.force_login(make_member(storsthlm, role="administrator"))
    staff = {client.get(address).status_code for address in [*addresses, PORTAL]}

    assert (another, staff) == ({404}, {403})


def test_each_state_has_a_word_and_a_colour():
    from reporting.portal import WORDS

    assert set(WORDS) == set(State)


# What to do, and by when -----------------------------------------------------------------


def make_day(distribution, days, kind="final_report", **facts):
    return Deadline.objects.create(
        grant=distribution.grant,
        kind=kind,
        actor="municipalities",
        due_on=timezone.localdate() + timedelta(days=days),
        **facts,
    )


def days(client):
    portal = client.get(PORTAL).context["portal"]
    return [(day.days_left, day.deadline.kind) for day in portal.days]


def test_list_has_what_is_left_to_do_over_all_grants_by_date(as_signatory, storsthlm):
    first, second = make_open(storsthlm, days=12), make_open(storsthlm, days=-2)
    make_day(first, 100)
    make_day(second, 30, kind="use")
    make_day(second, -30, kind="use")
    done = make_day(second, 40)
    DeadlineDone.objects.create(
        deadline=done, municipality=Municipality.objects.get(code="0127")
    )
    make_day(second, 50, kind="interim_report", title="Delrapport")

    assert days(as_signatory) == [
        (-2, "requisition"),
        (12, "requisition"),
        (30, "use"),
        (50, "interim_report"),
        (100, "final_report"),
    ]


def test_what_is_answered_leaves_the_list(as_signatory, signatory, storsthlm):
    offered = make_open(storsthlm)
    before = days(as_signatory)
    page = as_signatory.get(PORTAL).content.decode()
    make_requisition(offered, by=signatory)

    assert (before, days(as_signatory)) == ([(12, "requisition")], [])
    assert as_signatory.get(PORTAL).context["portal"].is_idle
    # The button in the list, and the one on the card.
    assert page.count(f'href="{url("answer", offered)}"') == 2


def test_what_may_no_longer_be_answered_is_not_asked_for(as_signatory, storsthlm):
    offered = make_open(storsthlm, days=-1)
    late = days(as_signatory)
    offered.grant.refuses_late = True
    offered.grant.save()

    assert (late, days(as_signatory)) == ([(-1, "requisition")], [])


def test_what_has_no_last_day_is_still_to_do(as_signatory, storsthlm):
    make_open(storsthlm).grant.deadlines.all().delete()

    portal = as_signatory.get(PORTAL).context["portal"]

    assert (portal.days, portal.is_idle) == ([], False)


def test_who_declines_all_has_nothing_more_to_do(as_signatory, signatory, storsthlm):
    offered = make_open(storsthlm)
    make_day(offered, 50)
    make_requisition(offered, by=signatory, amount=0)

    assert days(as_signatory) == []


def test_what_comes_much_later_is_folded(as_signatory, storsthlm):
    offered = make_open(storsthlm)
    for number in range(6):
        make_day(offered, 20 + number)

    page = as_signatory.get(PORTAL)

    portal = page.context["portal"]
    assert (len(portal.days_first), len(portal.days_later)) == (5, 2)
    assert "<details" in page.content.decode()


# Contacts and answers --------------------------------------------------------------------


def test_contacts_are_asked_about_until_they_are_confirmed(as_signatory, signatory):
    Municipality.objects.filter(code="0127").update(email="kommun@botkyrka.example")
    deputy = make_municipal_member(role="contributor", is_deputy=True)
    Membership.objects.filter(user=signatory).update(is_contact=True)
    page = as_signatory.get(PORTAL)
    notice = page.context["portal"].contacts

    back = as_signatory.post("/kommunen/kontakter/bekrafta/", {"next": PORTAL})
    after = as_signatory.get(PORTAL)

    assert (notice.contacts, notice.deputies) == ([str(signatory)], [str(deputy)])
    assert (notice.mailbox, notice.latest) == ("kommun@botkyrka.example", None)
    assert 'action="/kommunen/kontakter/bekrafta/"' in page.content.decode()
    assert back["Location"] == PORTAL
    assert after.context["portal"].contacts is None


def test_contacts_are_asked_about_again_after_a_year(as_signatory, signatory):
    made = ContactConfirmation.objects.create(
        municipality=Municipality.objects.get(code="0127"), confirmed_by=signatory
    )
    fresh = as_signatory.get(PORTAL).context["portal"].contacts
    made.confirmed_at = timezone.now() - timedelta(days=366)
    made.save()

    notice = as_signatory.get(PORTAL).context["portal"].contacts

    assert (fresh, notice.latest) == (None, made.confirmed_at)


def test_address_that_does_not_work_is_told_of_to_colleagues(as_signatory, signatory):
    colleague = make_municipal_member(role="contributor")
    ContactConfirmation.objects.create(
        municipality=Municipality.objects.get(code="0127"), confirmed_by=signatory
    )
    BouncedAddress.objects.create(email=colleague.email)

    page = as_signatory.get(PORTAL)

    assert page.context["portal"].contacts.bounced == [colleague.email]
    # What is wrong is not to be confirmed.
    assert "/kommunen/kontakter/bekrafta/" not in page.content.decode()


def say(distribution, text, days_ago, code="0127", **facts):
    return Comment.objects.create(
        grant=distribution.grant,
        municipality=Municipality.objects.get(code=code),
        text=text,
        written_by=make_user(),
        written_at=timezone.now() - timedelta(days=days_ago),
        **{"is_shared": True} | facts,
    )


def replies(client):
    return [reply.text for reply in client.get(PORTAL).context["portal"].replies]


def test_answers_from_the_body_are_told_of(as_signatory, storsthlm):
    talked, asked, old = (make_open(storsthlm) for _ in range(3))
    say(talked, "Får vi?", 5, is_from_municipality=True)
    say(talked, "Ja.", 4)
    say(talked, "Skriv det i rekvisitionen.", 3)
    say(talked, "Internt.", 2, is_shared=False)
    say(talked, "Till en annan.", 1, code="0126")
    say(asked, "Svar.", 3)
    say(asked, "Tack, men?", 2, is_from_municipality=True)
    say(old, "Gammalt svar.", 15)

    page = as_signatory.get(PORTAL).content.decode()

    assert replies(as_signatory) == ["Skriv det i rekvisitionen."]
    assert reverse("reporting:offer_comments", args=[talked.grant_id]) in page


def test_list_of_what_to_do_costs_the_same_for_one_grant_and_three(
    as_signatory, storsthlm, django_assert_num_queries, django_assert_max_num_queries
):
    def add():
        offered = make_open(storsthlm)
        make_day(offered, 30)
        say(offered, "Svar.", 1)
        person = make_municipal_member(role="contributor", is_contact=True)
        BouncedAddress.objects.create(email=person.email)

    add()
    as_signatory.get(PORTAL)
    with django_assert_max_num_queries(20) as counted:
        as_signatory.get(PORTAL)
    add()
    add()

    with django_assert_num_queries(len(counted)):
        page = as_signatory.get(PORTAL)

    portal = page.context["portal"]
    assert (len(portal.days), len(portal.replies)) == (6, 3)
