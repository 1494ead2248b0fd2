"""What lists of places and statistics can be limited to."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from municipalities.forms import kind_choices, staff_role_choices
from municipalities.models import (
    County,
    Membership,
    Municipality,
    Statistic,
)


class MunicipalityFilter(django_filters.FilterSet):  # type: ignore[misc]
    """By name, code or number, and by county."""

    text = django_filters.CharFilter(
        method="matching", label=_("Name, code or organisation number")
    )
    county = django_filters.ModelChoiceFilter(
        queryset=County.objects.all(),
        to_field_name="code",
        label=_("County"),
        empty_label=_("All of Sweden"),
    )

    class Meta:
        model = Municipality
        fields = ["text", "county"]

    def matching(
        self, queryset: QuerySet[Municipality], name: str, value: str
    ) -> QuerySet[Municipality]:
        """Keep those with the text in a name, or that begin with the digits."""
        digits = value.replace("-", "").replace(" ", "")
        found = (
            Q(name__icontains=value)
            | Q(formal_name__icontains=value)
            | Q(own_name__icontains=value)
        )
        if digits.isdecimal():
            found |= Q(code__startswith=digits) | Q(organisation_number__startswith=digits)
        return queryset.filter(found)


class StatisticFilter(django_filters.FilterSet):  # type: ignore[misc]
    """By kind and year."""

    kind = django_filters.ChoiceFilter(
        choices=kind_choices, label=_("Kind"), empty_label=_("All kinds")
    )
    year = django_filters.ChoiceFilter(
        field_name="reference_on__year", label=_("Year"), empty_label=_("All years")
    )

    class Meta:
        model = Statistic
        fields = ["kind", "year"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the years that there are."""
        super().__init__(*args, **kwargs)
        days = self.queryset.order_by().values_list("reference_on__year", flat=True)
        years = sorted(set(days.distinct()), reverse=True)
        self.filters["year"].extra["choices"] = [(year, str(year)) for year in years]


class MembershipFilter(django_filters.FilterSet):  # type: ignore[misc]
    """By name and role."""

    text = django_filters.CharFilter(method="matching", label=_("Name or e-mail"))
    role = django_filters.ChoiceFilter(
        choices=staff_role_choices,
        label=_("Role"),
        empty_label=_("All roles"),
    )

    class Meta:
        model = Membership
        fields = ["text", "role"]

    def matching(
        self, queryset: QuerySet[Membership], name: str, value: str
    ) -> QuerySet[Membership]:
        """Keep people with the text in their name or address."""
        return queryset.filter(
            Q(user__first_name__icontains=value)
            | Q(user__last_name__icontains=value)
            | Q(user__email__icontains=value)
        )
