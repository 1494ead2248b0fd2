"""The form for a workbook that is read back."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from reporting.report_sheet import UploadError
from reporting.report_upload import MAX_BYTES
from reporting.report_upload_words import sentence


class UploadForm(forms.Form):
    """The file itself. What it holds is looked at by the reader, not by its name."""

    file = forms.FileField(
        label=_("The form that you filled in"),
        help_text=_("An Excel file (xlsx), or one of its sheets as csv. At most 5 MB."),
        allow_empty_file=True,
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv,.txt"}),
        error_messages={
            "required": _("Choose a file."),
            "max_length": _("The file's name is too long."),
        },
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse a file by its size alone, before anybody reads it."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            error = UploadError("too_large", found=str(MAX_BYTES // 1024 // 1024))
            raise ValidationError(sentence(error), code="too_large")
        return file
