"""People of a municipality, as its signatories and the coordinating body fill them in."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from municipalities.contacts import let_go
from municipalities.forms import NewPersonForm, check_is_new, last_day_field, not_past
from municipalities.models import Membership, Municipality, Role
from municipalities.models.people import MUNICIPAL_ROLES
from municipalities.people import (
    change_address,
    is_known_elsewhere,
    leaves_no_signatory,
)
from municipalities.triggers import is_refused_by_trigger

OWN_FACTS = ("first_name", "last_name", "phone")
FIELD_ORDER = ["first_name", "last_name", "email", "phone", "role"]
NO_SIGNATORY = _(
    "The municipality must have a signatory without a last day. Let somebody else be one "
    "first."
)


def municipal_role_choices() -> list[tuple[str, str]]:
    """Return the roles of a municipality, in the reader's language."""
    return [(role.value, capfirst(str(Role(role).label))) for role in MUNICIPAL_ROLES]


class RoleFields(forms.Form):
    """What somebody does for a municipality, and until when."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=municipal_role_choices,
        widget=forms.RadioSelect,
        initial=Role.CONTRIBUTOR.value,
        help_text=_(
            "Contributors prepare the answers. Signatories send them in, and decide who "
            "is let in."
        ),
    )
    is_deputy = forms.BooleanField(
        label=_("Deputy"), required=False, help_text=_("Stands in for the one in charge.")
    )
    is_contact = forms.BooleanField(
        label=_("Contact person"),
        required=False,
        help_text=_("The one to ask, and who gets reminders."),
    )
    valid_until = last_day_field()


class NewPersonOfMunicipalityForm(NewPersonForm, RoleFields):
    """Somebody to let in to a municipality."""

    field_order = FIELD_ORDER

    phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "class": "medium"}),
    )


class PersonOfMunicipalityForm(RoleFields):
    """A person, and what they do for the municipality.

    Whoever serves others too keeps their name and address: an address is the way in.
    """

    field_order = FIELD_ORDER

    first_name = forms.CharField(label=_("First name"), max_length=150)
    last_name = forms.CharField(label=_("Last name"), max_length=150)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "class": "medium"}),
    )

    def __init__(self, data: Any = None, *, membership: Membership) -> None:
        """Fill in what is known."""
        user = membership.user
        initial = {name: getattr(user, name) for name in (*OWN_FACTS, "email")} | {
            name: getattr(membership, name)
            for name in ("role", "is_deputy", "is_contact", "valid_until")
        }
        super().__init__(data, initial=initial)
        self.membership = membership
        self.is_known_elsewhere = is_known_elsewhere(membership)
        if self.is_known_elsewhere:
            for name in (*OWN_FACTS, "email"):
                del self.fields[name]

    def clean_email(self) -> str:
        """Refuse the address of somebody else who is here."""
        organisation = self.membership.organisation
        return check_is_new(self.cleaned_data["email"], organisation, self.membership)

    def clean_valid_until(self) -> date | None:
        """Refuse a new last day that has passed."""
        day: date | None = self.cleaned_data["valid_until"]
        return not_past(day) if "valid_until" in self.changed_data else day

    def clean(self) -> dict[str, Any]:
        """Keep a signatory in the municipality; call it in a transaction."""
        data: dict[str, Any] = super().clean() or {}
        role, day = data.get("role", ""), data.get("valid_until")
        if not self.errors and leaves_no_signatory(
            self.membership, role=role, valid_until=day
        ):
            self.refuse("valid_until" if role == Role.SIGNATORY else "role")
        return data

    def refuse(self, field: str | None) -> None:
        """Say that a signatory must be left."""
        self.add_error(field, ValidationError(NO_SIGNATORY, code="last_signatory"))

    def save(self) -> Membership | None:
        """Return the membership, or nothing when the database refused the change."""
        try:
            with transaction.atomic():
                return self._save()
        except DatabaseError as error:
            if not is_refused_by_trigger(error):
                raise
            self.refuse(None)
            return None

    def _save(self) -> Membership:
        membership, data = self.membership, self.cleaned_data
        for name in ("role", "is_deputy", "is_contact", "valid_until"):
            setattr(membership, name, data[name])
        if self.is_known_elsewhere:
            membership.save()
            return membership
        user = membership.user
        for name in OWN_FACTS:
            setattr(user, name, data[name])
        if data["email"] != user.email:
            successor = change_address(membership, data["email"])
            if successor.pk != membership.pk:
                return successor
        user.save(update_fields=OWN_FACTS)
        membership.save()
        return membership


class MailboxForm(forms.ModelForm):  # type: ignore[type-arg]
    """The municipality's official mailbox (officiell brevlåda)."""

    class Meta:
        model = Municipality
        fields = ["email"]

    def clean_email(self) -> str:
        """Keep one spelling of an address: two of them are one mailbox."""
        email: str = self.cleaned_data["email"]
        return email.lower()

    def save(self, commit: bool = True) -> Municipality:
        """Keep the address, and forget what was known of the one before."""
        municipality: Municipality = self.instance
        municipality.save(update_fields=["email"])
        if "email" in self.changed_data:
            let_go(self.initial["email"])
        return municipality
