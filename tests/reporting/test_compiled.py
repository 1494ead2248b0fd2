"""What a round comes to: sums, what is missing, and what does not agree. Pure."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporting.compilation_words import changes_since, remark_in_words
from reporting.compiled import Outcome, Received, Remark, assemble
from reporting.compiled_answers import Activity, Comment, Said
from reporting.ready_made_forms import FINAL, INTERIM
from reporting.report_form import (
    Condition,
    Form,
    Kind,
    Option,
    Question,
    Row,
    Section,
    with_purposes,
)
from reporting.stages import Stage

PURPOSES = [Option("p1", "Barn och unga"), Option("p2", "Äldre")]
YES_NO = (Option("ja", "Ja"), Option("nej", "Nej"))


def group(key):
    return Option(key, key.capitalize())


FORM = Form(
    "Prov",
    (
        Section(
            "medel",
            "Medel",
            (
                Question("anvant", Kind.PURPOSES, "Hur mycket är använt?", name="använt"),
                Question("kvar", Kind.KRONOR, "Vad är kvar?", name="kvar"),
            ),
        ),
        Section(
            "mer",
            "Mer",
            (
                Question(
                    "kostnader",
                    Kind.COSTS,
                    "Kostnader?",
                    rows=(
                        Row("samrad", "Samråd", (group("resor"), group("arvoden"))),
                        Row("sprak", "Språk", (group("resor"), group("kurser"))),
                    ),
                ),
                Question("val", Kind.CHOICE, "Samverkan?", options=YES_NO),
                Question(
                    "antal",
                    Kind.NUMBER,
                    "Hur många?",
                    condition=Condition("val", ("ja",)),
                ),
                Question("text", Kind.TEXT, "Hur gick det?"),
                Question("utbetalat", Kind.KRONOR, "Utbetalt vidare?", name="vidare"),
                Question("insatser", Kind.ACTIVITIES, "Insatser?"),
            ),
        ),
    ),
)
FORM = with_purposes(FORM, PURPOSES)


def sent(code, name, answers=None, stage=Stage.SENT, **facts):
    """Return what a municipality has sent in."""
    return Received(code, name, stage, answers or {}, version=1, **facts)


def paid(**amounts):
    """Return the ledger of municipalities that have been paid what they asked for."""
    return {
        code.removeprefix("k"): {
            "tilldelat": amount,
            "rekvirerat": amount,
            "utbetalat": amount,
        }
        for code, amount in amounts.items()
    }


A = {
    "anvant.p1": "60",
    "anvant.p2": "0",
    "kvar": "40",
    "kostnader.samrad.resor": "10",
    "kostnader.sprak.resor": "5",
    "kostnader.sprak.resor.kommentar": "Till Östersund",
    "val": "ja",
    "antal": "12",
    "text": "Bra.\n\nMycket bra.",
    "insatser.1.text": "Kurs",
    "insatser.1.state": "done",
    "insatser.1.purpose": "p1",
    "insatser.2.text": "Läger",
    "insatser.2.state": "dropped",
    "insatser.2.comment": "Ställdes in",
}
B = {"anvant.p1": "1 000", "kvar": "0", "val": "nej", "antal": "99", "utbetalat": "7"}


def small():
    """Return a round of four: two have reported, and one of those is to complete it."""
    return assemble(
        FORM,
        [
            sent("0002", "Österåker", B, Stage.RETURNED, planned={"p1": 700}),
            sent("0001", "Ale", A, planned={"p1": 50, "p2": 30}),
            Received("0003", "Åre", Stage.BEGUN),
            Received("0004", "Mora", Stage.NOT_ASKED),
        ],
        paid(k0001=100, k0002=900, k0003=50, k0004=0),
    )


def test_rows_are_alphabetical_and_what_is_missing_is_not_zero():
    made = small()

    assert [
        (row.name, row.paid, row.used, row.to_repay, row.carried_over, row.difference)
        for row in made.rows
    ] == [
        ("Ale", 100, 60, 40, None, 0),
        ("Mora", 0, None, None, None, None),
        ("Åre", 50, None, None, None, None),
        ("Österåker", 900, 1000, 0, None, -100),
    ]
    names = lambda rows: [row.name for row in rows]  # noqa: E731
    assert names(made.asked) == ["Ale", "Åre", "Österåker"]
    assert names(made.reported) == ["Ale", "Österåker"]
    assert names(made.preliminary) == ["Österåker"]
    assert names(made.missing) == ["Åre"]
    totals = made.totals
    assert (totals.paid, totals.paid_to_missing) == (1050, 50)
    assert (totals.used, totals.to_repay, totals.carried_over) == (1060, 40, None)
    assert totals.difference == -100
    assert made.planned == {"p1": 750, "p2": 30}


def test_every_kind_of_question_is_put_side_by_side():
    asked = small().by_question

    assert asked["anvant"].whole.by_municipality == {"0001": 60, "0002": 1000}
    assert [(line.label, line.by_municipality) for line in asked["anvant"].lines] == [
        ("Barn och unga", {"0001": 60, "0002": 1000}),
        ("Äldre", {"0001": 0}),
    ]
    costs = asked["kostnader"]
    assert (costs.total, costs.answered) == (15, ("0001",))
    assert [(line.key, line.total) for line in costs.lines] == [
        ("samrad", 10),
        ("sprak", 5),
    ]
    assert [(line.label, line.total) for line in costs.by_group] == [
        ("Resor", 15),
        ("Arvoden", None),
        ("Kurser", None),
    ]
    assert costs.comments == (Comment("0001", "Språk", "Resor", "Till Östersund"),)
    assert [(each.option.key, each.codes) for each in asked["val"].chosen] == [
        ("ja", ("0001",)),
        ("nej", ("0002",)),
    ]
    # The condition is not met: what stands in the answer is not counted.
    number = asked["antal"]
    assert (number.total, number.answered, number.not_asked) == (12, ("0001",), ("0002",))
    assert asked["text"].texts == (Said("0001", "Bra.\n\nMycket bra."),)
    assert asked["insatser"].by_state == {
        "done": [Activity("0001", "Kurs", "done", "p1", "")],
        "dropped": [Activity("0001", "Läger", "dropped", "", "Ställdes in")],
    }


def test_figures_have_keys_that_stay():
    made = small()

    figures = made.figures
    ledger = {
        key: amount
        for key, amount in figures.items()
        if key.split(".")[0] in {"tilldelat", "rekvirerat", "utbetalat"}
    }
    assert {key: ledger[key] for key in ledger if key.startswith("utbetalat")} == {
        "utbetalat": 1050,
        "utbetalat.0001": 100,
        "utbetalat.0002": 900,
        "utbetalat.0003": 50,
        "utbetalat.0004": 0,
    }
    assert {key: figures[key] for key in figures.keys() - ledger.keys()} == {
        "antal tillfrågade": 3,
        "antal redovisade": 2,
        "anvant": 1060,
        "anvant.0001": 60,
        "anvant.0002": 1000,
        "anvant.p1": 1060,
        "anvant.p1.0001": 60,
        "anvant.p1.0002": 1000,
        "anvant.p2": 0,
        "anvant.p2.0001": 0,
        "kvar": 40,
        "kvar.0001": 40,
        "kvar.0002": 0,
        "kostnader": 15,
        "kostnader.0001": 15,
        "kostnader.samrad": 10,
        "kostnader.samrad.0001": 10,
        "kostnader.samrad.resor": 10,
        "kostnader.samrad.resor.0001": 10,
        "kostnader.sprak": 5,
        "kostnader.sprak.0001": 5,
        "kostnader.sprak.resor": 5,
        "kostnader.sprak.resor.0001": 5,
        "val.ja": 1,
        "val.nej": 1,
        "antal": 12,
        "antal.0001": 12,
        "fråga utbetalat": 7,
        "fråga utbetalat.0002": 7,
        "insatser.done": 1,
        "insatser.dropped": 1,
    }


def test_what_has_changed_is_said_in_words():
    before = small().figures
    later = assemble(
        FORM,
        [
            sent("0001", "Ale", A | {"anvant.p1": "55", "kvar": "", "antal": "13"}),
            sent("0002", "Österåker", B),
            sent("0003", "Åre", {"val": "ja", "insatser.1.text": "Kurs"}),
        ],
        paid(k0001=100, k0002=900, k0003=60),
    )

    changes = changes_since(before | {"anvant.0099": 1, "gammal": 5}, later)

    said = [
        (each.label, each.municipality, each.before, each.now, each.is_kronor)
        for each in changes
    ]
    used, left = "Hur mycket är använt?", "Vad är kvar?"
    assert [each for each in said if each[0].startswith((used, left))] == [
        (used, "", 1060, 1055, True),
        (used, "Ale", 60, 55, True),
        (f"{used}: Barn och unga", "", 1060, 1055, True),
        (f"{used}: Barn och unga", "Ale", 60, 55, True),
        (left, "", 40, 0, True),
        (left, "Ale", 40, None, True),
        (used, changes[-2].municipality, 1, None, True),
    ]
    assert changes[-2].municipality.endswith("0099")
    assert ("Hur många?", "Ale", 12, 13, False) in said
    assert ("Samverkan?: Ja", "", 1, 2, False) in said
    assert changes_since(later.figures, later) == []
    assert str(changes[-1]).endswith("→ –")


def test_keys_of_the_ledgers_names_do_not_meet():
    assert small().figures["utbetalat.0002"] == 900
    labels = {
        each.key: each.label
        for each in changes_since({"utbetalat.0002": 1, "fråga utbetalat.0002": 1}, small())
    }
    assert labels["fråga utbetalat.0002"] == "Utbetalt vidare?"
    assert labels["utbetalat.0002"] != labels["fråga utbetalat.0002"]


def remarks(answers, form=FORM, **facts):
    made = assemble(form, [sent("0001", "Ale", answers, **facts)], paid(k0001=100))
    return made.rows[0].remarks


SETTLED = Outcome(60, 40, 0)


@pytest.mark.parametrize(
    ("answers", "facts", "found"),
    [
        (A, {}, []),
        (A | {"kvar": "30"}, {}, [Remark("differs_from_paid", 90, 100)]),
        ({}, {}, []),
        (A, {"facts_then": {"utbetalat": 90}}, [Remark("paid_since", 90, 100)]),
        (A, {"facts_then": {"utbetalat": 100}, "settled": SETTLED}, []),
        (
            A,
            {"settled": Outcome(50, 50, 0)},
            [Remark("differs_from_settled", 60, 50)],
        ),
    ],
)
def test_what_does_not_agree_is_pointed_out(answers, facts, found):
    assert list(remarks(answers, **facts)) == found


def test_interim_report_may_have_money_left():
    interim = with_purposes(INTERIM, PURPOSES)

    assert remarks({"anvant.p1": "30"}, interim, settled=SETTLED) == ()
    (more,) = remarks({"anvant.p1": "130"}, interim)
    assert more == Remark("used_more_than_paid", 130, 100)
    assert "130" in remark_in_words(more)


def test_a_round_that_nobody_has_reported_in():
    form = with_purposes(FINAL, PURPOSES)

    made = assemble(form, [Received("0001", "Ale", Stage.NOT_BEGUN)], paid(k0001=100))

    assert (made.totals.used, made.totals.difference, made.totals.paid) == (None, None, 100)
    assert all(not each.answered and each.total is None for each in made.questions)
    assert not [key for key in made.figures if key.startswith("anvant")]
    assert assemble(form, [], {}).totals.paid == 0


# Whatever is answered -------------------------------------------------------------------

AMOUNTS = st.one_of(st.none(), st.integers(0, 10**9))
FIELDS = (
    "anvant.p1",
    "anvant.p2",
    "kvar",
    "antal",
    "kostnader.samrad.resor",
    "kostnader.samrad.arvoden",
    "kostnader.sprak.resor",
    "kostnader.sprak.kurser",
)
PLACES = st.tuples(
    st.sampled_from(list(Stage)),
    st.integers(0, 10**9),
    st.fixed_dictionaries(dict.fromkeys(FIELDS, AMOUNTS)),
    st.sampled_from(["", "ja", "nej"]),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PLACES, max_size=6))
def test_sums_agree_whichever_way_they_are_added(places):
    received, facts = [], {}
    for number, (stage, amount, answers, choice) in enumerate(places):
        code = f"{number:04}"
        typed = {name: str(each) for name, each in answers.items() if each is not None}
        received.append(sent(code, f"Kommun {code}", typed | {"val": choice}, stage))
        facts |= paid(**{f"k{code}": amount})
    made = assemble(FORM, received, facts)

    for asked in made.questions:
        if not asked.is_amounts:
            continue
        whole = asked.total
        assert set(asked.answered) == set(asked.whole.by_municipality)
        assert (whole is None) == (not asked.answered)
        for lines in filter(None, (asked.lines, asked.by_group)):
            assert sum(line.total or 0 for line in lines) == (whole or 0)
            assert {code for line in lines for code in line.by_municipality} == set(
                asked.answered
            )
        for line in asked.lines:
            if line.lines:
                assert sum(group.total or 0 for group in line.lines) == (line.total or 0)
    totals = made.totals
    assert totals.paid == sum(amount for _, amount, _, _ in places)
    assert totals.used == made.by_question["anvant"].total
    assert totals.to_repay == made.by_question["kvar"].total
    assert totals.paid == totals.paid_to_missing + sum(
        each or 0
        for each in (
            totals.used,
            totals.to_repay,
            totals.carried_over,
            totals.difference,
        )
    )
    silent = {row.code for row in made.rows if not row.has_reported}
    asked_keys = made.figures.keys() - {
        key for key in made.figures if key.split(".")[0] in paid(k1=1)["1"]
    }
    assert not [key for key in asked_keys if key.rpartition(".")[2] in silent]
    assert changes_since(made.figures, made) == []


def test_a_group_of_the_same_words_is_one_whatever_its_key():
    costs = replace(
        FORM.question("kostnader"),
        rows=(
            Row("a", "A", (Option("x", "Annat, ange vad"),)),
            Row("b", "B", (Option("y", "annat,  ange vad"),)),
        ),
    )
    form = Form("Prov", (Section("del", "Del", (costs,)),))

    made = assemble(
        form,
        [sent("1", "Ale", {"kostnader.a.x": "3", "kostnader.b.y": "4"})],
        {},
    )

    (one,) = made.by_question["kostnader"].by_group
    assert (one.label, one.by_municipality) == ("Annat, ange vad", {"1": 7})
