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
    ],
)
def test_odd_setting_stops_the_start_and_names_itself(odd, says):
    result = start(**SOUND | odd)

    assert (result.returncode != 0, says in result.stderr) == (True, True), result.stderr
