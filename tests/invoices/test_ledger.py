"""The ledger: what has become of every krona, and where each figure comes from."""

import csv
import io
import re
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from grants.distribution import (
    Part,
    decide,
    draft,
    draft_parts,
    plan_of,
    revise,
    save,
)
from grants.models import Distribution, KeyComponent
from invoices.ledger import account_of, carried_shares, ledger_of
from invoices.payments import make_batch, read_back, release
from invoices.redistribution import redistribute
from invoices.repayment import return_to_state
from municipalities.models import Municipality
from tests.factories import (
    make_approved,
    make_body,
    make_carry_over,
    make_decided,
    make_funds,
    make_grant,
    make_key,
    make_member,
    make_municipal_member,
    make_offered,
    make_requisition,
    make_statistic,
    publish_memo,
)
from tests.invoices.settling import settled_own
from tests.invoices.test_concurrency import Outcome

pytestmark = pytest.mark.django_db

DAY = date(2020, 9, 15)


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


def amount_of(distribution, code):
    return distribution.allocations.get(municipality__code=code).amount


def row_of(ledger, code):
    return next(row for row in ledger.rows if row.municipality.code == code)


def figures(row):
    return (
        *(row.first, row.changed, row.carried, row.declined),
        *(row.claimed, row.approved, row.on_the_way, row.paid, row.left),
    )


def pay(batch, *codes):
    """Let the bank say that these went through."""
    payments = batch.payments.filter(requisition__municipality__code__in=codes)
    outcomes = [Outcome(each.end_to_end_id, is_paid=True, on=DAY) for each in payments]
    read_back(batch, outcomes, by=batch.made_by, today=DAY)


@pytest.fixture
def busy(offered, storsthlm):
    """Botkyrka is paid, Solna sent, Nacka approved, Täby sent a part in, Salem declines."""
    make_funds(offered.grant, 5_000_000)
    batch = make_batch(
        storsthlm,
        [make_approved(offered, code) for code in ("0127", "0184")],
        by=make_member(storsthlm),
        execute_on=DAY,
    )
    release(batch, by=make_member(storsthlm))
    pay(batch, "0127")
    make_approved(offered, "0182")
    make_requisition(offered, "0160", amount=100_000)
    make_requisition(offered, "0128", amount=0)
    return offered


def test_ledger_follows_every_krona(busy):
    ledger = ledger_of(busy.grant)
    amount = {code: amount_of(busy, code) for code in ("0127", "0184", "0182", "0160")}
    salem, stockholm = amount_of(busy, "0128"), amount_of(busy, "0180")

    assert {
        code: figures(row_of(ledger, code))
        for code in ("0127", "0184", "0182", "0160", "0128", "0180")
    } == {
        "0127": (*(amount["0127"], 0, 0, 0), *([amount["0127"]] * 2), 0, amount["0127"], 0),
        "0184": (
            *(amount["0184"], 0, 0, 0),
            *([amount["0184"]] * 3),
            *(0, amount["0184"]),
        ),
        "0182": (*(amount["0182"], 0, 0, 0), *([amount["0182"]] * 2), 0, 0, amount["0182"]),
        "0160": (
            *(amount["0160"], 0, 0, amount["0160"] - 100_000),
            *(100_000, 0, 0, 0, 100_000),
        ),
        "0128": (salem, 0, 0, salem, 0, 0, 0, 0, 0),
        "0180": (stockholm, 0, 0, 0, 0, 0, 0, 0, stockholm),
    }
    assert (ledger.agrees, ledger.missing, ledger.total.allocated) == (True, 0, 20_000_000)
    assert ledger.total.left == (
        20_000_000 - amount["0127"] - salem - amount["0160"] + 100_000
    )
    assert (ledger.income, ledger.held) == (
        5_000_000,
        5_000_000 - amount["0127"] - amount["0184"],
    )


def test_ledger_waits_for_a_decision(storsthlm, client):
    grant = make_grant(storsthlm)
    client.force_login(make_member(storsthlm))

    assert ledger_of(grant) is None
    page = client.get(reverse("invoices:ledger_detail", args=[grant.pk]))
    assert "Det finns inga pengar att följa än." in page.content.decode()


