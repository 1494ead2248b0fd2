"""What staff write in a memo."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from municipalities.markdown import placeholders
from reporting.facts import BLOCKS, Facts
from reporting.models import Memo
from reporting.pdf import unprintable

UNPRINTABLE = _("The document's font does not have these characters: %(letters)s")


def check_letters(text: str) -> None:
    """Refuse characters that each machine would draw in its own way."""
    if odd := unprintable(text):
        raise ValidationError(
            UNPRINTABLE, code="unprintable", params={"letters": " ".join(odd)}
        )


class MemoForm(forms.ModelForm):  # type: ignore[type-arg]
    """What stands at the top. A new version says what it corrects."""

    class Meta:
        model = Memo
        fields = ["dated_on", "title", "correction"]
        widgets = {"correction": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, version: int, **kwargs: Any) -> None:
        """Make a form for that version of the memo."""
        super().__init__(*args, **kwargs)
        if version == 1:
            del self.fields["correction"]
        else:
            self.fields["correction"].required = True

    def clean_title(self) -> str:
        """Return a heading that can be printed."""
        check_letters(self.cleaned_data["title"])
        return str(self.cleaned_data["title"])

    def clean_correction(self) -> str:
        """Return a note that can be printed."""
        check_letters(self.cleaned_data["correction"])
        return str(self.cleaned_data["correction"])


class SectionForm(forms.Form):
    """A part's text. Without text the part is left out of the memo."""

    body = forms.CharField(
        label=_("text"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "true"}),
        help_text=_(
            "Written in Markdown. Without text the part is left out. What stands in double "
            "brackets follows the facts."
        ),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, facts: Facts, **kwargs: Any) -> None:
        """Make a form for a text that may mention the facts."""
        super().__init__(*args, **kwargs)
        self.facts = facts

    def clean_body(self) -> str:
        """Return a text whose placeholders all mean something."""
        body = self.cleaned_data["body"].replace("\r\n", "\n").strip()
        known = {*self.facts.by_name, *BLOCKS}
        errors = [
            ValidationError(
                _("There is no fact called [[%(name)s]]. Choose one from the list."),
                code="unknown_placeholder",
                params={"name": name},
            )
            for name in placeholders(body)
            if name not in known
        ]
        try:
            check_letters(body)
        except ValidationError as error:
            errors.append(error)
        if errors:
            raise ValidationError(errors)
        return str(body)
