"""Owns what deploys have brought, and what of it a user may see by the permission sets
that are assigned."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from crm_mappings.emulator.metadata.permission_sets import PermissionSet
from crm_mappings.emulator.rows import Rows
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.objects import SObject

ALL_DATA = ("PermissionsModifyAllData", "PermissionsViewAllData")


@dataclass(slots=True, kw_only=True)
class Access:
    catalogue: Catalogue
    rows: Rows
    sets: dict[str, PermissionSet] = field(default_factory=dict)  # by row id
    objects: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)

    def settle(self, user_id: str, *, now: datetime) -> None:
        """Show a user what the assigned permission sets allow, and no more."""
        assigned = self._assigned(user_id)
        held = [self.sets[each] for each in assigned if each in self.sets]
        whole = self._is_all_data(assigned)
        for name in {each.partition(".")[0] for each in self.fields} | self.objects:
            seen = self._seen(self.catalogue.full(name), held, whole=whole)
            if seen is None:
                self.catalogue.conceal(name, now=now)
            else:
                self.catalogue.show(seen, now=now)

    def _seen(
        self, full: SObject, held: list[PermissionSet], *, whole: bool
    ) -> SObject | None:
        given = [each.objects[full.name] for each in held if full.name in each.objects]
        standing = self.catalogue.find(full.name)
        if full.name in self.objects:
            if not given and not whole:
                return None
            standing = replace(
                full,
                createable=whole or any(each.create for each in given),
                updateable=whole or any(each.edit for each in given),
            )
        if standing is None:
            return None
        editable: dict[str, bool] = {}
        for each in held:
            for name, edit in each.fields.items():
                editable[name] = editable.get(name, False) or edit
        return replace(standing, fields=tuple(self._fields(full, standing, editable)))

    def _fields(
        self, full: SObject, standing: SObject, editable: dict[str, bool]
    ) -> Any:
        yield from (
            each
            for each in standing.fields
            if f"{full.name}.{each.name}" not in self.fields
        )
        for each in full.fields:
            name = f"{full.name}.{each.name}"
            if name not in self.fields:
                continue
            if not each.permissionable or editable.get(name):
                yield each
            elif name in editable:
                yield replace(each, createable=False, updateable=False)

    def _assigned(self, user_id: str) -> list[str]:
        rows = self.rows.table("PermissionSetAssignment").live()
        mine = [each for each in rows if each["AssigneeId"] == user_id]
        return [str(each["PermissionSetId"]) for each in mine]

    def _is_all_data(self, assigned: list[str]) -> bool:
        sets = self.rows.table("PermissionSet").rows
        held = [sets[each] for each in assigned if each in sets]
        return any(row.get(name) for row in held for name in ALL_DATA)
