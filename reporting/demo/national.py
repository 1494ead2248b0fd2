"""The body's reports to the authorities: two that are delivered and one that is begun."""

from collections.abc import Mapping
from datetime import date

from municipalities.models import User
from reporting import national_report, national_report_files
from reporting.demo import clock
from reporting.models import NationalReport, NationalReportFile, ReportRound

FINAL_2019 = {
    "egen-sammanfattning": (
        "Alla 25 kommuner som har tagit del av medlen har redovisat. Av 20 miljoner kronor "
        "är 19,7 miljoner använda. Tre kommuner betalar tillbaka det som är kvar.\n\n"
        "Mest har gått till medarbetarnas förutsättningar, som ledarskap och introduktion, "
        "och till it-stöd. Flera kommuner nämner att medlen kom sent på året."
    ),
    "medel": (
        "Det som är kvar beror på att insatser kom i gång sent, och på en tjänst som inte "
        "gick att tillsätta."
    ),
    "insatser": (
        "**Genomfört.** Mobil dokumentation och digital planering har införts i "
        "hemsjukvård och hemtjänst. Handledare och chefer har utbildats. "
        "Servicemedarbetare avlastar vårdpersonalen.\n\n"
        "**Planerat.** Kommunerna fortsätter med chefsstöd i mindre grupper, fler "
        "handledare och arbete i team.\n\n"
        "**Utmaningar.** Det är svårt att frigöra personal när vikarier saknas, och att "
        "anställa för pengar som gäller ett år."
    ),
    "jamstalldhet": (
        "Nio av tio medarbetare är kvinnor. Kommunerna redovisar deltagare uppdelat på "
        "kön, och flera arbetar för att fler män ska söka till vården. Heltid som norm "
        "lyfts fram som den viktigaste jämställdhetsinsatsen.\n\n"
        "Bättre arbetsmiljö i ett yrke där de flesta är kvinnor bidrar till delmålet "
        "*jämställd hälsa*. Några kommuner kan inte visa någon effekt ännu."
    ),
    "samverkan": (
        "Två av tre kommuner har använt medel tillsammans med andra: med grannkommuner, "
        "med regionens primärvård, med FoU-enheter och med vård- och omsorgscollege."
    ),
    "egen-ekonomi": "Beloppen stämmer med utbetalningarna till kommunerna.",
}

INTERIM_2020 = {
    "egen-sammanfattning": (
        "Alla kommuner som tar del av medlen har lämnat delredovisning. Sju av dem hade "
        "fått sina pengar när redovisningen lämnades. De övriga redovisar vad de planerar."
    ),
    "insatser": (
        "Kommunerna satsar på specialistundersköterskor, handledning och scheman som går "
        "att leva med. Flera utbildningar har ställts in eller flyttats på grund av "
        "pandemin.\n\n"
        "**Utmaningar.** It-systemen talar inte med varandra, och samarbetet med "
        "primärvården hänger på enskilda personer."
    ),
    "jamstalldhet": (
        "Kommunerna följer upp insatserna uppdelat på kvinnor och män. Kartläggningar av "
        "biståndsbeslut visar skillnader som handläggarna arbetar vidare med."
    ),
    "samverkan": "De flesta använder en del av medlen tillsammans med andra.",
    "egen-ekonomi": "Redovisningen omfattar det som var utbetalat i september.",
}

THIS_YEAR = {
    "egen-sammanfattning": (
        "*Utkast.* Åtta kommuner har lämnat sin redovisning. Två av dem ska komplettera "
        "den. Fylls på när fler har kommit in."
    ),
}


def deliver(
    found: ReportRound,
    texts: Mapping[str, str],
    *,
    by: User,
    on: date,
    record_number: str,
) -> NationalReport:
    """Write the report, have it made as Word, and deliver it."""
    with clock.on(on):
        report = start(found, texts, by=by)
        national_report_files.request(report, NationalReportFile.Kind.WORD, by=by)
        national_report_files.make_all()
        return national_report.deliver(report, by=by, on=on, record_number=record_number)


def start(found: ReportRound, texts: Mapping[str, str], *, by: User) -> NationalReport:
    """Return a draft with the texts in their sections."""
    report = national_report.start(found, by=by)
    seen = dict(report.sections.values_list("key", "version"))
    for key, text in texts.items():
        national_report.save_section(report, key, text, by=by, seen=seen[key])
    return report
