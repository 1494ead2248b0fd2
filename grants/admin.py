"""The admin of agreements, grants, keys and distributions."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from grants import resources
from grants.models import (
    Adjustment,
    Agreement,
    Allocation,
    AllocationKey,
    BudgetLine,
    CarryOver,
    Deadline,
    DeadlineDone,
    Decision,
    Distribution,
    DistributionComponent,
    DistributionFixedAmount,
    Grant,
    GrantPart,
    KeyComponent,
    KeyFixedAmount,
    Purpose,
)
from municipalities.numbers import grouped
from municipalities.scoping import (
    CHANGES,
    AdministratorPermissions,
    BodyScopedAdmin,
    BodyScopedImportExportAdmin,
)


def shown(amount: int | None) -> str:
    """Return kronor as people read them."""
    return "\N{EN DASH}" if amount is None else grouped(amount)


class AmountColumn:
    """A column with kronor."""

    @admin.display(description=_("amount"), ordering="amount")
    def kronor(self, row: Any) -> str:
        """Return the row's amount."""
        return shown(row.amount)


class RowInline(AdministratorPermissions, admin.TabularInline):  # type: ignore[type-arg]
    """Rows on the page of what they belong to."""

    extra = 0


@admin.register(Agreement)
class AgreementAdmin(BodyScopedImportExportAdmin):
    """Agreements."""

    resource_classes = [resources.AgreementResource]
    list_display = ["title", "year", "parties", "adopted_on", "has_reporting_relief"]
    list_filter = ["body", "year", "has_reporting_relief"]
    search_fields = ["title", "parties", "comment"]


class PurposeInline(RowInline):
    """The purposes of a grant."""

    model = Purpose


class BudgetLineInline(RowInline):
    """The budget of a grant."""

    model = BudgetLine


class GrantPartInline(RowInline):
    """The sub-areas of a grant."""

    model = GrantPart


class CarryOverInline(RowInline):
    """What a grant has from earlier ones."""

    model = CarryOver
    fk_name = "grant"


class DeadlineInline(RowInline):
    """The last days of a grant."""

    model = Deadline


class DecisionInline(RowInline):
    """What was decided about a grant."""

    model = Decision


@admin.register(Grant)
class GrantAdmin(AmountColumn, BodyScopedImportExportAdmin):
    """Grants with all their facts."""

    resource_classes = [resources.GrantResource]
    list_display = ["short_title", "year", "record_number", "agreement", "status", "kronor"]
    list_filter = ["body", "year", "origin", "status"]
    list_select_related = ["agreement"]
    search_fields = ["title", "short_title", "record_number", "agreement__title"]
    inlines = [
        PurposeInline,
        BudgetLineInline,
        GrantPartInline,
        CarryOverInline,
        DeadlineInline,
        DecisionInline,
    ]


class FactsOfGrantAdmin(BodyScopedAdmin):
    """Rows that belong to a grant."""

    body_path = "grant__body"
    list_select_related = ["grant"]


class ImportedFactsAdmin(BodyScopedImportExportAdmin):
    """Rows that belong to a grant and come from files too."""

    body_path = "grant__body"
    list_select_related = ["grant"]


@admin.register(Purpose)
class PurposeAdmin(ImportedFactsAdmin):
    """Purposes."""

    resource_classes = [resources.PurposeResource]
    list_display = ["heading", "grant", "position"]
    list_filter = ["grant__year", "grant"]
    search_fields = ["heading", "text", "grant__title", "grant__record_number"]


@admin.register(BudgetLine)
class BudgetLineAdmin(AmountColumn, ImportedFactsAdmin):
    """Budget lines."""

    resource_classes = [resources.BudgetLineResource]
    list_display = [
        "activity",
        "grant",
        "side",
        "kronor",
        "is_distributed",
        "is_conditional",
    ]
    list_filter = ["grant__year", "side", "is_distributed", "is_conditional", "grant"]
    search_fields = ["activity", "comment", "grant__title", "grant__record_number"]


@admin.register(GrantPart)
class GrantPartAdmin(AmountColumn, FactsOfGrantAdmin):
    """Sub-areas."""

    list_display = ["title", "grant", "area", "side", "kronor"]
    list_filter = ["grant__year", "side"]
    search_fields = ["title", "area", "grant__title", "grant__record_number"]


@admin.register(CarryOver)
class CarryOverAdmin(AmountColumn, FactsOfGrantAdmin):
    """Carry-over."""

    list_display = ["grant", "from_grant", "kronor"]
    list_filter = ["grant__year"]
    list_select_related = ["grant", "from_grant"]
    search_fields = ["grant__title", "from_grant__title", "comment"]


@admin.register(Deadline)
class DeadlineAdmin(ImportedFactsAdmin):
    """Last days."""

    resource_classes = [resources.DeadlineResource]
    list_display = ["label", "grant", "due_on", "actor", "follows", "is_paused"]
    list_filter = ["kind", "actor", "is_paused", "grant"]
    list_select_related = ["grant", "follows"]
    date_hierarchy = "due_on"
    search_fields = ["title", "grant__title", "grant__record_number"]

    @admin.display(description=_("title"), ordering="kind")
    def label(self, deadline: Deadline) -> str:
        """Return what must be done."""
        return deadline.label


