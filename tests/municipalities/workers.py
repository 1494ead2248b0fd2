"""Workers in processes of their own, against the tests' database, to be killed.

Django starts once for all of them, in a process of which each worker is a copy.
"""

import os
import time
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import NamedTemporaryFile
from unittest.mock import patch
from urllib.parse import quote

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connection

WORKER = ("run_worker",)
BY_HAND = ("send_messages",)

COPIES = get_context("forkserver")
COPIES.set_forkserver_preload(["tests.municipalities.started"])


def database_url():
    """Return the address of the tests' database."""
    with connection.cursor():
        where = connection.get_connection_params()
    password = f":{quote(where['password'])}" if where.get("password") else ""
    host = quote(str(where.get("host", "")), safe="")
    return (
        f"postgresql://{quote(where.get('user', ''))}{password}@/{where['dbname']}"
        f"?host={host}&port={where.get('port') or 5432}"
    )


@contextmanager
def running(port, *command):
    """Run a command of ``manage.py`` that sends to a port, until the block ends."""
    environment = {
        "DATABASE_URL": database_url(),
        "DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "EMAIL_URL": "smtp://127.0.0.1:0",
    }
    with NamedTemporaryFile() as said:
        process = COPIES.Process(target=run, args=(port, said.name, *command))
        process.said = Path(said.name)
        with patch.dict(os.environ, environment):  # for what the workers are copies of
            process.start()
        try:
            yield process
        finally:
            kill(process)


def run(port, said, *command):
    """Be ``manage.py``, in a copy."""
    with Path(said).open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    settings.EMAIL_PORT = port
    execute_from_command_line(["manage.py", *command])


def kill(process):
    """End the process as a power cut does."""
    process.kill()
    process.join(timeout=10)


def wait_for(what, *, seconds=60, process=None):
    """Wait until ``what`` is true; fail with what the process says if it never is."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end or (process and process.exitcode not in {None, 0}):
            raise AssertionError(process.said.read_text() if process else "never happened")
        time.sleep(0.05)
