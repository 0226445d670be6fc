"""Owns the way from the name in a query to a field: own columns, parents, and what
may be asked of a polymorphic parent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm_mappings.emulator.reading import Reader
from crm_mappings.emulator.refusals import CHECK_WSDL, Refusal
from crm_mappings.emulator.rows import Row
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.fields import Field, text
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.soql.lexing import picture
from crm_mappings.emulator.soql.syntax import Path

# What every object that a polymorphic reference points at is asked for.
COMMON = ("Id", "Name", "FirstName", "LastName", "Email", "Phone", "Title", "Username")
TYPE = text("Type", "Type")


@dataclass(frozen=True, slots=True)
class Column:
    """A resolved path: the references to follow, then the field."""

    steps: tuple[Field, ...]
    field: Field
    read: Callable[[Row], Any]


class Paths:
    def __init__(self, catalogue: Catalogue, reader: Reader, query: str) -> None:
        self._catalogue = catalogue
        self._reader = reader
        self._query = query

    def column(self, sobject: SObject, path: Path) -> Column:
        steps, home = self._walk(sobject, path)
        if home is None:
            return self._common_column(steps, path)
        field = home.find(path.parts[-1])
        if field is None:
            raise self._no_column(path, path.parts[-1], home.name)
        return Column(steps, field, self._reading(sobject, steps, field))

    def _walk(
        self, sobject: SObject, path: Path
    ) -> tuple[tuple[Field, ...], SObject | None]:
        """The references along the path and the last parent (None if polymorphic)."""
        steps: list[Field] = []
        home: SObject | None = sobject
        parts = path.parts[:-1]
        if len(path.parts) > 1 and parts[0].lower() == sobject.name.lower():
            known = sobject.find_relationship(parts[0])
            parts = parts if known else parts[1:]
        for part in parts:
            field = home.find_relationship(part) if home else None
            if field is None:
                raise self._no_relation(path, part)
            steps.append(field)
            home = None if field.polymorphic else self._catalogue.find(field.refers[0])
        return tuple(steps), home

    def _common_column(self, steps: tuple[Field, ...], path: Path) -> Column:
        name = path.parts[-1]
        if name.lower() == "type":
            return Column(steps, TYPE, self._type_of(steps))
        for common in COMMON:
            if common.lower() == name.lower():
                return Column(steps, text(common, common), self._common(steps, common))
        raise self._no_column(path, name, "Name")

    def _reading(
        self, sobject: SObject, steps: tuple[Field, ...], field: Field
    ) -> Callable[[Row], Any]:
        def read(row: Row) -> Any:
            home = self.follow(sobject, row, steps)
            return self._reader.value(home[0], home[1], field) if home else None

        return read

    def _common(self, steps: tuple[Field, ...], name: str) -> Callable[[Row], Any]:
        def read(row: Row) -> Any:
            home = self.follow(None, row, steps)
            if home is None:
                return None
            field = home[0].name_field() if name == "Name" else home[0].find(name)
            return home[1].get(field.name) if field else None

        return read

    def _type_of(self, steps: tuple[Field, ...]) -> Callable[[Row], Any]:
        def read(row: Row) -> Any:
            home = self.follow(None, row, steps)
            return home[0].name if home else None

        return read

    def follow(
        self, sobject: SObject | None, row: Row, steps: tuple[Field, ...]
    ) -> tuple[SObject, Row] | None:
        home = (sobject, row) if sobject else None
        for step in steps:
            home = self._reader.parent(step, row)
            if home is None:
                return None
            row = home[1]
        return home

    def _no_column(self, path: Path, name: str, entity: str) -> Refusal:
        message = (
            f"{picture(self._query, path.at)}No such column '{name}' on entity "
            f"'{entity}'. If you are attempting to use a custom field, be sure to "
            f"append the '__c' after the custom field name. {CHECK_WSDL}"
        )
        return Refusal("INVALID_FIELD", message)

    def _no_relation(self, path: Path, part: str) -> Refusal:
        message = (
            f"{picture(self._query, path.at)}Didn't understand relationship '{part}' "
            "in field path. If you are attempting to use a custom relationship, be "
            "sure to append the '__r' after the custom relationship name. "
            f"{CHECK_WSDL}"
        )
        return Refusal("INVALID_FIELD", message)
