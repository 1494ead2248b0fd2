"""A form as it is filled in: each question with its inputs, and what is wrong with them.

``draw`` makes plain things (``report_drawn``) from the definition, and the template
``_report_section.html`` shows them. The preview of a form and the municipality's report are
drawn by the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from municipalities.numbers import kronor
from municipalities.templatetags.ui import Mistake
from reporting.answer_review import Finding, Review, asked_in
from reporting.report_drawn import Cell, DrawnQuestion, DrawnSection, Remark, id_of
from reporting.report_form import (
    STATES,
    TABLES,
    Field,
    Form,
    Kind,
    Option,
    Part,
    Question,
    Section,
    fields_of,
    purposes_of,
)
from reporting.report_words import PARTS, finding_in_words
from reporting.report_words import STATES as STATE_WORDS


def draw(
    form: Form, answers: Mapping[str, str], review: Review | None = None
) -> list[DrawnSection]:
    """Return the form with the answers in it, and with what a review has found."""
    return [draw_section(form, each, answers, review) for each in form.sections]


def draw_section(
    form: Form,
    section: Section,
    answers: Mapping[str, str],
    review: Review | None = None,
) -> DrawnSection:
    """Return one section: a report is filled in section by section."""
    findings = review.of_section(section.key) if review else []
    sums = review.sums if review else {}
    asked, purposes = asked_in(form, answers), purposes_of(form)
    questions = []
    for question in section.questions:
        own = [each for each in findings if each.field.partition(".")[0] == question.key]
        whole = [finding_in_words(each) for each in own if each.code == "required"]
        is_table = question.kind in TABLES
        drawn = DrawnQuestion(
            question,
            (),
            errors=tuple(whole),
            note=when_asked(form, question),
            total=sums.get(question.calculated_name) if is_table else None,
            is_asked=question.key in asked,
        )
        errors = _errors([each for each in own if each.code != "required"])
        cells = (
            _cell(each, answers, errors, purposes, drawn.described_by)
            for each in fields_of(question, answers)
        )
        questions.append(replace(drawn, cells=tuple(cells)))
    return DrawnSection(section, tuple(questions), tuple(remarks(findings)))


def _errors(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Return what is wrong with each field, in words."""
    errors: dict[str, list[str]] = {}
    for each in findings:
        errors.setdefault(each.field, []).append(finding_in_words(each))
    return errors


def remarks(findings: Sequence[Finding]) -> Iterator[Remark]:
    """Yield the checks that do not hold."""
    for finding in findings:
        if finding.code == "check":
            yield Remark(finding_in_words(finding), finding.is_blocking)


def mistakes(form: Form, review: Review) -> list[Mistake]:
    """Return all that is to mend, each with the input to go to, for the page's summary."""
    return [mistake_of(form, each) for each in review.findings if each.is_blocking]


def mistake_of(form: Form, finding: Finding) -> Mistake:
    """Return what is to mend, with its question, and the input to go to."""
    text = finding_in_words(finding)
    question = form.question(finding.field.partition(".")[0])
    if question is not None:
        place = _place_of_finding(question, finding)
        text = " ".join(filter(None, [question.label, place and f"{place}:", text]))
    target = id_of(finding.field) if finding.field else ""
    if question is not None and question.kind is Kind.CHOICE and question.options:
        target = f"{target}-{question.options[0].key}"
    return Mistake(text, target)


def _place_of_finding(question: Question, finding: Finding) -> str:
    """Return where in a table or a list something is wrong; nothing if with the whole."""
    if finding.code == "required":
        return ""
    for each in fields_of(question, {finding.field: "x"}):
        if each.name == finding.field:
            return place_of(each)
    return ""


def when_asked(form: Form, question: Question) -> str:
    """Return in words when a question is answered; nothing if always."""
    condition = question.condition
    other = form.question(condition.question) if condition else None
    if condition is None or other is None:
        return ""
    labels = [each.label for each in other.options if each.key in condition.options]
    return _("Answered if you have chosen %(answers)s on “%(question)s”") % {
        "answers": _(" or ").join(
            _("“%(answer)s”") % {"answer": label} for label in labels
        ),
        "question": other.label,
    }


def in_words(form: Form, each: Field, text: str) -> str:
    """Return what stands in a field, to be read: a choice by its words, kronor as such."""
    cell = _cell(each, {each.name: text}, {}, purposes_of(form), "")
    if cell.amount is not None and each.question.kind is not Kind.NUMBER:
        return kronor(cell.amount)
    return cell.said


def place_of(each: Field) -> str:
    """Return where in its question a field stands; nothing where it is the only one."""
    if each.row is None and not each.number:
        return ""
    label = _cell(each, {}, {}, (), "").label
    return label if each.part is not Part.AMOUNT else label.rpartition(": ")[0]


def options_of(each: Field, purposes: tuple[Option, ...]) -> tuple[Option, ...]:
    """Return what a field chooses among, if it does; ``purposes`` are the form's."""
    if each.question.kind is Kind.CHOICE:
        return each.question.options
    if each.part is Part.STATE:
        return tuple(Option(key, capfirst(str(STATE_WORDS[key]))) for key in STATES)
    return purposes if each.part is Part.PURPOSE else ()


def _cell(
    each: Field,
    answers: Mapping[str, str],
    errors: Mapping[str, Sequence[str]],
    purposes: tuple[Option, ...],
    described_by: str,
) -> Cell:
    column = str(PARTS[each.part])
    where = [
        _("Activity %(number)s") % {"number": each.number} if each.number else "",
        each.row.label if each.row else "",
        each.group.label if each.group else "",
    ]
    return Cell(
        name=each.name,
        part=each.part,
        label=": ".join(filter(None, [*where, column])),
        value=answers.get(each.name, ""),
        errors=tuple(errors.get(each.name, ())),
        options=options_of(each, purposes),
        described_by=described_by,
        column=column,
    )
