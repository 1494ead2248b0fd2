"""The pages of municipalities."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils.text import capfirst

from municipalities.contact_watch import Matter
from municipalities.models import Municipality
from municipalities.views.places import series_of
from tests.factories import make_body, make_statistic

pytestmark = pytest.mark.django_db

LIST = "/kommuner/"


def codes(response):
    return [row.record.code for row in response.context["table"].rows]


def test_list_begins_with_the_own_county(as_handler):
    response = as_handler.get(LIST)

    assert len(codes(response)) == 26
    assert "212000-2882" in response.content.decode()


def test_list_finds_a_municipality_in_all_of_sweden(as_handler):
    assert codes(as_handler.get(LIST, {"county": "", "text": "falu"})) == ["2080"]


@pytest.mark.parametrize(
    "text", ["0127", "212000-2882", "2120002882", "botkyrka", "Botkyrka kommun"]
)
def test_list_finds_by_name_code_and_number(as_handler, text):
    assert codes(as_handler.get(LIST, {"county": "01", "text": text})) == ["0127"]


def test_list_is_exported_as_it_is_shown(as_handler):
    response = as_handler.get(LIST, {"text": "botkyrka", "county": "01", "format": "csv"})

    contacts = capfirst(str(Matter.UNREACHABLE.label))
    assert response.content.decode("utf-8-sig").splitlines()[1] == (
        "0127;Botkyrka;Botkyrka kommun;Botkyrka kommun;212000-2882;Stockholms län;"
        f"{contacts}"
    )


def test_list_costs_the_same_for_one_row_and_for_25(
    as_handler, django_assert_max_num_queries
):
    as_handler.get(LIST)
    with django_assert_max_num_queries(20) as few:
        as_handler.get(LIST, {"text": "botkyrka", "county": "01"})
    with django_assert_max_num_queries(20) as many:
        as_handler.get(LIST, {"county": "01"})

    assert len(few) == len(many)


def test_municipality_shows_its_figures_with_changes(as_handler, storsthlm):
    make_statistic(storsthlm, {"0127": 90000}, on=date(2018, 12, 31))
    make_statistic(storsthlm, {"0127": 99000}, on=date(2019, 12, 31))

    (series,) = series_of(Municipality.objects.get(code="0127"), storsthlm)

    assert [(f.statistic.period, f.value, f.change) for f in series.figures] == [
        ("2018-12-31", 90000, None),
        ("2019-12-31", 99000, 10),
    ]
    assert as_handler.get(LIST + "0127/").status_code == 200


def test_municipality_does_not_show_another_bodys_figures(storsthlm):
    other = make_body("Region Dalarna", county="20")
    make_statistic(other, {"0127": 1})

    assert series_of(Municipality.objects.get(code="0127"), storsthlm) == []


def test_unknown_municipality_is_not_found(as_handler):
    url = reverse("municipalities:municipality_detail", args=["9999"])

    assert as_handler.get(url).status_code == 404
