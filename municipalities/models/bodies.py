"""The bodies that split a county's grants."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from municipalities.models.places import County, OrganisationNumberField
from municipalities.tracking import tracked


@tracked()
class CoordinatingBody(models.Model):
    """Who receives the county's funds and splits them: Storsthlm, Region Dalarna."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    organisation_number = OrganisationNumberField(
        _("organisation number"), unique=True, blank=True, null=True
    )
    county = models.ForeignKey(
        County, models.PROTECT, related_name="bodies", verbose_name=_("county")
    )
    region_name = models.CharField(
        _("the county's region"),
        max_length=100,
        help_text=_("As the memo writes it, for example Region Stockholm."),
    )
    postal_address = models.TextField(_("postal address"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    invoice_address = models.TextField(
        _("invoice address"),
        blank=True,
        help_text=_("As it stands in the memo, on one line or several."),
    )
    invoice_email = models.EmailField(_("e-mail for invoices"), blank=True)
    questions_email = models.EmailField(
        _("mailbox for questions"),
        blank=True,
        help_text=_("Where municipalities decline, name a contact and ask."),
    )
    peppol_id = models.CharField(
        _("Peppol id"),
        max_length=60,
        blank=True,
        help_text=_("For example 0007:2220000000."),
    )
    signatory_name = models.CharField(_("signatory"), max_length=100, blank=True)
    signatory_title = models.CharField(_("signatory's title"), max_length=100, blank=True)
    logo = models.ForeignKey(
        "municipalities.StoredFile",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("logo"),
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("coordinating body")
        verbose_name_plural = _("coordinating bodies")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("municipalities:body_detail")
