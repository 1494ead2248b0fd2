"""A body's funds under an agreement, and the facts that follow them."""

from datetime import date
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.fields import MoneyField
from grants.models.agreements import Agreement
from grants.models.same_body import same_body
from municipalities.models import CoordinatingBody, StoredFile
from municipalities.prepared import Prepared
from municipalities.tracking import tracked
from municipalities.triggers import stays_with_its_body


def both_sums() -> list[Any]:
    """Return a grant's distributed budget and what is carried over, as subqueries."""
    lines = BudgetLine.objects.filter(grant=OuterRef("pk"), is_distributed=True)
    carried = CarryOver.objects.filter(grant=OuterRef("pk"))
    return [
        Coalesce(
            Subquery(
                rows.order_by()
                .values("grant")
                .annotate(total=Sum("amount"))
                .values("total")
            ),
            0,
            output_field=MoneyField(),
        )
        for rows in (lines, carried)
    ]


class GrantQuerySet(models.QuerySet["Grant"]):
    """What is asked of grants."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep the body's own."""
        return self.filter(body=body)

    def with_pot(self) -> Self:
        """Annotate ``pot_amount``: what ``Grant.pot`` counts, for many at once."""
        budget, carried = both_sums()
        return self.annotate(pot_amount=budget + carried)

    def with_distribution(self) -> Self:
        """Annotate ``decided_version`` and ``draft_version``; a grant has one of each.

        Subqueries, not joins: PostgreSQL asks them for the rows of the page alone.
        """
        same = Grant.objects.filter(pk=OuterRef("pk")).order_by()
        versions = {
            status: Subquery(
                same.filter(distributions__status=status).values("distributions__version")
            )
            for status in ("decided", "draft")
        }
        return self.annotate(
            decided_version=versions["decided"], draft_version=versions["draft"]
        )

    def with_next_deadline(self, today: date) -> Self:
        """Annotate ``next_due_on``: the first last day from ``today`` on."""
        same = Grant.objects.filter(pk=OuterRef("pk"), deadlines__due_on__gte=today)
        first = same.order_by().values("pk").annotate(first=Min("deadlines__due_on"))
        return self.annotate(next_due_on=Subquery(first.values("first")))


