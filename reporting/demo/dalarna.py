"""Region Dalarna's grant of 2020, as its proposal describes it."""

from datetime import date
from typing import Any

NARA_VARD_2020: dict[str, Any] = {
    "agreement": {
        "title": (
            "God och nära vård 2020 – En omställning av hälso- och sjukvården med fokus på "
            "primärvården"
        ),
        "year": 2020,
        "parties": "staten och Sveriges Kommuner och Regioner (SKR)",
        "adopted_on": date(2020, 1, 31),
        "has_reporting_relief": True,
    },
    "grant": {
        "title": "Medel till kommunerna enligt överenskommelsen God och nära vård 2020",
        "short_title": "God och nära vård",
        "year": 2020,
        "amount": 15_711_504,
        "uses_from": date(2020, 1, 1),
        "uses_until": date(2020, 12, 31),
        "reported_to": "Socialstyrelsen",
        "background": (
            "Regeringen tillskjuter 500 miljoner kronor till kommunerna. Enligt "
            "överenskommelsens fördelningsnyckel får kommunerna i Dalarnas län tillsammans "
            "15 711 504 kronor för *goda förutsättningar för vårdens medarbetare*.\n\n"
            "Beloppen är väsentligt högre än föregående år, då alla kommuner tillsammans "
            "fick 2,8 miljoner kronor. Varje kommun, eller några kommuner tillsammans, har "
            "därför bättre förutsättningar att skapa insatser i enlighet med kraven."
        ),
        "use_introduction": (
            "Medlen ska användas för övergripande insatser som stärker huvudmännens "
            "planering av sitt kompetensbehov, i syfte att utveckla vårdens verksamheter "
            "mot en god och nära vård:"
        ),
        "use_conditions": (
            "Några insatser enligt de två senare punkterna ska genomföras. I redovisningen "
            "ska det särskilt framgå hur jämställdhetsperspektivet har belysts och hur "
            "insatserna har bidragit till det jämställdhetspolitiska delmålet *jämställd "
            "hälsa*.\n\n"
            "För att få del av stimulansmedel 2021 ska de grundläggande kraven i avsnitt "
            "3–6 i överenskommelsen vara uppfyllda och delredovisningen inlämnad."
        ),
    },
    "purposes": [
        (
            "En ändamålsenlig kompetensförsörjning för omställning till en nära vård",
            "rätt kompetens för att bedriva och utveckla en vård av hög kvalitet\n"
            "interprofessionella arbetssätt och goda lärandemiljöer\n"
            "modeller för kompetens- och karriärutveckling\n"
            "kompetens om flöden, logistik och vårdprocesser\n"
            "ändamålsenliga it-stöd",
        ),
        (
            "Utveckla förutsättningarna på arbetsplatsen",
            "stödja en hälsofrämjande och hållbar arbetsmiljö\n"
            "stärka förutsättningarna för ledarskapet\n"
            "använda kompetensen rätt, personcentrerat och hälsofrämjande\n"
            "stärka teambaserade arbetssätt och samverkan mellan huvudmän\n"
            "minska behovet av inhyrd personal",
        ),
        (
            "Utbilda vårdens framtida medarbetare",
            "stärka medarbetarnas kompetensutveckling utifrån verksamhetens behov\n"
            "utveckla utbildnings- och handledarkapaciteten\n"
            "ta till vara kompetensen hos personer med utländsk utbildning",
        ),
    ],
    "budget": [
        {
            "activity": "Medel till goda förutsättningar för vårdens medarbetare",
            "amount": 15_711_504,
            "is_distributed": True,
        },
    ],
    "deadlines": [
        ("interim_report", date(2020, 9, 30), "body", ""),
        ("final_report", date(2021, 3, 31), "body", ""),
    ],
    "decisions": [],
    "decided_on": date(2020, 4, 15),
    "memo_on": date(2020, 4, 17),
}
