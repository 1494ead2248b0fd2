"""Requisitions: what a municipality answers to what it is allocated.

The form and the verbs in ``invoices/requisition.py`` speak first and in words. What stands
here holds for every other way in as well: plain SQL, the admin, two people at a time.
"""

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Sum, Value, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.fields import MoneyField
from grants.models import Allocation, Distribution, Grant, Purpose
from invoices.accounts import Account, Kind
from municipalities.models import CoordinatingBody, Municipality, StoredFile
from municipalities.tracking import tracked

# It is written into SQL below: a tuple of texts looks the same there.
STANDING = ("submitted", "returned", "approved", "paid")
"""The statuses in which a requisition holds its amount."""

LIVE = ("planned", "sent", "paid")
"""The statuses of a payment that goes through, or may."""

ANSWERS_ITS_ALLOCATION = """
IF NOT EXISTS (
    SELECT 1 FROM grants_allocation AS allocation
    JOIN grants_distribution AS version ON version.id = allocation.distribution_id
    WHERE allocation.id = NEW.allocation_id
    AND allocation.municipality_id = NEW.municipality_id
    AND version.grant_id = NEW.grant_id
) THEN
    RAISE EXCEPTION 'The allocation is another municipality''s or another grant''s.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

# The version that holds is locked for sharing, so that none replaces it meanwhile; the
# allocation itself is locked, so that two requisitions do not each see only themselves.
WITHIN_WHAT_IS_LEFT = f"""
IF TG_OP = 'UPDATE' THEN
    IF OLD.status IN {STANDING}
        AND OLD.amount = NEW.amount THEN
        RETURN NULL;
    END IF;
    was_standing := OLD.status IN {STANDING};
END IF;
SELECT allocation.id, allocation.amount INTO offered
    FROM grants_allocation AS allocation
    JOIN grants_distribution AS version ON version.id = allocation.distribution_id
    WHERE version.grant_id = NEW.grant_id AND version.status = 'decided'
    AND allocation.municipality_id = NEW.municipality_id
    FOR SHARE OF version FOR NO KEY UPDATE OF allocation;
IF NOT FOUND THEN
    RAISE EXCEPTION 'Nothing is allocated to the municipality.'
        USING ERRCODE = 'restrict_violation';
END IF;
IF offered.id <> NEW.allocation_id AND NOT was_standing THEN
    RAISE EXCEPTION 'The allocation has been replaced by a new version.'
        USING ERRCODE = 'restrict_violation';
END IF;
SELECT COALESCE(SUM(amount), 0) INTO claims FROM invoices_requisition
    WHERE grant_id = NEW.grant_id AND municipality_id = NEW.municipality_id
    AND status IN {STANDING};
IF claims > offered.amount THEN
    RAISE EXCEPTION 'More is claimed than is allocated.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NULL;
"""

STEP_BY_STEP = """
IF NOT (
    (OLD.status = 'draft' AND NEW.status = 'submitted')
    OR (OLD.status = 'submitted'
        AND NEW.status IN ('draft', 'returned', 'approved', 'rejected'))
    OR (OLD.status = 'returned' AND NEW.status IN ('submitted', 'draft', 'rejected'))
    OR (OLD.status = 'approved' AND NEW.status IN ('submitted', 'returned', 'paid'))
) THEN
    RAISE EXCEPTION 'A requisition does not go from % to %.', OLD.status, NEW.status
        USING ERRCODE = 'restrict_violation';
END IF;
IF NEW.status = 'approved' AND NEW.answer = 'decline' THEN
    RAISE EXCEPTION 'There is nothing to approve where the municipality declines.'
        USING ERRCODE = 'restrict_violation';
END IF;
IF OLD.status = 'approved' AND NEW.status <> 'paid' AND EXISTS (
    SELECT 1 FROM invoices_payment
    WHERE requisition_id = NEW.id AND status <> 'failed'
) THEN
    RAISE EXCEPTION 'The requisition is in a payment batch.'
        USING ERRCODE = 'restrict_violation';
END IF;
IF NEW.status = 'paid' AND NOT EXISTS (
    SELECT 1 FROM invoices_payment WHERE requisition_id = NEW.id AND status = 'paid'
) THEN
    RAISE EXCEPTION 'No payment of the requisition has gone through.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

