"""What became of each share's money, all on one page; and what is paid back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from grants.fields import MoneyFormField
from invoices.settlement import Entry, Outcome, Share
from municipalities.numbers import kronor

PARTS = ("used", "to_repay", "carried_over")


def heading(part: str) -> str:
    """Return what a column is called."""
    return {
        "used": gettext("Used"),
        "to_repay": gettext("To repay"),
        "carried_over": gettext("Carried over"),
        "reason": gettext("Why it is corrected"),
    }[part]


@dataclass(frozen=True, slots=True)
class Row:
    """A share and its inputs; a fixed share has none."""

    share: Share
    cells: Sequence[tuple[str, BoundField]] = ()
    reason: BoundField | None = None
    seen: BoundField | None = None


class SettlementForm(forms.Form):
    """A row for each share. What is left empty is as it was."""

    def __init__(self, *args: Any, shares: Sequence[Share], **kwargs: Any) -> None:
        """Make the inputs."""
        super().__init__(*args, **kwargs)
        self.shares = shares
        for share in shares:
            if share.is_fixed:
                continue
            for part in PARTS:
                field = MoneyFormField(
                    required=False,
                    label=f"{share.label}: {heading(part).lower()}",
                    initial=getattr(share.settlement, part) if share.settlement else None,
                )
                field.widget.attrs["aria-label"] = field.label
                field.widget.attrs["class"] = "settle__amount"
                self.fields[f"{part}_{share.key}"] = field
            if share.settlement:
                self.fields[f"reason_{share.key}"] = forms.CharField(
                    required=False,
                    max_length=500,
                    label=f"{share.label}: {heading('reason').lower()}",
                )
                reason = self.fields[f"reason_{share.key}"]
                reason.widget.attrs["aria-label"] = reason.label
            self.fields[f"seen_{share.key}"] = forms.IntegerField(
                required=False, initial=share.seen, widget=forms.HiddenInput
            )

    def rows(self) -> Iterator[Row]:
        """Yield the shares with their inputs."""
        for share in self.shares:
            if share.is_fixed:
                yield Row(share)
                continue
            yield Row(
                share,
                [(heading(part), self[f"{part}_{share.key}"]) for part in PARTS],
                self[f"reason_{share.key}"] if share.settlement else None,
                self[f"seen_{share.key}"],
            )

    def clean(self) -> dict[str, Any]:
        """Check every row, and say at its cell what is wrong."""
        data: dict[str, Any] = super().clean() or {}
        self.entries: list[Entry] = []
        for share in self.shares:
            if not share.is_fixed:
                self._check(share, data)
        if not self.errors and not self.entries:
            message = _("Nothing is filled in or changed.")
            raise ValidationError(message, code="nothing")
        return data

    def _check(self, share: Share, data: dict[str, Any]) -> None:
        """Make an entry of the row, unless it is as it was or something is wrong."""
        outcome = self._outcome(share, data)
        now = share.settlement
        if outcome is None or (
            now
            and share.unaccounted == 0
            and outcome == Outcome(now.used, now.to_repay, now.carried_over)
        ):
            return
        reason = data.get(f"reason_{share.key}", "")
        if now and not reason:
            self._refuse(f"reason_{share.key}", _("Write why it is corrected."), "required")
            return
        # Without the version it is taken for seen before anything was settled.
        seen = data.get(f"seen_{share.key}") or 0
        self.entries.append(Entry(share, outcome, reason, seen))

    def _outcome(self, share: Share, data: dict[str, Any]) -> Outcome | None:
        """Return what the row says, or none where it is empty or something is wrong."""
        names = {part: f"{part}_{share.key}" for part in PARTS}
        given = {part: data.get(name) for part, name in names.items()}
        if any(name in self.errors for name in names.values()) or not any(
            amount is not None for amount in given.values()
        ):
            return None
        below = [part for part, amount in given.items() if (amount or 0) < 0]
        for part in below:
            self._refuse(names[part], _("An amount cannot be below zero."), "negative")
        if given["used"] is None:
            message = _("Write how much is used; 0 if nothing is.")
            self._refuse(names["used"], message, "required")
        if below or given["used"] is None:
            return None
        used, carried_over = given["used"], given["carried_over"] or 0
        rest = share.available - used - carried_over
        to_repay = max(rest, 0) if given["to_repay"] is None else given["to_repay"]
        outcome = Outcome(used, to_repay, carried_over)
        if outcome.total != share.available:
            self._refuse_sum(share, names, outcome, is_typed=given["to_repay"] is not None)
            return None
        return outcome

    def _refuse(self, name: str, message: Any, code: str) -> None:
        self.add_error(name, ValidationError(message, code=code))

    def _refuse_sum(
        self, share: Share, names: dict[str, str], outcome: Outcome, *, is_typed: bool
    ) -> None:
        difference = share.available - outcome.total
        if difference < 0:
            message = _("The row is %(difference)s more than the %(available)s there is.")
        else:
            message = _("The row lacks %(difference)s of the %(available)s there is.")
        params = {
            "difference": kronor(abs(difference)),
            "available": kronor(share.available),
        }
        name = names["to_repay" if is_typed else "used"]
        self.add_error(name, ValidationError(message, code="sum", params=params))

    def sums(self) -> dict[str, int]:
        """Return the sum of each column, as it stands in the inputs."""
        sums = {"available": sum(share.available for share in self.shares)}
        for part in PARTS:
            sums[part] = 0
            for share in self.shares:
                name = f"{part}_{share.key}"
                if self.is_bound and name in self.fields:
                    amount = getattr(self, "cleaned_data", {}).get(name)
                else:
                    amount = getattr(share, part)
                sums[part] += amount or 0
        return sums


def past_day(day: date) -> date:
    """Return the day; refuse one that has not been."""
    if day > timezone.localdate():
        raise ValidationError(_("The day has not been yet."), code="future")
    return day


def above_zero(amount: int) -> int:
    """Return the amount; refuse nothing, and less."""
    if amount <= 0:
        raise ValidationError(_("Write an amount above zero."), code="not_above_zero")
    return amount


class ReceiptForm(forms.Form):
    """Money that has come back."""

    amount = MoneyFormField(
        label=_("Amount"), error_messages={"required": _("Write how much came in.")}
    )
    received_on = forms.DateField(
        label=_("Came in on"),
        error_messages={"required": _("Write the day when the money came in.")},
    )
    reference = forms.CharField(
        label=_("The payer's reference"), required=False, max_length=100
    )

    def clean_amount(self) -> int:
        """Refuse nothing, and less."""
        return above_zero(self.cleaned_data["amount"])

    def clean_received_on(self) -> date:
        """Refuse a day that has not been."""
        return past_day(self.cleaned_data["received_on"])


class WriteOffForm(forms.Form):
    """Why what is left is let go, and how much it was when somebody looked."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write the reason.")},
    )
    left = forms.IntegerField(widget=forms.HiddenInput, required=False)


