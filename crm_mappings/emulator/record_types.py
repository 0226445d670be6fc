"""Owns the kinds of record that an admin gives an object: a case may be a complaint."""

from __future__ import annotations

from dataclasses import replace

from crm_mappings.emulator.org import Org
from crm_mappings.emulator.schema.fields import link
from crm_mappings.emulator.schema.objects import RecordType

FIELD = "RecordTypeId"


def add_record_type(org: Org, object_name: str, developer_name: str) -> str:
    """Return its id. The first one brings the object its field."""
    label = developer_name.replace("_", " ")
    with org.lock:
        if org.catalogue.get(object_name).find(FIELD) is None:
            org.add_field(object_name, link(FIELD, "Record Type ID", "RecordType"))
        sobject = org.catalogue.get(object_name)
        record_id = org.insert(
            "RecordType",
            {
                "Name": label,
                "DeveloperName": developer_name,
                "SobjectType": sobject.name,
                "IsActive": True,
            },
        )
        kind = RecordType(
            record_id=record_id, developer_name=developer_name, label=label
        )
        kinds = (*sobject.record_types, kind)
        now = org.clock.now().replace(microsecond=0)
        org.catalogue.add_object(replace(sobject, record_types=kinds), now=now)
    return record_id
