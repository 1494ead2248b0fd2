"""What the bank says: read, looked over, saved; and what is done about what failed."""

from copy import deepcopy
from datetime import date, timedelta
from io import BytesIO

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invoices import messages as mails
from invoices.models import Payment, PaymentBatch, Requisition
from invoices.payment_list import Outcome
from invoices.payments import make_batch, read_back, release
from invoices.requisition import approve, send_back, submit
from municipalities.models import Message
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
)

pytestmark = pytest.mark.django_db

FAILED = "/utbetalningar/misslyckade/"
REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts>{rows}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"""
SETTLED = (
    "<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>"
)
REJECTED = (
    "<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
    "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts>"
)


@pytest.fixture(scope="module")
def made(once):
    """An offer, and Huddinge and Botkyrka sent to the bank: made once for them all."""
    offered = make_offered(make_body())
    return offered, make_released(offered, ["0126", "0127"])


@pytest.fixture
def own(made):
    """A copy of them for each test."""
    return deepcopy(made)


@pytest.fixture
def offered(own):
    return own[0]


@pytest.fixture
def batch(own):
    return own[1]


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


@pytest.fixture
def payments(batch):
    return list(batch.payments.order_by("requisition__municipality__code"))


def unpaid(offered):
    """Return the codes of those who are not in the batch of them all."""
    others = offered.allocations.exclude(municipality__code__in=["0126", "0127"])
    return list(others.values_list("municipality__code", flat=True))


def address(batch, page="las-in/"):
    return f"/utbetalningar/{batch.pk}/{page}"


def csv(*rows, header="id;status;datum;orsak;belopp"):
    return "\n".join([header, *rows]).encode()


def upload(client, batch, content, name="svar.csv"):
    return client.post(address(batch), {"file": SimpleUploadedFile(name, content)})


def confirm(client, response, batch):
    return client.post(
        address(batch, "las-in/spara/"), {"sealed": response.context["sealed"]}
    )


def statuses(batch):
    return list(
        batch.payments.order_by("requisition__municipality__code").values_list(
            "status", "paid_on", "failure", "requisition__status"
        )
    )


UNTOUCHED = [("sent", None, "", "approved")] * 2


def test_list_is_looked_over_and_then_saved(as_handler, batch, payments):
    first, second = (each.end_to_end_id for each in payments)
    content = csv(f"{first};Betald;2020-09-16;;", f"{second};Avvisad;;AC04;")

    looked = upload(as_handler, batch, content)
    before = statuses(batch)
    saved = confirm(as_handler, looked, batch)

    preview = looked.context["preview"]
    assert (len(preview.paid), len(preview.failed), preview.problems) == (1, 1, [])
    assert before == UNTOUCHED
    assert saved["Location"] == FAILED
    assert statuses(batch) == [
        ("paid", date(2020, 9, 16), "", "paid"),
        ("failed", None, "AC04", "approved"),
    ]


def workbook(*rows):
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["xlsx", "pain.002", "pain.002 of the whole"])
def test_workbooks_and_the_banks_reports_are_read(as_handler, batch, payments, kind):
    names = [each.end_to_end_id for each in payments]
    if kind == "xlsx":
        content = workbook(["id", "status"], *[[name, "betald"] for name in names])
    else:
        rows = "".join(SETTLED.format(name) for name in names)
        if kind == "pain.002 of the whole":
            rows = "<PmtInfSts>ACSC</PmtInfSts>"
        content = REPORT.format(message=batch.message_id, rows=rows).encode()

    saved = confirm(as_handler, upload(as_handler, batch, content), batch)

    assert saved["Location"] == address(batch, "")
    assert [status for status, *_rest in statuses(batch)] == ["paid", "paid"]


def test_report_about_another_file_is_refused(as_handler, batch):
    content = REPORT.format(message="SM9-9", rows="<PmtInfSts>ACSC</PmtInfSts>").encode()

    response = upload(as_handler, batch, content)

    assert (response.status_code, response.context["sealed"]) == (422, "")
    assert "SM9-9" in response.context["preview"].problems[0]


def test_everything_wrong_is_told_at_once_and_nothing_is_saved(
    as_handler, batch, payments, handler
):
    first, second = payments
    known = [Outcome(first.end_to_end_id, True, date(2020, 9, 16))]
    read_back(batch, known, by=handler, today=date(2020, 9, 17))
    before = statuses(batch)
    content = csv(
        f"{first.end_to_end_id};Avvisad;;AC04;",
        f"{second.end_to_end_id};Betald;2020-09-16;;{second.amount + 1}",
        f"{second.end_to_end_id};Avvisad;;AC04;",
        "SM-999999;Betald;;;",
        "SM-999998;Kanske;;;",
    )

    response = upload(as_handler, batch, content)

    problems = response.context["preview"].problems
    assert response.status_code == 422
    assert len(problems) == 5
    for word in ["SM-999999", "Kanske", first.end_to_end_id, second.end_to_end_id]:
        assert any(word in problem for problem in problems), word
    assert 'name="sealed"' not in response.content.decode()
    assert statuses(batch) == before


def test_day_that_has_not_been_is_refused(as_handler, batch, payments):
    tomorrow = timezone.localdate() + timedelta(days=1)
    content = csv(f"{payments[0].end_to_end_id};Betald;{tomorrow};;")

    response = upload(as_handler, batch, content)

    assert len(response.context["preview"].problems) == 1


@pytest.mark.parametrize(
    "content", [b"", b"hej", b"<!DOCTYPE a [<!ENTITY b 'c'>]><Document/>", b"\x89PNG\r\n"]
)
def test_file_that_cannot_be_read_is_told(as_handler, batch, content):
    response = upload(as_handler, batch, content)

    assert response.status_code == 422
    assert response.context["preview"].problems
    assert statuses(batch) == UNTOUCHED


def test_no_file_is_told(as_handler, batch):
    response = as_handler.post(address(batch), {})

    errors = response.context["form"].errors.as_data()
    assert [error.code for error in errors["file"]] == ["required"]


def test_day_that_the_list_lacks_is_the_batchs_own_or_today(
    as_handler, offered, storsthlm, handler
):
    make_funds(offered.grant)
    today = timezone.localdate()
    later = today + timedelta(days=7)
    requisition = make_approved(offered, "0180")
    batch = make_batch(storsthlm, [requisition], by=handler, execute_on=later)
    release(batch, by=make_member(storsthlm))
    content = csv(f"{batch.payments.get().end_to_end_id};Betald;;;")

    looked = upload(as_handler, batch, content)
    confirm(as_handler, looked, batch)

    assert [each.outcome.on for each in looked.context["preview"].paid] == [today]
    assert batch.payments.get().paid_on == today


def test_same_list_again_changes_nothing(as_handler, batch, payments):
    content = csv(*[f"{each.end_to_end_id};Betald;2020-09-16;;" for each in payments])
    confirm(as_handler, upload(as_handler, batch, content), batch)

    again = upload(as_handler, batch, content)

    preview = again.context["preview"]
    assert (preview.changes_nothing, len(preview.known)) == (True, 2)
    assert again.context["sealed"] == ""


def test_what_is_confirmed_is_what_was_looked_at(as_handler, batch, offered, payments):
    content = csv(f"{payments[0].end_to_end_id};Betald;2020-09-16;;")
    sealed = upload(as_handler, batch, content).context["sealed"]
    other = PaymentBatch.objects.exclude(pk=batch.pk)

    for forged in ["", "x", sealed[:-1], sealed.upper()]:
        response = as_handler.post(address(batch, "las-in/spara/"), {"sealed": forged})
        assert response["Location"] == address(batch)

    assert statuses(batch) == UNTOUCHED
    assert not other.exists()


def test_seal_of_one_batch_does_not_open_another(as_handler, batch, offered, payments):
    content = csv(f"{payments[0].end_to_end_id};Betald;2020-09-16;;")
    sealed = upload(as_handler, batch, content).context["sealed"]
    other = make_released(offered, ["0180"])

    as_handler.post(address(other, "las-in/spara/"), {"sealed": sealed})

    assert statuses(batch) == UNTOUCHED
    assert other.payments.get().status == "sent"


def test_answer_that_a_colleague_saved_meanwhile_is_not_contradicted(
    as_handler, batch, payments, handler
):
    name = payments[0].end_to_end_id
    looked = upload(as_handler, batch, csv(f"{name};Avvisad;;AC04;"))
    known = [Outcome(name, True, date(2020, 9, 16))]
    read_back(batch, known, by=handler, today=date(2020, 9, 17))

    response = as_handler.post(
        address(batch, "las-in/spara/"), {"sealed": looked.context["sealed"]}, follow=True
    )

    [message] = response.context["messages"]
    assert (message.level_tag, name in str(message)) == ("error", True)
    assert statuses(batch)[0][0] == "paid"


def test_draft_has_nothing_to_read(as_handler, offered, storsthlm, handler):
    requisition = make_approved(offered, "0180")
    day = date(2020, 9, 15)
    batch = make_batch(storsthlm, [requisition], by=handler, execute_on=day)

    assert as_handler.get(address(batch))["Location"] == address(batch, "")
    assert as_handler.post(address(batch, "utfall/"))["Location"] == address(batch, "")


# By hand -----------------------------------------------------------------------------


def test_ticked_payments_are_looked_over_and_saved(as_handler, batch, payments):
    facts = {"payment": [each.pk for each in payments], "outcome": "paid"}

    looked = as_handler.post(address(batch, "utfall/"), facts | {"paid_on": "2020-09-16"})
    before = statuses(batch)
    confirm(as_handler, looked, batch)

    assert before == UNTOUCHED
    assert statuses(batch) == [("paid", date(2020, 9, 16), "", "paid")] * 2


def test_payment_is_marked_as_failed_with_its_reason(as_handler, batch, payments):
    facts = {"payment": [payments[1].pk], "outcome": "failed", "reason": "Avslutat konto"}

    looked = as_handler.post(address(batch, "utfall/"), facts)
    saved = confirm(as_handler, looked, batch)

    assert saved["Location"] == FAILED
    assert statuses(batch)[1] == ("failed", None, "Avslutat konto", "approved")


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"payment": []}, "payment", "required"),
        ({"payment": ["x"]}, "payment", "invalid_choice"),
        ({"outcome": ""}, "outcome", "required"),
        ({"paid_on": ""}, "paid_on", "required"),
        ({"paid_on": "{tomorrow}"}, "paid_on", "future"),
        ({"outcome": "failed"}, "reason", "required"),
    ],
)
def test_what_is_written_by_hand_is_checked(
    as_handler, batch, payments, change, field, code
):
    tomorrow = str(timezone.localdate() + timedelta(days=1))
    change = {
        name: tomorrow if value == "{tomorrow}" else value for name, value in change.items()
    }
    facts = {"payment": [payments[0].pk], "outcome": "paid", "paid_on": "2020-09-16"}

    response = as_handler.post(address(batch, "utfall/"), facts | change)

    errors = response.context["outcome_form"].errors.as_data()
    assert {name: [e.code for e in found] for name, found in errors.items()} == {
        field: [code]
    }
    if field != "payment":
        ticked = f'value="{payments[0].pk}" checked'
        assert ticked in response.content.decode()


def test_payment_of_another_batch_is_not_marked(as_handler, batch, offered):
    other = make_released(offered, ["0180"]).payments.get()
    facts = {"payment": [other.pk], "outcome": "paid", "paid_on": "2020-09-16"}

    response = as_handler.post(address(batch, "utfall/"), facts)

    assert response.status_code == 422
    assert response.context["sealed"] == ""


# What failed -------------------------------------------------------------------------


@pytest.fixture
def failed(batch, payments, handler):
    """Botkyrka's payment, which the bank has rejected."""
    said = [Outcome(payments[1].end_to_end_id, False, reason="AC04")]
    read_back(batch, said, by=handler, today=date(2020, 9, 17))
    return Payment.objects.get(status="failed")


