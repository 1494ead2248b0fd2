"""The memo's pages."""

import hashlib

import pytest
from django.test import Client
from django.urls import reverse

from grants.models import Deadline
from reporting import memo as memos
from reporting.memo import Document
from reporting.models import Memo
from reporting.views.memo import SLUGS
from tests.factories import make_body, make_member
from tests.reporting.memos import (
    MEMO_ON,
    make_near_care,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def storsthlm(grant):
    return grant.body


def url(name, grant, *args):
    return reverse(f"reporting:memo_{name}", args=[grant.pk, *args])


@pytest.mark.usefixtures("quick_pdf")
def test_first_memo_is_written_and_published(as_handler, grant):
    as_handler.post(url("create", grant), {"dated_on": "2020-03-30", "title": grant.title})
    page = as_handler.get(url("publish", grant))
    seen = page.context["document"].fingerprint
    answer = as_handler.post(url("publish", grant), {"seen": seen})

    memo = Memo.objects.get()
    assert (answer.url, memo.status, memo.title) == (url("detail", grant), "published", "")
    assert memo.dated_on == MEMO_ON


def test_page_shows_the_parts_and_where_each_is_written(as_handler, memo):
    html = as_handler.get(url("detail", memo.grant)).content.decode()

    assert [url("section", memo.grant, slug) in html for slug in SLUGS] == [True] * 10
    assert "Totalt" in html


def test_page_lists_what_is_missing_and_where_it_is_told(client):
    grant = make_near_care(make_body("Region Stockholm"))
    handler = make_member(grant.body)
    client.force_login(handler)
    memo = memos.start(grant, by=handler, dated_on=MEMO_ON)
    Deadline.objects.filter(grant=memo.grant, kind="requisition").delete()

    page = client.get(url("detail", memo.grant))

    assert [lack["url"] for lack in page.context["missing"]] == [
        reverse("grants:distribution_list", args=[memo.grant.pk]),
        reverse("reporting:deadline_rows", args=[memo.grant.pk]),
    ]
    assert url("publish", memo.grant) not in page.content.decode()


def test_page_without_memo_offers_to_write_one(client):
    grant = make_near_care(make_body("Region Stockholm"))
    client.force_login(make_member(grant.body))

    assert url("create", grant) in client.get(url("detail", grant)).content.decode()


def test_published_page_tells_the_fingerprint(as_handler, published):
    html = as_handler.get(url("detail", published.grant)).content.decode()

    assert published.sha256 in html
    assert url("pdf", published.grant, 1) in html


def test_download_gives_the_published_bytes(as_handler, published):
    answer = as_handler.get(url("pdf", published.grant, 1))

    assert hashlib.sha256(answer.content).hexdigest() == published.sha256
    assert (answer["Content-Type"], answer["ETag"]) == (
        "application/pdf",
        f'"{published.sha256}"',
    )
    assert answer["Content-Disposition"] == (
        'attachment; filename="skrivelse-s-20-0026-god-och-nara-vard-2020-version-1.pdf"'
    )


def test_download_again_costs_nothing(as_handler, published):
    answer = as_handler.get(
        url("pdf", published.grant, 1), headers={"If-None-Match": f'"{published.sha256}"'}
    )

    assert answer.status_code == 304


def test_preview_is_a_pdf_that_says_it_is_a_draft(as_handler, memo):
    answer = as_handler.get(url("preview", memo.grant))

    assert answer.content.startswith(b"%PDF-1.7")
    assert answer.content != Document(memo).pdf()


def test_section_is_written(as_handler, memo, handler):
    answer = as_handler.post(
        url("section", memo.grant, "bakgrund"), {"body": "Dnr [[DNR]].\r\n", "seen": ""}
    )

    section = memo.sections.get()
    assert answer.url == f"{url('detail', memo.grant)}#bakgrund"
    assert (section.kind, section.body, section.edited_by) == (
        "background",
        "Dnr [[DNR]].",
        handler,
    )


def test_section_with_unknown_fact_is_refused_and_kept(as_handler, memo):
    answer = as_handler.post(
        url("section", memo.grant, "bakgrund"),
        {"body": "[[fel namn]] \N{SNOWMAN}", "seen": ""},
    )

    errors = answer.context["form"].errors.as_data()["body"]
    assert [(error.code, error.params) for error in errors] == [
        ("unknown_placeholder", {"name": "fel namn"}),
        ("unprintable", {"letters": "\N{SNOWMAN}"}),
    ]
    assert "[[fel namn]]" in answer.content.decode()
    assert not memo.sections.exists()


def test_preview_button_saves_nothing(as_handler, memo):
    answer = as_handler.post(
        url("section", memo.grant, "bakgrund"),
        {"body": "**Prov**", "seen": "", "preview": "1"},
    )

    assert "<strong>Prov</strong>" in answer.content.decode()
    assert not memo.sections.exists()


def test_preview_while_writing(as_handler, memo):
    answer = as_handler.post(
        url("section_preview", memo.grant, "observera"),
        {"body": "Senast [[används senast]] <script>"},
    )

    html = answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert "<p>Senast 31 december 2020 &lt;script&gt;</p>" in html


def test_section_that_somebody_else_has_changed_is_not_overwritten(
    as_handler, memo, handler
):
    memos.write(memo, kind="background", body="Den första", by=handler)

    answer = as_handler.post(
        url("section", memo.grant, "bakgrund"), {"body": "Den andra", "seen": ""}
    )

    errors = answer.context["form"].non_field_errors().as_data()
    assert [error.code for error in errors] == ["changed_by_another"]
    assert memo.sections.get().body == "Den första"


def test_section_goes_back_to_the_generated_text(as_handler, memo, handler):
    memos.write(memo, kind="background", body="Eget", by=handler)

    as_handler.post(url("section_reset", memo.grant, "bakgrund"))

    assert not memo.sections.exists()


def test_unknown_part_is_not_found(as_handler, memo):
    assert as_handler.get(url("section", memo.grant, "annat")).status_code == 404


@pytest.mark.usefixtures("quick_pdf")
def test_publish_pressed_twice_makes_one_version(as_handler, memo):
    seen = Document(memo).fingerprint

    for _ in range(2):
        as_handler.post(url("publish", memo.grant), {"seen": seen})

    assert list(Memo.objects.values_list("version", "status")) == [(1, "published")]


def test_publish_is_asked_again_when_a_fact_has_changed(as_handler, memo):
    answer = as_handler.post(url("publish", memo.grant), {"seen": "an earlier reading"})

    assert answer.url == url("publish", memo.grant)
    assert Memo.objects.get().is_draft


def test_publish_without_having_read_it_is_refused(as_handler, memo):
    as_handler.post(url("publish", memo.grant))

    assert Memo.objects.get().is_draft


def test_correction_must_say_what_is_corrected(as_handler, published):
    answer = as_handler.post(
        url("create", published.grant),
        {"dated_on": "2020-04-14", "title": published.grant.title},
    )

    assert answer.context["form"].errors.as_data()["correction"][0].code == "required"
    assert Memo.objects.count() == 1


def test_correction_becomes_the_next_version(as_handler, published):
    as_handler.post(
        url("create", published.grant),
        {"dated_on": "2020-04-14", "title": "Ny rubrik", "correction": "Fel dag."},
    )

    draft = Memo.objects.drafts().get()
    assert (draft.version, draft.title, draft.correction) == (2, "Ny rubrik", "Fel dag.")


def test_head_of_the_draft_is_changed(as_handler, memo):
    as_handler.post(url("edit", memo.grant), {"dated_on": "2020-04-02", "title": "Rubrik"})

    memo.refresh_from_db()
    assert (memo.dated_on.isoformat(), memo.title) == ("2020-04-02", "Rubrik")


def test_draft_is_thrown_away(as_handler, memo):
    as_handler.get(url("discard", memo.grant))
    assert Memo.objects.exists()
    as_handler.post(url("discard", memo.grant))

    assert not Memo.objects.exists()


READ = ["detail", "preview", "history"]
WRITE = ["create", "edit", "publish", "discard"]


def answers(user, grant):
    """Return what each address answers the user, on a read."""
    client = Client()
    client.force_login(user)
    codes = {name: client.get(url(name, grant)).status_code for name in READ + WRITE}
    codes["section"] = client.get(url("section", grant, "bakgrund")).status_code
    for name in ["section_preview", "section_reset"]:
        codes[name] = client.post(url(name, grant, "bakgrund")).status_code
    return codes


@pytest.mark.usefixtures("quick_pdf")
@pytest.mark.parametrize(
    ("role", "write"),
    [("handler", 200), ("approver", 200), ("administrator", 200), ("auditor", 403)],
)
def test_roles(storsthlm, memo, role, write):
    codes = answers(make_member(storsthlm, role=role), memo.grant)

    assert codes == dict.fromkeys(READ, 200) | {
        # A draft exists: it is shown instead of a new one, and after a reset.
        "create": write if write == 403 else 302,
        "edit": write,
        "publish": write,
        "discard": write,
        "section": write,
        "section_preview": write,
        "section_reset": write if write == 403 else 302,
    }


def test_another_bodys_memo_is_not_found(memo):
    other = make_body("Region Dalarna", county="20")

    codes = answers(make_member(other), memo.grant)

    assert set(codes.values()) == {404}


def test_another_bodys_published_memo_is_not_found(published, client):
    client.force_login(make_member(make_body("Region Dalarna", county="20")))

    assert client.get(url("pdf", published.grant, 1)).status_code == 404


def test_auditor_sees_no_button_to_change(storsthlm, memo, client):
    client.force_login(make_member(storsthlm, role="auditor"))

    html = client.get(url("detail", memo.grant)).content.decode()

    assert [name for name in WRITE if url(name, memo.grant) in html] == []
    assert url("preview", memo.grant) in html


def test_pages_have_no_inline_style_or_script(as_handler, memo):
    for path in [url("detail", memo.grant), url("section", memo.grant, "fordelning")]:
        html = as_handler.get(path).content.decode()
        assert [mark for mark in (" style=", "<style", " onclick=") if mark in html] == []


def test_versions_cost_the_same_number_of_queries(
    as_handler, published, handler, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    as_handler.get(url("detail", published.grant))
    with CaptureQueriesContext(connection) as one:
        as_handler.get(url("detail", published.grant))
    for _ in range(2):
        second = memos.start(
            published.grant, by=handler, dated_on=MEMO_ON, correction="Rättat."
        )
        memos.publish(second, by=handler)

    with django_assert_max_num_queries(len(one)):
        as_handler.get(url("detail", published.grant))
