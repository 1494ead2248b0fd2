"""Staff's pages of answers: what is shown, who decides, one by one and many at once."""

from datetime import date
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from grants.distribution import Refused
from invoices.changes import changes_of
from invoices.models import Requisition, Step
from invoices.requisition import submit, withdraw
from municipalities.models import Message, StoredFile
from municipalities.numbers import kronor
from tests.factories import (
    make_answer,
    make_approved,
    make_body,
    make_funds,
    make_member,
    make_municipal_member,
    make_offered,
    make_released,
    make_requisition,
)

pytestmark = pytest.mark.django_db

TODAY = date(2020, 6, 1)
AFTER = date(2020, 8, 31)
WAITING = "/rekvisitioner/"


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


@pytest.fixture
def as_approver(client, approver):
    client.force_login(approver)
    return client


def page(requisition, action=""):
    return f"/rekvisitioner/{requisition.pk}/{action}"


def status_of(requisition):
    requisition.refresh_from_db()
    return requisition.status


def changed(requisition, amount=9, **facts):
    """Let the municipality send its answer in again."""
    return submit(
        requisition.allocation,
        make_answer(amount, **facts),
        by=requisition.submitted_by,
        today=TODAY,
        seen=requisition.submissions,
    )


def register(offered, by, amount=10, code="0127"):
    allocation = offered.allocations.get(municipality__code=code)
    return submit(allocation, make_answer(amount), by=by, today=TODAY, channel="mail")


def told(response):
    return [message.level_tag for message in response.context["messages"]]


# One answer --------------------------------------------------------------------------


def test_page_shows_all_that_was_written(as_handler, offered):
    purpose = offered.grant.purposes.get()
    requisition = make_requisition(
        offered,
        amount=100_000,
        today=AFTER,
        wants_more=True,
        uses={purpose.pk: 60_000},
        use_text="Handledning för nya",
        payment_instructions="Märk med 4711",
        invoice_number="B-17",
    )
    file = StoredFile.objects.keep(
        b"%PDF", body=offered.grant.body, name="bilaga.pdf", content_type="application/pdf"
    )
    requisition.attachments.create(file=file, added_by=requisition.submitted_by)

    response = as_handler.get(page(requisition))
    text = response.content.decode().replace("\xa0", " ")

    for words in (
        "100 000 kr",
        "60 000",
        "Handledning för nya",
        "Märk med 4711",
        "B-17",
        "5050-1055",
        "kim@kommun.example",
        "08-123 45 67",
        "Sam Ansvarig, socialchef",
        "bilaga.pdf",
        f"/rekvisition/{requisition.pk}.pdf",
        str(requisition.submitted_by),
        str(purpose),
    ):
        assert words in text
    assert response.context["difference"] == requisition.allocation.amount - 100_000


def test_page_of_another_body_is_not_found(client, offered):
    requisition = make_requisition(offered)
    client.force_login(make_member(make_body("Region Dalarna", "20"), role="approver"))

    assert client.get(page(requisition)).status_code == 404
    assert client.post(page(requisition, "godkann/")).status_code == 404
    assert client.post(page(requisition, "avsla/"), {"reason": "x"}).status_code == 404


def test_draft_that_was_never_sent_is_the_municipalitys_own(as_handler, offered):
    requisition = Requisition.objects.create(
        grant=offered.grant,
        municipality=offered.allocations.get(municipality__code="0127").municipality,
        allocation=offered.allocations.get(municipality__code="0127"),
        created_by=make_municipal_member(),
    )

    assert as_handler.get(page(requisition)).status_code == 404


def test_page_names_what_changed_since_the_last_time(as_handler, offered):
    first, second = offered.grant.purposes.get(), offered.grant.purposes.create(heading="B")
    requisition = make_requisition(
        offered, amount=100, uses={first.pk: 60, second.pk: 10}, contact_name="Kim"
    )
    changed(requisition, 90, uses={first.pk: 50, second.pk: 10}, contact_name="Robin")
    requisition.refresh_from_db()

    found = {change.name: (change.old, change.new) for change in changes_of(requisition)}

    assert {name.replace("\xa0", " "): value for name, value in found.items()} == {
        changes_of(requisition)[0].name: ("100\xa0kr", "90\xa0kr"),
        changes_of(requisition)[1].name: ("Kim", "Robin"),
        changes_of(requisition)[2].name: ("60\xa0kr", "50\xa0kr"),
    }
    assert str(first) in changes_of(requisition)[2].name
    assert "Robin" in as_handler.get(page(requisition)).content.decode()


def test_first_submission_has_changed_nothing(offered):
    assert changes_of(make_requisition(offered)) == []


