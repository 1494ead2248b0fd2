"""The pages of distributions: who may do what, and what each page says."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from grants.distribution import adjust, decide, revise
from grants.models import Adjustment, Distribution
from municipalities.models import StatisticValue
from tests.factories import (
    make_body,
    make_decided,
    make_draft,
    make_grant,
    make_key,
    make_member,
    make_statistic,
)

pytestmark = pytest.mark.django_db

PAGES = ["", "xlsx/", "csv/", "historik/", "kommun/0127/"]
EDITS = ["justeringar/", "kasta/"]


@pytest.fixture
def draft(storsthlm, handler):
    return make_draft(storsthlm, by=handler)


@pytest.fixture
def as_approver(client, approver):
    client.force_login(approver)
    return client


def address(distribution, page=""):
    return f"/medel/fordelning/{distribution.pk}/{page}"


def token(distribution):
    distribution.refresh_from_db()
    return distribution.drafted_at.isoformat()


# Who may -----------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", ["handler", "approver", "auditor", "administrator"])
def test_everyone_on_the_staff_may_look(client, storsthlm, draft, role, page):
    client.force_login(make_member(storsthlm, role=role))

    assert client.get(address(draft, page)).status_code == 200


@pytest.mark.parametrize("page", EDITS)
def test_auditor_may_not_change(client, storsthlm, draft, page):
    client.force_login(make_member(storsthlm, role="auditor"))

    assert client.get(address(draft, page)).status_code == 403
    assert client.post(address(draft, "spara/")).status_code == 403


def test_auditor_sees_the_draft_without_a_form(client, storsthlm, draft):
    client.force_login(make_member(storsthlm, role="auditor"))

    page = client.get(address(draft)).content.decode()

    assert "Botkyrka" in page
    assert "spara/" not in page


@pytest.mark.parametrize("role", ["handler", "auditor", "administrator"])
def test_only_an_approver_decides(client, storsthlm, draft, role):
    client.force_login(make_member(storsthlm, role=role))

    assert client.get(address(draft, "beslut/")).status_code == 403


@pytest.mark.parametrize("page", [*PAGES, *EDITS, "beslut/"])
def test_another_bodys_distribution_is_not_found(client, draft, page):
    others = make_body("Region Stockholm")
    client.force_login(make_member(others, role="approver"))

    assert client.get(address(draft, page)).status_code == 404
    assert client.get(f"/medel/{draft.grant_id}/fordelning/").status_code == 404


@pytest.mark.parametrize("page", ["berakna/", "spara/"])
def test_changes_are_posted(as_handler, draft, page):
    assert as_handler.get(address(draft, page)).status_code == 405


# Drafting ----------------------------------------------------------------------------


def test_draft_is_made_from_a_key(as_handler, storsthlm):
    make_statistic(storsthlm)
    grant, key = make_grant(storsthlm), make_key(storsthlm)

    response = as_handler.post(f"/medel/{grant.pk}/fordelning/ny/", {"start": str(key.pk)})

    draft = Distribution.objects.get()
    assert (response.status_code, response["Location"]) == (302, address(draft))
    assert sum(draft.allocations.values_list("amount", flat=True)) == 20_000_000


def test_lacking_statistic_is_told_with_a_way_out(as_handler, storsthlm):
    grant, key = make_grant(storsthlm), make_key(storsthlm)

    response = as_handler.post(f"/medel/{grant.pk}/fordelning/ny/", {"start": str(key.pk)})

    assert response.context["refusal"] == "statistic_lacking"
    assert "/statistik/" in response.content.decode()
    assert not Distribution.objects.exists()


def test_municipality_without_a_value_is_named(as_handler, storsthlm):
    statistic = make_statistic(storsthlm)
    StatisticValue.objects.filter(municipality__code="0127").delete()
    grant, key = make_grant(storsthlm), make_key(storsthlm)

    response = as_handler.post(f"/medel/{grant.pk}/fordelning/ny/", {"start": str(key.pk)})

    (text,) = response.context["form"].non_field_errors()
    assert "Botkyrka" in text
    assert str(statistic) in text


def test_new_version_asks_why(as_handler, storsthlm):
    decided = make_decided(storsthlm)
    new = f"/medel/{decided.grant_id}/fordelning/ny/"

    refused = as_handler.post(new, {"start": "same"})
    made = as_handler.post(new, {"start": "same", "reason": "Mer pengar."})

    assert list(refused.context["form"].errors) == ["reason"]
    assert made.status_code == 302
    assert decided.grant.distributions.drafts().get().reason == "Mer pengar."


def test_list_shows_what_is_lacking_before_the_first(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    grant.budget_lines.update(is_distributed=False)

    page = as_handler.get(f"/medel/{grant.pk}/fordelning/").content.decode()

    assert f"/medel/{grant.pk}/budget/" in page
    assert "/medel/nycklar/" in page


def test_list_costs_the_same_with_one_version_and_three(as_handler, storsthlm, approver):
    distribution = make_decided(storsthlm)
    page = f"/medel/{distribution.grant_id}/fordelning/"
    as_handler.get(page)

    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            as_handler.get(page)
        counts.append(len(queries))
        revision = revise(distribution, by=make_member(storsthlm), reason="Rättelse")
        distribution = decide(revision, by=approver, decided_on=date(2020, 4, 1))

    assert counts[0] == counts[2]


def test_discard_asks_first(as_handler, draft):
    asked = as_handler.get(address(draft, "kasta/"))
    assert (asked.status_code, Distribution.objects.count()) == (200, 1)

    as_handler.post(address(draft, "kasta/"))

    assert not Distribution.objects.exists()


# Adjusting ---------------------------------------------------------------------------


def test_adjustment_is_made_with_its_reason(as_handler, draft):
    before = draft.allocations.get(municipality__code="0127").amount
    data = {"municipality": "0127", "amount": "−5 000 kr", "reason": "Enligt beslut"}

    response = as_handler.post(
        address(draft, "justeringar/"), data | {"seen_at": token(draft)}
    )

    assert response.status_code == 302
    assert Adjustment.objects.values_list("amount", "reason").get() == (
        -5000,
        "Enligt beslut",
    )
    assert draft.allocations.get(municipality__code="0127").amount == before - 5000


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"reason": ""}, ["reason"]),
        ({"amount": "0"}, ["amount"]),
        ({"amount": "12,50", "reason": " "}, ["amount", "reason"]),
        ({"municipality": "2080"}, ["municipality"]),
        ({"amount": "-99 000 000"}, ["amount"]),
    ],
)
def test_adjustment_tells_every_mistake_at_once(as_handler, draft, changes, fields):
    data = {"municipality": "0127", "amount": "5", "reason": "x"} | changes

    response = as_handler.post(
        address(draft, "justeringar/"), data | {"seen_at": token(draft)}
    )

    assert list(response.context["form"].errors) == fields
    assert not Adjustment.objects.exists()


def test_adjustment_is_taken_back(as_handler, draft, handler):
    allocation = draft.allocations.get(municipality__code="0127")
    adjustment = adjust(allocation, amount=100, reason="x", by=handler)

    as_handler.post(f"/medel/fordelning/justeringar/{adjustment.pk}/angra/")

    assert not Adjustment.objects.exists()
    allocation.refresh_from_db()
    assert allocation.amount == allocation.calculated


def test_adjustment_of_another_body_is_not_found(client, draft, handler):
    allocation = draft.allocations.get(municipality__code="0127")
    adjustment = adjust(allocation, amount=100, reason="x", by=handler)
    client.force_login(make_member(make_body("Region Stockholm")))

    response = client.post(f"/medel/fordelning/justeringar/{adjustment.pk}/angra/")

    assert response.status_code == 404


# Deciding ----------------------------------------------------------------------------


def test_approver_decides_what_another_drafted(as_approver, approver, draft):
    data = {"decided_on": "2020-03-16", "seen_at": token(draft)}

    response = as_approver.post(address(draft, "beslut/"), data)

    draft.refresh_from_db()
    assert response["Location"] == address(draft)
    assert (draft.status, draft.decided_by, draft.decided_on) == (
        "decided",
        approver,
        date(2020, 3, 16),
    )


def test_second_submit_of_the_decision_is_no_error(as_approver, draft):
    data = {"decided_on": "2020-03-16", "seen_at": token(draft)}

    answers = [
        as_approver.post(address(draft, "beslut/"), data, follow=True) for _ in range(2)
    ]

    levels = [[each.level_tag for each in a.context["messages"]] for a in answers]
    assert levels == [["success"], []]


def test_the_one_who_drafted_has_no_button(client, storsthlm, approver):
    draft = make_draft(storsthlm, by=approver)
    client.force_login(approver)

    page = client.get(address(draft, "beslut/"))
    posted = client.post(
        address(draft, "beslut/"), {"decided_on": "2020-03-16", "seen_at": token(draft)}
    )

    draft.refresh_from_db()
    assert (page.context["is_own"], page.context["may_confirm"]) == (True, False)
    assert len(posted.context["form"].non_field_errors()) == 1
    assert draft.is_draft


@pytest.mark.parametrize("day", ["", "i går", "tomorrow"])
def test_decision_needs_a_day_that_has_come(as_approver, draft, day):
    if day == "tomorrow":
        day = (timezone.localdate() + timedelta(days=1)).isoformat()

    response = as_approver.post(
        address(draft, "beslut/"), {"decided_on": day, "seen_at": token(draft)}
    )

    draft.refresh_from_db()
    assert list(response.context["form"].errors) == ["decided_on"]
    assert draft.is_draft


def test_draft_that_changed_since_it_was_read_is_not_decided(as_approver, draft, handler):
    seen_at = token(draft)
    allocation = draft.allocations.get(municipality__code="0127")
    adjust(allocation, amount=100, reason="x", by=handler)

    response = as_approver.post(
        address(draft, "beslut/"), {"decided_on": "2020-03-16", "seen_at": seen_at}
    )

    draft.refresh_from_db()
    assert len(response.context["form"].non_field_errors()) == 1
    assert draft.is_draft


def test_changed_budget_is_told_before_the_decision(as_approver, draft):
    draft.grant.budget_lines.update(amount=1)

    page = as_approver.get(address(draft, "beslut/"))

    assert [check.holds for check in page.context["checks"]] == [True, False, True]
    assert not page.context["may_confirm"]


def test_decision_shows_each_changed_municipality(as_approver, storsthlm, handler):
    first = make_decided(storsthlm)
    second = revise(first, by=handler, reason="Rättelse")
    botkyrka = second.allocations.get(municipality__code="0127")
    adjust(botkyrka, amount=-700, reason="Enligt beslut", by=handler)

    page = as_approver.get(address(second, "beslut/"))

    (change,) = page.context["changes"]
    assert (change["name"], change["after"] - change["before"]) == ("Botkyrka", -700)
    assert page.context["unchanged"] == 25
    assert "Enligt beslut" in page.content.decode()


@pytest.mark.parametrize("page", ["spara/", "berakna/"])
def test_decided_distribution_takes_no_changes(as_handler, storsthlm, page):
    decided = make_decided(storsthlm)

    response = as_handler.post(address(decided, page), {"rounding": "each"})

    decided.refresh_from_db()
    assert response["Location"] == address(decided)
    assert decided.rounding == "exact"


# What goes out -----------------------------------------------------------------------


def test_explanation_ends_in_the_amount(as_handler, draft, handler):
    botkyrka = draft.allocations.get(municipality__code="0127")
    adjust(botkyrka, amount=-700, reason="Enligt beslut i nämnden", by=handler)

    response = as_handler.get(address(draft, "kommun/0127/"))

    page = response.content.decode()
    botkyrka.refresh_from_db()
    kinds = [step.kind for step, _ in response.context["steps"]]
    assert kinds == ["pot", "to_weigh", "statistic", "rounding"]
    assert f"{botkyrka.amount:,}".replace(",", "\N{NO-BREAK SPACE}") in page
    assert "Enligt beslut i nämnden" in page
    assert "SCB:s statistikdatabas" in page
    assert (response.context["previous"].name, response.context["next"].name) == (
        "Huddinge",
        "Salem",
    )


def test_explanation_of_a_municipality_that_takes_no_part_is_not_found(as_handler, draft):
    assert as_handler.get(address(draft, "kommun/2080/")).status_code == 404


def test_explanation_costs_the_same_whoever_it_is(as_handler, draft, handler):
    counts = []
    for code in ("0114", "0180"):
        with CaptureQueriesContext(connection) as queries:
            as_handler.get(address(draft, f"kommun/{code}/"))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_workbook_holds_each_amount_and_formulas(as_handler, draft):
    response = as_handler.get(address(draft, "xlsx/"))

    book = CalamineWorkbook.from_filelike(BytesIO(response.content))
    cells = {cell for row in book.get_sheet_by_index(0).to_python() for cell in row}
    amounts = set(draft.allocations.values_list("amount", flat=True))
    assert amounts <= cells
    assert 'filename="' in response["Content-Disposition"]


def test_csv_holds_each_amount(as_handler, draft):
    lines = as_handler.get(address(draft, "csv/")).content.decode("utf-8-sig").splitlines()

    rows = [line.split(";") for line in lines[1:]]
    assert [(row[0], int(row[-1])) for row in rows] == list(
        draft.allocations.values_list("municipality__code", "amount")
    )
