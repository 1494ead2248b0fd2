"""The builder: forms are made, changed, tried and taken into use without code."""

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from municipalities.triggers import is_refused_by_trigger
from reporting import form_building as building
from reporting import form_editing as editing
from reporting.answer_review import Finding
from reporting.form_building import HasProblemsError, NotADraftError, latest_of
from reporting.form_editing import EditError
from reporting.models import ReportForm, ReportFormVersion
from reporting.ready_made_forms import COSTS, FACTS, FINAL, INTERIM
from reporting.report_form import Check, Condition, Form, Kind, Option, Question, Section
from reporting.report_words import (
    EDITS,
    FINDINGS,
    PROBLEMS,
    edit_in_words,
    finding_in_words,
    problem_in_words,
)
from reporting.views.report_forms import in_use
from tests.factories import make_body, make_member
from tests.reporting.report_rounds import make_fixed, make_form, read

pytestmark = pytest.mark.django_db


def url(name, form, *more):
    return reverse(f"reporting:report_form_{name}", args=[form.pk, *more])


def post(client, address, **data):
    """Send a page's form back, with what it carries."""
    page = client.get(address)
    carried = page.context["form"].initial.get("seen", "")
    shown = getattr(page.context["form"], "of_kind", "")
    return client.post(address, {"seen": carried, "shown": shown, **data})


# Words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_has_a_sentence(code):
    problem = building.Problem(code, "anvant", "hittat")

    words = problem_in_words(problem, FINAL)

    assert words.endswith((".", "?"))
    assert not re.search(r"%\(|_", words.replace("anvant", ""))


def test_every_code_of_the_rules_is_put_into_words():
    rules = ["form_problems", "answer_review", "form_editing", "rounds", "expressions"]
    code = "".join(Path(f"reporting/{name}.py").read_text("utf-8") for name in rules)

    named = set(re.findall(r'Problem\(\s*"(\w+)"', code))
    named |= set(re.findall(r'\("(too_many_\w+)", len', code))
    expressions = re.findall(r'ExpressionError\(\s*"(\w+)"', code)

    assert named | {f"expression_{each}" for each in expressions} == PROBLEMS.keys()
    assert set(re.findall(r'EditError\(\s*"(\w+)"', code)) == EDITS.keys()
    findings = set(re.findall(r'Finding\(\s*"(\w+)"', code))
    findings |= set(re.findall(r'return "(\w+)"(?:, 0|\n)', code)) | {"too_large"}
    assert findings - {"check"} == FINDINGS.keys()


def test_finding_of_a_check_says_what_each_side_comes_to():
    finding = Finding("check", "", found="a = b", message="Nej.", amounts=(1_000, 2))

    assert "1\u00a0000\u00a0kr" in finding_in_words(finding)
    assert finding_in_words(finding).startswith("Nej.")
    assert "a = b" in finding_in_words(Finding("check", "", found="a = b"))


def test_words_of_a_check_name_the_sign():
    problem = building.Problem("expression_value_lacking", "a = = b", "=")

    words = problem_in_words(problem, FINAL)

    assert words.replace("”", "“").endswith("“=“.")
    assert edit_in_words(EditError("too_many_questions", "150")).count("150") == 1


# Verbs -----------------------------------------------------------------------------------


def test_form_that_is_in_use_stays_when_a_new_version_is_changed(storsthlm):
    version = make_fixed(storsthlm)
    before = version.definition

    building.revise(version.form)
    building.change(version.form, lambda found: Form("Ny rubrik", found.sections[:1]))

    version.refresh_from_db()
    assert version.definition == before
    assert read(version.form).title == "Ny rubrik"
    assert latest_of(version.form).number == 2
    version.form.refresh_from_db()
    assert version.form.title == "Ny rubrik"


def test_form_that_is_in_use_is_not_written_on(storsthlm):
    version = make_fixed(storsthlm)

    with pytest.raises(NotADraftError):
        building.change(version.form, lambda found: found)
    with pytest.raises(NotADraftError):
        building.fix(version.form, by=make_member(storsthlm))
    with pytest.raises(NotADraftError):
        building.discard(version.form)