@pytest.fixture
def own(storsthlm):
    """A grant that is the region's own, as when it is theirs to use for a minority."""
    grant = make_grant(storsthlm, amount=250_000)
    grant.budget_lines.update(side="region", is_distributed=False)
    make_funds(grant, 250_000)
    return grant


def words_of(response):
    """Return the page's text with ordinary spaces, one after another."""
    text = re.sub("<[^>]*>", " ", response.content.decode())
    return " ".join(text.split())


def test_grant_without_distribution_has_a_ledger_of_its_own(own, client):
    settled_own(own, "region", 234_054, 15_946)
    client.force_login(make_member(own.body))
    url = reverse("invoices:ledger_detail", args=[own.pk])

    ledger = ledger_of(own)

    assert (ledger.current, ledger.rows, ledger.budget) == (None, (), 250_000)
    assert (ledger.income, ledger.used, ledger.returned) == (250_000, 234_054, 0)
    assert (ledger.held, ledger.accounted) == (15_946, 250_000)
    assert (ledger.agrees, ledger.is_closed) == (True, False)
    page = client.get(url)
    [(name, address, cells)] = page.context["after_rows"]
    assert name == "Regionen"
    assert [cell.amount for cell in cells] == [250_000, 234_054, 0, 15_946, 0]
    opened = {address, *(cell.url for cell in cells)} - {""}
    assert [client.get(each).status_code for each in opened] == [200] * len(opened)
    words = words_of(page)
    assert "Hela budgeten är vår egen" in words
    assert "Regionen 250 000 kr = hela budgeten 250 000 kr" in words
    assert "15 946 kr är kvar hos oss: att betala ut" in words
    sheet = client.get(url, {"format": "csv"}).content.decode("utf-8-sig")
    [_head, line] = sheet.splitlines()
    assert line.split(";")[1:] == ["Regionen", "250000", "234054", "0", "15946", "0"]

    approver = make_member(own.body, role="approver")
    return_to_state(own, amount=15_946, on=DAY, recipient="Sametinget", by=approver)
    ledger = ledger_of(own)

    assert (ledger.returned, ledger.held, ledger.is_closed) == (15_946, 0, True)
    assert "Avstämningen är noll" in words_of(client.get(url))
    listed = client.get(reverse("invoices:repayment_list", args=[own.pk]))
    assert [each.amount for each in listed.context["returns"]] == [15_946]


def test_undistributed_budget_says_what_is_lacking(own, client):
    own.budget_lines.create(activity="Till kommunerna", amount=40, is_distributed=True)
    client.force_login(make_member(own.body))

    ledger = ledger_of(own)

    assert (ledger.planned, ledger.budget, ledger.missing) == (40, 250_040, -40)
    words = words_of(client.get(reverse("invoices:ledger_detail", args=[own.pk])))
    assert "+ att fördela 40 kr = hela budgeten 250 040 kr" in words
    assert "Inget är fördelat till kommunerna än" in words


def test_later_versions_stand_beside_the_first(offered, storsthlm):
    offered.grant.budget_lines.update(amount=21_000_000)
    decide(
        revise(offered, by=make_member(storsthlm), reason="Mer pengar"),
        by=make_member(storsthlm, role="approver"),
        decided_on=date(2020, 5, 1),
    )

    ledger = ledger_of(offered.grant)

    row = row_of(ledger, "0127")
    assert row.first == amount_of(offered, "0127")
    assert row.changed == amount_of(ledger.current, "0127") - row.first
    assert (ledger.total.first, ledger.total.changed) == (20_000_000, 1_000_000)
    assert ledger.agrees


