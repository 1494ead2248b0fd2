"""What staff write about a round of reports."""

from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from grants.forms.base import SeenForm, begin_large
from grants.models import Deadline, Grant
from reporting.models import ReportFormVersion, ReportRound

REPORTED_BY = (Deadline.Kind.INTERIM_REPORT, Deadline.Kind.FINAL_REPORT, Deadline.Kind.OWN)
"""The kinds of last days that a report can be due by; others are done with other things."""


class DeadlineField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the grant's last days."""

    def label_from_instance(self, deadline: Any) -> str:
        """Return the day with what it is for."""
        return f"{date_format(deadline.due_on, 'j F Y')} – {deadline.label}"


class RoundForm(SeenForm, forms.ModelForm):  # type: ignore[type-arg]
    """A round. Once it is open only its days and its recipient are changed."""

    opens_on = forms.DateField(label=_("opens on"))

    class Meta:
        model = ReportRound
        fields = [
            "kind",
            "version",
            "opens_on",
            "deadline",
            "authority_deadline",
            "recipient",
        ]
        field_classes = {"deadline": DeadlineField, "authority_deadline": DeadlineField}

    def __init__(self, *args: Any, grant: Grant, **kwargs: Any) -> None:
        """Offer the body's forms that are in use, and the grant's last days."""
        super().__init__(*args, **kwargs)
        self.instance.grant = grant
        days: Any = Deadline.objects.filter(grant=grant, kind__in=REPORTED_BY)
        # A day for completions is for those who are asked to complete by it.
        theirs = days.filter(actor=Deadline.Actor.MUNICIPALITIES, completions=None)
        self.fields["deadline"].queryset = theirs  # type: ignore[attr-defined]
        self.fields["authority_deadline"].queryset = days.exclude(  # type: ignore[attr-defined]
            actor=Deadline.Actor.MUNICIPALITIES
        )
        if self.instance.is_open:
            for name in ("kind", "version", "opens_on"):
                del self.fields[name]
        else:
            self.fields["version"].queryset = (  # type: ignore[attr-defined]
                ReportFormVersion.objects.of_body(grant.body)
                .fixed()
                .select_related("form")
                .order_by("form__title", "-number")
            )
        begin_large(self)

    def validate_unique(self) -> None:
        """Leave it to the round, which says it in its own words."""

    def validate_constraints(self) -> None:
        """Leave it to the round, which says it in its own words."""

    def facts(self) -> dict[str, Any]:
        """Return what is written, for the round's verbs."""
        names = {field for field in self.fields if field != "seen"}
        return {name: self.cleaned_data[name] for name in names}
