"""The overview of a year: look, make, write, two people at once, PDF and workbook."""

import re
from datetime import date
from io import BytesIO

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from grants.models import Agreement, Grant, GrantPart
from municipalities.numbers import NBSP
from reporting import overview_starting
from reporting.models import Overview, OverviewGroup, OverviewRow
from reporting.overview import OverviewDocument
from reporting.overview_figures import Figures
from tests.factories import make_body, make_grant, make_member
from tests.reporting.overviews import make_overview, make_row, rows_of

pytestmark = pytest.mark.django_db

ROW = ["label", "amount_before", "amount", "grant", "side", "note"]


def make_pair(body, before=2_000_000, now=3_000_000, **facts):
    """Return a grant of 2020 that follows one of 2019."""
    earlier = make_grant(body, amount=before, year=2019)
    return make_grant(body, amount=now, year=2020, follows=earlier, **facts)


def posted(groups, **facts):
    """Return what a browser sends: groups are (facts, rows), rows are facts."""
    data = {"title": "", "dated_on": "2020-05-06", "introduction": ""} | facts
    data |= management("groups", len(groups))
    for index, (group, rows) in enumerate(groups):
        data |= {f"groups-{index}-{name}": value for name, value in group.items()}
        data |= management(f"groups-{index}-rows", len(rows))
        for place, row in enumerate(rows):
            prefix = f"groups-{index}-rows-{place}"
            data |= {f"{prefix}-{name}": value for name, value in row.items()}
    return data


def management(prefix, count):
    """Return what a formset needs to know."""
    return {f"{prefix}-TOTAL_FORMS": count, f"{prefix}-INITIAL_FORMS": 0}


def typed(overview):
    """Return the groups and rows as the form has them."""
    groups = []
    for group in overview.groups.all():
        rows = []
        for row in group.rows.order_by("position"):
            facts = {"id": row.pk, "label": row.label, "side": row.side, "note": row.note}
            facts |= {"amount": "" if row.amount is None else row.amount}
            facts |= {
                "amount_before": "" if row.amount_before is None else row.amount_before
            }
            facts["grant"] = row.grant_id or ""
            if row.part_of_id:
                facts["is_part"] = "on"
            rows.append(facts)
        groups.append(({"id": group.pk, "title": group.title, "sum_label": ""}, rows))
    return groups


# Figures -----------------------------------------------------------------------------


def figures_of(overview):
    """Return what every row shows."""
    return [
        (line.row.label, line.figures.before, line.figures.now)
        for group in OverviewDocument(overview).groups
        for line in group.all_lines()
    ]


def test_row_takes_the_amounts_of_its_grant_and_of_the_one_before(storsthlm):
    overview = make_overview(
        storsthlm, groups=[("Avtal", [{"grant": make_pair(storsthlm)}])]
    )

    assert figures_of(overview) == [("Rad", 2_000_000, 3_000_000)]


def test_written_amounts_hold_and_the_exact_ones_are_said(storsthlm):
    row = {"grant": make_pair(storsthlm, now=71_862_709), "amount": 71_900_000}
    overview = make_overview(storsthlm, groups=[("Avtal", [row])])

    [group] = OverviewDocument(overview).groups
    [line] = group.lines
    assert (line.figures, line.exact) == (
        Figures(2_000_000, 71_900_000),
        Figures(None, 71_862_709),
    )


def test_a_grant_of_the_year_before_shows_only_what_it_was(storsthlm):
    ended = make_grant(storsthlm, amount=1_500_000, year=2019)
    overview = make_overview(storsthlm, groups=[("Avtal", [{"grant": ended}])])

    assert figures_of(overview) == [("Rad", 1_500_000, None)]


@pytest.mark.parametrize(("status", "amount"), [("rejected", 0), ("applied", None)])
def test_what_is_not_granted_is_not_counted(storsthlm, status, amount):
    grant = make_grant(
        storsthlm, amount=900_000, origin="applied", agreement=None, status=status
    )
    overview = make_overview(storsthlm, groups=[("Sökbara", [{"grant": grant}])])

    assert figures_of(overview) == [("Rad", None, amount)]


