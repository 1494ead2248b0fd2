"""Two people with the same last days at the same moment. On real connections."""

from datetime import date

import pytest

from grants.deadlines import move_deadline
from grants.models import Deadline, Grant
from grants.proposals import accept, propose
from tests.factories import make_body, make_grant
from tests.grants.test_deadlines import make_chain
from tests.grants.test_distribution_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def body(places):
    return make_body()


def mover(deadline, day):
    own = Deadline.objects.select_related("grant").get(pk=deadline.pk)
    return lambda: move_deadline(own, day)


def test_two_who_move_a_day_leave_what_follows_at_its_distance(body):
    _grant, first, second, third = make_chain(body)

    told = at_once(
        mover(first, date(2027, 4, 14)),
        mover(first, date(2027, 5, 12)),
        mover(first, date(2027, 6, 9)),
    )

    assert told == ["done"] * 3
    for deadline in (first, second, third):
        deadline.refresh_from_db()
    assert (first.due_on - second.due_on).days == second.days_before == 21
    assert (second.due_on - third.due_on).days == third.days_before == 7


def test_two_who_save_the_proposals_leave_each_of_them_once(body):
    grant = make_grant(body)
    grant.deadlines.all().delete()

    def saver():
        own = Grant.objects.get(pk=grant.pk)
        proposals = propose(own, [], date(2020, 1, 20))
        return lambda: accept(own, proposals)

    assert at_once(saver(), saver()) == ["done", "done"]

    slots = list(grant.deadlines.values_list("kind", "actor"))
    assert len(slots) == len(set(slots)) == 8
