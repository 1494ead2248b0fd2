"""The pages of money in and out: what they show, and what they refuse."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invoices.banking_days import is_banking_day, next_banking_day
from invoices.models import FundsReceived, PaymentBatch
from invoices.payments import make_batch
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
def storsthlm(offered):
    return offered.grant.body


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


# Batches -----------------------------------------------------------------------------

BATCHES = "/utbetalningar/"
NEW = "/utbetalningar/ny/"


@pytest.fixture
def maker(storsthlm):
    return make_member(storsthlm)


@pytest.fixture
def day():
    return next_banking_day(timezone.localdate())


@pytest.fixture
def batch(offered, storsthlm, maker, day):
    """Botkyrka and Huddinge, covered, for somebody else than the maker to release."""
    make_funds(offered.grant)
    requisitions = [
        make_approved(offered, code, amount=amount)
        for code, amount in [("0127", 1_000), ("0126", 2_000)]
    ]
    return make_batch(storsthlm, requisitions, by=maker, execute_on=day)


def address(batch, page=""):
    return f"{BATCHES}{batch.pk}/{page}"


def release(client, batch, **changes):
    seen = {"total": 3_000, "execute_on": batch.execute_on} | changes
    return client.post(address(batch, "slapp/"), seen)


def test_batch_is_made_of_what_is_ticked(as_handler, offered, handler, day):
    first, _second = (make_approved(offered, code) for code in ["0127", "0126"])

    response = as_handler.post(NEW, {"requisition": [first.pk], "execute_on": day})

    batch = PaymentBatch.objects.get()
    assert (response.status_code, response["Location"]) == (302, address(batch))
    assert (batch.number, batch.made_by, batch.execute_on) == (1, handler, day)
    assert list(batch.payments.values_list("requisition", "amount")) == [
        (first.pk, first.amount)
    ]


def test_new_batch_proposes_what_is_covered_and_the_next_banking_day(
    as_handler, storsthlm, day
):
    covered, poor = make_offered(storsthlm), make_offered(storsthlm)
    make_funds(covered.grant, 1_000)
    make_funds(poor.grant, 999)
    make_approved(covered, amount=1_000)
    make_approved(poor, amount=1_000)

    context = as_handler.get(NEW).context

    chosen = {choice.grant: choice.chosen for choice in context["choices"]}
    assert chosen == {covered.grant: 1_000, poor.grant: 0}
    assert context["form"]["execute_on"].value() == day


def test_money_in_other_batches_is_not_free(as_handler, batch, offered):
    make_approved(offered, "0180", amount=5)

    [choice] = as_handler.get(NEW).context["choices"]

    assert (choice.balance.available, choice.free) == (70_785_000, 70_782_000)


def test_recount_sums_what_is_ticked_and_saves_nothing(as_handler, offered):
    make_funds(offered.grant, 1_000)
    first = make_approved(offered, "0127", amount=1_200)
    make_approved(offered, "0126", amount=5)

    response = as_handler.post(
        NEW, {"requisition": [first.pk], "recount": "1", "execute_on": "inte en dag"}
    )

    context = response.context
    assert (context["chosen_count"], context["chosen_total"]) == (1, 1_200)
    assert [choice.lacking for choice in context["lacking"]] == [200]
    assert "inte en dag" in response.content.decode()
    assert not context["form"].errors
    assert not PaymentBatch.objects.exists()


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"requisition": []}, "requisition", "required"),
        ({"execute_on": ""}, "execute_on", "required"),
        ({"execute_on": "2020-09-15"}, "execute_on", "past"),
        ({"execute_on": "2030-12-24"}, "execute_on", "closed"),
        ({"execute_on": "2030-12-28"}, "execute_on", "closed"),
    ],
)
def test_new_batch_is_checked(as_handler, offered, day, change, field, code):
    facts = {"requisition": [make_approved(offered).pk], "execute_on": day} | change

    response = as_handler.post(NEW, facts)

    errors = response.context["form"].errors.as_data()
    assert {name: [e.code for e in found] for name, found in errors.items()} == {
        field: [code]
    }
    assert response.status_code == 422
    assert not PaymentBatch.objects.exists()


def test_requisition_that_a_colleague_took_is_told(as_handler, batch, offered, day):
    taken = batch.payments.first().requisition
    free = make_approved(offered, "0180")

    response = as_handler.post(NEW, {"requisition": [taken.pk, free.pk], "execute_on": day})

    assert str(taken.municipality) in response.context["form"].errors["requisition"][0]
    assert PaymentBatch.objects.count() == 1


def test_requisition_of_another_body_is_not_paid(as_handler, day):
    theirs = make_approved(make_offered(make_body("Region Stockholm")))

    response = as_handler.post(NEW, {"requisition": [theirs.pk], "execute_on": day})

    assert response.status_code == 422
    assert str(theirs.municipality) not in response.content.decode()
    assert not PaymentBatch.objects.exists()


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2020-09-15", "2020-09-16"),
        ("2020-09-18", "2020-09-21"),
        ("2020-04-09", "2020-04-14"),
        ("2020-12-23", "2020-12-28"),
        ("2020-12-30", "2021-01-04"),
    ],
)
def test_next_banking_day_passes_over_weekends_and_holidays(day, following):
    assert next_banking_day(date.fromisoformat(day)) == date.fromisoformat(following)
    assert is_banking_day(date.fromisoformat(following))


def test_list_shows_sums_and_outcomes(as_handler, batch, offered, maker):
    response = as_handler.get(BATCHES)

    [row] = response.context["table"].rows
    assert (row.record.total, row.record.payments_count) == (3_000, 2)
    page = text_of(response)
    assert "3 000" in page
    assert str(maker) in page


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("", 1),
        ("?state=draft", 1),
        ("?state=sent", 0),
        ("?state=paid", 0),
        ("?grant={grant}", 1),
        ("?grant={other}", 0),
    ],
)
def test_list_is_filtered(as_handler, batch, offered, storsthlm, question, count):
    facts = {"grant": offered.grant_id, "other": make_grant(storsthlm).pk}

    response = as_handler.get(BATCHES + question.format(**facts))

    assert len(response.context["table"].rows) == count
    totals = [row.record.total for row in response.context["table"].rows]
    assert totals == [3_000] * count


def test_list_is_exported_as_it_is_shown(as_handler, batch):
    rows = as_handler.get(f"{BATCHES}?format=csv").content.decode("utf-8-sig").splitlines()

    assert len(rows) == 2
    assert rows[1].split(";")[0] == "1"
    assert rows[1].split(";")[6] == "3000"


def test_payment_is_taken_out_of_a_draft(as_handler, batch):
    payment = batch.payments.first()

    response = as_handler.post(address(batch, f"ta-ut/{payment.pk}/"))

    assert response["Location"] == address(batch)
    assert payment not in batch.payments.all()


def test_batch_is_moved_to_another_banking_day(as_handler, batch, day):
    later = next_banking_day(day)

    refused = as_handler.post(address(batch, "dag/"), {"execute_on": "2030-12-24"})
    as_handler.post(address(batch, "dag/"), {"execute_on": later})

    assert refused.context["day_form"].errors.as_data()["execute_on"][0].code == "closed"
    batch.refresh_from_db()
    assert batch.execute_on == later


def test_batch_is_discarded(as_handler, batch):
    asked = as_handler.get(address(batch, "kasta/"))
    response = as_handler.post(address(batch, "kasta/"))

    assert "3 000 kr" in text_of(asked)
    assert response["Location"] == BATCHES
    assert not PaymentBatch.objects.exists()


def test_release_page_shows_every_receiver_and_cover(as_handler, batch):
    response = as_handler.get(address(batch, "slapp/"))

    page = text_of(response)
    assert response.context["obstacles"] == []
    for text in ["Botkyrka", "Huddinge", "5050-1055", "3 000 kr", "70 785 000"]:
        assert text in page


def test_second_person_releases(as_handler, batch, handler):
    response = release(as_handler, batch)

    assert response["Location"] == address(batch)
    batch.refresh_from_db()
    assert (batch.status, batch.released_by) == ("released", handler)
    assert set(batch.payments.values_list("status", flat=True)) == {"sent"}


def test_release_twice_tells_nothing_wrong_to_the_one_who_did(as_handler, batch):
    release(as_handler, batch)

    again = as_handler.post(address(batch, "slapp/"), {}, follow=True)

    levels = [message.level_tag for message in again.context["messages"]]
    assert levels == ["success"]


@pytest.mark.parametrize("who", ["maker", "approver of one"])
def test_maker_and_approver_are_told_that_they_may_not(client, batch, maker, who):
    person = maker if who == "maker" else batch.payments.first().requisition.decided_by
    client.force_login(person)

    page = client.get(address(batch, "slapp/"))
    response = release(client, batch)

    assert len(page.context["obstacles"]) == 1
    assert 'type="submit"' not in page.content.decode().split("<main")[1]
    assert (response.status_code, response.context["refusal"]) == (
        409,
        page.context["obstacles"][0],
    )
    batch.refresh_from_db()
    assert batch.is_draft


def test_release_of_what_has_changed_since_is_refused(as_handler, batch, day):
    later = next_banking_day(day)

    assert release(as_handler, batch, total=2_999).status_code == 409
    assert release(as_handler, batch, execute_on=later).status_code == 409
    assert as_handler.post(address(batch, "slapp/"), {}).status_code == 409
    batch.refresh_from_db()
    assert batch.is_draft


def test_release_waits_for_the_money(as_handler, batch):
    FundsReceived.objects.update(amount=2_999)

    page = as_handler.get(address(batch, "slapp/"))
    response = release(as_handler, batch)

    assert "2 999 kr" in text_of(page)
    assert response.status_code == 409


def test_release_after_the_payment_day_is_refused(as_handler, batch):
    PaymentBatch.objects.update(execute_on=date(2020, 9, 15))
    batch.refresh_from_db()

    response = release(as_handler, batch)

    assert response.status_code == 409
    assert "15 " in response.context["refusal"]


def test_missing_settings_are_told_with_the_way_there(client, storsthlm, batch):
    client.force_login(make_member(storsthlm, role="administrator"))
    before = client.get(address(batch, "slapp/")).content.decode()
    release(client, batch)

    page = client.get(address(batch)).content.decode()

    for shown in (before, page):
        assert "/utbetalningar/installningar/" in shown
    assert "pain001.xml" not in page
    assert "lista.csv" in page


def test_another_bodys_batch_is_not_found(client, batch):
    dalarna = make_body("Region Dalarna", county="20")
    client.force_login(make_member(dalarna))
    payment = batch.payments.first()

    pages = ["", "slapp/", "kasta/", "las-in/", "pain001.xml", "lista.csv", "sie/"]
    for page in pages:
        assert client.get(address(batch, page)).status_code == 404, page
    for page in [f"ta-ut/{payment.pk}/", "dag/", "utfall/", "las-in/spara/"]:
        assert client.post(address(batch, page)).status_code == 404, page


def test_auditor_looks_and_changes_nothing(client, storsthlm, batch):
    client.force_login(make_member(storsthlm, role="auditor"))

    page = client.get(address(batch)).content.decode().split("<main")[1]

    assert "<form" not in page
    for path in [NEW, address(batch, "slapp/"), address(batch, "kasta/")]:
        assert client.get(path).status_code == 403


def test_pages_cost_the_same_for_one_payment_and_many(
    as_handler, offered, storsthlm, maker, day
):
    make_funds(offered.grant)
    codes = list(offered.allocations.values_list("municipality__code", flat=True))
    approver = make_member(storsthlm, role="approver")

    def costs(batch):
        pages = [BATCHES, NEW, address(batch), address(batch, "slapp/")]
        return [queries(as_handler, page) for page in pages]

    def made(codes):
        requisitions = [make_approved(offered, code, by=approver) for code in codes]
        return make_batch(storsthlm, requisitions[:-1], by=maker, execute_on=day)

    one, many = costs(made(codes[:2])), costs(made(codes[2:22]))

    assert one == many
