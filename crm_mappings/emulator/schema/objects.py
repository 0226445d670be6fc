"""Owns what an object is: its names, key prefix, rights and fields."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from crm_mappings.emulator.schema.fields import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordType:
    """A kind of record of one object, known in every org by its developer name."""

    record_id: str
    developer_name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SObject:
    name: str
    label: str
    plural: str
    prefix: str
    fields: tuple[Field, ...]
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    mergeable: bool = False
    undeletable: bool = True
    listed: bool = True  # stands in the list of all objects
    queryable: bool = True  # an event can only be published
    record_types: tuple[RecordType, ...] = ()  # besides the master
    by_name: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = {each.name.lower(): each for each in self.fields}
        object.__setattr__(self, "by_name", named)

    def find(self, name: str) -> Field | None:
        return self.by_name.get(name.lower())

    def find_relationship(self, name: str) -> Field | None:
        wanted = name.lower()
        for each in self.references():
            if (each.relationship or "").lower() == wanted:
                return each
        return None

    def references(self) -> Iterator[Field]:
        return (each for each in self.fields if each.type == "reference")

    def name_field(self) -> Field | None:
        return next((each for each in self.fields if each.name_field), None)

    def without(self, name: str) -> "SObject":
        kept = tuple(each for each in self.fields if each.name != name)
        return replace(self, fields=kept)

    def with_read_only(self, name: str) -> "SObject":
        changed = tuple(
            replace(each, createable=False, updateable=False)
            if each.name == name
            else each
            for each in self.fields
        )
        return replace(self, fields=changed)

    def with_field(self, added: Field) -> "SObject":
        return replace(self, fields=(*self.fields, added))
