"""What staff see and do on the pages about reports that have come in."""

from copy import deepcopy
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from invoices.models import Settlement
from municipalities.models import Message, Municipality
from reporting.models import CompletionRequest, Report
from reporting.ready_made_forms import COSTS
from reporting.received import Show
from reporting.report import add_file, begin_correction, hand_over
from reporting.stages import Stage
from tests.factories import (
    make_body,
    make_member,
    make_municipal_member,
    make_offered,
    make_user,
)
from tests.invoices.settling import make_paid, settled
from tests.reporting.report_rounds import make_deadline
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_report,
    make_sent,
    open_round_of,
    send,
    write,
)

pytestmark = pytest.mark.django_db

CODES = ("0114", "0127", "0160", "0180", "0126")
REASON = "Beskriv hur många ni har nått."


@pytest.fixture(scope="module")
def made(once):
    """An open round, made once for them all."""
    return make_open_round(make_body(), codes=CODES)


@pytest.fixture
def found(made):
    return deepcopy(made)


@pytest.fixture
def storsthlm(found):
    return found.grant.body


def url(name, found, code=None, **more):
    arguments = {"pk": found.grant_id, "number": found.pk} | more
    if code:
        arguments["code"] = code
    return reverse(f"reporting:received_report_{name}", kwargs=arguments)


def told(response):
    return [str(each) for each in response.context["messages"]]


def ask(client, found, code="0127", **more):
    data = {"sections": ["insatser"], "reason": REASON, "due_on": "2098-12-01", "seen": 1}
    return client.post(url("complete", found, code), data | more, follow=True)


def accept(client, found, code="0127", **more):
    data = {"seen": 1, "settled": 0, "used": "80", "to_repay": "20", "carried_over": ""}
    return client.post(url("accept", found, code), data | more, follow=True)


def a_file():
    return SimpleUploadedFile("underlag.pdf", b"%PDF-1.7 %%EOF", "application/pdf")


def contact(code, email):
    return make_municipal_member(code, user=make_user(email), is_contact=True)


def states_in_compilation(client, found):
    """Return each municipality's colour and word, as the compilation has them."""
    page = client.get(reverse("reporting:compilation", args=[found.grant_id, found.pk]))
    return {line.row.code: line.state for line in page.context["places"]}


# The round -------------------------------------------------------------------------------


def test_round_says_how_far_each_has_come(as_handler, found):
    make_report(found, "0114")
    handed_over = write(make_report(found, "0127"), final_answers(found))
    hand_over(handed_over, by=make_municipal_member("0127"))
    for code in ("0160", "0180", "0126"):
        make_sent(found, code)
    ask(as_handler, found, "0180")
    accept(as_handler, found, "0126")

    page = as_handler.get(found.get_absolute_url())
    received = page.context["received"]

    rows = {row.municipality.code: row for row in received.rows}
    assert {code: (rows[code].stage, rows[code].state[0]) for code in CODES} == {
        "0114": (Stage.BEGUN, "info"),
        "0127": (Stage.HANDED_OVER, "info"),
        "0160": (Stage.SENT, "warning"),
        "0180": (Stage.RETURNED, "warning"),
        "0126": (Stage.ACCEPTED, "success"),
    }
    assert [(rows[code].used, rows[code].to_repay) for code in CODES] == [
        (None, None),
        (None, None),
        (80, 20),
        (None, None),
        (80, 20),
    ]
    compiled = states_in_compilation(as_handler, found)
    assert compiled == {code: row.state for code, row in rows.items()}
    assert rows["0180"].due_on == date(2098, 12, 1)
    everybody = len(rows)
    assert (received.reported, received.to_complete, received.accepted) == (3, 1, 1)
    assert received.lacking == everybody - 3
    assert [(show, count) for show, _label, count in page.context["chips"]] == [
        (Show.ALL, everybody),
        (Show.MISSING, everybody - 3),
        (Show.TO_READ, 1),
        (Show.TO_COMPLETE, 1),
        (Show.ACCEPTED, 1),
    ]
    for text, codes in [("att-lasa", ["0160"]), ("komplettering", ["0180"])]:
        narrowed = as_handler.get(found.get_absolute_url(), {"visa": text})
        assert [row.municipality.code for row in narrowed.context["rows"]] == codes
    odd = as_handler.get(found.get_absolute_url(), {"visa": "x"})
    assert odd.context["show"] is Show.ALL


