"""Trying out a draft: what the page answers before anything is saved."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grants.distribution import Part, Plan, calculate, plan_of, save
from grants.distribution import draft as draft_of
from municipalities.models import Municipality, Statistic
from tests.factories import (
    make_body,
    make_decided,
    make_draft,
    make_grant,
    make_key,
    make_member,
    make_statistic,
)
from tests.figures import (
    STOCKHOLM_POPULATION_2019,
    STOCKHOLM_PUBLISHED_2020,
    STOCKHOLM_RECIPIENTS_2018,
)

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "outcome"}
ROW = re.compile(r'<th scope="row"><a [^>]*>([^<]+)</a>.*?outcome__amount"[^>]*>([^<]+)<')


def typed(plan, **changes):
    """Return what the page sends for a plan."""
    data = {
        "rounding": str(plan.rounding),
        "participants": list(plan.participants),
        "parts": [str(number) for number in range(len(plan.parts))],
        "compare": "",
    }
    for number, part in enumerate(plan.parts):
        data[f"part-{number}-kind"] = part.kind
        if part.kind == "statistic":
            data[f"part-{number}-statistic"] = str(part.statistic.pk)
            data[f"part-{number}-weight"] = str(part.weight)
        elif part.kind == "top_slice":
            data[f"part-{number}-percent"] = str(part.percent)
        elif part.kind == "base":
            data[f"part-{number}-amount"] = str(part.amount)
    return data | changes


def address(draft, verb="berakna"):
    return f"/medel/fordelning/{draft.pk}/{verb}/"


def amounts(response):
    """Return kronor by name, as the page shows them."""
    return {
        name: int(amount.replace("\N{NO-BREAK SPACE}", ""))
        for name, amount in ROW.findall(response.content.decode())
    }


@pytest.fixture
def draft(storsthlm, handler):
    return make_draft(storsthlm, by=handler)


@pytest.fixture
def plan(draft):
    return plan_of(draft)


def test_page_shows_each_amount_of_the_draft(as_handler, draft):
    response = as_handler.get(f"/medel/fordelning/{draft.pk}/")

    rows = draft.allocations.values_list("municipality__name", "amount")
    assert amounts(response) == dict(rows)


def test_whatif_gives_the_published_amounts_of_2020(as_handler, storsthlm, handler):
    make_statistic(storsthlm, STOCKHOLM_POPULATION_2019, on=date(2019, 12, 31))
    recipients = make_statistic(
        storsthlm,
        STOCKHOLM_RECIPIENTS_2018,
        kind="care_recipients",
        on=date(2018, 12, 31),
        is_whole_year=True,
    )
    draft = make_draft(storsthlm, amount=68_000_000, by=handler)
    data = typed(plan_of(draft), rounding="each", parts=["0", "7"])
    data |= {
        "part-0-weight": "50",
        "part-7-kind": "statistic",
        "part-7-statistic": str(recipients.pk),
        "part-7-weight": "50,0",
    }

    response = as_handler.post(address(draft), data, **HTMX)

    names = dict(Municipality.objects.values_list("code", "name"))
    published = {names[code]: kr for code, kr in STOCKHOLM_PUBLISHED_2020.items()}
    assert amounts(response) == published
    assert draft.components.count() == 1


def test_whatif_answers_as_the_calculation_does(as_handler, draft, plan):
    changed = Plan(
        budget_amount=plan.budget_amount,
        carry_over_amount=0,
        rounding="each",
        parts=[
            Part("top_slice", percent=Decimal("4.5")),
            Part("base", amount=100_000),
            *plan.parts,
        ],
        participants={c: m for c, m in plan.participants.items() if c != "0180"},
    )

    response = as_handler.post(address(draft), typed(changed), **HTMX)

    names = {code: each.name for code, each in changed.participants.items()}
    assert amounts(response) == {
        names[code]: amount for code, amount in calculate(changed).parts.items()
    }


def test_whatif_takes_fixed_amounts_by_name_or_code(as_handler, draft, plan):
    data = typed(plan, parts=["0", "1"])
    data |= {
        "part-1-kind": "fixed",
        "part-1-fixed": "Upplands Väsby 500 000 kr\n0127 250000\n0162 Danderyd: 1",
    }

    response = as_handler.post(address(draft), data, **HTMX)

    fixed = {"0114": 500_000, "0127": 250_000, "0162": 1}
    parts = [*plan.parts, Part("fixed", fixed=fixed)]
    expected = calculate(
        Plan(plan.budget_amount, 0, plan.rounding, parts, plan.participants)
    ).parts
    names = dict(Municipality.objects.values_list("code", "name"))
    assert amounts(response) == {names[code]: kr for code, kr in expected.items()}


def test_whatif_saves_nothing(as_handler, draft, plan):
    before = list(draft.allocations.values_list("amount", "calculated"))

    as_handler.post(address(draft), typed(plan, participants=["0127"]), **HTMX)

    assert list(draft.allocations.values_list("amount", "calculated")) == before


def test_whatif_without_javascript_is_a_whole_page(as_handler, draft, plan):
    response = as_handler.post(address(draft), typed(plan, participants=["0127", "0162"]))

    assert list(amounts(response)) == ["Botkyrka", "Danderyd"]
    assert sum(amounts(response).values()) == 20_000_000
    assert b"<html" in response.content
    assert response.context["unsaved"]


def test_add_button_adds_a_part_and_keeps_what_is_typed(as_handler, draft, plan):
    data = typed(plan, add_part="base") | {"part-0-weight": "71,5"}

    response = as_handler.post(address(draft), data)

    kinds = [part.kind for part in response.context["form"].parts]
    assert kinds == ["statistic", "base"]
    assert 'value="71,5"' in response.content.decode()
    assert sum(amounts(response).values()) == 20_000_000


def test_remove_button_removes_its_part(as_handler, draft, plan):
    data = typed(plan, parts=["0", "3"], remove_part="0")
    data |= {"part-3-kind": "base", "part-3-amount": "100"}

    response = as_handler.post(address(draft), data)

    assert [part.kind for part in response.context["form"].parts] == ["base"]
    assert [mistake.text for mistake in response.context["mistakes"]] != []


def test_whatif_tells_every_mistake_at_once(as_handler, draft, plan):
    data = typed(plan, parts=["0", "1", "2"])
    data |= {
        "part-0-weight": "mycket",
        "part-1-kind": "top_slice",
        "part-1-percent": "104",
        "part-2-kind": "fixed",
        "part-2-fixed": "Ankeborg 5\nBotkyrka −5\nSolna 1\nSolna 2",
    }

    response = as_handler.post(address(draft), data, **HTMX)

    targets = [mistake.target for mistake in response.context["mistakes"]]
    assert targets == [
        "id_part-0-weight",
        "id_part-1-percent",
        *["id_part-2-fixed"] * 3,
    ]
    assert response["HX-Reswap"] == "none"
    assert amounts(response) == {}


def test_whatif_names_the_municipality_that_a_statistic_lacks(as_handler, draft, plan):
    statistic = Statistic.objects.get()
    statistic.values.filter(municipality__code="0127").delete()

    response = as_handler.post(address(draft), typed(plan), **HTMX)

    (mistake,) = response.context["mistakes"]
    assert "Botkyrka" in mistake.text
    assert str(statistic) in mistake.text
    assert mistake.target == "id_part-0-statistic"


def test_change_is_from_the_chosen_version(as_handler, storsthlm, handler):
    first = make_decided(storsthlm, amount=20_000_000)
    grant = make_grant(storsthlm, amount=22_000_000, follows=first.grant)
    draft = draft_of(grant, key=make_key(storsthlm), by=handler)
    data = typed(plan_of(draft), compare=str(first.pk))

    response = as_handler.post(address(draft), data, **HTMX)

    table = response.context["table"]
    assert (table.sums.change.kronor, table.sums.change.percent) == (
        "+2\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}000",
        "+10,0\N{NO-BREAK SPACE}%",
    )


def test_version_of_another_body_cannot_be_compared_with(as_handler, draft, plan):
    others = make_decided(make_body("Region Stockholm"))

    response = as_handler.post(address(draft), typed(plan, compare=str(others.pk)), **HTMX)

    assert response.context["table"].compared == ""


def test_budget_of_today_is_used_when_asked_for(as_handler, draft, plan):
    draft.grant.budget_lines.update(amount=21_000_000)

    kept = as_handler.post(address(draft), typed(plan), **HTMX)
    today = as_handler.post(address(draft), typed(plan, uses_budget_of_today="1"), **HTMX)

    assert [sum(amounts(each).values()) for each in (kept, today)] == [
        20_000_000,
        21_000_000,
    ]


def test_save_keeps_what_is_typed(as_handler, draft, plan):
    data = typed(plan, participants=["0127", "0162"], rounding="each")
    data |= {"seen_at": draft.drafted_at.isoformat(), "part-0-weight": "12,5"}

    response = as_handler.post(address(draft, "spara"), data)

    draft.refresh_from_db()
    assert response.status_code == 302
    assert (draft.rounding, draft.components.get().weight) == ("each", Decimal("12.5"))
    assert list(draft.allocations.values_list("municipality__code", flat=True)) == [
        "0127",
        "0162",
    ]


def test_stale_save_is_refused_and_keeps_the_inputs(as_handler, storsthlm, draft, plan):
    seen_at = draft.drafted_at.isoformat()
    colleague = make_member(storsthlm, user=None)
    save(draft, plan, by=colleague)
    data = typed(plan, rounding="each", seen_at=seen_at) | {"part-0-weight": "12,5"}

    response = as_handler.post(address(draft, "spara"), data)

    draft.refresh_from_db()
    (mistake,) = response.context["mistakes"]
    assert str(colleague) in mistake.text
    assert 'value="12,5"' in response.content.decode()
    assert draft.rounding == "exact"


def test_same_save_twice_is_told_as_one(as_handler, draft, plan):
    data = typed(plan, rounding="each", seen_at=draft.drafted_at.isoformat())

    answers = [as_handler.post(address(draft, "spara"), data) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]


def test_save_without_the_token_is_refused(as_handler, draft, plan):
    response = as_handler.post(address(draft, "spara"), typed(plan, rounding="each"))

    draft.refresh_from_db()
    assert (response.status_code, draft.rounding) == (200, "exact")


def test_queries_are_as_many_for_26_and_for_290(as_handler, storsthlm, handler):
    everyone = Municipality.objects.by_code()
    make_statistic(storsthlm, {code: int(code) for code in everyone})
    first = make_decided(storsthlm)
    grant = make_grant(storsthlm, follows=first.grant)
    draft = draft_of(grant, key=make_key(storsthlm), by=handler)
    plan = plan_of(draft)
    page = f"/medel/fordelning/{draft.pk}/"
    as_handler.get(page)

    counts = {}
    for participants in (plan.participants, everyone):
        changed = Plan(plan.budget_amount, 0, plan.rounding, plan.parts, dict(participants))
        save(draft, changed, by=handler)
        data = typed(changed, compare=str(first.pk))
        with CaptureQueriesContext(
            connection,
        ) as whatif:
            response = as_handler.post(address(draft), data, **HTMX)
        assert len(amounts(response)) == len(participants)
        with CaptureQueriesContext(connection) as whole:
            as_handler.get(page)
        counts[len(participants)] = (len(whatif), len(whole))

    assert set(counts) == {26, 290}
    assert counts[26] == counts[290]


def test_labels_and_names_are_shown_as_text(as_handler, storsthlm, handler):
    statistic = make_statistic(storsthlm)
    draft = make_draft(storsthlm, by=handler)
    Statistic.objects.filter(pk=statistic.pk).update(
        kind="other", name="<b>{0} & \ue000name\ue001</b>"
    )

    page = as_handler.get(f"/medel/fordelning/{draft.pk}/").content.decode()

    assert "<b>{0}" not in page
    assert 'data-label="&lt;b&gt;{0} &amp; name' in page
