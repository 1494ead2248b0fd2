"""Signing in with a code: who gets one, what is never told, and how often one may try."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.core.cache import cache
from django.urls import reverse

from tests.factories import make_member, make_municipal_member, make_user

pytestmark = pytest.mark.django_db

LOGIN = "/konto/login/"
CONFIRM = "/konto/login/code/confirm/"
PORTAL = "/mina-medel/"


@pytest.fixture(autouse=True)
def fresh_counts():
    """Begin without earlier tries."""
    cache.clear()


@pytest.fixture
def person(places):
    return make_municipal_member()


def ask(client, email, **more):
    return client.post(LOGIN, {"login": email, "password": "", **more})


def code_in(message):
    (code,) = re.findall(r"\d{4}-\d{4}", message.body)
    return code


def who(client):
    return client.session.get("_auth_user_id")


def plain(response, email):
    """Return the whole answer without what differs between any two requests."""
    text = response.content.decode().replace(email, "ADDRESS")
    return (
        response.status_code,
        response.headers.get("Location"),
        re.sub(r'(csrfmiddlewaretoken" value|X-CSRFToken": )[^>}]*', "", text),
    )


# The way in ----------------------------------------------------------------------------


def test_code_lets_a_municipal_member_in(client, person, mailoutbox):
    ask(client, person.email)
    (message,) = mailoutbox
    client.post(CONFIRM, {"code": code_in(message)})

    assert (message.to, who(client)) == ([person.email], str(person.pk))
    assert client.get("/", follow=True).redirect_chain == [(PORTAL, 302)]


@pytest.mark.parametrize("sign", ["", " ", "-"])
def test_code_is_read_as_people_write_it(client, person, mailoutbox, sign):
    ask(client, person.email.upper())

    client.post(CONFIRM, {"code": f" {code_in(mailoutbox[0]).replace('-', sign)} "})

    assert who(client) == str(person.pk)


def test_code_leads_on_to_the_page_that_was_asked_for(client, person, mailoutbox):
    page = client.get(PORTAL)
    asked = client.post(page["Location"], {"login": person.email, "next": PORTAL})
    response = client.post(asked["Location"], {"code": code_in(mailoutbox[0])})

    assert response["Location"] == PORTAL


def test_next_survives_a_code_that_failed(client, person, mailoutbox):
    ask(client, person.email, next="/kommunen/personer/")
    for _ in range(5):
        failed = client.post(CONFIRM, {"code": "0000-0000"})
    assert failed["Location"] == LOGIN

    ask(client, person.email)
    response = client.post(CONFIRM, {"code": code_in(mailoutbox[-1])})

    assert response["Location"] == "/kommunen/personer/"


def test_next_never_leads_to_another_site(client, person, mailoutbox):
    ask(client, person.email, next="https://evil.example/")
    response = client.post(CONFIRM, {"code": code_in(mailoutbox[0])})

    assert response["Location"] == "/"


# What is never told --------------------------------------------------------------------


def strangers(storsthlm):
    """Return addresses that no code lets in, each for its own reason."""
    inactive = make_municipal_member()
    inactive.is_active = False
    inactive.save()
    return {
        "nobody": "ingen@kommun.example",
        "closed": inactive.email,
        "ended": make_municipal_member("0125", valid_until="2020-01-01").email,
        "no role": make_user().email,
        "staff": make_member(storsthlm).email,
    }


@pytest.mark.parametrize("kind", ["nobody", "closed", "ended", "no role", "staff"])
def test_answers_are_the_same_for_a_known_and_another_address(
    client, person, storsthlm, mailoutbox, kind
):
    other = strangers(storsthlm)[kind]
    seen = {}
    for email in (person.email, other):
        client.cookies.clear()
        seen[email] = [
            plain(ask(client, email), email),
            plain(client.get(CONFIRM), email),
            *(plain(client.post(CONFIRM, {"code": "0000"}), email) for _ in range(5)),
            plain(client.get(LOGIN), email),
        ]

    assert seen[person.email] == seen[other]
    assert len(mailoutbox) == 2
    assert who(client) is None


def test_answers_cost_the_same_queries(
    client, person, storsthlm, django_assert_max_num_queries
):
    counts = set()
    for email in (person.email, "ingen@kommun.example"):
        client.cookies.clear()
        with django_assert_max_num_queries(60) as queries:
            ask(client, email)
        counts.add(len(queries))

    assert max(counts) - min(counts) <= 3


def test_unknown_address_is_told_in_its_own_mailbox(client, storsthlm, mailoutbox):
    ask(client, "ingen@kommun.example")

    (message,) = mailoutbox
    assert re.findall(r"\d{4}-\d{4}", message.body) == []


# Staff ---------------------------------------------------------------------------------


def test_staff_get_no_code_but_the_way_to_the_password(client, storsthlm, mailoutbox):
    handler = make_member(storsthlm)

    ask(client, handler.email)

    (message,) = mailoutbox
    assert re.findall(r"\d{4}-\d{4}", message.body) == []
    assert reverse("account_reset_password") in message.body


@pytest.mark.parametrize("right", ["is_superuser", "is_staff"])
def test_keeper_of_the_installation_gets_no_code(client, person, mailoutbox, right):
    setattr(person, right, True)
    person.save()

    ask(client, person.email)

    assert re.findall(r"\d{4}-\d{4}", mailoutbox[0].body) == []


def test_code_does_not_let_in_who_became_staff_meanwhile(
    client, person, storsthlm, mailoutbox
):
    ask(client, person.email)
    make_member(storsthlm, user=person)

    response = client.post(CONFIRM, {"code": code_in(mailoutbox[0])})

    assert (response["Location"], who(client)) == (LOGIN, None)


def test_code_does_not_let_in_who_was_removed_meanwhile(client, person, mailoutbox):
    make_municipal_member()
    ask(client, person.email)
    person.memberships.update(valid_until="2020-01-01")

    client.post(CONFIRM, {"code": code_in(mailoutbox[0])})

    assert who(client) is None


def test_password_lets_staff_in(client, storsthlm):
    handler = make_member(storsthlm, user=make_user(password="en lång ramsa"))

    client.post(LOGIN, {"login": handler.email, "password": "en lång ramsa"})

    assert who(client) == str(handler.pk)


def test_button_for_password_asks_for_one(client, storsthlm, mailoutbox):
    response = ask(client, make_member(storsthlm).email, by="password")

    assert response.context["form"].has_error("password", "required")
    assert mailoutbox == []


# Two steps -----------------------------------------------------------------------------


def test_second_step_is_asked_for_after_the_code(client, person, mailoutbox):
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(person, secret)
    ask(client, person.email, next=PORTAL)
    asked = client.post(f"{CONFIRM}?next={PORTAL}", {"code": code_in(mailoutbox[0])})
    assert (asked["Location"], who(client)) == (reverse("mfa_authenticate"), None)

    number = format_hotp_value(hotp_value(secret, next(iter(counters()))))
    response = client.post(reverse("mfa_authenticate"), {"code": number})

    assert (response["Location"], who(client)) == (PORTAL, str(person.pk))


# Limits --------------------------------------------------------------------------------


def test_five_wrong_codes_end_the_try(client, person, mailoutbox):
    ask(client, person.email)
    for _ in range(5):
        client.post(CONFIRM, {"code": "0000-0000"})

    client.post(CONFIRM, {"code": code_in(mailoutbox[0])})

    assert who(client) is None


def test_code_works_for_a_quarter(client, person, mailoutbox):
    ask(client, person.email)
    session = client.session
    session["account_login"]["state"]["stages"]["login_by_code"]["data"]["at"] -= 901
    session.save()

    client.post(CONFIRM, {"code": code_in(mailoutbox[0])})

    assert who(client) is None


def test_code_works_in_one_browser(client, person, mailoutbox):
    ask(client, person.email)
    client.cookies.clear()

    client.post(CONFIRM, {"code": code_in(mailoutbox[0])})

    assert who(client) is None


@pytest.mark.parametrize("is_known", [True, False])
def test_sixth_code_to_an_address_must_wait(client, person, mailoutbox, is_known):
    email = person.email if is_known else "ingen@kommun.example"
    for _ in range(5):
        client.cookies.clear()
        ask(client, email)
    client.cookies.clear()
    response = ask(client, email.upper())

    assert response.context["form"].has_error("__all__", "too_many_codes")
    assert len(mailoutbox) == 5


def test_neighbours_behind_the_same_address_are_not_stopped(client, places, mailoutbox):
    for _ in range(30):
        client.cookies.clear()
        ask(client, make_municipal_member().email)

    assert len(mailoutbox) == 30


def test_guesses_are_counted_over_every_browser(client, person, mailoutbox):
    ask(client, person.email)
    first = client.cookies.copy()
    for _ in range(4):
        client.cookies.clear()
        ask(client, person.email)
        for _ in range(5):
            client.post(CONFIRM, {"code": "0000-0000"})
    client.cookies = first

    response = client.post(CONFIRM, {"code": code_in(mailoutbox[0])})

    assert response.context["form"].has_error("code", "too_many_codes")
    assert who(client) is None
