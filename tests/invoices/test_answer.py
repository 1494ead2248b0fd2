"""The municipality's answer: fill in, read through, send in, change, withdraw."""

from copy import deepcopy
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from grants.distribution import Refused, decide, revise
from invoices import messages as mails
from invoices.attachments import attach, detach
from invoices.models import Attachment, Requisition, Step
from invoices.requisition import approve, reject, send_back, submit
from municipalities.models import Membership, Message, Municipality
from municipalities.numbers import kronor
from municipalities.site import absolute
from tests.factories import (
    make_answer,
    make_body,
    make_grant,
    make_member,
    make_municipal_member,
    make_requisition,
    make_user,
    publish_memo,
)
from tests.invoices.answers import (
    FACTS,
    MEMO_DAY,
    due,
    fill_in,
    make_open,
    mistakes,
    posted,
    send_in,
    url,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(once):
    """An offer, made once for them all."""
    return make_open(make_body())


@pytest.fixture
def offered(made):
    return deepcopy(made)


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


@pytest.fixture
def amount(offered):
    return offered.allocations.get(municipality__code="0127").amount


@pytest.fixture
def signatory(db):
    person = make_user("sam@botkyrka.example", first_name="Sam", last_name="Ansvarig")
    return make_municipal_member("0127", user=person)


@pytest.fixture
def contributor(db):
    person = make_user("kim@botkyrka.example", first_name="Kim", last_name="Kontakt")
    return make_municipal_member("0127", role="contributor", user=person)


@pytest.fixture
def as_signatory(signatory):
    client = Client()
    client.force_login(signatory)
    return client


@pytest.fixture
def as_contributor(contributor):
    client = Client()
    client.force_login(contributor)
    return client


def only():
    return Requisition.objects.get()


# Filled in already -------------------------------------------------------------------


def test_form_is_filled_in_with_what_is_left_and_who_signs(as_signatory, offered, amount):
    form = as_signatory.get(url("answer", offered)).context["form"]

    assert form.initial == {
        "answer": "whole",
        "amount": amount,
        "account_kind": "bankgiro",
        "contact_name": "Sam Ansvarig",
        "contact_email": "sam@botkyrka.example",
        "contact_phone": "",
        "signatory_name": "Sam Ansvarig",
        "signatory_title": "",
    }


def test_what_some_accounts_need_is_not_called_optional(as_signatory, offered):
    form = as_signatory.get(url("answer", offered)).context["form"]

    called = [
        name
        for name in ("account_kind", "account_number", "clearing", "bic", "contact_phone")
        if "(valfritt)" in form[name].as_field_group()
    ]
    assert called == ["contact_phone"]


def test_form_remembers_the_account_from_the_last_requisition(as_signatory, storsthlm):
    earlier = make_open(storsthlm)
    make_requisition(earlier, signatory_name="Sam Ansvarig")
    offered = make_open(storsthlm)

    initial = as_signatory.get(url("answer", offered)).context["form"].initial

    assert (
        initial["account_kind"],
        initial["account_number"],
        initial["signatory_name"],
        initial["signatory_title"],
    ) == ("bankgiro", "5050-1055", "Sam Ansvarig", "socialchef")


def test_form_names_the_contact_person_of_the_municipality(as_signatory, offered):
    person = make_user("kaj@botkyrka.example", first_name="Kaj", last_name="Bo", phone="1")
    make_municipal_member("0127", role="contributor", user=person, is_contact=True)

    initial = as_signatory.get(url("answer", offered)).context["form"].initial

    assert (initial["contact_name"], initial["contact_email"]) == (
        "Kaj Bo",
        "kaj@botkyrka.example",
    )


def test_opening_the_form_is_noted_once(as_signatory, as_contributor, offered):
    as_contributor.get(url("answer", offered))
    as_signatory.get(url("answer", offered))

    assert [step.kind for step in Step.objects.all()] == ["opened"]


# The answer --------------------------------------------------------------------------


def test_whole_amount_is_sent_in(as_signatory, offered, amount, signatory):
    requisition = send_in(as_signatory, offered)

    assert (
        requisition.status,
        requisition.answer,
        requisition.amount,
        requisition.account_number,
        requisition.invoice_number,
        requisition.invoice_on,
        requisition.submitted_by,
        requisition.is_late,
    ) == (
        "submitted",
        "whole",
        amount,
        "50501055",
        f"{offered.grant.record_number}-0127",
        timezone.localdate(),
        signatory,
        False,
    )


def test_part_is_sent_in_with_planned_uses(as_signatory, offered):
    purpose = offered.grant.purposes.get()

    requisition = send_in(
        as_signatory,
        offered,
        answer="part",
        amount="100 000 kr",
        wants_more="on",
        **{f"use_{purpose.pk}": "60 000"},
        use_text="Handledare",
        invoice_number="R-17",
        invoice_on="2020-08-20",
    )

    uses = requisition.planned_uses.values_list("purpose", "amount")
    assert (
        requisition.answer,
        requisition.amount,
        requisition.wants_more,
        list(uses),
        requisition.use_text,
        requisition.invoice_number,
        requisition.invoice_on,
    ) == (
        "part",
        100_000,
        True,
        [(purpose.pk, 60_000)],
        "Handledare",
        "R-17",
        date(2020, 8, 20),
    )


def test_decline_needs_a_reason_and_no_account(as_signatory, offered):
    facts = {"answer": "decline", "account_number": "fel", "amount": "mycket"}

    without = fill_in(as_signatory, offered, **facts)
    requisition = send_in(as_signatory, offered, **facts, decline_reason="Ingen personal")

    assert mistakes(without) == {"decline_reason": ["required"]}
    assert (requisition.answer, requisition.amount, requisition.decline_reason) == (
        "decline",
        0,
        "Ingen personal",
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"answer": ""}, {"answer": ["required"]}),
        ({"answer": "part"}, {"amount": ["required"]}),
        ({"answer": "part", "amount": "1,5"}, {"amount": ["invalid"]}),
        ({"answer": "part", "amount": "0"}, {"amount": ["not_positive"]}),
        ({"answer": "part", "amount": "99 000 000"}, {"amount": ["exceeds_left"]}),
        ({"account_kind": ""}, {"account_kind": ["required"]}),
        ({"account_number": "5050-1056"}, {"account_number": ["check_digit"]}),
        (
            {"account_kind": "bank", "account_number": "", "clearing": "12"},
            {"account_number": ["required"], "clearing": ["length"]},
        ),
        (
            {"account_kind": "iban", "account_number": "DK5000400440116243"},
            {"bic": ["bic_required"]},
        ),
        ({"invoice_on": "30 februari"}, {"invoice_on": ["invalid"]}),
        (
            {"contact_name": "", "contact_email": "kim@", "signatory_title": ""},
            {
                "contact_name": ["required"],
                "contact_email": ["invalid"],
                "signatory_title": ["required"],
            },
        ),
    ],
)
def test_mistakes_are_told_all_at_once_and_what_was_typed_stays(
    as_signatory, offered, facts, expected
):
    response = fill_in(as_signatory, offered, **facts)

    assert mistakes(response) == expected
    assert only().draft["typed"] == FACTS | facts


