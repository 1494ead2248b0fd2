"""Two people at the same moment: one wins, the other is told. On real connections."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection

from grants import distribution as changes_of
from grants.distribution import Refused, plan_of
from grants.models import Distribution
from tests.factories import make_body, make_draft, make_grant, make_key, make_member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def body(places):
    return make_body()


def at_once(*verbs):
    """Run each on a connection of its own, and return what each gave or was told."""
    start = Barrier(len(verbs))

    def run(verb):
        try:
            start.wait(timeout=10)
            verb()
        except Refused as error:
            return error.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


def decision(draft, by):
    own = Distribution.objects.get(pk=draft.pk)
    return lambda: changes_of.decide(own, by=by, decided_on=date(2020, 3, 16))


def test_two_approvers_decide_once(body):
    draft = make_draft(body)
    approvers = [make_member(body, role="approver") for _ in range(2)]

    told = at_once(*(decision(draft, by) for by in approvers))

    draft.refresh_from_db()
    assert sorted(told) == ["decided", "done"]
    assert draft.decided_by == approvers[told.index("done")]


def test_decision_against_save(body):
    draft = make_draft(body)
    seen_at, plan = draft.drafted_at, plan_of(draft)
    approver, handler = make_member(body, role="approver"), make_member(body)
    own = Distribution.objects.get(pk=draft.pk)

    told = at_once(
        lambda: changes_of.decide(
            draft, by=approver, decided_on=date(2020, 3, 16), seen_at=seen_at
        ),
        lambda: changes_of.save(own, plan, by=handler, seen_at=seen_at),
    )

    status = Distribution.objects.get().status
    assert (told, status) in [
        (["done", "decided"], "decided"),
        (["changed_by_another", "done"], "draft"),
    ]


def test_two_saves_keep_one(body):
    draft = make_draft(body)
    seen_at, plan = draft.drafted_at, plan_of(draft)
    people = [make_member(body) for _ in range(2)]
    own = [Distribution.objects.get(pk=draft.pk) for _ in people]

    told = at_once(
        *(
            lambda one=one, by=by: changes_of.save(one, plan, by=by, seen_at=seen_at)
            for one, by in zip(own, people, strict=True)
        )
    )

    draft.refresh_from_db()
    assert sorted(told) == ["changed_by_another", "done"]
    assert draft.drafted_by == people[told.index("done")]


def test_two_new_drafts_make_one(body):
    make_draft(body)
    grant, key = make_grant(body), make_key(body)
    people = [make_member(body) for _ in range(2)]

    told = at_once(
        *(lambda by=by: changes_of.draft(grant, key=key, by=by) for by in people)
    )

    assert sorted(told) == ["done", "draft_exists"]
    assert grant.distributions.count() == 1
