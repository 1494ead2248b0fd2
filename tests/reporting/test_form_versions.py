"""What was sent in reads the same, whatever becomes of the form that it was asked with.

The form is edited in any order, new versions of it are taken into use and asked with, and
the grant's purposes are renamed, added and taken away.
"""

from contextlib import suppress
from copy import deepcopy
from datetime import date

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grants.models import Purpose
from municipalities.triggers import is_refused_by_trigger
from reporting import form_building as building
from reporting import form_editing as editing
from reporting import rounds
from reporting.answer_review import review
from reporting.models import (
    CompletionRequest,
    ReportFormVersion,
    ReportRound,
    ReportVersion,
)
from reporting.report_decisions import request_completion
from reporting.report_fields import draw
from reporting.report_form import Check, Condition, Kind, Option, Question
from tests.factories import make_body, make_member, make_municipal_member
from tests.reporting.report_rounds import make_deadline, make_form, make_round
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_sent,
    send,
    write,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sent(once):
    """A report that has been sent in."""
    return make_sent(make_open_round(make_body()))


@pytest.fixture
def version(sent):
    return deepcopy(sent.versions.get())


def reading(version):
    """Return everything that is read of a version, as it is stored now."""
    version = ReportVersion.objects.get(pk=version.pk)
    form = ReportRound.objects.get(pk=version.report.round_id).read
    found = review(form, version.typed, version.facts)
    drawn = draw(form, version.typed, found)
    return form, version.answers, version.facts, found, drawn


# Steps on a form -------------------------------------------------------------------------

places = st.integers(0, 12)
words = st.sampled_from(["Använt", "att återbetala", "Ny fråga", "utbetalat", "Å(", " "])


def some(things, place):
    return things[place % len(things)].key if things else "borta"


def added(form, place, word):
    into = some(form.sections, place)
    kind = list(Kind)[place % len(Kind)]
    options = (Option("ja", "Ja"), Option("nej", "Nej"))
    asked = Question(
        "",
        kind,
        word,
        name=f"n{place}",
        options=options if kind is Kind.CHOICE else (),
        groups=options if kind is Kind.COSTS else (),
    )
    return editing.add_question(form, into, asked)


def removed(form, place, _word):
    return editing.remove_question(form, some(form.questions, place))


def moved(form, place, _word):
    step = 1 if place % 2 else -1
    return editing.move_question(form, some(form.questions, place), step)


def reworded(form, place, word):
    key = some(form.questions, place)
    condition = Condition("samverkan", ("nej",)) if place % 3 == 0 else None
    asked = Question(key, list(Kind)[place % len(Kind)], word, condition=condition)
    return editing.change_question(form, key, asked)


def section_added(form, _place, word):
    return editing.add_section(form, word)


def section_removed(form, place, _word):
    return editing.remove_section(form, some(form.sections, place))


def section_moved(form, place, word):
    key = some(form.sections, place)
    changed = editing.change_section(form, key, word, word)
    return editing.move_section(changed, key, 1)


def checked(form, place, word):
    return editing.put_checks(form, [Check(f"{word} = {place}", word)])


EDITS = (
    *(added, removed, moved, reworded, checked),
    *(section_added, section_removed, section_moved),
)


def edit(step):
    """Return what makes a step on the form's draft, which is begun where there is none."""

    def do(found, place, word):
        form = found.version.form
        building.revise(form)
        with suppress(editing.EditError):
            building.change(form, lambda form: step(form, place, word))

    return do


def taken_into_use(found, place, word):
    """Take the draft into use, and ask another round with it."""
    form = found.version.form
    building.revise(form)
    try:
        fixed = building.fix(form, by=found.opened_by)
    except building.HasProblemsError:
        return
    if not ReportRound.objects.filter(grant=found.grant, kind="other").exists():
        other = make_round(found.grant, fixed, kind="other", deadline=found.deadline)
        with suppress(rounds.Refused):  # the grant may have no purposes now
            rounds.open_round(other, by=found.opened_by)


def draft_thrown_away(found, _place, _word):
    building.revise(found.version.form)
    building.discard(found.version.form)


def purpose_renamed(found, place, word):
    found.grant.purposes.update(heading=f"{word} {place}")


def purpose_added(found, place, word):
    Purpose.objects.create(grant=found.grant, heading=word, position=place)


def purposes_gone(found, _place, _word):
    found.grant.purposes.all().delete()


def round_changed(found, place, word):
    mine = ReportRound.objects.get(pk=found.pk)
    rounds.change(mine, recipient=word, deadline=make_deadline(found.grant))
    with pytest.raises(rounds.Refused):
        rounds.change(mine, kind="interim")