def test_page_costs_the_same_however_much_has_happened(as_approver, offered, approver):
    requisition = make_requisition(offered)
    with CaptureQueriesContext(connection) as first:
        as_approver.get(page(requisition))
    file = StoredFile.objects.keep(
        b"%PDF", body=offered.grant.body, name="a.pdf", content_type="application/pdf"
    )
    for number in range(3):
        requisition.attachments.create(file=file, added_by=approver)
        offered.grant.purposes.create(heading=f"Ändamål {number}")
    uses = {purpose.pk: 1 for purpose in offered.grant.purposes.all()}
    changed(requisition, 100, uses=uses)
    with CaptureQueriesContext(connection) as many:
        as_approver.get(page(requisition))

    # The two submissions are compared: before, after, and their planned uses.
    assert len(many) <= len(first) + 4


# Deciding ----------------------------------------------------------------------------


def test_approver_approves_and_the_municipality_is_told(
    as_approver, offered, approver, deliver
):
    requisition = make_requisition(offered)
    deputy = make_municipal_member("0127")

    response = as_approver.post(page(requisition, "godkann/"), {"seen": 1}, follow=True)

    assert (status_of(requisition), requisition.decided_by) == ("approved", approver)
    assert told(response) == ["success"]
    sent = deliver()
    assert [message.to for message in sent] == [
        [address]
        for address in sorted(
            ["kim@kommun.example", requisition.submitted_by.email, deputy.email]
        )
    ]
    assert f"/mina-medel/{offered.grant_id}/" in sent[0].body
    assert kronor(requisition.amount) in sent[0].body
    assert "bankgiro som slutar på 1055" in sent[0].body
    assert "5050" not in sent[0].body


@pytest.mark.parametrize("role", ["handler", "auditor", "administrator"])
def test_others_do_not_approve(client, storsthlm, offered, role):
    requisition = make_requisition(offered)
    client.force_login(make_member(storsthlm, role=role))

    shown = client.get(page(requisition)).content.decode()

    assert page(requisition, "godkann/") not in shown
    assert client.post(page(requisition, "godkann/"), {"seen": 1}).status_code == 403
    assert status_of(requisition) == "submitted"


def test_nobody_approves_what_they_registered(as_approver, offered, approver):
    requisition = register(offered, approver)

    response = as_approver.get(page(requisition))
    refused = as_approver.post(page(requisition, "godkann/"), {"seen": 1}, follow=True)

    assert response.context["own"] is True
    assert page(requisition, "godkann/") not in response.content.decode()
    assert (told(refused), status_of(requisition)) == (["error"], "submitted")
    assert not Message.objects.exists()


@pytest.mark.parametrize("data", [{"seen": 1}, {}, {"seen": "x"}])
def test_what_has_changed_since_is_not_approved(as_approver, offered, data):
    requisition = make_requisition(offered)
    changed(requisition)

    response = as_approver.post(page(requisition, "godkann/"), data, follow=True)

    assert (told(response), status_of(requisition)) == (["error"], "submitted")


def test_message_that_cannot_be_written_undoes_the_approval(
    as_approver, offered, monkeypatch
):
    requisition = make_requisition(offered)

    def fail(requisition):
        raise Refused("not_submitted", municipality="Botkyrka")

    monkeypatch.setattr("invoices.decision_messages.approved", fail)

    response = as_approver.post(page(requisition, "godkann/"), {"seen": 1}, follow=True)

    assert (told(response), status_of(requisition)) == (["error"], "submitted")


def test_handler_asks_for_completion_with_a_reason(as_handler, offered, deliver):
    requisition = make_requisition(offered)
    url = page(requisition, "komplettera/")

    empty = as_handler.post(url, {"seen": 1, "reason": " "})
    as_handler.post(url, {"seen": 1, "reason": "Skriv kontots clearingnummer."})

    assert (empty.status_code, empty.context["form"].errors.as_data().keys()) == (
        422,
        {"reason"},
    )
    assert (status_of(requisition), requisition.decision_note) == (
        "returned",
        "Skriv kontots clearingnummer.",
    )
    message, *_ = deliver()
    assert "Skriv kontots clearingnummer." in message.body
    assert message.subject == f"Att komplettera: {offered.grant}"


def test_what_is_approved_is_returned_by_an_approver_alone(client, storsthlm, offered):
    requisition = make_approved(offered)
    data = {"seen": 1, "reason": "Fel konto"}
    client.force_login(make_member(storsthlm))

    assert client.post(page(requisition, "komplettera/"), data).status_code == 403
    client.force_login(make_member(storsthlm, role="approver"))
    assert client.post(page(requisition, "komplettera/"), data).status_code == 302
    assert status_of(requisition) == "returned"


def test_approver_rejects_with_a_reason(as_approver, offered):
    requisition = make_requisition(offered)

    as_approver.post(page(requisition, "avsla/"), {"seen": 1, "reason": "Fel ändamål"})

    kinds = set(Message.objects.values_list("kind", flat=True))
    assert (status_of(requisition), kinds) == ("rejected", {"rejected"})


