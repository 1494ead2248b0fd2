"""Where the site is, for what is written without a request: messages and feeds."""

from django.conf import settings


def absolute(path: str) -> str:
    """Return the whole address of a path on this site.

    It never comes from the request: whoever asks can write any host there.
    """
    return f"{settings.SITE_URL}{path}"
