"""Who and how many."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MunicipalitiesConfig(AppConfig):
    """Names the app."""

    name = "municipalities"
    verbose_name = _("Municipalities")
