"""What the forms of this app share: the body they belong to, files and rows."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model
from django.forms.utils import ErrorDict, ErrorList
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from municipalities.editing import Seen
from municipalities.formsets import unchecked
from municipalities.models import CoordinatingBody, StoredFile
from municipalities.models.files import MAX_BYTES

PDF = "application/pdf"


class PdfFormField(forms.FileField):
    """A PDF of at most 20 MB, judged by its content and not by its name."""

    default_error_messages = {
        "not_pdf": _("%(name)s is not a PDF. Save it as PDF and choose it again."),
        "too_large": _("%(name)s is larger than 20 MB. Choose a smaller file."),
    }

    def __init__(self, **kwargs: Any) -> None:
        """Take what a file field takes."""
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": f"{PDF},.pdf"}))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the file, or refuse what is not a PDF."""
        file = super().clean(data, initial)
        if isinstance(file, UploadedFile):
            self.judge(file)
        return file

    def judge(self, file: "UploadedFile[Any]") -> None:
        """Refuse a file that is too large or that does not begin and end as a PDF."""
        params = {"name": file.name}
        if (file.size or 0) > MAX_BYTES:
            raise ValidationError(
                self.error_messages["too_large"], code="too_large", params=params
            )
        head = file.read(1024)
        file.seek(max(0, (file.size or 0) - 2048))
        tail = file.read()
        file.seek(0)
        if b"%PDF-" not in head or b"%%EOF" not in tail:
            raise ValidationError(
                self.error_messages["not_pdf"], code="not_pdf", params=params
            )


def keep_pdf(file: "UploadedFile[Any]", body: CoordinatingBody) -> StoredFile:
    """Return an uploaded PDF as a stored file of the body."""
    kept: StoredFile = StoredFile.objects.keep(
        file.read(), body=body, name=file.name or "fil.pdf", content_type=PDF
    )
    return kept


def begin_large(form: forms.BaseForm) -> None:
    """Let the choices begin with a capital letter, as they stand alone in an input."""
    for field in form.fields.values():
        if isinstance(field, forms.TypedChoiceField):
            choices = cast(Iterable[tuple[Any, Any]], field.choices)
            field.choices = [(value, capfirst(str(label))) for value, label in choices]


class SeenForm(forms.Form):
    """Carries what its page was made from, unseen."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def object_if_changed(self, seen: Seen) -> bool:
        """Say who has changed the rows meanwhile; saving once more then goes through."""
        carried = str(self.data.get(self.add_prefix("seen"), ""))
        objection = seen.objection(carried)
        if objection is None:
            return False
        self.add_error(None, objection)
        data: Any = self.data
        self.data = data.copy()
        self.data[self.add_prefix("seen")] = seen.version  # type: ignore[index]
        return True


class BodyForm(SeenForm, forms.ModelForm):  # type: ignore[type-arg]
    """A form for something that a body owns; the body is checked with the rest."""

    def __init__(self, *args: Any, body: CoordinatingBody, **kwargs: Any) -> None:
        """Give the object its body."""
        super().__init__(*args, **kwargs)
        self.body = body
        self.instance.body = body
        begin_large(self)

    def is_taken(self, **lookup: Any) -> bool:
        """Return whether another of the body's own has the same."""
        others = type(self.instance)._default_manager.filter(body=self.body, **lookup)
        is_taken: bool = others.exclude(pk=self.instance.pk).exists()
        return is_taken


class RowForm(forms.ModelForm):  # type: ignore[type-arg]
    """One row of a page with rows. The body says what it may choose from."""

    def __init__(self, *args: Any, body: CoordinatingBody, **kwargs: Any) -> None:
        """Note the body."""
        self.body = body
        super().__init__(*args, **kwargs)
        begin_large(self)


class Rows(forms.BaseFormSet):  # type: ignore[type-arg]
    """Rows that belong to one object, edited together and kept in the order they stand in.

    A row is found by its id among the object's own. If somebody else has removed it in the
    meantime, what was typed becomes a new row.
    """

    def __init__(self, data: Any = None, *args: Any, rows: Iterable[Model], **kwargs: Any):
        """Show ``rows``, or what ``data`` makes of them."""
        self.standing = list(rows)
        self.by_pk = {str(row.pk): row for row in self.standing}
        self.model: type[Model] = self.form._meta.model
        kwargs.setdefault("initial", [{} for _ in self.standing])
        super().__init__(data, *args, **kwargs)

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Return the row's own instance with the rest."""
        return super().get_form_kwargs(index) | {"instance": self.instance_at(index)}

    def instance_at(self, index: int | None) -> Model:
        """Return the row that stands at ``index``, else a new one."""
        if index is None:
            return self.model()
        if self.is_bound:
            pk = str(self.data.get(f"{self.add_prefix(index)}-id", ""))
            return self.by_pk.get(pk) or self.model()
        return self.standing[index] if index < len(self.standing) else self.model()

    def add_fields(self, form: Any, index: int | None) -> None:
        """Let each row carry its id."""
        super().add_fields(form, index)
        form.fields["id"] = forms.CharField(
            required=False, widget=forms.HiddenInput, initial=form.instance.pk or ""
        )
        form.fields["DELETE"].label = _("Remove this row")

    def leave_unjudged(self) -> None:
        """Show what was typed without a word on it: a row is added elsewhere."""
        self._errors: list[ErrorDict] = []
        self._non_form_errors = ErrorList()
        for form in self.forms:
            unchecked(form)

    def kept(self) -> Iterator[Any]:
        """Yield the filled-in rows that stay."""
        for form in self.forms:
            is_removed = form in self.deleted_forms
            if not is_removed and (form.instance.pk or form.has_changed()):
                yield form

    def save(self, **parent: Model) -> list[Any]:
        """Save what changed and return the rows' forms, each with its saved instance."""
        for form in self.deleted_forms:
            if form.instance.pk:
                form.instance.delete()
        kept = list(self.kept())
        for position, form in enumerate(kept):
            moved = getattr(form.instance, "position", position) != position
            if form.instance.pk and not form.has_changed() and not moved:
                continue
            form.instance.position = position
            for name, value in parent.items():
                setattr(form.instance, name, value)
            form.save()
        return kept


def rows_of(form: type[RowForm], formset: type[Rows] = Rows, extra: int = 0) -> Any:
    """Return the class of a page's rows."""
    return forms.formset_factory(
        form, formset=formset, can_delete=True, extra=extra, max_num=200, absolute_max=200
    )
