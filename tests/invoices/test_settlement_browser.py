"""Settlement, repayments and a closed ledger in a real browser: seen by axe, and narrow."""

import pytest
from django.urls import reverse

from invoices.payments import balance_of
from invoices.repayment import receive, return_to_state, write_off
from tests.browser import faults_everywhere, launch, open_page, sign_in
from tests.factories import make_body, make_member
from tests.invoices.settling import DAY, claimed, make_paid, settled, settled_own

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser():
    """Chromium, started once."""
    with launch() as browser:
        yield browser


@pytest.fixture
def person(places):
    return make_member(make_body(), role="approver")


@pytest.fixture
def grant(person):
    """A grant on its way to be closed: one share of each kind of state."""
    body = person.memberships.get().body
    grant = make_paid(body, codes=("0114", "0127", "0160", "0180"), funds=500).grant
    grant.budget_lines.create(activity="Eget", side="common", amount=50)
    settled(grant, "0114", 100, 0)
    settled(grant, "0127", 60, 30, 10)
    settled(grant, "0160", 30, 70)
    first, _second = claimed(grant)
    receive(first, amount=30, on=DAY, by=make_member(body), reference="Inbetalning 7")
    settled(grant, "0180", 50, 50)
    return grant


def close(grant):
    """Account for the rest."""
    second = grant.settlements.get(municipality__code="0160").repayments.get()
    (third,) = claimed(grant)
    by = make_member(grant.body)
    receive(second, amount=50, on=DAY, by=by)
    write_off(second, by=by, on=DAY, reason="Kostar mer än det ger")
    receive(third, amount=50, on=DAY, by=by)
    settled_own(grant, "common", 40, 10)
    held = balance_of(grant).held
    return_to_state(grant, amount=held, on=DAY, recipient="Kammarkollegiet", by=by)


def addresses(grant):
    """Return every page by a short name."""
    claim = grant.settlements.get(municipality__code="0127").repayments.get()
    late = grant.settlements.get(municipality__code="0160").repayments.get()

    def page(name, *args):
        return reverse(f"invoices:{name}", args=args)

    return {
        "ledger": page("ledger_detail", grant.pk),
        "municipality": page("ledger_municipality", grant.pk, "0127"),
        "settlements": page("settlement_list", grant.pk),
        "settle": page("settlement_edit", grant.pk),
        "repayments": page("repayment_list", grant.pk),
        "claim": page("repayment_detail", claim.pk),
        "late": page("repayment_detail", late.pk),
        "receive": page("repayment_receive", late.pk),
        "write-off": page("repayment_write_off", late.pk),
        "return": page("return_create", grant.pk),
        "claims": reverse("reporting:repayment_claim", args=[grant.pk]),
    }


def test_pages_are_accessible_and_narrow(browser, live_server, person, grant):
    page = open_page(browser)
    sign_in(page, live_server.url, person)
    found = addresses(grant)
    for name, address in found.items():
        page.goto(live_server.url + address)
        assert faults_everywhere(page) == {}, name
    page.goto(live_server.url + found["settle"])
    page.fill("[name=used_0114]", "120")
    page.click("main form button[type=submit]")
    assert faults_everywhere(page) == {}, "with mistakes"
    close(grant)
    page.goto(live_server.url + found["ledger"])
    page.wait_for_selector("[data-color=success]")
    assert faults_everywhere(page) == {}, "closed"
    page.context.close()