def test_round_points_out_who_is_late(as_handler, storsthlm, clock):
    found = make_open_round(storsthlm, codes=CODES[:2])
    make_sent(found, "0127")
    type(found.deadline).objects.filter(pk=found.deadline_id).update(due_on="2026-01-15")
    make_sent(found, "0114")

    page = as_handler.get(found.get_absolute_url(), {"visa": "sena"})

    rows = {row.municipality.code: row for row in page.context["rows"]}
    assert "0127" not in rows
    assert (rows["0114"].state[0], rows["0114"].is_overdue) == ("warning", False)
    assert (rows["0126"].state[0], rows["0126"].is_overdue) == ("danger", True)
    compiled = states_in_compilation(as_handler, found)
    assert {code: compiled[code] for code in rows} == {
        code: row.state for code, row in rows.items()
    }


def test_round_asks_as_often_for_many_reports(as_handler, found):
    looks = {
        "open": (found.get_absolute_url(), {"visa": "att-lasa"}),
        "folded": (found.get_absolute_url(), {}),
        "start": (reverse("reporting:start"), {}),
    }
    counts = []
    for codes in (CODES[:1], CODES[1:4]):
        for code in codes:
            make_sent(found, code)
        counts.append({})
        for name, (address, asked) in looks.items():
            with CaptureQueriesContext(connection) as queries:
                as_handler.get(address, asked)
            counts[-1][name] = len(queries)

    assert counts[0] == counts[1]


def test_start_page_shows_what_waits_to_be_read(as_handler, found, storsthlm):
    make_sent(found, "0127")
    make_sent(found, "0160")
    ask(as_handler, found, "0160")

    [unread] = as_handler.get(reverse("reporting:start")).context["start"].reports
    assert (unread.round, unread.count, unread.completed) == (found, 1, 0)
    report = Report.objects.get(municipality__code="0160")
    send(write(report, final_answers(found)))

    [unread] = as_handler.get(reverse("reporting:start")).context["start"].reports
    assert (unread.count, unread.completed) == (2, 1)
    as_auditor = make_member(storsthlm, role="auditor")
    as_handler.force_login(as_auditor)
    assert as_handler.get(reverse("reporting:start")).context["start"].reports == []


# Reading ---------------------------------------------------------------------------------


def test_report_is_read_with_all_that_matters(as_handler, found):
    report = make_report(found)
    by = make_municipal_member("0127")
    add_file(report, "underlag", a_file(), by=by)
    send(write(report, final_answers(found), by), by)

    page = as_handler.get(url("detail", found, "0127"))

    assert page.context["form"].initial == {
        "seen": 1,
        "settled": 0,
        "used": 80,
        "to_repay": 20,
        "carried_over": None,
    }
    text = page.content.decode()
    assert "Utbildning i suicidprevention" in text
    assert "Kim Berg, chef" in text
    assert [event.version for event in page.context["events"]] == [1]
    [file] = page.context["files"]
    download = as_handler.get(url("file", found, "0127", file=file.file.pk))
    assert download.status_code == 200
    pdf = as_handler.get(url("pdf", found, "0127", version=1))
    assert pdf.content.startswith(b"%PDF-")
    assert page.context["ledger_now"] == []


def test_what_is_paid_since_is_pointed_out(as_handler, storsthlm):
    offered = make_offered(storsthlm)
    found = open_round_of(offered.grant)
    make_sent(found, used=0, to_repay=0)
    make_paid(storsthlm, codes=("0127",), offered=offered)

    page = as_handler.get(url("detail", found, "0127"))

    assert ("Utbetalat", 0, 100) in page.context["ledger_now"]
    [remark] = page.context["remarks_now"]
    assert remark.is_blocking
    refused = accept(as_handler, found, to_repay="0")
    assert refused.status_code == 422
    assert refused.context["form"].non_field_errors() == [
        "Summan är 80\N{NO-BREAK SPACE}kr, men ska vara det utbetalade: "
        "100\N{NO-BREAK SPACE}kr."
    ]
    accept(as_handler, found)
    assert Settlement.objects.get().used == 80


@pytest.mark.usefixtures("quick_pdf")
def test_only_what_is_sent_in_to_the_own_body_is_read(as_handler, found):
    make_report(found, "0114")
    report = make_report(found)
    by = make_municipal_member("0127")
    file = add_file(report, "underlag", a_file(), by=by)
    send(write(report, final_answers(found), by), by)
    pages = {
        "detail": {},
        "version": {"version": 1},
        "pdf": {"version": 1},
        "file": {"file": file.pk},
        "complete": {},
    }

    def answers(code):
        return {
            name: as_handler.get(url(name, found, code, **more)).status_code
            for name, more in pages.items()
        }

    assert answers("0127") == dict.fromkeys(pages, 200)
    assert answers("0114") == dict.fromkeys(pages, 404)
    dalarna = make_member(make_body("Region Dalarna", county="20"))
    as_handler.force_login(dalarna)
    assert answers("0127") == dict.fromkeys(pages, 404)


