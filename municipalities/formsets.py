"""Rows of a form that people add to, with a script or without."""

from typing import Any

from django.forms import BaseFormSet
from django.forms.utils import ErrorDict, ErrorList
from django.http import HttpRequest

from municipalities.numbers import row_id

ADD_ROW = "add_row"


def wants_row(request: HttpRequest, prefix: str) -> bool:
    """Return whether the person pressed the button that adds a row."""
    return request.method == "POST" and request.POST.get(ADD_ROW) == prefix


def with_one_more_row(
    formset_class: "type[BaseFormSet[Any]]",
    request: HttpRequest,
    prefix: str,
    **kwargs: Any,
) -> "BaseFormSet[Any]":
    """Return the formset as it was typed, with an empty row more and nothing checked."""
    data = request.POST.copy()
    key = f"{prefix}-TOTAL_FORMS"
    data[key] = str(row_id(data.get(key)) + 1)
    formset = formset_class(data, prefix=prefix, **kwargs)
    formset._errors = [ErrorDict() for _ in formset.forms]  # type: ignore[attr-defined]
    formset._non_form_errors = ErrorList()  # type: ignore[attr-defined]
    for form in formset.forms:
        form._errors = ErrorDict()
        form.cleaned_data = {}
    return formset


def unchecked(form: Any) -> Any:
    """Return a bound form that keeps what was typed and complains of nothing yet."""
    form._errors = ErrorDict()
    form.cleaned_data = {}
    return form