def test_every_kind_of_account_is_taken(as_signatory, offered):
    accounts = [
        ("plusgiro", "1-8", "", "18", ""),
        ("bank", "102 304 567-8", "8327-9", "1023045678", "83279"),
        ("iban", "SE45 5000 0000 0583 9825 7466", "", "SE4550000000058398257466", ""),
    ]
    for kind, number, clearing, kept, kept_clearing in accounts:
        requisition = send_in(
            as_signatory,
            offered,
            account_kind=kind,
            account_number=number,
            clearing=clearing,
        )

        assert (
            requisition.account_kind,
            requisition.account_number,
            requisition.clearing,
        ) == (kind, kept, kept_clearing)


def test_planned_uses_above_the_amount_are_refused(as_signatory, offered, amount):
    use = f"use_{offered.grant.purposes.get().pk}"

    above = fill_in(as_signatory, offered, **{use: str(amount + 1)})
    equal = fill_in(as_signatory, offered, **{use: str(amount)})

    assert mistakes(above) == {use: ["uses_exceed"]}
    assert equal.status_code == 302


def test_number_that_was_used_before_is_refused(as_signatory, storsthlm, offered):
    make_requisition(make_open(storsthlm), invoice_number="R-1")

    assert mistakes(fill_in(as_signatory, offered, invoice_number="R-1")) == {
        "invoice_number": ["number_used"]
    }
    assert fill_in(as_signatory, offered, invoice_number="R-2").status_code == 302


