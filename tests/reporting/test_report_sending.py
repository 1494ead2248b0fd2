"""A report is read through, signed and sent in, and corrected: the municipality's pages."""

from copy import deepcopy
from dataclasses import replace
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from municipalities.models import Message
from reporting import report_messages as messages
from reporting.models import Report, ReportRound, ReportVersion
from reporting.report import begin_correction, of_section, save_section, work_on
from reporting.report_decisions import accept, request_completion
from reporting.report_form import Check
from tests.factories import make_body, make_member, make_municipal_member, make_user
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_report,
    send,
    write,
)

pytestmark = pytest.mark.django_db


FACTS = {"tilldelat": 794_378, "rekvirerat": 100, "utbetalat": 100}


@pytest.fixture(scope="module")
def made(once):
    """An open round, made once for them all."""
    return make_open_round(make_body())


@pytest.fixture
def found(made):
    return deepcopy(made)


@pytest.fixture
def sam(db):
    user = make_user("sam@botkyrka.example", first_name="Sam", last_name="Ansvarig")
    return make_municipal_member("0127", user=user)


@pytest.fixture
def kim(db):
    user = make_user("kim@botkyrka.example", first_name="Kim", last_name="Kontakt")
    return make_municipal_member("0127", role="contributor", user=user, is_contact=True)


@pytest.fixture
def report(found, kim):
    """Botkyrka's report, written by Kim and ready to be sent in."""
    return write(make_report(found, by=kim), final_answers(found), by=kim)


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_sam(sam):
    return client_of(sam)


@pytest.fixture
def as_kim(kim):
    return client_of(kim)


def url(found, name="report_review", *more):
    return reverse(f"reporting:{name}", args=[found.pk, *more])


def signed(page, **typed):
    """Return what the form of a page posts."""
    form = page.context["form"]
    fields = {name: form[name].value() or "" for name in form.fields}
    hidden = {"municipality": "0127", "seen": page.context["work"].fingerprint}
    return hidden | fields | typed


def said(response):
    """Return the messages of the page that comes next."""
    return [str(each) for each in response.context["messages"]]


def plain(response):
    text = response.content.decode().replace("\N{NO-BREAK SPACE}", " ")
    return " ".join(text.split())


# Read through ------------------------------------------------------------------------


def test_the_whole_report_is_read_in_order_beside_the_ledger(as_sam, found, report):
    page = as_sam.get(url(found))
    text = plain(page)
    places = [
        text.index(f">{words}<")
        for words in [
            "Enligt avstämningen",
            "Enligt redovisningen",
            "Medel",
            "Genomförda och planerade insatser",
            "Jämställdhet",
            "Samverkan",
            "Skriv under och skicka in",
        ]
    ]
    assert places == sorted(places)
    assert [(each.label, each.amount) for each in page.context["ledger"]] == [
        ("Tilldelat", 794_378),
        ("Rekvirerat", 100),
        ("Utbetalat", 100),
    ]
    assert [(each.label, each.amount) for each in page.context["reported"]] == [
        ("Använt", 80),
        ("Att återbetala", 20),
    ]
    assert "Utbildning i suicidprevention" in text
    # Each section leads back to where it is written.
    assert text.count(url(found, "report_section", "medel")) == 1
    assert signed(page)["name"] == "Sam Ansvarig"


def test_what_hinders_stands_at_the_top_with_where_it_is_mended(as_sam, found, kim):
    report = make_report(found, by=kim)
    answers = final_answers(found, used=90) | {"insatser.1.state": "", "aterbetalas": "x"}
    for key in ("medel", "insatser"):
        section = next(each for each in found.read.sections if each.key == key)
        names = {question.key for question in section.questions}
        save_section(report, key, of_section(answers, names), by=kim, seen=0)
    page = as_sam.get(url(found))
    assert [(each.text, each.url) for each in page.context["to_mend"]][:2] == [
        (
            "Hur mycket har ni inte använt, och ska betala tillbaka? "
            "”x” är inte ett heltal. Skriv med siffror, till exempel 12 500.",
            f"{url(found, 'report_section', 'medel')}#svar-aterbetalas",
        ),
        (
            "Vilka insatser har ni genomfört, och vilka planerar ni? "
            "Insats 1: Hur det gick: Välj hur det gick med insatsen.",
            f"{url(found, 'report_section', 'insatser')}#svar-insatser-1-state",
        ),
    ]
    assert [each.key for each in page.context["not_gone_through"]] == [
        "jamstalldhet",
        "samverkan",
    ]
    assert 'name="seen"' not in plain(page)
    # Whoever posts anyway is refused, and nothing is lost.
    answer = as_sam.post(url(found), signed(page, name="Sam Ansvarig"))
    assert answer.context["error"] == "Något saknas. Det står överst i redovisningen."
    assert ReportVersion.objects.count() == 0


