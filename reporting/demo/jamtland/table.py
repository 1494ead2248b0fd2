"""The table of the overview of 2020, and the text before it."""

from typing import Any

from reporting.demo.jamtland.amounts import COMMON, REGION

INTRODUCTION = (
    "De riktade statsbidrag som är kända för 2020: pengarna, hur långt besluten har kommit "
    "och vad som ännu är oklart.\n\n"
    "På grund av pandemin har staten lättat på kraven att återrapportera för 2020 i sex "
    "överenskommelser som innehåller prestationsbaserade delar. Det minskar arbetet med "
    "att rapportera resultat; det som SKR begär gäller fortfarande.\n\n"
    "Det mesta är utbetalt eller aviserat. Siffrorna för tillgänglighetssatsningens "
    "prestationsdel är preliminära."
)

INCLUDED = "Ingår 2020 i God och nära vård"
IN_GENERAL = "Går till del över i generellt statsbidrag, helt 2021"

GROUPS: list[tuple[str, str, list[dict[str, Any]]]] = [
    (
        "Överenskommelser SKR och regeringen",
        "Summa",
        [
            {
                "label": (
                    "Förutsättningar för vårdens medarbetare (f.d. professionsmiljarden "
                    "och personalmiljarden)"
                ),
                "earlier": "medarbetare",
                "amount": "0",
                "note": INCLUDED,
            },
            {
                "label": "God och nära vård",
                "grant": "nara",
                "amount": "71,90",
                "is_emphasised": True,
                "note": (
                    "F.d. patientmiljarden, professionsmiljarden, personalmiljarden och "
                    "barnhälsovården"
                ),
                "parts": [
                    ("Utveckling av den nära vården med fokus på primärvården", "18,2"),
                    ("Generell resursförstärkning, ny", "19,0"),
                    ("Ökad tillgänglighet i barnhälsovården", "1,1"),
                    ("Goda förutsättningar för vårdens medarbetare", "23,0"),
                    ("Sjuksköterskors vidareutbildning", "6,3"),
                    ("Karriärtjänster för specialistsjuksköterskor", "1,3"),
                    ("Insatser inom Vision e-hälsa 2025", "2,9"),
                ],
            },
            {
                "label": "Välfärdsmiljarden för flyktingmottagandet",
                "grant": "valfard",
                "is_emphasised": True,
                "note": IN_GENERAL,
            },
            {
                "label": "Förlossningsvård och kvinnors hälsa",
                "grant": "kvinnor",
                "is_emphasised": True,
                "note": "Till och med 2022",
            },
            {"label": "Primärvård, kvinnors hälsa", "earlier": "primar"},
            {
                "label": "Psykisk hälsa",
                "grant": "psykisk",
                "side": REGION,
                "amount": "10,04",
                "is_emphasised": True,
                "parts": [
                    ("Insatser utifrån handlingsplan", "3,8"),
                    ("Barn och unga, med barn- och ungdomspsykiatri", "4,4"),
                    ("Kunskapsbaserad och säker hälso- och sjukvård", "1,2"),
                    ("Stärkt psykiatrisk traumavård", "0,6"),
                ],
            },
            {
                "label": "Samverkansmedel för kommun- och regioninsatser",
                "grant": "psykisk",
                "side": COMMON,
                "before": "6,2",
                "note": "Ingår 2020 i medlen till länet",
            },
            {
                "label": "Psykisk hälsa, till länet",
                "grant": "psykisk",
                "side": COMMON,
                "amount": "11,50",
                "parts": [
                    ("Samverkansmedel för sammanhållen vård", "6,2"),
                    ("Brukarsamverkan (ingick 2019 i regionens)", "1,0"),
                    ("Suicidprevention", "2,5"),
                    ("Ungdomsmottagningarna (ingick 2019 i regionens)", "1,8"),
                ],
            },
            {
                "label": "Cancervårdens standardiserade vårdförlopp",
                "grant": "cancer",
                "is_emphasised": True,
            },
            {
                "label": "Patientsäkerhet, nationella kvalitetsregister, vårdförlopp m.m.",
                "before": "0,7",
                "amount": "3,90",
                "is_emphasised": True,
                "parts": [
                    ("Personcentrerade vårdförlopp", "vardforlopp"),
                    ("Civilberedskapsplanering", "civil"),
                ],
            },
            {
                "label": "Civilberedskapsplanering 2019",
                "earlier": "civil",
                "note": "Ingår 2020 i raden ovanför",
            },
            {
                "label": "Barnhälsovård",
                "earlier": "barn",
                "is_emphasised": True,
                "note": INCLUDED,
            },
            {
                "label": "Rad utan namn i dokumentet",
                "before": "1,3",
                "amount": "1,30",
                "note": "Samma belopp som för civilberedskap",
            },
            {
                "label": "Sjukskrivnings- och rehabiliteringsprocessen",
                "grant": "sjukskrivning",
                "is_emphasised": True,
                "note": IN_GENERAL,
            },
            {
                "label": "Tillgänglighet i hälso- och sjukvården, inte prestationsdelen",
                "grant": "tillganglighet",
                "before": "4,1",
                "amount": "5,20",
                "is_emphasised": True,
            },
            {
                "label": "Tillgänglighet, prestation januari–februari",
                "grant": "tillganglighet",
                "amount": "5,00",
            },
            {
                "label": "Tillgänglighet, omförhandlat efter befolkningsmängd",
                "grant": "tillganglighet",
                "amount": "27,60",
                "note": "En del är öronmärkt för barn- och ungdomspsykiatri",
            },
            {
                "label": "Kompensation för bemanning, privata vårdgivare, ny 2020",
                "grant": "kompensation",
            },
            {
                "label": "Samverkan vid utskrivning från sluten vård",
                "grant": "utskrivning",
            },
            {
                "label": "Nationella minoriteter och minoritetsspråk",
                "grant": "minoriteter",
            },
        ],
    ),
    (
        "Övriga sökbara och tillgängliga nationella satsningar",
        "Summa",
        [
            {"label": "Förebygga ohälsosamma levnadsvanor", "grant": "levnadsvanor"},
            {"label": "Kompetensstöd, våld i nära relationer", "grant": "vald"},
            {"label": "Tolktjänst i arbetslivet", "grant": "tolk"},
            {"label": "Öka kunskapen om hbt-personers situation", "grant": "hbt"},
            {
                "label": "Elektronisk kommunikation, döva och gravt hörselskadade",
                "grant": "elektronisk",
                "amount": "0,19",
            },
        ],
    ),
]
"""The table: an amount that is not written here is the grant's."""
