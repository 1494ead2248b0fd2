"""The one form in which a municipality answers what it is allocated."""

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.forms import BoundField
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.fields import MoneyFormField
from grants.models import Purpose
from invoices.account_messages import sentence as account_sentence
from invoices.accounts import Account, Kind, examine
from invoices.models import AccountKind, Requisition
from invoices.requisition import Answer
from municipalities.numbers import kronor

ACCOUNT_FIELDS = {"number": "account_number", "clearing": "clearing", "bic": "bic"}
"""Where the mistakes of an account stand in the form."""

DECLINE_FIELDS = {
    "answer",
    "decline_reason",
    "contact_name",
    "contact_email",
    "contact_phone",
    "signatory_name",
    "signatory_title",
}
"""What is asked of a municipality that declines."""


class Choice(TextChoices):
    """What a municipality may answer, as it chooses."""

    WHOLE = "whole", pgettext_lazy("choice", "Ask for the whole amount")
    PART = "part", pgettext_lazy("choice", "Ask for a part of it")
    DECLINE = "decline", pgettext_lazy("choice", "Decline")


def line(length: int, size: str = "", **attrs: str) -> dict[str, Any]:
    """Return what a text field of one line takes."""
    attrs = {"class": size, **attrs} if size else attrs
    return {"max_length": length, "widget": forms.TextInput(attrs=attrs)}


def long(rows: int) -> forms.Textarea:
    """Return an input for several lines."""
    return forms.Textarea(attrs={"rows": rows})