@admin.register(DeadlineDone)
class DeadlineDoneAdmin(BodyScopedAdmin):
    """What is noted as done."""

    body_path = "deadline__grant__body"
    list_display = ["deadline", "municipality", "done_on", "noted_by", "note"]
    list_select_related = ["deadline", "municipality", "noted_by"]
    date_hierarchy = "done_on"
    search_fields = ["deadline__title", "deadline__grant__title", "note"]


@admin.register(Decision)
class DecisionAdmin(FactsOfGrantAdmin):
    """Decisions about grants."""

    list_display = ["decided_on", "deciding_body", "grant", "record_number"]
    list_filter = ["deciding_body", "grant"]
    date_hierarchy = "decided_on"
    search_fields = ["deciding_body", "text", "record_number", "grant__title"]


class KeyComponentInline(RowInline):
    """The parts of a key."""

    model = KeyComponent


@admin.register(AllocationKey)
class AllocationKeyAdmin(BodyScopedImportExportAdmin):
    """Keys."""

    resource_classes = [resources.KeyResource]
    list_display = ["name", "rounding", "description"]
    list_filter = ["body", "rounding"]
    search_fields = ["name", "description"]
    inlines = [KeyComponentInline]


class KeyFixedAmountInline(RowInline):
    """The fixed amounts of a part."""

    model = KeyFixedAmount


@admin.register(KeyComponent)
class KeyComponentAdmin(BodyScopedImportExportAdmin):
    """Parts of keys."""

    body_path = "key__body"
    resource_classes = [resources.KeyComponentResource]
    list_display = [
        "key",
        "position",
        "kind",
        "percent",
        "kronor",
        "weight",
        "statistic_kind",
    ]
    list_filter = ["key", "kind", "statistic_kind"]
    list_select_related = ["key"]
    search_fields = ["key__name", "statistic_name"]
    inlines = [KeyFixedAmountInline]

    @admin.display(description=_("kronor to each"), ordering="amount")
    def kronor(self, component: KeyComponent) -> str:
        """Return the base."""
        return shown(component.amount)


# Distributions are made and decided on their own pages; here they are only looked at.


class ShownInline(RowInline):
    """Rows to look at."""

    nobody_may = CHANGES
    can_delete = False
    show_change_link = False


class DistributionComponentInline(ShownInline):
    """The parts of a distribution."""

    model = DistributionComponent
    fields = ("position", "kind", "percent", "amount", "weight", "statistic")
    readonly_fields = fields


class AllocationInline(ShownInline):
    """What each municipality gets."""

    model = Allocation
    fields = ("municipality", "calculated", "amount")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Allocation]:
        """Return the amounts with their municipalities."""
        return super().get_queryset(request).select_related("municipality")


@admin.register(Distribution)
class DistributionAdmin(BodyScopedImportExportAdmin):
    """Distributions, to look at and to take out."""

    body_path = "grant__body"
    nobody_may = CHANGES
    resource_classes = [resources.DistributionResource]
    list_display = ["grant", "version", "status", "kronor", "decided_on", "decided_by"]
    list_filter = ["status", "grant__year", "rounding"]
    list_select_related = ["grant", "decided_by"]
    search_fields = ["grant__title", "grant__short_title", "grant__record_number", "reason"]
    inlines = [DistributionComponentInline, AllocationInline]

    @admin.display(description=_("pot"), ordering="pot")
    def kronor(self, distribution: Distribution) -> str:
        """Return the pot."""
        return shown(distribution.pot)

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Distribution]:
        """Return the rows with what the file says of them."""
        rows = super().get_export_queryset(request)
        return rows.select_related("grant")  # type: ignore[no-any-return]


@admin.register(Allocation)
class AllocationAdmin(AmountColumn, BodyScopedImportExportAdmin):
    """Allocated amounts, to search among and to take out."""

    body_path = "distribution__grant__body"
    nobody_may = CHANGES
    resource_classes = [resources.AllocationResource]
    list_display = ["municipality", "distribution", "kronor"]
    list_filter = ["distribution__status", "distribution__grant__year", "municipality"]
    list_select_related = ["municipality", "distribution__grant"]
    search_fields = [
        "municipality__name",
        "municipality__code",
        "distribution__grant__title",
        "distribution__grant__record_number",
    ]

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Allocation]:
        """Return the rows with what the file says of them."""
        rows = super().get_export_queryset(request)
        return rows.select_related("municipality", "distribution__grant")  # type: ignore[no-any-return]


@admin.register(Adjustment)
class AdjustmentAdmin(AmountColumn, BodyScopedAdmin):
    """Changes by hand, to look at."""

    body_path = "allocation__distribution__grant__body"
    nobody_may = CHANGES
    list_display = ["allocation", "kronor", "reason", "made_by", "made_at"]
    list_select_related = ["allocation__municipality", "made_by"]
    search_fields = ["reason", "allocation__municipality__name"]
    date_hierarchy = "made_at"


@admin.register(DistributionFixedAmount)
class DistributionFixedAmountAdmin(AmountColumn, BodyScopedAdmin):
    """Fixed amounts of distributions, to look at."""

    body_path = "component__distribution__grant__body"
    nobody_may = CHANGES
    list_display = ["municipality", "component", "kronor"]
    list_select_related = ["municipality", "component__statistic"]
    search_fields = ["municipality__name", "municipality__code"]
