"""A redistribution: what is handed out again, to whom, and how it is told."""

from copy import deepcopy
from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from grants.allocation import (
    FixedAmounts,
    Rounding,
    TopSlice,
    WeightedStatistic,
    allocate,
)
from grants.distribution import Refused, adjust, decide, revise
from grants.distribution import draft as draft_by_key
from grants.models import Deadline, KeyComponent
from invoices.offers import State, offer_to
from invoices.redistribution import Fate, propose, redistribute
from invoices.requisition import send_back
from reporting.key_note import key_note
from reporting.memo import Document, start
from tests.factories import (
    make_body,
    make_decided,
    make_draft,
    make_member,
    make_municipal_member,
    make_offered,
    make_requisition,
    publish_memo,
)

pytestmark = pytest.mark.django_db

AFTER = date(2020, 9, 1)
BEFORE = date(2020, 8, 30)


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


def amount_of(distribution, code):
    return distribution.allocations.get(municipality__code=code).amount


def amounts_of(distribution):
    return dict(distribution.allocations.values_list("municipality__code", "amount"))


def answer_all(offered, **others):
    """Let everyone ask for its whole amount, but for those named: amount or facts."""
    for code in amounts_of(offered):
        facts = others.get(f"c{code}", {})
        if facts is not None:
            make_requisition(offered, code, **facts)


@pytest.fixture(scope="module")
def made_and_answered(offered_once):
    """Botkyrka declines, Täby takes a part, Salem is silent; Solna and Nacka want more.

    Of another grant than the offer that nobody has answered.
    """
    offered = make_offered(offered_once.grant.body)
    answer_all(
        offered,
        c0127={"amount": 0},
        c0160={"amount": 100_000},
        c0128=None,
        c0184={"wants_more": True},
        c0182={"wants_more": True},
    )
    return offered


@pytest.fixture
def answered(made_and_answered):
    return deepcopy(made_and_answered)


def sums(version):
    return version.pot == (
        version.set_aside + version.difference + sum(amounts_of(version).values())
    )


def redraft(offered, close=("0128",), today=AFTER, reason="Omfördelning"):
    return redistribute(
        offered.grant,
        close=close,
        by=make_member(offered.grant.body),
        reason=reason,
        today=today,
    )


def test_declined_and_unclaimed_goes_to_those_who_want_more(answered):
    before = amounts_of(answered)
    pool = before["0127"] + before["0160"] - 100_000 + before["0128"]

    proposal = propose(answered.grant, today=AFTER)
    draft = redraft(answered)

    after = amounts_of(draft)
    assert (proposal.pool, proposal.declined, proposal.unclaimed) == (
        pool,
        pool - before["0128"],
        before["0128"],
    )
    assert proposal.outcome.parts == after
    changed = {code: after[code] - before[code] for code in after}
    more = {code: changed.pop(code) for code in ("0184", "0182")}
    assert {code: change for code, change in changed.items() if change} == {
        "0127": -before["0127"],
        "0128": -before["0128"],
        "0160": 100_000 - before["0160"],
    }
    # By population 2018, as the key has it: Nacka 103 656, Solna 80 950.
    assert (
        more
        == allocate(
            pool, [WeightedStatistic(1, {"0182": 103_656, "0184": 80_950})], more
        ).parts
    )
    assert sums(draft)
    assert (draft.version, draft.reason, draft.is_redistribution) == (
        2,
        "Omfördelning",
        True,
    )


def test_those_who_keep_their_offer_keep_it(answered):
    draft = redraft(answered, close=())

    assert amount_of(draft, "0128") == amount_of(answered, "0128")


def test_a_part_is_not_a_wish_for_more(offered):
    make_requisition(offered, "0160", amount=1, wants_more=True)
    make_requisition(offered, "0184", wants_more=True)

    proposal = propose(offered.grant, today=BEFORE)

    assert [line.municipality.code for line in proposal.wanting] == ["0184"]


def test_top_slice_stays_and_base_is_not_given_again(storsthlm):
    version = make_decided(storsthlm)
    key = version.key
    KeyComponent.objects.create(key=key, kind="top_slice", percent=4, position=5)
    KeyComponent.objects.create(key=key, kind="base", amount=50_000, position=6)
    version = decide(
        draft_by_key(version.grant, key=key, by=make_member(storsthlm), reason="Grund"),
        by=make_member(storsthlm, role="approver"),
        decided_on=date(2020, 4, 1),
    )
    publish_memo(version)
    answer_all(version, c0127={"amount": 0}, c0184={"wants_more": True})

    draft = redraft(version, close=())

    assert draft.set_aside == version.set_aside == 800_000
    assert [part.kind for part in draft.components.all()] == [
        "top_slice",
        "fixed",
        "statistic",
    ]
    assert amount_of(draft, "0184") == amount_of(version, "0184") + amount_of(
        version, "0127"
    )
    assert sums(draft)


