"""What lists can be narrowed to."""

from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.models import Agreement, AllocationKey, Grant


def years_of(rows: QuerySet[Any]) -> list[tuple[int, str]]:
    """Return the years that the rows have, the latest first."""
    years = rows.order_by("-year").values_list("year", flat=True).distinct()
    return [(year, str(year)) for year in years]


class YearFilter(filters.TypedChoiceFilter):  # type: ignore[misc]
    """One of the years that there are."""

    def __init__(self, **kwargs: Any) -> None:
        """Read whole numbers."""
        super().__init__(field_name="year", coerce=int, **kwargs)


class WithYears(filters.FilterSet):  # type: ignore[misc]
    """A filter that offers the years of its own rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Look up the years."""
        super().__init__(*args, **kwargs)
        self.form.fields["year"].choices = [
            ("", _("All years")),
            *years_of(
                type(self)._meta.model.objects.filter(body=self.request.organisation)
            ),
        ]


class AgreementFilter(WithYears):
    """Agreements by text and year."""

    q = filters.CharFilter(label=_("Search"), method="search")
    year = YearFilter(label=_("Year"))

    class Meta:
        model = Agreement
        fields = ["q", "year"]

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep those whose title or parties hold every word."""
        for word in value.split():
            rows = rows.filter(Q(title__icontains=word) | Q(parties__icontains=word))
        return rows


class GrantFilter(WithYears):
    """Grants by text, year, application and distribution."""

    STATES = [
        ("none", _("not started")),
        ("draft", pgettext_lazy("distribution", "draft")),
        ("decided", pgettext_lazy("distribution", "decided")),
    ]

    q = filters.CharFilter(label=_("Search"), method="search")
    year = YearFilter(label=_("Year"))
    status = filters.ChoiceFilter(
        label=_("Status"), choices=Grant.Status.choices, empty_label=_("All")
    )
    distribution = filters.ChoiceFilter(
        label=_("Distribution"), choices=STATES, method="by_state", empty_label=_("All")
    )

    class Meta:
        model = Grant
        fields = ["q", "year", "status", "distribution"]

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep those whose names, record number or agreement hold every word."""
        for word in value.split():
            rows = rows.filter(
                Q(title__icontains=word)
                | Q(short_title__icontains=word)
                | Q(record_number__icontains=word)
                | Q(agreement__title__icontains=word)
            )
        return rows

    def by_state(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep those whose distribution has come so far."""
        if value == "draft":
            return rows.filter(draft_version__isnull=False)
        if value == "decided":
            return rows.filter(decided_version__isnull=False)
        return rows.filter(draft_version=None, decided_version=None)


class KeyFilter(filters.FilterSet):  # type: ignore[misc]
    """Keys by text."""

    q = filters.CharFilter(label=_("Search"), method="search")

    class Meta:
        model = AllocationKey
        fields = ["q"]

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep those whose name or description hold every word."""
        for word in value.split():
            rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
        return rows
