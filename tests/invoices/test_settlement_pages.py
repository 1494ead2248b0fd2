"""The pages where money is accounted for, claimed back and returned."""

from copy import deepcopy
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from invoices.ledger import ledger_of
from invoices.models import Repayment, ReturnToState, Settlement
from invoices.repayment import receive, return_to_state, write_off
from invoices.settlement import shares_of
from municipalities.models import Message
from tests.factories import make_body, make_member, make_municipal_member
from tests.invoices.settling import DAY, claimed, make_paid, settled, settled_own

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(once):
    """A grant of 300 kronor, of which three municipalities have been paid 100 each."""
    return make_paid(make_body())


@pytest.fixture
def grant(made):
    return deepcopy(made.grant)


@pytest.fixture
def storsthlm(grant):
    return grant.body


@pytest.fixture
def letters(monkeypatch):
    """Letters that take no time to draw, and what each was of."""
    drawn = []

    def draw(claim):
        drawn.append(claim)
        return b"%PDF-1.7"

    monkeypatch.setattr("reporting.views.repayment.repayment_letter", draw)
    return drawn


def url(name, *args):
    return reverse(f"invoices:{name}", args=args)


def text_of(response):
    return " ".join(response.content.decode().replace("\xa0", " ").split())


def typed(**rows):
    """Return what the page posts, by municipality's code: used, to repay, carried over."""
    posted = {}
    for key, values in rows.items():
        code = key.removeprefix("m")
        names = ("used", "to_repay", "carried_over", "reason", "seen")
        for name, value in zip(names, values, strict=False):
            posted[f"{name}_{code}"] = value
    return posted


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


# Settlement --------------------------------------------------------------------------


def test_all_rows_are_settled_at_once(as_handler, handler, grant):
    response = as_handler.post(
        url("settlement_edit", grant.pk),
        typed(m0114=("100", "0", "0"), m0127=("60", "", "10"), m0160=("", "", "")),
    )

    assert (response.status_code, response["Location"]) == (
        302,
        url("settlement_list", grant.pk),
    )
    kept = Settlement.objects.values_list(
        "municipality__code", "used", "to_repay", "carried_over", "confirmed_by"
    )
    assert list(kept) == [
        ("0114", 100, 0, 0, handler.pk),
        ("0127", 60, 30, 10, handler.pk),
    ]


def test_every_mistake_is_said_at_its_cell(as_handler, grant):
    response = as_handler.post(
        url("settlement_edit", grant.pk),
        typed(m0114=("90", "5", ""), m0127=("110", "", ""), m0160=("", "10", "-1")),
    )

    errors = response.context["form"].errors.as_data()
    assert response.status_code == 422
    assert {name: [error.code for error in found] for name, found in errors.items()} == {
        "to_repay_0114": ["sum"],
        "used_0127": ["sum"],
        "carried_over_0160": ["negative"],
        "used_0160": ["required"],
    }
    assert not Settlement.objects.exists()
    assert 'value="110"' in response.content.decode()
    assert response.context["sums"]["available"] == 300


def test_nothing_filled_in_is_said(as_handler, grant):
    response = as_handler.post(url("settlement_edit", grant.pk), {})

    assert response.status_code == 422
    assert [
        each.code for each in response.context["form"].non_field_errors().as_data()
    ] == ["nothing"]


def test_correction_asks_why(as_handler, grant):
    settled(grant, "0127", 60, 40)
    page = url("settlement_edit", grant.pk)

    without = as_handler.post(page, typed(m0127=("70", "30", "", "", "1")))
    unseen = as_handler.post(page, typed(m0127=("70", "30", "", "Räknade fel", "0")))
    corrected = as_handler.post(page, typed(m0127=("70", "30", "", "Räknade fel", "1")))

    assert list(without.context["form"].errors) == ["reason_0127"]
    assert (unseen.status_code, bool(unseen.context["refusal"])) == (422, True)
    assert corrected.status_code == 302
    assert list(Settlement.objects.values_list("version", "used", "reason")) == [
        (1, 60, ""),
        (2, 70, "Räknade fel"),
    ]
    assert "Räknade fel" in text_of(as_handler.get(url("settlement_list", grant.pk)))


