"""What pages cost beside bare ones of the same project."""

import gzip
import re
from datetime import date
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import override_settings
from django.urls import reverse

from benchmarks import bare
from grants import distribution as distributions
from municipalities.models import Municipality
from tests.factories import (
    make_agreement,
    make_draft,
    make_grant,
    make_member,
    make_statistic,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, storsthlm):
    client.force_login(make_member(storsthlm, role="approver"))
    return client


def draft_of(body, municipalities):
    """Return a draft for the county's own 26, or for all 290."""
    values = {
        code: 1000 + 7 * int(code)
        for code in Municipality.objects.values_list("code", flat=True)
    }
    make_statistic(body, values, on=date(2019, 12, 31))
    draft = make_draft(body)
    if municipalities == 290:
        plan = distributions.plan_of(draft)
        everyone = Municipality.objects.by_code()
        distributions.save(
            draft,
            distributions.Plan(
                plan.budget_amount,
                plan.carry_over_amount,
                plan.rounding,
                plan.parts,
                everyone,
            ),
            by=draft.drafted_by,
        )
    return draft


@override_settings(ROOT_URLCONF=bare.__name__)
@pytest.mark.parametrize("municipalities", [26, 290])
def test_whatif_against_an_empty_page(
    browser, storsthlm, municipalities, side_by_side, tell
):
    draft = draft_of(storsthlm, municipalities)
    address = draft.get_absolute_url()

    def whatif():
        assert browser.get(address).status_code == 200

    def empty():
        assert browser.get("/tom/").status_code == 200

    ours, other = side_by_side(whatif, empty)
    tell(
        f"what-if page, {municipalities} municipalities: {1000 * ours:.1f} ms,"
        f" empty page {1000 * other:.1f} ms, {ours / other:.2f} times (limit 2)"
    )
    if municipalities == 26:
        assert ours <= 2 * other


@override_settings(ROOT_URLCONF=bare.__name__)
@pytest.mark.parametrize("municipalities", [26, 290])
def test_whatif_answer_against_an_empty_page(
    browser, storsthlm, municipalities, side_by_side, tell
):
    draft = draft_of(storsthlm, municipalities)
    plan = distributions.plan_of(draft)
    [part] = plan.parts
    typed = {
        "rounding": str(plan.rounding),
        "participants": list(plan.participants),
        "parts": "0",
        "part-0-kind": part.kind,
        "part-0-statistic": str(part.statistic.pk),
        "part-0-weight": "50",
        "compare": "",
    }
    address = reverse("grants:distribution_whatif", args=[draft.pk])
    htmx = {"HX-Request": "true", "HX-Target": "outcome"}

    def answer():
        response = browser.post(address, typed, headers=htmx)
        assert response.content.count(b"outcome__amount") == municipalities

    def empty():
        assert browser.get("/tom/").status_code == 200

    ours, other = side_by_side(answer, empty)
    tell(
        f"what-if answer, {municipalities} municipalities: {1000 * ours:.1f} ms,"
        f" empty page {1000 * other:.1f} ms, {ours / other:.2f} times"
    )


@override_settings(ROOT_URLCONF=bare.__name__)
def test_staff_list_against_a_bare_view(browser, storsthlm, side_by_side, tell):
    agreement = make_agreement(storsthlm)
    for number in range(1000):
        make_grant(storsthlm, agreement=agreement, short_title=f"Medel {number}")

    def our_list():
        assert browser.get(reverse("grants:grant_list")).status_code == 200

    def bare():
        assert browser.get("/naken/").status_code == 200

    ours, other = side_by_side(our_list, bare)
    tell(
        f"staff list, 25 of 1000 rows: {1000 * ours:.1f} ms, bare view"
        f" {1000 * other:.1f} ms, {ours / other:.1f} times (limit 8)"
    )
    assert ours <= 8 * other


def test_weight_of_css_and_js(browser, storsthlm, tell):
    page = browser.get(make_draft(storsthlm).get_absolute_url()).content.decode()

    files = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js))"', page)
    weights = {
        name: len(gzip.compress(Path(finders.find(name)).read_bytes(), 6)) for name in files
    }
    total = sum(weights.values())
    tell(f"CSS and JS of the what-if page: {total / 1000:.1f} kB compressed (limit 60)")
    assert total < 60_000
