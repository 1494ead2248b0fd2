"""What is granted and how it is split."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GrantsConfig(AppConfig):
    """Names the app."""

    name = "grants"
    verbose_name = _("Grants")