def test_report_page_asks_as_often_whatever_is_in_it(as_handler, found):
    counts = []
    make_sent(found)
    for codes in ((), CODES[2:]):
        for code in codes:
            make_sent(found, code)
        with CaptureQueriesContext(connection) as queries:
            as_handler.get(url("detail", found, "0127"))
        counts.append(len(queries))
    ask(as_handler, found)
    report = Report.objects.get(municipality__code="0127")
    send(write(report, final_answers(found, utmaningar="Vi nådde 120.")))
    with CaptureQueriesContext(connection) as queries:
        page = as_handler.get(url("detail", found, "0127"))

    assert counts[0] == counts[1]
    assert len(queries) <= counts[0] + 1
    assert page.context["before"].number == 1
    assert [event.note for event in page.context["events"]] == [
        f"Kompletterad efter begäran: {REASON}",
        REASON,
        "",
    ]


# Completion ------------------------------------------------------------------------------


def test_completion_is_asked_for_and_told(as_handler, found, deliver):
    contact("0127", "kim@botkyrka.example")
    make_sent(found, by=make_municipal_member("0127", user=make_user("li@x.example")))

    answer = ask(as_handler, found)

    assert told(answer) == ["Botkyrka ombeds via e-post att komplettera redovisningen."]
    asked = CompletionRequest.objects.get()
    assert (asked.sections, asked.reason, asked.deadline.due_on) == (
        ["insatser"],
        REASON,
        date(2098, 12, 1),
    )
    sent = {each.to[0]: each for each in deliver()}
    assert {"kim@botkyrka.example", "li@x.example"} < set(sent)
    message = sent["kim@botkyrka.example"]
    assert message.subject == f"Att komplettera: slutredovisning, {found.grant}"
    for text in [
        REASON,
        "Genomförda och planerade insatser",
        "1 december 2098",
        f"/mina-medel/redovisning/{found.pk}/",
    ]:
        assert text in message.body
    assert "har passerat" not in message.body
    assert "[[" not in message.body
    again = ask(as_handler, found)
    assert CompletionRequest.objects.count() == 1
    assert told(again) == ["De har redan fått frågan och har inte svarat än."]


def test_completion_is_taken_back_and_told(as_handler, found, deliver):
    contact("0127", "kim@botkyrka.example")
    report = make_sent(found)
    ask(as_handler, found)
    deliver()
    write(report, final_answers(found, utmaningar="Vi har nått 120."))
    asked = CompletionRequest.objects.get()
    page = as_handler.get(url("detail", found, "0127")).content.decode()
    assert url("withdraw", found, "0127") in page

    answer = as_handler.post(
        url("withdraw", found, "0127"), {"seen": asked.pk}, follow=True
    )

    assert told(answer) == ["Begäran är tillbakatagen. Botkyrka får besked via e-post."]
    report.refresh_from_db()
    assert report.status == Report.Status.SUBMITTED
    assert answer.context["form"].fields
    assert url("withdraw", found, "0127") not in answer.content.decode()
    event = answer.context["events"][0]
    assert event.text == "Begäran om komplettering togs tillbaka."
    message = [each for each in deliver() if each.to == ["kim@botkyrka.example"]][-1]
    assert message.subject == f"Ni behöver inte komplettera: slutredovisning, {found.grant}"
    assert "finns kvar som en rättelse" in message.body
    assert "[[" not in message.body
    again = as_handler.post(url("withdraw", found, "0127"), {"seen": asked.pk}, follow=True)
    assert told(again) == [
        "Botkyrka ombeds inte längre att komplettera redovisningen. Läs vad som gäller."
    ]


