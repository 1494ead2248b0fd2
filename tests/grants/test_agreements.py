"""Agreements: their pages, their file and who may do what."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse

from grants.models import Agreement
from tests.factories import make_agreement, make_body, make_grant, make_member

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n"

FACTS = {
    "title": "God och nära vård 2020",
    "year": "2020",
    "parties": "staten och SKR",
    "adopted_on": "2020-01-31",
    "url": "",
    "comment": "",
}


def pdf(content=PDF, name="overenskommelse.pdf"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def codes(form):
    """Return each field's error codes."""
    return {
        name: [error.code for error in errors]
        for name, errors in form.errors.as_data().items()
    }


def test_agreement_is_registered_with_its_file(as_handler, storsthlm):
    response = as_handler.post(
        reverse("grants:agreement_create"), FACTS | {"upload": pdf()}
    )

    agreement = Agreement.objects.get()
    assert response.url == agreement.get_absolute_url()
    assert (agreement.body, agreement.title, agreement.file.name) == (
        storsthlm,
        "God och nära vård 2020",
        "overenskommelse.pdf",
    )
    assert bytes(agreement.file.content) == PDF


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"PK\x03\x04", "not_pdf"), (b"%PDF-1.7 cut off", "not_pdf"), (b"", "empty")],
)
def test_file_that_is_no_pdf_is_refused_and_the_rest_is_kept(as_handler, content, code):
    response = as_handler.post(
        reverse("grants:agreement_create"), FACTS | {"upload": pdf(content)}
    )

    assert codes(response.context["form"]) == {"upload": [code]}
    assert 'value="God och nära vård 2020"' in response.content.decode()
    assert not Agreement.objects.exists()


def test_file_above_the_limit_is_refused(as_handler, monkeypatch):
    monkeypatch.setattr("grants.forms.base.MAX_BYTES", 10)

    response = as_handler.post(
        reverse("grants:agreement_create"), FACTS | {"upload": pdf()}
    )

    assert codes(response.context["form"]) == {"upload": ["too_large"]}


def test_every_mistake_is_shown_at_once(as_handler):
    response = as_handler.post(
        reverse("grants:agreement_create"), {"year": "20", "url": "x y"}
    )

    assert codes(response.context["form"]) == {
        "title": ["required"],
        "year": ["min_value"],
        "parties": ["required"],
        "url": ["invalid"],
    }


def test_same_title_and_year_is_refused_within_the_body(as_handler, storsthlm):
    make_agreement(make_body("Region Dalarna", "20"), title=FACTS["title"])
    assert as_handler.post(reverse("grants:agreement_create"), FACTS).status_code == 302

    response = as_handler.post(reverse("grants:agreement_create"), FACTS)

    assert codes(response.context["form"]) == {"title": ["taken"]}


def test_file_can_be_replaced_and_removed(as_handler, storsthlm):
    agreement = make_agreement(storsthlm)
    url = reverse("grants:agreement_edit", args=[agreement.pk])

    as_handler.post(url, FACTS | {"upload": pdf(name="ny.pdf")})
    agreement.refresh_from_db()
    assert agreement.file.name == "ny.pdf"

    as_handler.post(url, FACTS | {"remove_file": "on"})
    agreement.refresh_from_db()
    assert agreement.file is None


def test_agreement_in_use_is_not_deleted(as_handler, storsthlm):
    agreement = make_grant(storsthlm).agreement

    response = as_handler.post(
        reverse("grants:agreement_delete", args=[agreement.pk]), follow=True
    )

    assert "kan inte tas bort" in response.content.decode() or "cannot be deleted" in (
        response.content.decode()
    )
    assert Agreement.objects.filter(pk=agreement.pk).exists()


def test_unused_agreement_is_deleted_after_a_question(as_handler, storsthlm):
    agreement = make_agreement(storsthlm)
    url = reverse("grants:agreement_delete", args=[agreement.pk])

    assert as_handler.get(url).status_code == 200
    assert Agreement.objects.exists()

    assert as_handler.post(url).url == reverse("grants:agreement_list")
    assert not Agreement.objects.exists()


def test_somebody_elses_change_is_not_overwritten(as_handler, storsthlm, client):
    agreement = make_agreement(storsthlm)
    url = reverse("grants:agreement_edit", args=[agreement.pk])
    seen = as_handler.get(url).context["form"]["seen"].value()
    Agreement.objects.update(comment="Från en annan")

    response = as_handler.post(url, FACTS | {"seen": seen, "comment": "Min"})

    form = response.context["form"]
    assert codes(form) == {"__all__": ["changed_by_another"]}
    assert form["comment"].value() == "Min"
    agreement.refresh_from_db()
    assert agreement.comment == "Från en annan"

    again = as_handler.post(url, FACTS | {"seen": form["seen"].value(), "comment": "Min"})
    agreement.refresh_from_db()
    assert (again.status_code, agreement.comment) == (302, "Min")


@pytest.mark.parametrize(
    ("name", "takes_pk"),
    [
        ("agreement_list", False),
        ("agreement_detail", True),
        ("agreement_edit", True),
        ("agreement_delete", True),
        ("agreement_history", True),
    ],
)
def test_another_bodys_agreement_is_not_found(as_handler, name, takes_pk):
    other = make_agreement(make_body("Region Dalarna", "20"), title="Dalarnas")

    response = as_handler.get(reverse(f"grants:{name}", args=[other.pk] * takes_pk))

    assert response.status_code == (404 if takes_pk else 200)
    assert "Dalarnas" not in response.content.decode()


def test_auditor_reads_and_changes_nothing(client, storsthlm):
    agreement = make_agreement(storsthlm)
    client.force_login(make_member(storsthlm, role="auditor"))
    detail = client.get(agreement.get_absolute_url())

    assert detail.status_code == 200
    assert reverse("grants:agreement_edit", args=[agreement.pk]) not in (
        detail.content.decode()
    )
    for name in ("agreement_edit", "agreement_delete"):
        url = reverse(f"grants:{name}", args=[agreement.pk])
        assert (client.get(url).status_code, client.post(url).status_code) == (403, 403)


def test_list_costs_the_same_for_one_and_three(
    as_handler, storsthlm, django_assert_max_num_queries
):
    url = reverse("grants:agreement_list")
    make_grant(storsthlm)
    as_handler.get(url)
    with django_assert_max_num_queries(100) as one:
        as_handler.get(url)
    for _each in range(2):
        make_grant(storsthlm)
    with django_assert_max_num_queries(100) as three:
        as_handler.get(url)

    assert len(one) == len(three)


def test_database_refuses_to_move_an_agreement_to_another_body(storsthlm):
    agreement = make_agreement(storsthlm)

    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Agreement.objects.filter(pk=agreement.pk).update(body=make_body("Dala", "20"))
