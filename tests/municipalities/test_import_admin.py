"""The same files, read in through the admin."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from municipalities.models import Statistic, StatisticValue, StoredFile
from tests.factories import make_body, make_member, make_statistic, make_user
from tests.figures import STOCKHOLM_POPULATION_2018, STOCKHOLM_POPULATION_2019
from tests.municipalities import import_files as files

pytestmark = pytest.mark.django_db

IMPORT = reverse("admin:municipalities_statistic_import")
PROCESS = reverse("admin:municipalities_statistic_process_import")
FACTS = {"kind": "population", "source": "SCB:s statistikdatabas"}


@pytest.fixture
def as_administrator(client, storsthlm):
    client.force_login(make_member(storsthlm, role="administrator"))
    return client


def look(client, body, content, name="folkmangd.csv", **facts):
    file = SimpleUploadedFile(name, content)
    data = {"resource": "", "format": "0", "import_file": file, "body": body.pk}
    return client.post(IMPORT, {**data, **FACTS, **facts})


def confirm(client, looked, **changes):
    form = looked.context["confirm_form"]
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value not in {None, False}}
    data["body"] = getattr(data["body"], "pk", data["body"])
    return client.post(PROCESS, {**data, **changes})


def saved_rows():
    models = (Statistic, StatisticValue, StoredFile)
    return [model.objects.count() for model in models]


def test_file_is_looked_over_and_then_saved(as_administrator, storsthlm):
    looked = look(as_administrator, storsthlm, files.population_workbook(), "bef.xlsx")
    between = saved_rows()
    saved = confirm(as_administrator, looked)

    statistic = Statistic.objects.get()
    assert between == [0, 0, 0]
    assert saved.status_code == 302
    assert statistic.values.by_code() == STOCKHOLM_POPULATION_2019
    assert (statistic.body, statistic.file.name) == (storsthlm, "bef.xlsx")


def test_every_year_of_the_file_when_asked(as_administrator, storsthlm):
    looked = look(as_administrator, storsthlm, files.two_years(), all_periods="on")
    confirm(as_administrator, looked)

    years = Statistic.objects.values_list("reference_on__year", flat=True)
    assert sorted(years) == [2018, 2019]


def test_preview_says_what_is_odd(as_administrator, storsthlm):
    make_statistic(storsthlm, {**STOCKHOLM_POPULATION_2018, "0127": 50000})

    looked = look(as_administrator, storsthlm, files.two_columns(STOCKHOLM_POPULATION_2019))

    page = looked.content.decode()
    assert "0127 Botkyrka" in page
    assert "style=" not in page.split('id="content"')[1]


@pytest.mark.parametrize("code", files.BAD_FILES)
def test_bad_file_is_refused_in_words(as_administrator, storsthlm, code):
    name, content = files.BAD_FILES[code]

    looked = look(as_administrator, storsthlm, content, name)

    assert "confirm_form" not in looked.context
    assert "Traceback" not in looked.content.decode()
    assert saved_rows() == [0, 0, 0]


def test_one_bad_period_stops_them_all(as_administrator, storsthlm):
    values = {**files.BOTH_YEARS, "0127": (93106, "många")}

    looked = look(as_administrator, storsthlm, files.two_years(values), all_periods="on")

    assert "confirm_form" not in looked.context
    assert saved_rows() == [0, 0, 0]


def test_the_same_file_again_changes_nothing(as_administrator, storsthlm):
    content = files.two_columns(STOCKHOLM_POPULATION_2019)
    for _ in range(2):
        confirm(as_administrator, look(as_administrator, storsthlm, content))

    assert saved_rows() == [1, 26, 1]


def test_administrator_imports_for_the_own_body_alone(as_administrator, storsthlm):
    dalarna = make_body("Region Dalarna", "20")
    content = files.two_columns(STOCKHOLM_POPULATION_2019)

    looked = look(as_administrator, dalarna, content)
    own = look(as_administrator, storsthlm, content)
    confirm(as_administrator, own, body=dalarna.pk)

    assert looked.context["form"].errors.keys() == {"body"}
    assert saved_rows() == [0, 0, 0]


def test_keeper_chooses_the_body(client, storsthlm):
    client.force_login(make_user(is_superuser=True, is_staff=True))

    looked = look(client, storsthlm, files.two_columns(STOCKHOLM_POPULATION_2019))
    confirm(client, looked)

    assert Statistic.objects.get().body == storsthlm


def test_handler_has_no_import_in_the_admin(as_handler):
    assert as_handler.get(IMPORT).status_code in {302, 403}


def test_first_step_is_shown(as_administrator):
    response = as_administrator.get(IMPORT)

    assert response.status_code == 200
