"""What is wrong with a form, or with the answers to it, in words.

The rules give codes (``report_form``, ``expressions``, ``form_editing``); the sentences are
here and nowhere else.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from municipalities.numbers import kronor
from reporting.answer_review import Finding
from reporting.form_editing import EditError
from reporting.form_problems import OF_SECTIONS, Problem
from reporting.report_form import Form, Part

PROBLEMS: Mapping[str, Promise] = {
    "form_title_lacking": gettext_lazy("The form has no heading."),
    "no_questions": gettext_lazy("The form asks nothing yet. Add a question."),
    "too_many_sections": gettext_lazy("A form has at most %(found)s sections."),
    "too_many_questions": gettext_lazy("A form has at most %(found)s questions."),
    "too_many_checks": gettext_lazy("A form has at most %(found)s checks."),
    "too_many_lines": gettext_lazy(
        "“%(where)s” has too many lines. There can be at most %(found)s of each kind."
    ),
    "too_many_cells": gettext_lazy(
        "“%(where)s” is a table with more than %(found)s amounts. Split it in two."
    ),
    "section_too_large": gettext_lazy(
        "The section “%(where)s” is too large to be saved at once. Split it in two."
    ),
    "key_twice": gettext_lazy("“%(where)s” stands in the form twice. Remove one of them."),
    "key_odd": gettext_lazy("“%(where)s” has a key that cannot be used. Add it anew."),
    "title_lacking": gettext_lazy("A section has no heading."),
    "section_empty": gettext_lazy(
        "The section “%(where)s” has no questions. Add one, or remove the section."
    ),
    "name_twice": gettext_lazy(
        "Two questions are called “%(found)s” in calculations. Give one another name."
    ),
    "name_is_fact": gettext_lazy(
        "“%(found)s” is one of the ledger's own sums. Give the question another name in "
        "calculations."
    ),
    "name_odd": gettext_lazy(
        "“%(where)s”: the name “%(found)s” cannot stand in a calculation. Use letters, "
        "digits and spaces, and begin with a letter."
    ),
    "label_lacking": gettext_lazy("A question has no words."),
    "options_lacking": gettext_lazy("“%(where)s” needs at least two options."),
    "groups_lacking": gettext_lazy("“%(where)s” needs cost groups."),
    "option_key_odd": gettext_lazy("“%(where)s” has two lines that are the same."),
    "condition_unknown": gettext_lazy(
        "“%(where)s” is asked depending on a question that does not stand before it."
    ),
    "condition_option_unknown": gettext_lazy(
        "“%(where)s” is asked depending on an answer that can no longer be given."
    ),
    "name_unknown": gettext_lazy(
        "The check “%(where)s”: there is no amount that is called “%(found)s”."
    ),
    "expression_value_lacking": gettext_lazy(
        "The check “%(where)s” lacks an amount or a name%(before)s."
    ),
    "expression_comparison_lacking": gettext_lazy(
        "The check “%(where)s” compares nothing. Write =, <= or >= between the two sides."
    ),
    "expression_too_much": gettext_lazy(
        "The check “%(where)s”: there is more than one comparison, from “%(found)s”."
    ),
    "expression_parenthesis_open": gettext_lazy(
        "The check “%(where)s” has a parenthesis that is not closed."
    ),
    "expression_unknown_sign": gettext_lazy(
        "The check “%(where)s”: the sign “%(found)s” cannot be used."
    ),
    "expression_too_long": gettext_lazy(
        "The check “%(where)s” is longer than %(found)s characters."
    ),
    "expression_too_deep": gettext_lazy(
        "The check “%(where)s” has more than %(found)s parentheses."
    ),
    "purposes_lacking": gettext_lazy(
        "“%(where)s” has a row for each of the grant's purposes, and the grant has none. "
        "Enter the purposes first."
    ),
}
"""What must be mended in a form before it is used, by the problem's code."""

EDITS: Mapping[str, Promise] = {
    "section_gone": gettext_lazy("The section is no longer in the form. Look once more."),
    "question_gone": gettext_lazy("The question is no longer in the form. Look once more."),
    "too_many_sections": PROBLEMS["too_many_sections"],
    "too_many_questions": PROBLEMS["too_many_questions"],
    "too_many_checks": PROBLEMS["too_many_checks"],
    "too_many_lines": gettext_lazy("There can be at most %(found)s lines."),
    "group_before_row": gettext_lazy(
        "“%(found)s” stands before the first row. Write the row above its cost groups."
    ),
}
"""Why a change of a form cannot be made."""

FINDINGS: Mapping[str, Promise] = {
    "required": gettext_lazy("Answer the question."),
    "not_whole": gettext_lazy(
        "“%(found)s” is not a whole number. Write it in digits, for example 12 500."
    ),
    "negative": gettext_lazy("The amount cannot be below zero."),
    "too_large": gettext_lazy("The amount is larger than can be right."),
    "too_long": gettext_lazy("The text is longer than 20 000 characters. Shorten it."),
    "not_an_option": gettext_lazy("Choose one of the answers."),
    "activity_lacks_text": gettext_lazy("Write what the activity is."),
    "activity_lacks_state": gettext_lazy("Choose how the activity stands."),
    "activity_lacks_why": gettext_lazy(
        "Write what has changed, or why the activity is not done."
    ),
}
"""What is wrong with an answer, by the finding's code."""


def problem_in_words(problem: Problem, form: Form) -> str:
    """Return the sentence for whoever builds the form."""
    facts = {
        "where": name_of(form, problem),
        "found": problem.found,
        "before": "",
    }
    if problem.found and problem.code == "expression_value_lacking":
        facts["before"] = " " + _("before “%(sign)s”") % {"sign": problem.found}
    return str(PROBLEMS[problem.code]) % facts


def name_of(form: Form, problem: Problem) -> str:
    """Return what people call what has the problem; a check, by its expression."""
    key = problem.where
    question = form.question(key)
    if question is not None and problem.code not in OF_SECTIONS:
        return question.label.strip() or key
    titles = [each.title.strip() for each in form.sections if each.key == key]
    return (titles[0] if titles else "") or key


def edit_in_words(error: EditError) -> str:
    """Return why a change cannot be made."""
    return str(EDITS[error.code]) % {"found": error.found}


def finding_in_words(finding: Finding) -> str:
    """Return the sentence for whoever answers."""
    if finding.code != "check":
        return str(FINDINGS[finding.code]) % {"found": finding.found}
    message = finding.message or _("This should hold: %(check)s.") % {
        "check": finding.found
    }
    if finding.amounts is None:
        return message
    left, right = finding.amounts
    apart = _("The left side comes to %(left)s, the right side to %(right)s.") % {
        "left": kronor(left),
        "right": kronor(right),
    }
    return f"{message} {apart}"


PARTS: Mapping[Part, Promise] = {
    Part.AMOUNT: gettext_lazy("Amount, kr"),
    Part.COMMENT: gettext_lazy("Comment"),
    Part.TEXT: pgettext_lazy("report", "Activity"),
    Part.STATE: gettext_lazy("How it stands"),
    Part.PURPOSE: gettext_lazy("Concerns"),
}
"""What a column is called."""

STATES: Mapping[str, Promise] = {
    "planned": gettext_lazy("planned"),
    "done": pgettext_lazy("activity", "done"),
    "changed": gettext_lazy("changed"),
    "dropped": gettext_lazy("dropped"),
}
"""How an activity stands, in words."""