def test_handler_does_not_reject(as_handler, offered):
    requisition = make_requisition(offered)

    data = {"seen": 1, "reason": "Nej"}
    assert as_handler.post(page(requisition, "avsla/"), data).status_code == 403


def test_approval_is_taken_back_until_it_is_in_a_batch(as_approver, offered):
    requisition = make_approved(offered)
    as_approver.post(page(requisition, "angra/"), {"reason": "Förhastat"}, follow=True)
    paid = make_released(offered, ["0160"]).payments.get().requisition

    response = as_approver.post(page(paid, "angra/"), {}, follow=True)

    assert (status_of(requisition), status_of(paid)) == ("submitted", "approved")
    assert told(response) == ["error"]
    assert as_approver.get(page(paid)).context["may_unapprove"] is False
    assert Step.objects.get(kind="unapproved").note == "Förhastat"


def test_withdrawn_answer_has_nothing_to_decide(as_approver, offered):
    requisition = make_requisition(offered)
    withdraw(requisition, by=requisition.submitted_by)

    shown = as_approver.get(page(requisition))
    response = as_approver.post(page(requisition, "godkann/"), {"seen": 1}, follow=True)

    assert (shown.status_code, shown.context["waits"]) == (200, False)
    assert told(response) == ["error"]


# What waits, and many at once ---------------------------------------------------------


def test_waiting_list_has_every_grant_the_oldest_first(as_handler, offered, storsthlm):
    other = make_offered(storsthlm)
    oldest = make_requisition(other, "0160")
    newest = make_requisition(offered)
    make_requisition(offered, "0163", amount=0)
    make_approved(offered, "0180")
    make_requisition(make_offered(make_body("Granne")), "0127")

    response = as_handler.get(WAITING)

    assert [row.record for row in response.context["table"].rows] == [oldest, newest]
    assert 'type="checkbox"' not in response.content.decode()


def test_waiting_list_is_exported_whole(as_handler, offered):
    requisition = make_requisition(offered, amount=5, today=AFTER)

    content = as_handler.get(f"{WAITING}?format=xlsx").content
    sheet = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0)
    [_header, row] = sheet.to_python()

    assert row[:3] == ["Botkyrka", str(requisition.grant), 5]


def test_waiting_list_costs_the_same_for_one_and_three(as_approver, offered):
    make_requisition(offered)
    with CaptureQueriesContext(connection) as one:
        as_approver.get(WAITING)
    make_requisition(offered, "0160")
    make_requisition(offered, "0163")
    with CaptureQueriesContext(connection) as three:
        as_approver.get(WAITING)

    assert len(one) == len(three)


def many(client, requisitions, **data):
    pks = [requisition.pk for requisition in requisitions]
    return client.post("/rekvisitioner/godkann/", {"requisition": pks, **data})


def test_many_are_named_and_summed_before_they_are_approved(as_approver, offered):
    first, second = make_requisition(offered), make_requisition(offered, "0160", amount=7)

    response = many(as_approver, [first, second])

    assert response.context["requisitions"] == [first, second]
    assert response.context["total"] == first.amount + 7
    assert (status_of(first), status_of(second)) == ("submitted", "submitted")


def test_many_are_approved_and_each_that_was_not_is_told(as_approver, offered, approver):
    fine = make_requisition(offered)
    moved = make_requisition(offered, "0160")
    own = register(offered, approver, code="0163")
    done = make_approved(offered, "0180")
    seen = [f"{each.pk}:1" for each in (fine, moved, own, done)]
    changed(moved)

    response = many(as_approver, [fine, moved, own, done], confirm="1", seen=seen)

    assert response.context["approved"] == [fine]
    assert [requisition for requisition, __ in response.context["refused"]] == [
        moved,
        own,
        done,
    ]
    assert [status_of(each) for each in (fine, moved, own)] == [
        "approved",
        "submitted",
        "submitted",
    ]
    told = set(Message.objects.values_list("kind", "municipality__code"))
    assert told == {("approved", "0127")}


def test_many_without_having_seen_them_are_refused(as_approver, offered):
    requisition = make_requisition(offered)

    response = many(as_approver, [requisition], confirm="1")

    assert (response.context["approved"], status_of(requisition)) == ([], "submitted")


def test_matrix_sends_its_municipalities_to_the_same_page(as_approver, offered):
    requisition = make_requisition(offered)
    make_requisition(make_offered(offered.grant.body), "0127")

    response = as_approver.post(
        "/rekvisitioner/godkann/",
        {"grant": offered.grant_id, "chosen": ["0127", "0160"]},
    )

    assert response.context["requisitions"] == [requisition]
    assert response.context["without_answer"] == ["Täby"]


