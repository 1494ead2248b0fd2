"""National agreements between the state and SKR."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from grants.fields import WebAddressField
from grants.models.same_body import same_body
from municipalities.models import CoordinatingBody, StoredFile
from municipalities.tracking import tracked
from municipalities.triggers import stays_with_its_body


@tracked()
class Agreement(models.Model):
    """A national agreement (överenskommelse), as one body has registered it."""

    body = models.ForeignKey(
        CoordinatingBody,
        models.PROTECT,
        related_name="agreements",
        verbose_name=_("body"),
    )
    title = models.CharField(_("title"), max_length=250)
    year = models.PositiveSmallIntegerField(
        _("year"), validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )
    parties = models.CharField(
        _("parties"),
        max_length=200,
        help_text=_("For example the state and Sveriges Kommuner och Regioner (SKR)."),
    )
    adopted_on = models.DateField(_("adopted on"), null=True, blank=True)
    url = WebAddressField(_("web address"), blank=True)
    file = models.ForeignKey(
        StoredFile,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("file"),
    )
    has_reporting_relief = models.BooleanField(
        _("reporting relief"),
        default=False,
        help_text=_("The state has eased the demands on reporting."),
    )
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        ordering = ["-year", "title"]
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        constraints = [
            models.UniqueConstraint(
                name="one_agreement_a_title_and_year",
                fields=["body", "title", "year"],
                violation_error_message=_(
                    "There is already an agreement with this title and year."
                ),
            ),
        ]
        triggers = [
            stays_with_its_body("agreement_stays_with_its_body"),
            same_body(
                "agreement_file_is_the_bodys",
                "SELECT 1 FROM municipalities_storedfile"
                " WHERE id = NEW.file_id AND body_id <> NEW.body_id",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("grants:agreement_detail", args=[self.pk])
