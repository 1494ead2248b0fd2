"""What the municipalities say in the demo's reports: made up, after what the memos ask for.

Each list is drawn from in order, so that the same municipality always says the same.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that the money went to."""

    purpose: int
    """Which of the grant's purposes, from 0."""
    text: str
    outcome: str
    """What became of it."""


STAFF_2019 = [
    Activity(
        0,
        "Mobil dokumentation i hemsjukvården",
        "24 sjuksköterskor dokumenterar nu hos patienten i stället för på kontoret.",
    ),
    Activity(
        3,
        "Ledarskapsprogram för enhetschefer",
        "Tolv chefer har gått programmet, fem dagar var.",
    ),
    Activity(
        1,
        "Ny fördelning av uppgifter mellan sjuksköterskor och undersköterskor",
        "Delegeringarna är genomgångna på alla särskilda boenden.",
    ),
    Activity(
        2,
        "Kompetensförsörjningsplan för 2020–2025",
        "Planen beslutades av nämnden i december.",
    ),
    Activity(
        3,
        "Introduktion på fyra veckor för nya undersköterskor",
        "18 nyanställda har haft en namngiven handledare.",
    ),
    Activity(
        0,
        "Digital planering och nyckelfria lås i hemtjänsten",
        "Infört i två av fyra områden. Resan mellan besök har blivit kortare.",
    ),
    Activity(
        1,
        "Servicemedarbetare som avlastar vårdpersonalen",
        "Sex anställda tar hand om tvätt, disk och inköp.",
    ),
    Activity(
        2,
        "Handledarutbildning tillsammans med vård- och omsorgscollege",
        "31 handledare utbildade i steg 1 och 2.",
    ),
    Activity(
        3,
        "Hälsofrämjande schemaläggning",
        "Delade turer har tagits bort på tre enheter.",
    ),
    Activity(
        0,
        "Gemensam utbildning i läkemedelsmodulen",
        "Alla sjuksköterskor i kommunen har gått utbildningen.",
    ),
    Activity(
        2,
        "Språkstöd på arbetsplatsen",
        "Fjorton medarbetare fick språkombud och undervisning en dag i veckan.",
    ),
]
"""For *Vårdens medarbetare* 2019, by its four purposes."""

PLANS_2019 = [
    Activity(3, "Fortsatt chefsstöd i mindre grupper", ""),
    Activity(2, "Utbildning i handledning för fler enheter", ""),
    Activity(0, "Införa planeringssystemet i återstående områden", ""),
    Activity(1, "Teamarbete runt den enskilde i hemsjukvården", ""),
]

NEAR_CARE = [
    Activity(
        0,
        "Specialistundersköterskor i varje team",
        "Nio undersköterskor läser yrkeshögskola på halvtid med lön.",
    ),
    Activity(
        1,
        "Handledning i grupp efter svåra händelser",
        "Grupperna har träffats varannan vecka sedan i våras.",
    ),
    Activity(
        2,
        "Fler handledartimmar för elever i praktik",
        "Alla elever från vård- och omsorgsprogrammet har haft handledare på varje pass.",
    ),
    Activity(
        0,
        "Gemensam utbildning med vårdcentralerna i fast vårdkontakt",
        "Två av fyra halvdagar är genomförda, med 60 deltagare.",
    ),
    Activity(
        1,
        "Chefer med färre medarbetare",
        "Två biträdande enhetschefer har anställts.",
    ),
    Activity(
        2,
        "Praktik för sjuksköterskor med utländsk utbildning",
        "Tre personer har börjat. En väntar på sin legitimation.",
    ),
    Activity(
        0,
        "Rehabiliterande arbetssätt i hemtjänsten",
        "Arbetsterapeuterna har utbildat fem arbetslag.",
    ),
    Activity(
        1,
        "Heltidsresan: scheman som går att leva med",
        "Andelen som arbetar heltid har gått från 58 till 66 procent.",
    ),
    Activity(
        2,
        "Utbildning av språkombud",
        "Elva språkombud har gått utbildningen.",
    ),
]
"""For *God och nära vård*, by its three purposes."""

