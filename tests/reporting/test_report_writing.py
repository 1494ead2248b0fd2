"""The municipality's pages where its report is written."""

import json
from copy import deepcopy
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from municipalities.numbers import NBSP
from reporting.models import Report, ReportFile, ReportSection
from reporting.report import (
    MOST_FILES,
    begin_correction,
    hand_over,
    of_section,
    save_section,
    work_on,
)
from reporting.report_decisions import accept, request_completion
from reporting.report_form import Check, Form, Kind, Question, Section
from tests.factories import make_body, make_member, make_municipal_member, make_user
from tests.reporting.report_rounds import make_round
from tests.reporting.reports import (
    final_answers,
    make_planned_round,
    make_report,
    make_sent,
    open_round_of,
    send,
    write,
)

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.4\n%%EOF"


@pytest.fixture(scope="module")
def made(once):
    """An open round, made once for them all."""
    return make_planned_round(make_body(), {0: 60})


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
    return make_municipal_member("0127", role="contributor", user=user)


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


def detail(found):
    return reverse("reporting:report_detail", args=[found.pk])


def section_url(found, key, name="report_section"):
    return reverse(f"reporting:{name}", args=[found.pk, key])


def posted(response, **typed):
    """Return what the form of a page posts, with what is typed in it."""
    context = response.context
    fields = {
        cell.name: cell.value
        for asked in context["drawn"].questions
        for cell in asked.cells
        if asked.question.kind is not Kind.FILE and (cell.value or not cell.options)
    }
    row = context["row"]
    hidden = {"municipality": "0127", "seen": str(row.version), "base": context["base"]}
    return hidden | fields | typed


def codes(response):
    return {step.section.key: step.code for step in response.context["progress"].steps}


# Begin ------------------------------------------------------------------------------------


def test_looking_begins_nothing_and_the_button_begins_the_report(as_sam, found, sam):
    for method in (as_sam.get, as_sam.head):
        assert method(detail(found)).status_code == 200
    assert as_sam.get(section_url(found, "medel")).url == detail(found)
    assert not Report.objects.exists()
    elsewhere = as_sam.post(detail(found), {"municipality": "0114"})
    assert (elsewhere.url, Report.objects.count()) == (reverse("reporting:portal"), 0)

    response = as_sam.post(detail(found), {"municipality": "0127"})

    assert response.url == section_url(found, "medel")
    report = Report.objects.get()
    assert (report.municipality.code, report.created_by) == ("0127", sam)
    again = as_sam.get(detail(found))
    assert set(codes(again).values()) == {"untouched"}
    assert again.context["facts"]["utbetalat"] == 100


def test_only_who_is_asked_finds_the_round(found, not_open):
    client = client_of(make_municipal_member("0684"))
    assert client.get(detail(found)).status_code == 404
    sam = client_of(make_municipal_member("0127"))
    assert sam.get(detail(not_open)).status_code == 404
    make_report(found)
    for url in (
        section_url(found, "finns_inte"),
        section_url(not_open, "medel"),
    ):
        assert sam.get(url).status_code == 404
        assert sam.post(url).status_code == 404
    save = section_url(found, "finns_inte", "report_section_save")
    assert sam.post(save).status_code == 404
    neighbour = client_of(make_municipal_member("0114"))
    assert neighbour.get(section_url(found, "medel")).url == detail(found)


@pytest.fixture
def not_open(found):
    return make_round(
        found.grant, version=found.version, kind="other", deadline=found.deadline
    )


# Write ------------------------------------------------------------------------------------


