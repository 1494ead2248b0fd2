"""Files of figures become statistics: all of a choice, or nothing."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pghistory
import pytest
from django.apps import apps
from django.utils import timezone

from grants import distribution as distributions
from municipalities import imports, scb
from municipalities.imports import Choice, ImportCode, RefusedError
from municipalities.models import (
    Statistic,
    StatisticImport,
    StatisticValue,
    StoredFile,
)
from municipalities.scb import FindingCode, ProblemCode, ScbError
from tests.factories import make_body, make_grant, make_key, make_statistic
from tests.figures import (
    DALARNA_POPULATION_2018,
    DALARNA_PUBLISHED_2020,
    STOCKHOLM_NAMES,
    STOCKHOLM_POPULATION_2018,
    STOCKHOLM_POPULATION_2019,
    STOCKHOLM_PUBLISHED_2020,
)
from tests.municipalities import import_files as files

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parents[3] / "shared" / "data"
POPULATION = Choice(kind="population", source="SCB:s statistikdatabas")


@pytest.fixture
def dalarna(places):
    return make_body("Region Dalarna", "20", region_name="Region Dalarna")


@pytest.fixture
def country():
    """Return the file of 76 years, or skip where it is not at hand."""
    path = DATA / "population_31dec_1950-2025_290.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the checkout")
    return path.read_bytes()


def saved_rows():
    """Return how many rows an import may leave behind."""
    models = (Statistic, StatisticValue, StoredFile, StatisticImport)
    return [model.objects.count() for model in models]


def load(body, content=None, file_name="folkmangd.csv", **facts):
    """Save a file's figures and return their statistics."""
    content = files.two_columns(STOCKHOLM_POPULATION_2019) if content is None else content
    facts = {"kind": "population", "source": "SCB"} | facts
    return imports.import_statistics(body, content=content, file_name=file_name, **facts)


def look(body, content, choice=POPULATION, name="folkmangd.csv"):
    return imports.preview(body, scb.read(content, name), choice)


def codes(preview, severity):
    return [one.code for _, one in preview.remarks(severity)]


# Saving ------------------------------------------------------------------------------


def test_import_saves_each_figure_with_its_source(storsthlm, handler):
    content = files.population_workbook()

    (statistic,) = load(storsthlm, content, "be0101.xlsx", by=handler)

    assert (statistic.kind, statistic.reference_on) == ("population", date(2019, 12, 31))
    assert (statistic.source, statistic.imported_by) == ("SCB", handler)
    assert statistic.values.by_code() == STOCKHOLM_POPULATION_2019
    assert (statistic.file.name, bytes(statistic.file.content)) == ("be0101.xlsx", content)
    assert statistic.selection == "2019"


def test_import_makes_a_statistic_of_each_period(storsthlm):
    earlier, later = load(storsthlm, files.two_years(), periods=["2018", "2019"])

    assert earlier.values.by_code() == STOCKHOLM_POPULATION_2018
    assert later.values.by_code() == STOCKHOLM_POPULATION_2019
    assert earlier.file == later.file


def test_import_takes_the_latest_period_by_itself(storsthlm):
    (statistic,) = load(storsthlm, files.two_years())

    assert statistic.reference_on == date(2019, 12, 31)


def test_import_keeps_decimals(storsthlm):
    content = files.two_columns(dict.fromkeys(STOCKHOLM_NAMES, "71,5"))

    (statistic,) = load(storsthlm, content, kind="other", name="Andel")

    assert set(statistic.values.by_code().values()) == {Decimal("71.5")}


def test_import_is_in_the_history_with_its_person(storsthlm, handler):
    with pghistory.context(user=handler.pk):
        load(storsthlm, by=handler)

    events = apps.get_model("municipalities", "StatisticValueEvent").objects
    assert events.count() == 26
    contexts = events.values_list("pgh_context__metadata__user", flat=True)
    assert set(contexts) == {handler.pk}


def test_the_same_file_again_changes_nothing(storsthlm, handler):
    load(storsthlm)
    before = saved_rows()

    (statistic,) = load(storsthlm, by=handler)

    assert saved_rows() == before
    assert statistic.imported_by is None


def test_other_figures_for_the_same_day_replace_an_open_statistic(storsthlm, handler):
    (old,) = load(storsthlm)
    changed = {**STOCKHOLM_POPULATION_2019, "0127": 94607}
    del changed["0192"]

    preview = look(storsthlm, files.two_columns(changed))
    (new,) = load(storsthlm, files.two_columns(changed), "rattad.csv", by=handler)

    differs = next(r for _, r in preview.remarks("warning") if r.code == ImportCode.DIFFERS)
    assert dict(differs.detail) == {
        "day": date(2019, 12, 31),
        "changed": 1,
        "added": 0,
        "removed": 1,
    }
    new.refresh_from_db()
    assert (new.pk, new.file.name, new.imported_by) == (old.pk, "rattad.csv", handler)
    assert new.values.by_code() == changed


