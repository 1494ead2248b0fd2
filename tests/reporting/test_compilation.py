"""The compilation of a round: what it comes to, against the ledger, and its pages."""

from copy import deepcopy
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grants.models import Grant
from invoices.ledger import ledger_of
from invoices.payments import make_batch, release
from reporting.charts import Year
from reporting.compilation import compile_round
from reporting.compilation_words import changes_since
from reporting.compiled import Remark
from reporting.grant_years import years_of
from reporting.models import ReportRound
from reporting.report import begin_correction
from reporting.report_decisions import accept, outcome_of, request_completion
from reporting.stages import Stage
from tests.factories import (
    make_approved,
    make_body,
    make_funds,
    make_member,
    make_offered,
)
from tests.invoices.settling import make_paid, pay, settled
from tests.reporting.report_rounds import make_round
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_report,
    make_sent,
    open_round_of,
    send,
    write,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)
INTERIM_REST = {
    "hinner": "ja",
    "insatser.1.text": "Utbildning",
    "insatser.1.state": "planned",
    "utmaningar": "Tid",
    "jamstalldhetsperspektiv": "Uppdelat",
    "jamstalld_halsa": "Ja",
    "samverkan": "nej",
}


@pytest.fixture(scope="module")
def made(once):
    """An open round, made once for them all."""
    return make_open_round(make_body())


@pytest.fixture
def found(made):
    return deepcopy(made)


@pytest.fixture
def storsthlm(found):
    return found.grant.body


def url(found, key=""):
    """Return the address of the compilation, or of one question."""
    name = "compilation_question" if key else "compilation"
    args = [found.grant_id, found.pk, *([key] if key else [])]
    return reverse(f"reporting:{name}", args=args)


def anew(found):
    """Return the round as a page finds it."""
    return ReportRound.objects.get(pk=found.pk)


def money_of(compilation, *codes):
    """Return paid, used, to repay and difference of some municipalities."""
    return {
        code: (row.paid, row.used, row.to_repay, row.difference)
        for code in codes
        for row in [compilation.by_code[code]]
    }


def test_small_round_is_compiled(found):
    purpose = found.read.question("anvant").rows[0].key
    make_sent(found, "0127")
    make_sent(found, "0114", used=100, to_repay=0, **{"insatser.1.state": "planned"})
    write(make_report(found, "0160"), final_answers(found))

    made = compile_round(found, TODAY)

    names = [row.name for row in made.rows]
    assert names == sorted(
        names, key=lambda name: name.translate(str.maketrans("ÖÄÅ", "}|{"))
    )
    assert money_of(made, "0127", "0114", "0160", "0136") == {
        "0127": (100, 80, 20, 0),
        "0114": (100, 100, 0, 0),
        "0160": (100, None, None, None),
        "0136": (0, None, None, None),
    }
    totals = made.totals
    assert (totals.paid, totals.used, totals.to_repay) == (300, 180, 20)
    assert (totals.difference, totals.carried_over, totals.paid_to_missing) == (
        0,
        None,
        100,
    )
    assert [row.code for row in made.reported] == ["0127", "0114"]
    stages = [made.by_code[code].stage for code in ("0127", "0160", "0136")]
    assert stages == [Stage.SENT, Stage.BEGUN, Stage.NOT_BEGUN]
    ledger = ledger_of(found.grant).total
    assert (totals.allocated, totals.requested, totals.paid) == (
        ledger.allocated,
        ledger.claimed,
        ledger.paid,
    )

    used = made.used_question
    assert used.lines[0].by_municipality == {"0127": 80, "0114": 100}
    assert used.whole.by_municipality == {"0127": 80, "0114": 100}
    assert [line.total for line in used.lines[1:]] == [0] * (len(used.lines) - 1)
    chosen = made.by_question["samverkan"].chosen
    assert [(each.option.key, each.codes) for each in chosen] == [
        ("ja", ()),
        ("nej", ("0127", "0114")),
    ]
    asked = made.by_question["samverkan_hur"]
    assert (asked.answered, asked.not_asked) == ((), ("0127", "0114"))
    activities = made.by_question["insatser"].by_state
    assert {state: [each.code for each in some] for state, some in activities.items()} == {
        "done": ["0127"],
        "planned": ["0114"],
    }
    figures = made.figures
    assert {
        key: figures.get(key)
        for key in ("utbetalat", "utbetalat.0160", "anvant", f"anvant.{purpose}.0127")
    } == {
        "utbetalat": 300,
        "utbetalat.0160": 100,
        "anvant": 180,
        f"anvant.{purpose}.0127": 80,
    }
    assert not [key for key in figures if key.startswith("anvant") and "0160" in key]
    assert changes_since(figures, made) == []


