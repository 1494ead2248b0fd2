"""How often files are sent, and how much at once: so much is taken, and no more."""

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import override_settings
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from municipalities.models import StoredFile
from municipalities.upload_limit import TOO_MANY
from reporting.models import ReportSection
from tests.test_access import browser_of, world  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n%%EOF"
ONCE = {"ACCOUNT_RATE_LIMITS": settings.ACCOUNT_RATE_LIMITS | {"upload": "1/5m/user"}}
MUNICIPAL = {"municipality": "0127", "do": "files"}
# name: (what it is about, who sends it, the file's field, what else is sent)
PAGES = {
    "municipalities:statistic_import": ("", "handler", "file", {}),
    "municipalities:body_update": ("", "administrator", "new_logo", {}),
    "grants:agreement_create": ("", "handler", "upload", {}),
    "grants:agreement_edit": ("agreement", "handler", "upload", {}),
    "grants:grant_decisions_edit": ("grant", "handler", "decisions-0-upload", {}),
    "invoices:incoming_list": ("", "handler", "chosen", {}),
    "invoices:batch_read_back": ("released batch", "handler", "file", {}),
    "invoices:answer": ("offer", "contributor", "files", MUNICIPAL | {"seen": "0"}),
    "reporting:report_upload": ("municipal round", "contributor", "file", {}),
    "reporting:report_section": (
        "municipal section",
        "contributor",
        "underlag",
        MUNICIPAL | {"seen": "1"},
    ),
    "admin:municipalities_statistic_import": ("", "administrator", "import_file", {}),
    "admin:grants_agreement_import": ("", "administrator", "import_file", {}),
}


def refusal():
    with translation.override(settings.LANGUAGE_CODE):
        return escape(str(TOO_MANY))


@pytest.mark.parametrize("name", PAGES)
def test_files_are_taken_as_often_as_the_limit_says(name, world):  # noqa: F811
    about, who, field, others = PAGES[name]
    address = reverse(name, args=world[about])
    client = browser_of(world["sessions"][who])

    with transaction.atomic(), override_settings(**ONCE):
        answers = [
            client.post(address, {field: SimpleUploadedFile("a.pdf", PDF), **others})
            for _time in range(2)
        ]
        without = client.post(address, others)
        transaction.set_rollback(True)

    said = [refusal() in each.content.decode() for each in (*answers, without)]
    assert said == [False, True, False]
    assert {each.status_code for each in answers} <= {200, 302, 422}


def test_what_is_typed_beside_a_file_that_is_refused_is_kept(world):  # noqa: F811
    address = reverse("reporting:report_section", args=world["municipal section"])
    client = browser_of(world["sessions"]["contributor"])

    with transaction.atomic(), override_settings(**ONCE):
        for seen, amount in ((1, "7"), (2, "8")):
            file = SimpleUploadedFile(f"{amount}.pdf", PDF + amount.encode())
            facts = MUNICIPAL | {"seen": seen, "aterbetalas": amount, "underlag": file}
            client.post(address, facts)
        section = ReportSection.objects.get(
            report__round=world["municipal section"][0], key="medel"
        )
        names = StoredFile.objects.filter(name__in=["7.pdf", "8.pdf"])
        kept = (section.answers["aterbetalas"], [each.name for each in names])
        transaction.set_rollback(True)

    assert kept == ("8", ["7.pdf"])


def test_others_files_are_not_counted_with_ones_own(world):  # noqa: F811
    address = reverse("municipalities:statistic_import")

    with transaction.atomic(), override_settings(**ONCE):
        said = [
            refusal()
            in browser_of(world["sessions"][who])
            .post(address, {"file": SimpleUploadedFile("a.pdf", PDF)})
            .content.decode()
            for who in ("handler", "approver")
        ]
        transaction.set_rollback(True)

    assert said == [False, False]


def test_more_than_any_page_asks_for_is_refused(client, monkeypatch):
    """Whoever sends it: who is not logged in is told so only when all is read."""
    monkeypatch.setattr("municipalities.upload_limit.MOST_BYTES", 1_000)
    address = reverse("reporting:report_section", args=[1, "medel"])

    answers = [
        client.post(address, {"file": SimpleUploadedFile("a.pdf", b"x" * length)})
        for length in (500, 1_000)
    ]

    assert [each.status_code for each in answers] == [302, 400]