@pytest.mark.parametrize(
    "change", [{"definition": {}}, {"status": "draft", "fixed_at": None, "fixed_by": None}]
)
def test_database_keeps_a_form_that_is_in_use(storsthlm, change):
    version = make_fixed(storsthlm)

    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        ReportFormVersion.objects.filter(pk=version.pk).update(**change)
    assert is_refused_by_trigger(refused.value)
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        ReportFormVersion.objects.filter(pk=version.pk).delete()
    assert is_refused_by_trigger(refused.value)


def test_database_lets_a_draft_be_changed(storsthlm):
    form = make_form(storsthlm)

    assert form.versions.update(definition={"title": "X", "sections": []}) == 1


def test_version_stays_in_its_form(storsthlm):
    one, other = make_form(storsthlm), make_form(storsthlm)

    with pytest.raises(DatabaseError), transaction.atomic():
        ReportFormVersion.objects.filter(form=one).update(form=other, number=2)


def test_form_has_one_draft(storsthlm):
    form = make_form(storsthlm)

    with pytest.raises(DatabaseError), transaction.atomic():
        ReportFormVersion.objects.create(form=form, number=2, definition={})
    assert building.revise(form) == latest_of(form)


def test_form_with_problems_is_not_taken_into_use(storsthlm):
    form = make_form(storsthlm, Form("Tomt", ()))

    with pytest.raises(HasProblemsError) as refused:
        building.fix(form, by=make_member(storsthlm))

    assert [each.code for each in refused.value.found] == ["no_questions"]
    assert latest_of(form).is_draft


def test_draft_that_is_thrown_away_takes_an_unused_form_with_it(storsthlm):
    form, version = make_form(storsthlm), make_fixed(storsthlm)
    building.revise(version.form)
    building.change(version.form, lambda found: Form("Annan", found.sections))

    assert building.discard(form) is False
    assert building.discard(version.form) is True
    assert not ReportForm.objects.filter(pk=form.pk).exists()
    version.form.refresh_from_db()
    assert version.form.title == FINAL.title


# Pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "source"), [("interim", INTERIM), ("costs", COSTS), ("empty", Form("", ()))]
)
def test_form_is_made_from_a_ready_made_one_or_empty(as_handler, start, source):
    as_handler.post(
        reverse("reporting:report_form_create"),
        {"title": "Redovisning 2026", "kind": "interim", "start": start},
    )

    form = ReportForm.objects.get()
    assert (form.title, form.kind) == ("Redovisning 2026", "interim")
    assert read(form) == Form(
        "Redovisning 2026", source.sections, source.checks, source.introduction
    )


def test_form_is_made_from_last_years_and_that_one_stays(as_handler, storsthlm):
    last = make_fixed(storsthlm)
    address = reverse("reporting:report_form_create")
    data = {"title": "2027", "kind": "final", "start": f"version-{last.pk}"}

    as_handler.post(address, data)

    made = ReportForm.objects.exclude(pk=last.form_id).get()
    assert read(made).sections == last.read.sections


def test_another_bodys_form_is_not_offered(as_handler):
    other = make_fixed(make_body("Region Dalarna", county="20"))
    address = reverse("reporting:report_form_create")
    data = {"title": "2027", "kind": "final", "start": f"version-{other.pk}"}

    response = as_handler.post(address, data)

    assert list(response.context["form"].errors) == ["start"]
    assert ReportForm.objects.count() == 1


def test_heading_is_changed(as_handler, storsthlm):
    form = make_form(storsthlm)

    post(as_handler, url("head", form), title="Ny", kind="other", introduction="Hej\r\nd")

    form.refresh_from_db()
    assert (form.title, form.kind) == ("Ny", "other")
    assert (read(form).title, read(form).introduction) == ("Ny", "Hej\nd")


def test_draft_does_not_change_the_kind_of_what_is_in_use(as_handler, storsthlm):
    form = make_fixed(storsthlm).form
    building.revise(form)

    page = as_handler.get(url("head", form))
    post(as_handler, url("head", form), title="Ny", kind="other")

    form.refresh_from_db()
    assert "kind" not in page.context["form"].fields
    assert (form.title, form.kind) == ("Ny", "final")


def test_section_is_added_and_changed(as_handler, storsthlm):
    form = make_form(storsthlm, Form("Prov", ()))

    post(as_handler, url("section_add", form), title="Övrigt", help="Kort")
    post(as_handler, url("section", form, "ovrigt"), title="Annat", help="")

    assert read(form).sections == (Section("ovrigt", "Annat", ()),)