def test_row_of_a_side_shows_the_sum_of_its_sub_areas(storsthlm):
    grant = make_grant(storsthlm, amount=50)
    for side, amount in (("region", 10), ("region", 5), ("common", 35)):
        GrantPart.objects.create(grant=grant, title="Del", side=side, amount=amount)
    rows = [{"grant": grant, "side": side} for side in ("region", "common")]
    overview = make_overview(storsthlm, groups=[("Avtal", rows)])

    assert figures_of(overview) == [("Rad", None, 15), ("Rad", None, 35)]


def test_rows_that_share_a_grant_are_compared_together(storsthlm):
    grant = make_grant(storsthlm, amount=37_800_000)
    rows = [{"grant": grant, "amount": each} for each in (5_200_000, 5_000_000, 27_600_000)]
    overview = make_overview(storsthlm, groups=[("Avtal", rows)])

    [group] = OverviewDocument(overview).groups
    assert [line.exact for line in group.lines] == [Figures()] * 3
    grant.amount = 38_000_000
    grant.save()
    [group] = OverviewDocument(overview).groups
    assert [(line.exact.now, line.together) for line in group.lines] == [
        (38_000_000, {"now"}),
        (None, set()),
        (None, set()),
    ]


def test_what_two_grants_follow_is_counted_once(as_handler, storsthlm):
    earlier = make_grant(storsthlm, amount=2_000_000, year=2019)
    first, second = (
        make_grant(storsthlm, amount=amount, year=2020, follows=earlier)
        for amount in (1_500_000, 1_000_000)
    )
    rows = [{"grant": first}, {"grant": second}]
    overview = make_overview(storsthlm, groups=[("Avtal", rows)])

    [group] = OverviewDocument(overview).groups
    assert group.totals == Figures(None, 2_500_000)
    assert [(line.exact, line.together) for line in group.lines] == [
        (Figures(2_000_000, None), {"before"}),
        (Figures(), set()),
    ]
    said = f"2019: tillsammans exakt 2{NBSP}000{NBSP}000{NBSP}kr"
    assert said in as_handler.get("/oversikt/2020/").content.decode()
    assert said in OverviewDocument(overview).html
    content = as_handler.get("/oversikt/2020/oversikt.xlsx").content
    assert load_workbook(BytesIO(content))["Översikt"]["E6"].value == f"{said}."

    OverviewRow.objects.filter(grant=second).update(amount_before=2_000_000)
    [group] = OverviewDocument(overview).groups
    assert group.totals == Figures(2_000_000, 2_500_000)
    assert [line.exact for line in group.lines] == [Figures(), Figures()]


def test_a_grant_and_the_one_that_follows_it_are_not_both_counted_the_year_before(
    storsthlm,
):
    following = make_pair(storsthlm)
    rows = [{"grant": following.follows}, {"grant": following}]
    overview = make_overview(storsthlm, groups=[("Avtal", rows)])

    [group] = OverviewDocument(overview).groups
    assert group.totals == Figures(None, 3_000_000)
    assert group.lines[0].exact == Figures(2_000_000, None)


def test_parts_are_not_counted_and_what_they_sum_to_is_said(storsthlm):
    row = {"amount": 10_000_000, "parts": [{"amount": 4_000_000}, {"amount": 5_000_000}]}
    overview = make_overview(storsthlm, groups=[("Avtal", [row, {"amount": 1_000_000}])])

    [group] = OverviewDocument(overview).groups
    assert group.totals == Figures(None, 11_000_000)
    assert group.lines[0].parts_differ.now == "9,0"
    assert group.lines[1].parts_differ is None


# Pages -------------------------------------------------------------------------------


def test_first_page_leads_to_the_latest_year(as_handler, storsthlm):
    make_overview(storsthlm, 2019)
    make_overview(storsthlm, 2020)

    assert as_handler.get("/oversikt/")["Location"] == "/oversikt/2020/"


@pytest.mark.parametrize("address", ["/oversikt/", "/oversikt/2018/"])
def test_year_without_overview_says_so_and_offers_to_make_one(as_handler, address):
    response = as_handler.get(address)

    assert response.status_code == 200
    assert "/oversikt/ny/?ar=" in response.content.decode()


def test_a_year_out_of_our_time_is_not_found(as_handler):
    assert as_handler.get("/oversikt/1803/").status_code == 404
    assert as_handler.get("/oversikt/99999999999/").status_code == 404


def test_auditor_is_not_offered_to_make_one(client, storsthlm):
    client.force_login(make_member(storsthlm, role="auditor"))

    page = client.get("/oversikt/2020/").content.decode()

    assert "/oversikt/ny/" not in page


