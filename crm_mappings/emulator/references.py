"""Owns references between rows: the ids given for them, the nested objects that name
a parent by an external id, and what a row inherits from its parents."""

from typing import Any

from crm_mappings.emulator import values
from crm_mappings.emulator.ids import normal_id
from crm_mappings.emulator.refusals import Refusal, no_column
from crm_mappings.emulator.rows import Row, Rows
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject


class References:
    def __init__(self, catalogue: Catalogue, rows: Rows) -> None:
        self._catalogue = catalogue
        self._rows = rows

    def check(self, sobject: SObject, changes: Row) -> None:
        """Put the normal form of each id into the changes, or refuse it."""
        for field in sobject.references():
            given = changes.get(field.name)
            if given is not None:
                changes[field.name] = self._checked(field, given)
                self._refuse_foreign_type(sobject, field, changes[field.name])

    def _checked(self, field: Field, given: str) -> str:
        record_id = normal_id(given)
        if record_id is None:
            message = f"{field.label}: id value of incorrect type: {given}"
            raise Refusal("MALFORMED_ID", message, (field.name,))
        target = self._target(field, record_id)
        row = self._rows.get(target.name, record_id)
        if row is None:
            raise Refusal(
                "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ()
            )
        if row["IsDeleted"]:
            raise Refusal("ENTITY_IS_DELETED", "entity is deleted", (), status=400)
        return record_id

    def _refuse_foreign_type(
        self, sobject: SObject, field: Field, record_id: str
    ) -> None:
        known = {each.record_id for each in sobject.record_types}
        if field.refers == ("RecordType",) and record_id not in known:
            message = (
                f"{field.label}: this ID value isn't valid for the user: {record_id}"
            )
            code = "INVALID_CROSS_REFERENCE_KEY"
            raise Refusal(code, message, (field.name,))

    def _target(self, field: Field, record_id: str) -> SObject:
        for name in field.refers:
            sobject = self._catalogue.find(name)
            if sobject and sobject.prefix == record_id[:3]:
                return sobject
        code = "MALFORMED_ID" if field.polymorphic else "FIELD_INTEGRITY_EXCEPTION"
        message = f"{field.label}: id value of incorrect type: {record_id}"
        raise Refusal(code, message, (field.name,))

    def by_external_id(self, field: Field, nested: Any) -> str | None:
        """The id of the parent that ``{"Ext__c": "A-1"}`` names."""
        if nested is None:
            return None
        if not isinstance(nested, dict):
            raise values.wrong_type(field, nested)
        parent = self._named_parent(field, nested)
        keys = [(name, value) for name, value in nested.items() if name != "attributes"]
        if len(keys) != 1:
            message = f"Exactly one external id is needed for {field.relationship}"
            raise Refusal("INVALID_FIELD", message, ())
        return self._found(parent, *keys[0])

    def _named_parent(self, field: Field, nested: dict[str, Any]) -> SObject:
        given = nested.get("attributes")
        named = given.get("type") if isinstance(given, dict) else None
        if named is None and field.polymorphic:
            message = f"{field.label}: the type of a polymorphic reference is needed"
            raise Refusal("INVALID_FIELD", message, (field.name,))
        parent = self._catalogue.find(str(named or field.refers[0]))
        if parent is None or parent.name not in field.refers:
            message = f"{field.label}: reference to a wrong type: {named}"
            raise Refusal("INVALID_FIELD", message, (field.name,))
        return parent

    def _found(self, parent: SObject, name: str, value: Any) -> str:
        key = parent.find(name)
        if key is None:
            raise no_column(name, parent.name)
        if not key.id_lookup:
            message = (
                f"Field name provided, {key.name} is not an External ID or indexed "
                f"field for {parent.name}"
            )
            raise Refusal("INVALID_FIELD", message, ())
        rows = self._rows.table(parent.name).find(key.name, values.accept(key, value))
        if len(rows) == 1:
            return str(rows[0]["Id"])
        problem = "is ambiguous" if rows else "not found"
        message = (
            f"Foreign key external ID: {value} {problem} for field {key.name} "
            f"in entity {parent.name}"
        )
        raise Refusal("INVALID_FIELD", message, ())

    def inherit(self, sobject: SObject, row: Row, before: Row | None) -> None:
        """A new case is of its contact's account; a task of its parents' account."""
        if sobject.name == "Case" and before is None and not row.get("AccountId"):
            row["AccountId"] = self._account(row.get("ContactId"))
        if sobject.name == "Task":
            row["AccountId"] = self._account(row.get("WhatId")) or self._account(
                row.get("WhoId")
            )

    def _account(self, record_id: str | None) -> str | None:
        sobject = self._catalogue.by_prefix(record_id) if record_id else None
        if sobject is None or record_id is None:
            return None
        if sobject.name == "Account":
            return record_id
        row = self._rows.get(sobject.name, record_id) or {}
        return row.get("AccountId")