def test_question_of_each_kind_is_added(as_handler, storsthlm):
    form = make_form(storsthlm, Form("Prov", (Section("del", "Del", ()),)))
    add = url("add", form, "del")
    written = {
        "choice": {"label": "Val", "options": "Ja\nNej\n"},
        "kronor": {"label": "Kr", "name": "använt", "is_required": "on"},
        "number": {"label": "Antal", "condition": ["val.ja"]},
        "purposes": {"label": "Syften", "rows": ""},
        "costs": {"label": "Kostnader", "rows": "Samråd\n- resor\n- lokal", "groups": ""},
        "activities": {"label": "Insatser"},
        "file": {"label": "Fil"},
        "text": {"label": "Text", "help": "Kort"},
    }

    for kind, data in written.items():
        address = f"{add}?slag={kind}"
        assert post(as_handler, address, kind=kind, **data).status_code == 302, kind

    questions = read(form).questions
    assert [each.kind.value for each in questions] == list(written)
    assert questions[0].options == (Option("ja", "Ja"), Option("nej", "Nej"))
    assert (questions[1].name, questions[1].is_required) == ("använt", True)
    assert questions[2].condition == Condition("val", ("ja",))
    assert [group.key for group in questions[4].rows[0].groups] == ["resor", "lokal"]


def test_question_of_another_kind_is_shown_anew_with_its_fields(as_handler, storsthlm):
    form = make_form(storsthlm)
    data = {"shown": "text", "kind": "choice", "label": "Hur gick det?"}

    response = as_handler.post(url("add", form, "medel"), data)

    shown = response.context["form"]
    assert "options" in shown.fields
    assert (shown["label"].value(), shown.errors) == ("Hur gick det?", {})
    assert len(read(form).questions) == len(FINAL.questions)


def test_button_that_shows_the_fields_saves_nothing(as_handler, storsthlm):
    form = make_form(storsthlm)
    data = {"shown": "text", "kind": "text", "label": "Hur gick det?", "show": "1"}

    response = as_handler.post(url("add", form, "medel"), data)

    assert response.context["form"].errors == {}
    assert read(form) == FINAL


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"kind": "choice", "label": "Val", "options": "Ja"}, "options"),
        ({"kind": "choice", "label": "Val", "options": "Ja\nja "}, "options"),
        ({"kind": "choice", "label": "", "options": "Ja\nNej"}, "label"),
        (
            {
                "kind": "choice",
                "label": "V",
                "options": "\n".join(str(n) for n in range(1_000)),
            },
            "options",
        ),
        ({"kind": "purposes", "label": "S", "rows": "a\n- b"}, "rows"),
        ({"kind": "costs", "label": "S", "rows": "- b"}, "rows"),
        ({"kind": "costs", "label": "S", "rows": "a\n- b\n- B"}, "rows"),
        ({"kind": "text", "label": "S", "condition": ["borta.ja"]}, "condition"),
        ({"kind": "text", "label": "S" * 501}, "label"),
        ({"kind": "text", "label": "a\0b"}, "label"),
    ],
)
def test_question_that_cannot_be_is_refused_at_its_field(
    as_handler, storsthlm, data, field
):
    form = make_form(storsthlm)
    address = url("add", form, "samverkan")

    response = as_handler.post(address, {"shown": data["kind"], **data})

    assert list(response.context["form"].errors) == [field]
    assert read(form) == FINAL


def test_question_that_is_changed_keeps_its_key_and_its_options(as_handler, storsthlm):
    form = make_form(storsthlm)

    post(
        as_handler,
        url("question", form, "samverkan"),
        kind="choice",
        label="Har ni samverkat?",
        options="Ja, mycket\nNej",
    )

    changed = read(form).question("samverkan")
    assert changed.label == "Har ni samverkat?"
    assert changed.options == (Option("ja", "Ja, mycket"), Option("nej", "Nej"))
    assert building.problems_of(read(form)) == []


