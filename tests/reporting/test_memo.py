"""The memo: its text, what it follows, and that it stands once it is published."""

from datetime import date
from io import BytesIO

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from pypdf import PdfReader

from grants import distribution as distributions
from grants.distribution import Refused
from grants.models import Deadline
from municipalities.numbers import grouped
from reporting import memo as memos
from reporting.memo import Document, Missing
from reporting.models import Memo, MemoSection, SectionKind
from reporting.swedish import day
from tests.factories import make_body, make_member
from tests.figures import STOCKHOLM_NAMES, STOCKHOLM_PUBLISHED_2020
from tests.reporting.memos import (
    MEMO_ON,
    make_decided_near_care,
    make_memo,
    make_near_care,
    make_split_care,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def storsthlm(grant):
    return grant.body


@pytest.fixture(scope="module")
def file(decided_once):
    """The published file, made and read once."""
    with transaction.atomic():
        memo = make_memo(decided_once.body, grant=decided_once)
        content = bytes(memos.publish(memo, by=memo.created_by).pdf)
        transaction.set_rollback(True)
    return PdfReader(BytesIO(content))


@pytest.fixture
def neighbour(grant):
    """Another body of the same county, with nothing yet."""
    return make_body("Region Stockholm")


HEADINGS = [
    "Bakgrund",
    "Fördelning av stimulansmedel i länet",
    "Hur stimulansmedlen får användas",
    "Observera",
    "Faktura till Storsthlm – senast den 30 augusti 2020",
    "Meddelanden och frågor",
    "Återrapportering",
    "Bilagor",
    "Fördelning till kommunerna av 68 000 000 kr",
]
"""In the order of the memo of 2020."""


def text_of(file):
    """Return a PDF's text on one line, with ordinary spaces."""
    pages = [page.extract_text() for page in file.pages]
    return " ".join(" ".join(pages).split())


def plain(html):
    return " ".join(html.replace("\N{NO-BREAK SPACE}", " ").split())


def test_published_pdf_holds_every_amount_and_the_sum(file):
    text = text_of(file)

    expected = {
        f"{name} {plain(grouped(STOCKHOLM_PUBLISHED_2020[code]))}"
        for code, name in STOCKHOLM_NAMES.items()
    }
    assert {line for line in expected if line not in text} == set()
    assert "Totalt 67 999 998" in text
    assert (
        "Beloppen är avrundade var för sig till hela kronor. De summerar till "
        "67 999 998 kr, 2 kr mindre än de 68 000 000 kr som fördelas."
    ) in text


def test_parts_come_in_the_seeds_order(file):
    def flat(outline):
        for entry in outline:
            if isinstance(entry, list):
                yield from flat(entry)
            else:
                yield plain(entry.title)

    assert list(flat(file.outline)) == ["Länsgemensamma stimulansmedel 2020", *HEADINGS]


def test_memo_tells_how_to_send_the_invoice(storsthlm, memo):
    document = Document(memo)

    assert plain(document.section("invoice").html) == plain(
        """<p>Vill ni ta del av medlen? Skicka en elektronisk faktura till
        <a href="mailto:faktura@storsthlm.example">faktura@storsthlm.example</a> senast den
        <strong>30 augusti 2020</strong>.</p>
        <p>Fakturaadress: Storsthlm, Box 38145, 100 64 STOCKHOLM</p>
        <p>Storsthlm betalar fakturan så snart stimulansmedlen har kommit in från
        Kammarkollegiet.</p>
        <p>Ange ”Rekvirering av stimulansmedel 2020”, dnr S/20/0026, samt:</p>
        <ol> <li>referens <strong>781</strong>, som fakturan märks med</li>
        <li>belopp</li>
        <li>kommunens konto för utbetalning och eventuella andra
        utbetalningsinstruktioner</li>
        <li>vad ni kommer att använda pengarna till (på rubriknivå, enligt punkterna under
        <em>Hur stimulansmedlen får användas</em>)</li> </ol>
        <p>Eftersom detta är ett statligt bidrag ska ni inte lägga på moms utan fakturerar
        endast den summa ni har tilldelats.</p>"""
    )


def test_memo_without_requisition_tells_that_the_money_is_paid_out(grant):
    grant.invoice_reference = grant.invoice_text = ""
    grant.save()
    grant.deadlines.filter(kind="requisition").delete()
    document = Document(make_memo(grant.body, grant=grant))

    section = document.section("invoice")

    assert (section.heading, plain(section.html)) == (
        "Utbetalning",
        "<p>Storsthlm betalar ut medlen till varje kommun. Ni behöver inte skicka någon "
        "faktura.</p>",
    )


def test_note_tells_the_key_the_statistics_and_their_sources(memo):
    document = Document(memo)

    assert plain(document.note.html) == (
        "<p>50 procent av medlen fördelas efter kommunernas andel av befolkningen i länet "
        "den 31 december 2019 och 50 procent fördelas efter kommunernas andel av antalet "
        "personer i länet som någon gång under 2018 var mottagare av kommunal hälso- och "
        "sjukvård. Befolkningsunderlaget är hämtat från SCB:s statistikdatabas. Antalet "
        "mottagare kommer från Socialstyrelsens register över kommunal hälso- och "
        "sjukvård.</p>"
    )


def test_split_budget_shows_both_sides_and_what_is_not_decided(neighbour):
    grant = make_split_care(neighbour)
    document = Document(memos.start(grant, by=make_member(neighbour), dated_on=MEMO_ON))

    table = document.facts.table
    assert (table.columns, table.totals) == (
        ("Region Stockholm, mkr", "Kommunerna, mkr"),
        ("13,4", "13,4"),
    )
    assert [(row.amounts, row.comment) for row in table.rows] == [
        (("3,2", "3,2"), "Tidigare 4 %."),
        (("Ej klart", "6,4"), "Fördelas enligt nyckel."),
        (("", "3,3"), "Förutsätter ytterligare beslut."),
        (("", "0,5"), ""),
        (("Ej klart", ""), ""),
    ]


def test_money_left_from_earlier_years_is_told(neighbour):
    grant = make_decided_near_care(neighbour, grant=make_split_care(neighbour))
    document = Document(make_memo(grant.body, grant=grant))

    assert (
        "6 429 930 kr av årets medel fördelas till kommunerna. Dessutom finns kvarvarande "
        "medel från Sammanhållen vård 2019 på 4 141 043 kr. Sammanlagt fördelas alltså "
        "10 570 973 kr till kommunerna."
    ) in plain(document.section("distribution").html)


def test_adjustment_stands_below_the_table_with_its_reason(storsthlm, grant, approver):
    handler = make_member(storsthlm)
    revision = distributions.revise(grant.distributions.get(), by=handler, reason="Avdrag")
    botkyrka = revision.allocations.get(municipality__code="0127")
    distributions.adjust(botkyrka, amount=-500, reason="Enligt beslut.", by=handler)
    distributions.decide(revision, by=approver, decided_on=date(2020, 4, 1))

    annex = Document(make_memo(grant.body, grant=grant)).annex

    assert [(mark, plain(text)) for mark, text in annex.notes] == [
        ("a", "Botkyrka: −500 kr. Enligt beslut.")
    ]
    assert plain(annex.rounding) == (
        "Beloppen är avrundade var för sig till hela kronor och justerade enligt noterna. "
        "De summerar till 67 999 498 kr, 502 kr mindre än de 68 000 000 kr som fördelas."
    )


def test_exact_amounts_have_no_line_on_rounding(neighbour):
    memo = make_memo(neighbour, rounding="exact")

    annex = Document(memo).annex

    assert (annex.total, annex.rounding) == (68_000_000, "")


def test_municipalities_stand_in_swedish_order(memo):
    names = [row.name for row in Document(memo).annex.rows]

    assert names[-6:] == [
        "Upplands Väsby",
        "Upplands-Bro",
        "Vallentuna",
        "Vaxholm",
        "Värmdö",
        "Österåker",
    ]


def test_written_text_follows_a_date_that_moves_until_it_is_published(memo, handler):
    memos.write(memo, kind="invoice", body="Senast [[sista dag]].", by=handler)
    deadlines = Deadline.objects.filter(grant=memo.grant, kind="requisition")
    deadlines.update(due_on=date(2020, 9, 15))

    published = memos.publish(memo, by=handler)
    deadlines.update(due_on=date(2020, 10, 1))

    published.refresh_from_db()
    text = text_of(PdfReader(BytesIO(bytes(published.pdf))))
    assert "Senast 15 september 2020." in text
    assert "1 oktober" not in text


def test_part_without_text_is_left_out(memo, handler):
    memos.write(memo, kind="background", body="", by=handler)

    assert "Bakgrund" not in Document(memo).html


def test_reset_makes_the_part_from_the_facts_again(memo, handler):
    memos.write(memo, kind="background", body="Eget", by=handler)

    memos.reset(memo, kind="background")

    assert "antog SKR" in Document(memo).section("background").html


def test_two_who_write_at_once_do_not_overwrite_each_other(memo, handler):
    memos.write(memo, kind="background", body="Den första", by=handler, seen="")

    with pytest.raises(Refused, match="changed_by_another"):
        memos.write(memo, kind="background", body="Den andra", by=handler, seen="")

    assert memo.sections.get().body == "Den första"


def test_publish_keeps_the_file_with_its_fingerprint(published):
    memo = published

    memo.refresh_from_db()
    document = (memo.pdf_size, memo.status, memo.version, memo.distribution.status)
    assert document == (len(bytes(memo.pdf)), "published", 1, "decided")
    assert len(memo.sha256) == 64


def test_publish_without_decided_distribution_is_refused(neighbour, handler):
    memo = memos.start(make_near_care(neighbour), by=handler, dated_on=MEMO_ON)

    with pytest.raises(Refused) as refusal:
        memos.publish(memo, by=handler)

    assert refusal.value.code == "facts_lacking"
    assert refusal.value.params["missing"] == [
        Missing("distribution", set_in="distribution")
    ]


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("[[undertecknare]]", Missing("fact", "undertecknare", "body")),
        ("[[fel namn]]", Missing("unknown", "fel namn", "background")),
        ("\N{SNOWMAN}", Missing("letters", "\N{SNOWMAN}")),
    ],
)
def test_publish_with_something_missing_is_refused(memo, handler, body, missing):
    memos.write(memo, kind="background", body=body, by=handler)

    with pytest.raises(Refused) as refusal:
        memos.publish(memo, by=handler)

    assert refusal.value.params["missing"] == [missing]
    memo.refresh_from_db()
    assert memo.is_draft


