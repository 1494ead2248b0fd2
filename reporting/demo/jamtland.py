"""Region Jämtland Härjedalen's overview of 2020, as its own compilation has the figures.

The texts are written anew; amounts, dates, record numbers and who decided are those of the
document. The document is not dated: it knows the agreement of 24 April 2020.
"""

from datetime import date
from typing import Any

from grants.models import Agreement, BudgetLine, Decision, Grant, GrantPart
from municipalities.models import CoordinatingBody
from reporting.demo import minorities
from reporting.models import Overview, OverviewGroup, OverviewRow

YEAR = 2020
REGION, COMMON = BudgetLine.Side.REGION, BudgetLine.Side.COMMON
STATE_AND_SKL = "staten och Sveriges Kommuner och Landsting (SKL)"
STATE_AND_SKR = "staten och Sveriges Kommuner och Regioner (SKR)"


def million(amount: str) -> int:
    """Return kronor from millions as the document writes them.

    >>> million("71,90"), million("16"), million("0,188")
    (71900000, 16000000, 188000)
    """
    whole, _comma, decimals = amount.partition(",")
    return int(whole) * 1_000_000 + int(decimals.ljust(6, "0"))


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
"""The grants of 2019, by what follows them or by what they were."""

PAUSED = (
    "Beredningen av hur medlen ska användas är påbörjad, men står still under pandemin."
)

