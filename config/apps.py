"""The admin, opened to a body's administrators."""

from django.contrib.admin.apps import AdminConfig


class BodyAdminConfig(AdminConfig):
    """Django's admin with our own site."""

    default_site = "config.admin.BodyAdminSite"
