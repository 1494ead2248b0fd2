"""Storsthlm's three grants, as their memos of 2019 and 2020 describe them."""

from datetime import date
from typing import Any

STATE_AND_SKL = "staten och Sveriges Kommuner och Landsting (SKL)"
STATE_AND_SKR = "staten och Sveriges Kommuner och Regioner (SKR)"

MEDARBETARE_2019: dict[str, Any] = {
    "agreement": {
        "title": "En investering för utvecklade förutsättningar för vårdens medarbetare",
        "year": 2019,
        "parties": STATE_AND_SKL,
        "adopted_on": date(2019, 6, 19),
    },
    "grant": {
        "title": (
            "Länsgemensamma stimulansmedel för att skapa goda förutsättningar för vårdens "
            "medarbetare inom den kommunala hälso- och sjukvården"
        ),
        "short_title": "Vårdens medarbetare",
        "year": 2019,
        "amount": 20_000_000,
        "uses_from": date(2019, 1, 1),
        "uses_until": date(2019, 12, 31),
        "paid_by": "SKL",
        "reported_to": "SKL",
        "invoice_text": (
            "Rekvirering av stimulansmedel för att skapa goda förutsättningar för vårdens "
            "medarbetare inom den kommunala hälso- och sjukvården"
        ),
        "background": (
            "Den 19 juni antog Sveriges Kommuner och Landsting (SKL) två överenskommelser "
            "som ligger till grund för nya stimulansmedel till länet. I denna skrivelse "
            "nämns en av dem.\n\n"
            "Inom RSS, den regionala samverkans- och stödstrukturen, har länets kommuner "
            "tilldelats medel för att skapa goda förutsättningar för vårdens medarbetare "
            "inom den kommunala hälso- och sjukvården."
        ),
        "use_introduction": (
            "Hur medlen får användas framgår av överenskommelsen, se särskilt kapitel 4, "
            "sidan 7 och framåt.\n\n"
            "Medlen får användas till att utveckla arbetets organisering, öka bemanningen "
            "och utveckla arbetssätt och verksamhetsstöd som bidrar till att attrahera, "
            "behålla och utveckla medarbetare inom hälso- och sjukvården. De kan användas "
            "till insatser inom något eller några av områdena nedan."
        ),
        "use_conditions": (
            "Medlen får användas till att stärka redan pågående satsningar eller bibehålla "
            "effekter av redan gjorda satsningar. De får även användas till aktiviteter "
            "som redan har genomförts, eftersom de ska täcka kostnader för hela 2019. "
            "Privata verksamheter med offentlig finansiering ska kunna ta del av medlen."
        ),
    },
    "purposes": [
        (
            "It-stöd och processer för förenklad administration och bättre tillgång till "
            "information",
            "",
        ),
        ("Smartare användning av medarbetarnas kompetens", ""),
        ("Stöd till planering av långsiktig kompetensförsörjning", ""),
        (
            "Utveckla medarbetarnas förutsättningar och vårdens verksamheter",
            "ledarskap och arbetsmiljö\n"
            "ökade möjligheter att rekrytera och insatser för att behålla och utveckla "
            "medarbetare\n"
            "förutsättningar för utvecklingsarbete\n"
            "kapacitets- och produktionsplanering\n"
            "verksamhetsstöd",
        ),
    ],
    "budget": [
        {
            "activity": "Medel till kommunerna i relation till befolkningsandel",
            "amount": 20_000_000,
            "is_distributed": True,
        },
    ],
    "deadlines": [
        ("own", date(2019, 11, 1), "body", "Storsthlm rekvirerar medlen från SKL"),
        ("requisition", date(2019, 11, 20), "municipalities", ""),
        ("final_report", date(2020, 1, 31), "body", ""),
    ],
    "decisions": [],
    "decided_on": date(2019, 9, 2),
    "memo_on": date(2019, 9, 4),
}