class ReturnForm(forms.Form):
    """Money that is paid on to the state."""

    amount = MoneyFormField(
        label=_("Amount"),
        error_messages={"required": _("Write how much is paid back to the state.")},
    )
    paid_on = forms.DateField(
        label=_("Paid on"),
        error_messages={"required": _("Write the day when it was paid.")},
    )
    recipient = forms.CharField(
        label=_("Recipient"),
        max_length=100,
        help_text=_("For example Kammarkollegiet."),
        error_messages={"required": _("Write who it was paid to.")},
    )
    record_number = forms.CharField(
        label=_("Record number (dnr)"), required=False, max_length=40
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=300)

    def clean_amount(self) -> int:
        """Refuse nothing, and less."""
        return above_zero(self.cleaned_data["amount"])

    def clean_paid_on(self) -> date:
        """Refuse a day that has not been."""
        return past_day(self.cleaned_data["paid_on"])


class ClaimForm(forms.Form):
    """Whom to claim from, until when, and where the money is to be paid.

    The rows with boxes are the page's own; each says what somebody saw.
    """

    due_on = forms.DateField(
        label=_("To be paid back no later than"),
        error_messages={"required": _("Write the last day to pay back.")},
    )
    account = forms.CharField(
        label=_("To the account"),
        max_length=100,
        help_text=_("As it is to stand in the letter, for example bankgiro 5050-1055."),
        error_messages={"required": _("Write the account to pay to.")},
    )
    record_number = forms.CharField(
        label=_("Record number (dnr)"),
        required=False,
        max_length=40,
        help_text=_("Of the claim, if it has one of its own."),
    )

    def clean_due_on(self) -> date:
        """Refuse a day that nobody can make."""
        day: date = self.cleaned_data["due_on"]
        if day <= timezone.localdate():
            raise ValidationError(_("Choose a day after today."), code="past")
        return day