STARTS_OPEN = """
IF NEW.status NOT IN ('draft', 'submitted') THEN
    RAISE EXCEPTION 'A requisition starts as a draft or as submitted.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

# What a payment rests on. Who decided and how far it has come may still change.
FIXED_ONCE_APPROVED = """
IF to_jsonb(OLD) - free <> to_jsonb(NEW) - free THEN
    RAISE EXCEPTION 'The requisition is approved and cannot change.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

# The requisition is locked first, so that an approval at the same moment sees the change.
PART_OF_APPROVED = """
PERFORM 1 FROM invoices_requisition WHERE id = {row}.requisition_id FOR SHARE;
IF EXISTS (
    SELECT 1 FROM invoices_requisition
    WHERE id = {row}.requisition_id AND status IN ('approved', 'paid', 'rejected')
) THEN
    RAISE EXCEPTION 'The requisition is approved and cannot change.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN {row};
"""

NOT_BELOW_THE_CLAIMS = f"""
IF EXISTS (
    SELECT 1 FROM invoices_requisition AS claim
    LEFT JOIN grants_allocation AS allocation
        ON allocation.distribution_id = NEW.id
        AND allocation.municipality_id = claim.municipality_id
    WHERE claim.grant_id = NEW.grant_id
    AND claim.status IN {STANDING}
    GROUP BY claim.municipality_id, allocation.amount
    HAVING SUM(claim.amount) > COALESCE(allocation.amount, 0)
) THEN
    RAISE EXCEPTION 'A municipality has claimed more than the new version gives it.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""


class AccountKind(models.TextChoices):
    """Where a municipality wants its money."""

    BANKGIRO = "bankgiro", _("bankgiro")
    PLUSGIRO = "plusgiro", _("plusgiro")
    BANK = "bank", _("clearing and account number")
    IBAN = "iban", _("IBAN")


class RequisitionQuerySet(models.QuerySet["Requisition"]):
    """What is asked of requisitions."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep those to the body."""
        return self.filter(grant__body=body)

    def of_municipality(self, municipality: Municipality) -> Self:
        """Keep the municipality's own."""
        return self.filter(municipality=municipality)

    def answered(self) -> Self:
        """Keep those that have been sent in and not rejected."""
        return self.filter(status__in=STANDING)

    def standing(self) -> Self:
        """Keep those that hold an amount."""
        return self.answered().exclude(answer=Requisition.Answer.DECLINE)

    def to_decide(self) -> Self:
        """Keep those that wait for the body's approval."""
        return self.filter(status=Requisition.Status.SUBMITTED).exclude(
            answer=Requisition.Answer.DECLINE
        )

    def payable(self) -> Self:
        """Keep those that are approved and in no payment that may still go through."""
        live = Exists(
            Requisition.objects.filter(pk=OuterRef("pk"), payments__status__in=LIVE)
        )
        return self.filter(~live, status=Requisition.Status.APPROVED)

    def total(self) -> int:
        """Return the sum of their amounts, in kronor."""
        return int(self.aggregate(total=Sum("amount", default=0))["total"])


