"""Memos in the administration: to look at. They are written on their own pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from municipalities.scoping import READ_ONLY, AdministratorPermissions, BodyScopedAdmin
from reporting.models import Memo, MemoSection


class ReadOnly(AdministratorPermissions):
    """Nobody adds, changes or removes rows here, not even the installation's keeper."""

    administrators_may = READ_ONLY

    def _may(self, request: HttpRequest, action: str) -> bool:
        return action in READ_ONLY and super()._may(request, action)


class MemoSectionInline(ReadOnly, admin.StackedInline):  # type: ignore[type-arg]
    """The texts that somebody has written."""

    model = MemoSection
    extra = 0
    fields = ["kind", "body", "edited_by", "edited_at"]
    readonly_fields = ["edited_at"]


@admin.register(Memo)
class MemoAdmin(ReadOnly, BodyScopedAdmin):
    """Every version of every memo."""

    body_path = "grant__body"
    list_display = ["grant", "version", "status", "dated_on", "published_at", "sha256"]
    list_filter = ["status", "grant__body", "dated_on"]
    list_select_related = ["grant"]
    search_fields = ["grant__title", "grant__record_number", "title", "sha256"]
    exclude = ["pdf"]
    inlines = [MemoSectionInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the memos with what their names are made of."""
        return super().get_queryset(request).select_related("grant")