def test_full_form_takes_no_more_questions(as_handler, storsthlm):
    many = tuple(Question(f"q{n}", Kind.TEXT, f"F{n}") for n in range(150))
    form = make_form(storsthlm, Form("Prov", (Section("a", "A", many),)))

    response = post(as_handler, url("add", form, "a"), kind="text", label="En till")

    [error] = response.context["form"].non_field_errors()
    assert "150" in error
    assert len(read(form).questions) == 150


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("section", ["borta"]),
        ("add", ["borta"]),
        ("question", ["borta"]),
        ("remove", ["fraga", "borta"]),
        ("remove", ["borta", "medel"]),
    ],
)
def test_what_the_form_does_not_have_is_not_found(as_handler, storsthlm, name, more):
    form = make_form(storsthlm)

    assert as_handler.get(url(name, form, *more)).status_code == 404


@pytest.mark.parametrize("name", ["head", "section_add", "checks", "fix", "discard"])
def test_form_that_is_in_use_has_no_pages_that_change_it(as_handler, storsthlm, name):
    form = make_fixed(storsthlm).form

    assert as_handler.get(url(name, form)).status_code == 404
    as_handler.post(url(name, form), checks(title="Ny", kind="other"))
    form.refresh_from_db()
    assert (form.title, form.kind, read(form)) == (FINAL.title, "final", FINAL)
    assert not latest_of(form).is_draft


def test_move_by_button(as_handler, storsthlm):
    form = make_form(storsthlm)
    seen = as_handler.get(form.get_absolute_url()).context["seen"]

    as_handler.post(
        url("move", form),
        {"seen": seen, "what": "section", "key": "insatser", "step": "up"},
    )

    assert [each.key for each in read(form).sections][:2] == ["insatser", "medel"]


def test_question_at_an_end_of_the_form_is_not_offered_a_way_past_it(as_handler, storsthlm):
    form = make_form(storsthlm)

    html = as_handler.get(form.get_absolute_url()).content.decode()

    ways = {
        key: re.findall(r'value="(up|down)"', tools)
        for key, tools in re.findall(
            r'name="what" value="question">\s*<input[^>]+name="key" value="(\w+)">'
            r"(.*?)</form>",
            html,
            re.DOTALL,
        )
    }
    keys = [each.key for each in FINAL.questions]
    assert ways == {key: ["up", "down"] for key in keys} | {
        keys[0]: ["down"],
        keys[-1]: ["up"],
    }


def test_whoever_removes_a_question_is_told_what_depends_on_it(as_handler, storsthlm):
    form = make_form(storsthlm)
    places = [("fraga", "samverkan"), ("fraga", "utmaningar"), ("avsnitt", "samverkan")]

    told = [
        as_handler.get(url("remove", form, *place)).context["dependent"] for place in places
    ]

    assert told == [1, 0, 0]


@pytest.mark.parametrize(
    "data",
    [
        {"key": "borta", "step": "up"},
        {"what": "section", "key": "anvant", "step": "up"},
        {"key": "anvant", "step": "99"},
        {},
    ],
)
def test_move_that_makes_no_sense_changes_nothing(as_handler, storsthlm, data):
    form = make_form(storsthlm)

    response = as_handler.post(url("move", form), data)

    assert (response.status_code, read(form)) == (302, FINAL)


def test_question_and_section_are_removed_when_somebody_has_said_yes(as_handler, storsthlm):
    form = make_form(storsthlm)
    for what, key in [("fraga", "varfor_kvar"), ("avsnitt", "samverkan")]:
        address = url("remove", form, what, key)
        seen = as_handler.get(address).context["seen"]
        assert read(form).questions
        as_handler.post(address, {"seen": seen})

    left = [each.key for each in read(form).questions]
    assert not {"varfor_kvar", "samverkan", "samverkan_hur"} & set(left)


# Two at the same time --------------------------------------------------------------------


def test_whoever_saves_last_is_told_of_the_first(as_handler, storsthlm):
    form = make_form(storsthlm)
    address = url("head", form)
    data = {"title": "Min", "kind": "final", "seen": ""}
    data["seen"] = as_handler.get(address).context["form"].initial["seen"]
    building.change(form, lambda found: Form("Andras", found.sections, found.checks))

    first = as_handler.post(address, data)
    assert first.context["form"].non_field_errors().as_data()[0].code == (
        "changed_by_another"
    )
    assert read(form).title == "Andras"
    as_handler.post(address, data | {"seen": first.context["form"].data["seen"]})
    assert read(form).title == "Min"


