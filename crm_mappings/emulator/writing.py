"""Owns what happens to a row that somebody wants to write: checks against the
description, references, uniqueness, and the fields the org fills itself."""

import base64
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from crm_mappings.emulator import refusals, values
from crm_mappings.emulator.clock import Clock
from crm_mappings.emulator.derivation import settle
from crm_mappings.emulator.ids import Mint, normal_id
from crm_mappings.emulator.references import References
from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.rows import Row, Rows
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject

Guard = Callable[[str, Row | None, Row], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    record_id: str
    created: bool
    # An event is published later: that is told as an error of a call that went well.
    enqueued: bool = False

    def errors(self) -> list[dict[str, Any]]:
        if not self.enqueued:
            return []
        operation = str(uuid5(NAMESPACE_OID, self.record_id))
        code = "OPERATION_ENQUEUED"
        return [{"statusCode": code, "message": operation, "fields": []}]


class Writer:
    """``guards`` may refuse a finished row: locks, validation and duplicate rules."""

    def __init__(
        self, catalogue: Catalogue, rows: Rows, clock: Clock, mint: Mint
    ) -> None:
        self._catalogue = catalogue
        self._rows = rows
        self._clock = clock
        self._mint = mint
        self._references = References(catalogue, rows)
        self._numbers: defaultdict[str, int] = defaultdict(lambda: 1025)
        self.guards: list[Guard] = []

    def insert(
        self, sobject: SObject, given: Mapping[str, Any], *, user_id: str
    ) -> Written:
        if any(name.lower() == "id" for name in given):
            message = "cannot specify Id in an insert call"
            raise Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", message, ("Id",))
        if not sobject.createable:
            message = f"entity type cannot be inserted: {sobject.label}"
            raise Refusal("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, ())
        changes = self._read(sobject, given, creating=True)
        row = self._blank(sobject, user_id) | changes
        self._refuse_missing(sobject, row)
        row["Id"] = self._mint.next_id(sobject.prefix)
        self._save(sobject, None, row, user_id=user_id)
        if sobject.name == "ContentVersion":
            self._publish_file(row, user_id)
        enqueued = not sobject.queryable
        return Written(record_id=row["Id"], created=True, enqueued=enqueued)

    def _publish_file(self, version: Row, user_id: str) -> None:
        """A first version makes its document, and links it to where it is published."""
        data = base64.b64decode(version.get("VersionData") or "")
        version["ContentSize"] = len(data)
        version["FileType"] = version["PathOnClient"].rpartition(".")[2].upper()[:20]
        version["Title"] = version.get("Title") or version["PathOnClient"][:255]
        if version.get("ContentDocumentId") is None:
            document = self._make(
                "ContentDocument",
                user_id,
                Title=version["Title"],
                LatestPublishedVersionId=version["Id"],
            )
            version["ContentDocumentId"] = document
        self._rows.put("ContentVersion", version, user_id=user_id)
        place = version.get("FirstPublishLocationId")
        for entity in dict.fromkeys(filter(None, (user_id, place))):
            self._make(
                "ContentDocumentLink",
                user_id,
                ContentDocumentId=version["ContentDocumentId"],
                LinkedEntityId=entity,
            )

    def _make(self, name: str, user_id: str, **values: Any) -> str:
        """A row that the org makes by itself, next to what was asked for."""
        sobject = self._catalogue.get(name)
        row = self._blank(sobject, user_id) | values
        row["Id"] = self._mint.next_id(sobject.prefix)
        self._save(sobject, None, row, user_id=user_id)
        return str(row["Id"])

    def update(
        self,
        sobject: SObject,
        record_id: str,
        given: Mapping[str, Any],
        *,
        user_id: str,
    ) -> Written:
        before = self.existing(sobject, record_id)
        if before.get("IsConverted"):
            message = "cannot reference converted lead"
            raise Refusal("CANNOT_UPDATE_CONVERTED_LEAD", message, ())
        row = before | self._read(sobject, given, creating=False)
        self._refuse_missing(sobject, row)
        self._save(sobject, before, row, user_id=user_id)
        return Written(record_id=row["Id"], created=False)

    def upsert(
        self,
        sobject: SObject,
        key: Field,
        value: Any,
        given: Mapping[str, Any],
        *,
        user_id: str,
    ) -> Written:
        found = self.matches(sobject, key, value)
        if len(found) > 1:
            message = f"{key.name}: more than one record found for external id field: "
            ids = ", ".join(row["Id"] for row in found)
            raise Refusal("DUPLICATE_EXTERNAL_ID", f"{message}[{ids}]", ())
        if found:
            return self.update(sobject, found[0]["Id"], given, user_id=user_id)
        if key.name == "Id":
            self.existing(sobject, value)  # says whether it is gone or never was
        return self.insert(sobject, {**given, key.name: value}, user_id=user_id)

    def matches(self, sobject: SObject, key: Field, value: Any) -> list[Row]:
        if key.type == "id":
            record_id = normal_id(value)
            if record_id is None:
                raise refusals.malformed_id(value)
            return self._rows.table(sobject.name).find("Id", record_id)
        accepted = values.accept(key, value)
        return self._rows.table(sobject.name).find(key.name, accepted)

    def delete(self, sobject: SObject, record_id: str, *, user_id: str) -> None:
        row = self.existing(sobject, record_id)
        if not sobject.deletable:
            message = "insufficient access rights on object id"
            raise Refusal("INSUFFICIENT_ACCESS_OR_READONLY", message, ())
        for guard in self.guards:
            guard(sobject.name, row, row)
        gone = row | {"IsDeleted": True} | self._stamps(user_id)
        self._rows.put(sobject.name, gone, user_id=user_id)
        self._release_children(sobject, row["Id"], user_id)

    def existing(self, sobject: SObject, record_id: str) -> Row:
        """The live row with the id, or the refusal that the org would give."""
        normal = normal_id(record_id)
        if normal is None:
            raise refusals.malformed_id(record_id)
        row = self._rows.get(sobject.name, normal)
        if row is None:
            raise refusals.not_found()
        if row["IsDeleted"]:
            raise refusals.deleted()
        return row

    def _read(
        self, sobject: SObject, given: Mapping[str, Any], *, creating: bool
    ) -> Row:
        changes: Row = {}
        forbidden: list[str] = []
        for name, value in given.items():
            if name == "attributes":
                continue
            field, resolved = self._resolve(sobject, name, value)
            if not (field.createable if creating else field.updateable):
                forbidden.append(field.name)
            else:
                changes[field.name] = values.accept(field, resolved)
        if forbidden:
            raise refusals.not_writable(forbidden)
        self._references.check(sobject, changes)
        return changes

    def _resolve(self, sobject: SObject, name: str, value: Any) -> tuple[Field, Any]:
        field = sobject.find(name)
        if field:
            return field, value
        reference = sobject.find_relationship(name)
        if reference is None:
            raise refusals.no_column(name, sobject.name)
        return reference, self._references.by_external_id(reference, value)

    def _blank(self, sobject: SObject, user_id: str) -> Row:
        row: Row = {each.name: each.default for each in sobject.fields}
        if sobject.find("OwnerId"):
            row["OwnerId"] = user_id
        for each in sobject.fields:
            if each.auto_number:
                self._numbers[sobject.name] += 1
                row[each.name] = f"{self._numbers[sobject.name]:08d}"
        row["IsDeleted"] = False
        stamps = self._stamps(user_id)
        created = {"CreatedDate": self._now(), "CreatedById": user_id}
        return row | stamps | created

    def _stamps(self, user_id: str) -> Row:
        now = self._now()
        return {
            "LastModifiedDate": now,
            "LastModifiedById": user_id,
            "SystemModstamp": now,
        }

    def _now(self) -> datetime:
        return self._clock.now().replace(microsecond=0)

    def _refuse_missing(self, sobject: SObject, row: Row) -> None:
        empty = [
            each.name
            for each in sobject.fields
            if not each.nillable
            and (each.createable or each.updateable)
            and row.get(each.name) is None
        ]
        if empty:
            raise refusals.missing(empty)

    def _save(
        self, sobject: SObject, before: Row | None, row: Row, *, user_id: str
    ) -> None:
        row |= self._stamps(user_id)
        self._default_name(sobject, row)
        self._references.inherit(sobject, row, before)
        settle(sobject.name, before, row, self._now())
        self._refuse_doubles(sobject, row)
        for guard in self.guards:
            guard(sobject.name, before, row)
        self._rows.put(sobject.name, row, user_id=user_id)

    def _default_name(self, sobject: SObject, row: Row) -> None:
        """A custom object's blank name becomes the row's id, as in a real org."""
        field = sobject.name_field()
        if (
            field
            and field.defaulted
            and not field.auto_number
            and not row.get(field.name)
        ):
            row[field.name] = row["Id"][:15]

    def _refuse_doubles(self, sobject: SObject, row: Row) -> None:
        for field in sobject.fields:
            if not field.unique or row.get(field.name) is None:
                continue
            table = self._rows.table(sobject.name)
            for other in table.find(field.name, row[field.name]):
                if other["Id"] != row["Id"]:
                    raise _double(field, other["Id"])

    def _release_children(self, parent: SObject, record_id: str, user_id: str) -> None:
        """Lookups to a deleted row are cleared; rows that cannot do without go too."""
        for child, field in self._catalogue.children(parent.name):
            table = self._rows.table(child.name)
            pointing = [row for row in table.live() if row.get(field.name) == record_id]
            for row in pointing:
                if not field.nillable and child.deletable:
                    self.delete(child, row["Id"], user_id=user_id)
                elif field.nillable:
                    cleared = row | {field.name: None}
                    self._rows.put(child.name, cleared, user_id=user_id)


def _double(field: Field, other_id: str) -> Refusal:
    message = (
        f"duplicate value found: {field.name} duplicates value on record "
        f"with id: {other_id[:15]}"
    )
    return Refusal("DUPLICATE_VALUE", message, ())
