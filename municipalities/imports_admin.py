"""Importing files of figures in the admin, with the same checks as on the staff page."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from import_export.forms import ConfirmImportForm, ImportForm
from import_export.tmp_storages import CacheStorage

from municipalities.import_forms import AdminImportChoice
from municipalities.import_preview import Choice
from municipalities.models import CoordinatingBody
from municipalities.scb import MAX_BYTES, Problem, ProblemCode
from municipalities.scb_format import ScbFormat, StatisticResource
from municipalities.scb_messages import groups, problem_sentence
from municipalities.scoping import administered_body, sees_everything


class StatisticImportForm(AdminImportChoice, ImportForm):  # type: ignore[misc]
    """The file, and the facts that it does not tell."""

    body = forms.ModelChoiceField(CoordinatingBody.objects.select_related("county"))
    field_order = ["resource", "body", "import_file", "format"]

    def clean_import_file(self) -> Any:
        """Refuse a file by its size alone, before anybody reads it."""
        file = self.cleaned_data["import_file"]
        if (file.size or 0) > MAX_BYTES:
            problem = Problem(ProblemCode.TOO_LARGE)
            raise ValidationError(problem_sentence(problem), code=problem.code)
        return file


class StatisticConfirmForm(ConfirmImportForm):  # type: ignore[misc]
    """The same facts again, for the second step."""

    body = forms.ModelChoiceField(
        CoordinatingBody.objects.select_related("county"), widget=forms.HiddenInput
    )
    kind = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(widget=forms.HiddenInput, required=False)
    source = forms.CharField(widget=forms.HiddenInput)
    reference_on = forms.DateField(widget=forms.HiddenInput, required=False)
    is_whole_year = forms.BooleanField(widget=forms.HiddenInput, required=False)
    all_periods = forms.BooleanField(widget=forms.HiddenInput, required=False)


FACTS = ("body", *AdminImportChoice.base_fields)


class StatisticImportMixin:
    """Reads SCB's files in a ``ModelAdmin`` of statistics, in two steps.

    The file waits in the shared cache between the steps, so that any process can go on.
    """

    import_form_class = StatisticImportForm
    confirm_form_class = StatisticConfirmForm
    import_template_name = "admin/municipalities/statistic/import.html"
    tmp_storage_class = CacheStorage

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Return whether a file may be read in: by the keeper and by administrators."""
        return sees_everything(request) or administered_body(request) is not None

    def get_import_formats(self) -> list[type[ScbFormat]]:
        """Return our format: it knows every shape by itself."""
        return [ScbFormat]

    def get_import_resource_classes(self, _request: HttpRequest) -> list[Any]:
        """Return the resource that makes statistics of a file."""
        return [StatisticResource]

    def create_import_form(self, request: HttpRequest) -> Any:
        """Return the form, with the body given for a body's administrator."""
        return self.limited(super().create_import_form(request), request)  # type: ignore[misc]

    def create_confirm_form(self, request: HttpRequest, import_form: Any = None) -> Any:
        """Return the second form, limited in the same way."""
        form = super().create_confirm_form(request, import_form)  # type: ignore[misc]
        return self.limited(form, request)

    def limited(self, form: Any, request: HttpRequest) -> Any:
        """Let an administrator import for the own body and no other."""
        if not sees_everything(request):
            body = administered_body(request)
            own = CoordinatingBody.objects.filter(pk=body.pk if body else 0)
            form.fields["body"].queryset = own.select_related("county")
            form.fields["body"].initial = own.first()
        return form

    def get_confirm_form_initial(
        self, request: HttpRequest, import_form: Any
    ) -> dict[str, Any]:
        """Return what the first step said, for the second."""
        initial: dict[str, Any] = super().get_confirm_form_initial(  # type: ignore[misc]
            request, import_form
        )
        if import_form is not None:
            initial |= {name: import_form.cleaned_data[name] for name in FACTS}
        return initial

    def get_import_resource_kwargs(
        self, request: HttpRequest, *_args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        """Return whose statistics they become and what to take out of the file."""
        form = kwargs.get("form")
        facts = getattr(form, "cleaned_data", None)
        if not facts or any(name not in facts for name in FACTS):
            return {"body": None, "choice": None}
        choice = Choice(
            kind=facts["kind"],
            name=facts["name"],
            source=facts["source"],
            is_whole_year=facts["is_whole_year"],
            reference_on=facts["reference_on"],
        )
        return {
            "body": facts["body"],
            "choice": choice,
            "by": request.user,
            "all_periods": facts["all_periods"],
        }

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        """Let a mistake in one period undo the others."""
        options: dict[str, Any] = super().get_import_data_kwargs(  # type: ignore[misc]
            **kwargs
        )
        return {**options, "rollback_on_validation_errors": True, "use_transactions": True}

    def import_action(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the first step; after it the preview with what is odd."""
        response = super().import_action(request, **kwargs)  # type: ignore[misc]
        result = response.context_data.get("result")
        preview = getattr(result, "preview", None)
        if preview:
            response.context_data |= {
                "statistic_preview": preview,
                "errors": groups(preview, "error"),
                "warnings": groups(preview, "warning"),
                "notes": groups(preview, "info"),
            }
        return response