def test_what_counts_is_the_latest_that_was_sent_in(found, storsthlm):
    by = make_member(storsthlm, role="approver")
    asked, correcting, accepted = (
        make_sent(found, code) for code in ("0114", "0127", "0160")
    )
    request_completion(
        asked, by=by, sections=["medel"], reason="Mer", due_on=date(2099, 2, 1), seen=1
    )
    write(asked, final_answers(found, used=1, to_repay=99))
    begin_correction(correcting, by=by)
    write(correcting, final_answers(found, used=70, to_repay=30))
    outcome = outcome_of(found.read, accepted.versions.get().typed, {"utbetalat": 100})
    accept(accepted, by=by, seen=1, outcome=outcome)

    made = compile_round(found, TODAY)

    used = {row.code: (row.used, row.stage) for row in made.reported}
    assert used == {
        "0114": (80, Stage.RETURNED),
        "0127": (80, Stage.SENT),
        "0160": (80, Stage.ACCEPTED),
    }
    assert [row.code for row in made.preliminary] == ["0114"]
    assert made.by_code["0127"].received.is_correcting
    assert made.remarked == []

    send(correcting, reason="Fel summa")
    settled(found.grant, "0160", 90, 10, reason="Räknade om", by=by)
    again = compile_round(found, TODAY)
    assert again.by_code["0127"].used == 70
    assert again.by_code["0127"].received.version == 2
    assert again.by_code["0160"].remarks == (Remark("differs_from_settled", 80, 90),)
    assert {
        (each.key, each.before, each.now)
        for each in changes_since(made.figures, again)
        if each.key.startswith("aterbetalas")
    } == {("aterbetalas", 60, 70), ("aterbetalas.0127", 20, 30)}


def test_years_follow_each_other(storsthlm):
    grants = []
    for year in (2018, 2019, 2020):
        grant = make_paid(storsthlm, codes=("0127", "0114"), amount=year).grant
        Grant.objects.filter(pk=grant.pk).update(
            year=year, follows=grants[-1] if grants else None
        )
        grants.append(grant.pk)
    settled(Grant.objects.get(pk=grants[0]), "0127", 2000, 18)

    last = Grant.objects.get(pk=grants[-1])
    with CaptureQueriesContext(connection) as queries:
        years = years_of(last, used=7)

    assert years == [
        Year("2018", grants[0], 4036, 2000),
        Year("2019", grants[1], 4038, None),
        Year("2020", grants[2], 4040, 7),
    ]
    assert len(queries) == 3
    Grant.objects.filter(pk=grants[0]).update(follows=grants[-1])
    assert [year.grant for year in years_of(last, used=None)] == grants


# The pages -------------------------------------------------------------------------------


def test_every_number_opens_its_source(client, found, storsthlm):
    row = found.read.question("anvant").rows[0]
    make_sent(found, "0127")
    client.force_login(make_member(storsthlm))

    page = client.get(url(found)).content.decode()

    report = reverse(
        "reporting:received_report_detail", args=[found.grant_id, found.pk, "0127"]
    )
    account = reverse("invoices:ledger_municipality", args=[found.grant_id, "0160"])
    ledger = reverse("invoices:ledger_detail", args=[found.grant_id])
    assert f'<a href="{report}">80</a>' in page
    assert f'<a href="{report}">20</a>' in page
    assert f'<a href="{account}">100</a>' in page
    assert f'<a href="{ledger}">300</a>' in page
    assert f'<a href="{url(found, "anvant")}#syfte-{row.key}">80</a>' in page
    assert f'id="syfte-{row.key}"' in client.get(url(found, "anvant")).content.decode()


