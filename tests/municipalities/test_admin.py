"""The admin: all for the installation's keeper, their own body for administrators."""

import io

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from municipalities.models import (
    CoordinatingBody,
    Membership,
    Municipality,
    Statistic,
    StoredFile,
    User,
)
from tests.factories import (
    make_body,
    make_decided,
    make_member,
    make_municipal_member,
    make_statistic,
    make_user,
)

pytestmark = pytest.mark.django_db

OURS = ["coordinatingbody", "statistic", "membership", "storedfile", "statisticvalue"]


@pytest.fixture
def dalarna(storsthlm):
    return make_body("Region Dalarna", county="20", region_name="Region Dalarna")


@pytest.fixture
def administrator(storsthlm):
    return make_member(storsthlm, role="administrator")


@pytest.fixture
def as_administrator(client, administrator):
    client.force_login(administrator)
    return client


@pytest.fixture
def as_keeper(client, db):
    client.force_login(User.objects.create_superuser("drift@storsthlm.example"))
    return client


def url(model, action="changelist", *args):
    return reverse(f"admin:municipalities_{model}_{action}", args=args)


def listed(client, model):
    return list(client.get(url(model)).context["cl"].queryset)


def keep(body):
    return StoredFile.objects.keep(b"x", body=body, name="x.csv", content_type="text/csv")


# Who gets in ---------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["handler", "approver", "auditor"])
def test_other_roles_have_no_admin(client, storsthlm, role):
    client.force_login(make_member(storsthlm, role=role))

    assert client.get("/admin/").status_code in (302, 403)
    assert client.get(url("statistic")).status_code in (302, 403)


def test_stranger_is_sent_to_the_login_page(client, storsthlm):
    response = client.get("/admin/")

    assert response["Location"].startswith("/admin/login/")


def test_administrator_sees_models_without_events_and_users(as_administrator):
    response = as_administrator.get("/admin/")

    names = {
        model["object_name"]
        for app in response.context["app_list"]
        for model in app["models"]
    }
    assert {"CoordinatingBody", "Membership", "Statistic", "Municipality"} <= names
    assert not names & {"User", "Group", "EmailAddress", "Authenticator", "Context"}
    assert not any(name.endswith("Event") for name in names)


def test_no_event_model_is_in_the_admin():
    registered = {model.__name__ for model in admin.site._registry}

    assert not {name for name in registered if name.endswith("Event")}
    assert AnonymousUser not in admin.site._registry


def test_administrator_cannot_open_users(as_administrator):
    assert as_administrator.get(url("user")).status_code == 403


# What an administrator sees ------------------------------------------------------------


@pytest.mark.parametrize("model", OURS)
def test_administrator_sees_the_own_bodys_rows(
    as_administrator, administrator, storsthlm, dalarna, model
):
    for body in (storsthlm, dalarna):
        make_statistic(body, {"0127": 1})
        make_member(body)
        keep(body)

    rows = listed(as_administrator, model)

    bodies = {
        "coordinatingbody": lambda row: row,
        "statisticvalue": lambda row: row.statistic.body,
    }
    assert {bodies.get(model, lambda row: row.body)(row) for row in rows} == {storsthlm}


@pytest.mark.parametrize("model", OURS)
def test_keeper_sees_all(as_keeper, storsthlm, dalarna, model):
    for body in (storsthlm, dalarna):
        make_statistic(body, {"0127": 1})
        make_member(body)
        keep(body)

    assert len(listed(as_keeper, model)) == 2


def test_another_bodys_row_cannot_be_opened(as_administrator, dalarna):
    theirs = make_statistic(dalarna, {"2080": 1})

    response = as_administrator.get(url("statistic", "change", theirs.pk))

    assert response["Location"] == "/admin/"


def test_choices_offer_only_the_own_body(as_administrator, administrator, dalarna):
    make_member(dalarna)

    response = as_administrator.get(url("membership", "add"))

    fields = response.context["adminform"].form.fields
    assert {str(body) for body in fields["body"].queryset} == {"Storsthlm"}
    assert set(fields["user"].queryset) == {administrator}
    assert "municipality" not in fields
    assert "signatory" not in dict(fields["role"].choices)