def test_last_day_is_the_latest_of_the_municipalities(memo):
    for actor, month in (("municipalities", 11), ("municipalities", 10), ("body", 12)):
        memo.grant.deadlines.create(
            kind="requisition", actor=actor, due_on=date(2020, month, 1)
        )

    assert Document(memo).facts.by_name["sista dag"].value == day(date(2020, 11, 1))


def test_publish_without_last_day_says_where_it_is_told(memo, handler):
    memo.grant.deadlines.filter(kind="requisition").delete()

    assert Document(memo).missing == [Missing("fact", "sista dag", "deadlines")]


def test_publish_is_refused_when_a_fact_has_changed_since_it_was_read(memo, handler):
    seen = Document(memo).fingerprint
    memo.grant.deadlines.update(due_on=date(2020, 9, 1))

    with pytest.raises(Refused, match="changed"):
        memos.publish(memo, by=handler, seen=seen)


@pytest.mark.usefixtures("quick_pdf")
def test_second_publication_is_refused(memo, handler):
    memos.publish(memo, by=handler)

    with pytest.raises(Refused, match="published"):
        memos.publish(memo, by=handler)

    assert Memo.objects.filter(grant=memo.grant).count() == 1


CHANGES = [
    "UPDATE reporting_memo SET dated_on = '2020-01-01'",
    "UPDATE reporting_memo SET pdf = 'x', pdf_size = 1",
    "DELETE FROM reporting_memo",
    "UPDATE reporting_memosection SET body = 'x'",
    "DELETE FROM reporting_memosection",
    "INSERT INTO reporting_memosection (memo_id, kind, body, edited_by_id, edited_at)"
    " SELECT memo_id, 'use', 'x', edited_by_id, now() FROM reporting_memosection",
]