def test_what_is_typed_is_not_lost_when_the_form_is_taken_into_use(as_handler, storsthlm):
    form = make_form(storsthlm)
    building.fix(form, by=make_member(storsthlm))
    question = {"shown": "text", "kind": "text", "label": "Hur gick det?"}
    written = {
        url("head", form): {"title": "Ny rubrik", "kind": "final"},
        url("section", form, "medel"): {"title": "Ny rubrik"},
        url("add", form, "medel"): question,
        url("question", form, "utmaningar"): question,
    }

    for address, data in written.items():
        page = as_handler.post(address, data)
        assert page.context["form"].non_field_errors() == [in_use()]
        typed = data.get("title") or data["label"]
        assert typed in page.content.decode()
    assert read(form) == FINAL


def test_what_is_typed_is_not_lost_when_somebody_removes_it(as_handler, storsthlm):
    form = make_form(storsthlm)
    building.change(form, lambda found: editing.remove_section(found, "medel"))
    question = {"shown": "text", "kind": "text", "label": "Hur gick det?"}
    written = {
        url("section", form, "medel"): ({"title": "Ny rubrik"}, "section_gone"),
        url("add", form, "medel"): (question, "section_gone"),
        url("question", form, "aterbetalas"): (question, "question_gone"),
    }

    for address, (data, code) in written.items():
        page = as_handler.post(address, data)
        assert page.context["form"].non_field_errors() == [edit_in_words(EditError(code))]
        typed = data.get("title") or data["label"]
        assert typed in page.content.decode()


def test_button_that_is_pressed_twice_says_that_it_is_done(as_handler, storsthlm):
    form = make_form(storsthlm)
    steps = [
        (url("remove", form, "fraga", "varfor_kvar"), ["success", "error"]),
        (url("fix", form), ["success", "info"]),
    ]

    for address, levels in steps:
        told = []
        for _press in range(2):
            page = as_handler.post(address, follow=True)
            told += [each.level_tag for each in page.context["messages"]]
            assert page.status_code == 200
        assert told == levels


def test_draft_that_somebody_has_changed_is_not_thrown_away_unseen(as_handler, storsthlm):
    form = make_form(storsthlm)
    address = url("discard", form)
    seen = as_handler.get(address).context["form"].initial["seen"]
    building.change(form, lambda found: Form("Andras", found.sections, found.checks))

    page = as_handler.post(address, {"seen": seen})
    assert read(form).title == "Andras"
    assert page.context["form"].non_field_errors().as_data()[0].code == (
        "changed_by_another"
    )
    as_handler.post(address, {"seen": page.context["form"].data["seen"]})
    assert not ReportForm.objects.exists()


@pytest.mark.parametrize("name", ["move", "remove", "fix"])
def test_button_of_an_old_page_does_nothing(as_handler, storsthlm, name):
    form = make_form(storsthlm)
    seen = as_handler.get(form.get_absolute_url()).context["seen"]
    building.change(form, lambda found: Form("Andras", found.sections, found.checks))
    before = read(form)
    address = url(name, form, *(["fraga", "anvant"] if name == "remove" else []))

    response = as_handler.post(
        address, {"seen": seen, "key": "anvant", "step": "down"}, follow=True
    )

    assert [each.level_tag for each in response.context["messages"]] == ["error"]
    assert (read(form), latest_of(form).is_draft) == (before, True)


# Checks ----------------------------------------------------------------------------------


def checks(*rows, **data):
    sent = {"checks-TOTAL_FORMS": len(rows), "checks-INITIAL_FORMS": 0, **data}
    for number, (expression, message, blocking) in enumerate(rows):
        sent[f"checks-{number}-expression"] = expression
        sent[f"checks-{number}-message"] = message
        sent[f"checks-{number}-is_blocking"] = blocking
    return sent


def test_checks_are_written_on_one_page(as_handler, storsthlm):
    form = make_form(storsthlm)
    rows = [
        ("använt <= utbetalat", "För mycket.", "no"),
        ("2 * att återbetala < 10", "", "yes"),
    ]

    as_handler.post(url("checks", form), checks(*rows))

    assert read(form).checks == (
        Check("använt <= utbetalat", "För mycket.", is_blocking=False),
        Check("2 * att återbetala < 10"),
    )


