"""Owns the package that makes Salesforce tell of a trigger's records, as it is now:
it holds the secret address, so it is made when it is sent and never kept."""

from __future__ import annotations

from crm_mappings import connections
from crm_mappings.models import Connection
from crm_mappings.packages import Wish, developer_name
from deployments.models import Trigger
from deployments.reading import rule_of
from deployments.rules.deciding import paths


def wish(trigger: Trigger, connection: Connection) -> Wish:
    """Return what the org shall tell of, for the records that the trigger asks about."""
    schema = connections.known(connection=connection, object=trigger.object)
    rule = rule_of(trigger)
    return Wish(
        name=developer_name(trigger.deployment.key, trigger.object),
        object=trigger.object,
        endpoint=connections.hook_url(connection),
        username=connection.username,
        fields=paths(rule),
        condition=rule.condition,
        when=trigger.when,
        types={one.name: one.type for one in schema.fields.values()} if schema else {},
    )
