"""What goes out, and screens that need several apps."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportingConfig(AppConfig):
    """Names the app."""

    name = "reporting"
    verbose_name = _("Reporting")

    def ready(self) -> None:
        """Make the app's messages known."""
        from reporting import message_kinds  # noqa: F401
