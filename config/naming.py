"""Owns the names of fields that models leave to Django: it would say them in English.

Most are relations, called after what they lead to; the catalogue knows those words.
The names that migrations record stay as they are.
"""

from __future__ import annotations

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

ROOMS = ("surveys", "deployments", "responses", "crm_mappings", "tellback")


def translate_default_names() -> None:
    """Say the names in the reader's language, before any form is made of them."""
    for room in ROOMS:
        for model in apps.get_app_config(room).get_models():
            for field in model._meta.fields:  # noqa: SLF001 - Django documents it
                name = field.verbose_name
                if not isinstance(name, Promise):
                    field.verbose_name = gettext_lazy(name)
