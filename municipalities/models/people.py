"""People, and what each may do for whom."""

from datetime import date
from typing import Any, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from municipalities.models.bodies import CoordinatingBody
from municipalities.models.places import Municipality
from municipalities.models.signatories import ACCOUNT_TRIGGER, MEMBERSHIP_TRIGGERS
from municipalities.tracking import tracked


class EmailUserManager(UserManager["User"]):
    """Makes users that are known by their e-mail address."""

    def _create_user(
        self,
        username: str,
        email: str | None,
        password: str | None,
        **extra: Any,
    ) -> "User":
        user = self.model(email=self.normalize_email(email or username), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(  # type: ignore[override]
        self, email: str, password: str | None = None, **extra: Any
    ) -> "User":
        """Return a new user without any rights."""
        return self._create_user(email, email, password, **extra)

    def create_superuser(  # type: ignore[override]
        self, email: str, password: str | None = None, **extra: Any
    ) -> "User":
        """Return a new user who may do everything, for the installation's keeper."""
        extra |= {"is_staff": True, "is_superuser": True}
        return self._create_user(email, email, password, **extra)


@tracked(exclude=["password", "last_login"])
class User(AbstractUser):
    """A person, known by an e-mail address."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail"), unique=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = EmailUserManager()  # type: ignore[misc]

    class Meta:
        ordering = ["last_name", "first_name", "email"]
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                name="user_email_is_lower_case",
                condition=Q(email=models.functions.Lower("email")),
                violation_error_message=_("Write the e-mail address in lower case."),
            ),
        ]
        triggers = [ACCOUNT_TRIGGER]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def clean(self) -> None:
        """Keep one spelling of an address: two of them are one mailbox."""
        super().clean()
        self.email = self.email.lower()


class Role(models.TextChoices):
    """What a person may do. The first four belong to a body, the last two not."""

    HANDLER = "handler", pgettext_lazy("role", "handler")
    APPROVER = "approver", pgettext_lazy("role", "approver")
    AUDITOR = "auditor", pgettext_lazy("role", "auditor")
    ADMINISTRATOR = "administrator", pgettext_lazy("role", "administrator")
    CONTRIBUTOR = "contributor", pgettext_lazy("role", "contributor")
    SIGNATORY = "signatory", pgettext_lazy("role", "signatory")


STAFF_ROLES = (Role.HANDLER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)
MUNICIPAL_ROLES = (Role.CONTRIBUTOR, Role.SIGNATORY)


class MembershipQuerySet(models.QuerySet["Membership"]):
    """What is asked of memberships."""

    def not_ended(self, today: date | None = None) -> Self:
        """Keep those that have not ended, whether the person may sign in or not."""
        today = today or timezone.localdate()
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=today))

    def valid(self, today: date | None = None) -> Self:
        """Keep those that hold today."""
        return self.not_ended(today).filter(user__is_active=True)

    def staff(self) -> Self:
        """Keep those in a coordinating body."""
        return self.filter(body__isnull=False)

    def within(self, organisation: CoordinatingBody | Municipality) -> Self:
        """Keep those in the body, or in the municipality."""
        if isinstance(organisation, Municipality):
            return self.filter(municipality=organisation)
        return self.filter(body=organisation)

    def signatories(self) -> Self:
        """Keep those who answer for a municipality."""
        return self.filter(role=Role.SIGNATORY)


@tracked()
class Membership(models.Model):
    """A person's role in one body or one municipality."""

    user = models.ForeignKey(
        User, models.PROTECT, related_name="memberships", verbose_name=_("person")
    )
    body = models.ForeignKey(
        CoordinatingBody,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("body"),
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("municipality"),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    is_deputy = models.BooleanField(_("deputy"), default=False)
    is_contact = models.BooleanField(_("contact person"), default=False)
    is_reminded = models.BooleanField(
        _("gets reminders"),
        default=True,
        help_text=_("The person may turn them off. Somebody else then gets them."),
    )
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["user__last_name", "user__first_name", "user__email", "pk"]
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.CheckConstraint(
                name="membership_is_in_a_body_or_a_municipality",
                condition=(
                    Q(body__isnull=False, municipality=None, role__in=STAFF_ROLES)
                    | Q(municipality__isnull=False, body=None, role__in=MUNICIPAL_ROLES)
                ),
                violation_error_message=_(
                    "A membership is in a body, with a role there, "
                    "or in a municipality, with a role there."
                ),
            ),
            models.UniqueConstraint(
                name="one_membership_a_person_and_organisation",
                fields=["user", "body", "municipality"],
                nulls_distinct=False,
                violation_error_message=_("The person is already a member here."),
            ),
        ]
        triggers = MEMBERSHIP_TRIGGERS

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}, {self.organisation}"

    @property
    def organisation(self) -> CoordinatingBody | Municipality:
        """The body or the municipality."""
        organisation = self.body or self.municipality
        assert organisation is not None  # membership_is_in_a_body_or_a_municipality
        return organisation

    @property
    def organisation_name(self) -> str:
        """What the organisation calls itself, as in Solna stad."""
        return self.municipality.own_name if self.municipality else str(self.organisation)