def test_a_check_that_warns_does_not_hinder(as_sam, found, report, monkeypatch):
    """Some checks only ask for another look."""
    form = found.read
    only_warns = Check("använt + att återbetala = utbetalat", "Se på summan.", False)
    changed = replace(form, checks=(only_warns,))
    monkeypatch.setattr(ReportRound, "read", property(lambda _round: changed))
    write(report, final_answers(found, used=90, to_repay=20))
    page = as_sam.get(url(found))
    assert [each.text for each in page.context["warnings"]] == [
        "Se på summan. Vänster sida blir 110\xa0kr, höger sida 100\xa0kr."
    ]
    assert not page.context["to_mend"]
    assert page.context["work"].may_be_sent


# Sign and send in --------------------------------------------------------------------


def test_signatory_sends_in_and_gets_a_receipt(as_sam, found, report, sam, kim):
    page = as_sam.get(url(found))
    answer = as_sam.post(url(found), signed(page, title="socialchef"), follow=True)
    version = ReportVersion.objects.get()
    assert answer.redirect_chain == [(url(found, "report_detail"), 302)]
    assert said(answer) == [
        "Redovisningen är inskickad. Ett kvitto skickas med e-post till "
        "kim@botkyrka.example, sam@botkyrka.example."
    ]
    assert (version.signed_name, version.signed_title) == ("Sam Ansvarig", "socialchef")
    assert (version.number, version.submitted_by, version.is_late) == (1, sam, False)
    assert version.facts == FACTS
    receipts = Message.objects.filter(kind="report_sent")
    assert sorted(each.to_email for each in receipts) == [
        "kim@botkyrka.example",
        "sam@botkyrka.example",
    ]
    moment = timezone.localtime(version.submitted_at)
    text = receipts[0].text
    for words in [
        "Vi har tagit emot er slutredovisning av",
        "Undertecknad av: Sam Ansvarig, socialchef",
        "Inskickad av: Sam Ansvarig",
        f"{moment:%H:%M}",
        url(found, "report_version", 1),
    ]:
        assert words in text
    assert "version" not in text.replace(url(found, "report_version", 1), "")
    # The title stands there the next time.
    begin_correction(report, by=sam)
    assert signed(as_sam.get(url(found)))["title"] == "socialchef"


def test_the_same_post_twice_sends_once(as_sam, found, report):
    page = as_sam.get(url(found))
    for expected in ["Redovisningen är inskickad.", "Redovisningen är redan inskickad."]:
        answer = as_sam.post(url(found), signed(page), follow=True)
        assert said(answer)[0].startswith(expected)
    assert ReportVersion.objects.count() == 1
    assert Message.objects.filter(kind="report_sent").count() == 2  # one to each


def test_what_another_has_changed_since_it_was_read_is_not_signed(
    as_sam, found, report, kim
):
    page = as_sam.get(url(found))
    write(report, final_answers(found, used=70, to_repay=30), by=kim)
    answer = as_sam.post(url(found), signed(page, title="chef"))
    assert answer.context["error"] == (
        "Redovisningen har ändrats sedan du läste den. Läs igenom den en gång till innan "
        "du skickar in den."
    )
    assert ReportVersion.objects.count() == 0
    # What was typed of the signature stands, and what is read now can be signed.
    assert signed(answer)["title"] == "chef"
    assert as_sam.post(url(found), signed(answer)).status_code == 302
    assert ReportVersion.objects.get().typed["aterbetalas"] == "30"


def test_nobody_signs_without_a_name(as_sam, found, report):
    page = as_sam.get(url(found))
    answer = as_sam.post(url(found), signed(page, name=" "))
    assert list(answer.context["form"].errors) == ["name"]
    assert ReportVersion.objects.count() == 0


def test_a_report_after_the_last_day_is_marked_and_told_so(as_sam, found, report):
    report.round.deadline.due_on = date(2026, 1, 1)
    report.round.deadline.save()
    as_sam.post(url(found), signed(as_sam.get(url(found))))
    assert ReportVersion.objects.get().is_late
    text = Message.objects.filter(kind="report_sent")[0].text
    assert "Redovisningen kom efter sista dagen och är märkt som sen." in text


