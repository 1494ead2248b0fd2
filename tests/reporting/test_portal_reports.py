"""*Mina medel*: what a municipality is to report, and what it is asked to pay back."""

from copy import deepcopy
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from grants.distribution import decide, revise
from invoices.repayment import receive, withdraw
from reporting.report import begin_correction, hand_over
from reporting.report_decisions import accept, request_completion
from tests.factories import (
    make_body,
    make_member,
    make_municipal_member,
    make_requisition,
)
from tests.invoices.answers import make_open
from tests.invoices.settling import claimed, make_paid, settled
from tests.reporting.report_rounds import make_round
from tests.reporting.reports import (
    final_answers,
    make_report,
    open_round_of,
    send,
    write,
)

pytestmark = pytest.mark.django_db

PORTAL = "/mina-medel/"


@pytest.fixture(scope="module")
def made(once):
    """A grant that Botkyrka has been paid 100 kronor of, made once for them all."""
    return make_paid(make_body(), codes=["0127"])


@pytest.fixture
def offered(made):
    return deepcopy(made)


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


@pytest.fixture
def signatory(db):
    return make_municipal_member("0127")


@pytest.fixture
def as_signatory(client, signatory):
    client.force_login(signatory)
    return client


@pytest.fixture
def contributor(db):
    return make_municipal_member("0127", role="contributor")


def cards(client):
    """Return the reports of each grant, as they stand on the page."""
    return [
        [(each.title, each.word, each.kind, each.button, each.url) for each in card.reports]
        for card in client.get(PORTAL).context["portal"].now
    ]


def test_a_report_is_followed_from_asked_to_accepted(
    as_signatory, signatory, contributor, storsthlm, offered
):
    """On the first page and on the grant's: how it stands, by when, and one button."""
    found = open_round_of(offered.grant)
    detail = reverse("reporting:report_detail", args=[found.pk])
    theirs = Client()
    theirs.force_login(contributor)
    report = "Slutredovisning"
    assert cards(as_signatory) == [[(report, "att redovisa", "info", "Redovisa", detail)]]

    made = make_report(found, by=contributor)
    assert cards(as_signatory) == [[(report, "påbörjad", "info", "Fortsätt", detail)]]

    write(made, final_answers(found), by=contributor)
    hand_over(made, by=contributor)
    review = reverse("reporting:report_review", args=[found.pk])
    to_send = (report, "att skicka in", "warning", "Granska och skicka in", review)
    assert cards(as_signatory) == [[to_send]]
    assert cards(theirs) == [[(report, "att skicka in", "warning", "Fortsätt", detail)]]

    send(made, signatory)
    assert cards(as_signatory) == [[(report, "inskickad", "success", "", detail)]]
    [card] = as_signatory.get(PORTAL).context["portal"].now
    assert not card.asks
    # The grant's page tells the same, and what has happened.
    page = as_signatory.get(reverse("reporting:offer_detail", args=[found.grant_id]))
    assert page.context["events"][0].text == "Slutredovisning skickades in."

    staff = make_member(storsthlm)
    request_completion(
        made,
        by=staff,
        sections=["medel"],
        reason="Summan?",
        due_on=date(2099, 3, 1),
        seen=1,
    )
    again = (report, "att komplettera", "warning", "Komplettera redovisningen", detail)
    assert cards(as_signatory) == [[again]]
    [card] = as_signatory.get(PORTAL).context["portal"].now
    assert card.reports[0].due_on == date(2099, 3, 1)

    send(made, signatory)
    accept(made, by=staff, seen=2)
    assert cards(as_signatory) == [[(report, "godkänd", "success", "", detail)]]

    begin_correction(made, by=signatory)
    assert cards(as_signatory) == [
        [(report, "rättas", "info", "Fortsätt med rättelsen", detail)]
    ]


def test_a_report_that_is_late_says_so_and_the_next_step_is_to_report(
    as_signatory, storsthlm, offered
):
    found = open_round_of(offered.grant, due_on=date(2026, 1, 15))
    [card] = as_signatory.get(PORTAL).context["portal"].now
    assert (card.reports[0].word, card.reports[0].kind) == ("att redovisa", "danger")
    assert card.next_step.replace("\xa0", " ") == (
        "100 kr är utbetalt. Redovisa hur pengarna har använts senast den 15 januari 2026."
    )
    # Also when a newer year has come: what waits is not put away.
    newer = make_open(storsthlm)
    newer.grant.year = found.grant.year + 1
    newer.grant.save()
    portal = as_signatory.get(PORTAL).context["portal"]
    assert {each.grant for each in portal.now} == {found.grant, newer.grant}


def test_who_is_not_asked_sees_no_report(offered):
    """Whoever declines all takes no part; a round that is not open is not shown."""
    make_round(offered.grant)
    person = make_municipal_member("0127")
    assert cards(logged_in(person)) == [[]]
    found = open_round_of(offered.grant, kind="interim")
    neighbour = make_municipal_member("0114")
    make_requisition(offered, code="0114", amount=0, decline_reason="Nej.", by=neighbour)
    assert [len(each) for each in cards(logged_in(person))] == [1]
    assert cards(logged_in(neighbour)) == [[]]
    assert found.is_open