# Who may -----------------------------------------------------------------------------


def test_contributor_fills_in_and_hands_over_to_the_signatory(
    as_contributor, as_signatory, contributor, signatory, offered, deliver
):
    fill_in(as_contributor, offered)
    review = as_contributor.get(url("answer_review", offered))
    read = {"read": review.context["draft"].fingerprint}
    refused = as_contributor.post(url("answer_review", offered), read)
    as_contributor.post(url("answer_hand_over", offered))
    [sent] = deliver()
    as_signatory.post(url("answer_review", offered), read)

    assert refused.status_code == 403
    assert sent.to == [signatory.email]
    assert absolute(url("answer_review", offered)) in sent.body
    assert only().submitted_by == signatory


def test_contributor_may_not_withdraw(as_contributor, offered):
    make_requisition(offered)

    assert as_contributor.post(url("answer_withdraw", offered)).status_code == 403


def test_staff_and_other_municipalities_are_kept_out(storsthlm, offered, client):
    make_requisition(offered)
    names = ("answer", "answer_review", "answer_receipt", "answer_withdraw")
    addresses = [url(name, offered) for name in names]
    client.force_login(make_member(storsthlm, role="administrator"))
    staff = {client.get(address).status_code for address in addresses}
    client.force_login(make_municipal_member("2080"))
    another = {client.get(address).status_code for address in addresses}
    saved = client.post(url("answer_save", offered)).status_code

    assert (staff, another, saved) == ({403}, {404}, 404)


def test_grant_that_is_not_offered_is_not_found(as_signatory, storsthlm):
    grant = make_grant(storsthlm)

    response = as_signatory.get(reverse("invoices:answer", args=[grant.pk]))

    assert response.status_code == 404


# Nothing is lost ---------------------------------------------------------------------


def test_what_is_typed_is_saved_as_it_is(as_signatory, offered):
    data = posted(as_signatory, offered, answer="part", amount="12 x", invoice_on="mån")

    response = as_signatory.post(url("answer_save", offered), data)

    assert response.json() == {
        "message": f"Sparat {timezone.localtime():%H.%M}",
        "stamp": only().draft_saved_at.isoformat(),
    }
    form = as_signatory.get(url("answer", offered)).context["form"]
    assert (form["amount"].value(), form["invoice_on"].value()) == ("12 x", "mån")
    assert not form.errors


def test_draft_survives_log_out(as_signatory, signatory, offered):
    fill_in(as_signatory, offered, do="save", answer="part", amount="12 x")
    as_signatory.logout()
    as_signatory.force_login(signatory)

    form = as_signatory.get(url("answer", offered)).context["form"]

    assert (form["answer"].value(), form["amount"].value()) == ("part", "12 x")


def test_what_is_posted_after_the_session_ended_is_there_after_login(
    as_signatory, signatory, offered
):
    data = posted(as_signatory, offered, answer="part", amount="123 456")
    as_signatory.logout()

    to_login = as_signatory.post(url("answer", offered), data)
    as_signatory.force_login(signatory)
    page = as_signatory.get(url("answer", offered), follow=True)

    assert to_login["Location"] == f"/konto/login/?next={url('answer', offered)}"
    assert page.context["form"]["amount"].value() == "123 456"
    assert only().draft["typed"]["amount"] == "123 456"


