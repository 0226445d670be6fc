"""Owns how a row is read: own fields, compounds, fields borrowed from a parent, and
paths through parents."""

from typing import Any

from crm_mappings.emulator.derivation import BORROWED
from crm_mappings.emulator.rows import Row, Rows
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.values import as_json

ADDRESS_PARTS = {
    "city": "City",
    "country": "Country",
    "geocodeAccuracy": "GeocodeAccuracy",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "postalCode": "PostalCode",
    "state": "State",
    "street": "Street",
}


class Reader:
    def __init__(self, catalogue: Catalogue, rows: Rows) -> None:
        self._catalogue = catalogue
        self._rows = rows

    def value(self, sobject: SObject, row: Row, field: Field) -> Any:
        """The stored (not yet rendered) value of a field."""
        borrowed = BORROWED.get((sobject.name, field.name))
        if borrowed:
            return self._borrowed(sobject, row, *borrowed)
        if field.type == "address":
            return _address(row, field.name.removesuffix("Address"))
        return row.get(field.name)

    def record(
        self, sobject: SObject, row: Row, version: str, fields: list[Field]
    ) -> dict[str, Any]:
        """The JSON of a row, as a GET of it answers."""
        shown = {each.name: as_json(self.value(sobject, row, each)) for each in fields}
        return {"attributes": attributes(sobject, row, version), **shown}

    def parent(self, field: Field, row: Row) -> tuple[SObject, Row] | None:
        """The live row that a reference field points at."""
        return self.target(field, row.get(field.name))

    def target(self, field: Field, record_id: str | None) -> tuple[SObject, Row] | None:
        for name in field.refers if record_id else ():
            sobject = self._catalogue.find(name)
            row = self._rows.get(name, record_id) if sobject and record_id else None
            if sobject and row:
                return sobject, row
        return None

    def _borrowed(
        self, sobject: SObject, row: Row, through: tuple[str, ...], name: str
    ) -> Any:
        for reference in through:
            field = sobject.find(reference)
            parent = self.parent(field, row) if field else None
            if parent:
                return parent[1].get(name)
        borrower = sobject.find(name)
        return False if borrower and borrower.type == "boolean" else None


def attributes(sobject: SObject, row: Row, version: str) -> dict[str, str]:
    url = f"/services/data/v{version}/sobjects/{sobject.name}/{row['Id']}"
    return {"type": sobject.name, "url": url}


def _address(row: Row, prefix: str) -> dict[str, Any] | None:
    parts = {key: row.get(prefix + part) for key, part in ADDRESS_PARTS.items()}
    return parts if any(value is not None for value in parts.values()) else None
