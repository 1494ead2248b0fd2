"""Queries that are written once give what Django's own give, whatever the values."""

from datetime import date
from threading import Thread

import pytest
from django.db import connection
from django.db.models import Count, F

from municipalities.models import County, Municipality, Statistic, StatisticValue
from municipalities.prepared import Prepared
from tests.factories import make_statistic

pytestmark = pytest.mark.django_db


@pytest.fixture
def statistics(storsthlm):
    """Statistics of three days."""
    return [
        make_statistic(storsthlm, {"0127": 10 * year, "0180": 7}, on=date(year, 12, 31))
        for year in (2018, 2019, 2020)
    ]


def test_instances_come_with_what_they_refer_to(places, django_assert_num_queries):
    ask = Prepared(
        lambda pk: (
            Municipality.objects.filter(county=pk)
            .select_related("county")
            .annotate(name_of_county=F("county__name"))
            .order_by("code")
        )
    )
    for county in County.objects.filter(code__in=["01", "05", "25"]):
        with django_assert_num_queries(1):
            found = [
                (each, each.county.name, each.name_of_county) for each in ask(county.pk)
            ]

        own = county.municipalities.order_by("code")
        assert found == [(each, county.name, county.name) for each in own]
    assert len(ask.written) == 1


def test_rows_are_tuples(statistics):
    ask = Prepared(
        lambda *pks: (
            StatisticValue.objects.filter(statistic__in=pks)
            .order_by("pk")
            .values_list("statistic", "municipality__code", "value")
        )
    )
    for chosen in (statistics[:1], statistics[1:2], statistics[1:], statistics):
        pks = [each.pk for each in chosen]
        assert ask(*pks) == list(ask.ask(*pks))
    assert set(ask.written) == {1, 2, 3}


def test_days_and_sums_are_asked_for_each_time(storsthlm, statistics):
    ask = Prepared(
        lambda body, day, also: (
            Statistic.objects.filter(
                body=body, reference_on__gt=day, imported_at__date__gt=also
            )
            .annotate(number=Count("values"))
            .order_by("-reference_on")
        )
    )
    found = ask(storsthlm.pk, date(2018, 12, 31), date(2001, 1, 1))

    assert [(each.pk, each.number) for each in found] == [
        (statistics[2].pk, 2),
        (statistics[1].pk, 2),
    ]
    assert ask(storsthlm.pk, date(2020, 12, 31), date(2001, 1, 1)) == []
    assert ask(storsthlm.pk + 1, date(2018, 12, 31), date(2001, 1, 1)) == []


def test_a_number_that_no_row_can_have_finds_nothing(places):
    ask = Prepared(lambda pk: Municipality.objects.filter(pk=pk))
    assert ask(-1) == ask(2**31) == ask(10**30) == []


def test_what_is_saved_after_is_found(storsthlm, statistics):
    ask = Prepared(lambda body: Statistic.objects.filter(body=body))
    before = ask(storsthlm.pk)
    Statistic.objects.filter(pk=statistics[0].pk).update(source="Rättad")

    assert len(before) == 3
    assert [each.source for each in ask(storsthlm.pk)][-1] == "Rättad"


def test_postgresql_remembers_what_is_asked_often(places):
    ask = Prepared(lambda pk: Municipality.objects.filter(county=pk).order_by("-code"))
    counties = list(County.objects.filter(code__in=["01", "05", "25"]))
    for county in counties * 3:
        own = county.municipalities.order_by("-code")
        assert ask(county.pk) == list(own)

    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        remembered = [statement for (statement,) in cursor.fetchall()]
    [sql] = [written.sql for written in ask.written.values()]
    assert remembered.count(sql.replace("%s", "$1")) == 1


def test_a_value_that_is_not_asked_for_is_refused(places):
    ask = Prepared(lambda pk, other: Municipality.objects.filter(pk=pk))
    with pytest.raises(ValueError, match="not asked for"):
        ask(1, 2)


def test_an_order_by_what_the_rows_do_not_hold_is_refused(places):
    ask = Prepared(
        lambda pk: (
            Municipality.objects.filter(county=pk)
            .values_list("county")
            .distinct()
            .order_by("code")
        )
    )
    with pytest.raises(ValueError, match="ordered by what they hold"):
        ask(1)


@pytest.mark.django_db(transaction=True)
def test_another_thread_asks_by_its_own_connection(places):
    ask = Prepared(lambda pk: County.objects.filter(pk=pk).values_list("pk", flat=True))
    ours = connection.connection
    pk = County.objects.values_list("pk", flat=True)[0]
    ask(pk)
    found = []

    def other():
        found.append((ask(pk), connection.connection))
        connection.close()

    thread = Thread(target=other)
    thread.start()
    thread.join()

    [(answer, theirs)] = found
    assert answer == [pk]
    assert theirs is not ours
    assert ask.written[1].compiler.connection is None
