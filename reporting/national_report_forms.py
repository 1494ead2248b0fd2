"""What staff write in the report to the authority."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from municipalities.markdown import placeholders
from reporting.forms import check_letters
from reporting.models import NationalReport
from reporting.national_report import LONGEST_TEXT


class NationalSectionForm(forms.Form):
    """A section's text. Without text it is left out of the documents."""

    text = forms.CharField(
        label=_("text"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "true", "lang": "sv"}),
        help_text=_("Written in Markdown. Without text the section is left out."),
    )
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        """Return a text that can be printed."""
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n").strip()
        check_letters(text)
        if found := placeholders(text):
            raise ValidationError(
                _("Write the words themselves instead of [[%(name)s]]."),
                code="placeholder",
                params={"name": found[0]},
            )
        return text


class NationalTitleForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the report is called."""

    class Meta:
        model = NationalReport
        fields = ["title"]

    def clean_title(self) -> str:
        """Return a title that can be printed."""
        check_letters(self.cleaned_data["title"])
        return str(self.cleaned_data["title"])


class DeliverForm(forms.Form):
    """When the report went to the authority, and under which number."""

    delivered_on = forms.DateField(label=_("delivered on"))
    record_number = forms.CharField(
        label=_("record number (dnr)"),
        max_length=40,
        help_text=_("The number that the delivery is registered under."),
    )

    def clean_delivered_on(self) -> object:
        """Return a day that has come."""
        day = self.cleaned_data["delivered_on"]
        if day > timezone.localdate():
            raise ValidationError(_("Write today, or the day it was sent."), code="future")
        return day
