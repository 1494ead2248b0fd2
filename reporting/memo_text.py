"""The memo's text as it is made from the facts: Markdown with placeholders.

A sentence whose fact nobody has told is left out, except where a memo cannot do without it:
then the placeholder stands, and shows what is lacking.
"""

from collections.abc import Callable, Iterator, Mapping

from grants.distribution import Round
from reporting.facts import Facts
from reporting.models import SectionKind

HEADINGS: Mapping[str, str] = {
    SectionKind.BACKGROUND: "Bakgrund",
    SectionKind.DISTRIBUTION: "Fördelning av stimulansmedel i länet",
    SectionKind.USE: "Hur stimulansmedlen får användas",
    SectionKind.NOTICE: "Observera",
    SectionKind.INVOICE: "Faktura till [[organisation]]",
    SectionKind.MESSAGES: "Meddelanden och frågor",
    SectionKind.REPORTING: "Återrapportering",
}
"""Headings of the parts that have one."""


MESSAGES = """
- Vill ni *inte* ta del av medlen? Meddela det så snart som möjligt till [[frågemejl]].
- Meddela er **kontaktperson**, med mejladress och telefonnummer, till [[frågemejl]].
- Har ni frågor är ni välkomna att skriva till [[frågemejl]], så återkommer vi inom kort.
""".strip()


def heading(kind: str, facts: Facts) -> str:
    """Return a part's heading, with placeholders, or nothing."""
    if kind == SectionKind.INVOICE:
        if not facts.by_invoice:
            return "Utbetalning"
        return f"{HEADINGS[kind]} – senast den [[sista dag]]"
    return HEADINGS.get(kind, "")


def body(kind: str, facts: Facts) -> str:
    """Return a part's text in Markdown, as the facts make it."""
    return "\n\n".join(PARTS[SectionKind(kind)](facts))


def _introduction(facts: Facts) -> Iterator[str]:
    if facts.by_invoice:
        yield (
            "Här följer information om hur er kommun kan ta del av statliga "
            "stimulansmedel genom att fakturera [[organisation]] enligt detta dokument."
        )
    else:
        yield (
            "Här följer information om hur de statliga stimulansmedlen fördelas till "
            "kommunerna i länet och hur de får användas."
        )


def _background(facts: Facts) -> Iterator[str]:
    agreement = facts.grant.agreement
    if facts.grant.background:
        yield facts.grant.background.strip()
    elif agreement:
        adopted = ", som antogs den [[antagen]]," if agreement.adopted_on else ""
        yield (
            f"Överenskommelsen *[[överenskommelse]]* mellan [[parter]]{adopted} ligger "
            "till grund för stimulansmedel till länet."
        )
    if agreement and agreement.url:
        yield f"[Läs överenskommelsen i sin helhet]({agreement.url})."


def _distribution(facts: Facts) -> Iterator[str]:
    grant = facts.grant
    has_table = facts.table is not None and len(facts.table.rows) > 1
    if has_table:
        yield _frame(facts)
        yield "[[budgettabell]]"
    rule = " [[nyckel]]" if facts.has("nyckel") else ""
    yield f"{_pot(facts)}{rule}"
    yield "**Bilaga 1** visar hur mycket varje kommun tilldelas."
    if not has_table and grant.paid_by and facts.by_invoice:
        yield "Medlen rekvireras av [[organisation]] från [[utbetalas av]]."


def _frame(facts: Facts) -> str:
    grant = facts.grant
    if grant.region_amount is not None:
        return (
            "Av de [[belopp]] som länet får går [[regionens belopp]] till [[region]] och "
            "[[kommunernas belopp]] till kommunerna, enligt tabellen."
        )
    if grant.amount is not None:
        return (
            "De gemensamma medlen på [[belopp]] rekvireras av [[organisation]] och "
            "används enligt tabellen."
        )
    return (
        "De gemensamma medlen rekvireras av [[organisation]] och används enligt tabellen."
    )


def _pot(facts: Facts) -> str:
    distribution = facts.distribution
    if distribution is None:
        return "[[till kommunerna]] fördelas till kommunerna."
    if facts.again:
        return _redistribution(facts.again)
    sentences = []
    if distribution.carry_over_amount and distribution.budget_amount:
        sentences += [
            "[[från årets medel]] av årets medel fördelas till kommunerna.",
            (
                "Dessutom finns kvarvarande medel från [[kvarvarande från]] på "
                "[[kvarvarande medel]]."
            ),
        ]
        if not distribution.set_aside:
            sentences.append("Sammanlagt fördelas alltså [[att fördela]] till kommunerna.")
    elif distribution.carry_over_amount:
        sentences.append(
            "[[kvarvarande medel]], som är kvarvarande medel från [[kvarvarande från]], "
            "fördelas till kommunerna."
        )
    if distribution.set_aside:
        sentences.append(
            "Av [[att fördela]] avsätts [[avsatt]] till länsgemensamt arbete, och "
            "[[till kommunerna]] fördelas till kommunerna."
        )
    return " ".join(sentences) or "[[till kommunerna]] fördelas till kommunerna."


def _redistribution(again: Round) -> str:
    """Return what a version that hands money out again is about."""
    count = len(again.among)
    those = "den kommun" if count == 1 else f"de {count} kommuner"
    return (
        "Det här är en omfördelning. Av de [[till kommunerna]] som är avsedda för "
        "kommunerna har [[omfördelas]] avståtts eller inte rekvirerats. De medlen "
        f"fördelas nu, efter samma fördelningsnyckel, till {those} som har svarat att "
        "mer medel är välkomna. Övriga kommuners belopp är desamma som det de har "
        "rekvirerat eller tilldelats."
    )