def test_rounding_each_for_itself_keeps_the_sums(storsthlm):
    version = make_offered(storsthlm, rounding="each")
    answer_all(
        version,
        c0127={"amount": 0},
        c0184={"wants_more": True},
        c0182={"wants_more": True},
        c0180={"wants_more": True},
    )

    proposal = propose(version.grant, today=BEFORE)
    draft = redraft(version, close=())

    assert version.difference == proposal.remaining
    assert draft.rounding == "each"
    assert sums(draft)


def test_adjusted_amounts_are_kept(storsthlm, offered):
    draft = revise(offered, by=make_member(storsthlm), reason="Justering")
    adjust(
        draft.allocations.get(municipality__code="0162"),
        amount=-5_000,
        reason="Beslut",
        by=make_member(storsthlm),
    )
    version = decide(
        draft, by=make_member(storsthlm, role="approver"), decided_on=date(2020, 4, 1)
    )
    publish_memo(version, version=2)
    answer_all(version, c0184={"wants_more": True})

    proposal = propose(version.grant, today=BEFORE)
    again = redraft(version, close=())

    assert (proposal.pool, proposal.remaining) == (5_000, 5_000)
    assert amount_of(again, "0162") == amount_of(version, "0162")
    assert amount_of(again, "0184") == amount_of(version, "0184") + 5_000


def refused(offered, **facts):
    with pytest.raises(Refused) as caught:
        redraft(offered, **facts)
    return caught.value.code


def test_refused_before_the_last_day_for_what_is_unclaimed(answered):
    assert refused(answered, today=BEFORE) == "last_day_to_come"
    assert redraft(answered, today=BEFORE, close=()).is_draft


def test_refused_without_a_last_day(answered):
    Deadline.objects.all().delete()

    assert refused(answered) == "last_day_lacking"


def test_refused_when_nobody_wants_more(offered):
    answer_all(offered, c0127={"amount": 0})

    assert refused(offered, close=()) == "nobody_wants_more"


def test_refused_when_there_is_nothing_to_hand_out(offered):
    answer_all(offered, c0184={"wants_more": True})

    assert refused(offered, close=()) == "nothing_to_redistribute"


def test_refused_while_there_is_a_draft(answered):
    redraft(answered)

    assert refused(answered) == "draft_exists"


def test_refused_without_decision_memo_or_statistic(storsthlm):
    decided = make_decided(storsthlm)
    assert refused(decided, close=()) == "memo_lacking"

    other = make_body("Annat förbund")
    assert refused(make_draft(other), close=()) == "nothing_decided"


def test_refused_when_the_budget_has_changed(answered):
    answered.grant.budget_lines.update(amount=21_000_000)

    assert refused(answered) == "pot_changed"


def test_answer_that_comes_after_the_draft_stops_the_decision(answered, storsthlm):
    draft = redraft(answered)
    make_requisition(answered, "0128", amount=1)

    with pytest.raises(Refused, match="below_claimed"):
        decide(
            draft, by=make_member(storsthlm, role="approver"), decided_on=date(2020, 9, 2)
        )


def test_new_version_is_offered_to_those_who_get_more(answered, storsthlm):
    draft = redraft(answered)
    version = decide(
        draft, by=make_member(storsthlm, role="approver"), decided_on=date(2020, 9, 2)
    )
    publish_memo(version, version=2)

    def state(code):
        municipality = version.allocations.get(municipality__code=code).municipality
        offer = offer_to(municipality, version.grant_id, AFTER)
        return (offer.situation.state, offer.situation.left) if offer else None

    more = amount_of(version, "0184") - amount_of(answered, "0184")
    assert more > 0
    assert [state(code) for code in ("0184", "0127", "0128", "0180")] == [
        (State.OFFERED, more),
        (State.DECLINED, 0),
        None,
        (State.ANSWERED, 0),
    ]
    make_requisition(version, "0184", amount=more)
    assert state("0184") == (State.ANSWERED, 0)
    # A second round starts from the second version.
    second = propose(version.grant, close=(), today=AFTER)
    assert second.refusal.code == "nothing_to_redistribute"