def test_redistribution_moves_money_between_rows(offered, storsthlm):
    for allocation in offered.allocations.select_related("municipality"):
        code = allocation.municipality.code
        facts = {"0128": {"amount": 0}, "0184": {"wants_more": True}}.get(code, {})
        make_requisition(offered, code, **facts)
    version = decide(
        redistribute(
            offered.grant,
            close=(),
            by=make_member(storsthlm),
            reason="Omfördelning",
            today=DAY,
        ),
        by=make_member(storsthlm, role="approver"),
        decided_on=DAY,
    )
    publish_memo(version, version=2)

    ledger = ledger_of(offered.grant)

    salem = amount_of(offered, "0128")
    assert figures(row_of(ledger, "0128"))[:4] == (salem, -salem, 0, 0)
    assert row_of(ledger, "0184").changed == salem
    assert (ledger.total.changed, ledger.total.declined) == (0, 0)
    assert ledger.agrees


def test_one_that_takes_part_no_longer_keeps_its_row(offered, storsthlm):
    plan_without = revise(offered, by=make_member(storsthlm), reason="Utan Salem")
    plan = plan_of(plan_without)
    save(
        plan_without,
        replace(
            plan,
            participants={
                code: each for code, each in plan.participants.items() if code != "0128"
            },
        ),
        by=make_member(storsthlm),
    )
    decide(
        plan_without,
        by=make_member(storsthlm, role="approver"),
        decided_on=date(2020, 5, 1),
    )

    ledger = ledger_of(offered.grant)

    salem = amount_of(offered, "0128")
    assert figures(row_of(ledger, "0128")) == (salem, -salem, 0, 0, 0, 0, 0, 0, 0)
    assert (len(ledger.rows), ledger.agrees) == (26, True)


def test_money_from_earlier_years_is_shared_to_the_krona(storsthlm):
    grant = make_grant(storsthlm, amount=18_000_000)
    make_carry_over(grant, 1_000_001)
    key = make_key(storsthlm)
    KeyComponent.objects.create(key=key, kind="top_slice", percent=4, position=5)
    version = decide(
        draft(grant, key=key, by=make_member(storsthlm)),
        by=make_member(storsthlm, role="approver"),
        decided_on=date(2020, 3, 16),
    )

    ledger = ledger_of(grant)

    # 4 percent of the pot, and so of what is carried, is set aside.
    assert ledger.total.carried == 960_001
    whole = 960_001 * amount_of(version, "0127") // version.to_municipalities
    assert row_of(ledger, "0127").carried in {whole, whole + 1}
    assert ledger.agrees


@given(
    carried=st.integers(0, 10**9),
    amounts=st.dictionaries(st.integers(1, 10**6), st.integers(0, 10**9), max_size=20),
    set_aside=st.integers(0, 10**9),
    difference=st.integers(-20, 20),
)
def test_carried_shares_never_exceed_what_is_carried(
    carried, amounts, set_aside, difference
):
    version = Distribution(
        carry_over_amount=carried, set_aside=set_aside, difference=difference
    )

    shares = carried_shares(version, amounts)

    assert shares.keys() == amounts.keys()
    assert 0 <= sum(shares.values()) <= carried
    if max(set_aside + difference, 0) == 0 and any(amounts.values()):
        assert sum(shares.values()) == carried


def test_rounding_difference_is_part_of_the_equation(storsthlm):
    version = make_decided(storsthlm, amount=20_000_007, rounding="each")

    ledger = ledger_of(version.grant)

    assert ledger.agrees
    assert ledger.total.allocated + version.difference == 20_000_007


def test_account_tells_every_posting(busy):
    account = account_of(ledger_of(busy.grant), "0127")

    amount = amount_of(busy, "0127")
    assert [(v.distribution, v.amount, v.change) for v in account.versions] == [
        (busy, amount, amount)
    ]
    assert [(r.status, r.amount) for r in account.requisitions] == [("paid", amount)]
    assert [(p.status, p.paid_on) for p in account.payments] == [("paid", DAY)]
    assert account_of(ledger_of(busy.grant), "2080") is None


# The pages ---------------------------------------------------------------------------


@pytest.fixture
def page(busy):
    return reverse("invoices:ledger_detail", args=[busy.grant_id])


