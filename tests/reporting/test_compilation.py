"""The compilation of a round: what it comes to, against the ledger."""

from datetime import date

import pytest

from invoices.ledger import ledger_of
from reporting.compilation import compile_round
from reporting.compilation_words import changes_since
from reporting.compiled import Standing
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_report,
    make_sent,
    write,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)


def money_of(compilation, *codes):
    """Return paid, used, to repay and difference of some municipalities."""
    return {
        code: (row.paid, row.used, row.to_repay, row.difference)
        for code in codes
        for row in [compilation.by_code[code]]
    }


def test_small_round_is_compiled(storsthlm):
    found = make_open_round(storsthlm)
    purpose = found.read.question("anvant").rows[0].key
    make_sent(found, "0127")
    make_sent(found, "0114", used=100, to_repay=0, **{"insatser.1.state": "planned"})
    write(make_report(found, "0160"), final_answers(found))

    made = compile_round(found, TODAY)

    names = [row.name for row in made.rows]
    assert names == sorted(
        names, key=lambda name: name.translate(str.maketrans("ÖÄÅ", "}|{"))
    )
    assert money_of(made, "0127", "0114", "0160", "0136") == {
        "0127": (100, 80, 20, 0),
        "0114": (100, 100, 0, 0),
        "0160": (100, None, None, None),
        "0136": (0, None, None, None),
    }
    totals = made.totals
    assert (totals.paid, totals.used, totals.to_repay) == (300, 180, 20)
    assert (totals.difference, totals.carried_over, totals.paid_to_missing) == (
        0,
        None,
        100,
    )
    assert [row.code for row in made.reported] == ["0127", "0114"]
    standings = [made.by_code[code].standing for code in ("0127", "0160", "0136")]
    assert standings == [Standing.SUBMITTED, Standing.DRAFT, Standing.NOT_BEGUN]
    ledger = ledger_of(found.grant).total
    assert (totals.allocated, totals.requested, totals.paid) == (
        ledger.allocated,
        ledger.claimed,
        ledger.paid,
    )

    used = made.used_question
    assert used.lines[0].by_municipality == {"0127": 80, "0114": 100}
    assert used.whole.by_municipality == {"0127": 80, "0114": 100}
    assert [line.total for line in used.lines[1:]] == [0] * (len(used.lines) - 1)
    chosen = made.by_question["samverkan"].chosen
    assert [(each.option.key, each.codes) for each in chosen] == [
        ("ja", ()),
        ("nej", ("0127", "0114")),
    ]
    asked = made.by_question["samverkan_hur"]
    assert (asked.answered, asked.not_asked) == ((), ("0127", "0114"))
    activities = made.by_question["insatser"].by_state
    assert {state: [each.code for each in some] for state, some in activities.items()} == {
        "done": ["0127"],
        "planned": ["0114"],
    }
    figures = made.figures
    assert {
        key: figures.get(key)
        for key in ("utbetalat", "utbetalat.0160", "anvant", f"anvant.{purpose}.0127")
    } == {
        "utbetalat": 300,
        "utbetalat.0160": 100,
        "anvant": 180,
        f"anvant.{purpose}.0127": 80,
    }
    assert not [key for key in figures if key.startswith("anvant") and "0160" in key]
    assert changes_since(figures, made) == []