GRANTS: dict[str, dict[str, Any]] = {
    "nara": {
        "agreement": "nara",
        "title": (
            "God och nära vård 2020 – En omställning av hälso- och sjukvården med fokus på "
            "primärvården"
        ),
        "short_title": "God och nära vård",
        "record_number": "RS/195/2020",
        "amount": 71_862_709,
        "background": (
            "Ersätter professionsmiljarden och personalmiljarden, som 2019 hette "
            "utvecklande förutsättningar för vårdens medarbetare. Här ryms nu också "
            "patientmiljarden, barnhälsovården, en del av Vision e-hälsa 2025 och en "
            "generell resursförstärkning."
        ),
        "preparation": (
            "En handlingsplan för den nära vården ska tas fram. Privata utförare ska vara "
            "med i samtliga områden."
        ),
        "parts": [
            (
                "Utvecklingen av den nära vården med fokus på primärvården",
                "Nära vård och primärvård",
                REGION,
                None,
                18_174_397,
            ),
            (
                "Utvecklingen av den nära vården med fokus på primärvården",
                "Generell resursförstärkning",
                REGION,
                None,
                18_997_627,
            ),
            (
                "Ökad tillgänglighet i barnhälsovården",
                "Barnhälsovård",
                REGION,
                None,
                1_140_877,
            ),
            (
                "Goda förutsättningar för vårdens medarbetare",
                "Vårdens medarbetare",
                REGION,
                None,
                23_037_789,
            ),
            (
                "Goda förutsättningar för vårdens medarbetare",
                "Vidareutbildning till specialistsjuksköterska",
                REGION,
                None,
                6_332_542,
            ),
            (
                "Goda förutsättningar för vårdens medarbetare",
                "Karriärtjänster för specialistsjuksköterskor",
                REGION,
                None,
                1_266_508,
            ),
            (
                "Insatser inom ramen för Vision e-hälsa 2025",
                "E-hälsa",
                REGION,
                None,
                2_912_969,
            ),
        ],
        "decisions": [
            (
                date(2020, 3, 24),
                "Regionstyrelsen",
                "Insatserna följer kriterierna i satsningen och de aktiviteter i "
                "verksamhetsplan och internkontrollplan som stämmer med dem. "
                "Regiondirektören beslutar om aktiviteter för varje utvecklingsområde och "
                "får omfördela inom det.",
            ),
        ],
    },
    "kommunerna": {
        "agreement": "nara",
        "title": "God och nära vård 2020: medel till kommunerna för vårdens medarbetare",
        "short_title": "God och nära vård, kommunerna",
        "record_number": "RUN/231/2020",
        "amount": million("7,1"),
        "background": (
            "Kommunernas del av överenskommelsen fördelas länsvis. Regionala "
            "utvecklingsnämnden rekvirerar medlen och förbinder sig att använda dem som "
            "den kommunala överenskommelsen säger."
        ),
        "preparation": (
            "Den fortsatta fördelningen utgår från möten med förvaltningscheferna och "
            "förankras i Socsam."
        ),
    },
    "valfard": {
        "agreement": "valfard",
        "title": "Välfärdsmiljarden för flyktingmottagandet",
        "short_title": "Välfärdsmiljarden",
        "record_number": "RS/611/2019",
        "amount": million("8,6"),
        "background": (
            "2020 är sista året som en del av välfärdsmiljarderna fördelas efter "
            "flyktingmottagandet: antalet asylsökande den 2 september 2019 och antalet "
            "nyanlända som togs emot från januari 2015 till augusti 2019. Från 2021 "
            "fördelas allt per invånare genom utjämningen, så det som betalas härifrån "
            "behöver in i budgeten för 2021."
        ),
        "parts": [
            ("", "Kompetensteam för migrationshälsa", REGION, None, million("2,5")),
            (
                "",
                "Flyktingsamordning och systemstöd för återsökning",
                REGION,
                None,
                million("1,4"),
            ),
            ("", "Kostnader för språktolk", REGION, None, million("2,5")),
            (
                "",
                "Kostnadsfritt hälsosamtal för den som flyttat direkt från annat land",
                REGION,
                None,
                million("0,5"),
            ),
            ("", "Etablering och extratjänster", REGION, None, million("1,2")),
            ("", "Översatt patientinformation", REGION, None, million("0,5")),
        ],
        "decisions": [
            (
                date(2020, 1, 22),
                "Regionstyrelsen",
                "Hur den del som följer flyktingmottagandet ska användas.",
            ),
        ],
    },
    "kvinnor": {
        "agreement": "kvinnor",
        "title": (
            "Ökad tillgänglighet och jämlikhet i mödrahälso- och förlossningsvården samt "
            "förstärkta insatser för kvinnors hälsa 2020"
        ),
        "short_title": "Kvinnors hälsa",
        "record_number": "RS/27/2020",
        "amount": million("11,9"),
        "background": (
            "Stärker förlossningsvården och kvinnors hälsa i övrigt, för en mer jämställd "
            "vård och jämlik hälsa. Gäller till och med 2022. Regionen väljer själv "
            "insatser, men målen är tydliga för:\n\n"
            "- personaltäthet och arbetsmiljö\n"
            "- vårdkedjan och eftervården\n"
            "- kunskapsstöd och utbildning\n"
            "- neonatalvård\n"
            "- ungdomsmottagning och den som utsatts för sexualbrott"
        ),
        "preparation": PAUSED,
    },
    "psykisk": {
        "agreement": "psykisk",
        "title": "Insatser inom området psykisk hälsa 2020",
        "short_title": "Psykisk hälsa",
        "record_number": "RS/194/2020",
        "amount": 10_141_737 + 11_537_157,
        "region_amount": 10_141_737,
        "background": (
            "Ettårig överenskommelse om att främja psykisk hälsa, möta ohälsa tidigt och "
            "ge god vård och gott stöd vid allvarlig problematik. Medlen fördelas efter "
            "befolkning. De länsgemensamma medlen hanteras för sig, i samverkan."
        ),
        "preparation": (
            "Beredning pågår. Hälso- och sjukvårdsnämnden har fastslagit handlingsplanen "
            "för regionens arbete. SVOM har gett tjänstemannagruppen i uppdrag att besluta "
            "om de länsgemensamma medlen; det arbetet pågår."
        ),
        "parts": [
            (
                "",
                "Utvecklingsarbete utifrån handlingsplan",
                REGION,
                300_000_000,
                3_799_525,
            ),
            (
                "",
                "Barn och unga, med barn- och ungdomspsykiatri",
                REGION,
                370_000_000,
                4_442_360,
            ),
            ("", "Traumavård", REGION, 50_000_000, 633_254),
            (
                "",
                "Kunskapsbaserad och säker hälso- och sjukvård",
                REGION,
                100_000_000,
                1_266_598,
            ),
            ("", "Ungdomsmottagningar", COMMON, 130_000_000, 1_800_957),
            ("", "Stärkt brukarmedverkan", COMMON, 24_000_000, 1_000_000),
            ("", "Suicidprevention", COMMON, 200_000_000, 2_533_017),
            ("", "Sammanhållen vård vid samsjuklighet", COMMON, 200_000_000, 6_203_183),
        ],
    },
    "cancer": {
        "agreement": "cancer",
        "title": "Jämlik och effektiv cancervård med kortare väntetider 2020",
        "short_title": "Cancervård",
        "record_number": "RS/28/2020",
        "amount": million("3,84"),
        "national_amount": 500_000_000,
        "background": (
            "Staten sätter av 500 miljoner kronor om året 2020–2022 för en mer jämlik "
            "cancervård med kortare väntetider. Insatserna gäller prevention och tidig "
            "upptäckt, tillgänglig och god vård samt kunskap, kompetens och forskning.\n\n"
            "Med det som finns kvar från tidigare år är omkring 10 mkr tillgängligt: 2,1 "
            "mkr betalas ut i januari eller april 2020, 2,1 mkr kom i december 2019 och "
            "6 mkr står på projektets bankbok. Medel som skulle ha kommit till hösten "
            "betalas ut tidigare."
        ),
        "preparation": "Analys av gapet och förslag till användning är klara.",
        "decisions": [
            (
                date(2020, 4, 16),
                "Delegationsbeslut",
                "Hur medlen ska användas. Anmält till regionstyrelsen och hälso- och "
                "sjukvårdsnämnden.",
            ),
        ],
    },
    "vardforlopp": {
        "agreement": "patient",
        "title": "Personcentrerade och sammanhållna vårdförlopp",
        "short_title": "Vårdförlopp",
        "record_number": "RS/26/2020",
        "amount": million("2,6"),
        "background": (
            "Fortsätter arbetet med standardiserade vårdförlopp och stärker det nationella "
            "systemet för kunskapsstyrning. Förloppen ska kunna börja i primärvården, "
            "gälla flera specialiteter och omfatta långvariga och sammansatta sjukdomar. "
            "Patientkontrakt är en viktig del."
        ),
        "preparation": PAUSED,
    },
    "civil": {
        "agreement": "patient",
        "title": "Hälso- och sjukvårdens arbete med civilt försvar",
        "short_title": "Civilt försvar",
        "record_number": "RS/17/2020",
        "amount": million("1,3"),
        "background": (
            "Planering av totalförsvaret, analys av traumakedjan, kartläggning av vad "
            "planeringen kräver av den egna vården och av försörjningen med läkemedel, "
            "medicinteknik och blod, samt om pengarna räcker tjänsteman i beredskap.\n\n"
            "Från den 1 januari 2020 betalar medlen en handläggare i krisberedskap och "
            "delar av en traumakoordinator, en övningsledare och en anestesiläkare. "
            "Resten går till resor, utbildning och övning."
        ),
        "decisions": [
            (
                date(2020, 3, 3),
                "Regiondirektören på delegation",
                "Hur medlen ska användas. Beslutet anmäldes till regionstyrelsen denna "
                "dag.",
            ),
        ],
    },
    "sjukskrivning": {
        "agreement": "sjukskrivning",
        "title": (
            "Kvalitetssäker och effektiv sjukskrivnings- och rehabiliteringsprocess 2020"
        ),
        "short_title": "Sjukskrivning och rehabilitering",
        "record_number": "RS/25/2020",
        "amount": million("10,6"),
        "background": (
            "Sådana överenskommelser har funnits sedan 2006. Den för 2020 är ettårig och "
            "förbereder för att stödet till vissa behandlingar upphör och att koordinering "
            "blir en uppgift enligt lagen (2019:1297). Beloppet är antaget."
        ),
        "preparation": (
            "Budgeten är reviderad. Ärendet är uppe för beslut i regionstyrelsen."
        ),
    },
    "tillganglighet": {
        "agreement": "tillganglighet",
        "title": "Ökad tillgänglighet i hälso- och sjukvården 2020",
        "short_title": "Tillgänglighet",
        "record_number": "RS/29/2020",
        "amount": million("37,8"),
        "background": (
            "Ska korta väntetiderna i fler delar av vårdkedjan än vårdgarantin täcker. "
            "Efter omförhandlingen ställs inget krav på kortare köer för att få medlen; "
            "för mars till november fördelas de efter befolkning. Beloppen är "
            "preliminära.\n\n"
            "Handlingsplanen redovisas senast den 31 mars 2021 i stället för den 30 "
            "september 2020. Alla besök rapporteras till väntetidsdatabasen senast den 1 "
            "oktober 2020 i stället för den 1 april. Läget redovisas varje månad."
        ),
        "preparation": (
            "Beredningen av den del som inte beror på prestation är påbörjad, men står "
            "still under pandemin och omförhandlingen."
        ),
        "parts": [
            ("", "Utvecklingsmedel, inte prestationsbundna", REGION, None, million("5,2")),
            (
                "",
                "Prestation januari–februari, efter befolkning i december 2018",
                REGION,
                None,
                million("5"),
            ),
            (
                "",
                "Mars–november efter befolkning, en del till barn- och ungdomspsykiatri",
                REGION,
                2_007_000_000,
                million("27,6"),
            ),
        ],
        "decisions": [
            (
                date(2020, 4, 24),
                "Staten och SKR",
                "Överenskommelsen omförhandlas: kravet på kortare köer stryks för 2020.",
            ),
        ],
    },
    "levnadsvanor": {
        "title": (
            "Förebygga och behandla ohälsosamma levnadsvanor vid psykisk ohälsa inom "
            "primärvården"
        ),
        "short_title": "Ohälsosamma levnadsvanor",
        "record_number": "RS/242/2020",
        "status": "rejected",
        "applied_amount": million("0,9"),
    },
    "kompensation": {
        "title": (
            "Kompensation till privata utförare som har fått ökade kostnader för bemanning"
        ),
        "short_title": "Kompensation för bemanning",
        "record_number": "RS/191/2020",
        "amount": million("2,6"),
        "background": (
            "Sedan den 1 juli 2019 räknas uthyrd bemanning till vården in under momsen, "
            "enligt Skatteverket. Det har gjort den dyrare för privata vårdgivare."
        ),
        "preparation": "Ärendet är uppe för beslut i regionstyrelsen.",
    },
    "minoriteter": {
        "title": "Nationella minoriteter och minoritetsspråk",
        "short_title": "Nationella minoriteter",
        "record_number": "RS/285/2020",
        "amount": million("0,25"),
        "reported_to": "Sametinget",
        "background": (
            "För merkostnader som följer av lagen (2009:724) om nationella minoriteter och "
            "för att stödja finska, meänkieli och samiska, enligt förordningen (2009:1299)."
            " Används efter överenskommelse i samiska samrådet.\n\n"
            "Av 250 000 kr för 2019 användes 234 054 kr. Kvar var 15 946 kr.\n\n"
            "Pengarna för 2019 gick till:\n\n" + minorities.specification()
        ),
        "decisions": [
            (date(2020, 3, 11), "Sametinget", "Hur statsbidraget fördelas."),
        ],
    },
    "vald": {
        "title": "Kompetensstöd till arbetet mot våld i nära relationer",
        "short_title": "Våld i nära relationer",
        "record_number": "RS/309/2020",
        "amount": million("1,1"),
        "background": (
            "Socialstyrelsen fördelar medel 2020–2022 för socialtjänstens och vårdens "
            "arbete mot våld. Varje region får 1 mkr, resten fördelas efter befolkning."
        ),
        "preparation": "Medlen är rekvirerade. Ett förslag till plan tas fram.",
    },
    "tolk": {
        "title": "Tolktjänst i arbetslivet",
        "short_title": "Tolktjänst i arbetslivet",
        "record_number": "RS/203/2020",
        "amount": million("0,21"),
        "background": (
            "Gör det lättare att få tolk på arbetet för den som är döv, dövblind eller har "
            "nedsatt hörsel. Regionen kan rekvirera högst 210 000 kr enligt "
            "Socialstyrelsens fördelningsnyckel."
        ),
    },
    "hbt": {
        "title": "Öka kunskapen om hbt-personers situation",
        "short_title": "Hbt-personers situation",
        "record_number": "RS/141/2020",
        "amount": million("0,18"),
        "background": (
            "Utbildning som ökar kunskapen om homosexuellas, bisexuellas och "
            "transpersoners situation. Utlyst av Socialstyrelsen i början av året."
        ),
    },
    "utskrivning": {
        "title": "Samverkan vid utskrivning från sluten hälso- och sjukvård",
        "short_title": "Samverkan vid utskrivning",
        "record_number": "HSN/236/2020",
        "amount": million("0,4"),
        "background": (
            "Länsgemensamma medel enligt lagen (2017:612). Kommuner och region väljer hur "
            "de gör störst nytta. Särskilt gäller det följsamhet till rutiner, nya "
            "arbetsprocesser, vård och omsorg i hemmet samt uppföljning av resultat."
        ),
        "preparation": (
            "SVOM har gett tjänstemannagruppen i uppdrag att besluta; arbetet pågår."
        ),
    },
    "elektronisk": {
        "title": "Utrustning för elektronisk kommunikation",
        "short_title": "Elektronisk kommunikation",
        "record_number": "RS/121/2020",
        "amount": million("0,188"),
        "background": (
            "Utrustning för den som är döv, har grav hörselskada, dövblindhet, talskada "
            "eller språkstörning. Fjolårets kostnader redovisas i juni och blir nästa års "
            "bidrag från Socialstyrelsen."
        ),
    },
}
"""The grants of 2020. Those without an agreement are applied for one by one."""

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


