"""Region Jämtland Härjedalen's compilation of 2020, figure by figure.

What the page, the PDF and the workbook say is compared with what the document prints.
"""

import re
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from grants.models import Decision, Grant
from municipalities.numbers import NBSP
from reporting.demo import jamtland
from reporting.overview import OverviewDocument
from reporting.overview_figures import Unit
from tests.factories import make_body, make_member

pytestmark = pytest.mark.django_db

AGREEMENTS = [
    ("Förutsättningar för vårdens medarbetare", "41,2", "0,00"),
    ("God och nära vård", "30,6", "71,90"),
    ("Utveckling av den nära vården med fokus på primärvården", "", "18,2"),
    ("Generell resursförstärkning, ny", "", "19,0"),
    ("Ökad tillgänglighet i barnhälsovården", "", "1,1"),
    ("Goda förutsättningar för vårdens medarbetare", "", "23,0"),
    ("Sjuksköterskors vidareutbildning", "", "6,3"),
    ("Karriärtjänster för specialistsjuksköterskor", "", "1,3"),
    ("Insatser inom Vision e-hälsa 2025", "", "2,9"),
    ("Välfärdsmiljarden för flyktingmottagandet", "16", "8,60"),
    ("Förlossningsvård och kvinnors hälsa", "16,9", "11,90"),
    ("Primärvård, kvinnors hälsa", "1,5", ""),
    ("Psykisk hälsa", "14,8", "10,04"),
    ("Insatser utifrån handlingsplan", "", "3,8"),
    ("Barn och unga, med barn- och ungdomspsykiatri", "", "4,4"),
    ("Kunskapsbaserad och säker hälso- och sjukvård", "", "1,2"),
    ("Stärkt psykiatrisk traumavård", "", "0,6"),
    ("Samverkansmedel för kommun- och regioninsatser", "6,2", ""),
    ("Psykisk hälsa, till länet", "", "11,50"),
    ("Samverkansmedel för sammanhållen vård", "", "6,2"),
    ("Brukarsamverkan (ingick 2019 i regionens)", "", "1,0"),
    ("Suicidprevention", "", "2,5"),
    ("Ungdomsmottagningarna (ingick 2019 i regionens)", "", "1,8"),
    ("Cancervårdens standardiserade vårdförlopp", "4,3", "3,84"),
    ("Patientsäkerhet, nationella kvalitetsregister, vårdförlopp m.m.", "0,7", "3,90"),
    ("Personcentrerade vårdförlopp", "", "2,6"),
    ("Civilberedskapsplanering", "1,3", "1,3"),
    ("Civilberedskapsplanering 2019", "1,3", ""),
    ("Barnhälsovård", "1,2", ""),
    ("Rad utan namn i dokumentet", "1,3", "1,30"),
    ("Sjukskrivnings- och rehabiliteringsprocessen", "14,8", "10,60"),
    ("Tillgänglighet i hälso- och sjukvården, inte prestationsdelen", "4,1", "5,20"),
    ("Tillgänglighet, prestation januari–februari", "", "5,00"),
    ("Tillgänglighet, omförhandlat efter befolkningsmängd", "", "27,60"),
    ("Kompensation för bemanning, privata vårdgivare, ny 2020", "", "2,60"),
    ("Samverkan vid utskrivning från sluten vård", "", "0,40"),
    ("Nationella minoriteter och minoritetsspråk", "", "0,25"),
    ("Summa", "154,9", "174,63"),
]
"""The rows and the two figures that the document prints, in its order.

Civil preparedness stands on one line of the document: 1,3 of 2019 is counted by itself, 1,3
of 2020 is a part of the row above.
"""

OTHERS = [
    ("Förebygga ohälsosamma levnadsvanor", "0,7", "0,00"),
    ("Kompetensstöd, våld i nära relationer", "2,2", "1,10"),
    ("Tolktjänst i arbetslivet", "0,21", "0,21"),
    ("Öka kunskapen om hbt-personers situation", "0,45", "0,18"),
    ("Elektronisk kommunikation, döva och gravt hörselskadade", "0,19", "0,19"),
    ("Summa", "3,75", "1,68"),
]

NEAR_CARE = [18_174_397, 18_997_627, 1_140_877, 23_037_789, 6_332_542, 1_266_508, 2_912_969]
MENTAL_HEALTH = [
    (300_000_000, 3_799_525),
    (370_000_000, 4_442_360),
    (50_000_000, 633_254),
    (100_000_000, 1_266_598),
]
IN_COMMON = [
    (130_000_000, 1_800_957),
    (24_000_000, 1_000_000),
    (200_000_000, 2_533_017),
    (200_000_000, 6_203_183),
]


@pytest.fixture(scope="module")
def overview(once):
    """The region's overview."""
    return jamtland.fill(make_body("Region Jämtland Härjedalen", county="23"))


