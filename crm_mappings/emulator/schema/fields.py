"""Owns what a field is, and the short words in which the object tables are written."""

from dataclasses import dataclass
from typing import Any

GEOCODE = (
    *("Address", "NearAddress", "Block", "Street", "ExtendedZip", "Zip"),
    *("Neighborhood", "City", "County", "State", "Unknown"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted: bool = False
    default: Any = None
    unique: bool = False
    external_id: bool = False
    id_lookup: bool = False
    case_sensitive: bool = False
    auto_number: bool = False
    calculated: bool = False
    name_field: bool = False
    permissionable: bool = True
    values: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()  # of the values; none: they are their own
    restricted: bool = False
    refers: tuple[str, ...] = ()
    relationship: str | None = None
    child_relationship: str | None = None
    compound: str | None = None
    extra: str | None = None

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def polymorphic(self) -> bool:
        return len(self.refers) > 1

    @property
    def required(self) -> bool:
        return self.createable and not self.nillable and not self.defaulted

    @property
    def indexed(self) -> bool:
        return self.unique or self.external_id or self.id_lookup

    @property
    def long(self) -> bool:
        return self.type == "textarea" and self.length > 255


READ_ONLY: dict[str, Any] = {"createable": False, "updateable": False}


def text(name: str, label: str, length: int = 255, **more: Any) -> Field:
    more = {"type": "string", **more}
    return Field(name=name, label=label, length=length, **more)


def area(name: str, label: str, length: int = 255, **more: Any) -> Field:
    more = {"extra": "plaintextarea", **more}
    return Field(name=name, label=label, type="textarea", length=length, **more)


def email(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, label=label, type="email", length=80, **more)


def phone(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, label=label, type="phone", length=40, **more)


def url(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, label=label, type="url", length=255, **more)


def check(name: str, label: str, **more: Any) -> Field:
    more = {"nillable": False, "defaulted": True, "default": False, **more}
    return Field(name=name, label=label, type="boolean", **more)


def number(name: str, label: str, precision: int, scale: int, **more: Any) -> Field:
    more = {"type": "double", **more}
    return Field(name=name, label=label, precision=precision, scale=scale, **more)


def integer(name: str, label: str, digits: int = 8, **more: Any) -> Field:
    return Field(name=name, label=label, type="int", digits=digits, **more)


def day(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, label=label, type="date", **more)


def moment(name: str, label: str, **more: Any) -> Field:
    return Field(name=name, label=label, type="datetime", **more)


def pick(name: str, label: str, values: str, length: int = 255, **more: Any) -> Field:
    """``values`` are written with commas; an apart ``default`` makes one the default."""
    if more.get("default"):
        more = {"defaulted": True, **more}
    choices = tuple(values.split(",")) if values else ()
    return Field(
        name=name, label=label, type="picklist", length=length, values=choices, **more
    )


def picks(name: str, label: str, values: str, **more: Any) -> Field:
    choices = tuple(values.split(","))
    more = {"precision": 4, **more}
    return Field(
        name=name,
        label=label,
        type="multipicklist",
        length=4099,
        values=choices,
        **more,
    )


def link(name: str, label: str, refers: str, **more: Any) -> Field:
    """A reference; its relationship is the name without Id (or with __r)."""
    relationship = name.replace("__c", "__r") if "__c" in name else name[:-2]
    more = {"relationship": relationship, **more}
    targets = tuple(refers.split(","))
    return Field(
        name=name, label=label, type="reference", length=18, refers=targets, **more
    )


def external_key(name: str, label: str) -> Field:
    """A custom text that is a unique external id."""
    marks = {"unique": True, "external_id": True, "id_lookup": True}
    return text(name, label, 64, **marks)


def identity(label: str) -> Field:
    return Field(
        name="Id",
        label=f"{label} ID",
        type="id",
        length=18,
        nillable=False,
        defaulted=True,
        id_lookup=True,
        permissionable=False,
        **READ_ONLY,
    )


def full_name(**more: Any) -> Field:
    fixed = {"nillable": False, "name_field": True, "extra": "personname", **READ_ONLY}
    return text("Name", "Full Name", 121, permissionable=False, **fixed, **more)


def person_name() -> tuple[Field, ...]:
    part: dict[str, Any] = {
        "compound": "Name",
        "extra": "personname",
        "permissionable": False,
    }
    return (
        text("LastName", "Last Name", 80, nillable=False, **part),
        text("FirstName", "First Name", 40, **part),
        pick("Salutation", "Salutation", "Mr.,Ms.,Mrs.,Dr.,Prof.", 40, **part),
        full_name(),
    )


def address(prefix: str, label: str) -> tuple[Field, ...]:
    """The parts of an address and its read-only compound."""
    whole: dict[str, Any] = {"compound": f"{prefix}Address"}
    start = f"{label} " if label else ""
    return (
        area(f"{prefix}Street", f"{start}Street", **whole),
        text(f"{prefix}City", f"{start}City", 40, **whole),
        text(f"{prefix}State", f"{start}State/Province", 80, **whole),
        text(f"{prefix}PostalCode", f"{start}Zip/Postal Code", 20, **whole),
        text(f"{prefix}Country", f"{start}Country", 80, **whole),
        number(f"{prefix}Latitude", f"{start}Latitude", 18, 15, **whole),
        number(f"{prefix}Longitude", f"{start}Longitude", 18, 15, **whole),
        pick(
            f"{prefix}GeocodeAccuracy",
            f"{start}Geocode Accuracy",
            ",".join(GEOCODE),
            40,
            restricted=True,
            **whole,
        ),
        Field(
            name=f"{prefix}Address",
            label=f"{start}Address",
            type="address",
            **READ_ONLY,
        ),
    )


def deletion() -> Field:
    return check("IsDeleted", "Deleted", permissionable=False, **READ_ONLY)


def audit() -> tuple[Field, ...]:
    """Who and when: the fields that the org itself keeps on every row."""
    kept: dict[str, Any] = {
        "nillable": False,
        "defaulted": True,
        "permissionable": False,
        **READ_ONLY,
    }
    return (
        moment("CreatedDate", "Created Date", **kept),
        link("CreatedById", "Created By ID", "User", **kept),
        moment("LastModifiedDate", "Last Modified Date", **kept),
        link("LastModifiedById", "Last Modified By ID", "User", **kept),
        moment("SystemModstamp", "System Modstamp", **kept),
    )


def owner(refers: str = "User") -> Field:
    fixed = {"nillable": False, "defaulted": True, "permissionable": False}
    return link("OwnerId", "Owner ID", refers, **fixed)
