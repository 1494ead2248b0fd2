"""An odd setting stops the start, and names itself."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

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


def test_odd_setting_stops_the_start():
    result = start(**SOUND | {"SECRET_KEY": ""})

    assert (result.returncode, "SECRET_KEY: is missing." in result.stderr) == (1, True)


@pytest.fixture
def read(monkeypatch):
    """Read the settings anew, here, in an environment with nothing else in it."""

    def read(**environment):
        with monkeypatch.context() as patch:
            for name in os.environ:
                if name not in {"HOME", "PATH"}:
                    patch.delenv(name)
            for name, value in (SOUND | environment).items():
                patch.setenv(name, value)
            return runpy.run_path(str(ROOT / "config" / "settings.py"))

    return read


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
def test_odd_setting_names_itself(read, odd, says):
    with pytest.raises(ImproperlyConfigured) as refused:
        read(**odd)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("given", "links"),
    [
        ({}, "https://medel.example"),
        ({"SITE_URL": "https://stod.example:8443/"}, "https://stod.example:8443"),
        ({"DEBUG": "1"}, "http://127.0.0.1:8000"),
        ({"DEBUG": "1", "SITE_URL": "http://127.0.0.1:8001"}, "http://127.0.0.1:8001"),
    ],
)
def test_links_in_messages_lead_to_the_site(read, given, links):
    assert read(**given)["SITE_URL"] == links


def test_mail_goes_to_the_server_that_is_named_in_our_own_way(read):
    settings = read(
        EMAIL_URL="submission://anna:hemlig@smtp.example:587",
        DEFAULT_FROM_EMAIL="Medel <noreply@medel.example>",
    )

    names = ("BACKEND", "HOST", "PORT", "USE_TLS")
    assert [settings[f"EMAIL_{name}"] for name in names] == [
        "municipalities.smtp.Backend",
        "smtp.example",
        587,
        True,
    ]
    assert settings["MESSAGE_DOMAIN"] == "medel.example"