@tracked()
class Grant(models.Model):
    """One body's funds for a purpose and a year (stimulansmedel)."""

    class Origin(models.TextChoices):
        """How the body gets the funds."""

        AGREEMENT = "agreement", _("under an agreement")
        APPLIED = "applied", _("applied for separately")

    class Status(models.TextChoices):
        """How far an application has come; funds under an agreement are granted."""

        APPLIED = "applied", pgettext_lazy("grant", "applied for")
        GRANTED = "granted", pgettext_lazy("grant", "granted")
        REJECTED = "rejected", pgettext_lazy("grant", "rejected")

    class Unit(models.TextChoices):
        """How the memo's budget table shows amounts."""

        KRONOR = "kr", _("kronor")
        THOUSANDS = "tkr", _("thousands of kronor (tkr)")
        MILLIONS = "mkr", _("millions of kronor (mkr)")

    body = models.ForeignKey(
        CoordinatingBody, models.PROTECT, related_name="grants", verbose_name=_("body")
    )
    agreement = models.ForeignKey(
        Agreement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="grants",
        verbose_name=_("agreement"),
    )
    follows = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="followed_by",
        verbose_name=_("follows"),
        help_text=_("The corresponding grant of the year before."),
    )
    title = models.CharField(_("title"), max_length=250)
    short_title = models.CharField(
        _("short title"),
        max_length=80,
        help_text=_("For lists and menus."),
    )
    year = models.PositiveSmallIntegerField(
        _("year"), validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )
    origin = models.CharField(
        _("origin"), max_length=20, choices=Origin, default=Origin.AGREEMENT
    )
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.GRANTED
    )
    record_number = models.CharField(
        _("record number (dnr)"),
        max_length=40,
        blank=True,
        help_text=_("For example S/20/0026."),
    )
    amount = MoneyField(
        _("amount"), null=True, blank=True, help_text=_("All the county receives.")
    )
    region_amount = MoneyField(
        _("of which to the region"),
        null=True,
        blank=True,
        help_text=_("Leave empty where the region gets no part of its own."),
    )
    national_amount = MoneyField(
        _("amount for the whole country"),
        null=True,
        blank=True,
        help_text=_("What the state sets aside for all counties, where it is known."),
    )
    applied_amount = MoneyField(
        _("amount applied for"),
        null=True,
        blank=True,
        help_text=_("For funds that are applied for separately."),
    )
    preparation = models.TextField(
        _("state of preparation"),
        blank=True,
        help_text=_(
            "How far the decision on the use has come, for the overview of the year."
        ),
    )
    budget_unit = models.CharField(
        _("unit in the memo's budget table"),
        max_length=3,
        choices=Unit,
        default=Unit.KRONOR,
    )
    uses_from = models.DateField(_("to be used from"))
    uses_until = models.DateField(_("to be used no later than"))
    unused_rule = models.TextField(
        _("rule for unused funds"),
        blank=True,
        help_text=_("As the agreement writes it, with the page."),
    )
    repay_to = models.CharField(
        _("unused funds are repaid to"),
        max_length=100,
        blank=True,
        help_text=_("For example Kammarkollegiet."),
    )
    repay_by = models.DateField(_("to be repaid no later than"), null=True, blank=True)
    paid_by = models.CharField(
        _("the state's payer"),
        max_length=100,
        blank=True,
        help_text=_("Where the money comes from, for example Kammarkollegiet."),
    )
    reported_to = models.CharField(
        _("is reported to"),
        max_length=100,
        blank=True,
        help_text=_("For example Socialstyrelsen."),
    )
    invoice_reference = models.CharField(
        _("invoice reference"),
        max_length=40,
        blank=True,
        help_text=_("For example 781 or 717/771."),
    )
    invoice_text = models.CharField(
        _("text that the invoice carries"), max_length=300, blank=True
    )
    questions_email = models.EmailField(
        _("mailbox for questions"),
        blank=True,
        help_text=_("Where it differs from the body's own."),
    )
    refuses_late = models.BooleanField(
        _("no answers after the last day"),
        default=False,
        help_text=_("Otherwise late answers are taken and marked as late."),
    )
    background = models.TextField(
        _("background"),
        blank=True,
        help_text=_("Opens the memo. Written in Markdown."),
    )
    addressees = models.TextField(
        _("addressees"), blank=True, help_text=_("One on each line.")
    )
    use_introduction = models.TextField(
        _("how the funds may be used"),
        blank=True,
        help_text=_("Stands before the purposes in the memo. Written in Markdown."),
    )
    use_conditions = models.TextField(
        _("conditions for the use"),
        blank=True,
        help_text=_("Stands after the purposes in the memo. Written in Markdown."),
    )

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "short_title", "pk"]
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        # A page of the list is read in its order, without the rest.
        indexes = [
            models.Index(
                fields=["body", "-year", "short_title", "id"], name="grant_in_the_list"
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="grant_use_ends_after_it_starts",
                condition=Q(uses_until__gte=F("uses_from")),
                violation_error_message=_("The period of use ends before it starts."),
            ),
            models.CheckConstraint(
                name="grant_amounts_are_not_negative",
                condition=(Q(amount=None) | Q(amount__gte=0))
                & (Q(region_amount=None) | Q(region_amount__gte=0))
                & (Q(national_amount=None) | Q(national_amount__gte=0))
                & (Q(applied_amount=None) | Q(applied_amount__gte=0)),
                violation_error_message=_("An amount cannot be below zero."),
            ),
            models.CheckConstraint(
                name="grant_region_amount_is_within_the_amount",
                condition=Q(region_amount=None) | Q(region_amount__lte=F("amount")),
                violation_error_message=_(
                    "The region's part is more than the whole amount."
                ),
            ),
            models.CheckConstraint(
                name="grant_under_agreement_has_agreement",
                condition=~Q(origin="agreement") | Q(agreement__isnull=False),
                violation_error_message=_("Choose the agreement."),
            ),
            models.CheckConstraint(
                name="grant_applied_amount_is_of_an_application",
                condition=Q(applied_amount=None) | Q(origin="applied"),
                violation_error_message=_(
                    "Only funds that are applied for separately have an amount applied for."
                ),
            ),
            models.CheckConstraint(
                name="grant_does_not_follow_itself",
                condition=Q(follows=None) | ~Q(follows=F("id")),
                violation_error_message=_("A grant cannot follow itself."),
            ),
            models.UniqueConstraint(
                name="one_grant_a_record_number",
                fields=["body", "record_number"],
                condition=~Q(record_number=""),
                violation_error_message=_(
                    "There is already a grant with this record number."
                ),
            ),
        ]
        triggers = [
            stays_with_its_body("grant_stays_with_its_body"),
            same_body(
                "grant_agreement_is_the_bodys",
                "SELECT 1 FROM grants_agreement"
                " WHERE id = NEW.agreement_id AND body_id <> NEW.body_id",
            ),
            same_body(
                "grant_follows_the_bodys_own",
                "SELECT 1 FROM grants_grant"
                " WHERE id = NEW.follows_id AND body_id <> NEW.body_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.short_title} {self.year}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("grants:grant_detail", args=[self.pk])

    @property
    def questions_to(self) -> str:
        """The mailbox that municipalities write to."""
        return self.questions_email or self.body.questions_email

    @property
    def is_for_its_year(self) -> bool:
        """Whether it is to be used during its own year, from the first day to the last."""
        year = date(self.year, 1, 1), date(self.year, 12, 31)
        return (self.uses_from, self.uses_until) == year

    @property
    def municipalities_amount(self) -> int | None:
        """Kronor on the municipalities' side, where the whole amount is known."""
        if self.amount is None:
            return None
        return int(self.amount - (self.region_amount or 0))

    def pot(self) -> int:
        """Return the kronor to split: distributed budget lines and carry-over."""
        return sum(self.pot_of_today())

    def pot_of_today(self) -> tuple[int, int]:
        """Return the distributed budget and what is carried over (kvarvarande medel).

        Kronor: of the lines that the key splits, and from earlier grants.
        """
        [(budget, carried)] = _pots(self.pk)
        return int(budget), int(carried)


@Prepared
def _pots(grant: int) -> QuerySet[Any, tuple[int, int]]:
    return Grant.objects.filter(pk=grant).values_list(*both_sums())


@tracked()
class Purpose(models.Model):
    """A permitted use: a heading, or a point below one."""

    grant = models.ForeignKey(
        Grant, models.CASCADE, related_name="purposes", verbose_name=_("grant")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    heading = models.CharField(_("heading"), max_length=300)
    text = models.TextField(
        _("points"),
        blank=True,
        help_text=_("Examples below the heading, one on each line."),
    )

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")

    def __str__(self) -> str:
        return self.heading

    @property
    def points(self) -> list[str]:
        """The points below the heading."""
        return [line.strip() for line in self.text.splitlines() if line.strip()]


@tracked()
class BudgetLine(models.Model):
    """What a part of the funds goes to."""

    class Side(models.TextChoices):
        """Whose money it is."""

        MUNICIPALITIES = "municipalities", pgettext_lazy("side", "the municipalities")
        REGION = "region", pgettext_lazy("side", "the region")
        COMMON = "common", pgettext_lazy("side", "common in the county")

    grant = models.ForeignKey(
        Grant, models.CASCADE, related_name="budget_lines", verbose_name=_("grant")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    activity = models.CharField(_("activity"), max_length=300)
    side = models.CharField(
        _("side"), max_length=20, choices=Side, default=Side.MUNICIPALITIES
    )
    amount = MoneyField(
        _("amount"), null=True, blank=True, help_text=_("Empty: not yet decided.")
    )
    is_distributed = models.BooleanField(_("is split by the key"), default=False)
    is_conditional = models.BooleanField(_("depends on a decision"), default=False)
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("budget line")
        verbose_name_plural = _("budget lines")
        constraints = [
            models.CheckConstraint(
                name="budget_line_amount_is_not_negative",
                condition=Q(amount=None) | Q(amount__gte=0),
                violation_error_message=_("An amount cannot be below zero."),
            ),
            models.CheckConstraint(
                name="distributed_budget_line_is_the_municipalities_and_decided",
                condition=Q(is_distributed=False)
                | Q(side="municipalities", amount__isnull=False),
                violation_error_message=_(
                    "A line that is split by the key belongs to the municipalities "
                    "and has an amount."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.activity


@tracked()
class GrantPart(models.Model):
    """A sub-area (delområde) of an agreement, with the county's part of its money."""

    grant = models.ForeignKey(
        Grant, models.CASCADE, related_name="parts", verbose_name=_("grant")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    area = models.CharField(
        _("area of development"),
        max_length=200,
        blank=True,
        help_text=_("Where the agreement gathers several sub-areas under one."),
    )
    title = models.CharField(_("sub-area"), max_length=200)
    side = models.CharField(
        _("side"),
        max_length=20,
        choices=BudgetLine.Side,
        default=BudgetLine.Side.REGION,
    )
    national_amount = MoneyField(
        _("the whole country, kr"),
        null=True,
        blank=True,
        help_text=_("Empty: not known."),
    )
    amount = MoneyField(
        _("the county, kr"), null=True, blank=True, help_text=_("Empty: not known.")
    )

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("sub-area")
        verbose_name_plural = _("sub-areas")
        constraints = [
            models.CheckConstraint(
                name="grant_part_amounts_are_not_negative",
                condition=(Q(amount=None) | Q(amount__gte=0))
                & (Q(national_amount=None) | Q(national_amount__gte=0)),
                violation_error_message=_("An amount cannot be below zero."),
            ),
            models.CheckConstraint(
                name="grant_part_is_within_the_nation",
                condition=Q(amount=None)
                | Q(national_amount=None)
                | Q(amount__lte=F("national_amount")),
                violation_error_message=_(
                    "The county's amount is more than the whole country's."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked()
class CarryOver(models.Model):
    """Funds left from an earlier grant that are split together with this one's."""

    grant = models.ForeignKey(
        Grant, models.CASCADE, related_name="carry_overs", verbose_name=_("grant")
    )
    from_grant = models.ForeignKey(
        Grant,
        models.PROTECT,
        related_name="carried_to",
        verbose_name=_("left from"),
    )
    amount = MoneyField(_("amount"))
    comment = models.CharField(_("comment"), max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("carry-over")
        verbose_name_plural = _("carry-overs")
        constraints = [
            models.CheckConstraint(
                name="carry_over_is_above_zero",
                condition=Q(amount__gt=0),
                violation_error_message=_("Write an amount above zero."),
            ),
            models.CheckConstraint(
                name="carry_over_is_from_another_grant",
                condition=~Q(grant=F("from_grant")),
                violation_error_message=_("Choose an earlier grant, not this one."),
            ),
            models.UniqueConstraint(
                name="one_carry_over_from_a_grant",
                fields=["grant", "from_grant"],
                violation_error_message=_("The earlier grant is already on the list."),
            ),
        ]
        triggers = [
            same_body(
                "carry_over_is_within_the_body",
                "SELECT 1 FROM grants_grant AS earlier, grants_grant AS later"
                " WHERE earlier.id = NEW.from_grant_id AND later.id = NEW.grant_id"
                " AND earlier.body_id <> later.body_id",
            ),
        ]

    def __str__(self) -> str:
        return str(self.from_grant)


@tracked()
class Decision(models.Model):
    """What somebody decided about the grant, and when."""

    grant = models.ForeignKey(
        Grant, models.CASCADE, related_name="decisions", verbose_name=_("grant")
    )
    decided_on = models.DateField(_("decided on"))
    deciding_body = models.CharField(_("decided by"), max_length=200)
    record_number = models.CharField(_("record number (dnr)"), max_length=40, blank=True)
    text = models.TextField(_("what was decided"))
    file = models.ForeignKey(
        StoredFile,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("file"),
    )

    class Meta:
        ordering = ["decided_on", "pk"]
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        triggers = [
            same_body(
                "decision_file_is_the_bodys",
                "SELECT 1 FROM municipalities_storedfile AS file, grants_grant AS granted"
                " WHERE file.id = NEW.file_id AND granted.id = NEW.grant_id"
                " AND file.body_id <> granted.body_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decided_on:%Y-%m-%d} {self.deciding_body}"
