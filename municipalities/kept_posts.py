"""What somebody posts after the session has ended, kept until they are logged in again.

It lies in the session of whoever is not logged in yet, and is only taken up at the same
address, by somebody who acts for the same organisation.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

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
    """Keep what is posted, and say so. It names an organisation: ``municipality``.

    Whoever posts is not known: no one address may fill the database.
    """
    if not ratelimit.consume(request, action="keep_post"):
        messages.warning(request, _("You were logged out. Log in and write it again."))
        return
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
    text = _("You were logged out. Log in again: what you wrote is kept.")
    messages.warning(request, text)


def take(request: HttpRequest, organisation: str) -> Kept | None:
    """Return what was kept at this address for the organisation, once."""
    kept = request.session.get(KEPT)
    if not kept or kept["path"] != request.path:
        return None
    del request.session[KEPT]
    if kept["posted"].get("municipality", "") != organisation:
        return None  # another person, on the same machine
    return Kept(kept["posted"], kept["had_files"])