def test_overview_without_rows_is_shown_and_printed(as_handler, storsthlm):
    make_overview(storsthlm, 2020)

    for address in ("", "oversikt.pdf", "oversikt.xlsx", "andra/", "historik/"):
        assert as_handler.get(f"/oversikt/2020/{address}").status_code == 200


def test_another_bodys_overview_is_not_shown(as_handler):
    dalarna = make_body("Region Dalarna", county="20")
    make_overview(dalarna, 2020, title="Dalarnas egen")

    page = as_handler.get("/oversikt/2020/")

    assert (page.status_code, "Dalarnas egen" in page.content.decode()) == (200, False)
    for address in ("andra/", "ta-bort/", "oversikt.pdf", "oversikt.xlsx", "historik/"):
        assert as_handler.get(f"/oversikt/2020/{address}").status_code == 404


@pytest.mark.parametrize("unit", ["kr", "tkr", "mkr", "gkr"])
def test_unit_is_chosen_in_the_address(as_handler, storsthlm, unit):
    make_overview(storsthlm, groups=[("Avtal", [{"amount": 71_862_709}])])

    page = as_handler.get(f"/oversikt/2020/?enhet={unit}").content.decode()

    shown = {"kr": "71 862 709", "tkr": "71 863"}.get(unit, "71,86").replace(" ", NBSP)
    assert f">{shown}</td>" in page


def test_page_tells_of_grants_outside_the_table(as_handler, storsthlm):
    make_overview(storsthlm)
    make_grant(storsthlm, short_title="Glömd satsning")

    page = as_handler.get("/oversikt/2020/").content.decode()

    assert "Glömd satsning</a>" in page


def test_section_says_what_is_applied_for_and_rejected(as_handler, storsthlm):
    grant = make_grant(
        storsthlm,
        amount=0,
        origin="applied",
        agreement=None,
        status="rejected",
        applied_amount=900_000,
        preparation="Avslaget överklagas inte.",
    )
    make_overview(storsthlm, groups=[("Sökbara", [{"grant": grant}])])

    page = as_handler.get("/oversikt/2020/").content.decode()

    for text in (
        f"900{NBSP}000{NBSP}kr",
        "Avslaget överklagas inte.",
        'data-kind="danger"',
    ):
        assert text in page


def test_sub_areas_that_do_not_sum_to_the_amount_say_so(as_handler, storsthlm):
    grant = make_grant(storsthlm, amount=100)
    GrantPart.objects.create(grant=grant, title="Del", amount=90, national_amount=1_000)
    make_overview(storsthlm, groups=[("Avtal", [{"grant": grant}])])

    [section] = OverviewDocument(Overview.objects.get()).sections
    page = as_handler.get("/oversikt/2020/").content.decode()

    assert (section.parts_total, section.difference, section.lacking) == (90, -10, 10)
    assert f"10{NBSP}kr" in page


@pytest.mark.parametrize("address", ["/oversikt/2020/", "/oversikt/2020/oversikt.xlsx"])
def test_queries_do_not_follow_the_grants(
    as_handler, storsthlm, django_assert_num_queries, address
):
    def rows(count):
        grants = [make_pair(storsthlm) for _number in range(count)]
        for grant in grants:
            GrantPart.objects.create(grant=grant, title="Del", amount=1)
            grant.decisions.create(
                decided_on=date(2020, 3, 1), deciding_body="Styrelsen", text="Ja"
            )
        return [{"grant": grant, "parts": [{"amount": 1}]} for grant in grants]

    one = make_overview(storsthlm, groups=[("Avtal", rows(1))])
    counted = count_queries(as_handler, address)
    one.delete()
    make_overview(storsthlm, groups=[("Avtal", rows(3)), ("Övriga", [{}, {}])])

    with django_assert_num_queries(counted):
        as_handler.get(address)


def test_queries_of_the_form_do_not_follow_the_rows(
    as_handler, storsthlm, django_assert_num_queries
):
    overview = make_overview(storsthlm, groups=[("A", [{"grant": make_pair(storsthlm)}])])
    counted = count_queries(as_handler, "/oversikt/2020/andra/")
    group = overview.groups.get()
    for _number in range(3):
        make_row(group, grant=make_pair(storsthlm), parts=[{"amount": 1}])

    with django_assert_num_queries(counted):
        as_handler.get("/oversikt/2020/andra/")