def test_row_that_is_fixed_has_no_inputs(as_handler, grant):
    settled(grant, "0127", 60, 40)
    (claim,) = claimed(grant)
    receive(claim, amount=1, on=DAY, by=make_member(grant.body))

    fields = as_handler.get(url("settlement_edit", grant.pk)).context["form"].fields

    assert "used_0127" not in fields
    assert "used_0114" in fields


# Claims and returns ------------------------------------------------------------------


def claim_page(grant):
    return reverse("reporting:repayment_claim", args=[grant.pk])


FORM = {"due_on": "2099-03-31", "account": "bankgiro 5050-1055", "record_number": "S/21/7"}


def test_chosen_municipalities_are_claimed_from(as_handler, grant, letters):
    settled(grant, "0127", 60, 40)
    settled(grant, "0160", 30, 70)
    page = as_handler.get(claim_page(grant))
    assert [value for _share, value, _chosen in page.context["rows"]] == [
        "0127-1-40",
        "0160-1-70",
    ]

    response = as_handler.post(claim_page(grant), FORM | {"share": ["0160-1-70"]})

    claim = Repayment.objects.get()
    assert response["Location"] == url("repayment_list", grant.pk)
    assert (claim.settlement.municipality.code, claim.amount) == ("0160", 70)
    assert (claim.due_on, claim.record_number) == (date(2099, 3, 31), "S/21/7")
    assert len(letters) == 1
    assert Message.objects.filter(kind="repayment_claimed").exists()


def test_claim_of_what_has_changed_is_refused(as_handler, grant, letters):
    settled(grant, "0127", 60, 40)
    settled(grant, "0127", 70, 30, reason="Räknade fel")

    changed = as_handler.post(claim_page(grant), FORM | {"share": ["0127-1-40"]})
    nobody = as_handler.post(claim_page(grant), FORM)
    late = as_handler.post(
        claim_page(grant), FORM | {"share": ["0127-2-30"], "due_on": "2021-01-01"}
    )

    assert [each.status_code for each in (changed, nobody, late)] == [422] * 3
    assert (letters, Repayment.objects.count()) == ([], 0)


def test_repayment_is_registered_and_removed(as_handler, grant):
    settled(grant, "0127", 60, 40)
    (claim,) = claimed(grant)
    page = url("repayment_receive", claim.pk)

    too_much = as_handler.post(page, {"amount": "41", "received_on": "2021-03-01"})
    future = as_handler.post(page, {"amount": "40", "received_on": "2099-03-01"})
    right = as_handler.post(page, {"amount": "40", "received_on": "2021-03-01"})

    assert list(too_much.context["form"].errors) == ["amount"]
    assert list(future.context["form"].errors) == ["received_on"]
    assert right["Location"] == claim.get_absolute_url()
    receipt = claim.receipts.get()
    as_handler.post(url("repayment_receipt_delete", claim.pk, receipt.pk))
    assert not claim.receipts.exists()


def test_colleague_writes_off(client, grant):
    settled(grant, "0127", 60, 40)
    approver = make_member(grant.body, role="approver")
    (claim,) = claimed(grant, by=approver)
    posted = {"reason": "Kostar mer än det ger", "left": "40"}
    page = url("repayment_write_off", claim.pk)

    client.force_login(approver)
    own = client.post(page, posted)
    client.force_login(make_member(grant.body, role="approver"))
    other = client.post(page, posted)

    claim.refresh_from_db()
    assert (own.status_code, other["Location"]) == (422, claim.get_absolute_url())
    assert (claim.written_off, claim.write_off_reason) == (40, "Kostar mer än det ger")


def test_claim_is_withdrawn(as_handler, grant):
    settled(grant, "0127", 60, 40)
    (claim,) = claimed(grant)

    as_handler.post(url("repayment_withdraw", claim.pk))

    claim.refresh_from_db()
    assert claim.is_withdrawn
    assert as_handler.get(claim.get_absolute_url()).status_code == 200


