"""The composition root: settings, addresses, API keys, workers and the demo."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    name = "config"
    label = "tellback"
    verbose_name = _("Access and workers")
