"""What staff say about a redistribution: whose money is handed out, and why."""

from django import forms
from django.utils.translation import gettext_lazy as _


class RedistributionForm(forms.Form):
    """Why there is a redistribution. It stands in the memo of the new version."""

    reason = forms.CharField(
        label=_("Why is there a new version?"),
        help_text=_("Stands in the memo of the new version."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        error_messages={"required": _("Write why there is a new version.")},
    )
