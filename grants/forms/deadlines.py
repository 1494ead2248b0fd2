"""Last days, as people write them, move them, choose them and note them as done."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from grants.deadlines import (
    Wanted,
    counted,
    followers_of,
    moved_in_words,
    named,
    put,
    stays,
)
from grants.forms.base import RowForm, SeenForm, begin_large, rows_of
from grants.models import Deadline
from grants.models.deadlines import REASONABLE
from grants.proposals import Proposal, before, instead_of
from grants.working_days import is_day_off
from municipalities.models import Municipality


class RemindersField(forms.CharField):
    """Days before, with commas between."""

    def prepare_value(self, value: Any) -> Any:
        """Return the days as text."""
        if isinstance(value, list):
            return ", ".join(str(days) for days in value)
        return value

    def to_python(self, value: Any) -> Any:
        """Return the days, the earliest reminder first and each once."""
        if isinstance(value, list):
            return value
        parts = str(value or "").replace(";", ",").split(",")
        words = [part.strip() for part in parts if part.strip()]
        # A number of many figures is no number of days, and takes long to read.
        if any(not word.isdecimal() or len(word) > 3 or int(word) > 365 for word in words):
            raise ValidationError(
                _("Write days with commas between, for example 21, 7, 1. At most 365."),
                code="invalid",
            )
        return sorted({int(word) for word in words}, reverse=True)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the days are others."""
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True