def test_every_figure_opens_its_origin(as_handler, busy, page):
    context = as_handler.get(page).context

    def urls(code):
        [(_, own, cells)] = [row for row in context["rows"] if row[0].code == code]
        return own, {str(cell.label): cell.url for cell in cells if cell.url}

    paid = busy.grant.requisitions.get(municipality__code="0127")
    own, found = urls("0127")
    requisition = reverse("invoices:requisition_detail", args=[paid.pk])
    assert list(found.values()) == [
        reverse("grants:allocation_detail", args=[busy.pk, "0127"]),
        requisition,
        requisition,
        paid.payments.get().batch.get_absolute_url(),
    ]
    declined = busy.grant.requisitions.get(municipality__code="0128")
    assert (
        reverse("invoices:requisition_detail", args=[declined.pk])
        in urls("0128")[1].values()
    )
    opened = [own, *found.values()]
    assert [as_handler.get(url).status_code for url in opened] == [200] * len(opened)


def test_page_before_a_decision(as_handler, storsthlm):
    grant = make_grant(storsthlm)

    response = as_handler.get(reverse("invoices:ledger_detail", args=[grant.pk]))

    assert (response.status_code, response.context["ledger"]) == (200, None)


def test_file_holds_what_the_page_shows(as_handler, page):
    context = as_handler.get(page).context
    response = as_handler.get(page, {"format": "csv"})

    text = response.content.decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text), delimiter=";")
    shown = [
        [municipality.code, municipality.name, *(str(cell.amount) for cell in cells)]
        for municipality, _url, cells in context["rows"]
    ]
    width = 2 + len(context["columns"])
    assert [row[:width] for row in rows[:-1]] == shown
    assert rows[-1][2:width] == [str(cell.amount) for cell in context["sums"]]
    after = context["after_columns"][1:]
    assert header[2:] == [str(each.label) for each in [*context["columns"], *after]]
    paid = {
        name: [str(cell.amount) for cell in cells[1:]]
        for name, _url, cells in context["after_rows"]
    }
    assert paid
    assert {row[1]: row[width:] for row in rows if row[1] in paid} == paid
    assert as_handler.get(page, {"format": "xlsx"}).status_code == 200


def count_queries(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_ledger_costs_the_same_with_26_and_290(as_handler, storsthlm):
    small = make_offered(storsthlm)
    make_requisition(small)
    country = make_grant(storsthlm)
    everyone = Municipality.objects.by_code()
    statistic = make_statistic(
        storsthlm, dict.fromkeys(everyone, 1_000), on=date(2019, 12, 31)
    )
    large = decide(
        draft_parts(
            country,
            [Part(kind="statistic", weight=1, statistic=statistic)],
            key=None,
            rounding="exact",
            participants=everyone,
            by=make_member(storsthlm),
        ),
        by=make_member(storsthlm, role="approver"),
        decided_on=date(2020, 3, 16),
    )
    publish_memo(large)
    for code in ("0127", "2080", "2584"):
        make_requisition(large, code)

    counts = [
        count_queries(as_handler, reverse("invoices:ledger_detail", args=[each.grant_id]))
        for each in (small, large)
    ]
    accounts = [
        count_queries(
            as_handler,
            reverse("invoices:ledger_municipality", args=[each.grant_id, "0127"]),
        )
        for each in (small, large)
    ]

    assert counts[0] == counts[1]
    assert accounts[0] == accounts[1]


def test_others_are_kept_out(client, page, busy):
    own = reverse("invoices:ledger_municipality", args=[busy.grant_id, "0127"])
    nobody = reverse("invoices:ledger_municipality", args=[busy.grant_id, "2080"])

    client.force_login(make_member(busy.grant.body, role="auditor"))
    inside = [client.get(url).status_code for url in (page, own, nobody)]
    client.force_login(make_municipal_member())
    municipal = [client.get(url).status_code for url in (page, own)]
    client.force_login(make_member(make_body("Annat förbund")))
    other = [client.get(url).status_code for url in (page, own)]

    assert (inside, municipal, other) == ([200, 200, 404], [403, 403], [404, 404])
