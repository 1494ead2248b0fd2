"""Reports that somebody means ill with, or that go wrong on the way.

Odd names and numbers, text that no keyboard writes, far too many fields: everything is
read, refused in words or passed over, in a time that grows no faster than what is sent.
"""

import string
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grants.distribution import Refused
from reporting.answer_changes import changes, merge
from reporting.answer_review import LARGEST, LONGEST, review, whole_number
from reporting.expressions import ExpressionError, is_name, parse
from reporting.form_problems import Problem, problems
from reporting.models import ReportSection
from reporting.ready_made_forms import COSTS, FACTS, FINAL
from reporting.report import LONGEST_TYPED, Conflict, save_section, typed_in, work_on
from reporting.report_fields import draw, mistakes
from reporting.report_form import (
    ACTIVITIES,
    Check,
    Condition,
    Form,
    Kind,
    Option,
    Question,
    Section,
    fields_of,
    with_purposes,
)
from reporting.report_refusals import sentence
from reporting.report_words import finding_in_words, problem_in_words
from tests.factories import make_municipal_member
from tests.reporting.reports import final_answers, make_open_round, make_report, send, write

PURPOSES = [Option("p1", "Kompetensförsörjning"), Option("p2", "Arbetsplatsen")]
FORM = with_purposes(FINAL, PURPOSES)
NAMES = [field.name for question in FORM.questions for field in fields_of(question, {})]
ODD_NAMES = [
    *("", ".", "..", "anvant", "anvant.", "anvant.p1.p1", "anvant.p9", "ANVANT.P1"),
    *("insatser.0.text", "insatser.-1.text", "insatser.31.text", "insatser.1e1.text"),
    *("insatser.٣.text", "insatser.1.", "insatser.1.text.text", "insatser.999999.text"),
    *("__proto__", "__class__", "samverkan\n", "csrfmiddlewaretoken", "a" * 10_000),
]
ODD_TEXTS = [
    *("٣", "１２３", "²", "Ⅷ", "½", "1e9", "0x10", "NaN", "∞", "-0", "--1", "+5"),
    *("9" * 15, "9" * 16, "9" * 5_000, str(LARGEST), str(LARGEST + 1), "1" + " " * 9_999),
    *("\0", "1\0", "a\0b", "\ufeff12", "\u202e12", "1\u2009000", "\ud7ff", "\U0010ffff"),
    *("\r\n", "a\r\nb\rc", "=1+1", "<script>", "{{ 7 }}", "%s %(found)s", "x" * 20_002),
]
odd_answers = st.dictionaries(
    st.sampled_from(NAMES + ODD_NAMES) | st.text(max_size=30),
    st.sampled_from(ODD_TEXTS) | st.text(max_size=40) | st.integers().map(str),
    max_size=25,
)


@settings(deadline=None)
@given(odd_answers, odd_answers)
def test_any_answers_are_read_drawn_and_compared(answers, others):
    found = review(FORM, answers, dict.fromkeys(FACTS, 100))

    sections = [section.key for section in FORM.sections]
    assert all(each.section in ["", *sections] for each in found.findings)
    assert all(finding_in_words(each) for each in found.findings)
    assert found.values.keys() <= answers.keys()
    amounts = [each for each in found.values.values() if isinstance(each, int)]
    assert all(0 <= amount <= LARGEST for amount in amounts)
    assert [each.section.key for each in draw(FORM, answers, found)] == sections
    assert len(mistakes(FORM, found)) == len([f for f in found.findings if f.is_blocking])
    for section in FORM.sections:
        merged = merge(section, {}, answers, others)
        assert merge(section, answers, answers, answers).conflicts == []
        assert all(merged.answers.values())
    assert changes(FORM, answers, answers) == []


@settings(deadline=None)
@given(odd_answers, st.sampled_from([section.key for section in FORM.sections]))
def test_only_the_sections_own_fields_are_kept(posted, key):
    typed = typed_in(FORM, key, posted)

    section = next(each for each in FORM.sections if each.key == key)
    own = {
        field.name
        for question in section.questions
        for field in fields_of(question, posted)
    }
    assert typed.keys() <= own & posted.keys()
    assert all("\0" not in text and "\r" not in text for text in typed.values())
    assert all(len(text) <= LONGEST_TYPED and text.strip() for text in typed.values())


def test_section_that_is_not_in_the_form_takes_nothing():
    assert typed_in(FORM, "borta", {"anvant.p1": "1"}) == {}


@pytest.mark.parametrize(
    "text", ["٣", "１２３", "²", "½", "1e9", "0x10", "9" * 16, "-", ""]
)
def test_number_is_written_in_plain_digits(text):
    with pytest.raises(ValueError, match=r"\A"):
        whole_number(text)


def test_activity_concerns_a_purpose_that_there_is():
    answers = {"insatser.1.text": "X", "insatser.1.state": "done"}

    def faults(purpose, form=FORM):
        found = review(form, answers | {"insatser.1.purpose": purpose}, {})
        return [f.code for f in found.findings if f.field == "insatser.1.purpose"]

    assert (faults("p1"), faults(""), faults("p9")) == ([], [], ["not_an_option"])
    without = Form("Prov", FORM.sections[1:])
    assert faults("Något annat", without) == []


# Expressions -----------------------------------------------------------------------------

signs = st.sampled_from([*"+-−*()<>=≠≤≥. ", "<=", "a", "Å", "1", "٣", "²", "_", "\0", "\n"])


