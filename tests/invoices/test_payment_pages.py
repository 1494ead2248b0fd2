"""The pages of money in and out: what they show, and what they refuse."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invoices.models import FundsReceived
from tests.factories import (
    make_approved,
    make_body,
    make_carry_over,
    make_funds,
    make_grant,
    make_member,
    make_offered,
    make_released,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def offered(storsthlm):
    return make_offered(storsthlm)


def text_of(response):
    """Return what the page says, with plain spaces."""
    return " ".join(response.content.decode().replace("\xa0", " ").split())


def queries(client, address):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


# Money in from the state -------------------------------------------------------------

RECEIPT = {
    "received_on": "2020-05-04",
    "amount": "70 785 000",
    "payer": "Kammarkollegiet",
    "reference": "S2020/0026",
}


def funds_of(grant, page=""):
    return f"/medel/{grant.pk}/inbetalningar/{page}"


def test_money_in_is_registered(as_handler, storsthlm, handler):
    grant = make_grant(storsthlm)

    response = as_handler.post(funds_of(grant, "ny/"), RECEIPT)

    funds = FundsReceived.objects.get()
    assert (response.status_code, response["Location"]) == (302, funds_of(grant))
    assert (funds.grant, funds.registered_by, funds.received_on, funds.amount) == (
        grant,
        handler,
        date(2020, 5, 4),
        70_785_000,
    )


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"amount": "0"}, "amount", "not_above_zero"),
        ({"amount": "-5"}, "amount", "not_above_zero"),
        ({"amount": "1,5"}, "amount", "invalid"),
        ({"received_on": "{tomorrow}"}, "received_on", "future"),
        ({"payer": ""}, "payer", "required"),
    ],
)
def test_money_in_is_checked(as_handler, storsthlm, change, field, code):
    tomorrow = timezone.localdate() + timedelta(days=1)
    change = {name: value.format(tomorrow=tomorrow) for name, value in change.items()}

    response = as_handler.post(funds_of(make_grant(storsthlm), "ny/"), RECEIPT | change)

    errors = response.context["form"].errors.as_data()
    assert {name: [e.code for e in found] for name, found in errors.items()} == {
        field: [code]
    }
    assert not FundsReceived.objects.exists()


def test_funds_page_shows_the_balance(as_handler, offered, storsthlm, handler):
    released = make_released(offered, ["0127"])
    make_carry_over(offered.grant, 1_000)
    amount = released.payments.get().amount

    balance = as_handler.get(funds_of(offered.grant)).context["balance"]

    assert (balance.received, balance.carried_over, balance.sent, balance.available) == (
        70_785_000,
        1_000,
        amount,
        70_786_000 - amount,
    )


def test_funds_page_says_what_has_not_come_in(as_handler, offered):
    make_funds(offered.grant, 1_000)
    make_approved(offered, amount=1_200)

    response = as_handler.get(funds_of(offered.grant))

    assert response.context["lacking"] == 200
    assert "200 kr" in text_of(response)


def test_money_in_is_changed_down_to_what_has_been_paid_out(as_handler, offered):
    paid = make_released(offered, ["0127"]).payments.get().amount
    funds = FundsReceived.objects.get()
    page = funds_of(offered.grant, f"{funds.pk}/andra/")

    refused = as_handler.post(page, RECEIPT | {"amount": str(paid - 1)})
    saved = as_handler.post(page, RECEIPT | {"amount": str(paid)})

    left = 70_785_000 - paid
    assert f"{left:,} kr".replace(",", " ") in text_of(refused)
    assert list(refused.context["form"].errors) == ["amount"]
    assert saved.status_code == 302
    funds.refresh_from_db()
    assert funds.amount == paid


def test_money_in_that_a_colleague_has_changed_is_not_overwritten(as_handler, offered):
    funds = make_funds(offered.grant)
    page = funds_of(offered.grant, f"{funds.pk}/andra/")
    seen = as_handler.get(page).context["form"]["seen"].value()
    FundsReceived.objects.update(amount=5)

    response = as_handler.post(page, RECEIPT | {"seen": seen})

    errors = response.context["form"].non_field_errors().as_data()
    assert [error.code for error in errors] == ["changed_by_another"]
    funds.refresh_from_db()
    assert funds.amount == 5


def test_money_in_is_removed_unless_it_is_paid_out(as_handler, offered):
    make_released(offered, ["0127"])
    used, extra = FundsReceived.objects.get(), make_funds(offered.grant, 5)

    asked = as_handler.get(funds_of(offered.grant, f"{used.pk}/ta-bort/"))
    for funds in (used, extra):
        as_handler.post(funds_of(offered.grant, f"{funds.pk}/ta-bort/"))

    assert asked.context["refusal"]
    assert "<form" not in asked.content.decode().split("<main")[1].split("</main")[0]
    assert list(FundsReceived.objects.all()) == [used]


def test_receipt_of_another_grant_or_body_is_not_found(as_handler, storsthlm):
    funds = make_funds(make_grant(storsthlm))
    dalarna = make_grant(make_body("Region Dalarna", county="20"))

    for address in [
        funds_of(make_grant(storsthlm), f"{funds.pk}/andra/"),
        funds_of(dalarna),
        funds_of(dalarna, "ny/"),
        funds_of(dalarna, f"{make_funds(dalarna).pk}/ta-bort/"),
    ]:
        assert as_handler.get(address).status_code == 404


def test_auditor_sees_money_in_without_buttons(client, storsthlm):
    grant = make_grant(storsthlm)
    make_funds(grant)
    client.force_login(make_member(storsthlm, role="auditor"))

    page = client.get(funds_of(grant)).content.decode()

    assert "Kammarkollegiet" in page
    assert "/andra/" not in page
    assert client.get(funds_of(grant, "ny/")).status_code == 403


def test_funds_page_costs_the_same_with_many_receipts(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    make_funds(grant)
    one = queries(as_handler, funds_of(grant))
    for _ in range(4):
        make_funds(grant)

    assert queries(as_handler, funds_of(grant)) == one