def test_what_is_posted_after_the_session_ended_is_nobody_elses(
    as_signatory, storsthlm, offered
):
    data = posted(as_signatory, offered, answer="part", amount="123 456")
    as_signatory.logout()
    as_signatory.post(url("answer", offered), data)

    as_signatory.force_login(make_municipal_member("0160"))
    page = as_signatory.get(url("answer", offered))

    assert page.context["form"]["answer"].value() == "whole"
    assert not Requisition.objects.exists()


def test_autosave_without_a_session_is_sent_to_the_login(client, offered):
    assert client.post(url("answer_save", offered)).status_code == 302


def test_two_who_write_do_not_overwrite_each_other(as_signatory, as_contributor, offered):
    mine = posted(as_signatory, offered, use_text="mitt")
    fill_in(as_contributor, offered, do="save", use_text="ditt")

    saved = as_signatory.post(url("answer_save", offered), mine)
    page = as_signatory.post(url("answer", offered), mine | {"do": "save"})

    assert saved.status_code == 409
    assert mistakes(page) == {"__all__": ["changed_by_another"]}
    assert page.context["form"]["use_text"].value() == "mitt"
    assert only().draft["typed"]["use_text"] == "ditt"


def test_autosave_of_an_answer_that_was_sent_in_meanwhile_is_refused(
    as_signatory, as_contributor, offered
):
    data = posted(as_contributor, offered)
    make_requisition(offered)

    response = as_contributor.post(url("answer_save", offered), data)

    assert (response.status_code, "redan" in response.json()["message"]) == (409, True)


def test_new_version_while_typing_shows_the_new_amount_and_keeps_what_is_typed(
    as_signatory, storsthlm, offered
):
    fill_in(as_signatory, offered, do="save", use_text="Handledare")
    data = posted(as_signatory, offered, use_text="Handledare")
    drafter, decider = make_member(storsthlm), make_member(storsthlm, role="approver")
    line = offered.grant.budget_lines.get()
    line.amount = 21_000_000
    line.save()
    new = revise(offered, by=drafter, reason="Mer pengar")
    decide(new, by=decider, decided_on=date(2020, 5, 1))
    between = as_signatory.post(url("answer", offered), data)
    publish_memo(new, version=2)

    page = as_signatory.post(url("answer", offered), data)
    now = new.allocations.get(municipality__code="0127")

    assert between["Location"] == reverse("reporting:offer_detail", args=[new.grant.pk])
    assert page.status_code == 200
    assert page.context["is_outdated"]
    assert page.context["situation"].allocated == now.amount
    assert page.context["form"]["use_text"].value() == "Handledare"
    assert send_in(as_signatory, offered).amount == now.amount


def test_answer_that_changed_after_it_was_read_is_not_sent_in(as_signatory, offered):
    fill_in(as_signatory, offered)
    review = as_signatory.get(url("answer_review", offered))
    read = {"read": review.context["draft"].fingerprint}
    fill_in(as_signatory, offered, answer="part", amount="5")

    page = as_signatory.post(url("answer_review", offered), read)

    assert (page.status_code, bool(page.context["error"])) == (200, True)
    assert only().status == "draft"


def test_sending_in_twice_shows_the_receipt(as_signatory, offered):
    fill_in(as_signatory, offered)
    review = as_signatory.get(url("answer_review", offered))
    read = {"read": review.context["draft"].fingerprint}

    answers = [as_signatory.post(url("answer_review", offered), read) for _ in range(2)]

    assert [each["Location"] for each in answers] == [url("answer_receipt", offered)] * 2
    assert only().submissions == 1