def count_queries(client, address):
    """Return how many queries a page takes, when it is asked for a second time."""
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


# Making one --------------------------------------------------------------------------


def test_overview_is_made_from_the_grants_of_the_year(as_handler, storsthlm):
    make_pair(storsthlm, short_title="Nära vård")
    make_grant(storsthlm, year=2019, short_title="Upphörd")
    make_grant(
        storsthlm, origin="applied", agreement=None, short_title="Sökt", amount=500_000
    )
    make_grant(storsthlm, year=2021, short_title="Nästa")

    response = as_handler.post(
        "/oversikt/ny/", {"year": 2020, "dated_on": "2020-05-06", "start": "grants"}
    )

    assert response["Location"] == "/oversikt/2020/andra/"
    overview = Overview.objects.get(body=storsthlm)
    assert figures_of(overview) == [
        ("Nära vård", 2_000_000, 3_000_000),
        ("Upphörd", 20_000_000, None),
        ("Sökt", None, 500_000),
    ]
    assert [group.title for group in overview.groups.all()] == [
        overview_starting.AGREEMENTS,
        overview_starting.OTHERS,
    ]


def test_overview_is_made_from_last_years(storsthlm):
    first = make_pair(storsthlm)
    ended = make_grant(storsthlm, short_title="Upphör")
    source = make_overview(
        storsthlm,
        2020,
        title="Satsningar 2020",
        groups=[
            (
                "Avtal",
                [
                    {"label": "A", "grant": first, "amount": 3_100_000, "note": "Rest"},
                    {"label": "B", "grant": ended, "parts": [{"amount": 9, "label": "b"}]},
                    {"label": "C", "amount_before": 7},
                ],
            )
        ],
    )
    make_grant(storsthlm, year=2021, amount=4_000_000, follows=first)
    make_grant(storsthlm, year=2021, amount=5_000_000, short_title="Ny")

    made = overview_starting.start_from_last(source, 2021, dated_on=date(2021, 5, 5))

    assert made.title == "Satsningar 2021"
    assert figures_of(made) == [
        ("A", 3_100_000, 4_000_000),
        ("B", 20_000_000, None),
        ("b", 9, None),
        ("Ny", None, 5_000_000),
    ]


def test_new_grants_come_last_also_when_rows_before_them_were_dropped(storsthlm):
    rows = [{"label": "Slut", "amount_before": 1} for _number in range(5)]
    source = make_overview(
        storsthlm, groups=[("A", [*rows, {"label": "Kvar", "amount": 1}])]
    )
    make_grant(storsthlm, year=2021, short_title="Ny")

    made = overview_starting.start_from_last(source, 2021, dated_on=date(2021, 5, 5))

    assert [label for label, *_figures in figures_of(made)] == ["Kvar", "Ny"]


def test_whoever_is_a_moment_slower_is_told(as_handler, storsthlm, monkeypatch):
    def quicker(self):
        year = self.cleaned_data["year"]
        make_overview(storsthlm, year)
        return year

    monkeypatch.setattr("reporting.overview_forms.StartForm.clean_year", quicker)

    response = as_handler.post(
        "/oversikt/ny/", {"year": 2022, "dated_on": "2022-05-06", "start": "empty"}
    )

    errors = response.context["form"].errors.as_data()
    assert [error.code for error in errors["year"]] == ["taken"]
    assert Overview.objects.count() == 1


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"year": 2020}, "taken"),
        ({"year": 2025, "start": "last"}, "none"),
        ({"year": 1803}, "min_value"),
        ({"dated_on": "i maj"}, "invalid"),
    ],
)
def test_overview_that_cannot_be_made_is_refused(as_handler, storsthlm, facts, code):
    make_overview(storsthlm, 2020)

    response = as_handler.post(
        "/oversikt/ny/", {"year": 2022, "dated_on": "2020-05-06", "start": "empty"} | facts
    )

    errors = response.context["form"].errors.as_data()
    assert [error.code for found in errors.values() for error in found] == [code]
    assert Overview.objects.count() == 1


def test_year_is_proposed_from_the_address(as_handler, storsthlm):
    make_overview(storsthlm, 2020)

    form = as_handler.get("/oversikt/ny/?ar=2021").context["form"]
    odd = as_handler.get("/oversikt/ny/?ar=²021").context["form"]

    assert (form["year"].value(), form["start"].value()) == (2021, "last")
    assert odd["year"].value() == timezone.localdate().year


