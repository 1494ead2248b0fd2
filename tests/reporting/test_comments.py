"""Questions and comments: who reads, who is told, and what cannot be undone."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoices.requisition import reject, send_back
from municipalities.models import BouncedAddress, Membership, Message, Municipality
from reporting import comments
from reporting.comment_forms import MAX_LENGTH
from reporting.models import Comment
from tests.factories import (
    make_body,
    make_grant,
    make_member,
    make_municipal_member,
    make_offered,
    make_requisition,
    make_user,
)
from tests.municipalities.messages import deliver  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

SOLNA = "0184"


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


@pytest.fixture
def grant(offered):
    return offered.grant


@pytest.fixture
def solna(db):
    return Municipality.objects.get(code=SOLNA)


@pytest.fixture
def asker(db):
    return make_municipal_member(SOLNA, role="contributor", is_contact=True)


@pytest.fixture
def as_asker(asker):
    return signed_in(asker)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def pages(grant, code=SOLNA):
    """Return the addresses of the pages about a grant."""
    return {
        "list": f"/medel/{grant.pk}/fragor/",
        "write": f"/medel/{grant.pk}/fragor/skriv/",
        "thread": f"/medel/{grant.pk}/fragor/kommun/{code}/",
        "theirs": f"/mina-medel/{grant.pk}/fragor/",
    }


def write_as(client, grant, text="Hej!", *, page=None, **fields):
    """Write in the form of the page, as a browser does."""
    fields = {"text": text, "form_key": str(uuid.uuid4())} | fields
    return client.post(pages(grant)[page or "write"], fields)


def share(client, grant, text="Hej!", **fields):
    return write_as(client, grant, text, municipality=SOLNA, reader="shared", **fields)


def note(client, grant, text="Bland oss", **fields):
    return write_as(client, grant, text, municipality=SOLNA, reader="internal", **fields)


def texts(queryset=None):
    rows = Comment.objects.all() if queryset is None else queryset
    return [comment.text for comment in rows.order_by("pk")]


def shown(client, grant, page="theirs"):
    """Return the texts of each thread of the page."""
    threads = client.get(pages(grant)[page]).context["threads"]
    return [[comment.text for comment in thread.comments] for thread, _form in threads]


def told():
    """Return whom each message was written to, by its kind."""
    return sorted(Message.objects.values_list("kind", "to_email"))


# Question and answer ---------------------------------------------------------------------


def test_question_waits_until_it_is_answered(grant, as_asker, as_handler, solna):
    write_as(as_asker, grant, "Får vi köpa in bilar?", page="theirs")
    question = Comment.objects.get()
    waiting = Comment.objects.unanswered().count()
    thread = as_handler.get(pages(grant)["thread"]).context["threads"][0][0]
    share(as_handler, grant, "Nej, tyvärr.", seen=thread.seen)

    question.refresh_from_db()
    answer = Comment.objects.latest("pk")
    assert (waiting, thread.waits) == (1, True)
    assert question.answered_at == answer.written_at
    assert (question.is_from_municipality, answer.is_from_municipality) == (True, False)
    assert shown(as_asker, grant) == [["Får vi köpa in bilar?", "Nej, tyvärr."]]
    assert Comment.objects.unanswered().count() == 0


def test_internal_note_answers_nothing(grant, as_asker, as_handler):
    write_as(as_asker, grant, "Får vi?", page="theirs")
    note(as_handler, grant, seen=Comment.objects.get().pk)

    assert Comment.objects.unanswered().count() == 1


def test_question_that_came_while_the_answer_was_written_still_waits(
    grant, as_asker, as_handler
):
    write_as(as_asker, grant, "Första", page="theirs")
    seen = Comment.objects.get().pk
    write_as(as_asker, grant, "Andra", page="theirs")
    share(as_handler, grant, "Svar på första", seen=seen)

    assert texts(Comment.objects.unanswered()) == ["Andra"]


def test_answer_to_another_municipality_answers_nothing(grant, as_asker, as_handler):
    write_as(as_asker, grant, page="theirs")
    seen = Comment.objects.get().pk
    write_as(as_handler, grant, municipality="0182", reader="shared", seen=seen)

    assert Comment.objects.unanswered().count() == 1


def test_question_is_ticked_off(grant, as_asker, as_handler):
    write_as(as_asker, grant, "Tack!", page="theirs")
    question = Comment.objects.get()
    page = as_handler.get(pages(grant)["thread"]).content.decode()
    address = f"/medel/{grant.pk}/fragor/{question.pk}/besvarad/"
    response = as_handler.post(address)

    question.refresh_from_db()
    assert address in page
    assert response["Location"] == pages(grant)["thread"]
    assert question.answered_at is not None
    assert address not in as_handler.get(pages(grant)["thread"]).content.decode()


def test_two_answer_at_once(grant, as_asker, as_handler, approver):
    write_as(as_asker, grant, page="theirs")
    seen = Comment.objects.get().pk
    first = share(as_handler, grant, "Ja", seen=seen)
    second = share(signed_in(approver), grant, "Nej", seen=seen)

    assert (first.status_code, second.status_code) == (302, 302)
    assert shown(as_asker, grant) == [["Hej!", "Ja", "Nej"]]


# Requisitions ----------------------------------------------------------------------------


def test_thread_about_a_requisition_is_its_own(
    offered, grant, as_asker, as_handler, handler
):
    requisition = make_requisition(offered, SOLNA)
    send_back(requisition, by=handler, reason="Vilka insatser?")
    panel = as_handler.get(requisition.get_absolute_url()).content.decode()
    address = f"{pages(grant)['thread']}?rekvisition={requisition.pk}"
    begun = as_handler.get(address).context["threads"]
    share(as_handler, grant, "Vad menas?", requisition=requisition.pk)
    key = [
        thread.key
        for thread, _form in as_asker.get(pages(grant)["theirs"]).context["threads"]
    ]
    write_as(as_asker, grant, "Så här.", page="theirs", requisition=requisition.pk)
    write_as(as_asker, grant, "En annan sak", page="theirs")

    assert address in panel
    assert [thread.key for thread, _form in begun] == ["", str(requisition.pk)]
    assert key == ["", str(requisition.pk)]
    assert shown(as_asker, grant) == [["En annan sak"], ["Vad menas?", "Så här."]]
    assert texts(requisition.comments) == ["Vad menas?", "Så här."]
    panel = as_handler.get(requisition.get_absolute_url()).content.decode()
    assert "2 inlägg är skrivna om rekvisitionen." in panel


def test_requisition_that_is_anothers_is_not_found(offered, grant, as_handler, as_asker):
    nackas = make_requisition(offered, "0182")
    other = make_requisition(make_offered(grant.body), SOLNA)

    for pk in (nackas.pk, other.pk):
        assert share(as_handler, grant, requisition=pk).status_code == 404
        address = f"{pages(grant)['thread']}?rekvisition={pk}"
        assert as_handler.get(address).status_code == 404
        # A municipality has no thread about it: the question is about the grant.
        write_as(as_asker, grant, page="theirs", requisition=pk)

    assert set(Comment.objects.values_list("requisition", flat=True)) == {None}


# Who reads -------------------------------------------------------------------------------


written = st.lists(
    st.tuples(
        st.sampled_from(["share", "note", "grant note", "ask"]),
        st.sampled_from([SOLNA, "0182"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture
def answered(offered):
    """The requisitions of two municipalities, by their codes."""
    return {code: make_requisition(offered, code) for code in (SOLNA, "0182")}


@given(written=written)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_municipality_reads_what_is_shared_with_it_and_nothing_else(
    written, answered, grant, handler, as_asker, asker
):
    with transaction.atomic():
        theirs = []
        for number, (how, code, is_about) in enumerate(written):
            text = f"Inlägg {number} {how}"
            municipality = Municipality.objects.get(code=code)
            about = {"municipality": municipality}
            if is_about:
                about["requisition"] = answered[code]
            if how == "ask":
                comments.ask(grant, by=asker, text=text, **about)
            elif how == "grant note":
                comments.write(grant, by=handler, text=text)
            else:
                is_shared = how == "share"
                comments.write(grant, by=handler, text=text, is_shared=is_shared, **about)
            if code == SOLNA and how in {"ask", "share"}:
                theirs.append(text)

        answer = as_asker.get(pages(grant)["theirs"])
        read = sorted(
            comment.text
            for thread, _form in answer.context["threads"]
            for comment in thread.comments
        )
        grant_page = as_asker.get(f"/mina-medel/{grant.pk}/").content.decode()
        html = answer.content.decode()
        transaction.set_rollback(True)

    others = [
        f"Inlägg {number} {how}"
        for number, (how, _code, _about) in enumerate(written)
        if f"Inlägg {number} {how}" not in theirs
    ]
    assert read == sorted(theirs)
    assert [text for text in others if text in html or text in grant_page] == []


def test_municipality_writes_about_what_it_is_offered_or_written_to_about(
    storsthlm, grant, as_asker, as_handler
):
    bare = make_grant(storsthlm)
    before = as_asker.get(pages(bare)["theirs"]).status_code
    note(as_handler, bare)
    noted = as_asker.get(pages(bare)["theirs"]).status_code
    share(as_handler, bare)

    assert (before, noted) == (404, 404)
    assert as_asker.get(pages(bare)["theirs"]).status_code == 200
    assert as_asker.get(pages(grant)["theirs"]).status_code == 200
    # Dalarna's municipality is offered nothing of it.
    stranger = signed_in(make_municipal_member("2080"))
    assert stranger.get(pages(grant)["theirs"]).status_code == 404
    assert write_as(stranger, grant, page="theirs").status_code == 404


def test_another_body_finds_nothing(grant, as_asker):
    write_as(as_asker, grant, page="theirs")
    question = Comment.objects.get()
    dalarna = make_body("Region Dalarna", county="20")
    stranger = signed_in(make_member(dalarna))
    settle = f"/medel/{grant.pk}/fragor/{question.pk}/besvarad/"

    found = {
        stranger.get(pages(grant)["list"]).status_code,
        stranger.get(pages(grant)["thread"]).status_code,
        share(stranger, grant).status_code,
        stranger.post(settle).status_code,
    }
    assert found == {404}


def test_staff_write_to_the_countys_own(grant, as_handler):
    response = write_as(as_handler, grant, municipality="2080", reader="shared")

    assert response.status_code == 404
    assert write_as(as_handler, grant, municipality="\0").status_code == 404


def test_auditor_reads_only(storsthlm, grant, as_asker):
    write_as(as_asker, grant, "Får vi?", page="theirs")
    question = Comment.objects.get()
    auditor = signed_in(make_member(storsthlm, role="auditor"))
    page = auditor.get(pages(grant)["thread"])

    assert "Får vi?" in page.content.decode()
    assert "<textarea" not in page.content.decode()
    assert share(auditor, grant).status_code == 403
    settle = f"/medel/{grant.pk}/fragor/{question.pk}/besvarad/"
    assert auditor.post(settle).status_code == 403


# What is written -------------------------------------------------------------------------


def test_double_click_writes_once(grant, as_asker, as_handler):
    key = str(uuid.uuid4())
    for _ in range(2):
        write_as(as_asker, grant, "Fråga", page="theirs", form_key=key)
        share(as_handler, grant, "Svar", form_key=key)

    # The key is one's own: a colleague's cannot take another's place.
    assert texts() == ["Fråga", "Svar"]
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 422),
        (" \r\n ", 422),
        ("a\0b", 422),
        ("å" * MAX_LENGTH, 302),
        ("å" * (MAX_LENGTH + 1), 422),
        # The end of a line counts as one, as the browser counts it.
        ("\r\n".join(["å"] * (MAX_LENGTH // 2)), 302),
    ],
)
def test_empty_and_too_long_are_refused(grant, as_asker, as_handler, text, status):
    theirs = write_as(as_asker, grant, text, page="theirs")
    ours = share(as_handler, grant, text)
    notes = write_as(as_handler, grant, text)

    found = [response.status_code for response in (theirs, ours, notes)]
    assert found == [status] * 3
    assert Comment.objects.count() == (3 if status == 302 else 0)


@pytest.mark.parametrize(
    "text", ["a\0b", "\N{ARABIC-INDIC DIGIT THREE}", "9" * 40, "9" * 5_000]
)
def test_no_page_fails_on_what_no_browser_sends(grant, as_handler, as_asker, text):
    odd = ("requisition", "seen", "form_key", "reader", "tell", "municipality")

    found = {
        share(as_handler, grant, **dict.fromkeys(odd[:3], text)).status_code,
        note(as_handler, grant, tell=text).status_code,
        write_as(as_handler, grant, **dict.fromkeys(odd, text)).status_code,
        as_handler.get(pages(grant)["list"], {"kommun": text}).status_code,
        as_handler.get(pages(grant)["thread"], {"rekvisition": text}).status_code,
        as_handler.get(pages(grant, "9" * 40)["thread"]).status_code,
        write_as(as_asker, grant, page="theirs", **dict.fromkeys(odd, text)).status_code,
    }

    assert found <= {200, 404, 422}


def test_what_was_typed_is_there_after_a_mistake(offered, grant, as_handler, as_asker):
    requisition = make_requisition(offered, SOLNA)
    share(as_handler, grant, requisition=requisition.pk)
    long = "Långt " * 1000

    ours = share(as_handler, grant, long, requisition=requisition.pk)
    theirs = write_as(as_asker, grant, long, page="theirs", requisition=requisition.pk)

    for response in (ours, theirs):
        typed = [form["text"].value() for _thread, form in response.context["threads"]]
        assert typed == [None, long]


def test_reader_must_be_chosen(grant, as_handler):
    response = write_as(as_handler, grant, municipality=SOLNA)

    assert response.status_code == 422
    assert "Välj vilka som får läsa det." in response.content.decode()


def test_what_is_written_stays(grant, as_asker, as_handler):
    write_as(as_asker, grant, page="theirs")
    [comment] = Comment.objects.all()

    for change in (
        lambda: Comment.objects.update(text="Nej"),
        lambda: Comment.objects.update(is_shared=False, is_from_municipality=False),
        comment.delete,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()

    for page in ("theirs", "thread"):
        client = as_asker if page == "theirs" else as_handler
        html = client.get(pages(grant)[page]).content.decode()
        assert "går inte att ändra eller ta bort efteråt" in html


def test_text_is_shown_as_it_was_typed(grant, as_asker):
    write_as(as_asker, grant, "<b>Hej</b>\r\n\r\n*två*", page="theirs")

    html = as_asker.get(pages(grant)["theirs"]).content.decode()
    assert "<p>&lt;b&gt;Hej&lt;/b&gt;</p>\n\n<p>*två*</p>" in html


# Who is told -----------------------------------------------------------------------------


def test_contacts_and_earlier_writers_are_told(grant, as_handler, asker):
    writer = make_municipal_member(SOLNA, role="signatory")
    silent = make_municipal_member(SOLNA, role="signatory")
    former = make_municipal_member(SOLNA)
    for each in (writer, former):
        write_as(signed_in(each), grant, page="theirs")
    Membership.objects.filter(user=former).update(
        valid_until=Comment.objects.latest("pk").written_at.date() - timedelta(2)
    )
    Message.objects.all().delete()

    share(as_handler, grant)

    assert told() == [
        ("comment_to_municipality", email) for email in sorted([asker.email, writer.email])
    ]
    assert silent.email not in dict(told()).values()
    message = Message.objects.first()
    assert (message.municipality.code, message.about.grant) == (SOLNA, grant)
    assert message.reply_to == "stimulansmedel@storsthlm.example"


def test_mailbox_for_questions_is_told_else_those_who_may_answer(
    storsthlm, grant, handler, approver, as_asker, asker
):
    make_member(storsthlm, role="auditor")
    administrator = make_member(storsthlm, role="administrator")
    drafters = Membership.objects.filter(body=storsthlm).exclude(role="auditor")
    write_as(as_asker, grant, page="theirs")
    first = told()
    Message.objects.all().delete()
    storsthlm.questions_email = ""
    storsthlm.save()
    BouncedAddress.objects.create(email=administrator.email)
    write_as(as_asker, grant, page="theirs")

    assert first == [("comment_to_body", "stimulansmedel@storsthlm.example")]
    emails = set(drafters.values_list("user__email", flat=True))
    assert {handler.email, approver.email} <= emails
    assert told() == [
        ("comment_to_body", email) for email in sorted(emails - {administrator.email})
    ]
    assert set(Message.objects.values_list("reply_to", flat=True)) == {asker.email}


def test_note_tells_nobody_but_whom_the_writer_chooses(grant, as_handler, approver):
    note(as_handler, grant)
    write_as(as_handler, grant, "Om medlen")
    silent = told()
    note(as_handler, grant, tell=[approver.pk])
    stranger = make_user()
    refused = note(as_handler, grant, tell=[stranger.pk])

    assert silent == []
    assert told() == [("comment_to_colleague", approver.email)]
    assert refused.status_code == 422


def test_nobody_to_tell_is_told(grant, as_handler):
    response = share(as_handler, grant)
    page = as_handler.get(response["Location"]).content.decode()

    assert told() == []
    assert "Ingen i Solna stad har en mejladress som fungerar" in page


def test_message_holds_the_text_as_it_was_typed(grant, as_asker, deliver):  # noqa: F811
    text = (
        "1. *Får* vi <b>köpa</b>?\r\n- [bilar](https://x.se)\r\n===\r\n\r\n[[svara]] & så"
    )
    write_as(as_asker, grant, text, page="theirs")

    [mail] = deliver()

    html = mail.alternatives[0][0]
    comment = Comment.objects.get()
    assert mail.subject == f"Fråga från Solna stad om {grant}"
    for line in (
        "1. *Får* vi <b>köpa</b>?",
        "- [bilar](https://x.se)",
        "===",
        "[[svara]] & så",
    ):
        assert f"> {line}\n" in mail.body
    assert "*Får* vi &lt;b&gt;köpa&lt;/b&gt;?" in html
    assert "- [bilar](https://x.se)" in html
    assert f"/medel/{grant.pk}/fragor/kommun/{SOLNA}/#inlagg-{comment.pk}" in mail.body


def test_message_is_swedish_whoever_writes(grant, as_handler, as_asker, asker):
    english = {"HTTP_ACCEPT_LANGUAGE": "en"}
    fields = {"text": "Hello", "form_key": str(uuid.uuid4())}
    shared = fields | {"municipality": SOLNA, "reader": "shared"}
    with translation.override("sv"):  # what a request chooses outlives it
        as_asker.post(pages(grant)["theirs"], fields, **english)
        as_handler.post(pages(grant)["write"], shared, **english)

    assert ["Läs och svara" in message.text for message in Message.objects.all()] == [
        True,
        True,
    ]


# The pages -------------------------------------------------------------------------------


def test_list_tells_who_waits_first(grant, as_asker, as_handler):
    write_as(as_asker, grant, page="theirs")
    write_as(as_handler, grant, municipality="0182", reader="shared")
    write_as(as_handler, grant, "Om medlen")

    page = as_handler.get(pages(grant)["list"])

    assert [
        (talk.municipality.name, talk.number, talk.unanswered)
        for talk in page.context["talks"]
    ] == [("Solna", 1, 1), ("Nacka", 1, 0)]
    assert [comment.text for comment in page.context["notes"].comments] == ["Om medlen"]
    chosen = as_handler.get(pages(grant)["list"], {"kommun": SOLNA})
    assert chosen["Location"] == pages(grant)["thread"]


def test_page_of_the_grant_shows_the_latest(grant, as_asker):
    for number in range(4):
        write_as(as_asker, grant, f"Fråga {number}", page="theirs")

    page = as_asker.get(f"/mina-medel/{grant.pk}/")

    assert [c.text for c in page.context["comments"]] == ["Fråga 1", "Fråga 2", "Fråga 3"]
    assert "Alla frågor och svar (4)" in page.content.decode()


def test_pages_cost_the_same_for_one_comment_and_three(
    offered, grant, as_handler, as_asker
):
    # A thread about the grant, and one about each requisition: a rejected one makes room.
    approver = make_member(grant.body, role="approver")

    def say():
        requisition = make_requisition(offered, SOLNA, amount=5)
        share(as_handler, grant)
        share(as_handler, grant, requisition=requisition.pk)
        reject(requisition, by=approver, reason="Fel")
        write_as(as_asker, grant, page="theirs")
        write_as(as_handler, grant)

    def cost():
        counts = {}
        looks = {
            "list": as_handler,
            "thread": as_handler,
            "theirs": as_asker,
        }
        for name, client in looks.items():
            client.get(pages(grant)[name])
            with CaptureQueriesContext(connection) as queries:
                client.get(pages(grant)[name])
            counts[name] = len(queries)
        with CaptureQueriesContext(connection) as queries:
            as_asker.get(f"/mina-medel/{grant.pk}/")
        return counts | {"grant": len(queries)}

    say()
    one = cost()
    say()
    say()
    write_as(as_handler, grant, municipality="0182", reader="shared")

    assert cost() == one