def test_completion_of_what_a_colleague_has_accepted_is_a_choice(as_handler, found):
    make_sent(found)
    page = as_handler.get(url("complete", found, "0127"))
    assert page.context["form"].initial["accepted"] is False
    assert "godkänd" not in page.content.decode()
    accept(as_handler, found)

    refused = ask(as_handler, found, accepted="False")

    assert told(refused) == [
        "En kollega har godkänt redovisningen från Botkyrka sedan du öppnade sidan. Begär "
        "komplettering igen om den fortfarande behövs."
    ]
    page = as_handler.get(url("complete", found, "0127"))
    assert page.context["form"].initial["accepted"] is True
    assert "Slutavräkningen, och eventuella krav" in page.content.decode()
    shown = ask(as_handler, found, accepted="True")
    assert told(shown) == ["Botkyrka ombeds via e-post att komplettera redovisningen."]
    assert "Redovisningen blir godkänd igen" in shown.content.decode()
    rows = as_handler.get(found.get_absolute_url()).context["received"].rows
    [row] = [each for each in rows if each.municipality.code == "0127"]
    assert (row.stage, row.used, row.to_repay) == (Stage.RETURNED, 80, 20)
    asked = CompletionRequest.objects.get()
    as_handler.post(url("withdraw", found, "0127"), {"seen": asked.pk})
    assert Report.objects.get().status == Report.Status.ACCEPTED


def test_completion_says_what_is_lacking_in_it(as_handler, found):
    theirs = make_deadline(found.grant, due_on=date(2099, 2, 28), actor="body")
    type(found).objects.filter(pk=found.pk).update(authority_deadline=theirs)
    make_sent(found)

    empty = ask(as_handler, found, sections=[], reason="", due_on="2020-01-01")
    late = ask(as_handler, found, due_on="2099-02-28")

    assert empty.status_code == 422
    assert sorted(empty.context["form"].errors) == ["due_on", "reason", "sections"]
    assert [error.code for error in late.context["form"].errors.as_data()["due_on"]] == [
        "late"
    ]
    assert CompletionRequest.objects.count() == 0
    ask(as_handler, found, due_on="2099-02-28", insists="on")
    assert CompletionRequest.objects.get().deadline.due_on == date(2099, 2, 28)


# Acceptance ------------------------------------------------------------------------------


def test_acceptance_settles_and_is_told(as_handler, found, deliver):
    contact("0127", "kim@botkyrka.example")
    make_sent(found)

    answer = accept(as_handler, found, used="70", to_repay="", carried_over="10")

    assert told(answer) == [
        "Redovisningen från Botkyrka är godkänd. De får veta det via e-post."
    ]
    report = Report.objects.get()
    settlement = report.settlement
    assert (settlement.used, settlement.to_repay, settlement.carried_over) == (70, 20, 10)
    message = [each for each in deliver() if each.to == ["kim@botkyrka.example"]][-1]
    assert message.subject == f"Godkänd redovisning: slutredovisning, {found.grant}"
    assert "Använt: 70\N{NO-BREAK SPACE}kr" in message.body
    assert "Ni ska betala tillbaka 20\N{NO-BREAK SPACE}kr." in message.body
    assert "[[" not in message.body
    assert "form" in answer.context
    assert b"received-accept" not in answer.content


def test_interim_report_is_accepted_without_settlement(as_handler, storsthlm, deliver):
    found = make_open_round(storsthlm, kind="interim")
    contact("0127", "kim@botkyrka.example")
    make_sent(found, hinner="ja")

    page = as_handler.get(url("detail", found, "0127"))
    assert list(page.context["form"].fields) == ["seen"]
    accept(as_handler, found)

    assert Report.objects.get().status == "accepted"
    assert Settlement.objects.count() == 0
    message = next(each for each in deliver() if each.to == ["kim@botkyrka.example"])
    assert "Använt" not in message.body
    assert "betala" not in message.body


def test_report_that_does_not_say_all_is_given_a_proposal(as_handler, storsthlm):
    form = type(COSTS)(COSTS.title, COSTS.sections)
    found = make_open_round(storsthlm, kind="costs", form=form)
    report = make_report(found)
    by = make_municipal_member("0127")
    answers = {"kostnader.samordning.resor_och_logi": "60", "kvar": "30"}
    send(write(report, answers, by), by)

    page = as_handler.get(url("detail", found, "0127"))

    initial = page.context["form"].initial
    assert (initial["used"], initial["to_repay"]) == (60, 40)
    assert page.context["says_all"] is False
    [row] = [r for r in received_rows(as_handler, found) if r.version]
    assert row.judgement.hindrance.code == "report_outcome_lacking"


def received_rows(client, found):
    return client.get(found.get_absolute_url()).context["received"].rows