def test_every_fault_of_the_checks_is_told_at_once(as_handler, storsthlm):
    form = make_form(storsthlm)
    rows = [
        ("använt + = utbetalat", "", "yes"),
        ("använt + kvar = disponibelt", "", "yes"),
        ("använt", "", "yes"),
        ("använt = utbetalat", "", "yes"),
    ]

    response = as_handler.post(url("checks", form), checks(*rows))

    codes = [
        [error.code for error in each.errors.as_data().get("expression", [])]
        for each in response.context["formset"]
    ]
    assert codes == [
        ["expression_value_lacking"],
        ["name_unknown", "name_unknown"],
        ["expression_comparison_lacking"],
        [],
    ]
    assert read(form).checks == FINAL.checks


def test_only_names_that_can_be_written_are_offered(as_handler, storsthlm):
    form = make_form(
        storsthlm,
        Form(
            "Prov",
            (
                Section(
                    "a",
                    "A",
                    (
                        Question("x", Kind.KRONOR, "Hur mycket, ungefär?"),
                        Question("y", Kind.KRONOR, "Hur mycket?", name="Använt"),
                        Question("z", Kind.NUMBER, "Antal barn"),
                    ),
                ),
            ),
        ),
    )

    page = as_handler.get(url("checks", form))

    names = [name for name, _meaning in page.context["names"]]
    assert names == [*FACTS, "använt", "antal barn"]
    assert page.context["without_name"] == ["Hur mycket, ungefär?"]
    building.change(
        form,
        lambda found: editing.put_checks(found, [Check(f"{n} >= 0") for n in names]),
    )
    assert building.problems_of(read(form)) == []


def test_ten_thousand_checks_are_refused_with_a_sentence(as_handler, storsthlm):
    form = make_form(storsthlm)
    data = checks(*[("använt = utbetalat", "", "yes")] * 61)

    for total in (61, 10_000):
        sent = data | {"checks-TOTAL_FORMS": total}
        response = as_handler.post(url("checks", form), sent)
        assert len(response.context["formset"].non_form_errors()) == 1
    assert read(form).checks == FINAL.checks


def test_check_is_removed_and_a_row_is_added_without_a_script(as_handler, storsthlm):
    form = make_form(storsthlm)
    row = (FINAL.checks[0].expression, "", "yes")

    more = as_handler.post(url("checks", form), checks(row, add_row="checks"))
    as_handler.post(url("checks", form), checks(row, **{"checks-0-DELETE": "on"}))

    assert len(more.context["formset"].forms) == 2
    assert read(form).checks == ()


# Try -------------------------------------------------------------------------------------


def test_preview_shows_the_checks_work_and_saves_nothing(as_handler, storsthlm):
    form = make_form(storsthlm)
    answers = {
        "fakta.utbetalat": "100",
        "anvant.syfte_1": "80",
        "anvant.syfte_2": "tio",
        "aterbetalas": "5",
        "<script>": "<script>",
    }

    page = as_handler.post(url("preview", form), answers)

    html = page.content.decode()
    assert 'href="#svar-anvant-syfte_2"' in html
    assert 'id="svar-anvant-syfte_2-error"' in html
    assert 'value="80"' in html
    assert "<script>" not in html.replace("<script src", "")
    assert "85" in html
    assert form.versions.count() == 1
    assert read(form) == FINAL


def test_preview_says_when_the_report_could_be_submitted(as_handler, storsthlm):
    small = Form(
        "Prov",
        (Section("a", "A", (Question("x", Kind.KRONOR, "Använt", name="använt"),)),),
        (Check("använt = utbetalat", "Nej.", is_blocking=False),),
    )
    form = make_form(storsthlm, small)

    page = as_handler.post(url("preview", form), {"x": "7", "fakta.utbetalat": "8"})

    assert page.context["mistakes"] == []
    [remark] = page.context["sections"][0].remarks
    assert remark.is_blocking is False
    assert "8\u00a0kr" in remark.text


def test_file_that_must_be_there_is_seen_in_a_preview(as_handler, storsthlm):
    form = make_form(
        storsthlm,
        Form(
            "Prov",
            (Section("a", "A", (Question("x", Kind.FILE, "Fil", is_required=True),)),),
        ),
    )
    file = SimpleUploadedFile("underlag.pdf", b"%PDF-")

    without = as_handler.post(url("preview", form))
    with_file = as_handler.post(url("preview", form), {"x": file})

    assert [len(each.context["mistakes"]) for each in (without, with_file)] == [1, 0]


