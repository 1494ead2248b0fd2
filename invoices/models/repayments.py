"""Money back: claimed from municipalities, received or written off, and returned."""

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.fields import MoneyField
from grants.models import Grant
from invoices.models.payments import AMOUNTS, COVERED
from invoices.models.settlements import Settlement
from municipalities.models import CoordinatingBody, StoredFile
from municipalities.tracking import tracked

CLAIMS_WHAT_IS_SETTLED = """
SELECT * INTO settled FROM invoices_settlement WHERE id = NEW.settlement_id;
PERFORM 1 FROM grants_grant WHERE id = settled.grant_id FOR NO KEY UPDATE;
IF settled.municipality_id IS NULL THEN
    RAISE EXCEPTION 'Only a municipality is asked to repay.'
        USING ERRCODE = 'restrict_violation';
END IF;
IF NEW.withdrawn_on IS NOT NULL OR NEW.written_off_on IS NOT NULL THEN
    RAISE EXCEPTION 'A claim starts open.' USING ERRCODE = 'restrict_violation';
END IF;
IF EXISTS (
    SELECT 1 FROM invoices_settlement
    WHERE grant_id = settled.grant_id AND municipality_id = settled.municipality_id
    AND version > settled.version
) THEN
    RAISE EXCEPTION 'The settlement has been corrected.'
        USING ERRCODE = 'restrict_violation';
END IF;
SELECT COALESCE(SUM(claim.amount), 0) INTO claimed
    FROM invoices_repayment AS claim
    JOIN invoices_settlement AS other ON other.id = claim.settlement_id
    WHERE other.grant_id = settled.grant_id AND claim.withdrawn_on IS NULL
    AND other.municipality_id = settled.municipality_id;
IF claimed + NEW.amount > settled.to_repay THEN
    RAISE EXCEPTION 'More is claimed back than the settlement says.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

CLOSED_ONCE = """
IF to_jsonb(OLD) - free <> to_jsonb(NEW) - free
    OR OLD.withdrawn_on IS NOT NULL OR OLD.written_off_on IS NOT NULL THEN
    RAISE EXCEPTION 'The claim is sent: it is only withdrawn or written off, once.'
        USING ERRCODE = 'restrict_violation';
END IF;
SELECT COALESCE(SUM(amount), 0) INTO received FROM invoices_repaymentreceived
    WHERE repayment_id = NEW.id;
IF NEW.withdrawn_on IS NOT NULL AND received > 0 THEN
    RAISE EXCEPTION 'Money has been received: the claim is not withdrawn.'
        USING ERRCODE = 'restrict_violation';
END IF;
IF NEW.written_off_on IS NOT NULL AND NEW.written_off <> NEW.amount - received THEN
    RAISE EXCEPTION 'What is left of the claim is written off, neither more nor less.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

# The claim is locked, so that two receipts do not each see only themselves.
WITHIN_THE_CLAIM = """
SELECT amount INTO claimed FROM invoices_repayment
    WHERE id = NEW.repayment_id AND withdrawn_on IS NULL AND written_off_on IS NULL
    FOR NO KEY UPDATE;
IF NOT FOUND THEN
    RAISE EXCEPTION 'The claim is not open.' USING ERRCODE = 'restrict_violation';
END IF;
SELECT COALESCE(SUM(amount), 0) INTO received FROM invoices_repaymentreceived
    WHERE repayment_id = NEW.repayment_id;
IF received + NEW.amount > claimed THEN
    RAISE EXCEPTION 'More is received than is claimed.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

OF_AN_OPEN_CLAIM = """
PERFORM 1 FROM invoices_repayment
    WHERE id = OLD.repayment_id AND withdrawn_on IS NULL AND written_off_on IS NULL
    FOR NO KEY UPDATE;
IF NOT FOUND THEN
    RAISE EXCEPTION 'The claim is not open.' USING ERRCODE = 'restrict_violation';
END IF;
RETURN OLD;
"""


def covered(grants: str) -> str:
    """Return SQL that refuses when the grants have paid and returned more than they had."""
    sql = COVERED.format(grants=grants, batches="batch.status = 'released'")
    return f"{sql}RETURN NULL;"


class RepaymentQuerySet(models.QuerySet["Repayment"]):
    """What is asked of claims."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep the body's own."""
        return self.filter(settlement__grant__body=body)

    def standing(self) -> Self:
        """Keep those that are not withdrawn."""
        return self.filter(withdrawn_on=None)

    def with_received(self) -> Self:
        """Annotate ``received`` and ``left``, in kronor."""
        received = (
            RepaymentReceived.objects.filter(repayment=OuterRef("pk"))
            .order_by()
            .values("repayment")
            .annotate(total=Sum("amount"))
            .values("total")
        )
        return self.annotate(received=Coalesce(Subquery(received), Value(0))).annotate(
            left=F("amount") - F("received") - F("written_off")
        )


