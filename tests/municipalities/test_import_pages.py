"""The pages where a file is chosen, looked over and saved."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from municipalities import imports
from municipalities.models import (
    Statistic,
    StatisticImport,
    StatisticValue,
    StoredFile,
)
from municipalities.scb import Subject, read
from tests.factories import make_body, make_member, make_statistic
from tests.figures import STOCKHOLM_POPULATION_2018, STOCKHOLM_POPULATION_2019
from tests.municipalities import import_files as files

pytestmark = pytest.mark.django_db

SCB = Path(__file__).parents[3] / "shared" / "data" / "scb"
UPLOAD = reverse("municipalities:statistic_import")
SAVE = {"kind": "population", "source": "SCB:s statistikdatabas", "save": "1"}


def upload(client, content, name="folkmangd.csv"):
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, content)})


def beforehand(client, url):
    """Return what the page's form holds before anybody changes it."""
    form = client.get(url).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value}


def saved_rows():
    models = (Statistic, StatisticValue, StoredFile, StatisticImport)
    return [model.objects.count() for model in models]


def text_of(response):
    return " ".join(response.content.decode().replace("\xa0", " ").split())


def test_population_is_imported_through_the_pages(as_handler, handler):
    chosen = upload(as_handler, files.two_columns(STOCKHOLM_POPULATION_2019))
    looked = as_handler.get(chosen.url)
    saved = as_handler.post(chosen.url, SAVE)

    statistic = Statistic.objects.get()
    assert (looked.status_code, saved.url) == (200, statistic.get_absolute_url())
    assert statistic.values.by_code() == STOCKHOLM_POPULATION_2019
    assert statistic.imported_by == handler
    pending = StatisticImport.objects.get()
    assert pending.confirmed_at is not None


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("be0101_tabhel2020.xlsx", 290),
        ("BE0101N1_2019_sv_code-and-name-columns.xlsx", 290),
        ("BE0101N1_2020-2024_en_no-footer.xlsx", 290),
        ("BE0101_2017_comma_quoted_latin1_crlf.csv", 290),
        ("bef_k_tot_2008-2018_long_semicolon_utf8.csv", 290),
        ("population2018_semicolon_utf8bom_no-leading-zero.csv", 290),
        ("BE0101N1_shape_290_2018-2019_latin1.px", 290),
        ("BefolkningNy_v1_shape_290_2018-2019.json", 290),
        ("TAB638_shape_290_2018-2019.jsonstat2.json", 290),
        ("pxweb_shape_290_2018-2019_tab_latin1.txt", 290),
    ],
)
def test_every_published_shape_is_imported(as_handler, name, count):
    if not (SCB / name).exists():
        pytest.skip(f"{name} is not beside the checkout")

    chosen = upload(as_handler, (SCB / name).read_bytes(), name)
    choice = {**beforehand(as_handler, chosen.url), **SAVE}
    saved = as_handler.post(chosen.url, choice)

    statistic = Statistic.objects.get()
    assert saved.url == statistic.get_absolute_url()
    assert statistic.values.count() == count


@pytest.mark.parametrize(
    "name", ["BE0101N1.px", "BE0101F1missingData.px", "kommunlankod_2023.xls"]
)
def test_published_file_without_figures_is_refused(as_handler, name):
    if not (SCB / name).exists():
        pytest.skip(f"{name} is not beside the checkout")

    response = upload(as_handler, (SCB / name).read_bytes(), name)

    assert response.status_code == 422
    assert response.context["form"].errors["file"]
    assert saved_rows() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "name", ["BE0101A1det.px", "TAB005_landuse_290_kommuner_bilingual.px"]
)
def test_another_subject_is_not_taken_for_the_population(as_handler, name):
    if not (SCB / name).exists():
        pytest.skip(f"{name} is not beside the checkout")

    chosen = upload(as_handler, (SCB / name).read_bytes(), name)
    looked = as_handler.get(chosen.url)
    refused = as_handler.post(chosen.url, SAVE)

    assert looked.context["form"].initial["kind"] == ""
    assert refused.status_code == 422
    assert not Statistic.objects.exists()


@pytest.mark.parametrize("code", files.BAD_FILES)
def test_bad_file_is_refused_in_words(as_handler, code):
    name, content = files.BAD_FILES[code]

    response = upload(as_handler, content, name)

    errors = response.context["form"].errors.as_data()["file"]
    assert response.status_code == 422
    assert [error.code for error in errors] == [code]
    assert saved_rows() == [0, 0, 0, 0]


