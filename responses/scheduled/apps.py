"""Scheduled dumps: an app of its own, so that its tables keep to themselves."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScheduledConfig(AppConfig):
    name = "responses.scheduled"
    label = "dumps"
    verbose_name = _("Scheduled dumps")