def test_section_is_saved_as_typed_and_says_what_is_wrong(as_sam, found, sam):
    make_report(found, by=sam)
    url = section_url(found, "jamstalldhet")
    typed = posted(as_sam.get(url), jamstalld_halsa="Fler\r\npojkar\0 ", do="save")

    response = as_sam.post(url, typed, follow=True)

    assert ReportSection.objects.get(key="jamstalldhet").answers == {
        "jamstalld_halsa": "Fler\npojkar "
    }
    assert response.redirect_chain == [(f"{url}?granska", 302)]
    assert [each.target for each in response.context["mistakes"]] == [
        "svar-jamstalldhetsperspektiv"
    ]
    assert 'aria-invalid="true"' in response.content.decode()
    # Without being asked the page does not nag.
    plain = as_sam.get(url)
    assert (plain.context["mistakes"], codes(plain)["jamstalldhet"]) == ([], "to_mend")
    typed = posted(plain, jamstalldhetsperspektiv="Ja.", do="save")
    as_sam.post(url, typed)
    assert codes(as_sam.get(detail(found)))["jamstalldhet"] == "ready"


def test_buttons_lead_on_and_back_and_save(as_sam, found, sam):
    make_report(found, by=sam)
    ways = {
        ("medel", "next"): section_url(found, "insatser"),
        ("insatser", "previous"): section_url(found, "medel"),
        ("medel", "previous"): detail(found),
        ("samverkan", "next"): detail(found),
    }
    for (key, button), leads_to in ways.items():
        url = section_url(found, key)
        response = as_sam.post(url, posted(as_sam.get(url), do=button))
        assert response.url == leads_to
    touched = ReportSection.objects.filter(edited_by=sam)
    assert {each.key for each in touched} == {"medel", "insatser", "samverkan"}


def test_what_is_prefilled_says_where_it_comes_from(as_sam, found, sam):
    first = found.read.question("anvant").rows[0]
    make_report(found, by=sam)
    url = section_url(found, "medel")

    before = as_sam.get(url)
    typed = posted(before, do="save") | {f"anvant.{first.key}": "70"}
    as_sam.post(url, typed)
    after = as_sam.get(url)

    for page, value, sources in ((before, "60", 1), (after, "70", 0)):
        used = page.context["drawn"].questions[0]
        (line,) = used.lines
        assert (line.cells[0].value, line.planned) == (value, 60)
        assert len(page.context["sources"]) == sources


def test_plans_of_the_last_report_come_first_and_ask_how_they_went(as_sam, found, sam):
    interim = open_round_of(found.grant, kind="interim")
    earlier = make_report(interim, by=sam)
    save_section(
        earlier,
        "insatser",
        {
            "insatser.1.text": "Utbilda",
            "insatser.1.state": "done",
            "insatser.2.text": "Kartlägg",
            "insatser.2.state": "planned",
            "utmaningar": "Tid.",
        },
        by=sam,
        seen=0,
    )
    rest = {f"anvant.{row.key}": "0" for row in interim.read.question("anvant").rows} | {
        "hinner": "ja"
    }
    for section in interim.read.sections:
        if section.key == "insatser":
            continue
        names = {question.key for question in section.questions}
        typed = of_section(final_answers(interim) | rest, names)
        save_section(earlier, section.key, typed, by=sam, seen=0)
    send(earlier, by=sam)

    make_report(found, by=sam)
    response = as_sam.get(section_url(found, "insatser"))

    activities = response.context["drawn"].questions[0]
    rows = [[cell.value for cell in line.cells] for line in activities.lines]
    assert rows == [["Kartlägg", "", "", ""], ["", "", "", ""]]
    assert activities.is_prefilled
    assert len(response.context["sources"]) == 1


def test_conditional_question_stands_there_with_when_it_is_answered(as_sam, found, sam):
    make_report(found, by=sam)
    content = as_sam.get(section_url(found, "samverkan")).content.decode()
    assert 'data-when="samverkan" data-answers="ja" data-asked="no"' in content
    assert 'name="samverkan_hur"' in content
    assert 'id="fraga-samverkan_hur-note"' in content


# Saving while typing ----------------------------------------------------------------------


