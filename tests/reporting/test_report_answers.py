"""Answers as they are read, on a page and on paper."""

import re

from django.template.loader import render_to_string
from django.utils.html import strip_tags

from reporting.answer_review import review
from reporting.ready_made_forms import COSTS, FINAL
from reporting.report_fields import draw
from reporting.report_form import Option, with_purposes

PAID = {"tilldelat": 250_000, "rekvirerat": 250_000, "utbetalat": 250_000}
PURPOSES = [Option("p1", "Suicidprevention"), Option("p2", "Barn och unga")]


def read(form, answers, *, level=2, is_reviewed=False):
    """Return the page, and what a reader meets in it, in order."""
    found = review(form, answers, PAID) if is_reviewed else None
    context = {"sections": draw(form, answers, found), "level": level}
    html = render_to_string("reporting/_report_answers.html", context)
    apart = re.sub(r"</(th|td)>|<br>", "\n", html).replace("\xa0", " ")
    lines = (line.strip() for line in strip_tags(apart).split("\n"))
    return html, [line for line in lines if line]


def test_answers_are_read_in_the_forms_order():
    """A choice stands as its words, an amount as kronor, a text with its line breaks.

    A question whose condition is not met is left out, also where something stands in it.
    """
    html, said = read(
        with_purposes(FINAL, PURPOSES),
        {
            "anvant.p1": "54454",
            "aterbetalas": "1 546 kr",
            "underlag": "bilaga.pdf, kvitton.pdf",
            "insatser.1.text": "Utbildning\ni två steg",
            "insatser.1.state": "changed",
            "insatser.1.comment": "Blev kortare",
            "insatser.3.text": "Samtalsgrupp",
            "insatser.3.state": "done",
            "utmaningar": "Första stycket\nrad två\n\nAndra & tredje",
            "samverkan": "nej",
            "samverkan_hur": "Skrevs innan svaret blev nej",
        },
    )
    assert said == [
        "Medel",
        *["Hur mycket har ni använt till varje syfte?", "Syfte", "Belopp, kr"],
        *["Suicidprevention", "54 454", "Barn och unga", "–", "Summa", "54 454"],
        *["Hur mycket har ni inte använt, och ska betala tillbaka?", "1 546 kr"],
        *["Om något är kvar: varför?", "Inget svar"],
        *["Underlag, om ni vill bifoga något", "bilaga.pdf, kvitton.pdf"],
        "Genomförda och planerade insatser",
        "Vilka insatser har ni genomfört, och vilka planerar ni?",
        *["Insats", "Hur det gick", "Kommentar"],
        *["Utbildning", "i två steg", "Ändrad", "Blev kortare"],
        *["Samtalsgrupp", "Genomförd", "–"],
        *["Vad har insatserna lett till?", "Inget svar"],
        "Vilka utmaningar ser ni i det fortsatta arbetet?",
        *["Första stycket", "rad två", "Andra &amp; tredje"],
        "Jämställdhet",
        *["Hur har jämställdhetsperspektivet belysts i insatserna?", "Inget svar"],
        "Hur har insatserna bidragit till det jämställdhetspolitiska delmålet jämställd "
        "hälsa?",
        "Inget svar",
        "Samverkan",
        "Har ni använt medel tillsammans med andra kommuner eller regionen?",
        "Nej",
    ]
    assert re.findall(r"<(h\d)", html)[:3] == ["h2", "h3", "h3"]


def test_costs_leave_out_what_nothing_is_written_about():
    html, said = read(
        COSTS,
        {
            "kostnader.samordning.personal_lon": "139 500",
            "kostnader.samordning.resor_och_logi.kommentar": "Inga resor i år",
            "kostnader.ovrigt.vaxel_reception": "500",
            "kvar": "15 000",
        },
        level=3,
        is_reviewed=True,
    )
    assert said == [
        "Kostnader",
        *["Vad har medlen gått till?", "Kostnadsslag", "Belopp, kr", "Kommentar"],
        *["Samordning", "139 500", "personal, lön", "139 500"],
        *["resor och logi", "–", "Inga resor i år"],
        *["Övrigt", "500", "växel/reception", "500"],
        *["Summa", "140 000"],
        *["Hur mycket är kvar?", "15 000 kr"],
        "Stämmer inte: Disponibelt minus förbrukat ska vara det som är kvar. Vänster sida "
        "blir 110 000 kr, höger sida 15 000 kr.",
    ]
    assert re.findall(r"<(h\d)", html) == ["h3", "h4"]


def test_what_is_wrong_stands_by_the_answer_once_it_is_reviewed():
    answers = {"anvant.p1": "tolv", "aterbetalas": "-3"}
    form = with_purposes(FINAL, PURPOSES[:1])
    assert read(form, answers)[1][1:10] == [
        *["Hur mycket har ni använt till varje syfte?", "Syfte", "Belopp, kr"],
        *["Suicidprevention", "tolv", "Summa", "–"],
        *["Hur mycket har ni inte använt, och ska betala tillbaka?", "−3 kr"],
    ]
    said = read(form, answers, is_reviewed=True)[1]
    assert said[8] == ("”tolv” är inte ett heltal. Skriv med siffror, till exempel 12 500.")
    assert said[11] == "Beloppet kan inte vara mindre än noll."