def test_none_chosen_goes_back(as_approver, offered):
    assert many(as_approver, []).url == WAITING
    data = {"grant": offered.grant_id, "chosen": ["0160"]}
    response = as_approver.post("/rekvisitioner/godkann/", data)
    assert response.url == f"/medel/{offered.grant_id}/svar/"


def test_many_of_another_body_are_not_there(client, offered):
    requisition = make_requisition(offered)
    client.force_login(make_member(make_body("Region Dalarna", "20"), role="approver"))

    response = many(client, [requisition], confirm="1", seen=[f"{requisition.pk}:1"])

    assert (response.status_code, status_of(requisition)) == (302, "submitted")


def test_handler_does_not_approve_many(as_handler, offered):
    assert many(as_handler, [make_requisition(offered)]).status_code == 403


# What came another way ---------------------------------------------------------------


def answer(**facts):
    return {
        "channel": "mail",
        "received_on": "2020-08-31",
        "answer": "part",
        "amount": "100 000",
        "account_kind": "bankgiro",
        "account_number": "5050-1055",
    } | facts


def registration(distribution, code="0127"):
    return f"/medel/{distribution.grant_id}/svar/registrera/{code}/"


def test_answer_by_mail_is_registered_with_its_day(as_handler, offered, handler):
    response = as_handler.post(registration(offered), answer())

    requisition = Requisition.objects.get()
    assert response.url == page(requisition)
    assert (
        requisition.amount,
        requisition.channel,
        requisition.is_late,
        requisition.submitted_by,
        requisition.account_number,
    ) == (100_000, "mail", True, handler, "50501055")
    assert requisition.steps.get().kind == "registered"


def test_answer_in_time_is_not_late_when_registered_afterwards(as_handler, offered):
    as_handler.post(registration(offered), answer(received_on="2020-08-30"))

    assert Requisition.objects.get().is_late is False


def test_decline_by_mail_needs_no_account_or_reason(as_handler, offered):
    decline = answer(answer="decline", amount="", account_kind="", account_number="")

    as_handler.post(registration(offered), decline)

    assert Requisition.objects.get().is_declined is True


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        ({"received_on": "2999-01-01"}, "received_on", "future"),
        ({"received_on": ""}, "received_on", "required"),
        ({"channel": "portal"}, "channel", "invalid_choice"),
        ({"amount": "0"}, "amount", "not_positive"),
        ({"amount": "999 999 999"}, "amount", "exceeds_left"),
        ({"account_number": "5050-1056"}, "account_number", "check_digit"),
        ({"account_kind": ""}, "account_kind", "required"),
    ],
)
def test_odd_registration_is_refused(as_handler, offered, facts, field, code):
    response = as_handler.post(registration(offered), answer(**facts))

    errors = response.context["form"].errors.as_data()
    assert (
        response.status_code,
        {name: each[0].code for name, each in errors.items()},
    ) == (
        422,
        {field: code},
    )
    assert Requisition.objects.count() == 0


def test_mistakes_of_a_registration_are_told_to_staff(as_handler, offered):
    page = as_handler.post(registration(offered), answer(amount="999 999 999")).content
    text = page.decode().replace("\xa0", " ")

    assert "Beloppet är 999 999 999 kr, men bara" in text
    assert "Ni rekvirerar" not in text


def test_what_is_answered_is_not_registered_again(as_handler, offered):
    make_requisition(offered)

    assert as_handler.get(registration(offered)).status_code == 302


def test_nothing_is_registered_for_strangers(client, as_handler, offered):
    assert as_handler.get(registration(offered, "0880")).status_code == 404
    assert as_handler.get(registration(offered, "9999")).status_code == 404
    client.force_login(make_member(make_body("Region Dalarna", "20")))
    assert client.get(registration(offered)).status_code == 404


def test_two_people_register_and_approve(as_approver, offered, handler):
    requisition = register(offered, handler)
    make_funds(offered.grant)

    as_approver.post(page(requisition, "godkann/"), {"seen": 1})

    assert status_of(requisition) == "approved"


# The start page -------------------------------------------------------------------------


def queues(client):
    """Return what waits on the start page."""
    found = client.get("/").context["start"].queues
    return [(queue.kind, queue.count, queue.amount) for queue in found]


def test_start_page_tells_what_waits(as_approver, offered, approver, storsthlm):
    before = queues(as_approver)
    make_requisition(offered, amount=7)
    make_requisition(offered, "0163", amount=0)
    register(offered, approver, amount=10, code="0160")
    make_requisition(make_offered(make_body("Granne")), "0180")

    assert before == []
    # What the approver registered waits for a colleague.
    assert queues(as_approver) == [("requisitions", 1, 7)]
    as_approver.force_login(make_member(storsthlm))
    assert queues(as_approver) == [("requisitions", 2, 17)]
    as_approver.force_login(make_member(storsthlm, role="auditor"))
    assert queues(as_approver) == []