def test_row_cannot_be_moved_to_another_body(as_administrator, storsthlm, dalarna):
    membership = make_member(storsthlm).memberships.get()

    response = as_administrator.post(
        url("membership", "change", membership.pk),
        {"user": membership.user_id, "body": dalarna.pk, "role": "handler"},
    )

    assert response.context["adminform"].form.has_error("body", "invalid_choice")


def test_last_administrator_stays_in_the_admin_too(as_administrator, administrator):
    membership = administrator.memberships.get()

    response = as_administrator.post(
        url("membership", "change", membership.pk),
        {"user": administrator.pk, "body": membership.body_id, "role": "handler"},
    )

    assert response.context["adminform"].form.has_error("role", "last_administrator")


@pytest.mark.parametrize("role", ["contributor", "signatory"])
def test_last_signatory_stays_in_the_admin_too(as_keeper, storsthlm, role):
    signatory = make_municipal_member().memberships.get()
    facts = {"user": signatory.user_id, "municipality": signatory.municipality_id}
    facts |= {"role": role, "valid_until": "" if role == "contributor" else "2999-01-01"}

    response = as_keeper.post(url("membership", "change", signatory.pk), facts)
    closing = {"email": signatory.user.email, "date_joined_0": "2020-01-01"}
    closed = as_keeper.post(url("user", "change", signatory.user_id), closing)

    errors = response.context["adminform"].form.errors.as_data()["__all__"]
    assert [error.code for error in errors] == ["last_signatory"]
    errors = closed.context["adminform"].form.errors.as_data()["is_active"]
    assert [error.code for error in errors] == ["last_signatory"]


def test_administrator_changes_the_own_body(as_administrator, storsthlm):
    page = as_administrator.get(url("coordinatingbody", "change", storsthlm.pk))
    form = page.context["adminform"].form
    data = {
        name: value
        for name, value in form.initial.items()
        if name in form.fields and value is not None
    }

    as_administrator.post(
        url("coordinatingbody", "change", storsthlm.pk), data | {"region_name": "Regionen"}
    )

    storsthlm.refresh_from_db()
    assert storsthlm.region_name == "Regionen"


@pytest.mark.parametrize("model", ["municipality", "county"])
def test_places_are_read_only_for_administrators(as_administrator, model):
    pk = 1 if model == "county" else Municipality.objects.first().pk

    assert as_administrator.get(url(model)).status_code == 200
    assert as_administrator.get(url(model, "add")).status_code == 403
    assert as_administrator.post(url(model, "change", pk), {}).status_code in (302, 403)
    assert as_administrator.get(url(model, "import")).status_code == 403


def test_nobody_removes_people_bodies_and_files(as_keeper, storsthlm):
    member = make_member(storsthlm)
    rows = [
        ("membership", member.memberships.get().pk),
        ("user", member.pk),
        ("coordinatingbody", storsthlm.pk),
        ("storedfile", keep(storsthlm).pk),
    ]

    answers = {
        model: as_keeper.post(url(model, "delete", pk), {"post": "yes"}).status_code
        for model, pk in rows
    }
    assert set(answers.values()) == {403}


# Statistics ----------------------------------------------------------------------------


def test_value_is_changed_in_the_admin(as_administrator, storsthlm):
    statistic = make_statistic(storsthlm, {"0127": 1})
    value = statistic.values.get()

    as_administrator.post(
        url("statistic", "change", statistic.pk),
        {
            "body": storsthlm.pk,
            "kind": "population",
            "reference_on": "2018-12-31",
            "source": "SCB",
            "values-TOTAL_FORMS": 1,
            "values-INITIAL_FORMS": 1,
            "values-0-id": value.pk,
            "values-0-statistic": statistic.pk,
            "values-0-value": "2",
        },
    )

    assert statistic.values.by_code() == {"0127": 2}


def test_locked_statistic_is_only_read(as_administrator, storsthlm):
    make_decided(storsthlm)
    statistic = Statistic.objects.get()

    page = as_administrator.get(url("statistic", "change", statistic.pk))
    answer = as_administrator.post(url("statistic", "change", statistic.pk), {})

    assert page.status_code == 200
    assert answer.status_code == 403