def test_reports_and_claims_of_a_paused_grant_stay(
    as_signatory, signatory, storsthlm, offered
):
    """Its new version has not gone out: what is begun and owed can be dealt with."""
    found = open_round_of(offered.grant, due_on=date(2098, 1, 15))
    waiting = open_round_of(found.grant, kind="interim")
    make_report(found, by=signatory)
    make_report(found, "0184")
    settled(found.grant, "0127", 60, 40)
    claimed(found.grant)
    new = revise(found.grant.distributions.get(), by=make_member(storsthlm), reason="Fel")
    decide(new, by=make_member(storsthlm, role="approver"), decided_on=timezone.localdate())
    detail = reverse("reporting:offer_detail", args=[found.grant_id])

    first, page = as_signatory.get(PORTAL), as_signatory.get(detail)

    portal = first.context["portal"]
    assert (portal.now, portal.is_idle) == ([], False)
    [paused] = portal.paused
    for card in (paused, page.context["card"]):
        assert [(each.round, each.word, each.url) for each in card.reports] == [
            (found, "påbörjad", reverse("reporting:report_detail", args=[found.pk]))
        ]
        assert [each.left for each in card.claims] == [40]
    assert [as_signatory.get(each.url).status_code for each in paused.reports] == [200]
    # Nobody is asked to begin one meanwhile.
    unbegun = reverse("reporting:report_detail", args=[waiting.pk])
    assert unbegun not in first.content.decode() + page.content.decode()
    for text in (first.content.decode(), page.content.decode()):
        assert "ny version av fördelningen" in text
        assert reverse("reporting:report_detail", args=[found.pk]) in text
    # One that has reported without having asked for money sees it; a third, nothing.
    theirs = logged_in(make_municipal_member("0184"))
    [paused] = theirs.get(PORTAL).context["portal"].paused
    assert [each.round for each in paused.reports] == [found]
    assert theirs.get(detail).status_code == 200
    others = logged_in(make_municipal_member("0182"))
    assert others.get(PORTAL).context["portal"].paused == []
    assert others.get(detail).status_code == 404


def logged_in(person):
    client = Client()
    client.force_login(person)
    return client


def test_a_claim_is_found_with_all_that_is_needed_to_pay_it(
    as_signatory, storsthlm, offered
):
    """Amount, day, account, reference and letter; then what has come in and is left."""
    grant = offered.grant
    settled(grant, "0127", used=60, to_repay=40)
    due_on = timezone.localdate() + timedelta(days=30)
    [claim] = claimed(grant, due_on=due_on, today=timezone.localdate())
    detail = reverse("reporting:offer_detail", args=[grant.pk])

    def told():
        page = as_signatory.get(detail)
        [card] = page.context["card"].claims
        first = as_signatory.get(PORTAL).context["portal"]
        return card.state, card.left, [day.is_repayment for day in first.days], page

    state, left, days, page = told()
    assert (state, left, days) == (("info", "Att betala tillbaka"), 40, [True])
    text = " ".join(page.content.decode().replace("\xa0", " ").split())
    for words in [
        "40 kr att betala tillbaka",
        "bankgiro 5050-1055",
        claim.reference,
        date_format(due_on, "j F Y"),
        reverse("invoices:repayment_letter", args=[claim.pk]),
    ]:
        assert words in text
    assert page.context["card"].next_step.replace("\xa0", " ") == (
        f"40 kr ska betalas tillbaka senast den {date_format(due_on, 'j F Y')}."
    )
    assert f"{detail}#aterbetalning" in as_signatory.get(PORTAL).content.decode()
    letter = as_signatory.get(reverse("invoices:repayment_letter", args=[claim.pk]))
    assert letter["Content-Type"] == "application/pdf"

    by = make_member(storsthlm)
    receive(claim, amount=15, on=timezone.localdate(), by=by)
    assert told()[:3] == (("warning", "Delvis återbetalt"), 25, [True])
    receive(claim, amount=25, on=timezone.localdate(), by=by)
    assert told()[:2] == (("success", "Återbetalt"), 0)
    assert "Allt är återbetalt." in told()[3].content.decode()


def test_a_claim_that_is_recalled_is_not_to_be_paid(as_signatory, storsthlm, offered):
    settled(offered.grant, "0127", used=60, to_repay=40)
    [claim] = claimed(offered.grant)
    withdraw(claim, by=make_member(storsthlm), on=date(2021, 2, 2))
    page = as_signatory.get(reverse("reporting:offer_detail", args=[offered.grant_id]))
    text = page.content.decode()
    assert page.context["card"].claims[0].state == ("neutral", "Kravet är återkallat")
    assert "Kravet återkallades den 2 februari 2021. Ni ska inte betala det." in text
    assert "bankgiro 5050-1055" not in text
    assert "Återbetalning av" not in as_signatory.get(PORTAL).content.decode()


def test_reports_and_claims_cost_the_same_for_one_grant_and_three(
    as_signatory,
    storsthlm,
    offered,
    django_assert_num_queries,
    django_assert_max_num_queries,
):
    def add(paid):
        found = open_round_of(paid.grant)
        make_report(found)
        settled(found.grant, "0127", used=60, to_repay=40)
        claimed(found.grant)

    add(offered)
    as_signatory.get(PORTAL)
    with django_assert_max_num_queries(24) as counted:
        as_signatory.get(PORTAL)
    for _ in range(2):
        add(make_paid(storsthlm, codes=["0127"]))
    with django_assert_num_queries(len(counted)):
        page = as_signatory.get(PORTAL)
    portal = page.context["portal"]
    assert [(len(card.reports), len(card.claims)) for card in portal.now] == [(1, 1)] * 3
