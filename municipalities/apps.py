"""Who and how many."""

from django.apps import AppConfig
from django.urls import register_converter
from django.utils.translation import gettext_lazy as _


class MunicipalitiesConfig(AppConfig):
    """Names the app."""

    name = "municipalities"
    verbose_name = _("Municipalities")

    def ready(self) -> None:
        """Let addresses hold a municipality's code."""
        from municipalities.addresses import CodeConverter

        register_converter(CodeConverter, "code")
