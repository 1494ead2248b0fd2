"""The budget: its lines, what they sum to, and the pot."""

import pytest
from django.urls import reverse

from grants.budget import budget_of
from grants.models import BudgetLine
from tests.factories import make_carry_over, make_decided, make_grant
from tests.grants.test_keys import row_codes, rows

pytestmark = pytest.mark.django_db


def line(activity="Aktivitet", side="municipalities", amount="", **more):
    return {"activity": activity, "side": side, "amount": amount} | more


def save(client, grant, *lines, carried=(), initial=0):
    return client.post(
        reverse("grants:grant_budget_edit", args=[grant.pk]),
        rows(*lines, prefix="lines", initial=initial) | rows(*carried, prefix="carried"),
    )


def test_budget_of_2020_comes_to_its_pot(as_handler, storsthlm):
    """Sammanhållen vård 2020: 6 429 930 and 4 141 043 carried over are 10 570 973."""
    grant = make_grant(storsthlm)
    grant.budget_lines.all().delete()
    earlier = make_grant(storsthlm, year=2019)

    save(
        as_handler,
        grant,
        line("Länsgemensamt projekt, regionen", side="region", amount="3 200 000"),
        line("Stöd till införande, regionen", side="region"),
        line("Stöd till införande", amount="6 429 930 kr", is_distributed="on"),
        line("Kunskapsstyrning", amount="3 300 000", is_conditional="on", comment="Om …"),
        carried=[{"from_grant": earlier.pk, "amount": "4141043"}],
    )

    budget = budget_of(grant)
    assert (budget.from_lines, budget.carried, budget.pot) == (
        6_429_930,
        4_141_043,
        10_570_973,
    )
    assert budget.pot == grant.pot()
    assert [(side.side, side.amount, side.undecided) for side in budget.sides] == [
        ("municipalities", 9_729_930, 0),
        ("region", 3_200_000, 1),
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (line(is_distributed="on"), {"amount": ["amount_lacking"]}),
        (
            line(side="region", amount="5", is_distributed="on"),
            {"side": ["not_municipalities"]},
        ),
        (
            line(side="common", is_distributed="on"),
            {"side": ["not_municipalities"], "amount": ["amount_lacking"]},
        ),
        (line(amount="-1"), {"amount": ["negative"]}),
        (
            line(activity="", amount="12 öre"),
            {"activity": ["required"], "amount": ["invalid"]},
        ),
    ],
)
def test_line_that_cannot_be_is_refused(as_handler, storsthlm, row, expected):
    grant = make_grant(storsthlm)
    before = list(grant.budget_lines.values())

    response = save(as_handler, grant, row)

    assert row_codes(response.context["sets"][0]["formset"]) == [expected]
    assert list(grant.budget_lines.values()) == before


def test_carry_over_is_from_another_grant_once_and_above_zero(as_handler, storsthlm):
    grant, earlier = make_grant(storsthlm), make_grant(storsthlm, year=2019)

    response = save(
        as_handler,
        grant,
        carried=[
            {"from_grant": earlier.pk, "amount": "5"},
            {"from_grant": earlier.pk, "amount": "6"},
            {"from_grant": grant.pk, "amount": "0"},
        ],
    )

    assert row_codes(response.context["sets"][1]["formset"]) == [
        {},
        {"from_grant": ["twice"]},
        {"from_grant": ["invalid_choice"], "amount": ["not_above_zero"]},
    ]


@pytest.mark.parametrize(
    ("amount", "over", "left"),
    [(100, 0, 0), (90, 10, 0), (130, 0, 30), (None, 0, 0)],
)
def test_lines_are_compared_with_the_whole_amount(storsthlm, amount, over, left):
    grant = make_grant(storsthlm, amount=100)
    grant.amount = amount

    budget = budget_of(grant)

    assert (budget.total, budget.over, budget.left) == (100, over, left)


def test_page_tells_of_a_sum_that_differs_without_stopping(as_handler, storsthlm):
    grant = make_grant(storsthlm, amount=100)
    BudgetLine.objects.create(grant=grant, activity="Mer", amount=30)

    page = as_handler.get(reverse("grants:grant_budget", args=[grant.pk])).content.decode()

    assert "130\N{NO-BREAK SPACE}kr" in page
    assert "30\N{NO-BREAK SPACE}kr" in page


def test_page_warns_when_a_decision_rests_on_another_pot(as_handler, storsthlm):
    grant = make_decided(storsthlm).grant
    url = reverse("grants:grant_budget", args=[grant.pk])
    assert 'data-color="warning"' not in as_handler.get(url).content.decode()

    make_carry_over(grant, 7)

    assert 'data-color="warning"' in as_handler.get(url).content.decode()
