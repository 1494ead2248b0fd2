"""Contacts: who can be reached, in which order, and what there is to see over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from municipalities.contact_watch import Matter, concerns_of
from municipalities.contacts import (
    Contacts,
    confirm,
    contacts_of,
    is_confirmed,
    last_confirmation,
    let_go,
    note_bounced,
    note_works,
)
from municipalities.models import (
    BouncedAddress,
    ContactConfirmation,
    Membership,
    Municipality,
)
from tests.factories import make_body, make_municipal_member, make_user

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
DAY = timedelta(days=1)
BOTKYRKA = "0127"
DANDERYD = "0162"


def municipality(code=BOTKYRKA):
    return Municipality.objects.get(code=code)


def let_in(name, code=BOTKYRKA, role="contributor", **facts):
    """Let somebody in, known by the part of the address before the @."""
    user = make_user(f"{name}@kommun.example", last_name=name.capitalize())
    make_municipal_member(code, role, user=user, **facts)
    return user


def give_mailbox(email, code=BOTKYRKA):
    Municipality.objects.filter(code=code).update(email=email)


def confirm_at(days_ago, code=BOTKYRKA, by=None):
    return ContactConfirmation.objects.create(
        municipality=municipality(code),
        confirmed_at=timezone.now() - timedelta(days=days_ago),
        confirmed_by=by or make_user(),
    )


def contacts(code=BOTKYRKA, **asked):
    pk = municipality(code).pk
    return contacts_of([pk], **asked)[pk]


# Who can be reached ----------------------------------------------------------------------


def test_everybody_stands_in_one_group_in_the_order_they_are_turned_to(places):
    let_in("bo", is_contact=True, is_deputy=True, role="signatory")
    let_in("anna", is_contact=True)
    let_in("cia", is_deputy=True, role="signatory")
    let_in("dan", role="signatory")
    let_in("eva")
    give_mailbox("Kommun@kommun.example")

    found = contacts()

    assert found == Contacts(
        contacts=("anna@kommun.example", "bo@kommun.example"),
        deputies=("cia@kommun.example",),
        signatories=("dan@kommun.example",),
        others=("eva@kommun.example",),
        mailbox="kommun@kommun.example",
    )
    assert [email.split("@")[0] for email in found.people] == [
        "anna",
        "bo",
        "cia",
        "dan",
        "eva",
    ]


@pytest.mark.parametrize(
    ("groups", "first", "has_contact", "is_reachable"),
    [
        (("contacts", "deputies", "mailbox"), "contacts", True, True),
        (("deputies", "signatories"), "deputies", True, True),
        (("signatories", "others"), "signatories", False, True),
        (("others", "mailbox"), "others", False, True),
        (("mailbox",), "mailbox", False, True),
        ((), "", False, False),
    ],
)
def test_next_group_is_turned_to_where_one_is_empty(
    groups, first, has_contact, is_reachable
):
    emails = {name: f"{name}@a.example" for name in groups}
    facts = {name: (email,) for name, email in emails.items() if name != "mailbox"}

    found = Contacts(**facts, mailbox=emails.get("mailbox", ""))

    assert found.first == ((emails[first],) if first else ())
    assert (found.has_contact, found.is_reachable) == (has_contact, is_reachable)


def test_addresses_that_do_not_work_are_left_out(places):
    let_in("anna", is_contact=True)
    let_in("bo", is_contact=True)
    give_mailbox("kommun@kommun.example")
    for email in ("anna@kommun.example", "Kommun@kommun.example"):
        note_bounced(email)

    assert contacts() == Contacts(contacts=("bo@kommun.example",))


def test_who_turned_reminders_off_is_left_out_of_reminders_alone(places):
    let_in("anna", is_contact=True, is_reminded=False)
    let_in("bo", role="signatory")

    assert contacts().first == ("anna@kommun.example",)
    assert contacts(reminders=True).first == ("bo@kommun.example",)


def test_who_has_ended_or_is_shut_out_is_left_out(places):
    let_in("anna", is_contact=True, valid_until=TODAY - DAY)
    let_in("bo", is_contact=True, valid_until=TODAY)
    closed = let_in("cia", is_contact=True)
    closed.is_active = False
    closed.save()

    assert contacts() == Contacts(contacts=("bo@kommun.example",))


def test_each_municipality_has_its_own(places, django_assert_num_queries):
    person = let_in("anna", is_contact=True)
    make_municipal_member(DANDERYD, "contributor", user=person, is_deputy=True)
    one, other, empty = (municipality(code).pk for code in (BOTKYRKA, DANDERYD, "0114"))

    with django_assert_num_queries(3):
        alone = contacts_of([one])
    with django_assert_num_queries(3):
        three = contacts_of([one, other, empty])

    assert three == {
        one: Contacts(contacts=("anna@kommun.example",)),
        other: Contacts(deputies=("anna@kommun.example",)),
        empty: Contacts(),
    }
    assert alone == {one: three[one]}


# Addresses -------------------------------------------------------------------------------


def bounced():
    return sorted(BouncedAddress.objects.values_list("email", flat=True))


def test_address_is_noted_once_and_forgotten_when_it_works(places):
    note_bounced("Anna@kommun.example")
    note_bounced("anna@kommun.example")
    assert bounced() == ["anna@kommun.example"]

    note_works("ANNA@kommun.example")
    assert bounced() == []


def test_address_that_somebody_still_has_is_not_forgotten(places):
    let_in("anna")
    give_mailbox("kommun@kommun.example")
    emails = ["anna@kommun.example", "gammal@kommun.example", "kommun@kommun.example"]
    for email in emails:
        note_bounced(email)

    for email in [*emails, ""]:
        let_go(email)

    assert bounced() == ["anna@kommun.example", "kommun@kommun.example"]


# The yearly question ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_ago", "holds"), [(None, False), (0, True), (364, True), (365, False)]
)
def test_confirmation_holds_for_a_year(days_ago, holds):
    at = None if days_ago is None else timezone.now() - timedelta(days=days_ago)

    assert is_confirmed(at) is holds


def test_latest_confirmation_counts(places):
    assert last_confirmation(municipality()) is None

    confirm_at(400)
    person = make_user()
    new = confirm(municipality(), person)
    confirm_at(200)

    assert last_confirmation(municipality()) == new
    assert new.confirmed_by == person


# What to see over ------------------------------------------------------------------------


def matters(body, code=BOTKYRKA, today=TODAY):
    """Return the municipality's matters, each with whom, which address and which day."""
    return [
        (
            concern.matter.value,
            concern.membership.user.last_name if concern.membership else "",
            concern.email,
            concern.on,
        )
        for concern in concerns_of(body, today)
        if concern.municipality.code == code
    ]


