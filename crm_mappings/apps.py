"""The room that owns what Salesforce tells and is told."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrmMappingsConfig(AppConfig):
    name = "crm_mappings"
    verbose_name = _("Salesforce")
