"""*Mina medel*: what a municipality is offered, and its page about each grant."""

import pytest
from django.test import Client
from django.urls import reverse

from grants.distribution import decide, revise
from invoices.offers import State
from invoices.requisition import approve, send_back, submit, withdraw
from reporting import memo as memos
from tests.factories import (
    make_answer,
    make_decided,
    make_member,
    make_municipal_member,
    make_released,
    make_requisition,
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