@settings(deadline=None)
@given(st.text(max_size=320) | st.lists(signs, max_size=320).map("".join))
def test_any_text_is_an_expression_or_says_why_not(text):
    try:
        expression = parse(text)
    except ExpressionError as error:
        problem = Problem(f"expression_{error.code}", text, error.found)
        said = problem_in_words(problem, FORM)
    else:
        values = dict.fromkeys(expression.names, 10**12)
        left, right = expression.sides(values)
        assert expression.holds(left, right) in {True, False}
        said = "read"
    assert said
    assert is_name(text or "x") in {True, False}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("(" * 11 + "a" + ")" * 11 + " = 1", "too_deep"),
        ("(" * 300, "too_deep"),
        ("a" * 301, "too_long"),
        ("-" * 300, "value_lacking"),
        ("a = 1; import os", "unknown_sign"),
        ("a.__class__ = 1", "unknown_sign"),
    ],
)
def test_deep_and_hostile_expressions_are_refused(text, code):
    with pytest.raises(ExpressionError) as refused:
        parse(text)

    assert refused.value.code == code


def test_check_with_enormous_numbers_is_made():
    product = "*".join(["9" * 40] * 6)
    form = Form(
        "Prov",
        (Section("s", "S", (Question("x", Kind.KRONOR, "X", name="x"),)),),
        (Check(f"x * {product} < 1"),),
    )

    (finding,) = review(form, {"x": str(LARGEST)}, {}).findings

    assert finding.amounts[0] == LARGEST * (10**40 - 1) ** 6
    assert finding_in_words(finding)


# Size ------------------------------------------------------------------------------------


def many(count, kind=Kind.COSTS, **facts):
    """Return a form of as many questions, five in each section."""
    questions = tuple(
        Question(f"q{number}", kind, f"Fråga {number}", name=f"n {number}", **facts)
        for number in range(count)
    )
    sections = tuple(
        Section(f"s{place}", f"Del {place}", questions[place : place + 5])
        for place in range(0, count, 5)
    )
    return Form("Stort", sections)


def letters(count):
    return tuple(
        Option(letter, letter.upper()) for letter in string.ascii_lowercase[:count]
    )


def seconds(work):
    started = process_time()
    work()
    return process_time() - started


def test_largest_form_is_read_in_a_moment():
    """Every condition, table and check that there can be, all with something wrong."""
    choice = Question("val", Kind.CHOICE, "Val", options=letters(2))
    rest = with_purposes(
        many(149, groups=letters(20), condition=Condition("val", ("a",))), letters(20)
    )
    checks = tuple(
        Check(" + ".join(f"n {number}" for number in range(40)) + f" < {most}")
        for most in range(60)
    )
    form = Form("Stort", (Section("val", "Val", (choice,)), *rest.sections), checks)
    answers = {"val": "a"} | {
        field.name: "x" if field.row.key == "a" else "1"
        for question in rest.questions
        for field in fields_of(question, {})
    }

    assert len(answers) > 100_000
    assert seconds(lambda: review(form, answers, {})) < 5


def test_many_reports_are_read_in_a_moment():
    """What a compilation reads: 290 municipalities' answers to 40 questions."""
    form = with_purposes(
        Form("Prov", (*many(20, Kind.PURPOSES).sections, *FINAL.sections)), letters(8)
    )
    answers = {
        field.name: "1 234" if field.is_amount else "Så här gick det."
        for question in form.questions
        for field in fields_of(question, {})
    }

    assert seconds(lambda: [review(form, answers, {}) for _ in range(290)]) < 5


def test_ten_thousand_fields_are_taken_in_at_once():
    form = with_purposes(many(5, Kind.ACTIVITIES), PURPOSES)
    posted = {
        f"q{number % 7}.{number % 40}.{'text' if number % 2 else number}": "x"
        for number in range(10_000)
    }

    typed = typed_in(form, "s0", posted)

    assert 0 < len(typed) <= 5 * 4 * ACTIVITIES
    assert seconds(lambda: typed_in(form, "s0", posted)) < 2


def test_section_is_no_larger_than_it_can_be_saved():
    def codes(questions):
        form = with_purposes(many(questions, groups=letters(20)), letters(20))
        section = Form("Stort", (Section("s", "S", tuple(form.questions)),))
        return [(each.code, each.where) for each in problems(section, FACTS)]

    assert codes(5) == []
    assert codes(6) == [("section_too_large", "s")]
    assert problems(COSTS, FACTS) == []


# The verbs -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_verbs_keep_what_is_typed_and_refuse_what_is_not(storsthlm):
    found = make_open_round(storsthlm)
    report = make_report(found)
    by = make_municipal_member("0127")
    form = found.read
    posted = dict.fromkeys(NAMES + ODD_NAMES, "a\0b\ud7ff\U0010ffff")
    posted |= {f"insatser.{number}.text": "x\r\ny" for number in range(60)}

    for section in form.sections:
        typed = typed_in(form, section.key, posted)
        saved = save_section(report, section.key, typed, by=by, seen=0)
        saved.refresh_from_db()
        assert saved.answers == typed
    work = work_on(report)
    assert len(work.answers) > ACTIVITIES
    assert not work.may_be_sent
    with pytest.raises(ReportSection.DoesNotExist):
        save_section(report, "borta", {}, by=by, seen=0)
    for seen in (-1, 0, 10**18):
        with pytest.raises(Conflict):
            save_section(report, "samverkan", {"samverkan": "ja"}, by=by, seen=seen)
    with pytest.raises(Refused) as refused:
        send(report)
    assert sentence(refused.value)
    write(report, final_answers(found, utmaningar="å" * LONGEST), by)
    version = send(report)
    version.refresh_from_db()
    assert version.answers["utmaningar"] == "å" * LONGEST
