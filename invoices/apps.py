"""Claims and payments."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvoicesConfig(AppConfig):
    """Names the app."""

    name = "invoices"
    verbose_name = _("Claims")

    def ready(self) -> None:
        """Make the app's messages known."""
        from invoices import message_kinds  # noqa: F401