@pytest.mark.usefixtures("quick_pdf")
@pytest.mark.parametrize("sql", CHANGES)
def test_published_memo_refuses_every_change_by_sql(memo, handler, sql):
    memos.write(memo, kind="background", body="Eget", by=handler)
    memos.publish(memo, by=handler)

    with (
        pytest.raises(DatabaseError, match=r"cannot change|Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_published_memo_refuses_changes_by_the_orm(published, handler):
    memo = published

    for change in [
        lambda: Memo.objects.filter(pk=memo.pk).update(title="Annat"),
        lambda: Memo.objects.filter(pk=memo.pk).delete(),
        lambda: MemoSection.objects.create(memo=memo, kind="use", edited_by=handler),
    ]:
        refused = pytest.raises(DatabaseError, match=r"cannot change|Cannot")
        with refused, transaction.atomic():
            change()


def test_file_with_another_fingerprint_is_refused_by_the_database(memo, handler):
    with pytest.raises(DatabaseError, match="fingerprint"), transaction.atomic():
        Memo.objects.filter(pk=memo.pk).update(
            status="published",
            distribution=memo.grant.distributions.get(),
            published_by=handler,
            published_at=Now(),
            pdf=b"x",
            pdf_size=1,
            sha256="0" * 64,
        )


def test_correction_stands_at_the_top(published, handler, approver, monkeypatch):
    first = published
    revision = distributions.revise(
        first.distribution, by=handler, reason="Botkyrkas belopp var fel."
    )
    botkyrka = revision.allocations.get(municipality__code="0127")
    distributions.adjust(botkyrka, amount=500, reason="Rättat.", by=handler)
    distributions.decide(revision, by=approver, decided_on=date(2020, 4, 10))

    second = memos.start(
        first.grant,
        by=handler,
        dated_on=date(2020, 4, 14),
        correction="Botkyrkas belopp är rättat.",
    )
    monkeypatch.undo()
    text = text_of(PdfReader(BytesIO(bytes(memos.publish(second, by=handler).pdf))))

    assert (
        "Rättad version 2, 14 april 2020. Botkyrkas belopp är rättat. "
        "Ny fördelning: Botkyrkas belopp var fel. "
        "Ändrade belopp finns i bilaga 1: 1 kommun."
    ) in text
    assert "Botkyrka 2 959 680 2 960 180 +500" in text


@pytest.mark.usefixtures("quick_pdf")
def test_correction_starts_with_the_texts_that_were_written(memo, handler):
    memos.write(memo, kind="background", body="Eget", by=handler)
    memos.publish(memo, by=handler)

    second = memos.start(memo.grant, by=handler, dated_on=MEMO_ON, correction="Fel dag.")

    assert list(second.sections.values_list("kind", "body")) == [("background", "Eget")]


def test_new_version_says_what_it_corrects(published, handler):
    with pytest.raises(Refused, match="correction_lacking"):
        memos.start(published.grant, by=handler, dated_on=MEMO_ON)


def test_one_draft_at_a_time(memo, handler):
    with pytest.raises(Refused, match="draft_exists"):
        memos.start(memo.grant, by=handler, dated_on=MEMO_ON)


def test_document_costs_the_same_however_many_municipalities_and_lines(
    memo, handler, django_assert_num_queries
):
    _ = Document(memo).html
    with connection.cursor():
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as few:
            _ = Document(memo).html
    for position in range(3):
        memo.grant.purposes.create(heading=f"Syfte {position}", text="Ett\nTvå")
        memo.grant.budget_lines.create(activity=f"Rad {position}", amount=1)

    with django_assert_num_queries(len(few)):
        _ = Document(memo).html


def test_every_kind_has_a_text(memo):
    document = Document(memo)

    empty = [kind for kind in SectionKind if not document.section(kind).html]
    assert empty == []
