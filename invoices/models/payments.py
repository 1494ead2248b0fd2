"""Money in from the state, and money out to the municipalities.

A batch is made by one person and released by another. What is released is fixed: only
whether each payment went through is written afterwards, once.
"""

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.fields import MoneyField
from grants.models import CarryOver, Grant
from invoices.models.requisitions import Requisition
from municipalities.models import CoordinatingBody
from municipalities.tracking import tracked

# What is available to a grant: money from the state, what was carried over, which the body
# has had since before, and what municipalities have paid back. Payments of a draft batch do
# not count until it is released. Once anything is returned to the state, what our own
# shares have used and what has gone on to later grants is not there either.
COVERED = """
FOR granted IN {grants} LOOP
    PERFORM 1 FROM grants_grant WHERE id = granted FOR NO KEY UPDATE;
    SELECT COALESCE(SUM(amount), 0) INTO available FROM invoices_fundsreceived
        WHERE grant_id = granted;
    SELECT available + COALESCE(SUM(amount), 0) INTO available FROM grants_carryover
        WHERE grant_id = granted;
    SELECT available + COALESCE(SUM(amount), 0) INTO available
        FROM invoices_repaymentreceived WHERE repayment_id IN (
            SELECT claimed.id FROM invoices_repayment AS claimed
            JOIN invoices_settlement AS settled ON settled.id = claimed.settlement_id
            WHERE settled.grant_id = granted
        );
    SELECT COALESCE(SUM(amount), 0) INTO returned FROM invoices_returntostate
        WHERE grant_id = granted;
    IF returned > 0 THEN
        SELECT available - returned - COALESCE(SUM(amount), 0) INTO available
            FROM grants_carryover WHERE from_grant_id = granted;
        SELECT available - COALESCE(SUM(own.kept), 0) INTO available FROM (
            SELECT DISTINCT ON (side) used + carried_over AS kept
            FROM invoices_settlement
            WHERE grant_id = granted AND municipality_id IS NULL
            ORDER BY side, version DESC
        ) AS own;
    END IF;
    SELECT COALESCE(SUM(payment.amount), 0) INTO paid
        FROM invoices_payment AS payment
        JOIN invoices_requisition AS claim ON claim.id = payment.requisition_id
        JOIN invoices_paymentbatch AS batch ON batch.id = payment.batch_id
        WHERE claim.grant_id = granted AND payment.status <> 'failed'
        AND {batches};
    IF paid > available THEN
        RAISE EXCEPTION 'More is paid than has come in.'
            USING ERRCODE = 'restrict_violation';
    END IF;
END LOOP;
"""

RELEASED_WHOLE = (
    """
IF NOT EXISTS (SELECT 1 FROM invoices_payment WHERE batch_id = NEW.id) THEN
    RAISE EXCEPTION 'The batch is empty.' USING ERRCODE = 'restrict_violation';
END IF;
PERFORM 1 FROM invoices_requisition WHERE id IN (
    SELECT requisition_id FROM invoices_payment WHERE batch_id = NEW.id
) ORDER BY id FOR SHARE;
IF EXISTS (
    SELECT 1 FROM invoices_payment AS payment
    JOIN invoices_requisition AS claim ON claim.id = payment.requisition_id
    WHERE payment.batch_id = NEW.id AND claim.decided_by_id = NEW.released_by_id
) THEN
    RAISE EXCEPTION 'Whoever approved a requisition does not pay it out.'
        USING ERRCODE = 'restrict_violation';
END IF;
IF EXISTS (
    SELECT 1 FROM invoices_payment AS payment
    JOIN invoices_requisition AS claim ON claim.id = payment.requisition_id
    WHERE payment.batch_id = NEW.id
    AND (claim.status <> 'approved' OR claim.amount <> payment.amount)
) THEN
    RAISE EXCEPTION 'A requisition of the batch is not approved.'
        USING ERRCODE = 'restrict_violation';
END IF;
"""
    + COVERED.format(
        grants=(
            "SELECT DISTINCT claim.grant_id FROM invoices_payment AS payment"
            " JOIN invoices_requisition AS claim ON claim.id = payment.requisition_id"
            " WHERE payment.batch_id = NEW.id ORDER BY 1"
        ),
        batches="(batch.status = 'released' OR batch.id = NEW.id)",
    )
    + "RETURN NEW;"
)

