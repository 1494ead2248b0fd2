"""What lets its reader in does not stand in the logs."""

import logging
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.urls import reverse
from gunicorn.config import Config

from config.access_log import AccessLogger
from config.logs import Formatter
from tests.test_access import WITH_SECRET

KEY = "s3cr:et_-K"
ADDRESSES = {
    "account_confirm_email": [KEY],
    "account_reset_password_from_key": ["1a", KEY],
    "reporting:calendar_feed": [3, KEY.replace(":", "")],
    "reporting:reminder_off": [KEY],
}
OF_A_DEVELOPER = {"municipalities:kept_mail_file"}


def test_every_address_with_a_secret_is_known():
    assert ADDRESSES.keys() == WITH_SECRET - OF_A_DEVELOPER


@pytest.fixture
def log():
    """What the console's handler writes."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Formatter())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


def test_console_hides_secrets():
    name = settings.LOGGING["handlers"]["console"]["formatter"]

    written_by = settings.LOGGING["formatters"][name]["()"]
    assert written_by == f"{Formatter.__module__}.{Formatter.__name__}"


def test_secret_of_a_page_that_is_not_found_is_not_logged(client, db, log):
    client.get(reverse("reporting:calendar_feed", args=[3, "hemlig"]))
    client.get("/kalender/finns-inte/")

    assert log.getvalue() == (
        "Not Found: /kalender/3-***\nNot Found: /kalender/finns-inte/\n"
    )


@pytest.mark.parametrize("name", ADDRESSES)
def test_web_server_logs_no_secret(name):
    address = reverse(name, args=ADDRESSES[name])
    request = {
        "REQUEST_METHOD": "GET",
        "RAW_URI": address,
        "PATH_INFO": address,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": f"https://medel.example{address}",
    }
    response = SimpleNamespace(status="200 OK", sent=5, headers=[("Location", address)])

    atoms = AccessLogger(Config()).atoms(
        response, SimpleNamespace(headers=[("REFERER", address)]), request, timedelta(0)
    )

    assert not [each for each, value in atoms.items() if KEY[-4:] in str(value)]
    assert atoms["r"].startswith(f"GET {address.partition(KEY[:4])[0].rstrip('1a-')}")
    assert atoms["s"] == "200"