def test_municipality_in_order_is_not_told_of(storsthlm):
    let_in("anna", is_contact=True)
    confirm_at(30)

    assert matters(storsthlm) == []


def test_municipality_that_nobody_can_be_reached_in(storsthlm):
    assert matters(storsthlm) == [("unreachable", "", "", None)]


def test_municipality_without_contact_person_says_who_is_turned_to(storsthlm):
    let_in("bo", role="signatory")
    let_in("anna", role="signatory")
    confirm_at(30)

    instead = "anna@kommun.example, bo@kommun.example"
    assert matters(storsthlm) == [("no_contact", "", instead, None)]


def test_everybody_may_not_turn_reminders_off(storsthlm):
    let_in("anna", is_contact=True, is_reminded=False)
    bo = let_in("bo")
    confirm_at(30)
    one_gets_them = matters(storsthlm)
    Membership.objects.filter(user=bo).update(is_reminded=False)

    assert (one_gets_them, matters(storsthlm)) == ([], [("turned_off", "", "", None)])
    give_mailbox("kommun@kommun.example")
    assert matters(storsthlm) == []
    note_bounced("kommun@kommun.example")
    assert [each[0] for each in matters(storsthlm)] == ["turned_off", "bounced"]


def test_address_that_does_not_work_is_told_of_while_somebody_has_it(storsthlm):
    let_in("anna", is_contact=True)
    let_in("bo")
    let_in("cia", valid_until=TODAY - 20 * DAY)
    give_mailbox("kommun@kommun.example")
    confirm_at(30)
    for name in ("bo", "cia", "kommun", "annan"):
        note_bounced(f"{name}@kommun.example")

    assert matters(storsthlm) == [
        ("bounced", "Bo", "bo@kommun.example", TODAY),
        ("bounced", "", "kommun@kommun.example", TODAY),
    ]


