"""What every answer tells the browser: what it may run, keep and send on."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from municipalities.private_pages import PrivatePagesMiddleware

pytestmark = pytest.mark.django_db

HEADERS = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = {
    "default-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}


def of(response):
    return {name: response.headers.get(name) for name in HEADERS}


def policy(response):
    return set(response["Content-Security-Policy"].split("; "))


def test_pages_of_somebody_are_kept_by_nobody_and_run_nothing_of_others(as_handler):
    pages = [
        as_handler.get(reverse("grants:grant_list")),
        as_handler.get(reverse("grants:grant_list"), {"_export": "xlsx"}),
        as_handler.get("/finns-inte/"),
    ]

    assert [each.status_code for each in pages] == [200, 200, 404]
    assert [of(each) for each in pages] == [HEADERS] * 3
    assert [policy(each) for each in pages] == [POLICY] * 3


def test_page_for_anybody_says_the_same(client):
    response = client.get(reverse("account_login"))

    assert policy(response) == POLICY
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]


def test_what_says_otherwise_is_left_alone():
    def view(_request):
        return HttpResponse(headers={"Cache-Control": "private, no-store"})

    response = PrivatePagesMiddleware(view)(RequestFactory().get("/"))

    assert response["Cache-Control"] == "private, no-store"


def test_cookies_are_for_the_site_and_not_for_scripts(client):
    client.get(reverse("account_login"))
    client.post(reverse("account_login"), {"login": "kim@kommun.example"})

    found = {
        name: (cookie["httponly"], cookie["samesite"])
        for name, cookie in client.cookies.items()
    }
    assert found == dict.fromkeys(("csrftoken", "sessionid"), (True, "Lax"))
