"""Agreements, as people register them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from grants.forms.base import BodyForm, PdfFormField, keep_pdf
from grants.models import Agreement


class AgreementForm(BodyForm):
    """An agreement with its file."""

    upload = PdfFormField(
        label=_("the agreement as PDF"), required=False, help_text=_("At most 20 MB.")
    )
    remove_file = forms.BooleanField(label=_("Remove the file"), required=False)

    class Meta:
        model = Agreement
        fields = [
            "title",
            "year",
            "parties",
            "adopted_on",
            "url",
            "has_reporting_relief",
            "comment",
        ]
        widgets = {"comment": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer to remove the file where there is one."""
        super().__init__(*args, **kwargs)
        if self.instance.file_id is None:
            del self.fields["remove_file"]
        else:
            self.fields["upload"].label = _("another PDF of the agreement")

    def clean(self) -> dict[str, Any]:
        """Refuse a second agreement with the same title and year."""
        cleaned: dict[str, Any] = super().clean() or {}
        title, year = cleaned.get("title"), cleaned.get("year")
        if title and year and self.is_taken(title=title, year=year):
            message = _("There is already an agreement with this title and year.")
            self.add_error("title", forms.ValidationError(message, code="taken"))
        return cleaned

    def save(self, commit: bool = True) -> Agreement:
        """Return the saved agreement; the file before stays among the body's files."""
        if self.cleaned_data.get("remove_file"):
            self.instance.file = None
        if file := self.cleaned_data.get("upload"):
            self.instance.file = keep_pdf(file, self.body)
        agreement: Agreement = super().save(commit)
        return agreement