def test_what_is_settled_otherwise_takes_a_reason(as_handler, found):
    settled(found.grant, "0127", 100, 0)
    settled(found.grant, "0114", 80, 20)
    make_sent(found)
    make_sent(found, "0114")

    refused = accept(as_handler, found, settled=1)
    assert told(refused) == ["Botkyrka: skriv varför den rättas."]
    stale = accept(as_handler, found, settled=0, reason="Enligt redovisningen")
    assert told(stale)[0].startswith("Botkyrka har räknats av av någon annan")
    accept(as_handler, found, settled=1, reason="Enligt redovisningen")
    accept(as_handler, found, "0114", settled=1)

    found_settlements = Settlement.objects.order_by("municipality__code", "version")
    assert [
        (each.municipality.code, each.version, each.used, each.reason)
        for each in found_settlements
    ] == [
        ("0114", 1, 80, ""),
        ("0127", 1, 100, ""),
        ("0127", 2, 80, "Enligt redovisningen"),
    ]
    assert Report.objects.filter(status="accepted", settlement__isnull=False).count() == 2


def test_report_that_is_sent_again_meanwhile_is_not_accepted(as_handler, found):
    report = make_sent(found)
    begin_correction(report, by=make_municipal_member("0127"))
    report.refresh_from_db()
    send(write(report, final_answers(found, used=90, to_repay=10)), reason="Rätt belopp")

    refused = accept(as_handler, found)
    late = ask(as_handler, found)

    sentence = (
        "Botkyrka har skickat in en ny version sedan du öppnade sidan. Läs den först."
    )
    assert told(refused) == [sentence]
    assert told(late) == [sentence]
    assert (Report.objects.get().status, Message.objects.count()) == ("submitted", 0)
    accept(as_handler, found, seen=2, used="90", to_repay="10")
    twice = accept(as_handler, found, seen=2, used="90", to_repay="10", settled=1)
    assert told(twice) == ["Botkyrka har inget inskickat att läsa just nu."]


def test_money_that_was_never_paid_is_not_settled(as_handler, storsthlm):
    offered = make_offered(storsthlm)
    found = open_round_of(offered.grant)
    make_sent(found, used=0, to_repay=0)

    accept(as_handler, found)

    assert (Report.objects.get().status, Settlement.objects.count()) == ("accepted", 0)


def test_reader_sees_and_does_not_decide(client, found, storsthlm):
    make_sent(found)
    client.force_login(make_member(storsthlm, role="auditor"))

    page = client.get(url("detail", found, "0127"))

    assert b"received-accept" not in page.content
    assert accept(client, found).status_code == 403
    assert ask(client, found).status_code == 403
    assert Report.objects.get().status == "submitted"


# Many ------------------------------------------------------------------------------------


def test_many_are_accepted_and_the_others_are_told_why(as_handler, found):
    contact("0114", "kim@vasby.example")
    for code in CODES[:4]:
        make_sent(found, code)
    begin_correction(
        Report.objects.get(municipality__code="0180"), by=make_municipal_member("0180")
    )
    settled(found.grant, "0160", 100, 0)
    page = as_handler.get(found.get_absolute_url())
    assert [row.token for row in page.context["choosable"]] == ["0127:1", "0114:1"]

    done = as_handler.post(
        url("accept_many", found),
        {"chosen": ["0114:1", "0127:7", "0160:1", "0180:1", "2080:1", "x"]},
    )

    assert [each.municipality.code for each in done.context["done"].accepted] == ["0114"]
    assert [(place.code, why) for place, why in done.context["refused"]] == [
        (
            "0127",
            "Botkyrka har skickat in en ny version sedan du öppnade sidan. Läs den först.",
        ),
        (
            "0160",
            "Täby: medlen är avräknade på ett annat sätt. Rätta på redovisningens sida.",
        ),
        (
            "0180",
            "Stockholm skriver en rättelse. Vänta på den, eller godkänn på redovisningens "
            "sida.",
        ),
    ]
    messages = Message.objects.filter(kind="report_accepted")
    assert set(messages.values_list("municipality__code", flat=True)) == {"0114"}
    assert messages.filter(to_email="kim@vasby.example").exists()
    place = Municipality.objects.get(code="0114")
    assert Settlement.objects.get(municipality=place).to_repay == 20
    rest = as_handler.post(url("accept_many", found), {"chosen": "0127:1"}, follow=True)
    assert told(rest) == ["1 redovisning är godkänd. Kommunen får besked via e-post."]
    none = as_handler.post(url("accept_many", found), follow=True)
    assert told(none) == ["Välj minst en redovisning."]
