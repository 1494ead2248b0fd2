"""The admin and its imports, limited to one body for that body's administrators.

The installation's keeper (a superuser) sees all. An administrator sees and changes what
belongs to the body that they act for; other roles have no admin at all.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import DatabaseError, models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from import_export.admin import ImportExportModelAdmin
from import_export.forms import ExportForm
from import_export.resources import Diff, ModelResource
from import_export.widgets import ForeignKeyWidget

from municipalities.access import Capability, can
from municipalities.file_formats import FORMATS
from municipalities.models import CoordinatingBody, Membership, User
from municipalities.triggers import is_refused_by_trigger
from municipalities.upload_limit import limit_files

FULL_ACCESS = frozenset({"view", "add", "change", "delete"})
READ_ONLY = frozenset({"view"})
CHANGES = frozenset({"add", "change", "delete", "import"})


def sees_everything(request: HttpRequest) -> bool:
    """Return whether the person keeps the installation."""
    user = request.user
    return bool(user.is_active and user.is_superuser)


def administered_body(request: HttpRequest) -> CoordinatingBody | None:
    """Return the body that the person administers, if any."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership and can(membership, Capability.ADMINISTER):
        return membership.body
    return None


def may_use_admin(request: HttpRequest) -> bool:
    """Return whether the admin is open: to its keeper and to a body's administrators."""
    user = request.user
    return user.is_active and (
        sees_everything(request) or administered_body(request) is not None
    )


class AdministratorPermissions:
    """What an administrator may do here, and which rows their choices offer.

    Works for ``ModelAdmin`` and inlines alike. ``administrators_may`` holds some of
    ``view``, ``add``, ``change`` and ``delete``. What ``nobody_may`` is closed to the
    installation's keeper too.
    """

    admin_site: admin.AdminSite
    administrators_may: frozenset[str] = FULL_ACCESS
    nobody_may: frozenset[str] = frozenset()

    def _may(self, request: HttpRequest, action: str) -> bool:
        if action in self.nobody_may:
            return False
        if sees_everything(request):
            return True
        return action in self.administrators_may and administered_body(request) is not None

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the front page lists the model."""
        return self._may(request, "view")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether rows may be read."""
        return self._may(request, "view")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether rows may be added."""
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether rows may be changed."""
        return self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether rows may be removed."""
        return self._may(request, "delete")

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Return whether a file may be read in: it both adds and changes."""
        may_write = self._may(request, "add") and self._may(request, "change")
        return may_write and "import" not in self.nobody_may

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Return whether the rows may be taken out."""
        return self._may(request, "view")

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer only rows that the person may see."""
        kwargs.setdefault("queryset", self.choices(request, db_field.remote_field.model))
        return super().formfield_for_foreignkey(  # type: ignore[misc]
            db_field, request, **kwargs
        )

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer only rows that the person may see."""
        kwargs.setdefault("queryset", self.choices(request, db_field.remote_field.model))
        return super().formfield_for_manytomany(  # type: ignore[misc]
            db_field, request, **kwargs
        )

    def choices(
        self, request: HttpRequest, model: type[models.Model]
    ) -> models.QuerySet[Any]:
        """Return the model's rows that the person may see, as its own admin limits them."""
        registered = self.admin_site._registry.get(model)
        if isinstance(registered, BodyScopedAdmin):
            return registered.get_queryset(request)
        rows: models.QuerySet[Any] = model._default_manager.all()
        if sees_everything(request):
            return rows
        body = administered_body(request)
        if model is CoordinatingBody:
            return rows.filter(pk=body and body.pk)
        if model is User:
            return rows.filter(
                pk__in=User.objects.filter(memberships__body=body).values("pk")
            )
        if any(field.name == "body" for field in model._meta.fields):
            return rows.filter(body=body)
        return rows