class DayForm(forms.ModelForm):  # type: ignore[type-arg]
    """A last day whose date is moved by the rule, and not just saved."""

    insist = forms.BooleanField(
        label=_("Let the day stay, although few people work then"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Keep the day that stands; let a date be empty where it is counted."""
        super().__init__(*args, **kwargs)
        self.stood_on: date | None = self.instance.due_on if self.instance.pk else None
        self.insisted = bool(
            self.stood_on and is_day_off(self.stood_on) and not stays(self.instance.kind)
        )
        self.fields["insist"].initial = self.insisted

    @property
    def asked(self) -> date | None:
        """The day that is asked for."""
        asked: date | None = self.cleaned_data.get("due_on")
        return asked

    @property
    def wanted(self) -> Wanted | None:
        """Where the last day is wanted, or nothing where it stays."""
        asked, insist = self.asked, bool(self.cleaned_data.get("insist"))
        if asked is None or not {"due_on", "insist"} & set(self.changed_data):
            return None
        return Wanted(asked, insist)

    @property
    def is_moved_off(self) -> bool:
        """Whether the day that is asked for is a day off, and not insisted on."""
        wanted = self.wanted
        kind = self.cleaned_data.get("kind", "")
        return (
            wanted is not None
            and not wanted.insist
            and not stays(kind)
            and is_day_off(wanted.day)
        )

    def clean(self) -> dict[str, Any]:
        """Ask what an own deadline is about."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("kind") == Deadline.Kind.OWN and cleaned.get("title") == "":
            message = _("Write what must be done.")
            self.add_error("title", ValidationError(message, code="required"))
        return cleaned

    def save(self, commit: bool = True) -> Deadline:
        """Save all but the day of one that stands: the caller moves it, by ``wanted``."""
        deadline: Deadline = self.instance
        if self.stood_on:
            deadline.due_on = self.stood_on
        elif self.asked:
            put(deadline, self.asked, insist=bool(self.cleaned_data.get("insist")))
        saved: Deadline = super().save(commit)
        return saved


class DeadlineForm(RowForm, DayForm):
    """A last day, as a row among the others."""

    remind_days_before = RemindersField(
        label=_("reminders, days before"),
        required=False,
        help_text=_("With commas between, for example 21, 7, 1, 0. 0 is on the day."),
    )

    class Meta:
        model = Deadline
        fields = ["kind", "actor", "due_on", "title", "remind_days_before", "remind_every"]

    conditional = ("title", "remind_days_before", "remind_every")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask about days off only where the day is one; say what it follows."""
        super().__init__(*args, **kwargs)
        self.fields["remind_every"].help_text = _("Until it is done.")
        if not self.insisted:
            # The page that asks for a confirmation lets the person insist.
            self.fields["insist"].widget = forms.HiddenInput()
        if self.instance.follows_id:
            self.fields["due_on"].help_text = follows_in_words(self.instance)


def follows_in_words(deadline: Deadline) -> str:
    """Return what the last day is counted from."""
    assert deadline.follows is not None
    days = deadline.days_before or 1
    text = ngettext(
        "%(days)d day before %(leader)s", "%(days)d days before %(leader)s", days
    )
    return text % {"days": days, "leader": named(deadline.follows)}


class LeaderField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Another last day of the grant."""

    def label_from_instance(self, obj: Any) -> str:
        """Return what must be done, by whom and when."""
        day = date_format(obj.due_on, "j F Y")
        return f"{capfirst(named(obj))}, {day}"


class DeadlinePageForm(SeenForm, DayForm):
    """A last day on a page of its own."""

    remind_days_before = RemindersField(
        label=_("reminders, days before"),
        required=False,
        help_text=_("With commas between, for example 21, 7, 1, 0. 0 is on the day."),
    )
    follows = LeaderField(
        Deadline.objects.none(),
        label=_("counted from"),
        required=False,
        empty_label=_("No other last day"),
        help_text=_("When that day moves, this one moves with it."),
    )
    days_before = forms.IntegerField(
        label=_("days before it"), required=False, min_value=1, max_value=366
    )

    class Meta:
        model = Deadline
        fields = [
            "kind",
            "title",
            "actor",
            "due_on",
            "insist",
            "follows",
            "days_before",
            "remind_days_before",
            "remind_every",
            "is_paused",
        ]

    conditional = ("title", "due_on", "days_before")

    def __init__(self, *args: Any, others: Iterable[Deadline], **kwargs: Any) -> None:
        """Offer to follow those that do not follow this one."""
        super().__init__(*args, **kwargs)
        begin_large(self)
        others = list(others)
        behind = followers_of(self.instance, others) if self.instance.pk else set()
        self.fields["follows"].queryset = Deadline.objects.filter(  # type: ignore[attr-defined]
            grant=self.instance.grant_id
        ).exclude(pk__in={*behind, self.instance.pk or 0})
        self.fields["due_on"].required = False

    @property
    def asked(self) -> date | None:
        """The day that is asked for: written, or counted from what it follows."""
        day: date | None = self.cleaned_data.get("due_on")
        leader: Deadline | None = self.cleaned_data.get("follows")
        days: int | None = self.cleaned_data.get("days_before")
        is_written = day and not {"follows", "days_before"} & set(self.changed_data)
        if leader is None or not days or is_written:
            return day
        return counted(Deadline(days_before=days), leader)

    @property
    def wanted(self) -> Wanted | None:
        """Where the last day is wanted, or nothing where it stays."""
        asked = self.asked
        about = {"due_on", "insist", "follows", "days_before"}
        if asked is None or not about & set(self.changed_data):
            return None
        if asked == self.stood_on and self.instance.moved_from:
            # The day itself is as it was, and so is the one that was asked for first.
            asked = self.instance.moved_from
        return Wanted(asked, bool(self.cleaned_data.get("insist")))

    def clean(self) -> dict[str, Any]:
        """Ask for a day, or for what it is counted from."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        asked, leader = self.asked, cleaned.get("follows")
        if asked is None:
            message = _("Write the day, or what it follows and how many days before.")
            self.add_error("due_on", ValidationError(message, code="required"))
        elif leader is None:
            cleaned["days_before"] = None
        elif asked >= leader.due_on:
            message = _("It follows %(leader)s, and has to be before %(day)s.")
            params = {
                "leader": named(leader),
                "day": date_format(leader.due_on, "j F Y"),
            }
            self.add_error(
                "due_on", ValidationError(message, code="too_late", params=params)
            )
        else:
            cleaned["days_before"] = (leader.due_on - asked).days
            cleaned["due_on"] = asked
        return cleaned


class ProposalForm(forms.Form):
    """A proposed last day: whether it is wanted, and when."""

    is_chosen = forms.BooleanField(required=False, initial=True)
    due_on = forms.DateField(widget=forms.DateInput, validators=REASONABLE)
    shown = forms.DateField(required=False, widget=forms.HiddenInput)
    asked = forms.DateField(required=False, widget=forms.HiddenInput, validators=REASONABLE)
    days_before = forms.IntegerField(
        required=False, min_value=1, max_value=366, widget=forms.HiddenInput
    )
    insist = forms.BooleanField(
        label=_("Let the day stay, although few people work then"), required=False
    )

    def __init__(self, data: Any = None, *, proposal: Proposal) -> None:
        """Show the proposal, or what somebody made of it."""
        self.proposal = proposal
        deadline = proposal.deadline
        initial = {
            "due_on": deadline.due_on,
            "shown": deadline.due_on,
            "asked": proposal.asked,
            "days_before": deadline.days_before,
        }
        if data is not None and f"{proposal.slug}-shown" not in data:
            data = None  # it was not on the page that was sent
        super().__init__(data, prefix=proposal.slug, initial=initial)
        for name in ("is_chosen", "due_on"):
            self.fields[name].label = capfirst(named(deadline))

    @property
    def is_wanted(self) -> bool:
        """Whether it is chosen on the page that was sent."""
        return self.is_bound and bool(self["is_chosen"].data)

    @property
    def is_off(self) -> bool:
        """Whether the day that the rule gave, or somebody wrote, is a day off."""
        return is_day_off(self.proposal.asked) and not stays(self.proposal.deadline.kind)

    @property
    def moved(self) -> str:
        """Why the day is another than the rule gives."""
        return moved_in_words(self.proposal.asked, self.proposal.deadline.due_on)

    @property
    def weekday(self) -> date | None:
        """The day to tell the weekday of: not of one that is just being written."""
        day = self.proposal.deadline.due_on
        return day if str(self["due_on"].value()) == str(day) else None


def settle(forms_: Iterable[ProposalForm]) -> bool:
    """Let the proposals be what was written, by the rules. Return whether any is new.

    A day that somebody wrote is moved off a day off, and what follows it is counted again:
    that is shown before it is saved. What is not followed any longer keeps its day.
    """
    by_slot = {form.proposal.slot: form for form in forms_}
    is_new = False
    leaders = [form for form in by_slot.values() if form.proposal.leader is None]
    followers = [form for form in by_slot.values() if form.proposal.leader is not None]
    for form in [*leaders, *followers]:
        if not form.is_wanted or not form.is_valid():
            continue
        is_new |= _settle(form, by_slot)
    return is_new


def _settle(form: ProposalForm, by_slot: dict[Any, ProposalForm]) -> bool:
    proposal, cleaned = form.proposal, form.cleaned_data
    deadline, usual = proposal.deadline, proposal.asked
    written: date = cleaned["due_on"]
    is_written = written != cleaned.get("shown")
    asked = written if is_written else (cleaned.get("asked") or written)
    leader: Deadline | None = deadline.follows
    if proposal.leader is not None:
        leading = by_slot[proposal.leader.slot]
        leader = proposal.leader.deadline if leading.is_wanted else None
    if leader is None:
        proposal.leader = None
        deadline.days_before = None
    elif is_written:
        if written >= leader.due_on:
            message = _("It follows %(leader)s, and has to be before %(day)s.")
            day = date_format(leader.due_on, "j F Y")
            params = {"leader": named(leader), "day": day}
            error = ValidationError(message, code="too_late", params=params)
            form.add_error("due_on", error)
            return False
        deadline.days_before = (leader.due_on - written).days
    else:
        deadline.days_before = cleaned.get("days_before") or deadline.days_before
        asked = counted(deadline, leader)
    put(deadline, asked, insist=cleaned["insist"])
    if leader is not None:
        proposal.rule = before(deadline, leader)
    elif asked != usual:
        proposal.rule = instead_of(usual)
    return deadline.due_on != written


class DoneForm(forms.Form):
    """That something is done, and by which municipalities."""

    municipalities = forms.ModelMultipleChoiceField(
        Municipality.objects.none(),
        label=_("Done by"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose the municipalities that are done.")},
    )
    done_on = forms.DateField(
        label=_("done on"), widget=forms.DateInput, initial=timezone.localdate
    )
    note = forms.CharField(
        label=_("note"),
        max_length=300,
        required=False,
        help_text=_("For example a record number, or who said so."),
    )

    def __init__(self, *args: Any, missing: Any, for_all: bool, **kwargs: Any) -> None:
        """Offer the municipalities that are not done; ``for_all`` needs no choice."""
        super().__init__(*args, **kwargs)
        if for_all:
            del self.fields["municipalities"]
        else:
            self.fields["municipalities"].queryset = missing  # type: ignore[attr-defined]

    def clean_done_on(self) -> date:
        """Refuse a day to come."""
        day: date = self.cleaned_data["done_on"]
        if day > timezone.localdate():
            raise ValidationError(_("The day is not here yet."), code="to_come")
        return day


DeadlineRows = rows_of(DeadlineForm)
