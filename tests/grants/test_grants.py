"""Grants: their overview, their facts and who may do what."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from grants.copying import copy_grant
from grants.models import CarryOver, Deadline, Decision, Distribution, Grant, Purpose
from invoices.models import FundsReceived
from tests.factories import (
    make_agreement,
    make_body,
    make_carry_over,
    make_decided,
    make_draft,
    make_grant,
    make_member,
    make_offered,
    make_released,
    make_requisition,
)
from tests.grants.test_agreements import PDF, codes
from tests.grants.test_keys import rows

pytestmark = pytest.mark.django_db


def facts(under=None, /, **changes):
    """Return what the form of a grant posts."""
    return {
        "title": "Goda förutsättningar för vårdens medarbetare",
        "short_title": "Vårdens medarbetare",
        "year": "2020",
        "origin": "agreement",
        "status": "granted",
        "agreement": under.pk if under else "",
        "record_number": "S/20/0026",
        "amount": "70 785 000 kr",
        "budget_unit": "tkr",
        "uses_from": "2020-01-01",
        "uses_until": "2020-12-31",
    } | changes


PAGES = [
    "grant_detail",
    "grant_purposes",
    "grant_budget",
    "grant_decisions",
    "grant_history",
]
EDITS = [
    "grant_edit",
    "grant_delete",
    "grant_purposes_edit",
    "grant_budget_edit",
    "grant_decisions_edit",
]


def test_grant_is_entered_from_its_agreement(as_handler, storsthlm):
    agreement = make_agreement(storsthlm, year=2021)
    url = f"{reverse('grants:grant_create')}?overenskommelse={agreement.pk}"
    form = as_handler.get(url).context["form"]
    assert (form["agreement"].value(), form["uses_from"].value()) == (
        agreement.pk,
        "2021-01-01",
    )

    response = as_handler.post(url, facts(agreement))

    grant = Grant.objects.get()
    assert response.url == grant.get_absolute_url()
    assert (grant.body, grant.agreement, grant.amount) == (
        storsthlm,
        agreement,
        70_785_000,
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"uses_until": "2019-12-31"}, {"uses_until": ["ends_too_early"]}),
        ({"region_amount": "70785001"}, {"region_amount": ["above_amount"]}),
        ({"amount": "", "region_amount": "1"}, {"region_amount": ["above_amount"]}),
        ({"amount": "-5"}, {"amount": ["negative"]}),
        ({"amount": "1234,50"}, {"amount": ["invalid"]}),
        ({"agreement": ""}, {"agreement": ["required"]}),
        ({"record_number": "S/20/0001"}, {"record_number": ["taken"]}),
        (
            {"title": "", "year": "20", "uses_from": "igår"},
            {"title": ["required"], "year": ["min_value"], "uses_from": ["invalid"]},
        ),
    ],
)
def test_grant_that_does_not_hold_together_is_refused(
    as_handler, storsthlm, changes, expected
):
    agreement = make_grant(storsthlm, record_number="S/20/0001").agreement

    response = as_handler.post(reverse("grants:grant_create"), facts(agreement, **changes))

    assert codes(response.context["form"]) == expected
    assert Grant.objects.count() == 1


def test_applied_grant_needs_no_agreement(as_handler):
    as_handler.post(
        reverse("grants:grant_create"), facts(origin="applied", status="applied")
    )

    assert Grant.objects.get().status == "applied"


def test_anothers_agreement_cannot_be_chosen(as_handler):
    other = make_agreement(make_body("Region Dalarna", "20"))

    response = as_handler.post(reverse("grants:grant_create"), facts(other))

    assert codes(response.context["form"]) == {"agreement": ["invalid_choice"]}


def test_edit_keeps_what_another_has_saved(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    url = reverse("grants:grant_edit", args=[grant.pk])
    seen = as_handler.get(url).context["form"]["seen"].value()
    Grant.objects.update(paid_by="Socialstyrelsen")

    response = as_handler.post(url, facts(grant.agreement, seen=seen, short_title="Mitt"))

    form = response.context["form"]
    assert codes(form) == {"__all__": ["changed_by_another"]}
    assert form["short_title"].value() == "Mitt"
    grant.refresh_from_db()
    assert (grant.paid_by, grant.short_title) == ("Socialstyrelsen", "Vårdens medarbetare")


def test_edit_names_who_changed_it(as_handler, storsthlm, approver):
    grant = make_grant(storsthlm)
    approver.first_name, approver.last_name = "Bea", "Beslutsfattare"
    approver.save()
    url = reverse("grants:grant_edit", args=[grant.pk])
    seen = as_handler.get(url).context["form"]["seen"].value()
    other = Client()
    other.force_login(approver)
    other.post(url, facts(grant.agreement, seen=seen))

    response = as_handler.post(url, facts(grant.agreement, seen=seen, title="Mitt"))

    assert "Bea Beslutsfattare" in str(response.context["form"].non_field_errors())


def test_overview_leads_to_the_next_step(as_handler, storsthlm):
    grant = make_grant(storsthlm, invoice_reference="781", invoice_text="Rekvirering")

    page = as_handler.get(grant.get_absolute_url())

    assert [(step.is_done, step.state) for step in page.context["steps"]] == [
        (True, "done"),
        (True, "done"),
        (True, "done"),
        (True, "done"),
        (False, "next"),
        (False, "later"),
        (False, "later"),
    ]
    assert page.context["next_step"].url == reverse(
        "grants:distribution_create", args=[grant.pk]
    )


def test_overview_of_a_decided_grant_waits_for_its_memo(as_handler, storsthlm):
    decided = make_decided(storsthlm)
    Grant.objects.update(invoice_reference="781", invoice_text="Rekvirering")

    page = as_handler.get(decided.grant.get_absolute_url())

    assert [step.is_done for step in page.context["steps"]] == [True] * 6 + [False]


def test_overview_tells_when_the_pot_has_changed(as_handler, storsthlm):
    decided = make_decided(storsthlm)
    decided.grant.budget_lines.update(amount=1)

    page = as_handler.get(decided.grant.get_absolute_url())

    assert page.context["budget"].differs_from_decided
    assert not page.context["steps"][5].is_done


def test_copy_moves_the_dates_and_leaves_the_amounts(as_handler, storsthlm):
    source = make_grant(storsthlm, title="Medel 2020", repay_by=date(2020, 2, 29))
    make_carry_over(source)
    newer = make_agreement(storsthlm, title="Nästa", year=2021)

    as_handler.post(
        reverse("grants:grant_copy"),
        {
            "source": source.pk,
            "year": "2021",
            "agreement": newer.pk,
            "record_number": "S/21/1",
        },
    )

    copy = Grant.objects.get(record_number="S/21/1")
    assert (copy.title, copy.follows, copy.agreement, copy.amount) == (
        "Medel 2021",
        source,
        newer,
        None,
    )
    assert (copy.uses_from, copy.uses_until, copy.repay_by) == (
        date(2021, 1, 1),
        date(2021, 12, 31),
        date(2021, 2, 28),
    )
    lines = copy.budget_lines.values_list("activity", "amount", "is_distributed")
    assert list(lines) == [("Medel till kommunerna för lokala aktiviteter", 0, True)]
    assert list(copy.deadlines.values_list("kind", "due_on")) == [
        ("requisition", date(2021, 8, 30))
    ]
    assert [str(purpose) for purpose in copy.purposes.all()] == [
        "Utveckla förutsättningarna på arbetsplatsen"
    ]
    assert (copy.carry_overs.count(), copy.pot()) == (0, 0)


def test_copy_needs_a_later_year_and_a_free_record_number(as_handler, storsthlm):
    source = make_grant(storsthlm, record_number="S/20/1")

    response = as_handler.post(
        reverse("grants:grant_copy"),
        {"source": source.pk, "year": "2020", "record_number": "S/20/1"},
    )

    assert codes(response.context["form"]) == {
        "year": ["not_later"],
        "record_number": ["taken"],
    }


def test_copy_of_another_bodys_grant_is_refused(as_handler):
    other = make_grant(make_body("Region Dalarna", "20"))

    response = as_handler.post(
        reverse("grants:grant_copy"), {"source": other.pk, "year": "2021"}
    )

    assert codes(response.context["form"]) == {"source": ["invalid_choice"]}


def test_grant_is_deleted_with_its_draft(as_handler, storsthlm):
    draft = make_draft(storsthlm)
    url = reverse("grants:grant_delete", args=[draft.grant_id])
    assert as_handler.get(url).status_code == 200

    assert as_handler.post(url).url == reverse("grants:grant_list")

    assert (Grant.objects.count(), Distribution.objects.count()) == (0, 0)


def test_decided_grant_is_not_deleted(as_handler, storsthlm):
    grant = make_decided(storsthlm).grant

    as_handler.post(reverse("grants:grant_delete", args=[grant.pk]))

    assert Grant.objects.filter(pk=grant.pk).exists()


def test_grant_that_another_rests_on_is_not_deleted(as_handler, storsthlm):
    earlier = make_carry_over(make_grant(storsthlm)).from_grant
    follower = make_grant(storsthlm, follows=make_grant(storsthlm))

    for grant in (earlier, follower.follows):
        as_handler.post(reverse("grants:grant_delete", args=[grant.pk]))
        assert Grant.objects.filter(pk=grant.pk).exists()


# Rows --------------------------------------------------------------------------------


def test_purposes_are_changed_moved_and_added(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    first = grant.purposes.get()
    url = reverse("grants:grant_purposes_edit", args=[grant.pk])
    seen = as_handler.get(url).context["form"]["seen"].value()

    response = as_handler.post(
        url,
        {"seen": seen}
        | rows(
            {"id": first.pk, "heading": "Ny lydelse", "text": "en\n\ntvå "},
            {"heading": ""},
            {"heading": "En till"},
            initial=1,
            prefix="purposes",
        ),
    )

    assert response.url == reverse("grants:grant_purposes", args=[grant.pk])
    saved = grant.purposes.values_list("pk", "position", "heading")
    assert saved[0] == (first.pk, 0, "Ny lydelse")
    assert [purpose.points for purpose in grant.purposes.all()] == [["en", "två"], []]
    assert list(grant.purposes.values_list("heading", flat=True)) == [
        "Ny lydelse",
        "En till",
    ]


def test_purpose_that_a_municipality_has_planned_for_is_not_removed(as_handler, storsthlm):
    offered = make_offered(storsthlm)
    purpose = offered.grant.purposes.get()
    make_requisition(offered, uses={purpose.pk: 1_000})
    url = reverse("grants:grant_purposes_edit", args=[offered.grant.pk])
    seen = as_handler.get(url).context["form"]["seen"].value()
    row = {"id": purpose.pk, "heading": purpose.heading, "DELETE": "on"}

    response = as_handler.post(
        url, {"seen": seen} | rows(row, initial=1, prefix="purposes")
    )

    assert codes(response.context["form"]) == {"__all__": ["in_use"]}
    assert list(offered.grant.purposes.all()) == [purpose]


def test_carry_over_that_is_paid_out_is_not_lowered(as_handler, storsthlm):
    released = make_released(make_offered(storsthlm))
    grant = released.payments.get().requisition.grant
    carried = make_carry_over(grant, amount=100_000)
    received = released.payments.get().amount - 100_000
    FundsReceived.objects.filter(grant=grant).update(amount=received)
    url = reverse("grants:grant_budget_edit", args=[grant.pk])
    page = as_handler.get(url).context
    line = grant.budget_lines.get()
    lines = {
        "id": line.pk,
        "activity": line.activity,
        "amount": line.amount,
        "is_distributed": "on",
        "side": line.side,
    }
    facts = {"seen": page["form"]["seen"].value()} | rows(lines, initial=1, prefix="lines")

    def save(amount):
        row = {"id": carried.pk, "from_grant": carried.from_grant_id, "amount": amount}
        return as_handler.post(url, facts | rows(row, initial=1, prefix="carried"))

    response = save(99_999)
    carried.refresh_from_db()

    assert codes(response.context["form"]) == {"__all__": ["paid_out"]}
    assert carried.amount == 100_000
    assert save(100_001).status_code == 302


def test_unchanged_rows_make_no_history(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    purpose = grant.purposes.get()
    before = purpose.events.count()

    as_handler.post(
        reverse("grants:grant_purposes_edit", args=[grant.pk]),
        rows(
            {"id": purpose.pk, "heading": purpose.heading, "text": ""},
            initial=1,
            prefix="purposes",
        ),
    )

    assert purpose.events.count() == before


def test_row_of_another_grant_is_not_reached(as_handler, storsthlm):
    grant, other = make_grant(storsthlm), make_grant(make_body("Region Dalarna", "20"))
    foreign = other.purposes.get()

    as_handler.post(
        reverse("grants:grant_purposes_edit", args=[grant.pk]),
        rows({"id": foreign.pk, "heading": "Tagen"}, initial=1, prefix="purposes"),
    )

    foreign.refresh_from_db()
    assert foreign.heading == "Utveckla förutsättningarna på arbetsplatsen"
    assert Purpose.objects.filter(grant=grant, heading="Tagen").exists()


def test_rows_changed_meanwhile_are_not_overwritten(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    url = reverse("grants:grant_purposes_edit", args=[grant.pk])
    seen = as_handler.get(url).context["form"]["seen"].value()
    Purpose.objects.create(grant=grant, heading="En annans")

    response = as_handler.post(
        url, {"seen": seen} | rows({"heading": "Min"}, prefix="purposes")
    )

    assert codes(response.context["form"]) == {"__all__": ["changed_by_another"]}
    assert "Min" in response.content.decode()
    assert not grant.purposes.filter(heading="Min").exists()


def test_decision_is_registered_with_its_file(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    url = reverse("grants:grant_decisions_edit", args=[grant.pk])
    row = {"decided_on": "2020-03-16", "deciding_body": "Styrgruppen", "text": "Bifalls."}
    file = SimpleUploadedFile("protokoll.pdf", PDF)

    as_handler.post(url, rows(row | {"upload": file}, prefix="decisions"))

    decision = Decision.objects.get()
    assert (decision.deciding_body, decision.file.name, decision.file.body) == (
        "Styrgruppen",
        "protokoll.pdf",
        storsthlm,
    )
    page = as_handler.get(reverse("grants:grant_decisions", args=[grant.pk]))
    assert decision.file.get_absolute_url() in page.content.decode()


def test_add_row_keeps_what_was_typed(as_handler, storsthlm):
    grant = make_grant(storsthlm)

    response = as_handler.post(
        reverse("grants:grant_budget_edit", args=[grant.pk]),
        {"add_row": "carried"}
        | rows({"activity": "Halvskriven", "amount": "x"}, prefix="lines")
        | rows(prefix="carried"),
    )

    lines, carried = (each["formset"] for each in response.context["sets"])
    assert (len(lines.forms), len(carried.forms)) == (1, 1)
    assert lines.forms[0]["activity"].value() == "Halvskriven"
    assert (lines.total_error_count(), carried.total_error_count()) == (0, 0)


# Lists and access --------------------------------------------------------------------


def test_list_shows_pot_state_and_next_day(as_handler, storsthlm):
    grant = make_decided(storsthlm).grant
    make_carry_over(grant, 500)
    tomorrow = timezone.localdate() + timedelta(days=1)
    Deadline.objects.create(grant=grant, kind="repayment", due_on=tomorrow)

    table = as_handler.get(reverse("grants:grant_list")).context["table"]

    listed = next(row.record for row in table.rows if row.record.pk == grant.pk)
    assert (listed.pot_amount, listed.decided_version, listed.next_due_on) == (
        grant.pot(),
        1,
        tomorrow,
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"A", "B"}),
        ("q=S/19", {"A"}),
        ("year=2020", {"B"}),
        ("distribution=decided", set()),
        ("distribution=none&q=b", {"B"}),
        ("status=applied", {"B"}),
    ],
)
def test_list_is_filtered(as_handler, storsthlm, query, found):
    make_grant(storsthlm, short_title="A", title="A", year=2019, record_number="S/19/1")
    make_grant(storsthlm, short_title="B", title="B", status="applied", record_number="X")

    table = as_handler.get(f"{reverse('grants:grant_list')}?{query}").context["table"]

    assert {row.record.short_title for row in table.rows} == found


def test_list_is_exported_as_shown(as_handler, storsthlm):
    make_grant(storsthlm, record_number="S/20/7")

    response = as_handler.get(f"{reverse('grants:grant_list')}?format=csv&q=S/20/7")

    lines = response.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "S/20/7;20000000;20000000" in lines[1]


@pytest.mark.parametrize("page", ["grant_list", "grant_detail"])
def test_page_costs_the_same_for_one_and_three(
    as_handler, storsthlm, django_assert_max_num_queries, page
):
    grant = make_grant(storsthlm)
    url = reverse(f"grants:{page}", args=[grant.pk] if page == "grant_detail" else [])
    as_handler.get(url)
    with django_assert_max_num_queries(100) as one:
        as_handler.get(url)
    for number in range(2):
        make_carry_over(grant, 10)
        Deadline.objects.create(grant=grant, kind="repayment", due_on=date(2021, 1, 1))
        Purpose.objects.create(grant=grant, heading=f"{number}")
    with django_assert_max_num_queries(100) as three:
        as_handler.get(url)

    assert len(one) == len(three)


@pytest.mark.parametrize("name", PAGES + EDITS)
def test_another_bodys_grant_is_not_found(as_handler, name):
    other = make_grant(make_body("Region Dalarna", "20"))

    assert as_handler.get(reverse(f"grants:{name}", args=[other.pk])).status_code == 404


def test_auditor_reads_every_page_and_changes_none(client, storsthlm):
    grant = make_grant(storsthlm)
    client.force_login(make_member(storsthlm, role="auditor"))

    for name in PAGES:
        page = client.get(reverse(f"grants:{name}", args=[grant.pk]))
        assert page.status_code == 200
        assert "/andra/" not in page.content.decode()
    for name in EDITS:
        assert client.post(reverse(f"grants:{name}", args=[grant.pk])).status_code == 403
    for name in ("grant_create", "grant_copy"):
        assert client.get(reverse(f"grants:{name}")).status_code == 403


def test_history_tells_of_the_grants_rows(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    grant.purposes.all().delete()

    page = as_handler.get(reverse("grants:grant_history", args=[grant.pk]))

    assert "Utveckla förutsättningarna på arbetsplatsen" in page.content.decode()


def test_database_keeps_a_grant_within_its_body(storsthlm):
    grant = make_grant(storsthlm)
    other = make_grant(make_body("Region Dalarna", "20"))

    changes = [
        lambda: Grant.objects.filter(pk=grant.pk).update(agreement=other.agreement),
        lambda: Grant.objects.filter(pk=grant.pk).update(follows=other),
        lambda: Grant.objects.filter(pk=grant.pk).update(body=other.body),
        lambda: CarryOver.objects.create(grant=grant, from_grant=other, amount=1),
    ]
    for change in changes:
        with pytest.raises(DatabaseError, match=r"same body|Cannot"), transaction.atomic():
            change()


def test_copied_grant_follows_within_its_body(storsthlm):
    copy = copy_grant(make_grant(storsthlm), year=2022)

    assert (copy.body, copy.year, copy.uses_from) == (storsthlm, 2022, date(2022, 1, 1))
