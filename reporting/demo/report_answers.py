"""Answers to the ready-made forms, by the municipality's place in the county.

The same place always answers the same. The sums are within what the municipality was paid.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

from reporting.demo import report_texts as texts
from reporting.demo.report_texts import Activity
from reporting.report_form import Form, Part

SHARES = {1: (100,), 2: (65, 35), 3: (50, 30, 20), 4: (40, 30, 20, 10)}
"""Percent by purpose, of those that something is done for. The first takes the rest."""

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
        **_used(form, rows, paid - left),
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
        **_half_used(form, place, rows, paid * 40 // 100),
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
        **_half_used(form, place, rows, paid * 55 // 100),
        **_said(place + 5),
        **_activities(rows),
    }


def _half_used(form: Form, place: int, rows: Sequence[Row], most: int) -> dict[str, str]:
    left = _round(most * 12 // 100) if place % 4 == 3 else 0
    answers = _used(form, rows, _round(most - most * (place % 7) // 20))
    answers["hinner"] = "nej" if left else "ja"
    return answers | ({"beraknas_kvar": str(left)} if left else {})


def _used(form: Form, rows: Sequence[Row], used: int) -> dict[str, str]:
    """Return what is used, by the purposes of what has been done."""
    question = form.question("anvant")
    assert question is not None  # both forms ask it
    amounts = dict.fromkeys([row.key for row in question.rows], 0)
    done = [purpose for _, purpose, state, _ in rows if state in {"done", "changed"}]
    purposes = list(dict.fromkeys(done)) or [question.rows[0].key]
    first, *others = zip(purposes, SHARES[len(purposes)], strict=True)
    for purpose, share in others:
        amounts[purpose] = _round(used * share // 100)
    amounts[first[0]] = used - sum(amounts.values())
    return {f"anvant.{purpose}": str(amount) for purpose, amount in amounts.items()}


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
