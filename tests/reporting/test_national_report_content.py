"""What the report to the authority says, from plain rows: texts, tables and all answers."""

from types import SimpleNamespace

import pytest

from reporting.compiled import Received, assemble
from reporting.document import Heading, Note, Prose, Table
from reporting.national_report_content import _blocks
from reporting.ready_made_forms import COSTS, FINAL
from reporting.report_form import Option, with_purposes
from reporting.stages import Stage
from reporting.word_prose import Run, paragraphs

FORM = with_purposes(FINAL, [Option("p1", "Barn"), Option("p2", "Äldre")])


def section(key, title, text=""):
    return SimpleNamespace(key=key, title=title, text=text)


def received(code, name, stage=Stage.ACCEPTED, planned=None, **answers):
    answers = {name.replace("__", "."): text for name, text in answers.items()}
    return Received(
        code, name, stage, answers, facts_then={}, version=1, planned=planned or {}
    )


def facts(paid, allocated=None, requested=None):
    return {
        "tilldelat": paid if allocated is None else allocated,
        "rekvirerat": paid if requested is None else requested,
        "utbetalat": paid,
    }


@pytest.fixture(scope="module")
def compilation():
    """Three that report, one of them preliminary, and one that has not."""
    rows = [
        received(
            "0114",
            "Upplands Väsby",
            planned={"p1": 900},
            anvant__p1="600",
            anvant__p2="300",
            aterbetalas="100",
            utmaningar="Personal\n\noch tid.",
            samverkan="ja",
            samverkan_hur="Täby",
            insatser__1__text="Kurs",
            insatser__1__state="changed",
            insatser__1__comment="Flyttad",
        ),
        received("0127", "Botkyrka", anvant__p1="500", anvant__p2="0", aterbetalas="500"),
        received(
            "0160",
            "Täby",
            stage=Stage.RETURNED,
            anvant__p1="1000",
            aterbetalas="0",
            samverkan="nej",
        ),
        Received("0184", "Solna", Stage.HANDED_OVER),
    ]
    paid = {"0114": 1000, "0127": 1000, "0160": 1000, "0184": 250}
    return assemble(FORM, rows, {code: facts(each) for code, each in paid.items()})


def tables(blocks):
    """Return rows and total of each table, by the heading that it stands under."""
    found, heading = {}, ""
    for block in blocks:
        if isinstance(block, Heading):
            heading = block.text
        elif isinstance(block, Table):
            found[heading] = (list(block.rows), block.total)
    return found


def plain(value):
    """Return cells with ordinary spaces."""
    if isinstance(value, str):
        return value.replace("\N{NO-BREAK SPACE}", " ")
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(plain(each) for each in value)
    return value


def test_tables_come_to_the_ledgers_sums(compilation):
    found = plain(tables(_blocks([section("egen-ekonomi", "Ekonomi")], compilation)))

    assert found["Medlen i sin helhet"] == (
        [
            ("Tilldelat", 3250),
            ("Rekvirerat", 3250),
            ("Utbetalat", 3250),
            ("Använt", 2400),
            ("Att betala tillbaka", 600),
            ("Utbetalat till dem som inte har redovisat", 250),
        ],
        (),
    )
    assert found["Per ändamål"] == (
        [("Barn", 900, 2100, "64,6 %"), ("Äldre", 0, 300, "9,2 %")],
        ("Summa", 900, 2400, "73,8 %"),
    )
    assert found["Per kommun"] == (
        [
            ("Botkyrka", 1000, 1000, 1000, 500, 500, 0),
            ("Solna", 250, 250, 250, None, None, 250),
            ("Täby", 1000, 1000, 1000, 1000, 0, 0),
            ("Upplands Väsby", 1000, 1000, 1000, 900, 100, 0),
        ],
        ("Summa", 3250, 3250, 3250, 2400, 600, 250),
    )
    assert found["Vilka som har redovisat"] == (
        [("Solna", "väntar på underskrift", 250)],
        ("Summa", "", 250),
    )
    label = "Hur mycket har ni inte använt, och ska betala tillbaka?"
    assert found["Övriga belopp"] == ([(label, 3, 600)], ())


