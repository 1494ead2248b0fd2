"""What staff write when they decide on an answer."""

from django import forms
from django.utils.translation import gettext_lazy as _

MOST = 2000


class SeenAnswerForm(forms.Form):
    """Carries how many times the answer had been sent in when the page was made."""

    seen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)


class ReasonForm(SeenAnswerForm):
    """Why an answer is returned or rejected, in words that the municipality reads."""

    reason = forms.CharField(
        label=_("Message to the municipality"),
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write what the municipality needs to know.")},
    )


class TakeBackForm(SeenAnswerForm):
    """Why an approval is taken back."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=MOST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class NudgeForm(forms.Form):
    """A few words of one's own in a reminder."""

    note = forms.CharField(
        label=_("Words of your own"),
        help_text=_("They stand before the fixed text."),
        max_length=MOST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