def test_what_is_to_be_completed_is_kept(answered, storsthlm):
    requisition = answered.grant.requisitions.get(municipality__code="0180")
    send_back(requisition, by=make_member(storsthlm), reason="Vilket konto?")

    proposal = propose(answered.grant, today=AFTER)

    [line] = [line for line in proposal.lines if line.municipality.code == "0180"]
    assert (line.fate, line.released) == (Fate.ANSWERED, 0)


# The arithmetic ----------------------------------------------------------------------

CODES = [f"{number:04}" for number in range(1, 9)]


@given(
    percent=st.integers(0, 20),
    pot=st.integers(1_000, 10_000_000),
    values=st.lists(st.integers(1, 10_000), min_size=8, max_size=8),
    taken=st.lists(st.integers(0, 100), min_size=8, max_size=8),
    among=st.sets(st.sampled_from(CODES), min_size=1),
    rounding=st.sampled_from(Rounding),
)
def test_redistribution_preserves_every_krona(percent, pot, values, taken, among, rounding):
    statistic = dict(zip(CODES, values, strict=True))
    slices = [TopSlice(percent)] if percent else []
    first = allocate(pot, [*slices, WeightedStatistic(1, statistic)], CODES, rounding)
    kept = {
        code: amount * share // 100
        for (code, amount), share in zip(first.parts.items(), taken, strict=True)
    }
    if sum(kept.values()) > first.to_distribute:
        # Rounded each for itself and all kept: a krona too much, and no round.
        return
    counted = {code: statistic[code] if code in among else 0 for code in CODES}

    second = allocate(
        pot, [*slices, FixedAmounts(kept), WeightedStatistic(1, counted)], CODES, rounding
    )

    pool = second.to_weigh
    assert pool + sum(kept.values()) + second.set_aside == pot
    assert second.total + second.set_aside + second.difference == pot
    assert all(second.parts[code] >= kept[code] for code in CODES)
    assert all(second.parts[code] == kept[code] for code in CODES if code not in among)
    if rounding is Rounding.EXACT:
        assert second.difference == 0


# How it is told ----------------------------------------------------------------------


