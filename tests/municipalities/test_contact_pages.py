"""The pages about contacts: what to see over, confirming, mailboxes and addresses."""

import csv
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from municipalities.models import (
    BouncedAddress,
    ContactConfirmation,
    Membership,
    Municipality,
)
from tests.factories import make_body, make_member, make_municipal_member, make_user

pytestmark = pytest.mark.django_db

WATCH = "/kontakter/"
PEOPLE = "/kommunen/personer/"
CONFIRM = "/kommunen/kontakter/bekrafta/"
MAILBOX = "/kommunen/kontakter/brevlada/"
OF_BOTKYRKA = "/kommuner/0127/"
TODAY = timezone.localdate()
LONG = "Anna-Maria Wilhelmina von Oxenstierna af Lejonhufvud-Gyllenstierna"


@pytest.fixture
def signatory(places):
    user = make_user("ansvarig@botkyrka.example", last_name="Ansvarig")
    return make_municipal_member(user=user, is_contact=True)


@pytest.fixture
def as_signatory(client, signatory):
    client.force_login(signatory)
    return client


@pytest.fixture
def as_contributor(signatory):
    browser = Client()
    browser.force_login(make_municipal_member(role="contributor"))
    return browser


@pytest.fixture
def as_staff(storsthlm):
    browser = Client()
    browser.force_login(make_member(storsthlm))
    return browser


def staff_url(name):
    return reverse(f"municipalities:municipality_contacts_{name}", args=["0127"])


def person_url(user, name="person_update"):
    membership = user.memberships.get()
    if name.startswith("municipality"):
        return reverse(f"municipalities:{name}", args=["0127", membership.pk])
    return reverse(f"municipalities:{name}", args=[membership.pk])


def botkyrka():
    return Municipality.objects.get(code="0127")


def confirmed_by():
    return [str(each.confirmed_by) for each in ContactConfirmation.objects.all()]


def bounced():
    return list(BouncedAddress.objects.values_list("email", flat=True))


# Confirming ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["as_signatory", "as_contributor"])
def test_anyone_who_answers_confirms_with_one_click(who, request):
    browser = request.getfixturevalue(who)
    before = browser.get(PEOPLE)

    response = browser.post(CONFIRM)
    after = browser.get(PEOPLE)

    assert response["Location"] == PEOPLE
    assert (before.context["desk"].is_confirmed, before.context["desk"].confirmed_by) == (
        False,
        "",
    )
    assert after.context["desk"].is_confirmed
    assert [after.context["desk"].confirmed_by] == confirmed_by()


def test_who_confirms_on_the_first_page_stays_there(as_signatory):
    response = as_signatory.post(CONFIRM, {"next": "/mina-medel/"})
    elsewhere = as_signatory.post(CONFIRM, {"next": "https://annan.example/"})

    assert (response["Location"], elsewhere["Location"]) == ("/mina-medel/", PEOPLE)


def test_reading_confirms_nothing(as_signatory):
    assert as_signatory.get(CONFIRM).status_code == 405
    as_signatory.get(PEOPLE)

    assert confirmed_by() == []


def test_staff_confirm_after_a_phone_call(as_staff, as_signatory, storsthlm):
    response = as_staff.post(staff_url("confirm"))

    assert response["Location"] == OF_BOTKYRKA + "personer/"
    own = as_signatory.get(PEOPLE).context["desk"]
    theirs = as_staff.get(response["Location"]).context["desk"]
    assert own.is_confirmed
    # To the municipality, staff are their organisation.
    assert own.confirmed_by == "Storsthlm"
    assert [theirs.confirmed_by] == confirmed_by()


def test_former_person_is_named_to_the_municipality(as_signatory):
    gone = make_municipal_member(
        role="contributor",
        user=make_user(last_name="Borta"),
        valid_until=TODAY - timedelta(days=3),
    )
    ContactConfirmation.objects.create(municipality=botkyrka(), confirmed_by=gone)

    assert as_signatory.get(PEOPLE).context["desk"].confirmed_by == "Borta"


