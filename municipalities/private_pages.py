"""Pages are somebody's own: no proxy keeps one, and no browser shows it again unasked."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

PRIVATE = "private, no-cache"
"""Not ``no-store``: what somebody has typed is there still when they go back to it."""


class PrivatePagesMiddleware:
    """Says so of every answer that does not say otherwise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer; the files of the site itself are served before this."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", PRIVATE)
        return response