def test_bad_cell_is_told_with_sheet_and_cell(as_handler):
    name, content = files.BAD_FILES["not_a_number"]

    with_words = text_of(upload(as_handler, content, name))

    assert "BE0101N1" in with_words
    assert "C11" in with_words
    assert "“många”" in with_words or "”många”" in with_words


def test_upload_without_a_file_asks_for_one(as_handler):
    response = as_handler.post(UPLOAD, {})

    assert response.status_code == 422
    assert response.context["form"].errors.as_data()["file"][0].code == "required"


def test_periods_are_chosen(as_handler):
    chosen = upload(as_handler, files.two_years())

    form = as_handler.get(chosen.url).context["form"]
    as_handler.post(chosen.url, {**SAVE, "choose_period": ["2018"]})

    assert form["choose_period"].value() == ["2019"]
    assert Statistic.objects.get().values.by_code() == STOCKHOLM_POPULATION_2018


def test_all_periods_are_chosen_at_once(as_handler):
    chosen = upload(as_handler, files.two_years())

    saved = as_handler.post(chosen.url, {**SAVE, "all_periods": "on"})

    assert saved.url == reverse("municipalities:statistic_list")
    days = Statistic.objects.values_list("reference_on", flat=True)
    assert sorted(day.year for day in days) == [2018, 2019]


def test_sex_is_chosen_and_the_total_beforehand(as_handler):
    chosen = upload(as_handler, files.by_sex(), "be0101.xlsx")

    form = as_handler.get(chosen.url).context["form"]
    choice = {**SAVE, "choose_sex": "Kvinnor", "is_checked": "on"}
    as_handler.post(chosen.url, {**choice, "kind": "other", "name": "Kvinnor"})

    assert form["choose_sex"].value() == "Totalt"
    values = Statistic.objects.get().values.by_code()
    assert values["0127"] == 47303


def test_kind_must_be_chosen_when_the_file_does_not_say(as_handler):
    chosen = upload(as_handler, files.recipients(), "mottagare.csv")

    refused = as_handler.post(chosen.url, {**SAVE, "kind": ""})
    as_handler.post(chosen.url, {**SAVE, "kind": "care_recipients", "is_whole_year": "on"})

    assert refused.status_code == 422
    assert refused.context["form"].errors.keys() == {"kind"}
    statistic = Statistic.objects.get()
    assert (statistic.kind, statistic.period) == ("care_recipients", "2018")


def test_other_kind_needs_a_name(as_handler):
    chosen = upload(as_handler, files.recipients(), "mottagare.csv")

    refused = as_handler.post(chosen.url, {**SAVE, "kind": "other"})

    assert refused.context["form"].errors.as_data()["name"][0].code == "no_name"
    assert not Statistic.objects.exists()


def test_warnings_are_ticked_before_saving(as_handler, storsthlm):
    make_statistic(storsthlm, {**STOCKHOLM_POPULATION_2018, "0127": 50000})
    chosen = upload(as_handler, files.two_columns(STOCKHOLM_POPULATION_2019))

    refused = as_handler.post(chosen.url, SAVE)
    saved = as_handler.post(chosen.url, {**SAVE, "is_checked": "on"})

    assert refused.context["form"].errors.keys() == {"is_checked"}
    assert saved.status_code == 302


def test_errors_leave_no_button_to_save(as_handler):
    values = {**files.BOTH_YEARS, "0127": (93106, "många")}
    chosen = upload(as_handler, files.two_years(values))

    looked = text_of(as_handler.get(chosen.url))
    refused = as_handler.post(chosen.url, {**SAVE, "is_checked": "on"})

    assert 'name="save"' not in looked
    assert refused.status_code == 422
    assert not Statistic.objects.exists()


def test_locked_statistic_is_refused(as_handler, storsthlm):
    make_statistic(storsthlm, STOCKHOLM_POPULATION_2018, locked_at=None)
    Statistic.objects.update(locked_at=timezone.now())
    changed = {**STOCKHOLM_POPULATION_2018, "0127": 93107}
    chosen = upload(as_handler, files.two_columns(changed, "kod;2018"))

    refused = as_handler.post(chosen.url, {**SAVE, "is_checked": "on"})

    assert refused.status_code == 422
    assert Statistic.objects.get().values.by_code() == STOCKHOLM_POPULATION_2018


def test_the_same_file_again_says_that_nothing_changed(as_handler):
    content = files.two_columns(STOCKHOLM_POPULATION_2019)
    for _ in range(2):
        chosen = upload(as_handler, content)
        response = as_handler.post(chosen.url, SAVE, follow=True)

    (message,) = response.context["messages"]
    assert message.level_tag == "info"
    assert "26" in str(message)
    assert [Statistic.objects.count(), StoredFile.objects.count()] == [1, 1]


