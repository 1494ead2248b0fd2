"""Drafting, adjusting and deciding."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from grants import distribution as distributions
from grants.distribution import Refused
from grants.models import Adjustment, Allocation, Distribution
from municipalities.models import Statistic, StatisticValue
from tests.factories import (
    make_decided,
    make_draft,
    make_grant,
    make_key,
    make_statistic,
)

pytestmark = pytest.mark.django_db


def test_draft_splits_the_whole_pot(storsthlm, handler):
    draft = make_draft(storsthlm, by=handler)

    amounts = list(draft.allocations.values_list("amount", flat=True))
    assert (len(amounts), sum(amounts), draft.difference) == (26, 20_000_000, 0)


def test_draft_without_statistic_says_which_is_lacking(storsthlm, handler):
    grant = make_grant(storsthlm)

    with translation.override("en"), pytest.raises(Refused) as refusal:
        distributions.draft(grant, key=make_key(storsthlm), by=handler)

    assert (refusal.value.code, refusal.value.params) == (
        "statistic_lacking",
        {"names": ["population"]},
    )
    assert not grant.distributions.exists()


def test_decide_is_refused_for_the_one_who_drafted(storsthlm, approver):
    draft = make_draft(storsthlm, by=approver)

    with pytest.raises(Refused, match="same_person"):
        distributions.decide(draft, by=approver, decided_on=date(2020, 3, 16))

    with pytest.raises(DatabaseError, match="second_person"), transaction.atomic():
        Distribution.objects.filter(pk=draft.pk).update(
            status="decided",
            decided_by=approver,
            decided_at="2020-03-16T12:00Z",
            decided_on="2020-03-16",
        )


CHANGES = [
    "UPDATE grants_distribution SET pot = pot + 1, budget_amount = budget_amount + 1",
    "UPDATE grants_distribution SET status = 'draft', decided_by_id = NULL,"
    " decided_at = NULL, decided_on = NULL",
    "DELETE FROM grants_distribution",
    "UPDATE grants_allocation SET amount = amount + 1",
    "DELETE FROM grants_allocation",
    "INSERT INTO grants_allocation (distribution_id, municipality_id, calculated, amount)"
    " SELECT max(distribution_id), (SELECT id FROM municipalities_municipality"
    " WHERE code = '2080'), 1, 1 FROM grants_allocation",
    "UPDATE grants_distributioncomponent SET weight = 1",
    "DELETE FROM grants_distributioncomponent",
    "INSERT INTO grants_adjustment (allocation_id, amount, reason, made_by_id, made_at)"
    " SELECT id, 1, 'x', (SELECT max(id) FROM municipalities_user), now()"
    " FROM grants_allocation LIMIT 1",
    "UPDATE municipalities_statistic SET source = 'x'",
    "UPDATE municipalities_statistic SET locked_at = NULL",
    "DELETE FROM municipalities_statistic",
    "UPDATE municipalities_statisticvalue SET value = value + 1",
    "DELETE FROM municipalities_statisticvalue",
    "INSERT INTO municipalities_statisticvalue (statistic_id, municipality_id, value)"
    " SELECT max(statistic_id), (SELECT id FROM municipalities_municipality"
    " WHERE code = '2080'), 1 FROM municipalities_statisticvalue",
]


@pytest.mark.parametrize("sql", CHANGES)
def test_decided_distribution_refuses_every_change_by_sql(storsthlm, sql):
    make_decided(storsthlm)

    with (
        pytest.raises(DatabaseError, match=r"cannot change|locked|Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


@pytest.mark.parametrize("sql", CHANGES)
def test_draft_takes_the_same_changes(storsthlm, sql):
    """The sentences above are refused for their meaning, not for their spelling."""
    make_draft(storsthlm)

    if sql.startswith(
        (
            "DELETE FROM grants_distribution",
            "DELETE FROM grants_allocation",
            "DELETE FROM municipalities_statistic",
        )
    ):  # Django cascades; the database itself keeps the references whole.
        connection.cursor().execute("SET CONSTRAINTS ALL DEFERRED")
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.rowcount > 0
    transaction.set_rollback(True)


def test_decide_locks_the_statistic_in_the_database(storsthlm):
    make_decided(storsthlm)

    assert Statistic.objects.get().is_locked


def test_decide_is_refused_when_a_statistic_has_changed(storsthlm, approver):
    draft = make_draft(storsthlm)
    StatisticValue.objects.filter(municipality__code="0127").update(value=1)

    with pytest.raises(Refused, match="basis_changed"):
        distributions.decide(draft, by=approver, decided_on=date(2020, 3, 16))


def test_decide_is_refused_when_the_budget_has_changed(storsthlm, approver):
    draft = make_draft(storsthlm)
    draft.grant.budget_lines.update(amount=1)

    with pytest.raises(Refused, match="basis_changed"):
        distributions.decide(draft, by=approver, decided_on=date(2020, 3, 16))


def test_adjustment_moves_the_amount_and_the_difference(storsthlm, handler):
    draft = make_draft(storsthlm)
    botkyrka = draft.allocations.get(municipality__code="0127")
    before = botkyrka.amount

    distributions.adjust(botkyrka, amount=-500, reason="Avrundat", by=handler)

    botkyrka.refresh_from_db()
    draft.refresh_from_db()
    assert (botkyrka.amount, draft.difference, draft.drafted_by) == (
        before - 500,
        500,
        handler,
    )


def test_adjustment_below_zero_is_refused(storsthlm, handler):
    draft = make_draft(storsthlm)
    botkyrka = draft.allocations.get(municipality__code="0127")

    with pytest.raises(Refused, match="below_zero"):
        distributions.adjust(botkyrka, amount=-botkyrka.amount - 1, reason="x", by=handler)

    assert not Adjustment.objects.exists()


def test_save_is_refused_when_another_has_saved_since(storsthlm, handler):
    draft = make_draft(storsthlm)
    seen_at = draft.drafted_at
    plan = distributions.plan_of(draft)
    distributions.save(draft, plan, by=handler, seen_at=seen_at)

    with pytest.raises(Refused, match="changed_by_another"):
        distributions.save(draft, plan, by=handler, seen_at=seen_at)


def test_new_version_supersedes_the_one_before(storsthlm, handler, approver):
    first = make_decided(storsthlm)
    first.grant.budget_lines.update(amount=21_000_000)

    second = distributions.revise(first, by=handler, reason="Mer pengar har kommit.")
    distributions.decide(second, by=approver, decided_on=date(2020, 4, 1))

    first.refresh_from_db()
    assert (first.status, second.status, second.version, second.pot) == (
        "superseded",
        "decided",
        2,
        21_000_000,
    )
    assert sum(second.allocations.values_list("amount", flat=True)) == 21_000_000


def test_new_version_keeps_adjustments_with_their_reasons(storsthlm, handler, approver):
    draft = make_draft(storsthlm)
    botkyrka = draft.allocations.get(municipality__code="0127")
    distributions.adjust(botkyrka, amount=100, reason="Enligt beslut", by=handler)
    decided = distributions.decide(draft, by=approver, decided_on=date(2020, 3, 16))

    revision = distributions.revise(decided, by=handler, reason="Rättelse")

    adjusted = Allocation.objects.get(distribution=revision, municipality__code="0127")
    assert list(adjusted.adjustments.values_list("amount", "reason")) == [
        (100, "Enligt beslut")
    ]
    assert adjusted.amount == adjusted.calculated + 100


def test_new_version_needs_a_reason(storsthlm, handler):
    decided = make_decided(storsthlm)

    with pytest.raises(Refused, match="reason_lacking"):
        distributions.revise(decided, by=handler, reason="")


def test_only_one_draft_at_a_time(storsthlm, handler):
    draft = make_draft(storsthlm)

    with pytest.raises(Refused, match="draft_exists"):
        distributions.draft(draft.grant, key=draft.key, by=handler)


def test_discarded_draft_is_gone_but_in_the_history(storsthlm):
    draft = make_draft(storsthlm)
    make_statistic(storsthlm, on=date(2019, 12, 31))

    distributions.discard(draft)

    assert not Distribution.objects.exists()
    events = draft.events.model.objects.filter(pgh_obj_id=draft.pk)
    assert events.filter(pgh_label="delete").count() == 1