def fill(body: CoordinatingBody) -> Overview:
    """Enter the grants of two years and the overview of 2020."""
    earlier = {key: make_earlier(body, key) for key in EARLIER}
    agreements = {key: make_agreement(body, facts) for key, facts in AGREEMENTS.items()}
    grants = {}
    for key, facts in GRANTS.items():
        own = dict(facts)
        agreement = agreements.get(own.pop("agreement", ""))
        grants[key] = make_grant(
            body, YEAR, own, agreement=agreement, follows=earlier.get(key)
        )
    overview = Overview.objects.create(
        body=body,
        year=YEAR,
        title="Nationella satsningar och riktade statsbidrag 2020",
        dated_on=date(2020, 4, 30),
        introduction=INTRODUCTION,
    )
    position = 0
    for number, (title, sum_label, rows) in enumerate(GROUPS):
        group = OverviewGroup.objects.create(
            overview=overview, position=number, title=title, sum_label=sum_label
        )
        for facts in rows:
            position = make_row(group, position, facts, grants, earlier)
    return overview


def make_agreement(
    body: CoordinatingBody, facts: dict[str, Any], year: int = YEAR
) -> Agreement:
    """Return the agreement as the region has it."""
    return Agreement.objects.create(
        body=body, year=year, **{"parties": STATE_AND_SKR} | facts
    )


