"""A grant's sub-areas, and what is applied for: form, page, sums and constraints."""

import pytest
from django.db import IntegrityError, transaction

from grants.copying import copy_grant
from grants.models import GrantPart
from grants.parts import part_tables
from municipalities.numbers import NBSP
from tests.factories import make_body, make_grant

pytestmark = pytest.mark.django_db


def management(count):
    return {"parts-TOTAL_FORMS": count, "parts-INITIAL_FORMS": 0}


def part(index, **facts):
    facts = {"title": "Nära vård", "side": "region"} | facts
    return {f"parts-{index}-{name}": value for name, value in facts.items()}


def test_sub_areas_are_written_and_shown_with_their_sums(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    address = f"/medel/{grant.pk}/delomraden/andra/"
    rows = [
        part(0, area="Primärvård", national_amount="300 000 000", amount="3 799 525"),
        part(1, title="Traumavård", national_amount="50 000 000", amount="633 254"),
        part(2, title="Suicidprevention", side="common", amount=""),
    ]

    response = as_handler.post(address, management(3) | rows[0] | rows[1] | rows[2])

    assert response["Location"] == f"/medel/{grant.pk}/budget/"
    region, common = part_tables(grant.parts.all())
    assert (region.national_total, region.total) == (350_000_000, 4_432_779)
    assert (region.has_areas, region.has_nation) == (True, True)
    assert (common.total, common.unknown, common.has_nation) == (None, 1, False)
    page = as_handler.get(f"/medel/{grant.pk}/budget/").content.decode()
    assert f"4{NBSP}432{NBSP}779" in page


def test_every_mistake_of_the_sub_areas_is_shown(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    rows = part(0, national_amount="5", amount="6") | part(1, title="", amount="-1")

    response = as_handler.post(f"/medel/{grant.pk}/delomraden/andra/", management(2) | rows)

    [shown] = response.context["sets"]
    codes = [
        {
            name: [error.code for error in found]
            for name, found in form.errors.as_data().items()
        }
        for form in shown["formset"].forms
    ]
    assert codes == [
        {"amount": ["above_nation"]},
        {"title": ["required"], "amount": ["negative"]},
    ]
    assert GrantPart.objects.count() == 0


def test_another_bodys_sub_areas_are_not_found(as_handler):
    theirs = make_grant(make_body("Region Dalarna", county="20"))

    assert as_handler.get(f"/medel/{theirs.pk}/delomraden/andra/").status_code == 404


@pytest.mark.parametrize(
    "facts",
    [{"amount": -1}, {"national_amount": -1}, {"amount": 2, "national_amount": 1}],
)
def test_database_refuses_amounts_that_cannot_be(storsthlm, facts):
    grant = make_grant(storsthlm)

    with pytest.raises(IntegrityError), transaction.atomic():
        GrantPart.objects.create(grant=grant, title="Del", **facts)
    GrantPart.objects.create(grant=grant, title="Del", amount=1, national_amount=1)


def test_only_an_application_has_an_amount_applied_for(storsthlm):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_grant(storsthlm, applied_amount=900_000)

    grant = make_grant(storsthlm, origin="applied", agreement=None, applied_amount=900_000)
    assert grant.applied_amount == 900_000


@pytest.mark.parametrize(
    ("origin", "codes"), [("agreement", ["not_applied_for"]), ("applied", [])]
)
def test_form_of_the_grant_asks_what_was_applied_for(as_handler, storsthlm, origin, codes):
    grant = make_grant(storsthlm)
    facts = {
        "title": grant.title,
        "short_title": grant.short_title,
        "year": 2020,
        "agreement": grant.agreement_id,
        "origin": origin,
        "status": "rejected",
        "budget_unit": "kr",
        "uses_from": "2020-01-01",
        "uses_until": "2020-12-31",
        "applied_amount": "900 000",
        "national_amount": "500 000 000 kr",
        "preparation": "Avslaget är anmält.",
    }

    response = as_handler.post(f"/medel/{grant.pk}/andra/", facts)

    form = response.context["form"] if response.context else None
    found = form.errors.as_data().get("applied_amount", []) if form else []
    assert [error.code for error in found] == codes
    grant.refresh_from_db()
    saved = (grant.applied_amount, grant.national_amount, grant.preparation)
    assert saved == (
        (None, None, "") if codes else (900_000, 500_000_000, "Avslaget är anmält.")
    )


def test_copy_has_the_sub_areas_without_amounts(storsthlm):
    grant = make_grant(storsthlm)
    GrantPart.objects.create(grant=grant, area="A", title="Del", side="common", amount=5)

    copy = copy_grant(grant, year=2021)

    found = copy.parts.values_list("area", "title", "side", "amount", "national_amount")
    assert list(found) == [("A", "Del", "common", None, None)]


def test_history_of_the_grant_knows_its_sub_areas(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    GrantPart.objects.create(grant=grant, title="Traumavård", amount=633_254)

    page = as_handler.get(f"/medel/{grant.pk}/historik/").content.decode()

    assert "Traumavård" in page