def test_what_is_typed_is_saved_without_a_button(as_sam, found, sam):
    make_report(found, by=sam)
    page = as_sam.get(section_url(found, "jamstalldhet"))
    save = section_url(found, "jamstalldhet", "report_section_save")
    typed = posted(page, jamstalld_halsa="Ett")

    told = as_sam.post(save, typed).json()

    assert (told["seen"], json.loads(told["base"])) == ("1", {"jamstalld_halsa": "Ett"})
    assert as_sam.get(save).status_code == 405
    # An answer that is lost on its way does not stop the next one.
    again = as_sam.post(save, typed | {"jamstalld_halsa": "Ett och två"})
    assert again.json()["seen"] == "2"
    elsewhere = as_sam.post(save, typed | {"municipality": "0114"})
    assert elsewhere.status_code == 409
    assert ReportSection.objects.get(key="jamstalldhet").answers == {
        "jamstalld_halsa": "Ett och två"
    }


def test_what_others_have_saved_stops_the_saving_and_is_put_together(
    as_sam, as_kim, found, sam, kim
):
    make_report(found, by=sam)
    url = section_url(found, "jamstalldhet")
    save = section_url(found, "jamstalldhet", "report_section_save")
    page = as_sam.get(url)
    as_kim.post(save, posted(as_kim.get(url), jamstalld_halsa="Kims"))
    ours = posted(page, jamstalldhetsperspektiv="Sams")

    refused = as_sam.post(save, ours)
    assert (refused.status_code, refused.json()["merge"]) == (409, True)
    assert ReportSection.objects.get(key="jamstalldhet").edited_by == kim
    response = as_sam.post(url, ours | {"do": "save"}, follow=True)

    assert ReportSection.objects.get(key="jamstalldhet").answers == {
        "jamstalld_halsa": "Kims",
        "jamstalldhetsperspektiv": "Sams",
    }
    assert "Kim Kontakt" in str(next(iter(response.context["messages"])))
    assert as_kim.get(url).context["other"] == sam


def test_two_who_write_in_the_same_field_choose_and_lose_nothing(
    as_sam, as_kim, found, sam, kim
):
    make_report(found, by=sam)
    url = section_url(found, "jamstalldhet")
    page = as_sam.get(url)
    ours = posted(page, jamstalld_halsa="Sams", jamstalldhetsperspektiv="Vi", do="save")
    as_kim.post(url, posted(as_kim.get(url), jamstalld_halsa="Kims"))

    response = as_sam.post(url, ours)

    assert response.templates[0].name == "reporting/report_merge.html"
    (choice,) = response.context["choices"]
    assert (choice.theirs, choice.ours, choice.both) == ("Kims", "Sams", "Kims\n\nSams")
    assert response.context["others"] == {"jamstalldhetsperspektiv": "Vi"}
    row = ReportSection.objects.get(key="jamstalldhet")
    assert row.answers == {"jamstalld_halsa": "Kims"}
    chosen = {
        "municipality": "0127",
        "seen": row.version,
        "base": response.context["base"],
        **response.context["others"],
        "jamstalld_halsa": choice.both,
        "do": "save",
    }
    # Meanwhile Kim goes on, in the other field: it is put together once more.
    as_kim.post(url, posted(as_kim.get(url), jamstalldhetsperspektiv="Kim igen"))
    third = as_sam.post(url, chosen)
    assert [each.theirs for each in third.context["choices"]] == ["Kim igen"]
    row.refresh_from_db()
    as_sam.post(
        url,
        chosen | {"seen": row.version, "base": third.context["base"]},
    )
    row.refresh_from_db()
    assert row.answers == {
        "jamstalld_halsa": "Kims\n\nSams",
        "jamstalldhetsperspektiv": "Vi",
    }


def test_two_who_add_an_activity_at_once_have_added_two(as_sam, as_kim, found, sam):
    make_report(found, by=sam)
    url = section_url(found, "insatser")
    page = as_sam.get(url)
    theirs = {"insatser.1.text": "Kims insats", "insatser.1.state": "planned"}
    as_kim.post(url, posted(as_kim.get(url), **theirs))
    ours = {"insatser.1.text": "Sams insats", "insatser.1.state": "done"}

    assert as_sam.post(url, posted(page, **ours)).status_code == 302

    assert ReportSection.objects.get(key="insatser").answers == {
        "insatser.1.text": "Kims insats",
        "insatser.1.state": "planned",
        "insatser.2.text": "Sams insats",
        "insatser.2.state": "done",
    }


