"""An odd setting stops the start, and names itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOUND = {
    "SECRET_KEY": "k9#" + "abcdefgh" * 8,
    "ALLOWED_HOSTS": "medel.example",
    "DATABASE_URL": "postgres://u@127.0.0.1:1/x",
}


def start(**environment):
    """Return how ``manage.py check --deploy`` ends in a process of its own."""
    # Nothing of what the shell or other tests have set.
    clean = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    return subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "manage.py",
            "check",
            "--deploy",
            "--fail-level",
            "WARNING",
        ],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_sound_production_settings_pass_the_deployment_check():
    result = start(**SOUND)

    assert (result.returncode, "no issues" in result.stdout) == (0, True), result.stderr


@pytest.mark.parametrize(
    ("odd", "says"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY: is missing."),
        ({"SECRET_KEY": "short"}, "SECRET_KEY: use at least 50 characters."),
        ({"DEBUG": "maybe"}, "DEBUG: "),
        ({"HTTPS": "2"}, "HTTPS: "),
        ({"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL: only postgres:// works here."),
        ({"EMAIL_URL": "gopher://x"}, "EMAIL_URL"),
        ({"SITE_URL": "medel.example"}, "SITE_URL: write where the site is"),
        ({"SITE_URL": "ftp://medel.example"}, "SITE_URL: "),
        ({"SITE_URL": "https://medel.example/medel"}, "SITE_URL: "),
        ({"SITE_URL": "https://medel.example?a=1"}, "SITE_URL: "),
        ({"SITE_URL": "https://anna@medel.example"}, "SITE_URL: "),
        ({"SITE_URL": "https://medel.example:x"}, "SITE_URL: "),
        ({"SITE_URL": ""}, "SITE_URL: "),
        ({"DEFAULT_FROM_EMAIL": "Stimulansmedel"}, "DEFAULT_FROM_EMAIL: "),
        ({"DEFAULT_FROM_EMAIL": "A <a@b.se>, B <b@b.se>"}, "DEFAULT_FROM_EMAIL: "),
    ],
)
def test_odd_setting_stops_the_start_and_names_itself(odd, says):
    result = start(**SOUND | odd)

    assert (result.returncode != 0, says in result.stderr) == (True, True), result.stderr


def told(code, **environment):
    """Return what a line of Python prints in a process with the settings."""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"from config.settings import *; {code}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | SOUND | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.split()


@pytest.mark.parametrize(
    ("given", "links"),
    [
        ({}, "https://medel.example"),
        ({"SITE_URL": "https://stod.example:8443/"}, "https://stod.example:8443"),
        ({"DEBUG": "1"}, "http://127.0.0.1:8000"),
        ({"DEBUG": "1", "SITE_URL": "http://127.0.0.1:8001"}, "http://127.0.0.1:8001"),
    ],
)
def test_links_in_messages_lead_to_the_site(given, links):
    assert told("print(SITE_URL)", **given) == [links]


def test_mail_goes_to_the_server_that_is_named_in_our_own_way():
    mail = told(
        "print(EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS, MESSAGE_DOMAIN)",
        EMAIL_URL="submission://anna:hemlig@smtp.example:587",
        DEFAULT_FROM_EMAIL="Medel <noreply@medel.example>",
    )

    assert mail == [
        "municipalities.smtp.Backend",
        "smtp.example",
        "587",
        "True",
        "medel.example",
    ]