def test_contributor_hands_over_and_the_signatories_are_written_to(
    as_kim, as_sam, found, report, sam, kim
):
    assert as_kim.post(url(found), {"municipality": "0127"}).status_code == 403
    page = as_kim.get(url(found))
    assert "Lämna över till den som undertecknar" in plain(page)
    assert 'name="seen"' not in plain(page)
    answer = as_kim.post(
        url(found, "report_hand_over"), {"municipality": "0127"}, follow=True
    )
    assert answer.redirect_chain == [(url(found, "report_detail"), 302)]
    assert said(answer)[0].startswith("Överlämnat. En länk mejlas till ")
    letter = Message.objects.get(kind="report_to_sign", to_email="sam@botkyrka.example")
    assert letter.reply_to == "kim@botkyrka.example"
    for words in [
        "Kim Kontakt har fyllt i Botkyrka kommuns slutredovisning av",
        "Sista dag är 15 januari 2099.",
        url(found),
    ]:
        assert words in letter.text
    report.refresh_from_db()
    assert report.handed_over_by == kim
    assert "Ifylld och överlämnad av Kim Kontakt." in plain(as_sam.get(url(found)))


def test_the_texts_are_previewed_with_the_latest_report(found, report, sam):
    """Staff who change the words see them with a real occasion, once there is one."""
    body = found.grant.body
    begun = messages.to_sign_example(body)
    assert (begun.facts["vem"], begun.facts["redovisning"]) == (
        "Kim Kontakt",
        "slutredovisning",
    )
    assert messages.sent_example(body) is None
    send(report, sam)
    assert messages.sent_example(body).facts["undertecknad av"] == "Kim Berg, chef"


def test_what_is_not_ready_is_not_handed_over(as_kim, found, kim):
    make_report(found, by=kim)
    answer = as_kim.post(
        url(found, "report_hand_over"), {"municipality": "0127"}, follow=True
    )
    assert answer.redirect_chain == [(url(found), 302)]
    assert said(answer) == ["Något saknas. Det står överst."]
    assert not Message.objects.filter(kind="report_to_sign").exists()
    assert Report.objects.get().handed_over_by is None


def test_others_find_nothing(found, report, sam):
    """A neighbour, and the body's own staff, have no part in it."""
    send(report, sam)
    neighbour = client_of(make_municipal_member("0114"))
    staff = client_of(make_member(report.round.grant.body))
    pages = [
        url(found, "report_pdf"),
        url(found, "report_version", 1),
        url(found, "report_version_pdf", 1),
        url(found, "report_correct"),
    ]
    assert [neighbour.get(page).status_code for page in pages] == [404] * 4
    assert [staff.get(page).status_code for page in pages] == [403] * 4
    assert staff.get(url(found)).status_code == 403
    # The neighbour is asked too, and has begun nothing.
    assert neighbour.get(url(found)).url == url(found, "report_detail")
    assert neighbour.post(url(found, "report_hand_over")).status_code == 404
    # What was written for another municipality is not done for this one.
    answer = neighbour.post(url(found), {"municipality": "0127"}, follow=True)
    assert answer.redirect_chain == [(reverse("reporting:portal"), 302)]
    assert ReportVersion.objects.count() == 1


# Corrections -------------------------------------------------------------------------


def correct(client, found, do):
    data = {"municipality": "0127", "do": do}
    return client.post(url(found, "report_correct"), data, follow=True)


def test_a_correction_says_what_it_corrects(as_sam, found, report, sam, kim):
    send(report, sam)
    accept(report, by=make_member(found.grant.body), seen=1)
    ask = plain(as_sam.get(url(found, "report_correct")))
    assert "En rättelse behöver godkännas på nytt." in ask
    assert said(correct(as_sam, found, "begin")) == [
        "Nu kan ni ändra i redovisningen. Det ni skickade in gäller tills ni skickar in "
        "rättelsen."
    ]
    write(report, final_answers(found, used=60, to_repay=40), by=kim)
    page = as_sam.get(url(found))
    answer = as_sam.post(url(found), signed(page))
    assert answer.context["form"].errors == {"reason": ["Skriv vad ni har rättat."]}
    as_sam.post(url(found), signed(page, reason="Fel belopp för *lokaler*."))
    second = ReportVersion.objects.first()
    assert (second.number, second.reason) == (2, "Fel belopp för *lokaler*.")
    text = Message.objects.filter(kind="report_sent").latest("pk").text
    assert "Det här är version 2. Den ersätter den förra. Det här är ändrat:" in text
    assert "Fel belopp för *lokaler*." in text.replace("\\", "")
    report.refresh_from_db()
    assert report.status == Report.Status.SUBMITTED