def test_failed_payments_are_listed_with_two_ways_out(as_handler, failed):
    page = as_handler.get(FAILED).content.decode()

    assert "Botkyrka" in page
    assert f"/utbetalningar/ny/?rekvisition={failed.requisition_id}" in page
    assert f"{FAILED}{failed.pk}/ratta-kontot/" in page
    assert "(AC04)" in page


def test_failed_payment_is_paid_again_in_a_new_batch(as_handler, failed, offered):
    make_approved(offered, "0180")

    page = as_handler.get(f"/utbetalningar/ny/?rekvisition={failed.requisition_id}")

    chosen = [
        each.requisition.pk
        for choice in page.context["choices"]
        for each in choice.candidates
        if each.is_chosen
    ]
    assert chosen == [failed.requisition_id]
    as_handler.post(
        "/utbetalningar/ny/",
        {"requisition": chosen, "execute_on": page.context["form"]["execute_on"].value()},
    )
    assert not Payment.objects.failed_and_open().exists()


def test_failed_payment_is_not_proposed_again_by_itself(as_handler, failed):
    [choice] = as_handler.get("/utbetalningar/ny/").context["choices"]

    [candidate] = choice.candidates
    assert candidate.is_chosen is False
    assert "(AC04)" in candidate.failure


def test_municipality_is_asked_to_correct_its_account(as_handler, failed, deliver):
    signatory = make_municipal_member("0127")
    page = f"{FAILED}{failed.pk}/ratta-kontot/"
    reason = as_handler.get(page).context["form"]["reason"].value()

    response = as_handler.post(page, {"reason": "Rätta kontot."})

    assert "5050-1055" in reason
    assert response["Location"] == FAILED
    requisition = Requisition.objects.get(pk=failed.requisition_id)
    assert (requisition.status, requisition.decision_note) == ("returned", "Rätta kontot.")
    sent = deliver()
    assert [signatory.email] in [message.to for message in sent]
    assert "Rätta kontot." in sent[0].body
    assert as_handler.get(page).status_code == 404