STILL_COVERED = (
    COVERED.format(
        grants="SELECT DISTINCT {grant} FROM {table} ORDER BY 1",
        batches="batch.status = 'released'",
    )
    + "RETURN NULL;"
)

PAYS_WHAT_IS_APPROVED = """
PERFORM 1 FROM invoices_paymentbatch
    WHERE id = NEW.batch_id AND status = 'draft' FOR SHARE;
IF NOT FOUND OR NEW.status <> 'planned' THEN
    RAISE EXCEPTION 'Payments are added to a batch that is not released.'
        USING ERRCODE = 'restrict_violation';
END IF;
PERFORM 1 FROM invoices_requisition AS claim
    JOIN grants_grant AS granted ON granted.id = claim.grant_id
    JOIN invoices_paymentbatch AS batch ON batch.id = NEW.batch_id
    WHERE claim.id = NEW.requisition_id AND claim.status = 'approved'
    AND claim.amount = NEW.amount AND granted.body_id = batch.body_id
    FOR SHARE OF claim;
IF NOT FOUND THEN
    RAISE EXCEPTION 'Only what is approved is paid, with the amount that was approved.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

PAYMENT_STEPS = """
IF to_jsonb(OLD) - free <> to_jsonb(NEW) - free OR NOT (
    (OLD.status = 'planned' AND NEW.status = 'sent' AND EXISTS (
        SELECT 1 FROM invoices_paymentbatch
        WHERE id = NEW.batch_id AND status = 'released'
    ))
    OR (OLD.status = 'sent' AND NEW.status IN ('paid', 'failed'))
) THEN
    RAISE EXCEPTION 'The payment is sent: only whether it went through can be written.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

PART_OF_RELEASED = """
IF EXISTS (
    SELECT 1 FROM invoices_paymentbatch WHERE id = OLD.batch_id AND status = 'released'
) THEN
    RAISE EXCEPTION 'The batch is released and cannot change.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN OLD;
"""

AMOUNTS = [
    ("granted", "BIGINT"),
    ("available", "BIGINT"),
    ("returned", "BIGINT"),
    ("paid", "BIGINT"),
]


def still_covered(
    name: str,
    operation: pgtrigger.Operation,
    rows: str = "old_rows",
    grant: str = "grant_id",
    **referencing: str,
) -> pgtrigger.Trigger:
    """Return a trigger that keeps what has been paid covered by what has come in."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**referencing),  # type: ignore[no-untyped-call]
        declare=AMOUNTS,
        func=STILL_COVERED.replace("{table}", rows).replace("{grant}", grant),
    )


class PaidCarryOver(CarryOver):
    """Money from an earlier grant, seen from what has been paid out of it."""

    class Meta:
        proxy = True
        triggers = [
            still_covered(
                "carry_over_still_covers",
                pgtrigger.Update,
                old="old_rows",
                new="new_rows",
            ),
            still_covered(
                "carry_over_removed_still_covers", pgtrigger.Delete, old="old_rows"
            ),
            still_covered(
                "carry_over_leaves_what_is_returned",
                pgtrigger.Insert,
                rows="new_rows",
                grant="from_grant_id",
                new="new_rows",
            ),
            still_covered(
                "changed_carry_over_leaves_what_is_returned",
                pgtrigger.Update,
                rows="new_rows",
                grant="from_grant_id",
                old="old_rows",
                new="new_rows",
            ),
        ]


class FundsReceivedQuerySet(models.QuerySet["FundsReceived"]):
    """What is asked of money that has come in."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep the body's own."""
        return self.filter(grant__body=body)

    def total(self) -> int:
        """Return the sum, in kronor."""
        return int(self.aggregate(total=Sum("amount", default=0))["total"])


