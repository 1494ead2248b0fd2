"""Answers to the ready-made forms, by the municipality's place in the county.

The same place always answers the same. The sums are within what the municipality was paid.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

from reporting.demo import report_texts as texts
from reporting.demo.report_texts import Activity
from reporting.report_form import Form, Part

SHARES = [(60, 25, 15), (0, 70, 30), (100,), (45, 0, 55), (20, 30, 50), (0, 0, 100)]
"""Percent by purpose. The last one named takes the rest."""

Row = tuple[str, str, str, str]
"""What an activity is, its purpose's key, how it stands and what there is to say of it."""


def answers_to_final(
    form: Form, place: int, *, paid: int, left: int, why: str
) -> dict[str, str]:
    """Return the answers about *Vårdens medarbetare* when the year was over."""
    done = [texts.STAFF_2019[(place + step) % len(texts.STAFF_2019)] for step in (0, 4, 7)]
    plan = texts.PLANS_2019[place % len(texts.PLANS_2019)]
    rows = [_row(form, each, "done", each.outcome) for each in done[: 2 + (place % 3 == 0)]]
    if place % 4 == 1:
        text, purpose, _, _ = rows.pop()
        rows.append((text, purpose, "changed", texts.PUT_OFF))
    rows.append(_row(form, plan, "planned", ""))
    return {
        **_used(form, place, paid - left),
        "aterbetalas": str(left),
        **({"varfor_kvar": why} if why else {}),
        **_said(place),
        **_activities(rows),
    }


def answers_to_first(form: Form, place: int, *, paid: int) -> dict[str, str]:
    """Return the answers half-way through 2020, when many had not had their money."""
    first, second, third = (
        texts.NEAR_CARE[(place + step) % len(texts.NEAR_CARE)] for step in range(3)
    )
    rows = [
        _row(form, first, "done", first.outcome)
        if paid
        else _row(form, first, "planned", ""),
        _row(form, second, "planned", ""),
        _row(form, third, "planned", ""),
    ]
    if place % 5 == 2:
        third_row = rows.pop()
        rows.append((*third_row[:2], "dropped", texts.LEFT_OUT))
    answers = {
        **_half_used(form, place, paid, 40),
        **_said(place + 3),
        **_activities(rows),
    }
    if not paid:
        answers.pop("resultat", None)
    return answers


def answers_to_next(
    form: Form, place: int, *, paid: int, found: Mapping[str, str]
) -> dict[str, str]:
    """Return this year's answers. What was planned last time stands there: ``found``."""
    known = {each.text: each for each in texts.NEAR_CARE}
    rows = []
    for number in range(1, 10):
        text = found.get(f"insatser.{number}.{Part.TEXT}")
        if not text:
            break
        purpose = found.get(f"insatser.{number}.{Part.PURPOSE}", "")
        is_changed = (place + number) % 4 == 0
        rows.append(
            (text, purpose, "changed", texts.PUT_OFF)
            if is_changed
            else (text, purpose, "done", known[text].outcome)
        )
    coming = texts.NEAR_CARE[(place + 4) % len(texts.NEAR_CARE)]
    rows.append(_row(form, coming, "planned", ""))
    return {
        **_half_used(form, place, paid, 55),
        **_said(place + 5),
        **_activities(rows),
    }


def _half_used(form: Form, place: int, paid: int, percent: int) -> dict[str, str]:
    used = _round(paid * (percent - place % 7 * 4) // 100)
    left = _round(paid * 6 // 100) if place % 4 == 3 else 0
    answers = _used(form, place, used) | {"hinner": "nej" if left else "ja"}
    return answers | ({"beraknas_kvar": str(left)} if left else {})


def _used(form: Form, place: int, used: int) -> dict[str, str]:
    """Return what is used, by purpose."""
    question = form.question("anvant")
    assert question is not None  # both forms ask it
    shares = SHARES[place % len(SHARES)]
    amounts = [_round(used * share // 100) for share in shares[:-1]]
    amounts.append(used - sum(amounts))
    amounts += [0] * (len(question.rows) - len(amounts))
    return {
        f"anvant.{row.key}": str(amount)
        for row, amount in zip(question.rows, amounts, strict=True)
    }


def _round(amount: int) -> int:
    return amount // 1_000 * 1_000


def _said(place: int) -> dict[str, str]:
    """Return what is the same in both forms."""

    def drawn(from_: Sequence[str]) -> str:
        return from_[place % len(from_)]

    answers = {
        "resultat": drawn(texts.RESULTS),
        "utmaningar": drawn(texts.CHALLENGES),
        "jamstalldhetsperspektiv": drawn(texts.EQUALITY),
        "jamstalld_halsa": drawn(texts.EQUAL_HEALTH),
        "samverkan": "nej" if place % 3 == 0 else "ja",
    }
    if place % 3:
        answers["samverkan_hur"] = drawn(texts.TOGETHER)
    return {name: text for name, text in answers.items() if text}


def _row(form: Form, activity: Activity, state: str, comment: str) -> Row:
    question = form.question("anvant")
    assert question is not None  # both forms ask it
    return activity.text, question.rows[activity.purpose].key, state, comment


def _activities(rows: Sequence[Row]) -> dict[str, str]:
    parts = (Part.TEXT, Part.PURPOSE, Part.STATE, Part.COMMENT)
    named = chain.from_iterable(
        zip((f"insatser.{number}.{part}" for part in parts), row, strict=True)
        for number, row in enumerate(rows, start=1)
    )
    return {name: text for name, text in named if text}
