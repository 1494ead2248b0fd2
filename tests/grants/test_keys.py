"""Keys: putting them together, reading them and where they are used."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from grants.models import AllocationKey, Distribution
from tests.factories import (
    make_body,
    make_decided,
    make_draft,
    make_key,
    make_member,
    make_statistic,
)

pytestmark = pytest.mark.django_db


def rows(*parts, initial=0, prefix="parts"):
    """Return what a page with these rows posts."""
    data = {f"{prefix}-TOTAL_FORMS": len(parts), f"{prefix}-INITIAL_FORMS": initial}
    for number, part in enumerate(parts):
        data |= {f"{prefix}-{number}-{name}": value for name, value in part.items()}
    return data


def by(statistic, weight, **more):
    return {"kind": "statistic", "statistic_kind": statistic, "weight": weight} | more


KEY = {"name": "Halva befolkningen", "description": "", "rounding": "exact"}


def row_codes(formset):
    return [
        {name: [e.code for e in errors] for name, errors in form.errors.as_data().items()}
        for form in formset.forms
    ]


def test_key_is_put_together(as_handler, storsthlm):
    response = as_handler.post(
        reverse("grants:key_create"),
        KEY
        | rows(
            {"kind": "top_slice", "percent": "4"},
            {"kind": "base", "amount": "100 000 kr"},
            by("population", "50"),
            by("care_recipients", "12,5"),
            {"kind": "fixed", "fixed": "0127 500 000\nSolna 250000"},
        ),
    )

    key = AllocationKey.objects.get()
    assert response.url == key.get_absolute_url()
    parts = key.components.values_list(
        "position", "kind", "percent", "amount", "weight", "statistic_kind"
    )
    assert list(parts) == [
        (0, "top_slice", Decimal(4), None, None, ""),
        (1, "base", None, 100_000, None, ""),
        (2, "statistic", None, None, Decimal(50), "population"),
        (3, "statistic", None, None, Decimal("12.5"), "care_recipients"),
        (4, "fixed", None, None, None, ""),
    ]
    fixed = key.components.last().fixed_amounts.values_list("municipality__code", "amount")
    assert list(fixed) == [("0127", 500_000), ("0184", 250_000)]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"kind": "top_slice"}, {"percent": ["required"]}),
        ({"kind": "top_slice", "percent": "0"}, {"percent": ["out_of_range"]}),
        ({"kind": "top_slice", "percent": "101"}, {"percent": ["out_of_range"]}),
        ({"kind": "base"}, {"amount": ["required"]}),
        ({"kind": "base", "amount": "0"}, {"amount": ["out_of_range"]}),
        ({"kind": "base", "amount": "1,50"}, {"amount": ["invalid"]}),
        (
            {"kind": "statistic"},
            {"weight": ["required"], "statistic_kind": ["required"]},
        ),
        (by("population", "-1"), {"weight": ["out_of_range"]}),
        (by("other", "1"), {"statistic_name": ["required"]}),
        ({"kind": "fixed", "fixed": ""}, {"fixed": ["required"]}),
        ({"kind": "fixed", "fixed": "Luleå 5\nSolna"}, {"fixed": ["fixed_line"] * 2}),
    ],
)
def test_part_needs_the_numbers_of_its_kind(as_handler, part, expected):
    response = as_handler.post(
        reverse("grants:key_create"), KEY | rows(part, by("population", "1"))
    )

    found = row_codes(response.context["formset"])[0]
    assert {name: sorted(codes) for name, codes in found.items()} == {
        name: sorted(codes) for name, codes in expected.items()
    }
    assert not AllocationKey.objects.exists()


def test_numbers_of_another_kind_are_let_be(as_handler):
    part = {"kind": "base", "amount": "5", "weight": "x", "percent": "7", "fixed": "?"}
    as_handler.post(reverse("grants:key_create"), KEY | rows(part))

    component = AllocationKey.objects.get().components.get()
    assert (component.amount, component.weight, component.percent) == (5, None, None)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], "empty_key"),
        ([by("population", "0"), by("care_recipients", "0")], "zero_weights"),
        (
            [
                {"kind": "top_slice", "percent": "60"},
                {"kind": "top_slice", "percent": "41"},
                by("population", "1"),
            ],
            "percent_out_of_range",
        ),
    ],
)
def test_key_that_can_split_nothing_is_refused(as_handler, parts, code):
    response = as_handler.post(reverse("grants:key_create"), KEY | rows(*parts))

    errors = response.context["formset"].non_form_errors().as_data()
    assert [error.code for error in errors] == [code]


def test_name_is_the_bodys_only(as_handler, storsthlm):
    make_key(storsthlm, name="Befolkning")

    response = as_handler.post(
        reverse("grants:key_create"),
        KEY | {"name": "Befolkning"} | rows(by("population", "1")),
    )

    errors = response.context["form"].errors.as_data()["name"]
    assert [error.code for error in errors] == ["taken"]


def test_add_row_works_without_javascript_and_judges_nothing(as_handler):
    response = as_handler.post(
        reverse("grants:key_create"), {"name": "", "add_row": "parts"} | rows({})
    )

    formset = response.context["formset"]
    assert (len(formset.forms), formset.total_error_count()) == (2, 0)
    assert not AllocationKey.objects.exists()


def test_edit_changes_removes_and_adds_parts(as_handler, storsthlm):
    key = make_key(storsthlm, {"population": 50, "care_recipients": 50})
    first, second = key.components.all()
    page = as_handler.get(reverse("grants:key_edit", args=[key.pk]))

    as_handler.post(
        reverse("grants:key_edit", args=[key.pk]),
        KEY
        | {"seen": page.context["form"]["seen"].value()}
        | rows(
            by("population", "50", id=first.pk, DELETE="on"),
            by("care_recipients", "70", id=second.pk),
            {"kind": "base", "amount": "10"},
            initial=2,
        ),
    )

    assert key.components.values_list("pk", "position", "kind", "weight")[0] == (
        second.pk,
        0,
        "statistic",
        Decimal(70),
    )
    assert list(key.components.values_list("kind", flat=True)) == ["statistic", "base"]


def test_edit_does_not_overwrite_anothers_change(as_handler, storsthlm, approver):
    key = make_key(storsthlm)
    part = key.components.get().pk
    url = reverse("grants:key_edit", args=[key.pk])
    seen = as_handler.get(url).context["form"]["seen"].value()
    key.components.all().delete()

    posted = KEY | {"seen": seen} | rows(by("population", "7", id=part), initial=1)
    response = as_handler.post(url, posted)

    form = response.context["form"]
    assert [e.code for e in form.errors.as_data()["__all__"]] == ["changed_by_another"]
    assert response.context["formset"].forms[0]["weight"].value() == "7"

    as_handler.post(url, posted | {"seen": form["seen"].value()})
    assert list(key.components.values_list("weight", flat=True)) == [Decimal(7)]


def test_detail_shows_weights_as_shares_and_where_it_is_used(as_handler, storsthlm):
    make_statistic(storsthlm)
    make_statistic(storsthlm, kind="care_recipients")
    draft = make_draft(storsthlm, weights={"population": 3, "care_recipients": 1})

    page = as_handler.get(draft.key.get_absolute_url())

    assert [int(part["share"]) for part in page.context["parts"]] == [75, 25]
    assert list(page.context["uses"]) == [draft]


def test_key_of_a_draft_is_deleted_and_the_draft_stands(as_handler, storsthlm):
    draft = make_draft(storsthlm)
    as_handler.post(reverse("grants:key_delete", args=[draft.key.pk]))

    draft.refresh_from_db()
    assert (draft.key, draft.components.count()) == (None, 1)


def test_key_of_a_decided_distribution_stays(as_handler, storsthlm):
    decided = make_decided(storsthlm)
    as_handler.post(reverse("grants:key_delete", args=[decided.key.pk]))

    assert AllocationKey.objects.filter(pk=decided.key.pk).exists()


def test_another_bodys_key_is_not_found(as_handler):
    key = make_key(make_body("Region Dalarna", "20"))

    for name in ("key_detail", "key_edit", "key_delete", "key_history"):
        assert as_handler.get(reverse(f"grants:{name}", args=[key.pk])).status_code == 404


def test_auditor_may_not_change_keys(client, storsthlm):
    key = make_key(storsthlm)
    client.force_login(make_member(storsthlm, role="auditor"))

    assert client.get(key.get_absolute_url()).status_code == 200
    for name in ("key_edit", "key_delete"):
        url = reverse(f"grants:{name}", args=[key.pk])
        assert client.post(url).status_code == 403


def test_list_costs_the_same_for_one_and_three(
    as_handler, storsthlm, django_assert_max_num_queries
):
    url = reverse("grants:key_list")
    make_key(storsthlm)
    as_handler.get(url)
    with django_assert_max_num_queries(100) as one:
        as_handler.get(url)
    for _each in range(2):
        make_key(storsthlm)
    with django_assert_max_num_queries(100) as three:
        as_handler.get(url)

    assert len(one) == len(three)


def test_database_refuses_another_bodys_key_and_statistic(storsthlm):
    draft = make_draft(storsthlm)
    dalarna = make_body("Region Dalarna", "20")
    statistic = make_statistic(dalarna, values={"2080": 1})

    for change in (
        lambda: Distribution.objects.filter(pk=draft.pk).update(key=make_key(dalarna)),
        lambda: draft.components.update(statistic=statistic),
    ):
        with pytest.raises(DatabaseError, match="same body"), transaction.atomic():
            change()
