"""Forms are changed step by step: every step leaves a form that loads."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting import form_editing as editing
from reporting.answer_review import review
from reporting.form_building import problems_of
from reporting.form_editing import EditError, read_options, read_rows, written
from reporting.form_problems import (
    MOST_LINES,
    MOST_QUESTIONS,
    MOST_SECTIONS,
    Problem,
    problems,
)
from reporting.ready_made_forms import FACTS, FINAL, INTERIM, READY_MADE
from reporting.report_form import (
    Check,
    Condition,
    Form,
    FormError,
    Kind,
    Option,
    Question,
    Section,
    dump,
    load,
)


def keys(form):
    return [(s.key, [q.key for q in s.questions]) for s in form.sections]


SMALL = Form(
    "Prov",
    (
        Section("a", "A", (Question("x", Kind.TEXT, "X"), Question("y", Kind.TEXT, "Y"))),
        Section("b", "B", (Question("z", Kind.TEXT, "Z"),)),
    ),
)


@pytest.mark.parametrize(
    ("key", "step", "after"),
    [
        ("y", -1, [("a", ["y", "x"]), ("b", ["z"])]),
        ("x", -1, [("a", ["x", "y"]), ("b", ["z"])]),
        ("y", 1, [("a", ["x"]), ("b", ["y", "z"])]),
        ("z", -1, [("a", ["x", "y", "z"]), ("b", [])]),
        ("z", 1, [("a", ["x", "y"]), ("b", ["z"])]),
        ("x", 0, [("a", ["x", "y"]), ("b", ["z"])]),
    ],
)
def test_question_moves_one_place_also_past_the_end_of_its_section(key, step, after):
    assert keys(editing.move_question(SMALL, key, step)) == after


def test_section_moves_with_its_questions():
    assert keys(editing.move_section(SMALL, "b", -1)) == [("b", ["z"]), ("a", ["x", "y"])]
    assert editing.move_section(SMALL, "a", -1) == SMALL


def test_question_that_is_added_gets_a_key_of_its_own():
    form = editing.add_question(SMALL, "b", Question("", Kind.TEXT, "X"))

    assert keys(form)[1] == ("b", ["z", "x_2"])


def test_question_that_is_changed_keeps_its_key():
    form = editing.change_question(SMALL, "y", Question("", Kind.NUMBER, "Hur många?"))

    assert form.question("y") == Question("y", Kind.NUMBER, "Hur många?")


def test_what_depended_on_a_question_that_is_removed_is_always_asked():
    form = editing.remove_question(FINAL, "samverkan")

    assert form.question("samverkan") is None
    assert form.question("samverkan_hur").condition is None


def test_what_depended_on_a_section_that_is_removed_is_always_asked():
    later = Question("y", Kind.TEXT, "Y", condition=Condition("val", ("ja",)))
    form = Form(
        "Prov",
        (
            Section("a", "A", (replace(choice, key="val"),)),
            Section("b", "B", (later,)),
        ),
    )

    left = editing.remove_section(form, "a")

    assert left.sections == (Section("b", "B", (replace(later, condition=None),)),)


@pytest.mark.parametrize("label", ["Seen", "Municipality", "Base", "Do", "Fakta"])
def test_question_is_not_posted_under_a_name_that_the_pages_use(label):
    form = editing.add_question(SMALL, "b", Question("", Kind.TEXT, label))
    key = form.questions[-1].key

    assert key == f"{label.lower()}_2"
    assert problems(form, FACTS) == []
    bad = Form("Prov", (Section("a", "A", (Question(label.lower(), Kind.TEXT, "X"),)),))
    assert problems(bad, FACTS) == [Problem("key_odd", label.lower())]


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (lambda form: editing.move_question(form, "borta", 1), "question_gone"),
        (lambda form: editing.remove_question(form, ""), "question_gone"),
        (lambda form: editing.change_section(form, "borta", "", ""), "section_gone"),
        (
            lambda form: editing.add_question(form, "borta", FINAL.questions[0]),
            "section_gone",
        ),
        (lambda form: editing.put_checks(form, [Check("1 = 1")] * 61), "too_many_checks"),
    ],
)
def test_step_that_cannot_be_made_is_refused(step, code):
    with pytest.raises(EditError) as refused:
        step(SMALL)

    assert refused.value.code == code


def test_form_does_not_grow_without_end():
    form = SMALL
    for number in range(MOST_QUESTIONS - 3):
        form = editing.add_question(form, "a", Question("", Kind.TEXT, f"Fråga {number}"))
    with pytest.raises(EditError) as refused:
        editing.add_question(form, "a", Question("", Kind.TEXT, "En till"))
    assert refused.value.code == "too_many_questions"
    for number in range(MOST_SECTIONS - 2):
        form = editing.add_section(form, f"Del {number}")
    with pytest.raises(EditError) as refused:
        editing.add_section(form, "En till")
    assert refused.value.code == "too_many_sections"


# Lines -----------------------------------------------------------------------------------


def test_option_that_is_reworded_keeps_its_key():
    known = read_options("Ja\nNej")

    assert read_options("Ja, alla\nNej", known) == (
        Option("ja", "Ja, alla"),
        Option("nej", "Nej"),
    )


def test_option_that_is_moved_keeps_its_key_and_a_new_one_gets_its_own():
    known = read_options("Ja\nNej")

    found = read_options("Nej\n\nVet inte\nJa", known)

    assert [each.key for each in found] == ["nej", "vet_inte", "ja"]


def test_key_of_an_option_that_is_gone_is_not_given_to_another():
    known = (Option("ja", "Nej"), Option("x", "Y"), Option("z", "Z"))

    assert read_options("Ja\nY", known)[0].key == "ja_2"


def test_rows_are_read_with_their_cost_groups():
    text = "Samråd\n- lokal\n– resor\nSpråk och kultur\nÖvrigt\n- annat"

    rows = read_rows(text)

    assert [(row.label, [g.label for g in row.groups]) for row in rows] == [
        ("Samråd", ["lokal", "resor"]),
        ("Språk och kultur", []),
        ("Övrigt", ["annat"]),
    ]
    assert read_rows(written(rows), rows) == rows


def test_cost_group_before_any_row_is_refused():
    with pytest.raises(EditError) as refused:
        read_rows("- resor\nSamråd")

    assert (refused.value.code, refused.value.found) == ("group_before_row", "resor")


@pytest.mark.parametrize("read", [read_options, read_rows])
def test_ten_thousand_lines_are_refused(read):
    with pytest.raises(EditError) as refused:
        read("\n".join(f"rad {number}" for number in range(10_000)))

    assert (refused.value.code, refused.value.found) == ("too_many_lines", str(MOST_LINES))


# Any steps -------------------------------------------------------------------------------

texts = st.text(max_size=12)
choice = Question("", Kind.CHOICE, "Val", options=read_options("Ja\nNej"))
found_keys = st.sampled_from(
    ["anvant", "samverkan", "samverkan_hur", "medel", "insatser", "val", "borta", ""]
)
steps = st.one_of(
    st.tuples(st.just(editing.add_section), texts),
    st.tuples(st.just(editing.change_section), found_keys, texts, texts),
    st.tuples(st.just(editing.remove_section), found_keys),
    st.tuples(st.just(editing.move_section), found_keys, st.sampled_from([-1, 1])),
    st.tuples(
        st.just(editing.add_question),
        found_keys,
        st.builds(
            Question,
            st.just(""),
            st.sampled_from(Kind),
            texts,
            name=texts,
            condition=st.none() | st.builds(Condition, found_keys, st.just(("ja",))),
        )
        | st.just(choice),
    ),
    st.tuples(st.just(editing.change_question), found_keys, st.just(choice)),
    st.tuples(st.just(editing.remove_question), found_keys),
    st.tuples(st.just(editing.move_question), found_keys, st.sampled_from([-1, 1])),
    st.tuples(
        st.just(editing.put_checks), st.lists(st.builds(Check, texts, texts), max_size=3)
    ),
)


@settings(deadline=None)
@given(st.lists(steps, max_size=12), st.sampled_from([FINAL, INTERIM, SMALL]))
def test_any_steps_leave_a_form_that_loads_and_can_be_tried(taken, form):
    for step, *arguments in taken:
        try:
            form = step(form, *arguments)
        except EditError:
            continue

    assert load(json.loads(json.dumps(dump(form)))) == form
    question_keys = [each.key for each in form.questions]
    assert len(question_keys) == len(set(question_keys))
    assert not {each.code for each in problems_of(form)} & {"key_twice", "key_odd"}
    review(form, dict.fromkeys(question_keys, "ja"), {"utbetalat": 1})


# What else is wrong with a form ----------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        (
            Question("x", Kind.KRONOR, "X", name="Utbetalat"),
            Problem("name_is_fact", found="utbetalat"),
        ),
        (
            Question("x", Kind.KRONOR, "X", name="2:a året"),
            Problem("name_odd", "x", "2:a året"),
        ),
        (
            Question("x", Kind.CHOICE, "X", options=(Option("a", "A"), Option("b", "a"))),
            Problem("option_key_odd", "x"),
        ),
        (
            Question(
                "x",
                Kind.CHOICE,
                "X",
                options=tuple(Option(f"o{n}", f"{n}") for n in range(61)),
            ),
            Problem("too_many_lines", "x", "60"),
        ),
    ],
)
def test_problem_of_a_question_is_named(question, problem):
    assert problems(Form("Prov", (Section("a", "A", (question,)),)), FACTS) == [problem]


def test_ten_thousand_questions_are_named_as_a_problem():
    many = tuple(Question(f"q{n}", Kind.TEXT, f"F{n}") for n in range(200))

    found = problems(Form("Prov", (Section("a", "A", many),)), FACTS)

    assert found == [Problem("too_many_questions", found="150")]


@pytest.mark.parametrize(
    ("expression", "code"),
    [("(" * 5_000 + "1 = 1", "too_long"), ("(" * 11 + "1" + ")" * 11 + " = 1", "too_deep")],
)
def test_expression_without_end_is_refused(expression, code):
    form = Form("Prov", SMALL.sections, (Check(expression),))

    assert [each.code for each in problems(form, FACTS)] == [f"expression_{code}"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"title": "A", "sections": [{"key": "a"}]},
        {"title": "A", "sections": [{"key": "a", "title": "A", "questions": [{}]}]},
        {"title": "A", "sections": [], "checks": [{"borta": 1}]},
        {"title": "A", "sections": 1},
        dump(SMALL) | {"sections": [{"key": "a", "title": "A", "questions": [1]}]},
    ],
)
def test_data_that_is_no_form_is_refused(data):
    with pytest.raises(FormError):
        load(data)


@pytest.mark.parametrize("name", READY_MADE)
def test_ready_made_form_can_be_used_as_it_is(name):
    assert problems_of(READY_MADE[name]) == []
