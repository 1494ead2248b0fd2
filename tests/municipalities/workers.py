"""Workers in processes of their own, against the tests' database, to be killed."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db import connection

ROOT = Path(__file__).parents[2]

WORKER = ("run_worker",)
BY_HAND = ("send_messages",)


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
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "manage.py", *command],
        cwd=ROOT,
        env=os.environ
        | {
            "DATABASE_URL": database_url(),
            "DEBUG": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        kill(process)
        process.stdout.close()


def kill(process):
    """End the process as a power cut does."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)


def wait_for(what, *, seconds=60, process=None):
    """Wait until ``what`` is true; fail with what the process says if it never is."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end or (process and process.poll() not in {None, 0}):
            if process:
                kill(process)
            raise AssertionError(process.stdout.read() if process else "never happened")
        time.sleep(0.1)
