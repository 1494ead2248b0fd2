"""The form for money in from the state."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grants.forms.base import SeenForm
from grants.models import Grant
from invoices.models import FundsReceived


class FundsForm(SeenForm, forms.ModelForm):  # type: ignore[type-arg]
    """One receipt: when it came, how much, and from whom."""

    class Meta:
        model = FundsReceived
        fields = ["received_on", "amount", "payer", "reference", "note"]
        error_messages = {
            "received_on": {"required": _("Write the day when the money came in.")},
            "amount": {"required": _("Write how much came in.")},
            "payer": {"required": _("Write who paid.")},
        }

    def __init__(self, *args: Any, grant: Grant, **kwargs: Any) -> None:
        """Give the receipt its grant."""
        super().__init__(*args, **kwargs)
        self.instance.grant = grant

    def clean_received_on(self) -> date:
        """Refuse a day that has not been."""
        day: date = self.cleaned_data["received_on"]
        if day > timezone.localdate():
            raise ValidationError(
                _("The day has not been yet. Register the money when it has come in."),
                code="future",
            )
        return day

    def clean_amount(self) -> int:
        """Refuse nothing, and less."""
        amount: int = self.cleaned_data["amount"]
        if amount <= 0:
            raise ValidationError(_("Write an amount above zero."), code="not_above_zero")
        return amount
