"""Redistribution, ledger and self-check in a real browser: seen by axe, and narrow."""

from datetime import date

import pytest
from django.db import transaction
from django.urls import reverse

from invoices.models import Requisition
from invoices.payments import make_batch, release
from tests.browser import faults_everywhere, launch, open_page, sign_in
from tests.factories import (
    make_approved,
    make_body,
    make_funds,
    make_grant,
    make_member,
    make_offered,
    make_requisition,
)
from tests.invoices.test_check import rows, without

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DAY = date(2020, 9, 15)


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
    """Botkyrka's money is sent, Salem declines, Täby takes a part, Solna wants more."""
    body = person.memberships.get().body
    version = make_offered(body)
    make_funds(version.grant, 5_000_000)
    batch = make_batch(
        body,
        [make_approved(version, "0127")],
        by=make_member(body),
        execute_on=DAY,
    )
    release(batch, by=make_member(body))
    make_requisition(version, "0160", amount=100_000)
    make_requisition(version, "0128", amount=0, decline_reason="Vi har egna medel.")
    make_requisition(version, "0184", wants_more=True)
    return version.grant


def test_from_redistribution_to_check(browser, live_server, person, grant):
    pages = {
        "redistribution": reverse("invoices:redistribution_create", args=[grant.pk]),
        "ledger": reverse("invoices:ledger_detail", args=[grant.pk]),
        "account": reverse("invoices:ledger_municipality", args=[grant.pk, "0127"]),
        "check": reverse("invoices:check_list"),
        "nothing decided": reverse(
            "invoices:ledger_detail", args=[make_grant(grant.body).pk]
        ),
    }
    wrong = {}
    page = open_page(browser)
    sign_in(page, live_server.url, person)

    def look(what):
        if found := faults_everywhere(page):
            wrong[what] = found

    for what, address in pages.items():
        page.goto(live_server.url + address)
        look(what)

    page.goto(live_server.url + pages["redistribution"])
    page.get_by_role("textbox").fill("")
    submit = page.locator("main form button[type=submit]").last
    submit.click()
    look("without a reason")
    page.locator("input[name=close]").first.uncheck()
    page.locator("button[name=preview]").click()
    look("recalculated")
    page.get_by_role("textbox").fill("Omfördelning")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/fordelning/*/")
    draft = grant.distributions.drafts().get()
    look("draft")
    page.goto(
        live_server.url + reverse("grants:allocation_detail", args=[draft.pk, "0128"])
    )
    look("explanation")
    page.goto(live_server.url + pages["redistribution"])
    look("there is a draft")

    with transaction.atomic():
        without()
        claim = grant.requisitions.get(municipality__code="0184")
        rows(Requisition, claim).update(amount=claim.amount + 5)
    page.goto(live_server.url + pages["check"])
    look("does not agree")
    assert "5\xa0kr" in page.inner_text("main")
    page.context.close()

    assert wrong == {}
    # The first of those who had not answered keeps its offer.
    first = draft.allocations.get(municipality__code="0114")
    assert first.amount == first.municipality.allocations.earliest("pk").amount
