"""Owns where a Salesforce record can be seen: in the org, when there is only one.

With several orgs a record id alone does not say whose it is, so nothing is linked.
"""

from __future__ import annotations

from django.core.cache import cache

from crm_mappings.models import Connection
from crm_mappings.plan.schema import is_id

CACHED_FOR = 30  # seconds: a page asks once for each of its rows
CACHED_AS = "crm_mappings.only_instance"


def record_link(_object: str, record_id: str) -> str:
    """Return the record's address in the one connected org, or an empty string."""
    if not is_id(record_id):
        return ""
    instance = cache.get_or_set(CACHED_AS, _only_instance, CACHED_FOR)
    return f"{instance}/{record_id}" if instance else ""


def _only_instance() -> str:
    instances = set(
        Connection.objects.exclude(instance_url="").values_list(
            "instance_url", flat=True
        )[:2]
    )
    return instances.pop() if len(instances) == 1 else ""