CHANGES = (
    *(edit(step) for step in EDITS),
    *(taken_into_use, draft_thrown_away, round_changed),
    *(purpose_renamed, purpose_added, purposes_gone),
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.tuples(st.sampled_from(CHANGES), places, words), min_size=3, max_size=20)
)
def test_no_change_of_a_form_alters_what_was_sent_in(version, changes):
    before = reading(version)
    with transaction.atomic():
        found = version.report.round
        for change, place, word in changes:
            change(found, place, word)
        assert reading(version) == before
        transaction.set_rollback(True)


def test_changes_are_made_beside_what_was_sent_in(version):
    found = version.report.round
    before = reading(version)

    edit(removed)(found, 0, "")
    edit(checked)(found, 1, "utbetalat")
    purpose_renamed(found, 1, "Nytt syfte")
    taken_into_use(found, 0, "")

    other = ReportRound.objects.opened().get(kind="other")
    assert other.read.question("anvant") is None
    assert other.read.checks[0].expression == "utbetalat = 1"
    assert rounds.asked(found.grant, found.version).question("anvant").rows[0].label == (
        "Nytt syfte 1"
    )
    assert reading(version) == before


# What the database refuses ---------------------------------------------------------------


def is_let_in(change):
    """Return whether the database lets a change in; it is undone."""
    refused = None
    try:
        with transaction.atomic():
            assert change()
            transaction.set_rollback(True)
    except DatabaseError as error:
        refused = error
    assert refused is None or is_refused_by_trigger(refused)
    return refused is None


def test_open_round_asks_what_it_asked(version):
    opened = ReportRound.objects.filter(pk=version.report.round_id)
    prepared = make_round(opened.get().grant, kind="interim", deadline=opened[0].deadline)
    unopened = ReportRound.objects.filter(pk=prepared.pk)
    definition = opened[0].definition | {"title": "En annan"}

    assert is_let_in(lambda: unopened.update(definition=definition))
    assert not is_let_in(lambda: opened.update(definition=definition))
    assert is_let_in(lambda: opened.update(recipient="Sametinget"))
    assert not is_let_in(lambda: opened.update(opened_at=None, opened_by=None))
    assert not is_let_in(lambda: opened.update(kind="interim"))


def test_form_in_use_stays_as_it_is(version):
    used = version.report.round.version
    draft = building.latest_of(make_form(used.form.body))
    definition = used.definition | {"title": "En annan"}

    def rows(of):
        return ReportFormVersion.objects.filter(pk=of.pk)

    assert is_let_in(lambda: rows(draft).update(definition=definition))
    assert is_let_in(lambda: rows(draft).delete())
    assert not is_let_in(lambda: rows(used).update(definition=definition))
    assert not is_let_in(lambda: rows(used).update(status="draft", fixed_at=None))
    assert not is_let_in(lambda: rows(used)._raw_delete("default"))
    assert not is_let_in(lambda: rows(draft).update(form=used.form, number=9))


def test_version_that_was_sent_in_is_followed_and_never_changed(version):
    rows = ReportVersion.objects.filter(pk=version.pk)

    def next_one(number):
        version.pk, version._state.adding = None, True
        version.number, version.reason = number, "Rättat"
        version.save(force_insert=True)
        return version

    assert not is_let_in(lambda: rows.update(answers={}))
    assert not is_let_in(lambda: rows.update(signed_name="Någon annan"))
    assert not is_let_in(lambda: rows._raw_delete("default"))
    assert not is_let_in(lambda: next_one(3))
    assert is_let_in(lambda: next_one(2))


def test_answered_completion_is_closed_for_good(sent):
    report = deepcopy(sent)
    made = request_completion(
        report,
        by=make_member(report.round.grant.body),
        sections=["insatser"],
        reason="Hur många?",
        due_on=date(2099, 2, 1),
        seen=1,
    )
    rows = CompletionRequest.objects.filter(pk=made.pk)

    assert is_let_in(lambda: rows.update(closed_at=timezone.now()))
    assert not is_let_in(lambda: rows.update(reason="Något annat"))
    assert not is_let_in(lambda: rows._raw_delete("default"))
    report.refresh_from_db()
    by = make_municipal_member("0127")
    write(report, final_answers(report.round, utmaningar="120 personer."), by)
    send(report, by)
    assert not is_let_in(lambda: rows.update(closed_at=None))
    assert not is_let_in(lambda: rows.update(closed_at=timezone.now()))
