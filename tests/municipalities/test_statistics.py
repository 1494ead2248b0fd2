"""Statistics: the list, one with its figures, typing, changing and removing."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from municipalities.models import Municipality, Statistic, StoredFile
from municipalities.typed_values import PastedLines
from tests.factories import (
    make_body,
    make_decided,
    make_draft,
    make_member,
    make_statistic,
)
from tests.figures import STOCKHOLM_POPULATION_2018, STOCKHOLM_POPULATION_2019

pytestmark = pytest.mark.django_db

LIST = "/statistik/"
NEW = "/statistik/ny/"
FACTS = {"kind": "population", "name": "", "reference_on": "2018-12-31", "source": "SCB"}


def url(action, statistic):
    return reverse(f"municipalities:statistic_{action}", args=[statistic.pk])


def typed(values):
    return {f"value_{code}": str(value) for code, value in values.items()}


# The list and one statistic ------------------------------------------------------------


def test_list_shows_count_and_sum(as_handler, storsthlm):
    make_statistic(storsthlm)

    row = as_handler.get(LIST).context["table"].rows[0]

    assert (row.get_cell_value("municipality_count"), row.get_cell_value("total")) == (
        26,
        sum(STOCKHOLM_POPULATION_2018.values()),
    )


def test_list_is_limited_to_a_year_and_to_the_body(as_handler, storsthlm):
    make_statistic(storsthlm, {"0127": 1}, on=date(2018, 12, 31))
    wanted = make_statistic(storsthlm, {"0127": 1}, on=date(2019, 12, 31))
    make_statistic(make_body("Region Dalarna", "20"), {"2080": 1}, on=date(2019, 12, 31))

    response = as_handler.get(LIST, {"year": "2019"})

    assert [row.record for row in response.context["table"].rows] == [wanted]


def test_list_costs_the_same_for_one_row_and_for_three(
    as_handler, storsthlm, django_assert_max_num_queries
):
    make_statistic(storsthlm, {"0127": 1})
    as_handler.get(LIST)
    with django_assert_max_num_queries(20) as few:
        as_handler.get(LIST)
    for year in (2019, 2020):
        make_statistic(storsthlm, {"0127": 1}, on=date(year, 12, 31))
    with django_assert_max_num_queries(20) as many:
        as_handler.get(LIST)

    assert len(few) == len(many)


def test_detail_compares_with_the_statistic_before(as_handler, storsthlm):
    make_statistic(storsthlm, {"0127": 90000, "0180": 100})
    later = make_statistic(storsthlm, {"0127": 100000, "0180": 109}, on=date(2019, 12, 31))

    response = as_handler.get(url("detail", later))

    rows = response.context["table"].data.data
    assert [(row.code, row.before, row.is_large_change) for row in rows] == [
        ("0127", 90000, True),
        ("0180", 100, False),
    ]
    assert response.context["large_changes"] == 1


def test_detail_is_exported_as_it_is_shown(as_handler, storsthlm):
    statistic = make_statistic(storsthlm, {"0127": 25, "0180": 75})

    response = as_handler.get(url("detail", statistic), {"format": "csv"})

    assert response.content.decode("utf-8-sig").splitlines()[1:] == [
        "Botkyrka;0127;25;25,00",
        "Stockholm;0180;75;75,00",
    ]


def test_detail_names_file_and_what_rests_on_it(as_handler, storsthlm):
    decided = make_decided(storsthlm)
    statistic = Statistic.objects.get()
    statistic.refresh_from_db()

    page = as_handler.get(url("detail", statistic)).content.decode()

    assert decided.get_absolute_url() in page
    assert url("update", statistic) not in page


def test_detail_links_to_the_source_file(as_handler, storsthlm):
    file = StoredFile.objects.keep(
        b"x", body=storsthlm, name="be0101.xlsx", content_type="application/x"
    )
    statistic = make_statistic(storsthlm, {"0127": 1}, file=file)

    page = as_handler.get(url("detail", statistic)).content.decode()

    assert file.get_absolute_url() in page
    assert file.sha256 in page


def test_detail_costs_the_same_for_one_value_and_for_290(
    as_handler, storsthlm, django_assert_max_num_queries
):
    few = make_statistic(storsthlm, {"0127": 1})
    every_code = Municipality.objects.values_list("code", flat=True)
    many = make_statistic(storsthlm, dict.fromkeys(every_code, 1), kind="care_recipients")
    as_handler.get(url("detail", few))
    with django_assert_max_num_queries(20) as first:
        as_handler.get(url("detail", few))
    with django_assert_max_num_queries(20) as second:
        as_handler.get(url("detail", many), {"all": "1"})

    assert len(first) == len(second)


@pytest.mark.parametrize("action", ["detail", "update", "delete", "history"])
def test_another_bodys_statistic_is_not_found(as_handler, storsthlm, action):
    theirs = make_statistic(make_body("Region Dalarna", "20"), {"2080": 1})

    assert as_handler.get(url(action, theirs)).status_code == 404


def test_history_page_tells_of_each_value(as_handler, storsthlm):
    statistic = make_statistic(storsthlm, {"0127": 93106})
    statistic.values.update(value=93107)

    page = as_handler.get(url("history", statistic)).content.decode()

    assert "93\N{NO-BREAK SPACE}107" in page


# By hand -------------------------------------------------------------------------------


def test_typed_values_become_a_statistic(as_handler, handler, storsthlm):
    response = as_handler.post(NEW, FACTS | typed(STOCKHOLM_POPULATION_2018))

    statistic = Statistic.objects.get()
    assert response["Location"] == statistic.get_absolute_url()
    assert (statistic.body, statistic.imported_by) == (storsthlm, handler)
    assert statistic.values.by_code() == STOCKHOLM_POPULATION_2018


def test_pasted_values_become_a_statistic(as_handler):
    lines = "\n".join(f"{c}\t{v}" for c, v in STOCKHOLM_POPULATION_2019.items())

    as_handler.post(NEW, FACTS | {"pasted": f"Kod\tVärde\n{lines}\n"})

    assert Statistic.objects.get().values.by_code() == STOCKHOLM_POPULATION_2019


def test_typing_for_all_of_sweden_offers_every_municipality(as_handler):
    response = as_handler.get(NEW, {"all": "1"})

    assert len(list(response.context["values"].value_fields())) == 290


def test_whole_year_is_known_by_its_last_day(as_handler):
    facts = FACTS | {"reference_on": "2018-03-01", "is_whole_year": "on"}
    as_handler.post(NEW, facts | {"value_0127": "1"})

    assert Statistic.objects.get().reference_on == date(2018, 12, 31)


def test_every_mistake_is_told_at_once(as_handler):
    response = as_handler.post(
        NEW,
        {"kind": "other", "name": "", "source": "", "reference_on": "2018-12-31"}
        | {"value_0127": "mycket", "value_0180": "-1", "pasted": "9999 5"},
    )

    facts, values = response.context["form"], response.context["values"]
    codes = {
        name: [error.code for error in errors.as_data()]
        for form in (facts, values)
        for name, errors in form.errors.items()
    }
    assert codes == {
        "source": ["required"],
        "__all__": [None],
        "value_0127": ["invalid"],
        "value_0180": ["negative"],
        "pasted": ["unknown"],
    }
    assert not Statistic.objects.exists()
    assert 'value="mycket"' in response.content.decode()


def test_second_statistic_of_the_same_day_is_refused(as_handler, storsthlm):
    make_statistic(storsthlm, {"0127": 1})

    response = as_handler.post(NEW, FACTS | {"value_0127": "1"})

    assert response.context["form"].non_field_errors()
    assert Statistic.objects.count() == 1


def test_statistic_without_values_is_refused(as_handler):
    response = as_handler.post(NEW, FACTS)

    assert response.context["values"].has_error("__all__", "empty")


def test_day_to_come_is_refused(as_handler):
    response = as_handler.post(NEW, FACTS | {"reference_on": "2999-12-31", "value_0127": 1})

    assert response.context["form"].has_error("reference_on", "future")


def test_pasted_and_typed_may_not_disagree(as_handler):
    response = as_handler.post(NEW, FACTS | {"value_0127": "1", "pasted": "0127 2"})

    assert response.context["values"].has_error("pasted", "disagree")


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("0127 93 106", {"0127": 93106}),
        ("127\t93106", {"0127": 93106}),
        ("0127;Botkyrka;71,5", {"0127": Decimal("71.5")}),
        ("Upplands Väsby 45 543", {"0114": 45543}),
        ("Upplands-Bro kommun: 28756", {"0139": 28756}),
    ],
)
def test_pasted_line_is_understood(line, values):
    places = Municipality.objects.by_code()

    pasted = PastedLines(line, places)

    assert (pasted.values, pasted.errors) == (values, [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("9999 5", "unknown"),
        ("Blåkulla 5", "unknown"),
        ("0127 Salem 5", "name"),
        ("0127 5\n0127 6", "double"),
        ("0127 1\n0128", "missing"),
        ("0127 ..", "invalid"),
        ("0127 5 st", "invalid"),
        ("0127 -5", "negative"),
        ("0127 1,234", "ambiguous"),
        ("0127 0,12345", "digits"),
    ],
)
def test_pasted_line_is_refused(text, code):
    pasted = PastedLines(text, Municipality.objects.by_code())

    assert [error.code for error in pasted.errors] == [code]


# Changing and removing -----------------------------------------------------------------


def test_change_writes_only_what_differs(as_handler, storsthlm):
    statistic = make_statistic(storsthlm, {"0127": 1, "0180": 2, "0184": 3})

    as_handler.post(
        url("update", statistic),
        FACTS | {"value_0127": "1", "value_0180": "20", "value_0186": "4"},
    )

    assert statistic.values.by_code() == {"0127": 1, "0180": 20, "0186": 4}
    labels = statistic.values.model.pgh_event_model.objects.values_list(
        "pgh_label", "municipality__code"
    )
    assert sorted(labels)[:1] + sorted(labels)[-1:] == [
        ("delete", "0184"),
        ("update", "0180"),
    ]


@pytest.mark.parametrize("action", ["update", "delete"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_locked_statistic_has_no_form(as_handler, storsthlm, action, method):
    make_decided(storsthlm)
    statistic = Statistic.objects.get()

    response = getattr(as_handler, method)(
        url(action, statistic), FACTS | {"value_0127": "1"}
    )

    assert response["Location"] == statistic.get_absolute_url()
    assert statistic.values.by_code() == STOCKHOLM_POPULATION_2018


def test_statistic_that_was_locked_meanwhile_is_refused(as_handler, storsthlm):
    make_decided(storsthlm)
    statistic = Statistic.objects.get()

    # The page thinks that it is open; the database knows better.
    original = Statistic.is_locked
    Statistic.is_locked = False
    try:
        response = as_handler.post(
            url("update", statistic),
            FACTS | {"reference_on": "2018-12-31", "value_0127": "1"},
        )
    finally:
        Statistic.is_locked = original

    assert response["Location"] == statistic.get_absolute_url()
    assert statistic.values.by_code() == STOCKHOLM_POPULATION_2018


def test_delete_asks_first(as_handler, storsthlm):
    statistic = make_statistic(storsthlm, {"0127": 1})

    as_handler.get(url("delete", statistic))
    assert Statistic.objects.exists()

    response = as_handler.post(url("delete", statistic))
    assert response["Location"] == LIST
    assert not Statistic.objects.exists()


def test_statistic_of_a_draft_is_not_removed(as_handler, storsthlm):
    draft = make_draft(storsthlm)
    statistic = Statistic.objects.get()

    response = as_handler.post(url("delete", statistic), follow=True)

    assert Statistic.objects.exists()
    assert str(draft) in str(next(iter(response.context["messages"])))


@pytest.mark.parametrize("action", ["update", "delete"])
def test_auditor_only_reads(client, storsthlm, action):
    client.force_login(make_member(storsthlm, role="auditor"))
    statistic = make_statistic(storsthlm, {"0127": 1})

    assert client.get(url("detail", statistic)).status_code == 200
    assert client.post(url(action, statistic)).status_code == 403


def test_detail_of_all_sweden_begins_with_the_county(as_handler, storsthlm):
    statistic = make_statistic(storsthlm, {"0127": 25, "0180": 75, "2080": 900})

    county = as_handler.get(url("detail", statistic)).context
    everywhere = as_handler.get(url("detail", statistic), {"all": "1"}).context

    assert [(row.code, row.share) for row in county["table"].data.data] == [
        ("0127", 25),
        ("0180", 75),
    ]
    assert len(everywhere["table"].rows) == 3
    assert (county["total"], county["county_total"]) == (1000, 100)


def test_statistic_stays_with_its_body(storsthlm):
    statistic = make_statistic(storsthlm)
    other = make_body("Region Dalarna", county="20")

    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Statistic.objects.filter(pk=statistic.pk).update(body=other)

    assert Statistic.objects.of_body(storsthlm).get() == statistic
