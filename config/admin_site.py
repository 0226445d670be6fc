"""The admin as a whole: its name, and its rooms in the order that work goes through
them, most used first."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

# Room -> what is looked at first in it; the rest follows by name.
ORDER = {
    "surveys": ("Survey",),
    "deployments": ("Deployment", "Trigger", "Mailing", "Invitation", "TriggerEvent"),
    "responses": ("Response",),
    "crm_mappings": ("Connection", "Mapping", "WriteBack"),
    "webhooks": ("Webhook",),
    "dumps": ("ScheduledDump",),
    "tellback": (),
    "auth": (),
}


class TellbackSite(AdminSite):
    site_header = "Tellback"
    site_title = "Tellback"
    empty_value_display = "–"
    index_title = _("Surveys, answers and Salesforce")

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[Any]:
        rooms = super().get_app_list(request, app_label)
        for room in rooms:
            order = ORDER.get(room["app_label"], ())
            room["models"].sort(key=lambda one: _place(order, one["object_name"]))
        return sorted(rooms, key=lambda room: _place(tuple(ORDER), room["app_label"]))


class TellbackAdminConfig(AdminConfig):
    default_site = "config.admin_site.TellbackSite"


def _place(order: tuple[str, ...], name: str) -> int:
    """Sorting is stable: what has no place of its own stays in its alphabetic one."""
    return order.index(name) if name in order else len(order)
