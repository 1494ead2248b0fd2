"""What somebody who is logged out posts: kept for them, within limits, for a time."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from municipalities.kept_posts import KEPT
from municipalities.tasks import forget_expired

pytestmark = pytest.mark.django_db

ONCE = {"ACCOUNT_RATE_LIMITS": settings.ACCOUNT_RATE_LIMITS | {"keep_post": "1/h/ip"}}


@pytest.fixture(autouse=True)
def fresh_counts():
    cache.clear()


@pytest.mark.parametrize(
    ("name", "args"), [("invoices:answer", [1]), ("reporting:report_section", [1, "medel"])]
)
@override_settings(**ONCE)
def test_one_address_does_not_fill_the_database(client, name, args):
    kept = []
    for _time in range(2):
        client.cookies.clear()
        response = client.post(reverse(name, args=args), {"typed": "Hej"})
        assert response["Location"].startswith(reverse("account_login"))
        kept.append(client.session.get(KEPT, {}).get("posted"))

    assert kept == [{"typed": "Hej"}, None]


def test_sessions_that_have_ended_are_forgotten(client):
    reached = []
    for _time in range(2):
        client.cookies.clear()
        client.post(reverse("invoices:answer", args=[1]), {"typed": "Hej"})
        reached.append(client.session.session_key)
    ended = timezone.now() - timedelta(minutes=1)
    Session.objects.filter(pk=reached[0]).update(expire_date=ended)

    forget_expired()

    assert list(Session.objects.values_list("pk", flat=True)) == reached[1:]


def test_counts_that_no_longer_hold_are_forgotten():
    cache.set("passed", 1, 1)
    cache.set("holds", 1, 600)
    with connection.cursor() as cursor:
        long_ago = "UPDATE cache SET expires = '2020-01-01' WHERE cache_key LIKE %s"
        cursor.execute(long_ago, ["%passed"])
        forget_expired()
        cursor.execute("SELECT cache_key FROM cache")
        left = [key.rpartition(":")[2] for (key,) in cursor.fetchall()]

    assert left == ["holds"]


def test_counts_of_wrong_codes_are_not_thrown_out_by_many_others(client):
    """The cache throws out what comes first in the alphabet, when it is full."""
    cache.set("allauth:rl:allauth.account:confirm_login_code:x", [1.0], 600)
    for number in range(400):
        cache.set(f"allauth:rl:allauth.account:request_login_code:{number}", [1.0], 600)

    assert cache.get("allauth:rl:allauth.account:confirm_login_code:x") == [1.0]
