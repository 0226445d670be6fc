"""Owns the feed of events from Salesforce: outbound messages become trigger events.

A message is acknowledged when its events are stored, never before. Nothing is
decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.utils.translation import gettext as _

from crm_mappings import connections, people_reading, record_reading
from crm_mappings.models import Connection, ObjectDescription
from crm_mappings.plan.schema import id18, parse_describe
from crm_mappings.salesforce import outbound_message
from crm_mappings.salesforce.outbound_message import (
    MessageRefused,
    Notification,
    OutboundMessage,
)
from deployments import triggers
from deployments.rules import Event
from deployments.sources import Choice, Cursor, PersonRef, Record, UnknownSource

PREFIX = "salesforce"
NUMBERS = frozenset({"int", "double", "currency", "percent", "long"})


class WrongOrganisation(Exception):
    """The message is of another organisation than the connection is."""


def find(*, secret: str, certificate: str | None, now: datetime) -> Connection:
    """Return the connection whose hook has this secret.

    Raises `UnknownHook`, or `WrongCertificate` where one is asked for.
    """
    connection = connections.find_by_hook(secret, now)
    try:
        connections.check_certificate(connection, certificate)
    except connections.WrongCertificate as error:
        _note(connection, str(error))
        raise
    return connection


def take(*, connection: Connection, body: bytes, now: datetime) -> bytes:
    """Store a message's events and return the acknowledgement.

    Raises `MessageRefused` or `WrongOrganisation`, and then nothing is stored.
    """
    message = outbound_message.parse(body)
    _check_organisation(connection, message)
    objects = {found.object for found in message.notifications}
    types = {name: _types_of(connection, name) for name in objects}
    events = [
        _event(connection, found, types[found.object])
        for found in message.notifications
    ]
    try:
        triggers.receive(events=events, now=now)
    except triggers.UnusableEvent as error:
        raise MessageRefused(str(error)) from error
    _note(connection, "")
    return outbound_message.ack(True)


def _check_organisation(connection: Connection, message: OutboundMessage) -> None:
    theirs = _id18(message.organization_id)
    if connection.org_id and theirs == connection.org_id:
        return
    if connection.org_id:
        text = _(
            "Outbound messages of another organisation (%(org)s) come in at this "
            "connection's address and are refused. Correct the endpoint there."
        )
    else:
        text = _(
            "Outbound messages of the organisation %(org)s come in, but this "
            "connection has not logged in yet. Connect it."
        )
    _note(connection, text % {"org": theirs})
    raise WrongOrganisation(_("This hook belongs to another organisation."))


def _note(connection: Connection, problem: str) -> None:
    if connection.hook_problem != problem:
        connection.hook_problem = problem
        connection.save(update_fields=["hook_problem"])


def _event(
    connection: Connection, notification: Notification, types: Mapping[str, str] | None
) -> Event:
    return Event(
        source=source_of(connection),
        event_id=notification.id,
        object=notification.object,
        record_id=_id18(notification.record_id),
        fields=_values(notification.fields, types),
        occurred_at=_moment(notification.fields.get("LastModifiedDate")),
    )


def source_of(connection: Connection) -> str:
    return f"{PREFIX}:{connection.key}"


def _id18(text: str) -> str:
    try:
        return id18(text)
    except ValueError as error:
        raise MessageRefused(str(error)) from error


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parse_datetime(text or "")
    except ValueError:
        return None
    return moment if moment and is_aware(moment) else None


def _types_of(connection: Connection, object_: str) -> Mapping[str, str] | None:
    """Return the type of each field, if the object was ever described."""
    kept = connection.descriptions.filter(object=object_)
    found = kept.values_list("pk", "fetched_at").first()
    try:
        return _types(connection.pk, object_, *found) if found else None
    except ObjectDescription.DoesNotExist:
        return None  # forgotten between the two questions


@lru_cache(maxsize=256)
def _types(
    connection_pk: int, object_: str, description_pk: int, _fetched_at: datetime
) -> Mapping[str, str]:
    """Read a description once: it is large, and messages are many."""
    row = ObjectDescription.objects.get(
        pk=description_pk, connection=connection_pk, object=object_
    )
    fields = parse_describe(row.describe).fields
    return {field.name: field.type for field in fields.values()}


def _values(
    fields: Mapping[str, str | None], types: Mapping[str, str] | None
) -> dict[str, object]:
    return {
        name: value if value is None else _value(name, value, types)
        for name, value in fields.items()
    }


def _value(name: str, text: str, types: Mapping[str, str] | None) -> object:
    """Return a value with its type: on the wire everything is text.

    Without a description "true" is taken for a checkbox, as it nearly always is.
    """
    kind = "boolean" if types is None else types.get(name, "boolean")
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    if kind in NUMBERS:
        return _number(text)
    return text


def _number(text: str) -> object:
    try:
        value = float(text)
    except ValueError:
        return text
    if value != value or value in {float("inf"), float("-inf")}:
        return text
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


class SalesforceSource:
    """Salesforce as a source of events; it answers from what was described last."""

    key = PREFIX
    can_be_asked = True

    def choices(self) -> Sequence[Choice]:
        """Return every connection."""
        found = Connection.objects.order_by("name", "pk")
        return [(source_of(row), row.name) for row in found]

    def objects(self, source: str) -> Sequence[Choice]:
        """Return the objects of the org, as far as they are known."""
        connection = self._connection(source)
        if connection is None:
            return []
        found = connections.known_objects(connection=connection)
        return [(info.name, info.label) for info in found if info.queryable]

    def fields(self, source: str, object_name: str) -> Sequence[Choice]:
        """Return the fields of an object, as far as they are known."""
        connection = self._connection(source)
        if connection is None:
            return []
        schema = connections.known(connection=connection, object=object_name)
        found = schema.fields.values() if schema else []
        return [(field.name, field.label) for field in found]

    def problem(self, source: str) -> str:
        """Say that somebody must log in, or what is wrong with the log-in."""
        connection = self._connection(source)
        if connection is None:
            return _("This connection is gone.")
        if connection.status == Connection.Status.CONNECTED:
            return ""
        return connection.problem or _("Log in to Salesforce for “%(name)s” first.") % {
            "name": connection.name
        }

    def read(
        self,
        source: str,
        object_name: str,
        record_ids: Sequence[str],
        paths: Sequence[str],
    ) -> Mapping[str, Mapping[str, object]]:
        """Return fields of records and of what they refer to, read in the org."""
        connection = self._connection(source)
        if connection is None:
            raise UnknownSource(source)
        return record_reading.read(
            connection=connection,
            object=object_name,
            record_ids=record_ids,
            paths=paths,
        )

    def changed(
        self,
        source: str,
        object_name: str,
        paths: Sequence[str],
        since: Cursor,
        most: int,
    ) -> Sequence[Record]:
        """Return the records that changed in the org, oldest change first."""
        connection = self._connection(source)
        if connection is None:
            raise UnknownSource(source)
        return record_reading.changed(
            connection=connection,
            object=object_name,
            paths=paths,
            since=since,
            most=most,
        )

    def people(
        self, source: str, kind: str, what: str, most: int
    ) -> Sequence[PersonRef]:
        """Return the people of a report, a list view, a campaign or a query."""
        connection = self._connection(source)
        if connection is None:
            raise UnknownSource(source)
        return people_reading.people(
            connection=connection, kind=kind, what=what, most=most
        )

    def setup_url(self, trigger_pk: int) -> str:
        """Return the page with the steps and the package for Salesforce."""
        return reverse("salesforce-setup", args=[trigger_pk])

    def own_users(self, source: str) -> frozenset[str]:
        """Return the user of the connection, by its name in the org."""
        connection = self._connection(source)
        if connection is None or not connection.username:
            return frozenset()
        return record_reading.user_ids(connection=connection)

    def _connection(self, source: str) -> Connection | None:
        key = source.partition(":")[2]
        return Connection.objects.filter(key=key).first()
