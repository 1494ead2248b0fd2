"""The admin site: for the installation's keeper and for administrators of a body."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from municipalities.scoping import may_use_admin


class BodyAdminSite(admin.AdminSite):
    """Lets in administrators without the flag that Django asks for."""

    site_header = _("Stimulansmedel: administration")
    site_title = _("Stimulansmedel")
    index_title = _("Everything that is registered")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may open the admin."""
        return may_use_admin(request)
