"""What became of the money that was paid: used, to be repaid, or carried over.

A settlement (slutavräkning) is one municipality's, or one of the shares that the region or
the body keeps. It is never changed: a correction is a new version, and the latest holds.
"""

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grants.fields import MoneyField
from grants.models import BudgetLine, Grant
from invoices.models.payments import AMOUNTS, COVERED
from municipalities.models import CoordinatingBody, Municipality
from municipalities.tracking import tracked

# The grant is locked, so that two corrections, or a correction and a claim, do not each see
# only themselves; the claims are locked, so that no receipt comes in between.
SETTLES_WHAT_IS_THERE = """
PERFORM 1 FROM grants_grant WHERE id = NEW.grant_id FOR NO KEY UPDATE;
PERFORM 1 FROM invoices_repayment AS claim
    JOIN invoices_settlement AS settled ON settled.id = claim.settlement_id
    WHERE settled.grant_id = NEW.grant_id
    AND settled.municipality_id = NEW.municipality_id
    ORDER BY claim.id FOR NO KEY UPDATE OF claim;
IF NEW.municipality_id IS NOT NULL THEN
    SELECT COALESCE(SUM(payment.amount), 0) INTO whole
        FROM invoices_payment AS payment
        JOIN invoices_requisition AS claim ON claim.id = payment.requisition_id
        WHERE claim.grant_id = NEW.grant_id AND payment.status = 'paid'
        AND claim.municipality_id = NEW.municipality_id;
ELSE
    SELECT COALESCE(SUM(amount), 0) INTO whole FROM grants_budgetline
        WHERE grant_id = NEW.grant_id AND side = NEW.side AND NOT is_distributed;
    IF NEW.side = 'common' THEN
        SELECT whole + COALESCE(SUM(set_aside), 0) INTO whole FROM grants_distribution
            WHERE grant_id = NEW.grant_id AND status = 'decided';
    END IF;
END IF;
IF NEW.available <> whole THEN
    RAISE EXCEPTION 'The settlement is of another amount than there is.'
        USING ERRCODE = 'restrict_violation';
END IF;
SELECT version, available INTO earlier FROM invoices_settlement
    WHERE grant_id = NEW.grant_id AND side = NEW.side
    AND municipality_id IS NOT DISTINCT FROM NEW.municipality_id
    ORDER BY version DESC LIMIT 1;
IF NEW.version <> COALESCE(earlier.version, 0) + 1 THEN
    RAISE EXCEPTION 'A settlement is corrected by the version that follows.'
        USING ERRCODE = 'restrict_violation';
END IF;
SELECT COALESCE(SUM(claim.amount), 0),
    COALESCE(BOOL_OR(claim.written_off_on IS NOT NULL OR EXISTS (
        SELECT 1 FROM invoices_repaymentreceived WHERE repayment_id = claim.id
    )), FALSE)
    INTO claimed, is_received
    FROM invoices_repayment AS claim
    JOIN invoices_settlement AS settled ON settled.id = claim.settlement_id
    WHERE settled.grant_id = NEW.grant_id AND claim.withdrawn_on IS NULL
    AND settled.municipality_id = NEW.municipality_id;
IF is_received AND NEW.available = earlier.available THEN
    RAISE EXCEPTION 'The settlement is fixed: its repayment is received or written off.'
        USING ERRCODE = 'restrict_violation';
END IF;
IF claimed > NEW.to_repay THEN
    RAISE EXCEPTION 'More is claimed back than the settlement says.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

OWN_STILL_COVERED = (
    COVERED.format(
        grants=(
            "SELECT DISTINCT grant_id FROM new_rows"
            " WHERE municipality_id IS NULL ORDER BY 1"
        ),
        batches="batch.status = 'released'",
    )
    + "RETURN NULL;"
)


class SettlementQuerySet(models.QuerySet["Settlement"]):
    """What is asked of settlements."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep the body's own."""
        return self.filter(grant__body=body)

    def latest_ones(self) -> Self:
        """Keep those that hold: the latest version of each."""
        # A share without a municipality is compared as 0: nothing equals nothing at all.
        whose = Coalesce("municipality", 0)
        later = Settlement.objects.alias(whose=whose).filter(
            grant=OuterRef("grant"),
            side=OuterRef("side"),
            whose=OuterRef("whose"),
            version__gt=OuterRef("version"),
        )
        return self.alias(whose=whose).exclude(Exists(later))

    def total(self) -> int:
        """Return what they settle, in kronor."""
        return int(self.aggregate(total=Sum("available", default=0))["total"])


@tracked()
class Settlement(models.Model):
    """What one municipality, or one of our own shares, has done with its money."""

    grant = models.ForeignKey(
        Grant, models.PROTECT, related_name="settlements", verbose_name=_("grant")
    )
    side = models.CharField(
        _("side"),
        max_length=20,
        choices=BudgetLine.Side,
        default=BudgetLine.Side.MUNICIPALITIES,
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="settlements",
        verbose_name=_("municipality"),
        help_text=_("Empty: a share that no municipality has been paid."),
    )
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    available = MoneyField(_("available"))
    used = MoneyField(_("used"))
    to_repay = MoneyField(_("to repay"))
    carried_over = MoneyField(_("carried over"))
    reason = models.TextField(_("why it is corrected"), blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    confirmed_on = models.DateField(_("confirmed on"), default=timezone.localdate)
    confirmed_at = models.DateTimeField(_("confirmed at"), auto_now_add=True)

    objects = SettlementQuerySet.as_manager()

    class Meta:
        ordering = ["grant", "side", "municipality__code", "version"]
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            models.CheckConstraint(
                name="settlement_sums_to_what_is_available",
                condition=Q(available=F("used") + F("to_repay") + F("carried_over")),
                violation_error_message=_(
                    "Used, to repay and carried over must sum to what is available."
                ),
            ),
            models.CheckConstraint(
                name="settlement_amounts_are_not_negative",
                condition=Q(used__gte=0, to_repay__gte=0, carried_over__gte=0),
                violation_error_message=_("An amount cannot be below zero."),
            ),
            models.CheckConstraint(
                name="settled_municipality_is_on_its_side",
                condition=Q(municipality=None) | Q(side="municipalities"),
            ),
            models.UniqueConstraint(
                name="one_settlement_a_version",
                fields=["grant", "side", "municipality", "version"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="corrected_settlement_says_why",
                condition=Q(version=1) | ~Q(reason=""),
                violation_error_message=_("Write why it is corrected."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="settlement_is_of_what_is_there",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("whole", "BIGINT"),
                    ("claimed", "BIGINT"),
                    ("is_received", "BOOLEAN"),
                    ("earlier", "RECORD"),
                ],
                func=SETTLES_WHAT_IS_THERE,
            ),
            pgtrigger.Trigger(
                name="own_settlement_leaves_what_is_returned",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call]
                declare=AMOUNTS,
                func=OWN_STILL_COVERED,
            ),
            pgtrigger.Protect(
                name="settlement_is_fixed",
                operation=pgtrigger.Update | pgtrigger.Delete,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality or self.get_side_display()}, {self.grant}"