@pytest.fixture
def as_region(client, overview):
    """A browser in which a handler of the region is signed in."""
    client.force_login(make_member(overview.body))
    return client


@pytest.fixture(scope="module")
def paper(overview):
    """What the PDF says."""
    reader = PdfReader(BytesIO(OverviewDocument(overview).pdf()))
    text = " ".join(page.extract_text() for page in reader.pages)
    return re.sub(r"\s+", " ", text.replace(NBSP, " "))


def number(text):
    """Return the number that a text writes; a dash is nothing."""
    text = text.strip().replace(NBSP, "").replace("−", "-").replace(",", ".")
    return None if text in {"", "–"} else Decimal(text)


def said(rows):
    """Return what the document says of each row, as numbers."""
    return [(label, number(before), number(now)) for label, before, now in rows]


class Tables(HTMLParser):
    """The tables of a page: their rows, each with the texts of its cells."""

    def __init__(self):
        super().__init__()
        self.tables, self.cell = [], None
        self.is_remark = 0

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")
            self.cell = True
        elif tag == "p" and self.cell:
            self.is_remark += 1

    def handle_endtag(self, tag):
        if tag in {"td", "th"}:
            self.cell = None
        elif tag == "p" and self.is_remark:
            self.is_remark -= 1

    def handle_data(self, data):
        if self.cell and not self.is_remark:
            self.tables[-1][-1][-1] += data


def rows_of_page(table):
    """Return label, and the two figures as numbers, of each row below the head."""
    rows = []
    for cells in table[1:]:
        label = re.sub(r"^(of which|varav)\s+", "", " ".join(cells[0].split()))
        label = label.split(" (f.d.")[0].replace("Sum ", "Summa ")
        rows.append((label, number(cells[1]), number(cells[2])))
    return rows


def test_page_has_every_figure_of_the_table(as_region):
    page = as_region.get("/oversikt/2020/").content.decode()

    reader = Tables()
    reader.feed(page)
    assert rows_of_page(reader.tables[0]) == said(AGREEMENTS)
    assert rows_of_page(reader.tables[1]) == said(OTHERS)


def test_page_writes_the_sums_as_the_document_does(as_region):
    page = as_region.get("/oversikt/2020/").content.decode()

    for text in ("154,9", "174,63", "3,75", "1,68", "71,90", "10,04", "11,50", "27,60"):
        assert f">{text}</td>" in page


def test_page_says_where_the_exact_amounts_differ(overview):
    document = OverviewDocument(overview)

    found = {
        line.row.label: line.exact.now
        for group in document.groups
        for line in group.all_lines()
        if line.exact.now is not None or line.exact.before is not None
    }
    assert found == {
        "God och nära vård": 71_862_709,
        "Psykisk hälsa": 10_141_737,
        "Psykisk hälsa, till länet": 11_537_157,
        "Elektronisk kommunikation, döva och gravt hörselskadade": 188_000,
    }


def test_page_says_what_parts_sum_to_where_that_is_not_the_row(overview):
    document = OverviewDocument(overview)

    found = {
        line.row.label: (line.parts_differ.before, line.parts_differ.now)
        for group in document.groups
        for line in group.lines
        if line.parts_differ
    }
    assert found == {
        "God och nära vård": ("", "71,8"),
        "Psykisk hälsa": ("", "10,0"),
        "Patientsäkerhet, nationella kvalitetsregister, vårdförlopp m.m.": ("1,3", ""),
    }


def test_sub_areas_are_those_of_the_document_and_sum_to_its_totals(overview):
    sections = {
        section.grant.record_number: section
        for section in OverviewDocument(overview).sections
    }

    [near] = sections["RS/195/2020"].tables
    assert [part.amount for part in near.parts] == NEAR_CARE
    assert near.total == 71_862_709
    region, common = sections["RS/194/2020"].tables
    assert [(part.national_amount, part.amount) for part in region.parts] == MENTAL_HEALTH
    assert [(part.national_amount, part.amount) for part in common.parts] == IN_COMMON
    assert (region.total, common.total) == (10_141_737, 11_537_157)
    assert [section.difference for section in sections.values()] == [0] * 18


def test_grants_have_the_record_numbers_and_amounts_of_the_document(overview):
    grants = Grant.objects.filter(body=overview.body, year=2020)

    found = grants.values_list("record_number", "amount")
    assert dict(found) == {
        "RS/195/2020": 71_862_709,
        "RUN/231/2020": 7_100_000,
        "RS/29/2020": 37_800_000,
        "RS/27/2020": 11_900_000,
        "RS/194/2020": 21_678_894,
        "RS/28/2020": 3_840_000,
        "RS/26/2020": 2_600_000,
        "RS/17/2020": 1_300_000,
        "RS/25/2020": 10_600_000,
        "RS/611/2019": 8_600_000,
        "RS/242/2020": None,
        "RS/191/2020": 2_600_000,
        "RS/285/2020": 250_000,
        "RS/309/2020": 1_100_000,
        "RS/203/2020": 210_000,
        "RS/141/2020": 180_000,
        "HSN/236/2020": 400_000,
        "RS/121/2020": 188_000,
    }
    rejected = grants.get(status="rejected")
    assert (rejected.record_number, rejected.applied_amount) == ("RS/242/2020", 900_000)