# Writing -----------------------------------------------------------------------------


def test_groups_and_rows_are_written_on_one_page(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    overview = make_overview(storsthlm)
    groups = [
        (
            {"title": "Avtal", "sum_label": "Summa avtal"},
            [
                {"label": "Nära vård", "grant": grant.pk, "is_emphasised": "on"},
                {"label": "E-hälsa", "amount": "2 900 000 kr", "is_part": "on"},
                {"label": "Kvinnors hälsa", "amount_before": "16 900 000"},
            ],
        ),
        ({"title": "Sökbara"}, [{"label": "Tolktjänst", "amount": "210000"}]),
    ]

    response = as_handler.post(
        "/oversikt/2020/andra/",
        posted(groups, title="Statsbidragen", introduction="*Nytt*"),
    )

    assert response["Location"] == "/oversikt/2020/"
    assert rows_of(overview) == [
        ("Avtal", "Nära vård", None, None, None),
        ("Avtal", "E-hälsa", "Nära vård", None, 2_900_000),
        ("Avtal", "Kvinnors hälsa", None, 16_900_000, None),
        ("Sökbara", "Tolktjänst", None, None, 210_000),
    ]
    page = as_handler.get("/oversikt/2020/").content.decode()
    assert "Statsbidragen" in page
    assert "<em>Nytt</em>" in page
    assert "Summa avtal" in page


def test_every_mistake_is_shown_at_once(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    make_overview(storsthlm)
    groups = [
        ({"title": "", "sum_label": "S"}, [{"label": "Del", "is_part": "on"}]),
        (
            {"title": "Sökbara"},
            [
                {"label": "", "amount": "1"},
                {"label": "A", "amount": "-5", "side": "region"},
                {"label": "B", "grant": grant.pk},
                {"label": "C", "grant": grant.pk},
                {"label": "D\N{SNOWMAN}", "amount": "12,50"},
            ],
        ),
    ]

    response = as_handler.post("/oversikt/2020/andra/", posted(groups, dated_on=""))

    mistakes = [mistake.target for mistake in response.context["mistakes"]]
    assert mistakes == [
        "id_dated_on",
        "id_groups-0-title",
        "id_groups-0-rows-0-is_part",
        "id_groups-1-rows-0-label",
        "id_groups-1-rows-1-amount",
        "id_groups-1-rows-1-grant",
        "id_groups-1-rows-2-amount",
        "id_groups-1-rows-3-amount",
        "id_groups-1-rows-4-label",
        "id_groups-1-rows-4-amount",
    ]
    assert OverviewRow.objects.count() == 0
    page = response.content.decode()
    assert all(f'href="#{target}"' in page for target in mistakes)


def test_another_bodys_grant_cannot_be_chosen(as_handler, storsthlm):
    theirs = make_grant(make_body("Region Dalarna", county="20"))
    make_overview(storsthlm)

    response = as_handler.post(
        "/oversikt/2020/andra/",
        posted([({"title": "A"}, [{"label": "R", "grant": theirs.pk}])]),
    )

    assert [each.target for each in response.context["mistakes"]] == [
        "id_groups-0-rows-0-grant"
    ]


def two_groups(body):
    """Return an overview of A (a1, a2), B and, in another group, C."""
    return make_overview(
        body,
        groups=[
            (
                "Avtal",
                [
                    {
                        "label": "A",
                        "amount": 5,
                        "parts": [
                            {"label": "a1", "amount": 1},
                            {"label": "a2", "amount": 2},
                        ],
                    },
                    {"label": "B", "amount": 6},
                ],
            ),
            ("Sökbara", [{"label": "C", "amount": 7}]),
        ],
    )


ORDERS = [
    ("row 0 3 -1", ["A", "a1", "B", "a2"], ["C"]),
    ("row 0 0 1", ["a1", "A", "a2", "B"], ["C"]),
    ("row 0 3 1", ["A", "a1", "a2"], ["B", "C"]),
    ("row 1 0 -1", ["A", "a1", "a2", "B", "C"], []),
    ("row 0 0 -1", ["A", "a1", "a2", "B"], ["C"]),
    ("group 0 1", ["C"], ["A", "a1", "a2", "B"]),
    ("group 1 1", ["A", "a1", "a2", "B"], ["C"]),
    ("add 1", ["A", "a1", "a2", "B"], ["C", ""]),
    ("row 9 9 1", ["A", "a1", "a2", "B"], ["C"]),
    ("nonsense", ["A", "a1", "a2", "B"], ["C"]),
]


@pytest.mark.parametrize(("order", "first", "second"), ORDERS)
def test_rows_and_groups_move_without_a_script(as_handler, storsthlm, order, first, second):
    overview = two_groups(storsthlm)

    response = as_handler.post(
        "/oversikt/2020/andra/", posted(typed(overview), order=order, title="Ändrad")
    )

    sheet = response.context["sheet"]
    labels = [[form["label"].value() or "" for form in lines] for lines in sheet.lines]
    assert labels == [first, second]
    assert response.context["mistakes"] == []
    assert response.context["form"]["title"].value() == "Ändrad"
    assert overview.groups.first().rows.first().label == "A"


def test_a_group_is_added_without_a_script(as_handler, storsthlm):
    overview = two_groups(storsthlm)

    response = as_handler.post(
        "/oversikt/2020/andra/", posted(typed(overview), order="add")
    )

    assert len(response.context["sheet"].groups.forms) == 3


def test_moved_rows_are_saved_where_they_stand(as_handler, storsthlm):
    overview = two_groups(storsthlm)
    [(avtal, [a, a1, a2, b]), (other, [c])] = typed(overview)
    ids = set(OverviewRow.objects.values_list("pk", flat=True))

    # B becomes the whole of a1; A moves to the other group, and its a2 goes with C.
    as_handler.post(
        "/oversikt/2020/andra/", posted([(avtal, [b, a1]), (other, [a, c, a2])])
    )

    assert rows_of(overview) == [
        ("Avtal", "B", None, None, 6),
        ("Avtal", "a1", "B", None, 1),
        ("Sökbara", "A", None, None, 5),
        ("Sökbara", "C", None, None, 7),
        ("Sökbara", "a2", "C", None, 2),
    ]
    assert set(OverviewRow.objects.values_list("pk", flat=True)) == ids


def test_a_whole_becomes_a_part_with_what_it_had(as_handler, storsthlm):
    overview = two_groups(storsthlm)
    [(avtal, [a, a1, a2, b]), other] = typed(overview)

    as_handler.post(
        "/oversikt/2020/andra/",
        posted([(avtal, [b, a | {"is_part": "on"}, a1, a2]), other]),
    )

    assert [row[:3] for row in rows_of(overview)] == [
        ("Avtal", "B", None),
        ("Avtal", "A", "B"),
        ("Avtal", "a1", "B"),
        ("Avtal", "a2", "B"),
        ("Sökbara", "C", None),
    ]


def test_removed_whole_leaves_the_parts_that_stay(as_handler, storsthlm):
    overview = two_groups(storsthlm)
    [(avtal, [a, a1, a2, b]), (other, rows)] = typed(overview)
    del a2["is_part"]

    as_handler.post(
        "/oversikt/2020/andra/",
        posted(
            [
                (avtal, [a | {"DELETE": "on"}, a1 | {"DELETE": "on"}, a2, b]),
                (other | {"DELETE": "on"}, rows),
            ]
        ),
    )

    assert [row[:3] for row in rows_of(overview)] == [
        ("Avtal", "a2", None),
        ("Avtal", "B", None),
    ]
    assert overview.groups.count() == 1


def test_a_row_that_left_a_removed_group_stays(as_handler, storsthlm):
    overview = two_groups(storsthlm)
    [(avtal, rows), (other, [c])] = typed(overview)

    as_handler.post(
        "/oversikt/2020/andra/",
        posted([(avtal, [*rows, c]), (other | {"DELETE": "on"}, [])]),
    )

    assert [row[1] for row in rows_of(overview)] == ["A", "a1", "a2", "B", "C"]


def test_nothing_is_written_when_nothing_is_changed(as_handler, storsthlm):
    overview = two_groups(storsthlm)
    events = OverviewRow.pgh_event_model.objects
    before = events.count()

    as_handler.post("/oversikt/2020/andra/", posted(typed(overview)))

    assert events.count() == before


def test_two_people_do_not_overwrite_each_other(as_handler, storsthlm):
    overview = two_groups(storsthlm)
    page = as_handler.get("/oversikt/2020/andra/").content.decode()
    seen = re.search(r'name="seen" value="([\d.]+)"', page)[1]
    OverviewRow.objects.filter(label="C").delete()
    sent = posted(typed(overview), seen=seen, title="Min rubrik")

    refused = as_handler.post("/oversikt/2020/andra/", sent)
    again = as_handler.post(
        "/oversikt/2020/andra/", sent | {"seen": refused.context["form"]["seen"].value()}
    )

    assert refused.status_code == 200
    assert [
        error.code for error in refused.context["form"].errors.as_data()["__all__"]
    ] == ["changed_by_another"]
    assert again.status_code == 302
    overview.refresh_from_db()
    assert overview.title == "Min rubrik"


def test_overview_is_deleted_after_a_question(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    make_overview(storsthlm, groups=[("A", [{"grant": grant, "parts": [{}]}])])

    asked = as_handler.get("/oversikt/2020/ta-bort/")
    as_handler.post("/oversikt/2020/ta-bort/")

    assert asked.status_code == 200
    assert (Overview.objects.count(), Grant.objects.filter(pk=grant.pk).exists()) == (
        0,
        True,
    )


def test_grant_in_an_overview_is_not_deleted(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    make_overview(storsthlm, groups=[("A", [{"grant": grant, "label": "Min rad"}])])

    page = as_handler.post(f"/medel/{grant.pk}/ta-bort/", follow=True).content.decode()

    assert "Min rad" in page
    assert Grant.objects.filter(pk=grant.pk).exists()


# Documents ---------------------------------------------------------------------------


def test_pdf_is_the_same_every_time_and_tagged(as_handler, storsthlm):
    grant = make_pair(storsthlm, background="# Rubrik\n\nText")
    make_overview(
        storsthlm,
        introduction="## Läget\n\nAllt är känt.",
        groups=[("Avtal", [{"grant": grant, "parts": [{"amount": 1_000_000}]}])],
    )

    first = as_handler.get("/oversikt/2020/oversikt.pdf").content
    again = as_handler.get("/oversikt/2020/oversikt.pdf").content

    assert first == again
    reader = PdfReader(BytesIO(first))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.metadata["/CreationDate"] == "D:20200506"
    xmp = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert re.findall(r'(pdf\w+id):(part|conformance)="(\w+)"', xmp) == [
        ("pdfaid", "part", "3"),
        ("pdfaid", "conformance", "A"),
        ("pdfuaid", "part", "1"),
    ]


def test_every_drawing_of_the_pdf_says_what_it_shows(storsthlm):
    rows = [{"label": "A", "amount": 2_000_000, "amount_before": 1_500_000}]
    overview = make_overview(storsthlm, groups=[("Avtal", rows)])
    reader = PdfReader(BytesIO(OverviewDocument(overview).pdf()))

    def figures(element):
        element = element.get_object() if hasattr(element, "get_object") else element
        if isinstance(element, list):
            for child in element:
                yield from figures(child)
        elif isinstance(element, dict):
            if element.get("/S") == "/Figure":
                yield element.get("/Alt")
            yield from figures(element.get("/K", []))

    assert list(figures(reader.trailer["/Root"]["/StructTreeRoot"])) == [
        "2019: 1,5, 2020: 2,0"
    ]


def test_letters_that_cannot_be_printed_are_told(as_handler, storsthlm):
    make_grant(storsthlm, title="Snögubbe \N{SNOWMAN}")
    make_overview(storsthlm)

    response = as_handler.get("/oversikt/2020/oversikt.pdf", follow=True)

    assert response.redirect_chain == [("/oversikt/2020/", 302)]
    assert "\N{SNOWMAN}" in response.content.decode()


def test_workbook_is_the_same_every_time_and_counts_in_the_units(as_handler, storsthlm):
    rows = [{"amount": 1_500_000, "parts": [{"amount": 9}]}, {"amount_before": 500_000}]
    make_overview(storsthlm, groups=[("Avtal", rows), ("Tom", [])])

    first = as_handler.get("/oversikt/2020/oversikt.xlsx?enhet=tkr").content

    assert first == as_handler.get("/oversikt/2020/oversikt.xlsx?enhet=tkr").content
    sheet = load_workbook(BytesIO(first))["Översikt"]
    assert [cell.value for cell in sheet[9][:4]] == [
        "Summa",
        "=SUM(B6,B8)",
        "=SUM(C6,C8)",
        "=C9-B9",
    ]
    shown = load_workbook(BytesIO(first), data_only=True)["Översikt"]
    assert [cell.value for cell in shown[9][:4]] == ["Summa", 500, 1500, 1000]
    assert [cell.value for cell in sheet[14][:2]] == ["Summa", "=SUM(0)"]


def test_introduction_stands_below_the_table_in_the_workbook(as_handler, storsthlm):
    text = "Siffrorna är preliminära. " * 20
    make_overview(storsthlm, introduction=f"Kort.\n\n{text}", groups=[("Avtal", [{}])])

    content = as_handler.get("/oversikt/2020/oversikt.xlsx").content

    sheet = load_workbook(BytesIO(content))["Översikt"]
    [at] = [row[0].row for row in sheet.iter_rows() if row[0].value == "Inledning"]
    texts = [sheet.cell(row, 1).value for row in range(at + 1, sheet.max_row + 1)]
    assert [each for each in texts if each] == ["Kort.", text.strip()]
    assert f"A{sheet.max_row}:E{sheet.max_row}" in map(str, sheet.merged_cells.ranges)
    assert sheet.row_dimensions[sheet.max_row].height == 15 * 3


def test_text_that_looks_like_a_formula_stays_text(as_handler, storsthlm):
    rows = [{"label": "=1+1", "note": "=HYPERLINK(1)", "amount": 1}]
    make_overview(storsthlm, groups=[("=2", rows)])

    content = as_handler.get("/oversikt/2020/oversikt.xlsx").content

    sheet = load_workbook(BytesIO(content))["Översikt"]
    assert [(cell.value, cell.data_type) for cell in (sheet["A4"], sheet["A6"])] == [
        ("=2", "s"),
        ("=1+1", "s"),
    ]


def test_long_names_are_shown_whole(as_handler, storsthlm):
    long = "Överenskommelsen" * 15
    make_overview(storsthlm, groups=[(long[:200], [{"label": long, "amount": 10**15}])])

    page = as_handler.get("/oversikt/2020/?enhet=kr").content.decode()

    assert long in page
    assert as_handler.get("/oversikt/2020/oversikt.pdf?enhet=kr").status_code == 200


# What the database refuses -----------------------------------------------------------


def refused(save):
    """Return whether the database refuses it."""
    try:
        with transaction.atomic():
            save()
    except (DatabaseError, IntegrityError):
        return True
    return False


def test_database_keeps_parts_with_their_wholes(storsthlm):
    overview = two_groups(storsthlm)
    row = {each.label: each for each in OverviewRow.objects.all()}

    def part_of(label, whole):
        return lambda: OverviewRow.objects.filter(label=label).update(part_of=row[whole])

    assert not refused(part_of("a1", "B"))
    assert refused(part_of("B", "a2"))  # a part has no parts
    assert refused(part_of("A", "B"))  # nor has one that has parts become one
    assert refused(part_of("C", "B"))  # of another group
    assert refused(part_of("B", "B"))  # of itself
    assert refused(
        lambda: OverviewRow.objects.filter(label="A").update(group=row["C"].group)
    )
    assert overview.groups.count() == 2


def test_database_keeps_bodies_apart(storsthlm):
    dalarna = make_body("Region Dalarna", county="20")
    theirs, other = make_grant(dalarna), make_overview(dalarna)
    overview = two_groups(storsthlm)
    rows, groups = OverviewRow.objects, OverviewGroup.objects

    assert refused(lambda: rows.filter(label="A").update(grant=theirs))
    assert refused(lambda: groups.filter(title="Avtal").update(overview=other))
    assert refused(lambda: Overview.objects.filter(pk=overview.pk).update(body=dalarna))


@pytest.mark.parametrize(
    "facts",
    [{"label": ""}, {"amount": -1}, {"amount_before": -1}, {"side": "region"}],
)
def test_database_refuses_rows_that_mean_nothing(storsthlm, facts):
    group = two_groups(storsthlm).groups.first()

    assert refused(lambda: make_row(group, **{"label": "Ny"} | facts))


def test_database_refuses_a_second_overview_of_a_year(storsthlm):
    make_overview(storsthlm, 2020)

    assert refused(lambda: make_overview(storsthlm, 2020))
    assert refused(lambda: make_overview(storsthlm, 1803))
    assert not refused(lambda: make_overview(make_body("D", county="20"), 2020))
    assert Agreement.objects.count() == 0
