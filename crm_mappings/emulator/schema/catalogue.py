"""Owns which objects the org has, and what of them the integration user may see."""

from dataclasses import replace
from datetime import datetime

from crm_mappings.emulator import refusals
from crm_mappings.emulator.schema.consent import INDIVIDUAL, POINT_EMAIL, TYPE_CONSENT
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.schema.people import ACCOUNT, CONTACT, LEAD
from crm_mappings.emulator.schema.sales import CAMPAIGN, CAMPAIGN_MEMBER, OPPORTUNITY
from crm_mappings.emulator.schema.service import CASE, TASK
from crm_mappings.emulator.schema.setup import (
    ORGANIZATION,
    PERMISSION_SET,
    PERMISSION_SET_ASSIGNMENT,
    RECORD_TYPE,
    USER,
    USER_PERMISSION_ACCESS,
)
from crm_mappings.emulator.schema.sharing import (
    CONTENT_DOCUMENT,
    CONTENT_DOCUMENT_LINK,
    CONTENT_VERSION,
    FEED_ITEM,
    SURVEY_ANSWERED,
)
from crm_mappings.emulator.schema.tellback import RESPONSE

OBJECTS = (
    *(ACCOUNT, CAMPAIGN, CAMPAIGN_MEMBER, CASE, CONTACT, LEAD, OPPORTUNITY),
    *(ORGANIZATION, RESPONSE, TASK, USER, USER_PERMISSION_ACCESS),
    *(PERMISSION_SET, PERMISSION_SET_ASSIGNMENT, RECORD_TYPE),
    *(CONTENT_DOCUMENT, CONTENT_DOCUMENT_LINK, CONTENT_VERSION, FEED_ITEM),
    *(SURVEY_ANSWERED, INDIVIDUAL, TYPE_CONSENT, POINT_EMAIL),
)


class Catalogue:
    """The objects in force. Hiding a field is what field-level security does."""

    def __init__(self, now: datetime) -> None:
        self._objects = {each.name.lower(): each for each in OBJECTS}
        self._full = dict(self._objects)
        self._changed = {each.name: now for each in OBJECTS}
        self.changed_at = now

    def all(self) -> list[SObject]:
        return sorted(self._objects.values(), key=lambda each: each.name)

    def find(self, name: str) -> SObject | None:
        return self._objects.get(name.lower())

    def get(self, name: str) -> SObject:
        found = self.find(name)
        if found is None:
            raise refusals.not_found()
        return found

    def full(self, name: str) -> SObject:
        """The object with every field, as an admin sees it."""
        found = self._full.get(name.lower())
        if found is None:
            raise refusals.not_found()
        return found

    def by_prefix(self, record_id: str) -> SObject | None:
        prefix = record_id[:3]
        return next((each for each in self.all() if each.prefix == prefix), None)

    def changed(self, name: str) -> datetime:
        return self._changed[name]

    def hide_field(self, object_name: str, field_name: str, *, now: datetime) -> None:
        sobject, field = self._full_field(object_name, field_name)
        self._replace(self.get(sobject.name).without(field.name), now)

    def make_read_only(
        self, object_name: str, field_name: str, *, now: datetime
    ) -> None:
        sobject, field = self._full_field(object_name, field_name)
        self._replace(self.get(sobject.name).with_read_only(field.name), now)

    def withdraw(self, object_name: str, right: str, *, now: datetime) -> None:
        """Take the right to create or edit rows of an object."""
        found = self.get(object_name)
        if right == "create":
            self._replace(replace(found, createable=False), now)
        elif right == "edit":
            self._replace(replace(found, updateable=False), now)
        else:
            raise refusals.Refusal("INVALID_INPUT", "a right is create or edit")

    def restore(self, object_name: str, *, now: datetime) -> None:
        """Give back every field that was hidden or made read-only."""
        self._replace(self.full(object_name), now)

    def add_field(self, object_name: str, field: Field, *, now: datetime) -> None:
        added = self.get(object_name).with_field(field)
        self._full[added.name.lower()] = added
        self._replace(added, now)

    def add_object(self, added: SObject, *, now: datetime) -> None:
        self._full[added.name.lower()] = added
        self._replace(added, now)

    # -- what a deploy brings: nobody sees it before a permission set shows it

    def has(self, name: str) -> bool:
        return name.lower() in self._full

    def every(self) -> list[SObject]:
        """All objects, with every field, whoever may see them."""
        return sorted(self._full.values(), key=lambda each: each.name)

    def deploy(self, sobject: SObject, *, now: datetime) -> None:
        """Put the object's full shape; what the user sees of it stays."""
        self._full[sobject.name.lower()] = sobject
        self._changed[sobject.name] = self.changed_at = now

    def show(self, seen: SObject, *, now: datetime) -> None:
        if self._objects.get(seen.name.lower()) != seen:
            self._replace(seen, now)

    def remove(self, name: str, *, now: datetime) -> None:
        self._full.pop(name.lower(), None)
        self.conceal(name, now=now)

    def detach(self) -> None:
        """Make a copy one that can be tried on: changes of it stay in it."""
        self._objects = dict(self._objects)
        self._full = dict(self._full)
        self._changed = dict(self._changed)

    def conceal(self, name: str, *, now: datetime) -> None:
        if self._objects.pop(name.lower(), None) is not None:
            self.changed_at = now

    def children(self, object_name: str) -> list[tuple[SObject, Field]]:
        """Every field that may point at rows of the object."""
        return [
            (each, field)
            for each in self.all()
            for field in each.references()
            if object_name in field.refers
        ]

    def _full_field(self, object_name: str, field_name: str) -> tuple[SObject, Field]:
        sobject = self._full.get(object_name.lower())
        field = sobject.find(field_name) if sobject else None
        if sobject is None or field is None:
            raise refusals.no_column(field_name, object_name)
        return sobject, field

    def _replace(self, changed: SObject, now: datetime) -> None:
        self._objects[changed.name.lower()] = changed
        self._changed[changed.name] = now
        self.changed_at = now