def test_decisions_have_their_days_and_bodies(overview):
    decisions = Decision.objects.filter(grant__body=overview.body)

    found = decisions.values_list("decided_on", "deciding_body", "grant__record_number")
    assert [(f"{day}", *rest) for day, *rest in found.order_by("decided_on")] == [
        ("2020-01-22", "Regionstyrelsen", "RS/611/2019"),
        ("2020-03-03", "Regiondirektören på delegation", "RS/17/2020"),
        ("2020-03-11", "Sametinget", "RS/285/2020"),
        ("2020-03-24", "Regionstyrelsen", "RS/195/2020"),
        ("2020-04-16", "Delegationsbeslut", "RS/28/2020"),
        ("2020-04-24", "Staten och SKR", "RS/29/2020"),
    ]


def test_six_agreements_are_relieved(overview):
    agreements = overview.body.agreements.filter(has_reporting_relief=True)

    assert agreements.count() == 6


def test_only_the_municipalities_grant_is_outside_the_table(overview):
    outside = OverviewDocument(overview).outside

    assert [section.grant.record_number for section in outside] == ["RUN/231/2020"]


@pytest.mark.parametrize("rows", [AGREEMENTS, OTHERS])
def test_pdf_has_every_figure_of_the_table(paper, rows):
    for label, before, now in rows:
        # The letters of a label may be broken anywhere; its figures come after it.
        shown = [
            rf"{re.escape(figure)}(?:,?0)?" if figure else "–" for figure in (before, now)
        ]
        words = r"\s*".join(map(re.escape, label.replace(" ", "")))
        beyond = r"[^0-9–]*(?:\(f\.d\.[^)]*\)\s*)?"
        assert re.search(
            rf"{words}{beyond}\s*{shown[0]}\s+{shown[1]}\b|"
            rf"{words}{beyond}\s*{shown[0]}\s+{shown[1]}",
            paper,
        ), label


def test_pdf_has_the_exact_amounts_and_the_decisions(paper):
    for amount in (71_862_709, 10_141_737, 11_537_157, *NEAR_CARE):
        assert f"{amount:,}".replace(",", " ") in paper
    for text in ("RS/195/2020", "24 mars 2020, Regionstyrelsen", "Sökt belopp 900 000 kr"):
        assert text in paper
    assert "Av 250 000 kr för 2019 användes 234 054 kr. Kvar var 15 946 kr." in paper


def test_workbook_has_every_figure_of_the_table(as_region):
    response = as_region.get("/oversikt/2020/oversikt.xlsx")

    sheet = load_workbook(BytesIO(response.content), data_only=True)["Översikt"]
    rows = [
        (re.sub("^varav ", "", label).split(" (f.d.")[0], *map(in_millions, figures))
        for label, *figures in sheet.iter_rows(min_row=6, max_col=3, values_only=True)
        if label
    ]
    at = rows.index(("Övriga sökbara och tillgängliga nationella satsningar", None, None))
    assert rows[:at] == said(AGREEMENTS)
    assert rows[at + 2 : at + 2 + len(OTHERS)] == said(OTHERS)


def in_millions(value):
    """Return what a cell shows, with two decimals; the head of a column is nothing."""
    if value is None or isinstance(value, str):
        return None
    return Decimal(repr(value)).quantize(Decimal("0.01"))


def test_workbook_sums_only_what_is_counted(as_region):
    response = as_region.get("/oversikt/2020/oversikt.xlsx")

    sheet = load_workbook(BytesIO(response.content))["Översikt"]
    [first, _second] = [row for row in sheet.iter_rows() if row[0].value == "Summa"]
    formula = first[2].value
    counted = [
        sheet.cell(row, 1).value
        for start, end in re.findall(r"C(\d+)(?::C(\d+))?", formula)
        for row in range(int(start), int(end or start) + 1)
    ]
    assert formula.startswith("=SUM(")
    assert len(counted) == 20
    assert not any(label.startswith("varav") for label in counted)
    assert first[3].value == f"=C{first[0].row}-B{first[0].row}"


@pytest.mark.parametrize(
    ("unit", "sums"),
    [
        (Unit.KR, ("154 900 000", "174 630 000")),
        (Unit.TKR, ("154 900", "174 630")),
        (Unit.MKR, ("154,9", "174,63")),
    ],
)
def test_sums_in_every_unit(overview, unit, sums):
    group = OverviewDocument(overview, unit).groups[0]

    found = (group.texts.before, group.texts.now)
    assert tuple(text.replace(NBSP, " ") for text in found) == sums
