"""What happened, to whom it leads, and the keys that make an invitation unique."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from deployments.addresses import normal_address
from surveys.conditions import Reader
from surveys.texts import tidy

Fields = Mapping[str, object]

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?\Z")
SALESFORCE_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\Z")
CHECK_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
LONGEST_VALUE = 255
FOUND = "poll:"  # the event ids of what was found by asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to one record in another system."""

    source: str
    event_id: str
    object: str
    record_id: str
    fields: Fields = field(default_factory=dict)
    occurred_at: datetime | None = None
    is_own: bool = False  # by our own user: what Tellback itself wrote

    @property
    def is_found(self) -> bool:
        """Nobody told it: what has changed about the record is not known."""
        return self.event_id.startswith(FOUND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """One person to ask. Without an event key, every call asks anew."""

    email: str
    name: str = ""
    language: str = ""
    time_zone: str = ""
    segment: str = ""
    records: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, object] = field(default_factory=dict)
    record_key: str = ""
    event_key: str = ""
    # What else is told, for the conditions of limits; it is not kept.
    facts: Fields = field(default_factory=dict)


def language(text: str) -> str:
    """`de_AT` and `de-AT` are one language; what is no language code is none."""
    code = text.strip().replace("_", "-")
    return code if LANGUAGE.match(code) else ""


def record_key(object_name: str, record_id: str) -> str:
    """One key for one record, however it is spelled: short and long ids are one."""
    if SALESFORCE_ID.match(record_id) and (
        len(record_id) == 15 or record_id[15:].upper() == check_letters(record_id[:15])
    ):
        record_id = record_id[:15]
    return _short(f"{object_name.lower()}:{record_id}", 100)


def check_letters(short_id: str) -> str:
    """Return the three letters by which an 18-character id ends."""
    return "".join(
        CHECK_LETTERS[
            sum(1 << place for place, sign in enumerate(part) if "A" <= sign <= "Z")
        ]
        for part in (short_id[0:5], short_id[5:10], short_id[10:15])
    )


def event_key(repeat_field: str, value: str) -> str:
    """`once` for each record, or once for each value of the field that repeats."""
    return _short(f"{repeat_field}={value}", 200) if repeat_field else "once"


def address_key(email: str) -> str:
    """The record key of a link that is asked for by address and event key."""
    return _short(f"address:{normal_address(email)}", 100)


def read_field(fields: Fields, name: str) -> object:
    """Read `Status`, `status` or `Contact.Email`; None when it is not there."""
    if name in fields:
        return fields[name]
    for key, value in fields.items():
        if key.lower() == name.lower():
            return value
    head, dot, rest = name.partition(".")
    inner = read_field(fields, head) if dot else None
    return read_field(inner, rest) if isinstance(inner, Mapping) else None


def lacks(fields: Fields, name: str) -> bool:
    """Say whether nothing was told about the field, not even that it is blank."""
    if any(key.lower() == name.lower() for key in fields):
        return False
    head, dot, rest = name.partition(".")
    if not dot:
        return True
    inner = read_field(fields, head)
    return lacks(inner, rest) if isinstance(inner, Mapping) else lacks(fields, head)


def _short(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{text[: longest - 33]}~{digest}"


def value_of(event: Event, name: str) -> object:
    value = read_field(event.fields, name)
    return event.record_id if value is None and name.lower() == "id" else value


def text_of(event: Event, name: str) -> str:
    value = value_of(event, name) if name else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return tidy(str(value)) if isinstance(value, str | int | float) else ""


def texts_of(event: Event, names: Mapping[str, str]) -> dict[str, str]:
    read = ((key, text_of(event, name)[:LONGEST_VALUE]) for key, name in names.items())
    return {key: text for key, text in read if text}


def about(person: Invitee) -> Event:
    """What is told of somebody whom no event brings."""
    known = {"segment": person.segment, "language": person.language}
    return Event(
        source="",
        event_id="",
        object="",
        record_id="",
        fields={**known, **person.variables, **person.facts},
    )


def reader(event: Event, now: datetime) -> Reader:
    """Read what conditions ask of a record."""

    def read(source: str, name: str, _facet: str | None) -> object:
        if source == "field":
            return value_of(event, name)
        return now.isoformat() if (source, name) == ("response", "now") else None

    return read