def test_double_click_saves_once(as_handler):
    chosen = upload(as_handler, files.two_columns(STOCKHOLM_POPULATION_2019))

    first = as_handler.post(chosen.url, SAVE)
    second = as_handler.post(chosen.url, SAVE)

    assert first.url == second.url
    assert Statistic.objects.count() == 1


def test_confirm_works_in_another_process(as_handler, handler):
    """Nothing is kept in the session or in memory: the upload is in the database."""
    chosen = upload(as_handler, files.two_columns(STOCKHOLM_POPULATION_2019))
    other = Client()
    other.force_login(handler)

    other.post(chosen.url, SAVE)

    assert Statistic.objects.count() == 1


def test_cancel_removes_the_file(as_handler):
    chosen = upload(as_handler, files.two_columns(STOCKHOLM_POPULATION_2019))
    pending = StatisticImport.objects.get()

    as_handler.post(reverse("municipalities:statistic_import_discard", args=[pending.pk]))

    assert saved_rows() == [0, 0, 0, 0]
    assert as_handler.get(chosen.url).status_code == 404


def test_htmx_gets_the_part_that_changes(as_handler):
    chosen = upload(as_handler, files.two_years())

    response = as_handler.post(
        chosen.url, {"choose_period": ["2018"]}, headers={"HX-Request": "true"}
    )

    assert text_of(response).startswith('<div id="import-result"')
    assert "45 543" in text_of(response)
    assert not Statistic.objects.exists()


def test_ages_that_overlap_are_told(as_handler):
    ages = ["0-9", "10-19", "20-29", "30-39", "40-49", "50-64", "65+"]
    lines = ["region;ålder;2019"]
    lines += [f"{code} {name};{age} år;1000" for code, name in files.NAMES for age in ages]
    chosen = upload(as_handler, "\n".join(lines).encode())
    url = chosen.url

    form = as_handler.get(url).context["form"]
    old = {**SAVE, "choose_age": ["50-64 år", "65+ år"], "is_checked": "on"}
    overlap = as_handler.post(url, {**old, "choose_age": ["__sum__", "65+ år"]})
    as_handler.post(url, {**old, "kind": "other", "name": "50 år och äldre"})

    assert form["choose_age"].value() == ["__sum__"]
    assert overlap.status_code == 422
    assert set(Statistic.objects.get().values.by_code().values()) == {2000}


@pytest.mark.parametrize("role", ["auditor"])
def test_who_only_reads_may_not_import(client, storsthlm, role):
    client.force_login(make_member(storsthlm, role=role))

    assert client.get(UPLOAD).status_code == 403
    assert upload(client, files.two_columns({"0114": 1})).status_code == 403


def test_upload_is_seen_by_its_person_alone(as_handler, storsthlm, client):
    chosen = upload(as_handler, files.two_columns(STOCKHOLM_POPULATION_2019))
    pending = StatisticImport.objects.get()
    discard = reverse("municipalities:statistic_import_discard", args=[pending.pk])
    dalarna = make_body("Region Dalarna", "20")

    for body in (storsthlm, dalarna):
        other = Client()
        other.force_login(make_member(body))
        answers = [other.get(chosen.url), other.post(chosen.url, SAVE), other.post(discard)]
        assert [answer.status_code for answer in answers] == [404, 404, 404]

    assert StatisticImport.objects.exists()
    assert not Statistic.objects.exists()


def test_preview_costs_the_same_for_one_period_and_for_two(
    as_handler, handler, storsthlm, django_assert_max_num_queries
):
    pending = imports.open_upload(storsthlm, handler, files.two_years(), "a.csv")
    address = pending.get_absolute_url()
    assert read(files.two_years()).subject is Subject.POPULATION

    counts = []
    for periods in (["2019"], ["2018", "2019"]):
        with django_assert_max_num_queries(30) as queries:
            as_handler.post(address, {"choose_period": periods})
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_other_choices_must_be_checked_again(as_handler, storsthlm):
    make_statistic(storsthlm, {**STOCKHOLM_POPULATION_2018, "0127": 50000})
    chosen = upload(as_handler, files.two_columns(STOCKHOLM_POPULATION_2019))

    shown = as_handler.post(chosen.url, {"kind": "population", "is_checked": "on"})

    assert shown.context["warnings"]
    assert not shown.context["form"]["is_checked"].value()