class BodyScopedAdmin(AdministratorPermissions, admin.ModelAdmin):  # type: ignore[type-arg]
    """A ``ModelAdmin`` that shows an administrator the own body's rows and no others.

    ``body_path`` leads from the row to its body: ``"body"``, ``"grant__body"``; ``"pk"``
    for the body itself; ``None`` for what all share, such as municipalities.
    """

    body_path: str | None = "body"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Return the rows that the person may see."""
        rows = super().get_queryset(request)
        if self.body_path is None or sees_everything(request):
            return rows
        body = administered_body(request)
        return rows.filter(**{self.body_path: body.pk}) if body else rows.none()

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Return the filters; those on a relation offer only what the rows hold.

        A filter on the body says nothing to someone who sees one body.
        """
        filters: list[Any] = []
        for name in super().get_list_filter(request):
            if not isinstance(name, str):
                filters.append(name)
            elif name == self.body_path and not sees_everything(request):
                continue
            elif _is_relation(self.model, name):
                filters.append((name, admin.RelatedOnlyFieldListFilter))
            else:
                filters.append(name)
        return filters

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Return the form; where the database refuses the change, say so in words."""
        with refusals_as_messages(request) as refused:
            return super().changeform_view(request, object_id, form_url, extra_context)
        return refused()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Return the list; an action that the database refuses is told in words."""
        with refusals_as_messages(request) as refused:
            return super().changelist_view(request, extra_context)
        return refused()

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Return the question; where the database refuses, say so in words."""
        with refusals_as_messages(request) as refused:
            return super().delete_view(request, object_id, extra_context)
        return refused()


@contextmanager
def refusals_as_messages(
    request: HttpRequest,
) -> Iterator[Callable[[], HttpResponse]]:
    """Yield a function that answers a refusal: a message and the same page again."""
    try:
        yield lambda: HttpResponseRedirect(request.get_full_path())
    except DatabaseError as error:
        if not is_refused_by_trigger(error):
            raise
        message = _("Nothing was changed: what is decided or locked is fixed.")
        messages.error(request, message)


def _is_relation(model: type[models.Model], path: str) -> bool:
    *steps, last = path.split("__")
    for step in steps:
        related = model._meta.get_field(step).related_model
        if not isinstance(related, type):
            return False
        model = related
    return bool(model._meta.get_field(last).is_relation)


# Files in and out --------------------------------------------------------------------


class BodyScopedImportExportAdmin(BodyScopedAdmin, ImportExportModelAdmin):  # type: ignore[misc]
    """A ``BodyScopedAdmin`` with files in and out, by a ``BodyScopedResource``."""

    formats = FORMATS
    # The form where columns are chosen has handlers in its markup: our policy forbids them.
    export_form_class = ExportForm

    def get_resource_kwargs(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        """Tell the resource whose rows it may touch."""
        body = None if sees_everything(request) else administered_body(request)
        return {**kwargs, "body": body}

    def create_import_form(self, request: HttpRequest) -> Any:
        """Return the form, which says when the person has sent too many files."""
        form = super().create_import_form(request)
        limit_files(request, form, "import_file")
        return form


STYLE = re.compile(r' style="background:#[0-9a-f]{6};"')


class PlainDiff(Diff):  # type: ignore[misc]
    """A preview without inline styles, which the content security policy forbids."""

    def as_html(self) -> list[str]:
        """Return each column, with ``ins`` and ``del`` around what differs.

        The texts are escaped before the marks are put around them.
        """
        return [mark_safe(STYLE.sub("", cell)) for cell in super().as_html()]


class BodyScopedWidget(ForeignKeyWidget):  # type: ignore[misc]
    """Finds another row by a natural key, among the body's own.

    ``body_path`` leads from the found row to its body.
    """

    body: CoordinatingBody | None = None

    def __init__(self, model: Any, field: str = "pk", body_path: str = "body") -> None:
        super().__init__(model, field)
        self.body_path = body_path

    def get_queryset(self, value: Any, row: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the rows to look among."""
        rows = super().get_queryset(value, row, *args, **kwargs)
        return rows.filter(**{self.body_path: self.body.pk}) if self.body else rows


class BodyScopedResource(ModelResource):  # type: ignore[misc]
    """Rows of one body, in and out. ``body`` is none for the installation's keeper.

    New rows get the body where the model has one of its own; a row that would land in
    another body is refused.
    """

    body_path = "body"

    def __init__(self, body: CoordinatingBody | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.body = body
        for field in self.fields.values():
            if isinstance(field.widget, BodyScopedWidget):
                field.widget.body = body

    def get_diff_class(self) -> type[PlainDiff]:
        """Return how the preview shows a changed row."""
        return PlainDiff

    def get_queryset(self) -> models.QuerySet[Any]:
        """Return the rows that the file may touch."""
        rows: models.QuerySet[Any] = super().get_queryset()
        return rows.filter(**{self.body_path: self.body.pk}) if self.body else rows

    def after_init_instance(
        self, instance: Any, new: bool, row: Any, **kwargs: Any
    ) -> None:
        """Give a new row its body."""
        if new and self.body and self.body_path == "body":
            instance.body = self.body

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """Refuse a row that belongs to somebody else."""
        if self.body is None:
            return
        owner = instance
        for step in self.body_path.split("__"):
            owner = getattr(owner, step)
        if owner != self.body:
            raise ValidationError(
                _("The row belongs to another body."), code="another_body"
            )
