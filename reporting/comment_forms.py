"""What is written in a thread."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from municipalities.models import User

MAX_LENGTH = 5_000


class LinesField(forms.CharField):
    """A text of several lines, whose ends count as one character, as in the browser."""

    def to_python(self, value: Any) -> str:
        """Return the text with the lines as we keep them."""
        return str(super().to_python(value) or "").replace("\r\n", "\n")


class CommentForm(forms.Form):
    """A text. It carries a key, so that a form that is sent twice is written once."""

    text = LinesField(
        label=_("your comment"),
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "true"}),
        help_text=_(
            "At most 5 000 characters. What is sent cannot be changed or removed "
            "afterwards."
        ),
        error_messages={"required": _("Write something first.")},
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    requisition = forms.IntegerField(
        widget=forms.HiddenInput, required=False, max_value=2**62
    )

    def __init__(self, data: Any = None, *, thread: str = "", **kwargs: Any) -> None:
        """Make a form; ``thread`` tells its fields from the others' of the page."""
        kwargs.setdefault("auto_id", f"id{thread}_%s")
        initial = {"form_key": uuid.uuid4(), "requisition": thread or None}
        kwargs["initial"] = initial | kwargs.get("initial", {})
        super().__init__(data, **kwargs)

    def clean_form_key(self) -> uuid.UUID:
        """Return the key; a form that lacks it gets one of its own."""
        return self.cleaned_data["form_key"] or uuid.uuid4()


class StaffCommentForm(CommentForm):
    """The staff choose who may read it, and may tell a colleague."""

    reader = forms.ChoiceField(
        label=_("Who may read it?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who may read it.")},
    )
    tell = forms.MultipleChoiceField(
        label=_("Tell a colleague by e-mail"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    municipality = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4)
    seen = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=2**62
    )

    SHARED = "shared"
    INTERNAL = "internal"

    field_order = ["text", "reader", "tell"]

    def __init__(
        self,
        data: Any = None,
        *,
        colleagues: Sequence[User],
        municipality: str = "",
        **kwargs: Any,
    ) -> None:
        """Offer the colleagues; ``municipality`` is what the other readers are called."""
        super().__init__(data, **kwargs)
        self.colleagues = {str(colleague.pk): colleague for colleague in colleagues}
        self.fields["tell"].choices = [  # type: ignore[attr-defined]
            (pk, str(colleague)) for pk, colleague in self.colleagues.items()
        ]
        if municipality:
            self.fields["reader"].choices = [  # type: ignore[attr-defined]
                (
                    self.SHARED,
                    _("%(municipality)s and we. They are told by e-mail.")
                    % {"municipality": municipality},
                ),
                (self.INTERNAL, _("Only we, as an internal note")),
            ]
        else:
            del self.fields["reader"]

    def clean_tell(self) -> list[User]:
        """Return the colleagues themselves."""
        return [self.colleagues[pk] for pk in self.cleaned_data["tell"]]

    @property
    def is_shared(self) -> bool:
        """Whether the municipality may read it."""
        return bool(self.cleaned_data.get("reader") == self.SHARED)