def test_change_of_people_confirms_nothing(as_signatory):
    colleague = make_municipal_member(role="contributor")
    as_signatory.post(person_url(colleague, "person_remove"))

    assert confirmed_by() == []


# The official mailbox --------------------------------------------------------------------


def test_signatory_and_staff_change_the_mailbox(as_signatory, as_staff):
    first = as_signatory.post(MAILBOX, {"email": "Kommun@Botkyrka.example"})
    kept = botkyrka().email
    second = as_staff.post(staff_url("mailbox"), {"email": ""})

    assert (first["Location"], kept) == (PEOPLE, "kommun@botkyrka.example")
    assert (second["Location"], botkyrka().email) == (OF_BOTKYRKA + "personer/", "")


def test_what_is_no_address_is_refused(as_signatory):
    page = as_signatory.post(MAILBOX, {"email": "kommun på botkyrka"})

    assert list(page.context["form"].errors) == ["email"]
    assert botkyrka().email == ""


def test_new_mailbox_forgets_that_the_old_one_did_not_work(as_signatory):
    Municipality.objects.filter(code="0127").update(email="gammal@botkyrka.example")
    BouncedAddress.objects.create(email="gammal@botkyrka.example")

    as_signatory.post(MAILBOX, {"email": "gammal@botkyrka.example"})
    same = bounced()
    as_signatory.post(MAILBOX, {"email": "ny@botkyrka.example"})

    assert (same, bounced()) == (["gammal@botkyrka.example"], [])


# Addresses that do not work --------------------------------------------------------------


def test_staff_note_that_an_address_does_not_work_and_that_it_does(as_staff, signatory):
    as_staff.post(staff_url("bounced"), {"email": signatory.email.upper()})
    noted = bounced()
    page = as_staff.get(person_url(signatory, "municipality_person_update"))
    as_staff.post(staff_url("works"), {"email": signatory.email})

    assert (noted, bounced()) == ([signatory.email], [])
    assert page.context["bounced"].email == signatory.email
    assert staff_url("works") in page.content.decode()
    again = as_staff.get(person_url(signatory, "municipality_person_update"))
    assert again.context["bounced"] is None
    assert staff_url("bounced") in again.content.decode()


def test_mailbox_is_noted_too(as_staff):
    Municipality.objects.filter(code="0127").update(email="Kommun@botkyrka.example")

    as_staff.post(staff_url("bounced"), {"email": "kommun@botkyrka.example"})
    page = as_staff.get(staff_url("mailbox"))

    assert bounced() == ["kommun@botkyrka.example"]
    assert staff_url("works") in page.content.decode()


@pytest.mark.parametrize(
    "email", ["", "nagon@annan.example", "borta@botkyrka.example", "chef@huddinge.example"]
)
def test_address_of_somebody_else_is_not_noted(as_staff, signatory, email):
    make_municipal_member("0126", user=make_user("chef@huddinge.example"))
    make_municipal_member(
        role="contributor",
        user=make_user("borta@botkyrka.example"),
        valid_until=TODAY - timedelta(days=1),
    )

    response = as_staff.post(staff_url("bounced"), {"email": email})

    assert (response.status_code, bounced()) == (404, [])


def test_municipality_sees_it_at_the_person_but_does_not_note_it(
    as_signatory, as_contributor, signatory
):
    BouncedAddress.objects.create(email=signatory.email, reason="550 hemlig server")

    page = as_signatory.get(PEOPLE)
    own = as_signatory.get(person_url(signatory)).content.decode()
    theirs = as_contributor.get(PEOPLE)

    for each in (page, theirs):
        states = {
            row.record.user: row.get_cell_value("is_valid")
            for row in each.context["table"].rows
        }
        other = next(user for user in states if user != signatory)
        assert states[signatory] != states[other]
        assert list(each.context["desk"].bounced) == [signatory.email]
    assert signatory.email in own
    assert "550 hemlig server" not in own
    assert "/kommer-inte-fram/" not in own
    assert "/fungerar/" not in own


