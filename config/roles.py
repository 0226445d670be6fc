"""Owns the roles: groups of the admin, and what each may do.

A migration makes them; what an administrator changes about them later stays. A new
model gets its rights by another migration that calls `give`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.contrib.auth.management import create_permissions

LOOK = ("view",)
WORK = ("view", "add", "change", "delete")
ROOMS = (
    *("surveys", "deployments", "responses", "webhooks", "dumps", "crm_mappings"),
    "tellback",
)

# Role -> (app, or app.model) -> what may be done there.
ROLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Survey designer": {
        "surveys": WORK,
        "responses": LOOK,
        "deployments": LOOK,
    },
    "CRM admin": {
        "surveys": LOOK,
        "responses": LOOK,
        "deployments": WORK,
        "crm_mappings": WORK,
    },
    "Analyst": {
        "surveys": LOOK,
        "responses": LOOK,
        "dumps": LOOK,
        "deployments": LOOK,
    },
    "Integrator": {
        "surveys": LOOK,
        "responses": LOOK,
        "deployments": LOOK,
        "crm_mappings": LOOK,
        "crm_mappings.writeback": ("change",),
        "tellback.apikey": WORK,
        "tellback.apikeyevent": LOOK,
        "webhooks": LOOK,
        "webhooks.webhook": WORK,
        "webhooks.delivery": ("view", "change"),
        "dumps": LOOK,
        "dumps.scheduleddump": WORK,
    },
    "Administrator": {
        **dict.fromkeys(ROOMS, WORK),
        "crm_mappings.mapping": ("trust",),
        "surveys.survey": ("oversee",),
        "auth": WORK,
        "admin": LOOK,
    },
}


def give(apps: Any) -> None:
    """Make the groups that are not there, and give to all of them what is new.

    What was there before and a group lacks, somebody took from it. `apps` is a
    migration's registry: models as they are at that point.
    """
    permissions = apps.get_model("auth", "Permission").objects
    known = set(permissions.values_list("pk", flat=True))
    for label in (*ROOMS, "auth", "admin"):
        if label in apps.app_configs:  # an early migration knows not all of them
            _make_permissions(apps, label)
    groups = apps.get_model("auth", "Group")
    for role, rights in ROLES.items():
        group, made = groups.objects.get_or_create(name=role)
        group.permissions.add(
            *(
                right
                for right in _permissions(apps, rights)
                if made or right.pk not in known
            )
        )


def _make_permissions(apps: Any, label: str) -> None:
    """Django makes them after the last migration, which is too late here."""
    config = apps.get_app_config(label)
    had = getattr(config, "models_module", None)
    config.models_module = True
    try:
        create_permissions(config, apps=apps, verbosity=0)
    finally:
        config.models_module = had


def _permissions(apps: Any, rights: Mapping[str, Iterable[str]]) -> Iterator[Any]:
    permissions = apps.get_model("auth", "Permission").objects
    for place, acts in rights.items():
        label, _dot, model = place.partition(".")
        rows = permissions.filter(content_type__app_label=label)
        if model:
            rows = rows.filter(content_type__model=model)
        for row in rows:
            if row.codename.split("_", 1)[0] in acts:
                yield row
