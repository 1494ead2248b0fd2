"""What somebody posts after the session has ended, kept until they are logged in again.

It lies in the session of whoever is not logged in yet, and is only taken up at the same
address, by somebody who acts for the same organisation.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest

KEPT = "kept_post"
MOST_CHARACTERS = 500_000
MOST_FIELDS = 5_000


@dataclass(frozen=True, slots=True)
class Kept:
    """What was posted."""

    posted: Mapping[str, str]
    had_files: bool
    """Whether files were chosen, which cannot be kept."""


def keep(request: HttpRequest) -> None:
    """Keep what is posted. It says which organisation it is about: ``municipality``."""
    posted: dict[str, str] = {}
    left = MOST_CHARACTERS
    for name, value in request.POST.items():
        if name == "csrfmiddlewaretoken":
            continue
        text = str(value)
        left -= len(name) + len(text)
        if left < 0 or len(posted) == MOST_FIELDS:
            break
        posted[name] = text
    request.session[KEPT] = {
        "path": request.path,
        "posted": posted,
        "had_files": bool(request.FILES),
    }


def take(request: HttpRequest, organisation: str) -> Kept | None:
    """Return what was kept at this address for the organisation, once."""
    kept = request.session.get(KEPT)
    if not kept or kept["path"] != request.path:
        return None
    del request.session[KEPT]
    if kept["posted"].get("municipality", "") != organisation:
        return None  # another person, on the same machine
    return Kept(kept["posted"], kept["had_files"])