def test_refusal_of_the_database_is_a_sentence(as_administrator, storsthlm, monkeypatch):
    make_decided(storsthlm)
    statistic = Statistic.objects.get()
    monkeypatch.setattr("municipalities.admin.is_locked", lambda _statistic: False)
    facts = {"body": storsthlm.pk, "kind": "population", "reference_on": "2018-12-31"}
    formset = {"values-TOTAL_FORMS": 0, "values-INITIAL_FORMS": 0}

    response = as_administrator.post(
        url("statistic", "change", statistic.pk),
        facts | formset | {"source": "Ändrad"},
        follow=True,
    )

    (message,) = response.context["messages"]
    assert message.level_tag == "error"
    assert Statistic.objects.get().source == statistic.source


def test_list_costs_the_same_for_one_row_and_for_three(
    as_administrator, storsthlm, django_assert_max_num_queries
):
    make_statistic(storsthlm, {"0127": 1})
    as_administrator.get(url("statistic"))
    with django_assert_max_num_queries(30) as few:
        as_administrator.get(url("statistic"))
    for kind in ("care_recipients", "other"):
        make_statistic(storsthlm, {"0127": 1}, kind=kind, name="x")
    with django_assert_max_num_queries(30) as many:
        as_administrator.get(url("statistic"))

    assert len(few) == len(many)


# Files in and out ----------------------------------------------------------------------


@pytest.mark.parametrize("file_format", [0, 1])
def test_values_are_exported_for_the_own_body(
    as_administrator, storsthlm, dalarna, file_format
):
    make_statistic(storsthlm, {"0127": 93106})
    make_statistic(dalarna, {"2080": 1})

    response = as_administrator.post(
        url("statisticvalue", "export"), {"format": file_format, "resource": 0}
    )

    if file_format:
        lines = response.content.decode().splitlines()
        assert len(lines) == 2
        assert lines[1].startswith("befolkning,,2018-12-31,0127,Botkyrka,93106") or (
            lines[1].startswith("population,,2018-12-31,0127,Botkyrka,93106")
        )
    else:
        assert response.content.startswith(b"PK")


def test_municipalities_are_imported_as_they_were_exported(as_keeper):
    before = list(Municipality.objects.values())
    file = as_keeper.post(url("municipality", "export"), {"format": 0, "resource": 0})
    upload = io.BytesIO(file.content)
    upload.name = "kommuner.xlsx"

    preview = as_keeper.post(
        url("municipality", "import"), {"format": 0, "import_file": upload}
    )

    result = preview.context["result"]
    assert (result.totals["skip"], result.totals["new"], result.totals["update"]) == (
        290,
        0,
        0,
    )
    assert list(Municipality.objects.values()) == before


def test_preview_has_no_inline_styles_and_saves_nothing(as_keeper):
    upload = io.BytesIO(b"kommunkod,kommun\n114,V\xc3\xa4sby\n")
    upload.name = "kommuner.csv"

    preview = as_keeper.post(
        url("municipality", "import"), {"format": 1, "import_file": upload}
    )

    page = preview.content.decode()
    assert "<del>Upplands </del>" in page
    assert "style=" not in page
    assert Municipality.objects.get(code="0114").name == "Upplands Väsby"


def test_broken_workbook_is_refused_with_a_sentence(as_keeper):
    upload = io.BytesIO(b"PK not a workbook")
    upload.name = "kommuner.xlsx"

    response = as_keeper.post(
        url("municipality", "import"), {"format": 0, "import_file": upload}
    )

    assert response.context["form"].has_error("import_file")


# People, for the keeper ----------------------------------------------------------------


def test_keeper_adds_and_changes_a_user(as_keeper):
    as_keeper.post(
        url("user", "add"), {"email": "ny@storsthlm.example", "usable_password": "false"}
    )
    user = User.objects.get(email="ny@storsthlm.example")

    page = as_keeper.get(url("user", "change", user.pk))

    assert page.status_code == 200
    assert not user.has_usable_password()
    assert make_user().pk != user.pk
    assert CoordinatingBody.objects.count() == Membership.objects.count() == 0
