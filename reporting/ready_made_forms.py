"""Forms that come with the product, as the documents ask for them.

The interim and final reports follow the memos of Storsthlm and Dalarna of 2020: done and
planned activities, challenges, the gender-equality view, and how the money was used. The
cost follow-up is Sametinget's, as Region Jämtland Härjedalen filled it in for 2019.
"""

import re
from unicodedata import combining, normalize

from reporting.report_form import (
    Check,
    Condition,
    Form,
    Kind,
    Option,
    Question,
    Row,
    Section,
)

YES_NO = (Option("ja", "Ja"), Option("nej", "Nej"))

USE = Question(
    "anvant",
    Kind.PURPOSES,
    "Hur mycket har ni använt till varje syfte?",
    name="använt",
    help="Hela kronor. Skriv 0 där ni inte har använt något.",
    is_required=True,
)

ACTIVITIES = Section(
    "insatser",
    "Genomförda och planerade insatser",
    (
        Question(
            "insatser",
            Kind.ACTIVITIES,
            "Vilka insatser har ni genomfört, och vilka planerar ni?",
            help=(
                "En rad för varje insats. De som ni planerade förra gången står redan här: "
                "skriv hur det gick med var och en."
            ),
            is_required=True,
        ),
        Question(
            "resultat",
            Kind.TEXT,
            "Vad har insatserna lett till?",
            help="Jämför med det som medlen är till för.",
        ),
        Question(
            "utmaningar",
            Kind.TEXT,
            "Vilka utmaningar ser ni i det fortsatta arbetet?",
            is_required=True,
        ),
    ),
)

EQUALITY = Section(
    "jamstalldhet",
    "Jämställdhet",
    (
        Question(
            "jamstalldhetsperspektiv",
            Kind.TEXT,
            "Hur har jämställdhetsperspektivet belysts i insatserna?",
            help="Ta gärna med uppgifter uppdelade på kvinnor och män.",
            is_required=True,
        ),
        Question(
            "jamstalld_halsa",
            Kind.TEXT,
            "Hur har insatserna bidragit till det jämställdhetspolitiska delmålet "
            "jämställd hälsa?",
            is_required=True,
        ),
    ),
)

COOPERATION = Section(
    "samverkan",
    "Samverkan",
    (
        Question(
            "samverkan",
            Kind.CHOICE,
            "Har ni använt medel tillsammans med andra kommuner eller regionen?",
            options=YES_NO,
            is_required=True,
        ),
        Question(
            "samverkan_hur",
            Kind.TEXT,
            "Med vilka, och till vad?",
            is_required=True,
            condition=Condition("samverkan", ("ja",)),
        ),
    ),
)

INTERIM = Form(
    title="Delredovisning",
    introduction="Hur långt ni har kommit, och vad ni planerar för resten av året.",
    sections=(
        Section(
            "medel",
            "Medel",
            (
                USE,
                Question(
                    "hinner",
                    Kind.CHOICE,
                    "Räknar ni med att använda alla medel under året?",
                    options=YES_NO,
                    is_required=True,
                ),
                Question(
                    "beraknas_kvar",
                    Kind.KRONOR,
                    "Hur mycket räknar ni med blir kvar?",
                    name="beräknas bli kvar",
                    is_required=True,
                    condition=Condition("hinner", ("nej",)),
                ),
            ),
        ),
        ACTIVITIES,
        EQUALITY,
        COOPERATION,
    ),
    checks=(
        Check(
            "använt + beräknas bli kvar <= utbetalat",
            "Det ni har använt och det som beräknas bli kvar är mer än ni har fått.",
        ),
    ),
)

FINAL = Form(
    title="Slutredovisning",
    introduction="Hur medlen har använts, och vad som är kvar.",
    sections=(
        Section(
            "medel",
            "Medel",
            (
                USE,
                Question(
                    "aterbetalas",
                    Kind.KRONOR,
                    "Hur mycket har ni inte använt, och ska betala tillbaka?",
                    name="att återbetala",
                    help="Skriv 0 om allt är använt.",
                    is_required=True,
                ),
                Question(
                    "varfor_kvar",
                    Kind.TEXT,
                    "Om något är kvar: varför?",
                ),
                Question(
                    "underlag",
                    Kind.FILE,
                    "Underlag, om ni vill bifoga något",
                ),
            ),
        ),
        ACTIVITIES,
        EQUALITY,
        COOPERATION,
    ),
    checks=(
        Check(
            "använt + att återbetala = utbetalat",
            "Det ni har använt och det ni betalar tillbaka ska tillsammans vara det ni har "
            "fått.",
        ),
    ),
)


def slug(text: str) -> str:
    """Return a key made from Swedish words.

    >>> slug("Språk- och kultur"), slug("Sámi giella")
    ('sprak_och_kultur', 'sami_giella')
    """
    letters = normalize("NFD", text.lower())
    plain = "".join(each for each in letters if not combining(each))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def cost_row(label: str, *groups: str) -> Row:
    """Return a purpose with its cost groups, and one for anything else."""
    return Row(
        slug(label),
        label,
        tuple(Option(slug(each), each) for each in (*groups, "Annat, ange vad")),
    )


COSTS = Form(
    title="Uppföljning av kostnader",
    introduction="Specificerad redovisning av förbrukade medel.",
    sections=(
        Section(
            "kostnader",
            "Kostnader",
            (
                Question(
                    "kostnader",
                    Kind.COSTS,
                    "Vad har medlen gått till?",
                    name="förbrukat",
                    help="Hela kronor. Lämna tomt där det inte finns någon kostnad.",
                    is_required=True,
                    rows=(
                        cost_row(
                            "Inflytande, delaktighet och samråd",
                            "lokalhyra",
                            "förtäring",
                            "arvoden",
                            "resekostnader",
                        ),
                        cost_row(
                            "Språk och kultur",
                            "språkläger/språkbad",
                            "studiecirklar",
                            "kulturevenemang",
                            "litteratur- och tidskriftsinköp",
                        ),
                        cost_row(
                            "Samordning",
                            "personal, lön",
                            "OH-kostnader",
                            "resor och logi",
                            "konferenskostnader",
                        ),
                        cost_row(
                            "Ärendehandläggning",
                            "tolk/översättning",
                            "fortbildning av personal",
                        ),
                        cost_row(
                            "Övergripande information",
                            "kartläggning",
                            "hemsidan",
                            "informationsmaterial/broschyrer",
                            "skyltning",
                        ),
                        cost_row("Övrigt", "växel/reception"),
                    ),
                ),
                Question(
                    "kvar",
                    Kind.KRONOR,
                    "Hur mycket är kvar?",
                    name="kvar",
                    help="Disponibelt statsbidrag minus förbrukade medel.",
                    is_required=True,
                ),
            ),
        ),
    ),
    checks=(
        Check(
            "utbetalat − förbrukat = kvar",
            "Disponibelt minus förbrukat ska vara det som är kvar.",
        ),
    ),
)

READY_MADE = {"interim": INTERIM, "final": FINAL, "costs": COSTS}
"""By what they are for."""

FACTS = ("tilldelat", "rekvirerat", "utbetalat")
"""The sums of the ledger that calculations may use, by municipality."""
