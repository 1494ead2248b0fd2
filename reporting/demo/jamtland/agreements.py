"""The agreements of 2020, and the grants of the year before by what follows them."""

from typing import Any

from reporting.demo.jamtland.amounts import COMMON, REGION, million

AGREEMENTS: dict[str, dict[str, Any]] = {
    "nara": {
        "title": (
            "God och nära vård 2020 – En omställning av hälso- och sjukvården med fokus på "
            "primärvården"
        ),
        "has_reporting_relief": True,
    },
    "tillganglighet": {
        "title": "Ökad tillgänglighet i hälso- och sjukvården 2020",
        "has_reporting_relief": True,
        "comment": "Omförhandlad genom en tilläggsöverenskommelse den 24 april 2020.",
    },
    "kvinnor": {
        "title": (
            "Ökad tillgänglighet och jämlikhet i mödrahälso- och förlossningsvården samt "
            "förstärkta insatser för kvinnors hälsa 2020"
        ),
        "has_reporting_relief": True,
    },
    "psykisk": {
        "title": "Insatser inom området psykisk hälsa 2020",
        "has_reporting_relief": True,
    },
    "cancer": {
        "title": "Jämlik och effektiv cancervård med kortare väntetider 2020",
        "has_reporting_relief": True,
    },
    "patient": {
        "title": "Patientsäkerhet, nationella kvalitetsregister m.m. 2020",
        "has_reporting_relief": True,
    },
    "sjukskrivning": {
        "title": (
            "Kvalitetssäker och effektiv sjukskrivnings- och rehabiliteringsprocess 2020"
        ),
    },
    "valfard": {
        "title": "Välfärdsmiljarderna 2020, den del som följer flyktingmottagandet",
        "parties": "staten",
    },
}

EARLIER: dict[str, dict[str, Any]] = {
    "medarbetare": {
        "title": "Utvecklande förutsättningar för vårdens medarbetare",
        "short_title": "Vårdens medarbetare",
        "amount": million("41,2"),
    },
    "nara": {
        "title": "Nära vård (patientmiljarden)",
        "short_title": "Nära vård",
        "amount": million("30,6"),
    },
    "valfard": {
        "title": "Välfärdsmiljarden för flyktingmottagandet",
        "short_title": "Välfärdsmiljarden",
        "amount": million("16"),
    },
    "kvinnor": {
        "title": "Förlossningsvård och kvinnors hälsa",
        "short_title": "Kvinnors hälsa",
        "amount": million("16,9"),
    },
    "primar": {
        "title": "Primärvårdens arbete med kvinnors hälsa",
        "short_title": "Primärvård, kvinnors hälsa",
        "amount": million("1,5"),
    },
    "psykisk": {
        "title": "Insatser inom området psykisk hälsa",
        "short_title": "Psykisk hälsa",
        "amount": million("21"),
        "region_amount": million("14,8"),
        "parts": [
            ("", "Regionens insatser", REGION, None, million("14,8")),
            ("", "Samverkan mellan kommuner och region", COMMON, None, million("6,2")),
        ],
    },
    "cancer": {
        "title": "Cancervårdens standardiserade vårdförlopp",
        "short_title": "Cancervård",
        "amount": million("4,3"),
    },
    "civil": {
        "title": "Hälso- och sjukvårdens arbete med civilt försvar",
        "short_title": "Civilt försvar",
        "amount": million("1,3"),
    },
    "barn": {
        "title": "Ökad tillgänglighet i barnhälsovården",
        "short_title": "Barnhälsovård",
        "amount": million("1,2"),
    },
    "sjukskrivning": {
        "title": "Sjukskrivnings- och rehabiliteringsprocessen",
        "short_title": "Sjukskrivning och rehabilitering",
        "amount": million("14,8"),
    },
    "tillganglighet": {
        "title": "Ökad tillgänglighet i hälso- och sjukvården",
        "short_title": "Tillgänglighet",
        "amount": million("4,1"),
    },
    "levnadsvanor": {
        "title": "Förebygga och behandla ohälsosamma levnadsvanor",
        "short_title": "Ohälsosamma levnadsvanor",
        "origin": "applied",
        "amount": million("0,7"),
    },
    "vald": {
        "title": "Kompetensstöd till arbetet mot våld i nära relationer",
        "short_title": "Våld i nära relationer",
        "origin": "applied",
        "amount": million("2,2"),
    },
    "tolk": {
        "title": "Tolktjänst i arbetslivet",
        "short_title": "Tolktjänst i arbetslivet",
        "origin": "applied",
        "amount": million("0,21"),
    },
    "hbt": {
        "title": "Öka kunskapen om hbt-personers situation",
        "short_title": "Hbt-personers situation",
        "origin": "applied",
        "amount": million("0,45"),
    },
    "elektronisk": {
        "title": "Utrustning för elektronisk kommunikation",
        "short_title": "Elektronisk kommunikation",
        "origin": "applied",
        "amount": million("0,19"),
    },
}
