"""Colleagues: let in, changed and ended by an administrator."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from municipalities.models import Membership, User
from tests.factories import make_body, make_member, make_user

pytestmark = pytest.mark.django_db

LIST = "/medarbetare/"
NEW = "/medarbetare/ny/"
PERSON = {
    "email": "Ny.Person@storsthlm.example",
    "first_name": "Ny",
    "last_name": "Person",
    "role": "handler",
    "valid_until": "",
}


@pytest.fixture
def administrator(storsthlm):
    return make_member(storsthlm, role="administrator", user=make_user("adm@x.example"))


@pytest.fixture
def as_administrator(client, administrator):
    client.force_login(administrator)
    return client


def url(action, membership):
    return reverse(f"municipalities:membership_{action}", args=[membership.pk])


def own(user):
    return user.memberships.get()


# Letting in ----------------------------------------------------------------------------


def test_new_person_gets_a_link_to_choose_a_password(
    as_administrator, storsthlm, deliver, client
):
    as_administrator.post(NEW, PERSON)

    user = User.objects.get(email="ny.person@storsthlm.example")
    membership = own(user)
    (message,) = deliver()
    assert (membership.body, membership.role) == (storsthlm, "handler")
    assert message.to == ["ny.person@storsthlm.example"]
    client.logout()
    (link,) = re.findall(
        r"http://127.0.0.1:8000(/konto/password/reset/key/\S+)", message.body
    )
    form = client.get(link, follow=True)
    password = {"password1": "en lång ramsa 1", "password2": "en lång ramsa 1"}
    client.post(form.redirect_chain[-1][0], password)
    user.refresh_from_db()
    assert user.check_password("en lång ramsa 1")


def test_known_person_is_let_in_with_the_same_answer(as_administrator, deliver):
    known = make_user("kand@dalarna.example", "hemligt", first_name="Karin")
    answers = []
    for email in ("kand@dalarna.example", "okand@dalarna.example"):
        response = as_administrator.post(NEW, PERSON | {"email": email}, follow=True)
        (message,) = response.context["messages"]
        answers.append(str(message).replace(email, ""))

    known.refresh_from_db()
    assert answers[0] == answers[1]
    assert (known.first_name, known.memberships.count()) == ("Karin", 1)
    assert known.check_password("hemligt")
    assert "/password/reset/key/" not in deliver()[0].body


def test_member_is_not_let_in_twice(as_administrator, administrator):
    response = as_administrator.post(NEW, PERSON | {"email": "ADM@x.example"})

    assert response.context["form"].has_error("email", "member")


def test_former_member_comes_back(as_administrator, storsthlm):
    former = make_member(storsthlm, valid_until=date(2020, 1, 1))

    as_administrator.post(NEW, PERSON | {"email": former.email, "role": "auditor"})

    assert (own(former).role, own(former).valid_until) == ("auditor", None)


def test_last_day_may_not_have_passed(as_administrator):
    response = as_administrator.post(NEW, PERSON | {"valid_until": "2020-01-01"})

    assert response.context["form"].has_error("valid_until", "past")


# Changing and ending -------------------------------------------------------------------


def test_role_is_changed(as_administrator, storsthlm):
    colleague = own(make_member(storsthlm))

    as_administrator.post(
        url("update", colleague), {"role": "approver", "valid_until": "2999-01-01"}
    )

    colleague.refresh_from_db()
    assert (colleague.role, colleague.valid_until) == ("approver", date(2999, 1, 1))


def test_role_of_a_municipality_is_not_offered(as_administrator, storsthlm):
    colleague = own(make_member(storsthlm))

    response = as_administrator.post(url("update", colleague), {"role": "signatory"})

    assert response.context["form"].has_error("role", "invalid_choice")


def test_end_keeps_the_membership_and_takes_the_access(
    as_administrator, storsthlm, django_user_model, client
):
    colleague = make_member(storsthlm)

    as_administrator.post(url("end", own(colleague)))

    assert own(colleague).valid_until == timezone.localdate() - timedelta(days=1)
    client.force_login(colleague)
    assert client.get("/kommuner/").status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"role": "handler", "valid_until": ""},
        {"role": "administrator", "valid_until": "2999-01-01"},
    ],
)
def test_last_administrator_stays(as_administrator, administrator, change):
    response = as_administrator.post(url("update", own(administrator)), change)

    errors = response.context["form"].errors.as_data()
    assert [error.code for found in errors.values() for error in found] == [
        "last_administrator"
    ]
    assert own(administrator).role == "administrator"


def test_last_administrator_cannot_leave(as_administrator, administrator):
    as_administrator.post(url("end", own(administrator)))

    assert own(administrator).valid_until is None


def test_one_of_two_administrators_may_leave(as_administrator, administrator, storsthlm):
    make_member(storsthlm, role="administrator")

    response = as_administrator.post(url("end", own(administrator)))

    assert response["Location"] == "/"
    assert own(administrator).valid_until is not None


def test_former_administrator_does_not_count(as_administrator, administrator, storsthlm):
    make_member(storsthlm, role="administrator", valid_until=date(2020, 1, 1))

    as_administrator.post(url("end", own(administrator)))

    assert own(administrator).valid_until is None


# Who may -------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["handler", "approver", "auditor"])
@pytest.mark.parametrize("action", ["list", "create", "update", "end", "history"])
def test_others_are_refused(client, storsthlm, role, action):
    someone = make_member(storsthlm, role=role)
    client.force_login(someone)
    args = [] if action in ("list", "create") else [own(someone).pk]

    response = client.post(reverse(f"municipalities:membership_{action}", args=args))

    assert response.status_code == 403


@pytest.mark.parametrize("action", ["update", "end", "history"])
def test_another_bodys_member_is_not_found(as_administrator, action):
    theirs = own(make_member(make_body("Region Dalarna", "20")))

    assert as_administrator.get(url(action, theirs)).status_code == 404


def test_list_shows_the_body_and_former_members(as_administrator, administrator, storsthlm):
    make_member(make_body("Region Dalarna", "20"))
    former = make_member(storsthlm, valid_until=date(2020, 1, 1))

    response = as_administrator.get(LIST)

    shown = {row.record.user for row in response.context["table"].rows}
    assert shown == {administrator, former}


def test_list_costs_the_same_for_one_row_and_for_three(
    as_administrator, storsthlm, django_assert_max_num_queries
):
    as_administrator.get(LIST)
    with django_assert_max_num_queries(20) as few:
        as_administrator.get(LIST)
    for _ in range(3):
        make_member(storsthlm)
    with django_assert_max_num_queries(20) as many:
        as_administrator.get(LIST)

    assert len(few) == len(many)


def test_history_of_a_membership_says_who_changed_the_role(
    as_administrator, administrator, storsthlm
):
    colleague = own(make_member(storsthlm))
    as_administrator.post(url("update", colleague), {"role": "approver"})

    page = as_administrator.get(url("history", colleague)).content.decode()

    assert administrator.email in page


def test_person_without_membership_is_refused(client):
    client.force_login(make_user())

    assert client.get("/kommuner/").status_code == 403
    assert Membership.objects.count() == 0
