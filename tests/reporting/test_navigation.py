"""Where a page's section is marked in the menus."""

import pytest
from django.urls import reverse

from tests.reporting.overviews import make_overview

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "marked"),
    [
        ("reporting:overview_detail", "Årsöversikt"),
        ("grants:grant_list", "Medel"),
        ("reporting:report_form_list", "Redovisningsformulär"),
    ],
)
def test_staff_find_the_overview_of_the_year_in_the_menu(
    as_handler, storsthlm, address, marked
):
    overview = make_overview(storsthlm)
    args = [overview.year] if address == "reporting:overview_detail" else []

    sections = as_handler.get(reverse(address, args=args)).context["sections"]

    [overviews] = [each for each in sections if each.label == "Årsöversikt"]
    assert (overviews.url, overviews.is_basis) == ("/oversikt/", True)
    assert [each.label for each in sections if each.is_current] == [marked]
