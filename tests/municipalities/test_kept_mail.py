"""The e-mails of a developer's machine: read there, and nowhere else."""

import pytest
from django.core.mail import EmailMessage
from django.urls import reverse

from municipalities import kept_mail

PAGE = "/utveckling/mejl/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine(settings, tmp_path):
    """A developer's machine, with one e-mail."""
    settings.DEBUG = True
    settings.EMAIL_BACKEND = "municipalities.kept_mail.Backend"
    settings.EMAIL_FILE_PATH = tmp_path
    email = EmailMessage("Din kod", "Koden är 1234-5678", to=["kim@x.example"])
    email.attach("besked.pdf", b"%PDF-1.7", "application/pdf")
    kept_mail.Backend().send_messages([email])
    return settings


def test_kept_mail_is_read_without_login(client, machine):
    shown = client.get(PAGE).content.decode()

    for words in ("Din kod", "1234-5678", "kim@x.example", "besked.pdf"):
        assert words in shown


def test_file_is_what_was_attached(client, machine):
    [message] = kept_mail.kept()
    url = reverse("municipalities:kept_mail_file", args=[message.name, 1])

    response = client.get(url)

    assert (response.content, response["Content-Type"]) == (b"%PDF-1.7", "application/pdf")
    assert 'filename="besked.pdf"' in response["Content-Disposition"]


@pytest.mark.parametrize(("name", "place"), [("..", 1), ("finns-inte", 1), (None, 2)])
def test_file_that_is_not_there(client, machine, name, place):
    [message] = kept_mail.kept()

    assert client.get(f"{PAGE}{name or message.name}/{place}/").status_code == 404


@pytest.mark.parametrize(
    ("debug", "backend"),
    [
        (False, "municipalities.kept_mail.Backend"),
        (True, "municipalities.smtp.Backend"),
    ],
)
def test_other_machines_have_no_such_page(client, machine, debug, backend):
    machine.DEBUG, machine.EMAIL_BACKEND = debug, backend

    [message] = kept_mail.kept()
    pages = [PAGE, f"{PAGE}{message.name}/1/"]
    assert [client.get(page).status_code for page in pages] == [404, 404]


@pytest.mark.parametrize(("demo", "is_linked"), [(True, True), (False, False)])
def test_login_page_of_a_demonstration_leads_there(client, machine, demo, is_linked):
    machine.DEMO_MODE = demo

    assert (PAGE in client.get("/konto/login/").content.decode()) is is_linked