def test_used_by_purpose_stands_beside_what_was_asked_for(client, storsthlm):
    offered = make_offered(storsthlm)
    purpose = offered.grant.purposes.get()
    make_funds(offered.grant, 150)
    approved = [
        make_approved(offered, "0127", amount=100, uses={purpose.pk: 60}),
        make_approved(offered, "0114", amount=50),
    ]
    handler = make_member(storsthlm)
    batch = make_batch(storsthlm, approved, by=handler, execute_on=date(2020, 9, 15))
    pay(release(batch, by=make_member(storsthlm)), storsthlm)
    found = open_round_of(offered.grant, kind="interim")
    write(make_report(found), {f"anvant.p{purpose.pk}": "45", **INTERIM_REST})
    send(found.reports.get())
    client.force_login(handler)

    (table,) = client.get(url(found)).context["purpose_tables"]

    assert [(line.planned, line.line.total, line.left) for line in table.lines] == [
        (60, 45, 15)
    ]
    assert (table.planned, table.planned_otherwise, table.left) == (150, 90, 105)
    assert [(bar.whole, bar.part) for bar in table.chart.bars] == [(60, 45)]


def test_pages_before_anybody_has_reported(client, storsthlm):
    offered = make_paid(storsthlm)
    waiting = make_round(offered.grant)
    found = open_round_of(offered.grant, kind="interim")
    client.force_login(make_member(storsthlm))

    assert "made" not in client.get(url(waiting)).context
    assert client.get(url(waiting, "anvant")).status_code == 404
    page = client.get(url(found))
    assert (page.status_code, page.context["made"].reported) == (200, [])
    assert client.get(url(found, "anvant")).status_code == 200
    assert client.get(url(found, "finns_inte")).status_code == 404


def test_pages_cost_the_same_however_many(client, storsthlm):
    client.force_login(make_member(storsthlm))
    keys = ("", "anvant", "insatser", "utmaningar")
    counts = []
    for codes in (("0127",), ("0127", "0114", "0160")):
        found = make_open_round(storsthlm, codes=codes)
        for code in codes:
            make_sent(found, code)
        client.get(url(found))
        with CaptureQueriesContext(connection) as queries:
            reported = compile_round(anew(found), TODAY).reported
        spent = [len(queries)]
        for key in keys:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url(found, key)).status_code == 200
            spent.append(len(queries))
        counts.append((len(reported), spent))

    assert counts == [(1, counts[0][1]), (3, counts[0][1])]


# Side by side ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_sent(made):
    """A round that two of three have reported in, and a handler. It is only read."""
    body = made.grant.body
    found = make_open_round(body, codes=("0114", "0127", "0160"))
    make_sent(found, "0127")
    make_sent(
        found,
        "0114",
        used=95,
        to_repay=5,
        utmaningar="Rad ett\nrad två",
        samverkan="ja",
        samverkan_hur="Alla grannar",
    )
    return found, make_member(body)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("anvant", ["<a href", ">80</td>", ">95</td>", ">175</td>"]),
        ("aterbetalas", [">20</td>", ">5</td>", ">25</td>"]),
        ("utmaningar", ["Att nå dem", "Rad ett<br>rad två"]),
        ("samverkan", ["Ja", "Nej"]),
        ("insatser", ["Utbildning i suicidprevention"]),
        ("samverkan_hur", ["Danderyd, Ekerö", "Alla grannar"]),
    ],
)
def test_answers_to_a_question_stand_side_by_side(client, two_sent, key, words):
    found, by = two_sent
    client.force_login(by)

    page = client.get(url(found, key)).content.decode()

    assert [each for each in words if each not in page] == []


def test_one_municipality_is_read_by_itself(client, two_sent):
    found, by = two_sent
    client.force_login(by)

    page = client.get(url(found, "anvant"), {"kommun": "0127"})
    assert page.context["summary"].total == 80
    assert page.context["silent"] == []
    missing = client.get(url(found, "anvant"), {"kommun": "0160"}).context
    assert (missing["summary"].total, missing["silent"][0][1]) == (None, ["Täby"])
    unasked = client.get(url(found, "samverkan_hur"), {"kommun": "0127"}).context
    assert [names for _why, names in unasked["silent"]] == [["Botkyrka"]]
    nobody = client.get(url(found, "anvant"), {"kommun": "<9999>"}).context
    assert (nobody["only"], nobody["summary"].total) == (None, 175)
    turns = client.get(url(found, "aterbetalas")).context
    assert (turns["before"].key, turns["after"].key) == ("anvant", "varfor_kvar")
    assert client.get(url(found, "anvant")).context["before"] is None


def test_pages_are_the_bodys_own(client, two_sent):
    found, _by = two_sent
    client.force_login(make_member(make_body("Andra", county="03")))

    assert client.get(url(found)).status_code == 404
    assert client.get(url(found, "anvant")).status_code == 404