def test_staff_see_the_mail_servers_answer(as_staff, signatory):
    BouncedAddress.objects.create(email=signatory.email, reason="550 Finns ej")

    page = as_staff.get(person_url(signatory, "municipality_person_update"))

    assert "550 Finns ej" in page.content.decode()


def test_new_address_of_a_person_forgets_the_old_one(as_signatory, signatory):
    colleague = make_municipal_member(role="contributor")
    BouncedAddress.objects.create(email=colleague.email)
    facts = {
        "first_name": "Eva",
        "last_name": "Ek",
        "email": colleague.email,
        "phone": "",
        "role": "contributor",
        "valid_until": "",
    }

    as_signatory.post(person_url(colleague), facts)
    same = bounced()
    as_signatory.post(person_url(colleague), facts | {"email": "ny@botkyrka.example"})

    assert (same, bounced()) == ([colleague.email], [])


def test_auditor_only_looks(storsthlm, signatory, client):
    client.force_login(make_member(storsthlm, role="auditor"))
    page = client.get(OF_BOTKYRKA + "personer/").content.decode()

    for name in ("confirm", "mailbox", "bounced", "works"):
        assert staff_url(name) not in page
        assert client.post(staff_url(name)).status_code == 403


# The list of people ----------------------------------------------------------------------


def test_people_of_one_and_three_cost_the_same(
    as_signatory, signatory, django_assert_num_queries, django_assert_max_num_queries
):
    BouncedAddress.objects.create(email=signatory.email)
    as_signatory.get(PEOPLE)
    with django_assert_max_num_queries(20) as counted:
        as_signatory.get(PEOPLE)
    for _ in range(2):
        person = make_municipal_member(role="contributor")
        BouncedAddress.objects.create(email=person.email)

    with django_assert_num_queries(len(counted)):
        page = as_signatory.get(PEOPLE)

    assert len(page.context["desk"].bounced) == 3


def test_municipality_without_people_is_told_of(as_staff):
    page = as_staff.get(OF_BOTKYRKA + "personer/")

    desk = page.context["desk"]
    assert (desk.contacts.is_reachable, desk.contacts.has_contact) == (False, False)
    # There is nothing to confirm.
    assert staff_url("confirm") not in page.content.decode()


# What to see over ------------------------------------------------------------------------


def told(page):
    return [
        (row.record.municipality.code, row.record.matter.value)
        for row in page.context["table"].rows
    ]


def make_calm(*but):
    """Give every municipality but some a contact who confirmed them today."""
    person = make_user(last_name=LONG)
    for each in Municipality.objects.filter(county__code="01").exclude(code__in=but):
        Membership.objects.create(
            user=person, municipality=each, role="contributor", is_contact=True
        )
        ContactConfirmation.objects.create(municipality=each, confirmed_by=person)
    return person


def test_nothing_to_see_over_says_so(as_staff):
    make_calm()

    page = as_staff.get(WATCH)

    assert (told(page), page.context["alarms"]) == ([], 0)
    assert len(page.context["chips"]) == 1


def test_each_matter_leads_to_where_it_is_seen_to(as_staff, storsthlm):
    make_calm("0127", "0126", "0114")
    leaving = make_municipal_member(
        "0127",
        "contributor",
        is_contact=True,
        user=make_user(last_name=LONG),
        valid_until=TODAY + timedelta(days=3),
    )
    BouncedAddress.objects.create(email=leaving.email)
    make_municipal_member("0126", is_contact=True)
    Municipality.objects.filter(code="0126").update(email="kommun@huddinge.example")
    BouncedAddress.objects.create(email="kommun@huddinge.example")

    page = as_staff.get(WATCH)

    html = page.content.decode()
    links = [page.context["table"].url(row.record) for row in page.context["table"].rows]
    people = "/kommuner/{}/personer/"
    pk = leaving.memberships.get().pk
    assert list(zip(told(page), links, strict=True)) == [
        (("0127", "unreachable"), people.format("0127")),
        (("0114", "unreachable"), people.format("0114")),
        (("0127", "bounced"), f"/kommuner/0127/personer/{pk}/andra/"),
        (("0126", "bounced"), "/kommuner/0126/kontakter/brevlada/"),
        (("0127", "leaves"), people.format("0127")),
        (("0126", "unconfirmed"), people.format("0126")),
    ]
    assert page.context["alarms"] == 2
    assert all(f'href="{link}"' in html for link in links)