def test_two_windows_of_one_person_do_not_undo_each_other(as_sam, found, sam):
    make_report(found, by=sam)
    url = section_url(found, "jamstalldhet")
    first, second = as_sam.get(url), as_sam.get(url)
    as_sam.post(url, posted(first, jamstalld_halsa="Ett", jamstalldhetsperspektiv="A"))

    response = as_sam.post(url, posted(second, jamstalld_halsa="Två"))

    assert response.status_code == 302
    assert ReportSection.objects.get(key="jamstalldhet").answers == {
        "jamstalld_halsa": "Två",
        "jamstalldhetsperspektiv": "A",
    }


def test_what_is_posted_after_the_session_ended_is_kept(as_sam, found, sam):
    make_report(found, by=sam)
    url = section_url(found, "jamstalldhet")
    typed = posted(as_sam.get(url), jamstalld_halsa="x" * 15_000)
    as_sam.logout()

    response = as_sam.post(url, typed)
    assert response.url.startswith(reverse("account_login"))
    as_sam.force_login(sam)
    as_sam.get(url, follow=True)

    row = ReportSection.objects.get(key="jamstalldhet")
    assert row.answers == {"jamstalld_halsa": "x" * 15_000}


def test_what_was_kept_is_put_together_and_not_given_to_another(as_sam, found, sam, kim):
    report = make_report(found, by=sam)
    url = section_url(found, "jamstalldhet")
    typed = posted(as_sam.get(url), jamstalld_halsa="Sams")
    as_sam.logout()
    as_sam.post(url, typed)
    save_section(report, "jamstalldhet", {"jamstalld_halsa": "Kims"}, by=kim, seen=0)

    # Another municipality's person comes to the machine: what was kept goes away.
    stranger = Client()
    stranger.post(url, typed)
    stranger.force_login(make_municipal_member("0114"))
    make_report(found, "0114")
    assert stranger.get(url).context["row"].answers == {}
    as_sam.force_login(sam)
    response = as_sam.get(url)

    (choice,) = response.context["choices"]
    assert (choice.theirs, choice.ours) == ("Kims", "Sams")


def test_amounts_and_choices_are_chosen_in_words(as_sam, as_kim, found, sam):
    make_report(found, by=sam)
    for key, ours, theirs, said in (
        ("medel", {"aterbetalas": "2000"}, {"aterbetalas": "30"}, ("30 kr", "2 000 kr")),
        ("samverkan", {"samverkan": "ja"}, {"samverkan": "nej"}, ("Nej", "Ja")),
    ):
        url = section_url(found, key)
        page = as_sam.get(url)
        as_kim.post(url, posted(as_kim.get(url), **theirs))
        response = as_sam.post(url, posted(page, **ours))
        (choice,) = response.context["choices"]
        told = tuple(text.replace(NBSP, " ") for text in (choice.theirs, choice.ours))
        assert (told, choice.both) == (said, "")
        # Nothing is chosen for anybody but what they wrote themselves.
        assert response.content.decode().count(" checked") == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"seen": "9" * 40, "base": "["},
        {"seen": "\N{ARABIC-INDIC DIGIT THREE}", "base": '{"jamstalld_halsa": 1}'},
        {"seen": "a\0b", "base": '{"x": "\\ud800"}'},
        {"seen": "", "base": "[" * 100_000},
        {"remove": "9" * 30},
        {"remove": "x\0"},
        {"do": "\0"},
        {"do": "next" * 1000},
        {"insatser.999.text": "x", "anvant": "y", "csrf": "z"},
    ],
)
def test_what_no_browser_sends_is_met_with_a_page(as_sam, found, sam, odd):
    make_report(found, by=sam)
    url = section_url(found, "jamstalldhet")
    typed = posted(as_sam.get(url), jamstalld_halsa="Ett") | odd
    assert as_sam.post(url, typed, follow=True).status_code == 200
    assert as_sam.post(f"{url}spara/", typed).status_code in {200, 409}
    latin = as_sam.post(
        url, b"jamstalld_halsa=%E5%FF", content_type="application/x-www-form-urlencoded"
    )
    assert latin.status_code in {200, 302}


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5_000, "%D9%A3", "%00"])
def test_address_of_what_cannot_be_is_not_found(as_sam, found, sam, number):
    make_report(found, by=sam)
    base = f"/mina-medel/redovisning/{found.pk}"
    for address in (
        f"/mina-medel/redovisning/{number}/",
        f"/mina-medel/redovisning/{number}/avsnitt/medel/",
        f"/mina-medel/redovisning/{number}/fil/1/",
        f"{base}/fil/{number}/",
        f"{base}/avsnitt/{number}/",
    ):
        assert as_sam.get(address).status_code == 404
        assert as_sam.post(address).status_code in {404, 405}