def text(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def page(answered):
    return reverse("invoices:redistribution_create", args=[answered.grant_id])


def test_page_proposes_and_makes_the_draft(as_handler, answered, page):
    shown = as_handler.get(page)
    assert shown.status_code == 200
    assert shown.context["form"]["reason"].value().startswith("Omfördelning av")
    assert [line.municipality.code for line in shown.context["declining"]] == [
        "0127",
        "0160",
    ]

    preview = as_handler.post(
        page,
        {
            "preview": "1",
            "reason": shown.context["reason"],
            "reason_was": shown.context["reason"],
        },
    )
    pool = preview.context["proposal"].pool
    assert pool == shown.context["proposal"].pool - amount_of(answered, "0128")
    assert preview.context["form"]["reason"].value() == preview.context["reason"]
    assert answered.grant.distributions.drafts().count() == 0

    made = as_handler.post(page, {"close": ["0128"], "reason": "Vår omfördelning"})
    draft = answered.grant.distributions.drafts().get()
    assert (made.status_code, made.url) == (302, draft.get_absolute_url())
    assert (draft.reason, amount_of(draft, "0128")) == ("Vår omfördelning", 0)


def test_page_says_why_it_cannot_be_done(as_handler, answered, page):
    answered.grant.budget_lines.update(amount=21_000_000)

    response = as_handler.get(page)
    posted = as_handler.post(page, {"reason": "Omfördelning"})

    assert response.context["code"] == "pot_changed"
    assert "21\xa0000\xa0000\xa0kr" in response.context["why_not"]
    assert posted.status_code == 200
    assert answered.grant.distributions.drafts().count() == 0


def test_page_asks_for_the_reason(as_handler, answered, page):
    response = as_handler.post(page, {"reason": " ", "close": ["0128"]})

    assert response.context["form"].errors.as_data()["reason"][0].code == "required"
    assert answered.grant.distributions.drafts().count() == 0


def test_page_costs_the_same_with_one_answer_and_many(
    as_handler, offered, django_assert_max_num_queries
):
    page = reverse("invoices:redistribution_create", args=[offered.grant_id])
    make_requisition(offered, "0184", wants_more=True)
    as_handler.get(page)
    with django_assert_max_num_queries(100) as one:
        as_handler.get(page)
    make_requisition(offered, "0127", amount=0)
    make_requisition(offered, "0160", amount=1)
    make_requisition(offered, "0182", wants_more=True)
    with django_assert_max_num_queries(100) as many:
        as_handler.get(page)

    # The key's words and the statistic's values are fetched once there is a proposal.
    assert len(many) <= len(one) + 2


def test_draft_shows_what_is_kept_instead_of_the_form(as_handler, answered):
    draft = redraft(answered)

    response = as_handler.get(draft.get_absolute_url())

    assert response.context["is_redistribution"]
    assert "workspace" not in response.content.decode()
    assert reverse("grants:distribution_adjust", args=[draft.pk]) in text(response)
    assert not response.context["is_outdated"]


def test_draft_keeps_those_who_want_more_when_it_is_saved_anew(as_handler, answered):
    draft = redraft(answered)
    answered.grant.budget_lines.update(amount=20_000_100)
    before = amounts_of(draft)
    shown = as_handler.get(draft.get_absolute_url())

    as_handler.post(
        reverse("grants:distribution_save", args=[draft.pk]),
        {"seen_at": draft.drafted_at.isoformat(), "rounding": "exact"},
    )

    after = amounts_of(draft)
    assert shown.context["is_outdated"]
    assert sum(after.values()) == 20_000_100
    assert {code for code in after if after[code] != before[code]} == {"0182", "0184"}


def test_explanation_says_what_was_kept_and_who_shares(as_handler, answered):
    draft = redraft(answered)

    more, nothing = (
        text(as_handler.get(reverse("grants:allocation_detail", args=[draft.pk, code])))
        for code in ("0184", "0127")
    )

    assert "Solna keeps" in more or "Solna behåller" in more
    assert "80 950" in more
    assert "184 606" in more
    steps = as_handler.get(
        reverse("grants:allocation_detail", args=[draft.pk, "0127"])
    ).context["steps"]
    [statistic] = [step for step, _source in steps if step.kind == "statistic"]
    [kept] = [step for step, _source in steps if step.kind == "fixed"]
    assert (statistic.is_counted, statistic.value, statistic.among) == (False, 0, 2)
    assert (kept.is_kept, kept.amount) == (True, 0)
    assert nothing


def test_workbook_says_who_did_not_ask_for_more(as_handler, answered):
    draft = redraft(answered)

    response = as_handler.get(reverse("grants:distribution_xlsx", args=[draft.pk]))

    sheet = openpyxl.load_workbook(BytesIO(response.content))["Fördelning"]
    header = [cell.value for cell in sheet[5]]
    rows = {
        row[0].value: [cell.value for cell in row] for row in sheet.iter_rows(min_row=6)
    }
    assert header[2:4] == ["Omfördelning", "Befolkning, de som vill ha mer"]
    assert rows["0184"][2:4] == ["vill ha mer", 80_950]
    assert rows["0127"][2:4] == ["0: bad inte om mer", 0]
    kept = header.index("Behåller")
    assert (rows["0160"][kept], rows["0127"][kept]) == (100_000, 0)


def test_memo_says_that_it_is_a_redistribution(answered, storsthlm):
    version = decide(
        redraft(answered),
        by=make_member(storsthlm, role="approver"),
        decided_on=date(2020, 9, 2),
    )
    memo = start(
        version.grant,
        by=make_member(storsthlm),
        dated_on=date(2020, 9, 3),
        correction="Omfördelning",
    )

    body = Document(memo).section("distribution").html.replace("\xa0", " ")
    pool = f"{version.pot - sum_kept(version):,}".replace(",", " ")
    assert "Det här är en omfördelning." in body
    assert f"har {pool} kr avståtts eller inte rekvirerats" in body
    assert "de 2 kommuner som har svarat" in body
    rule = key_note(version).rule.replace("\xa0", " ")
    assert f"Resten, {pool} kr, har avståtts" in rule
    assert "Fasta belopp" not in rule


def sum_kept(version):
    part = version.components.get(kind="fixed")
    return sum(part.fixed_amounts.values_list("amount", flat=True))


def test_municipal_member_and_others_are_kept_out(client, page, storsthlm):
    client.force_login(make_municipal_member())
    assert client.get(page).status_code == 403
    client.force_login(make_member(make_body("Annat förbund")))
    assert client.get(page).status_code == 404