NARA_VARD_2020: dict[str, Any] = {
    "agreement": {
        "title": (
            "God och nära vård 2020 – En omställning av hälso- och sjukvården med fokus på "
            "primärvården"
        ),
        "year": 2020,
        "parties": STATE_AND_SKR,
        "adopted_on": date(2020, 1, 31),
        "has_reporting_relief": True,
    },
    "grant": {
        "title": (
            "Länsgemensamma stimulansmedel 2020 för att skapa goda förutsättningar för "
            "vårdens medarbetare inom den kommunala hälso- och sjukvården"
        ),
        "short_title": "God och nära vård",
        "year": 2020,
        "record_number": "S/20/0026",
        "invoice_reference": "781",
        "amount": 70_785_000,
        "budget_unit": "tkr",
        "uses_from": date(2020, 1, 1),
        "uses_until": date(2020, 12, 31),
        "unused_rule": (
            "Medel som SKR, regionerna eller kommunerna via RSS inte har utnyttjat ska "
            "återbetalas till Kammarkollegiet senast den 31 mars 2021 (sid 43)."
        ),
        "repay_to": "Kammarkollegiet",
        "repay_by": date(2021, 3, 31),
        "paid_by": "Kammarkollegiet",
        "reported_to": "Kammarkollegiet/Socialstyrelsen",
        "invoice_text": (
            "Rekvirering av stimulansmedel 2020 för att skapa goda förutsättningar för "
            "vårdens medarbetare inom den kommunala hälso- och sjukvården"
        ),
        "background": (
            "Den 31 januari antog Sveriges Kommuner och Regioner (SKR) överenskommelsen "
            "*God och nära vård 2020 – En omställning av hälso- och sjukvården med fokus "
            "på primärvården*, som ligger till grund för nya stimulansmedel till länet.\n\n"
            "Genom den regionala samverkans- och stödstrukturen (RSS) har länets kommuner "
            "tilldelats drygt 70 miljoner kronor för arbetet med att *skapa goda "
            "förutsättningar för vårdens medarbetare*. År 2019 tilldelades länet "
            "23 miljoner kronor.\n\n"
            "I februari tillsattes en styrgrupp för RSS i Stockholms län, med "
            "socialchefer från varje delregion och Stockholms stad. Styrgruppen förankrar "
            "frågorna hos socialcheferna och ger direktiv till Storsthlm för det "
            "länsgemensamma arbetet. Den 16 mars beslutade styrgruppen om fördelning och "
            "användning av medlen."
        ),
        "use_introduction": (
            "Medlen för utvecklingsområdet *Goda förutsättningar för vårdens medarbetare* "
            "får användas för följande områden:"
        ),
        "use_conditions": (
            "Medlen kan även användas för omställningen till nära vård, till exempel i "
            "arbetet med\n\n"
            "- strukturerad samverkan mellan kommuner och region\n"
            "- att upprätta en gemensam målbild mellan kommuner och region för "
            "omställningen till nära vård\n"
            "- en sammanhållen och personcentrerad nära vård.\n\n"
            "Medlen får användas inom en rad områden för att stärka nya eller redan "
            "pågående satsningar eller bibehålla effekter av redan gjorda satsningar. Även "
            "offentligt finansierade privata aktörer ska kunna ta del av medlen, om de "
            "juridiska förutsättningarna finns.\n\n"
            "Läs mer i avsnitt 5 i överenskommelsen, särskilt 5.4.1 och 5.5.1."
        ),
    },
    "purposes": [
        ("En ändamålsenlig kompetensförsörjning för omställning till en nära vård", ""),
        ("Utveckla förutsättningarna på arbetsplatsen", ""),
        ("Utbilda vårdens framtida medarbetare", ""),
    ],
    "budget": [
        {
            "activity": (
                "Medel till kommunerna för lokala aktiviteter utifrån satsningens områden"
            ),
            "amount": 68_000_000,
            "is_distributed": True,
        },
        {
            "activity": (
                "Medel till länsgemensamma aktiviteter utifrån satsningens områden"
            ),
            "side": "common",
            "amount": 2_785_000,
            "comment": (
                "Planeras och används i samråd med styrgruppen för RSS. Planeringen "
                "uppgår nu till cirka 4 procent av medlen."
            ),
        },
    ],
    "deadlines": [
        ("requisition", date(2020, 8, 30), "municipalities", ""),
        ("interim_report", date(2020, 9, 30), "body", ""),
        ("final_report", date(2021, 3, 31), "body", ""),
        ("repayment", date(2021, 3, 31), "body", ""),
    ],
    "decisions": [
        (
            date(2020, 3, 16),
            "Styrgruppen för RSS i Stockholms län",
            "Fördelning och användning av medlen.",
        ),
    ],
    "decided_on": date(2020, 3, 16),
    "memo_on": date(2020, 3, 30),
}

