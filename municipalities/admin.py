"""The admin of places, bodies, people, files and statistics."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.forms import UserChangeForm as DjangoUserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from municipalities import resources
from municipalities.forms import KeepsAnAdministrator, staff_role_choices
from municipalities.imports_admin import StatisticImportMixin
from municipalities.models import (
    CoordinatingBody,
    County,
    Membership,
    Municipality,
    Statistic,
    StatisticValue,
    StoredFile,
    User,
)
from municipalities.numbers import grouped, organisation_number
from municipalities.people import leaves_no_signatory
from municipalities.person_forms import NO_SIGNATORY
from municipalities.scoping import (
    CHANGES,
    READ_ONLY,
    AdministratorPermissions,
    BodyScopedAdmin,
    BodyScopedImportExportAdmin,
    sees_everything,
)

# Roles are memberships here; Django's groups would be a second, silent way to rights.
admin.site.unregister(Group)


@admin.register(County)
class CountyAdmin(BodyScopedImportExportAdmin):
    """Counties: the same for all, changed by the installation's keeper."""

    body_path = None
    administrators_may = READ_ONLY
    resource_classes = [resources.CountyResource]
    list_display = ["code", "name"]
    search_fields = ["code", "name"]


@admin.register(Municipality)
class MunicipalityAdmin(BodyScopedImportExportAdmin):
    """Municipalities: the same for all, changed by the installation's keeper."""

    body_path = None
    administrators_may = READ_ONLY
    resource_classes = [resources.MunicipalityResource]
    list_display = ["code", "name", "formal_name", "own_name", "number", "county"]
    list_display_links = ["code", "name"]
    list_filter = ["county"]
    list_select_related = ["county"]
    search_fields = ["code", "name", "formal_name", "own_name", "organisation_number"]

    @admin.display(description=_("organisation number"), ordering="organisation_number")
    def number(self, municipality: Municipality) -> str:
        """Return the number with its hyphen."""
        return organisation_number(municipality.organisation_number)


@admin.register(CoordinatingBody)
class CoordinatingBodyAdmin(BodyScopedAdmin):
    """Bodies; administrators change their own, and neither add nor remove one."""

    body_path = "pk"
    administrators_may = frozenset({"view", "change"})
    nobody_may = frozenset({"delete"})
    list_display = ["name", "county", "region_name", "email"]
    list_filter = ["county"]
    list_select_related = ["county"]
    search_fields = ["name", "region_name", "organisation_number"]


class UserCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A new user, known by an e-mail address."""

    class Meta:
        model = User
        fields = ("email",)


class UserChangeForm(DjangoUserChangeForm):  # type: ignore[type-arg]
    """A user, known by an e-mail address."""

    class Meta:
        model = User
        fields = "__all__"

    def clean_is_active(self) -> bool:
        """Keep the account of a municipality's last signatory open."""
        is_active: bool = self.cleaned_data["is_active"]
        held = self.instance.memberships.signatories()
        if not is_active and any(leaves_no_signatory(one) for one in held):
            raise ValidationError(NO_SIGNATORY, code="last_signatory")
        return is_active


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    """Users, for the installation's keeper alone: a person may be in several bodies."""

    add_form = UserCreationForm
    form = UserChangeForm
    list_display = ["email", "first_name", "last_name", "is_active", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "phone")}),
        (_("Access"), {"fields": ("is_active", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "usable_password", "password1", "password2")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep people, since what they did is theirs: close the account instead."""
        return False


class MembershipAdminForm(KeepsAnAdministrator, forms.ModelForm):  # type: ignore[type-arg]
    """A membership; the body keeps an administrator."""

    class Meta:
        model = Membership
        fields = [
            "user",
            "body",
            "municipality",
            "role",
            "is_deputy",
            "is_contact",
            "valid_until",
        ]

    def clean(self) -> dict[str, Any]:
        """Keep an administrator in the body, and a signatory in the municipality."""
        data: dict[str, Any] = super().clean() or {}
        self.check_administrator_is_left(data)
        self.check_signatory_is_left(data)
        return data

    def check_signatory_is_left(self, data: dict[str, Any]) -> None:
        """Refuse to take the last signatory's role, or to set an end to it."""
        membership = self.instance
        if not membership.pk or self.errors:
            return
        is_moved = {"user", "municipality"} & set(self.changed_data)
        stays = {} if is_moved else {name: data[name] for name in ("role", "valid_until")}
        if leaves_no_signatory(membership, **stays):
            self.add_error(None, ValidationError(NO_SIGNATORY, code="last_signatory"))


@admin.register(Membership)
class MembershipAdmin(BodyScopedAdmin):
    """Who is what, where. Memberships are ended, not removed."""

    form = MembershipAdminForm
    nobody_may = frozenset({"delete"})
    list_display = ["user", "organisation", "role", "valid_until"]
    list_filter = ["body", "role"]
    list_select_related = ["user", "body", "municipality"]
    search_fields = ["user__email", "user__first_name", "user__last_name"]

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what is for municipalities, from those who have one body."""
        return [] if sees_everything(request) else ["municipality", "is_deputy"]

    def formfield_for_choice_field(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer an administrator the roles of a body."""
        if db_field.name == "role" and not sees_everything(request):
            kwargs["choices"] = staff_role_choices()
        return super().formfield_for_choice_field(db_field, request, **kwargs)


@admin.register(StoredFile)
class StoredFileAdmin(BodyScopedAdmin):
    """Files, to look at: their content never changes."""

    nobody_may = CHANGES
    list_display = ["name", "size", "content_type", "created_at"]
    list_filter = ["body", "content_type"]
    search_fields = ["name", "sha256"]
    date_hierarchy = "created_at"
    fields = ("download", "body", "size", "content_type", "sha256", "created_at")
    readonly_fields = fields

    @admin.display(description=_("file"))
    def download(self, file: StoredFile) -> SafeString:
        """Return a link to the file."""
        return format_html('<a href="{}">{}</a>', file.get_absolute_url(), file.name)


class ValueInline(AdministratorPermissions, admin.TabularInline):  # type: ignore[type-arg]
    """A statistic's values. Which municipalities it has is not changed here."""

    model = StatisticValue
    fields = ["municipality", "value"]
    readonly_fields = ["municipality"]
    extra = 0
    can_delete = False
    nobody_may = frozenset({"add", "delete"})

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatisticValue]:
        """Return the values with their municipalities."""
        return super().get_queryset(request).select_related("municipality")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave what a decided distribution rests on."""
        return super().has_change_permission(request, obj) and not is_locked(obj)


def is_locked(statistic: Any) -> bool:
    """Return whether the row is a statistic that a decided distribution rests on."""
    return isinstance(statistic, Statistic) and statistic.is_locked


@admin.register(Statistic)
class StatisticAdmin(StatisticImportMixin, BodyScopedImportExportAdmin):
    """Statistics with their values, typed on the pages or read from a file."""

    nobody_may = frozenset({"add"})
    resource_classes = [resources.StatisticFactsResource]
    list_display = ["label", "period", "count", "total", "source", "imported_at", "locked"]
    list_filter = ["body", "kind", "reference_on"]
    search_fields = ["name", "source", "file__name"]
    date_hierarchy = "reference_on"
    readonly_fields = ["imported_by", "imported_at", "locked_at"]
    inlines = [ValueInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Statistic]:
        """Return the statistics with their counts and sums."""
        rows: QuerySet[Statistic] = super().get_queryset(request)
        return rows.with_totals()  # type: ignore[attr-defined,no-any-return]

    @admin.display(description=pgettext_lazy("statistic", "kind"), ordering="kind")
    def label(self, statistic: Statistic) -> str:
        """Return what is counted."""
        return statistic.label

    @admin.display(description=_("municipalities"), ordering="municipality_count")
    def count(self, statistic: Any) -> int:
        """Return how many municipalities have a value."""
        count: int = statistic.municipality_count
        return count

    @admin.display(description=pgettext_lazy("of figures", "sum"), ordering="total")
    def total(self, statistic: Any) -> str:
        """Return the sum of the values."""
        return grouped(statistic.total or 0)

    @admin.display(description=_("locked"), boolean=True, ordering="locked_at")
    def locked(self, statistic: Statistic) -> bool:
        """Return whether a decided distribution rests on it."""
        return statistic.is_locked

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave what a decided distribution rests on."""
        return super().has_change_permission(request, obj) and not is_locked(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep what a decided distribution rests on."""
        return super().has_delete_permission(request, obj) and not is_locked(obj)


@admin.register(StatisticValue)
class StatisticValueAdmin(BodyScopedImportExportAdmin):
    """Values, to search among and to take out. They are changed on their statistic."""

    body_path = "statistic__body"
    nobody_may = CHANGES
    resource_classes = [resources.StatisticValuesResource]
    list_display = ["municipality", "statistic", "shown"]
    list_filter = ["statistic__kind", "statistic__reference_on", "municipality__county"]
    list_select_related = ["municipality", "statistic"]
    search_fields = ["municipality__name", "municipality__code", "statistic__name"]

    @admin.display(description=_("value"), ordering="value")
    def shown(self, value: StatisticValue) -> str:
        """Return the value as people read it."""
        return grouped(value.value)

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[StatisticValue]:
        """Return the rows with what the file says of them."""
        rows = super().get_export_queryset(request)
        return rows.select_related("municipality", "statistic")  # type: ignore[no-any-return]