@tracked()
class Repayment(models.Model):
    """A claim on a municipality for what it has not used (återbetalning)."""

    settlement = models.ForeignKey(
        Settlement,
        models.PROTECT,
        related_name="repayments",
        verbose_name=_("settlement"),
    )
    amount = MoneyField(_("amount"))
    due_on = models.DateField(_("to be paid back no later than"))
    record_number = models.CharField(_("record number (dnr)"), max_length=40, blank=True)
    account = models.CharField(
        _("to the account"),
        max_length=100,
        help_text=_("For example bankgiro 5050-1055."),
    )
    reference = models.CharField(
        _("reference"),
        max_length=60,
        help_text=_("What the municipality writes on the payment."),
    )
    letter = models.ForeignKey(
        StoredFile, models.PROTECT, related_name="+", verbose_name=_("letter")
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("claimed by"),
    )
    claimed_on = models.DateField(_("claimed on"), default=timezone.localdate)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    written_off = MoneyField(_("written off"), default=0)
    write_off_reason = models.TextField(_("why it is written off"), blank=True)
    written_off_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    written_off_on = models.DateField(_("written off on"), null=True, blank=True)

    objects = RepaymentQuerySet.as_manager()

    class Meta:
        ordering = ["settlement__municipality__code", "pk"]
        verbose_name = _("claim for repayment")
        verbose_name_plural = _("claims for repayment")
        constraints = [
            models.CheckConstraint(
                name="repayment_is_above_zero",
                condition=Q(amount__gt=0),
                violation_error_message=_("Write an amount above zero."),
            ),
            models.CheckConstraint(
                name="withdrawn_repayment_says_by_whom",
                condition=Q(withdrawn_by=None, withdrawn_on=None)
                | Q(
                    withdrawn_by__isnull=False,
                    withdrawn_on__isnull=False,
                    written_off_on=None,
                ),
            ),
            models.CheckConstraint(
                name="repayment_is_written_off_by_a_second_person",
                condition=Q(
                    written_off=0,
                    written_off_by=None,
                    written_off_on=None,
                    write_off_reason="",
                )
                | Q(
                    written_off__gt=0,
                    written_off_by__isnull=False,
                    written_off_on__isnull=False,
                )
                & ~Q(write_off_reason="")
                & ~Q(written_off_by=F("claimed_by")),
                violation_error_message=_("Whoever claimed it does not write it off."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="repayment_claims_what_is_settled",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("settled", "RECORD"), ("claimed", "BIGINT")],
                func=CLAIMS_WHAT_IS_SETTLED,
            ),
            pgtrigger.Trigger(
                name="repayment_is_closed_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                declare=[
                    ("received", "BIGINT"),
                    (
                        "free",
                        "TEXT[] := ARRAY['withdrawn_by_id', 'withdrawn_on', 'written_off',"
                        " 'write_off_reason', 'written_off_by_id', 'written_off_on']",
                    ),
                ],
                func=CLOSED_ONCE,
            ),
            pgtrigger.Protect(name="repayment_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.settlement}: {self.amount}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("invoices:repayment_detail", args=[self.pk])

    @property
    def is_withdrawn(self) -> bool:
        """Whether it no longer stands."""
        return self.withdrawn_on is not None

    @property
    def is_written_off(self) -> bool:
        """Whether what was left of it is let go."""
        return self.written_off_on is not None


@tracked()
class RepaymentReceived(models.Model):
    """Money that a municipality has paid back. A mistake is removed and written anew."""

    repayment = models.ForeignKey(Repayment, models.PROTECT, related_name="receipts")
    amount = MoneyField(_("amount"))
    received_on = models.DateField(_("came in on"))
    reference = models.CharField(_("the payer's reference"), max_length=100, blank=True)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    registered_at = models.DateTimeField(_("registered at"), auto_now_add=True)

    class Meta:
        ordering = ["received_on", "pk"]
        verbose_name = _("repayment received")
        verbose_name_plural = _("repayments received")
        constraints = [
            models.CheckConstraint(
                name="repayment_received_is_above_zero",
                condition=Q(amount__gt=0),
                violation_error_message=_("Write an amount above zero."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="repayment_received_is_within_the_claim",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("claimed", "BIGINT"), ("received", "BIGINT")],
                func=WITHIN_THE_CLAIM,
            ),
            pgtrigger.Protect(
                name="repayment_received_is_fixed", operation=pgtrigger.Update
            ),
            pgtrigger.Trigger(
                name="repayment_removed_is_of_an_open_claim",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=OF_AN_OPEN_CLAIM,
            ),
            pgtrigger.Trigger(
                name="repayment_removed_still_covers",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                referencing=pgtrigger.Referencing(old="old_rows"),  # type: ignore[no-untyped-call]
                declare=AMOUNTS,
                func=covered(
                    "SELECT DISTINCT settled.grant_id FROM old_rows"
                    " JOIN invoices_repayment AS claim ON claim.id = old_rows.repayment_id"
                    " JOIN invoices_settlement AS settled"
                    " ON settled.id = claim.settlement_id ORDER BY 1"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.received_on:%Y-%m-%d}: {self.amount}"


@tracked()
class ReturnToState(models.Model):
    """Money that is paid on to the authority. A mistake is removed and written anew."""

    grant = models.ForeignKey(
        Grant, models.PROTECT, related_name="returns", verbose_name=_("grant")
    )
    amount = MoneyField(_("amount"))
    paid_on = models.DateField(_("paid on"))
    recipient = models.CharField(
        _("recipient"), max_length=100, help_text=_("For example Kammarkollegiet.")
    )
    record_number = models.CharField(
        pgettext_lazy("return", "record number (dnr)"), max_length=40, blank=True
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    registered_at = models.DateTimeField(_("registered at"), auto_now_add=True)

    class Meta:
        ordering = ["paid_on", "pk"]
        verbose_name = _("return to the state")
        verbose_name_plural = _("returns to the state")
        constraints = [
            models.CheckConstraint(
                name="return_is_above_zero",
                condition=Q(amount__gt=0),
                violation_error_message=_("Write an amount above zero."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="return_is_within_what_is_held",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call]
                declare=AMOUNTS,
                func=covered("SELECT DISTINCT grant_id FROM new_rows ORDER BY 1"),
            ),
            pgtrigger.Protect(name="return_is_fixed", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"{self.paid_on:%Y-%m-%d} {self.recipient}"
