"""Addresses of the site itself: whole ones for messages, and pages to go back to."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def absolute(path: str) -> str:
    """Return the whole address of a path on this site.

    It never comes from the request: whoever asks can write any host there.
    """
    return f"{settings.SITE_URL}{path}"


def next_page(request: HttpRequest, otherwise: str = "/") -> str:
    """Return the page to go on to: the one that the form names, if it is ours."""
    url = request.POST.get("next", "")
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(url, hosts, require_https=request.is_secure())
    return url if is_ours and url.startswith("/") else otherwise
