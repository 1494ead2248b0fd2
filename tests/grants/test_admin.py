"""The admin: one's own body, files in and out, and what is only looked at."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tablib import Dataset

from grants import resources
from grants.models import AllocationKey, BudgetLine, Deadline, Grant, KeyComponent
from tests.factories import (
    make_agreement,
    make_body,
    make_decided,
    make_grant,
    make_key,
    make_member,
)

pytestmark = pytest.mark.django_db

MODELS = [
    "agreement",
    "grant",
    "purpose",
    "budgetline",
    "carryover",
    "deadline",
    "decision",
    "allocationkey",
    "keycomponent",
    "distribution",
    "allocation",
    "adjustment",
    "distributionfixedamount",
]
LOOKED_AT = ["distribution", "allocation", "adjustment", "distributionfixedamount"]


@pytest.fixture
def administrator(client, storsthlm):
    user = make_member(storsthlm, role="administrator")
    client.force_login(user)
    return client


def address(model, page="changelist", *args):
    return reverse(f"admin:grants_{model}_{page}", args=args)


def data(*rows):
    return Dataset(*[list(row.values()) for row in rows], headers=list(rows[0]))


@pytest.mark.parametrize("model", MODELS)
def test_list_is_searched_and_holds_the_own_body_only(administrator, storsthlm, model):
    make_decided(storsthlm)
    make_decided(make_body("Ett annat organ"), amount=7)

    response = administrator.get(address(model), {"q": "a"})
    assert response.status_code == 200

    rows = administrator.get(address(model)).context["cl"].queryset
    bodies = {_body_of(row) for row in rows}
    assert bodies <= {storsthlm}


def _body_of(row):
    for path in ("body", "grant.body", "key.body", "distribution.grant.body"):
        owner = row
        for step in path.split("."):
            owner = getattr(owner, step, None)
        if owner is not None:
            return owner
    raise AssertionError(row)


@pytest.mark.parametrize("model", LOOKED_AT)
def test_distributions_are_only_looked_at(administrator, storsthlm, model):
    make_decided(storsthlm)

    assert administrator.get(address(model, "add")).status_code == 403


def test_pages_of_rows_open(administrator, storsthlm):
    decided = make_decided(storsthlm)

    for model, row in [
        ("grant", decided.grant),
        ("distribution", decided),
        ("allocationkey", decided.key),
        ("agreement", decided.grant.agreement),
    ]:
        assert administrator.get(address(model, "change", row.pk)).status_code == 200


def test_another_bodys_row_is_not_opened(administrator):
    other = make_grant(make_body("Region Dalarna", "20"))

    response = administrator.get(address("grant", "change", other.pk), follow=True)

    assert other.title not in response.content.decode() or response.redirect_chain


@pytest.mark.parametrize("role", ["handler", "approver", "auditor"])
def test_other_roles_have_no_admin(client, storsthlm, role):
    client.force_login(make_member(storsthlm, role=role))

    assert client.get(address("grant")).status_code in {302, 403}


def test_grants_go_out_and_in_again_unchanged(storsthlm):
    make_grant(storsthlm, record_number="S/20/0026")
    rows = resources.GrantResource(body=storsthlm).export()
    before = list(Grant.objects.values())

    result = resources.GrantResource(body=storsthlm).import_data(rows, raise_errors=True)

    assert result.totals["skip"] == 1
    assert list(Grant.objects.values()) == before


def test_grant_comes_in_by_its_record_number(storsthlm):
    agreement = make_agreement(storsthlm)
    rows = data(
        {
            "dnr": "S/20/0026",
            "titel": "Vårdens medarbetare",
            "kort titel": "Medarbetare",
            "år": "2020",
            "överenskommelse": agreement.title,
            "ursprung": "agreement",
            "status": "granted",
            "belopp": "70 785 000 kr",
            "används från": "2020-01-01",
            "används till": "2020-12-31",
        }
    )

    result = resources.GrantResource(body=storsthlm).import_data(rows, raise_errors=True)

    grant = Grant.objects.get()
    assert (result.totals["new"], grant.body, grant.amount, grant.agreement) == (
        1,
        storsthlm,
        70_785_000,
        agreement,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"belopp": "12,50"},
        {"används till": "2019-01-01"},
        {"status": "kanske"},
        {"överenskommelse": "Dalarnas"},
    ],
)
def test_grant_that_cannot_be_does_not_come_in(storsthlm, wrong):
    make_agreement(make_body("Region Dalarna", "20"), title="Dalarnas")
    row = {
        "dnr": "S/20/0026",
        "titel": "T",
        "kort titel": "T",
        "år": "2020",
        "överenskommelse": make_agreement(storsthlm).title,
        "ursprung": "agreement",
        "status": "granted",
        "belopp": "5",
        "används från": "2020-01-01",
        "används till": "2020-12-31",
    } | wrong

    result = resources.GrantResource(body=storsthlm).import_data(data(row))

    assert result.has_errors() or result.has_validation_errors()
    assert not Grant.objects.exists()


def test_budget_lines_and_deadlines_come_in(storsthlm):
    grant = make_grant(storsthlm, record_number="S/20/0026")
    grant.budget_lines.all().delete()
    lines = data(
        {
            "dnr": "S/20/0026",
            "ordning": "0",
            "aktivitet": "Lokala aktiviteter",
            "sida": "municipalities",
            "belopp": "68 000 000",
            "fördelas med nyckel": "ja",
            "förutsätter beslut": "",
            "kommentar": "",
        }
    )
    days = data(
        {
            "dnr": "S/20/0026",
            "slag": "final_report",
            "rubrik": "",
            "sista dag": "2021-03-31",
            "vem": "body",
            "påminn dagar före": "30, 7",
        }
    )

    resources.BudgetLineResource(body=storsthlm).import_data(lines, raise_errors=True)
    resources.DeadlineResource(body=storsthlm).import_data(days, raise_errors=True)

    line = BudgetLine.objects.get()
    assert (line.grant, line.amount, line.is_distributed) == (grant, 68_000_000, True)
    deadline = Deadline.objects.get(kind="final_report")
    assert (deadline.actor, deadline.remind_days_before) == ("body", [30, 7])


def test_rows_of_another_bodys_grant_do_not_come_in(storsthlm):
    make_grant(make_body("Region Dalarna", "20"), record_number="D/1")
    row = {"dnr": "D/1", "ordning": "0", "syfte": "Vårt", "punkter": ""}

    result = resources.PurposeResource(body=storsthlm).import_data(data(row))

    assert result.has_errors() or result.has_validation_errors()


def test_keys_and_their_parts_come_in(storsthlm):
    keys = data({"nyckel": "Hälften", "beskrivning": "", "avrundning": "each"})
    parts = data(
        {
            "nyckel": "Hälften",
            "ordning": "0",
            "slag": "statistic",
            "procent": "",
            "kronor till var och en": "",
            "vikt": "12,5",
            "statistik": "population",
            "statistikens namn": "",
        }
    )

    resources.KeyResource(body=storsthlm).import_data(keys, raise_errors=True)
    resources.KeyComponentResource(body=storsthlm).import_data(parts, raise_errors=True)

    key = AllocationKey.objects.get()
    part = KeyComponent.objects.get()
    assert (key.rounding, part.key, str(part.weight)) == ("each", key, "12.5000")


def test_import_page_previews_the_file(administrator, storsthlm):
    file = SimpleUploadedFile(
        "medel.csv",
        "titel;år;parter\nNy överenskommelse;2021;staten och SKR\n".replace(
            ";", ","
        ).encode(),
        content_type="text/csv",
    )

    response = administrator.post(
        address("agreement", "import"), {"format": "1", "import_file": file}
    )

    assert response.status_code == 200
    assert "Ny överenskommelse" in response.content.decode()


def test_allocations_go_out(administrator, storsthlm):
    make_decided(storsthlm)

    rows = resources.AllocationResource(body=storsthlm).export()

    assert (len(rows), rows["kommunkod"][0], sum(map(int, rows["belopp"]))) == (
        26,
        "0114",
        20_000_000,
    )


def test_key_of_a_decided_distribution_is_kept_in_the_admin(administrator, storsthlm):
    decided = make_decided(storsthlm)
    make_key(storsthlm)

    administrator.post(address("allocationkey", "delete", decided.key.pk), {"post": "yes"})

    assert AllocationKey.objects.filter(pk=decided.key.pk).exists()
