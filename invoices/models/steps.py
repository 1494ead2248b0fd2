"""What happened with an answer, step by step, for both sides to read."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.models import Allocation
from invoices.models.requisitions import Requisition


class Step(models.Model):
    """Something that happened with an answer. Rows are added, never changed."""

    class Kind(models.TextChoices):
        """What happened."""

        OPENED = "opened", pgettext_lazy("step", "opened")
        NUDGED = "nudged", pgettext_lazy("step", "nudged")
        SUBMITTED = "submitted", pgettext_lazy("step", "submitted")
        CHANGED = "changed", pgettext_lazy("step", "changed and submitted again")
        REGISTERED = "registered", pgettext_lazy("step", "registered by staff")
        WITHDRAWN = "withdrawn", pgettext_lazy("step", "withdrawn")
        RETURNED = "returned", pgettext_lazy("step", "completion asked for")
        APPROVED = "approved", pgettext_lazy("step", "approved")
        UNAPPROVED = "unapproved", pgettext_lazy("step", "approval taken back")
        REJECTED = "rejected", pgettext_lazy("step", "rejected")
        SENT = "sent", pgettext_lazy("step", "sent to the bank")
        PAID = "paid", pgettext_lazy("step", "paid")
        FAILED = "failed", pgettext_lazy("step", "payment failed")

    allocation = models.ForeignKey(Allocation, models.PROTECT, related_name="steps")
    requisition = models.ForeignKey(
        Requisition, models.SET_NULL, null=True, blank=True, related_name="steps"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [
            models.UniqueConstraint(
                name="an_allocation_is_opened_once",
                fields=["allocation"],
                condition=Q(kind="opened"),
            ),
        ]
        triggers = [
            # A draft that was thrown away leaves its steps without it.
            pgtrigger.Protect(
                name="step_is_fixed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "NEW.requisition_id IS NOT NULL OR to_jsonb(OLD) - 'requisition_id'"
                    " <> to_jsonb(NEW) - 'requisition_id'"
                ),
            ),
            pgtrigger.Protect(name="step_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