def test_review_of_a_faulty_draft_leads_back_to_the_mistakes(as_signatory, offered):
    fill_in(as_signatory, offered, do="save", account_number="1")

    response = as_signatory.get(url("answer_review", offered))
    page = as_signatory.get(response["Location"])

    assert mistakes(page) == {"account_number": ["length"]}


# Time --------------------------------------------------------------------------------


def test_late_answer_is_taken_and_marked(as_signatory, offered):
    due(offered.grant, -1)

    page = as_signatory.get(url("answer", offered))
    requisition = send_in(as_signatory, offered)

    assert "Sista dagen var" in page.content.decode()
    assert requisition.is_late


def test_change_of_an_answer_in_time_is_not_late(as_signatory, offered):
    send_in(as_signatory, offered)
    due(offered.grant, -1)

    page = as_signatory.get(url("answer", offered)).content.decode()
    changed = send_in(as_signatory, offered, use_text="Mer handledning")

    assert "märks som sent" not in page
    assert (changed.submissions, changed.is_late) == (2, False)


def test_answer_on_the_last_day_is_in_time(as_signatory, offered):
    due(offered.grant, 0)

    assert not send_in(as_signatory, offered).is_late


def test_closed_grant_has_no_form(as_signatory, offered):
    data = posted(as_signatory, offered)
    offered.grant.refuses_late = True
    offered.grant.save()
    due(offered.grant, -1)

    page = as_signatory.get(url("answer", offered))
    as_signatory.post(url("answer", offered), data)
    saved = as_signatory.post(url("answer_save", offered), data)

    assert "data-answer" not in page.content.decode()
    assert "sena svar tas inte emot" in page.content.decode()
    assert saved.status_code == 409
    assert not Requisition.objects.exists()


# Afterwards --------------------------------------------------------------------------


def test_receipt_is_sent_to_the_submitter_and_the_contact(
    as_signatory, offered, signatory, deliver
):
    send_in(as_signatory, offered)
    page = as_signatory.get(url("answer_receipt", offered)).content.decode()

    sent = deliver()
    receivers = ["kim@kommun.example", signatory.email]
    assert [message.to for message in sent] == [[address] for address in receivers]
    assert ", ".join(receivers) in page
    assert absolute(url("answer_receipt", offered)) in sent[0].body
    assert sent[0].reply_to == [offered.grant.questions_to]
    assert sent[0].subject == f"Kvitto: Botkyrka kommun och {offered.grant}"


def test_answer_that_is_refused_gets_no_receipt(as_signatory, offered, monkeypatch):
    fill_in(as_signatory, offered)
    review = as_signatory.get(url("answer_review", offered))

    def fail(*args, **facts):
        raise Refused("closed", due_on=date(2020, 8, 30))

    monkeypatch.setattr("invoices.views.answers.mail.receipt", fail)
    as_signatory.post(
        url("answer_review", offered), {"read": review.context["draft"].fingerprint}
    )

    assert (only().status, Message.objects.count()) == ("draft", 0)


def test_answer_by_mail_gets_no_receipt_by_e_mail(as_signatory, storsthlm, offered):
    allocation = offered.allocations.get(municipality__code="0127")
    given = submit(
        allocation,
        make_answer(allocation.amount),
        by=make_member(storsthlm),
        today=date(2020, 6, 1),
        channel="mail",
    )

    page = as_signatory.get(url("answer_receipt", offered)).content.decode()

    assert (mails.receipt_to(given), mails.receipt(given)) == ([], [])
    assert ("mejlas" in page, "granskar nu" in page) == (False, True)


def test_receipt_says_in_words_what_is_answered(storsthlm, offered, amount):
    asked = make_requisition(offered, invoice_number="R-1")
    asked.is_late = True
    declined = make_requisition(offered, "0160", amount=0)

    [first, *_] = mails.receipt(asked)
    [second, *_] = mails.receipt(declined)

    assert f"Botkyrka kommun rekvirerar {kronor(asked.amount)}." in first.text
    assert "Ert nummer: R-1" in first.text
    assert "märkt som sent" in first.text
    assert "Täby kommun avstår från pengarna." in second.text
    assert ("Ert nummer" in second.text, "sent" in second.text) == (False, False)