def test_what_failed_twice_is_one_thing_to_do(as_handler, failed, storsthlm, handler):
    batch = make_batch(
        storsthlm, [failed.requisition], by=handler, execute_on=failed.batch.execute_on
    )
    release(batch, by=make_member(storsthlm))
    again = batch.payments.get()
    said = [Outcome(again.end_to_end_id, False, reason="AC06")]
    read_back(batch, said, by=handler, today=date(2020, 9, 17))

    rows = as_handler.get(FAILED).context["table"].rows
    [choice] = as_handler.get("/utbetalningar/ny/").context["choices"]

    assert [row.record for row in rows] == [again]
    [candidate] = choice.candidates
    assert "(AC06)" in candidate.failure


def test_corrected_and_approved_requisition_is_paid_as_any_other(
    as_handler, failed, storsthlm, handler
):
    requisition = send_back(failed.requisition, by=handler, reason="Rätta kontot")
    signatory = make_municipal_member("0127")
    answer = make_answer(requisition.amount, account_number="9912346")
    changed = submit(
        requisition.allocation,
        answer,
        by=signatory,
        today=date(2020, 9, 20),
        seen=requisition.submissions,
    )
    approve(changed, by=make_member(storsthlm, role="approver"))

    [choice] = as_handler.get("/utbetalningar/ny/").context["choices"]

    assert not Payment.objects.failed_and_open().exists()
    [candidate] = choice.candidates
    assert (candidate.failure, candidate.is_chosen) == ("", True)
    assert candidate.account == "991-2346"


