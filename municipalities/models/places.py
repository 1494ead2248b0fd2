"""Sweden's 21 counties and 290 municipalities, with SCB's codes."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.se import orgnr

from municipalities.tracking import tracked

county_code = RegexValidator(r"^\d{2}\Z", _("A county code has two digits, such as 01."))
municipality_code = RegexValidator(
    r"^\d{4}\Z", _("A municipality code has four digits, such as 0127.")
)


def validate_organisation_number(value: str) -> None:
    """Refuse a number that is not ten digits with a right check digit."""
    try:
        if not value.isdigit() or orgnr.validate(value) != value:
            raise StdnumError
    except StdnumError:
        raise ValidationError(
            _(
                "%(value)s is not an organisation number: "
                "write ten digits, the last is a check digit."
            ),
            code="organisation_number",
            params={"value": value},
        ) from None


class OrganisationNumberField(models.CharField):  # type: ignore[type-arg]
    """Ten digits without a hyphen (organisationsnummer)."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs["max_length"] = 10
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.validators = [*self.validators, validate_organisation_number]

    def to_python(self, value: object) -> str | None:
        """Return the digits: people write 212000-0142 and 212000 0142."""
        text: str | None = super().to_python(value)
        return text.replace("-", "").replace(" ", "") if text else text

    def formfield(self, **kwargs: Any) -> Any:
        """Return an input with room for the hyphen."""
        return super().formfield(**{"max_length": 20, **kwargs})


class County(models.Model):
    """A county (län)."""

    code = models.CharField(
        _("county code"), max_length=2, unique=True, validators=[county_code]
    )
    name = models.CharField(_("name"), max_length=60, unique=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("county")
        verbose_name_plural = _("counties")
        constraints = [
            models.CheckConstraint(
                name="county_code_has_two_digits", condition=Q(code__regex=r"^[0-9]{2}$")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MunicipalityQuerySet(models.QuerySet["Municipality"]):
    """What is asked of municipalities."""

    def by_code(self) -> "dict[str, Municipality]":
        """Return every municipality of the set by its code."""
        return {municipality.code: municipality for municipality in self}


@tracked()
class Municipality(models.Model):
    """A municipality (kommun)."""

    code = models.CharField(
        _("municipality code"),
        max_length=4,
        unique=True,
        validators=[municipality_code],
    )
    name = models.CharField(_("name"), max_length=60)
    formal_name = models.CharField(
        _("formal name"), max_length=80, help_text=_("For example Falu kommun.")
    )
    own_name = models.CharField(
        _("own name"),
        max_length=80,
        help_text=_("What it calls itself, for example Solna stad."),
    )
    organisation_number = OrganisationNumberField(_("organisation number"), unique=True)
    county = models.ForeignKey(
        County,
        models.PROTECT,
        related_name="municipalities",
        verbose_name=_("county"),
    )
    email = models.EmailField(
        _("official mailbox"),
        blank=True,
        help_text=_("Reminders go here when nobody in the municipality answers."),
    )

    objects = MunicipalityQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("municipality")
        verbose_name_plural = _("municipalities")
        constraints = [
            models.CheckConstraint(
                name="municipality_code_has_four_digits",
                condition=Q(code__regex=r"^[0-9]{4}$"),
                violation_error_message=_("A municipality code has four digits."),
            ),
            models.CheckConstraint(
                name="municipality_organisation_number_has_ten_digits",
                condition=Q(organisation_number__regex=r"^[0-9]{10}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("municipalities:municipality_detail", args=[self.code])

    @property
    def county_code(self) -> str:
        """The first two digits of the code are the county's."""
        return self.code[:2]