def _use(facts: Facts) -> Iterator[str]:
    if facts.grant.use_introduction:
        yield facts.grant.use_introduction.strip()
    if facts.purposes:
        if not facts.grant.use_introduction:
            yield "Medlen får användas för följande:"
        yield "[[syften]]"
    if facts.grant.use_conditions:
        yield facts.grant.use_conditions.strip()


def _notice(facts: Facts) -> Iterator[str]:
    yield "**Medlen måste användas senast den [[används senast]].**"
    if facts.has("regel för oanvända medel"):
        yield "Så står det i överenskommelsen om medel som inte har använts:"
        yield "> [[regel för oanvända medel]]"
    elif facts.has("återbetalas till") and facts.has("återbetalas senast"):
        yield (
            "Medel som inte har använts ska återbetalas till [[återbetalas till]] senast "
            "den [[återbetalas senast]]."
        )


def _invoice(facts: Facts) -> Iterator[str]:
    if not facts.by_invoice:
        yield (
            "[[organisation]] betalar ut medlen till varje kommun. Ni behöver inte skicka "
            "någon faktura."
        )
        return
    email, address = facts.has("fakturamejl"), facts.has("fakturaadress")
    to = " till [[fakturamejl]]" if email or not address else ""
    yield (
        "Vill ni ta del av medlen? Skicka en elektronisk faktura"
        f"{to} senast den **[[sista dag]]**."
    )
    if address:
        yield "Fakturaadress: [[fakturaadress]]"
    if facts.has("utbetalas av"):
        yield (
            "[[organisation]] betalar fakturan så snart stimulansmedlen har kommit in från "
            "[[utbetalas av]]."
        )
    text = "”[[fakturatext]]”" if facts.has("fakturatext") else "”[[titel]]”"
    number = ", dnr [[dnr]]" if facts.has("dnr") else ""
    yield f"Ange {text}{number}, samt:"
    points = [
        "belopp",
        "kommunens konto för utbetalning och eventuella andra utbetalningsinstruktioner",
        (
            "vad ni kommer att använda pengarna till (på rubriknivå, enligt punkterna "
            f"under *{HEADINGS[SectionKind.USE]}*)"
        ),
    ]
    if facts.has("referens"):
        points.insert(0, "referens **[[referens]]**, som fakturan märks med")
    yield "\n".join(f"{number}. {point}" for number, point in enumerate(points, start=1))
    yield (
        "Eftersom detta är ett statligt bidrag ska ni inte lägga på moms utan fakturerar "
        "endast den summa ni har tilldelats."
    )


def _messages(_facts: Facts) -> Iterator[str]:
    yield MESSAGES


def _reporting(facts: Facts) -> Iterator[str]:
    to = " till [[redovisas till]]" if facts.has("redovisas till") else ""
    sentences = [
        (
            f"[[organisation]] ansvarar för att{to} återrapportera hur de länsgemensamma "
            "statliga stimulansmedlen har använts och fördelats i länet."
        )
    ]
    interim, final = facts.has("delredovisning"), facts.has("slutredovisning")
    if interim and final:
        sentences.append(
            "[[organisation]] ska lämna en delredovisning senast den [[delredovisning]] "
            "och en slutredovisning senast den [[slutredovisning]]."
        )
    elif interim or final:
        name = "delredovisning" if interim else "slutredovisning"
        kind = "en delredovisning" if interim else "slutredovisningen"
        sentences.append(f"[[organisation]] ska lämna {kind} senast den [[{name}]].")
    for name, kind in [
        ("kommunernas delredovisning", "en delredovisning"),
        ("kommunernas slutredovisning", "en slutredovisning"),
    ]:
        if facts.has(name):
            sentences.append(
                f"Kommunerna lämnar {kind} till [[organisation]] senast den [[{name}]]."
            )
    yield " ".join(sentences)
    plans = (
        "Vet ni redan nu hur ni planerar att använda medlen? Ange det gärna på fakturan. "
        if facts.by_invoice
        else ""
    )
    yield (
        f"{plans}Vid behov återkommer [[organisation]] under året för att hämta in mer "
        "underlag till återrapporteringen."
    )


def _signature(facts: Facts) -> Iterator[str]:
    yield "Med vänlig hälsning"
    signatory = []
    if facts.has("undertecknare"):
        signatory.append("**[[undertecknare]]**")
    title = "[[undertecknarens titel]], " if facts.has("undertecknarens titel") else ""
    signatory.append(f"{title}[[organisation]]")
    yield "\\\n".join(signatory)


def _note(facts: Facts) -> Iterator[str]:
    yield "[[nyckel]] [[källor]]" if facts.key and facts.key.sources else "[[nyckel]]"


PARTS: Mapping[SectionKind, Callable[[Facts], Iterator[str]]] = {
    SectionKind.INTRODUCTION: _introduction,
    SectionKind.BACKGROUND: _background,
    SectionKind.DISTRIBUTION: _distribution,
    SectionKind.USE: _use,
    SectionKind.NOTICE: _notice,
    SectionKind.INVOICE: _invoice,
    SectionKind.MESSAGES: _messages,
    SectionKind.REPORTING: _reporting,
    SectionKind.SIGNATURE: _signature,
    SectionKind.NOTE: _note,
}
