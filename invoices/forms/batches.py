"""Forms for payment batches: what to pay and when, and what the bank said of it."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invoices.banking_days import is_banking_day, next_banking_day
from invoices.payment_list import MAX_BYTES
from municipalities.numbers import row_id


class ChosenField(forms.MultipleChoiceField):
    """Ids of rows that are ticked; whether they may be is for the verb to say."""

    def valid_value(self, value: Any) -> bool:
        """Take whatever can be an id."""
        return bool(row_id(str(value)))

    def clean(self, value: Any) -> list[int]:
        """Return the ids."""
        return [int(each) for each in super().clean(value)]


class DayForm(forms.Form):
    """The day on which the bank is to pay."""

    execute_on = forms.DateField(
        label=_("To be paid on"),
        error_messages={"required": _("Write the day when the bank is to pay.")},
    )

    def clean_execute_on(self) -> date:
        """Refuse a day that has been, and one when banks are closed."""
        day: date = self.cleaned_data["execute_on"]
        if day < timezone.localdate():
            raise ValidationError(_("The day has passed. Choose a later one."), code="past")
        if not is_banking_day(day):
            raise ValidationError(
                _("Banks are closed on %(day)s. The next banking day is %(next)s."),
                code="closed",
                params={
                    "day": date_format(day, "j F Y"),
                    "next": date_format(next_banking_day(day), "j F Y"),
                },
            )
        return day


class BatchForm(DayForm):
    """Requisitions to pay together. The rows with boxes are the page's own."""

    requisition = ChosenField(
        label=_("Requisitions"),
        error_messages={"required": _("Choose at least one requisition.")},
    )

    field_order = ["requisition", "execute_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say what day it is that stands there."""
        super().__init__(*args, **kwargs)
        self.fields["execute_on"].help_text = _("The next banking day is filled in.")


class ReleaseForm(forms.Form):
    """What the person saw, unseen: it is what they agree to."""

    total = forms.IntegerField(widget=forms.HiddenInput)
    execute_on = forms.DateField(widget=forms.HiddenInput)


class ListForm(forms.Form):
    """A list from the bank."""

    file = forms.FileField(
        label=_("List from the bank"),
        help_text=_("Csv, xlsx or the bank's status report (pain.002)."),
        allow_empty_file=True,
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.xml"}),
        error_messages={
            "required": _("Choose a file."),
            "max_length": _("The file's name is too long."),
        },
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse a file by its size alone, before anybody reads it."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise ValidationError(
                _("The file is too large: the limit is %(limit)s MB."),
                code="too_large",
                params={"limit": MAX_BYTES // 1024 // 1024},
            )
        return file


class OutcomeForm(forms.Form):
    """What the bank said of some payments, written by hand."""

    PAID = "paid"
    FAILED = "failed"

    payment = ChosenField(
        label=_("Payments"),
        error_messages={"required": _("Tick at least one payment.")},
    )
    outcome = forms.ChoiceField(
        label=_("What the bank says"),
        choices=[
            (PAID, pgettext_lazy("outcome", "Paid")),
            (FAILED, pgettext_lazy("outcome", "Failed")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose paid or failed.")},
    )
    paid_on = forms.DateField(label=_("If paid: the day"), required=False)
    reason = forms.CharField(
        label=_("If failed: why"),
        required=False,
        max_length=300,
    )

    def clean(self) -> dict[str, Any]:
        """Ask for what goes with the outcome, and for no day that has not been."""
        facts: dict[str, Any] = super().clean() or self.cleaned_data
        outcome, day = facts.get("outcome"), facts.get("paid_on")
        if outcome == self.FAILED and not facts.get("reason"):
            self.add_error(
                "reason", ValidationError(_("Write why it failed."), code="required")
            )
        if outcome == self.PAID and "paid_on" in facts and not day:
            self.add_error("paid_on", ValidationError(_("Write the day."), code="required"))
        if outcome == self.PAID and day and day > timezone.localdate():
            error = ValidationError(_("The day has not been yet."), code="future")
            self.add_error("paid_on", error)
        return facts


class ReasonForm(forms.Form):
    """Why the municipality has to look at its account again."""

    reason = forms.CharField(
        label=_("Message to the municipality"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=2_000,
        error_messages={"required": _("Write what the municipality is to do.")},
    )