def test_auditor_is_led_where_an_auditor_may_go(client, storsthlm):
    make_calm("0127")
    person = make_municipal_member("0127")
    BouncedAddress.objects.create(email=person.email)
    client.force_login(make_member(storsthlm, role="auditor"))

    page = client.get(WATCH)

    links = {page.context["table"].url(row.record) for row in page.context["table"].rows}
    assert links == {OF_BOTKYRKA + "personer/"}


def test_one_matter_at_a_time_and_as_a_file(as_staff):
    make_calm("0127")
    person = make_municipal_member("0127", is_contact=True)
    BouncedAddress.objects.create(email=person.email)
    make_municipal_member("0127", is_contact=True)

    everything = as_staff.get(WATCH)
    one = as_staff.get(WATCH, {"matter": "bounced"})
    odd = as_staff.get(WATCH, {"matter": "annat"})
    file = as_staff.get(WATCH, {"matter": "bounced", "format": "csv"})

    assert told(everything) == [("0127", "bounced"), ("0127", "unconfirmed")]
    assert (told(one), told(odd)) == ([("0127", "bounced")], told(everything))
    [row] = list(
        csv.reader(file.content.decode("utf-8-sig").splitlines()[1:], delimiter=";")
    )
    assert (row[:2], row[4]) == (["Botkyrka", "0127"], TODAY.isoformat())
    assert person.email in row[3]


def test_sorting_by_day_takes_those_without_one(as_staff):
    make_municipal_member("0127", is_contact=True, valid_until=TODAY)

    assert as_staff.get(WATCH, {"sort": "on"}).status_code == 200


def test_watch_costs_the_same_for_one_and_three(
    as_staff, django_assert_num_queries, django_assert_max_num_queries
):
    make_calm("0127", "0126", "0114")
    trouble = ["0127", "0126", "0114"]

    def add(code):
        person = make_municipal_member(code, is_contact=True, valid_until=TODAY)
        BouncedAddress.objects.create(email=person.email)

    add(trouble[0])
    as_staff.get(WATCH)
    with django_assert_max_num_queries(14) as counted:
        as_staff.get(WATCH)
    add(trouble[1])
    add(trouble[2])

    with django_assert_num_queries(len(counted)):
        as_staff.get(WATCH)


# The list of municipalities --------------------------------------------------------------


def listed(page):
    return {
        row.record.code: row.get_cell_value("contacts")
        for row in page.context["table"].rows
    }


def test_list_tells_of_the_own_countys_contacts(as_staff):
    make_calm("0127")
    ContactConfirmation.objects.create(
        municipality=Municipality.objects.get(code="2080"), confirmed_by=make_user()
    )

    own = listed(as_staff.get("/kommuner/"))
    everybody = listed(as_staff.get("/kommuner/", {"county": "", "text": "falu"}))
    alarms = as_staff.get("/kommuner/", {"contacts": "alarm"})
    unconfirmed = as_staff.get("/kommuner/", {"contacts": "unconfirmed"})

    assert len(set(own.values())) == 2
    assert own["0127"] != own["0126"]
    assert everybody == {"2080": ""}
    assert (list(listed(alarms)), listed(unconfirmed)) == (["0127"], {})


def test_municipality_elsewhere_keeps_its_contacts_to_itself(client, storsthlm):
    Municipality.objects.filter(code="2080").update(email="kommun@falun.example")
    client.force_login(make_member(storsthlm))
    theirs = client.get("/kommuner/2080/").content.decode()
    dalarna = make_body("Region Dalarna", county="20")
    client.force_login(make_member(dalarna))
    own = client.get("/kommuner/2080/").content.decode()

    assert "kommun@falun.example" not in theirs
    assert "kommun@falun.example" in own
    assert "/kommuner/2080/kontakter/brevlada/" in own
