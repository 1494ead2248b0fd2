"""What a new version of a report changes, in words."""

from reporting.ready_made_forms import COSTS, FINAL
from reporting.report_differences import (
    GONE,
    NEW,
    SAME,
    Difference,
    Piece,
    SumChange,
    compare,
    word_by_word,
)
from reporting.report_form import Option, with_purposes

FORM = with_purposes(
    FINAL, [Option("p1", "Suicidprevention"), Option("p2", "Barn och unga")]
)
PAID = {"tilldelat": 100, "rekvirerat": 100, "utbetalat": 100}


def differences(before, after, form=FORM, facts=(PAID, PAID)):
    """Return the differences by their sections' keys, without no-break spaces."""
    found = compare(form, before, after, facts)
    return {
        each.section.key: [
            (one.question.split()[-1], one.place, plain(one.before), plain(one.after))
            for one in each.differences
        ]
        for each in found.sections
    }


def plain(text):
    return text.replace("\xa0", " ")


def test_each_answer_is_shown_as_it_was_and_as_it_is():
    """Amounts in kronor, choices by their words, tables by their rows; space is nothing."""
    before = {
        "anvant.p1": "80",
        "aterbetalas": "20 ",
        "varfor_kvar": "Vi började sent.",
        "samverkan": "ja",
        "samverkan_hur": "Med regionen.",
    }
    after = {
        "anvant.p1": "60",
        "anvant.p2": "1000",
        "aterbetalas": " 20",
        "underlag": "kvitton.pdf",
        "samverkan": "nej",
        "samverkan_hur": "Med regionen.",
    }
    assert differences(before, after) == {
        "medel": [
            ("syfte?", "Suicidprevention", "80 kr", "60 kr"),
            ("syfte?", "Barn och unga", "", "1 000 kr"),
            ("varför?", "", "Vi började sent.", ""),
            ("något", "", "", "kvitton.pdf"),
        ],
        "samverkan": [
            ("regionen?", "", "Ja", "Nej"),
            ("vad?", "", "Med regionen.", ""),
        ],
    }
    assert differences(before, before) == {}


def test_sums_are_compared_too_with_the_ledgers_as_they_were():
    before, after = {"anvant.p1": "80"}, {"anvant.p1": "60", "anvant.p2": "30"}
    now = PAID | {"utbetalat": 120}
    assert list(compare(FORM, before, after, (PAID, now)).sums) == [
        SumChange("Använt", 80, 90),
        SumChange("Utbetalat", 100, 120),
    ]
    same = compare(FORM, before, dict(before), (PAID, PAID))
    assert same.is_same


def test_an_activity_that_is_put_in_first_does_not_move_the_others():
    before = {
        "insatser.1.text": "Utbildning",
        "insatser.1.state": "planned",
        "insatser.2.text": "Kampanj",
        "insatser.2.state": "planned",
    }
    after = {
        "insatser.1.text": "Samtalsgrupp",
        "insatser.1.state": "done",
        "insatser.1.purpose": "p2",
        "insatser.2.text": "Utbildning",
        "insatser.2.state": "changed",
        "insatser.2.comment": "Halva året",
    }
    assert differences(before, after) == {
        "insatser": [
            ("ni?", "Ny insats", "", "Samtalsgrupp · Genomförd · Barn och unga"),
            ("ni?", "Utbildning: Hur det gick", "Planerad", "Ändrad"),
            ("ni?", "Utbildning: Kommentar", "", "Halva året"),
            ("ni?", "Borttagen insats", "Kampanj · Planerad", ""),
        ]
    }


def test_a_comment_in_a_table_of_costs_says_where_it_stands():
    place = "kostnader.samordning.personal_lon"
    assert differences(
        {place: "10"}, {place: "10", f"{place}.kommentar": "0,5 tjänst"}, COSTS
    ) == {
        "kostnader": [
            ("till?", "Samordning: personal, lön: Kommentar", "", "0,5 tjänst"),
        ]
    }


def test_a_long_text_is_compared_word_by_word_and_its_lines_are_kept():
    before = {"utmaningar": "Att nå de unga.\nOch att hinna med."}
    after = {"utmaningar": "Att nå de äldre.\nOch att hinna med allt."}
    found = compare(FORM, before, after, (PAID, PAID)).sections[0].differences
    assert found == (
        Difference(
            "Vilka utmaningar ser ni i det fortsatta arbetet?",
            "",
            before["utmaningar"],
            after["utmaningar"],
            (
                Piece(SAME, "Att nå de "),
                Piece(GONE, "unga."),
                Piece(SAME, " "),
                Piece(NEW, "äldre."),
                Piece(SAME, "\n"),
                Piece(SAME, "Och att hinna "),
                Piece(GONE, "med."),
                Piece(SAME, " "),
                Piece(NEW, "med allt."),
            ),
        ),
    )
    # Where only lines differ, there are no words to mark.
    assert word_by_word("En rad och en till.", "En rad\noch en till.") == ()
    # What has little in common is easier to read one after the other.
    assert word_by_word("Vi hann inte.", "Allt blev klart i tid, med god marginal.") == ()
