"""What differs between two sets of answers, and what two people's come to together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.answer_changes import changes, make_room, merge, said_in
from reporting.report_form import Form, Kind, Option, Question, Row, Section

ACTIVITIES = Question("insatser", Kind.ACTIVITIES, "Insatser")
SECTION = Section(
    "ett",
    "Ett",
    (
        Question("text", Kind.TEXT, "Text"),
        Question(
            "val", Kind.CHOICE, "Val", options=(Option("ja", "Ja"), Option("nej", "Nej"))
        ),
        Question("kr", Kind.PURPOSES, "Kr", rows=(Row("a", "A"), Row("b", "B"))),
        ACTIVITIES,
        Question("fil", Kind.FILE, "Fil"),
    ),
)
FORM = Form("Form", (SECTION, Section("tva", "Två", (Question("mer", Kind.TEXT, "Mer"),))))
NAMES = ("text", "val", "kr.a", "kr.b", "insatser.1.text", "insatser.2.comment")

answers = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from(["", " ", "1", "2", " 2 ", "3\n"])
)


@given(answers)
def test_nothing_differs_from_itself_and_space_around_does_not_count(said):
    assert changes(FORM, said, said) == []
    spaced = {name: f"  {text}\n" for name, text in said.items()}
    assert changes(FORM, said, spaced) == []


@given(answers, answers)
def test_what_differs_is_told_once_in_the_forms_order(before, after):
    found = changes(FORM, before, after)
    assert {each.field.name for each in found} == {
        name for name in NAMES if said_in(before, name) != said_in(after, name)
    }
    names = [each.field.name for each in found]
    assert names == sorted(set(names), key=NAMES.index)
    assert [(each.before, each.after) for each in found] == [
        (said_in(before, name), said_in(after, name)) for name in names
    ]


@given(answers, answers, answers)
def test_merge_takes_both_and_conflicts_where_both_have_changed(base, theirs, ours):
    merged = merge(SECTION, base, theirs, ours)

    conflicting = set()
    for name in NAMES:
        was, their, our = (said_in(each, name) for each in (base, theirs, ours))
        wanted = their if our == was else our
        assert merged.answers.get(name, "") == wanted
        if was != their != our != was:
            conflicting.add(name)
    assert {each.field.name for each in merged.conflicts} == conflicting
    assert all(
        (each.before, each.after)
        == (said_in(theirs, each.field.name), said_in(ours, each.field.name))
        for each in merged.conflicts
    )
    assert all(merged.answers.values())


@given(answers, answers)
def test_merge_with_who_changed_nothing_is_the_other_one(base, changed):
    theirs, ours = merge(SECTION, base, changed, base), merge(SECTION, base, base, changed)
    assert theirs.conflicts == ours.conflicts == []
    assert changes(FORM, theirs.answers, changed) == []
    assert changes(FORM, ours.answers, changed) == []


def row(number, text, state="planned"):
    return {f"insatser.{number}.text": text, f"insatser.{number}.state": state}


@pytest.mark.parametrize(
    ("base", "theirs", "ours", "moved"),
    [
        # Both add a row: ours comes after theirs.
        ({}, row(1, "A"), row(1, "B"), row(2, "B")),
        (
            row(1, "A"),
            row(1, "A") | row(2, "B") | row(3, "C"),
            row(1, "A") | row(2, "D"),
            row(1, "A") | row(4, "D"),
        ),
        # The same row, or another question: as it stands.
        ({}, row(1, "A"), row(1, "A"), row(1, "A")),
        ({}, {"text": "x"}, row(1, "B"), row(1, "B")),
        ({}, row(1, "A"), {"text": "x"}, {"text": "x"}),
        # A row that both have changed is one row.
        (row(1, "A"), row(1, "B"), row(1, "C"), row(1, "C")),
        # A list that would be too long stays.
        ({}, row(30, "A"), row(30, "B"), row(30, "B")),
    ],
)
def test_two_who_add_activities_have_added_them_all(base, theirs, ours, moved):
    assert make_room(SECTION, base, theirs, ours) == moved


activities = st.dictionaries(
    st.integers(1, 4).map(lambda number: f"insatser.{number}.text"),
    st.sampled_from(["A", "B", "C", "D"]),
)


@given(activities, activities)
def test_no_new_activity_is_lost(theirs, ours):
    moved = make_room(SECTION, {}, theirs, ours)
    merged = merge(SECTION, {}, theirs, moved)
    assert merged.conflicts == []
    assert {*theirs.values(), *ours.values()} == set(merged.answers.values())
