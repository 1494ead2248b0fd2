"""People of a municipality: invited, changed and removed, and who must be left."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from municipalities.models import Membership, Message, Municipality, User
from tests.factories import make_body, make_member, make_municipal_member, make_user

pytestmark = pytest.mark.django_db

LIST = "/kommunen/personer/"
NEW = "/kommunen/personer/ny/"
YESTERDAY = timezone.localdate() - timedelta(days=1)
NEXT_YEAR = timezone.localdate() + timedelta(days=365)
PERSON = {
    "email": "Ny.Person@botkyrka.example",
    "first_name": "Ny",
    "last_name": "Person",
    "phone": "08-123 45",
    "role": "contributor",
    "valid_until": "",
}


@pytest.fixture
def signatory(places):
    return make_municipal_member(user=make_user("ansvarig@botkyrka.example"))


@pytest.fixture
def as_signatory(client, signatory):
    client.force_login(signatory)
    return client


@pytest.fixture
def as_staff(storsthlm):
    browser = Client()
    browser.force_login(make_member(storsthlm))
    return browser


def own(user):
    return user.memberships.get()


def url(action, membership):
    return reverse(f"municipalities:person_{action}", args=[membership.pk])


def facts(membership, **changes):
    """Return what the form has for a membership, with changes."""
    user = membership.user
    return {
        "email": user.email,
        "first_name": user.first_name or "Eva",
        "last_name": user.last_name or "Ek",
        "phone": user.phone,
        "role": membership.role,
        "valid_until": membership.valid_until or "",
    } | changes


def codes(response):
    """Return the codes of what the form found wrong."""
    errors = response.context["form"].errors.as_data()
    return [error.code for found in errors.values() for error in found]


# Inviting ------------------------------------------------------------------------------


def test_invited_person_gets_the_way_in_without_a_password(as_signatory, deliver):
    response = as_signatory.post(
        NEW, PERSON | {"is_contact": "on", "valid_until": NEXT_YEAR}
    )

    user = User.objects.get(email="ny.person@botkyrka.example")
    membership = own(user)
    (message,) = deliver()
    assert response["Location"] == LIST
    assert (user.get_full_name(), user.phone) == ("Ny Person", "08-123 45")
    assert not user.has_usable_password()
    assert (
        membership.municipality.code,
        membership.role,
        membership.is_contact,
        membership.is_deputy,
        membership.valid_until,
    ) == ("0127", "contributor", True, False, NEXT_YEAR)
    assert message.to == [user.email]
    assert "/konto/login/" in message.body
    assert "/password/" not in message.body


def test_invitation_by_a_municipality_stands_in_the_bodys_log(
    as_signatory, signatory, storsthlm
):
    as_signatory.post(NEW, PERSON)

    message = Message.objects.get()
    assert (message.kind, message.body, message.municipality.code) == (
        "invitation",
        storsthlm,
        "0127",
    )
    assert message.reply_to == signatory.email


def test_person_who_cannot_be_written_to_is_not_let_in(as_signatory, monkeypatch):
    def fail(*args, **facts):
        raise PermissionDenied

    monkeypatch.setattr("municipalities.views.municipal_people.welcome", fail)

    assert as_signatory.post(NEW, PERSON).status_code == 403
    assert not User.objects.filter(email="ny.person@botkyrka.example").exists()


@pytest.mark.parametrize("kind", ["municipal", "staff", "closed"])
def test_answer_is_the_same_for_a_known_and_an_unknown_address(
    as_signatory, storsthlm, deliver, kind
):
    known = make_user("kand@solna.example", "hemligt", first_name="Karin")
    if kind == "municipal":
        make_municipal_member("0184", user=known)
    elif kind == "staff":
        make_member(storsthlm, user=known)
    else:
        User.objects.filter(pk=known.pk).update(is_active=False)
    answers = []
    for email in (known.email, "okand@solna.example"):
        response = as_signatory.post(NEW, PERSON | {"email": email})
        *_, message = response.wsgi_request._messages
        answers.append(
            (
                response.status_code,
                response["Location"],
                response.content,
                str(message).replace(email, ""),
            )
        )

    known.refresh_from_db()
    assert answers[0] == answers[1]
    assert (known.first_name, known.check_password("hemligt")) == ("Karin", True)
    assert known.memberships.filter(municipality__code="0127").count() == 1
    assert len(deliver()) == 2


def test_person_who_is_here_is_not_invited_again(as_signatory, signatory):
    response = as_signatory.post(NEW, PERSON | {"email": signatory.email.upper()})

    assert codes(response) == ["member"]


def test_former_person_comes_back(as_signatory):
    former = make_municipal_member(role="contributor", valid_until="2020-01-01")

    as_signatory.post(NEW, PERSON | {"email": former.email, "role": "signatory"})

    assert (own(former).role, own(former).valid_until) == ("signatory", None)


def test_invitation_shows_every_mistake_at_once_and_keeps_what_was_written(as_signatory):
    response = as_signatory.post(
        NEW, PERSON | {"email": "nej", "last_name": "", "valid_until": "2020-01-01"}
    )

    assert sorted(codes(response)) == ["invalid", "past", "required"]
    assert 'value="08-123 45"' in response.content.decode()


def test_role_of_a_body_is_not_offered(as_signatory):
    response = as_signatory.post(NEW, PERSON | {"role": "approver"})

    assert codes(response) == ["invalid_choice"]


# Changing ------------------------------------------------------------------------------


def test_facts_and_role_are_changed(as_signatory):
    colleague = make_municipal_member(role="contributor")

    response = as_signatory.post(
        url("update", own(colleague)),
        facts(
            own(colleague),
            first_name="Åsa",
            last_name="Öberg",
            phone="070-1",
            role="signatory",
            is_deputy="on",
            valid_until=NEXT_YEAR,
        ),
    )

    colleague.refresh_from_db()
    membership = own(colleague)
    assert response["Location"] == LIST
    assert (str(colleague), colleague.phone) == ("Åsa Öberg", "070-1")
    assert (membership.role, membership.is_deputy, membership.valid_until) == (
        "signatory",
        True,
        NEXT_YEAR,
    )


def test_new_address_closes_the_old_mailbox(as_signatory, client, deliver):
    colleague = make_municipal_member(role="contributor")
    EmailAddress.objects.create(user=colleague, email=colleague.email, verified=True)
    browser = Client()
    browser.force_login(colleague)

    as_signatory.post(
        url("update", own(colleague)),
        facts(own(colleague), email="Ratt@botkyrka.example"),
    )

    colleague.refresh_from_db()
    (message,) = deliver()
    assert (colleague.email, message.to) == (
        "ratt@botkyrka.example",
        ["ratt@botkyrka.example"],
    )
    assert not EmailAddress.objects.filter(user=colleague).exists()
    assert browser.get(LIST).status_code == 302


def test_new_address_of_another_account_hands_the_role_over(as_signatory, deliver):
    colleague = make_municipal_member(role="contributor")
    other = make_municipal_member("0184")

    response = as_signatory.post(
        url("update", own(colleague)), facts(own(colleague), email=other.email)
    )

    here = Membership.objects.get(user=other, municipality__code="0127")
    colleague.refresh_from_db()
    assert response["Location"] == LIST
    assert (here.role, here.valid_until) == ("contributor", None)
    assert own(colleague).valid_until == YESTERDAY
    assert deliver()[0].to == [other.email]


@pytest.mark.parametrize("elsewhere", ["municipality", "body", "installation"])
def test_account_that_serves_others_keeps_its_address(as_signatory, storsthlm, elsewhere):
    colleague = make_municipal_member(role="contributor")
    here = own(colleague)
    if elsewhere == "municipality":
        make_municipal_member("0184", user=colleague)
    elif elsewhere == "body":
        make_member(storsthlm, user=colleague)
    else:
        User.objects.filter(pk=colleague.pk).update(is_superuser=True)
    before = colleague.email

    as_signatory.post(
        url("update", here),
        facts(here, email="tjuv@evil.example", first_name="X", role="signatory"),
    )

    colleague.refresh_from_db()
    here.refresh_from_db()
    assert (colleague.email, colleague.first_name, here.role) == (before, "", "signatory")


def test_address_of_somebody_here_is_refused(as_signatory, signatory):
    colleague = make_municipal_member(role="contributor")

    response = as_signatory.post(
        url("update", own(colleague)), facts(own(colleague), email=signatory.email)
    )

    assert codes(response) == ["member"]


def test_own_new_address_keeps_the_signatory_signed_in(as_signatory, signatory):
    as_signatory.post(
        url("update", own(signatory)), facts(own(signatory), email="ny@botkyrka.example")
    )

    assert as_signatory.get(LIST).status_code == 200


def test_former_person_is_changed_without_a_new_last_day(as_signatory):
    former = make_municipal_member(role="contributor", valid_until=date(2020, 1, 1))

    response = as_signatory.post(
        url("update", own(former)), facts(own(former), phone="08-1")
    )

    former.refresh_from_db()
    assert (response.status_code, former.phone) == (302, "08-1")


# Removing ------------------------------------------------------------------------------


def test_removed_person_stays_on_record_and_is_shut_out(as_signatory):
    colleague = make_municipal_member(role="contributor")
    browser = Client()
    browser.force_login(colleague)
    assert browser.get(LIST).status_code == 200

    as_signatory.post(url("remove", own(colleague)))

    assert own(colleague).valid_until == YESTERDAY
    assert browser.get(LIST).status_code == 403


def test_signatory_may_leave_when_another_is_left(as_signatory, signatory):
    make_municipal_member()

    response = as_signatory.post(url("remove", own(signatory)))

    assert response["Location"] == "/"
    assert own(signatory).valid_until == YESTERDAY


# The last signatory --------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", [{"role": "contributor"}, {"valid_until": NEXT_YEAR}], ids=str
)
def test_last_signatory_stays(as_signatory, signatory, change):
    make_municipal_member(role="contributor")
    make_municipal_member(valid_until=NEXT_YEAR)
    make_municipal_member("0126")

    response = as_signatory.post(
        url("update", own(signatory)), facts(own(signatory), **change)
    )

    assert codes(response) == ["last_signatory"]
    assert (own(signatory).role, own(signatory).valid_until) == ("signatory", None)


def test_last_signatory_cannot_leave(as_signatory, signatory):
    page = as_signatory.post(url("remove", own(signatory)), follow=True)

    assert own(signatory).valid_until is None
    (message,) = page.context["messages"]
    assert message.level_tag == "error"


def test_staff_cannot_remove_the_last_signatory_either(as_staff, signatory):
    address = reverse(
        "municipalities:municipality_person_remove", args=["0127", own(signatory).pk]
    )

    page = as_staff.post(address, follow=True)

    (message,) = page.context["messages"]
    assert (message.level_tag, own(signatory).valid_until) == ("error", None)


def test_one_of_two_with_a_last_day_may_leave(as_staff, places):
    first, second = (make_municipal_member(valid_until=NEXT_YEAR) for _ in range(2))
    remove = "municipalities:municipality_person_remove"

    as_staff.post(reverse(remove, args=["0127", own(first).pk]))
    as_staff.post(reverse(remove, args=["0127", own(second).pk]))

    assert (own(first).valid_until, own(second).valid_until) == (YESTERDAY, NEXT_YEAR)


def removed_by_orm(membership):
    membership.delete()


def ended_by_orm(membership):
    membership.valid_until = YESTERDAY
    membership.save()


def given_a_last_day(membership):
    Membership.objects.filter(pk=membership.pk).update(valid_until=NEXT_YEAR)


def made_contributor(membership):
    Membership.objects.filter(pk=membership.pk).update(role="contributor")


def moved(membership):
    Membership.objects.filter(pk=membership.pk).update(
        municipality=Municipality.objects.get(code="0128")
    )


def account_closed(membership):
    User.objects.filter(pk=membership.user_id).update(is_active=False)


def removed_by_sql(membership):
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM municipalities_membership WHERE id = %s", [membership.pk]
        )


WAYS = [
    removed_by_orm,
    ended_by_orm,
    given_a_last_day,
    made_contributor,
    moved,
    account_closed,
    removed_by_sql,
]


@pytest.mark.parametrize("way", WAYS)
def test_database_keeps_the_last_signatory(signatory, way):
    make_municipal_member(role="contributor")
    make_municipal_member(valid_until=NEXT_YEAR)
    make_municipal_member("0126")

    with pytest.raises(DatabaseError, match="without a signatory"), transaction.atomic():
        way(own(signatory))

    assert (own(signatory).role, own(signatory).valid_until) == ("signatory", None)


@pytest.mark.parametrize("way", WAYS)
def test_database_lets_one_of_two_go(signatory, way):
    there = own(make_municipal_member()).municipality

    way(own(signatory))

    left = Membership.objects.within(there).valid().signatories()
    assert left.filter(valid_until=None).exclude(user=signatory).count() == 1


def test_database_refuses_both_at_once(signatory):
    make_municipal_member()

    with pytest.raises(DatabaseError, match="without a signatory"), transaction.atomic():
        Membership.objects.filter(municipality__code="0127").update(valid_until=YESTERDAY)


def test_database_leaves_other_changes_alone(signatory):
    membership = own(signatory)
    membership.is_deputy = True
    membership.save()
    signatory.last_login = timezone.now()
    signatory.save()
    contributor = make_municipal_member(role="contributor")
    own(contributor).delete()


def test_handover_to_a_closed_account_is_refused(as_signatory, signatory):
    closed = make_user("stangd@botkyrka.example", is_active=False)

    response = as_signatory.post(
        url("update", own(signatory)), facts(own(signatory), email=closed.email)
    )

    assert codes(response) == ["last_signatory"]
    assert own(signatory).valid_until is None


# At the same moment --------------------------------------------------------------------


def at_once(*verbs):
    """Run each on a connection of its own, and return what each gave."""
    start = Barrier(len(verbs))

    def run(verb):
        try:
            start.wait(timeout=10)
            return verb()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("others", [0, 1])
def test_two_signatories_who_remove_each_other(places, others):
    first, second = (make_municipal_member() for _ in range(2))
    for _ in range(others):
        make_municipal_member()
    browsers = []
    for user in (first, second):
        browser = Client()
        browser.force_login(user)
        browsers.append(browser)

    at_once(
        lambda: browsers[0].post(url("remove", own(second))).status_code,
        lambda: browsers[1].post(url("remove", own(first))).status_code,
    )

    left = [own(user).valid_until for user in (first, second)]
    assert sorted(left, key=str) == [YESTERDAY, None]


@pytest.mark.django_db(transaction=True)
def test_two_removals_past_the_pages(places):
    members = [own(make_municipal_member()) for _ in range(2)]

    def remove(membership):
        try:
            membership.delete()
        except DatabaseError:
            return "refused"
        return "done"

    given = at_once(*(lambda one=one: remove(one) for one in members))

    assert sorted(given) == ["done", "refused"]
    assert Membership.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_invitations_of_the_same_person(places):
    browsers = []
    for code in ("0127", "0126"):
        browser = Client()
        browser.force_login(make_municipal_member(code))
        browsers.append(browser)

    given = at_once(
        *(lambda one=one: one.post(NEW, PERSON).status_code for one in browsers)
    )

    user = User.objects.get(email="ny.person@botkyrka.example")
    assert (given, user.memberships.count()) == ([302, 302], 2)


# Whose people, and who may -------------------------------------------------------------


def test_list_shows_the_own_municipality_and_former_people(as_signatory, signatory):
    make_municipal_member("0126")
    former = make_municipal_member(role="contributor", valid_until=date(2020, 1, 1))

    response = as_signatory.get(LIST)

    shown = {row.record.user for row in response.context["table"].rows}
    assert shown == {signatory, former}


def test_contributor_looks_but_gets_no_buttons(client, signatory):
    client.force_login(make_municipal_member(role="contributor"))

    page = client.get(LIST).content.decode()

    assert signatory.email in page
    assert re.findall(r'href="/kommunen/personer/[^"]+"', page) == []


def test_list_says_when_a_signatory_is_missing(as_staff, places):
    make_municipal_member(role="contributor")
    without = as_staff.get("/kommuner/0127/personer/").content.decode()
    make_municipal_member()
    with_one = as_staff.get("/kommuner/0127/personer/").content.decode()

    told = "Kommunen har ingen ansvarig"
    assert (told in without, told in with_one) == (True, False)


def test_list_costs_the_same_for_one_row_and_for_three(
    as_signatory, django_assert_max_num_queries
):
    as_signatory.get(LIST)
    with django_assert_max_num_queries(20) as few:
        as_signatory.get(LIST)
    for _ in range(3):
        make_municipal_member(role="contributor")
    with django_assert_max_num_queries(20) as many:
        as_signatory.get(LIST)

    assert len(few) == len(many)


def test_staff_invite_for_a_municipality_of_the_county(as_staff, deliver):
    response = as_staff.post("/kommuner/0127/personer/ny/", PERSON | {"role": "signatory"})

    user = User.objects.get(email="ny.person@botkyrka.example")
    assert response["Location"] == "/kommuner/0127/personer/"
    assert (own(user).municipality.code, own(user).role) == ("0127", "signatory")
    assert deliver()[0].to == [user.email]


def test_municipal_person_who_becomes_staff_chooses_a_password(storsthlm, deliver):
    person = make_municipal_member()
    browser = Client()
    browser.force_login(make_member(storsthlm, role="administrator"))

    browser.post("/medarbetare/ny/", PERSON | {"email": person.email, "role": "handler"})

    assert "/konto/password/reset/key/" in deliver()[0].body


@pytest.mark.parametrize("action", ["update", "remove", "history"])
def test_another_municipalitys_person_is_not_found(as_signatory, as_staff, action):
    theirs = own(make_municipal_member("0126"))
    name = f"municipalities:municipality_person_{action}"

    assert as_signatory.get(url(action, theirs)).status_code == 404
    assert as_staff.get(reverse(name, args=["0127", theirs.pk])).status_code == 404


def test_municipality_of_another_county_is_not_found(as_staff):
    make_body("Region Dalarna", "20")

    assert as_staff.get("/kommuner/2080/personer/").status_code == 404
    assert as_staff.post("/kommuner/2080/personer/ny/", PERSON).status_code == 404


def test_history_says_who_changed_the_role(as_signatory, signatory):
    colleague = own(make_municipal_member(role="contributor"))
    as_signatory.post(url("update", colleague), facts(colleague, role="signatory"))

    page = as_signatory.get(url("history", colleague)).content.decode()

    assert signatory.email in page


# Acting for several --------------------------------------------------------------------


def test_person_switches_between_municipalities_and_a_body(client, storsthlm):
    user = make_municipal_member()
    make_municipal_member("0184", user=user)
    make_member(storsthlm, user=user)
    client.force_login(user)
    seen = []
    for membership in user.memberships.order_by("-pk"):
        client.post("/byt-roll/", {"membership": membership.pk})
        page = client.get("/", follow=True)
        (shown,) = re.findall(r'class="account__body">([^<]+)<', page.content.decode())
        seen.append((page.wsgi_request.path, shown))

    assert seen == [
        ("/", "Storsthlm"),
        ("/mina-medel/", "Solna stad"),
        ("/mina-medel/", "Botkyrka kommun"),
    ]