LEFT_OUT = "Ställdes in på grund av pandemin. Vi gör om det som webbutbildning nästa år."
PUT_OFF = "Kom i gång sent och gjordes i mindre skala. Resten görs efter årsskiftet."

RESULTS = [
    "Sjukfrånvaron bland undersköterskor har minskat från 9,8 till 8,9 procent.",
    "Fler söker våra tjänster än förut, men vi ser inte resultatet på kvaliteten ännu.",
    "Medarbetarna säger i enkäten att de hinner med sitt uppdrag bättre än förra året.",
    "",
    "Vi har anställt åtta undersköterskor som tidigare var vikarier. Kontinuiteten har "
    "ökat: i genomsnitt tolv personer per omsorgstagare och fjorton dagar, mot fjorton "
    "förra året.",
    "Handledarna gör skillnad. Av eleverna vill nio av tio arbeta hos oss efter examen.",
    "Mindre tid går till administration: ungefär fyrtio minuter per sjuksköterska och dag.",
    "Det är för tidigt att säga. Vi följer upp i vår med en enkät.",
]

CHALLENGES = [
    "Svårt att frigöra personal till utbildning när det saknas vikarier.",
    "Medlen kom sent på året. Det går inte att anställa för några månader i taget.",
    "Omsättningen på enhetschefer gör att arbetet tappar fart.",
    "Samarbetet med primärvården hänger på enskilda personer.\n\n"
    "Vi behöver gemensamma rutiner som gäller på alla vårdcentraler.",
    "It-systemen hos kommunen och regionen talar inte med varandra.",
    "Konkurrensen om sjuksköterskor är hård i länet. Vi har fyra vakanser.",
    "Att hålla i. Insatserna är projekt, men behoven är permanenta.",
    "Bristande kunskaper i svenska gör att fler behöver stöd än vi räknat med.",
    "Privata utförare har svårt att avsätta tid utan ersättning.",
]

EQUALITY = [
    "Nio av tio medarbetare är kvinnor. Vi redovisar deltagandet uppdelat på kön: av 64 "
    "deltagare var 7 män, vilket motsvarar andelen anställda.",
    "Vi har sett över annonser och bilder för att fler män ska söka. Av 31 nyanställda "
    "var 8 män, mot 4 året före.",
    "Jämställdhetsperspektivet har inte belysts särskilt. Vi tar upp det i nästa års plan.",
    "Heltid som norm är vår viktigaste jämställdhetsinsats: fler kvinnor får en lön att "
    "leva på.",
    "Fördelningen av insatser mellan kvinnor och män i hemtjänsten har kartlagts. Män får "
    "något fler timmar vid samma behov, och det arbetar handläggarna vidare med.",
    "Statistiken är uppdelad på kön i alla uppföljningar. Utbildningarna har lagts på "
    "dagtid, så att den som har små barn kan delta.",
]

EQUAL_HEALTH = [
    "Insatserna förbättrar arbetsmiljön i ett yrke där de flesta är kvinnor och där "
    "sjukfrånvaron är hög.",
    "Kvinnor och män får samma bedömning av sin hälsa i det nya arbetssättet. Vi ser att "
    "fler män tar emot förebyggande besök.",
    "Indirekt, genom en vård med större kontinuitet för både kvinnor och män.",
    "Vi kan inte visa någon effekt ännu.",
    "Anhöriga, oftast kvinnor, avlastas när hemsjukvården fungerar bättre.",
]

TOGETHER = [
    "Med grannkommunerna, till en gemensam handledarutbildning.",
    "Med regionens primärvård, till utbildning i samordnad individuell plan.",
    "Med FoU-enheten, till utvärdering av det nya arbetssättet.",
    "Med vård- och omsorgscollege, till språkombud.",
]

WHY_LEFT = {
    "Norrtälje": "Ledarskapsprogrammet började först i oktober.",
    "Salem": "Vi fick ingen sökande till tjänsten som projektledare.",
    "Sigtuna": "Utbildningen blev något billigare än vi trodde.",
}
