"""An answer that came by mail or as an invoice, as staff write it down."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invoices.forms.answers import AnswerForm, Choice
from invoices.models import Requisition

OPTIONAL = ("contact_name", "contact_email", "signatory_name", "signatory_title")
CHANNELS = (Requisition.Channel.MAIL, Requisition.Channel.INVOICE)
LABELS = {
    "answer": _("What does the municipality answer?"),
    "amount": _("Amount, when it is a part"),
    "decline_reason": _("Why the municipality declines"),
    "wants_more": _("Gladly takes more if money is left over"),
    "use_text": _("What the money will be used for"),
    "invoice_number": _("The municipality's number"),
    "invoice_on": _("Date of the letter or invoice"),
    "contact_name": _("Contact person"),
    "signatory_name": _("Responsible for the answer"),
    "signatory_title": _("Title"),
}

REQUIRED = {
    "answer": _("Choose what the municipality answers."),
    "amount": _("Write how much the municipality asks for."),
    "account_kind": _("Choose where the money is to be paid."),
}


class RegisterForm(AnswerForm):
    """The facts of the municipality's own form, and when and how they came.

    What a letter seldom says may be left out. Lateness follows the day it came in.
    """

    mistakes = {
        "not_positive": _("Write an amount above zero, or choose that it declines."),
        "exceeds_left": _("The amount is %(amount)s, but only %(left)s is left."),
        "number_used": _(
            "The municipality has already used the number %(number)s. Write another."
        ),
    }

    channel = forms.ChoiceField(
        label=_("How did it come?"), choices=[], widget=forms.RadioSelect
    )
    received_on = forms.DateField(
        label=_("Came in on"),
        help_text=_("Decides whether it is late."),
        widget=forms.DateInput(attrs={"class": "medium"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Speak of the municipality, and ask for less."""
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            self.fields[name].label = label
        for name in OPTIONAL:
            self.fields[name].required = False
        self.fields["invoice_number"].help_text = _("If it has none, we make one.")
        self.fields["invoice_on"].help_text = ""
        self.fields["payment_instructions"].help_text = ""
        answer, channel = self.fields["answer"], self.fields["channel"]
        for field, required in REQUIRED.items():
            self.fields[field].error_messages["required"] = required
        assert isinstance(answer, forms.ChoiceField)
        assert isinstance(channel, forms.ChoiceField)
        answer.choices = [
            (Choice.WHOLE, pgettext_lazy("register", "Asks for the whole amount")),
            (Choice.PART, pgettext_lazy("register", "Asks for a part of it")),
            (Choice.DECLINE, pgettext_lazy("register", "Declines")),
        ]
        channel.choices = [(each.value, capfirst(str(each.label))) for each in CHANNELS]

    def clean_received_on(self) -> date:
        """Refuse a day that has not come."""
        day: date = self.cleaned_data["received_on"]
        if day > timezone.localdate():
            raise ValidationError(_("The day has not come yet."), code="future")
        return day

    def clean(self) -> dict[str, Any]:
        """Let a decline be without a reason: a letter need not give one."""
        data = super().clean()
        if data.get("answer") == Choice.DECLINE:
            self.errors.pop("decline_reason", None)
            data.setdefault("decline_reason", "")
        return data