def test_annex_holds_every_answer_and_who_gave_none(compilation):
    blocks = list(_blocks([], compilation))
    found = tables(blocks)

    assert [
        each.text for each in blocks if isinstance(each, Heading) and each.level < 3
    ] == [
        "Bilaga. Kommunernas svar",
        "Medel",
        "Genomförda och planerade insatser",
        "Jämställdhet",
        "Samverkan",
    ]
    assert found["Hur mycket har ni använt till varje syfte?"] == (
        [
            ("Botkyrka", "Barn", 500),
            ("Botkyrka", "Äldre", 0),
            ("Täby", "Barn", 1000),
            ("Upplands Väsby", "Barn", 600),
            ("Upplands Väsby", "Äldre", 300),
        ],
        ("Summa", "", 2400),
    )
    [activities] = [rows for (rows, _total) in found.values() if rows and len(rows[0]) == 5]
    assert activities == [("Upplands Väsby", "Kurs", "ändrad", "", "Flyttad")]
    assert found["Med vilka, och till vad?"] == ([("Upplands Väsby", "Täby")], ())
    notes = [each.text for each in blocks if isinstance(each, Note)]
    assert notes.count("Ingen kommun har svarat på frågan.") == 5
    assert "Inget svar från Botkyrka och Täby." in notes
    assert "Frågan gäller inte Botkyrka och Täby." in notes


def test_who_completes_is_told_and_empty_sections_are_left_out(compilation):
    sections = [
        section("egen-sammanfattning", "Sammanfattning", "Bra."),
        section("insatser", "Insatser", "  "),
        section("egen-ekonomi", "Ekonomi"),
    ]
    blocks = list(_blocks(sections, compilation))
    assert blocks[:2] == [Heading("Sammanfattning", 1, starts_page=True), Prose("Bra.")]
    assert [each.text for each in blocks if getattr(each, "level", 0) == 1] == [
        "Sammanfattning",
        "Ekonomi",
        "Bilaga. Kommunernas svar",
    ]
    notes = [each.text for each in blocks if isinstance(each, Note)]
    assert notes[:2] == [
        "3 av 4 kommuner har redovisat.",
        "Uppgifterna är preliminära för Täby, som kompletterar sin redovisning.",
    ]


def test_costs_are_summed_by_group_whatever_the_purpose():
    rows = [
        received(
            "2309",
            "Krokom",
            kostnader__sprak_och_kultur__annat_ange_vad="40",
            kostnader__sprak_och_kultur__annat_ange_vad__kommentar="Tryck",
            kostnader__samordning__annat_ange_vad="2",
            kostnader__samordning__personal_lon="8",
            kvar="50",
        )
    ]
    made = assemble(COSTS, rows, {"2309": facts(100)})
    found = tables(_blocks([section("egen-ekonomi", "Ekonomi")], made))

    by_group, total = found["Per kostnadsslag"]
    assert total == ("Summa", 50)
    assert [row for row in by_group if row[1]] == [
        ("Annat, ange vad", 42),
        ("personal, lön", 8),
    ]
    assert found["Vad har medlen gått till?"][0] == [
        ("Krokom", "Språk och kultur", "Annat, ange vad", 40, "Tryck"),
        ("Krokom", "Samordning", "personal, lön", 8, ""),
        ("Krokom", "Samordning", "Annat, ange vad", 2, ""),
    ]


def test_nobody_has_reported():
    made = assemble(FORM, [Received("0184", "Solna", Stage.NOT_BEGUN)], {"0184": facts(9)})
    blocks = list(_blocks([section("egen-ekonomi", "Ekonomi")], made))
    found = tables(blocks)

    assert found["Medlen i sin helhet"][0][-2:] == [
        ("Använt", None),
        ("Utbetalat till dem som inte har redovisat", 9),
    ]
    assert found["Vilka som har redovisat"][0] == [("Solna", "inte påbörjad", 9)]
    assert blocks[-1] is not None
    assert "Bilaga. Kommunernas svar" not in [getattr(b, "text", "") for b in blocks]


def test_markdown_becomes_paragraphs():
    text = (
        "# Rubrik\n\nVi *såg* **det** på [SKR](https://skr.se/) 1 000 kr\n\n"
        "3. tre\n   - inre\n4. fyra\n\n   mer\n\n> Citat\n\n1. ny lista\n\n---\n\n    kod\n"
    )
    made = paragraphs(text)

    assert [(each.kind, each.text, each.depth) for each in made] == [
        ("heading", "Rubrik", 0),
        ("body", "Vi såg det på SKR 1\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}kr", 0),
        ("number", "tre", 1),
        ("bullet", "inre", 2),
        ("number", "fyra", 1),
        ("number", "mer", 1),
        ("quote", "Citat", 0),
        ("number", "ny lista", 1),
        ("body", "kod", 0),
    ]
    assert made[1].runs[1] == Run("såg", is_emphasised=True)
    assert made[1].runs[5] == Run("SKR", address="https://skr.se/")
    assert (made[2].start, made[5].is_continued) == (3, True)
    assert made[7].list_id != made[2].list_id == made[4].list_id
