"""The composition root: settings, addresses, API keys, workers and the demo."""

import os

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    name = "config"
    label = "tellback"
    verbose_name = _("Access and workers")

    def ready(self) -> None:
        from config import checks  # noqa: F401 - registers itself
        from config.naming import translate_default_names
        from config.tasks import GROUP_NAME

        translate_default_names()
        if os.environ.get(GROUP_NAME):
            from config.supervision import watch_from_inside

            watch_from_inside()