def test_a_correction_that_is_thrown_away_leaves_what_was_sent_in(
    as_sam, found, report, sam, kim
):
    send(report, sam)
    correct(as_sam, found, "begin")
    write(report, final_answers(found, used=60, to_repay=40), by=kim)
    assert "Kasta rättelsen?" in plain(as_sam.get(url(found, "report_correct")))
    assert said(correct(as_sam, found, "discard")) == [
        "Rättelsen är borttagen. Det ni skickade in gäller."
    ]
    report.refresh_from_db()
    assert not report.is_open
    assert work_on(report).answers["aterbetalas"] == "20"
    # The one who comes a moment later is told, and does no harm.
    assert said(correct(as_sam, found, "discard")) == [
        "Ingen rättelse är påbörjad. Det ni har skickat in gäller."
    ]


def test_a_completion_needs_no_reason_of_its_own(as_sam, found, report, sam, kim):
    send(report, sam)
    request_completion(
        report,
        by=make_member(found.grant.body),
        sections=["jamstalldhet"],
        reason="Beskriv hur pojkar nåddes.",
        due_on=date(2099, 2, 1),
        seen=1,
    )
    write(report, final_answers(found, jamstalld_halsa="Fler pojkar och män."), by=kim)
    page = as_sam.get(url(found))
    assert "Beskriv hur pojkar nåddes." in plain(page)
    assert page.context["last_day"] == date(2099, 2, 1)
    as_sam.post(url(found), signed(page))
    assert ReportVersion.objects.first().reason == (
        "Kompletterad efter begäran: Beskriv hur pojkar nåddes."
    )


# What has been sent in ---------------------------------------------------------------


def test_a_version_shows_what_it_changes(
    as_sam, found, report, sam, kim, django_assert_num_queries
):
    send(report, sam)
    begin_correction(report, by=sam)
    changed = final_answers(
        found, used=60, to_repay=40, utmaningar="Att nå dem som väntar."
    )
    write(report, changed, by=kim)
    send(report, sam, reason="Fel belopp.")
    page = as_sam.get(url(found, "report_version", 2))
    comparison = page.context["comparison"]
    assert [(each.label, each.before, each.after) for each in comparison.sums] == [
        ("Använt", 80, 60),
        ("Att återbetala", 20, 40),
    ]
    assert [each.section.key for each in comparison.sections] == ["medel", "insatser"]
    text = plain(page)
    for words in [
        "Fel belopp.",
        "<del>80 kr</del>",
        "<ins>60 kr</ins>",
        "Att nå dem som ",
        "borttaget:",
        "tillagt:",
        "Kim Berg, chef",
    ]:
        assert words in text
    assert f'href="{url(found, "report_version_pdf", 2)}"' in text
    # What it replaced is read too, and says so.
    first = as_sam.get(url(found, "report_version", 1))
    assert first.context["comparison"] is None
    assert "En senare version gäller i stället." in plain(first)
    assert as_sam.get(url(found, "report_version", 3)).status_code == 404


def test_pages_cost_as_much_whatever_is_in_them(
    as_sam, found, report, sam, kim, django_assert_max_num_queries
):
    """As many queries with one version and activity as with three."""
    counts = []
    for versions in (1, 3):
        for number in range(ReportVersion.objects.count(), versions):
            if number:
                begin_correction(report, by=sam)
                more = {
                    f"insatser.{n}.{part}": "done" for n in (2, 3) for part in ("state",)
                }
                more |= {f"insatser.{n}.text": f"Insats {number}" for n in (2, 3)}
                write(report, final_answers(found, **more), by=kim)
            send(report, sam, reason=f"Version {number}")
        with django_assert_max_num_queries(100) as read:
            as_sam.get(url(found, "report_version", versions))
        counts.append(len(read))
    assert counts[0] == counts[1]


# PDF ---------------------------------------------------------------------------------


def test_the_draft_is_a_pdf_until_it_is_sent_in(as_kim, found, report, sam, kim):
    answer = as_kim.get(url(found, "report_pdf"))
    assert answer["Content-Type"] == "application/pdf"
    assert 'inline; filename="slutredovisning-0127-' in answer["Content-Disposition"]
    assert answer["Content-Disposition"].endswith('-utkast.pdf"')
    send(report, sam)
    answer = as_kim.get(url(found, "report_pdf"))
    assert answer.url == url(found, "report_version_pdf", 1)
    assert as_kim.get(answer.url)["Content-Disposition"].endswith('-version-1.pdf"')