class AnswerForm(forms.Form):
    """Whole, part or decline; where to pay; what for; whom to ask and who signs.

    Which fields are needed follows from the answer. Amounts in whole kronor.
    """

    conditional = ("clearing", "bic")
    mistakes = {
        "not_positive": _("Write an amount above zero. If you do not want it, decline."),
        "exceeds_left": _("You ask for %(amount)s, but only %(left)s is left."),
        "number_used": _("You have already used the number %(number)s. Choose another."),
    }
    """What is wrong, by code, as the one who fills in the form is told."""

    answer = forms.ChoiceField(
        label=_("What do you want to do?"),
        choices=Choice,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you want to do.")},
    )
    amount = MoneyFormField(
        label=_("How much do you ask for?"),
        error_messages={"required": _("Write how much you ask for.")},
    )
    decline_reason = forms.CharField(
        label=_("Why do you decline?"),
        max_length=2000,
        widget=long(3),
        error_messages={"required": _("Write why you decline.")},
    )
    wants_more = forms.BooleanField(
        label=_("We gladly take more if money is left over"), required=False
    )
    use_text = forms.CharField(
        label=_("Describe in your own words"),
        max_length=4000,
        required=False,
        widget=long(3),
    )
    account_kind = forms.ChoiceField(
        label=_("Kind of account"),
        choices=[],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose where you want the money.")},
    )
    account_number = forms.CharField(
        label=_("Account number"),
        **line(60, "iban", autocomplete="off", spellcheck="false"),
    )
    clearing = forms.CharField(
        label=_("Clearing number"),
        help_text=_("Four or five digits. Only for an account number."),
        required=False,
        **line(10, "short", inputmode="numeric", autocomplete="off"),
    )
    bic = forms.CharField(
        label=_("BIC"),
        help_text=_("Only for an IBAN of another country."),
        required=False,
        **line(20, "medium", autocomplete="off", spellcheck="false"),
    )
    payment_instructions = forms.CharField(
        label=_("Other payment instructions"),
        help_text=_("For example what shall stand on the payment."),
        max_length=1000,
        required=False,
        widget=long(2),
    )
    invoice_number = forms.CharField(
        label=_("Your own number"),
        help_text=_("If you leave it empty, we make one."),
        required=False,
        **line(40, "medium", autocomplete="off"),
    )
    invoice_on = forms.DateField(
        label=_("Date"),
        help_text=_("If you leave it empty, it is the day you send in."),
        required=False,
        widget=forms.DateInput(attrs={"class": "medium"}),
    )
    contact_name = forms.CharField(label=_("Name"), **line(100, autocomplete="name"))
    contact_email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    contact_phone = forms.CharField(
        label=_("Phone"), required=False, **line(30, autocomplete="tel", type="tel")
    )
    signatory_name = forms.CharField(label=_("Name"), **line(100, autocomplete="off"))
    signatory_title = forms.CharField(
        label=_("Title"),
        **line(100, autocomplete="organization-title"),
    )

    def __init__(
        self,
        *args: Any,
        left: int,
        purposes: Sequence[Purpose],
        taken: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        """Make a field for each purpose. ``taken`` are the numbers already used."""
        super().__init__(*args, **kwargs)
        self.left = left
        self.purposes = purposes
        self.taken = taken
        self.account: Account | None = None
        kinds = self.fields["account_kind"]
        assert isinstance(kinds, forms.ChoiceField)
        kinds.choices = [
            (value, str(label) if value == "iban" else capfirst(str(label)))
            for value, label in AccountKind.choices
        ]
        for purpose in purposes:
            self.fields[use_name(purpose)] = MoneyFormField(
                label=purpose.heading, required=False
            )

    @property
    def uses(self) -> list[BoundField]:
        """The amounts by purpose."""
        return [self[use_name(purpose)] for purpose in self.purposes]

    def clean(self) -> dict[str, Any]:
        """Check what the answer needs."""
        data: dict[str, Any] = super().clean() or {}
        answer = data.get("answer")
        for name in self.fields.keys() - needed_for(answer, self.fields):
            self.errors.pop(name, None)  # what is not asked for cannot be wrong
        if answer and answer != Choice.DECLINE:
            self.check_amount(data)
            self.check_account(data)
            self.check_uses(data)
            self.check_number(data)
        return data

    def check_amount(self, data: dict[str, Any]) -> None:
        """Require a part to be above zero and no more than what is left."""
        if data["answer"] == Choice.WHOLE:
            data["amount"] = self.left
        amount = data.get("amount")
        if amount is None:
            return
        if amount <= 0:
            self.complain("amount", "not_positive", self.mistakes["not_positive"])
        elif amount > self.left:
            message = self.mistakes["exceeds_left"]
            params = {"amount": kronor(amount), "left": kronor(self.left)}
            self.complain("amount", "exceeds_left", message, params)

    def check_account(self, data: dict[str, Any]) -> None:
        """Require an account whose check digits are right."""
        kind = data.get("account_kind")
        if not kind:
            return
        self.errors.pop("account_number", None)  # which number, is said below
        self.account, errors = examine(
            Kind(kind),
            data.get("account_number", ""),
            clearing=data.get("clearing", ""),
            bic=data.get("bic", ""),
        )
        for error in errors:
            field = ACCOUNT_FIELDS[error.field]
            self.complain(field, error.code, account_sentence(error))

    def check_uses(self, data: dict[str, Any]) -> None:
        """Require planned uses that are not below zero, nor above the amount together."""
        names = [use_name(purpose) for purpose in self.purposes]
        for name in names:
            if (data.get(name) or 0) < 0:
                message = _("An amount cannot be below zero.")
                self.complain(name, "negative", message)
        planned = sum(data.get(name) or 0 for name in names)
        amount = data.get("amount")
        if amount and planned > amount and "amount" not in self.errors:
            message = _(
                "The planned uses sum to %(planned)s, which is more than the %(amount)s "
                "asked for."
            )
            params = {"planned": kronor(planned), "amount": kronor(amount)}
            last = [name for name in names if data.get(name)][-1]
            self.complain(last, "uses_exceed", message, params)

    def check_number(self, data: dict[str, Any]) -> None:
        """Refuse a number that the municipality has used before."""
        number = data.get("invoice_number")
        if number and number in self.taken:
            message = self.mistakes["number_used"]
            self.complain("invoice_number", "number_used", message, {"number": number})

    def complain(
        self, field: str, code: str, message: Any, params: dict[str, Any] | None = None
    ) -> None:
        """Put a mistake on a field."""
        self.add_error(field, ValidationError(message, code=code, params=params))

    def to_answer(self) -> Answer:
        """Return what is answered. The form has been found right."""
        data = self.cleaned_data
        people = {
            name: data[name]
            for name in (
                "contact_name",
                "contact_email",
                "contact_phone",
                "signatory_name",
                "signatory_title",
            )
        }
        if data["answer"] == Choice.DECLINE:
            return Answer(amount=0, decline_reason=data["decline_reason"], **people)
        assert self.account is not None  # check_account
        return Answer(
            amount=data["amount"],
            wants_more=data["wants_more"],
            account_kind=self.account.kind.value,
            account_number=self.account.number,
            clearing=self.account.clearing,
            bic=self.account.bic,
            payment_instructions=data["payment_instructions"],
            invoice_number=data["invoice_number"],
            invoice_on=data["invoice_on"],
            use_text=data["use_text"],
            uses={
                purpose.pk: data[use_name(purpose)]
                for purpose in self.purposes
                if data[use_name(purpose)]
            },
            **people,
        )


def needed_for(answer: str | None, fields: Collection[str]) -> set[str]:
    """Return the fields that an answer needs to be right."""
    if answer == Choice.DECLINE:
        return DECLINE_FIELDS
    needed = set(fields) - {"decline_reason"}
    return needed if answer == Choice.PART else needed - {"amount"}


def use_name(purpose: Purpose) -> str:
    """Return the field of a purpose's amount."""
    return f"use_{purpose.pk}"


def values_of(requisition: Requisition) -> dict[str, Any]:
    """Return what a requisition holds, as the form shows it."""
    uses = {f"use_{use.purpose_id}": use.amount for use in requisition.planned_uses.all()}
    return facts_of(requisition) | uses


def facts_of(requisition: Requisition) -> dict[str, Any]:
    """Return the same without the amounts by purpose, which are each grant's own."""
    account = requisition.account
    number = requisition.account_number
    if account and account.kind is not Kind.BANK:
        number = account.formatted
    names = (
        "answer",
        "amount",
        "decline_reason",
        "wants_more",
        "use_text",
        "account_kind",
        "clearing",
        "bic",
        "payment_instructions",
        "invoice_number",
        "invoice_on",
        "contact_name",
        "contact_email",
        "contact_phone",
        "signatory_name",
        "signatory_title",
    )
    values = {name: getattr(requisition, name) for name in names}
    return values | {"account_number": number}