@tracked(exclude=["claimed", "draft", "draft_saved_at"])
class Requisition(models.Model):
    """A municipality's answer to an allocation (rekvisition). Never with VAT.

    What is being typed stands in ``draft``, as typed. The other fields hold what was last
    submitted.
    """

    class Status(models.TextChoices):
        """How far it has come."""

        DRAFT = "draft", pgettext_lazy("requisition", "draft")
        SUBMITTED = "submitted", pgettext_lazy("requisition", "submitted")
        RETURNED = "returned", pgettext_lazy("requisition", "to be completed")
        APPROVED = "approved", pgettext_lazy("requisition", "approved")
        PAID = "paid", pgettext_lazy("requisition", "paid")
        REJECTED = "rejected", pgettext_lazy("requisition", "rejected")

    class Answer(models.TextChoices):
        """What the municipality answers."""

        WHOLE = "whole", pgettext_lazy("answer", "the whole amount")
        PART = "part", pgettext_lazy("answer", "a part of the amount")
        DECLINE = "decline", pgettext_lazy("answer", "declines")

    class Channel(models.TextChoices):
        """How the answer came."""

        PORTAL = "portal", pgettext_lazy("channel", "in the service")
        MAIL = "mail", pgettext_lazy("channel", "by mail")
        INVOICE = "invoice", pgettext_lazy("channel", "as an invoice")

    grant = models.ForeignKey(
        Grant, models.PROTECT, related_name="requisitions", verbose_name=_("grant")
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        related_name="requisitions",
        verbose_name=_("municipality"),
    )
    allocation = models.ForeignKey(
        Allocation,
        models.PROTECT,
        related_name="requisitions",
        verbose_name=_("allocation"),
    )
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.DRAFT
    )
    answer = models.CharField(_("answer"), max_length=10, choices=Answer, blank=True)
    amount = MoneyField(_("amount"), default=0)
    claimed = models.GeneratedField(
        expression=Case(When(status__in=STANDING, then=F("amount")), default=Value(0)),
        output_field=models.BigIntegerField(),
        db_persist=True,
        verbose_name=_("claimed"),
    )
    decline_reason = models.TextField(_("why you decline"), blank=True)
    wants_more = models.BooleanField(_("gladly takes more"), default=False)
    account_kind = models.CharField(
        _("kind of account"), max_length=10, choices=AccountKind, blank=True
    )
    account_number = models.CharField(_("account number"), max_length=34, blank=True)
    clearing = models.CharField(_("clearing number"), max_length=5, blank=True)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    payment_instructions = models.TextField(_("payment instructions"), blank=True)
    invoice_number = models.CharField(_("your number"), max_length=40, blank=True)
    invoice_on = models.DateField(_("date"), null=True, blank=True)
    use_text = models.TextField(_("what the funds will be used for"), blank=True)
    contact_name = models.CharField(_("contact person"), max_length=100, blank=True)
    contact_email = models.EmailField(_("e-mail"), blank=True)
    contact_phone = models.CharField(_("phone"), max_length=30, blank=True)
    signatory_name = models.CharField(_("signatory"), max_length=100, blank=True)
    signatory_title = models.CharField(_("signatory's title"), max_length=100, blank=True)

    channel = models.CharField(
        _("channel"), max_length=10, choices=Channel, default=Channel.PORTAL
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("submitted by"),
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    submissions = models.PositiveSmallIntegerField(_("times submitted"), default=0)
    is_late = models.BooleanField(_("late"), default=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_note = models.TextField(_("message to the municipality"), blank=True)

    draft = models.JSONField(_("what is being typed"), default=dict, blank=True)
    draft_saved_at = models.DateTimeField(_("draft saved at"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("started by"),
    )
    created_at = models.DateTimeField(_("started at"), auto_now_add=True)

    objects = RequisitionQuerySet.as_manager()

    class Meta:
        ordering = ["grant", "municipality__code", "pk"]
        verbose_name = _("requisition")
        verbose_name_plural = _("requisitions")
        constraints = [
            models.UniqueConstraint(
                name="one_requisition_an_allocation",
                fields=["allocation"],
                condition=~Q(status="rejected"),
                violation_error_message=_("The allocation is already answered."),
            ),
            models.UniqueConstraint(
                name="one_draft_requisition_a_municipality",
                fields=["grant", "municipality"],
                condition=Q(status="draft"),
            ),
            models.UniqueConstraint(
                name="no_requisition_number_twice",
                fields=["municipality", "invoice_number"],
                condition=Q(status__in=STANDING) & ~Q(invoice_number=""),
                violation_error_message=_("You have already used this number."),
            ),
            models.CheckConstraint(
                name="requisition_amount_goes_with_the_answer",
                condition=Q(status__in=["draft", "rejected"], amount__gte=0)
                | Q(answer="decline", amount=0)
                | Q(answer__in=["whole", "part"], amount__gt=0),
                violation_error_message=_("Write an amount above zero."),
            ),
            models.CheckConstraint(
                name="requisition_with_amount_has_account_and_number",
                condition=~Q(status__in=STANDING)
                | Q(answer="decline")
                | ~Q(account_kind="")
                & ~Q(account_number="")
                & ~Q(invoice_number="")
                & Q(invoice_on__isnull=False),
                violation_error_message=_("Write the account, the number and the date."),
            ),
            models.CheckConstraint(
                name="sent_requisition_says_by_whom",
                condition=~Q(status__in=STANDING)
                | Q(submitted_by__isnull=False, submitted_at__isnull=False)
                & Q(submissions__gt=0),
            ),
            models.CheckConstraint(
                name="requisition_is_approved_by_a_second_person",
                condition=~Q(status__in=["approved", "paid"])
                | Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(decided_by=F("submitted_by")),
                violation_error_message=_(
                    "Whoever registered the answer cannot approve it."
                ),
            ),
            models.CheckConstraint(
                name="returned_or_rejected_requisition_says_why",
                condition=~Q(status__in=["returned", "rejected"]) | ~Q(decision_note=""),
                violation_error_message=_("Write the reason."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="requisition_answers_its_allocation",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=ANSWERS_ITS_ALLOCATION,
            ),
            pgtrigger.Trigger(
                name="requisition_is_within_what_is_left",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Condition(f"NEW.status IN {STANDING}"),
                declare=[
                    ("offered", "RECORD"),
                    ("claims", "BIGINT"),
                    ("was_standing", "BOOLEAN := FALSE"),
                ],
                func=WITHIN_WHAT_IS_LEFT,
            ),
            pgtrigger.Trigger(
                name="requisition_starts_open",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=STARTS_OPEN,
            ),
            pgtrigger.Trigger(
                name="requisition_goes_step_by_step",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.status <> NEW.status"),
                func=STEP_BY_STEP,
            ),
            pgtrigger.Trigger(
                name="approved_requisition_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.status IN ('approved', 'paid', 'rejected')"
                ),
                declare=[
                    (
                        "free",
                        "TEXT[] := ARRAY['status', 'claimed', 'decided_by_id',"
                        " 'decided_at', 'decision_note', 'draft', 'draft_saved_at']",
                    )
                ],
                func=FIXED_ONCE_APPROVED,
            ),
            pgtrigger.Protect(
                name="sent_requisition_is_kept",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Condition(
                    "OLD.status <> 'draft' OR OLD.submissions > 0"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality}, {self.grant}"

    def get_absolute_url(self) -> str:
        """Return the address of the body's page about it."""
        return reverse("invoices:requisition_detail", args=[self.pk])

    @property
    def account(self) -> Account | None:
        """Where the municipality wants its money, as it stands; none when it declines."""
        if not self.account_kind:
            return None
        return Account(
            Kind(self.account_kind), self.account_number, self.clearing, self.bic
        )

    @property
    def is_declined(self) -> bool:
        """Whether the municipality does without the money."""
        return self.answer == self.Answer.DECLINE

    @property
    def is_reduced(self) -> bool:
        """Whether a part was asked for."""
        return self.answer == self.Answer.PART

    @property
    def is_changed(self) -> bool:
        """Whether it has been submitted anew."""
        return self.submissions > 1


class AnsweredDistribution(Distribution):
    """A distribution, seen from what has been claimed of it."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="distribution_covers_the_claims",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status="draft", new__status="decided"),
                func=NOT_BELOW_THE_CLAIMS,
            ),
        ]


def fixed_with_requisition(name: str) -> list[pgtrigger.Trigger]:
    """Return triggers that fix the rows of an approved requisition."""
    return [
        pgtrigger.Trigger(
            name=f"approved_{name}_is_fixed",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update,
            func=PART_OF_APPROVED.format(row="NEW"),
        ),
        pgtrigger.Trigger(
            name=f"approved_{name}_is_kept",
            when=pgtrigger.Before,
            operation=pgtrigger.Delete,
            func=PART_OF_APPROVED.format(row="OLD"),
        ),
    ]


@tracked()
class PlannedUse(models.Model):
    """What a municipality plans to spend on one of the grant's purposes."""

    requisition = models.ForeignKey(
        Requisition, models.CASCADE, related_name="planned_uses"
    )
    purpose = models.ForeignKey(
        Purpose, models.PROTECT, related_name="+", verbose_name=_("purpose")
    )
    amount = MoneyField(_("amount"))

    class Meta:
        ordering = ["purpose__position", "purpose__pk"]
        verbose_name = _("planned use")
        verbose_name_plural = _("planned uses")
        constraints = [
            models.UniqueConstraint(
                name="one_planned_use_a_purpose", fields=["requisition", "purpose"]
            ),
            models.CheckConstraint(
                name="planned_use_is_above_zero", condition=Q(amount__gt=0)
            ),
        ]
        triggers = fixed_with_requisition("planned_use")

    def __str__(self) -> str:
        return f"{self.purpose}: {self.amount}"


@tracked()
class Attachment(models.Model):
    """A file that goes with a requisition."""

    requisition = models.ForeignKey(Requisition, models.CASCADE, related_name="attachments")
    file = models.ForeignKey(
        StoredFile, models.PROTECT, related_name="attachments", verbose_name=_("file")
    )
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        triggers = fixed_with_requisition("attachment")

    def __str__(self) -> str:
        return str(self.file)
