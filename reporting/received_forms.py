"""What staff write about a report that has come in."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.fields import MoneyFormField
from grants.working_days import DAY, working_day_after, working_day_before
from invoices.settlement import Outcome, Share
from municipalities.numbers import kronor
from reporting.models import ReportRound

MOST = 2000
WORKING_DAYS = 10
"""What a municipality is proposed for a completion."""


def proposed_day(today: date, authority: date | None) -> date:
    """Return the last day that a completion is proposed.

    It is before the day to the authority, where that is still to come.

    >>> proposed_day(date(2026, 11, 23), None).isoformat()  # a Monday
    '2026-12-07'
    >>> proposed_day(date(2026, 12, 18), None).isoformat()  # over the holidays
    '2027-01-08'
    >>> proposed_day(date(2026, 11, 23), date(2026, 11, 30)).isoformat()
    '2026-11-27'
    """
    day = today
    for _number in range(WORKING_DAYS):
        day = working_day_after(day + DAY)
    if authority is None or day < authority or authority <= today + DAY:
        return day
    return max(working_day_before(authority - DAY), today)


class AcceptForm(forms.Form):
    """What the money is settled to; nothing to write where it is not."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    settled = forms.IntegerField(required=False, widget=forms.HiddenInput)
    used = MoneyFormField(
        label=pgettext_lazy("money", "used"),
        error_messages={"required": _("Write how much is used; 0 if nothing is.")},
    )
    to_repay = MoneyFormField(
        label=pgettext_lazy("money", "to repay"),
        help_text=_("Empty: what is left."),
        required=False,
    )
    carried_over = MoneyFormField(
        label=pgettext_lazy("money", "carried over"), required=False
    )
    reason = forms.CharField(
        label=_("Why it is corrected"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write why it is corrected.")},
    )

    conditional = ("to_repay", "carried_over")

    def __init__(
        self, *args: Any, share: Share | None, proposal: Outcome | None, **kwargs: Any
    ) -> None:
        """Propose what the report says."""
        super().__init__(*args, **kwargs)
        self.share = share
        if share is None:
            for name in ("used", "to_repay", "carried_over", "settled", "reason"):
                del self.fields[name]
            return
        self.initial["settled"] = share.seen
        if proposal:
            self.initial["used"] = proposal.used
            self.initial["to_repay"] = proposal.to_repay
            self.initial["carried_over"] = proposal.carried_over or None
        if share.settlement is None:
            del self.fields["reason"]
        elif share.unaccounted == 0:
            # Settled to the same once more, nothing is corrected.
            self.fields["reason"].required = False

    def clean(self) -> dict[str, Any]:
        """Check that it comes to what there is."""
        data: dict[str, Any] = super().clean() or {}
        parts = [data.get(name) for name in ("used", "to_repay", "carried_over")]
        if self.share is None or self.errors:
            return data
        if any(amount is not None and amount < 0 for amount in parts):
            message = _("An amount cannot be below zero.")
            raise ValidationError(message, code="negative")
        rest = self.share.available - data["used"] - (data["carried_over"] or 0)
        if data["to_repay"] is None:
            data["to_repay"] = max(rest, 0)
        total = data["used"] + data["to_repay"] + (data["carried_over"] or 0)
        if total != self.share.available:
            raise ValidationError(
                _("It comes to %(total)s, but must be the %(available)s that is paid."),
                code="sum",
                params={
                    "total": kronor(total),
                    "available": kronor(self.share.available),
                },
            )
        return data

    @property
    def outcome(self) -> Outcome | None:
        """What is written, once it is valid."""
        if self.share is None:
            return None
        data = self.cleaned_data
        return Outcome(data["used"], data["to_repay"], data["carried_over"] or 0)


class CompletionForm(forms.Form):
    """Which sections are to be completed, why and by when."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    accepted = forms.BooleanField(required=False, widget=forms.HiddenInput)
    """Whether the report was accepted when the page was made."""
    sections = forms.MultipleChoiceField(
        label=_("Sections to complete"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one section to complete.")},
    )
    reason = forms.CharField(
        label=_("What is lacking"),
        help_text=_(
            "The municipality reads it, in the e-mail and at the top of the report."
        ),
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write what the municipality needs to know.")},
    )
    due_on = forms.DateField(
        label=_("To be completed no later than"),
        help_text=_("The municipality is reminded before the day."),
        error_messages={"required": _("Write the last day for the completion.")},
    )
    insists = forms.BooleanField(
        label=_("The day is right although it is not before the day to the authority"),
        required=False,
    )

    def __init__(self, *args: Any, found: ReportRound, **kwargs: Any) -> None:
        """Offer the round's sections, and propose a day."""
        super().__init__(*args, **kwargs)
        theirs = found.authority_deadline
        self.authority = theirs.due_on if theirs else None
        sections: Any = self.fields["sections"]
        sections.choices = [(each.key, each.title) for each in found.read.sections]
        self.initial["due_on"] = proposed_day(timezone.localdate(), self.authority)
        if not (self.is_bound and self._is_too_late(self.data.get("due_on", ""))):
            del self.fields["insists"]

    def _is_too_late(self, text: str) -> bool:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return False
        return self.authority is not None and day >= self.authority

    def clean_due_on(self) -> date:
        """Refuse a day that has been."""
        day: date = self.cleaned_data["due_on"]
        if day < timezone.localdate():
            raise ValidationError(_("The day has passed."), code="past")
        return day

    def clean(self) -> dict[str, Any]:
        """Warn once of a day that comes too late for the authority's."""
        data: dict[str, Any] = super().clean() or {}
        is_asked = "insists" in self.fields and "due_on" in data
        if self.authority and is_asked and not data.get("insists"):
            message = _(
                "The report is due at the authority on %(day)s. Choose an earlier day, or "
                "tick that the day is right."
            )
            params = {"day": date_format(self.authority, "j F Y")}
            self.add_error("due_on", ValidationError(message, code="late", params=params))
        return data