@pytest.mark.parametrize(
    ("days", "matter"),
    [
        (-61, None),
        (-60, "left"),
        (-1, "left"),
        (0, "leaves"),
        (30, "leaves"),
        (31, None),
    ],
)
def test_only_contact_who_left_of_late_or_leaves_soon(storsthlm, days, matter):
    until = TODAY + days * DAY
    let_in("anna", is_contact=True, valid_until=until)
    let_in("bo", role="signatory")
    confirm_at(30)

    found = matters(storsthlm)

    told = [each for each in found if each[0] in {"left", "leaves"}]
    assert told == ([(matter, "Anna", "", until)] if matter else [])
    assert ("no_contact" in {each[0] for each in found}) is (days < 0)


@pytest.mark.parametrize("days", [-10, 10])
def test_who_leaves_a_colleague_behind_is_not_told_of(storsthlm, days):
    let_in("anna", is_contact=True, valid_until=TODAY + days * DAY)
    let_in("bo", is_deputy=True)
    let_in("cia", valid_until=TODAY + days * DAY)
    confirm_at(30)

    assert matters(storsthlm) == []


def test_who_leaves_an_address_behind_that_does_not_work_is_told_of(storsthlm):
    let_in("anna", is_contact=True, valid_until=TODAY + 10 * DAY)
    let_in("bo", is_deputy=True)
    note_bounced("bo@kommun.example")
    confirm_at(30)

    assert [each[:2] for each in matters(storsthlm)] == [
        ("bounced", "Bo"),
        ("leaves", "Anna"),
    ]


def test_contacts_that_nobody_has_confirmed_for_a_year(storsthlm):
    let_in("anna", is_contact=True)
    assert matters(storsthlm) == [("unconfirmed", "", "", None)]

    on = timezone.localtime(confirm_at(366).confirmed_at).date()
    assert matters(storsthlm) == [("unconfirmed", "", "", on)]

    confirm(municipality(), make_user())
    assert matters(storsthlm) == []


def test_alarms_come_first(storsthlm):
    for code in Municipality.objects.filter(county=storsthlm.county).values_list(
        "code", flat=True
    ):
        let_in(f"anna{code}", code, is_contact=True)
    Membership.objects.within(municipality("0192")).update(is_contact=False)

    found = concerns_of(storsthlm, TODAY)

    assert (found[0].matter, found[0].municipality.code) == (Matter.NO_CONTACT, "0192")
    assert {each.matter for each in found[1:]} == {Matter.UNCONFIRMED}


def test_another_countys_are_not_told_of(storsthlm):
    dalarna = make_body("Region Dalarna", county="20")

    told = {each.municipality.county_id for each in concerns_of(dalarna, TODAY)}

    assert told == {dalarna.county_id}


def test_what_to_see_over_costs_the_same_for_one_and_three(
    storsthlm, django_assert_num_queries
):
    def trouble(code):
        let_in(f"anna{code}", code, is_contact=True, valid_until=TODAY - DAY)
        let_in(f"bo{code}", code)
        note_bounced(f"bo{code}@kommun.example")
        confirm_at(400, code)

    trouble(BOTKYRKA)
    with django_assert_num_queries(6):
        concerns_of(storsthlm, TODAY)
    trouble(DANDERYD)
    trouble("0114")

    with django_assert_num_queries(6):
        concerns_of(storsthlm, TODAY)
