"""Invoices that come in as files: dropping them, and choosing what they belong to."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

SUFFIXES: Final = ".pdf,.xml,application/pdf,application/xml,text/xml"
MOST_FILES: Final = 50


class SeveralFiles(forms.FileInput):
    """An input that takes many files at once."""

    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """One or many files; an empty one is judged by whoever reads it."""

    def clean(self, data: Any, initial: Any = None) -> list["UploadedFile[bytes]"]:
        """Return the files."""
        chosen = data if isinstance(data, list | tuple) else [data]
        files = [
            super(SeveralFilesField, self).clean(each, initial) for each in chosen or [None]
        ]
        if len(files) > MOST_FILES:
            raise ValidationError(
                _("Choose at most %(most)d files at a time."),
                code="too_many",
                params={"most": MOST_FILES},
            )
        return files


class DropForm(forms.Form):
    """The files."""

    chosen = SeveralFilesField(
        label=_("Invoices, PDF or e-invoice (XML)"),
        allow_empty_file=True,
        max_length=255,
        widget=SeveralFiles(attrs={"accept": SUFFIXES, "multiple": True}),
        error_messages={
            "required": _("Choose at least one file."),
            "max_length": _("The file's name is too long."),
        },
    )


class OtherTargetForm(forms.Form):
    """What an invoice belongs to instead."""

    municipality = forms.ChoiceField(label=_("Municipality"), choices=[], required=False)
    grant = forms.ChoiceField(label=_("Grant"), choices=[], required=False)

    def __init__(
        self,
        *args: Any,
        municipalities: Iterable[tuple[str, str]],
        grants: Iterable[tuple[int, str]],
        **kwargs: Any,
    ) -> None:
        """Offer the municipalities and grants that have something to claim."""
        super().__init__(*args, **kwargs)
        for name, choices in (("municipality", municipalities), ("grant", grants)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("All")), *choices]


class PutAsideForm(forms.Form):
    """Why an invoice is left."""

    note = forms.CharField(
        label=_("Why is it put aside?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write why, so that others understand.")},
    )
