"""The web server's log of what is asked for, without secrets."""

from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from config.logs import without_secrets


class AccessLogger(Logger):  # type: ignore[misc]
    """Logs as gunicorn does: ``--logger-class=config.access_log.AccessLogger``."""

    def atoms(self, *args: Any) -> dict[str, Any]:
        """Return the parts that a line is made of."""
        return {
            name: without_secrets(value) if isinstance(value, str) else value
            for name, value in super().atoms(*args).items()
        }