def test_receipt_shows_what_was_sent_in(as_signatory, offered, amount):
    send_in(as_signatory, offered)

    page = as_signatory.get(url("answer_receipt", offered))

    assert page.context["requisition"].amount == amount
    assert "5050-1055" in page.content.decode()
    assert "momsfritt" not in page.content.decode()


def test_there_is_no_receipt_before_the_answer(as_signatory, offered):
    as_signatory.get(url("answer", offered))

    assert as_signatory.get(url("answer_receipt", offered)).status_code == 404


def test_answer_is_changed_until_it_is_approved(as_signatory, storsthlm, offered, amount):
    send_in(as_signatory, offered)
    again = as_signatory.get(url("answer", offered)).context["form"].initial
    changed = send_in(as_signatory, offered, answer="part", amount="7")
    approve(changed, by=make_member(storsthlm, role="approver"))
    closed = as_signatory.get(url("answer", offered))

    assert (again["amount"], again["account_number"]) == (amount, "5050-1055")
    assert (changed.amount, changed.submissions) == (7, 2)
    assert closed["Location"] == reverse("reporting:offer_detail", args=[offered.grant.pk])


def test_withdrawn_answer_is_a_draft_again(as_signatory, offered, amount):
    send_in(as_signatory, offered)
    as_signatory.post(url("answer_withdraw", offered), {"seen": 1})

    form = as_signatory.get(url("answer", offered)).context["form"]

    assert only().status == "draft"
    assert form.initial["account_number"] == "5050-1055"
    assert send_in(as_signatory, offered).status == "submitted"


def test_withdrawal_of_what_has_changed_is_refused(as_signatory, offered):
    send_in(as_signatory, offered)

    as_signatory.post(url("answer_withdraw", offered), {"seen": 0})

    assert only().status == "submitted"


def test_returned_answer_shows_why_and_is_sent_in_again(as_signatory, storsthlm, offered):
    requisition = make_requisition(offered)
    send_back(requisition, by=make_member(storsthlm), reason="Bilagan saknas.")

    page = as_signatory.get(url("answer", offered)).content.decode()
    again = send_in(as_signatory, offered)

    assert "Bilagan saknas." in page
    assert (again.status, again.submissions) == ("submitted", 2)


def test_rejected_requisition_is_answered_anew(as_signatory, storsthlm, offered):
    rejected = make_requisition(offered, invoice_number="R-1")
    reject(rejected, by=make_member(storsthlm), reason="Fel ändamål.")

    page = as_signatory.get(url("answer", offered))
    again = send_in(as_signatory, offered)

    assert "Fel ändamål." in page.content.decode()
    assert page.context["form"].initial["account_number"] == "5050-1055"
    assert again.pk != rejected.pk


def test_more_in_a_new_version_is_asked_for_with_a_requisition_of_its_own(
    as_signatory, storsthlm, offered, amount
):
    first = send_in(as_signatory, offered)
    line = offered.grant.budget_lines.get()
    line.amount = 21_000_000
    line.save()
    new = revise(offered, by=make_member(storsthlm), reason="Mer pengar")
    approver = make_member(storsthlm, role="approver")
    decide(new, by=approver, decided_on=MEMO_DAY)
    publish_memo(new, version=2)
    more = new.allocations.get(municipality__code="0127").amount - amount

    page = as_signatory.get(url("answer", offered))
    second = send_in(as_signatory, offered)

    assert page.context["work"].left == more
    assert page.context["form"].initial["account_number"] == "5050-1055"
    assert (second.amount, second.answer, second.invoice_number) == (
        more,
        "whole",
        f"{first.invoice_number}-2",
    )


# Files -------------------------------------------------------------------------------

FILE_BYTES = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"


def upload(name="beslut.pdf", content=FILE_BYTES):
    return SimpleUploadedFile(name, content)