# Files ------------------------------------------------------------------------------------


def pdf(name="underlag.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def test_files_are_judged_kept_listed_and_removed(as_sam, found, sam):
    make_report(found, by=sam)
    url = section_url(found, "medel")
    files = [pdf(), SimpleUploadedFile("virus.exe", b"MZ")]

    response = as_sam.post(
        url, posted(as_sam.get(url), aterbetalas="7", underlag=files, do="files")
    )

    (wrong,) = [each for each in response.context["mistakes"] if "virus" in each.text]
    assert wrong.target == "svar-underlag"
    kept = ReportFile.objects.get()
    assert (kept.question, kept.file.name, kept.added_by) == (
        "underlag",
        "underlag.pdf",
        sam,
    )
    assert ReportSection.objects.get(key="medel").answers["aterbetalas"] == "7"
    address = reverse("reporting:report_file", args=[found.pk, kept.pk])
    page = as_sam.get(url)
    assert address in page.content.decode()
    download = as_sam.get(address)
    assert download.content == PDF
    assert download["Content-Disposition"] == 'attachment; filename="underlag.pdf"'
    assert download["X-Content-Type-Options"] == "nosniff"
    neighbour = client_of(make_municipal_member("0114"))
    assert neighbour.get(address).status_code == 404

    assert as_sam.post(url, posted(page, remove=str(kept.pk))).url == url
    assert work_on(Report.objects.get()).files == {}
    assert as_sam.get(address).status_code == 404


def test_a_question_has_few_files_and_a_sent_one_is_kept(as_sam, found, sam):
    report = make_report(found, by=sam)
    write(report, final_answers(found), by=sam)
    url = section_url(found, "medel")
    files = [pdf(f"{number}.pdf") for number in range(MOST_FILES + 1)]

    response = as_sam.post(url, posted(as_sam.get(url), underlag=files, do="files"))

    assert len(response.context["mistakes"]) == 1
    assert ReportFile.objects.count() == MOST_FILES
    send(report, by=sam)
    begin_correction(report, by=sam)
    gone = ReportFile.objects.first()
    as_sam.post(url, posted(as_sam.get(url), remove=str(gone.pk)))
    gone.refresh_from_db()
    address = reverse("reporting:report_file", args=[found.pk, gone.pk])
    assert (gone.is_removed, as_sam.get(address).status_code) == (True, 200)


# Afterwards -------------------------------------------------------------------------------


def test_sent_report_is_a_receipt_and_its_sections_are_read(as_sam, found, sam):
    report = make_sent(found, by=sam)
    url = section_url(found, "jamstalldhet")
    page = as_sam.get(detail(found))
    assert page.context["latest"].signed_name == "Kim Berg"
    assert "Kim Berg, chef" in page.content.decode()
    read = as_sam.get(url)
    assert read.templates[0].name == "reporting/report_section_read.html"
    assert "Fler pojkar" in read.content.decode()
    # What was typed meanwhile is not lost.
    late = {"municipality": "0127", "seen": "1", "base": "{}", "jamstalld_halsa": "Sent"}
    response = as_sam.post(url, late)
    assert response.context["is_unsaved"]
    assert "Sent" in response.content.decode()
    assert as_sam.post(f"{url}spara/", late).status_code == 409
    assert work_on(report).answers["jamstalld_halsa"] == "Fler pojkar söker stöd än förut."
    accept(report, by=make_member(found.grant.body), seen=1)
    assert as_sam.get(detail(found)).context["report"].status == "accepted"


def test_completion_stands_on_the_report_and_on_its_sections(as_sam, found, sam):
    report = make_sent(found, by=sam)
    request_completion(
        report,
        sections=["insatser"],
        reason="Beskriv hur många ni har nått.",
        due_on=date(2020, 2, 1),
        seen=1,
        by=make_member(found.grant.body),
    )

    page = as_sam.get(detail(found))

    assert (codes(page)["insatser"], codes(page)["medel"]) == ("to_complete", "ready")
    assert page.context["is_late"]
    assert "hur många ni har nått" in page.content.decode()
    url = section_url(found, "insatser")
    section = as_sam.get(url)
    assert section.context["completion"].reason == "Beskriv hur många ni har nått."
    assert as_sam.get(section_url(found, "medel")).context["completion"] is None
    as_sam.post(url, posted(section, utmaningar="Vi har nått 120."))
    assert codes(as_sam.get(detail(found)))["insatser"] == "ready"


def test_correction_and_hand_over_are_told(as_sam, found, sam, kim):
    report = make_sent(found, by=sam)
    report = begin_correction(report, by=sam)
    page = as_sam.get(detail(found))
    assert (page.context["report"].is_correcting, page.context["latest"].number) == (
        True,
        1,
    )
    assert set(codes(page).values()) == {"ready"}
    hand_over(report, by=kim)
    assert "Kim Kontakt" in as_sam.get(detail(found)).content.decode()


def test_checks_between_sections_stand_on_the_overview(as_sam, found, sam):
    form = Form(
        "Kontroll",
        (
            Section("ett", "Ett", (Question("a", Kind.KRONOR, "A"),)),
            Section("tva", "Två", (Question("b", Kind.KRONOR, "B"),)),
        ),
        (Check("A = B"),),
    )
    other = open_round_of(found.grant, kind="costs", form=form)
    report = make_report(other, by=sam)
    save_section(report, "ett", {"a": "1"}, by=sam, seen=0)
    save_section(report, "tva", {"b": "2"}, by=sam, seen=0)

    page = as_sam.get(detail(other))

    assert [remark.is_blocking for remark in page.context["progress"].across] == [True]
    assert not page.context["progress"].is_ready
    assert page.context["progress"].next is None


def test_queries_are_as_many_whatever_the_form_asks(
    as_sam, found, sam, django_assert_max_num_queries
):
    def form(count):
        return Form(
            "Frågor",
            tuple(
                Section(
                    f"s{each}",
                    f"Avsnitt {each}",
                    tuple(
                        Question(f"q{each}_{one}", kind, f"Fråga {each} {one}")
                        for one, kind in enumerate([Kind.TEXT, Kind.FILE] * count)
                    ),
                )
                for each in range(count)
            ),
        )

    counts = []
    for count, kind in ((1, "interim"), (3, "costs")):
        other = open_round_of(found.grant, kind=kind, form=form(count))
        report = make_report(other, by=sam)
        for each in range(count):
            save_section(report, f"s{each}", {f"q{each}_0": "x"}, by=sam, seen=0)
        url = section_url(other, "s0")
        files = {f"q0_{1 + 2 * each}": [pdf()] for each in range(count)}
        as_sam.post(url, posted(as_sam.get(url), do="files", **files))
        used = []
        for address in (detail(other), url, f"{url}?granska"):
            with django_assert_max_num_queries(30) as queries:
                assert as_sam.get(address).status_code == 200
            used.append(len(queries))
        counts.append(used)

    assert counts[0] == counts[1]
