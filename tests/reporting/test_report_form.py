"""Forms as data, and answers that are read with all their faults at once."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.answer_review import Finding, review, whole_number
from reporting.expressions import ExpressionError, normal, parse
from reporting.form_problems import Problem, problems
from reporting.ready_made_forms import COSTS, FACTS, FINAL, INTERIM, READY_MADE
from reporting.report_fields import draw
from reporting.report_form import (
    Check,
    Condition,
    Form,
    Kind,
    Option,
    Part,
    Question,
    Row,
    Section,
    dump,
    fields_of,
    load,
    purposes_of,
    with_purposes,
)

PURPOSES = [Option("p1", "Kompetensförsörjning"), Option("p2", "Arbetsplatsen")]
# Region Jämtland Härjedalen's follow-up for 2019 of the minority-language grant.
SEED_003 = {
    "inflytande_delaktighet_och_samrad.lokalhyra": "17575",
    "inflytande_delaktighet_och_samrad.fortaring": "2628",
    "inflytande_delaktighet_och_samrad.arvoden": "34251",
    "sprak_och_kultur.studiecirklar": "41632",
    "sprak_och_kultur.litteratur_och_tidskriftsinkop": "728",
    "samordning.personal_lon": "31682",
    "samordning.resor_och_logi": "4937",
    "arendehandlaggning.tolk_oversattning": "23139",
    "arendehandlaggning.fortbildning_av_personal": "77482",
}


def form_of(*questions, checks=()):
    """Return a form with one section."""
    return Form("Prov", (Section("del", "Del", questions),), checks)


def kronor(key, **facts):
    return Question(key, Kind.KRONOR, key.title(), name=key, **facts)


def holds(text, values):
    """Return whether an expression holds, or none where something is unanswered."""
    expression = parse(text)
    sides = expression.sides(values)
    return expression.holds(*sides) if sides else None


# Expressions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values", "is_true"),
    [
        ("a + b = c", {"a": 1, "b": 2, "c": 3}, True),
        ("a + b = c", {"a": 1, "b": 2, "c": 4}, False),
        ("a − b ≥ 0", {"a": 1, "b": 2}, False),
        ("2 * (a + 1) <= 1 000", {"a": 499}, True),
        ("Att Återbetala < använt", {"att återbetala": 0, "använt": 1}, True),
        ("-a = b", {"a": 3, "b": -3}, True),
        ("a ≠ 0", {"a": None}, None),
        ("anva\u0308nt = 1", {"använt": 1}, True),
        ("att\u202fåterbetala\t=\n1\u202f000", {"att återbetala": 1_000}, True),
    ],
)
def test_expression_is_read_as_people_write_it(text, values, is_true):
    assert holds(text, values) is is_true


@pytest.mark.parametrize(
    ("text", "code", "found"),
    [
        ("", "value_lacking", ""),
        ("a + b", "comparison_lacking", ""),
        ("a = ", "value_lacking", ""),
        ("a = b = c", "too_much", "="),
        ("a == b", "value_lacking", "="),
        ("(a + b = c", "parenthesis_open", ""),
        ("a = b ! c", "unknown_sign", "!"),
        ("__import__('os') = 1", "unknown_sign", "'"),
    ],
)
def test_expression_that_cannot_be_read_says_why(text, code, found):
    with pytest.raises(ExpressionError) as refused:
        parse(text)

    assert (refused.value.code, refused.value.found) == (code, found)


@settings(deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=6))
def test_expression_adds_as_python_does(numbers):
    names = [f"n{letter}" for letter in "abcdef"[: len(numbers)]]
    values = dict(zip(names, numbers, strict=True)) | {"summa": sum(numbers)}

    assert holds(" + ".join(names) + " = summa", values) is True
    assert holds(" + ".join(names) + " > summa", values) is False


# Forms -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READY_MADE)
def test_ready_made_form_has_no_problems_and_survives_json(name):
    form = READY_MADE[name]

    assert problems(with_purposes(form, PURPOSES), FACTS) == []
    assert load(json.loads(json.dumps(dump(form)))) == form


CHOICE = Question(
    "val", Kind.CHOICE, "Val", options=(Option("ja", "Ja"), Option("nej", "N"))
)


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        (Form("Tom", ()), Problem("no_questions")),
        (
            Form("Tom del", (Section("a", "A", (kronor("x"),)), Section("b", "B", ()))),
            Problem("section_empty", "b"),
        ),
        (
            form_of(kronor("x"), replace(kronor("x"), name="y")),
            Problem("key_twice", "x"),
        ),
        (form_of(kronor("Å b")), Problem("key_odd", "Å b")),
        (
            form_of(kronor("x"), Question("y", Kind.NUMBER, "Y", name="X")),
            Problem("name_twice", found="x"),
        ),
        (form_of(Question("x", Kind.TEXT, " ")), Problem("label_lacking", "x")),
        (
            form_of(Question("x", Kind.CHOICE, "X", options=(Option("ja", "Ja"),))),
            Problem("options_lacking", "x"),
        ),
        (form_of(Question("x", Kind.COSTS, "X")), Problem("groups_lacking", "x")),
        (
            form_of(replace(CHOICE, options=(Option("a", "A"), Option("a", "B")))),
            Problem("option_key_odd", "val"),
        ),
        (
            form_of(kronor("x", condition=Condition("val", ("ja",))), CHOICE),
            Problem("condition_unknown", "x", "val"),
        ),
        (
            form_of(CHOICE, kronor("x", condition=Condition("val", ("kanske",)))),
            Problem("condition_option_unknown", "x"),
        ),
        (
            form_of(kronor("x"), checks=(Check("x + y = 1"),)),
            Problem("name_unknown", "x + y = 1", "y"),
        ),
        (
            form_of(kronor("x"), checks=(Check("x +"),)),
            Problem("expression_value_lacking", "x +"),
        ),
    ],
)
def test_problem_of_a_form_is_named(form, problem):
    assert problems(form, FACTS) == [problem]


# Answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [("1 234 567", 1234567), ("54\u00a0454 kr", 54454), ("17575,00", 17575), ("12:-", 12)],
)
def test_whole_number_is_read_as_it_is_typed(text, value):
    assert whole_number(text) == value


@pytest.mark.parametrize("text", ["1234,50", "tolv", "1.234.567", "", "1e5", "٣"])
def test_whole_number_refuses_what_is_none(text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        whole_number(text)


def test_cost_follow_up_gives_the_sums_of_the_document():
    answers = {f"kostnader.{name}": value for name, value in SEED_003.items()}
    answers["kvar"] = "15 946"

    found = review(COSTS, answers, {"utbetalat": 250_000})

    assert found.is_complete
    assert found.findings == []
    assert (found.sums["förbrukat"], found.sums["kvar"]) == (234_054, 15_946)


def test_all_faults_are_told_at_once_and_where_they_are():
    form = with_purposes(FINAL, PURPOSES)
    answers = {
        "anvant.p1": "80 000",
        "anvant.p2": "femtio",
        "aterbetalas": "-5",
        "insatser.1.text": "Handledarutbildning",
        "insatser.2.state": "dropped",
        "samverkan": "kanske",
    }

    found = review(form, answers, {"utbetalat": 100_000})

    assert [(each.code, each.section, each.field) for each in found.findings] == [
        ("not_whole", "medel", "anvant.p2"),
        ("negative", "medel", "aterbetalas"),
        ("activity_lacks_state", "insatser", "insatser.1.state"),
        ("activity_lacks_text", "insatser", "insatser.2.text"),
        ("activity_lacks_why", "insatser", "insatser.2.comment"),
        ("required", "insatser", "utmaningar"),
        ("required", "jamstalldhet", "jamstalldhetsperspektiv"),
        ("required", "jamstalldhet", "jamstalld_halsa"),
        ("not_an_option", "samverkan", "samverkan"),
    ]
    assert not found.is_complete


def test_fault_in_an_activity_is_told_once():
    answers = {
        "insatser.1.text": "x" * 20_001,
        "insatser.1.state": "done",
        "insatser.2.text": "Handledarutbildning",
        "insatser.2.state": "kanske",
    }

    found = review(FINAL, answers, {})

    assert [
        (each.code, each.field)
        for each in found.findings
        if each.field.startswith("insatser")
    ] == [("too_long", "insatser.1.text"), ("not_an_option", "insatser.2.state")]


def test_activity_may_concern_a_row_of_any_table():
    rows = (Row("p1", "Utbildning"), Row("p2", "Resor"))
    form = form_of(
        Question("a", Kind.PURPOSES, "A", rows=rows[:1]),
        Question("b", Kind.PURPOSES, "B", name="b", rows=rows),
        FINAL.question("insatser"),
    )
    answers = {
        "insatser.1.text": "x",
        "insatser.1.state": "done",
        "insatser.1.purpose": "p2",
    }

    [drawn] = [
        cell
        for question in draw(form, answers)[0].questions
        for cell in question.cells
        if cell.name == "insatser.1.purpose"
    ]

    assert purposes_of(form) == (Option("p1", "Utbildning"), Option("p2", "Resor"))
    assert (review(form, answers, {}).is_complete, drawn.said) == (True, "Resor")
    assert not review(form, answers | {"insatser.1.purpose": "p3"}, {}).is_complete


def test_check_names_both_sides():
    form = with_purposes(FINAL, PURPOSES)
    answers = {"anvant.p1": "80", "anvant.p2": "10", "aterbetalas": "5"}

    found = review(form, answers, {"utbetalat": 100})

    [check] = [each for each in found.findings if each.code == "check"]
    assert check == Finding(
        "check",
        "medel",
        found="använt + att återbetala = utbetalat",
        message=FINAL.checks[0].message,
        amounts=(95, 100),
    )


def test_question_that_is_not_asked_counts_as_nothing():
    form = with_purposes(INTERIM, PURPOSES)
    answers = {"anvant.p1": "100", "anvant.p2": "0", "hinner": "ja", "beraknas_kvar": "50"}

    found = review(form, answers, {"utbetalat": 100})

    assert found.sums["beräknas bli kvar"] == 0
    assert "beraknas_kvar" not in found.values
    assert [each.code for each in found.findings if each.section == "medel"] == []


def test_list_of_activities_has_one_row_more_than_is_used():
    question = FINAL.question("insatser")

    assert len(fields_of(question, {})) == 4
    assert len(fields_of(question, {"insatser.3.text": "Tre"})) == 16
    assert len(fields_of(question, {"insatser.999.text": "Många"})) == 4


def answers_for(form):
    names = [each.name for question in form.questions for each in fields_of(question, {})]
    return st.dictionaries(st.sampled_from(names), st.text(max_size=30))


@settings(deadline=None)
@given(answers_for(with_purposes(FINAL, PURPOSES)))
def test_no_answer_breaks_the_reading(answers):
    form = with_purposes(FINAL, PURPOSES)

    found = review(form, answers, {"utbetalat": 100})

    fields = {
        each.name for question in form.questions for each in fields_of(question, answers)
    }
    assert set(found.values) <= fields
    assert {each.field for each in found.findings if each.field} <= fields
    assert normal("Att återbetala") in found.sums


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=2), st.integers(0, 10**9))
def test_report_is_complete_only_when_the_sum_is_what_was_paid(used, repaid):
    form = with_purposes(FINAL, PURPOSES)
    answers = {
        "anvant.p1": str(used[0]),
        "anvant.p2": str(used[1]),
        "aterbetalas": str(repaid),
        "insatser.1.text": "En",
        "insatser.1.state": "done",
        "utmaningar": "Inga",
        "jamstalldhetsperspektiv": "Ja",
        "jamstalld_halsa": "Ja",
        "samverkan": "nej",
    }
    paid = sum(used) + repaid

    assert review(form, answers, {"utbetalat": paid}).is_complete
    assert not review(form, answers, {"utbetalat": paid + 1}).is_complete
    assert Part.AMOUNT in {each.part for each in fields_of(form.questions[0], {})}
