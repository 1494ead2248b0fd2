"""The form for what payment files and vouchers need to know."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from invoices.account_messages import sentence
from invoices.accounts import Kind, examine
from invoices.models import PayoutSettings
from invoices.sie import ACCOUNT

FIELDS = {"number": "iban", "bic": "bic"}
BOOK = ("bank_account", "grants_account", "funds_account")


class PayoutSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The account to pay from, checked by its check digits, and the accounts to book on."""

    class Meta:
        model = PayoutSettings
        fields = [
            "iban",
            "bic",
            "voucher_series",
            "bank_account",
            "bank_account_name",
            "grants_account",
            "grants_account_name",
            "funds_account",
            "funds_account_name",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let the IBAN be typed with spaces, and be shown in groups."""
        super().__init__(*args, **kwargs)
        self.fields["iban"] = forms.CharField(
            label=self.fields["iban"].label,
            help_text=self.fields["iban"].help_text,
            max_length=60,
            required=False,
        )
        number = self.instance.iban
        self.initial["iban"] = " ".join(
            number[start : start + 4] for start in range(0, len(number), 4)
        )
        self.fields["bic"] = forms.CharField(
            label=self.fields["bic"].label,
            help_text=_("Filled in for Swedish banks when you leave it empty."),
            max_length=20,
            required=False,
        )
        for name in (*BOOK, "voucher_series"):
            self.fields[name].widget.attrs["class"] = "short"
            self.fields[name].widget.attrs["autocomplete"] = "off"
        for name in BOOK:
            self.fields[name].widget.attrs["inputmode"] = "numeric"

    def clean(self) -> dict[str, Any]:
        """Check the IBAN and its BIC together, and each bookkeeping account."""
        facts: dict[str, Any] = super().clean() or self.cleaned_data
        self._clean_account(facts)
        numbers = {name: facts.get(name) for name in BOOK}
        for name, number in numbers.items():
            others = {other for key, other in numbers.items() if key != name}
            if number and not ACCOUNT.fullmatch(number):
                message = _("Write the account as 3 to 8 digits.")
                self.add_error(name, ValidationError(message, code="account"))
            elif number and number in others:
                message = _("The three accounts must differ.")
                self.add_error(name, ValidationError(message, code="same_account"))
        return facts

    def _clean_account(self, facts: dict[str, Any]) -> None:
        if not facts.get("iban"):
            if facts.get("bic"):
                message = _("Write the IBAN that the BIC belongs to.")
                self.add_error("iban", ValidationError(message, code="required"))
            return
        account, errors = examine(Kind.IBAN, facts["iban"], bic=facts.get("bic", ""))
        for error in errors:
            self.add_error(
                FIELDS[error.field], ValidationError(sentence(error), code=error.code)
            )
        if account is not None:
            facts["iban"], facts["bic"] = account.number, account.bic
            if not account.bic:
                message = _("We do not know the bank's BIC. Write it.")
                self.add_error("bic", ValidationError(message, code="required"))