def test_reason_is_needed(as_handler, failed):
    response = as_handler.post(f"{FAILED}{failed.pk}/ratta-kontot/", {"reason": " "})

    assert response.status_code == 422
    assert Requisition.objects.get(pk=failed.requisition_id).status == "approved"


def test_another_bodys_failed_payment_is_not_found(client, failed):
    client.force_login(make_member(make_body("Region Stockholm")))

    assert client.get(f"{FAILED}{failed.pk}/ratta-kontot/").status_code == 404
    assert "Botkyrka" not in client.get(FAILED).content.decode()


def test_auditor_sees_what_failed_without_buttons(client, storsthlm, failed):
    client.force_login(make_member(storsthlm, role="auditor"))

    page = client.get(FAILED).content.decode()

    assert "Botkyrka" in page
    assert "ratta-kontot" not in page
    assert client.get(address(failed.batch)).status_code == 403


def test_pages_cost_the_same_for_few_and_many(as_handler, offered, handler):
    make_funds(offered.grant)
    codes = unpaid(offered)

    def costs(codes):
        batch = make_released(offered, codes)
        names = [each.end_to_end_id for each in batch.payments.all()]
        content = csv(*[f"{name};Betald;;;" for name in names[:-1]])
        with CaptureQueriesContext(connection) as preview:
            upload(as_handler, batch, content)
        said = [Outcome(name, False, reason="AC04") for name in names[:-1]]
        read_back(batch, said, by=handler, today=date(2020, 9, 17))
        counts = [len(preview)]
        for page in [FAILED, address(batch, "")]:
            with CaptureQueriesContext(connection) as seen:
                assert as_handler.get(page).status_code == 200
            counts.append(len(seen))
        return counts

    assert costs(codes[:2]) == costs(codes[2:22])