def make_earlier(body: CoordinatingBody, key: str) -> Grant:
    """Return a grant of the year before, of which the document gives the amount."""
    facts = dict(EARLIER[key])
    agreement = None
    if facts.get("origin") != Grant.Origin.APPLIED:
        named = {"title": f"{facts['title']} {YEAR - 1}", "parties": STATE_AND_SKL}
        agreement = make_agreement(body, named, YEAR - 1)
    return make_grant(body, YEAR - 1, facts, agreement=agreement)


def make_grant(
    body: CoordinatingBody,
    year: int,
    facts: dict[str, Any],
    *,
    agreement: Agreement | None,
    follows: Grant | None = None,
) -> Grant:
    """Return the grant with its sub-areas and decisions."""
    own = dict(facts)
    parts, decisions = own.pop("parts", []), own.pop("decisions", [])
    own.setdefault("origin", "agreement" if agreement else "applied")
    grant = Grant.objects.create(
        body=body,
        agreement=agreement,
        follows=follows,
        year=year,
        uses_from=date(year, 1, 1),
        uses_until=date(year, 12, 31),
        **own,
    )
    for position, (area, title, side, nation, amount) in enumerate(parts):
        GrantPart.objects.create(
            grant=grant,
            position=position,
            area=area,
            title=title,
            side=side,
            national_amount=nation,
            amount=amount,
        )
    for decided_on, deciding_body, text in decisions:
        Decision.objects.create(
            grant=grant, decided_on=decided_on, deciding_body=deciding_body, text=text
        )
    return grant


def make_row(
    group: OverviewGroup,
    position: int,
    facts: dict[str, Any],
    grants: dict[str, Grant],
    earlier: dict[str, Grant],
) -> int:
    """Make a row with its parts; return where the next one stands."""
    own = dict(facts)
    parts = own.pop("parts", [])
    grant = grants.get(own.pop("grant", "")) or earlier.get(own.pop("earlier", ""))
    before, amount = own.pop("before", None), own.pop("amount", None)
    row = OverviewRow.objects.create(
        group=group,
        position=position,
        grant=grant,
        amount_before=before and million(before),
        amount=amount and million(amount),
        **own,
    )
    for label, shown in parts:
        position += 1
        is_grant = shown in grants
        OverviewRow.objects.create(
            group=group,
            position=position,
            part_of=row,
            label=label,
            grant=grants[shown] if is_grant else None,
            amount=None if is_grant else million(shown),
        )
    return position + 1