def test_letter_is_the_municipalitys_and_the_bodys(client, grant):
    settled(grant, "0127", 60, 40)
    (claim,) = claimed(grant)
    page = url("repayment_letter", claim.pk)
    readers = (
        make_member(grant.body, role="auditor"),
        make_municipal_member("0127"),
        make_municipal_member("0114"),
        make_member(make_body("Annat förbund")),
    )

    given = []
    for reader in readers:
        client.force_login(reader)
        given.append(client.get(page).status_code)

    assert given == [200, 200, 404, 404]


def test_return_is_registered_and_removed(as_handler, grant):
    settled(grant, "0127", 60, 40)
    (claim,) = claimed(grant)
    receive(claim, amount=40, on=DAY, by=make_member(grant.body))
    page = url("return_create", grant.pk)
    facts = {"paid_on": "2021-03-01", "recipient": "Kammarkollegiet"}

    too_much = as_handler.post(page, facts | {"amount": "41"})
    right = as_handler.post(page, facts | {"amount": "40", "record_number": "S/21/9"})

    assert list(too_much.context["form"].errors) == ["amount"]
    assert right["Location"] == url("repayment_list", grant.pk)
    back = ReturnToState.objects.get()
    assert (back.amount, back.recipient, back.record_number) == (
        40,
        "Kammarkollegiet",
        "S/21/9",
    )
    as_handler.post(url("return_delete", grant.pk, back.pk))
    assert not ReturnToState.objects.exists()


# Ledger ------------------------------------------------------------------------------


def close(grant):
    """Account for every krona."""
    grant.budget_lines.create(activity="Eget", side="common", amount=5)
    settled_own(grant, "common", 0, 5)
    settled(grant, "0114", 100, 0)
    settled(grant, "0127", 60, 30, 10)
    settled(grant, "0160", 30, 70)
    first, second = claimed(grant)
    by = make_member(grant.body, role="approver")
    receive(first, amount=30, on=DAY, by=by)
    receive(second, amount=50, on=DAY, by=by)
    write_off(second, by=by, on=DAY, reason="x")
    return_to_state(grant, amount=80, on=DAY, recipient="Staten", by=by)


def test_ledger_says_what_remains_and_then_that_it_is_zero(as_handler, grant):
    page = url("ledger_detail", grant.pk)
    before = as_handler.get(page).context["ledger"]
    assert (before.is_closed, before.total.unaccounted, before.held) == (False, 300, 0)

    close(grant)

    response = as_handler.get(page)
    ledger = response.context["ledger"]
    assert ledger.is_closed
    assert 'data-color="success"' in response.content.decode()
    assert (ledger.used, ledger.returned, ledger.kept) == (190, 80, 10)
    assert (ledger.total.written_off, ledger.total.repaid) == (20, 80)
    assert (ledger.income, ledger.accounted) == (300, 300)


def test_ledger_opens_the_origin_of_each_figure(as_handler, grant):
    close(grant)
    response = as_handler.get(url("ledger_detail", grant.pk))

    found = {cell.url for _, _, cells in response.context["after_rows"] for cell in cells}
    found |= {address for _, address, _ in response.context["after_rows"]}
    assert [as_handler.get(each).status_code for each in sorted(found - {""})] == [
        200
    ] * len(found - {""})
    claims = Repayment.objects.all()
    assert {claim.get_absolute_url() for claim in claims} <= found


def test_own_share_keeps_the_ledger_open(grant):
    close(grant)
    grant.budget_lines.create(activity="Mer", side="region", amount=7)

    ledger = ledger_of(grant)

    assert (ledger.own_total.unaccounted, ledger.is_closed) == (7, False)
    settled_own(grant, "region", 0, 7)
    assert ledger_of(grant).is_closed


def test_pages_cost_the_same_with_one_and_three(as_handler, storsthlm, grant):
    small = make_paid(storsthlm, codes=("0114",)).grant
    for each in (small, grant):
        for share in shares_of(each):
            settled(each, share.key, 60, 40)
        claims = claimed(each)
        for claim in claims:
            receive(claim, amount=10, on=DAY, by=make_member(storsthlm))
            return_to_state(
                each, amount=10, on=DAY, recipient="S", by=make_member(storsthlm)
            )

    pages = ["ledger_detail", "settlement_list", "settlement_edit", "repayment_list"]
    few, many = (
        {page: queries(as_handler, url(page, each.pk)) for page in pages}
        for each in (small, grant)
    )
    assert few == many
