"""What a browser would never send: no address fails on it, whoever sends it."""

import pytest
from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from municipalities.models import User
from tests.test_access import MUNICIPAL, TABLE, browser_of, world  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

HOSTILE = {
    "null": "a\0b",
    "another script's digit": "\N{ARABIC-INDIC DIGIT THREE}",
    "larger than any column": "9" * 40,
    "longer than any number": "9" * 5_000,
}
FIELDS = (
    *("answer", "amount", "account_kind", "account_number", "invoice_on", "draft"),
    *("municipality", "version", "seen", "stamp", "remove", "read", "do", "received_on"),
    *("chosen", "requisition", "grant", "note", "reason", "close", "reason_was"),
    *("payment", "outcome", "paid_on", "execute_on", "total", "sealed", "target"),
    *("payer", "reference", "email", "first_name", "role", "valid_until", "iban"),
    *("due_on", "days_before", "insist", "follows", "municipalities", "done_on"),
    *("text", "subject", "reader", "tell", "form_key", "to", "whom", "next"),
    *("base", "sealed", "name", "title", "used", "to_repay", "carried_over", "settled"),
    *("sections", "insists", "preview", "delivered_on", "record_number", "anvant"),
)
"""What the forms have, by any of their names."""
ASKED = (
    *("invoice", "target", "rekvisition", "municipality", "grant", "state", "page"),
    *("manad", "visa", "medel", "vem", "matter", "kind", "kommun", "sag"),
)
"""What is asked in addresses."""
SUBJECTS = (
    *("invoices:", "person", "deadline", "reminder", "comment", "message", "contacts"),
    *("calendar", "memo_send", ":report_", "received_report", "compilation", "national"),
)
CLAIMS = [name for name in TABLE if any(word in name for word in SUBJECTS)]


def someone(name, world):  # noqa: F811
    """Return a browser of the one who may do most at the address."""
    expected = TABLE[name][2]
    order = ("approver", "administrator", "signatory")
    if any(expected[role] != 403 for role in MUNICIPAL):
        order = order[::-1]
    role = next(role for role in order if expected[role] != 403)
    return browser_of(world["sessions"][role])


@pytest.mark.usefixtures("quick_pdf")
@pytest.mark.parametrize("name", CLAIMS)
def test_no_address_fails_on_what_no_browser_sends(name, world):  # noqa: F811
    about = TABLE[name][0]
    address = reverse(name, args=world[about])
    client = someone(name, world)

    found = {}
    for what, text in HOSTILE.items():
        for method, fields in (("post", FIELDS), ("get", ASKED)):
            with transaction.atomic():
                response = getattr(client, method)(address, dict.fromkeys(fields, text))
                found[what, method] = response.status_code
                transaction.set_rollback(True)

    assert {key: status for key, status in found.items() if status >= 500} == {}


IMPOSSIBLE = {
    "null": "%00",
    "another script's digit": "%D9%A3",
    "larger than any column": "9" * 30,
    "longer than any number": "9" * 5_000,
}


@pytest.mark.usefixtures("quick_pdf")
@pytest.mark.parametrize("name", [n for n in CLAIMS if TABLE[n][0]])
def test_address_of_what_cannot_be_is_not_found(name, world):  # noqa: F811
    *_first, last = args = world[TABLE[name][0]]
    start, _found, end = reverse(name, args=args).rpartition(str(last))
    client = someone(name, world)

    found = {
        what: client.get(f"{start}{text}{end}").status_code
        for what, text in IMPOSSIBLE.items()
    }
    assert {what: code for what, code in found.items() if code not in {403, 404, 405}} == {}


@pytest.mark.parametrize("who", ["contributor", "handler"])
def test_nobody_takes_an_address_for_themselves(who, world):  # noqa: F811
    """Whoever had it when somebody with that address is let in would be let in instead."""
    client = browser_of(world["sessions"][who])
    address = "ny.chef@storsthlm.example"

    answers = [
        client.post("/konto/email/", {action: "", "email": address}).status_code
        for action in ("action_add", "action_primary", "action_send", "action_remove")
    ]

    assert answers == [404] * 4
    assert not User.objects.filter(email=address).exists()
    assert not EmailAddress.objects.filter(email=address).exists()


WRITES = ("INSERT", "UPDATE", "DELETE")
OWN_AFFAIRS = ("django_session", '"cache"', "reporting_calendarfeed")
"""What anybody may write: their session, counts of tries and their calendar's address."""


@pytest.mark.usefixtures("quick_pdf")
def test_auditor_changes_nothing_whatever_is_posted(world):  # noqa: F811
    client = browser_of(world["sessions"]["auditor"])

    written = {}
    for name, (about, _method, expected) in TABLE.items():
        address = reverse(name, args=world[about])
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            response = client.post(address, dict.fromkeys(FIELDS, "1"))
            transaction.set_rollback(True)
        found = [
            each["sql"][:80]
            for each in queries
            if each["sql"].startswith(WRITES)
            and not any(table in each["sql"] for table in OWN_AFFAIRS)
        ]
        if found or (expected["auditor"] == 403 and response.status_code != 403):
            written[name] = response.status_code, found

    assert written == {}


@pytest.mark.usefixtures("quick_pdf")
@pytest.mark.parametrize(
    ("name", "about"),
    [
        ("invoices:answer_review", "offer"),
        ("invoices:answer_withdraw", "answered offer"),
        ("reporting:report_review", "municipal round"),
        ("municipalities:person_create", ""),
        ("municipalities:contacts_mailbox", ""),
    ],
)
def test_contributor_signs_nothing(name, about, world):  # noqa: F811
    address = reverse(name, args=world[about])
    client = browser_of(world["sessions"]["contributor"])

    assert client.post(address, dict.fromkeys(FIELDS, "1")).status_code == 403


@pytest.mark.parametrize(
    ("name", "about", "other"),
    [
        ("invoices:funds_update", "funds", "decided grant"),
        ("invoices:funds_delete", "funds", "decided grant"),
        ("invoices:return_delete", "return", "offer"),
        ("invoices:batch_take_out", "batch payment", "released batch"),
        ("reporting:comment_settle", "question", "grant"),
        ("reporting:report_file", "municipal file", "municipal sent"),
        ("reporting:received_report_file", "received file", "round"),
        ("reporting:report_round_detail", "round", "grant"),
        ("reporting:national_report_detail", "national", "received"),
    ],
)
def test_two_ids_of_an_address_belong_together(name, about, other, world):  # noqa: F811
    first, *rest = world[about]
    strange = world[other][0]
    client = someone(name, world)

    answers = [
        client.post(reverse(name, args=[strange, *rest])).status_code,
        client.get(reverse(name, args=[strange, *rest])).status_code,
    ]

    assert strange != first
    assert set(answers) <= {404, 405}
    assert 404 in answers