def test_locked_statistic_refuses_other_figures(storsthlm):
    (statistic,) = load(storsthlm)
    Statistic.objects.update(locked_at=timezone.now())
    before = saved_rows()

    with pytest.raises(RefusedError, match="locked"):
        load(storsthlm, files.two_columns({**STOCKHOLM_POPULATION_2019, "0127": 1}))

    assert saved_rows() == before
    assert statistic.values.by_code() == STOCKHOLM_POPULATION_2019


def test_locked_statistic_with_the_same_figures_is_unchanged(storsthlm):
    load(storsthlm)
    Statistic.objects.update(locked_at=timezone.now())

    (statistic,) = load(storsthlm)

    assert statistic.is_locked


def test_one_bad_period_stops_them_all(storsthlm):
    values = {**files.BOTH_YEARS, "0127": (93106, "många")}
    before = saved_rows()

    with pytest.raises(RefusedError, match="not_a_number"):
        load(storsthlm, files.two_years(values), periods=["2018", "2019"])
    (statistic,) = load(storsthlm, files.two_years(values), periods=["2018"])

    assert before == [0, 0, 0, 0]
    assert statistic.values.by_code() == STOCKHOLM_POPULATION_2018


def test_file_without_a_period_needs_a_day(storsthlm):
    content = files.two_columns(STOCKHOLM_POPULATION_2019, "kod;folkmängd")

    with pytest.raises(RefusedError, match="no_date"):
        load(storsthlm, content)
    (statistic,) = load(storsthlm, content, reference_on=date(2018, 11, 1))

    assert statistic.reference_on == date(2018, 11, 1)


@pytest.mark.parametrize("code", files.BAD_FILES)
def test_bad_file_saves_nothing(storsthlm, handler, code):
    name, content = files.BAD_FILES[code]

    with pytest.raises(ScbError) as refused:
        imports.open_upload(storsthlm, handler, content, name)

    assert [problem.code for problem in refused.value.problems] == [code]
    assert saved_rows() == [0, 0, 0, 0]


def test_zip_bomb_is_not_unpacked(storsthlm, handler):
    with pytest.raises(ScbError) as refused:
        imports.open_upload(storsthlm, handler, files.zip_bomb(), "bomb.xlsx")

    assert refused.value.problems[0].code == ProblemCode.ZIP_BOMB


# Looking -----------------------------------------------------------------------------


def test_preview_compares_with_the_last_statistic(storsthlm):
    make_statistic(storsthlm)
    grown = {**STOCKHOLM_POPULATION_2019, "0127": 105000}

    preview = look(storsthlm, files.two_columns(grown))

    (period,) = preview.periods
    assert period.previous_on == date(2018, 12, 31)
    assert codes(preview, "warning") == [FindingCode.CHANGED_MUCH]
    row = next(row for row in period.rows if row.municipality.code == "0127")
    assert (row.value, row.previous, row.is_large_change) == (105000, 93106, True)


def test_preview_compares_with_the_file_itself(storsthlm):
    grown = {**files.BOTH_YEARS, "0127": (93106, 120000)}
    choice = Choice("population", selection={"period": ("2018", "2019")})

    preview = look(storsthlm, files.two_years(grown), choice)

    assert [period.previous_on for period in preview.periods] == [None, date(2018, 12, 31)]
    assert codes(preview, "warning") == [FindingCode.CHANGED_MUCH]


def test_preview_sees_two_neighbours_swapped(storsthlm):
    make_statistic(storsthlm)
    swapped = {**STOCKHOLM_POPULATION_2019, "0115": 45574, "0117": 34090}

    preview = look(storsthlm, files.two_columns(swapped))

    assert FindingCode.SWAPPED in codes(preview, "warning")


def test_preview_weighs_what_is_missing_by_county(storsthlm):
    values = dict(STOCKHOLM_POPULATION_2019)
    del values["0127"]

    preview = look(storsthlm, files.two_columns(values))

    warnings = [f.municipality_code for _, f in preview.remarks("warning")]
    assert warnings == ["0127"]
    assert codes(preview, "info") == [FindingCode.MISSING] * 264
    assert not preview.has_errors


def test_preview_refuses_another_county(dalarna):
    preview = look(dalarna, files.two_columns(STOCKHOLM_POPULATION_2019))

    assert ImportCode.NOTHING_IN_COUNTY in codes(preview, "error")


def test_preview_warns_of_half_a_population(storsthlm):
    women = Choice("population", selection={"sex": "Kvinnor"})

    whole, half = (look(storsthlm, files.by_sex(), c) for c in (POPULATION, women))

    assert ImportCode.PARTIAL_POPULATION not in codes(whole, "warning")
    assert ImportCode.PARTIAL_POPULATION in codes(half, "warning")


