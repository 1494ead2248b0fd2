"""The body's own facts, and its logo."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from municipalities.models import StoredFile
from tests.factories import make_body, make_member

pytestmark = pytest.mark.django_db

PAGE = "/organisation/"
CHANGE = "/organisation/andra/"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
FACTS = {"name": "Storsthlm", "region_name": "Region Stockholm"}


@pytest.fixture
def as_administrator(client, storsthlm):
    client.force_login(make_member(storsthlm, role="administrator"))
    return client


def picture(content, name="logga.png"):
    return {"new_logo": SimpleUploadedFile(name, content, content_type="image/png")}


@pytest.mark.parametrize(
    ("role", "may_change"),
    [("handler", 403), ("approver", 403), ("auditor", 403), ("administrator", 200)],
)
def test_everyone_reads_and_an_administrator_changes(client, storsthlm, role, may_change):
    client.force_login(make_member(storsthlm, role=role))

    assert client.get(PAGE).status_code == 200
    assert client.get(CHANGE).status_code == may_change
    assert client.get("/organisation/historik/").status_code == 200


def test_facts_are_changed(as_administrator, storsthlm):
    as_administrator.post(
        CHANGE, FACTS | {"organisation_number": "222000-0315", "peppol_id": "0007:1"}
    )

    storsthlm.refresh_from_db()
    assert (storsthlm.organisation_number, storsthlm.peppol_id) == ("2220000315", "0007:1")


def test_wrong_check_digit_is_refused(as_administrator):
    response = as_administrator.post(CHANGE, FACTS | {"organisation_number": "2220000316"})

    assert response.context["form"].has_error("organisation_number", "organisation_number")


def test_name_of_another_body_is_refused(as_administrator):
    make_body("Region Dalarna", "20")

    response = as_administrator.post(CHANGE, FACTS | {"name": "Region Dalarna"})

    assert response.context["form"].has_error("name", "unique")


def test_logo_is_kept_and_removed(as_administrator, storsthlm):
    as_administrator.post(CHANGE, FACTS | picture(PNG))

    storsthlm.refresh_from_db()
    assert (storsthlm.logo.content_type, bytes(storsthlm.logo.content)) == (
        "image/png",
        PNG,
    )

    as_administrator.post(CHANGE, FACTS | {"remove_logo": "on"})

    storsthlm.refresh_from_db()
    assert storsthlm.logo is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "not_a_picture"),
        (b"GIF89a", "not_a_picture"),
        (PNG + b"\0" * 1024 * 1024, "too_large"),
        (b"", "empty"),
    ],
)
def test_logo_is_refused(as_administrator, content, code):
    response = as_administrator.post(CHANGE, FACTS | picture(content))

    assert response.context["form"].has_error("new_logo", code)
    assert not StoredFile.objects.exists()