PSYKISK_HALSA_2019: dict[str, Any] = {
    "agreement": {
        "title": "Insatser inom området psykisk hälsa 2019",
        "year": 2019,
        "parties": STATE_AND_SKL,
    },
    "grant": {
        "title": "Sammanhållen vård 2019, länsgemensamma stimulansmedel",
        "short_title": "Psykisk hälsa, sammanhållen vård",
        "year": 2019,
        "uses_from": date(2019, 1, 1),
        "uses_until": date(2020, 12, 31),
    },
}

PSYKISK_HALSA_2020: dict[str, Any] = {
    "agreement": {
        "title": "Insatser inom området psykisk hälsa 2020",
        "year": 2020,
        "parties": STATE_AND_SKR,
        "adopted_on": date(2020, 1, 31),
        "has_reporting_relief": True,
    },
    "grant": {
        "title": (
            "Sammanhållen vård för personer som behöver insatser från både kommuner och "
            "regioner, länsgemensamma stimulansmedel"
        ),
        "short_title": "Psykisk hälsa, sammanhållen vård",
        "year": 2020,
        "record_number": "S/20/0002",
        "invoice_reference": "717/771",
        "amount": 26_800_000,
        "region_amount": 13_400_000,
        "budget_unit": "mkr",
        "uses_from": date(2020, 1, 1),
        "uses_until": date(2020, 12, 31),
        "unused_rule": (
            "Medel som SKR, regionerna eller kommunerna inte har utnyttjat ska återbetalas "
            "till Kammarkollegiet senast den 31 mars 2021 (s. 17)."
        ),
        "repay_to": "Kammarkollegiet",
        "repay_by": date(2021, 3, 31),
        "paid_by": "Kammarkollegiet/SKR",
        "reported_to": "SKR",
        "invoice_text": "Rekvirering av stimulansmedel 2020 inom området psykisk hälsa",
        "addressees": (
            "Socialchefer i Stockholms län, strategiskt nätverk socialtjänst\n"
            "Utbildningschefer i Stockholms län, strategiskt nätverk utbildning\n"
            "Huvudregistratorer i kommunerna"
        ),
        "background": (
            "Den 31 januari antog Sveriges Kommuner och Regioner (SKR) överenskommelsen "
            "*Insatser inom området psykisk hälsa 2020*, som ligger till grund för nya "
            "stimulansmedel. I överenskommelsen finns, förutom medel till kommuner och "
            "regioner, länsgemensamma medel. Utgångspunkten är att kommunerna och Region "
            "Stockholm ska få lika stor andel av de gemensamma medlen.\n\n"
            "De länsgemensamma medlen fördelas på fyra poster. Denna skrivelse gäller den "
            "första.\n\n"
            "1. Sammanhållen vård för personer som behöver insatser från både kommuner och "
            "regioner: 26 800 tkr\n"
            "2. Brukarmedverkan: 2 000 tkr\n"
            "3. Suicidprevention: 46 000 tkr\n"
            "4. Ungdomsmottagningar: 35 000 tkr\n\n"
            "Förslag till hur medlen bäst kan användas har tagits fram av Storsthlm och "
            "Region Stockholm. Tjänstemannastyrgruppen Sammanhållen vård och omsorg har "
            "beslutat om den övergripande inriktningen."
        ),
        "use_introduction": (
            "Medlen ska användas i överensstämmelse med överenskommelsens syfte: att skapa "
            "en mer sammanhållen vård för personer som behöver insatser från både kommuner "
            "och regioner. Personer med samsjuklighet i beroende och annan samtidig "
            "psykiatrisk diagnos är en särskilt prioriterad grupp. Även andra målgrupper "
            "kan behöva insatser från flera verksamheter, till exempel barn och unga med "
            "neuropsykiatriska diagnoser.\n\n"
            "Medlen kan med fördel användas till följande:"
        ),
    },
    "purposes": [
        (
            "Stödja användningen av samverkansöverenskommelser och samordnad individuell "
            "plan (SIP)",
            "i enlighet med 2019 års utlysning, med inriktning på förebyggande arbete för "
            "barn och unga som behöver insatser från flera huvudmän eller är placerade "
            "enligt LVU",
        ),
        (
            "Införa regionens nya it-system för utskrivning från sluten hälso- och "
            "sjukvård och arbeta med SIP i utskrivningsprocessen",
            "information till och utbildning av personal om överenskommelsen om samverkan "
            "vid utskrivning\n"
            "verksamhetsutveckling av utskrivningsprocessen och SIP, så att målen i "
            "överenskommelsen uppnås\n"
            "etablering av ny eller utvecklad systemförvaltning\n"
            "förberedelse och start av utbildning för användare i det nya it-stödet\n"
            "uppföljning och analys av arbetet med utskrivningsprocessen",
        ),
    ],
    "budget": [
        {
            "activity": "Länsgemensamt projekt Uppdrag psykisk hälsa Stockholms län",
            "side": "region",
            "amount": 3_200_000,
        },
        {
            "activity": "Länsgemensamt projekt Uppdrag psykisk hälsa Stockholms län",
            "amount": 3_200_000,
            "comment": (
                "Kommunerna behöver därmed inte finansiera projektet med egna medel "
                "(tidigare 4 %)."
            ),
        },
        {
            "activity": "Stöd till införande av nytt it-system och SIP",
            "side": "region",
            "amount": None,
        },
        {
            "activity": "Stöd till införande av nytt it-system och SIP",
            "amount": 6_429_930,
            "is_distributed": True,
            "comment": (
                "Kommunernas medel fördelas enligt nyckel. Fokus på att införa regionens "
                "it-stöd för utskrivning från sluten hälso- och sjukvård och SIP."
            ),
        },
        {
            "activity": (
                "Nationellt system för kunskapsstyrning i hälso- och sjukvård (NPO och RPO "
                "psykisk hälsa)"
            ),
            "amount": 3_300_000,
            "is_conditional": True,
            "comment": (
                "Finansierar kommunernas deltagande, under förutsättning att "
                "socialtjänstnätverket den 20 mars och utbildningsnätverket den 24 mars "
                "2020 beslutar att delta i RPO. Annars används medlen enligt punkten ovan."
            ),
        },
        {
            "activity": "Administrativt stöd",
            "amount": 500_000,
            "comment": "Finansierar administrativt stöd hos Storsthlm.",
        },
        {
            "activity": (
                "Löpande planering kring insatser för förstärkt samverkan, i samråd med "
                "kommunerna"
            ),
            "side": "region",
            "amount": None,
        },
    ],
    "deadlines": [
        (
            "own",
            date(2020, 3, 20),
            "body",
            "Socialtjänstnätverket beslutar om deltagande i RPO",
        ),
        (
            "own",
            date(2020, 3, 24),
            "body",
            "Utbildningsnätverket beslutar om deltagande i RPO",
        ),
        ("requisition", date(2020, 12, 1), "municipalities", ""),
        ("repayment", date(2021, 3, 31), "body", ""),
    ],
    "decisions": [],
    "carry_over": 4_141_043,
    "decided_on": date(2020, 3, 27),
    "memo_on": date(2020, 4, 1),
}
