"""What a report is filled in with before anybody has written in it."""

import pytest

from municipalities.numbers import NBSP
from reporting.prefill import Earlier, is_used, prefilled
from reporting.ready_made_forms import COSTS, FINAL, INTERIM
from reporting.report_form import (
    ACTIVITIES,
    Form,
    Kind,
    Option,
    Question,
    Section,
    with_purposes,
)

PURPOSES = [Option("p1", "Kompetens"), Option("p2", "Psykisk hälsa")]
FORM = with_purposes(FINAL, PURPOSES)


def activities(*rows):
    """Return answers with rows of text, state and purpose."""
    return {
        f"insatser.{number}.{part}": said
        for number, row in enumerate(rows, start=1)
        for part, said in zip(("text", "state", "purpose"), row, strict=True)
        if said
    }


def test_planned_use_stands_as_what_is_used():
    assert prefilled(FORM, {"p1": 12_500, "p2": 0, "p9": 7}) == {
        "anvant.p1": f"12{NBSP}500"
    }
    assert prefilled(with_purposes(COSTS, PURPOSES), {"p1": 12_500}) == {}


@pytest.mark.parametrize(
    ("name", "label", "expected"),
    [
        ("använt", "Hur mycket?", True),
        ("Förbrukat", "Hur mycket?", True),
        ("", "Använt", True),
        ("att återbetala", "Använt", False),
    ],
)
def test_what_is_used_is_known_by_its_name(name, label, expected):
    assert is_used(Question("a", Kind.PURPOSES, label, name=name)) is expected


def test_what_was_planned_comes_back_without_its_state():
    earlier = Earlier(
        FORM,
        activities(
            ("Utbilda", "done", "p1"),
            ("Kartlägg", "planned", "p2"),
            ("", "planned", ""),
            ("Stäm av", "changed", ""),
            ("Avsluta", "dropped", ""),
            ("Mät", "", ""),
        ),
    )
    assert prefilled(FORM, {}, [earlier]) == activities(
        ("Kartlägg", "", "p2"), ("Stäm av", "", ""), ("Mät", "", "")
    )


def test_a_purpose_of_another_year_is_known_by_its_words():
    last_year = with_purposes(INTERIM, [Option("p8", "psykisk  HÄLSA"), Option("p9", "X")])
    earlier = Earlier(last_year, activities(("A", "planned", "p8"), ("B", "planned", "p9")))
    assert prefilled(FORM, {}, [earlier]) == activities(("A", "", "p2"), ("B", "", ""))


def test_the_newest_list_of_activities_counts():
    newest = Earlier(FORM, activities(("Ny", "planned", "")))
    older = Earlier(FORM, activities(("Gammal", "planned", "")))
    without = Earlier(COSTS, {})
    assert prefilled(FORM, {}, [without, newest, older]) == activities(("Ny", "", ""))
    # All of it was done: nothing from before that comes back.
    done = Earlier(FORM, activities(("Klar", "done", "")))
    assert prefilled(FORM, {}, [done, older]) == {}


def test_a_list_of_another_name_is_taken_where_none_is_the_same():
    section = Section("s", "S", (Question("annat", Kind.ACTIVITIES, "Annat"),))
    other = Form("Annan", (section,))
    earlier = Earlier(other, {"annat.1.text": "Utbilda", "annat.1.state": "planned"})
    assert prefilled(FORM, {}, [earlier]) == {"insatser.1.text": "Utbilda"}
    assert prefilled(other, {}, [Earlier(FORM, activities(("A", "planned", "")))]) == {
        "annat.1.text": "A"
    }


def test_a_full_list_stays_full():
    rows = [(f"Insats {number}", "planned", "") for number in range(1, ACTIVITIES + 1)]
    answers = prefilled(FORM, {}, [Earlier(FORM, activities(*rows))])
    assert len(answers) == ACTIVITIES
    assert answers[f"insatser.{ACTIVITIES}.text"] == f"Insats {ACTIVITIES}"
