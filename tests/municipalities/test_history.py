"""History: whoever changes what and however, it is told; and it cannot be rewritten."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import translation

from municipalities.history import History
from municipalities.models import Municipality, Statistic, StatisticValue
from municipalities.tracking import because
from tests.factories import make_member, make_statistic

pytestmark = pytest.mark.django_db

VALUES = (StatisticValue, "statistic")


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def statistic(storsthlm):
    return make_statistic(storsthlm, {"0127": 93106, "0180": 962154})


def history_of(obj, *related):
    """Return the whole history, the newest first."""
    return History(obj, *related)[:]


def sql(statement, *params):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def told(change):
    """Return a change as plain data."""
    return (change.label, change.subject, [(f.name, f.old, f.new) for f in change.fields])


def last_told(obj, *related):
    """Return the last change of the test, which is one transaction, as plain data."""
    (entry,) = history_of(obj, *related)
    return told(entry.changes[-1])


def test_history_tells_a_saved_change(statistic):
    statistic.source = "SCB"
    statistic.is_whole_year = True
    statistic.save()

    assert last_told(statistic) == (
        "update",
        "Population 2018",
        [("Counts a whole year", "no", "yes"), ("Source", "SCB:s statistikdatabas", "SCB")],
    )


def test_history_tells_a_bulk_change_of_the_rows_below(statistic):
    statistic.values.filter(municipality__code="0127").update(value="93106.5")

    assert last_told(statistic, VALUES) == (
        "update",
        "Botkyrka: 93\N{NO-BREAK SPACE}106,5",
        [("Value", "93\N{NO-BREAK SPACE}106", "93\N{NO-BREAK SPACE}106,5")],
    )


def test_history_tells_a_change_by_sql(statistic):
    sql("UPDATE municipalities_statistic SET kind = 'care_recipients'")

    (entry,) = history_of(statistic)
    assert told(entry.changes[-1])[2] == [("Kind", "population", "care recipients")]
    assert (entry.who, entry.why) == (
        None,
        "Outside the application: a program or the database",
    )


def test_history_tells_what_was_removed(statistic):
    statistic.values.filter(municipality__code="0127").delete()

    assert last_told(statistic, VALUES) == (
        "delete",
        "Botkyrka: 93\N{NO-BREAK SPACE}106",
        [("Municipality", "Botkyrka", ""), ("Value", "93\N{NO-BREAK SPACE}106", "")],
    )


def test_history_outlives_the_object(statistic):
    pk = statistic.pk
    statistic.delete()

    (entry,) = history_of(Statistic(pk=pk), VALUES)

    assert entry.summary[-1] == "Removed: 2 values"


def test_history_chains_two_changes_of_one_transaction(statistic):
    for source in ("A", "B"):
        statistic.source = source
        statistic.save()

    (entry,) = history_of(statistic)
    assert [told(change)[2] for change in entry.changes[1:]] == [
        [("Source", "SCB:s statistikdatabas", "A")],
        [("Source", "A", "B")],
    ]


def test_history_says_who_and_where(client, storsthlm, statistic):
    administrator = make_member(storsthlm, role="administrator")
    client.force_login(administrator)
    url = reverse("municipalities:body_update")

    client.post(url, {"name": "Storsthlm", "region_name": "Region Stockholm", "email": ""})

    entry = next(entry for entry in history_of(storsthlm) if entry.url)
    assert (entry.who, entry.url) == (administrator, url)


def test_because_is_the_why_of_the_change(statistic):
    with because("Rättat efter samtal med SCB"):
        statistic.source = "SCB"
        statistic.save()

    assert "Rättat efter samtal med SCB" in {e.why for e in history_of(statistic)}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE municipalities_statisticevent SET source = 'x'",
        "DELETE FROM municipalities_statisticevent",
        "DELETE FROM municipalities_statisticvalueevent",
    ],
)
def test_history_cannot_be_rewritten(statistic, statement):
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        sql(statement)


def test_history_costs_the_same_for_one_row_and_for_all(
    storsthlm, django_assert_num_queries
):
    few = make_statistic(storsthlm, {"0127": 1})
    many = make_statistic(
        storsthlm,
        dict.fromkeys(Municipality.objects.values_list("code", flat=True), 1),
        on=date(2019, 12, 31),
    )
    for statistic in (few, many):
        Statistic.objects.filter(pk=statistic.pk).update(source="SCB")
        statistic.values.update(value=2)

    # Moments, each model's events and what they were before, bodies, statistics and
    # municipalities. Nobody to look up: these are changes without a person.
    for statistic in (few, many):
        with django_assert_num_queries(8):
            history_of(statistic, VALUES)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("places")
def test_history_is_read_page_by_page(statistic):
    for number in range(5):
        statistic.values.update(value=number)

    history = History(statistic, VALUES)

    assert len(history) == 7
    assert [entry.changes[0].fields[0].new for entry in history[1:3]] == ["3", "2"]