@pytest.mark.parametrize("ready_made", [FINAL, INTERIM, COSTS])
def test_every_kind_of_question_is_drawn_with_a_label(as_handler, storsthlm, ready_made):
    form = make_form(storsthlm, ready_made)

    html = as_handler.get(url("preview", form)).content.decode()

    for tag in re.findall(r'<(?:input|textarea|select)[^>]*id="svar[^>]*>', html):
        identity = re.search(r'id="([^"]+)"', tag)[1]
        assert "aria-label=" in tag or f'for="{identity}"' in html, tag
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for named in re.findall(r'aria-describedby="([^"]+)"', html):
        assert set(named.split()) <= set(ids)


def test_draft_with_a_circle_of_conditions_can_be_tried(as_handler, storsthlm):
    options = (Option("ja", "Ja"), Option("nej", "Nej"))
    round_about = (
        Question("a", Kind.CHOICE, "A", options=options, condition=Condition("b", ("ja",))),
        Question("b", Kind.CHOICE, "B", options=options, condition=Condition("a", ("ja",))),
    )
    form = make_form(storsthlm, Form("Prov", (Section("s", "S", round_about),)))

    page = as_handler.post(url("preview", form), {"a": "ja", "b": "ja"})

    assert (page.status_code, len(page.context["problems"])) == (200, 1)


# Into use --------------------------------------------------------------------------------


def test_form_is_taken_into_use_and_changed_in_a_new_version(as_handler, storsthlm):
    form = make_form(storsthlm)
    seen = as_handler.get(url("fix", form)).context["seen"]

    as_handler.post(url("fix", form), {"seen": seen})
    first = latest_of(form)
    as_handler.post(url("revise", form))

    assert (first.number, first.is_draft) == (1, False)
    assert (latest_of(form).number, latest_of(form).is_draft) == (2, True)
    page = as_handler.get(form.get_absolute_url(), {"version": "1"})
    assert page.context["version"] == first
    assert as_handler.get(form.get_absolute_url(), {"version": "3"}).status_code == 404


def test_page_names_every_problem_at_once(as_handler, storsthlm):
    form = make_form(
        storsthlm,
        Form(
            "Prov",
            (Section("tom", "Tom", ()), Section("a", " ", FINAL.questions[:1])),
            (Check("använt = borta"), Check("använt")),
        ),
    )

    page = as_handler.get(form.get_absolute_url())

    assert [each.target for each in page.context["problems"]] == [
        "avsnitt-tom",
        "avsnitt-a",
        "kontroller",
        "kontroller",
    ]
    ids = re.findall(r' id="([^"]+)"', page.content.decode())
    assert {each.target for each in page.context["problems"]} <= set(ids)
    assert url("fix", form) not in page.content.decode()
    assert len(as_handler.get(url("fix", form)).context["problems"]) == 4


def test_problem_of_a_section_is_not_told_of_a_question_with_its_key(as_handler, storsthlm):
    form = make_form(
        storsthlm,
        Form(
            "Prov",
            (
                Section("medel", "Medlen", (Question("tom", Kind.TEXT, "Hur gick det?"),)),
                Section("tom", "Ett tomt avsnitt", ()),
            ),
        ),
    )

    [problem] = as_handler.get(form.get_absolute_url()).context["problems"]

    assert problem.target == "avsnitt-tom"
    assert "Ett tomt avsnitt" in problem.text


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_as_often_for_one_form_as_for_three(as_handler, storsthlm, number):
    for _each in range(number):
        building.revise(make_fixed(storsthlm).form)

    with CaptureQueriesContext(connection) as queries:
        page = as_handler.get(reverse("reporting:report_form_list"))

    assert [each.number for each in page.context["versions"]] == [2] * number
    assert len(queries) <= 8


def test_form_page_asks_as_often_for_one_version_as_for_three(as_handler, storsthlm):
    form = make_form(storsthlm)
    counts = []
    for _each in range(3):
        with CaptureQueriesContext(connection) as queries:
            as_handler.get(form.get_absolute_url())
        counts.append(len(queries))
        building.fix(form, by=make_member(storsthlm))
        building.revise(form)

    assert counts[1] == counts[2]


def test_history_tells_of_the_versions(as_handler, storsthlm):
    form = make_fixed(storsthlm).form

    assert as_handler.get(url("history", form)).status_code == 200
