"""The grants of 2020: amounts, sub-areas, decisions, and how far they have come."""

from datetime import date
from typing import Any

from reporting.demo import minorities
from reporting.demo.jamtland.amounts import COMMON, REGION, million

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