def test_files_are_added_downloaded_and_removed(as_signatory, offered):
    fill_in(as_signatory, offered, do="files", files=[upload(), upload("två.pdf")])
    first, second = Attachment.objects.all()
    got = as_signatory.get(reverse("invoices:attachment_download", args=[first.pk]))
    fill_in(as_signatory, offered, do="", remove=str(second.pk))

    assert (got.content, got["Content-Type"]) == (FILE_BYTES, "application/pdf")
    assert 'filename="beslut.pdf"' in got["Content-Disposition"]
    assert [each.pk for each in Attachment.objects.all()] == [first.pk]
    assert send_in(as_signatory, offered).attachments.count() == 1


def test_file_of_another_municipality_is_not_found(as_signatory, offered, client):
    fill_in(as_signatory, offered, do="files", files=[upload()])
    address = reverse("invoices:attachment_download", args=[Attachment.objects.get().pk])
    client.force_login(make_municipal_member("0160"))

    assert client.get(address).status_code == 404


def test_file_of_another_kind_is_refused_and_what_was_typed_is_kept(as_signatory, offered):
    page = fill_in(as_signatory, offered, use_text="Kvar", files=[upload(content=b"MZ")])

    assert mistakes(page) == {"__all__": ["kind"]}
    assert not Attachment.objects.exists()
    assert only().draft["typed"]["use_text"] == "Kvar"


def test_files_of_an_answer_that_is_sent_in_stay(as_signatory, offered):
    send_in(as_signatory, offered)

    page = fill_in(as_signatory, offered, do="files", files=[upload()])

    assert mistakes(page) == {"__all__": ["submitted"]}
    assert not Attachment.objects.exists()


# Two municipalities, two windows --------------------------------------------------------


@pytest.fixture
def in_another_window(signatory, as_signatory):
    """Let the signatory act for Danderyd from now on, as if chosen in another window."""
    danderyd = Membership.objects.create(
        user=signatory, municipality=Municipality.objects.get(code="0162"), role="signatory"
    )

    def change():
        address = reverse("municipalities:membership_switch")
        as_signatory.post(address, {"membership": danderyd.pk})

    return change


def test_nothing_is_saved_for_another_municipality_than_the_page_was_about(
    as_signatory, offered, in_another_window
):
    data = posted(as_signatory, offered, use_text="Botkyrkas ord")
    in_another_window()

    saved = as_signatory.post(url("answer_save", offered), data)
    sent = as_signatory.post(url("answer", offered), data | {"do": "save"}, follow=True)

    assert saved.status_code == 409
    assert [each.level_tag for each in sent.context["messages"]] == ["error"]
    assert not Requisition.objects.exists()


def test_nothing_is_withdrawn_for_another_municipality_than_the_page_was_about(
    as_signatory, offered, in_another_window
):
    other = make_requisition(offered, code="0162")
    data = {"seen": 1, "municipality": "0127"}
    in_another_window()

    page = as_signatory.get(url("answer_withdraw", offered))
    as_signatory.post(url("answer_withdraw", offered), data)
    other.refresh_from_db()
    kept = other.status
    as_signatory.post(url("answer_withdraw", offered), data | {"municipality": "0162"})
    other.refresh_from_db()

    assert 'name="municipality" value="0162"' in page.content.decode()
    assert (kept, other.status) == ("submitted", "draft")


def test_files_of_an_answer_that_is_sent_in_meanwhile_do_not_change(
    as_signatory, offered, signatory
):
    fill_in(as_signatory, offered, do="files", files=[upload()])
    requisition = send_in(as_signatory, offered)

    for change in (
        lambda: attach(requisition, [upload("två.pdf")], by=signatory),
        lambda: detach(requisition, Attachment.objects.get().pk),
    ):
        with pytest.raises(Refused) as caught:
            change()
        assert caught.value.code == "already_submitted"
    assert [str(each) for each in requisition.attachments.all()] == ["beslut.pdf"]
