"""Invoices that come in as files, and what was read in them."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.fields import MoneyField
from invoices.models.requisitions import Requisition
from municipalities.models import CoordinatingBody, StoredFile
from municipalities.tracking import tracked


class IncomingInvoiceQuerySet(models.QuerySet["IncomingInvoice"]):
    """What is asked of invoices that have come in."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep those to the body."""
        return self.filter(body=body)

    def waiting(self) -> Self:
        """Keep those that nobody has dealt with."""
        return self.filter(status=IncomingInvoice.Status.WAITING)


@tracked()
class IncomingInvoice(models.Model):
    """An invoice that came as a file, and what was read in it. Amounts in whole kronor."""

    class Status(models.TextChoices):
        """Whether a person has dealt with it."""

        WAITING = "waiting", pgettext_lazy("incoming invoice", "waiting")
        CONFIRMED = "confirmed", pgettext_lazy("incoming invoice", "confirmed")
        DISMISSED = "dismissed", pgettext_lazy("incoming invoice", "put aside")

    class Source(models.TextChoices):
        """What was read."""

        UBL = "ubl", _("e-invoice")
        PDF = "pdf", _("PDF")

    body = models.ForeignKey(
        CoordinatingBody, models.PROTECT, related_name="incoming_invoices"
    )
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    source = models.CharField(_("source"), max_length=3, choices=Source)
    facts = models.JSONField(
        _("what was read"),
        default=dict,
        help_text=_("As the reader gave it, with amounts in whole kronor."),
    )
    seller_number = models.CharField(_("organisation number"), max_length=20, blank=True)
    seller_name = models.CharField(_("sender"), max_length=200, blank=True)
    invoice_number = models.CharField(_("number"), max_length=60, blank=True)
    invoice_on = models.DateField(_("date"), null=True, blank=True)
    amount = MoneyField(_("amount"), null=True, blank=True)
    requisition = models.ForeignKey(
        Requisition,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="incoming_invoices",
        verbose_name=_("requisition"),
    )
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.WAITING
    )
    note = models.TextField(_("note"), blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)

    objects = IncomingInvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        verbose_name = _("incoming invoice")
        verbose_name_plural = _("incoming invoices")
        constraints = [
            models.CheckConstraint(
                name="confirmed_invoice_has_its_requisition",
                condition=~Q(status="confirmed") | Q(requisition__isnull=False),
            ),
            models.CheckConstraint(
                name="handled_invoice_says_by_whom",
                condition=Q(status="waiting", handled_by=None, handled_at=None)
                | ~Q(status="waiting")
                & Q(handled_by__isnull=False, handled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.invoice_number or str(self.file)

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("invoices:incoming_detail", args=[self.pk])