def test_another_subject_matters_for_a_population_alone(storsthlm):
    content = files.recipients()
    recipients = Choice("care_recipients", is_whole_year=True)

    preview, as_population = look(storsthlm, content, recipients), look(storsthlm, content)

    assert codes(preview, "warning") == []
    assert codes(as_population, "warning") == [ProblemCode.OTHER_SUBJECT]


def test_preview_costs_the_same_for_one_period_and_for_all(
    storsthlm, country, django_assert_num_queries
):
    source = scb.read(country)
    years = [option.key for option in source.dimensions[0].options]
    load(storsthlm, country, periods=years[-3:])

    for periods in (years[-1:], years):
        choice = Choice("population", selection={"period": periods})
        with django_assert_num_queries(3):
            imports.preview(storsthlm, source, choice)


# Confirming --------------------------------------------------------------------------


def test_confirm_needs_somebody_to_have_looked(storsthlm, handler):
    values = dict(STOCKHOLM_POPULATION_2019)
    del values["0127"]
    pending = imports.open_upload(storsthlm, handler, files.two_columns(values), "a.csv")

    with pytest.raises(RefusedError, match="missing"):
        imports.confirm(pending, POPULATION, by=handler)
    result = imports.confirm(pending, POPULATION, by=handler, is_checked=True)

    assert (result.created, result.value_count) == (1, 25)


def test_confirm_twice_saves_once(storsthlm, handler):
    content = files.two_columns(STOCKHOLM_POPULATION_2019)
    pending = imports.open_upload(storsthlm, handler, content, "a.csv")

    first = imports.confirm(pending, POPULATION, by=handler)
    rows = saved_rows()
    second = imports.confirm(pending, POPULATION, by=handler)

    assert (first.created, first.changed_nothing) == (1, False)
    assert (second.unchanged, second.changed_nothing) == (1, True)
    assert first.statistics == second.statistics
    assert saved_rows() == rows


def test_upload_of_a_known_file_is_not_stored_again(storsthlm, handler):
    content = files.two_columns(STOCKHOLM_POPULATION_2019)
    load(storsthlm, content)

    pending = imports.open_upload(storsthlm, handler, content, "igen.csv")
    result = imports.confirm(pending, POPULATION, by=handler)
    imports.discard(pending)

    assert result.changed_nothing
    assert StoredFile.objects.count() == 1


def test_uploads_since_yesterday_are_cleared_away(storsthlm, handler):
    content = files.two_columns(STOCKHOLM_POPULATION_2019)
    old = imports.open_upload(storsthlm, handler, content, "gammal.csv")
    StatisticImport.objects.update(created_at=timezone.now() - timedelta(days=1, hours=1))

    new = imports.open_upload(storsthlm, handler, content, "ny.csv")

    assert list(StatisticImport.objects.all()) == [new]
    assert not StoredFile.objects.filter(pk=old.file_id).exists()


# The published tables ----------------------------------------------------------------


def amounts(body, pot, handler, **weights):
    """Return what each municipality gets by the statistics that are there."""
    key = make_key(body, weights, rounding="each")
    draft = distributions.draft(make_grant(body, amount=pot), key=key, by=handler)
    return dict(draft.allocations.values_list("municipality__code", "amount"))


def test_the_2020_table_comes_out_to_the_krona(storsthlm, handler):
    load(storsthlm, files.two_columns(STOCKHOLM_POPULATION_2019))
    load(storsthlm, files.recipients(), kind="care_recipients", is_whole_year=True)

    found = amounts(storsthlm, 68_000_000, handler, population=50, care_recipients=50)

    assert found == STOCKHOLM_PUBLISHED_2020


def test_dalarnas_table_comes_out_to_the_krona(dalarna, handler):
    load(dalarna, files.two_columns(DALARNA_POPULATION_2018, "kod;2018-11-01"))

    found = amounts(dalarna, 15_711_504, handler, population=100)

    assert found == DALARNA_PUBLISHED_2020


def test_the_published_files_give_the_2020_table(storsthlm, handler):
    names = (
        "scb/BE0101N1_2019_sv_code-and-name-columns.xlsx",
        "mottagare_2018_stockholms_lan.csv",
    )
    if not all((DATA / name).exists() for name in names):
        pytest.skip("the published files are not beside the checkout")
    population, recipients = ((DATA / name).read_bytes() for name in names)

    load(storsthlm, population)
    load(storsthlm, recipients, kind="care_recipients", is_whole_year=True)

    found = amounts(storsthlm, 68_000_000, handler, population=50, care_recipients=50)
    assert found == STOCKHOLM_PUBLISHED_2020
