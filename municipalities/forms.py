"""What people fill in: statistics by hand, people, and the body's own facts."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import BoundField
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from municipalities.models import (
    CoordinatingBody,
    Membership,
    Municipality,
    Role,
    Statistic,
    StatisticKind,
    StatisticValue,
)
from municipalities.models.people import STAFF_ROLES
from municipalities.numbers import grouped
from municipalities.people import is_last_administrator, let_in
from municipalities.typed_values import MOST_PASTED, PastedLines, read_value


def staff_role_choices() -> list[tuple[str, str]]:
    """Return the roles of a body, in the reader's language, as they stand in a list."""
    return [(role.value, capfirst(str(Role(role).label))) for role in STAFF_ROLES]


def kind_choices() -> list[tuple[str, str]]:
    """Return the kinds of statistics, in the reader's language, as they stand in a list."""
    return [(value, capfirst(str(label))) for value, label in StatisticKind.choices]


class StatisticForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is counted, when, and where the figures come from."""

    class Meta:
        model = Statistic
        fields = ["kind", "name", "reference_on", "is_whole_year", "source"]
        widgets = {
            "reference_on": forms.DateInput(attrs={"class": "medium"}),
            "kind": forms.RadioSelect,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Leave the kind as it was: a distribution may rest on it."""
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["kind"]
        else:
            # No empty choice: these are radio buttons.
            kind = cast("forms.ChoiceField", self.fields["kind"])
            kind.choices = kind_choices()

    def _get_validation_exclusions(self) -> set[str]:
        """Check what holds for the body's statistics together."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"body", "kind"}

    def clean(self) -> dict[str, Any]:
        """Let a whole year be known by its last day."""
        data: dict[str, Any] = super().clean() or {}
        day = data.get("reference_on")
        if day and data.get("is_whole_year"):
            data["reference_on"] = day.replace(month=12, day=31)
        elif day and day > timezone.localdate():
            message = _("The day has not come yet.")
            self.add_error("reference_on", ValidationError(message, code="future"))
        return data


class ValueField(forms.CharField):
    """A figure as people write it: 93 106 or 71,5."""

    def __init__(self, **kwargs: Any) -> None:
        """Make a short input with digits on a phone's keyboard."""
        widget = forms.TextInput(
            attrs={"inputmode": "decimal", "autocomplete": "off", "class": "value-input"}
        )
        super().__init__(required=False, max_length=40, widget=widget, **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        """Return the number, or nothing."""
        return read_value(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        """Return what stands in the input: grouped, as people read it."""
        return grouped(value) if isinstance(value, Decimal) else value


class ValuesForm(forms.Form):
    """One input per municipality, and a box to paste a table in."""

    pasted = forms.CharField(
        label=_("Paste a table"),
        required=False,
        strip=False,
        max_length=MOST_PASTED,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("One municipality a line: code and value, for example 0127 93 106."),
    )

    def __init__(
        self,
        *args: Any,
        municipalities: Iterable[Municipality],
        values: dict[str, Decimal] | None = None,
        **kwargs: Any,
    ) -> None:
        """Make the inputs. ``values`` are those that the statistic has."""
        super().__init__(*args, **kwargs)
        self.municipalities = {place.code: place for place in municipalities}
        for code, place in self.municipalities.items():
            self.fields[self.field_name(code)] = ValueField(
                label=f"{code} {place}", initial=(values or {}).get(code)
            )

    @staticmethod
    def field_name(code: str) -> str:
        """Return the name of a municipality's input."""
        return f"value_{code}"

    def value_fields(self) -> Iterator[BoundField]:
        """Yield the municipalities' inputs, in order of their codes."""
        for code in self.municipalities:
            yield self[self.field_name(code)]

    def clean(self) -> dict[str, Any]:
        """Take what was pasted with what was typed; they may not disagree."""
        data: dict[str, Any] = super().clean() or {}
        typed = {
            code: value
            for code in self.municipalities
            if (value := data.get(self.field_name(code))) is not None
        }
        pasted = PastedLines(data.get("pasted", ""), self.municipalities)
        errors = [*pasted.errors, *self._disagreements(typed, pasted.values)]
        if errors:
            self.add_error("pasted", errors)
        if not self.errors and not (typed | pasted.values):
            message = _("Write at least one value.")
            raise ValidationError(message, code="empty")
        data["values"] = typed | pasted.values
        return data

    def _disagreements(
        self, typed: dict[str, Decimal], pasted: dict[str, Decimal]
    ) -> Iterator[ValidationError]:
        for code, value in pasted.items():
            was_typed = self.field_name(code) in self.changed_data
            if was_typed and code in typed and typed[code] != value:
                yield ValidationError(
                    _("%(municipality)s: %(pasted)s is pasted, but %(typed)s is typed."),
                    code="disagree",
                    params={
                        "municipality": f"{code} {self.municipalities[code]}",
                        "pasted": grouped(value),
                        "typed": grouped(typed[code]),
                    },
                )

    def lacking(self) -> list[str]:
        """Return the names of those without a value, after the check."""
        values = self.cleaned_data["values"]
        return [
            place.name for code, place in self.municipalities.items() if code not in values
        ]


@transaction.atomic
def save_values(statistic: Statistic, values: dict[str, Decimal]) -> None:
    """Make the statistic's values just these; only what differs is written."""
    before = statistic.values.by_code()
    statistic.values.exclude(municipality__code__in=values).delete()
    municipalities = Municipality.objects.by_code()
    StatisticValue.objects.bulk_create(
        [
            StatisticValue(
                statistic=statistic, municipality=municipalities[code], value=value
            )
            for code, value in values.items()
            if before.get(code) != value
        ],
        update_conflicts=True,
        unique_fields=["statistic", "municipality"],
        update_fields=["value"],
    )


# People ------------------------------------------------------------------------------


class KeepsAnAdministrator:
    """A check for forms on a membership: somebody must be left to let people in."""

    def check_administrator_is_left(self, data: dict[str, Any]) -> None:
        """Refuse to take the last administrator's role, or to set an end to it."""
        membership: Membership = self.instance  # type: ignore[attr-defined]
        if not membership.pk or not membership.body_id:
            return
        stays = data.get("role") == Role.ADMINISTRATOR and not data.get("valid_until")
        if not stays and is_last_administrator(membership):
            message = _("Somebody else must be an administrator first.")
            error = ValidationError(message, code="last_administrator")
            field = "role" if data.get("role") != Role.ADMINISTRATOR else "valid_until"
            self.add_error(field, error)  # type: ignore[attr-defined]


class MembershipForm(KeepsAnAdministrator, forms.ModelForm):  # type: ignore[type-arg]
    """A colleague's role, and until when."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=staff_role_choices,
        widget=forms.RadioSelect,
        help_text=_(
            "Handlers prepare, approvers decide too, auditors only read, "
            "and administrators take care of people and settings."
        ),
    )

    class Meta:
        model = Membership
        fields = ["role", "valid_until"]
        widgets = {"valid_until": forms.DateInput(attrs={"class": "medium"})}
        help_texts = {"valid_until": _("The last day. Leave it empty for no end.")}

    def clean(self) -> dict[str, Any]:
        """Keep an administrator in the body."""
        data: dict[str, Any] = super().clean() or {}
        self.check_administrator_is_left(data)
        return data


def last_day_field() -> forms.DateField:
    """Return a field for the last day of a membership."""
    return forms.DateField(
        label=_("Valid until"),
        required=False,
        help_text=_("The last day. Leave it empty for no end."),
        widget=forms.DateInput(attrs={"class": "medium"}),
    )


def not_past(day: date | None) -> date | None:
    """Return the last day; refuse one that has passed."""
    if day and day < timezone.localdate():
        raise ValidationError(_("The day has passed."), code="past")
    return day


def check_is_new(
    email: str,
    organisation: CoordinatingBody | Municipality,
    besides: Membership | None = None,
) -> str:
    """Return the address; refuse who is here already. Whether elsewhere is not told."""
    email = email.lower()
    here = Membership.objects.valid().within(organisation).filter(user__email=email)
    if besides:
        here = here.exclude(pk=besides.pk)
    if here.exists():
        raise ValidationError(_("The person is already a member here."), code="member")
    return email


class NewPersonForm(forms.Form):
    """Somebody to let in to an organisation, known by an e-mail address."""

    email = forms.EmailField(label=_("E-mail"), max_length=254)
    first_name = forms.CharField(label=_("First name"), max_length=150)
    last_name = forms.CharField(label=_("Last name"), max_length=150)

    def __init__(
        self, *args: Any, organisation: CoordinatingBody | Municipality, **kwargs: Any
    ) -> None:
        """Remember where the person is let in."""
        super().__init__(*args, **kwargs)
        self.organisation = organisation

    def clean_email(self) -> str:
        """Refuse who is here already."""
        return check_is_new(self.cleaned_data["email"], self.organisation)

    def clean_valid_until(self) -> date | None:
        """Refuse a day that has passed."""
        return not_past(self.cleaned_data["valid_until"])

    def save(self) -> Membership:
        """Return the membership."""
        facts = dict(self.cleaned_data)
        person: dict[str, str] = {
            name: facts.pop(name)
            for name in ("first_name", "last_name", "phone")
            if name in facts
        }
        return let_in(self.organisation, email=facts.pop("email"), person=person, **facts)


class NewMemberForm(NewPersonForm):
    """Somebody to let in to a coordinating body."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=staff_role_choices,
        widget=forms.RadioSelect,
        initial=Role.HANDLER.value,
        help_text=_(
            "Handlers prepare, approvers decide too, auditors only read, "
            "and administrators take care of people and settings."
        ),
    )
    valid_until = last_day_field()


# The body ----------------------------------------------------------------------------

LOGO_BYTES = 1024 * 1024
LOGO_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class LogoField(forms.FileField):
    """A picture, known by its first bytes: what the browser says of it proves nothing."""

    widget = forms.FileInput(attrs={"accept": "image/png,image/jpeg"})

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the upload with the type that its bytes say."""
        file = super().clean(data, initial)
        if not file:
            return None
        if file.size > LOGO_BYTES:
            raise ValidationError(_("The picture is larger than 1 MB."), code="too_large")
        start = file.read(16)
        file.seek(0)
        for signature, content_type in LOGO_SIGNATURES.items():
            if start.startswith(signature):
                file.content_type = content_type
                return file
        message = _("The file is not a PNG or JPEG picture.")
        raise ValidationError(message, code="not_a_picture")


class BodyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The body's own facts, which its documents carry."""

    new_logo = LogoField(
        label=_("New logo"),
        required=False,
        help_text=_("PNG or JPEG, at most 1 MB. It stands at the top of the memo."),
    )
    remove_logo = forms.BooleanField(label=_("Remove the logo"), required=False)

    class Meta:
        model = CoordinatingBody
        fields = [
            "name",
            "organisation_number",
            "region_name",
            "postal_address",
            "email",
            "questions_email",
            "invoice_address",
            "invoice_email",
            "peppol_id",
            "signatory_name",
            "signatory_title",
        ]
        widgets = {
            "postal_address": forms.Textarea(attrs={"rows": 3}),
            "invoice_address": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer to remove a logo only where there is one."""
        super().__init__(*args, **kwargs)
        if not self.instance.logo_id:
            del self.fields["remove_logo"]

    @transaction.atomic
    def save(self, commit: bool = True) -> Any:
        """Keep the facts, and the picture as a file of the body's."""
        if upload := self.cleaned_data["new_logo"]:
            self.instance.logo = self.instance.files.model.objects.keep(
                upload.read(),
                body=self.instance,
                name=upload.name or gettext("logo"),
                content_type=upload.content_type,
            )
        elif self.cleaned_data.get("remove_logo"):
            self.instance.logo = None
        return super().save(commit)