# Telling the municipalities ------------------------------------------------------------


def save(client, batch, *rows):
    return confirm(client, upload(client, batch, csv(*rows)), batch)


def test_paid_municipality_is_told_and_the_failed_is_not(
    as_handler, batch, payments, deliver
):
    first, second = payments
    contact = make_municipal_member("0126", is_contact=True)
    make_municipal_member("0126")
    make_municipal_member("0127", is_contact=True)

    save(
        as_handler,
        batch,
        f"{first.end_to_end_id};Betald;2020-09-16;;",
        f"{second.end_to_end_id};Avvisad;;AC04;",
    )

    sent = deliver()
    assert [message.to for message in sent] == [["kim@kommun.example"], [contact.email]]
    requisition = first.requisition
    assert sent[0].subject.startswith("Utbetalt: ")
    for words in (
        kronor(first.amount),
        "16 september 2020",
        "bankgiro som slutar på 1055",
        requisition.invoice_number,
        first.end_to_end_id,
        str(requisition.grant),
    ):
        assert words in sent[0].body
    assert "5050" not in sent[0].body


def test_list_that_is_read_twice_tells_once(as_handler, batch, payments):
    row = f"{payments[0].end_to_end_id};Betald;2020-09-16;;"
    looked = [upload(as_handler, batch, csv(row)) for _time in range(2)]

    counts = []
    for each in looked:
        confirm(as_handler, each, batch)
        counts.append(Message.objects.filter(kind="payment").count())

    # Nobody is a contact person: it goes to the signatory.
    assert counts == [2, 2]


def test_list_that_is_refused_tells_nobody(as_handler, batch):
    as_handler.post(address(batch, "las-in/spara/"), {"sealed": "fel"})

    assert (statuses(batch), Message.objects.count()) == (UNTOUCHED, 0)


def test_telling_costs_the_same_for_few_and_many(as_handler, offered):
    make_funds(offered.grant)
    codes = unpaid(offered)

    def cost(codes):
        batch = make_released(offered, codes)
        paid = list(
            batch.payments.select_related(
                "requisition__grant__body", "requisition__municipality"
            )
        )
        with CaptureQueriesContext(connection) as queries:
            written = mails.paid(paid)
        return len(written), len(queries)

    (some, few), (more, many) = cost(codes[:2]), cost(codes[2:22])
    assert (some, more, few) == (4, 40, many)
