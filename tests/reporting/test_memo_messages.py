"""A published memo by e-mail: to whom, with what, once, and to those who lack it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grants.models import Deadline
from municipalities.models import BouncedAddress, Message, Municipality, StoredFile
from municipalities.numbers import kronor
from reporting.memo_messages import KIND, receivers_of, send
from reporting.models import Memo
from tests.factories import make_municipal_member, make_offered, make_user, publish_memo
from tests.reporting.memos import make_memo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_pdf")]


def contact(code, email):
    return make_municipal_member(code, user=make_user(email), is_contact=True)


def url(name, grant):
    return reverse(f"reporting:memo_{name}", args=[grant.pk])


def publish(client, grant, **data):
    seen = client.get(url("publish", grant)).context["document"].fingerprint
    return client.post(url("publish", grant), {"seen": seen, **data}, follow=True)


def sent_to():
    return sorted(Message.objects.filter(kind=KIND).values_list("to_email", flat=True))


# When it is published ------------------------------------------------------------------


def test_published_memo_goes_to_each_contact_with_the_file(as_handler, storsthlm, deliver):
    memo = make_memo(storsthlm)
    for email in ("kim@botkyrka.example", "lo@botkyrka.example"):
        contact("0127", email)
    contact("0160", "kim@taby.example")
    make_municipal_member("0160", user=make_user("chef@taby.example"))

    publish(as_handler, memo.grant, send="1")

    sent = deliver()
    assert [message.to for message in sent] == [
        ["kim@botkyrka.example"],
        ["lo@botkyrka.example"],
        ["kim@taby.example"],
    ]
    memo.refresh_from_db()
    for message in sent:
        [(name, content, kind)] = message.attachments
        assert (bytes(content), kind) == (bytes(memo.pdf), "application/pdf")
        assert name == "skrivelse-s-20-0026-god-och-nara-vard-2020-version-1.pdf"
    assert StoredFile.objects.filter(sha256=memo.sha256).count() == 1
    first, _second, third = sent
    amounts = dict(
        memo.distribution.allocations.values_list("municipality__code", "amount")
    )
    assert kronor(amounts["0127"]) in first.body
    assert kronor(amounts["0160"]) in third.body
    assert first.subject == f"Skrivelse om {memo.grant}"
    assert first.reply_to == [memo.grant.questions_to]
    assert set(memo.grant.messages.values_list("message__kind", flat=True)) == {KIND}


def test_memo_may_be_published_without_being_sent(as_handler, storsthlm):
    memo = make_memo(storsthlm)
    contact("0127", "kim@botkyrka.example")

    publish(as_handler, memo.grant)

    assert (Memo.objects.get().status, sent_to()) == ("published", [])


def test_memo_that_is_not_published_is_not_sent(as_handler, storsthlm):
    memo = make_memo(storsthlm)
    contact("0127", "kim@botkyrka.example")

    as_handler.post(url("publish", memo.grant), {"seen": "unread", "send": "1"})

    assert (Memo.objects.get().status, sent_to()) == ("draft", [])


def test_page_says_beforehand_how_many_get_it_and_who_cannot(as_handler, storsthlm):
    memo = make_memo(storsthlm)
    contact("0127", "kim@botkyrka.example")
    contact("0127", "lo@botkyrka.example")
    make_municipal_member("0160", user=make_user("chef@taby.example"))
    Municipality.objects.filter(code="0180").update(email="kommun@stockholm.example")
    bounced = contact("0126", "borta@huddinge.example")
    BouncedAddress.objects.create(email=bounced.email)

    page = as_handler.get(url("publish", memo.grant))

    receivers = page.context["receivers"]
    reached = [row.municipality.code for row in receivers.reached]
    assert (reached, receivers.addresses) == (["0127", "0180", "0160"], 4)
    assert [row.municipality.code for row in receivers.without_contact] == ["0180", "0160"]
    unreached = {row.municipality.code for row in receivers.unreached}
    assert ("0126" in unreached, len(unreached)) == (True, 23)
    html = page.content.decode()
    assert "Mejla den till 3 kommuner" in html
    assert "4 adresser" in html
    assert "Huddinge" in html


def test_nobody_to_send_to_is_no_choice(as_handler, storsthlm):
    memo = make_memo(storsthlm)

    page = as_handler.get(url("publish", memo.grant)).content.decode()
    publish(as_handler, memo.grant, send="1")

    assert 'name="send"' not in page
    assert (Memo.objects.get().status, sent_to()) == ("published", [])


def test_all_are_told_in_as_many_queries_as_one(storsthlm):
    offered = make_offered(storsthlm)
    memo = offered.grant.memos.get()
    counts = []
    for codes in (["0127"], ["0160", "0180", "0126"]):
        for code in codes:
            contact(code, f"kim@{code}.example")
        Message.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            receivers = receivers_of(offered.grant, offered, memo)
            written = send(memo, receivers.rows, name="skrivelse.pdf")
        counts.append((len(written), len(queries)))

    (one, first), (four, second) = counts
    # The first time the file is kept.
    assert (one, four) == (1, 4)
    assert second <= first


@pytest.mark.parametrize(
    ("last_day", "words"),
    [("2099-08-30", "Sista dag att svara: "), ("2020-01-31", "svara var: 31 januari 2020")],
)
def test_message_says_by_when(storsthlm, last_day, words):
    offered = make_offered(storsthlm)
    Deadline.objects.all().delete()
    Deadline.objects.create(grant=offered.grant, kind="requisition", due_on=last_day)
    contact("0127", "kim@botkyrka.example")

    [message] = send(
        offered.grant.memos.get(), receivers_of(offered.grant, offered).rows, name="x.pdf"
    )

    assert words in message.text


def test_new_version_says_what_is_corrected(storsthlm):
    offered = make_offered(storsthlm)
    memo = publish_memo(offered, version=2)
    contact("0127", "kim@botkyrka.example")

    [message] = send(memo, receivers_of(offered.grant, offered).rows, name="x.pdf")

    assert "Det här är version 2." in message.text
    assert memo.correction in message.text


# Later, or again -----------------------------------------------------------------------


def test_page_sends_to_those_who_have_not_had_it(as_handler, storsthlm):
    offered = make_offered(storsthlm)
    contact("0127", "kim@botkyrka.example")
    send(offered.grant.memos.get(), receivers_of(offered.grant, offered).rows, name="x.pdf")
    contact("0160", "kim@taby.example")

    page = as_handler.get(url("send", offered.grant))
    as_handler.post(
        url("send", offered.grant),
        {"seen": page.context["seen"], "chosen": list(page.context["chosen"])},
    )

    assert page.context["chosen"] == {"0160"}
    assert sent_to() == ["kim@botkyrka.example", "kim@taby.example"]


@pytest.mark.parametrize(
    ("status", "lacks"), [("failed", True), ("queued", False), ("uncertain", False)]
)
def test_who_lacks_it_follows_what_became_of_the_message(storsthlm, status, lacks):
    offered = make_offered(storsthlm)
    memo = offered.grant.memos.get()
    contact("0127", "kim@botkyrka.example")
    send(memo, receivers_of(offered.grant, offered).rows, name="x.pdf")
    Message.objects.update(status=status)

    receivers = receivers_of(offered.grant, offered, memo)

    assert [row.municipality.code for row in receivers.lacking] == ["0127"] * lacks


def test_memo_is_sent_again_to_those_chosen(as_handler, storsthlm):
    offered = make_offered(storsthlm)
    contact("0127", "kim@botkyrka.example")
    contact("0160", "kim@taby.example")
    send(offered.grant.memos.get(), receivers_of(offered.grant, offered).rows, name="x.pdf")
    seen = as_handler.get(url("send", offered.grant)).context["seen"]

    as_handler.post(url("send", offered.grant), {"seen": seen, "chosen": ["0127"]})

    assert sent_to() == ["kim@botkyrka.example"] * 2 + ["kim@taby.example"]


def test_two_presses_are_one(as_handler, storsthlm):
    offered = make_offered(storsthlm)
    contact("0127", "kim@botkyrka.example")
    seen = as_handler.get(url("send", offered.grant)).context["seen"]
    data = {"seen": seen, "chosen": ["0127"]}

    as_handler.post(url("send", offered.grant), data)
    response = as_handler.post(url("send", offered.grant), data, follow=True)

    assert [message.level_tag for message in response.context["messages"]][-1] == "error"
    assert sent_to() == ["kim@botkyrka.example"]


@pytest.mark.parametrize("chosen", [[], ["2080"], ["0160"]])
def test_nobody_is_written_to_who_cannot_be_chosen(as_handler, storsthlm, chosen):
    offered = make_offered(storsthlm)
    seen = as_handler.get(url("send", offered.grant)).context["seen"]

    as_handler.post(url("send", offered.grant), {"seen": seen, "chosen": chosen})

    assert sent_to() == []


def test_draft_has_nothing_to_send(as_handler, storsthlm):
    memo = make_memo(storsthlm)

    assert as_handler.get(url("send", memo.grant)).status_code == 404
