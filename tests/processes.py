"""A process of its own, beside the tests' and on their database, that may be killed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

from django.conf import settings
from django.db import connection

PATIENCE = 120
"""Seconds that the copies have together."""

PROGRAM = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
from django.db import connections
settings.DATABASES["default"]["NAME"] = sys.argv[1]
connections.databases["default"]["NAME"] = sys.argv[1]

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

exec(sys.argv[2])
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        run(*line.split())
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@contextmanager
def copies(program: str) -> Iterator[Callable[..., int]]:
    """Start Django once; yield what lets a copy ``run`` the program and tells how it ended.

    The program defines ``run``, which is given words without spaces; it may ``die``.
    """
    process = subprocess.Popen(
        [
            *(sys.executable, "-W", "ignore", "-c"),
            *(PROGRAM, connection.settings_dict["NAME"], program),
        ],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    watch = Timer(PATIENCE, process.kill)
    watch.start()

    def run(*words: str) -> int:
        print(*words, file=process.stdin, flush=True)
        return int(process.stdout.readline())

    try:
        yield run
    finally:
        watch.cancel()
        process.kill()
        process.communicate()