@tracked()
class FundsReceived(models.Model):
    """Money in from the state for a grant."""

    grant = models.ForeignKey(
        Grant, models.PROTECT, related_name="funds_received", verbose_name=_("grant")
    )
    received_on = models.DateField(_("came in on"))
    amount = MoneyField(_("amount"))
    payer = models.CharField(
        _("payer"), max_length=100, help_text=_("For example Kammarkollegiet.")
    )
    reference = models.CharField(_("the payer's reference"), max_length=100, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    registered_at = models.DateTimeField(_("registered at"), auto_now_add=True)

    objects = FundsReceivedQuerySet.as_manager()

    class Meta:
        ordering = ["-received_on", "-pk"]
        verbose_name = _("money received")
        verbose_name_plural = _("money received")
        constraints = [
            models.CheckConstraint(
                name="funds_received_are_above_zero",
                condition=Q(amount__gt=0),
                violation_error_message=_("Write an amount above zero."),
            ),
        ]
        triggers = [
            still_covered(
                "funds_received_still_cover",
                pgtrigger.Update,
                old="old_rows",
                new="new_rows",
            ),
            still_covered("funds_removed_still_cover", pgtrigger.Delete, old="old_rows"),
        ]

    def __str__(self) -> str:
        return f"{self.received_on:%Y-%m-%d} {self.payer}"


@tracked()
class PayoutSettings(models.Model):
    """What a body's payment files and vouchers need to know."""

    body = models.OneToOneField(
        CoordinatingBody, models.PROTECT, related_name="payout_settings"
    )
    iban = models.CharField(
        _("IBAN"),
        max_length=34,
        blank=True,
        help_text=_("The account that the payments are drawn from."),
    )
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    voucher_series = models.CharField(_("voucher series"), max_length=5, default="A")
    bank_account = models.CharField(_("bank, account"), max_length=10, default="1930")
    bank_account_name = models.CharField(
        _("bank, name of the account"), max_length=60, default="Bank"
    )
    grants_account = models.CharField(
        _("grants passed on, account"), max_length=10, default="7480"
    )
    grants_account_name = models.CharField(
        _("grants passed on, name of the account"),
        max_length=60,
        default="Lämnade bidrag till kommuner",
    )
    funds_account = models.CharField(
        _("money from the state, account"), max_length=10, default="3985"
    )
    funds_account_name = models.CharField(
        _("money from the state, name of the account"),
        max_length=60,
        default="Erhållna statliga bidrag",
    )

    class Meta:
        verbose_name = _("settings for payments")
        verbose_name_plural = _("settings for payments")

    def __str__(self) -> str:
        return str(self.body)


class PaymentBatchQuerySet(models.QuerySet["PaymentBatch"]):
    """What is asked of batches."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep the body's own."""
        return self.filter(body=body)

    def drafts(self) -> Self:
        """Keep those that nobody has released."""
        return self.filter(status=PaymentBatch.Status.DRAFT)

    def released(self) -> Self:
        """Keep those that have gone to the bank."""
        return self.filter(status=PaymentBatch.Status.RELEASED)

    def with_sums(self) -> Self:
        """Annotate ``total`` in kronor and the number of payments in each status."""
        return self.annotate(
            total=Sum("payments__amount", default=0),
            payments_count=models.Count("payments"),
            paid_count=models.Count("payments", filter=Q(payments__status="paid")),
            failed_count=models.Count("payments", filter=Q(payments__status="failed")),
        )


@tracked()
class PaymentBatch(models.Model):
    """Payments that go to the bank together (utbetalningsomgång)."""

    class Status(models.TextChoices):
        """Whether it has gone to the bank."""

        DRAFT = "draft", pgettext_lazy("batch", "to be released")
        RELEASED = "released", pgettext_lazy("batch", "released")

    body = models.ForeignKey(
        CoordinatingBody, models.PROTECT, related_name="payment_batches"
    )
    number = models.PositiveIntegerField(_("number"))
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.DRAFT
    )
    execute_on = models.DateField(_("to be paid on"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("made by"),
    )
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)

    objects = PaymentBatchQuerySet.as_manager()

    class Meta:
        ordering = ["body", "-number"]
        verbose_name = _("payment batch")
        verbose_name_plural = _("payment batches")
        constraints = [
            models.UniqueConstraint(name="one_batch_a_number", fields=["body", "number"]),
            models.CheckConstraint(
                name="batch_is_released_by_a_second_person",
                condition=Q(status="draft", released_by=None, released_at=None)
                | Q(status="released", released_by__isnull=False, released_at__isnull=False)
                & ~Q(released_by=F("made_by")),
                violation_error_message=_("Whoever made the batch cannot release it."),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="batch_starts_as_draft",
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__status="released"),
            ),
            pgtrigger.Protect(
                name="released_batch_is_fixed",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="released"),
            ),
            pgtrigger.Trigger(
                name="batch_is_released_whole",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status="draft", new__status="released"),
                declare=AMOUNTS,
                func=RELEASED_WHOLE,
            ),
        ]

    def __str__(self) -> str:
        return _("Batch %(number)s") % {"number": self.number}

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("invoices:batch_detail", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        """Whether it waits for release."""
        return self.status == self.Status.DRAFT

    @property
    def message_id(self) -> str:
        """The number that the bank answers with."""
        return f"SM{self.body_id}-{self.number}"


class PaymentQuerySet(models.QuerySet["Payment"]):
    """What is asked of payments."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep the body's own."""
        return self.filter(batch__body=body)

    def failed_and_open(self) -> Self:
        """Keep those that failed and that nothing has been done about.

        A later payment takes the place of an earlier one, and so does an approval after
        the batch went out: the municipality has looked at its account since.
        """
        later = Payment.objects.filter(
            requisition=OuterRef("requisition"), pk__gt=OuterRef("pk")
        )
        return self.filter(
            ~Exists(later),
            status=Payment.Status.FAILED,
            requisition__status=Requisition.Status.APPROVED,
            requisition__decided_at__lt=F("batch__released_at"),
        )

    def total(self) -> int:
        """Return the sum, in kronor."""
        return int(self.aggregate(total=Sum("amount", default=0))["total"])


@tracked()
class Payment(models.Model):
    """A requisition's money on its way (utbetalning)."""

    class Status(models.TextChoices):
        """How far it has come."""

        PLANNED = "planned", pgettext_lazy("payment", "planned")
        SENT = "sent", pgettext_lazy("payment", "sent to the bank")
        PAID = "paid", pgettext_lazy("payment", "paid")
        FAILED = "failed", pgettext_lazy("payment", "failed")

    batch = models.ForeignKey(
        PaymentBatch, models.CASCADE, related_name="payments", verbose_name=_("batch")
    )
    requisition = models.ForeignKey(
        Requisition,
        models.PROTECT,
        related_name="payments",
        verbose_name=_("requisition"),
    )
    amount = MoneyField(_("amount"))
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.PLANNED
    )
    paid_on = models.DateField(_("paid on"), null=True, blank=True)
    failure = models.CharField(_("why it failed"), max_length=300, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ["requisition__municipality__code", "pk"]
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(
                name="a_requisition_is_paid_once",
                fields=["requisition"],
                condition=~Q(status="failed"),
                violation_error_message=_("The requisition is already in a batch."),
            ),
            models.CheckConstraint(name="payment_is_above_zero", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payment_has_the_facts_of_its_status",
                condition=Q(status__in=["planned", "sent"], paid_on=None, failure="")
                | Q(status="paid", paid_on__isnull=False, failure="")
                | Q(status="failed", paid_on=None) & ~Q(failure=""),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="payment_pays_what_is_approved",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=PAYS_WHAT_IS_APPROVED,
            ),
            pgtrigger.Trigger(
                name="payment_goes_step_by_step",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                declare=[("free", "TEXT[] := ARRAY['status', 'paid_on', 'failure']")],
                func=PAYMENT_STEPS,
            ),
            pgtrigger.Trigger(
                name="released_payment_is_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=PART_OF_RELEASED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requisition}: {self.amount}"

    @property
    def end_to_end_id(self) -> str:
        """The number that follows the payment through the banks."""
        return f"SM-{self.pk}"
